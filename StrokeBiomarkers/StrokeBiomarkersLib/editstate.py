"""What a reader has done to one reading, as plain values that a journal keeps: what was said, and voxels that differ.

A journal holds differences: voxels that were flipped since the entry before. To flip them again takes the change back, so that strokes, undo
and redo are all the same to it. Plain arrays; no node is touched here.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SAID, VOXELS, PROPOSAL = "said", "voxels", "proposal"
"""Kinds of entries."""


@dataclass(frozen=True, eq=False)
class EditState:
    """Decisions and voxels as they are.

    Args:
        said: decisions and answers by name, as JSON can hold them.
        voxels: (k, j, i) of every structure that is drawn on, and of what was erased; one without voxels may be left out.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    voxels: Mapping[str, np.ndarray] = field(default_factory=dict)


def proposalHash(state: EditState) -> str:
    """Hash of what edits are counted from: it must be the same when they are done again."""
    content = hashlib.sha256()
    for name, values in sorted(state.voxels.items()):
        if values.any():
            content.update(f"{name} {values.shape}".encode())
            content.update(np.packbits(values).tobytes())
    return content.hexdigest()


def changesOf(before: EditState, after: EditState) -> list[tuple[str, dict[str, Any]]]:
    """Entries that lead from one state to another, none where nothing has changed.

    Returns:
        kind and payload; voxels as flat indices into (k, j, i).
    """
    found: list[tuple[str, dict[str, Any]]] = []
    if dict(before.said) != dict(after.said):
        found.append((SAID, dict(after.said)))
    for name in sorted({*before.voxels, *after.voxels}):
        old, new = before.voxels.get(name), after.voxels.get(name)
        if old is new:
            continue
        shape = (new if new is not None else old).shape
        flipped = np.flatnonzero(_orEmpty(old, shape) ^ _orEmpty(new, shape))
        if flipped.size:
            found.append((VOXELS, {"structure": name, "shape": list(shape), "flipped": flipped}))
    return found


def replayed(proposal: EditState, entries: Iterable[tuple[str, Mapping[str, Any]]]) -> EditState:
    """The state after all entries.

    Raises:
        ValueError: voxels of another grid, or outside of it.
    """
    said, voxels = dict(proposal.said), {name: values.copy() for name, values in proposal.voxels.items()}
    for kind, payload in entries:
        if kind == SAID:
            said = dict(payload)
        elif kind == VOXELS:
            name, shape = payload["structure"], tuple(payload["shape"])
            values = voxels.setdefault(name, np.zeros(shape, bool))
            flipped = np.asarray(payload["flipped"], dtype=np.int64)
            if values.shape != shape or (flipped.size and not 0 <= flipped.min() <= flipped.max() < values.size):
                raise ValueError(f"voxels of {name} on a grid of {shape}, not of {values.shape}")
            values.reshape(-1)[flipped] ^= True
    return EditState(said, voxels)


def _orEmpty(values: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, bool) if values is None else values
