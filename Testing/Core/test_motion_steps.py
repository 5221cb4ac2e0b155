"""Steps that motion leaves in curves: told from tissue that is late, leaky or noisy, and from a scan that ends soon."""

from dataclasses import replace

import numpy as np
import pytest
from moving_head import grid, matrix, series
from perfusion_objects import curves, tissue

from strokequant.maps.motion_steps import change_by_motion, left_steps
from strokequant.maps.rigid import RigidSearch
from strokequant.perfusion_config import MotionConfig
from strokequant.perfusion_types import Bolus

TIMES = np.arange(56) * 1.5
FLOW = np.array([60.0, 25, 11, 5, 2])
TRANSIT = np.array([4.0, 4.8, 8, 12, 16])
DELAY = np.array([0.5, 1.5, 8, 11, 12])


def study(values, times=TIMES):
    data = curves(np.asarray(values, np.float32), times)
    return replace(data, bolus=Bolus(0, 6, 7, 11, np.zeros(len(times))))


def flags(values, change=1.0, times=TIMES):
    data = study(values, times)
    return left_steps(data, np.full(data.mask.shape, change, np.float32))[data.mask]


def a_step(height, at=9):
    return np.where(np.arange(len(TIMES)) >= at, height, 0.0)


def test_steps_are_found_beside_tissue_that_is_late():
    late = tissue(TIMES, FLOW, TRANSIT, DELAY)
    assert flags(np.vstack([*late, a_step(0.02), a_step(0.1) + late[1]])).tolist() == [False] * 5 + [True, True]


def test_noise_makes_no_step_of_late_tissue():
    rng = np.random.default_rng(3)
    late = np.repeat(tissue(TIMES, FLOW, TRANSIT, DELAY), 200, axis=0)
    noisy = late + 0.1 * late.max(axis=1, keepdims=True) * rng.standard_normal(late.shape)
    assert flags(noisy).mean() < 0.005


def test_recirculation_makes_no_step():
    late = tissue(TIMES, FLOW, TRANSIT, DELAY)
    plateau = 0.25 * late.max(axis=1, keepdims=True) * (TIMES > 30)
    assert not flags(late + plateau).any()


def test_a_step_where_no_motion_changes_the_signal_is_left_alone():
    values = np.vstack([*tissue(TIMES, FLOW, TRANSIT, DELAY), a_step(0.02)])
    assert not flags(values, change=MotionConfig().step_change / 2).any()


@pytest.mark.parametrize("seconds", [35, 45])
def test_a_scan_that_ends_soon_after_the_bolus_tells_nothing(seconds):
    times = TIMES[seconds > TIMES]
    values = np.vstack([*tissue(times, FLOW, TRANSIT, DELAY), a_step(0.02)[: len(times)]])
    assert not flags(values, times=times).any()


def test_curves_without_a_peak_are_no_steps():
    assert not flags(np.vstack([np.zeros(56), -a_step(1.0), *tissue(TIMES, FLOW, TRANSIT, DELAY)]))[:2].any()


def test_change_by_motion_is_that_of_the_edges():
    geometry = grid()
    image = series("dsc", [matrix((0, 0, 0), (0, 0, 0))], np.zeros(1), geometry).values[0]
    assert change_by_motion(image, geometry, np.eye(4)).max() < 1e-3
    change = change_by_motion(image, geometry, matrix((0, 0, 3), (0, 0, 0)))
    steep = np.abs(np.gradient(image, axis=0)) > 0.2 * image.max()
    assert np.median(change[steep]) > 0.05
    flat = (image > 50) & (np.abs(np.gradient(image, axis=0)) < 1)
    assert np.median(change[flat]) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_a_search_may_begin_at_a_motion_that_was_rounded(seed):
    """Motions are kept to six decimals; a matrix of those is no exact rotation."""
    rng = np.random.default_rng(seed)
    geometry = grid()
    image = series("dsc", [matrix((0, 0, 0), (0, 0, 0))], np.zeros(1), geometry).values[0]
    search = RigidSearch(image, geometry)
    for _ in range(20):
        start = np.round(matrix(rng.uniform(-2, 2, 3), rng.uniform(-6, 6, 3)), 6)
        assert search.measure(image, 500, passes=1, start=start, judge=False).displacement_mm < 40
