"""Signal to concentration: formulas, what is left out, smoothing, noise, flags."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from vessel_brain import SHAPE, VesselBrain, gamma

from strokequant.errors import Level, MapError, UsageError
from strokequant.geometry import Geometry
from strokequant.maps.arrival import arrival_times
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration, frame_noise, white_noise
from strokequant.maps.leakage import correct_leakage
from strokequant.maps.saturation import CLIPPED, NOISE_FLOOR
from strokequant.maps.smoothing import MaskedGaussian, gaussian_taps
from strokequant.perfusion_config import ConcentrationConfig
from strokequant.perfusion_types import Bolus
from strokequant.types import Mask, TimeSeries

BASELINE = Bolus(0, 5, 6, 9, np.zeros(0))


def one_voxel(signal, kind="dsc", **options):
    """Series of one voxel."""
    values = np.asarray(signal, np.float32).reshape(-1, 1, 1, 1)
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), (1, 1, 1))
    settings = {"kind": kind, "echo_time_ms": 30.0, **options}
    return TimeSeries(values, geometry, np.arange(len(values)) * 1.5, "analytic", **settings)


def everywhere(series):
    return Mask(np.ones(series.geometry.shape, bool), series.geometry, "all", "drawn")


def curves_of(series, bolus=BASELINE, **options):
    return concentration(series, everywhere(series), bolus, **options)


def codes(issues, level=None):
    return [issue.code for issue in issues if level is None or issue.level is level]


def test_vector_c1():
    curves = curves_of(one_voxel([100] * 6 + [60, 80]))
    assert curves.values[0, 6] == pytest.approx(17.0275, abs=5e-5)
    assert curves.values[0, 7] == pytest.approx(-np.log(0.8) / 0.030, rel=1e-6)
    assert curves.unit == "1/s"
    assert curves.values.dtype == np.float32


def test_echo_time_scales_and_comes_from_the_series():
    half = curves_of(one_voxel([100] * 6 + [60, 80], echo_time_ms=15.0))
    assert half.values[0, 6] == pytest.approx(2 * 17.0275, abs=1e-4)
    assert half.parameters["echo_time_ms"] == pytest.approx(15)


@pytest.mark.parametrize("echo", [None, 0.030, 0.0, 3000.0, float("nan")])
def test_missing_or_implausible_echo_time_asks(echo):
    series = one_voxel([100] * 6 + [60, 80], echo_time_ms=echo)
    with pytest.raises(MapError) as refused:
        curves_of(series)
    assert [(i.code, i.level) for i in refused.value.issues] == [("D09", Level.ASK)]
    assert curves_of(series, echo_time_ms=30.0).values[0, 6] == pytest.approx(17.0275, abs=5e-5)


def test_ct_is_the_difference_to_the_baseline():
    curves = curves_of(one_voxel([34, 36, 35, 35, 35, 35, 50, 20], "ctp", echo_time_ms=None))
    assert curves.values[0].tolist() == [-1, 1, 0, 0, 0, 0, 15, -15]
    assert curves.unit == "[hnsf'U]"


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_negative_values_are_kept(kind):
    brain = VesselBrain(kind, tissue_peak=0.0)
    curves = curves_of(brain.series(noise=2.0), smooth_px=0)
    baseline = curves.values[:, :5]
    assert np.count_nonzero(curves.values < 0) > 0.45 * curves.values.size
    curvature = 0.5 * 0.02**2 / 0.030 * (1 - 1 / 5) if kind == "dsc" else 0.0
    assert baseline.mean() == pytest.approx(curvature, rel=0.1, abs=1e-4)


def test_area_is_not_biased_by_noise():
    clean, noisy = (curves_of(VesselBrain("ctp").series(noise=sd, seed=2), smooth_px=0) for sd in (0.0, 2.0))
    voxels, after = len(clean.values), clean.values.shape[1] - 5
    sd = 2.0 * np.sqrt((after**2 / 5 + after) * voxels)
    assert abs(noisy.values.sum(dtype=float) - clean.values.sum(dtype=float)) < 3 * sd
    assert np.maximum(noisy.values, 0).sum() - clean.values.sum() > 15 * sd


def test_frames_before_the_steady_state_hold_no_concentration():
    signal = [180, 130, 100, 100, 100, 100, 60, 90]
    curves = curves_of(one_voxel(signal), replace(BASELINE, first=2, last=6))
    assert curves.values[0, :2].tolist() == [0, 0]
    assert curves.values[0, 6] == pytest.approx(17.0275, abs=5e-5)


def test_voxels_without_signal_are_left_out_and_counted():
    brain = VesselBrain("dsc")
    series = brain.series()
    values = series.values.copy()
    values[10, 0, 4, 4] = 0
    values[12, 1, 5, 5] = -3
    values[:, 2, 6, 6] = 0
    values[20, 0, 7, 7] = np.nan
    curves = curves_of(replace(series, values=values))
    assert curves.counts["signal_not_positive"] == 3
    assert curves.counts["not_finite"] == 1
    assert len(curves.values) == np.prod(SHAPE) - 4 == np.count_nonzero(curves.mask)
    assert not curves.mask[[0, 1, 2, 0], [4, 5, 6, 7], [4, 5, 6, 7]].any()
    assert np.isfinite(curves.values).all()
    assert codes(curves.issues) == ["D10"]


def test_a_bad_voxel_does_not_reach_its_neighbors():
    brain = VesselBrain("dsc")
    series = brain.series()
    values = series.values.copy()
    values[:, 1, 16, 16] = [np.nan, *[1e6] * (len(values) - 1)]
    good, hurt = curves_of(series), curves_of(replace(series, values=values))
    same = good.values[hurt.mask[good.mask]]
    np.testing.assert_allclose(hurt.values, same, atol=2e-5)


def test_nothing_to_measure_is_refused():
    series = one_voxel([0] * 8)
    with pytest.raises(MapError) as refused:
        curves_of(series)
    assert codes(refused.value.issues) == ["D13"]
    with pytest.raises(MapError) as refused:
        curves_of(one_voxel([100] * 8, "dwi"))
    assert codes(refused.value.issues) == ["D13"]
    flat = one_voxel([35] * 30, "ctp")
    with pytest.raises(MapError) as refused:
        curves_of(flat, find_bolus(flat, everywhere(flat)))
    assert codes(refused.value.issues) == ["D01"]


def test_rows_follow_the_mask():
    brain = VesselBrain("ctp")
    brain.curves += np.arange(np.prod(SHAPE)).reshape(SHAPE) * (np.arange(len(brain.times)) >= 5)[:, None, None, None]
    curves = concentration(brain.series(), brain.mask(), BASELINE, smooth_px=0)
    voxels = np.ravel_multi_index(brain.brain.nonzero(), SHAPE)
    np.testing.assert_allclose(curves.values[:, 5], voxels, rtol=1e-5)
    np.testing.assert_allclose(curves.values[:, 11], brain.curves[11][brain.brain], rtol=1e-5)


def direct_smoothing(image, mask, sigma, cut):
    """(G * (C m)) / (G * m), written out."""
    smoothed = np.zeros(image.shape)
    places = np.argwhere(mask)
    for j, i in places:
        distance = places - (j, i)
        near = (np.abs(distance) <= np.floor(cut * np.asarray(sigma) + 0.5)).all(axis=1)
        weights = np.exp(-0.5 * ((distance[near] / sigma) ** 2).sum(axis=1))
        smoothed[j, i] = weights @ image[tuple(places[near].T)] / weights.sum()
    return smoothed


@pytest.mark.parametrize("sigma", [(1.0, 1.0), (2.0, 2.0), (0.5, 1.7)])
def test_smoothing_is_the_weighted_mean_within_the_mask(sigma):
    rng = np.random.default_rng(0)
    image, mask = rng.normal(size=(17, 13)), rng.random((17, 13)) > 0.4
    frame = np.where(mask, image, 0).astype(np.float32)
    MaskedGaussian(mask, sigma, 4.0).smooth(frame)
    np.testing.assert_allclose(frame, direct_smoothing(image, mask, sigma, 4.0), atol=2e-6)


def test_taps():
    np.testing.assert_allclose(gaussian_taps(1.0, 4.0), np.exp(-0.5 * np.arange(5) ** 2), rtol=1e-6)
    assert gaussian_taps(0.0, 4.0).tolist() == [1]


def test_smoothing_of_curves_stays_in_the_slice_and_in_the_mask():
    brain = VesselBrain("ctp", tissue_peak=0.0)
    brain.vessel(1, 10, 10, size=(1, 1), height=100.0)
    series = brain.series()
    curves = concentration(series, brain.mask(), BASELINE, smooth_px=1.0)
    peak = np.zeros(SHAPE)
    peak[curves.mask] = curves.values.max(axis=1)
    assert not peak[[0, 2]].any()
    truth = direct_smoothing(brain.curves[:, 1].max(axis=0), brain.brain[1], (1.0, 1.0), 4.0)
    np.testing.assert_allclose(peak[1], truth, atol=1e-4)
    in_mm = concentration(series, brain.mask(), BASELINE, smooth_mm=2.0)
    np.testing.assert_array_equal(in_mm.values, curves.values)
    assert in_mm.parameters["smooth_mm"] == 2.0


def test_one_kind_of_smoothing_only():
    with pytest.raises(UsageError):
        curves_of(one_voxel([100] * 8), smooth_px=1, smooth_mm=2)


@pytest.mark.parametrize(("noise", "px"), [(0.0, 1.0), (2.0, 1.0), (3.5, 1.0), (4.0, 2.0), (6.0, 2.0)])
def test_noise_of_ct_decides_the_smoothing(noise, px):
    series = VesselBrain("ctp").series(noise=noise, seed=1)
    curves = curves_of(series)
    assert curves.parameters["smooth_px"] == px
    assert curves.parameters["noise_sd"] == pytest.approx(noise, rel=0.03, abs=1e-3)
    assert codes(curves.issues) == (["D12"] if px == 2 else [])


@pytest.mark.parametrize("px", [0.0, 0.6, 1.0])
def test_correlated_noise_counts_by_what_smoothing_leaves_of_it(px):
    """Gaussian noise of SD px, smoothed by 1 px, keeps px / sqrt(px^2 + 1) of its SD; noise without correlation 1 / (2 sqrt(pi))."""
    brain = VesselBrain("ctp")
    noise = np.random.default_rng(3).normal(size=brain.series().values.shape)
    noise = ndimage.gaussian_filter(noise, (0, 0, px, px)) if px else noise
    series = brain.series(signal=35 + brain.curves + 3.0 * noise / noise.std())
    expected = 3.0 * px / np.hypot(px, 1) * 2 * np.sqrt(np.pi) if px else 3.0
    assert white_noise(series, brain.brain, BASELINE, ConcentrationConfig()) == pytest.approx(expected, rel=0.08)
    assert curves_of(series).parameters["smooth_px"] == (2.0 if px else 1.0)


def test_smoothing_lowers_the_noise_as_the_gaussian_says():
    brain = VesselBrain("ctp", tissue_peak=0.0)
    raw, smooth = (concentration(brain.series(noise=2.0), brain.mask(), BASELINE, smooth_px=px) for px in (0, 1))
    inner = np.zeros(SHAPE, bool)
    inner[:, 9:23, 9:23] = True
    taps = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    expected = (taps**2).sum() / taps.sum() ** 2
    ratio = smooth.values[inner[smooth.mask], 5:].std() / raw.values[inner[raw.mask], 5:].std()
    assert ratio == pytest.approx(expected, rel=0.06)


def test_noise_is_not_changed_by_drift_and_bolus_free_frames_only():
    brain = VesselBrain("ctp")
    series = brain.series(noise=3.0)
    drift = series.values + np.linspace(0, 2, len(brain.times), dtype=np.float32)[:, None, None, None]
    assert frame_noise(replace(series, values=drift), brain.brain, BASELINE) == pytest.approx(3.0, rel=0.045)
    assert frame_noise(series, brain.brain, replace(BASELINE, last=1)) == 0


def flags_of(brain, values, kind, **options):
    series = replace(brain.series(), values=values.astype(np.float32), kind=kind)
    curves = curves_of(series, smooth_px=0, **options)
    flags = np.zeros(SHAPE, np.uint8)
    flags[curves.mask] = curves.flags
    return flags, curves


@pytest.mark.parametrize("limit", [1024.0, 3071.0, 500.0])
def test_clipped_ct_numbers_are_flagged(limit):
    brain = VesselBrain("ctp")
    artery = brain.vessel(1, 14, 4, height=2 * limit)
    values = np.minimum(brain.series().values, limit)
    values[:, 0, 15, 15] = limit
    flags, curves = flags_of(brain, values, "ctp")
    assert ((flags == CLIPPED) == artery.voxels).all()
    assert curves.counts["clipped"] == 6
    assert codes(curves.issues, Level.WARN) == ["D11"]


def test_a_peak_below_the_limits_is_not_clipped():
    brain = VesselBrain("ctp")
    brain.vessel(1, 14, 4, height=400.0)
    assert not flags_of(brain, brain.series(noise=2.0).values, "ctp")[0].any()


def test_signal_at_the_noise_floor_is_flagged():
    brain = VesselBrain("dsc")
    deep, fair = brain.vessel(1, 14, 4, height=120.0), brain.vessel(1, 14, 25, height=30.0)
    flags, curves = flags_of(brain, brain.series(noise=5.0).values, "dsc")
    assert (flags[deep.voxels] == NOISE_FLOOR).all()
    assert not flags[fair.voxels].any()
    assert curves.counts["noise_floor"] == 6


def test_same_input_same_bytes():
    series = VesselBrain("dsc").series(noise=3.0)
    first, second = curves_of(series), curves_of(series)
    assert first.values.tobytes() == second.values.tobytes()
    assert first.parameters == second.parameters


def test_input_is_not_changed():
    series = VesselBrain("dsc").series(noise=3.0)
    before = series.values.copy()
    curves_of(series)
    np.testing.assert_array_equal(series.values, before)


def test_baseline_of_the_series_and_of_a_reader_give_their_own_reference():
    series = one_voxel([40, 40, 40, 38, 36, 36, 60, 50], "ctp")
    assert curves_of(series, replace(BASELINE, last=3)).values[0, 6] == 20
    assert curves_of(series, replace(BASELINE, first=4, last=6)).values[0, 6] == 24


def test_arrival_of_voxels_uses_the_times_of_their_slice():
    offsets = [0.0, 0.75, 0.4]
    brain = VesselBrain("ctp", slice_offsets=offsets, tissue_start=10.3)
    curves = curves_of(brain.series(), smooth_px=0)
    arrival = np.zeros(SHAPE)
    arrival[curves.mask] = arrival_times(curves)
    by_slice = [arrival[k][brain.brain[k]] for k in range(3)]
    assert np.ptp([a.mean() for a in by_slice]) < 0.15
    ignored = arrival_times(replace(curves, slice_times_s=None))
    arrival[curves.mask] = ignored
    shift = arrival[0][brain.brain[0]].mean() - arrival[1][brain.brain[1]].mean()
    assert shift == pytest.approx(0.75, abs=0.15)


def leaking(k2_true, noise=0.0):
    """Curves with a leak of K2 in one corner: dR2* = C - K2 int(mean of the others)."""
    brain = VesselBrain("dsc", np.arange(60) * 1.5, tissue_peak=15.0)
    mean = brain.curves[:, 0, 16, 16].copy()
    integral = np.concatenate([[0], np.cumsum((mean[1:] + mean[:-1]) / 2 * 1.5)])
    brain.curves[:, 1, 12:16, 12:16] -= (k2_true * integral)[:, None, None]
    bolus = Bolus(0, 7, 8, 12, np.zeros(0))
    return concentration(brain.series(noise=noise), brain.mask(), bolus, smooth_px=0)


@pytest.mark.parametrize("k2_true", [0.02, -0.02])
def test_leakage_is_found_and_taken_out(k2_true):
    curves = leaking(k2_true)
    corrected, k2 = correct_leakage(curves)
    where = np.zeros(SHAPE, bool)
    where[1, 12:16, 12:16] = True
    inside = where[curves.mask]
    np.testing.assert_allclose(k2[inside], k2_true, rtol=0.02)
    np.testing.assert_allclose(k2[~inside], 0, atol=5e-4)
    whole = corrected.values[~inside].sum(axis=1).mean()
    np.testing.assert_allclose(corrected.values[inside].sum(axis=1), whole, rtol=0.01)
    assert codes(corrected.issues) == ["D14"]
    assert corrected.parameters["leakage_correction"] == "Boxerman 2006"


def test_leakage_is_for_dsc_and_off_by_default():
    brain = VesselBrain("ctp")
    curves = curves_of(brain.series())
    assert "leakage_correction" not in curves.parameters
    with pytest.raises(MapError) as refused:
        correct_leakage(curves)
    assert codes(refused.value.issues) == ["D14"]


def test_settings_say_what_they_are():
    config = ConcentrationConfig()
    assert config.smooth_px == 1.0
    assert config.noisy_hu == 4.0


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 6])
def test_error_of_the_area_falls_with_the_baseline(frames):
    """Area error of a flat voxel: baseline noise times the frames after it, sd * sqrt((n - b) ^ 2 / b + n - b)."""
    brain = VesselBrain("ctp", tissue_peak=0.0)
    series = brain.series(noise=2.0, seed=4)
    curves = curves_of(series, replace(BASELINE, last=frames), smooth_px=0)
    after = len(brain.times) - frames
    expected = 2.0 * np.sqrt(after**2 / frames + after)
    assert curves.values[:, frames:].sum(axis=1).std() == pytest.approx(expected, rel=0.05)


def test_gamma_of_the_phantom_is_what_it_says():
    assert gamma([10.0, 14.5, 19.0], 10).tolist() == pytest.approx([0, 1, 8 * np.exp(-3)])
