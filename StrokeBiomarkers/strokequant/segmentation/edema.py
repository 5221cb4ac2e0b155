"""Perihematomal edema by the other side of the brain: how much darker the tissue around the clot is, by its distance. A guess that a reader edits.

A rim of edema is thin, the two sides of a brain differ by as much as edema does in single places, and in thick slices a voxel holds clot, rim and
brain. What can be told is the mean over all that lies equally far from the clot: the drop against the mirror image, less the drop far from the
clot, over the drop just beside it, is the share of edema at that distance. Shares are summed over the distances of all layers of the slices to the
volume, and the mask takes the likeliest voxels until it has that volume. The range holds what the levels may be off by, as both sides differ
where there is no lesion. Where the drop beside the clot does not exceed that, nothing can be told.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import CtHeadConfig, HematomaConfig, HemorrhageMeasureConfig
from ..types import Mask, Volume
from .cleanup import label_clusters
from .coarse import Coarse, coarse_copy
from .cropping import Box, bounding_box, box_around, cropped, uncropped
from .ct_head import CtHead, coarse_head, grown_in_plane
from .hematoma_surroundings import Distances, distances, next_slices
from .sides import MidPlane
from .workgrid import WorkGrid

_STEP_MM = 2.0
"""Step of the grid on which an image is compared with its mirror image."""

_BLED = 0.05
"""Share of blood from which a mirror image is no brain: it raises the smoothed value by 1 to 2 HU."""


@dataclass(frozen=True, eq=False)
class _Mirror:
    """Normal tissue by the other side.

    Args:
        plane: mid-plane.
        grid: on which levels are known.
        level, known: HU of tissue there, smoothed, and its share.
        bled: share of blood.
    """

    plane: MidPlane
    grid: WorkGrid
    level: np.ndarray
    known: np.ndarray
    bled: np.ndarray

    @classmethod
    def of(cls, coarse: Coarse, blood: np.ndarray, brain: np.ndarray, plane: MidPlane, config) -> "_Mirror":
        """From a coarse head and its blood."""
        smooth = _smoothed_tissue(coarse.values, _tissue(coarse.values, brain, blood, config), coarse.geometry, config)
        grid = WorkGrid.of(coarse.geometry, _STEP_MM)
        level, known, bled = (grid.down(a) for a in (*smooth, blood))
        return cls(plane, grid, level, known, ndimage.gaussian_filter(bled, config.edema_mirror_mm / _STEP_MM))

    def at(self, lps: np.ndarray) -> np.ndarray:
        """(n,) HU of normal tissue at (n, 3) points; NaN where the other side tells nothing."""
        index = self.grid.index_of(self.plane.reflect(lps))
        level, known, bled = (
            ndimage.map_coordinates(a, index, order=1, mode="constant", cval=0)
            for a in (self.level, self.known, self.bled)
        )
        told = (known > 0.5) & (bled < _BLED)
        return np.where(told, level, np.nan)


def segment_edema(
    image: Volume,
    blood: np.ndarray,
    clot: np.ndarray,
    head: CtHead,
    *,
    config: HemorrhageMeasureConfig = HemorrhageMeasureConfig(),
    head_config: CtHeadConfig = CtHeadConfig(),
) -> Mask:
    """Edema around the ICH.

    Args:
        image: HU.
        blood: (k, j, i) all blood, which is no edema.
        clot: the ICH, which edema touches.
        head: of `ct_head`.
        config: levels, reach and what can be told.
        head_config: size of the working grid.

    Returns:
        Mask "edema" with H21, a guess, and its range in `parameters`; with H22, which blocks its number, where nothing can be told.
    """
    coarse = head.coarse or coarse_head(image, head, head_config)
    sizes = {"pixel_mm": head_config.work_pixel_mm, "slice_mm": head_config.work_slice_mm}
    bled = coarse_copy(blood, image.geometry, **sizes).values
    mirror = _Mirror.of(coarse.image, bled, coarse.brain, head.midplane, config)
    unevenness = _unevenness(coarse, bled, mirror, config)
    around = bounding_box(clot)
    labels, count = label_clusters(clot[around])
    parts = (uncropped(labels == n, around, clot.shape) for n in range(1, count + 1))
    rims = [_rim(image, blood, part, head, mirror, unevenness, config) for part in parts]
    return _joined(image.geometry, clot.shape, rims, head.midplane)


@dataclass(frozen=True, eq=False)
class _Rim:
    """Edema around one clot.

    Args:
        contrast, doubt: HU that it is darker by, and that the mirror image may be off by; NaN without a mirror image.
        box, values: (k, j, i) voxels of it; None where it cannot be told.
        range_ml: lowest and highest volume.
    """

    contrast: float
    doubt: float
    box: Box | None = None
    values: np.ndarray | None = None
    range_ml: tuple[float, float] = (0.0, 0.0)


def _rim(image: Volume, blood, clot, head: CtHead, mirror: _Mirror, unevenness: float, config) -> _Rim:
    box = _box_near(clot, image.geometry, config.edema_far_mm + 2)
    found = _around(image, blood, clot, head, mirror, box, config)
    profile = found.profile(config)
    if profile is None or not np.isfinite(unevenness):
        return _Rim(float("nan"), unevenness)
    doubt = float(config.edema_doubt * unevenness / np.sqrt(profile.patches))
    if not profile.beside >= max(config.edema_least_hu, config.edema_told * doubt):
        return _Rim(profile.beside, doubt)
    share, contrast = (
        found.share(profile.shares(config.edema_uneven, 0.0, config)),
        profile.contrast(config.edema_uneven, 0.0, config),
    )
    values = found.likeliest(share, found.smooth - profile.far, contrast, np.hypot(unevenness, 1.0))
    bounds = [
        found.volume_ml(found.share(profile.shares(uneven, shift, config)))
        for uneven in (config.edema_uneven_low, config.edema_uneven_high)
        for shift in (-doubt, doubt)
    ]
    return _Rim(contrast, doubt, box, values, (min(bounds), max(bounds)))


def _joined(geometry: Geometry, shape, rims: list[_Rim], plane: MidPlane) -> Mask:
    """Edema of all clots; that of a clot where it cannot be told is not in it, and is said."""
    told = [rim for rim in rims if rim.values is not None]
    hidden = [_not_told(rim, Level.WARN if told else Level.ASK) for rim in rims if rim.values is None]
    parameters = {
        "contrast_hu": [_number(rim.contrast) for rim in rims],
        "doubt_hu": [_number(rim.doubt) for rim in rims],
    }
    values = np.zeros(shape, bool)
    if not told:
        return Mask(values, geometry, "edema", "not told from the mirror image", parameters, issues=tuple(hidden))
    for rim in told:
        values[rim.box] |= rim.values
    levels = " and ".join(f"{rim.contrast:.1f}" for rim in told)
    words = f"{levels} HU darker than the mirror image; shares by distance from the clot, the likeliest voxels of their volume"
    doubts = " and ".join(f"{rim.doubt:.1f}" for rim in told)
    parameters |= {
        "lower_ml": sum(rim.range_ml[0] for rim in told),
        "upper_ml": sum(rim.range_ml[1] for rim in told),
        "interval": f"mirror image off by {doubts} HU, width of the rim even or uneven; a plausible range",
    }
    return Mask(values, geometry, "edema", words, parameters, issues=(_guess(plane), *hidden))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _guess(plane: MidPlane) -> Issue:
    found = f"edema told by the mirror image; both sides are alike to {plane.symmetry:.2f}"
    remedy = "a proposal: old infarcts and white matter disease of one side look alike; look at it and edit it"
    return Issue("H21", Level.WARN, found, "a reader's outline", remedy)


def _not_told(rim: _Rim, level: Level) -> Issue:
    words = (
        f"tissue beside the clot is {rim.contrast:.1f} HU darker than the mirror image, which may be off by {rim.doubt:.1f} HU"
        if np.isfinite(rim.contrast)
        else "no mirror image to compare the surroundings of the clot with"
    )
    remedy = "draw the edema by hand where it can be seen"
    return Issue("H22", level, words, "edema that is darker than both sides of the brain differ", remedy)


def _tissue(hu: np.ndarray, brain: np.ndarray, blood: np.ndarray, config: HemorrhageMeasureConfig) -> np.ndarray:
    """Brain without CSF, calcification, bone in partial volume and blood."""
    return brain & (hu > config.edema_csf_hu) & (hu < config.edema_tissue_hu) & (blood < _BLED)


def _smoothed_tissue(hu, tissue, geometry: Geometry, config: HemorrhageMeasureConfig) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the tissue nearby, and its share."""
    along_i, along_j = geometry.pixel_spacing
    sd = (
        config.edema_mirror_mm / max(geometry.mean_extent_mm, 1e-6),
        config.edema_mirror_mm / along_j,
        config.edema_mirror_mm / along_i,
    )
    box = box_around(tissue, tuple(int(4 * s + 1) for s in sd))  # as far as the filter reaches
    share = ndimage.gaussian_filter(tissue[box].astype(np.float32), sd)
    total = ndimage.gaussian_filter(np.where(tissue[box], hu[box], np.float32(0)), sd)
    return uncropped(total / np.maximum(share, 1e-3), box, hu.shape), uncropped(share, box, hu.shape)


def _unevenness(coarse, bled: np.ndarray, mirror: _Mirror, config: HemorrhageMeasureConfig) -> float:
    """SD over patches of the difference between both sides, away from blood; robust, so that an old lesion does not make it."""
    geometry, hu = coarse.image.geometry, coarse.image.values
    tissue = _tissue(hu, coarse.brain, bled, config)
    index = np.argwhere(tissue)
    index = index[:: max(1, len(index) // 200_000)]
    index = index[_far_from(bled >= _BLED, index, geometry, config.edema_reach_mm + 5)]
    if len(index) < 1000:
        return float("inf")
    points = geometry.to_lps(index)
    apart = hu[tuple(index.T)] - mirror.at(points)
    told = np.isfinite(apart)
    _, which = np.unique(_patches(points[told], config), return_inverse=True)
    count = np.bincount(which)
    mean = np.bincount(which, apart[told]) / count
    full = mean[count > np.median(count) / 2]
    return float(1.4826 * np.median(np.abs(full - np.median(full)))) if full.size >= 20 else float("inf")


def _far_from(blood: np.ndarray, index: np.ndarray, geometry: Geometry, mm: float) -> np.ndarray:
    """(n,) True for voxels of (n, 3) indices this far from blood; by every third pixel, since a clot is larger."""
    step = 3
    along_i, along_j = geometry.pixel_spacing
    sampling = (geometry.mean_extent_mm, step * along_j, step * along_i)
    apart = ndimage.distance_transform_edt(~blood[:, ::step, ::step], sampling=sampling)
    return apart[index[:, 0], index[:, 1] // step, index[:, 2] // step] > mm


def _patches(lps: np.ndarray, config: HemorrhageMeasureConfig) -> np.ndarray:
    """(n,) number of the patch that (n, 3) points lie in."""
    cell = np.floor(lps / config.edema_patch_mm).astype(np.int64) + 500
    return (cell[:, 0] * 1000 + cell[:, 1]) * 1000 + cell[:, 2]


@dataclass(frozen=True, eq=False)
class _Profile:
    """Drop against the mirror image by distance from the clot.

    Args:
        at_mm, drop: (n,) distances and HU.
        far: HU of the drop far from the clot: both sides are not alike on the whole.
        patches: places that the drop beside the clot is the mean of.
    """

    at_mm: np.ndarray
    drop: np.ndarray
    far: float
    patches: int

    @property
    def beside(self) -> float:
        """HU that the nearest tissue that can be seen is darker by; less than edema itself where the rim is thin."""
        return float(self.drop[0] - self.far)

    def contrast(self, unevenness: float, shift: float, config: HemorrhageMeasureConfig) -> float:
        """HU that edema is darker by, for a rim whose width has this SD relative to its mean.

        Next to the clot, where its blur hides it, everything is edema; further out it is the share of the rim that is that wide.
        """
        above = self.drop - self.far + shift
        widths = np.arange(0.5, config.edema_reach_mm, 0.1)[:, None]
        spread = np.hypot(unevenness * widths, config.edema_step_mm / 2)
        wide = special.ndtr((widths - self.at_mm) / spread)
        wide *= wide > 1e-6
        level = (wide * above).sum(axis=1) / np.maximum((wide**2).sum(axis=1), 1e-12)
        level = np.clip(level, above[0], max(above[0], config.edema_most_hu))
        apart = ((above - level[:, None] * wide) ** 2).sum(axis=1)
        return float(level[apart.argmin()])

    def shares(self, unevenness: float, shift: float, config: HemorrhageMeasureConfig) -> tuple[np.ndarray, np.ndarray]:
        """Distances and shares of edema there, falling with distance; 1 at the clot."""
        level = max(self.contrast(unevenness, shift, config), config.edema_least_hu)
        share = np.minimum.accumulate(np.clip((self.drop - self.far + shift) / level, 0, 1))
        share[share < config.edema_share] = 0
        return np.append(0.0, self.at_mm), np.append(1.0, share)


@dataclass(frozen=True, eq=False)
class _Around:
    """Surroundings of a clot.

    Args:
        geometry: of the box.
        drop, smooth: (k, j, i) HU below the mirror image, NaN where it tells nothing; and smoothed.
        may: voxels that may be edema.
        found: distances of the layers of every slice.
    """

    geometry: Geometry
    drop: np.ndarray
    smooth: np.ndarray
    may: np.ndarray
    found: Distances

    def profile(self, config: HemorrhageMeasureConfig) -> _Profile | None:
        """Mean drop by distance where the border stands steep; None where too little is to be seen."""
        middle = self.found.parts.mean(axis=0)
        for steep in (1.0, 2.0, np.inf):
            used = np.isfinite(self.drop) & (self.found.spread <= steep) & (middle < config.edema_far_mm)
            used &= self.found.nearest > config.edema_blur_mm
            bins = ((middle[used] - config.edema_blur_mm) / config.edema_step_mm).astype(int)
            counts = np.bincount(bins, minlength=1)
            if counts[0] >= config.edema_voxels:
                break
        else:
            return None
        drops = self.drop[used]
        total = np.bincount(bins, drops)
        at = config.edema_blur_mm + (np.arange(len(counts)) + 0.5) * config.edema_step_mm
        far = at > config.edema_reach_mm
        if counts[far].sum() < config.edema_voxels:
            return None
        index = np.argwhere(used)[bins < 3]
        patches = len(np.unique(_patches(self.geometry.to_lps(index), config)))
        near = ~far & (counts >= config.edema_voxels)
        return _Profile(at[near], total[near] / counts[near], total[far].sum() / counts[far].sum(), patches)

    def share(self, shares: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """(n,) share of edema of the voxels that may be it: the mean over their layers outside of the clot."""
        parts = self.found.parts[:, self.may]
        return np.where(parts > 0, np.interp(parts, *shares, right=0.0), 0).mean(axis=0)

    def volume_ml(self, share: np.ndarray) -> float:
        """Sum of shares."""
        return float((share * self.geometry.voxel_volumes_mm3[np.nonzero(self.may)[0]]).sum(dtype=float)) / 1000

    def likeliest(self, share: np.ndarray, drop_hu: np.ndarray, contrast: float, spread: float) -> np.ndarray:
        """(k, j, i) the voxels that are most likely edema, by distance and by how dark they are, until they have the volume of the shares."""
        sizes = self.geometry.voxel_volumes_mm3[np.nonzero(self.may)[0]] / 1000
        dark = np.nan_to_num(drop_hu[self.may], nan=contrast / 2) - contrast / 2
        odds = special.logit(np.clip(share, 1e-4, 1 - 1e-4)) + contrast * dark / spread**2
        order = np.argsort(-odds, kind="stable")
        count = int(np.searchsorted(np.cumsum(sizes[order]), self.volume_ml(share)))
        values = np.zeros(self.may.shape, bool)
        index = np.argwhere(self.may)[order[:count]]
        values[tuple(index.T)] = True
        return values


def _around(image: Volume, blood, clot, head: CtHead, mirror: _Mirror, box: Box, config) -> _Around:
    geometry = cropped(image.geometry, box)
    hu, own, brain = np.asarray(image.values[box], np.float32), clot[box], head.brain.values[box]
    found = _in_space(distances(own, geometry, HematomaConfig()), own, geometry)
    blurred = grown_in_plane(next_slices(blood[box], geometry), geometry, config.edema_blur_mm)
    smooth = _own_level(hu, brain & ~blurred & (hu < config.edema_tissue_hu + 30), geometry, config)
    fluid = brain & ~blurred & (smooth < config.edema_csf_hu)
    near_fluid = grown_in_plane(fluid, geometry, config.edema_fluid_mm)
    tells = brain & ~blurred & ~near_fluid & (hu < config.edema_tissue_hu) & (found.nearest < config.edema_far_mm)
    drop, evened = (np.full(hu.shape, np.nan, np.float32) for _ in range(2))
    index = np.argwhere(tells)
    if len(index):
        level = mirror.at(image.geometry.to_lps(index + [s.start for s in box]))
        drop[tells], evened[tells] = level - hu[tells], level - smooth[tells]
    may = brain & ~blood[box] & ~near_fluid & (found.nearest < config.edema_reach_mm)
    return _Around(geometry, drop, evened, may, found)


def _in_space(found: Distances, own: np.ndarray, geometry: Geometry) -> Distances:
    """Distances that are at least those from the voxels of the clot: above a flat end the border within the slice tells too little."""
    layers, step = len(found.parts), 2
    rows, columns = (n // step * step for n in own.shape[1:])
    blocks = own[:, :rows, :columns].reshape(len(own), rows // step, step, columns // step, step).any(axis=(2, 4))
    along_i, along_j = geometry.pixel_spacing
    sampling = (geometry.mean_extent_mm / layers, step * along_j, step * along_i)
    apart = ndimage.distance_transform_edt(~np.repeat(blocks, layers, axis=0), sampling=sampling).astype(np.float32)
    # half of a block, and what slices of a tilted stack are displaced by
    apart -= max(sampling) / 2 + geometry.mean_extent_mm * np.tan(np.radians(geometry.tilt_deg))
    apart = np.moveaxis(apart.reshape(len(own), layers, *blocks.shape[1:]), 1, 0)
    parts = found.parts.copy()
    near = parts[:, :, :rows, :columns]
    np.maximum(near, np.repeat(np.repeat(apart, step, axis=2), step, axis=3), out=near)
    return Distances(parts)


def _own_level(hu: np.ndarray, used: np.ndarray, geometry: Geometry, config: HemorrhageMeasureConfig) -> np.ndarray:
    """Mean of the tissue nearby in the slice, without what the clot blurs."""
    along_i, along_j = geometry.pixel_spacing
    sd = (0, config.edema_smooth_mm / along_j, config.edema_smooth_mm / along_i)
    share = ndimage.gaussian_filter(used.astype(np.float32), sd)
    return ndimage.gaussian_filter(np.where(used, hu, np.float32(0)), sd) / np.maximum(share, 1e-3)


def _box_near(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> Box:
    along_i, along_j = geometry.pixel_spacing
    pads = [int(np.ceil(radius_mm / mm)) + 1 for mm in (geometry.mean_extent_mm, along_j, along_i)]
    return tuple(
        slice(max(0, s.start - pad), min(n, s.stop + pad))
        for s, pad, n in zip(bounding_box(mask), pads, mask.shape, strict=True)
    )
