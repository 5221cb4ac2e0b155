"""Two time points of one patient: may their volumes be compared, and what differs between them?

Refused: another patient, a follow-up that is not later, techniques mixed where one reads blood or infarct larger than the other.
Said beside the number: another thickness, kernel or method, and whatever is not known. Nothing unknown counts as equal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import Issue, Level
from ..follow_up_config import GrowthConfig
from ..types import Measurement, Role, Series

_TECHNIQUES = {
    (Role.NCCT, "CT"): "NCCT",
    (Role.ANGIOGRAPHY, "CT"): "CTA",
    (Role.FLAIR, "MR"): "FLAIR",
    (Role.DWI, "MR"): "DWI",
    (Role.SWI, "MR"): "SWI",
    (Role.DSC, "MR"): "DSC",
    (Role.CTP, "CT"): "CT perfusion",
}
BELOW_SIZE = ("S04",)
"""Issues by which a volume says that it is below measurable size."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of one time point besides its volumes; empty or None where it is not known.

    Args:
        name: "baseline" or "follow-up", for messages.
        patient_key: of `Series`.
        acquired: time of the scan; `day_only` where the headers give the date alone.
        technique: "NCCT", "post-contrast CT", "CTA", "FLAIR", "DWI", "GRE", "SWI".
        thickness_mm, step_mm: Slice Thickness, mean distance of the slices along their normal.
        kernel: reconstruction kernel of CT.
        method: rule by which the volume was segmented, without the threshold that it found in this image.
        reader: who segmented or confirmed it.
    """

    name: str
    patient_key: str = ""
    acquired: datetime | None = None
    day_only: bool = False
    technique: str = ""
    thickness_mm: float | None = None
    step_mm: float | None = None
    kernel: str = ""
    method: str = ""
    reader: str = ""


def visit_of(
    series: Series, *, name: str, method: str = "", reader: str = "", step_mm: float | None = None, technique: str = ""
) -> Visit:
    """Facts of a series as a visit.

    Args:
        series: that the volume was measured on.
        name, method, reader, step_mm: as in `Visit`.
        technique: where it is known better than from the role, such as "GRE".
    """
    acquired, day_only = _acquired(series)
    thickness = {frame.thickness for frame in series.frames}
    return Visit(
        name,
        series.patient_key,
        acquired,
        day_only,
        technique or technique_of(series),
        thickness.pop() if len(thickness) == 1 else None,
        step_mm,
        str(series.header.get("convolution_kernel", "")),
        method,
        reader,
    )


def visit_to_dict(visit: Visit) -> dict[str, Any]:
    """What a later time point needs of this one, as plain data without identity, method and reader."""
    return {
        "acquired": visit.acquired.isoformat() if visit.acquired else None,
        "day_only": visit.day_only,
        "technique": visit.technique,
        "thickness_mm": visit.thickness_mm,
        "step_mm": visit.step_mm,
        "kernel": visit.kernel,
    }


def visit_from_dict(data: Mapping[str, Any], *, name: str, **known: str) -> Visit:
    """A visit from its plain data; what they lack is not known.

    Args:
        data: of `visit_to_dict`.
        name: of the visit.
        known: further fields of `Visit`: patient_key, method, reader.
    """
    try:
        acquired = datetime.fromisoformat(str(data.get("acquired") or ""))
    except ValueError:
        acquired = None
    return Visit(
        name,
        acquired=acquired,
        day_only=bool(data.get("day_only")),
        technique=str(data.get("technique") or ""),
        thickness_mm=_length(data.get("thickness_mm")),
        step_mm=_length(data.get("step_mm")),
        kernel=str(data.get("kernel") or ""),
        **known,
    )


def _length(value: Any) -> float | None:
    """A length above 0; None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    return float(value) if number else None


def technique_of(series: Series) -> str:
    """Technique by role and modality; CT with a contrast agent is no NCCT. Empty where it cannot be told."""
    found = _TECHNIQUES.get((series.role, series.modality), "")
    return "post-contrast CT" if found == "NCCT" and series.header.get("contrast_agent") else found


def _acquired(series: Series) -> tuple[datetime | None, bool]:
    header = series.header
    for day, clock in (
        (header.get("acquisition_date"), _first_time(series)),
        (header.get("series_date"), header.get("series_time")),
        (header.get("study_date"), header.get("study_time")),
    ):
        found = _parsed(str(day or ""), str(clock or ""))
        if found is not None:
            return found, False
    days = (header.get(name) for name in ("acquisition_date", "series_date", "study_date"))
    found = next((d for d in (_parsed(str(day or ""), "000000") for day in days) if d is not None), None)
    return found, found is not None


def _first_time(series: Series) -> str:
    seconds = [frame.times["acquisition_time"] for frame in series.frames if "acquisition_time" in frame.times]
    if not seconds or not 0 <= min(seconds) < 86400:
        return ""
    whole = int(min(seconds))
    return f"{whole // 3600:02d}{whole // 60 % 60:02d}{whole % 60:02d}"


def _parsed(day: str, clock: str) -> datetime | None:
    try:
        return datetime.strptime(day.strip() + clock.strip()[:6], "%Y%m%d%H%M%S")
    except ValueError:
        return None


def compare_visits(
    baseline: Visit, followup: Visit, *, mixed: Level = Level.STOP, config: GrowthConfig = GrowthConfig()
) -> tuple[Issue, ...]:
    """What stands between two time points, in the order of weight.

    Args:
        mixed: what another technique does: STOP for blood, WARN for infarcts.
        config: change of thickness that is told.

    Returns:
        Issues E01 to E06 and E12; where one of them blocks, no growth may be given.
    """
    found = (
        _same_patient(baseline, followup),
        _in_order(baseline, followup),
        _one_technique(baseline, followup, mixed),
        _one_thickness(baseline, followup, config),
        _one_text("E05", "kernel", baseline.kernel, followup.kernel),
        _one_text("E06", "method", baseline.method, followup.method),
    )
    return tuple(issue for issue in found if issue is not None)


def blocked(issues: Sequence[Issue]) -> bool:
    """True where one of the issues allows no number."""
    return any(issue.blocks for issue in issues)


def below_size(*volumes: Measurement) -> bool:
    """True where one of the volumes says that it is below measurable size."""
    return any(issue.code in BELOW_SIZE for volume in volumes for issue in volume.issues)


def _same_patient(baseline: Visit, followup: Visit) -> Issue | None:
    keys = (baseline.patient_key, followup.patient_key)
    if not all(keys):
        who = " and ".join(v.name for v in (baseline, followup) if not v.patient_key)
        found = f"no patient identity in {who}"
        return Issue("E12", Level.WARN, found, "one patient at both time points", "check that both are of one patient")
    if keys[0] != keys[1]:
        return Issue("E01", Level.STOP, "two patients", "one patient at both time points", "choose the right follow-up")
    return None


def _in_order(baseline: Visit, followup: Visit) -> Issue | None:
    before, after = baseline.acquired, followup.acquired
    if before is None or after is None:
        who = " and ".join(v.name for v in (baseline, followup) if v.acquired is None)
        return Issue("E12", Level.WARN, f"no date of the {who}", "date and time of both", "check their order")
    days_only = baseline.day_only or followup.day_only
    if days_only and before.date() == after.date():
        return Issue("E12", Level.WARN, "both on one day, without a time", "the time of both", "check their order")
    later = after.date() > before.date() if days_only else after > before
    if later:
        return None
    hours = (before - after).total_seconds() / 3600
    found = f"a follow-up {hours:.1f} h before the baseline" if hours else "both at one time"
    return Issue("E02", Level.STOP, found, "a follow-up later than the baseline", "exchange them or correct the dates")


def _one_technique(baseline: Visit, followup: Visit, mixed: Level) -> Issue | None:
    one, other = baseline.technique, followup.technique
    if one and one == other:
        return None
    if not one or not other:
        who = " and ".join(v.name for v in (baseline, followup) if not v.technique)
        level = Level.ASK if mixed is Level.STOP else Level.WARN
        return Issue("E03", level, f"technique of the {who} not known", "one technique", "say the technique of both")
    remedy = "measure both on one technique" if mixed is Level.STOP else "read the growth with this in mind"
    return Issue("E03", mixed, f"{one} at baseline, {other} at follow-up", "one technique", remedy)


def _one_thickness(baseline: Visit, followup: Visit, config: GrowthConfig) -> Issue | None:
    changes = []
    for words, one, other in (
        ("thickness", baseline.thickness_mm, followup.thickness_mm),
        ("distance", baseline.step_mm, followup.step_mm),
    ):
        if one and other and max(one, other) > config.thickness_change * min(one, other):
            changes.append(f"slice {words} {one:g} mm, then {other:g} mm")
    if not changes:
        return None
    remedy = "thick slices read small clots larger; reconstruct both alike where raw data are there"
    return Issue("E04", Level.WARN, "; ".join(changes), "one thickness", remedy)


def _one_text(code: str, words: str, one: str, other: str) -> Issue | None:
    if one == other:
        return None
    found = f"{words} {one or 'not known'}, then {other or 'not known'}"
    return Issue(code, Level.WARN, found, f"one {words}", "measure both alike, or read the growth with this in mind")
