"""Every threshold and constant of perfusion, with its unit and where it comes from."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class TimeConfig:
    """Audit of frame times."""

    long_step_ratio: float = design(1.5, "1", "WARN: a step above this times the median, with frame numbers")
    even_tolerance: float = design(0.02, "1", "steps within this share of the median count as even")


@dataclass(frozen=True)
class MotionConfig:
    """Rigid motion of the frames."""

    residual_warn_mm: float = design(1.0, "mm", "WARN above: displacement left after correction")


@dataclass(frozen=True)
class ConcentrationConfig:
    """Baseline, arrival, concentration and smoothing."""

    baseline_min_frames: int = design(3, "1", "ASK below: fewer frames give no baseline")
    baseline_warn_frames: int = cited(
        5, "1", "WARN below: CBV SD 23 % at 5 frames and SNR 50, 29 % at 3", evidence="measured"
    )


@dataclass(frozen=True)
class VesselConfig:
    """Arterial input and venous output."""

    smoothness_max: float = design(0.04, "1", "gate: mean squared second difference of the curve scaled to 0-1")


@dataclass(frozen=True)
class DeconvolutionConfig:
    """Deconvolution and maps."""

    method: str = design("cSVD", "1", "cSVD, oSVD, sSVD or Tikhonov; volumes of oSVD depend on noise")
    threshold: float = design(0.20, "1", "relative to the largest singular value; 0.10 is the test reference")
    window_low_s: float = design(-3.0, "s", "earliest Tmax that is searched")
    window_high_s: float = design(25.0, "s", "latest Tmax that is searched")
    kappa: float = cited(0.7333, "1", "(1 - 0.45)/(1 - 0.25), hematocrit of large and small vessels")
    rho_g_ml: float = cited(1.04, "g/ml", "density of brain tissue")


@dataclass(frozen=True)
class LesionConfig:
    """Reference tissue, hypoperfusion and core."""

    tmax_thresholds_s: tuple[float, ...] = cited(
        (4.0, 6.0, 8.0, 10.0), "s", "Lansberg et al., Lancet Neurol 2012;11:860"
    )
    core_rcbf: float = cited(0.30, "1", "used by RAPID, EXTEND and DEFUSE 3")
