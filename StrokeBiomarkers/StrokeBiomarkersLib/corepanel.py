"""The panel of the diffusion core module: what is clicked becomes one call of the reading, what the reading holds is shown.

Computes nothing. Everything that a button does can be done by `DiffusionCore` alone.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from strokequant.biomarkers.reader_edit import ONLY_PROPOSAL
from strokequant.errors import Issue, Level, StrokeQuantError

from .candidatereview import CandidateReview
from .coreeditor import CoreEditor
from .coretexts import auditText, issueText, liveText, stageText, waitText
from .diffusioncore import DiffusionCore
from .imageinput import Answers, Images
from .layouts import CaseViews, showDecisions
from .livevolume import LiveVolume
from .longwork import LongWork
from .requirements import RequirementsError, ensureRequirements
from .segmentwatch import SegmentWatch
from .seriesselector import SeriesSelector
from .shortcuts import KEYS, Shortcuts
from .waits import Wait, computeWaits, writeWaits

UNITS = ("mm2/s", "1e-3 mm2/s", "1e-6 mm2/s")


class CorePanel:
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
        requester: module that asks for packages.
    """

    def __init__(self, ui, core: DiffusionCore, requester: str):
        self.ui, self.core, self._requester = ui, core, requester
        self._live = None
        self.series = SeriesSelector(ui.seriesBox.layout(), self.onSeries)
        self.review = CandidateReview(ui.reviewBox.layout(), self.onDecision, self.onJump)
        self.editor = CoreEditor(ui.editorBox.layout())
        self.views = CaseViews()
        self.work = LongWork(ui.progressBar, ui.cancelButton, stageText)
        self.watch = SegmentWatch(self.onStroke)
        self.shortcuts = Shortcuts(self._actions())
        ui.adcUnitBox.addItem(_("unknown"))
        for unit in UNITS:
            ui.adcUnitBox.addItem(unit)
        self._connect()
        self.refresh()

    # Coming and going

    def enter(self) -> None:
        """The module is opened."""
        self.shortcuts.install(slicer.util.mainWindow())
        self.views.enter()
        self.editor.enter()
        self.refresh()

    def leave(self) -> None:
        """Another module is opened."""
        self.work.cancel()
        self.shortcuts.remove()
        self.editor.leave()
        self.views.leave()

    def dispose(self) -> None:
        """The panel goes away."""
        self.leave()
        self.watch.stop()
        self.editor.dispose()
        self.core.close()

    def sceneCloses(self) -> None:
        """The scene is about to be cleared: let go of its nodes."""
        self.work.cancel()
        self.watch.stop()
        self.editor.clear()
        self.core.drop()

    def sceneClosed(self) -> None:
        """The scene is empty."""
        self.ui.resultLabel.text = ""
        self.refresh()

    def nodeRemoved(self) -> None:
        """A node was removed from the scene, perhaps one of the reading."""
        if self.core.nodes is not None and not self.core.isMeasured():
            self.watch.stop()
            self.editor.clear()
            self.core.drop()
            self._say(_("An image or the segmentation was removed from the scene: compute again."))
            self.refresh()

    # Choosing

    def onOpen(self) -> None:
        """Search the chosen folder."""
        path = self.ui.inputPath.currentPath.strip()
        out = self.ui.outputPath.currentPath.strip()
        self._run(lambda progress: self.core.openFolder(Path(path), out=Path(out) if out else None, progress=progress))
        self._showCases()

    def onUseImages(self) -> None:
        """Take the chosen images of the scene."""
        chosen = (self.ui.dwiSelector, self.ui.b0Selector, self.ui.adcSelector)
        images = Images(*(selector.currentNode() for selector in chosen))
        self._run(
            lambda progress: self.core.openImages(images, self._answers(), getattr(slicer, "dicomDatabase", None))
        )
        self._showCases()

    def onCase(self, index: int) -> None:
        """Take another case."""
        if 0 <= index < len(self.core.cases) and self.core.case is not self.core.cases[index]:
            self._letGo()
            self._run(lambda progress: self.core.selectCase(index))

    def onSeries(self, key: str) -> None:
        """Measure on this series of its role."""
        if not self.work.isBusy:
            self.core.choose(key)
            self.refresh()

    # Reading

    def onCompute(self) -> None:
        """Measure the case."""
        if self._mustWait(computeWaits(self.core)) or not self._ensure():
            return
        self._letGo()
        if self._run(self.core.compute):
            self._showResult()

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

    def onStroke(self) -> None:
        """The core was drawn on, a stroke was taken back, or a segment was removed."""
        self.nodeRemoved()
        self.refreshReading()

    def onWrite(self) -> None:
        """Sign and write the record."""
        if self._mustWait(self._writeWait()) or not self._ensure():
            return
        out, reader = Path(self.ui.outputPath.currentPath.strip()), self.ui.readerEdit.text.strip()
        database = getattr(slicer, "dicomDatabase", None) if self.ui.databaseBox.checked else None
        written = []

        def write(progress) -> None:
            written.append(self.core.write(reader, out, now=datetime.now().astimezone(), database=database))

        if self._run(write) and written:
            self.ui.resultLabel.text = "\n".join(
                [
                    _("Written to {folder}").format(folder=written[0].folder),
                    *(issueText(issue) for issue in written[0].issues),
                ]
            )

    # Showing

    def refresh(self) -> None:
        """Show everything as it is."""
        busy = self.work.isBusy
        self.ui.inputsBox.enabled = not busy
        self.ui.readingBox.enabled = not busy
        self.ui.recordBox.enabled = not busy
        self.series.show(self.core.offers())
        self._showAudits()
        wait = Wait("busy") if busy else computeWaits(self.core)
        self._wait(self.ui.computeButton, wait, _("Compute the core of this case ({key})").format(key=KEYS["compute"]))
        self.refreshReading()

    def refreshReading(self) -> None:
        """Show candidates, volume and what can be done now."""
        measured = self.core.isMeasured()
        self._live = self._measureNow() if measured else None
        decisions = self.core.decisions()
        self.review.show(self.core.candidates(), decisions)
        if measured:
            showDecisions(self.core.segmentation(), decisions)
        self.ui.liveLabel.text = liveText(self._live)
        for button in (self.ui.previousButton, self.ui.nextButton, self.ui.acceptButton, self.ui.leaveButton):
            button.enabled = bool(self.core.candidates())
        isZero = self._live is not None and self._live.volume == 0
        self.ui.zeroBox.enabled = isZero
        if not isZero:
            self.ui.zeroBox.checked = False
        self.refreshWrite()

    def _measureNow(self) -> LiveVolume | None:
        """Volume of the core, None where it cannot be read any more; then the panel says why."""
        try:
            return self.core.live()
        except StrokeQuantError as error:
            self._sayIssues(error.issues)
            return None

    def refreshWrite(self) -> None:
        """Show whether the record can be signed."""
        wait = Wait("busy") if self.work.isBusy else self._writeWait()
        self._wait(self.ui.writeButton, wait, _("Sign and write the record ({key})").format(key=KEYS["write"]))

    def _connect(self) -> None:
        ui = self.ui
        clicks: tuple[tuple[object, Callable], ...] = (
            (ui.openButton, self.onOpen),
            (ui.useImagesButton, self.onUseImages),
            (ui.computeButton, self.onCompute),
            (ui.writeButton, self.onWrite),
            (ui.previousButton, lambda: self.review.step(-1)),
            (ui.nextButton, lambda: self.review.step(1)),
            (ui.acceptButton, lambda: self.review.decide(True)),
            (ui.leaveButton, lambda: self.review.decide(False)),
        )
        for button, call in clicks:
            button.connect("clicked(bool)", call)
        ui.caseBox.connect("currentIndexChanged(int)", self.onCase)
        ui.outputPath.connect("currentPathChanged(QString)", self.refreshWrite)
        ui.readerEdit.connect("textChanged(QString)", self.refreshWrite)
        ui.zeroBox.connect("toggled(bool)", self.refreshWrite)

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "next": lambda: self.review.step(1),
            "previous": lambda: self.review.step(-1),
            "accept": lambda: self.review.decide(True),
            "leaveOut": lambda: self.review.decide(False),
            "paint": lambda: self.editor.use("Paint"),
            "erase": lambda: self.editor.use("Erase"),
            "noTool": lambda: self.editor.use(""),
            "undo": self.editor.undo,
            "redo": self.editor.redo,
            "compute": self.onCompute,
            "write": self.onWrite,
        }

    def _answers(self) -> Answers:
        text = self.ui.bValueEdit.text.strip().replace(",", ".")
        try:
            bValue = float(text) if text else None
        except ValueError:
            bValue = None
        unit = self.ui.adcUnitBox.currentIndex
        return Answers(bValue, UNITS[unit - 1] if unit > 0 else "")

    def _writeWait(self) -> Wait:
        ui = self.ui
        return writeWaits(
            self.core,
            reader=ui.readerEdit.text,
            out=ui.outputPath.currentPath,
            volume=self._live.volume if self._live is not None else None,
            zeroConfirmed=ui.zeroBox.checked,
        )

    def _run(self, work) -> bool:
        """Do one thing for the reader; what is wrong with the input is said in the panel.

        Returns:
            True where it was done.
        """
        self._say("")
        done = False
        try:
            with slicer.util.tryWithErrorDisplay(_("Unexpected failure; nothing was changed."), waitCursor=True):
                done = self._begin(work)
        finally:
            self.refresh()
        return done

    def _begin(self, work) -> bool:
        try:
            self._whileBusy()
            done = self.work.run(work)
        except StrokeQuantError as error:
            self._sayIssues(error.issues)
            return False
        if not done:
            self._say(_("Canceled; nothing was changed."))
        return done

    def _whileBusy(self) -> None:
        for box in (self.ui.inputsBox, self.ui.readingBox, self.ui.recordBox):
            box.enabled = False
        self._wait(self.ui.computeButton, Wait("busy"), "")

    def _mustWait(self, wait: Wait) -> bool:
        """A key was pressed, or something has changed since the button was shown: say what is missing."""
        if self.work.isBusy:
            return True
        if wait:
            self._say(waitText(wait))
            self.refresh()
        return bool(wait)

    def _ensure(self) -> bool:
        try:
            ensureRequirements(self._requester)
        except RequirementsError as error:
            self._say(_("Packages are missing: {names}").format(names=error))
            return False
        return True

    def _letGo(self) -> None:
        """Before nodes of the reading are replaced."""
        self.watch.stop()
        self.editor.clear()

    def _showCases(self) -> None:
        box = self.ui.caseBox
        wasBlocked = box.blockSignals(True)
        box.clear()
        for case in self.core.cases:
            box.addItem(f"{case.case} {case.timepoint}")
        box.blockSignals(wasBlocked)
        if not self.core.isMeasured():
            self._letGo()

    def _showAudits(self) -> None:
        lines = []
        for series in self.core.case.series if self.core.case else ():
            audit = self.core.audits.get(series.key)
            if audit is not None:
                lines.append(f"{series.label.removeprefix('series ')} {auditText(audit)}")
                lines += [f"  {issueText(issue)}" for issue in audit.issues]
        self.ui.auditLabel.text = "\n".join(lines) or _("No case is open")

    def _showResult(self) -> None:
        record = self.core.record
        logging.info("Diffusion core computed")
        if not self.core.isMeasured():
            self._sayIssues([issue for issue in record.issues if issue.blocks] or record.issues)
            return
        nodes, segmentation = self.core.nodes, self.core.segmentation()
        brain = record.masks.get("brain")
        self.views.show(nodes.images.get("dwi"), nodes.maps.get("adc"), segmentation, brain.values if brain else None)
        self.editor.show(segmentation, self.core.hostImage())
        self.watch.start(segmentation)
        self.refresh()
        self.review.step(1)
        self._sayIssues([i for i in record.issues if i.level is Level.WARN and i.code not in ONLY_PROPOSAL])

    def _wait(self, button, wait: Wait, ready: str) -> None:
        button.enabled = not wait
        button.toolTip = waitText(wait) if wait else ready

    def _sayIssues(self, issues) -> None:
        self._say("\n".join(issueText(issue) for issue in dict.fromkeys(issues) if isinstance(issue, Issue)))

    def _say(self, text: str) -> None:
        self.ui.statusLabel.text = text
        self.ui.statusLabel.visible = bool(text)
