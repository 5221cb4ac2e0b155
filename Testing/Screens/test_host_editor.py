"""The segment editor stand-in over Slicer's own editor logic: strokes, masks, undo, what a script may restrict."""

import numpy as np
import pytest
import slicer
import vtk


@pytest.fixture
def editor(host):
    """An editor on a volume with 2 mm x 2 mm x 5 mm voxels and one empty segment."""
    values = np.zeros((9, 40, 40), np.int16)
    values[:, :, 20:] = 100
    volume = slicer.util.addVolumeFromArray(values, np.diag([2.0, 2.0, 5.0, 1.0]), "dwi")
    volume.CreateDefaultDisplayNodes()
    host.app.showVolume(volume)
    segmentation = host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segmentation.GetSegmentation().AddEmptySegment("core", "core")
    node = host.scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(host.scene)
    widget.setMRMLSegmentEditorNode(node)
    widget.setSegmentationNode(segmentation)
    widget.setSourceVolumeNode(volume)
    yield widget
    widget.setMRMLScene(None)


def voxels(editor):
    return slicer.util.arrayFromSegmentBinaryLabelmap(editor.segmentationNode(), "core", editor.sourceVolumeNode())


def test_needs_its_node_first(host):
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(host.scene)
    with pytest.raises(RuntimeError, match="setMRMLSegmentEditorNode"):
        widget.setSegmentationNode(host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
    widget.setMRMLScene(None)


def test_the_first_segment_is_selected(editor):
    assert editor.currentSegmentID() == "core" and editor.activeEffect() is None
    editor.setActiveEffectByName("No such effect")
    assert editor.activeEffect() is None


def test_a_stroke_is_a_disc_one_slice_thick(host, editor):
    editor.setActiveEffectByName("Paint")
    host.stroke(editor, [(20, 40, 20)], diameter_mm=12)
    found = voxels(editor)
    expected = sum(1 for i in range(40) for j in range(40) if (2 * i - 20) ** 2 + (2 * j - 40) ** 2 <= 36)
    assert found.sum() == expected == found[4].sum()


def test_a_sphere_reaches_other_slices(host, editor):
    editor.setActiveEffectByName("Paint")
    editor.activeEffect().setCommonParameter("BrushSphere", 1)
    host.stroke(editor, [(20, 40, 20)], diameter_mm=24)
    assert [bool(one.any()) for one in voxels(editor)] == [False, False, True, True, True, True, True, False, False]


def test_erase_undo_redo(host, editor):
    editor.setActiveEffectByName("Paint")
    host.stroke(editor, [(20, 40, 20)], diameter_mm=20)
    painted = voxels(editor).copy()
    editor.setActiveEffectByName("Erase")
    host.stroke(editor, [(20, 40, 20)], diameter_mm=8)
    erased = voxels(editor).copy()
    assert 0 < erased.sum() < painted.sum()
    editor.undo()
    assert np.array_equal(voxels(editor), painted)
    editor.redo()
    assert np.array_equal(voxels(editor), erased)


def test_the_intensity_mask_holds(host, editor):
    node = editor.mrmlSegmentEditorNode()
    node.SetSourceVolumeIntensityMask(True)
    node.SetSourceVolumeIntensityMaskRange(50, 150)
    editor.setActiveEffectByName("Paint")
    host.stroke(editor, [(40, 40, 20)], diameter_mm=20)
    columns = np.flatnonzero(voxels(editor)[4].any(axis=0))
    assert columns.min() == 20


def test_a_stroke_that_would_do_nothing_is_refused(host, editor):
    with pytest.raises(RuntimeError, match="no brush"):
        host.stroke(editor, [(20, 40, 20)])
    editor.setActiveEffectByName("Paint")
    editor.readOnly = True
    with pytest.raises(RuntimeError, match="read only"):
        host.stroke(editor, [(20, 40, 20)])


def test_effects_can_be_restricted(editor):
    editor.setEffectNameOrder(["Paint", "Erase"])
    editor.unorderedEffectsVisible = False
    assert sorted(editor._buttons) == ["Erase", "Paint"]
    with pytest.raises(AttributeError):
        editor.unorderedEffectVisible = False


def test_listeners_hear_the_segment_change(host, editor):
    seen = []
    segmentation = editor.segmentationNode().GetSegmentation()
    tag = segmentation.AddObserver(
        slicer.vtkSegmentation.SourceRepresentationModified, lambda caller, event: seen.append(event)
    )
    editor.setActiveEffectByName("Paint")
    host.stroke(editor, [(20, 40, 20)], diameter_mm=12)
    segmentation.RemoveObserver(tag)
    assert seen


def test_an_oblique_view_paints_across_voxel_slices(host, editor):
    node = host.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    turn = vtk.vtkTransform()
    turn.Translate(40, 40, 20)
    turn.RotateX(45)
    node.GetSliceToRAS().DeepCopy(turn.GetMatrix())
    node.UpdateMatrices()
    editor.setActiveEffectByName("Paint")
    host.stroke(editor, [(40, 40, 20)], diameter_mm=30)
    assert sum(bool(one.any()) for one in voxels(editor)) >= 3
    node.SetOrientation("Axial")
