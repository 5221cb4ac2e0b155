"""A clot as a reader drew it: its volume is that of the drawing, the two other definitions are read within it and the blur of its border."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig
from ..types import Mask, Volume
from .cropping import bounding_box, cropped
from .ct_head import grown_in_plane
from .hematoma import Hematoma
from .hematoma_region import edge_width, smoothed_mm

_OF_OUTLINE = ("H16", "H17", "H23")
"""What is said of an outline, and not of a drawing in its place."""


def drawn_hematoma(
    image: Volume, drawn: Mask, outlined: Sequence[Hematoma] = (), *, config: HematomaConfig = HematomaConfig()
) -> Hematoma:
    """The clot of a drawing.

    Args:
        image: HU.
        drawn: on the grid of the image, with voxels.
        outlined: clots that the drawing began with; the largest gives the levels. Without one there are none: NaN.
        config: limits.
    """
    largest = max(outlined, key=lambda clot: clot.volume_ml, default=None)
    levels = (largest.threshold_hu, largest.clot_hu, largest.background_hu) if largest else (np.nan,) * 3
    half, half_ml, fixed_ml = _by_thresholds(image, drawn, levels[0], config)
    parameters = {"drawn": True, "threshold_hu": levels[0], "outlined_ml": [clot.volume_ml for clot in outlined]}
    issues = tuple(dict.fromkeys(issue for clot in outlined for issue in clot.issues if issue.code not in _OF_OUTLINE))
    volume = drawn.volume_ml
    mask = replace(drawn, parameters=parameters)
    return Hematoma(
        mask, half, *levels, volume, half_ml, fixed_ml, (volume, volume), None, parameters, (*issues, *drawn.issues)
    )


def _by_thresholds(image: Volume, drawn: Mask, threshold: float, config: HematomaConfig):
    """Cut at half maximum as a mask and in mL, and the fixed window in mL; NaN without a threshold."""
    box = _around(drawn.values, drawn.geometry, config)
    geometry = cropped(drawn.geometry, box)
    hu = np.clip(np.asarray(image.values[box], np.float32), -200, config.bone_hu)
    smooth = smoothed_mm(hu, geometry, config.smooth_mm)
    within = grown_in_plane(drawn.values[box], geometry, edge_width(geometry, config)) & (smooth < config.clot_high_hu)
    half = np.zeros(drawn.values.shape, bool)
    fixed_ml = geometry.volume_ml(within & (smooth > config.fixed_low_hu))
    if not np.isfinite(threshold):
        return half, float("nan"), fixed_ml
    half[box] = within & (smooth > threshold)
    return half, geometry.volume_ml(half[box]), fixed_ml


def _around(values: np.ndarray, geometry: Geometry, config: HematomaConfig):
    along_i, along_j = geometry.pixel_spacing
    reach = edge_width(geometry, config) + 4 * config.smooth_mm
    pads = (1, *(int(np.ceil(reach / mm)) + 1 for mm in (along_j, along_i)))
    return tuple(
        slice(max(0, s.start - pad), min(n, s.stop + pad))
        for s, pad, n in zip(bounding_box(values), pads, values.shape, strict=True)
    )
