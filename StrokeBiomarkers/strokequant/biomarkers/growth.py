"""Growth of a hemorrhage: milliliters, percent, log ratio, every published definition of expansion, and what the readers can detect.

All differences and limits are integer microliters and exact fractions: 6.000 mL and 33.000 % fall on the side that each definition
says. Where the baseline is 0 the relative clause is not met, the absolute and ventricular ones decide. Hematoma and ventricular
blood together are a second row: their microliters are added before anything is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import hypot, log
from typing import Any

from ..errors import Issue, Level
from ..follow_up_config import GrowthConfig
from ..perfusion_types import RuleResult
from ..segmentation.cleanup import microliters
from ..types import Measurement, Status
from .catalog import measure
from .clauses import UNDEFINED, apply_rule, words_of
from .detectable import ChangeVerdict, judge_change, limit_for
from .mismatch import VolumeBand
from .rules import FOLDER, Clause, Rule, load_rules
from .visits import Visit, below_size, blocked, compare_visits

NO_PLAIN_CT = ("H04",)
"""Issues by which a volume says that its CT had contrast or a bone kernel."""
EXPANSION_FOLDER = FOLDER / "expansion"
_NAMES = {
    "growth_ml": ("growth", "mL"),
    "growth_percent": ("growth", "%"),
    "ivh_growth_ml": ("growth of IVH", "mL"),
    "ivh_new": ("new IVH", ""),
}
_IVH_NOTE = Issue(
    "E13",
    Level.INFO,
    "ventricular blood, or nobody looked for it",
    "no ventricular blood, as in the study of the limit",
    "read the row of hematoma and ventricular blood too",
)
_BAND = "ranges of both volumes, combined in quadrature; a plausible range, not a confidence interval"


@dataclass(frozen=True, slots=True)
class Bleeding:
    """Volumes of one time point.

    Args:
        visit: when, how, by whom.
        ich: volume of the hematoma in the brain.
        ivh: volume of the blood in the ventricles; None where nobody looked, a volume of 0 where there is none.
    """

    visit: Visit
    ich: Measurement
    ivh: Measurement | None = None


@dataclass(frozen=True)
class Growth:
    """Everything about one pair of time points.

    Args:
        measurements: in the order of the catalog; without a number where one of the volumes has none, or the pair is refused.
        expansion: definitions on the hematoma, by file; `expansion_total` on hematoma and ventricular blood.
        verdicts: "ich" and "ich_ivh" against the minimal detectable difference.
        issues: of the pair.
    """

    measurements: tuple[Measurement, ...]
    expansion: tuple[RuleResult, ...]
    expansion_total: tuple[RuleResult, ...]
    verdicts: Mapping[str, ChangeVerdict] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


def bleeding_of(visit: Visit, measurements: Sequence[Measurement]) -> Bleeding:
    """Volumes of a time point out of all its measurements; a hematoma that was not measured is missing."""
    by_id = {m.id: m for m in measurements}
    absent = Measurement("ich_volume", None, measure("ich_volume").unit, Status.MISSING)
    return Bleeding(visit, by_id.get("ich_volume", absent), by_id.get("ivh_volume"))


def measure_growth(
    baseline: Bleeding,
    followup: Bleeding,
    *,
    study_mdd_ml: Mapping[str, float] | None = None,
    config: GrowthConfig = GrowthConfig(),
) -> Growth:
    """Growth between two time points.

    Args:
        baseline, followup: of one patient, by one technique.
        study_mdd_ml: minimal detectable difference of the study by "ich" and "ich_ivh", which replaces the published one.
        config: published differences.
    """
    issues = (
        *compare_visits(baseline.visit, followup.visit, mixed=Level.STOP, config=config),
        *(issue for part in (baseline, followup) for issue in _no_plain_ct(part)),
    )
    if baseline.ich.value is None or followup.ich.value is None:
        # what is not known of a scan without a volume is told by the scan itself
        issues = tuple(issue for issue in issues if issue.level is Level.STOP)
    if blocked(issues):
        return Growth(without_growth(issues), (), (), issues=issues)
    ich = (baseline.ich, followup.ich)
    ivh = (baseline.ivh, followup.ivh)
    both = tuple(_sum(a, b) for a, b in zip(ich, ivh, strict=True))
    measurements = (
        *_three("ich", *ich, issues),
        _difference("ivh_growth_volume", *ivh, issues),
        *_three("ich_ivh", *both, issues),
    )
    verdicts = _verdicts(baseline.visit, followup.visit, {"ich": ich, "ich_ivh": both}, ivh, study_mdd_ml or {}, config)
    return Growth(
        tuple(_with_verdict(m, verdicts) for m in measurements),
        expansions(*(_ul(v) for v in ich), *(_ul(v) for v in ivh)),
        expansions(*(_ul(v) for v in both), *(_ul(v) for v in ivh)),
        verdicts,
        issues,
    )


def _no_plain_ct(part: Bleeding) -> tuple[Issue, ...]:
    """Contrast or a bone kernel where a plain CT was meant: no growth, at both time points or at one."""
    marked = [issue.found for issue in part.ich.issues if issue.code in NO_PLAIN_CT]
    if part.visit.technique == "post-contrast CT":
        marked.append("contrast agent given")
    if not marked:
        return ()
    found = f"{part.visit.name}: {marked[0]}"
    return (Issue("E03", Level.STOP, found, "plain CT with a soft kernel", "measure growth on plain CT"),)


def expansions(
    baseline_ul: int | None,
    followup_ul: int | None,
    ivh_baseline_ul: int | None = None,
    ivh_followup_ul: int | None = None,
    rules: Sequence[Rule] | None = None,
) -> tuple[RuleResult, ...]:
    """Every published definition of expansion, each with its own comparison.

    Args:
        baseline_ul, followup_ul: integer microliters of the volume that is asked about; None where there is none.
        ivh_baseline_ul, ivh_followup_ul: of the ventricular blood; None where nobody looked.
        rules: those of the library by default.
    """
    case: dict[str, Any] = {}
    if baseline_ul is not None and followup_ul is not None:
        change = followup_ul - baseline_ul
        case["growth_ml"] = Fraction(change, 1000)
        case["growth_percent"] = Fraction(100 * change, baseline_ul) if baseline_ul else UNDEFINED
    if ivh_baseline_ul is not None and ivh_followup_ul is not None:
        case["ivh_growth_ml"] = Fraction(ivh_followup_ul - ivh_baseline_ul, 1000)
        case["ivh_new"] = ("yes",) if ivh_followup_ul and not ivh_baseline_ul else ("no",)
    return tuple(apply_rule(rule, case, _NAMES) for rule in (load_rules(EXPANSION_FOLDER) if rules is None else rules))


def expansion_text(clause: Clause) -> str:
    """A clause for a reader: "growth ≥ 6 mL"."""
    return words_of(clause, _NAMES)


def _ul(volume: Measurement | None) -> int | None:
    return None if volume is None or volume.value is None else microliters(volume.value)


def _sum(ich: Measurement, ivh: Measurement | None) -> Measurement | None:
    """Hematoma and ventricular blood as one volume; without a value where one of them has none, None where nobody looked."""
    if ivh is None:
        return None
    issues = tuple(dict.fromkeys((*ich.issues, *ivh.issues)))
    if ich.value is None or ivh.value is None:
        tried = Status.NOT_EVALUABLE in (ich.status, ivh.status)
        status = Status.NOT_EVALUABLE if tried else Status.MISSING
        return Measurement(ich.id, None, "ml", status, issues=issues)
    one, other = VolumeBand.of(ich), VolumeBand.of(ivh)
    value = (_ul(ich) + _ul(ivh)) / 1000
    lower = value - hypot(one.value - one.lower, other.value - other.lower)
    upper = value + hypot(one.upper - one.value, other.upper - other.value)
    inputs = tuple(dict.fromkeys((*ich.inputs, *ivh.inputs)))
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(ich.id, value, "ml", status, lower, upper, _BAND, inputs=inputs, issues=issues)


def _three(prefix: str, before, after, issues) -> tuple[Measurement, ...]:
    return (
        _difference(f"{prefix}_growth_volume", before, after, issues),
        _relative(f"{prefix}_growth_percent", before, after, issues),
        _logarithm(f"{prefix}_growth_log_ratio", before, after, issues),
    )


def _difference(name: str, before: Measurement | None, after: Measurement | None, issues) -> Measurement:
    if _ul(before) is None or _ul(after) is None:
        return _without(name, before, after, issues)
    one, other = VolumeBand.of(before), VolumeBand.of(after)
    value = (_ul(after) - _ul(before)) / 1000
    lower = value - hypot(one.upper - one.value, other.value - other.lower)
    upper = value + hypot(one.value - one.lower, other.upper - other.value)
    return _number(name, value, before, after, issues, (lower, upper, _BAND))


def _relative(name: str, before: Measurement | None, after: Measurement | None, issues) -> Measurement:
    if _ul(before) is None or _ul(after) is None:
        return _without(name, before, after, issues)
    if not _ul(before):
        return _undefined(name, before, after, issues, "a baseline of 0 mL")
    return _number(name, 100 * (_ul(after) - _ul(before)) / _ul(before), before, after, issues)


def _logarithm(name: str, before: Measurement | None, after: Measurement | None, issues) -> Measurement:
    if _ul(before) is None or _ul(after) is None:
        return _without(name, before, after, issues)
    if not _ul(before) or not _ul(after):
        which = "a baseline" if not _ul(before) else "a follow-up"
        return _undefined(name, before, after, issues, f"{which} of 0 mL")
    return _number(name, log(_ul(after) / _ul(before)), before, after, issues)


def _number(name: str, value: float, before, after, issues, interval=(None, None, "")) -> Measurement:
    lower, upper, words = interval
    status = Status.MEASURED if value else Status.ZERO
    method = f"{before.value:.3f} mL at baseline, {after.value:.3f} mL at follow-up"
    inputs = tuple(dict.fromkeys((*before.inputs, *after.inputs)))
    beside = _beside(before, after, issues)
    return Measurement(name, value, measure(name).unit, status, lower, upper, words, method, inputs, beside)


def _undefined(name: str, before, after, issues, found: str) -> Measurement:
    reason = Issue("E08", Level.INFO, found, "a volume above 0", "read the growth in milliliters")
    beside = (*_beside(before, after, issues), reason)
    return Measurement(name, None, measure(name).unit, Status.NOT_EVALUABLE, issues=beside)


def _beside(before: Measurement, after: Measurement, issues) -> tuple[Issue, ...]:
    found = list(dict.fromkeys((*before.issues, *after.issues, *issues)))
    if below_size(before, after):
        which = " and ".join(w for w, v in (("baseline", before), ("follow-up", after)) if below_size(v))
        remedy = "do not read percent or ratio; the milliliters are uncertain"
        found.append(Issue("E09", Level.WARN, f"{which} below measurable size", "measurable volumes", remedy))
    return tuple(found)


def _without(name: str, before: Measurement | None, after: Measurement | None, issues) -> Measurement:
    """No number: missing where nobody measured, not evaluable where a volume could not be measured."""
    pairs = (("baseline", before), ("follow-up", after))
    absent = [words for words, volume in pairs if volume is None or volume.value is None]
    tried = [v for _, v in pairs if v is not None and v.status is Status.NOT_EVALUABLE]
    reason = Issue(
        "E07", Level.STOP, "no volume at " + " and ".join(absent), "a volume at both", "measure both time points"
    )
    beside = tuple(dict.fromkeys((*(i for _, v in pairs if v is not None for i in v.issues), *issues, reason)))
    status = Status.NOT_EVALUABLE if tried else Status.MISSING
    return Measurement(name, None, measure(name).unit, status, issues=beside)


def without_growth(issues: Sequence[Issue]) -> tuple[Measurement, ...]:
    """Every measure of growth without a number, each with the reasons."""
    names = [f"{p}_growth_{k}" for p in ("ich", "ich_ivh") for k in ("volume", "percent", "log_ratio")]
    names.insert(3, "ivh_growth_volume")
    return tuple(Measurement(n, None, measure(n).unit, Status.NOT_EVALUABLE, issues=tuple(issues)) for n in names)


def _verdicts(before: Visit, after: Visit, volumes, ivh, study_mdd_ml, config) -> dict[str, ChangeVerdict]:
    found = {}
    dry = all(not _ul(volume) and volume is not None for volume in ivh)
    for name, (start, end) in volumes.items():
        if _ul(start) is None or _ul(end) is None or not (_ul(start) or _ul(end)):
            continue  # without blood at either time point nothing could have grown
        total = name == "ich_ivh"
        limit = limit_for(
            before.reader, after.reader, with_ventricles=total, study_ml=study_mdd_ml.get(name), config=config
        )
        verdict = judge_change(_ul(end) - _ul(start), limit, readers_known=bool(before.reader and after.reader))
        published = name not in study_mdd_ml
        found[name] = (
            replace(verdict, issues=(*verdict.issues, _IVH_NOTE)) if published and not (total or dry) else verdict
        )
    return found


def _with_verdict(measurement: Measurement, verdicts: Mapping[str, ChangeVerdict]) -> Measurement:
    verdict = verdicts.get(measurement.id.removesuffix("_growth_volume"))
    if verdict is None or measurement.value is None:
        return measurement
    return replace(
        measurement,
        method=f"{measurement.method}; {verdict.words}",
        issues=(*measurement.issues, *verdict.issues),
    )
