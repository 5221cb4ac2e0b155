"""One window for each item.

The operating system holds the lock and lets go of it when the program ends, also when it is killed; `lock.json` says who has it. A lock of
a program that died on this computer is taken over; one of another computer is not, because nobody here can see whether it still runs.
"""

import contextlib
import errno
import json
import os
import platform
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ..errors import Issue, Level, TrialError
from ..record.files import write_error

LOCK = "lock.json"
_LOCKED_BYTE = 1 << 30
"""Far behind the text, so that others can read who holds the lock where a locked byte cannot be read."""


_NO_LOCKS = frozenset((errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL))
"""What a file system says that knows no locks."""


@dataclass(frozen=True)
class Holder:
    """Who has an item open.

    Args:
        host: name of the computer.
        pid: of the program.
        since: ISO 8601.
        actor: register id of the reader, or name of the program.
        token: random; tells two holders with the same pid apart.
    """

    host: str
    pid: int
    since: str
    actor: str
    token: str


class ItemLock:
    """Lock of one item, held from when it is made until `release`.

    Args:
        folder: of the item.
        actor: who wants it.
        now: with its zone.
        take_over: take the lock of another computer, which a person knows to have ended.

    Raises:
        TrialError: W22, another window holds it.
        RecordError: O01, the lock cannot be written.
    """

    def __init__(self, folder: Path, *, actor: str, now: datetime, take_over: bool = False):
        self._path = folder / LOCK
        self._stream = _opened(self._path)
        before = _holder(self._path)
        try:
            is_locked = _lock(self._stream)
        except OSError as error:
            self._stream.close()
            raise _held(before, folder.name) from error
        has_ended = is_locked and before is not None and before.host == platform.node()
        if before is not None and not has_ended and not take_over:
            self.release(forget=False)
            raise _held(before, folder.name)
        self.taken_over = before
        self.holder = Holder(platform.node(), os.getpid(), now.astimezone(UTC).isoformat(), actor, _token())
        self._write(json.dumps(asdict(self.holder), sort_keys=True))

    @property
    def is_held(self) -> bool:
        """True while the file still says that this window holds it."""
        return not self._stream.closed and _holder(self._path) == self.holder

    def release(self, *, forget: bool = True) -> None:
        """Let go of the item; nothing where that was done already."""
        if self._stream.closed:
            return
        with contextlib.suppress(OSError):
            if forget:
                self._write("")
        self._stream.close()

    def _write(self, text: str) -> None:
        try:
            self._stream.seek(0)
            self._stream.truncate()
            self._stream.write(text.encode("utf-8"))
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise write_error(self._path, error) from error


def _opened(path: Path) -> IO[bytes]:
    try:
        return open(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+b")
    except OSError as error:
        raise write_error(path, error) from error


def _lock(stream: IO[bytes]) -> bool:
    """Ask the operating system for the lock, without waiting.

    Returns:
        False on a file system that knows no locks: then only the file says whether the item is open.

    Raises:
        OSError: another window holds it.
    """
    try:
        if os.name == "nt":
            import msvcrt

            stream.seek(_LOCKED_BYTE)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _holder(path: Path) -> Holder | None:
    """Who the file says holds the lock; None where it says nobody."""
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _held(holder: Holder | None, subject: str) -> TrialError:
    who = "another window" if holder is None else f"{holder.actor} on {holder.host}, program {holder.pid}"
    found = f"open since {holder.since[:16]} by {who}" if holder else f"open in {who}"
    remedy = "go on in that window, or close it; where that computer has failed, take the item over with a reason"
    return TrialError(Issue("W22", Level.STOP, found, "an item that is open nowhere else", remedy, subject))


def _token() -> str:
    return secrets.token_hex(8)
