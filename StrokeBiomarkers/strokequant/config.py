"""Every threshold and constant, once, with its unit and where it comes from.

A configuration is a frozen dataclass; `describe` lists its fields for the record, so that a reader of a result sees each number
with its citation. Evidence "unconfirmed" means that the citation must still be checked against the original publication.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any


def cited(default: Any, unit: str, source: str, *, evidence: str = "published") -> Any:
    """Dataclass field with its unit, source and evidence (published, measured, design, unconfirmed)."""
    return field(default=default, metadata={"unit": unit, "source": source, "evidence": evidence})


def design(default: Any, unit: str, reason: str) -> Any:
    """Dataclass field that is a choice of this project, with the reason."""
    return cited(default, unit, reason, evidence="design")


def describe(config: Any) -> dict[str, dict[str, Any]]:
    """Name -> {value, unit, source, evidence} of every field of a configuration."""
    return {f.name: {"value": getattr(config, f.name), **f.metadata} for f in dataclasses.fields(config)}


@dataclass(frozen=True)
class AuditConfig:
    """Limits of the geometry audit (rules G01 to G18)."""

    tilt_deg: float = design(0.1, "deg", "G03: above this the stacking direction is not the slice normal")
    uneven_ratio: float = design(1.01, "1", "G05: largest gap over smallest gap")
    missing_ratio: float = design(1.5, "1", "G06: isolated gap over both neighbors")
    duplicate_mm: float = design(0.01, "mm", "G07: positions closer than this are the same")
    overlap_ratio: float = design(0.9, "1", "G08: gap below this times the mean thickness of both slices")
    gapped_ratio: float = design(1.1, "1", "G09: gap above this times the mean thickness of both slices")
    spacing_tag_percent: float = design(1.0, "%", "G01: |(0018,0088)| may differ from the gaps by this much")
    orientation_tolerance: float = design(0.01, "1", "G12: largest difference of direction cosines within one stack")


@dataclass(frozen=True)
class ReadConfig:
    """Reading of DICOM series: what counts as the same image, and what is refused."""

    b_max: float = design(10000.0, "s/mm2", "b values below 0 or above this are rejected as missing (7.23e75 was seen)")
    b_same: float = design(
        1e-4, "s/mm2", "b values this close belong together; Philips numbers b0 repeats 0.001, 0.002, ..."
    )
    direction_same: float = design(0.005, "1", "largest component difference of one gradient direction between slices")
    orientation_same: float = design(1e-3, "1", "largest difference of direction cosines within one image grid")
    spacing_same: float = design(1e-4, "1", "largest relative difference of Pixel Spacing within one image grid")
    position_same_mm: float = design(0.05, "mm", "one slice may move this much in its plane between repeated images")
    slice_same_mm: float = design(0.01, "mm", "G07: positions along the normal closer than this are the same slice")
    mosaic_spacing_mm: float = design(0.01, "mm", "mosaic: spacing tag against the slices of the protocol")
    mosaic_normal_tolerance: float = design(
        1e-3, "1", "mosaic: 1 - |cosine| between SliceNormalVector and image normal"
    )
    padding_ct_hu: float = design(-1024.0, "[hnsf'U]", "P05: padding in CT reads as air")
    padding_mr: float = design(0.0, "1", "P05: padding in MR reads as no signal, which every map counts as invalid")


@dataclass(frozen=True)
class AdcConfig:
    """ADC computation and use of b values."""

    b0_max: float = design(
        10.0, "s/mm2", "images with b up to this, rounded to 1, count as b0; the actual b goes into the formula"
    )
    vendor_bias_percent: float = design(
        10.0, "%", "WARN above: mean of the recomputed against the vendor's ADC in the brain; XA30 -0.01 (measured)"
    )
    b_core_low: float = design(800.0, "s/mm2", "WARN below: the 620 threshold belongs to b about 1000")
    b_core_high: float = design(1200.0, "s/mm2", "WARN above: the 620 threshold belongs to b about 1000")
    b_core_stop: float = design(
        1500.0, "s/mm2", "STOP above: at b 2500 43.6 % of a healthy brain is below 620 um2/s (measured)"
    )
    noise_floor_sigmas: float = design(
        3.0,
        "1",
        "signal below this times the background noise is excluded; Rician bias -11 % at SNR 15 and ADC 2500-3000",
    )
    negative_warn_percent: float = design(0.1, "%", "WARN when more than this share of the brain has a negative ADC")
    b_actual_nominal_percent: float = design(1.0, "%", "WARN when actual and nominal b differ by more")
    align_threshold_mm: float = design(0.5, "mm", "b0 and b1000 are aligned when they are further apart than this")
    b_core_target: float = design(
        1000.0, "s/mm2", "of several high b values the nearest to this is used: kurtosis lowers the ADC as b rises"
    )
    b_shell_gap: float = design(50.0, "s/mm2", "b values closer than this belong to one shell")
    b_low_stop: float = design(
        200.0,
        "s/mm2",
        "STOP above, where there is no b0: kurtosis acts as if b were b_low + b_high, and that leaves 1200",
    )
    b_span_min: float = design(
        400.0, "s/mm2", "STOP below b_high - b_low: perfusion and noise outweigh diffusion of brain tissue"
    )
    direction_balance_min: float = design(
        0.5,
        "1",
        "WARN below, STOP at 0: 3 x smallest eigenvalue of the mean g g^T, 1 for a trace, 0 for less than 3 directions",
    )
    direction_same_deg: float = design(
        1.0, "deg", "directions (and their opposites) closer than this are one, repeated"
    )
    noise_border_percent: float = design(6.0, "%", "in-plane border of the field of view that is searched for air")
    noise_min_voxels: int = design(1000, "1", "nonzero border voxels needed for an estimate of the noise")
    noise_max_zero_percent: float = design(25.0, "%", "more zeros than this in the border: the background was masked")
    noise_cut_sigmas: float = design(4.0, "1", "brighter border voxels are tissue or ghosts; 0.03 % of Rayleigh noise")
    noise_shape_low: float = cited(
        1.6, "1", "mean/SD of Rayleigh noise is 1.913 (Gudbjartsson, MRM 1995;34:910); less: ghosts", evidence="design"
    )
    noise_shape_high: float = cited(
        2.3,
        "1",
        "mean/SD of Rayleigh noise is 1.913 (Gudbjartsson, MRM 1995;34:910); more: filtered, many coils",
        evidence="design",
    )
    align_metric_gain_percent: float = design(
        0.1, "%", "images are moved only where the mutual information rises by this much; 0.5 mm gives about 0.5 %"
    )
    align_max_mm: float = design(30.0, "mm", "a larger displacement within one series is a failed registration")
    align_grid_mm: float = design(4.0, "mm", "largest in-plane voxel of the registration; slices stay as they are")
    align_samples: int = design(
        60000, "1", "points of the registration: within 0.1 deg and 0.03 mm on a phantom at SNR 30 (measured)"
    )
    align_screen_samples: int = design(
        15000, "1", "points by which directions are measured first, within 0.3 deg; all points where that is too far"
    )
    align_margin_mm: float = design(5.0, "mm", "edge of the volume without points, so that they stay inside the image")
    align_min_size: int = design(8, "1", "fewest voxels along every axis of the registration grid")


@dataclass(frozen=True)
class GridConfig:
    """Resampling of one image to the grid of another."""

    overlap_min_percent: float = design(
        90.0, "%", "STOP below: this share of the voxels of the new grid must lie inside the image"
    )


@dataclass(frozen=True)
class UnitConfig:
    """Physiologic range of the median ADC of a brain, by which an unlabeled unit is recognized."""

    brain_median_low: float = cited(
        600.0, "um2/s", "Siemens XA30 636 to 734; ISLES 1020 to 1050; ADS 875", evidence="measured"
    )
    brain_median_high: float = cited(
        1200.0, "um2/s", "Siemens XA30 636 to 734; ISLES 1020 to 1050; ADS 875", evidence="measured"
    )
    code_conflict_factor: float = design(
        10.0, "1", "a stated unit is refused when it puts the brain median this many times outside the range"
    )


@dataclass(frozen=True)
class BrainConfig:
    """Brain mask."""

    volume_low_ml: float = design(500.0, "ml", "STOP below: not a whole adult brain")
    whole_mm: float = design(
        100.0, "mm", "STOP below: slices that cover less cannot hold a whole brain, and a core beside them is not seen"
    )
    volume_high_ml: float = design(2500.0, "ml", "STOP above: skull or background is in the mask")
    work_mm: float = design(3.0, "mm", "step of the coarse grid: finer than any structure that must be told apart")
    opening_mm: float = design(6.0, "mm", "ball that separates eyes, scalp and nerves; half a medulla still passes")
    regrow_mm: float = design(3.0, "mm", "beyond the opening radius: gyri and poles that the ball does not reach")
    closing_mm: float = design(9.0, "mm", "sulci and cisterns of this width belong to the brain")
    border_mm: float = design(4.5, "mm", "band around the coarse border in which the native intensities decide")
    threshold: float = design(0.45, "1", "share of the local brain level; fat-suppressed scalp and muscle are below")
    rounds: int = design(2, "1", "bias field and threshold, repeated")
    cord_cm2: float = design(6.0, "cm2", "cross-sections below this at the lower end are spinal cord")
    stripped_support: float = design(0.6, "1", "a stripped image has at most this share of voxels that are not zero")
    stripped_overlap: float = design(0.85, "1", "share of a stripped image that must look like brain")


@dataclass(frozen=True)
class CoreConfig:
    """Diffusion core: ADC threshold inside DWI hyperintensity.

    z is the DWI signal over its bias field, smoothed, relative to the median of normal-appearing tissue, in SDs (1.4826 MAD).
    """

    adc_threshold: float = cited(
        620.0,
        "um2/s",
        "Purushotham et al., Int J Stroke 2015;10:348; Gosch et al., Front Neurol 2023;14:1203241",
        evidence="unconfirmed",
    )
    adc_inclusive: bool = design(True, "1", "True: ADC <= threshold; False: ADC < threshold")
    dwi_z: float = design(2.0, "1", "DWI gate: z at or above this counts as hyperintense")
    tissue_adc_high: float = design(1100.0, "um2/s", "normal-appearing tissue: ADC above the threshold up to this")
    bias_order: int = design(2, "1", "order of the polynomial of log DWI that takes the coil sensitivity out")
    tissue_sd_floor: float = cited(
        0.10,
        "1",
        "smallest relative SD of normal tissue on DWI: 0.10 to 0.15 in four brains of four scanners",
        evidence="measured",
    )
    smooth_mm: float = design(2.0, "mm", "SD in space of the joint bilateral filter of ADC and DWI")
    smooth_sds: float = design(2.5, "1", "SD in value of that filter, in noise SDs; edges above this stay")
    rise_fraction: float = design(
        0.5,
        "1",
        "limit of the growth as share of the local DWI rise; the border itself comes from the shares of lesion",
    )
    full_fraction: float = design(
        0.8,
        "1",
        "the lesion's DWI level is that of seeds above this share of their mean: the others are partial volume",
    )
    rise_mm: float = design(
        5.0, "mm", "SD of the window in which the level of the lesion, and of normal tissue beside it, is taken"
    )
    normal_mm: float = design(10.0, "mm", "SD of the window over normal tissue in which its level is taken")
    grow_sds: float = design(
        1.0,
        "1",
        "ADC tolerance of the growth in noise SDs of the smoothed ADC; 0 keeps to the threshold, which noise breaks up",
    )
    grow_limit: float = design(60.0, "um2/s", "largest tolerance of the growth, whatever the noise")
    b_assumed: float = design(
        1000.0, "s/mm2", "b of a DWI that comes with a vendor's ADC map and does not tell its own"
    )
    fluid_adc: float = design(2000.0, "um2/s", "ADC above this: more than half CSF; the level of CSF is taken there")
    fluid_quantile: float = design(
        0.75, "1", "CSF is the brightest quarter of these voxels on b0: the others hold tissue, skull or flow"
    )
    fluid_voxels: int = design(50, "1", "fewer: the image shows no CSF, and lesion is told from tissue alone")
    adc_ceiling: float = design(4000.0, "um2/s", "larger values are noise where b0 is computed back from ADC and DWI")
    band_mm: float = design(
        2.0,
        "mm",
        "shares of lesion are read this far to both sides of the border, one voxel at least: blur of the images",
    )
    margin_mm: float = design(20.0, "mm", "surroundings of a lesion in which normal tissue is looked for")
    least_span: float = design(
        0.1,
        "1",
        "lesion must exceed normal tissue nearby by this share of its own signal, or its border stays as grown",
    )
    most_noise: float = design(
        0.25,
        "1",
        "above this SD of the share in normal tissue, empty and full are not told apart; the border stays as grown",
    )
    hole_ml: float = design(
        0.1, "ml", "holes of a slice up to this are filled where ADC is within the tolerance of the growth"
    )
    mirror_mm: float = design(
        4.0, "mm", "the mirror value is the highest within this distance: anatomy is not symmetric"
    )
    min_asymmetry: float = cited(
        2.0,
        "1",
        "z above the mirror side; normal clusters of 1 mL or more reach 1.0 in four brains",
        evidence="measured",
    )
    strong_asymmetry: float = cited(
        3.0, "1", "asymmetry that is enough for a small lesion; bright normal clusters reach 2.0", evidence="measured"
    )
    strong_contrast: float = cited(
        3.5, "1", "z above the surroundings that is enough for a small lesion, or without mirror", evidence="measured"
    )
    bilateral_contrast: float = cited(
        5.0,
        "1",
        "z above the surroundings asked for when the other side is alike; insula reaches 3.5",
        evidence="measured",
    )
    min_cluster_ml: float = design(1.0, "ml", "smallest proposed cluster of moderate contrast; no published consensus")
    large_cluster_ml: float = design(10.0, "ml", "from this size on, less contrast is asked for without a control side")
    large_contrast: float = cited(
        2.5, "1", "that contrast; normal clusters of this size reach 2.1 in four brains", evidence="measured"
    )
    strong_cluster_ml: float = design(0.05, "ml", "smallest proposed cluster of strong contrast and asymmetry")
    min_voxels: int = design(8, "1", "fewer are never proposed: two in every direction, more than a spike or one line")
    edge_mm: float = design(6.0, "mm", "without mirror proof, mean depth in the brain below this is taken for artifact")
    midline_mm: float = design(5.0, "mm", "centroids this near to the mid-sagittal plane are called midline")
    list_ml: float = design(0.05, "ml", "smaller clusters are not listed")
    connectivity: int = design(26, "1", "voxels that touch at a corner are one cluster")
    adc_step: float = design(20.0, "um2/s", "one step of the threshold for the interval of the volume")


@dataclass(frozen=True)
class ScanConfig:
    """Limits of searching a folder or an archive, and of telling series apart."""

    zip_total_bytes: int = design(
        64 * 2**30, "By", "unpacked size of one archive; a whole stroke study is below 10 GiB"
    )
    zip_files: int = design(200_000, "1", "members of one archive; a CT perfusion study has about 10 000")
    zip_ratio: float = design(
        200.0, "1", "unpacked over packed size of a whole archive; DICOM and NIfTI reach 30, sparse masks 150"
    )
    zip_ratio_floor_bytes: int = design(16 * 2**20, "By", "archives that unpack to less than this may have any ratio")
    zip_depth: int = design(2, "1", "an archive in an archive is opened, a third level is refused")
    folder_depth: int = design(32, "1", "folders below each other; deeper ones are listed and not searched")
    label_values: int = design(64, "1", "an image with at most this many values, all integers, looks like a label map")
    label_maximum: int = design(255, "1", "largest value of what looks like a label map")
    orientation_slices: int = design(3, "1", "G12: ASK when more than one orientation has more slices than this")
    echo_step_ms: float = design(0.5, "ms", "echo times closer than this are the same echo")


@dataclass(frozen=True)
class NiftiConfig:
    """What a NIfTI file must say about its geometry."""

    form_tolerance_mm: float = design(
        0.1, "mm", "qform and sform may place the corners of the image this far apart; refused above"
    )
    bval_direction_tolerance: float = design(0.05, "1", "length of a gradient vector may differ from 1 by this much")


@dataclass(frozen=True)
class MeasureConfig:
    """Intervals and limits of what can be measured."""

    boundary_shift_px: float = design(
        0.5,
        "px",
        "interval: every in-plane contour moved out and in by this much; one whole pixel is 22 % of a lesion (Luby 2006)",
    )
    measurable_slices: float = design(
        3.0, "1", "S04: a lesion smaller than a sphere of this many slice extents in diameter is below measurable size"
    )


@dataclass(frozen=True)
class ReportConfig:
    """How the report shows images. Nothing here changes a number."""

    adc_window_low: float = design(0.0, "um2/s", "fixed window, so that two reports can be compared by eye")
    adc_window_high: float = design(1500.0, "um2/s", "core, normal brain and CSF are all told apart")
    dwi_window_low_percentile: float = design(1.0, "%", "of the brain; black")
    dwi_window_high_percentile: float = design(
        99.8, "%", "of the brain; white. A lesion must not be clipped to a flat area"
    )
    max_image_px: int = design(256, "px", "longer side of a picture; larger slices are reduced for the page only")
    image_budget_bytes: int = design(
        2_700_000, "byte", "all pictures before base64, which adds a third: page below 4 MB"
    )
    max_montage_slices: int = design(24, "1", "slices with lesion shown at reading size; the rest is in the overview")
    max_candidates_left_out: int = design(20, "1", "candidates left out that the page lists; record.json has all")
    histogram_bin: float = design(25.0, "um2/s", "bin width of the ADC histogram")
    histogram_high: float = design(
        2500.0, "um2/s", "right end of the ADC histogram; higher values are counted beside it"
    )


@dataclass(frozen=True)
class ClassifyConfig:
    """Limits by which the role of a series is told."""

    time_points: int = design(5, "1", "positions repeated at least this often form a time series")
    localizer_frames: int = design(60, "1", "a description of a localizer counts only up to this many images")
    dsc_echo_ms: float = design(
        20.0, "ms", "T2*-weighted perfusion without the word echo planar; T1 perfusion is below 5"
    )
    ctp_positions: int = design(2, "1", "CT perfusion covers at least this many positions; bolus monitoring has one")
    ctp_phases: int = design(10, "1", "an angiography with fewer phases is no perfusion study; more are dynamic")
    flair_inversion_ms: float = design(
        1200.0, "ms", "FLAIR 2000-2800 at 1.5-3 T, 1400 at 64 mT; T1 sequences are below"
    )
    flair_echo_ms: float = design(60.0, "ms", "T2 weighting; T1 FLAIR and MPRAGE are below 30")
    flair_repetition_ms: float = design(3500.0, "ms", "FLAIR has long repetition times, from 4000")
    swi_echo_ms: float = design(10.0, "ms", "susceptibility weighting at 3 T from 20, at 7 T from 15")
    head_width_mm: float = design(350.0, "mm", "a CT field of view above this is no head")
