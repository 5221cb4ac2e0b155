"""Walking a procedure: where a reading stands, whether it may go on, and if not, why not.

A walk is a value. Every move gives a new one, nothing moves by itself, and going back takes nothing away: what was done stays done, and
what comes after it is checked again on the way forward. Finished steps are plain data, so that a walk goes on elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ..errors import Issue, Level
from .canonical import ProcedureError
from .procedure import Action, Check, Procedure, Severity, State, Step


@dataclass(frozen=True)
class CheckResult:
    """What a condition gave.

    Args:
        id: of the check.
        condition: its text.
        inputs: facts that it asked for; None for what is not there.
        holds: None where it cannot be told, which counts as not.
        severity: effect where it does not hold.
        deviation: code that it then is; empty for none.
    """

    id: str
    condition: str
    inputs: Mapping[str, Any]
    holds: bool | None
    severity: Severity
    deviation: str


@dataclass(frozen=True)
class Passage:
    """Answer to "may I go on?".

    Args:
        results: of all conditions.
        excused: codes of stops that the step lets a reader pass with a reason.
        waits_for: what else is missing, in a word: "reader" for a step that no program may take.
    """

    results: tuple[CheckResult, ...]
    excused: frozenset[str] = frozenset()
    waits_for: str = ""

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Conditions that do not hold and stop or warn."""
        return tuple(r for r in self.results if r.holds is not True and r.severity is not Severity.INFO)

    @property
    def stops(self) -> tuple[CheckResult, ...]:
        """Why it may not go on."""
        return tuple(r for r in self.failed if r.severity is Severity.STOP and r.deviation not in self.excused)

    @property
    def allowed(self) -> bool:
        """True where nothing is in the way."""
        return not self.stops and not self.waits_for


@dataclass(frozen=True)
class StepRecord:
    """What was done in one step.

    Args:
        step: id.
        results: of its conditions, before and after.
        facts: that the procedure wants kept.
        deviations: reason by code.
        skipped: reason; empty where it was done.
        reader: code of who did it; empty for the program.
        finished_utc: ISO 8601; given by the caller, because a walk has no clock.
    """

    step: str
    results: tuple[CheckResult, ...]
    facts: Mapping[str, Any]
    deviations: Mapping[str, str] = field(default_factory=dict)
    skipped: str = ""
    reader: str = ""
    finished_utc: str = ""


@dataclass(frozen=True)
class Walk:
    """Where one reading stands in its procedure.

    Args:
        procedure: that is walked.
        position: index of the current step; the number of steps when all is done.
        done: last record of every step that was finished.
    """

    procedure: Procedure
    position: int = 0
    done: Mapping[str, StepRecord] = field(default_factory=dict)

    @property
    def step(self) -> Step | None:
        """Current step; None when all is done."""
        return self.procedure.steps[self.position] if self.position < len(self.procedure.steps) else None

    @property
    def deviations(self) -> Mapping[str, str]:
        """Reason by code, of all steps."""
        return {code: reason for record in self.done.values() for code, reason in record.deviations.items()}


def begin(procedure: Procedure, today: date) -> Walk:
    """A walk at the first step.

    Raises:
        ProcedureError: W04, a draft, a retired procedure or one that is not effective yet.
    """
    if procedure.state is not State.EFFECTIVE or procedure.effective_date > today:
        found = f"{procedure.name} is {procedure.state}, effective from {procedure.effective_date.isoformat()}"
        remedy = "choose the version that is effective today"
        raise ProcedureError(Issue("W04", Level.STOP, found, "an effective procedure", remedy, procedure.name))
    return Walk(procedure)


def may_begin(walk: Walk, facts: Mapping[str, Any], *, reader: str = "") -> Passage:
    """May the current step begin?"""
    return _passage(walk, _step(walk).preconditions, facts, reader)


def may_finish(walk: Walk, facts: Mapping[str, Any], *, reader: str = "") -> Passage:
    """May the current step be left forward? Asks for what must hold before it and after it."""
    step = _step(walk)
    return _passage(walk, (*step.preconditions, *step.postconditions), facts, reader)


def _passage(walk: Walk, checks: tuple[Check, ...], facts: Mapping[str, Any], reader: str) -> Passage:
    step = _step(walk)
    waits_for = "" if step.automatic or reader else "reader"
    known = {**facts, **walk.procedure.limits}
    return Passage(
        tuple(_result(c, known) for c in checks), frozenset(step.allowed_deviations if reader else ()), waits_for
    )


def _result(check: Check, facts: Mapping[str, Any]) -> CheckResult:
    worth = check.condition.evaluate(facts)
    inputs = {name: facts.get(name) for name in sorted(check.condition.names)}
    holds = worth if isinstance(worth, bool) else None
    return CheckResult(check.id, check.condition.text, inputs, holds, check.severity, check.deviation)


def finish(
    walk: Walk,
    facts: Mapping[str, Any],
    *,
    reader: str = "",
    reasons: Mapping[str, str] | None = None,
    utc: str = "",
) -> Walk:
    """The walk with the current step done, at the next one.

    Args:
        walk: so far.
        facts: of the case as it is now.
        reader: code of who did it.
        reasons: for every deviation, by code: warnings and excused stops alike.
        utc: time.

    Raises:
        ProcedureError: W05, the step may not be left; W06, a deviation without its reason, or a reason without a deviation.
    """
    passage = may_finish(walk, facts, reader=reader)
    if not passage.allowed:
        raise _not_allowed(walk, passage)
    reasons = {code: text.strip() for code, text in (reasons or {}).items()}
    codes = {r.deviation for r in passage.failed if r.deviation}
    unexplained = sorted(code for code in codes if reader and not reasons.get(code))
    unfounded = sorted(set(reasons) - codes)
    if unexplained or unfounded:
        found = "; ".join(
            [f"no reason for {c}" for c in unexplained]
            + [f"a reason for {c}, which is no deviation here" for c in unfounded]
        )
        raise ProcedureError(
            Issue("W06", Level.ASK, found, "a reason for every deviation and no other", "give it", _step(walk).id)
        )
    step = _step(walk)
    kept = {name: facts.get(name) for name in step.record}
    said = {code: reasons.get(code, "found by the program") for code in sorted(codes)}
    return _after(walk, StepRecord(step.id, passage.results, kept, said, "", reader, utc))


def skip(walk: Walk, reason: str, *, reader: str, utc: str = "") -> Walk:
    """The walk with the current step left out, at the next one.

    Raises:
        ProcedureError: W05, the step may not be skipped, or no reader or reason was given.
    """
    step = _step(walk)
    if not step.allow_skip or not reason.strip() or not reader:
        found = (
            f"step {step.id} left out"
            + ("" if reason.strip() else " without a reason")
            + ("" if reader else " by no reader")
        )
        expected = (
            "a step that may be left out, a reader and a reason" if step.allow_skip else "a step that may be left out"
        )
        raise ProcedureError(Issue("W05", Level.STOP, found, expected, "do the step", step.id))
    return _after(walk, StepRecord(step.id, (), {}, {}, reason.strip(), reader, utc))


def back(walk: Walk) -> Walk:
    """The walk at the step before; at the first step, and once signed, where it is."""
    signed = any(walk.procedure.step(name).action is Action.SIGN for name in walk.done)
    return walk if signed else replace(walk, position=max(0, walk.position - 1))


def run_automatic(walk: Walk, do: Callable[[Step], Mapping[str, Any]]) -> tuple[Walk, Passage | None]:
    """Do the steps that need no reader, up to the first that does or that may not begin.

    Args:
        walk: so far.
        do: does one step and gives the facts of the case afterwards.

    Returns:
        The walk, and why it stands: what the current step waits for; None when all is done, which no procedure allows, since the last
        step signs.
    """
    while (step := walk.step) is not None:
        if not step.automatic:
            return walk, Passage((), waits_for="reader")
        facts = do(step)
        passage = may_finish(walk, facts)
        if not passage.allowed:
            return walk, passage
        walk = finish(walk, facts)
    return walk, None


def step_record_to_dict(record: StepRecord) -> dict[str, Any]:
    """Plain data of one finished step, from which `step_record_of` makes it again."""
    return {
        "step": record.step,
        "results": [
            {
                "id": r.id,
                "condition": r.condition,
                "inputs": dict(r.inputs),
                "holds": r.holds,
                "severity": str(r.severity),
                "deviation": r.deviation,
            }
            for r in record.results
        ],
        "facts": dict(record.facts),
        "deviations": dict(record.deviations),
        "skipped": record.skipped,
        "reader": record.reader,
        "finished_utc": record.finished_utc,
    }


def step_record_of(plain: Mapping[str, Any]) -> StepRecord:
    """A finished step from its plain data."""
    results = tuple(CheckResult(**{**r, "severity": Severity(r["severity"])}) for r in plain["results"])
    return StepRecord(**{**plain, "results": results})


def _step(walk: Walk) -> Step:
    if walk.step is None:
        raise ProcedureError(
            Issue(
                "W05",
                Level.STOP,
                "the reading is signed",
                "a step that is not done",
                "open an addendum",
                walk.procedure.name,
            )
        )
    return walk.step


def _after(walk: Walk, record: StepRecord) -> Walk:
    return replace(walk, position=walk.position + 1, done={**walk.done, record.step: record})


def _not_allowed(walk: Walk, passage: Passage) -> ProcedureError:
    step = _step(walk)
    issues = [
        Issue(
            "W05",
            Level.STOP,
            f"{r.id}: {_told(r)}",
            r.condition,
            "correct it, or give a deviation that the step allows",
            step.id,
        )
        for r in passage.stops
    ]
    if passage.waits_for:
        issues.append(Issue("W05", Level.ASK, "no reader", "a reader", "let a reader do this step", step.id))
    return ProcedureError(*issues)


def _told(result: CheckResult) -> str:
    given = ", ".join(f"{name} = {'not known' if value is None else value}" for name, value in result.inputs.items())
    return given or "does not hold"
