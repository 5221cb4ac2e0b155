"""How images were acquired is checked when they are taken in: told to the study manager and to the reader, bound as the images are, and
nothing is left out for it."""

import json
import shutil

import pytest
from test_scanner_qualification import diffusion_record, history
from test_synthetic import scanned
from trial_objects import PASSPHRASE, Clock, new_trial, opened, read_to_submission, sign, small_record

from strokequant.cli import EXIT_USAGE, run
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, TrialError
from strokequant.phantom.qualification import day_of, qualify
from strokequant.phantom.scanner import scanner_state
from strokequant.phantom_types import Qualification
from strokequant.record.case_record import plain
from strokequant.record.reading_section import reading_page
from strokequant.record.sr_reading import reading_comments, reading_pins
from strokequant.synthetic.vendor_dicom import Study, write_study
from strokequant.trial.taking_in import Visit, take_in
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_trial
from strokequant.types import Role

SUBJECT = "S-017"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Five slices that lie 22 mm apart, and a trial."""
    folder = tmp_path_factory.mktemp("study")
    write_study("siemens_slices", scanned("siemens_slices", slices=5, step_mm=22.0), Study(3), folder / "in")
    new_trial(folder, readers=("R1",), fixed_order=False)
    return folder


@pytest.fixture(scope="module")
def taken(study):
    return taken_in(study)


def taken_in(folder, **more):
    """A read of its own case: one case has one first read."""
    trial = read_trial(folder / "trial")
    return take_in(
        trial,
        folder / "in",
        Visit(f"{SUBJECT}-{len(trial.items)}"),
        task="infarct_core",
        reader="R1",
        model="R1",
        identities=folder / "map.json",
        passphrase=PASSPHRASE,
        now=Clock()(),
        **more,
    )


def file_of(folder, taken):
    return read_trial(folder / "trial").item_folder(taken.item.id) / "acquisition.json"


def test_what_is_below_the_minimum_is_told_and_nothing_is_left_out(study, taken):
    step = next(issue for issue in taken.issues if issue.code == "W50" and "Distance of slices" in issue.found)
    assert step.level is Level.STOP and "22 mm" in step.found and "at most 6.5" in step.expected
    assert "SB-ACQ-DWI@1.0.0, minimum; reason 130570 Protocol not followed" in step.remedy
    images = [name for name in taken.item.files if name.startswith("images/")]
    assert len(images) == len([path for path in (study / "in").rglob("*") if path.is_file()])


def test_the_file_names_nobody_and_is_bound_as_the_images_are(study, taken):
    path = file_of(study, taken)
    data = json.loads(path.read_bytes())
    assert {row["profile"] for row in data["series"]} == {"SB-ACQ-DWI@1.0.0"} and not data["phantom_history"]
    assert SUBJECT.encode() not in path.read_bytes() and str(study).encode() not in path.read_bytes()
    assert "acquisition.json" in taken.item.files
    content = path.read_bytes()
    path.write_bytes(content.replace(b"STOP", b"INFO"))
    with pytest.raises(TrialError) as refused:
        opened(read_trial(study / "trial"), taken.item.id, Clock())
    assert (refused.value.issues[0].code, refused.value.issues[0].found) == ("W25", "acquisition.json was changed")
    path.write_bytes(content)
    assert not verify_trial(study / "trial")


def test_the_reader_is_warned_of_what_is_below_the_minimum_alone(study, taken):
    item = opened(read_trial(study / "trial"), taken.item.id, clock := Clock())
    below = [issue for issue in taken.issues if issue.blocks]
    assert [(i.code, i.found) for i in item.issues] == [(i.code, i.found) for i in below] and below
    assert {issue.level for issue in item.issues} == {Level.WARN}
    item.close(now=clock())


def scanner_of(study, taken):
    data = json.loads(file_of(study, taken).read_bytes())
    checks = [check for row in data["series"] for check in row["checks"] if "Phantom" in check["text"]]
    return data["phantom_history"], {check["value"] for check in checks}


def test_the_scanner_is_judged_by_the_dates_that_the_images_had(study, taken, tmp_path):
    assert scanner_of(study, taken) == (False, {None})
    assert scanner_of(study, taken_in(study, sessions=())) == (True, {"no_verdict"})
    series = next(one for one in scan(study / "in").series if one.role is Role.DWI)
    sessions = history(tmp_path, diffusion_record(0.1, day_of(series), scanner=scanner_state(series)))
    known = taken_in(study, sessions=sessions)
    assert scanner_of(study, known) == (True, {"qualified"})
    assert not [issue for issue in known.issues if "qualification" in issue.found]
    assert day_of(series).encode() not in file_of(study, known).read_bytes()
    images = scan(file_of(study, known).parent / "images").series
    copy = next(one for one in images if one.role is Role.DWI)
    found, session = qualify(copy, sessions)
    assert (found.outcome, session) == (Qualification.NO_VERDICT, None)
    assert "dates of the images were moved" in found.issues[0].found


def signed_with(study, known, change):
    """The item read and signed, with a record whose reading was changed by `change` while it was written."""

    def write(record, out, *, now):
        (out / "case").mkdir(parents=True)
        reading = change(json.loads(json.dumps(plain(record.reading))))
        (out / "case" / "record.json").write_text(json.dumps({"reading": reading}), "utf-8")

    clock = Clock()
    item = opened(read_trial(study / "trial"), known.item.id, clock)
    facts = item.facts(small_record())
    read_to_submission(item, clock)
    done = sign(item, {"R1": study / "keys" / "R1.key.pem"}, clock, write=write)
    item.close(now=clock())
    return facts, done


def test_the_verdict_goes_into_facts_record_report_and_sr(study):
    known = taken_in(study, sessions=())
    facts, done = signed_with(study, known, lambda reading: reading)
    assert (facts["scanner_qualification"], facts["scanner_current"]) == ("no_verdict", False)
    reading = done.record.reading
    row = reading.acquisition[0]
    assert (row.profile, row.scanner) == ("SB-ACQ-DWI@1.0.0", "no_verdict")
    assert row.outcome == "below the minimum, or not known" and any("W50" in one for one in row.reasons)
    assert reading.acquisition_sha256 == known.item.files["acquisition.json"]
    assert any("SB-ACQ-DWI@1.0.0: below the minimum" in line for line in reading_comments(done.record))
    assert f"acquisition_sha256={reading.acquisition_sha256}" in reading_pins(done.record)
    page = reading_page(done.record, {"reading": plain(reading), "sign_offs": []}).details
    assert "Acquisition, as found when the images were taken in" in page and "no verdict, out of date" in page
    assert not verify_trial(study / "trial")


def test_a_record_that_says_something_else_of_the_intake_is_found(study):
    known = taken_in(study)

    def better(reading):
        reading["acquisition"][0] |= {"outcome": "ideal", "reasons": []}
        return reading

    signed_with(study, known, better)
    found = [(issue.code, issue.found) for issue in verify_trial(study / "trial")]
    assert found == [("W33", "its acquisition is not that of the item")]
    shutil.rmtree(file_of(study, known).parent)


def test_a_history_that_is_not_there_takes_nothing_in(study, tmp_path, capsys):
    (tmp_path / "secret.txt").write_text(f"{PASSPHRASE}\n")
    before = read_trial(study / "trial").items
    words = ["intake", str(study / "trial"), str(study / "in"), "--subject", SUBJECT, "--map", str(study / "map.json")]
    item = ["--task", "infarct_core", "--reader", "R1", "--model", "R1", "--phantoms", str(tmp_path / "none.sqlite")]
    own = ["--key", str(study / "keys" / "M1.key.pem"), "--passphrase-file", str(tmp_path / "secret.txt")]
    assert run(["trial", *words, *item, *own]) == EXIT_USAGE
    assert "Q69" in capsys.readouterr().err
    assert read_trial(study / "trial").items == before
