"""The clinical form: after the images, by another role, signed, in a place that no reading looks at."""

import json
from dataclasses import replace

import pytest
from trial_objects import (
    PASSPHRASE,
    VALID,
    Clock,
    add_item,
    changed_procedure,
    new_trial,
    opened,
    read_to_submission,
    sign,
)

from strokequant.cli import run
from strokequant.errors import TrialError
from strokequant.trial.clinical_form import enter_clinical
from strokequant.trial.trial_folder import lock_database, save_register
from strokequant.trial.verify_trial import verify_trial

CLINICAL = {
    "hours": 24,
    "nihss_baseline": 8,
    "nihss_lowest": 6,
    "nihss_worst": 14,
    "major_intervention": "no",
    "death": "no",
    "other_cause": "no",
    "predominant_cause": "yes",
}
READ = {
    "version": "1.0", "modality": "CT", "ecass": "PH2", "ecass_remote": "", "heidelberg": ["2"], "conflict": False, "side": "above",
    "side_from": "reader", "answers": {"thrombectomy": "no", "pattern": "clot", "remote": "none"}, "reader": "R1",
}  # fmt: skip


@pytest.fixture
def world(tmp_path):
    """A signed reading of transformation, one that is not, a reader, and somebody who enters clinical data."""
    clock = Clock()
    sops = changed_procedure(tmp_path / "sops", sop_id="SB-HT-001", task="ht_class")
    test = replace(VALID, procedure="SB-HT-001")
    how = {"procedures": sops, "readers": ("R1", "C1"), "tasks": ("ht_class",), "qualifications": (test,)}
    trial, keys = new_trial(tmp_path, **how, clock=clock, fixed_order=False)
    register = trial.register.with_reader(replace(trial.register.reader("C1"), roles=("clinical",)))
    own = {"key": keys["M1"], "passphrase": PASSPHRASE}
    trial = save_register(trial, register, now=clock(), event="reader.changed", **own)
    name, waiting = (add_item(trial, task="ht_class", clock=clock) for _ in range(2))

    def write(record, out, *, now):
        (out / "case").mkdir(parents=True)
        (out / "case" / "record.json").write_text(json.dumps({"measurements": [], "forms": {"transformation": READ}}))

    item = opened(trial, name, clock)
    read_to_submission(item, clock)
    sign(item, keys, clock, write=write)
    item.close(now=clock())
    path = tmp_path / "answers.json"
    path.write_text(
        json.dumps(
            {"schema_version": 1, "answers": [{"form": "SICH", "version": "1.0", "reader": "C1", "values": CLINICAL}]}
        )
    )
    return trial, keys, clock, name, waiting, path


def enter(world, item=None, *, actor="C1", key="C1", answers=None, reason=""):
    trial, keys, clock, name, _, path = world
    own = {"actor": actor, "key": keys[key], "passphrase": PASSPHRASE, "now": clock(), "reason": reason}
    return enter_clinical(trial, item or name, answers or path, **own)


def test_images_and_clinical_data_meet_outside_of_the_item(world):
    trial, _, _, name, _, _ = world
    before = {p: p.read_bytes() for p in trial.item_folder(name).rglob("*") if p.is_file()}
    found = enter(world)
    answers = {one["rule"]: one["answer"] for one in found.results}
    assert answers["SICH-SITS-MOST"] == "pass", "PH2 and eight points of NIHSS within 36 h"
    assert found.file.parts[-4:] == ("clinical", name, "v1", "form.json")
    data = json.loads(found.file.read_bytes())
    assert (data["actor"], data["ecass"], data["answers"]["values"]["nihss_worst"]) == ("C1", "PH2", 14)
    assert {p: p.read_bytes() for p in trial.item_folder(name).rglob("*") if p.is_file()} == before
    assert verify_trial(trial.folder) == ()


def test_who_and_when(world):
    trial, keys, clock, _, waiting, path = world
    for how, code, told in (
        ({"actor": "R1", "key": "R1"}, "W20", "roles reader"),
        ({"actor": "R9"}, "W20", "no reader R9"),
        ({"key": "R1"}, "W27", "somebody else"),
        ({"item": waiting}, "W23", "images first"),
    ):
        with pytest.raises(TrialError, match=rf"{code}.*{told}"):
            enter(world, **how)
    path.write_text(
        json.dumps({"schema_version": 1, "answers": [{"form": "HT", "version": "1.0", "modality": "CT", "values": {}}]})
    )
    with pytest.raises(TrialError, match="W39"):
        enter(world)
    locked = lock_database(trial, key=keys["M1"], passphrase=PASSPHRASE, now=clock())
    path.write_text(
        json.dumps(
            {"schema_version": 1, "answers": [{"form": "SICH", "version": "1.0", "reader": "C1", "values": CLINICAL}]}
        )
    )
    with pytest.raises(TrialError, match=r"W23.*locked"):
        enter((locked, *world[1:]))
    assert not (trial.folder / "clinical").exists()


def test_a_correction_is_a_version_with_a_reason_and_changes_are_found(world, tmp_path, capsys):
    trial, keys, _, name, _, path = world
    first = enter(world)
    with pytest.raises(TrialError, match=r"W23.*signed already"):
        enter(world)
    second = enter(world, reason="NIHSS corrected by the site")
    assert second.version == 2 and json.loads(second.file.read_bytes())["follows_sha256"]
    assert verify_trial(trial.folder) == ()
    content = first.file.read_bytes()
    for place in range(0, len(content), 97):
        first.file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert {issue.subject for issue in verify_trial(trial.folder)} == {f"clinical/{name}"}
    first.file.unlink()
    assert [issue.found for issue in verify_trial(trial.folder)] == ["v1 is missing"]
    first.file.write_bytes(content)
    assert verify_trial(trial.folder) == ()
    (tmp_path / "secret.txt").write_text(PASSPHRASE)
    own = ["--answers", str(path), "--actor", "C1", "--key", str(keys["C1"])]
    words = ["trial", "clinical", str(trial.folder), name, *own, "--passphrase-file", str(tmp_path / "secret.txt")]
    assert run(words) == 1 and "W23" in capsys.readouterr().err
    assert run([*words, "--reason", "again"]) == 0 and "version: 3" in capsys.readouterr().out
