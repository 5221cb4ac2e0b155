"""Linear resampling of one image to the grid of another, right for unevenly spaced and tilted slices.

Every voxel center of the new grid is located by patient coordinates: along the normal between the true positions of the two
nearest slices, in their plane by the pixel spacing. No registration: both grids must share a frame of reference.
"""

from dataclasses import replace

import numpy as np
from scipy.ndimage import map_coordinates

from ..config import GridConfig
from ..errors import GeometryError, Issue, Level
from ..geometry import Geometry
from ..types import Volume

_SNAP = 1e-6
"""Voxels by which rounding may push a coordinate off a voxel center or the edge."""


def resample_to(volume: Volume, geometry: Geometry, *, fill: float = 0.0, config: GridConfig = GridConfig()) -> Volume:
    """Bring an image onto another grid by linear interpolation.

    Args:
        volume: image of a signal or a quantity; not a label map.
        geometry: the new grid.
        fill: value where the new grid reaches beyond the image.
        config: smallest overlap.

    Returns:
        The image on the new grid with a record of what was done (issue G17, INFO); `volume` itself where both grids are the
        same.

    Raises:
        GeometryError: G17 where the frames of reference differ or the grids overlap too little.
    """
    difference = volume.geometry.differs_from(geometry)
    if not difference:
        return volume
    _check_frames(volume.geometry, geometry)
    values = np.empty(geometry.shape, np.float32)
    inside = 0
    for k in range(geometry.shape[0]):
        coordinates, within = _coordinates(volume.geometry, geometry, k)
        plane = map_coordinates(volume.values, coordinates, order=1, mode="nearest", output=np.float32)
        values[k] = np.where(within, plane, np.float32(fill)).reshape(geometry.shape[1:])
        inside += int(np.count_nonzero(within))
    overlap = 100 * inside / values.size
    if overlap < config.overlap_min_percent:
        raise GeometryError(_too_little(difference, overlap, config))
    record = {"from": difference, "interpolation": "linear", "overlap_percent": overlap, "fill": fill}
    note = Issue("G17", Level.INFO, f"resampled linearly: {difference}", "one grid", f"{overlap:.1f} % overlap")
    return replace(
        volume,
        values=values,
        geometry=geometry,
        provenance={**volume.provenance, "resampled": record},
        issues=(*volume.issues, note),
        instance_uids=(),
    )


def _check_frames(source: Geometry, target: Geometry) -> None:
    frames = {source.frame_of_reference, target.frame_of_reference} - {""}
    if len(frames) > 1:
        raise GeometryError(
            Issue(
                "G17",
                Level.STOP,
                "two images in different frames of reference (0020,0052)",
                "one frame of reference",
                "register the images first, or use series of one acquisition",
            )
        )


def _too_little(difference: str, overlap: float, config: GridConfig) -> Issue:
    return Issue(
        "G17",
        Level.STOP,
        f"the grids overlap by {overlap:.1f} % ({difference})",
        f"at least {config.overlap_min_percent:g} %",
        "use series that cover the same part of the head",
    )


def _coordinates(source: Geometry, target: Geometry, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the voxels of slice k of the target lie in the source: (3, n) (k, j, i) and whether that is inside."""
    rows, columns = target.shape[1:]
    along_j = np.arange(rows)[:, None, None] * target.affine[:3, 1]
    along_i = np.arange(columns)[None, :, None] * target.affine[:3, 0]
    points = (target.slice_origins[k] + along_j + along_i).reshape(-1, 3)
    along_normal = points @ source.normal
    slice_index = _slice_index(source, along_normal)
    origins = np.stack([_interpolate(source.slice_origins[:, axis], slice_index) for axis in range(3)], axis=1)
    in_plane = (points - origins) @ np.linalg.pinv(source.affine[:3, :2]).T
    coordinates = np.stack([slice_index, in_plane[:, 1], in_plane[:, 0]])
    return coordinates, _within(source, coordinates, along_normal)


def _slice_index(source: Geometry, along_normal: np.ndarray) -> np.ndarray:
    return np.interp(along_normal, source.positions, np.arange(source.shape[0]))


def _interpolate(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.interp(index, np.arange(len(values)), values)


def _within(source: Geometry, coordinates: np.ndarray, along_normal: np.ndarray) -> np.ndarray:
    """Inside the voxels of the source, edges included: the end slices reach half their extent outward."""
    first, last = source.positions[0], source.positions[-1]
    low, high = first - source.slice_extents[0] / 2 - _SNAP, last + source.slice_extents[-1] / 2 + _SNAP
    inside = (along_normal >= low) & (along_normal <= high)
    for axis in (1, 2):
        size = source.shape[axis]
        inside &= (coordinates[axis] >= -0.5 - _SNAP) & (coordinates[axis] <= size - 0.5 + _SNAP)
    return inside
