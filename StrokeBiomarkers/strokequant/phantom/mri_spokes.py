"""Low-contrast spokes of slices 8 to 11 of the ACR MRI phantom: ten spokes of three holes each, from 7.0 to 1.5 mm.

The places of all holes follow from the border of the insert and one angle, which are found on the slices of highest contrast. A hole is seen where its
mean stands out of that of equal discs without a hole by some SDs, after what varies smoothly, or with the distance from the center, is taken out. As a
reader does, complete spokes are counted from the largest until one is not complete.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..acr_config import AcrMriConfig
from .mri_border import Border
from .plane import Plane, crossings, fit_circle, polar

SPOKES = 10
HOLES_MM = (12.5, 25.0, 38.0)
"""Distance of the holes from the middle of the insert."""
_SLICE_TURN_DEG = 9.0
_SPOKE_DEG = 36.0
_FIRST_DEG = -90.0
"""Largest spoke of slice 8: up."""


def diameters(config: AcrMriConfig = AcrMriConfig()) -> np.ndarray:
    """(10,) mm of the holes of the spokes."""
    return np.linspace(*config.spoke_mm, SPOKES)


@dataclass(frozen=True, eq=False)
class SpokeReading:
    """What is seen of slices 8 to 11.

    Args:
        center: (2,) mm of the image; `turn_deg` of the insert, clockwise; `way` -1 where it is seen from its other side.
        sigmas: (4, 10, 3) how far each hole stands out.
        counts: (4,) complete spokes.
        low, high: total with one SD more or less asked for.
    """

    center: np.ndarray
    turn_deg: float
    way: int
    sigmas: np.ndarray
    counts: tuple[int, ...]
    low: int
    high: int

    @property
    def total(self) -> int:
        """Of all four slices."""
        return sum(self.counts)

    def holes(self, slice_number: int) -> np.ndarray:
        """(10, 3, 2) mm of the image."""
        return self.center + hole_places(slice_number, self.turn_deg, self.way)


def hole_places(slice_number: int, turn_deg: float = 0.0, way: int = 1) -> np.ndarray:
    """(10, 3, 2) mm from the middle of the insert."""
    first = _SLICE_TURN_DEG * (slice_number - 8)
    angles = turn_deg + way * (first + _SPOKE_DEG * np.arange(SPOKES)) + _FIRST_DEG
    return polar(np.array(HOLES_MM), angles[:, None])


def count_spokes(
    planes: Sequence[Plane], border: Border, roll_deg: float = 0.0, config: AcrMriConfig = AcrMriConfig()
) -> SpokeReading | None:
    """Count the spokes of slices 8 to 11; None where the insert is not there.

    Args:
        planes: the four slices.
        border: of the phantom on one of them.
        roll_deg: of the phantom.
    """
    center = _insert_center(planes, border, config)
    if center is None:
        return None
    flat = [_flat(plane, center, None, config) for plane in planes]
    center, turn, way = _fitted(flat, center, roll_deg, config)
    sigmas = np.stack([_sigmas(plane, center, hole_places(n, turn, way), config) for n, plane in enumerate(planes, 8)])
    counts, low, high = (_counts(sigmas, config.spoke_sigmas + step) for step in (0.0, 1.0, -1.0))
    return SpokeReading(center, turn, way, sigmas, tuple(int(n) for n in counts), int(low.sum()), int(high.sum()))


def _counts(sigmas: np.ndarray, least: float) -> np.ndarray:
    """(slices,) complete spokes before the first that is not."""
    complete = (sigmas >= least).all(axis=2)
    return np.logical_and.accumulate(complete, axis=1).sum(axis=1)


def _insert_center(planes: Sequence[Plane], border: Border, config: AcrMriConfig) -> np.ndarray | None:
    """(2,) mm: middle of the bright disc within the dark ring; None where fewer than two slices show it."""
    angles = np.arange(0, 360, 3.0)
    low, high = config.spoke_ring_mm
    radii = np.arange(low, high, 0.25)
    found = []
    for plane in planes:
        center = border.center + np.array([0.0, config.spoke_down_mm])
        for _ in range(3):
            profiles = plane.at(center + polar(radii[None], angles[:, None]))
            inside = np.median(profiles[:, : len(radii) // 4], axis=1)
            edge = low + 0.25 * crossings(profiles, 0.6 * inside, outermost=False)
            seen = np.isfinite(edge)
            if seen.sum() < len(angles) / 2:
                break
            center, radius, _ = fit_circle(center + polar(edge[seen], angles[seen]), 0.3)
        else:
            if abs(radius - config.spoke_radius_mm) <= config.spoke_radius_off_mm:
                found.append(center)
    return np.median(found, axis=0) if len(found) >= 2 else None


def _flat(plane: Plane, center: np.ndarray, holes: np.ndarray | None, config: AcrMriConfig) -> Plane:
    """Relative signal of the insert without what varies smoothly or with the distance from its middle; NaN outside.

    Args:
        holes: bool of the pixels in a hole; None where they are not known, then bright pixels do not count.
    """
    dx, dy = plane.spacing
    rows, columns = np.indices(plane.values.shape)
    x, y = (columns * dx - center[0]) / 40, (rows * dy - center[1]) / 40
    r = 40 * np.hypot(x, y)
    inside = r <= config.spoke_inside_mm
    terms = np.stack([x[inside] ** i * y[inside] ** j for i in range(5) for j in range(5 - i)], axis=1)
    values = plane.values[inside].astype(float)
    kept = np.ones(len(values), bool) if holes is None else ~holes[inside]
    for _ in range(4 if holes is None else 1):
        fit = terms @ np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        rest = values - fit
        if holes is None:
            sd = 1.4826 * np.median(np.abs(rest - np.median(rest)))
            kept = rest <= np.median(rest) + 1.5 * sd
    bins = r[inside].astype(int)
    rings = np.array(
        [np.median(rest[kept & (bins == n)]) if (kept & (bins == n)).any() else 0.0 for n in range(bins.max() + 1)]
    )
    out = np.full(plane.values.shape, np.nan)
    out[inside] = (rest - np.interp(r[inside], np.arange(len(rings)) + 0.5, rings)) / np.maximum(fit, 1e-6)
    return Plane(out, plane.spacing)


def _fitted(
    flat: Sequence[Plane], center: np.ndarray, roll_deg: float, config: AcrMriConfig
) -> tuple[np.ndarray, float, int]:
    """Middle, angle and side of the insert that put most signal in the holes of slices 10 and 11."""
    smooth = [
        (
            n,
            Plane(
                ndimage.gaussian_filter(np.nan_to_num(plane.values), config.spoke_smooth_mm / plane.spacing[0]),
                plane.spacing,
            ),
        )
        for n, plane in ((10, flat[2]), (11, flat[3]))
    ]
    reach = config.spoke_turn_deg
    steps = np.arange(-config.spoke_shift_mm, config.spoke_shift_mm + 0.01, 0.5)
    shifts = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    weights = diameters(config)[:, None]
    best = (-np.inf, center, roll_deg, 1)
    for way in (1, -1):
        for turn in roll_deg + np.arange(-reach, reach + 0.01, 0.5):
            score = np.zeros(len(shifts))
            for n, plane in smooth:
                values = plane.at(center + shifts[:, None, None] + hole_places(n, turn, way))
                score += (values * weights).sum(axis=(1, 2))
            k = int(np.argmax(score))
            if score[k] > best[0]:
                best = (float(score[k]), center + shifts[k], float(turn), way)
    return best[1:]


def _sigmas(plane: Plane, center: np.ndarray, places: np.ndarray, config: AcrMriConfig) -> np.ndarray:
    """(10, 3) mean of every hole over the SD of the means of equal discs that lie in no hole."""
    sizes = diameters(config) / 2
    flat = _flat(plane, center, _in_holes(plane, center + places, sizes + 1.0), config)
    grid = np.arange(-config.spoke_inside_mm, config.spoke_inside_mm, 1.5)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    points = points[np.hypot(*points.T) < config.spoke_inside_mm]
    away = np.linalg.norm(points[:, None, None] - places[None], axis=-1) - sizes[:, None]
    free = away.min(axis=(1, 2))
    out = np.zeros(places.shape[:2])
    for n, size in enumerate(sizes):
        radius = max(config.spoke_core * size, config.spoke_least_mm)
        chosen = (free > radius + 0.5) & (np.hypot(*points.T) + radius < config.spoke_inside_mm)
        null = _means(flat, center + points[chosen], radius)
        middle = float(np.median(null))
        sd = 1.4826 * float(np.median(np.abs(null - middle)))
        means = _means(flat, center + places[n], radius)
        out[n] = (means - middle) / sd if sd > 0 else np.where(means > middle, np.inf, 0.0)
    return out


def _means(plane: Plane, points: np.ndarray, radius_mm: float) -> np.ndarray:
    """(n,) means of the pixels within a radius of (n, 2) points, which lie inside of the image."""
    spacing = np.array(plane.spacing)
    half = int(np.ceil(radius_mm / spacing.min())) + 1
    steps = np.arange(-half, half + 1)
    around = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    pixels = np.rint(points / spacing).astype(int)[:, None] + around
    inside = ((pixels * spacing - points[:, None]) ** 2).sum(axis=-1) <= radius_mm**2
    rows, columns = (np.clip(pixels[..., axis], 0, plane.values.shape[1 - axis] - 1) for axis in (1, 0))
    values = np.where(inside, plane.values[rows, columns], np.nan)
    return np.nanmean(values, axis=1)


def _in_holes(plane: Plane, places: np.ndarray, radii: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(plane.values.shape)
    x, y = columns * plane.spacing[0], rows * plane.spacing[1]
    inside = np.zeros(plane.values.shape, bool)
    for spoke, radius in zip(places, radii, strict=True):
        for px, py in spoke:
            inside |= (x - px) ** 2 + (y - py) ** 2 <= radius**2
    return inside
