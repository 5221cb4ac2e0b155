"""Resampling: a linear image has one right answer on every grid, even, uneven, tilted or turned."""

import numpy as np
import pytest

from strokequant.config import GridConfig
from strokequant.errors import GeometryError, Level
from strokequant.geometry import Geometry
from strokequant.maps.resample import resample_to
from strokequant.types import Volume

AXIAL = (1.0, 0, 0, 0, 1, 0)


def stack(positions, spacing=2.0, shape=(40, 50), start=(0.0, 0.0), step=(0.0, 0.0), frame=""):
    """Axial slices; `step` shears them as a tilt does, in mm per mm."""
    origins = [(start[0] + p * step[0], start[1] + p * step[1], p) for p in positions]
    return Geometry.from_slices(
        origins, AXIAL, (spacing, spacing), shape, single_slice_extent=5.0, frame_of_reference=frame
    )


def points(geometry):
    k, j, i = np.meshgrid(*[np.arange(n) for n in geometry.shape], indexing="ij")
    return geometry.to_lps(np.stack([k.ravel(), j.ravel(), i.ravel()], axis=1)).reshape(*geometry.shape, 3)


def linear(geometry):
    """2 x - 3 y + 5 z + 7 at every voxel center."""
    values = points(geometry) @ np.array([2.0, -3, 5]) + 7
    return Volume(values.astype(np.float32), geometry)


UNEVEN = (0.0, 4, 8, 15, 22, 29)


@pytest.mark.parametrize(
    "source",
    [
        stack(np.arange(8) * 5.0),
        stack(UNEVEN),
        stack(UNEVEN, step=(0.0, 0.3)),
        stack(np.arange(8) * 5.0, step=(0.2, -0.1)),
    ],
    ids=["even", "uneven", "uneven and tilted", "tilted"],
)
@pytest.mark.parametrize("offset", [0.0, 1.3])
def test_linear_image_is_exact(source, offset):
    target = stack(np.arange(1, 27, 2.0) + offset, spacing=1.5, shape=(30, 40), start=(15.0, 12.0))
    out = resample_to(linear(source), target)
    np.testing.assert_allclose(out.values, linear(target).values, atol=2e-3)
    assert out.geometry is target


def test_turned_grid_is_exact():
    c, s = np.cos(0.2), np.sin(0.2)
    affine = np.array([[1.5 * c, -1.5 * s, 0, 20], [1.5 * s, 1.5 * c, 0, 10], [0, 0, 4, 3], [0, 0, 0, 1.0]])
    target = Geometry.from_affine(affine, (6, 30, 30))
    out = resample_to(linear(stack(np.arange(8) * 5.0, shape=(60, 60))), target)
    np.testing.assert_allclose(out.values, linear(target).values, atol=2e-3)


def test_slices_of_uneven_stacks_keep_their_true_position():
    """Index arithmetic with the mean step would take the value of another slice."""
    source = stack(UNEVEN)
    out = resample_to(linear(source), stack([15.0], shape=(40, 50)))
    np.testing.assert_array_equal(out.values[0], linear(source).values[3])


def test_same_grid_is_returned_as_it_is():
    volume = linear(stack(UNEVEN))
    assert resample_to(volume, stack(UNEVEN)) is volume


def test_end_slices_reach_half_their_extent():
    source = stack([0.0, 5, 10])
    out = resample_to(linear(source), stack([-2.4, 0.0, 5.0]))
    np.testing.assert_array_equal(out.values[0], linear(source).values[0])
    with pytest.raises(GeometryError):
        resample_to(linear(source), stack([-2.6, 0.0, 5.0]))


def test_record_and_fill():
    source = stack(np.arange(10) * 5.0)
    out = resample_to(
        linear(source), stack(np.arange(1, 11) * 5.0), fill=-1.0, config=GridConfig(overlap_min_percent=89.0)
    )
    assert (out.values[-1] == -1).all()
    assert out.provenance["resampled"]["overlap_percent"] == pytest.approx(90.0)
    assert [(i.code, i.level) for i in out.issues] == [("G17", Level.INFO)]


@pytest.mark.parametrize("target", [stack(np.arange(8) * 5.0 + 10), stack(np.arange(8) * 5.0, start=(12.0, 0.0))])
def test_little_overlap_is_refused(target):
    with pytest.raises(GeometryError) as caught:
        resample_to(linear(stack(np.arange(8) * 5.0)), target)
    assert [(i.code, i.level) for i in caught.value.issues] == [("G17", Level.STOP)]


def test_other_frame_of_reference_is_refused():
    with pytest.raises(GeometryError) as caught:
        resample_to(linear(stack(UNEVEN, frame="1.2")), stack(UNEVEN, spacing=1.0, frame="1.3"))
    assert "0020,0052" in caught.value.issues[0].found
