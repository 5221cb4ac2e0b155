"""Blood-like rods: certified numbers come back whatever the scale, the line is that of the scanner, and a linear error moves no hematoma."""

from dataclasses import replace

import numpy as np
import pytest
from dicom_writer import a_slice, write
from test_scanner_qualification import ct_record, history, ich_record
from test_volume_inserts import ellipsoid

from strokequant.dicomio.scan import scan
from strokequant.phantom.blood_inserts import find_rods
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.endpoint_effects import density_effect
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.session import measure_session
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomMeasurement, Qualification
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.synthetic.phantom_blood import RODS_HU, blood_rods

PHANTOM = load_registry()["blood_hu"]


def write_rods(folder, *volumes):
    for number, volume in enumerate(volumes, 1):
        for n, values in enumerate(volume.values):
            ds = a_slice(
                f"r{number}", n + 1, z=5.0 * n, Modality="CT", Rows=values.shape[0], Columns=values.shape[1],
                PixelSpacing=list(volume.geometry.pixel_spacing), SliceThickness=5, SeriesNumber=number, RescaleIntercept=-1024,
                RescaleSlope=1, RescaleType="HU", KVP=120, StudyDate="20261125", Manufacturer="GE", ManufacturerModelName="R",
                DeviceSerialNumber="7", PixelData=(np.round(values) + 1024).astype("<u2").tobytes(),
            )  # fmt: skip
            write(ds, folder / f"r{number}_{n:03d}.dcm")
    return folder


def session(folder, *volumes):
    return measure_session(scan(write_rods(folder, *volumes)).series, PHANTOM)


def values(one):
    return {(m.metric, m.insert): m.value for m in one.measurements}


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (0.93, 4.0)])
def test_the_line_is_that_of_the_scanner(tmp_path, scale, offset):
    one = session(tmp_path, blood_rods(hu=(60.0, 40.0, 80.0, 50.0, 70.0), scale=scale, offset=offset))
    found = values(one)
    for hu in RODS_HU:
        assert found["hu", f"{hu:g} HU"] == pytest.approx(scale * hu + offset, abs=0.3)
    assert found["blood_hu_slope", ""] == pytest.approx(scale, abs=0.008)
    assert found["blood_hu_offset", ""] == pytest.approx(offset, abs=0.5)
    assert len(one.placements) == 5 and all(p.voxels > 200 for p in one.placements)
    outcome = judge(one, criteria_for(PhantomKind.VOLUME)).outcome
    assert outcome is (Qualification.QUALIFIED if scale == 1.0 else Qualification.FAILED)


def test_rods_that_are_imaged_one_by_one(tmp_path):
    one = session(
        tmp_path, *(blood_rods(hu=(hu,), seed=n, slices=3) for n, hu in enumerate((70.0, 40.0, 50.0, 80.0, 60.0)))
    )
    assert values(one)["blood_hu_slope", ""] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("hu", [(40.0, 50.0, 60.0, 70.0), (40.0, 50.0, 50.5, 70.0, 80.0), ()])
def test_rods_that_cannot_be_named_get_no_verdict(tmp_path, hu):
    one = session(tmp_path, blood_rods(hu=hu, slices=3))
    assert values(one)["blood_hu_slope", ""] is None and one.placements == ()
    assert one.issues[-1].code in ("Q01", "Q19") and one.issues[-1].blocks
    assert judge(one, criteria_for(PhantomKind.VOLUME)).outcome is Qualification.NO_VERDICT


def test_things_of_another_size_are_no_rods():
    rods = find_rods(blood_rods(slices=3), replace(PHANTOM.inserts[0], radius_mm=20.0))
    assert rods == []


def test_the_limits_of_volumes_are_not_those_of_rods():
    (chosen,) = criteria_for(PhantomKind.VOLUME)
    assert {c.id: c.only_for for c in chosen.criteria} == {
        "volume": ("volume",), "blood_slope": ("blood",), "blood_bias": ("blood",)
    }  # fmt: skip


@pytest.mark.parametrize(("scale", "offset"), [(0.95, 2.0), (1.05, -2.0)])
def test_a_linear_error_does_not_move_the_border_of_a_hematoma(scale, offset):
    """What `density_effect` says: half-way between clot and surroundings stays half-way."""
    image = ellipsoid(10, 2.5)
    seed = tuple(float(v) for v in image.geometry.to_lps(np.array([np.array(image.values.shape) // 2]))[0])
    moved = replace(image, values=(scale * image.values + offset).astype(np.float32))
    volumes = [segment_hematoma(one, seed).volume_ml for one in (image, moved)]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.005)


def test_effect_beside_a_patient(tmp_path):
    rows = (PhantomMeasurement("blood_hu_slope", 0.95, "1"), PhantomMeasurement("blood_hu_offset", 2.0, "[hnsf'U]"))
    sessions = history(tmp_path, ct_record(PhantomKind.VOLUME, *rows))
    effect = density_effect(ich_record(30.0), sessions)
    assert effect.bias_percent == pytest.approx(100 * (0.95 * 60 + 2 - 60) / 60)
    assert effect.effective_threshold == pytest.approx((41 - 2) / 0.95)
    assert effect.corrected == effect.measured == 30.0 and effect.effect_percent == 0
    assert "CT number at 60 HU" in effect.words
