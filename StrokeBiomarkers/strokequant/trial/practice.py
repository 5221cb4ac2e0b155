"""Practice cases: training cases whose answer lies open, and is shown as soon as the reading is signed. They qualify for nothing.

The answer of a case is a file below `training/practice/`, beside the items and not in them, so that an item is checked as any other. It is
not among the sealed answers, from which alone a test is scored.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..biomarkers.catalog import MEASURES
from ..errors import Issue, Level, TrialError
from ..record.files import canonical_json, write_bytes
from ..synthetic.training_plan import TRAPS, Outline
from .certificate import score_line
from .item_file import read_item
from .training import TrainingTruth, assign_case, named_test, plain_truth, signed_answer, signed_folder, unpacked
from .training_score import ProcedureTest, Score, TrainingAnswer, score
from .trial_folder import TRAINING_ITEMS, Trial

PRACTICE = "practice"
FORM = "strokequant practice 1"
NOTE = "Practice: this answer lies open. The case is not for qualification."
_OUTLINES = {"dice": (("Dice", "Dice"), 1.0), "hd95": (("95th percentile distance", "95백분위 거리"), 0.0)}
"""Scores that a single outline has, with their names and the value of a reading that is the truth."""


@dataclass(frozen=True)
class PracticeRow:
    """One quantity of a case.

    Args:
        name: in English and Korean.
        expected, read: with their units; read is empty without an answer.
        difference: read less expected; empty where there is none.
        limit: how far it may be off.
        is_met: within the limit.
    """

    name: tuple[str, str]
    expected: str
    read: str
    difference: str
    limit: str
    is_met: bool


@dataclass(frozen=True)
class PracticeResult:
    """What was expected of a practice case, and what was signed.

    Args:
        rows: quantities.
        trap: what is wrong with the automatic proposal: false, missed or leaked; empty where it is right.
        outline: true (k, j, i) voxels and their grid; None where the truth has none.
    """

    rows: tuple[PracticeRow, ...]
    trap: str
    outline: Outline | None

    @property
    def passed(self) -> bool:
        """Every quantity is within its limit."""
        return all(row.is_met for row in self.rows)


def add_practice_case(
    trial: Trial, images: Path, truth: TrainingTruth, *, reader: str, task: str, now: datetime
) -> str:
    """De-identify the images of a case, assign them to a reader for training, and keep the answer openly.

    Args:
        trial, images, truth, reader, task, now: as of `add_training_case`.

    Returns:
        The pseudonym.

    Raises:
        TrialError: as of `assign_case`; no case is left behind then.
    """
    plain = {"format": FORM, "note": NOTE, **plain_truth(replace(truth, secret=""))}

    def keep(name: str) -> None:
        path = _path(trial, name)
        path.parent.mkdir(exist_ok=True)
        write_bytes(path, canonical_json(plain))

    return assign_case(trial, images, truth, reader=reader, task=task, now=now, keep=keep)


def is_practice(trial: Trial, item: str) -> bool:
    """True where the answer of a case lies open."""
    return _path(trial, item).is_file()


def practice_result(trial: Trial, item: str) -> PracticeResult:
    """Compare the signed reading of a practice case with its answer.

    Raises:
        TrialError: W55, it is no practice case, it is not signed, or its answer cannot be read.
    """
    if signed_folder(trial, item) is None:
        raise _unusable("the reading is not signed", "sign the reading first", item)
    (truth, outline), (file, _) = _read(trial, item), read_item(trial.item_folder(item))
    test = named_test(truth.test or file.task)
    answer = signed_answer(trial, item, truth, test)
    return PracticeResult((_main_row(test, answer), *_outline_rows(test, answer)), truth.trap, outline)


def _main_row(test: ProcedureTest, answer: TrainingAnswer) -> PracticeRow:
    """Class, or volume."""
    is_met = test.is_within(answer)
    if test.classes:
        return PracticeRow(("Class", "등급"), answer.truth_class, answer.value_class, "", answer.truth_class, is_met)
    name, unit = MEASURES[test.measure].name, MEASURES[test.measure].unit_text
    read = difference = ""
    if answer.value is not None:
        read, difference = f"{answer.value:.1f} {unit}", f"{answer.value - answer.truth:+.1f} {unit}"
    limit = f"± {test.tolerance.limit(answer.truth):.1f} {unit}"
    return PracticeRow((name, name), f"{answer.truth:.1f} {unit}", read, difference, limit, is_met)


def _outline_rows(test: ProcedureTest, answer: TrainingAnswer) -> list[PracticeRow]:
    """Overlap and distance, as the test scores them; its limits are those of the median of all cases."""
    return [_outline_row(one) for one in score(test, (answer,)).scores if one.criterion.score in _OUTLINES]


def _outline_row(one: Score) -> PracticeRow:
    name, perfect = _OUTLINES[one.criterion.score]
    unit = "" if one.criterion.unit == "1" else f" {one.criterion.unit}"
    value, limit = score_line(one)
    difference = "" if one.value is None else f"{one.value - perfect:+.3g}{unit}"
    return PracticeRow(name, f"{perfect:g}{unit}", value, difference, limit, one.met)


def _read(trial: Trial, item: str) -> tuple[TrainingTruth, Outline | None]:
    """An answer, and its outline."""
    try:
        plain = json.loads(_path(trial, item).read_bytes())
        if plain.pop("format") != FORM or plain.pop("note") != NOTE or plain["trap"] not in ("", *TRAPS):
            raise ValueError
        truth = TrainingTruth(**{**plain, "truth_ml": float(plain["truth_ml"])})
        return truth, unpacked(truth.mask) if truth.mask else None
    except FileNotFoundError as error:
        raise _unusable("no practice case", "score it with a test", item) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _unusable("the answer cannot be read", "restore the file, or make a new case", item) from error


def _path(trial: Trial, item: str) -> Path:
    return trial.folder / TRAINING_ITEMS / PRACTICE / f"{item}.json"


def _unusable(found: str, remedy: str, item: str) -> TrialError:
    return TrialError(Issue("W55", Level.STOP, found, "a signed practice case", remedy, item))
