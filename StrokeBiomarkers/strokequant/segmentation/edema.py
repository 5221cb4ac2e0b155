"""Perihematomal edema: tissue around the clot, joined to it, darker than its mirror image. A proposal that a reader edits."""

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import CtHeadConfig, HemorrhageMeasureConfig
from ..types import Mask, Volume
from .ct_head import CtHead, coarse_copy
from .sides import at_points
from .workgrid import WorkGrid

_STEP_MM = 2.0
"""Step of the grid on which an image is compared with its mirror image."""


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
    coarse = coarse_copy(
        image.values, image.geometry, pixel_mm=head_config.work_pixel_mm, slice_mm=head_config.work_slice_mm
    )
    dark, issues = _darker_than_mirror(coarse.values, coarse.geometry, head, config)
    candidates = coarse.fine(dark) & head.brain.values & ~blood & ~head.ventricles.values
    near = _near(clot, image.geometry, config.edema_reach_mm)
    labels, _ = ndimage.label(candidates & near)
    touching = np.unique(labels[ndimage.binary_dilation(clot, iterations=3)])
    values = np.isin(labels, touching[touching > 0])
    words = (
        f"within {config.edema_reach_mm:g} mm of the clot and joined to it, {config.edema_low_hu:g} to {config.edema_high_hu:g} HU, "
        f"{config.edema_drop_hu:g} HU darker than the mirror image"
    )
    return Mask(values, image.geometry, "edema", words, issues=issues)


def _darker_than_mirror(hu, geometry: Geometry, head: CtHead, config: HemorrhageMeasureConfig):
    along_i, along_j = geometry.pixel_spacing
    sd = (0, config.edema_smooth_mm / along_j, config.edema_smooth_mm / along_i)
    smooth = ndimage.gaussian_filter(np.clip(hu, -50, 150), sd)
    window = (smooth >= config.edema_low_hu) & (smooth <= config.edema_high_hu)
    index = np.argwhere(window)
    grid = WorkGrid.of(geometry, _STEP_MM)
    mirror = at_points(grid.down(smooth), head.midplane.reflect(geometry.to_lps(index)), grid)
    dark = np.zeros(hu.shape, bool)
    own = smooth[tuple(index.T)]
    dark[tuple(index[own < mirror - config.edema_drop_hu].T)] = True
    found = f"edema told by the mirror image; both sides are alike to {head.midplane.symmetry:.2f}"
    remedy = "a proposal: old infarcts and white matter disease of one side look alike; look at it and edit it"
    return dark, (Issue("H21", Level.WARN, found, "a reader's outline", remedy),)


def _near(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> np.ndarray:
    """Voxels within a distance of a mask, by the grid's mean step; a limit of search, not a measure."""
    along_i, along_j = geometry.pixel_spacing
    steps = (geometry.mean_extent_mm, along_j, along_i)
    box = tuple(
        slice(max(0, int(a.min() - radius_mm / mm) - 1), int(a.max() + radius_mm / mm) + 2)
        for a, mm in zip(np.nonzero(mask), steps, strict=True)
    )
    near = np.zeros(mask.shape, bool)
    near[box] = ndimage.distance_transform_edt(~mask[box], sampling=steps) <= radius_mm
    return near
