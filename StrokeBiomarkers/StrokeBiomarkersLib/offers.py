"""Which series of a case can be measured on, and why another one cannot."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from strokequant.errors import Issue
from strokequant.types import GeometryAudit, Role, Series, Verdict


class Offer(NamedTuple):
    """One series as it is offered to a reader.

    Args:
        series: the series.
        offered: can be chosen.
        part: what it would be used as now, such as "dwi" or "adc"; empty where it is not used.
        reason: why it has its role, or why it has another than those that are offered; empty where issues say it.
        detail: what tells series of one role apart, such as b values or frames.
        issues: why it is not offered.
    """

    series: Series
    offered: bool
    part: str
    reason: str
    detail: str
    issues: tuple[Issue, ...] = ()


def offersOf(
    series: Sequence[Series],
    audits: Mapping[str, GeometryAudit],
    used: Mapping[str, str],
    *,
    roles: Sequence[Role],
    details: Mapping[str, str],
    refusals: Mapping[str, Sequence[Issue]] = MappingProxyType({}),
) -> tuple[Offer, ...]:
    """All series, those that can be measured on first.

    Args:
        series: of one time point.
        audits: geometry audit by series key.
        used: part by series key, of those that would be measured on now.
        roles: series of other roles are not offered.
        details: by series key.
        refusals: what forbids to measure on a series besides its geometry, by series key.
    """
    offers = [
        _offer(one, audits.get(one.key), used.get(one.key, ""), roles, details, refusals.get(one.key, ()))
        for one in series
    ]
    return tuple(sorted(offers, key=lambda offer: (not offer.part, not offer.offered)))


def _offer(series: Series, audit: GeometryAudit | None, part: str, roles, details, refusals) -> Offer:
    reason, detail = "; ".join(series.role_reasons), details.get(series.key, "")
    if series.role not in roles:
        wanted = " nor ".join(str(role).upper() for role in roles)
        return Offer(series, False, part, f"{series.role}: {reason or f'neither {wanted}'}", detail)
    blocking = [issue for issue in series.issues if issue.blocks]
    if audit is not None and audit.verdict is Verdict.REFUSE:
        blocking += [issue for issue in audit.issues if issue.blocks]
    blocking += [issue for issue in refusals if issue.blocks]
    return Offer(series, not blocking, part, "" if blocking else reason, detail, tuple(blocking))
