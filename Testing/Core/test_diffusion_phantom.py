"""A diffusion phantom session: ADC against exact truth, protocols that are not pooled, temperature, SNR, faults."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.errors import Level
from strokequant.phantom.diffusion_faults import rank_correlation
from strokequant.phantom.diffusion_measures import b_dependence, drift_per_min, mean_known
from strokequant.phantom.diffusion_session import Stated, analyze_passes
from strokequant.phantom.fault_model import CAUSES, b_errors, design_of, explain
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.snr import direction_percent, snr_of
from strokequant.phantom.thermometry import inferred_temperature, sensitivity
from strokequant.phantom.vial_signals import region
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.phantom_diffusion import LAYOUT_MM, PVP_PERCENT, PhantomScan, VialPhantom, simulate
from strokequant.synthetic.phantom_faults import FAULTS, session_of
from strokequant.synthetic.phantom_passes import passes_of
from strokequant.types import DiffusionSeries, Directionality

PHANTOM = load_registry()["digital_diffusion_vials"]
LAWS = [insert.law for insert in PHANTOM.inserts]
LIMITS = {0: 0.3, 10: 0.3, 20: 0.3, 30: 0.3, 40: 0.6, 50: 2.0}
SLAB = make_slab(slices=7, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))


def analyzed(session, stated=Stated(0.0)):
    return analyze_passes(passes_of(session), PHANTOM, stated)


def values(session, metric, *, repeat=False, group="A"):
    found = [
        m for m in session.measurements if m.metric == metric and m.group == group and (m.repeat is not None) == repeat
    ]
    return {m.insert if not repeat else (m.insert, m.repeat): m.value for m in found}


def codes(session):
    return {issue.code for issue in session.issues if issue.level is not Level.INFO}


@pytest.fixture(scope="module")
def sound():
    return analyzed(session_of("sound", 1, slab=SLAB))


def test_adc_of_every_vial_is_the_truth(sound):
    for label, bias in values(sound, "adc_bias_percent").items():
        pvp = PVP_PERCENT[int(label[1:])]
        assert abs(bias) < 2 * LIMITS[pvp], f"{label}: {bias:.2f} %"


def test_mean_over_seeds_keeps_the_limits():
    found = [values(analyzed(session_of("sound", seed, slab=SLAB)), "adc_bias_percent") for seed in range(20, 25)]
    for label in found[0]:
        mean = np.mean([one[label] for one in found])
        assert abs(mean) < LIMITS[PVP_PERCENT[int(label[1:])]], f"{label}: {mean:.2f} %"


def test_without_noise_adc_is_exact():
    session = analyzed(simulate(VialPhantom(), PhantomScan(passes=1, snr=np.inf, slab=SLAB, gain=20000.0)))
    for label, bias in values(session, "adc_bias_percent").items():
        assert abs(bias) < 0.02, label


def test_sound_session_has_no_fault(sound):
    assert codes(sound) == set()
    assert sound.geometry.shape == SLAB.geometry.shape
    assert all(p.voxels > 60 for p in sound.placements)


def test_water_vial_at_the_center_meets_the_limits_of_repeatability(sound):
    assert values(sound, "adc_rc")["V0"] < 15
    assert values(sound, "adc_wcv_percent")["V0"] < 0.5
    assert values(sound, "adc_b_dependence_percent")["V0"] < 2
    assert 80 < values(sound, "snr_b0")["V0"] < 130


def test_linearity(sound):
    assert values(sound, "adc_linearity_slope")[""] == pytest.approx(1, abs=0.01)
    assert values(sound, "adc_linearity_r2")[""] > 0.9999


def test_temperature_is_read_from_the_water(sound):
    assert values(sound, "temperature_difference")["V0"] == pytest.approx(0, abs=0.2)
    assert values(sound, "temperature_spread")[""] < 0.3


@pytest.mark.parametrize("name", [n for n, case in FAULTS.items() if case.code and not case.needs])
def test_every_fault_is_named(name):
    case = FAULTS[name]
    found = codes(analyzed(session_of(name, 2, slab=SLAB)))
    assert case.code in found
    assert found <= {case.code, *case.allowed}


def test_gradient_and_temperature_are_told_apart():
    gradient = analyzed(session_of("gradient_high", 5, slab=SLAB))
    assert values(gradient, "gradient_scale_percent")[""] == pytest.approx(2, abs=0.5)
    warm = analyzed(session_of("warmer", 5, slab=SLAB))
    assert values(warm, "temperature_error")[""] == pytest.approx(1, abs=0.5)


def test_warm_rim_is_thermal_and_not_bias():
    session = analyzed(session_of("not_isothermal", 3, slab=SLAB))
    by_label = {m.insert: m for m in session.measurements if m.metric == "adc_bias_percent"}
    assert by_label["V0"].judged
    assert not by_label["V2"].judged
    assert "Q11" in {issue.code for issue in by_label["V2"].issues}


def test_protocols_are_never_pooled():
    scan = {"slab": SLAB, "passes": 2}
    passes = passes_of(session_of("sound", 1, **scan))
    other = passes_of(session_of("gradient_high", 1, **scan))
    moved = tuple(replace(p, plan=replace(p.plan, group="B")) for p in other)
    session = analyze_passes((*passes, *moved), PHANTOM, Stated(0.0))
    first, second = values(session, "adc_wcv_percent"), values(session, "adc_wcv_percent", group="B")
    assert max(first["V0"], second["V0"]) < 0.5
    assert values(session, "adc", group="B")["V0"] / values(session, "adc")["V0"] > 1.03
    assert "Q18" in {issue.code for issue in session.issues}


def test_missing_temperature_gives_adc_without_bias():
    session = analyzed(session_of("sound", 1, slab=SLAB, passes=1), Stated())
    assert values(session, "adc")["V0"] == pytest.approx(1109, rel=0.01)
    assert values(session, "adc_bias_percent") == {}


def test_a_person_moves_a_region():
    session = session_of("sound", 1, slab=SLAB, passes=1)
    center = tuple(session.centers_lps[0] + [2.0, 0.0, 0.0])
    found = analyzed(session, Stated(0.0, placements={"V0": center}))
    assert next(p for p in found.placements if p.label == "V0").center_lps == pytest.approx(center)
    assert "Q04" in {issue.code for issue in found.issues}


def test_bubble_takes_its_vial_out_of_the_fit():
    session = analyzed(session_of("bubble", 2, slab=SLAB))
    by_label = {m.insert: m for m in session.measurements if m.metric == "adc_bias_percent"}
    assert not by_label["V4"].judged
    assert by_label["V0"].judged


def test_nothing_raises_without_passes():
    session = analyze_passes((), PHANTOM)
    assert session.measurements == ()


# the parts, on numbers with known answers


def test_explain_finds_what_was_put_in():
    slopes = np.array([sensitivity(law, 0.0) for law in LAWS])
    place = np.array(LAYOUT_MM, float)
    design = design_of(slopes, np.linalg.norm(place, axis=1), place)
    se = np.full(13, 0.001)
    assert set(design) == set(CAUSES)
    for name, size in (("gradient", 0.04), ("temperature", 1.0), ("nonlinearity", 0.05), ("thermal_y", 1.5)):
        found = explain(size * design[name], se, design)
        assert list(found.causes) == [name]
        assert found.causes[name].value == pytest.approx(size)
        assert found.causes[name].named
    assert explain(np.zeros(13), se, design).causes == {}


def test_b_errors_find_b_and_scale():
    b = np.array([0.0, 500.0, 1000.0, 1500.0, 2000.0])
    adc = np.linspace(100, 1100, 13)

    def residuals(logs):
        line = np.polyfit(b, logs.T, 1)
        return logs - np.outer(line[0], b) - line[1][:, None]

    used, noise = np.ones((13, 5), bool), np.full((13, 5), 1e-3)
    wrong_b = residuals(-1e-6 * adc[:, None] * np.where(b == 1000, 1050, b))
    delta, _, scale, _ = b_errors(adc, wrong_b, noise, used, b)
    assert int(np.argmax(np.abs(delta))) == 2
    assert delta[2] == pytest.approx(40, abs=1)
    assert np.abs(scale).max() < 1e-9
    wrong_scale = residuals(-1e-6 * adc[:, None] * b + np.where(b == 1000, 0.05, 0.0))
    delta, _, scale, _ = b_errors(adc, wrong_scale, noise, used, b)
    assert scale[2] == pytest.approx(0.04, abs=1e-6)
    assert np.abs(delta).max() < 1e-6


def test_thermometry_is_exact_at_nodes_and_goes_a_little_beyond():
    law = LAWS[0]
    assert inferred_temperature(law, 1109.0) == pytest.approx(0)
    assert inferred_temperature(law, 2000.0) == pytest.approx(20)
    assert -0.5 < inferred_temperature(law, 1100.0) < 0
    assert inferred_temperature(law, 500.0) is None
    assert inferred_temperature(law, float("nan")) is None


def test_region_is_a_disc_of_10_mm_on_three_slices():
    mask = region(SLAB.geometry, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == [2, 3, 4]
    expected = np.pi * 25 / 1.71875**2
    assert mask[3].sum() == pytest.approx(expected, rel=0.15)


def test_snr_by_every_way():
    rng = np.random.default_rng(0)
    images = [100 + 2 * rng.standard_normal((5, 40, 40)) for _ in range(6)]
    mask = np.zeros((5, 40, 40), bool)
    mask[1:4, 5:35, 5:35] = True
    found = snr_of(images, [mask])
    for kind in ("temporal", "difference", "spatial"):
        assert found[kind][0] == pytest.approx(50, rel=0.05), kind


def test_direction_dependence():
    geometry = SLAB.geometry
    b = np.array([0.0, 1000.0, 1000.0, 1000.0])
    adcs = [0, 1000, 1010, 990]
    images = np.stack(
        [np.full(geometry.shape, 1000 * np.exp(-v * a * 1e-6), np.float32) for v, a in zip(b, adcs, strict=True)]
    )
    kinds = (Directionality.NONE, *[Directionality.DIRECTIONAL] * 3)
    directions = np.vstack([np.full(3, np.nan), np.eye(3)])
    dwi = DiffusionSeries(images, geometry, b, ("truth",) * 4, directions, kinds)
    mask = region(geometry, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert direction_percent(dwi, [mask])[0] == pytest.approx(2.0, abs=0.01)


def test_drift_and_means_by_hand():
    assert drift_per_min(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 4.0])) == pytest.approx(0.5)
    assert np.isnan(drift_per_min(np.array([0.0, 1.0]), np.array([0.0, 2.0])))
    assert mean_known(np.array([1.0, np.nan, 3.0])) == 2
    assert np.isnan(mean_known(np.array([np.nan])))


def test_b_dependence_is_the_largest_over_pairs():
    class One:
        def __init__(self, two):
            self.two_point = np.array(two)

    assert b_dependence([One([np.nan, 1000.0, 1020.0])]) == pytest.approx(100 * 20 / 1020)
    assert np.isnan(b_dependence([One([np.nan, 1000.0])]))


def test_drift_of_three_passes_is_found():
    found = analyzed(session_of("drift", 3, slab=SLAB, passes=3))
    assert "Q12" in codes(found)
    assert values(found, "adc_drift_percent")[""] == pytest.approx(0.6, abs=0.15)


def test_rank_correlation_shares_the_rank_of_equal_values():
    from scipy.stats import spearmanr

    one, other = np.array([1.0, 1.0, 3.0, 2.0, 5.0]), np.array([2.0, 1.0, 4.0, 4.0, 3.0])
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
