"""Baseline and bolus of a dynamic series, from the mean curve of the brain: one window for all voxels.

The effect of contrast agent is -ln S (DSC) or HU (CTP). Frames before the steady state of DSC are left out; the baseline ends
before the brain mean leaves its level, with one frame between them, because arteries rise first. A median over three frames keeps
a steep rise where it is and takes out single frames that moved. A series that shows no first pass, two of them, or one that
begins or ends outside of the scan is said to be so. Arrival is never used to shift curves.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from ..errors import Issue, Level
from ..perfusion_config import ConcentrationConfig
from ..perfusion_types import Bolus
from ..types import Mask, TimeSeries
from . import bolus_issues as say


@dataclass(frozen=True)
class _Pulse:
    """First pass in a curve whose baseline is at its beginning; frames are counted in that curve."""

    arrival: int
    peak: int
    others: tuple[int, ...]
    faint: tuple[int, ...]
    level: float
    height: float
    end: float
    rise_s: float


def find_bolus(
    series: TimeSeries,
    brain: Mask,
    *,
    baseline: tuple[int, int] | None = None,
    config: ConcentrationConfig = ConcentrationConfig(),
) -> Bolus:
    """Baseline, arrival and peak.

    Args:
        series: DSC or CTP.
        brain: voxels of the mean curve, on the grid of the series.
        baseline: frames [first, last) set by a reader, who so answers D02 and D03 too.
        config: limits.

    Returns:
        The bolus with its D issues. Where a STOP leaves no baseline, `last` equals `first`.
    """
    fits = brain.values.shape == series.geometry.shape
    mean = mean_curve(series.values, brain.values) if fits else np.full(len(series.values), np.nan)
    wrong = _unusable(series, brain, mean, config)
    if wrong:
        return Bolus(0, 0, 0, 0, mean, (wrong,))
    effect = -np.log(mean) if series.kind == "dsc" else mean
    first = _steady_state(mean, config) if series.kind == "dsc" else 0
    issues = [say.steady(first)] if first else []
    times = np.asarray(series.times_s, float)[first:]
    sigma = _noise(effect[first:])
    smallest = config.bolus_min_log if series.kind == "dsc" else config.bolus_min_hu
    curve = ndimage.median_filter(effect[first:], 3, mode="nearest")
    refusal = _refusal(curve, times, sigma, smallest, series.kind, config)
    if refusal:
        peak = first + int(np.argmax(curve))
        return Bolus(first, first, peak, peak, mean, (*issues, refusal))
    pulse = _find_pulse(curve, times, sigma, config)
    issues += _pulse_issues(pulse, first, len(curve), series, baseline is not None, config)
    return _with_baseline(pulse, first, mean, effect, sigma, baseline, issues, config)


def mean_curve(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(t,) mean over a mask of (t, k, j, i) values, those that are not finite left out; NaN where none is left."""
    slices = [k for k in range(len(mask)) if mask[k].any()]
    weights = {k: mask[k].ravel().astype(np.float32) for k in slices}
    count = float(np.count_nonzero(mask))
    mean = np.full(len(values), np.nan)
    for n, frame in enumerate(values):
        total = sum(float(frame[k].ravel() @ weights[k]) for k in slices)
        if not np.isfinite(total):
            inside = frame[mask]
            inside = inside[np.isfinite(inside)]
            mean[n] = inside.mean(dtype=float) if inside.size else np.nan
        elif count:
            mean[n] = total / count
    return mean


def _unusable(series: TimeSeries, brain: Mask, mean: np.ndarray, config: ConcentrationConfig) -> Issue | None:
    found = ""
    if series.kind not in ("dsc", "ctp"):
        found = f"a series of kind '{series.kind}'"
    elif brain.values.shape != series.geometry.shape or not brain.values.any():
        found = f"a mask of {np.count_nonzero(brain.values)} voxels, shape {brain.values.shape}"
    elif len(mean) < config.frames_min:
        found = f"{len(mean)} frames"
    elif not np.isfinite(mean).all():
        found = "frames without a finite value in the brain"
    elif series.kind == "dsc" and (mean <= 0).any():
        found = "DSC signal of the brain that is not positive"
    return say.unusable(found, config.frames_min) if found else None


def _noise(effect: np.ndarray) -> float:
    """SD of the noise of a curve, from the median of its second differences: the bolus and drift hardly count."""
    return float(np.median(np.abs(np.diff(effect, 2)))) / 0.6745 / np.sqrt(6)


def _steady_state(mean: np.ndarray, config: ConcentrationConfig) -> int:
    """First frame after the approach to the steady state: leading steps that are large and get smaller."""
    steps = np.abs(np.diff(mean)) / np.median(mean)
    limit = max(config.steady_change, config.arrival_sigmas * _noise(mean) / float(np.median(mean)))
    first = 0
    while first < config.steady_max_frames and steps[first] > limit and steps[first + 1] < steps[first]:
        first += 1
    return first


def _refusal(curve, times, sigma: float, smallest: float, kind: str, config: ConcentrationConfig) -> Issue | None:
    """Why the curve holds no first pass that can be measured."""
    level = float(np.median(curve[: config.baseline_warn_frames]))
    up, down = float(curve.max() - level), float(level - curve.min())
    needed = max(config.bolus_sigmas * sigma, smallest)
    if max(up, down) < needed:
        return say.no_bolus(up, needed, kind)
    if down > up:
        falling = _find_pulse(-curve, times, sigma, config)
        if falling.rise_s > config.bolus_rise_s or falling.peak < config.baseline_min_frames:
            return say.no_bolus(up, needed, kind)
        if falling.arrival <= config.baseline_warn_frames and falling.end > config.end_warn:
            return say.too_early(0, 0)
        return say.wrong_sign(kind)
    pulse = _find_pulse(curve, times, sigma, config)
    return say.slow(pulse.rise_s, config.bolus_rise_s) if pulse.rise_s > config.bolus_rise_s else None


def _find_pulse(curve: np.ndarray, times: np.ndarray, sigma: float, config: ConcentrationConfig) -> _Pulse:
    level = float(np.median(curve[: config.baseline_warn_frames]))
    height = float(curve.max()) - level
    padded = np.concatenate([[level], curve, [level]])
    prominence = max(config.second_bolus * height, config.bolus_sigmas * sigma)
    peaks, _ = signal.find_peaks(padded, prominence=prominence, plateau_size=1)
    peak, *others = (peaks - 1).tolist() or [int(np.argmax(curve))]
    smaller = max(config.second_warn * height, config.bolus_sigmas * sigma)
    faint, _ = signal.find_peaks(padded, prominence=smaller, plateau_size=1)
    faint = [n for n in (faint - 1).tolist() if n > peak and n not in others]
    rise_s = _rise(curve, times, peak, level)
    arrival, level = _arrival(curve, peak, level, sigma, config)
    height = float(curve[peak]) - level
    end = float(curve[-1] - level) / height
    return _Pulse(arrival, peak, tuple(others), tuple(faint), level, height, end, rise_s)


def _rise(curve: np.ndarray, times: np.ndarray, peak: int, level: float) -> float:
    """Seconds from the last frame below 25 % to the first at 75 % of the peak."""
    part = (curve[: peak + 1] - level) / (curve[peak] - level)
    low = np.flatnonzero(part < 0.25)
    high = np.flatnonzero(part >= 0.75)
    start = int(low[-1]) if low.size else 0
    return float(times[high[high >= start][0]] - times[start])


def _arrival(curve, peak: int, level: float, sigma: float, config: ConcentrationConfig) -> tuple[int, float]:
    """First frame of the run above the level that leads to the peak, and the level just before it."""
    for _ in range(4):
        height = float(curve[peak]) - level
        limit = level + max(config.arrival_sigmas * sigma, config.arrival_fraction * height)
        below = np.flatnonzero(curve[: peak + 1] <= limit)
        arrival = min(int(below[-1]) + 1, peak) if below.size else 0
        arrival = _past_plateau(curve[: peak + 1], arrival, level, height, sigma, config)
        last = arrival - config.guard_frames
        if last < 1:
            break
        renewed = float(np.median(curve[max(0, last - config.level_frames) : last]))
        if renewed == level or renewed > level + 0.5 * height:
            break
        level = renewed
    return arrival, level


def _past_plateau(curve: np.ndarray, arrival: int, level: float, height: float, sigma: float, config) -> int:
    """Step over a jump (motion) before the rise: low frames after which the curve stays flat for two more."""
    flat = max(2 * sigma, config.jump_flat * height)
    for n in range(arrival, len(curve) - 2):
        if curve[n] - level > config.jump_below * height:
            break
        if curve[n + 1] - curve[n] < flat and curve[n + 2] - curve[n + 1] < flat:
            arrival = n + 2
    return arrival


def _pulse_issues(pulse: _Pulse, first: int, frames: int, series: TimeSeries, by_hand: bool, config) -> list[Issue]:
    issues = []
    if pulse.others:
        level = Level.WARN if by_hand else Level.ASK
        issues.append(say.two_boluses([first + n for n in (pulse.peak, *pulse.others)], series.times_s, level))
    elif pulse.faint:
        peaks = [first + n for n in (pulse.peak, *pulse.faint)]
        issues.append(say.two_boluses(peaks, series.times_s, Level.WARN))
    if pulse.end > config.end_stop or pulse.peak >= frames - 2:
        issues.append(say.too_late(first + pulse.peak, len(series.times_s), pulse.end, Level.STOP))
    elif pulse.end > config.end_warn:
        issues.append(say.too_late(first + pulse.peak, len(series.times_s), pulse.end, Level.WARN))
    return issues


def _with_baseline(pulse: _Pulse, first: int, mean, effect, sigma, by_hand, issues: list[Issue], config) -> Bolus:
    arrival = first + pulse.arrival
    near = first + max(pulse.peak - 1, pulse.arrival)
    peak = near + int(np.argmax(effect[near : first + pulse.peak + 2]))
    last = max(first, arrival - config.guard_frames)
    if by_hand is not None:
        if not 0 <= by_hand[0] < by_hand[1] <= len(mean):
            return Bolus(first, first, arrival, peak, mean, (*issues, say.no_such_frames(by_hand, len(mean))))
        first, last = by_hand
        issues.append(say.by_hand(first, last, arrival))
    elif last == first:
        issues.append(say.too_early(arrival, first))
    if 0 < last - first < config.baseline_warn_frames:
        issues.append(say.short(last - first, by_hand is not None, config))
    change = _change(effect[first:last])
    if change > max(config.drift_warn * pulse.height, config.arrival_sigmas * sigma):
        issues.append(say.drift(100 * change / pulse.height, config))
    return Bolus(first, last, arrival, peak, mean, tuple(issues))


def _change(baseline: np.ndarray) -> float:
    """Difference of the medians of both halves."""
    half = len(baseline) // 2
    return abs(float(np.median(baseline[-half:]) - np.median(baseline[:half]))) if half else 0.0
