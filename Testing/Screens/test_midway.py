"""Nodes that are removed and scenes that are closed in the middle of something: nothing fails, no edit of the reader is lost silently."""

import core_cases
import numpy as np
import perfusion_cases
import pytest
import slicer

from StrokeBiomarkersLib.shortcuts import KEYS

MODULES = {"core": (core_cases, "philips", "StrokeDWI"), "perfusion": (perfusion_cases, "ctp", "StrokeMap")}


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    yield {kind: cases.patientFolder(tmp_path_factory.mktemp(kind), name) for kind, (cases, name, _) in MODULES.items()}


@pytest.fixture(params=sorted(MODULES))
def kind(request):
    yield request.param


@pytest.fixture
def measured(host, folders, kind):
    cases = MODULES[kind][0]
    panel = host.open(cases.MODULE).panel
    cases.openAndCompute(panel, folders[kind])
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def soon(call):
    """As soon as the application looks at its events."""
    import qt

    qt.QTimer.singleShot(0, call)


def remove(panel, what):
    core = panel.core
    nodes = {
        "segmentation": lambda: [core.segmentation()],
        "image": lambda: [*core.nodes.images.values()],
        "all": lambda: core.nodes.all(),
        "reading": lambda: [core.nodes.reading],
    }
    if what == "scene":
        slicer.mrmlScene.Clear()
        return
    for node in nodes[what]():
        if node is not None and slicer.mrmlScene.IsNodePresent(node):
            slicer.mrmlScene.RemoveNode(node)


@pytest.mark.parametrize("what", ["segmentation", "image", "all", "reading", "scene"])
def test_while_it_is_computed_again(host, measured, kind, folders, what):
    soon(lambda: remove(measured, what))
    measured.ui.computeButton.click()
    host.processEvents()
    if not measured.core.isMeasured():
        assert measured.ui.computeButton.enabled and not measured.ui.writeButton.enabled
        measured.ui.computeButton.click()
    assert measured.core.isMeasured() and measured.core.live().volume > 0, measured.ui.statusLabel.text


@pytest.mark.parametrize("what", ["segmentation", "scene"])
def test_while_a_folder_is_searched(host, measured, kind, folders, what):
    soon(lambda: remove(measured, what))
    measured.ui.openButton.click()
    host.processEvents()
    measured.ui.openButton.click()
    measured.ui.computeButton.click()
    assert measured.core.isMeasured() and measured.core.live().volume > 0, measured.ui.statusLabel.text


@pytest.mark.parametrize("what", ["image", "reading", "segmentation", "scene"])
def test_with_a_stroke_that_was_not_told_yet(host, measured, kind, what):
    """The stroke and the removal come before the panel has looked at either."""
    host.press(KEYS["erase"])
    host.stroke(measured.editor.widget, [measured.core.pointOf(1)], view=MODULES[kind][2], diameter_mm=10)
    remove(measured, what)
    host.processEvents()
    if not measured.core.isMeasured():
        measured.ui.computeButton.click()
    assert measured.core.isMeasured() and measured.core.live().volume > 0, measured.ui.statusLabel.text


def test_a_reading_whose_record_was_removed_is_signed_all_the_same(measured, kind, tmp_path):
    cases = MODULES[kind][0]
    measured.onDecision(1, not measured.core.decisions()[1])
    measured.onDecision(1, not measured.core.decisions()[1])
    edited = measured.core.mask().values
    for node in (measured.core.nodes.reading, measured.core.nodes.table, measured.core.nodes.record):
        slicer.mrmlScene.RemoveNode(node)
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in measured.ui.resultLabel.text, measured.ui.statusLabel.text
    assert np.array_equal(measured.core.mask().values, edited)


@pytest.mark.parametrize("how", ["file", "case is a file"])
def test_an_output_folder_that_cannot_be_written_keeps_every_edit(host, measured, kind, tmp_path, how):
    ui, out = measured.ui, tmp_path / "out"
    host.press(KEYS["erase"])
    host.stroke(measured.editor.widget, [measured.core.pointOf(1)], view=MODULES[kind][2], diameter_mm=10)
    host.processEvents()
    edited = measured.core.mask().values
    if how == "file":
        out.write_text("")
    else:
        out.mkdir()
        (out / measured.core.case.case).write_text("")
    ui.readerEdit.text, ui.outputPath.currentPath = "R1", str(out)
    measured.onWrite()
    assert "O01" in ui.statusLabel.text or "is a file" in ui.statusLabel.text
    assert np.array_equal(measured.core.mask().values, edited) and measured.core.isUnwritten()
    ui.outputPath.currentPath = str(tmp_path / "good")
    measured.onWrite()
    assert "Written to" in ui.resultLabel.text and not measured.core.isUnwritten()
