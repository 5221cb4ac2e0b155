"""How far readers agree with each other and with themselves: from signed reads alone, for the study manager.

Between readers: R1 against R2. Within a reader: a read against its repeat. With the adjudicator: whose number was nearer. Intervals come
from `statistics`; what too few reads do not give is left out, with the reason.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UsageError
from ..geometry import Geometry
from ..statistics.bland_altman import limits_of_agreement
from ..statistics.icc import icc
from ..statistics.kappa import cohen_kappa
from ..statistics.masks import compare_masks
from ..statistics.repeatability import repeatability
from .adjudication import Outcome, Verdict, rules_of
from .reads import FIRST, SECOND, THIRD, Case, Read
from .trial_folder import Trial

MASKS: Mapping[str, str] = {
    "infarct_core": "infarct_core",
    "final_infarct": "final_infarct",
    "ich_volume": "ich",
    "mismatch": "hypoperfusion_6s",
}
"""Outline that is compared, by task."""


@dataclass(frozen=True)
class Statistic:
    """One number of a report.

    Args:
        name: such as "bias" or "ICC(2,1)".
        value: None where it cannot be told.
        lower, upper: of its interval; None where there is none.
        unit: UCUM; "1" for none.
        n: cases.
        why: reason where there is no value.
    """

    name: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    unit: str = "1"
    n: int = 0
    why: str = ""


@dataclass(frozen=True)
class Agreement:
    """Agreement of one task.

    Args:
        task: that is read.
        measure: that is compared; empty where only classes are.
        between: R1 against R2.
        within: a reader against itself, by register id.
        outcomes: number of cases by outcome.
        adjudicated: cases in which the adjudicator was nearer to, or of the class of, each reader.
        pairs: one row for every case of which both reads are signed, for a table.
    """

    task: str
    measure: str
    between: tuple[Statistic, ...]
    within: Mapping[str, tuple[Statistic, ...]] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    adjudicated: Mapping[str, int] = field(default_factory=dict)
    pairs: tuple[dict[str, Any], ...] = ()


def agreement(trial: Trial, found: Sequence[Verdict]) -> tuple[Agreement, ...]:
    """Agreement by task.

    Args:
        trial: with the rules of its charter.
        found: from `adjudication.verdicts`.
    """
    tasks = sorted({one.case.task for one in found})
    return tuple(_of_task(trial, task, [one for one in found if one.case.task == task]) for task in tasks)


def agreement_to_data(found: Sequence[Agreement]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [
        {
            "task": one.task,
            "measure": one.measure,
            "outcomes": dict(one.outcomes),
            "adjudicated": dict(one.adjudicated),
            "between": [vars(statistic) for statistic in one.between],
            "within": {reader: [vars(s) for s in statistics] for reader, statistics in one.within.items()},
            "pairs": list(one.pairs),
        }
        for one in found
    ]


def agreement_text(found: Sequence[Agreement]) -> str:
    """The same for a terminal."""
    lines = []
    for one in found:
        counts = ", ".join(f"{count} {name}" for name, count in one.outcomes.items())
        lines.append(f"{one.task} ({one.measure or 'classes'}): {counts}")
        lines += [f"    R1 and R2: {_words(statistic)}" for statistic in one.between]
        lines += [f"    {who} with itself: {_words(s)}" for who, found_of in one.within.items() for s in found_of]
        lines += [f"    adjudicator with {who}: {count}" for who, count in one.adjudicated.items()]
    return "\n".join(lines) or "no reads"


def _words(one: Statistic) -> str:
    if one.value is None:
        return f"{one.name}: none ({one.why})"
    interval = f" ({one.lower:.3g} to {one.upper:.3g})" if one.lower is not None and one.upper is not None else ""
    unit = "" if one.unit == "1" else f" {one.unit}"
    return f"{one.name} {one.value:.4g}{interval}{unit}, n = {one.n}"


def _of_task(trial: Trial, task: str, found: Sequence[Verdict]) -> Agreement:
    rule = next((rule for rule in rules_of(trial, task) if rule["kind"] == "difference"), None)
    measure, unit = (rule["measure"], rule["unit"]) if rule is not None else ("", "1")
    pairs = [one.case for one in found if one.case.both_signed]
    outcomes = {str(outcome): sum(one.outcome is outcome for one in found) for outcome in Outcome}
    return Agreement(
        task,
        measure,
        _between(task, pairs, measure, unit),
        _within([one.case for one in found], measure, unit),
        {name: count for name, count in outcomes.items() if count},
        _nearer(found, measure),
        tuple(_row(one, measure) for one in found if one.case.both_signed),
    )


def _between(task: str, cases: Sequence[Case], measure: str, unit: str) -> tuple[Statistic, ...]:
    both = [(case.read(FIRST), case.read(SECOND)) for case in cases]
    numbers = [pair for a, b in both if (pair := _numbers(a, b, measure)) is not None]
    statistics = _volumes(numbers, unit) if measure else []
    classes = [name for name in ("ecass", "vessel_grade", "evaluability") if _is_said(both, name)]
    statistics += [_kappa(both, name) for name in classes]
    dice = [value for a, b in both if (value := _dice(a, b, MASKS.get(task, ""))) is not None]
    if dice:
        statistics.append(Statistic("Dice, median", float(np.median(dice)), n=len(dice)))
    return tuple(statistics)


def _volumes(numbers: Sequence[tuple[float, float]], unit: str) -> list[Statistic]:
    first, second = [a for a, _ in numbers], [b for _, b in numbers]
    n = len(numbers)
    return [
        _statistic("bias, R1 less R2", lambda: limits_of_agreement(first, second).bias, unit, n),
        _statistic("lower limit of agreement", lambda: limits_of_agreement(first, second).lower, unit, n),
        _statistic("upper limit of agreement", lambda: limits_of_agreement(first, second).upper, unit, n),
        _statistic("ICC(2,1)", lambda: icc(numbers)["ICC(2,1)"], "1", n),
    ]


def _within(cases: Sequence[Case], measure: str, unit: str) -> dict[str, tuple[Statistic, ...]]:
    """Repeatability of every reader who has read a case twice."""
    repeats: dict[str, list[tuple[float, float]]] = {}
    for case in cases:
        for again in (one for one in case.repeats if one.signed is not None):
            before = next((one for one in case.reads if one.reader == again.reader and one is not again), None)
            pair = _numbers(before, again, measure) if before is not None else None
            if pair is not None:
                repeats.setdefault(again.reader, []).append(pair)
    return {
        reader: (
            _statistic("repeatability coefficient", lambda rows=rows: repeatability(rows).rc, unit, len(rows)),
            _statistic("within-case SD", lambda rows=rows: repeatability(rows).wsd, unit, len(rows)),
        )
        for reader, rows in sorted(repeats.items())
    }


def _nearer(found: Sequence[Verdict], measure: str) -> dict[str, int]:
    """How often the adjudicator was nearer to each reader; a number as near to both counts for both."""
    counts: dict[str, int] = {}
    for one in (v for v in found if v.outcome is Outcome.ADJUDICATED and v.case.both_signed):
        third = one.case.read(THIRD)
        apart = {read.reader: _apart(read, third, measure) for read in (one.case.read(FIRST), one.case.read(SECOND))}
        known = {reader: value for reader, value in apart.items() if value is not None}
        for reader, value in known.items():
            counts[reader] = counts.get(reader, 0) + int(value == min(known.values()))
    return dict(sorted(counts.items()))


def _apart(read: Read, third: Read | None, measure: str) -> float | None:
    if third is None:
        return None
    if measure:
        pair = _numbers(read, third, measure)
        return None if pair is None else abs(pair[0] - pair[1])
    classes = [name for name in ("ecass", "vessel_grade") if third.values.get(name) is not None]
    return float(sum(read.values.get(name) != third.values[name] for name in classes)) if classes else None


def _row(one: Verdict, measure: str) -> dict[str, Any]:
    case = one.case
    first, second, third = (case.read(model) for model in (FIRST, SECOND, THIRD))
    return {
        "subject": case.subject,
        "visit": case.visit,
        "task": case.task,
        "reader_1": first.reader,
        "reader_2": second.reader,
        "value_1": first.values.get(measure) if measure else _class(first),
        "value_2": second.values.get(measure) if measure else _class(second),
        "outcome": str(one.outcome),
        "exceeded": ";".join(one.exceeded),
        "adjudicator": third.reader if third is not None else "",
        "accepted": (one.accepted or {}).get(measure) if measure else _class_of(one.accepted or {}),
        "how": one.how,
    }


def _class(read: Read) -> Any:
    return _class_of(read.values)


def _class_of(values: Mapping[str, Any]) -> Any:
    return next((values[name] for name in ("ecass", "vessel_grade") if values.get(name) is not None), None)


def _numbers(first: Read, second: Read, measure: str) -> tuple[float, float] | None:
    """Numbers of both reads; None where one gives none, or an infinite one."""
    a, b = first.values.get(measure), second.values.get(measure)
    whole = all(isinstance(value, int | float) and np.isfinite(value) for value in (a, b))
    return (float(a), float(b)) if whole else None


def _is_said(both: Sequence[tuple[Read, Read]], name: str) -> bool:
    return any(a.values.get(name) is not None or b.values.get(name) is not None for a, b in both)


def _kappa(both: Sequence[tuple[Read, Read]], name: str) -> Statistic:
    said = [(a.values.get(name) or "none given", b.values.get(name) or "none given") for a, b in both]
    words = sorted({word for pair in said for word in pair})
    counts = np.zeros((len(words), len(words)), dtype=int)
    for a, b in said:
        counts[words.index(a), words.index(b)] += 1
    return _statistic(f"kappa of {name}", lambda: cohen_kappa(counts.tolist()), "1", len(said))


def _statistic(name: str, make: Callable[[], Any], unit: str, n: int) -> Statistic:
    try:
        found = make()
    except UsageError as error:
        return Statistic(name, None, unit=unit, n=n, why=error.issues[0].found)
    if isinstance(found, float):
        return Statistic(name, found, unit=unit, n=n)
    return Statistic(name, found.value, found.lower, found.upper, unit, n)


def _dice(first: Read, second: Read, structure: str) -> float | None:
    """Overlap of two outlines on grids of the same shape; None where one is missing, or both are empty."""
    masks = [_mask(read, structure) for read in (first, second)]
    if any(mask is None for mask in masks) or masks[0][0].shape != masks[1][0].shape:
        return None
    (a, geometry), (b, _) = masks
    return compare_masks(a, b, geometry).dice


def _mask(read: Read, structure: str) -> tuple[np.ndarray, Geometry] | None:
    import SimpleITK as sitk

    data = json.loads(read.record.read_bytes())
    entry = next((m for m in data.get("masks", ()) if m.get("name") == structure and m.get("file")), None)
    if entry is None:
        return None
    inside = sitk.GetArrayFromImage(sitk.ReadImage(str(read.record.parent / entry["file"]))) != 0
    affine = np.array(data["grids"][entry["grid"]]["affine_lps"], dtype=float)
    return inside, Geometry.from_affine(affine, inside.shape)
