"""Modules behind the steps of a guided reading: which one measures a task, which one a step is done in, and what is shown of it meanwhile."""

from collections.abc import Callable
from typing import Any

import slicer

from strokequant.errors import Issue, Level, TrialError
from strokequant.sop.procedure import Step

from .reading import Reading
from .wizard import Wizard

OF_TASK = {
    "infarct_core": "StrokeDiffusionCore",
    "mismatch": "StrokePerfusionMismatch",
    "ich_volume": "StrokeHemorrhageVolume",
    "ht_class": "StrokeHemorrhageVolume",
}
"""Module that measures a task."""


class ReadingModules:
    """The module of the task that is read.

    Args:
        onEdited: called without arguments when the panel of the module was shown anew.
        onDisposed: called without arguments when that panel goes away.
    """

    def __init__(self, onEdited: Callable[[], None], onDisposed: Callable[[], None]):
        self._onEdited, self._onDisposed = onEdited, onDisposed
        self.panel: Any = None
        self.name = ""

    def coreOf(self, item: Any) -> Reading:
        """The reading of the module that measures the task of an item.

        Raises:
            TrialError: W62, the module is not there.
        """
        task = item.procedure.task
        self.name = OF_TASK.get(task, "")
        try:
            self.panel = slicer.util.getModuleWidget(self.name).panel
        except RuntimeError as error:
            found, remedy = f"no module {self.name or task}", "install the whole extension"
            issue = Issue("W62", Level.STOP, found, "the module of the task", remedy, item.id)
            raise TrialError(issue) from error
        return self.panel.core

    def moduleOf(self, step: Step | None) -> str:
        """Module that a step is done in; empty where the panel of the guided reading will do."""
        return step.module if step is not None else ""

    def guide(self, wizard: Wizard) -> None:
        """The procedure takes the panel of the module over."""
        self.panel.guide(True)
        self.panel.followers.append(self._onEdited)
        self.panel.disposers.append(self._onDisposed)

    def showCase(self) -> None:
        """The case was opened and measured: show it."""
        self.panel.showCase()

    def showViews(self) -> None:
        """Images of the case stay in the views, whichever panel is open."""
        if self.panel is not None and self.panel.core.isMeasured():
            self.panel.views.enter()

    def freeze(self, frozen: bool) -> None:
        """What is submitted or signed cannot be edited."""
        if self.panel is not None:
            if frozen:
                self.panel.editor.use("")
            self.panel.ui.readingBox.enabled = not frozen

    def release(self, *, forget: bool) -> None:
        """Give the panel of the module back to the reader.

        Args:
            forget: remove the nodes of the case; else the scene was cleared.
        """
        panel, self.panel = self.panel, None
        if panel is None:
            return
        panel.followers.remove(self._onEdited)
        panel.disposers.remove(self._onDisposed)
        panel.ui.readingBox.enabled = True
        panel.letGo(forget=forget)
        panel.guide(False)

    def stageText(self, stage: str) -> str:
        """What is being done, in the words of the module."""
        return self.panel.stageText(stage) if self.panel is not None else stage
