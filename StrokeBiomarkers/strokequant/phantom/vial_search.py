"""Search: where the vials of a diffusion phantom lie in a stack of slices, and which is which.

Positions of the vials are the same after half a turn and in a mirror, and nearly so after a sixth of a turn, so that labels come from
the pattern of ADC alone. Of every rotation, side and center, 13 discs are compared with the certificate after a common offset of ln ADC
(temperature, gradients); a disc that lies across a wall counts less.
"""

from dataclasses import dataclass

import numpy as np

from ..diffusion_phantom_config import PoseConfig
from .shells import Shells, log_slope


@dataclass(frozen=True, eq=False)
class Discs:
    """Means over discs around every pixel.

    Args:
        log_adc: (k, j, i) logarithm of the ADC in um2/s, NaN where there is none.
        uneven: (k, j, i) largest coefficient of variation within the disc over two b values, above its noise.
        center_mm: (2,) centroid (right, down) of the signal from pixel (0, 0).
        pixel_mm: (right, down).
        cut: True where the body reaches the border of the field of view.
    """

    log_adc: np.ndarray
    uneven: np.ndarray
    center_mm: np.ndarray
    pixel_mm: tuple[float, float]
    cut: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A pose in the plane of the slices.

    Args:
        score: 0 to 1, mean agreement of the vials over three slices.
        lead: how much better than the best pose with other labels.
        center_mm: (right, down) of the phantom center from pixel (0, 0).
        angle_deg: from right to down; mirrored first (x to -x) where `mirrored`.
        slice: middle of the best three.
        pattern: which of the reference patterns agrees.
        offset: ln ADC minus reference.
        matched: vials recognized.
    """

    score: float
    lead: float
    center_mm: tuple[float, float]
    angle_deg: float
    mirrored: bool
    slice: int
    pattern: int
    offset: float
    matched: tuple[bool, ...]


def discs_of(shells: Shells, config: PoseConfig = PoseConfig()) -> Discs:
    """Compute disc means of every shell; at most five of them, spread over b."""
    from scipy.signal import fftconvolve

    chosen = np.unique(np.linspace(0, len(shells.b_values) - 1, min(5, len(shells.b_values))).round().astype(int))
    pixel = shells.geometry.pixel_spacing
    kernel = disc_kernel(config.disc_mm, pixel)[None]
    images = [np.nan_to_num(shells.values[n]) for n in chosen]
    means = np.stack([fftconvolve(image, kernel, mode="same", axes=(1, 2)) for image in images])
    uneven = np.maximum(
        _variation(images[0], means[0], kernel), _variation(images[len(images) // 2], means[len(images) // 2], kernel)
    )
    top = float(np.percentile(means[0], 99))
    signal = means[0] > config.body_share * top
    with np.errstate(divide="ignore", invalid="ignore"):
        adc = log_slope(shells.b_values[chosen], means, used=means > 0.003 * top)
        log_adc = np.where(signal & (adc > 0), np.log(adc), np.nan)
    flat = signal.any(axis=0) if signal.shape[0] == 1 else np.median(signal, axis=0) > 0.5
    j, i = np.nonzero(flat)
    center = np.array([i.mean() * pixel[0], j.mean() * pixel[1]]) if len(i) else np.zeros(2)
    border = bool(flat[0].any() or flat[-1].any() or flat[:, 0].any() or flat[:, -1].any())
    return Discs(log_adc.astype(np.float32), uneven.astype(np.float32), center, pixel, border)


def disc_kernel(radius_mm: float, pixel_mm: tuple[float, float]) -> np.ndarray:
    """(j, i) weights of a disc; sum 1."""
    reach = [max(1, int(np.ceil(radius_mm / p))) for p in pixel_mm]
    i, j = np.arange(-reach[0], reach[0] + 1), np.arange(-reach[1], reach[1] + 1)
    inside = np.hypot(i[None, :] * pixel_mm[0], j[:, None] * pixel_mm[1]) <= radius_mm
    return (inside / inside.sum()).astype(np.float32)


def _variation(image: np.ndarray, mean: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Coefficient of variation in discs, less the median of the signal: what noise alone makes."""
    from scipy.signal import fftconvolve

    square = fftconvolve(image * image, kernel, mode="same", axes=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.sqrt(np.maximum(square - mean * mean, 0)) / np.maximum(mean, 1e-6)
    bright = mean > 0.2 * np.percentile(mean, 99)
    floor = float(np.percentile(variation[bright], 20)) if bright.any() else 0.0
    return np.sqrt(np.maximum(variation**2 - floor**2, 0))


def search(
    discs: Discs, layout_mm: np.ndarray, patterns: np.ndarray, config: PoseConfig = PoseConfig(), *, wide: bool = False
) -> Match:
    """The best pose.

    Args:
        discs: of the images.
        layout_mm: (n, 2) right and down from the center.
        patterns: (m, n) ln ADC in um2/s of every vial at m temperatures.
        wide: look for the center anywhere, not only near the centroid.
    """
    reach = config.wide_shift_mm if wide else config.shift_mm
    step = config.shift_step_mm * (1.5 if wide else 1.0)
    shifts = np.arange(-reach, reach + step / 2, step)
    angles = np.arange(0.0, 360.0, config.rotation_step_deg)
    scores = np.stack(
        [_scores(discs, layout_mm, patterns, angles, mirrored, shifts, config) for mirrored in (False, True)]
    )
    side, angle, down, right, pattern, k = np.unravel_index(int(np.argmax(scores)), scores.shape)
    center = discs.center_mm + np.array([shifts[right], shifts[down]])
    best = float(scores[side, angle, down, right, pattern, k])
    others = scores.max(axis=(2, 3, 4, 5))
    turn = np.abs((angles - angles[angle] + 180) % 360 - 180)
    same = np.zeros(others.shape, bool)
    same[side] = turn < 25.0
    return _refined(
        discs,
        layout_mm,
        patterns,
        config,
        best,
        best - float(others[~same].max()),
        center,
        angles[angle],
        bool(side),
        int(k),
        int(pattern),
    )


def turned(layout_mm: np.ndarray, angle_deg: float, mirrored: bool) -> np.ndarray:
    """(n, 2) layout on the image: mirrored, then turned from right to down."""
    points = layout_mm * ([-1.0, 1.0] if mirrored else [1.0, 1.0])
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return points @ np.array([[c, s], [-s, c]])


def _scores(discs, layout, patterns, angles, mirrored: bool, shifts, config: PoseConfig) -> np.ndarray:
    """(angles, down, right, patterns, k) mean agreement over three neighboring slices."""
    slices, rows, columns = discs.log_adc.shape
    out = np.empty((len(angles), len(shifts), len(shifts), len(patterns), slices), np.float32)
    for n, angle in enumerate(angles):
        points = turned(layout, angle, mirrored) + discs.center_mm
        i = np.rint((points[:, 0] + shifts[:, None]) / discs.pixel_mm[0]).astype(int)
        j = np.rint((points[:, 1] + shifts[:, None]) / discs.pixel_mm[1]).astype(int)
        inside = ((j >= 0) & (j < rows))[:, None] & ((i >= 0) & (i < columns))[None]
        j, i = np.clip(j, 0, rows - 1)[:, None], np.clip(i, 0, columns - 1)[None]
        adc = discs.log_adc[:, j, i]
        uneven = discs.uneven[:, j, i]
        out[n] = np.moveaxis(_agreement(adc, uneven, inside, patterns, config), 0, -1).transpose(0, 1, 2, 3)
    return _three(out)


def _three(scores: np.ndarray) -> np.ndarray:
    """Mean over three neighboring slices; over what there is at the ends."""
    if scores.shape[-1] < 3:
        return scores
    out = scores.copy()
    out[..., 1:-1] = (scores[..., :-2] + scores[..., 1:-1] + scores[..., 2:]) / 3
    out[..., 0] = out[..., -1] = 0
    return out


def _agreement(adc, uneven, inside, patterns, config: PoseConfig) -> np.ndarray:
    """(k, down, right, patterns) from (k, down, right, n) values of the discs."""
    even = np.exp(-0.5 * (uneven / config.uneven_tolerance) ** 2) * inside
    out = np.empty((*adc.shape[:-1], len(patterns)), np.float32)
    known = np.isfinite(adc)
    for m, pattern in enumerate(patterns):
        difference = np.where(known, adc - pattern, 9.0)
        offset = np.clip(_middle(difference), -config.offset_limit, config.offset_limit)[..., None]
        agreement = np.exp(-0.5 * ((difference - offset) / config.adc_tolerance) ** 2)
        out[..., m] = (agreement * even).mean(axis=-1)
    return out


def _middle(values: np.ndarray) -> np.ndarray:
    """Median of the last axis of odd or even length, without a sort of all."""
    half = values.shape[-1] // 2
    return np.partition(values, half, axis=-1)[..., half]


def _refined(discs, layout, patterns, config, score, lead, center, angle, mirrored, k, pattern) -> Match:
    """Finer rotation and center around the best pose, by the discs of three slices."""
    kernel = slice(max(0, k - 1), k + 2)
    log_adc, uneven = discs.log_adc[kernel], discs.uneven[kernel]
    for turn, step in ((1.0, 1.0), (0.5, 0.5)):
        best = (-1.0, angle, center)
        for d_angle in np.arange(-2, 3) * turn:
            points = turned(layout, angle + d_angle, mirrored)
            for dx in np.arange(-2, 3) * step:
                for dy in np.arange(-2, 3) * step:
                    at = center + np.array([dx, dy])
                    value = float(
                        _at(log_adc, uneven, points + at, discs, patterns[pattern : pattern + 1], config)[0].mean()
                    )
                    if value > best[0]:
                        best = (value, angle + d_angle, at)
        _, angle, center = best
    points = turned(layout, angle, mirrored) + center
    _, difference, variation = _at(log_adc, uneven, points, discs, patterns[pattern : pattern + 1], config)
    matched = (np.median(difference, axis=0) < config.match_adc) & (np.median(variation, axis=0) < config.match_uneven)
    offset = float(np.median(_values(log_adc, points, discs) - patterns[pattern]))
    return Match(
        score,
        lead,
        (float(center[0]), float(center[1])),
        float(angle),
        mirrored,
        k,
        pattern,
        offset,
        tuple(matched.tolist()),
    )


def vial_agreement(
    discs: Discs, points_mm: np.ndarray, pattern: np.ndarray, config: PoseConfig = PoseConfig()
) -> np.ndarray:
    """(k,) agreement of the vials at (n, 2) points (right, down) with a pattern of ln ADC, on every slice."""
    return _at(discs.log_adc, discs.uneven, points_mm, discs, pattern[None], config)[0]


def _values(array: np.ndarray, points: np.ndarray, discs: Discs) -> np.ndarray:
    j = np.clip(np.rint(points[:, 1] / discs.pixel_mm[1]).astype(int), 0, array.shape[1] - 1)
    i = np.clip(np.rint(points[:, 0] / discs.pixel_mm[0]).astype(int), 0, array.shape[2] - 1)
    return array[:, j, i]


def _at(log_adc, uneven, points, discs: Discs, patterns, config: PoseConfig):
    """Agreement (k,), |difference| (k, n) from the common offset, and variation (k, n) at points."""
    rows, columns = log_adc.shape[1:]
    place = points / discs.pixel_mm
    inside = ((place > -0.5) & (place < [columns - 0.5, rows - 0.5])).all(axis=1)
    adc, variation = _values(log_adc, points, discs), _values(uneven, points, discs)
    score = _agreement(adc[:, None, None], variation[:, None, None], inside, patterns, config)[:, 0, 0, 0]
    difference = np.where(np.isfinite(adc) & inside, adc - patterns[0], 9.0)
    offset = np.clip(_middle(difference), -config.offset_limit, config.offset_limit)[:, None]
    return score, np.abs(difference - offset), variation
