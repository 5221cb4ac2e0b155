"""Every threshold and constant of perfusion, with its unit and where it comes from."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class TimeConfig:
    """Audit of frame times."""

    long_step_ratio: float = design(1.5, "1", "WARN: a step above this times the median, with frame numbers")
    even_tolerance: float = design(0.02, "1", "steps within this share of the median count as even")
    same_s: float = design(
        0.005, "s", "times of slices that differ by less are one time; smaller than any slice of EPI"
    )
    spread_steps: float = design(
        1.5, "1", "T06: slices of one frame may lie this many steps apart; table shuttles reach 1, two injections 20"
    )
    frames_min: int = design(10, "1", "STOP below: fewer frames cannot show baseline, bolus and return")
    duration_min_s: float = cited(
        35.0,
        "s",
        "STOP below: optimum of the scan length is 32.7 s in the median (Kasasbeh et al., Stroke 2016); at 40.5 s Tmax is "
        "0.8 s off",
        evidence="design",
    )
    duration_warn_s: float = cited(
        60.0,
        "s",
        "WARN below: protocol 60 to 70 s; CBV of the core reads 0.93 at 60 s, 0.75 at 45 s",
        evidence="measured",
    )
    step_warn_s: float = cited(3.0, "s", "WARN above: steps up to 3 s change maps by 10 % or less (Eur Radiol 2008)")
    step_max_s: float = design(10.0, "s", "STOP above: no bolus is sampled; times in ms read as s look like this")
    step_min_s: float = design(
        0.1, "s", "STOP below: no scanner images a volume faster; times in minutes look like this"
    )
    repetition_percent: float = design(5.0, "%", "WARN: Repetition Time may differ from the median step by this much")
    sources_percent: float = design(2.0, "%", "WARN: durations by two elements of acquisition may differ by this much")
    incomplete_max: int = cited(
        1,
        "1",
        "frames that lack a slice are left out up to this many, STOP above: one costs 10 % or less (Eur Radiol 2008)",
    )
    echo_change_ms: float = design(0.1, "ms", "STOP above: dR2* is computed with one echo time")
    voltage_change_kv: float = design(0.5, "kV", "STOP above: HU of iodine depend on the tube voltage")
    exposure_change_percent: float = design(10.0, "%", "WARN above: noise changes between frames")
    wrap_band: float = design(
        0.05,
        "1",
        "T17: a step from this share of the stored range below its top to this share above its bottom, or back",
    )
    wrap_voxels: int = design(10, "1", "T17: STOP from this many voxels on, WARN below: fewer can be spikes")
    clipped_voxels: int = design(
        10, "1", "T18: WARN from this many voxels on that are at the limit in some frames only"
    )
    joined_span_s: float = design(300.0, "s", "series of one time point each are one dynamic study within this time")


@dataclass(frozen=True)
class MotionConfig:
    """Rigid motion of the frames."""

    samples: int = design(
        15000, "1", "points of the registration; 60000 gives the same error at 1.3 times the time (measured)"
    )
    smallest_mm: float = design(
        0.4, "mm", "frames that moved less stay: the bolus alone moves the measurement by up to 0.3 mm (measured)"
    )
    reference_frames: int = design(5, "1", "baseline frames, the last ones, whose mean every frame is registered to")
    displacement_warn_mm: float = cited(
        2.0,
        "mm",
        "WARN above, though corrected: 2 mm in 3 frames changed Tmax>6 by 19 % uncorrected",
        evidence="measured",
    )
    checked_frames: int = design(16, "1", "moved frames, those that fit worst, whose residual motion is measured")
    residual_warn_mm: float = design(1.0, "mm", "WARN above: displacement left after correction")
    reject_mm: float = design(2.0, "mm", "a frame that is still this far off after correction is replaced")
    reject_max_percent: float = design(20.0, "%", "STOP above: too many frames are no measurement any more")
    largest_mm: float = design(40.0, "mm", "a larger displacement is a failed registration")
    grid_mm: float = design(4.0, "mm", "largest in-plane step of the registration grid; slices stay as they are")
    smooth_mm: float = design(4.0, "mm", "SD of the images that are compared by least squares")
    ct_smooth_slices: float = cited(
        2 / 3,
        "1",
        "CT: or this share of the slice spacing, where that is more: what is sharp against slices cannot be interpolated between "
        "them, and with 4 mm slices of 8 mm left up to 1.9 mm of a motion of 5 mm in round heads",
        evidence="measured",
    )
    torn_misfit: float = cited(
        0.1,
        "1",
        "a frame is torn by motion within it when more than this share of the contrast of the head is left over; whole frames "
        "that moved 7 mm in slices of 8 mm leave up to 0.06, half the slices of a place 5 to 7 mm away 0.08 to 0.21, 4 mm 0.06 to 0.15",
        evidence="measured",
    )
    torn_ratio: float = design(1.5, "1", "and so many times more than in both neighbors")
    step_change: float = design(
        0.05, "1", "DSC: an edge whose signal the largest motion of the scan would change by this share may keep a step"
    )
    step_share: float = cited(
        0.5,
        "1",
        "DSC: a curve that ends this far on the way from where the brain ends to its own peak is a step; it takes 53 of 70 mL of "
        "false Tmax>6 after a motion of 3 mm, and 0.1 mL of a lesion",
        evidence="measured",
    )
    step_after_s: float = design(
        45.0, "s", "DSC: a scan that ends sooner after the bolus cannot tell steps from late tissue"
    )
    pose_mm: float = design(1.0, "mm", "frames that lie closer have one pose and one offset of every voxel")
    offset_groups: int = design(
        8, "1", "groups of voxels by how varied their surroundings are, each with offsets of one size"
    )
    offset_around_mm: float = design(9.0, "mm", "surroundings: so wide in plane, and the slices above and below")
    offset_peaks: float = design(
        6.0, "1", "curves higher than this many times those of tissue are of vessels and keep what motion left in them"
    )
    late_share: float = cited(
        0.25,
        "1",
        "share of late tissue that offsets are told from: without it penumbra loses 0.3 of 2.6 HU to a step of the head, with 0.6 "
        "half of what a shake leaves comes back",
        evidence="measured",
    )
    late_longest_s: float = design(10.0, "s", "its longest delay against the tissue of the scan")
    vessel_around_mm: float = design(
        6.0, "mm", "CT: around a vessel, in plane, lies what motion moves out of its voxels"
    )
    vessel_filled: float = design(0.04, "1", "CT: frames in which a vessel shows this share of its peak tell its gain")
    vessel_gain: tuple[float, float] = design(
        (0.4, 1.6), "1", "CT: a vessel with a gain beyond in any pose keeps its curve: its surroundings are not its own"
    )
    ct_low_hu: float = design(-200.0, "[hnsf'U]", "CT window of the registration: air and foam below")
    ct_high_hu: float = design(1200.0, "[hnsf'U]", "CT window of the registration: metal above")
    ct_body_hu: float = design(-100.0, "[hnsf'U]", "CT: head against air and head rest")
    ct_soft_low_hu: float = design(
        -20.0, "[hnsf'U]", "CT: fat and air below, which no interpolation in the brain may see"
    )
    ct_soft_high_hu: float = design(100.0, "[hnsf'U]", "CT: bone and its partial volume above, at baseline")
    ct_fill_hu: float = design(35.0, "[hnsf'U]", "CT: brain, put in their place")
    ct_soft_share: float = design(0.75, "1", "CT: share of soft tissue in what a moved voxel is interpolated from")
    ct_brain_hu: float = design(120.0, "[hnsf'U]", "CT: below, down to 0, lies what the bolus brightens smoothly")


@dataclass(frozen=True)
class CoregistrationConfig:
    """Diffusion onto perfusion."""

    samples: int = design(60000, "1", "points of the registration")
    smallest_mm: float = design(0.5, "mm", "images that lie closer stay as their headers place them")
    gain_percent: float = design(0.5, "%", "and those whose mutual information rises by less")
    warn_mm: float = design(5.0, "mm", "WARN above: the patient moved between the series")
    largest_mm: float = design(40.0, "mm", "a larger displacement is a failed registration")
    overlap_min_percent: float = design(25.0, "%", "no registration below: share of the perfusion grid that is covered")


@dataclass(frozen=True)
class ConcentrationConfig:
    """Baseline, arrival, concentration and smoothing."""

    baseline_min_frames: int = design(3, "1", "ASK below: fewer frames give no baseline")
    baseline_warn_frames: int = cited(
        5, "1", "WARN below: CBV SD 23 % at 5 frames and SNR 50, 29 % at 3", evidence="measured"
    )
    frames_min: int = design(10, "1", "STOP below: no first pass can be told from so few frames")
    steady_max_frames: int = design(8, "1", "DSC: at most so many frames are left out before the steady state")
    steady_change: float = design(
        0.005, "1", "DSC: a frame belongs to the approach while the next differs by more; 0.25 % of S0 is 3 % of CBV"
    )
    arrival_fraction: float = design(0.03, "1", "the brain mean has left its baseline above this share of the peak")
    arrival_sigmas: float = design(4.0, "1", "and above this many standard deviations of the brain mean")
    guard_frames: int = design(1, "1", "frames between baseline and arrival: arteries rise before the brain mean")
    level_frames: int = design(8, "1", "frames before arrival that say where the baseline is")
    jump_below: float = design(0.3, "1", "a flat part of the rise below this share of the peak is a jump before it")
    jump_flat: float = design(0.01, "1", "frames are flat that rise by less than this share of the peak")
    bolus_sigmas: float = design(6.0, "1", "STOP below: peak of the brain mean over its noise")
    bolus_min_log: float = design(0.01, "1", "DSC, STOP below: ln(S0/S) of the brain mean at the peak")
    bolus_min_hu: float = design(0.5, "[hnsf'U]", "CTP, STOP below: enhancement of the brain mean at the peak")
    bolus_rise_s: float = design(20.0, "s", "a rise from 25 to 75 % that takes longer is drift, not a first pass")
    second_bolus: float = design(
        0.35, "1", "ASK: prominence of a second peak over the first; recirculation has less than 0.2"
    )
    second_warn: float = design(
        0.2, "1", "WARN: the same, smaller; a second injection of a third of the dose takes 27 % of Tmax>6"
    )
    contrast_warn: float = cited(
        8.0,
        "1",
        "WARN below: height of the brain mean over the noise of a curve; core -37 % at 7.5",
        evidence="measured",
    )
    contrast_stop: float = cited(4.0, "1", "STOP below: Tmax>6 +43 % at 3.5, +125 % at 2.4", evidence="measured")
    end_stop: float = design(0.8, "1", "STOP above: brain mean at the last frame over its peak")
    end_warn: float = design(0.5, "1", "WARN above: brain mean at the last frame over its peak")
    after_warn_s: float = cited(
        30.0,
        "s",
        "WARN below: time from the arrival in the artery to the last frame; with 24 s Tmax>10 is off by 23 %, with 30 s Tmax>6 by 5 %",
        evidence="measured",
    )
    after_stop_s: float = cited(
        20.0, "s", "STOP below: with 15 s Tmax>6 is off by 16 % and Tmax>10 is gone", evidence="measured"
    )
    drift_warn: float = design(0.1, "1", "WARN above: change within the baseline over the peak of the brain mean")
    echo_min_ms: float = design(5.0, "ms", "ASK below: shorter echo times are another unit")
    echo_max_ms: float = design(120.0, "ms", "ASK above: longer echo times are another unit")
    smooth_px: float = cited(1.0, "px", "SD of the in-plane Gaussian: Tmax>6 Dice 0.96 at 2 HU", evidence="measured")
    smooth_noisy_px: float = cited(2.0, "px", "from 4 HU noise: Dice 0.95 for 0.88", evidence="measured")
    noisy_hu: float = design(4.0, "[hnsf'U]", "noise of CTP, to 0.1 HU, from which the wider Gaussian is used")
    smooth_cut: float = design(4.0, "1", "the Gaussian is cut at this many SD")
    clip_hu: tuple[float, ...] = design((1024.0, 3071.0), "[hnsf'U]", "CT numbers at which scanners cut off")
    floor_sigmas: float = design(3.0, "1", "DSC: the lowest signal of a voxel is noise below this many SD")
    leakage_correction: bool = design(
        False, "1", "DSC: of Boxerman et al.; off, since delayed tissue of acute stroke looks like leakage to its model"
    )
    leakage_frames: int = cited(10, "1", "frames at the end that tell leakage: Boxerman et al., AJNR 2006;27:859")
    left_out_warn_percent: float = design(1.0, "%", "WARN above: voxels without a positive, finite signal")


@dataclass(frozen=True)
class VesselConfig:
    """Arterial input and venous output."""

    smoothness_max: float = design(0.04, "1", "gate: mean squared second difference of the curve scaled to 0-1")
    smoothness_step_s: float = design(
        1.5,
        "s",
        "frames further apart allow more, by the cube: a clean bolus of 4 s FWHM has 0.03 at 1.5 s, 0.21 at 3 s",
    )
    run_fraction: float = design(0.20, "1", "gate: one run above this share of the peak; also where arrival is read")
    second_run: float = design(0.30, "1", "gate: another run counts when it reaches this share of the peak")
    peak_min: float = design(0.20, "1", "gate: peak over the highest of the series")
    flat_level: float = design(0.95, "1", "gate: a top is flat above this share of the peak")
    flat_width: float = design(
        0.43, "1", "gate: width of the top over FWHM; 0.27 of a gamma bolus, 0.55 of one cut at 0.8 of its peak"
    )
    flat_frames: int = design(2, "1", "gate: and at least so many frames in the top")
    flat_steps: float = design(3.0, "1", "gate: asked where FWHM has so many frames; fewer cannot show the top")
    flagged_max: float = design(0.2, "1", "gate: share of voxels with clipped values or signal at the noise floor")
    significant: float = design(5.0, "1", "peak of a voxel over its noise, to be looked at")
    clear: float = design(20.0, "1", "peak over noise of the voxels that say how early arteries fill")
    clear_voxels: int = design(30, "1", "so many are needed, else all that can be looked at say it")
    earliest_percent: float = design(1.0, "%", "arrival of an artery is compared with this share of the voxels")
    earliest_voxels: int = design(10, "1", "or with so many voxels that have neighbors as early, if those are earlier")
    late_s: float = cited(
        1.0, "s", "WARN above: arrival after the earliest voxels; 1.5 s late loses 30 % of Tmax>6", evidence="measured"
    )
    late_saturated_s: float = design(
        2.0, "s", "ASK above, where earlier arteries are saturated: tissue fills 2 s and more after its artery"
    )
    late_gate_s: float = design(4.0, "s", "gate: arrival of an artery after the earliest voxels; collaterals take 5 s")
    fwhm_gate_s: float = design(20.0, "s", "gate: FWHM of a first pass; low cardiac output reaches 15 s")
    area_min: float = design(
        0.5,
        "1",
        "gate: area over peak times FWHM, 1.1 of a bolus; less lies below the baseline at the end, and CBV divides by it",
    )
    tail_gate: float = design(0.5, "1", "gate: last frame over peak of an artery")
    after_brain_s: float = design(0.0, "s", "gate: AIF may cross 20 % so much after the mean of the brain does")
    fwhm_max_s: float = cited(
        10.0, "s", "WARN above: FWHM 12 s for 6 s of the same area raises CBF by 41 %", evidence="measured"
    )
    aif_tail_max: float = design(0.20, "1", "WARN above: last frame over peak")
    vof_tail_max: float = design(0.50, "1", "WARN above, scan truncated: last frame over peak")
    onset_rises: float = design(
        2.0, "1", "a curve begins so many times its rise from 20 to 50 % before it crosses 20 %; 1.8 for a gamma bolus"
    )
    own_baseline_frames: int = design(3, "1", "frames before its own bolus that give a vessel its own baseline")
    cluster_min: int = design(3, "1", "voxels of a vessel")
    cluster_max: int = design(50, "1", "voxels of a vessel")
    same_peak: float = design(0.7, "1", "a neighbor joins with at least this share of the peak of the first voxel")
    same_arrival_s: float = design(0.6, "s", "and an arrival no further off")
    same_correlation: float = design(0.85, "1", "and at least this correlation with its curve")
    early_weight: float = design(2.0, "1", "ranks of arrival count so often: Tmax is off by what the AIF is late")
    tie_peak: float = design(0.05, "1", "ranks are shared within this share of the highest peak")
    tie_steps: float = design(0.5, "1", "and within so many frames of arrival, first moment and width")
    tie_irregularity: float = design(0.01, "1", "and within this much: less depends on where the frames fall")
    clusters: int = design(30, "1", "vessels that are compared; more are tissue, whose ranks crowd")
    candidates: int = design(5, "1", "candidates that are kept, and as many of the rejected")
    vein_peak: float = design(0.40, "1", "VOF: peak over the highest of the series")
    vein_delay_s: float = design(1.0, "s", "VOF: first moment after that of the AIF")
    vein_width: float = design(1.1, "1", "VOF: FWHM over that of the AIF; a bolus widens on its way through tissue")
    ratio_warn: float = design(2.0, "1", "WARN above: area of VOF over AIF; an artery that fills half of its voxels")
    ratio_ask: float = design(5.0, "1", "ASK above, for an automatic AIF: tissue has a twentieth of the area of a vein")
    vein_latest_percent: float = design(20.0, "%", "VOF without AIF: the latest first moments")
    vein_back_weight: float = design(
        0.5, "1", "VOF: mm from the back of the head count so much of those from the mid-plane"
    )
    midline_mm: float = design(8.0, "mm", "a vessel this close to the mid-plane has no side")
    prolonged_transit_s: float = cited(
        10.0,
        "s",
        "prolonged venous transit from this Tmax of the superior sagittal sinus or torcula on: Amorim et al., JNIS 2024;16:343",
        evidence="unconfirmed",
    )
    file_points_min: int = design(10, "1", "STOP below: points of a curve in a file")
    pick_mm: float = design(3.0, "mm", "a picked point moves to the highest peak within this distance in its slice")


@dataclass(frozen=True)
class DeconvolutionConfig:
    """Deconvolution and maps."""

    method: str = design("cSVD", "1", "cSVD, oSVD, sSVD or Tikhonov; volumes of oSVD depend on noise")
    threshold: float = design(0.20, "1", "relative to the largest singular value; 0.10 is the test reference")
    window_low_s: float = design(-3.0, "s", "earliest Tmax that is searched")
    window_high_s: float = design(25.0, "s", "latest Tmax that is searched")
    kappa: float = cited(0.7333, "1", "(1 - 0.45)/(1 - 0.25), hematocrit of large and small vessels")
    rho_g_ml: float = cited(1.04, "g/ml", "density of brain tissue")
    plateau: float = cited(
        0.9,
        "1",
        "Tmax is the first local maximum of the residue from this share of its maximum on: a flat residue of zero delay "
        "has its largest ripple at 20.8 s; 1 takes the largest",
        evidence="measured",
    )
    oscillation_limit: float = cited(
        0.035, "1", "oSVD: oscillation index of Wu et al., MRM 2003;50:164; in all open code", evidence="unconfirmed"
    )
    tikhonov_lambda: float = design(0.10, "1", "Tikhonov: damping relative to the largest singular value")
    even_tolerance: float = design(
        0.02, "1", "frames this close to an even grid, in steps, count as on it: 0.03 s at 1.5 s"
    )
    step_percentile: float = design(
        25.0,
        "%",
        "step of the grid of uneven frames: the fine step of a scan that slows down, never a chance short one",
    )
    frames_min: int = design(10, "1", "STOP below: fewer frames hold no bolus")
    arrival_fraction: float = design(
        0.10, "1", "arrival of an AIF that does not tell it: this share of its peak, on the way up"
    )
    edge_warn_percent: float = design(5.0, "%", "WARN: more Tmax than this at an end of the search window")


@dataclass(frozen=True)
class PerfusionBrainConfig:
    """Brain, CSF and search masks on the baseline of a perfusion series."""

    tissue_low_hu: float = cited(0.0, "[hnsf'U]", "CT: brain from 0 to 120 HU at baseline (pct)")
    tissue_high_hu: float = cited(120.0, "[hnsf'U]", "CT: brain from 0 to 120 HU at baseline (pct)")
    bone_hu: float = cited(300.0, "[hnsf'U]", "CT: bone above 300 HU (PyPeT, ctp_csvd)")
    body_hu: float = design(-200.0, "[hnsf'U]", "CT: the head, and not foam, air or the shell of a table, above this")
    body_opening_px: int = design(3, "px", "CT: what is thinner is no part of the head: table, holder, cables")
    directions: int = design(
        6,
        "1",
        "CT: a voxel is inside the skull when bone lies in this many of 8 directions of its slice; scalp has 5 at most",
    )
    bone_min_ml: float = design(5.0, "ml", "CT: less bone is no skull; a stripped image has none")
    smooth_px: float = design(
        1.0, "px", "CT: SD of the in-plane Gaussian before thresholds; noise of a mean of 5 frames"
    )
    opening_mm: float = design(3.0, "mm", "CT: bridges up to twice this are cut: optic canals, foramina")
    section_directions: float = design(
        7.5,
        "1",
        "CT: mean number of directions with bone over a section of brain; 7.7 to 8 in a real head, muscles below the skull base "
        "6.0 to 7.4",
    )
    section_sure_cm2: float = design(
        25.0, "cm2", "CT: a larger section is brain even where a part of the skull is missing"
    )
    erosion_px: int = design(2, "px", "CT: the border of the mask is moved in, against bone in partial volume")
    erosion_max_mm: float = design(2.0, "mm", "CT: but by this at most: cortex is 3 mm, and large pixels would lose it")
    part_share: float = design(0.3, "1", "a part of at least this share of the largest belongs to the brain too")
    end_cm2: float = design(6.0, "cm2", "smaller sections at the lower end are spinal cord")
    section_low_cm2: float = design(5.0, "cm2", "STOP below: mean section of the mask over the slab")
    section_high_cm2: float = design(300.0, "cm2", "WARN above: mean section; a brain has 200 at most")
    whole_mm: float = design(100.0, "mm", "a shorter slab cannot hold a whole brain")
    csf_hu: float = cited(
        20.0, "[hnsf'U]", "CT: smoothed baseline below is CSF (12); white matter 29, gray 35", evidence="measured"
    )
    csf_smooth_px: float = design(1.0, "px", "CT: SD of that smoothing, inside the brain only")
    csf_signal: float = design(1.25, "1", "MR: CSF is brighter than this times the local level of tissue")
    csf_noise_sds: float = design(3.0, "1", "MR: CSF has a peak contrast below this many SDs of the baseline")
    csf_contrast: float = design(
        0.25, "1", "MR: or below this share of the median peak of the brain: without noise nothing is below 3 SD"
    )
    dropout_signal: float = design(0.35, "1", "MR: signal below this share of the local level is air, bone or blood")
    search_mm: float = design(8.0, "mm", "arteries and sinuses are searched this far around the brain too")
    full_field: float = design(0.98, "1", "MR: a field of view that is filled to this share has no background")
    air_signal: float = design(0.15, "1", "MR: signal below this share of the 99th percentile may be air")
    work_mm: float = design(4.0, "mm", "MR: step of the grid on which the level of tissue is fitted")
    level_points: int = design(200, "1", "MR: points of that grid below which the level is one number")
    perfused_frames: int = design(5, "1", "MR: frames of the means that tell a first pass")
    perfused_share: float = design(
        0.25, "1", "MR: a first pass from this share of the median on is blood; white matter has 0.4 of gray matter"
    )
    perfused_opening_mm: float = design(
        6.0, "mm", "MR: what is thinner and has a first pass is muscle, mucosa or scalp"
    )
    perfused_closing_mm: float = design(12.0, "mm", "MR: gaps up to twice this are CSF spaces and belong to the brain")
    perfused_margin_mm: float = design(3.0, "mm", "MR: CSF around the brain, up to this, stays in the mask")
    perfused_removed_max: float = design(
        0.25, "1", "MR: a larger share of the mask without a first pass is no eye: the mask stays as it is"
    )
    midline_offset_mm: float = design(
        15.0, "mm", "a plane of symmetry further than this from the center of the brain is none"
    )
    symmetry_min: float = design(0.4, "1", "WARN below: correlation of the image with its mirror image")


@dataclass(frozen=True)
class SteadyFlowConfig:
    """Flow by which low flow is told: at the lag of its surroundings, and without its noise."""

    smooth_mm: float = cited(
        4.0,
        "mm",
        "SD of the Gaussian in the slice that residues are smoothed with to find their lag; the flow itself is not smoothed",
        evidence="measured",
    )
    smooth_cut: float = design(2.5, "1", "that Gaussian is cut at so many SD")
    strength: float = cited(
        1.0,
        "1",
        "weight of total variation over the noise of relative flow: half of it leaves specks of 1 mL in tissue without a core",
        evidence="measured",
    )
    iterations: int = design(60, "1", "of total variation, at most")
    range: tuple[float, float] = design(
        (-1.0, 2.0), "1", "relative flow beyond is cut there before: vessels pull at nothing"
    )
    fill_px: float = design(2.0, "px", "SD of the mean of tissue that stands for what is no tissue")
    margin_mm: float = design(10.0, "mm", "around the lesion, in plane")


@dataclass(frozen=True)
class LesionConfig:
    """Reference tissue, hypoperfusion and core."""

    tmax_thresholds_s: tuple[float, ...] = cited(
        (4.0, 6.0, 8.0, 10.0), "s", "Lansberg et al., Lancet Neurol 2012;11:860"
    )
    core_rcbf: float = cited(0.30, "1", "used by RAPID, EXTEND and DEFUSE 3")
    main_tmax_s: float = cited(6.0, "s", "critical hypoperfusion of DEFUSE 2 and 3; PET optimum 5.6 s")
    rcbf_thresholds: tuple[float, ...] = cited(
        (0.20, 0.30, 0.34, 0.38),
        "1",
        "volumes listed beside the core, as in commercial reports",
        evidence="unconfirmed",
    )
    core_inside_hypoperfusion: bool = design(
        True, "1", "the rCBF core counts only where Tmax is above the main threshold"
    )
    no_flow_px: int = cited(
        5,
        "px",
        "side of the square within which specks without flow follow their surroundings: their Tmax is noise, and a core of 40 mL "
        "read 30 with holes, 36 without; a part that is larger than the square stays as it is",
        evidence="measured",
    )
    no_flow_mm: float = design(
        9.0,
        "mm",
        "or the side in mm, where that is more pixels: the rule was measured on pixels of 1.9 mm; at the main threshold flow "
        "that noise hides follows the lesion in gaps of this width too, whatever their length",
    )
    no_flow_sds: float = design(3.0, "1", "flow below so many SD of its noise is hidden by it: its Tmax is noise")
    no_flow_share: float = design(0.5, "1", "and the share of the tissue there that must be late")
    reference: str = design(
        "contralateral mean", "1", "or 'contralateral median' or 'mean of short Tmax': core 30, 73, 41 mL in one brain"
    )
    short_tmax_s: float = cited(4.0, "s", "reference 'mean of short Tmax': Tmax below this", evidence="unconfirmed")
    reference_min_ml: float = design(5.0, "ml", "WARN below: too little reference tissue")
    reference_hypoperfused: float = design(
        0.25, "1", "WARN above: share of the reference with Tmax above the main threshold"
    )
    reference_hypoperfused_stop: float = design(
        0.75,
        "1",
        "STOP above: no normal tissue; frame times or the artery are wrong, as of times that are twice too long",
    )
    vessel_cbv: float = cited(1.5, "1", "vessels: CBV above this times the mean of the unaffected side (pct)")
    vein_cbv: float = design(3.0, "1", "large vessels, which are taken out of lesions voxel by voxel")
    side_ratio: float = design(2.0, "1", "the affected side has this many times the volume of the other")
    side_min_ml: float = design(
        5.0,
        "ml",
        "and at least this volume above a threshold; noise of one side reaches 1 mL, and a small lesion moves no mean",
    )
    side_shift_s: float = design(0.5, "s", "or its median Tmax or TTP is later by this")
    connectivity: int = design(
        6, "1", "voxels that share a face are one cluster; noise that touches at corners percolates"
    )
    min_cluster_ml: float = design(1.0, "ml", "smallest cluster of hypoperfusion that is proposed; 0 for tests")
    core_min_cluster_ml: float = design(0.5, "ml", "smallest cluster of the rCBF core; 0 for tests")
    min_voxels: int = design(4, "1", "fewer are isolated voxels")
    list_ml: float = design(0.1, "ml", "smaller clusters are not listed")
    small_ml: float = design(5.0, "ml", "below this a cluster is asked for more than its size")
    rim_share: float = design(
        0.8, "1", "small clusters with this share of vessel, or next to CSF or the border, are partial volume and eyes"
    )
    late_opposite: float = design(
        0.5,
        "1",
        "small clusters beside a larger lesion are motion at a fissure or a border zone where this share of their mirror image is "
        "late too",
    )
    vessel_share: float = design(0.5, "1", "clusters with this share of vessel voxels are vessels")
    midline_mm: float = design(5.0, "mm", "centroids this near to the mid-sagittal plane are called midline")
    removed_warn: float = design(0.5, "1", "WARN above: share of the thresholded volume that clean-up took away")
    core_outside_warn: float = design(0.5, "1", "WARN above: share of the core outside hypoperfusion")
    window_share_warn: float = design(0.05, "1", "WARN above: share of the lesion at the end of the Tmax window")
    tmax_step_s: float = design(0.5, "s", "one step of the threshold for the interval of a volume")
    rcbf_step: float = design(0.02, "1", "one step of the rCBF threshold for the interval of a volume")
    rcbv_thresholds: tuple[float, ...] = cited(
        (0.34, 0.38, 0.42),
        "1",
        "low CBV inside hypoperfusion; 0.42: PMC10971151, the others unconfirmed",
        evidence="unconfirmed",
    )
    collateral_low_s: float = cited(2.0, "s", "perfusion collateral index: arrival delay from (PMC7410580)")
    collateral_high_s: float = cited(6.0, "s", "perfusion collateral index: arrival delay to (PMC7410580)")


@dataclass(frozen=True)
class BandConfig:
    """What is changed for the interval of a perfusion volume."""

    arteries: int = design(2, "1", "other arteries, the next best")
    threshold_step: float = design(0.05, "1", "threshold of the deconvolution, lower and higher by this")
    smooth_step_px: float = design(0.5, "px", "SD of the smoothing, narrower and wider by this")
    noise_repeats: int = design(5, "1", "draws of new noise: a band, no standard error")
    noise_change_warn: float = design(
        0.2,
        "1",
        "WARN above: change of a volume by as much noise again; what the noise took already is then about as much",
    )
    noise_factor_max: float = design(3.0, "1", "no extrapolation to a volume without noise goes further than this")
    moved_hypoperfusion: tuple[float, float] = cited(
        (0.88, 1.08),
        "1",
        "still over moved volume of late tissue, least and largest: synthetic heads in thick slices, 5 mm or 5 degrees in the bolus",
        evidence="measured",
    )
    moved_core: tuple[float, float] = cited(
        (0.73, 1.43), "1", "still over moved volume of low flow, least and largest: the same heads", evidence="measured"
    )
    hidden_core: float = cited(
        4.0,
        "1",
        "share of a core by rCBF that noise may hide, over the SD of relative flow: CT perfusion of 2 to 4 HU with SDs of 0.07 to 0.18 "
        "has 1.0 to 1.6 times as much without noise, once 1.8; DSC, with 0.02 to 0.03, up to 1.06 times",
        evidence="measured",
    )


@dataclass(frozen=True)
class PerfusionReportConfig:
    """How the report shows perfusion. Nothing here changes a number."""

    relative_high: float = design(
        2.0, "1", "CBF and CBV from 0 to this times the reference: absolute values differ between scans by factors"
    )
    mtt_high_s: float = design(15.0, "s", "right end of the MTT window, fixed")
    tmax_high_s: float = design(12.0, "s", "right end of the Tmax window, fixed")
    max_image_px: int = design(192, "px", "longer side of a picture; larger slices are reduced for the page only")
    image_budget_bytes: int = design(1_700_000, "byte", "all pictures before base64: the page stays below 6 MB")
    ct_low_hu: float = design(0.0, "[hnsf'U]", "black of the baseline image of CT, the usual window of a brain")
    ct_high_hu: float = design(80.0, "[hnsf'U]", "white of the baseline image of CT")
    max_slices: int = design(24, "1", "slices with lesion that are shown; those with most of it where there are more")
    slices_without_lesion: int = design(6, "1", "slices that are shown where there is no lesion")
    max_candidates_left_out: int = design(12, "1", "clusters left out that the page lists; record.json has all")
    brain_factors: tuple[float, ...] = design(
        (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
        "1",
        "the brain curve is drawn times the largest that keeps it below the AIF",
    )
