"""Repeatability: the same case measured again under the same conditions.

    wSD = sqrt(mean of the variances within cases),   RC = 2.77 wSD,   wCV (RMS) = sqrt(mean of (s / m)^2)
    wCV (log) = sqrt(exp((wSD of ln x)^2) - 1),   %RC asymmetric = exp(+- 2.77 wSD of ln x) - 1

Raunig et al., Stat Methods Med Res 2015;24:27; Obuchowski et al. 2015. The interval of wSD is that of chi square.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, vector


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Repeatability of cases measured two or more times.

    Args:
        n, df: cases, and degrees of freedom within them.
        mean: over all values.
        wsd, rc: with intervals, in the unit of the values.
        wcv_rms, wcv_log, wcv_ratio: coefficient of variation by three formulas (fractions); None where a mean or value is not above 0.
        percent_rc: 100 x factor x wCV (RMS).
        percent_up, percent_down: asymmetric limits of change in percent, for wCV above 15 %.
        wcv: the log form with its interval; None where a value is not above 0.
    """

    n: int
    df: int
    mean: float
    wsd: Estimate
    rc: Estimate
    wcv_rms: float | None
    wcv_log: float | None
    wcv_ratio: float | None
    percent_rc: float | None
    percent_up: float | None
    percent_down: float | None
    wcv: Estimate | None = None


def chi_square_factors(df: float, confidence: float = 0.95) -> tuple[float, float]:
    """Factors on a standard deviation with `df` degrees of freedom that give its two-sided interval."""
    tail = (1 - confidence) / 2
    low, high = (2 * gammaincinv(df / 2, p) for p in (tail, 1 - tail))
    return float(np.sqrt(df / high)), float(np.sqrt(df / low))


def repeatability(cases: Sequence[Sequence[float]], *, config: StatisticsConfig = StatisticsConfig()) -> Repeatability:
    """Repeatability of cases with two or more repeats each; numbers of repeats may differ.

    Args:
        cases: values of every case, all under one protocol.

    Raises:
        UsageError: Q70, a case with less than two values, or values that are not finite.
    """
    if len(cases) == 0:
        raise cannot("no case", "at least one case with two values")
    rows = [vector(case, 2, "values of a case") for case in cases]
    df = sum(len(row) - 1 for row in rows)
    wsd = _within(rows)
    low, high = chi_square_factors(df, config.confidence)
    factor = config.repeatability_factor
    repeats = min(len(row) for row in rows)
    words = {"n": len(rows), "k": repeats, "df": df, "interval": f"chi square, {100 * config.confidence:g} %"}
    mean = float(np.concatenate(rows).mean())
    rms, log = _rms(rows), _log_wsd(rows)
    return Repeatability(
        len(rows),
        df,
        mean,
        Estimate(wsd, wsd * low, wsd * high, "wSD", **words),
        Estimate(factor * wsd, factor * wsd * low, factor * wsd * high, f"RC = {factor:g} wSD", **words),
        wcv_rms=rms,
        wcv_log=None if log is None else _wcv(log),
        wcv_ratio=wsd / mean if mean > 0 else None,
        percent_rc=None if rms is None else 100 * factor * rms,
        percent_up=None if log is None else float(100 * np.expm1(factor * log)),
        percent_down=None if log is None else float(100 * np.expm1(-factor * log)),
        wcv=None if log is None else Estimate(*(_wcv(log * f) for f in (1, low, high)), "wCV (log)", **words),
    )


def asymmetric_percent(wcv: float, *, config: StatisticsConfig = StatisticsConfig()) -> tuple[float, float]:
    """(up, down) limits of change in percent for a coefficient of variation (fraction)."""
    step = config.repeatability_factor * np.sqrt(np.log1p(wcv**2))
    return float(100 * np.expm1(step)), float(100 * np.expm1(-step))


def _within(rows: list[np.ndarray]) -> float:
    """SD within cases, pooled over their degrees of freedom: the mean variance where repeats are as many."""
    squares = sum(float(((row - row.mean()) ** 2).sum()) for row in rows)
    return float(np.sqrt(squares / sum(len(row) - 1 for row in rows)))


def _rms(rows: list[np.ndarray]) -> float | None:
    if any(row.mean() <= 0 for row in rows):
        return None
    weights = [len(row) - 1 for row in rows]
    squares = [(row.std(ddof=1) / row.mean()) ** 2 for row in rows]
    return float(np.sqrt(np.average(squares, weights=weights)))


def _log_wsd(rows: list[np.ndarray]) -> float | None:
    return _within([np.log(row) for row in rows]) if all((row > 0).all() for row in rows) else None


def _wcv(log_sd: float) -> float:
    """Coefficient of variation of a lognormal value from the SD of its logarithm."""
    return float(np.sqrt(np.expm1(log_sd**2)))
