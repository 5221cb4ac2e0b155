"""Journal of a reading in progress: every edit, on the disk before the caller goes on.

Lines are chained as those of the audit trail. A line that a killed program left unfinished was never acknowledged and is set aside. Voxel
indices are kept as they are, packed; nothing is rounded.
"""

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from .audit_trail import Anchor, AuditEntry, AuditError, AuditTrail

JOURNAL = Path("work") / "journal.jsonl"
EDIT, CHECKPOINT = "edit", "checkpoint"
_ARRAY = "__array__"


@dataclass(frozen=True)
class Edit:
    """One edit of a reader.

    Args:
        kind: such as stroke, candidates or settings; the caller's own word.
        payload: plain data, with numpy arrays in it.
        utc: ISO 8601.
        version: of the reading that it was made in, from 1.
        checkpoint: it stands for all edits of its kind before it.
    """

    kind: str
    payload: Any
    utc: str
    version: int
    checkpoint: bool = False


class Journal:
    """Journal of an item, being written.

    Args:
        folder: of the item.
        actor: reader.
        item: pseudonym.
        anchors: entries that must be there.

    Raises:
        AuditError: W32, what is there does not hold.
        RecordError: O01, it cannot be written.
    """

    def __init__(self, folder: Path, *, actor: str, item: str, anchors: Iterable[Anchor] = ()):
        try:
            self._lines = AuditTrail(folder / JOURNAL, actor=actor, role="reader", item=item, anchors=anchors)
        except AuditError as error:
            raise AuditError(*(_of_journal(issue) for issue in error.issues)) from error

    @property
    def head(self) -> Anchor | None:
        """Last entry; None while there is none."""
        return self._lines.head

    def add(self, kind: str, payload: Any, *, version: int, now: datetime, checkpoint: bool = False) -> Edit:
        """Write one edit; it is on the disk when this returns.

        Args:
            kind: the caller's own word.
            payload: plain data; numpy arrays may stand anywhere in it.
            version: of the reading.
            now: with its zone.
            checkpoint: it stands for all edits of its kind before it.

        Raises:
            ProcedureError: W02, the payload holds what cannot be kept.
            RecordError: O01.
        """
        new = {"kind": kind, "payload": packed(payload), "version": version}
        return _edit(self._lines.append(CHECKPOINT if checkpoint else EDIT, utc=now, new=new))

    def edits(self) -> tuple[Edit, ...]:
        """Edits to make again, oldest first: of every kind its last checkpoint and what came after it."""
        kept: list[Edit] = []
        for entry in self._lines.entries:
            if entry.event not in (EDIT, CHECKPOINT):
                continue
            edit = _edit(entry)
            kept = [one for one in kept if one.kind != edit.kind] if edit.checkpoint else kept
            kept.append(edit)
        return tuple(kept)


def packed(value: Any) -> Any:
    """Plain data with every array packed, for JSON."""
    if isinstance(value, np.ndarray):
        data = base64.b64encode(zlib.compress(np.ascontiguousarray(value).tobytes(), 1)).decode("ascii")
        return {_ARRAY: {"dtype": value.dtype.str, "shape": list(value.shape), "data": data}}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: packed(element) for key, element in value.items()}
    return [packed(element) for element in value] if isinstance(value, list | tuple) else value


def unpacked(value: Any) -> Any:
    """Plain data with its arrays, as it was before `packed`; tuples have become lists."""
    if isinstance(value, Mapping):
        if set(value) == {_ARRAY}:
            array = value[_ARRAY]
            data = zlib.decompress(base64.b64decode(array["data"]))
            return np.frombuffer(data, np.dtype(array["dtype"])).reshape(array["shape"]).copy()
        return {key: unpacked(element) for key, element in value.items()}
    return [unpacked(element) for element in value] if isinstance(value, list) else value


def _edit(entry: AuditEntry) -> Edit:
    new = entry.new
    return Edit(new["kind"], unpacked(new["payload"]), entry.utc, new["version"], entry.event == CHECKPOINT)


def _of_journal(issue: Any) -> Any:
    from dataclasses import replace

    return replace(issue, code="W32") if issue.code == "W10" else issue
