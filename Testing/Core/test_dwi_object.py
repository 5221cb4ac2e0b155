"""Digital diffusion object: every block of the rows that the noise allows, within its tolerance."""

import numpy as np
import pytest

from strokequant.phantom.dwi_object import measure_blocks
from strokequant.synthetic.phantom_dwi_object import ADC_UM2_S, B_VALUES, BLOCK, NOISE_COLUMNS, SNR, dwi_object

ROWS = SNR[::-1]
"""SNR from top to bottom."""


def table(images, cut_off=True):
    return measure_blocks(images, B_VALUES, ADC_UM2_S, block=BLOCK, first_column=NOISE_COLUMNS, cut_off=cut_off)


def test_without_noise_and_rounding_every_block_is_exact():
    adc = np.repeat(np.array(ADC_UM2_S), BLOCK[1])[None] * np.ones((BLOCK[0], 1))
    images = np.stack(
        [np.hstack([np.zeros((BLOCK[0], NOISE_COLUMNS)), 500 * np.exp(-b * adc * 1e-6)]) for b in B_VALUES]
    )
    np.testing.assert_allclose(table(images, cut_off=False).adc[0], ADC_UM2_S, rtol=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_blocks_of_the_rows_50_to_100(seed):
    check(table(dwi_object(seed)))


def test_reference_object(shared_data):
    found = table(np.load(shared_data / "phantom" / "synthetic" / "qiba_dro_respec.npz")["dro"])
    check(found, strict=True)
    assert np.abs(found.error_percent[np.array(ROWS) >= 50][:, 0]).max() <= 0.4


def check(found, strict=False):
    rows = np.array(ROWS)
    adc = np.array(ADC_UM2_S)
    middle = (adc >= 300) & (adc <= 2100)
    limits = np.where(np.isin(rows, (50, 100)), 0.4, 0.8)
    for n in np.flatnonzero(rows >= 50):
        for m in np.flatnonzero(middle):
            noise = 0 if strict else 3.5 * found.random_percent[n, m]
            assert abs(found.error_percent[n, m]) < max(limits[n], noise), f"SNR {rows[n]}, ADC {adc[m]:g}"
    assert np.abs(found.error_percent[rows >= 50][:, adc == 100]).max() < 1.0
    assert found.random_percent[rows >= 50][:, middle].max() < 0.3


def test_half_a_unit_takes_the_mean_bias_out():
    images = dwi_object(1)
    words = {"block": BLOCK, "first_column": NOISE_COLUMNS}
    plain, corrected = (
        measure_blocks(images, B_VALUES, ADC_UM2_S, cut_off=c, **words).error_percent for c in (False, True)
    )
    bright = np.array(ROWS) >= 50
    assert abs(corrected[bright][:, 1:11].mean()) < 0.05 < plain[bright][:, 1:11].mean()


def test_standard_errors_are_those_that_noise_makes():
    many = np.array([table(dwi_object(seed)).error_percent for seed in range(1, 9)])
    stated = table(dwi_object(1)).random_percent
    bright = np.array(ROWS) >= 50
    assert many.std(axis=0)[bright][:, :11].mean() == pytest.approx(stated[bright][:, :11].mean(), rel=0.2)


def test_rows_of_noise_have_no_number():
    assert np.isnan(table(dwi_object(1)).adc[-1]).all()
