"""One clause of a rule, decided exactly: a fraction against a fraction, words against words; what is not known stays unknown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ..errors import Issue, Level
from ..perfusion_types import Answer, ClauseResult, RuleResult
from .rules import Clause, Rule, number_text

UNDEFINED = "not defined"
"""Value of a quantity that has none here, such as the percentage of a baseline of 0; no clause on it is met."""
_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def holds(clause: Clause, value: Any) -> bool:
    """Whether a value that is known is on the side of the limit that the clause asks for."""
    limit = clause.limit
    match clause.op:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "between":
            return limit[0] <= value <= limit[1]
        case "in":
            return any(word in limit for word in value)
        case "not in":
            return not any(word in limit for word in value)
    msg = f"comparison {clause.op!r}"
    raise ValueError(msg)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Fails where one fails; unknown where none fails and one is unknown."""
    answers = tuple(answers)
    if Answer.FAIL in answers:
        return Answer.FAIL
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.PASS


def any_of(answers: Sequence[Answer]) -> Answer:
    """Passes where one passes; unknown where none passes and one is unknown."""
    if Answer.PASS in answers:
        return Answer.PASS
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.FAIL


def outcome(rule: Rule, answer: Callable[[Clause, Sequence[Clause]], Answer]) -> Answer:
    """All clauses, and one of the alternatives where there are any.

    Args:
        rule: of `load_rules`.
        answer: of one clause among those that must hold with it.
    """
    answers = [answer(c, rule.clauses) for c in rule.clauses]
    if rule.alternatives:
        ways = [all_of(answer(c, way.clauses) for c in way.clauses) for way in rule.alternatives]
        answers.append(any_of(ways))
    return all_of(answers)


def margin(clause: Clause, value: Any) -> float | None:
    """Signed distance to the nearest limit, in the unit of the quantity; negative on the side that fails."""
    if not isinstance(value, Fraction | int):
        return None
    match clause.op:
        case "<" | "<=":
            return float(clause.limit - value)
        case ">" | ">=":
            return float(value - clause.limit)
    return float(min(value - clause.limit[0], clause.limit[1] - value))


def comparison_text(clause: Clause, unit: str) -> str:
    """Comparison and limit for a reader: "< 70 mL"."""
    unit = f" {unit}" if unit else ""
    if clause.op == "between":
        return f"{number_text(clause.limit[0])} to {number_text(clause.limit[1])}{unit}"
    if clause.op in ("in", "not in"):
        return ("" if clause.op == "in" else "not ") + " or ".join(clause.limit)
    return f"{_SIGNS[clause.op]} {number_text(clause.limit)}{unit}"


def unconfirmed(rule: Rule, clauses: Sequence[ClauseResult]) -> tuple[Issue, ...]:
    """K01 where a limit, or the whole rule, was not checked against the publication."""
    open_ones = [c.words for c in clauses if c.unconfirmed]
    if not open_ones and rule.status == "verified":
        return ()
    found = "unconfirmed: " + "; ".join(open_ones or [rule.name])
    remedy = "compare with the publication before it enters a protocol or a report"
    return (Issue("K01", Level.WARN, found, f"limits as in {rule.source}", remedy, rule.name),)


def apply_rule(rule: Rule, case: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> RuleResult:
    """A rule whose quantities are all given.

    Args:
        rule: of `load_rules`.
        case: exact values by quantity: fractions, tuples of words, or `UNDEFINED`; absent where not known.
        names: words and unit by quantity.

    Returns:
        outcome with every clause; K01 where a limit is unconfirmed.
    """
    answer = outcome(rule, lambda clause, _: _answer(clause, case))
    results = tuple(_result(clause, case, names) for clause in rule.all_clauses)
    return RuleResult(rule.id, rule.version, rule.source, answer, results, issues=unconfirmed(rule, results))


def words_of(clause: Clause, names: Mapping[str, tuple[str, str]]) -> str:
    """A clause for a reader: "growth ≥ 6 mL"."""
    name, unit = names[clause.quantity]
    note = f" ({clause.note})" if clause.note else ""
    return f"{name} {comparison_text(clause, unit)}{note}"


def _answer(clause: Clause, case: Mapping[str, Any]) -> Answer:
    value = case.get(clause.quantity)
    if value is None:
        return Answer.UNKNOWN
    return Answer.PASS if value != UNDEFINED and holds(clause, value) else Answer.FAIL


def _result(clause: Clause, case: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> ClauseResult:
    value = case.get(clause.quantity)
    shown = value
    if isinstance(value, Fraction | int):
        shown = float(value)
    elif isinstance(value, tuple):
        shown = ", ".join(value)
    return ClauseResult(
        clause.quantity,
        words_of(clause, names),
        _answer(clause, case),
        shown,
        margin(clause, value),
        unconfirmed=not clause.confirmed,
        limit=comparison_text(clause, names[clause.quantity][1]),
    )
