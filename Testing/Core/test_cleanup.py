"""Cleanup: limits as integers, clusters in the extents of their own slices."""

import numpy as np
import pytest

from strokequant.geometry import Geometry
from strokequant.segmentation.cleanup import (
    at_or_below,
    cluster_microliters,
    fill_small_holes,
    keep_clusters,
    label_clusters,
    microliters,
)


def grid(shape, spacing=(2.0, 2.0, 2.0)):
    return Geometry.from_affine(np.diag([*spacing[::-1], 1.0]), shape)


def uneven(positions, in_plane=(20, 20)):
    origins = np.array([[0.0, 0.0, p] for p in positions])
    return Geometry.from_slices(origins, [1, 0, 0, 0, 1, 0], (1.0, 1.0), in_plane)


def test_comparator_at_the_threshold():
    adc = np.array([619.0, 620.0, 621.0])
    assert at_or_below(adc, 620).sum() == 2
    assert at_or_below(adc, 620, inclusive=False).sum() == 1


def test_threshold_compares_whole_units():
    adc = np.array([620.0000001, 620.4, 620.6, np.nan, np.inf], dtype=np.float64)
    assert at_or_below(adc, 620).tolist() == [True, True, False, False, False]
    assert at_or_below(np.float32(0.62) * np.float32(1000), 620)


@pytest.mark.parametrize(("voxels", "kept"), [(125, True), (124, False)])
def test_cluster_of_exactly_one_milliliter_is_kept(voxels, kept):
    mask = np.zeros((7, 7, 7), bool)
    block = np.zeros(125, bool)
    block[:voxels] = True
    mask[1:6, 1:6, 1:6] = block.reshape(5, 5, 5)
    labels, count = label_clusters(mask)
    assert count == 1
    assert cluster_microliters(labels, count, grid(mask.shape))[1] == 8 * voxels
    assert keep_clusters(mask, grid(mask.shape), min_ml=1.0).any() == kept


@pytest.mark.parametrize(("connectivity", "count"), [(26, 1), (18, 2), (6, 2)])
def test_voxels_that_touch_at_a_corner(connectivity, count):
    mask = np.zeros((4, 4, 4), bool)
    mask[1, 1, 1] = mask[2, 2, 2] = True
    assert label_clusters(mask, connectivity=connectivity)[1] == count


def test_cluster_size_uses_the_extent_of_every_slice():
    geometry = uneven([0, 5, 10, 17, 24])
    mask = np.zeros(geometry.shape, bool)
    for k, area in enumerate((100, 300, 200, 150, 50)):
        mask[k].flat[:area] = True
    labels, count = label_clusters(mask)
    assert count == 1
    assert cluster_microliters(labels, count, geometry)[1] == 4600
    assert keep_clusters(mask, geometry, min_ml=4.6).any()
    assert not keep_clusters(mask, geometry, min_ml=4.601).any()


def test_no_cluster_at_all():
    mask = np.zeros((3, 4, 5), bool)
    assert not keep_clusters(mask, grid(mask.shape), min_ml=0.0).any()


def test_holes_by_size_and_permission():
    mask = np.zeros((1, 12, 12), bool)
    mask[0, 1:11, 1:11] = True
    mask[0, 3, 3] = False
    mask[0, 6:9, 6:9] = False
    everywhere = np.ones(mask.shape, bool)
    geometry = Geometry.from_affine(np.diag([1.0, 1.0, 5.0, 1.0]), mask.shape)
    assert fill_small_holes(mask, everywhere, geometry, max_ml=0.005).sum() == mask.sum() + 1
    assert fill_small_holes(mask, everywhere, geometry, max_ml=0.045).sum() == mask.sum() + 10
    assert fill_small_holes(mask, ~everywhere, geometry, max_ml=1.0).sum() == mask.sum()


def test_microliters_round_to_the_nearest():
    assert microliters(0.9999999) == 1000
    assert microliters(0.992) == 992
