"""One clause of a rule, decided exactly: a fraction against a fraction, words against words; what is not known stays unknown."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from ..perfusion_types import Answer
from .rules import Clause, Rule, number_text

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
