"""Slice thickness of CT from two ramps of wires that are 0.5 mm apart along the axis of the phantom.

A slice shows the wires within it as a row of short bright lines. The rows are looked for above and below the center, wherever they lie outside of the
inserts: their places are not published. As in the instructions of the ACR, wires at least half as bright as the central ones are counted, in each row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from ..acr_config import AcrCtConfig
from .plane import Plane

_STEP_MM = 0.2
_ROW_MM = 0.5
Place = Callable[[np.ndarray], np.ndarray]
"""(..., 2) mm of the phantom to mm of the image."""


@dataclass(frozen=True, eq=False)
class Ramp:
    """One row of wires.

    Args:
        wires: counted.
        y_mm: of the row in the frame of the phantom; `x_mm` of the first and the last wire.
        pitch_mm: distance of the wires in the image; NaN for one wire.
    """

    wires: int
    y_mm: float
    x_mm: tuple[float, float]
    pitch_mm: float

    @property
    def thickness_mm(self) -> float:
        """0.5 mm for each wire."""
        return 0.5 * self.wires


def find_ramps(
    plane: Plane, place: Place, inserts: Sequence[tuple[float, float, float]], config: AcrCtConfig = AcrCtConfig()
) -> tuple[Ramp, ...]:
    """The rows above and below the center that a slice shows; fewer than two where they are not seen whole.

    Args:
        inserts: (x, y, radius) mm of what is brighter or darker than the body and no wire.
    """
    low, high = config.ramp_rows_mm
    x = np.arange(-config.ramp_half_mm, config.ramp_half_mm + 1e-6, _STEP_MM)
    found = []
    for sign in (-1, 1):
        y = sign * np.arange(low, high, _ROW_MM)
        grid = np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1)
        values = plane.at(place(grid))
        for cx, cy, radius in inserts:
            values[np.hypot(grid[..., 0] - cx, grid[..., 1] - cy) < radius + 2] = np.nan
        values = np.nan_to_num(values - np.nanmedian(values, axis=1, keepdims=True))
        ramp = _row(values, x, y, max(plane.spacing), config)
        if ramp is not None:
            found.append(ramp)
    return tuple(found)


def _row(values: np.ndarray, x: np.ndarray, y: np.ndarray, pixel_mm: float, config: AcrCtConfig) -> Ramp | None:
    """The brightest row of wires in a part of the slice, None where there is none that stands out of the noise."""
    rows = ndimage.uniform_filter1d(values, round(config.ramp_wire_mm / _ROW_MM), axis=0)
    noise = 1.4826 * float(np.median(np.abs(rows[rows != 0]))) if rows.any() else 0.0
    best = int(np.argmax((np.clip(rows, 0, None) ** 2).sum(axis=1)))
    profile = rows[best]
    if noise == 0.0 or profile.max() < config.ramp_sigmas * noise:
        return None
    peaks = _peaks(profile, config.ramp_sigmas / 2 * noise)
    lattice = _lattice(x[peaks], config) if len(peaks) > 1 else (float(x[peaks[0]]), float("nan"))
    if lattice is None or lattice[1] < config.ramp_pixels * pixel_mm:
        return None
    chosen = _wires(profile, x, lattice, config) if len(peaks) > 1 else np.array([lattice[0]])
    if chosen is None:
        return None
    return Ramp(len(chosen), float(y[best]), (float(chosen[0]), float(chosen[-1])), lattice[1])


def _peaks(profile: np.ndarray, least: float) -> np.ndarray:
    """Index of every maximum that is at least a third as high as the highest."""
    smooth = ndimage.gaussian_filter1d(profile, 0.25 / _STEP_MM)
    peaks, _ = signal.find_peaks(smooth, height=max(least, smooth.max() / 3), distance=round(0.8 / _STEP_MM))
    return peaks if len(peaks) else np.array([int(np.argmax(smooth))])


def _lattice(places: np.ndarray, config: AcrCtConfig) -> tuple[float, float] | None:
    """(place of one wire, distance of the wires) mm; None where the places are not even."""
    gaps = np.diff(places)
    steps = np.round(gaps / np.median(gaps))
    if steps.min() < 1:
        return None
    numbers = np.concatenate([[0.0], np.cumsum(steps)])
    pitch, start = np.polyfit(numbers, places, 1)
    off = places - (start + pitch * numbers)
    return (float(start), float(pitch)) if off.std() <= config.ramp_uneven * pitch else None


def _wires(profile: np.ndarray, x: np.ndarray, lattice: tuple[float, float], config: AcrCtConfig) -> np.ndarray | None:
    """Places of the wires at least half as bright as the central ones; None where they go on beyond what is looked at, or one is missing.

    Brightness is the sum over the cell of a wire, which does not depend on where the pixels lie.
    """
    start, pitch = lattice
    first, last = int(np.ceil((x[0] - start) / pitch + 0.5)), int(np.floor((x[-1] - start) / pitch - 0.5))
    places = start + pitch * np.arange(first, last + 1)
    total = np.concatenate([[0.0], np.cumsum(profile) * _STEP_MM])
    ends = np.concatenate([[x[0] - _STEP_MM / 2], x + _STEP_MM / 2])
    sums = np.interp(places + pitch / 2, ends, total) - np.interp(places - pitch / 2, ends, total)
    center = int(np.argmax(ndimage.uniform_filter1d(sums, min(3, len(sums)))))
    level = float(np.median(sums[sums >= sums[center] / 2])) / 2
    bright = sums >= level
    left = right = center
    while left > 0 and bright[left - 1]:
        left -= 1
    while right + 1 < len(sums) and bright[right + 1]:
        right += 1
    whole = left > 0 and right + 1 < len(sums) and bright.sum() == right - left + 1
    return places[left : right + 1] if whole else None
