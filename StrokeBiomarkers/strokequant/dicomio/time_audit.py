"""Time audit: may curves be measured on these frame times, and what is odd about them?

From the headers alone, or from a series that was read. Long steps are warned about with their frames (T07); too few frames, too short
a scan and implausible steps are refused (T13 to T15). All in s.
"""

from collections.abc import Sequence

import numpy as np

from ..config import ReadConfig
from ..errors import Issue, Level, StrokeQuantError
from ..perfusion_config import TimeConfig
from ..perfusion_types import TimeAudit
from ..types import Series, TimeSeries, Verdict
from .frame_grid import frame_grid
from .headers import frame_issues
from .nifti_times import nifti_grid

REGULAR_MIN = 3
"""Long steps that come back at equal distances at least this often are told as a rhythm of the scanner."""


def audit_times(
    series: Series | TimeSeries,
    *,
    times_s: Sequence[float] | float | None = None,
    config: TimeConfig = TimeConfig(),
    read_config: ReadConfig = ReadConfig(),
) -> TimeAudit:
    """Audit of the frame times of a dynamic series; never raises for bad input.

    Args:
        series: header facts of a DSC or CTP series, or the series as read.
        times_s: as of `read_time_series`; for a `Series` only.
    """
    if isinstance(series, TimeSeries):
        return _audit_read(series, config)
    carried = [issue for issue in frame_issues(series.frames, series.label) if issue.blocks]
    try:
        if carried:
            return _refused(*carried)
        if series.kind == "nifti":
            times, tag, issues = nifti_grid(series, times_s=times_s, config=config)
            return _audit(times, tag, issues, series.label, config, volumes=int(series.header.get("n_slices", 2)))
        grid = frame_grid(series, times_s=times_s, config=read_config, time_config=config)
    except StrokeQuantError as error:
        return _refused(*error.issues)
    return _audit(
        grid.times_s, grid.tag, grid.issues, series.label, config, missing=grid.missing, repeated=grid.repeated
    )


def slice_times(times: np.ndarray, config: TimeConfig = TimeConfig()) -> tuple[np.ndarray, np.ndarray | None]:
    """Times of frames and of their slices.

    Args:
        times: (t, k) s.

    Returns:
        ((t,) mean of the slices, after the first frame; (t, k) on the same zero, None where slices have no times of their own).
    """
    frames = times.mean(axis=1)
    own = bool(np.ptp(times, axis=1).max() > config.same_s)
    return frames - frames[0], times - frames[0] if own else None


def _audit_read(series: TimeSeries, config: TimeConfig) -> TimeAudit:
    times = series.slice_times_s
    times = np.asarray(series.times_s, dtype=float)[:, None] if times is None else np.asarray(times, dtype=float)
    carried = tuple(issue for issue in series.issues if issue.code.startswith("T"))
    subject = str(series.provenance.get("subject", series.kind))
    facts = {name: tuple(series.provenance.get(f"{name}_frames", ())) for name in ("missing", "repeated")}
    return _audit(times, series.time_tag, carried, subject, config, volumes=series.values.shape[1], **facts)


def _refused(*issues: Issue) -> TimeAudit:
    return TimeAudit(Verdict.REFUSE, "", 0, 0.0, 0.0, 0.0, 0.0, even=False, issues=issues)


def _audit(
    times: np.ndarray,
    tag: str,
    carried: Sequence[Issue],
    subject: str,
    config: TimeConfig,
    *,
    volumes: int | None = None,
    missing: tuple[int, ...] = (),
    repeated: tuple[int, ...] = (),
) -> TimeAudit:
    """Audit of (t, k) times; DICOM has microseconds, and so has what is said here."""
    frames = times.mean(axis=1)
    steps = np.round(np.diff(frames), 6)
    step = float(np.median(steps)) if len(steps) else 0.0
    long_steps = tuple(int(n) for n in np.flatnonzero(steps > config.long_step_ratio * step))
    found = [
        *_count_issues(len(frames), times.shape[1] if volumes is None else volumes, config),
        *_length_issues(float(frames[-1] - frames[0]) + step, config),
        *_step_issues(steps, step, config),
        *_long_step_issues(steps, step, long_steps, config),
    ]
    issues = (*carried, *(Issue(i.code, i.level, i.found, i.expected, i.remedy, subject) for i in found))
    kind, spread = _slice_timing(times, step, config)
    return TimeAudit(
        verdict=_verdict(issues),
        time_tag=tag,
        frames=len(frames),
        duration_s=round(float(frames[-1] - frames[0]), 6),
        step_s=step,
        smallest_step_s=float(steps.min()) if len(steps) else 0.0,
        largest_step_s=float(steps.max()) if len(steps) else 0.0,
        even=bool(len(steps) and np.abs(steps - step).max() <= config.even_tolerance * step),
        slice_timing=kind,
        slice_spread_s=spread,
        long_steps=long_steps,
        missing=missing or tuple(sorted(_lost(steps, step, long_steps))),
        repeated=repeated,
        issues=issues,
    )


def _verdict(issues: Sequence[Issue]) -> Verdict:
    if any(issue.blocks for issue in issues):
        return Verdict.REFUSE
    noted = any(issue.level is Level.WARN for issue in issues)
    return Verdict.MEASURE_WITH_NOTE if noted else Verdict.MEASURE


def _slice_timing(times: np.ndarray, step: float, config: TimeConfig) -> tuple[str, float]:
    """("none" | "offsets" | "irregular", largest difference of slice times within one frame in s)."""
    spread = round(float(np.ptp(times, axis=1).max()), 6)
    if spread <= config.same_s:
        return "none", 0.0
    offsets = times - times.mean(axis=1, keepdims=True)
    wander = float(np.abs(offsets - np.median(offsets, axis=0)).max())
    return ("offsets" if wander <= max(config.same_s, config.even_tolerance * step) else "irregular"), spread


def _count_issues(frames: int, slices: int, config: TimeConfig) -> list[Issue]:
    issues = []
    if frames < config.frames_min:
        remedy = "choose the series with all frames, or send it again"
        issues.append(Issue("T13", Level.STOP, f"{frames} frames", f"{config.frames_min} or more", remedy))
    if slices == 1:
        found = "one slice"
        issues.append(Issue("T21", Level.WARN, found, "two or more", "volumes of lesions say nothing about the brain"))
    return issues


def _length_issues(length: float, config: TimeConfig) -> list[Issue]:
    """T14, by the length of the scan in s: the last frame counts with one step."""
    if length >= config.duration_warn_s:
        return []
    short = length < config.duration_min_s
    expected = f"{config.duration_min_s:g} s at least" if short else f"{config.duration_warn_s:g} s or more"
    remedy = "send all frames" if short else "CBV and MTT read low where the bolus has not passed; Tmax holds"
    return [Issue("T14", Level.STOP if short else Level.WARN, f"a scan of {length:.1f} s", expected, remedy)]


def _step_issues(steps: np.ndarray, step: float, config: TimeConfig) -> list[Issue]:
    if not len(steps):
        return []
    if not config.step_min_s <= step <= config.step_max_s:
        expected = f"{config.step_min_s:g} to {config.step_max_s:g} s"
        remedy = "check the unit of the times (s) and that they are those of acquisition"
        return [Issue("T15", Level.STOP, f"frames {step:.4g} s apart in the median", expected, remedy)]
    if step > config.step_warn_s:
        expected = f"{config.step_warn_s:g} s or less"
        return [Issue("T15", Level.WARN, f"frames {step:.2f} s apart", expected, "CBF and Tmax lose precision")]
    return []


def _long_step_issues(steps: np.ndarray, step: float, long_steps: Sequence[int], config: TimeConfig) -> list[Issue]:
    if not long_steps:
        return []
    parts = [_run_words(steps, run) for run in _runs(long_steps)]
    listed = ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")
    found = f"steps above {config.long_step_ratio:g} x the median of {step:.2f} s: {listed}"
    distances = np.diff(long_steps)
    if len(long_steps) >= REGULAR_MIN and np.ptp(distances) == 0 and distances[0] > 1:
        found += f"; every {distances[0]} frames, as where the table returns"
    remedy = "curves are taken at the real times; see whether a frame was lost"
    return [Issue("T07", Level.WARN, found, "steps of one length", remedy)]


def _runs(numbers: Sequence[int]) -> list[np.ndarray]:
    """Consecutive numbers together."""
    return np.split(np.array(numbers), np.flatnonzero(np.diff(numbers) > 1) + 1)


def _run_words(steps: np.ndarray, run: np.ndarray) -> str:
    low, high = steps[run].min(), steps[run].max()
    lengths = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
    if len(run) == 1:
        return f"{lengths} s between frames {run[0] + 1} and {run[0] + 2}"
    return f"{len(run)} of {lengths} s from frame {run[0] + 1} to {run[-1] + 2}"


def _lost(steps: np.ndarray, step: float, long_steps: Sequence[int]) -> set[int]:
    """Numbers that frames would have, which single steps of a multiple of the usual one leave room for."""
    if not len(steps) or step <= 0:
        return set()
    lost, before = set(), 0
    rhythm = np.diff(long_steps)
    if len(long_steps) >= REGULAR_MIN and np.ptp(rhythm) == 0:
        return set()
    for run in _runs(long_steps) if long_steps else ():
        count = round(float(steps[run[0]]) / step)
        alone = len(run) == 1 and abs(float(steps[run[0]]) / step - count) < 0.1
        if alone:
            lost |= {int(run[0]) + 1 + before + n for n in range(count - 1)}
            before += count - 1
    return lost
