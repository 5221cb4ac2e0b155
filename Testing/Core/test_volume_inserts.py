"""Inserts of known volume come back as patients' hematomas do."""

from functools import cache

import numpy as np
import pytest
from dicom_writer import a_slice, write

from strokequant.dicomio.scan import scan
from strokequant.geometry import Geometry
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.session import measure_session
from strokequant.phantom.verdict import judge
from strokequant.phantom.volume_inserts import measure_insert
from strokequant.phantom_types import PhantomKind, Qualification
from strokequant.record.phantom_pictures import region_pictures
from strokequant.types import Volume

PHANTOM = load_registry()["hematoma_volumes"]
FINE = 4


@cache
def share_of(ml, dz, pixel, size, offset):
    """Share of the insert in every voxel, semi-axes k (1, 0.8, 0.65)."""
    k = (3 * ml * 1000 / (4 * np.pi * 0.8 * 0.65)) ** (1 / 3)
    slices = int(2 * k * 0.65 / dz) + 9
    z = (np.arange(slices * FINE * 3) - (slices * FINE * 3 - 1) / 2) * dz / (FINE * 3) + offset * dz
    xy = (np.arange(size * FINE) - (size * FINE - 1) / 2) * pixel / FINE
    inside = (z[:, None, None] / (0.65 * k)) ** 2 + (xy[:, None] / (0.8 * k)) ** 2 + (xy / k) ** 2 <= 1
    return inside.reshape(slices, FINE * 3, size, FINE, size, FINE).mean(axis=(1, 3, 5))


def ellipsoid(ml, dz, *, pixel=0.6, size=120, seed=1, offset=0.3):
    """60 HU in 33 HU."""
    share = share_of(ml, dz, pixel, size, offset)
    values = 33 + 27 * share + np.random.default_rng(seed).normal(0, 4, share.shape)
    return Volume(
        values.astype(np.float32), Geometry.from_affine(np.diag([pixel, pixel, dz, 1.0]), share.shape), "[hnsf'U]"
    )


@pytest.mark.parametrize(("ml", "limit"), [(1, 2.0), (10, 1.0)])
@pytest.mark.parametrize("dz", [1.5, 2.5])
@pytest.mark.parametrize("offset", [0.0, 0.3, 0.5])
def test_volume_comes_back(ml, limit, dz, offset):
    biases = []
    for seed in range(4):
        found, places, issues = measure_insert(ellipsoid(ml, dz, offset=offset, seed=seed), PHANTOM)
        numbers = {m.metric: m for m in found}
        biases.append(numbers["volume_bias_percent"].value)
        assert numbers["volume"].insert == f"{ml} mL" and numbers["volume"].reference == ml
        assert places[0].voxels > 0 and issues == []
    assert abs(np.mean(biases)) <= limit


def test_noise_is_in_the_uncertainty():
    biases = []
    for seed in range(8):
        found, _, _ = measure_insert(ellipsoid(1, 2.5, seed=seed), PHANTOM)
        biases.append(next(m for m in found if m.metric == "volume_bias_percent"))
    spread = np.std([m.value for m in biases], ddof=1)
    assert 0.5 * spread <= biases[0].uncertainty / 2 <= 3 * spread


def test_a_volume_of_no_insert_is_refused():
    found, places, issues = measure_insert(ellipsoid(17, 2.5), PHANTOM)
    assert [m.value for m in found] == [None] and places == []
    assert issues[0].code == "Q63"


def test_an_image_without_insert():
    values = 33 + np.random.default_rng(1).normal(0, 4, (10, 80, 80)).astype(np.float32)
    volume = Volume(values, Geometry.from_affine(np.diag([0.6, 0.6, 2.5, 1.0]), values.shape), "[hnsf'U]")
    found, _, issues = measure_insert(volume, PHANTOM)
    assert all(m.value is None for m in found) and issues


def write_insert(folder, ml, **image):
    volume = ellipsoid(ml, 2.5, **image)
    for n, values in enumerate(volume.values):
        ds = a_slice(
            f"{ml}", n + 1, z=2.5 * n, Modality="CT", Rows=values.shape[0], Columns=values.shape[1], PixelSpacing=[0.6, 0.6],
            SliceThickness=2.5, SeriesNumber=ml, RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU", KVP=120,
            StudyDate="20261125", Manufacturer="GE", ManufacturerModelName="R", DeviceSerialNumber="7",
            PixelData=(np.round(values) + 1024).astype("<u2").tobytes(),
        )  # fmt: skip
        write(ds, folder / f"{ml}_{n:03d}.dcm")


def test_a_session_of_several_inserts(tmp_path):
    for ml in (5, 10):
        write_insert(tmp_path, ml)
    session = measure_session(scan(tmp_path).series, PHANTOM)
    found = {m.insert: m.value for m in session.measurements if m.metric == "volume_bias_percent"}
    assert set(found) == {"5 mL", "10 mL"} and all(abs(bias) <= 1 for bias in found.values())
    verdict = judge(session, criteria_for(PhantomKind.VOLUME))
    assert verdict.outcome is Qualification.QUALIFIED, verdict.reasons
    assert session.scanner.key == "GE|R|7"
    pages = region_pictures(session)
    assert pages.count("<figure>") == 2 and all(f">{label}</text>" in pages for label in found)
    for place in session.placements:
        assert place.picture.shape == place.mask.shape[1:] and place.mask[place.middle_slice].any()


def test_no_ct_at_all():
    session = measure_session((), PHANTOM)
    assert judge(session, criteria_for(PhantomKind.VOLUME)).outcome is Qualification.NO_VERDICT


@pytest.mark.parametrize("ml", [1, 5, 10, 30, 60])
@pytest.mark.parametrize("dz", ["1.0", "2.5", "5.0"])
def test_shared_inserts(shared_data, ml, dz):
    image = np.load(shared_data / "phantom" / "synthetic" / f"haem_{ml}ml_dz{dz}.npz")["img"]
    geometry = Geometry.from_affine(np.diag([0.45, 0.45, float(dz), 1.0]), image.shape)
    found, _, _ = measure_insert(Volume(image.astype(np.float32), geometry, "[hnsf'U]"), PHANTOM)
    bias = next(m.value for m in found if m.metric == "volume_bias_percent")
    assert abs(bias) <= (2.0 if ml == 1 else 1.0)
