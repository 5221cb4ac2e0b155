"""Vials as thermometers: the temperature at which the certificate gives the measured ADC."""

import numpy as np

from ..phantom_types import TemperatureLaw
from .certified import sensitivity_percent, temperature_of

_BEYOND_C = 5.0


def inferred_temperature(law: TemperatureLaw, adc: float) -> float | None:
    """Temperature in °C; up to 5 °C beyond the certified range by its slope there, None further out.

    A vial of ice water reads a little below 0 °C as often as above; that is noise and must not be lost.
    """
    if not np.isfinite(adc) or adc <= 0:
        return None
    inside = temperature_of(law, adc)
    if inside is not None:
        return inside
    for edge, sign in ((law.low_c, -1), (law.high_c, 1)):
        value = _value(law, edge)
        step = float(np.log(adc / value) / (sensitivity_percent(law, edge) / 100))
        if step * sign > 0:
            return edge + step if abs(step) <= _BEYOND_C else None
    return None


def sensitivity(law: TemperatureLaw, temperature_c: float) -> float:
    """Relative change of ADC per °C; at the nearest certified temperature outside the range."""
    return sensitivity_percent(law, float(np.clip(temperature_c, law.low_c, law.high_c))) / 100


def _value(law: TemperatureLaw, temperature_c: float) -> float:
    if law.kind == "nodes":
        return law.values[0 if temperature_c == law.low_c else -1]
    from .certified import speedy_angell

    return speedy_angell(temperature_c, law.constants)
