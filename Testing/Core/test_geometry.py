"""Geometry: volumes along the normal, from analytic truth."""

import numpy as np
import pytest

from strokequant.errors import GeometryError
from strokequant.geometry import Geometry, slice_extents


def stack(positions, tilt_deg=0.0, area_spacing=(1.0, 1.0), shape=(40, 50)):
    """Axial slices at these positions along the normal, sheared by a gantry tilt."""
    tilt = np.radians(tilt_deg)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), -np.sin(tilt)])
    normal = np.cross(row, column)
    step = np.array([0, 0, 1.0]) / normal[2]  # along z, one mm along the normal
    origins = np.array([p * step for p in positions])
    return Geometry.from_slices(origins, (*row, *column), area_spacing, shape)


def mask_of_areas(geometry, areas_mm2):
    mask = np.zeros(geometry.shape, bool)
    for k, area in enumerate(areas_mm2):
        mask[k].flat[: round(area / geometry.pixel_area_mm2)] = True
    return mask


def test_cavalieri_weights_of_uneven_slices():
    np.testing.assert_allclose(slice_extents([0, 5, 10, 17, 24]), [5, 5, 6, 7, 7])
    geometry = stack([0, 5, 10, 17, 24])
    assert geometry.volume_ml(mask_of_areas(geometry, [100, 300, 200, 150, 50])) == pytest.approx(4.6)


@pytest.mark.parametrize("tilt_deg", [0, 16.5, 18.5, 20])
def test_tilt_does_not_change_the_volume(tilt_deg):
    geometry = stack(np.arange(10) * 5.0, tilt_deg)
    mask = mask_of_areas(geometry, [1000] * 10)
    assert geometry.volume_ml(mask) == pytest.approx(50.0, rel=1e-9)
    assert geometry.tilt_deg == pytest.approx(tilt_deg, abs=1e-6)
    step = np.linalg.norm(geometry.affine[:3, 2])
    assert step / geometry.mean_extent_mm == pytest.approx(1 / np.cos(np.radians(tilt_deg)))
    determinant = abs(np.linalg.det(geometry.affine[:3, :3]))
    assert determinant * mask.sum() / 1000 == pytest.approx(50.0, rel=1e-9)


def test_removed_slice_keeps_position_aware_volume():
    positions = np.delete(np.arange(7) * 5.0, 3)
    geometry = stack(positions)
    assert geometry.volume_ml(mask_of_areas(geometry, [1000] * 6)) == pytest.approx(35.0)


def test_fractional_mask_is_weighted():
    geometry = stack([0, 2, 4])
    assert geometry.volume_ml(np.full(geometry.shape, 0.25)) == pytest.approx(0.25 * 40 * 50 * 6 / 1000)


def test_even_grid_from_a_sheared_affine_equals_its_determinant():
    affine = np.array([[1.2, 0, 0, -50], [0, 0.9, 1.5, 20], [0, 0.1, 4.0, 7], [0, 0, 0, 1.0]])
    geometry = Geometry.from_affine(affine, (6, 7, 8))
    mask = np.ones(geometry.shape, bool)
    assert geometry.volume_ml(mask) == pytest.approx(abs(np.linalg.det(affine[:3, :3])) * mask.size / 1000)
    assert geometry.is_even


def test_voxel_positions_of_uneven_slices_are_the_slices_own():
    geometry = stack([0, 4, 11])
    assert not geometry.is_even
    np.testing.assert_allclose(geometry.to_lps([[2, 3, 5]]), [[5, 3, 11]])


def test_flipped_row_direction_keeps_a_positive_volume():
    geometry = Geometry.from_slices([[0, 0, 0], [0, 0, 5]], (-1, 0, 0, 0, 1, 0), (1, 1), (2, 2))
    assert geometry.volume_ml(np.ones((2, 2, 2), bool)) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("affine", "shape"), [(np.zeros((4, 4)), (2, 2, 2)), (np.eye(4) * np.nan, (2, 2, 2)), (np.eye(4), (0, 2, 2))]
)
def test_grids_without_volume_are_refused(affine, shape):
    with pytest.raises(GeometryError):
        Geometry.from_affine(affine, shape)


def test_one_slice_needs_a_thickness():
    with pytest.raises(GeometryError, match="thickness"):
        Geometry.from_slices([[0, 0, 0]], (1, 0, 0, 0, 1, 0), (1, 1), (2, 2))


def test_difference_of_grids_is_said_in_words():
    one = stack([0, 5, 10])
    assert one.differs_from(stack([0, 5, 10])) == ""
    assert "shape" in one.differs_from(stack([0, 5]))
    assert "mm apart" in one.differs_from(stack([0, 5, 10.5]))
    assert "mm apart" in one.differs_from(stack([0, 5, 10], area_spacing=(1.01, 1.0)))
