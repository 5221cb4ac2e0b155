"""Grid of a node: from the library's LPS affine to Slicer's RAS matrix and back, tilt and uneven slices included.

Slicer holds one matrix for all slices. A sheared matrix (gantry tilt) fits; uneven slices do not: the node gets the mean step, the
positions of all slices stay in its facts, and a grid transform moves the slices to where they are in the views.
"""

import numpy as np
import slicer
import vtk
from slicer import util
from vtkmodules.util.numpy_support import vtk_to_numpy

from strokequant.errors import GeometryError, Issue, Level
from strokequant.geometry import LPS_TO_RAS, Geometry

TRANSFORM_MARK = "StrokeBiomarkers.SlicePositions"
"""Attribute of the grid transform that shows uneven slices where they are."""

TRANSFORM_ROLE = "StrokeBiomarkers.slicePositions"
"""Node reference from an image to that transform, kept while the transform is not in use."""

SAME_GRID_MM = 1e-3
"""Distance below which a node still lies where its facts say: well above the rounding of a scene file, far below a pixel."""


def rasMatrix(geometry: Geometry) -> vtk.vtkMatrix4x4:
    """(i, j, k) to RAS mm."""
    matrix = vtk.vtkMatrix4x4()
    util.updateVTKMatrixFromArray(matrix, LPS_TO_RAS @ geometry.affine)
    return matrix


def rasOfVoxel(index, geometry: Geometry) -> tuple[float, float, float]:
    """RAS mm of a voxel (k, j, i) as the views show it: slices one mean step apart."""
    return tuple(float(x) for x in (util.arrayFromVTKMatrix(rasMatrix(geometry)) @ [*index[::-1], 1.0])[:3])


def lpsOfPoint(ras, geometry: Geometry) -> tuple[float, float, float]:
    """LPS mm of a point (RAS mm) that a reader put into a view, on the slice that it is nearest to."""
    toIndex = np.linalg.inv(util.arrayFromVTKMatrix(rasMatrix(geometry)))
    i, j, k = (toIndex @ [*ras, 1.0])[:3]
    slice_ = int(np.clip(round(k), 0, geometry.shape[0] - 1))
    point = geometry.slice_origins[slice_] + geometry.affine[:3, :2] @ (i, j)
    return tuple(float(x) for x in point)


def rasOfPoint(lps, geometry: Geometry) -> tuple[float, float, float]:
    """RAS mm at which the views show a point (LPS mm): the way back of `lpsOfPoint`."""
    point = np.asarray(lps, float)
    slice_ = int(np.abs(geometry.positions - point @ geometry.normal).argmin())
    i, j = np.linalg.lstsq(geometry.affine[:3, :2], point - geometry.slice_origins[slice_], rcond=None)[0]
    return rasOfVoxel((slice_, j, i), geometry)


def lpsAffine(volumeNode) -> np.ndarray:
    """4x4 (i, j, k) to LPS mm of a volume node, its transform left aside."""
    matrix = vtk.vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(matrix)
    return LPS_TO_RAS @ util.arrayFromVTKMatrix(matrix)


def nodeGeometry(volumeNode) -> Geometry:
    """Even grid of a volume node.

    Raises:
        GeometryError: G00 without voxels, with a matrix that cannot be measured, or where slices are uneven and the node does not
            say where they are (such as the output of a filter).
    """
    transform = volumeNode.GetParentTransformNode()
    if transform is not None and isSlicePositions(transform):
        found = "unevenly spaced slices without their positions"
        remedy = "use the image as it was loaded"
        raise GeometryError(Issue("G00", Level.STOP, found, "the slices as acquired", remedy, volumeNode.GetName()))
    return Geometry.from_affine(lpsAffine(volumeNode), nodeShape(volumeNode))


def nodeShape(volumeNode) -> tuple[int, int, int]:
    """(k, j, i).

    Raises:
        GeometryError: where the node has no voxels.
    """
    image = volumeNode.GetImageData()
    shape = tuple(reversed(image.GetDimensions())) if image else (0, 0, 0)
    if 0 in shape:
        found = "no voxels"
        raise GeometryError(Issue("G00", Level.STOP, found, "an image", "load it again", volumeNode.GetName()))
    return shape


def isSameGrid(volumeNode, geometry: Geometry) -> bool:
    """True where a node's shape and matrix are still those of a geometry (of its mean step, where uneven)."""
    if nodeShape(volumeNode) != geometry.shape:
        return False
    far = np.array([*geometry.shape[::-1], 1.0])
    difference = lpsAffine(volumeNode) - geometry.affine
    return bool(np.abs(difference).max(axis=0) @ far <= SAME_GRID_MM)


def requireNoForeignTransform(node) -> None:
    """Refuse a node that a transform of the user moves: its voxels are not where its grid says.

    Raises:
        GeometryError: G20.
    """
    transform = node.GetParentTransformNode()
    if transform is None or isSlicePositions(transform):
        return
    found = f"moved by the transform {transform.GetName()}"
    remedy = "harden the transform, or take the image out of it"
    raise GeometryError(Issue("G20", Level.STOP, found, "an image where it was acquired", remedy, node.GetName()))


def isSlicePositions(transformNode) -> bool:
    """True for a transform that only shows uneven slices where they are."""
    return transformNode.GetAttribute(TRANSFORM_MARK) is not None


def showSlicePositions(shown: bool, volumeNode, *others) -> None:
    """Move uneven slices to where they are in the views, or show them evenly stacked.

    The Segment Editor cannot draw under a non-linear transform: hide the positions while a reader edits. No number depends on it.

    Args:
        shown: as they are, or evenly stacked.
        volumeNode: image with uneven slices; nothing happens where they are even.
        others: maps and segmentations of the same slices, which go along.
    """
    transform = volumeNode.GetNodeReference(TRANSFORM_ROLE)
    if transform is None:
        return
    for node in (volumeNode, *others):
        node.SetAndObserveTransformNodeID(transform.GetID() if shown else None)


def slicePositionTransform(geometry: Geometry, name: str):
    """Add a grid transform that moves every slice from the mean step to its own position.

    Args:
        geometry: uneven slices.
        name: of the new node.

    Returns:
        vtkMRMLGridTransformNode in the scene.
    """
    transform = slicer.vtkOrientedGridTransform()
    directions, image = _displacements(geometry)
    transform.SetDisplacementGridData(image)
    transform.SetGridDirectionMatrix(directions)
    transform.SetInterpolationModeToLinear()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", name)
    node.SetAndObserveTransformToParent(transform)
    node.SetAttribute(TRANSFORM_MARK, "1")
    return node


def _displacements(geometry: Geometry) -> tuple[vtk.vtkMatrix4x4, vtk.vtkImageData]:
    """Grid of 2 x 2 x (slices + 2) points along rows, columns and normal: orthogonal, because a displacement is one per slice."""
    ras = LPS_TO_RAS[:3, :3]
    slices = geometry.shape[0]
    regular = geometry.affine[:3, 3] + np.arange(slices)[:, None] * geometry.affine[:3, 2]
    shift = np.pad((geometry.slice_origins - regular) @ ras.T, ((1, 1), (0, 0)), mode="edge")
    along = geometry.affine[:3, 0] / geometry.pixel_spacing[0]
    across = np.cross(geometry.normal, along)
    axes = np.column_stack([along, across, geometry.normal])
    inPlane = _corners(geometry) @ axes[:, :2]
    low, high = inPlane.min(axis=0), inPlane.max(axis=0)
    step = float(geometry.affine[:3, 2] @ geometry.normal)
    start = float(geometry.affine[:3, 3] @ geometry.normal) - step
    image = vtk.vtkImageData()
    image.SetDimensions(2, 2, slices + 2)
    image.SetOrigin(0, 0, 0)
    image.SetSpacing(*(high - low), step)
    image.AllocateScalars(vtk.VTK_DOUBLE, 3)
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = np.repeat(shift, 4, axis=0)
    directions = np.eye(4)
    directions[:3, :3] = ras @ axes
    origin = directions[:3, :3] @ [*low, start]
    image.SetOrigin(*origin)
    matrix = vtk.vtkMatrix4x4()
    util.updateVTKMatrixFromArray(matrix, directions)
    return matrix, image


def _corners(geometry: Geometry) -> np.ndarray:
    """(8, 3) LPS corners of the even grid, half a voxel and one slice out."""
    k, j, i = geometry.shape
    indices = np.array([(x, y, z, 1) for x in (-1, i) for y in (-1, j) for z in (-1, k)], dtype=float)
    return (indices @ geometry.affine.T)[:, :3]
