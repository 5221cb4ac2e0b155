"""A scanner's own ADC map as a quantity map in um2/s."""

import numpy as np

from ..config import AdcConfig
from ..dicomio.units import UnitDecision
from ..errors import Issue, Level
from ..types import QuantityMap, Volume


def vendor_adc(
    volume: Volume, decision: UnitDecision, brain: np.ndarray | None = None, *, config: AdcConfig = AdcConfig()
) -> QuantityMap:
    """Scale to um2/s and set aside what is no ADC.

    Args:
        volume: ADC in file units after rescale.
        decision: its unit, from `decide_adc_unit`; must have a factor.
        brain: (k, j, i) bool, for the share of negative voxels; None counts over all voxels.

    Returns:
        Map in um2/s; non-finite and negative voxels have value 0, are not valid and are counted. A value of exactly 0 is what
        scanners write where they computed nothing: not valid either.
    """
    values = volume.values * np.float32(decision.factor_to_um2_s)
    finite = np.isfinite(values)
    values = np.where(finite, values, np.float32(0))
    negative = values < 0
    zero = finite & (values == 0)
    counts = {
        "non_finite": int(np.count_nonzero(~finite)),
        "negative": int(np.count_nonzero(negative)),
        "zero": int(np.count_nonzero(zero)),
    }
    return QuantityMap(
        np.where(negative, np.float32(0), values),
        finite & ~negative & ~zero,
        volume.geometry,
        "um2/s",
        "adc",
        "vendor map",
        parameters={"unit": decision.how, "factor_to_um2_s": float(decision.factor_to_um2_s)},
        counts=counts,
        inputs=(volume.source,) if volume.source else (),
        issues=(*volume.issues, *decision.issues, *_negative_issue(negative, brain, config)),
        instance_uids=volume.instance_uids,
    )


def _negative_issue(negative: np.ndarray, brain: np.ndarray | None, config: AdcConfig) -> tuple[Issue, ...]:
    region = np.ones(negative.shape, bool) if brain is None else brain
    share = 100 * np.count_nonzero(negative & region) / max(1, np.count_nonzero(region))
    if not negative.any():
        return ()
    level = Level.WARN if share > config.negative_warn_percent else Level.INFO
    found = f"{np.count_nonzero(negative)} voxels with a negative ADC, {share:.3f} % of the {'image' if brain is None else 'brain'}"
    return (Issue("P04", level, found, "ADC above 0", "they are excluded from the core and counted"),)
