"""Scores of a reader's answers to training cases, and whether they reach the criteria of the procedure's test.

Answers are signed readings; the truth of a synthetic patient is exact. A score that cannot be computed of these data is not met: too few
cases qualify nobody.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Issue, Level, TrialError, UsageError
from ..geometry import Geometry
from ..record.files import schema_errors
from ..statistics.bland_altman import limits_of_agreement
from ..statistics.icc import icc
from ..statistics.kappa import cohen_kappa
from ..statistics.masks import compare_masks
from ..statistics.repeatability import repeatability

FOLDER = Path(__file__).parent / "qualification"
SCHEMA = FOLDER / "qualification.schema.json"


@dataclass(frozen=True)
class Criterion:
    """One score that must be reached: not below `low`, or in absolute value not above `high`."""

    score: str
    unit: str
    source: str
    low: float | None = None
    high: float | None = None

    def is_met(self, value: float | None) -> bool:
        """False where there is no value."""
        if value is None:
            return False
        return value >= self.low if self.low is not None else abs(value) <= self.high


@dataclass(frozen=True)
class Tolerance:
    """How far a reading may be from the truth: the larger of `absolute` in the unit and `relative` of the truth."""

    absolute: float
    relative: float
    unit: str
    source: str

    def limit(self, truth: float) -> float:
        """How far from this truth a reading may be, in the unit."""
        return max(self.absolute, self.relative * abs(truth))

    def holds(self, value: float, truth: float) -> bool:
        """True where a value is as near to the truth as this."""
        return abs(value - truth) <= self.limit(truth)


@dataclass(frozen=True)
class ProcedureTest:
    """The test of a procedure; `qualification.schema.json` explains every field."""

    name: str
    procedure: str
    major: int
    task: str
    measure: str
    mask: str
    cases: int
    months: int
    wrong_proposals: int
    qualifies: bool
    classes: tuple[str, ...]
    tolerance: Tolerance | None
    criteria: tuple[Criterion, ...]

    def is_within(self, answer: "TrainingAnswer") -> bool:
        """True where a reading is right, or near enough to the truth; never without an answer."""
        if self.classes:
            return answer.value_class == answer.truth_class
        return answer.value is not None and self.tolerance.holds(answer.value, answer.truth)


@dataclass(frozen=True)
class TrainingAnswer:
    """A case with its truth and what the reader made of it.

    Args:
        item: pseudonym.
        source: synthetic patient behind it; the same one under two pseudonyms was read twice.
        truth: mL.
        value: mL; None where the reader gave no number.
        masks: truth and reading on one grid; None where one is not there.
        trap: what is wrong with the automatic proposal: false, missed or leaked; empty where it is right.
        truth_class, value_class: where a class is scored; empty where there is none.
    """

    item: str
    source: str
    truth: float
    value: float | None
    masks: tuple[np.ndarray, np.ndarray, Geometry] | None = None
    trap: str = ""
    truth_class: str = ""
    value_class: str = ""

    @property
    def is_given(self) -> bool:
        """True where the reader gave a number or a class."""
        return bool(self.value_class) if self.truth_class else self.value is not None


@dataclass(frozen=True)
class Score:
    """One score with its criterion; `value` is None where the data do not give it, and `why` says so."""

    criterion: Criterion
    value: float | None
    met: bool
    interval: tuple[float | None, float | None] = (None, None)
    why: str = ""


@dataclass(frozen=True)
class TestResult:
    """Outcome of one attempt.

    Args:
        scores: in the order of the criteria; a criterion that the case set does not ask for is left out.
        cases: number of cases.
        unanswered: pseudonyms of cases without a number.
    """

    scores: tuple[Score, ...]
    cases: int
    unanswered: tuple[str, ...] = ()
    enough: bool = True

    @property
    def share(self) -> float:
        """Share of the criteria that are met, 0 to 1."""
        return sum(score.met for score in self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def passed(self) -> bool:
        """Every criterion met, enough cases, and an answer to each of them."""
        return self.enough and not self.unanswered and bool(self.scores) and all(score.met for score in self.scores)


@dataclass
class _Found:
    """Value, interval and reason of every score."""

    values: dict[str, tuple[float | None, tuple[float | None, float | None], str]] = field(default_factory=dict)

    def add(self, name: str, make: Any) -> None:
        try:
            value, interval = make()
            self.values[name] = (value, interval, "")
        except UsageError as error:
            self.values[name] = (None, (None, None), error.issues[0].found)


def shipped_tests(folder: Path = FOLDER) -> dict[str, ProcedureTest]:
    """Tests that come with the library, by name.

    Raises:
        TrialError: W55, a file does not hold to its schema.
    """
    paths = (path for path in sorted(folder.glob("*.json")) if path != SCHEMA)
    return {test.name: test for test in map(read_test, paths)}


def shipped_tasks(folder: Path = FOLDER) -> dict[str, str]:
    """Tasks of the shipped tests by name, for a list: no package is needed that a fresh Slicer lacks."""
    known = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json")) if path != SCHEMA]
    return {one["name"]: one["task"] for one in known}


def read_test(path: Path) -> ProcedureTest:
    """The test in a file.

    Raises:
        TrialError: W55.
    """
    try:
        data = json.loads(path.read_bytes())
        wrong = schema_errors(data, SCHEMA)
    except (OSError, ValueError, RecursionError) as error:
        wrong = [type(error).__name__]
    if wrong:
        remedy = "restore the shipped file, or correct it"
        raise TrialError(Issue("W55", Level.STOP, f"{path.name}: {wrong[0]}", "a test", remedy, path.name))
    criteria = tuple(Criterion(**one) for one in data["criteria"])
    tolerance = Tolerance(**data["tolerance"]) if data["tolerance"] else None
    return ProcedureTest(**{**data, "criteria": criteria, "tolerance": tolerance, "classes": tuple(data["classes"])})


def score(test: ProcedureTest, answers: Sequence[TrainingAnswer]) -> TestResult:
    """Score one attempt.

    Args:
        test: of the procedure.
        answers: to all cases of the set.
    """
    given = [answer for answer in answers if answer.is_given]
    found = _Found()
    if test.classes:
        found.add("class_kappa", lambda: _classes(given, test.classes))
    else:
        _volumes(given, found)
    found.add("within", lambda: _share_within(test, answers))
    traps = [answer for answer in answers if answer.trap]
    if traps:
        found.add("traps", lambda: _share_within(test, traps))
    asked = [c for c in test.criteria if c.score in found.values]
    scores = tuple(_scored(criterion, *found.values[criterion.score]) for criterion in asked)
    unanswered = tuple(sorted(answer.item for answer in answers if not answer.is_given))
    return TestResult(scores, len(answers), unanswered, _enough(test, answers))


def _enough(test: ProcedureTest, answers: Sequence[TrainingAnswer]) -> bool:
    """Enough patients, and among them enough on whom the proposal is wrong."""
    wrong = {answer.source for answer in answers if answer.trap}
    return len({answer.source for answer in answers}) >= test.cases and len(wrong) >= test.wrong_proposals


def _volumes(given: Sequence[TrainingAnswer], found: _Found) -> None:
    truth, values = [a.truth for a in given], [a.value for a in given]
    found.add("bias", lambda: _estimate(limits_of_agreement(values, truth).bias))
    found.add("limit", lambda: _widest(values, truth))
    found.add("icc", lambda: _estimate(icc(list(zip(values, truth, strict=True)))["ICC(2,1)"]))
    found.add("kappa", lambda: _found_or_not(given))
    repeats = _repeats(given)
    if repeats:
        found.add("repeatability", lambda: (_repeatability(repeats), (None, None)))
    if any(answer.masks for answer in given):
        found.values |= _masks(given)


def _share_within(test: ProcedureTest, answers: Sequence[TrainingAnswer]) -> tuple[float, tuple[None, None]]:
    """Share of cases that are read rightly; one without an answer is not."""
    return sum(test.is_within(answer) for answer in answers) / len(answers), (None, None)


def _classes(
    given: Sequence[TrainingAnswer], classes: Sequence[str]
) -> tuple[float, tuple[float | None, float | None]]:
    """Kappa of ordered classes, reading against truth."""
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    for answer in given:
        counts[classes.index(answer.truth_class), classes.index(answer.value_class)] += 1
    return _estimate(cohen_kappa(counts.tolist(), weights="linear"))


def _scored(criterion: Criterion, value: float | None, interval: tuple, why: str) -> Score:
    return Score(criterion, value, criterion.is_met(value), interval, why)


def _estimate(estimate: Any) -> tuple[float, tuple[float | None, float | None]]:
    return estimate.value, (estimate.lower, estimate.upper)


def _widest(values: Sequence[float], truth: Sequence[float]) -> tuple[float, tuple[None, None]]:
    """The limit of agreement that lies farther from 0."""
    limits = limits_of_agreement(values, truth)
    return max((limits.lower.value, limits.upper.value), key=abs), (None, None)


def _found_or_not(answers: Sequence[TrainingAnswer]) -> tuple[float, tuple[float | None, float | None]]:
    """Kappa of "there is a lesion", reading against truth."""
    counts = np.zeros((2, 2), dtype=int)
    for answer in answers:
        counts[int(answer.truth > 0), int(answer.value > 0)] += 1
    return _estimate(cohen_kappa(counts.tolist()))


def _repeats(answers: Sequence[TrainingAnswer]) -> list[list[float]]:
    by_source: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        by_source[answer.source].append(answer.value)
    return [values for _, values in sorted(by_source.items()) if len(values) > 1]


def _repeatability(repeats: list[list[float]]) -> float:
    """Repeatability coefficient in mL."""
    return float(repeatability(repeats).rc.value)


def _masks(answers: Sequence[TrainingAnswer]) -> Mapping[str, tuple[float | None, tuple[None, None], str]]:
    """Median Dice and 95th percentile of surface distances over cases with a lesion; a missed one counts as 0 and as infinite."""
    dice, distance = [], []
    for answer in (a for a in answers if a.masks and a.truth > 0):
        agreement = compare_masks(*answer.masks)
        dice.append(agreement.dice or 0.0)
        distance.append(agreement.hd95_mm if agreement.hd95_mm is not None else np.inf)
    if not dice:
        return {}
    far = float(np.median(distance))
    return {
        "dice": (float(np.median(dice)), (None, None), ""),
        "hd95": (far, (None, None), "") if np.isfinite(far) else (None, (None, None), "lesions were missed"),
    }
