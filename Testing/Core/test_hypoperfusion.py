"""Sides, reference tissue, hypoperfusion and core on constructed maps with known volumes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from perfusion_lesions import EXACT, SHAPE, VOXEL_ML, Case, box

from strokequant.errors import GeometryError, Level, SegmentationError, UsageError
from strokequant.geometry import Geometry
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration
from strokequant.maps.perfusion import perfusion_maps
from strokequant.maps.steady_flow import SteadyFlow
from strokequant.perfusion_config import LesionConfig
from strokequant.perfusion_types import Strokes, Vessel, VesselCurve
from strokequant.segmentation.hemispheres import split_sides, with_affected_side
from strokequant.segmentation.hypoperfusion import segment_lesions
from strokequant.segmentation.hypoperfusion_candidates import Shares, judge
from strokequant.segmentation.perfusion_brain import perfusion_brain
from strokequant.segmentation.reference_tissue import reference_tissue, relative_map, vessel_mask
from strokequant.synthetic.perfusion_brain import small_patient
from strokequant.types import Mask, Volume

LESION = box((1, 5), (10, 30), (35, 50))
CORE = box((2, 4), (15, 25), (38, 46))


def stroke():
    """1200 voxels (24 mL) with Tmax 7, of them 160 (3.2 mL) of core with Tmax 11 and a fifth of the flow."""
    case = Case()
    case.put(LESION, tmax=7.0, cbf=25.0, cbv=3.6, ttp=9.0)
    case.put(CORE, tmax=11.0, cbf=10.0, cbv=1.4, ttp=12.0)
    return case


def volumes(lesions):
    return {s: round(m.volume_ml / VOXEL_ML) for s, m in lesions.hypoperfusion.items()}


def codes(*things):
    return [issue.code for thing in things for issue in thing.issues]


def test_volumes_are_those_of_the_boxes():
    lesions = stroke().lesions()
    assert volumes(lesions) == {4.0: 1200, 6.0: 1200, 8.0: 160, 10.0: 160}
    assert lesions.hypoperfusion[6.0].volume_ml == pytest.approx(24.0)
    assert round(lesions.core.volume_ml / VOXEL_ML) == 160
    assert (lesions.core_source, lesions.affected_side) == ("rCBF", "left")
    assert codes(lesions) == []
    assert list(lesions.steps.values()) == pytest.approx([24.0, 24.0, 24.0, 24.0, 3.2, 3.2])


@pytest.mark.parametrize("seconds", [4.0, 6.0, 8.0, 10.0])
def test_thresholds_are_exclusive(seconds):
    case = Case()
    case.put(LESION, tmax=12.0)
    case.put(CORE, tmax=seconds)
    above = np.nextafter(np.float32(seconds), np.float32(99))
    assert volumes(case.lesions())[seconds] == 1200 - 160
    case.put(CORE, tmax=above)
    assert volumes(case.lesions())[seconds] == 1200


def test_core_threshold_is_exclusive_and_counts_inside_hypoperfusion_only():
    case = stroke()
    case.put(CORE, cbf=15.0)
    assert case.lesions().core.volume_ml == 0
    case.put(CORE, cbf=np.nextafter(np.float32(15.0), np.float32(0)))
    assert round(case.lesions().core.volume_ml / VOXEL_ML) == 160
    case.put(CORE, tmax=5.0)
    assert case.lesions().core.volume_ml == 0
    outside = case.lesions(replace(EXACT, core_inside_hypoperfusion=False))
    assert round(outside.core.volume_ml / VOXEL_ML) == 160


def test_specks_without_flow_are_as_their_surroundings_are():
    """Tmax of tissue without flow is noise."""
    speck, patch = box((2, 3), (20, 22), (41, 43)), box((2, 3), (16, 24), (39, 45))
    case = stroke()
    case.put(speck, tmax=1.0)
    lesions = case.lesions()
    assert volumes(lesions) == {4.0: 1200, 6.0: 1200, 8.0: 160, 10.0: 160}
    assert round(lesions.core.volume_ml / VOXEL_ML) == 160
    case.put(speck, cbf=25.0)
    assert volumes(case.lesions())[6.0] == 1200 - 4, "flow tells its Tmax"
    case = stroke()
    case.put(patch, tmax=1.0)
    assert volumes(case.lesions())[6.0] == 1200 - 48, "a part larger than the square stays as it is"
    case = Case()
    case.put(LESION, cbf=5.0)
    assert volumes(case.lesions())[6.0] == 0, "low flow without delay around it is no hypoperfusion"


def test_masks_are_nested_whatever_the_clusters():
    rng = np.random.default_rng(3)
    case = stroke()
    case.values["tmax"][:] = rng.uniform(0, 14, SHAPE)
    case.put(LESION, tmax=rng.uniform(5, 14, case.values["tmax"][LESION].shape))
    lesions = case.lesions(LesionConfig())
    masks = [m.values for _, m in sorted(lesions.hypoperfusion.items())]
    assert masks[-1].any()
    for wide, narrow in pairwise(masks):
        assert not (narrow & ~wide).any()
    assert not (lesions.core.values & ~lesions.hypoperfusion[6.0].values).any()


def test_csf_artifact_and_veins_leave_the_lesion_and_steps_say_how_much():
    case = stroke()
    case.csf[2, 12:14, 36:38] = True
    case.artifact[3, 12, 36] = True
    case.put(box((2, 3), (20, 22), (47, 50)), cbv=20.0)
    lesions = case.lesions()
    assert volumes(lesions)[6.0] == 1200 - 4 - 1 - 6
    assert list(lesions.steps.values())[:3] == pytest.approx([24.0, 23.9, 23.78])


def test_small_vessels_stay_in_the_lesion_and_leave_the_statistics():
    case = stroke()
    case.put(box((2, 3), (20, 22), (47, 50)), cbv=7.0)
    assert volumes(case.lesions())[6.0] == 1200
    assert np.count_nonzero(case.brain.tissue & ~case.tissue()) == 6


def test_candidates_are_judged_and_listed_with_reasons():
    case = stroke()
    case.put(box((2, 4), (30, 34), (10, 16)), tmax=7.0)  # 48 voxels, 0.96 mL: right side, too small
    case.put(box((2, 4), (4, 10), (10, 20)), tmax=7.0, cbv=7.0)  # 120 voxels, 2.4 mL: vessel
    case.put(box((1, 5), (2, 3), (20, 40)), tmax=7.0)  # 80 voxels along the border
    case.put(box((5, 6), (20, 32), (10, 20)), tmax=7.0)  # 120 voxels in the last slice
    lesions = case.lesions(LesionConfig())
    told = {c.volume_ml: (c.accepted, c.reasons[0]) for c in lesions.candidates}
    assert told[24.0][0] is True
    assert told[0.96] == (False, "removed: smaller than 1 mL")
    reasons = [c.reasons[0] for c in lesions.candidates]
    assert "removed: mostly vessel" in reasons
    assert told[1.6] == (False, "removed: small and along CSF or the border of the brain")
    assert "removed: small and in an end slice only" in reasons
    assert [c.label for c in lesions.candidates] == [1, 2, 3, 4, 5]
    assert [c.volume_ml for c in lesions.candidates] == sorted((c.volume_ml for c in lesions.candidates), reverse=True)
    first = lesions.candidates[0]
    assert (first.side, first.slices, first.voxels) == ("left", (1, 4), 1200)
    assert first.tmax_mean_s == pytest.approx((1040 * 7 + 160 * 11) / 1200)
    assert first.rcbf_mean == pytest.approx((1040 * 0.5 + 160 * 0.2) / 1200)
    assert first.centroid_lps == pytest.approx((2 * 42 - 59, 2 * 19.5 - 39, 12.5))
    assert volumes(lesions)[6.0] == 1200


def test_a_small_cluster_of_vessels_and_rims_is_left_out():
    measured = np.arange(10)
    for either, ml, expected in ((0.9, 2, False), (0.7, 2, True), (0.9, 20, True)):
        proposed, reasons = judge(60, ml * 1000, Shares(0.45, 0.5, either), (3, 5), measured, LesionConfig())
        assert proposed is expected, reasons


def test_a_cluster_at_the_smallest_volume_stays_and_one_voxel_less_goes():
    case = Case()
    case.put(box((2, 3), (10, 15), (35, 45)), tmax=7.0)  # 50 voxels = 1 mL
    assert volumes(case.lesions(LesionConfig()))[6.0] == 50
    case.put((2, 10, 35), tmax=1.0)
    assert volumes(case.lesions(LesionConfig()))[6.0] == 0


def test_readers_decisions_stand_above_the_proposal():
    case = stroke()
    case.put(box((2, 4), (30, 34), (10, 16)), tmax=9.0)
    proposed = case.lesions(LesionConfig())
    assert [c.accepted for c in proposed.candidates] == [True, False]
    taken = case.lesions(LesionConfig(), accepted={1: False, 2: True})
    assert volumes(taken)[6.0] == 48
    assert volumes(taken)[8.0] == 48
    assert [c.reasons[0] for c in taken.candidates] == ["left out by the reader", "taken by the reader"]
    assert volumes(case.lesions(LesionConfig(), accepted={2: True}))[6.0] == 1248


def test_healthy_brain_has_zero_and_no_side():
    lesions = Case().lesions(LesionConfig())
    assert volumes(lesions) == {4.0: 0, 6.0: 0, 8.0: 0, 10.0: 0}
    assert lesions.core.volume_ml == 0
    assert lesions.affected_side == ""
    assert lesions.candidates == ()


@pytest.mark.parametrize(("slices", "limited"), [((1, 5), False), ((0, 4), True), ((2, 6), True)])
def test_lesion_at_the_end_of_the_slab_is_a_lower_limit(slices, limited):
    case = Case()
    case.put(box(slices, (10, 30), (35, 50)), tmax=7.0)
    lesions = case.lesions()
    assert lesions.coverage_limited is limited
    assert ("L02" in codes(lesions)) is limited


def test_lesion_at_the_end_of_the_brain_is_not_cut():
    case = Case()
    case.brain_values[0] = False
    case.put(box((1, 4), (10, 30), (35, 50)), tmax=7.0)
    assert case.lesions().coverage_limited is False
    case = Case()
    case.valid[0] = False
    case.put(box((0, 4), (10, 30), (35, 50)), tmax=7.0)
    assert case.lesions().coverage_limited is True


def test_small_parts_of_the_core_are_left_out_and_told():
    case = stroke()
    case.put(box((1, 2), (11, 15), (36, 41)), cbf=10.0)  # 20 voxels, 0.4 mL, apart from the core
    lesions = case.lesions(LesionConfig())
    assert round(lesions.core.volume_ml / VOXEL_ML) == 160
    before, after = list(lesions.steps.items())[-2:]
    assert before == ("of it rCBF < 0.3", pytest.approx(3.6))
    assert after == ("rCBF < 0.3, without small clusters", pytest.approx(3.2))


def test_core_from_elsewhere_is_used_as_it_is_and_must_share_the_grid():
    case = stroke()
    values = np.zeros(SHAPE, bool)
    values[box((2, 4), (15, 25), (52, 57))] = True
    lesions = case.lesions(core=case.mask(values, "infarct_core"))
    assert lesions.core_source == "ADC"
    assert lesions.core.values is values
    assert round(lesions.rcbf_cores[0.3].volume_ml / VOXEL_ML) == 160
    assert codes(lesions) == ["L05"]
    other = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), SHAPE)
    with pytest.raises(GeometryError, match="G17"):
        case.lesions(core=Mask(values, other, "infarct_core", "ADC"))


def test_core_larger_than_hypoperfusion_is_warned_of():
    case = stroke()
    values = np.zeros(SHAPE, bool)
    values[1:5, 8:34, 33:54] = True
    assert codes(case.lesions(core=case.mask(values))) == ["L06"]


def test_much_removed_is_warned_of():
    case = stroke()
    rng = np.random.default_rng(1)
    case.values["tmax"][rng.random(SHAPE) < 0.12] = 8.0
    case.put(LESION, tmax=1.0)
    lesions = case.lesions(LesionConfig())
    assert "L03" in codes(lesions)


def test_tmax_at_the_end_of_the_window_is_warned_of():
    case = stroke()
    case.put(CORE, tmax=24.5)
    assert codes(case.lesions()) == ["L09"]
    case.put(CORE, tmax=23.0)
    assert codes(case.lesions()) == []


def test_bands_come_from_the_threshold_moved_by_a_step():
    case = stroke()
    case.put(box((1, 5), (10, 30), (50, 51)), tmax=5.8)  # 80 voxels that 5.5 s finds
    case.put(box((1, 5), (10, 30), (35, 36)), tmax=6.3)  # 80 voxels that 6.5 s loses
    case.put(box((1, 3), (4, 8), (8, 12)), tmax=5.8)  # elsewhere, not connected
    low, high = case.lesions().volume_bands_ml["Tmax 6"]
    assert (round(low / VOXEL_ML), round(high / VOXEL_ML)) == (1120, 1280)
    low, high = case.lesions().volume_bands_ml["rCBF 0.3"]
    assert (round(low / VOXEL_ML), round(high / VOXEL_ML)) == (160, 160)


@pytest.mark.parametrize("flip", [False, True])
def test_side_is_the_patients_whatever_the_columns(flip):
    case = Case()
    where = box((1, 5), (10, 30), (35, 50))
    if flip:
        affine = case.geometry.affine.copy()
        affine[:3, 0] *= -1
        affine[0, 3] *= -1
        case.geometry = Geometry.from_affine(affine, SHAPE)
    case.put(where, tmax=7.0)
    sides = case.sides()
    assert sides.affected == ("right" if flip else "left")
    assert sides.reference_side == ("left" if flip else "right")
    assert case.lesions().candidates[0].side == sides.affected


def test_side_by_lower_threshold_by_median_and_by_the_reader():
    case = Case()
    case.put(LESION, tmax=5.0)
    assert case.sides().affected == "left"
    assert "Tmax > 4 s" in case.sides().why
    later = Case()
    later.put(box((0, 6), (0, 40), (0, 30)), tmax=1.6)
    assert later.sides().affected == "right"
    assert "median tmax" in later.sides().why
    by_peak = Case()
    by_peak.put(box((0, 6), (0, 40), (30, 60)), ttp=5.5)
    assert by_peak.sides().affected == "left"
    assert case.sides(given="right").affected == "right"
    with pytest.raises(UsageError, match="left or right"):
        case.sides(given="L")


def test_side_that_cannot_be_told_is_warned_of_and_both_sides_are_the_reference():
    case = Case()
    case.put(LESION, tmax=7.0)
    case.put(box((1, 5), (10, 30), (10, 25)), tmax=7.0)
    sides = case.sides()
    assert (sides.affected, [(i.code, i.level) for i in sides.issues]) == ("", [("L01", Level.WARN)])
    reference = case.reference()
    assert reference.side == "both"
    assert "affected side unknown" in reference.definition


def test_reference_is_the_contralateral_mean_without_csf_and_vessels():
    case = stroke()
    right = box((0, 6), (2, 38), (2, 30))
    case.put(right, cbf=40.0)
    case.put(box((0, 3), (2, 38), (2, 30)), cbf=60.0)
    case.csf[:, 5:10, 5:10] = True
    case.put(box((0, 6), (5, 10), (5, 10)), cbf=1.0)
    case.put(box((0, 6), (20, 25), (5, 8)), cbv=12.0, cbf=200.0)
    reference = case.reference()
    assert reference.definition == "contralateral mean, right side, without CSF and vessels"
    assert reference.side == "right"
    assert reference.cbf == pytest.approx(50.0)
    assert reference.cbv == pytest.approx(4.0)
    assert (reference.ttp_s, reference.mtt_s) == pytest.approx((5.0, 4.8))
    assert np.count_nonzero(reference.mask.values) == 6 * (36 * 28 - 25 - 15)


def test_reference_by_median_and_by_short_tmax():
    case = stroke()
    case.put(box((0, 6), (2, 38), (2, 10)), cbf=80.0)
    median = case.reference(replace(EXACT, reference="contralateral median"))
    assert (median.cbf, median.definition) == (50.0, "contralateral median, right side, without CSF and vessels")
    short = case.reference(replace(EXACT, reference="mean of short Tmax"))
    tissue = 6 * 36 * 56 - 1200
    assert short.cbf == pytest.approx((50 * (tissue - 6 * 36 * 8) + 80 * 6 * 36 * 8) / tissue)
    assert (short.side, short.definition) == ("both", "mean of tissue with Tmax < 4 s, without CSF and vessels")
    with pytest.raises(UsageError, match="one of"):
        case.reference(replace(EXACT, reference="mirror"))


def test_reference_that_is_small_hypoperfused_or_absent():
    case = stroke()
    case.csf[:, :, :29] = True
    assert [i.code for i in case.reference(sides=case.sides(given="left")).issues] == ["L04"]
    case.csf[:, :, :30] = True
    with pytest.raises(SegmentationError, match="L04"):
        case.reference(sides=case.sides(given="left"))
    both = stroke()
    assert [i.code for i in both.reference(sides=both.sides(given="right")).issues] == []
    both.put(box((0, 6), (2, 38), (30, 50)), tmax=8.0)
    assert [i.code for i in both.reference(sides=both.sides(given="right")).issues] == ["L10"]


def test_vessels_lie_above_one_and_a_half_times_the_unaffected_mean():
    case = stroke()
    case.put((2, 20, 40), cbv=6.001)
    case.put((2, 20, 41), cbv=6.0)
    vessels = vessel_mask(case.maps.cbv, case.brain.tissue, case.sides())
    assert np.argwhere(vessels.values).tolist() == [[2, 20, 40]]


def test_relative_map_names_its_reference():
    case = stroke()
    reference = case.reference()
    rcbf = relative_map(case.maps.cbf, reference.cbf, reference)
    assert rcbf.values[CORE].max() == pytest.approx(0.2)
    assert (rcbf.quantity, rcbf.unit) == ("rcbf", "{ratio}")
    assert reference.definition in rcbf.method


def test_invalid_voxels_are_no_lesion():
    case = stroke()
    case.valid[2] = False
    assert volumes(case.lesions())[6.0] == 900
    assert round(case.lesions().core.volume_ml / VOXEL_ML) == 80


def through_all_stages(kind, **options):
    """Lesions of a synthetic patient, from frames to masks, with the true artery."""
    patient = small_patient(kind, **options)
    series = patient.series
    first = perfusion_brain(Volume(series.values[3:6].mean(axis=0), patient.geometry), kind)
    bolus = find_bolus(series, first.brain)
    curves = concentration(series, first.brain, bolus)
    peak = np.full(patient.geometry.shape, np.nan, np.float32)
    peak[curves.mask] = curves.values.max(axis=1)
    baseline = Volume(series.values[bolus.first : bolus.last].mean(axis=0), patient.geometry)
    brain = perfusion_brain(baseline, kind, peak_contrast=peak)
    artery = patient.truth.artery.at(series.times_s) * patient.truth.gain["tissue"]
    nowhere = np.zeros((1, 3), int)
    maps = perfusion_maps(curves, VesselCurve(Vessel.AIF, artery, series.times_s, nowhere, (0.0, 0.0, 0.0), "file"))
    sides = with_affected_side(split_sides(baseline, brain.brain), maps, brain.tissue)
    vessels = vessel_mask(maps.cbv, brain.tissue, sides)
    reference = reference_tissue(maps, brain.brain, brain.csf, vessels, sides, artifact=brain.artifact)
    return patient, segment_lesions(maps, brain, vessels, sides, reference), reference


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_synthetic_patient_from_frames_to_lesions(kind):
    patient, lesions, reference = through_all_stages(kind, noise=None)
    truth = patient.truth.sampled_volumes_ml
    mask = lesions.hypoperfusion[6.0]
    late = patient.truth.shares["hypoperfusion"] >= 0.5
    dice = 2 * np.count_nonzero(mask.values & late) / (np.count_nonzero(mask.values) + np.count_nonzero(late))
    assert lesions.affected_side == "left"
    assert reference.side == "right"
    assert mask.volume_ml == pytest.approx(truth["hypoperfusion"], rel=0.1)
    assert dice > 0.93
    assert 0.6 * truth["core"] < lesions.core.volume_ml < 1.2 * truth["core"]
    core = patient.truth.shares["core"] > 0
    assert np.count_nonzero(lesions.core.values & core) > 0.9 * np.count_nonzero(lesions.core.values)


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_healthy_synthetic_patient_has_no_lesion(kind):
    _, lesions, reference = through_all_stages(kind, healthy=True)
    assert (lesions.affected_side, reference.side) == ("", "both")
    assert lesions.hypoperfusion[6.0].volume_ml == 0
    assert lesions.core.volume_ml == 0


@pytest.mark.parametrize("source", ["rCBF", "ADC"])
def test_what_a_reader_draws_on_the_core_stays_on_whichever_core_there_is(source):
    case = stroke()
    core, added, removed = (np.zeros(SHAPE, bool) for _ in range(3))
    core[CORE] = added[box((1, 2), (12, 14), (36, 38))] = removed[box((2, 3), (15, 25), (38, 46))] = True
    elsewhere = Mask(core, case.maps.tmax.geometry, "mismatch_core", "ADC") if source == "ADC" else None
    strokes = Strokes(added, removed, "R1")
    lesions = case.lesions(core=elsewhere, core_strokes=strokes)
    assert (lesions.core_source, lesions.core.edited_by) == (source, "R1") and "drew" in lesions.core.method
    assert round(lesions.core.volume_ml / VOXEL_ML) == 160 - 80 + 4
    assert round(lesions.core_proposal.volume_ml / VOXEL_ML) == 160
    assert round(lesions.rcbf_cores[0.3].volume_ml / VOXEL_ML) == (84 if source == "rCBF" else 160)
    assert list(lesions.steps.values())[-1] == pytest.approx(84 * VOXEL_ML)
    smaller = case.lesions(core=elsewhere, core_strokes=strokes, accepted={1: False})
    kept = 4 if source == "rCBF" else 84
    assert round(smaller.core.volume_ml / VOXEL_ML) == kept, "the proposal by flow lies inside the lesion; strokes stay"
    assert volumes(lesions) == volumes(case.lesions(core=elsewhere)), "hypoperfusion is another matter"


@pytest.mark.parametrize(("noise", "voxels"), [(0.0, 1200 - 108), (5.0, 1200)])
def test_flow_that_noise_hides_follows_the_lesion_in_its_gaps(noise, voxels):
    """Where flow stands out from its noise, its Tmax is known and stays."""
    case = Case()
    case.put(LESION, tmax=12.0)
    case.put(box((2, 4), (11, 29), (41, 44)), tmax=3.0, cbf=10.0)
    sides, reference = case.sides(), case.reference()
    vessels = vessel_mask(case.maps.cbv, case.brain.tissue, sides, config=EXACT)
    flow = SteadyFlow(case.maps.cbf.values, case.maps.cbf.valid, noise)
    found = segment_lesions(case.maps, case.brain, vessels, sides, reference, flow=flow, config=EXACT)
    assert volumes(found)[6.0] == voxels
