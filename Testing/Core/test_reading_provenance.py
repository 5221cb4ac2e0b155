"""A reading in the record, the report and the DICOM objects: who, after which procedure, with which deviations, under which signature."""

import json
from dataclasses import replace

import pydicom
import pytest
from test_dicom_sr import comments_of, groups_of, items_of, parameters_of
from test_sop_walk import GOOD, TODAY, four_steps

from Data.dicom_checks import dciodvfy_findings, dsrdump
from Data.source_series import NOW, classic_series, grid, lesion, record_on, usual_measurements
from strokequant import codes
from strokequant.record.case_record import case_contents
from strokequant.record.dicom_out import write_dicom
from strokequant.sop.walk import begin, finish, skip
from strokequant.trial.provenance import provenance_of
from strokequant.types import SignOff

HEAD = f"41:{'ab' * 32}"
SIGNED = "2026-06-01T08:09:10.000Z"


@pytest.fixture(scope="module")
def procedure():
    return four_steps()


@pytest.fixture(scope="module")
def reading(procedure):
    walk = begin(procedure, TODAY)
    walk = finish(walk, GOOD, utc="2026-06-01T08:00:00.000Z")
    walk = finish(walk, {**GOOD, "slice_step_mm": 7.0}, utc="2026-06-01T08:00:01.000Z")
    walk = skip(walk, "seen elsewhere", reader="R07", utc="2026-06-01T08:05:00.000Z")
    return provenance_of(
        walk,
        item="3f9ac1",
        answers={"evaluability": "limited", "evaluability_reasons": ["RID11423"]},
        started={"A2": "2026-06-01T08:00:00.500Z"},
        reader="R07",
        reader_name="Jane <Doe>",
        role="adjudicator",
        meaning="author",
        audit_head=HEAD,
        charter_sha256="cd" * 32,
        trial="TRIAL-1",
        trial_title="A trial",
        sponsor="A sponsor",
    )


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    geometry = grid()
    source = classic_series(tmp_path_factory.mktemp("source"), geometry)
    return record_on(source, geometry, {"infarct_core": lesion()}, usual_measurements())


@pytest.fixture(scope="module")
def signed(record, reading):
    return replace(record, reading=reading).signed(SignOff("R07", "author", SIGNED))


@pytest.fixture(scope="module")
def files(signed, tmp_path_factory):
    output = write_dicom(signed, tmp_path_factory.mktemp("signed"), now=NOW)
    assert output.issues == ()
    return output.files


def test_steps_keep_checks_deviations_and_what_was_left_out(reading, procedure):
    assert [step.id for step in reading.steps] == ["A1", "A2", "A3"]
    assert reading.sop == procedure.name
    assert reading.content_hash == procedure.content_hash
    measure, review = reading.steps[1:]
    warned = measure.checks[0]
    assert (warned.id, warned.holds, warned.inputs) == ("step", False, {"slice_step_mm": 7.0})
    assert [(d.code, d.consequence, d.reason) for d in reading.deviations] == [
        ("D-ACQ-01", "note", "found by the program")
    ]
    assert (measure.started_utc, review.reader, review.skipped) == ("2026-06-01T08:00:00.500Z", "R07", "seen elsewhere")


def test_record_of_no_procedure_has_no_entry_and_other_files_do_not_change(record, reading):
    without, with_reading = case_contents(record), case_contents(replace(record, reading=reading))
    assert b'"reading"' not in without["record.json"]
    assert "연구용".encode() not in without["report.html"]
    plain = json.loads(with_reading["record.json"])
    kept = plain.pop("reading")
    assert plain == json.loads(without["record.json"])
    assert (kept["audit_head"], kept["steps"][1]["deviations"][0]["code"]) == (HEAD, "D-ACQ-01")
    assert {name for name in without if without[name] != with_reading[name]} == {"record.json", "report.html"}


def test_report_shows_procedure_deviation_and_signature(signed, reading):
    page = case_contents(signed)["report.html"].decode()
    assert "연구용 / Research use only" in page
    assert "Jane &lt;Doe&gt; (R07), adjudicator" in page
    assert f"Jane &lt;Doe&gt; (R07), {SIGNED} (UTC), meaning: author" in page
    assert "<Doe>" not in page
    for said in (reading.sop, reading.content_hash, HEAD, "D-ACQ-01", "skipped: seen elsewhere", "RID11423"):
        assert said in page


def test_signed_report_names_reader_procedure_and_head(files, reading):
    dataset = pydicom.dcmread(files["dicom/sr.dcm"])
    state = (dataset.CompletionFlag, dataset.PreliminaryFlag, dataset.VerificationFlag)
    assert state == ("COMPLETE", "FINAL", "VERIFIED")
    assert str(dataset.VerifyingObserverSequence[0].VerifyingObserverName) == "Jane <Doe>^"
    assert dataset.VerifyingObserverSequence[0].VerificationDateTime == "20260601080910+0000"
    assert (dataset.ClinicalTrialProtocolID, dataset.ClinicalTrialSponsorName) == ("TRIAL-1", "A sponsor")
    assert (dataset.ClinicalTrialSubjectReadingID, dataset.ClinicalTrialSiteID) == ("3f9ac1", "")
    group = groups_of(files["dicom/sr.dcm"])[0]
    pins = dict(pin.partition("=")[::2] for pin in parameters_of(group)[0].split(";"))
    assert pins["sop"] == reading.sop
    assert (pins["sop_sha256"], pins["charter_sha256"]) == (reading.content_hash, "cd" * 32)
    assert (pins["audit_head"], pins["item"]) == (HEAD, "3f9ac1")
    said = comments_of(group)
    assert f"Signed by Jane <Doe> (R07) at {SIGNED} (UTC), meaning: author" in said
    assert any(line.startswith("Deviation D-ACQ-01 in step A2 (note): ") for line in said)
    graded = [i for i in items_of(group, "CODE") if i.ConceptNameCodeSequence[0].CodeValue == codes.IMAGE_QUALITY.value]
    assert [i.ConceptCodeSequence[0].CodeValue for i in graded] == ["RID13"]


def test_independent_programs_accept_the_report(files):
    for path in files.values():
        assert dciodvfy_findings(path) == []
    text = dsrdump(files["dicom/sr.dcm"])
    assert '"R07"' in text
    assert '(C96561,NCIt,"Adjudicator")' in text


def test_segmentation_names_the_reader(files):
    assert str(pydicom.dcmread(files["dicom/seg.dcm"]).ContentCreatorName) == "Jane <Doe>^"


def test_unsigned_preparation_is_preliminary(record, reading, tmp_path):
    prepared = replace(record, reading=replace(reading, reader="", reader_name="", meaning="", audit_head=""))
    output = write_dicom(prepared, tmp_path, now=NOW)
    dataset = pydicom.dcmread(output.files["dicom/sr.dcm"])
    assert (dataset.PreliminaryFlag, dataset.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert dciodvfy_findings(output.files["dicom/sr.dcm"]) == []
    pins = parameters_of(groups_of(output.files["dicom/sr.dcm"])[0])[0]
    assert pins.startswith("sop=")
    assert "audit_head" not in pins


def test_name_with_components_stays_as_it_is(signed, tmp_path):
    named = replace(signed, reading=replace(signed.reading, reader_name="Doe^Jane"))
    output = write_dicom(named, tmp_path, now=NOW)
    observer = pydicom.dcmread(output.files["dicom/sr.dcm"]).VerifyingObserverSequence[0]
    assert str(observer.VerifyingObserverName) == "Doe^Jane"
