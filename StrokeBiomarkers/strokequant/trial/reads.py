"""Reads of one case by several readers, brought together by the study manager's map: R1, R2, the adjudication, and repeats.

Only signed reads are compared, and only once both are signed. No reader is told that another read exists.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, TrialError
from .audit_trail import read_trail
from .discrepancy import Values
from .identity_map import IdentityMap, MapEntry
from .item_file import read_item
from .item_states import Event, ItemState
from .item_trail import trail_path
from .signed_version import OUTPUT, version_folder
from .trial_folder import Trial, assigned_items
from .verify_item import verify_item
from .worklist import item_status

FIRST, SECOND, THIRD, AGAIN = "R1", "R2", "adjudication", "re-read"


@dataclass(frozen=True)
class Read:
    """One read item of a case.

    Args:
        item: pseudonym.
        model: R1, R2, adjudication or re-read.
        reader: register id.
        state: of the item.
        signed: when its newest version was signed; None while none is.
        record: record.json of that version; None where there is none.
        values: by measure; empty while unsigned.
    """

    item: str
    model: str
    reader: str
    state: ItemState
    signed: datetime | None = None
    record: Path | None = None
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """All reads of a subject at a visit by one task.

    Args:
        subject, visit: as the study calls them.
        task: that is read.
        reads: that were not withdrawn, in the order of the map.
    """

    subject: str
    visit: str
    task: str
    reads: tuple[Read, ...]

    def read(self, model: str) -> Read | None:
        """The read of a model; None where there is none."""
        return next((one for one in self.reads if one.model == model), None)

    @property
    def repeats(self) -> tuple[Read, ...]:
        """Repeats of a read by its own reader."""
        return tuple(one for one in self.reads if one.model == AGAIN)

    @property
    def both_signed(self) -> bool:
        """True where R1 and R2 may be compared."""
        return all(one is not None and one.signed is not None for one in (self.read(FIRST), self.read(SECOND)))


def cases_of(trial: Trial, identities: IdentityMap) -> tuple[Case, ...]:
    """Cases of a trial, by subject, visit and task.

    Raises:
        TrialError: W38, a signed read does not verify; W25, an item of the map cannot be read.
    """
    groups: dict[tuple[str, str, str], list[Read]] = {}
    known, assigned = set(trial.items), assigned_items(trial.folder)
    for entry in identities.entries:
        if entry.item in assigned and entry.item not in known:
            raise refused("the item is missing from the trial", "every item that was assigned", entry.item)
        if entry.item not in known:
            continue  # its assignment failed
        file, _ = read_item(trial.item_folder(entry.item))
        read = _read(trial, entry)
        if read.state is not ItemState.WITHDRAWN:
            groups.setdefault((entry.subject, entry.visit, file.task), []).append(read)
    return tuple(Case(*key, tuple(reads)) for key, reads in sorted(groups.items()))


def values_of(record: Mapping[str, Any]) -> dict[str, float | str | None]:
    """What is compared of a signed record: measures by id, grade of the images, classes and grades.

    A measure without a number is None, an infinite ratio infinite.
    """
    found: dict[str, float | str | None] = {
        m["id"]: math.inf if m.get("infinite") else m["value"] for m in record.get("measurements", ())
    }
    forms = record.get("forms") or {}
    transformation = forms.get("transformation") or {}
    heidelberg = transformation.get("heidelberg")
    vessels = [score.get("grade") for score in forms.get("vessels") or () if score.get("grade")]
    found |= {
        "evaluability": (record.get("reading") or {}).get("evaluability") or None,
        "ecass": transformation.get("ecass"),
        "heidelberg": None if heidelberg is None else ", ".join(heidelberg) or "none",
        "vessel_grade": ", ".join(map(str, vessels)) or None,
    }
    return found


def _read(trial: Trial, entry: MapEntry) -> Read:
    """A read by its model in the map: the item of a repeat does not tell that it is one."""
    item, folder = entry.item, trial.item_folder(entry.item)
    file, _ = read_item(folder)
    status = item_status(trial, file)
    if status.state is not ItemState.SIGNED:
        return Read(item, entry.model, file.reader, status.state)
    wrong = [issue for issue in verify_item(folder, trial) if issue.blocks]
    if wrong:
        raise refused(f"the signed read does not hold: {wrong[0].found}", "reads that verify", item)
    entries, _ = read_trail(trail_path(folder, file.reader))
    signed = [entry for entry in entries if entry.event == Event.SIGN][-1]
    records = sorted((version_folder(folder, status.version) / OUTPUT).rglob("record.json"))
    if len(records) != 1:
        raise refused(f"{len(records)} records in a signed read", "one record", item)
    values = _values(records[0], item)
    return Read(item, entry.model, file.reader, status.state, datetime.fromisoformat(signed.utc), records[0], values)


def _values(path: Path, item: str) -> dict[str, float | str | None]:
    try:
        return values_of(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused(f"its record cannot be read: {type(error).__name__}", "a whole record", item) from error


def refused(found: str, expected: str, subject: str) -> TrialError:
    """The error of reads that may not be compared, or not be added."""
    remedy = "look at 'strokequant trial status' and 'strokequant verify'"
    return TrialError(Issue("W38", Level.STOP, found, expected, remedy, subject))
