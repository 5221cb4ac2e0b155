"""Images and maps as scalar volume nodes, and back without loss.

A node that this library made comes back equal to the last bit, also after a scene was saved and opened. A node that was changed in
between says so (I07). A node from elsewhere is read for what it states; what it does not state is asked for, never guessed.
"""

from typing import Any

import numpy as np
import slicer
from slicer import util

from strokequant.errors import GeometryError, InputError, Issue, Level
from strokequant.geometry import Geometry
from strokequant.types import QuantityMap, Volume

from . import facts as nodeFacts
from .grid import (
    TRANSFORM_ROLE,
    isSameGrid,
    isSlicePositions,
    nodeGeometry,
    nodeShape,
    rasMatrix,
    requireNoForeignTransform,
    slicePositionTransform,
)
from .units import nodeQuantity, nodeUnit, unknownUnit, writeMeaning

REASONS_ROLE = "StrokeBiomarkers.reasons"
"""Node reference from a map to the label map that says where it has no value, and why."""

_VOLUME = ("unit", "quantity", "source", "provenance", "issues", "instance_uids")
_MAP = (
    *("unit", "quantity", "method", "parameters", "counts", "inputs"),
    *("issues", "instance_uids", "reason_names"),
)


def volumeToNode(volume: Volume, name: str, *, showSlicePositions: bool = True):
    """Add an image to the scene.

    Args:
        volume: any grid.
        name: of the node.
        showSlicePositions: move uneven slices in the views to where they are, by a grid transform.

    Returns:
        vtkMRMLScalarVolumeNode with default display.
    """
    node = imageNode(volume.values, volume.geometry, name)
    kept = {key: getattr(volume, key) for key in _VOLUME}
    moved = finishNode(node, volume.geometry, showSlicePositions)
    nodeFacts.write(node, "volume", identity(volume.values, volume.geometry, moved) | kept)
    nodeFacts.writeInstanceUids(node, volume.instance_uids or _instances(volume.source))
    writeMeaning(node, volume.quantity, volume.unit)
    return node


def volumeFromNode(volumeNode, *, unit: str | None = None, quantity: str | None = None) -> Volume:
    """The image of a node.

    Args:
        volumeNode: vtkMRMLScalarVolumeNode.
        unit: UCUM, where the node does not state it and a reader was asked.
        quantity: "attenuation", "adc", "signal", as for `unit`.

    Raises:
        GeometryError: G20 where a transform moves the node, G00 where its grid was changed and slices are uneven.
        UnitError: U03 where neither node nor caller states a unit.
        InputError: I01 for an image with several components.
    """
    requireNoForeignTransform(volumeNode)
    values = nodeValues(volumeNode)
    known = nodeFacts.read(volumeNode, "volume", "map")
    if known is None:
        unit = nodeUnit(volumeNode) or unit
        if not unit:
            raise unknownUnit(volumeNode)
        quantity = nodeQuantity(volumeNode) or quantity or "signal"
        uids = tuple((volumeNode.GetAttribute(nodeFacts.INSTANCE_UIDS) or "").split())
        geometry = nodeGeometry(volumeNode)
        return Volume(values, geometry, unit, quantity, instance_uids=uids if len(uids) == geometry.shape[0] else ())
    geometry, changes = checked(volumeNode, values, known)
    kept = {key: known[key] for key in _VOLUME if key in known}
    kept["issues"] = (*known["issues"], *changes)
    if len(known["instance_uids"]) != geometry.shape[0]:
        kept["instance_uids"] = ()
    return Volume(values, geometry, **kept)


def mapToNode(quantityMap: QuantityMap, name: str, *, showSlicePositions: bool = True):
    """Add a map to the scene, with a label map that says where it has no value and why.

    Returns:
        vtkMRMLScalarVolumeNode; its node reference `REASONS_ROLE` is the vtkMRMLLabelMapVolumeNode.
    """
    geometry = quantityMap.geometry
    node = imageNode(quantityMap.values, geometry, name)
    moved = finishNode(node, geometry, showSlicePositions)
    reasons = _writeMapFacts(node, quantityMap, moved)
    nodeFacts.writeInstanceUids(node, quantityMap.instance_uids)
    writeMeaning(node, quantityMap.quantity, quantityMap.unit)
    labels = imageNode(reasons, geometry, f"{name} not valid", "vtkMRMLLabelMapVolumeNode")
    labels.CreateDefaultDisplayNodes()
    labels.SetAndObserveTransformNodeID(node.GetTransformNodeID())
    node.SetNodeReferenceID(REASONS_ROLE, labels.GetID())
    return node


def refillMap(node, quantityMap: QuantityMap) -> None:
    """Replace the values of a map that `mapToNode` made by others on the same grid; name and display stay.

    Args:
        node: vtkMRMLScalarVolumeNode; a label map that was removed is not made again.
        quantityMap: computed anew.
    """
    moved = nodeFacts.read(node, "map")["moved_slices"]
    util.updateVolumeFromArray(node, np.ascontiguousarray(quantityMap.values))
    reasons = _writeMapFacts(node, quantityMap, moved)
    labels = node.GetNodeReference(REASONS_ROLE)
    if labels is not None:
        util.updateVolumeFromArray(labels, np.ascontiguousarray(reasons))


def _writeMapFacts(node, quantityMap: QuantityMap, moved: bool) -> np.ndarray:
    """Facts of a map on its node.

    Returns:
        (k, j, i) uint8 for the label map of its validity.
    """
    hasReasons = quantityMap.reasons is not None
    reasons = quantityMap.reasons if hasReasons else (~quantityMap.valid).astype(np.uint8)
    kept = {key: getattr(quantityMap, key) for key in _MAP}
    kept |= {"reasons_sha256": nodeFacts.voxelHash(reasons), "has_reasons": hasReasons}
    nodeFacts.write(node, "map", identity(quantityMap.values, quantityMap.geometry, moved) | kept)
    return reasons


def mapFromNode(volumeNode) -> QuantityMap:
    """The map of a node that `mapToNode` made.

    Raises:
        InputError: I01 where the node is no such map, or its validity is gone.
        GeometryError: as `volumeFromNode`.
    """
    requireNoForeignTransform(volumeNode)
    known = nodeFacts.read(volumeNode, "map")
    labels = volumeNode.GetNodeReference(REASONS_ROLE)
    if known is None or labels is None:
        found = "no map of this library" if known is None else "a map without its validity"
        remedy = "compute the map again"
        raise InputError(Issue("I01", Level.STOP, found, "a map with validity", remedy, volumeNode.GetName()))
    values = nodeValues(volumeNode)
    geometry, changes = checked(volumeNode, values, known)
    reasons = np.array(util.arrayFromVolume(labels))
    if not isSameGrid(labels, geometry) or nodeFacts.voxelHash(reasons) != known["reasons_sha256"]:
        found = "the label map of invalid voxels was changed"
        remedy = "compute the map again"
        raise InputError(Issue("I07", Level.STOP, found, "validity as computed", remedy, volumeNode.GetName()))
    kept = {key: known[key] for key in _MAP}
    kept["issues"] = (*known["issues"], *changes)
    return QuantityMap(values, reasons == 0, geometry, reasons=reasons if known["has_reasons"] else None, **kept)


def imageNode(values: np.ndarray, geometry: Geometry, name: str, nodeClass: str = "vtkMRMLScalarVolumeNode"):
    """Scalar volume node in the scene with voxels and matrix."""
    node = slicer.mrmlScene.AddNewNodeByClass(nodeClass, name)
    fillImage(node, values, geometry)
    return node


def fillImage(node, values: np.ndarray, geometry: Geometry) -> None:
    """Copy voxels and matrix into a node, in the scene or not."""
    node.SetIJKToRASMatrix(rasMatrix(geometry))
    util.updateVolumeFromArray(node, np.ascontiguousarray(values))


def finishNode(node, geometry: Geometry, showSlicePositions: bool) -> bool:
    """Display, and the transform of uneven slices.

    Returns:
        whether a transform was put on the node.
    """
    node.CreateDefaultDisplayNodes()
    moved = showSlicePositions and not geometry.is_even
    if moved:
        transform = slicePositionTransform(geometry, f"{node.GetName()} slice positions")
        node.SetNodeReferenceID(TRANSFORM_ROLE, transform.GetID())
        node.SetAndObserveTransformNodeID(transform.GetID())
    return moved


def nodeValues(volumeNode) -> np.ndarray:
    """(k, j, i) float32 copy of the voxels.

    Raises:
        InputError: I01 for several components.
    """
    nodeShape(volumeNode)
    values = util.arrayFromVolume(volumeNode)
    if values.ndim != 3:
        found = f"{values.shape[-1]} values per voxel"
        raise InputError(Issue("I01", Level.STOP, found, "one", "choose a scalar image", volumeNode.GetName()))
    return np.array(values, dtype=np.float32)


def checked(volumeNode, values: np.ndarray, known: dict[str, Any]) -> tuple[Geometry, tuple[Issue, ...]]:
    """Geometry of a node with facts, and what was changed since they were written.

    Raises:
        GeometryError: G00 where slices are uneven and the node no longer says where they are.
    """
    geometry: Geometry = known["geometry"]
    sameVoxels = nodeFacts.voxelHash(values) == known["sha256"]
    sameGrid = isSameGrid(volumeNode, geometry)
    transform = volumeNode.GetParentTransformNode()
    straightened = not sameVoxels and not (transform and isSlicePositions(transform))
    if not geometry.is_even and (not sameGrid or (known["moved_slices"] and straightened)):
        found = "unevenly spaced slices whose grid was changed in Slicer"
        remedy = "load the series again and leave its grid and transform as they are"
        raise GeometryError(Issue("G00", Level.STOP, found, "the slices as acquired", remedy, volumeNode.GetName()))
    if not sameGrid:
        geometry = nodeGeometry(volumeNode)
    changed = [word for word, same in (("grid", sameGrid), ("voxels", sameVoxels)) if not same]
    return geometry, (_changed(" and ".join(changed), volumeNode),) if changed else ()


def _changed(what: str, node) -> Issue:
    found = f"{what} changed in Slicer since the image was read"
    return Issue("I07", Level.WARN, found, "the image as read", "load the series again", node.GetName())


def identity(values: np.ndarray, geometry: Geometry, moved: bool) -> dict[str, Any]:
    """Facts by which a node is recognized as unchanged."""
    return {"geometry": geometry, "sha256": nodeFacts.voxelHash(values), "moved_slices": moved}


def _instances(source) -> tuple[str, ...]:
    return source.instances if source else ()
