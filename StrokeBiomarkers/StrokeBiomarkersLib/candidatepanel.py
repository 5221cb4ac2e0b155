"""Panels of readings whose candidates are looked at one by one; and of those that compute on when a reader has changed something."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt

from strokequant.errors import StrokeQuantError
from strokequant.types import CaseRecord

from .candidatereview import CandidateReview
from .layouts import CaseViews
from .reading import Reading
from .readingpanel import ReadingPanel

SETTLE_MS = 900
"""After the last change: ranges and tables follow."""


class CandidatePanel(ReadingPanel):
    """A panel with a list of candidates.

    Args:
        ui, core, views, keys: as of `ReadingPanel`; the .ui file has the buttons of the list.
        headers, words: as of `CandidateReview`.
    """

    def __init__(
        self,
        ui,
        core: Reading,
        views: CaseViews,
        keys: Mapping[str, str],
        headers: Sequence[str],
        words: Callable[[Any], Sequence[str]],
    ):
        self.review = CandidateReview(ui.reviewBox.layout(), self.onDecision, self.onJump, headers, words)
        super().__init__(ui, core, views, keys)

    def onDecision(self, label: int, accepted: bool) -> None:
        """Take a candidate or leave it."""
        if self.core.isMeasured() and self._live is not None and not self.work.isBusy:
            self.decide(label, accepted)
        self.refreshReading()

    def decide(self, label: int, accepted: bool) -> None:
        """What a decision does."""
        self.core.setAccepted(label, accepted)
        self.editor.forgetHistory()

    def onJump(self, label: int) -> None:
        """Look at a candidate."""
        if self.core.isMeasured():
            self.views.jump(self.core.pointOf(label))

    def showCandidates(self) -> None:
        """List and its buttons as they are."""
        candidates, ui = self.core.candidates(), self.ui
        self.review.show(candidates, self.core.decisions())
        for button in (ui.previousButton, ui.nextButton, ui.acceptButton, ui.leaveButton):
            button.enabled = bool(candidates)

    def connectWidgets(self) -> None:
        """The buttons of the list."""
        super().connectWidgets()
        ui = self.ui
        clicks = {
            ui.previousButton: lambda: self.review.step(-1),
            ui.nextButton: lambda: self.review.step(1),
            ui.acceptButton: lambda: self.review.decide(True),
            ui.leaveButton: lambda: self.review.decide(False),
            ui.useImagesButton: self.onUseImages,
        }
        for button, call in clicks.items():
            button.connect("clicked(bool)", call)

    def _actions(self) -> dict[str, Callable[[], None]]:
        own = {
            "next": lambda: self.review.step(1),
            "previous": lambda: self.review.step(-1),
            "accept": lambda: self.review.decide(True),
            "leaveOut": lambda: self.review.decide(False),
        }
        return own | super()._actions()


class SettlingPanel(CandidatePanel):
    """A panel whose reading follows every change at once, and the rest of it when the hand rests: `core.settle`.

    Args:
        as of `CandidatePanel`.
    """

    def __init__(self, *args):
        self._settling = qt.QTimer()
        self._settling.singleShot = True
        self._settling.interval = SETTLE_MS
        self._settling.connect("timeout()", self.onSettle)
        super().__init__(*args)

    def showChanged(self) -> None:
        """Views and lists follow a change; a module adds its own."""
        self._settling.start()

    def isStale(self, before: CaseRecord) -> bool:
        """True where an older state of the voxels belongs to other outlines than those of now."""
        raise NotImplementedError

    def decide(self, label: int, accepted: bool) -> None:
        """Take a candidate or leave it; what is wrong is said in the panel."""
        self._do(lambda: self.core.setAccepted(label, accepted))

    def leave(self) -> None:
        """Another module is opened."""
        self._stopTimers()
        self._settle()
        super().leave()

    def sceneCloses(self) -> None:
        """The scene is about to be cleared."""
        self._stopTimers()
        super().sceneCloses()

    def sceneSaves(self) -> None:
        """What is in the scene is brought up to date."""
        self._settling.stop()
        self._settle()

    def onSettle(self) -> None:
        """Nothing was changed for a while: ranges and tables follow."""
        if not self.work.isBusy:
            self._settle()
            self.refreshReading()

    def onWrite(self) -> None:
        """Sign and write the record."""
        self._settling.stop()
        super().onWrite()

    def _do(self, change: Callable[[], Any]) -> bool:
        """Change something at once; what is wrong is said in the panel, and nothing was changed then.

        Returns:
            False where it could not be done.
        """
        before = self.core.record
        try:
            change()
        except StrokeQuantError as error:
            self._sayIssues(error.issues)
            return False
        if self.core.record is not before:
            self.say("")
            if not before.masks.get(self.core.structure):
                self._showMeasured()
            self.watch.start(self.core.segmentation())
            if self.isStale(before):
                self.editor.forgetHistory()
            self.showChanged()
            self.refreshReading()
        return True

    def _settle(self) -> None:
        if self.core.isMeasured():
            try:
                self.core.settle()
            except StrokeQuantError as error:
                self._sayIssues(error.issues)

    def _stopTimers(self) -> None:
        self._settling.stop()

    def _letGo(self) -> None:
        self._stopTimers()
        super()._letGo()
