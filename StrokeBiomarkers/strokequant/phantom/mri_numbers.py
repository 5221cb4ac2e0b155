"""Numbers of single slices of the ACR MRI phantom: uniformity, ghosting, noise, slice thickness, slice position, length."""

import numpy as np
from scipy import ndimage, signal

from ..acr_config import AcrMriConfig
from .mri_border import Border
from .plane import Plane, rotation

_STEP_MM = 0.25


def uniformity(plane: Plane, border: Border, config: AcrMriConfig = AcrMriConfig()) -> float:
    """Percent integral uniformity from the extreme means of a small disc anywhere inside a large one."""
    large, small = (np.sqrt(100 * area / np.pi) for area in (config.uniform_cm2, config.small_cm2))
    dx, dy = plane.spacing
    j, i = (np.arange(-int(small / step), int(small / step) + 1) for step in (dy, dx))
    kernel = ((j[:, None] * dy) ** 2 + (i[None] * dx) ** 2 <= small**2).astype(np.float32)
    means = signal.fftconvolve(plane.values.astype(np.float64), kernel / kernel.sum(), mode="same")
    rows, columns = np.indices(plane.values.shape)
    x, y = border.center[0], border.center[1] + config.uniform_down_mm
    centers = (columns * dx - x) ** 2 + (rows * dy - y) ** 2 <= (large - small) ** 2
    low, high = float(means[centers].min()), float(means[centers].max())
    return 100 * (1 - (high - low) / (high + low))


def ghosting(plane: Plane, border: Border, config: AcrMriConfig = AcrMriConfig()) -> float | None:
    """Percent signal ghosting; None where a region does not fit between phantom and edge of the image."""
    regions = [_ghost_region(plane, border, side, config) for side in ("top", "bottom", "left", "right")]
    if any(region is None for region in regions):
        return None
    top, bottom, left, right = (float(region.mean()) for region in regions)
    center = float(plane.disc(border.center, np.sqrt(100 * config.uniform_cm2 / np.pi)).mean())
    return 100 * abs((top + bottom) - (left + right)) / (2 * center)


def _ghost_region(plane: Plane, border: Border, side: str, config: AcrMriConfig) -> np.ndarray | None:
    """Pixels of the region beside the phantom."""
    box = ghost_box(plane, border, side, config)
    return None if box is None else plane.values[box]


def ghost_box(plane: Plane, border: Border, side: str, config: AcrMriConfig = AcrMriConfig()):
    """(rows, columns) slices of the region half-way between phantom and edge; thinner where there is little room, None where there is none.

    Args:
        side: "top", "bottom", "left" or "right".
    """
    (rows, columns), (dx, dy) = plane.values.shape, plane.spacing
    x, y = border.center
    vertical = side in ("top", "bottom")
    radius = border.diameter(90 if vertical else 0) / 2
    room = {"top": y, "bottom": (rows - 1) * dy - y, "left": x, "right": (columns - 1) * dx - x}[side] - radius
    width = min(config.ghost_width_mm, room - 2 * config.ghost_gap_mm)
    if width < 2 * max(dx, dy):
        return None
    middle = (radius + room / 2) * (1 if side in ("bottom", "right") else -1)
    half = config.ghost_length_mm / 2, width / 2
    (cx, cy), (hx, hy) = ((x, y + middle), half) if vertical else ((x + middle, y), half[::-1])
    j = slice(max(0, int(np.ceil((cy - hy) / dy))), int((cy + hy) / dy) + 1)
    i = slice(max(0, int(np.ceil((cx - hx) / dx))), int((cx + hx) / dx) + 1)
    return j, i


def corner_ghosting(plane: Plane, border: Border, config: AcrMriConfig = AcrMriConfig()) -> float | None:
    """Brightest ghost region above the darkest corner, in percent of twice the center; sees ghosts on all sides, which PSG cancels."""
    regions = [_ghost_region(plane, border, side, config) for side in ("top", "bottom", "left", "right")]
    if any(region is None for region in regions):
        return None
    j, i = (max(3, int(config.ghost_width_mm / step)) for step in plane.spacing[::-1])
    corners = (plane.values[:j, :i], plane.values[:j, -i:], plane.values[-j:, :i], plane.values[-j:, -i:])
    floor = min(float(corner.mean()) for corner in corners)
    center = float(plane.disc(border.center, np.sqrt(100 * config.uniform_cm2 / np.pi)).mean())
    return 100 * max(0.0, max(float(r.mean()) for r in regions) - floor) / (2 * center)


def signal_to_noise(plane: Plane, border: Border, config: AcrMriConfig = AcrMriConfig()) -> float:
    """Mean over SD of what a 9 x 9 mean leaves (McCann 2013), the SD from the median so that edges do not count."""
    rest = plane.values.astype(np.float64) - ndimage.uniform_filter(plane.values.astype(np.float64), 9)
    radius = 0.75 * border.radius
    noise = Plane(rest, plane.spacing).disc(border.center, radius)
    sd = 1.4826 * float(np.median(np.abs(noise - np.median(noise)))) / np.sqrt(1 - 1 / 81)
    mean = float(plane.disc(border.center, radius).mean())
    return mean / sd if sd > 0 else float("inf")


def insert_of(plane: Plane, border: Border, config: AcrMriConfig = AcrMriConfig()) -> tuple[float, float, float] | None:
    """(roll in degrees, middle in mm below the center, darkness) of the dark insert of the ramps; None where there is none."""
    x = np.arange(-config.insert_half_mm, config.insert_half_mm + 1, 2.0)
    y = np.arange(-config.insert_mm, config.insert_mm, _STEP_MM)
    values = plane.at(border.center + np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1))
    around = np.median(np.concatenate([values[:12], values[-12:]]), axis=0)
    dark = values < config.insert_dark * around
    weight = dark.sum(axis=0)
    good = (weight * _STEP_MM > 4) & (weight * _STEP_MM < 20)
    if good.mean() < 0.7:
        return None
    middles = (dark * y[:, None]).sum(axis=0)[good] / weight[good]
    slope, level = np.polyfit(x[good], middles, 1)
    share = float(np.median((np.where(dark, values, np.nan)[:, good] / around[good])[dark[:, good]]))
    return float(np.degrees(np.arctan(slope))), float(level), share


def slice_thickness(
    plane: Plane, border: Border, roll_deg: float, middle_mm: float, config: AcrMriConfig = AcrMriConfig()
) -> float | None:
    """Thickness from the lengths of both ramps at half their height; None where a ramp is not seen."""
    x = np.arange(-config.insert_half_mm, config.insert_half_mm, _STEP_MM)
    near, far = config.ramp_rows_mm
    lengths = []
    for sign in (-1, 1):
        rows = middle_mm + sign * np.arange(near, far + 0.01, 0.4)
        points = np.stack(np.meshgrid(x, rows, indexing="xy"), axis=-1) @ rotation(roll_deg).T
        profile = ndimage.gaussian_filter1d(plane.at(border.center + points).mean(axis=0), 1.0 / _STEP_MM)
        length = _ramp_length(profile, config)
        if length is None:
            return None
        lengths.append(length)
    top, bottom = lengths
    return 0.2 * top * bottom / (top + bottom)


def _ramp_length(profile: np.ndarray, config: AcrMriConfig) -> float | None:
    """Length in mm at half height above the dark ends of the insert."""
    tenth = len(profile) // 8
    ends = np.concatenate([profile[:tenth], profile[-tenth:]])
    floor = float(np.median(ends))
    top = float(np.percentile(profile[tenth:-tenth], 90))
    if top - floor < config.ramp_signal * float(ends.std()):
        return None
    level = (top + floor) / 2
    above = profile >= level
    peak = int(np.argmax(ndimage.uniform_filter1d(profile, int(20 / _STEP_MM))))
    if not above[peak]:
        return None
    first = peak - int(np.argmin(above[peak::-1])) if not above[: peak + 1].all() else 0
    last = peak + int(np.argmin(above[peak:])) if not above[peak:].all() else len(profile) - 1
    left = first + (level - profile[first]) / (profile[first + 1] - profile[first])
    right = last - 1 + (profile[last - 1] - level) / (profile[last - 1] - profile[last])
    return float((right - left) * _STEP_MM)


def bar_difference(
    plane: Plane, border: Border, roll_deg: float, config: AcrMriConfig = AcrMriConfig()
) -> float | None:
    """Right bar minus left bar, mm: twice the shift of the slice; None where the bars are not seen."""
    middle = bars_middle(plane, border, roll_deg)
    if middle is None:
        return None
    low, high = config.bar_end_mm
    y = np.arange(low, high, _STEP_MM)
    ends = []
    for sign in (-1, 1):
        x = middle + sign * config.bar_half_mm + np.linspace(-config.bar_rows_mm, config.bar_rows_mm, 5)
        points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1) @ rotation(roll_deg).T
        profile = ndimage.gaussian_filter1d(plane.at(border.center + points).mean(axis=0), 0.5 / _STEP_MM)
        bright = float(np.median(profile[-int(15 / _STEP_MM) :]))
        dark = float(profile[: int(25 / _STEP_MM)].min())
        level = (bright + dark) / 2
        below = np.flatnonzero(profile < level)
        if bright <= 0 or dark > 0.6 * bright or not len(below) or below[-1] + 1 >= len(profile):
            return None
        last = below[-1]
        ends.append(y[last] + _STEP_MM * (level - profile[last]) / (profile[last + 1] - profile[last]))
    return float(ends[1] - ends[0])


def bars_middle(plane: Plane, border: Border, roll_deg: float) -> float | None:
    """Where the bars lie left or right of the center, mm."""
    x, y = np.arange(-25.0, 25.0, _STEP_MM), np.arange(-82.0, -76.0, 0.5)
    points = np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1) @ rotation(roll_deg).T
    profile = plane.at(border.center + points).mean(axis=0)
    bright = float(np.percentile(profile, 90))
    dark = profile < 0.5 * bright
    labels, count = ndimage.label(dark)
    if not count:
        return None
    widths = np.bincount(labels)[1:] * _STEP_MM
    widest = int(np.argmax(widths))
    if not 6 <= widths[widest] <= 20:
        return None
    return float(x[labels == widest + 1].mean())


def phantom_length(plane: Plane, nominal_mm: float, config: AcrMriConfig = AcrMriConfig()) -> float | None:
    """Length on a slice along the axis of the phantom, across its ends wherever they point; None where they are not seen."""
    dx, dy = plane.spacing
    smooth = ndimage.gaussian_filter(
        plane.values.astype(np.float32), [config.length_smooth_mm / dy, config.length_smooth_mm / dx]
    )
    low, high = np.percentile(smooth, [10, 70])
    labels, count = ndimage.label(ndimage.binary_fill_holes(smooth > (low + high) / 2))
    if not count:
        return None
    body = ndimage.binary_fill_holes(labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:])))
    rows, columns = (np.flatnonzero(body.any(axis=axis)) for axis in (1, 0))
    candidates = []
    for values, extent, across, step, other in (
        (smooth, rows, columns, dy, dx),
        (smooth.T, columns, rows, dx, dy),
    ):
        length = _between_ends(values, extent, across, (low + high) / 2, step, other)
        if length is not None:
            candidates.append(length)
    return min(candidates, key=lambda value: abs(value - nominal_mm)) if candidates else None


def _between_ends(values, extent, across, level: float, step: float, other: float) -> float | None:
    """Distance of two lines through the ends of the body along axis 0."""
    span = across[-1] - across[0]
    lines = np.arange(across[0] + span // 8, across[-1] - span // 8)
    middle = int((extent[0] + extent[-1]) / 2)
    first, last = np.full(len(lines), np.nan), np.full(len(lines), np.nan)
    for n, i in enumerate(lines):
        profile = values[:, i]
        up, down = np.flatnonzero(profile[:middle] < level), np.flatnonzero(profile[middle:] < level)
        if len(up) and len(down):
            a, b = up[-1], middle + down[0]
            first[n] = a + (level - profile[a]) / (profile[a + 1] - profile[a])
            last[n] = b - 1 + (profile[b - 1] - level) / (profile[b - 1] - profile[b])
    seen = np.isfinite(first)
    if seen.sum() < 10:
        return None
    x = lines[seen] * other
    (slope_a, a), (slope_b, b) = (_robust_line(x, ends[seen] * step) for ends in (first, last))
    slope, center = (slope_a + slope_b) / 2, x.mean()
    return float(abs((b + slope_b * center) - (a + slope_a * center)) * np.cos(np.arctan(slope)))


def _robust_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the line that most points lie on."""
    kept = np.ones(len(x), bool)
    for _ in range(5):
        slope, level = np.polyfit(x[kept], y[kept], 1)
        residual = np.abs(y - slope * x - level)
        kept = residual <= max(np.quantile(residual, 0.7), 1e-6)
    return float(slope), float(level)
