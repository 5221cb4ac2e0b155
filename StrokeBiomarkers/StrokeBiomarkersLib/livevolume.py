"""Volume and interval of a core while it is edited: the numbers that will be recorded, fast enough for every brush stroke."""

from typing import NamedTuple

import numpy as np

from strokequant.biomarkers.volume import boundary_band_ml
from strokequant.config import MeasureConfig
from strokequant.segmentation.cropping import bounding_box, cropped
from strokequant.types import Mask


class LiveVolume(NamedTuple):
    """mL; the interval is that of the contours."""

    volume: float
    lower: float
    upper: float


def liveVolume(mask: Mask, config: MeasureConfig = MeasureConfig()) -> LiveVolume:
    """Measure a mask on the box around it, which changes no number."""
    volume = mask.volume_ml
    if not mask.values.any():
        return LiveVolume(0.0, 0.0, 0.0)
    box = tuple(
        slice(max(0, s.start - 2), min(n, s.stop + 2))
        for s, n in zip(bounding_box(mask.values), mask.values.shape, strict=True)
    )
    lower, upper = boundary_band_ml(
        np.ascontiguousarray(mask.values[box]), cropped(mask.geometry, box), config.boundary_shift_px
    )
    return LiveVolume(volume, lower, upper)
