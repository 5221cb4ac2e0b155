"""Pictures by which a reader checks a registration: three planes through the head, both images and a checkerboard of them."""

from dataclasses import dataclass

import numpy as np

from ..follow_up_config import FollowUpRegistrationConfig
from ..geometry import Geometry
from ..types import Volume
from .masked_rigid import HOUNSFIELD
from .resample import sample

_PLANES = {
    "axial": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}
"""Directions of columns and rows in LPS: the patient's left is on the right of the picture, front and head are up."""
_CT_WINDOW_HU = (0.0, 80.0)
_MR_PERCENTILES = (1.0, 99.5)
_EDGE_MM = 10.0


@dataclass(frozen=True, eq=False)
class CheckPicture:
    """One plane.

    Args:
        plane: "axial", "coronal" or "sagittal".
        pixel_mm: size of a pixel.
        followup, baseline: (rows, columns) uint8; the baseline moved onto the follow-up.
        checkerboard: fields of both in turn.
    """

    plane: str
    pixel_mm: float
    followup: np.ndarray
    baseline: np.ndarray
    checkerboard: np.ndarray


def check_pictures(
    baseline: Volume,
    followup: Volume,
    matrix: np.ndarray,
    points: np.ndarray,
    config: FollowUpRegistrationConfig = FollowUpRegistrationConfig(),
) -> tuple[CheckPicture, ...]:
    """Planes through the middle of the head.

    Args:
        baseline, followup: images.
        matrix: 4x4, LPS mm of a point in the follow-up to the same anatomy in the baseline.
        points: (n, 3) LPS mm of the head in the follow-up.
        config: pixel and field of the checkerboard.
    """
    windows = [_window(volume) for volume in (followup, baseline)]
    pictures = []
    for name, directions in _PLANES.items():
        grid = _grid(np.array(directions), points, config.picture_mm)
        one, other = (
            _gray(sample(image.values, image.geometry, grid, matrix=where, fill=window[0])[0][0], window)
            for image, where, window in zip((followup, baseline), (None, matrix), windows, strict=True)
        )
        field = max(1, round(config.checker_mm / config.picture_mm))
        rows, columns = np.indices(one.shape) // field
        board = np.where((rows + columns) % 2 == 0, one, other)
        pictures.append(CheckPicture(name, config.picture_mm, one, other, board))
    return tuple(pictures)


def _grid(directions: np.ndarray, points: np.ndarray, pixel_mm: float) -> Geometry:
    """One slice through the middle of the points, that holds all of them."""
    along = points @ directions.T
    low, high = along.min(axis=0) - _EDGE_MM, along.max(axis=0) + _EDGE_MM
    columns, rows = (int(np.ceil((b - a) / pixel_mm)) + 1 for a, b in zip(low, high, strict=True))
    normal = np.cross(*directions)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([*(directions * pixel_mm), normal])
    affine[:3, 3] = low @ directions + (np.median(points, axis=0) @ normal) * normal
    return Geometry.from_affine(affine, (1, rows, columns))


def _window(volume: Volume) -> tuple[float, float]:
    if volume.unit == HOUNSFIELD:
        return _CT_WINDOW_HU
    bright = volume.values[np.isfinite(volume.values) & (volume.values > 0)]
    return tuple(np.percentile(bright, _MR_PERCENTILES)) if bright.size else (0.0, 1.0)


def _gray(values: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    low, high = window
    return np.rint(255 * np.clip((values - low) / max(high - low, 1e-6), 0, 1)).astype(np.uint8)
