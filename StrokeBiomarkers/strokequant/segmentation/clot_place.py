"""Side and location of a clot without an atlas, as a first guess that a reader decides."""

import numpy as np
from scipy import ndimage

from ..hemorrhage_config import BloodProposalConfig, ClotPlaceConfig
from .cropping import bounding_box
from .ct_head import CtHead
from .head_frame import HeadFrame


def clot_place(
    mask: np.ndarray,
    head: CtHead,
    *,
    config: BloodProposalConfig = BloodProposalConfig(),
    places: ClotPlaceConfig = ClotPlaceConfig(),
) -> tuple[str, str]:
    """Side and location of a clot.

    Args:
        mask: (k, j, i) bool.
        head: of `ct_head`, on the same grid.
        config: width of the midline.
        places: extent of the deep nuclei and of the posterior fossa.

    Returns:
        "left", "right" or "midline"; "ventricle", "brainstem", "cerebellum", "deep" or "lobar". Empty for an empty mask.
    """
    if not mask.any():
        return "", ""
    center = head.brain.geometry.to_lps(np.argwhere(mask)).mean(axis=0)
    side = head.midplane.side(center, config.midline_mm)
    inside = np.count_nonzero(mask & head.ventricles.values)
    if 2 * inside > np.count_nonzero(mask) or _ring_share(mask, head.ventricles.values) > 0.5:
        return side, "ventricle"
    return side, location_of(center, frame_of(head), places)


def frame_of(head: CtHead) -> HeadFrame:
    """Axes of a head, from its coarse masks where it has them."""
    if head.coarse is None:
        return HeadFrame.of(head.brain.values, head.brain.geometry, head.midplane)
    return HeadFrame.of(head.coarse.brain, head.coarse.image.geometry, head.midplane)


def location_of(center: np.ndarray, frame: HeadFrame, config: ClotPlaceConfig = ClotPlaceConfig()) -> str:
    """ "brainstem", "cerebellum", "deep" or "lobar" by the center of a clot.

    Args:
        center: LPS mm.
        frame: of the head.
        config: extent of the regions.
    """
    left, back, up = frame.place(np.asarray(center, float))[0]
    beside = abs(left)
    in_stem = beside < config.stem_mm and config.stem_front_mm < back < config.stem_back_mm
    if in_stem and up < config.stem_top_mm:
        return "brainstem"
    tent = config.tent_top_mm - config.tent_back_slope * (back - config.stem_back_mm) - config.tent_side_slope * beside
    if back > config.fossa_front_mm and up < tent:
        return "cerebellum"
    half = np.array([config.deep_side_mm, config.deep_half_length_mm, config.deep_half_height_mm])
    apart = np.abs([beside, back - config.deep_back_mm, up - config.deep_up_mm]) / half
    return "deep" if float((apart**3).sum()) < 1 else "lobar"


def _ring_share(mask: np.ndarray, fluid: np.ndarray) -> float:
    """Share of the surroundings of a clot that is ventricle."""
    box = tuple(slice(max(0, s.start - 4), s.stop + 4) for s in bounding_box(mask))
    part = mask[box]
    ring = ndimage.binary_dilation(part, iterations=3) & ~ndimage.binary_dilation(part)
    return float(fluid[box][ring].mean(dtype=float)) if ring.any() else 0.0
