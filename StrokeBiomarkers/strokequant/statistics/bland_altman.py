"""Two methods on the same cases: bias and limits of agreement with intervals (Bland and Altman, Lancet 1986;327:307; Stat Methods Med Res 1999;8:135)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, paired, vector


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Agreement of two methods.

    Args:
        bias: mean of first - second, with t interval.
        sd: of the differences (n - 1).
        lower, upper: limits of agreement, bias -+ factor x sd, each with its interval.
        slope: of the differences on the means of the pairs, with interval; None where the means do not differ.
        slope_p: of slope 0; a proportional bias calls for ratios or regression limits.
    """

    bias: Estimate
    sd: float
    lower: Estimate
    upper: Estimate
    slope: Estimate | None
    slope_p: float | None


def bias_and_limits(differences: np.ndarray, factor: float = StatisticsConfig.limits_factor):
    """(mean, SD with n - 1, lower limit, upper limit) of paired differences; SD and limits None below two differences."""
    bias = float(differences.mean())
    if differences.size < 2:
        return bias, None, None, None
    sd = float(differences.std(ddof=1))
    return bias, sd, bias - factor * sd, bias + factor * sd


def limits_of_agreement(
    first: Sequence[float], second: Sequence[float], *, config: StatisticsConfig = StatisticsConfig()
) -> LimitsOfAgreement:
    """Bias, limits of agreement and proportional bias of pairs.

    Raises:
        UsageError: Q70, less than three pairs, or values missing.
    """
    x, y = paired(first, second, 3)
    d, n = x - y, len(x)
    bias, sd, low, high = bias_and_limits(d, config.limits_factor)
    quantile = float(special.stdtrit(n - 1, 1 - (1 - config.confidence) / 2))
    words = f"t, {100 * config.confidence:g} %"
    se_limit = sd * float(np.sqrt(1 / n + config.limits_factor**2 / (2 * (n - 1))))

    def estimate(value: float, form: str, se: float) -> Estimate:
        return Estimate(value, value - quantile * se, value + quantile * se, form, n, 2, n - 1, words, se)

    slope, p = _trend((x + y) / 2, d, config)
    return LimitsOfAgreement(
        estimate(bias, "bias", sd / np.sqrt(n).item()),
        sd,
        estimate(low, "lower limit of agreement", se_limit),
        estimate(high, "upper limit of agreement", se_limit),
        slope,
        p,
    )


def _trend(
    means: np.ndarray, differences: np.ndarray, config: StatisticsConfig
) -> tuple[Estimate | None, float | None]:
    if np.ptp(means) == 0:
        return None, None
    from scipy.stats import linregress  # half a second, and not needed where only bias and limits are

    line = linregress(means, differences)
    n = len(means)
    half = float(special.stdtrit(n - 2, 1 - (1 - config.confidence) / 2)) * float(line.stderr)
    slope = float(line.slope)
    words = f"t, {100 * config.confidence:g} %"
    form = "slope of difference on mean"
    return Estimate(slope, slope - half, slope + half, form, n, 2, n - 2, words, float(line.stderr)), float(line.pvalue)


def equivalence_p(differences: Sequence[float], margin: float) -> float:
    """Two one-sided paired t tests: p of "the mean difference lies outside -+ margin" (the larger of both).

    Raises:
        UsageError: Q70, less than two differences, differences that do not vary, or a margin that is not above 0.
    """
    d = vector(differences, 2, "differences")
    se = d.std(ddof=1) / np.sqrt(len(d))
    if not margin > 0 or se == 0:
        raise cannot(f"margin {margin:g}, standard error {se:g}", "both above 0")
    df = len(d) - 1
    return float(max(special.stdtr(df, -(d.mean() + margin) / se), special.stdtr(df, (d.mean() - margin) / se)))
