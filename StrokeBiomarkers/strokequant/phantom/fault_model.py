"""Causes of ADC errors, told apart by how they depend on vial, place, b value and pass.

ln(ADC / certificate) of the vials is a sum of: a constant (gradient amplitude, g²), the sensitivity of the material times a temperature
error, the square of the distance from the isocenter (gradient nonlinearity), and the sensitivity times a temperature that differs from
place to place (thermal, not scanner). All subsets of causes are fitted; the one that explains most for its number is taken. Where the
vials scatter more than their noise, the noise is taken as larger: real phantoms are never as smooth as the model.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..diffusion_phantom_config import FaultConfig

CAUSES = ("gradient", "temperature", "nonlinearity", "thermal_rim", "thermal_x", "thermal_y")
_THERMAL = ("thermal_rim", "thermal_x", "thermal_y")


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause that was fitted.

    Args:
        value, se: "gradient" relative ADC error g² - 1; "temperature" °C; "nonlinearity" relative at 100 mm; thermal °C at 60 mm.
        named: larger than its limit and than its standard error many times.
    """

    name: str
    value: float
    se: float
    named: bool


@dataclass(frozen=True, eq=False)
class Explanation:
    """What explains the ADC errors of the vials.

    Args:
        causes: of the subset taken, by name.
        fitted: (n,) ln(ADC / certificate) that they explain.
        residual: (n,) what is left.
        noise_factor: by which standard errors were enlarged.
        temperature_c, temperature_se: error of the temperature with the common factor left free; NaN where it cannot be told.
    """

    causes: dict[str, Cause]
    fitted: np.ndarray
    residual: np.ndarray
    noise_factor: float
    temperature_c: float
    temperature_se: float

    @property
    def thermal(self) -> bool:
        """True where temperature differs from vial to vial."""
        return any(c.named for name, c in self.causes.items() if name in _THERMAL)

    def thermal_part(self, design: dict[str, np.ndarray]) -> np.ndarray:
        """(n,) part of `fitted` that temperature differences within the phantom make."""
        parts = [c.value * design[name] for name, c in self.causes.items() if name in _THERMAL]
        return np.sum(parts, axis=0) if parts else np.zeros(len(self.fitted))


def design_of(
    sensitivity: np.ndarray, from_isocenter_mm: np.ndarray, in_phantom_mm: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of the model.

    Args:
        sensitivity: (n,) relative change of ADC per °C.
        from_isocenter_mm: (n,) distance.
        in_phantom_mm: (n, 2) place in the phantom.
    """
    x, y = in_phantom_mm[:, 0] / 60, in_phantom_mm[:, 1] / 60
    return {
        "gradient": np.ones(len(sensitivity)),
        "temperature": sensitivity,
        "nonlinearity": (from_isocenter_mm / 100) ** 2,
        "thermal_rim": sensitivity * (x**2 + y**2),
        "thermal_x": sensitivity * x,
        "thermal_y": sensitivity * y,
    }


def explain(
    log_error: np.ndarray, se: np.ndarray, design: dict[str, np.ndarray], config: FaultConfig = FaultConfig()
) -> Explanation:
    """Find the causes.

    Args:
        log_error: (n,) ln(ADC / certificate).
        se: (n,) standard error of it.
        design: as `design_of` gives it.
    """
    weight = 1 / np.maximum(se, config.floor_percent / 100)
    _, _, chi2 = _fit(log_error, weight, design, CAUSES)
    freedom = max(1, len(log_error) - len(CAUSES))
    factor = max(1.0, float(np.sqrt(chi2 / freedom)))
    best = min(
        _subsets(), key=lambda names: _fit(log_error, weight / factor, design, names)[2] + config.cost * len(names)
    )
    values, covariance, _ = _fit(log_error, weight / factor, design, best)
    causes = {}
    for n, name in enumerate(best):
        spread = float(np.sqrt(covariance[n, n]))
        causes[name] = Cause(name, float(values[n]), spread, _named(name, float(values[n]), spread, config))
    fitted = (
        np.sum([design[name] * c.value for name, c in causes.items()], axis=0) if causes else np.zeros(len(log_error))
    )
    temperature = _temperature(log_error, weight / factor, design, best)
    return Explanation(causes, fitted, log_error - fitted, factor, *temperature)


def _subsets():
    return [names for n in range(4) for names in combinations(CAUSES, n)]


def _fit(
    y: np.ndarray, weight: np.ndarray, design: dict[str, np.ndarray], names
) -> tuple[np.ndarray, np.ndarray, float]:
    if not names:
        return np.zeros(0), np.zeros((0, 0)), float(((weight * y) ** 2).sum())
    matrix = np.stack([design[name] for name in names], axis=1) * weight[:, None]
    values, *_ = np.linalg.lstsq(matrix, y * weight, rcond=None)
    covariance = np.linalg.pinv(matrix.T @ matrix)
    return values, covariance, float(((y * weight - matrix @ values) ** 2).sum())


def _named(name: str, value: float, se: float, config: FaultConfig) -> bool:
    limits = {
        "gradient": 2 * config.gradient_percent / 100,
        "temperature": config.temperature_c,
        "nonlinearity": config.nonlinearity_percent / 100,
    }
    limit = limits.get(name, config.thermal_c)
    return abs(value) > limit and abs(value) > config.sigmas * se


def _temperature(y, weight, design, best) -> tuple[float, float]:
    """Temperature error with a common factor beside it, and the other causes that were taken."""
    if np.ptp(design["temperature"]) < 1e-4:
        return float("nan"), float("nan")
    names = tuple(dict.fromkeys(("gradient", "temperature", *best)))
    values, covariance, _ = _fit(y, weight, design, names)
    return float(values[1]), float(np.sqrt(covariance[1, 1]))


def b_errors(adc: np.ndarray, residuals: np.ndarray, noise: np.ndarray, used: np.ndarray, b_values: np.ndarray):
    """Errors of single b values and of single scales that all vials share.

    The residual of ln S at a b value is c_b - ADC delta_b: a scale common to the vials, and an error of b that grows with ADC. What is
    linear in b cannot be seen; it is a gradient error.

    Args:
        adc: (n,) um2/s.
        residuals: (n, m) ln S minus the line of its vial.
        noise: (n, m) standard error of ln S.
        used: (n, m) bool.
        b_values: (m,) s/mm2.

    Returns:
        delta_b (m,) s/mm2 with standard errors, and c_b (m,) with standard errors.
    """
    m = len(b_values)
    delta, delta_se, scale, scale_se = (np.zeros(m) for _ in range(4))
    for n in range(m):
        good = used[:, n] & np.isfinite(residuals[:, n]) & (used.sum(axis=1) > 2)
        if good.sum() < 4:
            continue
        weight = 1 / np.maximum(noise[good, n], 1e-3)
        matrix = np.stack([np.ones(good.sum()), -adc[good] * 1e-6], axis=1) * weight[:, None]
        values, *_ = np.linalg.lstsq(matrix, residuals[good, n] * weight, rcond=None)
        misfit = residuals[good, n] * weight - matrix @ values
        factor = max(1.0, float(np.sqrt((misfit**2).sum() / max(1, good.sum() - 2))))
        errors = factor * np.sqrt(np.diag(np.linalg.pinv(matrix.T @ matrix)))
        scale[n], delta[n], scale_se[n], delta_se[n] = values[0], values[1], errors[0], errors[1]
    return delta, delta_se, scale, scale_se
