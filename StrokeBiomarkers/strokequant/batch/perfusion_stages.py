"""The stages of one perfusion study in their order, each a function, so that a reader can change something and go on from there.

    prepared = prepare(series)                      # motion, brain, bolus, curves: seconds
    vessels = automatic_vessels(prepared)           # or pair_vessels(manual_vessel(...), ...)
    computed = compute(prepared, vessels)           # maps, reference, lesions: a fraction of a second

Computes nothing itself: every number comes from `maps`, `vessels` and `segmentation`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..biomarkers.venous_transit import venous_tmax
from ..errors import Issue, Level, StrokeQuantError
from ..maps.bolus import find_bolus
from ..maps.bolus_issues import soon_after
from ..maps.concentration import concentration
from ..maps.contrast_noise import contrast_to_noise, weak_contrast
from ..maps.leakage import correct_leakage
from ..maps.motion import correct_motion
from ..maps.motion_steps import left_steps
from ..maps.perfusion import perfusion_maps
from ..maps.pose_offsets import without_pose_offsets
from ..maps.steady_flow import SteadyFlow, steady_flow
from ..perfusion_types import (
    Bolus,
    Curves,
    Lesions,
    MotionTrace,
    PerfusionMaps,
    Reference,
    Strokes,
    VesselCurve,
    Vessels,
)
from ..segmentation.hemispheres import Sides, split_sides, with_affected_side
from ..segmentation.hypoperfusion import segment_lesions
from ..segmentation.perfused_brain import first_pass, perfused_brain
from ..segmentation.perfusion_brain import PerfusionBrain, perfusion_brain
from ..segmentation.reference_tissue import reference_flow, reference_tissue, relative_map, vessel_mask
from ..settings import Settings
from ..types import Mask, Measurement, QuantityMap, TimeSeries, Volume
from ..vessels.find import find_vessels
from ..vessels.pose_gain import without_pose_gains
from ..vessels.survey import Survey, survey_curves

_NO_LEAKAGE = Issue(
    "D14",
    Level.INFO,
    "leakage correction was asked for; CT perfusion has none",
    "DSC",
    "the curves are as they are",
)
Stage = Callable[[str], None]
"""Called with the name of each stage as it begins."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study up to its curves: what does not depend on the artery.

    Args:
        series: after motion correction.
        motion, bolus: what was found.
        baseline: mean of the baseline frames.
        masks: brain, CSF, artifact, search region.
        sides: midline, without affected side.
        survey: unsmoothed curves of the search region, for vessels; None once they are chosen for good.
        curves: smoothed curves of the brain.
        brain_curve: (t,) mean concentration of tissue.
        issues: of all these.
    """

    series: TimeSeries
    motion: MotionTrace
    bolus: Bolus
    baseline: Volume
    masks: PerfusionBrain
    sides: Sides
    survey: Survey | None
    curves: Curves
    brain_curve: np.ndarray
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class Computed:
    """What follows from a study and its artery.

    Args:
        maps: of the deconvolution.
        relative: "rcbf" and "rcbv".
        sides: with affected side.
        vessels: voxels of large vessels, no tissue.
        reference: normal tissue.
        lesions: hypoperfusion and core.
        issues: of all these.
        venous: Tmax of the vein in use.
        steady_share: flow at the lag of its surroundings over CBF, in the reference tissue.
    """

    maps: PerfusionMaps
    relative: dict[str, QuantityMap]
    sides: Sides
    vessels: Mask
    reference: Reference
    lesions: Lesions
    issues: tuple[Issue, ...] = ()
    venous: Measurement | None = None
    steady_share: float | None = None


def prepare(
    series: TimeSeries,
    *,
    settings: Settings = Settings(),
    baseline: tuple[int, int] | None = None,
    brain: Mask | None = None,
    in_place: bool = False,
    stage: Stage = lambda text: None,
) -> Prepared:
    """Motion, bolus, masks and curves.

    Args:
        series: as read.
        settings: of all stages.
        baseline: frames [first, last) set by a reader.
        brain: mask of a reader on the grid of the series.
        in_place: see `correct_motion`.
        stage: see `Stage`.

    Raises:
        StrokeQuantError: what cannot be measured, with the codes that say why.
    """
    stage("motion")
    head = head_mask(series)
    reference = reference_frames(series, head, settings)
    corrected = correct_motion(series, reference, in_place=in_place, config=settings.motion)
    _stop_at(corrected.trace.issues)
    series = corrected.series
    stage("brain")
    head = replace(head, values=head.values & corrected.covered)
    bolus = find_bolus(series, soft_tissue(series, head), baseline=baseline, config=settings.concentration)
    _stop_at(bolus.issues)
    image = baseline_image(series, bolus)
    raw = concentration(series, head, bolus, smooth_px=0.0, config=settings.concentration)
    masks = perfusion_brain(
        image,
        series.kind,
        peak_contrast=_on_grid(raw, raw.values.max(axis=1)),
        contrast_sd=_on_grid(raw, raw.values[:, bolus.first : bolus.last].std(axis=1)),
        given=brain,
        config=settings.perfusion_brain,
        brain_config=settings.brain,
    )
    sides = split_sides(image, masks.brain, config=settings.perfusion_brain)
    if series.kind == "dsc" and brain is None:
        masks = _perfused(masks, raw, sides, settings)
    measured = replace(masks.brain, values=masks.brain.values & corrected.covered)
    masks = replace(masks, brain=measured)
    _stop_at(masks.issues)
    stage("curves")
    bolus = find_bolus(series, measured, baseline=baseline, config=settings.concentration)
    _stop_at(bolus.issues)
    curves = concentration(series, masks.brain, bolus, config=settings.concentration)
    masks = _without_steps(masks, curves, corrected.change, settings)
    curves = _without_disturbance(curves, image, masks, corrected.trace, settings)
    halves = split_sides(image, measured, plane=sides.plane, config=settings.perfusion_brain)
    sides = replace(halves, issues=sides.issues)
    survey = survey_curves(raw, search=masks.search.values, midplane=sides.plane, config=settings.vessel)
    tissue = curves.values[masks.tissue[curves.mask]]
    mean = (tissue if len(tissue) else curves.values).mean(axis=0)
    weak = weak_contrast(contrast_to_noise(curves, mean), settings.concentration)
    _stop_at(weak)
    issues = (*corrected.trace.issues, *bolus.issues, *masks.issues, *curves.issues, *weak, *sides.issues)
    return Prepared(series, corrected.trace, bolus, image, masks, sides, survey, curves, mean, _once(issues))


def _perfused(masks: PerfusionBrain, raw: Curves, sides: Sides, settings: Settings) -> PerfusionBrain:
    """Masks without what of the brain mask lies where no blood passes."""
    passing = first_pass(raw.values, raw.bolus.last, settings.perfusion_brain.perfused_frames)
    kept, issues = perfused_brain(masks.brain, _on_grid(raw, passing), sides.plane, config=settings.perfusion_brain)
    csf, artifact = (replace(mask, values=mask.values & kept.values) for mask in (masks.csf, masks.artifact))
    return replace(masks, brain=kept, csf=csf, artifact=artifact, issues=(*masks.issues, *issues))


def _without_steps(
    masks: PerfusionBrain, curves: Curves, change: np.ndarray | None, settings: Settings
) -> PerfusionBrain:
    """Masks with edges where motion left a step among the artifacts."""
    if change is None:
        return masks
    steps = left_steps(curves, change, config=settings.motion)
    artifact = replace(masks.artifact, values=masks.artifact.values | steps)
    return replace(masks, artifact=artifact, csf=replace(masks.csf, values=masks.csf.values & ~steps))


def brain_curves(prepared: Prepared, settings: Settings, *, smooth_px: float) -> Curves:
    """Curves of the brain as in `prepare`, with another smoothing."""
    series, masks = prepared.series, prepared.masks
    curves = concentration(series, masks.brain, prepared.bolus, smooth_px=smooth_px, config=settings.concentration)
    return _without_disturbance(curves, prepared.baseline, masks, prepared.motion, settings)


def _without_disturbance(
    curves: Curves, image: Volume, masks: PerfusionBrain, motion: MotionTrace, settings: Settings
) -> Curves:
    """Curves without what poses of the head left in them; of DSC with leakage corrected where the settings ask for it."""
    curves = without_pose_offsets(curves, image.values, masks.tissue, motion, config=settings.motion)
    if not settings.concentration.leakage_correction:
        return curves
    if curves.kind != "dsc":
        return replace(curves, issues=(*curves.issues, _NO_LEAKAGE))
    curves, _ = correct_leakage(curves, brain=masks.tissue, config=settings.concentration)
    return curves


def automatic_vessels(prepared: Prepared, *, settings: Settings = Settings()) -> Vessels:
    """Artery and vein found in the search region."""
    found = find_vessels(
        prepared.survey.curves, survey=prepared.survey, midplane=prepared.sides.plane, config=settings.vessel
    )
    if not prepared.motion.moved_mm > settings.motion.smallest_mm:
        return found
    aif, vof = (curve and at_rest(prepared, curve, settings) for curve in (found.aif, found.vof))
    candidates = (
        tuple(at_rest(prepared, curve, settings) for curve in some)
        for some in (found.aif_candidates, found.vof_candidates)
    )
    return Vessels(aif, vof, *candidates, found.vof_to_aif_area, found.issues)


def at_rest(prepared: Prepared, vessel: VesselCurve, settings: Settings) -> VesselCurve:
    """A vessel as it is when the head lies still, from the voxels around it."""
    return without_pose_gains(
        vessel, prepared.survey.curves, prepared.brain_curve, prepared.motion, config=settings.motion
    )


def compute(
    prepared: Prepared,
    vessels: Vessels,
    *,
    settings: Settings = Settings(),
    core: Mask | None = None,
    affected: str = "",
    accepted: Mapping[int, bool] | None = None,
    lesion: Mask | None = None,
    core_strokes: Strokes | None = None,
    stage: Stage = lambda text: None,
) -> Computed:
    """Maps, reference tissue and lesions.

    Args:
        prepared: of `prepare`.
        vessels: with an artery.
        settings: of all stages.
        core: diffusion core on the grid of the series, see `maps.coregister`.
        affected: side as a reader says.
        accepted: a reader's decisions by candidate.
        lesion: hypoperfusion as a reader drew it.
        core_strokes: what a reader drew on the core.
        stage: see `Stage`.

    Raises:
        StrokeQuantError: without an artery, or where the maps show no normal tissue.
    """
    ends = _ends_soon(prepared, vessels, settings)
    _stop_at((*vessels.issues, *ends))
    stage("maps")
    maps = perfusion_maps(
        prepared.curves, vessels.aif, leave_out=prepared.motion.rejected, config=settings.deconvolution
    )
    stage("lesions")
    masks = prepared.masks
    sides = with_affected_side(prepared.sides, maps, masks.tissue, given=affected, config=settings.lesion)
    large = vessel_mask(maps.cbv, masks.tissue, sides, config=settings.lesion)
    reference = reference_tissue(
        maps, masks.brain, masks.csf, large, sides, artifact=masks.artifact, config=settings.lesion
    )
    flow = steady_flow(
        prepared.curves,
        vessels.aif,
        leave_out=prepared.motion.rejected,
        config=settings.deconvolution,
        steady=settings.steady_flow,
    )
    lesions = segment_lesions(
        maps,
        masks,
        large,
        sides,
        reference,
        core=core,
        accepted=accepted,
        lesion=lesion,
        core_strokes=core_strokes,
        flow=flow,
        config=settings.lesion,
        steady=settings.steady_flow,
    )
    slab = _nothing_in_a_slab(prepared, lesions, settings)
    lesions = replace(lesions, coverage_limited=lesions.coverage_limited or bool(slab))
    relative = {
        "rcbf": relative_map(maps.cbf, reference.cbf, reference),
        "rcbv": relative_map(maps.cbv, reference.cbv, reference),
    }
    issues = (*vessels.issues, *ends, *maps.issues, *sides.issues, *reference.issues, *lesions.issues, *slab)
    venous = venous_tmax(
        vessels,
        prepared.curves,
        prepared.sides.plane,
        masks.brain,
        leave_out=prepared.motion.rejected,
        config=settings.vessel,
        deconvolution=settings.deconvolution,
    )
    share = _steady_share(flow, maps, reference)
    return Computed(maps, relative, sides, large, reference, lesions, _once(issues), venous, share)


def _steady_share(flow: SteadyFlow, maps: PerfusionMaps, reference: Reference) -> float | None:
    """Flow at the lag of its surroundings over the largest residue, in 1/s both, in the reference tissue; None where there is none."""
    normal = reference_flow(flow, reference)
    largest = 6000 * maps.parameters["kappa"] / maps.parameters["rho_g_ml"] / maps.parameters["vof_scale"]
    return normal * largest / reference.cbf if normal > 0 else None


def _nothing_in_a_slab(prepared: Prepared, lesions: Lesions, settings: Settings) -> tuple[Issue, ...]:
    """S10 as a warning where nothing was found in a slab: 0 mL would be read as no lesion, which may lie beside it."""
    parts = [issue for issue in prepared.issues if issue.code == "S10"]
    if not parts or lesions.hypoperfusion[settings.lesion.main_tmax_s].values.any():
        return ()
    remedy = "read 0 mL as none in the slab; tissue beside it is not measured"
    return tuple(replace(issue, level=Level.WARN, remedy=remedy) for issue in parts)


def _ends_soon(prepared: Prepared, vessels: Vessels, settings: Settings) -> tuple[Issue, ...]:
    if vessels.aif is None or "arrival_s" not in vessels.aif.scores:
        return ()
    issue = soon_after(vessels.aif.scores["arrival_s"], float(prepared.series.times_s[-1]), settings.concentration)
    return (issue,) if issue else ()


def head_mask(series: TimeSeries) -> Mask:
    """Everything that is not air in the first steady frames: a first guess for what needs no brain."""
    from skimage.filters import threshold_otsu

    image = np.nan_to_num(series.values[1 : min(4, len(series.values))].mean(axis=0))
    limit = -200.0 if series.kind == "ctp" else float(threshold_otsu(image)) / 2
    return Mask(image > limit, series.geometry, "head", "above air")


def soft_tissue(series: TimeSeries, head: Mask) -> Mask:
    """What of the head shows the bolus: all of it on MR, what is neither bone nor air on CT."""
    if series.kind != "ctp":
        return head
    image = np.nan_to_num(series.values[1 : min(4, len(series.values))].mean(axis=0))
    return replace(head, values=head.values & (image > 0) & (image < 120), method="0 to 120 HU")


def reference_frames(series: TimeSeries, head: Mask, settings: Settings) -> range:
    """Baseline frames for the registration; the first frames where motion hides the bolus, which is looked for again later."""
    early = find_bolus(series, soft_tissue(series, head), config=settings.concentration)
    count = settings.motion.reference_frames
    if early.last > early.first and not any(issue.blocks for issue in early.issues):
        return range(early.first, early.last)[-count:]
    first = min(early.first, len(series.values) - 1)
    return range(first, min(first + count, len(series.values)))


def baseline_image(series: TimeSeries, bolus: Bolus) -> Volume:
    """Mean of the baseline frames."""
    values = series.values[bolus.first : bolus.last].mean(axis=0, dtype=np.float64).astype(np.float32)
    quantity = "attenuation" if series.kind == "ctp" else "signal"
    uids = series.instance_uids[bolus.first] if series.instance_uids else ()
    return Volume(values, series.geometry, series.unit, quantity, series.source, instance_uids=uids)


def _on_grid(curves: Curves, numbers: np.ndarray) -> np.ndarray:
    values = np.zeros(curves.geometry.shape, np.float32)
    values[curves.mask] = numbers
    return values


def _stop_at(issues) -> None:
    blocking = [issue for issue in issues if issue.blocks]
    if blocking:
        raise StrokeQuantError(*blocking)


def _once(issues) -> tuple[Issue, ...]:
    return tuple(dict.fromkeys(issues))
