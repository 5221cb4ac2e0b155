"""Level of what surrounds a clot, where it shares a voxel with it.

Around a clot lies edema, often a rim of a few millimeters and darker than brain. Where slices are thick, a voxel above or below the clot
holds clot, rim and brain, and no voxel of pure rim is beside it. The level is therefore known as a function of the distance to the clot
in space: it is read where the border stands steep and voxels hold one distance only, and put to the parts of a voxel elsewhere. The
border between the slices is interpolated from the signed distances within them.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage, special

from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig

FAR_MM = 30.0
"""Distance that stands for far away."""


@dataclass(frozen=True, eq=False)
class Distances:
    """How far from a clot the parts of a voxel are.

    Args:
        parts: (m, k, j, i) float32 mm from the surface of the clot, negative inside, of m layers of every slice.
    """

    parts: np.ndarray

    @property
    def nearest(self) -> np.ndarray:
        """(k, j, i) of the nearest layer."""
        return self.parts.min(axis=0)

    @property
    def spread(self) -> np.ndarray:
        """(k, j, i) between the farthest and the nearest layer."""
        return self.parts.max(axis=0) - self.parts.min(axis=0)


def distances(values: np.ndarray, geometry: Geometry, config: HematomaConfig) -> Distances:
    """Distances of the layers of all slices from a clot.

    Args:
        values: (k, j, i) bool, with voxels.
        geometry: its grid.
        config: thickness of a layer.
    """
    signed = _signed_in_plane(values, geometry)
    steps = [_slopes(signed, geometry, side) for side in (-1, 1)]
    thickest = float(geometry.slice_extents[values.any(axis=(1, 2))].max())
    count = max(1, min(9, int(np.ceil(thickest / config.layer_mm - 0.01))))
    parts = np.empty((count, *values.shape), np.float32)
    for m, offset in enumerate((np.arange(count) + 0.5) / count - 0.5):
        slope = steps[1] if offset > 0 else steps[0] if offset < 0 else (steps[0] + steps[1]) / 2
        depth = (offset * geometry.slice_extents).astype(np.float32)[:, None, None]
        parts[m] = -(signed + depth * slope) / np.sqrt(1 + slope**2)
    return Distances(np.minimum(parts, FAR_MM))


def _signed_in_plane(values: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(k, j, i) mm to the border of a clot within each slice, positive inside; beyond its ends as the border goes on."""
    along_i, along_j = geometry.pixel_spacing
    half = min(along_i, along_j) / 2
    signed = np.full(values.shape, -FAR_MM, np.float32)
    used = np.flatnonzero(values.any(axis=(1, 2)))
    for k in used:
        inside, outside = (
            ndimage.distance_transform_edt(plane, sampling=(along_j, along_i)) for plane in (values[k], ~values[k])
        )
        signed[k] = np.where(values[k], inside - half, half - outside)
    for first, inward in ((used[0], 1), (used[-1], -1)):
        _go_on(signed, geometry, int(first), inward, used)
    return signed


def _go_on(signed: np.ndarray, geometry: Geometry, last: int, inward: int, used: np.ndarray) -> None:
    """Signed distances in the two slices beyond an end, falling as they fell before, at least as on a slope of 45 degrees."""
    before = last + inward
    fall = np.float32(1.0)
    if before in used:
        gap = abs(geometry.positions[last] - geometry.positions[before])
        fall = np.maximum((shifted(signed, geometry, before, last) - signed[last]) / np.float32(gap), fall)
    for n in (1, 2):
        k = last - n * inward
        if 0 <= k < len(signed):
            gap = np.float32(abs(geometry.positions[k] - geometry.positions[last]))
            signed[k] = shifted(signed, geometry, last, k) - gap * fall


def _slopes(signed: np.ndarray, geometry: Geometry, side: int) -> np.ndarray:
    """(k, j, i) change of the signed distance per mm upward, toward the slice below (-1) or above (1)."""
    slope = np.zeros_like(signed)
    for k in range(len(signed)):
        other = k + side
        if 0 <= other < len(signed) and max(signed[k].max(), signed[other].max()) > -FAR_MM:
            gap = np.float32(geometry.positions[other] - geometry.positions[k])
            slope[k] = (shifted(signed, geometry, other, k) - signed[k]) / gap
    return slope


def shifted(values: np.ndarray, geometry: Geometry, source: int, target: int) -> np.ndarray:
    """A slice as it lies over another one: where slices are tilted, pixels of one index do not."""
    offset = geometry.slice_origins[source] - geometry.slice_origins[target]
    along = geometry.affine[:3, :2]
    steps = [round(float(offset @ along[:, n] / (along[:, n] @ along[:, n]))) for n in (1, 0)]
    plane = values[source]
    if steps == [0, 0]:
        return plane
    return ndimage.shift(plane, steps, order=0, mode="nearest", prefilter=False)


def next_slices(mask: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Mask with what lies above and below it in the neighboring slices."""
    grown = mask.copy()
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        for other in (k - 1, k + 1):
            if 0 <= other < len(mask):
                grown[other] |= shifted(mask, geometry, int(k), other)
    return grown


@dataclass(frozen=True)
class Blur:
    """A border as a step from the level of a clot, seen through a Gaussian.

    Args:
        clot_hu: level of the clot.
        at_mm: distance at which half of it is left.
        sd_mm: of the Gaussian.
    """

    clot_hu: float
    at_mm: float
    sd_mm: float

    def left(self, distance: np.ndarray) -> np.ndarray:
        """Share of clot that is seen at distances in mm."""
        return special.ndtr((self.at_mm - distance) / self.sd_mm).astype(np.float32)

    def without_clot(self, hu: np.ndarray, distance: np.ndarray, most: float) -> np.ndarray:
        """Levels with what is seen of the clot taken out, where no more than this share is."""
        share = np.minimum(self.left(distance), np.float32(most))
        return (hu - self.clot_hu * share) / (1 - share)


@dataclass(frozen=True, eq=False)
class Profile:
    """Median level by distance from the surface of a clot.

    Args:
        at_mm, hu: (n,) distances, ascending, and levels.
        blur: of the border, None where it cannot be told.
    """

    at_mm: np.ndarray
    hu: np.ndarray
    blur: Blur | None = None

    def __call__(self, distance: np.ndarray) -> np.ndarray:
        """Level at distances in mm; beyond both ends that of the end."""
        return np.interp(distance, self.at_mm, self.hu).astype(np.float32)


def rim_profile(
    hu: np.ndarray,
    found: Distances,
    allowed: np.ndarray,
    usable: np.ndarray,
    geometry: Geometry,
    edge_mm: float,
    clot_hu: float,
    config: HematomaConfig,
) -> Profile | None:
    """Level around a clot by distance; None where too little is to be seen.

    Args:
        hu: (k, j, i) image.
        found: distances.
        allowed: voxels that hold no bone.
        usable: those of them that hold no clot.
        geometry: grid.
        edge_mm: reach of the blur of the border.
        clot_hu: level of the clot.
        config: width of bins and reach.
    """
    width = max(config.ring_mm, *geometry.pixel_spacing)
    near = usable & (found.nearest > edge_mm) & (found.nearest < config.rim_reach_mm)
    for limit in (config.steep_mm, 2 * config.steep_mm, np.inf):
        steep = near & (found.spread <= limit)
        middle = found.parts[:, steep].mean(axis=0)
        at_mm, levels = _binned_medians(hu[steep], middle, edge_mm, width, config)
        if len(at_mm) and at_mm[0] < edge_mm + width:
            break
    else:
        return None
    outside = Profile(at_mm, levels)
    if limit > config.steep_mm:
        return outside
    border = allowed & (found.spread <= limit) & (np.abs(found.nearest) < config.blur_reach_mm + limit)
    return _through_border(hu[border], found.parts[:, border].mean(axis=0), outside, clot_hu, geometry, config)


def _binned_medians(values, distance, first_mm: float, width: float, config: HematomaConfig):
    """Middles of bins with enough voxels, and their medians."""
    bins = ((distance - first_mm) / width).astype(int)
    counts = np.bincount(bins, minlength=1) if len(bins) else np.zeros(1, int)
    full = np.flatnonzero(counts >= config.rim_voxels)
    return first_mm + (full + 0.5) * width, np.array([np.median(values[bins == n]) for n in full])


def _through_border(values, distance, outside: Profile, clot_hu: float, geometry: Geometry, config: HematomaConfig):
    """Level outside of a clot up to its surface, with what the blur shows of the clot taken out.

    The blur is read where the border falls, the level beside it is what is left, and both are found again until they agree.
    """
    width = max(config.blur_bin_mm, *geometry.pixel_spacing)
    reach = config.blur_reach_mm
    inside = np.abs(distance) < reach
    at_mm, levels = _binned_medians(values[inside], distance[inside], -reach, width, config)
    profile = outside
    for _ in range(config.blur_rounds):
        blur = _blur(at_mm, levels, profile, clot_hu, config)
        if blur is None:
            return outside
        clear = blur.left(at_mm) < config.blur_clear
        beside = at_mm[clear], blur.without_clot(levels[clear], at_mm[clear], config.blur_clear)
        far = outside.at_mm > reach
        profile = _to_surface(np.r_[beside[0], outside.at_mm[far]], np.r_[beside[1], outside.hu[far]], config)
        if profile is None:
            return outside
    return replace(profile, blur=blur)


def _blur(at_mm, levels, profile: Profile, clot_hu: float, config: HematomaConfig) -> Blur | None:
    """Middle and SD of a border whose share of clot falls as a Gaussian integral; None where it does not."""
    share = (levels - profile(at_mm)) / np.maximum(clot_hu - profile(at_mm), config.least_contrast_hu)
    falls = (share > 0.1) & (share < 0.9) & (np.abs(at_mm) < config.blur_reach_mm / 2)
    if np.count_nonzero(falls) < 3:
        return None
    slope, offset = np.polyfit(at_mm[falls], special.ndtri(share[falls]), 1)
    if not -1 / config.blur_least_mm < slope < -1 / config.blur_most_mm:
        return None
    return Blur(clot_hu, float(-offset / slope), float(-1 / slope))


def _to_surface(at_mm, levels, config: HematomaConfig) -> Profile | None:
    """Profile that goes on to the surface as it falls beside it: a dark layer is darkest there. None where it does not fall."""
    near = at_mm < at_mm[0] + config.blur_line_mm if len(at_mm) else at_mm
    if np.count_nonzero(near) < 3:
        return None
    slope, level = np.polyfit(at_mm[near] - at_mm[0], levels[near], 1)
    if slope * config.blur_line_mm < config.dip_hu:
        return None
    return Profile(np.r_[0.0, at_mm], np.r_[level - slope * at_mm[0], level, levels[1:]])


def level_of_surroundings(profile: Profile, found: Distances, where: np.ndarray) -> np.ndarray:
    """(n,) mean level of what lies outside of the clot in the voxels of a mask; of its surface where nothing does."""
    parts = found.parts[:, where]
    outside = parts > 0
    count = outside.sum(axis=0)
    total = np.where(outside, profile(parts), 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), profile(np.zeros(1))[0])
