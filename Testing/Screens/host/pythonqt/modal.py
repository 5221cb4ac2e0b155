"""Dialogs that wait for a person: recorded and answered, never shown.

A message box with only an OK or Close button is answered by itself. Every other one, and every file or input dialog, takes its answer
from `answers`; without one it raises, because in the application it would wait for ever.
"""

import dataclasses

from PySide6 import QtWidgets


@dataclasses.dataclass(frozen=True)
class Shown:
    """One dialog as a person would have seen it."""

    kind: str
    title: str
    text: str
    details: str = ""
    answer: object = None


shown: list[Shown] = []
answers: list[object] = []


def reset() -> None:
    """Forget what was shown and what was to be answered."""
    shown.clear()
    answers.clear()


def take(kind: str, title: str, text: str, details: str = "", otherwise: object = None) -> object:
    """Record a dialog; return the next answer, else `otherwise`."""
    if answers:
        answer = answers.pop(0)
    elif otherwise is not None:
        answer = otherwise
    else:
        shown.append(Shown(kind, title.strip(), text, details))
        raise RuntimeError(
            f"{kind} {title.strip()!r} would wait for a person ({text!r}): put an answer in host.answers"
        )
    shown.append(Shown(kind, title.strip(), text, details, answer))
    return answer


def _execute_message(self):
    box = QtWidgets.QMessageBox
    buttons = self.standardButtons
    alone = {box.NoButton: box.Ok, box.Ok: box.Ok, box.Close: box.Close}
    own = [
        one
        for one in self.buttons()
        if self.standardButton(one) == box.NoButton and not one.text.startswith("Show Details")
    ]
    otherwise = None if own else next((a for b, a in alone.items() if buttons == b), None)
    answer = take(type(self).__name__, self.windowTitle, self.text, self.detailedText, otherwise)
    for button in own:
        if button.text == answer:
            button.click()
            return 0
    return answer


def _execute_dialog(self):
    return take(type(self).__name__, self.windowTitle, getattr(self, "text", ""))


def _static_message(kind, otherwise):
    def show(parent, title, text, *rest):
        simple = otherwise if not rest or rest[0] == QtWidgets.QMessageBox.Ok else None
        return take(kind, title, text, otherwise=simple)

    return staticmethod(show)


def _static_file(kind):
    def show(parent=None, caption="", *rest):
        return take(kind, caption, "")

    return staticmethod(show)


def install(qt) -> None:
    """Replace everything in Qt that blocks on a person."""
    for name in ("exec", "exec_"):
        setattr(QtWidgets.QDialog, name, _execute_dialog)
        setattr(QtWidgets.QMessageBox, name, _execute_message)
        setattr(QtWidgets.QMenu, name, lambda self, *where: take("QMenu", self.title, ""))
    box = QtWidgets.QMessageBox
    for name in ("information", "warning", "critical", "about"):
        setattr(box, name, _static_message(f"QMessageBox.{name}", box.Ok))
    box.question = _static_message("QMessageBox.question", None)
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        setattr(QtWidgets.QFileDialog, name, _static_file(f"QFileDialog.{name}"))
    for name in ("getText", "getInt", "getDouble", "getItem", "getMultiLineText"):
        setattr(QtWidgets.QInputDialog, name, _static_file(f"QInputDialog.{name}"))
