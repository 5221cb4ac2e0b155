"""Which series of a time point perfusion is measured on, and why; equal series are left to a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import Issue, Level
from ..perfusion_types import TimeAudit
from ..types import GeometryAudit, Role, Series, Verdict

PERFUSION_ROLES = (Role.DSC, Role.CTP)
_MOTION_CORRECTED = {"MOCO", "MOCOSERIES"}


@dataclass(frozen=True)
class PerfusionInputs:
    """Series of one perfusion study; several where a person named slabs or time points that belong together.

    Args:
        series: empty where there is none that may be measured.
        found: True where the time point has a perfusion series at all.
        issues: why something is not used; blocking ones mean that nothing may be measured.
    """

    series: tuple[Series, ...] = ()
    found: bool = False
    issues: tuple[Issue, ...] = ()


def select_perfusion_inputs(
    series: Sequence[Series],
    audits: Mapping[str, GeometryAudit],
    time_audits: Mapping[str, TimeAudit],
    *,
    chosen: Sequence[str] = (),
) -> PerfusionInputs:
    """Choose the dynamic series.

    Args:
        series: all series of the time point.
        audits: geometry audit by series key, of DSC and CTP series.
        time_audits: likewise.
        chosen: series keys that a person named; several are read as one study.
    """
    dynamic = [s for s in series if s.role in PERFUSION_ROLES]
    named = [s for s in series if s.key in chosen and (s.role in PERFUSION_ROLES or _may_belong(s, chosen, dynamic))]
    wanted = named if any(s.role in PERFUSION_ROLES for s in named) else dynamic
    issues, usable = [], []
    for s in wanted:
        refusals = _refusals(s, audits.get(s.key), time_audits.get(s.key)) if len(wanted) == 1 or not named else []
        issues += refusals
        if not refusals:
            usable.append(s)
    if named and len(usable) == len(wanted):
        return PerfusionInputs(tuple(usable), True, tuple(issues))
    if len(usable) > 1:
        usable = _acquired(usable)
    if len(usable) > 1:
        listed = ", ".join(s.label for s in usable)
        found = f"{len(usable)} perfusion series that could be measured: {listed}"
        remedy = "name one with --series KEY; name several where they are slabs or time points of one study"
        issues.append(Issue("C01", Level.ASK, found, "one", remedy))
        usable = []
    if usable:
        issues = [i for i in issues if not i.blocks]
    return PerfusionInputs(tuple(usable), bool(dynamic), tuple(issues))


def _acquired(series: Sequence[Series]) -> list[Series]:
    """Series as acquired before copies that the scanner corrected for motion: that is done here, and known."""
    original = [s for s in series if not _MOTION_CORRECTED & _words(s)]
    return original or list(series)


def _words(series: Series) -> set[str]:
    kinds = {part.upper() for frame in series.frames for part in frame.image_type}
    return kinds | set(series.description.upper().replace("_", " ").split())


def _may_belong(series: Series, chosen: Sequence[str], dynamic: Sequence[Series]) -> bool:
    """A named series of another role beside a named dynamic one of the same modality: a slab that was not recognized."""
    partners = [s for s in dynamic if s.key in chosen]
    return any(s.modality == series.modality and series.role is Role.OTHER for s in partners)


def _refusals(series: Series, audit: GeometryAudit | None, times: TimeAudit | None) -> list[Issue]:
    issues = [i for i in series.issues if i.blocks]
    for examined in (audit, times):
        if examined is not None and examined.verdict is Verdict.REFUSE:
            issues += [i for i in examined.issues if i.blocks]
    return issues
