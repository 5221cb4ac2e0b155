"""Final infarct end to end: outlines of readers on FLAIR and CT, the proposal on diffusion within days, growth, cohort mean, registration."""

import csv
import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from follow_up_patients import write_outline
from small_patients import small

from strokequant.batch.reader_masks import load_mask
from strokequant.cli import run
from strokequant.errors import GeometryError, Issue, Level, ReadError
from strokequant.geometry import Geometry
from strokequant.maps.masked_rigid import apart_mm
from strokequant.record.cohort_table import COHORT, cohort_bytes, cohort_section
from strokequant.record.issue_lists import issues_beside
from strokequant.synthetic.anatomy import Head, tissue_fractions
from strokequant.synthetic.bids import write_bids
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.patients import BIDS, simulate_spec, write_patient
from strokequant.synthetic.perfusion_motion import rotation

FLAIR = (0, 150, 15, 40, 420, 330, 200)
"""Signal of air, scalp, bone, CSF, gray and white matter, muscle."""
FLAIR_GRID = {"slices": 28, "rows": 96, "columns": 96, "pixel_mm": 2.4, "step_mm": 5.0}
"""Voxels of 28.8 microliters."""


def command(*words):
    return run([*map(str, words), "--quiet"])


def measured(out, *where):
    return json.loads(out.joinpath(*where, "record.json").read_text(encoding="utf-8"))


def row(data, name):
    return next(m for m in data["measurements"] if m["id"] == name)


def codes(item):
    return {i["code"] for i in item["issues"]}


def moved(shift=(6.0, -6.0, 5.3), turn=(6.0, -6.0, 5.3)):
    """From a point of the scanner to the head: 10 mm and 10 degrees."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(turn)
    matrix[:3, 3] = shift
    return matrix


def write_flair(folder, label, pose):
    """A follow-up on FLAIR, whose head lies as the pose says; its grid."""
    slab = make_slab(**FLAIR_GRID)
    shares = tissue_fractions(Head(), slab, pose, (1, 1, 3))
    values = np.tensordot(np.array(FLAIR, np.float32), shares, axes=(0, 0))
    values += np.random.default_rng(int(label)).normal(0, 10, values.shape)
    path = folder / f"sub-{label}" / "ses-02" / "anat" / f"sub-{label}_ses-02_FLAIR.nii.gz"
    path.parent.mkdir(parents=True)
    geometry = slab.geometry
    image = sitk.GetImageFromArray(values.astype(np.float32))
    spacing = np.linalg.norm(geometry.affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(geometry.affine[:3, 3].tolist())
    image.SetDirection((geometry.affine[:3, :3] / spacing).ravel().tolist())
    sitk.WriteImage(image, str(path))
    sidecar = {"Modality": "MR", "SeriesDescription": "t2_flair", "SliceThickness": slab.thickness_mm}
    path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar), "utf-8")
    return geometry


@pytest.fixture(scope="module")
def bids(tmp_path_factory):
    """Two patients with diffusion, then FLAIR of a head that moved."""
    root = tmp_path_factory.mktemp("bids")
    spec = small("ge")
    for label in ("01", "02"):
        write_bids(simulate_spec(replace(spec, number=int(label), variant=BIDS)), root, label)
        session = root / f"sub-{label}" / "ses-01" / "dwi"
        session.mkdir(parents=True)
        for path in (root / f"sub-{label}" / "dwi").iterdir():
            path.rename(session / path.name.replace("_dwi", "_ses-01_dwi"))
        (root / f"sub-{label}" / "dwi").rmdir()
        geometry = write_flair(root, label, moved())
    return root, geometry


def block(geometry, count):
    """The first voxels of the middle slice, row by row."""
    mask = np.zeros(geometry.shape, bool)
    flat = mask[geometry.shape[0] // 2].reshape(-1)
    flat[2000 : 2000 + count] = True
    return mask


def final(case, **values):
    content = {"form": "FI", "version": "1.0", "modality": "FLAIR", "reader": "R1", "values": values}
    return content | {"case": case, "timepoint": "ses-02"}


def test_flair_against_the_core_of_every_case(bids, tmp_path):
    root, geometry = bids
    for label, count in (("01", 500), ("02", 2000)):
        write_outline(
            tmp_path / "masks" / f"sub-{label}" / "ses-02" / "infarct.nii.gz", block(geometry, count), geometry
        )
    chronic = tmp_path / "masks" / "sub-02" / "ses-02" / "chronic.nii.gz"
    write_outline(chronic, block(geometry, 1000), geometry)
    csf = {"edema": "csf", "csf_baseline": 120, "csf_followup": 118}
    entries = [final("sub-01", chronic="none", **csf), final("sub-02", chronic="outlined", onset_to_baseline=4)]
    said = tmp_path / "answers.json"
    said.write_text(json.dumps({"schema_version": 1, "answers": entries}), "utf-8")
    out = tmp_path / "out"
    assert command("run", root, "--out", out, "--answers", said, "--masks", tmp_path / "masks") == 0
    ratios = []
    for label, ml in (("01", 14.4), ("02", 28.8)):
        core = row(measured(out, f"sub-{label}", "ses-01"), "infarct_core_volume")["value"]
        data = measured(out, f"sub-{label}", "ses-02")
        volume, growth = row(data, "final_infarct_volume"), row(data, "infarct_growth_volume")
        assert volume["value"] == pytest.approx(ml, abs=1e-5)  # NIfTI keeps its grid in 32 bits
        assert growth["value"] == pytest.approx(ml - core, abs=0.001)
        ratios.append(row(data, "infarct_growth_ratio")["value"])
        assert ratios[-1] == pytest.approx(ml / core, rel=1e-4)
        assert row(data, "infarct_growth_log_ratio")["value"] == pytest.approx(np.log(ratios[-1]), rel=1e-6)
        assert {"E03", "E12", "E06"} <= codes(growth)  # DWI and FLAIR, no dates, a rule and a reader
        assert data["follow_up"]["baselines"]["infarct"]["automatic"] is True
        found = data["follow_up"]["registrations"]["infarct"]
        index = np.argwhere(np.ones((14, 14, 12), bool)) * 10 - 65.0
        # at baseline the scanner is the head
        assert apart_mm(np.array(found["matrix"]), moved(), index) < 1.0
    one, two = (measured(out, f"sub-{label}", "ses-02") for label in ("01", "02"))
    assert row(one, "final_infarct_volume_corrected")["value"] == pytest.approx(12.4, abs=1e-5)
    assert row(two, "final_infarct_volume_corrected")["status"] == "missing"
    roles = {i["role"] for i in two["inputs"]}
    assert {"final_infarct_outline", "final_chronic_outline"} <= roles
    assert "28.80 mL of chronic lesions left out" in json.dumps(two["masks"])
    assert row(two, "infarct_growth_rate")["value"] == pytest.approx(core / 4, rel=1e-6)
    rows = list(csv.DictReader(io.StringIO((out / COHORT).read_text(encoding="utf-8"))))
    assert float(rows[0]["value"]) == pytest.approx((ratios[0] * ratios[1]) ** 0.5, rel=1e-4)
    assert (rows[0]["cases"], rows[0]["without_ratio"]) == ("2", "0")
    page = (out / "sub-01" / "ses-02" / "report.html").read_text(encoding="utf-8")
    assert "infarct at baseline, registered" in page and "infarct at follow-up" in page
    assert "Final infarct" in (out / "index.html").read_text(encoding="utf-8")
    assert "geometric mean" in (out / "index.html").read_text(encoding="utf-8")
    assert command("verify", out) == 0
    (out / COHORT).write_text((out / COHORT).read_text(encoding="utf-8").replace("2,0", "3,0", 1), "utf-8")
    assert command("verify", out) == 4


def later(folder, copy, date):
    """A copy of DICOM files as another study of the same patient."""
    import pydicom

    shutil.copytree(folder, copy)
    for path in sorted(p for p in copy.rglob("*") if p.is_file()):
        ds = pydicom.dcmread(path)
        for element in ds:
            if element.VR == "DA" and "Birth" not in element.name:
                element.value = date
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            setattr(ds, keyword, f"{getattr(ds, keyword)[:-4]}.{date[-2:]}")
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(path)


@pytest.fixture(scope="module")
def diffusion(tmp_path_factory):
    root = tmp_path_factory.mktemp("dwi")
    spec = replace(small("ge"), name="day0")
    write_patient(spec, root)
    return root / "day0"


@pytest.mark.parametrize(("date", "proposed"), [("20240118", True), ("20240124", False)])
def test_diffusion_proposes_a_final_infarct_within_days_alone(diffusion, tmp_path, date, proposed):
    shutil.copytree(diffusion, tmp_path / "case" / "day0")
    later(diffusion, tmp_path / "case" / "later", date)
    out = tmp_path / "out"
    assert command("run", tmp_path / "case", "--out", out) == 0
    name = next(p.name for p in out.iterdir() if p.is_dir())
    data = measured(out, name, "tp2")
    volume = row(data, "final_infarct_volume")
    if not proposed:
        assert (volume["value"], volume["status"], codes(volume)) == (None, "missing", {"E54"})
        assert not (out / COHORT).exists()
        return
    assert volume["value"] == row(measured(out, name, "tp1"), "infarct_core_volume")["value"]
    # the series is that of the core and of the final infarct: what is said of it stands beside both
    warning = Issue("G05", Level.WARN, "uneven slices").as_dict()
    next(s for s in data["series"] if s["key"] == data["used"]["dwi"])["issues"].append(warning)
    data["issues"].append(warning)
    assert data["used"]["dwi"] == data["used"]["final_infarct"]
    assert all(
        warning in issues_beside(data, row(data, f"{part}_volume")) for part in ("infarct_core", "final_infarct")
    )
    assert {"E50", "S05"} <= codes(volume)  # nobody said whether it holds chronic lesions
    assert row(data, "infarct_growth_volume")["value"] == 0
    assert row(data, "infarct_growth_ratio")["value"] == 1
    assert data["follow_up"]["infarct"]["category"] == "no change"
    assert data["follow_up"]["registrations"]["infarct"]["displacement_mm"] < 0.2
    assert {p.name for p in (out / name / "tp2" / "dicom").iterdir()} >= {"seg_final.dcm", "sr_final.dcm"}


def test_a_record_as_baseline_of_a_core(diffusion, tmp_path):
    later(diffusion, tmp_path / "later", "20240117")
    assert command("core", diffusion, "--out", tmp_path / "first") == 0
    words = ("core", tmp_path / "later", "--out", tmp_path / "second", "--baseline", tmp_path / "first")
    assert command(*words) == 0
    data = measured(tmp_path / "second", "later", "tp1")
    assert data["follow_up"]["baselines"]["infarct"]["same_patient"] is True
    assert row(data, "infarct_growth_volume")["value"] == 0
    assert data["follow_up"]["registrations"] == {}


def record(case, timepoint, v0, v1, acquired="2026-03-01", offset=None):
    numbers = (("final_infarct_volume", v1), ("infarct_growth_volume", v1 - v0))
    return {
        "case": case,
        "timepoint": timepoint,
        "visit": {"scans": [{"part": "final_infarct", "technique": "FLAIR", "acquired": acquired}]},
        "follow_up": {"infarct": {"offset_ratio": offset}},
        "measurements": [{"id": name, "value": value} for name, value in numbers],
    }


def test_geometric_mean_of_a_cohort():
    records = [record("a", "tp2", 10, 5), record("b", "tp2", 10, 10), record("c", "tp2", 10, 20)]
    records += [record("d", "tp3", 10, 40, "2026-05-30"), record("d", "tp2", 10, 400), record("e", "tp2", 0, 4)]
    rows = list(csv.DictReader(io.StringIO(cohort_bytes(records).decode())))
    assert len(rows) == 1
    assert float(rows[0]["value"]) == pytest.approx(1.414214, abs=1e-6)
    assert (rows[0]["cases"], rows[0]["without_ratio"]) == ("4", "1")
    assert "E08" in rows[0]["warnings"] and "1.41" in cohort_section(records)
    declared = [record("a", "tp2", 0, 3, offset=4.0), record("b", "tp2", 3, 3, offset=1.0)]
    rows = list(csv.DictReader(io.StringIO(cohort_bytes(declared).decode())))
    assert [(r["offset_ml"], float(r["value"])) for r in rows] == [("0.0", 1.0), ("1.0", 2.0)]
    assert cohort_bytes([]) is None and cohort_section([]) == ""


GRID = Geometry.from_affine([[1.5, 0, 0, -20], [0, 2, 0, 30], [0, 0, 5, 7], [0, 0, 0, 1]], (4, 6, 8))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("flips", [(), (0,), (1, 2), (0, 1, 2)])
def test_an_outline_in_another_order_of_axes(tmp_path, order, flips):
    mask = np.random.default_rng(3).random(GRID.shape) < 0.3
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetOrigin(GRID.affine[:3, 3].tolist())
    image.SetSpacing([1.5, 2, 5])
    image = sitk.Flip(sitk.PermuteAxes(image, order), [axis in flips for axis in range(3)], False)
    sitk.WriteImage(image, str(tmp_path / "infarct.nii.gz"))
    found = load_mask(tmp_path / "infarct.nii.gz", GRID, name="infarct", reader="R1")
    assert (found.values == mask).all() and found.edited_by == "R1"


def test_an_outline_on_another_grid_is_refused(tmp_path):
    for name, spacing, origin, shape in (
        ("shifted", [1.5, 2, 5], [-19.3, 30, 7], (4, 6, 8)),
        ("coarser", [3.0, 2, 5], [-20, 30, 7], (4, 6, 8)),
        ("smaller", [1.5, 2, 5], [-20, 30, 7], (4, 6, 7)),
    ):
        image = sitk.GetImageFromArray(np.ones(shape, np.uint8))
        image.SetSpacing(spacing)
        image.SetOrigin(origin)
        sitk.WriteImage(image, str(tmp_path / f"{name}.nrrd"))
        with pytest.raises(GeometryError) as caught:
            load_mask(tmp_path / f"{name}.nrrd", GRID, name="infarct")
        assert caught.value.issues[0].code == "G17"
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    with pytest.raises(ReadError) as caught:
        load_mask(tmp_path / "broken.nii.gz", GRID, name="infarct")
    assert str(tmp_path) not in str(caught.value)
