"""When two independent reads of one case differ so much that a third person decides: rules as data, each with its exact limit.

Numbers differ where |a - b| > max(absolute, relative x mean); two zeros never do, and beside one zero the absolute limit alone counts. A
number against none differs. Limits that are reached exactly are no difference.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, TrialError
from ..record.files import schema_errors

FOLDER = Path(__file__).parent / "discrepancies"
SCHEMA = FOLDER / "discrepancies.schema.json"
CLASSES = ("evaluability", "ecass", "heidelberg", "vessel_grade")
"""What is compared beside the measures of the catalog."""
Values = Mapping[str, float | str | None]


@dataclass(frozen=True)
class Discrepancy:
    """One rule over two reads.

    Args:
        rule: its id.
        measure: that it compares.
        first, second: values, None where a read gives none.
        exceeds: the reads differ by it.
        flip: found by one read alone; it is told where it exceeds nothing too.
    """

    rule: str
    measure: str
    first: float | str | None
    second: float | str | None
    exceeds: bool
    flip: bool = False


def shipped_rules() -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Rules that come with the library, by task.

    Raises:
        TrialError: W38, a file does not hold to its schema.
    """
    paths = (path for path in sorted(FOLDER.glob("*.json")) if path != SCHEMA)
    return dict(read_rules(path) for path in paths)


def read_rules(path: Path) -> tuple[str, tuple[Mapping[str, Any], ...]]:
    """Task and rules of a file.

    Raises:
        TrialError: W38.
    """
    try:
        data = json.loads(path.read_bytes())
        wrong = schema_errors(data, SCHEMA)
    except (OSError, ValueError, RecursionError) as error:
        wrong = [type(error).__name__]
    if not wrong and len({rule["id"] for rule in data["rules"]}) != len(data["rules"]):
        wrong = ["two rules of one id"]
    if wrong:
        remedy = "restore the shipped file, or correct it"
        raise TrialError(
            Issue("W38", Level.STOP, f"{path.name}: {wrong[0]}", "rules of a discrepancy", remedy, path.name)
        )
    return data["task"], tuple(data["rules"])


def discrepancies(rules: Sequence[Mapping[str, Any]], first: Values, second: Values) -> tuple[Discrepancy, ...]:
    """Every rule over two reads; a rule whose measure neither read gives is left out.

    Args:
        rules: of the task.
        first, second: values by measure.
    """
    found = (_compared(rule, first, second) for rule in rules)
    return tuple(one for one in found if one is not None)


def _compared(rule: Mapping[str, Any], first: Values, second: Values) -> Discrepancy | None:
    if rule["kind"] == "threshold":
        a, b = (_beyond(rule["any_of"], values) for values in (first, second))
        words = [None if one is None else "yes" if one else "no" for one in (a, b)]
        return None if a is None and b is None else Discrepancy(rule["id"], "", *words, a is not b, a is not b)
    name = rule["measure"]
    a, b = first.get(name), second.get(name)
    if a is None and b is None:
        return None
    if rule["kind"] == "differs":
        return Discrepancy(rule["id"], name, a, b, a != b)
    flip = a is None or b is None or (a == 0) is not (b == 0)
    exceeds = flip if rule["kind"] == "flip" else a is None or b is None or _differ(rule, float(a), float(b))
    return Discrepancy(rule["id"], name, a, b, exceeds, flip)


def _differ(rule: Mapping[str, Any], a: float, b: float) -> bool:
    """Whether two numbers differ by more than the larger limit; infinite ratios only from finite ones."""
    if a == b:
        return False
    relative = 0.0 if 0 in (a, b) else rule["relative"] * (a + b) / 2
    return not abs(a - b) <= max(rule["absolute"], relative)


def _beyond(limits: Sequence[Mapping[str, Any]], values: Values) -> bool | None:
    """Whether a read lies beyond one of the limits; None where it gives none of their measures."""
    known = [values[one["measure"]] > one["above"] for one in limits if values.get(one["measure"]) is not None]
    return any(known) if known else None
