"""Masks and classes: exact overlaps and distances, published kappas and alphas."""

import numpy as np
import pytest

from strokequant.errors import UsageError
from strokequant.geometry import Geometry
from strokequant.statistics.kappa import cohen_kappa, fleiss_kappa
from strokequant.statistics.krippendorff import krippendorff_alpha
from strokequant.statistics.masks import compare_masks, surface_distances

SHAPE = (20, 20, 20)


def cube(k, j, i, size=10):
    mask = np.zeros(SHAPE, bool)
    mask[k : k + size, j : j + size, i : i + size] = True
    return mask


def grid(dz=1.0):
    return Geometry.from_affine(np.diag([1.0, 1.0, dz, 1.0]), SHAPE)


CASES = {
    "S1": (cube(5, 5, 7), 1.0, (0.8, 2 / 3, 2, 2, 0.688525, 0.721311, 1)),
    "S2": (cube(6, 6, 6, 8), 1.0, (0.677249, 0.512, 1.732051, 1.414214, 1.058190, 0.867347, 1)),
    "S3": (cube(6, 5, 5), 5.0, (0.9, 0.818182, 5, 5, 1.270492, 0.721311, 0.762295)),
    "S4": (cube(5, 5, 7), 5.0, (0.8, 2 / 3, 2, 2, 0.713115, 0.696721, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_cubes(name):
    other, dz, expected = CASES[name]
    found = compare_masks(cube(5, 5, 5), other, grid(dz))
    values = (found.dice, found.jaccard, found.hd_mm, found.hd95_mm, found.assd_mm, found.nsd[1.0], found.nsd[2.0])
    assert np.allclose(values, expected, atol=1e-6)


def test_volume_similarity_and_surfaces():
    found = compare_masks(cube(5, 5, 5), cube(6, 6, 6, 8), grid())
    assert found.volume_similarity == pytest.approx(0.645503, abs=1e-6)
    there, back = surface_distances(cube(5, 5, 5), cube(6, 6, 6, 8), grid())
    assert (len(there), len(back)) == (488, 296)
    assert (there.mean() + back.mean()) / 2 == pytest.approx(1.046743, abs=1e-6)


def test_overlap_agrees_with_simpleitk():
    import SimpleITK as sitk

    rng = np.random.default_rng(3)
    a, b = rng.random(SHAPE) > 0.5, rng.random(SHAPE) > 0.6
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*(sitk.GetImageFromArray(m.astype(np.uint8)) for m in (a, b)))
    found = compare_masks(a, b, grid())
    assert found.dice == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-9)
    assert found.jaccard == pytest.approx(overlap.GetJaccardCoefficient(), abs=1e-9)


def test_distances_follow_uneven_slices():
    origins = np.array([[0.0, 0, 0], [0, 0, 1], [0, 0, 8]])
    geometry = Geometry.from_slices(origins, (1, 0, 0, 0, 1, 0), (1, 1), (4, 4))
    first, second = np.zeros((3, 4, 4), bool), np.zeros((3, 4, 4), bool)
    first[1], second[2] = True, True
    assert compare_masks(first, second, geometry).hd_mm == pytest.approx(7)


def test_masks_that_touch_the_edge_have_a_surface_there():
    full = np.ones((3, 3, 3), bool)
    geometry = Geometry.from_affine(np.eye(4), (3, 3, 3))
    assert len(surface_distances(full, full, geometry)[0]) == 26


def test_empty_masks():
    empty = np.zeros(SHAPE, bool)
    both = compare_masks(empty, empty, grid())
    assert both.dice is None and both.words == "both empty" and both.hd95_mm is None
    one = compare_masks(cube(5, 5, 5), empty, grid())
    assert one.dice == 0 and one.words == "one empty" and one.hd95_mm is None
    assert one.volumes_ml == (1.0, 0.0)
    with pytest.raises(UsageError, match="Q70"):
        compare_masks(empty.astype(int), empty, grid())


def test_cohen():
    found = cohen_kappa([[20, 5], [10, 15]])
    assert found.value == pytest.approx(0.4, abs=1e-6)
    assert found.se == pytest.approx(0.126996, abs=1e-6)
    assert np.allclose([found.lower, found.upper], [0.151092, 0.648908], atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("none", (0.657283, 0.448523, 0.866042)),
        ("linear", (0.741220, 0.576140, 0.906299)),
        ("quadratic", (0.826303, 0.708040, 0.944566)),
    ],
)
def test_weighted_kappa(weights, expected):
    found = cohen_kappa([[10, 2, 0], [1, 8, 3], [0, 2, 9]], weights=weights)
    assert np.allclose([found.value, found.lower, found.upper], expected, atol=1e-6)


def test_fleiss():
    counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
              [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]  # fmt: skip
    found = fleiss_kappa(counts)
    assert found.value == pytest.approx(0.209931, abs=1e-6)
    assert found.lower < found.value < found.upper
    assert fleiss_kappa(counts) == found


RATINGS = """1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)]
)
def test_krippendorff(level, alpha):
    ratings = [[None if v == "." else float(v) for v in row.split()] for row in RATINGS.splitlines()]
    found = krippendorff_alpha(ratings, level=level)
    assert found.value == pytest.approx(alpha, abs=1e-6)
    assert (found.n, found.k) == (40, 4)
    assert "7 of 48 ratings missing" in found.interval
    assert found.lower < found.value <= found.upper


@pytest.mark.parametrize(
    "call",
    [
        lambda: cohen_kappa([[5, 0], [0, 0]]),
        lambda: cohen_kappa([[1, 2, 3], [4, 5, 6]]),
        lambda: cohen_kappa([[1, 2], [3, 4]], weights="cubic"),
        lambda: fleiss_kappa([[3, 0], [2, 0]]),
        lambda: fleiss_kappa([[3, 0], [3, 0]]),
        lambda: krippendorff_alpha([[1, None], [None, 2]]),
        lambda: krippendorff_alpha([[1, 1], [1, 1]]),
        lambda: krippendorff_alpha([[1, 2], [1, 2]], level="cardinal"),
        lambda: krippendorff_alpha([[-1, 2], [1, 2]], level="ratio"),
    ],
)
def test_ratings_that_cannot_give_a_statistic_are_refused(call):
    with pytest.raises(UsageError, match="Q70"):
        call()
