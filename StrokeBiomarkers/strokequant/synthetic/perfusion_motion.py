"""Rigid motion of a head during a scan, with the exact displacement of every frame.

A matrix takes a point of the still head to the same anatomy in the frame (LPS mm, about the center of the volume):

    x_frame = center + R (x_head - center) + t,    R = Rz Rx Ry as in ITK's Euler transform
"""

from dataclasses import dataclass

import numpy as np

from ..geometry import Geometry


@dataclass(frozen=True, eq=False)
class HeadMotion:
    """Pose of every frame.

    Args:
        translations_mm: (t, 3) displacement of the center of the volume, LPS.
        rotations_deg: (t, 3) about the LPS axes.
    """

    translations_mm: np.ndarray
    rotations_deg: np.ndarray

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.translations_mm)

    def matrices(self, center) -> np.ndarray:
        """(t, 4, 4) from the still head to every frame, LPS mm, for a volume with this center."""
        center = np.asarray(center, float)
        out = np.tile(np.eye(4), (self.frames, 1, 1))
        for matrix, shift, angles in zip(out, self.translations_mm, self.rotations_deg, strict=True):
            matrix[:3, :3] = rotation(angles)
            matrix[:3, 3] = center + shift - matrix[:3, :3] @ center
        return out


def volume_center(geometry: Geometry) -> np.ndarray:
    """LPS mm of the center of a volume, about which `HeadMotion` turns."""
    return geometry.affine[:3, :3] @ ((np.array(geometry.shape[::-1]) - 1) / 2) + geometry.affine[:3, 3]


def rotation(angles_deg) -> np.ndarray:
    """(3, 3) of angles about the LPS axes: Rz Rx Ry."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(angles_deg)), np.sin(np.radians(angles_deg))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def still(frames: int) -> HeadMotion:
    """No motion."""
    return HeadMotion(np.zeros((frames, 3)), np.zeros((frames, 3)))


def _scaled(course: np.ndarray, shift_mm, turn_deg) -> HeadMotion:
    return HeadMotion(course[:, None] * np.asarray(shift_mm, float), course[:, None] * np.asarray(turn_deg, float))


def step(frames: int, at: int, shift_mm, turn_deg=(0.0, 0.0, 0.0)) -> HeadMotion:
    """The head moves once, before frame `at`, and stays there."""
    return _scaled((np.arange(frames) >= at).astype(float), shift_mm, turn_deg)


def drift(frames: int, shift_mm, turn_deg=(0.0, 0.0, 0.0)) -> HeadMotion:
    """The head moves evenly from the first to the last frame, which has the full displacement."""
    return _scaled(np.linspace(0, 1, frames), shift_mm, turn_deg)


def shake(frames: int, at: int, length: int, shift_mm, turn_deg=(0.0, 0.0, 0.0)) -> HeadMotion:
    """The head is displaced in `length` frames from `at`, to one side and the other in turn, then back where it was."""
    n = np.arange(frames)
    course = np.where((n >= at) & (n < at + length), 1.0 - 2 * ((n - at) % 2), 0.0)
    return _scaled(course, shift_mm, turn_deg)


def joined(*motions: HeadMotion) -> HeadMotion:
    """Sum of translations and of angles."""
    return HeadMotion(sum(m.translations_mm for m in motions), sum(m.rotations_deg for m in motions))
