"""Trail of one read item, with the place of its head beside it.

One file for each item: the item belongs to one reader, and whoever writes holds its lock, so that its order is that of the work. Beside it
`READER.head` names the last entry that was written. A trail that was cut off after any line is found by it, also before a signature.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import RecordError
from ..record.files import write_bytes
from .audit_trail import Anchor, AuditEntry, AuditError, AuditTrail, Problem, does_not_hold, not_there, problems

FOLDER = "trail"


class ItemTrail:
    """The trail of an item, being written.

    Args:
        folder: of the item.
        reader: whose item it is; names the file.
        actor, role: who writes.
        item: pseudonym.

    Raises:
        AuditError: W10, what is there does not hold, or was cut off.
        RecordError: O01, it cannot be written.
    """

    def __init__(self, folder: Path, reader: str, *, actor: str, role: str, item: str):
        self.path = trail_path(folder, reader)
        anchors, wrong = _anchors(self.path)
        if wrong:
            raise AuditError(does_not_hold(self.path, Problem(0, wrong)))
        self._trail = AuditTrail(self.path, actor=actor, role=role, item=item, anchors=anchors)

    @property
    def entries(self) -> tuple[AuditEntry, ...]:
        """All entries."""
        return self._trail.entries

    @property
    def head(self) -> Anchor | None:
        """Last entry."""
        return self._trail.head

    def append(self, event: str, **what: Any) -> AuditEntry:
        """Add an entry; keywords as of `AuditTrail.append`."""
        return self.add(self._trail.seal(event, **what))

    def seal(self, event: str, **what: Any) -> AuditEntry:
        """The entry that `add` would write next; nothing is written."""
        return self._trail.seal(event, **what)

    def add(self, sealed: AuditEntry) -> AuditEntry:
        """Write a sealed entry; it is on the disk when this returns."""
        self._trail.add(sealed)
        with suppress(RecordError):  # the entry is written; a head that lags behind by one still holds
            write_bytes(_head_path(self.path), f"{self.head}\n".encode("ascii"))
        return sealed


def trail_path(folder: Path, reader: str) -> Path:
    """File of the trail of an item."""
    return folder / FOLDER / f"{reader}.jsonl"


def is_begun(folder: Path) -> bool:
    """True once an item is assigned, also where somebody has removed its trail since.

    A program that was killed before the first entry leaves the file of the item and nothing else.
    """
    has_trail = any(path.stat().st_size for path in (folder / FOLDER).glob("*.jsonl"))
    return has_trail or any((folder / name).exists() for name in ("work", "signed"))


def trail_problems(path: Path, anchors: Iterable[Anchor] = ()) -> tuple[Problem, ...]:
    """What does not hold in a trail, its cut tail included.

    Args:
        path: of the trail.
        anchors: further heads that must be in it, such as those that signed records name.
    """
    known, wrong = _anchors(path)
    if wrong:
        return (Problem(0, wrong), *problems(path, anchors))
    cut = tuple(replace(one, found=f"{one.found} ({_head_path(path).name})") for one in not_there(path, known))
    return (*problems(path, anchors), *cut)


def parse_anchor(text: str) -> Anchor:
    """A head from `seq:hash`.

    Raises:
        ValueError: the text is none.
    """
    seq, _, digest = text.partition(":")
    anchor = Anchor(int(seq), digest)
    if str(anchor) != text or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(text)
    return anchor


def _anchors(path: Path) -> tuple[tuple[Anchor, ...], str]:
    """The head beside a trail, and what is wrong with its file.

    A program that was killed after the very first entry leaves that one without a head.
    """
    head = _head_path(path)
    try:
        text = head.read_bytes().decode("ascii")
        return ((parse_anchor(text[:-1]),), "") if text.endswith("\n") else ((), _told(head, "not as it was written"))
    except ValueError:
        return (), _told(head, "not as it was written")
    except OSError:
        lines = path.read_bytes().count(b"\n") if path.exists() else 0
        return (), _told(head, "missing") if lines > 1 else ""


def _told(head: Path, what: str) -> str:
    return f"{head.name}, which names the last entry, is {what}"


def _head_path(path: Path) -> Path:
    return path.with_suffix(".head")
