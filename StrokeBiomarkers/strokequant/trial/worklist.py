"""Who reads what, in which order: the same on every computer, from the seed of the charter alone."""

import hashlib
from dataclasses import dataclass

from ..errors import StrokeQuantError
from .audit_trail import read_trail
from .item_file import TRAINING, ItemFile, read_item
from .item_states import SKIPPED, ItemState, ItemStatus, state_of
from .item_trail import trail_path
from .trial_folder import Trial

_DONE = (ItemState.SIGNED, ItemState.SUBMITTED, ItemState.WITHDRAWN)
"""States after which the next item may be read; a submitted item only waits for its signature."""


@dataclass(frozen=True)
class WorklistRow:
    """One item of a worklist.

    Args:
        item: pseudonym.
        task: such as infarct_core.
        sop: procedure and version.
        model: R1, R2, adjudication, re-read or training.
        order: place, the smaller text first.
        status: from its trail.
        problem: why it cannot be read, in plain words; empty where it can.
    """

    item: str
    task: str
    sop: str
    model: str
    order: str
    status: ItemStatus
    problem: str = ""

    @property
    def is_left(self) -> bool:
        """True while something is to be read, skipped items included."""
        return self.status.state not in _DONE


def order_key(seed: str, reader: str, item: str, stratum: str = "") -> str:
    """Place of an item in the worklist of a reader: SHA-256 of seed, reader and item, inside its stratum."""
    digest = hashlib.sha256(f"{seed}|{reader}|{item}".encode()).hexdigest()
    return f"{hashlib.sha256(f'{seed}|{stratum}'.encode()).hexdigest()[:8]}-{digest}" if stratum else digest


def items_for(trial: Trial, reader: str) -> tuple[WorklistRow, ...]:
    """Worklist of a reader, in order, training items among it; items of others are not."""
    known = (*trial.items, *trial.training_items)
    rows = [row for item_id in known if (row := _row(trial, item_id, reader)) is not None]
    return tuple(sorted(rows, key=lambda row: (row.order, row.item)))


def next_item(trial: Trial, reader: str) -> str:
    """The item that a reader reads next: one in progress, else the first that is not skipped, else the first skipped one; never for training.

    Returns:
        Its pseudonym; empty where nothing is left.
    """
    left = [row for row in items_for(trial, reader) if row.is_left and not row.problem and row.model != TRAINING]
    begun = [row for row in left if row.status.state is ItemState.IN_PROGRESS and row.status.version == 1]
    now = [row for row in left if SKIPPED not in row.status.flags]
    return next((rows[0].item for rows in (begun, now, left) if rows), "")


def has_signed(trial: Trial, reader: str) -> bool:
    """Whether a reader has signed an item or a training case of the trial."""
    for name in (*trial.items, *trial.training_items):
        try:
            file, _ = read_item(trial.item_folder(name))
        except StrokeQuantError:
            continue
        if file.reader == reader and (status := item_status(trial, file)) and (status.signed or status.superseded):
            return True
    return False


def item_status(trial: Trial, file: ItemFile) -> ItemStatus:
    """Status of an item by its trail, as far as the trail holds."""
    entries, _ = read_trail(trail_path(trial.item_folder(file.id), file.reader))
    return state_of(entries)


def _row(trial: Trial, item_id: str, reader: str) -> WorklistRow | None:
    """Row of an item; None where it is of another reader."""
    try:
        file, _ = read_item(trial.item_folder(item_id))
    except StrokeQuantError as error:
        return WorklistRow(item_id, "", "", "", "~", ItemStatus(), error.issues[0].found)
    if file.reader != reader:
        return None
    status = item_status(trial, file)
    return WorklistRow(item_id, file.task, file.procedure["name"], file.model, file.order, status)
