"""The guided reading on the screen: from import to signature, step by step."""

import json
import re

import core_cases
import hemorrhage_cases
import phantom_cases
import pytest
import wizard_cases as cases

from StrokeBiomarkersLib.shortcuts import KEYS
from strokequant.trial.batch_items import prepare_item
from strokequant.trial.training import TrainingTruth, add_training_case
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_folder

HANGUL = re.compile(r"[\uac00-\ud7a3]")


@pytest.fixture(scope="session")
def patient(tmp_path_factory):
    yield cases.corePatient(tmp_path_factory.mktemp("patient"))


THIN = {"slices": 30, "step_mm": 5.0}


@pytest.fixture(scope="session")
def bleeding(tmp_path_factory):
    yield hemorrhage_cases.patientFolder(tmp_path_factory.mktemp("bleeding"), slab=THIN)


@pytest.fixture
def panel(host):
    yield cases.openModules(host)


def volume(panel):
    return next(m.value for m in panel.wizard.record().measurements if m.id == "infarct_core_volume")


def test_a_core_is_read_from_import_to_signature(host, panel, patient, tmp_path):
    cases.listFolder(panel, patient, tmp_path / "out", "infarct_core")
    assert panel.cases.table.rowCount == 1
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "O1", panel.ui.statusLabel.text
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6" and "Quality of the images" in panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "A6" and host.window.moduleName() == "StrokeDiffusionCore"
    before = volume(panel)
    core = panel.modules.panel
    host.press(KEYS["erase"])
    label = core.core.candidates()[0].label
    host.stroke(core.editor.widget, [core_cases.centerOf(core, label)], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    drawn = volume(panel)
    assert 0 < drawn < before
    cases.answer(panel, brain_mask_confirmed=True, candidates_decided=True, exclusions_reviewed=True)
    assert cases.go(panel) == "A7"
    assert cases.go(panel) == "A8"
    assert cases.go(panel) == "Z1" and host.window.moduleName() == "StrokeBiomarkers"
    cases.finish(panel)
    assert panel.ui.signBox.visible and not panel.bar.nextButton.enabled
    cases.sign(panel)
    assert "version 1" in panel.ui.resultLabel.text and panel.wizard.step is None
    (folder,) = (tmp_path / "out").glob("case-*")
    record = json.loads(next(folder.rglob("record.json")).read_bytes())
    signed = next(m["value"] for m in record["measurements"] if m["id"] == "infarct_core_volume")
    assert signed == pytest.approx(drawn, rel=1e-6)
    assert [issue.code for issue in verify_folder(folder)] == ["W28"], "signed without a key, and nothing else"


def test_a_worklist_is_read_in_order_and_a_killed_window_goes_on(host, panel, patient, tmp_path):
    """Two items of one reader; the second window of a case is refused; edits and answers are there after a crash."""
    items = [
        ("infarct_core", "R1", patient, "R1"),
        ("infarct_core", "R1", patient, "R1"),
        ("infarct_core", "R2", patient, "R2"),
    ]
    cases.makeTrial(tmp_path, items)
    cases.listTrial(panel, tmp_path)
    assert panel.cases.table.rowCount == 2, "items of others are not in the list"
    first, second = (panel.cases.table.item(row, 1).text() for row in range(2))
    panel.cases.choose(second)
    panel.ui.openButton.click()
    assert panel.wizard is None and "W30" in panel.ui.statusLabel.text
    panel.cases.choose(first)
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    cases.answer(panel, evaluability="limited")
    cases.answer(panel, evaluability_reasons=["motion"])
    cases.goTo(panel, "A6")
    core = panel.modules.panel
    core.ui.leaveButton.click()
    host.press(KEYS["paint"])
    host.stroke(core.editor.widget, [core_cases.centerOf(core, 2)], view="StrokeDWI", diameter_mm=12)
    host.processEvents()
    cases.answer(panel, brain_mask_confirmed=True)
    seen, answers = volume(panel), dict(panel.wizard.answers)
    cases.crash(panel)
    cases.listTrial(panel, tmp_path)
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "A6" and dict(panel.wizard.answers) == answers
    assert volume(panel) == seen and core.core.decisions()[1] is False
    cases.answer(panel, candidates_decided=True, exclusions_reviewed=True)
    cases.goTo(panel, "Z1")
    cases.finish(panel)
    cases.sign(panel, tmp_path / "keys" / "R1.key.pem", "wrong words")
    assert "W27" in panel.ui.statusLabel.text and panel.wizard.item.status.state == "submitted"
    cases.sign(panel, tmp_path / "keys" / "R1.key.pem", cases.PASSPHRASE)
    assert panel.wizard.item.status.state == "signed" and panel.ui.passphraseEdit.text == ""
    panel.ui.laterEdit.text = "a second look at the cortex"
    panel.ui.addendumButton.click()
    assert panel.wizard.item.status.version == 2 and cases.stepOf(panel) == "O6"
    panel.ui.closeButton.click()
    assert panel.wizard is None
    assert [issue for issue in verify_folder(tmp_path / "trial") if issue.blocks] == []


def test_a_hemorrhage_is_read_from_import_to_signature(host, bleeding, tmp_path):
    panel = cases.openModules(host, "StrokeHemorrhageVolume")
    cases.listFolder(panel, bleeding, tmp_path / "out", "ich_volume")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6", panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "C4" and host.window.moduleName() == "StrokeHemorrhageVolume"
    blood = panel.modules.panel
    hemorrhage_cases.leaveOut(blood, 2)
    hemorrhage_cases.clickInto(blood, hemorrhage_cases.LOBAR, "ivh")
    cases.answer(panel, outlines_confirmed=True, location="deep", surgery_or_drain=False)
    assert cases.go(panel) == "C5"
    assert cases.go(panel) == "C6"
    assert cases.go(panel) == "C7"
    assert cases.go(panel) == "Z1"
    numbers = {m.id: m.value for m in panel.wizard.record().measurements}
    assert numbers["ich_volume"] == pytest.approx(30, rel=0.1) and numbers["ivh_volume"] == pytest.approx(15, rel=0.15)
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text


def test_a_confirmed_zero_is_there_after_a_crash(host, bleeding, tmp_path):
    panel = cases.openModules(host, "StrokeHemorrhageVolume")
    cases.listFolder(panel, bleeding, tmp_path / "out", "ich_volume")
    panel.ui.openButton.click()
    blood = panel.modules.panel
    blood.ui.zeroBox.click()
    panel.onSettle()
    confirmed = {m.id: m.value for m in panel.wizard.measurements()}
    assert confirmed["sah_volume"] == 0.0
    cases.crash(panel)
    blood._empty = ()  # as in a program that was just started
    panel.ui.listButton.click()
    panel.ui.openButton.click()
    assert {m.id: m.value for m in panel.wizard.measurements()} == confirmed and blood.ui.zeroBox.checked
    panel.ui.closeButton.click()


def test_vessels_are_graded_by_eye_from_import_to_signature(host, panel, tmp_path):
    folder = cases.headSeries(tmp_path / "tof", "TOF angio head")
    cases.listFolder(panel, folder, tmp_path / "out", "recanalization")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6", panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "F1"
    cases.answer(panel, vessels_covered=True, vessel_artifacts=[])
    assert cases.go(panel) == "F2" and "Vessel" in panel.bar.nextButton.toolTip
    cases.answer(panel, site="M1", side="left")
    assert cases.go(panel) == "F3"
    cases.answer(panel, modality="MRA")
    assert panel.bar.answers["scale"].first.count == 3, "AOL and TIMI, and none"
    cases.answer(panel, scale="AOL")
    assert cases.go(panel) == "F4"
    cases.answer(panel, grade="3")
    assert cases.go(panel) == "F5"
    marks = [check.result.holds for check in panel.wizard.checks() if check.result.id == "f5_success_aol"]
    assert marks == [True]
    assert cases.go(panel) == "F6"
    assert cases.go(panel) == "Z1"
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text
    (path,) = (tmp_path / "out").rglob("record.json")
    (vessel,) = json.loads(path.read_bytes())["forms"]["vessels"]
    assert (vessel["scale"], vessel["grade"], vessel["answers"]["site"]) == ("AOL", "3", "M1")


def test_a_final_infarct_is_outlined_from_import_to_signature(host, panel, tmp_path):
    folder = cases.headSeries(tmp_path / "flair", "T2 FLAIR", lesion_ml=12)
    cases.listFolder(panel, folder, tmp_path / "out", "final_infarct")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6", panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "E3" and panel.ui.editorBox.visible
    editor = panel.modules.editor
    editor.use("Paint")
    host.stroke(editor.widget, [(-30.0, 5.0, 40.0)], view="StrokeImage1", diameter_mm=20)
    host.processEvents()
    drawn = next(m.value for m in panel.wizard.record().measurements if m.id == "final_infarct_volume")
    assert drawn > 0.5
    cases.answer(panel, outlines_confirmed=True, chronic_lesions_removed=True, transformation_included=False)
    assert cases.go(panel) == "E4"
    assert cases.go(panel) == "E5"
    seen = panel.wizard.record().masks["final_infarct"].values.copy()
    cases.crash(panel)
    panel.ui.listButton.click()
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "E5" and (panel.wizard.record().masks["final_infarct"].values == seen).all()
    assert cases.go(panel) == "Z1"
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text


def test_a_transformation_is_classified_from_import_to_signature(host, bleeding, tmp_path):
    panel = cases.openModules(host, "StrokeHemorrhageVolume")
    cases.listFolder(panel, bleeding, tmp_path / "out", "ht_class")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6", panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "D2" and panel.ui.editorBox.visible
    editor = panel.modules.editor
    editor.use("Paint")
    host.stroke(editor.widget, [hemorrhage_cases.rasOf(hemorrhage_cases.DEEP)], view="StrokeCT", diameter_mm=50)
    host.processEvents()
    cases.answer(panel, infarct_mask_current=True)
    assert cases.go(panel) == "D3" and host.window.moduleName() == "StrokeHemorrhageVolume"
    cases.answer(panel, outlines_confirmed=True)
    assert cases.go(panel) == "D4"
    form = {"modality": "CT", "thrombectomy": "no", "pattern": "clot"}
    for name, value in form.items():
        cases.answer(panel, **{name: value})
    cases.answer(panel, beyond_border="no", remote="none", ivh="no", sah="no", sdh="no")
    assert cases.go(panel) == "D5"
    share = {m.id: m.value for m in panel.wizard.record().measurements}["transformation_clot_share"]
    assert share > 5
    assert cases.go(panel) == "D6"
    cases.answer(panel, mass_effect="marked")
    assert cases.go(panel) == "D7"
    assert panel.wizard.record().forms.transformation.ecass is not None
    cases.answer(panel, class_overridden=False)
    assert cases.go(panel) == "D8"
    assert cases.go(panel) == "D9"
    cases.answer(panel, clinical_data_seen=False)
    assert cases.go(panel) == "Z1"
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text


def test_a_mismatch_is_read_from_import_to_signature(host, tmp_path):
    folder = cases.perfusionPatient(tmp_path)
    panel = cases.openModules(host, "StrokePerfusionMismatch")
    cases.listFolder(panel, folder, tmp_path / "out", "mismatch")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    assert cases.stepOf(panel) == "O6", panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "B7" and host.window.moduleName() == "StrokePerfusionMismatch"
    perfusion = panel.modules.panel
    host.press(KEYS["erase"])
    host.stroke(perfusion.editor.widget, [perfusion.core.pointOf(1)], view="StrokeMismatch", diameter_mm=15)
    host.processEvents()
    assert any(edit.kind == "voxels" for edit in panel.wizard.item.edits())
    cases.answer(panel, vessels_confirmed=True, late_contrast=False, exclusions_reviewed=True)
    assert cases.go(panel) == "B8"
    assert cases.go(panel) == "B9"
    assert cases.go(panel) == "Z1"
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text


def test_a_phantom_session_is_read_from_import_to_signature(host, tmp_path):
    folder = phantom_cases.patientFolder(tmp_path)
    host.open(phantom_cases.MODULE)
    panel = cases.openModules(host)
    cases.listFolder(panel, folder, tmp_path / "out", "phantom")
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "O1", panel.ui.statusLabel.text
    cases.goTo(panel, "O4")
    assert host.window.moduleName() == "PhantomQC" and not panel.bar.nextButton.enabled
    phantom = panel.modules.panel._panel
    assert not phantom.ui.recordBox.visible and not phantom.ui.inputsBox.visible
    phantom.form.choose(phantom_cases.PHANTOM)
    phantom.ui.temperatureEdit.text = "0"
    phantom.ui.sourceCombo.setCurrentIndex(1)
    phantom.ui.computeButton.click()
    panel.modules.panel._look()
    panel.onSettle()
    assert panel.wizard.record() is not None
    verdict = str(panel.wizard.record().verdict.outcome)
    cases.crash(panel)
    panel.ui.listButton.click()
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "O4" and str(panel.wizard.record().verdict.outcome) == verdict
    cases.goTo(panel, "O6")
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "G6"
    cases.answer(panel, qualification_decision=verdict if verdict != "no_verdict" else "conditional")
    if "decision_reason" in panel.bar.answers:
        cases.answer(panel, decision_reason="as the certificate of the site says")
    cases.goTo(panel, "Z1")
    cases.finish(panel)
    cases.sign(panel)
    assert panel.wizard.step is None, panel.ui.statusLabel.text
    assert list((tmp_path / "out").rglob("record.json"))


def test_the_steps_before_the_reader_are_those_of_the_windowless_run(panel, patient, tmp_path):
    """The same facts, results, deviations and numbers; a prepared item is opened at the first step of its reader."""
    names = cases.makeTrial(tmp_path, [("infarct_core", reader, patient, reader) for reader in ("R1", "R2")])
    windowless = prepare_item(read_trial(tmp_path / "trial"), names[1], now=panel.clock)
    cases.listTrial(panel, tmp_path)
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    walked, numbers = stepsOf(panel.wizard.item.walk), numbersOf(panel.wizard.proposal)
    assert cases.stepOf(panel) == windowless.walk.step.id == "O6"
    assert walked == stepsOf(windowless.walk) and len(walked) == 10
    assert numbers == numbersOf(windowless.record) and numbers["infarct_core_volume"] > 1
    panel.ui.closeButton.click()
    cases.listTrial(panel, tmp_path, "R2")
    panel.ui.openButton.click()
    assert cases.stepOf(panel) == "O6" and stepsOf(panel.wizard.item.walk) == walked


COMPARED = {
    "mismatch": ("StrokePerfusionMismatch", lambda folder: cases.perfusionPatient(folder)),
    "ich_volume": ("StrokeHemorrhageVolume", lambda folder: hemorrhage_cases.patientFolder(folder, slab=THIN)),
    "ht_class": ("StrokeHemorrhageVolume", lambda folder: hemorrhage_cases.patientFolder(folder, slab=THIN)),
    "final_infarct": (
        "StrokeDiffusionCore",
        lambda folder: cases.headSeries(folder / "flair", "T2 FLAIR", lesion_ml=12),
    ),
    "final_infarct on DWI": ("StrokeDiffusionCore", lambda folder: cases.corePatient(folder)),
    "recanalization": ("StrokeDiffusionCore", lambda folder: cases.headSeries(folder / "tof", "TOF angio head")),
}
"""Module and generated patient of the comparison with the run without a window."""


@pytest.mark.parametrize("name", COMPARED)
def test_facts_and_numbers_before_the_reader_are_those_of_the_windowless_run(host, tmp_path, name):
    """Every step that both have done, and every number of the proposal."""
    module, makePatient = COMPARED[name]
    task, folder = name.split()[0], makePatient(tmp_path)
    panel = cases.openModules(host, module)
    names = cases.makeTrial(tmp_path, [(task, reader, folder, reader) for reader in ("R1", "R2")])
    windowless = prepare_item(read_trial(tmp_path / "trial"), names[1], now=panel.clock)
    cases.listTrial(panel, tmp_path)
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    walked, alone = stepsOf(panel.wizard.item.walk), stepsOf(windowless.walk)
    for step in {**alone, **walked}:
        assert walked.get(step) == alone.get(step), step
    assert cases.stepOf(panel) == windowless.walk.step.id and len(walked) >= 4
    assert numbersOf(panel.wizard.proposal) == numbersOf(windowless.record)
    assert numbersOf(panel.wizard.record()) == numbersOf(windowless.record)


def stepsOf(walk):
    """What every finished step says, without who did it and when."""
    return {
        name: (
            {fact: value for fact, value in done.facts.items() if fact != "reader"},
            [(result.id, result.holds) for result in done.results],
            dict(done.deviations),
        )
        for name, done in walk.done.items()
    }


def numbersOf(record):
    return {m.id: m.value for m in record.measurements}


def test_images_that_cannot_be_evaluated_are_signed_without_a_number(panel, patient, tmp_path):
    cases.listFolder(panel, patient, tmp_path / "out", "infarct_core")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    cases.answer(panel, evaluability="non-diagnostic")
    assert "Reasons" in panel.bar.nextButton.toolTip
    cases.answer(panel, evaluability_reasons=["motion"])
    assert not panel.bar.nextButton.enabled and "D-EVAL-03" in panel.bar.nextButton.toolTip
    cases.giveReasons(panel, "the head moved during the scan")
    panel.onSettle()
    cases.crash(panel)
    panel.ui.listButton.click()
    panel.ui.openButton.click()
    assert panel.wizard is not None, panel.ui.statusLabel.text
    assert cases.stepOf(panel) == "O6" and panel.bar.reasonEdits["D-EVAL-03"].text == "the head moved during the scan"
    assert cases.go(panel) == "A6" and not panel.bar.answers, "nothing is asked of images that cannot be evaluated"
    cases.goTo(panel, "Z2")
    assert any("the head moved" in reason for *_step, reason in panel.wizard.deviations())
    cases.answer(panel, deviations_reviewed=True)
    cases.go(panel)
    cases.answer(panel, preview_confirmed=True)
    cases.go(panel)
    cases.sign(panel)
    (path,) = (tmp_path / "out").rglob("record.json")
    plain = json.loads(path.read_bytes())
    assert {m["status"] for m in plain["measurements"]} == {"not_evaluable"}
    assert plain["reading"]["evaluability"] == "non-diagnostic"


def test_a_procedure_is_shown_in_both_languages(panel, tmp_path):
    """The switch changes every text of the procedure; the rest of the screen follows the application."""
    folder = cases.headSeries(tmp_path / "tof", "TOF angio head")
    cases.listFolder(panel, folder, tmp_path / "out", "recanalization")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    for language, isKorean in (("ko", True), ("en", False)):
        panel.onLanguage(language)
        table = panel.steps.table
        texts = [table.item(row, 2).text() for row in range(table.rowCount)]
        texts += [panel.bar.textLabel.text, *(check.text for check in panel.wizard.checks())]
        texts += [words.in_language(language) for q in panel.wizard.questions() for words in (q.label,)]
        assert len(texts) > 20 and all(bool(HANGUL.search(text)) is isKorean for text in texts)
    cases.answer(panel, evaluability="diagnostic")
    panel.onLanguage("ko")
    assert panel.wizard.answers["evaluability"] == "diagnostic", "an answer outlives the switch"


def test_a_field_outlives_the_questions_that_its_answer_brings(panel, patient, tmp_path):
    """A field that is deleted while it tells its answer ends the application."""
    cases.listFolder(panel, patient, tmp_path / "out", "infarct_core")
    panel.ui.openButton.click()
    panel.bar.automaticButton.click()
    field = panel.bar.answers["evaluability"].first
    field.setCurrentIndex(2)
    assert "evaluability_reasons" in panel.bar.answers and panel.bar.answers["evaluability"].first is not field
    assert field.count > 2, "still there until its signal has returned"
    panel.ui.closeButton.click()


def test_a_case_of_a_failed_computer_is_taken_over_with_a_reason(panel, patient, tmp_path):
    """Refused in plain words first; the reason and the computer are in the trail."""
    (name,) = cases.makeTrial(tmp_path, [("infarct_core", "R1", patient, "R1")])
    folder = read_trial(tmp_path / "trial").item_folder(name)
    holder = {"host": "elsewhere", "pid": 1, "since": "2026-11-27T09:00:00+00:00", "actor": "R1", "token": "t"}
    (folder / "lock.json").write_text(json.dumps(holder))
    cases.listTrial(panel, tmp_path)
    panel.ui.laterEdit.text = "that computer has failed"
    assert not panel.ui.takeOverButton.enabled and panel.ui.takeOverButton.isHidden(), "before anything was refused"
    panel.ui.openButton.click()
    assert panel.wizard is None and "W22" in panel.ui.statusLabel.text and "elsewhere" in panel.ui.statusLabel.text
    panel.ui.laterEdit.text = ""
    assert not panel.ui.takeOverButton.enabled, "no reason"
    panel.ui.laterEdit.text = "that computer has failed"
    assert not panel.ui.takeOverButton.isHidden()
    panel.ui.takeOverButton.click()
    assert panel.wizard is not None and cases.stepOf(panel) == "O1", panel.ui.statusLabel.text
    opened = panel.wizard.item.trail.entries[-1]
    assert opened.reason == "that computer has failed" and opened.new["taken_over_from"] == "elsewhere"
    panel.ui.closeButton.click()


def test_the_study_manager_scores_a_test_and_the_certificate_is_written(panel, patient, tmp_path):
    """Refused while a case is open, and with wrong words; then scored, shown and kept; the passphrase stays nowhere."""
    cases.makeTrial(tmp_path, [])
    own = {"reader": "R1", "task": "infarct_core", "passphrase": cases.PASSPHRASE, "now": cases.Clock()()}
    add_training_case(read_trial(tmp_path / "trial"), patient, TrainingTruth("p1", 500.0, {}), **own)
    cases.listTrial(panel, tmp_path, mode=1)
    ui, page = panel.ui, tmp_path / "R1.html"
    ui.testBox.setCurrentIndex(panel.scoring.names.index("infarct_core"))
    ui.managerKeyPath.currentPath = str(tmp_path / "keys" / "M1.key.pem")
    assert not ui.scoreButton.enabled and not ui.scoreBox.isHidden()
    ui.certificatePath.currentPath = str(page)

    def score(words):
        ui.managerPassphraseEdit.text = words
        assert ui.scoreButton.enabled, ui.scoreButton.toolTip
        ui.scoreButton.click()
        assert ui.managerPassphraseEdit.text == ""

    score(cases.PASSPHRASE)
    assert "W55" in ui.statusLabel.text and not page.exists()
    ui.openButton.click()
    cases.readCore(panel)
    cases.sign(panel, tmp_path / "keys" / "R1.key.pem", cases.PASSPHRASE)
    ui.closeButton.click()
    score("wrong words")
    assert "W27" in ui.statusLabel.text and not page.exists()
    score(cases.PASSPHRASE)
    assert "Not passed" in ui.scoreLabel.text and "✗ Bias" in ui.scoreLabel.text, "one case of 500 mL is no pass"
    assert re.search(r"✗ \w+: expected 500\.0 mL, signed \d+\.\d mL", ui.scoreLabel.text)
    assert "NOT PASSED" in page.read_text("utf-8") and not ui.scoreButton.enabled
    ui.readerBox.setCurrentIndex(1)
    assert ui.scoreLabel.text == "", "the score of a reader is not shown to the next"
    assert len(list((tmp_path / "trial" / "training" / "attempts").glob("*.json"))) == 1
    assert [issue for issue in verify_folder(tmp_path / "trial") if issue.blocks] == []
