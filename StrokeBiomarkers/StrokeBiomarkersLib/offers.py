"""Which series of a case can be measured on, and why another one cannot."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from strokequant.batch.select import b_values, select_core_inputs
from strokequant.types import GeometryAudit, Role, Series, Verdict

PARTS = ("dwi", "trace", "adc")


class Offer(NamedTuple):
    """One series as it is offered to a reader.

    Args:
        series: the series.
        offered: can be chosen.
        part: what it would be used as now: "dwi", "trace", "adc", empty where it is not used.
        reason: why it has its role, or why it is not offered.
        bValues: s/mm2, in ascending order.
    """

    series: Series
    offered: bool
    part: str
    reason: str
    bValues: tuple[float, ...]


def offersOf(
    series: Sequence[Series], audits: Mapping[str, GeometryAudit], chosen: Sequence[str] = ()
) -> tuple[Offer, ...]:
    """All series, those that can be measured on first.

    Args:
        series: of one time point.
        audits: geometry audit by series key.
        chosen: series keys that the reader named.
    """
    inputs = select_core_inputs(series, dict(audits), chosen=chosen)
    used = {getattr(inputs, part).key: part for part in PARTS if getattr(inputs, part) is not None}
    offers = [_offer(one, audits.get(one.key), used.get(one.key, "")) for one in series]
    return tuple(sorted(offers, key=lambda offer: (not offer.part, not offer.offered)))


def _offer(series: Series, audit: GeometryAudit | None, part: str) -> Offer:
    refusal = _refusal(series, audit)
    reason = refusal or "; ".join(series.role_reasons)
    return Offer(series, not refusal, part, reason, tuple(sorted(b_values(series))))


def _refusal(series: Series, audit: GeometryAudit | None) -> str:
    if series.role not in (Role.DWI, Role.ADC):
        return f"{series.role}: {'; '.join(series.role_reasons) or 'neither DWI nor ADC'}"
    blocking = [issue for issue in series.issues if issue.blocks]
    if audit is not None and audit.verdict is Verdict.REFUSE:
        blocking += [issue for issue in audit.issues if issue.blocks]
    return " | ".join(f"{issue.code} {issue.found}; {issue.remedy}" for issue in blocking)
