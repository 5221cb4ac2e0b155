"""Numbers of the analysis of ACR phantoms, each with unit and reason."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class AcrCtConfig:
    """ACR CT phantom."""

    body_hu: float = design(-500.0, "[hnsf'U]", "half-way between air and the body")
    outside_mm: float = design(12.0, "mm", "the border is looked for this far inside and outside the nominal radius")
    rays: int = design(360, "1", "directions in which the border is looked for")
    trimmed: float = design(0.25, "1", "share of border points left out that fit the circle worst: couch, holder")
    diameter_percent: float = design(5.0, "%", "STOP: a diameter that is off by more is no border of this phantom")
    pattern_half_mm: float = design(8.0, "mm", "half width of the ring that is compared with the inserts")
    pattern_min: float = design(0.85, "1", "smallest correlation of that ring with the inserts of module 1")
    slices: int = design(3, "1", "central slices of a module that are measured")
    search_mm: float = design(18.0, "mm", "radius in which the centroid of an insert or bead is taken")
    bead_hu: float = design(40.0, "[hnsf'U]", "a bead stands out of its surroundings by this much in a slice of 5 mm")
    bead_mm: float = design(4.0, "mm", "radius in which the centroid of a bead is taken")
    between_mm: tuple[float, float] = cited(
        (45.0, 110.0),
        "mm",
        "center of module 3 beyond that of module 1: 70 (pylinac) to 80 (drawing)",
        evidence="design",
    )
    needed_mm: float = design(
        92.0, "mm", "STOP: this much of the phantom must be in the images, outer edge regions too"
    )
    roll_note_deg: float = design(5.0, "deg", "WARN above: the phantom is rolled")
    tilt_note_deg: float = design(1.0, "deg", "WARN above: the axis of the phantom leans against the slices")
    tilt_stop_deg: float = design(3.0, "deg", "STOP above: between modules 1 and 3 the phantom moves by 4 mm")
    clipped_percent: float = design(0.5, "%", "STOP above: share of a region at the largest value of the images")
    floor_percent: float = design(25.0, "%", "STOP above: share of a region at the smallest value of the images")
    uneven_times: float = design(
        4.0, "1", "STOP above: SD of an insert against the median of the others: a bubble, a metal edge"
    )
    uneven_hu: float = design(15.0, "[hnsf'U]", "and larger than this")
    noise_min_voxels: int = design(200, "1", "fewer voxels of a region give no number")
    bead_uncertainty_mm: float = cited(0.2, "mm", "expanded; largest error on digital phantoms", evidence="design")
    ramp_rows_mm: tuple[float, float] = design(
        (10.0, 60.0),
        "mm",
        "the rows of wires are looked for this far above and below the center: their places are not published",
    )
    ramp_half_mm: float = design(48.0, "mm", "and this far left and right")
    ramp_wire_mm: float = design(4.0, "mm", "rows averaged: less than a wire is long")
    ramp_sigmas: float = design(6.0, "1", "a row of wires stands out of the noise by this many SDs")
    ramp_uneven: float = design(
        0.25, "1", "largest SD of the distance of the wires over its mean: other things are no ramp"
    )
    ramp_center_mm: float = design(12.0, "mm", "rows whose middle is this near the middle of the ramps are averaged")
    ramp_single_mm: float = design(
        0.6, "mm", "largest pixel where one slice alone shows the ramps: nothing tells aliased wires then"
    )
    ramp_pixels: float = design(2.2, "1", "wires closer than this many pixels cannot be told apart")
    ramp_uncertainty_mm: float = cited(
        0.5, "mm", "expanded: one wire (AAPM 2005 18-4146: observers differ by about 0.5 mm)", evidence="unconfirmed"
    )
    bar_mm: float = cited(
        6.5, "mm", "radius of what is looked at in a pattern of 15 mm (pylinac 3.49.0: 6 mm)", evidence="design"
    )
    bar_hu: float = design(100.0, "[hnsf'U]", "smallest contrast of bars that are bars")
    bar_transfer: float = design(0.1, "1", "smallest share of the contrast that is left in a pattern that is seen")
    bar_floors: float = design(2.0, "1", "and above this many times what noise looks like at that frequency")
    contrast_radius_mm: float = design(60.0, "mm", "part of the uniform module in which discs are compared")
    contrast_disc_mm: float = cited(
        6.0, "mm", "rod that the ACR asked for until CNR took its place", evidence="unconfirmed"
    )
    contrast_hu: float = cited(6.0, "[hnsf'U]", "contrast of the rods", evidence="unconfirmed")
    rods_mm: tuple[float, ...] = cited((6.0, 5.0, 4.0, 3.0, 2.0), "mm", "diameters of the rods", evidence="unconfirmed")


@dataclass(frozen=True)
class AcrMriConfig:
    """ACR large MRI phantom."""

    sectors: int = design(72, "1", "directions in which the border is looked for, each the mean of its rays")
    sector_rays: int = design(9, "1", "rays of a sector: noise falls, 8 mm of border are still straight")
    border_mm: float = design(20.0, "mm", "the border is looked for this far from the nominal radius")
    step_mm: float = design(6.0, "mm", "inner and outer window whose difference finds the border")
    smooth_mm: float = design(1.0, "mm", "smoothing of a profile before its half level is looked for")
    trimmed: float = design(0.30, "1", "share of the border left out: bubble, bars at the top")
    contrast_min: float = design(0.15, "1", "border: inside over outside above this, relative to inside")
    fit_mm: float = design(2.5, "mm", "RMS distance of the border from its ellipse; more is no phantom")
    uniform_cm2: float = cited(200.0, "cm2", "PIU: large region (ACR guidance)", evidence="unconfirmed")
    uniform_down_mm: float = design(5.0, "mm", "large region moved away from the bars at the top")
    small_cm2: float = cited(1.0, "cm2", "PIU: small region (ACR guidance)", evidence="unconfirmed")
    ghost_length_mm: float = cited(60.0, "mm", "ghost regions, long side (pylinac 3.49.0)", evidence="design")
    ghost_width_mm: float = design(10.0, "mm", "ghost regions, short side: fits beside the phantom in 250 mm")
    ghost_gap_mm: float = design(4.0, "mm", "distance of a ghost region from phantom and edge of the image")
    insert_mm: float = design(15.0, "mm", "the insert of the ramps is looked for this far from the center")
    insert_half_mm: float = design(70.0, "mm", "half length of the insert of the ramps that is looked at")
    insert_dark: float = design(0.7, "1", "the insert is darker than this share of its surroundings")
    ramp_rows_mm: tuple[float, float] = design((0.8, 3.2), "mm", "rows of a ramp, from the middle of the insert")
    ramp_signal: float = design(3.0, "1", "a ramp stands out of its surroundings by this many SDs")
    bar_half_mm: float = design(3.0, "mm", "distance of the middle of a bar from the line between both")
    bar_rows_mm: float = design(1.5, "mm", "half width of what is averaged in a bar")
    bar_end_mm: tuple[float, float] = design((-84.0, -30.0), "mm", "where the lower ends of the bars are looked for")
    pitch_mm: tuple[float, float] = design((9.0, 11.0), "mm", "distance of the slices of the set of 11")
    length_smooth_mm: float = design(2.0, "mm", "smoothing before the ends of the phantom are looked for")
    spoke_mm: tuple[float, float] = cited(
        (7.0, 1.5),
        "mm",
        "diameter of the holes of the largest and the smallest spoke (ACR guidance)",
        evidence="unconfirmed",
    )
    spoke_radius_mm: float = cited(45.0, "mm", "radius of the insert inside its dark ring", evidence="measured")
    spoke_radius_off_mm: float = design(3.0, "mm", "an insert of another radius is none")
    spoke_ring_mm: tuple[float, float] = design((30.0, 56.0), "mm", "the ring is looked for between these distances")
    spoke_down_mm: float = cited(7.0, "mm", "the insert lies this far below the center", evidence="measured")
    spoke_inside_mm: float = design(42.5, "mm", "part of the insert that is looked at")
    spoke_smooth_mm: float = design(1.2, "mm", "smoothing before the holes are looked for")
    spoke_turn_deg: float = design(6.0, "deg", "the insert may be turned this much against the ramps of slice 1")
    spoke_shift_mm: float = design(2.0, "mm", "and lie this far from the middle of its ring")
    spoke_core: float = design(0.85, "1", "share of the radius of a hole that is averaged")
    spoke_least_mm: float = design(0.9, "mm", "smallest radius that is averaged: about one pixel")
    spoke_sigmas: float = design(
        2.33, "1", "a hole is seen this many SDs above discs without one: one of 100 of those stands out as much"
    )
    diameter_percent: float = design(5.0, "%", "STOP: a diameter that is off by more is no border of this phantom")
    cut_mm: float = design(3.0, "mm", "STOP: more of the phantom than this lies outside of the images")
    clipped_percent: float = design(0.5, "%", "STOP above: share of the uniform region at the largest stored value")
    roll_note_deg: float = design(5.0, "deg", "INFO above: the phantom is rolled; the numbers follow it")
    tilt_note_deg: float = design(2.0, "deg", "WARN above: the axis of the phantom leans against the slices")
    tilt_stop_deg: float = design(5.0, "deg", "STOP above: slice 1 and 11 move by 9 mm against each other")


@dataclass(frozen=True)
class BloodInsertConfig:
    """Rods of blood-like density."""

    body_hu: float = design(-300.0, "[hnsf'U]", "the body of the phantom above this")
    rim_mm: float = design(4.0, "mm", "rim of the body in which no rod is looked for")
    smooth_mm: float = design(1.0, "mm", "smoothing where the rods are looked for")
    rise_hu: float = design(10.0, "[hnsf'U]", "a rod exceeds the body by this")
    most_hu: float = design(130.0, "[hnsf'U]", "brighter things are no blood")
    radius_share: float = design(0.25, "1", "a rod has its radius, and is round, within this share")
    slices: int = design(5, "1", "central slices that are measured")
    apart_hu: float = design(2.0, "[hnsf'U]", "rods closer than this cannot be put in order")


@dataclass(frozen=True)
class VolumeInsertConfig:
    """Inserts of known volume."""

    low_hu: float = design(-50.0, "[hnsf'U]", "lower densities count as this where the insert is looked for")
    high_hu: float = design(110.0, "[hnsf'U]", "higher densities are bone or metal, and so is what touches them")
    smooth_mm: float = design(2.0, "mm", "smoothing where the insert is looked for: less than the smallest insert")
    match_share: float = design(0.25, "1", "an insert is one of the registry where its volume is within this share")
    around_mm: float = design(4.0, "mm", "border around an insert whose noise is in its volume")
