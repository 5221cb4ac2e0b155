"""A head given by formulas, so that it can be moved exactly: its signal is evaluated at the moved points, never interpolated."""

import numpy as np
from scipy.spatial.transform import Rotation

from strokequant.geometry import Geometry
from strokequant.types import TimeSeries

_RNG = np.random.default_rng(5)
_CENTERS = _RNG.uniform((-50, -65, -40), (50, 65, 40), (40, 3))
_WIDTHS = _RNG.uniform(6, 14, 40)
_HEIGHTS = _RNG.uniform(-0.5, 0.6, 40)
_UPTAKE = _RNG.uniform(0.2, 1.0, 40)
_SUBSLICES = 4


def grid(shape=(14, 64, 64), spacing=(3.6, 3.6, 6.0), tilt_deg=0.0) -> Geometry:
    """Axial grid about the origin; with a tilt, slices are stacked at an angle to their normal."""
    affine = np.diag([*spacing, 1.0])
    affine[1, 2] = spacing[2] * np.tan(np.radians(tilt_deg))
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    return Geometry.from_affine(affine, shape)


def matrix(rotation_deg, translation_mm) -> np.ndarray:
    """4x4: a point of the resting head to where it lies after the motion."""
    moved = np.eye(4)
    moved[:3, :3] = Rotation.from_euler("xyz", rotation_deg, degrees=True).as_matrix()
    moved[:3, 3] = translation_mm
    return moved


def series(kind: str, motions, bolus, geometry: Geometry, *, noise=0.0, seed=0, table=False) -> TimeSeries:
    """Frames of a head that moves while a bolus passes.

    Args:
        kind: "dsc" or "ctp".
        motions: per frame, see `matrix`.
        bolus: (t,) 0 to 1.
        geometry: even grid.
        noise: SD.
        table: CT: a head rest that stays where it is.
    """
    rng = np.random.default_rng(seed)
    heads = {motion.tobytes(): _head(kind, motion, geometry, table) for motion in motions}
    frames = [
        _noisy(heads[motion.tobytes()](strength), kind, noise, rng)
        for motion, strength in zip(motions, bolus, strict=True)
    ]
    times = np.arange(len(frames)) * 1.5
    echo_time_ms = 30 if kind == "dsc" else None
    values = np.array(frames, dtype=np.float32)
    return TimeSeries(values, geometry, times, "test", kind=kind, echo_time_ms=echo_time_ms)


def _head(kind: str, motion: np.ndarray, geometry: Geometry, table: bool):
    """Frame by strength of the bolus, of a head in one pose."""
    parts = []
    for part in range(_SUBSLICES):
        points = _points(geometry, (part + 0.5) / _SUBSLICES - 0.5)
        resting = (points - motion[:3, 3]) @ motion[:3, :3]
        added = 300 * _in_table(points) if table else 0
        parts.append(((_mr if kind == "dsc" else _ct)(resting), added))
    return lambda strength: sum(head(strength) + added for head, added in parts) / _SUBSLICES


def _points(geometry: Geometry, along: float) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n, dtype=float) for n in geometry.shape), indexing="ij")
    index = np.stack([i, j, k + along, np.ones_like(i)], axis=-1)
    return (index @ geometry.affine.T)[..., :3]


def _radius(points, axes) -> np.ndarray:
    return np.sqrt(((points / np.array(axes)) ** 2).sum(axis=-1))


def _texture(points) -> tuple[np.ndarray, np.ndarray]:
    """Anatomy and, apart from it, where the bolus goes."""
    flat = points.reshape(-1, 3)
    squares = (flat**2).sum(axis=1)[:, None] - 2 * flat @ _CENTERS.T + (_CENTERS**2).sum(axis=1)
    bumps = np.exp(-squares / (2 * _WIDTHS**2))
    uptake = 0.3 + bumps @ (_UPTAKE * np.roll(_UPTAKE, 1))
    return (1 + bumps @ _HEIGHTS).reshape(points.shape[:-1]), uptake.reshape(points.shape[:-1])


def _mr(points):
    inside = 1 / (1 + np.exp((_radius(points, (66, 82, 58)) - 1) * 40))
    anatomy, uptake = _texture(points)
    return lambda strength: 100 * inside * anatomy * np.exp(-0.6 * strength * uptake)


def _ct(points):
    outer, inner = (_radius(points, axes) for axes in ((74, 90, 66), (66, 82, 58)))
    anatomy, uptake = _texture(points)
    around = np.where(outer < 1, 900.0, -1000.0)
    return lambda strength: np.where(inner < 1, 25 + 10 * anatomy + 12 * strength * uptake, around)


def _in_table(points) -> np.ndarray:
    return (np.abs(points[..., 1] - 105) < 4) & (np.abs(points[..., 0]) < 60)


def _noisy(values: np.ndarray, kind: str, noise: float, rng) -> np.ndarray:
    first = values + rng.normal(0, noise, values.shape) if noise else values
    if kind == "ctp" or not noise:
        return first
    return np.hypot(first, rng.normal(0, noise, values.shape))
