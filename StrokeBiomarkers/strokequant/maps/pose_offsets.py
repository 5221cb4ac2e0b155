"""Offsets that a pose of the head leaves in curves: what frames read from between thick slices show and a still head would not.

Such a voxel holds other shares of gray matter, white matter and CSF than at the baseline, so that its curve lies higher or lower in all
frames of one pose alike, by as much as a bolus. The curves of tissue are few in kind and share one covariance over time.
Its size and that of the offsets are estimated from the scan itself, in groups of voxels whose surroundings vary equally much at
the baseline (EM for variance components; Dempster, Laird and Rubin, J R Stat Soc B 1977;39:1). Every curve gives up the most likely
offset of each pose; a scan without motion stays exactly as it is. Late tissue is rare and looks like common tissue with an offset, so that
the covariance of later tissue is added in a share that is larger than its own.

    y = c + E o + n    c ~ N(0, k S), o ~ N(0, V), n ~ N(0, s^2)    E: which frame was taken in which pose
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from ..perfusion_config import MotionConfig
from ..perfusion_types import Curves, MotionTrace

_ITERATIONS = 40
_FLOOR = 1e-6
"""Of a variance, relative to that of the noise."""
_POINTS_MM = 50.0 * np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
"""Points about the center, whose displacement tells how far poses lie apart."""
_VOXELS_PER_FRAME = 4
"""In a group, at least: fewer give no covariance."""
_BLOCK = 8192
_DECIMALS = 6
"""Of the filters: sums depend on the number of threads in the last digits, and a second run must be the same."""


@dataclass(frozen=True, eq=False)
class _Variances:
    """What curves of some groups are made of.

    Args:
        tissue: (t, t) S. scales: (g,) k.
        offsets: (g, p) V.
        noise: s^2.
    """

    tissue: np.ndarray
    scales: np.ndarray
    offsets: np.ndarray
    noise: float


def without_pose_offsets(
    curves: Curves,
    baseline: np.ndarray,
    tissue: np.ndarray,
    trace: MotionTrace,
    *,
    config: MotionConfig = MotionConfig(),
) -> Curves:
    """Take the offsets of all poses off.

    Args:
        curves: of the brain, smoothed; their values are changed in place, since a second array would be as large.
        baseline: (k, j, i) image at rest.
        tissue: (k, j, i) bool, voxels that the variances are estimated from.
        trace: motion of the frames.
        config: limits.

    Returns:
        The curves themselves where no frame moved or there are too few voxels.
    """
    frames = np.setdiff1d(np.arange(curves.bolus.first, len(curves.times_s)), trace.rejected)
    moved = trace.displacement_mm[frames] > config.smallest_mm
    if not moved.any() or moved.all():
        return curves
    poses = poses_of_frames(trace, frames, moved, config)
    usual = tissue[curves.mask]
    highest = _highest(curves.values, frames)
    plain = highest < config.offset_peaks * np.median(highest[usual]) if usual.any() else usual
    groups, count = _groups(baseline, curves, usual & plain, _VOXELS_PER_FRAME * len(frames), config)
    if not count:
        return curves
    moments = [_moment(curves.values, np.flatnonzero(usual & plain & (groups == n)), frames) for n in range(count)]
    sizes = np.bincount(groups[usual & plain], minlength=count)
    baseline_frames = (frames < curves.bolus.last) & ~moved
    variances = _estimated(moments, sizes, poses, baseline_frames if baseline_frames.any() else ~moved)
    variances = replace(variances, tissue=_with_late(variances.tissue, curves.times_s[frames], config))
    for n in range(count):
        change = -(poses @ _gain(variances, n, poses)).round(_DECIMALS).astype(np.float32)
        _add_product(curves.values, np.flatnonzero(plain & (groups == n)), frames, change)
    sd = float(np.sqrt(sizes @ variances.offsets.mean(axis=1) / sizes.sum()))
    return replace(curves, parameters=curves.parameters | {"poses": poses.shape[1], "pose_offset_sd": round(sd, 3)})


def poses_of_frames(trace: MotionTrace, frames: np.ndarray, moved: np.ndarray, config: MotionConfig) -> np.ndarray:
    """(t, p) 1 where a frame was taken in a pose, 0 elsewhere and in the pose of the baseline."""
    known: list[np.ndarray] = []
    pose_of = np.full(len(frames), -1)
    for n in np.flatnonzero(moved):
        turn = Rotation.from_euler("xyz", trace.rotations_deg[frames[n]], degrees=True).as_matrix()
        place = _POINTS_MM @ turn.T + trace.translations_mm[frames[n]]
        apart = [float(np.sqrt(((place - other) ** 2).sum(axis=1).mean())) for other in known]
        near = [pose for pose, distance in enumerate(apart) if distance < config.pose_mm]
        pose_of[n] = near[0] if near else len(known)
        if not near:
            known.append(place)
    return (pose_of[:, None] == np.arange(len(known))).astype(float)


def _groups(
    baseline: np.ndarray, curves: Curves, usual: np.ndarray, smallest: int, config: MotionConfig
) -> tuple[np.ndarray, int]:
    """Group (n,) of every voxel by the SD of the baseline around it, with equally many usual ones each, and how many groups."""
    count = min(config.offset_groups, int(np.count_nonzero(usual)) // smallest)
    if not count:
        return np.zeros(len(usual), int), 0
    image = np.clip(baseline, config.ct_soft_low_hu, config.ct_soft_high_hu) if curves.kind == "ctp" else baseline
    pixels = [1 + 2 * round(config.offset_around_mm / 2 / size) for size in curves.geometry.pixel_spacing[::-1]]
    mean, square = (ndimage.uniform_filter(part.astype(np.float32), (3, *pixels)) for part in (image, image**2))
    varied = np.maximum(square - mean**2, 0)[curves.mask]
    known = np.flatnonzero(usual)[np.argsort(varied[usual], kind="stable")]
    groups = np.searchsorted(varied[known[[len(known) * n // count for n in range(1, count)]]], varied, side="right")
    groups[known] = np.arange(len(known)) * count // len(known)  # of equal size where many are alike, too
    return groups, count


def _highest(values: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(n,) largest magnitude of every curve."""
    return np.maximum(values[:, frames[0] :].max(axis=1), -values[:, frames[0] :].min(axis=1))


def _moment(values: np.ndarray, voxels: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(t, t) mean product of the values of two frames."""
    total = np.zeros((len(frames), len(frames)))
    for first in range(0, len(voxels), _BLOCK):
        block = values[np.ix_(voxels[first : first + _BLOCK], frames)]
        total += block.T @ block
    return total / len(voxels)


def _estimated(moments: list[np.ndarray], sizes: np.ndarray, poses: np.ndarray, at_rest: np.ndarray) -> _Variances:
    """EM: what tissue and offsets are expected to be given the curves, and the variances of that, in turn."""
    noise = float(np.mean([np.diag(moment)[at_rest].mean() for moment in moments])) + np.finfo(float).tiny
    unit = np.eye(len(poses))
    found = _Variances(
        moments[0] + 1e-3 * noise * unit, np.ones(len(moments)), np.full((len(moments), poses.shape[1]), noise), noise
    )
    for _ in range(_ITERATIONS):
        total, scales, offsets = np.zeros_like(unit), [], []
        inverse = np.linalg.inv(found.tissue + 1e-6 * np.trace(found.tissue) / len(unit) * unit)
        for n, (moment, size) in enumerate(zip(moments, sizes, strict=True)):
            own, gain = found.scales[n] * found.tissue, _gain(found, n, poses)
            share = own @ np.linalg.inv(_total(found, n, poses))
            expected = share @ moment @ share.T + own - share @ own
            total += size / found.scales[n] * expected
            scales.append((inverse * expected).sum() / len(unit))
            left = found.offsets[n] * (1 - np.diag(gain @ poses))
            offsets.append(np.maximum(np.diag(gain @ moment @ gain.T) + left, _FLOOR * noise))
        level = np.exp(np.mean(np.log(scales)))
        found = _Variances(level * total / sizes.sum(), np.array(scales) / level, np.array(offsets), noise)
    return found


def _with_late(tissue: np.ndarray, times_s: np.ndarray, config: MotionConfig) -> np.ndarray:
    """Covariance over time of tissue of which a share comes later, by every second up to the longest delay alike."""
    delays = np.arange(1.0, config.late_longest_s + 0.5)
    later = np.zeros_like(tissue)
    for delay in delays:
        shift = np.array([np.interp(times_s - delay, times_s, row, left=0) for row in np.eye(len(times_s))]).T
        later += shift @ tissue @ shift.T
    return (1 - config.late_share) * tissue + config.late_share / len(delays) * later


def _total(variances: _Variances, group: int, poses: np.ndarray) -> np.ndarray:
    """(t, t) covariance of the curves of a group."""
    own = variances.scales[group] * variances.tissue + variances.noise * np.eye(len(poses))
    return own + (poses * variances.offsets[group]) @ poses.T


def _gain(variances: _Variances, group: int, poses: np.ndarray) -> np.ndarray:
    """(p, t) matrix that takes a curve to its most likely offsets."""
    return (poses * variances.offsets[group]).T @ np.linalg.inv(_total(variances, group, poses))


def _add_product(values: np.ndarray, voxels: np.ndarray, frames: np.ndarray, matrix: np.ndarray) -> None:
    """Add a (t, t) matrix times every curve to it, in place."""
    for first in range(0, len(voxels), _BLOCK):
        rows = voxels[first : first + _BLOCK]
        block = values[np.ix_(rows, frames)]
        values[np.ix_(rows, frames)] = block + block @ matrix.T
