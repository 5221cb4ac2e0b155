"""Volume of the core within 2 % of the truth from 10 mL on, wherever the lesion lies and however slices cut it."""

import numpy as np
import pytest
from blurred_head import PROTOCOLS, blurred_head
from brain_phantom import (
    CENTER,
    ellipsoid,
    folded_tissue,
    scan,
    uniform_tissue,
    with_lesion,
    with_replacing_lesion,
)

from strokequant.segmentation.diffusion_core import segment_core
from strokequant.types import Mask

CORTEX, VENTRICLE, DEEP = (12, 5, 50), (8, 10, 18), (4.3, -9.6, 34.7)


def ball(volume_ml, offset):
    radius = (volume_ml * 1000 * 3 / 4 / np.pi) ** (1 / 3)
    return ellipsoid(np.add(CENTER, offset), radius * np.array([0.85, 1.2, 1 / (0.85 * 1.2)]))


def core_of(case):
    return segment_core(case.adc, case.trace, Mask(case.brain, case.geometry, "brain", "truth of the phantom"))


@pytest.mark.parametrize("volume_ml", [12.5, 30])
@pytest.mark.parametrize("place", [CORTEX, VENTRICLE], ids=["cortex", "ventricle"])
@pytest.mark.parametrize("make", [with_lesion, with_replacing_lesion], ids=["beside CSF", "in its place"])
def test_lesion_that_borders_csf(make, place, volume_ml):
    tissue, fraction = make(folded_tissue(), ball(volume_ml, place))
    case = scan(tissue, (5, 2, 2), snr=40, fraction=fraction)
    result = core_of(case)
    assert result.mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)
    truth = case.truth >= 0.5
    both = np.count_nonzero(result.mask.values & truth)
    assert 2 * both / (result.mask.values.sum() + truth.sum()) > 0.96


@pytest.mark.parametrize("shift_mm", [0, 1, 2, 3, 4])
def test_slices_of_5_mm_cut_the_lesion_anywhere(shift_mm):
    """Voxels filled by half or more miss up to 5 % of a lesion of this size, where its poles lie unluckily."""
    place = np.add(DEEP, (shift_mm, 0, 0))
    tissue, fraction = with_lesion(uniform_tissue(), ball(10, place))
    case = scan(tissue, (5, 2, 2), snr=40, fraction=fraction, seed=shift_mm)
    assert core_of(case).mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)


def test_blur_of_the_image_does_not_move_the_volume():
    """Heads of another generator; single lesions scatter more, because gray and white matter differ within the border."""
    errors = []
    for seed, (place, name) in enumerate((p, n) for p in ("deep", "ventricle") for n in PROTOCOLS):
        head = blurred_head(place, 14, PROTOCOLS[name], seed)
        result = segment_core(head.adc, head.trace, head.brain)
        errors.append(result.mask.volume_ml / head.truth_ml - 1)
    assert abs(np.mean(errors)) < 0.02
    assert np.abs(errors).max() < 0.06


def test_gap_between_slices():
    """Slices of 4 mm every 5 mm: each stands for 5 mm."""
    head = blurred_head("ventricle", 25, PROTOCOLS["1.8 x 4 + 1 gap"], 7)
    result = segment_core(head.adc, head.trace, head.brain)
    sampled = head.adc.geometry.volume_ml(head.share)
    assert result.mask.volume_ml == pytest.approx(sampled, rel=0.03)
