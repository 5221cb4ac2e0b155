"""A coarse isotropic grid, on which shape operations are in millimeters whatever the slices are."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry


@dataclass(frozen=True, eq=False)
class WorkGrid:
    """Even grid along the axes of a volume, through uneven slices too.

    Args:
        geometry: the native grid.
        step_mm: distance of its points along every axis.
        axes: three (n,) arrays, native index (fractional) of the grid points along k, j, i.
        back: three arrays, grid index (fractional) of the native voxels.
    """

    geometry: Geometry
    step_mm: float
    axes: tuple[np.ndarray, np.ndarray, np.ndarray]
    back: tuple[np.ndarray, np.ndarray, np.ndarray]

    @classmethod
    def of(cls, geometry: Geometry, step_mm: float) -> "WorkGrid":
        """Grid with this step over the whole volume."""
        along_i, along_j = geometry.pixel_spacing
        millimeters = (
            geometry.positions - geometry.positions[0],
            np.arange(geometry.shape[1]) * along_j,
            np.arange(geometry.shape[2]) * along_i,
        )
        axes, back = [], []
        for native in millimeters:
            points = np.arange(0, native[-1] + 0.5 * step_mm, step_mm) if len(native) > 1 else np.zeros(1)
            axes.append(np.interp(points, native, np.arange(len(native))))
            back.append(native / step_mm)
        return cls(geometry, step_mm, tuple(axes), tuple(back))

    def index_of(self, lps: np.ndarray) -> np.ndarray:
        """(3, n) fractional grid indices (k, j, i) of (n, 3) LPS points; through uneven slices too."""
        positions = self.geometry.positions
        to_pixels = np.linalg.pinv(self.geometry.affine[:3, :2])
        index_i, index_j = to_pixels @ lps.T
        origin_i, origin_j = to_pixels @ self.geometry.slice_origins.T
        along = (lps @ self.geometry.normal) - positions[0]
        depth = positions - positions[0]
        along_i, along_j = self.geometry.pixel_spacing
        return (
            np.stack(
                [
                    along,
                    (index_j - np.interp(along, depth, origin_j)) * along_j,
                    (index_i - np.interp(along, depth, origin_i)) * along_i,
                ]
            )
            / self.step_mm
        )

    @property
    def inferior_axis(self) -> tuple[int, bool]:
        """Array axis nearest to the patient's long axis, and whether index 0 is its lower end."""
        directions = self.geometry.affine[:3, [2, 1, 0]]
        directions = directions / np.linalg.norm(directions, axis=0)
        axis = int(np.abs(directions[2]).argmax())
        return axis, bool(directions[2, axis] > 0)

    def down(self, values: np.ndarray) -> np.ndarray:
        """Values of a native array at the grid points: local mean where the native grid is finer, else linear."""
        along_i, along_j = self.geometry.pixel_spacing
        widths = [max(1, round(self.step_mm / mm)) for mm in (self.geometry.mean_extent_mm, along_j, along_i)]
        averaged = np.asarray(values, dtype=np.float32)
        for axis, width in enumerate(widths):
            if width > 1:
                averaged = ndimage.correlate1d(averaged, _centered_window(width), axis=axis, mode="nearest")
        return _separable(averaged, self.axes)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Values of the nearest native voxels at the grid points, for labels."""
        return values[np.ix_(*(np.rint(axis).astype(int) for axis in self.axes))]

    def up(self, values: np.ndarray) -> np.ndarray:
        """Values of a grid array at the native voxels, linear."""
        return _separable(np.asarray(values, dtype=np.float32), self.back)

    def signed_depth(self, mask: np.ndarray) -> np.ndarray:
        """Distance in mm to the border of a mask, positive inside; the field of view is no border."""
        depth = np.where(mask, _to_border(mask), -_to_border(~mask))
        return (depth * self.step_mm).astype(np.float32)

    def erode(self, mask: np.ndarray, radius_mm: float) -> np.ndarray:
        """Voxels further than this from everything outside."""
        return mask & ((_to_border(mask) * self.step_mm).astype(np.float32) > radius_mm)

    def dilate(self, mask: np.ndarray, radius_mm: float) -> np.ndarray:
        """Voxels no further than this from the mask."""
        return mask | ((_to_border(~mask) * self.step_mm).astype(np.float32) < radius_mm) if mask.any() else mask

    def close(self, mask: np.ndarray, radius_mm: float) -> np.ndarray:
        """Closing by a ball."""
        pad = int(np.ceil(radius_mm / self.step_mm)) + 1
        padded = np.pad(mask, pad)
        closed = self.erode(self.dilate(padded, radius_mm), radius_mm)
        return closed[(slice(pad, -pad),) * 3] | mask

    def fill(self, mask: np.ndarray) -> np.ndarray:
        """Mask with the holes of every slice along the patient's long axis filled."""
        axis, _ = self.inferior_axis
        planes = np.moveaxis(mask.copy(), axis, 0)
        for plane in planes:
            plane[:] = ndimage.binary_fill_holes(plane)
        return np.moveaxis(planes, 0, axis)


def _to_border(mask: np.ndarray) -> np.ndarray:
    """Distance in grid steps of the voxels of a mask to its border, half-way to the next voxel outside."""
    return ndimage.distance_transform_edt(mask) - 0.5 if not mask.all() else np.full(mask.shape, 1e3 - 0.5)


def _centered_window(width: int) -> np.ndarray:
    """Weights of a moving mean over `width` voxels; for an even width the two ends count half, so that nothing shifts."""
    weights = np.ones(width + 1 - width % 2)
    if width % 2 == 0:
        weights[[0, -1]] = 0.5
    return weights / width


def _separable(values: np.ndarray, indices: tuple[np.ndarray, ...]) -> np.ndarray:
    """Linear interpolation at the outer product of three index arrays."""
    for axis, index in enumerate(indices):
        low = np.clip(np.floor(index).astype(int), 0, values.shape[axis] - 1)
        high = np.minimum(low + 1, values.shape[axis] - 1)
        weight = np.clip(index - low, 0, 1).astype(np.float32)
        weight = weight.reshape([-1 if a == axis else 1 for a in range(3)])
        first = np.take(values, low, axis=axis)
        values = first + weight * (np.take(values, high, axis=axis) - first)
    return values


def smooth_field(values: np.ndarray, where: np.ndarray, grid: WorkGrid, *, order: int = 2) -> np.ndarray:
    """Smooth level of a positive signal: robust polynomial of its logarithm over the given voxels.

    Coil sensitivity varies slowly, so a low order suffices and cannot follow a lesion. Outside the box of the voxels used the
    polynomial is held at its border value.

    Args:
        values: (k, j, i) signal on the grid.
        where: voxels to fit.
        grid: for the shape of the axes.
        order: 1 or 2.

    Returns:
        (k, j, i) float32 level.
    """
    coordinates = [np.clip(_scaled(len(axis), where, n), -1, 1) for n, axis in enumerate(grid.axes)]
    where = where & (values > 0)
    k, j, i = (c[index] for c, index in zip(coordinates, np.nonzero(where), strict=True))
    target = np.log(values[where].astype(float))
    design = _terms(k, j, i, order)
    weight = np.ones(len(target))
    for _ in range(4):
        lhs = (design * weight) @ design.T + 1e-6 * np.eye(len(design)) * len(target)
        coefficients = np.linalg.solve(lhs, (design * weight) @ target)
        residual = target - coefficients @ design
        spread = 1.4826 * np.median(np.abs(residual)) + 1e-6
        weight = np.maximum(0, 1 - (residual / (4.685 * spread)) ** 2) ** 2
    mesh = np.meshgrid(*coordinates, indexing="ij", sparse=True)
    log_level = sum(c * t for c, t in zip(coefficients, _terms(*mesh, order, stack=False), strict=True))
    return np.exp(np.broadcast_to(log_level, values.shape)).astype(np.float32)


def _scaled(length: int, where: np.ndarray, axis: int) -> np.ndarray:
    """Coordinates along one axis, -1 to 1 over the extent of a mask."""
    used = np.flatnonzero(where.any(axis=tuple(a for a in range(3) if a != axis)))
    if used.size < 2:
        return np.zeros(length)
    return 2 * (np.arange(length) - used[0]) / (used[-1] - used[0]) - 1


def _terms(k, j, i, order: int, *, stack: bool = True):
    """Monomials up to the order."""
    terms = [np.ones_like(k), k, j, i]
    if order > 1:
        terms += [k * k, j * j, i * i, k * j, k * i, j * i]
    return np.stack(terms) if stack else terms
