"""What the synthetic patients of a training set are: lesions of exact volume, and among them cases on which the automatic proposal is wrong.

A set that the program reads right tells no reader from the program. So half of the cases hold a trap that a reader can see on the images:

    false    a candidate that is none
    missed   a lesion that is not proposed
    leaked   an outline that runs into what lies beside the lesion

Whether the proposal is wrong by enough is measured when a case is made, and another one is drawn where it is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..geometry import Geometry

FALSE, MISSED, LEAKED = "false", "missed", "leaked"
TRAPS = (FALSE, MISSED, LEAKED)
PLAN: tuple[tuple[str, bool], ...] = (
    ("", True),
    (MISSED, True),
    (FALSE, False),
    (LEAKED, True),
    ("", True),
    ("", False),
    (FALSE, True),
    ("", True),
)
"""Trap and whether there is a lesion, by number of the patient; longer sets begin again."""
MOST = 90
"""Patients of a set: identities have two digits."""

Outline = tuple[np.ndarray, Geometry]


@dataclass(frozen=True)
class TrainingPatient:
    """A patient to train with.

    Args:
        number: from 1.
        trap: one of `TRAPS`; empty where the proposal is right.
        truth: mL of what the procedure measures.
        write: writes the images below a folder and gives theirs.
        outline: (k, j, i) true outline and its grid; None where there is none to compare with.
        truth_class: where the procedure gives a class and no volume.
        lesion_ml: of the lesion that a class is judged in; 0 where there is none.
    """

    number: int
    trap: str
    truth: float
    write: Callable[[Path], Path]
    outline: Callable[[], Outline | None]
    truth_class: str = ""
    lesion_ml: float = 0.0


def draws_of(seed: int, number: int) -> np.random.Generator:
    """Draws of one patient of a set, whoever else is drawn.

    Raises:
        ValueError: a number without an identity.
    """
    if not 1 <= number <= MOST:
        msg = f"patient {number}; identities are 1 to {MOST}"
        raise ValueError(msg)
    return np.random.default_rng((seed, number))


def planned(number: int) -> tuple[str, bool]:
    """Trap of a patient, and whether there is a lesion."""
    return PLAN[(number - 1) % len(PLAN)]
