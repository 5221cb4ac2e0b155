"""Deconvolution: vectors of the reference, delay in both directions, comparison methods, and a plain SVD as the witness."""

import csv

import numpy as np
import pytest
from perfusion_objects import aif, artery, curves, noisy_dsc, tissue
from scipy.linalg import circulant, toeplitz

from strokequant.errors import MapError
from strokequant.maps.deconvolution import model_matrix, oscillation_index, residue_matrix, search_lags
from strokequant.maps.residue import peak_times, residue_peaks
from strokequant.maps.voxelwise import voxel_values
from strokequant.perfusion_config import DeconvolutionConfig

TIMES = np.arange(54) * 1.5
CSVD10 = DeconvolutionConfig(threshold=0.10)


def measured(concentration, times=TIMES, config=CSVD10, **more):
    """CBF and Tmax with kappa = rho = 1."""
    concentration = np.atleast_2d(concentration)
    found = voxel_values(curves(concentration, times), aif(times), config=config, **more)
    return 6000.0 * found.flow.astype(float), found.tmax_s.astype(float)


@pytest.mark.parametrize(
    ("cbf", "mtt", "delay", "shape", "flow", "tmax"),
    [
        (60, 4, 0, "exponential", 37.9579, 1.9069),
        (60, 4, 3, "exponential", 37.9579, 4.9069),
        (60, 4, 12, "exponential", 37.9579, 13.9069),
        (20, 12, 1, "exponential", 17.2583, 3.5914),
        (60, 4, 0, "linear", 44.5009, 2.1738),
        (60, 4, 0, "box", 58.7340, 1.9735),
    ],
)
def test_vectors_k1_and_k2(cbf, mtt, delay, shape, flow, tmax):
    found = measured(tissue(TIMES, cbf, mtt, delay, shape))
    assert found[0] == pytest.approx(flow, abs=0.001)
    assert found[1] == pytest.approx(tmax, abs=0.0002)


def test_vector_c2_parabola_below_the_grid():
    residue = np.array([0, 0.2, 0.5, 0.8, 1.0, 0.9, 0.4, 0.1], np.float32)[:, None]
    peaks = residue_peaks(residue, 0.9)
    assert peaks.place * 1.5 == pytest.approx(6.25)
    assert peaks.height == pytest.approx(1.0)
    assert not peaks.at_edge[0]


def test_vector_c2_oscillation_index():
    assert oscillation_index(np.array([0, 1, 2, 3, 2, 1, 0, 0.0])[:, None]) == pytest.approx(3 / (8 * 3))
    assert np.isinf(oscillation_index(np.zeros((8, 1))))


@pytest.mark.parametrize("count", [20, 21])
@pytest.mark.parametrize("method", ["cSVD", "Tikhonov"])
def test_spectrum_equals_the_svd_of_the_padded_circulant(count, method):
    a, step, threshold = artery(np.arange(count) * 1.5 + 6), 1.5, 0.1
    u, s, vt = np.linalg.svd(step * circulant(np.concatenate([a, np.zeros(count)])))
    if method == "cSVD":
        w = np.where(s >= threshold * s[0] * (1 - 1e-12), 1 / s, 0)
    else:
        w = s / (s**2 + (threshold * s[0]) ** 2)
    expected = ((vt.T * w) @ u.T)[:, :count]
    found = residue_matrix(a, step, np.arange(2 * count), method, threshold)
    assert np.abs(found - expected).max() < 1e-10 * np.abs(expected).max()


def test_standard_svd_equals_the_svd_of_the_lower_triangle():
    a, step, threshold = artery(np.arange(30) * 1.5 + 6), 1.5, 0.2
    u, s, vt = np.linalg.svd(step * toeplitz(a, np.zeros(30)))
    expected = (vt.T * np.where(s >= threshold * s[0], 1 / s, 0)) @ u.T
    lags = np.arange(-2, 32)
    found = residue_matrix(a, step, lags, "sSVD", threshold)
    assert found[2:32] == pytest.approx(expected, abs=1e-10)
    assert not found[:2].any() and not found[32:].any()


@pytest.mark.parametrize("method", ["cSVD", "sSVD", "Tikhonov"])
def test_model_is_the_residue_convolved_with_the_artery(method):
    count, step = 40, 1.5
    a = artery(np.arange(count) * step)
    c = tissue(np.arange(count) * step, 50, 6, 2)
    if method == "sSVD":
        k = residue_matrix(a, step, np.arange(count), method, 0.2) @ c
        model = step * toeplitz(a, np.zeros(count)) @ k
    else:
        k = residue_matrix(a, step, np.arange(2 * count), method, 0.2) @ c
        model = (step * circulant(np.concatenate([a, np.zeros(count)])) @ k)[:count]
    assert model_matrix(a, step, method, 0.2) @ c == pytest.approx(model, abs=1e-12)


def test_window_rows_are_rows_of_the_whole():
    a = artery(TIMES)
    lags = search_lags(1.5, len(a), CSVD10)
    assert lags[1] * 1.5 == -3.0 and lags[-2] * 1.5 == 24.0
    whole = residue_matrix(a, 1.5, np.arange(2 * len(a)), "cSVD", 0.1)
    assert np.array_equal(residue_matrix(a, 1.5, lags, "cSVD", 0.1), whole[lags])


@pytest.mark.parametrize("shape", ["exponential", "linear"])
@pytest.mark.parametrize("mtt", [4.0, 6.0, 12.0])
@pytest.mark.parametrize("threshold", [0.10, 0.20])
@pytest.mark.parametrize(
    ("step", "spread", "sd"), [(1.0, 1.06, 0.05), (1.25, 1.06, 0.05), (1.5, 1.06, 0.05), (2.0, 1.12, 0.10)]
)
def test_delay_from_minus_3_to_12_s_does_not_change_flow(step, spread, sd, threshold, mtt, shape):
    times = np.arange(int(90 / step)) * step
    delay = np.arange(-3, 12.01, 0.25)
    config = DeconvolutionConfig(threshold=threshold)
    flow, tmax = measured(tissue(times, 60.0, mtt, delay, shape), times, config)
    slope, offset = np.polyfit(delay, tmax, 1)
    assert flow.max() / flow.min() <= spread
    assert slope == pytest.approx(1.0, abs=0.01)
    assert (tmax - slope * delay - offset).std() <= sd


def test_standard_svd_depends_on_delay_so_the_test_above_can_fail():
    times = np.arange(60) * 1.5
    flow, _ = measured(tissue(times, 60.0, 4.0, np.arange(-3, 3.01, 0.25)), times, DeconvolutionConfig(method="sSVD"))
    assert 1.8 < flow.max() / flow.min() < 2.2


def test_flat_residue_takes_the_first_maximum_not_the_largest_ripple():
    times = np.arange(90) * 1.0
    for mtt, largest in ((24, 20.8), (12, 8.9)):
        concentration = tissue(times, 10, mtt, 0.0, "box")
        _, first = measured(concentration, times)
        _, ripple = measured(concentration, times, DeconvolutionConfig(threshold=0.10, plateau=1.0))
        assert first == pytest.approx(3.2, abs=0.2)
        assert ripple == pytest.approx(largest, abs=0.1)


def test_plateau_rule_leaves_other_residues_alone():
    concentration = np.vstack([tissue(TIMES, 40.0, m, 2.0, s) for m in (4, 8, 12) for s in ("exponential", "linear")])
    with_rule = measured(concentration)[1]
    assert measured(concentration, config=DeconvolutionConfig(threshold=0.10, plateau=1.0))[1] == pytest.approx(
        with_rule
    )


def test_peak_at_the_end_of_the_window_is_told():
    concentration = np.vstack([tissue(TIMES, 60, 4, delay) for delay in (24.0, 3.0, -7.0)])
    found = voxel_values(curves(concentration, TIMES), aif(TIMES), config=CSVD10)
    assert found.at_edge.tolist() == [True, False, True]
    assert 24 < found.tmax_s[0] < 25 and -4 < found.tmax_s[2] < -2


def test_bolus_far_behind_the_window_stays_late_and_without_flow():
    flow, tmax = measured(tissue(TIMES, 60.0, 4.0, np.arange(26.0, 36.0)))
    assert (tmax > 10).all() and (flow < 0.1 * 37.96).all()


def test_osvd_takes_the_first_threshold_below_the_limit():
    rng = np.random.default_rng(5)
    concentration = tissue(TIMES, rng.uniform(10, 60, 40), rng.uniform(4, 12, 40), rng.uniform(-1, 8, 40))
    concentration = (concentration + rng.normal(0, 0.002, concentration.shape)).astype(np.float32)
    config = DeconvolutionConfig(method="oSVD", oscillation_limit=0.05)
    flow, _ = measured(concentration, config=config)
    expected = []
    for curve in concentration.astype(float):
        for threshold in [round(0.05 * n, 2) for n in range(1, 20)]:
            k = residue_matrix(artery(TIMES), 1.5, np.arange(108), "cSVD", threshold) @ curve
            if oscillation_index(k[:, None])[0] < 0.05:
                break
        expected.append(6000 * k[search_lags(1.5, 54, config)[1:-1]].max())
    assert flow == pytest.approx(np.array(expected), rel=1e-4)
    assert len(np.unique(np.round(np.array(expected) / measured(concentration)[0], 3))) > 3


def test_tikhonov_finds_delay_and_order_of_flow():
    config = DeconvolutionConfig(method="Tikhonov")
    flow, tmax = measured(tissue(TIMES, [20.0, 40.0, 60.0], 4.0, [0.0, 3.0, 6.0]), config=config)
    assert flow[1] / flow[0] == pytest.approx(2, rel=0.01) and flow[2] / flow[0] == pytest.approx(3, rel=0.01)
    assert np.diff(tmax) == pytest.approx(3.0, abs=0.05)


def test_time_to_peak_is_the_vertex_through_uneven_samples():
    times = np.array([0, 1.0, 3.5, 4.0, 6.0, 9.0])
    found, at = peak_times(np.stack([5 - (times - 3.9) ** 2, 5 - (times - 8.9) ** 2], axis=1).astype(np.float32), times)
    assert at[0] == pytest.approx(3.9, abs=1e-5)
    assert at[1] == 9.0
    assert found[1] == pytest.approx(4.99)


@pytest.mark.parametrize("cbf", [10.0, 40.0, 60.0])
def test_bezier_recipe_flow_changes_at_most_3_percent_from_0_to_6_s(cbf):
    times = np.arange(161) * 1.243
    concentration = tissue(times, cbf, 240 / cbf, [0.0, 6.0], onset=20.0)
    rng = np.random.default_rng(11)
    repeats = np.repeat(concentration, 4000, axis=0).astype(np.float32)
    noisy = noisy_dsc(repeats * np.float32(130.83 / 671.516), 100, rng, baseline=16)
    for values in (repeats, noisy):
        found = voxel_values(curves(values, times), aif(times, values=artery(times, onset=20.0)), config=CSVD10)
        at_zero, at_six = found.flow.reshape(2, -1).mean(axis=1)
        assert at_six / at_zero == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "Fourier"},
        {"threshold": 0.0},
        {"threshold": 1.5},
        {"window_low_s": 30.0},
        {"kappa": 0.0},
        {"plateau": 0.0},
    ],
)
def test_settings_that_cannot_work_are_refused(changes):
    with pytest.raises(MapError, match="D20"):
        measured(tissue(TIMES, 60, 4, 0), config=DeconvolutionConfig(**changes))


def test_osipi_reference_object_14_of_14(shared_data):
    with open(shared_data / "perfusion" / "osipi_dsc_dro" / "dsc_data.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    passed = 0
    for row in rows:
        concentration = np.array(row["C_tis"].split(), float)[None]
        times = np.arange(concentration.shape[1]) * float(row["tr"])
        artery_curve = aif(times, values=np.array(row["C_aif"].split(), float))
        found = voxel_values(curves(concentration, times), artery_curve, config=CSVD10)
        flow, volume = 6000 * float(found.flow[0]), 100 * float(found.volume[0])
        cbf, cbv = float(row["cbf"]), float(row["cbv"])
        passed += abs(flow - cbf) <= 15 + 0.10 * cbf and abs(volume - cbv) <= 1 + 0.10 * cbv
    assert passed == 14
