"""Arterial input and venous output: shape numbers, gates one by one, search, manual choice, files, areas."""

from dataclasses import replace

import numpy as np
import pytest
from vessel_brain import SHAPE, SPACING, VesselBrain, gamma, smeared

from strokequant.errors import InputError, Level, MapError
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration
from strokequant.perfusion_config import VesselConfig
from strokequant.perfusion_types import Bolus, Vessel
from strokequant.vessels.clusters import curve_scores
from strokequant.vessels.curve_file import read_vessel_curve
from strokequant.vessels.find import find_vessels
from strokequant.vessels.gamma import gamma_residual, gamma_variate
from strokequant.vessels.gates import faults, refusals
from strokequant.vessels.manual import manual_vessel
from strokequant.vessels.pair import area_ratio, pair_vessels, scale_by_vof
from strokequant.vessels.shape import curve_shapes
from strokequant.vessels.survey import survey_curves

CONFIG = VesselConfig()
TIMES = np.arange(60) * 1.5


def scores_of(values, times=TIMES, **known):
    scores = curve_scores(np.asarray(values, float), np.asarray(times, float), 0, float("nan"), CONFIG)
    return {**scores, **known}


def curves_of(brain, **options):
    series = brain.series(**options)
    return concentration(series, brain.mask(), find_bolus(series, brain.mask()), smooth_px=0)


def codes(issues, level=None):
    return [issue.code for issue in issues if level is None or issue.level is level]


def is_at(curve, place):
    """All voxels of the curve lie in the place."""
    return bool(place.voxels[tuple(curve.voxels.T)].all())


@pytest.fixture
def brain():
    """An early artery on the right, a later and higher one on the left, a sinus."""
    brain = VesselBrain()
    brain.early = brain.vessel(1, 14, 5, height=180.0, start=10.0)
    brain.late = brain.vessel(1, 14, 24, height=230.0, start=11.5)
    brain.sinus = brain.vein()
    return brain


# Shape


def test_shape_of_a_gamma_bolus():
    fine = np.arange(0, 60, 0.01)
    scores = scores_of(5 * gamma(fine, 10), fine)
    curve = gamma(fine, 10)
    above = fine[curve >= 0.5]
    assert scores["peak"] == pytest.approx(5)
    assert scores["time_to_peak_s"] == pytest.approx(14.5)
    assert scores["arrival_s"] == pytest.approx(fine[curve >= 0.2][0], abs=0.01)
    assert scores["fwhm_s"] == pytest.approx(above[-1] - above[0], abs=0.02)
    run = curve >= 0.2
    assert scores["first_moment_s"] == pytest.approx((fine * curve)[run].sum() / curve[run].sum(), abs=0.01)
    exact = 5 * 1.5 * 6 * (np.e / 3) ** 3
    assert scores["area"] == pytest.approx(exact, rel=1e-6)
    assert scores["flatness"] == pytest.approx(0.27, abs=0.005)
    assert scores["irregularity"] < 1e-8


@pytest.mark.parametrize("step", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_coarse_frames_move_arrival_and_width_little(step, shift):
    fine = np.arange(0, 60, 0.01)
    coarse = np.arange(0, 60, step)
    truth, scores = (scores_of(gamma(t, 10 + shift), t) for t in (fine, coarse))
    assert scores["arrival_s"] == pytest.approx(truth["arrival_s"], abs=0.35 * step)
    assert scores["fwhm_s"] == pytest.approx(truth["fwhm_s"], abs=0.35 * step)
    assert scores["area"] == pytest.approx(truth["area"], rel=0.005)


def test_uneven_times_are_used():
    times = np.concatenate([np.arange(0, 40, 1.0), np.arange(40, 90, 4.0)])
    truth = scores_of(gamma(np.arange(0, 90, 0.01), 10), np.arange(0, 90, 0.01))
    scores = scores_of(gamma(times, 10), times)
    assert scores["area"] == pytest.approx(truth["area"], rel=0.005)
    assert scores["first_moment_s"] == pytest.approx(truth["first_moment_s"], abs=0.15)


def test_every_curve_of_many_has_the_shape_that_it_has_alone():
    rng = np.random.default_rng(3)
    many = gamma(TIMES, 10) * rng.uniform(1, 9, (50, 1)) + rng.normal(0, 0.1, (50, len(TIMES)))
    together = curve_shapes(many, TIMES, 0, CONFIG)
    for n in (0, 17, 49):
        alone = curve_shapes(many[n : n + 1], TIMES, 0, CONFIG).of(0)
        assert together.of(n) == pytest.approx(alone, rel=1e-12)


# Gates and faults, each with a curve that fails it alone


def only(curve, times=TIMES, **known):
    return [code for code, _ in refusals(scores_of(curve, times, **known), Vessel.AIF, 1.5, CONFIG)]


@pytest.mark.parametrize("step", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("width", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_a_clean_bolus_passes_all_gates(step, width, shift):
    times = np.arange(0, 60, step)
    assert refusals(scores_of(gamma(times, 10 + shift * step, width), times), Vessel.AIF, step, CONFIG) == []


def test_a_bolus_that_ends_below_its_baseline_is_no_artery():
    """Motion across an edge leaves a signal below the baseline; area, which CBV is divided by, would be next to nothing."""
    below = gamma(TIMES, 10) - 0.08 * np.clip((TIMES - 20) / 5, 0, 1)
    assert only(below) == ["A08"]
    assert only(gamma(TIMES, 10) - 0.01 * np.clip((TIMES - 20) / 5, 0, 1)) == []


def test_recirculation_and_plateau_pass():
    curve = gamma(TIMES, 10) + 0.15 * gamma(TIMES, 18, 4.0)
    curve += 0.06 * (1 - np.exp(-np.maximum(TIMES - 14, 0) / 6))
    assert only(curve) == []


def test_gate_second_run():
    curve = gamma(TIMES, 10) + 0.45 * gamma(TIMES, 50)
    assert only(curve) == ["A08"]
    assert "second run" in refusals(scores_of(curve), Vessel.AIF, 1.5, CONFIG)[0][1]
    assert only(gamma(TIMES, 10) + 0.25 * gamma(TIMES, 50)) == []


def test_gate_irregular():
    teeth = 1 + 0.3 * (-1.0) ** np.arange(len(TIMES))
    curve = np.where((TIMES > 10) & (TIMES < 26), 1.0, 0.0) * teeth
    reasons = [reason for _, reason in refusals(scores_of(curve), Vessel.AIF, 1.5, CONFIG)]
    assert len(reasons) == 1
    assert reasons[0].startswith("irregular")


@pytest.mark.parametrize(("cut", "step"), [(0.6, 1.0), (0.6, 1.5), (0.4, 1.0), (0.5, 1.5)])
@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_gate_flat_top(cut, step, shift):
    times = np.arange(0, 60, step)
    curve = np.minimum(gamma(times, 10 + shift * step, 1.7), cut)
    failed = refusals(scores_of(curve, times), Vessel.AIF, step, CONFIG)
    assert [code for code, _ in failed] == ["A07"]


def test_gate_no_first_pass():
    step = np.clip((TIMES - 10) / 4, 0, 1)
    slow = smeared(TIMES, 10, 1.5, 30.0)
    failed = refusals(scores_of(slow), Vessel.AIF, 1.5, CONFIG)
    assert failed[0][0] == "A04"
    assert {"A04", "A05"} <= {code for code, _ in refusals(scores_of(step), Vessel.AIF, 1.5, CONFIG)}
    short = TIMES[TIMES <= 19.5]
    assert only(gamma(short, 10, 2.0), times=short) == ["A05"]
    assert refusals(scores_of(gamma(short, 10, 2.0), short), Vessel.VOF, 1.5, CONFIG) == []


def test_gate_far_too_late():
    assert only(gamma(TIMES, 10), late_s=4.1) == ["A03"]
    assert only(gamma(TIMES, 10), late_s=3.9) == []


def test_gate_after_the_brain():
    assert only(gamma(TIMES, 10), before_brain_s=-0.1) == ["A03"]
    assert only(gamma(TIMES, 10), before_brain_s=1.0) == []


def test_gate_low_peak():
    assert only(gamma(TIMES, 10), peak_share=0.19) == ["A08"]
    assert only(gamma(TIMES, 10), peak_share=0.21) == []


def test_gate_flagged_voxels():
    assert only(gamma(TIMES, 10), flagged_share=0.5) == ["A07"]
    assert only(gamma(TIMES, 10), flagged_share=0.1) == []


def test_fault_late_wide_and_not_fallen():
    good = scores_of(gamma(TIMES, 10), late_s=0.2)
    assert faults(good, Vessel.AIF, CONFIG) == []
    assert codes(faults({**good, "late_s": 1.5}, Vessel.AIF, CONFIG), Level.WARN) == ["A03"]
    wide = scores_of(gamma(TIMES, 10, 3.0))
    assert wide["fwhm_s"] == pytest.approx(12.4, abs=0.2)
    assert codes(faults(wide, Vessel.AIF, CONFIG)) == ["A04"]
    short = TIMES[TIMES <= 19.5]
    assert codes(faults(scores_of(gamma(short, 10), short), Vessel.AIF, CONFIG)) == ["A05"]


def test_fault_of_the_vein_is_a_truncated_scan():
    for end, expected in ((24.0, ["A06"]), (40.0, [])):
        times = TIMES[end >= TIMES]
        found = faults(scores_of(smeared(times, 14, 1.5, 3.0), times), Vessel.VOF, CONFIG)
        assert codes(found, Level.WARN) == expected
        assert all("scan truncated" in issue.found for issue in found)


# What errors of the arterial input do to the area that CBV is divided by (reference, section 7)


@pytest.mark.parametrize(("cut", "percent"), [(0.8, 7), (0.6, 25), (0.4, 62)])
def test_clipped_peak_raises_cbv(cut, percent):
    fine = np.arange(0, 60, 0.02)
    whole, part = scores_of(gamma(fine, 10), fine), scores_of(np.minimum(gamma(fine, 10), cut), fine)
    assert 100 * (whole["area"] / part["area"] - 1) == pytest.approx(percent, abs=1)


def test_gamma_fit_of_a_recirculating_bolus_would_double_cbv():
    curve = gamma(TIMES, 10) + 0.15 * gamma(TIMES, 18, 4.0) + 0.06 * (1 - np.exp(-np.maximum(TIMES - 14, 0) / 6))
    ratio = scores_of(curve)["area"] / scores_of(gamma(TIMES, 10))["area"]
    assert ratio == pytest.approx(2.0, abs=0.1)


def test_gamma_fit_is_quality_control():
    clean, recirculating = gamma(TIMES, 10), gamma(TIMES, 10) + 0.15 * gamma(TIMES, 18, 4.0)
    assert gamma_residual(clean, TIMES, scores_of(clean)) < 1e-4
    assert 0.01 < gamma_residual(recirculating, TIMES, scores_of(recirculating)) < 0.1
    np.testing.assert_allclose(gamma_variate(TIMES, 2.0, 10, 3.0, 1.5), 2 * gamma(TIMES, 10), rtol=1e-12)
    assert np.isnan(gamma_residual(clean[:6], TIMES[:6], scores_of(clean)))


# Search


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
@pytest.mark.parametrize("noise", [0.0, 1.0, 2.0])
def test_early_artery_is_found_though_a_later_one_is_higher(kind, noise):
    scale = 1.0 if kind == "ctp" else 0.15
    brain = VesselBrain(kind, tissue_peak=8.0 if kind == "ctp" else 6.0)
    early = brain.vessel(1, 14, 5, height=180.0 * scale, start=10.0)
    brain.vessel(1, 14, 24, height=230.0 * scale, start=11.5)
    sinus = brain.vein(height=200.0 * scale)
    vessels = find_vessels(curves_of(brain, noise=noise, seed=7))
    assert is_at(vessels.aif, early)
    assert len(vessels.aif.voxels) == 6
    assert vessels.aif.side == "right"
    assert is_at(vessels.vof, sinus)
    assert vessels.vof.side == "midline"
    truth = scores_of(early.values, brain.times)
    assert vessels.aif.scores["arrival_s"] == pytest.approx(truth["arrival_s"], abs=0.3)
    assert vessels.aif.scores["peak"] == pytest.approx(truth["peak"], rel=0.06)
    assert vessels.aif.rejected == "" == vessels.vof.rejected
    assert codes(vessels.issues, Level.ASK) == codes(vessels.issues, Level.STOP) == []


def test_curve_in_use_is_the_measured_mean(brain):
    curves = curves_of(brain, noise=2.0)
    aif = find_vessels(curves).aif
    rows = np.zeros(SHAPE, bool)
    rows[tuple(aif.voxels.T)] = True
    mean = curves.values[rows[curves.mask]].mean(axis=0, dtype=float)
    level = mean[: int(aif.scores["baseline_frames"])].mean()
    np.testing.assert_allclose(aif.values, mean - level, atol=1e-5)


def test_late_artery_stays_a_candidate_with_its_warning(brain):
    candidates = find_vessels(curves_of(brain)).aif_candidates
    late = next(c for c in candidates if is_at(c, brain.late))
    assert codes(late.issues, Level.WARN) == ["A03"]
    assert late.scores["late_s"] == pytest.approx(1.5, abs=0.3)
    assert late.side == "left"


def test_only_a_late_artery_is_used_with_its_warning(brain):
    brain.vessel(1, 14, 5, height=60.0, start=10.0)
    vessels = find_vessels(curves_of(brain), search=np.broadcast_to(np.arange(SHAPE[2]) > 16, SHAPE))
    assert is_at(vessels.aif, brain.late)


@pytest.mark.parametrize("cut", [0.6, 0.4])
def test_saturated_artery_gives_way_to_the_next(brain, cut):
    brain.vessel(1, 14, 5, values=200 * np.minimum(gamma(brain.times, 9.7) / cut, 1))
    second = brain.vessel(0, 14, 8, height=150.0, start=10.2)
    vessels = find_vessels(curves_of(brain))
    assert is_at(vessels.aif, second)
    assert "A09" in codes(vessels.issues, Level.WARN)
    refused = next(c for c in vessels.aif_candidates if is_at(c, brain.early))
    assert "flat top" in refused.rejected


def test_wide_artery_gives_way_to_a_narrow_one(brain):
    brain.vessel(1, 14, 5, values=250 * gamma(brain.times, 8.8, 3.0))
    narrow = brain.vessel(0, 14, 8, height=150.0, start=10.0)
    vessels = find_vessels(curves_of(brain))
    assert is_at(vessels.aif, narrow)


def test_nothing_good_enough_asks_and_says_why():
    brain = VesselBrain()
    brain.vessel(1, 14, 5, values=np.minimum(250 * gamma(brain.times, 10), 150))
    vessels = find_vessels(curves_of(brain))
    assert vessels.aif is None
    asked = [issue for issue in vessels.issues if issue.code == "A01"]
    assert [issue.level for issue in asked] == [Level.ASK]
    assert "flat top" in asked[0].found
    assert vessels.vof_to_aif_area is None


def test_no_vessel_at_all():
    brain = VesselBrain("dsc", tissue_peak=15.0)
    brain.curves[:] = 15 * gamma(brain.times, 12)[:, None, None, None] * (np.arange(SHAPE[2]) % 2)
    brain.curves[:, :, ::2] = 0
    vessels = find_vessels(curves_of(brain))
    assert vessels.aif is None
    assert codes(vessels.issues) == ["A01", "A02"]


def test_search_region(brain):
    curves = curves_of(brain)
    left = np.broadcast_to(np.arange(SHAPE[2]) > 16, SHAPE)
    assert is_at(find_vessels(curves, search=left).aif, brain.late)
    nowhere = find_vessels(curves, search=np.zeros(SHAPE, bool))
    assert nowhere.aif is None
    assert codes(nowhere.issues) == ["A01", "A02"]


def test_candidates_are_ranked_and_few(brain):
    for n in range(8):
        brain.vessel(2, 4 + 3 * n, 14, height=150 - 5 * n, start=10 + 0.1 * n)
    vessels = find_vessels(curves_of(brain))
    usable = [c for c in vessels.aif_candidates if not c.rejected]
    assert len(usable) == CONFIG.candidates
    assert vessels.aif is usable[0]
    clean = [c.scores["rank_sum"] for c in usable if not c.issues]
    assert clean == sorted(clean)
    assert all("gamma_residual" in c.scores for c in usable)


def test_size_of_a_vessel(brain):
    brain.vessel(0, 10, 10, height=240.0, start=10.0, size=(9, 9))
    brain.vessel(2, 14, 14, height=260.0, start=9.5, size=(1, 2))
    vessels = find_vessels(curves_of(brain))
    sizes = [len(c.voxels) for c in vessels.aif_candidates]
    assert max(sizes) == CONFIG.cluster_max
    assert min(sizes) >= CONFIG.cluster_min


@pytest.mark.parametrize("offsets", [None, [0.0, 0.75, 0.4]])
def test_upright_vessel_joins_slices_that_share_their_times(offsets):
    brain = VesselBrain(slice_offsets=offsets)
    for k in range(3):
        brain.vessel(k, 14, 5, height=190.0, size=(2, 2))
    aif = find_vessels(curves_of(brain)).aif
    slices = len(set(aif.voxels[:, 0].tolist()))
    assert (slices, len(aif.voxels)) == ((1, 4) if offsets else (slices, 4 * slices))
    assert offsets or slices >= 2


def test_times_are_those_of_the_slice():
    offsets = [0.0, 0.75, 0.4]
    brain = VesselBrain(slice_offsets=offsets)
    artery = brain.vessel(1, 14, 5, start=10.0)
    brain.vessel(2, 14, 24, height=150.0, start=10.0)
    brain.vein()
    vessels = find_vessels(curves_of(brain))
    assert is_at(vessels.aif, artery)
    np.testing.assert_allclose(vessels.aif.times_s, brain.times + 0.75)
    truth = scores_of(artery.values, brain.times + 0.75)
    assert vessels.aif.scores["arrival_s"] == pytest.approx(truth["arrival_s"], abs=1e-3)
    arrivals = [c.scores["arrival_s"] for c in vessels.aif_candidates[:2]]
    assert np.ptp(arrivals) < 0.25


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_artery_that_fills_within_the_baseline_gets_a_baseline_of_its_own(kind):
    scale = 1.0 if kind == "ctp" else 0.15
    brain = VesselBrain(kind, tissue_peak=8.0 * scale, tissue_start=13.0)
    artery = brain.vessel(1, 14, 5, height=200.0 * scale, start=10.0)
    series = brain.series()
    tissue = replace(brain.mask(), values=brain.brain & ~artery.voxels)
    bolus = find_bolus(series, tissue)
    assert brain.times[bolus.last - 1] > 10.5, "the baseline must reach into the rise for this test"
    aif = find_vessels(concentration(series, brain.mask(), bolus, smooth_px=0)).aif
    assert is_at(aif, artery)
    np.testing.assert_allclose(aif.values, artery.values, atol=0.005 * artery.values.max())
    assert aif.scores["baseline_frames"] < bolus.last - bolus.first


def test_same_input_same_vessels(brain):
    first, second = (find_vessels(curves_of(brain, noise=3.0, seed=9)) for _ in range(2))
    for one, two in zip(first.aif_candidates, second.aif_candidates, strict=True):
        assert one.voxels.tolist() == two.voxels.tolist()
        assert one.scores == two.scores
        assert one.values.tobytes() == two.values.tobytes()


# Venous output and areas


def test_vein_is_posterior_and_in_the_midline_where_others_are_alike(brain):
    brain.vein(k=0, j=14, i=22)
    assert is_at(find_vessels(curves_of(brain)).vof, brain.sinus)


def test_without_a_vein(brain):
    brain.curves[:, 1, 26:29, 15:18] = brain.curves[:, 1, 20, 20][:, None, None]
    brain.vessel(1, 14, 24, height=5.0, start=11.0)
    vessels = find_vessels(curves_of(brain))
    assert vessels.vof is None
    assert codes(vessels.issues, Level.WARN) == ["A02"]
    assert vessels.vof_to_aif_area is None


def test_ratio_of_areas_is_that_of_the_partial_volume(brain):
    for share in (1.0, 0.6):
        brain.vessel(1, 14, 5, height=180.0 * share, start=10.0)
        brain.vein(height=180.0)
        ratio = find_vessels(curves_of(brain)).vof_to_aif_area
        assert ratio == pytest.approx(1 / share, rel=0.02)


def test_tissue_as_arterial_input_is_told(brain):
    roi = np.zeros(SHAPE, bool)
    roi[0, 14:16, 14:16] = True
    curves = curves_of(brain)
    pair = [manual_vessel(curves, roi=r, vessel=v) for r, v in ((roi, Vessel.AIF), (brain.sinus.voxels, Vessel.VOF))]
    assert "A10" in codes(pair_vessels(*pair).issues, Level.WARN)


def test_scaling_is_asked_for(brain):
    brain.vessel(1, 14, 5, height=180.0 * 0.6, start=10.0)
    brain.vein(height=180.0)
    vessels = find_vessels(curves_of(brain))
    assert vessels.aif.scores["peak"] == pytest.approx(180 * 0.6, rel=0.03)
    scaled = scale_by_vof(vessels.aif, vessels.vof)
    assert scaled.scores["scaled_by"] == pytest.approx(1 / 0.6, rel=0.02)
    np.testing.assert_allclose(scaled.values, vessels.aif.values * scaled.scores["scaled_by"])
    assert area_ratio(scaled, vessels.vof) == pytest.approx(1.0)
    assert codes(scaled.issues, Level.WARN)[-1:] == ["A10"]
    again = scale_by_vof(vessels.vof, vessels.aif)
    np.testing.assert_array_equal(again.values, vessels.vof.values)
    assert again.scores["scaled_by"] == 1.0


def test_vein_is_no_artery_where_there_is_none(brain):
    brain.brain[1, 14:16, 5:8] = brain.brain[1, 14:16, 24:27] = False
    vessels = find_vessels(curves_of(brain))
    assert vessels.aif is None
    assert "after the mean of the brain" in next(i for i in vessels.issues if i.code == "A01").found


def test_area_far_below_that_of_the_vein_asks(brain):
    brain.vessel(1, 14, 5, height=60.0, start=10.0)
    brain.vessel(1, 14, 24, height=8.0, start=13.0)
    brain.vein(height=299.0)
    vessels = find_vessels(curves_of(brain))
    assert vessels.vof_to_aif_area == pytest.approx(299 / 60, rel=0.03)
    assert codes([i for i in vessels.issues if i.code == "A10"], Level.WARN)
    strict = replace(CONFIG, ratio_ask=4.0)
    assert "A10" in codes(find_vessels(curves_of(brain), config=strict).issues, Level.ASK)


def test_exchanged_vessels_are_told(brain):
    vessels = find_vessels(curves_of(brain))
    assert "A12" not in codes(vessels.issues)
    assert "A12" in codes(pair_vessels(vessels.vof, vessels.aif).issues, Level.WARN)


def test_truncated_scan_is_told_by_the_vein():
    brain = VesselBrain(times=np.arange(16) * 1.5)
    brain.vessel(1, 14, 5)
    brain.vein(height=230.0)
    series = brain.series()
    curves = concentration(series, brain.mask(), Bolus(0, 7, 8, 13, np.zeros(0)), smooth_px=0)
    assert "A06" in codes(find_vessels(curves).issues, Level.WARN)


# Manual


def test_same_voxels_give_the_same_curve(brain):
    curves = curves_of(brain, noise=2.0)
    automatic = find_vessels(curves).aif
    roi = np.zeros(SHAPE, bool)
    roi[tuple(automatic.voxels.T)] = True
    manual = manual_vessel(curves, roi=roi, vessel=Vessel.AIF)
    assert manual.values.tobytes() == automatic.values.tobytes()
    own = {name: score for name, score in automatic.scores.items() if name != "rank_sum"}
    assert manual.scores == own
    assert (manual.method, manual.side, manual.center_lps) == ("manual ROI", automatic.side, automatic.center_lps)
    by_point = manual_vessel(curves, point_lps=automatic.center_lps, vessel=Vessel.AIF)
    assert by_point.voxels.tolist() == automatic.voxels.tolist()
    from_series = manual_vessel(brain.series(noise=2.0), roi=roi, vessel=Vessel.AIF, bolus=curves.bolus)
    np.testing.assert_allclose(from_series.values, automatic.values, rtol=1e-6)


def test_a_point_near_the_vessel_finds_it(brain):
    curves = curves_of(brain)
    center = curves.geometry.to_lps(np.argwhere(brain.early.voxels)).mean(axis=0)
    for shift in ((0, 0, 0), (2 * SPACING[0], 0, 0), (0, -SPACING[1], 1.0)):
        curve = manual_vessel(curves, point_lps=tuple(center + shift), vessel=Vessel.AIF)
        assert is_at(curve, brain.early)
        assert len(curve.voxels) == 6
    outside = manual_vessel(brain.series(), point_lps=tuple(center), vessel=Vessel.AIF, bolus=curves.bolus)
    np.testing.assert_allclose(outside.values, curve.values, rtol=1e-6)


def test_gates_warn_for_a_reader(brain):
    saturated = brain.vessel(2, 14, 5, values=np.minimum(250 * gamma(brain.times, 10), 150))
    curves = curves_of(brain)
    curve = manual_vessel(curves, roi=saturated.voxels, vessel=Vessel.AIF)
    assert curve.rejected == ""
    assert codes(curve.issues, Level.WARN) == ["A07"]
    late = manual_vessel(curves, roi=brain.late.voxels, vessel=Vessel.AIF)
    assert codes(late.issues, Level.WARN) == ["A03"]
    tissue = manual_vessel(curves, point_lps=(0.0, 0.0, 0.0), vessel=Vessel.AIF)
    assert "A08" in codes(tissue.issues, Level.WARN)


def test_one_survey_serves_many_places(brain):
    curves = curves_of(brain, noise=2.0)
    survey = survey_curves(curves)
    for place in (brain.early, brain.late):
        with_it = manual_vessel(curves, roi=place.voxels, vessel=Vessel.AIF, survey=survey)
        without = manual_vessel(curves, roi=place.voxels, vessel=Vessel.AIF)
        assert with_it.scores == without.scores


def test_region_that_leaves_the_mask(brain):
    curves = curves_of(brain)
    roi = np.zeros(SHAPE, bool)
    roi[1, 14:16, 0:8] = True
    curve = manual_vessel(curves, roi=roi, vessel=Vessel.AIF)
    missing = int((roi & ~curves.mask).sum())
    assert missing > 0
    assert len(curve.voxels) == roi.sum() - missing
    assert "A11" in codes(curve.issues, Level.WARN)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"roi": np.zeros(SHAPE, bool)},
        {"roi": np.ones((2, 2, 2), bool)},
        {"point_lps": (500.0, 0.0, 6.0)},
        {"point_lps": (0.0, 0.0, 90.0)},
        {"point_lps": (0.0, -31.0, 6.0)},
        {"point_lps": (0.0, 0.0, 0.0), "roi": np.ones(SHAPE, bool)},
    ],
)
def test_places_that_hold_no_curve(brain, choice):
    brain.brain[:, :3] = False
    with pytest.raises(MapError) as refused:
        manual_vessel(curves_of(brain), vessel=Vessel.AIF, **choice)
    assert codes(refused.value.issues, Level.STOP) == ["A11"]


# Files


def write(tmp_path, text):
    path = tmp_path / "aif.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
@pytest.mark.parametrize("heading", ["", "t_s{0}aif\n"])
def test_curve_from_a_file(tmp_path, separator, heading):
    curve = gamma(TIMES, 10)
    lines = [f"{t}{separator}{v!r}" for t, v in zip(TIMES.tolist(), curve.tolist(), strict=True)]
    path = write(tmp_path, heading.format(separator) + "\n".join(lines) + "\n")
    read = read_vessel_curve(path, vessel=Vessel.AIF, unit="1/s")
    np.testing.assert_array_equal(read.values, curve)
    np.testing.assert_array_equal(read.times_s, TIMES)
    assert read.method == "file"
    assert [(i.code, i.level) for i in read.issues] == [("A11", Level.INFO)]
    assert "1/s" in read.issues[0].remedy
    assert read.scores["fwhm_s"] == pytest.approx(6.2, abs=0.1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "t,c\n",
        "0,1\n1,2\n",
        "\n".join(f"{t}" for t in range(20)),
        "\n".join(f"{t},x" for t in range(20)),
        "\n".join(f"{t},nan" for t in range(20)),
        "\n".join(f"{20 - t},1" for t in range(20)),
        "\n".join(f"{t},0" for t in range(20)),
        "\n".join(f"{t},1,2" for t in range(20)),
    ],
)
def test_files_that_hold_no_curve(tmp_path, text):
    with pytest.raises(InputError) as refused:
        read_vessel_curve(write(tmp_path, text), vessel=Vessel.AIF, unit="1/s")
    assert codes(refused.value.issues, Level.STOP) == ["A11"]
    with pytest.raises(InputError):
        read_vessel_curve(tmp_path / "absent.csv", vessel=Vessel.AIF, unit="1/s")


def test_pair_of_manual_and_file(brain, tmp_path):
    curves = curves_of(brain)
    aif = manual_vessel(curves, roi=brain.early.voxels, vessel=Vessel.AIF)
    vof = manual_vessel(curves, roi=brain.sinus.voxels, vessel=Vessel.VOF)
    vessels = pair_vessels(aif, vof)
    assert vessels.vof_to_aif_area == pytest.approx(200 / 180, rel=0.02)
    assert replace(vessels, vof=None).aif is aif
