"""Lesion and core as segments that a reader draws on: what was computed, what was drawn on it, and how both find together again.

Strokes on the core are kept apart from the core that is computed, so that they stay where the lesion, the artery or the side changes.
"""

from collections.abc import Mapping

import numpy as np

from strokequant.perfusion_types import Lesions, Strokes
from strokequant.types import CaseRecord, Mask

from .facts import voxelHash
from .readeredits import ReaderEdits
from .segmentations import UNKNOWN_READER, readSegmentFacts, refillSegment, replaceVoxels
from .strokes import keepRemoved, keptEdits

LESION = "hypoperfusion_6s"
CORES = ("mismatch_core", "perfusion_core")
"""Core of the mismatch: that of diffusion where there is one, else that of low flow."""


def coreName(record: CaseRecord) -> str:
    """Mask of a record that is the core of its mismatch; empty where there is none."""
    return next((name for name in CORES if name in record.masks), "")


def coreProposal(lesions: Lesions, name: str) -> Mask:
    """The core as it was computed, as a mask of this name."""
    core = lesions.core if lesions.core_proposal is None else lesions.core_proposal
    return Mask(core.values, core.geometry, name, core.method, core.parameters, core.edited_by, core.issues)


class Drawing:
    """What a reader has drawn on the core, and what lesion and core were when they were looked at last."""

    def __init__(self):
        self._seen: dict[str, np.ndarray] = {}
        self._core: ReaderEdits | None = None

    def start(self, masks: Mapping[str, Mask], record: CaseRecord, node) -> None:
        """A record is in the scene, perhaps with strokes from before it was saved.

        Args:
            masks: lesion, and core where there is one, as they are in the scene.
            record: of the scene.
            node: vtkMRMLSegmentationNode of both.
        """
        self._seen, self._core = _valuesOf(masks), None
        name = coreName(record)
        if name in masks:
            kept = keptEdits(node, masks[name].values.shape, name)
            self._core = kept.seenIn(masks[name].values, coreProposal(record.perfusion.lesions, name).values)

    def notice(self, masks: Mapping[str, Mask], record: CaseRecord, node) -> bool:
        """Take up what was drawn since.

        Where lesion and core changed at once, a stroke on the lesion was taken back, and the core that followed from it with it:
        that is no stroke on the core.

        Returns:
            True where anything has changed.
        """
        changed = [name for name, mask in masks.items() if not np.array_equal(mask.values, self._seen.get(name))]
        name = coreName(record)
        if changed == [name] and self._core is not None:
            self._core = self._core.seenIn(masks[name].values, coreProposal(record.perfusion.lesions, name).values)
            keepRemoved(node, self._core.removed, name)
        self.saw(masks)
        return bool(changed)

    def saw(self, masks: Mapping[str, Mask]) -> None:
        """These are the masks of the scene now, by what was computed."""
        self._seen |= _valuesOf(masks)

    def strokes(self, reader: str = UNKNOWN_READER) -> Strokes | None:
        """What was drawn on the core; None where nothing was."""
        if self._core is None or not (self._core.added.any() or self._core.removed.any()):
            return None
        return Strokes(self._core.added, self._core.removed, reader)

    def refillCore(self, node, image, now: CaseRecord) -> None:
        """Put a core that was computed anew into its segment, with the strokes on it.

        Args:
            node: vtkMRMLSegmentationNode.
            image: that the segment belongs to.
            now: record computed anew; the segment is as it was seen last.
        """
        name = coreName(now)
        if not name:
            return
        proposal, values = coreProposal(now.perfusion.lesions, name), now.masks[name].values
        segment = node.GetSegmentation().GetSegment(name)
        known = readSegmentFacts(segment) if segment is not None else None
        shown = self._seen.get(name)
        if known is None or known["sha256"] != voxelHash(proposal.values):
            refillSegment(proposal, node, image)
            shown = proposal.values
        if not np.array_equal(shown, values):
            replaceVoxels(node, name, now.masks[name])

    def forget(self) -> None:
        """Nothing is in the scene."""
        self._seen, self._core = {}, None


def _valuesOf(masks: Mapping[str, Mask]) -> dict[str, np.ndarray]:
    return {name: mask.values for name, mask in masks.items()}
