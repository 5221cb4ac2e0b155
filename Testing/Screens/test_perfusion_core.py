"""Drawing on the core in the perfusion module: which structure is drawn on, what follows, what is taken back."""

import json

import numpy as np
import perfusion_cases as cases
import pytest
import slicer

from StrokeBiomarkersLib.shortcuts import PERFUSION_KEYS as KEYS

MAP, OVERLAY = "StrokeMap", "StrokeMismatch"
CORE_ROW, MISMATCH_ROW = 2, 3
"""Of the table of numbers."""


@pytest.fixture(scope="session")
def ctp(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("ctp"), "ctp")


@pytest.fixture
def measured(host, ctp):
    panel = host.open(cases.MODULE).panel
    assert not panel.ui.coreButton.enabled and "compute first" in panel.ui.coreButton.toolTip
    cases.openAndCompute(panel, ctp)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def segment(panel, name):
    from StrokeBiomarkersLib.segmentations import maskFromSegment

    core = panel.core
    return maskFromSegment(core.segmentation(), name, core.hostImage(), geometry=core.geometry())


def middleOf(panel, name):
    """RAS mm of the voxel of a segment that is nearest to its middle."""
    from StrokeBiomarkersLib.grid import rasMatrix

    index = np.argwhere(segment(panel, name).values)
    nearest = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
    toRas = slicer.util.arrayFromVTKMatrix(rasMatrix(panel.core.geometry()))
    return tuple(float(x) for x in (toRas @ [*nearest[::-1], 1.0])[:3])


def stroke(host, panel, point, diameter_mm=12):
    panel.views.jump(point)
    host.stroke(panel.editor.widget, [point], view=MAP, diameter_mm=diameter_mm)
    host.processEvents()


def test_a_stroke_on_the_core_changes_the_mismatch_and_undo_takes_it_back(host, measured, tmp_path):
    core, ui, table = measured.core, measured.ui, measured.numbers.table
    name, before = core.coreSegment(), core.live()
    shown = [table.item(row, 1).text() for row in (CORE_ROW, MISMATCH_ROW)]
    ui.coreButton.click()
    assert measured.editor.widget.currentSegmentID() == name and ui.coreButton.checked and not ui.lesionButton.checked
    visible = core.segmentation().GetDisplayNode().GetSegmentVisibility
    assert visible(name) and visible("hypoperfusion_6s") and not visible("mismatch")
    host.press(KEYS["erase"])
    stroke(host, measured, middleOf(measured, name))
    after = {m.id: m.value for m in core.live().numbers}
    assert after["mismatch_core_volume"] == segment(measured, name).volume_ml < before.numbers[2].value
    assert core.live().volume == before.volume
    assert all(table.item(row, 1).text() != text for row, text in zip((CORE_ROW, MISMATCH_ROW), shown, strict=True))
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text, ui.statusLabel.text
    record = json.loads(next((tmp_path / "out").rglob("record.json")).read_text())
    written = next(m["value"] for m in record["measurements"] if m["id"] == "mismatch_core_volume")
    assert written == pytest.approx(after["mismatch_core_volume"], rel=1e-9)
    host.press(KEYS["undo"])
    host.processEvents()
    assert [m.value for m in core.live().numbers] == [m.value for m in before.numbers]
    assert [table.item(row, 1).text() for row in (CORE_ROW, MISMATCH_ROW)] == shown


def test_the_key_goes_from_one_structure_to_the_other_and_back(host, measured):
    widget, name = measured.editor.widget, measured.core.coreSegment()
    host.press(KEYS["structure"])
    assert widget.currentSegmentID() == name
    widget.setCurrentSegmentID("mismatch")
    assert widget.currentSegmentID() == name, "no other segment can be drawn on"
    host.press(KEYS["structure"])
    assert widget.currentSegmentID() == "hypoperfusion_6s" and measured.ui.lesionButton.checked
    measured.ui.coreButton.click()
    measured.ui.computeButton.click()
    assert widget.currentSegmentID() == "hypoperfusion_6s" and not measured.drawsCore, (
        "a new reading begins with the lesion"
    )


def test_a_stroke_on_the_lesion_that_is_taken_back_leaves_no_stroke_on_the_core(host, measured):
    core, before = measured.core, measured.core.live()
    name = core.coreSegment()
    host.press(KEYS["erase"])
    stroke(host, measured, middleOf(measured, name), diameter_mm=25)
    assert core.live().numbers[CORE_ROW].value < before.numbers[CORE_ROW].value, "low flow counts inside the lesion"
    host.press(KEYS["undo"])
    host.processEvents()
    assert [m.value for m in core.live().numbers] == [m.value for m in before.numbers]
    assert core.record.perfusion.lesions.core_proposal is None


@pytest.mark.parametrize("what", ["lesion", "core"])
def test_a_stroke_that_was_taken_back_is_done_again(host, measured, what):
    core, volumes = measured.core, []
    if what == "core":
        measured.ui.coreButton.click()
    host.press(KEYS["erase"])
    point = middleOf(measured, core.coreSegment())
    for diameter_mm in (8, 16, 25):
        volumes.append([m.value for m in core.live().numbers])
        stroke(host, measured, point, diameter_mm)
    last = [m.value for m in core.live().numbers]
    for expected in reversed(volumes):
        host.press(KEYS["undo"])
        host.processEvents()
        assert [m.value for m in core.live().numbers] == expected
    for expected in (*volumes[1:], last):
        host.press(KEYS["redo"])
        host.processEvents()
        assert [m.value for m in core.live().numbers] == expected


def test_another_artery_clears_the_list_of_undo_steps(host, measured):
    """A state of the voxels from before belongs to other maps: taken back, it would become strokes that nobody made."""
    host.press(KEYS["erase"])
    stroke(host, measured, measured.core.pointOf(1))
    measured.ui.coreButton.click()
    cases.useCandidate(measured, "aif", 2)
    after = measured.core.live().volume
    host.press(KEYS["undo"])
    host.processEvents()
    assert measured.core.live().volume == after
    assert measured.editor.widget.currentSegmentID() == measured.core.coreSegment(), "the structure stays"


def test_a_core_is_painted_after_it_was_emptied(host, measured):
    core, name = measured.core, measured.core.coreSegment()
    point = middleOf(measured, name)
    measured.ui.coreButton.click()
    host.press(KEYS["erase"])
    for _ in range(20):
        if not segment(measured, name).values.any():
            break
        stroke(host, measured, middleOf(measured, name), diameter_mm=60)
    assert {m.id: m.value for m in core.live().numbers}["mismatch_core_volume"] == 0
    host.press(KEYS["paint"])
    stroke(host, measured, point, diameter_mm=10)
    assert {m.id: m.value for m in core.live().numbers}["mismatch_core_volume"] == segment(measured, name).volume_ml > 0
