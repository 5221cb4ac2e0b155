"""Brain mask on diffusion images, from intensity and shape alone.

Fat-suppressed diffusion images show the brain as the one large bright body of the head. The mask is found on a coarse isotropic
grid in millimeters (so that slice thickness does not matter) and its border is then drawn on the native grid:

1. an image whose background is exactly zero and whose support is nearly all brain is already skull-stripped: it is used as is;
2. with an ADC map, b0 or trace are turned into the signal of the b value at which CSF and tissue are equally bright;
3. seeds by Otsu and erosion; the bias field is a quadratic in the logarithm of the seeds; threshold at a share of their median;
4. opening in mm separates eyes, scalp and neck; the largest body stays; closing and hole filling bring back ventricles, sulci
   and lesions; a column at the lower end that is no wider than a spinal cord is cut.

No network, no atlas, no weights. Refuses (S01) a mask that cannot be a whole adult brain.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..config import BrainConfig
from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..types import Mask, QuantityMap, Volume
from .cropping import require_one_grid
from .workgrid import WorkGrid, smooth_field

ADC_TISSUE = (400.0, 1100.0)
ADC_CSF = 2000.0


class _Body(NamedTuple):
    """A mask on the coarse grid and the signal level of the brain at every coarse voxel."""

    mask: np.ndarray
    level: np.ndarray


def brain_mask(image: Volume, *, adc: QuantityMap | None = None, config: BrainConfig | None = None) -> Mask:
    """Mask of the whole brain with ventricles, sulci and lesions.

    Args:
        image: b0 image (best) or trace image.
        adc: map on the same grid in um2/s; makes CSF and tissue equally bright.
        config: limits.

    Returns:
        Mask "brain" on the grid of the image; `method` says whether the image came skull-stripped.

    Raises:
        SegmentationError: S01, nothing bright in the image, or a volume outside the limits.
        GeometryError: G17, the map is on another grid.
    """
    config = config or BrainConfig()
    if adc is not None:
        require_one_grid(("image", image.geometry), ("ADC map", adc.geometry))
    values = np.nan_to_num(np.asarray(image.values, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    support = _support(values)
    if not support.any():
        raise SegmentationError(_implausible("an image without signal", config))
    signal = _equalized(values, adc) if adc is not None else np.maximum(values, 0)
    grid = WorkGrid.of(image.geometry, config.work_mm)
    body = _find_body(grid.down(signal), grid, config)
    native = _draw(signal, body, grid, config)
    method = "intensity and shape on a coarse grid in mm"
    if _is_stripped(support, native, image.geometry, config):
        native, method = _largest(ndimage.binary_fill_holes(support)), "image was already skull-stripped: used as is"
    if not np.any(native):
        raise SegmentationError(_implausible("no brain found", config))
    mask = Mask(native, image.geometry, "brain", method)
    if not config.volume_low_ml <= mask.volume_ml <= config.volume_high_ml:
        slices, cover = image.geometry.shape[0], image.geometry.slice_extents.sum()
        words = f"brain mask of {mask.volume_ml:.0f} mL in {slices} slices that cover {cover:.0f} mm"
        raise SegmentationError(_implausible(words, config))
    return mask


def require_whole(mask: Mask, config: BrainConfig = BrainConfig()) -> None:
    """Refuse slices that cannot hold a whole brain: a core, or its absence, would be that of a part.

    Raises:
        SegmentationError: S01.
    """
    cover = float(mask.geometry.slice_extents.sum())
    if cover < config.whole_mm:
        found = f"{mask.geometry.shape[0]} slices that cover {cover:.0f} mm"
        expected = f"a whole brain: {config.whole_mm:g} mm or more"
        remedy = "use a series that covers the head; tissue beside these slices is not measured"
        raise SegmentationError(Issue("S01", Level.STOP, found, expected, remedy))


def _implausible(found: str, config: BrainConfig) -> Issue:
    return Issue(
        "S01",
        Level.STOP,
        found,
        f"a whole adult brain of {config.volume_low_ml:g} to {config.volume_high_ml:g} mL",
        "check that the series covers the head, or give a brain mask",
    )


def _support(values: np.ndarray) -> np.ndarray:
    """Voxels that are not background zero; resampling of a stripped image leaves ripples of a thousandth."""
    return np.abs(values) > 2e-3 * np.percentile(np.abs(values), 99.5)


def _is_stripped(support: np.ndarray, native: np.ndarray, geometry: Geometry, config: BrainConfig) -> bool:
    """True where zero background surrounds a support that is nearly all brain."""
    if np.count_nonzero(support) > config.stripped_support * support.size or not native.any():
        return False
    filled = ndimage.binary_fill_holes(support)
    if geometry.volume_ml(filled) > config.volume_high_ml:
        return False
    overlap = geometry.volume_ml(native & filled)
    return overlap >= config.stripped_overlap * geometry.volume_ml(filled)


def _equalized(values: np.ndarray, adc: QuantityMap) -> np.ndarray:
    """Signal at the b value at which CSF and tissue have the same median: `S * exp(-b * ADC)`."""
    known = adc.valid & np.isfinite(adc.values)
    diffusivity = np.where(known, np.clip(adc.values, 0, 3200), 0).astype(np.float32)
    positive = np.maximum(values, 0)
    bright = known & (positive > np.percentile(positive, 70))
    tissue = positive[bright & (diffusivity > ADC_TISSUE[0]) & (diffusivity < ADC_TISSUE[1])]
    fluid = positive[bright & (diffusivity > ADC_CSF)]
    if min(tissue.size, fluid.size) < 100:
        return positive
    ratio = np.log(np.median(fluid) / np.median(tissue))
    b = np.clip(ratio / (2800e-6 - 800e-6), -700, 700)
    return positive * np.exp(-b * 1e-6 * diffusivity)


def _find_body(coarse: np.ndarray, grid: WorkGrid, config: BrainConfig) -> _Body:
    """Brain on the coarse grid: seeds, bias field, threshold, opening in mm, twice."""
    ceiling = np.percentile(coarse, 98)
    smooth = ndimage.gaussian_filter(np.minimum(coarse, ceiling), 0.7)
    seeds = _seeds(smooth, grid, config)
    level = np.full(coarse.shape, np.median(smooth[seeds]) if seeds.any() else ceiling, dtype=np.float32)
    body = seeds
    for _ in range(config.rounds if seeds.any() else 0):
        level = smooth_field(np.minimum(smooth, 1.6 * level), seeds, grid, order=2)
        bright = smooth > config.threshold * level
        body = _opened(bright, grid, config.opening_mm, config.regrow_mm)
        seeds = grid.erode(body, config.opening_mm)
        if not seeds.any():
            break
    body = grid.fill(grid.close(body, config.closing_mm))
    return _Body(_without_cord(body, grid, config), level)


def _seeds(smooth: np.ndarray, grid: WorkGrid, config: BrainConfig) -> np.ndarray:
    """Inside of the largest bright body: Otsu, eroded as far as something brain-like stays."""
    from skimage.filters import threshold_otsu

    if smooth.max() <= smooth.min():
        return np.zeros(smooth.shape, bool)
    bright = smooth > threshold_otsu(smooth, nbins=128)
    seeds = _largest(grid.erode(bright, config.opening_mm))
    return seeds if seeds.any() else _largest(bright)


def _opened(bright: np.ndarray, grid: WorkGrid, radius_mm: float, regrow_mm: float) -> np.ndarray:
    """Opening by a ball, largest body, grown back within what is bright."""
    core = _largest(grid.erode(bright, radius_mm))
    return grid.dilate(core, radius_mm + regrow_mm) & bright


def _largest(mask: np.ndarray) -> np.ndarray:
    """Largest face-connected component."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return labels > 0
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()


def _without_cord(body: np.ndarray, grid: WorkGrid, config: BrainConfig) -> np.ndarray:
    """Body without the slender column below the brain (spinal cord)."""
    axis, inferior_first = grid.inferior_axis
    other = tuple(a for a in range(3) if a != axis)
    area_cm2 = body.sum(axis=other) * grid.step_mm**2 / 100
    order = np.arange(len(area_cm2)) if inferior_first else np.arange(len(area_cm2))[::-1]
    wide = np.flatnonzero(area_cm2[order] > config.cord_cm2)
    if not wide.size:
        return body
    kept = body.copy()
    kept[(slice(None),) * axis + (order[: wide[0]],)] = False
    return kept


def _draw(signal: np.ndarray, body: _Body, grid: WorkGrid, config: BrainConfig) -> np.ndarray:
    """Border on the native grid: bright voxels next to the coarse border, all voxels well inside it."""
    if not body.mask.any():
        return np.zeros(signal.shape, bool)
    depth = grid.up(grid.signed_depth(body.mask))
    level = grid.up(body.level)
    inside = depth > config.border_mm
    band = (depth > -config.border_mm) & ~inside
    mask = inside | (band & (signal > config.threshold * level))
    for k in range(len(mask)):
        if mask[k].any():
            mask[k] = ndimage.binary_fill_holes(mask[k])
    return _largest(mask)
