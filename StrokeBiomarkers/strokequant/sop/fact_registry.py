"""Every fact that a condition of a procedure may ask for, once, with its unit and meaning.

A name has one unit. A fact of the reader is never taken from a record, and a fact of the record never from a reader.
"""

from dataclasses import dataclass
from typing import Final

MILLIMETER, MILLILITER, SECOND, PERCENT, ONE = "mm", "ml", "s", "%", "1"
ADC, HU, FLOW, CELSIUS, DEGREE = "um2/s", "[hnsf'U]", "ml/[100]g/min", "Cel", "deg"
B_VALUE, VOLTAGE, TESLA = "s/mm2", "kV", "T"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact.

    Args:
        name: as conditions ask for it.
        unit: UCUM; empty for yes or no, words and lists.
        meaning: what it says, in one line.
        kind: bool, float (whole numbers too), str or list of texts.
        of_reader: a reader, or the worklist and the register behind one, says it; else the record does.
    """

    name: str
    unit: str
    meaning: str
    kind: type = float
    of_reader: bool = False


def _read(name: str, meaning: str, kind: type = bool, unit: str = "") -> Fact:
    return Fact(name, unit, meaning, kind, of_reader=True)


def _yes(name: str, meaning: str) -> Fact:
    return Fact(name, "", meaning, bool)


def _word(name: str, meaning: str) -> Fact:
    return Fact(name, "", meaning, str)


_READING = (
    _read("reader", "code of the reader; absent where no reader is there, as in batch", str),
    _read("trial_reading", "the reading belongs to a trial with a charter"),
    _read(
        "reader_qualified", "the register holds a valid qualification of the reader for this version of the procedure"
    ),
    _read("item_assigned", "the worklist gives this item to this reader"),
    _read(
        "versions_match",
        "versions of procedure and software are those of the charter, or a bridging report covers them",
    ),
    _read("manifest_matches", "hashes and UIDs of the images are those of the manifest"),
    _read("only_assigned_series", "the case holds the assigned series and no other"),
    _read("timepoint_in_window", "the scan lies in the time window of its visit"),
    _read("prior_allowed", "the charter shows the earlier time point to the reader"),
    _read("hours_from_onset", "from stroke onset, or last known well, to the scan", float, "h"),
    _read("evaluability", "'diagnostic', 'limited' or 'non-diagnostic'", str),
    _read("evaluability_reasons", "coded reasons for a grade below diagnostic", list),
    _read("not_evaluable_found", "an earlier step holds a deviation whose consequence is that nothing may be measured"),
    _read("result_status", "'measured', 'zero', 'not_evaluable' or 'missing': what is going to be signed", str),
    _read("edited", "the reader changed the automatic outline"),
    _read("edit_fraction_percent", "share of the final outline that the reader changed", float, PERCENT),
    _read("edit_dice", "Dice of the automatic and the final outline", float, ONE),
    _read("side_confirmed", "the side of the lesion was compared with the images and agrees"),
    _read("plausibility_confirmed", "size, place and change of the result were looked at and are plausible"),
    _read("deviations_reviewed", "every deviation was looked at and has its code and reason"),
    _read("preview_confirmed", "the reader saw the outputs as they will be written"),
    _read("reauthenticated", "the reader proved who he is once more, for the signature"),
    _read("sign_meaning", "'author', 'verification' or 'review'", str),
    _read("audit_trail_intact", "the chain of the audit trail holds up to now"),
    _read("outputs_locked", "SEG, SR and maps are written, hashed, anchored in the audit trail and read-only"),
    _read("brain_mask_confirmed", "the brain mask was looked at on every slice"),
    _read("candidates_decided", "every candidate was taken or left"),
    _read("exclusions_reviewed", "what must be left out of the outline was looked for and left out"),
    _read("no_lesion_confirmed", "the reader looked for a lesion and there is none"),
    _read("territory", "vascular territory of the lesion", str),
    _read("registration_approved", "the registration was looked at in three planes and is right"),
    _read("landmark_error_mm", "largest distance of corresponding landmarks after registration", float, MILLIMETER),
    _read("vessels_confirmed", "artery and vein were looked at, place and curve"),
    _read("vessel_reason", "why artery or vein was replaced", str),
    _read("late_contrast", "contrast agent arrived late or was given twice"),
    _read("contrast_last_24h", "contrast agent was given in the 24 h before the CT"),
    _read("outlines_confirmed", "every outline was corrected where needed and confirmed"),
    _read("location", "'deep', 'lobar' or 'infratentorial': where most of the clot is", str),
    _read("growth_same_reader", "one reader outlined both time points"),
    _read("surgery_or_drain", "surgery, a drain or its artifact in the images"),
    _read("infarct_mask_current", "the infarct outline is of the same time point as the blood"),
    _read("class_overridden", "the reader chose another class than the one that follows from the answers"),
    _read("override_reason", "why the reader chose another class", str),
    _read("clinical_data_seen", "the reader saw clinical data, such as NIHSS, before the image part was locked"),
    _read("chronic_lesions_removed", "lesions from before the stroke were looked for and left out"),
    _read("transformation_included", "hemorrhage in the infarct belongs to its outline"),
    _read("zero_rule", "what the charter says for a baseline of 0 mL: 'ln(V+1)' or 'not defined'", str),
    _read("vessel_artifacts", "what disturbs the vessel images: 'motion', 'venous phase', 'flow loss'", list),
    _read("vessels_covered", "the images cover the target vessels: carotid T to M2 and basilar artery"),
    _read("vessel_order", "'blinded' or 'paired': how baseline and follow-up were read", str),
    _read("vessel_grade_gain", "grade of the follow-up less that of the baseline, same scale", float, ONE),
    _read("collateral_grade", "of the collaterals, on the scale of the charter", str),
    _read("subject_protocol_used", "the phantom was scanned with the protocol of the patients"),
    _read("scanner_unchanged", "software, coil and hardware are those of the session before, or this is the first"),
    _read("qualification_decision", "'qualified', 'conditional' or 'failed': decision about the scanner", str),
    _read("decision_reason", "why the decision differs from the verdict of the limits", str),
)

_SERIES = (
    Fact("foreign_results", ONE, "segmentations, reports, presentation states and captures that came with the images"),
    _yes("same_frame_of_reference", "all series that are measured share a Frame of Reference UID"),
    _yes("prior_used", "the record compares with an earlier time point"),
    _word("geometry_verdict", "'measure', 'measure-with-note' or 'refuse': the worst of the series that are measured"),
    Fact("slice_gap_spread_mm", MILLIMETER, "largest less smallest distance of slices, largest over the series"),
    Fact("slice_gap_spread_percent", PERCENT, "the same over the smallest distance"),
    Fact("missing_slices", ONE, "gaps that lack a slice"),
    Fact("duplicate_slices", ONE, "slices at the place of another"),
    Fact("overlapping_slices", ONE, "slices that overlap by thickness"),
    Fact("gantry_tilt_deg", DEGREE, "largest angle of stacking direction and slice normal"),
    _word(
        "scanner_qualification", "'qualified', 'conditional', 'failed' or 'no_verdict': the worst of the scanners used"
    ),
    _yes("scanner_current", "the qualification is in date, and the scanner as it was then"),
)

_DIFFUSION = (
    _yes("has_diffusion", "a diffusion series or an ADC map was used"),
    _word("adc_source", "'recomputed' from the diffusion series, or 'vendor'"),
    Fact("b_low", B_VALUE, "lowest b value used"),
    Fact("b_high", B_VALUE, "highest b value used"),
    Fact("diffusion_directions", ONE, "gradient directions of the highest b value"),
    _yes("diffusion_trace", "the highest b value is a trace image"),
    Fact("diffusion_step_mm", MILLIMETER, "largest distance of slices"),
    Fact("diffusion_pixel_mm", MILLIMETER, "larger side of a pixel"),
    Fact("diffusion_coverage_mm", MILLIMETER, "extent of the stack along the slice normal"),
    Fact("brain_adc_median", ADC, "median ADC in the brain mask"),
    Fact("brain_adc_p99", ADC, "99th percentile of ADC in the brain mask: cerebrospinal fluid"),
    _yes("adc_vendor_compared", "the scanner's ADC map was compared with the recomputed one"),
    Fact("adc_vendor_bias_percent", PERCENT, "mean of recomputed less vendor ADC in the brain"),
    _yes("diffusion_aligned", "the images of the diffusion series were aligned, or lie together"),
    Fact("brain_ml", MILLILITER, "brain mask"),
    Fact("core_threshold", ADC, "ADC threshold that was used"),
    Fact("core_threshold_step", ADC, "step of the threshold for the interval of the volume"),
    _word("core_status", "'measured', 'zero', 'not_evaluable' or 'missing'"),
    Fact("core_ml", MILLILITER, "infarct core"),
    Fact("core_lower_ml", MILLILITER, "lower end of its interval"),
    Fact("core_upper_ml", MILLILITER, "upper end of its interval"),
    Fact("core_left_ml", MILLILITER, "left of the midline"),
    Fact("core_right_ml", MILLILITER, "right of the midline"),
    Fact("core_adc_mean", ADC, "mean in the core"),
    Fact("core_adc_sd", ADC, "standard deviation in the core"),
    Fact("core_lesions", "{lesions}", "components of the core"),
    Fact("core_candidates", ONE, "candidates found, accepted or not"),
    Fact("core_accepted", ONE, "candidates accepted"),
    Fact("core_smallest_ml", MILLILITER, "smallest accepted candidate"),
)

_PERFUSION = (
    _word("perfusion_kind", "'ctp' or 'dsc'"),
    Fact("perfusion_duration_s", SECOND, "last less first frame"),
    Fact("perfusion_step_s", SECOND, "median step of frames"),
    Fact("perfusion_longest_step_s", SECOND, "longest step of frames"),
    Fact("perfusion_coverage_mm", MILLIMETER, "extent of the slab along the slice normal"),
    Fact("tube_voltage_kv", VOLTAGE, "of CT perfusion, highest of the series"),
    Fact("echo_time_ms", "ms", "of DSC"),
    Fact("baseline_frames", ONE, "frames before the bolus that give the baseline"),
    Fact("motion_residual_mm", MILLIMETER, "largest displacement left after correction, over the head"),
    Fact("motion_rotation_deg", DEGREE, "largest turn of a frame, before correction"),
    Fact("rejected_percent", PERCENT, "frames that were replaced"),
    _word("aif_method", "'automatic', or how a reader gave the artery"),
    Fact("aif_peak_to_noise", ONE, "peak of the AIF over the SD of its baseline"),
    Fact("vof_aif_peak_ratio", ONE, "peak of the VOF over that of the AIF"),
    Fact("aif_peak_s", SECOND, "time of the peak of the AIF"),
    Fact("vof_peak_s", SECOND, "time of the peak of the VOF"),
    Fact("aif_tail_share", ONE, "last frame of the AIF over its peak"),
    Fact("vof_tail_share", ONE, "last frame of the VOF over its peak"),
    _word("deconvolution_method", "as used"),
    Fact("deconvolution_threshold", ONE, "as used, relative to the largest singular value"),
    Fact("reference_cbf", FLOW, "mean CBF of the reference tissue"),
    Fact("reference_tmax_s", SECOND, "median Tmax of the reference tissue"),
    Fact("tmax_threshold_s", SECOND, "of hypoperfusion, as used"),
    Fact("rcbf_threshold_percent", PERCENT, "of the flow core, as used"),
    _word("mismatch_core_source", "'ADC' or 'rCBF'"),
    Fact("mismatch_core_ml", MILLILITER, "core of the mismatch"),
    Fact("hypoperfusion_ml", MILLILITER, "hypoperfusion at the main threshold"),
    Fact("mismatch_ml", MILLILITER, "mismatch"),
    Fact("mismatch_ratio", ONE, "mismatch ratio; absent where the core is 0"),
    Fact("mismatch_coregistered_ml", MILLILITER, "mismatch, voxel by voxel"),
    Fact("reperfusion_index", ONE, "reperfusion index"),
    _yes("coverage_limited", "the lesion reaches the first or last slice"),
)

_HEMORRHAGE = (
    _yes("has_plain_ct", "a plain CT is there"),
    Fact("ct_step_mm", MILLIMETER, "largest distance of slices"),
    _word("ct_kernel", "reconstruction kernel"),
    _yes("ct_soft_kernel", "the kernel is one for soft tissue"),
    _yes("ct_contrast_agent", "the header names a contrast agent"),
    Fact("air_hu", HU, "peak of air"),
    Fact("csf_hu", HU, "cerebrospinal fluid"),
    Fact("brain_hu", HU, "brain"),
    Fact("clot_high_hu", HU, "highest CT number of clot, as used"),
    Fact("edema_low_hu", HU, "lowest CT number of edema, as used"),
    Fact("edema_high_hu", HU, "highest CT number of edema, as used"),
    _word("ich_status", "'measured', 'zero', 'not_evaluable' or 'missing'"),
    Fact("ich_ml", MILLILITER, "intracerebral hemorrhage"),
    Fact("ivh_ml", MILLILITER, "intraventricular hemorrhage"),
    Fact("sah_ml", MILLILITER, "subarachnoid hemorrhage"),
    Fact("sdh_ml", MILLILITER, "subdural hemorrhage"),
    Fact("ich_ivh_ml", MILLILITER, "intracerebral and intraventricular hemorrhage"),
    Fact("edema_ml", MILLILITER, "perihematomal edema"),
    Fact("abc2_difference_percent", PERCENT, "ABC/2 with weighted slices less the volume, over the volume"),
    _yes("growth_measured", "growth against an earlier time point was asked for"),
    _yes("growth_same_technique", "both time points are plain CT"),
    Fact("thickness_change_mm", MILLIMETER, "thickness of the slices against the earlier time point, absolute"),
    Fact("hours_between", "h", "from the earlier scan to this one"),
    Fact("ich_growth_ml", MILLILITER, "growth of the ICH"),
    Fact("ich_growth_percent", PERCENT, "growth of the ICH; absent where it was 0"),
    Fact("ich_ivh_growth_ml", MILLILITER, "growth of ICH and IVH"),
    Fact("ivh_growth_ml", MILLILITER, "growth of the IVH"),
    _yes("new_ivh", "ventricular blood that was not there before"),
)

_FOLLOW_UP = (
    _yes("has_gradient_echo", "a GRE or SWI series is there"),
    _word("blood_image", "'CT', 'GRE' or 'SWI': image that transformation was read on"),
    _word("bleeding_pattern", "'none', 'petechiae_small', 'petechiae_confluent' or 'clot' in the infarct"),
    _word("mass_effect", "'none', 'limited' or 'marked'"),
    _word("staining", "'blood', 'staining', 'both', 'none' or 'cannot tell'"),
    _word("recent_contrast", "'yes', 'no' or 'unknown': thrombectomy or contrast agent before the scan"),
    _word("ecass_class", "'none', 'HI1', 'HI2', 'PH1' or 'PH2'"),
    Fact("heidelberg_classes", "", "every Heidelberg class that applies", list),
    Fact("clot_share_percent", PERCENT, "clot in the infarct"),
    _word("final_image", "'FLAIR', 'NCCT' or 'DWI': image of the final infarct"),
    Fact("final_step_mm", MILLIMETER, "largest distance of its slices"),
    _yes("baseline_registered", "the baseline was registered to this time point"),
    Fact("registration_residual_mm", MILLIMETER, "difference of both directions of that registration"),
    _word("final_status", "'measured', 'zero', 'not_evaluable' or 'missing'"),
    Fact("final_infarct_ml", MILLILITER, "final infarct"),
    Fact("final_corrected_ml", MILLILITER, "final infarct without edema"),
    Fact("baseline_core_ml", MILLILITER, "core at baseline"),
    Fact("infarct_growth_ml", MILLILITER, "growth of the infarct"),
    Fact("infarct_growth_ratio", ONE, "final over baseline volume"),
    Fact("infarct_growth_log_ratio", ONE, "its natural logarithm"),
    _yes("infarct_same_technique", "baseline and final infarct were measured on one kind of image"),
    _yes("has_angiography", "an angiography series is there"),
    _word("vessel_modality", "'DSA', 'CTA' or 'MRA'"),
    _word("vessel_scale", "'AOL', 'TIMI', 'mTICI', 'eTICI' or 'TICI'"),
    _word("vessel_scale_version", "of that scale"),
    _word("vessel_site", "as the form names it"),
    _word("vessel_side", "'left', 'right' or 'midline'"),
    _word("vessel_grade", "on that scale"),
)

_PHANTOM = (
    _word("phantom_kind", "'diffusion', 'acr_ct', 'acr_mri' or 'volume'"),
    _word("phantom_id", "entry of the registry"),
    _yes("phantom_serial_matches", "the number on the phantom is that of the registry, where it must be"),
    _yes("phantom_certificate_valid", "the certificate held on the day of the scan, where it ends"),
    _yes("phantom_temperature_known", "a temperature is stated, where the values depend on it"),
    Fact("phantom_temperature_error_c", CELSIUS, "stated less inferred temperature"),
    _yes("phantom_without_defect", "no bubble, leak or damage was seen"),
    Fact("phantom_pose_mm", MILLIMETER, "residual of the landmarks of the pose"),
    Fact("phantom_tilt_deg", DEGREE, "axis of the phantom against the slice normal"),
    Fact("water_hu_error", HU, "CT number of water less 0"),
    Fact("hu_uniformity", HU, "largest difference of edge and center"),
    Fact("hu_linearity_r2", ONE, "of measured on nominal CT numbers"),
    Fact("ct_noise", HU, "SD of the center region"),
    Fact("thickness_error_mm", MILLIMETER, "measured less nominal thickness of CT"),
    Fact("distance_error_mm", MILLIMETER, "largest error of a known distance"),
    Fact("volume_error_percent", PERCENT, "largest error of an insert of known volume"),
    Fact("adc_bias_percent", PERCENT, "largest bias of a vial"),
    Fact("adc_bias", ADC, "largest bias of a vial, absolute"),
    Fact("adc_random_percent", PERCENT, "largest random error of ADC in a vial"),
    Fact("adc_b_dependence_percent", PERCENT, "largest dependence of ADC on the b values"),
    Fact("mri_uniformity_percent", PERCENT, "percent integral uniformity"),
    Fact("mri_ghosting_percent", PERCENT, "percent signal ghosting"),
    Fact("mri_snr", ONE, "signal to noise ratio"),
    Fact("control_signals", ONE, "rules of control charts that this session broke"),
    _word("phantom_verdict", "'qualified', 'conditional', 'failed' or 'no_verdict'"),
    _word("qualified_until", "ISO date"),
    Fact("limits_failed", ONE, "limits of the criteria sets that were not met"),
)

FACTS: Final[dict[str, Fact]] = {
    fact.name: fact for fact in (*_READING, *_SERIES, *_DIFFUSION, *_PERFUSION, *_HEMORRHAGE, *_FOLLOW_UP, *_PHANTOM)
}
NAMES: Final = frozenset(FACTS)
"""What conditions may ask for."""
