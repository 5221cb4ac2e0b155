"""Read a dynamic series: DSC-MR or CT perfusion with the real time of every frame, and of every slice where slices have their own.

Every file is read once into one float32 array (t, k, j, i). Times are those of `times` and `frame_grid`; each frame gets its own
rescale. Refused beside what any reading refuses: an echo time or a tube voltage that changes (T16), stored values that wrap (T17).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import ReadConfig
from ..errors import Issue, Level, ReadError
from ..perfusion_config import TimeConfig
from ..types import Frame, Series, TimeSeries
from .frame_grid import FrameGrid, frame_grid
from .headers import frame_issues
from .nifti_times import read_nifti_time_series
from .read import (
    DecodedPixels,
    decode_stack,
    geometry_of,
    pixel_issues,
    pixel_provenance,
    source_of,
    unit_of,
)
from .scaling import signal_scale
from .stacks import Stack
from .stored_values import StoredValues, stored_value_issues
from .time_audit import slice_times
from .time_join import joined_series


def read_time_series(
    series: Series | Sequence[Series],
    *,
    times_s: Sequence[float] | float | None = None,
    echo_time_ms: float | None = None,
    config: ReadConfig = ReadConfig(),
    time_config: TimeConfig = TimeConfig(),
) -> TimeSeries:
    """Signal of DSC or HU of CT perfusion by frame, with real times.

    Args:
        series: one series, or several that are time points or slabs of one study.
        times_s: one time per frame, or the step between frames, where a person gives them; stronger than the header.
        echo_time_ms: where a person gives it; stronger than the header.

    Raises:
        ReadError: a code that says why, where frames, times or pixels cannot be read rightly. Whether curves may be measured is for
            `audit_times` to say.
    """
    one = series if isinstance(series, Series) else joined_series(series)
    if one.kind == "nifti":
        return read_nifti_time_series(one, times_s=times_s, echo_time_ms=echo_time_ms, time_config=time_config)
    carried = frame_issues(one.frames, one.label)
    if any(issue.blocks for issue in carried):
        raise ReadError(*carried)
    grid = frame_grid(one, times_s=times_s, config=config, time_config=time_config)
    stack = Stack(grid.frames, grid.twins)
    scale, scale_issues = signal_scale(one, stack.frames, combine=True)
    acquisition, acquisition_issues = _acquisition(one, grid.frames, time_config)
    seen = StoredValues()
    pixels = decode_stack(one, stack, scale, config, seen.see)
    _compare_twins(one, grid, pixels)
    stored, stored_issues = stored_value_issues(seen, pixels.values, grid.frames, scale, one.label, time_config)
    issues = (
        *carried, *grid.issues, *scale_issues, *acquisition_issues, *pixel_issues(one, pixels, config), *stored_issues
    )  # fmt: skip
    if any(issue.blocks for issue in issues):
        raise ReadError(*(issue for issue in issues if issue.blocks))
    times, own = slice_times(grid.times_s, time_config)
    return TimeSeries(
        values=pixels.values,
        geometry=geometry_of(one, stack.first, pixels.values.shape[-2:]),
        times_s=times,
        time_tag=grid.tag,
        unit=unit_of(one, "attenuation" if one.modality == "CT" else "signal"),
        source=source_of(one, pixels, str(one.role), grid.frames),
        provenance=pixel_provenance(pixels, scale, stack.frames) | acquisition | stored | _frame_facts(one, grid),
        issues=tuple(dict.fromkeys(issues)),
        kind="ctp" if one.modality == "CT" else "dsc",
        slice_times_s=own,
        echo_time_ms=_echo_time(one, stack.frames, echo_time_ms),
        instance_uids=tuple(tuple(frame.sop_instance_uid for frame in row) for row in grid.frames),
    )


def _echo_time(series: Series, frames: Sequence[Frame], given_ms: float | None) -> float | None:
    if given_ms is not None or series.modality == "CT":
        return given_ms
    told = {frame.extra.get("echo_time_ms") for frame in frames}
    return None if None in told else float(np.median(list(told)))


def _frame_facts(series: Series, grid: FrameGrid) -> dict[str, Any]:
    return {
        "subject": series.label,
        "missing_frames": list(grid.missing),
        "repeated_frames": list(grid.repeated),
        "repetition_time_ms": series.header.get("repetition_time_ms"),
        "series_uids": list(series.header.get("joined_series_uids", (series.series_uid,))),
    }


def _acquisition(
    series: Series, images: Sequence[Sequence[Frame]], config: TimeConfig
) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """Echo time, tube voltage and exposure: the range, or the mean of every frame where it changes; T16 for what it does."""
    facts, issues = {}, []
    for name, words, limit, level in (
        ("echo_time_ms", "Echo Time (0018,0081) from {} to {} ms", config.echo_change_ms, Level.STOP),
        ("kvp", "KVP (0018,0060) from {} to {} kV", config.voltage_change_kv, Level.STOP),
        ("exposure_mas", "Exposure (0018,1152) from {} to {} mAs", None, Level.WARN),
    ):
        told = [[frame.extra[name] for frame in row if name in frame.extra] for row in images]
        if not all(told):
            continue
        low, high = min(map(min, told)), max(map(max, told))
        facts[f"{name}_range"] = [low, high]
        if low < high:
            facts[f"{name}_by_frame"] = [round(sum(row) / len(row), 6) for row in told]
        change = high - low if limit is not None else 100 * (high - low) / high if high else 0.0
        if change > (config.exposure_change_percent if limit is None else limit):
            found = words.format(f"{low:g}", f"{high:g}")
            remedy = "the noise differs between frames" if limit is None else "split the series"
            issues.append(Issue("T16", level, found, "one for all frames", remedy, series.label))
    return facts, tuple(issues)


def _compare_twins(series: Series, grid: FrameGrid, pixels: DecodedPixels) -> None:
    """Refuse two different images of one slice at one time."""
    for kept, dropped in grid.twins:
        if np.array_equal(pixels.twins[kept.file, kept.index], pixels.twins[dropped.file, dropped.index]):
            continue
        found = f"two different images at one time and position, instances {kept.instance_number} and {dropped.instance_number}"
        remedy = "say which belongs to the series, or give the times of its frames"
        raise ReadError(Issue("T04", Level.STOP, found, "one image per slice and frame", remedy, series.label))
