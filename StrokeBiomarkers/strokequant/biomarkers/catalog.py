"""The catalog: every measure once. The table, the SR, the report and the screen take their words from it."""

from .. import codes
from .follow_up_catalog import FOLLOW_UP_MEASURES
from .hemorrhage_catalog import HEMORRHAGE_MEASURES
from .measure_type import Measure
from .perfusion_catalog import PERFUSION_MEASURES

_CORE = "Infarct core on diffusion MRI: ADC at or below the threshold inside DWI hyperintensity"

MEASURES: dict[str, Measure] = {
    m.id: m
    for m in (
        Measure(
            "infarct_core_volume",
            "Infarct core volume",
            _CORE,
            "sum over slices of area x extent along the slice normal",
            "ml",
            "mL",
            2,
            codes.VOLUME,
            citation="Purushotham et al., Int J Stroke 2015;10:348 (unconfirmed)",
        ),
        Measure(
            "infarct_core_volume_spline",
            "Infarct core volume, spline check",
            _CORE,
            "integral of the not-a-knot cubic spline of slice area over position",
            "ml",
            "mL",
            2,
            codes.VOLUME_SPLINE,
        ),
        Measure(
            "infarct_core_adc_mean",
            "Mean ADC in the core",
            "ADC over the core voxels",
            "mean",
            "um2/s",
            "10⁻⁶ mm²/s",
            1,
            codes.ADC,
            codes.MEAN,
        ),
        Measure(
            "infarct_core_adc_median",
            "Median ADC in the core",
            "ADC over the core voxels",
            "median",
            "um2/s",
            "10⁻⁶ mm²/s",
            1,
            codes.ADC,
            codes.MEDIAN,
        ),
        Measure(
            "infarct_core_adc_sd",
            "SD of ADC in the core",
            "ADC over the core voxels",
            "standard deviation (n-1)",
            "um2/s",
            "10⁻⁶ mm²/s",
            1,
            codes.ADC,
            codes.STANDARD_DEVIATION,
        ),
        Measure(
            "infarct_core_adc_min",
            "Minimum ADC in the core",
            "ADC over the core voxels",
            "minimum",
            "um2/s",
            "10⁻⁶ mm²/s",
            1,
            codes.ADC,
            codes.MINIMUM,
        ),
        Measure(
            "infarct_core_lesions",
            "Number of core lesions",
            "Connected components (26) of the core",
            "count",
            "{lesions}",
            "lesions",
            0,
            codes.LESION_COUNT,
        ),
        Measure(
            "infarct_core_volume_left",
            "Infarct core volume, left",
            _CORE + ", left of the midline",
            "as volume",
            "ml",
            "mL",
            2,
            codes.VOLUME_LEFT,
        ),
        Measure(
            "infarct_core_volume_right",
            "Infarct core volume, right",
            _CORE + ", right of the midline",
            "as volume",
            "ml",
            "mL",
            2,
            codes.VOLUME_RIGHT,
        ),
        Measure(
            "brain_volume",
            "Brain mask volume",
            "Volume of the brain mask on the diffusion series",
            "as volume",
            "ml",
            "mL",
            1,
            codes.VOLUME,
        ),
        *PERFUSION_MEASURES,
        *FOLLOW_UP_MEASURES,
        *HEMORRHAGE_MEASURES,
    )
}


def measure(measure_id: str) -> Measure:
    """The entry of this id; KeyError where there is none."""
    return MEASURES[measure_id]
