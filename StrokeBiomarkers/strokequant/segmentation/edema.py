"""Perihematomal edema: tissue around the clot, joined to it, darker than its mirror image. A proposal that a reader edits."""

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import CtHeadConfig, HemorrhageMeasureConfig
from ..types import Mask, Volume
from .coarse import Coarse, coarse_copy
from .cropping import Box, bounding_box, uncropped
from .ct_head import CtHead, coarse_head
from .sides import at_points
from .workgrid import WorkGrid

_STEP_MM = 2.0
"""Step of the grid on which an image is compared with its mirror image."""

_BLED = 0.05
"""Share of blood from which a mirror image is no brain: it raises the smoothed value by 1 to 2 HU."""


def segment_edema(
    image: Volume,
    blood: np.ndarray,
    clot: np.ndarray,
    head: CtHead,
    *,
    config: HemorrhageMeasureConfig = HemorrhageMeasureConfig(),
    head_config: CtHeadConfig = CtHeadConfig(),
) -> Mask:
    """Edema around the ICH.

    Args:
        image: HU.
        blood: (k, j, i) all blood, which is no edema.
        clot: the ICH, which edema touches.
        head: of `ct_head`.
        config: window, drop and reach.
        head_config: size of the working grid.

    Returns:
        Mask "edema" with H21: it is a guess.
    """
    coarse = (head.coarse or coarse_head(image, head, head_config)).image
    box = _box_near(clot, image.geometry, coarse.factors, config.edema_reach_mm)
    sizes = {"pixel_mm": head_config.work_pixel_mm, "slice_mm": head_config.work_slice_mm}
    bled = coarse_copy(blood, image.geometry, **sizes).values
    dark, issues = _darker_than_mirror(coarse, bled, box, head, config)
    part = clot[box]
    candidates = dark & head.brain.values[box] & ~blood[box] & ~head.ventricles.values[box]
    candidates &= _near(part, image.geometry, config.edema_reach_mm)
    labels, _ = ndimage.label(candidates)
    touching = np.unique(labels[ndimage.binary_dilation(part, iterations=3)])
    values = uncropped(np.isin(labels, touching[touching > 0]), box, clot.shape)
    words = (
        f"within {config.edema_reach_mm:g} mm of the clot and joined to it, {config.edema_low_hu:g} to {config.edema_high_hu:g} HU, "
        f"{config.edema_drop_hu:g} HU darker than the mirror image"
    )
    return Mask(values, image.geometry, "edema", words, issues=issues)


def _box_near(mask: np.ndarray, geometry: Geometry, factors: tuple[int, int, int], radius_mm: float) -> Box:
    """Box around a mask that begins and ends with blocks of the coarse grid."""
    along_i, along_j = geometry.pixel_spacing
    box = []
    for s, n, mm, factor in zip(
        bounding_box(mask), mask.shape, (geometry.mean_extent_mm, along_j, along_i), factors, strict=True
    ):
        pad = int(np.ceil(radius_mm / mm)) + factor
        start, stop = max(0, s.start - pad), min(n, s.stop + pad)
        box.append(slice(start // factor * factor, min(n, -(-stop // factor) * factor)))
    return tuple(box)


def _darker_than_mirror(coarse: Coarse, blood, box: Box, head: CtHead, config: HemorrhageMeasureConfig):
    """Voxels of a box of the fine grid that are darker than their mirror image, and what to know about it.

    A mirror image that holds blood tells nothing: everything is darker than blood.
    """
    geometry = coarse.geometry
    along_i, along_j = geometry.pixel_spacing
    sd = (0, config.edema_smooth_mm / along_j, config.edema_smooth_mm / along_i)
    smooth = ndimage.gaussian_filter(np.clip(coarse.values, -50, 150), sd)
    blocks = tuple(slice(s.start // f, -(-s.stop // f)) for s, f in zip(box, coarse.factors, strict=True))
    own = smooth[blocks]
    window = (own >= config.edema_low_hu) & (own <= config.edema_high_hu)
    index = np.argwhere(window)
    grid = WorkGrid.of(geometry, _STEP_MM)
    lps = geometry.to_lps(index + [s.start for s in blocks])
    opposite = head.midplane.reflect(lps)
    mirror = at_points(grid.down(smooth), opposite, grid)
    bled = at_points(grid.down(ndimage.gaussian_filter(blood, sd)), opposite, grid)
    dark = np.zeros(own.shape, bool)
    dark[tuple(index[(own[tuple(index.T)] < mirror - config.edema_drop_hu) & (bled < _BLED)].T)] = True
    found = f"edema told by the mirror image; both sides are alike to {head.midplane.symmetry:.2f}"
    remedy = "a proposal: old infarcts and white matter disease of one side look alike; look at it and edit it"
    shape = tuple(s.stop - s.start for s in box)
    fine = Coarse(dark, geometry, coarse.factors, shape).fine(dark)
    return fine, (Issue("H21", Level.WARN, found, "a reader's outline", remedy),)


def _near(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> np.ndarray:
    """Voxels within a distance of a mask, by the grid's mean step; a limit of search, not a measure."""
    along_i, along_j = geometry.pixel_spacing
    steps = (geometry.mean_extent_mm, along_j, along_i)
    return ndimage.distance_transform_edt(~mask, sampling=steps) <= radius_mm
