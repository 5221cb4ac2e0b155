"""Head, skull, brain, CSF and ventricles on non-contrast CT, without a network; whole head or slab, even or not, tilted or not.

What lies inside the skull is found on a coarser copy of the slices (`skull`), because it needs no fine pixels, and is put back on
the native grid, where bone is taken out again. Ventricles are CSF that does not come near the inside of the skull.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..hemorrhage_config import CtHeadConfig
from ..perfusion_config import PerfusionBrainConfig
from ..threads import together
from ..types import Mask, Volume
from .cleanup import keep_clusters
from .coarse import Coarse, coarse_copy
from .cropping import box_around, uncropped
from .sides import MidPlane, find_midplane
from .skull import inside_skull, largest_parts


@dataclass(frozen=True, eq=False)
class CtHead:
    """Masks on the grid of a CT.

    Args:
        head: everything that is not air, the largest part.
        skull: bone of the head.
        brain: inside the skull, with CSF, ventricles and blood.
        csf, ventricles: inside the brain.
        midplane: plane of symmetry, for sides.
        has_skull: False for a stripped image or a phantom.
        coverage_mm: height of the stack along its normal.
        issues: S and H codes.
        coarse: what the masks were found on.
    """

    head: Mask
    skull: Mask
    brain: Mask
    csf: Mask
    ventricles: Mask
    midplane: MidPlane
    has_skull: bool
    coverage_mm: float
    issues: tuple[Issue, ...] = ()
    coarse: "CoarseHead | None" = None

    @property
    def tissue(self) -> np.ndarray:
        """(k, j, i) brain without CSF."""
        return self.brain.values & ~self.csf.values


@dataclass(frozen=True, eq=False)
class CoarseHead:
    """A head on a grid of about 1 x 1 x 2.5 mm.

    Args:
        image: HU.
        brain, csf: (k, j, i) bool.
    """

    image: Coarse
    brain: np.ndarray
    csf: np.ndarray


def ct_head(
    image: Volume,
    *,
    config: CtHeadConfig = CtHeadConfig(),
    skull_config: PerfusionBrainConfig = PerfusionBrainConfig(),
) -> CtHead:
    """Masks of a non-contrast head CT.

    Args:
        image: HU.
        config, skull_config: limits.

    Raises:
        SegmentationError: S01, nothing has the CT numbers of brain.
    """
    hu, geometry = np.asarray(image.values, np.float32), image.geometry
    coarse = coarse_copy(hu, geometry, pixel_mm=config.work_pixel_mm, slice_mm=config.work_slice_mm)
    inside = inside_skull(coarse.values, coarse.geometry, skull_config)
    if not inside.brain.any():
        raise SegmentationError(_no_brain())
    (head, bone, brain), (csf, ventricles), plane = together(
        partial(_whole_masks, hu, coarse, inside.brain, config),
        partial(_fluid, coarse, inside.brain, config),
        partial(find_midplane, np.clip(coarse.values, -20, 80), inside.brain, coarse.geometry),
    )
    ventricles = _near_plane(ventricles, coarse.geometry, plane, config)
    coverage = float(geometry.slice_extents.sum())

    issues = _head_issues(inside.brain, inside.has_skull, coarse.geometry, coverage, config)

    def mask(values: np.ndarray, name: str, words: str) -> Mask:
        return Mask(values, geometry, name, words)

    return CtHead(
        mask(head, "head", f"largest part above {config.body_hu:g} HU"),
        mask(bone, "skull", f"above {config.skull_hu:g} HU"),
        mask(brain, "brain", f"inside the skull, {skull_config.tissue_low_hu:g} to {skull_config.tissue_high_hu:g} HU"),
        mask(coarse.fine(csf) & brain, "csf", f"smoothed CT below {config.csf_hu:g} HU"),
        mask(coarse.fine(ventricles) & brain, "ventricles", "CSF deep in the brain, near the mid-plane"),
        plane,
        inside.has_skull,
        coverage,
        issues,
        CoarseHead(coarse, inside.brain & (coarse.values <= config.skull_hu), csf),
    )


def _whole_masks(hu: np.ndarray, coarse: Coarse, inside: np.ndarray, config: CtHeadConfig) -> tuple[np.ndarray, ...]:
    """Head, bone and brain on the fine grid."""
    head = coarse.fine(largest_parts(coarse.values > config.body_hu, 1.0))
    bone = (hu > config.skull_hu) & head
    return head, bone, coarse.fine(inside) & ~bone


def coarse_head(image: Volume, head: CtHead, config: CtHeadConfig = CtHeadConfig()) -> CoarseHead:
    """The coarse grid of a head whose masks came from elsewhere."""
    sizes = {"pixel_mm": config.work_pixel_mm, "slice_mm": config.work_slice_mm}
    brain, csf = (coarse_copy(m.values, image.geometry, **sizes).values > 0.5 for m in (head.brain, head.csf))
    return CoarseHead(coarse_copy(image.values, image.geometry, **sizes), brain, csf)


def _fluid(coarse: Coarse, brain: np.ndarray, config: CtHeadConfig) -> tuple[np.ndarray, np.ndarray]:
    """CSF, and its pools deep in the brain, on the coarse grid."""
    level = smoothed_inside(coarse.values, brain, coarse.geometry, config.csf_smooth_mm)
    csf = brain & (level < config.csf_hu)
    depth = in_plane_distance(brain, coarse.geometry)
    deep = csf & (depth > config.ventricle_depth_mm)
    labels, count = ndimage.label(csf & (depth > config.ventricle_depth_mm / 2))
    kept = np.zeros(count + 1, bool)
    kept[labels[deep]] = True
    kept[0] = False
    return csf, kept[labels]


def smoothed_inside(
    values: np.ndarray, inside: np.ndarray, geometry: Geometry, sd_mm: float, at: np.ndarray | None = None
) -> np.ndarray:
    """Gaussian mean within the slices over the voxels of a mask alone.

    Args:
        values: (k, j, i).
        inside: (k, j, i) voxels that count.
        geometry: their grid.
        sd_mm: of the Gaussian.
        at: voxels where the mean is wanted; those of the mask without it.

    Returns:
        (k, j, i) float32, 0 where it is not wanted.
    """
    at = inside if at is None else at
    along_i, along_j = geometry.pixel_spacing
    sd = (0, sd_mm / along_j, sd_mm / along_i)
    box = box_around(at, tuple(int(4 * s + 1) for s in sd))  # as far as the filter reaches
    level = ndimage.gaussian_filter(np.where(inside[box], values[box], np.float32(0)), sd)
    level /= np.maximum(ndimage.gaussian_filter(inside[box].astype(np.float32), sd), 1e-3)
    return uncropped(np.where(at[box], level, np.float32(0)), box, at.shape)


def _near_plane(pools: np.ndarray, geometry: Geometry, plane: MidPlane, config: CtHeadConfig) -> np.ndarray:
    pools = keep_clusters(pools, geometry, min_ml=config.ventricle_min_ml)
    index = np.argwhere(pools)
    if not len(index):
        return pools
    far = np.abs(plane.leftward_mm(geometry.to_lps(index))) > config.ventricle_midline_mm
    kept = pools.copy()
    kept[tuple(index[far].T)] = False
    return kept


def in_plane_distance(mask: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(k, j, i) float32 distance in mm of the voxels of a mask to what is outside, in their own slice; 0 outside."""
    along_i, along_j = geometry.pixel_spacing
    distance = np.zeros(mask.shape, np.float32)
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        box = _box_around(mask[k], (0, 0))
        distance[k][box] = ndimage.distance_transform_edt(mask[k][box], sampling=(along_j, along_i))
    return distance


def grown_in_plane(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> np.ndarray:
    """Mask with everything in its slices that lies within a distance in mm."""
    along_i, along_j = geometry.pixel_spacing
    grown = np.zeros(mask.shape, bool)
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        box = _box_around(mask[k], (radius_mm / along_j, radius_mm / along_i))
        outside = ~mask[k][box]
        grown[k][box] = ndimage.distance_transform_edt(outside, sampling=(along_j, along_i)) <= radius_mm
    return grown


def shrunk_in_plane(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> np.ndarray:
    """Voxels of a mask that lie further than a distance in mm from everything else in their slice."""
    return mask & (in_plane_distance(mask, geometry) > radius_mm)


def _box_around(plane: np.ndarray, margin: tuple[float, float]) -> tuple[slice, slice]:
    box = []
    for axis, pixels in enumerate(margin):
        used = np.flatnonzero(plane.any(axis=1 - axis))
        pad = int(np.ceil(pixels)) + 1
        box.append(slice(max(0, used[0] - pad), used[-1] + pad + 1))
    return box[0], box[1]


def _head_issues(brain: np.ndarray, has_skull: bool, geometry: Geometry, coverage: float, config: CtHeadConfig):
    found = []
    if not has_skull:
        expected, remedy = "a skull", "blood is searched wherever CT numbers are those of brain: check it"
        found.append(Issue("S11", Level.WARN, "no skull around the brain", expected, remedy))
    if coverage < config.whole_mm:
        words = f"slices cover {coverage:.0f} mm"
        found.append(Issue("S10", Level.WARN, words, f"{config.whole_mm:g} mm for a whole brain", _SLAB))
    top = -1 if geometry.normal[2] > 0 else 0
    area = np.count_nonzero(brain[top]) * geometry.pixel_area_mm2 / 100
    if has_skull and area > config.cut_cm2:
        words = f"the upper end of the stack cuts {area:.0f} cm2 of brain"
        found.append(Issue("H14", Level.WARN, words, "slices up to the vertex", _SLAB))
    return tuple(found)


_SLAB = "blood outside of the slices is not seen; use a series of the whole head"


def _no_brain() -> Issue:
    expected = "a head with brain between 0 and 120 HU"
    return Issue("S01", Level.STOP, "no brain inside the skull", expected, "check the series and its rescale")
