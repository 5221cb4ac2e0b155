"""Alignment on a brain-like object that is moved analytically, so that its motion is known and nothing was interpolated."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.config import AdcConfig
from strokequant.errors import Level, MapError
from strokequant.geometry import Geometry
from strokequant.maps import align, rigid
from strokequant.maps.adc import compute_adc
from strokequant.maps.align import align_diffusion
from strokequant.types import DiffusionSeries, Directionality

SHAPE, SPACING = (24, 128, 128), (1.8, 1.8, 5.0)
STILL = np.eye(4)


def rotation(axis, degrees):
    a, (c, s) = int(axis), (np.cos(np.radians(degrees)), np.sin(np.radians(degrees)))
    u, v = (a + 1) % 3, (a + 2) % 3
    matrix = np.eye(4)
    matrix[[u, u, v, v], [u, v, u, v]] = c, -s, s, c
    return matrix


def shift(x, y, z):
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def tissue(points):
    """Fractions of CSF, gray and white matter at (3, n) mm: ellipsoid with ventricles, cortex and sulci."""
    x, y, z = points

    def soft(value):
        return 1 / (1 + np.exp(-value / 0.03))

    radius = np.sqrt((x / 68) ** 2 + (y / 84) ** 2 + (z / 50) ** 2)
    folds = np.sin(x / 6 + 1.3 * np.sin(y / 9)) * np.sin(y / 7 + np.sin(z / 8)) * np.sin(z / 9 + 0.5 * np.sin(x / 7))
    brain = soft(1 - radius)
    ventricle = soft(1 - np.sqrt((np.abs(x) - 12) ** 2 / 64 + (y + 5) ** 2 / 900 + (z - 8) ** 2 / 196))
    csf = np.clip(ventricle + brain * soft(folds - 0.45) * soft(radius - 0.75), 0, 1)
    gray = np.clip(brain * soft(radius - 0.82 + 0.1 * folds) - csf, 0, 1)
    return csf, gray, np.clip(brain - csf - gray, 0, 1)


def image(b, motion=STILL, seed=0, snr=30, shape=SHAPE, spacing=SPACING, tilt_deg=0.0):
    """Signal of the object after a motion about the center of the volume, in axes of the slices; slices average 5 planes.

    Tilted slices are displaced against each other along their columns, each as a whole.
    """
    sub = (np.arange(5) - 2) / 5
    k = (np.arange(shape[0])[:, None] + sub).ravel()
    axes = (k, np.arange(shape[1]), np.arange(shape[2]))
    z, y, x = np.meshgrid(
        *[(a - (n - 1) / 2) * d for a, n, d in zip(axes, shape, spacing[::-1], strict=True)], indexing="ij"
    )
    middles = np.repeat((np.arange(shape[0]) - (shape[0] - 1) / 2) * spacing[2], 5)
    y = y + np.tan(np.radians(tilt_deg)) * middles[:, None, None]
    points = np.stack([x.ravel(), y.ravel(), z.ravel()])
    inverse = np.linalg.inv(motion)
    csf, gray, white = tissue(inverse[:3, :3] @ points + inverse[:3, 3:])
    signal = sum(
        s0 * f * np.exp(-b * adc * 1e-6) for s0, f, adc in ((1800, csf, 3000), (1100, gray, 850), (850, white, 700))
    )
    signal = signal.reshape(shape[0], 5, *shape[1:]).mean(axis=1)
    rng, sigma = np.random.default_rng(seed), 1000 / snr
    return np.hypot(signal + rng.normal(0, sigma, shape), rng.normal(0, sigma, shape)).astype(np.float32)


def geometry(shape=SHAPE, spacing=SPACING, oblique_deg=12.0, tilt_deg=0.0):
    """Oblique grid that is not centered at the origin; tilted: the step from slice to slice leans toward the columns."""
    local = np.diag([*spacing, 1.0])
    local[1, 2] = np.tan(np.radians(tilt_deg)) * spacing[2]
    affine = rotation(0, oblique_deg) @ local
    affine[:3, 3] = -80, -150, 35
    return Geometry.from_affine(affine, shape)


def series(images, b, grid=None):
    kinds = [Directionality.NONE if value <= 10 else Directionality.DIRECTIONAL for value in b]
    axes = iter(np.eye(3))
    directions = [np.full(3, np.nan) if kind is Directionality.NONE else next(axes) for kind in kinds]
    values = np.array(images, np.float32)
    grid = grid or geometry(values.shape[1:])
    return DiffusionSeries(values, grid, np.array(b, float), ("flag",) * len(b), np.array(directions), tuple(kinds))


@pytest.fixture(scope="module")
def still():
    """b0 and three directions without motion."""
    return series([image(0, seed=1), *(image(1000, seed=n) for n in (2, 3, 4))], [0, 1000, 1000, 1000])


def with_b0(still, motion):
    values = still.values.copy()
    values[0] = image(0, motion, seed=1)
    return replace(still, values=values)


def record(dwi, group):
    return next(r for r in dwi.provenance["alignment"] if r["group"] == group)


def grid_motion(matrix_lps, grid):
    """The recorded LPS matrix as rotation and shift about the center, in axes of the slices."""
    axes = np.column_stack([grid.affine[:3, n] / np.linalg.norm(grid.affine[:3, n]) for n in range(2)] + [grid.normal])
    center = grid.affine[:3, :3] @ (np.array(grid.shape[::-1]) - 1) / 2 + grid.affine[:3, 3]
    matrix = np.array(matrix_lps)
    return axes.T @ matrix[:3, :3] @ axes, axes.T @ (matrix[:3, :3] @ center + matrix[:3, 3] - center)


def test_aligned_data_stay_as_they_are(still):
    aligned = align_diffusion(still)
    assert aligned.values is still.values
    assert [r["applied"] for r in aligned.provenance["alignment"]] == [False] * 3
    assert max(r["displacement_mm"] for r in aligned.provenance["alignment"]) < 0.25
    assert aligned.issues == still.issues


@pytest.mark.parametrize(
    "motion",
    [
        shift(2, 0, 0),
        shift(0, -1.4, 1.4),
        shift(0, 0, 2),
        rotation(0, 1),
        rotation(1, 1),
        rotation(2, -1),
        shift(3, -2, 2) @ rotation(2, 4) @ rotation(0, -3),
    ],
    ids=["x", "yz", "z", "pitch", "roll", "yaw", "all"],
)
def test_known_motion_is_found(still, motion):
    aligned = align_diffusion(with_b0(still, motion))
    found = record(aligned, "b0")
    turn, moved = grid_motion(found["matrix_lps"], still.geometry)
    error = turn @ motion[:3, :3].T
    assert np.degrees(np.arccos(np.clip((np.trace(error) - 1) / 2, -1, 1))) < 0.2
    assert np.linalg.norm(moved - motion[:3, 3]) < 0.2
    assert found["applied"]
    assert [(i.code, i.level) for i in aligned.issues] == [("M01", Level.WARN)]


@pytest.mark.parametrize("tilt_deg", [5.0, 15.0, -25.0])
@pytest.mark.parametrize(
    "motion",
    [STILL, shift(0, 2, 0), shift(0, 0, 2), rotation(0, 2), shift(3, -2, 2) @ rotation(2, 4) @ rotation(0, -3)],
    ids=["still", "y", "z", "pitch", "all"],
)
def test_motion_of_tilted_slices_is_found(tilt_deg, motion):
    """As if the stack had been sheared into a box the same motion would be another one: 2 mm across slices would be a shift in them."""
    images = [image(0, motion, seed=1, tilt_deg=tilt_deg), image(1000, seed=2, tilt_deg=tilt_deg)]
    dwi = series(images, [0, 1000], geometry(tilt_deg=tilt_deg))
    assert abs(dwi.geometry.tilt_deg - abs(tilt_deg)) < 1e-6
    aligned = align_diffusion(dwi)
    found = record(aligned, "b0")
    turn, moved = grid_motion(found["matrix_lps"], dwi.geometry)
    error = turn @ motion[:3, :3].T
    assert np.degrees(np.arccos(np.clip((np.trace(error) - 1) / 2, -1, 1))) < 0.2
    assert np.linalg.norm(moved - motion[:3, 3]) < 0.2
    assert found["applied"] == (motion is not STILL)
    assert (aligned.values is dwi.values) == (motion is STILL)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
def test_alignment_brings_back_the_adc(tilt_deg):
    grid = geometry(tilt_deg=tilt_deg)
    images = [image(b, seed=b, snr=500, tilt_deg=tilt_deg) for b in (0, 1000)]
    truth = compute_adc(series(images, [0, 1000], grid), noise_sigma=1e-6).values
    moved = series([image(0, shift(2, 0, 0), snr=500, tilt_deg=tilt_deg), images[1]], [0, 1000], grid)
    inside = image(0, snr=1e6, tilt_deg=tilt_deg) > 600
    before = np.abs(compute_adc(moved, noise_sigma=1e-6).values - truth)[inside].mean()
    after = np.abs(compute_adc(align_diffusion(moved), noise_sigma=1e-6).values - truth)[inside].mean()
    assert after < before / 4


def test_displacement_below_the_threshold_is_recorded_only(still):
    aligned = align_diffusion(with_b0(still, shift(0.3, 0, 0)))
    found = record(aligned, "b0")
    assert found["displacement_mm"] == pytest.approx(0.3, abs=0.15)
    assert not found["applied"]
    assert aligned.issues == ()


def test_one_moved_direction_is_moved_back(still):
    values = still.values.copy()
    values[3] = image(1000, shift(0, 1.5, 0), seed=4)
    aligned = align_diffusion(replace(still, values=values))
    assert [(r["group"], r["applied"]) for r in aligned.provenance["alignment"]] == [
        ("image 2", False),
        ("image 3", True),
        ("b0", False),
    ]
    _, moved = grid_motion(record(aligned, "image 3")["matrix_lps"], still.geometry)
    np.testing.assert_allclose(moved, [0, 1.5, 0], atol=0.2)
    assert aligned.values[1] is not values[1]
    np.testing.assert_array_equal(aligned.values[[0, 1, 2]], values[[0, 1, 2]])


def test_masked_background_does_not_lead_astray(still):
    inside = image(0, snr=1e6) > 60
    aligned = align_diffusion(replace(still, values=still.values * inside))
    assert not any(r["applied"] for r in aligned.provenance["alignment"])
    assert max(r["displacement_mm"] for r in aligned.provenance["alignment"]) < 0.4


def test_same_bytes_every_time(still):
    moved = with_b0(still, shift(2, 1, 0) @ rotation(2, 1))
    first, second = align_diffusion(moved), align_diffusion(moved)
    assert first.values.tobytes() == second.values.tobytes()
    assert first.provenance == second.provenance


def test_uneven_slices_are_left_alone(still):
    grid = still.geometry
    origins = grid.slice_origins.copy()
    origins[12:] += 3 * grid.normal
    uneven = replace(grid, slice_origins=origins)
    dwi = replace(with_b0(still, shift(4, 0, 0)), geometry=uneven)
    aligned = align_diffusion(dwi)
    assert aligned.values is dwi.values
    (issue,) = aligned.issues
    assert (issue.code, issue.level) == ("M02", Level.WARN)
    assert "uneven" in issue.found


def test_few_slices_are_left_alone():
    dwi = series(np.random.default_rng(0).uniform(100, 200, (2, 3, 40, 40)), [0, 1000])
    aligned = align_diffusion(dwi)
    assert aligned.values is dwi.values
    assert [i.code for i in aligned.issues] == ["M02"]


def test_image_without_signal_is_left_alone(still):
    values = still.values.copy()
    values[0] = 0
    aligned = align_diffusion(replace(still, values=values))
    assert [(i.code, i.level) for i in aligned.issues] == [("M02", Level.WARN)]
    np.testing.assert_array_equal(aligned.values, values)


def test_failed_registration_is_said_and_nothing_moved(still, monkeypatch):
    def fails(*_):
        raise RuntimeError

    monkeypatch.setattr(align, "measure_motion", fails)
    aligned = align_diffusion(still)
    assert aligned.values is still.values
    assert [(i.code, i.level) for i in aligned.issues] == [("M02", Level.WARN)] * 3


def test_implausible_motion_is_not_applied(still):
    config = AdcConfig(align_max_mm=1.0)
    aligned = align_diffusion(with_b0(still, shift(2, 0, 0)), config=config)
    assert not record(aligned, "b0")["applied"]
    assert [i.code for i in aligned.issues] == ["M02"]


def test_series_without_second_b_is_refused():
    with pytest.raises(MapError):
        align_diffusion(series([image(0), image(0)], [0, 0]))


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
def test_moving_by_a_known_motion_is_exact_on_a_smooth_image(tilt_deg):
    grid = geometry(tilt_deg=tilt_deg)
    k, j, i = np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij")

    def smooth(dk, dj, di):
        wave = 20 * np.sin((i + di) / 9) * np.cos((j + dj) / 11) + 5 * np.sin((k + dk) / 5)
        return (100 + wave).astype(np.float32)

    motion = rigid.RigidMotion(np.eye(4), 0, 0, (0, 0, 0), 0, 0)
    np.testing.assert_allclose(rigid.move(smooth(0, 0, 0), grid, motion.matrix), smooth(0, 0, 0), atol=1e-3)
    matrix = np.eye(4)
    matrix[:3, 3] = grid.affine[:3, 0] * 2.5 + grid.affine[:3, 1] * -1.25
    moved = rigid.move(smooth(0, 0, 0), grid, matrix)
    inner = (slice(2, -2), slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(moved[inner], smooth(0, -1.25, 2.5)[inner], atol=0.05)
    matrix[:3, 3] = grid.affine[:3, 2]
    moved = rigid.move(smooth(0, 0, 0), grid, matrix)
    np.testing.assert_allclose(moved[:-2][inner], smooth(1, 0, 0)[:-2][inner], atol=0.05)


def test_tilt_is_refused_where_the_caller_does_not_know_of_it():
    grid = geometry(tilt_deg=10)
    assert "tilted" in rigid.can_register(grid, AdcConfig())
    assert rigid.can_register(grid, AdcConfig(), tilted=True) == ""
