"""Motion of frames: exact motions of a head given by formulas are measured and undone while a bolus passes."""

import numpy as np
import pytest
from moving_head import grid, matrix, series

from strokequant.errors import Level
from strokequant.geometry import Geometry
from strokequant.maps.motion import correct_motion
from strokequant.perfusion_config import MotionConfig

FRAMES = 14
BOLUS = np.array([0, 0, 0, 0, 0, 0.3, 0.9, 1.0, 0.7, 0.4, 0.25, 0.2, 0.2, 0.2])
STILL = matrix((0, 0, 0), (0, 0, 0))
SHAKEN = {6: matrix((2, -3, 5), (3, -4, 2)), 7: matrix((-5, 1, 2), (-2, 5, -3)), 8: matrix((1, 4, -4), (4, 3, 5))}
BASELINE = range(1, 5)


def motions(moved: dict) -> list[np.ndarray]:
    return [moved.get(n, STILL) for n in range(FRAMES)]


def left_mm(geometry: Geometry, trace, truth) -> np.ndarray:
    """Root mean square distance between where the measured motion puts the head and where it is."""
    rng = np.random.default_rng(0)
    points = rng.uniform((-60, -75, -40), (60, 75, 40), (500, 3))
    center = geometry.to_lps((np.array(geometry.shape) - 1)[None] / 2)[0]
    found = [matrix(r, (0, 0, 0)) for r in trace.rotations_deg]
    left = []
    for n, exact in enumerate(truth):
        measured = (points - center) @ found[n][:3, :3].T + center + trace.translations_mm[n]
        left.append(np.sqrt(((measured - points @ exact[:3, :3].T - exact[:3, 3]) ** 2).sum(axis=1).mean()))
    return np.array(left)


@pytest.mark.parametrize(("kind", "noise"), [("dsc", 3.0), ("ctp", 1.5)])
def test_motion_during_the_bolus_is_measured_within_half_a_millimeter(kind, noise):
    moving = series(kind, motions(SHAKEN), BOLUS, grid(), noise=noise)
    trace = correct_motion(moving, BASELINE).trace
    assert left_mm(grid(), trace, motions(SHAKEN)).max() < 0.5
    assert trace.displacement_mm[[6, 7, 8]].min() > 4
    assert trace.rejected == ()
    assert "M03" in {i.code for i in trace.issues}


def test_a_round_head_in_thick_slices_is_registered_and_kept():
    """A skull that curves from slice to slice of 8 mm: compared at 4 mm of blur it was 1.8 mm off, and the frame refused as torn."""
    geometry = grid((18, 48, 48), (4.8, 4.8, 8.0))
    moved = motions({7: SHAKEN[8]})
    trace = correct_motion(series("ctp", moved, BOLUS, geometry, noise=1.5), BASELINE).trace
    assert left_mm(geometry, trace, moved).max() < 0.5
    assert trace.rejected == ()


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_tilted_slices_stay_within_the_residual_that_is_warned_about(kind):
    geometry = grid(tilt_deg=18.0)
    moving = series(kind, motions(SHAKEN), BOLUS, geometry)
    found = correct_motion(moving, BASELINE)
    assert left_mm(geometry, found.trace, motions(SHAKEN)).max() < MotionConfig().residual_warn_mm
    resting = series(kind, motions({}), BOLUS, geometry)
    inside = found.covered & (resting.values[0] > 20) & (resting.values[0] < 200)
    before, after = (np.abs(s.values[7] - resting.values[7])[inside].mean() for s in (moving, found.series))
    assert after < before / 1.5


def test_corrected_frames_are_those_of_a_head_at_rest():
    moving = series("dsc", motions(SHAKEN), BOLUS, grid())
    resting = series("dsc", motions({}), BOLUS, grid())
    found = correct_motion(moving, BASELINE)
    inside = (resting.values[0] > 80) & found.covered
    before, after = (np.abs(s.values[7] - resting.values[7])[inside].mean() for s in (moving, found.series))
    assert after < before / 5
    assert not found.covered.all(), "slices that left the image are named"
    assert found.covered[4:10].any()


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_in_place_gives_the_same_frames_and_else_the_series_stays(kind):
    moving = series(kind, motions(SHAKEN), BOLUS, grid((8, 48, 48), (4.8, 4.8, 8.0)))
    before = moving.values.copy()
    apart = correct_motion(moving, BASELINE)
    assert apart.trace.corrected and np.array_equal(moving.values, before)
    over = correct_motion(moving, BASELINE, in_place=True)
    assert over.series.values is moving.values
    assert np.array_equal(over.series.values, apart.series.values)
    assert np.array_equal(over.covered, apart.covered)


def test_a_bolus_is_no_motion():
    resting = series("dsc", motions({}), BOLUS, grid(), noise=2.0)
    found = correct_motion(resting, BASELINE)
    assert found.series is resting
    assert found.trace.displacement_mm.max() < 0.4
    assert not found.trace.corrected and found.trace.issues == ()


def test_a_head_rest_does_not_hold_the_head_back():
    moved = {n: matrix((0, 0, 4), (5, -2, 0)) for n in range(6, FRAMES)}
    moving = series("ctp", motions(moved), BOLUS, grid(), noise=1.5, table=True)
    trace = correct_motion(moving, BASELINE).trace
    assert left_mm(grid(), trace, motions(moved)).max() < 0.5


def test_a_slab_of_four_slices_moves_in_plane():
    geometry = grid((4, 64, 64), (3.6, 3.6, 8.0))
    moved = {n: matrix((0, 0, -4), (3, 4, 0)) for n in range(6, 9)}
    moving = series("ctp", motions(moved), BOLUS, geometry, noise=1.5)
    trace = correct_motion(moving, BASELINE).trace
    assert left_mm(geometry, trace, motions(moved)).max() < 0.5
    assert trace.rotations_deg[:, :2] == pytest.approx(0)
    assert trace.translations_mm[:, 2] == pytest.approx(0)
    assert "M06" in {i.code for i in trace.issues}


def test_a_torn_frame_is_replaced_by_the_line_between_its_neighbors():
    resting = series("dsc", motions({}), BOLUS, grid(), noise=2.0)
    other = series("dsc", motions({10: matrix((0, 0, 25), (15, 0, 0))}), BOLUS, grid(), noise=2.0)
    resting.values[10, ::2] = other.values[10, ::2]
    found = correct_motion(resting, BASELINE)
    assert found.trace.rejected == (10,)
    assert np.allclose(found.series.values[10], (resting.values[9] + resting.values[11]) / 2, atol=1e-4)
    assert [i.code for i in found.trace.issues if i.level is Level.WARN] == ["M05"]


def test_too_many_torn_frames_are_no_measurement():
    moved = {n: matrix((0, 0, 0), (60, 0, 0)) for n in (5, 7, 9, 11)}
    moving = series("dsc", motions(moved), BOLUS, grid(), noise=2.0)
    issues = correct_motion(moving, BASELINE, config=MotionConfig(largest_mm=20)).trace.issues
    assert [i.level for i in issues if i.code == "M05"] == [Level.STOP]


def test_slices_that_cannot_be_registered_are_left_with_a_warning():
    steps = np.concatenate([np.arange(7) * 6.0, 42 + np.arange(7) * 9.0])
    origins = [(-115.0, -115.0, z) for z in steps]
    uneven = Geometry.from_slices(origins, (1, 0, 0, 0, 1, 0), (3.6, 3.6), (64, 64))
    still = series("dsc", motions({}), BOLUS, grid())
    moving = type(still)(still.values, uneven, still.times_s, "test", kind="dsc")
    found = correct_motion(moving, BASELINE)
    assert found.series is moving
    assert [(i.code, i.level) for i in found.trace.issues] == [("M02", Level.WARN)]


def test_skull_that_comes_into_the_stack_from_beyond_it_stays_out_of_the_brain():
    """The lowest slices of a moved frame show the base of the skull, which the baseline does not."""
    geometry = grid((12, 64, 64), (3.6, 3.6, 6.0))
    affine = np.array(geometry.affine)
    affine[2, 3] = -50
    low = Geometry.from_affine(affine, geometry.shape)
    moved = motions({n: matrix((3, 0, 0), (0, 0, 3)) for n in (7, 8)})
    resting, found = series("ctp", motions({}), BOLUS, low), correct_motion(series("ctp", moved, BOLUS, low), BASELINE)
    soft = found.covered & (resting.values[0] > 20) & (resting.values[0] < 80)
    assert soft[1].sum() > 200
    assert np.abs(found.series.values[7] - resting.values[7])[soft].max() < 5
