"""Perihematomal edema by the other side of the brain: how much darker the tissue around the clot is, by its distance. A guess that a reader edits.

A rim of edema is thin, the two sides of a brain differ by as much as edema does in single places, and in thick slices a voxel holds clot, rim and
brain. What can be told is the mean over all that lies equally far from the clot: the drop against the mirror image, less the drop far from the
clot, over the drop just beside it, is the share of edema at that distance. Shares are summed over the distances of all layers of the slices to the
volume, and the mask takes the likeliest voxels until it has that volume. The range holds what the levels may be off by, as both sides differ
where there is no lesion, what the distances may be off by, more in thick slices, and that tissue which stays darker far from the clot is no edema
and tissue that is brighter on the way is normal. Where the drop beside the clot does not exceed that, nothing can be told.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import CtHeadConfig, HematomaConfig, HemorrhageMeasureConfig
from ..types import Mask, Volume
from .cleanup import label_clusters
from .coarse import coarse_copy
from .cropping import Box, bounding_box, cropped, uncropped
from .ct_head import CtHead, coarse_head, grown_in_plane
from .edema_mirror import MirrorTissue, patches_of, unevenness_hu
from .edema_profile import EdemaProfile
from .hematoma_surroundings import Distances, distances, next_slices
from .sides import MidPlane

_BIN_MM = 0.05
"""Width of the bins of distance that volumes of the range are summed over."""


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
    mirror = MirrorTissue.of(coarse.image, bled, coarse.brain, head.midplane, config)
    unevenness = unevenness_hu(coarse, bled, mirror, config)
    around = bounding_box(clot)
    labels, count = label_clusters(clot[around])
    parts = (uncropped(labels == n, around, clot.shape) for n in range(1, count + 1))
    rims = [_rim(image, blood, part, head, mirror, unevenness, config) for part in parts]
    return _joined(image.geometry, clot.shape, rims, head.midplane)


@dataclass(frozen=True, eq=False)
class _Rim:
    """Edema around one clot.

    Args:
        contrast, doubt, lasting: HU that it is darker by, that the mirror image may be off by, and that tissue stays darker by far
            from the clot; NaN without a mirror image.
        box, values: (k, j, i) voxels of it; None where it cannot be told.
        range_ml: lowest and highest volume.
    """

    contrast: float
    doubt: float
    lasting: float
    box: Box | None = None
    values: np.ndarray | None = None
    range_ml: tuple[float, float] = (0.0, 0.0)


def _rim(image: Volume, blood, clot, head: CtHead, mirror: MirrorTissue, unevenness: float, config) -> _Rim:
    box = _box_near(clot, image.geometry, config.edema_far_mm + 2)
    found = _around(image, blood, clot, head, mirror, box, config)
    profile = found.profile(config)
    if profile is None or not np.isfinite(unevenness):
        return _Rim(float("nan"), unevenness, float("nan"))
    doubt = float(config.edema_doubt * unevenness / np.sqrt(profile.patches))
    lasting = profile.lasting(config)
    told = profile.beside >= max(config.edema_least_hu, config.edema_told * doubt)
    if not told or profile.beside - lasting < config.edema_least_hu:
        return _Rim(profile.beside, doubt, lasting)
    shift = profile.level_shift(config)
    share = found.share(profile.shares(config.edema_uneven, shift, config))
    contrast = profile.contrast(config.edema_uneven, shift, config)
    values = found.likeliest(share, found.smooth - profile.far + shift, contrast, np.hypot(unevenness, 1.0))
    return _Rim(contrast, doubt, lasting, box, values, _range_ml(found, profile, doubt, lasting, config))


def _range_ml(found: "_Around", profile: EdemaProfile, doubt: float, lasting: float, config) -> tuple[float, float]:
    """Lowest and highest volume with levels, distances and unevenness of the rim off by what they may be off by."""
    by_distance = found.volume_by_distance()
    off = config.edema_off_mm + config.edema_off_share * found.geometry.mean_extent_mm
    volumes = [
        _volume_ml(by_distance, profile.shares(uneven, shift, config), moved)
        for uneven in (config.edema_uneven_low, config.edema_uneven_high)
        for shift in (-doubt, doubt, -lasting, profile.dip)
        for moved in (-off, off)
    ]
    return min(volumes), max(volumes)


def _volume_ml(
    by_distance: tuple[np.ndarray, np.ndarray], shares: tuple[np.ndarray, np.ndarray], moved_mm: float
) -> float:
    """Volume of shares whose distances are moved outward."""
    at, share = shares
    middle, ml = by_distance
    return float(ml @ np.interp(middle, np.maximum(at + moved_mm, 0), share, right=0.0))


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
        "interval": f"mirror image off by {doubts} HU or by its level nearby, distances by a share of the slices, "
        "width of the rim even or uneven; a plausible range",
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
        + (f" and stays {rim.lasting:.1f} HU darker far from it" if rim.lasting >= 1 else "")
        if np.isfinite(rim.contrast)
        else "no mirror image to compare the surroundings of the clot with"
    )
    remedy = "draw the edema by hand where it can be seen"
    return Issue("H22", level, words, "edema that is darker than both sides of the brain differ", remedy)


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

    def profile(self, config: HemorrhageMeasureConfig) -> EdemaProfile | None:
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
        patches = len(np.unique(patches_of(self.geometry.to_lps(index), config)))
        near = ~far & (counts >= config.edema_voxels)
        return EdemaProfile(at[near], total[near] / counts[near], total[far].sum() / counts[far].sum(), patches)

    def share(self, shares: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """(n,) share of edema of the voxels that may be it: the mean over their layers outside of the clot."""
        parts = self.found.parts[:, self.may]
        return np.where(parts > 0, np.interp(parts, *shares, right=0.0), 0).mean(axis=0)

    def volume_by_distance(self) -> tuple[np.ndarray, np.ndarray]:
        """Distances, and mL of the layers there that may be edema."""
        parts = self.found.parts[:, self.may]
        ml = self.geometry.voxel_volumes_mm3[np.nonzero(self.may)[0]] / 1000 / len(parts)
        bins = np.arange(0, parts.max(initial=0) + 2 * _BIN_MM, _BIN_MM)
        counts, _ = np.histogram(parts, bins, weights=np.broadcast_to(ml, parts.shape))
        return (bins[:-1] + bins[1:]) / 2, counts

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


def _around(image: Volume, blood, clot, head: CtHead, mirror: MirrorTissue, box: Box, config) -> _Around:
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
