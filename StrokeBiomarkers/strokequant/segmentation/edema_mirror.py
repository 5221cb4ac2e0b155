"""Normal tissue by the other side of the brain: its level at a point, and how much both sides differ where there is no blood."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..hemorrhage_config import HemorrhageMeasureConfig
from .coarse import Coarse
from .cropping import box_around, uncropped
from .ct_head import CoarseHead
from .sides import MidPlane
from .workgrid import WorkGrid

_STEP_MM = 2.0
"""Step of the grid on which an image is compared with its mirror image."""

_BLED = 0.05
"""Share of blood from which a mirror image is no brain: it raises the smoothed value by 1 to 2 HU."""


@dataclass(frozen=True, eq=False)
class MirrorTissue:
    """Normal tissue by the other side.

    Args:
        plane: mid-plane.
        grid: on which levels are known.
        level, known: HU of tissue there, smoothed, and its share.
        bled: share of blood.
    """

    plane: MidPlane
    grid: WorkGrid
    level: np.ndarray
    known: np.ndarray
    bled: np.ndarray

    @classmethod
    def of(cls, coarse: Coarse, blood: np.ndarray, brain: np.ndarray, plane: MidPlane, config) -> "MirrorTissue":
        """From a coarse head and its blood."""
        smooth = _smoothed_tissue(coarse.values, _tissue(coarse.values, brain, blood, config), coarse.geometry, config)
        grid = WorkGrid.of(coarse.geometry, _STEP_MM)
        level, known, bled = (grid.down(a) for a in (*smooth, blood))
        return cls(plane, grid, level, known, ndimage.gaussian_filter(bled, config.edema_mirror_mm / _STEP_MM))

    def at(self, lps: np.ndarray) -> np.ndarray:
        """(n,) HU of normal tissue at (n, 3) points; NaN where the other side tells nothing."""
        index = self.grid.index_of(self.plane.reflect(lps))
        level, known, bled = (
            ndimage.map_coordinates(a, index, order=1, mode="constant", cval=0)
            for a in (self.level, self.known, self.bled)
        )
        told = (known > 0.5) & (bled < _BLED)
        return np.where(told, level, np.nan)


def _tissue(hu: np.ndarray, brain: np.ndarray, blood: np.ndarray, config: HemorrhageMeasureConfig) -> np.ndarray:
    """Brain without CSF, calcification, bone in partial volume and blood."""
    return brain & (hu > config.edema_csf_hu) & (hu < config.edema_tissue_hu) & (blood < _BLED)


def _smoothed_tissue(hu, tissue, geometry: Geometry, config: HemorrhageMeasureConfig) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the tissue nearby, and its share."""
    along_i, along_j = geometry.pixel_spacing
    sd = (
        config.edema_mirror_mm / max(geometry.mean_extent_mm, 1e-6),
        config.edema_mirror_mm / along_j,
        config.edema_mirror_mm / along_i,
    )
    box = box_around(tissue, tuple(int(4 * s + 1) for s in sd))  # as far as the filter reaches
    share = ndimage.gaussian_filter(tissue[box].astype(np.float32), sd)
    total = ndimage.gaussian_filter(np.where(tissue[box], hu[box], np.float32(0)), sd)
    return uncropped(total / np.maximum(share, 1e-3), box, hu.shape), uncropped(share, box, hu.shape)


def unevenness_hu(coarse: CoarseHead, bled: np.ndarray, mirror: MirrorTissue, config: HemorrhageMeasureConfig) -> float:
    """SD over patches of the difference between both sides, away from blood; robust, so that an old lesion does not make it."""
    geometry, hu = coarse.image.geometry, coarse.image.values
    tissue = _tissue(hu, coarse.brain, bled, config)
    index = np.argwhere(tissue)
    index = index[:: max(1, len(index) // 200_000)]
    index = index[_far_from(bled >= _BLED, index, geometry, config.edema_reach_mm + 5)]
    if len(index) < 1000:
        return float("inf")
    points = geometry.to_lps(index)
    apart = hu[tuple(index.T)] - mirror.at(points)
    told = np.isfinite(apart)
    _, which = np.unique(patches_of(points[told], config), return_inverse=True)
    count = np.bincount(which)
    mean = np.bincount(which, apart[told]) / count
    full = mean[count > np.median(count) / 2]
    return float(1.4826 * np.median(np.abs(full - np.median(full)))) if full.size >= 20 else float("inf")


def _far_from(blood: np.ndarray, index: np.ndarray, geometry: Geometry, mm: float) -> np.ndarray:
    """(n,) True for voxels of (n, 3) indices this far from blood; by every third pixel, since a clot is larger."""
    step = 3
    along_i, along_j = geometry.pixel_spacing
    sampling = (geometry.mean_extent_mm, step * along_j, step * along_i)
    apart = ndimage.distance_transform_edt(~blood[:, ::step, ::step], sampling=sampling)
    return apart[index[:, 0], index[:, 1] // step, index[:, 2] // step] > mm


def patches_of(lps: np.ndarray, config: HemorrhageMeasureConfig) -> np.ndarray:
    """(n,) number of the patch that (n, 3) points lie in."""
    cell = np.floor(lps / config.edema_patch_mm).astype(np.int64) + 500
    return (cell[:, 0] * 1000 + cell[:, 1]) * 1000 + cell[:, 2]
