"""What a structured report says of follow-up beside its numbers: baseline, definitions of expansion, forms of readers."""

from ..biomarkers.final_infarct import FINAL
from ..class_codes import (
    ECASS,
    ECASS_CLASSES,
    HEIDELBERG,
    HEIDELBERG_CLASSES,
    NO_BLEEDING,
    VESSEL_GRADES,
    VESSEL_SCALES,
)
from ..codes import Code
from ..follow_up_types import FollowUpResult, FormsResult
from ..perfusion_types import RuleResult
from ..types import CaseRecord

HOME = {
    "infarct_growth_volume": FINAL,
    "infarct_growth_ratio": FINAL,
    "infarct_growth_log_ratio": FINAL,
    "infarct_growth_rate": FINAL,
    "net_water_uptake": FINAL,
    "transformation_clot_share": "ich",
}
"""Structure of measures of follow-up whose id does not begin with it."""
_ICH = "ich"
_KINDS = {_ICH: "hemorrhage", FINAL: "infarct"}
_ANSWERS = {"pass": "met", "fail": "not met", "unknown": "undetermined"}


def follow_up_comments(record: CaseRecord, structure: str) -> list[str]:
    """Baseline, expansion and forms in words, under the hematoma and under the final infarct."""
    lines = []
    kind = _KINDS.get(structure)
    if record.follow_up is not None and kind in record.follow_up.baselines:
        lines += _compared(record.follow_up, kind)
    if record.forms is not None and structure == _home_of_forms(record):
        lines += _forms(record.forms)
    return lines


def class_codes(record: CaseRecord, structure: str) -> list[tuple[Code, Code]]:
    """Classes that readers gave, as codes of concept and value, where the forms of a record stand; none where no class was given."""
    if record.forms is None or structure != _home_of_forms(record):
        return []
    graded = [score for score in record.forms.vessels if score.grade is not None]
    vessels = [(VESSEL_SCALES[score.scale], VESSEL_GRADES[score.grade]) for score in graded]
    return [*_bleeding_codes(record.forms), *vessels]


def _bleeding_codes(forms: FormsResult) -> list[tuple[Code, Code]]:
    found = forms.transformation
    if found is None:
        return []
    ecass = [ECASS_CLASSES.get(name, NO_BLEEDING) for name in (found.ecass, found.ecass_remote) if name]
    heidelberg = [HEIDELBERG_CLASSES[name] for name in found.heidelberg or ()]
    heidelberg = [NO_BLEEDING] if found.heidelberg == () else heidelberg
    return [*((ECASS, code) for code in ecass), *((HEIDELBERG, code) for code in heidelberg)]


def _home_of_forms(record: CaseRecord) -> str:
    """Structure under which the forms stand, once: the hematoma, else the final infarct, else the core, else the first."""
    names = list(record.masks)
    return next((name for name in (_ICH, FINAL, "infarct_core") if name in names), min(names, default=""))


def _compared(found: FollowUpResult, kind: str) -> list[str]:
    baseline = found.baselines[kind]
    how = "paired automatically" if baseline.automatic else "named by a person"
    acquired = baseline.visit.get("acquired") or "time not known"
    lines = [f"Baseline: {baseline.timepoint} of {acquired}, {how}; record.json SHA-256 {baseline.sha256}"]
    if kind == "hemorrhage" and found.growth is not None:
        lines += [f"{name}: {verdict.words}" for name, verdict in sorted(found.growth.verdicts.items())]
        lines += [_rule("Expansion of the hematoma", rule) for rule in found.growth.expansion]
        lines += [_rule("Expansion of hematoma and ventricular blood", rule) for rule in found.growth.expansion_total]
    if kind == "infarct" and found.infarct is not None and found.infarct.category:
        lines.append(f"Growth of the infarct: {found.infarct.category}")
    return lines


def _rule(words: str, rule: RuleResult) -> str:
    return f"{words}, {rule.rule} {rule.version} ({rule.source}): {_ANSWERS[rule.answer]}"


def _forms(forms: FormsResult) -> list[str]:
    lines = [score.label for score in forms.vessels]
    for score in forms.aspects:
        points = score.points if score.points is not None else f"{score.lowest} to {score.highest}"
        lines.append(f"{score.scale} {score.version} ({score.modality}): {points}")
    found = forms.transformation
    if found is not None:
        heidelberg = "no class" if found.heidelberg is None else ", ".join(found.heidelberg) or "none"
        ecass = " ".join(filter(None, (found.ecass, found.ecass_remote))) or "no class"
        conflict = "; the systems disagree" if found.conflict else ""
        lines.append(
            f"Hemorrhagic transformation, form HT {found.version} ({found.modality}): ECASS {ecass}, Heidelberg {heidelberg}{conflict}"
        )
    lines += [_rule("Symptomatic hemorrhage", rule) for rule in forms.symptomatic]
    return lines
