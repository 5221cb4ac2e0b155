"""Uneven frames, missing frames and slices with times of their own."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import Brain, aif, artery, curves, tissue

from strokequant.errors import MapError
from strokequant.maps.time_grid import even_grid, has_gap, interpolation_matrix, plan_times, trapezoid_weights
from strokequant.maps.voxelwise import voxel_values
from strokequant.perfusion_config import DeconvolutionConfig

CBF = np.array([60.0, 25, 45, 20, 12, 60, 25])
MTT = np.array([4.0, 4.8, 6, 8, 12, 4, 12])
DELAY = np.array([0.5, 1.5, 4, 8, 11, 3.3, 6.2])
EVEN = np.arange(54) * 1.5
SLOWING = np.concatenate([np.arange(30) * 1.5, 43.5 + 3 * np.arange(1, 11)])
JITTER = EVEN + np.random.default_rng(1).uniform(-0.3, 0.3, len(EVEN))
CONFIG = DeconvolutionConfig()
CSVD10 = DeconvolutionConfig(threshold=0.10)


def measured(times, config=CONFIG, **more):
    found = voxel_values(curves(tissue(times, CBF, MTT, DELAY), times), aif(times), config=config, **more)
    return found, 6000.0 * found.flow, found.tmax_s.astype(float), 100.0 * found.volume


@pytest.mark.parametrize("config", [CONFIG, CSVD10], ids=["P 0.20", "P 0.10"])
@pytest.mark.parametrize("times", [SLOWING, JITTER], ids=["slowing", "jitter"])
def test_uneven_frames_give_what_even_frames_give(times, config):
    _, flow, tmax, volume = measured(times, config)
    grid = even_grid(times, config)
    even = grid.times_s
    _, even_flow, even_tmax, _ = measured(even, config)
    assert np.abs(flow / even_flow - 1).max() <= 0.02
    assert np.abs(tmax - even_tmax).max() <= 0.05
    assert np.abs(volume / (CBF * MTT / 60) - 1).max() <= 0.02


def test_mean_step_instead_of_real_times_would_be_wrong():
    mean = np.linspace(0, SLOWING[-1], len(SLOWING))
    wrong = voxel_values(curves(tissue(SLOWING, CBF, MTT, DELAY), mean), aif(mean, values=artery(SLOWING)))
    _, flow, tmax, _ = measured(SLOWING)
    assert (6000 * wrong.flow / flow).max() < 0.9
    assert np.abs(wrong.tmax_s - tmax).max() > 1


def test_one_missing_frame_is_bridged_in_real_time():
    """A frame of the wash-in of the artery is lost information: 3 % of CBF; 10 % is what is published as tolerable."""
    _, flow, tmax, volume = measured(EVEN)
    for frame in range(5, 25):
        found, bridged, late, area = measured(EVEN, leave_out=[frame])
        assert np.abs(bridged / flow - 1).max() <= 0.03
        assert np.abs(late - tmax).max() <= 0.2
        assert np.abs(area / volume - 1).max() <= 0.03
        assert found.time.grid.count == 54 and found.time.interpolated


@pytest.mark.parametrize(
    ("times", "gap"),
    [(EVEN, False), (SLOWING, False), (JITTER, False), (np.delete(EVEN, 9), True), (np.delete(EVEN, [9, 10]), True)],
)
def test_a_missing_frame_is_told_from_a_scan_that_slows_down(times, gap):
    assert has_gap(times) is gap


def test_a_frame_that_is_left_out_has_no_effect_whatever_is_in_it():
    values = tissue(EVEN, CBF, MTT, DELAY)
    spoiled = values.copy()
    spoiled[:, 9] = 1e6
    spoiled[:, 12] = np.nan
    spoiled_artery = artery(EVEN)
    spoiled_artery[[9, 12]] = -1e6, np.nan
    clean = voxel_values(curves(values, EVEN), aif(EVEN), leave_out=[9, 12])
    found = voxel_values(curves(spoiled, EVEN), aif(EVEN, values=spoiled_artery), leave_out=[9, 12])
    for name in ("flow", "volume", "tmax_s", "peak", "peak_s"):
        assert np.array_equal(getattr(found, name), getattr(clean, name))
    times = np.delete(EVEN, [9, 12])
    absent = voxel_values(curves(np.delete(values, [9, 12], axis=1), times), aif(times))
    assert found.flow == pytest.approx(absent.flow, rel=1e-5)
    assert found.tmax_s == pytest.approx(absent.tmax_s, abs=1e-4)


def test_frames_before_the_steady_state_never_count():
    values = tissue(EVEN, CBF, MTT, DELAY)
    values[:, :2] = -1.0
    data = curves(values, EVEN)
    data = replace(data, bolus=replace(data.bolus, first=2))
    found = voxel_values(data, aif(EVEN))
    assert 100 * found.volume == pytest.approx(CBF * MTT / 60, rel=0.02)
    assert list(found.time.used[:2]) == [2, 3]


def slice_series(spread, config=CONFIG, ignore=False):
    """Every slice at its own time against the same voxels at the time of the artery."""
    offsets = np.array([0.0, 0.25, 0.5, 0.75]) * spread
    slice_times = EVEN[:, None] + offsets
    values = np.concatenate([tissue(EVEN + offset, CBF, MTT, DELAY) for offset in offsets])
    mask = np.ones((4, 1, len(CBF)), bool)
    data = curves(values, EVEN, mask=mask, slice_times=None if ignore else slice_times)
    found = voxel_values(data, aif(EVEN), config=config)
    return found.flow.reshape(4, -1), found.tmax_s.reshape(4, -1), found.volume.reshape(4, -1)


@pytest.mark.parametrize("config", [CONFIG, CSVD10], ids=["P 0.20", "P 0.10"])
@pytest.mark.parametrize("spread", [1.5, -1.5])
def test_slices_are_taken_at_their_own_times(spread, config):
    flow, tmax, volume = slice_series(spread, config)
    assert np.abs(flow / flow[0] - 1).max() <= 0.01
    assert np.abs(tmax - tmax[0]).max() <= 0.02
    assert np.abs(volume / volume[0] - 1).max() <= 0.01


def test_interpolation_is_exacter_than_a_shift_of_tmax_by_the_offset():
    offsets = np.array([0.0, 0.25, 0.5, 0.75]) * 1.5
    flow, tmax, _ = slice_series(1.5)
    plain_flow, plain_tmax, _ = slice_series(1.5, ignore=True)
    shifted = plain_tmax + offsets[:, None]
    assert np.abs(tmax - tmax[0]).max() < np.abs(shifted - tmax[0]).max() / 2
    assert np.abs(flow / flow[0] - 1).max() < np.abs(plain_flow / flow[0] - 1).max() / 2
    assert np.abs(plain_tmax - tmax[0]).max() > 1


def test_time_to_peak_and_artery_follow_the_times_of_their_slices():
    found = voxel_values(curves(tissue(EVEN, CBF, MTT, DELAY), EVEN, slice_times=EVEN[:, None] + 0.7), aif(EVEN))
    plain = voxel_values(curves(tissue(EVEN, CBF, MTT, DELAY), EVEN), aif(EVEN))
    assert found.peak_s == pytest.approx(plain.peak_s + 0.7, abs=1e-4)
    late_artery = aif(EVEN + 0.6)
    found = voxel_values(curves(tissue(EVEN, CBF, MTT, DELAY), EVEN), late_artery)
    assert found.tmax_s == pytest.approx(plain.tmax_s, abs=0.05)


def test_interleaved_slices_keep_the_volume_within_2_percent():
    brain = Brain(shape=(10, 96, 96), spacing=(2.4, 2.4, 12.0))
    order = np.concatenate([np.arange(0, 10, 2), np.arange(1, 10, 2)])
    offsets = np.empty(10)
    offsets[order] = np.arange(10) * 0.15
    times = np.arange(60) * 1.5
    depth = np.repeat(np.arange(10), np.count_nonzero(brain.mask, axis=(1, 2)))
    delay_of = brain.delay
    brain.delay = delay_of - offsets[depth]
    late = brain.concentration(times)
    brain.delay = delay_of
    reference = voxel_values(brain.curves(brain.concentration(times), times), brain.aif(times)).tmax_s > 6
    corrected = brain.curves(late, times, slice_times=times[:, None] + offsets)
    found = voxel_values(corrected, brain.aif(times)).tmax_s > 6
    ignored = voxel_values(brain.curves(late, times), brain.aif(times)).tmax_s > 6
    assert found.sum() / reference.sum() == pytest.approx(1, abs=0.02)
    assert 2 * (found & reference).sum() / (found.sum() + reference.sum()) > 0.985
    assert abs(ignored.sum() / reference.sum() - 1) > 0.05


def test_grid_of_even_frames_is_the_frames():
    grid = even_grid(EVEN + 3.0)
    assert (grid.start_s, grid.step_s, grid.count) == (3.0, 1.5, 54)
    rounded = np.round(EVEN * 1.0043, 2)
    assert even_grid(rounded).count == 54


def test_grid_of_uneven_frames_has_the_fine_step():
    assert even_grid(SLOWING).step_s == pytest.approx(1.5)
    assert even_grid(SLOWING).count == 50
    assert even_grid(np.delete(EVEN, [7, 8, 20])).times_s == pytest.approx(EVEN)
    chance = np.sort(np.append(EVEN, 20.26))
    assert even_grid(chance).step_s == pytest.approx(1.5, rel=0.01)


def test_interpolation_is_exact_at_the_frames_and_holds_the_ends():
    matrix = interpolation_matrix(JITTER, JITTER)
    assert matrix == pytest.approx(np.eye(len(JITTER)), abs=1e-12)
    outside = interpolation_matrix(JITTER, np.array([JITTER[0] - 1, JITTER[-1] + 1]))
    assert outside[0, 0] == 1 and outside[1, -1] == pytest.approx(1)
    line = interpolation_matrix(JITTER, EVEN[2:50]) @ JITTER
    assert line == pytest.approx(EVEN[2:50], abs=1e-9)


def test_trapezoid_weights():
    times = np.array([0.0, 1.0, 3.0, 3.5])
    values = np.array([2.0, 4.0, 0.0, 6.0])
    assert trapezoid_weights(times) @ values == pytest.approx(np.trapezoid(values, times))


def test_artery_from_a_file_with_times_of_its_own():
    own = np.arange(0, 85, 1.0)
    found = voxel_values(curves(tissue(EVEN, CBF, MTT, DELAY), EVEN), aif(own))
    _, flow, tmax, _ = measured(EVEN)
    assert 6000 * found.flow == pytest.approx(flow, rel=0.02)
    assert found.tmax_s == pytest.approx(tmax, abs=0.05)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aif": aif(np.arange(0, 40, 1.0))}, "AIF from 0.00 to 39.00 s"),
        ({"aif": aif(EVEN, values=np.zeros(54))}, "positive peak"),
        ({"aif": aif(EVEN, values=np.where(EVEN == 15, np.nan, artery(EVEN)))}, "finite"),
        ({"leave_out": [54]}, "to leave out"),
        ({"leave_out": range(8, 54)}, "8 usable"),
        ({"slice_times": np.full((54, 1), np.nan)}, "slice 0"),
        ({"slice_times": EVEN[::-1, None]}, "rising"),
    ],
)
def test_what_cannot_be_put_on_a_grid_is_refused(change, words):
    data = curves(tissue(EVEN, CBF, MTT, DELAY), EVEN, slice_times=change.get("slice_times"))
    with pytest.raises(MapError, match=words) as caught:
        plan_times(data, change.get("aif", aif(EVEN)), leave_out=change.get("leave_out", ()), config=CONFIG)
    assert caught.value.issues[0].code == "D20"
