"""A scanner's own ADC map as a quantity map in um2/s."""

import numpy as np

from ..dicomio.units import UnitDecision
from ..errors import UnitError
from ..types import QuantityMap, Volume

REASONS = ("non_finite", "negative", "zero")
"""Why a voxel is not valid. Scanners write exactly 0 where they computed nothing."""


def vendor_adc(volume: Volume, decision: UnitDecision) -> QuantityMap:
    """Scale to um2/s and set aside what is no ADC.

    Args:
        volume: ADC in file units after rescale.
        decision: its unit, from `decide_adc_unit`.

    Returns:
        Map in um2/s; voxels that are not finite, negative or exactly 0 have value 0, are not valid and are counted.

    Raises:
        UnitError: the unit is not known.
    """
    if decision.factor_to_um2_s is None:
        raise UnitError(*decision.issues)
    values = volume.values * np.float32(decision.factor_to_um2_s)
    reasons = np.zeros(values.shape, np.uint8)
    reasons[values == 0] = 1 + REASONS.index("zero")
    reasons[values < 0] = 1 + REASONS.index("negative")
    reasons[~np.isfinite(values)] = 1 + REASONS.index("non_finite")
    values[reasons > 0] = 0
    totals = np.bincount(reasons.ravel(), minlength=len(REASONS) + 1)
    return QuantityMap(
        values,
        reasons == 0,
        volume.geometry,
        "um2/s",
        "adc",
        "vendor map",
        parameters={"unit": decision.how, "factor_to_um2_s": float(decision.factor_to_um2_s)},
        counts={name: int(n) for name, n in zip(REASONS, totals[1:], strict=True)},
        inputs=(volume.source,) if volume.source else (),
        issues=(*volume.issues, *decision.issues),
        instance_uids=volume.instance_uids,
        reasons=reasons,
        reason_names=REASONS,
    )
