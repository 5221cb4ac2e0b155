"""Rigid displacement between two images of one grid: measured with mutual information at random but always the same points.

Coordinates are millimeters along the axes of the image (i, j, k) from the center of the volume, divided by a typical radius of
the brain, so that one unit of rotation (rad) moves the cortex as far as one unit of translation: without that, a gradient step
of one length is a jolt in rotation and nothing in translation. The points lie off the grid: on the grid the fixed image would
be read as it is and the moving image interpolated, and smoothing its noise would reward any movement. Gradients are those of
the interpolated image, not of a smoothed one: on brains without background the latter lead away from the optimum.
"""

from dataclasses import dataclass
from math import ceil, prod

import numpy as np
import SimpleITK as sitk

from ..config import AdcConfig
from ..geometry import Geometry

_RADIUS_MM = 40.0
_BINS = 32
_STEPS = ((1.5, 0.02, 50), (0.2, 0.005, 50))
"""First step in mm, last step in mm and most iterations of the two passes of the optimizer."""
_FAR_MM = 2.0
"""A first pass that went further stops short: 0.43 mm for 0.26 with the second, at 7 mm during a bolus (measured)."""
_SEED = 1
_BRIGHTEST_PERCENT = 0.1
"""Share of the bright voxels that is clipped, so that one of them does not take all bins of the histogram."""
_ORTHOGONAL = 1e-3
_ALL, _IN_PLANE = (1.0,) * 6, (0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
"""Which of three rotations and three translations the optimizer may change."""


@dataclass(frozen=True, slots=True, eq=False)
class RigidMotion:
    """A measured displacement.

    Args:
        matrix: 4x4, LPS mm of a point in the fixed image to the same anatomy in the moving image.
        displacement_mm: root mean square displacement over the bright part of the fixed image.
        rotation_deg: angle of the rotation.
        translation_mm: (3,) displacement of the center of the volume, LPS.
        metric_before, metric_after: Mattes mutual information without and with the motion, half a voxel off the grid; higher
            is better.
    """

    matrix: np.ndarray
    displacement_mm: float
    rotation_deg: float
    translation_mm: tuple[float, float, float]
    metric_before: float
    metric_after: float

    @property
    def gain_percent(self) -> float:
        """Rise of the metric."""
        return 100 * (self.metric_after - self.metric_before) / max(abs(self.metric_before), 1e-12)


def can_register(geometry: Geometry, config: AdcConfig, *, in_plane: bool = False, tilted: bool = False) -> str:
    """Empty where a rigid registration makes sense on this grid; else why it does not, in words.

    Args:
        geometry: of the images.
        config: grid, margin and smallest size.
        in_plane: slices move within their plane only, so that their number does not matter.
        tilted: the caller measures and moves by this module alone, which knows the tilt of a stack.
    """
    if not geometry.is_even:
        return "unevenly spaced slices: an interpolation between them would not be right"
    along_i, along_j = geometry.affine[:3, :2].T / np.array(geometry.pixel_spacing)[:, None]
    if abs(along_i @ along_j) > _ORTHOGONAL:
        return "rows and columns that are not perpendicular"
    if not tilted and shear_of(geometry) is not None:
        return "tilted slices: the axes of the grid are not perpendicular"
    factors = _factors(geometry, config.align_grid_mm)
    coarse = [size // factor for size, factor in zip(geometry.shape[::-1], factors, strict=True)]
    inner = [size - 2 * edge for size, edge in zip(coarse, _margins(geometry, factors, config), strict=True)]
    if min(inner[:2] if in_plane else inner) < config.align_min_size:
        return f"too few voxels to register: {geometry.shape[0]} slices of {geometry.shape[1]} x {geometry.shape[2]}"
    return ""


class RigidSearch:
    """A fixed image, ready to be compared with any number of images of its grid.

    Args:
        fixed: (k, j, i) image on `geometry`.
        geometry: even grid, tilted or not, see `can_register`.
        config: grid and margin.
        in_plane: only shifts within the slices and rotation about their normal: for slabs of few slices.

    Raises:
        RuntimeError: an image without any signal.
    """

    def __init__(
        self, fixed: np.ndarray, geometry: Geometry, config: AdcConfig = AdcConfig(), *, in_plane: bool = False
    ):
        self._geometry, self._in_plane = geometry, in_plane
        self._factors = _factors(geometry, config.align_grid_mm)
        self._margins = _margins(geometry, self._factors, config)
        if in_plane:
            self._margins[2] = 0
        self._shear = shear_of(geometry)
        self._fixed = self._prepared(fixed)
        self._points = _bright_points(self._fixed)

    def measure(
        self,
        moving: np.ndarray,
        samples: int,
        *,
        passes: int = 2,
        start: np.ndarray | None = None,
        judge: bool = True,
    ) -> RigidMotion:
        """Measure how an image is displaced against the fixed one.

        Args:
            moving: (k, j, i) image.
            samples: number of points.
            passes: 1 is within 0.02 mm of 2 on frames of a time series that hardly moved, at a third of the time (measured); the
                second follows all the same where the first went far.
            start: 4x4, as `RigidMotion.matrix`: the search begins there where the images are more alike than without a motion.
            judge: the metric before and after from all points; NaN without.

        Raises:
            RuntimeError: the registration of SimpleITK failed.
        """
        image = self._prepared(moving)
        points = None if judge else samples
        transform = sitk.Euler3DTransform()
        before = self._likeness(image, transform, points) if judge or start is not None else np.nan
        if start is not None:
            other = _euler(self._geometry, start)
            transform = other if self._likeness(image, other, points) > before else transform
        began = np.array(transform.GetParameters())
        for n, (step, last, iterations) in enumerate(_STEPS):
            traveled = _RADIUS_MM * np.linalg.norm(np.array(transform.GetParameters()) - began)
            if n >= passes and traveled < _FAR_MM:
                break
            method = _method(self._fixed, transform, self._margins, samples, self._shear)
            method.SetOptimizerWeights(_IN_PLANE if self._in_plane else _ALL)
            method.SetOptimizerAsRegularStepGradientDescent(
                step / _RADIUS_MM, last / _RADIUS_MM, iterations, gradientMagnitudeTolerance=1e-9
            )
            method.Execute(self._fixed, image)
        after = self._likeness(image, transform, None) if judge else np.nan
        return _motion(transform, self._points, self._geometry, before if judge else np.nan, after)

    def _prepared(self, image: np.ndarray) -> sitk.Image:
        if self._in_plane:
            image = np.pad(image, ((1, 1), (0, 0), (0, 0)), mode="edge")
        return _coarse(_image(image, self._geometry), self._factors)

    def _likeness(self, image: sitk.Image, at: sitk.Transform, samples: int | None) -> float:
        return -_method(self._fixed, at, self._margins, samples, self._shear).MetricEvaluate(self._fixed, image)


def measure_motion(
    fixed: np.ndarray,
    moving: np.ndarray,
    geometry: Geometry,
    samples: int,
    config: AdcConfig = AdcConfig(),
    *,
    in_plane: bool = False,
) -> RigidMotion:
    """How one image is displaced against another, see `RigidSearch`."""
    return RigidSearch(fixed, geometry, config, in_plane=in_plane).measure(moving, samples)


def move(
    values: np.ndarray, geometry: Geometry, matrix: np.ndarray, *, outside: float = 0.0, linear: bool = False
) -> np.ndarray:
    """Resample an image to the fixed image by cubic B-splines, or linearly.

    Args:
        values: (k, j, i) moving image.
        geometry: even grid, tilted or not.
        matrix: 4x4, as `RigidMotion.matrix`.
        outside: value of what comes from outside the image.
    """
    image = _image(values, geometry)
    rotation, shift = _along_axes(geometry, matrix)
    shift = shift / _RADIUS_MM
    shear = shear_of(geometry)
    if shear is not None:
        back = np.linalg.inv(shear)
        rotation, shift = back @ rotation @ shear, back @ shift
    transform = sitk.AffineTransform(rotation.ravel().tolist(), shift.tolist())
    kind = sitk.sitkLinear if linear else sitk.sitkBSpline3
    moved = sitk.Resample(image, image, transform, kind, outside, sitk.sitkFloat32)
    return sitk.GetArrayFromImage(moved)


def _along_axes(geometry: Geometry, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation and shift in mm along the axes of the grid, about the center of the volume, of a motion in LPS."""
    axes, center = axes_of(geometry)
    return axes.T @ matrix[:3, :3] @ axes, axes.T @ (matrix[:3, :3] @ center + matrix[:3, 3] - center)


def _euler(geometry: Geometry, matrix: np.ndarray) -> sitk.Euler3DTransform:
    rotation, shift = _along_axes(geometry, matrix)
    left, _, right = np.linalg.svd(rotation)  # a matrix that was rounded is no rotation to SimpleITK
    transform = sitk.Euler3DTransform()
    transform.SetMatrix((left @ right).ravel().tolist(), 1e-6)
    transform.SetTranslation((shift / _RADIUS_MM).tolist())
    return transform


def _factors(geometry: Geometry, grid_mm: float) -> list[int]:
    """Shrink factors (i, j, k), in plane only: averaging slices would hide a shift across them."""
    return [*(max(1, int(grid_mm / size + 1e-6)) for size in geometry.pixel_spacing), 1]


def _margins(geometry: Geometry, factors: list[int], config: AdcConfig) -> list[int]:
    """Coarse voxels (i, j, k) at every edge that hold no points."""
    sizes = (*geometry.pixel_spacing, geometry.mean_extent_mm)
    return [ceil(config.align_margin_mm / (size * factor)) for size, factor in zip(sizes, factors, strict=True)]


def _coarse(image: sitk.Image, factors: list[int]) -> sitk.Image:
    coarse = sitk.BinShrink(image, factors)
    values = sitk.GetArrayViewFromImage(coarse)
    bright = values[values > 0]
    if not bright.size:
        msg = "an image without any signal"
        raise RuntimeError(msg)
    return sitk.Clamp(coarse, upperBound=float(np.percentile(bright, 100 - _BRIGHTEST_PERCENT)))


def _image(values: np.ndarray, geometry: Geometry) -> sitk.Image:
    """Image in millimeters along its axes; SimpleITK cannot hold a tilt, which `shear_of` puts back."""
    image = sitk.GetImageFromArray(
        np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32, copy=False)
    )
    spacing = [size / _RADIUS_MM for size in (*geometry.pixel_spacing, geometry.mean_extent_mm)]
    image.SetSpacing(spacing)
    image.SetOrigin([-(size - 1) / 2 * step for size, step in zip(image.GetSize(), spacing, strict=True)])
    return image


def _method(
    fixed: sitk.Image, transform: sitk.Transform, margins: list[int], samples: int | None, shear: np.ndarray | None
) -> sitk.ImageRegistrationMethod:
    """Registration at this many points off the grid, or, for None, at all points half a voxel off the grid.

    Points and motion are in space without shear; from there both images are looked up.
    """
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetInterpolator(sitk.sitkLinear)
    method.MetricUseFixedImageGradientFilterOff()
    method.MetricUseMovingImageGradientFilterOff()
    offset = 0.5 if samples is None else 0.0
    edges = list(zip(fixed.GetOrigin(), fixed.GetSpacing(), margins, strict=True))
    size = [n - 2 * margin - 1 for n, margin in zip(fixed.GetSize(), margins, strict=True)]
    start = [origin + step * (margin + offset) for origin, step, margin in edges]
    method.SetVirtualDomain(size, start, fixed.GetSpacing(), fixed.GetDirection())
    if samples is not None:
        method.SetMetricSamplingStrategy(method.REGULAR)
        method.SetMetricSamplingPercentage(min(1.0, samples / prod(size)), _SEED)
    method.SetOptimizerScales([1.0] * 6)
    method.SetInitialTransform(transform, inPlace=True)
    if shear is not None:
        to_image = sitk.AffineTransform(np.linalg.inv(shear).ravel().tolist(), [0.0, 0.0, 0.0])
        method.SetFixedInitialTransform(to_image)
        method.SetMovingInitialTransform(to_image)
    return method


def axes_of(geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Unit axes of the grid as columns, with the normal for those of a tilted stack, and LPS mm of the center of the volume."""
    axes = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
    if np.abs(axes.T @ axes - np.eye(3)).max() > _ORTHOGONAL:
        axes = np.column_stack([axes[:, 0], axes[:, 1], geometry.normal])
    middle = (np.array(geometry.shape[::-1]) - 1) / 2
    return axes, geometry.affine[:3, :3] @ middle + geometry.affine[:3, 3]


def shear_of(geometry: Geometry) -> np.ndarray | None:
    """(3, 3) from millimeters along the axes of the image to those along perpendicular axes; None where both are the same."""
    axes, _ = axes_of(geometry)
    step = axes.T @ geometry.affine[:3, 2]
    if np.abs(step[:2]).max() <= _ORTHOGONAL * step[2]:
        return None
    shear = np.eye(3)
    shear[:2, 2] = step[:2] / step[2]
    return shear


def _motion(
    transform: sitk.Euler3DTransform, points: np.ndarray, geometry: Geometry, before: float, after: float
) -> RigidMotion:
    axes, center = axes_of(geometry)
    local = np.array(transform.GetMatrix()).reshape(3, 3)
    shift = np.array(transform.GetTranslation()) * _RADIUS_MM
    matrix = np.eye(4)
    matrix[:3, :3] = axes @ local @ axes.T
    matrix[:3, 3] = center + axes @ shift - matrix[:3, :3] @ center
    shear = shear_of(geometry)
    points = points if shear is None else points @ shear.T
    moved = points @ local.T + shift - points
    cosine = (np.trace(local) - 1) / 2
    return RigidMotion(
        matrix,
        float(np.sqrt((moved**2).sum(axis=1).mean())),
        float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))),
        tuple((axes @ shift).tolist()),
        before,
        after,
    )


def _bright_points(image: sitk.Image) -> np.ndarray:
    """(n, 3) mm from the center, of the voxels above Otsu's threshold."""
    bright = sitk.GetArrayFromImage(sitk.OtsuThreshold(image, 0, 1)) > 0
    kji = np.argwhere(bright) if bright.any() else np.argwhere(np.ones_like(bright))
    return (kji[:, ::-1] * np.array(image.GetSpacing()) + np.array(image.GetOrigin())) * _RADIUS_MM
