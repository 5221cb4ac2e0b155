"""What an insert should read: certified values at the temperature of the session, never outside their range."""

from collections.abc import Sequence

import numpy as np

from ..errors import Issue, Level
from ..phantom_types import CertifiedValue, Insert, TemperatureLaw
from ..qualification_config import CertificateConfig

KELVIN = 273.15


def speedy_angell(temperature_c: float, constants: Sequence[float]) -> float:
    """Self-diffusion of water in um2/s: D0 (T / T0 - 1)^exponent with T in kelvin."""
    d0, t0, exponent = constants
    return float(d0 * ((temperature_c + KELVIN) / t0 - 1) ** exponent)


def certified_value(
    insert: Insert, temperature_c: float | None = None, *, config: CertificateConfig = CertificateConfig()
) -> CertifiedValue:
    """Certified value of an insert with its expanded uncertainty.

    Args:
        temperature_c: of the phantom; needed where the insert has a temperature law.

    Returns:
        No value where nothing is certified (Q52), the temperature is not known (Q54) or lies outside the certified range (Q55); a value that must
        not be judged between distant nodes (Q56).
    """
    k = insert.coverage_k or config.assumed_k
    notes = () if insert.coverage_k or not _has_uncertainty(insert) else (_coverage(insert, config),)
    if insert.law is None:
        if insert.value is None:
            remedy = "enter the certificate of this phantom"
            issue = Issue("Q52", Level.WARN, f"no certified value of {insert.label}", "a value", remedy, insert.label)
            return CertifiedValue(None, None, False, insert.source, (issue,))
        expanded = None if insert.uncertainty is None else insert.uncertainty * config.coverage_k / k
        return CertifiedValue(insert.value, expanded, True, insert.source, notes)
    refusal = _refusal(insert, temperature_c)
    if refusal:
        return CertifiedValue(None, None, False, insert.law.source, (refusal,))
    value, expanded = _at(insert.law, temperature_c, config.coverage_k / k, config)
    gap = _gap(insert, temperature_c, config)
    return CertifiedValue(value, expanded, gap is None, insert.law.source, notes if gap is None else (*notes, gap))


def sensitivity_percent(law: TemperatureLaw, temperature_c: float) -> float:
    """100 dln(value)/dT in percent for each degree, within the range of the law."""
    step = 0.01
    low, high = max(law.low_c, temperature_c - step), min(law.high_c, temperature_c + step)
    config = CertificateConfig(node_c=0.0)
    values = [_at(law, t, 1.0, config)[0] for t in (low, high)]
    return float(100 * np.log(values[1] / values[0]) / (high - low))


def temperature_of(law: TemperatureLaw, value: float) -> float | None:
    """Temperature at which the law gives this value; None outside the range of the law."""
    if not value > 0:
        return None
    if law.kind == "nodes":
        logs, inverse = np.log(law.values), 1 / (np.array(law.temperatures_c) + KELVIN)
        if not logs[0] <= np.log(value) <= logs[-1]:
            return None
        found = float(1 / np.interp(np.log(value), logs, inverse) - KELVIN)
    else:
        d0, t0, exponent = law.constants
        found = float(t0 * ((value / d0) ** (1 / exponent) + 1) - KELVIN)
    return found if law.low_c - 1e-9 <= found <= law.high_c + 1e-9 else None


def _has_uncertainty(insert: Insert) -> bool:
    return insert.uncertainty is not None or (insert.law is not None and bool(insert.law.uncertainties))


def _at(law: TemperatureLaw, temperature_c: float, factor: float, config: CertificateConfig) -> tuple[float, float]:
    """Value and expanded uncertainty at a temperature inside the range."""
    if law.kind == "speedy-angell":
        value = speedy_angell(temperature_c, law.constants)
        return value, value * law.interpolation_percent / 100
    nodes = np.array(law.temperatures_c)
    nearest = int(np.argmin(np.abs(nodes - temperature_c)))
    inverse, x = 1 / (nodes + KELVIN), 1 / (temperature_c + KELVIN)
    value = float(np.exp(np.interp(-x, -inverse, np.log(law.values))))
    if abs(nodes[nearest] - temperature_c) <= config.node_c:
        return value, law.uncertainties[nearest] * factor
    relative = float(np.interp(-x, -inverse, np.array(law.uncertainties) / np.array(law.values)))
    return value, value * (relative * factor + law.interpolation_percent / 100)


def _refusal(insert: Insert, temperature_c: float | None) -> Issue | None:
    law = insert.law
    if temperature_c is None or not np.isfinite(temperature_c):
        remedy = "state the temperature of the phantom during the scan"
        return Issue("Q54", Level.STOP, "no temperature", "degrees Celsius", remedy, insert.label)
    if not law.low_c <= temperature_c <= law.high_c:
        expected = f"{law.low_c:g} to {law.high_c:g} °C, the range of the certificate"
        remedy = "scan within the range; values are not extrapolated"
        return Issue("Q55", Level.STOP, f"{temperature_c:g} °C", expected, remedy, insert.label)
    return None


def _gap(insert: Insert, temperature_c: float, config: CertificateConfig) -> Issue | None:
    for low, high in insert.law.gaps_c:
        if low + config.node_c < temperature_c < high - config.node_c:
            found = f"{temperature_c:g} °C, between {low:g} and {high:g} °C where the certificate has no node"
            expected = "a temperature near a node"
            return Issue("Q56", Level.WARN, found, expected, "scan in ice or at room temperature", insert.label)
    return None


def _coverage(insert: Insert, config: CertificateConfig) -> Issue:
    found = "uncertainty without coverage factor"
    remedy = f"taken as k = {config.assumed_k:g}; ask the maker"
    return Issue("Q53", Level.INFO, found, "coverage factor k of the certificate", remedy, insert.label)
