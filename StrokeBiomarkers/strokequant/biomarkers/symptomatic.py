"""Symptomatic hemorrhage: the published definitions side by side, from the class of the images and a later clinical form.

The images are read blinded; the NIHSS is joined afterwards. Nothing is assumed: a fact that is missing leaves the definitions that ask
for it undetermined.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ..perfusion_types import RuleResult
from .clauses import apply_rule, words_of
from .forms import Answers
from .rules import FOLDER, Clause, Rule, load_rules
from .transformation import NONE, Transformation

SYMPTOMATIC_FOLDER = FOLDER / "symptomatic"
_NAMES = {
    "new_hemorrhage": ("new hemorrhage", ""),
    "hemorrhage_class": ("class", ""),
    "hours": ("scan after treatment", "h"),
    "nihss_rise": ("NIHSS above baseline or lowest value", ""),
    "nihss_rise_before": ("NIHSS above that before the deterioration", ""),
    "nihss_item_rise": ("rise in one NIHSS item", ""),
    "any_decline": ("any decline", ""),
    "death": ("death", ""),
    "major_intervention": ("major intervention", ""),
    "other_cause": ("other cause of the deterioration", ""),
    "predominant_cause": ("predominant cause of the deterioration", ""),
}
_WORDS = ("death", "major_intervention", "other_cause", "predominant_cause")


def symptomatic(
    images: Transformation, clinical: Answers, rules: Sequence[Rule] | None = None
) -> tuple[RuleResult, ...]:
    """Every published definition: met, not met or undetermined.

    Args:
        images: classes of the scan.
        clinical: answers to the form "SICH".
        rules: those of the library by default.
    """
    case = _case(images, clinical.values)
    chosen = load_rules(SYMPTOMATIC_FOLDER) if rules is None else rules
    return tuple(apply_rule(rule, case, _NAMES) for rule in chosen)


def symptomatic_text(clause: Clause) -> str:
    """A clause for a reader."""
    return words_of(clause, _NAMES)


def _case(images: Transformation, given: Mapping[str, Any]) -> dict[str, Any]:
    case: dict[str, Any] = {name: (given[name],) for name in _WORDS if name in given}
    if images.hemorrhage is not None:
        case["new_hemorrhage"] = ("yes" if images.hemorrhage else "no",)
    if images.ecass is not None:
        case["hemorrhage_class"] = tuple(c for c in (images.ecass, images.ecass_remote) if c and c != NONE) or (NONE,)
    if "hours" in given:
        case["hours"] = Fraction(str(given["hours"]))
    if "nihss_item_rise" in given:
        case["nihss_item_rise"] = Fraction(given["nihss_item_rise"])
    return case | _rises(given)


def _rises(given: Mapping[str, Any]) -> dict[str, Any]:
    """Rises of the NIHSS that can be told."""
    if "nihss_worst" not in given:
        return {}
    worst, found = given["nihss_worst"], {}
    start = [given[name] for name in ("nihss_baseline", "nihss_lowest") if name in given]
    if "nihss_baseline" in given:
        found["nihss_rise"] = Fraction(worst - min(start))
    if "nihss_before" in given:
        found["nihss_rise_before"] = Fraction(worst - given["nihss_before"])
    declined = any(rise > 0 for rise in found.values()) or given.get("nihss_item_rise", 0) > 0
    if declined or given.get("death") == "yes":
        found["any_decline"] = ("yes",)
    elif "nihss_rise" in found:
        found["any_decline"] = ("no",)
    return found
