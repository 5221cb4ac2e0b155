"""Sampling of one slice in millimeters: image axes, x along the rows to the right, y down, from the center of pixel (0, 0)."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry


@dataclass(frozen=True, eq=False)
class Plane:
    """One slice.

    Args:
        values: (j, i).
        spacing: mm along x (between columns) and along y (between rows).
    """

    values: np.ndarray
    spacing: tuple[float, float]

    def at(self, points_mm: np.ndarray) -> np.ndarray:
        """(...) values at (..., 2) points (x, y), linear; the nearest edge outside."""
        points = np.asarray(points_mm, dtype=float)
        index = (points[..., 1] / self.spacing[1], points[..., 0] / self.spacing[0])
        return ndimage.map_coordinates(self.values, index, order=1, mode="nearest")

    def disc(self, center_mm, radius_mm: float) -> np.ndarray:
        """Values of the pixels whose centers lie within a radius."""
        box, inside = disc_of(self.values.shape, self.spacing, center_mm, radius_mm)
        return self.values[box][inside]

    def centroid(self, center_mm, radius_mm: float, background: float) -> np.ndarray:
        """(2,) mm: centroid of what differs from a background within a radius."""
        box, inside = disc_of(self.values.shape, self.spacing, center_mm, radius_mm)
        weight = np.where(inside, self.values[box] - background, 0.0)
        rows, columns = np.mgrid[box]
        total = weight.sum()
        return np.array([(weight * columns).sum() * self.spacing[0], (weight * rows).sum() * self.spacing[1]]) / total


def disc_of(shape, spacing, center_mm, radius_mm: float):
    """(box of slices, bool inside it) of the pixels of a disc, cut at the edge of the image."""
    (x, y), (dx, dy) = center_mm, spacing
    j, i = (_cut(at / step, radius_mm / step, n) for at, step, n in ((y, dy, shape[0]), (x, dx, shape[1])))
    rows, columns = np.mgrid[j, i]
    return (j, i), (columns * dx - x) ** 2 + (rows * dy - y) ** 2 <= radius_mm**2


def strip_of(shape, spacing, start_mm, end_mm, half_mm: float) -> np.ndarray:
    """(rows, columns) bool of the pixels within a distance of the line between two points."""
    start = np.asarray(start_mm, float)
    axis = np.asarray(end_mm, float) - start
    long = float(np.hypot(*axis))
    unit = axis / long if long else np.array([1.0, 0.0])
    rows, columns = np.indices(shape)
    x, y = columns * spacing[0] - start[0], rows * spacing[1] - start[1]
    along, across = x * unit[0] + y * unit[1], y * unit[0] - x * unit[1]
    return (along >= -half_mm / 2) & (along <= long + half_mm / 2) & (np.abs(across) <= half_mm)


def _cut(middle: float, half: float, count: int) -> slice:
    """Pixels from middle - half to middle + half that exist."""
    first = min(max(0, int(np.ceil(middle - half))), count)
    return slice(first, min(max(first, int(np.floor(middle + half)) + 1), count))


def plane_of(values: np.ndarray, geometry: Geometry, k: int | slice) -> Plane:
    """Slice k, or the mean of slices, of a volume."""
    chosen = values[k]
    return Plane(chosen if chosen.ndim == 2 else chosen.mean(axis=0), geometry.pixel_spacing)


def polar(radius_mm, angle_deg) -> np.ndarray:
    """(..., 2) points at a radius and an angle; 0° to the right, positive clockwise as y points down."""
    radius, angle = np.broadcast_arrays(np.asarray(radius_mm, float), np.radians(np.asarray(angle_deg, float)))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def fit_circle(points: np.ndarray, trimmed: float) -> tuple[np.ndarray, float, float]:
    """Center, radius and largest residual of the kept points in mm; the share that fits worst is left out.

    Args:
        points: (n, 2).
    """
    kept = points
    for _ in range(3):
        design = np.column_stack([2 * kept, np.ones(len(kept))])
        solution, *_ = np.linalg.lstsq(design, (kept**2).sum(axis=1), rcond=None)
        center = solution[:2]
        radius = float(np.sqrt(solution[2] + center @ center))
        residual = np.abs(np.linalg.norm(points - center, axis=1) - radius)
        kept = points[residual <= np.quantile(residual, 1 - trimmed)]
    return center, radius, float(np.abs(np.linalg.norm(kept - center, axis=1) - radius).max())


def crossings(profiles: np.ndarray, level, *, outermost: bool = True) -> np.ndarray:
    """(n,) fractional index where each profile crosses its level downward; NaN where it does not.

    Args:
        profiles: (n, m) from inside to outside.
        level: number or (n,).
    """
    level = np.broadcast_to(np.asarray(level, float), (len(profiles),))[:, None]
    above = profiles >= level
    falls = above[:, :-1] & ~above[:, 1:]
    m = falls.shape[1]
    index = m - 1 - falls[:, ::-1].argmax(axis=1) if outermost else falls.argmax(axis=1)
    rows = np.arange(len(profiles))
    first, second = profiles[rows, index], profiles[rows, index + 1]
    step = np.divide(first - level[:, 0], first - second, out=np.zeros(len(profiles)), where=first != second)
    return np.where(falls.any(axis=1), index + step, np.nan)


def rigid_fit(nominal: np.ndarray, found: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray, float]:
    """Rotation in degrees, shift (2,) and RMS residual in mm that bring nominal points onto found ones."""
    w = weights / weights.sum()
    a, b = nominal - w @ nominal, found - w @ found
    angle = np.arctan2((w * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])).sum(), (w * (a * b).sum(axis=1)).sum())
    turned = nominal @ rotation(np.degrees(angle)).T
    shift = w @ (found - turned)
    residual = np.sqrt(w @ ((turned + shift - found) ** 2).sum(axis=1))
    return float(np.degrees(angle)), shift, float(residual)


def rotation(angle_deg: float) -> np.ndarray:
    """(2, 2) rotation from x toward y: clockwise on the image."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, -s], [s, c]])


def lean_deg(positions_mm: np.ndarray, centers_mm: np.ndarray) -> float:
    """Angle in degrees between the slice normal and the line through the centers of a body; 0 below four slices.

    Args:
        positions_mm: (n,) along the normal.
        centers_mm: (n, 2); medians of the steps between all pairs of slices count, so that a holder in some does not.
    """
    if len(positions_mm) < 4:
        return 0.0
    first, second = np.triu_indices(len(positions_mm), 1)
    apart = positions_mm[second] - positions_mm[first]
    slopes = np.median((centers_mm[second] - centers_mm[first]) / apart[:, None], axis=0)
    return float(np.degrees(np.arctan(np.hypot(*slopes))))
