"""The panel of the phantom module: session, phantom, facts, result, regions, history, record. Computes nothing."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from StrokeBiomarkersLib.dicomstudies import studiesOf
from StrokeBiomarkersLib.issuetexts import issueText
from StrokeBiomarkersLib.pointwatch import PointWatch
from StrokeBiomarkersLib.shortcuts import Shortcuts
from StrokeBiomarkersLib.studyselector import StudySelector
from StrokeBiomarkersLib.waits import Wait
from strokequant.errors import Level, StrokeQuantError

from .busypanel import BusyPanel
from .historybox import HistoryBox, fillCombo
from .phantomform import PhantomForm
from .phantomkeys import PHANTOM_KEYS
from .phantomreading import PhantomReading
from .phantomtables import LimitsTable, RegionsTable, SeriesTable
from .phantomtexts import (
    correctedText,
    phantomText,
    reasonsText,
    validText,
    verdictText,
)
from .phantomviews import PhantomViews

TURN_DEG = 60.0
"""Vials of the layout lie nearly on each other after it."""


class PhantomPanel(BusyPanel):
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the session.
    """

    def __init__(self, ui, core: PhantomReading):
        super().__init__(ui, core)
        self.keys, self.disposers = PHANTOM_KEYS, []
        self.views = PhantomViews()
        self.studies = StudySelector(ui.inputsBox.layout(), self.onOpenStudy)
        self.series = SeriesTable(ui.seriesBox.layout(), self.onUsed)
        self.form = PhantomForm(ui, self.onFacts, self.onPhantom, self.onCriteria)
        self.limits = LimitsTable(ui.limitsBox.layout())
        self.regions = RegionsTable(ui.regionsTableBox.layout(), self.onRegion)
        self.charts = HistoryBox(ui, core.history, self)
        self.points = PointWatch(self.onMoved)
        self.shortcuts = Shortcuts(self._actions(), PHANTOM_KEYS)
        self.region = ""
        self.say("")
        self._connectWidgets()
        self.refresh()

    # Coming and going

    def enter(self) -> None:
        """The module is opened."""
        self.shortcuts.install(slicer.util.mainWindow())
        self.views.enter()
        self.studies.show(studiesOf(_database()))
        self.charts.onHistory()

    def leave(self) -> None:
        """Another module is opened."""
        self.work.cancel()
        self.shortcuts.remove()
        self.views.leave()

    def dispose(self) -> None:
        """The panel goes away; a procedure that has a session in it lets go first."""
        for disposer in tuple(self.disposers):
            disposer()
        self.leave()
        self.points.stop()
        self.charts.remove()
        self.core.close()

    def resume(self) -> None:
        """A scene was opened: a session is measured from its files, never gone on with; a signed record is among the texts of the scene."""

    def sceneCloses(self) -> None:
        """The scene is about to be cleared: let go of its nodes."""
        self.work.cancel()
        self.points.stop()
        self.core.drop()
        self.charts.forget()

    def sceneSaves(self) -> None:
        """The scene is about to be saved; its nodes are up to date always."""

    def sceneClosed(self) -> None:
        """The scene is empty."""
        self.ui.resultLabel.text = ""
        self.charts.show()
        self.refresh()

    def nodeRemoved(self) -> None:
        """A node was removed from the scene, perhaps one of the session."""
        if self.core.isLost() and not self.work.isBusy:
            self.points.stop()
            self.core.forget()
            self.say(_("An image or the regions were removed from the scene: compute again."))
            self.refresh()

    # Choosing

    def onOpen(self) -> None:
        """Search the chosen folder."""
        path, out = self.ui.inputPath.currentPath.strip(), self.ui.outputPath.currentPath.strip()
        if self.ensure():
            self._opened(
                lambda progress: self.core.openFolder(Path(path), out=Path(out) if out else None, progress=progress)
            )

    def openPath(self, path: Path) -> None:
        """Choose a folder or archive and search it."""
        self.ui.inputPath.currentPath = str(path)
        self.onOpen()

    def onOpenStudy(self, uid: str) -> None:
        """Take a study of the DICOM database."""
        if self.ensure():
            self._opened(lambda progress: self.core.openStudy(uid, _database(), progress))

    def onUsed(self, key: str, on: bool) -> None:
        """Measure on a series, or leave it out."""
        self.core.setUsed(key, on)
        self.refresh()

    def onPhantom(self, name: str) -> None:
        """Another phantom: its serial number has to be read from it."""
        self.core.choosePhantom(name)
        self.ui.serialEdit.text = ""
        self._showCriteria()
        self.refresh()

    def onRegistry(self) -> None:
        """A registry file of the site was chosen."""
        path = self.ui.registryPath.currentPath.strip()
        if not path or not Path(path).is_file() or not self.ensure():
            return
        added = []
        if self.run(lambda progress: added.append(self.core.addPhantomFile(Path(path)))) and added:
            self._showPhantoms()
            self.form.choose(added[0])

    def onCriteria(self, names: tuple[str, ...]) -> None:
        """Other sets of limits."""
        self.core.criteria = names
        self.refresh()

    def onFacts(self) -> None:
        """Something was stated."""
        self.core.facts = self.form.facts()
        self.refresh()

    # Measuring

    def onCompute(self) -> None:
        """Measure and judge the session."""
        if self.mustWait(self.core.computeWaits()) or not self.ensure():
            return
        self.points.stop()
        if not self.run(self.core.compute):
            self._watch()
            return
        logging.info("%s computed", self.core.module)
        record, scene = self.core.record, self.core.scene
        self.views.showSession(scene.images, scene.regions)
        self._watch()
        self.region = record.session.placements[0].label if record.session.placements else ""
        issues = [*record.verdict.issues, *record.session.issues]
        self.sayIssues([i for i in issues if i.blocks] or [i for i in issues if i.level is Level.WARN])
        if self.core.history.isOpen():
            self.charts.choose(record.session.scanner.key)
        self.refresh()
        self.onRegion(self.region)

    def onMoved(self) -> None:
        """A point is being dragged, or was let go."""
        if self.work.isBusy or not self.core.isMeasured():
            return
        if self.attempt(self.core.follow):
            self._corrected()

    def onSwap(self) -> None:
        """Two regions change their labels."""
        labels = self._labels()
        first, second = self.ui.firstCombo.currentIndex, self.ui.secondCombo.currentIndex
        if not self.mustWait(self._regionsWait()) and 0 <= first < len(labels) and 0 <= second < len(labels):
            self._correct(lambda: self.core.relabel(labels[first], labels[second]))

    def onTurn(self, degrees: float) -> None:
        """Turn the phantom about its axis."""
        if not self.mustWait(self._regionsWait()):
            self._correct(lambda: self.core.turn(degrees))

    def onMirror(self) -> None:
        """See the phantom from its other end."""
        if not self.mustWait(self._regionsWait()):
            self._correct(self.core.mirror)

    def onUndo(self) -> None:
        """Take the last correction back."""
        if not self.mustWait(self._correctedWait()):
            self._correct(self.core.undo)

    def onAutomatic(self) -> None:
        """All regions where they were found."""
        if not self.mustWait(self._correctedWait()):
            self._correct(self.core.automatic)

    def onRegion(self, label: str) -> None:
        """Look at a region."""
        placements = self.core.scene.shown(self.core.record.session) if self.core.isMeasured() else ()
        found = next((p for p in placements if p.label == label), None)
        if found is None:
            return
        self.region = label
        self.views.jump(self.core.scene.rasOf(found))
        labels = self._labels()
        if label in labels:
            self.ui.firstCombo.setCurrentIndex(labels.index(label))
        self.regions.show(self.core.record.session, label)

    def stepRegion(self, by: int) -> None:
        """Look at the next region, or the one before."""
        self.onRegion(self.regions.step(self.region, by))

    # Writing

    def onWrite(self) -> None:
        """Sign the session, enter it in the history, write its folder."""
        ui = self.ui
        if self.mustWait(self._writeWait()) or not self.ensure():
            return
        self.core.name = _safe(ui.nameEdit.text)
        out, reader, history = Path(ui.outputPath.currentPath.strip()), ui.readerEdit.text.strip(), self.charts.path()
        written = []

        def work(progress) -> None:
            written.append(self.core.write(reader, out, now=datetime.now().astimezone(), history=history))

        if self.run(work) and written:
            lines = [_("Written to {folder}").format(folder=written[0])]
            lines.append(
                _("Entered in the history")
                if history
                else _("No history was chosen: the session is in no control chart")
            )
            ui.resultLabel.text = "\n".join(lines)
            if history:
                self.core.history.open(history)
                self.charts.choose(self.core.record.session.scanner.key)

    # Showing

    def refresh(self) -> None:
        """Show everything as it is."""
        ui, core, busy = self.ui, self.core, self.work.isBusy
        for box in self.boxes():
            box.enabled = not busy
        ui.phantomLabel.text = phantomText(core.phantom)
        ui.phantomLabel.visible = core.phantom is not None
        told = [issueText(issue) for issue in core.preconditions() if issue.level is not Level.INFO]
        if self.form.isWrong():
            told.insert(0, _("This is no temperature in degrees Celsius"))
        ui.preconditionsLabel.text = "\n".join(told)
        ui.preconditionsLabel.visible = bool(told)
        self.showButton(
            ui.computeButton, core.computeWaits(), _("Measure this session ({key})").format(key=self.keys["compute"])
        )
        self.refreshResult()

    def refreshResult(self) -> None:
        """Show verdict, limits, regions, and what can be done now."""
        ui, record = self.ui, self.core.record
        changes = self._changes()
        ui.verdictLabel.text = verdictText(record)
        ui.validLabel.text = validText(record)
        ui.reasonsLabel.text = reasonsText(record, changes, self.core.isStale())
        for label in (ui.validLabel, ui.reasonsLabel):
            label.visible = bool(label.text)
        self.limits.show(record.verdict.metrics if record is not None else ())
        session = record.session if record is not None else None
        ui.correctedLabel.text = correctedText(session, bool(self._labels()))
        self.regions.show(session, self.region)
        self._showLabels()
        self._showButtons()

    def _showPhantoms(self) -> None:
        names = {name: one.name for name, one in self.core.phantoms().items()}
        self.form.showPhantoms(names, self.core.phantom.id if self.core.phantom is not None else "")
        self._showCriteria()

    def _showCriteria(self) -> None:
        self.form.showCriteria(self.core.criteriaSets(), self.core.criteria)

    def _showLabels(self) -> None:
        """Labels to swap; what was chosen stays."""
        labels = self._labels()
        for box, start in ((self.ui.firstCombo, 0), (self.ui.secondCombo, 1)):
            if box.count != len(labels) or any(box.itemText(n) != label for n, label in enumerate(labels)):
                fillCombo(box, labels, min(start, len(labels) - 1))

    def _showButtons(self) -> None:
        ui, keys = self.ui, self.keys
        regions, corrected = self._regionsWait(), self._correctedWait()
        tips = {
            ui.swapButton: (regions, _("These two regions change their labels ({key})").format(key=keys["swap"])),
            ui.turnButton: (
                regions,
                _("All regions turn by 60 degrees about the axis ({key})").format(key=keys["turn"]),
            ),
            ui.halfTurnButton: (regions, _("All regions turn by half a turn ({key})").format(key=keys["halfTurn"])),
            ui.mirrorButton: (regions, _("The phantom is seen from its other end ({key})").format(key=keys["mirror"])),
            ui.undoButton: (corrected, _("Take the last correction back ({key})").format(key=keys["undo"])),
            ui.automaticButton: (
                corrected,
                _("All regions where they were found ({key})").format(key=keys["automatic"]),
            ),
            ui.writeButton: (self._writeWait(), _("Sign and write the record ({key})").format(key=keys["write"])),
        }
        for button, (wait, ready) in tips.items():
            self.showButton(button, wait, ready)
        self.charts.showButtons()

    # Parts of it

    def _opened(self, work) -> None:
        """After another session was opened, everything that was stated about the one before is gone."""
        if self.run(work):
            self.points.stop()
            self.region = ""
            self.ui.nameEdit.text, self.ui.resultLabel.text = self.core.name, ""
            self.form.clear()
            self.core.facts = self.form.facts()
            self._showPhantoms()
        self.series.show(self.core.series, self.core.used)
        self.refresh()

    def _correct(self, work: Callable[[], None]) -> None:
        if self.attempt(lambda: work() or True):
            self._corrected()

    def _corrected(self) -> None:
        """Regions, numbers and verdict have changed."""
        self.views.showRegions(self.core.scene.regions)
        self.refreshResult()

    def _watch(self) -> None:
        node = self.core.scene.handles
        self.points.start([node] if node is not None else [])

    def _labels(self) -> list[str]:
        """Labels of regions that can be moved, in the order of the record."""
        if not self.core.isMeasured():
            return []
        allowed = self.core.movable()
        return [p.label for p in self.core.record.session.placements if p.label in allowed]

    def _changes(self) -> tuple[str, ...]:
        """What has changed on the scanner since the session before, as far as the history can be read."""
        record = self.core.record
        if record is None or record.changes:
            return record.changes if record is not None else ()
        try:
            return self.core.history.changes(record)
        except StrokeQuantError:
            return ()

    def _regionsWait(self) -> Wait:
        if self.work.isBusy:
            return Wait("busy")
        return Wait() if self._labels() else Wait("regions" if self.core.isMeasured() else "measured")

    def _correctedWait(self) -> Wait:
        wait = self._regionsWait()
        return wait if wait or self.core.canUndo() else Wait("corrected")

    def _writeWait(self) -> Wait:
        if self.work.isBusy:
            return Wait("busy")
        ui = self.ui
        return self.core.writeWaits(ui.readerEdit.text, ui.outputPath.currentPath, _safe(ui.nameEdit.text))

    def boxes(self) -> tuple:
        """Parts of the panel that wait while something is done."""
        ui = self.ui
        return ui.inputsBox, ui.phantomBox, ui.resultBox, ui.regionsBox, ui.historyBox, ui.recordBox

    def _connectWidgets(self) -> None:
        ui = self.ui
        clicks = {
            ui.openButton: self.onOpen,
            ui.computeButton: self.onCompute,
            ui.swapButton: self.onSwap,
            ui.turnButton: lambda: self.onTurn(TURN_DEG),
            ui.halfTurnButton: lambda: self.onTurn(180.0),
            ui.mirrorButton: self.onMirror,
            ui.undoButton: self.onUndo,
            ui.automaticButton: self.onAutomatic,
            ui.writeButton: self.onWrite,
        }
        for button, call in clicks.items():
            button.connect("clicked(bool)", lambda *ignored, call=call: call())
        ui.registryPath.connect("currentPathChanged(QString)", lambda *ignored: self.onRegistry())
        ui.outputPath.connect("currentPathChanged(QString)", lambda *ignored: self._showButtons())
        for edit in (ui.readerEdit, ui.nameEdit):
            edit.connect("textChanged(QString)", lambda *ignored: self._showButtons())

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "compute": self.onCompute,
            "write": self.onWrite,
            "next": lambda: self.stepRegion(1),
            "previous": lambda: self.stepRegion(-1),
            "swap": self.onSwap,
            "turn": lambda: self.onTurn(TURN_DEG),
            "halfTurn": lambda: self.onTurn(180.0),
            "mirror": self.onMirror,
            "undo": self.onUndo,
            "automatic": self.onAutomatic,
        }


def _safe(name: str) -> str:
    """A name that a folder may have."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name.strip()).strip("_")


def _database():
    """DICOM database of the application, None where there is none or it is not open."""
    database = getattr(slicer, "dicomDatabase", None)
    return database if database is not None and getattr(database, "isOpen", True) else None
