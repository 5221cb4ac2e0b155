"""Gains of poses in a vessel on CT: what motion moves into the next slice comes back, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import artery, curves, tissue

from strokequant.perfusion_types import MotionTrace, Vessel, VesselCurve
from strokequant.vessels.pose_gain import without_pose_gains

TIMES = np.arange(40) * 1.5
HU = 300.0
TISSUE = HU * tissue(TIMES, 50.0, 4.5, 1.0)
ARTERY = HU * (artery(TIMES) + 0.1 * artery(TIMES - 12))
MASK = np.ones((5, 20, 20), bool)
SHAKEN = {8: 0.6, 9: 0.85, 10: 0.6, 11: 0.85, 12: 0.6}
"""Share of a vessel that stays in its slice, by frame; the rest is in the slice below."""
VOXELS = np.array([(2, j, i) for j in (9, 10) for i in (9, 10, 11)])


def trace(shares: dict[int, float]) -> MotionTrace:
    """One pose for each share, 4 mm times it apart."""
    shift = np.zeros((len(TIMES), 3))
    for frame, share in shares.items():
        shift[frame, 2] = 8.0 * (1 - share) + 1.5
    return MotionTrace(shift, np.zeros_like(shift), shift[:, 2], np.zeros(len(TIMES)), corrected=True)


def scan(shares: dict[int, float], *, kind="ctp", noise=1.0):
    """Curves of a vessel in tissue, and the vessel as its voxels show it."""
    stays = np.array([shares.get(frame, 1.0) for frame in range(len(TIMES))])
    values = np.tile(TISSUE, (MASK.size, 1)).reshape(*MASK.shape, -1)
    values[tuple(VOXELS.T)] += stays * (ARTERY - TISSUE)
    below = VOXELS - (1, 0, 0)
    values[tuple(below.T)] += (1 - stays) * (ARTERY - TISSUE)
    values += noise * np.random.default_rng(4).standard_normal(values.shape)
    flat = curves(values.reshape(MASK.size, -1), TIMES, mask=MASK, kind=kind)
    own = values[tuple(VOXELS.T)].mean(axis=0)
    return flat, VesselCurve(Vessel.AIF, own, TIMES, VOXELS, (0.0, 0.0, 0.0), "automatic", {"peak": float(own.max())})


def off(vessel: VesselCurve) -> float:
    """Largest distance from the artery, over its peak."""
    return float(np.abs(vessel.values - ARTERY).max() / ARTERY.max())


def test_what_moved_into_the_next_slice_comes_back():
    flat, vessel = scan(SHAKEN)
    found = without_pose_gains(vessel, flat, TISSUE, trace(SHAKEN))
    assert off(vessel) > 0.3 and off(found) < 0.04
    assert found.scores["pose_gain_least"] == pytest.approx(0.6, abs=0.03)
    assert found.scores["pose_gain_most"] == pytest.approx(0.85, abs=0.03)
    assert found.scores["peak"] == vessel.scores["peak"] and found.voxels is vessel.voxels


def test_a_head_that_moves_once_and_stays_there():
    """A step: the first frames of the rise are the ones at rest."""
    shares = dict.fromkeys(range(10, len(TIMES)), 0.6)
    flat, vessel = scan(shares)
    found = without_pose_gains(vessel, flat, TISSUE, trace(shares))
    assert off(vessel) > 0.3 and off(found) < 0.06


def test_a_vessel_that_motion_did_not_change_stays_nearly_the_same():
    flat, vessel = scan({})
    found = without_pose_gains(vessel, flat, TISSUE, trace(SHAKEN))
    assert off(found) < 0.03
    rest = np.setdiff1d(np.arange(len(TIMES)), list(SHAKEN))
    assert np.array_equal(found.values[rest], vessel.values[rest])


@pytest.mark.parametrize(
    ("kind", "moved"), [("dsc", SHAKEN), ("ctp", {}), ("ctp", dict.fromkeys(range(5, len(TIMES)), 0.6))]
)
def test_dsc_a_still_head_and_no_frame_at_rest_leave_a_vessel_alone(kind, moved):
    flat, vessel = scan(moved, kind=kind)
    assert without_pose_gains(vessel, flat, TISSUE, trace(moved)) is vessel


def test_surroundings_that_are_not_those_of_the_vessel_tell_nothing():
    flat, vessel = scan(SHAKEN)
    values = flat.values.copy()
    values[:, 8] += 60  # bone that came near in one frame
    assert without_pose_gains(vessel, replace(flat, values=values), TISSUE, trace(SHAKEN)) is vessel
