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
    frames = []
    for motion, strength in zip(motions, bolus, strict=True):
        values = np.zeros(geometry.shape, dtype=np.float64)
        for part in range(_SUBSLICES):
            points = _points(geometry, (part + 0.5) / _SUBSLICES - 0.5)
            resting = (points - motion[:3, 3]) @ motion[:3, :3]
            values += (_mr if kind == "dsc" else _ct)(resting, strength) / _SUBSLICES
            if table:
                values[_in_table(points)] += 300 / _SUBSLICES
        frames.append(_noisy(values, kind, noise, rng))
    times = np.arange(len(frames)) * 1.5
    return TimeSeries(
        np.array(frames, dtype=np.float32),
        geometry,
        times,
        "test",
        kind=kind,
        echo_time_ms=30 if kind == "dsc" else None,
    )


def _points(geometry: Geometry, along: float) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n, dtype=float) for n in geometry.shape), indexing="ij")
    index = np.stack([i, j, k + along, np.ones_like(i)], axis=-1)
    return (index @ geometry.affine.T)[..., :3]


def _radius(points, axes) -> np.ndarray:
    return np.sqrt(((points / np.array(axes)) ** 2).sum(axis=-1))


def _texture(points) -> tuple[np.ndarray, np.ndarray]:
    """Anatomy and, apart from it, where the bolus goes."""
    anatomy = np.ones(points.shape[:-1])
    uptake = np.full(points.shape[:-1], 0.3)
    for n, (center, width) in enumerate(zip(_CENTERS, _WIDTHS, strict=True)):
        bump = np.exp(-((points - center) ** 2).sum(axis=-1) / (2 * width**2))
        anatomy += _HEIGHTS[n] * bump
        uptake += _UPTAKE[n] * np.roll(_UPTAKE, 1)[n] * bump
    return anatomy, uptake


def _mr(points, strength: float) -> np.ndarray:
    inside = 1 / (1 + np.exp((_radius(points, (66, 82, 58)) - 1) * 40))
    anatomy, uptake = _texture(points)
    return 100 * inside * anatomy * np.exp(-0.6 * strength * uptake)


def _ct(points, strength: float) -> np.ndarray:
    outer, inner = (_radius(points, axes) for axes in ((74, 90, 66), (66, 82, 58)))
    anatomy, uptake = _texture(points)
    brain = 25 + 10 * anatomy + 12 * strength * uptake
    return np.where(inner < 1, brain, np.where(outer < 1, 900.0, -1000.0))


def _in_table(points) -> np.ndarray:
    return (np.abs(points[..., 1] - 105) < 4) & (np.abs(points[..., 0]) < 60)


def _noisy(values: np.ndarray, kind: str, noise: float, rng) -> np.ndarray:
    first = values + rng.normal(0, noise, values.shape) if noise else values
    if kind == "ctp" or not noise:
        return first
    return np.hypot(first, rng.normal(0, noise, values.shape))
