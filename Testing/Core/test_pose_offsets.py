"""Offsets that poses leave in curves: known ones, added to exact curves, are taken off; what no pose touched stays as it is."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import Brain, curves

from strokequant.maps.pose_offsets import without_pose_offsets
from strokequant.maps.voxelwise import voxel_values
from strokequant.perfusion_types import MotionTrace

TIMES = np.arange(40) * 1.5
HU = 350.0
SHAKEN = (8, 9, 10, 11, 12)
VARIED_HU, EVEN_HU = 2.5, 0.3


def trace(shifts: dict[int, float], rejected=()) -> MotionTrace:
    """Motion of frames by mm to the left, which is that of every point of the head."""
    shift = np.zeros((len(TIMES), 3))
    for frame, millimeters in shifts.items():
        shift[frame, 0] = millimeters
    return MotionTrace(shift, np.zeros_like(shift), np.abs(shift[:, 0]), np.zeros(len(TIMES)), rejected, corrected=True)


class Shaken:
    """A brain, half of it in varied surroundings, that is nodded to and fro while the bolus comes."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.brain = Brain(shape=(8, 64, 64), spacing=(3.4, 3.4, 8.0), onset=6.0)
        mask = self.brain.mask
        self.truth = HU * self.brain.concentration(TIMES)
        self.aif = self.brain.aif(TIMES)
        self.baseline = np.full(mask.shape, 32.0, np.float32)
        self.baseline[:, 32:] += 8 * (-1) ** np.indices(mask.shape).sum(axis=0)[:, 32:]
        self.varied = (np.indices(mask.shape)[1] >= 35)[mask]
        self.even = (np.indices(mask.shape)[1] < 29)[mask]
        sizes = np.where((np.indices(mask.shape)[1] >= 32)[mask], VARIED_HU, EVEN_HU)
        offsets = sizes[:, None] * rng.standard_normal((len(sizes), 2))
        noisy = self.truth + 0.5 * rng.standard_normal(self.truth.shape)
        for frame in SHAKEN:
            noisy[:, frame] += offsets[:, frame % 2]
        self.curves = curves(noisy, TIMES, mask=mask, spacing=(3.4, 3.4, 8.0))
        self.trace = trace({frame: (-4.0, 4.0)[frame % 2] for frame in SHAKEN})

    def corrected(self, motion: MotionTrace):
        """Curves after correction; those of the study stay."""
        own = replace(self.curves, values=self.curves.values.copy())
        return without_pose_offsets(own, self.baseline, self.brain.mask, motion)

    def error(self, values, voxels) -> float:
        """Root mean square in the moved frames."""
        off = (values - self.truth)[np.ix_(voxels, SHAKEN)]
        return float(np.sqrt((off**2).mean()))

    def late(self, values) -> np.ndarray:
        """(n,) bool, Tmax > 6 s."""
        return voxel_values(replace(self.curves, values=np.asarray(values, np.float32)), self.aif).tmax_s > 6


@pytest.fixture(scope="module")
def shaken() -> Shaken:
    return Shaken()


def test_offsets_of_poses_are_taken_off(shaken):
    found = shaken.corrected(shaken.trace)
    before, after = (shaken.error(one.values, shaken.varied) for one in (shaken.curves, found))
    assert before > 2 and after < 0.6 * before
    assert shaken.error(found.values, shaken.even) < shaken.error(shaken.curves.values, shaken.even)
    assert found.parameters["poses"] == 2
    assert found.parameters["pose_offset_sd"] == pytest.approx(np.hypot(VARIED_HU, EVEN_HU) / np.sqrt(2), rel=0.15)


def test_late_tissue_is_that_of_a_still_head(shaken):
    still, moved = shaken.late(shaken.truth), shaken.late(shaken.curves.values)
    found = shaken.late(shaken.corrected(shaken.trace).values)
    assert np.count_nonzero(found) == pytest.approx(np.count_nonzero(still), rel=0.05)
    wrong = [np.count_nonzero((one != still)[shaken.varied]) for one in (moved, found)]
    assert wrong[1] < 0.4 * wrong[0]


def test_other_frames_stay_as_they_are(shaken):
    found = shaken.corrected(shaken.trace)
    rest = np.setdiff1d(np.arange(len(TIMES)), SHAKEN)
    assert np.array_equal(found.values[:, rest], shaken.curves.values[:, rest])


def test_a_rejected_frame_stays_as_it_was_bridged(shaken):
    found = shaken.corrected(replace(shaken.trace, rejected=(10,)))
    assert np.array_equal(found.values[:, 10], shaken.curves.values[:, 10])
    assert not np.array_equal(found.values[:, 9], shaken.curves.values[:, 9])


def test_vessels_keep_their_curves(shaken):
    values = shaken.curves.values.copy()
    values[:20] += 20 * values.max() * shaken.aif.values
    own = replace(shaken.curves, values=values.copy())
    found = without_pose_offsets(own, shaken.baseline, shaken.brain.mask, shaken.trace)
    assert np.array_equal(found.values[:20], values[:20])
    assert not np.array_equal(found.values[20:], values[20:])


@pytest.mark.parametrize("motion", [trace({}), trace({8: 0.3, 9: 0.2}), trace({8: 4.0}, rejected=(8,))])
def test_a_head_at_rest_changes_nothing(shaken, motion):
    assert without_pose_offsets(shaken.curves, shaken.baseline, shaken.brain.mask, motion) is shaken.curves


def test_too_few_voxels_tell_no_offsets(shaken):
    few = np.zeros_like(shaken.brain.mask)
    few[4, 30:34, 30:34] = True
    assert without_pose_offsets(shaken.curves, shaken.baseline, few, shaken.trace) is shaken.curves


def test_a_second_run_gives_the_same_bytes(shaken):
    first, second = (shaken.corrected(shaken.trace).values for _ in range(2))
    assert first.tobytes() == second.tobytes()
