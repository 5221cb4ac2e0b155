"""ADC from analytic signals: formulas, choice of images, validity, noise, and a phantom with known bias."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import exp1, ive

from strokequant.config import AdcConfig
from strokequant.errors import Level, MapError
from strokequant.geometry import Geometry
from strokequant.maps.adc import REASONS, b0_image, compute_adc, trace_image
from strokequant.maps.adc_checks import negative_check, scale_check
from strokequant.maps.b_selection import choose_images
from strokequant.maps.noise import estimate_noise
from strokequant.types import DiffusionSeries, Directionality, Mask, QuantityMap

NONE, DIRECTIONAL, ISOTROPIC, UNKNOWN = (
    Directionality.NONE,
    Directionality.DIRECTIONAL,
    Directionality.ISOTROPIC,
    Directionality.UNKNOWN,
)
XYZ = np.eye(3)


def grid(shape):
    return Geometry.from_affine(np.diag([1.5, 1.5, 5.0, 1.0]), shape)


def series(images, b, kinds=None, directions=None):
    """Diffusion series of images or, for scalars, of one voxel each."""
    values = np.array([np.reshape(image, np.shape(image) or (1, 1, 1)) for image in images], np.float32)
    n = len(values)
    if kinds is None:
        kinds = [NONE if value <= 10 else ISOTROPIC for value in b]
    if directions is None:
        directions = np.full((n, 3), np.nan)
    return DiffusionSeries(
        values, grid(values.shape[1:]), np.array(b, float), ("flag",) * n, np.asarray(directions, float), tuple(kinds)
    )


def directional(b0, images, b=1000.0):
    kinds = [NONE] + [DIRECTIONAL] * len(images)
    directions = np.vstack([np.full((1, 3), np.nan), XYZ[: len(images)]])
    return series([b0, *images], [0] + [b] * len(images), kinds, directions)


def one(dwi, **options):
    return float(compute_adc(dwi, **options).values.ravel()[0])


def codes(issues, level=None):
    return [issue.code for issue in issues if level is None or issue.level is level]


def test_two_point():
    assert one(series([1000, 449.3289641172], [0, 1000])) == pytest.approx(800.0, rel=1e-6)


def test_geometric_mean_of_directions():
    dwi = directional(1000, [548.8116360940, 449.3289641172, 367.8794411714])
    assert one(dwi) == pytest.approx(800.0, rel=1e-6)
    assert float(trace_image(dwi).values.item()) == pytest.approx(449.3289641172, rel=1e-6)
    assert trace_image(dwi).provenance["mean"] == "geometric"


def test_slope_of_several_b():
    dwi = series(np.exp([6.9, 6.8, 6.2]), [0, 200, 1000])
    adc = compute_adc(dwi)
    assert adc.values.item() == pytest.approx(714.2857, rel=1e-6)
    assert adc.parameters["fit"] == "least squares"
    assert one(series(np.exp([6.9, 6.2]), [0, 1000])) == pytest.approx(700.0, rel=1e-6)


def test_b_that_differs_by_direction_is_fitted():
    b = [0, 990, 1000, 1010]
    signals = 1000 * np.exp(-0.0008 * np.array(b))
    dwi = series(signals, b, [NONE, *[DIRECTIONAL] * 3], np.vstack([np.full((1, 3), np.nan), XYZ]))
    adc = compute_adc(dwi)
    assert adc.values.item() == pytest.approx(800.0, rel=1e-6)
    assert adc.parameters["fit_reason"] == "b differs by direction"


def test_negative_adc_is_clipped_and_counted():
    adc = compute_adc(series([100, 110], [0, 1000]))
    assert adc.values.item() == 0
    assert not adc.valid.item()
    assert adc.counts["negative"] == 1
    assert codes(adc.issues, Level.INFO).count("P04") == 1


def test_repeated_b0_are_averaged_arithmetically():
    dwi = series([900, 1100, 449.3289641172], [0, 0, 1000])
    assert one(dwi) == pytest.approx(800.0, rel=1e-6)
    assert b0_image(dwi).values.item() == pytest.approx(1000.0)


def test_actual_b_of_both_images():
    low, high = 1.2512641359, 929.7501831338
    signals = [1000 * np.exp(-b * 620e-6) for b in (low, high)]
    assert one(series(signals, [low, high])) == pytest.approx(620.0, rel=2e-6)
    assert one(series(signals, [0, 1000])) == pytest.approx(575.6693, rel=1e-5)


def test_b0_repeats_with_tiny_b_are_one_group():
    b = [0, 0.0010000000474974513, 0.002, 0.003, 0.004, 1000]
    dwi = series([1000] * 5 + [449.3289641172], b)
    adc = compute_adc(dwi)
    assert adc.parameters["low_images"] == 5
    assert adc.parameters["b_low_s_mm2"] == pytest.approx(0.002)
    assert adc.values.item() == pytest.approx(800.0, rel=1e-5)


def test_one_scale_gives_the_philips_vector():
    assert one(series([40000, 16000], [0, 1000])) == pytest.approx(916.2907, rel=1e-6)


@pytest.mark.parametrize("b", [[0], [0, 0, 5], [1000, 1000, 1001]])
def test_one_b_value_is_refused(b):
    with pytest.raises(MapError) as caught:
        compute_adc(series([1000] * len(b), b))
    (issue,) = caught.value.issues
    assert (issue.code, issue.level) == ("B05", Level.STOP)


@pytest.mark.parametrize(("low", "level"), [(50, Level.WARN), (200, Level.WARN), (500, Level.STOP)])
def test_lowest_b_that_is_not_zero(low, level):
    adc = compute_adc(series(1000 * np.exp(-0.0007 * np.array([low, 1000])), [low, 1000]))
    assert adc.values.item() == pytest.approx(700.0, rel=1e-5)
    assert [issue.level for issue in adc.issues if issue.code == "B05"] == [level]


def test_high_b_far_from_1000_is_left_out():
    b = np.array([0.0, 1000.0, 2500.0])
    kurtosis = 1000 * np.exp(-b * 0.0008 + (b * 0.0008) ** 2 / 6)
    adc = compute_adc(series(kurtosis, b))
    assert adc.values.item() == pytest.approx(800 * (1 - 0.8 / 6), rel=1e-5)
    assert adc.parameters["b_high_s_mm2"] == 1000
    assert adc.parameters["b_values_left_out_s_mm2"] == [2500.0]
    assert "F01" in codes(adc.issues, Level.INFO)


@pytest.mark.parametrize(
    ("b", "level"),
    [(799, "WARN"), (800, ""), (1200, ""), (1200.4, ""), (1201, "WARN"), (1500, "WARN"), (1501, "STOP"), (300, "STOP")],
)
def test_b_outside_the_range_of_the_threshold(b, level):
    issues = compute_adc(series([1000, 400], [0, b])).issues
    assert [str(issue.level) for issue in issues if issue.code == "B04"] == [level] * bool(level)


def test_directional_and_isotropic_are_never_mixed():
    directions = np.vstack([np.full((1, 3), np.nan), XYZ, np.full((1, 3), np.nan)])
    kinds = [NONE, DIRECTIONAL, DIRECTIONAL, DIRECTIONAL, ISOTROPIC]
    signals = [1000, 500, 400, 300, 900]
    dwi = series(signals, [0] + [1000] * 4, kinds, directions)
    adc = compute_adc(dwi)
    assert adc.parameters["high_kind"] == "directional"
    assert adc.values.item() == pytest.approx(1000 * np.log(1000 / np.cbrt(500 * 400 * 300)), rel=1e-6)
    two = series(signals[:3] + signals[4:], [0] + [1000] * 3, kinds[:3] + kinds[4:], directions[[0, 1, 2, 4]])
    adc = compute_adc(two)
    assert adc.parameters["high_kind"] == "isotropic"
    assert adc.values.item() == pytest.approx(1000 * np.log(1000 / 900), rel=1e-5)


def test_every_direction_counts_once():
    directions = np.vstack([np.full((1, 3), np.nan), XYZ[0], -XYZ[0], XYZ[1], XYZ[2]])
    dwi = series([1000, 600, 500, 400, 300], [0] + [1000] * 4, [NONE, *[DIRECTIONAL] * 4], directions)
    expected = 1000 * (np.log(1000) - (np.log(600 * 500) / 2 + np.log(400) + np.log(300)) / 3)
    adc = compute_adc(dwi)
    assert adc.values.item() == pytest.approx(expected, rel=1e-6)
    assert adc.parameters["high_directions"] == 3


def test_few_directions_are_warned_about():
    assert "B06" in codes(compute_adc(directional(1000, [500.0])).issues, Level.STOP)
    assert "B06" in codes(compute_adc(directional(1000, [500.0, 400.0])).issues, Level.STOP)
    assert "B06" not in codes(compute_adc(directional(1000, [500.0, 400.0, 300.0])).issues)


def test_anisotropic_tensor_gives_a_third_of_its_trace():
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    tensor = turn @ np.diag([1700.0, 300.0, 250.0]) @ turn.T
    signals = [1000 * np.exp(-1e-3 * (g @ tensor @ g)) for g in XYZ]
    assert one(directional(1000, signals)) == pytest.approx(750.0, rel=1e-6)


def test_every_reason_is_counted_once():
    b0 = np.array([1000, 0, np.nan, 1000, 1000, 20, -5, np.inf, 1000, 500], float).reshape(1, 2, 5)
    high = np.array([450, 450, 450, 0, np.nan, 15, 450, 450, 1100, 500], float).reshape(1, 2, 5)
    adc = compute_adc(series([b0, high], [0, 1000]), noise_sigma=10.0)
    expected = [
        "",
        "non_positive_signal",
        "non_finite",
        "non_positive_signal",
        "non_finite",
        "below_noise_floor",
        "non_positive_signal",
        "non_finite",
        "negative",
        "zero",
    ]
    names = ["", *adc.reason_names]
    assert [names[n] for n in adc.reasons.ravel()] == expected
    assert adc.counts == {name: expected.count(name) for name in REASONS}
    assert sum(adc.counts.values()) + adc.valid.sum() == adc.values.size
    assert (adc.values[~adc.valid] == 0).all()
    assert adc.parameters["noise_from"] == "given"


def test_one_bad_b0_repeat_makes_a_voxel_invalid():
    adc = compute_adc(series([1000, 0, 400], [0, 0, 1000]))
    assert adc.counts["non_positive_signal"] == 1


def test_slabs_do_not_show():
    shape = (9, 300, 310)
    truth = np.random.default_rng(5).uniform(200, 3000, shape)
    adc = compute_adc(series([np.full(shape, 900.0), 900 * np.exp(-truth / 1000)], [0, 1000]))
    assert np.abs(adc.values / truth - 1).max() <= 1e-4
    assert adc.values.dtype == np.float32


@pytest.mark.parametrize("b", [[0, 1000], [0, 500, 1000], [0, 0, 990, 1000, 1012]])
def test_noise_free_error(b):
    truth = np.linspace(100, 3200, 4096).reshape(1, 64, 64)
    signals = [1500 * np.exp(-value * truth * 1e-6) for value in b]
    adc = compute_adc(series(signals, b))
    assert adc.valid.all()
    assert np.abs(adc.values / truth - 1).max() <= 1e-4


def test_reproducible_to_the_byte():
    rng = np.random.default_rng(1)
    dwi = directional(rng.uniform(500, 900, (4, 40, 40)), list(rng.uniform(100, 400, (3, 4, 40, 40))))
    assert compute_adc(dwi).values.tobytes() == compute_adc(dwi).values.tobytes()


# ---- noise


def rician(signal, sigma, rng):
    return np.hypot(signal + rng.normal(0, sigma, np.shape(signal)), rng.normal(0, sigma, np.shape(signal)))


def head(shape=(12, 128, 128)):
    """Ellipse that leaves air at the border."""
    y, x = np.mgrid[: shape[1], : shape[2]]
    inside = ((y - 63.5) / 50) ** 2 + ((x - 63.5) / 42) ** 2 < 1
    return np.broadcast_to(inside, shape).copy()


@pytest.mark.parametrize("sigma", [5.0, 20.0, 60.0])
def test_noise_from_air(sigma):
    image = rician(800.0 * head(), sigma, np.random.default_rng(2)).astype(np.float32)
    noise = estimate_noise([image])
    assert noise.sigma == pytest.approx(sigma, rel=0.02)


def test_noise_in_spite_of_a_ghost_and_rounding():
    image = rician(800.0 * head(), 12.0, np.random.default_rng(2))
    image[:, :20, 50:80] += 150
    assert estimate_noise([np.round(image)]).sigma == pytest.approx(12.0, rel=0.03)


@pytest.mark.parametrize("background", ["zero", "constant", "tissue"])
def test_no_noise_without_air(background):
    inside = head()
    image = rician(800.0 * inside, 12.0, np.random.default_rng(2))
    image[~inside] = {"zero": 0.0, "constant": 7.0, "tissue": 500.0}[background]
    noise = estimate_noise([image])
    assert noise.sigma is None
    adc = compute_adc(series([image * 2, image], [0, 1000]))
    assert "P08" in codes(adc.issues, Level.INFO)
    assert adc.parameters["noise_floor"] is None
    assert adc.parameters["noise_from"] == noise.how


@pytest.mark.parametrize(("sigma", "factor"), [(0.0, 3.0), (50.0, 0.0), (float("nan"), 3.0)])
def test_no_floor_without_noise(sigma, factor):
    adc = compute_adc(series([1000, 400], [0, 1000]), noise_sigma=sigma, config=AdcConfig(noise_floor_sigmas=factor))
    assert adc.parameters["noise_floor"] is None
    assert adc.valid.all()


def test_air_is_below_the_noise_floor():
    inside = head()
    rng = np.random.default_rng(4)
    b0 = rician(1000.0 * inside, 15.0, rng)
    high = [rician(450.0 * inside, 15.0, rng) for _ in range(3)]
    adc = compute_adc(directional(b0, high))
    assert adc.parameters["noise_floor"] == pytest.approx(45.0, rel=0.03)
    assert adc.valid[inside].all()
    assert adc.valid[~inside].mean() < 0.005


# ---- phantom


def rician_mean(amplitude, sigma):
    x = (amplitude / sigma) ** 2 / 4
    return sigma * np.sqrt(np.pi / 2) * ((1 + 2 * x) * ive(0, x) + 2 * x * ive(1, x))


def mean_log_rician(amplitude, sigma):
    """E[ln R] = ln A + E1(A^2 / (2 sigma^2)) / 2."""
    return np.log(amplitude) + exp1(amplitude**2 / (2 * sigma**2)) / 2


def expected_adc(adc, s0, sigma, b=1000.0):
    """Mean of the two-point ADC of one b0 image and a geometric mean, both Rician."""
    return 1e6 / b * (mean_log_rician(s0, sigma) - mean_log_rician(s0 * np.exp(-b * adc * 1e-6), sigma))


def test_expected_log_of_a_rician_is_what_its_density_says():
    amplitude, sigma = 2.0, 1.3

    def density(r):
        return r / sigma**2 * np.exp(-((r - amplitude) ** 2) / (2 * sigma**2)) * ive(0, r * amplitude / sigma**2)

    assert quad(lambda r: np.log(r) * density(r), 0, 40)[0] == pytest.approx(
        mean_log_rician(amplitude, sigma), rel=1e-8
    )
    assert quad(lambda r: r * density(r), 0, 40)[0] == pytest.approx(rician_mean(amplitude, sigma), rel=1e-8)


@pytest.mark.parametrize("snr", [15, 30, 100])
@pytest.mark.parametrize(("truth", "s0"), [(800, 1000), (450, 1100), (3000, 1800)])
def test_phantom_bias_is_that_of_rician_noise(snr, truth, s0):
    """Brain, lesion and CSF in three directions; SNR of brain at b0; the mean is within 4 standard errors of theory."""
    rng = np.random.default_rng(snr * 7 + truth)
    sigma, shape = 1000 / snr, (10, 100, 100)
    b0 = rician(np.full(shape, float(s0)), sigma, rng)
    high = [rician(np.full(shape, s0 * np.exp(-truth / 1000)), sigma, rng) for _ in range(3)]
    adc = compute_adc(directional(b0, high), config=AdcConfig(noise_floor_sigmas=3.0), noise_sigma=1e-6)
    values = 1000 * np.log(b0 / np.cbrt(np.prod(high, axis=0)))
    used = adc.values[adc.valid].astype(float)
    assert used.size + adc.counts["negative"] == values.size
    everywhere = (used.sum() + values[values < 0].sum()) / values.size
    error = values.std() / np.sqrt(values.size)
    assert everywhere == pytest.approx(expected_adc(truth, s0, sigma), abs=4 * error)


def test_brain_and_lesion_are_unbiased_at_clinical_snr():
    for truth, s0 in ((800, 1000), (450, 1100)):
        assert expected_adc(truth, s0, 1000 / 30) == pytest.approx(truth, rel=1e-4)


def test_noise_floor_keeps_biased_csf_out():
    """At SNR 15 CSF of brain-like S0 drowns in noise at b 1000: -8 % by theory without a floor, and no ADC with it."""
    shape, rng, sigma, s0 = (6, 100, 100), np.random.default_rng(8), 1000 / 15, 1000.0
    assert expected_adc(3000, s0, sigma) / 3000 - 1 < -0.08
    b0 = rician(np.full(shape, s0), sigma, rng)
    dwi = directional(b0, [rician(np.full(shape, s0 * np.exp(-3.0)), sigma, rng) for _ in range(3)])
    without = compute_adc(dwi, noise_sigma=1e-6).values.astype(float)
    error = without.std() / np.sqrt(without.size)
    assert without.mean() == pytest.approx(expected_adc(3000, s0, sigma), abs=4 * error)
    assert compute_adc(dwi, noise_sigma=sigma).valid.mean() < 0.05


# ---- choice and checks


def test_choice_is_independent_of_the_order_of_the_images():
    b = [1000, 0, 2000, 1000, 0, 1000]
    directions = np.full((6, 3), np.nan)
    directions[[0, 3, 5]] = XYZ
    kinds = [DIRECTIONAL, NONE, ISOTROPIC, DIRECTIONAL, NONE, DIRECTIONAL]
    choice = choose_images(series([1.0] * 6, b, kinds, directions))
    assert choice.low == (1, 4)
    assert choice.high == (0, 3, 5)
    assert choice.left_out == (2,)


def test_unstated_single_image_is_taken_and_said():
    adc = compute_adc(series([1000, 400], [0, 1000], [UNKNOWN, UNKNOWN]))
    assert "B06" in codes(adc.issues, Level.INFO)
    assert adc.parameters["high_kind"] == "unstated"


def adc_map(values, brain):
    adc = np.asarray(values, np.float32).reshape(1, 1, -1)
    reasons = np.where(adc < 0, 1 + REASONS.index("negative"), 0).astype(np.uint8)
    geometry = grid(adc.shape)
    quantity = QuantityMap(
        np.maximum(adc, 0), reasons == 0, geometry, "um2/s", "adc", "test", reasons=reasons, reason_names=REASONS
    )
    return quantity, Mask(np.asarray(brain, bool).reshape(adc.shape), geometry, "brain", "test")


@pytest.mark.parametrize(("median", "ask"), [(599, True), (600, False), (880, False), (1200, False), (1203, True)])
def test_scale_check(median, ask):
    adc, brain = adc_map([median] * 5 + [0] * 20, [1] * 5 + [0] * 20)
    assert codes(scale_check(adc, brain), Level.ASK) == ["P06"] * ask


def test_scale_check_without_any_value():
    assert codes(scale_check(*adc_map([-1, -1], [1, 1])), Level.ASK) == ["P06"]


def test_negative_check_counts_inside_the_brain_only():
    adc, brain = adc_map([800] * 1000 + [-10] * 50, [1] * 1000 + [0] * 50)
    assert negative_check(adc, brain) == ()
    adc, brain = adc_map([800] * 999 + [-10], [1] * 1000)
    assert negative_check(adc, brain) == ()
    adc, brain = adc_map([800] * 998 + [-10] * 2, [1] * 1000)
    assert codes(negative_check(adc, brain), Level.WARN) == ["P04"]


def test_trace_of_high_b_alone_needs_no_b0():
    """A vendor's ADC map may come with weighted images only."""
    dwi = series(
        [np.full((1, 1, 1), value) for value in (100.0, 200.0, 400.0)], [1000, 1000, 1000], directions=np.eye(3)
    )
    assert trace_image(dwi).values == pytest.approx(200.0, rel=1e-6)
