"""Tissue beside an outlined clot that is denser than brain and not in its volume: the upper layer of a fluid level, fresh or layered blood.

Blood that does not clot settles: serum above, cells below, with a level between them. A threshold half-way between the lower layer and
brain then passes through the upper one and leaves out all or most of it, with nothing to show for it in the numbers. What tells it is
what lies beyond the blur of the border: tissue that is denser than what else lies around the clot and than the other side of the brain at
the same place, in one thick piece that is broad against the clot. Cortex, falx and bone that shines into brain are thin, or the same on both sides.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import BesideClotConfig
from .coarse import coarse_copy
from .cropping import Box, box_around, cropped
from .ct_head import CtHead, grown_in_plane, in_plane_distance
from .hematoma_surroundings import next_slices

_ALL = 0.99
"""Share of a block of voxels that counts as all of it."""


@dataclass(frozen=True)
class Beside:
    """The piece of dense tissue beside a clot.

    Args:
        volume_ml: of it, up to the clot.
        hu, around_hu: its median, and that of tissue around the clot.
    """

    volume_ml: float
    hu: float
    around_hu: float


@dataclass(frozen=True, eq=False)
class _Scene:
    """What lies around a clot, on a grid of about a millimeter.

    Args:
        level: (k, j, i) smoothed HU without the clot and what bone adds.
        open: voxels beyond the blur of the clot that hold no bone.
        clot, near: the clot, and it with its blur.
        geometry: grid.
    """

    level: np.ndarray
    open: np.ndarray
    clot: np.ndarray
    near: np.ndarray
    geometry: Geometry


def dense_beside(
    hu: np.ndarray,
    shine: np.ndarray,
    allowed: np.ndarray,
    clot: np.ndarray,
    geometry: Geometry,
    head: CtHead | None,
    whole_hu: float,
    config: BesideClotConfig = BesideClotConfig(),
) -> Beside | None:
    """The largest piece of dense tissue beside a clot; None where there is none that matters.

    Args:
        hu: (k, j, i) image around the clot.
        shine: what bone adds to it.
        allowed: voxels away from bone.
        clot: its mask.
        geometry: their grid.
        whole_hu: parts of the mask below are not the clot that tissue lies beside: noise lifts some of a layer above the threshold.
        head: whose other side is compared; without it, or where that is blood or CSF, surroundings alone tell.
        config: limits.
    """
    box = _box(clot, geometry, config)
    hu, shine, allowed, clot = (a[box] for a in (hu, shine, allowed, clot))
    scene = _scene(hu - shine, allowed, clot, cropped(geometry, box), whole_hu, config)
    tissue = scene.open & (scene.level > config.tissue_low_hu)
    if not tissue.any():
        return None
    around = float(np.median(scene.level[tissue]))
    dense = tissue & (scene.level > around + config.rise_hu) & (scene.level < config.dense_most_hu)
    if dense.any() and head is not None and head.coarse is not None:
        other = _other_side(scene, dense, head, config)
        raw = (
            scene.level
            + coarse_copy(shine, cropped(geometry, box), pixel_mm=config.pixel_mm, slice_mm=config.slice_mm).values
        )
        dense &= ~(raw - other < config.mirror_hu)
    return _largest(dense, scene, around, config)


def _box(clot: np.ndarray, geometry: Geometry, config: BesideClotConfig) -> Box:
    """Box of a clot and what lies around it."""
    along_i, along_j = geometry.pixel_spacing
    sizes = (geometry.mean_extent_mm, along_j, along_i)
    return box_around(clot, tuple(int(np.ceil(config.around_mm / mm)) for mm in sizes))


def _scene(hu, allowed, clot, geometry: Geometry, whole_hu: float, config: BesideClotConfig) -> _Scene:
    """Everything on the coarse grid."""

    def coarse(values):
        return coarse_copy(values, geometry, pixel_mm=config.pixel_mm, slice_mm=config.slice_mm)

    image = coarse(np.clip(hu, -50, 150))
    grid, share = image.geometry, coarse(clot).values
    inside = share > 0.5
    half = config.whole_mm / 2
    whole = inside & (_mean_over(image.values, inside, grid, config.smooth_mm, 0.05) > whole_hu)
    whole = grown_in_plane(in_plane_distance(whole, grid) > half, grid, half + max(grid.pixel_spacing)) & (share > 0)
    near = grown_in_plane(next_slices(whole if whole.any() else inside, grid), grid, config.blur_mm)
    open_ = (coarse(allowed).values > _ALL) & ~near
    return _Scene(_mean_over(image.values, open_, grid, config.smooth_mm, 0.05), open_, inside, near, grid)


def _mean_over(values, where, geometry: Geometry, sd_mm: float, least: float) -> np.ndarray:
    """(k, j, i) Gaussian mean over the voxels of a mask, in the plane; NaN where they are less than this share."""
    along_i, along_j = geometry.pixel_spacing
    sd = (0, sd_mm / along_j, sd_mm / along_i)
    weight = ndimage.gaussian_filter(where.astype(np.float32), sd, truncate=3)
    total = ndimage.gaussian_filter(np.where(where, values, np.float32(0)), sd, truncate=3)
    return np.where(weight > least, total / np.maximum(weight, np.float32(least)), np.float32(np.nan))


def _other_side(scene: _Scene, dense: np.ndarray, head: CtHead, config: BesideClotConfig) -> np.ndarray:
    """(k, j, i) level of the other side of the brain, NaN where that is no tissue: CSF, bone, or blood across the mid-plane."""
    index = np.argwhere(np.ones(dense.shape, bool))
    mirrored = head.midplane.reflect(scene.geometry.to_lps(index))
    image = head.coarse.image
    there, known = _voxels_at(mirrored, image.geometry)
    hu = image.values[there]
    known &= head.coarse.brain[there] & (hu > config.tissue_low_hu) & (hu < config.dense_most_hu)
    own, inside = _voxels_at(mirrored, scene.geometry)
    known &= ~(inside & (scene.near | dense)[own])
    return _mean_over(
        hu.reshape(dense.shape), known.reshape(dense.shape), scene.geometry, config.mirror_mm, config.mirror_share
    )


def _voxels_at(lps: np.ndarray, geometry: Geometry) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """(k, j, i) of the voxels nearest to (n, 3) points, through uneven and tilted slices too, and which points lie in the image."""
    along, positions = lps @ geometry.normal, geometry.positions
    k = np.searchsorted((positions[1:] + positions[:-1]) / 2, along)
    inside = np.abs(along - positions[k]) <= geometry.slice_extents[k]
    i, j = np.rint(np.linalg.pinv(geometry.affine[:3, :2]) @ (lps - geometry.slice_origins[k]).T).astype(int)
    rows, columns = geometry.shape[1:]
    inside &= (j >= 0) & (j < rows) & (i >= 0) & (i < columns)
    return (k, np.clip(j, 0, rows - 1), np.clip(i, 0, columns - 1)), inside


def _largest(dense: np.ndarray, scene: _Scene, around: float, config: BesideClotConfig) -> Beside | None:
    """The largest thick piece that adjoins the clot and is broad and large against it."""
    geometry = scene.geometry
    half = config.thick_mm / 2
    core = in_plane_distance(dense, geometry) > half
    thick = grown_in_plane(core, geometry, half + max(geometry.pixel_spacing)) & dense
    labels, _ = ndimage.label(thick)
    touching = grown_in_plane(scene.near, geometry, config.touch_mm) & thick
    clot_ml = geometry.volume_ml(scene.clot)
    section_mm2 = np.pi * (clot_ml * 750 / np.pi) ** (2 / 3)
    found = []
    for n in np.unique(labels[touching]):
        piece = labels == n
        contact_ml, missed_ml = geometry.volume_ml(piece & touching), _up_to_clot_ml(piece, scene, config)
        broad = contact_ml * 1000 / config.touch_mm > config.contact_share * section_mm2
        near = contact_ml > config.near_share * geometry.volume_ml(piece)
        if broad and near and missed_ml > max(config.least_ml, config.least_share * clot_ml):
            found.append(Beside(missed_ml, float(np.median(scene.level[piece])), around))
    return max(found, key=lambda one: one.volume_ml, default=None)


def _up_to_clot_ml(piece: np.ndarray, scene: _Scene, config: BesideClotConfig) -> float:
    """Volume of a piece with what the blur hides between it and the clot."""
    hidden = grown_in_plane(piece, scene.geometry, config.blur_mm) & scene.near
    return scene.geometry.volume_ml((piece | hidden) & ~scene.clot)


@dataclass(frozen=True)
class FluidLevel:
    """A level within an outline: medians in front of it and behind it in HU."""

    front_hu: float
    back_hu: float


def fluid_level(hu: np.ndarray, clot: np.ndarray, geometry: Geometry, config: BesideClotConfig = BesideClotConfig()):
    """The level across an outline, None where its density does not step from front to back, head supine.

    Args:
        hu: (k, j, i) image around the clot.
        clot: its mask.
        geometry: their grid.
        config: limits.

    Returns:
        `FluidLevel` or None.
    """
    box = box_around(clot, (0, 0, 0))
    grid = cropped(geometry, box)
    sizes = {"pixel_mm": config.pixel_mm, "slice_mm": config.slice_mm}
    image, inside = coarse_copy(np.clip(hu[box], -50, 150), grid, **sizes), coarse_copy(clot[box], grid, **sizes)
    inner = in_plane_distance(inside.values > 0.5, image.geometry) > config.blur_mm
    if np.count_nonzero(inner) < config.level_voxels:
        return None
    level = _mean_over(image.values, inner, image.geometry, config.smooth_mm / 2, 0.05)[inner]
    order = np.argsort(image.geometry.to_lps(np.argwhere(inner))[:, 1], kind="stable")
    return _step(level[order].astype(float), config)


def _step(level: np.ndarray, config: BesideClotConfig) -> FluidLevel | None:
    """The best step of values from front to back, where it explains most of what they vary."""
    count, total = np.arange(1, len(level)), np.cumsum(level)
    front, back = total[:-1] / count, (total[-1] - total[:-1]) / (len(level) - count)
    share = count / len(level)
    within = (share > config.level_share) & (share < 1 - config.level_share)
    between = np.where(within, share * (1 - share) * (back - front) ** 2, 0)
    best = int(between.argmax())
    if back[best] - front[best] < config.level_hu or between[best] < config.level_explains * level.var():
        return None
    return FluidLevel(float(np.median(level[: best + 1])), float(np.median(level[best + 1 :])))


def level_issue(found: FluidLevel) -> Issue:
    """What is said of a level."""
    words = f"{found.front_hu:.0f} HU in front and {found.back_hu:.0f} HU behind, with a level between"
    remedy = "a fluid level? Its upper part is outlined too small: look at it, and draw what is missing"
    return Issue("H23", Level.WARN, words, "a clot of one density", remedy)


def beside_issue(found: Beside) -> Issue:
    """What is said of it."""
    words = (
        f"about {found.volume_ml:.1f} mL of {found.hu:.0f} HU beside the clot are denser than the tissue around "
        f"({found.around_hu:.0f} HU) and not in its volume"
    )
    remedy = "fluid level, layered or fresh blood? If it is blood, draw it: the volume is too small without it"
    return Issue("H23", Level.WARN, words, "brain or edema around the clot", remedy)
