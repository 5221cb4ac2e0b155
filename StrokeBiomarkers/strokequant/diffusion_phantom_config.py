"""Numbers of the diffusion phantom analysis, each with unit and reason."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class PoseConfig:
    """Search for the vials of a diffusion phantom."""

    pixel_mm: float = design(1.6, "mm", "finer images are averaged down to about this for the search")
    disc_mm: float = design(6.0, "mm", "radius of the discs compared: half a vial, so that a coarse grid still hits it")
    body_share: float = design(
        0.2, "1", "body: signal without diffusion weighting above this share of its 99th percentile"
    )
    rotation_step_deg: float = design(3.0, "deg", "1.6 mm at a vial 30 mm from the center, 3.2 mm at 61 mm")
    shift_step_mm: float = design(3.0, "mm", "step of the search of the center; vials have a radius of 12 mm")
    shift_mm: float = design(21.0, "mm", "center of the phantom against the centroid of the signal: holder, ice, air")
    wide_shift_mm: float = design(90.0, "mm", "the same where only a part of the phantom is in the image")
    adc_tolerance: float = design(
        0.12, "1", "SD of the agreement of ln ADC with the certificate after a common offset: 3 °C, or 10 % of error"
    )
    offset_limit: float = design(0.35, "1", "largest common offset of ln ADC: 10 °C, or a gradient error of 16 %")
    uneven_tolerance: float = design(0.15, "1", "SD of the coefficient of variation within a disc above its noise")
    match_adc: float = design(0.3, "1", "a vial is recognized up to this difference of ln ADC from the common offset")
    match_uneven: float = design(0.3, "1", "and up to this coefficient of variation within its disc")
    least_matched: int = design(10, "1", "vials that must be recognized of 13; fewer: not this phantom")
    least_score: float = design(0.8, "1", "and the mean agreement of all: two bubbles of 13 vials make it 0.85")
    part_score: float = design(0.5, "1", "the same where only a part of the phantom is imaged")
    part_matched: int = design(7, "1", "vials that must be recognized where only a part of the phantom is imaged")
    least_lead: float = design(
        0.08, "1", "the best labeling must agree this much better than the best with other labels: one vial of 13"
    )
    common_mm: float = design(8.0, "mm", "the whole layout is moved this far before single vials are looked at")
    refine_mm: float = design(3.0, "mm", "each vial is looked for this far from where the layout has it")
    refine_step_mm: float = design(0.5, "mm", "step of that search, before a parabola through the best step")
    radius_low: float = design(0.75, "1", "smallest radius of a vial looked for, as share of the nominal one")
    radius_high: float = design(1.45, "1", "largest; registries give the inner or the outer radius")
    layout_mm: float = design(2.5, "mm", "a vial found further from the rigid layout than this is placed by the layout")
    own_mm: float = design(
        1.5, "mm", "and on diffusion images this far from there by its own signal, its radius as much from that of all"
    )
    least_found: int = design(5, "1", "vials whose border is found that the layout may rest on")
    scale_limit: float = design(
        0.05, "1", "the layout may be this much larger or smaller on the image: distortion, rounded drawings"
    )
    least_slices: int = design(12, "1", "slices along the vials that can be cut across: 12 of 5 mm hold an inner ring")
    tube_share: float = design(
        0.35, "1", "a single tube: signal above this share of the brightest; a wall and ice are darker"
    )
    tube_radius: tuple[float, float] = design((0.7, 1.3), "1", "its radius as share of that of the registry")
    tube_adc: tuple[float, float] = design((900.0, 2900.0), "um2/s", "water from 0 to 35 °C with an error of 15 %")
    tube_uneven: float = design(0.25, "1", "largest coefficient of variation inside: a tube is even, a brain is not")
    tube_slices: int = design(3, "1", "slices in a row that must show it")
    tilt_note_deg: float = design(5.0, "deg", "WARN above: vials and slices are not perpendicular")
    tilt_stop_deg: float = design(10.0, "deg", "no verdict above: a disc of a slice leaves the vial within its length")


@dataclass(frozen=True)
class VialConfig:
    """What is measured in a vial."""

    roi_mm: float = cited(5.0, "mm", "QIBA DWI Profile: region of 10 mm diameter", evidence="unconfirmed")
    roi_slices: int = design(3, "1", "central slices of the region; about 80 voxels of 1.72 mm")
    floor_sigmas: float = design(
        5.0,
        "1",
        "b values with mean signal below this times the noise of a channel are left out: Rician bias above 2 %",
    )
    rician_share: float = cited(
        1.0,
        "1",
        "for causes only, mean signal M becomes sqrt(M² - share sigma²), sigma from the air (Gudbjartsson and Patz, Magn Reson Med "
        "1995;34:910); the ADC that is reported is that of the signal as it is",
        evidence="design",
    )
    saturated_percent: float = design(0.5, "%", "STOP above, of the voxels of a region at the largest stored value")
    least_share: float = design(0.7, "1", "STOP below: share of the voxels of a region that must be in the images")
    bubble_cv: float = design(
        0.15, "1", "coefficient of variation of b 0 in a region above that of noise: a bubble or a wrong place"
    )
    thermal_spread_c: float = cited(0.5, "Cel", "isothermal: water vials agree this well", evidence="design")


@dataclass(frozen=True)
class FaultConfig:
    """From ADC errors to their cause. Limits lie half-way between a sound scanner and the smallest fault that matters."""

    floor_percent: float = design(0.1, "%", "smallest standard error of an ADC: placement and rounding")
    cost: float = design(12.0, "1", "chi-square that a cause must explain to count: 3.5 standard errors")
    sigmas: float = design(
        4.0, "1", "a cause is named where it is this many standard errors from 0, and larger than its limit"
    )
    gradient_percent: float = design(
        1.0, "%", "error of the gradient amplitude: half of 2 %, which makes a bias of 4 %"
    )
    temperature_c: float = design(0.5, "Cel", "error of the stated temperature: half of 1 °C, which is 3 to 5 % of ADC")
    nonlinearity_percent: float = design(2.5, "%", "gradient nonlinearity at 100 mm: half of 5 %")
    thermal_c: float = design(0.5, "Cel", "difference of temperature across the vials")
    drift_percent: float = design(0.3, "%", "ADC from pass to pass: half of 0.6 %, a fifth of a degree")
    snr: float = cited(50.0, "1", "QIBA DWI Profile: 50 ± 5 at b 0", evidence="unconfirmed")
    b_error_percent: float = design(1.5, "%", "one b value off the line of the others, common to all vials")
    scale_percent: float = design(
        2.0, "%", "signal of one b value off the line of the others by a factor common to all vials"
    )
    ghost_percent: float = design(
        2.0, "%", "mean ghost over mean signal; PSG of the ACR phantom is limited to 2.5 to 3 %"
    )
    displacement_mm: float = design(2.0, "mm", "EPI against an undistorted scan: one EPI voxel")
    misfit_percent: float = design(
        6.0, "%", "STOP above: median error of ADC that no cause explains; wrong certificate or wrong vial map"
    )
    rank: float = design(0.9, "1", "STOP below: rank correlation of measured and certified ADC")
