"""Hemorrhagic transformation: ECASS and Heidelberg class from one set of answers, their conflict shown.

    ECASS       HI1, HI2; PH1 with clot in 30 % or less of the infarct, PH2 in more or beyond its border; rPH1, rPH2 apart
    Heidelberg  1a, 1b; 1c with clot in less than 30 %, 2 in 30 % or more; 3a remote, 3b IVH, 3c SAH, 3d SDH

The measured share stands beside the reader's answer and never replaces it. Answers that contradict each other give no class. After
contrast was given, blood is classified only where the reader has told it from contrast staining. Source: von Kummer et al., Stroke
2015;46:2981; ECASS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Issue, Level
from .clot_share import ABOVE, AT, BELOW, ClotShare
from .forms import Answers

FORM = "HT"
NONE = "none"
_OUTSIDE = {"ivh": "3b", "sah": "3c", "sdh": "3d"}
_PETECHIAE = {"petechiae_small": ("HI1", "1a"), "petechiae_confluent": ("HI2", "1b")}
_SAME = {("PH1", "1c"), ("PH2", "2")}


@dataclass(frozen=True)
class Transformation:
    """Classes of one scan.

    Args:
        version, modality, reader: of the form.
        ecass: "none", "HI1", "HI2", "PH1", "PH2"; None where the answers give no class.
        ecass_remote: "rPH1", "rPH2", empty where there is none or where it is not known.
        heidelberg: every class that applies, such as ("2", "3b"); empty where there is no blood; None where the answers give no class.
        conflict: both systems disagree on the clot.
        side: of 30 %, that the classes were derived from; `side_from` is "reader", "masks" or empty.
        share: as measured, None where there are no masks.
        answers: that it was derived from.
        issues: E30 to E45; where one of them blocks, at least one class is missing.
    """

    version: str
    modality: str
    ecass: str | None
    ecass_remote: str
    heidelberg: tuple[str, ...] | None
    conflict: bool
    side: str
    side_from: str
    share: ClotShare | None
    answers: Mapping[str, Any]
    reader: str = ""
    issues: tuple[Issue, ...] = ()

    @property
    def hemorrhage(self) -> bool | None:
        """Whether there is any blood; None where the answers leave it open."""
        places = ("pattern", "remote", *_OUTSIDE)
        contrast = self.modality == "CT" and self.answers.get("thrombectomy") != "no" and "staining" not in self.answers
        if contrast or any(issue.blocks for issue in _staining(self.answers)):
            return None
        if any(place not in self.answers for place in places):
            return None
        return any(self.answers[p] not in (NONE, "no") for p in places)


def classify_transformation(answers: Answers, share: ClotShare | None = None) -> Transformation:
    """Derive both classes.

    Args:
        answers: to the form "HT", of `answer_form`.
        share: of the masks; None where there are none.
    """
    given = answers.values
    issues = [*answers.issues, *_staining(given)]
    if any(issue.blocks for issue in issues):
        return _result(answers, share, None, None, "", "", issues)
    side, side_from = "", ""
    if given["pattern"] == "clot":
        side, side_from, more = _side(given, share)
        issues += more
        ecass, heidelberg, more = _clot(given, side)
    else:
        ecass, heidelberg, more = _without_clot(given)
    issues += more
    outside = (("3a",) if given["remote"] != NONE else ()) + tuple(c for q, c in _OUTSIDE.items() if given[q] == "yes")
    if heidelberg is not None:
        heidelberg = (*heidelberg, *outside)
    return _result(answers, share, ecass, heidelberg, side, side_from, issues)


def _result(answers: Answers, share, ecass, heidelberg, side, side_from, issues) -> Transformation:
    remote = answers.values.get("remote", NONE)
    return Transformation(
        answers.version,
        answers.modality,
        ecass,
        "" if remote == NONE else remote,
        heidelberg,
        any(issue.code == "E40" for issue in issues),
        side,
        side_from,
        share,
        answers.values,
        answers.reader,
        tuple(issues),
    )


def _staining(given: Mapping[str, Any]) -> list[Issue]:
    """Contrast that may be taken for blood; nothing where the question does not arise."""
    staining, pattern = given.get("staining"), given.get("pattern")
    remedy = "compare with dual energy, MR or a scan after 24 h"
    if staining == "cannot tell":
        return [Issue("E43", Level.ASK, "dense area that may be contrast", "blood told from contrast", remedy)]
    blood = pattern not in (None, NONE)
    if staining in ("staining", "none") and blood:
        found = f"blood in the infarct ({pattern}), but {'no dense area' if staining == 'none' else 'contrast alone'}"
        return [Issue("E32", Level.ASK, found, "answers that agree", "correct one of the answers", FORM)]
    if staining in ("staining", "both"):
        found = "contrast staining" + (" beside the blood" if staining == "both" else " alone")
        return [Issue("E43", Level.WARN, found, "no contrast in the tissue", "keep it out of the mask of the blood")]
    return []


def _side(given: Mapping[str, Any], share: ClotShare | None) -> tuple[str, str, list[Issue]]:
    """Side of 30 %, who said so, and what must be told."""
    read = given.get("share", "")
    measured = share.side if share is not None else ""
    issues = list(share.issues) if share is not None else []
    if read:
        issues = [i if not i.blocks else Issue(i.code, Level.WARN, i.found, i.expected, i.remedy) for i in issues]
        if measured and read != measured:
            level = Level.WARN if share.near_limit else Level.ASK
            found = f"read {read} 30 %, measured {float(share.percent):.1f} %"
            remedy = "correct the answer or the outlines"
            issues.append(Issue("E45", level, found, "a share that agrees with the masks", remedy, FORM))
        return read, "reader", issues
    if not measured and not issues:
        found = "no answer to share, and no masks"
        issues.append(Issue("E30", Level.ASK, found, "the share of clot in the infarct", "answer or outline it", FORM))
    return measured, "masks" if measured else "", issues


def _clot(given: Mapping[str, Any], side: str) -> tuple[str | None, tuple[str, ...] | None, list[Issue]]:
    marked, beyond = given["mass_effect"] == "marked", given["beyond_border"] == "yes"
    fits = side == AT or (side == ABOVE and marked) or (side == BELOW and not marked)
    ecass = "PH2" if beyond else {BELOW: "PH1", AT: "PH1", ABOVE: "PH2"}.get(side) if fits else None
    heidelberg = {BELOW: "1c", AT: "2", ABOVE: "2"}.get(side) if fits else None
    if side and not fits:
        found = f"clot {side} 30 % of the infarct with {given['mass_effect']} mass effect"
        expected = "marked mass effect above 30 %, less below"
        issue = Issue("E32", Level.ASK, found, expected, "read share and mass effect again", FORM)
        return ecass, None, [issue]
    if ecass and heidelberg and (ecass, heidelberg) not in _SAME:
        found = f"ECASS {ecass}, Heidelberg class {heidelberg}"
        why = "clot beyond the border of the infarct" if beyond else "at exactly 30 % the systems differ"
        issue = Issue("E40", Level.WARN, f"{found}: {why}", "one severity in both", "name the system with the class")
        return ecass, (heidelberg,), [issue]
    return ecass, (heidelberg,) if heidelberg else None, []


def _without_clot(given: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...] | None, list[Issue]]:
    pattern = given["pattern"]
    if pattern == NONE:
        return NONE, (), []
    if given["mass_effect"] != NONE:
        found = f"petechiae with {given['mass_effect']} mass effect"
        issue = Issue(
            "E32", Level.ASK, found, "no mass effect of petechiae", "read pattern and mass effect again", FORM
        )
        return None, None, [issue]
    ecass, heidelberg = _PETECHIAE[pattern]
    return ecass, (heidelberg,), []
