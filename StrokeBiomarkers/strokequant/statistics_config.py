"""Constants of the statistics, with where they come from."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class StatisticsConfig:
    """Intervals and factors."""

    confidence: float = design(0.95, "1", "two-sided intervals")
    repeatability_factor: float = cited(
        2.77, "1", "1.96 sqrt(2) = 2.7719, rounded as QIBA does (Raunig et al., SMMR 2015;24:27)"
    )
    limits_factor: float = cited(1.96, "1", "limits of agreement (Bland and Altman, Lancet 1986;327:307)")
    bootstrap_samples: int = design(2000, "1", "resamples of a cluster bootstrap")
    bootstrap_seed: int = design(20150901, "1", "fixed, so that the same data give the same interval")
    surface_tolerances_mm: tuple[float, ...] = design((1.0, 2.0), "mm", "normalized surface distance")
