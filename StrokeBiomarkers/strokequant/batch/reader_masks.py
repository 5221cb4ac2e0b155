"""An outline of a reader from a file, on the grid of the image that it was drawn on.

A file may hold its voxels in another order of axes, as converters write them; its grid must still be that of the image: an outline is
never resampled.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import GeometryError, Issue, Level, ReadError
from ..geometry import Geometry
from ..types import Mask

UNNAMED = "reader not named"
"""Stands for the reader of an outline whose reader nobody named."""
_TOLERANCE_MM = 0.05
"""Files keep positions as 32-bit floats or rounded text."""


def load_mask(path: Path | Mask, geometry: Geometry, *, name: str, reader: str = "") -> Mask:
    """A mask from NIfTI or NRRD; every voxel that is not 0 is inside.

    Args:
        path: file, or an outline that is in hand.
        geometry: of the image that it was drawn on.
        name: catalog name of the structure.
        reader: code of who drew it.

    Raises:
        ReadError: I06, it cannot be read as one 3-D image.
        GeometryError: G17, another grid.
    """
    if isinstance(path, Mask):
        if path.geometry.differs_from(geometry):
            remedy = "draw it on this image; an outline is never resampled"
            raise GeometryError(Issue("G17", Level.STOP, "an outline on another grid", "one grid", remedy, name))
        return replace(path, name=name, edited_by=path.edited_by or reader or UNNAMED)
    values = load_labels(path, geometry) != 0
    return Mask(values, geometry, name, "outlined by a reader", edited_by=reader or UNNAMED)


def load_labels(path: Path, geometry: Geometry) -> np.ndarray:
    """(k, j, i) values of a label map on a grid; raises as `load_mask`."""
    try:
        image = sitk.ReadImage(str(path))
        values = sitk.GetArrayFromImage(image)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].replace(str(path), path.name)
        found = f"an outline that cannot be read: {reason[:200]}"
        raise ReadError(Issue("I06", Level.STOP, found, "NIfTI or NRRD", "save it again", path.name)) from error
    if values.ndim != 3:
        found = f"an outline of {values.ndim} dimensions"
        raise ReadError(Issue("I06", Level.STOP, found, "one 3-D label map", "save one segment", path.name))
    ordered = _in_order(values, _affine(image), geometry)
    if ordered is None:
        found = f"an outline of {values.shape} voxels that do not lie on those of the image {geometry.shape}"
        remedy = "draw it on this image; an outline is never resampled"
        raise GeometryError(Issue("G17", Level.STOP, found, "one grid", remedy, path.name))
    return ordered


def reader_of(mask: Mask | None) -> str:
    """Who outlined a mask; empty where nobody did or nobody was named."""
    return mask.edited_by if mask is not None and mask.edited_by != UNNAMED else ""


def _affine(image: sitk.Image) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return affine


def _in_order(values: np.ndarray, affine: np.ndarray, geometry: Geometry) -> np.ndarray | None:
    """Values in the order of a grid; None where voxels do not lie on voxels."""
    # of an index of the file to an index of the grid: whole numbers, one 1 or -1 in every row
    between = np.linalg.inv(geometry.affine) @ affine
    turn = np.rint(between[:3, :3]).astype(int)
    if (np.abs(turn).sum(axis=0) != 1).any() or (np.abs(turn).sum(axis=1) != 1).any():
        return None
    axes = np.abs(turn).argmax(axis=1)  # axis of the file for every axis of the grid, in (i, j, k)
    ordered = values.transpose(2, 1, 0).transpose(axes)
    flips = [turn[n, axes[n]] < 0 for n in range(3)]
    if ordered.shape != geometry.shape[::-1]:
        return None
    corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(ordered.shape) - 1)
    of_file = np.array(
        [
            [n - 1 - c if flip else c for c, n, flip in zip(corner, ordered.shape, flips, strict=True)]
            for corner in corners
        ]
    )
    in_file = np.zeros_like(of_file)
    in_file[:, axes] = of_file
    apart = (in_file @ affine[:3, :3].T + affine[:3, 3]) - (
        corners @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    )
    if np.abs(apart).max() > _TOLERANCE_MM:
        return None
    for axis, flip in enumerate(flips):
        ordered = np.flip(ordered, axis) if flip else ordered
    return np.ascontiguousarray(ordered.transpose(2, 1, 0))
