"""Which series of a case can be measured on, and why another one cannot."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from strokequant.types import GeometryAudit, Role, Series, Verdict


class Offer(NamedTuple):
    """One series as it is offered to a reader.

    Args:
        series: the series.
        offered: can be chosen.
        part: what it would be used as now, such as "dwi" or "adc"; empty where it is not used.
        reason: why it has its role, or why it is not offered.
        detail: what tells series of one role apart, such as b values or frames.
    """

    series: Series
    offered: bool
    part: str
    reason: str
    detail: str


def offersOf(
    series: Sequence[Series],
    audits: Mapping[str, GeometryAudit],
    used: Mapping[str, str],
    *,
    roles: Sequence[Role],
    details: Mapping[str, str],
) -> tuple[Offer, ...]:
    """All series, those that can be measured on first.

    Args:
        series: of one time point.
        audits: geometry audit by series key.
        used: part by series key, of those that would be measured on now.
        roles: series of other roles are not offered.
        details: by series key.
    """
    offers = [_offer(one, audits.get(one.key), used.get(one.key, ""), roles, details) for one in series]
    return tuple(sorted(offers, key=lambda offer: (not offer.part, not offer.offered)))


def _offer(series: Series, audit: GeometryAudit | None, part: str, roles, details) -> Offer:
    refusal = _refusal(series, audit, roles)
    reason = refusal or "; ".join(series.role_reasons)
    return Offer(series, not refusal, part, reason, details.get(series.key, ""))


def _refusal(series: Series, audit: GeometryAudit | None, roles: Sequence[Role]) -> str:
    if series.role not in roles:
        wanted = " nor ".join(str(role).upper() for role in roles)
        return f"{series.role}: {'; '.join(series.role_reasons) or f'neither {wanted}'}"
    blocking = [issue for issue in series.issues if issue.blocks]
    if audit is not None and audit.verdict is Verdict.REFUSE:
        blocking += [issue for issue in audit.issues if issue.blocks]
    return " | ".join(f"{issue.code} {issue.found}; {issue.remedy}" for issue in blocking)
