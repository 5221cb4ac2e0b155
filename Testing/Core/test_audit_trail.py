"""Audit trail: every change of any byte is found at its line, a cut tail by its anchor, and a killed program loses nothing."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from strokequant.errors import RecordError
from strokequant.trial.audit_trail import REPAIRED, Anchor, AuditError, AuditTrail, problems, read_trail

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
LIBRARY = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"


def opened(path):
    return AuditTrail(path, actor="R1", role="reader", item="item-7f3a")


def filled(path, count=12):
    trail = opened(path)
    for n in range(count):
        trail.append("step.done", utc=START + timedelta(seconds=n), new={"step": n})
    return trail


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit" / "R1.jsonl"


def test_what_an_entry_holds(path):
    trail = opened(path)
    assert trail.head is None
    trail.append("item.opened", utc=datetime(2026, 6, 1, 19, 0, 0, 5000, tzinfo=UTC))
    entry = trail.append(
        "value.changed", utc=START + timedelta(days=1), uids=["1.2.3"], old=4.5, new=5.0, reason="T2 shine-through"
    )
    entries, wrong = read_trail(path)
    assert not wrong
    assert entries[1] == entry and entries[1].hash == entry.hash
    assert entries[0].utc == "2026-06-01T19:00:00.005Z"
    assert (entry.seq, entry.actor, entry.role, entry.item) == (1, "R1", "reader", "item-7f3a")
    assert (entry.old, entry.new, entry.reason, entry.uids) == (4.5, 5, "T2 shine-through", ("1.2.3",))
    assert entry.prev == entries[0].hash
    assert trail.head == Anchor(1, entry.hash)


def test_goes_on_where_it_was_left(path):
    filled(path, 3)
    assert opened(path).append("item.opened", utc=START + timedelta(hours=1)).seq == 3
    assert not problems(path)


def test_a_replaced_value_needs_a_reason_and_a_time_its_zone(path):
    trail = opened(path)
    for options in ({"utc": START, "old": 1, "new": 2}, {"utc": datetime(2026, 6, 1)}):
        with pytest.raises(AuditError) as refused:
            trail.append("value.changed", **options)
        assert refused.value.issues[0].code == "W11"
    assert not path.exists()


def test_a_clock_that_runs_backwards_loses_nothing_and_is_told(path):
    trail = filled(path, 2)
    entry = trail.append("step.done", utc=START - timedelta(minutes=5))
    assert entry.clock_behind_s == 301
    assert trail.append("step.done", utc=START + timedelta(minutes=5)).clock_behind_s == 0
    assert not problems(path)


def test_every_flipped_bit_is_found_at_its_line_or_the_next(path):
    filled(path, 4)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in (0, 3, 7):
            path.write_bytes(content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :])
            wrong = problems(path)
            line = content[:place].count(b"\n")
            assert wrong and wrong[0].index == line, (place, bit)
    path.write_bytes(content)
    assert not problems(path)


@pytest.mark.parametrize("place", range(12))
def test_removed_repeated_and_moved_lines_are_found(place, path):
    trail = filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    other = (place + 5) % 12
    swapped = list(lines)
    swapped[place], swapped[other] = swapped[other], swapped[place]
    for changed in (lines[:place] + lines[place + 1 :], lines[: place + 1] + lines[place:], swapped):
        path.write_bytes(b"".join(changed))
        wrong = problems(path, [trail.head])
        assert wrong and wrong[0].index <= max(place + 1, 11)


@pytest.mark.parametrize("kept", range(12))
def test_a_tail_that_was_cut_off_is_found_by_its_anchor(kept, path):
    trail = filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:kept]))
    assert not problems(path)
    (wrong,) = problems(path, [trail.head])
    assert wrong.index == kept
    assert "ends before" in wrong.found


def test_a_trail_written_anew_is_not_the_one_that_was_signed(path):
    head = filled(path).head
    path.unlink()
    trail = opened(path)
    for _ in range(13):
        trail.append("step.done", utc=START)
    assert problems(path, [head])[0].index == 11


def test_nothing_is_added_to_a_trail_that_does_not_hold(path):
    filled(path)
    path.write_bytes(path.read_bytes().replace(b'"step":4', b'"step":5'))
    with pytest.raises(AuditError) as refused:
        opened(path)
    assert refused.value.issues[0].code == "W10"
    assert "line 5" in str(refused.value)


def test_a_torn_line_is_set_aside_and_told(path):
    filled(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"actor":"R1","clo')
    assert problems(path)[0].index == 3
    trail = opened(path)
    entries, wrong = read_trail(path)
    assert not wrong
    assert (entries[-1].event, entries[-1].new["bytes"]) == (REPAIRED, 18)
    assert [f.read_bytes() for f in path.parent.glob("*.torn-*")] == [b'{"actor":"R1","clo']
    assert path.read_bytes().startswith(whole)
    assert trail.append("step.done", utc=START).seq == 4


def test_a_full_disk_leaves_the_trail_as_it_was(path, monkeypatch):
    trail = filled(path, 3)
    content = path.read_bytes()
    write = os.write

    def full(handle, data):
        write(handle, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordError):
        trail.append("step.done", utc=START)
    monkeypatch.undo()
    assert path.read_bytes() == content
    assert trail.append("step.done", utc=START + timedelta(hours=1)).seq == 3
    assert not problems(path)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from strokequant.trial.audit_trail import AuditTrail
trail = AuditTrail(Path(sys.argv[1]), actor="R1", role="reader", item="item")
print(flush=True)
while True:
    entry = trail.append("step.done", utc=datetime.now(UTC))
    print(entry.seq, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_at_any_moment_it_keeps_what_it_confirmed(path):
    rng = random.Random(3)
    confirmed = -1
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(LIBRARY)], stdout=subprocess.PIPE, text=True
        )
        child.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        told = child.stdout.read().splitlines()
        child.wait()
        confirmed = max([confirmed, *(int(line) for line in told if line.isdigit())])
        opened(path)
        entries, wrong = read_trail(path)
        assert not wrong
        assert len(entries) > confirmed
    assert confirmed >= 0
