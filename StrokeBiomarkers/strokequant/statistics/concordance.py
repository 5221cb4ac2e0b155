"""Concordance correlation of two methods (Lin, Biometrics 1989;45:255), with moments over n and the interval of its z transform."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, paired


def concordance(
    first: Sequence[float], second: Sequence[float], *, config: StatisticsConfig = StatisticsConfig()
) -> Estimate:
    """Lin's concordance correlation coefficient; the standard error is that of z.

    Raises:
        UsageError: Q70, less than three pairs, values missing, or a method that does not vary.
    """
    x, y = paired(first, second, 3)
    sx, sy = float(x.std()), float(y.std())
    if sx == 0 or sy == 0:
        raise cannot("values that do not vary", "cases that differ")
    r = float(((x - x.mean()) * (y - y.mean())).mean()) / (sx * sy)
    u = float(x.mean() - y.mean()) / np.sqrt(sx * sy).item()
    c = 2 * r * sx * sy / (sx**2 + sy**2 + float(x.mean() - y.mean()) ** 2)
    n = len(x)
    if r == 0 or abs(c) >= 1:
        return Estimate(c, form="CCC", n=n, k=2)
    se = np.sqrt(_variance_of_z(r, c, u) / (n - 2)).item()
    half = float(stats.norm.ppf(1 - (1 - config.confidence) / 2)) * se
    z = np.arctanh(c)
    words = f"z transform, {100 * config.confidence:g} %"
    return Estimate(c, float(np.tanh(z - half)), float(np.tanh(z + half)), "CCC", n, 2, None, words, se)


def _variance_of_z(r: float, c: float, u: float) -> float:
    """(n - 2) x variance of atanh(c); r = 1 is a limit without trouble."""
    rest = 1 - c**2
    value = (
        (1 - r**2) * c**2 / (rest * r**2)
        + 2 * c**3 * (1 - c) * u**2 / (r * rest**2)
        - c**4 * u**4 / (2 * r**2 * rest**2)
    )
    return max(0.0, value)
