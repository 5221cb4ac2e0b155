"""A scripted reading in a process of its own, that is killed at any moment: what it confirmed must be there afterwards.

Every confirmed move is one line of a log, written after the call has returned, so that the one who killed it knows what must be there.
"""

import itertools
import json
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
from trial_objects import PASSPHRASE, START, small_record, write_little

from strokequant.trial.item_states import ItemState
from strokequant.trial.opening import open_item
from strokequant.trial.trial_folder import read_trial


def now():
    """A clock that is the same in every process of this computer, on a day on which the readers are qualified."""
    return START + timedelta(seconds=time.monotonic() % 10**6)


class Confirmed:
    """Log of what calls have confirmed; a line is on its way to the disk when the next call begins."""

    def __init__(self, path):
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def __call__(self, what, value):
        os.write(self._handle, (json.dumps({"what": what, "value": value}) + "\n").encode())


def stroke(rng):
    """Voxels of one stroke, as a reader draws them."""
    start = rng.randrange(10**6)
    return np.arange(start, start + rng.randrange(1, 3000), dtype=np.int64)


def read_on(item, confirmed, rng, key):
    """Moves without end: strokes, answers, steps forward and back, submission, return, signature, addendum."""
    record = small_record()
    for n in itertools.count():
        if item.status.state is ItemState.SIGNED:
            item.addendum(f"look {n}", now=now())
            confirmed("version", item.status.version)
        elif item.status.state is ItemState.SUBMITTED:
            submitted(item, record, confirmed, rng, key)
        else:
            reading(item, record, confirmed, rng)


def submitted(item, record, confirmed, rng, key):
    if rng.random() < 0.5:
        item.return_to_reading(now=now())
        confirmed("state", item.status.state)
        return
    item.sign(record, key=key, passphrase=PASSPHRASE, meaning="author", now=now(), write=write_little)
    confirmed("signed", item.status.version)


def reading(item, record, confirmed, rng):
    for _ in range(rng.randrange(4)):
        edit = item.edit("stroke", {"voxels": stroke(rng)}, now=now())
        confirmed("edit", [int(edit.payload["voxels"][0]), len(edit.payload["voxels"])])
    answers = {"A2": "candidates_decided", "O6": "evaluability", "Z3": "preview_confirmed"}
    step = item.walk.step.id
    if step in answers:
        value = "diagnostic" if step == "O6" else True
        item.answer(answers[step], value, now=now(), reason="looked at once more")
        confirmed("answer", [answers[step], value])
    if rng.random() < 0.2:
        item.back(now=now())
    elif step == "Z3":
        item.submit(record, now=now())
        confirmed("state", item.status.state)
        return
    else:
        item.finish_step(record, now=now())
    confirmed("step", item.walk.step.id)


def read_until_killed(trial: Path, name: str, key: Path, log: Path, seed: int) -> None:
    """Open the item and read."""
    item = open_item(read_trial(trial), name, reader="R1", now=now(), addendum="gone on with")
    confirmed = Confirmed(log)
    confirmed("opened", os.getpid())
    read_on(item, confirmed, random.Random(seed), key)
