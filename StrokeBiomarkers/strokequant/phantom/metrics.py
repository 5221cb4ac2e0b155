"""The phantom metric catalog: every number of a phantom session once, with definition, unit and citation."""

from dataclasses import dataclass

_QIBA = "QIBA DWI Profile (unconfirmed)"
_ACR_CT = "ACR CT accreditation phantom testing instructions (unconfirmed)"
_ACR_MRI = "ACR Large and Medium Phantom Test Guidance, 2022; PMC9359023"


@dataclass(frozen=True, slots=True)
class PhantomMetric:
    """One entry of the catalog.

    Args:
        id: stable id, used in files.
        name: words for a reader.
        definition: what is measured and how, in one line.
        unit: UCUM.
        unit_text: what people read.
        decimals: digits behind the point in tables.
        family: "diffusion", "ct", "mri" or "volume".
        low, high: physical range; a value outside is refused, None where there is no such limit.
        citation: where the definition comes from.
    """

    id: str
    name: str
    definition: str
    unit: str
    unit_text: str
    decimals: int
    family: str
    low: float | None = None
    high: float | None = None
    citation: str = ""

    @property
    def target(self) -> float | None:
        """Value of a perfect scanner; None where there is none and a chart is centered on its own baseline."""
        return _TARGETS.get(self.id)


_TARGETS: dict[str, float] = {
    "adc_bias_percent": 0.0,
    "adc_bias": 0.0,
    "adc_linearity_slope": 1.0,
    "adc_linearity_intercept": 0.0,
    "adc_nonlinearity_percent": 0.0,
    "gradient_scale_percent": 0.0,
    "hu_bias": 0.0,
    "hu_slope": 1.0,
    "hu_offset": 0.0,
    "ct_bb_distance": 100.0,
    "volume_bias_percent": 0.0,
    "blood_hu_slope": 1.0,
    "blood_hu_offset": 0.0,
}
_UM2_S = ("um2/s", "10⁻⁶ mm²/s")
_PERCENT = ("%", "%")
_HU = ("[hnsf'U]", "HU")
_MM = ("mm", "mm")
_ONE = ("1", "")
_CEL = ("Cel", "°C")

_DIFFUSION = (
    ("adc", "ADC of a vial", "least squares slope of ln(mean ROI signal) on -b", *_UM2_S, 1, 0.0, 4000.0, ""),
    (
        "adc_bias_percent",
        "ADC bias",
        "100 (ADC - certified) / certified at the temperature",
        *_PERCENT,
        2,
        None,
        None,
        _QIBA,
    ),
    ("adc_bias", "ADC bias, absolute", "ADC - certified at the temperature", *_UM2_S, 1, None, None, ""),
    (
        "adc_roi_sd_percent",
        "Random error in the region",
        "100 SD of voxel ADC in the region / mean",
        *_PERCENT,
        2,
        0.0,
        None,
        _QIBA,
    ),
    (
        "adc_wsd",
        "Within-case SD of ADC",
        "root mean variance over passes of one protocol (n - 1)",
        *_UM2_S,
        2,
        0.0,
        None,
        "",
    ),
    ("adc_rc", "Repeatability coefficient of ADC", "2.77 wSD, passes of one protocol", *_UM2_S, 2, 0.0, None, _QIBA),
    (
        "adc_wcv_percent",
        "Within-case CV of ADC",
        "100 wSD / mean, passes of one protocol",
        *_PERCENT,
        2,
        0.0,
        None,
        _QIBA,
    ),
    (
        "adc_rc_long",
        "Long-term repeatability coefficient of ADC",
        "2.77 wSD over sessions",
        *_UM2_S,
        2,
        0.0,
        None,
        _QIBA,
    ),
    ("adc_wcv_long_percent", "Long-term CV of ADC", "100 wSD / mean over sessions", *_PERCENT, 2, 0.0, None, _QIBA),
    (
        "adc_b_dependence_percent",
        "b-value dependence",
        "100 |ADC(0, b1) - ADC(0, b2)| / ADC(0, b2), largest over pairs",
        *_PERCENT,
        2,
        0.0,
        None,
        _QIBA,
    ),
    (
        "adc_direction_percent",
        "Direction dependence",
        "100 (max - min) / mean of three orthogonal directions",
        *_PERCENT,
        2,
        0.0,
        None,
        "",
    ),
    (
        "snr_b0",
        "SNR at b 0",
        "mean / SD by temporal variance of repeated passes, or by difference of two",
        *_ONE,
        0,
        0.0,
        None,
        _QIBA,
    ),
    ("snr_b0_temporal", "SNR at b 0, temporal", "mean / SD over three or more passes", *_ONE, 0, 0.0, None, ""),
    ("snr_b0_difference", "SNR at b 0, two passes", "mean / SD of the difference over sqrt 2", *_ONE, 0, 0.0, None, ""),
    ("snr_b0_spatial", "SNR at b 0, spatial", "mean / SD in the region of one pass", *_ONE, 0, 0.0, None, ""),
    (
        "adc_linearity_slope",
        "Linearity, slope",
        "least squares of ADC on certified ADC over the vials",
        *_ONE,
        4,
        None,
        None,
        _QIBA,
    ),
    ("adc_linearity_intercept", "Linearity, intercept", "as slope", *_UM2_S, 1, None, None, ""),
    ("adc_linearity_r2", "Linearity, R²", "as slope", *_ONE, 4, 0.0, 1.0, _QIBA),
    ("adc_linearity_quadratic_p", "Linearity, p of the quadratic term", "as slope", *_ONE, 3, 0.0, 1.0, ""),
    (
        "adc_spatial_percent",
        "Spatial ADC bias",
        "100 (ADC(r) - ADC(center)) / ADC(center), one material, largest within 4 cm",
        *_PERCENT,
        2,
        None,
        None,
        _QIBA,
    ),
    (
        "adc_nonlinearity_percent",
        "Gradient nonlinearity at 10 cm",
        "k of bias = c + k (r / 100 mm)²",
        *_PERCENT,
        2,
        None,
        None,
        "",
    ),
    (
        "gradient_scale_percent",
        "Gradient amplitude error",
        "100 (g - 1), bias = 100 (g² - 1) common to all vials",
        *_PERCENT,
        2,
        None,
        None,
        "",
    ),
    (
        "temperature_inferred",
        "Inferred temperature",
        "temperature at which the certified water ADC is the measured one",
        *_CEL,
        2,
        -5.0,
        60.0,
        "",
    ),
    (
        "temperature_difference",
        "Inferred minus stated temperature",
        "of the water vial at the isocenter",
        *_CEL,
        2,
        None,
        None,
        "",
    ),
    (
        "temperature_error",
        "Error of the stated temperature",
        "what explains how the bias grows with PVP, a factor common to all vials left free",
        *_CEL,
        2,
        None,
        None,
        "",
    ),
    (
        "temperature_spread",
        "Spread of the inferred temperature",
        "largest - smallest over the water vials and passes",
        *_CEL,
        2,
        0.0,
        None,
        "",
    ),
    (
        "temperature_drift",
        "Thermal drift",
        "slope of the inferred temperature on time",
        "Cel/min",
        "°C/min",
        3,
        None,
        None,
        "",
    ),
    (
        "adc_drift_percent",
        "ADC drift per pass",
        "slope of 100 ln(ADC) on the pass number, mean over the vials by their noise",
        *_PERCENT,
        2,
        None,
        None,
        "",
    ),
    (
        "epi_displacement",
        "EPI displacement",
        "vial centroid in EPI minus centroid in an undistorted scan, largest within 6 cm",
        *_MM,
        2,
        0.0,
        None,
        "",
    ),
    (
        "ghost_percent",
        "Nyquist ghost",
        "100 mean ghost / mean signal at half the field of view",
        *_PERCENT,
        2,
        0.0,
        None,
        "",
    ),
)

_CT = (
    ("hu", "CT number of an insert", "mean of the region", *_HU, 2, -1100.0, 3100.0, _ACR_CT),
    ("hu_bias", "CT number bias", "mean - nominal", *_HU, 2, None, None, ""),
    (
        "hu_slope",
        "CT number slope",
        "least squares of measured on nominal over all five inserts",
        *_ONE,
        4,
        0.5,
        1.5,
        "",
    ),
    ("hu_offset", "CT number offset", "intercept of that line", *_HU, 2, None, None, ""),
    ("hu_r2", "CT number linearity, R²", "of that line", *_ONE, 6, 0.0, 1.0, ""),
    (
        "hu_uniformity",
        "CT number uniformity",
        "largest |edge - center| of four edge regions at 66 mm",
        *_HU,
        2,
        0.0,
        None,
        _ACR_CT,
    ),
    (
        "hu_uniformity_outer",
        "CT number uniformity, outer",
        "largest |edge - center| of four edge regions at 80 mm",
        *_HU,
        2,
        0.0,
        None,
        "",
    ),
    ("ct_noise", "CT noise", "SD of the center region", *_HU, 2, 0.0, None, _ACR_CT),
    (
        "ct_cnr",
        "Contrast-to-noise ratio",
        "|mean of the 25 mm cylinder - mean of its background| / SD of the background",
        *_ONE,
        2,
        0.0,
        None,
        _ACR_CT,
    ),
    (
        "ct_slice_thickness",
        "CT slice thickness",
        "0.5 mm for each wire at least half as bright as the central ones, mean of both ramps",
        *_MM,
        2,
        0.0,
        20.0,
        _ACR_CT,
    ),
    (
        "ct_slice_thickness_error",
        "CT slice thickness, measured minus header",
        "as named",
        *_MM,
        2,
        -20.0,
        20.0,
        _ACR_CT,
    ),
    ("ct_bb_distance", "Distance of the two beads", "between centroids", *_MM, 2, 95.0, 105.0, _ACR_CT),
    ("ct_diameter", "Phantom diameter", "of the half-maximum area", *_MM, 2, 190.0, 210.0, ""),
    (
        "ct_roll",
        "Roll of the CT phantom",
        "rotation about the axis of the phantom, from the inserts",
        "deg",
        "°",
        3,
        -45.0,
        45.0,
        "",
    ),
    (
        "ct_resolution",
        "Visible bar pattern",
        "finest pattern whose modulation is seen",
        "/cm",
        "lp/cm",
        0,
        0.0,
        12.0,
        _ACR_CT,
    ),
    (
        "ct_mtf50",
        "Frequency of half transfer",
        "where the modulation of the bar patterns falls to 50 % of their contrast, linear between patterns",
        "/cm",
        "lp/cm",
        2,
        0.0,
        12.0,
        "",
    ),
    (
        "ct_detectable_contrast",
        "Detectable contrast, 6 mm",
        "3.29 SD of the means of discs of 6 mm over the uniform module",
        *_HU,
        2,
        0.0,
        None,
        "Chao, Radiology 2000;217(P):162 (unconfirmed)",
    ),
    (
        "ct_smallest_rod",
        "Smallest rod of 6 HU told from noise",
        "smallest of 6, 5, 4, 3, 2 mm whose detectable contrast is at most 6 HU",
        *_MM,
        0,
        0.0,
        None,
        "as detectable contrast",
    ),
)

_MRI = (
    (
        "mri_piu",
        "Percent integral uniformity",
        "100 (1 - (high - low) / (high + low)) of extreme 1 cm² means inside 200 cm²",
        *_PERCENT,
        2,
        0.0,
        100.0,
        _ACR_MRI,
    ),
    (
        "mri_psg_percent",
        "Percent signal ghosting",
        "100 |(top + bottom) - (left + right)| / (2 center)",
        *_PERCENT,
        3,
        0.0,
        100.0,
        _ACR_MRI,
    ),
    (
        "mri_ghost_corner_percent",
        "Ghost above the corner",
        "100 (brightest region beside the phantom - darkest corner) / (2 center); sees ghosts on all sides",
        *_PERCENT,
        3,
        0.0,
        100.0,
        "",
    ),
    (
        "mri_slice_thickness",
        "MRI slice thickness",
        "0.2 top bottom / (top + bottom), half-maximum ramp lengths",
        *_MM,
        2,
        1.0,
        10.0,
        _ACR_MRI,
    ),
    (
        "mri_slice_position_first",
        "Slice position, slice 1",
        "difference of the bar lengths, twice the shift",
        *_MM,
        2,
        -20.0,
        20.0,
        _ACR_MRI,
    ),
    (
        "mri_slice_position_last",
        "Slice position, slice 11",
        "difference of the bar lengths, twice the shift",
        *_MM,
        2,
        -20.0,
        20.0,
        _ACR_MRI,
    ),
    (
        "mri_diameter_horizontal",
        "Diameter, horizontal",
        "ellipse through the border without bubble and bars; of the slice farthest from 190 mm",
        *_MM,
        2,
        180.5,
        199.5,
        _ACR_MRI,
    ),
    (
        "mri_diameter_vertical",
        "Diameter, vertical",
        "ellipse through the border without bubble and bars; of the slice farthest from 190 mm",
        *_MM,
        2,
        180.5,
        199.5,
        _ACR_MRI,
    ),
    (
        "mri_diameter_diagonal",
        "Diameter, largest diagonal error",
        "diameter at 45° and 135° farthest from 190 mm",
        *_MM,
        2,
        180.5,
        199.5,
        _ACR_MRI,
    ),
    (
        "mri_length",
        "Length of the phantom",
        "half-maximum edges on the sagittal localizer",
        *_MM,
        2,
        140.6,
        155.4,
        _ACR_MRI,
    ),
    (
        "mri_snr",
        "MRI SNR",
        "mean of the uniform region / SD of what a 9 x 9 mean leaves, from its median",
        *_ONE,
        1,
        0.0,
        None,
        "McCann 2013",
    ),
    (
        "mri_spokes",
        "Low-contrast spokes",
        "complete spokes on slices 8 to 11: three holes that stand out of places without one by 2.33 SD, as far as from the largest on none is missing",
        "{spokes}",
        "spokes",
        0,
        0.0,
        40.0,
        _ACR_MRI,
    ),
    ("mri_roll", "Roll of the MRI phantom", "rotation about the slice normal", "deg", "°", 2, -45.0, 45.0, ""),
)

_VOLUME = (
    (
        "volume",
        "Volume of an insert",
        "sum of the shares (I - background) / (inside - background) of the border and its inside, as in patients",
        "ml",
        "mL",
        2,
        0.0,
        None,
        "",
    ),
    ("volume_bias_percent", "Volume bias", "100 (volume - certified) / certified", *_PERCENT, 2, None, None, ""),
    (
        "volume_half_maximum",
        "Volume at half maximum",
        "voxels above the mean of inside and background",
        "ml",
        "mL",
        2,
        0.0,
        None,
        "",
    ),
    (
        "blood_hu_slope",
        "Blood CT number slope",
        "least squares of measured on certified HU, 40 to 80 HU inserts",
        *_ONE,
        3,
        None,
        None,
        "",
    ),
    ("blood_hu_offset", "Blood CT number offset", "intercept of that line", *_HU, 2, None, None, ""),
)


def _entries(family: str, rows: tuple) -> tuple[PhantomMetric, ...]:
    return tuple(
        PhantomMetric(name_id, name, definition, unit, text, decimals, family, low, high, citation)
        for name_id, name, definition, unit, text, decimals, low, high, citation in rows
    )


PHANTOM_METRICS: dict[str, PhantomMetric] = {
    m.id: m
    for m in (
        *_entries("diffusion", _DIFFUSION),
        *_entries("ct", _CT),
        *_entries("mri", _MRI),
        *_entries("volume", _VOLUME),
    )
}


def metric(metric_id: str) -> PhantomMetric:
    """The entry of this id; KeyError where there is none."""
    return PHANTOM_METRICS[metric_id]
