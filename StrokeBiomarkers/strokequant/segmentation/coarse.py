"""A coarser copy of an image: what needs no fine pixels is found on it, and put back on the fine grid."""

from dataclasses import dataclass

import numpy as np

from ..geometry import Geometry
from .cropping import bounding_box


@dataclass(frozen=True, eq=False)
class Coarse:
    """A coarser copy of a CT: means over blocks of pixels and slices.

    Args:
        values: (k, j, i) means.
        geometry: its grid.
        factors: voxels of a block along k, j, i.
        shape: of the fine grid.
    """

    values: np.ndarray
    geometry: Geometry
    factors: tuple[int, int, int]
    shape: tuple[int, int, int]

    def fine(self, mask: np.ndarray) -> np.ndarray:
        """A mask of the coarse grid on the fine one."""
        # rows last and slices first would copy single voxels of the large array
        for axis in (2, 1, 0):
            mask = np.repeat(mask, self.factors[axis], axis=axis) if self.factors[axis] > 1 else mask
            mask = mask[tuple(slice(0, self.shape[a] if a == axis else None) for a in range(3))]
        return mask


def coarse_copy(values: np.ndarray, geometry: Geometry, *, pixel_mm: float, slice_mm: float) -> Coarse:
    """Means over blocks, so that pixels and slices are about this large; larger ones stay.

    Args:
        values: (k, j, i).
        geometry: its grid.
        pixel_mm, slice_mm: wanted sizes; slices are joined only where they are even.
    """
    along_i, along_j = geometry.pixel_spacing
    thin = max(1, int(slice_mm / geometry.mean_extent_mm + 0.01)) if geometry.is_even else 1
    factors = (min(thin, geometry.shape[0]), max(1, round(pixel_mm / along_j)), max(1, round(pixel_mm / along_i)))
    if factors == (1, 1, 1):
        return Coarse(np.asarray(values, np.float32), geometry, factors, geometry.shape)
    coarse = _coarse_geometry(geometry, factors)
    if values.dtype != bool:
        return Coarse(_means(values, factors), coarse, factors, geometry.shape)
    means = np.zeros(coarse.shape, np.float32)
    # whole blocks around what is in a mask: all others are 0
    blocks = [(s.start // f, -(-s.stop // f)) for s, f in zip(bounding_box(values), factors, strict=True)]
    part = tuple(slice(a * f, b * f) for (a, b), f in zip(blocks, factors, strict=True))
    means[tuple(slice(a, b) for a, b in blocks)] = _means(values[part], factors)
    return Coarse(means, coarse, factors, geometry.shape)


def _means(values: np.ndarray, factors: tuple[int, int, int]) -> np.ndarray:
    for axis, factor in enumerate(factors):
        values = _block_means(values, axis, factor)
    return np.asarray(values, np.float32)


def _block_means(values: np.ndarray, axis: int, factor: int) -> np.ndarray:
    """Means over blocks along one axis; the last block may be of fewer voxels."""
    if factor == 1:
        return values

    def part(start: int, stop: int | None = None) -> np.ndarray:
        return values[tuple(slice(start, stop, factor) if a == axis else slice(None) for a in range(3))]

    whole = values.shape[axis] // factor
    total = part(0, whole * factor).astype(np.float32)
    for n in range(1, factor):
        total += part(n, whole * factor)
    total /= factor
    if whole * factor == values.shape[axis]:
        return total
    rest = values[tuple(slice(whole * factor, None) if a == axis else slice(None) for a in range(3))]
    return np.concatenate([total, rest.mean(axis=axis, keepdims=True, dtype=np.float32)], axis=axis)


def _coarse_geometry(geometry: Geometry, factors: tuple[int, int, int]) -> Geometry:
    affine = np.array(geometry.affine)
    shift = affine[:3, 0] * (factors[2] - 1) / 2 + affine[:3, 1] * (factors[1] - 1) / 2
    groups = [range(k, min(k + factors[0], geometry.shape[0])) for k in range(0, geometry.shape[0], factors[0])]
    origins = np.array([geometry.slice_origins[list(group)].mean(axis=0) for group in groups]) + shift
    extents = np.array([geometry.slice_extents[list(group)].sum() for group in groups])
    affine[:3, :3] = affine[:3, :3] * np.array([factors[2], factors[1], factors[0]])
    affine[:3, 3] = origins[0]
    shape = (len(groups), *(-(-n // f) for n, f in zip(geometry.shape[1:], factors[1:], strict=True)))
    return Geometry(shape, affine, origins, extents, geometry.frame_of_reference)
