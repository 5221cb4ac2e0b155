"""Measures of hemorrhage on CT in the catalog. The id begins with the name of the mask that a measure belongs to."""

from .. import codes
from ..codes import Code
from .measure_type import Measure

_SUM = "sum over slices of area x extent along the slice normal; the border holds as many voxels as its shares of clot add up to"
_CLOT = "Blood in the brain on plain CT, up to half-way between clot and its local background"


def _volume(
    measure_id: str, name: str, definition: str, formula: str = _SUM, code: Code = codes.VOLUME, citation: str = ""
) -> Measure:
    return Measure(measure_id, name, definition, formula, "ml", "mL", 2, code, citation=citation)


def _number(
    measure_id: str, name: str, definition: str, formula: str, unit: tuple[str, str], code: Code, **more
) -> Measure:
    return Measure(measure_id, name, definition, formula, *unit, more.pop("decimals", 1), code, **more)


_HU = (codes.HOUNSFIELD.value, "HU")
_KOTHARI = "Kothari et al., Stroke 1996;27:1304 (weights unconfirmed)"

HEMORRHAGE_MEASURES: tuple[Measure, ...] = (
    _volume("ich_volume", "Intracerebral hemorrhage volume", _CLOT),
    _volume(
        "ich_volume_half_maximum",
        "ICH volume, cut at half maximum",
        _CLOT,
        "voxels between half maximum and 100 HU x their volume",
        codes.VOLUME_HALF_MAXIMUM,
    ),
    _volume(
        "ich_volume_fixed_window",
        "ICH volume, 40 to 100 HU",
        "Largest part of 40 to 100 HU around the clot; a fixed limit is biased by the background",
        "voxels of the window x their volume",
        codes.VOLUME_FIXED_WINDOW,
    ),
    _volume(
        "ich_volume_abc2_kothari",
        "ICH volume, ABC/2 with weighted slices",
        "A longest diameter, B full width across it, C slices weighted 1, 0.5, 0 by their share of the largest area",
        "A x B x C / 2",
        codes.VOLUME_ABC2_KOTHARI,
        _KOTHARI,
    ),
    _volume(
        "ich_volume_abc2_plain",
        "ICH volume, ABC/2 with all slices",
        "A longest diameter, B full width across it, C height of all slices with blood",
        "A x B x C / 2",
        codes.VOLUME_ABC2_PLAIN,
        _KOTHARI,
    ),
    _volume(
        "ich_volume_abc2_chord",
        "ICH volume, ABC/2 with B as chord",
        "A longest diameter, B longest segment inside across it, C weighted slices",
        "A x B x C / 2",
        codes.VOLUME_ABC2_CHORD,
        _KOTHARI,
    ),
    _number(
        "ich_hu_mean",
        "Mean CT number of the ICH",
        "CT over the clot",
        "mean",
        _HU,
        codes.ATTENUATION,
        derivation=codes.MEAN,
    ),
    _number(
        "ich_hu_sd",
        "SD of the CT number of the ICH",
        "CT over the clot",
        "standard deviation (n-1)",
        _HU,
        codes.ATTENUATION,
        derivation=codes.STANDARD_DEVIATION,
    ),
    _number(
        "ich_low_density_share",
        "Low density in the ICH (swirl)",
        "Share of the clot, away from its border, that is 8 HU or more below its median after smoothing; a descriptor",
        "volume of low density / volume looked at",
        ("%", "%"),
        codes.LOW_DENSITY_SHARE,
    ),
    _number(
        "ich_irregularity",
        "Hematoma irregularity index",
        "Surface of the clot against that of a ball of its volume; 100 for a ball, cut-off 123.8",
        "100 x sqrt(S / pi) / 2 / cbrt(3 V / (4 pi))",
        ("1", ""),
        codes.IRREGULARITY,
        citation="BMC Neurol 2022",
    ),
    _volume("ivh_volume", "Intraventricular hemorrhage volume", "Blood in the ventricles, outlined as the clot"),
    _volume(
        "ich_ivh_total_volume",
        "ICH and IVH volume",
        "Blood in brain and ventricles, no voxel twice",
        "sum",
        codes.TOTAL_HEMORRHAGE_VOLUME,
    ),
    _volume("sah_volume", "Subarachnoid hemorrhage volume", "Blood in the subarachnoid space, outlined as the clot"),
    _volume("sdh_volume", "Subdural hemorrhage volume", "Blood below the dura, outlined as the clot"),
    _volume("edh_volume", "Epidural hemorrhage volume", "Blood outside of the dura, outlined as the clot"),
    _volume(
        "edema_volume",
        "Perihematomal edema volume",
        "Tissue around the clot, joined to it, darker than its mirror image and within 5 to 33 HU",
        "sum over slices of area x extent along the slice normal",
        citation="Urday et al. 2015; window of Volbers (unconfirmed)",
    ),
    _number(
        "edema_relative",
        "Relative edema",
        "Volume of edema over that of the ICH",
        "V edema / V ICH",
        (codes.RATIO.value, ""),
        codes.RELATIVE_EDEMA,
        decimals=2,
    ),
    _number(
        "edema_extension_distance",
        "Edema extension distance",
        "Width of the rim if clot and edema were balls",
        "cbrt((V edema + V ICH) / (4 pi / 3)) - cbrt(V ICH / (4 pi / 3))",
        ("mm", "mm"),
        codes.EDEMA_EXTENSION,
        decimals=2,
        citation="(unconfirmed)",
    ),
    _number(
        "ivh_modified_graeb",
        "Modified Graeb score",
        "Blood in eight compartments of the ventricles, by a reader; 0 to 32",
        "sum of compartments + 1 for each that is expanded",
        (codes.POINTS.value, ""),
        codes.MODIFIED_GRAEB,
        decimals=0,
    ),
    _number(
        "ivh_score",
        "IVH score",
        "Hallevi: lateral ventricles 0 to 3 each, third, fourth, hydrocephalus, by a reader; 0 to 23",
        "3 (right + left) + third + fourth + 3 hydrocephalus",
        (codes.POINTS.value, ""),
        codes.IVH_SCORE,
        decimals=0,
        citation="(unconfirmed)",
    ),
    _volume(
        "ivh_score_volume",
        "IVH volume by IVH score",
        "Estimate from the score; 0 where no blood is scored",
        "exp(score / 5)",
        codes.IVH_SCORE_VOLUME,
        "(unconfirmed)",
    ),
    _number(
        "midline_shift",
        "Midline shift",
        "At the foramen of Monro, from three landmarks of a reader",
        "inner width / 2 - distance from inner table to septum",
        ("mm", "mm"),
        codes.MIDLINE_SHIFT,
        citation="(unconfirmed)",
    ),
)
