"""Intraclass correlation: six forms of Shrout and Fleiss (Psychol Bull 1979;86:420) with F intervals (McGraw and Wong 1996).

(1, .) raters differ from case to case; (2, .) raters are a sample, their bias counts; (3, .) these raters, their bias does not count. An ICC depends on
the spread of the cases: print wSD or wCV beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, table


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Mean squares of n cases by k raters: between cases, within cases, between raters, residual."""

    n: int
    k: int
    between: float
    within: float
    raters: float
    residual: float


def mean_squares(ratings: Sequence[Sequence[float]]) -> MeanSquares:
    """Two-way analysis of variance of (n cases, k raters) without missing ratings.

    Raises:
        UsageError: Q70, less than two cases or raters, or ratings missing.
    """
    x = table(ratings)
    n, k = x.shape
    grand, cases, raters = x.mean(), x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    return MeanSquares(
        n,
        k,
        between=float(k * ((cases - grand) ** 2).sum() / (n - 1)),
        within=float(((x - cases) ** 2).sum() / (n * (k - 1))),
        raters=float(n * ((raters - grand) ** 2).sum() / (k - 1)),
        residual=float(((x - cases - raters + grand) ** 2).sum() / ((n - 1) * (k - 1))),
    )


def icc(ratings: Sequence[Sequence[float]], *, config: StatisticsConfig = StatisticsConfig()) -> dict[str, Estimate]:
    """All six forms by name: "ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)".

    Args:
        ratings: (n cases, k raters).

    Raises:
        UsageError: Q70, as `mean_squares`; cases that do not differ at all.
    """
    ms = mean_squares(ratings)
    if ms.between == 0:
        raise cannot(
            "all cases have one mean", "cases that differ", "an ICC is not defined without spread of the cases"
        )
    tail = 1 - (1 - config.confidence) / 2
    found = {}
    for form, value, lower, upper, df in (*_one_way(ms, tail), *_random(ms, tail), *_fixed(ms, tail)):
        words = f"F, {100 * config.confidence:g} %"
        found[form] = Estimate(value, lower, upper, form, n=ms.n, k=ms.k, df=df, interval=words)
    return found


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else float("inf")


def _from_f(form: int, f0: float, n: int, k: int, df: float, tail: float) -> tuple[tuple, tuple]:
    """Single and average form of a ratio of mean squares."""
    low, high = f0 / stats.f.ppf(tail, n - 1, df), f0 * stats.f.ppf(tail, df, n - 1)
    share = _share(f0, k)
    return (
        (f"ICC({form},1)", share, _share(low, k), _share(high, k), df),
        (f"ICC({form},k)", 1 - 1 / f0, 1 - 1 / low, 1 - 1 / high, df),
    )


def _share(f: float, k: int) -> float:
    return 1.0 if np.isinf(f) else (f - 1) / (f + k - 1)


def _one_way(ms: MeanSquares, tail: float) -> tuple[tuple, tuple]:
    return _from_f(1, _ratio(ms.between, ms.within), ms.n, ms.k, ms.n * (ms.k - 1), tail)


def _fixed(ms: MeanSquares, tail: float) -> tuple[tuple, tuple]:
    return _from_f(3, _ratio(ms.between, ms.residual), ms.n, ms.k, (ms.n - 1) * (ms.k - 1), tail)


def _random(ms: MeanSquares, tail: float) -> tuple[tuple, tuple]:
    n, k, b, j, e = ms.n, ms.k, ms.between, ms.raters, ms.residual
    single = (b - e) / (b + (k - 1) * e + k * (j - e) / n)
    average = (b - e) / (b + (j - e) / n)
    if single >= 1:
        return ("ICC(2,1)", 1.0, 1.0, 1.0, None), ("ICC(2,k)", 1.0, 1.0, 1.0, None)
    weight_j = k * single / (n * (1 - single))
    weight_e = 1 + k * single * (n - 1) / (n * (1 - single))
    spread = (weight_j * j) ** 2 / (k - 1) + (weight_e * e) ** 2 / ((n - 1) * (k - 1))
    df = (weight_j * j + weight_e * e) ** 2 / spread
    f1, f2 = stats.f.ppf(tail, n - 1, df), stats.f.ppf(tail, df, n - 1)
    q = k * j + (k * n - k - n) * e
    low, high = n * (b - f1 * e) / (f1 * q + n * b), n * (f2 * b - e) / (q + n * f2 * b)
    return (
        ("ICC(2,1)", single, low, high, df),
        ("ICC(2,k)", average, _spearman_brown(low, k), _spearman_brown(high, k), df),
    )


def _spearman_brown(single: float, k: int) -> float:
    return k * single / (1 + (k - 1) * single)
