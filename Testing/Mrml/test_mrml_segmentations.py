"""Masks through segments and back: the same voxels whatever Slicer does to the box, and a refusal or a note where it cannot be."""

from dataclasses import replace

import numpy as np
import pytest
import slicer
import vtk
from mrml_samples import assert_same, blob, by_name, ct, proposal, sheared, uneven_tilted
from slicer import util

from StrokeBiomarkersLib.candidates import coreFromSegmentation, coreToSegmentation, isAccepted, setAccepted
from StrokeBiomarkersLib.grid import showSlicePositions
from StrokeBiomarkersLib.segmentations import (
    BINARY,
    FOREIGN,
    UNKNOWN_READER,
    maskFromSegment,
    maskToSegment,
    segmentationNode,
    segmentIds,
)
from StrokeBiomarkersLib.terminology import CONTEXT, loadTerminology
from StrokeBiomarkersLib.volumes import volumeToNode
from strokequant import codes
from strokequant.errors import GeometryError, InputError
from strokequant.geometry import Geometry
from strokequant.types import Mask

GRIDS = pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])


def prepared(geometry, *masks):
    volume = volumeToNode(ct(geometry), "image")
    node = segmentationNode(volume, "lesions")
    for mask in masks:
        maskToSegment(mask, node, volume)
    return volume, node


@GRIDS
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_mask_comes_back_to_the_bit(scene, reopen, geometry, saved):
    masks = [blob(geometry, 1), blob(geometry, 2, "brain")]
    empty = Mask(np.zeros(geometry.shape, bool), geometry, "edema", "nothing found")
    volume, node = prepared(geometry, *masks, empty)
    if saved:
        reopen()
        volume, node = by_name(scene, "image"), by_name(scene, "lesions")
    for mask in (*masks, empty):
        back = maskFromSegment(node, mask.name, volume)
        assert_same(back, mask)
        assert back.volume_ml == mask.volume_ml


@GRIDS
def test_shared_label_maps_and_grown_boxes_change_nothing(scene, geometry):
    parts = np.zeros((3, *geometry.shape), bool)
    parts[0, 1:3, 2:5, 2:5] = parts[1, 3:5, 6:9, 2:5] = parts[2, -1, -1, -1] = True
    masks = [Mask(part, geometry, f"part{n}", "drawn") for n, part in enumerate(parts)]
    volume, node = prepared(geometry, *masks)
    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert node.GetSegmentation().GetNumberOfLayers() == 1
    for mask in masks:
        assert_same(maskFromSegment(node, mask.name, volume), mask)


def test_a_segment_edited_through_slicer_is_read_and_marked(scene):
    geometry = sheared()
    mask = blob(geometry)
    volume, node = prepared(geometry, mask)
    edited = mask.values.copy()
    edited[0] = False
    edited[-1, :2] = True
    util.updateSegmentBinaryLabelmapFromArray(edited.astype(np.uint8), node, mask.name, volume)
    back = maskFromSegment(node, mask.name, volume, reader="R07")
    assert np.array_equal(back.values, edited)
    assert (back.edited_by, back.method) == ("R07", mask.method + ", edited in Slicer")
    assert maskFromSegment(node, mask.name, volume).edited_by == UNKNOWN_READER
    assert np.array_equal(util.arrayFromSegmentBinaryLabelmap(node, mask.name, volume).astype(bool), edited)
    maskToSegment(back, node, volume)
    assert_same(maskFromSegment(node, mask.name, volume, reader="R08"), back)


def test_a_segment_drawn_in_slicer_has_no_history(scene):
    geometry = sheared()
    volume, node = prepared(geometry)
    node.GetSegmentation().AddEmptySegment("mine", "mine")
    drawn = blob(geometry).values
    util.updateSegmentBinaryLabelmapFromArray(drawn.astype(np.uint8), node, "mine", volume)
    back = maskFromSegment(node, "mine", volume, reader="R07")
    assert np.array_equal(back.values, drawn) and (back.method, back.edited_by) == (FOREIGN, "R07")


def moved_label_map(node, segmentId, change):
    """Replace the label map of a segment by the same voxels with other bookkeeping."""
    segment = node.GetSegmentation().GetSegment(segmentId)
    image = slicer.vtkOrientedImageData()
    image.DeepCopy(segment.GetRepresentation(BINARY))
    change(image)
    segment.AddRepresentation(BINARY, image)


def shift_origin(image, steps):
    """The same voxels, counted from another origin."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    affine = util.arrayFromVTKMatrix(matrix)
    affine[:3, 3] += affine[:3, :3] @ steps
    util.updateVTKMatrixFromArray(matrix, affine)
    image.SetImageToWorldMatrix(matrix)
    extent = np.array(image.GetExtent()) - np.repeat(steps, 2)
    image.SetExtent(*map(int, extent))


@GRIDS
def test_another_origin_of_the_same_voxels_changes_nothing(scene, geometry):
    mask = blob(geometry)
    volume, node = prepared(geometry, mask)
    moved_label_map(node, mask.name, lambda image: shift_origin(image, np.array([3, -2, 1])))
    assert_same(maskFromSegment(node, mask.name, volume), mask)


def test_voxels_outside_of_the_image_are_told(scene):
    geometry = sheared()
    mask = Mask(np.ones(geometry.shape, bool), geometry, "brain", "all")
    volume, node = prepared(geometry, mask)
    moved_label_map(node, "brain", lambda image: image.SetExtent(*np.add(image.GetExtent(), (2, 2, 0, 0, 0, 0))))
    back = maskFromSegment(node, "brain", volume)
    k, j, i = geometry.shape
    assert np.count_nonzero(back.values) == k * j * (i - 2)
    assert back.issues[-1].level == "WARN" and str(k * j * 2) in back.issues[-1].found


def twice_as_fine(geometry):
    affine = geometry.affine.copy()
    affine[:3, :3] = affine[:3, :3] / 2
    affine[:3, 3] -= affine[:3, :3] @ (0.5, 0.5, 0.5)
    return Geometry.from_affine(affine, tuple(2 * n for n in geometry.shape))


def test_another_grid_is_refused_or_resampled_with_a_note(scene):
    geometry = sheared()
    fine = twice_as_fine(geometry)
    mask = blob(geometry)
    values = np.repeat(np.repeat(np.repeat(mask.values, 2, 0), 2, 1), 2, 2)
    fineVolume = volumeToNode(ct(fine), "fine")
    node = segmentationNode(fineVolume, "drawn on fine")
    maskToSegment(replace(mask, values=values, geometry=fine), node, fineVolume)
    coarse = volumeToNode(ct(geometry), "coarse")
    with pytest.raises(GeometryError, match="ASK G17"):
        maskFromSegment(node, mask.name, coarse)
    back = maskFromSegment(node, mask.name, coarse, resample=True)
    assert np.array_equal(back.values, mask.values), "8 fine voxels stand for each coarse one"
    note = back.issues[-1]
    assert note.code == "G17" and f"{mask.volume_ml:.3f} mL became {mask.volume_ml:.3f} mL" in note.found
    assert back.edited_by == UNKNOWN_READER


def test_resampling_takes_the_nearest_voxel(scene):
    geometry = sheared()
    affine = geometry.affine.copy()
    affine[:3, :3] = affine[:3, :3] @ np.diag([0.83, 1.21, 0.71])
    affine[:3, 3] += geometry.affine[:3, :3] @ (0.31, -0.42, 0.23)
    other = Geometry.from_affine(affine, (9, 11, 12))
    mask = blob(other, 6)
    source = volumeToNode(ct(other), "other")
    node = segmentationNode(source, "drawn elsewhere")
    maskToSegment(mask, node, source)
    back = maskFromSegment(node, mask.name, volumeToNode(ct(geometry), "image"), resample=True)
    targets = np.array(list(np.ndindex(geometry.shape)))
    lps = np.column_stack([geometry.to_lps(targets), np.ones(len(targets))])
    nearest = np.round(np.linalg.solve(affine, lps.T)[2::-1].T).astype(int)
    inside = ((nearest >= 0) & (nearest < other.shape)).all(axis=1)
    expected = np.zeros(geometry.shape, bool)
    expected[tuple(targets[inside].T)] = mask.values[tuple(nearest[inside].T)]
    assert expected.sum() > 20 and np.array_equal(back.values, expected)


def test_a_flipped_grid_with_the_same_voxels_is_resampled_exactly(scene):
    geometry = sheared()
    k = geometry.shape[0]
    flipped = geometry.affine.copy()
    flipped[:3, 3] += (k - 1) * flipped[:3, 2]
    flipped[:3, 2] *= -1
    mask = blob(geometry)
    other = volumeToNode(ct(Geometry.from_affine(flipped, geometry.shape)), "flipped")
    node = segmentationNode(other, "drawn upside down")
    flippedMask = Mask(mask.values[::-1].copy(), Geometry.from_affine(flipped, geometry.shape), mask.name, "drawn")
    maskToSegment(flippedMask, node, other)
    back = maskFromSegment(node, mask.name, volumeToNode(ct(geometry), "image"), resample=True)
    assert np.array_equal(back.values, mask.values)


def test_a_mask_of_another_grid_is_not_put_on_an_image(scene):
    volume, node = prepared(sheared())
    with pytest.raises(GeometryError, match="G17"):
        maskToSegment(blob(sheared(seed=4)), node, volume)


def test_transforms_between_segmentation_and_image(scene):
    geometry = uneven_tilted()
    mask = blob(geometry)
    volume, node = prepared(geometry, mask)
    node.SetAndObserveTransformNodeID(None)
    with pytest.raises(GeometryError, match="G20"):
        maskFromSegment(node, mask.name, volume)


def test_editing_on_evenly_stacked_slices_changes_no_number(scene):
    geometry = uneven_tilted()
    mask = blob(geometry)
    volume, node = prepared(geometry, mask)
    showSlicePositions(False, volume, node)
    assert volume.GetParentTransformNode() is None is node.GetParentTransformNode()
    edited = mask.values.copy()
    edited[3] = ~edited[3]
    util.updateSegmentBinaryLabelmapFromArray(edited.astype(np.uint8), node, mask.name, volume)
    hidden = maskFromSegment(node, mask.name, volume, reader="R07")
    showSlicePositions(True, volume, node)
    shown = maskFromSegment(node, mask.name, volume, reader="R07")
    assert np.array_equal(hidden.values, edited)
    assert_same(shown, hidden)
    assert shown.volume_ml == geometry.volume_ml(edited)


def test_a_linear_transform_of_the_segmentation_counts(scene):
    geometry = sheared()
    mask = Mask(np.zeros(geometry.shape, bool), geometry, "infarct_core", "drawn")
    mask.values[2:4, 3:6, 2:5] = True
    volume, node = prepared(geometry, mask)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "one row on")
    matrix = np.eye(4)
    matrix[:3, 3] = np.diag([-1, -1, 1]) @ geometry.affine[:3, 1]
    util.updateTransformMatrixFromArray(transform, matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    assert np.array_equal(maskFromSegment(node, mask.name, volume).values, np.roll(mask.values, 1, axis=1))


def test_missing_segments_and_surfaces_are_refused(scene):
    volume, node = prepared(sheared(), blob(sheared()))
    with pytest.raises(InputError, match="no segment"):
        maskFromSegment(node, "nothing", volume)
    sphere = vtk.vtkSphereSource()
    sphere.Update()
    surface = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    surface.SetSourceRepresentationToClosedSurface()
    surface.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "ball", [1, 0, 0], "ball")
    with pytest.raises(InputError, match="binary label map"):
        maskFromSegment(surface, "ball", volume)


def test_terminology_of_a_segment_is_coded_and_saved(scene, reopen):
    prepared(sheared(), blob(sheared()))
    segment = by_name(reopen(), "lesions").GetSegmentation().GetSegment("infarct_core")
    tag = vtk.mutable("")
    assert segment.GetTag("TerminologyEntry", tag)
    entry = slicer.vtkSlicerTerminologyEntry()
    assert slicer.modules.terminologies.logic().DeserializeTerminologyEntry(str(tag), entry)
    found = [
        part.GetCodeValue() for part in (entry.GetCategoryObject(), entry.GetTypeObject(), entry.GetRegionObject())
    ]
    assert found == [codes.MORPHOLOGICALLY_ALTERED.value, codes.INFARCT.value, codes.BRAIN.value]
    assert entry.GetTerminologyContextName() == CONTEXT


def test_slicer_loads_the_terminology(scene):
    assert loadTerminology()
    assert slicer.modules.terminologies.logic().IsTerminologyContextLoaded(CONTEXT)


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_proposal_with_decisions_survives(scene, reopen, saved):
    geometry = sheared()
    core = proposal(geometry)
    volume = volumeToNode(ct(geometry), "image")
    node = coreToSegmentation(core, volume, "core")
    setAccepted(node, 3, True)
    setAccepted(node, 1, False)
    if saved:
        reopen()
        volume, node = by_name(scene, "image"), by_name(scene, "core")
    back = coreFromSegmentation(node, volume)
    assert_same(back.mask, core.mask)
    assert np.array_equal(back.labels, core.labels) and back.labels.dtype == np.int32
    assert [c.accepted for c in back.candidates] == [False, True, True] == [isAccepted(node, n) for n in (1, 2, 3)]
    assert [replace(c, accepted=True) for c in back.candidates] == [replace(c, accepted=True) for c in core.candidates]
    assert back.steps == core.steps
    assert segmentIds(node) == ("infarct_core", "candidate_001", "candidate_002", "candidate_003")


def test_a_deleted_candidate_is_not_accepted(scene):
    geometry = sheared()
    volume = volumeToNode(ct(geometry), "image")
    node = coreToSegmentation(proposal(geometry), volume, "core")
    node.GetSegmentation().RemoveSegment("candidate_002")
    back = coreFromSegmentation(node, volume)
    assert [c.accepted for c in back.candidates] == [True, False, False]
    assert 2 not in back.labels


def test_a_segmentation_from_elsewhere_holds_no_proposal(scene):
    volume, node = prepared(sheared())
    assert coreFromSegmentation(node, volume) is None
