"""Every number by which a phantom session is judged, followed over time and carried to patients."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class CertificateConfig:
    """How certified values are read."""

    coverage_k: float = design(2.0, "1", "uncertainties are expanded to this coverage factor, about 95 %")
    assumed_k: float = design(1.0, "1", "coverage factor of a certificate that does not state one: the careful choice")
    node_c: float = design(0.05, "Cel", "a temperature this close to a node is the node")


@dataclass(frozen=True)
class VerdictConfig:
    """From measurements to a verdict."""

    require_confirmed: bool = design(
        False, "1", "True: limits that were not checked against the primary document can qualify with a condition only"
    )
    default_months: int = cited(3, "mo", "every 3 months, after upgrades and repairs (PMC5966219)")


@dataclass(frozen=True)
class ControlConfig:
    """Control charts."""

    baseline_points: int = cited(20, "1", "points of a baseline that gives its own sigma", evidence="design")
    least_points: int = design(5, "1", "fewer points of the fleet give no sigma at all")
    cusum_k: float = cited(0.5, "1", "reference value in sigmas: tuned to a shift of one sigma (Montgomery)")
    cusum_h: float = cited(5.0, "1", "decision interval in sigmas: average run length 465 in control (Montgomery)")
    sigma_floor: float = design(1e-9, "1", "share of the target below which a sigma counts as 0")


@dataclass(frozen=True)
class EffectConfig:
    """Bias of a scanner in an endpoint."""

    core_threshold: float = cited(620.0, "um2/s", "threshold of the diffusion core", evidence="unconfirmed")
    z: float = design(1.0, "1", "bias of the lower and upper value: mean -+ its expanded uncertainty")
