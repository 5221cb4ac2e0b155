"""Strokes of a reader as a segmentation keeps them, so that a saved scene goes on with them."""

import numpy as np

from . import facts as nodeFacts
from .readeredits import ReaderEdits

REMOVED = "StrokeBiomarkers.Removed"
"""Attribute of a segmentation: voxels that a reader erased from candidates, whether these are accepted now or not."""


def keptEdits(node, shape: tuple[int, int, int]) -> ReaderEdits:
    """Edits as of the last decision; what was added since is seen in the mask itself.

    Args:
        node: vtkMRMLSegmentationNode.
        shape: (k, j, i) of the mask.
    """
    none = ReaderEdits.none(shape)
    known = nodeFacts.fromText(node.GetAttribute(REMOVED), "removed")
    return none if known is None or known["voxels"].shape != shape else ReaderEdits(none.added, known["voxels"])


def keepRemoved(node, voxels: np.ndarray) -> None:
    """Remember (k, j, i) voxels that were erased."""
    node.SetAttribute(REMOVED, nodeFacts.toText("removed", {"voxels": voxels}) if voxels.any() else None)
