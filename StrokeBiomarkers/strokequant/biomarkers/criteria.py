"""Trial rules applied to a case: pass, fail or unknown for every clause, with margin and flip distance.

All comparisons are exact: volumes are integer microliters, limits are fractions, and a ratio is compared as `10 T >= 18 C`. What is
displayed never decides: 69 960 uL prints as 70.0 mL and passes `< 70`. Any clause that fails: not met; none that fails, but one
that is unknown: undetermined. Where the core is 0 the ratio is infinite and its clause is met only if the volume clause is met.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

from ..errors import Issue, Level
from ..perfusion_types import Answer, ClauseResult, RuleResult
from .clauses import comparison_text, holds, margin, outcome, unconfirmed
from .quantities import VOLUMES, Quantities
from .rules import Clause, Definition, Rule, load_rules, number_text

INFINITE = "∞"
_DERIVED = {
    "mismatch_ml": ("hypo_ml", "core_ml"),
    "mismatch_ratio": ("hypo_ml", "core_ml"),
    "perfusion_ml": ("hypo_ml",),
}
_VOLUME_CLAUSES = ("mismatch_ml", "perfusion_ml")
_NAMES = {
    "core_ml": ("core", "mL"),
    "hypo_ml": ("hypoperfusion", "mL"),
    "severe_ml": ("severe delay", "mL"),
    "perfusion_ml": ("perfusion lesion", "mL"),
    "mismatch_ml": ("mismatch", "mL"),
    "mismatch_ratio": ("mismatch ratio", ""),
    "hours": ("time from last known well", "h"),
    "hours_ivt": ("time to thrombolysis", "h"),
    "hours_evt": ("time to thrombectomy", "h"),
    "hours_mid_sleep": ("time from the middle of sleep", "h"),
    "age_y": ("age", "years"),
    "nihss": ("NIHSS", ""),
    "mrs_pre": ("mRS before the stroke", ""),
    "mca_fraction": ("share of the MCA territory", ""),
    "visual_mismatch_percent": ("mismatch by eye", "%"),
    "occlusion": ("occlusion", ""),
    "vessel_finding": ("vessel", ""),
    "extensive_infarct": ("extensive infarct", ""),
    "wake_up": ("woke up with it", ""),
    "modality": ("modality", ""),
}

Case = Mapping[str, Any]


def evaluate(rule: Rule, quantities: Quantities | Mapping[str, Any]) -> RuleResult:
    """Apply one trial's rule to one case.

    Args:
        rule: of `load_rules`.
        quantities: volumes in mL, clinical facts, and how the volumes were made; a plain mapping says nothing of the last.

    Returns:
        Outcome with a result for every clause; K01 where a limit is unconfirmed, K02 where a fact is missing, K03 where the
        result is not that of the trial's software, K06 where the trial's lesion was not measured.

    Raises:
        UsageError: K04, an unknown quantity or a value that cannot be.
    """
    if not isinstance(quantities, Quantities):
        quantities = Quantities(quantities)
    case, unmeasured = _case_for(rule, quantities)
    groups = [("", rule.clauses), *((f"{rule.name} {way.name}: ", way.clauses) for way in rule.alternatives)]
    clauses = tuple(_clause_result(c, case, group, prefix) for prefix, group in groups for c in group)
    differences = _differences(rule, quantities)
    flip = _flip(lambda changed: _outcome(rule, changed), case, rule.all_clauses)
    issues = (
        *unconfirmed(rule, clauses),
        *_missing(rule, clauses, case),
        *unmeasured,
        *_not_the_trials(rule, differences),
    )
    return RuleResult(
        rule.id, rule.version, rule.source, _outcome(rule, case), clauses, flip, not (differences or unmeasured), issues
    )


def evaluate_all(
    quantities: Quantities | Mapping[str, Any], rules: Sequence[Rule] | None = None
) -> tuple[RuleResult, ...]:
    """Apply all rules, those of the library by default."""
    return tuple(evaluate(rule, quantities) for rule in (load_rules() if rules is None else rules))


def _case_for(rule: Rule, quantities: Quantities) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """Exact values for a rule; the hypoperfused volume at the threshold of the trial, or none (K06)."""
    case = quantities.exact()
    if quantities.origin.modality:
        case.setdefault("modality", (quantities.origin.modality,))
    wanted = rule.lesions.get("hypo_ml")
    measured = quantities.origin.tmax_s
    if wanted is None or measured is None or Fraction(str(measured)) == wanted.limit:
        return case, ()
    volumes = {Fraction(str(s)): ml for s, ml in quantities.tmax_ml.items()}
    case.pop("hypo_ml", None)
    if wanted.limit in volumes:
        return case | Quantities({"hypo_ml": volumes[wanted.limit]}).exact(), ()
    found = f"hypoperfusion at Tmax > {measured:g} s"
    remedy = "read the clauses that need it as unknown, or measure at that threshold too"
    return case, (Issue("K06", Level.WARN, found, f"{wanted}, the lesion of {rule.name}", remedy, rule.name),)


def _outcome(rule: Rule, case: Case) -> Answer:
    return outcome(rule, lambda clause, group: _answer(clause, case, group))


def _value(quantity: str, case: Case) -> Fraction | str | tuple[str, ...] | None:
    """Exact value in the unit of the quantity, `INFINITE`, words, or None where something is missing."""
    if any(name not in case for name in _DERIVED.get(quantity, (quantity,))):
        return None
    if quantity == "mismatch_ratio":
        return Fraction(case["hypo_ml"], case["core_ml"]) if case["core_ml"] else INFINITE
    if quantity == "mismatch_ml":
        return Fraction(case["hypo_ml"] - case["core_ml"], 1000)
    if quantity == "perfusion_ml":
        return Fraction(case["hypo_ml"], 1000)
    return Fraction(case[quantity], 1000) if quantity in VOLUMES else case[quantity]


def _answer(clause: Clause, case: Case, group: Sequence[Clause]) -> Answer:
    """One clause; `group` holds the clauses that must hold with it, for the ratio of a core of 0."""
    value = _value(clause.quantity, case)
    if value is None:
        return Answer.UNKNOWN
    if value == INFINITE:
        beside = [c for c in group if c.quantity in _VOLUME_CLAUSES]
        met = all(_answer(c, case, group) is Answer.PASS for c in beside) if beside else case["hypo_ml"] > 0
        return Answer.PASS if met and clause.op in (">", ">=") else Answer.FAIL
    return Answer.PASS if holds(clause, value) else Answer.FAIL


def _clause_result(clause: Clause, case: Case, group: Sequence[Clause], prefix: str) -> ClauseResult:
    value = _value(clause.quantity, case)
    shown = value
    if isinstance(value, Fraction | int):
        shown = float(value)
    elif isinstance(value, tuple):
        shown = ", ".join(value)
    return ClauseResult(
        quantity=clause.quantity,
        words=prefix + clause_text(clause),
        answer=_answer(clause, case, group),
        value=shown,
        margin=margin(clause, value),
        flip_ml=_flip(lambda changed: _answer(clause, changed, group), case, (clause, *_beside_ratio(clause, group))),
        unconfirmed=not clause.confirmed,
        limit=limit_text(clause),
    )


def _beside_ratio(clause: Clause, group: Sequence[Clause]) -> tuple[Clause, ...]:
    """Volume clauses that decide on a ratio where the core is 0."""
    return tuple(c for c in group if c.quantity in _VOLUME_CLAUSES) if clause.quantity == "mismatch_ratio" else ()


def clause_text(clause: Clause) -> str:
    """A clause for a reader: "core < 70 mL"."""
    note = f" ({clause.note})" if clause.note else ""
    return f"{_NAMES[clause.quantity][0]} {limit_text(clause)}{note}"


def limit_text(clause: Clause) -> str:
    """Comparison and limit for a reader: "< 70 mL"."""
    return comparison_text(clause, _NAMES[clause.quantity][1])


def _flip(answer: Callable[[Case], Answer], case: Case, clauses: Sequence[Clause]) -> float | None:
    """Smallest change of one volume, in mL, that turns an answer; None where no volume does.

    The answer can change only where a volume passes the limit of a clause, so that it is enough to ask at those microliters.
    """
    now = answer(case)
    distances = [
        abs(at - case[volume])
        for volume in VOLUMES
        if volume in case
        for at in sorted({p for c in clauses for p in _turning_points(c, volume, case)})
        if answer({**case, volume: at}) is not now
    ]
    return min(distances) / 1000 if distances else None


def _turning_points(clause: Clause, volume: str, case: Case) -> set[int]:
    """Microliters of a volume around which a clause can turn."""
    if volume not in _DERIVED.get(clause.quantity, (clause.quantity,)):
        return set()
    if clause.quantity != "mismatch_ratio":
        limits = clause.limit if isinstance(clause.limit, tuple) else (clause.limit,)
        crossings = [1000 * limit for limit in limits]
        if clause.quantity == "mismatch_ml":
            other = case.get("core_ml" if volume == "hypo_ml" else "hypo_ml")
            crossings = [] if other is None else [other + c if volume == "hypo_ml" else other - c for c in crossings]
    elif volume == "hypo_ml":
        crossings = [clause.limit * case["core_ml"]] if "core_ml" in case else []
    else:
        crossings = [case["hypo_ml"] / clause.limit] if "hypo_ml" in case else []
    points = {int(edge) + step for c in crossings for edge in (floor(c), ceil(c)) for step in (-1, 0, 1)}
    if clause.quantity == "mismatch_ratio":
        points |= {0, 1}
    return {p for p in points if p >= 0}


def _missing(rule: Rule, clauses: Sequence[ClauseResult], case: Case) -> tuple[Issue, ...]:
    asked = {n for c in clauses if c.answer is Answer.UNKNOWN for n in _DERIVED.get(c.quantity, (c.quantity,))}
    missing = sorted(name for name in asked if name not in case)
    if not missing:
        return ()
    words = ", ".join(_NAMES[name][0] for name in missing)
    remedy = "measure the volumes, give the clinical facts"
    return (Issue("K02", Level.INFO, f"not known: {words}", "all facts that the rule asks for", remedy, rule.name),)


def _differences(rule: Rule, quantities: Quantities) -> list[str]:
    """What in the volumes is not as in the trial, in words; empty where no clause asks for a volume."""
    asked = {name for c in rule.all_clauses for name in _DERIVED.get(c.quantity, (c.quantity,))}
    if not asked & set(VOLUMES):
        return []
    origin, found = quantities.origin, []
    if rule.software and origin.software != rule.software:
        found.append(
            f"maps and reference tissue by {origin.software or 'a software that is not stated'}, trial {rule.software}"
        )
    elif not origin.software:
        found.append("not stated what made the maps")
    if "core_ml" in asked and rule.core:
        found += _core_difference(rule.core, quantities)
    return found


def _core_difference(cores: Mapping[str, Definition], quantities: Quantities) -> list[str]:
    origin = quantities.origin
    wanted = cores.get(origin.modality)
    if wanted is None:
        trial = " or ".join(f"{definition} on {modality}" for modality, definition in cores.items())
        return [f"core on {origin.modality or 'a modality that is not stated'}, trial {trial}"]
    own = Fraction(str(origin.core_limit)) if origin.core_limit is not None else None
    if origin.core_map == wanted.map and wanted.limit in (None, own):
        return []
    limit = "" if own is None else f" {number_text(own)}"
    return [f"core by {origin.core_map or 'a map that is not stated'}{limit}, trial {wanted}"]


def _not_the_trials(rule: Rule, differences: Sequence[str]) -> tuple[Issue, ...]:
    if not differences:
        return ()
    remedy = "read the outcome as that of this software"
    return (Issue("K03", Level.WARN, "not the trial's software: " + "; ".join(differences), "", remedy, rule.name),)
