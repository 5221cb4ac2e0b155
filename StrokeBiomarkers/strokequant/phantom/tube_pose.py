"""Pose of a single tube of water, in ice or in a slurry of ice and water.

In the middle slices an even round spot with the ADC of water is looked for: signal that ends at the radius of the tube, or that a dark wall of that radius
separates from water around it. Where there is no such spot, or more than one, nothing is chosen: a head, a uniform phantom, several vials.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..diffusion_phantom_config import PoseConfig
from ..errors import Issue, Level
from ..phantom_types import Insert, PhantomPose
from .shells import Shells, log_slope


@dataclass(frozen=True, eq=False)
class Tube:
    """A tube in a stack of slices.

    Args:
        places_mm: (slices, 2) right and down from pixel (0, 0) of its middle; NaN in slices that do not show it.
        radius_mm: of its signal.
        log_adc: mean over the slices, ADC in um2/s.
    """

    places_mm: np.ndarray
    radius_mm: float
    log_adc: float

    @property
    def slices(self) -> np.ndarray:
        """Numbers of the slices that show it."""
        return np.flatnonzero(np.isfinite(self.places_mm[:, 0]))


def find_tube(shells: Shells, insert: Insert, config: PoseConfig = PoseConfig()) -> Tube | None:
    """The one tube across the slices; None where there is none or more than one.

    Args:
        shells: images by b value.
        insert: of the registry; its radius.
    """
    count = shells.geometry.shape[0]
    found = [_spots(shells, k, insert.radius_mm, config) for k in range(count)]
    shown = [k for k in range(count) if found[k]]
    if len(shown) < min(config.tube_slices, count):
        return None
    run = max(np.split(shown, np.flatnonzero(np.diff(shown) > 1) + 1), key=len)
    if len(run) < min(config.tube_slices, count):
        return None
    middle = found[run[len(run) // 2]]
    if len(middle) != 1:
        return None
    places = np.full((count, 2), np.nan)
    chosen = []
    for k in run:
        near = [s for s in found[k] if np.hypot(*(s[0] - middle[0][0])) <= insert.radius_mm]
        if len(near) == 1:
            places[k] = near[0][0]
            chosen.append(near[0])
    radius, log_adc = (float(np.median([s[n] for s in chosen])) for n in (1, 2))
    return Tube(places, radius, log_adc)


def _spots(shells: Shells, k: int, radius_mm: float, config: PoseConfig) -> list[tuple[np.ndarray, float, float]]:
    """(place in mm, radius in mm, ln ADC) of every round spot of water in a slice."""
    images = np.nan_to_num(shells.values[:, k])
    top = float(np.percentile(np.nan_to_num(shells.values[0]), 99.5))
    dx, dy = shells.geometry.pixel_spacing
    signal = images[0] > config.tube_share * top
    labels, count = ndimage.label(signal)
    found = []
    for n in range(1, count + 1):
        spot = labels == n
        rows, columns = np.nonzero(spot)
        radius = float(np.sqrt(len(rows) * dx * dy / np.pi))
        wide, high = np.ptp(columns) * dx + dx, np.ptp(rows) * dy + dy
        low, most = config.tube_radius
        if not low * radius_mm <= radius <= most * radius_mm or max(wide, high) > 1.3 * min(wide, high):
            continue
        if len(rows) * dx * dy < 0.65 * wide * high:
            continue
        log_adc = _water(shells, images, spot, (dx, dy), config)
        if log_adc is not None:
            weight = images[0][spot]
            place = np.array([(columns * weight).sum() * dx, (rows * weight).sum() * dy]) / weight.sum()
            found.append((place, radius, log_adc))
    return found


def _water(shells: Shells, images: np.ndarray, spot: np.ndarray, spacing, config: PoseConfig) -> float | None:
    """ln ADC inside a spot; None where it is not even or not that of water."""
    inside = ndimage.distance_transform_edt(spot, sampling=spacing[::-1]) > 3.0
    if np.count_nonzero(inside) < 4:
        return None
    b0 = images[0][inside]
    means = images[:, inside].mean(axis=1)
    adc = float(log_slope(shells.b_values, means, means > 0.003 * means[0]))
    low, high = config.tube_adc
    even = float(b0.std() / b0.mean()) <= config.tube_uneven
    return float(np.log(adc)) if even and low <= adc <= high else None


def tube_pose(shells: Shells, tube: Tube, insert: Insert, config: PoseConfig = PoseConfig()):
    """(pose, centers (1, 3) LPS, axis, half length, tilt, issues) of a tube, for `VialPose`."""
    geometry = shells.geometry
    right, down = (geometry.affine[:3, n] / np.linalg.norm(geometry.affine[:3, n]) for n in (0, 1))
    slices = tube.slices
    positions = geometry.positions[slices]
    middle = int(slices[len(slices) // 2])
    line = [
        np.polyfit(positions - geometry.positions[middle], tube.places_mm[slices, n], 1 if len(slices) > 2 else 0)
        for n in (0, 1)
    ]
    slope = np.array([one[0] if len(one) > 1 else 0.0 for one in line])
    place = np.array([one[-1] for one in line])
    axis = geometry.normal + slope[0] * right + slope[1] * down
    axis /= np.linalg.norm(axis)
    center = geometry.slice_origins[middle] + place[0] * right + place[1] * down
    x = right - (right @ axis) * axis
    x /= np.linalg.norm(x)
    tilt = float(np.degrees(np.arccos(min(1.0, abs(axis @ geometry.normal)))))
    residual = float(
        np.sqrt(
            np.mean(
                [
                    np.hypot(
                        *(tube.places_mm[k] - place - slope * (geometry.positions[k] - geometry.positions[middle]))
                    )
                    ** 2
                    for k in slices
                ]
            )
        )
    )
    pose = PhantomPose(center, np.column_stack([x, np.cross(axis, x), axis]), 1.0, residual, "round spot of water", 0.0)
    return pose, center[None], axis, float(geometry.slice_extents[slices].sum()) / 2, tilt, _issues(tilt, config)


def _issues(tilt: float, config: PoseConfig) -> tuple[Issue, ...]:
    if tilt <= config.tilt_note_deg:
        return ()
    level = Level.STOP if tilt > config.tilt_stop_deg else Level.WARN
    expected = f"a tube perpendicular to the slices, within {config.tilt_note_deg:g} deg"
    return (Issue("Q75", level, f"the tube leans by {tilt:.1f} deg", expected, "level the tube and scan again"),)
