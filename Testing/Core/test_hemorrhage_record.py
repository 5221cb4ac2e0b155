"""What a hemorrhage case writes: record, table and DICOM objects, with blood of known volume on straight, tilted and uneven slices."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pydicom
import pytest
from hemorrhage_record_cases import BOXES, CT_UID, H21, S05, SHAPE, box, ct_grid, hemorrhage_record
from record_cases import EVEN, TILTED, U01, UNEVEN, case_record

from Data.dicom_checks import dcentvfy_errors, dciodvfy_findings, dcmqi_images, dsrdump
from Data.source_series import classic_series
from strokequant import codes
from strokequant.biomarkers.abc2 import abc2_of_mask
from strokequant.biomarkers.catalog import MEASURES
from strokequant.biomarkers.hemorrhage_measures import MEASURE_IDS
from strokequant.cli import run
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import Structure
from strokequant.record.case_record import case_contents, record_to_dict
from strokequant.record.dicom_out import write_dicom
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.dicom_sr import measurements_of, structure_of
from strokequant.record.files import schema_errors
from strokequant.record.issue_lists import issues_beside
from strokequant.record.kinds import Kind, kind_of
from strokequant.record.table import measurement_rows, measurements_bytes
from strokequant.types import InputRef, Measurement, Role, Status

NOW = datetime(2026, 1, 2, 3, 4, 5)
GRIDS = {"straight": ct_grid(), "tilted": ct_grid(orientation=TILTED), "uneven": ct_grid(z=UNEVEN)}
TYPES = {
    "ich": (codes.HEMATOMA, codes.BRAIN),
    "ivh": (codes.HEMORRHAGE, codes.BRAIN_VENTRICLE),
    "sah": (codes.HEMORRHAGE, codes.CRANIAL_SUBARACHNOID_SPACE),
    "sdh": (codes.HEMATOMA, codes.SUBDURAL_SPACE),
    "edh": (codes.HEMATOMA, codes.EPIDURAL_SPACE),
    "edema": (codes.EDEMA, codes.BRAIN),
}
SEG, SR = "dicom/seg_hemorrhage.dcm", "dicom/sr_hemorrhage.dcm"


def known_ml(name: str, geometry: Geometry) -> float:
    """Volume of a box by counting: area of its rectangle times the extents of its slices."""
    k, j, i = BOXES[name]
    return (j[1] - j[0]) * (i[1] - i[0]) * geometry.pixel_area_mm2 * geometry.slice_extents[slice(*k)].sum() / 1000


def on_files(folder, geometry: Geometry, **options):
    """A record whose CT lies on the disk."""
    series = classic_series(folder / "source", replace(geometry))
    for path in series.files:
        ds = pydicom.dcmread(path)
        ds.Modality, ds.SOPClassUID = "CT", "1.2.840.10008.5.1.4.1.1.2"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.PixelSpacing = [geometry.pixel_spacing[1], geometry.pixel_spacing[0]]
        ds.save_as(path)
    header = {"sop_class": "1.2.840.10008.5.1.4.1.1.2"}
    series = replace(series, key="0002", modality="CT", role=Role.NCCT, header=header)
    record = hemorrhage_record(geometry, **options)
    instances = tuple(f.sop_instance_uid for f in series.frames)
    image = replace(record.images["ncct"], instance_uids=instances)
    source = InputRef(series.series_uid, "ab" * 32, "ncct", instances)
    others = tuple(s for s in record.series if s.series_uid != CT_UID)
    return replace(record, series=(*others, series), inputs=(source,), images={**record.images, "ncct": image})


def written(folder, geometry: Geometry, **options):
    record = on_files(folder, geometry, **options)
    output = write_dicom(record, folder, now=NOW)
    assert output.issues == ()
    return record, output.files


@pytest.fixture(scope="module", params=GRIDS)
def case(request, tmp_path_factory):
    geometry = GRIDS[request.param]
    return geometry, *written(tmp_path_factory.mktemp("dicom"), geometry, answered=True)


def test_boxes_do_not_touch():
    values = np.sum([box(name, ct_grid()) for name in BOXES], axis=0)
    assert values.max() == 1 and len({box(name, ct_grid()).sum() for name in BOXES}) == len(BOXES)


@pytest.mark.parametrize("geometry", GRIDS.values(), ids=GRIDS)
def test_volumes_of_the_record_are_those_of_the_boxes(geometry):
    data = record_to_dict(hemorrhage_record(geometry))
    rows = {m["id"]: m for m in data["measurements"]}
    for name in BOXES:
        assert rows[f"{name}_volume"]["value"] == pytest.approx(known_ml(name, geometry), rel=1e-6), name
    masks = {m["name"]: m for m in data["masks"]}
    for name in BOXES:
        assert masks[name]["volume_ml"] == pytest.approx(known_ml(name, geometry), rel=1e-6), name


RECORDS = {
    "all": hemorrhage_record(answered=True),
    "none": hemorrhage_record(structures=(), edema=False),
    "not looked for": hemorrhage_record(structures=("ich",), searched=(Structure.ICH,), edema=False),
    "beside diffusion": hemorrhage_record(base=case_record()),
    "without result": replace(hemorrhage_record(), hemorrhage=None),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_record_holds_to_its_schema_and_is_the_same_again(record):
    first, second = case_contents(record), case_contents(record)
    assert first == second
    assert schema_errors(json.loads(first["record.json"]), "record.schema.json") == []


def test_schema_knows_every_field_of_clots_candidates_and_axes():
    data = record_to_dict(hemorrhage_record())
    for part, name in (("clots", "threshold_hu"), ("candidates", "seed_lps"), ("abc2", "weights")):
        for change in ("more", "less"):
            broken = json.loads(json.dumps(data))
            item = broken["hemorrhage"][part] if part == "abc2" else broken["hemorrhage"][part][0]
            item.pop(name) if change == "less" else item.update(unknown=1)
            assert schema_errors(broken, "record.schema.json"), (part, change)


def test_axes_of_abc2_lie_on_their_slice():
    geometry = ct_grid(orientation=TILTED)
    mask = box("ich", geometry)
    found = abc2_of_mask(mask, geometry)
    a, caliper, chord = (np.array(line) for line in (found.a_lps, found.b_caliper_lps, found.b_chord_lps))
    lengths = [np.linalg.norm(line[1] - line[0]) for line in (a, caliper, chord)]
    assert lengths == pytest.approx([found.a_mm, found.b_caliper_mm, found.b_chord_mm], abs=1e-9)
    direction = a[1] - a[0]
    for line in (caliper, chord):
        assert abs((line[1] - line[0]) @ direction) < 1e-6
    plane = geometry.positions[found.slice_index]
    assert np.concatenate([a, caliper, chord]) @ geometry.normal == pytest.approx([plane] * 6, abs=1e-6)
    # corners of the box, within the half pixel by which its outline is rounded
    k = found.slice_index
    j, i = BOXES["ich"][1:]
    corners = geometry.to_lps([[k, y - 0.5, x - 0.5] for y in j for x in i])
    for end in a:
        assert np.linalg.norm(corners - end, axis=1).min() < 1.5


def test_table_has_a_row_for_every_measure_with_its_code():
    record = hemorrhage_record(answered=True)
    data = record_to_dict(record)
    rows = {row["measure"]: row for row in csv.DictReader(io.StringIO(measurements_bytes([data]).decode()))}
    assert set(rows) == {*MEASURE_IDS, "ivh_modified_graeb", "ivh_score", "ivh_score_volume", "midline_shift"}
    for m in record.measurements:
        entry, row = MEASURES[m.id], rows[m.id]
        assert f"{entry.code.scheme}:{entry.code.value}" in row["code"]
        assert (row["value"] == "") is (m.value is None)
        assert row["unit"] == m.unit and row["series_uid"] == CT_UID and row["reader"] == "automatic proposal"
    assert float(rows["ich_volume"]["value"]) == pytest.approx(known_ml("ich", ct_grid()), rel=1e-6)
    assert float(rows["ich_volume"]["lower"]) < known_ml("ich", ct_grid()) < float(rows["ich_volume"]["upper"])
    assert rows["midline_shift"]["value"] == "4.0" and rows["ivh_score"]["value"] == "13.0"
    assert float(rows["ivh_score_volume"]["value"]) == pytest.approx(13.464, abs=5e-4)


def test_what_is_missing_is_not_zero():
    record = hemorrhage_record(structures=("ich",), searched=(Structure.ICH, Structure.IVH))
    rows = {row["measure"]: row for row in measurement_rows(record_to_dict(record))}
    assert (rows["ivh_volume"]["value"], rows["ivh_volume"]["status"]) == ("0.0", "zero")
    assert (rows["sah_volume"]["value"], rows["sah_volume"]["status"]) == ("", "missing")


def test_a_warning_stands_beside_what_it_is_about():
    data = record_to_dict(hemorrhage_record(base=case_record()))
    beside = {m["id"]: {i["code"] for i in issues_beside(data, m)} for m in data["measurements"]}
    assert beside["ich_volume"] == {"S05"} and beside["edema_volume"] == {"S05", "H21"}
    assert "U01" in beside["infarct_core_volume"] and not {"H21"} & beside["infarct_core_volume"]
    assert S05.found in [i["found"] for i in issues_beside(data, data["measurements"][-1])]
    assert U01.code not in beside["ich_volume"]


def test_names_belong_to_parts():
    hemorrhage = (*MEASURE_IDS, "ivh_score", "midline_shift", "ct_brain", "ventricles", "ncct", *Structure)
    assert {kind_of(name) for name in hemorrhage} == {Kind.HEMORRHAGE}
    assert {kind_of(n) for n in ("infarct_core_volume", "brain_volume", "adc", "dwi")} == {Kind.DIFFUSION}
    assert {kind_of(n) for n in ("ctp", "dsc", "csf", "tmax", "mismatch_ratio")} == {Kind.PERFUSION}


def test_every_structure_has_a_segment_with_its_code_and_place(case):
    _, _, files = case
    segments = {str(s.TrackingID).split()[-1]: s for s in pydicom.dcmread(files[SEG]).SegmentSequence}
    assert set(segments) == {*TYPES, "ct_brain", "ventricles"}
    for name, (kind, region) in TYPES.items():
        found = segments[name]
        assert found.SegmentedPropertyTypeCodeSequence[0].CodeValue == kind.value, name
        assert found.AnatomicRegionSequence[0].CodeValue == region.value, name
        assert found.AnatomicRegionSequence[0].CodingSchemeDesignator == region.scheme, name
        assert found.SegmentAlgorithmType == "AUTOMATIC"
    meanings = {(k.value, r.value) for name, (k, r) in TYPES.items()}
    assert len(meanings) == len(TYPES)


def test_blood_of_a_reader_is_semiautomatic_and_the_rest_is_not(tmp_path):
    _, files = written(tmp_path, ct_grid(), proposal=False)
    kinds = {str(s.TrackingID).split()[-1]: s.SegmentAlgorithmType for s in pydicom.dcmread(files[SEG]).SegmentSequence}
    assert {kinds[str(name)] for name in Structure} == {"SEMIAUTOMATIC"}
    assert {kinds[name] for name in ("edema", "ct_brain", "ventricles")} == {"AUTOMATIC"}


def test_segments_read_back_are_the_masks(case):
    geometry, record, files = case
    for name in TYPES:
        mask = read_mask_from_seg(files[SEG], geometry, name=name)
        assert np.array_equal(mask.values, record.masks[name].values), name
        assert mask.volume_ml == pytest.approx(record.masks[name].volume_ml, rel=1e-12)
    assert ("dicom/seg_display_hemorrhage.dcm" in files) is (geometry.tilt_deg > 1 or not geometry.is_even)


def test_validators_find_nothing(case):
    _, _, files = case
    for name, path in files.items():
        assert dciodvfy_findings(path) == [], name
    assert dcentvfy_errors(*files.values()) == []
    assert "Perihematomal edema volume" in dsrdump(files[SR]) or "Edema" in dsrdump(files[SR])


def test_other_programs_read_every_segment_also_the_empty_one(tmp_path):
    record, files = written(tmp_path, ct_grid(), structures=("ich", "sdh"))
    import SimpleITK as sitk

    images = dcmqi_images("segimage2itkimage", files[SEG], tmp_path / "read")
    counts = sorted(int((sitk.GetArrayFromImage(sitk.ReadImage(str(path))) > 0).sum()) for path in images)
    assert counts == sorted(int(mask.values.sum()) for mask in record.masks.values())


def groups_of(path) -> dict[str, list]:
    """Content items of every measurement group, by structure."""
    found = {}
    for item in pydicom.dcmread(path).ContentSequence:
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements":
            for group in item.ContentSequence:
                names = [c for c in group.ContentSequence if c.ConceptNameCodeSequence[0].CodeValue == "112039"]
                found[names[0].TextValue.split()[-1]] = list(group.ContentSequence)
    return found


def numbers_in(items) -> list[tuple[str, str, float]]:
    """Code, derivation and value of every NUM item."""
    found = []
    for item in items:
        if item.ValueType == "NUM":
            inside = {c.ConceptNameCodeSequence[0].CodeValue: c for c in item.get("ContentSequence", ())}
            how = (
                inside[codes.DERIVATION.value].ConceptCodeSequence[0].CodeValue
                if codes.DERIVATION.value in inside
                else ""
            )
            value = item.MeasuredValueSequence[0]
            exact = value.get("FloatingPointValue")
            found.append((item.ConceptNameCodeSequence[0].CodeValue, how, float(exact or value.NumericValue)))
    return found


def test_report_holds_every_number_once(case):
    _, record, files = case
    groups = groups_of(files[SR])
    assert next(iter(groups)) == "ich"
    count = 0
    for name, items in groups.items():
        expected = [
            (MEASURES[m.id].code.value, MEASURES[m.id].derivation.value if MEASURES[m.id].derivation else "", m.value)
            for m in measurements_of(record, name)
            if m.value is not None
        ]
        found = numbers_in(items)
        assert [row[:2] for row in found] == [row[:2] for row in expected], name
        assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], rel=1e-9)
        count += len(found)
    assert count == sum(m.value is not None for m in record.measurements)


def test_report_says_range_side_method_and_axes(case):
    _, record, files = case
    items = groups_of(files[SR])["ich"]
    comments = [
        i.TextValue for i in items if i.ValueType == "TEXT" and i.ConceptNameCodeSequence[0].CodeValue == "121106"
    ]
    volume = next(m for m in record.measurements if m.id == "ich_volume")
    assert any(
        c.startswith(f"Intracerebral hemorrhage volume: {volume.lower:.6g} to {volume.upper:.6g} ml") for c in comments
    )
    assert comments.count(f"All measurements: {S05}") == 1 and "Place: left deep" in comments
    assert any(c.startswith(f"ABC/2: A {record.hemorrhage.abc2.a_mm:.6g} mm") and "weights" in c for c in comments)
    site = next(i for i in items if i.ConceptNameCodeSequence[0].CodeMeaning == "Finding Site")
    assert site.ContentSequence[0].ConceptCodeSequence[0].CodeValue == codes.LEFT.value
    methods = {
        i.ConceptNameCodeSequence[0].CodeValue: i.ContentSequence[0].ConceptCodeSequence[0].CodeValue
        for i in items
        if i.ValueType == "NUM" and "ContentSequence" in i
    }
    assert methods[codes.VOLUME.value] == codes.SEGMENTED_VOXELS.value
    assert methods[codes.VOLUME_ABC2_KOTHARI.value] == codes.ELLIPSOID.value
    assert any(H21.found in i.TextValue for i in groups_of(files[SR])["edema"] if i.ValueType == "TEXT")


def test_zero_is_written_as_zero(tmp_path):
    _, files = written(tmp_path, ct_grid(), structures=(), edema=False)
    segments = pydicom.dcmread(files[SEG]).SegmentSequence
    blood = [s for s in segments if str(s.TrackingID).split()[-1] in set(Structure)]
    assert len(blood) == 5 and all("0 mL" in s.SegmentDescription for s in blood)
    groups = groups_of(files[SR])
    for name in Structure:
        assert (codes.VOLUME.value, "", 0.0) in numbers_in(groups[str(name)]), name
        assert not read_mask_from_seg(files[SEG], ct_grid(), name=str(name)).values.any()
    for path in files.values():
        assert dciodvfy_findings(path) == []


def test_what_nobody_looked_for_is_said_in_words(tmp_path):
    record, files = written(tmp_path, ct_grid(), structures=("ich",), searched=(Structure.ICH,))
    assert structure_of(record, "sdh_volume") == ""
    groups = groups_of(files[SR])
    assert "sdh" not in groups
    comments = [i.TextValue for i in groups["ich"] if i.ValueType == "TEXT"]
    assert "Subdural hemorrhage volume: missing, nobody looked for it" in comments


def test_a_number_that_cannot_be_given_is_a_code(tmp_path):
    record = on_files(tmp_path, ct_grid())
    measured = tuple(
        Measurement(m.id, None, m.unit, Status.NOT_EVALUABLE) if m.id == "ich_irregularity" else m
        for m in record.measurements
    )
    files = write_dicom(replace(record, measurements=measured), tmp_path, now=NOW).files
    items = groups_of(files[SR])["ich"]
    why = [
        i for i in items if i.ValueType == "CODE" and i.ConceptNameCodeSequence[0].CodeValue == codes.IRREGULARITY.value
    ]
    assert [i.ConceptCodeSequence[0].CodeValue for i in why] == [codes.INDETERMINATE.value]


def test_hemorrhage_beside_diffusion_has_objects_of_its_own(tmp_path):
    from Data.source_series import grid as diffusion_grid
    from Data.source_series import lesion, record_on, usual_measurements

    geometry = diffusion_grid()
    series = classic_series(tmp_path / "dwi", geometry)
    diffusion = record_on(series, geometry, {"infarct_core": lesion()}, usual_measurements())
    ct = on_files(tmp_path, ct_grid())
    of_ct = ct.series[-1]
    moved = replace(of_ct, key="0009", series_uid="1.2.3.4.9")
    both = replace(
        diffusion,
        series=(series, moved),
        used={**diffusion.used, "ncct": "0009"},
        measurements=(*diffusion.measurements, *ct.measurements),
        masks={**diffusion.masks, **ct.masks},
        images=ct.images,
        hemorrhage=ct.hemorrhage,
    )
    files = write_dicom(both, tmp_path, now=NOW).files
    assert {"dicom/seg.dcm", "dicom/sr.dcm", SEG, SR} <= set(files)
    names = {
        n: {str(s.TrackingID).split()[-1] for s in pydicom.dcmread(files[n]).SegmentSequence}
        for n in ("dicom/seg.dcm", SEG)
    }
    assert names["dicom/seg.dcm"] == {"infarct_core"} and "ich" in names[SEG] and "infarct_core" not in names[SEG]
    numbers = {int(pydicom.dcmread(path).SeriesNumber) for path in files.values()}
    assert len(numbers) == len(files)
    shapes = {name: pydicom.dcmread(files[name]).Rows for name in names}
    assert shapes == {"dicom/seg.dcm": geometry.shape[1], SEG: SHAPE[1]}


def test_command_writes_the_same_bytes_again_and_verify_finds_a_change(tmp_path):
    from test_hemorrhage_case import patient

    truth = patient(tmp_path)
    for name in ("one", "two"):
        assert run(["hemorrhage", str(tmp_path / truth.name), "--out", str(tmp_path / name), "--quiet"]) == 0
    same = [
        p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.suffix in (".nrrd", ".html", ".gz")
    ]
    same += [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("record.json")]
    for path in [*same, *(["measurements.csv"])]:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path
    assert len(same) >= 6
    assert run(["verify", str(tmp_path / "one"), "--quiet"]) == 0
    record = next((tmp_path / "one").rglob("record.json"))
    record.write_text(record.read_text().replace('"weights"', '"weighed"'))
    assert run(["verify", str(tmp_path / "one"), "--quiet"]) == 4


@pytest.mark.parametrize("z", [EVEN, EVEN[::-1]], ids=["upward", "downward"])
def test_order_of_slices_changes_no_volume(z):
    rows = {m.id: m.value for m in hemorrhage_record(ct_grid(z=z)).measurements}
    assert rows["ich_volume"] == pytest.approx(known_ml("ich", ct_grid()), rel=1e-9)
