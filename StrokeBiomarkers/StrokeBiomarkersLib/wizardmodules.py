"""What is behind the steps of a guided reading: the module that measures a task, images that are only looked at, the outline of an infarct."""

from collections.abc import Callable
from typing import Any

import slicer

from strokequant.errors import Issue, Level, TrialError
from strokequant.sop.procedure import Action, Step

from .eyereading import EyeReading
from .eyeviews import EyeViews
from .infarctoutline import INFARCT
from .layouts import CaseViews, outlineOnly
from .reading import Reading
from .segmentwatch import SegmentWatch
from .structureeditor import StructureEditor
from .wizard import Wizard
from .wizardphantom import PHANTOM, PhantomGuide

OF_TASK = {
    "infarct_core": "StrokeDiffusionCore",
    "mismatch": "StrokePerfusionMismatch",
    "ich_volume": "StrokeHemorrhageVolume",
    "ht_class": "StrokeHemorrhageVolume",
    "phantom": "PhantomQC",
}
"""Module that measures a task; tasks that are not here are read by eye."""

BY_EYE = ("recanalization", "final_infarct")
MODULE = "StrokeBiomarkers"


class ReadingModules:
    """The module of the task that is read, or the images and the outline that need none.

    Args:
        onEdited: called without arguments when something was shown anew or drawn on.
        onDisposed: called without arguments when the panel of the module goes away.
        layout: gets the editor of the outline.
    """

    def __init__(self, onEdited: Callable[[], None], onDisposed: Callable[[], None], layout):
        self._onEdited, self._onDisposed = onEdited, onDisposed
        self.editor = StructureEditor(layout, INFARCT, MODULE)
        self._watch = SegmentWatch(onEdited)
        self._wizard: Wizard | None = None
        self._views: CaseViews | None = None
        self.panel: Any = None

    def coreOf(self, item: Any) -> Reading:
        """The reading that measures the task of an item, or that shows its images.

        Raises:
            TrialError: W62, the module is not there.
        """
        task = item.procedure.task
        if task in BY_EYE:
            self.panel = None
            return EyeReading(task)
        try:
            panel = slicer.util.getModuleWidget(OF_TASK[task]).panel
        except RuntimeError as error:
            found, remedy = f"no module {OF_TASK[task]}", "install the whole extension"
            issue = Issue("W62", Level.STOP, found, "the module of the task", remedy, item.id)
            raise TrialError(issue) from error
        self.panel = PhantomGuide(panel) if task == PHANTOM else panel
        return self.panel.core

    def moduleOf(self, step: Step | None) -> str:
        """Module that a step is done in; empty where the panel of the guided reading will do."""
        return step.module if step is not None else ""

    def needsEditor(self, step: Step | None) -> bool:
        """True in the step in which the reader outlines the infarct from nothing."""
        isOutlined = self._wizard is not None and self._wizard.outline is not None
        return isOutlined and step is not None and step.action is Action.SEGMENT and not step.module

    def guide(self, wizard: Wizard) -> None:
        """The procedure takes the panel of the module over."""
        self._wizard = wizard
        if self.panel is not None:
            self.panel.guide(True)
            _offerEarlier(self.panel, wizard.item.trial is None)
            self.panel.followers.append(self._onEdited)
            self.panel.disposers.append(self._onDisposed)

    def showCase(self) -> None:
        """The case was opened and measured: show it."""
        if self.panel is not None:
            self.panel.showCase()
            self._views = self.panel.views
        else:
            self._showImages()
        outline = self._wizard.outline
        if outline is not None:
            self.editor.show(outline.node, outline.image)
            outlineOnly(outline.node, (INFARCT,))
            self._watch.start(outline.node)

    def showViews(self) -> None:
        """Images of the case stay in the views, whichever panel is open."""
        if self._views is not None:
            self._views.enter()

    def enter(self) -> None:
        """The panel of the guided reading is open: its editor takes the mouse of the views."""
        if self._wizard is not None and self._wizard.outline is not None:
            self.editor.enter()

    def leave(self) -> None:
        """The panel of a module is open."""
        self.editor.leave()

    def freeze(self, frozen: bool) -> None:
        """What is submitted or signed cannot be edited."""
        if frozen:
            self.editor.use("")
        if self.panel is not None:
            self.panel.freeze(frozen)

    def release(self, *, forget: bool) -> None:
        """Give the panel of the module back to the reader, and let go of images and outline.

        Args:
            forget: remove the nodes of the case; else the scene was cleared.
        """
        wizard, self._wizard = self._wizard, None
        panel, self.panel = self.panel, None
        if wizard is None:
            return
        self._watch.stop()
        self.editor.clear()
        if wizard.outline is not None and forget:
            wizard.outline.remove()
        if self._views is not None:
            self._views.leave()
            self._views = None
        if panel is not None:
            panel.followers.remove(self._onEdited)
            panel.disposers.remove(self._onDisposed)
            panel.freeze(False)
            panel.letGo(forget=forget)
            _offerEarlier(panel, True)
            panel.guide(False)
        else:
            (wizard.core.forget if forget else wizard.core.drop)()
            wizard.core.close()

    def dispose(self) -> None:
        """Before the panel of the guided reading goes away."""
        self.editor.dispose()

    def stageText(self, stage: str) -> str:
        """What is being done, in the words of the module."""
        return self.panel.stageText(stage) if self.panel is not None else stage

    def _showImages(self) -> None:
        images = self._wizard.core.images()
        if images and slicer.app.layoutManager() is not None:
            used = {series.modality for series in self._wizard.core.case.series}
            self._views = EyeViews(len(images))
            self._views.showImages(images, isCt=used == {"CT"} and self._wizard.procedure.task == "final_infarct")


def _offerEarlier(panel: Any, offered: bool) -> None:
    """In a trial the study manager names what a case is compared with, and nobody else."""
    if hasattr(panel, "offerEarlier"):
        panel.offerEarlier(offered)
