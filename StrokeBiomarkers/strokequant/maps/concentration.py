"""Signal to concentration for the voxels of a mask: dR2* in 1/s (DSC) or dHU (CTP).

DSC: C = -ln(S / S0) / TE, TE in s, from the header and never a default. CTP: C = HU - HU0. S0 and HU0 are the mean of the
voxel over the baseline frames, the same frames for all voxels. Negative C is noise about zero and is kept: set to zero at 2 HU
noise, CBV reads 80 % high. A voxel with a signal that is not positive (DSC) or not finite in any frame that is used is left out
and counted. Frames before the steady state hold no concentration and are set to 0. One relaxivity is assumed for artery and tissue.

Work goes slice by slice, so that no second 4-D array is made.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level, MapError, UsageError
from ..perfusion_config import ConcentrationConfig
from ..perfusion_types import Bolus, Curves
from ..types import Mask, TimeSeries
from .saturation import CLIPPED, NOISE_FLOOR, at_noise_floor, clipped_ct
from .smoothing import MaskedGaussian

UNITS = {"dsc": "1/s", "ctp": "[hnsf'U]"}
ROBUST = 0.6745
"""Median of the absolute value of noise over its SD."""
_NOISE_SLICES = 5
"""Slices that correlated noise is estimated from, evenly spread."""
_NOISE_VOXELS = 1 << 15
"""Voxels that the noise is estimated from, evenly spread: a standard error below 1 %."""


@dataclass(frozen=True)
class _Task:
    """What every slice needs to know."""

    series: TimeSeries
    mask: np.ndarray
    first: int
    last: int
    echo_s: float | None
    sigma_px: tuple[float, float]
    noise: float
    highest: float
    config: ConcentrationConfig


@dataclass(frozen=True)
class _Slice:
    """What was found of one slice; the curves of its valid voxels lie where they were asked for."""

    valid: np.ndarray
    flags: np.ndarray
    not_positive: int
    not_finite: int


def concentration(
    series: TimeSeries,
    mask: Mask,
    bolus: Bolus,
    *,
    smooth_px: float | None = None,
    smooth_mm: float | None = None,
    echo_time_ms: float | None = None,
    config: ConcentrationConfig = ConcentrationConfig(),
) -> Curves:
    """Concentration curves.

    Args:
        series: DSC or CTP.
        mask: voxels wanted, on the grid of the series.
        bolus: baseline frames.
        smooth_px: SD of the in-plane Gaussian in pixels; 0 for none, as vessels need it. Where neither is given: 1 px, 2 px
            where 1 px leaves as much noise as of 4 HU without correlation between pixels.
        smooth_mm: the same in mm.
        echo_time_ms: given by a reader where the header has none.
        config: limits and smoothing.

    Returns:
        Curves in the order of `mask.nonzero()` of the valid voxels.

    Raises:
        MapError: D09 without an echo time, D04 without baseline, D13 without a valid voxel.
    """
    _check(series, mask, bolus, config)
    echo_s = _echo_s(series, echo_time_ms, config) if series.kind == "dsc" else None
    noise = frame_noise(series, mask.values, bolus)
    smoothing, issues = _smoothing(series, mask, bolus, noise, smooth_px, smooth_mm, config)
    highest = float(np.fmax.reduce(series.values, axis=None)) if series.kind == "ctp" else np.inf
    task = _Task(
        series, mask.values, bolus.first, bolus.last, echo_s, _per_axis(smoothing, series), noise, highest, config
    )
    valid, values, flags, counts = _all_slices(task)
    if not valid.any():
        raise MapError(_no_voxel(counts))
    issues += _count_issues(counts, int(np.count_nonzero(mask.values)), config)
    parameters = {
        **smoothing,
        "baseline_frames": [bolus.first, bolus.last],
        "noise_sd": round(float(noise), 6),
        **({"echo_time_ms": echo_s * 1000} if echo_s else {}),
    }
    return Curves(
        values,
        valid,
        series.geometry,
        np.asarray(series.times_s, float),
        series.kind,
        UNITS[series.kind],
        bolus,
        slice_times_s=series.slice_times_s,
        counts=counts,
        parameters=parameters,
        inputs=(series.source,) if series.source else (),
        issues=tuple(issues),
        flags=flags,
    )


def frame_noise(series: TimeSeries, mask: np.ndarray, bolus: Bolus) -> float:
    """SD of the noise of one frame in units of the signal, from differences of neighboring baseline frames.

    Returns:
        0 where there is one baseline frame.
    """
    index = np.flatnonzero(mask)
    index = index[:: max(1, index.size // _NOISE_VOXELS)]
    frames = series.values[bolus.first : bolus.last].reshape(bolus.last - bolus.first, -1)[:, index]
    steps = np.abs(np.diff(frames.astype(float), axis=0))
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) / ROBUST / np.sqrt(2) if steps.size else 0.0


def _check(series: TimeSeries, mask: Mask, bolus: Bolus, config: ConcentrationConfig) -> None:
    if series.kind not in UNITS or mask.values.shape != series.geometry.shape or not mask.values.any():
        found = f"series of kind '{series.kind}', mask of {np.count_nonzero(mask.values)} voxels"
        expected = "a DSC or CTP series and a mask on its grid"
        raise MapError(Issue("D13", Level.STOP, found, expected, "choose the dynamic series; correct the mask"))
    if not 0 <= bolus.first < bolus.last <= len(series.values):
        blocking = [issue for issue in bolus.issues if issue.blocks]
        found = f"baseline frames [{bolus.first}, {bolus.last})"
        own = Issue("D04", Level.STOP, found, "at least one frame before the bolus", "set the baseline by hand")
        raise MapError(*(blocking or [own]))


def _echo_s(series: TimeSeries, given: float | None, config: ConcentrationConfig) -> float:
    echo = given if given is not None else series.echo_time_ms
    if echo is not None and config.echo_min_ms <= echo <= config.echo_max_ms:
        return float(echo) / 1000
    raise MapError(
        Issue(
            "D09",
            Level.ASK,
            "no echo time" if echo is None else f"echo time {echo:g} ms",
            f"Echo Time (0018,0081) of {config.echo_min_ms:g} to {config.echo_max_ms:g} ms",
            "give the echo time of the protocol; it scales the concentration",
        )
    )


def white_noise(series: TimeSeries, mask: np.ndarray, bolus: Bolus, config: ConcentrationConfig) -> float:
    """SD of noise without correlation between pixels that would leave as much after the narrow Gaussian as this image keeps.

    A soft kernel or interpolation makes noise small in a pixel and alike in its neighbors, so that smoothing takes less of it away.

    Returns:
        In units of the signal; 0 where there is one baseline frame.
    """
    left = [np.zeros(0, np.float32)]
    used = np.flatnonzero(mask.any(axis=(1, 2)))
    for k in used[:: max(1, len(used) // _NOISE_SLICES)]:
        steps = np.diff(series.values[bolus.first : bolus.last, k].astype(np.float32), axis=0)
        inside = mask[k] & np.isfinite(steps).all(axis=0)
        deep = ndimage.binary_erosion(inside, iterations=int(np.ceil(2 * config.smooth_px)))
        gaussian = MaskedGaussian(inside, (config.smooth_px,) * 2, config.smooth_cut)
        for step in np.where(inside, steps, 0):
            gaussian.smooth(step)
            left.append(np.abs(step[deep]))
    left = np.concatenate(left)
    kept = 1 / (2 * np.sqrt(np.pi) * config.smooth_px)  # of noise without correlation, by a Gaussian in two dimensions
    return float(np.median(left)) / ROBUST / np.sqrt(2) / kept if left.size else 0.0


def _smoothing(
    series: TimeSeries, mask: Mask, bolus: Bolus, noise: float, px: float | None, mm: float | None, config
) -> tuple[dict, list[Issue]]:
    if px is not None and mm is not None:
        raise UsageError(Issue("D12", Level.STOP, f"smoothing {px:g} px and {mm:g} mm", "one of them", "leave one out"))
    if mm is not None:
        return {"smooth_mm": float(mm)}, []
    if px is not None:
        return {"smooth_px": float(px)}, []
    if series.kind == "ctp":
        noise = max(noise, white_noise(series, mask.values, bolus, config))
    if series.kind == "ctp" and round(noise, 1) >= config.noisy_hu:
        remedy = f"the Gaussian has SD {config.smooth_noisy_px:g} px for {config.smooth_px:g} px"
        found = f"noise that smooths like {noise:.1f} HU"
        issue = Issue("D12", Level.INFO, found, f"below {config.noisy_hu:g} HU", remedy)
        return {"smooth_px": config.smooth_noisy_px}, [issue]
    return {"smooth_px": config.smooth_px}, []


def _per_axis(smoothing: dict, series: TimeSeries) -> tuple[float, float]:
    """SD along (j, i) in pixels."""
    if "smooth_px" in smoothing:
        return (smoothing["smooth_px"],) * 2
    along_i, along_j = series.geometry.pixel_spacing
    return smoothing["smooth_mm"] / along_j, smoothing["smooth_mm"] / along_i


def _all_slices(task: _Task):
    """Mask, (n, t) values, (n,) flags and counts; slices write into one array, since two of its size would be the most of a case."""
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(task.mask, axis=(1, 2)))])
    values = np.empty((starts[-1], len(task.series.values)), np.float32)
    with ThreadPoolExecutor(max_workers=2) as pool:
        parts = list(
            pool.map(lambda k: _of_slice(task, k, values[starts[k] : starts[k + 1]]), np.flatnonzero(np.diff(starts)))
        )
    valid = np.zeros_like(task.mask)
    stop = 0
    for k, part in zip(np.flatnonzero(np.diff(starts)), parts, strict=True):
        valid[k] = part.valid
        if stop < starts[k]:  # voxels before were left out
            values[stop : stop + len(part.flags)] = values[starts[k] : starts[k] + len(part.flags)]
        stop += len(part.flags)
    flags = np.concatenate([part.flags for part in parts])
    counts = {
        "signal_not_positive": sum(part.not_positive for part in parts),
        "not_finite": sum(part.not_finite for part in parts),
        "clipped": int(np.count_nonzero(flags & CLIPPED)),
        "noise_floor": int(np.count_nonzero(flags & NOISE_FLOOR)),
    }
    return valid, values[:stop], flags, counts


def _of_slice(task: _Task, k: int, out: np.ndarray) -> _Slice:
    """Curves of the valid voxels of one slice into the first rows of `out`, worked on within the box of its mask."""
    box = tuple(
        slice(line[0], line[-1] + 1) for line in (np.flatnonzero(task.mask[k].any(axis=axis)) for axis in (1, 0))
    )
    wanted = task.mask[k][box]
    frames = task.series.values[(slice(None), k, *box)].astype(np.float32)
    inside = frames[task.first :, wanted]
    finite = np.isfinite(inside).all(axis=0)
    baseline = frames[task.first : task.last, wanted].mean(axis=0, dtype=float).astype(np.float32)
    positive = np.ones_like(finite) if task.echo_s is None else (inside > 0).all(axis=0)
    good = finite & positive
    valid = np.zeros_like(wanted)
    valid[wanted] = good
    flags = _flags(task, inside[:, good], baseline[good])
    reference = np.ones(wanted.shape, np.float32)
    reference[valid] = baseline[good]
    _to_concentration(frames, valid, reference, task)
    if any(task.sigma_px):
        gaussian = MaskedGaussian(valid, task.sigma_px, task.config.smooth_cut)
        for frame in frames[task.first :]:
            gaussian.smooth(frame)
    whole = np.zeros(task.mask[k].shape, bool)
    whole[box] = valid
    missing = int(np.count_nonzero(~finite))
    out[: len(flags)] = frames[:, valid].T
    return _Slice(whole, flags, int(np.count_nonzero(~good)) - missing, missing)


def _to_concentration(frames: np.ndarray, valid: np.ndarray, reference: np.ndarray, task: _Task) -> None:
    """Turn (t, rows, columns) signal into concentration in place; 0 where not valid and before the steady state."""
    frames[:, ~valid] = 1 if task.echo_s else 0
    if task.echo_s:
        frames[: task.first] = 1
        frames /= reference
        np.log(frames, out=frames)
        frames *= np.float32(-1 / task.echo_s)
    else:
        frames -= np.where(valid, reference, 0)
    frames[: task.first] = 0


def _flags(task: _Task, inside: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    flags = np.zeros(len(baseline), np.uint8)
    if not flags.size:
        return flags
    if task.echo_s is None:
        flags[clipped_ct(inside, baseline, task.highest, task.config)] |= CLIPPED
    elif task.noise > 0:
        flags[at_noise_floor(inside, task.noise, task.config)] |= NOISE_FLOOR
    return flags


def _no_voxel(counts: dict[str, int]) -> Issue:
    found = (
        f"no voxel with a valid curve ({counts['signal_not_positive']} not positive, {counts['not_finite']} not finite)"
    )
    return Issue("D13", Level.STOP, found, "positive, finite signal", "check the rescale of the series")


def _count_issues(counts: dict[str, int], asked: int, config: ConcentrationConfig) -> list[Issue]:
    issues = []
    left_out = counts["signal_not_positive"] + counts["not_finite"]
    if left_out:
        percent = 100 * left_out / asked
        level = Level.WARN if percent > config.left_out_warn_percent else Level.INFO
        found = f"{left_out} of {asked} voxels ({percent:.2g} %) have a frame without a positive, finite signal"
        issues.append(Issue("D10", level, found, "", "they are left out; check the mask where they are many"))
    if counts["clipped"]:
        found = f"{counts['clipped']} voxels with CT numbers at a limit of the scanner or the file"
        issues.append(Issue("D11", Level.WARN, found, "values below the limit", "not used as arterial input"))
    if counts["noise_floor"]:
        found = f"{counts['noise_floor']} voxels whose lowest signal is below {config.floor_sigmas:g} SD of the noise"
        issues.append(Issue("D11", Level.INFO, found, "", "not used as arterial input"))
    return issues
