"""Cleanup: clusters by size in integer microliters, and holes.

One cubic millimeter is one microliter. A limit is compared with the rounded number of microliters, never with a float, so that
125 voxels of 2 mm are 1.000 mL and are kept at a limit of 1 mL on every machine.
"""

import numpy as np
from scipy import ndimage

from ..geometry import Geometry

CONNECTIVITY_RANK = {6: 1, 18: 2, 26: 3}


def microliters(volume_ml: float) -> int:
    """A volume in mL as integer microliters."""
    return round(volume_ml * 1000)


def at_or_below(values: np.ndarray, limit: float, *, inclusive: bool = True) -> np.ndarray:
    """Voxels at or below (or, not inclusive, below) a limit, compared as integers.

    Args:
        values: array in the unit of the limit, finite where it matters; NaN is never below.
        limit: um2/s for ADC.
        inclusive: True for `<=`, False for `<`.
    """
    whole = np.rint(values)
    return whole <= round(limit) if inclusive else whole < round(limit)


def label_clusters(mask: np.ndarray, *, connectivity: int = 26) -> tuple[np.ndarray, int]:
    """Connected components of a (k, j, i) mask.

    Args:
        mask: bool.
        connectivity: 6 (faces), 18 (and edges) or 26 (and corners).

    Returns:
        int32 labels from 1 in scan order, and their number.
    """
    structure = ndimage.generate_binary_structure(3, CONNECTIVITY_RANK[connectivity])
    labels, count = ndimage.label(mask, structure=structure)
    return labels.astype(np.int32, copy=False), int(count)


def connected_to(mask: np.ndarray, seeds: np.ndarray, *, connectivity: int = 26) -> np.ndarray:
    """Clusters of a mask that share a voxel with the seeds."""
    labels, count = label_clusters(mask, connectivity=connectivity)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(labels[seeds])] = True
    keep[0] = False
    return keep[labels]


def cluster_microliters(labels: np.ndarray, count: int, geometry: Geometry) -> np.ndarray:
    """(count + 1,) integer microliters of every label, each slice with its own extent; entry 0 is 0."""
    k = np.nonzero(labels)[0]
    sizes = np.bincount(labels[labels > 0], weights=geometry.voxel_volumes_mm3[k], minlength=count + 1)
    return np.rint(sizes).astype(np.int64)


def keep_clusters(mask: np.ndarray, geometry: Geometry, *, min_ml: float, connectivity: int = 26) -> np.ndarray:
    """Mask without the clusters that are smaller than a volume; a cluster of exactly this volume stays."""
    labels, count = label_clusters(mask, connectivity=connectivity)
    keep = cluster_microliters(labels, count, geometry) >= microliters(min_ml)
    keep[0] = False
    return keep[labels]


def fill_small_holes(mask: np.ndarray, allowed: np.ndarray, geometry: Geometry, *, max_ml: float) -> np.ndarray:
    """Mask with the holes of its slices filled that are no larger than a volume and lie in allowed voxels."""
    filled = mask.copy()
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        holes = ndimage.binary_fill_holes(mask[k]) & ~mask[k]
        labels, count = ndimage.label(holes)
        if count:
            sizes = np.rint(np.bincount(labels.ravel()) * geometry.voxel_volumes_mm3[k])
            small = sizes <= microliters(max_ml)
            small[0] = False
            filled[k] |= small[labels] & allowed[k]
    return filled
