"""One time point: all that its series allow, or what was asked for, in one record."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from ..settings import Settings
from ..types import CaseRecord, Measurement, Role, Series, SkippedFile, Status
from .core_case import measure_core, new_record
from .discover import CaseInput
from .earlier import Earlier
from .follow_up_answers import FollowUpAnswers
from .hemorrhage_answers import HemorrhageAnswers
from .perfusion_answers import PerfusionAnswers
from .select_perfusion import PERFUSION_ROLES


class Part(StrEnum):
    """What can be measured; the value is the measure that says whether it was."""

    CORE = "infarct_core_volume"
    MISMATCH = "hypoperfusion_6s_volume"
    HEMORRHAGE = "ich_volume"


GROWTH = {"hemorrhage": "ich_growth_volume", "infarct": "infarct_growth_volume"}
"""Measure that says whether a comparison that a person asked for could be made."""


def parts_of(series: Sequence[Series], wanted: Sequence[Part] = ()) -> frozenset[Part]:
    """What is measured, or refused with a reason, on these series.

    Args:
        series: of one time point.
        wanted: parts; all that the series allow where empty.
    """
    roles = {s.role for s in series}
    diffusion = bool(roles & {Role.DWI, Role.ADC})
    dynamic = bool(roles & set(PERFUSION_ROLES))
    mismatch = Part.MISMATCH in wanted or (not wanted and dynamic)
    other_ct = {s.role for s in series if s.modality == "CT"} & {Role.OTHER, Role.ANGIOGRAPHY}
    only_ct = bool(other_ct) and not (diffusion or dynamic)  # measured or refused as CT, never as missing diffusion
    blood = Part.HEMORRHAGE in wanted or (not wanted and (Role.NCCT in roles or only_ct))
    core = Part.CORE in wanted or (diffusion and mismatch) or (not wanted and (diffusion or not (dynamic or blood)))
    chosen = ((Part.CORE, core), (Part.MISMATCH, mismatch), (Part.HEMORRHAGE, blood))
    return frozenset(part for part, is_chosen in chosen if is_chosen)


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
        earlier: baselines by what is compared: "hemorrhage" or "infarct".
        follow_up: of readers, about follow-up and in forms.
        stage: called with the name of each stage as it begins.
    """
    parts = parts_of(case.series, wanted)
    shared = {"settings": settings, "chosen": chosen, "stage": stage}
    core = Part.CORE in parts
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
    return record


def principal_measurements(record: CaseRecord) -> tuple[Measurement, ...]:
    """The volume of every part that was to be measured, and the growth against a baseline that a person named."""
    ids = {str(part) for part in Part}
    baselines = record.follow_up.baselines if record.follow_up is not None else {}
    ids |= {GROWTH[kind] for kind, baseline in baselines.items() if not baseline.automatic}
    ids |= {m.id for m in record.measurements if m.id in GROWTH.values() and any(i.code == "I01" for i in m.issues)}
    return tuple(m for m in record.measurements if m.id in ids)


def is_measured(measurement: Measurement) -> bool:
    """True where there is a number."""
    return measurement.status in (Status.MEASURED, Status.ZERO)
