"""What of a brain mask on MR lies where blood passes: eyes, orbits, scalp and sinuses that intensity alone took along are left out.

An eye is as bright as CSF and lies against the frontal lobes, where thick slices leave no gap between them; its rim, half fluid and
half bone, has the signal of brain. Its concentration does not rise and fall. The rule needs no eye:

1. first pass of every voxel: highest mean over a few frames less the mean of the last ones. A tissue that moved, or leaks, rises and
   stays, and has none;
2. perfused is what reaches a share of the median of the mask, on a coarse grid in mm; the largest body after an opening, which cuts
   off muscles of the eye and mucosa;
3. its mirror image counts too: an infarct at the surface has no first pass, the other side has;
4. gaps up to twice a radius are closed, holes filled: CSF spaces, and lesions of both sides that lie inside;
5. brain further than a margin from all this is left out.
"""

from dataclasses import replace

import numpy as np

from ..errors import Issue, Level
from ..perfusion_config import PerfusionBrainConfig
from ..types import Mask
from .sides import MidPlane, at_points
from .skull import largest_parts
from .workgrid import WorkGrid


def first_pass(values: np.ndarray, start: int, frames: int) -> np.ndarray:
    """(n,) height of the first pass of (n, t) curves over what stays after it.

    Args:
        values: concentration.
        start: first frame that counts.
        frames: of a mean, at the top and at the end.
    """
    sums = np.cumsum(values[:, start:], axis=1, dtype=np.float32)
    if sums.shape[1] <= frames:
        return np.zeros(len(values), np.float32)
    means = np.concatenate([sums[:, frames - 1 : frames], sums[:, frames:] - sums[:, :-frames]], axis=1) / frames
    return means.max(axis=1) - means[:, -1]


def perfused_brain(
    brain: Mask, passing: np.ndarray, plane: MidPlane, *, config: PerfusionBrainConfig = PerfusionBrainConfig()
) -> tuple[Mask, tuple[Issue, ...]]:
    """The mask without what no blood passes through, on neither side, at its border.

    Args:
        brain: mask from intensity and shape.
        passing: (k, j, i) `first_pass` of every voxel.
        plane: mid-sagittal plane.
        config: shares and distances.

    Returns:
        The mask, and S14 where it was changed; the mask as it was where too little of it shows a first pass to judge the rest.
    """
    values = brain.values
    grid = WorkGrid.of(brain.geometry, config.work_mm)
    share = grid.down(values)
    inside = share > 0.5
    level = grid.down(np.where(values, passing, 0)) / np.maximum(share, 0.5)
    if not inside.any() or (median := float(np.median(level[inside]))) <= 0:
        return brain, ()
    flowing = inside & (level > config.perfused_share * median)
    body = _opened(flowing, grid, config.perfused_opening_mm)
    hull = grid.fill(grid.close(body | _mirrored(body, plane, values, grid), config.perfused_closing_mm))
    near = grid.up(grid.signed_depth(hull)) > -config.perfused_margin_mm
    kept = largest_parts(values & near, config.part_share)
    left_out = values & ~kept
    removed = brain.geometry.volume_ml(left_out)
    if removed > config.perfused_removed_max * brain.volume_ml or not removed:
        return brain, ()
    found = f"{removed:.1f} mL at the border of the brain mask without a first pass, on neither side"
    issue = Issue("S14", Level.INFO, found, "brain", "eyes, orbits, scalp or sinuses are left out")
    return replace(brain, values=kept, method=f"{brain.method}; without borders that no blood passes through"), (issue,)


def _opened(mask: np.ndarray, grid: WorkGrid, radius_mm: float) -> np.ndarray:
    """Largest body after an opening, grown back within the mask."""
    core = largest_parts(grid.erode(mask, radius_mm), 1.0)
    return grid.dilate(core, radius_mm + grid.step_mm) & mask


def _mirrored(mask: np.ndarray, plane: MidPlane, brain: np.ndarray, grid: WorkGrid) -> np.ndarray:
    """Mirror image of a mask on the grid, where the brain is."""
    index = np.argwhere(brain)
    native = np.zeros(brain.shape, bool)
    native[tuple(index.T)] = at_points(mask.astype(np.float32), plane.reflect(grid.geometry.to_lps(index)), grid) > 0.5
    return grid.down(native) > 0.5
