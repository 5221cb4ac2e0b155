"""Where the ACR CT phantom lies in the images."""

from dataclasses import dataclass, field

import numpy as np

from ..phantom_types import Insert
from .plane import rotation


@dataclass(frozen=True, eq=False)
class CtFound:
    """Pose in the plane of the images.

    Args:
        center: (2,) mm of the image; `roll_deg` clockwise; mirrored where left and right are changed.
        modules: module -> slice numbers to measure.
        placed: label -> (2,) mm where a person puts an insert.
    """

    center: np.ndarray
    radius: float
    roll_deg: float
    mirrored: bool
    residual: float
    correlation: float
    modules: dict[int, tuple[int, ...]]
    tilt_deg: float = 0.0
    """Between the axis of the phantom and the slice normal."""
    placed: dict[str, np.ndarray] = field(default_factory=dict)

    def place(self, insert: Insert) -> np.ndarray:
        """(2,) mm where an insert lies."""
        if insert.label in self.placed:
            return self.placed[insert.label]
        x, y, _ = insert.center_mm
        return self.center + rotation(self.roll_deg) @ np.array([-x if self.mirrored else x, y])

    def frame(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) mm of the image of (..., 2) points of the phantom frame, from its center."""
        points = np.asarray(points, float)
        if self.mirrored:
            points = points * np.array([-1.0, 1.0])
        return self.center + points @ rotation(self.roll_deg).T
