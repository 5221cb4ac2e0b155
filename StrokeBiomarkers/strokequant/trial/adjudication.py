"""What two reads of a case come to: one accepted value, or a third read by somebody who decides; and who is to read what again.

The third read is a fresh one: the adjudicator sees the images and neither of the two reads. What the adjudicator signs is final. Repeats
are drawn from the seed of the charter and come no earlier than 14 days after the signature.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .discrepancy import Discrepancy, discrepancies, shipped_rules
from .identity_map import IdentityMap
from .reads import AGAIN, FIRST, SECOND, THIRD, Case, Read, cases_of, refused
from .trial_config import TrialConfig
from .trial_folder import Trial


class Outcome(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    """A read that the read model asks for is not signed."""
    AGREED = "agreed"
    ADJUDICATE = "adjudicate"
    """The reads differ, and nobody has decided."""
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True)
class Verdict:
    """What the reads of a case come to.

    Args:
        case: with its reads.
        outcome: where it stands.
        differences: every rule over R1 and R2; empty while not both are signed.
        accepted: value by measure; empty while there is none.
        how: where the accepted values come from, in words.
        items: pseudonyms of the reads that they come from.
    """

    case: Case
    outcome: Outcome
    differences: tuple[Discrepancy, ...] = ()
    accepted: Mapping[str, float | str | None] | None = None
    how: str = ""
    items: tuple[str, ...] = ()

    @property
    def exceeded(self) -> tuple[str, ...]:
        """Rules by which the reads differ."""
        return tuple(one.rule for one in self.differences if one.exceeds)


@dataclass(frozen=True)
class Due:
    """A read that is to be assigned.

    Args:
        subject, visit, task: of the case.
        model: adjudication or re-read.
        reader: who reads again; empty for an adjudication, which anybody with the role may read who read neither.
        since: from when on.
    """

    subject: str
    visit: str
    task: str
    model: str
    reader: str
    since: datetime


def rules_of(trial: Trial, task: str) -> Sequence[Mapping[str, Any]]:
    """Rules of the charter for a task; the shipped ones where it has none."""
    return trial.charter.discrepancies.get(task) or shipped_rules().get(task, ())


def verdicts(trial: Trial, identities: IdentityMap) -> tuple[Verdict, ...]:
    """What the reads of every case come to, by subject, visit and task.

    Raises:
        TrialError: as of `reads.cases_of`.
    """
    return tuple(verdict_of(trial, case) for case in cases_of(trial, identities))


def verdict_of(trial: Trial, case: Case) -> Verdict:
    """What the reads of a case come to, by the read model of the charter."""
    first, second, third = (case.read(model) for model in (FIRST, SECOND, THIRD))
    model = trial.charter.read_model
    if model == "single_and_audit":
        return _taken(case, Outcome.AGREED, first, "R1 alone") if _is_signed(first) else Verdict(case, Outcome.WAITING)
    if not case.both_signed:
        return Verdict(case, Outcome.WAITING)
    found = discrepancies(rules_of(trial, case.task), first.values, second.values)
    if model == "consensus":
        return _decided(case, third, found, "the joint read")
    differ = any(one.exceeds for one in found)
    if model == "mean":
        differ = any(one.exceeds and isinstance(one.first or one.second, str) for one in found)
    if differ or _is_signed(third):
        return _decided(case, third, found, "the adjudicator")
    if model == "mean" or trial.charter.accepted == "mean":
        values = _means(first, second)
        return Verdict(case, Outcome.AGREED, found, values, "mean of R1 and R2", (first.item, second.item))
    return _taken(case, Outcome.AGREED, first, "R1, which R2 agrees with", found)


def due(
    trial: Trial, identities: IdentityMap, *, now: datetime, config: TrialConfig = TrialConfig()
) -> tuple[Due, ...]:
    """Reads that are to be assigned: adjudications, and repeats whose time has come.

    Args:
        trial, identities: as of `verdicts`.
        now: with its zone.
        config: share and smallest number of repeats, and days before one.
    """
    found = verdicts(trial, identities)
    third = [
        Due(one.case.subject, one.case.visit, one.case.task, THIRD, "", _latest(one.case))
        for one in found
        if one.outcome is Outcome.ADJUDICATE and one.case.read(THIRD) is None
    ]
    return (*third, *_repeats(trial, [one.case for one in found], now, config))


def require_wanted(
    trial: Trial,
    identities: IdentityMap,
    *,
    subject: str,
    visit: str,
    task: str,
    reader: str,
    model: str,
    now: datetime,
    config: TrialConfig = TrialConfig(),
) -> str:
    """Refuse a read that the reads of the same case do not allow.

    Returns:
        The model that the item shows: that of the first read for a repeat, so that its reader does not know.

    Raises:
        TrialError: W38: a second R1 or R2, one reader for both, an adjudication without a difference or by one of both, a repeat by
            somebody else, too early, or a second one.
    """
    entries = [one for one in identities.entries if (one.subject, one.visit) == (subject, visit)]
    known = [case for case in cases_of(trial, replace(identities, entries=tuple(entries))) if case.task == task]
    case = known[0] if known else Case(subject, visit, task, ())
    why = _why_not(trial, case, reader, model, now, config)
    if why:
        raise refused(why, f"a case of which {model} is wanted", f"{task} {visit}".strip())
    before = (one.model for one in case.reads if one.reader == reader and one.model in (FIRST, SECOND))
    return next(before) if model == AGAIN else model


def _why_not(trial: Trial, case: Case, reader: str, model: str, now: datetime, config: TrialConfig) -> str:
    own = [one for one in case.reads if one.reader == reader]
    match model:
        case "R1" | "R2":
            if case.read(model) is not None:
                return f"the case has a {model} already"
            return f"{reader} has read the case as {own[0].model}" if own else ""
        case "adjudication":
            if case.read(THIRD) is not None:
                return "the case has an adjudication already"
            if own:
                return f"{reader} has read the case as {own[0].model}"
            wanted = Outcome.ADJUDICATE
            outcome = verdict_of(trial, case).outcome
            return "" if outcome is wanted else f"the reads of the case are {outcome}: nothing is to be adjudicated"
        case "re-read":
            return _why_no_repeat(case, own, reader, now, config)
    return ""


def _why_no_repeat(case: Case, own: Sequence[Read], reader: str, now: datetime, config: TrialConfig) -> str:
    before = [one for one in own if one.model in (FIRST, SECOND) and one.signed is not None]
    if not before:
        return f"{reader} has signed no read of the case"
    if any(one.reader == reader for one in case.repeats):
        return f"{reader} reads the case a second time already"
    begins = before[0].signed + timedelta(days=config.repeat_days)
    return f"a repeat before {begins.date().isoformat()}" if now < begins else ""


def _is_signed(read: Read | None) -> bool:
    return read is not None and read.signed is not None


def _taken(case: Case, outcome: Outcome, read: Read, how: str, found: tuple[Discrepancy, ...] = ()) -> Verdict:
    return Verdict(case, outcome, found, dict(read.values), how, (read.item,))


def _decided(case: Case, third: Read | None, found: tuple[Discrepancy, ...], who: str) -> Verdict:
    if not _is_signed(third):
        return Verdict(case, Outcome.ADJUDICATE, found)
    return _taken(case, Outcome.ADJUDICATED, third, who, found)


def _means(first: Read, second: Read) -> dict[str, float | str | None]:
    """Means of the numbers that both reads give; of classes what both say."""
    values: dict[str, float | str | None] = {}
    for name in first.values.keys() & second.values.keys():
        a, b = first.values[name], second.values[name]
        if isinstance(a, str) or isinstance(b, str) or a is None or b is None:
            values[name] = a if a == b else None
        else:
            values[name] = a if math.isinf(a) and a == b else (a + b) / 2
    return dict(sorted(values.items()))


def _latest(case: Case) -> datetime:
    return max(one.signed for one in case.reads if one.signed is not None)


def _repeats(trial: Trial, cases: Sequence[Case], now: datetime, config: TrialConfig) -> list[Due]:
    """Repeats of every reader: a share of the signed reads, drawn from the seed, that are old enough and not repeated yet."""
    by_reader: dict[str, list[tuple[str, Case, Read]]] = {}
    for case in cases:
        for read in case.reads:
            if read.model in (FIRST, SECOND) and read.signed is not None:
                place = hashlib.sha256(f"{trial.charter.seed}|{AGAIN}|{read.item}".encode()).hexdigest()
                by_reader.setdefault(read.reader, []).append((place, case, read))
    found = []
    for reader, rows in sorted(by_reader.items()):
        wanted = min(len(rows), max(config.repeat_least, math.ceil(config.repeat_share * len(rows))))
        for _, case, read in sorted(rows, key=lambda row: row[0])[:wanted]:
            begins = read.signed + timedelta(days=config.repeat_days)
            if begins <= now and not any(one.reader == reader for one in case.repeats):
                found.append(Due(case.subject, case.visit, case.task, AGAIN, reader, begins))
    return found
