"""Clusters of hypoperfusion one by one: size, vessels, rims, end slices; proposed or not, with the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..perfusion_config import LesionConfig
from ..perfusion_types import LesionCandidate
from .cleanup import cluster_microliters, label_clusters, microliters
from .sides import MidPlane, at_points
from .workgrid import WorkGrid


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What clusters are judged by.

    Args:
        tmax: (k, j, i) s.
        rcbf: (k, j, i), NaN where not known.
        vessels: (k, j, i) bool.
        rim: (k, j, i) bool: next to CSF, artifact or the border of the brain in the slice.
        measured_slices: slices with a Tmax of brain, ascending.
        plane: mid-sagittal plane.
        geometry: grid of all.
        grid, flow, late: coarse grid, rCBF on it (0 where not known) and share of late tissue, to be looked up on the other side.
    """

    tmax: np.ndarray
    rcbf: np.ndarray
    vessels: np.ndarray
    rim: np.ndarray
    measured_slices: np.ndarray
    plane: MidPlane
    geometry: Geometry
    grid: WorkGrid
    flow: np.ndarray
    late: np.ndarray

    def opposite(self, values: np.ndarray, lps: np.ndarray) -> float:
        """Mean of `flow` or `late` at the mirror images of (n, 3) points; 0 where there is no brain."""
        return float(at_points(values, self.plane.reflect(lps), self.grid).mean())


def list_lesions(
    mask: np.ndarray, around: Surroundings, accepted: Mapping[int, bool], config: LesionConfig
) -> tuple[np.ndarray, tuple[LesionCandidate, ...]]:
    """Describe and judge the clusters of a mask.

    Args:
        mask: (k, j, i) bool.
        around: what they are judged by.
        accepted: a reader's decisions by label, which stand above the judgment.
        config: limits.

    Returns:
        (k, j, i) int32 labels by decreasing volume, 0 where a cluster is too small to be listed and not proposed, and candidates.
    """
    clusters, count = label_clusters(mask, connectivity=config.connectivity)
    sizes = cluster_microliters(clusters, count, around.geometry)
    least = min(microliters(config.list_ml), microliters(config.min_cluster_ml))
    listed = sorted((n for n in range(1, count + 1) if sizes[n] >= least), key=lambda n: (-sizes[n], n))
    boxes = ndimage.find_objects(clusters, max_label=count)
    labels = np.zeros(mask.shape, np.int32)
    candidates = []
    large = bool(listed) and sizes[listed[0]] >= microliters(config.small_ml)
    for number, old in enumerate(listed, start=1):
        index = np.argwhere(clusters[boxes[old - 1]] == old) + [s.start for s in boxes[old - 1]]
        labels[tuple(index.T)] = number
        candidates.append(_candidate(number, index, int(sizes[old]), around, accepted.get(number), large, config))
    return labels, tuple(candidates)


def _candidate(
    label: int,
    index: np.ndarray,
    size_ul: int,
    around: Surroundings,
    decision: bool | None,
    large: bool,
    config: LesionConfig,
) -> LesionCandidate:
    where = tuple(index.T)
    lps = around.geometry.to_lps(index)
    weights = around.geometry.voxel_volumes_mm3[where[0]]
    center = np.average(lps, axis=0, weights=weights)
    rcbf = around.rcbf[where].astype(float)
    known = np.isfinite(rcbf)
    vessel, rim = float(around.vessels[where].mean()), float(around.rim[where].mean())
    slices = (int(where[0].min()), int(where[0].max()))
    either = float((around.vessels[where] | around.rim[where]).mean())
    shares = Shares(vessel, rim, either)
    mean_rcbf = float(np.average(rcbf[known], weights=weights[known])) if known.any() else None
    alike = ""
    if (mean_rcbf or 0.0) < config.core_rcbf and around.opposite(around.flow, lps) < config.core_rcbf:
        alike = "without flow"
    elif large and around.opposite(around.late, lps) > config.late_opposite:
        alike = "late"
    proposed, reasons = judge(len(index), size_ul, shares, slices, around.measured_slices, config, alike=alike)
    if decision is not None and decision != proposed:
        reasons = (f"{'taken' if decision else 'left out'} by the reader", *reasons)
    return LesionCandidate(
        label=label,
        voxels=len(index),
        volume_ml=size_ul / 1000,
        tmax_mean_s=float(np.average(around.tmax[where].astype(float), weights=weights)),
        rcbf_mean=mean_rcbf,
        vessel_share=vessel,
        rim_share=rim,
        centroid_lps=tuple(float(x) for x in center),
        side=around.plane.side(center, config.midline_mm),
        slices=slices,
        accepted=proposed if decision is None else decision,
        reasons=reasons,
    )


class Shares(NamedTuple):
    """Shares of the voxels of a cluster: vessel, next to CSF or the border of the brain, and either of the two."""

    vessel: float
    rim: float
    either: float


def judge(
    voxels: int,
    size_ul: int,
    shares: Shares,
    slices: tuple[int, int],
    measured_slices: np.ndarray,
    config: LesionConfig,
    *,
    alike: str = "",
) -> tuple[bool, tuple[str, ...]]:
    """Whether a cluster is proposed as lesion, and why or why not, in words; `alike` is what the other side has too."""
    told = (f"{100 * shares.vessel:.0f} % vessel", f"{100 * shares.rim:.0f} % next to CSF or a border")
    if size_ul < microliters(config.min_cluster_ml):
        return False, (f"removed: smaller than {config.min_cluster_ml:g} mL", *told)
    if config.min_cluster_ml and voxels < config.min_voxels:
        return False, (f"removed: fewer than {config.min_voxels} voxels", *told)
    if shares.vessel > config.vessel_share:
        return False, ("removed: mostly vessel", *told)
    if size_ul < microliters(config.small_ml):
        if shares.rim > config.rim_share:
            return False, ("removed: small and along CSF or the border of the brain", *told)
        if shares.either > config.rim_share:
            return False, ("removed: small, of vessels and of voxels along CSF or the border", *told)
        if alike:
            return False, (f"removed: small and {alike}, as is the same place of the other side", *told)
        end = slices[0] == slices[1] and slices[0] in (measured_slices[0], measured_slices[-1])
        if end and len(measured_slices) > 2:
            return False, ("removed: small and in an end slice only", *told)
    return True, ("proposed: late, and no vessel, rim or end slice", *told)
