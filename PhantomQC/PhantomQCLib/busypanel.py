"""What every action of the panel goes through: one thing at a time, with a bar; what goes wrong is said in the panel."""

from collections.abc import Callable

import slicer
from slicer.i18n import tr as _

from StrokeBiomarkersLib.issuetexts import issueText
from StrokeBiomarkersLib.longwork import LongWork
from StrokeBiomarkersLib.requirements import RequirementsError, ensureRequirements
from StrokeBiomarkersLib.waits import Wait
from strokequant.errors import Issue, StrokeQuantError

from .phantomtexts import stageText, waitText


class BusyPanel:
    """A panel that does one thing at a time.

    Args:
        ui: widgets of the .ui file by name.
        core: has `module`.
    """

    def __init__(self, ui, core):
        self.ui, self.core = ui, core
        self.work = LongWork(ui.progressBox, ui.progressBar, ui.cancelButton, stageText)

    def boxes(self) -> tuple:
        """Parts of the panel that wait while something is done."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show everything as it is."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Say something in the panel; an empty text hides it."""
        self.ui.statusLabel.text = text
        self.ui.statusLabel.visible = bool(text)

    def run(self, work) -> bool:
        """Do one thing; what is wrong with the input is said in the panel.

        Returns:
            True where it was done.
        """
        self.say("")
        done = False
        try:
            with slicer.util.tryWithErrorDisplay(_("Unexpected failure; nothing was changed."), waitCursor=True):
                done = self._begin(work)
        finally:
            self.refresh()
        return done

    def _begin(self, work) -> bool:
        for box in self.boxes():
            box.enabled = False
        self.showButton(self.ui.computeButton, Wait("busy"), "")
        try:
            done = self.work.run(work)
        except StrokeQuantError as error:
            self.sayIssues(error.issues)
            return False
        if not done:
            self.say(_("Canceled; nothing was changed."))
        return done

    def attempt(self, work: Callable[[], bool]) -> bool:
        """Do something short; what is wrong is said in the panel."""
        try:
            return bool(work())
        except StrokeQuantError as error:
            self.sayIssues(error.issues)
            return False

    def mustWait(self, wait: Wait) -> bool:
        """A key was pressed, or something has changed since the button was shown: say what is missing."""
        if self.work.isBusy:
            return True
        if wait:
            self.say(waitText(wait))
            self.refresh()
        return bool(wait)

    def ensure(self) -> bool:
        """True where all packages are there; one that is missing is asked for."""
        try:
            ensureRequirements(self.core.module)
        except RequirementsError as error:
            self.say(_("Packages are missing: {names}").format(names=error))
            return False
        return True

    def showButton(self, button, wait: Wait, ready: str) -> None:
        """A button that can be used, or says what it waits for."""
        button.enabled = not wait
        button.toolTip = waitText(wait) if wait else ready

    def sayIssues(self, issues) -> None:
        """Say what was found, and what to do."""
        self.say("\n".join(issueText(issue) for issue in dict.fromkeys(issues) if isinstance(issue, Issue)))
