"""Every threshold and constant of follow-up, with its unit and where it comes from."""

from dataclasses import dataclass

from .config import cited, design

_RODRIGUEZ_LUNA = "Rodriguez-Luna 2016: semi-automatic, 5 raters x 2 readings, n = 40"


@dataclass(frozen=True)
class GrowthConfig:
    """Baseline against follow-up."""

    mdd_intra_ml: float = cited(3.82, "ml", _RODRIGUEZ_LUNA + ": one reader, hematoma without IVH")
    mdd_inter_ml: float = cited(5.83, "ml", _RODRIGUEZ_LUNA + ": two readers, hematoma without IVH")
    mdd_total_intra_ml: float = cited(6.68, "ml", _RODRIGUEZ_LUNA + ": one reader, ICH + IVH")
    mdd_total_inter_ml: float = cited(7.72, "ml", _RODRIGUEZ_LUNA + ": two readers, ICH + IVH")
    thickness_change: float = design(1.1, "1", "WARN above: larger over smaller slice thickness or distance")


@dataclass(frozen=True)
class TransformationConfig:
    """Hemorrhagic transformation."""

    share_percent: float = cited(30.0, "%", "von Kummer et al., Stroke 2015;46:2981 (>=) and ECASS (> 30 %)")
    band_percent: float = design(
        3.0, "%", "WARN: a share of clot this close to the limit is read again; volumes of readers differ by 10 %"
    )
    outside_percent: float = design(
        5.0, "%", "WARN above: share of the clot that lies outside the infarct mask, more than the voxels of its border"
    )


@dataclass(frozen=True)
class FinalInfarctConfig:
    """Final infarct, growth of the infarct, water uptake, regional hints."""

    decrease_percent: float = cited(30.0, "%", "category decrease at or above (PMC4747331)")
    increase_ml: float = cited(5.0, "ml", "category increase at or above (PMC4747331)")
    zero_offset_ml: float = cited(
        1.0, "ml", "(V90 + 1)/(V0 + 1) where the charter declares it for baselines of 0", evidence="unconfirmed"
    )
    water_low_hu: float = cited(20.0, "[hnsf'U]", "net water uptake: voxels of 20 to 80 HU", evidence="unconfirmed")
    water_high_hu: float = cited(80.0, "[hnsf'U]", "net water uptake: voxels of 20 to 80 HU", evidence="unconfirmed")
    automatic_days: float = design(
        5.0,
        "d",
        "later than this the ADC of an infarct returns to normal: diffusion proposes no final infarct any more",
    )
    region_voxels: int = design(50, "1", "fewer voxels of a region, or of its mirror region, give no hint")
    hint_hu: float = design(
        2.0, "[hnsf'U]", "hint: region darker than its mirror by this much; 1 % of water is about 1.8 HU"
    )
    plane_adc_um2_s: float = design(
        2000.0, "um2/s", "ADC above this counts as this for the plane of symmetry: CSF would decide alone"
    )
    hint_adc_percent: float = design(15.0, "%", "hint: ADC of the region below that of its mirror by this much")


@dataclass(frozen=True)
class FollowUpRegistrationConfig:
    """Rigid registration of a baseline to its follow-up."""

    first_mm: float = design(5.0, "mm", "step of the grid of the first search, which must catch 10 mm and 10 deg")
    grid_mm: float = design(3.0, "mm", "step of the grid of the last search")
    first_samples: int = design(15000, "1", "points of the first search")
    samples: int = design(30000, "1", "points of the last search: within 0.2 mm on a synthetic head (measured)")
    pitch_deg: float = design(15.0, "deg", "further starts: head bent forward and back, as between CT and MR planes")
    ct_low_hu: float = design(-50.0, "[hnsf'U]", "CT window of the registration: air and fat below are one")
    ct_high_hu: float = design(150.0, "[hnsf'U]", "CT window of the registration: all bone above is one")
    head_hu: float = design(
        -20.0, "[hnsf'U]", "CT: the head is the largest part that is denser; table and head rest are left out"
    )
    overlap_min_percent: float = design(
        50.0, "%", "STOP below: share of the smaller image's head that both images show"
    )
    cover_min_mm: float = design(30.0, "mm", "STOP below: extent of the slices; a thinner slab fixes no rotation")
    cover_warn_mm: float = cited(
        60.0, "mm", "WARN below: CT to DWI of a slab of 40 mm is 1.8 mm off, synthetic head", evidence="measured"
    )
    residual_warn_mm: float = design(1.0, "mm", "WARN above: both directions of the registration differ by this much")
    residual_stop_mm: float = design(4.0, "mm", "STOP above: the two directions do not find the same motion")
    correlation_min: float = cited(
        0.7,
        "1",
        "STOP below, CT to CT: 0.95 where registered, 0.16 where not (synthetic and real head)",
        evidence="measured",
    )
    picture_mm: float = design(1.0, "mm", "pixel of the pictures by which a reader checks the registration")
    checker_mm: float = design(20.0, "mm", "field of the checkerboard")
    outside_percent: float = design(1.0, "%", "WARN above: share of a mask that the other image does not cover")
    largest_deg: float = design(45.0, "deg", "STOP above: no position of a head in a head coil or head rest")
