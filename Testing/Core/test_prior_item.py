"""A reading against the signed reading of an earlier time point: growth through the trial, and everything that is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from follow_up_patients import DAY_0, DAY_1, GRID, write_ct
from test_deidentify import one_series
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
    small_record,
)

from strokequant.cli import EXIT_USAGE, run
from strokequant.errors import Level, TrialError
from strokequant.trial.assignment import reopen_item
from strokequant.trial.batch_items import measure_item
from strokequant.trial.identity_map import IdentityMap, MapEntry, write_map
from strokequant.trial.prior_item import prior_reading, require_same_subject
from strokequant.trial.signing import write_outputs
from strokequant.trial.taking_in import Visit, take_in
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_trial

ICH = {"sop_id": "SB-ICH-001", "task": "ich_volume"}
BLOOD = replace(VALID, procedure="SB-ICH-001")
COARSE = GRID | {"slices": 22, "rows": 88, "columns": 88, "pixel_mm": 2.5, "step_mm": 7.0}


def refusal(function, *args, **how):
    with pytest.raises(TrialError) as refused:
        function(*args, **how)
    (issue,) = refused.value.issues
    return issue.code, issue.found


# --- growth, with images ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def growth(tmp_path_factory):
    """Two CT of one subject a day apart, taken in, read and signed one after the other."""
    folder, clock = tmp_path_factory.mktemp("growth"), Clock()
    write_ct(folder / "day0", DAY_0, clot_ml=20, grid=COARSE)
    write_ct(folder / "day1", DAY_1, clot_ml=27, seed=2, grid=COARSE)
    sops = changed_procedure(folder / "sops", **ICH)
    trial, keys = new_trial(
        folder,
        procedures=sops,
        readers=("R1",),
        tasks=("ich_volume",),
        qualifications=(BLOOD,),
        clock=clock,
        blinding={"prior_allowed": True},
        visits=tuple({"id": one, "from_hours": 0, "to_hours": 99, "expected": []} for one in ("day0", "day1")),
    )
    names, records = [], []
    for day in ("day0", "day1"):
        item = taken(trial, folder, day, clock, prior=names[-1] if names else "")
        with_images = opened(trial, item.id, clock)
        record = measure_item(with_images)
        read_to_submission(with_images, clock, record)
        sign(with_images, keys, clock, record=record, write=write_outputs)
        with_images.close(now=clock())
        names.append(item.id)
        records.append((record, with_images.facts(record)))
    return trial, names, records, clock


def taken(trial, folder, day, clock, **more):
    own = {"identities": folder / "map.json", "passphrase": PASSPHRASE, "now": clock()}
    how = {"task": "ich_volume", "reader": "R1", "model": "R1", **own}
    return take_in(trial, folder / day, Visit("S-001", day), **how, **more).item


def volume(record, name="ich_volume"):
    return next(m for m in record.measurements if m.id == name)


def test_growth_is_the_difference_of_both_signed_volumes_a_day_apart(growth):
    _, _, ((before, _), (after, facts)), _ = growth
    grown = volume(after, "ich_growth_volume")
    assert grown.value == pytest.approx(
        volume(after).value - volume(before).value, abs=1e-3
    )  # a record keeps microliters
    assert grown.value == pytest.approx(7, abs=1.0)
    assert facts["prior_used"] and facts["growth_same_reader"] and facts["hours_between"] == pytest.approx(24)
    assert not {issue.code for issue in grown.issues if issue.blocks}


def test_the_signed_record_names_the_earlier_reading_and_verifies(growth):
    trial, (first, second), _, _ = growth
    (path,) = trial.item_folder(second).rglob("signed/v1/output/**/record.json")
    reading = json.loads(path.read_text())["reading"]
    item = json.loads((trial.item_folder(second) / "item.json").read_text())
    assert reading["prior"] == item["prior"] == first
    assert reading["prior_manifest_sha256"] == item["prior_manifest"] != ""
    assert verify_trial(trial.folder) == ()
    assert b"S-001" not in b"".join(p.read_bytes() for p in trial.folder.rglob("*") if p.is_file())
    report = path.with_name("report.html").read_text()
    assert f"Compared with</td><td>{first}" in report.replace("<th>", "<td>").replace("</th>", "</td>")


def test_an_earlier_reading_that_is_opened_again_is_told(growth):
    trial, (first, second), _, clock = growth
    reopen_item(trial, first, reason="other clot", now=clock())
    refused = refusal(prior_reading, trial, first, task="ich_volume", model="R1")
    assert refused == ("W37", "the earlier item is in progress")
    assert verify_trial(trial.folder) == ()
    (manifest,) = trial.item_folder(first).rglob("signed/v1/manifest.json")
    manifest.chmod(0o644)
    content = manifest.read_bytes()
    manifest.write_bytes(content + b" ")
    found = {(issue.code, issue.subject) for issue in verify_trial(trial.folder)}
    assert ("W37", second) in found
    manifest.write_bytes(content)


def taken_refused(trial, prior, clock):
    return refusal(add_item, trial, task="ich_volume", prior=prior, clock=clock)


# --- what is refused -------------------------------------------------------------------------------------------------------


def world(folder, *, allowed=True, tasks=("ich_volume",)):
    clock = Clock()
    sops = changed_procedure(folder / "sops", **ICH)
    trial, keys = new_trial(
        folder,
        procedures=sops,
        tasks=tasks,
        qualifications=(BLOOD,),
        clock=clock,
        blinding={"prior_allowed": allowed},
        fixed_order=False,
    )
    return trial, keys, clock


def signed(trial, keys, clock, **more):
    name = add_item(trial, task="ich_volume", clock=clock, **more)
    read_on(trial, name, keys, clock, more.get("reader", "R1"))
    return name


def read_on(trial, name, keys, clock, reader="R1"):
    def write(record, out, *, now):
        (out / "case").mkdir(parents=True)
        (out / "case" / "record.json").write_text('{"format": "strokequant record 1"}')

    item = opened(trial, name, clock, reader)
    read_to_submission(item, clock)
    sign(item, keys, clock, write=write, reader=reader)
    item.close(now=clock())


def test_only_a_signed_item_of_this_trial_that_the_charter_allows(tmp_path):
    trial, keys, clock = world(tmp_path)
    first = signed(trial, keys, clock)
    waiting = add_item(trial, task="ich_volume", clock=clock)
    assert taken_refused(trial, waiting, clock) == ("W37", "the earlier item is assigned")
    assert taken_refused(trial, "0123456789abcdef", clock) == ("W37", "no such item")
    second = add_item(trial, task="ich_volume", prior=first, reader="R2", clock=clock)
    item = opened(trial, second, clock, "R2")
    assert item.file.facts == {"growth_same_reader": False}
    assert item.prior.item == first and item.prior.reader == "R1" and item.prior.images.is_dir()
    assert item.trail.entries[-1].new["prior"] == first
    item.close(now=clock())
    path = trial.item_folder(first) / "images" / "0000.dcm"
    path.write_bytes(b"another image")
    code, found = taken_refused(trial, first, clock)
    assert code == "W37" and "0000.dcm was changed" in found


def test_a_charter_without_earlier_time_points_shows_none(tmp_path):
    trial, keys, clock = world(tmp_path, allowed=False)
    first = signed(trial, keys, clock)
    assert taken_refused(trial, first, clock) == ("W37", "the charter shows readers no earlier time point")


def test_an_item_is_not_opened_once_its_earlier_reading_was_opened_again(tmp_path):
    trial, keys, clock = world(tmp_path)
    first = signed(trial, keys, clock)
    second = add_item(trial, task="ich_volume", prior=first, clock=clock)
    reopen_item(trial, first, reason="wrong side", now=clock())
    assert refusal(opened, trial, second, clock) == ("W37", "the earlier item is in progress")
    item = opened(trial, first, clock)
    assert item.status.version == 2
    item.close(now=clock())
    assert not [issue for issue in verify_trial(trial.folder) if issue.code == "W37"]


def test_a_new_version_of_the_earlier_reading_is_another_one(tmp_path):
    trial, keys, clock = world(tmp_path)
    first = signed(trial, keys, clock)
    second = add_item(trial, task="ich_volume", prior=first, clock=clock)
    item = opened(trial, first, clock, addendum="one more clot")
    while item.walk.step.id != "Z3":
        item.finish_step(small_record(), now=clock())
    item.answer("preview_confirmed", True, now=clock(), reason="once more")
    item.submit(small_record(), now=clock())
    sign(
        item,
        keys,
        clock,
        write=lambda record, out, now: (out.mkdir(parents=True), (out / "record.json").write_text("{}")),
    )
    item.close(now=clock())
    assert refusal(opened, trial, second, clock) == ("W37", "the earlier reading was signed anew")
    (issue,) = [i for i in verify_trial(trial.folder) if i.code == "W37"]
    assert issue.level is Level.WARN and "compared with its version 1" in issue.found


@pytest.mark.parametrize(
    ("task", "before", "kind"),
    [
        ("final_infarct", "infarct_core", "infarct"),
        ("ht_class", "infarct_core", "infarct"),
        ("mismatch", "mismatch", "perfusion"),
        ("recanalization", "recanalization", ""),
    ],
)
def test_what_is_compared_follows_from_the_task(tmp_path, task, before, kind):
    clock = Clock()
    ids = {"final_infarct": "SB-FINAL-001", "ht_class": "SB-HT-001", "mismatch": "SB-MISM-001", "recanalization": "SB-RECAN-001", "infarct_core": "SB-CORE-001"}  # fmt: skip
    for name in {task, before}:
        (changed_procedure(tmp_path / name, sop_id=ids[name], task=name) / "infarct_core.json").rename(
            tmp_path / name / f"{name}.json"
        )
    sops = tmp_path / "sops"
    sops.mkdir()
    for name in {task, before}:
        (tmp_path / name / f"{name}.json").rename(sops / f"{name}.json")
    trial, keys = new_trial(
        tmp_path,
        procedures=sops,
        readers=("R1",),
        tasks=(),
        qualifications=tuple(replace(VALID, procedure=ids[name]) for name in ids),
        clock=clock,
        blinding={"prior_allowed": True},
        fixed_order=False,
    )
    images = [path.read_bytes() for path in sorted(one_series(tmp_path / "images").rglob("*.dcm"))]
    first = add_item(trial, task=before, images=images, clock=clock)
    read_on(trial, first, keys, clock)
    item = opened(trial, add_item(trial, task=task, prior=first, clock=clock), clock)
    found = item.earlier()
    assert list(found) == ([kind] if kind else [])
    for one in found.values():
        assert one.same_patient is True and (Path(one.path) / "record.json").is_file() and len(one.series) == 1
    if before != task:
        assert refusal(add_item, trial, task=before, prior=item.id, clock=clock)[0] == "W37", (
            "nothing comes before a core"
        )
    item.close(now=clock())


def test_the_map_says_whose_items_they_are(tmp_path, capsys):
    known = IdentityMap().with_subject("S-001").with_entry(MapEntry("aa", "S-001", "V1", "R1", "R1", "ich_volume"))
    assert require_same_subject(known, "aa", "S-001") is None
    assert refusal(require_same_subject, known, "aa", "S-002") == ("W37", "an item of another subject")
    assert refusal(require_same_subject, known, "bb", "S-001") == ("W37", "an item that the map does not know")
    trial, keys, clock = world(tmp_path)
    first = signed(trial, keys, clock)
    write_map(tmp_path / "map.json", known, PASSPHRASE, trial=trial.folder)
    (tmp_path / "secret.txt").write_text(PASSPHRASE)
    own = ["--key", str(keys["M1"]), "--passphrase-file", str(tmp_path / "secret.txt")]
    words = ["--task", "ich_volume", "--reader", "R1", "--model", "R1", "--prior", first]
    assign = ["trial", "assign", str(trial.folder), "0123456789abcdef", *words]
    assert run([*assign, *own]) == EXIT_USAGE
    assert "--subject and --map together" in capsys.readouterr().err
    assert run([*assign, "--subject", "S-001", "--map", str(tmp_path / "map.json"), *own]) == 1
    assert "an item that the map does not know" in capsys.readouterr().err
    assert read_trial(trial.folder).items == (first,)
