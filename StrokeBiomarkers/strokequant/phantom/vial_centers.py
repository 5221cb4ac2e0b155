"""Centers of the vials from their round borders, to a fraction of a pixel.

A vial differs from its surroundings in signal, in ADC or by a dark wall. The derivative of both along the radius, averaged around a
circle, is largest where circle and border agree; it is small around any other center. The radius is one for all vials. The layout of
the phantom is then laid on the centers, turned, moved and scaled by a few percent (distortion), and a vial that lies elsewhere (a bubble at its wall) is placed by it.
"""

from dataclasses import dataclass

import numpy as np

from ..diffusion_phantom_config import PoseConfig
from .shells import Shells, log_slope

_ANGLES = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_FEW, _FEWEST = _ANGLES[::3], _ANGLES[::6]
"""Enough where all vials are looked at together."""


@dataclass(frozen=True, eq=False)
class Centers:
    """Vials in the plane of the slices.

    Args:
        found_mm: (n, 2) (right, down) from pixel (0, 0) of every vial by its own border.
        fitted_mm: (n, 2) of the layout.
        used_mm: (n, 2) found, or fitted where the border is elsewhere.
        center_mm, angle_deg, scale: of the layout as it lies on the image; mirrored as it came in.
        residual_mm: root mean square of found - fitted over the vials that agree.
        radius_mm: of the border.
        by_layout: (n,) True where the layout placed it.
        contrast: (n,) mean derivative at the border, 1/mm.
    """

    found_mm: np.ndarray
    fitted_mm: np.ndarray
    used_mm: np.ndarray
    center_mm: np.ndarray
    angle_deg: float
    scale: float
    residual_mm: float
    radius_mm: float
    by_layout: np.ndarray
    contrast: np.ndarray


def border_images(shells: Shells, slices: slice) -> tuple[np.ndarray, ...]:
    """Derivatives (down, right) per mm of ln signal, ln ADC and ln signal at the largest b, means over some slices; each (2, j, i)."""
    from scipy.ndimage import gaussian_filter

    mean = np.nan_to_num(shells.values[:, slices]).mean(axis=1)
    top = float(np.percentile(mean[0], 99))
    floor = np.maximum(mean, 0.01 * top)
    signal = np.log(floor[0])
    bright = mean[0] > 0.1 * top
    if len(mean) > 1:
        adc = log_slope(shells.b_values, floor)
        log_adc = np.log(np.clip(np.nan_to_num(adc, nan=1.0), 50.0, 4000.0))
    else:
        log_adc = np.zeros_like(signal)
    features = [np.where(bright, signal, np.log(0.1 * top)), np.where(bright, log_adc, np.median(log_adc[bright]))]
    if len(mean) > 1:
        features.append(_weighted_signal(mean[-1]))
    right, down = shells.geometry.pixel_spacing
    out = []
    for feature in features:
        smooth = gaussian_filter(feature, 0.7)
        d_down, d_right = np.gradient(smooth)
        out.append(np.stack([d_down / down, d_right / right]))
    return tuple(out)


def _weighted_signal(image: np.ndarray) -> np.ndarray:
    """ln signal at the largest b: there vials of low ADC are bright in dark water, and lie where their own signal is, displaced or not."""
    noise = float(np.percentile(image, 5))
    floor = max(3 * noise, 0.05 * float(np.percentile(image, 99)), 1e-6)
    return np.log(np.maximum(image, floor))


def find_centers(
    shells: Shells,
    layout_mm: np.ndarray,
    start_mm: np.ndarray,
    radius_mm: float,
    slices: slice,
    config: PoseConfig = PoseConfig(),
    *,
    border_mm: float | None = None,
) -> Centers:
    """Center of every vial.

    Args:
        shells: images.
        layout_mm: (n, 2) right and down from the phantom center, mirrored already where the image is.
        start_mm: (n, 2) where the search has them, from pixel (0, 0).
        radius_mm: nominal, of the vials.
        slices: whose mean is looked at.
        border_mm: radius of the borders, where it is known from other slices.
    """
    images = border_images(shells, slices)
    pixel = np.array(shells.geometry.pixel_spacing)
    radii = (
        np.array([border_mm])
        if border_mm
        else np.arange(config.radius_low * radius_mm, config.radius_high * radius_mm + 0.25, 0.5)
    )
    shift, radius = np.zeros(2), radii[0]
    # a coarser step than 1 mm misses the border and takes too small a circle
    for reach, some, rays in ((config.common_mm, radii[::2], _FEWEST), (1.0, radii, _FEW)):
        around = np.arange(-reach, reach + 0.1, 1.0)
        strength = [_strength(images, start, around, some, pixel, rays) for start in start_mm + shift]
        moved, radius = _common(np.stack(strength), around, some)
        shift = shift + moved
    steps = np.arange(-config.refine_mm, config.refine_mm + 0.1, config.refine_step_mm)
    expected = start_mm + shift
    for _ in range(3):
        peaks = [_peak(_strength(images, place, steps, np.array([radius]), pixel)[..., 0], steps) for place in expected]
        found = expected + np.array([offset for offset, _ in peaks])
        centers = _with_layout(found, np.array([value for _, value in peaks]), layout_mm, radius, config)
        expected = centers.fitted_mm
        around = np.arange(-1.0, 1.1, 1.0)
        _, radius = _common(
            np.stack([_strength(images, at, around, radii, pixel, _FEW) for at in expected]), around, radii
        )
    return _refined(centers, images, layout_mm, pixel, config) if len(shells.b_values) > 1 else centers


def _refined(centers: Centers, images, layout_mm, pixel, config: PoseConfig) -> Centers:
    """The same by the borders at which a vial's own signal ends, each with its own radius.

    Where a vial is darker than what surrounds it, its border is that of the water around, which EPI puts elsewhere; a radius that
    is too large for it leans against one side.
    """
    steps = np.arange(-config.own_mm, config.own_mm + 0.1, config.refine_step_mm)
    radii = centers.radius_mm + steps
    found, contrast = centers.found_mm.copy(), np.where(centers.by_layout, 0.0, centers.contrast)
    for n in np.flatnonzero(~centers.by_layout):
        strength = _strength((images[0], images[-1]), found[n], steps, radii, pixel, bright=True)
        radius = int(np.unravel_index(int(np.argmax(strength)), strength.shape)[2])
        offset, height = _peak(strength[..., radius], steps)
        if height > 0:
            found[n] += offset
    return _with_layout(found, contrast, layout_mm, centers.radius_mm, config)


def _strength(images, start, steps, radii, pixel, angles=_ANGLES, *, bright: bool = False) -> np.ndarray:
    """(down steps, right steps, radii) mean derivative along the radius, sum over the features; with `bright` of squares, where the inside is brighter."""
    from scipy.ndimage import map_coordinates

    cos, sin = np.cos(angles), np.sin(angles)
    right = start[0] + steps[None, :, None, None] + radii[None, None, :, None] * cos
    down = start[1] + steps[:, None, None, None] + radii[None, None, :, None] * sin
    right, down = np.broadcast_arrays(right, down)
    places = np.stack([down / pixel[1], right / pixel[0]])
    total = np.zeros(right.shape[:3])
    for feature in images:
        along = map_coordinates(feature[0], places, order=1, mode="nearest") * sin
        along += map_coordinates(feature[1], places, order=1, mode="nearest") * cos
        mean = along.mean(axis=-1)
        total += np.maximum(-mean, 0) ** 2 if bright else np.abs(mean)
    return total


def _common(strength: np.ndarray, steps: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, float]:
    """(right, down) shift in mm that suits all vials together, and the radius at which their borders are clearest."""
    scaled = strength / strength.max(axis=(1, 2, 3), keepdims=True)
    down, right, radius = np.unravel_index(int(np.argmax(scaled.sum(axis=0))), strength.shape[1:])
    return np.array([steps[right], steps[down]]), float(radii[radius])


def _peak(at: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, float]:
    """(right, down) offset in mm of the maximum, between the steps by a parabola; contrast 0 where it is at the end of the search."""
    down, right = np.unravel_index(int(np.argmax(at)), at.shape)
    if min(down, right) == 0 or max(down, right) == len(steps) - 1:
        return np.array([steps[right], steps[down]]), 0.0
    offset = np.array(
        [steps[right] + _parabola(at[down], right, steps), steps[down] + _parabola(at[:, right], down, steps)]
    )
    return offset, float(at[down, right])


def _parabola(line: np.ndarray, n: int, steps: np.ndarray) -> float:
    before, here, after = line[n - 1 : n + 2]
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(0.5 * (before - after) / bend * (steps[1] - steps[0]))


def _with_layout(found, contrast, layout, radius: float, config: PoseConfig) -> Centers:
    """Layout on the vials that agree with it; the others are left out one by one, the worst first."""
    good = contrast > 0
    if good.sum() < config.least_found:
        good = np.ones(len(found), bool)
    while True:
        turn, center, scale = similarity(layout[good], found[good], config.scale_limit)
        fitted = scale * layout @ turn.T + center
        distance = np.linalg.norm(found - fitted, axis=1)
        worst = int(np.argmax(np.where(good, distance, -1)))
        if distance[worst] <= config.layout_mm or good.sum() <= config.least_found:
            break
        good[worst] = False
    used = np.where(good[:, None], found, fitted)
    residual = float(np.sqrt((distance[good] ** 2).mean()))
    angle = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    return Centers(found, fitted, used, center, angle, scale, residual, radius, ~good, contrast)


def similarity(
    points: np.ndarray, targets: np.ndarray, scale_limit: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    """Rotation (d, d), shift (d,) and scale that lay points on targets with the least squares; no reflection.

    Args:
        scale_limit: the scale may differ from 1 by this much.
    """
    from_mean, to_mean = points.mean(axis=0), targets.mean(axis=0)
    centered = points - from_mean
    u, singular, vt = np.linalg.svd(centered.T @ (targets - to_mean))
    sign = np.ones(points.shape[1])
    sign[-1] = np.sign(np.linalg.det(vt.T @ u.T))
    turn = vt.T @ np.diag(sign) @ u.T
    scale = float(np.clip((singular * sign).sum() / (centered**2).sum(), 1 - scale_limit, 1 + scale_limit))
    return turn, to_mean - scale * turn @ from_mean, scale
