"""Two masks of one structure: overlap and distances between their surfaces.

A surface voxel is a voxel of the mask with a background neighbor across a face (beyond the image is background). Distances are between voxel centers in
mm and follow the true slice positions. HD95 is the 95th percentile (linear) of both directions pooled; ASSD the mean of both directions pooled; NSD(t)
the share of the surface voxels of both masks within t of the other surface.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..geometry import Geometry
from ..statistics_config import StatisticsConfig
from .estimate import cannot


@dataclass(frozen=True, slots=True)
class MaskAgreement:
    """How two masks agree.

    Args:
        volumes_ml: of the first and the second.
        dice, jaccard: None where both masks are empty.
        volume_similarity: 2 (V1 - V2) / (V1 + V2).
        hd_mm, hd95_mm, assd_mm: None where a mask is empty.
        nsd: share by tolerance in mm, None where a mask is empty.
        words: "both empty" or "one empty" where distances are not defined.
    """

    volumes_ml: tuple[float, float]
    dice: float | None
    jaccard: float | None
    volume_similarity: float | None
    hd_mm: float | None = None
    hd95_mm: float | None = None
    assd_mm: float | None = None
    nsd: dict[float, float] | None = None
    words: str = ""


def compare_masks(
    first: np.ndarray, second: np.ndarray, geometry: Geometry, *, config: StatisticsConfig = StatisticsConfig()
) -> MaskAgreement:
    """Overlap and surface distances of two boolean masks (k, j, i) on one grid.

    Raises:
        UsageError: Q70, masks that are not boolean or not on the grid.
    """
    for mask in (first, second):
        if mask.dtype != bool or mask.shape != geometry.shape:
            raise cannot(f"a mask of {mask.dtype}, shape {mask.shape}", f"bool on the grid {geometry.shape}")
    volumes = geometry.volume_ml(first), geometry.volume_ml(second)
    total, union = sum(volumes), geometry.volume_ml(first | second)
    if union == 0:
        return MaskAgreement(volumes, None, None, None, words="both empty")
    common = geometry.volume_ml(first & second)
    overlap = (2 * common / total, common / union, 2 * (volumes[0] - volumes[1]) / total)
    if 0 in volumes:
        return MaskAgreement(volumes, *overlap, words="one empty")
    distances = surface_distances(first, second, geometry)
    pooled = np.concatenate(distances)
    return MaskAgreement(
        volumes,
        *overlap,
        hd_mm=float(pooled.max()),
        hd95_mm=float(np.percentile(pooled, 95)),
        assd_mm=float(pooled.mean()),
        nsd={t: float(np.mean(pooled <= t + 1e-9)) for t in config.surface_tolerances_mm},
    )


def surface_distances(first: np.ndarray, second: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Distances in mm of every surface voxel of the first mask to the second surface, and of the second to the first."""
    points = [geometry.to_lps(np.argwhere(_surface(mask))) for mask in (first, second)]
    trees = [cKDTree(one) for one in points]
    return trees[1].query(points[0])[0], trees[0].query(points[1])[0]


def _surface(mask: np.ndarray) -> np.ndarray:
    """Surface voxels; only the box around the mask is looked at."""
    surface = np.zeros_like(mask)
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    inside = mask[box]
    surface[box] = inside & ~ndimage.binary_erosion(inside, border_value=0)
    return surface
