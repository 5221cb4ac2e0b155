"""Unit of an ADC map: vectors A7 of the diffusion reference, unit codes, and what must be refused."""

import numpy as np
import pytest

from strokequant.config import UnitConfig
from strokequant.dicomio.units import brain_median, decide_adc_unit, unit_factor
from strokequant.errors import Level


def a_map(median, shape=(3, 8, 8)):
    values = np.full(shape, median, dtype=np.float64)
    brain = np.zeros(shape, dtype=bool)
    brain[:, 1:7, 1:7] = True
    values[~brain] = 0
    return values, brain


@pytest.mark.parametrize(("lesion", "median"), [(0.00062, 0.00088), (0.62, 0.88), (620.0, 880.0)])
def test_vector_a7_three_scales_give_620(lesion, median):
    decision = decide_adc_unit(*a_map(median), {})
    assert lesion * decision.factor_to_um2_s == pytest.approx(620, abs=1e-9)
    assert [(i.code, i.level) for i in decision.issues] == [("U01", Level.WARN)]
    assert "median" in decision.how


@pytest.mark.parametrize("median", [0.00059, 88.0, 1203.0, 0.59, 599.0, 8.8e-7, 1.203, 880000.0])
def test_vector_a7_outside_every_range_is_asked(median):
    decision = decide_adc_unit(*a_map(median), {})
    assert decision.factor_to_um2_s is None
    assert [(i.code, i.level) for i in decision.issues] == [("U02", Level.ASK)]
    assert decision.issues[0].remedy


@pytest.mark.parametrize(
    ("median", "known"),
    [(600.0, True), (1200.0, True), (599.6, True), (599.4, False), (1200.4, True), (1200.6, False), (0.6, True),
     (1.2, True), (6e-4, True), (1.2e-3, True)],
)  # fmt: skip
def test_limits_are_integers_of_um2_s(median, known):
    assert (decide_adc_unit(*a_map(median), {}).factor_to_um2_s is not None) is known


def test_background_does_not_count():
    """ADS subject 02 reads 0.000875 in the brain but 0.0004 with the background: only the brain decides."""
    values, brain = a_map(0.000875, (4, 20, 20))
    values[~brain] = 1e-5
    assert decide_adc_unit(values, brain, {}).factor_to_um2_s == 1e6


def test_no_brain_is_asked_and_never_guessed():
    values, _ = a_map(880)
    decision = decide_adc_unit(values, None, {})
    assert decision.factor_to_um2_s is None
    assert decision.issues[0].code == "U02"


def test_non_finite_zero_and_negative_values_do_not_count():
    values, brain = a_map(880)
    values[0, 1:4, 1:7] = np.nan
    values[1, 1:4, 1:7] = -5
    values[2, 1:4, 1:7] = 0
    assert brain_median(values, brain) == 880
    values[brain] = np.inf
    assert decide_adc_unit(values, brain, {}).factor_to_um2_s is None


@pytest.mark.parametrize(
    ("text", "factor"),
    [("um2/s", 1), ("mm2/s", 1e6), ("mm^2/s", 1e6), ("10*-6.mm2/s", 1), ("10-6 mm2/s", 1), ("10*-3.mm2/s", 1e3),
     ("10^-3 mm²/s", 1e3), ("x10^-6 mm^2/s", 1), ("1e-3 mm2/s", 1e3), ("µm²/ms", 1e3), ("μm2/ms", 1e3), ("cm2/s", 1e8),
     ("m2/s", 1e12), ("[mm2]/s", 1e6), ("10−6 mm²/s", 1), ("mm2/sec", 1e6)],
)  # fmt: skip
def test_codes_are_understood(text, factor):
    assert unit_factor(text) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "1", "US", "normalized", "no units", "mm2", "s/mm2", "HU", "mm/s", "10*-999.mm2/s"]
)
def test_what_is_no_unit_of_diffusion(text):
    assert unit_factor(text) is None


def test_a_code_decides_without_brain_and_without_note():
    values, _ = a_map(880)
    decision = decide_adc_unit(values, None, {"rwvm_units": "um2/s"})
    assert (decision.factor_to_um2_s, decision.issues) == (1.0, ())
    assert "0040,08EA" in decision.how


def test_a_code_is_stronger_than_the_range():
    decision = decide_adc_unit(*a_map(1203), {"rwvm_units": "um2/s"})
    assert decision.factor_to_um2_s == 1.0
    assert [(i.code, i.level) for i in decision.issues] == [("U01", Level.WARN)]


@pytest.mark.parametrize("header", [{"rescale_type": "US"}, {"rescale_type": "normalized"}, {"rwvm_units": "1"}])
def test_codes_that_decide_nothing_are_ignored_with_a_reason(header):
    decision = decide_adc_unit(*a_map(734), header)
    assert decision.factor_to_um2_s == 1.0
    assert next(iter(header.values())) in decision.how
    assert decision.issues[0].code == "U01"


@pytest.mark.parametrize("key", ["rwvm_units", "unit_flag", "units", "rescale_type"])
def test_a_stated_unit_that_contradicts_the_values_is_refused(key):
    """880 called mm2/s would be 880 million um2/s: nothing would be below the threshold, silently."""
    decision = decide_adc_unit(*a_map(880), {key: "mm2/s"})
    assert decision.factor_to_um2_s is None
    assert decision.issues[0].code == "U02"
    assert "contradicts" in decision.issues[0].found


def test_order_of_trust():
    header = {"unit_flag": "um2/s", "rwvm_units": "mm2/s", "units": "mm2/s"}
    assert decide_adc_unit(*a_map(880), header).factor_to_um2_s == 1.0
    assert decide_adc_unit(*a_map(0.00088), {"units": "mm^2/s"}).factor_to_um2_s == 1e6


def test_a_description_never_decides():
    """GE writes (mm2/s) in the description of maps that are in 1e-6 mm2/s."""
    header = {"description": "Apparent Diffusion Coefficient (mm2/s)"}
    assert decide_adc_unit(*a_map(880), header).factor_to_um2_s == 1.0


def test_limits_come_from_the_configuration():
    config = UnitConfig(brain_median_low=1100, brain_median_high=1300)
    assert decide_adc_unit(*a_map(1203), {}, config).factor_to_um2_s == 1.0


def test_real_maps(shared_data):
    nib = pytest.importorskip("nibabel")
    folder = shared_data / "diffusion" / "ads_subject02"
    adc = nib.load(folder / "Subject02_ADC.nii.gz").get_fdata()
    assert decide_adc_unit(adc, adc > 0, {}).factor_to_um2_s == 1e6
    raw = shared_data / "diffusion/isles22_case0009/rawdata/sub-strokecase0009/ses-0001"
    adc = nib.load(raw / "sub-strokecase0009_ses-0001_adc.nii.gz").get_fdata()
    assert decide_adc_unit(adc, adc > 0, {}).factor_to_um2_s == 1e3
