"""Which voxels of a study could be vessels, and what all of them say together: highest peak, noise, earliest arrival.

Single voxels are judged on curves averaged over three frames (1 2 1), which keeps noise from counting as shape; the curve of a
vessel is always the mean of the measured ones.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..perfusion_config import VesselConfig
from ..perfusion_types import Curves
from ..segmentation.sides import MidPlane
from .gates import first_pass
from .shape import Shapes, curve_shapes

_CHUNK = 4096
"""Voxels looked at together in search of the highest peak."""
_LIGHT_NOISE = np.sqrt(6) / 4
"""SD of independent noise after the average (1 2 1) / 4."""


@dataclass(frozen=True, eq=False)
class Survey:
    """Voxels that could be vessels.

    Args:
        curves: all of them.
        index: (m, 3) indices (k, j, i) of every voxel of `curves`.
        rows: rows of `curves.values` that could be vessels, ascending.
        light: (rows, t) their curves, averaged over three frames.
        shapes: of `light`.
        lookup: (k, j, i) position in `rows`, -1 elsewhere.
        noise: SD of a voxel's curve.
        highest: peak of the series; single odd voxels do not count.
        earliest_s: arrival of the earliest vessels, or of the earliest 1 % of the voxels if that is earlier.
        brain_s: arrival of the mean of the brain, read as that of curves; NaN where it is not known.
        plane: mid-sagittal plane.
    """

    curves: Curves
    index: np.ndarray
    rows: np.ndarray
    light: np.ndarray
    shapes: Shapes
    lookup: np.ndarray
    noise: float
    highest: float
    earliest_s: float
    brain_s: float
    plane: MidPlane

    @cached_property
    def lps(self) -> np.ndarray:
        """(rows, 3) LPS mm."""
        return self.curves.geometry.to_lps(self.index[self.rows]) if len(self.rows) else np.zeros((0, 3))


def survey_curves(
    curves: Curves,
    *,
    search: np.ndarray | None = None,
    midplane: MidPlane | None = None,
    config: VesselConfig = VesselConfig(),
) -> Survey:
    """Look at all curves once; automatic and manual vessels share it.

    Args:
        curves: best not smoothed: smoothing mixes an artery with the tissue around it.
        search: (k, j, i) bool, where vessels may lie; everywhere without it.
        midplane: for the sides; the sagittal plane through the center of the mask without it.
        config: limits.
    """
    first = curves.bolus.first
    index = np.argwhere(curves.mask)
    noise, own_noise = _noise(curves)
    peaks = curves.values[:, first:].max(axis=1)
    clear = (peaks > 0) & (peaks >= config.significant * _LIGHT_NOISE * np.maximum(noise, own_noise))
    rows = np.flatnonzero(clear if search is None else clear & search[curves.mask])
    highest = _highest(curves, rows[np.argsort(-peaks[rows], kind="stable")], index, config)
    rows = rows[peaks[rows] >= config.peak_min * highest]
    light = _light(curves.values[rows], first)
    shapes = _by_slice(light, curves, index[rows, 0], config)
    enough = shapes.peak >= np.maximum(config.peak_min * highest, config.significant * _LIGHT_NOISE * noise)
    enough &= shapes.time_to_peak_s > curves.times_s[max(curves.bolus.last - 1, 0)]
    rows, light, shapes = rows[enough], light[enough], shapes.take(enough)
    lookup = np.full(curves.mask.shape, -1, np.int32)
    lookup[tuple(index[rows].T)] = np.arange(len(rows))
    earliest = _earliest(shapes, lookup, index[rows], noise, config)
    plane = midplane or _plane(curves, index)
    return Survey(
        curves, index, rows, light, shapes, lookup, noise, highest, earliest, _brain_arrival(curves, config), plane
    )


def times_of_slice(curves: Curves, k: int) -> np.ndarray:
    """(t,) times at which a slice was measured."""
    return np.asarray(curves.times_s if curves.slice_times_s is None else curves.slice_times_s[:, k], float)


def light_curve(values: np.ndarray, first: int) -> np.ndarray:
    """One curve averaged over three frames."""
    return _light(values[None], first)[0]


def _light(values: np.ndarray, first: int) -> np.ndarray:
    light = values.copy()
    part = values[:, first:]
    light[:, first + 1 : -1] = 0.25 * (part[:, :-2] + part[:, 2:]) + 0.5 * part[:, 1:-1]
    return light


def _noise(curves: Curves) -> tuple[float, np.ndarray]:
    """SD of the noise of curves: of most voxels, and (n,) of each, which is larger where DSC signal is low.

    Medians of steps, so that an artery that fills within the baseline does not count as noise.
    """
    baseline = curves.values[:, curves.bolus.first : curves.bolus.last]
    if baseline.shape[1] < 2 or not len(baseline):
        return 0.0, np.zeros(len(baseline), np.float32)
    steps = np.abs(np.diff(baseline, axis=1))
    scale = 1 / (0.6745 * np.sqrt(2))
    return float(np.median(steps)) * scale, np.median(steps, axis=1) * scale


def _highest(curves: Curves, ordered: np.ndarray, index: np.ndarray, config: VesselConfig) -> float:
    """Peak that at least a vessel's worth of voxels, and 1 in 2000 of all, reach in one run, saturated ones too.

    Noise of voxels without signal peaks several times.

    Args:
        curves: all.
        ordered: rows by falling peak.
        index: (k, j, i) of all rows.
        config: gates.
    """
    needed, found = max(config.cluster_min, len(ordered) // 2000), np.zeros(0)
    for start in range(0, len(ordered), _CHUNK):
        rows = ordered[start : start + _CHUNK]
        rows = rows[np.argsort(index[rows, 0], kind="stable")]
        shapes = _by_slice(_light(curves.values[rows], curves.bolus.first), curves, index[rows, 0], config)
        found = np.sort(np.concatenate([found, shapes.peak[first_pass(shapes, config)]]))[::-1]
        if len(found) >= needed:
            return float(found[needed - 1])
    return float(found[-1]) if len(found) else 0.0


def _by_slice(light: np.ndarray, curves: Curves, k: np.ndarray, config: VesselConfig) -> Shapes:
    first = curves.bolus.first
    if curves.slice_times_s is None or not len(light):
        return curve_shapes(light, curves.times_s, first, config)
    parts = [curve_shapes(light[k == n], times_of_slice(curves, n), first, config) for n in np.unique(k)]
    return Shapes.join(parts)


def _earliest(shapes: Shapes, lookup: np.ndarray, index: np.ndarray, noise: float, config: VesselConfig) -> float:
    """Arrival of the earliest vessels: a few voxels suffice where each has neighbors that fill as early.

    The earliest 1 % of all voxels alone would be tissue where arteries are few.
    """
    smooth = first_pass(shapes, config) & (shapes.irregularity <= config.smoothness_max)
    clear = smooth & (shapes.peak >= config.clear * noise * _LIGHT_NOISE)
    if np.count_nonzero(clear) < config.clear_voxels:
        clear = smooth
    if not clear.any():
        return np.nan
    arrival = np.append(np.where(clear, shapes.arrival_s, np.inf), np.inf)
    k, j, i = index[clear].T
    padded = np.pad(lookup, ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    near = np.stack([padded[k, j + down, i + across] for down in range(3) for across in range(3)])
    supported = np.sort(arrival[near], axis=0)[config.cluster_min - 1]
    few = np.sort(supported[np.isfinite(supported)])[: config.earliest_voxels]
    percent = float(np.percentile(shapes.arrival_s[clear], config.earliest_percent))
    return min(percent, float(few[-1])) if len(few) == config.earliest_voxels else percent


def _brain_arrival(curves: Curves, config: VesselConfig) -> float:
    bolus = curves.bolus
    signal = np.asarray(bolus.mean_signal, float)
    if len(signal) != len(curves.times_s):
        return np.nan
    effect = -np.log(signal) if curves.kind == "dsc" else signal
    mean = effect - effect[bolus.first : bolus.last].mean()
    return float(curve_shapes(mean[None], curves.times_s, bolus.first, config).arrival_s[0])


def _plane(curves: Curves, index: np.ndarray) -> MidPlane:
    center = curves.geometry.to_lps(index).mean(axis=0) if len(index) else np.zeros(3)
    return MidPlane(center, np.array([1.0, 0.0, 0.0]), 0.0)
