"""Training and qualification of readers: cases with a known answer that nobody sees before the reading is signed.

Cases are items of a trial as any other, below `training/`. Their answers lie in one sealed file that only the study manager's passphrase
opens. Every attempt is kept, passed or not; a new attempt is a new set of cases.
"""

import base64
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Issue, Level, TrialError
from ..geometry import Geometry
from ..record.files import canonical_json, sha256_file, write_bytes
from ..sop.canonical import canonical_bytes
from .assignment import assign_item
from .item_file import TRAINING, read_item
from .keys import unlock
from .register import Qualification
from .sealed_file import read_sealed, write_sealed
from .signed_version import MANIFEST, OUTPUT, SIGNED
from .training_score import ProcedureTest, TestResult, TrainingAnswer, score, shipped_tests
from .trial_folder import TRAINING_ITEMS, Trial, manager_trail, new_pseudonym, require_manager, save_register

FORM = "strokequant training answers 1"
ANSWERS = "answers.sealed"
ATTEMPTS = "attempts"
ATTEMPTED = "test.taken"
_OFF_GRID = 0.1
"""Voxels by which a reading may lie beside the grid of the truth."""


@dataclass(frozen=True)
class TrainingTruth:
    """What is known of a case.

    Args:
        source: of the images; the same source under two pseudonyms was read twice.
        truth_ml: volume of what the procedure measures.
        mask: "shape", "affine_lps" and "bits" (base64 of packed voxels) of the true outline; empty where there is none.
        truth_class: true class, where a class is read.
        trap: what is wrong with the automatic proposal: false, missed or leaked; empty where it is right.
        proposal: what somebody signs who accepts every proposal: mL, or the class; None where it is not known.
        test: name of the test that it belongs to; that of its task where empty.
        secret: of the subject as hexadecimal digits, where a later examination may follow; empty for none.
        follows: pseudonym of the case of the earlier time point; empty for none.
    """

    source: str
    truth_ml: float
    mask: Mapping[str, Any]
    truth_class: str = ""
    trap: str = ""
    proposal: float | str | None = None
    test: str = ""
    secret: str = ""
    follows: str = ""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a test.

    Args:
        reader: register id.
        test: that was taken.
        result: scores and outcome.
        qualification: entry of the register.
        answers: by case, for the feedback after it.
        file: where the attempt is kept.
    """

    reader: str
    test: ProcedureTest
    result: TestResult
    qualification: Qualification
    answers: tuple[TrainingAnswer, ...]
    file: Path


def add_training_case(
    trial: Trial, images: Path, truth: TrainingTruth, *, reader: str, task: str, passphrase: str, now: datetime
) -> str:
    """De-identify the images of a case, assign them to a reader for training, and seal the answer.

    Args:
        trial: it belongs to.
        images: folder.
        truth: of it.
        reader: register id.
        task: such as infarct_core.
        passphrase: of the study manager.
        now: with its zone.

    Returns:
        The pseudonym.

    Raises:
        TrialError: as of `deidentify`, `assign_item` and `write_sealed`; no case is left behind then.
    """
    known = read_answers(trial, passphrase)

    def seal(name: str) -> None:
        _write_answers(trial, {**known, name: truth}, passphrase)

    return assign_case(trial, images, truth, reader=reader, task=task, now=now, keep=seal)


def assign_case(
    trial: Trial,
    images: Path,
    truth: TrainingTruth,
    *,
    reader: str,
    task: str,
    now: datetime,
    keep: Callable[[str], None],
) -> str:
    """De-identify the images of a case, assign them to a reader for training, and keep the answer.

    Args:
        trial, images, truth, reader, task, now: as of `add_training_case`.
        keep: gets the pseudonym, and writes the answer.

    Returns:
        The pseudonym.

    Raises:
        TrialError: as of `deidentify`, `assign_item` and `keep`; no case is left behind then.
    """
    from ..deidentify.intake import deidentify

    name = new_pseudonym(trial)
    folder = trial.folder / TRAINING_ITEMS / name
    folder.mkdir(parents=True)
    try:
        deidentify(images, folder, pseudonym=name, secret=bytes.fromhex(truth.secret) or None)
        assign_item(trial, name, task=task, reader=reader, model=TRAINING, now=now, prior=truth.follows)
        keep(name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return name


def read_answers(trial: Trial, passphrase: str) -> dict[str, TrainingTruth]:
    """Truth by pseudonym; empty where no case was made.

    Raises:
        TrialError: W27, the passphrase does not open it.
    """
    path = trial.folder / TRAINING_ITEMS / ANSWERS
    if not path.exists():
        return {}
    plain = json.loads(read_sealed(path, passphrase, form=FORM))
    return {name: TrainingTruth(**truth) for name, truth in plain.items()}


def take_test(
    trial: Trial,
    *,
    reader: str,
    task: str,
    key: Path,
    passphrase: str,
    now: datetime,
    test: ProcedureTest | None = None,
) -> Attempt:
    """Score the signed training cases of a reader that belong to no earlier attempt, and keep the attempt with the truth of its cases.

    A test that qualifies is entered in the register, passed or not.

    Args:
        trial: as it is on the disk.
        reader: register id.
        task: name of the test: infarct_core, ich_growth.
        key, passphrase: of the study manager.
        now: with its zone.
        test: None for the shipped one.

    Raises:
        TrialError: W55, no cases, cases that are not signed, or no test of this task; W27, key or passphrase.
        RecordError: O01.
    """
    test = test or named_test(task)
    truths = read_answers(trial, passphrase)
    items = _new_items(trial, reader, test, truths)
    answers = tuple(signed_answer(trial, name, truths[name], test) for name in items)
    result = score(test, answers)
    today = now.date()
    entry = Qualification(
        test.procedure, test.major, today, expiry(today, test.months), round(result.share, 4), result.passed
    )
    require_manager(trial, unlock(key, passphrase))
    file = _keep(trial, reader, test, result, entry, answers)
    kept = {"file": file.name, "sha256": sha256_file(file), "test": test.name, "passed": result.passed}
    manager_trail(trial.folder, trial.charter.manager.id).append(ATTEMPTED, utc=now, new={"reader": reader, **kept})
    if test.qualifies:
        register = trial.register.with_qualification(reader, entry)
        save_register(trial, register, key=key, passphrase=passphrase, now=now, event="reader.qualified")
    return Attempt(reader, test, result, entry, answers, file)


def feedback(trial: Trial, item: str, passphrase: str) -> tuple[float, float | None]:
    """Truth and reading of a case in mL, once the reading is signed.

    Raises:
        TrialError: W55, it is not signed, or it is no training case.
    """
    file, _ = read_item(trial.item_folder(item))
    truth = read_answers(trial, passphrase).get(item)
    if truth is None or signed_folder(trial, item) is None:
        found = "no training case" if truth is None else "the reading is not signed"
        remedy = "sign the reading first"
        raise TrialError(Issue("W55", Level.STOP, found, "a signed training case", remedy, item))
    answer = signed_answer(trial, item, truth, named_test(truth.test or file.task))
    return answer.truth, answer.value


def expiry(day: date, months: int) -> date:
    """Last day of some months that begin on a day."""
    year, month = divmod(day.month - 1 + months, 12)
    same = day.replace(year=day.year + year, month=month + 1, day=min(day.day, 28))
    return same + timedelta(days=max(0, day.day - 28) - 1)


def named_test(name: str) -> ProcedureTest:
    """The shipped test of a name.

    Raises:
        TrialError: W55, there is none.
    """
    tests = shipped_tests()
    if name not in tests:
        known = ", ".join(sorted(tests))
        raise TrialError(Issue("W55", Level.STOP, f"no test of {name}", f"one of {known}", "name a test", name))
    return tests[name]


def _new_items(trial: Trial, reader: str, test: ProcedureTest, truths: Mapping[str, TrainingTruth]) -> tuple[str, ...]:
    """Training cases of a reader that belong to the test and to no attempt; all of them signed."""
    used = {name for path in _attempts(trial, reader) for name in json.loads(path.read_bytes())["items"]}
    found = []
    for name in sorted(set(truths) - used):
        file, _ = read_item(trial.item_folder(name))
        own = file.reader == reader and file.model == TRAINING
        if own and file.task == test.task and (truths[name].test or file.task) == test.name:
            found.append(name)
    open_ones = [name for name in found if signed_folder(trial, name) is None]
    if not found or open_ones:
        words = f"{len(open_ones)} of {len(found)} cases are not signed" if found else "no new training cases"
        remedy = "let the reader sign them" if found else "make a new set of cases"
        raise TrialError(Issue("W55", Level.STOP, words, "signed training cases", remedy, reader))
    return tuple(found)


def signed_folder(trial: Trial, item: str) -> Path | None:
    """Folder of the newest signed version; None where there is none."""
    folder = trial.item_folder(item) / SIGNED
    found = [path for path in folder.glob("v*") if re.fullmatch(r"v\d+", path.name) and (path / MANIFEST).is_file()]
    return max(found, key=lambda path: int(path.name[1:]), default=None)


def signed_answer(trial: Trial, item: str, truth: TrainingTruth, test: ProcedureTest) -> TrainingAnswer:
    """What a reader signed, beside the truth."""
    records = sorted((signed_folder(trial, item) / OUTPUT).rglob("record.json"))
    data = json.loads(records[0].read_bytes()) if len(records) == 1 else {"measurements": [], "masks": []}
    value = next((m["value"] for m in data["measurements"] if m["id"] == test.measure), None)
    given = _class_of(data) if test.classes else ""
    masks = (
        _masks(data, records[0].parent, truth, test.mask) if test.mask and truth.mask and value is not None else None
    )
    return TrainingAnswer(item, truth.source, truth.truth_ml, value, masks, truth.trap, truth.truth_class, given)


def _class_of(data: Mapping[str, Any]) -> str:
    """ECASS class that a reader signed; empty for none."""
    found = (data.get("forms") or {}).get("transformation") or {}
    return found.get("ecass") or ""


def _masks(
    data: Mapping[str, Any], folder: Path, truth: TrainingTruth, name: str
) -> tuple[np.ndarray, np.ndarray, Geometry]:
    """True outline, and that of the reader on its grid; a voxel beside the grid is left out, which the overlap then shows."""
    import SimpleITK as sitk

    true, geometry = unpacked(truth.mask)
    drawn = np.zeros_like(true)
    entry = next((mask for mask in data["masks"] if mask["structure"] == name and mask["file"]), None)
    if entry is not None:
        inside = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / entry["file"]))) != 0
        grid = data["grids"][entry["grid"]]
        drawn = on_grid(inside, np.array(grid["affine_lps"], dtype=float), geometry)
    return true, drawn, geometry


def on_grid(inside: np.ndarray, affine: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Voxels of one grid on another of the same voxels, whatever the order of its axes."""
    drawn = np.zeros(geometry.shape, dtype=bool)
    kji = np.argwhere(inside)
    if not len(kji):
        return drawn
    points = np.c_[kji[:, ::-1], np.ones(len(kji))] @ affine.T
    exact = (points @ np.linalg.inv(geometry.affine).T)[:, [2, 1, 0]]
    whole = np.rint(exact).astype(int)
    fits = (np.abs(exact - whole) < _OFF_GRID).all(axis=1) & ((whole >= 0) & (whole < geometry.shape)).all(axis=1)
    drawn[tuple(whole[fits].T)] = True
    return drawn


def packed(mask: np.ndarray, geometry: Geometry) -> dict[str, Any]:
    """A true outline as plain data, for the sealed answers."""
    bits = base64.b64encode(np.packbits(mask).tobytes()).decode("ascii")
    return {"shape": list(mask.shape), "affine_lps": [[float(v) for v in row] for row in geometry.affine], "bits": bits}


def unpacked(plain: Mapping[str, Any]) -> tuple[np.ndarray, Geometry]:
    """(k, j, i) true outline and its grid, from what `packed` gave."""
    shape = tuple(plain["shape"])
    bits = np.unpackbits(np.frombuffer(base64.b64decode(plain["bits"]), np.uint8), count=int(np.prod(shape)))
    return bits.reshape(shape).astype(bool), Geometry.from_affine(np.array(plain["affine_lps"]), shape)


def _write_answers(trial: Trial, answers: Mapping[str, TrainingTruth], passphrase: str) -> None:
    plain = canonical_bytes({name: plain_truth(truth) for name, truth in sorted(answers.items())})
    write_sealed(trial.folder / TRAINING_ITEMS / ANSWERS, plain, passphrase, form=FORM)


def plain_truth(truth: TrainingTruth) -> dict[str, Any]:
    """A truth as plain data."""
    return {**asdict(truth), "mask": dict(truth.mask)}


def _feedback(test: ProcedureTest, answer: TrainingAnswer) -> dict[str, Any]:
    """What a reader is told of a case after the test."""
    return {
        "item": answer.item,
        "truth": answer.truth_class or round(answer.truth, 3),
        "value": (answer.value_class or None) if test.classes else answer.value,
        "trap": answer.trap,
        "within": test.is_within(answer),
    }


def _attempts(trial: Trial, reader: str) -> Sequence[Path]:
    return sorted((trial.folder / TRAINING_ITEMS / ATTEMPTS).glob(f"{reader}-*.json"))


def _keep(
    trial: Trial,
    reader: str,
    test: ProcedureTest,
    result: TestResult,
    entry: Qualification,
    answers: Sequence[TrainingAnswer],
) -> Path:
    """Write the attempt, with the truth of its cases, which are read by now; none is ever replaced."""
    number = len(_attempts(trial, reader)) + 1
    path = trial.folder / TRAINING_ITEMS / ATTEMPTS / f"{reader}-{number:03d}.json"
    data = {
        "format": "strokequant attempt 1",
        "reader": reader,
        "procedure": f"{test.procedure}, major version {test.major}",
        "date": entry.date.isoformat(),
        "expires": entry.expires.isoformat(),
        "passed": result.passed,
        "score": entry.score,
        "cases": result.cases,
        "unanswered": list(result.unanswered),
        "test": test.name,
        "items": [answer.item for answer in answers],
        "answers": [_feedback(test, answer) for answer in answers],
        "scores": [
            {
                "score": one.criterion.score,
                "value": None if one.value is None else round(one.value, 6),
                "low": one.criterion.low,
                "high": one.criterion.high,
                "unit": one.criterion.unit,
                "met": one.met,
                "why": one.why,
            }
            for one in result.scores
        ],
    }
    write_bytes(path, canonical_json(data))
    return path
