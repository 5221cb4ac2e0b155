"""One time point: all that its series allow, or what was asked for, in one record."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from ..hemorrhage_types import Structure
from ..settings import Settings
from ..types import CaseRecord, Measurement, Role, Series, SkippedFile, Status
from .core_case import measure_core, new_record
from .discover import CaseInput
from .earlier import Earlier
from .follow_up_answers import FollowUpAnswers
from .hemorrhage_answers import HemorrhageAnswers
from .perfusion_answers import PerfusionAnswers
from .select_perfusion import PERFUSION_ROLES

if TYPE_CHECKING:
    from ..phantom.history import StoredSession


class Part(StrEnum):
    """What can be measured; the value is the measure that says whether it was."""

    CORE = "infarct_core_volume"
    MISMATCH = "hypoperfusion_6s_volume"
    HEMORRHAGE = "ich_volume"


GROWTH = {
    "hemorrhage": "ich_growth_volume",
    "infarct": "infarct_growth_volume",
    "perfusion": "hypoperfusion_6s_reperfusion",
}
"""Measure that says whether a comparison that a person asked for could be made."""
FINAL_VOLUME = "final_infarct_volume"


def parts_of(series: Sequence[Series], wanted: Sequence[Part] = ()) -> frozenset[Part]:
    """What is measured, or refused with a reason, on these series.

    Args:
        series: of one time point.
        wanted: parts; all that the series allow where empty.
    """
    roles = {s.role for s in series}
    diffusion = _has_diffusion(series)
    dynamic = bool(roles & set(PERFUSION_ROLES))
    mismatch = Part.MISMATCH in wanted or (not wanted and dynamic)
    other_ct = {s.role for s in series if s.modality == "CT"} & {Role.OTHER, Role.ANGIOGRAPHY}
    only_ct = bool(other_ct) and not (diffusion or dynamic)  # measured or refused as CT, never as missing diffusion
    blood = Part.HEMORRHAGE in wanted or (not wanted and (Role.NCCT in roles or only_ct))
    core = Part.CORE in wanted or (diffusion and mismatch) or (not wanted and (diffusion or not (dynamic or blood)))
    chosen = ((Part.CORE, core), (Part.MISMATCH, mismatch), (Part.HEMORRHAGE, blood))
    return frozenset(part for part, is_chosen in chosen if is_chosen)


def _has_diffusion(series: Sequence[Series]) -> bool:
    return any(s.role in (Role.DWI, Role.ADC) for s in series)


def measure_case(
    case: CaseInput,
    *,
    wanted: Sequence[Part] = (),
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    skipped: Sequence[SkippedFile] = (),
    answers: PerfusionAnswers = PerfusionAnswers(),
    hemorrhage: HemorrhageAnswers = HemorrhageAnswers(),
    earlier: Mapping[str, Earlier] | None = None,
    follow_up: FollowUpAnswers = FollowUpAnswers(),
    sessions: Sequence["StoredSession"] | None = None,
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """Measure one time point; never raises for bad input.

    Args:
        case: its series.
        wanted: parts; all that the series allow where empty.
        settings: thresholds of all stages.
        chosen: series keys that a person named.
        skipped: files that are no part of any series, for the record.
        answers: of a person, about perfusion.
        hemorrhage: of a person, about hemorrhage.
        earlier: baselines by what is compared: "hemorrhage", "infarct" or "perfusion".
        follow_up: of readers, about follow-up and in forms.
        sessions: of a phantom history; None where there is none.
        stage: called with the name of each stage as it begins.
    """
    parts = parts_of(case.series, wanted)
    shared = {"settings": settings, "chosen": chosen, "stage": stage}
    core = Part.CORE in parts and not (follow_up.final and not _has_diffusion(case.series))
    record = measure_core(case, skipped=skipped, **shared) if core else new_record(case, settings, skipped)
    if Part.MISMATCH in parts:
        from .perfusion_case import add_perfusion  # half a second of imports that a case of diffusion does not need

        record = add_perfusion(record, answers=answers, **shared)
    if Part.HEMORRHAGE in parts:
        from .hemorrhage_case import add_hemorrhage

        drawn = {"outlines": follow_up.blood, "reader": follow_up.reader}
        record = add_hemorrhage(record, answers=hemorrhage, **drawn, **shared)
    if earlier or follow_up.given():
        from .follow_up_case import add_follow_up

        record = add_follow_up(record, earlier=earlier or {}, answers=follow_up, **shared)
    if sessions is not None:
        from .scanner_qualification import add_scanners

        record = add_scanners(record, sessions, settings=settings, stage=stage)
    return record


def principal_measurements(record: CaseRecord) -> tuple[Measurement, ...]:
    """Volumes of every part that was to be measured, and what a person asked about follow-up: final infarct, a named baseline."""
    ids = {str(part) for part in Part} | _blood_looked_for(record)
    if len(ids) > len(Part) and _status(record, str(Part.HEMORRHAGE)) is Status.MISSING:
        ids.remove(str(Part.HEMORRHAGE))
    baselines = record.follow_up.baselines if record.follow_up is not None else {}
    ids |= {GROWTH[kind] for kind, baseline in baselines.items() if not baseline.automatic}
    ids |= {m.id for m in record.measurements if m.id in GROWTH.values() and any(i.code == "I01" for i in m.issues)}
    return tuple(m for m in record.measurements if m.id in ids or _is_asked_final(m, record))


def _blood_looked_for(record: CaseRecord) -> set[str]:
    """Volumes of the kinds of blood that a person or the search looked for, beside that of the ICH."""
    names = {f"{structure}_volume" for structure in Structure}
    return {m.id for m in record.measurements if m.id in names and m.status is not Status.MISSING} - {
        str(Part.HEMORRHAGE)
    }


def _status(record: CaseRecord, name: str) -> Status | None:
    return next((m.status for m in record.measurements if m.id == name), None)


def _is_asked_final(measurement: Measurement, record: CaseRecord) -> bool:
    """Whether a final infarct was measured or asked for; not where diffusion merely did not propose one."""
    if measurement.id != FINAL_VOLUME:
        return False
    answered = record.forms is not None and any(answers.form == "FI" for answers in record.forms.answers)
    return is_measured(measurement) or answered or any(issue.code != "E54" for issue in measurement.issues)


def is_measured(measurement: Measurement) -> bool:
    """True where there is a number."""
    return measurement.status in (Status.MEASURED, Status.ZERO)
