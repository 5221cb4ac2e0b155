"""The panel of the hemorrhage module: candidates, clicks into clots, kinds of blood, landmarks, scores, growth. Computes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from strokequant.hemorrhage_types import EDEMA, BloodCandidate, Structure
from strokequant.types import CaseRecord, Series

from .bloodsegments import EDITABLE
from .bloodtable import BloodTable
from .candidatepanel import SettlingPanel
from .clotform import ClotForm
from .growthtable import GrowthTable
from .hemorrhagetexts import (
    abc2Text,
    candidateWords,
    growthText,
    headerText,
    liveText,
    partText,
    shiftText,
    stageText,
    structureTip,
    tissueText,
    waitWords,
)
from .hemorrhageviews import HemorrhageViews
from .hemorrhagevolume import HemorrhageVolume
from .hierarchy import removeNodes
from .imageinput import Answers, Images
from .issuetexts import issueText
from .ivhform import IvhForm
from .landmarks import LABELS, definedPoints, fiducialNode
from .livehemorrhage import ICH, LiveHemorrhage
from .pointplacing import PointPlacing
from .pointwatch import PointWatch
from .shortcuts import HEMORRHAGE_KEYS
from .waits import Wait

CLICK_COLOR = (0.2, 1.0, 0.6)


class HemorrhagePanel(SettlingPanel):
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        core: the reading.
    """

    quietCodes = ("S05", "H20", "H21")

    def __init__(self, ui, core: HemorrhageVolume):
        self.blood = BloodTable(ui.bloodBox.layout(), self.onStructure)
        self.clot = ClotForm(ui.clotBox.layout(), self.onClot)
        self.ivh = IvhForm(ui.scoresBox.layout(), self.onScores)
        self.growth = GrowthTable(ui.growthTableBox.layout())
        self.placing = PointPlacing(self.onPlaced, self.endClick)
        self.points = PointWatch(self.onLandmarks)
        self.structure, self._clickNode, self._empty = ICH, None, ()
        self._choosesEarlier = True
        headers = (_("Clot"), _("Blood"), _("mL"), _("HU"), _("Side"), _("Location"))
        super().__init__(ui, core, HemorrhageViews(_("CT + blood")), HEMORRHAGE_KEYS, headers, candidateWords)
        self.connectWidgets()
        self.refresh()

    # What the module says

    def partText(self, part: str) -> str:
        """What a series is used as."""
        return partText(part)

    def detailTitle(self) -> str:
        """Head of the column with kernel and thickness."""
        return _("Kernel")

    def stageText(self, stage: str) -> str:
        """What is being done."""
        return stageText(stage)

    def waitWords(self) -> dict[str, str]:
        """What only this module waits for."""
        return waitWords()

    def boxes(self) -> tuple:
        """Parts of the panel that wait while something is done."""
        return (*super().boxes(), self.ui.midlineBox, self.ui.scoresBox, self.ui.growthBox)

    def auditLines(self, series: Series) -> list[str]:
        """Geometry, headers, and what air, brain and CSF read."""
        ct = self.core.ct
        header = ct.header(series.key) if ct is not None else None
        if header is None:
            return super().auditLines(series)
        isUsed = ct.choice.series is not None and ct.choice.series.key == series.key
        values = ct.values if isUsed else None
        tissue = tissueText(self.core.record) if isUsed else ""
        issues = [*header.issues, *(values.issues if values is not None else ())]
        told = (issueText(issue) for issue in issues if issue not in series.issues)
        facts = ", ".join(part for part in (headerText(header, values), tissue) if part)
        return [*super().auditLines(series), f"  {facts}", *(f"  {text}" for text in told)]

    def measureNow(self) -> LiveHemorrhage:
        """The numbers as they are now."""
        if self.core.follow():
            self._settling.start()
        return self.core.numbers()

    def liveText(self, live: LiveHemorrhage | None) -> str:
        """Volume of the ICH and of all blood, or why there is none."""
        return liveText(live, self.core.record)

    def isEmpty(self, live: LiveHemorrhage) -> bool:
        """True where there is no blood in brain or ventricles."""
        return live.isEmpty()

    def mayConfirm(self, live: LiveHemorrhage) -> bool:
        """True where a kind of blood is not outlined."""
        return bool(live.empty())

    def isStale(self, before: CaseRecord) -> bool:
        """True where clots are other ones."""
        now, then = ([(c.mask.name, c.volume_ml) for c in r.hemorrhage.clots] for r in (self.core.record, before))
        return now != then

    def showReading(self) -> None:
        """CT with contours and blood; the largest clot is looked at."""
        core = self.core
        self.views.showCase(core.hostImage(), core.segmentation())
        self.points.start([core.landmarks.node] if core.landmarks.isPresent() else [])
        self.editor.choose(self.structure)
        self._showAnswers()
        self.refreshReading()
        self.review.look(0)

    def showState(self) -> None:
        """Kinds of blood, candidates, ABC/2, midline, growth."""
        live, ui = self._live, self.ui
        self.blood.show(live.rows if live is not None else (), self.structure)
        self.showCandidates()
        self.clot.show(self.candidate())
        clots = sum(c.accepted and c.structure == ICH for c in self.core.candidates())
        ui.abc2Label.text = abc2Text(live.abc2 if live is not None else None, clots)
        ui.midlineLabel.text = shiftText(live.shift_mm if live is not None else None)
        self._showGrowth()
        self._showButtons()

    def images(self) -> tuple[Images, Answers]:
        """The CT of the scene."""
        return Images(ncct=self.ui.ctSelector.currentNode()), Answers()

    def candidate(self) -> BloodCandidate | None:
        """The clot that is looked at."""
        label = self.review.current()
        return next((c for c in self.core.candidates() if c.label == label), None)

    # Coming and going

    def leave(self) -> None:
        """Another module is opened."""
        self.endClick()
        super().leave()

    def sceneCloses(self) -> None:
        """The scene is about to be cleared."""
        self.endClick()
        super().sceneCloses()

    def nodeRemoved(self) -> None:
        """A node was removed, perhaps one of the reading."""
        super().nodeRemoved()
        if not self.core.landmarks.isPresent():
            self.points.stop()

    def resume(self) -> None:
        """Go on with a reading that the scene brought along."""
        super().resume()
        self._showAnswers()

    # Clicking and drawing

    def onStructure(self, name: str) -> None:
        """Click and draw this kind of blood from now on."""
        self.structure = name
        self.editor.choose(name)
        if name == EDEMA:
            self.endClick()
        self.blood.show(self._live.rows if self._live is not None else (), name)
        label = self.core.labelOf(name) if self.core.isMeasured() and name != EDEMA else None
        if label is not None:
            self.onJump(label)
        self._showButtons()

    def onClick(self, on: bool = True) -> None:
        """Wait for a click into a clot, or no more."""
        wait = self._clickWait()
        if not on or wait or self.placing.isPlacing:
            self.endClick()
            if on and wait:
                self._mustWait(wait)
            return
        self.editor.use("")
        self._clickNode = fiducialNode(_("Clot"), CLICK_COLOR)
        self.placing.start(self._clickNode)
        self._showButtons()

    def onPlaced(self) -> None:
        """A point was placed: a clot is outlined, or a landmark is there."""
        if self._clickNode is None:
            if self.core.landmarks.isPresent() and len(definedPoints(self.core.landmarks.node)) >= len(LABELS):
                self.placing.stop()
            self.onLandmarks()
            return
        points = definedPoints(self._clickNode)
        self.endClick()
        if points:
            self.clickAt(points[-1])

    def clickAt(self, ras) -> None:
        """Outline the clot at a point, RAS mm."""
        found = []
        if self.core.canChange() and not self.work.isBusy and self.structure != EDEMA:
            self._do(lambda: found.append(self.core.click(ras, Structure(self.structure))))
        if found:
            self.refreshReading()
            self._lookAt(found[0])

    def endClick(self) -> None:
        """Wait for no point any more."""
        self.placing.stop()
        node, self._clickNode = self._clickNode, None
        removeNodes(node)
        self._showButtons()

    def onClot(self, name: str, value: str) -> None:
        """Structure, side or location of the clot that is looked at."""
        candidate = self.candidate()
        if candidate is None or self.work.isBusy:
            return
        decided = Structure(value) if name == "structure" else value
        self._do(lambda: self.core.decide(candidate.label, **{name: decided}))
        self.refreshReading()

    def onJump(self, label: int) -> None:
        """Look at a clot."""
        super().onJump(label)
        self.clot.show(self.candidate())
        self._showButtons()

    # Landmarks, scores, zero, growth

    def onPlaceLandmarks(self, on: bool = True) -> None:
        """Wait for the landmarks of the midline shift, or no more."""
        wasWaiting = self.placing.isPlacing and self._clickNode is None
        self.endClick()
        if not on or wasWaiting or not self.core.isMeasured() or not self.core.landmarks.isPresent():
            return
        if len(definedPoints(self.core.landmarks.node)) >= len(LABELS):
            self.core.landmarks.clear()
        self.editor.use("")
        self.placing.start(self.core.landmarks.node, persistent=True)
        self._showButtons()

    def onLandmarks(self) -> None:
        """A landmark was placed, moved or taken away."""
        if self.core.isMeasured() and not self.work.isBusy:
            self.core.placeLandmarks()
            self._changedFact()

    def onClearLandmarks(self) -> None:
        """Take the landmarks away."""
        self.endClick()
        self.core.landmarks.clear()
        self.onLandmarks()

    def onScores(self) -> None:
        """A score of ventricular blood was given."""
        self.core.answer(**self.ivh.answers())
        self._changedFact()

    def onZero(self, on: bool) -> None:
        """There is no blood but what is outlined."""
        self.core.answer(confirmed_zero=bool(on))
        self._changedFact()

    def onCompare(self) -> None:
        """Measure growth against an earlier record."""
        path = self.ui.baselinePath.currentPath.strip()
        if not self._mustWait(self._compareWait()):
            self._run(lambda progress: self.core.compareWith(path, places=self.places))

    # Showing

    def offerEarlier(self, offered: bool) -> None:
        """Let the reader choose an earlier record, or compare with that of the trial alone."""
        self._choosesEarlier = offered
        for widget in (self.ui.baselinePath, self.ui.compareButton):
            widget.visible = offered

    def refreshReading(self) -> None:
        """Show volumes, decisions and what can be done now; a confirmed zero holds for what was empty then."""
        super().refreshReading()
        empty = self._live.empty() if self._live is not None else ()
        isNew, self._empty = set(empty) - set(self._empty), empty
        if isNew and self.ui.zeroBox.checked:
            self.ui.zeroBox.checked = False

    def showChanged(self) -> None:
        """Lists follow a change, the rest when the hand rests."""
        super().showChanged()
        core = self.core
        self.points.start([core.landmarks.node] if core.landmarks.isPresent() else [])

    def connectWidgets(self) -> None:
        """The widgets of this module."""
        super().connectWidgets()
        ui = self.ui
        ui.zeroBox.connect("toggled(bool)", self.onZero)
        clicks = {
            ui.clickButton: self.onClick,
            ui.landmarksButton: self.onPlaceLandmarks,
            ui.clearLandmarksButton: lambda *ignored: self.onClearLandmarks(),
            ui.compareButton: lambda *ignored: self.onCompare(),
        }
        clicks |= {
            b: lambda *ignored, name=name: self.onStructure(name) for name, b in self._structureButtons().items()
        }
        for button, call in clicks.items():
            button.connect("clicked(bool)", call)
        ui.baselinePath.connect("currentPathChanged(QString)", lambda *ignored: self._showButtons())

    def _actions(self) -> dict[str, Callable[[], None]]:
        own = {name: lambda name=name: self.onStructure(name) for name in EDITABLE}
        own |= {name: lambda name=name: self._stepClot(name) for name in ("structure", "side", "location")}
        own |= {
            "click": self.onClick,
            "landmarks": self.onPlaceLandmarks,
            "zero": lambda: self.ui.zeroBox.click(),
            "compare": self.onCompare,
        }
        return own | super()._actions()

    def _structureButtons(self) -> dict[str, Any]:
        ui = self.ui
        buttons = (ui.ichButton, ui.ivhButton, ui.sahButton, ui.sdhButton, ui.edhButton, ui.edemaButton)
        return dict(zip(EDITABLE, buttons, strict=True))

    def _stepClot(self, name: str) -> None:
        if self.candidate() is not None and self.core.canChange():
            self.clot.step(name)

    def _lookAt(self, label: int) -> None:
        labels = [c.label for c in self.core.candidates()]
        self.review.look(labels.index(label))

    def _changedFact(self) -> None:
        if self.core.isMeasured():
            self._settling.start()
            self.refreshReading()

    def _showMeasured(self) -> None:
        super()._showMeasured()
        self.editor.shareVoxels()

    def _showAnswers(self) -> None:
        """Fields as the reading has them."""
        answers = self.core.answers
        self.ivh.show(answers.graeb, answers.graeb_expanded, answers.ivh_score)
        if answers.confirmed_zero and self.core.isMeasured():
            self._empty = self.core.live().empty()  # it was confirmed of these
        if self.ui.zeroBox.checked != answers.confirmed_zero:
            self.ui.zeroBox.checked = answers.confirmed_zero

    def _showCases(self) -> None:
        super()._showCases()
        self._showAnswers()

    def _showGrowth(self) -> None:
        record, ui = self.core.record, self.ui
        follow = record.follow_up if record is not None and self.core.isMeasured() else None
        numbers = {m.id: m for m in record.measurements} if follow is not None else {}
        self.growth.show(follow.growth if follow is not None else None)
        issues = [issueText(issue) for issue in follow.issues if issue.blocks] if follow is not None else []
        verdicts = [v.words for v in follow.growth.verdicts.values()] if follow is not None and follow.growth else []
        ui.growthLabel.text = "\n".join([growthText(numbers), *verdicts, *dict.fromkeys(issues)]).strip()

    def _showButtons(self) -> None:
        ui, keys = self.ui, self.keys
        for name, button in self._structureButtons().items():
            button.checked = name == self.structure
            self._wait(button, Wait(), f"{structureTip(name)} ({keys[name]})")
        click = self._clickWait()
        self._wait(
            ui.clickButton, click, _("Then click into the clot: it is outlined ({key})").format(key=keys["click"])
        )
        ui.clickButton.checked = self.placing.isPlacing and self._clickNode is not None
        candidate = self._clotWait()
        for name, box in self.clot.boxes.items():
            self._wait(box, candidate, _("Decide for the clot that is looked at ({key}: next)").format(key=keys[name]))
        measured = Wait("busy") if self.work.isBusy else Wait() if self.core.isMeasured() else Wait("measured")
        tip = _("Then click on the inner table on both sides, and on the septum ({key})")
        self._wait(ui.landmarksButton, measured, tip.format(key=keys["landmarks"]))
        ui.landmarksButton.checked = self.placing.isPlacing and self._clickNode is None
        self._wait(ui.clearLandmarksButton, measured, _("Take the landmarks away"))
        self._wait(ui.compareButton, self._compareWait(), _("Measure growth ({key})").format(key=keys["compare"]))
        ui.zeroBox.toolTip = _("Nothing was found where nothing is outlined ({key})").format(key=keys["zero"])

    def _clickWait(self) -> Wait:
        if self.work.isBusy:
            return Wait("busy")
        if not self.core.isMeasured():
            return Wait("measured")
        if not self.core.canChange():
            return Wait("image")
        return Wait("notBlood") if self.structure == EDEMA else Wait()

    def _clotWait(self) -> Wait:
        wait = self._clickWait()
        if wait and wait.key != "notBlood":
            return wait
        return Wait() if self.candidate() is not None else Wait("candidate")

    def _compareWait(self) -> Wait:
        if self.work.isBusy:
            return Wait("busy")
        if not self.core.canChange():
            return Wait("image") if self.core.isMeasured() else Wait("measured")
        if not self._choosesEarlier:
            return Wait("assigned")
        path = self.ui.baselinePath.currentPath.strip()
        return Wait() if self.core.baseline or (path and path != "." and Path(path).exists()) else Wait("record")

    def _writeWait(self) -> Wait:
        wait = super()._writeWait()
        return wait if wait or self.core.canRecord() else Wait("edited")

    def _stopTimers(self) -> None:
        super()._stopTimers()
        self.points.stop()

    def _letGo(self) -> None:
        self.endClick()
        super()._letGo()
