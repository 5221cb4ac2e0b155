"""Baseline and arrival from brain curves whose bolus is known."""

import numpy as np
import pytest
from vessel_brain import gamma, smeared

from strokequant.errors import Level
from strokequant.geometry import Geometry
from strokequant.maps.bolus import find_bolus, mean_curve
from strokequant.types import Mask, TimeSeries

STEP = 1.5
SHAPE = (2, 12, 12)
VOXELS = int(np.prod(SHAPE))


def grid():
    return Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), SHAPE)


def brain():
    return Mask(np.ones(SHAPE, bool), grid(), "brain", "drawn")


def bolus_of(mean, kind="ctp", *, noise=0.0, step=STEP, seed=0, **options):
    """Bolus of a series whose voxels all have this mean curve, with noise of their own."""
    mean = np.asarray(mean, float)
    rng = np.random.default_rng(seed)
    values = mean[:, None, None, None] + rng.normal(0, noise, (len(mean), *SHAPE))
    series = TimeSeries(values.astype(np.float32), grid(), np.arange(len(mean)) * step, "analytic", kind=kind)
    return find_bolus(series, brain(), **options)


def times(frames=40, step=STEP):
    return np.arange(frames) * step


def tissue(start=12.0, frames=40, step=STEP):
    """0 before `start`, peak about 1."""
    curve = smeared(times(frames, step), start, 1.5, 4.0)
    return curve / curve.max()


def hu(curve, height=6.0):
    return 35 + height * curve


def signal(curve, drop=0.4):
    return 100 * np.exp(np.log(1 - drop) * curve)


def codes(bolus, level=None):
    return [issue.code for issue in bolus.issues if level is None or issue.level is level]


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
@pytest.mark.parametrize("start", [9.0, 12.4, 20.0])
@pytest.mark.parametrize("step", [1.0, 1.5, 2.5])
def test_baseline_ends_one_frame_before_arrival_and_holds_no_contrast(kind, start, step):
    curve = tissue(start, 60, step)
    bolus = bolus_of(signal(curve) if kind == "dsc" else hu(curve), kind, step=step)
    assert bolus.first == 0
    assert bolus.last == bolus.arrival - 1
    assert curve[: bolus.last].max() < 0.01
    assert curve[bolus.arrival] > 0.03 >= curve[bolus.arrival - 1]
    assert bolus.peak == curve.argmax()


@pytest.mark.parametrize("seed", range(8))
def test_noise_of_snr_20_moves_arrival_by_one_frame_at_most(seed):
    curve = tissue(13.0)
    clean = bolus_of(signal(curve), "dsc")
    noisy = bolus_of(signal(curve), "dsc", noise=5.0, seed=seed)
    assert abs(noisy.arrival - clean.arrival) <= 1
    assert curve[: noisy.last].max() < 0.05
    assert not noisy.issues


def test_noise_of_ct_is_no_bolus_issue():
    assert not bolus_of(hu(tissue(13.0), 4.0), noise=4.0, seed=3).issues


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_drift_of_the_scanner_does_not_move_the_baseline(kind):
    curve = tissue(15.0)
    drifting = curve + np.linspace(0, 0.15, len(curve))
    mean = signal(drifting) if kind == "dsc" else hu(drifting)
    bolus = bolus_of(mean, kind)
    assert abs(bolus.arrival - bolus_of(hu(curve)).arrival) <= 1
    assert not [issue for issue in bolus.issues if issue.blocks]


@pytest.mark.parametrize("frame", [2, 4, 20, 30])
def test_one_frame_that_moved_changes_nothing(frame):
    curve = tissue(13.0)
    moved = hu(curve)
    moved[frame] += 3.0
    clean, bolus = bolus_of(hu(curve)), bolus_of(moved)
    assert (bolus.arrival, bolus.last, bolus.peak) == (clean.arrival, clean.last, clean.peak)
    assert "D02" not in codes(bolus)


def test_a_jump_in_the_baseline_is_told_and_does_not_become_the_arrival():
    curve = tissue(15.0)
    jumped = curve + 0.2 * (np.arange(len(curve)) >= 4)
    bolus = bolus_of(hu(jumped))
    assert bolus.arrival == bolus_of(hu(curve)).arrival
    assert codes(bolus, Level.WARN) == ["D08"]


def test_frames_before_the_steady_state_are_left_out():
    mean = signal(tissue(15.0))
    mean[:4] *= [1.8, 1.3, 1.1, 1.03]
    mean[4] *= 1.002
    bolus = bolus_of(mean, "dsc")
    assert bolus.first == 4
    assert codes(bolus) == ["D07"]
    assert bolus.arrival == bolus_of(signal(tissue(15.0)), "dsc").arrival
    assert bolus_of(mean, "ctp").first == 0


@pytest.mark.parametrize(
    ("frames", "level"), [(7, None), (5, None), (4, Level.WARN), (3, Level.WARN), (2, Level.ASK), (1, Level.ASK)]
)
def test_length_of_the_baseline(frames, level):
    curve = tissue(30.0, 60)
    arrival = int(np.flatnonzero(curve > 0.03)[0])
    bolus = bolus_of(hu(curve[arrival - 1 - frames :]))
    assert bolus.last - bolus.first == frames, bolus
    assert [(i.code, i.level) for i in bolus.issues] == ([("D03", level)] if level else [])


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
@pytest.mark.parametrize("late", [1, 4, 6])
def test_scan_that_starts_within_the_bolus_is_refused(kind, late):
    curve = tissue(1.5, 45)[late:]
    bolus = bolus_of(signal(curve) if kind == "dsc" else hu(curve), kind)
    assert codes(bolus, Level.STOP) == ["D04"]
    assert bolus.last == bolus.first


@pytest.mark.parametrize("noise", [0.0, 2.0, 5.0])
@pytest.mark.parametrize("drift", [0.0, 3.0])
@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_no_contrast_agent(noise, drift, kind):
    bolus = bolus_of(80 + np.linspace(0, drift, 40), kind, noise=noise, seed=5)
    assert codes(bolus, Level.STOP) == ["D01"]
    assert bolus.last == bolus.first


def test_approach_to_the_steady_state_is_no_bolus_of_the_wrong_sign():
    mean = 99 + np.zeros(40)
    mean[:5] = [142, 106, 100.3, 99.3, 99.1]
    bolus = bolus_of(mean, "dsc")
    assert bolus.first == 3
    assert codes(bolus, Level.STOP) == ["D01"]


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_wrong_sign(kind):
    curve = tissue(15.0)
    mean = 100 + 30 * curve if kind == "dsc" else 35 - 6 * curve
    assert codes(bolus_of(mean, kind), Level.STOP) == ["D06"]


def test_overshoot_after_the_bolus_is_not_the_wrong_sign():
    curve = tissue(12.0) - 0.3 * (1 - np.exp(-np.maximum(times() - 20, 0) / 10))
    assert not [i for i in bolus_of(signal(curve), "dsc").issues if i.blocks]


def test_two_boluses_ask_and_a_reader_can_accept_them():
    curve = tissue(12.0, 60) + 0.8 * tissue(45.0, 60)
    bolus = bolus_of(hu(curve))
    assert codes(bolus, Level.ASK) == ["D02"]
    assert bolus.arrival == bolus_of(hu(tissue(12.0, 60))).arrival
    accepted = bolus_of(hu(curve), baseline=(0, 6))
    assert codes(accepted, Level.WARN) == ["D02"]
    assert not [issue for issue in accepted.issues if issue.blocks]


def test_recirculation_is_no_second_bolus():
    t = times(60)
    artery = gamma(t, 12) + 0.15 * gamma(t, 20, 4.0) + 0.06 * (1 - np.exp(-np.maximum(t - 16, 0) / 6))
    assert not bolus_of(hu(artery)).issues
    assert not bolus_of(hu(tissue(12.0, 60) + 0.2 * smeared(t, 30, 3.0, 4.0))).issues


@pytest.mark.parametrize(("end_s", "level"), [(19.5, Level.STOP), (25.5, Level.WARN), (60.0, None)])
def test_scan_that_ends_within_the_bolus(end_s, level):
    curve = smeared(np.arange(0, end_s, STEP), 12.0, 1.5, 6.0) / 0.6
    bolus = bolus_of(hu(curve))
    assert [i.level for i in bolus.issues if i.code == "D05"] == ([level] if level else [])


def test_baseline_by_hand():
    bolus = bolus_of(hu(tissue(15.0)), baseline=(1, 5))
    assert (bolus.first, bolus.last) == (1, 5)
    assert [(i.code, i.level) for i in bolus.issues] == [("D15", Level.INFO), ("D03", Level.WARN)]
    short = bolus_of(hu(tissue(15.0)), baseline=(1, 3))
    assert not [issue for issue in short.issues if issue.blocks]
    over = bolus_of(hu(tissue(12.0)), baseline=(0, 14))
    assert ("D15", Level.WARN) in [(i.code, i.level) for i in over.issues]
    for nonsense in [(5, 5), (-1, 4), (3, 99), (7, 2)]:
        assert codes(bolus_of(hu(tissue(15.0)), baseline=nonsense), Level.STOP) == ["D15"]


@pytest.mark.parametrize("change", ["kind", "short", "nan", "empty", "shape", "negative"])
def test_what_is_no_dynamic_series(change):
    mean = signal(tissue(12.0))
    frames = 6 if change == "short" else len(mean)
    values = np.repeat(mean[:frames], VOXELS).reshape(frames, *SHAPE).astype(np.float32)
    mask = np.zeros(SHAPE, bool) if change == "empty" else np.ones(SHAPE, bool)
    geometry = grid()
    if change == "nan":
        values[3] = np.nan
    if change == "negative":
        values[:] -= 200
    if change == "shape":
        mask = np.ones((2, 3, 3), bool)
        geometry = Geometry.from_affine(np.eye(4), mask.shape)
    series = TimeSeries(
        values, grid(), np.arange(frames) * STEP, "analytic", kind="flair" if change == "kind" else "dsc"
    )
    bolus = find_bolus(series, Mask(mask, geometry, "brain", "drawn"))
    assert codes(bolus, Level.STOP) == ["D13"]
    assert bolus.last == 0


def test_mean_curve_leaves_out_what_is_not_finite():
    values = np.ones((3, *SHAPE), np.float32)
    values[1, 0, 0, 0] = np.nan
    values[2] = 4
    assert mean_curve(values, np.ones(SHAPE, bool)).tolist() == [1, 1, 4]
    outside = np.ones(SHAPE, bool)
    outside[0, 0, 0] = False
    assert mean_curve(values, outside).tolist() == [1, 1, 4]


def test_whatever_the_curve_frames_stay_in_the_series_and_nothing_fails():
    rng = np.random.default_rng(1)
    for n in range(150):
        frames = int(rng.integers(8, 60))
        course = [
            rng.normal(size=frames),
            np.cumsum(rng.normal(size=frames)),
            rng.integers(0, 3, frames).astype(float),
            np.arange(frames) > rng.integers(0, frames),
            np.zeros(frames),
        ][n % 5]
        bolus = bolus_of(100 + (course * rng.choice([0.01, 1, 20])).clip(-90, 900), ["dsc", "ctp"][n % 2])
        assert 0 <= bolus.first <= bolus.last <= frames
        assert max(bolus.arrival, bolus.peak) < frames
        assert bolus.last > bolus.first or codes(bolus, Level.STOP)
