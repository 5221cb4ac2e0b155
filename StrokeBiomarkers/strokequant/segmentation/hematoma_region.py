"""Region of a clot above the half maximum, found again with its own levels until the threshold stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig
from .cropping import Box, bounding_box, cropped, uncropped
from .ct_head import grown_in_plane, in_plane_distance, shrunk_in_plane
from .hematoma_surroundings import next_slices

FACES = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True, eq=False)
class Region:
    """Voxels of a clot above the half maximum.

    Args:
        values: (k, j, i) bool.
        core: its voxels away from the border, which give the level of the clot.
        ring: voxels around it that give the background.
        threshold_hu, clot_hu, background_hu: medians and what lies half-way.
        rounds: until the threshold stood still.
        left: (k, j, i) what touches the clot and was left out of it; None for nothing.
        issues: H codes.
        seed: voxel in its thick part that holds it together.
    """

    values: np.ndarray
    core: np.ndarray
    ring: np.ndarray
    threshold_hu: float
    clot_hu: float
    background_hu: float
    rounds: int
    left: np.ndarray | None = None
    issues: tuple[Issue, ...] = ()
    seed: tuple[int, int, int] = (0, 0, 0)


def smoothed_mm(hu: np.ndarray, geometry: Geometry, sd_mm: float) -> np.ndarray:
    """(k, j, i) Gaussian of this SD in mm; through the slices only where they are thinner than twice the SD."""
    along_i, along_j = geometry.pixel_spacing
    through = geometry.mean_extent_mm
    depth = sd_mm / through if geometry.is_even and through <= 2 * sd_mm else 0
    return ndimage.gaussian_filter(hu, (depth, sd_mm / along_j, sd_mm / along_i), mode="nearest")


def nearest_voxel(lps: Sequence[float], geometry: Geometry) -> tuple[int, int, int]:
    """(k, j, i) of the voxel that holds a point; through uneven and tilted slices too.

    Raises:
        SegmentationError: H15, the point is not in the image.
    """
    point = np.asarray(lps, float)
    if point.shape != (3,) or not np.isfinite(point).all():
        expected, remedy = "X,Y,Z in LPS mm", "click again"
        raise SegmentationError(Issue("H15", Level.STOP, f"seed {list(np.ravel(lps))}", expected, remedy))
    along = point @ geometry.normal - geometry.positions
    k = int(np.abs(along).argmin())
    beside = point - geometry.slice_origins[k]
    i, j = np.linalg.pinv(geometry.affine[:3, :2]) @ beside
    index = (k, round(float(j)), round(float(i)))
    in_plane = all(0 <= n < size for n, size in zip(index, geometry.shape, strict=True))
    if not in_plane or abs(along[k]) > geometry.slice_extents[k]:
        found = f"seed {point[0]:.1f}, {point[1]:.1f}, {point[2]:.1f} lies outside of the image"
        remedy = "give LPS mm: left, posterior and superior are positive"
        raise SegmentationError(Issue("H15", Level.STOP, found, "a point in the image", remedy))
    return index


def converged_region(
    hu: np.ndarray,
    smooth: np.ndarray,
    allowed: np.ndarray,
    geometry: Geometry,
    seed: tuple[int, int, int],
    rough: np.ndarray | None,
    config: HematomaConfig,
    threshold: float | None = None,
) -> Region:
    """The region at its own half maximum.

    Args:
        hu, smooth: (k, j, i) image as it is and smoothed.
        allowed: where blood may be.
        geometry: their grid.
        seed: voxel in the clot.
        rough: region of a reader, None for a click.
        config: parameters.
        threshold: to begin with, where one was found on a coarser grid.

    Raises:
        SegmentationError: H15 and H18, see `segment_hematoma`.
    """
    if threshold is None:
        threshold = _first_threshold(smooth, allowed, geometry, seed, rough, config)
    region, used = None, threshold
    for n in range(1, config.rounds + 1):
        values, left = _connected(smooth, allowed, geometry, threshold, seed, config)
        if config.join_share:
            # at a higher threshold the part that was clicked may hang together with the rest no more
            seed = _deepest(values, geometry)
        if _grown_too_far(values, region, smooth, geometry, threshold, config):
            fall = used - threshold
            if fall < config.leak_step_hu:
                return replace(region, issues=(_leak(threshold),))
            # as far as half-way a region may grow without a leak
            threshold = used - fall / 2
            continue
        region = replace(
            _with_levels(values, hu, smooth, allowed, geometry, threshold, n, config), left=left, seed=seed
        )
        used, threshold = threshold, region.threshold_hu
        if abs(used - threshold) < config.still_hu:
            break
    if geometry.volume_ml(region.values) < config.speck_ml:
        raise SegmentationError(_speck(geometry.volume_ml(region.values)))
    if region.clot_hu < config.clot_low_hu:
        raise SegmentationError(_no_blood(region.clot_hu, config))
    left_ml = geometry.volume_ml(region.left) + _beyond_ml(region, smooth, allowed, geometry, config)
    if left_ml > config.left_share * geometry.volume_ml(region.values):
        return replace(region, issues=(_left_out(left_ml),))
    return region


def _grown_too_far(
    values, region: Region | None, smooth, geometry: Geometry, threshold, config: HematomaConfig
) -> bool:
    """True where a region is so much larger than that of the round before; a speck is none to compare with."""
    if region is None or geometry.volume_ml(region.values) < config.speck_ml:
        return False
    if np.count_nonzero(values) <= config.leak_ratio * np.count_nonzero(region.values):
        return False
    # what is joined is as dense as the clot, what leaks lies just above the threshold
    rise = float(np.median(smooth[values & ~region.values])) - threshold
    return not config.join_share or rise < config.join_share * (region.clot_hu - threshold)


def _deepest(values: np.ndarray, geometry: Geometry) -> tuple[int, int, int]:
    depth = in_plane_distance(values, geometry)
    return tuple(int(n) for n in np.unravel_index(depth.argmax(), depth.shape))


def _no_blood(level: float, config: HematomaConfig) -> Issue:
    found = f"{level:.0f} HU at the seed" if np.isfinite(level) else "no blood at the seed or in the region"
    expected = f"blood, {config.clot_low_hu:g} to {config.clot_high_hu:g} HU"
    remedy = "click into the clot; for a clot as dark as brain draw it by hand"
    return Issue("H15", Level.STOP, found, expected, remedy)


def _speck(volume_ml: float) -> Issue:
    found = f"{volume_ml:.2f} mL at the seed, a speck"
    remedy = "click into the thick of the clot, or draw it by hand"
    return Issue("H15", Level.STOP, found, "a clot at the seed", remedy)


def _beyond_ml(region: Region, smooth, allowed, geometry: Geometry, config: HematomaConfig) -> float:
    """mL as dense as the clot that go on from it beyond a thin place."""
    dense = region.threshold_hu + config.part_share * (region.clot_hu - region.threshold_hu)
    near = grown_in_plane(next_slices(region.values, geometry), geometry, config.bridge_mm)
    bright = (smooth > dense) & (smooth < config.clot_high_hu) & allowed & ~region.left
    labels, _ = ndimage.label(bright & (shrunk_in_plane(bright, geometry, 1.0) | near), FACES)
    goes_on = np.unique(labels[near])
    rest = np.isin(labels, goes_on[goes_on > 0]) & ~near
    return geometry.volume_ml(rest)


def _leak(threshold: float) -> Issue:
    found = f"at {threshold:.1f} HU the clot runs into tissue as bright as it"
    remedy = "the border stands at a higher threshold: look at it, or give a rough region"
    return Issue("H16", Level.WARN, found, "a clot that its half maximum separates from its surroundings", remedy)


def _left_out(volume_ml: float) -> Issue:
    found = f"{volume_ml:.1f} mL that touch the clot are as bright as its border and were left out"
    remedy = "sinus, tentorium, falx or brain below bone, as far as told: look at where the clot touches it"
    return Issue("H16", Level.WARN, found, "a clot that its half maximum separates from its surroundings", remedy)


def _first_threshold(smooth, allowed, geometry: Geometry, seed, rough, config: HematomaConfig) -> float:
    """Between the level around the seed and the lowest of blood."""
    # noise of the smoothed image would lift the upper tenth of it
    even = smoothed_mm(smooth, geometry, config.seed_smooth_mm)
    there = rough if rough is not None else _around(seed, geometry, config.seed_mm)
    there = there & allowed & (smooth < config.clot_high_hu)
    if rough is not None:
        there &= even > config.clot_low_hu
    level = float(np.percentile(even[there], config.seed_percentile)) if there.any() else np.nan
    if not level >= config.clot_low_hu:
        raise SegmentationError(_no_blood(level, config))
    # from above: a first region inside of the clot cannot run into the brain
    return level - config.first_fall * (level - config.tissue_hu)


def _around(seed: tuple[int, int, int], geometry: Geometry, radius_mm: float) -> np.ndarray:
    """Voxels within a distance of the seed, in its own slice and the next where those are as near."""
    along_i, along_j = geometry.pixel_spacing
    j, i = (np.arange(n) - at for n, at in zip(geometry.shape[1:], seed[1:], strict=True))
    depth = geometry.positions - geometry.positions[seed[0]]
    squares = (depth**2)[:, None, None] + (j * along_j)[None, :, None] ** 2 + (i * along_i)[None, None, :] ** 2
    return squares <= radius_mm**2


def _connected(
    smooth, allowed, geometry: Geometry, threshold: float, seed, config: HematomaConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Region above a threshold that holds the seed, cut where it is thin, with its holes filled; and what was left out of it."""
    above = (smooth > threshold) & (smooth < config.clot_high_hu) & allowed
    depth = in_plane_distance(above, geometry)
    thick = depth > config.bridge_mm / 2
    labels, count = ndimage.label(thick if thick.any() else above, FACES)
    if not count:
        return above, np.zeros_like(above)
    core = labels == _label_of(labels, above, geometry, seed, config)
    if config.join_share:
        core |= _joined(core, labels, above, smooth, geometry, threshold, config)
    box = _box_around(core, geometry, seed, config)
    at = tuple(n - s.start for n, s in zip(seed, box, strict=True))
    inner = (a[box] for a in (core, above, depth, smooth, allowed))
    found = _trimmed(*inner, cropped(geometry, box), threshold, at, config)
    return tuple(uncropped(a, box, above.shape) for a in found)


def _box_around(core: np.ndarray, geometry: Geometry, seed, config: HematomaConfig) -> Box:
    """Box of a region and its seed, with what tells whether it lies at the skull."""
    along_i, along_j = geometry.pixel_spacing
    pads = (2, *(int(np.ceil((config.along_mm + 2 * config.bridge_mm) / mm)) for mm in (along_j, along_i)))
    return tuple(
        slice(max(0, min(s.start, at) - pad), min(n, max(s.stop, at + 1) + pad))
        for s, at, pad, n in zip(bounding_box(core), seed, pads, core.shape, strict=True)
    )


def _trimmed(core, above, depth, smooth, allowed, geometry: Geometry, threshold, seed, config: HematomaConfig):
    """Region around its thick part without other structures, and those."""
    dropped = other_parts(core, depth, smooth, allowed, geometry, threshold, seed, config)
    core = core & ~dropped
    grown = grown_in_plane(core, geometry, 0.75 * config.bridge_mm) & above
    grown[1:] |= above[1:] & core[:-1]
    grown[:-1] |= above[:-1] & core[1:]
    filled = np.stack([ndimage.binary_fill_holes(plane) if plane.any() else plane for plane in grown])
    sheets = _sheets(filled, smooth, allowed, geometry, threshold, config) if config.sheet_mm else np.zeros_like(filled)
    return filled & ~sheets, dropped | sheets


def _joined(core, labels, above, smooth, geometry: Geometry, threshold, config: HematomaConfig) -> np.ndarray:
    """Parts that hang together with a region by whatever is above the threshold, as dense as it, and not beside calcification."""
    whole, count = ndimage.label(above, np.ones((3, 3, 3)))
    mine = np.zeros(count + 1, bool)
    mine[whole[core]] = True
    others = mine[whole] & (labels > 0) & ~core
    if not others.any():
        return others
    least = threshold + config.join_share * (float(np.median(smooth[core])) - threshold)
    box = bounding_box(others)
    others, smooth, labels = others[box], smooth[box], labels[box]
    stones = grown_in_plane(smooth >= config.clot_high_hu, cropped(geometry, box), config.stone_mm)
    names = np.unique(labels[others])
    dense = np.asarray(ndimage.median(smooth[others], labels[others], names)) >= least
    clear = np.asarray(ndimage.mean(stones[others], labels[others], names)) < config.stone_share
    return uncropped(np.isin(labels, names[dense & clear]) & others, box, core.shape)


def _sheets(
    values: np.ndarray,
    smooth: np.ndarray,
    allowed: np.ndarray,
    geometry: Geometry,
    threshold: float,
    config: HematomaConfig,
) -> np.ndarray:
    """Thin parts of a region within its slices that are less dense than it: falx, tentorium, vessels."""
    depth = in_plane_distance(values, geometry)
    thick = depth > config.sheet_mm / 2
    if not thick.any():
        return np.zeros_like(values)
    level = float(np.median(smooth[thick]))
    opened = grown_in_plane(thick, geometry, config.sheet_mm / 2 + max(geometry.pixel_spacing))
    thin = values & ~opened
    ends = next_slices(opened & values, geometry)
    labels, count = ndimage.label(thin, FACES)
    if not count:
        return thin
    sheets, skull = np.zeros_like(values), None
    sizes = np.bincount(labels.ravel()) * float(geometry.voxel_volumes_mm3.mean()) / 1000
    boxes = ndimage.find_objects(labels)
    for n, box in enumerate(boxes, start=1):
        part = labels[box] == n
        rise = (float(np.median(smooth[box][part])) - threshold) / (level - threshold)
        if rise >= config.along_rise:
            continue
        if rise >= config.part_share:
            # bone shines into what lies along it, so that only clot is as dense as clot there
            skull = _at_skull(values, allowed, geometry, config) if skull is None else skull
            sheets[box] |= part & (skull[box][part].mean() > config.along_share)
            continue
        # the end of a clot is thin and less dense too, by partial volume: it lies above the clot, and is round
        at_end = ends[box][part].mean() > 0.5
        if not at_end or (sizes[n] > config.part_ml and _elongation(part, geometry) > config.sheet_elongation):
            sheets[box] |= part
    return sheets


def _elongation(part: np.ndarray, geometry: Geometry) -> float:
    """Longer over shorter axis of a part as it lies in its slices."""
    along_i, along_j = geometry.pixel_spacing
    points = np.argwhere(part)[:, 1:] * [along_j, along_i]
    axes = np.sqrt(np.linalg.eigvalsh(np.cov(points.T, bias=True) + np.eye(2) * along_i * along_j / 12))
    return float(axes[1] / axes[0])


def _label_of(labels: np.ndarray, above: np.ndarray, geometry: Geometry, seed, config: HematomaConfig) -> int:
    """Label of the clot of a seed: the one at the seed, or the largest beside it where that is no more than a speck."""
    label = _label_near(labels, geometry, seed)
    if geometry.volume_ml(labels == label) >= config.speck_ml:
        return label
    whole, _ = ndimage.label(above, np.ones((3, 3, 3)))
    mine = whole == whole[tuple(np.argwhere(labels == label)[0])]
    near = np.unique(labels[_around(seed, geometry, config.seed_mm) & mine])
    sizes = np.bincount(labels.ravel())[near[near > 0]]
    return int(near[near > 0][sizes.argmax()]) if sizes.size else label


def other_parts(
    core: np.ndarray, depth: np.ndarray, smooth: np.ndarray, allowed, geometry: Geometry, threshold: float, seed, config
) -> np.ndarray:
    """Parts of a region behind a neck that are no clot: clearly less dense, or along the skull where the clot is not.

    Sinuses, the tentorium and brain below thick bone are as bright as an old clot.

    Args:
        core: (k, j, i) region in one piece.
        depth: of its voxels below the border in mm.
        smooth: smoothed image.
        allowed: away from bone.
        geometry: grid.
        threshold: of the region.
        seed: voxel in the clot.
        config: parameters.
    """
    dropped = np.zeros_like(core)
    if not config.part_share:
        return dropped
    skull = None
    for radius in config.neck_mm * np.arange(1, 4):
        labels, count = ndimage.label(core & ~dropped & (depth > radius), FACES)
        if not count:
            break
        main = labels == _label_near(labels, geometry, seed)
        near = grown_in_plane(next_slices(main, geometry), geometry, radius + config.bridge_mm / 2)
        parts, count = ndimage.label(core & ~near & ~dropped, FACES)
        sizes = np.bincount(parts.ravel(), minlength=count + 1) * float(geometry.voxel_volumes_mm3.mean()) / 1000
        boxes = ndimage.find_objects(parts)
        for n in 1 + np.flatnonzero(sizes[1:] > config.part_ml):
            skull = _at_skull(core, allowed, geometry, config) if skull is None else skull
            box = boxes[n - 1]
            part = parts[box] == n
            inner = part & (depth[box] > config.neck_mm)
            level = float(np.median(smooth[box][inner if inner.any() else part]))
            share = (level - threshold) / (float(np.median(smooth[main])) - threshold)
            along = skull[box][part].mean() > config.along_share and skull[main].mean() < config.along_share / 2
            if share < config.part_share or along:
                dropped[box] |= part
            if along:
                # what joins it to the clot runs along the skull too
                dropped |= core & skull & ~grown_in_plane(main, geometry, radius + max(geometry.pixel_spacing))
    return dropped


def _at_skull(core: np.ndarray, allowed: np.ndarray, geometry: Geometry, config: HematomaConfig) -> np.ndarray:
    """Voxels of a region that lie near bone, or near the outside of the brain, in their slice."""
    near = np.zeros_like(core)
    for k in np.flatnonzero(core.any(axis=(1, 2))):
        if not allowed[k].all():
            near[k] = core[k] & (in_plane_distance(allowed[k : k + 1], geometry)[0] < config.along_mm)
    return near


def _label_near(labels: np.ndarray, geometry: Geometry, seed: tuple[int, int, int]) -> int:
    """Label at the seed, else that of the nearest voxel."""
    if labels[seed]:
        return int(labels[seed])
    along_i, along_j = geometry.pixel_spacing
    index = np.argwhere(labels)
    depth = geometry.positions[index[:, 0]] - geometry.positions[seed[0]]
    squares = depth**2 + ((index[:, 1] - seed[1]) * along_j) ** 2 + ((index[:, 2] - seed[2]) * along_i) ** 2
    return int(labels[tuple(index[squares.argmin()])])


def _with_levels(values, hu, smooth, allowed, geometry: Geometry, threshold, n: int, config: HematomaConfig) -> Region:
    core = clot_core(values, geometry, config)
    near = grown_in_plane(next_slices(values, geometry), geometry, edge_width(geometry, config))
    width = max(config.ring_mm, *geometry.pixel_spacing)
    ring = grown_in_plane(near, geometry, width) & ~near & allowed & (smooth < threshold)
    clot = float(np.median(smooth[core])) if core.any() else np.nan
    background = float(np.median(hu[ring])) if ring.any() else np.nan
    contrast = clot - background
    if not contrast >= config.least_contrast_hu:
        found = f"clot {clot:.0f} HU, background {background:.0f} HU"
        expected = f"{config.least_contrast_hu:g} HU apart or more"
        remedy = "draw it by hand: blood as dark as brain has no half maximum"
        raise SegmentationError(Issue("H18", Level.STOP, found, expected, remedy))
    return Region(values, core, ring, (clot + background) / 2, clot, background, n)


def edge_width(geometry: Geometry, config: HematomaConfig) -> float:
    """Reach of the blur of a border in mm."""
    return max(config.edge_mm, 1.5 * max(geometry.pixel_spacing))


def clot_core(values: np.ndarray, geometry: Geometry, config: HematomaConfig) -> np.ndarray:
    """Voxels of a clot away from its border within and between the slices; less far where it is too small for that."""
    between = values.copy()
    between[1:] &= values[:-1]
    between[:-1] &= values[1:]
    if len(values) > 1:
        between[[0, -1]] &= values[[1, -2]]
    for candidates, depth in ((between, config.core_mm), (values, config.core_mm / 2)):
        core = shrunk_in_plane(candidates, geometry, depth)
        if core.any():
            return core
    return values
