"""Signing an item: anchored, signed, locked; or nothing of it, and the item is still submitted. And every byte of it is watched."""

import errno
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from phantom_sessions import diffusion_session
from trial_objects import (
    PASSPHRASE,
    Clock,
    add_item,
    new_trial,
    opened,
    read_to_submission,
    sign,
    small_record,
    unmeasured,
    write_little,
)

from strokequant.batch.phantom_case import judged
from strokequant.errors import Level, TrialError
from strokequant.sop.canonical import ProcedureError
from strokequant.trial import audit_trail, signed_version
from strokequant.trial.assignment import reopen_item
from strokequant.trial.audit_trail import AuditTrail, entry_hash, read_trail
from strokequant.trial.item_states import ItemState
from strokequant.trial.keys import sign as signature
from strokequant.trial.trial_folder import lock_database, read_trial, save_register
from strokequant.trial.verify_item import verify_item
from strokequant.trial.verify_trial import verify_folder


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made(tmp_path):
    return new_trial(tmp_path)


@pytest.fixture
def submitted(made, clock):
    item = opened(made[0], add_item(made[0]), clock)
    item.edit("stroke", {"voxels": [1, 2, 3]}, now=clock())
    read_to_submission(item, clock)
    yield item
    item.lock.release()


@pytest.fixture(scope="module")
def signed_trial(tmp_path_factory):
    """A trial with one item that is signed twice, as a value to copy."""
    folder, clock = tmp_path_factory.mktemp("signed"), Clock()
    trial, keys = new_trial(folder)
    name = add_item(trial)
    item = opened(trial, name, clock)
    item.edit("stroke", {"voxels": [1, 2, 3]}, now=clock())
    read_to_submission(item, clock)
    sign(item, keys, clock)
    item.addendum("side was wrong", now=clock())
    item.skip_step("no candidate", now=clock())
    item.finish_step(small_record(), now=clock())
    item.answer("preview_confirmed", True, now=clock())
    item.submit(small_record(), now=clock())
    sign(item, keys, clock)
    item.close(now=clock())
    assert verify_folder(trial.folder) == ()
    return trial.folder, name


@pytest.fixture
def copy(signed_trial, tmp_path):
    """(trial folder, item folder) that may be changed."""
    folder, name = signed_trial
    shutil.copytree(folder, tmp_path / "trial")
    for path in (tmp_path / "trial").rglob("*"):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return tmp_path / "trial", tmp_path / "trial" / "items" / name


def codes(refused):
    return [issue.code for issue in refused.value.issues]


def found_in(folder):
    return {issue.code for issue in verify_folder(folder) if issue.level is Level.STOP}


def test_what_a_signed_version_holds(made, submitted, clock):
    trial, keys = made
    signed = sign(submitted, keys, clock)
    assert submitted.status.state is ItemState.SIGNED and signed.version == 1
    manifest = json.loads((signed.folder / "manifest.json").read_text())
    detached = json.loads((signed.folder / "signature.json").read_text())
    request, done, released = submitted.trail.entries[-3:]
    assert (request.event, done.event, released.event) == ("sign.requested", "signed", "item.released")
    assert manifest["audit_request"] == str(signed.audit_head) == f"{request.seq}:{request.hash}"
    assert manifest["audit_head"] == f"{done.seq}:{done.hash}"
    assert set(request.new["masks"]) == {"infarct_core"} and len(request.new["values"]) == 64
    reading = signed.record.reading
    assert reading.audit_head == manifest["audit_request"]
    assert (reading.reader, reading.reader_name, reading.meaning) == ("R1", "Reader R1", "author")
    assert (reading.trial, reading.charter_sha256) == ("T1", trial.charter_sha256)
    assert [step.id for step in reading.steps] == ["O1", "A1", "A2", "O6", "Z3", "Z4"]
    assert (signed.record.case, signed.record.sign_offs[-1].signed_utc) == (submitted.id, manifest["signed_utc"])
    assert {detached[k] for k in ("signer", "signer_name", "meaning")} == {"R1", "Reader R1", "author"}
    assert detached["signature"] == signature((signed.folder / "manifest.json").read_bytes(), keys["R1"], PASSPHRASE)
    assert not any(path.stat().st_mode & 0o222 for path in signed.folder.rglob("*") if path.is_file())
    assert verify_folder(trial.folder) == ()


def test_nothing_changes_after_the_signature(made, submitted, clock):
    sign(submitted, made[1], clock)
    name = submitted.id
    for change in (
        lambda: submitted.answer("evaluability", "limited", now=clock(), reason="late"),
        lambda: submitted.edit("stroke", 1, now=clock()),
        lambda: submitted.back(now=clock()),
        lambda: submitted.return_to_reading(now=clock()),
        lambda: sign(submitted, made[1], clock),
    ):
        with pytest.raises(TrialError) as refused:
            change()
        assert codes(refused) == ["W23"]
    submitted.close(now=clock())
    with pytest.raises(TrialError) as refused:
        opened(made[0], name, clock)
    assert codes(refused) == ["W23"] and "addendum" in str(refused.value)
    assert verify_folder(made[0].folder) == ()


@pytest.mark.parametrize(
    ("how", "code", "told"),
    [
        ({"passphrase": "correct horsE"}, "W27", "passphrase"),
        ({"reader": "R2"}, "W27", "somebody else"),
        ({"record": "changed"}, "W31", "changed"),
        ({"record": "none"}, "W31", "changed"),
        ({"meaning": "witness"}, "W05", "z4m"),
    ],
)
def test_a_signature_that_is_refused_leaves_the_item_submitted(made, submitted, clock, how, code, told):
    record = small_record()
    other = replace(record, measurements=(replace(record.measurements[0], value=9.0), *record.measurements[1:]))
    records = {"changed": other, "none": unmeasured(record)}
    how = how | ({"record": records[how["record"]]} if "record" in how else {})
    with pytest.raises((TrialError, ProcedureError)) as refused:
        sign(submitted, made[1], clock, **how)
    assert codes(refused) == [code] and told in str(refused.value)
    assert submitted.status.state is ItemState.SUBMITTED and not (submitted.folder / "signed").exists()
    failed = [entry for entry in submitted.trail.entries if entry.event == "authentication.failed"]
    assert len(failed) == (code == "W27")
    sign(submitted, made[1], clock)
    assert verify_folder(made[0].folder) == ()


def test_a_trail_that_was_cut_meanwhile_is_not_signed(made, submitted, clock):
    path = submitted.trail.path.with_suffix(".head")
    path.write_bytes(b"99:" + b"a" * 64 + b"\n")
    with pytest.raises(ProcedureError) as refused:
        sign(submitted, made[1], clock)
    assert codes(refused) == ["W05"] and "z4t" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("database locked", "W23"),
        ("image changed", "W25"),
        ("procedure changed", "W24"),
        ("charter changed", "W28"),
        ("qualification gone", "W05"),
        ("reader gone", "W20"),
    ],
)
def test_what_was_changed_while_the_item_was_open_is_seen_before_signing(made, submitted, clock, change, code):
    trial, keys = made
    own = {"key": keys["M1"], "passphrase": PASSPHRASE, "now": clock()}
    person = trial.register.reader("R1")
    match change:
        case "database locked":
            lock_database(trial, **own)
        case "image changed":
            (submitted.images / "0000.dcm").write_bytes(b"another image")
        case "procedure changed":
            path = trial.folder / "procedures" / "infarct_core.json"
            path.write_bytes(path.read_bytes().replace(b"620", b"600"))
        case "charter changed":
            (trial.folder / "trial.json").write_bytes(b"{}")
        case "qualification gone":
            register = trial.register.with_reader(replace(person, qualifications=()))
            save_register(trial, register, event="reader.changed", **own)
        case "reader gone":
            others = tuple(one for one in trial.register.readers if one.id != "R1")
            save_register(trial, replace(trial.register, readers=others), event="reader.removed", **own)
    with pytest.raises((TrialError, ProcedureError)) as refused:
        sign(submitted, keys, clock)
    assert codes(refused)[0] in (code, {"W28": "W29"}.get(code))
    assert submitted.status.state is ItemState.SUBMITTED and not (submitted.folder / "signed").exists()


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("place", ["outputs", "manifest", "signature", "entry", "request"])
def test_a_full_disk_while_signing_loses_nothing(made, submitted, clock, monkeypatch, place):
    """The disk is full at each place where signing writes; afterwards there is space again."""
    from strokequant.trial import signing

    write = write_little
    if place == "outputs":
        write = full_disk
    elif place in ("manifest", "signature"):
        real = signing.write_bytes
        failing = f"{place}.json"
        monkeypatch.setattr(
            signing, "write_bytes", lambda path, data: full_disk() if path.name == failing else real(path, data)
        )
    else:
        add, wanted = AuditTrail.add, {"entry": "signed", "request": "sign.requested"}[place]
        monkeypatch.setattr(AuditTrail, "add", lambda s, e: no_space(s, e) if e.event == wanted else add(s, e))
    before = read_trail(submitted.trail.path)[0]
    with pytest.raises(Exception) as refused:
        sign(submitted, made[1], clock, write=write)
    assert codes(refused) == [{"request": "O01"}.get(place, "W34")] and "space" in str(refused.value)
    assert submitted.status.state is ItemState.SUBMITTED
    assert not list((submitted.folder / "signed").glob("*"))
    assert read_trail(submitted.trail.path)[0][: len(before)] == before
    assert verify_folder(made[0].folder) == ()
    monkeypatch.undo()
    assert sign(submitted, made[1], clock).version == 1
    assert verify_folder(made[0].folder) == ()


def no_space(trail, entry):
    """As a disk does that is full: the line is refused, and the trail is as it was."""
    limit = audit_trail.os.write
    audit_trail.os.write = lambda handle, data: limit(handle, data[: len(data) // 2])
    try:
        return _ADD(trail, entry)
    finally:
        audit_trail.os.write = limit


_ADD = AuditTrail.add


def test_cut_off_between_the_entry_and_its_place_is_finished_on_opening(made, submitted, clock, monkeypatch):
    from strokequant.trial import signing

    monkeypatch.setattr(signing, "put_in_place", lambda *_: full_disk())
    signed = sign(submitted, made[1], clock)
    monkeypatch.undo()
    assert signed.folder.name == ".v1.part" and submitted.status.state is ItemState.SIGNED
    submitted.close(now=clock())
    assert {issue.level for issue in verify_folder(made[0].folder)} == {Level.WARN}
    item = opened(made[0], submitted.id, clock, addendum="one more look")
    assert (item.folder / "signed" / "v1" / "manifest.json").is_file()
    assert not (item.folder / "signed" / ".v1.part").exists()
    item.close(now=clock())
    assert verify_folder(made[0].folder) == ()


def test_reopened_by_the_study_manager_and_signed_again(made, submitted, clock):
    trial, keys = made
    sign(submitted, keys, clock)
    submitted.close(now=clock())
    with pytest.raises(TrialError):
        reopen_item(trial, submitted.id, reason="", now=clock())
    status = reopen_item(trial, submitted.id, reason="another series was sent", now=clock())
    assert (status.state, status.version, status.superseded) == (ItemState.IN_PROGRESS, 2, (1,))
    item = opened(trial, submitted.id, clock)
    item.skip_step("no candidate", now=clock())
    item.finish_step(small_record(), now=clock())
    item.answer("preview_confirmed", True, now=clock())
    item.submit(small_record(), now=clock())
    second = sign(item, keys, clock)
    follows = json.loads((second.folder / "manifest.json").read_text())["follows_sha256"]
    assert follows == signed_version.manifest_hash_of(item.folder, 1)
    item.close(now=clock())
    assert verify_folder(trial.folder) == ()


def test_a_phantom_session_is_signed_with_the_files_of_its_command(made, clock):
    record = judged(diffusion_session(), ())
    item = opened(made[0], add_item(made[0]), clock)
    for _ in range(2):
        item.finish_step(record, now=clock(), by_program=True)
    read_to_submission(item, clock, record)
    signed = sign(item, made[1], clock, record=record, write=None)
    (path,) = signed.folder.rglob("record.json")
    written = json.loads(path.read_text())
    assert (written["case"], written["sign_offs"][0]["reader"]) == (item.id, "R1")
    item.close(now=clock())
    assert verify_folder(made[0].folder) == ()


WATCHED = (
    "item.json",
    "trail/R1.jsonl",
    "trail/R1.head",
    "work/journal.jsonl",
    "images/0000.dcm",
    *(f"signed/v{n}/{name}" for n in (1, 2) for name in ("manifest.json", "signature.json")),
    "signed/v1/output/case/record.json",
    "signed/v2/output/measurements.csv",
)


@pytest.mark.parametrize("name", WATCHED)
def test_every_flipped_byte_of_an_item_is_found_in_its_file(copy, name):
    folder, item = copy
    path, trial = item / name, read_trial(folder)
    content = path.read_bytes()
    step = max(1, len(content) // 12)
    for place in [*range(0, len(content), step), len(content) - 1]:
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        issues = [issue for issue in verify_item(item, trial) if issue.level is Level.STOP]
        named = Path(name).name if "trail" in name else name
        assert any(named in f"{issue.subject} {issue.found}" for issue in issues), (place, issues)
        if name.endswith("R1.jsonl"):
            line = content[:place].count(b"\n") + 1
            assert any(f"line {line}:" in issue.found for issue in issues), (place, issues)
    path.write_bytes(content)
    assert verify_item(item, trial) == ()
    path.unlink()
    assert [issue for issue in verify_item(item, trial) if issue.level is Level.STOP]


@pytest.mark.parametrize("name", ["trail/R1.jsonl", "work/journal.jsonl"])
def test_removed_repeated_moved_and_cut_lines_are_found(copy, name):
    folder, item = copy
    trial, path = read_trial(folder), item / name
    lines = path.read_bytes().splitlines(keepends=True)
    for n in range(len(lines)):
        changes = [lines[:n] + lines[n + 1 :], lines[: n + 1] + lines[n:], lines[:n]]
        changes += [[*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]]] if n + 1 < len(lines) else []
        for changed in changes:
            path.write_bytes(b"".join(changed))
            assert any(path.name in issue.found for issue in verify_item(item, trial)), n
    path.write_bytes(b"".join(lines))
    assert verify_item(item, trial) == ()


def test_a_trail_that_was_written_anew_is_found_by_the_signed_manifest(copy):
    """Somebody without the key writes trail and head anew, whole and consistent, with another answer."""
    folder, item = copy
    path = item / "trail" / "R1.jsonl"
    entries, _ = read_trail(path)
    anew, last = [], ""
    for entry in entries:
        new = entry.new
        if entry.event == "answer.given" and new["name"] == "evaluability":
            new = {**new, "value": "limited"}
        changed = replace(entry, new=new, prev=last or entry.prev)
        last = entry_hash(changed)
        anew.append(replace(changed, hash=last))
    write_trail(path, anew)
    assert found_in(folder) >= {"W10", "W33"}


def write_trail(path, entries):
    from dataclasses import asdict

    from strokequant.sop.canonical import canonical_bytes

    path.write_bytes(b"".join(canonical_bytes(asdict(entry)) + b"\n" for entry in entries))
    path.with_suffix(".head").write_text(f"{entries[-1].seq}:{entries[-1].hash}\n")


def test_outputs_with_a_new_manifest_are_not_signed(copy):
    """Somebody without the key changes a result and its hash in the manifest."""
    folder, item = copy
    result, manifest = item / "signed/v1/output/measurements.csv", item / "signed/v1/manifest.json"
    digest = json.loads(manifest.read_text())["files"]["output/measurements.csv"]
    result.write_text("measure,other\n")
    text = manifest.read_text().replace(digest, signed_version.sha256_file(result))
    manifest.write_text(text)
    issues = verify_folder(folder)
    assert any(issue.code == "W28" and "manifest_sha256" in issue.found for issue in issues)
    assert any("not one of these bytes" in issue.found for issue in issues)
    assert any("list of files" in issue.found for issue in issues)


def test_a_signature_with_another_key_is_none_of_the_reader(copy, tmp_path):
    folder, item = copy
    from trial_objects import keys_of, public

    from strokequant.record.files import canonical_json
    from strokequant.trial.signed_files import fingerprint

    other = keys_of(tmp_path / "other", "X")["X"]
    path = item / "signed/v2/signature.json"
    manifest = (item / "signed/v2/manifest.json").read_bytes()
    public_key = public(other)
    forged = json.loads(path.read_text()) | {"public_key": public_key, "fingerprint": fingerprint(public_key)}
    path.write_bytes(canonical_json(forged | {"signature": signature(manifest, other, PASSPHRASE)}))
    told = {issue.code: issue for issue in verify_folder(folder)}
    assert set(told) == {"W28", "W33"} and "public_key" in told["W28"].found
    assert told["W33"].subject == "signed/v2/signature.json"


def test_an_item_that_was_given_to_another_reader_is_told_as_such(copy):
    folder, item = copy
    path = item / "item.json"
    path.write_bytes(path.read_bytes().replace(b'"reader":"R1"', b'"reader":"R2"'))
    assert any(issue.code == "W25" and "item.json" in issue.found for issue in verify_folder(folder))


@pytest.mark.parametrize(
    "change", ["file added", "version removed", "version added", "output removed", "signature removed", "image added"]
)
def test_what_is_added_or_missing_is_found(copy, change):
    folder, item = copy
    match change:
        case "file added":
            (item / "signed/v1/output/extra.txt").write_text("x")
        case "version removed":
            shutil.rmtree(item / "signed/v1")
        case "version added":
            shutil.copytree(item / "signed/v2", item / "signed/v3")
        case "output removed":
            (item / "signed/v2/output/measurements.csv").unlink()
        case "signature removed":
            (item / "signed/v1/signature.json").unlink()
        case "image added":
            (item / "images/sr.dcm").write_bytes(b"another reading")
    assert found_in(folder)
    assert found_in(item)


def test_verify_of_a_trial_finds_what_the_study_manager_wrote(copy):
    folder, _ = copy
    path = folder / "trail" / "manager.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n", 0, -1) + 1])
    assert found_in(folder) == {"W10", "W25"}, "a line is gone, and an item without an entry of its assignment"
    path.write_bytes(content)
    sop = folder / "procedures" / "infarct_core.json"
    sop.write_bytes(sop.read_bytes().replace(b"620", b"600"))
    assert found_in(folder) == {"W24"}
