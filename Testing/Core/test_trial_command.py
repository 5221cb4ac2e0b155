"""`strokequant trial`: a trial from the keys to the worklist, and the identity map that only its passphrase opens."""

import json

import pytest
from small_patients import small
from trial_objects import PASSPHRASE, Clock

from strokequant import trial_commands
from strokequant.cli import EXIT_DIFFERENCE, EXIT_PARTLY, run
from strokequant.errors import TrialError
from strokequant.synthetic.patients import write_patient
from strokequant.trial.identity_map import IdentityMap, MapEntry, read_map, write_map
from strokequant.trial.trial_folder import read_trial


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The study, on a day on which its procedures are effective."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial_commands, "_now", Clock())
        yield made(tmp_path_factory.mktemp("study"))


def made(folder):
    """A folder with a passphrase file, keys, a patient, and a trial with one item."""
    (folder / "secret.txt").write_text(f"{PASSPHRASE}\n")
    own = ["--passphrase-file", str(folder / "secret.txt")]
    key = ["--key", str(folder / "keys" / "M1.key.pem"), *own]
    for owner in ("M1", "R1"):
        assert run(["trial", "key", str(folder / "keys"), owner, *own]) == 0
    trial = str(folder / "trial")
    create = ["--id", "T1", "--title", "A trial", "--manager", "M1", "--manager-name", "Manager One"]
    visit = ["--visit", "V1=0:24:dwi,adc,flair", "--task", "infarct_core"]
    assert run(["trial", "create", trial, *create, *visit, *key]) == 0
    public = ["--public-key", str(folder / "keys" / "R1.pub.pem")]
    assert run(["trial", "reader", trial, "--id", "R1", "--name", "Reader One", *public, *key]) == 0
    test = ["--procedure", "SB-CORE-001", "--major", "1", "--date", "2026-11-25", "--score", "0.9"]
    assert run(["trial", "qualify", trial, "--reader", "R1", *test, *key]) == 0
    write_patient(small("siemens_xa"), folder / "source")
    (images,) = (path for path in (folder / "source").iterdir() if path.is_dir())
    whose = ["--subject", "S-017", "--visit", "V1", "--hours", "3.5", "--map", str(folder / "map.json")]
    item = ["--task", "infarct_core", "--reader", "R1", "--model", "R1"]
    assert (
        run(["trial", "intake", trial, str(images), *whose, *item, *key]) == EXIT_PARTLY
    )  # its pixels are larger than the minimum
    return folder, key


def test_the_item_is_assigned_under_a_pseudonym_and_the_map_says_whose_it_is(study, capsys):
    folder, key = study
    trial = read_trial(folder / "trial")
    (name,) = trial.items
    (entry,) = read_map(folder / "map.json", PASSPHRASE).entries
    assert entry == MapEntry(name, "S-017", "V1", "R1", "R1", "infarct_core")
    item = json.loads((trial.item_folder(name) / "item.json").read_text())
    assert item["facts"] == {"timepoint_in_window": True}
    inside = b"".join(path.read_bytes() for path in trial.folder.rglob("*") if path.is_file())
    assert b"S-017" not in inside and b"V1" in (folder / "trial" / "trial.json").read_bytes()
    assert run(["trial", "map", str(folder / "map.json"), *key[2:]]) == 0
    assert "S-017" in capsys.readouterr().out


def test_status_worklist_and_verification(study, capsys):
    folder, _ = study
    trial = str(folder / "trial")
    assert run(["trial", "status", trial, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["reader"], row["version"]) == ("assigned", "R1", 1)
    assert run(["trial", "next", trial, "--reader", "R1"]) == 0
    assert row["item"] in capsys.readouterr().out
    assert run(["trial", "next", trial, "--reader", "R2"]) == 1
    assert "W20" in capsys.readouterr().err
    assert run(["trial", "prepare", trial, "../items"]) == 1
    assert "W25" in capsys.readouterr().out
    assert run(["verify", trial]) == 0
    image = next((folder / "trial" / "items" / row["item"] / "images").rglob("*.dcm"))
    content = image.read_bytes()
    image.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    capsys.readouterr()
    assert run(["verify", trial]) == EXIT_DIFFERENCE
    assert image.name in capsys.readouterr().out
    image.write_bytes(content)


def test_without_the_key_of_the_study_manager_nothing_is_changed(study, capsys):
    folder, key = study
    trial, other = str(folder / "trial"), ["--key", str(folder / "keys" / "R1.key.pem"), *key[2:]]
    (name,) = read_trial(folder / "trial").items
    for words in (
        ["withdraw", trial, name, "--reason", "x"],
        ["reader", trial, "--id", "R7", "--name", "X", "--public-key", str(folder / "keys" / "R1.pub.pem")],
        ["lock", trial],
        ["assign", trial, name, "--task", "infarct_core", "--reader", "R1", "--model", "R2"],
    ):
        assert run(["trial", *words, *other]) == 1
        assert "W27" in capsys.readouterr().err
    assert run(["verify", trial]) == 0


def test_a_file_that_is_no_public_key_is_not_entered(study, capsys):
    folder, key = study
    for name in ("keys/R1.key.pem", "secret.txt", "none.pem"):
        words = ["reader", str(folder / "trial"), "--id", "R8", "--name", "X", "--public-key", str(folder / name)]
        assert run(["trial", *words, *key]) == 1
        assert "W27" in capsys.readouterr().err
    assert read_trial(folder / "trial").register.reader("R8") is None


def test_an_unknown_visit_leaves_no_item_behind(study, capsys):
    folder, key = study
    images = next(path for path in (folder / "source").iterdir() if path.is_dir())
    whose = ["--subject", "S-017", "--visit", "V9", "--map", str(folder / "map.json")]
    item = ["--task", "infarct_core", "--reader", "R1", "--model", "R1"]
    assert run(["trial", "intake", str(folder / "trial"), str(images), *whose, *item, *key]) == 1
    assert "V1" in capsys.readouterr().err
    assert len(read_trial(folder / "trial").items) == 1
    assert len(read_map(folder / "map.json", PASSPHRASE).entries) == 1


@pytest.mark.parametrize("subject", ["S\u00e9", " ", "S\n1"])
def test_a_subject_that_the_map_cannot_hold_is_not_said_again(study, capsys, subject):
    folder, key = study
    images = next(path for path in (folder / "source").iterdir() if path.is_dir())
    item = ["--task", "infarct_core", "--reader", "R1", "--model", "R1", "--map", str(folder / "map.json")]
    assert run(["trial", "intake", str(folder / "trial"), str(images), "--subject", subject, *item, *key]) == 1
    said = capsys.readouterr().err
    assert "W29" in said and "printable ASCII" in said and (not subject.strip() or subject not in said)


def test_an_item_that_may_not_be_assigned_leaves_neither_item_nor_entry(study, capsys):
    folder, key = study
    images = next(path for path in (folder / "source").iterdir() if path.is_dir())
    assert run(["trial", "key", str(folder / "keys"), "R6", *key[2:]]) == 0
    public = ["--public-key", str(folder / "keys" / "R6.pub.pem")]
    assert run(["trial", "reader", str(folder / "trial"), "--id", "R6", "--name", "Reader Six", *public, *key]) == 0
    whose = ["--subject", "S-099", "--map", str(folder / "map.json")]
    item = ["--task", "infarct_core", "--reader", "R6", "--model", "R2"]
    assert run(["trial", "intake", str(folder / "trial"), str(images), *whose, *item, *key]) == 1
    assert "R6 has no qualification for SB-CORE-001" in capsys.readouterr().err
    assert len(read_trial(folder / "trial").items) == 1
    known = read_map(folder / "map.json", PASSPHRASE)
    assert [entry.subject for entry in known.entries] == ["S-017"]


def test_nobody_shares_a_key_and_the_study_manager_reads_nothing(study, capsys):
    folder, key = study
    for who, of, told in (
        ("R5", "M1", "reads nothing"),
        ("M1", "R1", "reads nothing"),
        ("R5", "R1", "belongs to R1 already"),
    ):
        public = ["--public-key", str(folder / "keys" / f"{of}.pub.pem")]
        if of == "M1":
            (folder / "keys" / "M1.pub.pem").write_text(read_trial(folder / "trial").charter.manager.public_key)
        assert run(["trial", "reader", str(folder / "trial"), "--id", who, "--name", "X", *public, *key]) == 1
        said = capsys.readouterr().err
        assert "W27" in said and told in said
    assert read_trial(folder / "trial").register.reader("R5") is None


def test_nothing_that_could_not_be_read_again_is_written(study, capsys):
    folder, key = study
    trial = folder / "trial"
    before = (trial / "register.json").read_bytes()
    qualify = ["qualify", str(trial), "--reader", "R1", "--major", "1", "--date", "2026-11-25", "--score", "1"]
    public = ["--public-key", str(folder / "keys" / "R4.pub.pem")]
    assert run(["trial", "key", str(folder / "keys"), "R4", *key[2:]]) == 0
    for words, code in (
        ([*qualify, "--procedure", "nonsense"], 2),
        ([*qualify, "--procedure", "SB-ICH-001"], 2),
        ([*qualify, "--procedure", "SB-CORE-001", "--expires", "2026-11-24"], 2),
        (["reader", str(trial), "--id", "../x", "--name", "X", *public], 1),
        (["reader", str(trial), "--id", "R4", "--name", "", *public], 1),
        (["compare", str(trial), "--map", str(folder / "none.json")], 1),
        (["due", str(trial), "--map", str(folder / "none.json")], 1),
    ):
        assert run(["trial", *words, *key]) == code, words
        assert "unexpected" not in capsys.readouterr().err
    assert run(["trial", "map", str(folder / "none.json"), *key[2:]]) == 1
    assert (trial / "register.json").read_bytes() == before and run(["verify", str(trial)]) == 0
    create = ["--id", "T1", "--title", "A", "--manager", "M1", "--manager-name", "M", *key]
    for more in (["--task", "nonsense"], ["--visit", "V1=0:1", "--visit", "V1=2:3"]):
        assert run(["trial", "create", str(folder / "other"), *create, *more]) == 1
        assert "W29" in capsys.readouterr().err and not (folder / "other").exists()


@pytest.mark.parametrize("words", [["--visit", "V1=24:0"], ["--visit", "V1=0:nan"], ["--visit", "V1"]])
def test_windows_that_are_none_are_wrong_usage(tmp_path, words, capsys):
    create = ["--id", "T1", "--title", "A", "--manager", "M1", "--manager-name", "M", "--key", "none"]
    with pytest.raises(SystemExit) as ended:
        run(["trial", "create", str(tmp_path / "x"), *create, *words])
    assert ended.value.code == 2 and not (tmp_path / "x").exists()


def test_a_map_opens_with_its_passphrase_alone_and_shows_every_change(tmp_path):
    entry = MapEntry("0a1b", "S-001", "V1", "R1", "R1")
    known = IdentityMap().with_subject("S-001").with_entry(entry)
    assert known.with_subject("S-001") == known
    path = tmp_path / "map.json"
    write_map(path, known, PASSPHRASE, trial=tmp_path / "trial")
    assert read_map(path, PASSPHRASE) == known and b"S-001" not in path.read_bytes()
    with pytest.raises(TrialError) as refused:
        read_map(path, "correct horsE")
    assert refused.value.issues[0].code == "W27"
    content = path.read_bytes()
    for place in range(0, len(content), 61):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(TrialError):
            read_map(path, PASSPHRASE)
    with pytest.raises(TrialError) as refused:
        write_map(tmp_path / "trial" / "map.json", known, PASSPHRASE, trial=tmp_path / "trial")
    assert refused.value.issues[0].code == "W29"
    assert read_map(tmp_path / "none.json", PASSPHRASE) == IdentityMap()
