"""The phantom module on the screen: from a folder to the signed session, corrections, refusals, history, pictures."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import phantom_cases as cases
import pytest
import slicer
from phantom_history_file import writeHistory

from StrokeBiomarkersLib.hierarchy import removeNodes

LEFT, SHEWHART, LAYOUT = "PhantomLeft", "PhantomShewhart", 5624
KOREAN = cases.MODULE.parents[1] / "StrokeBiomarkers" / "Resources" / "Translations" / "StrokeBiomarkers_ko-KR.ts"


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    yield writeHistory(tmp_path_factory.mktemp("history") / "h.sqlite")


@pytest.fixture
def history(kept, tmp_path):
    yield Path(shutil.copy(kept, tmp_path / "h.sqlite"))


@pytest.fixture
def panel(host):
    yield host.open(cases.MODULE).panel


@pytest.fixture
def measured(panel, sound):
    cases.openAndCompute(panel, sound)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def tidy(panel):
    """Paths in a picture that are nobody's."""
    for edit, words in ((panel.ui.inputPath, "phantoms/qa"), (panel.ui.historyPath, "history.sqlite")):
        wasBlocked = edit.blockSignals(True)
        edit.currentPath = words
        edit.blockSignals(wasBlocked)


def test_every_button_waits_and_says_for_what(panel, sound):
    ui = panel.ui
    waiting = {
        ui.computeButton: "choose a folder",
        ui.swapButton: "compute first",
        ui.undoButton: "compute first",
        ui.writeButton: "compute first",
        ui.exportButton: "history",
        ui.eventButton: "history",
    }
    for button, word in waiting.items():
        assert not button.enabled and word in button.toolTip, button.objectName
    ui.inputPath.currentPath = str(sound)
    ui.openButton.click()
    assert "choose the one that was scanned" in ui.computeButton.toolTip
    panel.form.choose(cases.PHANTOM)
    assert ui.temperatureEdit.text == "" and "temperature" in ui.computeButton.toolTip
    assert "Q54" in ui.preconditionsLabel.text
    ui.temperatureEdit.text = "warm"
    assert "no temperature" in ui.preconditionsLabel.text and not ui.computeButton.enabled
    ui.temperatureEdit.text = "0"
    assert ui.computeButton.enabled and "Shift+C" in ui.computeButton.toolTip
    ui.computeButton.click()
    assert "code of the person" in ui.writeButton.toolTip and "No region was moved" in ui.undoButton.toolTip


def test_what_is_not_known_is_measured_without_verdict(panel, sound):
    cases.openSession(panel, sound)
    panel.ui.unknownBox.click()
    panel.ui.computeButton.click()
    assert "No verdict" in panel.ui.verdictLabel.text and "Q54" in panel.ui.statusLabel.text
    assert cases.adc(panel, "V0") == pytest.approx(1109, rel=0.005)


def test_certificate_and_serial_number_are_told(panel, sound):
    cases.openSession(panel, sound, "caliber_128_0155")
    assert "128-0155" in panel.ui.phantomLabel.text and "Certificate" in panel.ui.phantomLabel.text
    assert "serial number as read" in panel.ui.computeButton.toolTip
    panel.ui.serialEdit.text = "128-9999"
    assert "Q51" in panel.ui.preconditionsLabel.text
    panel.ui.serialEdit.text = "128-0155"
    assert "Q51" not in panel.ui.preconditionsLabel.text
    panel.form.choose("ice_water")
    assert panel.ui.serialEdit.text == ""


def test_from_the_folder_to_the_signed_session(host, measured, history, tmp_path, screenshot):
    ui = measured.ui
    assert "Qualified" in ui.verdictLabel.text and "Valid until 2026-06-02" in ui.validLabel.text
    assert measured.limits.table.rowCount == len(measured.core.record.verdict.metrics) >= 10
    assert measured.regions.table.rowCount == 13 and float(measured.regions.table.item(0, 2).text()) == pytest.approx(
        1109, rel=0.005
    )
    assert slicer.app.layoutManager().layout == LAYOUT
    ui.historyPath.currentPath = str(history)
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text and "Entered in the history" in ui.resultLabel.text, ui.statusLabel.text
    record = cases.recordOf(tmp_path / "out")
    assert record["sign_offs"][0]["reader"] == "QA1" and record["trends"]
    assert (
        "scanner" in ui.signalsLabel.text or "no rule" in ui.signalsLabel.text or "Last session" in ui.signalsLabel.text
    )
    assert "SIEMENS" in ui.scannerCombo.currentText and "New segment" in ui.signalsLabel.text
    assert measured.charts.shewhart.chart is not None and measured.charts.cusum.chart is not None
    for name in ("report.html", "certificate.html", "placements.json"):
        assert (tmp_path / "out" / "qa" / "2026-03-02" / name).is_file()
    host.window.resize(1500, 1000)
    tidy(measured)
    screenshot("phantom_qc")
    screenshot("phantom_qc_panel", whole=False)


def test_a_dragged_region_is_measured_and_shown_and_signed(host, measured, tmp_path):
    before, blocked = cases.adc(measured, "V3"), measured.ui.verdictLabel.text
    cases.drag(measured, "V3", (25.0, 0.0, 0.0))
    assert abs(cases.adc(measured, "V3") - before) > 20 and "V3" in measured.ui.correctedLabel.text
    assert measured.regions.table.item(3, 4).text() == "a person"
    measured.ui.undoButton.click()
    assert cases.adc(measured, "V3") == before and measured.ui.verdictLabel.text == blocked
    cases.drag(measured, "V3", (1.0, 0.0, 0.0))
    cases.sign(measured, tmp_path)
    assert {p["label"]: p["placed_by"] for p in cases.recordOf(tmp_path)["placements"] if p["placed_by"]} == {
        "V3": "QA1"
    }


def test_numbers_follow_while_a_point_is_dragged(host, measured):
    """By the event of the point alone, as a mouse makes it."""
    before, node = cases.adc(measured, "V2"), measured.core.scene.handles
    position = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(2, position)
    for step in range(3):
        node.SetNthControlPointPositionWorld(2, position[0] + 8.0 * (step + 1), *position[1:])
        host.processEvents()
    end = time.monotonic() + 120
    while cases.adc(measured, "V2") == before and time.monotonic() < end:
        host.processEvents()
    assert cases.adc(measured, "V2") != before and measured.core.places.keys() == {"V2"}
    assert measured.regions.table.item(2, 4).text() == "a person"


def test_swapped_labels_lose_the_verdict(measured):
    before = cases.adc(measured, "V0")
    cases.swap(measured, "V0", "V11")
    assert cases.adc(measured, "V11") == pytest.approx(before, rel=1e-6)
    assert "Qualified" not in measured.ui.verdictLabel.text
    measured.ui.automaticButton.click()
    assert cases.adc(measured, "V0") == before and "Qualified" in measured.ui.verdictLabel.text


def test_other_facts_ask_to_compute_again(measured):
    measured.ui.temperatureEdit.text = "20"
    assert "compute again" in measured.ui.reasonsLabel.text and not measured.ui.writeButton.enabled
    measured.ui.computeButton.click()
    assert "compute again" not in measured.ui.reasonsLabel.text
    assert "Qualified" not in measured.ui.verdictLabel.text


@pytest.mark.parametrize(
    ("name", "word"), [("half_imaged", "Q74"), ("saturation", "Q05"), ("uniform", "Q01"), ("tilt", "Q75")]
)
def test_bad_scans_say_why_in_plain_words(panel, tmp_path, name, word):
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, name, passes=1))
    assert "No verdict" in panel.ui.verdictLabel.text and word in panel.ui.statusLabel.text
    assert "No qualification follows" in panel.ui.validLabel.text


def test_a_patient_instead_of_a_phantom(panel, tmp_path, screenshot):
    import core_cases

    cases.openAndCompute(panel, core_cases.patientFolder(tmp_path, "ge"))
    assert "No verdict" in panel.ui.verdictLabel.text and "a patient, another phantom" in panel.ui.statusLabel.text
    assert not panel.ui.swapButton.enabled and "phantom that was found" in panel.ui.swapButton.toolTip
    tidy(panel)
    screenshot("phantom_qc_refused")


def test_charts_follow_scanner_and_number(host, panel, history):
    panel.ui.historyPath.currentPath = str(history)
    assert panel.ui.scannerCombo.count == 3 and panel.charts.fleet.table.rowCount == 3
    assert "over" in panel.charts.fleet.table.item(0, 5).text()
    first = panel.charts.shewhart.chart.GetTitle()
    panel.ui.scannerCombo.setCurrentIndex(2)
    assert panel.charts.shewhart.chart.GetTitle() != first and "New segment" in panel.ui.signalsLabel.text
    panel.ui.numberCombo.setCurrentIndex(1)
    assert panel.charts.number == panel.core.history.numbers(panel.charts.scanner)[1]
    view = slicer.mrmlScene.GetSingletonNode(SHEWHART, "vtkMRMLPlotViewNode")
    assert view.GetPlotChartNodeID() == panel.charts.shewhart.chart.GetID()
    panel.ui.historyPath.currentPath = ""
    assert panel.charts.shewhart.chart is None and panel.ui.scannerCombo.count == 0


def test_an_event_splits_the_chart(panel, history):
    panel.ui.historyPath.currentPath = str(history)
    segments = {p.segment for p in panel.core.history.chart(panel.charts.scanner, panel.charts.number).points}
    panel.ui.eventDateEdit.text, panel.ui.eventEdit.text = "2024-06-01", "gradient coil replaced"
    panel.ui.eventButton.click()
    chart = panel.core.history.chart(panel.charts.scanner, panel.charts.number)
    assert {p.segment for p in chart.points} > segments and "gradient coil replaced" in panel.ui.signalsLabel.text
    assert panel.ui.eventEdit.text == "" and not panel.ui.eventButton.enabled


def test_export_writes_all_scanners(panel, history, tmp_path):
    panel.ui.historyPath.currentPath = str(history)
    panel.ui.outputPath.currentPath = str(tmp_path / "out")
    panel.ui.exportButton.click()
    assert (tmp_path / "out" / "scanners" / "scanners.html").is_file()


def test_a_file_that_is_no_history_is_said(panel, tmp_path):
    (tmp_path / "h.sqlite").write_text("no history, but long enough to be looked at " * 10)
    panel.ui.historyPath.currentPath = str(tmp_path / "h.sqlite")
    assert "Q69" in panel.ui.statusLabel.text and not panel.core.history.isOpen()


def test_a_history_that_goes_away_is_let_go_of(host, measured, history):
    measured.ui.historyPath.currentPath = str(history)
    history.write_bytes(b"no database any more " * 100)
    measured.ui.numberCombo.setCurrentIndex(1)
    assert "Q69" in measured.ui.statusLabel.text and not measured.core.history.isOpen()
    host.closeScene()
    assert measured.ui.scannerCombo.count == 0


def test_canceling_changes_nothing(panel, sound):
    cases.openSession(panel, sound)
    panel.ui.temperatureEdit.text = "0"
    panel.work._progress = lambda done, total, text: (
        panel.work.cancel() or type(panel.work)._progress(panel.work, done, total, text)
    )
    panel.ui.computeButton.click()
    assert "Canceled" in panel.ui.statusLabel.text and not panel.core.isMeasured()


def test_the_scene_is_closed_and_nodes_are_removed(host, measured):
    removeNodes(measured.core.scene.regions)
    host.processEvents()
    assert not measured.core.isMeasured() and "compute again" in measured.ui.statusLabel.text
    measured.ui.computeButton.click()
    host.closeScene()
    assert not measured.core.isMeasured() and measured.ui.computeButton.enabled


def test_computing_again_leaves_no_node_more(measured):
    before = cases.present()
    measured.ui.computeButton.click()
    assert cases.present() == before


def test_leaving_and_coming_back(host, measured):
    before = slicer.app.layoutManager().layout
    host.leave()
    assert slicer.app.layoutManager().layout != before
    host.enter(slicer.modules.PhantomQCWidget)
    assert slicer.app.layoutManager().layout == before and measured.core.isMeasured()


def test_reloading_makes_a_new_panel(host, panel):
    widget = slicer.modules.PhantomQCWidget
    widget.onReload()
    host.processEvents()
    assert slicer.modules.PhantomQCWidget is not widget


def test_without_a_window_the_session_is_measured_too(host, sound, tmp_path):
    with host.withoutMainWindow():
        panel = host.open(cases.MODULE).panel
        cases.openAndCompute(panel, sound)
        cases.sign(panel, tmp_path)
        assert cases.recordOf(tmp_path)["verdict"]["valid_until"] == "2026-06-02"


def test_refused_packages_are_said(host, panel, sound):
    host.refusePackages()
    panel.ui.inputPath.currentPath = str(sound)
    panel.ui.openButton.click()
    assert "Packages are missing" in panel.ui.statusLabel.text and not panel.core.series


def test_a_registry_file_of_the_site(panel, sound, tmp_path):
    from strokequant.phantom.registry_files import FOLDER

    entry = json.loads((FOLDER / "digital_diffusion_vials.json").read_text(encoding="utf-8"))
    entry["id"], entry["name"], entry["serial"] = "ours", "Our phantom", "S-7"
    (tmp_path / "ours.json").write_text(json.dumps(entry), encoding="utf-8")
    cases.openSession(panel, sound)
    panel.ui.registryPath.currentPath = str(tmp_path / "ours.json")
    assert panel.core.phantom.id == "ours" and "S-7" in panel.ui.phantomLabel.text
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    panel.ui.registryPath.currentPath = str(tmp_path / "broken.json")
    assert "Q58" in panel.ui.statusLabel.text and panel.core.phantom.id == "ours"


def test_regions_are_seen_in_the_view(host, measured):
    host.processEvents()
    pixels = host.pixels(LEFT)
    assert ((pixels[..., 1] > 200) & (pixels[..., 0] < 120)).sum() > 50, "green contours"
    measured.stepRegion(1)
    assert measured.region == "V1"


def test_the_page_speaks_korean(host, sound, history, screenshot):
    host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    cases.openAndCompute(panel, sound)
    panel.ui.historyPath.currentPath = str(history)
    panel.charts.choose(panel.core.history.scanners()[0])
    words = "".join(label.text for label in (panel.ui.verdictLabel, panel.ui.validLabel, panel.ui.correctedLabel))
    assert any("\uac00" <= c <= "\ud7a3" for c in words)
    host.window.resize(1500, 1000)
    tidy(panel)
    screenshot("phantom_qc_ko")
    screenshot("phantom_qc_panel_ko", whole=False)


def test_random_clicks(host, measured, history, tmp_path):
    from phantom_clicking import clickAroundPhantom

    measured.ui.historyPath.currentPath = str(history)
    clickAroundPhantom(host, measured, tmp_path, 150)


def test_a_saved_scene_keeps_the_signed_record(host, measured, tmp_path):
    cases.sign(measured, tmp_path / "out")
    host.reopenScene(tmp_path / "session.mrb")
    texts = [n.GetText() for n in slicer.util.getNodesByClass("vtkMRMLTextNode") if "record" in n.GetName()]
    assert json.loads(texts[0])["sign_offs"][0]["reader"] == "QA1"
    assert not measured.core.isMeasured()
    assert np.isfinite(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")[0].GetImageData().GetScalarRange()[1])
