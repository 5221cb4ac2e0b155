"""Where the numbers of the ACR MRI phantom were taken: a region for each, on the slices of its set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..acr_config import AcrMriConfig
from ..geometry import Geometry
from ..phantom_types import InsertPlacement
from .mri_border import Border
from .mri_images import MriImages
from .mri_numbers import bars_middle, ghost_box
from .mri_spokes import SpokeReading, diameters
from .plane import Plane, rotation, strip_of

MOVABLE = {
    "uniform": "uniform",
    "ramp top": "ramp",
    "ramp bottom": "ramp",
    **{f"bar {side} {number}": f"bar {number}" for side in ("left", "right") for number in (1, 11)},
}
"""Regions that a person may move -> what moves with them: ghost boxes with the uniform region, both ramps, both bars of a slice."""


@dataclass(frozen=True, eq=False)
class SetGrid:
    """The slices of a set as one grid.

    Args:
        slice_of: number of a slice of the phantom -> k.
    """

    images: MriImages
    geometry: Geometry
    slice_of: Callable[[int], int]

    @property
    def values(self) -> np.ndarray:
        """(k, j, i)."""
        return np.stack([plane.values for plane in self.images.planes]).astype(np.float32)

    def region(self, label: str, number: int, inside: np.ndarray, radius_mm: float) -> InsertPlacement:
        """A region on one slice of the phantom."""
        k = self.slice_of(number)
        mask = np.zeros(self.geometry.shape, bool)
        mask[k] = inside
        rows, columns = np.nonzero(inside)
        steps = np.array([columns.mean(), rows.mean()]) if len(rows) else np.zeros(2)
        center = self.geometry.slice_origins[k] + self.geometry.affine[:3, :2] @ steps
        return InsertPlacement(label, tuple(float(v) for v in center), radius_mm, mask, self.geometry)


def grid_of(images: MriImages, slice_of: Callable[[int], int]) -> SetGrid:
    """Grid of a series whose slices are sorted along their normal."""
    dx, dy = images.planes[0].spacing
    cosines = (*images.along_i, *images.along_j)
    thickness = images.series.frames[0].thickness or 5.0
    geometry = Geometry.from_slices(images.origins, cosines, (dy, dx), images.planes[0].values.shape, thickness)
    return SetGrid(images, geometry, slice_of)


def border_region(grid: SetGrid, number: int, plane: Plane, border: Border) -> InsertPlacement:
    """What lies within the border whose diameters are given."""
    rows, columns = np.indices(plane.values.shape)
    x, y = columns * plane.spacing[0] - border.center[0], rows * plane.spacing[1] - border.center[1]
    twice = 2 * np.arctan2(y, x)
    radius = border.radius + border.cosine * np.cos(twice) + border.sine * np.sin(twice)
    return grid.region("diameter", number, np.hypot(x, y) <= radius, border.radius)


def uniform_regions(
    grid: SetGrid, number: int, plane: Plane, border: Border, config: AcrMriConfig
) -> list[InsertPlacement]:
    """The large region of uniformity, and those of ghosts."""
    rows, columns = np.indices(plane.values.shape)
    radius = float(np.sqrt(100 * config.uniform_cm2 / np.pi))
    x, y = border.center[0], border.center[1] + config.uniform_down_mm
    inside = (columns * plane.spacing[0] - x) ** 2 + (rows * plane.spacing[1] - y) ** 2 <= radius**2
    found = [grid.region("uniform", number, inside, radius)]
    for side in ("top", "bottom", "left", "right"):
        box = ghost_box(plane, border, side, config)
        if box is not None:
            mask = np.zeros(plane.values.shape, bool)
            mask[box] = True
            found.append(grid.region(f"ghost {side}", number, mask, config.ghost_length_mm / 2))
    return found


def ramp_regions(
    grid: SetGrid, plane: Plane, border: Border, roll_deg: float, middle_mm: float, config: AcrMriConfig
) -> list[InsertPlacement]:
    """Rows of both ramps of slice 1."""
    near, far = config.ramp_rows_mm
    found = []
    for sign, side in ((-1, "top"), (1, "bottom")):
        y = middle_mm + sign * (near + far) / 2
        ends = np.array([(-config.insert_half_mm, y), (config.insert_half_mm, y)]) @ rotation(roll_deg).T
        inside = strip_of(plane.values.shape, plane.spacing, *(border.center + ends), (far - near) / 2)
        found.append(grid.region(f"ramp {side}", 1, inside, config.insert_half_mm))
    return found


def bar_regions(
    grid: SetGrid, number: int, plane: Plane, border: Border, roll_deg: float, config: AcrMriConfig
) -> list[InsertPlacement]:
    """Both bars of slice 1 or 11; none where they are not seen."""
    middle = bars_middle(plane, border, roll_deg)
    if middle is None:
        return []
    low, high = config.bar_end_mm
    found = []
    for sign, side in ((-1, "left"), (1, "right")):
        x = middle + sign * config.bar_half_mm
        ends = np.array([(x, low), (x, high)]) @ rotation(roll_deg).T
        inside = strip_of(plane.values.shape, plane.spacing, *(border.center + ends), config.bar_rows_mm)
        found.append(grid.region(f"bar {side} {number}", number, inside, (high - low) / 2))
    return found


def spoke_regions(grid: SetGrid, plane: Plane, reading: SpokeReading) -> list[InsertPlacement]:
    """The holes of the spokes that are counted on each slice."""
    rows, columns = np.indices(plane.values.shape)
    x, y = columns * plane.spacing[0], rows * plane.spacing[1]
    found = []
    for number, count in zip(range(8, 12), reading.counts, strict=True):
        inside = np.zeros(plane.values.shape, bool)
        for radius, holes in zip(diameters()[:count] / 2, reading.holes(number)[:count], strict=True):
            for hx, hy in holes:
                inside |= (x - hx) ** 2 + (y - hy) ** 2 <= radius**2
        if inside.any():
            found.append(grid.region(f"{count} spokes", number, inside, 45.0))
    return found
