"""Steps that motion leaves in a curve at an edge: no bolus, though they rise with it and read as late tissue.

A voxel of CSF and bone changes its share of both when the head moves across thick slices, and no interpolation brings that back. Its
signal stays changed to the end of the scan, where that of tissue has returned. Both are asked for: an edge that the motion of
this scan crosses, and a curve whose end is nearer to its peak than to where the brain ends. A scan that ends soon after the bolus
cannot tell a step from late tissue, so that nothing is left out there.
"""

import numpy as np

from ..geometry import Geometry
from ..perfusion_config import MotionConfig
from ..perfusion_types import Curves
from .rigid import move

_PEAK_FRAMES, _END_FRAMES = 3, 8
"""Frames of the means that tell peak and end: noise makes no peak of three."""


def change_by_motion(image: np.ndarray, geometry: Geometry, matrix: np.ndarray) -> np.ndarray:
    """(k, j, i) change of the signal by a motion that nobody corrects, over the signal.

    Args:
        image: (k, j, i) signal at rest.
        geometry: its grid.
        matrix: 4x4, LPS mm of a point at rest to the same anatomy in the moved frame.
    """
    moved = move(image, geometry, matrix)
    return np.abs(moved - image) / np.maximum(np.abs(image), 1e-3 * np.percentile(np.abs(image), 99))


def left_steps(curves: Curves, change: np.ndarray, *, config: MotionConfig = MotionConfig()) -> np.ndarray:
    """(k, j, i) bool: voxels whose curve is a step that motion left.

    Args:
        curves: of the brain.
        change: of `change_by_motion`, for the largest motion of the scan.
        config: limits.
    """
    steps = np.zeros(curves.mask.shape, bool)
    after = np.asarray(curves.times_s)[curves.bolus.arrival :]
    if len(after) <= _END_FRAMES + _PEAK_FRAMES or after[-1] - after[0] < config.step_after_s:
        return steps
    ends, mean = _end_over_peak(curves.values, curves), curves.values.mean(axis=0, keepdims=True)
    brain = float(np.clip(_end_over_peak(mean, curves)[0], 0, 1))
    steps[curves.mask] = ends > brain + config.step_share * (1 - brain)
    return steps & (change > config.step_change)


def _end_over_peak(values: np.ndarray, curves: Curves) -> np.ndarray:
    """(n,) mean of the last frames over the highest mean of some, from the baseline on; 0 without a peak above 0."""
    sums = np.cumsum(values[:, curves.bolus.last :], axis=1, dtype=np.float32)
    peak = (sums[:, _PEAK_FRAMES:] - sums[:, :-_PEAK_FRAMES]).max(axis=1) / _PEAK_FRAMES
    end = values[:, -_END_FRAMES:].mean(axis=1)
    return np.divide(end, peak, out=np.zeros(len(values), np.float32), where=peak > 0)
