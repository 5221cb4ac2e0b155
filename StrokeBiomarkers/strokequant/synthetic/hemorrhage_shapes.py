"""Hematomas of known irregular shape and exact volume, and their share of every voxel.

A shape is star-shaped about its center: the radius along a direction is that of an ellipsoid times smooth lobes. Its volume is the
integral of radius^3 / 3 over the sphere, and the radius is scaled so that it is the wanted one.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..geometry import Geometry

STEEPEST = 1.6
"""A surface may be so much steeper along a ray than across it; voxels further from it are full or empty."""


def sphere_directions(n: int) -> np.ndarray:
    """(n, 3) unit vectors spread evenly over the sphere (Fibonacci), each for the same solid angle."""
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(n)
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


@dataclass(frozen=True)
class ClotShape:
    """An irregular hematoma.

    Args:
        center: LPS mm.
        semi_axes: mm along x, y, z before the lobes.
        lobes: relative height of the lobes, 0 for an ellipsoid; below 0.5.
        waves: lobes around the sphere.
        phase: makes shapes differ.
    """

    center: tuple[float, float, float]
    semi_axes: tuple[float, float, float]
    lobes: float = 0.0
    waves: float = 4.0
    phase: float = 0.0

    @cached_property
    def volume_ml(self) -> float:
        """Exact volume, by 200 000 directions."""
        radii = self.radius(sphere_directions(200_000))
        return float(4 * np.pi * np.mean(radii**3) / 3) / 1000

    @cached_property
    def largest_radius(self) -> float:
        """Farthest point from the center in mm, rounded up."""
        return float(self.radius(sphere_directions(20_000)).max()) + 0.1

    def radius(self, directions: np.ndarray) -> np.ndarray:
        """(n,) distance of the surface from the center along (n, 3) unit vectors, in mm."""
        ellipsoid = 1 / np.linalg.norm(directions / np.asarray(self.semi_axes), axis=-1)
        if not self.lobes:
            return ellipsoid
        height = np.zeros(directions.shape[:-1])
        for n, axis in enumerate(sphere_directions(5), start=1):
            height += np.cos(self.waves * (directions @ axis) + self.phase * n + n)
        return ellipsoid * (1 + self.lobes * height / np.sqrt(5 / 2))

    def depth(self, points: np.ndarray) -> np.ndarray:
        """(n,) mm from (n, 3) LPS points outward along their ray to the surface, negative outside."""
        beside = points - np.asarray(self.center)
        distance = np.linalg.norm(beside, axis=-1)
        return self.radius(beside / np.maximum(distance, 1e-9)[..., None]) - distance

    def contains(self, points: np.ndarray) -> np.ndarray:
        """(n,) True where (n, 3) LPS points lie inside."""
        return self.depth(points) > 0

    def grown(self, mm: float) -> "ClotShape":
        """About the same shape with a rim of this width, for edema."""
        return replace(self, semi_axes=tuple(a + mm for a in self.semi_axes))


def clot_of_volume(volume_ml: float, center, proportions, **options) -> ClotShape:
    """Shape of an exact volume."""
    shape = ClotShape(tuple(map(float, center)), tuple(map(float, proportions)), **options)
    scale = np.cbrt(volume_ml / shape.volume_ml)
    return replace(shape, semi_axes=tuple(float(a * scale) for a in shape.semi_axes))


def clot_fraction(
    shape: ClotShape,
    geometry: Geometry,
    *,
    thickness_mm: float | None = None,
    samples: tuple[int, int, int] = (3, 3, 8),
) -> np.ndarray:
    """(k, j, i) float32 share of a shape in every voxel.

    Args:
        shape: the clot.
        geometry: grid; uneven and tilted slices too.
        thickness_mm: what a slice images; its own extent where not given.
        samples: points of a voxel along i, j and through the slice.
    """
    axes = [(np.arange(n) + 0.5) / n - 0.5 for n in samples]
    fraction = np.zeros(geometry.shape, np.float32)
    columns = geometry.affine[:3, 0], geometry.affine[:3, 1]
    in_plane = (axes[0][:, None, None] * columns[0] + axes[1][:, None] * columns[1]).reshape(-1, 3)
    for k in range(geometry.shape[0]):
        extent = thickness_mm or geometry.slice_extents[k]
        offsets = (in_plane[:, None] + (axes[2] * extent)[:, None] * geometry.normal).reshape(-1, 3)
        reach = shape.largest_radius + float(np.linalg.norm(offsets, axis=1).max())
        centers = _plane_points(geometry, k)
        near = np.flatnonzero(np.linalg.norm(centers - shape.center, axis=1) < reach)
        if not len(near):
            continue
        depth = shape.depth(centers[near])
        half = float(np.linalg.norm(offsets, axis=1).max()) * STEEPEST
        fraction[k].flat[near[depth > half]] = 1
        for part in np.array_split(near[np.abs(depth) <= half], 1 + len(near) // 4000):
            points = (centers[part, None] + offsets).reshape(-1, 3)
            fraction[k].flat[part] = shape.contains(points).reshape(len(part), len(offsets)).mean(axis=1)
    return fraction


def _plane_points(geometry: Geometry, k: int) -> np.ndarray:
    rows, columns = geometry.shape[1:]
    i, j = np.arange(columns)[None, :, None], np.arange(rows)[:, None, None]
    points = geometry.slice_origins[k] + i * geometry.affine[:3, 0] + j * geometry.affine[:3, 1]
    return points.reshape(-1, 3)
