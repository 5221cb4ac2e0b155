"""The mid-sagittal plane, and the side of a point, in patient coordinates.

The plane is the one about which the brain is most symmetric: a sample of brain points is reflected and the image is compared with
itself there. Side comes from LPS (+x is left), so flipped rows, feet-first positions or oblique slices cannot swap it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize

from ..geometry import Geometry
from .workgrid import WorkGrid

SEARCH_STEPS = np.array([6.0, 8.0, 8.0])
"""First steps of the search: offset in mm, turn about the long axis and about the front-back axis in degrees."""


@dataclass(frozen=True, eq=False)
class MidPlane:
    """Mid-sagittal plane.

    Args:
        point: LPS mm on the plane.
        normal: unit, pointing to the patient's left.
        symmetry: correlation of the image with its reflection, -1 to 1; near 0 the plane is a guess.
    """

    point: np.ndarray
    normal: np.ndarray
    symmetry: float

    def leftward_mm(self, lps: np.ndarray) -> np.ndarray:
        """(n,) signed distance of (n, 3) points, positive on the patient's left."""
        return (np.asarray(lps, dtype=float) - self.point) @ self.normal

    def reflect(self, lps: np.ndarray) -> np.ndarray:
        """(n, 3) mirror images of (n, 3) points."""
        return lps - 2 * self.leftward_mm(lps)[:, None] * self.normal

    def side(self, lps, midline_mm: float) -> str:
        """ "left", "right", or "midline" within a distance of the plane."""
        distance = float(self.leftward_mm(np.atleast_2d(lps))[0])
        if abs(distance) <= midline_mm:
            return "midline"
        return "left" if distance > 0 else "right"


def find_midplane(signal: np.ndarray, brain: np.ndarray, geometry: Geometry, *, points: int = 6000) -> MidPlane:
    """Plane of best mirror symmetry of a brain image.

    Args:
        signal: (k, j, i) image, best with its bias field removed.
        brain: (k, j, i) mask.
        geometry: their grid.
        points: brain points compared.

    Returns:
        The plane; through the center of the brain with normal +x when the brain is empty or symmetry cannot be found.
    """
    index = np.argwhere(brain)
    if not len(index):
        return MidPlane(np.zeros(3), np.array([1.0, 0.0, 0.0]), 0.0)
    lps = geometry.to_lps(index)
    center = lps.mean(axis=0)
    chosen = np.unique(np.linspace(0, len(index) - 1, points).astype(int))
    grid = WorkGrid.of(geometry, 4.0)
    coarse = ndimage.gaussian_filter(grid.down(np.where(brain, signal, 0)), 1.0)
    sample = lps[chosen]
    own = at_points(coarse, sample, grid)

    def plane(parameters) -> MidPlane:
        offset, yaw, roll = parameters[0], *np.radians(parameters[1:])
        normal = np.array([np.cos(yaw) * np.cos(roll), np.sin(yaw) * np.cos(roll), np.sin(roll)])
        return MidPlane(center + offset * normal, normal, 0.0)

    def asymmetry(parameters) -> float:
        mirrored = at_points(coarse, plane(parameters).reflect(sample), grid)
        spread = own.std() * mirrored.std()
        return -float(np.mean((own - own.mean()) * (mirrored - mirrored.mean())) / spread) if spread else 0.0

    found = None
    for step in (SEARCH_STEPS, -0.5 * SEARCH_STEPS):
        start = np.zeros(3) if found is None else found.x
        simplex = start + np.vstack([np.zeros(3), np.diag(step)])
        found = optimize.minimize(
            asymmetry, start, method="Nelder-Mead", options={"initial_simplex": simplex, "xatol": 0.05, "fatol": 1e-5}
        )
    best = plane(found.x)
    return MidPlane(best.point, best.normal, -float(found.fun))


def at_points(values: np.ndarray, lps: np.ndarray, grid: WorkGrid, *, order: int = 1) -> np.ndarray:
    """Values of an array on a work grid at (n, 3) LPS points, linear or nearest (order 0); 0 outside."""
    return ndimage.map_coordinates(values, grid.index_of(lps), order=order, mode="constant", cval=0)
