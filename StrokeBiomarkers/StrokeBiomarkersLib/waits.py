"""What a step of a reading waits for: a key that the screen puts into words, and details in the words of the library."""

import os
from pathlib import Path
from typing import NamedTuple

from strokequant.errors import Issue


class Wait(NamedTuple):
    """Why a step cannot be taken; an empty key means that it can."""

    key: str = ""
    issues: tuple[Issue, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.key)


def writeWaits(*, isMeasured: bool, reader: str, out: str, volume: float | None, zeroConfirmed: bool) -> Wait:
    """Why the record cannot be signed: "measured", "unreadable", "reader", "zero", "output", "outputFile", "outputReadOnly", or nothing.

    Args:
        isMeasured: a proposal is shown.
        reader: code of the reader.
        out: output folder.
        volume: structure as it is now in mL, None where it cannot be read.
        zeroConfirmed: the reader says that there is none.
    """
    if not isMeasured:
        return Wait("measured")
    if volume is None:
        return Wait("unreadable")
    if not reader.strip():
        return Wait("reader")
    if volume == 0 and not zeroConfirmed:
        return Wait("zero")
    keys = {"": "", "missing": "output", "file": "outputFile", "read-only": "outputReadOnly"}
    return Wait(keys[outputProblem(out)])


def outputProblem(out: str) -> str:
    """Why a folder cannot be written: "missing", "file", "read-only", or nothing."""
    if not out.strip() or out == ".":
        return "missing"
    path = Path(out)
    while not path.exists() and path != path.parent:
        path = path.parent
    if not path.is_dir():
        return "file"
    return "" if os.access(path, os.W_OK) else "read-only"
