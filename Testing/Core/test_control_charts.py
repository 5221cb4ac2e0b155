"""Control charts: every rule on the pattern that it is for, and average run lengths as published."""

import numpy as np
import pytest

from strokequant.statistics.control_charts import cusum, westgard

RUNS = 6000


def broken(z):
    return {rule: np.flatnonzero(marked).tolist() for rule, marked in westgard(np.array(z)).items() if marked.any()}


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([0, 3.1, 0], {"1_3s": [1]}),
        ([0, 3.0, 0], {}),
        ([-2.1, -2.2, 0], {"2_2s": [1]}),
        ([2.1, -2.1], {"R_4s": [1]}),
        ([2.1, 0.5, -2.1], {}),
        ([2.1, -1.95], {}),
        ([1.1, 1.2, 1.3, 1.4, 0.5], {"4_1s": [3]}),
        ([1.1, 1.2, -1.3, 1.4, 1.5], {}),
        ([0.1] * 10 + [-0.1], {"10_x": [9]}),
        ([0.1] * 9 + [-0.1], {}),
        ([], {}),
    ],
)
def test_rules(z, expected):
    assert broken(z) == expected


def test_cusum_by_hand():
    found = cusum(np.array([1.0, 2.0, -1.0, 3.0, 3.0]), k=0.5, h=4)
    assert found.upper.tolist() == [0.5, 2.0, 0.5, 3.0, 5.5]
    assert found.lower.tolist() == [0.0, 0.0, 0.5, 0.0, 0.0]
    assert found.signals.tolist() == [False, False, False, False, True]


def test_cusum_starts_again_after_a_signal():
    assert cusum(np.full(12, 6.0)).signals.tolist() == [True] * 12
    assert cusum(np.full(6, 3.0)).upper.tolist() == [2.5, 5.0, 7.5, 2.5, 5.0, 7.5]


def average_run_length(chart, shift, points, seed=11):
    """Mean position of the first signal; `points` is so long that hardly a run is cut."""
    z = np.random.default_rng(seed).normal(shift, 1, (RUNS, points))
    signals = chart(z)
    first = np.where(signals.any(axis=-1), signals.argmax(axis=-1) + 1, points)
    assert (~signals.any(axis=-1)).mean() < 0.002
    return first.mean()


def shewhart(z):
    return westgard(z)["1_3s"]


def all_rules(z):
    return np.logical_or.reduce(list(westgard(z).values()))


@pytest.mark.parametrize(
    ("chart", "shift", "points", "published"),
    [
        (shewhart, 0.0, 2600, 370.4),
        (shewhart, 0.5, 1200, 155.2),
        (shewhart, 1.0, 400, 43.9),
        (shewhart, 2.0, 80, 6.30),
        (lambda z: cusum(z).signals, 0.0, 3200, 465.4),
        (lambda z: cusum(z).signals, 0.5, 400, 38.0),
        (lambda z: cusum(z).signals, 1.0, 120, 10.4),
        (lambda z: cusum(z).signals, 2.0, 40, 4.01),
        (lambda z: cusum(z, h=4).signals, 0.0, 1400, 167.7),
        (lambda z: cusum(z, h=4).signals, 1.0, 120, 8.38),
        (all_rules, 0.0, 1200, 159),
        (all_rules, 0.5, 400, 47),
        (all_rules, 1.0, 120, 12.8),
        (all_rules, 2.0, 60, 3.4),
    ],
)
def test_average_run_lengths(chart, shift, points, published):
    assert average_run_length(chart, shift, points) == pytest.approx(published, rel=0.05)
