"""ASPECTS and pc-ASPECTS from a reader's answers: 10 less the points of every affected region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Issue, Level
from .forms import answer_form, load_forms

SCALES = ("ASPECTS", "pc-ASPECTS")
_FULL = 10


@dataclass(frozen=True)
class AspectsScore:
    """One reading.

    Args:
        scale, version, modality: that the points belong to.
        points: None where a region is not answered or cannot be told; `lowest` and `highest` then bound them.
        affected, open: regions by id.
        reader: code.
        issues: E30 to E35.
    """

    scale: str
    version: str
    modality: str
    points: int | None
    lowest: int
    highest: int
    affected: tuple[str, ...]
    open: tuple[str, ...]
    answers: Mapping[str, Any]
    reader: str = ""
    issues: tuple[Issue, ...] = ()


def score_aspects(
    scale: str, answers: Mapping[str, Any], *, modality: str, version: str = "", reader: str = ""
) -> AspectsScore:
    """Points of a reading.

    Args:
        scale: one of `SCALES`.
        answers: by region: "yes" affected, "no", "cannot tell"; ASPECTS with its side.
        modality: "CT" or "MR".
        version: that was answered; empty for the version of the form.
        reader: code.
    """
    form = load_forms()[scale]
    checked = answer_form(form, answers, modality=modality, version=version, reader=reader)
    regions = [q for q in form.questions if q.points]
    affected = [q for q in regions if checked.values.get(q.id) == "yes"]
    unclear = [q for q in regions if checked.values.get(q.id) not in ("yes", "no")]
    highest = _FULL - sum(q.points for q in affected)
    issues = list(checked.issues)
    told = [q.id for q in unclear if checked.values.get(q.id) == "cannot tell"]
    if told:
        found = "cannot tell: " + ", ".join(told)
        issues.append(Issue("E30", Level.ASK, found, "every region read", "read them, or report the range", scale))
    whole = not unclear and not any(issue.blocks for issue in issues)
    return AspectsScore(
        scale,
        form.version,
        modality,
        highest if whole else None,
        highest - sum(q.points for q in unclear),
        highest,
        tuple(q.id for q in affected),
        tuple(q.id for q in unclear),
        checked.values,
        reader,
        tuple(issues),
    )
