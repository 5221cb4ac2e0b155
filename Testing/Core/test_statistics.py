"""Published and exactly computed examples of repeatability, agreement and minimal detectable difference."""

import csv

import numpy as np
import pytest

from strokequant.errors import UsageError
from strokequant.statistics.bland_altman import equivalence_p, limits_of_agreement
from strokequant.statistics.components import crossed, one_way
from strokequant.statistics.concordance import concordance
from strokequant.statistics.detectable_difference import cases_per_arm, mdd_from_differences, mdd_from_icc
from strokequant.statistics.icc import icc, mean_squares
from strokequant.statistics.linearity import linearity
from strokequant.statistics.repeatability import asymmetric_percent, chi_square_factors, repeatability
from strokequant.statistics_config import StatisticsConfig

JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
W1 = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
W2 = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
M1 = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
M2 = [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443]


def test_shrout_and_fleiss_1979():
    ms = mean_squares(JUDGES)
    found = [ms.between, ms.within, ms.raters, ms.residual]
    assert np.allclose(found, [11.2417, 6.2639, 32.4861, 1.0194], atol=1e-4)
    expected = {
        "ICC(1,1)": (0.165742, -0.132932, 0.722560),
        "ICC(2,1)": (0.289764, 0.018787, 0.761084),
        "ICC(3,1)": (0.714841, 0.342465, 0.945858),
        "ICC(1,k)": (0.442797, -0.884442, 0.912415),
        "ICC(2,k)": (0.620051, 0.071137, 0.927232),
        "ICC(3,k)": (0.909316, 0.675675, 0.985892),
    }
    forms = icc(JUDGES)
    assert set(forms) == set(expected)
    for name, values in expected.items():
        one = forms[name]
        assert np.allclose([one.value, one.lower, one.upper], values, atol=1e-6), name
        assert (one.n, one.k) == (6, 4)
    assert forms["ICC(2,1)"].df == pytest.approx(4.7851, abs=1e-4)


def test_icc_of_raters_who_agree_and_of_cases_that_do_not_differ():
    forms = icc([[1, 1], [2, 2], [5, 5]])
    assert all(one.value == pytest.approx(1) for one in forms.values())
    with pytest.raises(UsageError, match="Q70"):
        icc([[1, 2], [2, 1], [1, 2]])


@pytest.mark.parametrize(
    ("pairs", "wsd", "rc", "wcv", "asymmetric"),
    [
        ((W1, W2), (15.3067, 11.486, 22.947), (42.399, 31.82, 63.56), (0.034996, 0.03504, 0.034176), (10.19, -9.25)),
        ((M1, M2), (19.9108, 14.941, 29.849), (55.153, 41.39, 82.68), (0.050656, 0.05085, 0.043865), (15.12, -13.13)),
    ],
)
def test_repeatability_of_peak_flow(pairs, wsd, rc, wcv, asymmetric):
    found = repeatability(list(zip(*pairs, strict=True)))
    assert (found.n, found.df) == (17, 17)
    assert found.wsd.value == pytest.approx(wsd[0], abs=1e-4)
    assert np.allclose([found.wsd.lower, found.wsd.upper], wsd[1:], atol=1e-3)
    assert found.rc.value == pytest.approx(rc[0], abs=1e-3)
    assert np.allclose([found.rc.lower, found.rc.upper], rc[1:], atol=1e-2)
    assert found.wcv_rms == pytest.approx(wcv[0], abs=1e-6)
    assert found.wcv_log == pytest.approx(wcv[1], abs=1e-5)
    assert found.wcv_ratio == pytest.approx(wcv[2], abs=1e-6)
    assert np.allclose([found.percent_up, found.percent_down], asymmetric, atol=1e-2)


def test_interval_of_the_coefficient_of_variation_covers():
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(400):
        level = rng.uniform(50, 150, (12, 1))
        found = repeatability(level * np.exp(rng.normal(0, 0.1, (12, 3)))).wcv
        covered += found.lower <= np.sqrt(np.expm1(0.01)) <= found.upper
    assert 0.92 <= covered / 400 <= 0.98
    wright = repeatability(list(zip(W1, W2, strict=True))).wcv
    assert wright.value == pytest.approx(0.03504, abs=1e-5)
    assert wright.lower / wright.value == pytest.approx(0.750, abs=1e-3)


def test_the_exact_factor_can_be_asked_for():
    exact = StatisticsConfig(repeatability_factor=1.96 * 2**0.5)
    found = repeatability(list(zip(W1, W2, strict=True)), config=exact)
    assert found.rc.value == pytest.approx(42.428, abs=1e-3)


def test_repeats_may_differ_in_number():
    """Pooled over degrees of freedom: variances 2 (df 1) and 1 (df 2) give (2 + 2) / 3."""
    found = repeatability([[1, 3], [4, 5, 6]])
    assert found.wsd.value == pytest.approx((4 / 3) ** 0.5, abs=1e-12)
    assert found.df == 3


def test_no_coefficient_of_variation_of_values_below_zero():
    found = repeatability([[-1.0, 1.0], [2.0, 3.0]])
    assert found.wcv_rms is None and found.wcv_log is None and found.percent_up is None


@pytest.mark.parametrize(
    ("wcv", "up", "down"),
    [(2, 5.70, -5.39), (2.2, 6.28, -5.91), (4, 11.71, -10.48), (5, 14.85, -12.93), (10, 31.83, -24.14),
     (15, 51.16, -33.85), (20, 73.08, -42.22)],
)  # fmt: skip
def test_asymmetric_limits(wcv, up, down):
    assert np.allclose(asymmetric_percent(wcv / 100), (up, down), atol=6e-3)


@pytest.mark.parametrize(
    ("df", "low", "high", "one_sided"),
    [(5, 0.624, 2.453, 2.089), (10, 0.699, 1.755, 1.593), (17, 0.750, 1.499, 1.400), (20, 0.765, 1.444, 1.358),
     (35, 0.811, 1.304, 1.248), (50, 0.837, 1.243, 1.199), (105, 0.881, 1.156, 1.129)],
)  # fmt: skip
def test_interval_factors(df, low, high, one_sided):
    assert np.allclose(chi_square_factors(df), (low, high), atol=6e-4)
    assert chi_square_factors(df, 0.90)[1] == pytest.approx(one_sided, abs=6e-4)


def test_bland_and_altman_1986():
    found = limits_of_agreement(W1, M1)
    assert found.bias.value == pytest.approx(-2.1176, abs=1e-4)
    assert np.allclose([found.bias.lower, found.bias.upper], [-22.05, 17.81], atol=6e-3)
    assert found.sd == pytest.approx(38.7651, abs=1e-4)
    assert np.allclose([found.lower.value, found.lower.lower, found.lower.upper], [-78.10, -112.85, -43.34], atol=6e-3)
    assert np.allclose([found.upper.value, found.upper.lower, found.upper.upper], [73.86, 39.11, 108.62], atol=6e-3)
    assert found.upper.se == pytest.approx(16.395, abs=1e-3)
    assert found.slope.value == pytest.approx(0.02869, abs=1e-5)
    assert found.slope_p == pytest.approx(0.7495, abs=1e-4)
    assert equivalence_p(np.subtract(W1, M1), 30) == pytest.approx(0.00455, abs=1e-5)
    two = limits_of_agreement(W1, M1, config=StatisticsConfig(limits_factor=2.0))
    assert np.allclose([two.lower.value, two.upper.value], [-79.65, 75.41], atol=6e-3)


def test_lin_concordance():
    found = concordance(W1, M1)
    assert found.value == pytest.approx(0.942742, abs=1e-6)
    assert np.allclose([found.lower, found.upper], [0.8505, 0.9787], atol=6e-5)
    assert concordance(W1, W1).value == pytest.approx(1)


def test_reproducibility_one_way():
    found = one_way([[10, 12], [14, 16], [18, 20]])
    assert found.mean_squares == pytest.approx({"site": 32, "within": 2})
    assert found.variances == pytest.approx({"site": 15, "within": 2})
    assert found.rc.value == pytest.approx(3.9174, abs=1e-4)
    assert found.rdc.value == pytest.approx(11.4210, abs=1e-4)
    assert found.rdc.lower < found.rdc.value < found.rdc.upper
    assert not found.issues


def test_reproducibility_crossed():
    site, case = np.array([-3, 0, 3]), np.array([0, 10, 20, 30])
    x = np.array([[1, -1, 1, -1], [-1, 1, -1, 1], [0, 0, 0, 0]])
    cells = 100 + site[:, None] + case[None] + 2 * x
    found = crossed(np.stack([cells + 1, cells - 1], axis=2))
    assert found.mean_squares == pytest.approx({"site": 72, "case": 1000, "site_case": 32 / 3, "within": 2})
    expected = {"site": 7.6667, "case": 164.8889, "site_case": 4.3333, "within": 2.0}
    assert found.variances == pytest.approx(expected, abs=1e-4)
    assert found.rc.value == pytest.approx(3.9174, abs=1e-4)
    assert found.rdc.value == pytest.approx(10.3644, abs=1e-4)


def test_weights_of_the_satterthwaite_interval_sum_to_the_total():
    """df of one reading's variance: (sum)^2 / sum(part^2 / df) with parts 32/2 and 2/2."""
    found = one_way([[10, 12], [14, 16], [18, 20]])
    assert found.rdc.df == pytest.approx(17**2 / (16**2 / 2 + 1**2 / 3), abs=1e-9)


def test_interval_of_the_rdc_covers():
    rng = np.random.default_rng(7)
    covered, truth = 0, 2.77 * (4 + 1) ** 0.5
    for _ in range(400):
        site = rng.normal(0, 2, (12, 1))
        found = one_way(site + rng.normal(0, 1, (12, 3)))
        covered += found.rdc.lower <= truth <= found.rdc.upper
    assert 0.90 <= covered / 400 <= 0.99


def test_a_negative_component_is_zero_and_said():
    found = one_way([[0, 10], [1, 9], [5, 5]])
    assert found.variances["site"] == 0
    assert [issue.code for issue in found.issues] == ["Q71"]
    assert found.rdc.value == found.rc.value


def test_linearity_of_the_ice_water_means():
    true = [1109] * 3 + [817] * 2 + [579] * 2 + [380] * 2 + [220] * 2 + [110] * 2
    measured = [1124.1, 1136.3, 1186.7, 875.8, 845.5, 614.5, 608.3, 418.0, 407.9, 231.1, 231.2, 124.8, 124.8]
    found = linearity(true, measured)
    assert found.slope.value == pytest.approx(1.02832, abs=2e-5)
    assert np.allclose([found.slope.lower, found.slope.upper], [0.99972, 1.05692], atol=2e-5)
    assert found.intercept.value == pytest.approx(13.579, abs=2e-2)
    assert found.r2 == pytest.approx(0.998247, abs=1e-6)
    assert found.quadratic_p == pytest.approx(0.377, abs=1e-3)


def test_minimal_detectable_difference():
    found = mdd_from_icc(10, 0.95)
    assert found.sem == pytest.approx(2.2361, abs=1e-4)
    assert found.mdd == pytest.approx(6.1981, abs=1e-4)
    assert mdd_from_icc(10, 0.95, repeats=4).mdd == pytest.approx(6.1981 / 2, abs=1e-4)
    pairs = mdd_from_differences([1, -1, 2, -2])
    assert pairs.mdd == pytest.approx(1.96 * (10 / 3) ** 0.5, abs=1e-12)
    assert cases_per_arm(1, 0.5) == 63
    assert cases_per_arm(1, 0.5, icc=0.8) == 79


@pytest.mark.parametrize(
    "call",
    [
        lambda: repeatability([[1.0]]),
        lambda: repeatability([]),
        lambda: repeatability([[1.0, float("nan")]]),
        lambda: one_way([[1, 2]]),
        lambda: one_way([[1], [2]]),
        lambda: crossed(np.ones((1, 2, 2))),
        lambda: icc([[1, 2], [3]]),
        lambda: icc([[1, 2]]),
        lambda: limits_of_agreement([1, 2, 3], [1, 2]),
        lambda: concordance([1, 1, 1], [1, 2, 3]),
        lambda: linearity([1, 1, 1], [1, 2, 3]),
        lambda: mdd_from_differences([1]),
        lambda: mdd_from_icc(1, 1.2),
        lambda: equivalence_p([1, 2, 3], 0),
    ],
)
def test_data_that_cannot_give_a_statistic_are_refused(call):
    with pytest.raises(UsageError, match="Q70"):
        call()


def test_four_readers(shared_data):
    with (shared_data / "readers" / "four_reader_volumes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ml = np.array([[float(row[f"reader_{r}_mL"]) for r in "abcd"] for row in rows])
    plain, log = icc(ml)["ICC(1,1)"], icc(np.log(ml))["ICC(1,1)"]
    assert np.allclose([plain.value, plain.lower, plain.upper], [0.93952, 0.92977, 0.94829], atol=1e-5)
    assert np.allclose([log.value, log.lower, log.upper], [0.95387, 0.94634, 0.96063], atol=1e-5)
    found = repeatability(ml)
    assert found.wsd.value == pytest.approx(0.40627, abs=1e-5)
    assert found.rc.value == pytest.approx(1.1254, abs=1e-4)
    assert 100 * found.wcv_log == pytest.approx(28.40, abs=6e-3)
    assert 100 * found.wcv_rms == pytest.approx(28.29, abs=6e-3)
    assert np.allclose([found.percent_up, found.percent_down], [116.3, -53.8], atol=6e-2)
