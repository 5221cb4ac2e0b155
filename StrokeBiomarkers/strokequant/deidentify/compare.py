"""The de-identified copy read again with our own reader, and compared with the original: what is needed must still be there.

Frames are matched by their new SOP Instance UID. b values, directions, positions, spacing, rescale, times of day and intervals must be the
same; so must role, device and pixels. Dates must differ by the shift, and by nothing else.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ..types import Equipment, Frame, Role, Series
from .disguise import FIRST_YEAR, Disguise

_SECONDS_PER_DAY = 86400.0
_FIRST_SECOND = (date(FIRST_YEAR, 1, 1) - date(1970, 1, 1)).days * _SECONDS_PER_DAY
"""Dates before it are placeholders and stay."""
_DATED = {"acquisition_datetime", "frame_acquisition_datetime", "frame_reference_datetime"}
_FIELDS = (
    "position",
    "orientation",
    "pixel_spacing",
    "thickness",
    "spacing_tag",
    "instance_number",
    "acquisition_number",
    "b_value",
    "b_nominal",
    "direction",
    "directionality",
    "slope",
    "intercept",
    "scale_slope",
)
_EXTRA_APART = {"problem", "mosaic", "sequence_name"}
_WORDS = {
    "position": "geometry",
    "orientation": "geometry",
    "pixel_spacing": "geometry",
    "thickness": "geometry",
    "spacing_tag": "geometry",
    "b_value": "b values",
    "b_nominal": "b values",
    "direction": "gradient directions",
    "directionality": "gradient directions",
    "slope": "rescale",
    "intercept": "rescale",
    "scale_slope": "rescale",
}


def lost(
    before: Sequence[Series], after: Sequence[Series], disguise: Disguise, *, device: bool = True
) -> tuple[str, ...]:
    """What is not as it was, in words; empty where all is.

    Args:
        before, after: all series of one original Series Instance UID and of its copy.
        disguise: that the copy was made with.
        device: serial numbers of scanners must be as before; else they must be gone.
    """
    problems: Counter = Counter()
    for old, new in _pairs(before, after, disguise, problems):
        for what in _of_series(old, new, device):
            problems[what] += 1
        _of_frames(old, new, disguise, problems)
    return tuple(f"{what} ({count})" for what, count in sorted(problems.items()))


def _pairs(
    before: Sequence[Series], after: Sequence[Series], disguise: Disguise, problems: Counter
) -> list[tuple[Series, Series]]:
    """Every part of a series with the part of the copy that holds its first image: a scan splits original and copy alike."""
    if len(before) != len(after):
        problems["parts of the series"] += abs(len(before) - len(after))
    holder = {(frame.sop_instance_uid, frame.index): part for part in after for frame in part.frames}
    pairs = []
    for part in before:
        first = part.frames[0]
        copy = holder.get((disguise.uid(first.sop_instance_uid), first.index))
        if copy is None:
            problems["images"] += len(part.frames)
        else:
            pairs.append((part, copy))
    return pairs


def _of_series(old: Series, new: Series, device: bool) -> list[str]:
    found = [name for name in ("modality", "shape") if getattr(old, name) != getattr(new, name)]
    if old.role is not Role.PHANTOM and old.role != new.role:  # a phantom may be told by the name of the patient
        found.append("role")
    return found + (["device"] if expected_equipment(old, device) != new.equipment else [])


def expected_equipment(old: Series, device: bool) -> Equipment:
    """Equipment of a copy: without institution, and without serial number where the device identity is not retained."""
    kept = replace(old.equipment, institution="")
    return kept if device else replace(kept, serial="")


def _of_frames(old: Series, new: Series, disguise: Disguise, problems: Counter) -> None:
    known = {(frame.sop_instance_uid, frame.index): frame for frame in new.frames}
    for frame in old.frames:
        copy = known.get((disguise.uid(frame.sop_instance_uid), frame.index))
        if copy is None:
            problems["images"] += 1
            continue
        for what in {
            _WORDS.get(name, name) for name in _FIELDS if not _same(getattr(frame, name), getattr(copy, name))
        }:
            problems[what] += 1
        if not _same_times(frame, copy, disguise.days):
            problems["times"] += 1
        extra = (frame.extra.keys() | copy.extra.keys()) - _EXTRA_APART
        for name in extra:
            if not _same(frame.extra.get(name), copy.extra.get(name)):
                problems[name.replace("_", " ")] += 1


def _same_times(frame: Frame, copy: Frame, days: int) -> bool:
    moved: dict[str, Any] = {
        name: value + (days * _SECONDS_PER_DAY if name in _DATED and value >= _FIRST_SECOND else 0)
        for name, value in frame.times.items()
    }
    return moved.keys() == copy.times.keys() and all(_same(moved[name], copy.times[name]) for name in moved)


def _same(old: Any, new: Any) -> bool:
    """Equal, numbers to what their text form holds."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-6) or (math.isnan(old) and math.isnan(new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, (tuple, list)) and isinstance(new, (tuple, list)):
        return len(old) == len(new) and all(map(_same, old, new))
    return old == new
