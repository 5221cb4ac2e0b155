"""Krippendorff's alpha: agreement of any number of raters with missing ratings (Content Analysis, 2004, chapter 11)."""

from collections.abc import Sequence

import numpy as np

from ..statistics_config import StatisticsConfig
from .bootstrap import bootstrap_interval
from .estimate import Estimate, cannot

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    ratings: Sequence[Sequence[float | None]], *, level: str = "nominal", config: StatisticsConfig = StatisticsConfig()
) -> Estimate:
    """Alpha with a bootstrap over the units.

    Args:
        ratings: (raters, units) numbers; None or NaN where a rating is missing.
        level: of measurement: nominal, ordinal, interval or ratio.

    Returns:
        n: ratings that could be paired; k: raters; the words of the interval count what is missing.

    Raises:
        UsageError: Q70, no unit with two ratings, or ratings that do not vary.
    """
    x = np.array([[np.nan if v is None else v for v in row] for row in ratings], dtype=np.float64)
    if x.ndim != 2 or level not in LEVELS:
        raise cannot(f"ratings of shape {x.shape}, level {level}", f"raters by units; one of {LEVELS}")
    values = np.unique(x[np.isfinite(x)])
    counts = (x[:, :, None] == values).sum(axis=0).astype(float)
    paired = counts[counts.sum(axis=1) >= 2]
    if len(paired) == 0 or len(values) < 2:
        raise cannot(f"{len(paired)} units with two ratings, {len(values)} different", "two or more of both")
    if level == "ratio" and (values < 0).any():
        raise cannot("a negative rating", "ratings of 0 or more for the level ratio")
    value = _alpha(paired, values, level)
    if np.isnan(value):
        raise cannot("ratings that do not vary", "two or more values in use")
    lower, upper = _interval(paired, values, level, config)
    missing = int(np.count_nonzero(~np.isfinite(x)))
    words = f"bootstrap over units, {100 * config.confidence:g} %; {missing} of {x.size} ratings missing"
    return Estimate(value, lower, upper, f"alpha, {level}", int(paired.sum()), len(x), None, words)


def _interval(paired, values, level, config) -> tuple[float | None, float | None]:
    """None where there are too few units to draw from."""
    if len(paired) < 2:
        return None, None
    return bootstrap_interval(lambda rows: _alpha(paired[rows], values, level), len(paired), config=config)


def _alpha(counts: np.ndarray, values: np.ndarray, level: str) -> float:
    """Alpha of (units, values) counts, two or more a unit; NaN where nothing varies."""
    weight = 1 / (counts.sum(axis=1) - 1)
    coincidences = np.einsum("u,uc,uk->ck", weight, counts, counts) - np.diag(weight @ counts)
    totals = coincidences.sum(axis=1)
    n = totals.sum()
    distance = _distances(values, totals, level)
    expected = float(totals @ distance @ totals) / (n * (n - 1))
    return 1 - float((coincidences * distance).sum() / n) / expected if expected > 0 else float("nan")


def _distances(values: np.ndarray, totals: np.ndarray, level: str) -> np.ndarray:
    one, other = values[:, None], values[None]
    if level == "nominal":
        return (one != other).astype(float)
    if level == "interval":
        return (one - other) ** 2
    if level == "ratio":
        total = one + other
        return np.divide(one - other, total, out=np.zeros_like(total), where=total != 0) ** 2
    below = np.cumsum(totals)
    i, j = np.indices((len(values), len(values)))
    low, high = np.minimum(i, j), np.maximum(i, j)
    between = below[high] - below[low] + totals[low]
    return np.where(i == j, 0.0, (between - (totals[low] + totals[high]) / 2) ** 2)
