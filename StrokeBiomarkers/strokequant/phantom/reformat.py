"""Slices across the vials from slices along them: sagittal and coronal scans of a phantom, for the search of its pose only."""

import numpy as np

from ..geometry import Geometry
from .shells import Shells

_SLICE_MM = 5.0


def across(shells: Shells, axis: int) -> Shells:
    """The images cut across one of their own in-plane axes.

    Args:
        shells: evenly spaced slices.
        axis: 0 cuts across the columns (i), 1 across the rows (j).
    """
    fine, step = _finer(shells)
    affine = shells.geometry.affine.copy()
    affine[:3, 2] = shells.geometry.affine[:3, 2] * step
    i, j, k = (affine[:3, n] for n in range(3))
    if axis == 0:
        values, columns = np.moveaxis(fine, (3, 2, 1), (1, 3, 2)), (j, k, i)
    else:
        values, columns = np.moveaxis(fine, (2, 3, 1), (1, 3, 2)), (i, k, j)
    count = max(1, round(_SLICE_MM / float(np.linalg.norm(columns[2]))))
    whole = values.shape[1] // count * count
    grouped = values[:, :whole].reshape(values.shape[0], whole // count, count, *values.shape[2:])
    new = np.eye(4)
    new[:3, 0], new[:3, 1], new[:3, 2] = columns[0], columns[1], columns[2] * count
    new[:3, 3] = affine[:3, 3] + columns[2] * (count - 1) / 2
    means = np.ascontiguousarray(grouped.mean(axis=2, dtype=np.float32))
    geometry = Geometry.from_affine(new, means.shape[1:], shells.geometry.frame_of_reference)
    return Shells(shells.b_values, means, geometry, shells.images)


def _finer(shells: Shells) -> tuple[np.ndarray, float]:
    """Values interpolated between slices to about the size of a pixel, and the new step in slices."""
    pixel = min(shells.geometry.pixel_spacing)
    slices = shells.geometry.shape[0]
    step = min(1.0, max(pixel, 1.6) / shells.geometry.mean_extent_mm)
    places = np.arange(0.0, slices - 1 + 1e-6, step)
    low = np.minimum(places.astype(int), slices - 2)
    share = (places - low).astype(np.float32)[:, None, None]
    return shells.values[:, low] * (1 - share) + shells.values[:, low + 1] * share, step
