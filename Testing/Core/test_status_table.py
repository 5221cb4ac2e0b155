"""What may be assigned, and how far every item is: state, step, since when, deviations and flags, for people and for programs."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from trial_objects import (
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

from strokequant.cli import run
from strokequant.errors import TrialError
from strokequant.trial.assignment import assign_item
from strokequant.trial.item_file import ACQUISITION
from strokequant.trial.opening import skip_item
from strokequant.trial.status_table import COLUMNS, status_csv, status_rows, status_text
from strokequant.trial.trial_folder import new_pseudonym, read_trial


def with_reader(trial, **changes):
    """The trial with a register in which R1 differs."""
    return replace(trial, register=trial.register.with_reader(replace(trial.register.reader("R1"), **changes)))


def assign(trial, name, *, task="infarct_core", model="R1"):
    with pytest.raises(TrialError) as refused:
        assign_item(trial, name, task=task, reader="R1", model=model, now=START, series=("1.2.3",))
    (issue,) = refused.value.issues
    return issue.code, issue.found


def images(trial):
    name = new_pseudonym(trial)
    folder = trial.item_folder(name) / "images"
    folder.mkdir(parents=True)
    (folder / "0.dcm").write_bytes(b"image")
    return name


def test_nothing_is_assigned_that_could_not_be_read(tmp_path):
    trial, _ = new_trial(tmp_path, readers=("R1",))
    name = images(trial)
    expired = replace(VALID, expires=date(2026, 11, 30))
    failed = replace(VALID, passed=False)
    other = replace(VALID, major=2)
    said = {
        "none": assign(with_reader(trial, qualifications=()), name),
        "expired": assign(with_reader(trial, qualifications=(expired,)), name),
        "failed": assign(with_reader(trial, qualifications=(failed,)), name),
        "other version": assign(with_reader(trial, qualifications=(other,)), name),
        "auditor": assign(with_reader(trial, roles=("auditor",)), name),
        "no adjudicator": assign(trial, name, model="adjudication"),
    }
    assert {code for code, _ in said.values()} == {"W20"}
    assert said["none"][1] == "R1 has no qualification for SB-CORE-001"
    assert "expired on 2026-11-30" in said["expired"][1] and "not passed" in said["failed"][1]
    assert "version 2.x" in said["other version"][1]
    assert said["auditor"][1] == "R1 has the roles auditor" and said["no adjudicator"][1] == "R1 has the roles reader"
    assert assign(trial, name, task="mismatch") == ("W24", "no procedure for mismatch")
    row = {"profile": "SB-ACQ-DWI@9.0.0"}
    path = trial.item_folder(name) / ACQUISITION
    path.write_text(json.dumps({"series": [row]}))
    assert assign(trial, name) == ("W53", "profile SB-ACQ-DWI@9.0.0")
    path.write_text("{")
    assert assign(trial, name)[0] == "W25"
    path.unlink()
    assign_item(trial, name, task="infarct_core", reader="R1", model="R1", now=START, series=("1.2.3",))


@pytest.mark.parametrize(
    ("status", "day"), [("retired", "2026-11-25"), ("draft", "2026-11-25"), ("effective", "2027-01-01")]
)
def test_a_procedure_that_is_not_effective_is_not_assigned(tmp_path, status, day):
    sops = changed_procedure(tmp_path / "sops", status=status, effective_date=day)
    trial, _ = new_trial(tmp_path, readers=("R1",), procedures=sops)
    code, found = assign(trial, images(trial))
    assert code == "W24" and (status if status != "effective" else "2027-01-01") in found


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Items of every state."""
    folder, clock = tmp_path_factory.mktemp("read"), Clock()
    trial, keys = new_trial(folder, clock=clock, fixed_order=False)
    names = {state: add_item(trial, clock=clock) for state in ("assigned", "skipped", "begun", "submitted", "signed")}
    names["other"] = add_item(trial, reader="R2", model="R2", clock=clock)
    skip_item(trial, names["skipped"], reader="R1", reason="tired", now=clock())
    foreign = replace(small_record(), series=())
    item = opened(trial, names["begun"], clock)
    item.finish_step(foreign, now=clock())
    item.close(now=clock())
    for state in ("submitted", "signed"):
        item = opened(trial, names[state], clock)
        read_to_submission(item, clock)
        if state == "signed":
            sign(item, keys, clock)
        item.close(now=clock())
    return trial, names


def test_every_state_with_its_step_and_since_when(read):
    trial, names = read
    rows = {row["item"]: row for row in status_rows(read_trial(trial.folder))}
    assert [tuple(rows[name][key] for key in ("state", "step", "flags")) for name in names.values()] == [
        ("assigned", "O1", ""),
        ("assigned", "O1", "skipped"),
        ("in_progress", "A1", ""),
        ("submitted", "Z4", ""),
        ("signed", "", ""),
        ("assigned", "O1", ""),
    ]
    assert all(set(row) == set(COLUMNS) and not row["problem"] for row in rows.values())
    since = {state: rows[name]["since_utc"] for state, name in names.items()}
    assert since["assigned"] < since["skipped"] < since["begun"] < since["submitted"] < since["signed"]
    assert (rows[names["other"]]["reader"], rows[names["other"]]["model"]) == ("R2", "R2")
    own = status_rows(trial, reader="R1")
    assert {row["item"] for row in own} == set(names.values()) - {names["other"]}


def test_a_damaged_item_is_told_and_stops_no_other(read, capsys):
    trial, names = read
    path = trial.item_folder(names["other"]) / "trail" / "R2.jsonl"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"assigned", b"assignEd", 1))
    rows = {row["item"]: row for row in status_rows(trial)}
    assert rows[names["other"]]["problem"].startswith("trail, line 1") and len(rows) == 6
    path.write_bytes(content)
    again = list(csv.DictReader(io.StringIO(status_csv(status_rows(trial)))))
    assert [row["item"] for row in again] == list(trial.items) and list(again[0]) == list(COLUMNS)
    assert run(["trial", "status", str(trial.folder), "--csv"]) == 0
    assert capsys.readouterr().out == status_csv(status_rows(trial))
    assert run(["trial", "status", str(trial.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == list(status_rows(trial))
    assert run(["trial", "status", str(trial.folder)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    shown = (*COLUMNS[:8], "version", "flags")
    assert head.split() == " ".join(shown).replace("_", " ").split() and len(lines) == 6
    assert status_text(status_rows(trial)).splitlines()[0] == head
