"""Diffusion core: ADC at or below the threshold inside DWI hyperintensity, as a list of candidates for a reader.

Definition: `ADC <= 620 um2/s` inside a DWI-hyperintense region, edited by a reader. A plain threshold fails both ways: it marks tens
of milliliters of noise, cortex and artifact in any brain, and breaks a lesion up, because the noise of a voxel is as large as the
distance of lesion ADC from the threshold. The steps are:

1. threshold: measured ADC at or below 620 (kept as a step for comparison; not a result);
2. smoothing of ADC and DWI together by a bilateral filter scaled to the measured noise, so that edges stay where they are;
3. seeds: smoothed ADC at or below the threshold, DWI z of 2 or more against normal-appearing tissue, and clearly above the other side
   or the surroundings: cortex and tracts reach the first two in every brain;
4. growth from the seeds: to half of the local rise of DWI over normal tissue, where smoothed ADC is at or below the threshold plus a
   tolerance of one noise SD of that map. T2 shine-through (bright, ADC normal) has no seed and is not reached;
5. border: voxels there hold lesion, normal tissue and CSF; their shares come from b0 and DWI together (`lesion_share`), and the mask
   takes as many of them as the shares of lesion add up to (`border`). The ADC of a mixture tells none of this;
6. clusters, judged one by one (`candidates`): contrast, asymmetry, size, depth. What is removed stays in the list.

Zero is a possible result.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..errors import Issue, Level, UnitError
from ..geometry import Geometry
from ..types import Candidate, CoreResult, Mask, QuantityMap, Volume
from .border import Surroundings, refine_borders
from .candidates import Clusters, Evidence, list_candidates
from .cleanup import at_or_below, fill_small_holes, label_clusters, microliters
from .cropping import Box, bounding_box, cropped, require_one_grid, uncropped
from .hyperintensity import Hyperintensity, local_mean, measure_hyperintensity
from .lesion_share import Signals, signals_of
from .mirror import MirrorControl
from .sides import find_midplane


@dataclass(frozen=True, eq=False)
class CoreImages:
    """What a core is found in, whatever the threshold: smoothed images, normal tissue, the other side.

    Args:
        box: bounding box of the brain; the arrays are those of the box.
        geometry: grid of the box.
        whole: grid of the whole volume.
        adc: measured ADC in um2/s, 0 where not valid.
        valid: voxels of the brain with a known ADC.
        bright: smoothed images and normal tissue.
        signals: both signals, not smoothed.
        evidence: local contrast, depth and the other side.
    """

    box: Box
    geometry: Geometry
    whole: Geometry
    adc: np.ndarray
    valid: np.ndarray
    bright: Hyperintensity
    signals: Signals
    evidence: Evidence


def prepare_core(adc: QuantityMap, trace: Volume, brain: Mask, *, config: CoreConfig | None = None) -> CoreImages:
    """Everything about the images that the ADC threshold does not change by a step.

    Args:
        adc: map in um2/s.
        trace: trace image at b about 1000 on the same grid.
        brain: brain mask on the same grid.
        config: parameters; normal tissue has an ADC above the threshold given here.

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
    bright = measure_hyperintensity(values, signal, valid, geometry, config)
    signals = signals_of(bright.relative, values, valid, _b_of(adc, config), config)
    evidence = _evidence(values, inside, bright, geometry, config)
    return CoreImages(box, geometry, brain.geometry, values, valid, bright, signals, evidence)


def segment_core(
    adc: QuantityMap,
    trace: Volume,
    brain: Mask,
    *,
    config: CoreConfig | None = None,
    prepared: CoreImages | None = None,
) -> CoreResult:
    """Propose the diffusion core.

    Args:
        adc: map in um2/s.
        trace: trace image at b about 1000 on the same grid.
        brain: brain mask on the same grid.
        config: parameters.
        prepared: of the same images, for a threshold a step away; made here when None.

    Returns:
        Mask of the accepted candidates, labels, candidates by decreasing volume, volume after every step; S03 where clean-up left
        nothing of what the threshold had found.

    Raises:
        GeometryError: G17, the three are not on one grid.
        UnitError: U02, the map is not in um2/s.
    """
    config = config or CoreConfig()
    images = prepared or prepare_core(adc, trace, brain, config=config)
    geometry, bright, evidence = images.geometry, images.bright, images.evidence
    below = images.valid & at_or_below(images.adc, config.adc_threshold, inclusive=config.adc_inclusive)
    gated = below & (bright.z >= config.dwi_z)
    seeds = _seeds(images, config)
    grown = _grow(seeds, images, config)
    clusters = _clusters(grown, gated, seeds, images, config)
    labels, candidates = list_candidates(clusters, evidence, geometry, config)
    accepted = np.isin(labels, [c.label for c in candidates if c.accepted])
    steps = (
        (f"ADC {_comparator(config)} {config.adc_threshold:g} in the brain", geometry.volume_ml(below)),
        (f"of it DWI z >= {config.dwi_z:g}", geometry.volume_ml(gated)),
        ("seeds on smoothed images", geometry.volume_ml(seeds)),
        (f"grown to {config.rise_fraction:g} of the DWI rise", geometry.volume_ml(grown)),
        (
            "with borders by the share of lesion",
            geometry.volume_ml((clusters.labels > 0) & (clusters.labels <= clusters.grown)),
        ),
        (f"of the accepted, ADC {_comparator(config)} {config.adc_threshold:g}", geometry.volume_ml(accepted & below)),
        ("accepted candidates", geometry.volume_ml(accepted)),
    )
    shape = images.whole.shape
    mask = Mask(
        uncropped(accepted, images.box, shape),
        images.whole,
        "infarct_core",
        "ADC threshold with DWI hyperintensity, border by the share of lesion in b0 and DWI, candidates judged by contrast and asymmetry",
        {
            "adc_noise_um2_s": bright.adc_noise,
            "dwi_tissue_sd": bright.tissue_sd,
            "mirror_symmetry": evidence.mirror.plane.symmetry,
        },
    )
    issues = _issues(geometry.volume_ml(gated), accepted, candidates, config)
    whole = uncropped(labels, images.box, shape)
    return CoreResult(mask, whole, _moved(candidates, images.box), steps, issues, evidence.mirror.plane)


def _b_of(adc: QuantityMap, config: CoreConfig) -> float:
    """b between the two signals that the map came from, in s/mm2."""
    low, high = (adc.parameters.get(name) for name in ("b_low_s_mm2", "b_high_s_mm2"))
    return config.b_assumed if low is None or high is None else high - low


def _evidence(
    adc: np.ndarray, inside: np.ndarray, bright: Hyperintensity, geometry: Geometry, config: CoreConfig
) -> Evidence:
    """Local contrast, depth and the other side."""
    normal = bright.tissue & (bright.z < config.dwi_z)
    level, _ = local_mean(bright.z, normal, bright.grid, config.normal_mm)
    relative = np.clip(1 + bright.z * bright.tissue_sd, 0, 1.3)
    plane = find_midplane(np.where(inside, relative, 0), inside, geometry)
    tissue = bright.adc <= config.tissue_adc_high
    return Evidence(
        adc=adc,
        z=bright.z,
        contrast=bright.z - level,
        depth_mm=bright.grid.up(bright.grid.signed_depth(bright.grid.down(inside) > 0.5)),
        mirror=MirrorControl.of(bright.z, tissue, plane, bright.grid, config.mirror_mm),
    )


def _seeds(images: CoreImages, config: CoreConfig) -> np.ndarray:
    """Voxels that are core beyond doubt: low ADC, hyperintense, above the other side or well above the surroundings."""
    bright, evidence = images.bright, images.evidence
    low = images.valid & at_or_below(bright.adc, config.adc_threshold, inclusive=config.adc_inclusive)
    index = np.argwhere(low & (bright.z >= config.dwi_z))
    seeds = np.zeros(images.valid.shape, bool)
    if len(index):
        where = tuple(index.T)
        excess = evidence.mirror.excess(bright.z[where], images.geometry.to_lps(index))
        apart = np.nan_to_num(excess, nan=-np.inf) >= config.min_asymmetry
        seeds[where] = apart | (evidence.contrast[where] >= config.strong_contrast)
    return seeds


def _grow(seeds: np.ndarray, images: CoreImages, config: CoreConfig) -> np.ndarray:
    """Voxels connected to a seed, at least half-way up the local rise of DWI, with ADC within the tolerance."""
    if not seeds.any():
        return seeds
    bright = images.bright
    peak, near = _peak(seeds, bright, config)
    base = bright.z - images.evidence.contrast
    risen = (near > 1e-3) & (bright.z >= base + config.rise_fraction * (peak - base))
    tolerance = min(config.grow_sds * bright.smooth_noise, config.grow_limit)
    low = images.valid & at_or_below(bright.adc, config.adc_threshold + tolerance, inclusive=config.adc_inclusive)
    labels, count = label_clusters(risen & low, connectivity=config.connectivity)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(labels[seeds])] = True
    keep[0] = False
    return fill_small_holes(keep[labels], low, images.geometry, max_ml=config.hole_ml)


def _peak(seeds: np.ndarray, bright: Hyperintensity, config: CoreConfig) -> tuple[np.ndarray, np.ndarray]:
    """Local DWI level of the lesion, without the voxels that it fills in part, and how near seeds are."""
    mean, near = local_mean(bright.z, seeds, bright.grid, config.rise_mm)
    full = seeds & (bright.z >= config.full_fraction * mean)
    level, _ = local_mean(bright.z, full, bright.grid, config.rise_mm)
    return np.maximum(level, mean), near


def _clusters(
    grown: np.ndarray, gated: np.ndarray, seeds: np.ndarray, images: CoreImages, config: CoreConfig
) -> Clusters:
    """Clusters grown from seeds, with their borders; then what else is below the threshold within the gate and no rim of them."""
    labels, seeded = label_clusters(grown, connectivity=config.connectivity)
    around = Surroundings(images.signals, seeds, images.bright.tissue, images.valid, images.geometry)
    refined = refine_borders(labels, seeded, around, config) if seeded else labels
    away = ~ndimage.binary_dilation(grown | (refined > 0), ndimage.generate_binary_structure(3, 3))
    rest, unseeded = label_clusters(gated & away, connectivity=config.connectivity)
    others = np.where(rest > 0, rest + seeded, 0)
    return Clusters(np.where(rest > 0, others, refined), seeded + unseeded, seeded, np.where(rest > 0, others, labels))


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
