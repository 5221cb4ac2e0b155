"""Hemorrhage from series to record: select, audit, refuse, propose, click, grow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from strokequant.batch.earlier import Earlier, EarlierRecord, open_earlier
from strokequant.batch.hemorrhage_case import add_hemorrhage
from strokequant.batch.hemorrhage_growth import bleeding_of_record
from strokequant.biomarkers.hemorrhage_measures import MEASURE_IDS, hemorrhage_measurements, size_issues
from strokequant.cli import run
from strokequant.dicomio.ct_audit import audit_ct_headers, audit_ct_values
from strokequant.errors import Level, StrokeQuantError
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import Structure
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.synthetic.hemorrhage_head import CtProtocol
from strokequant.synthetic.hemorrhage_implant import Implant
from strokequant.synthetic.hemorrhage_patients import HemorrhageSpec, write_hemorrhage_patient
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.synthetic.vendors.perfusion_ct import SIEMENS
from strokequant.types import Equipment, Frame, Role, Series, Status, Volume

SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}


def patient(folder, number=1, volume_ml=40.0, **more):
    clots = (Implant(clot_of_volume(volume_ml, (28, 0, 14), (1, 1.3, 1.0), lobes=0.1)),) if volume_ml else ()
    spec = HemorrhageSpec(number, f"{number:02d}_case", SIEMENS, clots, CtProtocol(SMALL, seed=number), **more)
    return write_hemorrhage_patient(spec, folder)


def record_of(out):
    return json.loads(next(out.rglob("record.json")).read_text(encoding="utf-8"))


def row(data, name):
    return next(m for m in data["measurements"] if m["id"] == name)


def test_from_dicom_to_growth(tmp_path):
    truth = patient(tmp_path)
    source = str(tmp_path / truth.name)
    assert run(["run", source, "--out", str(tmp_path / "auto"), "--quiet"]) == 0
    auto = record_of(tmp_path / "auto")
    volume = row(auto, "ich_volume")
    assert volume["value"] == pytest.approx(truth.volume_ml, rel=0.05)
    assert volume["lower"] < volume["value"] < volume["upper"]
    assert {"S05", "H20"} <= {i["code"] for i in volume["issues"]}
    assert auto["hemorrhage"]["proposal"] is True
    assert [c["accepted"] for c in auto["hemorrhage"]["candidates"]].count(True) == 1
    words = ["--seed=28,0,14", "--baseline", str(tmp_path / "auto")]
    assert run(["hemorrhage", source, "--out", str(tmp_path / "click"), "--quiet", *words]) == 3
    click = record_of(tmp_path / "click")
    assert row(click, "ich_volume")["value"] == pytest.approx(volume["value"], rel=0.01)
    assert click["hemorrhage"]["proposal"] is False
    assert row(click, "ivh_volume")["status"] == "missing"
    # baseline and follow-up were scanned at one time: refused with the reason
    assert row(click, "ich_growth_volume")["value"] is None
    assert "E02" in {i["code"] for i in row(click, "ich_growth_volume")["issues"]}


def test_no_blood_is_zero(tmp_path):
    truth = patient(tmp_path, volume_ml=0)
    assert run(["hemorrhage", str(tmp_path / truth.name), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    found = row(record_of(tmp_path / "out"), "ich_volume")
    assert (found["value"], found["status"]) == (0, "zero")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"header": {"ContrastBolusAgent": "Iodine"}}, "H04"),
        ({"header": {"ConvolutionKernel": "H70h"}}, "H04"),
        ({"offset_hu": 110.0}, "H01"),
    ],
)
def test_bad_ct_is_refused(tmp_path, more, code):
    truth = patient(tmp_path, volume_ml=0, **more)
    assert run(["hemorrhage", str(tmp_path / truth.name), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    found = row(record_of(tmp_path / "out"), "ich_volume")
    assert found["value"] is None
    assert code in {i["code"] for i in found["issues"]}


def series(role=Role.NCCT, **more):
    frame = Frame(0, 0, "1", image_type=("ORIGINAL", "PRIMARY", "AXIAL"), thickness=5.0, extra={"kvp": 120.0})
    given = {"frames": (frame,), "header": {}, "equipment": Equipment()} | more
    return Series("1", "1.2", "CT", role, (), (), **given)


def codes_of(audit):
    return {issue.code for issue in audit.issues}


def test_headers():
    frame = series().frames[0]
    assert not audit_ct_headers(series()).issues
    assert "H04" in codes_of(audit_ct_headers(series(header={"contrast_agent": "Iomeron"})))
    assert "H04" in codes_of(audit_ct_headers(series(header={"convolution_kernel": "BONEPLUS"})))
    assert "H05" in codes_of(
        audit_ct_headers(series(frames=(replace(frame, image_type=("DERIVED", "SECONDARY", "MPR")),)))
    )
    assert "H08" in codes_of(audit_ct_headers(series(frames=(replace(frame, thickness=8.0),))))
    assert "H10" in codes_of(audit_ct_headers(series(frames=(replace(frame, extra={"kvp": 80.0}),))))
    both = (frame, replace(frame, extra={"kvp": 100.0}))
    assert "H11" in codes_of(audit_ct_headers(series(frames=both)))


def plain_image(air=-1000.0):
    values = np.full((4, 60, 60), air, np.float32)
    values[:, 15:45, 15:45] = 32
    return Volume(values, Geometry.from_affine(np.diag([1, 1, 5, 1.0]), values.shape), "[hnsf'U]")


def test_air_tells_the_rescale():
    good = audit_ct_values(plain_image(), rescale_types=("HU",))
    assert not good.issues
    assert [i.level for i in audit_ct_values(plain_image()).issues if i.code == "H02"] == [Level.INFO]
    shifted = audit_ct_values(plain_image(-890.0), rescale_types=("HU",))
    assert [(i.code, i.level) for i in shifted.issues] == [("H01", Level.STOP)]
    wrapped = plain_image()
    wrapped.values[1, 5, 5] = 3050
    assert "H03" in codes_of(audit_ct_values(wrapped, rescale_types=("HU",)))


@pytest.mark.parametrize(
    ("volume_ml", "slice_mm", "told"), [(2.99, 5.0, True), (3.0, 5.0, False), (2.99, 2.5, False), (1.0, 7.0, True)]
)
def test_unmeasurable(volume_ml, slice_mm, told):
    geometry = Geometry.from_affine(np.diag([1, 1, slice_mm, 1.0]), (5, 20, 20))
    mask = np.ones(geometry.shape, bool)
    found = size_issues(volume_ml, mask, geometry)
    assert bool(found) is told
    assert all(i.code == "S04" and "unmeasurable" in i.found for i in found)


def test_measures_of_two_structures_share_no_voxel():
    values = np.full((20, 80, 80), 30, np.float32)
    values += np.random.default_rng(1).normal(0, 2, values.shape).astype(np.float32)
    values[6:14, 15:35, 20:40] = 62
    values[6:14, 50:65, 20:40] = 60
    image = Volume(values, Geometry.from_affine(np.diag([1, 1, 2.5, 1.0]), values.shape), "[hnsf'U]")
    at = image.geometry.to_lps
    ich = segment_hematoma(image, at([[10, 25, 30]])[0])
    ivh = segment_hematoma(image, at([[10, 57, 30]])[0], structure="ivh")
    found = {m.id: m for m in hemorrhage_measurements(image, [ich, ivh], searched=(Structure.ICH, Structure.IVH))}
    assert set(found) == set(MEASURE_IDS)
    assert found["ich_volume"].value == pytest.approx(8.0, rel=0.03)
    assert found["ivh_volume"].value == pytest.approx(6.0, rel=0.03)
    total = round(1000 * found["ich_volume"].value) + round(1000 * found["ivh_volume"].value)
    assert found["ich_ivh_total_volume"].value == total / 1000
    assert found["sdh_volume"].status is Status.MISSING
    assert found["ich_hu_mean"].value == pytest.approx(62, abs=1.0)
    assert "weights" in found["ich_volume_abc2_kothari"].method


def test_baseline_that_is_no_record(tmp_path):
    with pytest.raises(StrokeQuantError):
        open_earlier(Earlier(str(tmp_path)))
    (tmp_path / "record.json").write_text("{}")
    with pytest.raises(StrokeQuantError):
        open_earlier(Earlier(str(tmp_path)))
    with pytest.raises(StrokeQuantError):
        bleeding_of_record(EarlierRecord({"measurements": []}, "", Earlier("")), "")


def test_nothing_to_measure(tmp_path):
    from strokequant.batch.core_case import new_record
    from strokequant.batch.discover import CaseInput
    from strokequant.settings import Settings

    record = new_record(CaseInput("a", "tp1", ()), Settings(), ())
    found = add_hemorrhage(record)
    assert {m.status for m in found.measurements} == {Status.MISSING}
    assert "I02" in {i.code for i in found.issues}
