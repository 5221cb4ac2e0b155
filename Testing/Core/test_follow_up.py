"""Baseline registered to follow-up: known motions of a synthetic and of a real head are found within 1 mm; the rest is refused."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.dicomio.read import read_volume
from strokequant.dicomio.scan import scan as scan_folder
from strokequant.errors import GeometryError, Level
from strokequant.geometry import Geometry
from strokequant.maps.check_pictures import check_pictures
from strokequant.maps.coregister import mask_onto
from strokequant.maps.follow_up import FollowUpRegistration, carry_mask, register_follow_up
from strokequant.maps.masked_rigid import apart_mm
from strokequant.maps.resample import sample
from strokequant.synthetic.anatomy import Head, tissue_fractions
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.perfusion_motion import rotation
from strokequant.types import Mask, Volume

HU = "[hnsf'U]"
SIGNALS = {
    "CT": (-1000, -20, 1000, 8, 37, 29, 55),
    "FLAIR": (0, 150, 15, 40, 420, 330, 200),
    "DWI": (0, 60, 8, 95, 325, 295, 60),
}
"""HU or signal of air, scalp, bone, CSF, gray and white matter, muscle."""
NOISE = {"CT": 4.0, "FLAIR": 10.0, "DWI": 8.0}
SHIFT, TURN = (6.0, -6.0, 5.3), (6.0, -6.0, 5.3)
"""10 mm and 10 deg in all."""
GRIDS = {
    "thick": {"slices": 30, "step_mm": 5.0},
    "thin": {"slices": 60, "step_mm": 2.5},
    "tilted": {"slices": 30, "step_mm": 5.0, "tilt_deg": 18.5},
    "uneven": {"offsets_mm": [*np.arange(-70, -20, 4.0), *np.arange(-19, 75, 7.0)]},
    "slab": {"slices": 8, "step_mm": 5.0, "center": (0.0, 0.0, 15.0)},
    "half": {"slices": 18, "step_mm": 5.0, "center": (0.0, 0.0, 15.0)},
}


EMPTY = FollowUpRegistration(np.eye(4), 0.0, 0.0, 0.0, 100.0, None, None, None, ())


def motion(shift=SHIFT, turn=TURN, center=(0.0, 0.0, 0.0)) -> np.ndarray:
    """From a point of the head at follow-up to where it lies at baseline."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(turn)
    matrix[:3, 3] = np.array(center) + shift - matrix[:3, :3] @ center
    return matrix


def image(kind, grid, moved=None, seed=0, noise=1.0) -> Volume:
    slab = make_slab(rows=128, columns=128, pixel_mm=1.8, **GRIDS[grid])
    pose = np.eye(4) if moved is None else np.linalg.inv(moved)
    shares = tissue_fractions(Head(), slab, pose, (1, 1, 4))
    values = np.tensordot(np.array(SIGNALS[kind], np.float32), shares, axes=(0, 0))
    values += np.random.default_rng(seed).normal(0, noise * NOISE[kind], values.shape)
    return Volume(values.astype(np.float32), slab.geometry, HU if kind == "CT" else "1")


@pytest.fixture(scope="module")
def followups():
    return {kind: image(kind, "thick") for kind in ("CT", "FLAIR")}


def head_points(volume):
    inside = volume.values > (-20 if volume.unit == HU else 50)
    return volume.geometry.to_lps(np.argwhere(inside)[::50])


@pytest.mark.parametrize(
    ("followup", "kind", "grid"),
    [
        ("CT", "CT", "thin"),
        ("CT", "CT", "tilted"),
        ("CT", "CT", "uneven"),
        ("CT", "CT", "half"),
        ("FLAIR", "DWI", "thick"),
        ("FLAIR", "CT", "thin"),
        ("FLAIR", "CT", "tilted"),
        ("CT", "DWI", "thick"),
    ],
)
def test_ten_millimeters_and_ten_degrees(followups, followup, kind, grid):
    truth = motion()
    found = register_follow_up(image(kind, grid, truth, seed=1), followups[followup])
    points = head_points(followups[followup])
    assert apart_mm(np.eye(4), truth, points) > 10
    assert apart_mm(found.matrix, truth, points) < 0.5
    assert found.residual_mm < 0.5
    assert [i.code for i in found.issues] == ["E21"]
    assert (found.correlation is None) == (kind != "CT" or followup != "CT")


@pytest.mark.parametrize("is_baseline", [True, False])
def test_a_slab_of_40_mm_in_a_whole_head(followups, is_baseline):
    truth, slab, whole = motion(), image("CT", "slab", motion(), seed=3), followups["CT"]
    found = register_follow_up(slab, whole) if is_baseline else register_follow_up(whole, slab)
    assert [(i.code, i.level) for i in found.issues] == [("E21", Level.WARN)]
    matrix = found.matrix if is_baseline else np.linalg.inv(found.matrix)
    assert apart_mm(matrix, truth, head_points(whole)) < 1.0


def test_another_origin_and_a_bent_head(followups):
    truth = motion((160.0, -90.0, 240.0), (18.0, 2.0, -3.0))
    baseline = image("CT", "thick", motion((0, 0, 0), (18.0, 2.0, -3.0)), seed=2)
    affine = np.array(baseline.geometry.affine)
    affine[:3, 3] += (160.0, -90.0, 240.0)
    baseline = Volume(baseline.values, Geometry.from_affine(affine, baseline.geometry.shape), HU)
    found = register_follow_up(baseline, followups["CT"])
    assert apart_mm(found.matrix, truth, head_points(followups["CT"])) < 0.5


def test_a_head_that_did_not_move(followups):
    found = register_follow_up(image("CT", "thick", seed=3), followups["CT"])
    assert found.displacement_mm < 0.1
    assert found.overlap_percent > 99


def test_growth_of_a_hematoma_does_not_move_the_head(followups):
    lps = followups["CT"].geometry.to_lps(np.argwhere(np.ones(followups["CT"].geometry.shape, bool)))
    ball = (((lps - (30, 0, 10)) ** 2).sum(axis=1) < 28**2).reshape(followups["CT"].geometry.shape)
    bled = Volume(np.where(ball, np.float32(65), followups["CT"].values), followups["CT"].geometry, HU)
    found = register_follow_up(image("CT", "thin", motion(), seed=4), bled)
    assert apart_mm(found.matrix, motion(), head_points(bled)) < 0.5


def likeness(pictures):
    pairs = [(p.followup.astype(float).ravel(), p.baseline.astype(float).ravel()) for p in pictures]
    return [np.corrcoef(*pair)[0, 1] for pair in pairs]


def test_pictures_show_both_heads_in_one_place():
    baseline, followup = image("CT", "thick", motion(), noise=0), image("CT", "thick", noise=0)
    found = register_follow_up(baseline, followup)
    assert [p.plane for p in found.pictures] == ["axial", "coronal", "sagittal"]
    for picture in found.pictures:
        assert picture.followup.shape == picture.baseline.shape == picture.checkerboard.shape
        assert picture.followup.dtype == np.uint8
        assert (picture.checkerboard == picture.followup).any() and (picture.checkerboard == picture.baseline).any()
    registered = likeness(found.pictures)
    for off in (motion((2.5, 2.5, 2.5), (0, 0, 0)), np.linalg.inv(found.matrix)):
        beside = likeness(check_pictures(baseline, followup, found.matrix @ off, head_points(followup)))
        assert all(one > other + 0.02 for one, other in zip(registered, beside, strict=True))


@pytest.mark.parametrize("grid", ["thick", "tilted", "uneven", "slab"])
@pytest.mark.parametrize("center", [(30.0, 5.0, 10.0), (0.0, 0.0, 68.0), (-55.0, -60.0, -40.0)])
def test_a_carried_mask_is_that_of_the_whole_grid(grid, center):
    """Only a box of the grid is looked at: nothing of the mask may lie outside of it."""
    baseline = make_slab(rows=64, columns=64, pixel_mm=3.6, **GRIDS["tilted"]).geometry
    followup = make_slab(rows=72, columns=72, pixel_mm=3.0, **GRIDS[grid]).geometry
    lps = baseline.to_lps(np.argwhere(np.ones(baseline.shape, bool)))
    ball = (((lps - center) ** 2).sum(axis=1) < 14**2).reshape(baseline.shape)
    mask = Mask(ball, baseline, "ich", "ball")
    found = replace(EMPTY, matrix=motion(), moved=Volume(np.zeros(followup.shape, np.float32), followup, HU))
    carried = carry_mask(mask, found, followup)
    whole = mask_onto(mask, followup, motion())
    assert (carried.values == whole.values).all()
    assert carried.values.any() or grid == "slab" or center[2] != 10


def test_a_mask_is_carried_with_its_volume(followups):
    truth, baseline = motion(), image("CT", "thin", motion(), seed=6)
    found = register_follow_up(baseline, followups["CT"])
    center = truth[:3, :3] @ (30.0, 5.0, 10.0) + truth[:3, 3]
    lps = baseline.geometry.to_lps(np.argwhere(np.ones(baseline.geometry.shape, bool)))
    ball = (((lps - center) ** 2).sum(axis=1) < 20**2).reshape(baseline.geometry.shape)
    mask = Mask(ball, baseline.geometry, "hemorrhage", "ball")
    carried = carry_mask(mask, found, followups["CT"].geometry)
    assert carried.volume_ml == pytest.approx(mask.volume_ml, rel=0.03)
    middle = carried.geometry.to_lps(np.argwhere(carried.values)).mean(axis=0)
    assert middle == pytest.approx((30, 5, 10), abs=0.8)
    assert carried.method == "ball; registered to the follow-up" and carried.issues == ()


def test_a_part_of_a_mask_outside_the_follow_up_is_told():
    followup = image("CT", "half")
    baseline = image("CT", "thick", seed=7)
    found = register_follow_up(baseline, followup)
    values = np.zeros(baseline.geometry.shape, bool)
    values[2:20, 60:64, 60:64] = True
    carried = carry_mask(Mask(values, baseline.geometry, "hemorrhage", "column"), found, followup.geometry)
    assert [i.code for i in carried.issues] == ["E23"]


def slab_of(volume, first, last):
    origins = volume.geometry.slice_origins[first:last]
    affine = np.array(volume.geometry.affine)
    affine[:3, 3] = origins[0]
    geometry = Geometry.from_affine(affine, (last - first, *volume.geometry.shape[1:]))
    return Volume(volume.values[first:last], geometry, volume.unit)


@pytest.mark.parametrize("shift", [0.0, 85.0])
def test_different_parts_of_the_head_are_refused(followups, shift):
    high, low = slab_of(followups["CT"], 19, 30), slab_of(followups["CT"], 2, 13)
    affine = np.array(high.geometry.affine)
    affine[2, 3] -= shift
    high = Volume(high.values, Geometry.from_affine(affine, high.geometry.shape), HU)
    with pytest.raises(GeometryError) as caught:
        register_follow_up(high, low)
    assert caught.value.issues[0].code == "E20"


def test_what_cannot_be_registered_is_refused(followups):
    good = followups["CT"]
    thin = slab_of(good, 10, 14)
    air = Volume(np.full(good.geometry.shape, -1000, np.float32), good.geometry, HU)
    with pytest.raises(GeometryError, match="slices"):
        register_follow_up(thin, good)
    for bad in (air, Volume(np.full(good.geometry.shape, np.nan, np.float32), good.geometry, HU)):
        with pytest.raises(GeometryError, match="head"):
            register_follow_up(good, bad)
    noise = np.random.default_rng(0).normal(100, 20, good.geometry.shape).astype(np.float32)
    with pytest.raises(GeometryError):
        register_follow_up(Volume(noise, good.geometry, HU), good)


def test_the_same_twice(followups):
    baseline = image("CT", "thin", motion(), seed=8)
    one, other = (register_follow_up(baseline, followups["CT"]) for _ in range(2))
    assert (one.matrix == other.matrix).all()
    assert (one.moved.values == other.moved.values).all()


@pytest.mark.parametrize("grid", ["thin", "tilted", "half"])
def test_the_real_head_moved_by_a_known_amount(shared_data, grid):
    followup = read_volume(scan_folder(shared_data / "ct" / "head_ge_tilt18_variable_gap").series[0])
    middle = followup.geometry.to_lps(np.array(followup.geometry.shape)[None] // 2)[0]
    truth = motion(center=middle)
    options = GRIDS[grid] | {"center": middle + np.array(GRIDS[grid].get("center", (0, 0, 0)))}
    slab = make_slab(rows=256, columns=256, pixel_mm=0.95, **options)
    values, _ = sample(followup.values, followup.geometry, slab.geometry, matrix=np.linalg.inv(truth), fill=-1000)
    baseline = Volume(values, slab.geometry, HU)
    pairs = ((baseline, followup, truth), (followup, baseline, np.linalg.inv(truth)))
    for one, other, matrix in pairs if grid == "thin" else pairs[:1]:
        found = register_follow_up(one, other)
        points = found.moved.geometry.to_lps(np.argwhere(other.values > -20)[::500])
        assert apart_mm(found.matrix, matrix, points) < 1.0
        assert found.correlation > 0.9


def test_real_images_of_two_contrasts_moved_by_a_known_amount(shared_data):
    """No motion between both is known, but moving one of them must change the result by exactly that motion."""
    found = scan_folder(shared_data / "diffusion" / "isles22_case0009").series
    dwi, flair = (read_volume(next(s for s in found if s.role.value == role)) for role in ("dwi", "flair"))
    still = register_follow_up(dwi, flair)
    middle = dwi.geometry.to_lps(np.array(dwi.geometry.shape)[None] // 2)[0]
    moved = motion(center=middle)
    slab = make_slab(slices=40, rows=112, columns=112, pixel_mm=2.0, step_mm=4.0, center=middle)
    values, _ = sample(dwi.values, dwi.geometry, slab.geometry, matrix=np.linalg.inv(moved))
    again = register_follow_up(Volume(values, slab.geometry), flair)
    points = flair.geometry.to_lps(np.argwhere(flair.values > np.percentile(flair.values, 70))[::2000])
    assert still.displacement_mm < 3
    assert apart_mm(again.matrix, moved @ still.matrix, points) < 1.0
