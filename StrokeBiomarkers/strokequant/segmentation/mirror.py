"""The other side of the brain as a control: how much brighter a voxel is than the brightest tissue around its mirror point."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .sides import MidPlane, at_points
from .workgrid import WorkGrid


@dataclass(frozen=True, eq=False)
class MirrorControl:
    """What lies around mirror points, on the coarse grid.

    Args:
        plane: mid-sagittal plane.
        grid: coarse grid.
        reach: width in grid points of the neighborhood; anatomy is symmetric to some millimeters only.
        highest: highest z of tissue in the neighborhood.
        tissue: highest share of tissue in the neighborhood.
    """

    plane: MidPlane
    grid: WorkGrid
    reach: int
    highest: np.ndarray
    tissue: np.ndarray

    @classmethod
    def of(cls, z: np.ndarray, tissue: np.ndarray, plane: MidPlane, grid: WorkGrid, reach_mm: float) -> "MirrorControl":
        """Control from (k, j, i) z values and the voxels that are tissue, normal or not."""
        reach = 2 * round(reach_mm / grid.step_mm) + 1
        highest = ndimage.maximum_filter(grid.down(np.where(tissue, z, 0)), size=reach)
        return cls(plane, grid, reach, highest, ndimage.maximum_filter(grid.down(tissue), size=reach))

    def excess(self, z: np.ndarray, lps: np.ndarray) -> np.ndarray:
        """(n,) z above the mirror side at (n, 3) points; NaN where there is no tissue to compare with."""
        mirrored = self.plane.reflect(lps)
        known = at_points(self.tissue, mirrored, self.grid) > 0.5
        return np.where(known, z - at_points(self.highest, mirrored, self.grid), np.nan)

    def labels_around(self, labels: np.ndarray) -> np.ndarray:
        """Highest label around every point of the coarse grid, for `same_label`."""
        return ndimage.maximum_filter(self.grid.nearest(labels), size=self.reach)

    def same_label(self, label: int, around: np.ndarray, lps: np.ndarray) -> np.ndarray:
        """(n,) points whose mirror neighborhood holds the same cluster: it crosses the midline and is no control."""
        return at_points(around, self.plane.reflect(lps), self.grid, order=0) == label
