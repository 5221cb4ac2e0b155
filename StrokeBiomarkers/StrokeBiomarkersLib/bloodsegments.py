"""Segments of all kinds of blood, and of edema, in one segmentation: what a reader drew, apart from what was outlined.

No voxel is in two of them: the editor takes what is drawn on from the others, and where it did not, the first of the list has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from strokequant.batch.hemorrhage_case import HemorrhageStudy
from strokequant.batch.hemorrhage_clots import Clots
from strokequant.biomarkers.hemorrhage_measures import union
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import EDEMA, Structure
from strokequant.types import Mask

from .readeredits import ReaderEdits
from .segmentations import (
    BINARY,
    EDITED,
    UNKNOWN_READER,
    maskToSegment,
    refillSegment,
    replaceVoxels,
    segmentVoxels,
)
from .strokes import keepRemoved, keptEdits

STRUCTURES = tuple(str(structure) for structure in Structure)
EDITABLE = (*STRUCTURES, EDEMA)
"""Segments that a reader edits."""


def ensureSegments(node, image, geometry: Geometry) -> None:
    """Add those that are not there, without voxels, so that they can be drawn."""
    for name in EDITABLE:
        if node.GetSegmentation().GetSegment(name) is None:
            maskToSegment(_mask(np.zeros(geometry.shape, bool), geometry, name), node, image)


class SeenVoxels:
    """Voxels of all segments as they were looked at last: what has not changed is not read again."""

    def __init__(self):
        self.values: dict[str, np.ndarray] = {}
        self._keys: dict[str, tuple] = {}

    def look(self, node, image, geometry: Geometry) -> list[str]:
        """Look at the segments.

        Returns:
            names of those whose voxels have changed; all where they are looked at for the first time.

        Raises:
            InputError, GeometryError: as `segmentVoxels`; what was seen stays.
        """
        keys = {name: _keyOf(node, name) for name in EDITABLE}
        new = [name for name in EDITABLE if keys[name] != self._keys.get(name, 0) or name not in self.values]
        if not new:
            return []
        found = self.values | {name: segmentVoxels(node, name, image, geometry) for name in new}
        _separate(found, new, keys)
        changed = [name for name in new if not np.array_equal(found[name], self.values.get(name))]
        self.values, self._keys = found, keys
        return changed


def _keyOf(node, name: str) -> tuple:
    """Layer of a segment, when it was changed, and its label there; equal where nothing was drawn."""
    segment = node.GetSegmentation().GetSegment(name)
    layer = segment.GetRepresentation(BINARY) if segment is not None else None
    return () if layer is None else (layer.GetAddressAsString(""), layer.GetMTime(), segment.GetLabelValue())


def _separate(found: dict[str, np.ndarray], new: Sequence[str], keys: Mapping[str, tuple]) -> None:
    """Give voxels that two segments of different layers share to the first of the list; one layer holds no voxel twice."""
    for number, name in enumerate(EDITABLE):
        for other in EDITABLE[:number]:
            isApart = keys[name] and keys[other] and keys[name][0] == keys[other][0]
            if isApart or not {name, other} & set(new):
                continue
            if (found[name] & found[other]).any():
                found[name] = found[name] & ~found[other]


def editsOf(node, voxels: Mapping[str, np.ndarray], outlined: Clots) -> dict[str, ReaderEdits]:
    """What a reader drew of each kind of blood, against what was outlined."""
    found = {}
    for name in STRUCTURES:
        shape = voxels[name].shape
        found[name] = keptEdits(node, shape, name).seenIn(voxels[name], outlineOf(outlined, name, shape))
    return found


def drawingsOf(
    edits: Mapping[str, ReaderEdits], outlined: Clots, geometry: Geometry, reader: str = UNKNOWN_READER
) -> dict[str, Mask]:
    """Masks of the kinds of blood that a reader drew, by name; what is as outlined is not among them."""
    found, taken = {}, np.zeros(geometry.shape, bool)
    for name, edit in edits.items():
        outline = outlineOf(outlined, name, geometry.shape)
        values = edit.on(outline) & ~taken
        if not np.array_equal(values, outline):
            taken |= values
            methods = dict.fromkeys(clot.mask.method for clot in outlined.of(name))
            found[name] = _mask(values, geometry, name, ("; ".join(methods) or "drawn") + EDITED, reader)
    return found


def drawnEdema(values: np.ndarray, geometry: Geometry, reader: str = UNKNOWN_READER) -> Mask:
    """Edema as a reader drew it."""
    return _mask(values, geometry, EDEMA, "drawn" + EDITED, reader)


def outlineOf(clots: Clots, name: str, shape: tuple[int, int, int]) -> np.ndarray:
    """(k, j, i) voxels of the outlines of one kind of blood."""
    found = clots.of(name)
    return union(found) if found else np.zeros(shape, bool)


def shownMasks(study: HemorrhageStudy) -> dict[str, Mask]:
    """Masks of a computed study by segment; without voxels where there is nothing."""
    geometry = study.image.geometry
    found = {}
    for name in STRUCTURES:
        clots = study.clots.of(name)
        if clots:
            found[name] = replace(clots[0].mask, values=union(clots))
        else:
            found[name] = _mask(np.zeros(geometry.shape, bool), geometry, name)
    found[EDEMA] = study.edema or _mask(np.zeros(geometry.shape, bool), geometry, EDEMA)
    return found


def putMasks(node, image, masks: Mapping[str, Mask], before: Mapping[str, np.ndarray]) -> None:
    """Put masks into their segments where they differ from what is there; what a reader drew stays told from an outline.

    Args:
        node: vtkMRMLSegmentationNode.
        image: that the masks are on.
        masks: by segment.
        before: voxels that are there now.
    """
    for name, mask in masks.items():
        if not np.array_equal(mask.values, before[name]):
            if mask.edited_by:
                replaceVoxels(node, name, mask)
            else:
                refillSegment(mask, node, image)


def keepEdits(node, edits: Mapping[str, ReaderEdits]) -> None:
    """Remember what was erased, so that to leave a clot and take it back loses no stroke."""
    for name, edit in edits.items():
        keepRemoved(node, edit.removed, name)


def _mask(values: np.ndarray, geometry: Geometry, name: str, method: str = "", reader: str = "") -> Mask:
    return Mask(values, geometry, name, method, edited_by=reader)
