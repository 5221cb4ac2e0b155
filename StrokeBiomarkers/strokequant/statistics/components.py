"""Variance components by analysis of variance, and the reproducibility coefficient RDC = 2.77 sqrt(total variance of one reading).

Raunig et al., Stat Methods Med Res 2015;24:27. A negative component is reported as 0 with an issue (Q71). The interval of the RDC is that of
Satterthwaite (Biometrics 1946;2:110) for the sum of mean squares that the total variance is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Issue, Level
from ..statistics_config import StatisticsConfig
from .estimate import Estimate, cannot, vector
from .repeatability import chi_square_factors


@dataclass(frozen=True, slots=True)
class Components:
    """Variance components of a reproducibility study.

    Args:
        mean_squares, degrees: by source: "site", "case", "site_case", "within".
        variances: by source, never negative.
        rc, rdc: in the unit of the values.
        issues: Q71 for every component that came out negative.
    """

    mean_squares: dict[str, float]
    degrees: dict[str, int]
    variances: dict[str, float]
    rc: Estimate
    rdc: Estimate
    issues: tuple[Issue, ...] = ()


def one_way(sites: Sequence[Sequence[float]], *, config: StatisticsConfig = StatisticsConfig()) -> Components:
    """One object measured at every site (scanner, reader) one or more times; numbers of repeats may differ.

    Raises:
        UsageError: Q70, one site only, or no site with a repeat.
    """
    rows = [vector(site, 1, "values of a site") for site in sites]
    total = sum(len(row) for row in rows)
    if len(rows) < 2 or total <= len(rows):
        raise cannot(f"{len(rows)} sites, {total} values", "two or more sites, one or more of them with repeats")
    everything = np.concatenate(rows)
    between = sum(len(row) * (row.mean() - everything.mean()) ** 2 for row in rows) / (len(rows) - 1)
    within = sum(((row - row.mean()) ** 2).sum() for row in rows) / (total - len(rows))
    per_site = (total - sum(len(row) ** 2 for row in rows) / total) / (len(rows) - 1)
    squares = {"site": float(between), "within": float(within)}
    degrees = {"site": len(rows) - 1, "within": total - len(rows)}
    raw = {"site": (squares["site"] - squares["within"]) / per_site, "within": squares["within"]}
    weights = {"site": 1 / per_site, "within": 1 - 1 / per_site}
    return _finish(squares, degrees, raw, ("site", "within"), weights, len(rows), config)


def crossed(values: np.ndarray, *, config: StatisticsConfig = StatisticsConfig()) -> Components:
    """Every case measured at every site with as many repeats.

    Args:
        values: (sites, cases, repeats).

    Raises:
        UsageError: Q70, less than two of anything, or values missing.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 3 or min(values.shape) < 2:
        raise cannot(f"values of shape {values.shape}", "two or more sites, cases and repeats")
    vector(values.ravel(), 1)
    s, c, r = values.shape
    squares, degrees = _crossed_squares(values)
    raw = {
        "site": (squares["site"] - squares["site_case"]) / (c * r),
        "case": (squares["case"] - squares["site_case"]) / (s * r),
        "site_case": (squares["site_case"] - squares["within"]) / r,
        "within": squares["within"],
    }
    weights = {"site": 1 / (c * r), "site_case": 1 / r - 1 / (c * r), "within": 1 - 1 / r}
    return _finish(squares, degrees, raw, ("site", "site_case", "within"), weights, s, config)


def _crossed_squares(values: np.ndarray) -> tuple[dict[str, float], dict[str, int]]:
    s, c, r = values.shape
    grand, cell = values.mean(), values.mean(axis=2)
    site, case = cell.mean(axis=1), cell.mean(axis=0)
    degrees = {"site": s - 1, "case": c - 1, "site_case": (s - 1) * (c - 1), "within": s * c * (r - 1)}
    sums = {
        "site": c * r * ((site - grand) ** 2).sum(),
        "case": s * r * ((case - grand) ** 2).sum(),
        "site_case": r * ((cell - site[:, None] - case[None] + grand) ** 2).sum(),
        "within": ((values - cell[:, :, None]) ** 2).sum(),
    }
    return {name: float(sums[name]) / degrees[name] for name in sums}, degrees


def _finish(squares, degrees, raw, summed, weights, sites, config) -> Components:
    """Components without negative ones, RC and RDC.

    Args:
        summed: components that one reading elsewhere varies by.
        weights: of the mean squares whose sum is that variance, for its degrees of freedom.
    """
    issues = tuple(
        Issue("Q71", Level.INFO, f"variance of {name}: {value:.6g}", "0 or more", "more sites or repeats", "components")
        for name, value in raw.items()
        if value < 0
    )
    variances = {name: max(0.0, value) for name, value in raw.items()}
    parts = [(weights[name] * squares[name], degrees[name]) for name in weights]
    spread = sum(part**2 / df for part, df in parts)
    total_df = sum(part for part, _ in parts) ** 2 / spread if spread > 0 else float(degrees["within"])
    words = f"chi square, {100 * config.confidence:g} %"
    return Components(
        squares,
        degrees,
        variances,
        rc=_coefficient("RC", variances["within"], degrees["within"], sites, words, config),
        rdc=_coefficient("RDC", sum(variances[n] for n in summed), total_df, sites, f"Satterthwaite, {words}", config),
        issues=issues,
    )


def _coefficient(form: str, variance: float, df: float, sites: int, words: str, config: StatisticsConfig) -> Estimate:
    value = config.repeatability_factor * float(np.sqrt(variance))
    low, high = chi_square_factors(df, config.confidence)
    return Estimate(value, value * low, value * high, form, n=sites, df=df, interval=words)
