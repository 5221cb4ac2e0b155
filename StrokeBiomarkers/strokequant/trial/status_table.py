"""How far the items of a trial are, for its study manager: where each stands, since when, with which deviations; no result of any."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import StrokeQuantError
from ..sop.walk import Walk
from .audit_trail import AuditEntry, read_trail
from .item_acquisition import acquisition_of
from .item_file import ItemFile, read_item
from .item_progress import progress_of
from .item_states import Event
from .item_trail import trail_path
from .trial_folder import Trial

COLUMNS = (
    "item",
    "task",
    "procedure",
    "model",
    "reader",
    "state",
    "step",
    "since_utc",
    "version",
    "deviations",
    "flags",
    "acquisition",
    "scanner",
    "prior",
    "problem",
)
_MOVES = frozenset(str(event) for event in Event)
_WORST_FIRST = ("below the minimum, or not known", "minimum, not ideal", "ideal")


def status_rows(trial: Trial, *, reader: str = "", training: bool = False) -> tuple[dict[str, Any], ...]:
    """One row for every item.

    Args:
        trial: as it is on the disk.
        reader: items of this reader alone, in the order of the worklist; all, by pseudonym, where empty.
        training: training cases and not the items of the trial.

    Returns:
        Rows with `COLUMNS`; `problem` says why an item cannot be read, and is empty where it can.
    """
    names = trial.training_items if training else trial.items
    rows = [_row(trial, name) for name in names]
    if not reader:
        return tuple(row for row, _ in rows)
    own = [(order, row) for row, order in rows if row["reader"] in (reader, "")]
    return tuple(row for _, row in sorted(own, key=lambda one: (one[0], one[1]["item"])))


def status_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table for a terminal; columns that are empty in every row are left out."""
    names = [name for name in COLUMNS if any(row[name] for row in rows)]
    cells = [[name.replace("_", " ") for name in names], *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(names))]
    return "\n".join("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def status_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV (RFC 4180, with LF), with every column."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(trial: Trial, name: str) -> tuple[dict[str, Any], str]:
    """Row of an item, and its place in the worklist."""
    row = dict.fromkeys(COLUMNS, "") | {"item": name, "version": 0}
    folder = trial.item_folder(name)
    try:
        file, _ = read_item(folder)
        row |= {"task": file.task, "procedure": file.procedure["name"], "model": file.model, "reader": file.reader}
        row |= {"prior": file.prior}
        entries, wrong = read_trail(trail_path(folder, file.reader))
        row |= {"problem": f"trail, line {wrong[0].index + 1}: {wrong[0].found}" if wrong else ""}
        row |= _of_trail(trial, file, entries) | _of_acquisition(trial, file)
    except StrokeQuantError as error:
        row["problem"] = error.issues[0].found
        return row, "~"
    return row, file.order


def _of_trail(trial: Trial, file: ItemFile, entries: Sequence[AuditEntry]) -> dict[str, Any]:
    progress = progress_of(entries, trial.named_procedure(file.task))
    status = progress.status
    moved = [entry.utc for entry in entries if entry.event in _MOVES]
    return {
        "state": str(status.state),
        "step": progress.walk.step.id if progress.walk.step else "",
        "since_utc": moved[-1] if moved else "",
        "version": status.version,
        "deviations": ";".join(_codes(progress.walk)),
        "flags": ";".join(sorted(status.flags)),
    }


def _codes(walk: Walk) -> list[str]:
    return sorted({code for record in walk.done.values() for code in record.deviations})


def _of_acquisition(trial: Trial, file: ItemFile) -> dict[str, str]:
    """The worst of the series, and what phantoms say of their scanners."""
    found = acquisition_of(trial.item_folder(file.id), file)
    outcomes = {one.outcome for one in found}
    return {
        "acquisition": next((words for words in _WORST_FIRST if words in outcomes), ""),
        "scanner": ";".join(sorted({one.scanner for one in found if one.scanner})),
    }
