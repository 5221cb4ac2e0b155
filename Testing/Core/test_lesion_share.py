"""Share of lesion from two signals: exact for mixtures of lesion, normal tissue and CSF, where their ADC is not."""

import numpy as np
import pytest

from strokequant.config import CoreConfig
from strokequant.geometry import Geometry
from strokequant.segmentation.lesion_share import Signals, lesion_share, signals_of

B = 1e-3
LESION, NORMAL, FLUID = (1.1, 1.1 * np.exp(-0.45)), (1.0, np.exp(-0.8)), (3.0, 3.0 * np.exp(-3.0))
SHAPE = (8, 40, 40)
GEOMETRY = Geometry.from_affine(np.diag([2.0, 2.0, 4.0, 1.0]), SHAPE)


def mixture(lesion, fluid, void=0.0):
    """(b0, DWI) of a voxel with these shares; the rest is normal tissue."""
    shares = (lesion, fluid, 1 - lesion - fluid - void)
    return tuple(sum(f * level[n] for f, level in zip(shares, (LESION, FLUID, NORMAL), strict=True)) for n in (0, 1))


def scene(voxels, fluid=FLUID):
    """Normal tissue with a lesion in columns below 20, and single voxels at the border between them."""
    b0, dwi = np.full(SHAPE, NORMAL[0]), np.full(SHAPE, NORMAL[1])
    b0[..., :20], dwi[..., :20] = LESION
    for n, signal in enumerate(voxels):
        b0[4, 3 * n + 2, 20], dwi[4, 3 * n + 2, 20] = signal
    return Signals(b0.astype(np.float32), dwi.astype(np.float32), fluid)


def shares_of(voxels, fluid=FLUID, **how):
    column = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
    lesion, normal = column < 20, (column > 21) & (column < 27)
    share = lesion_share(scene(voxels, fluid), lesion, column < 19, normal, GEOMETRY, CoreConfig(**how))
    return share, share.values[4, 2 : 3 * len(voxels) : 3, 20]


MIXTURES = [(0.5, 0.0), (0.3, 0.7), (0.5, 0.5), (0.9, 0.1), (0.2, 0.4), (0.0, 0.6), (0.0, 1.0), (1.0, 0.0)]


def test_shares_of_mixtures_are_exact():
    _, found = shares_of([mixture(*m) for m in MIXTURES])
    assert found == pytest.approx([lesion for lesion, _ in MIXTURES], abs=2e-3)


def test_adc_of_half_lesion_and_half_fluid_tells_nothing_of_the_lesion():
    b0, dwi = mixture(0.5, 0.5)
    assert np.log(b0 / dwi) / B > 1400


def test_wet_voxels_hold_fluid():
    share, _ = shares_of([mixture(0.5, 0.5), mixture(0.5, 0.0), mixture(1.0, 0.0)])
    assert share.wet[4, [2, 5, 8], 20].tolist() == [True, False, False]


def test_without_fluid_in_the_image_lesion_is_told_from_tissue_alone():
    _, found = shares_of([mixture(0.25, 0), mixture(0.75, 0)], fluid=None)
    assert found == pytest.approx([0.25, 0.75], abs=2e-3)


def test_a_voxel_that_reaches_out_of_the_head_holds_its_part():
    _, found = shares_of([mixture(0.5, 0, void=0.5), mixture(0, 0, void=0.5)])
    assert found == pytest.approx([0.5, 0], abs=2e-3)


def test_levels_that_hardly_differ_are_not_known():
    assert shares_of([mixture(0.5, 0)])[0].known[4, 2, 20]
    assert not shares_of([mixture(0.5, 0)], least_span=0.9)[0].known[4, 2, 20]


def test_noise_of_the_share_is_that_of_normal_tissue():
    rng = np.random.default_rng(3)
    signals = scene([])
    noisy = Signals(signals.b0, signals.dwi + rng.normal(0, 0.02, SHAPE).astype(np.float32), None)
    column = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
    share = lesion_share(noisy, column < 20, column < 19, (column > 21) & (column < 27), GEOMETRY, CoreConfig())
    assert share.noise == pytest.approx(0.02 / (LESION[1] - NORMAL[1]), rel=0.1)


def brain_with_fluid(b=1000.0):
    """DWI and ADC of tissue, of pure CSF and of CSF that is half outside the head."""
    adc = np.full(SHAPE, 800, np.float32)
    b0 = np.full(SHAPE, 1.0)
    adc[:, :4], b0[:, :4] = 3000, 3.0
    b0[:, :2] = 1.5
    return (b0 * np.exp(-adc * b * 1e-6)).astype(np.float32), adc, b0


@pytest.mark.parametrize("b", [1000.0, 928.5])
def test_b0_comes_back_from_dwi_and_adc(b):
    dwi, adc, b0 = brain_with_fluid(b)
    signals = signals_of(dwi, adc, np.ones(SHAPE, bool), b, CoreConfig())
    assert signals.b0 == pytest.approx(b0, rel=1e-5)


def test_level_of_fluid_is_that_of_pure_fluid():
    dwi, adc, _ = brain_with_fluid()
    valid = np.ones(SHAPE, bool)
    assert signals_of(dwi, adc, valid, 1000.0, CoreConfig()).fluid == pytest.approx(FLUID, rel=1e-5)
    assert signals_of(dwi, np.minimum(adc, 900), valid, 1000.0, CoreConfig()).fluid is None
