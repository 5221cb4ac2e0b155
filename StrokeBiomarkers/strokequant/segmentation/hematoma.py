"""Clot from one click or a rough region: half maximum against the local background, volume by shares of clot.

The threshold lies half-way between the median of the clot and the median of a ring around it, and is found again with every region until
it stands still, so that where the reader clicked does not matter. Connections thinner than a few millimeters are cut: falx,
tentorium, vessels and the partial volume of bone carry no leak; calcification and bone are above the upper limit.

A cut at half maximum is biased where slices are thick or the clot is small. A voxel of the border holds the share
(HU - background) / (clot - background) of clot, both levels taken nearby; shares add up to the volume, and noise averages out. The mask
takes the voxels of the border by decreasing share until their volume is that sum, so that mask and volume are one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..hemorrhage_config import BesideClotConfig, HematomaConfig
from ..types import Mask, Volume
from .coarse import Coarse, coarse_copy
from .cropping import Box, bounding_box, cropped, require_one_grid, uncropped
from .ct_head import CtHead, grown_in_plane
from .hematoma_beside import beside_issue, dense_beside, fluid_level, level_issue
from .hematoma_region import Region, converged_region, nearest_voxel, smoothed_mm
from .hematoma_share import border_by_share, shares_of_clot
from .hematoma_surroundings import next_slices
from .skull_shine import SkullShine, skull_shine


@dataclass(frozen=True, eq=False)
class Hematoma:
    """One outlined clot.

    Args:
        mask: voxels whose volume is `volume_ml`.
        half_maximum: (k, j, i) bool, the plain cut at the threshold.
        threshold_hu, clot_hu, background_hu: half maximum and the two medians it lies between.
        volume_ml: sum of the shares.
        half_maximum_ml, fixed_window_ml: volumes by the two other definitions, reported beside.
        step_band_ml: volume with the threshold one step higher and lower.
        seed_lps: mm, None where a region was given.
        parameters: seed, smoothing, connectivity, rounds, cut of the shares.
        issues: H codes.
    """

    mask: Mask
    half_maximum: np.ndarray
    threshold_hu: float
    clot_hu: float
    background_hu: float
    volume_ml: float
    half_maximum_ml: float
    fixed_window_ml: float
    step_band_ml: tuple[float, float]
    seed_lps: tuple[float, float, float] | None
    parameters: dict[str, Any]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class _Part:
    """Everything in the box around a clot."""

    hu: np.ndarray
    smooth: np.ndarray
    allowed: np.ndarray
    guard: np.ndarray
    shine: np.ndarray
    geometry: Geometry
    box: Box

    def level(self, config: HematomaConfig) -> np.ndarray:
        """(k, j, i) smoothed image with the threshold of what is deep in the brain everywhere."""
        return self.smooth - np.float32(config.shine_share) * self.shine


@dataclass(frozen=True, eq=False)
class _Overview:
    """Coarse copy of a wide box, where the brain lies in it, and what bone adds beside it."""

    coarse: Coarse
    inside: np.ndarray | None
    shine: SkullShine | None
    box: Box


def segment_hematoma(
    image: Volume,
    seed: Sequence[float] | Mask,
    *,
    head: CtHead | None = None,
    structure: str = "ich",
    config: HematomaConfig = HematomaConfig(),
) -> Hematoma:
    """Outline the clot at a point or in a rough region.

    Args:
        image: HU.
        seed: LPS mm, anywhere in the clot; or a rough mask, which the clot may exceed by the blur of its border only.
        head: of `ct_head`; without it, or without a skull, only bone and air are excluded.
        structure: name of the mask: "ich", "ivh", "sah", "sdh", "edh".
        config: parameters.

    Raises:
        SegmentationError: H15, the point is outside of the image or not on blood; H18, blood and background are alike.
        GeometryError: G17, a region on another grid.
    """
    config = config_of(structure, config)
    geometry = image.geometry
    region = seed if isinstance(seed, Mask) else None
    if region is not None:
        require_one_grid(("CT", geometry), ("region", region.geometry))
    start = _start_in(region) if region is not None else nearest_voxel(seed, geometry)
    part, found = _found(image, start, region, head, config)
    found = replace(found, values=_to_bone(found, part, config))
    clot = _outlined(image, found, part, region, seed, structure, config)
    if structure not in ("ich", "ivh"):
        return clot
    return replace(clot, issues=(*clot.issues, *_not_all(clot, found, part, head)))


def _not_all(clot: Hematoma, found: Region, part: _Part, head: CtHead | None) -> tuple[Issue, ...]:
    """What tells that an outline misses blood of another density."""
    config, values = BesideClotConfig(), clot.mask.values[part.box]
    whole_hu = found.threshold_hu + config.whole_rise * (found.clot_hu - found.threshold_hu)
    # from what is surely clot, which leaves out single voxels of a layer; from the border, which leaves more of a small layer
    for least, limits in ((whole_hu, config), (-np.inf, replace(config, blur_mm=config.border_blur_mm))):
        beside = dense_beside(part.hu, part.shine, part.allowed, values, part.geometry, head, least, limits)
        if beside is not None:
            return (beside_issue(beside),)
    level = fluid_level(part.hu, values, part.geometry, config)
    return () if level is None else (level_issue(level),)


def config_of(structure: str, config: HematomaConfig) -> HematomaConfig:
    """Parameters for a kind of blood: what is thin is no leak of blood that takes the form of the space it lies in."""
    if structure == "ivh":
        thin = {"bridge_mm": config.layer_bridge_mm, "seed_percentile": config.layer_seed_percentile}
        thin |= {"join_share": config.layer_join_share, "skull_gap_mm": config.layer_skull_gap_mm}
        return replace(config, **thin, sheet_mm=0.0, part_share=0.0)
    # along the skull bone and blood cannot be told by distance from bone
    return replace(config, sheet_mm=0.0, shine_share=0.0) if structure in ("sdh", "edh", "sah") else config


def _in_layers(structure: str) -> tuple[Issue, ...]:
    """What a threshold cannot tell of blood that is no clot."""
    if structure == "sah":
        found = (
            "blood in sulci and cisterns is thinner than slices and blur show: a threshold reads far too little of it"
        )
        remedy = "draw it: its volume is that of the drawing; the outline is where to begin"
        return (Issue("H17", Level.ASK, found, "an outline by a reader", remedy),)
    if structure == "sdh":
        found = "a layer along the skull tapers to edges thinner than slices and blur show: up to 15 % of it are not outlined"
        remedy = "look at its edges, there above all where the skull slopes; draw what is missing"
        return (Issue("H17", Level.WARN, found, "a clot with thick edges", remedy),)
    return ()


def _start_in(region: Mask) -> tuple[int, int, int]:
    index = np.argwhere(region.values)
    if not len(index):
        expected = "a region with voxels"
        raise SegmentationError(Issue("H15", Level.STOP, "an empty region", expected, "draw a region over the clot"))
    middle = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
    return tuple(int(n) for n in middle)


def _found(image: Volume, start, region: Mask | None, head: CtHead | None, config: HematomaConfig):
    """Region of the clot in a box that fits it; its extent is found on a coarse grid first."""
    whole = _reach(image.geometry, start, region, config)
    overview = _overview(image, whole if region is None else _reach(image.geometry, start, None, config), head, config)
    box, threshold = whole, None
    if region is None:
        box, threshold, start = _tight(overview, image.geometry, start, config)
    part = _part(image, box, head, overview, config)
    at = tuple(int(s - b.start) for s, b in zip(start, box, strict=True))
    rough = region.values[box] if region is not None else None
    near = grown_in_plane(rough, part.geometry, config.edge_mm) if rough is not None else True
    found = _converged(part, at, config, rough=rough, near=near, threshold=threshold)
    if box != whole and _touches(found.values, box, whole):
        part = _part(image, whole, head, overview, config)
        at = tuple(int(s - b.start) for s, b in zip(start, whole, strict=True))
        found = _converged(part, at, config)
    return part, found


def _converged(part: _Part, at, config: HematomaConfig, *, rough=None, near=True, threshold=None) -> Region:
    allowed = part.allowed & near
    return converged_region(
        part.hu - part.shine, part.level(config), allowed, part.geometry, at, rough, config, threshold
    )


def _touches(values: np.ndarray, box: Box, whole: Box) -> bool:
    """True where a region reaches a side of its box that it could pass."""
    for axis, (inner, outer) in enumerate(zip(box, whole, strict=True)):
        planes = values.any(axis=tuple(a for a in range(3) if a != axis))
        if (planes[0] and inner.start > outer.start) or (planes[-1] and inner.stop < outer.stop):
            return True
    return False


def _overview(image: Volume, box: Box, head: CtHead | None, config: HematomaConfig) -> _Overview:
    """Coarse copy of what lies around a seed, and what bone adds there."""
    geometry = cropped(image.geometry, box)
    sizes = {"pixel_mm": config.work_pixel_mm, "slice_mm": config.work_slice_mm}
    coarse = coarse_copy(image.values[box], geometry, **sizes)
    inside, shine = None, None
    if head is not None and head.has_skull:
        inside = coarse_copy(head.brain.values[box], geometry, **sizes).values > 0.5
        if config.shine_share:
            shine = skull_shine(coarse.values, inside & (coarse.values < config.bone_hu), coarse.geometry, config)
    return _Overview(coarse, inside, shine, box)


def _tight(overview: _Overview, geometry: Geometry, start, config: HematomaConfig):
    """Box around the clot as a coarse copy shows it, with a margin, its threshold, and a voxel in it; what is given where it shows none."""
    coarse, box = overview.coarse, overview.box
    part = _prepared(coarse.values, overview.inside, overview.shine, 0, coarse.geometry, box, config)
    at = tuple((s - b.start) // f for s, b, f in zip(start, box, coarse.factors, strict=True))
    try:
        found = _converged(part, at, config)
    except SegmentationError:
        return box, None, start
    if found.seed != at:
        middles = zip(found.seed, coarse.factors, box, geometry.shape, strict=True)
        start = tuple(min(int(n * f + f // 2 + b.start), size - 1) for n, f, b, size in middles)
    fitted = _around(bounding_box(coarse.fine(found.values)), box, geometry, start, config)
    return fitted, None if found.issues else found.threshold_hu, start


def _around(found: Box, box: Box, geometry: Geometry, start, config: HematomaConfig) -> Box:
    along_i, along_j = geometry.pixel_spacing
    fitted = []
    for mm, inner, outer, at in zip((geometry.mean_extent_mm, along_j, along_i), found, box, start, strict=True):
        pad = int(np.ceil(config.margin_mm / mm)) + 1
        low, high = min(inner.start + outer.start, at), max(inner.stop + outer.start, at + 1)
        fitted.append(slice(max(outer.start, low - pad), min(outer.stop, high + pad)))
    return tuple(fitted)


def _part(image: Volume, box: Box, head: CtHead | None, overview: _Overview, config: HematomaConfig) -> _Part:
    """Image, smoothed image and where blood may be, in a box."""
    geometry = cropped(image.geometry, box)
    inside = head.brain.values[box] if head is not None and head.has_skull else None
    shine = None if overview.shine is None else replace(overview.shine, thickness=overview.coarse.factors[0])
    first = box[0].start - overview.box[0].start
    hu = np.asarray(image.values[box], np.float32)
    return _prepared(hu, inside, shine, first, geometry, box, config)


def _prepared(hu, inside, shine: SkullShine | None, first: int, geometry: Geometry, box: Box, config) -> _Part:
    """Image, smoothed image, voxels away from bone, those of the brain beside it, and what bone adds to them."""
    bone = hu > config.bone_hu
    brain = ~bone if inside is None else inside & ~bone
    added = np.zeros(hu.shape, np.float32) if shine is None else shine.at(brain, geometry, first)
    allowed = brain & ~grown_in_plane(~brain, geometry, config.guard_mm)
    if config.skull_gap_mm:
        brain = brain & ~grown_in_plane(_skull(~brain, geometry, config), geometry, config.skull_gap_mm)
        allowed &= brain
    smooth = smoothed_mm(np.clip(hu, -200, config.bone_hu), geometry, config.smooth_mm)
    return _Part(hu, smooth, allowed, brain & ~allowed, added, geometry, box)


def _skull(solid: np.ndarray, geometry: Geometry, config: HematomaConfig) -> np.ndarray:
    """Bone and outside without what lies inside of the brain, such as calcified plexus."""
    labels, _ = ndimage.label(solid, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel()) * float(geometry.voxel_volumes_mm3.mean()) / 1000
    large = sizes >= config.skull_ml
    large[0] = False
    return large[labels]


def _reach(geometry: Geometry, start, region: Mask | None, config: HematomaConfig) -> Box:
    """Box that a clot can fill from its seed, or around a rough region."""
    if region is not None:
        margin, found, centers = config.roi_mm + 3 * config.level_mm, bounding_box(region.values), None
    else:
        margin, found, centers = config.reach_mm, None, start
    along_i, along_j = geometry.pixel_spacing
    box = []
    for axis, mm in enumerate((geometry.mean_extent_mm, along_j, along_i)):
        low, high = (found[axis].start, found[axis].stop) if found else (centers[axis], centers[axis] + 1)
        pad = int(np.ceil(margin / mm))
        box.append(slice(max(0, low - pad), min(geometry.shape[axis], high + pad)))
    return tuple(box)


def _to_bone(found: Region, part: _Part, config: HematomaConfig) -> np.ndarray:
    """Region with the voxels beside bone that continue it: those whose nearest voxel away from bone is of the region."""
    values = found.values.copy()
    bright = part.guard & (part.level(config) > found.threshold_hu) & (part.hu < config.clot_high_hu)
    if found.left is not None:
        bright &= ~grown_in_plane(found.left, part.geometry, config.guard_mm)
    along_i, along_j = part.geometry.pixel_spacing
    for k in np.flatnonzero(values.any(axis=(1, 2)) & bright.any(axis=(1, 2))):
        away = ~part.allowed[k]
        distance, (j, i) = ndimage.distance_transform_edt(away, sampling=(along_j, along_i), return_indices=True)
        near = distance <= config.guard_mm + 1.5 * max(along_i, along_j)
        values[k] |= bright[k] & near & found.values[k][j, i]
    # holes are filled, but for calcification
    return values & (part.hu <= config.bone_hu)


def _outlined(image, found: Region, part: _Part, region, seed, structure: str, config: HematomaConfig) -> Hematoma:
    apart = part.allowed if found.left is None else part.allowed & ~found.left
    shares = shares_of_clot(part.hu, part.smooth, part.shine, found, apart, part.geometry, config)
    values, cut, volume = border_by_share(shares, found, part.geometry)
    level, step = part.level(config), config.band_step_hu
    steps = [_half_ml(found, level, part.geometry, shares.band, found.threshold_hu + s * step) for s in (1, 0, -1)]
    band = (volume + steps[0] - steps[1], volume + steps[2] - steps[1])
    words = (
        f"half maximum at {found.threshold_hu:.1f} HU between clot {found.clot_hu:.1f} and background "
        f"{found.background_hu:.1f} HU, border by shares of clot"
    )
    parameters = {
        "threshold_hu": found.threshold_hu,
        "clot_hu": found.clot_hu,
        "background_hu": found.background_hu,
        "smoothing_mm": config.smooth_mm,
        "upper_limit_hu": config.clot_high_hu,
        "connectivity": 6,
        "rounds": found.rounds,
        "share_cut": cut,
        "seed_lps": None if region is not None else [float(x) for x in seed],
        "region": region.method if region is not None else None,
    }
    shape = image.geometry.shape
    mask = Mask(uncropped(values, part.box, shape), image.geometry, structure, words, parameters)
    return Hematoma(
        mask,
        uncropped(found.values, part.box, shape),
        found.threshold_hu,
        found.clot_hu,
        found.background_hu,
        mask.volume_ml,
        part.geometry.volume_ml(found.values),
        _fixed_ml(found, part, config),
        (max(0.0, band[0]), band[1]),
        None if region is not None else tuple(float(x) for x in seed),
        parameters,
        (*found.issues, *_in_layers(structure), *_cut_off(mask)),
    )


def _half_ml(found: Region, level: np.ndarray, geometry: Geometry, band: np.ndarray, threshold: float) -> float:
    """Volume of the plain cut at another threshold, within the band around the border."""
    inner = found.values & ~band
    return geometry.volume_ml(inner | (band & (level > threshold) & (level < 100)))


def _fixed_ml(found: Region, part: _Part, config: HematomaConfig) -> float:
    """Volume of the fixed window around the clot: its largest part that meets the clot."""
    reach = grown_in_plane(next_slices(found.values, part.geometry), part.geometry, config.roi_mm)
    window = reach & part.allowed & (part.smooth > config.fixed_low_hu) & (part.smooth < config.clot_high_hu)
    labels, count = ndimage.label(window)
    if not count:
        return 0.0
    sizes = np.bincount(labels[found.values], minlength=count + 1)
    sizes[0] = 0
    return part.geometry.volume_ml(labels == sizes.argmax()) if sizes.any() else 0.0


def _cut_off(mask: Mask) -> tuple[Issue, ...]:
    ends = [name for name, k in (("first", 0), ("last", -1)) if mask.values[k].any()]
    if not ends or mask.geometry.shape[0] == 1:
        return ()
    found = f"the clot reaches the {' and '.join(ends)} slice of the stack"
    remedy = "its volume is a lower limit; measure it on a series that covers it"
    return (Issue("H14", Level.WARN, found, "slices beyond both ends of the clot", remedy),)
