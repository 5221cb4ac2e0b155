"""ABC/2, irregularity, edema, scores and midline shift: analytic cases."""

import numpy as np
import pytest

from strokequant.biomarkers.abc2 import abc2_ml, abc2_of_mask, kothari_weights
from strokequant.biomarkers.hemorrhage_formulas import (
    GRAEB_LIMITS,
    GraebReading,
    edema_extension_mm,
    irregularity_index,
    ivh_score,
    ivh_score_ml,
    midline_shift_mm,
    modified_graeb,
    relative_edema,
    surface_mm2,
)
from strokequant.errors import UsageError
from strokequant.geometry import Geometry


def sections(axes, positions):
    """Areas of an ellipsoid, and full axes of its largest section."""
    factor = 1 - (np.asarray(positions) / axes[2]) ** 2
    return np.pi * axes[0] * axes[1] * factor, 2 * axes[0] * np.sqrt(factor.max()), 2 * axes[1] * np.sqrt(factor.max())


@pytest.mark.parametrize(
    ("axes", "positions", "weights", "kothari", "plain"),
    [
        ((20, 15, 15), (-10, -5, 0, 5, 10), (0.5, 1, 1, 1, 0.5), 12.0, 15.0),
        ((20, 15, 15), (-12.5, -7.5, -2.5, 2.5, 7.5, 12.5), (0.5, 1, 1, 1, 1, 0.5), 14.583333, 17.5),
    ],
)
def test_ellipsoid(axes, positions, weights, kothari, plain):
    areas, a, b = sections(axes, positions)
    found = kothari_weights(areas)
    assert found == weights
    assert abc2_ml(a, b, 5 * sum(found)) == pytest.approx(kothari, abs=1e-6)
    assert abc2_ml(a, b, 5 * len(positions)) == pytest.approx(plain, abs=1e-6)


def test_ellipsoid_at_an_offset():
    positions = np.arange(-15, 20, 5) + 0.7
    areas, a, b = sections((25, 18, 15.9155), positions[np.abs(positions) < 15.9155])
    assert (a, b) == (pytest.approx(49.952, abs=1e-3), pytest.approx(35.965, abs=1e-3))
    assert abc2_ml(a, b, 5 * sum(kothari_weights(areas))) == pytest.approx(17.965, abs=1e-3)
    assert abc2_ml(a, b, 5 * len(areas)) == pytest.approx(31.439, abs=1e-3)


def test_weights_at_their_limits():
    assert kothari_weights((100, 75.1, 75, 25, 24.9)) == (1, 1, 0.5, 0.5, 0)
    assert kothari_weights((0.3, 0.1 + 0.2 * 0.75)) == (1, 1)
    assert kothari_weights(()) == ()


def grid(shape, spacing, tilt=0.0):
    i, j, k = spacing
    affine = np.diag([i, j, k, 1.0])
    affine[1, 2] = k * np.tan(np.radians(tilt))
    return Geometry.from_affine(affine, shape)


def ellipsoid(geometry, axes, center):
    k, j, i = np.indices(geometry.shape)
    points = geometry.to_lps(np.stack([k, j, i], axis=-1).reshape(-1, 3)) - center
    return ((points / axes) ** 2).sum(axis=1).reshape(geometry.shape) <= 1


@pytest.mark.parametrize("tilt", [0.0, 20.0])
def test_mask_of_an_ellipsoid(tilt):
    geometry = grid((13, 120, 140), (0.45, 0.45, 2.5), tilt)
    center = geometry.to_lps([[6, 60, 70]])[0]
    found = abc2_of_mask(ellipsoid(geometry, (20, 15, 12), center), geometry)
    assert found.a_mm == pytest.approx(40, rel=0.02)
    assert found.b_caliper_mm == pytest.approx(30, rel=0.02)
    assert found.b_chord_mm == pytest.approx(30, rel=0.02)
    areas, a, b = sections((20, 15, 12), np.arange(-10, 11, 2.5))
    expected = abc2_ml(a, b, 2.5 * sum(kothari_weights(areas)))
    assert found.volume_ml() == pytest.approx(expected, rel=0.02)
    assert sum(found.weights) * 2.5 == pytest.approx(found.c_kothari_mm)


def test_mask_of_a_cuboid_tells_caliper_from_chord():
    geometry = grid((8, 80, 100), (0.5, 0.5, 5.0))
    mask = np.zeros(geometry.shape, bool)
    mask[2:6, 10:70, 10:90] = True
    found = abc2_of_mask(mask, geometry)
    assert found.a_mm == pytest.approx(50, rel=0.01)
    assert found.b_caliper_mm == pytest.approx(48, rel=0.02)
    assert found.volume_ml() == pytest.approx(24.0, rel=0.02)
    assert found.volume_ml(chord=True) == pytest.approx(18.75, rel=0.02)


def test_uneven_slices_count_with_their_own_extent():
    origins = [(0, 0, z) for z in (0, 4, 8, 12, 19, 26)]
    geometry = Geometry.from_slices(origins, (1, 0, 0, 0, 1, 0), (1, 1), (30, 30))
    mask = np.zeros(geometry.shape, bool)
    mask[1:5, 5:20, 5:20] = True
    found = abc2_of_mask(mask, geometry)
    assert found.c_plain_mm == pytest.approx(4 + 4 + 5.5 + 7)
    assert found.slices == (1, 2, 3, 4)


def test_empty_mask_has_no_axes():
    geometry = grid((3, 5, 5), (1, 1, 1))
    assert abc2_of_mask(np.zeros(geometry.shape, bool), geometry) is None


@pytest.mark.parametrize(
    ("surface", "volume_mm3", "expected"),
    [
        (4 * np.pi * 100, 4 / 3 * np.pi * 1000, 100.0),
        (6 * 100, 1000, 111.387),
        (2 * np.pi * 100 + 2 * np.pi * 10 * 20, np.pi * 100 * 20, 106.991),
    ],
)
def test_irregularity(surface, volume_mm3, expected):
    assert irregularity_index(surface, volume_mm3 / 1000) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("slice_mm", [1.0, 2.5, 5.0])
def test_surface_of_a_ball(slice_mm):
    geometry = grid((round(50 / slice_mm), 70, 70), (0.7, 0.7, slice_mm))
    center = geometry.to_lps(np.array(geometry.shape)[None] // 2)[0]
    mask = ellipsoid(geometry, (16, 16, 16), center)
    assert surface_mm2(mask, geometry) == pytest.approx(4 * np.pi * 256, rel=0.04)


@pytest.mark.parametrize(
    ("ich", "edema", "distance", "relative"),
    [
        (30, 20, 3.578175, 0.666667),
        (1, 7, 6.203505, 7.0),
        (8, 19, 6.203505, 2.375),
        (10, 0, 0.0, 0.0),
        (46.448, 75.568, 8.46934, 1.62694),
    ],
)
def test_edema(ich, edema, distance, relative):
    assert edema_extension_mm(edema, ich) == pytest.approx(distance, abs=1e-5)
    assert relative_edema(edema, ich) == pytest.approx(relative, abs=1e-5)


def test_edema_without_clot_is_undefined():
    assert relative_edema(5.0, 0.0) is None


def test_graeb():
    everything = GraebReading(dict(GRAEB_LIMITS))
    assert modified_graeb(everything) == 24
    assert modified_graeb(GraebReading(dict(GRAEB_LIMITS), tuple(GRAEB_LIMITS))) == 32
    assert modified_graeb(GraebReading()) == 0
    for wrong in (GraebReading({"fifth": 1}), GraebReading({"third": 5}), GraebReading({}, ("nose",))):
        with pytest.raises(UsageError):
            modified_graeb(wrong)


def test_ivh_score():
    assert ivh_score(right=2, left=1, third=1, fourth=0, hydrocephalus=1) == 13
    assert ivh_score_ml(13) == pytest.approx(13.464, abs=1e-3)
    assert ivh_score_ml(ivh_score(right=3, left=3, third=1, fourth=1, hydrocephalus=1)) == pytest.approx(
        99.484, abs=1e-3
    )
    assert ivh_score_ml(0) == 0.0
    with pytest.raises(UsageError):
        ivh_score(right=4, left=0, third=0, fourth=0, hydrocephalus=0)


def test_midline_shift():
    assert midline_shift_mm((70, 0, 0), (-70, 0, 0), (4, 0, 0)) == pytest.approx(4.0)
    assert midline_shift_mm((70, 0, 0), (-70, 0, 0), (-4, 0, 0)) == pytest.approx(4.0)
    with pytest.raises(UsageError):
        midline_shift_mm((0, 0, 0), (0, 0, 0), (0, 0, 0))
