"""Diffusion core: ADC at or below the threshold inside DWI hyperintensity, as a list of candidates for a reader.

Definition: `ADC <= 620 um2/s` inside a DWI-hyperintense region, edited by a reader. A plain threshold fails both ways: it marks tens
of milliliters of noise, cortex and artifact in any brain, and breaks a lesion up, because the noise of a voxel is as large as the
distance of lesion ADC from the threshold. The steps are:

1. threshold: measured ADC at or below 620 (kept as a step for comparison; not a result);
2. smoothing of ADC and DWI together by a bilateral filter scaled to the measured noise, so that edges stay where they are;
3. seeds: smoothed ADC at or below the threshold, DWI z of 2 or more against normal-appearing tissue, and clearly above the other side
   or the surroundings: cortex and tracts reach the first two in every brain;
4. growth from the seeds: to about half (`rise_fraction`) of the local rise of DWI over normal tissue, where smoothed ADC is at or below the threshold plus a
   tolerance of one noise SD of a voxel. DWI signal is linear in partial volume, so the half-way border is unbiased, while the ADC of
   a mixed voxel is not: it reads 620 at 45 % of lesion. T2 shine-through (bright, ADC normal) has no seed and is not reached;
5. clusters, judged one by one (`candidates`): contrast, asymmetry, size, depth. What is removed stays in the list.

Without noise the tolerance is zero and every core voxel has an ADC at or below the threshold. Zero is a possible result.
"""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..errors import Issue, Level, UnitError
from ..geometry import Geometry
from ..types import Candidate, CoreResult, Mask, QuantityMap, Volume
from .candidates import Clusters, Evidence, list_candidates
from .cleanup import at_or_below, fill_small_holes, label_clusters, microliters
from .cropping import Box, bounding_box, cropped, require_one_grid, uncropped
from .hyperintensity import Hyperintensity, local_mean, measure_hyperintensity
from .mirror import MirrorControl
from .sides import MidPlane, find_midplane


def segment_core(
    adc: QuantityMap,
    trace: Volume,
    brain: Mask,
    *,
    config: CoreConfig | None = None,
    midplane: MidPlane | None = None,
) -> CoreResult:
    """Propose the diffusion core.

    Args:
        adc: map in um2/s.
        trace: trace image at b about 1000 on the same grid.
        brain: brain mask on the same grid.
        config: parameters.
        midplane: of an earlier result on the same images, such as with another threshold; searched for when None.

    Returns:
        Mask of the accepted candidates, labels, candidates by decreasing volume, volume after every step; S03 where clean-up left
        nothing of what the threshold had found.

    Raises:
        GeometryError: G17, the three are not on one grid.
        UnitError: U02, the map is not in um2/s.
    """
    config = config or CoreConfig()
    if adc.unit != "um2/s":
        raise UnitError(Issue("U02", Level.STOP, f"ADC map in {adc.unit!r}", "um2/s", "convert the map first"))
    require_one_grid(("ADC map", adc.geometry), ("trace image", trace.geometry), ("brain mask", brain.geometry))
    box = bounding_box(brain.values)
    geometry = cropped(brain.geometry, box)
    values, signal, inside = adc.values[box], np.nan_to_num(trace.values[box]), brain.values[box]
    valid = inside & adc.valid[box] & np.isfinite(values) & (values > 0)
    values = np.where(valid, values, 0).astype(np.float32)
    below = valid & at_or_below(values, config.adc_threshold, inclusive=config.adc_inclusive)
    bright = measure_hyperintensity(values, signal, valid, geometry, config)
    gated = below & (bright.z >= config.dwi_z)
    evidence = _evidence(values, inside, bright, geometry, config, midplane)
    seeds = _seeds(valid, bright, evidence, geometry, config)
    grown = _grow(seeds, valid, bright, geometry, config)
    clusters = _clusters(grown, gated, config)
    labels, candidates = list_candidates(clusters, evidence, geometry, config)
    accepted = np.isin(labels, [c.label for c in candidates if c.accepted])
    steps = (
        (f"ADC {_comparator(config)} {config.adc_threshold:g} in the brain", geometry.volume_ml(below)),
        (f"of it DWI z >= {config.dwi_z:g}", geometry.volume_ml(gated)),
        ("seeds on smoothed images", geometry.volume_ml(seeds)),
        (f"grown to {config.rise_fraction:g} of the DWI rise", geometry.volume_ml(grown)),
        (f"of the accepted, ADC {_comparator(config)} {config.adc_threshold:g}", geometry.volume_ml(accepted & below)),
        ("accepted candidates", geometry.volume_ml(accepted)),
    )
    mask = Mask(
        uncropped(accepted, box, brain.values.shape),
        brain.geometry,
        "infarct_core",
        f"ADC threshold with DWI hyperintensity, grown to {config.rise_fraction:g} of the DWI rise, candidates judged by contrast "
        "and asymmetry",
        {
            "adc_noise_um2_s": bright.adc_noise,
            "dwi_tissue_sd": bright.tissue_sd,
            "mirror_symmetry": evidence.mirror.plane.symmetry,
        },
    )
    issues = _issues(geometry.volume_ml(gated), accepted, candidates, config)
    whole = uncropped(labels, box, brain.values.shape)
    return CoreResult(mask, whole, _moved(candidates, box), steps, issues, evidence.mirror.plane)


def _evidence(
    adc: np.ndarray,
    inside: np.ndarray,
    bright: Hyperintensity,
    geometry: Geometry,
    config: CoreConfig,
    midplane: MidPlane | None,
) -> Evidence:
    """Local contrast, depth and the other side."""
    normal = bright.tissue & (bright.z < config.dwi_z)
    level, _ = local_mean(bright.z, normal, bright.grid, config.normal_mm)
    relative = np.clip(1 + bright.z * bright.tissue_sd, 0, 1.3)
    plane = midplane or find_midplane(np.where(inside, relative, 0), inside, geometry)
    tissue = bright.adc <= config.tissue_adc_high
    return Evidence(
        adc=adc,
        z=bright.z,
        contrast=bright.z - level,
        depth_mm=bright.grid.up(bright.grid.signed_depth(bright.grid.down(inside) > 0.5)),
        mirror=MirrorControl.of(bright.z, tissue, plane, bright.grid, config.mirror_mm),
    )


def _seeds(
    valid: np.ndarray, bright: Hyperintensity, evidence: Evidence, geometry: Geometry, config: CoreConfig
) -> np.ndarray:
    """Voxels that are core beyond doubt: low ADC, hyperintense, above the other side or well above the surroundings."""
    low = valid & at_or_below(bright.adc, config.adc_threshold, inclusive=config.adc_inclusive)
    index = np.argwhere(low & (bright.z >= config.dwi_z))
    seeds = np.zeros(valid.shape, bool)
    if len(index):
        where = tuple(index.T)
        excess = evidence.mirror.excess(bright.z[where], geometry.to_lps(index))
        apart = np.nan_to_num(excess, nan=-np.inf) >= config.min_asymmetry
        seeds[where] = apart | (evidence.contrast[where] >= config.strong_contrast)
    return seeds


def _grow(
    seeds: np.ndarray, valid: np.ndarray, bright: Hyperintensity, geometry: Geometry, config: CoreConfig
) -> np.ndarray:
    """Voxels connected to a seed, at least half-way up the local rise of DWI, with ADC within the tolerance."""
    if not seeds.any():
        return seeds
    peak, near = _peak(seeds, bright, config)
    normal = bright.tissue & ~ndimage.binary_dilation(seeds) & (bright.z < config.dwi_z)
    base, _ = local_mean(bright.z, normal, bright.grid, config.normal_mm)
    risen = (near > 1e-3) & (bright.z >= base + config.rise_fraction * (peak - base))
    tolerance = min(config.grow_sds * bright.adc_noise, config.grow_limit)
    low = valid & at_or_below(bright.adc, config.adc_threshold + tolerance, inclusive=config.adc_inclusive)
    labels, count = label_clusters(risen & low, connectivity=config.connectivity)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(labels[seeds])] = True
    keep[0] = False
    return fill_small_holes(keep[labels], low, geometry, max_ml=config.hole_ml)


def _peak(seeds: np.ndarray, bright: Hyperintensity, config: CoreConfig) -> tuple[np.ndarray, np.ndarray]:
    """Local DWI level of the lesion, without the voxels that it fills in part, and how near seeds are."""
    mean, near = local_mean(bright.z, seeds, bright.grid, config.rise_mm)
    full = seeds & (bright.z >= config.full_fraction * mean)
    level, _ = local_mean(bright.z, full, bright.grid, config.rise_mm)
    return np.maximum(level, mean), near


def _clusters(grown: np.ndarray, gated: np.ndarray, config: CoreConfig) -> Clusters:
    """Clusters grown from seeds, then what else is below the threshold within the gate and no rim of them."""
    labels, seeded = label_clusters(grown, connectivity=config.connectivity)
    away = ~ndimage.binary_dilation(grown, ndimage.generate_binary_structure(3, 3))
    rest, unseeded = label_clusters(gated & away, connectivity=config.connectivity)
    return Clusters(np.where(rest > 0, rest + seeded, labels), seeded + unseeded, seeded)


def _moved(candidates: tuple[Candidate, ...], box: Box) -> tuple[Candidate, ...]:
    """Candidates with slice numbers of the whole volume."""
    first = box[0].start
    return tuple(replace(c, slices=(c.slices[0] + first, c.slices[1] + first)) for c in candidates)


def _comparator(config: CoreConfig) -> str:
    return "<=" if config.adc_inclusive else "<"


def _issues(
    gated_ml: float, accepted: np.ndarray, candidates: tuple[Candidate, ...], config: CoreConfig
) -> tuple[Issue, ...]:
    """S03 where nothing is left of a listable volume."""
    if accepted.any() or microliters(gated_ml) < microliters(config.list_ml):
        return ()
    return (
        Issue(
            "S03",
            Level.WARN,
            f"clean-up removed all of the {gated_ml:.2f} mL below the threshold in DWI hyperintensity; "
            f"{len(candidates)} candidates are listed",
            "at least one candidate that stands out from its surroundings and from the other side",
            "look through the list and take back what is a lesion",
        ),
    )
