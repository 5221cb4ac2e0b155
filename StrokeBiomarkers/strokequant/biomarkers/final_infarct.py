"""Final infarct and growth of the infarct: chronic lesions left out, edema taken off, milliliters, ratio, logarithm, cohort mean.

    dV = V1 - V0,    R = V1 / V0,    GM = exp(mean(ln R))    (EPITHET, Lancet Neurol 2008;7:299: volumes are the mean of two raters)

A ratio of a baseline of 0 is undefined and never replaced; an offset that a charter declared before reading is a measure of its own.
The technique is stored: DWI, FLAIR and CT read one infarct differently, and a growth that mixes them carries a warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import hypot, log
from statistics import fmean

from ..config import MeasureConfig
from ..errors import Issue, Level
from ..follow_up_config import FinalInfarctConfig, GrowthConfig
from ..segmentation.cleanup import microliters
from ..segmentation.cropping import require_one_grid
from ..types import InputRef, Mask, Measurement, Status
from .catalog import measure
from .mismatch import VolumeBand
from .visits import Visit, blocked, compare_visits
from .volume import boundary_band_ml, measurable_ml

FINAL = "final_infarct"
GROWTH_MEASURES = ("infarct_growth_volume", "infarct_growth_ratio", "infarct_growth_log_ratio")
DECREASE, STABLE, INCREASE = "decrease", "no change", "increase"


@dataclass(frozen=True, slots=True)
class CsfSpaces:
    """CSF of the brain in mL before and after; what the swelling took is missing at follow-up."""

    baseline_ml: float
    followup_ml: float


@dataclass(frozen=True, slots=True)
class Hemispheres:
    """Volumes of both hemispheres at follow-up in mL; the swollen one holds the infarct."""

    contralateral_ml: float
    ipsilateral_ml: float


@dataclass(frozen=True, slots=True)
class Infarct:
    """Volume of the infarct at one time point: the core at baseline, the final infarct at follow-up."""

    visit: Visit
    volume: Measurement


@dataclass(frozen=True)
class InfarctGrowth:
    """Growth of one patient.

    Args:
        measurements: `GROWTH_MEASURES`.
        category: "decrease" (30 % or more), "increase" (5 mL or more) or "no change"; empty without volumes.
        offset_ratio: (V1 + offset)/(V0 + offset) where the charter declared an offset, else None.
        cube_root_mm: cube root of V1 less that of V0, in cubic millimeters; defined at 0 too.
        issues: of the pair.
    """

    measurements: tuple[Measurement, ...]
    category: str = ""
    offset_ratio: float | None = None
    cube_root_mm: float | None = None
    issues: tuple[Issue, ...] = ()


def without_chronic(infarct: Mask, chronic: Mask | None) -> Mask:
    """The infarct without lesions that were there before the stroke.

    Raises:
        GeometryError: G17, the two are on different grids.
    """
    if chronic is None:
        return infarct
    require_one_grid(("infarct", infarct.geometry), ("chronic lesions", chronic.geometry))
    kept = infarct.values & ~chronic.values
    removed = infarct.geometry.volume_ml(infarct.values & chronic.values)
    note = Issue("E50", Level.INFO, f"{removed:.2f} mL of chronic lesions left out", "", "check their outline")
    words = f"{infarct.method}; without chronic lesions"
    return replace(infarct, values=kept, name=FINAL, method=words, issues=(*infarct.issues, note))


def final_infarct_measurements(
    infarct: Mask,
    *,
    edema: CsfSpaces | Hemispheres | None = None,
    inputs: Sequence[InputRef] = (),
    config: MeasureConfig = MeasureConfig(),
) -> tuple[Measurement, ...]:
    """Raw and corrected volume; the corrected one is missing where no correction was asked for.

    Args:
        infarct: of `without_chronic`, on the grid that it was drawn on.
        edema: what the correction is made from.
        inputs: what was measured on.
        config: interval and size that can be measured.
    """
    value = infarct.volume_ml
    issues = list(infarct.issues)
    if 0 < value < measurable_ml(infarct.geometry, config.measurable_slices):
        found = f"{value:.2f} mL at slices of {infarct.geometry.mean_extent_mm:g} mm"
        issues.append(Issue("S04", Level.WARN, found, "a larger lesion or thinner slices", "do not read a ratio"))
    lower, upper = boundary_band_ml(infarct.values, infarct.geometry, config.boundary_shift_px)
    words = f"every in-plane contour moved by {config.boundary_shift_px:g} pixel; a plausible range"
    status = Status.MEASURED if value else Status.ZERO
    raw = Measurement(
        "final_infarct_volume", value, "ml", status, lower, upper, words, infarct.method, tuple(inputs), tuple(issues)
    )
    return raw, corrected_measurement(raw, edema)


def corrected_measurement(raw: Measurement, edema: CsfSpaces | Hemispheres | None) -> Measurement:
    """Volume without the swelling: V - (CSF before - CSF after), or V x contralateral / ipsilateral hemisphere."""
    name = "final_infarct_volume_corrected"
    if edema is None or raw.value is None:
        status = Status.MISSING if edema is None else raw.status
        return Measurement(name, None, "ml", status, issues=raw.issues)
    value, method, odd = _corrected(raw.value, edema)
    issues = list(raw.issues)
    if value is None or value < 0:
        issues.append(Issue("E51", Level.STOP, odd or f"{method}: {value:.1f} mL", "a volume above 0", "check both"))
        return Measurement(name, None, "ml", Status.NOT_EVALUABLE, method=method, issues=tuple(issues))
    if odd:
        issues.append(Issue("E51", Level.WARN, odd, "a brain that swells", "check the outlines; atrophy is no edema"))
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(name, value, "ml", status, method=method, inputs=raw.inputs, issues=tuple(issues))


def _corrected(volume_ml: float, edema: CsfSpaces | Hemispheres) -> tuple[float | None, str, str]:
    """Corrected volume, method, and what is odd about it, in words."""
    if isinstance(edema, CsfSpaces):
        method = f"CSF method: {edema.baseline_ml:g} mL, then {edema.followup_ml:g} mL"
        if edema.baseline_ml < 0 or edema.followup_ml < 0:
            return None, method, "a volume of CSF below 0"
        odd = "more CSF at follow-up than at baseline" if edema.followup_ml > edema.baseline_ml else ""
        return volume_ml - (edema.baseline_ml - edema.followup_ml), method, odd
    method = f"hemisphere method: {edema.contralateral_ml:g} mL against {edema.ipsilateral_ml:g} mL"
    if edema.contralateral_ml <= 0 or edema.ipsilateral_ml <= 0:
        return None, method, "a hemisphere without volume"
    odd = "the hemisphere of the infarct is the smaller one" if edema.ipsilateral_ml < edema.contralateral_ml else ""
    return volume_ml * edema.contralateral_ml / edema.ipsilateral_ml, method, odd


def infarct_growth(
    baseline: Infarct,
    followup: Infarct,
    *,
    offset_declared: bool = False,
    config: FinalInfarctConfig = FinalInfarctConfig(),
    growth_config: GrowthConfig = GrowthConfig(),
) -> InfarctGrowth:
    """Growth of one patient.

    Args:
        baseline, followup: core and final infarct.
        offset_declared: the charter declared the offset of `config` before reading.
        config: limits of the categories, offset.
        growth_config: change of thickness that is told.
    """
    issues = compare_visits(baseline.visit, followup.visit, mixed=Level.WARN, config=growth_config)
    pair = (baseline.volume, followup.volume)
    if blocked(issues) or any(volume.value is None for volume in pair):
        return _no_growth(pair, issues)
    start, end = (microliters(v.value) for v in pair)
    return InfarctGrowth(
        _growth_numbers(*pair, issues),
        growth_category(start, end, config),
        (end / 1000 + config.zero_offset_ml) / (start / 1000 + config.zero_offset_ml) if offset_declared else None,
        end ** (1 / 3) - start ** (1 / 3),
        issues,
    )


def _no_growth(pair: tuple[Measurement, Measurement], issues: tuple[Issue, ...]) -> InfarctGrowth:
    status = Status.MISSING
    if blocked(issues) or any(volume.status is Status.NOT_EVALUABLE for volume in pair):
        status = Status.NOT_EVALUABLE
    missing = [words for words, v in zip(("baseline", "follow-up"), pair, strict=True) if v.value is None]
    if missing:
        found = "no volume at " + " and ".join(missing)
        issues = (*issues, Issue("E07", Level.STOP, found, "a volume at both", "measure both time points"))
    beside = tuple(dict.fromkeys((*(i for v in pair for i in v.issues), *issues)))
    empty = tuple(Measurement(n, None, measure(n).unit, status, issues=beside) for n in GROWTH_MEASURES)
    return InfarctGrowth(empty, issues=issues)


def _growth_numbers(before: Measurement, after: Measurement, issues) -> tuple[Measurement, ...]:
    start, end = microliters(before.value), microliters(after.value)
    one, other = VolumeBand.of(before), VolumeBand.of(after)
    change = (end - start) / 1000
    lower = change - hypot(one.upper - one.value, other.value - other.lower)
    upper = change + hypot(one.value - one.lower, other.upper - other.value)
    words = "ranges of both volumes, combined in quadrature; a plausible range, not a confidence interval"
    shared = {
        "method": f"{before.value:.3f} mL at baseline, {after.value:.3f} mL at follow-up",
        "inputs": tuple(dict.fromkeys((*before.inputs, *after.inputs))),
    }
    beside = tuple(dict.fromkeys((*before.issues, *after.issues, *issues)))
    numbers = (
        (GROWTH_MEASURES[0], change, (lower, upper, words)),
        (GROWTH_MEASURES[1], end / start if start else None, (None, None, "")),
        (GROWTH_MEASURES[2], log(end / start) if start and end else None, (None, None, "")),
    )
    which = "a baseline" if not start else "a follow-up"
    reason = Issue("E08", Level.INFO, f"{which} of 0 mL", "a volume above 0", "read the growth in milliliters")
    return tuple(_number(name, value, band, beside, reason, shared) for name, value, band in numbers)


def _number(name: str, value: float | None, band, beside, reason: Issue, shared) -> Measurement:
    unit = measure(name).unit
    if value is None:
        return Measurement(name, None, unit, Status.NOT_EVALUABLE, issues=(*beside, reason), **shared)
    lower, upper, words = band
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(name, value, unit, status, lower, upper, words, issues=beside, **shared)


def growth_category(start_ul: int, end_ul: int, config: FinalInfarctConfig = FinalInfarctConfig()) -> str:
    """Decrease by 30 % or more, increase by 5 mL or more, or no change, in integer microliters."""
    if start_ul and 100 * (start_ul - end_ul) >= Fraction(str(config.decrease_percent)) * start_ul:
        return DECREASE
    return INCREASE if end_ul - start_ul >= Fraction(str(config.increase_ml)) * 1000 else STABLE


def growth_rate(core: Measurement, hours_from_onset: float | None) -> Measurement:
    """Core volume over the hours from onset to imaging; missing without a time."""
    name = "infarct_growth_rate"
    unit = measure(name).unit
    if core.value is None or hours_from_onset is None:
        status = Status.MISSING if core.value is not None else core.status
        return Measurement(name, None, unit, status, issues=core.issues)
    if not hours_from_onset > 0:
        found = f"imaging {hours_from_onset:g} h after onset"
        issue = Issue("E02", Level.STOP, found, "imaging after onset", "correct the time of onset")
        return Measurement(name, None, unit, Status.NOT_EVALUABLE, issues=(*core.issues, issue))
    value = core.value / hours_from_onset
    status = Status.MEASURED if value else Status.ZERO
    method = f"{core.value:.2f} mL at {hours_from_onset:g} h"
    return Measurement(name, value, unit, status, method=method, inputs=core.inputs, issues=core.issues)


def mean_of_raters(readings: Sequence[Measurement]) -> Measurement:
    """Mean of the volumes of two or more raters, as EPITHET defines a volume; without a value where one of them has none."""
    first = readings[0]
    issues = tuple(dict.fromkeys(i for r in readings for i in r.issues))
    if any(r.value is None for r in readings):
        status = next(r.status for r in readings if r.value is None)
        return replace(first, value=None, status=status, lower=None, upper=None, interval="", issues=issues)
    value = fmean(r.value for r in readings)
    lower, upper = min(r.value for r in readings), max(r.value for r in readings)
    method = f"mean of {len(readings)} raters; {first.method}"
    status = Status.MEASURED if value else Status.ZERO
    inputs = tuple(dict.fromkeys(i for r in readings for i in r.inputs))
    words = "smallest and largest reading"
    return Measurement(first.id, value, first.unit, status, lower, upper, words, method, inputs, issues)
