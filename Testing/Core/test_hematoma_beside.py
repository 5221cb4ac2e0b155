"""Tissue beside a clot that is denser than brain and not in its volume: told for a fluid level, not for sound surroundings."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from strokequant.geometry import Geometry
from strokequant.hemorrhage_config import BesideClotConfig
from strokequant.segmentation.coarse import coarse_copy
from strokequant.segmentation.drawn_clot import drawn_hematoma
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.segmentation.hematoma_beside import dense_beside, fluid_level
from strokequant.segmentation.sides import MidPlane
from strokequant.synthetic.hemorrhage_implant import Implant, implant
from strokequant.synthetic.hemorrhage_shapes import ClotShape
from strokequant.types import Volume

RADIUS = 15.0
BALL_ML = 4 / 3 * np.pi * RADIUS**3 / 1000


def tissue(noise=3.0, slice_mm=3.0):
    """Brain of 32 HU without a skull, the origin in its middle."""
    slices = round(66 / slice_mm)
    affine = np.diag([0.6, 0.6, slice_mm, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ (np.array([120, 120, slices]) - 1) / 2
    geometry = Geometry.from_affine(affine, (slices, 120, 120))
    values = np.random.default_rng(5).normal(32, noise, geometry.shape).astype(np.float32)
    return Volume(values, geometry, "[hnsf'U]", "attenuation")


def points_of(geometry):
    return geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool))).reshape(*geometry.shape, 3)


def ball(hu=62.0, noise=3.0, slice_mm=3.0, edema_mm=0.0):
    """A clot at the origin: image with its parts."""
    shape = ClotShape((0, 0, 0), (RADIUS,) * 3)
    return implant(tissue(noise, slice_mm), [Implant(shape, hu=hu, noise_hu=noise, edema_mm=edema_mm)])


def layered(upper, lower, level_mm=0.0, **options):
    """The ball with serum in front of a level."""
    found = ball(lower, **options)
    front = points_of(found.image.geometry)[..., 1] < level_mm
    hu = found.image.values - np.where(front, (lower - upper) * found.fraction, 0).astype(np.float32)
    return replace(found, image=replace(found.image, values=hu))


def codes(clot):
    return {issue.code for issue in clot.issues}


def half_ball_ml(radius, less_mm=0.0):
    """Volume of a half ball without a slab at its flat side."""
    return np.pi * (2 * radius**3 / 3 - radius**2 * less_mm + less_mm**3 / 3) / 1000


@pytest.mark.parametrize(
    ("upper", "lower", "options"),
    [(42.0, 62.0, {}), (50.0, 78.0, {"slice_mm": 5.0}), (44.0, 66.0, {"noise": 5.0, "edema_mm": 4.0})],
)
def test_a_fluid_level_is_told(upper, lower, options):
    """The threshold cuts through the upper half. What is told of it is that half, off by the smoothing and a pixel to all sides."""
    found = layered(upper, lower, **options)
    clot = segment_hematoma(found.image, (0, 8, 0))
    assert clot.volume_ml < 0.75 * BALL_ML
    assert "H23" in codes(clot)
    whole = np.ones(found.image.geometry.shape, bool)
    beside = dense_beside(
        found.image.values, 0 * found.fraction, whole, clot.mask.values, clot.mask.geometry, None, lower - 8
    )
    off = BesideClotConfig().smooth_mm + BesideClotConfig().pixel_mm
    assert half_ball_ml(RADIUS - off, off) < beside.volume_ml < half_ball_ml(RADIUS + off)
    assert beside.hu == pytest.approx(upper, abs=3)
    drawn = drawn_hematoma(found.image, replace(clot.mask, values=found.fraction > 0.5), [clot])
    assert "H23" not in codes(drawn)


@pytest.mark.parametrize("options", [{}, {"noise": 6.0}, {"edema_mm": 4.0, "slice_mm": 5.0}, {"hu": 78.0}])
def test_a_clot_in_sound_surroundings_has_none(options):
    clot = segment_hematoma(ball(**options).image, (0, 3, 0))
    assert clot.volume_ml == pytest.approx(BALL_ML, rel=0.04)
    assert "H23" not in codes(clot)


@pytest.mark.parametrize("kind", ["falx", "cortex", "clot"])
def test_what_lies_beside_a_clot_in_a_sound_brain_is_not_told(kind):
    """A sheet of 3 mm that touches it, a ribbon of gray matter around it, another clot a centimeter away."""
    found = ball()
    points = points_of(found.image.geometry)
    far = np.linalg.norm(points, axis=-1)
    where, rise = {
        "falx": (np.abs(points[..., 0] + RADIUS) < 1.5, 20),
        "cortex": ((far > RADIUS + 2.5) & (far < RADIUS + 5) & (points[..., 1] < 0), 9),
        "clot": (np.linalg.norm(points - [RADIUS + 20, 0, 0], axis=-1) < 10, 30),
    }[kind]
    hu = found.image.values + rise * (where & (found.fraction < 0.5)).astype(np.float32)
    assert "H23" not in codes(segment_hematoma(replace(found.image, values=hu), (0, 3, 0)))


def test_what_is_the_same_on_the_other_side_is_no_blood():
    """Gray matter of 41 HU in front of a clot, broad against it: told without the other side, not told where that has it too."""
    image = tissue()
    geometry, points = image.geometry, points_of(image.geometry)
    clot = np.linalg.norm(points - [18, 3, 0], axis=-1) < 9
    front = (points[..., 1] < 0) & (points[..., 1] > -14) & (np.abs(np.abs(points[..., 0]) - 18) < 9)
    front &= np.abs(points[..., 2]) < 9
    hu = image.values + 9 * (front & ~clot).astype(np.float32) + 30 * clot.astype(np.float32)
    whole, dark = np.ones(geometry.shape, bool), np.zeros(geometry.shape, np.float32)

    def found(values, other):
        coarse = coarse_copy(other, geometry, pixel_mm=1.0, slice_mm=2.5)
        inside = SimpleNamespace(image=coarse, brain=np.ones(coarse.geometry.shape, bool))
        head = SimpleNamespace(midplane=MidPlane(np.zeros(3), np.array([1.0, 0, 0]), 1.0), coarse=inside)
        return dense_beside(values, dark, whole, clot, geometry, head, 50.0)

    one_sided = np.where(points[..., 0] < 0, image.values, hu)
    assert dense_beside(hu, dark, whole, clot, geometry, None, 50.0) is not None
    assert found(hu, hu) is None
    assert found(one_sided, one_sided) is not None


def test_a_level_within_an_outline_is_a_step_from_front_to_back():
    """Two densities with a level are told with their levels; one density, a gradient of as much and a step from side to side are not."""
    found = layered(50.0, 62.0, level_mm=2.0)
    geometry, mask = found.image.geometry, found.fraction > 0.5
    level = fluid_level(found.image.values, mask, geometry)
    assert (level.front_hu, level.back_hu) == pytest.approx((50, 62), abs=1)
    points = points_of(geometry)
    even = ball().image.values
    slope = 4 * np.clip(points[..., 1] / RADIUS, -1, 1)
    aside = 12.0 * (points[..., 0] > 0)
    for hu in (even, even + slope, even + aside):
        assert fluid_level(hu.astype(np.float32), mask, geometry) is None
