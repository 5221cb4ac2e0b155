"""Work on the bounding box of a mask, with the geometry of exactly those voxels; and refuse grids that do not match."""

import numpy as np

from ..errors import GeometryError, Issue, Level
from ..geometry import Geometry

Box = tuple[slice, slice, slice]


def require_one_grid(first: tuple[str, Geometry], *others: tuple[str, Geometry]) -> None:
    """Refuse images on different grids.

    Args:
        first, others: (name for the message, grid).

    Raises:
        GeometryError: G17, with what differs.
    """
    name, geometry = first
    for other_name, other in others:
        difference = geometry.differs_from(other)
        if difference:
            raise GeometryError(
                Issue(
                    "G17", Level.STOP, f"{name} and {other_name}: {difference}", "one grid", "resample one to the other"
                )
            )


def bounding_box(mask: np.ndarray) -> Box:
    """Box of a mask with one voxel around; everything where the mask is empty."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    if not slices.size:
        return tuple(slice(0, n) for n in mask.shape)
    shadow = mask[slices[0] : slices[-1] + 1].any(axis=0)
    used = (slices, np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0)))
    return tuple(slice(max(0, u[0] - 1), min(n, u[-1] + 2)) for u, n in zip(used, mask.shape, strict=True))


def box_around(mask: np.ndarray, margins: tuple[int, int, int]) -> Box:
    """Box of a mask with so many voxels around along k, j, i, as far as there are any."""
    box = bounding_box(mask)
    return tuple(
        slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(box, margins, mask.shape, strict=True)
    )


def cropped(geometry: Geometry, box: Box) -> Geometry:
    """Grid of the voxels in a box, with their own positions and slice extents."""
    k, j, i = box
    in_plane = geometry.affine[:3, 0] * i.start + geometry.affine[:3, 1] * j.start
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.slice_origins[k.start] + in_plane
    shape = tuple(s.stop - s.start for s in box)
    return Geometry(
        shape, affine, geometry.slice_origins[k] + in_plane, geometry.slice_extents[k], geometry.frame_of_reference
    )


def uncropped(values: np.ndarray, box: Box, shape: tuple[int, int, int]) -> np.ndarray:
    """Array of the whole grid, zero outside the box."""
    whole = np.zeros(shape, values.dtype)
    whole[box] = values
    return whole
