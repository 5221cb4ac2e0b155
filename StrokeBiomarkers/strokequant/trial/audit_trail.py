"""Audit trail of a reading: one line for everything that was done, each bound to the one before it.

JSON Lines, only added to, on the disk before the caller goes on. A line holds the hash of the one before it and its own, so that an edited,
removed or moved line is found at its place. A tail that was cut off is not: signed records therefore name the head of the trail as it was,
and `problems` looks for it. Whoever owns trail, records and keys can still rewrite all three.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, StrokeQuantError
from ..record.files import write_bytes, write_error
from ..sop.canonical import canonical_bytes

FIRST = "0" * 64
"""What the first entry names as the one before it."""
REPAIRED = "trail.repaired"
"""Event: a line that a killed program left unfinished was set aside."""


class AuditError(StrokeQuantError):
    """A trail that cannot be gone on with."""


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done.

    Args:
        seq: from 0, without gaps.
        utc: ISO 8601 with milliseconds, as the clock said.
        actor: register id of a person, or name and version of a program.
        role: such as reader.
        event: such as item.opened, step.done, seg.committed, sign.requested, signed.
        item: pseudonym of what is read.
        uids: SOP Instance UIDs that it is about.
        old, new: value before and after.
        reason: mandatory where a value is replaced.
        clock_behind_s: by how much the clock was behind the entry before; 0 where time went on.
        prev: hash of the entry before.
        hash: SHA-256 of the canonical form of all the rest.
    """

    seq: int
    utc: str
    actor: str
    role: str
    event: str
    item: str
    uids: tuple[str, ...] = ()
    old: Any = None
    new: Any = None
    reason: str = ""
    clock_behind_s: float = 0
    prev: str = FIRST
    hash: str = field(default="", compare=False)


@dataclass(frozen=True)
class Anchor:
    """Head of a trail as a signed record names it."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True)
class Problem:
    """What does not hold, at the index of the first line concerned."""

    index: int
    found: str


class AuditTrail:
    """A trail that is being written, by one reader on one workstation.

    Args:
        path: file; made where it is not there.
        actor, role: who writes.
        item: pseudonym of what is read.
        anchors: entries that must be there.

    Raises:
        AuditError: W10, what is there does not hold.
        RecordError: O01, it cannot be written.
    """

    def __init__(self, path: Path, *, actor: str, role: str, item: str, anchors: Iterable[Anchor] = ()):
        self._path, self._actor, self._role, self._item = path, actor, role, item
        torn = _set_torn_line_aside(path)
        entries, wrong = read_trail(path)
        wrong = (*wrong, *_not_there(entries, anchors))
        if wrong:
            raise AuditError(does_not_hold(path, wrong[0]))
        self._entries = list(entries)
        self._size = path.stat().st_size if path.exists() else 0
        if torn:
            self.append(REPAIRED, new=torn, utc=datetime.now(UTC))

    @property
    def head(self) -> Anchor | None:
        """What a signed record has to name; None while nothing is written."""
        return Anchor(self._last.seq, self._last.hash) if self._last else None

    @property
    def entries(self) -> tuple[AuditEntry, ...]:
        """All entries."""
        return tuple(self._entries)

    @property
    def _last(self) -> AuditEntry | None:
        return self._entries[-1] if self._entries else None

    def append(self, event: str, **what: Any) -> AuditEntry:
        """Add an entry; it is on the disk when this returns. Keywords and errors as of `seal` and `add`."""
        return self.add(self.seal(event, **what))

    def seal(
        self,
        event: str,
        *,
        utc: datetime,
        uids: Sequence[str] = (),
        old: Any = None,
        new: Any = None,
        reason: str = "",
    ) -> AuditEntry:
        """The entry that comes next, with its hash; nothing is written.

        Args:
            event: what was done.
            utc: now, with its zone.
            uids: SOP Instance UIDs.
            old, new: value before and after, as JSON can hold it.
            reason: why; needed where `old` is given.

        Raises:
            AuditError: W11, a value is replaced without a reason, or the time has no zone.
        """
        if (old is not None and not reason.strip()) or utc.tzinfo is None:
            found = "a time without zone" if utc.tzinfo is None else f"{event} replaces a value without a reason"
            raise AuditError(Issue("W11", Level.ASK, found, "UTC and a reason", "give the reason", self._item))
        last = self._last
        entry = AuditEntry(
            seq=last.seq + 1 if last else 0,
            utc=utc.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            actor=self._actor,
            role=self._role,
            event=event,
            item=self._item,
            uids=tuple(uids),
            old=json.loads(canonical_bytes(old)),
            new=json.loads(canonical_bytes(new)),
            reason=reason.strip(),
            clock_behind_s=_behind(last, utc),
            prev=last.hash if last else FIRST,
        )
        return AuditEntry(**{**asdict(entry), "uids": entry.uids, "hash": entry_hash(entry)})

    def add(self, sealed: AuditEntry) -> AuditEntry:
        """Write the entry that comes next; it is on the disk when this returns.

        Raises:
            AuditError: W10, somebody else has written into the trail.
            RecordError: O01, it cannot be written; the trail is as it was.
        """
        line = canonical_bytes(asdict(sealed)) + b"\n"
        size = self._path.stat().st_size if self._path.exists() else 0
        if size != self._size:
            somebody = Problem(len(self._entries), "somebody else has written into it since it was opened")
            raise AuditError(does_not_hold(self._path, somebody))
        _add_line(self._path, line)
        self._entries.append(sealed)
        self._size += len(line)
        return sealed


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of an entry without its own hash."""
    plain = asdict(entry)
    del plain["hash"]
    return hashlib.sha256(canonical_bytes(plain)).hexdigest()


def read_trail(path: Path) -> tuple[tuple[AuditEntry, ...], tuple[Problem, ...]]:
    """Entries up to the first that does not hold, and what is wrong with that one.

    Returns:
        No entries and no problem where there is no file.
    """
    content = path.read_bytes() if path.exists() else b""
    lines = content.split(b"\n")
    entries: list[AuditEntry] = []
    unfinished = (Problem(len(lines) - 1, "the last line is not finished"),) if lines[-1] else ()
    for index, line in enumerate(lines[:-1]):
        entry, wrong = _entry(line, entries[-1] if entries else None)
        if entry is None:
            return tuple(entries), (Problem(index, wrong),)
        entries.append(entry)
    return tuple(entries), unfinished


def problems(path: Path, anchors: Iterable[Anchor] = ()) -> tuple[Problem, ...]:
    """What does not hold in a trail.

    Args:
        path: of the trail.
        anchors: heads that signed records name; each must be there.
    """
    entries, wrong = read_trail(path)
    return (*wrong, *_not_there(entries, anchors))


def not_there(path: Path, anchors: Iterable[Anchor]) -> tuple[Problem, ...]:
    """Heads that a trail does not hold, as far as it can be read."""
    return _not_there(read_trail(path)[0], anchors)


def _not_there(entries: Sequence[AuditEntry], anchors: Iterable[Anchor]) -> tuple[Problem, ...]:
    """Heads that a trail does not hold."""
    found = []
    for anchor in anchors:
        if anchor.seq >= len(entries):
            found.append(
                Problem(len(entries), f"a signed record names entry {anchor.seq}, and the trail ends before it")
            )
        elif entries[anchor.seq].hash != anchor.hash:
            found.append(Problem(anchor.seq, f"entry {anchor.seq} is not the one that a signed record names"))
    return tuple(found)


def _entry(line: bytes, before: AuditEntry | None) -> tuple[AuditEntry | None, str]:
    """An entry, or what is wrong with its line."""
    try:
        plain = json.loads(line)
        entry = AuditEntry(**{**plain, "uids": tuple(plain["uids"])})
        same = canonical_bytes(asdict(entry)) == line
    except (ValueError, TypeError, KeyError, RecursionError, StrokeQuantError):
        return None, "no entry"
    if set(plain) != {f.name for f in fields(AuditEntry)} or not same:
        return None, "not as it was written"
    if entry.hash != entry_hash(entry):
        return None, "its content was changed"
    if entry.seq != (before.seq + 1 if before else 0) or entry.prev != (before.hash if before else FIRST):
        return None, "it does not follow the one before"
    return entry, ""


def _behind(last: AuditEntry | None, utc: datetime) -> float:
    if last is None:
        return 0
    behind = (datetime.fromisoformat(last.utc) - utc).total_seconds()
    return round(behind, 3) if behind > 0.001 else 0


def _add_line(path: Path, line: bytes) -> None:
    """Add one line in one write, and wait for the disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            size = os.fstat(handle).st_size
            try:
                if os.write(handle, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
    except OSError as error:
        raise write_error(path, error) from error


def _set_torn_line_aside(path: Path) -> Mapping[str, Any] | None:
    """Move what a killed program left of its last line into a file beside the trail.

    Returns:
        Length and hash of it; None where the last line is whole.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    torn = content[whole:]
    if not torn:
        return None
    digest = hashlib.sha256(torn).hexdigest()
    write_bytes(path.with_name(f"{path.name}.torn-{digest[:12]}"), torn)
    write_bytes(path, content[:whole])
    return {"bytes": len(torn), "sha256": digest}


def does_not_hold(path: Path, problem: Problem) -> Issue:
    """The issue of a trail that cannot be gone on with."""
    found = f"{path.name}, line {problem.index + 1}: {problem.found}"
    remedy = "do not go on with this reading; send the trail to the study manager"
    return Issue("W10", Level.STOP, found, "a trail that nobody has changed", remedy, path.name)
