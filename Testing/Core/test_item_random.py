"""Any order of calls on an open item: what is refused changes nothing, what is signed never changes, and the trail alone says where it stands."""

import random
from hashlib import sha256

from trial_objects import Clock, add_item, new_trial, opened, sign, small_record

from strokequant.errors import StrokeQuantError
from strokequant.trial.audit_trail import read_trail
from strokequant.trial.item_progress import progress_of
from strokequant.trial.item_states import ItemState
from strokequant.trial.verify_trial import verify_folder

CALLS = 400


def signed_bytes(item):
    paths = sorted(path for path in (item.folder / "signed").rglob("*") if path.is_file())
    return {path.relative_to(item.folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}


def calls(item, keys, clock, rng):
    """One call of chance; likelier ones stand more often."""
    record = small_record()
    answers = [("candidates_decided", True), ("evaluability", "diagnostic"), ("preview_confirmed", True)]
    answers += [("evaluability", "limited"), ("candidates_decided", None), ("reauthenticated", True)]
    name, value = rng.choice(answers[:3] * 3 + answers)
    reason = rng.choice(["", "looked again"])
    return rng.choice(
        [
            *[lambda: item.answer(name, value, now=clock(), reason=reason)] * 4,
            *[lambda: item.finish_step(record, now=clock())] * 4,
            *[lambda: item.submit(record, now=clock())] * 2,
            *[lambda: sign(item, keys, clock, passphrase=rng.choice(["correct horse", "wrong"]))] * 2,
            lambda: item.edit("stroke", rng.randrange(100), now=clock()),
            lambda: item.back(now=clock()),
            lambda: item.skip_step(reason, now=clock()),
            lambda: item.return_to_reading(now=clock()),
            lambda: item.addendum(reason, now=clock()),
        ]
    )


def test_no_order_of_calls_changes_what_is_signed_or_leaves_the_trail_behind(tmp_path):
    rng, clock = random.Random(11), Clock()
    trial, keys = new_trial(tmp_path)
    item = opened(trial, add_item(trial), clock)
    kept, refused, edits = {}, 0, 0
    for _ in range(CALLS):
        before = item.progress
        try:
            calls(item, keys, clock, rng)()
        except StrokeQuantError:
            refused += 1
            assert item.progress == before
        now_signed = signed_bytes(item)
        assert {name: now_signed.get(name) for name in kept} == kept
        kept = now_signed
        assert len(item.edits()) >= edits
        edits = len(item.edits())
        if "Z4" in item.walk.done:
            assert item.status.state is ItemState.SIGNED and set(item.walk.done) >= {"O1", "A1", "A2", "O6", "Z3", "Z4"}
    entries, wrong = read_trail(item.trail.path)
    assert not wrong and progress_of(entries, item.procedure) == item.progress
    assert len(item.status.signed) >= 3 and refused > CALLS // 10 and edits > 3
    item.close(now=clock())
    assert verify_folder(trial.folder) == ()
