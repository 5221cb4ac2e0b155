"""Gain of every pose of the head in the curve of a vessel on CT: what a frame between thick slices takes from it, or gives.

A vessel that shares its voxels with other tissue fills them more or less in another pose, so that the frames of the wash-in are
lower by up to half against the rest of its curve, and late tissue looks later. The contrast agent in and around the vessel stays
the same: interpolation moves it between neighboring voxels, and HU are linear in iodine. So the curve is compared with the mean of its
surroundings, both less the tissue, in the frames of every pose and in those at rest. DSC signal is not linear, and keeps its curves.
"""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..maps.pose_offsets import poses_of_frames
from ..perfusion_config import MotionConfig
from ..perfusion_types import Curves, MotionTrace, VesselCurve

_AT_REST = 2
"""Frames at rest with contrast agent in the vessel, at least: fewer tell nothing to compare with."""


def without_pose_gains(
    vessel: VesselCurve,
    curves: Curves,
    tissue: np.ndarray,
    trace: MotionTrace,
    *,
    config: MotionConfig = MotionConfig(),
) -> VesselCurve:
    """The curve as all poses would show it that the head has at rest.

    Args:
        vessel: from voxels of `curves`.
        curves: not smoothed, of everything around the vessel too.
        tissue: (t,) mean concentration of the brain.
        trace: motion of the frames.
        config: limits.

    Returns:
        The vessel itself on DSC, without motion, and where the surroundings tell no gain; else its gains in `scores`, as `pose_gain_least` and
        `pose_gain_most`.
    """
    frames = np.setdiff1d(np.arange(curves.bolus.first, len(curves.times_s)), trace.rejected)
    moved = trace.displacement_mm[frames] > config.smallest_mm
    if curves.kind != "ctp" or not moved.any() or len(vessel.values) != len(curves.times_s):
        return vessel
    around = curves.values[_around(vessel, curves, config)[curves.mask]][:, frames].mean(axis=0) - tissue[frames]
    own = np.asarray(vessel.values, float)[frames] - tissue[frames]
    filled = own > config.vessel_filled * own.max()
    at_rest = filled & ~moved
    if np.count_nonzero(at_rest) < _AT_REST or around[at_rest].sum() <= 0:
        return vessel
    poses = poses_of_frames(trace, frames, moved, config)
    usual = _share(own, around, at_rest)
    gains = [
        _share(own, around, filled & (pose > 0)) / usual if (filled & (pose > 0)).any() else 1.0 for pose in poses.T
    ]
    if not all(config.vessel_gain[0] <= gain <= config.vessel_gain[1] for gain in gains):
        return vessel
    values = np.array(vessel.values, dtype=float)
    values[frames] /= np.where(moved, poses @ gains, 1.0)
    scores = {"pose_gain_least": round(min(gains), 3), "pose_gain_most": round(max(gains), 3)}
    return replace(vessel, values=values.astype(vessel.values.dtype), scores=vessel.scores | scores)


def _around(vessel: VesselCurve, curves: Curves, config: MotionConfig) -> np.ndarray:
    """(k, j, i) bool: the voxels of the vessel, those next to them in plane, and the slices above and below."""
    along_i, along_j = (2 * int(np.ceil(config.vessel_around_mm / size)) + 1 for size in curves.geometry.pixel_spacing)
    own = np.zeros(curves.mask.shape, bool)
    own[tuple(np.asarray(vessel.voxels).T)] = True
    return ndimage.binary_dilation(own, np.ones((3, along_j, along_i))) & curves.mask


def _share(own: np.ndarray, around: np.ndarray, frames: np.ndarray) -> float:
    """Of the surroundings in the vessel, by least squares."""
    total = float(around[frames] @ around[frames])
    return float(own[frames] @ around[frames]) / total if total > 0 else np.nan
