"""The fleet: how scanners compare in one number, which one stands apart, and what each of them is qualified for."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from ..errors import UsageError
from ..phantom_types import Qualification
from ..statistics.components import Components, one_way
from .history import History


@dataclass(frozen=True, slots=True)
class FleetMember:
    """One scanner.

    Args:
        outcome, valid_until, session_date: of its last session.
        n, mean, sd, last: of the number compared; None where it has none.
        apart: True where its mean lies outside the 99 % prediction interval of the other scanners; None below four scanners.
    """

    scanner: str
    outcome: Qualification
    valid_until: str
    session_date: str
    n: int
    mean: float | None
    sd: float | None
    last: float | None
    apart: bool | None


@dataclass(frozen=True)
class Fleet:
    """All scanners in one number.

    Args:
        components: variance between and within scanners with RC and RDC; None where there are too few numbers.
    """

    metric: str
    insert: str
    members: tuple[FleetMember, ...]
    components: Components | None = None


def fleet(history: History, metric: str, insert: str = "", *, confidence: float = 0.99) -> Fleet:
    """Compare the scanners of a history in one number."""
    last = {one.scanner.key: one for one in history.sessions()}
    values = {key: [] for key in sorted(last)}
    for point in history.points(metric, insert):
        if point.judged:
            values[point.scanner].append(point.value)
    means = {key: float(np.mean(found)) for key, found in values.items() if found}
    members = []
    for key, found in values.items():
        session = last[key]
        sd = float(np.std(found, ddof=1)) if len(found) > 1 else None
        others = [mean for other, mean in means.items() if other != key]
        members.append(
            FleetMember(
                scanner=key,
                outcome=session.outcome,
                valid_until=session.valid_until,
                session_date=session.date,
                n=len(found),
                mean=means.get(key),
                sd=sd,
                last=found[-1] if found else None,
                apart=_apart(means[key], others, confidence) if key in means else None,
            )
        )
    return Fleet(metric, insert, tuple(members), _components([found for found in values.values() if found]))


def _apart(mean: float, others: list[float], confidence: float) -> bool | None:
    n = len(others)
    if n < 3:
        return None
    half = special.stdtrit(n - 1, (1 + confidence) / 2) * np.std(others, ddof=1) * np.sqrt(1 + 1 / n)
    return bool(abs(mean - np.mean(others)) > half)


def _components(groups: list[list[float]]) -> Components | None:
    try:
        return one_way(groups)
    except UsageError:
        return None
