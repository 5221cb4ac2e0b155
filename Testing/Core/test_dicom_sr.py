"""Structured report: the numbers of the record with code, unit, method and derivation; what is no number is never a number."""

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest
from highdicom.sr import srread

from Data.dicom_checks import dciodvfy_findings, dcmqi, dsrdump
from Data.source_series import (
    ENHANCED_MR,
    MR,
    NOW,
    SERIES,
    SHAPE,
    classic_series,
    grid,
    lesion,
    measured,
    multiframe_series,
    record_on,
    sign,
    unmeasured,
    usual_measurements,
)
from strokequant import codes
from strokequant.biomarkers.catalog import MEASURES
from strokequant.errors import Issue, Level
from strokequant.record.dicom_common import TrialContext
from strokequant.record.dicom_out import write_dicom
from strokequant.record.dicom_sr import measurements_of, side_of
from strokequant.types import InputRef, Status

BRAIN = np.ones(SHAPE, dtype=bool)
MASKS = {"infarct_core": lesion(), "brain": BRAIN}


def record_for(folder, measurements, masks=MASKS, kind=classic_series, **fields):
    geometry = grid()
    return record_on(kind(folder / "source", geometry), geometry, masks, measurements, **fields)


def written(folder, measurements=None, *, masks=MASKS, kind=classic_series, change=None, **options):
    record = record_for(folder, usual_measurements() if measurements is None else measurements, masks, kind)
    output = write_dicom(change(record) if change else record, folder, now=NOW, **options)
    assert output.issues == ()
    return output.files


def groups_of(path):
    return srread(path).content.get_volumetric_roi_measurement_groups()


def triple(code):
    return (code.value, code.scheme_designator, code.meaning)


def items_of(group, value_type):
    return [item for item in group[0].ContentSequence if item.ValueType == value_type]


def comments_of(group):
    named = [item for item in items_of(group, "TEXT") if item.ConceptNameCodeSequence[0].CodeValue == "121106"]
    return [item.TextValue for item in named]


def parameters_of(group):
    return [i.TextValue for i in items_of(group, "TEXT") if i.ConceptNameCodeSequence[0].CodeValue == "111002"]


def test_every_number_is_there_with_code_unit_and_derivation(tmp_path):
    groups = groups_of(written(tmp_path)["dicom/sr.dcm"])
    assert len(groups) == 2
    found = [
        (triple(m.name), m.value, m.unit.value, triple(m.derivation) if m.derivation else None)
        for group in groups
        for m in group.get_measurements()
    ]
    core = [m for m in usual_measurements() if m.id != "brain_volume"]
    ordered = [*sorted(core, key=lambda m: list(MEASURES).index(m.id)), usual_measurements()[-1]]
    assert found == [(MEASURES[m.id].code, m.value, m.unit, MEASURES[m.id].derivation) for m in ordered]


def test_volume_names_its_method_and_side(tmp_path):
    core = groups_of(written(tmp_path)["dicom/sr.dcm"])[0]
    by_name = {m.name.value: m for m in core.get_measurements()}
    assert triple(by_name[codes.VOLUME.value].method) == codes.SEGMENTED_VOXELS
    assert by_name[codes.VOLUME_LEFT.value].finding_sites[0].laterality.value == codes.LEFT.value
    assert by_name[codes.VOLUME_RIGHT.value].finding_sites[0].laterality.value == codes.RIGHT.value
    assert by_name[codes.ADC.value].method is None
    assert [m.name.value for m in core.get_measurements()].count(codes.VOLUME.value) == 1


def test_group_says_what_where_and_when(tmp_path):
    files = written(tmp_path)
    segmentation = pydicom.dcmread(files["dicom/seg.dcm"])
    for number, group in enumerate(groups_of(files["dicom/sr.dcm"]), 1):
        segment = segmentation.SegmentSequence[number - 1]
        assert (group.tracking_uid, group.tracking_identifier) == (segment.TrackingUID, segment.TrackingID)
        assert group.finding_type.value == segment.SegmentedPropertyTypeCodeSequence[0].CodeValue
        assert group.finding_sites[0].value.value == codes.BRAIN.value
        referenced = group.referenced_segment
        assert referenced.referenced_sop_instance_uid == segmentation.SOPInstanceUID
        assert np.ravel(referenced.referenced_segment_numbers) == [number]
        names = {i.ConceptNameCodeSequence[0].CodeMeaning: i for i in items_of(group, "TEXT")}
        assert names["Time Point"].TextValue == "baseline"
    assert groups_of(files["dicom/sr.dcm"])[0].finding_sites[0].laterality.value == codes.LEFT.value


def test_automatic_proposal_is_preliminary_and_says_so(tmp_path):
    path = written(tmp_path)["dicom/sr.dcm"]
    dataset = pydicom.dcmread(path)
    assert (dataset.PreliminaryFlag, dataset.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert "VerifyingObserverSequence" not in dataset
    assert dataset.SeriesDescription == "Measurements, automatic proposal, research use only"
    for group in groups_of(path):
        assert comments_of(group)[0] == "automatic proposal, research use only"
    observers = [i for i in dataset.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "121005"]
    assert [o.ConceptCodeSequence[0].CodeValue for o in observers] == [codes.DEVICE.value]


def test_signed_reading_is_final_and_names_its_reader(tmp_path):
    trial = TrialContext(coordinating_center="Center")
    files = written(tmp_path, change=sign, trial=trial)
    dataset = pydicom.dcmread(files["dicom/sr.dcm"])
    assert (dataset.CompletionFlag, dataset.PreliminaryFlag, dataset.VerificationFlag) == (
        "COMPLETE",
        "FINAL",
        "VERIFIED",
    )
    observer = dataset.VerifyingObserverSequence[0]
    assert observer.VerifyingObserverName == "Reader^R01"
    assert observer.VerifyingOrganization == "Center"
    assert observer.VerificationDateTime == "20240518080910+0000"
    text = dsrdump(files["dicom/sr.dcm"])
    assert "Reader^R01" in text
    assert '(C28747,NCIt,"Reader")' in text
    assert "automatic proposal" not in text
    assert dciodvfy_findings(files["dicom/sr.dcm"]) == []


@pytest.mark.parametrize("signed_utc", ["2024-05-18T08:09:10Z", "2024-05-18T10:09:10+02:00", "2024-05-18T08:09:10"])
def test_time_of_the_signature_is_utc(tmp_path, signed_utc):
    def change(record):
        signed = sign(record)
        return replace(signed, sign_offs=(replace(signed.sign_offs[0], signed_utc=signed_utc),))

    dataset = pydicom.dcmread(written(tmp_path, change=change)["dicom/sr.dcm"])
    assert dataset.VerifyingObserverSequence[0].VerificationDateTime == "20240518080910+0000"


def test_zero_is_a_number_and_no_number_is_a_code(tmp_path):
    measurements = (
        measured("infarct_core_volume", 0.0),
        measured("infarct_core_lesions", 0.0),
        unmeasured("infarct_core_adc_mean", Status.NOT_EVALUABLE),
        unmeasured("infarct_core_adc_sd", Status.MISSING),
    )
    masks = {"infarct_core": np.zeros(SHAPE, dtype=bool)}
    path = written(tmp_path, measurements, masks=masks)["dicom/sr.dcm"]
    (group,) = groups_of(path)
    assert [(m.name.value, m.value) for m in group.get_measurements()] == [
        (codes.VOLUME.value, 0),
        (codes.LESION_COUNT.value, 0),
    ]
    said = {}
    for item in items_of(group, "CODE"):
        if item.ConceptNameCodeSequence[0].CodeValue == codes.ADC.value:
            derivation = item.ContentSequence[0].ConceptCodeSequence[0].CodeValue
            said[derivation] = item.ConceptCodeSequence[0].CodeValue
    assert said == {
        codes.MEAN.value: codes.INDETERMINATE.value,
        codes.STANDARD_DEVIATION.value: codes.NOT_ATTEMPTED.value,
    }
    assert "Mean ADC in the core: not_evaluable" in comments_of(group)
    assert "NUM" not in {i.ValueType for i in items_of(group, "CODE")}
    assert dciodvfy_findings(path) == []
    dsrdump(path)


def test_interval_and_warnings_stand_beside_the_numbers(tmp_path):
    warning = Issue("S04", Level.WARN, "0.4 mL", "at least 1 mL", "read it by hand")
    note = Issue("S05", Level.INFO, "not shown")
    measurements = (
        measured("infarct_core_volume", 12.5, lower=11.0, upper=14.25, interval="one step", issues=(warning, note)),
    )

    def change(record):
        return replace(record, issues=(Issue("G03", Level.WARN, "tilt 20.00 deg"), note))

    core = groups_of(written(tmp_path, measurements, change=change)["dicom/sr.dcm"])[0]
    lines = comments_of(core)
    assert "Infarct core volume: 11 to 14.25 ml, one step" in lines
    assert any(line.startswith("Infarct core volume: WARN S04 0.4 mL") for line in lines)
    assert "WARN G03 tilt 20.00 deg" in lines
    assert not any("not shown" in line for line in lines)


def test_all_pins_are_in_one_parameter(tmp_path):
    for group in groups_of(written(tmp_path)["dicom/sr.dcm"]):
        (text,) = parameters_of(group)
        pins = dict(part.split("=", 1) for part in text.split(";"))
        assert pins["software"] == "strokequant 0.1.0"
        assert pins["core.adc_threshold"] == "620.0 um2/s"
        assert pins["inputs"] == f"adc:{SERIES}@{'ab' * 32}"
        assert len(pins["configuration_sha256"]) == 64


@pytest.mark.parametrize(("kind", "sop_class"), [(classic_series, MR), (multiframe_series, ENHANCED_MR)])
def test_evidence_lists_what_was_used_with_its_own_class(tmp_path, kind, sop_class):
    other = InputRef("1.2.3.9", "cd" * 32, "dwi", ("1.2.3.9.1", "1.2.3.9.2"))

    def change(record):
        series = record.series[0]
        dwi = replace(series, key="0001", series_uid="1.2.3.9", frames=(), header={"sop_class": MR})
        return replace(record, series=(dwi, series), inputs=(other, *record.inputs))

    files = written(tmp_path, kind=kind, change=change)
    dataset = pydicom.dcmread(files["dicom/sr.dcm"])
    listed = {
        series.SeriesInstanceUID: {
            (i.ReferencedSOPInstanceUID, i.ReferencedSOPClassUID) for i in series.ReferencedSOPSequence
        }
        for study in dataset.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
    }
    count = SHAPE[0] if kind is classic_series else 1
    assert listed[SERIES] == {(f"{SERIES}.{n + 1}", sop_class) for n in range(count)}
    assert listed["1.2.3.9"] == {("1.2.3.9.1", MR), ("1.2.3.9.2", MR)}
    for name in ("dicom/seg.dcm", "dicom/map_adc.dcm"):
        derived = pydicom.dcmread(files[name])
        assert listed[derived.SeriesInstanceUID] == {(derived.SOPInstanceUID, derived.SOPClassUID)}
    sources = pydicom.dcmread(files["dicom/seg.dcm"]).SourceImageSequence
    assert {item.ReferencedSOPClassUID for item in sources} == {sop_class}


def test_new_report_names_the_one_it_replaces(tmp_path):
    old = pydicom.dcmread(written(tmp_path / "old")["dicom/sr.dcm"])
    new = pydicom.dcmread(written(tmp_path / "new", change=sign, previous=[old])["dicom/sr.dcm"])
    item = new.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert item.ReferencedSOPInstanceUID == old.SOPInstanceUID != new.SOPInstanceUID


def test_group_with_most_numbers_comes_first(tmp_path):
    measurements = (unmeasured("infarct_core_volume", Status.NOT_EVALUABLE), measured("brain_volume", 1250.5))
    files = written(tmp_path, measurements)
    groups = groups_of(files["dicom/sr.dcm"])
    assert [len(group.get_measurements()) for group in groups] == [1, 0]
    labels = [s.SegmentLabel for s in pydicom.dcmread(files["dicom/seg.dcm"]).SegmentSequence]
    assert labels == ["Brain", "Infarct core"]


@pytest.mark.parametrize(
    ("left", "right", "side"),
    [(3.0, 0.0, codes.LEFT), (0.0, 3.0, codes.RIGHT), (1.0, 2.0, codes.BILATERAL), (0.0, 0.0, None)],
)
def test_side_comes_from_the_volumes(tmp_path, left, right, side):
    measurements = (measured("infarct_core_volume_left", left), measured("infarct_core_volume_right", right))
    assert side_of(record_for(tmp_path, measurements)) == side


def test_measurements_of_one_structure_in_catalog_order(tmp_path):
    shuffled = tuple(reversed(usual_measurements()))
    record = record_for(tmp_path, shuffled)
    assert [m.id for m in measurements_of(record, "brain")] == ["brain_volume"]
    ids = [m.id for m in measurements_of(record, "infarct_core")]
    assert ids == [name for name in MEASURES if name in ids]
    assert len(ids) == len(shuffled) - 1


def test_dcmtk_reads_it(tmp_path):
    text = dsrdump(written(tmp_path)["dicom/sr.dcm"])
    assert "12.5" in text
    assert "automatic proposal, research use only" in text


def test_dcmqi_reads_the_same_numbers(tmp_path):
    path = written(tmp_path)["dicom/sr.dcm"]
    out = tmp_path / "sr.json"
    done = dcmqi("tid1500reader", "--inputDICOM", path, "--outputMetadata", out)
    assert done.returncode == 0, done.stderr
    core, brain = json.loads(out.read_text())["Measurements"]
    values = [(item["quantity"]["CodeMeaning"], float(item["value"])) for item in core["measurementItems"]]
    assert values[0] == ("Volume", 12.5)
    assert [name for name, _ in values].count("Volume") == 1
    assert len(values) == len(usual_measurements()) - 1
    assert float(brain["measurementItems"][0]["value"]) == 1250.5
    assert core["Laterality"]["CodeMeaning"] == "Left"
    assert len(core["measurementAlgorithmIdentification"]["AlgorithmParameters"]) == 1


def test_dcmqi_sees_no_number_where_there_is_none(tmp_path):
    measurements = (measured("infarct_core_volume", 0.0), unmeasured("infarct_core_adc_mean", Status.NOT_EVALUABLE))
    path = written(tmp_path, measurements, masks={"infarct_core": np.zeros(SHAPE, dtype=bool)})["dicom/sr.dcm"]
    out = tmp_path / "sr.json"
    assert dcmqi("tid1500reader", "--inputDICOM", path, "--outputMetadata", out).returncode == 0
    (group,) = json.loads(out.read_text())["Measurements"]
    assert [float(item["value"]) for item in group["measurementItems"]] == [0]
    meanings = [i["conceptValue"] for i in group["qualitativeEvaluations"] if i["conceptCode"]["CodeValue"] == "113041"]
    assert [m["CodeMeaning"] for m in meanings] == ["Value indeterminate"]


def test_without_masks_there_is_no_report_and_no_segmentation(tmp_path):
    assert list(written(tmp_path, masks={})) == ["dicom/map_adc.dcm"]


def test_files_are_what_pydicom_writes_of_the_whole_object(tmp_path):
    """They are put together of two parts, the longer of which is encoded once."""
    for name, path in written(tmp_path, usual_measurements()).items():
        again = BytesIO()
        pydicom.dcmread(path).save_as(again, enforce_file_format=True)
        assert again.getvalue() == path.read_bytes(), name
