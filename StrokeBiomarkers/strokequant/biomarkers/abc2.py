"""ABC/2: the ellipsoid formula on a mask, with its slices, weights and axes, so that it can be checked by hand.

A is the longest diameter on the slice of the largest area, B the width across it on the same slice, C the weighted number of slices times
their extent. Weights after Kothari et al., Stroke 1996;27:1304. B has two readings that agree for ellipses only: the caliper (full width
perpendicular to A) and the chord (longest segment within the lesion perpendicular to A); both are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from ..geometry import Geometry
from ..hemorrhage_config import HemorrhageMeasureConfig
from .volume import slice_areas_mm2

SMOOTH_PX, PAD = 0.5, 4
"""SD of the Gaussian on a mask before its outline is taken: axes of ellipses within 1 %."""
FINE = 0.1
"""Step of the search for the chord, in pixels."""

Ends = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Both ends of a line, LPS mm."""


@dataclass(frozen=True, slots=True)
class Abc2:
    """Axes and volumes.

    Args:
        a_mm: longest diameter.
        b_caliper_mm, b_chord_mm: both widths across it.
        slice_index: k of the slice of largest area.
        slices: k of the slices with blood.
        areas_mm2, weights: of those slices, in their order.
        c_kothari_mm, c_plain_mm: weighted and plain height.
        a_lps: ends of A. `b_caliper_lps`: a line of the length of the caliper, across the middle of A; `b_chord_lps`: where the chord is.
    """

    a_mm: float
    b_caliper_mm: float
    b_chord_mm: float
    slice_index: int
    slices: tuple[int, ...]
    areas_mm2: tuple[float, ...]
    weights: tuple[float, ...]
    c_kothari_mm: float
    c_plain_mm: float
    a_lps: Ends | None = None
    b_caliper_lps: Ends | None = None
    b_chord_lps: Ends | None = None

    def volume_ml(self, *, weighted: bool = True, chord: bool = False) -> float:
        """A x B x C / 2."""
        b = self.b_chord_mm if chord else self.b_caliper_mm
        return abc2_ml(self.a_mm, b, self.c_kothari_mm if weighted else self.c_plain_mm)


def abc2_ml(a_mm: float, b_mm: float, c_mm: float) -> float:
    """A x B x C / 2 in mL."""
    return a_mm * b_mm * c_mm / 2000


def kothari_weights(
    areas_mm2: Sequence[float], config: HemorrhageMeasureConfig = HemorrhageMeasureConfig()
) -> tuple[float, ...]:
    """Weight of every slice: 1 above 75 % of the largest area, 0.5 from 25 to 75 %, 0 below; compared as integers."""
    areas = [round(1000 * float(area)) for area in areas_mm2]
    largest = max(areas, default=0)
    full, half = round(1000 * config.kothari_full), round(1000 * config.kothari_half)
    return tuple(
        1.0 if 1000 * area > full * largest else 0.5 if area and 1000 * area >= half * largest else 0.0
        for area in areas
    )


def abc2_of_mask(
    mask: np.ndarray, geometry: Geometry, config: HemorrhageMeasureConfig = HemorrhageMeasureConfig()
) -> Abc2 | None:
    """ABC/2 of a mask; None where it is empty.

    Args:
        mask: (k, j, i) bool.
        geometry: its grid; every slice counts with its own extent.
        config: weights.
    """
    if not mask.any():
        return None
    areas = slice_areas_mm2(mask, geometry)
    slices = np.flatnonzero(areas)
    k = int(areas.argmax())
    weights = kothari_weights(areas[slices], config)
    extents = geometry.slice_extents[slices]
    axes = _axes(mask[k], geometry)
    a, caliper, chord = (float(np.linalg.norm(line[1] - line[0])) for line in axes)
    return Abc2(
        a,
        caliper,
        chord,
        k,
        tuple(int(n) for n in slices),
        tuple(float(area) for area in areas[slices]),
        weights,
        float(np.dot(weights, extents)),
        float(extents.sum()),
        *(_in_space(line, geometry, k) for line in axes),
    )


def _in_plane_basis(geometry: Geometry) -> np.ndarray:
    """(2, 2) mm per step along i and j (columns), in an orthonormal frame of the plane."""
    along_i, along_j = geometry.affine[:3, 0], geometry.affine[:3, 1]
    first = along_i / np.linalg.norm(along_i)
    second = np.cross(geometry.normal, first)
    return np.array([[along_i @ first, along_j @ first], [along_i @ second, along_j @ second]])


def _outline(plane: np.ndarray, geometry: Geometry) -> np.ndarray:
    """(n, 2) mm of points on the convex hull of a region: of its smoothed outline, for corners of pixels lie outside of it."""
    from skimage.measure import find_contours

    smooth = ndimage.gaussian_filter(np.pad(plane, PAD).astype(np.float32), SMOOTH_PX)
    contours = find_contours(smooth, 0.5)
    points = np.concatenate(contours)[:, ::-1] - PAD if contours else _corners(plane)
    points = points @ _in_plane_basis(geometry).T
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:
        return points


def _corners(plane: np.ndarray) -> np.ndarray:
    """Corners of the pixels of a region that is too small for an outline."""
    j, i = np.nonzero(plane)
    offsets = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])
    return (np.stack([i, j], axis=1)[:, None] + offsets).reshape(-1, 2)


def _in_space(line: np.ndarray, geometry: Geometry, k: int) -> Ends:
    """(2, 2) mm in the plane of a slice to LPS mm."""
    index = line @ np.linalg.inv(_in_plane_basis(geometry)).T
    points = geometry.slice_origins[k] + index @ geometry.affine[:3, :2].T
    return tuple(tuple(float(x) for x in point) for point in points)


def _axes(plane: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, B as caliper and B as chord: each (2, 2) mm, the ends in the plane of the slice."""
    points = _outline(plane, geometry)
    between = points[:, None] - points
    squares = (between**2).sum(axis=-1)
    one, other = np.unravel_index(squares.argmax(), squares.shape)
    a = np.stack([points[other], points[one]])
    direction = (a[1] - a[0]) / np.sqrt(squares[one, other])
    across = np.array([-direction[1], direction[0]])
    reach = points @ across
    middle = a.mean(axis=0) @ direction
    caliper = middle * direction + np.array([[reach.min()], [reach.max()]]) * across
    return a, caliper, _chord(plane, geometry, points, direction, across)


def _chord(plane: np.ndarray, geometry: Geometry, points, direction: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(2, 2) mm: the longest segment across a direction that stays inside a region."""
    step = FINE * min(geometry.pixel_spacing)
    along = np.arange((points @ direction).min(), (points @ direction).max(), 2.5 * step)
    lines = np.arange((points @ across).min() - step, (points @ across).max() + 2 * step, step)
    places = along[:, None, None] * direction + lines[None, :, None] * across
    index = places @ np.linalg.inv(_in_plane_basis(geometry)).T
    inside = ndimage.map_coordinates(plane.astype(np.uint8), [index[..., 1], index[..., 0]], order=0) > 0
    row, last, length = _longest_run(inside)
    # a run of n samples is n steps long
    ends = lines[last] + (0.5 - np.array([[length], [0]])) * step
    return along[row] * direction + ends * across


def _longest_run(rows: np.ndarray) -> tuple[int, int, int]:
    """Row, last column and length of the most neighboring True in any row."""
    count, best = np.zeros(len(rows), int), (0, 0, 0)
    for column, values in enumerate(rows.T):
        count = np.where(values, count + 1, 0)
        row = int(count.argmax())
        if count[row] > best[2]:
            best = row, column, int(count[row])
    return best
