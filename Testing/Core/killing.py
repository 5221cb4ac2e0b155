"""Killing a scripted reading again and again, and looking each time whether anything that was confirmed is missing."""

import json
import os
import random
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from killed_reading import now, read_until_killed
from trial_objects import add_item, new_trial

from strokequant.errors import Level
from strokequant.trial.item_states import ItemState
from strokequant.trial.opening import open_item
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_folder

LONGEST_MOVE_S = 0.02
"""About as long as one move takes, so that kills fall between and into moves alike."""


@dataclass
class Tally:
    """What was seen over all kills."""

    kills: int = 0
    edits: int = 0
    answers: int = 0
    signatures: int = 0
    torn_lines: int = 0
    unfinished_versions: int = 0
    unconfirmed: int = 0


class Killer:
    """One item, read and killed many times.

    Args:
        folder: empty.
        seed: of the moments.
    """

    def __init__(self, folder: Path, seed: int):
        self.trial, keys = new_trial(folder)
        self.key, self.name = keys["R1"], add_item(self.trial)
        self.log, self.rng, self.tally = folder / "confirmed.log", random.Random(seed), Tally()
        self.confirmed: list[dict] = []
        self.seen, self.place = (
            0,
            "",
        )  # lines of the log and place at the look before: every kill may leave one move unconfirmed

    @property
    def item_folder(self) -> Path:
        return self.trial.item_folder(self.name)

    def kill_once(self, most_moves: int) -> None:
        """Start the reading, kill it some moves and a moment of chance later, and look at what is there."""
        wanted = len(self._read_log()) + 1 + self.rng.randrange(most_moves)
        child = self._start()
        deadline = time.monotonic() + 600
        while len(self._read_log()) < wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self.rng.random() * LONGEST_MOVE_S)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the reading ended by itself"
        self.tally.kills += 1
        self._look()

    def _start(self) -> int:
        """Process that reads until it is killed; a fork spares it the time of all imports."""
        seed = self.rng.randrange(10**9)
        child = os.fork()
        if child == 0:
            try:
                read_until_killed(self.trial.folder, self.name, self.key, self.log, seed)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        return child

    def _look(self) -> None:
        """Everything that was confirmed is there, and the reading goes on where it was."""
        self.confirmed = self._read_log()
        self._count_traces()
        item = open_item(read_trial(self.trial.folder), self.name, reader="R1", now=now(), addendum="look")
        self._compare_edits(item)
        self._compare_place(item)
        in_progress = item.status.state is ItemState.IN_PROGRESS
        self.seen, self.place = len(self.confirmed), item.walk.step.id if in_progress else ""
        item.close(now=now())
        stops = [issue for issue in verify_folder(self.trial.folder) if issue.level is Level.STOP]
        assert not stops, stops

    def _compare_edits(self, item) -> None:
        confirmed = [line["value"] for line in self.confirmed if line["what"] == "edit"]
        kept = [[int(edit.payload["voxels"][0]), len(edit.payload["voxels"])] for edit in item.edits()]
        assert _is_subsequence(confirmed, kept), "a confirmed edit is missing"
        self.tally.edits = len(confirmed)
        self.tally.unconfirmed = len(kept) - len(confirmed)
        self.tally.answers = sum(line["what"] == "answer" for line in self.confirmed)
        self.tally.signatures = len(item.status.signed)

    def _compare_place(self, item) -> None:
        """The reading stands where the last confirmed move led, or where it was seen since, or one unconfirmed move further."""
        signed = [line["value"] for line in self.confirmed if line["what"] == "signed"]
        assert set(signed) <= set(item.status.signed)
        for version in item.status.signed:
            assert (item.folder / "signed" / f"v{version}" / "signature.json").is_file()
        moves = [line for line in self.confirmed[self.seen :] if line["what"] in ("step", "state", "signed", "version")]
        last = moves[-1] if moves else {"what": "step", "value": self.place}
        if not last["value"] or item.status.state is not ItemState.IN_PROGRESS or last["what"] != "step":
            return
        order = [step.id for step in item.procedure.steps]
        distance = order.index(item.walk.step.id) - order.index(last["value"])
        assert abs(distance) <= 1, (last, item.walk.step.id)

    def _count_traces(self) -> None:
        self.tally.torn_lines = len(list(self.item_folder.rglob("*.torn-*")))
        self.tally.unfinished_versions += len(list((self.item_folder / "signed").glob(".v*.part")))

    def _read_log(self) -> list[dict]:
        lines = self.log.read_bytes().split(b"\n") if self.log.exists() else [b""]
        return [json.loads(line) for line in lines[:-1]]


def _is_subsequence(short: list, long: list) -> bool:
    rest = iter(long)
    return all(any(one == other for other in rest) for one in short)
