"""Rigid motion between two images of one head on grids of their own, by mutual information where both were imaged.

`rigid` measures small motions between images of one grid. Here the images differ in contrast, thickness, tilt and coverage: each is
brought onto an even grid of its own by the true positions of its slices, and points that one of them does not cover are left out, so
that the edge of a stack is never taken for anatomy. Coordinates are LPS mm divided by a typical radius of the head, so that one
unit of rotation moves the cortex as far as one unit of translation.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ..follow_up_config import FollowUpRegistrationConfig
from ..geometry import Geometry
from ..types import Volume
from .resample import sample

HOUNSFIELD = "[hnsf'U]"
AIR_HU = -1000.0
_RADIUS_MM = 40.0
_BINS = 32
_SEED = 1
_DECIMALS = 9
"""Of a matrix: the optimizer repeats itself to 1e-13."""
_FWHM = 2.3548
_BRIGHTEST_PERCENT = 0.1
"""Share of the bright voxels of MR that is clipped, so that one of them does not take all bins of the histogram."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image on an even grid.

    Args:
        geometry: the grid.
        values: (k, j, i) float32, 0 is air.
        covered: (k, j, i) what the slices cover.
        head: (k, j, i) the head in it.
    """

    geometry: Geometry
    values: np.ndarray
    covered: np.ndarray
    head: np.ndarray

    def points(self, most: int = 4000) -> np.ndarray:
        """(n, 3) LPS mm of voxels spread over the head."""
        index = np.argwhere(self.head)
        return self.geometry.to_lps(index[:: max(1, len(index) // most)])


@dataclass(frozen=True, eq=False)
class Found:
    """Result of a search.

    Args:
        matrix: 4x4, LPS mm of a point in the fixed image to the same anatomy in the moving image.
        similarity: Mattes mutual information; higher is better.
    """

    matrix: np.ndarray
    similarity: float


def prepare(
    volume: Volume, step_mm: float, config: FollowUpRegistrationConfig = FollowUpRegistrationConfig()
) -> Prepared:
    """An image on an even grid of one step, smoothed to that step, with the head told from table and air.

    Args:
        volume: CT in HU, or MR; even or uneven slices, tilted or not.
        step_mm: of the grid.
        config: window of CT.

    Raises:
        RuntimeError: nothing in it looks like a head.
    """
    grid = _even_grid(volume.geometry, step_mm)
    ct = volume.unit == HOUNSFIELD
    values = np.nan_to_num(volume.values, nan=config.ct_low_hu if ct else 0.0)
    low, high = (config.ct_low_hu, config.ct_high_hu) if ct else (0.0, None)
    values = np.clip(values, low, high).astype(np.float32) - np.float32(low)
    smooth, covered = sample(_smoothed(values, volume.geometry, step_mm), volume.geometry, grid)
    head = _head(smooth, config.head_hu - low if ct else _half_otsu(smooth))
    if not head.any():
        msg = "nothing in the image looks like a head"
        raise RuntimeError(msg)
    if ct:
        smooth = np.where(ndimage.binary_dilation(head, iterations=2), smooth, np.float32(0))
    else:
        smooth = np.minimum(smooth, np.percentile(smooth[head], 100 - _BRIGHTEST_PERCENT).astype(np.float32))
    return Prepared(grid, smooth, covered, head)


def search(
    fixed: Prepared,
    moving: Prepared,
    start: np.ndarray,
    *,
    steps_mm: tuple[float, float],
    samples: int,
) -> Found:
    """Best motion near a start.

    Args:
        fixed, moving: of one step.
        start: 4x4 matrix.
        steps_mm: first and last step of the optimizer.
        samples: number of points.

    Raises:
        RuntimeError: the images do not overlap there.
    """
    center = fixed.points().mean(axis=0) / _RADIUS_MM
    transform = sitk.Euler3DTransform()
    transform.SetCenter(center.tolist())
    rotation = _orthogonal(start[:3, :3])
    transform.SetMatrix(rotation.ravel().tolist(), 1e-5)
    transform.SetTranslation((rotation @ center + start[:3, 3] / _RADIUS_MM - center).tolist())
    images = [_image(part.values, part.geometry) for part in (fixed, moving)]
    method = _method(fixed, moving, samples)
    first, last = (step / _RADIUS_MM for step in steps_mm)
    method.SetOptimizerAsRegularStepGradientDescent(first, last, 100, gradientMagnitudeTolerance=1e-9)
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(*images)
    return Found(_matrix(transform), -method.GetMetricValue())


def apart_mm(one: np.ndarray, other: np.ndarray, points: np.ndarray) -> float:
    """Root mean square distance of where two matrices put (n, 3) points, in mm."""
    difference = (one - other)[:3]
    return float(np.sqrt((((points @ difference[:, :3].T) + difference[:, 3]) ** 2).sum(axis=1).mean()))


def turn_deg(matrix: np.ndarray) -> float:
    """Angle of the rotation of a matrix."""
    return float(np.degrees(np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1))))


def _method(fixed: Prepared, moving: Prepared, samples: int) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetInterpolator(sitk.sitkLinear)
    method.MetricUseFixedImageGradientFilterOff()
    method.MetricUseMovingImageGradientFilterOff()
    near = ndimage.binary_dilation(fixed.head, iterations=3) & fixed.covered
    method.SetMetricFixedMask(_image(near.astype(np.uint8), fixed.geometry))
    method.SetMetricMovingMask(_image(moving.covered.astype(np.uint8), moving.geometry))
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(min(1.0, samples / max(1, np.count_nonzero(near))), _SEED)
    method.SetOptimizerScales([1.0] * 6)
    return method


def _image(values: np.ndarray, geometry: Geometry) -> sitk.Image:
    image = sitk.GetImageFromArray(values)
    steps = np.linalg.norm(geometry.affine[:3, :3], axis=0)
    image.SetSpacing((steps / _RADIUS_MM).tolist())
    image.SetOrigin((geometry.affine[:3, 3] / _RADIUS_MM).tolist())
    image.SetDirection((geometry.affine[:3, :3] / steps).ravel().tolist())
    return image


def _matrix(transform: sitk.Euler3DTransform) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(transform.GetMatrix(), (3, 3))
    center = np.array(transform.GetCenter())
    matrix[:3, 3] = (np.array(transform.GetTranslation()) + center - matrix[:3, :3] @ center) * _RADIUS_MM
    return np.round(matrix, _DECIMALS)


def _orthogonal(rotation: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(rotation)
    return left @ right


def _even_grid(geometry: Geometry, step_mm: float) -> Geometry:
    """Even grid of one step along the axes of the slices and their normal, that covers every slice to its edge."""
    across = geometry.affine[:3, 0] / np.linalg.norm(geometry.affine[:3, 0])
    down = np.cross(geometry.normal, across)
    axes = np.column_stack([across, down, geometry.normal])
    j, i = geometry.shape[1] - 0.5, geometry.shape[2] - 0.5
    corners = [
        origin + u * geometry.affine[:3, 0] + v * geometry.affine[:3, 1] + side * extent / 2 * geometry.normal
        for origin, extent in zip(geometry.slice_origins, geometry.slice_extents, strict=True)
        for u in (-0.5, i)
        for v in (-0.5, j)
        for side in (-1, 1)
    ]
    along = np.array(corners) @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    size = [max(1, ceil((b - a) / step_mm - 1e-6)) for a, b in zip(low, high, strict=True)]
    first = (low + high) / 2 - (np.array(size) - 1) / 2 * step_mm
    affine = np.eye(4)
    affine[:3, :3] = axes * step_mm
    affine[:3, 3] = axes @ first
    return Geometry.from_affine(affine, size[::-1])


def _smoothed(values: np.ndarray, geometry: Geometry, step_mm: float) -> np.ndarray:
    """Blurred along the axes that are finer than a step, so that nothing is skipped between the points of the new grid."""
    sizes = (geometry.mean_extent_mm, *geometry.pixel_spacing[::-1])
    widths = [np.sqrt(max(0.0, step_mm**2 - size**2)) / _FWHM / size for size in sizes]
    return ndimage.gaussian_filter(values, widths) if any(widths) else values


def _head(values: np.ndarray, level: float) -> np.ndarray:
    """Largest part above a level without thin bridges, its holes filled slice by slice."""
    opened = ndimage.binary_opening(np.pad(values > level, 1), iterations=1)[1:-1, 1:-1, 1:-1]
    labels, count = ndimage.label(opened)
    if not count:
        return opened
    head = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    return np.stack([ndimage.binary_fill_holes(plane) for plane in head])


def _half_otsu(values: np.ndarray) -> float:
    image = sitk.OtsuThresholdImageFilter()
    image.Execute(sitk.GetImageFromArray(values))
    return image.GetThreshold() / 2
