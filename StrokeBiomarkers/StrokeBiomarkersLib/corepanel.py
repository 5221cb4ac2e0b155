"""The panel of the diffusion core module: candidates one by one, volume of the core. Computes nothing."""

from collections.abc import Callable

from slicer.i18n import tr as _

from strokequant.biomarkers.reader_edit import ONLY_PROPOSAL

from .candidatereview import CandidateReview
from .coretexts import candidateWords, liveText, partText, stageText, waitWords
from .coreviews import CoreViews, showDecisions
from .diffusioncore import DiffusionCore
from .imageform import ImageForm
from .imageinput import Answers, Images
from .livevolume import LiveVolume
from .readingpanel import ReadingPanel
from .shortcuts import KEYS


class CorePanel(ReadingPanel):
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
    """

    quietCodes = ONLY_PROPOSAL

    def __init__(self, ui, core: DiffusionCore):
        headers = (_("Core"), _("mL"), _("ADC"), _("Side"))
        self.review = CandidateReview(ui.reviewBox.layout(), self.onDecision, self.onJump, headers, candidateWords)
        self.form = ImageForm(ui)
        super().__init__(ui, core, CoreViews(), KEYS)
        self.connectWidgets()
        self.refresh()

    def partText(self, part: str) -> str:
        """What a series is used as."""
        return partText(part)

    def detailTitle(self) -> str:
        """Head of the column with b values."""
        return _("b (s/mm2)")

    def stageText(self, stage: str) -> str:
        """What is being done."""
        return stageText(stage)

    def waitWords(self) -> dict[str, str]:
        """What only this module waits for."""
        return waitWords()

    def measureNow(self) -> LiveVolume:
        """Volume of the core as it is now."""
        return self.core.live()

    def liveText(self, live: LiveVolume | None) -> str:
        """Volume and interval, or why there is none."""
        return liveText(live, self.core.record)

    def showReading(self) -> None:
        """DWI, ADC and overlay; the largest candidate is looked at."""
        self.refreshReading()
        nodes, brain = self.core.nodes, self.core.record.masks.get("brain")
        images = nodes.images.get("dwi"), nodes.maps.get("adc")
        self.views.showCase(*images, self.core.segmentation(), brain.values if brain else None)
        self.review.look(0)

    def showState(self) -> None:
        """Decisions on candidates, in the list and in the views."""
        candidates, decisions = self.core.candidates(), self.core.decisions()
        self.review.show(candidates, decisions)
        if self.core.isMeasured():
            showDecisions(self.core.segmentation(), decisions)
        ui = self.ui
        for button in (ui.previousButton, ui.nextButton, ui.acceptButton, ui.leaveButton):
            button.enabled = bool(candidates)

    def images(self) -> tuple[Images, Answers]:
        """DWI, b0 and ADC map of the scene; b value and unit as answered."""
        return self.form.images(), self.form.answers()

    def onDecision(self, label: int, accepted: bool) -> None:
        """Take a candidate or leave it."""
        if self.core.isMeasured() and self._live is not None and not self.work.isBusy:
            self.core.setAccepted(label, accepted)
            self.editor.forgetHistory()
        self.refreshReading()

    def onJump(self, label: int) -> None:
        """Look at a candidate."""
        if self.core.isMeasured():
            self.views.jump(self.core.pointOf(label))

    def connectWidgets(self) -> None:
        """The buttons of the list."""
        super().connectWidgets()
        ui = self.ui
        clicks = {
            ui.useImagesButton: self.onUseImages,
            ui.previousButton: lambda: self.review.step(-1),
            ui.nextButton: lambda: self.review.step(1),
            ui.acceptButton: lambda: self.review.decide(True),
            ui.leaveButton: lambda: self.review.decide(False),
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
