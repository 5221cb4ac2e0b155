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


def sample(
    values: np.ndarray, source: Geometry, target: Geometry, *, matrix: np.ndarray | None = None, fill: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Values of one grid at the voxel centers of another, by linear interpolation.

    Args:
        values: (k, j, i) on `source`.
        matrix: 4x4, LPS mm of a point in the target image to the same anatomy in the source image; None where they agree.
        fill: value where the target reaches beyond the source.

    Returns:
        (k, j, i) float32 and bool: what lies inside the source.
    """
    out = np.empty(target.shape, np.float32)
    inside = np.empty(target.shape, bool)
    for k in range(target.shape[0]):
        coordinates, within = _coordinates(source, target, k, matrix)
        plane = map_coordinates(values, coordinates, order=1, mode="nearest", output=np.float32)
        out[k] = np.where(within, plane, np.float32(fill)).reshape(target.shape[1:])
        inside[k] = within.reshape(target.shape[1:])
    return out, inside


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
    values, inside = sample(volume.values, volume.geometry, geometry, fill=fill)
    overlap = 100 * float(np.mean(inside))
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


def _coordinates(
    source: Geometry, target: Geometry, k: int, matrix: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Where the voxels of slice k of the target lie in the source: (3, n) (k, j, i) and whether that is inside."""
    rows, columns = target.shape[1:]
    along_j = np.arange(rows)[:, None, None] * target.affine[:3, 1]
    along_i = np.arange(columns)[None, :, None] * target.affine[:3, 0]
    points = (target.slice_origins[k] + along_j + along_i).reshape(-1, 3)
    if matrix is not None:
        points = points @ matrix[:3, :3].T + matrix[:3, 3]
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
