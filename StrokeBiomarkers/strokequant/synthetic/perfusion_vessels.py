"""Large vessels of the digital head: tubes with real positions, and the share of every voxel that they fill.

Arteries are thin enough for partial volume; the supraclinoid ICA runs upright with a radius that holds whole voxels, so that one
clean arterial input exists on each side. Sinuses follow the inside of the skull. Coordinates are LPS mm of a head of scale 1.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .anatomy import slice_points
from .grids import Slab

_SAMPLES = (5, 5, 8)
"""Points per voxel along i, j and through the slice, only where a vessel is near."""


@dataclass(frozen=True, slots=True)
class Tube:
    """A vessel: all points within `radius_mm` of a line of points.

    Args:
        name: such as "ICA left".
        points: LPS mm.
        radius_mm: constant.
        venous: True for a sinus.
        delay_s: after the arterial input (after the venous output for a sinus).
        dispersion_s: time constant of an exponential kernel; 0 for none.
    """

    name: str
    points: tuple[tuple[float, float, float], ...]
    radius_mm: float
    venous: bool = False
    delay_s: float = 0.0
    dispersion_s: float = 0.0


_ARTERIES = (
    ("ICA", 2.8, 0.0, ((13, -13, -58), (13, -14, -26))),
    ("MCA M1", 1.4, 0.2, ((13, -14, -26), (22, -14, -24), (33, -12, -22))),
    ("MCA M2", 1.2, 0.5, ((33, -12, -22), (41, -8, -12), (43, -2, 4), (44, 10, 14))),
    ("ACA A1", 1.1, 0.2, ((13, -14, -26), (4, -24, -22))),
    ("ACA A2", 1.3, 0.4, ((4, -24, -22), (3.2, -34, -16), (3.2, -36, 10), (3.2, -30, 26), (3.2, -10, 34))),
)
"""Name, radius in mm, delay in s and course on the left side."""


def _sinus_points() -> tuple[tuple[float, float, float], ...]:
    """Under the vault in the midline, from the forehead to the occiput."""
    angles = np.radians(np.linspace(40, 180, 29))
    return tuple((0.0, float(-86 * np.cos(a)), float(65 * np.sin(a))) for a in angles)


def head_vessels(*, occluded_side: str = "", collateral_delay_s: float = 5.0, collateral_dispersion_s: float = 2.0):
    """(n,) `Tube` of the head.

    Args:
        occluded_side: "left" or "right": the MCA of this side fills late and dispersed, through collaterals.
        collateral_delay_s, collateral_dispersion_s: how late and how dispersed.
    """
    tubes = []
    for side, sign in (("left", 1), ("right", -1)):
        for name, radius, delay, points in _ARTERIES:
            course = tuple((float(sign * x), float(y), float(z)) for x, y, z in points)
            late = side == occluded_side and name.startswith("MCA")
            delays = (delay + collateral_delay_s, collateral_dispersion_s) if late else (delay, 0.0)
            tubes.append(Tube(f"{name} {side}", course, radius, False, *delays))
    down = ((0.0, 86.0, 0.0), (0.0, 84.0, -10.0), (0.0, 81.0, -20.0))
    tubes.append(Tube("superior sagittal sinus", tuple(reversed(_sinus_points())) + down, 4.0, True))
    tubes.append(Tube("torcula", ((0.0, 82.0, -20.0), (0.0, 80.0, -26.0)), 6.0, True, 0.3))
    for side, sign in (("left", 1), ("right", -1)):
        course = ((0.0, 80.0, -26.0), (sign * 30.0, 74.0, -27.0), (sign * 50.0, 55.0, -30.0))
        tubes.append(Tube(f"transverse sinus {side}", course, 3.2, True, 0.6))
    return tuple(tubes)


def _offsets(slab: Slab, counts, rotation: np.ndarray) -> np.ndarray:
    """(n, 3) mm in head coordinates from the center of a voxel to its samples."""
    geometry = slab.geometry
    steps = (geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal * slab.thickness_mm)
    axes = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    i, j, k = np.meshgrid(*axes, indexing="ij")
    offsets = i.reshape(-1, 1) * steps[0] + j.reshape(-1, 1) * steps[1] + k.reshape(-1, 1) * steps[2]
    return (offsets @ rotation.T).astype(np.float32)


def _squared_distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(n,) mm2 from (n, 3) points to the line between two points."""
    along = (end - start).astype(np.float32)
    offset = points - start.astype(np.float32)
    share = np.clip(offset @ along / (along @ along), 0, 1)
    offset -= share[:, None] * along
    return np.einsum("ij,ij->i", offset, offset)


def _in_tube(centers: np.ndarray, offsets: np.ndarray, tube: Tube, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """(m,) rows of `centers` that may hold the vessel and (m, samples) whether each sample does."""
    radius, line = tube.radius_mm * scale, np.asarray(tube.points) * scale
    reach = radius + float(np.linalg.norm(offsets, axis=1).max())
    low, high = line.min(axis=0) - reach, line.max(axis=0) + reach
    rows = np.arange(len(centers))
    for axis in (2, 0, 1):
        values = centers[rows, axis]
        rows = rows[(values > low[axis]) & (values < high[axis])]
    inside = np.zeros((len(rows), len(offsets)), bool)
    for start, end in pairwise(line):
        near = np.flatnonzero(_squared_distance(centers[rows], start, end) < reach**2)
        points = (centers[rows[near], None] + offsets).reshape(-1, 3)
        inside[near] |= (_squared_distance(points, start, end) < radius**2).reshape(len(near), len(offsets))
    hit = inside.any(axis=1)
    return rows[hit], inside[hit]


def vessel_shares(
    tubes: tuple[Tube, ...], slab: Slab, pose: np.ndarray, *, scale: float = 1.0, samples=_SAMPLES
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(voxel indices, shares) of every tube; where tubes meet, a point belongs to the first of them.

    Args:
        tubes: vessels.
        slab: slices.
        pose: (4, 4) from scanner to head coordinates.
        scale: of the head.
        samples: points per voxel along i, j and through the slice.
    """
    offsets = _offsets(slab, samples, pose[:3, :3])
    pixels, free = int(np.prod(slab.geometry.shape[1:])), np.zeros(len(offsets), bool)
    found = [([], []) for _ in tubes]
    for k in range(slab.geometry.shape[0]):
        centers = slice_points(slab, k, pose).astype(np.float32)
        taken: dict[int, np.ndarray] = {}
        for tube, (indices, shares) in zip(tubes, found, strict=True):
            rows, inside = _in_tube(centers, offsets, tube, scale)
            for row, own in zip(rows, inside, strict=True):
                before = taken.get(row, free)
                taken[row] = before | own
                own &= ~before
            indices.append(k * pixels + rows)
            shares.append(inside.mean(axis=1).astype(np.float32))
    return [(np.concatenate(indices), np.concatenate(shares)) for indices, shares in found]
