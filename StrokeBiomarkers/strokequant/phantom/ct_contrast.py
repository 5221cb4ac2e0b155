"""Low contrast of CT without an observer: what a disc must differ by to be told from the noise of its surroundings.

3.29 SD of the means of discs of the same size over a uniform part: a disc that differs by more is told from none with 95 % of both right (Chao et al.,
Radiology 2000;217(P):162, a statistically defined minimum detectable contrast; unconfirmed against the original).
"""

import numpy as np
from scipy import signal

from .plane import Plane

_DETECT = 3.29
_AROUND_HOLE_MM = 5.0


def detectable_contrast(
    planes: list[Plane], center: np.ndarray, radius_mm: float, disc_mm: float, holes: list[np.ndarray]
) -> float:
    """Smallest contrast in HU that a disc of a diameter needs, mean over slices; what varies smoothly over the part is taken out first.

    Args:
        planes: slices of the uniform part.
        radius_mm: of the part that is used.
        disc_mm: diameter.
        holes: (2,) mm of what is not uniform, such as beads.
    """
    dx, dy = planes[0].spacing
    points = _points(center, radius_mm, disc_mm, holes) / np.array([dx, dy])
    columns, rows = np.rint(points).astype(int).T
    half = int(np.ceil(disc_mm / 2 / min(dx, dy)))
    j, i = np.ogrid[-half : half + 1, -half : half + 1]
    disc = (((i * dx) ** 2 + (j * dy) ** 2) <= (disc_mm / 2) ** 2).astype(float)
    x, y = (columns * dx - center[0]) / radius_mm, (rows * dy - center[1]) / radius_mm
    trend = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    spreads = []
    for plane in planes:
        means = _means(plane.values, rows, columns, disc)
        rest = means - trend @ np.linalg.lstsq(trend, means, rcond=None)[0]
        spreads.append(np.sqrt((rest**2).sum() / (len(rest) - trend.shape[1])))
    return float(_DETECT * np.sqrt(np.mean(np.square(spreads))))


def _points(center: np.ndarray, radius_mm: float, disc_mm: float, holes: list[np.ndarray]) -> np.ndarray:
    """(n, 2) mm of discs side by side."""
    steps = np.arange(-radius_mm, radius_mm + 1e-6, disc_mm)
    points = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    points = points[np.hypot(*points.T) + disc_mm / 2 <= radius_mm] + center
    for hole in holes:
        points = points[np.hypot(*(points - hole).T) > disc_mm / 2 + _AROUND_HOLE_MM]
    return points


def _means(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, disc: np.ndarray) -> np.ndarray:
    """(n,) means over the disc about pixels."""
    half = disc.shape[0] // 2
    first, left = rows.min() - half, columns.min() - half
    part = values[first : rows.max() + half + 1, left : columns.max() + half + 1].astype(float)
    level = part.mean()
    return level + signal.fftconvolve(part - level, disc / disc.sum(), mode="same")[rows - first, columns - left]
