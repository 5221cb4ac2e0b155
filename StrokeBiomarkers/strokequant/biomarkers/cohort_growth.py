"""Growth of the infarct over a cohort: the geometric mean of EPITHET, beside arithmetic mean and median of the ratios.

    GM = exp(mean(ln R)),    R = V1 / V0    (EPITHET, Lancet Neurol 2008;7:299)

Patients with a volume of 0 have no logarithm: they are counted and told, or all ratios carry one offset that was declared before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from statistics import fmean, median, stdev

from ..errors import Issue, Level, UsageError

_CONFIDENCE = 0.975


@dataclass(frozen=True, slots=True)
class CohortGrowth:
    """Summary of the ratios of a cohort.

    Args:
        n: patients with a ratio; `undefined` those without, as indices into the input.
        geometric_mean, lower, upper: with its 95 % confidence interval by the t distribution of the logarithms.
        arithmetic_mean, median: of the ratios.
        offset_ml: added to both volumes; 0 for none.
        issues: E08 where patients have no ratio.
    """

    n: int
    undefined: tuple[int, ...]
    geometric_mean: float | None
    lower: float | None
    upper: float | None
    arithmetic_mean: float | None
    median: float | None
    offset_ml: float = 0.0
    issues: tuple[Issue, ...] = ()


def cohort_growth(pairs: Sequence[tuple[float, float]], *, offset_ml: float = 0.0) -> CohortGrowth:
    """Summary of pairs of volumes in mL, baseline first.

    Args:
        pairs: of one patient each; volumes of two raters are averaged before.
        offset_ml: that the charter declared before reading, such as 1; 0 for none.

    Raises:
        UsageError: E31, a volume or an offset that is negative or not finite.
    """
    for number in (offset_ml, *(volume for pair in pairs for volume in pair)):
        if not isfinite(number) or number < 0:
            raise UsageError(Issue("E31", Level.STOP, f"{number} mL", "0 or more", "correct the volume"))
    moved = [(before + offset_ml, after + offset_ml) for before, after in pairs]
    undefined = tuple(n for n, (before, after) in enumerate(moved) if not before or not after)
    ratios = [after / before for before, after in moved if before and after]
    issues = ()
    if undefined:
        found = f"{len(undefined)} of {len(pairs)} patients with a volume of 0 have no ratio"
        remedy = "say so beside the mean, or declare an offset before reading"
        issues = (Issue("E08", Level.WARN, found, "volumes above 0", remedy),)
    if not ratios:
        return CohortGrowth(0, undefined, None, None, None, None, None, offset_ml, issues)
    middle, lower, upper = _geometric([log(r) for r in ratios])
    return CohortGrowth(len(ratios), undefined, middle, lower, upper, fmean(ratios), median(ratios), offset_ml, issues)


def _geometric(logs: Sequence[float]) -> tuple[float, float | None, float | None]:
    from scipy.stats import t

    mean = fmean(logs)
    if len(logs) < 2:
        return exp(mean), None, None
    half = float(t.ppf(_CONFIDENCE, len(logs) - 1)) * stdev(logs) / sqrt(len(logs))
    return exp(mean), exp(mean - half), exp(mean + half)
