"""Core at neighboring thresholds: the midplane of the head is searched once and gives the same masks."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from brain_phantom import CENTER, ellipsoid, layered_tissue, scan, with_lesion

from strokequant.config import CoreConfig
from strokequant.segmentation import diffusion_core
from strokequant.segmentation.diffusion_core import segment_core
from strokequant.types import Mask


@lru_cache(maxsize=1)
def images():
    fraction = ellipsoid(np.add(CENTER, (4.3, -9.6, 34.7)), (16, 20, 13))
    tissue, fraction = with_lesion(layered_tissue(), fraction)
    case = scan(tissue, (5, 2, 2), snr=20, fraction=fraction)
    return case.adc, case.trace, Mask(case.brain, case.geometry, "brain", "truth of the phantom")


def at(threshold, **known):
    return segment_core(*images(), config=CoreConfig(adc_threshold=threshold), **known)


@pytest.mark.parametrize("threshold", [600.0, 620.0, 640.0])
def test_known_midplane_gives_the_same_core(threshold):
    searched, known = at(threshold), at(threshold, midplane=at(620.0).midplane)
    assert np.array_equal(searched.labels, known.labels)
    assert [c.accepted for c in searched.candidates] == [c.accepted for c in known.candidates]
    assert known.mask.values.any()


def test_known_midplane_is_not_searched_again(monkeypatch):
    plane = at(620.0).midplane

    def search(*args, **kwargs):
        raise AssertionError("searched although known")

    monkeypatch.setattr(diffusion_core, "find_midplane", search)
    assert at(600.0, midplane=plane).midplane is plane


def test_known_midplane_is_used():
    """Sides follow the plane that was given: with the plane turned about, left is right."""
    result = at(620.0)
    turned = replace(result.midplane, normal=-result.midplane.normal)
    sides = {"left": "right", "right": "left", "midline": "midline"}
    assert [c.side for c in at(620.0, midplane=turned).candidates] == [sides[c.side] for c in result.candidates]
    assert {c.side for c in result.candidates if c.accepted} <= {"left", "right"}
