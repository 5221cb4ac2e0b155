"""Agreement of classes beyond chance.

Cohen (Educ Psychol Meas 1960;20:37; weighted 1968) with the large-sample error of Fleiss, Cohen and Everitt (Psychol Bull 1969;72:323); Fleiss
(Psychol Bull 1971;76:378) for more raters, with a bootstrap over the cases.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from ..statistics_config import StatisticsConfig
from .bootstrap import bootstrap_interval
from .estimate import Estimate, cannot, table

WEIGHTS = ("none", "linear", "quadratic")


def cohen_kappa(
    counts: Sequence[Sequence[int]], *, weights: str = "none", config: StatisticsConfig = StatisticsConfig()
) -> Estimate:
    """Kappa of two raters from their table of counts.

    Args:
        counts: (m, m) cases by class of the first (row) and the second rater (column).
        weights: "none", or "linear" and "quadratic" for ordered classes.

    Raises:
        UsageError: Q70, a table that is not square or is empty, or raters that use one class only.
    """
    x = table(counts)
    if x.shape[0] != x.shape[1] or (x < 0).any() or x.sum() == 0 or weights not in WEIGHTS:
        raise cannot(f"a table {x.shape}, weights {weights}", f"square, counts of cases; weights one of {WEIGHTS}")
    p, agree = x / x.sum(), _agreement_weights(len(x), weights)
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float((agree * p).sum()), float(row @ agree @ column)
    if chance >= 1:
        raise cannot("both raters use one class only", "two or more classes in use")
    value = (observed - chance) / (1 - chance)
    mean_row, mean_column = agree @ column, agree.T @ row
    inner = agree - (mean_row[:, None] + mean_column[None]) * (1 - value)
    variance = float((p * inner**2).sum()) - (value - chance * (1 - value)) ** 2
    n = round(float(x.sum()))
    se = np.sqrt(max(0.0, variance) / n).item() / (1 - chance)
    half = float(stats.norm.ppf(1 - (1 - config.confidence) / 2)) * se
    form = "Cohen kappa" if weights == "none" else f"Cohen kappa, {weights} weights"
    return Estimate(value, value - half, value + half, form, n, 2, None, f"normal, {100 * config.confidence:g} %", se)


def _agreement_weights(classes: int, weights: str) -> np.ndarray:
    """1 on the diagonal, falling with the distance of the classes."""
    index = np.arange(classes)
    distance = np.abs(index[:, None] - index[None]) / (classes - 1)
    return 1 - {"none": (distance > 0).astype(float), "linear": distance, "quadratic": distance**2}[weights]


def fleiss_kappa(counts: Sequence[Sequence[int]], *, config: StatisticsConfig = StatisticsConfig()) -> Estimate:
    """Kappa of several raters, who need not be the same from case to case.

    Args:
        counts: (cases, classes) how many raters chose each class; as many raters for every case.

    Raises:
        UsageError: Q70, numbers of raters that differ, less than two raters, or one class only.
    """
    x = table(counts)
    raters = x.sum(axis=1)
    if (x < 0).any() or np.ptp(raters) or raters[0] < 2:
        raise cannot(
            f"{sorted(set(raters.astype(int).tolist()))} ratings a case", "as many, two or more, for every case"
        )
    value = _fleiss(x)
    if np.isnan(value):
        raise cannot("all ratings in one class", "two or more classes in use")
    lower, upper = bootstrap_interval(lambda rows: _fleiss(x[rows]), len(x), config=config)
    words = f"bootstrap over cases, {100 * config.confidence:g} %"
    return Estimate(value, lower, upper, "Fleiss kappa", len(x), int(raters[0]), None, words)


def _fleiss(x: np.ndarray) -> float:
    raters = x[0].sum()
    agreement = ((x**2).sum(axis=1) - raters) / (raters * (raters - 1))
    chance = float(((x.sum(axis=0) / x.sum()) ** 2).sum())
    return float("nan") if chance >= 1 else float((agreement.mean() - chance) / (1 - chance))
