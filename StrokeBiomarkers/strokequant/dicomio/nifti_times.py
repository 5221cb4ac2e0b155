"""Times of a 4-D NIfTI image: NIfTI itself cannot hold unequal steps, so that a sidecar or a person must tell them.

Read from the sidecar: VolumeTiming, FrameTimesStart or a list in AcquisitionTime, in this order; SliceTiming with
SliceEncodingDirection. RepetitionTime and pixdim[4] are never taken for the step. All in s, as BIDS has them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import Issue, Level, ReadError
from ..perfusion_config import TimeConfig
from ..types import InputRef, Role, Series, TimeSeries
from .elements import time_of_day_s
from .times import ASK_REMEDY, DAY_S, no_times, repetition_issue, times_from_user

TIME_KEYS = ("VolumeTiming", "FrameTimesStart", "AcquisitionTime")
ECHO_MAX_S = 0.2
"""An echo time above this is not in s."""


def time_facts(sidecar: dict[str, Any], slices: int) -> dict[str, Any]:
    """Facts of a sidecar about times, as lists of numbers; what is no list of numbers is left out.

    Args:
        slices: number of slices of the image.
    """
    facts: dict[str, Any] = {"n_slices": slices}
    for key in (*TIME_KEYS, "SliceTiming"):
        values = _numbers(sidecar.get(key))
        if values:
            facts[f"sidecar_{key}"] = values
    for key, name in (("SliceEncodingDirection", "slice_direction"), ("MRAcquisitionType", "acquisition_type")):
        if isinstance(sidecar.get(key), str):
            facts[name] = sidecar[key]
    return facts


def _numbers(values: Any) -> tuple[float, ...]:
    """Numbers of a list; times of day such as "10:11:12.5" as s."""
    if not isinstance(values, list):
        return ()
    found = []
    for value in values:
        if isinstance(value, str):
            value = time_of_day_s(value)
        if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
            return ()
        found.append(float(value))
    return tuple(found)


def nifti_grid(
    series: Series, *, times_s: Sequence[float] | float | None = None, config: TimeConfig = TimeConfig()
) -> tuple[np.ndarray, str, tuple[Issue, ...]]:
    """(t, k) times of a NIfTI series, where they came from, and T codes.

    Raises:
        ReadError: T01 where nothing tells the times, T03 or T11 where what tells them cannot be right.
    """
    frames, slices = int(series.header.get("n_volumes", 1)), int(series.header.get("n_slices", 1))
    issues: list[Issue] = []
    if times_s is not None:
        times, tag = times_from_user(times_s, frames, series.label)
        words = f"times by {tag}: {frames} frames in {times[-1]:.2f} s"
        issues.append(Issue("T19", Level.INFO, words, "", "", series.label))
    else:
        times, tag = _from_sidecar(series, frames)
    step = float(np.median(np.diff(times))) if frames > 1 else 0.0
    repetition = series.header.get("repetition_time")
    kind = str(series.header.get("acquisition_type", ""))
    issues += repetition_issue(step, repetition and 1000 * repetition, kind, series.label, config)
    offsets = _slice_offsets(series, slices, step, issues)
    grid = times[:, None] + offsets[None]
    return grid - grid[0].mean(), tag, tuple(issues)


def _from_sidecar(series: Series, frames: int) -> tuple[np.ndarray, str]:
    for key in TIME_KEYS:
        told = series.header.get(f"sidecar_{key}")
        if told is None or (key == "AcquisitionTime" and len(told) == 1 < frames):
            continue
        times, tag = np.array(told), f'"{key}" of the sidecar'
        if len(times) != frames:
            found = f"{len(times)} times in {tag} for {frames} volumes"
            raise ReadError(Issue("T11", Level.STOP, found, "one time per volume", ASK_REMEDY, series.label))
        if np.ptp(times) > DAY_S / 2 and key == "AcquisitionTime":
            times = np.where(times < times.max() - DAY_S / 2, times + DAY_S, times)
        wrong = np.flatnonzero(np.diff(times) <= 0)
        if len(wrong):
            found = f"{tag} does not rise after volume {wrong[0] + 1}"
            raise ReadError(Issue("T03", Level.STOP, found, "times that rise", ASK_REMEDY, series.label))
        return times - times[0], tag
    repetition = series.header.get("repetition_time")
    expected = " or ".join(TIME_KEYS)
    raise no_times([f"no {expected} in a sidecar"], repetition and 1000 * repetition, series.label)


def _slice_offsets(series: Series, slices: int, step: float, issues: list[Issue]) -> np.ndarray:
    """(k,) s from the time of a volume to that of each slice; zeros with a warning (T12) where it is not known, but for 3-D MR."""
    told = series.header.get("sidecar_SliceTiming")
    problem = ""
    if told is not None:
        offsets = np.array(told)
        if len(offsets) != slices:
            problem = f"{len(offsets)} numbers in SliceTiming for {slices} slices"
        elif offsets.min() < 0 or (step and np.ptp(offsets) > step):
            problem = f"SliceTiming from {offsets.min():g} to {offsets.max():g} s with a step of {step:.3f} s"
        else:
            return offsets[::-1] if str(series.header.get("slice_direction", "")).startswith("k-") else offsets
    flat = slices > 1 and str(series.header.get("acquisition_type", "")).upper() != "3D"
    if problem or flat:
        why = (
            "though a moving table images them in turns"
            if series.role is Role.CTP
            else "though they are imaged one after the other"
        )
        found = problem or f"no SliceTiming: all slices of a volume have one time, {why}"
        remedy = "Tmax of single slices is up to one step off; give SliceTiming in the sidecar, zeros where all are imaged at once"
        issues.append(Issue("T12", Level.WARN, found, "a time for every slice", remedy, series.label))
    return np.zeros(slices)


def read_nifti_time_series(
    series: Series,
    *,
    times_s: Sequence[float] | float | None = None,
    echo_time_ms: float | None = None,
    time_config: TimeConfig = TimeConfig(),
) -> TimeSeries:
    """A 4-D NIfTI file as time series, in file units after scl_slope.

    Raises:
        ReadError, GeometryError: the file is broken or 3-D, its times are not known, or it does not say where its voxels are.
    """
    from .nifti import input_ref, read_image
    from .time_audit import slice_times

    if len(series.files) != 1:
        found = f"{len(series.files)} files"
        raise ReadError(Issue("T20", Level.STOP, found, "one 4-D file", "join the volumes in one file", series.label))
    grid, tag, issues = nifti_grid(series, times_s=times_s, config=time_config)
    image = read_image(series.files[0], series.label)
    if image.values.ndim != 4 or len(image.values) != len(grid):
        found = f"an image of shape {image.values.shape}"
        raise ReadError(Issue("T13", Level.STOP, found, f"{len(grid)} volumes", "scan the folder again", series.label))
    times, own = slice_times(grid, time_config)
    echo_ms, echo_issues = _echo_time(series, echo_time_ms)
    ct = series.modality == "CT" or series.role is Role.CTP
    return TimeSeries(
        values=image.values,
        geometry=image.geometry,
        times_s=times,
        time_tag=tag,
        unit="[hnsf'U]" if ct else "1",
        source=InputRef(series.series_uid, input_ref(series, [image]).sha256, str(series.role)),
        provenance=image.provenance
        | {"subject": series.label, "repetition_time_ms": 1000 * series.header.get("repetition_time", 0.0) or None},
        issues=tuple(dict.fromkeys((*series.issues, *image.issues, *issues, *echo_issues))),
        kind=str(series.role),
        slice_times_s=own,
        echo_time_ms=echo_ms,
    )


def _echo_time(series: Series, given_ms: float | None) -> tuple[float | None, list[Issue]]:
    if given_ms is not None or series.role is not Role.DSC:
        return given_ms, []
    told = series.header.get("echo_time")
    if told is None:
        return None, []
    if not 0 < told <= ECHO_MAX_S:
        found = f"EchoTime {told:g} in the sidecar, where BIDS has s"
        return None, [Issue("D09", Level.WARN, found, "an echo time in s", "give the echo time", series.label)]
    return 1000 * told, []
