"""Candidates: every cluster with its size, contrast and symmetry, and whether it is proposed as core, with the reasons.

Normal brain is symmetric, an infarct is not: cortex, pyramidal tract, cerebellar nuclei, and the susceptibility artifacts of the
frontal sinus and petrous bones look alike on both sides. A cluster is therefore proposed for what it has above the brightest
spot around its mirror point and above the tissue around it. A cluster on the midline, or one whose mirror image is a lesion too,
has no control; it must be large, deep in the brain and stand out clearly.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..geometry import Geometry
from ..types import Candidate
from .cleanup import at_or_below, cluster_microliters, microliters
from .mirror import MirrorControl

CONTROL_SHARE = 0.3
"""At least this share of a cluster must have a mirror point in other tissue for a comparison of sides."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters that wait for a judgment.

    Args:
        labels: (k, j, i) int32, 1 to `count`.
        count: number of clusters.
        grown: clusters 1 to this were grown from seeds; the rest reach the threshold and the gate, but not the limits of a seed.
        judged: (k, j, i) int32, the part of every cluster that it is judged by: without the voxels of its border that hold CSF or
            normal tissue; `labels` when None.
    """

    labels: np.ndarray
    count: int
    grown: int
    judged: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """What clusters are judged on.

    Args:
        adc: (k, j, i) measured ADC in um2/s.
        z: (k, j, i) smoothed DWI z.
        contrast: (k, j, i) z above the normal tissue around.
        depth_mm: (k, j, i) distance from the border of the brain mask.
        mirror: the other side.
    """

    adc: np.ndarray
    z: np.ndarray
    contrast: np.ndarray
    depth_mm: np.ndarray
    mirror: MirrorControl


@dataclass(frozen=True, slots=True)
class Findings:
    """Figures of one cluster: size, and of its judged part contrast, asymmetry (None without a control side) and depth; and whether it
    was grown from seeds.
    """

    voxels: int
    volume_ul: int
    mean_adc: float
    contrast: float
    asymmetry: float | None
    depth_mm: float
    grown: bool


def list_candidates(
    clusters: Clusters, evidence: Evidence, geometry: Geometry, config: CoreConfig
) -> tuple[np.ndarray, tuple[Candidate, ...]]:
    """Describe and judge all clusters of a listable size.

    Args:
        clusters: what was found.
        evidence: what to judge it on.
        geometry: grid.
        config: parameters.

    Returns:
        Labels renumbered by decreasing volume (0 where not listed), and the candidates.
    """
    labels = clusters.labels
    judged = labels if clusters.judged is None else clusters.judged
    sizes = cluster_microliters(labels, clusters.count, geometry)
    listed = [n for n in range(1, clusters.count + 1) if sizes[n] >= microliters(config.list_ml)]
    listed.sort(key=lambda n: (-sizes[n], n))
    boxes = ndimage.find_objects(labels, max_label=clusters.count)
    judged_boxes = ndimage.find_objects(judged, max_label=clusters.count)
    around = evidence.mirror.labels_around(judged)
    renumbered = np.zeros_like(labels)
    candidates = []
    for number, old in enumerate(listed, start=1):
        part = _indices(judged, old, judged_boxes[old - 1])
        lps = geometry.to_lps(part)
        crossing = evidence.mirror.same_label(old, around, lps)
        findings = _findings(part, lps, crossing, int(sizes[old]), old <= clusters.grown, evidence)
        index = _indices(labels, old, boxes[old - 1])
        lps = geometry.to_lps(index)
        candidates.append(_candidate(number, index, lps, findings, evidence, geometry, config))
        renumbered[tuple(index.T)] = number
    return renumbered, tuple(candidates)


def _indices(labels: np.ndarray, label: int, box: tuple[slice, ...]) -> np.ndarray:
    """(n, 3) indices of a label in its box."""
    return np.argwhere(labels[box] == label) + [s.start for s in box]


def _findings(
    index: np.ndarray, lps: np.ndarray, crossing: np.ndarray, size_ul: int, grown: bool, evidence: Evidence
) -> Findings:
    """Figures of the cluster at (n, 3) indices, some of which may have the cluster itself on the other side."""
    where = tuple(index.T)
    excess = evidence.mirror.excess(evidence.z[where], lps)
    control = np.isfinite(excess) & ~crossing
    asymmetry = float(excess[control].mean()) if control.mean() >= CONTROL_SHARE else None
    return Findings(
        voxels=len(index),
        volume_ul=size_ul,
        mean_adc=float(evidence.adc[where].mean()),
        contrast=float(evidence.contrast[where].mean()),
        asymmetry=asymmetry,
        depth_mm=float(evidence.depth_mm[where].mean()),
        grown=grown,
    )


def _candidate(
    number: int,
    index: np.ndarray,
    lps: np.ndarray,
    findings: Findings,
    evidence: Evidence,
    geometry: Geometry,
    config: CoreConfig,
) -> Candidate:
    """The entry of the list; means are weighted by the extents of the slices."""
    where = tuple(index.T)
    weights = geometry.voxel_volumes_mm3[where[0]]
    center = np.average(lps, axis=0, weights=weights)
    adc = evidence.adc[where].astype(float)
    accepted, reasons = judge(findings, config)
    return Candidate(
        label=number,
        voxels=len(index),
        volume_ml=findings.volume_ul / 1000,
        mean_adc=float(np.average(adc, weights=weights)),
        sd_adc=float(adc.std(ddof=1)) if len(adc) > 1 else 0.0,
        dwi_z=float(np.average(evidence.z[where], weights=weights)),
        centroid_lps=tuple(float(x) for x in center),
        side=evidence.mirror.plane.side(center, config.midline_mm),
        slices=(int(where[0].min()), int(where[0].max())),
        accepted=accepted,
        reasons=reasons,
    )


def judge(findings: Findings, config: CoreConfig) -> tuple[bool, tuple[str, ...]]:
    """Whether a cluster is proposed as core, and why or why not, in words."""
    size, contrast, asymmetry = findings.volume_ul, findings.contrast, findings.asymmetry
    told = [f"DWI {contrast:.1f} SD above the surroundings"]
    told.append("no control side" if asymmetry is None else f"{asymmetry:.1f} SD above the mirror side")
    if not findings.grown:
        return False, (
            "removed: no part of it stands out on smoothed images from the other side or its surroundings",
            *told,
        )
    if findings.voxels < config.min_voxels:
        return False, (f"removed: fewer than {config.min_voxels} voxels", *told)
    small = size < microliters(config.min_cluster_ml)
    if small and not at_or_below(findings.mean_adc, config.adc_threshold, inclusive=config.adc_inclusive):
        return False, (f"removed: small, and its mean ADC of {findings.mean_adc:.0f} is above the threshold", *told)
    strong = contrast >= config.strong_contrast
    if asymmetry is not None and asymmetry >= config.min_asymmetry:
        least = config.strong_cluster_ml if strong and asymmetry >= config.strong_asymmetry else config.min_cluster_ml
        if size >= microliters(least):
            return True, ("proposed: low ADC, bright on DWI, not on the other side", *told)
        return False, (f"removed: smaller than the {least:g} mL that its contrast asks for", *told)
    return _judge_without_control(findings, config, told)


def _judge_without_control(findings: Findings, config: CoreConfig, told: list[str]) -> tuple[bool, tuple[str, ...]]:
    """Clusters on the midline or on both sides: size, depth and contrast must speak for them."""
    asked = config.strong_contrast
    if findings.asymmetry is not None:
        asked = config.bilateral_contrast
    elif findings.volume_ul >= microliters(config.large_cluster_ml):
        asked = config.large_contrast
    if findings.contrast < asked:
        return False, (f"removed: below the {asked:g} SD of contrast asked for without proof by the other side", *told)
    if findings.depth_mm < config.edge_mm:
        return False, (
            f"removed: {findings.depth_mm:.0f} mm from the brain edge, without proof by the other side",
            *told,
        )
    if findings.volume_ul < microliters(config.min_cluster_ml):
        return False, (
            f"removed: smaller than the {config.min_cluster_ml:g} mL asked for without a control side",
            *told,
        )
    return True, ("proposed: low ADC, deep and clearly bright, though on the midline or on both sides", *told)
