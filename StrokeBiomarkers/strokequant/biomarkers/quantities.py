"""What trial rules are asked on: volumes in integer microliters, clinical facts, and how the volumes were made.

A quantity that is not known is absent; it is never replaced by a default, and a clause that asks for it stays unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from ..errors import Issue, Level, UsageError
from ..segmentation.cleanup import microliters

VOLUMES = ("core_ml", "hypo_ml", "severe_ml")
"""Volumes that are measured; what is computed from them (mismatch, ratio) is never given."""


class Range(NamedTuple):
    """What a clinical number may be."""

    low: float
    high: float
    whole: bool
    words: str


NUMBERS = {
    "hours": Range(0, 240, False, "hours from last known well to imaging or treatment"),
    "hours_ivt": Range(0, 240, False, "hours from onset to thrombolysis"),
    "hours_evt": Range(0, 240, False, "hours from onset to groin puncture"),
    "hours_mid_sleep": Range(0, 240, False, "hours from the middle of sleep"),
    "age_y": Range(0, 120, False, "age in years"),
    "nihss": Range(0, 42, True, "NIH stroke scale"),
    "mrs_pre": Range(0, 6, True, "modified Rankin scale before the stroke"),
    "mca_fraction": Range(0, 1, False, "share of the middle cerebral artery territory that is infarcted"),
    "visual_mismatch_percent": Range(0, 10000, False, "mismatch by eye in percent"),
}
WORDS = {
    "occlusion": ("ICA", "M1", "M2", "M3", "MCA", "ACA", "PCA", "BA", "VA", "none"),
    "vessel_finding": ("occlusion", "high-grade stenosis", "none"),
    "extensive_infarct": ("yes", "no"),
    "wake_up": ("yes", "no"),
    "modality": ("CT", "MR"),
}
"""Clinical facts in words; several sites of an occlusion may be given."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How the volumes were made; empty where it is not known.

    Args:
        software: that made the maps.
        modality: "CT" or "MR".
        core_map, core_limit: "ADC" (um2/s), "rCBF" or "DWI", and the threshold.
        tmax_s: threshold of `hypo_ml`.
        reference: reference tissue in words.
    """

    software: str = ""
    modality: str = ""
    core_map: str = ""
    core_limit: float | None = None
    tmax_s: float | None = None
    reference: str = ""


@dataclass(frozen=True)
class Quantities:
    """Everything that is known of one case.

    Args:
        values: volumes in mL (`VOLUMES`), clinical numbers (`NUMBERS`) and words (`WORDS`) by id.
        tmax_ml: volume in mL by Tmax threshold in s, for trials with another threshold than 6 s.
        origin: how the volumes were made.

    Raises:
        UsageError: K04, an unknown name or a value that cannot be.
    """

    values: Mapping[str, Any]
    tmax_ml: Mapping[float, float] = field(default_factory=dict)
    origin: Origin = Origin()

    def __post_init__(self):
        for name, value in self.values.items():
            require_possible(name, value)

    def exact(self) -> dict[str, Any]:
        """Volumes as integer microliters, numbers as fractions, words as tuples; what is None is left out."""
        known = {name: value for name, value in self.values.items() if value is not None}
        return {name: _exact(name, value) for name, value in known.items()}


def _exact(name: str, value: Any) -> Any:
    if name in VOLUMES:
        return microliters(float(value))
    if name in NUMBERS:
        return Fraction(str(value))
    return (value,) if isinstance(value, str) else tuple(value)


def require_possible(name: str, value: Any, subject: str = "") -> None:
    """Refuse an unknown quantity or a value that cannot be (K04); None is "not known"."""
    if value is None:
        return
    if name in VOLUMES:
        problem = "" if _is_number(value) and value >= 0 else "a volume in mL that is not negative"
    elif name in NUMBERS:
        problem = _number_problem(NUMBERS[name], value)
    elif name in WORDS:
        given = (value,) if isinstance(value, str) else value
        right = isinstance(given, list | tuple) and given and all(word in WORDS[name] for word in given)
        problem = "" if right else "one or more of " + ", ".join(WORDS[name])
    else:
        known = (*VOLUMES, *NUMBERS, *WORDS)
        raise UsageError(
            Issue(
                "K04",
                Level.STOP,
                f"unknown quantity {name!r}",
                "one of " + ", ".join(known),
                "correct the name",
                subject,
            )
        )
    if problem:
        raise UsageError(Issue("K04", Level.STOP, f"{name} = {value!r}", problem, "correct the value", subject))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return False
    return value == value and abs(value) != float("inf")


def _number_problem(allowed: Range, value: Any) -> str:
    right = _is_number(value) and allowed.low <= value <= allowed.high
    if right and allowed.whole:
        right = value == int(value)
    kind = "a whole number" if allowed.whole else "a number"
    return "" if right else f"{allowed.words}: {kind} from {allowed.low:g} to {allowed.high:g}"
