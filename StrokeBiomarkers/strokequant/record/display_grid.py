"""Masks of tilted or unevenly spaced slices on an orthogonal, even grid, for viewers only.

Many viewers place a tilted stack wrongly or refuse it. Each slice of the new grid is the nearest source slice, shifted within its
plane by whole pixels; nothing is interpolated, and no number is ever taken from this grid.
"""

import math

import numpy as np

from ..config import AuditConfig
from ..geometry import Geometry

MOST_SLICES = 1000
"""Above this the smallest gap is no sensible step, and the mean is taken."""


def needs_display_grid(geometry: Geometry, config: AuditConfig = AuditConfig()) -> bool:
    """True where one rectangular grid does not describe the slices."""
    return geometry.shape[0] > 1 and (geometry.tilt_deg > config.tilt_deg or not geometry.is_even)


def _in_plane_offsets(geometry: Geometry) -> np.ndarray:
    """(k, 2) pixels (i, j) from the first voxel of slice 0 to that of every slice, within the plane."""
    axes = np.column_stack([geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal])
    offsets = np.linalg.solve(axes, (geometry.slice_origins - geometry.slice_origins[0]).T).T[:, :2]
    return offsets.round(6) + 0.0


def display_grid(geometry: Geometry) -> tuple[Geometry, np.ndarray, np.ndarray]:
    """Orthogonal, even grid that covers all slices.

    Args:
        geometry: at least two slices, ascending along their normal.

    Returns:
        grid; (n,) nearest source slice of every slice of it; (k, 2) whole pixels (i, j) at which each source slice starts.
    """
    positions = geometry.positions
    span = positions[-1] - positions[0]
    step = float(np.diff(positions).min())
    count = round(span / step) + 1
    if count > MOST_SLICES:
        count = geometry.shape[0]
    step = span / (count - 1)
    nearest = np.abs(positions[0] + step * np.arange(count)[:, None] - positions).argmin(axis=1)
    offsets = _in_plane_offsets(geometry)
    low = np.floor(offsets.min(axis=0))
    starts = np.rint(offsets - low).astype(int)
    size = [n + math.ceil(extra) for n, extra in zip(geometry.shape[:0:-1], (offsets - low).max(axis=0), strict=True)]
    affine = np.eye(4)
    affine[:3, :2] = geometry.affine[:3, :2]
    affine[:3, 2] = geometry.normal * step
    affine[:3, 3] = geometry.slice_origins[0] + geometry.affine[:3, :2] @ low
    grid = Geometry.from_affine(affine, (count, size[1], size[0]), geometry.frame_of_reference)
    return grid, nearest, starts


def on_display_grid(values: np.ndarray, grid: Geometry, nearest: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """A boolean array of the source grid on the display grid of `display_grid`."""
    _, rows, columns = values.shape
    shown = np.zeros(grid.shape, dtype=bool)
    for index, k in enumerate(nearest):
        i, j = starts[k]
        shown[index, j : j + rows, i : i + columns] = values[k]
    return shown
