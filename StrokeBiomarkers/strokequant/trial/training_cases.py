"""Training cases of synthetic patients for every task that has a number or a class, half of them with a wrong automatic proposal.

What somebody would sign who accepts every proposal is measured when a case is made: a trap that the program does not fall into, and a plain
case that it does not read, are drawn anew.
"""

import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..batch.case import Part, measure_case
from ..batch.discover import discover_cases
from ..dicomio.scan import scan
from ..errors import Issue, Level, TrialError
from ..synthetic.training_plan import TrainingPatient
from .item_file import read_item
from .practice import add_practice_case
from .register import unknown_reader
from .training import TrainingTruth, add_training_case, packed, read_answers, signed_folder
from .training_score import ProcedureTest, TrainingAnswer, shipped_tests
from .trial_config import TrialConfig
from .trial_folder import Trial

GROWTH = "ich_growth"
Draw = Callable[..., TrainingPatient]


@dataclass(frozen=True)
class _Kind:
    """How the patients of a task are drawn, and what of a case is proposed."""

    draw: Draw
    part: Part
    proposed: str


def training_tasks() -> tuple[str, ...]:
    """Tasks that there are synthetic cases of."""
    return tuple(sorted(_kinds()))


def make_training_cases(
    trial: Trial,
    *,
    reader: str,
    passphrase: str,
    now: datetime,
    task: str = "infarct_core",
    count: int = 8,
    repeats: int = 2,
    seed: int | None = None,
    slab: Mapping[str, Any] | None = None,
    practice: bool = False,
    config: TrialConfig = TrialConfig(),
) -> tuple[str, ...]:
    """A set of synthetic patients for a reader.

    Args:
        trial: they belong to.
        reader: register id.
        passphrase: of the study manager.
        now: with its zone.
        task: one of `training_tasks()`.
        count: patients; half of a set of eight have a wrong proposal, and two have no lesion.
        repeats: of the first ones, hidden under another pseudonym.
        seed: of the patients; drawn where it is None, so that no set is known beforehand.
        slab: arguments of `make_slab` other than the usual ones.
        practice: answers lie open and are shown after the signature, and the cases qualify for nothing; nothing is sealed then.
        config: how often a case is drawn anew.

    Returns:
        Pseudonyms in the order in which they were made, which tells neither patients nor repeats.

    Raises:
        TrialError: W20, W24, before anything is made; W55, there are no cases of the task, or none that is as planned could be drawn;
            others as of `add_training_case`.
    """
    kind, test = _kind_of(task), shipped_tests()[task]
    _require_assignable(trial, reader, task, now)
    seed = secrets.randbits(48) if seed is None else seed
    numbers = [*range(1, count + 1), *range(1, min(repeats, count) + 1)]
    secrets.SystemRandom().shuffle(
        numbers
    )  # the order of the assignments is in the trail, and what each number is in `training_plan`
    how = {"reader": reader, "task": task, "now": now}
    how |= {} if practice else {"passphrase": passphrase}
    add = add_practice_case if practice else add_training_case
    made: dict[int, tuple[Path, TrainingTruth]] = {}
    names = []
    with tempfile.TemporaryDirectory() as work:
        for number in numbers:
            if number not in made:
                images, truth = _planned(kind, test, seed, number, slab, Path(work) / str(number), config)
                made[number] = images, replace(truth, secret=secrets.token_hex(config.secret_bytes))
            names.append(add(trial, *made[number], **how))
    return tuple(names)


def make_follow_ups(
    trial: Trial,
    *,
    reader: str,
    passphrase: str,
    now: datetime,
    slab: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """The next day of every training patient with a clot whose first day the reader has signed: cases of growth.

    Args:
        trial: its charter shows readers the earlier time point.
        reader, passphrase, now, slab: as of `make_training_cases`.

    Raises:
        TrialError: W37, the charter does not; W55, no case that could be followed.
    """
    from ..synthetic.training_hemorrhage import next_day

    _require_assignable(trial, reader, "ich_volume", now)
    known = read_answers(trial, passphrase)
    names = []
    for item, truth in _to_follow(trial, reader, known):
        seed, _, number = truth.source.partition("/")
        patient = next_day(int(seed, 16), int(number), slab=dict(slab or {}))
        if patient is None:
            continue
        with tempfile.TemporaryDirectory() as work:
            images = patient.write(Path(work))
            accepted = _proposal(_kind_of("ich_volume"), images, patient)
            growth = replace(
                truth,
                truth_ml=round(patient.truth - truth.truth_ml, 6),
                mask={},
                trap=patient.trap,
                proposal=round(accepted - float(truth.proposal or 0), 6),
                test=GROWTH,
                follows=item,
            )
            how = {"reader": reader, "task": "ich_volume", "passphrase": passphrase, "now": now}
            names.append(add_training_case(trial, images, _honest(growth), **how))
    if not names:
        raise _unusable("no signed case of ich_volume with a clot that is not followed", reader)
    return tuple(names)


def accepted_class(blood_ml: float, lesion_ml: float, share_limit: float = 0.3) -> str:
    """Class of transformation of somebody who takes what is proposed as clot and looks at nothing: by its share of the infarct."""
    if blood_ml <= 0:
        return "none"
    return "PH2" if lesion_ml and blood_ml / lesion_ml > share_limit else "PH1"


def _kinds() -> dict[str, _Kind]:
    from ..synthetic.training_hemorrhage import hemorrhage_patient, transformation_patient
    from ..synthetic.training_patients import diffusion_patient
    from ..synthetic.training_perfusion import mismatch_patient

    return {
        "infarct_core": _Kind(diffusion_patient, Part.CORE, "infarct_core_volume"),
        "final_infarct": _Kind(diffusion_patient, Part.CORE, "infarct_core_volume"),
        "ich_volume": _Kind(hemorrhage_patient, Part.HEMORRHAGE, "ich_volume"),
        "ht_class": _Kind(transformation_patient, Part.HEMORRHAGE, "ich_volume"),
        "mismatch": _Kind(mismatch_patient, Part.MISMATCH, "mismatch_volume"),
    }


def _kind_of(task: str) -> _Kind:
    kinds = _kinds()
    if task not in kinds:
        raise _unusable(f"no synthetic cases of {task}", ", ".join(sorted(kinds)))
    return kinds[task]


def _require_assignable(trial: Trial, reader: str, task: str, now: datetime) -> None:
    """Refuse before minutes are spent on images.

    Raises:
        TrialError: W20, W24.
    """
    if trial.register.reader(reader) is None:
        raise TrialError(unknown_reader(reader))
    trial.procedure(task, now)


def _planned(
    kind: _Kind,
    test: ProcedureTest,
    seed: int,
    number: int,
    slab: Mapping[str, Any] | None,
    work: Path,
    config: TrialConfig,
) -> tuple[Path, TrainingTruth]:
    """Images and truth of a patient whose proposal is right or wrong as planned; the seed goes on until there is one."""
    for attempt in range(config.training_draws):
        drawn = seed + attempt
        patient = kind.draw(drawn, number, slab=dict(slab or {}))
        images = patient.write(work / str(attempt))
        truth = _truth(kind, patient, images, f"{drawn:x}/{number}")
        if _is_within(test, truth) is not bool(patient.trap):
            return images, truth
    raise _unusable(
        f"no case {number} of {test.name} with a proposal as planned in {config.training_draws} draws", test.name
    )


def _truth(kind: _Kind, patient: TrainingPatient, images: Path, source: str) -> TrainingTruth:
    outline = patient.outline()
    mask = packed(*outline) if outline is not None else {}
    proposal: float | str = _proposal(kind, images, patient)
    if patient.truth_class:
        proposal = accepted_class(proposal, patient.lesion_ml)
    return TrainingTruth(source, patient.truth, mask, patient.truth_class, patient.trap, proposal)


def _proposal(kind: _Kind, images: Path, patient: TrainingPatient) -> float:
    """What the program measures without a reader.

    Raises:
        TrialError: W55, nothing.
    """
    found = scan(images)
    (case,) = discover_cases(images, found.series)
    wanted = (Part.CORE, kind.part) if kind.part is Part.MISMATCH else (kind.part,)
    record = measure_case(case, wanted=wanted)
    value = next((m.value for m in record.measurements if m.id == kind.proposed), None)
    if value is None:
        raise _unusable(f"patient {patient.number} gives no {kind.proposed}", kind.proposed)
    return float(value)


def _is_within(test: ProcedureTest, truth: TrainingTruth) -> bool:
    """Whether somebody who accepts the proposal reads the case rightly."""
    value, given = (None, str(truth.proposal)) if test.classes else (float(truth.proposal), "")
    return test.is_within(
        TrainingAnswer("", "", truth.truth_ml, value, truth_class=truth.truth_class, value_class=given)
    )


def _honest(truth: TrainingTruth) -> TrainingTruth:
    """Growth of somebody who accepts what is proposed on both days: where that is right, the case is no trap."""
    within = _is_within(shipped_tests()[GROWTH], truth)
    return replace(truth, trap="" if within else truth.trap or "leaked")


def _to_follow(trial: Trial, reader: str, known: Mapping[str, TrainingTruth]) -> list[tuple[str, TrainingTruth]]:
    """Signed first days of a reader, each patient once, that nobody has followed."""
    followed = {truth.source for truth in known.values() if truth.follows}
    found: dict[str, tuple[str, TrainingTruth]] = {}
    for item, truth in sorted(known.items()):
        file, _ = read_item(trial.item_folder(item))
        own = file.reader == reader and file.task == "ich_volume" and not truth.test
        if own and truth.source not in followed and signed_folder(trial, item) is not None:
            found.setdefault(truth.source, (item, truth))
    return list(found.values())


def _unusable(found: str, subject: str) -> TrialError:
    remedy = "make another set, or add cases of your own with trial.training.add_training_case"
    return TrialError(Issue("W55", Level.STOP, found, "training cases", remedy, subject))
