"""Minimal detectable difference of one patient, and cases needed for that of a group.

SEM = SD sqrt(1 - ICC) = SD(differences) / sqrt(2),   MDD = 1.96 sqrt(2) SEM;   mean of m repeats at both visits: MDD / sqrt(m)
cases per arm = 2 (z_0.975 + z_0.80)^2 (SD / delta)^2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import stdev

from scipy import special

from ..statistics_config import StatisticsConfig
from .estimate import cannot


@dataclass(frozen=True, slots=True)
class DetectableDifference:
    """Standard error of measurement and minimal detectable difference, in the unit of the values."""

    sd: float
    sem: float
    mdd: float


def mdd_from_differences(
    differences: Sequence[float], *, config: StatisticsConfig = StatisticsConfig()
) -> DetectableDifference:
    """From the paired differences of a study of repeats.

    Raises:
        UsageError: Q70, fewer than two pairs.
    """
    if len(differences) < 2:
        raise cannot(f"{len(differences)} pairs of readings", "two or more", "read more cases twice")
    sd = stdev(float(d) for d in differences)
    return DetectableDifference(sd, sd / sqrt(2), config.limits_factor * sd)


def mdd_from_icc(
    sd: float, icc: float, *, repeats: int = 1, config: StatisticsConfig = StatisticsConfig()
) -> DetectableDifference:
    """From the SD of the cases and an ICC; `repeats` readings averaged at both visits.

    Raises:
        UsageError: Q70, an SD below 0, an ICC outside 0 to 1, no repeat.
    """
    if not (sd >= 0 and 0 <= icc <= 1 and repeats >= 1):
        raise cannot(f"SD {sd:g}, ICC {icc:g}, {repeats} repeats", "SD >= 0, ICC from 0 to 1, one repeat or more")
    sem = sd * sqrt((1 - icc) / repeats)
    return DetectableDifference(sd, sem, config.limits_factor * sqrt(2) * sem)


def cases_per_arm(sd: float, delta: float, *, power: float = 0.80, alpha: float = 0.05, icc: float = 1.0) -> int:
    """Cases of each of two groups to find a difference of `delta`.

    Args:
        sd: of the measured values; with the SD of the true values, give the ICC of the measurement.

    Raises:
        UsageError: Q70, an SD, difference, power or ICC that cannot be.
    """
    if not (sd > 0 and delta != 0 and 0 < power < 1 and 0 < alpha < 1 and 0 < icc <= 1):
        raise cannot(f"SD {sd:g}, difference {delta:g}, power {power:g}, ICC {icc:g}", "possible numbers")
    quantiles = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    return ceil(2 * (quantiles * sd / delta) ** 2 / icc)
