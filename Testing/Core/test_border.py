"""Border of a lesion: the volume of the mask is the sum of the shares, in one piece, and nothing that is no mixture comes in."""

import numpy as np
import pytest

from strokequant.config import CoreConfig
from strokequant.geometry import Geometry
from strokequant.segmentation.border import Surroundings, band_reach, fill_by_share, refine_borders
from strokequant.segmentation.lesion_share import Signals

SHAPE = (9, 40, 40)
EVEN = Geometry.from_affine(np.diag([2.0, 2.0, 4.0, 1.0]), SHAPE)
FLUID = (3.0, 3.0 * np.exp(-3.0))


def disc(radius):
    j, i = np.ogrid[:40, :40]
    return np.hypot(j - 20, i - 20) <= radius


def test_volume_is_the_sum_of_the_shares():
    rng = np.random.default_rng(1)
    sure, band = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    sure[3:6] = disc(8)
    band[2:7] = disc(12)
    band &= ~sure
    share = rng.uniform(0, 1, SHAPE).astype(np.float32)
    mask = fill_by_share(sure, band, share, EVEN)
    assert mask[sure].all() and not mask[~(sure | band)].any()
    assert mask.sum() == pytest.approx(sure.sum() + share[band].sum(), abs=0.5)


def test_uneven_slices_count_with_their_extents():
    positions = np.cumsum([0, 2, 2, 2, 2, 6, 6, 6, 6.0])
    origins = np.stack([np.zeros(9), np.zeros(9), positions], axis=1)
    geometry = Geometry.from_slices(origins, [1, 0, 0, 0, 1, 0], (2.0, 2.0), SHAPE[1:])
    sure, band = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    sure[3:6], band[2], band[6] = disc(6), disc(6), disc(6)
    share = np.where(band, 0.3, 0).astype(np.float32)
    mask = fill_by_share(sure, band, share, geometry)
    expected = geometry.volume_ml(sure) + 0.3 * geometry.volume_ml(band)
    assert geometry.volume_ml(mask) == pytest.approx(expected, abs=geometry.voxel_volumes_mm3.max() / 2000)


def test_the_highest_shares_come_in():
    sure, band = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    sure[4] = disc(6)
    band[4] = disc(8) & ~disc(6)
    share = np.zeros(SHAPE, np.float32)
    share[4, :, :20], share[4, :, 20:] = 0.9, 0.1
    mask = fill_by_share(sure, band, share, EVEN)
    assert mask[band & (share > 0.5)].mean() > 0.9
    assert mask[band & (share < 0.5)].mean() < 0.1


def test_pieces_that_do_not_touch_are_left_out():
    sure, band = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    sure[4] = disc(6)
    band[4] = disc(7) & ~disc(6)
    band[4, 2:4, 2:4] = True
    share = np.where(band, 0.5, 0).astype(np.float32)
    share[4, 2:4, 2:4] = 1
    mask = fill_by_share(sure, band, share, EVEN)
    assert not mask[4, 2:4, 2:4].any()


@pytest.mark.parametrize(
    ("spacing", "reach"), [((2, 2, 5), (1, 1, 1)), ((1, 1, 2), (1, 2, 2)), ((0.9, 0.9, 1), (2, 2, 2))]
)
def test_band_is_one_voxel_at_least(spacing, reach):
    assert band_reach(Geometry.from_affine(np.diag([*map(float, spacing), 1.0]), SHAPE), 2.0) == reach


def lesion_scene(adc_around=800.0):
    """Noise-free lesion of 7 voxels in normal tissue; signals by (b0, ADC)."""
    b0, adc = np.ones(SHAPE, np.float32), np.full(SHAPE, adc_around, np.float32)
    lesion = np.zeros(SHAPE, bool)
    lesion[2:7] = disc(7)
    b0[lesion], adc[lesion] = 1.1, 450
    return b0, adc, lesion


def refined(b0, adc, body, **how):
    signals = Signals(b0, (b0 * np.exp(-1e-3 * adc)).astype(np.float32), FLUID)
    tissue = (adc > 620) & (adc <= 1100)
    around = Surroundings(signals, body, tissue, np.ones(SHAPE, bool), EVEN)
    return refine_borders(body.astype(np.int32), 1, around, CoreConfig(**how)) == 1


def test_a_border_on_voxel_edges_stays():
    b0, adc, lesion = lesion_scene()
    assert np.array_equal(refined(b0, adc, lesion), lesion)


def test_a_pole_that_fills_its_slice_in_part_counts_in_part():
    b0, adc, lesion = lesion_scene()
    pole = disc(6)
    dwi = 0.4 * 1.1 * np.exp(-0.45) + 0.6 * np.exp(-0.8)
    b0[7, pole], adc[7, pole] = 1.04, 1e3 * np.log(1.04 / dwi)
    mask = refined(b0, adc, lesion)
    assert mask.sum() == pytest.approx(lesion.sum() + 0.4 * pole.sum(), abs=1)


def test_a_bright_neighbor_of_high_adc_is_not_taken():
    b0, adc, lesion = lesion_scene()
    old = disc(10) & ~disc(7) & (np.arange(40) > 20)
    b0[4, old], adc[4, old] = 2.0, 900
    mask = refined(b0, adc, lesion)
    assert not mask[4, old].any()
    assert mask.sum() == pytest.approx(lesion.sum(), rel=0.01)


def test_a_cluster_without_inner_voxel_keeps_its_border():
    b0, adc, _ = lesion_scene()
    thin = np.zeros(SHAPE, bool)
    thin[4, 20, 10:30] = True
    adc[thin] = 450
    adc[4, 21, 10:30] = 560
    assert np.array_equal(refined(b0, adc, thin), thin)


def test_a_border_that_noise_hides_stays():
    b0, adc, lesion = lesion_scene()
    rng = np.random.default_rng(5)
    b0 = b0 * np.exp(rng.normal(0, 0.2, SHAPE)).astype(np.float32)
    assert np.array_equal(refined(b0, adc, lesion), lesion)
