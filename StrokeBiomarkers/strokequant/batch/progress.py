"""Progress on stderr: one bar that redraws on a terminal, plain lines otherwise, nothing when quiet."""

import sys
import time
from typing import TextIO

_REDRAW_S = 0.1


class Progress:
    """Says what is being done; results never go through it.

    Args:
        stream: where to write, stderr by default.
        quiet: write messages only, no progress.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False):
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._terminal = self._stream.isatty()
        self._drawn = 0
        self._last = 0.0

    def step(self, done: int, total: int, text: str) -> None:
        """One unit of work is done, out of `total` (0 where that is not known)."""
        if self._quiet or (self._terminal and time.monotonic() - self._last < _REDRAW_S and done < total):
            return
        self._last = time.monotonic()
        if self._terminal:
            self._draw(f"{_bar(done, total)} {text}")
        elif total and done == total:
            self._stream.write(f"{text}: {done} of {total}\n")

    def line(self, text: str) -> None:
        """A line of progress that stays."""
        if not self._quiet:
            self.message(text)

    def message(self, text: str) -> None:
        """A line that is shown even when quiet: a warning or an error."""
        self._draw("")
        self._stream.write(text + "\n")
        self._stream.flush()

    def _draw(self, text: str) -> None:
        if self._terminal:
            self._stream.write("\r" + text.ljust(self._drawn) + ("\r" if not text else ""))
            self._stream.flush()
            self._drawn = len(text)


def _bar(done: int, total: int, width: int = 24) -> str:
    if not total:
        return f"{done:>6}"
    filled = int(width * done / total)
    return f"[{'#' * filled}{'.' * (width - filled)}] {done}/{total}"
