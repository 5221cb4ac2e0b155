"""Scoring of a test by the study manager, in the training mode: sealed answers, score, certificate. The library scores."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from slicer.i18n import tr as _

from strokequant.record.files import write_bytes
from strokequant.sop.shipped import shipped_titles
from strokequant.trial.certificate import certificate, score_line, score_name
from strokequant.trial.training import Attempt, take_test
from strokequant.trial.training_score import ProcedureTest, TrainingAnswer, shipped_tasks
from strokequant.trial.trial_folder import Trial


class ScoreBox:
    """The section "Score a test".

    Args:
        ui: widgets of the .ui file by name.
        onChanged: called without arguments when a field has changed.
        onScore: called without arguments when the button is pressed.
    """

    def __init__(self, ui, onChanged: Callable[[], None], onScore: Callable[[], None]):
        self.ui = ui
        self.names = sorted(shipped_tasks())
        ui.testBox.connect("currentIndexChanged(int)", lambda *ignored: onChanged())
        for path in (ui.managerKeyPath, ui.certificatePath):
            path.connect("currentPathChanged(QString)", lambda *ignored: onChanged())
        ui.managerPassphraseEdit.connect("textChanged(QString)", lambda *ignored: onChanged())
        ui.managerPassphraseEdit.connect("returnPressed()", onScore)
        ui.scoreButton.connect("clicked(bool)", lambda *ignored: onScore())

    def fill(self, language: str) -> None:
        """Name the tests."""
        titles, tasks = shipped_titles(), shipped_tasks()
        for name in self.names:
            title = titles[tasks[name]].in_language(language)
            self.ui.testBox.addItem(title if name == tasks[name] else f"{title} ({name})")

    def clear(self) -> None:
        """Forget result and passphrase: another reader may look at the list next."""
        self.ui.scoreLabel.text = self.ui.managerPassphraseEdit.text = ""

    def wait(self, reader: str) -> str:
        """What is missing; empty where a test can be scored."""
        ui, path = self.ui, Path(self.ui.certificatePath.currentPath.strip())
        if not reader:
            return _("Waits for the list of training cases")
        if not ui.managerKeyPath.currentPath.strip():
            return _("Waits for the key file of the study manager")
        if not ui.certificatePath.currentPath.strip():
            return _("Waits for a file for the certificate")
        if path.exists() or not os.access(path.parent, os.W_OK):
            return _("The certificate needs a new file, in a folder that can be written")
        return "" if ui.managerPassphraseEdit.text else _("Waits for the passphrase")

    def score(self, trial: Trial, reader: str, *, now: datetime, language: str) -> Attempt:
        """Score the test, show the result, and write the certificate.

        Raises:
            StrokeQuantError: as `take_test`; RecordError O01, the certificate cannot be written, though the attempt is kept.
        """
        ui = self.ui
        secret, ui.managerPassphraseEdit.text = ui.managerPassphraseEdit.text, ""
        ui.scoreLabel.text = ""
        own = {"key": Path(ui.managerKeyPath.currentPath.strip()), "passphrase": secret}
        attempt = take_test(trial, reader=reader, task=self.names[ui.testBox.currentIndex], now=now, **own)
        path = Path(ui.certificatePath.currentPath.strip())
        ui.scoreLabel.text = "\n".join(_lines(attempt, language))
        write_bytes(path, certificate(trial, attempt))
        ui.scoreLabel.text += "\n" + _("The certificate is written: {name}").format(name=path.name)
        return attempt


def _lines(attempt: Attempt, language: str) -> list[str]:
    result = attempt.result
    head = _("Passed") if result.passed else _("Not passed")
    lines = [_("{reader}: {outcome}, {count} cases").format(reader=attempt.reader, outcome=head, count=result.cases)]
    if not result.enough:
        lines.append(_("Too few cases, or too few with a wrong proposal"))
    for one in result.scores:
        mark = "✓" if one.met else "✗"
        value, limit = score_line(one)
        lines.append(f"{mark} {score_name(one, language)}: {value} ({limit})")
    return lines + [_caseLine(attempt.test, one) for one in attempt.answers]


def _caseLine(test: ProcedureTest, answer: TrainingAnswer) -> str:
    """What was expected of a case and what was signed."""
    if test.classes:
        expected, given = answer.truth_class, answer.value_class
    else:
        expected, given = f"{answer.truth:.1f} mL", "" if answer.value is None else f"{answer.value:.1f} mL"
    words = {"case": answer.item, "expected": expected, "given": given or _("no answer")}
    text = _("{case}: expected {expected}, signed {given}").format(**words)
    wrong = _(" (the proposal was wrong)") if answer.trap else ""
    return f"{'✓' if test.is_within(answer) else '✗'} {text}{wrong}"
