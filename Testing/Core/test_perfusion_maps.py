"""Maps: constants, units, validity with reasons, provenance; one brain at many samplings; noise; repeats for intervals."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import DSC_SCALE, ECHO_TIME, Brain, aif, artery, curves, noisy_ctp, noisy_dsc, smoothed, tissue

from strokequant.errors import Level, MapError
from strokequant.geometry import Geometry
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration
from strokequant.maps.ensemble import Scenario, ensemble, noise_bank, rotated_noise
from strokequant.maps.perfusion import REASONS, perfusion_maps
from strokequant.maps.voxelwise import voxel_values
from strokequant.perfusion_config import DeconvolutionConfig
from strokequant.types import Mask, TimeSeries

TIMES = np.arange(54) * 1.5
UNIT_CONSTANTS = DeconvolutionConfig(threshold=0.10, kappa=1.0, rho_g_ml=1.0)


def row(*items, **more):
    return curves(np.vstack([np.atleast_2d(item) for item in items]), TIMES, **more)


def test_maps_of_vector_k1_and_constants_of_c1():
    data = row(tissue(TIMES, 60, 4, [0.0, 3.0]))
    plain = perfusion_maps(data, aif(TIMES), config=UNIT_CONSTANTS)
    assert plain.cbf.values.ravel() == pytest.approx(37.9579, abs=0.001)
    assert plain.tmax.values.ravel() == pytest.approx([1.9069, 4.9069], abs=0.0002)
    assert plain.cbv.values.ravel() == pytest.approx(4.0, rel=0.005)
    assert plain.mtt.values.ravel() == pytest.approx(60 * plain.cbv.values.ravel() / plain.cbf.values.ravel())
    scaled = perfusion_maps(data, aif(TIMES), config=replace(UNIT_CONSTANTS, kappa=0.7333, rho_g_ml=1.04))
    factor = 42.3077 / 60
    assert scaled.cbf.values == pytest.approx(plain.cbf.values * factor, rel=1e-4)
    assert scaled.cbv.values == pytest.approx(plain.cbv.values * factor, rel=1e-4)
    assert scaled.mtt.values == pytest.approx(plain.mtt.values, rel=1e-6)
    assert [m.unit for m in plain.named().values()] == ["ml/[100]g/min", "ml/[100]g", "s", "s", "s"]
    assert [m.quantity for m in plain.named().values()] == ["cbf", "cbv", "mtt", "tmax", "ttp"]


def test_defaults_are_the_robust_ones():
    found = perfusion_maps(row(tissue(TIMES, 60, 4, 0)), aif(TIMES)).parameters
    assert (found["method"], found["threshold"], found["padded_length"]) == ("cSVD", 0.20, 108)
    assert (found["kappa"], found["rho_g_ml"], found["window_s"]) == (0.7333, 1.04, [-3.0, 25.0])


def test_a_scaled_artery_divides_flow_and_volume_only():
    data = row(tissue(TIMES, [60, 20], [4, 12], [0.0, 3.0]))
    plain, scaled = (perfusion_maps(data, aif(TIMES), vof_scale=scale) for scale in (1.0, 1.25))
    assert scaled.cbf.values * 1.25 == pytest.approx(plain.cbf.values, rel=1e-6)
    assert scaled.cbv.values * 1.25 == pytest.approx(plain.cbv.values, rel=1e-6)
    for name in ("mtt", "tmax", "ttp"):
        assert np.array_equal(getattr(scaled, name).values, getattr(plain, name).values)
    thin = perfusion_maps(data, aif(TIMES, values=0.6 * artery(TIMES)))
    assert thin.cbf.values == pytest.approx(plain.cbf.values / 0.6, rel=1e-5)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_that_is_no_scale_is_refused(scale):
    with pytest.raises(MapError, match="D20"):
        perfusion_maps(row(tissue(TIMES, 60, 4, 0)), aif(TIMES), vof_scale=scale)


def test_time_to_peak_counts_from_the_arrival_in_the_artery():
    data = row(tissue(TIMES, 60, 4, [0.0, 6.0]))
    told = perfusion_maps(data, aif(TIMES, arrival_s=10.5)).ttp.values.ravel()
    assert told[1] - told[0] == pytest.approx(6.0, abs=0.01)
    fine = np.arange(0, 60, 0.001)
    true_peak = fine[tissue(fine, 60, 4, 0.0).argmax()]
    assert told[0] == pytest.approx(true_peak - 10.5, abs=0.15)
    own = perfusion_maps(data, aif(TIMES))
    assert own.parameters["aif_arrival_s"] == pytest.approx(fine[np.argmax(artery(fine) >= 0.1)], abs=0.2)


def test_invalid_voxels_stay_invalid_with_the_reason():
    good = tissue(TIMES, 60, 4, 1.0)
    broken, infinite = good.copy(), good.copy()
    broken[7], infinite[9] = np.nan, np.inf
    mask = np.zeros((2, 2, 4), bool)
    mask[0, 0, :3] = mask[1, 1, 1:] = True
    data = row(good, broken, infinite, -good, np.zeros(54), good - 0.02, mask=mask)
    maps = perfusion_maps(data, aif(TIMES), residual=True)
    flat = {name: content.reasons[mask] for name, content in maps.named().items()}
    name = {n: i + 1 for i, n in enumerate(REASONS)}
    for reasons in flat.values():
        assert reasons[0] == 0 and (reasons[1:3] == name["non_finite"]).all()
    assert (flat["cbf"][3:] == 0).all() and (flat["cbv"][3:] == 0).all()
    assert maps.cbf.values[mask][4] == 0 and maps.cbv.values[mask][5] < 0
    assert flat["tmax"][4] == flat["mtt"][4] == name["no_positive_flow"]
    assert flat["mtt"][5] == name["no_positive_volume"]
    assert flat["ttp"][4] == name["no_positive_peak"]
    for content in maps.named().values():
        assert np.array_equal(content.valid, content.reasons == 0)
        assert not content.valid[~mask].any() and not content.values[~content.valid].any()
        assert content.counts["outside_mask"] == 10 and content.counts["non_finite"] == 2
        assert np.isfinite(content.values).all()


def test_negative_noise_is_kept_so_that_the_mean_stays_right():
    rng = np.random.default_rng(2)
    clean = np.repeat(tissue(TIMES, 10.0, 6.0, [2.0]), 20000, axis=0)
    noisy = clean + rng.normal(0, 0.01, clean.shape)
    found = perfusion_maps(row(noisy), aif(TIMES), config=UNIT_CONSTANTS).cbv.values.ravel()
    assert (found < 0).any()
    assert found.mean(dtype=float) == pytest.approx(1.0, abs=4 * found.std() / np.sqrt(20000))


def test_misfit_of_the_model_tells_a_curve_that_is_no_perfusion():
    spike = tissue(TIMES, 60, 4, 1.0).copy()
    spike[30] = 3 * spike.max()
    found = perfusion_maps(row(tissue(TIMES, 60, 4, 1.0), spike), aif(TIMES), residual=True).residual
    assert found.unit == "1"
    assert found.values.ravel()[0] < 0.02 < 0.05 < found.values.ravel()[1]


def test_misfit_is_the_one_of_a_plain_convolution():
    rng = np.random.default_rng(8)
    noisy = tissue(TIMES, [60, 20.0], [4, 12], [1.0, 5.0]) + rng.normal(0, 0.002, (2, 54))
    for method in ("cSVD", "oSVD", "sSVD", "Tikhonov"):
        found = voxel_values(
            curves(noisy, TIMES), aif(TIMES), wanted=("residual",), config=DeconvolutionConfig(method=method)
        )
        assert found.flow is None
        assert (found.residual > 0).all() and (found.residual < 0.2).all()
    padded = np.concatenate([artery(TIMES), np.zeros(54)])
    spectrum = np.fft.fft(padded)
    keep = np.abs(spectrum) >= 0.2 * np.abs(spectrum).max()
    model = np.fft.ifft(np.fft.fft(noisy, 108) * keep).real[:, :54]
    expected = np.sqrt(((noisy - model) ** 2).mean(axis=1)) / noisy.max(axis=1)
    found = voxel_values(curves(noisy, TIMES), aif(TIMES), wanted=("residual",))
    assert found.residual == pytest.approx(expected, rel=1e-3)


def test_interpolation_and_window_ends_are_told():
    data = row(tissue(TIMES, 60, 4, [0.0, 24.0]))
    assert [issue.code for issue in perfusion_maps(data, aif(TIMES)).issues] == ["D22"]
    found = perfusion_maps(data, aif(TIMES), leave_out=[20])
    assert [(issue.code, issue.level) for issue in found.issues] == [("D21", Level.INFO), ("D22", Level.WARN)]
    assert found.parameters["frames_left_out"] == [20]
    assert found.tmax.counts["at_window_edge"] == 1


def test_same_input_same_bytes_and_the_input_is_untouched():
    brain = Brain(shape=(4, 48, 48), spacing=(4.0, 4.0, 20.0))
    values = noisy_dsc(brain.concentration(TIMES), 30, np.random.default_rng(0))
    before = values.copy()
    first, second = (perfusion_maps(brain.curves(values, TIMES), brain.aif(TIMES)) for _ in range(2))
    assert np.array_equal(values, before)
    for name, content in first.named().items():
        assert content.values.tobytes() == second.named()[name].values.tobytes()


def test_blocks_do_not_show():
    rng = np.random.default_rng(6)
    many = tissue(TIMES, rng.uniform(10, 60, 5000), rng.uniform(4, 12, 5000), rng.uniform(-2, 12, 5000))
    whole = voxel_values(curves(many, TIMES), aif(TIMES))
    part = voxel_values(curves(many[2000:2100], TIMES), aif(TIMES))
    assert whole.flow[2000:2100] == pytest.approx(part.flow, rel=1e-5)
    assert whole.tmax_s[2000:2100] == pytest.approx(part.tmax_s, abs=1e-4)


def test_no_voxel_at_all():
    mask = np.zeros((1, 2, 2), bool)
    maps = perfusion_maps(curves(np.empty((0, 54)), TIMES, mask=mask), aif(TIMES), residual=True)
    assert not any(content.valid.any() for content in maps.named().values())


@pytest.mark.parametrize("threshold", [0.10, 0.20])
def test_volume_of_one_brain_does_not_depend_on_the_sampling(threshold):
    brain = Brain(shape=(6, 128, 128), spacing=(1.8, 1.8, 20.0))
    config = DeconvolutionConfig(threshold=threshold)
    volumes, severe, grid_volumes = [], [], []
    for step in (1.0, 1.25, 1.41, 1.5, 1.8, 2.0, 2.5):
        times = np.arange(int(90 / step)) * step
        found = voxel_values(
            brain.curves(brain.concentration(times), times), brain.aif(times), wanted=("tmax",), config=config
        )
        volumes.append(brain.volume_ml(found.tmax_s > 6))
        severe.append(brain.volume_ml(found.tmax_s > 10))
        grid_volumes.append(brain.volume_ml(np.round(found.tmax_s / step) * step > 6))
    middle = (max(volumes) + min(volumes)) / 2
    assert max(volumes) / middle <= 1.05 and min(volumes) / middle >= 0.95
    hir = np.array(severe) / np.array(volumes)
    assert np.ptp(hir) <= 0.07
    assert max(grid_volumes) / min(grid_volumes) > 1.2


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("snr", [20, 50])
def test_noise_of_dsc_leaves_the_hypoperfused_volume(snr):
    brain = Brain(shape=(8, 128, 128), spacing=(1.8, 1.8, 15.0))
    times = np.arange(60) * 1.5
    clean = brain.concentration(times)
    reference = voxel_values(brain.curves(clean, times), brain.aif(times), wanted=("tmax",)).tmax_s > 6
    noisy = smoothed(noisy_dsc(clean, snr, np.random.default_rng(7)), brain.mask)
    found = voxel_values(brain.curves(noisy, times), brain.aif(times), wanted=("tmax",)).tmax_s > 6
    assert 0.93 <= found.sum() / reference.sum() <= 1.05
    assert dice(found, reference) >= 0.94


@pytest.mark.parametrize(("sd_hu", "sigma"), [(2, 1.0), (4, 2.0)])
def test_noise_of_ctp_leaves_the_hypoperfused_volume(sd_hu, sigma):
    brain = Brain(shape=(4, 256, 256), spacing=(0.86, 0.86, 32.0), onset=6.0)
    times = np.arange(45) * 1.5
    clean = brain.concentration(times)
    reference = voxel_values(brain.curves(clean, times), brain.aif(times), wanted=("tmax",)).tmax_s > 6
    noisy = smoothed(noisy_ctp(clean, sd_hu, np.random.default_rng(7)), brain.mask, sigma)
    found = voxel_values(brain.curves(noisy, times), brain.aif(times), wanted=("tmax",)).tmax_s > 6
    assert 0.93 <= found.sum() / reference.sum() <= 1.05
    assert dice(found, reference) >= 0.94


@pytest.mark.parametrize("shift", [-1.5, 1.5, 3.0])
def test_a_late_artery_moves_tmax_by_its_delay(shift):
    brain = Brain(shape=(6, 64, 64), spacing=(3.6, 3.6, 20.0))
    data = brain.curves(brain.concentration(TIMES), TIMES)
    right = voxel_values(data, aif(TIMES)).tmax_s
    moved = voxel_values(data, aif(TIMES, values=artery(TIMES - shift))).tmax_s
    assert np.median(moved - right) == pytest.approx(-shift, abs=0.05)
    assert ((moved > 6).sum() > (right > 6).sum()) == (shift < 0)


def test_only_what_is_wanted_is_computed():
    data = row(tissue(TIMES, 60, 4, 0))
    found = voxel_values(data, aif(TIMES), wanted=("cbf",))
    assert found.flow is not None and found.tmax_s is None and found.volume is None and found.peak is None
    with pytest.raises(ValueError, match="mtt"):
        voxel_values(data, aif(TIMES), wanted=("mtt",))


def test_ensemble_gives_what_single_runs_give():
    data = row(tissue(TIMES, [60, 20], [4, 12], [0.0, 6.0]))
    late = aif(TIMES, values=artery(TIMES - 1))
    other = DeconvolutionConfig(threshold=0.15)
    scenarios = [Scenario("AIF 1", aif(TIMES)), Scenario("AIF 2", late), Scenario("0.15", aif(TIMES), config=other)]
    found = {scenario.name: values for scenario, values in ensemble(data, scenarios)}
    assert np.array_equal(found["AIF 2"].tmax_s, voxel_values(data, late).tmax_s)
    assert np.array_equal(found["0.15"].flow, voxel_values(data, aif(TIMES), config=other).flow)
    assert found["AIF 1"].volume is None


def test_added_noise_is_the_deconvolution_of_noisy_curves():
    rng = np.random.default_rng(3)
    data = row(tissue(TIMES, [60, 20.0], [4, 12], [0.0, 6.0]) + rng.normal(0, 0.003, (2, 54)))
    data = replace(data, bolus=replace(data.bolus, first=1, last=6))
    bank = noise_bank(data)
    noise = rotated_noise(data, bank, 12)
    scenario = Scenario("noise", aif(TIMES), noise_seed=12)
    ((_, found),) = ensemble(data, [scenario], wanted=("cbf", "cbv", "tmax"), leave_out=[20], bank=bank)
    noisy = (data.values + bank @ noise.frames).astype(np.float32)
    direct = voxel_values(replace(data, values=noisy), aif(TIMES), leave_out=[20])
    assert found.flow == pytest.approx(direct.flow, rel=1e-4)
    assert found.volume == pytest.approx(direct.volume, rel=1e-4)
    assert found.tmax_s == pytest.approx(direct.tmax_s, abs=1e-3)


def test_noise_bank_has_the_noise_of_the_baseline_and_of_the_smoothing():
    brain = Brain(shape=(4, 64, 64), spacing=(3.6, 3.6, 30.0))
    rng = np.random.default_rng(5)
    white = 0.02 * rng.standard_normal((len(brain.kind), 54), dtype=np.float32)
    noise = smoothed(white, brain.mask)
    data = brain.curves(brain.concentration(TIMES) + noise, TIMES)
    data = replace(data, bolus=replace(data.bolus, last=6))
    bank = noise_bank(data, smooth_px=1.0)
    assert bank.std() == pytest.approx(noise.std(), rel=0.03)

    def neighbor(values):
        frame = np.zeros(brain.mask.shape)
        frame[brain.mask] = values[:, 30]
        both = brain.mask[:, :, 1:] & brain.mask[:, :, :-1]
        return np.corrcoef(frame[:, :, 1:][both], frame[:, :, :-1][both])[0, 1]

    assert neighbor(bank) == pytest.approx(neighbor(noise), abs=0.04)
    frames = bank @ rotated_noise(data, bank, 3).frames
    assert np.abs(frames[:, :6].mean(axis=1)).max() < 1e-6
    assert frames[:, 6:].std() == pytest.approx(noise.std() * np.sqrt(7 / 6), rel=0.05)


def test_repeated_noise_has_the_spread_of_new_noise():
    brain = Brain(shape=(4, 64, 64), spacing=(3.6, 3.6, 30.0))
    times = np.arange(45) * 1.5
    clean = brain.concentration(times)

    def volume(values):
        return (values.tmax_s > 6).sum()

    volumes = []
    for seed in range(30):
        noisy = smoothed(noisy_ctp(clean, 2, np.random.default_rng(seed), baseline=6), brain.mask)
        volumes.append(volume(voxel_values(brain.curves(noisy, times), brain.aif(times), wanted=("tmax",))))
    data = brain.curves(noisy, times)
    data = replace(data, bolus=replace(data.bolus, last=6))
    scenarios = [Scenario(f"noise {seed}", brain.aif(times), noise_seed=seed) for seed in range(40)]
    repeats = ensemble(data, scenarios, wanted=("tmax",), bank=noise_bank(data, smooth_px=1.0))
    assert 0.6 < np.std([volume(values) for _, values in repeats]) / np.std(volumes) < 1.6


def test_noise_needs_a_baseline_and_a_bank():
    data = row(tissue(TIMES, 60, 4, 0))
    with pytest.raises(MapError, match="D20"):
        noise_bank(replace(data, bolus=replace(data.bolus, last=2)))
    with pytest.raises(ValueError, match="bank"):
        rotated_noise(data, None, 0)


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_from_signal_to_maps(kind):
    """The stages before this one: baseline, concentration and smoothing of the product, on signal with noise."""
    fine = kind == "ctp"
    brain = Brain(shape=(4, 256, 256), spacing=(0.86, 0.86, 30.0)) if fine else Brain(shape=(8, 128, 128))
    times = np.arange(50) * 1.5
    clean, rng = brain.concentration(times), np.random.default_rng(9)
    if kind == "dsc":
        signal = 100 * np.exp(-ECHO_TIME * DSC_SCALE * clean)
        signal = np.hypot(signal + rng.normal(0, 2, signal.shape), rng.normal(0, 2, signal.shape))
        scale = DSC_SCALE
    else:
        signal, scale = 35 + 350 * clean + rng.normal(0, 2, clean.shape), 350
    values = np.zeros((50, *brain.shape), np.float32)
    values[:, brain.mask] = signal.T
    grid = Geometry.from_affine(np.diag([*brain.spacing, 1.0]), brain.shape)
    series = TimeSeries(values, grid, times, "flag", kind=kind, echo_time_ms=30.0)
    mask = Mask(brain.mask, grid, "brain", "truth")
    data = concentration(series, mask, find_bolus(series, mask))
    artery_curve = aif(times, values=scale * artery(times))
    maps = perfusion_maps(data, artery_curve, config=DeconvolutionConfig(kappa=1.0, rho_g_ml=1.0))
    reference = voxel_values(brain.curves(clean, times), brain.aif(times), wanted=("tmax",)).tmax_s > 6
    found = maps.tmax.values[brain.mask] > 6
    assert maps.tmax.valid[brain.mask].mean() > 0.99
    assert 0.93 <= found.sum() / reference.sum() <= 1.05
    assert dice(found, reference) >= 0.94
    normal = brain.kind == 0
    truth = brain.cbf * brain.mtt / 60
    assert maps.cbv.values[brain.mask][normal].mean() / truth[normal].mean() == pytest.approx(1, abs=0.03)
