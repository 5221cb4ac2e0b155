"""Where a point lies in a head, without an atlas: by the mid-plane, the long axis of the brain and its extent.

Coordinates are those of an average adult brain, as wide, long and high as the one at hand: millimeters to the left, backward and
upward of a point near the anterior commissure. They tell a basal ganglion from a lobe and the cerebellum from both; no more.
"""

from dataclasses import dataclass

import numpy as np

from ..geometry import Geometry
from .sides import MidPlane

AVERAGE = np.array([70.0, 89.0, 80.0])
"""Average brain in mm: half of its width and of its length, height of the vertex above the anterior commissure (MNI 152)."""
MIDDLE_BACK = 16.0
"""Middle of its length lies this far behind the anterior commissure."""
LONG_AXIS_DEG = -15.5
"""Tilt of the long axis of its middle part against the line of both commissures: it falls backward, with the cerebellum."""
TILT_RANGE_DEG = 30.0
"""Heads are not nodded further; beyond, the brain is not covered and its long axis says nothing."""
MIDDLE_MM, LEAST_MM = 30.0, 110.0
"""Half of the width of that middle part; height of brain that must be covered for its long axis to count."""


@dataclass(frozen=True, eq=False)
class HeadFrame:
    """Axes of a head.

    Args:
        origin: LPS mm, near the anterior commissure.
        axes: (3, 3) unit rows: left, back, up.
        scale: (3,) average over this brain along them.
    """

    origin: np.ndarray
    axes: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, brain: np.ndarray, geometry: Geometry, midplane: MidPlane) -> "HeadFrame":
        """Frame of a (k, j, i) mask of brain; that of the scanner where little of it is covered."""
        index = np.argwhere(brain)
        step = max(1, len(index) // 20_000)
        points, weights = geometry.to_lps(index[::step]), geometry.voxel_volumes_mm3[index[::step, 0]]
        left = midplane.normal
        up = np.array([0.0, 0.0, 1.0]) - left[2] * left
        up /= np.linalg.norm(up)
        back = np.cross(up, left)
        if float(np.ptp(points @ up)) >= LEAST_MM:
            up, back = _nodded(points, weights, midplane, np.stack([left, back, up]))
        axes = np.stack([left, back, up])
        along = (points - midplane.point) @ axes.T
        low, high = np.quantile(along, [0.003, 0.997], axis=0)
        half = np.array([max(-low[0], high[0]), (high[1] - low[1]) / 2, 0.0])
        half[2] = AVERAGE[2] * half[1] / AVERAGE[1]
        middle = np.array([0.0, (high[1] + low[1]) / 2 - MIDDLE_BACK * half[1] / AVERAGE[1], high[2] - half[2]])
        return cls(midplane.point + middle @ axes, axes, AVERAGE / np.maximum(half, 1.0))

    def place(self, lps: np.ndarray) -> np.ndarray:
        """(n, 3) mm to the left, backward and upward of (n, 3) LPS points, in an average brain."""
        return (np.atleast_2d(lps) - self.origin) @ self.axes.T * self.scale


def _nodded(points: np.ndarray, weights: np.ndarray, midplane: MidPlane, axes: np.ndarray):
    """Up and back of a head that nods, by the long axis of its middle part."""
    left, back, up = axes
    near = np.abs(midplane.leftward_mm(points)) < MIDDLE_MM
    plane = points[near] @ np.stack([back, up]).T
    spread = np.cov(plane.T, aweights=weights[near])
    long = np.linalg.eigh(spread)[1][:, 1]
    long = long if long[0] > 0 else -long
    nod = np.degrees(np.arctan2(long[1], long[0])) - LONG_AXIS_DEG
    turn = np.radians(np.clip(nod, -TILT_RANGE_DEG, TILT_RANGE_DEG)) if abs(nod) < 2 * TILT_RANGE_DEG else 0.0
    turned = np.cos(turn) * back + np.sin(turn) * up
    return np.cross(left, turned), turned
