"""Every threshold and constant of hemorrhage on CT, with its unit and where it comes from."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class CtAuditConfig:
    """What a CT must be like to count as non-contrast head CT in Hounsfield units."""

    air_hu: float = cited(-1000.0, "[hnsf'U]", "H01: air by definition of the Hounsfield unit")
    air_tolerance_hu: float = design(
        50.0, "[hnsf'U]", "H01: the peak of air may lie this far off; STOP beyond. Scanners keep to 20"
    )
    air_note_hu: float = design(
        8.0, "[hnsf'U]", "H01: WARN beyond; two scanners read -999 and -1000. A slope of 0.99 or an offset of 9 shows"
    )
    air_below_hu: float = design(-500.0, "[hnsf'U]", "voxels below are air; the peak is looked for among them")
    air_share: float = design(
        0.02, "1", "less air than this share of the image: no peak to be judged (cropped, masked)"
    )
    csf_low_hu: float = cited(0.0, "[hnsf'U]", "H12: CSF 0 to 20 HU; GE head 5 (measured)", evidence="measured")
    csf_high_hu: float = cited(20.0, "[hnsf'U]", "H12: CSF 0 to 20 HU; GE head 5 (measured)", evidence="measured")
    tissue_low_hu: float = cited(
        20.0, "[hnsf'U]", "H12: white matter 25 to 32, gray 32 to 42; GE head 30 (measured)", evidence="measured"
    )
    tissue_high_hu: float = cited(
        40.0,
        "[hnsf'U]",
        "H12: white matter 25 to 32, gray 32 to 42, about as much of each; GE head 33",
        evidence="measured",
    )
    tissue_stop_hu: float = design(
        15.0, "[hnsf'U]", "H12: STOP where brain lies this far outside: the limits for blood hold no more"
    )
    tissue_share: float = design(
        0.4, "1", "H12: STOP where less than this share of the inside of the skull is brighter than CSF"
    )
    whole_mm: float = design(100.0, "mm", "stacks as high as this hold most of a brain")
    least_brain_ml: float = design(300.0, "ml", "H12: STOP where they hold less; the smallest adult brains have 900")
    wrap_hu: float = design(3000.0, "[hnsf'U]", "H03: brighter voxels beside air are values that wrapped around")
    metal_hu: float = design(2500.0, "[hnsf'U]", "H13: brighter than dense bone and enamel: metal")
    metal_ml: float = design(
        0.02, "ml", "H13: so much metal inside the skull or in its vault is a clip, plate or drain"
    )
    air_inside_hu: float = design(-200.0, "[hnsf'U]", "H13: gas inside the skull, away from sinuses")
    air_inside_ml: float = design(0.5, "ml", "H13: so much gas inside the brain mask follows surgery or fracture")
    kvp_low: float = design(100.0, "kV", "H10: WARN below: blood and bone read higher")
    kvp_high: float = design(140.0, "kV", "H10: WARN above")
    kvp_change: float = design(0.5, "kV", "H11: larger differences within a series are two acquisitions")
    thickness_warn_mm: float = design(
        5.5, "mm", "H08: WARN above: small hematomas are lost in partial volume; 5 mm is the usual protocol"
    )
    deep_mm: float = design(5.0, "mm", "this far from the skull nothing but calcification is as bright as bone")
    enhanced_hu: float = design(
        110.0, "[hnsf'U]", "H04: vessels above this, up to dense bodies, are filled with contrast agent"
    )
    enhanced_ml: float = design(3.0, "ml", "H04: so much of it deep in the brain; calcified plexus of the GE head 1")
    dense_hu: float = design(250.0, "[hnsf'U]", "H13: drains, coils and large calcifications are brighter")
    dense_ml: float = design(0.8, "ml", "H13: so much of it deep in the brain; calcified plexus of the GE head 0.2")
    hole_bone_hu: float = design(200.0, "[hnsf'U]", "H13: thin bone in partial volume")
    hole_reach_mm: float = design(
        9.0, "mm", "H13: bone lies this near to the brain; the subarachnoid space is as wide in old age"
    )
    hole_cm2: float = design(
        8.0, "cm2", "H13: larger parts of the border of the brain without bone are a hole of the skull"
    )


@dataclass(frozen=True)
class CtHeadConfig:
    """Head, skull, brain and ventricles on non-contrast CT."""

    work_pixel_mm: float = design(1.0, "mm", "pixels of the grid on which the inside of the skull is found")
    work_slice_mm: float = design(2.5, "mm", "slices of that grid; thinner ones are averaged")
    skull_hu: float = cited(300.0, "[hnsf'U]", "bone above 300 HU (PyPeT, ctp_csvd)")
    body_hu: float = design(-200.0, "[hnsf'U]", "the head above this")
    csf_hu: float = cited(18.0, "[hnsf'U]", "half between CSF (5) and white matter (29)", evidence="measured")
    csf_smooth_mm: float = design(1.5, "mm", "SD of the in-plane Gaussian for CSF: noise of thin slices")
    ventricle_depth_mm: float = design(
        14.0, "mm", "ventricles begin this deep in the brain; sulci and fissures reach the surface"
    )
    ventricle_midline_mm: float = design(40.0, "mm", "and lie this near to the mid-plane; trigones reach 35")
    ventricle_min_ml: float = design(0.3, "ml", "smaller pools of CSF are no ventricle")
    whole_mm: float = design(100.0, "mm", "H14: shorter stacks cannot hold a whole brain")
    cut_cm2: float = design(25.0, "cm2", "H14: a section of brain above this in the first or last slice is cut off")


@dataclass(frozen=True)
class HematomaConfig:
    """Clot from a seed: half maximum against the local background, volume by shares of clot."""

    smooth_mm: float = cited(
        0.7, "mm", "SD of the Gaussian before the threshold; steps of the reference", evidence="design"
    )
    clot_low_hu: float = design(
        41.0, "[hnsf'U]", "a seed is on blood above this, after smoothing; gray matter reads up to 40"
    )
    tissue_hu: float = design(32.0, "[hnsf'U]", "brain, before the surroundings of the clot are known")
    first_fall: float = design(
        0.35, "1", "first threshold: so far from the clot to brain; above half, because it must not run into brain"
    )
    seed_smooth_mm: float = design(1.5, "mm", "SD of the Gaussian for the level at the seed, beside the other")
    clot_high_hu: float = cited(100.0, "[hnsf'U]", "blood does not exceed this; calcification and bone do")
    bone_hu: float = design(150.0, "[hnsf'U]", "bone and calcification; above, values do not count in the smoothing")
    guard_mm: float = design(
        1.0, "mm", "this near to bone or to the outside a region does not grow; clot that touches bone is added after"
    )
    fixed_low_hu: float = cited(40.0, "[hnsf'U]", "fixed window reported beside the default", evidence="design")
    shine_edges_mm: tuple[float, ...] = design(
        (0.3, 1.2, 2.0, 3.0, 4.5, 6.5, 9.0, 12.0, 16.0),
        "mm",
        "depths below bone between which the level of tissue is read; the last is free of what bone adds",
    )
    shine_low_hu: float = design(18.0, "[hnsf'U]", "tissue beside bone is brighter than CSF in its sulci")
    shine_high_hu: float = design(
        60.0,
        "[hnsf'U]",
        "and darker than this deeper than the first millimeter, or it is blood: measured up to 52 in a real head",
    )
    shine_voxels: int = design(25, "1", "voxels of a slice that such a level is the median of, at least")
    shine_most_hu: float = design(40.0, "[hnsf'U]", "most that bone adds 1 mm beside it")
    shine_share: float = design(
        0.5, "1", "so much of it is added to the threshold: brain has all of it, a clot all or nothing"
    )
    seed_mm: float = design(6.0, "mm", "the level of the clot is first read this far around the seed")
    seed_percentile: float = design(
        90.0, "%", "level at the seed: the upper tenth, so that a click at the border will do"
    )
    layer_seed_percentile: float = design(
        99.0, "%", "the same of blood in the ventricles: a thin horn fills little of what lies around it"
    )
    cap_smooth_mm: float = design(
        3.0, "mm", "above and below a clot shares are judged by a Gaussian of this SD: none below 0 is partial volume"
    )
    work_pixel_mm: float = design(1.0, "mm", "pixels of the grid on which the extent of a clot is found first")
    work_slice_mm: float = design(2.5, "mm", "slices of that grid")
    margin_mm: float = design(14.0, "mm", "surroundings of that extent in which the clot is outlined")
    reach_mm: float = design(90.0, "mm", "farthest a clot extends from its seed in any direction")
    bridge_mm: float = design(
        2.5, "mm", "connections thinner than this are cut: falx, tentorium, vessels, bone in partial volume"
    )
    neck_mm: float = design(
        1.5, "mm", "parts behind a neck of this, twice and three times this half width are looked at: is it clot too?"
    )
    part_share: float = design(
        0.5, "1", "such a part is left out where it rises less than this from the threshold to the level of the clot"
    )
    along_mm: float = design(7.0, "mm", "or where it lies this near to the skull: sinuses are as dense as clot")
    along_share: float = design(0.6, "1", "with so much of it, and the clot itself with less than half of that")
    part_ml: float = design(0.1, "ml", "smaller parts stay")
    sheet_mm: float = design(
        5.0, "mm", "less dense parts thinner than this within a slice are falx, tentorium or vessel, not clot"
    )
    along_rise: float = design(
        0.85,
        "1",
        "a thin part along the skull rises at least as much as this to the clot, or it is bone in partial volume",
    )
    sheet_elongation: float = design(2.5, "1", "and as long as this against their width; the end of a clot is round")
    layer_bridge_mm: float = design(1.5, "mm", "the same of blood in the ventricles, whose horns are thin")
    join_share: float = design(
        0.0, "1", "parts that hang together by less than a bridge are one clot where they rise so much; 0: never"
    )
    layer_join_share: float = design(
        0.6, "1", "the same of blood in the ventricles: foramina are thin, and fluid around them is dark"
    )
    skull_gap_mm: float = design(0.0, "mm", "blood does not lie this near to the skull; 0: it may")
    layer_skull_gap_mm: float = design(
        4.0,
        "mm",
        "the same of blood in the ventricles: the floor of the third lies as near to the sella, no other part",
    )
    skull_ml: float = design(2.0, "ml", "smaller pieces of bone inside of the brain are calcification, not skull")
    stone_mm: float = design(1.5, "mm", "this near to calcification partial volume looks like blood")
    stone_share: float = design(0.3, "1", "parts with so much of it are that partial volume")
    speck_ml: float = design(
        0.3, "ml", "a seed on less than this belongs to the largest region around it; a clot of less is not outlined"
    )
    left_share: float = design(0.1, "1", "H16: WARN where such parts are more than this share of the clot")
    edge_mm: float = design(
        1.2, "mm", "blur to both sides of a border, 2 SD of a PSF of 0.6 mm; 1.5 px at least. Shares are summed over it"
    )
    core_mm: float = design(2.0, "mm", "the level of the clot is taken this far inside of its border")
    ring_mm: float = design(
        0.8, "mm", "width of the ring beyond the blur that gives the background, 1 px at least: edema may be a thin rim"
    )
    layer_mm: float = design(1.0, "mm", "layers of a slice in which the distance from the clot is told apart")
    steep_mm: float = design(
        1.0, "mm", "voxels whose layers are that alike in distance show the level around a clot by distance"
    )
    rim_reach_mm: float = design(12.0, "mm", "the level is read as far from the clot as this")
    blur_reach_mm: float = design(
        2.6, "mm", "the blur of a border is read this far to both sides: 3 SD of a PSF of 0.85 mm"
    )
    blur_bin_mm: float = design(0.4, "mm", "in bins of this width, 1 px at least")
    blur_rounds: int = design(3, "1", "blur and the level beside it, each found with the other")
    blur_least_mm: float = design(0.25, "mm", "a sharper border is not one: half a pixel")
    blur_most_mm: float = design(1.6, "mm", "nor is a softer one: smooth kernels and the slope through a thin slice")
    blur_clear: float = design(0.2, "1", "the level beside a clot is read where less than this share of clot is seen")
    blur_line_mm: float = design(1.6, "mm", "and goes on to the surface as it falls over this distance")
    dip_hu: float = design(
        1.5, "[hnsf'U]", "where it falls by this much, twice the error of a median of 40 voxels in noise of 4 HU"
    )
    rim_voxels: int = design(40, "1", "voxels that the level at a distance is the median of, at least")
    roi_mm: float = cited(8.0, "mm", "box of the reference around the lesion, for the fixed window", evidence="design")
    leak_ratio: float = design(
        2.0, "1", "H16: a region that grows by more than this in one round has leaked; the round before is kept"
    )
    leak_step_hu: float = design(
        1.0, "[hnsf'U]", "H16: and did so within this step of the threshold; over larger steps it only grew"
    )
    level_mm: float = design(4.0, "mm", "SD of the window in which clot and background levels are local")
    least_contrast_hu: float = design(8.0, "[hnsf'U]", "H18: less difference of clot and background cannot be outlined")
    still_hu: float = design(0.1, "[hnsf'U]", "the threshold stands still when it moves by less")
    rounds: int = design(12, "1", "threshold and region, repeated")
    share_low: float = design(
        -1.0, "1", "shares of one voxel are cut here; noise averages out, other structures do not"
    )
    share_high: float = design(2.0, "1", "and here")
    band_step_hu: float = design(2.0, "[hnsf'U]", "one step of the threshold for the interval of the volume")


@dataclass(frozen=True)
class BesideClotConfig:
    """H23: dense tissue beside a clot that is not in its volume: fluid level, layered or fresh blood."""

    pixel_mm: float = design(1.0, "mm", "pixels of the grid it is looked for on: no piece that matters is finer")
    slice_mm: float = design(2.5, "mm", "slices of that grid; thinner ones are averaged")
    around_mm: float = design(16.0, "mm", "so far around the clot it is looked for")
    whole_mm: float = design(
        4.0,
        "mm",
        "thinner parts of an outline are no whole clot: noise lifts single voxels of a layer above the threshold",
    )
    whole_rise: float = design(
        0.6,
        "1",
        "so far from the threshold to the clot; a border of a PSF of 0.85 mm is that dense 0.7 mm inside of it",
    )
    blur_mm: float = design(2.5, "mm", "this near to what is so dense the blur of the clot is seen: 3 SD of that PSF")
    border_blur_mm: float = design(1.5, "mm", "and this near to the border itself: 4 % of the clot are left")
    smooth_mm: float = design(1.5, "mm", "SD of the Gaussian beside the clot; noise of 5 HU falls to 1")
    tissue_low_hu: float = design(15.0, "[hnsf'U]", "darker is CSF")
    dense_most_hu: float = design(90.0, "[hnsf'U]", "brighter is calcification or bone in partial volume")
    rise_hu: float = design(
        6.5, "[hnsf'U]", "so far above the median around the clot: half-way from there to plasma with some cells (43)"
    )
    mirror_hu: float = design(
        6.0, "[hnsf'U]", "and above the other side: three SD of what both sides differ by, 2 HU in patches"
    )
    mirror_mm: float = design(2.5, "mm", "SD of the mean of the other side: anatomy is alike to a few millimeters")
    mirror_share: float = design(0.3, "1", "share of tissue in that mean, or the other side tells nothing")
    thick_mm: float = design(3.0, "mm", "thinner in its slice is cortex, falx or vessel")
    touch_mm: float = design(2.0, "mm", "it begins this near to the blur of the clot")
    contact_share: float = design(
        0.5,
        "1",
        "area along the clot, in sections of a ball of its volume: a level is as broad as the clot, other tissue touches it",
    )
    near_share: float = design(0.02, "1", "more of it lies far away: brain below thick bone, all along the skull")
    least_share: float = design(0.1, "1", "less of the clot changes no decision")
    least_ml: float = design(0.3, "ml", "less is no clot of its own")
    level_hu: float = design(
        7.5,
        "[hnsf'U]",
        "front and back of an outline are so far apart at a level; clots with gradients of 8 HU reach 5.6",
    )
    level_explains: float = design(
        0.45, "1", "share of the variance that the step explains; gradient and texture of a clot reach 0.28"
    )
    level_share: float = design(0.12, "1", "share of the outline on either side of a level, at least")
    level_voxels: int = design(60, "1", "inner voxels, at least, to look for a level among")


@dataclass(frozen=True)
class BloodProposalConfig:
    """Automatic proposal of blood for batch: candidates to take or leave."""

    smooth_mm: float = design(1.5, "mm", "SD of the Gaussian; noise of 5 HU falls to 1")
    rise_hu: float = design(14.0, "[hnsf'U]", "blood exceeds brain by this; cortex by 8, sinuses and falx are left out")
    min_ml: float = design(0.8, "ml", "smaller candidates are listed and not proposed")
    list_ml: float = design(0.1, "ml", "smaller ones are not listed")
    depth_mm: float = design(9.0, "mm", "a parenchymal clot reaches this deep below the inside of the skull")
    elongation: float = design(
        5.0, "1", "longest over shortest axis of a candidate; falx and tentorium reach 30, ventricular casts 4"
    )
    filled: float = design(
        0.5,
        "1",
        "share of the ellipsoid of the same moments that a candidate fills; sinuses and sheets that meet fill less",
    )
    thickness_mm: float = design(5.0, "mm", "widest inner diameter; cortex, falx and vessels are thinner")
    clot_mean_hu: float = design(48.0, "[hnsf'U]", "lowest mean of a proposed clot")
    calcified_hu: float = design(110.0, "[hnsf'U]", "brighter voxels are calcification or bone")
    calcified_depth_mm: float = design(3.0, "mm", "nearer to the skull it is partial volume of bone")
    calcified_share: float = design(0.03, "1", "so many of them for the voxels of a candidate speak against blood")
    small_ml: float = design(
        3.0, "ml", "below, a candidate must be clearly bright: beam hardening beside the skull base"
    )
    small_mean_hu: float = design(56.0, "[hnsf'U]", "that mean; beam hardening reads up to 53 in a real head")
    midline_mm: float = design(4.0, "mm", "centroids this near to the mid-plane are called midline")
    end_mm: float = design(5.0, "mm", "bone this far above or below a voxel, one slice at least, may shine into it")
    end_share: float = design(0.3, "1", "so much of a candidate beside bone above or below speaks against blood")
    piece_mm: float = design(
        4.0, "mm", "of what is left out as a whole, pieces this deep, 1.5 and 2 times as deep are judged by themselves"
    )
    pieces: int = design(6, "1", "such pieces, the largest first")
    candidates: int = design(12, "1", "candidates that are kept, the largest first")


@dataclass(frozen=True)
class ClotPlaceConfig:
    """Regions of an average adult brain, in mm from a point near the anterior commissure; see `head_frame`."""

    deep_side_mm: float = design(40.0, "mm", "deep nuclei, capsules and thalamus reach this far to the side")
    deep_half_length_mm: float = design(40.0, "mm", "half of their length")
    deep_half_height_mm: float = design(25.0, "mm", "half of their height")
    deep_back_mm: float = design(5.0, "mm", "middle of them: head of the caudate 20 in front, pulvinar 32 behind")
    deep_up_mm: float = design(8.0, "mm", "middle of them")
    stem_mm: float = design(18.0, "mm", "brainstem: this near to the mid-plane")
    stem_front_mm: float = design(8.0, "mm", "from here backward: cerebral peduncles")
    stem_back_mm: float = design(43.0, "mm", "to here: floor of the fourth ventricle")
    stem_top_mm: float = design(-4.0, "mm", "below this: midbrain; above is thalamus")
    tent_top_mm: float = design(2.0, "mm", "tentorium at its notch behind the brainstem")
    tent_back_slope: float = design(0.3, "1", "it falls backward to the transverse sinus")
    tent_side_slope: float = design(0.35, "1", "and to the sides")
    fossa_front_mm: float = design(33.0, "mm", "cerebellum lies behind this, the temporal lobe in front")


@dataclass(frozen=True)
class HemorrhageMeasureConfig:
    """What is measurable, and the weights and limits of the formulas."""

    unmeasurable_ml: float = cited(
        3.0, "ml", "unmeasurable below at thick slices: 1 mL at 5 to 7 mm reads 19 to 23 % high", evidence="measured"
    )
    unmeasurable_slice_mm: float = cited(5.0, "mm", "slice spacing from which that holds", evidence="measured")
    kothari_full: float = cited(
        0.75,
        "1",
        "Kothari et al., Stroke 1996;27:1304: above this share of the largest area a slice counts 1",
        evidence="unconfirmed",
    )
    kothari_half: float = cited(
        0.25, "1", "from this share on, up to the other, it counts 0.5, below 0 (Kothari 1996)", evidence="unconfirmed"
    )
    density_low_hu: float = design(
        8.0, "[hnsf'U]", "swirl: voxels this far below the median of the clot, after smoothing"
    )
    density_smooth_mm: float = design(1.5, "mm", "SD of the Gaussian before that: noise of thin slices")
    swirl_share: float = design(0.05, "1", "swirl sign as a descriptor: share of the clot that is so low")
    edema_low_hu: float = cited(5.0, "[hnsf'U]", "Volbers window of edema 5 to 33 HU", evidence="unconfirmed")
    edema_high_hu: float = cited(33.0, "[hnsf'U]", "Volbers window of edema 5 to 33 HU", evidence="unconfirmed")
    edema_reach_mm: float = design(15.0, "mm", "edema lies within this distance of the clot")
    edema_csf_hu: float = design(
        12.0, "[hnsf'U]", "darker is CSF: half-way between CSF (5) and the edema of most clots (about 20)"
    )
    edema_tissue_hu: float = design(
        50.0, "[hnsf'U]", "brighter is no brain: blood, calcification, bone in partial volume"
    )
    edema_fluid_mm: float = design(1.0, "mm", "this near to CSF partial volume looks like edema")
    edema_smooth_mm: float = design(
        0.9, "mm", "SD of the Gaussian around the clot, less than a thin rim; noise of 5 HU falls to 1"
    )
    edema_mirror_mm: float = design(
        2.5, "mm", "SD of the mean of the other side: anatomy is alike to a few millimeters"
    )
    edema_far_mm: float = design(22.0, "mm", "from the reach to here tissue is taken for free of edema")
    edema_blur_mm: float = design(
        1.5, "mm", "this near to the clot its blur hides edema: 2 SD of a PSF of 0.6 mm, and a pixel"
    )
    edema_step_mm: float = design(1.0, "mm", "width of the bins of distance")
    edema_voxels: int = design(40, "1", "voxels of such a bin, at least")
    edema_patch_mm: float = design(
        8.0, "mm", "patches whose difference from the other side tells how alike both sides are"
    )
    edema_least_hu: float = design(
        3.0, "[hnsf'U]", "H22: less contrast of the tissue beside the clot is no edema to be seen"
    )
    edema_doubt: float = design(3.0, "1", "SDs of patches by which the mean difference of both sides may be off")
    edema_told: float = design(1.0, "1", "H22: contrast over that doubt from which edema can be told")
    edema_share: float = design(0.15, "1", "smaller shares far from the clot are noise")
    edema_uneven: float = design(
        0.35, "1", "SD of the width of a rim over its mean: what is seen beside a thin rim is not all edema"
    )
    edema_uneven_low: float = design(0.15, "1", "and for one end of the range")
    edema_uneven_high: float = design(0.7, "1", "and for the other")
    edema_last_mm: float = design(
        10.0, "mm", "what is darker from here to the reach is hardly edema: for one end of the range it is none"
    )
    edema_off_mm: float = design(0.3, "mm", "distances from the clot are off by this, for both ends of the range,")
    edema_off_share: float = design(0.08, "1", "and by this share of a slice")
    edema_most_hu: float = design(
        18.0, "[hnsf'U]", "edema is no darker than this below tissue: from white matter (29) to just above CSF (11)"
    )


@dataclass(frozen=True)
class HemorrhageReportConfig:
    """How the report shows hemorrhage. Nothing here changes a number."""

    window_center_hu: float = design(
        40.0, "[hnsf'U]", "fixed window of every picture: windows shift planimetry (Divani 2011: 1.9 %, SD 3.8 %)"
    )
    window_width_hu: float = design(80.0, "[hnsf'U]", "0 to 80 HU: brain, edema and clot are all told apart")
    most_slices: int = design(
        72, "1", "slices with a picture; of more, those with blood and others evenly spread over the head"
    )
    axes_px: int = design(512, "px", "longer side of the picture with the axes of ABC/2")
    axes_margin_mm: float = design(14.0, "mm", "surroundings of the clot on that picture")
    histogram_bin: float = design(2.0, "[hnsf'U]", "bin width of the histogram of CT numbers")
    histogram_low: float = design(-10.0, "[hnsf'U]", "left end of the histogram")
    histogram_high: float = design(110.0, "[hnsf'U]", "right end of the histogram; blood ends at 100")
    histogram_voxels: int = design(
        30, "1", "a structure of fewer voxels has no curve: single bins would dwarf the others"
    )
    max_candidates_left_out: int = design(12, "1", "candidates left out that the page lists; record.json has all")
    table_rows: int = design(12, "1", "rows of the table of slices before it goes on beside")
