"""Masks as segments, and back: the same voxels, the same grid, and what was edited in between.

A segment keeps a box of voxels of its own; Slicer may crop it, share it with other segments, or shift its origin. Reading compares
matrices: where both grids have the same voxels the mask is copied, else it is resampled with a note, or refused.
"""

import urllib.parse
from collections.abc import Sequence

import numpy as np
import slicer
import vtk
from scipy import ndimage
from slicer import util
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from strokequant.errors import GeometryError, InputError, Issue, Level
from strokequant.geometry import Geometry
from strokequant.record.images import segment_of
from strokequant.types import Mask

from . import facts as nodeFacts
from .grid import isSameGrid, rasMatrix
from .sequences import imageGeometry
from .terminology import terminologyTag

FACTS_TAG = "StrokeBiomarkers.Facts"
BINARY = "Binary labelmap"
SAME_VOXEL = 1e-3
"""Voxels by which two grids may differ and still have the same voxels."""

UNKNOWN_READER = "unknown"
EDITED = ", edited in Slicer"
FOREIGN = "segment in Slicer, its origin is not recorded"
_FACTS = ("name", "method", "parameters", "edited_by", "issues")


def segmentationNode(volumeNode, name: str):
    """Add an empty segmentation on the grid of an image, under the same transform.

    Returns:
        vtkMRMLSegmentationNode.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetSourceRepresentationToBinaryLabelmap()
    node.CreateDefaultDisplayNodes()
    node.SetAndObserveTransformNodeID(volumeNode.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
    return node


def maskToSegment(mask: Mask, node, volumeNode, *, segmentId: str | None = None, name: str | None = None) -> str:
    """Put a mask into a segmentation, replacing a segment of the same id.

    Args:
        mask: on the grid of the image.
        node: vtkMRMLSegmentationNode.
        volumeNode: image that the mask belongs to.
        segmentId: `mask.name` where None.
        name: for the reader; from the catalog where None.

    Returns:
        id of the segment.

    Raises:
        GeometryError: G17 where the mask is not on the grid of the image.
    """
    if not isSameGrid(volumeNode, mask.geometry):
        found = f"a mask that is not on the grid of {volumeNode.GetName()}"
        raise GeometryError(Issue("G17", Level.STOP, found, "one grid", "compute the mask on this image", mask.name))
    style = segment_of(mask)
    segmentId = segmentId or mask.name
    segment = slicer.vtkSegment()
    segment.SetName(name or style.name)
    segment.SetColor(*style.color)
    segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terminologyTag(style.category, style.type))
    segment.SetTag("DICOM.SegmentAlgorithmType", style.algorithm)
    writeSegmentFacts(segment, mask)
    segment.AddRepresentation(BINARY, _labelmap(mask))
    segmentation = node.GetSegmentation()
    if segmentation.GetSegment(segmentId):
        segmentation.RemoveSegment(segmentId)
    segmentation.AddSegment(segment, segmentId)
    return segmentId


def replaceVoxels(node, segmentId: str, mask: Mask) -> None:
    """Change the voxels of a segment in place: name, facts, place in the list and selection stay.

    Args:
        node: vtkMRMLSegmentationNode.
        segmentId: of a binary segment.
        mask: on the grid that the segment is on; the rest of the mask is not used.

    Raises:
        InputError: I01 where there is no such segment.
    """
    _binarySegment(node, segmentId)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if mask.values.any():
        logic.SetBinaryLabelmapToSegment(_labelmap(mask), node, segmentId, logic.MODE_REPLACE)
    else:
        logic.ClearSegment(node, segmentId)


def refillSegment(mask: Mask, node, volumeNode) -> None:
    """Put a mask that was computed anew into its segment, facts and voxels; name, color and place in the list stay.

    Args:
        mask: on the grid of the image.
        node: vtkMRMLSegmentationNode; a segment that is not there is made.
        volumeNode: image that the mask belongs to.
    """
    segment = node.GetSegmentation().GetSegment(mask.name)
    if segment is None:
        maskToSegment(mask, node, volumeNode)
        return
    replaceVoxels(node, mask.name, mask)
    writeSegmentFacts(segment, mask)


def maskFromSegment(
    node, segmentId: str, volumeNode, *, geometry: Geometry | None = None, reader: str = "", resample: bool = False
) -> Mask:
    """The mask of a segment on the grid of an image.

    Args:
        node: vtkMRMLSegmentationNode.
        segmentId: of a binary segment.
        volumeNode: image that gives the grid.
        geometry: exact grid of that image, as `volumeFromNode` gives it; from the node where None.
        reader: code of who edited; `UNKNOWN_READER` is written where voxels changed and none is given.
        resample: take the nearest voxels where the segment was drawn on another grid, and say so; else refuse.

    Raises:
        InputError: I01 where there is no such segment, or it is no binary label map.
        GeometryError: G17 where it lies on another grid and may not be resampled; G20 where a non-linear transform lies between.
    """
    segment = _binarySegment(node, segmentId)
    geometry = geometry or imageGeometry(volumeNode)
    values, notes = _onGrid(node, segment, volumeNode, geometry, resample)
    known = readSegmentFacts(segment)
    if known is None:
        edited = reader or UNKNOWN_READER
        return Mask(values, geometry, segmentId, FOREIGN, edited_by=edited, issues=notes)
    kept = {key: known[key] for key in _FACTS}
    kept["issues"] = (*known["issues"], *notes)
    if nodeFacts.voxelHash(values) != known["sha256"]:
        kept["edited_by"] = reader or UNKNOWN_READER
        kept["method"] = known["method"].removesuffix(EDITED) + EDITED
    return Mask(values, geometry, **kept)


def segmentVoxels(node, segmentId: str, volumeNode, geometry: Geometry) -> np.ndarray:
    """(k, j, i) voxels of a segment, without its facts: fast enough for every stroke. Empty where there is no such segment.

    Raises:
        InputError, GeometryError: as `maskFromSegment`.
    """
    if node.GetSegmentation().GetSegment(segmentId) is None:
        return np.zeros(geometry.shape, bool)
    return _onGrid(node, _binarySegment(node, segmentId), volumeNode, geometry, resample=False)[0]


def writeSegmentFacts(segment, mask: Mask) -> None:
    """Keep on a segment what it was when it was made, its voxels as a hash."""
    kept = {key: getattr(mask, key) for key in _FACTS} | {"sha256": nodeFacts.voxelHash(mask.values)}
    segment.SetTag(FACTS_TAG, urllib.parse.quote(nodeFacts.toText("mask", kept)))


def readSegmentFacts(segment) -> dict | None:
    """Facts of a segment that this library made, else None."""
    return nodeFacts.fromText(urllib.parse.unquote(segmentTag(segment, FACTS_TAG)), "mask")


def segmentTag(segment, name: str) -> str:
    """Value of a tag, empty where there is none."""
    value = vtk.mutable("")
    return str(value) if segment.GetTag(name, value) else ""


def segmentIds(node) -> Sequence[str]:
    """Ids in order."""
    return tuple(node.GetSegmentation().GetSegmentIDs())


def _binarySegment(node, segmentId: str):
    segment = node.GetSegmentation().GetSegment(segmentId)
    if segment is None:
        found = f"no segment {segmentId}"
        raise InputError(Issue("I01", Level.STOP, found, "a segment", "choose one of the list", node.GetName()))
    if node.GetSegmentation().GetSourceRepresentationName() != BINARY or segment.GetRepresentation(BINARY) is None:
        found = f"segment {segment.GetName()} is no binary label map"
        remedy = "make the binary label map the source in the Segmentations module"
        raise InputError(Issue("I01", Level.STOP, found, "a binary label map", remedy, node.GetName()))
    return segment


def _labelmap(mask: Mask):
    """vtkOrientedImageData of the smallest box around a mask, in the index space of the image."""
    image = slicer.vtkOrientedImageData()
    inside = np.zeros(0, dtype=np.uint8)
    extent = (0, -1, 0, -1, 0, -1)
    if mask.values.any():
        (k,), (j,), (i,) = (np.nonzero(mask.values.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
        extent = tuple(int(n) for along in (i, j, k) for n in (along[0], along[-1]))
        inside = mask.values[k[0] : k[-1] + 1, j[0] : j[-1] + 1, i[0] : i[-1] + 1].astype(np.uint8)
    image.SetExtent(extent)
    scalars = numpy_to_vtk(inside.ravel(), deep=True)
    scalars.SetName("ImageScalars")
    image.GetPointData().SetScalars(scalars)
    image.SetImageToWorldMatrix(rasMatrix(mask.geometry))
    return image


def _onGrid(node, segment, volumeNode, geometry: Geometry, resample: bool) -> tuple[np.ndarray, tuple[Issue, ...]]:
    """Voxels of a segment on a grid, and what was lost on the way."""
    image = segment.GetRepresentation(BINARY)
    label = segment.GetLabelValue()
    extent = image.GetExtent()
    values = np.zeros(geometry.shape, dtype=bool)
    scalars = image.GetPointData().GetScalars()
    if image.IsEmpty() or scalars is None or not scalars.GetNumberOfTuples():
        return values, ()
    box = vtk_to_numpy(scalars).reshape([extent[n + 1] - extent[n] + 1 for n in (4, 2, 0)]) == label
    toGrid = _indexMatrix(node, image, volumeNode, geometry)
    shift = np.round(toGrid[:3, 3])
    same = np.abs(toGrid[:3, :3] - np.eye(3)) @ np.array(geometry.shape[::-1], dtype=float)
    start = np.array([extent[4], extent[2], extent[0]])
    if max(same.max(), np.abs(toGrid[:3, 3] - shift).max()) <= SAME_VOXEL:
        return values, _paste(values, box, start + shift[::-1].astype(int), node)
    return _resampled(box, start, toGrid, image, geometry, node, resample)


def _indexMatrix(node, image, volumeNode, geometry: Geometry) -> np.ndarray:
    """4x4 from (i, j, k) of a label map to (i, j, k) of a grid.

    Raises:
        GeometryError: G20 where a non-linear transform lies between them.
    """
    between = vtk.vtkMatrix4x4()
    transforms = node.GetParentTransformNode(), volumeNode.GetParentTransformNode()
    if transforms[0] is not transforms[1] and not slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(
        *transforms, between
    ):
        found = "segmentation and image are under different non-linear transforms"
        remedy = f"put the segmentation under the transform of {volumeNode.GetName()}"
        raise GeometryError(Issue("G20", Level.STOP, found, "one transform for both", remedy, node.GetName()))
    toWorld = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(toWorld)
    grid = util.arrayFromVTKMatrix(rasMatrix(geometry))
    return np.linalg.solve(grid, util.arrayFromVTKMatrix(between) @ util.arrayFromVTKMatrix(toWorld))


def _paste(values: np.ndarray, box: np.ndarray, start: np.ndarray, node) -> tuple[Issue, ...]:
    """Copy a box into the grid; a note where voxels of the segment lie outside."""
    low = np.maximum(start, 0)
    high = np.minimum(start + box.shape, values.shape)
    if (high > low).all():
        inside = box[tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))]
        values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = inside
    lost = int(np.count_nonzero(box)) - int(np.count_nonzero(values))
    if not lost:
        return ()
    found = f"{lost} voxels of the segment lie outside of the image"
    return (Issue("G17", Level.WARN, found, "a segment within the image", "they are left out", node.GetName()),)


def _resampled(
    box, start, toGrid, image, geometry: Geometry, node, allowed: bool
) -> tuple[np.ndarray, tuple[Issue, ...]]:
    """Nearest voxels of a segment that was drawn on another grid."""
    expected = "a segment on the grid of the image"
    if not allowed:
        remedy = "draw it on this image, or allow it to be resampled"
        raise GeometryError(Issue("G17", Level.ASK, "a segment on another grid", expected, remedy, node.GetName()))
    back = np.linalg.inv(toGrid)
    framed = np.pad(box.astype(np.uint8), 1)  # else scipy drops the outer half of border voxels
    offset = back[2::-1, 3] - start + 1
    values = ndimage.affine_transform(framed, back[2::-1, 2::-1], offset, output_shape=geometry.shape, order=0) > 0
    toWorld = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(toWorld)
    voxel = abs(np.linalg.det(util.arrayFromVTKMatrix(toWorld)[:3, :3]))
    before, after = np.count_nonzero(box) * voxel / 1000, geometry.volume_ml(values)
    found = f"a segment on another grid, taken from its nearest voxels: {before:.3f} mL became {after:.3f} mL"
    return values, (Issue("G17", Level.WARN, found, expected, "draw it on this image", node.GetName()),)
