"""One click to a clot: volume, mask, leak, jitter, and what is refused; on shapes of exact volume and on reference data."""

import json

import numpy as np
import pytest

from strokequant.errors import GeometryError, SegmentationError
from strokequant.geometry import Geometry
from strokequant.segmentation.ct_head import ct_head
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.segmentation.hematoma_region import nearest_voxel
from strokequant.synthetic.hemorrhage_implant import Implant, implant, resliced
from strokequant.synthetic.hemorrhage_shapes import ClotShape, clot_fraction, clot_of_volume
from strokequant.types import Mask, Volume

HU = "[hnsf'U]"


def tissue(slice_mm, *, size=(140, 140), height_mm=70.0, pixel_mm=0.5, hu=32.0, noise=3.0, tilt_deg=0.0):
    """Brain without a skull, the origin in its middle."""
    slices = round(height_mm / slice_mm)
    affine = np.diag([pixel_mm, pixel_mm, slice_mm, 1.0])
    affine[1, 2] = slice_mm * np.tan(np.radians(tilt_deg))
    affine[:3, 3] = -affine[:3, :3] @ (np.array([size[1], size[0], slices]) - 1) / 2
    geometry = Geometry.from_affine(affine, (slices, *size))
    values = np.random.default_rng(7).normal(hu, noise, geometry.shape).astype(np.float32)
    return Volume(values, geometry, HU, "attenuation")


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_shape_has_the_volume_that_it_says():
    shape = clot_of_volume(20, (1, 2, 3), (1, 1.4, 0.8), lobes=0.25, phase=2.0)
    assert shape.volume_ml == pytest.approx(20, rel=1e-3)
    grid = tissue(1.0).geometry
    assert grid.volume_ml(clot_fraction(shape, grid)) == pytest.approx(20, rel=2e-3)
    ball = ClotShape((0, 0, 0), (10, 10, 10))
    assert ball.volume_ml == pytest.approx(4 / 3 * np.pi, rel=1e-4)


@pytest.mark.parametrize(("volume_ml", "slice_mm", "limit"), [(30, 1.25, 1), (10, 2.5, 1), (3, 2.5, 3), (30, 7, 2)])
def test_volume_of_an_irregular_clot(volume_ml, slice_mm, limit):
    """Mean over offsets of the slices, as the reference asks."""
    errors = []
    for offset in (0.0, 0.37, 0.71):
        center = (2.0, -3.0, offset * slice_mm)
        shape = clot_of_volume(volume_ml, center, (1, 1.2, 0.9), lobes=0.15, phase=1.0)
        found = implant(tissue(slice_mm), [Implant(shape)])
        errors.append(segment_hematoma(found.image, center).volume_ml / volume_ml - 1)
    assert abs(100 * np.mean(errors)) <= limit


@pytest.mark.parametrize("slice_mm", [1.25, 3.0])
def test_mask_and_volume_are_one_and_fit_the_truth(slice_mm):
    shape = clot_of_volume(15, (0, 0, 0), (1, 1.3, 0.9), lobes=0.2, phase=3.0)
    found = implant(tissue(slice_mm), [Implant(shape, edema_mm=5.0)])
    clot = segment_hematoma(found.image, (0, 0, 0))
    assert clot.volume_ml == pytest.approx(clot.mask.volume_ml)
    assert clot.volume_ml == pytest.approx(found.sampled_ml, rel=0.03)
    assert dice(clot.mask.values, found.fraction >= 0.5) >= 0.96
    assert clot.background_hu == pytest.approx(20, abs=3)
    assert clot.threshold_hu == pytest.approx((clot.clot_hu + clot.background_hu) / 2)
    assert clot.step_band_ml[0] < clot.volume_ml < clot.step_band_ml[1]


def test_clicks_all_over_the_clot_give_one_volume():
    shape = clot_of_volume(12, (0, 0, 0), (1, 1.4, 0.8), lobes=0.25, phase=5.0)
    found = implant(tissue(3.0), [Implant(shape)])
    places = np.argwhere(found.fraction > 0.6)
    chosen = places[np.linspace(0, len(places) - 1, 12).astype(int)]
    volumes = [segment_hematoma(found.image, p).volume_ml for p in found.image.geometry.to_lps(chosen)]
    assert max(volumes) - min(volumes) < 0.2


def test_tilted_slices_give_the_same_volume():
    shape = clot_of_volume(25, (0, 0, 0), (1, 1.2, 0.9), lobes=0.15)
    upright, tilted = (implant(tissue(4.0, tilt_deg=t, noise=2.0), [Implant(shape)]) for t in (0.0, 20.0))
    one, other = (segment_hematoma(f.image, (0, 0, 0)).volume_ml for f in (upright, tilted))
    assert one == pytest.approx(25, rel=0.02)
    assert other == pytest.approx(25, rel=0.02)


def test_swirl_is_part_of_the_clot():
    shape = clot_of_volume(30, (0, 0, 0), (1, 1.1, 0.9))
    found = implant(tissue(2.5), [Implant(shape, swirl_hu=40.0)])
    assert segment_hematoma(found.image, (10, 0, 0)).volume_ml == pytest.approx(30, rel=0.02)


def test_bone_and_calcification_are_no_clot():
    shape = clot_of_volume(10, (0, 0, 0), (1, 1, 1))
    found = implant(tissue(2.5), [Implant(shape)])
    hu = found.image.values.copy()
    x = np.broadcast_to(found.image.geometry.affine[0, 3] + 0.5 * np.arange(hu.shape[2]), hu.shape)
    hu[x > 14.5] = 900
    touching = Volume(hu, found.image.geometry, HU, "attenuation")
    clot = segment_hematoma(touching, (0, 0, 0))
    assert not clot.mask.values[hu > 150].any()
    assert clot.volume_ml == pytest.approx(10, rel=0.03)


def test_rough_region_keeps_the_clot_inside():
    shapes = [clot_of_volume(6, (x, 0, 0), (1, 1, 1)) for x in (-10.5, 10.5)]
    found = implant(tissue(2.5, size=(140, 180)), [Implant(shape) for shape in shapes])
    rough = np.zeros(found.fraction.shape, bool)
    rough[:, :, :90] = True
    region = Mask(rough, found.image.geometry, "rough", "drawn")
    assert segment_hematoma(found.image, region).volume_ml == pytest.approx(6, rel=0.04)


@pytest.mark.parametrize("seed", [(0, 0, 500), (0, 0, np.nan), (1, 2), (30, 30, 20)])
def test_seed_beside_blood_is_refused(seed):
    found = implant(tissue(5.0), [Implant(clot_of_volume(5, (0, 0, 0), (1, 1, 1)))])
    with pytest.raises(SegmentationError) as error:
        segment_hematoma(found.image, seed)
    assert error.value.issues[0].code == "H15"


def test_region_on_another_grid_is_refused():
    image, other = tissue(5.0), tissue(2.5)
    region = Mask(np.ones(other.geometry.shape, bool), other.geometry, "rough", "drawn")
    with pytest.raises(GeometryError):
        segment_hematoma(image, region)


def test_clot_at_the_end_of_the_stack_is_a_lower_limit():
    image = tissue(5.0)
    top = image.geometry.positions[-1]
    found = implant(image, [Implant(clot_of_volume(10, (0, 0, top), (1, 1, 1)))])
    clot = segment_hematoma(found.image, (0, 0, top))
    assert "H14" in {issue.code for issue in clot.issues}


def test_nearest_voxel_of_uneven_slices():
    geometry = Geometry.from_slices([(0, 0, z) for z in (0, 4, 8, 15, 22)], (1, 0, 0, 0, 1, 0), (0.5, 0.5), (20, 20))
    assert nearest_voxel((2.0, 3.0, 14.0), geometry) == (3, 6, 4)
    assert nearest_voxel(geometry.to_lps([[4, 7, 9]])[0], geometry) == (4, 7, 9)


def test_hematoma_inserts(shared_data):
    folder = shared_data / "phantom" / "synthetic"
    truth = {k: v for k, v in json.loads((folder / "truth.json").read_text()).items() if k.startswith("haem")}
    assert len(truth) == 15
    for name, entry in truth.items():
        content = np.load(folder / f"{name}.npz")
        affine = np.diag([entry["px"], entry["px"], entry["dz"], 1])
        image = Volume(content["img"].astype(np.float32), Geometry.from_affine(affine, content["img"].shape), HU)
        share = content["frac"].astype(np.float32)
        middle = np.rint(np.average(np.argwhere(share > 0), axis=0, weights=share[share > 0])).astype(int)
        volume = segment_hematoma(image, image.geometry.to_lps(middle)[0]).volume_ml
        if entry["V_ml"] >= 3 and (entry["dz"] <= 2.5 or entry["V_ml"] >= 30):
            assert volume == pytest.approx(entry["V_ml"], rel=0.01), name
        elif entry["V_ml"] >= 3:
            assert volume == pytest.approx(entry["V_ml"], rel=0.02), name


@pytest.mark.parametrize(
    ("slice_mm", "volume_ml", "center", "edema_mm"),
    [
        (None, 20, (-22, 5, 55), 5.0),
        (None, 15, (-52, 10, 60), 3.0),
        (3.0, 15, (-52, 10, 60), 3.0),
        (3.0, 20, (-22, 5, 55), 5.0),
    ],
    ids=["native deep", "native lobar", "3 mm lobar", "3 mm deep"],
)
def test_clot_in_a_real_head(shared_data, slice_mm, volume_ml, center, edema_mm):
    """Tilted, uneven slices of 4 and 7 mm, and 3 mm slices made from them; one click, near the skull, with edema."""
    from strokequant.dicomio.read import read_volume
    from strokequant.dicomio.scan import scan

    image = read_volume(scan(shared_data / "ct" / "head_ge_tilt18_variable_gap").series[0])
    image = resliced(image, slice_mm, noise_hu=2.0) if slice_mm else image
    shape = clot_of_volume(volume_ml, center, (1, 1.4, 1.2), lobes=0.15, phase=3.0)
    head = ct_head(image)
    found = implant(image, [Implant(shape, edema_mm=edema_mm)], within=head.brain.values)
    clot = segment_hematoma(found.image, center, head=head)
    assert not clot.mask.values[image.values > 150].any()
    if slice_mm:
        assert dice(clot.mask.values, found.fraction >= 0.5) >= 0.96
    assert clot.volume_ml == pytest.approx(found.sampled_ml, rel=0.04)
