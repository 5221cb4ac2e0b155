"""A read item: who may open it and when, what is kept of every answer and edit, and what happens to it in two windows."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from trial_objects import (
    PASSPHRASE,
    SHORT,
    START,
    VALID,
    Clock,
    add_item,
    changed_procedure,
    new_trial,
    opened,
    read_to_submission,
    sign,
    small_record,
)

from strokequant.errors import RecordError, TrialError
from strokequant.sop.canonical import ProcedureError
from strokequant.sop.fact_registry import NAMES
from strokequant.sop.procedure import procedure_of
from strokequant.trial import audit_trail
from strokequant.trial.audit_trail import AuditError
from strokequant.trial.item_states import ADDENDUM, ItemState
from strokequant.trial.opening import open_private, skip_item
from strokequant.trial.register import Reader
from strokequant.trial.trial_folder import read_trial, save_register
from strokequant.trial.verify_trial import verify_folder
from strokequant.trial.worklist import items_for, next_item

LIBRARY = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"


@pytest.fixture
def made(tmp_path):
    return new_trial(tmp_path)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def item(made, clock):
    opened_item = opened(made[0], add_item(made[0]), clock)
    yield opened_item
    opened_item.lock.release()


def codes(refused):
    return [issue.code for issue in refused.value.issues]


def to_review(item, clock):
    for _ in range(2):
        item.finish_step(small_record(), now=clock())


def test_opened_at_the_first_step_and_resumed_where_it_was(made, clock):
    name = add_item(made[0])
    item = opened(made[0], name, clock)
    assert (item.status.state, item.walk.step.id) == (ItemState.IN_PROGRESS, "O1")
    to_review(item, clock)
    item.answer("candidates_decided", True, now=clock())
    item.edit("decision", {"label": 2, "accepted": False}, now=clock())
    item.close(now=clock())
    again = opened(made[0], name, clock)
    assert again.walk == item.walk and again.answers == {"candidates_decided": True}
    assert [(e.kind, e.payload) for e in again.edits()] == [("decision", {"label": 2, "accepted": False})]
    assert not again.issues
    again.close(now=clock())


def test_a_step_is_left_only_where_the_procedure_allows(item, clock):
    to_review(item, clock)
    passage = item.passage(small_record())
    assert [r.id for r in passage.stops] == ["a2"]
    with pytest.raises(ProcedureError) as refused:
        item.finish_step(small_record(), now=clock())
    assert codes(refused) == ["W05"]
    assert item.skip_step("no candidate", now=clock()).step.id == "O6"
    assert item.back(now=clock()).step.id == "A2"
    assert item.walk.done["A2"].skipped == "no candidate"
    assert item.progress.started["A2"] > item.walk.done["A2"].finished_utc


def test_steps_say_who_when_and_what_was_checked(item, clock):
    item.finish_step(small_record(), now=clock(), by_program=True)
    item.finish_step(small_record(), now=clock())
    first, second = item.walk.done["O1"], item.walk.done["A1"]
    assert (first.reader, second.reader) == ("", "R1")
    assert dict(first.results[0].inputs) == {"trial_reading": True, "versions_match": True}
    assert item.progress.started["A1"] == first.finished_utc < second.finished_utc


def test_submission_freezes_and_return_asks_again_for_the_preview(item, clock):
    read_to_submission(item, clock)
    assert item.status.state is ItemState.SUBMITTED and item.walk.step.id == "Z4"
    for change in (
        lambda: item.answer("evaluability", "limited", now=clock()),
        lambda: item.edit("stroke", 1, now=clock()),
        lambda: item.finish_step(small_record(), now=clock()),
        lambda: item.back(now=clock()),
        lambda: item.submit(small_record(), now=clock()),
    ):
        with pytest.raises(TrialError) as refused:
            change()
        assert codes(refused) == ["W23"]
    item.return_to_reading(now=clock())
    assert (item.status.state, item.walk.step.id) == (ItemState.IN_PROGRESS, "Z3")
    assert "preview_confirmed" not in item.answers
    with pytest.raises(AuditError) as refused:
        item.answer("evaluability", "limited", now=clock())
    assert codes(refused) == ["W11"] and item.answers["evaluability"] == "diagnostic"
    item.answer("evaluability", "limited", now=clock(), reason="motion seen late")
    assert item.trail.entries[-1].old == {"name": "evaluability", "value": "diagnostic"}


def test_submission_and_signature_are_no_plain_steps(item, clock):
    to_review(item, clock)
    with pytest.raises(TrialError) as refused:
        item.submit(small_record(), now=clock())
    assert codes(refused) == ["W23"] and "A2" in str(refused.value)
    read_to_submission(item, clock)
    item.return_to_reading(now=clock())
    with pytest.raises(TrialError):
        item.finish_step(small_record(), now=clock())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reauthenticated", True),
        ("reader_qualified", True),
        ("outputs_locked", True),
        ("timepoint_in_window", True),
        ("core_ml", 3.0),
        ("no_such_fact", 1),
        ("evaluability", 3),
        ("landmark_error_mm", float("nan")),
        ("candidates_decided", "yes"),
    ],
)
def test_what_no_reader_answers(item, clock, name, value):
    entries = len(item.trail.entries)
    with pytest.raises(TrialError) as refused:
        item.answer(name, value, now=clock())
    assert codes(refused) == ["W35"] and len(item.trail.entries) == entries


def test_an_answer_may_be_taken_back_and_the_same_one_is_written_once(item, clock):
    for value in (True, True, None, None):
        item.answer("candidates_decided", value, now=clock())
    assert [e.new["value"] for e in item.trail.entries if e.event == "answer.given"] == [True, None]


def test_edits_keep_voxels_exactly_and_a_checkpoint_stands_for_those_before(item, clock):
    rng = np.random.default_rng(3)
    strokes = [np.sort(rng.choice(5_000_000, 400, replace=False)).astype(np.int32) for _ in range(3)]
    for stroke in strokes:
        item.edit("stroke", {"voxels": stroke, "adds": True, "tool": ("brush", 2.5)}, now=clock())
    item.edit("settings", {"threshold": 620.5}, now=clock())
    item.checkpoint("stroke", {"mask": strokes[0]}, now=clock())
    item.edit("stroke", {"voxels": strokes[1]}, now=clock())
    for reading in (item.journal, type(item.journal)(item.folder, actor="R1", item=item.id)):
        edits = reading.edits()
        assert [(e.kind, e.checkpoint) for e in edits] == [("settings", False), ("stroke", True), ("stroke", False)]
        assert edits[1].payload["mask"].dtype == np.int32
        np.testing.assert_array_equal(edits[2].payload["voxels"], strokes[1])


def test_a_copy_of_the_folder_goes_on_elsewhere_in_the_same_step(made, item, clock, tmp_path):
    to_review(item, clock)
    item.answer("candidates_decided", True, now=clock())
    item.edit("stroke", {"voxels": np.arange(9)}, now=clock())
    shutil.copytree(made[0].folder, tmp_path / "elsewhere")
    there = opened(read_trial(tmp_path / "elsewhere"), item.id, clock)
    assert (there.walk, there.answers) == (item.walk, item.answers)
    np.testing.assert_array_equal(there.edits()[0].payload["voxels"], np.arange(9))
    there.close(now=clock())


def test_a_reason_for_an_addendum_does_not_pass_the_order(made, clock):
    names = {add_item(made[0]) for _ in range(2)}
    (last,) = names - {next_item(made[0], "R1")}
    with pytest.raises(TrialError) as refused:
        opened(made[0], last, clock, addendum="first, please")
    assert codes(refused) == ["W30"]


def test_edits_and_answers_go_on_in_an_addendum(made, item, clock):
    keys = made[1]
    item.edit("stroke", 1, now=clock())
    read_to_submission(item, clock)
    sign(item, keys, clock)
    item.addendum("side was wrong", now=clock())
    assert (item.status.version, item.status.flags, item.walk.step.id) == (2, {ADDENDUM}, "A2")
    item.edit("stroke", 2, now=clock())
    assert [(e.payload, e.version) for e in item.edits()] == [(1, 1), (2, 2)]
    assert "preview_confirmed" not in item.answers and "Z4" not in item.walk.done
    with pytest.raises(TrialError):
        item.addendum("again", now=clock())


@pytest.mark.parametrize(
    ("case", "code", "told"),
    [
        ("unknown", "W20", "no reader R9"),
        ("unqualified", "W20", "no qualification"),
        ("expired", "W20", "expired"),
        ("wrong version", "W20", "not for 1.0.0"),
        ("role", "W20", "auditor"),
        ("second reader", "W21", "another reader"),
        ("not next", "W30", "not the next"),
        ("changed item", "W25", "item.json"),
        ("changed image", "W25", "images/0000.dcm was changed"),
        ("removed image", "W25", "images/0001.dcm is missing"),
        ("foreign image", "W25", "images/0002.dcm is there"),
        ("unsigned procedure", "W24", "not signed"),
    ],
)
def test_who_may_not_open_what(made, tmp_path, clock, case, code, told):
    trial, keys = made
    names = {add_item(trial) for _ in range(2)}
    first = next_item(trial, "R1")
    (last,) = names - {first}
    reader, images = "R1", trial.item_folder(first) / "images"
    person = trial.register.reader("R1")
    readers = {
        "unqualified": Reader("R1", "Reader", public_key=person.public_key),
        "role": Reader("R1", "Reader", ("auditor",), person.public_key, (VALID,)),
        "expired": Reader("R1", "Reader", public_key=person.public_key, qualifications=(expired(),)),
        "wrong version": Reader("R1", "Reader", public_key=person.public_key, qualifications=(other_version(),)),
    }
    if case in readers:
        register, own = trial.register.with_reader(readers[case]), {"key": keys["M1"], "passphrase": PASSPHRASE}
        save_register(trial, register, now=START, event="reader.changed", **own)
    elif case in ("unknown", "second reader"):
        reader = "R9" if case == "unknown" else "R2"
    elif case == "changed item":
        path = trial.item_folder(first) / "item.json"
        path.write_bytes(path.read_bytes().replace(b'"model":"R1"', b'"model":"R2"'))
    elif case == "changed image":
        (images / "0000.dcm").write_bytes(b"another image")
    elif case == "removed image":
        (images / "0001.dcm").unlink()
    elif case == "foreign image":
        (images / "0002.dcm").write_bytes(b"a result of somebody else")
    elif case == "unsigned procedure":
        (trial.folder / "procedures" / "infarct_core.json.sig").unlink()
    with pytest.raises(TrialError) as refused:
        opened(read_trial(trial.folder), last if case == "not next" else first, clock, reader)
    assert codes(refused) == [code] and told in str(refused.value)
    assert all(issue.remedy for issue in refused.value.issues)
    entries = [row.status.state for row in items_for(trial, "R1") if not row.problem]
    assert set(entries) == {ItemState.ASSIGNED}


def expired():
    return type(VALID)("SB-CORE-001", 1, START.date() - timedelta(days=400), START.date() - timedelta(days=1), 1, True)


def other_version():
    return type(VALID)("SB-CORE-001", 2, VALID.date, VALID.expires, 1, True)


def test_skipped_with_a_reason_and_read_at_the_end(made, clock):
    trial, _ = made
    names = [add_item(trial), add_item(trial)]
    first = next_item(trial, "R1")
    with pytest.raises(TrialError):
        skip_item(trial, first, reader="R1", reason=" ", now=clock())
    assert skip_item(trial, first, reader="R1", reason="images load slowly", now=clock()).flags == {"skipped"}
    second = next_item(trial, "R1")
    assert {first, second} == set(names)
    item = opened(trial, second, clock)
    with pytest.raises(TrialError) as refused:
        skip_item(trial, second, reader="R1", reason="too late", now=clock())
    assert codes(refused) == ["W22"]
    read_to_submission(item, clock)
    item.close(now=clock())
    assert next_item(trial, "R1") == first
    opened(trial, first, clock).close(now=clock())


def test_two_windows_on_one_item(made, item, clock):
    for reader, code in (("R1", "W22"), ("R2", "W21")):
        with pytest.raises(TrialError) as refused:
            opened(made[0], item.id, clock, reader)
        assert codes(refused) == [code]
    assert str(os.getpid()) in str(opened_twice(made, item, clock))
    item.answer("candidates_decided", True, now=clock())
    item.close(now=clock())
    again = opened(made[0], item.id, clock)
    assert again.answers["candidates_decided"] is True
    for change in (
        lambda: item.answer("candidates_decided", None, now=clock()),
        lambda: item.edit("x", 1, now=clock()),
    ):
        with pytest.raises(TrialError) as refused:
            change()
        assert codes(refused) == ["W22"]
    item.close(now=clock())
    again.answer("candidates_decided", False, now=clock())
    again.close(now=clock())


def opened_twice(made, item, clock):
    with pytest.raises(TrialError) as refused:
        opened(made[0], item.id, clock)
    return refused.value


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_window_of_another_program_is_told_by_its_number(made, clock):
    name, (ready, said) = add_item(made[0]), os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # whatever becomes of the parent
        holder = opened(made[0], name, clock)
        os.write(said, b"x")
        time.sleep(60)
        os._exit(bool(holder))
    try:
        assert os.read(ready, 1) == b"x"
        with pytest.raises(TrialError) as refused:
            opened(made[0], name, clock)
        assert codes(refused) == ["W22"] and str(child) in str(refused.value)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    opened(made[0], name, clock).close(now=clock())


def test_the_lock_of_a_dead_program_is_taken_over_and_said(made, clock):
    name = add_item(made[0])
    code = (
        "import sys, os, datetime; from strokequant.trial.item_lock import ItemLock; from pathlib import Path;"
        "lock = ItemLock(Path(sys.argv[1]), actor='R1', now=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC));"
        "os._exit(9)"
    )
    folder = made[0].item_folder(name)
    env = os.environ | {"PYTHONPATH": str(LIBRARY)}
    assert subprocess.run([sys.executable, "-c", code, str(folder)], env=env, check=False).returncode == 9
    assert json.loads((folder / "lock.json").read_text())["actor"] == "R1"
    item = opened(made[0], name, clock)
    assert [(i.code, i.level) for i in item.issues] == [("W22", "INFO")]
    assert "taken_over_from" in item.trail.entries[-1].new
    item.close(now=clock())


def test_the_lock_of_another_computer_is_taken_over_with_a_reason_alone(made, clock):
    name = add_item(made[0])
    path = made[0].item_folder(name) / "lock.json"
    other = {"host": "elsewhere", "pid": 1, "since": "2026-12-01T08:00:00+00:00", "actor": "R1", "token": "00"}
    path.write_text(json.dumps(other))
    with pytest.raises(TrialError) as refused:
        opened(made[0], name, clock)
    assert codes(refused) == ["W22"] and "elsewhere" in str(refused.value)
    assert json.loads(path.read_text()) == other
    item = opened(made[0], name, clock, take_over="that computer has failed")
    assert item.trail.entries[-1].reason == "that computer has failed"
    item.close(now=clock())


@pytest.mark.skipif(sys.platform == "win32", reason="no flock")
def test_on_a_drive_that_knows_no_locks_the_file_decides(made, clock, monkeypatch):
    import fcntl

    def unknown(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unknown)
    name = add_item(made[0])
    item = opened(made[0], name, clock)
    with pytest.raises(TrialError) as refused:
        opened(made[0], name, clock)
    assert codes(refused) == ["W22"]
    item.answer("candidates_decided", True, now=clock())
    taken = opened(made[0], name, clock, take_over="the other window has crashed")
    with pytest.raises(TrialError) as refused:
        item.answer("candidates_decided", None, now=clock())
    assert codes(refused) == ["W22"]
    taken.close(now=clock())
    opened(made[0], name, clock).close(now=clock())


def test_a_clock_that_runs_backwards_is_recorded_and_told_and_blocks_nothing(item, clock):
    clock.time -= timedelta(hours=3)
    to_review(item, clock)
    item.answer("candidates_decided", True, now=clock())
    item.edit("stroke", 1, now=clock())
    assert [(i.code, i.level) for i in item.issues] == [("W26", "WARN")]
    assert max(entry.clock_behind_s for entry in item.trail.entries) > 3600
    assert item.walk.step.id == "A2" and item.answers and item.edits()


def test_a_clock_that_was_put_back_makes_no_qualification_valid_again(made, clock):
    name = add_item(made[0])
    late = Clock(clock.time.replace(year=2027, month=11, day=26))
    item = opened(made[0], name, late)
    item.answer("candidates_decided", True, now=late())
    late.time += timedelta(days=2)
    item.answer("candidates_decided", None, now=late())
    assert item.facts(None, now=START)["reader_qualified"] is False
    item.close(now=late())
    with pytest.raises(TrialError) as refused:
        opened(made[0], name, clock)
    assert codes(refused) == ["W20"] and "expired" in str(refused.value)


def test_a_full_disk_loses_no_edit_and_no_answer(item, clock, monkeypatch):
    item.edit("stroke", 1, now=clock())
    item.answer("candidates_decided", True, now=clock())
    write = os.write
    monkeypatch.setattr(audit_trail.os, "write", lambda handle, data: write(handle, data[:10]))
    for change in (
        lambda: item.edit("stroke", 2, now=clock()),
        lambda: item.answer("candidates_decided", None, now=clock()),
    ):
        with pytest.raises(RecordError) as refused:
            change()
        assert codes(refused) == ["O01"] and "space" in str(refused.value)
    assert item.answers["candidates_decided"] is True
    monkeypatch.undo()
    item.edit("stroke", 3, now=clock())
    item.answer("candidates_decided", None, now=clock())
    assert [e.payload for e in item.edits()] == [1, 3]
    assert not audit_trail.problems(item.trail.path)


def test_a_trail_that_was_cut_is_not_gone_on_with(made, clock):
    name = add_item(made[0])
    item = opened(made[0], name, clock)
    to_review(item, clock)
    item.close(now=clock())
    lines = item.trail.path.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines)):
        item.trail.path.write_bytes(b"".join(lines[:kept]))
        with pytest.raises(AuditError) as refused:
            opened(made[0], name, clock)
        assert codes(refused) == ["W10"]
    item.trail.path.write_bytes(b"".join(lines))
    opened(made[0], name, clock).close(now=clock())


def test_a_journal_that_was_cut_is_not_gone_on_with(made, clock):
    name = add_item(made[0])
    item = opened(made[0], name, clock)
    for n in range(3):
        item.edit("stroke", n, now=clock())
    item.finish_step(small_record(), now=clock())
    item.close(now=clock())
    path = item.folder / "work" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    with pytest.raises(AuditError) as refused:
        opened(made[0], name, clock)
    assert codes(refused) == ["W32"]


def test_a_reading_outside_of_a_trial_walks_the_same_steps(tmp_path, clock):
    procedure = procedure_of(SHORT, NAMES)
    item = open_private(tmp_path / "reading", procedure=procedure, reader="R1", now=clock())
    read_to_submission(item, clock)
    assert item.walk.done["O1"].facts == {"trial_reading": False}
    signed = item.sign(
        small_record(), key=None, passphrase="", meaning="author", now=clock(), write=lambda *_, **__: None
    )
    assert signed.record.reading.trial == "" and signed.record.sign_offs[-1].reader == "R1"
    item.close(now=clock())
    assert [(issue.code, issue.level) for issue in verify_folder(tmp_path / "reading")] == [("W28", "INFO")]
    with pytest.raises(TrialError) as refused:
        open_private(tmp_path / "reading", procedure=procedure, reader="R2", now=clock())
    assert codes(refused) == ["W21"]
    other = procedure_of(SHORT | {"version": "1.0.1"}, NAMES)
    with pytest.raises(TrialError) as refused:
        open_private(tmp_path / "reading", procedure=other, reader="R1", now=clock())
    assert codes(refused) == ["W24"]


def test_software_that_is_not_of_the_charter_stops_the_first_step(tmp_path, clock):
    trial, _ = new_trial(tmp_path, software="0.0.1")
    item = opened(trial, add_item(trial), clock)
    assert [r.id for r in item.passage(small_record()).stops] == ["o1"]
    item.lock.release()


def test_facts_of_the_trial_are_those_of_charter_register_and_item(tmp_path, clock):
    trial, _ = new_trial(tmp_path, blinding={"prior_allowed": True}, procedures=changed_procedure(tmp_path / "s"))
    item = opened(trial, add_item(trial, facts={"timepoint_in_window": False, "hours_from_onset": 3.5}), clock)
    facts = item.facts(small_record())
    expected = {
        "reader": "R1",
        "trial_reading": True,
        "reader_qualified": True,
        "item_assigned": True,
        "versions_match": True,
        "manifest_matches": True,
        "only_assigned_series": False,
        "prior_allowed": True,
        "timepoint_in_window": False,
        "hours_from_onset": 3.5,
    }
    assert {name: facts[name] for name in expected} == expected
    assert "reader" not in item.facts(small_record(), by_program=True)
    item.lock.release()
