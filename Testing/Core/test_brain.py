"""Brain mask on head phantoms with known brain, and on real heads where they are at hand."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from brain_phantom import CENTER, ellipsoid, layered_tissue, scan, with_head, with_lesion

from strokequant.config import BrainConfig
from strokequant.errors import GeometryError, SegmentationError
from strokequant.geometry import Geometry
from strokequant.segmentation.brain import brain_mask
from strokequant.types import Volume

BLOCKS = [(5, 1, 1), (2, 2, 2), (5, 2, 2)]


@lru_cache(maxsize=12)
def head(block=(5, 2, 2), snr=30.0, bias=0.0, lesion=False):
    tissue, fraction = with_head(layered_tissue()), None
    if lesion:
        tissue, fraction = with_lesion(tissue, ellipsoid(np.add(CENTER, (0, 0, 38)), (35, 50, 26)))
    return scan(tissue, block, snr=snr, bias=bias, fraction=fraction)


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_head_with_adc(block, bias):
    case = head(block, bias=bias)
    mask = brain_mask(case.b0, adc=case.adc)
    assert dice(mask.values, case.brain) > 0.98
    assert mask.volume_ml == pytest.approx(case.geometry.volume_ml(case.brain), rel=0.02)


@pytest.mark.parametrize("block", BLOCKS)
def test_b0_alone(block):
    case = head(block)
    assert dice(brain_mask(case.b0).values, case.brain) > 0.96


@pytest.mark.parametrize("block", BLOCKS)
def test_trace_alone_misses_nothing_but_outer_csf(block):
    case = head(block)
    mask = brain_mask(case.trace).values
    assert dice(mask, case.brain) > 0.91
    parenchyma = case.brain & (case.adc.values < 1000)
    assert np.count_nonzero(parenchyma & mask) > 0.985 * np.count_nonzero(parenchyma)


def test_volume_does_not_depend_on_resolution():
    volumes = [brain_mask(head(block).b0, adc=head(block).adc).volume_ml for block in BLOCKS]
    assert max(volumes) < 1.02 * min(volumes)


@pytest.mark.parametrize("image", ["b0", "trace"])
def test_large_bright_lesion_and_ventricles_stay_inside(image):
    case = head(lesion=True)
    mask = brain_mask(getattr(case, image)).values
    lesion = case.truth > 0.5
    assert lesion.sum() > 3000
    assert np.count_nonzero(mask & lesion) > 0.995 * np.count_nonzero(lesion)
    k, j, i = (round(c / b) for c, b in zip(np.add(CENTER, (8, 5, 9)), (5, 2, 2), strict=True))
    assert mask[k, j, i]


def test_eyes_scalp_and_neck_stay_outside():
    case = head()
    mask = brain_mask(case.b0).values
    eye = tuple(int(c / b) for c, b in zip((55, 14, 53), (5, 2, 2), strict=True))
    assert case.b0.values[eye] > 2 * np.median(case.b0.values[case.brain])
    assert not mask[eye]
    assert not mask[:3].any()


def test_low_signal_to_noise():
    case = head(snr=12.0)
    assert dice(brain_mask(case.b0, adc=case.adc).values, case.brain) > 0.97


def test_skull_stripped_image_is_used_as_is():
    case = head()
    ripple = np.random.default_rng(0).normal(0, 1e-4, case.trace.values.shape)
    values = np.where(case.brain, case.trace.values, ripple * case.trace.values.max()).astype(np.float32)
    mask = brain_mask(Volume(values, case.geometry))
    assert "skull-stripped" in mask.method
    assert dice(mask.values, case.brain) > 0.999


def test_zero_background_alone_is_not_skull_stripped():
    case = head(snr=0.0)
    mask = brain_mask(case.b0, adc=case.adc)
    assert "skull-stripped" not in mask.method
    assert dice(mask.values, case.brain) > 0.97


@pytest.mark.parametrize("image", ["b0", "trace"])
def test_part_of_the_head(image):
    case = head()
    part = slice(13, 24)
    geometry = Geometry.from_affine(case.geometry.affine, (11, *case.geometry.shape[1:]))
    mask = brain_mask(Volume(getattr(case, image).values[part], geometry))
    assert dice(mask.values, case.brain[part]) > 0.9


def test_upside_down_and_mirrored_slices_give_the_same_brain():
    case = head()
    flipped = np.ascontiguousarray(case.b0.values[::-1, :, ::-1])
    affine = case.geometry.affine.copy()
    affine[:3, 3] += affine[:3, 2] * (flipped.shape[0] - 1) + affine[:3, 0] * (flipped.shape[2] - 1)
    affine[:3, [0, 2]] *= -1
    mask = brain_mask(Volume(flipped, Geometry.from_affine(affine, flipped.shape)))
    assert dice(mask.values[::-1, :, ::-1], brain_mask(case.b0).values) > 0.985


def test_uneven_slices():
    case = head()
    kept = np.r_[0:12, 12:32:2]
    geometry = Geometry.from_slices(
        case.geometry.slice_origins[kept], [1, 0, 0, 0, 1, 0], (2.0, 2.0), case.geometry.shape[1:]
    )
    mask = brain_mask(Volume(case.b0.values[kept], geometry))
    assert dice(mask.values, case.brain[kept]) > 0.95
    assert mask.volume_ml == pytest.approx(case.geometry.volume_ml(case.brain), rel=0.06)


@pytest.mark.parametrize("config", [BrainConfig(volume_high_ml=900), BrainConfig(volume_low_ml=2000)])
def test_implausible_volume_stops(config):
    with pytest.raises(SegmentationError) as stopped:
        brain_mask(head().b0, config=config)
    assert stopped.value.issues[0].code == "S01"
    assert "mL" in str(stopped.value)


@pytest.mark.parametrize("values", [0.0, 7.0, np.nan])
def test_image_without_contrast_stops(values):
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 5.0, 1.0]), (10, 40, 40))
    with pytest.raises(SegmentationError, match="S01"):
        brain_mask(Volume(np.full(geometry.shape, values, np.float32), geometry))


def test_noise_alone_is_no_brain():
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 5.0, 1.0]), (30, 100, 100))
    noise = np.abs(np.random.default_rng(3).normal(size=geometry.shape)).astype(np.float32)
    with pytest.raises(SegmentationError, match="S01"):
        brain_mask(Volume(noise, geometry))


def test_map_on_another_grid_is_refused():
    case = head()
    other = Geometry.from_affine(case.geometry.affine + _shift(), case.geometry.shape)
    with pytest.raises(GeometryError, match="G17"):
        brain_mask(case.b0, adc=replace(case.adc, geometry=other))


def _shift():
    shift = np.zeros((4, 4))
    shift[0, 3] = 5
    return shift


def test_same_input_same_mask():
    case = head()
    assert (brain_mask(case.b0).values == brain_mask(case.b0).values).all()


def test_real_head_with_neck(shared_data):
    nibabel = pytest.importorskip("nibabel")
    folder = shared_data / "diffusion" / "ads_subject02"
    image = nibabel.load(folder / "Subject02_b0.nii.gz")
    values = np.asarray(image.dataobj, np.float32).transpose(2, 1, 0)
    geometry = Geometry.from_affine(np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine, values.shape)
    mask = brain_mask(Volume(values, geometry))
    reference = np.asarray(nibabel.load(folder / "Subject02_Mask.nii.gz").dataobj).transpose(2, 1, 0) > 0
    assert dice(mask.values, reference) > 0.93
    assert 1100 < mask.volume_ml < 1400
