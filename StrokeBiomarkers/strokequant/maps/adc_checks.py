"""Checks of an ADC map that need to know where the brain is: its scale and its negative voxels."""

import numpy as np

from ..config import AdcConfig, UnitConfig
from ..errors import Issue, Level
from ..types import Mask, QuantityMap, Volume

_BRIGHT_PERCENTILE = 70
"""Of the positive signal: a head fills less than a third of the field of view with air around it."""
_TISSUE_FACTOR = 2.0


def scale_check(adc: QuantityMap, brain: Mask, config: UnitConfig = UnitConfig()) -> tuple[Issue, ...]:
    """Ask where the median ADC of the brain is not that of a brain: b0 and DWI may not share one scale, or b may be wrong.

    Args:
        adc: map in um2/s, as computed.
        brain: brain mask on the grid of the map.
        config: physiologic range of the median.

    Returns:
        P06 with level ASK, or nothing.
    """
    inside = adc.values[brain.values & adc.valid]
    expected = f"{config.brain_median_low:g} to {config.brain_median_high:g} um2/s"
    remedy = "check b values and scale factors of b0 and DWI; the reader decides whether this map may be used"
    if not inside.size:
        return (Issue("P06", Level.ASK, "no valid ADC inside the brain mask", expected, remedy),)
    median = round(float(np.median(inside)))
    if config.brain_median_low <= median <= config.brain_median_high:
        return ()
    return (Issue("P06", Level.ASK, f"median ADC of the brain {median} um2/s", expected, remedy),)


def bright_scale_check(adc: QuantityMap, image: Volume, config: UnitConfig = UnitConfig()) -> tuple[Issue, ...]:
    """The same question where no brain was found: an ADC far from that of any tissue may be the reason.

    Args:
        adc: map in um2/s, as computed.
        image: b0 image on the grid of the map.
        config: physiologic range of the median in the brain; fat, muscle and fluid go up to twice beyond it.

    Returns:
        P06 with level ASK where the median ADC of the brightest voxels is further away, or nothing.
    """
    positive = np.isfinite(image.values) & (image.values > 0)
    if not positive.any():
        return ()
    bright = positive & (image.values > np.percentile(image.values[positive], _BRIGHT_PERCENTILE))
    inside = adc.values[bright & adc.valid]
    low, high = config.brain_median_low / _TISSUE_FACTOR, config.brain_median_high * _TISSUE_FACTOR
    median = round(float(np.median(inside))) if inside.size else 0
    if low <= median <= high:
        return ()
    found = f"median ADC of the brightest voxels {median} um2/s"
    remedy = "check that the images show a head, then b values and scale factors of b0 and DWI"
    return (Issue("P06", Level.ASK, found, f"{low:g} to {high:g} um2/s in tissue", remedy),)


def negative_check(adc: QuantityMap, brain: Mask, config: AdcConfig = AdcConfig()) -> tuple[Issue, ...]:
    """Warn where more of the brain than is usual has a negative ADC.

    Args:
        adc: map with reasons.
        brain: brain mask on the grid of the map.
        config: share of the brain that is tolerated.

    Returns:
        P04 with level WARN, or nothing.
    """
    size = int(np.count_nonzero(brain.values))
    if adc.reasons is None or "negative" not in adc.reason_names or not size:
        return ()
    negative = int(np.count_nonzero(adc.reasons[brain.values] == 1 + adc.reason_names.index("negative")))
    if 100 * negative <= config.negative_warn_percent * size:
        return ()
    found = f"{negative} of {size} brain voxels ({100 * negative / size:.2f} %) have a negative ADC"
    remedy = "they are left out; look for motion between b0 and DWI and for a low signal"
    return (Issue("P04", Level.WARN, found, f"at most {config.negative_warn_percent:g} %", remedy),)
