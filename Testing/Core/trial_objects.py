"""A trial folder with keys, readers and items, for the tests of trials."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from record_cases import box, grid, measured

from strokequant.sop.canonical import canonical_bytes
from strokequant.trial.assignment import assign_item
from strokequant.trial.keys import make_key, public_key_of, unlock
from strokequant.trial.opening import open_item
from strokequant.trial.register import Qualification, Reader
from strokequant.trial.trial_folder import create_trial, new_pseudonym, read_trial, save_register
from strokequant.types import CaseRecord, Mask

PASSPHRASE = "correct horse"
START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
VALID = Qualification("SB-CORE-001", 1, date(2026, 11, 26), date(2027, 11, 26), 0.95, True)
WORDS = {"en": "Text", "ko": "글"}


class Clock:
    """Goes on by one second for each look."""

    def __init__(self, start=START):
        self.time = start

    def __call__(self):
        self.time += timedelta(seconds=1)
        return self.time


def check(name, expr, severity="stop", deviation="D-X-01"):
    return {"id": name, "text": WORDS, "expr": expr, "severity": severity, "deviation": deviation}


def step(name, action, headless="needs_reader", pre=(), post=(), **more):
    data = {"id": name, "text": WORDS, "action": action, "record": [], "headless": headless}
    return data | {"preconditions": list(pre), "postconditions": list(post)} | more


SHORT = {
    "sop_id": "SB-CORE-001",
    "version": "1.0.0",
    "status": "effective",
    "effective_date": "2026-11-25",
    "title": {"en": "Infarct core", "ko": "뇌경색 중심"},
    "task": "infarct_core",
    "inputs": [{"role": "dwi", "modality": "MR", "required": False}],
    "parameters": {"adc_threshold": {"value": 620, "unit": "um2/s", "locked": True, "source": "charter"}},
    "steps": [
        step("O1", "load", "auto", [check("o1", "not trial_reading or versions_match")], record=["trial_reading"]),
        step(
            "A1", "measure", "auto", [check("a1", "foreign_results == 0", "warn", "D-X-02")], record=["foreign_results"]
        ),
        step("A2", "review", post=[check("a2", "candidates_decided")], allow_skip=True),
        step("O6", "classify", post=[check("o6", "evaluability == 'diagnostic'")], record=["evaluability"]),
        step("Z3", "confirm", post=[check("z3", "preview_confirmed")]),
        step(
            "Z4",
            "sign",
            pre=[
                check("z4q", "not trial_reading or (reader_qualified and item_assigned)"),
                check("z4a", "not trial_reading or reauthenticated"),
                check("z4t", "not trial_reading or audit_trail_intact"),
                check("z4m", "sign_meaning in ['author', 'verification', 'review']"),
            ],
            post=[check("z4l", "outputs_locked")],
            record=["sign_meaning"],
        ),
    ],
    "outputs": [{"id": "infarct_core_volume", "code": ["SCT", "118565006", "Volume"], "unit": "ml"}],
    "deviation_codes": [{"code": c, "text": WORDS, "consequence": "note"} for c in ("D-X-01", "D-X-02")],
}
"""Two automatic steps, two of a reader, submission and signature."""


def changed_procedure(folder, **changes):
    """Folder with one procedure as canonical JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    data = copy.deepcopy(SHORT) | changes
    (folder / "infarct_core.json").write_bytes(canonical_bytes(data))
    return folder


@cache
def small_record() -> CaseRecord:
    """A measured core of some voxels, without images."""
    geometry = grid()
    core = box(geometry)
    mask = Mask(core, geometry, "infarct_core", "threshold")
    return CaseRecord("case", "tp1", (), {}, {}, measured(geometry, core), (), masks={"infarct_core": mask})


def keys_of(folder, *owners):
    """Key files by owner; one passphrase opens all of them."""
    for owner in owners:
        make_key(folder, owner, PASSPHRASE)
    return {owner: folder / f"{owner}.key.pem" for owner in owners}


def public(path):
    return public_key_of(unlock(path, PASSPHRASE))


def new_trial(
    folder: Path,
    *,
    procedures=None,
    readers=("R1", "R2"),
    clock=None,
    tasks=("infarct_core",),
    qualifications=(VALID,),
    **charter,
):
    """A trial with qualified readers; keys lie in `folder/keys`, the trial in `folder/trial`."""
    now = clock or Clock()
    keys = keys_of(folder / "keys", "M1", *readers)
    own = {"key": keys["M1"], "passphrase": PASSPHRASE}
    trial = create_trial(
        folder / "trial",
        trial_id="T1",
        title="A trial",
        manager="M1",
        manager_name="Manager One",
        now=now(),
        procedures=procedures or changed_procedure(folder / "sops"),
        tasks=tasks,
        **own,
        **charter,
    )
    register = trial.register
    for reader in readers:
        person = Reader(reader, f"Reader {reader}", public_key=public(keys[reader]), qualifications=qualifications)
        register = register.with_reader(person)
    save_register(trial, register, now=now(), event="reader.added", **own)
    return read_trial(folder / "trial"), keys


def add_item(trial, *, reader="R1", model="R1", images=None, clock=None, task="infarct_core", **more):
    """An item of a few bytes, or of the images that are given."""
    name = new_pseudonym(trial)
    folder = trial.item_folder(name) / "images"
    folder.mkdir(parents=True)
    for n, content in enumerate(images or (b"first image", b"second image")):
        (folder / f"{n:04d}.dcm").write_bytes(content)
    more = {"series": ("1.2.3",)} | more
    assign_item(trial, name, task=task, reader=reader, model=model, now=(clock or Clock())(), **more)
    return name


def write_little(record, out, *, now):
    """Outputs of a few bytes."""
    (out / "case").mkdir(parents=True)
    (out / "case" / "record.json").write_text(f"{record.reading.audit_head}\n")
    (out / "measurements.csv").write_text("measure,value\n")


def read_to_submission(item, clock, record=None):
    """All steps of `SHORT` up to the submission, without a deviation."""
    record = record or small_record()
    while item.walk.step.id in ("O1", "A1"):
        item.finish_step(record, now=clock())
    item.answer("candidates_decided", True, now=clock())
    item.finish_step(record, now=clock())
    item.answer("evaluability", "diagnostic", now=clock())
    item.finish_step(record, now=clock())
    item.answer("preview_confirmed", True, now=clock())
    item.submit(record, now=clock())


def sign(item, keys, clock, *, record=None, reader="R1", passphrase=PASSPHRASE, meaning="author", write=write_little):
    return item.sign(
        record or small_record(), key=keys[reader], passphrase=passphrase, meaning=meaning, now=clock(), write=write
    )


def opened(trial, name, clock, reader="R1", **how):
    return open_item(read_trial(trial.folder), name, reader=reader, now=clock(), **how)


def other_key() -> str:
    return public_key_of(Ed25519PrivateKey.generate())


def unmeasured(record):
    return replace(record, measurements=(), masks={})
