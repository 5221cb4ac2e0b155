"""Unit of an ADC map: from a code where there is one, else from the physiologic range of a brain, else not at all.

Values are in file units after rescale; the result is the factor to um2/s (1 um2/s = 1e-6 mm2/s). Order: a unit given by the
user, the units code of the Real World Value Mapping (0040,08EA), another unit text of the header, the median over the brain
mask. A stated unit that puts the brain median far outside the range of a brain is refused: one of both is wrong. The series
description never counts: "Apparent Diffusion Coefficient (mm2/s)" is written above maps in 1e-6 mm2/s.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import UnitConfig
from ..errors import Issue, Level

HEADER_UNITS = (
    ("unit_flag", "unit given by the user"),
    ("rwvm_units", "units code (0040,08EA)"),
    ("units", '"Units" of the sidecar'),
    ("rescale_type", "Rescale Type (0028,1054)"),
)
"""Header keys that may state a unit, in order of trust, with the words for them."""

CANDIDATES = ((1e6, "mm2/s"), (1e3, "1e-3 mm2/s"), (1.0, "1e-6 mm2/s"))
"""Factor to um2/s and name of the units that scanners and converters write."""

_LENGTH_SQUARED = {"m": 1e12, "cm": 1e8, "mm": 1e6, "um": 1.0}
_PER_TIME = {"s": 1.0, "sec": 1.0, "ms": 1e3}
_POWER = r"(?:[x*]?(?:10\*?\^?(?P<ten>[-+]?\d+)|1(?:\.0+)?e(?P<exponent>[-+]?\d+))[.*x]?)?"
_UNIT = re.compile(_POWER + r"(?P<length>mm|cm|um|m)\*?\^?2/(?P<time>sec|ms|s)")


@dataclass(frozen=True, slots=True)
class UnitDecision:
    """Unit of an ADC map.

    Args:
        factor_to_um2_s: multiply values in file units by this; None where the unit is not known.
        how: what decided, in words.
        issues: U01 where the range of a brain decided, U02 where nothing could.
    """

    factor_to_um2_s: float | None
    how: str
    issues: tuple[Issue, ...] = ()


def unit_factor(text: str) -> float | None:
    """Factor to um2/s of a unit of diffusion such as "um2/s", "mm^2/s" or "10*-3.mm2/s"; None where it is none."""
    plain = re.sub(r"[\s\[\]{}()]", "", str(text)).lower()
    plain = plain.replace("µ", "u").replace("μ", "u").replace("²", "2").replace("×", "x").replace("·", ".")
    plain = plain.replace("−", "-")
    match = _UNIT.fullmatch(plain)
    if not match:
        return None
    power = int(match["ten"] or match["exponent"] or 0)
    if abs(power) > 15:
        return None
    return float(10.0**power * _LENGTH_SQUARED[match["length"]] * _PER_TIME[match["time"]])


def brain_median(values: np.ndarray, brain: np.ndarray | None) -> float | None:
    """Median over the finite positive values of a brain mask, in file units; None without any."""
    if brain is None or not np.any(brain):
        return None
    inside = np.asarray(values)[np.asarray(brain, dtype=bool)]
    inside = inside[np.isfinite(inside) & (inside > 0)]
    return float(np.median(inside.astype(float))) if inside.size else None


def decide_adc_unit(
    values: np.ndarray,
    brain: np.ndarray | None,
    header: dict[str, Any],
    config: UnitConfig = UnitConfig(),
) -> UnitDecision:
    """Unit of an ADC map.

    Args:
        values: (k, j, i) ADC in file units after rescale; a unit code must belong to these values.
        brain: mask of the same shape; without it only a stated unit can decide.
        header: may hold the keys of `HEADER_UNITS`.

    Returns:
        Factor and reason; with U02 (ASK) and no factor where the unit is unknown or contradicts the values.
    """
    median = brain_median(values, brain)
    ignored = []
    for key, words in HEADER_UNITS:
        text = str(header.get(key) or "").strip()
        factor = unit_factor(text)
        if factor is not None:
            return _stated(f'{words} "{text}"', factor, median, config)
        if text:
            ignored.append(f'{words} "{text}" is no unit of diffusion')
    return _from_range(median, "; ".join(ignored), config)


def _in_range(median_um2_s: int, config: UnitConfig) -> bool:
    return config.brain_median_low <= median_um2_s <= config.brain_median_high


def _range_text(config: UnitConfig) -> str:
    return f"{config.brain_median_low:g} to {config.brain_median_high:g} um2/s"


def _stated(how: str, factor: float, median: float | None, config: UnitConfig) -> UnitDecision:
    """A unit that was written or given; checked against the brain where there is one."""
    if median is None or _in_range(round(median * factor), config):
        return UnitDecision(factor, how)
    found = f"{how} makes the brain median {median * factor:.4g} um2/s (file value {median:.4g})"
    low = config.brain_median_low / config.code_conflict_factor
    high = config.brain_median_high * config.code_conflict_factor
    if low <= median * factor <= high:
        issue = Issue("U01", Level.WARN, found, f"brain median {_range_text(config)}", "check the ADC map")
        return UnitDecision(factor, how, (issue,))
    return _unknown(found, "the stated unit contradicts the values", config)


def _from_range(median: float | None, ignored: str, config: UnitConfig) -> UnitDecision:
    if median is None:
        return _unknown(_join("no unit in the header and no brain mask with valid values", ignored), "", config)
    fits = [(f, name) for f, name in CANDIDATES if _in_range(round(median * f), config)]
    if len(fits) != 1:
        return _unknown(_join(f"no unit in the header; brain median {median:.4g} in file units", ignored), "", config)
    factor, name = fits[0]
    how = f"brain median {median:.4g} in file units is physiologic only as {name}"
    issue = Issue(
        "U01",
        Level.WARN,
        _join(how, ignored),
        f"a units code (0040,08EA), or a brain median of {_range_text(config)}",
        "confirm the unit of the ADC map",
    )
    return UnitDecision(factor, _join(how, ignored), (issue,))


def _join(text: str, more: str) -> str:
    return f"{text}; {more}" if more else text


def _unknown(found: str, why: str, config: UnitConfig) -> UnitDecision:
    names = ", ".join(name for _, name in CANDIDATES)
    issue = Issue(
        "U02",
        Level.ASK,
        _join(found, why),
        f"a units code, or a brain median of {_range_text(config)} in one of {names}",
        "say the unit of the ADC map, or recompute ADC from b0 and DWI",
    )
    return UnitDecision(None, f"unit unknown: {found}", (issue,))
