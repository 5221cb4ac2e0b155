"""What the panels of all readings share: choose a case, wait, compute, edit, sign; what goes wrong is said in the panel.

Computes nothing. A module derives its panel from `ReadingPanel`; its .ui file names the widgets as the ones that are used here.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from strokequant.errors import Issue, Level, StrokeQuantError
from strokequant.types import Series

from .dicomstudies import studiesOf
from .imageinput import Answers, Images
from .issuetexts import issueText
from .layouts import CaseViews
from .longwork import LongWork
from .reading import Reading
from .readingtexts import auditText, waitText
from .requirements import RequirementsError, ensureRequirements
from .segmentwatch import SegmentWatch
from .seriesselector import SeriesSelector
from .shortcuts import Shortcuts
from .sourcefiles import SourcePlaces
from .structureeditor import StructureEditor
from .studyselector import StudySelector
from .waits import Wait, writeWaits


class ReadingPanel:
    """The panel of one reading.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
        views: layout of the case.
        keys: shortcut by action.
    """

    quietCodes: tuple[str, ...] = ()
    """Warnings that need not be said after computing, because the whole panel says them."""

    def __init__(self, ui, core: Reading, views: CaseViews, keys: Mapping[str, str]):
        self.ui, self.core, self.views, self.keys = ui, core, views, keys
        self._live = None
        self.isGuided, self.followers, self.disposers = False, [], []
        self.studies = StudySelector(ui.inputsBox.layout(), self.onOpenStudy)
        self.series = SeriesSelector(
            ui.seriesBox.layout(), self.onSeries, self.partText, self.detailTitle(), self.shown
        )
        self.editor = StructureEditor(ui.editorBox.layout(), core.structure, core.module)
        self.work = LongWork(ui.progressBox, ui.progressBar, ui.cancelButton, self.stageText)
        self.watch = SegmentWatch(self.onStroke)
        self.places = SourcePlaces(slicer.app.userSettings())
        self.shortcuts = Shortcuts(self._actions(), keys)

    # Being guided

    def guide(self, guided: bool) -> None:
        """Let a procedure choose the case and write the record, or the reader again.

        Guided, the panel offers no folder, study, case, code of a reader or output, and lists no study of the DICOM database: what it
        would show may name a patient. `followers` are called without arguments whenever the reading is shown anew, so after every edit.
        """
        self.isGuided = guided
        kept = (self.ui.seriesBox, self.ui.auditBox)
        inside = [
            child for child in self.ui.inputsBox.children() if isinstance(child, qt.QWidget) and child not in kept
        ]
        for widget in (*inside, self.ui.computeButton, self.ui.recordBox):
            widget.visible = not guided
        self.ui.inputsBox.collapsed = guided
        if guided:
            self.studies.show(())

    def shown(self, text: str) -> str:
        """A text as the reader may see it: guided, without the descriptions of series."""
        return self.core.withoutDescriptions(text) if self.isGuided else text

    def showCase(self) -> None:
        """A procedure has opened and measured a case: show it."""
        self._showCases()
        if self.core.isMeasured():
            self._showMeasured()
        self.refresh()

    def freeze(self, frozen: bool) -> None:
        """What is submitted or signed cannot be edited."""
        if frozen:
            self.editor.use("")
        self.ui.readingBox.enabled = not frozen

    def letGo(self, *, forget: bool) -> None:
        """A procedure lets go of its case.

        Args:
            forget: remove the nodes of the reading, whatever was edited: the procedure keeps every edit.
        """
        self._letGo()
        self.views.leave()
        if forget and self.core.isMeasured():
            self.core.markWritten()
        if forget:
            self.core.forget()
        self.core.close()
        self._showCases()
        self.refresh()

    # What a module says

    def partText(self, part: str) -> str:
        """What a series is used as."""
        raise NotImplementedError

    def detailTitle(self) -> str:
        """Head of the column that tells series of one role apart."""
        raise NotImplementedError

    def stageText(self, stage: str) -> str:
        """What is being done."""
        raise NotImplementedError

    def waitWords(self) -> Mapping[str, str]:
        """Words for what only this module waits for, by key."""
        return {}

    def measureNow(self) -> Any:
        """Numbers of the structure as it is now, with `volume` in mL."""
        raise NotImplementedError

    def liveText(self, live: Any) -> str:
        """The numbers in words; None where there are none."""
        raise NotImplementedError

    def isEmpty(self, live: Any) -> bool:
        """True where the reader has to confirm that there is none."""
        return live.volume == 0

    def mayConfirm(self, live: Any) -> bool:
        """True where there is something of which the reader can say that there is none."""
        return self.isEmpty(live)

    def showReading(self) -> None:
        """Show images and structure in the views; called once after computing, and after a scene was opened."""
        raise NotImplementedError

    def showState(self) -> None:
        """Show decisions and whatever else follows a stroke."""

    def images(self) -> tuple[Images, Answers]:
        """Images of the scene that the reader chose, and what was answered about them."""
        raise NotImplementedError

    def boxes(self) -> tuple:
        """Parts of the panel that wait while something is done."""
        return self.ui.inputsBox, self.ui.readingBox, self.ui.recordBox

    def auditLines(self, series: Series) -> list[str]:
        """What was found about a series before anything is computed."""
        audit = self.core.audits.get(series.key)
        if audit is None:
            return []
        label = series.label.removeprefix("series ")
        issues = (issueText(replace(issue, subject="")) for issue in audit.issues)
        return [f"{label}: {auditText(audit)}", *(f"  {issue}" for issue in issues)]

    # Coming and going

    def enter(self) -> None:
        """The module is opened."""
        self.shortcuts.install(slicer.util.mainWindow())
        self.views.enter()
        self.editor.enter()
        self.studies.show(() if self.isGuided else studiesOf(_database()))
        self.refresh()
        self.resume()

    def leave(self) -> None:
        """Another module is opened."""
        self.work.cancel()
        self.shortcuts.remove()
        self.editor.leave()
        self.views.leave()

    def dispose(self) -> None:
        """The panel goes away; a procedure that has a case in it lets go first."""
        for disposer in tuple(self.disposers):
            disposer()
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

    def sceneSaves(self) -> None:
        """The scene is about to be saved: what is in it is brought up to date."""

    def sceneClosed(self) -> None:
        """The scene is empty."""
        self.ui.resultLabel.text = ""
        self.refresh()

    def resume(self) -> None:
        """Go on with a reading that the scene brought along."""
        if self.work.isBusy or self.core.isMeasured() or not self.core.hasSceneReading() or not self._ensure():
            return
        issues = []

        def work(progress) -> None:
            issues.extend(self.core.resume(places=self.places, database=_database(), progress=progress))

        if self._run(work):
            self._showCases()
            self._showMeasured()
            lost = any(issue.code == "I10" for issue in issues)
            said = _("Reading of the scene: decisions and edits are as they were saved.")
            audit = _("The geometry shown is that of the scene.") if lost else _("The geometry was audited again.")
            self.say("\n".join([f"{said} {audit}", *(issueText(issue) for issue in issues)]))

    def nodeRemoved(self) -> None:
        """A node was removed from the scene, perhaps one of the reading."""
        if self.core.isLost():
            self._letGo()
            self.core.abandon()
            self.say(_("An image or the segmentation was removed from the scene: compute again."))
            self.refresh()

    # Choosing

    def onOpen(self) -> None:
        """Search the chosen folder."""
        path = self.ui.inputPath.currentPath.strip()
        out = self.ui.outputPath.currentPath.strip()

        def work(progress) -> None:
            self.core.openFolder(Path(path), out=Path(out) if out else None, places=self.places, progress=progress)

        self._run(work)
        self._showCases()

    def openPath(self, path: Path) -> None:
        """Choose a folder or archive and search it."""
        self.ui.inputPath.currentPath = str(path)
        self.onOpen()

    def onOpenStudy(self, uid: str) -> None:
        """Take a study of the DICOM database."""
        self._run(lambda progress: self.core.openStudy(uid, _database(), progress))
        self._showCases()

    def onUseImages(self) -> None:
        """Take the chosen images of the scene."""
        images, answers = self.images()
        self._run(lambda progress: self.core.openImages(images, answers, _database()))
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
        if self.isGuided and self.core.isMeasured():
            return  # a key was pressed: edits of a procedure are not thrown away
        if self._mustWait(self.core.computeWaits()) or not self._ensure():
            return
        self._letGo()
        if not self._run(self.core.compute):
            return
        logging.info("%s computed", self.core.module)
        record = self.core.record
        if self.core.isMeasured():
            self._showMeasured()
            said = [i for i in record.issues if i.level is Level.WARN and i.code not in self.quietCodes]
        else:
            said = [issue for issue in record.issues if issue.blocks] or record.issues
        self._sayIssues(said)

    def onStroke(self) -> None:
        """The structure was drawn on, a stroke was taken back, or a segment was removed."""
        self.nodeRemoved()
        self.refreshReading()

    def onWrite(self) -> None:
        """Sign and write the record."""
        if self.isGuided or self._mustWait(self._writeWait()) or not self._ensure():
            return
        out, reader = Path(self.ui.outputPath.currentPath.strip()), self.ui.readerEdit.text.strip()
        wanted = self.ui.databaseBox.checked
        database = _database() if wanted else None
        written = []

        def work(progress) -> None:
            written.append(self.core.write(reader, out, now=datetime.now().astimezone(), database=database))

        if self._run(work) and written:
            lines = [_("Written to {folder}").format(folder=written[0].folder)]
            if wanted and database is None:
                lines.append(_("The DICOM database is not open: the results are in the output folder only."))
            self.ui.resultLabel.text = "\n".join([*lines, *(issueText(issue) for issue in written[0].issues)])

    # Showing

    def refresh(self) -> None:
        """Show everything as it is."""
        busy = self.work.isBusy
        for box in self.boxes():
            box.enabled = not busy
        self.series.show(self.core.offers())
        self._showAudits()
        wait = Wait("busy") if busy else self.core.computeWaits()
        self._wait(self.ui.computeButton, wait, _("Measure this case ({key})").format(key=self.keys["compute"]))
        self.refreshReading()

    def refreshReading(self) -> None:
        """Show volume, decisions and what can be done now."""
        self._live = self._measureNow() if self.core.isMeasured() else None
        self.showState()
        self.ui.liveLabel.text = self.liveText(self._live)
        isZero = self._live is not None and self.mayConfirm(self._live)
        self.ui.zeroBox.enabled = isZero
        if not isZero:
            self.ui.zeroBox.checked = False
        self.refreshWrite()
        for follower in tuple(self.followers):
            follower()

    def refreshWrite(self) -> None:
        """Show whether the record can be signed."""
        wait = Wait("busy") if self.work.isBusy else self._writeWait()
        self._wait(self.ui.writeButton, wait, _("Sign and write the record ({key})").format(key=self.keys["write"]))

    def connectWidgets(self) -> None:
        """Connect what all panels have; a module connects its own widgets after it."""
        ui = self.ui
        clicks = {
            ui.openButton: self.onOpen,
            ui.computeButton: self.onCompute,
            ui.writeButton: self.onWrite,
        }
        for button, call in clicks.items():
            button.connect("clicked(bool)", call)
        ui.caseBox.connect("currentIndexChanged(int)", self.onCase)
        ui.outputPath.connect("currentPathChanged(QString)", self.refreshWrite)
        ui.readerEdit.connect("textChanged(QString)", self.refreshWrite)
        ui.zeroBox.connect("toggled(bool)", self.refreshWrite)

    def _actions(self) -> dict[str, Callable[[], None]]:
        """Calls by action; a module adds its own."""
        return {
            "paint": lambda: self.editor.use("Paint"),
            "erase": lambda: self.editor.use("Erase"),
            "noTool": lambda: self.editor.use(""),
            "undo": self.editor.undo,
            "redo": self.editor.redo,
            "compute": self.onCompute,
            "write": self.onWrite,
        }

    def _measureNow(self) -> Any:
        """Numbers of the structure, None where it cannot be read any more; then the panel says why."""
        try:
            return self.measureNow()
        except StrokeQuantError as error:
            self._sayIssues(error.issues)
            return None

    def _writeWait(self) -> Wait:
        ui = self.ui
        return writeWaits(
            isMeasured=self.core.isMeasured(),
            reader=ui.readerEdit.text,
            out=ui.outputPath.currentPath,
            volume=None if self._live is None else 0.0 if self.isEmpty(self._live) else self._live.volume,
            zeroConfirmed=ui.zeroBox.checked,
        )

    def _run(self, work) -> bool:
        """Do one thing for the reader; what is wrong with the input is said in the panel.

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
        try:
            self._whileBusy()
            done = self.work.run(work)
        except StrokeQuantError as error:
            self._sayIssues(error.issues)
            return False
        if not done:
            self.say(_("Canceled; nothing was changed."))
        return done

    def _whileBusy(self) -> None:
        for box in self.boxes():
            box.enabled = False
        self._wait(self.ui.computeButton, Wait("busy"), "")

    def _mustWait(self, wait: Wait) -> bool:
        """A key was pressed, or something has changed since the button was shown: say what is missing."""
        if self.work.isBusy:
            return True
        if wait:
            self.say(waitText(wait, self.waitWords()))
            self.refresh()
        return bool(wait)

    def _ensure(self) -> bool:
        try:
            ensureRequirements(self.core.module)
        except RequirementsError as error:
            self.say(_("Packages are missing: {names}").format(names=error))
            return False
        return True

    def _letGo(self) -> None:
        """Before nodes of the reading are replaced."""
        self.watch.stop()
        self.editor.clear()

    def _showMeasured(self) -> None:
        self.showReading()
        self.editor.show(self.core.segmentation(), self.core.hostImage())
        self.watch.start(self.core.segmentation())
        self.refresh()

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
            lines += self.auditLines(series)
        self.ui.auditLabel.text = self.shown("\n".join(lines)) or _("No case is open")

    def _wait(self, button, wait: Wait, ready: str) -> None:
        button.enabled = not wait
        button.toolTip = self.shown(waitText(wait, self.waitWords())) if wait else ready

    def _sayIssues(self, issues) -> None:
        self.say("\n".join(issueText(issue) for issue in dict.fromkeys(issues) if isinstance(issue, Issue)))

    def say(self, text: str) -> None:
        """Say something in the panel; an empty text hides it."""
        self.ui.statusLabel.text = self.shown(text)
        self.ui.statusLabel.visible = bool(text)


def _database() -> Any:
    """DICOM database of the application, None where there is none or it is not open."""
    database = getattr(slicer, "dicomDatabase", None)
    return database if database is not None and getattr(database, "isOpen", True) else None
