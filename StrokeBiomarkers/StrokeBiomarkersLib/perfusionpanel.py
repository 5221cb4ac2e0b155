"""The panel of the perfusion module: artery and vein, maps, candidates, mismatch, trial criteria. Computes nothing."""

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from strokequant.errors import UsageError
from strokequant.perfusion_types import Vessel
from strokequant.types import CaseRecord, Series

from .candidatepanel import SettlingPanel
from .clinicalform import ClinicalForm
from .imageform import ImageForm, positiveOf, timesOf
from .imageinput import Answers, Images
from .issuetexts import issueText
from .numbertables import CriteriaTable, NumbersTable
from .perfusionmismatch import LiveMismatch, PerfusionMismatch
from .perfusiontexts import candidateWords, liveText, partText, stageText, timesText, waitWords
from .perfusionviews import CHOICES, DIFFUSION, PerfusionViews
from .pointwatch import PointWatch
from .shortcuts import PERFUSION_KEYS
from .vesselmarks import rasOf
from .vesseltable import VesselTable
from .waits import Wait

SIDES = ("", "left", "right")


class PerfusionPanel(SettlingPanel):
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
    """

    quietCodes = ("S05",)

    def __init__(self, ui, core: PerfusionMismatch):
        headers = (_("Lesion"), _("mL"), _("Tmax (s)"), _("Side"))
        self.vessels = VesselTable(ui.vesselTableBox.layout(), self.onVessel, self.refreshVessels)
        self.numbers = NumbersTable(ui.numbersBox.layout())
        self.facts = ClinicalForm(ui.factsBox.layout(), self.onFacts)
        self.criteria = CriteriaTable(ui.criteriaTableBox.layout())
        self.points = PointWatch(self.onPoint)
        self.choice, self.drawsCore = "cbf", False
        self.form = ImageForm(ui)
        super().__init__(ui, core, PerfusionViews(core.structure), PERFUSION_KEYS, headers, candidateWords)
        for word in (_("automatic"), _("left"), _("right")):
            ui.sideBox.addItem(word)
        self.connectWidgets()
        self.refresh()

    # What the module says

    def partText(self, part: str) -> str:
        """What a series is used as."""
        return partText(part)

    def detailTitle(self) -> str:
        """Head of the column with frames and step."""
        return _("Frames")

    def stageText(self, stage: str) -> str:
        """What is being done."""
        return stageText(stage)

    def waitWords(self) -> dict[str, str]:
        """What only this module waits for."""
        return waitWords()

    def boxes(self) -> tuple:
        """Parts of the panel that wait while something is done."""
        return (*super().boxes(), self.ui.vesselBox, self.ui.criteriaBox)

    def auditLines(self, series: Series) -> list[str]:
        """Geometry and times."""
        times = self.core.timeAudits.get(series.key)
        if times is None:
            return super().auditLines(series)
        issues = [issue for issue in times.issues if issue not in series.issues]
        return [*super().auditLines(series), f"  {timesText(times)}", *(f"  {issueText(issue)}" for issue in issues)]

    def measureNow(self) -> LiveMismatch:
        """The numbers as they are now."""
        before = self.core.record
        live = self.core.live()
        if self.core.record is not before:
            self.showChanged()
        return live

    def liveText(self, live: LiveMismatch | None) -> str:
        """Volume of the lesion, or why there is none."""
        return liveText(live.volume if live is not None else None, self.core.record)

    def isStale(self, before: CaseRecord) -> bool:
        """True where lesions are those of other maps or decisions."""
        return _lesionsOf(self.core.record) is not _lesionsOf(before)

    def showReading(self) -> None:
        """Maps, mismatch and curves; the largest candidate is looked at, the lesion can be drawn on."""
        self.onStructure(False)
        self._showViews()
        self.refreshReading()
        self.review.look(0)

    def showState(self) -> None:
        """Numbers, candidates, criteria."""
        core, live = self.core, self._live
        perfusion = core.record.perfusion if core.isMeasured() else None
        self.numbers.show(live.numbers if live is not None else (), perfusion.lesions.core_source if perfusion else "")
        self.criteria.show(perfusion.rules if perfusion and live is not None and live.numbers else ())
        self.showCandidates()
        self._showButtons()

    # Coming and going

    def nodeRemoved(self) -> None:
        """A node was removed, perhaps one of the reading."""
        super().nodeRemoved()
        if self.core.nodes is not None:
            self.points.start(self.core.marks.present().values())

    def resume(self) -> None:
        """Go on with a reading that the scene brought along."""
        super().resume()
        self._showAnswers()

    # Choosing

    def images(self) -> tuple[Images, Answers]:
        """Perfusion, DWI, b0 and ADC map of the scene; what was stated about them."""
        return self.form.images(), self.form.answers()

    def onCase(self, index: int) -> None:
        """Take another case."""
        super().onCase(index)
        self._showAnswers()

    def onStep(self) -> None:
        """Times of frames and echo time, of images that do not say them."""
        try:
            given = {"times_s": timesOf(self.ui.stepEdit.text), "echo_time_ms": positiveOf(self.ui.echoEdit.text)}
        except ValueError:
            self.say(_("This is no number above 0; nothing was changed"))
            return
        given = {name: value for name, value in given.items() if value != getattr(self.core.answers, name)}
        if given:
            self.say("")
            self.core.answer(**given)
        self.refresh()

    def onCompute(self) -> None:
        """Measure the case; without an artery the reader is asked to choose one."""
        super().onCompute()
        if self.core.nodes is not None and not self.core.isMeasured() and self.core.canChange():
            self._showViews()
            hint = _("Drag the point AIF onto an artery, or choose a candidate: the maps follow.")
            self.say(f"{hint}\n{self.ui.statusLabel.text}")
            self.refresh()
        self._showAnswers()

    def onBaseline(self, automatic: bool = False) -> None:
        """Compute again with other baseline frames."""
        first, last = self.ui.baselineFirst.value, self.ui.baselineLast.value
        before, record = self.core.answers.baseline, self.core.record
        self.core.answer(baseline=None if automatic else (first - 1, max(last, first)))
        self.onCompute()
        if self.core.record is record:
            self.core.answer(baseline=before)
            self._showAnswers()

    def onLeakage(self, on: bool) -> None:
        """Compute again with or without the correction of leakage."""
        if on == self.core.correctsLeakage():
            return
        before, record = self.core.answers.leakage_correction, self.core.record
        self.core.answer(leakage_correction=on)
        self.onCompute()
        if self.core.record is record:
            self.core.answer(leakage_correction=before)
            self._showAnswers()

    # Reading

    def onPoint(self) -> None:
        """A reader moves the point of a vessel."""
        for vessel in Vessel:
            if not self.work.isBusy and not self._do(lambda vessel=vessel: self.core.moveVessel(vessel)):
                self.core.marks.putBack(vessel)

    def onVessel(self, vessel: Vessel, number: int) -> None:
        """Take a candidate of the list; 0 is the automatic choice."""
        if self.core.canChange() and not self.work.isBusy:
            self._do(lambda: self.core.chooseVessel(vessel, number))
            self.onLook(vessel)

    def onUse(self) -> None:
        """Take the candidate that is looked at."""
        row = self.vessels.current()
        if row is not None and row.number:
            self.onVessel(row.vessel, row.number)

    def onAutomatic(self) -> None:
        """Go back to what was found, for the vessel that is looked at."""
        row = self.vessels.current()
        self.onVessel(row.vessel if row is not None else Vessel.AIF, 0)

    def onLook(self, vessel: Vessel | None = None) -> None:
        """Bring the views to a vessel."""
        row = self.vessels.current()
        vessels = self.core.record.perfusion.vessels if self.core.canChange() and self.core.record else None
        if vessel is not None and vessels is not None:
            curve = getattr(vessels, vessel)
        else:
            curve = row.curve if row is not None else None
        if curve is not None and self.core.nodes is not None:
            self.views.jump(rasOf(curve, self.core.geometry()))

    def onSide(self, index: int) -> None:
        """Another affected side."""
        if self.core.canChange() and 0 <= index < len(SIDES) and SIDES[index] != self.core.answers.affected:
            self._do(lambda: self.core.change(affected=SIDES[index]))
        self._showAnswers()

    def onStructure(self, core: bool) -> None:
        """Draw on the core, or on the lesion."""
        name = self.core.coreSegment()
        self.drawsCore = core and bool(name)
        structure = name if self.drawsCore else self.core.structure
        self.editor.choose(structure)
        if self.core.isMeasured():
            self.views.showEdited(self.core.segmentation(), structure)
        self._showButtons()

    def onMap(self, name: str) -> None:
        """Show another map in the first view."""
        self.choice = name
        if self.core.nodes is not None:
            self.views.showMap(self.core.nodes, name)
        self._showButtons()

    def onOverlay(self, on: bool) -> None:
        """Diffusion over perfusion."""
        self.views.showDiffusion(self.core.nodes, on)
        self._showButtons()

    def onConfirm(self, on: bool) -> None:
        """The reader has checked the overlay."""
        if self.core.canChange() and on != self.core.answers.overlay_confirmed:
            self._do(lambda: self.core.change(overlay_confirmed=on))
        self.refreshWrite()

    def onFacts(self, *ignored) -> None:
        """Clinical facts were entered."""
        try:
            facts = self.facts.facts()
        except UsageError as error:
            self._sayIssues(error.issues)
            return
        if facts == self.core.answers.clinical:
            return
        if not self.core.isMeasured():
            self.core.answer(clinical=facts)
        elif self.core.canChange():
            self._do(lambda: self.core.change(clinical=facts))
        else:
            self._mustWait(Wait("files"))
            self._showAnswers()

    # Showing

    def refresh(self) -> None:
        """Show everything as it is."""
        super().refresh()
        self.refreshVessels()

    def refreshVessels(self) -> None:
        """List of vessels, and what can be done with them."""
        record, ui = self.core.record, self.ui
        perfusion = record.perfusion if record is not None and self.core.nodes is not None else None
        self.vessels.show(perfusion.vessels if perfusion is not None else None)
        wait = Wait("busy") if self.work.isBusy else Wait() if self.core.canChange() else self._curvesWait()
        row = self.vessels.current()
        chosen = wait or (Wait() if row is not None and row.number else Wait("candidate"))
        looked = wait or (Wait() if row is not None else Wait("candidate"))
        keys = self.keys
        self._wait(ui.useVesselButton, chosen, _("Take this candidate ({key})").format(key=keys["useVessel"]))
        self._wait(ui.lookVesselButton, looked, _("Look at this vessel ({key})").format(key=keys["lookVessel"]))
        self._wait(ui.automaticButton, wait, _("Go back to what was found ({key})").format(key=keys["automatic"]))
        self._wait(ui.baselineButton, wait, _("Compute again with this baseline"))
        self._wait(ui.baselineAutomaticButton, wait, _("Compute again with the baseline that is found"))
        leakage = wait or (Wait() if perfusion is not None and perfusion.kind == "dsc" else Wait("notDsc"))
        self._wait(
            ui.leakageBox,
            leakage,
            _("Correct for leaked contrast agent, and compute again; delayed tissue looks like leakage"),
        )
        self._wait(ui.sideBox, wait, _("Side of the lesion ({key}: next)").format(key=keys["side"]))

    def showChanged(self) -> None:
        """Colors, curves and points follow a change."""
        core = self.core
        self.views.showColors(core.nodes, core.record)
        self.views.showCurves(core.curves.chart)
        self.points.start(core.marks.present().values())
        self.refreshVessels()
        super().showChanged()

    def connectWidgets(self) -> None:
        """The widgets of this module."""
        super().connectWidgets()
        ui = self.ui
        clicks = {
            ui.lesionButton: lambda: self.onStructure(False),
            ui.coreButton: lambda: self.onStructure(True),
            ui.useVesselButton: self.onUse,
            ui.lookVesselButton: lambda: self.onLook(),
            ui.automaticButton: self.onAutomatic,
            ui.baselineButton: lambda: self.onBaseline(),
            ui.baselineAutomaticButton: lambda: self.onBaseline(automatic=True),
        }
        clicks |= {button: lambda name=name: self.onMap(name) for name, button in self._mapButtons().items()}
        for button, call in clicks.items():
            button.connect("clicked(bool)", call)
        ui.overlayButton.connect("toggled(bool)", self.onOverlay)
        ui.overlayConfirmBox.connect("toggled(bool)", self.onConfirm)
        ui.sideBox.connect("currentIndexChanged(int)", self.onSide)
        ui.leakageBox.connect("toggled(bool)", self.onLeakage)
        for edit in (ui.stepEdit, ui.echoEdit):
            edit.connect("editingFinished()", self.onStep)

    def _actions(self) -> dict[str, Callable[[], None]]:
        own = {name: lambda name=name: self.onMap(name) for name in CHOICES}
        own |= {
            "nextVessel": lambda: self.vessels.step(1),
            "useVessel": self.onUse,
            "lookVessel": self.onLook,
            "automatic": self.onAutomatic,
            "side": lambda: self.ui.sideBox.setCurrentIndex((self.ui.sideBox.currentIndex + 1) % len(SIDES)),
            "structure": lambda: self.onStructure(not self.drawsCore),
            "overlay": lambda: self.ui.overlayButton.click(),
            "confirm": lambda: self.ui.overlayConfirmBox.click(),
        }
        return own | super()._actions()

    def _mapButtons(self) -> dict[str, Any]:
        ui = self.ui
        buttons = (ui.imageButton, ui.cbfButton, ui.cbvButton, ui.mttButton, ui.tmaxButton)
        return dict(zip(CHOICES, buttons, strict=True))

    def _stopTimers(self) -> None:
        super()._stopTimers()
        self.points.stop()

    def _showCases(self) -> None:
        super()._showCases()
        self._showAnswers()

    def _showViews(self) -> None:
        core = self.core
        segmentation = core.segmentation() if core.isMeasured() else None
        self.views.showCase(core.nodes, core.record, segmentation, self.choice)
        self.views.showDiffusion(core.nodes, self.ui.overlayButton.checked)
        self.views.showCurves(core.curves.chart)
        self.points.start(core.marks.present().values())

    def _showAnswers(self) -> None:
        """Fields as the reading has them."""
        ui, answers = self.ui, self.core.answers
        side = SIDES.index(answers.affected)
        if ui.sideBox.currentIndex != side:
            ui.sideBox.setCurrentIndex(side)
        if ui.leakageBox.checked != self.core.correctsLeakage():
            ui.leakageBox.checked = self.core.correctsLeakage()
        if ui.overlayConfirmBox.checked != answers.overlay_confirmed:
            ui.overlayConfirmBox.checked = answers.overlay_confirmed
        self.facts.show(answers.clinical)
        for edit, said in ((ui.stepEdit, answers.times_s), (ui.echoEdit, answers.echo_time_ms)):
            numbers = said if isinstance(said, tuple) else () if said is None else (said,)
            edit.text = " ".join(f"{number:g}" for number in numbers)
        record = self.core.record
        bolus = record.perfusion.bolus if record is not None and record.perfusion is not None else None
        if bolus is not None:
            for box, frame in ((ui.baselineFirst, bolus.first + 1), (ui.baselineLast, bolus.last)):
                box.maximum = len(record.perfusion.times_s)
                box.minimum = 1
                box.value = frame

    def _showButtons(self) -> None:
        ui, nodes = self.ui, self.core.nodes
        keys, key = self.keys, self.keys["structure"]
        core = Wait() if self.core.coreSegment() else Wait("noCore" if self.core.isMeasured() else "measured")
        self._wait(ui.coreButton, core, _("Draw on the core; hypoperfusion stays as it is ({key})").format(key=key))
        ui.lesionButton.enabled = self.core.isMeasured()
        ui.lesionButton.checked, ui.coreButton.checked = not self.drawsCore, self.drawsCore
        for name, button in self._mapButtons().items():
            button.checked = name == self.choice
            button.enabled = nodes is not None
        overlay = (
            Wait() if nodes is not None and DIFFUSION in nodes.images else Wait("noDiffusion" if nodes else "measured")
        )
        self._wait(ui.overlayButton, overlay, _("Diffusion over perfusion ({key})").format(key=keys["overlay"]))
        confirm = overlay or (Wait() if ui.overlayButton.checked or ui.overlayConfirmBox.checked else Wait("notShown"))
        self._wait(ui.overlayConfirmBox, confirm, _("Confirm that it lies right ({key})").format(key=keys["confirm"]))

    def _curvesWait(self) -> Wait:
        return Wait("files") if self.core.isMeasured() else Wait("curves")

    def _writeWait(self) -> Wait:
        wait = super()._writeWait()
        if wait:
            return wait
        if not self.core.canRecord():
            return Wait("edited")
        needsOverlay = self.core.record.perfusion.lesions.core_source == "ADC"
        return Wait("overlay") if needsOverlay and not self.core.answers.overlay_confirmed else Wait()


def _lesionsOf(record):
    return record.perfusion.lesions if record.perfusion is not None else None
