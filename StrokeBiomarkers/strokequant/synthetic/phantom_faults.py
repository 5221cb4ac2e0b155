"""Catalog of faults of a diffusion session: what is done to the digital phantom, and which issue must name it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .phantom_diffusion import (
    B_0C,
    DigitalSession,
    PhantomFaults,
    PhantomScan,
    VialPhantom,
    simulate,
)


@dataclass(frozen=True)
class FaultCase:
    """One fault.

    Args:
        code: issue that names it; empty for a sound session.
        faults, scan, phantom: what differs from a sound session.
        stored: further change of the images.
        allowed: issues that may stand beside it, as its consequence.
        needs: "anatomy" where the fault is seen against an undistorted series only.
    """

    code: str
    faults: PhantomFaults = PhantomFaults()
    scan: dict[str, object] = field(default_factory=dict)
    phantom: dict[str, object] = field(default_factory=dict)
    stored: Callable[[np.ndarray], np.ndarray] | None = None
    allowed: tuple[str, ...] = ()
    needs: str = ""


def _wrong_rescale(images: np.ndarray) -> np.ndarray:
    """The third b value on a scale of its own."""
    out = images.copy()
    out[:, 2] = np.rint(out[:, 2] * 1.05)
    return out


FAULTS: dict[str, FaultCase] = {
    "sound": FaultCase(""),
    "gradient_high": FaultCase("Q08", PhantomFaults(gradient_scale=1.02)),
    "gradient_low": FaultCase("Q08", PhantomFaults(gradient_scale=0.98)),
    "nonlinearity": FaultCase("Q09", PhantomFaults(nonlinearity=0.05)),
    "warmer": FaultCase("Q10", PhantomFaults(temperature_c=1.0)),
    "colder": FaultCase("Q10", PhantomFaults(temperature_c=-1.0)),
    "not_isothermal": FaultCase("Q11", PhantomFaults(thermal_gradient_c_per_mm=(0.0, 0.025))),
    "drift": FaultCase("Q12", PhantomFaults(drift_per_pass=0.006), allowed=("Q08", "Q10")),
    "warming": FaultCase("Q12", PhantomFaults(warming_c_per_pass=0.25), allowed=("Q08", "Q10")),
    "low_snr": FaultCase("Q13", scan={"snr": 30.0}, allowed=("Q14",)),
    "b_value": FaultCase("Q15", PhantomFaults(b_error={1000.0: 1050.0}), allowed=("Q08", "Q10")),
    "rescale": FaultCase("Q22", stored=_wrong_rescale, allowed=("Q08", "Q10")),
    "ghost": FaultCase("Q16", PhantomFaults(ghost=0.06), allowed=("Q08", "Q09", "Q10", "Q11", "Q15", "Q22", "Q06")),
    "bubble": FaultCase("Q06", phantom={"bubbles": ((4, 3.0),)}, allowed=("Q02", "Q03")),
    "saturation": FaultCase("Q05", PhantomFaults(saturation=880.0), allowed=("Q08", "Q10", "Q15", "Q22", "Q09", "Q11", "Q02", "Q06", "Q03")),
    "tilt": FaultCase("Q75", scan={"tilt_deg": 12.0}, allowed=("Q09", "Q08", "Q10", "Q11", "Q06", "Q03", "Q02")),
    "half_imaged": FaultCase("Q74", scan={"center_lps": (70.0, 0.0, 0.0)}, allowed=("Q02", "Q03", "Q01", "Q09", "Q06", "Q08", "Q10", "Q11", "Q16")),
    "uniform": FaultCase("Q01", phantom={"empty": True}),
    "displaced": FaultCase("Q17", PhantomFaults(epi_shift_mm=4.0), needs="anatomy"),
}  # fmt: skip
"""By name. Temperatures are errors of the phantom against what is stated."""


def session_of(name: str, seed: int, **scan: object) -> DigitalSession:
    """Digital session of a fault, with the noise of a seed and a pose that follows from it.

    Args:
        scan: further fields of the scan, such as `passes=2`.
    """
    case = FAULTS[name]
    rng = np.random.default_rng(1000 + seed)
    pose = {
        "roll_deg": float(rng.uniform(-20, 20)),
        "center_lps": (float(rng.uniform(-5, 5)), float(rng.uniform(-5, 5)), 0.0),
        "b_values": B_0C,
    }
    settings = PhantomScan(**{**pose, **scan, **case.scan, "seed": seed})
    session = simulate(replace(VialPhantom(), **case.phantom), settings, case.faults)
    return replace(session, images=case.stored(session.images)) if case.stored else session
