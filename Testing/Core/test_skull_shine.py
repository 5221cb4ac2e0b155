"""What bone adds to brain beside it, a clot at the skull, and blood in spaces that hang together by less than a bridge."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from strokequant.geometry import Geometry
from strokequant.hemorrhage_config import HematomaConfig
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.segmentation.skull_shine import skull_shine
from strokequant.synthetic.hemorrhage_implant import Implant, implant
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.types import Volume


def grid(slices=16, size=150, pixel_mm=0.6, slice_mm=3.0):
    affine = np.diag([pixel_mm, pixel_mm, slice_mm, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ (np.array([size, size, slices]) - 1) / 2
    return Geometry.from_affine(affine, (slices, size, size))


def beside_bone(noise=3.0):
    """Brain of 32 HU with bone from y = 30 mm on that adds 20 HU beside it and e times less every 4 mm; its depth below bone."""
    geometry = grid()
    points = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool))).reshape(*geometry.shape, 3)
    depth = 30 - points[..., 1]
    values = np.random.default_rng(3).normal(32, noise, geometry.shape) + 20 * np.exp(-np.maximum(depth, 0) / 4)
    values[depth <= 0] = 900
    return Volume(values.astype(np.float32), geometry, "[hnsf'U]", "attenuation"), depth


def test_what_bone_adds_is_read_by_depth():
    """Within the change over a bin, whose median is that of its middle, and 5 standard errors of the reference level."""
    image, depth = beside_bone()
    brain = depth > 0
    excess = skull_shine(image.values, brain, image.geometry, HematomaConfig()).at(brain, image.geometry)
    far = 20 * np.exp(-14 / 4)
    for at in (1.6, 3.75, 7.75):
        there = np.abs(depth - at) < 0.3
        assert excess[there].mean() == pytest.approx(20 * np.exp(-at / 4) - far, abs=1.0)
    assert excess[depth > 17].max(initial=0) == 0
    assert (excess >= 0).all()


def test_a_clot_at_the_skull_does_not_run_along_it():
    image, depth = beside_bone()
    head = SimpleNamespace(has_skull=True, coarse=None, brain=SimpleNamespace(values=depth > 0))
    shape = clot_of_volume(12, (0, 18, 0), (1, 1.1, 0.9), lobes=0.1)
    found = implant(image, [Implant(shape, hu=56.0)], within=depth > 0)
    plain = segment_hematoma(found.image, (0, 14, 0), head=head, config=HematomaConfig(shine_share=0.0))
    clot = segment_hematoma(found.image, (0, 14, 0), head=head)
    assert clot.volume_ml == pytest.approx(found.sampled_ml, rel=0.04)
    outside = [np.count_nonzero(c.mask.values & (found.fraction == 0)) for c in (clot, plain)]
    assert outside[0] < outside[1] / 2
    assert not clot.mask.values[depth <= 0].any()


def test_blood_beyond_a_foramen_is_one_cast():
    """Two chambers joined by a channel of 1.2 mm: a click into either gives both as blood in the ventricles."""
    image, _ = beside_bone()
    image = replace(image, values=np.random.default_rng(4).normal(30, 3, image.geometry.shape).astype(np.float32))
    shapes = [clot_of_volume(ml, (x, 0, 0), (1, 1, 1)) for ml, x in ((6, -13.0), (2, 11.0))]
    found = implant(image, [Implant(shape) for shape in shapes])
    points = image.geometry.to_lps(np.argwhere(np.ones(image.geometry.shape, bool))).reshape(*image.geometry.shape, 3)
    channel = (np.abs(points[..., 0]) < 13) & (np.abs(points[..., 1]) < 0.65) & (np.abs(points[..., 2]) < 3)
    image = replace(found.image, values=np.where(channel & (found.fraction < 0.5), np.float32(62), found.image.values))
    for seed in ((-13, 0, 0), (11, 0, 0)):
        assert segment_hematoma(image, seed, structure="ivh").volume_ml == pytest.approx(found.sampled_ml, rel=0.04)
