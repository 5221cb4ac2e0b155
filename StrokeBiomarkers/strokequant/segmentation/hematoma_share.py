"""Share of clot in the voxels of its border, and the border that these shares add up to."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig
from .ct_head import grown_in_plane
from .hematoma_region import Region, edge_width
from .hematoma_surroundings import Distances, distances, level_of_surroundings, next_slices, rim_profile

WEIGHT_FLOOR = 1e-3
"""Of a local mean: far from every voxel of the ring its level is the median of the ring."""


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of clot.

    Args:
        values: (k, j, i) share by the image as it is, 1 in the core, 0 outside of the border.
        smooth: the same by the smoothed image, for the order in which voxels are taken.
        band: voxels of the border, inner and outer.
    """

    values: np.ndarray
    smooth: np.ndarray
    band: np.ndarray


def shares_of_clot(
    hu: np.ndarray,
    smooth: np.ndarray,
    shine: np.ndarray,
    region: Region,
    allowed: np.ndarray,
    geometry: Geometry,
    config: HematomaConfig,
) -> Shares:
    """Share of every voxel by the levels of clot and background nearby.

    Args:
        hu, smooth: (k, j, i) image as it is and smoothed.
        shine: what bone adds to brain.
        region: above the half maximum; all of it counts where it lies beside bone.
        allowed: away from bone.
        geometry: grid.
        config: parameters.
    """
    edge = edge_width(geometry, config)
    found = distances(region.values, geometry, config)
    core = _whole(region, found, config)
    border = grown_in_plane(next_slices(region.values, geometry), geometry, edge)
    band = border & allowed & ~core
    full = (core | (region.values & ~allowed)) & (hu <= config.bone_hu)
    deep = smooth - np.float32(config.shine_share) * shine
    usable = allowed & (deep < region.threshold_hu)
    background = _background(hu - shine, allowed, usable, region, found, border, geometry, config) + shine
    clot = _local_mean(smooth, core, border, float(np.median(smooth[core])), geometry, config)
    contrast = np.maximum(clot - background, config.least_contrast_hu)
    values, evened = (np.zeros(hu.shape, np.float32) for _ in range(2))
    at = background[border]
    for source, target in ((hu, values), (smooth, evened)):
        target[border] = np.clip((source[border] - at) / contrast[border], config.share_low, config.share_high)
    values[~band], evened[~band] = 0, 0
    values[_empty_caps(values, region, band, geometry, config)] = 0
    values[full] = 1
    evened[full] = config.share_high + 1
    return Shares(values, evened, band & ~full)


def _whole(region: Region, found: Distances, config: HematomaConfig) -> np.ndarray:
    """Voxels of a clot that it fills through the whole slice; those of its core where it is too small for that."""
    farthest = found.parts.max(axis=0)
    for depth in (config.core_mm, config.core_mm / 2):
        filled = region.values & (farthest < -depth)
        if np.count_nonzero(filled) >= config.rim_voxels:
            return filled
    return region.core


def _background(hu, allowed, usable, region: Region, found: Distances, border, geometry: Geometry, config):
    """(k, j, i) level of what shares a voxel with the clot, right in its border."""
    edge = edge_width(geometry, config)
    profile = rim_profile(hu, found, allowed, usable, geometry, edge, region.clot_hu, config)
    if profile is None:
        return _local_mean(hu, region.ring, border, region.background_hu, geometry, config)
    width = max(config.ring_mm, *geometry.pixel_spacing)
    ring = usable & (found.nearest > edge) & (found.parts.mean(axis=0) < edge + 2 * width)
    beside = np.zeros_like(hu)
    seen = hu[ring]
    if profile.blur is not None:
        seen = profile.blur.without_clot(seen, found.parts[:, ring].mean(axis=0), config.blur_clear)
    beside[ring] = seen - level_of_surroundings(profile, found, ring)
    level = _local_mean(beside, ring, border, 0.0, geometry, config)
    level[border] += level_of_surroundings(profile, found, border)
    return level


def _empty_caps(values, region: Region, band, geometry: Geometry, config: HematomaConfig) -> np.ndarray:
    """Voxels above and below the clot that hold none of it: darker than the background that was taken for them."""
    beside = grown_in_plane(region.values, geometry, edge_width(geometry, config))
    cap = band & ~beside
    along_i, along_j = geometry.pixel_spacing
    sd = (0, config.cap_smooth_mm / along_j, config.cap_smooth_mm / along_i)
    return cap & (ndimage.gaussian_filter(np.where(band, values, np.float32(0)), sd) <= 0)


def _local_mean(smooth, where, wanted, median: float, geometry: Geometry, config: HematomaConfig) -> np.ndarray:
    """(k, j, i) mean of the image over the voxels of `where` nearby, right at the voxels of `wanted`."""
    along_i, along_j = geometry.pixel_spacing
    sd = (min(2.0, config.level_mm / geometry.mean_extent_mm), config.level_mm / along_j, config.level_mm / along_i)
    steps = [max(1, int(s / 2)) for s in sd]
    # levels vary over many pixels: averaging them on every second or third pixel gives the same and is much faster
    weight = _binned(where.astype(np.float32), steps)
    total = _binned(np.where(where, smooth - np.float32(median), np.float32(0)), steps)
    reduced = [s / n for s, n in zip(sd, steps, strict=True)]
    weight, total = (ndimage.gaussian_filter(a, reduced, mode="constant", truncate=3) for a in (weight, total))
    level = total / (weight + WEIGHT_FLOOR)
    index = np.argwhere(wanted).T
    centers = [(n + 0.5) / step - 0.5 for n, step in zip(index, steps, strict=True)]
    found = np.full(smooth.shape, np.float32(median))
    found[tuple(index)] += ndimage.map_coordinates(level, centers, order=1, mode="nearest")
    return found


def _binned(values: np.ndarray, steps: list[int]) -> np.ndarray:
    for axis, step in enumerate(steps):
        if step > 1:
            missing = -values.shape[axis] % step
            values = np.pad(values, [(0, missing if a == axis else 0) for a in range(3)])
            shape = list(values.shape)
            shape[axis : axis + 1] = [shape[axis] // step, step]
            values = values.reshape(shape).mean(axis=axis + 1, dtype=np.float32)
    return values


def border_by_share(shares: Shares, region: Region, geometry: Geometry) -> tuple[np.ndarray, float, float]:
    """Voxels by decreasing share until their volume is the sum of the shares.

    Returns:
        (k, j, i) bool, the share at which the mask ends, and the sum in mL.
    """
    volume = geometry.volume_ml(shares.values)
    inside = shares.smooth > 0
    order = np.argsort(-shares.smooth[inside], kind="stable")
    sizes = geometry.voxel_volumes_mm3[np.nonzero(inside)[0]][order]
    count = int(np.searchsorted(np.cumsum(sizes) / 1000, volume + sizes.min(initial=0) / 2000))
    taken = np.zeros(len(order), bool)
    taken[order[:count]] = True
    mask = np.zeros(inside.shape, bool)
    mask[inside] = taken
    cut = float(shares.smooth[inside][order[min(count, len(order)) - 1]]) if count else 0.0
    return mask, cut, volume
