"""The panel of the diffusion core module: candidates one by one, volume of the core. Computes nothing."""

from slicer.i18n import tr as _

from strokequant.biomarkers.reader_edit import ONLY_PROPOSAL

from .candidatepanel import CandidatePanel
from .coretexts import candidateWords, liveText, partText, stageText, waitWords
from .coreviews import CoreViews, showDecisions
from .diffusioncore import DiffusionCore
from .imageform import ImageForm
from .imageinput import Answers, Images
from .livevolume import LiveVolume
from .shortcuts import KEYS


class CorePanel(CandidatePanel):
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
    """

    quietCodes = ONLY_PROPOSAL

    def __init__(self, ui, core: DiffusionCore):
        headers = (_("Core"), _("mL"), _("ADC"), _("Side"))
        self.form = ImageForm(ui)
        super().__init__(ui, core, CoreViews(), KEYS, headers, candidateWords)
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
        self.showCandidates()
        if self.core.isMeasured():
            showDecisions(self.core.segmentation(), self.core.decisions())

    def images(self) -> tuple[Images, Answers]:
        """DWI, b0 and ADC map of the scene; b value and unit as answered."""
        return self.form.images(), self.form.answers()
