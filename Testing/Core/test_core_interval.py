"""Core at neighboring thresholds: what the threshold does not change is found once and gives the same masks."""

from functools import lru_cache

import numpy as np
import pytest
from brain_phantom import CENTER, ellipsoid, layered_tissue, radius, scan, uniform_tissue, with_lesion

from strokequant.config import CoreConfig
from strokequant.segmentation import diffusion_core
from strokequant.segmentation.diffusion_core import prepare_core, segment_core
from strokequant.types import Mask

PLACE = np.add(CENTER, (4.3, -9.6, 34.7))


def images_of(tissue, fraction, **how):
    case = scan(tissue, (5, 2, 2), fraction=fraction, **how)
    return case.adc, case.trace, Mask(case.brain, case.geometry, "brain", "truth of the phantom")


@lru_cache(maxsize=1)
def sharp():
    tissue, fraction = with_lesion(layered_tissue(), ellipsoid(PLACE, (16, 20, 13)))
    return images_of(tissue, fraction, snr=20)


@lru_cache(maxsize=1)
def graded():
    """Lesion with ADC 450 inside that rises to 800 over 12 mm."""
    from_center = radius(PLACE, (17, 20, 17))
    adc = np.clip(450 + 350 * (from_center - 0.4) / 0.6, 450, 800)
    tissue, fraction = with_lesion(uniform_tissue(), (from_center <= 1).astype(np.float32), adc=adc)
    return images_of(tissue, fraction, snr=40)


@lru_cache(maxsize=2)
def prepared(make):
    return prepare_core(*make())


def at(threshold, make=sharp):
    return segment_core(*make(), config=CoreConfig(adc_threshold=threshold), prepared=prepared(make))


def test_prepared_images_give_the_same_core():
    alone = segment_core(*sharp())
    assert np.array_equal(alone.labels, at(620.0).labels)
    assert alone.candidates == at(620.0).candidates and alone.steps == at(620.0).steps
    assert alone.mask.values.any()


@pytest.mark.parametrize("name", ["find_midplane", "measure_hyperintensity", "signals_of"])
def test_what_the_threshold_does_not_change_is_not_found_again(monkeypatch, name):
    prepared(sharp)

    def search(*args, **kwargs):
        raise AssertionError("searched although known")

    monkeypatch.setattr(diffusion_core, name, search)
    assert at(600.0).mask.values.any()


def test_a_sharp_border_does_not_move_with_the_threshold():
    """Its voxels are lesion by their shares, which know no threshold."""
    low, middle, high = (at(t).mask.volume_ml for t in (600.0, 620.0, 640.0))
    assert low == pytest.approx(middle, rel=0.01)
    assert high == pytest.approx(middle, rel=0.01)


def test_a_graded_border_moves_with_the_threshold():
    low, middle, high = (at(t, graded).mask.volume_ml for t in (600.0, 620.0, 640.0))
    assert low < 0.95 * middle
    assert high > 1.05 * middle
