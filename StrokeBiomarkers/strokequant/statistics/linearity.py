"""Linearity of measured on true values: least squares with interval, R2, and the p value of a quadratic term."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, paired


@dataclass(frozen=True, slots=True)
class Linearity:
    """Least squares line of measured on true values.

    Args:
        slope, intercept: with t intervals.
        r2: share of the variance that the line explains.
        quadratic_p: of the quadratic term in a second fit; None below four points or where the parabola is exact.
    """

    slope: Estimate
    intercept: Estimate
    r2: float
    quadratic_p: float | None


def linearity(
    true: Sequence[float], measured: Sequence[float], *, config: StatisticsConfig = StatisticsConfig()
) -> Linearity:
    """Fit measured = intercept + slope x true.

    Raises:
        UsageError: Q70, less than three points, values missing, or true values that do not differ.
    """
    x, y = paired(true, measured, 3)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise cannot("values that do not differ", "a range of true values")
    n = len(x)
    dx, dy = x - x.mean(), y - y.mean()
    sxx, sxy, syy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    slope, r2 = sxy / sxx, min(1.0, sxy * sxy / (sxx * syy))
    slope_se = float(np.sqrt(max(0.0, 1.0 - r2) * syy / sxx / (n - 2)))
    intercept_se = slope_se * float(np.sqrt(sxx / n + x.mean() ** 2))
    quantile = float(stdtrit(n - 2, 1 - (1 - config.confidence) / 2))
    words = f"t, {100 * config.confidence:g} %"

    def estimate(value: float, se: float, form: str) -> Estimate:
        value, se = float(value), float(se)
        return Estimate(value, value - quantile * se, value + quantile * se, form, n, 1, n - 2, words, se)

    return Linearity(
        estimate(slope, slope_se, "slope"),
        estimate(y.mean() - slope * x.mean(), intercept_se, "intercept"),
        r2,
        _quadratic_p(x, y),
    )


def _quadratic_p(x: np.ndarray, y: np.ndarray) -> float | None:
    n = len(x)
    if n < 4 or len(np.unique(x)) < 3:
        return None
    z = (x - x.mean()) / x.std()
    design = np.stack([np.ones(n), z, z**2], axis=1)
    coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ coefficients
    variance = float(residual @ residual) / (n - 3)
    if variance <= 1e-24 * float(y @ y):
        return None
    se = np.sqrt(variance * np.linalg.inv(design.T @ design)[2, 2])
    return float(2 * stdtr(n - 3, -abs(coefficients[2] / se)))
