"""Volumes and intervals of masks with known truth."""

import numpy as np
import pytest

from strokequant.biomarkers.core_measures import core_measurements, not_measured
from strokequant.biomarkers.volume import boundary_band_ml, measurable_ml, slice_areas_mm2, spline_volume_ml
from strokequant.errors import Level
from strokequant.geometry import Geometry
from strokequant.types import Candidate, Mask, QuantityMap, Status

SEMI_AXES = (25.0, 18.0, 15.9155)
"""An ellipsoid of 30.000 mL."""


def grid(positions, pixel_mm=0.5, size=140):
    origins = [(-size * pixel_mm / 2, -size * pixel_mm / 2, z) for z in positions]
    return Geometry.from_slices(origins, (1, 0, 0, 0, 1, 0), (pixel_mm, pixel_mm), (size, size))


def ellipsoid(geometry, semi_axes=SEMI_AXES):
    kji = np.moveaxis(np.indices(geometry.shape), 0, -1).reshape(-1, 3)
    inside = ((geometry.to_lps(kji) / semi_axes) ** 2).sum(axis=1) <= 1
    return inside.reshape(geometry.shape)


@pytest.mark.parametrize("step", [1.25, 2.5, 5.0])
def test_ellipsoid_of_30_ml(step):
    geometry = grid(np.arange(-35, 35.1, step))
    mask = ellipsoid(geometry)
    assert geometry.volume_ml(mask) == pytest.approx(30.0, rel=0.01)
    assert spline_volume_ml(mask, geometry) == pytest.approx(30.0, rel=0.005)


def test_spline_is_exact_where_area_is_a_cubic_of_position():
    positions = np.array([0, 4, 8, 12, 16, 23, 30, 37, 44.0])
    geometry = grid(positions, pixel_mm=0.1, size=400)
    profile = np.polynomial.Polynomial([100, 30, -1.2, 0.012])
    mask = np.zeros(geometry.shape, bool)
    for k, p in enumerate(positions):
        mask[k].flat[: round(profile(p) / geometry.pixel_area_mm2)] = True
    truth = (profile.integ()(44) - profile.integ()(0)) / 1000
    assert spline_volume_ml(mask, geometry) == pytest.approx(truth, rel=1e-4)
    assert abs(geometry.volume_ml(mask) / truth - 1) > 0.01


def test_spline_of_a_tilted_stack_is_the_same():
    tilt = np.radians(20)
    positions = np.arange(-30, 30.1, 2.5)
    straight = grid(positions)
    mask = ellipsoid(straight)
    sheared = Geometry.from_slices(
        [(0, 0, p / np.cos(tilt)) for p in positions], (1, 0, 0, 0, np.cos(tilt), -np.sin(tilt)), (0.5, 0.5), (140, 140)
    )
    assert spline_volume_ml(mask, sheared) == pytest.approx(spline_volume_ml(mask, straight), rel=1e-9)


def test_spline_needs_four_slices():
    geometry = grid([0, 5, 10], size=4)
    assert spline_volume_ml(np.ones(geometry.shape, bool), geometry) is None


def test_boundary_band_of_a_disk_follows_its_perimeter():
    geometry = grid([0, 5], pixel_mm=1.0, size=101)
    j, i = np.indices((101, 101)) - 50
    radius = 30.0
    mask = np.zeros(geometry.shape, bool)
    mask[0] = i**2 + j**2 <= radius**2
    low, high = boundary_band_ml(mask, geometry, 0.5)
    for band, r in ((low, radius - 0.5), (high, radius + 0.5)):
        assert band == pytest.approx(np.pi * r**2 * 5 / 1000, rel=0.01)
    same, _ = boundary_band_ml(mask, geometry, 0.0)
    assert same == pytest.approx(geometry.volume_ml(mask))


def test_areas_are_per_slice():
    geometry = grid([0, 2, 5], pixel_mm=2.0, size=3)
    mask = np.zeros(geometry.shape, bool)
    mask[1, 0, :2] = True
    np.testing.assert_allclose(slice_areas_mm2(mask, geometry), [0, 8, 0])


def test_measurable_size_grows_with_the_cube_of_the_slices():
    assert measurable_ml(grid([0, 5, 10], size=2), 3.0) == pytest.approx(np.pi / 6 * 15**3 / 1000)


def make_core(mask, geometry, adc_values=500.0):
    adc = QuantityMap(
        np.full(geometry.shape, adc_values, np.float32), np.ones(geometry.shape, bool), geometry, "um2/s", "adc", "test"
    )
    return Mask(mask, geometry, "infarct_core", "test"), adc


def by_id(measurements):
    return {m.id: m for m in measurements}


def test_core_volume_has_an_interval_that_holds_it():
    geometry = grid(np.arange(-35, 35.1, 5.0))
    core, adc = make_core(ellipsoid(geometry), geometry)
    candidate = Candidate(1, 1, 29.9, 500, 0, 5, (0, 0, 0), "left", (0, 1), True)
    found = by_id(core_measurements(core, adc, [candidate], threshold_band_ml=(28.0, 32.0)))
    volume = found["infarct_core_volume"]
    assert volume.status is Status.MEASURED
    assert volume.lower < 28.0 < volume.value < 32.0 < volume.upper
    assert found["infarct_core_lesions"].value == 1
    assert found["infarct_core_volume_left"].value == 29.9
    assert found["infarct_core_volume_right"].status is Status.ZERO
    assert found["infarct_core_adc_mean"].value == 500


def test_empty_core_is_zero_and_its_adc_not_evaluable():
    geometry = grid(np.arange(4) * 5.0, size=8)
    core, adc = make_core(np.zeros(geometry.shape, bool), geometry)
    found = by_id(core_measurements(core, adc, [], threshold_band_ml=(0.0, 0.7)))
    assert (found["infarct_core_volume"].status, found["infarct_core_volume"].value) == (Status.ZERO, 0.0)
    assert found["infarct_core_volume"].upper == pytest.approx(0.7)
    assert found["infarct_core_adc_mean"].status is Status.NOT_EVALUABLE
    assert found["infarct_core_adc_mean"].value is None


def test_not_evaluable_and_missing_carry_no_number():
    for status in (Status.NOT_EVALUABLE, Status.MISSING):
        assert all(m.value is None and m.status is status for m in not_measured(status, ()))


def test_small_core_is_said_to_be_below_measurable_size():
    geometry = grid(np.arange(10) * 5.0, size=20)
    mask = np.zeros(geometry.shape, bool)
    mask[4, 5:15, 5:15] = True
    core, adc = make_core(mask, geometry)
    volume = by_id(core_measurements(core, adc, []))["infarct_core_volume"]
    assert [(i.code, i.level) for i in volume.issues] == [("S04", Level.WARN)]
