"""A digital head: tissue at any point in LPS mm, lesions of exactly known volume, partial-volume fractions on any slices.

The head is a union of smooth implicit surfaces, almost symmetric about x = 0, with gyri made of a fixed field of sines.
Relaxation is not modeled: each tissue has a b0 signal (T2-weighted echo planar, arbitrary units) and an ADC in um2/s. It is
a picture for testing measurements, not an atlas. Lesions are ellipsoids that replace whatever tissue they lie in, so that
their volume is 4/3 pi abc.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from .grids import Slab


class Tissue(IntEnum):
    """Tissue classes of the head."""

    AIR = 0
    SCALP = 1
    BONE = 2
    CSF = 3
    GRAY = 4
    WHITE = 5
    MUSCLE = 6


B0_SIGNAL = np.array([0, 130, 12, 1900, 760, 620, 110], np.float32)
"""b0 signal by tissue; the scalp is dim because echo planar imaging suppresses fat."""
TISSUE_ADC = np.array([0, 250, 300, 3000, 850, 740, 1500], np.float32)
"""ADC in um2/s by tissue; CSF at body temperature, fat residue in the scalp."""
PARENCHYMA = (Tissue.GRAY, Tissue.WHITE)


class RegionKind(StrEnum):
    """What a region that replaces tissue stands for; only an infarct belongs to the core."""

    INFARCT = "infarct"
    SHINE_THROUGH = "shine_through"
    OLD_INFARCT = "old_infarct"
    HEMORRHAGE = "hemorrhage"
    SUSCEPTIBILITY = "susceptibility"
    ABSCESS = "abscess"
    """Low ADC, and as bright as fluid in b0."""


@dataclass(frozen=True, slots=True)
class Region:
    """An ellipsoid with its own signal.

    Args:
        center: LPS mm.
        semi_axes: mm.
        adc: um2/s; not used by a susceptibility region, which keeps its tissue.
        t2_ratio: b0 signal over that of gray matter; for a susceptibility region the gain of the signal pile-up.
        angle_deg: rotation about the superior axis.
        kind: see `RegionKind`.
    """

    center: tuple[float, float, float]
    semi_axes: tuple[float, float, float]
    adc: float = 450.0
    t2_ratio: float = 1.1
    angle_deg: float = 0.0
    kind: RegionKind = RegionKind.INFARCT

    @property
    def volume_ml(self) -> float:
        """Exact volume."""
        return 4 / 3 * np.pi * float(np.prod(self.semi_axes)) / 1000

    @property
    def to_unit_sphere(self) -> np.ndarray:
        """(3, 3) matrix that takes offsets from the center to the unit sphere."""
        angle = np.radians(self.angle_deg)
        rotation = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        return rotation / np.asarray(self.semi_axes)[:, None]


def region_of_volume(volume_ml: float, center, proportions=(1.0, 1.3, 0.9), **options) -> Region:
    """Region of an exact volume in mL with semi-axes in given proportions."""
    shape = np.asarray(proportions, float)
    scale = np.cbrt(volume_ml * 1000 / (4 / 3 * np.pi * shape.prod()))
    return Region(tuple(map(float, center)), tuple(float(axis) for axis in scale * shape), **options)


@dataclass(frozen=True)
class Head:
    """The digital head with its regions.

    Args:
        regions: must not overlap each other.
        scale: linear size; 1 is an adult brain.
    """

    regions: tuple[Region, ...] = ()
    scale: float = 1.0

    def __post_init__(self):
        for i, one in enumerate(self.regions):
            for other in self.regions[i + 1 :]:
                if _overlap(one, other):
                    msg = f"regions at {one.center} and {other.center} overlap, so their volume is not known"
                    raise ValueError(msg)

    @property
    def infarcts(self) -> tuple[Region, ...]:
        """Regions that belong to the core."""
        return tuple(region for region in self.regions if region.kind is RegionKind.INFARCT)


def _overlap(one: Region, other: Region) -> bool:
    directions = _sphere_points(400)
    surface = np.asarray(one.center) + directions @ np.linalg.inv(one.to_unit_sphere).T
    inside = np.linalg.norm((surface - other.center) @ other.to_unit_sphere.T, axis=1) < 1
    back = np.linalg.norm((np.asarray(other.center) - one.center) @ one.to_unit_sphere.T) < 1
    return bool(inside.any() or back)


def _sphere_points(n: int) -> np.ndarray:
    """(n, 3) unit vectors spread evenly (Fibonacci)."""
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(n)
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


_FOLD_WAVELENGTH = 21.0
_FOLDS = (
    _sphere_points(7) * (2 * np.pi / _FOLD_WAVELENGTH) * np.array([[0.8], [1.1], [1.0], [1.25], [0.9], [1.05], [1.2]])
)
_FOLD_PHASES = np.array([0.3, 2.1, 4.4, 1.2, 5.5, 3.3, 0.9])
_SULCUS_DEPTH = 17.0
_CORTEX = 2.9


def _ellipsoid_distance(x, y, z, radii) -> np.ndarray:
    """Approximate signed distance in mm to an ellipsoid at the origin, exact on its surface."""
    u, v, w = x / radii[0], y / radii[1], z / radii[2]
    k0 = np.sqrt(u * u + v * v + w * w)
    k1 = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (w / radii[2]) ** 2) + 1e-6
    return k0 * (k0 - 1) / k1


def _inside(x, y, z, radii) -> np.ndarray:
    return (x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2 < 1


def _smooth_union(a, b, blend: float) -> np.ndarray:
    h = np.clip(0.5 + 0.5 * (b - a) / blend, 0, 1)
    return b + (a - b) * h - blend * h * (1 - h)


def brain_distance(x, y, z) -> np.ndarray:
    """Approximate signed distance in mm to the surface of the brain without its sulci; negative inside."""
    side = np.abs(x)
    height = np.where(z > 0, np.float32(64), np.float32(47))
    cerebrum = _ellipsoid_distance(side, y, z * (64 / height), (68, 85, 64))
    temporal = _ellipsoid_distance(side - 43, y + 12, z + 30, (22, 38, 22))
    cerebellum = _ellipsoid_distance(side - 22, y - 45, z + 46, (32, 29, 24))
    along = np.clip((z + 20) / -60, 0, 1)
    stem = np.sqrt(x**2 + (y - 14 - 12 * along) ** 2 + (z + 20 + 60 * along) ** 2) - 12
    return _smooth_union(_smooth_union(_smooth_union(cerebrum, temporal, 8), cerebellum, 3), stem, 4)


def _head_distance(x, y, z, brain) -> np.ndarray:
    face = _ellipsoid_distance(x, y + 42, z + 55, (58, 52, 52))
    neck = np.sqrt(x**2 + (y - 12) ** 2) - 55 + np.maximum(z + 60, 0)
    return np.minimum(np.minimum(brain - 15, face), neck)


def _fold_distance(x, y, z) -> np.ndarray:
    """Approximate distance in mm to the nearest sulcal sheet."""
    field = np.zeros_like(x)
    for wave, phase in zip(_FOLDS.astype(np.float32), _FOLD_PHASES.astype(np.float32), strict=True):
        field += np.sin(x * wave[0] + y * wave[1] + z * wave[2] + phase)
    slope = 2 * np.pi / _FOLD_WAVELENGTH * np.sqrt(len(_FOLDS) / 2)
    return np.abs(field) / np.float32(slope)


def _ventricles(x, side, y, z) -> np.ndarray:
    bend = 9 + 0.006 * (y - 2) ** 2
    lateral = _inside(side - bend, y - 2, z - 13 + 0.006 * (y - 2) ** 2, (5, 36, 9))
    third = _inside(x, y - 4, z + 2, (2.4, 13, 9))
    fourth = _inside(x, y - 33, z + 44, (7, 6, 10))
    return lateral | third | fourth


def _deep_gray(side, y, z) -> np.ndarray:
    thalamus = _inside(side - 11, y - 9, z - 3, (7, 13, 8))
    caudate = _inside(side - 13, y + 20, z - 8, (5, 10, 8))
    putamen = _inside(side - 26, y + 4, z - 2, (6, 17, 9))
    return thalamus | caudate | putamen


def lies_in_brain(region: Region, scale: float = 1.0) -> bool:
    """True where a region is wholly inside the brain and outside the ventricles."""
    shells = np.concatenate([_sphere_points(1500) * radius for radius in (1.0, 0.9, 0.7, 0.4)])
    points = np.asarray(region.center) + shells @ np.linalg.inv(region.to_unit_sphere).T
    x, y, z = (points / scale).T.astype(np.float32)
    return bool((brain_distance(x, y, z) < 0).all() and not _ventricles(x, np.abs(x), y, z).any())


def _brain_tissue(x, y, z, depth) -> np.ndarray:
    """Gray, white or CSF of points `depth` mm below the surface of the brain."""
    side = np.abs(x)
    fold = _fold_distance(side + np.float32(0.8) * np.sin(y / 25) * np.sign(x), y, z)
    opening = np.maximum(np.float32(1.1) * (1 - depth / _SULCUS_DEPTH), 0)
    in_reach = depth < _SULCUS_DEPTH
    stem = (z < -28) & (y < 33) & (side < 14)
    cleft = ((y + 4) / 58) ** 2 + (z / 24) ** 2 > 1
    midline = np.where(cleft & (z > -22), side, np.float32(99))
    csf = ((fold < opening) & in_reach & ~stem) | (midline < 1.2) | _ventricles(x, side, y, z)
    ribbon = (depth < _CORTEX) | ((fold < opening + _CORTEX) & (depth < _SULCUS_DEPTH + _CORTEX)) | (midline < 4.1)
    gray = (ribbon & ~stem) | _deep_gray(side, y, z)
    return np.where(csf, Tissue.CSF, np.where(gray, Tissue.GRAY, Tissue.WHITE)).astype(np.uint8)


def tissue_at(points: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """(n,) `Tissue` of (n, 3) points in LPS mm, regions not included."""
    x, y, z = (np.ascontiguousarray(points[:, axis], np.float32) / np.float32(scale) for axis in range(3))
    brain = brain_distance(x, y, z)
    head = _head_distance(x, y, z, brain)
    eye = _inside(np.abs(x) - 32, y + 76, z + 36, (12, 12, 12))
    label = np.full(len(x), Tissue.MUSCLE, np.uint8)
    label[brain < 9] = Tissue.BONE
    label[head > -5] = Tissue.SCALP
    label[head > 0] = Tissue.AIR
    label[(brain < 3) | eye] = Tissue.CSF
    inside = np.flatnonzero(brain < 0)
    label[inside] = _brain_tissue(x[inside], y[inside], z[inside], -brain[inside])
    return label


def texture(points: np.ndarray, wavelength_mm: float, phase: float) -> np.ndarray:
    """(n,) smooth deterministic variation between about -1 and 1."""
    waves = (_sphere_points(5) * (2 * np.pi / wavelength_mm)).astype(np.float32)
    points = points.astype(np.float32, copy=False)
    total = np.zeros(len(points), np.float32)
    for n, wave in enumerate(waves, start=1):
        total += np.sin(points @ wave + np.float32(phase * n))
    return total / len(waves)


def _voxel_offsets(slab: Slab, counts) -> np.ndarray:
    """(n, 3) LPS mm from the center of a voxel to its samples: in plane over the pixel, through plane over the thickness."""
    geometry = slab.geometry
    steps = (geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal * slab.thickness_mm)
    axes = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    i, j, k = np.meshgrid(*axes, indexing="ij")
    return i.reshape(-1, 1) * steps[0] + j.reshape(-1, 1) * steps[1] + k.reshape(-1, 1) * steps[2]


def slice_points(slab: Slab, k: int, pose: np.ndarray) -> np.ndarray:
    """(rows x columns, 3) voxel centers of one slice in the coordinates of the head."""
    geometry = slab.geometry
    rotation = pose[:3, :3]
    origin = rotation @ geometry.slice_origins[k] + pose[:3, 3]
    along_i, along_j = rotation @ geometry.affine[:3, 0], rotation @ geometry.affine[:3, 1]
    rows, columns = geometry.shape[1:]
    points = np.arange(columns)[:, None] * along_i + np.arange(rows)[:, None, None] * along_j + origin
    return points.reshape(-1, 3)


def tissue_fractions(head: Head, slab: Slab, pose: np.ndarray, samples=(2, 2, 4)) -> np.ndarray:
    """(tissue, k, j, i) share of every tissue in every voxel, by `samples` points per voxel inside the head.

    Args:
        head: its regions are not included here.
        slab: slices and their thickness.
        pose: (4, 4) from scanner to head coordinates, the identity for a still head.
        samples: points per voxel along i, j and through the slice.
    """
    offsets = _voxel_offsets(slab, samples) @ pose[:3, :3].T
    reach = float(np.linalg.norm(offsets, axis=1).max()) + 2
    shape = slab.geometry.shape
    fractions = np.zeros((len(Tissue), shape[0], shape[1] * shape[2]), np.float32)
    fractions[Tissue.AIR] = 1
    for k in range(shape[0]):
        points = slice_points(slab, k, pose)
        x, y, z = points.T.astype(np.float32) / np.float32(head.scale)
        brain = brain_distance(x, y, z)
        near = np.flatnonzero(_head_distance(x, y, z, brain) < reach)
        labels = tissue_at((points[near, None] + offsets).reshape(-1, 3), head.scale)
        flat = np.repeat(np.arange(len(near)), len(offsets)) * len(Tissue) + labels
        counted = np.bincount(flat, minlength=len(near) * len(Tissue)).reshape(-1, len(Tissue))
        fractions[:, k, near] = counted.T / len(offsets)
    return fractions.reshape(len(Tissue), *shape)


def region_fraction(region: Region, slab: Slab, pose: np.ndarray, lines: int = 12) -> np.ndarray:
    """(k, j, i) share of a region in every voxel: exact through the slice, `lines` x `lines` lines per pixel in plane."""
    geometry = slab.geometry
    to_sphere = region.to_unit_sphere @ pose[:3, :3]
    offsets = _voxel_offsets(slab, (lines, lines, 1)) @ to_sphere.T
    along = to_sphere @ (geometry.normal * slab.thickness_mm)
    reach = float(np.linalg.norm(offsets, axis=1).max() + np.linalg.norm(along) / 2)
    out = np.zeros((geometry.shape[0], geometry.shape[1] * geometry.shape[2]), np.float32)
    for k in range(geometry.shape[0]):
        centers = (slice_points(slab, k, pose) - region.center) @ region.to_unit_sphere.T
        distance = np.linalg.norm(centers, axis=1)
        out[k, distance < 1 - reach] = 1
        edge = np.flatnonzero(np.abs(distance - 1) <= reach)
        out[k, edge] = _chord(centers[edge, None] + offsets, along).mean(axis=1)
    return out.reshape(geometry.shape)


def _chord(points: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Share of each line `points` + t `along`, t from -1/2 to 1/2, that lies in the unit sphere."""
    a = along @ along
    b = points @ along
    c = np.einsum("...i,...i", points, points) - 1
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    return np.maximum(np.minimum((root - b) / a, 0.5) - np.maximum((-root - b) / a, -0.5), 0)
