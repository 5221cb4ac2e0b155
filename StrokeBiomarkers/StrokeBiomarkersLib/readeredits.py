"""A reader's decisions and brush strokes on one mask, kept apart: to leave a candidate and take it back loses no stroke.

Plain arrays; no node is touched here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ReaderEdits:
    """What a reader drew, beside what was decided.

    Args:
        added: (k, j, i) voxels drawn outside of the accepted candidates.
        removed: (k, j, i) voxels erased from candidates, whether these are accepted now or not.
    """

    added: np.ndarray
    removed: np.ndarray

    @classmethod
    def none(cls, shape: tuple[int, int, int]) -> "ReaderEdits":
        """No edit."""
        return cls(np.zeros(shape, bool), np.zeros(shape, bool))

    def seenIn(self, mask: np.ndarray, accepted: np.ndarray) -> "ReaderEdits":
        """The edits after more strokes.

        Args:
            mask: core as it is now.
            accepted: union of the accepted candidates.
        """
        return ReaderEdits(mask & ~accepted, (self.removed & ~mask) | (accepted & ~mask))

    def on(self, accepted: np.ndarray) -> np.ndarray:
        """The core with these edits for a union of accepted candidates."""
        return (accepted & ~self.removed) | self.added


def carriedDecisions(before: np.ndarray, decided: Mapping[int, bool], after: np.ndarray) -> dict[int, bool]:
    """Decisions on clusters for the clusters of another computation: each goes to the one that shares most of its voxels.

    Args:
        before, after: (k, j, i) labels in order of decreasing volume, 0 outside.
        decided: by label of `before`.

    Returns:
        by label of `after`; a decision on a cluster that is not there any more is left out, the largest cluster goes first.
    """
    carried = {}
    for label in sorted(decided, reverse=True):
        shared = np.bincount(after[before == label], minlength=1)
        shared[0] = 0
        if shared.any():
            carried[int(shared.argmax())] = decided[label]
    return carried


def unionOf(labels: np.ndarray, accepted: Mapping[int, bool]) -> np.ndarray:
    """Voxels of the accepted candidates; (k, j, i) labels, 0 outside."""
    table = np.zeros(int(labels.max(initial=0)) + 1, bool)
    for label, isAccepted in accepted.items():
        if 0 < label < len(table):
            table[label] = isAccepted
    return table[labels]
