"""Strokes of a reader as a segmentation keeps them, so that a saved scene goes on with them."""

import numpy as np

from . import facts as nodeFacts
from .readeredits import ReaderEdits

REMOVED = "StrokeBiomarkers.Removed"
"""Attribute of a segmentation: voxels that a reader erased from candidates, whether these are accepted now or not.

Where a reader edits several structures, each has its own: the name, a point, and the id of the segment.
"""


def keptEdits(node, shape: tuple[int, int, int], structure: str = "") -> ReaderEdits:
    """Edits as of the last decision; what was added since is seen in the mask itself.

    Args:
        node: vtkMRMLSegmentationNode.
        shape: (k, j, i) of the mask.
        structure: id of the segment, where a reader edits several.
    """
    none = ReaderEdits.none(shape)
    known = nodeFacts.fromText(node.GetAttribute(_name(structure)), "removed")
    return none if known is None or known["voxels"].shape != shape else ReaderEdits(none.added, known["voxels"])


def keepRemoved(node, voxels: np.ndarray, structure: str = "") -> None:
    """Remember (k, j, i) voxels that were erased, of a structure where a reader edits several."""
    text = nodeFacts.toText("removed", {"voxels": voxels}) if voxels.any() else None
    node.SetAttribute(_name(structure), text)


def _name(structure: str) -> str:
    return f"{REMOVED}.{structure}" if structure else REMOVED
