"""Which series of a case perfusion can be measured on, with their frame times, and what is still waited for."""

from collections.abc import Mapping, Sequence

from strokequant.batch.discover import CaseInput
from strokequant.batch.select import select_core_inputs
from strokequant.batch.select_perfusion import PERFUSION_ROLES, PerfusionInputs, select_perfusion_inputs
from strokequant.dicomio.time_audit import audit_times
from strokequant.errors import Level
from strokequant.perfusion_types import TimeAudit
from strokequant.settings import Settings
from strokequant.types import GeometryAudit, Role, Verdict

from .offers import Offer, offersOf
from .waits import Wait

ROLES = (Role.DSC, Role.CTP, Role.DWI, Role.ADC)


def timeAuditsOf(case: CaseInput | None, timesS, settings: Settings) -> dict[str, TimeAudit]:
    """Frame times of the dynamic series by key.

    Args:
        case: None where none is open.
        timesS: s that a reader gave, None where the headers are to say them.
        settings: limits.
    """
    series = [one for one in case.series if one.role in PERFUSION_ROLES] if case else []
    return {one.key: audit_times(one, times_s=timesS, config=settings.time) for one in series}


def withoutOtherDynamic(case: CaseInput, chosen: Sequence[str], key: str) -> tuple[str, ...]:
    """Chosen series where this one was chosen last: DSC and CT perfusion exclude each other."""
    roles = {one.key: one.role for one in case.series}
    if roles[key] not in PERFUSION_ROLES:
        return tuple(chosen)
    return tuple(one for one in chosen if one == key or roles[one] not in PERFUSION_ROLES)


def perfusionOffers(
    case: CaseInput,
    audits: Mapping[str, GeometryAudit],
    timeAudits: Mapping[str, TimeAudit],
    chosen: Sequence[str],
    settings: Settings,
) -> tuple[Offer, ...]:
    """Series of the case; the detail is frames and step, or nothing."""
    dynamic = select_perfusion_inputs(case.series, audits, timeAudits, chosen=chosen)
    core = select_core_inputs(case.series, audits, chosen=chosen, config=settings.adc)
    used = {one.key: str(one.role) for one in dynamic.series}
    parts = ("dwi", "trace", "adc") if any(one.role is Role.DSC for one in dynamic.series) else ()
    used |= {getattr(core, part).key: part for part in parts if getattr(core, part) is not None}
    details = {key: f"{one.frames} x {one.step_s:.2f} s" for key, one in timeAudits.items() if one.frames}
    refused = {key: one.issues for key, one in timeAudits.items() if one.verdict is Verdict.REFUSE}
    return offersOf(case.series, audits, used, roles=ROLES, details=details, refusals=refused)


def perfusionWait(inputs: PerfusionInputs) -> Wait:
    """ "times", "series", "perfusion", or nothing."""
    if inputs.series:
        return Wait()
    blocking = tuple(dict.fromkeys(issue for issue in inputs.issues if issue.blocks))
    if any(issue.code.startswith("T") and issue.level is Level.ASK for issue in blocking):
        return Wait("times", blocking)
    return Wait("series", blocking) if blocking else Wait("perfusion")
