"""Vessel status: AOL, TIMI and the TICI family, each score with its scale, the version of the scale and the modality.

TICI without a version is ambiguous and is refused: eTICI, mTICI and the original TICI differ from 50 to 99 %. A percentage is a whole
number that the reader enters; grades of all three scales follow from it, and a grade that does not fit it is asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Issue, Level, UsageError
from .forms import Form, answer_form, load_forms

SCALES = ("eTICI", "mTICI", "TICI", "AOL", "TIMI")
PERCENT_SCALES = ("eTICI", "mTICI", "TICI")


@dataclass(frozen=True)
class VesselScore:
    """One vessel at one time point.

    Args:
        scale, version, modality: that the grade belongs to.
        grade: None where an answer is missing or cannot be.
        answers: all answers: site, side, grade, percent.
        grades: of all scales with percentages that the percentage stands for; empty without one.
        reader: code.
        issues: E30 to E36.
    """

    scale: str
    version: str
    modality: str
    grade: str | None
    answers: Mapping[str, Any]
    grades: Mapping[str, str]
    reader: str = ""
    issues: tuple[Issue, ...] = ()

    @property
    def label(self) -> str:
        """Scale, version, modality and grade for a table: "eTICI 1.0 (DSA): 2b50"."""
        return f"{self.scale} {self.version} ({self.modality}): {self.grade or 'no grade'}"


def score_vessel(
    scale: str, answers: Mapping[str, Any], *, version: str, modality: str, reader: str = ""
) -> VesselScore:
    """A reader's score of one vessel.

    Args:
        scale: one of `SCALES`.
        answers: to the form of the scale.
        version: of the scale that was used; it is never assumed.
        modality: "DSA", "CTA" or "MRA".
        reader: code.

    Raises:
        UsageError: E34, no scale, no version, or a scale that is not known.
    """
    forms = load_forms()
    if scale not in SCALES or not version:
        found = f"scale {scale!r}, version {version!r}"
        remedy = "say which scale and version: eTICI, mTICI and TICI differ from 50 to 99 %"
        raise UsageError(Issue("E34", Level.STOP, found, "one of " + ", ".join(SCALES) + " with a version", remedy))
    checked = answer_form(forms[scale], answers, modality=modality, version=version, reader=reader)
    percent = checked.values.get("percent")
    issues = (*checked.issues, *_percent_issues(forms[scale], checked.values))
    right = not any(issue.blocks for issue in issues)
    grade = checked.values.get("grade") if right else None
    grades = {} if percent is None else grades_of_percent(int(percent), forms)
    return VesselScore(scale, version, modality, grade, checked.values, grades, reader, issues)


def grades_of_percent(percent: int, forms: Mapping[str, Form] | None = None) -> dict[str, str]:
    """Grade of every scale with percentages that a whole percentage stands for: 60 is eTICI 2b50, mTICI 2b, TICI 2a.

    Args:
        percent: 0 to 100; at 0 the grades 0 and 1 are told apart by the reader, which reads "0 or 1".
    """
    forms = load_forms() if forms is None else forms
    return {scale: " or ".join(_fitting(forms[scale], percent)) for scale in PERCENT_SCALES}


def _fitting(form: Form, percent: int) -> list[str]:
    choices = form.question("grade").choices
    return [c.value for c in choices if c.percent and c.percent[0] <= percent <= c.percent[1]]


def _percent_issues(form: Form, values: Mapping[str, Any]) -> tuple[Issue, ...]:
    if "percent" not in values or "grade" not in values:
        return ()
    fitting = _fitting(form, int(values["percent"]))
    if values["grade"] in fitting:
        return ()
    found = f"grade {values['grade']} with {values['percent']} %"
    expected = f"grade {' or '.join(fitting)}"
    return (Issue("E36", Level.ASK, found, expected, "correct the grade or the percentage", form.id),)
