"""One time point: all that its series allow, or what was asked for, in one record."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from ..settings import Settings
from ..types import CaseRecord, Measurement, Role, SkippedFile, Status
from .core_case import measure_core, new_record
from .discover import CaseInput
from .hemorrhage_answers import HemorrhageAnswers
from .perfusion_answers import PerfusionAnswers
from .select_perfusion import PERFUSION_ROLES


class Part(StrEnum):
    """What can be measured; the value is the measure that says whether it was."""

    CORE = "infarct_core_volume"
    MISMATCH = "hypoperfusion_6s_volume"
    HEMORRHAGE = "ich_volume"


def measure_case(
    case: CaseInput,
    *,
    wanted: Sequence[Part] = (),
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    skipped: Sequence[SkippedFile] = (),
    answers: PerfusionAnswers = PerfusionAnswers(),
    hemorrhage: HemorrhageAnswers = HemorrhageAnswers(),
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
        stage: called with the name of each stage as it begins.
    """
    roles = {s.role for s in case.series}
    diffusion = bool(roles & {Role.DWI, Role.ADC})
    dynamic = bool(roles & set(PERFUSION_ROLES))
    mismatch = Part.MISMATCH in wanted or (not wanted and dynamic)
    other_ct = {s.role for s in case.series if s.modality == "CT"} & {Role.OTHER, Role.ANGIOGRAPHY}
    only_ct = bool(other_ct) and not (diffusion or dynamic)  # measured or refused as CT, never as missing diffusion
    blood = Part.HEMORRHAGE in wanted or (not wanted and (Role.NCCT in roles or only_ct))
    core = Part.CORE in wanted or (diffusion and mismatch) or (not wanted and (diffusion or not (dynamic or blood)))
    shared = {"settings": settings, "chosen": chosen, "stage": stage}
    record = measure_core(case, skipped=skipped, **shared) if core else new_record(case, settings, skipped)
    if mismatch:
        from .perfusion_case import add_perfusion  # half a second of imports that a case of diffusion does not need

        record = add_perfusion(record, answers=answers, **shared)
    if blood:
        from .hemorrhage_case import add_hemorrhage

        record = add_hemorrhage(record, answers=hemorrhage, **shared)
    return record


def principal_measurements(record: CaseRecord) -> tuple[Measurement, ...]:
    """The volume of every part that was to be measured."""
    ids = {str(part) for part in Part}
    return tuple(m for m in record.measurements if m.id in ids)


def is_measured(measurement: Measurement) -> bool:
    """True where there is a number."""
    return measurement.status in (Status.MEASURED, Status.ZERO)
