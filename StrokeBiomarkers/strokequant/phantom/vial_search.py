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
    chosen = np.unique(np.linspace(0, len(shells.b_values) - 1, min(5, len(shells.b_values))).round().astype(int))
    pixel = shells.geometry.pixel_spacing
    kernel = disc_kernel(config.disc_mm, pixel)
    images = [np.nan_to_num(shells.values[n]) for n in chosen]
    means = np.stack([_disc_means(image, kernel) for image in images])
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


def _disc_means(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """(k, j, i) convolved in plane; scipy.signal, which has the same, takes half a second to import."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    shape = [next_fast_len(n + m - 1, real=True) for n, m in zip(images.shape[1:], kernel.shape, strict=True)]
    whole = irfft2(rfft2(images, shape) * rfft2(kernel, shape), shape)
    down, right = ((m - 1) // 2 for m in kernel.shape)
    return whole[:, down : down + images.shape[1], right : right + images.shape[2]]


def _variation(image: np.ndarray, mean: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Coefficient of variation in discs, less the median of the signal: what noise alone makes."""
    square = _disc_means(image * image, kernel)
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.sqrt(np.maximum(square - mean * mean, 0)) / np.maximum(mean, 1e-6)
    bright = mean > 0.2 * np.percentile(mean, 99)
    floor = float(np.percentile(variation[bright], 20)) if bright.any() else 0.0
    return np.sqrt(np.maximum(variation**2 - floor**2, 0))


def search(
    discs: Discs,
    layout_mm: np.ndarray,
    patterns: np.ndarray,
    config: PoseConfig = PoseConfig(),
    *,
    least_score: float = 0.0,
    wide: bool = False,
    around: Match | None = None,
) -> Match:
    """The best pose.

    Args:
        discs: of the images.
        layout_mm: (n, 2) right and down from the center.
        patterns: (m, n) ln ADC in um2/s of every vial at m temperatures.
        least_score: a pose that agrees less is none, so that what can neither reach it nor contest it is not computed.
        wide: look for the center anywhere, not only near the centroid.
        around: look near this pose only; what its labels lead by stays.
    """
    middle, shifts, angles, sides = _places(discs, around, config, wide=wide)
    floor = max(0.0, least_score - config.least_lead)
    images = _Columns.of(discs, config)
    scores = np.array(
        [
            [
                _scores(images, turned(layout_mm, angle, side) + middle, shifts, patterns, floor, config)
                for angle in angles
            ]
            for side in sides
        ]
    )
    if scores.max() <= floor:
        nowhere = (float(middle[0]), float(middle[1]))
        return Match(0.0, 0.0, nowhere, 0.0, False, 0, 0, 0.0, (False,) * len(layout_mm))
    side, angle, down, right, pattern, k = np.unravel_index(int(np.argmax(scores)), scores.shape)
    center = middle + np.array([shifts[right], shifts[down]])
    best = float(scores[side, angle, down, right, pattern, k])
    lead = around.lead if around else _lead(scores.max(axis=(2, 3, 4, 5)), side, angles, angle, floor)
    return _refined(
        discs, layout_mm, patterns, config, best, lead, center, angles[angle], sides[side], int(k), int(pattern)
    )


def _places(discs: Discs, around: Match | None, config: PoseConfig, *, wide: bool):
    """Center (right, down) of the search, shifts from it in mm, angles in degrees and sides."""
    step = config.shift_step_mm * (1.5 if wide else 1.0)
    if around is not None:
        turns = config.rotation_step_deg * np.arange(-2, 3)
        return np.array(around.center_mm), step * np.arange(-2, 3), around.angle_deg + turns, (around.mirrored,)
    reach = config.wide_shift_mm if wide else config.shift_mm
    angles = np.arange(0.0, 360.0, config.rotation_step_deg)
    return discs.center_mm, np.arange(-reach, reach + step / 2, step), angles, (False, True)


def _lead(best: np.ndarray, side: int, angles: np.ndarray, angle: int, floor: float) -> float:
    """How much better the best of (side, angle) is than the best with other labels, which are a sixth of a turn away at least."""
    turn = np.abs((angles - angles[angle] + 180) % 360 - 180)
    same = np.zeros(best.shape, bool)
    same[side] = turn < 25.0
    return float(best.max()) - max(floor, float(best[~same].max()))


def turned(layout_mm: np.ndarray, angle_deg: float, mirrored: bool) -> np.ndarray:
    """(n, 2) layout on the image: mirrored, then turned from right to down."""
    points = layout_mm * ([-1.0, 1.0] if mirrored else [1.0, 1.0])
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return points @ np.array([[c, s], [-s, c]])


@dataclass(frozen=True, eq=False)
class _Columns:
    """Discs with all slices of a place side by side; a place outside of the images is uneven.

    Args:
        log_adc: (places, k), NaN where there is none.
        even: (places, k) 0 to 1.
    """

    log_adc: np.ndarray
    even: np.ndarray
    shape: tuple[int, int]
    pixel_mm: tuple[float, float]

    @staticmethod
    def of(discs: Discs, config: PoseConfig) -> "_Columns":
        """The discs of all slices."""
        slices, rows, columns = discs.log_adc.shape
        even = np.exp(-0.5 * (discs.uneven / config.uneven_tolerance) ** 2) * np.isfinite(discs.log_adc)
        even = np.pad(np.moveaxis(even, 0, -1), ((1, 1), (1, 1), (0, 0)))
        log_adc = np.pad(np.moveaxis(discs.log_adc, 0, -1), ((1, 1), (1, 1), (0, 0)), mode="edge")
        return _Columns(log_adc.reshape(-1, slices), even.reshape(-1, slices), (rows, columns), discs.pixel_mm)

    def places(self, right_mm: np.ndarray, down_mm: np.ndarray) -> np.ndarray:
        """Index of the nearest pixel; outside of the images one of their rim."""
        i = np.clip(np.rint(right_mm / self.pixel_mm[0]).astype(int), -1, self.shape[1]) + 1
        j = np.clip(np.rint(down_mm / self.pixel_mm[1]).astype(int), -1, self.shape[0]) + 1
        return j * (self.shape[1] + 2) + i


def _scores(images: _Columns, points, shifts, patterns, floor: float, config: PoseConfig) -> np.ndarray:
    """(down, right, patterns, k) mean agreement over three neighboring slices; 0 where it cannot be above `floor`.

    How even the discs are bounds their agreement, and costs a fraction of it.
    """
    count = len(shifts)
    down, right = (a.ravel() for a in np.meshgrid(shifts, shifts, indexing="ij"))
    places = images.places(points[:, 0] + right[:, None], points[:, 1] + down[:, None])
    even = images.even[places]
    out = np.zeros((count * count, len(patterns), even.shape[-1]), np.float32)
    possible = (_three(even.mean(axis=1)) > floor).any(axis=-1)
    if possible.any():
        log_adc = images.log_adc[places[possible]]
        agreement = [_agreement(log_adc, even[possible], pattern, config) for pattern in patterns]
        out[possible] = _three(np.stack(agreement, axis=1))
    return out.reshape(count, count, *out.shape[1:])


def _three(scores: np.ndarray) -> np.ndarray:
    """Mean over three neighboring slices; over what there is at the ends."""
    if scores.shape[-1] < 3:
        return scores
    out = scores.copy()
    out[..., 1:-1] = (scores[..., :-2] + scores[..., 1:-1] + scores[..., 2:]) / 3
    out[..., 0] = out[..., -1] = 0
    return out


def _agreement(log_adc: np.ndarray, even: np.ndarray, pattern: np.ndarray, config: PoseConfig) -> np.ndarray:
    """(m, k) agreement of (m, n, k) discs with a pattern of n vials, after the median of their differences."""
    difference = np.where(np.isfinite(log_adc), log_adc - pattern[:, None], np.float32(9.0))
    offset = np.clip(_middle(difference), -config.offset_limit, config.offset_limit)
    difference -= offset[:, None]
    difference *= difference
    difference *= np.float32(-0.5 / config.adc_tolerance**2)
    return (np.exp(difference, out=difference) * even).mean(axis=1)


def _middle(values: np.ndarray) -> np.ndarray:
    """Median of the axis before the last, without a sort of all."""
    half = values.shape[-2] // 2
    return np.partition(values, half, axis=-2)[..., half, :]


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
                    value = float(_at(log_adc, uneven, points + at, discs, patterns[pattern], config)[0].mean())
                    if value > best[0]:
                        best = (value, angle + d_angle, at)
        _, angle, center = best
    points = turned(layout, angle, mirrored) + center
    _, difference, variation = _at(log_adc, uneven, points, discs, patterns[pattern], config)
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
    return _at(discs.log_adc, discs.uneven, points_mm, discs, pattern, config)[0]


def _values(array: np.ndarray, points: np.ndarray, discs: Discs) -> np.ndarray:
    j = np.clip(np.rint(points[:, 1] / discs.pixel_mm[1]).astype(int), 0, array.shape[1] - 1)
    i = np.clip(np.rint(points[:, 0] / discs.pixel_mm[0]).astype(int), 0, array.shape[2] - 1)
    return array[:, j, i]


def _at(log_adc, uneven, points, discs: Discs, pattern: np.ndarray, config: PoseConfig):
    """Agreement (k,), |difference| (k, n) from the common offset, and variation (k, n) at points."""
    rows, columns = log_adc.shape[1:]
    place = points / discs.pixel_mm
    inside = ((place > -0.5) & (place < [columns - 0.5, rows - 0.5])).all(axis=1)
    adc, variation = _values(log_adc, points, discs), _values(uneven, points, discs)
    even = np.exp(-0.5 * (variation / config.uneven_tolerance) ** 2) * inside
    score = _agreement(adc.T[None], even.T[None], pattern, config)[0]
    difference = np.where(np.isfinite(adc) & inside, adc - pattern, 9.0)
    offset = np.clip(_middle(difference.T[None])[0], -config.offset_limit, config.offset_limit)[:, None]
    return score, np.abs(difference - offset), variation
