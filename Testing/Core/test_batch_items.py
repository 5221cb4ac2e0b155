"""The preparation without a window: automatic steps, pending, never signed; and the numbers of the command, up to the signature."""

import json
import shutil
from dataclasses import replace

import pytest
from pydicom import dcmread
from small_patients import small
from trial_objects import PASSPHRASE, Clock, new_trial, opened

from strokequant.cli import run
from strokequant.errors import TrialError
from strokequant.sop.shipped import FOLDER as SHIPPED
from strokequant.synthetic.patients import write_patient
from strokequant.trial.assignment import assign_item
from strokequant.trial.batch_items import prepare_item
from strokequant.trial.item_file import PRELIMINARY
from strokequant.trial.item_states import ItemState
from strokequant.trial.trial_folder import new_pseudonym
from strokequant.trial.verify_item import verify_item
from strokequant.trial.verify_trial import verify_folder

ANSWERS = {
    "O6": {"evaluability": "diagnostic"},
    "A6": {"brain_mask_confirmed": True, "candidates_decided": True, "exclusions_reviewed": True, "edited": False},
    "A7": {"result_status": "measured"},
    "Z1": {"plausibility_confirmed": True, "side_confirmed": True},
    "Z2": {"deviations_reviewed": True},
    "Z3": {"preview_confirmed": True},
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Trial, keys, clock, and an item with real images after its automatic steps."""
    folder, clock = tmp_path_factory.mktemp("prepared"), Clock()
    spec = small("ge")
    spec = replace(spec, slab=spec.slab | {"rows": 96, "columns": 96, "pixel_mm": 2.4})
    write_patient(spec, folder)
    trial, keys = new_trial(folder, procedures=SHIPPED, clock=clock)
    name = new_pseudonym(trial)
    shutil.copytree(folder / spec.name, trial.item_folder(name) / "images")
    facts = {"timepoint_in_window": True}
    assign_item(trial, name, task="infarct_core", reader="R1", model="R1", now=clock(), facts=facts)
    return trial, keys, clock, prepare_item(trial, name, now=clock)


@pytest.fixture(scope="module")
def signed(prepared):
    """Both versions of the item, read and signed with the proposal as it is."""
    trial, keys, clock, done = prepared
    item = opened(trial, done.item, clock)
    versions = [read_and_sign(item, done.record, keys, clock)]
    item.addendum("the side was not compared", now=clock())
    versions.append(read_and_sign(item, done.record, keys, clock))
    item.close(now=clock())
    return versions


def read_and_sign(item, record, keys, clock):
    while item.walk.step.id != "Z4":
        for name, value in ANSWERS.get(item.walk.step.id, {}).items():
            item.answer(name, value, now=clock(), reason="looked at once more")
        passage = item.passage(record)
        assert passage.allowed, (item.walk.step.id, passage.stops)
        reasons = {result.deviation: "as the site scans" for result in passage.failed if result.deviation}
        leave = item.submit if item.walk.step.id == "Z3" else item.finish_step
        leave(record, now=clock(), reasons=reasons)
    return item.sign(record, key=keys["R1"], passphrase=PASSPHRASE, meaning="author", now=clock())


@pytest.fixture(scope="module")
def command(prepared, tmp_path_factory):
    """Record of the command without a trial, on the same images."""
    trial, _, _, done = prepared
    out = tmp_path_factory.mktemp("command")
    assert run(["core", str(trial.item_folder(done.item) / "images"), "--out", str(out), "--quiet"]) == 0
    (path,) = out.rglob("record.json")
    return json.loads(path.read_text())


def without(record, *names):
    return {key: value for key, value in record.items() if key not in ("case", "timepoint", "reading", *names)}


def test_it_stops_before_the_first_step_of_a_reader_and_says_pending(prepared):
    trial, _, _, done = prepared
    assert (done.state, done.walk.step.id) == (ItemState.PENDING_READER, "O6")
    assert done.says == "PENDING READER at step O6"
    assert list(done.walk.done) == ["O1", "O2", "O3", "O4", "O5", "A1", "A2", "A3", "A4", "A5"]
    assert {step.reader for step in done.walk.done.values()} == {""}
    assert not (trial.item_folder(done.item) / "signed").exists()


def test_preliminary_objects_are_unverified_proposals(prepared):
    folder = prepared[0].item_folder(prepared[3].item) / PRELIMINARY
    record = json.loads((folder / "record.json").read_text())
    assert record["sign_offs"] == [] and record["reading"]["reader"] == "" and record["reading"]["meaning"] == ""
    report = dcmread(folder / "dicom" / "sr.dcm")
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")


def test_a_changed_proposal_of_the_preparation_is_found(prepared):
    folder = prepared[0].item_folder(prepared[3].item)
    path = folder / PRELIMINARY / "record.json"
    content = path.read_bytes()
    for change in (content.replace(b'"R', b'"S', 1), None):
        path.unlink() if change is None else path.write_bytes(change)
        (issue,) = verify_item(folder, prepared[0])
        assert (issue.code, "work/preliminary/record.json" in issue.found) == ("W32", True)
    path.write_bytes(content)
    (folder / PRELIMINARY / "more.txt").write_text("x")
    (issue,) = verify_item(folder, prepared[0])
    assert issue.found.endswith("more.txt is there and was not written by the preparation")
    (folder / PRELIMINARY / "more.txt").unlink()
    assert verify_item(folder, prepared[0]) == ()


def test_no_second_preparation_and_none_of_what_a_reader_has_opened(prepared):
    trial, _, clock, done = prepared
    with pytest.raises(TrialError) as refused:
        prepare_item(trial, done.item, now=clock)
    assert refused.value.issues[0].code == "W23"


def test_the_numbers_are_those_of_the_command(prepared, command):
    folder = prepared[0].item_folder(prepared[3].item) / PRELIMINARY
    assert without(json.loads((folder / "record.json").read_text())) == without(command)


def test_the_signed_record_differs_by_reader_and_signature_alone(signed, command):
    for version in signed:
        (path,) = version.folder.rglob("record.json")
        record = json.loads(path.read_text())
        own = ("sign_offs", "status", "status_text")
        assert without(record, *own) == without(command, *own)
        assert [one["reader"] for one in record["sign_offs"]] == ["R1"]
        assert record["reading"]["audit_head"] == str(version.audit_head)


def test_a_signed_reading_verifies_and_its_report_says_who_signed(prepared, signed):
    assert verify_folder(prepared[0].folder) == ()
    (path,) = signed[0].folder.rglob("sr.dcm")
    report = dcmread(path)
    assert (report.VerificationFlag, report.CompletionFlag) == ("VERIFIED", "COMPLETE")
    said = path.read_bytes().decode("latin-1")
    assert str(signed[0].audit_head) in said and "SB-CORE-001" in said and "Reader R1" in said


def test_an_addendum_is_a_new_instance_that_names_the_one_before(signed):
    reports = [dcmread(next(version.folder.rglob("sr.dcm"))) for version in signed]
    first, second = (report.SOPInstanceUID for report in reports)
    assert first != second and "PredecessorDocumentsSequence" not in reports[0]
    (study,) = reports[1].PredecessorDocumentsSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first
