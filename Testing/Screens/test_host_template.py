"""The host opens a scripted module unchanged: binding, Apply, scene close, save and reload, reloading, pictures."""

from pathlib import Path

import numpy as np
import pytest
import slicer

TEMPLATE = Path(__file__).parent / "fixtures" / "HostTemplate.py"


@pytest.fixture
def volume(host):
    """A warm block of 3 x 4 x 5 voxels of 2 mm in a cold one: 60 voxels of 8 mm3 below the threshold."""
    values = np.full((16, 24, 32), 800, np.int16)
    values[6:9, 8:12, 10:15] = 450
    node = slicer.util.addVolumeFromArray(values, np.diag([2.0, 2.0, 2.0, 1.0]), "adc")
    node.CreateDefaultDisplayNodes()
    host.app.showVolume(node)
    yield node


@pytest.fixture
def panel(host, volume):
    yield host.open(TEMPLATE)


def test_setup_binds_the_defaults(panel, volume):
    ui = panel.ui
    assert ui.inputSelector.currentNode() is volume
    assert ui.thresholdSlider.value == 620 and ui.thresholdSlider.maximum == 3000
    assert ui.sideBox.currentText == "Below" and ui.unitBox.currentText == "um2/s"
    assert ui.opacityBox.value == 0.5 and ui.outlineBox.checked
    assert ui.advancedCollapsibleButton.collapsed and not ui.opacityBox.isVisible()


def test_apply_waits_and_says_for_what(panel, screenshot):
    ui = panel.ui
    assert not ui.applyButton.enabled and "output segmentation" in ui.applyButton.toolTip
    ui.outputSelector.addNode()
    assert ui.applyButton.enabled and ui.applyButton.toolTip == "Mark the voxels"
    ui.applyButton.click()
    assert ui.resultLabel.text == "0.5 mL"
    segmentation = ui.outputSelector.currentNode()
    assert (
        slicer.util.arrayFromSegmentBinaryLabelmap(
            segmentation, segmentation.GetSegmentation().GetNthSegmentID(0)
        ).sum()
        == 60
    )
    assert screenshot("host_template").stat().st_size > 10_000


def test_widget_and_node_follow_each_other(panel):
    parameters = panel._parameterNode
    panel.ui.thresholdSlider.value = 700
    panel.ui.sideBox.setCurrentText("Above")
    panel.ui.opacityBox.value = 0.25
    panel.ui.readerEdit.text = "R1"
    assert (parameters.threshold, parameters.side.name, parameters.display.opacity, parameters.reader) == (
        700,
        "above",
        0.25,
        "R1",
    )
    parameters.threshold = 500
    parameters.display.outline = False
    assert panel.ui.thresholdSlider.value == 500 and not panel.ui.outlineBox.checked


def test_closing_the_scene_starts_anew(host, panel):
    panel.ui.thresholdSlider.value = 700
    host.closeScene()
    assert panel.ui.inputSelector.currentNode() is None and panel.ui.thresholdSlider.value == 620
    assert not panel.ui.applyButton.enabled


def test_the_scene_keeps_the_parameters(host, panel, tmp_path):
    panel.ui.thresholdSlider.value = 700
    panel.ui.sideBox.setCurrentText("Above")
    panel._parameterNode.notes.append("seen")
    panel.ui.outputSelector.addNode()
    host.reopenScene(tmp_path / "scene.mrb")
    ui = panel.ui
    assert ui.thresholdSlider.value == 700 and ui.sideBox.currentText == "Above"
    assert list(panel._parameterNode.notes) == ["seen"]
    assert ui.inputSelector.currentNode().GetName() == "adc" and ui.outputSelector.currentNode() is not None


def test_leaving_and_coming_back(host, panel):
    host.leave()
    assert not panel.parent.isEntered
    panel.logic.getParameterNode().threshold = 555
    assert panel.ui.thresholdSlider.value == 620, "a module that is not open does not listen"
    host.enter(panel)
    assert panel.ui.thresholdSlider.value == 555


def test_reloading_makes_a_new_panel(host, panel):
    panel.ui.thresholdSlider.value = 700
    panel.onReload()
    host.processEvents()
    fresh = slicer.modules.HostTemplateWidget
    assert fresh is not panel and fresh.ui.thresholdSlider.value == 700
    assert slicer.util.getModuleWidget("HostTemplate") is fresh


def test_an_error_reaches_the_reader_and_the_test(host, panel):
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    panel.ui.outputSelector.addNode()
    panel.ui.inputSelector.setCurrentNode(empty)
    with host.errors.expected(ValueError, "no voxels"):
        panel.ui.applyButton.click()
    assert "Failed to compute results." in host.dialogs[0].text and "no voxels" in host.dialogs[0].details


def test_deleting_the_input_disables_apply(host, panel, volume):
    panel.ui.outputSelector.addNode()
    assert panel.ui.applyButton.enabled
    host.scene.RemoveNode(volume)
    assert panel.ui.inputSelector.currentNode() is None and not panel.ui.applyButton.enabled


def test_opens_without_a_main_window(host, volume):
    with host.withoutMainWindow():
        assert slicer.util.mainWindow() is None and slicer.app.layoutManager() is None
        assert host.open(TEMPLATE).ui.inputSelector.currentNode() is volume


def test_the_result_is_drawn(host, panel):
    panel.ui.outputSelector.addNode()
    slicer.util.setSliceViewerLayers(fit=True)
    slicer.app.layoutManager().sliceWidget("Red").sliceLogic().SetSliceOffset(14)
    before = host.pixels("Red").astype(int)
    panel.ui.applyButton.click()
    after = host.pixels("Red").astype(int)
    red = (after[..., 0] - after[..., 1] > 60).sum()
    assert (before[..., 0] - before[..., 1] > 60).sum() == 0 and red > 200


def test_the_self_test_of_the_module_runs(host, panel):
    slicer.selfTests["HostTemplate"]()


def test_sample_data_is_registered(host, panel):
    from host import sample_data

    assert sample_data.categories["HostTemplate"] == "Host template"
    assert sample_data.sources[-1]["sampleName"] == "One"


def test_a_thousand_random_clicks_leave_nothing(host, panel):
    random, ui = np.random.default_rng(7), panel.ui
    ui.outputSelector.addNode()
    actions = (
        lambda: ui.applyButton.click(),
        lambda: setattr(ui.thresholdSlider, "value", float(random.integers(0, 3000))),
        lambda: ui.sideBox.setCurrentIndex(int(random.integers(0, 2))),
        lambda: ui.outlineBox.click(),
        lambda: setattr(ui.advancedCollapsibleButton, "collapsed", bool(random.integers(0, 2))),
        lambda: setattr(ui.readerEdit, "text", str(random.integers(0, 99))),
    )
    ui.applyButton.click()
    count = host.scene.GetNumberOfNodes()
    for _ in range(1000):
        actions[random.integers(0, len(actions))]()
    host.processEvents()
    assert host.scene.GetNumberOfNodes() == count
