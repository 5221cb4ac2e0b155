"""Refinement of a rigid motion between two images of one time series, one of them with contrast agent.

The difference of the images is explained by least squares as a small rigid motion plus a gain that varies smoothly over the
head (a polynomial of second order): the passing bolus, also where one side gets it later, goes into the gain and not into the
motion. The equations are those of the fixed image, solved once for all frames (inverse compositional Gauss-Newton; Baker and
Matthews, Int J Comput Vis 2004;56:221).
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from ..geometry import Geometry
from .rigid import axes_of, shear_of

_ITERATIONS = 6
_ENOUGH_MM, _CONVERGED_MM = 0.005, 0.05
"""Last step at which it stops, and up to which it counts as converged."""
_DECIMALS = 6
"""Of a motion and its numbers: sums depend on the number of threads in the last digits, and a second run must be the same."""
_END_SDS = 2.0
"""SDs of the smoothing at either end of the stack that do not count: what is smoothed there is not the same in both poses."""
_COUNTED_MIN = 12
"""Slices that count at least, but for the outer ones: turns across slices are told by those that lie far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How one image lies against the fixed one.

    Args:
        matrix: 4x4, LPS mm of a point in the fixed image to the same anatomy in the moving image.
        displacement_mm: root mean square displacement over the voxels that count.
        misfit: root mean square of what neither motion nor gain explains, over the SD of the fixed image.
        converged: the last step was small.
    """

    matrix: np.ndarray
    displacement_mm: float
    misfit: float
    converged: bool


@dataclass(frozen=True, eq=False)
class GainRegistration:
    """The fixed image, ready to be compared with any number of others.

    Args:
        axes: 3x3 perpendicular unit axes as columns: of the grid, with the normal for a tilted one; `center` LPS mm of its middle.
        shear: 3x3, from mm along the axes of a tilted grid to mm along `axes`.
        steps: mm between voxels of the coarse grid (k, j, i).
        factor: native voxels in a coarse one, in plane.
        smooth_mm: SD along every axis.
        fixed: (k, j, i) coarse image.
        inside: (k, j, i) voxels that count.
        columns: (n, parameters) orthonormal basis of the changes that motion and gain make.
        solver: (6 or 3, parameters) from coefficients of that basis to rotation in rad and translation in mm along the axes.
        free: which of the six parameters the solver gives.
    """

    axes: np.ndarray
    shear: np.ndarray
    center: np.ndarray
    steps: tuple[float, float, float]
    factor: int
    smooth_mm: float
    fixed: np.ndarray
    inside: np.ndarray
    columns: np.ndarray
    solver: np.ndarray
    free: tuple[int, ...]

    def judged(self, moving: np.ndarray, motion: np.ndarray) -> Fit:
        """How well an image fits with a motion that was found elsewhere.

        Args:
            moving: (k, j, i) native.
            motion: 4x4, as `Fit.matrix`.
        """
        return self._judged(self._coarse(moving), self._local(motion), True)

    def fit(self, moving: np.ndarray, start: np.ndarray) -> Fit:
        """Find the motion of an image.

        Args:
            moving: (k, j, i) native.
            start: 4x4, first guess of `Fit.matrix`.
        """
        image = self._coarse(moving)
        motion = self._local(start)
        for _ in range(_ITERATIONS):
            difference = self._difference(image, motion)
            parameters = np.zeros(6)
            parameters[list(self.free)] = self.solver @ (self.columns.T @ difference)
            motion = motion @ _rigid(parameters)
            if self._length(parameters) < _ENOUGH_MM:
                break
        return self._judged(image, motion, self._length(parameters) < _CONVERGED_MM)

    def _judged(self, image: np.ndarray, local: np.ndarray, converged: bool) -> Fit:
        difference = self._difference(image, local)
        left = difference - self.columns @ (self.columns.T @ difference)
        misfit = float(np.sqrt(np.mean(left**2)) / max(self.fixed[self.inside].std(), 1e-12))
        matrix = np.round(self._lps(local), _DECIMALS)
        return Fit(matrix, round(self._displacement_mm(local), _DECIMALS), round(misfit, _DECIMALS), converged)

    def _coarse(self, image: np.ndarray) -> np.ndarray:
        return _smooth(_shrunk(np.asarray(image, dtype=np.float32), self.factor), self.steps, self.smooth_mm)

    def _difference(self, image: np.ndarray, motion: np.ndarray) -> np.ndarray:
        moved, known = self._moved(image, motion)
        return np.where(known, moved - self.fixed, 0)[self.inside]

    def _displacement_mm(self, local: np.ndarray) -> float:
        points = self._points()[self.inside]
        moved = points @ local[:3, :3].T + local[:3, 3]
        return float(np.sqrt(((moved - points) ** 2).sum(axis=1).mean()))

    def _points(self) -> np.ndarray:
        """(k, j, i, 3) mm along `axes` from the center."""
        return np.stack(_coordinates(self.fixed.shape, self.steps, self.shear), axis=-1)

    def _length(self, parameters: np.ndarray) -> float:
        """Displacement of a point 60 mm off the center."""
        return float(np.linalg.norm(parameters[3:]) + 60 * np.linalg.norm(parameters[:3]))

    def _local(self, matrix: np.ndarray) -> np.ndarray:
        local = np.eye(4)
        local[:3, :3] = self.axes.T @ matrix[:3, :3] @ self.axes
        local[:3, 3] = self.axes.T @ (matrix[:3, :3] @ self.center + matrix[:3, 3] - self.center)
        return local

    def _lps(self, local: np.ndarray) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes @ local[:3, :3] @ self.axes.T
        matrix[:3, 3] = self.center + self.axes @ local[:3, 3] - matrix[:3, :3] @ self.center
        return matrix

    def _moved(self, image: np.ndarray, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The image at the moved points, and where that is inside it."""
        steps = np.array(self.steps)
        middle = (np.array(image.shape) - 1) / 2
        back = np.linalg.inv(self.shear)
        turn = (back @ motion[:3, :3] @ self.shear)[::-1, ::-1] * steps[None, :] / steps[:, None]
        offset = (back @ motion[:3, 3])[::-1] / steps + middle - turn @ middle
        moved = ndimage.affine_transform(image, turn, offset, order=3, mode="nearest", prefilter=True)
        index = np.indices(image.shape, dtype=np.float32)
        place = np.tensordot(turn.astype(np.float32), index, axes=1) + offset.astype(np.float32)[:, None, None, None]
        high = np.array(image.shape, dtype=np.float32)[:, None, None, None] - 1
        return moved, ((place >= 0) & (place <= high)).all(axis=0)


def gain_registration(
    fixed: np.ndarray,
    inside: np.ndarray,
    gain: np.ndarray,
    geometry: Geometry,
    *,
    grid_mm: float,
    smooth_mm: float,
    in_plane: bool,
) -> GainRegistration:
    """Prepare the equations.

    Args:
        fixed: (k, j, i) native image.
        inside: (k, j, i) bool, head and a rim of what surrounds it.
        gain: (k, j, i) what the contrast agent changes in proportion to: the signal in MR, 1 in the brain and 0 elsewhere in CT.
        geometry: even grid, tilted or not.
        grid_mm: largest in-plane step of the coarse grid.
        smooth_mm: SD along every axis: edges that are sharp against the slice thickness cannot be interpolated between slices.
        in_plane: only rotation about the normal and shifts within the slices.
    """
    spacing = geometry.pixel_spacing
    factor = max(1, int(grid_mm / max(spacing)))
    steps = (geometry.mean_extent_mm, spacing[0] * factor, spacing[1] * factor)
    coarse, weight, within = (_shrunk(np.asarray(a, dtype=np.float32), factor) for a in (fixed, gain, inside))
    coarse = _smooth(coarse, steps, smooth_mm)
    counts = within > 0.5
    free = (2, 3, 4) if in_plane else (0, 1, 2, 3, 4, 5)
    if not in_plane:
        ends = _ends(len(counts), steps[0], smooth_mm)
        counts[:ends] = counts[-ends:] = False
    axes, _ = axes_of(geometry)
    shear = shear_of(geometry)
    shear = np.eye(3) if shear is None else shear
    columns = _columns(coarse, weight, _Space(steps, shear), free, in_plane)[:, counts]
    basis, mixing = np.linalg.qr(columns.T.astype(np.float64))
    solver = np.linalg.pinv(mixing, rcond=1e-9)[: len(free)]
    shape = coarse.shape[::-1]
    middle = np.array([(shape[0] * factor - 1) / 2, (shape[1] * factor - 1) / 2, (shape[2] - 1) / 2])
    return GainRegistration(
        axes,
        shear,
        geometry.affine[:3, :3] @ middle + geometry.affine[:3, 3],
        steps,
        factor,
        smooth_mm,
        coarse,
        counts,
        basis,
        solver,
        free,
    )


class _Space(NamedTuple):
    """Steps (k, j, i) in mm and shear of a coarse grid."""

    steps: tuple[float, float, float]
    shear: np.ndarray


def _columns(image: np.ndarray, gain: np.ndarray, space: _Space, free, in_plane: bool) -> np.ndarray:
    """(parameters, k, j, i): change of the image by each motion, then by each term of the gain."""
    x, y, z = _coordinates(image.shape, *space)
    along = [
        np.gradient(image, space.steps[axis], axis=axis) if image.shape[axis] > 1 else 0 * image for axis in (2, 1, 0)
    ]
    dx, dy, dz = np.tensordot(np.linalg.inv(space.shear).T, along, axes=1).astype(np.float32)
    motions = (dz * y - dy * z, dx * z - dz * x, dy * x - dx * y, dx, dy, dz)
    x, y, z = x / 60, y / 60, z / 60
    terms = [1 + 0 * x, x, y, x * x, y * y, x * y]
    if not in_plane:
        terms += [z, z * z, x * z, y * z]
    return np.array([*(-motions[n] for n in free), *(gain * term for term in terms)])


def _coordinates(shape: tuple[int, ...], steps, shear: np.ndarray) -> np.ndarray:
    """(x, y, z) mm along the perpendicular axes from the center."""
    k, j, i = ((np.arange(n, dtype=np.float32) - (n - 1) / 2) * step for n, step in zip(shape, steps, strict=True))
    z, y, x = np.meshgrid(k, j, i, indexing="ij")
    return np.tensordot(shear.astype(np.float32), np.array([x, y, z]), axes=1)


def _ends(slices: int, step_mm: float, smooth_mm: float) -> int:
    """Slices at either end that do not count; of few slices the outer ones alone."""
    return max(1, min(ceil(_END_SDS * smooth_mm / step_mm), (slices - _COUNTED_MIN) // 2))


def _shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    """Means of factor x factor voxels in plane; a remainder at the far edge is left out."""
    k, j, i = image.shape
    j, i = j // factor, i // factor
    cut = image[:, : j * factor, : i * factor]
    return cut.reshape(k, j, factor, i, factor).mean(axis=(2, 4), dtype=np.float32)


def _smooth(image: np.ndarray, steps, sd_mm: float) -> np.ndarray:
    return ndimage.gaussian_filter(image, [sd_mm / step for step in steps])


def _rigid(parameters: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(parameters[:3]).as_matrix()
    matrix[:3, 3] = parameters[3:]
    return matrix
