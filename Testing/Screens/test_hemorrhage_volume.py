"""The hemorrhage module on the screen: from a folder to the signed record, and what goes wrong on the way."""

import time

import hemorrhage_cases as cases
import numpy as np
import pytest
import slicer

from StrokeBiomarkersLib.bloodsegments import EDITABLE
from StrokeBiomarkersLib.shortcuts import HEMORRHAGE_KEYS as KEYS

CT, BLOOD, LAYOUT = "StrokeCT", "StrokeBlood", 5623
KOREAN = cases.MODULE.parent / "Resources" / "Translations" / "StrokeBiomarkers_ko-KR.ts"


@pytest.fixture(scope="session")
def two(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("two"))


@pytest.fixture
def widget(host):
    yield host.open(cases.MODULE)


@pytest.fixture
def panel(widget):
    yield widget.panel


@pytest.fixture
def measured(panel, two):
    cases.openAndCompute(panel, two)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def test_every_button_waits_and_says_for_what(panel, two):
    ui = panel.ui
    waiting = {
        ui.computeButton: "choose a folder",
        ui.writeButton: "compute first",
        ui.clickButton: "compute first",
        ui.landmarksButton: "compute first",
        ui.clearLandmarksButton: "compute first",
        ui.compareButton: "compute first",
        panel.clot.boxes["side"]: "compute first",
    }
    for button, word in waiting.items():
        assert not button.enabled and word in button.toolTip, button.objectName
    ui.inputPath.currentPath = str(two)
    ui.openButton.click()
    assert ui.computeButton.enabled and KEYS["compute"] in ui.computeButton.toolTip
    ui.computeButton.click()
    assert ui.clickButton.enabled and KEYS["click"] in ui.clickButton.toolTip
    assert not ui.compareButton.enabled and "earlier record" in ui.compareButton.toolTip
    ui.edemaButton.click()
    assert not ui.clickButton.enabled and "drawn" in ui.clickButton.toolTip


def test_geometry_and_ct_are_seen_before_anything_is_computed(panel, two):
    panel.ui.inputPath.currentPath = str(two)
    panel.ui.openButton.click()
    text = panel.ui.auditLabel.text
    assert "24 slices" in text and "kernel H30s" in text and "120 kV" in text and "air -" in text
    assert "no contrast agent" in text and "H08" in text and panel.core.record is None
    table = panel.series.table
    assert table.item(0, 1).text() == "Plain CT" and "H30s" in table.item(0, 2).text() and table.item(0, 3).text()
    panel.ui.computeButton.click()
    assert "brain 3" in panel.ui.auditLabel.text


def test_one_click_and_decisions_and_all_places_agree(host, measured, tmp_path):
    """The numbers are those that the command gives with the same answers."""
    core, ui = measured.core, measured.ui
    assert cases.volume(measured, "ich") == pytest.approx(45, rel=0.06)
    measured._lookAt(1)
    measured.clot.boxes["location"].setCurrentIndex(1)
    assert core.candidates()[0].location == "lobar" and measured.review.table.item(0, 6).text() == "lobar"
    cases.leaveOut(measured, 1)
    assert cases.volume(measured, "ich") == pytest.approx(15, rel=0.08)
    cases.clickInto(measured, cases.DEEP, "ivh")
    assert not ui.clickButton.checked and cases.volume(measured, "ivh") == pytest.approx(30, rel=0.06)
    assert (
        core.candidates()[-1].reasons == ("clicked by a reader",)
        and measured.review.current() == core.candidates()[-1].label
    )
    ui.zeroBox.click()
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text, ui.statusLabel.text
    for name in ("ich", "ivh"):
        volumes = cases.volumesOf(measured, tmp_path / "out", name)
        assert volumes["live"] == volumes["scene"] > 0 and "seg_hemorrhage.dcm" in volumes, volumes
        assert volumes == pytest.approx(dict.fromkeys(volumes, volumes["live"]), rel=1e-6)
    from strokequant.record.verify import verify

    assert verify(tmp_path / "out") == ()
    assert numbers(core.record)["sdh_volume"][3] == "zero"


def test_a_click_beside_blood_says_so(measured):
    before = numbers(measured.core.record)
    cases.clickInto(measured, (-28.0, 40.0, 14.0))
    assert "H15" in measured.ui.statusLabel.text and numbers(measured.core.record) == before
    assert not measured.placing.isPlacing


def test_the_click_tool_is_put_down_by_another_tool(host, measured):
    before = cases.present()
    measured.ui.clickButton.click()
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    assert measured.placing.isPlacing and interaction.GetCurrentInteractionMode() == interaction.Place
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    host.processEvents()
    assert not measured.placing.isPlacing and not measured.ui.clickButton.checked
    measured.ui.clickButton.click()
    measured.ui.clickButton.click()
    assert cases.present() == before and interaction.GetCurrentInteractionMode() == interaction.ViewTransform
    measured.ui.clickButton.click()
    host.leave()
    assert cases.present() == before and interaction.GetCurrentInteractionMode() == interaction.ViewTransform


def test_strokes_change_the_structure_that_is_chosen_and_take_from_the_others(host, measured):
    editor = measured.editor.widget
    measured.ui.ivhButton.click()
    assert editor.currentSegmentID() == "ivh"
    before = cases.volume(measured, "ich")
    host.press(KEYS["paint"])
    host.stroke(editor, [measured.core.pointOf(1)], view=CT, diameter_mm=16)
    host.processEvents()
    live = measured.core.live()
    ivh = cases.volume(measured, "ivh")
    assert ivh > 0 and cases.volume(measured, "ich") < before
    assert np.sum([measured.core._seen[name] for name in EDITABLE], axis=0).max() == 1
    assert f"{live.volume:.2f} mL" in measured.ui.liveLabel.text
    assert measured.blood.table.item(1, 1).text() == f"{ivh:.2f}"
    host.press(KEYS["undo"])
    host.processEvents()
    assert cases.volume(measured, "ich") == before and cases.volume(measured, "ivh") == 0
    host.press(KEYS["redo"])
    host.processEvents()
    measured.onSettle()
    assert cases.volume(measured, "ivh") == ivh == numbers(measured.core.record)["ivh_volume"][0]


def test_the_screen_follows_a_stroke(host, measured, tmp_path):
    """On slices of full size; processor time, which does not depend on what else runs."""
    folder = cases.patientFolder(
        tmp_path, 7, slab={"slices": 36, "rows": 512, "columns": 512, "pixel_mm": 0.45, "step_mm": 4.5}
    )
    cases.openAndCompute(measured, folder)
    host.press(KEYS["erase"])
    x, y, z = measured.core.pointOf(1)
    taken, before = [], cases.volume(measured, "ich")
    for number in range(4):
        host.stroke(measured.editor.widget, [(x + 4 * number, y, z)], view=CT, diameter_mm=6)
        begin = time.process_time()
        measured.onStroke()
        taken.append(time.process_time() - begin)
    print(f"numbers and panel after a stroke: {1000 * min(taken):.0f} to {1000 * max(taken):.0f} ms")
    assert cases.volume(measured, "ich") < before


def test_abc2_is_shown_with_slices_and_weights(measured):
    text = measured.ui.abc2Label.text
    abc2 = measured.core.live().abc2
    assert f"A {abc2.a_mm:.1f}" in text and f"slice {abc2.slice_index + 1}," in text
    assert f"{abc2.slices[0] + 1}: {abc2.weights[0]:g}" in text and "over 2 clots" in text
    cases.leaveOut(measured, 1)
    assert measured.ui.abc2Label.text != text and "over" not in measured.ui.abc2Label.text


def test_no_blood_is_written_only_when_confirmed(panel, tmp_path):
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, 3, ()))
    ui = panel.ui
    ui.readerEdit.text, ui.outputPath.currentPath = "R1", str(tmp_path / "out")
    assert panel.core.live().volume == 0 and not ui.writeButton.enabled and "confirm" in ui.writeButton.toolTip
    ui.zeroBox.click()
    assert ui.writeButton.enabled
    ui.writeButton.click()
    assert "Written to" in ui.resultLabel.text
    assert cases.volumesOf(panel, tmp_path / "out")["record"] == 0


def test_what_becomes_empty_later_was_not_confirmed(measured):
    measured.ui.zeroBox.click()
    assert measured.core.answers.confirmed_zero
    for label in list(measured.core.decisions()):
        cases.leaveOut(measured, label)
    assert not measured.ui.zeroBox.checked and not measured.core.answers.confirmed_zero


def test_landmarks_give_the_midline_shift(host, measured):
    ui = measured.ui
    ui.landmarksButton.click()
    node = measured.core.landmarks.node
    for point in ((-70, 5, 20), (68, 5, 20), (3, 5, 20)):
        assert measured.placing.isPlacing
        node.AddControlPointWorld(*point)
        host.processEvents()
    assert not measured.placing.isPlacing and "4.0 mm" in ui.midlineLabel.text
    node.SetNthControlPointPositionWorld(2, 1, 5, 20)
    end = time.monotonic() + 120
    while "2.0 mm" not in ui.midlineLabel.text and time.monotonic() < end:
        host.processEvents()
    assert "2.0 mm" in ui.midlineLabel.text
    ui.clearLandmarksButton.click()
    assert "place" in ui.midlineLabel.text and node.GetNumberOfControlPoints() == 0
    slicer.mrmlScene.RemoveNode(node)
    ui.landmarksButton.click()
    assert not measured.placing.isPlacing


def test_scores_reach_the_record(measured):
    measured.ivh.graebBox.click()
    measured.ivh.graeb["third"].value = 3
    measured.ivh.expanded["third"].click()
    measured.ivh.ivhBox.click()
    measured.ivh.ivh["left"].value = 2
    measured.onSettle()
    found = numbers(measured.core.record)
    assert found["ivh_modified_graeb"][0] == 4 and found["ivh_score"][0] == 6
    measured.ivh.graebBox.click()
    measured.onSettle()
    assert "ivh_modified_graeb" not in numbers(measured.core.record)


def test_growth_is_shown_with_every_definition(panel, tmp_path):
    times = [{"AcquisitionTime": t, "ContentTime": t} for t in ("080000", "140000")]
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, 5, (20.0,), header=times[0]))
    panel.ui.zeroBox.click()
    cases.sign(panel, tmp_path / "first")
    cases.openAndCompute(panel, cases.patientFolder(tmp_path / "later", 5, (28.0,), header=times[1]))
    ui = panel.ui
    ui.baselinePath.currentPath = str(tmp_path / "first")
    assert ui.compareButton.enabled
    ui.compareButton.click()
    assert "Growth of the ICH +" in ui.growthLabel.text and "%" in ui.growthLabel.text, ui.statusLabel.text
    table = panel.growth.table
    shown = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}
    assert shown["X1"] == "met" and len(shown) >= 6
    ui.baselinePath.currentPath = str(tmp_path / "later")
    ui.compareButton.click()
    assert "I01" in ui.statusLabel.text


def test_keys_do_all_of_it(host, measured):
    core = measured.core
    for name in EDITABLE:
        host.press(KEYS[name])
        assert measured.structure == name and getattr(measured.ui, f"{name}Button").checked
    host.press(KEYS["ich"])
    host.press(KEYS["click"])
    assert measured.placing.isPlacing
    host.press(KEYS["click"])
    assert not measured.placing.isPlacing
    measured._lookAt(1)
    host.press(KEYS["structure"])
    assert core.candidates()[0].structure == "ivh"
    host.press(KEYS["side"])
    host.press(KEYS["location"])
    assert core.candidates()[0].side == "right" and core.candidates()[0].location == "lobar"
    host.press(KEYS["leaveOut"])
    assert core.decisions()[1] is False
    host.press(KEYS["accept"])
    assert core.decisions()[1] is True
    host.press(KEYS["landmarks"])
    assert measured.placing.isPlacing
    host.press(KEYS["landmarks"])
    host.press(KEYS["zero"])
    assert core.answers.confirmed_zero


def test_a_contrast_ct_is_measured_only_when_it_is_chosen(panel, tmp_path):
    folder = cases.patientFolder(tmp_path, 2, (20.0,), header={"ContrastBolusAgent": "Iodine"})
    panel.ui.inputPath.currentPath = str(folder)
    panel.ui.openButton.click()
    assert not panel.ui.computeButton.enabled and "H04" in panel.ui.computeButton.toolTip
    assert "H04" in panel.series.table.item(0, 3).text()
    panel.onSeries(panel.core.case.series[0].key)
    assert panel.ui.computeButton.enabled
    panel.ui.computeButton.click()
    assert panel.core.isMeasured() and "H04" in panel.ui.statusLabel.text


def test_a_wrong_rescale_is_refused_before_computing(panel, tmp_path):
    panel.ui.inputPath.currentPath = str(cases.patientFolder(tmp_path, 2, (20.0,), offset_hu=110.0))
    panel.ui.openButton.click()
    assert not panel.ui.computeButton.enabled and "H01" in panel.ui.computeButton.toolTip
    assert "H01" in panel.ui.auditLabel.text


def test_an_image_of_the_scene_is_measured(host, panel, two):
    from strokequant.dicomio.read import read_volume
    from strokequant.dicomio.scan import scan
    from strokequant.geometry import LPS_TO_RAS

    image = read_volume(scan(two).series[0])
    node = slicer.util.addVolumeFromArray(image.values, LPS_TO_RAS @ image.geometry.affine, "head")
    panel.ui.ctSelector.setCurrentNode(node)
    panel.ui.useImagesButton.click()
    assert panel.ui.computeButton.enabled, panel.ui.computeButton.toolTip
    panel.ui.computeButton.click()
    assert cases.volume(panel, "ich") == pytest.approx(45, rel=0.06)


def test_closing_the_scene_midway_and_removing_nodes(host, measured):
    measured.ui.clickButton.click()
    host.closeScene()
    assert not measured.core.isMeasured() and not measured.placing.isPlacing and measured.ui.computeButton.enabled
    measured.ui.computeButton.click()
    assert measured.core.isMeasured()
    slicer.mrmlScene.RemoveNode(measured.core.hostImage())
    host.processEvents()
    assert not measured.core.isMeasured() and "compute again" in measured.ui.statusLabel.text
    measured.ui.computeButton.click()
    assert measured.core.isMeasured()


def test_a_read_only_folder_loses_nothing(measured, tmp_path):
    (tmp_path / "file").write_text("")
    cases.leaveOut(measured, 1)
    values = measured.core._seen["ich"]
    measured.ui.readerEdit.text, measured.ui.outputPath.currentPath = "R1", str(tmp_path / "file")
    assert not measured.ui.writeButton.enabled
    measured.onWrite()
    assert np.array_equal(measured.core._seen["ich"], values) and measured.core.isUnwritten()


def test_a_saved_reading_goes_on(host, measured, tmp_path):
    cases.leaveOut(measured, 2)
    cases.clickInto(measured, cases.LOBAR, "sah")
    before, answers = measured.core.live(), measured.core.answers
    host.reopenScene(tmp_path / "case.mrb")
    assert measured.core.isMeasured(), measured.ui.statusLabel.text
    assert measured.core.answers == answers
    assert [row[:2] for row in measured.core.live().rows[:5]] == [row[:2] for row in before.rows[:5]]
    cases.leaveOut(measured, 1)
    assert cases.volume(measured, "ich") == 0


def test_canceling_a_computation_changes_nothing(host, measured):
    before = measured.core.live()
    run = measured.core.compute

    def canceled(progress):
        measured.work.cancel()
        run(progress)

    measured.core.compute = canceled
    measured.ui.computeButton.click()
    measured.core.compute = run
    assert "Canceled" in measured.ui.statusLabel.text and measured.core.live() == before


def test_the_views_show_contours_and_blood(host, measured):
    assert slicer.app.layoutManager().layout == LAYOUT
    display = measured.core.hostImage().GetScalarVolumeDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 80)
    both = [host.pixels(view).astype(int) for view in (CT, BLOOD)]
    red = [(p[..., 0] - p[..., 1] > 60).sum() for p in both]
    assert 0 < red[0] < red[1]


def test_random_clicks_leave_nothing_behind(host, measured, tmp_path):
    from hemorrhage_clicking import clickAroundHemorrhage

    clickAroundHemorrhage(host, measured, tmp_path, 240)


@pytest.mark.parametrize("language", ["", "_ko"])
def test_pictures(host, screenshot, tmp_path, language):
    """Pictures of the tutorial; see them with --save-screenshots."""
    if language:
        host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    slab = {"slices": 32, "rows": 256, "columns": 256, "pixel_mm": 0.9, "step_mm": 5.0}
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, slab=slab))
    panel._lookAt(1)
    for point in ((-66, 20, 14), (66, 20, 14), (3, 20, 14)):
        panel.core.landmarks.node.AddControlPointWorld(*point)
    panel.onLandmarks()
    panel.ui.readerEdit.text, panel.ui.inputPath.currentPath = "R1", "patients/01_ct"
    panel.onSettle()
    assert screenshot(f"hemorrhage_volume{language}").stat().st_size > 20000
    assert screenshot(f"hemorrhage_volume_panel{language}", whole=False).stat().st_size > 10000
