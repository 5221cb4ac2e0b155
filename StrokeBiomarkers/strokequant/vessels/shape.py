"""Numbers that tell a vessel's curve from others: peak, arrival, first moment, width, irregularity, and what disqualifies it.

Arrival is where the curve, followed back from its peak, crosses 20 % of it (linear between frames), so that noise before the bolus
does not count. The first moment is that of the run above 20 %. Everything is measured on real times, which may differ by slice.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.integrate import trapezoid

from ..perfusion_config import VesselConfig

_CHUNK = 1 << 14
"""Curves worked on at a time."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """Shape of n curves, each field (n,).

    Args:
        peak: highest value, in the unit of the curves.
        time_to_peak_s, arrival_s, first_moment_s: s on the times of the series.
        fwhm_s: width at half of the peak; to the last frame where the curve does not fall so far.
        irregularity: mean squared second difference of the curve scaled to 0-1.
        area: integral over all frames, unit times s.
        tail_fraction: last frame over peak.
        second_run: highest value outside of the run above 20 % that holds the peak, over the peak.
        flatness: width at 95 % of the peak over `fwhm_s`.
        flat_frames: frames in the top above 95 %.
        rise_s: from arrival to half of the peak.
    """

    peak: np.ndarray
    time_to_peak_s: np.ndarray
    arrival_s: np.ndarray
    first_moment_s: np.ndarray
    fwhm_s: np.ndarray
    irregularity: np.ndarray
    area: np.ndarray
    tail_fraction: np.ndarray
    second_run: np.ndarray
    flatness: np.ndarray
    flat_frames: np.ndarray
    rise_s: np.ndarray

    def of(self, n: int) -> dict[str, float]:
        """Plain numbers of curve n."""
        return {field.name: float(getattr(self, field.name)[n]) for field in fields(self)}

    def take(self, index) -> "Shapes":
        """Shapes of some curves."""
        return Shapes(*(getattr(self, field.name)[index] for field in fields(self)))

    @staticmethod
    def join(parts: list["Shapes"]) -> "Shapes":
        """One after the other."""
        return Shapes(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Shapes)))


def curve_shapes(values: np.ndarray, times_s: np.ndarray, first: int, config: VesselConfig) -> Shapes:
    """Shapes of curves that share their times.

    Args:
        values: (n, t) concentration.
        times_s: (t,).
        first: frames before it are not looked at.
        config: levels.
    """
    times = np.asarray(times_s, float)[first:]
    starts = range(0, max(1, len(values)), _CHUNK)
    return Shapes.join([_shapes(values[n : n + _CHUNK, first:].astype(float), times, config) for n in starts])


def _shapes(values: np.ndarray, times: np.ndarray, config: VesselConfig) -> Shapes:
    at = values.argmax(axis=1)
    peak = np.maximum(values[np.arange(len(values)), at], np.finfo(np.float32).tiny)
    arrival, _, run = _crossings(values, times, at, config.run_fraction * peak)
    rise, fall, _ = _crossings(values, times, at, 0.5 * peak)
    top_start, top_end, top = _crossings(values, times, at, config.flat_level * peak)
    weight = np.gradient(times) * np.where(run, np.maximum(values, 0), 0)
    total = weight.sum(axis=1)
    return Shapes(
        peak,
        times[at],
        arrival,
        np.divide(weight @ times, total, out=times[at], where=total > 0),
        fall - rise,
        _irregularity(values),
        trapezoid(values, times, axis=1),
        values[:, -1] / peak,
        np.where(run, 0, values).max(axis=1, initial=0) / peak,
        (top_end - top_start) / np.maximum(fall - rise, np.finfo(np.float32).tiny),
        np.count_nonzero(top, axis=1),
        rise - arrival,
    )


def _crossings(values: np.ndarray, times: np.ndarray, at: np.ndarray, level: np.ndarray):
    """Times at which curves cross a level before and after their peak, and (n, t) the frames of that run.

    The first and last time stand for a crossing outside of the scan.
    """
    frames = values.shape[1]
    columns = np.arange(frames)
    below = values < level[:, None]
    before = np.where(below & (columns < at[:, None]), columns, -1).max(axis=1)
    after = np.where(below & (columns > at[:, None]), columns, frames).min(axis=1)
    run = (columns > before[:, None]) & (columns < after[:, None])
    start = _interpolated(values, times, before, before + 1, level, times[0])
    end = _interpolated(values, times, after, after - 1, level, times[-1])
    return start, end, run


def _interpolated(values, times, low: np.ndarray, high: np.ndarray, level: np.ndarray, outside: float) -> np.ndarray:
    """Time at which the line from frame `low` (below the level) to `high` crosses it."""
    rows, frames = np.arange(len(values)), values.shape[1]
    inside = (low >= 0) & (low < frames)
    low, high = low.clip(0, frames - 1), high.clip(0, frames - 1)
    bottom, top = values[rows, low], values[rows, high]
    share = np.divide(level - bottom, top - bottom, out=np.zeros_like(level), where=inside & (top > bottom))
    return np.where(inside, times[low] + share * (times[high] - times[low]), outside)


def _irregularity(values: np.ndarray) -> np.ndarray:
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    scaled = (values - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
    return (np.diff(scaled, 2, axis=1) ** 2).mean(axis=1)
