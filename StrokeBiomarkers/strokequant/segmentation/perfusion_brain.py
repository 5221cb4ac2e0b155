"""Brain, CSF and where to look for vessels, on the baseline of a DSC or CT perfusion series, whole head or slab.

CT: inside the skull, 0 to 120 HU, largest part, filled, border moved in by 2 px; CSF is what stays below 20 HU after smoothing
inside the brain. MR: the brain mask of `brain`, for a slab with limits that follow its height; CSF is bright and takes up no
contrast. A mask that a reader gives replaces the brain; the rest follows from it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..config import BrainConfig
from ..errors import Issue, Level, SegmentationError
from ..geometry import Geometry
from ..perfusion_config import PerfusionBrainConfig
from ..types import Mask, Volume
from .brain import brain_mask
from .cropping import require_one_grid
from .skull import CROSS, inside_skull, largest_parts, smoothed
from .workgrid import WorkGrid, smooth_field


@dataclass(frozen=True, eq=False)
class PerfusionBrain:
    """Masks on the grid of a perfusion series.

    Args:
        brain: with CSF, vessels and lesions.
        csf: inside the brain.
        artifact: inside the brain, but air, bone, calcification or signal loss: measured nowhere.
        search: where arteries and veins are looked for: beyond the brain up to the bone, sinuses included.
        coverage_mm: height of the slab along its normal.
        issues: S codes.
    """

    brain: Mask
    csf: Mask
    artifact: Mask
    search: Mask
    coverage_mm: float
    issues: tuple[Issue, ...] = ()

    @property
    def tissue(self) -> np.ndarray:
        """(k, j, i) brain without CSF and artifact."""
        return self.brain.values & ~self.csf.values & ~self.artifact.values


def perfusion_brain(
    baseline: Volume,
    kind: str,
    *,
    peak_contrast: np.ndarray | None = None,
    contrast_sd: np.ndarray | float | None = None,
    given: Mask | None = None,
    config: PerfusionBrainConfig = PerfusionBrainConfig(),
    brain_config: BrainConfig = BrainConfig(),
) -> PerfusionBrain:
    """Masks from the mean of the baseline frames.

    Args:
        baseline: HU for "ctp", signal for "dsc".
        kind: "ctp" or "dsc".
        peak_contrast: (k, j, i) highest concentration of every voxel; without it CSF cannot be told on MR (S13).
        contrast_sd: its SD at baseline, a number or (k, j, i); without it CSF is judged against the rest of the brain only.
        given: brain mask of a reader, used as it is.
        config, brain_config: limits.

    Raises:
        SegmentationError: S01, no brain, or too little of it.
        GeometryError: G17, a mask on another grid.
    """
    if kind not in ("ctp", "dsc"):
        msg = f"kind {kind!r} is neither 'ctp' nor 'dsc'"
        raise ValueError(msg)
    if given is not None:
        require_one_grid(("perfusion series", baseline.geometry), ("brain mask", given.geometry))
    if kind == "ctp":
        masks = _on_ct(baseline, given, config)
    else:
        masks = _on_mr(baseline, peak_contrast, contrast_sd, given, config, brain_config)
    brain, coverage = masks.brain, masks.coverage_mm
    return replace(masks, issues=(*masks.issues, *_plausible(brain, coverage, config, brain_config)))


def _mask(values: np.ndarray, baseline: Volume, name: str, method: str) -> Mask:
    return Mask(values, baseline.geometry, name, method)


def _coverage_mm(geometry: Geometry) -> float:
    return float(geometry.slice_extents.sum())


def _on_ct(baseline: Volume, given: Mask | None, config: PerfusionBrainConfig) -> PerfusionBrain:
    hu = np.asarray(baseline.values, np.float32)
    inside, soft, has_skull = inside_skull(hu, baseline.geometry, config)
    issues = () if has_skull else (_no_skull(config),)
    if given is None:
        fitting = int(config.erosion_max_mm / max(baseline.geometry.pixel_spacing))
        steps = min(config.erosion_px, max(1, fitting))
        eroded = ndimage.binary_erosion(inside, CROSS, iterations=steps, border_value=1)
        words = f"inside the skull, {config.tissue_low_hu:g} to {config.tissue_high_hu:g} HU, filled, eroded {steps} px"
        brain = _mask(largest_parts(eroded, config.part_share), baseline, "brain", words)
    else:
        brain, inside, issues = given, inside | given.values, ()
    search = inside | (soft & _around(inside, baseline.geometry, config.search_mm))
    within = _smoothed_inside(hu, brain.values, config.csf_smooth_px)
    csf = brain.values & (within < config.csf_hu)
    smooth = smoothed(hu, config.smooth_px)
    wrong = (hu > config.bone_hu) | (smooth > config.tissue_high_hu) | (smooth < config.tissue_low_hu)
    wrong &= brain.values
    return PerfusionBrain(
        brain,
        _mask(csf & ~wrong, baseline, "csf", f"smoothed baseline below {config.csf_hu:g} HU"),
        _mask(wrong, baseline, "artifact", "bone, calcification or air inside the brain"),
        _mask(search, baseline, "vessel_search", "inside the skull, sinuses next to the bone included"),
        _coverage_mm(baseline.geometry),
        issues,
    )


def _smoothed_inside(values: np.ndarray, where: np.ndarray, sd_px: float) -> np.ndarray:
    """Gaussian within the slices over the voxels of a mask only; bone and calcification pull no neighbor up."""
    used = where & (np.abs(values) < 150)
    total = smoothed(np.where(used, values, 0), sd_px)
    weight = smoothed(used.astype(np.float32), sd_px)
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), values)


def _no_skull(config: PerfusionBrainConfig) -> Issue:
    return Issue(
        "S11",
        Level.WARN,
        f"less than {config.bone_min_ml:g} mL of bone around the head",
        "a skull",
        "the mask is all that has the CT numbers of brain: look at it, or give a brain mask",
    )


def _on_mr(
    baseline: Volume,
    peak_contrast: np.ndarray | None,
    contrast_sd: np.ndarray | float | None,
    given: Mask | None,
    config: PerfusionBrainConfig,
    brain_config: BrainConfig,
) -> PerfusionBrain:
    signal = np.nan_to_num(np.asarray(baseline.values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    brain, issues = (given, ()) if given is not None else _mr_brain(baseline, signal, config, brain_config)
    still, csf_issues = _without_contrast(brain.values, peak_contrast, contrast_sd, config)
    relative = _relative_to_tissue(signal, brain.values & ~still, baseline.geometry, config)
    dropout = brain.values & (relative < config.dropout_signal)
    csf = still & (relative > config.csf_signal)
    search = _around(brain.values, baseline.geometry, config.search_mm) & (signal > 0)
    return PerfusionBrain(
        brain,
        _mask(csf & ~dropout, baseline, "csf", "bright at baseline, with little contrast"),
        _mask(dropout, baseline, "artifact", f"signal below {config.dropout_signal:g} of the local level"),
        _mask(search, baseline, "vessel_search", f"brain and {config.search_mm:g} mm around"),
        _coverage_mm(baseline.geometry),
        (*issues, *csf_issues),
    )


def _mr_brain(
    baseline: Volume, signal: np.ndarray, config: PerfusionBrainConfig, brain_config: BrainConfig
) -> tuple[Mask, tuple[Issue, ...]]:
    """Brain mask with limits that follow the height of the slab; the whole field where there is no background."""
    if np.mean(signal > config.air_signal * np.percentile(signal, 99)) >= config.full_field:
        found = Issue(
            "S01",
            Level.WARN,
            "no background in the image",
            "a head in air",
            "the whole field of view is taken for brain",
        )
        return _mask(np.ones(signal.shape, bool), baseline, "brain", "whole field of view: no background"), (found,)
    low_ml = config.section_low_cm2 * _coverage_mm(baseline.geometry) / 10
    limits = replace(brain_config, volume_low_ml=min(brain_config.volume_low_ml, low_ml))
    return brain_mask(baseline, config=limits), ()


def _without_contrast(
    brain: np.ndarray,
    peak_contrast: np.ndarray | None,
    contrast_sd: np.ndarray | float | None,
    config: PerfusionBrainConfig,
) -> tuple[np.ndarray, tuple[Issue, ...]]:
    """Voxels of the brain that take up next to no contrast: CSF, and the middle of a core."""
    if peak_contrast is None or not brain.any():
        found = "no contrast of the voxels was given"
        remedy = "the reference tissue holds CSF too: relative values read high"
        issue = Issue("S13", Level.WARN, found, "peak concentration of every voxel", remedy)
        return np.zeros(brain.shape, bool), (issue,)
    known = np.isfinite(peak_contrast)
    limit = config.csf_contrast * float(np.median(peak_contrast[brain & known])) if (brain & known).any() else 0.0
    if contrast_sd is not None:
        limit = np.maximum(limit, config.csf_noise_sds * np.asarray(contrast_sd, np.float32))
    return brain & known & (np.nan_to_num(peak_contrast) < limit), ()


def _relative_to_tissue(
    signal: np.ndarray, tissue: np.ndarray, geometry: Geometry, config: PerfusionBrainConfig
) -> np.ndarray:
    """Signal over the smooth level of tissue, which takes the coil sensitivity out."""
    if not tissue.any():
        return np.ones(signal.shape, np.float32)
    grid = WorkGrid.of(geometry, config.work_mm)
    share = grid.down(tissue)
    where = share > 0.5
    level = float(np.median(signal[tissue]))
    if np.count_nonzero(where) >= config.level_points:
        local = grid.down(np.where(tissue, signal, 0)) / np.maximum(share, 1e-3)
        level = grid.up(smooth_field(local, where, grid, order=2))
    relative = signal / np.maximum(level, 1e-6)
    return relative / max(float(np.median(relative[tissue])), 1e-6)


def _around(mask: np.ndarray, geometry: Geometry, distance_mm: float) -> np.ndarray:
    """Mask and what lies within a distance in the plane of its slices."""
    spacing = geometry.pixel_spacing[::-1]
    wide = np.zeros_like(mask)
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        wide[k] = ndimage.distance_transform_edt(~mask[k], sampling=spacing) <= distance_mm
    return wide


def _plausible(
    brain: Mask, coverage_mm: float, config: PerfusionBrainConfig, brain_config: BrainConfig
) -> tuple[Issue, ...]:
    """Refuse a mask that is no brain; say where it is a part of one or looks too large."""
    section = brain.volume_ml / coverage_mm * 10
    found = f"brain mask of {brain.volume_ml:.0f} mL in a slab of {coverage_mm:.0f} mm: {section:.0f} cm2 a slice"
    remedy = "look at the mask, or give a brain mask"
    if section < config.section_low_cm2:
        raise SegmentationError(
            Issue("S01", Level.STOP, found, f"at least {config.section_low_cm2:g} cm2", "check the series; " + remedy)
        )
    issues = []
    if section > config.section_high_cm2:
        issues.append(Issue("S01", Level.WARN, found, f"at most {config.section_high_cm2:g} cm2", remedy))
    if coverage_mm < config.whole_mm or brain.volume_ml < brain_config.volume_low_ml:
        expected = f"a whole brain: {config.whole_mm:g} mm or more, {brain_config.volume_low_ml:g} mL or more"
        issues.append(Issue("S10", Level.INFO, found, expected, "volumes are those inside the slab"))
    return tuple(issues)
