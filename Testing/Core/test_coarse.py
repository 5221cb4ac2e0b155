"""What is computed in the box of a mask is what the whole image gives."""

import numpy as np
import pytest
from scipy import ndimage

from strokequant.geometry import Geometry
from strokequant.segmentation.coarse import coarse_copy
from strokequant.segmentation.cropping import box_around
from strokequant.segmentation.ct_head import smoothed_inside

SHAPE = (11, 37, 41)
GRID = Geometry.from_affine(np.diag([0.5, 0.45, 1.0, 1.0]), SHAPE)


def ball(center, radius):
    apart = np.indices(SHAPE) - np.array(center).reshape(3, 1, 1, 1)
    return (apart**2).sum(axis=0) < radius**2


@pytest.mark.parametrize(
    "mask", [ball((5, 20, 20), 4), ball((10, 36, 40), 5), ball((0, 0, 0), 3), np.zeros(SHAPE, bool)]
)
def test_shares_of_a_mask_are_its_block_means(mask):
    sizes = {"pixel_mm": 1.0, "slice_mm": 2.5}
    share, values = (coarse_copy(one, GRID, **sizes) for one in (mask, mask.astype(np.float32)))
    assert share.factors == (2, 2, 2) and np.array_equal(share.values, values.values)


def test_a_mean_over_a_mask_is_that_of_the_whole_image():
    mask, values = ball((5, 18, 30), 9), np.random.default_rng(1).normal(30, 5, SHAPE).astype(np.float32)
    sd = (0, 1.5 / 0.45, 1.5 / 0.5)
    whole = ndimage.gaussian_filter(np.where(mask, values, np.float32(0)), sd)
    whole /= np.maximum(ndimage.gaussian_filter(mask.astype(np.float32), sd), 1e-3)
    found = smoothed_inside(values, mask, GRID, 1.5)
    assert np.array_equal(found[mask], whole[mask]) and not found[~mask].any()


def test_a_box_ends_with_the_image():
    assert box_around(ball((0, 18, 40), 3), (2, 5, 5)) == (slice(0, 6), slice(10, 27), slice(32, 41))
