"""Slices to scan a digital head with: axial, oblique, sagittal, tilted, with gaps, unevenly spaced, in any order."""

from dataclasses import dataclass

import numpy as np

from ..geometry import Geometry, unit_normal

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
QUARTER_TURN = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0)
"""Axial image that is turned by 90 degrees on the screen."""


@dataclass(frozen=True)
class Slab:
    """A stack of slices.

    Args:
        geometry: in the order in which the scanner numbers the slices.
        thickness_mm: excited thickness, also when the slices are further apart.
        orientation: six cosines of Image Orientation (Patient).
        tilt_deg: angle of the stacking direction to the normal that was asked for.
    """

    geometry: Geometry
    thickness_mm: float
    orientation: tuple[float, ...]
    tilt_deg: float = 0.0


def rotated(orientation, about: str, angle_deg: float) -> tuple[float, ...]:
    """Orientation turned about an LPS axis "x", "y" or "z"."""
    angle = np.radians(angle_deg)
    c, s = np.cos(angle), np.sin(angle)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[about]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = c
    matrix[first, second], matrix[second, first] = -s, s
    return tuple(float(v) for v in (np.reshape(orientation, (2, 3)) @ matrix.T).ravel())


def make_slab(
    *,
    slices: int = 26,
    rows: int = 128,
    columns: int = 128,
    pixel_mm: float = 1.8,
    step_mm: float = 5.0,
    thickness_mm: float | None = None,
    orientation=AXIAL,
    tilt_deg: float = 0.0,
    center=(0.0, 0.0, -6.0),
    offsets_mm=None,
    reverse: bool = False,
) -> Slab:
    """Slices around a center.

    Args:
        slices, rows, columns, pixel_mm: size of the stack.
        step_mm: distance of neighboring slices along the stacking direction.
        thickness_mm: `step_mm` when None.
        orientation: before tilt.
        tilt_deg: turns the slices about their row direction while the stacking direction stays: a sheared stack.
        center: LPS mm of the middle of the stack.
        offsets_mm: positions of the slices along the stacking direction, instead of even steps.
        reverse: number the slices against the normal.
    """
    stacking = unit_normal(orientation)
    row, column = np.reshape(orientation, (2, 3))
    angle = np.radians(tilt_deg)
    tilted = np.cos(angle) * column + np.sin(angle) * stacking
    offsets = (
        np.asarray(offsets_mm, float) if offsets_mm is not None else (np.arange(slices) - (slices - 1) / 2) * step_mm
    )
    offsets = offsets[::-1] if reverse else offsets
    corner = np.asarray(center) - row * pixel_mm * (columns - 1) / 2 - tilted * pixel_mm * (rows - 1) / 2
    origins = corner + offsets[:, None] * stacking
    cosines = (*row, *tilted)
    geometry = Geometry.from_slices(origins, cosines, (pixel_mm, pixel_mm), (rows, columns))
    return Slab(geometry, thickness_mm or step_mm, tuple(float(v) for v in cosines), tilt_deg)
