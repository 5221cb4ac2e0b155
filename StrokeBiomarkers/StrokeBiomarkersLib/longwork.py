"""Work that takes a while, in the panel itself: a bar, a word, a Cancel button; nothing modal.

The application goes on answering between two steps of the work. What may be clicked meanwhile is the owner's business.
"""

import time
from collections.abc import Callable

import slicer

from .reading import CancelledError, Progress

REFRESH_S = 0.05
"""Pause between two looks at the application, so that reading thousands of files is not slowed down."""


class LongWork:
    """One work at a time.

    Args:
        box: holds bar and button; hidden while nothing is done.
        bar: QProgressBar.
        cancelButton: QPushButton.
        words: turns the library's word for a step into one for the screen.
    """

    def __init__(self, box, bar, cancelButton, words: Callable[[str], str]):
        self._box, self._bar, self._words = box, bar, words
        self._canceled, self._last = False, 0.0
        self.isBusy = False
        self._show(False)
        cancelButton.connect("clicked(bool)", self.cancel)

    def run(self, work: Callable[[Progress], None]) -> bool:
        """Do it.

        Returns:
            False where the reader canceled.
        """
        self.isBusy, self._canceled, self._last = True, False, 0.0
        self._show(True)
        try:
            work(self._progress)
        except CancelledError:
            return False
        finally:
            self.isBusy = False
            self._show(False)
        return True

    def cancel(self) -> None:
        """Stop at the next step."""
        self._canceled = True

    def _progress(self, done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= REFRESH_S or done == total:
            self._last = now
            self._bar.maximum = max(total, 1)
            self._bar.value = done
            self._bar.format = self._words(text)
            slicer.app.processEvents()
        if self._canceled:
            raise CancelledError

    def _show(self, busy: bool) -> None:
        self._box.visible = busy
