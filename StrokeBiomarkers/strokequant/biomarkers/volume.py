"""Volume of a mask: Cavalieri sum, spline check, boundary band."""

import numpy as np
from scipy import ndimage

from ..geometry import Geometry


def slice_areas_mm2(mask: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(k,) area of a boolean (k, j, i) mask in every slice."""
    return np.count_nonzero(mask, axis=(1, 2)) * geometry.pixel_area_mm2


def spline_volume_ml(mask: np.ndarray, geometry: Geometry) -> float | None:
    """Integral of the not-a-knot cubic spline of slice area over position, negative parts set to 0, in mL.

    A check on the Cavalieri sum where slices are few or uneven. None below four slices, where the spline is not defined.
    """
    from scipy.interpolate import CubicSpline

    if geometry.shape[0] < 4:
        return None
    positions = geometry.positions - geometry.positions[0]
    fine = np.linspace(positions[0], positions[-1], 50 * len(positions) + 1)
    areas = np.clip(CubicSpline(positions, slice_areas_mm2(mask, geometry))(fine), 0, None)
    return float(np.trapezoid(areas, fine)) / 1000


def boundary_band_ml(mask: np.ndarray, geometry: Geometry, shift_px: float) -> tuple[float, float]:
    """Volumes in mL with every in-plane contour moved in and out by a fraction of a pixel.

    The contour of each slice is the zero level of its signed distance, linearly interpolated between pixel centers, so a
    shift of 0 gives back the mask's own volume and sub-pixel shifts count the share of each boundary pixel.
    """
    smaller, larger = (np.zeros(geometry.shape[0]) for _ in range(2))
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        distance = _signed_distance(_around(mask[k], int(np.ceil(shift_px)) + 2))
        smaller[k] = np.clip(distance - shift_px + 0.5, 0, 1).sum()
        larger[k] = np.clip(distance + shift_px + 0.5, 0, 1).sum()
    return tuple(float(areas @ geometry.voxel_volumes_mm3) / 1000 for areas in (smaller, larger))


def _around(plane: np.ndarray, margin: int) -> np.ndarray:
    """Box around a region: farther away no pixel changes with a shift."""
    box = []
    for along in (plane.any(axis=1), plane.any(axis=0)):
        used = np.flatnonzero(along)
        box.append(slice(max(0, used[0] - margin), used[-1] + margin + 1))
    return plane[tuple(box)]


def _signed_distance(plane: np.ndarray) -> np.ndarray:
    """Distance in pixels to the boundary between pixels, positive inside; +-0.5 at pixels along it."""
    padded = np.pad(plane, 1)
    inside = ndimage.distance_transform_edt(padded) - 0.5
    outside = ndimage.distance_transform_edt(~padded) - 0.5
    return np.where(padded, inside, -outside)[1:-1, 1:-1]


def measurable_ml(geometry: Geometry, slices: float) -> float:
    """Volume of a sphere with a diameter of this many mean slice extents, in mL."""
    return float(np.pi / 6 * (slices * geometry.mean_extent_mm) ** 3) / 1000
