"""Border of the ACR MRI phantom: an ellipse through what is found of it, so that a bubble or the bars at the top do not count."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..acr_config import AcrMriConfig
from .plane import Plane, polar

_RADIAL_MM = 0.25


@dataclass(frozen=True, eq=False)
class Border:
    """r(angle) = mean + second harmonic: an ellipse about its center.

    Args:
        center: (2,) mm of the image.
        radius: mean, mm; `cosine`, `sine` of twice the angle.
        rms: distance of the kept border from the ellipse, mm.
        contrast: inside minus outside over inside.
    """

    center: np.ndarray
    radius: float
    cosine: float
    sine: float
    rms: float
    contrast: float

    def diameter(self, angle_deg: float) -> float:
        """Diameter through the center in a direction; 0° is horizontal."""
        twice = np.radians(2 * angle_deg)
        return float(2 * (self.radius + self.cosine * np.cos(twice) + self.sine * np.sin(twice)))


def find_border(plane: Plane, radius: float, config: AcrMriConfig = AcrMriConfig()) -> Border | None:
    """Border of a disc of about this radius; None where there is none.

    Args:
        radius: nominal, mm.
    """
    center = _rough_center(plane)
    border = None
    for _ in range(3):
        border = _border_about(plane, center, radius, config)
        if border is None:
            return None
        center = border.center
    off = 100 * abs(border.radius / radius - 1)
    sound = border.rms <= config.fit_mm and border.contrast >= config.contrast_min and off <= config.diameter_percent
    return border if sound else None


def _rough_center(plane: Plane) -> np.ndarray:
    """Centroid of the brighter part of the smoothed image."""
    smooth = ndimage.gaussian_filter(plane.values.astype(np.float32), [4.0 / plane.spacing[1], 4.0 / plane.spacing[0]])
    low, high = np.percentile(smooth, [10, 80])
    bright = ndimage.binary_fill_holes(smooth > (low + high) / 2)
    labels, count = ndimage.label(bright)
    if count > 1:
        bright = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    rows, columns = np.nonzero(bright)
    if not len(rows):
        rows, columns = (np.array([(n - 1) / 2]) for n in plane.values.shape)
    return np.array([columns.mean() * plane.spacing[0], rows.mean() * plane.spacing[1]])


def _border_about(plane: Plane, center: np.ndarray, radius: float, config: AcrMriConfig) -> Border | None:
    angles, edges, contrasts = _edges(plane, center, radius, config)
    seen = np.isfinite(edges)
    if seen.sum() < config.sectors / 2:
        return None
    theta, r = np.radians(angles[seen]), edges[seen]
    design = np.column_stack([np.ones_like(theta), np.cos(theta), np.sin(theta), np.cos(2 * theta), np.sin(2 * theta)])
    kept = np.abs(r - np.median(r)) <= np.quantile(np.abs(r - np.median(r)), 0.9)
    for _ in range(6):
        solution, *_ = np.linalg.lstsq(design[kept], r[kept], rcond=None)
        residual = np.abs(r - design @ solution)
        kept = residual <= max(np.quantile(residual, 1 - config.trimmed), 1e-6)
    rms = float(np.sqrt(np.mean(residual[kept] ** 2)))
    mean, x, y, cosine, sine = (float(v) for v in solution)
    contrast = float(np.median(contrasts[seen][kept]))
    return Border(center + np.array([x, y]), mean, cosine, sine, rms, contrast)


def _edges(plane: Plane, center: np.ndarray, radius: float, config: AcrMriConfig):
    """(angles in degrees, radius of the border in each or NaN, contrast there)."""
    sectors, rays = config.sectors, config.sector_rays
    angles = np.arange(sectors) * 360 / sectors
    within = (np.arange(rays) - (rays - 1) / 2) * 360 / sectors / rays
    window = round(config.step_mm / _RADIAL_MM)
    r = np.arange(radius - config.border_mm - config.step_mm, radius + config.border_mm + config.step_mm, _RADIAL_MM)
    points = center + polar(r[None, None], (angles[:, None] + within)[..., None])
    inside = _inside(plane, points)
    values = np.where(inside, plane.at(points), np.nan)
    profiles = np.nanmean(np.where(inside.any(axis=1, keepdims=True), values, 0.0), axis=1)
    profiles = ndimage.gaussian_filter1d(np.nan_to_num(profiles), config.smooth_mm / _RADIAL_MM, axis=1)
    total = np.cumsum(np.pad(profiles, ((0, 0), (1, 0))), axis=1)
    means = (total[:, window:] - total[:, :-window]) / window
    inner, outer = means[:, : -window - 1], means[:, window:-1]
    peak = (inner - outer).argmax(axis=1)
    rows = np.arange(sectors)
    high, low = inner[rows, peak], outer[rows, peak]
    edges = _half_level(profiles, r, peak, window, (high + low) / 2)
    edges[~inside[:, rays // 2, -1] & (peak + 2 * window >= inside[:, rays // 2].sum(axis=1))] = np.nan
    return angles, edges, np.divide(high - low, high, out=np.zeros(sectors), where=high > 0)


def _half_level(profiles: np.ndarray, r: np.ndarray, peak: np.ndarray, window: int, level: np.ndarray) -> np.ndarray:
    """Crossing of the half level nearest to the steepest place, between both windows."""
    edges = np.full(len(profiles), np.nan)
    for n, start in enumerate(peak):
        part = profiles[n, start : start + 2 * window + 1]
        falls = np.flatnonzero((part[:-1] >= level[n]) & (part[1:] < level[n]))
        if len(falls):
            i = falls[np.argmin(np.abs(falls - window))]
            edges[n] = r[start + i] + _RADIAL_MM * (part[i] - level[n]) / (part[i] - part[i + 1])
    return edges


def _inside(plane: Plane, points: np.ndarray) -> np.ndarray:
    rows, columns = plane.values.shape
    x, y = points[..., 0] / plane.spacing[0], points[..., 1] / plane.spacing[1]
    return (x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)
