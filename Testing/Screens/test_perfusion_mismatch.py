"""The perfusion module on the screen: from a folder to the signed record, and what goes wrong on the way."""

import time
from dataclasses import replace

import numpy as np
import perfusion_cases as cases
import pytest
import slicer

from StrokeBiomarkersLib.shortcuts import PERFUSION_KEYS as KEYS
from strokequant.perfusion_config import VesselConfig
from strokequant.perfusion_types import Vessel

MAP, OVERLAY, PLOT, LAYOUT = "StrokeMap", "StrokeMismatch", "StrokeCurves", 5622
KOREAN = cases.MODULE.parent / "Resources" / "Translations" / "StrokeBiomarkers_ko-KR.ts"


@pytest.fixture(scope="session")
def ctp(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("ctp"), "ctp")


@pytest.fixture(scope="session")
def dsc(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("dsc"), "dsc_dwi")


@pytest.fixture
def measured_leakage(dsc):
    yield numbers(command(dsc, leakage_correction=True))


@pytest.fixture
def widget(host):
    yield host.open(cases.MODULE)


@pytest.fixture
def panel(widget):
    yield widget.panel


@pytest.fixture
def measured(panel, ctp):
    cases.openAndCompute(panel, ctp)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def command(folder, **answers):
    """What the command measures with the same answers."""
    from strokequant.batch.case import Part, measure_case
    from strokequant.batch.discover import discover_cases
    from strokequant.batch.perfusion_case import PerfusionAnswers
    from strokequant.dicomio.scan import scan

    case = discover_cases(folder, scan(folder).series)[0]
    return measure_case(case, wanted=(Part.MISMATCH,), answers=PerfusionAnswers(**answers))


def test_every_button_waits_and_says_for_what(panel, ctp):
    ui = panel.ui
    waiting = {
        ui.computeButton: "choose a folder",
        ui.writeButton: "compute first",
        ui.useVesselButton: "compute first",
        ui.lookVesselButton: "compute first",
        ui.automaticButton: "compute first",
        ui.baselineButton: "compute first",
        ui.sideBox: "compute first",
        ui.leakageBox: "compute first",
        ui.overlayButton: "compute first",
        ui.overlayConfirmBox: "compute first",
    }
    for button, word in waiting.items():
        assert not button.enabled and word in button.toolTip, button.objectName
    ui.inputPath.currentPath = str(ctp)
    ui.openButton.click()
    assert ui.computeButton.enabled and KEYS["compute"] in ui.computeButton.toolTip
    ui.computeButton.click()
    assert ui.automaticButton.enabled and "candidate" in ui.useVesselButton.toolTip
    assert not ui.overlayButton.enabled and "no diffusion" in ui.overlayButton.toolTip


def test_geometry_and_times_are_seen_before_anything_is_computed(panel, dsc):
    panel.ui.inputPath.currentPath = str(dsc)
    panel.ui.openButton.click()
    text = panel.ui.auditLabel.text
    assert "10 slices" in text and "36 frames" in text and "step 1.50 s" in text and "Acquisition" in text
    assert panel.core.record is None
    table = panel.series.table
    used = {table.item(row, 1).text() for row in range(table.rowCount)}
    assert {"DSC perfusion", "DWI"} <= used and all(table.item(row, 3).text() for row in range(table.rowCount))


def test_a_reader_picks_an_artery_rejects_a_candidate_changes_the_side_and_all_places_agree(panel, dsc, tmp_path):
    """The numbers are those that the command gives with the same answers, to the last bit."""
    cases.openAndCompute(panel, dsc)
    core, ui = panel.core, panel.ui
    cases.useCandidate(panel, "aif", 2)
    assert core.answers.aif_candidate == 2 and panel.vessels.table.item(1, 0).text()
    taken, left = [c.label for c in core.candidates() if not c.accepted][:2]
    for label in (taken, left):
        panel.onDecision(label, True)
    cases.leaveOut(panel, left)
    assert core.decisions()[taken] is True and core.decisions()[left] is False
    ui.sideBox.setCurrentIndex(1)
    panel.facts.edits["age_y"].text = "71"
    panel.facts.occlusion.setCurrentIndex(2)
    panel.onFacts()
    assert not ui.writeButton.enabled
    ui.overlayButton.click()
    ui.overlayConfirmBox.click()
    expected = command(
        dsc,
        aif_candidate=2,
        affected="left",
        accepted=core.answers.accepted,
        clinical={"age_y": 71, "occlusion": "M1"},
    )
    panel.onSettle()
    assert numbers(core.record) == numbers(expected)
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text, ui.statusLabel.text
    volumes = cases.volumesOf(panel, tmp_path / "out")
    assert volumes["live"] == volumes["scene"] == volumes["seg_perfusion.dcm"] > 0
    assert volumes["live"] == numbers(expected)[cases.VOLUME][0]
    assert volumes == pytest.approx(dict.fromkeys(volumes, volumes["live"]), rel=1e-6)
    from strokequant.record.verify import verify

    assert verify(tmp_path / "out") == ()


def test_maps_and_curves_follow_the_artery_while_it_is_dragged(host, panel, tmp_path):
    """On a study of full size; the processor time of one look is printed, which does not depend on what else runs."""
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, "ctp", full=True))
    core = panel.core
    assert core.isMeasured(), panel.ui.statusLabel.text
    tmax, texts, taken = core.nodes.maps["tmax"], {panel.ui.liveLabel.text}, []
    curve = core.record.perfusion.vessels.aif.values
    centers = [c.center_lps for c in core.record.perfusion.vessels.aif_candidates[1:5]]
    for center in centers:
        before = slicer.util.arrayFromVolume(tmax).copy()
        begin = time.process_time()
        cases.dragArtery(panel, center)
        taken.append(time.process_time() - begin)
        assert not np.array_equal(slicer.util.arrayFromVolume(tmax), before)
        texts.add(panel.ui.liveLabel.text)
    shape = core.geometry().shape
    print(f"maps, lesions and screen after a drag: {1000 * min(taken):.0f} to {1000 * max(taken):.0f} ms on {shape}")
    assert core.nodes.maps["tmax"] is tmax and len(texts) > 1
    assert not np.array_equal(core.record.perfusion.vessels.aif.values, curve)
    assert panel.vessels.table.item(0, 1).text().startswith("AIF,") and panel.vessels.table.item(0, 0).text()
    panel.vessels.step(1)
    panel.ui.automaticButton.click()
    assert np.array_equal(core.record.perfusion.vessels.aif.values, curve) and core.answers.aif_lps is None


def test_a_dragged_point_is_followed_by_itself_and_a_bad_place_puts_it_back(host, measured):
    node = measured.core.marks.nodes[Vessel.AIF]
    x, y, z = measured.core.record.perfusion.vessels.aif_candidates[2].center_lps
    node.SetNthControlPointPositionWorld(0, -x, -y, z)
    end = time.monotonic() + 120
    while measured.core.answers.aif_lps is None and time.monotonic() < end:
        host.processEvents()
    assert measured.core.answers.aif_lps == pytest.approx((x, y, z), abs=1e-6)
    before = numbers(measured.core.record)
    cases.dragArtery(measured, (900.0, 0.0, 0.0))
    assert "A11" in measured.ui.statusLabel.text and numbers(measured.core.record) == before
    assert not measured.core.marks.isMoved(Vessel.AIF)


def test_the_vein_is_dragged_like_the_artery(host, measured):
    """Its curve is drawn anew and the ratio of areas follows; maps are those of the artery."""
    core = measured.core
    table, _ = core.curves._parts["VOF"]
    before = slicer.util.arrayFromTableColumn(table, "Value").copy()
    cbf = slicer.util.arrayFromVolume(core.nodes.maps["cbf"]).copy()
    ratio = core.record.perfusion.vessels.vof_to_aif_area
    x, y, z = core.record.perfusion.vessels.vof_candidates[1].center_lps
    core.marks.nodes[Vessel.VOF].SetNthControlPointPositionWorld(0, -x, -y, z)
    end = time.monotonic() + 120
    while core.answers.vof_lps is None and time.monotonic() < end:
        host.processEvents()
    assert core.answers.vof_lps == pytest.approx((x, y, z), abs=1e-6) and core.answers.aif_lps is None
    vein = core.record.perfusion.vessels.vof
    after = slicer.util.arrayFromTableColumn(core.curves._parts["VOF"][0], "Value")
    assert vein.method == "manual point" and not np.array_equal(after, before)
    assert np.allclose(after, vein.values, rtol=1e-6)
    assert core.record.perfusion.vessels.vof_to_aif_area != ratio
    assert np.array_equal(slicer.util.arrayFromVolume(core.nodes.maps["cbf"]), cbf)


def test_without_an_artery_the_reader_is_asked_to_pick_one(panel, ctp):
    panel.core.settings = replace(panel.core.settings, vessel=replace(VesselConfig(), ratio_warn=0.1, ratio_ask=0.1))
    cases.openAndCompute(panel, ctp)
    ui = panel.ui
    assert not panel.core.isMeasured() and "Drag the point AIF" in ui.statusLabel.text and "A10" in ui.statusLabel.text
    assert panel.vessels.table.rowCount > 3 and not ui.writeButton.enabled
    composite = slicer.app.layoutManager().sliceWidget(OVERLAY).mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == panel.core.nodes.images["perfusion"].GetID()
    cases.useCandidate(panel, "aif", 1)
    assert panel.core.isMeasured() and "mL" in ui.liveLabel.text, ui.statusLabel.text
    assert panel.review.table.rowCount == len(panel.core.candidates()) > 0
    measuredBefore = panel.core.live().volume
    host_point = panel.core.record.perfusion.vessels.aif_candidates[1].center_lps
    cases.dragArtery(panel, host_point)
    assert panel.core.live().volume != measuredBefore


def test_a_study_without_contrast_is_refused_with_its_reason(panel, tmp_path):
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, "refuse_no_contrast"))
    assert not panel.core.isMeasured() and "D01" in panel.ui.statusLabel.text
    assert not panel.ui.writeButton.enabled and panel.ui.computeButton.enabled


def test_the_overlay_must_be_looked_at_before_a_core_from_diffusion_is_written(panel, dsc, tmp_path):
    cases.openAndCompute(panel, dsc)
    ui = panel.ui
    ui.readerEdit.text, ui.outputPath.currentPath = "R1", str(tmp_path / "out")
    assert not ui.writeButton.enabled and "overlay" in ui.writeButton.toolTip
    assert not ui.overlayConfirmBox.enabled and "overlay" in ui.overlayConfirmBox.toolTip
    ui.overlayButton.click()
    composite = slicer.app.layoutManager().sliceWidget(OVERLAY).mrmlSliceCompositeNode()
    assert composite.GetForegroundVolumeID() == panel.core.nodes.images["dwi_on_perfusion"].GetID()
    assert composite.GetForegroundOpacity() == 0.5
    ui.overlayConfirmBox.click()
    assert ui.writeButton.enabled and panel.core.answers.overlay_confirmed
    ui.overlayButton.click()
    assert composite.GetForegroundVolumeID() is None and ui.writeButton.enabled


def test_a_stroke_changes_every_number_and_undo_takes_it_back(host, measured, tmp_path):
    before = measured.core.live()
    label = measured.review.current()
    host.press(KEYS["erase"])
    point = measured.core.pointOf(label)
    host.stroke(measured.editor.widget, [point], view=MAP, diameter_mm=15)
    host.processEvents()
    after = measured.core.live()
    assert 0 < after.volume < before.volume and f"{after.volume:.1f} mL" in measured.ui.liveLabel.text
    shown = measured.numbers.table.item(0, 1).text(), measured.numbers.table.item(3, 1).text()
    mismatch = next(m.value for m in after.numbers if m.id == "mismatch_volume")
    assert shown == (f"{after.volume:.1f} mL", f"{mismatch:.1f} mL")
    cases.sign(measured, tmp_path / "out")
    volumes = cases.volumesOf(measured, tmp_path / "out")
    assert volumes == pytest.approx(dict.fromkeys(volumes, after.volume), rel=1e-6)
    record = next((tmp_path / "out").rglob("record.json")).read_text()
    assert '"edited_by": "R1"' in record
    host.press(KEYS["undo"])
    host.processEvents()
    assert measured.core.live().volume == before.volume


def test_no_hypoperfusion_is_written_only_when_confirmed(measured, tmp_path):
    for label in list(measured.core.decisions()):
        measured.onDecision(label, False)
    ui = measured.ui
    assert measured.core.live().volume == 0
    ui.readerEdit.text, ui.outputPath.currentPath = "R1", str(tmp_path / "out")
    assert not ui.writeButton.enabled and "confirm" in ui.writeButton.toolTip
    ui.zeroBox.click()
    ui.writeButton.click()
    assert "Written to" in ui.resultLabel.text
    assert cases.volumesOf(measured, tmp_path / "out")["record"] == 0


def test_keys_do_all_of_it(host, measured):
    core, ui = measured.core, measured.ui
    widget = slicer.app.layoutManager().sliceWidget(MAP)
    for name in ("cbv", "mtt", "tmax", "cbf"):
        host.press(KEYS[name])
        assert widget.mrmlSliceCompositeNode().GetBackgroundVolumeID() == core.nodes.maps[name].GetID()
    host.press(KEYS["perfusion"])
    assert widget.mrmlSliceCompositeNode().GetBackgroundVolumeID() == core.nodes.images["perfusion"].GetID()
    assert ui.imageButton.checked and not ui.cbfButton.checked
    host.press(KEYS["nextVessel"])
    host.press(KEYS["nextVessel"])
    host.press(KEYS["useVessel"])
    assert core.answers.aif_candidate == 2
    host.press(KEYS["automatic"])
    assert core.answers.aif_candidate == 0
    host.press(KEYS["side"])
    assert core.answers.affected == "left" and ui.sideBox.currentIndex == 1
    label = measured.review.current()
    host.press(KEYS["leaveOut"])
    assert core.decisions()[label] is False
    host.press(KEYS["accept"])
    assert core.decisions()[label] is True


def test_windows_colors_and_the_chart_are_those_of_the_report(measured):
    nodes = measured.core.nodes.maps
    for name, low, high in (("tmax", 0, 12), ("mtt", 0, 15)):
        display = nodes[name].GetScalarVolumeDisplayNode()
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (low, high)
    reference = measured.core.record.perfusion.reference
    assert nodes["cbf"].GetScalarVolumeDisplayNode().GetWindowLevelMax() == pytest.approx(2 * reference.cbf)
    names = {nodes[n].GetScalarVolumeDisplayNode().GetColorNode().GetName() for n in ("cbf", "cbv", "mtt", "tmax")}
    assert names == {"Stroke CBF", "Stroke CBV", "Stroke MTT", "Stroke Tmax"}
    assert nodes["tmax"].GetVoxelValueUnits().GetCodeValue() == "s"
    view = slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode")
    chart = slicer.mrmlScene.GetNodeByID(view.GetPlotChartNodeID())
    assert chart is measured.core.curves.chart
    series = [chart.GetNthPlotSeriesNode(n).GetName() for n in range(chart.GetNumberOfPlotSeriesNodes())]
    assert series[:2] == ["AIF", "VOF"] and series[-2:] == ["Baseline", "Arrival"] and "Brain mean" in series[2]


def test_criteria_follow_the_facts(measured):
    def answers():
        return {rule.rule: str(rule.answer) for rule in measured.core.record.perfusion.rules}

    assert answers()["DEFUSE3"] == "unknown"
    for name, value in {"age_y": "60", "nihss": "12", "hours": "8", "mrs_pre": "0"}.items():
        measured.facts.edits[name].text = value
    measured.facts.occlusion.setCurrentIndex(1)
    measured.onFacts()
    assert answers()["DEFUSE3"] == "pass", [c for r in measured.core.record.perfusion.rules for c in r.clauses]
    table = measured.criteria.table
    shown = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}
    assert shown["DEFUSE3"] == "met" and "DEFUSE2*" in shown
    row = list(shown).index("DEFUSE3")
    assert "margin" in table.item(row, 0).toolTip()
    measured.facts.edits["age_y"].text = "ninety"
    measured.onFacts()
    assert "K04" in measured.ui.statusLabel.text and answers()["DEFUSE3"] == "pass"
    measured.facts.edits["age_y"].text = "95"
    measured.onFacts()
    assert answers()["DEFUSE3"] == "fail"


def test_another_baseline_is_computed_again(measured):
    ui = measured.ui
    first, last = ui.baselineFirst.value, ui.baselineLast.value
    before = measured.core.record.perfusion.bolus
    assert (first - 1, last) == (before.first, before.last)
    ui.baselineLast.value = last - 2
    ui.baselineButton.click()
    bolus = measured.core.record.perfusion.bolus
    assert measured.core.isMeasured() and (bolus.first, bolus.last) == (first - 1, last - 2)
    ui.baselineAutomaticButton.click()
    assert measured.core.record.perfusion.bolus.last == last


def test_leakage_is_corrected_where_the_reader_asks_for_it(panel, dsc, measured_leakage):
    ui = panel.ui
    cases.openAndCompute(panel, dsc)
    before = numbers(panel.core.record)
    assert ui.leakageBox.enabled and not ui.leakageBox.checked
    ui.leakageBox.click()
    record = panel.core.record
    assert numbers(record) == measured_leakage
    assert "D14" in ui.statusLabel.text or "D14" in {i.code for i in record.issues}
    assert record.configuration["concentration"]["leakage_correction"]["value"] is True
    ui.leakageBox.click()
    assert numbers(panel.core.record) == before


def test_ct_perfusion_has_no_leakage_correction(measured):
    assert not measured.ui.leakageBox.enabled and "CT" in measured.ui.leakageBox.toolTip


def test_a_read_only_folder_loses_nothing(measured, tmp_path):
    (tmp_path / "file").write_text("")
    cases.useCandidate(measured, "aif", 2)
    values = measured.core.mask().values
    measured.ui.readerEdit.text = "R1"
    measured.ui.outputPath.currentPath = str(tmp_path / "file" / "out")
    assert not measured.ui.writeButton.enabled and "file" in measured.ui.writeButton.toolTip
    assert np.array_equal(measured.core.mask().values, values)
    cases.sign(measured, tmp_path / "good")
    assert "Written to" in measured.ui.resultLabel.text


def test_closing_the_scene_starts_anew(host, measured):
    host.closeScene()
    ui = measured.ui
    assert not measured.core.isMeasured() and measured.review.table.rowCount == measured.vessels.table.rowCount == 0
    assert ui.computeButton.enabled and not ui.writeButton.enabled
    ui.computeButton.click()
    assert measured.core.isMeasured()


def test_closing_the_scene_while_computing_cancels(host, panel, ctp):
    import qt

    panel.ui.inputPath.currentPath = str(ctp)
    panel.ui.openButton.click()
    qt.QTimer.singleShot(0, lambda: slicer.mrmlScene.Clear())
    panel.ui.computeButton.click()
    assert not panel.core.isMeasured() and panel.ui.computeButton.enabled


@pytest.mark.parametrize("what", ["segmentation", "image", "tmax", "point", "chart", "table"])
def test_a_removed_node_is_noticed(host, measured, what):
    core = measured.core
    gone = {
        "segmentation": core.segmentation(),
        "image": core.nodes.images["perfusion"],
        "tmax": core.nodes.maps["tmax"],
        "point": core.marks.nodes[Vessel.AIF],
        "chart": core.curves.chart,
        "table": core.nodes.table,
    }[what]
    slicer.mrmlScene.RemoveNode(gone)
    host.processEvents()
    assert core.isMeasured() is (what != "segmentation")
    if what == "segmentation":
        assert "compute again" in measured.ui.statusLabel.text and measured.review.table.rowCount == 0
        measured.ui.computeButton.click()
    else:
        cases.useCandidate(measured, "aif", 2)
        measured.onSettle()
    assert core.isMeasured() and core.live().volume > 0


@pytest.mark.parametrize("there", [True, False], ids=["files there", "files gone"])
def test_a_reopened_scene_goes_on(host, measured, tmp_path, monkeypatch, there):
    """Save, close, open: the same artery, side, lesion and numbers; with its files the artery can be moved again."""
    from StrokeBiomarkersLib.sourcefiles import SourcePlaces

    panel, ui, core = measured, measured.ui, measured.core
    cases.useCandidate(panel, "aif", 2)
    panel.facts.edits["age_y"].text = "71"
    panel.onFacts()
    host.press(KEYS["erase"])
    point = core.pointOf(1)
    host.stroke(panel.editor.widget, [point], view=MAP, diameter_mm=15)
    host.processEvents()
    before = core.live().volume, core.decisions(), core.mask().values, core.answers
    ui.readerEdit.text = "R7"
    if not there:
        monkeypatch.setattr(SourcePlaces, "placesOf", lambda self, series: ())
    host.reopenScene(tmp_path / "case.mrb")
    assert core.isMeasured(), ui.statusLabel.text
    assert (core.live().volume, core.decisions()) == before[:2] and np.array_equal(core.mask().values, before[2])
    assert core.answers == before[3] and panel.facts.edits["age_y"].text == "71"
    assert panel.vessels.table.rowCount > 3 and core.curves.isPresent() and core.canChange() is there
    assert ("I10" in ui.statusLabel.text) is not there
    assert ui.automaticButton.enabled is there and (there or "files" in ui.automaticButton.toolTip)
    if there:
        ui.automaticButton.click()
        panel.onVessel(Vessel.AIF, 0)
        assert core.answers.aif_candidate == 0
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text, ui.statusLabel.text
    volumes = cases.volumesOf(panel, tmp_path / "out")
    assert volumes == pytest.approx(dict.fromkeys(volumes, core.live().volume), rel=1e-6)


def test_a_lesion_that_was_drawn_on_without_its_files_is_not_written(host, measured, tmp_path, monkeypatch):
    from StrokeBiomarkersLib.sourcefiles import SourcePlaces

    monkeypatch.setattr(SourcePlaces, "placesOf", lambda self, series: ())
    host.reopenScene(tmp_path / "case.mrb")
    host.press(KEYS["erase"])
    host.stroke(measured.editor.widget, [measured.core.pointOf(1)], view=MAP, diameter_mm=15)
    host.processEvents()
    ui = measured.ui
    ui.readerEdit.text, ui.outputPath.currentPath = "R1", str(tmp_path / "out")
    assert not ui.writeButton.enabled and "curves" in ui.writeButton.toolTip
    assert measured.numbers.table.rowCount == 0, "numbers that do not follow are not shown"


def test_leaving_gives_the_layout_and_the_keys_back(host, widget, measured):
    manager = slicer.app.layoutManager()
    assert manager.layout == LAYOUT
    host.leave()
    assert manager.layout != LAYOUT
    host.press(KEYS["side"])
    assert measured.core.answers.affected == ""
    host.enter(widget)
    assert manager.layout == LAYOUT and measured.core.isMeasured()
    cases.useCandidate(measured, "aif", 2)
    assert measured.core.answers.aif_candidate == 2


def test_opens_and_measures_without_a_main_window(host, ctp):
    with host.withoutMainWindow():
        panel = host.open(cases.MODULE).panel
        cases.openAndCompute(panel, ctp)
        assert panel.core.isMeasured() and panel.editor.widget is None
        panel.onVessel(Vessel.AIF, 2)
        assert panel.core.answers.aif_candidate == 2


def test_two_patients_in_one_folder_are_two_cases(panel, ctp, dsc, tmp_path):
    for folder in (ctp, dsc):
        (tmp_path / folder.name).symlink_to(folder)
    panel.ui.inputPath.currentPath = str(tmp_path)
    panel.ui.openButton.click()
    assert panel.ui.caseBox.count == 2
    patients = {frozenset(one.patient_key for one in case.series) for case in panel.core.cases}
    assert all(len(keys) == 1 for keys in patients) and len(patients) == 2


def test_results_go_into_the_dicom_database(measured, ctp, tmp_path, monkeypatch):
    from dicom_database import DicomDatabase

    database = DicomDatabase(tmp_path)
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    measured.ui.databaseBox.click()
    cases.sign(measured, tmp_path / "out")
    written = list((tmp_path / "out").rglob("*.dcm"))
    study = measured.core.case.series[0].study_uid
    assert written and len(database.seriesForStudy(study)) == len(written), measured.ui.resultLabel.text


def test_the_self_test_of_the_module_runs(host, panel):
    slicer.selfTests["StrokePerfusionMismatch"]()


def test_reloading_makes_a_new_panel(host, widget):
    widget.onReload()
    host.processEvents()
    assert slicer.modules.StrokePerfusionMismatchWidget is not widget


@pytest.mark.parametrize("language", ["", "_ko"])
def test_pictures_for_the_documentation(host, dsc, screenshot, language):
    """A whole window and a panel in each language; every list shows its last column."""
    if language:
        host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    ui = panel.ui
    cases.openAndCompute(panel, dsc)
    ui.inputPath.currentPath = "patients/11_dsc_dwi"
    ui.outputPath.currentPath = "results"
    ui.readerEdit.text = "R1"
    for name, value in {"age_y": "71", "nihss": "14", "hours": "9", "mrs_pre": "0"}.items():
        panel.facts.edits[name].text = value
    panel.facts.occlusion.setCurrentIndex(2)
    panel.onFacts()
    panel.onMap("cbf")
    panel.onSettle()
    panel.say("")
    panel.vessels.step(1)
    host.processEvents()
    paths = [screenshot(f"perfusion_mismatch_panel{language}", whole=False)]
    ui.inputsBox.collapsed = ui.auditBox.collapsed = True
    panel.review.look(0)
    host.processEvents()
    paths.append(screenshot(f"perfusion_mismatch{language}"))
    assert all(10_000 < path.stat().st_size < 500_000 for path in paths)
    for table in (
        panel.series.table,
        panel.vessels.table,
        panel.numbers.table,
        panel.review.table,
        panel.criteria.table,
    ):
        width = sum(table.columnWidth(column) for column in range(table.columnCount))
        assert width <= table.viewport().width + 1, "the last column is seen"


@pytest.mark.parametrize("clicks", [150])
def test_random_clicks_leave_nothing(host, measured, tmp_path, clicks):
    from perfusion_clicking import clickAroundPerfusion

    clickAroundPerfusion(host, measured, tmp_path, clicks)


def test_the_panel_speaks_korean(host, ctp):
    host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    assert panel.ui.computeButton.text == "계산" and "폴더" in panel.ui.computeButton.toolTip
    cases.openAndCompute(panel, ctp)
    assert panel.ui.liveLabel.text.startswith("Tmax > 6초")
    assert panel.numbers.table.item(0, 0).text() == "저관류, Tmax > 6초"
