"""Time points or slabs that a scanner wrote as series of their own, joined to one dynamic series.

Some scanners give every volume of a CT perfusion study its own Series Instance UID, some every slab. Joined are series of one study,
patient, matrix, orientation and pixel spacing only; whether their times fit is for the frame grid to say.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..config import ClassifyConfig, ReadConfig
from ..errors import Issue, Level, ReadError
from ..perfusion_config import TimeConfig
from ..types import Role, Series
from .classify import count_positions
from .times import SOURCES, source_values
from .words import plain

_JOINABLE = frozenset({Role.OTHER, Role.NCCT, Role.ANGIOGRAPHY})
"""Roles that a single volume of a CT perfusion study is taken for."""


def joined_series(series: Sequence[Series]) -> Series:
    """Several series as one; the first, by its key, gives what is not of a frame.

    Raises:
        ReadError: T20 where they are not of one study, patient, modality, matrix, orientation or pixel spacing.
    """
    if not series:
        raise _refusal("no series", "one series at least", "")
    members = sorted(series, key=lambda one: one.key)
    first = members[0]
    if len(members) == 1:
        return first
    for other in members[1:]:
        if problem := _difference(first, other):
            raise _refusal(f"{other.label} differs in {problem}", "time points or slabs of one study", first.label)
    role = first.role if first.role in (Role.DSC, Role.CTP) else Role.CTP if first.modality == "CT" else Role.DSC
    files, frames, offset = [], [], 0
    for one in members:
        frames += [replace(frame, file=frame.file + offset) for frame in one.frames]
        files += one.files
        offset += len(one.files)
    words = f"{len(members)} series of one study joined: {', '.join(one.key for one in members[:6])}"
    note = Issue("T20", Level.INFO, words + (" ..." if len(members) > 6 else ""), "", "", first.label)
    header = first.header | {"joined_series_uids": tuple(one.series_uid for one in members)}
    header.pop("number_of_temporal_positions", None)
    return replace(
        first,
        role=role,
        role_reasons=(*first.role_reasons, words),
        files=tuple(files),
        frames=tuple(_without_shared_order(frames)),
        header=header,
        issues=(*dict.fromkeys(issue for one in members for issue in one.issues), note),
    )


def _without_shared_order(frames: Sequence) -> list:
    """Frames without temporal position: it starts anew in every series, as the instance numbers do."""
    numbers = [frame.extra.get("temporal_position") for frame in frames]
    if len({(number, frame.position) for number, frame in zip(numbers, frames, strict=True)}) == len(frames):
        return list(frames)
    return [
        replace(frame, extra={name: value for name, value in frame.extra.items() if name != "temporal_position"})
        for frame in frames
    ]


def _refusal(found: str, expected: str, subject: str) -> ReadError:
    remedy = "read the series one by one, or leave out the one that does not belong"
    return ReadError(Issue("T20", Level.STOP, found, expected, remedy, subject))


def _difference(a: Series, b: Series, config: ReadConfig = ReadConfig()) -> str:
    for name in ("kind", "study_uid", "patient_key", "modality", "shape"):
        if getattr(a, name) != getattr(b, name):
            return name.replace("_", " ")
    if a.header.get("frame_of_reference_uid") != b.header.get("frame_of_reference_uid"):
        return "Frame of Reference (0020,0052)"
    if not a.frames or not b.frames:
        return "having no frames"
    for name, tolerance in (("orientation", config.orientation_same), ("pixel_spacing", config.spacing_same)):
        one, other = getattr(a.frames[0], name), getattr(b.frames[0], name)
        if one is None or other is None or np.abs(np.subtract(one, other)).max() > tolerance:
            return name.replace("_", " ")
    return ""


def join_time_points(
    series: Sequence[Series], *, config: ClassifyConfig = ClassifyConfig(), time_config: TimeConfig = TimeConfig()
) -> tuple[Series, ...]:
    """The series of a scan, with volumes that are time points of one CT perfusion study joined to one series.

    Joined are at least as many volumes as make a time series, of one study with the same slices, kernel and description (numbers
    in it apart), at different times within the limit. The joined series takes the place and key of its first.
    """
    groups: dict[tuple, list[Series]] = defaultdict(list)
    for one in series:
        if one.kind == "dicom" and one.modality == "CT" and one.role in _JOINABLE and _is_volume(one, config):
            groups[_likeness(one)].append(one)
    place: dict[str, Series | None] = {}
    for members in groups.values():
        if len(members) < config.time_points or not _are_time_points(members, time_config):
            continue
        try:
            whole = joined_series(members)
        except ReadError:
            continue
        reasons = (f"{len(members)} volumes of the same slices, each a series of its own", "their times rise")
        place |= dict.fromkeys((one.key for one in members), None)
        place[whole.key] = replace(whole, role=Role.CTP, role_reasons=reasons)
    kept = (place.get(one.key, one) for one in series)
    return tuple(one for one in kept if one is not None)


def _is_volume(series: Series, config: ClassifyConfig) -> bool:
    positions, fewest = count_positions(series.frames)
    return positions >= config.ctp_positions and fewest == 1 and positions == len(series.frames)


def _likeness(series: Series) -> tuple:
    """What all time points of one study share."""
    places = tuple(sorted(tuple(round(x, 1) for x in frame.position) for frame in series.frames))
    words = re.sub(r"\d+", "", plain(series.description))
    kernel = str(series.header.get("convolution_kernel", ""))
    return series.study_uid, series.patient_key, series.shape, words, kernel, places


def _are_time_points(members: Sequence[Series], config: TimeConfig) -> bool:
    """True where every volume has a time of its own by one element, all within the limit."""
    for source in SOURCES:
        if not source.certain and source.of_slices:
            continue
        frames = [frame for one in members for frame in one.frames]
        values = source_values(frames, source)
        if not np.isfinite(values).all():
            continue
        starts = np.cumsum([0, *(len(one.frames) for one in members)])
        means = [values[a:b].mean() for a, b in pairwise(starts)]
        if len(set(np.round(means, 3))) == len(members) and np.ptp(means) <= config.joined_span_s:
            return True
    return False
