"""The folder of a trial: signed charter, register and procedures, worklists that are the same everywhere, keys that only a passphrase opens."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from trial_objects import (
    PASSPHRASE,
    SHORT,
    START,
    VALID,
    Clock,
    add_item,
    changed_procedure,
    keys_of,
    new_trial,
    opened,
    other_key,
    public,
)

from strokequant.errors import TrialError
from strokequant.sop.fact_registry import NAMES
from strokequant.sop.procedure import procedure_of
from strokequant.trial.assignment import assign_item, withdraw_item
from strokequant.trial.item_states import ItemState
from strokequant.trial.keys import make_key, sign, unlock, verify_signature
from strokequant.trial.opening import open_for_program, skip_item
from strokequant.trial.register import Reader, key_problem, qualification, register_bytes
from strokequant.trial.signed_files import write_signed
from strokequant.trial.trial_folder import create_trial, lock_database, new_pseudonym, read_trial, save_register
from strokequant.trial.verify_trial import verify_folder
from strokequant.trial.worklist import items_for, next_item, order_key


@pytest.fixture
def made(tmp_path):
    return new_trial(tmp_path)


def codes(refused):
    return [issue.code for issue in refused.value.issues]


def test_a_key_opens_with_its_passphrase_alone(tmp_path):
    text = make_key(tmp_path, "R1", PASSPHRASE)
    path = tmp_path / "R1.key.pem"
    assert b"ENCRYPTED" in path.read_bytes() and PASSPHRASE.encode() not in path.read_bytes()
    signature = sign(b"manifest", path, PASSPHRASE)
    assert verify_signature(b"manifest", signature, text) == ""
    assert verify_signature(b"manifesT", signature, text)
    assert verify_signature(b"manifest", signature, other_key())
    other = "B" if signature[0] == "A" else "A"
    assert verify_signature(b"manifest", other + signature[1:], text)
    assert verify_signature(b"manifest", signature, "no key") and verify_signature(b"manifest", "?", text)
    for wrong in ("", "correct horsE"):
        with pytest.raises(TrialError) as refused:
            unlock(path, wrong)
        assert codes(refused) == ["W27"] and not (wrong and wrong in str(refused.value))
    for folder, passphrase in ((tmp_path, PASSPHRASE), (tmp_path / "new", "short")):
        with pytest.raises(TrialError) as refused:
            make_key(folder, "R1", passphrase)
        assert codes(refused) == ["W27"]
    with pytest.raises(TrialError):
        unlock(tmp_path / "R9.key.pem", PASSPHRASE)


def test_a_trial_reads_back_as_it_was_made(made):
    trial, keys = made
    assert trial.charter.procedures["infarct_core"]["name"] == "SB-CORE-001@1.0.0"
    assert [reader.id for reader in trial.register.readers] == ["R1", "R2"]
    assert trial.register.reader("R1").qualifications == (VALID,)
    assert trial.register.reader("R1").public_key == public(keys["R1"])
    assert trial.procedure("infarct_core", START).sop_id == "SB-CORE-001"
    assert read_trial(trial.folder) == trial


def test_a_folder_that_is_not_empty_is_left_alone(made, tmp_path):
    trial, keys = made
    with pytest.raises(TrialError) as refused:
        create_trial(
            trial.folder,
            trial_id="T2",
            title="Another",
            manager="M1",
            manager_name="M",
            key=keys["M1"],
            passphrase=PASSPHRASE,
            now=START,
        )
    assert codes(refused) == ["W29"]
    assert read_trial(trial.folder) == trial


@pytest.mark.parametrize("name", ["trial.json", "trial.json.sig", "register.json", "register.json.sig"])
def test_every_flipped_byte_of_charter_and_register_is_found(made, name):
    trial, _ = made
    path = trial.folder / name
    content = path.read_bytes()
    for place in range(0, len(content), 1 if len(content) < 200 else 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(TrialError) as refused:
            read_trial(trial.folder)
        assert set(codes(refused)) <= {"W28", "W29"}, place
    path.unlink()
    with pytest.raises(TrialError):
        read_trial(trial.folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("byte", "signature"),
        ("unsigned", "not signed"),
        ("signed by another", "signature"),
        ("other content, signed", "other content"),
        ("retired", "retired"),
        ("draft", "draft"),
        ("not yet effective", "effective from 2027"),
        ("gone", "no file"),
    ],
)
def test_a_procedure_that_is_not_the_one_of_the_charter_is_refused(tmp_path, change, told):
    changes = {"retired": {"status": "retired"}, "draft": {"status": "draft"}}
    changes["not yet effective"] = {"effective_date": "2027-01-01"}
    trial, keys = new_trial(tmp_path, procedures=changed_procedure(tmp_path / "sops", **changes.get(change, {})))
    path = trial.folder / "procedures" / "infarct_core.json"
    if change == "byte":
        path.write_bytes(path.read_bytes().replace(b"620", b"621"))
    elif change == "unsigned":
        path.with_name(path.name + ".sig").unlink()
    elif change == "signed by another":
        write_signed(path, path.read_bytes(), unlock(keys["R1"], PASSPHRASE))
    elif change == "other content, signed":
        write_signed(path, path.read_bytes().replace(b"620", b"600"), unlock(keys["M1"], PASSPHRASE))
    elif change == "gone":
        path.unlink()
    with pytest.raises(TrialError) as refused:
        trial.procedure("infarct_core", START)
    assert codes(refused) == ["W24"] and told in str(refused.value)


def test_no_procedure_for_a_task_that_the_charter_does_not_name(made):
    with pytest.raises(TrialError) as refused:
        made[0].procedure("mismatch", START)
    assert codes(refused) == ["W24"]


@pytest.mark.parametrize(
    ("attempts", "day", "told"),
    [
        ([], date(2027, 1, 1), "no qualification"),
        ([replace(VALID, procedure="SB-ICH-001")], date(2027, 1, 1), "no qualification"),
        ([replace(VALID, major=2)], date(2027, 1, 1), "not for 1.0.0"),
        ([replace(VALID, passed=False)], date(2027, 1, 1), "not passed"),
        ([VALID], VALID.date - timedelta(days=1), "begins on"),
        ([VALID], VALID.date, ""),
        ([VALID], VALID.expires, ""),
        ([VALID], VALID.expires + timedelta(days=1), "expired"),
        ([replace(VALID, passed=False), VALID], date(2027, 1, 1), ""),
    ],
)
def test_who_is_qualified(attempts, day, told):
    found = qualification(Reader("R1", "Reader", qualifications=tuple(attempts)), procedure_of(SHORT, NAMES), day)
    assert (told in found) if told else not found


def test_only_the_study_manager_changes_the_register(made):
    trial, keys = made
    changed = trial.register.with_qualification("R1", replace(VALID, major=2))
    with pytest.raises(TrialError) as refused:
        save_register(trial, changed, key=keys["R1"], passphrase=PASSPHRASE, now=START, event="reader.qualified")
    assert codes(refused) == ["W27"]
    save_register(trial, changed, key=keys["M1"], passphrase=PASSPHRASE, now=START, event="reader.qualified")
    assert len(read_trial(trial.folder).register.reader("R1").qualifications) == 2
    with pytest.raises(TrialError):
        trial.register.with_qualification("R9", VALID)
    assert json.loads(register_bytes(changed))["readers"][0]["id"] == "R1"


def test_the_order_of_a_worklist_follows_from_the_seed_alone(made):
    trial, _ = made
    names = {add_item(trial) for _ in range(6)}
    other = add_item(trial, reader="R2", model="R2")
    rows = items_for(trial, "R1")
    assert {row.item for row in rows} == names and other not in names
    expected = sorted(names, key=lambda name: order_key(trial.charter.seed, "R1", name))
    assert [row.item for row in rows] == expected
    assert next_item(trial, "R1") == expected[0]
    assert order_key("00", "R1", "a") == hashlib.sha256(b"00|R1|a").hexdigest()


def test_an_assignment_that_was_cut_off_is_made_again(made):
    trial, _ = made
    name = add_item(trial)
    for path in (trial.item_folder(name) / "trail").iterdir():
        path.unlink()
    with pytest.raises(TrialError) as refused:
        opened(trial, name, Clock())
    assert codes(refused) == ["W25"]
    assign_item(trial, name, task="infarct_core", reader="R1", model="R1", now=START, series=())
    item = opened(trial, name, Clock())
    item.edit("stroke", 1, now=START)
    item.close(now=START)
    item.trail.path.unlink()
    with pytest.raises(TrialError) as refused:
        assign_item(trial, name, task="infarct_core", reader="R1", model="R1", now=START, series=())
    assert codes(refused) == ["W23"]


def test_training_items_are_listed_and_never_the_next(made):
    trial, _ = made
    name = new_pseudonym(trial)
    images = trial.folder / "training" / name / "images"
    images.mkdir(parents=True)
    (images / "0001.dcm").write_bytes(b"an image")
    assign_item(trial, name, task="infarct_core", reader="R1", model="training", now=START, series=("1.2.3",))
    assert (trial.items, trial.training_items) == ((), (name,))
    assert [(row.item, row.model) for row in items_for(trial, "R1")] == [(name, "training")]
    assert next_item(trial, "R1") == ""
    opened(trial, name, Clock()).close(now=START)
    assert verify_folder(trial.folder) == ()


def test_items_of_a_stratum_stand_together():
    keys = {(s, n): order_key("ab", "R1", f"i{n}", s) for s in ("site 1", "site 2", "site 3") for n in range(8)}
    order = [stratum for stratum, _ in sorted(keys, key=keys.get)]
    assert [s for n, s in enumerate(order) if n == 0 or order[n - 1] != s] == list(dict.fromkeys(order))


def test_no_pseudonym_twice_and_no_item_twice(made):
    trial, _ = made
    assert len({new_pseudonym(trial) for _ in range(200)}) == 200
    name = add_item(trial)
    for reader, code in (("R1", "W23"), ("R9", "W20")):
        with pytest.raises(TrialError) as refused:
            assign_item(trial, name, task="infarct_core", reader=reader, model="R1", now=START, series=())
        assert codes(refused) == [code]
    with pytest.raises(TrialError) as refused:
        assign_item(trial, "new", task="infarct_core", reader="R1", model="R1", now=START, series=())
    assert codes(refused) == ["W25"]


def test_withdrawn_with_a_reason_and_gone_from_the_worklist(made):
    trial, _ = made
    first, second = add_item(trial), add_item(trial)
    with pytest.raises(TrialError):
        withdraw_item(trial, first, reason=" ", now=START)
    assert withdraw_item(trial, first, reason="consent withdrawn", now=START).state is ItemState.WITHDRAWN
    assert next_item(trial, "R1") == second
    with pytest.raises(TrialError) as refused:
        opened(trial, first, Clock())
    assert codes(refused) == ["W23"]


def test_a_locked_database_stops_every_reading(made):
    trial, keys = made
    name = add_item(trial)
    locked = lock_database(trial, key=keys["M1"], passphrase=PASSPHRASE, now=START)
    assert locked.charter.database_locked_utc
    with pytest.raises(TrialError) as refused:
        opened(locked, name, Clock())
    assert codes(refused) == ["W23"] and "locked" in str(refused.value)
    for change in (
        lambda: withdraw_item(locked, name, reason="consent", now=START),
        lambda: skip_item(locked, name, reader="R1", reason="tired", now=START),
        lambda: open_for_program(locked, name, now=START),
        lambda: add_item(locked),
    ):
        with pytest.raises(TrialError, match="W23"):
            change()
    with pytest.raises(TrialError, match=r"W23.*locked on 2026-12-01"):
        lock_database(locked, key=keys["M1"], passphrase=PASSPHRASE, now=START)
    with pytest.raises(TrialError, match="W27"):
        lock_database(trial, key=keys_of(locked.folder / "x", "M2")["M2"], passphrase=PASSPHRASE, now=START)


def test_a_key_that_signed_readings_stand_under_stays(made):
    trial, keys = made
    register, manager = trial.register, trial.charter.manager
    own = {"manager": manager.id, "manager_key": manager.public_key}
    known = register.reader("R1")
    other = replace(known, public_key=other_key())
    assert key_problem(register, known, **own, has_signed=True) == ""
    assert key_problem(register, other, **own, has_signed=False) == ""
    assert "would not verify any more" in key_problem(register, other, **own, has_signed=True)
    assert key_problem(register, replace(known, public_key=public(keys["R2"])), **own, has_signed=False)
