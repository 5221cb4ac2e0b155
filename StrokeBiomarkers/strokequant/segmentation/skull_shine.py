"""What bone adds to the CT numbers of brain beside it: blur, partial volume and beam hardening, read from the head itself.

Within a centimeter of the skull brain reads up to 20 HU more than deep in it, as much as a clot rises above brain. How much is known from
the rest of the same slice: the median of tissue by its distance from bone, less that far from it. A clot has the same beside it, and may or
may not have it in itself, so that half of it is taken off where clot is told from brain, and all of it where the level of brain is read.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig
from .ct_head import in_plane_distance


@dataclass(frozen=True, eq=False)
class SkullShine:
    """Excess of tissue by slice and depth.

    Args:
        at_mm: (n,) depth below bone.
        hu: (k, n) excess, falling with depth, 0 at the last.
        thickness: slices of the grid of the clot that one of these slices stands for.
    """

    at_mm: np.ndarray
    hu: np.ndarray
    thickness: int = 1

    def at(self, brain: np.ndarray, geometry: Geometry, first: int = 0) -> np.ndarray:
        """(k, j, i) float32 HU that bone adds.

        Args:
            brain: voxels that are neither bone nor outside.
            geometry: their grid.
            first: their first slice, counted from that of the grid on which this was measured.
        """
        excess = np.zeros(brain.shape, np.float32)
        for k in range(len(brain)):
            rises = self.hu[min((k + first) // self.thickness, len(self.hu) - 1)]
            if not rises.any() or brain[k].all() or not brain[k].any():
                continue
            depth = in_plane_distance(brain[k : k + 1], geometry)[0]
            near = (depth > 0) & (depth < self.at_mm[-1] + 1)
            excess[k][near] = np.interp(depth[near] - max(geometry.pixel_spacing) / 2, self.at_mm, rises)
        return excess


def skull_shine(hu: np.ndarray, brain: np.ndarray, geometry: Geometry, config: HematomaConfig) -> SkullShine:
    """Excess of tissue beside bone, slice by slice.

    Args:
        hu: (k, j, i) whole slices, or as much of them as is known.
        brain: inside of the skull, without bone.
        geometry: grid, of about 1 mm.
        config: bins, limits.
    """
    edges = np.asarray(config.shine_edges_mm)
    count = len(edges) - 1
    levels = np.full((len(hu), count), np.nan)
    half = max(geometry.pixel_spacing) / 2
    for k in np.flatnonzero(brain.any(axis=(1, 2))):
        depth = in_plane_distance(brain[k : k + 1], geometry)[0] - half
        tissue = (depth >= edges[0]) & (depth < edges[-1]) & (hu[k] > config.shine_low_hu)
        tissue &= hu[k] < np.where(depth < edges[1], config.bone_hu, config.shine_high_hu)
        bins = np.searchsorted(edges, depth[tissue], side="right") - 1
        values = hu[k][tissue]
        for n in range(count):
            there = values[bins == n]
            if len(there) >= config.shine_voxels:
                levels[k, n] = np.median(there)
    return SkullShine((edges[:-1] + edges[1:]) / 2, _excess(levels, config))


def _excess(levels: np.ndarray, config: HematomaConfig) -> np.ndarray:
    """(k, n) rise above the farthest level, falling with depth and evened over neighbors; 0 where nothing is seen far from bone."""
    far = levels[:, -1]
    seen = np.flatnonzero(np.isfinite(far))
    if not seen.size:
        return np.zeros_like(levels)
    # a section near the vertex has nothing that is far from bone: the level of the next below is taken
    nearest = seen[np.abs(np.arange(len(far))[:, None] - seen).argmin(axis=1)]
    rise = levels - far[nearest][:, None]
    known = np.isfinite(rise)
    total, weight = (
        ndimage.uniform_filter1d(a, 3, axis=0, mode="nearest") for a in (np.where(known, rise, 0.0), known * 1.0)
    )
    evened = np.clip(total / np.maximum(weight, 1e-6), 0, config.shine_most_hu)
    return np.maximum.accumulate(evened[:, ::-1], axis=1)[:, ::-1]
