"""Cluster bootstrap: patients (or other clusters) are drawn again, never voxels, slices or single ratings."""

from collections.abc import Callable

import numpy as np

from ..statistics_config import StatisticsConfig
from .estimate import cannot


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float], clusters: int, *, config: StatisticsConfig = StatisticsConfig()
) -> tuple[float, float]:
    """Percentile interval of a statistic over resampled clusters; the same data give the same interval.

    Args:
        statistic: value for an array of cluster indices, which may repeat; NaN where it is not defined.
        clusters: how many there are.

    Raises:
        UsageError: Q70, less than two clusters, or a statistic that is hardly ever defined.
    """
    if clusters < 2:
        raise cannot(f"{clusters} clusters", "two or more")
    draws = np.random.default_rng(config.bootstrap_seed).integers(0, clusters, (config.bootstrap_samples, clusters))
    values = np.array([statistic(rows) for rows in draws])
    values = values[np.isfinite(values)]
    if len(values) < config.bootstrap_samples / 2:
        raise cannot("a statistic that most resamples do not define", "cases that differ more")
    tail = 50 * (1 - config.confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
