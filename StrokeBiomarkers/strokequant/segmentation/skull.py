"""Inside of the skull on CT, for any number of slices, tilted or not.

A voxel is inside when bone lies in most of eight directions of its own slice. That needs no closed ring: sutures, foramina and
the slices of the skull base, where a hole-filling skull leaks, keep their brain; scalp, orbit and neck see bone on one side only.
Muscles below the skull base see bone in six or seven directions, brain in nearly eight.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..perfusion_config import PerfusionBrainConfig

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)[None]
"""Neighbors in the plane of a slice."""


class SkullContent(NamedTuple):
    """What is inside the skull.

    Args:
        brain: (k, j, i) bool, up to the bone, holes of the slices filled.
        soft: all that has the CT numbers of brain and blood, parts that are cut off by bone included: sinuses, muscles.
        has_skull: False where there was too little bone.
    """

    brain: np.ndarray
    soft: np.ndarray
    has_skull: bool


def smoothed(values: np.ndarray, sd_px: float) -> np.ndarray:
    """(k, j, i) Gaussian within the slices; values that are not finite count as air."""
    known = np.nan_to_num(np.asarray(values, np.float32), nan=-1024.0, posinf=3071.0, neginf=-1024.0)
    return ndimage.gaussian_filter(known, (0, sd_px, sd_px), mode="nearest")


def find_bone(hu: np.ndarray, config: PerfusionBrainConfig) -> np.ndarray:
    """Bone of the head: not that of a table, a holder or a cable beside it.

    Args:
        hu: (k, j, i) CT numbers.
        config: limits.
    """
    body = ndimage.binary_opening(hu > config.body_hu, CROSS, iterations=config.body_opening_px)
    head = ndimage.binary_dilation(largest_parts(body, 1.0), CROSS, iterations=config.body_opening_px)
    return (hu > config.bone_hu) & head


def bone_directions(bone: np.ndarray) -> np.ndarray:
    """(k, j, i) uint8: in how many of the eight directions of its slice a voxel sees bone; 0 on bone."""
    seen = np.zeros(bone.shape, np.uint8)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        seen += _behind(bone, down, right)
        seen += _behind(bone[:, ::-1, ::-1], down, right)[:, ::-1, ::-1]
    seen[bone] = 0
    return seen


def _behind(bone: np.ndarray, down: int, right: int) -> np.ndarray:
    """Voxels that have bone behind them along a step of the slice, themselves included."""
    found = bone.copy()
    if down == 0:
        return np.logical_or.accumulate(found, axis=2)
    for j in range(1, bone.shape[1]):
        before = found[:, j - 1]
        if right == 0:
            found[:, j] |= before
        elif right > 0:
            found[:, j, 1:] |= before[:, :-1]
        else:
            found[:, j, :-1] |= before[:, 1:]
    return found


def largest_parts(mask: np.ndarray, share: float) -> np.ndarray:
    """Face-connected parts of at least this share of the largest; one part for a share of 1."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return labels > 0
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = sizes >= share * sizes.max() if share < 1 else np.arange(len(sizes)) == sizes.argmax()
    kept[0] = False
    return kept[labels]


def inside_skull(hu: np.ndarray, geometry: Geometry, config: PerfusionBrainConfig) -> SkullContent:
    """Brain with CSF and vessels inside the skull.

    Args:
        hu: (k, j, i) baseline.
        geometry: its grid.
        config: limits.

    Returns:
        What is inside; without a skull (a stripped image, a phantom) all that has the CT numbers of brain.
    """
    smooth = smoothed(hu, config.smooth_px)
    bone = find_bone(hu, config)
    has_skull = geometry.volume_ml(bone) >= config.bone_min_ml
    soft = (smooth >= config.tissue_low_hu) & (smooth <= config.tissue_high_hu) & ~_empty(hu)
    steps = max(1, round(config.opening_mm / max(geometry.pixel_spacing)))
    directions = bone_directions(bone) if has_skull else None
    if has_skull:
        soft &= directions >= config.directions
    opened = ndimage.binary_erosion(soft, CROSS, iterations=steps, border_value=1)
    if has_skull:
        opened = _sections_of_brain(opened, directions, geometry, config)
    opened = largest_parts(opened, config.part_share)
    grown = ndimage.binary_dilation(opened, CROSS, iterations=steps + 1) & soft
    return SkullContent(_without_cord(_filled(grown), geometry, config), soft, has_skull)


def _sections_of_brain(
    mask: np.ndarray, directions: np.ndarray, geometry: Geometry, config: PerfusionBrainConfig
) -> np.ndarray:
    """Parts of each slice that bone surrounds nearly all around, or that are as large as brain alone is."""
    kept = np.zeros_like(mask)
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        labels, count = ndimage.label(mask[k])
        area_cm2 = np.bincount(labels.ravel(), minlength=count + 1) * geometry.pixel_area_mm2 / 100
        mean = np.bincount(labels.ravel(), directions[k].ravel(), minlength=count + 1)
        mean /= np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
        keep = (mean >= config.section_directions) | (area_cm2 >= config.section_sure_cm2)
        keep[0] = False
        kept[k] = keep[labels]
    return kept


def _empty(hu: np.ndarray) -> np.ndarray:
    """Background of a stripped image: one value of 0 or below in the corners of the slices."""
    corners = hu[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    return hu == corners.flat[0] if np.ptp(corners) == 0 and corners.flat[0] <= 0 else np.zeros(hu.shape, bool)


def _filled(mask: np.ndarray) -> np.ndarray:
    return np.stack([ndimage.binary_fill_holes(plane) for plane in mask])


def _without_cord(mask: np.ndarray, geometry: Geometry, config: PerfusionBrainConfig) -> np.ndarray:
    """Mask without small sections at its lower end."""
    upward = geometry.normal[2] > 0
    order = np.arange(len(mask)) if upward else np.arange(len(mask))[::-1]
    wide = np.count_nonzero(mask, axis=(1, 2)) * geometry.pixel_area_mm2 / 100 > config.end_cm2
    kept = mask.copy()
    first = np.argmax(wide[order]) if wide.any() else 0
    kept[order[:first]] = False
    return kept
