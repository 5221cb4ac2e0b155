"""Control charts of standardized values z = (x - target) / sigma.

Shewhart charts with Westgard's rules (Clin Chem 1981;27:493): 1_3s beyond 3, 2_2s two in a row beyond 2 on one side, R_4s two in a row beyond 2 on
opposite sides, 4_1s four in a row beyond 1 on one side, 10_x ten in a row on one side. CUSUM (Page 1954; Montgomery, Introduction to Statistical
Quality Control): C+ = max(0, C+ + z - k), C- = max(0, C- - z - k), signal above h, then from 0 again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

WESTGARD_RULES = ("1_3s", "2_2s", "R_4s", "4_1s", "10_x")


def westgard(z: np.ndarray) -> dict[str, np.ndarray]:
    """Where each rule is broken: rule -> bool array like z.

    Args:
        z: (..., n) standardized values in order of time; a point is marked where it completes the pattern.
    """
    z = np.asarray(z, dtype=float)
    first, second = z[..., :-1], z[..., 1:]
    opposite = ((first > 2) & (second < -2)) | ((first < -2) & (second > 2))
    range_4s = np.zeros(z.shape, bool)
    range_4s[..., 1:] = opposite
    return {
        "1_3s": np.abs(z) > 3,
        "2_2s": _in_a_row(z > 2, 2) | _in_a_row(z < -2, 2),
        "R_4s": range_4s,
        "4_1s": _in_a_row(z > 1, 4) | _in_a_row(z < -1, 4),
        "10_x": _in_a_row(z > 0, 10) | _in_a_row(z < 0, 10),
    }


def _in_a_row(condition: np.ndarray, count: int) -> np.ndarray:
    """True where this and the `count` - 1 points before all hold."""
    marked = np.zeros(condition.shape, bool)
    if condition.shape[-1] >= count:
        marked[..., count - 1 :] = sliding_window_view(condition, count, axis=-1).all(axis=-1)
    return marked


@dataclass(frozen=True, eq=False)
class Cusum:
    """Sums of a CUSUM chart, each (..., n), and where it signals."""

    upper: np.ndarray
    lower: np.ndarray
    signals: np.ndarray


def cusum(z: np.ndarray, *, k: float = 0.5, h: float = 5.0) -> Cusum:
    """Two-sided CUSUM; both sums start from 0 again after a signal.

    Args:
        z: (..., n) standardized values in order of time.
        k: reference value, half the shift to be found, in sigmas.
        h: decision interval in sigmas.
    """
    z = np.asarray(z, dtype=float)
    upper, lower = np.zeros(z.shape), np.zeros(z.shape)
    signals = np.zeros(z.shape, bool)
    high, low = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for n in range(z.shape[-1]):
        high, low = np.maximum(0, high + z[..., n] - k), np.maximum(0, low - z[..., n] - k)
        upper[..., n], lower[..., n] = high, low
        signals[..., n] = (high > h) | (low > h)
        high, low = np.where(signals[..., n], 0, high), np.where(signals[..., n], 0, low)
    return Cusum(upper, lower, signals)
