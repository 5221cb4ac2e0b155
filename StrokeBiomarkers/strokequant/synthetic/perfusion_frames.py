"""Frames of a scan: the head still in a few poses, or in many as read from a fine grid; noise, clipping and other damage."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import SimpleITK as sitk

from ..geometry import Geometry
from .anatomy import Tissue
from .grids import Slab
from .perfusion_motion import HeadMotion, volume_center
from .perfusion_protocol import Protocol
from .perfusion_signal import CT_AIR, DSC_SIGNAL, TimedHead

_CT_FLOOR = -1024.0
_MARGIN_MM = 12.0
"""How far the fine grid reaches beyond the slab: motion up to 5 mm and 5 degrees stays inside."""
_THROUGH = 4
"""Samples through a slice."""
_FINE_PIXEL_MM = 1.3
"""Pixels of the fine grid, where those of the scanner are larger; at most halved."""
FINE_SAMPLES = {"samples": (1, 1, 1), "vessel_samples": (2, 2, 2), "lines": 2}
"""Options of `mix_tissue` for the fine grid."""


def _air(how: Protocol) -> float:
    return CT_AIR if how.kind == "ctp" else 0.0


def frames_of_poses(heads: Sequence[TimedHead], pose_of: Sequence[int], times_s: np.ndarray) -> Iterator[np.ndarray]:
    """(k, j, i) noise-free frames of a head that lies still in each of a few poses.

    Args:
        heads: on the slices of the scanner, one per pose.
        pose_of: (t,) pose of every frame.
        times_s: (t, k) of the slices.
    """
    slices_of = [head.mix.voxels // int(np.prod(head.mix.shape[1:])) for head in heads]
    for number, (pose, moments) in enumerate(zip(pose_of, times_s, strict=True)):
        head = heads[pose]
        yield head.mix.volume(head.frame(number, moments, slices_of[pose]), _air(head.protocol))


def fine_slab(slab: Slab) -> Slab:
    """Grid in head coordinates from which moved frames are read: coarse pixels up to halved, slices quartered.

    Raises:
        ValueError: slices that are unevenly spaced or tilted.
    """
    geometry = slab.geometry
    if not geometry.is_even or geometry.tilt_deg > 0.01:
        msg = "motion needs evenly spaced slices that are stacked along their normal"
        raise ValueError(msg)
    pixel = geometry.pixel_spacing[0]
    fine = min(pixel, max(pixel / 2, _FINE_PIXEL_MM))
    step = slab.thickness_mm / _THROUGH
    through = abs(geometry.positions[-1] - geometry.positions[0]) + slab.thickness_mm + 2 * _MARGIN_MM
    counts = [int(np.ceil((n * pixel + 2 * _MARGIN_MM) / fine)) for n in geometry.shape[1:]]
    shape = (int(np.ceil(through / step)), *counts)
    row, column = np.reshape(slab.orientation, (2, 3))
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * fine, column * fine, geometry.normal * step
    affine[:3, 3] = volume_center(geometry) - affine[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    return Slab(Geometry.from_affine(affine, shape), step, slab.orientation)


def image_of(values: np.ndarray, affine: np.ndarray) -> sitk.Image:
    """ITK image of a (k, j, i) array on an (i, j, k) to LPS affine without shear."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    return image


def _transform(to_head: np.ndarray) -> sitk.AffineTransform:
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(to_head[:3, :3].ravel().tolist())
    transform.SetTranslation(to_head[:3, 3].tolist())
    return transform


def _sampled(fine: sitk.Image, slab: Slab, to_head: np.ndarray, fill: float) -> np.ndarray:
    """(k, j, i) mean of 2 x 2 points in plane and some through the slice; `to_head` (4, 4) leads from scanner to head."""
    geometry = slab.geometry
    steps = geometry.affine[:3, :3] * np.array([0.5, 0.5, 1.0])
    spacing = np.linalg.norm(steps, axis=0)
    corner = geometry.affine[:3, 3] - (steps[:, 0] + steps[:, 1]) / 2
    slices, rows, columns = geometry.shape
    total = np.zeros((slices, rows, columns), np.float32)
    for offset in (np.arange(_THROUGH) + 0.5) / _THROUGH - 0.5:
        origin = corner + geometry.normal * slab.thickness_mm * offset
        grid = (origin.tolist(), spacing.tolist(), (steps / spacing).ravel().tolist())
        size = (columns * 2, rows * 2, slices)
        plane = sitk.Resample(fine, size, _transform(to_head), sitk.sitkLinear, *grid, fill, sitk.sitkFloat32)
        total += sitk.GetArrayViewFromImage(plane).reshape(slices, rows, 2, columns, 2).mean(axis=(2, 4))
    return total / _THROUGH


def moved_frames(
    head: TimedHead, fine: Slab, slab: Slab, motion: HeadMotion, times_s: np.ndarray
) -> Iterator[np.ndarray]:
    """(k, j, i) noise-free frames of a moving head.

    Args:
        head: on the fine grid.
        fine: from `fine_slab`.
        slab: of the scanner.
        motion: one pose per frame.
        times_s: (t, k) of the slices; a point of the head is seen at the time of the slice in which it lies in that frame.
    """
    slice_in = _slice_finder(head, fine, slab)
    together = np.ptp(times_s, axis=1).max() == 0
    slice_of = np.zeros(len(head.mix.voxels), np.int64)
    for number, matrix in enumerate(motion.matrices(volume_center(slab.geometry))):
        if not together:
            slice_of = slice_in(matrix)
        volume = head.mix.volume(head.frame(number, times_s[number], slice_of), _air(head.protocol))
        image = image_of(volume, fine.geometry.affine)
        yield _sampled(image, slab, np.linalg.inv(matrix), _air(head.protocol))


def _slice_finder(head: TimedHead, fine: Slab, slab: Slab) -> Callable[[np.ndarray], np.ndarray]:
    """Function of a pose that gives the slice (n,) in which every voxel of the fine grid lies."""
    index = np.array(np.unravel_index(head.mix.voxels, head.mix.shape)[::-1], np.float32)
    points = (fine.geometry.affine[:3, :3] @ index + fine.geometry.affine[:3, 3:]).astype(np.float32)
    normal, positions = slab.geometry.normal, slab.geometry.positions
    spacing = float(np.diff(positions).mean()) if len(positions) > 1 else slab.thickness_mm

    def find(matrix: np.ndarray) -> np.ndarray:
        height = normal @ (matrix[:3, :3] @ points + matrix[:3, 3:])
        return np.clip(np.rint((height - positions[0]) / spacing), 0, len(positions) - 1).astype(np.int64)

    return find


def damaged(frame: np.ndarray, how: Protocol, rng: np.random.Generator) -> np.ndarray:
    """A frame with the noise, streaks, clipping and wrapping of its protocol."""
    noisy = _noisy_ct(frame, how, rng) if how.kind == "ctp" else _noisy_mr(frame, how, rng)
    if how.clip_high is not None:
        noisy = np.minimum(noisy, np.float32(how.clip_high))
    if how.wrap_high is not None:
        noisy = np.where(noisy > how.wrap_high, noisy - np.float32(2 * how.wrap_high), noisy)
    return noisy.astype(np.float32, copy=False)


def _noisy_mr(frame: np.ndarray, how: Protocol, rng: np.random.Generator) -> np.ndarray:
    """Magnitude of a signal with Gaussian noise in both channels (Rice)."""
    if not how.noise:
        return frame
    sigma = np.float32(DSC_SIGNAL[Tissue.GRAY] / how.noise)
    real = frame + sigma * rng.standard_normal(frame.shape, np.float32)
    return np.hypot(real, sigma * rng.standard_normal(frame.shape, np.float32))


def _noisy_ct(frame: np.ndarray, how: Protocol, rng: np.random.Generator) -> np.ndarray:
    noisy = frame + np.float32(how.noise) * rng.standard_normal(frame.shape, np.float32) if how.noise else frame
    if how.streak_hu:
        lines = rng.standard_normal((max(len(frame) // 3, 1), frame.shape[1], 1), np.float32)
        noisy = noisy.copy()
        noisy[: len(lines)] += np.float32(how.streak_hu) * lines
    return np.maximum(noisy, np.float32(_CT_FLOOR))
