"""Errors that no caller sees: in a slot, a timer or a VTK observer. Slicer prints them and goes on; here they fail the test."""

import contextlib
import sys
import traceback


class Errors:
    """Takes what is printed to nobody. `sys.excepthook` is where PySide6 and VTK report it."""

    def __init__(self):
        self.caught: list[BaseException] = []
        self._before = None

    def start(self):
        """Begin to take errors."""
        self.caught.clear()
        self._before = sys.excepthook
        sys.excepthook = self._take

    def stop(self):
        """End to take errors."""
        sys.excepthook = self._before

    def _take(self, kind, value, trace):
        self.caught.append(value)

    @contextlib.contextmanager
    def expected(self, kind, match: str = ""):
        """Require that an error of a kind, with a text in it, is raised in a slot inside this block; it does not fail the test."""
        before = len(self.caught)
        yield
        fitting = [one for one in self.caught[before:] if isinstance(one, kind) and match in str(one)]
        assert fitting, f"no {kind.__name__} with {match!r} was raised in a slot, but {self.caught[before:]}"
        for one in fitting:
            self.caught.remove(one)

    def report(self) -> str:
        """Return the errors with their traces."""
        return "\n".join("".join(traceback.format_exception(one)) for one in self.caught)
