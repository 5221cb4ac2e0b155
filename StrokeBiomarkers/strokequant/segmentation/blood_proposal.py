"""Automatic search for blood on plain CT: candidates for a reader to take or leave, never a result.

Voxels that exceed the brain by more than cortex does, thick and compact enough to be neither falx, tentorium, sinus nor vessel, away from
bone and not around calcification. What is proposed is then outlined from its deepest point as if a reader had clicked there.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..hemorrhage_config import BloodProposalConfig, CtHeadConfig, HematomaConfig
from ..hemorrhage_types import BloodCandidate, Structure
from ..types import Volume
from .cleanup import label_clusters
from .clot_place import frame_of, location_of
from .coarse import Coarse
from .cropping import Box, bounding_box, cropped, uncropped
from .ct_head import CoarseHead, CtHead, coarse_head, grown_in_plane, in_plane_distance, smoothed_inside
from .head_frame import HeadFrame
from .hematoma import Hematoma, segment_hematoma

_AROUND = 5
"""Coarse voxels around a candidate that it is judged by."""


@dataclass(frozen=True, eq=False)
class BloodProposal:
    """What the search found.

    Args:
        clots: outlined candidates that are proposed, in the order of their candidates.
        candidates: all, proposed or not.
        issues: H20 where something is proposed.
    """

    clots: tuple[Hematoma, ...]
    candidates: tuple[BloodCandidate, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class _Searched:
    """What candidates are judged by, on the coarse grid or in a box of it.

    Args:
        geometry: of these voxels.
        hu, smooth: (k, j, i) means of blocks, and smoothed.
        brain, fluid: inside the skull, and its CSF.
        depth: in mm below the inside of the skull.
        first: coarse slice of the whole that the first one here is.
    """

    geometry: Geometry
    hu: np.ndarray
    smooth: np.ndarray
    brain: np.ndarray
    depth: np.ndarray
    fluid: np.ndarray
    first: int = 0

    def part(self, box: Box) -> "_Searched":
        """The same in a box."""
        arrays = (a[box] for a in (self.hu, self.smooth, self.brain, self.depth, self.fluid))
        return _Searched(cropped(self.geometry, box), *arrays, self.first + box[0].start)


def propose_blood(
    image: Volume,
    head: CtHead,
    *,
    config: BloodProposalConfig = BloodProposalConfig(),
    hematoma_config: HematomaConfig = HematomaConfig(),
    head_config: CtHeadConfig = CtHeadConfig(),
) -> BloodProposal:
    """Candidates of blood, and outlines of those that are proposed.

    Args:
        image: HU.
        head: of `ct_head`.
        config, hematoma_config, head_config: limits.
    """
    coarse = head.coarse or coarse_head(image, head, head_config)
    searched, frame = _prepare(coarse, head, config), frame_of(head)
    labels, sizes = _bright(searched, config)
    boxes = ndimage.find_objects(labels)
    judged: list[BloodCandidate] = []
    for label in 1 + np.argsort(-sizes, kind="stable")[: config.candidates]:
        box = _widened(boxes[label - 1], labels.shape)
        part = searched.part(box)
        judge = partial(_judged, searched=part, coarse=coarse.image, head=head, frame=frame, config=config)
        judged += _candidates(labels[box] == label, judge, part.geometry, config)
    found: list[BloodCandidate] = []
    clots: list[Hematoma] = []
    # the larger first: an outline that runs into another one is that other one
    for candidate in sorted(judged, key=lambda c: -c.volume_ml):
        told, clot = _outlined(candidate, image, head, clots, config, hematoma_config)
        if clot is not None:
            clots.append(clot)
        found.append(replace(told, label=len(found) + 1))
    return BloodProposal(tuple(clots), tuple(found), _told(clots))


def _candidates(part: np.ndarray, judge, geometry: Geometry, config: BloodProposalConfig) -> list[BloodCandidate]:
    """A part as one candidate, or its thick pieces where they are blood and all of it is not: a clot may touch a sinus or the falx."""
    whole = judge(part)
    if whole is None or whole.accepted or whole.volume_ml < config.small_ml:
        return [whole] if whole is not None else []
    depth = in_plane_distance(part, geometry)
    for radius in (config.piece_mm, 1.5 * config.piece_mm, 2 * config.piece_mm):
        labels, count = ndimage.label(depth > radius)
        if not count:
            break
        sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        pieces, found = np.zeros_like(part), []
        for n in 1 + np.argsort(-sizes, kind="stable")[: config.pieces]:
            piece = part & ~pieces & grown_in_plane(labels == n, geometry, radius + config.thickness_mm / 4)
            candidate = judge(piece) if geometry.volume_ml(piece) >= config.small_ml else None
            if candidate is not None and candidate.accepted:
                found.append(candidate)
                pieces |= piece
        if found:
            rest = judge(part & ~pieces) if (part & ~pieces).any() else None
            return [*found, *([rest] if rest is not None and not rest.accepted else [])]
    return [whole]


def _widened(box: Box, shape: tuple[int, int, int]) -> Box:
    """Box with the surroundings that a candidate is judged by."""
    return tuple(slice(max(0, s.start - _AROUND), min(n, s.stop + _AROUND)) for s, n in zip(box, shape, strict=True))


def _told(clots) -> tuple[Issue, ...]:
    if not clots:
        return ()
    total = sum(clot.volume_ml for clot in clots)
    remedy = "take or leave every candidate, or click into the clot"
    found = f"{len(clots)} automatic candidates, {total:.1f} mL"
    return (Issue("H20", Level.WARN, found, "a reader's decision", remedy),)


def _prepare(coarse: CoarseHead, head: CtHead, config: BloodProposalConfig) -> _Searched:
    image, brain = coarse.image, coarse.brain
    used = brain & (image.values < config.calcified_hu)
    smooth = smoothed_inside(image.values, used, image.geometry, config.smooth_mm, at=brain)
    inside = ndimage.binary_fill_holes(brain.any(axis=0)) if not head.has_skull else None
    depth = in_plane_distance(brain if inside is None else brain & inside, image.geometry)
    return _Searched(image.geometry, image.values, smooth, brain, depth, coarse.csf)


def _bright(searched: _Searched, config: BloodProposalConfig) -> tuple[np.ndarray, np.ndarray]:
    """Thick bright parts, grown back to the threshold, as labels and the voxels of each."""
    tissue = searched.smooth[searched.brain & (searched.smooth > 20) & (searched.smooth < 45)]
    level = float(np.median(tissue)) if tissue.size else 32.0
    bright = (searched.smooth > level + config.rise_hu) & searched.brain
    core = in_plane_distance(bright, searched.geometry) > config.thickness_mm / 2
    box = _widened(bounding_box(core), core.shape)
    near = bright[box] & ndimage.binary_dilation(core[box], iterations=4)
    labels, count = label_clusters(ndimage.binary_propagation(core[box], mask=near))
    return uncropped(labels, box, core.shape), np.bincount(labels.ravel(), minlength=count + 1)[1:]


def _judged(
    part: np.ndarray, searched: _Searched, coarse: Coarse, head: CtHead, frame: HeadFrame, config: BloodProposalConfig
) -> BloodCandidate | None:
    geometry = searched.geometry
    volume = geometry.volume_ml(part)
    if volume < config.list_ml:
        return None
    inner = np.where(part, in_plane_distance(part, geometry), 0)
    deepest = np.unravel_index(inner.argmax(), part.shape)
    seed = geometry.to_lps(np.array(deepest))[0]
    mean = float(searched.smooth[part].mean(dtype=float))
    reasons = _against(part, volume, mean, searched, head.has_skull, config)
    center = geometry.to_lps(np.argwhere(part)).mean(axis=0)
    structure, location = _where(part, searched, center, head, frame)
    used = searched.first + np.flatnonzero(part.any(axis=(1, 2)))
    factor, slices = coarse.factors[0], coarse.shape[0]
    span = int(used[0] * factor), int(min(used[-1] * factor + factor, slices) - 1)
    side = head.midplane.side(center, config.midline_mm)
    told = tuple(reasons) or (f"{mean:.0f} HU, {volume:.1f} mL, thick and away from bone",)
    return BloodCandidate(
        0, structure, volume, mean, tuple(float(x) for x in seed), side, location, span, not reasons, told
    )


def _against(
    part: np.ndarray, volume: float, mean: float, searched: _Searched, has_skull: bool, config: BloodProposalConfig
) -> list[str]:
    """Why a part is not proposed; empty where nothing speaks against it."""
    reasons = []
    if volume < config.min_ml:
        reasons.append(f"left out: smaller than {config.min_ml:g} mL")
    if mean < config.clot_mean_hu:
        reasons.append(f"left out: mean of {mean:.0f} HU below {config.clot_mean_hu:g}")
    if volume < config.small_ml and mean < config.small_mean_hu:
        reasons.append(f"left out: {volume:.1f} mL of {mean:.0f} HU, as beam hardening looks")
    grown = ndimage.binary_dilation(part, iterations=2)
    grown &= searched.depth > config.calcified_depth_mm
    calcified = np.count_nonzero(searched.hu[grown] > config.calcified_hu) / np.count_nonzero(part)
    if calcified > config.calcified_share:
        reasons.append("left out: calcification in it or beside it")
    if has_skull and searched.depth[part].max() < config.depth_mm:
        reasons.append(f"left out: within {config.depth_mm:g} mm of bone: sinus, skull base or a film of blood")
    if has_skull and _beside_outside(part, searched, config) > config.end_share:
        reasons.append("left out: below or above bone, whose partial volume it may be")
    elongation, filled = _form(part, searched.geometry)
    if elongation > config.elongation or filled < config.filled:
        reasons.append("left out: long and thin or branched, as falx, tentorium and sinuses are")
    return reasons


def _beside_outside(part: np.ndarray, searched: _Searched, config: BloodProposalConfig) -> float:
    """Share of a candidate that has the end of the brain just above or below it."""
    outside = ~searched.brain
    steps = max(1, round(config.end_mm / searched.geometry.mean_extent_mm))
    beside = np.zeros_like(outside)
    for n in range(1, min(steps, len(outside) - 1) + 1):
        beside[n:] |= outside[:-n]
        beside[:-n] |= outside[n:]
    return float(beside[part].mean())


def _form(part: np.ndarray, geometry: Geometry) -> tuple[float, float]:
    """Longest over shortest axis, and the share of the ellipsoid of the same second moments that is filled."""
    points = geometry.to_lps(np.argwhere(part))
    spread = np.cov(points.T, bias=True) if len(points) > 1 else np.zeros((3, 3))
    spread = spread + np.outer(geometry.normal, geometry.normal) * geometry.mean_extent_mm**2 / 12
    axes = np.sqrt(5 * np.maximum(np.linalg.eigvalsh(spread), 0.05))
    return float(axes[-1] / axes[0]), float(geometry.volume_ml(part) * 1000 / (4 / 3 * np.pi * axes.prod()))


def _where(
    part: np.ndarray, searched: _Searched, center: np.ndarray, head: CtHead, frame: HeadFrame
) -> tuple[Structure, str]:
    """Structure and location as a first guess, by depth, mid-plane, CSF around and place in the head."""
    ring = ndimage.binary_dilation(part, iterations=3) & ~ndimage.binary_dilation(part) & searched.brain
    fluid = searched.fluid[ring].mean(dtype=float) if ring.any() else 0.0
    depth = float(np.median(searched.depth[part]))
    beside = abs(float(head.midplane.leftward_mm(center[None])[0]))
    if depth > 20 and fluid > 0.35 and beside < 40:
        return Structure.IVH, "ventricle"
    return Structure.ICH, location_of(center, frame)


def _outlined(
    candidate: BloodCandidate, image, head, before, config: BloodProposalConfig, hematoma_config: HematomaConfig
):
    if not candidate.accepted:
        return candidate, None
    try:
        clot = segment_hematoma(
            image, candidate.seed_lps, head=head, structure=str(candidate.structure), config=hematoma_config
        )
    except SegmentationError as error:
        return replace(candidate, accepted=False, reasons=(f"left out: {error.issues[0].found}",)), None
    box = bounding_box(clot.mask.values)
    if any((clot.mask.values[box] & other.mask.values[box]).any() for other in before):
        return replace(candidate, accepted=False, reasons=("left out: part of a larger candidate",)), None
    weak = clot.clot_hu - clot.background_hu < config.rise_hu
    if weak or clot.volume_ml < config.min_ml or clot.volume_ml > 4 * candidate.volume_ml + 2:
        reason = f"left out: outline of {clot.volume_ml:.1f} mL, {clot.clot_hu:.0f} on {clot.background_hu:.0f} HU"
        return replace(candidate, accepted=False, reasons=(reason,)), None
    return replace(candidate, volume_ml=clot.volume_ml, mean_hu=clot.clot_hu), clot
