"""Level of what surrounds a clot, where it shares a voxel with it.

Around a clot lies edema, often a rim of a few millimeters and darker than brain. Where slices are thick, a voxel above or below the clot
holds clot, rim and brain, and no voxel of pure rim is beside it. The level is therefore known as a function of the distance to the clot
in space: it is read where the border stands steep and voxels hold one distance only, and put to the parts of a voxel elsewhere. The
border between the slices is interpolated from the signed distances within them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

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


@dataclass(frozen=True, eq=False)
class Profile:
    """Median level by distance from the surface of a clot.

    Args:
        at_mm, hu: (n,) distances, ascending, and levels.
    """

    at_mm: np.ndarray
    hu: np.ndarray

    def __call__(self, distance: np.ndarray) -> np.ndarray:
        """Level at distances in mm; beyond both ends that of the end."""
        return np.interp(distance, self.at_mm, self.hu).astype(np.float32)


def rim_profile(
    hu: np.ndarray, found: Distances, usable: np.ndarray, geometry: Geometry, edge_mm: float, config: HematomaConfig
) -> Profile | None:
    """Level around a clot by distance; None where too little is to be seen.

    Args:
        hu: (k, j, i) image.
        found: distances.
        usable: voxels that hold neither clot nor bone.
        geometry: grid.
        edge_mm: reach of the blur of the border.
        config: width of bins and reach.
    """
    width = max(config.ring_mm, *geometry.pixel_spacing)
    near = usable & (found.nearest > edge_mm) & (found.nearest < config.rim_reach_mm)
    for limit in (config.steep_mm, 2 * config.steep_mm, np.inf):
        steep = near & (found.spread <= limit)
        middle = found.parts[:, steep].mean(axis=0)
        bins = ((middle - edge_mm) / width).astype(int)
        counts = np.bincount(bins, minlength=1)
        if counts[0] >= config.rim_voxels:
            break
    else:
        return None
    levels = hu[steep]
    full = [n for n in range(len(counts)) if counts[n] >= config.rim_voxels]
    return Profile(
        np.array([edge_mm + (n + 0.5) * width for n in full]), np.array([np.median(levels[bins == n]) for n in full])
    )


def level_of_surroundings(profile: Profile, found: Distances, where: np.ndarray) -> np.ndarray:
    """(n,) mean level of what lies outside of the clot in the voxels of a mask; of its surface where nothing does."""
    parts = found.parts[:, where]
    outside = parts > 0
    count = outside.sum(axis=0)
    total = np.where(outside, profile(parts), 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), profile(np.zeros(1))[0])
