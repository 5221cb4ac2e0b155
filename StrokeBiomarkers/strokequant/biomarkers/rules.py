"""Trial rules as data: one JSON file each in the folder `criteria`, held to `criteria.schema.json`.

A rule has clauses that must all hold, and may have alternatives of which one must hold (DAWN A, B or C). Limits are exact fractions:
0.30 in a file is 3/10 and never the nearest binary number. Every clause says whether its limit was checked against the publication.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError

FOLDER = Path(__file__).resolve().parents[1] / "criteria"
SCHEMA = "criteria.schema.json"

Limit = Fraction | tuple[Fraction, Fraction] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition.

    Args:
        quantity: id of what is asked, such as "core_ml".
        op: "<", "<=", ">", ">=", "between" (both ends included), "in" or "not in".
        limit: fraction, pair of fractions, or the words of "in" and "not in".
        confirmed: False where the limit was not checked against the publication.
        note: what a reader must know about the limit.
    """

    quantity: str
    op: str
    limit: Limit
    confirmed: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Clauses that must all hold, as one of several ways to meet a rule."""

    name: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a trial called a lesion: map, comparison, limit; a map alone where the trial drew it by eye."""

    map: str
    op: str = ""
    limit: Fraction | None = None
    unit: str = ""

    def __str__(self) -> str:
        limit = "" if self.limit is None else f" {self.op} {number_text(self.limit)}"
        unit = f" {self.unit}" if self.unit not in ("", "1") else ""
        return f"{self.map}{limit}{unit}"


@dataclass(frozen=True)
class Rule:
    """The criteria of one trial.

    Args:
        id, name, version, source: identity and citation; `status` is "verified" or "unconfirmed".
        clauses: must all hold.
        alternatives: one must hold; empty where there is none.
        lesions: definition of "hypo_ml" and "severe_ml".
        core: definition of the core by modality, "CT" or "MR".
        software: of the trial, empty where it did not fix one.
    """

    id: str
    name: str
    version: str
    source: str
    status: str
    clauses: tuple[Clause, ...]
    alternatives: tuple[Alternative, ...] = ()
    lesions: Mapping[str, Definition] = field(default_factory=dict)
    core: Mapping[str, Definition] = field(default_factory=dict)
    software: str = ""
    note: str = ""

    @property
    def all_clauses(self) -> tuple[Clause, ...]:
        """Clauses of the rule, then of its alternatives."""
        return (*self.clauses, *(clause for way in self.alternatives for clause in way.clauses))


def number_text(value: Fraction) -> str:
    """A limit as people write it: 70, 1.8, 1/3."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return f"{float(value):g}" if denominator == 1 else f"{value.numerator}/{value.denominator}"


def load_rules(folder: Path = FOLDER) -> tuple[Rule, ...]:
    """All rules of a folder, in the order of their file names.

    Raises:
        UsageError: K05, a file that is no JSON, does not hold to the schema or repeats the id of another.
    """
    schema = json.loads((FOLDER / SCHEMA).read_text(encoding="utf-8"))
    rules: dict[str, Rule] = {}
    for path in sorted(Path(folder).glob("*.json")):
        if path.name == SCHEMA:
            continue
        rule = _rule(_checked(path, schema))
        if rule.id in rules:
            raise _refused(path, f"a second rule {rule.id}", "one file for each rule")
        rules[rule.id] = rule
    if not rules:
        raise _refused(Path(folder), "no rule files", "at least one rule as JSON")
    return tuple(rules.values())


def _checked(path: Path, schema: dict) -> dict:
    """Content of a rule file, with its numbers as decimals."""
    from jsonschema import Draft202012Validator

    try:
        text = path.read_text(encoding="utf-8")
        errors = sorted(
            f"{e.json_path}: {e.message[:200]}" for e in Draft202012Validator(schema).iter_errors(json.loads(text))
        )
    except (OSError, ValueError) as error:
        raise _refused(path, str(error), "a readable JSON file in UTF-8") from error
    if errors:
        raise _refused(path, "; ".join(errors[:3]), f"data that hold to {SCHEMA}")
    return json.loads(text, parse_float=Decimal)


def _rule(data: Mapping[str, Any]) -> Rule:
    lesion = data["lesion"]
    return Rule(
        id=data["id"],
        name=data["name"],
        version=data["version"],
        source=data["source"],
        status=data["status"],
        clauses=tuple(_clause(c) for c in data["all"]),
        alternatives=tuple(Alternative(a["name"], tuple(_clause(c) for c in a["all"])) for a in data.get("any", ())),
        lesions={q: _definition(lesion[q]) for q in ("hypo_ml", "severe_ml") if q in lesion},
        core={modality: _definition(d) for modality, d in lesion.get("core_ml", {}).items()},
        software=data.get("software", ""),
        note=data.get("note", ""),
    )


def _clause(data: Mapping[str, Any]) -> Clause:
    value, op = data["value"], data["op"]
    if op in ("in", "not in"):
        limit = tuple(value)
    elif op == "between":
        limit = (Fraction(value[0]), Fraction(value[1]))
    else:
        limit = Fraction(value)
    return Clause(data["q"], op, limit, data["status"] == "verified", data.get("note", ""))


def _definition(data: Mapping[str, Any]) -> Definition:
    limit = Fraction(data["value"]) if "value" in data else None
    return Definition(data["map"], data.get("op", ""), limit, data.get("unit", ""))


def _refused(path: Path, found: str, expected: str) -> UsageError:
    return UsageError(Issue("K05", Level.STOP, found, expected, "correct the rule file", path.name))
