"""The panel of the guided reading: cases, steps, summary, signature; the bar stays at hand in every module. Computes nothing."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from strokequant.errors import StrokeQuantError
from strokequant.sop.questions import Question
from strokequant.sop.shipped import shipped_titles
from strokequant.trial.item_file import TRAINING as TRAINING_MODEL
from strokequant.trial.item_states import ItemState

from .candidatepanel import SETTLE_MS
from .issuetexts import issueText
from .longwork import LongWork
from .reading import Progress
from .requirements import RequirementsError, ensureRequirements
from .shortcuts import WIZARD_KEYS, Shortcuts
from .wizard import Wizard, says
from .wizardbar import BarActions, BarContent, WizardBar
from .wizardcases import CaseTable
from .wizardmodules import ReadingModules
from .wizardphantom import PHANTOM, PhantomWizard
from .wizardpractice import PracticeBox
from .wizardscore import ScoreBox
from .wizardsources import CaseRow, FolderSource, TrialSource
from .wizardsteps import DeviationTable, NumberTable, StepTable
from .wizardtexts import meaningText, missingText, priorText, stateText, stepTitle
from .wizardwindow import ReadingWindow

MODULE = "StrokeBiomarkers"
TRIAL, TRAINING, FOLDER = range(3)
MEANINGS = ("author", "verification", "review")
LOCKED = "W22"
"""Another window holds the case."""

CLOSING = 4
"""Steps of the common closing: the summary is what they are about."""

LOG = Path("work") / "application.log"


class WizardPanel:
    """The panel.

    Args:
        ui: widgets of the .ui file by name.
        clock: gives the time.
    """

    def __init__(self, ui, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self.ui, self.clock = ui, clock
        self.source: TrialSource | FolderSource | None = None
        self.wizard: Wizard | None = None
        self.language = "ko" if slicer.app.applicationLocaleName.lower().startswith("ko") else "en"
        actions = BarActions(
            self.onBack, self.onNext, self.onAutomatic, self.onSteps, self.onAnswer, self.onReason, self.onLanguage
        )
        self.bar = WizardBar(actions, WIZARD_KEYS)
        self.window = ReadingWindow(self.bar.widget)
        self.modules = ReadingModules(self.onEdited, self.closeCase, ui.editorBox.layout())
        self.cases = CaseTable(ui.caseTableBox.layout(), self.refresh, self.onOpenCase)
        self.steps = StepTable(ui.stepTableBox.layout())
        self.numbers = NumberTable(ui.numbersBox.layout())
        self.deviations = DeviationTable(ui.deviationsBox.layout())
        self.work = LongWork(ui.progressBox, ui.progressBar, ui.cancelButton, self.modules.stageText)
        self.shortcuts = Shortcuts(self._keyActions(), WIZARD_KEYS)
        self.scoring = ScoreBox(ui, self.refresh, self.onScore)
        self.practice = PracticeBox(ui.practiceBox)
        self._lockedCase = ""
        self._refusals: frozenset[str] = frozenset()
        self._isFollowing = False
        self._settling = qt.QTimer()
        self._settling.singleShot = True
        self._settling.interval = SETTLE_MS
        self._settling.connect("timeout()", self.onSettle)
        self._fill()
        self._connect()
        self.say("")
        self.refresh()

    # Coming and going

    def enter(self) -> None:
        """The module is opened."""
        if self.wizard is not None:
            self.modules.showViews()
            self.modules.enter()
        self.refresh()

    def leave(self) -> None:
        """Another module is opened: the one of a step, while a case is read."""
        self.modules.leave()

    def dispose(self) -> None:
        """The panel goes away."""
        self.closeCase()
        self.modules.dispose()

    def sceneCloses(self) -> None:
        """The scene is cleared: what was edited is kept, the case is closed."""
        self.closeCase(forget=False)

    # Cases

    def onMode(self, *ignored) -> None:
        """Trial, training, or a plain folder."""
        self.source = None
        self.cases.show([])
        self.scoring.clear()
        self.refresh()

    def onList(self) -> None:
        """Show the cases of the source."""
        ui = self.ui
        path = ui.sourcePath.currentPath.strip()

        def work() -> None:
            if ui.modeBox.currentIndex == FOLDER:
                out, task = Path(ui.outputPath.currentPath.strip()), self._tasks[ui.taskBox.currentIndex]
                self._long(lambda progress: self._useFolder(Path(path), out, task, progress))
            else:
                self.source = TrialSource(Path(path), training=ui.modeBox.currentIndex == TRAINING)
                self._showReaders()

        if not self._mustWait(self._listWait()) and self._ensure():
            self._try(work)
            self._showCases()

    def onOpenCase(self, *ignored) -> None:
        """Open the case that is chosen."""
        row = self.cases.current()
        if row is not None and not self._mustWait(self._openWait(row)):
            self.openCase(row.id)

    def onTakeOver(self) -> None:
        """Open a case that a computer which has failed holds, with the reason."""
        row, reason = self.cases.current(), self.ui.laterEdit.text.strip()
        if not self._mustWait(self._takeOverWait(row)):
            self.ui.laterEdit.text = ""
            self.openCase(row.id, takeOver=reason)

    def openCase(self, case: str, *, addendum: str = "", takeOver: str = "") -> None:
        """Open a case, measure it, do again what was edited, and go to its step."""
        if not self._ensure():
            return
        opened: list[Any] = []
        self._lockedCase = ""
        if not self._try(lambda: opened.append(self._opened(case, addendum, takeOver))):
            self._lockedCase = case if LOCKED in self._refusals else ""
            self.refresh()
            return
        wizard = opened[0]
        self.bar.show(BarContent(wizard.item.id, _("The images are read and measured.")))
        self.window.enter(wizard.item.id, wizard.item.folder / LOG)
        self.modules.guide(wizard)
        self.wizard = wizard
        self.refresh()
        if not self._try(lambda: self._long(wizard.openCase)):
            self.closeCase(keepWords=True)
            return
        self.shortcuts.install(slicer.util.mainWindow())
        self.modules.showCase()
        self.window.clearCorners()
        logging.info("A guided reading was opened")
        told = (issueText(issue) for issue in wizard.item.issues)
        self.say("\n".join(line for line in (priorText(wizard.prior()), *told) if line))
        self.showStep()

    def closeCase(self, *, forget: bool = True, keepWords: bool = False) -> None:
        """Let go of the case; everything is kept in its folder."""
        wizard, self.wizard = self.wizard, None
        if wizard is None:
            return
        self.work.cancel()
        self._settling.stop()
        self.shortcuts.remove()
        self.practice.clear(forget=forget)
        self.modules.release(forget=forget)
        wizard.close()
        self.window.leave()
        if not keepWords:
            self.say("")
        self._showCases()

    def onClose(self) -> None:
        """Leave the case, to go on with it another time."""
        self.closeCase()
        self._select(MODULE)

    def onLater(self) -> None:
        """Leave a case of the worklist for later, with a reason."""
        row, reason = self.cases.current(), self.ui.laterEdit.text.strip()
        if row is not None and not self._mustWait(self._laterWait(row)):
            self._try(lambda: self.source.later(row.id, self._reader(), reason, now=self.clock()))
            self.ui.laterEdit.text = ""
            self._showCases()

    def onAddendum(self) -> None:
        """Begin a version after the signed one."""
        reason = self.ui.laterEdit.text.strip()
        if self._mustWait(self._addendumWait()):
            return
        self.ui.laterEdit.text = ""
        if self.wizard is None:
            self.openCase(self.cases.current().id, addendum=reason)
            return
        self._try(lambda: self.wizard.addendum(reason))
        self.showStep()

    def onScore(self) -> None:
        """The study manager scores a test of the reader."""
        if not self._mustWait(self._scoreWait()):
            how = {"now": self.clock(), "language": self.language}
            self._try(
                lambda: self.scoring.score(self.source.fresh(), self._reader(), **how), wait=_("Scoring the test")
            )
            self.refresh()

    # Steps

    def onNext(self) -> None:
        """Leave the step forward; the step that submits, submits."""
        wizard = self.wizard
        if wizard is None or self._mustWait(self._nextWait()):
            return
        last = wizard.item.walk.position == len(wizard.procedure.steps) - 2
        if self._try(wizard.submit if last else wizard.next):
            self.showStep()
        else:
            self.refresh()

    def onBack(self) -> None:
        """Go to the step before."""
        wizard = self.wizard
        if wizard is None or self._mustWait(self._backWait()):
            return
        self._try(wizard.back)
        self.showStep()

    def onAutomatic(self) -> None:
        """Do automatic steps in a row."""
        if self.wizard is not None and not self._mustWait(self._automaticWait()):
            self._try(self.wizard.automatic)
            self.showStep()

    def onSkip(self) -> None:
        """Leave the step out."""
        wizard = self.wizard
        if wizard is not None and not self._mustWait(self._skipWait()):
            if self._try(lambda: wizard.skip(self.ui.skipEdit.text)):
                self.ui.skipEdit.text = ""
            self.showStep()

    def onSteps(self) -> None:
        """Go to the list of steps and summary, or back to the module of the step."""
        if self.wizard is None:
            return
        wanted = self.modules.moduleOf(self.wizard.step)
        self._select(MODULE if self._openModule() != MODULE else wanted or MODULE)

    def onAnswer(self, question: Question, value: Any) -> None:
        """An answer was given or taken back."""
        wizard = self.wizard
        if wizard is None:
            return
        problem = question.problem(value) if value is not None else ""
        if problem and not (question.kind == "choices" and value == []):
            self.say(_("This answer cannot be: {what}").format(what=wizard.words(question.label)))
            self.refresh()
            return
        self.say("")
        self._try(lambda: wizard.answer(question, value))
        self.refresh()

    def onReason(self, code: str, text: str) -> None:
        """A reason for a deviation was typed."""
        if self.wizard is not None:
            self.wizard.reasons[code] = text
            self.refresh()
            self._settling.start()

    def onLanguage(self, language: str) -> None:
        """Language of the procedure."""
        self.language = language
        if self.wizard is not None:
            self.wizard.language = language
        self.refresh()

    def onEdited(self) -> None:
        """The panel of a module was shown anew: perhaps after an edit."""
        if self.wizard is None or self._isFollowing or self.work.isBusy:
            return
        self._isFollowing = True
        try:
            self._try(self.wizard.follow, quiet=True)
            self._settling.start()
        finally:
            self._isFollowing = False

    def onSettle(self) -> None:
        """The hand rests: numbers follow, reasons that were typed are kept."""
        if self.wizard is None or self.work.isBusy:
            return
        self._try(self.wizard.keepReasons, quiet=True)
        self.refresh()

    def onSign(self) -> None:
        """Sign what was submitted."""
        wizard, ui = self.wizard, self.ui
        if wizard is None or self._mustWait(self._signWait()):
            return
        key = ui.keyPath.currentPath.strip()
        how = {"key": Path(key) if key else None, "passphrase": ui.passphraseEdit.text}
        how["meaning"] = MEANINGS[ui.meaningBox.currentIndex]
        ui.passphraseEdit.text = ""
        signed: list[Any] = []
        if self._try(lambda: signed.append(wizard.sign(**how)), wait=_("Writing and signing")):
            lines = [_("Signed as version {version}.").format(version=signed[0].version)]
            ui.resultLabel.text = "\n".join([*lines, *(issueText(issue) for issue in signed[0].issues)])
        self.showStep()

    # Showing

    def showStep(self) -> None:
        """Go to the module of the current step, and show the step."""
        wizard = self.wizard
        if wizard is None:
            return
        self._select(self.modules.moduleOf(wizard.step) or MODULE)
        isClosing = len(wizard.procedure.steps) - wizard.item.walk.position <= CLOSING
        self.ui.stepsBox.collapsed = isClosing
        self.ui.summaryBox.collapsed = not isClosing
        self.refresh()
        self.bar.focus()

    def refresh(self, *ignored) -> None:
        """Show everything as it is."""
        ui, wizard = self.ui, self.wizard
        isTrial = ui.modeBox.currentIndex != FOLDER
        ui.caseLabel.visible = wizard is not None
        ui.trainingLabel.visible = False
        for widget, shown in self._sourceRows(isTrial):
            widget.visible = shown
        for box in (ui.sourceBox, ui.casesBox):
            box.visible = wizard is None
        ui.scoreBox.visible = wizard is None and ui.modeBox.currentIndex == TRAINING
        for box in (ui.stepsBox, ui.summaryBox, ui.closeButton):
            box.visible = wizard is not None
        ui.signBox.visible = wizard is not None and wizard.isFrozen
        ui.editorBox.visible = wizard is not None and self.modules.needsEditor(wizard.step)
        isPrivate = wizard is not None and not self.source.isTrial and wizard.procedure.task == "final_infarct"
        for widget in (ui.earlierPath, ui.earlierButton):
            widget.visible = isPrivate
        ui.editorLabel.text = _("Draw the infarct in the views; strokes are kept as they are made.")
        self._showWaits()
        if wizard is not None and not self.work.isBusy:
            self._showReading()

    def say(self, text: str) -> None:
        """Say something in the panel, and in the bar; an empty text hides it."""
        text = self.wizard.shown(text) if self.wizard is not None else text
        self.ui.statusLabel.text = text
        self.ui.statusLabel.visible = bool(text)
        self.bar.say(text)

    def _showReading(self) -> None:
        wizard, ui = self.wizard, self.ui
        self.modules.freeze(wizard.isFrozen)
        rows = wizard.rows()
        number = min(wizard.item.walk.position + 1, len(rows))
        title = wizard.words(wizard.procedure.title)
        status = stateText(wizard.item.status.state)
        lines = (wizard.item.id, f"{title} ({wizard.procedure.name})", status, priorText(wizard.prior()))
        ui.caseLabel.text = "\n".join(line for line in lines if line)
        self.steps.show(rows, wizard.words)
        ui.skipEdit.visible = ui.skipButton.visible = bool(wizard.step and wizard.step.allow_skip)
        self.deviations.show(wizard.deviations())
        ui.deviationsLabel.text = (
            _("Deviations of the steps so far:") if wizard.deviations() else _("No deviation so far.")
        )
        self.numbers.show(wizard.procedure, wizard.measurements())
        ui.summaryLabel.text = _("Numbers as they would be signed:")
        checks = wizard.checks() if not wizard.isFrozen or wizard.step is not None else []
        questions = wizard.questions()
        values = {question.name: wizard.value(question) for question in questions}
        isPractice = self.practice.show(self.source, wizard, self.language)
        isSigned = wizard.item.status.state is ItemState.SIGNED
        ui.trainingLabel.text = _(
            "This training case is signed. Once all cases of the test are, the study manager scores it and writes the certificate."
        )
        ui.trainingLabel.visible = isSigned and not isPractice and wizard.item.file.model == TRAINING_MODEL
        isLast = wizard.item.walk.position == len(rows) - 2
        content = BarContent(
            title=stepTitle(rows[number - 1], number, len(rows)),
            text=wizard.words(wizard.step.text) if wizard.step is not None else _("This reading is signed."),
            checks=checks,
            questions=questions,
            values=values,
            reasons=wizard.reasons,
            language=self.language,
            back=self._backWait(),
            next=self._nextWait(),
            automatic=self._automaticWait(),
            nextText=_("Submit") if isLast else "",
        )
        self.bar.show(content)

    def _showWaits(self) -> None:
        ui, row = self.ui, self.cases.current()
        self._wait(ui.listButton, self._listWait(), _("Read the list of cases"))
        self._wait(ui.openButton, self._openWait(row), _("Open this case (Enter)"))
        self._wait(ui.laterButton, self._laterWait(row), _("Leave this case for later"))
        self._wait(ui.addendumButton, self._addendumWait(), _("A new version that points to the signed one"))
        ui.takeOverButton.visible = row is not None and row.id == self._lockedCase
        self._wait(ui.takeOverButton, self._takeOverWait(row), _("Open this case here; the trail keeps your reason"))
        self._wait(ui.scoreButton, self._scoreWait(), _("Open the sealed answers and score the signed cases"))
        self._wait(ui.signButton, self._signWait(), _("Sign and lock"))
        self._wait(ui.skipButton, self._skipWait(), _("Leave this step out"))
        for box in (ui.sourceBox, ui.casesBox, ui.scoreBox, ui.stepsBox, ui.signBox, ui.closeButton):
            box.enabled = not self.work.isBusy

    def _showCases(self) -> None:
        rows: list[CaseRow] = []
        reader = self._reader()
        following: list[str] = [""]

        def work() -> None:
            rows.extend(self.source.cases(reader))
            following[0] = self.source.nextCase(reader)

        if self.source is not None and (reader or not self.source.isTrial):
            self._try(work, quiet=True)
        self.cases.show(rows, following[0], self.language)
        self.scoring.clear()
        self.refresh()

    def _showReaders(self) -> None:
        box, kept = self.ui.readerBox, self.ui.readerBox.currentText
        wasBlocked = box.blockSignals(True)
        box.clear()
        for reader, name in self.source.readers():
            box.addItem(f"{reader}  {name}")
        index = box.findText(kept)
        box.setCurrentIndex(max(index, 0))
        box.blockSignals(wasBlocked)

    def _sourceRows(self, isTrial: bool):
        ui = self.ui
        for widget in (ui.label_output, ui.outputPath, ui.label_task, ui.taskBox, ui.label_readerCode, ui.readerEdit):
            yield widget, not isTrial
        for widget in (ui.label_reader, ui.readerBox):
            yield widget, isTrial

    # Waiting

    def _listWait(self) -> str:
        ui = self.ui
        if not ui.sourcePath.currentPath.strip():
            return _("Waits for a folder")
        if ui.modeBox.currentIndex == FOLDER and not ui.outputPath.currentPath.strip():
            return _("Waits for an output folder")
        return ""

    def _openWait(self, row: CaseRow | None) -> str:
        if row is None:
            return _("Waits for a case of the list")
        if not self._reader():
            return _("Waits for the code of the reader")
        if row.problem:
            return row.problem
        if row.status.state in (ItemState.SIGNED, ItemState.WITHDRAWN, ItemState.SUPERSEDED):
            return _("This case is {state}").format(state=stateText(row.status.state))
        return ""

    def _laterWait(self, row: CaseRow | None) -> str:
        if self.source is None or not self.source.isTrial or row is None:
            return _("Waits for a case of a worklist")
        if row.status.state not in (ItemState.ASSIGNED, ItemState.PENDING_READER):
            return _("Only a case that was not begun can be left for later")
        return "" if self.ui.laterEdit.text.strip() else _("Waits for the reason")

    def _addendumWait(self) -> str:
        row = self.cases.current()
        status = self.wizard.item.status if self.wizard is not None else row.status if row is not None else None
        if status is None or status.state is not ItemState.SIGNED:
            return _("Waits for a case that is signed")
        return "" if self.ui.laterEdit.text.strip() else _("Waits for the reason")

    def _takeOverWait(self, row: CaseRow | None) -> str:
        if row is None or row.id != self._lockedCase:
            return _("Waits for a case that another computer holds")
        return "" if self.ui.laterEdit.text.strip() else _("Waits for the reason")

    def _scoreWait(self) -> str:
        return self.scoring.wait(self._reader() if self.source is not None else "")

    def _backWait(self) -> str:
        wizard = self.wizard
        if wizard.item.status.state is ItemState.SIGNED:
            return _("This reading is signed: open an addendum")
        return "" if wizard.item.walk.position > 0 else _("This is the first step")

    def _nextWait(self) -> str:
        wizard = self.wizard
        if wizard.step is None:
            return _("This reading is signed: open an addendum")
        if wizard.isFrozen:
            return _("Sign below the list of steps")
        return missingText(wizard.missing())

    def _automaticWait(self) -> str:
        wizard = self.wizard
        isAutomatic = wizard.step is not None and wizard.step.automatic
        return self._nextWait() if isAutomatic else _("This step needs you")

    def _skipWait(self) -> str:
        wizard = self.wizard
        if wizard is None or wizard.step is None or not wizard.step.allow_skip:
            return _("The procedure asks for this step")
        return "" if self.ui.skipEdit.text.strip() else _("Waits for the reason")

    def _signWait(self) -> str:
        wizard, ui = self.wizard, self.ui
        if wizard is None or wizard.item.status.state is not ItemState.SUBMITTED:
            return _("Waits for a reading that is submitted")
        if self.source.isTrial and not ui.keyPath.currentPath.strip():
            return _("Waits for your key file")
        isKeyed = bool(ui.keyPath.currentPath.strip())
        return _("Waits for the passphrase") if isKeyed and not ui.passphraseEdit.text else ""

    def _wait(self, button, wait: str, ready: str) -> None:
        button.enabled = not wait
        button.toolTip = wait or ready

    def _mustWait(self, wait: str) -> bool:
        """A key was pressed, or something has changed since the button was shown: say what is missing."""
        if self.work.isBusy:
            return True
        if wait:
            self.say(wait)
        return bool(wait)

    # Doing

    def _opened(self, case: str, addendum: str, takeOver: str) -> Wizard:
        item = self.source.open(case, self._reader(), now=self.clock(), takeOver=takeOver, addendum=addendum)
        try:
            core = self.modules.coreOf(item)
        except BaseException:
            item.close(now=self.clock())
            raise

        def openImages(core, progress) -> None:
            self.source.openImages(item, core, progress)

        kind = PhantomWizard if item.procedure.task == PHANTOM else Wizard
        wizard = kind(item, core, openImages=openImages, language=self.language, clock=self.clock)
        wizard.changeReason = addendum
        return wizard

    def onEarlier(self) -> None:
        """Measure the growth of a final infarct against an earlier record."""
        wizard, path = self.wizard, self.ui.earlierPath.currentPath.strip()
        if wizard is not None and not wizard.isFrozen and (not path or Path(path).exists()):
            self._try(lambda: wizard.compareWith(path))
            self.refresh()

    def _useFolder(self, folder: Path, out: Path, task: str, progress: Progress) -> None:
        self.source = FolderSource(folder, out, task, progress=progress)

    def _long(self, work: Callable[[Progress], None]) -> None:
        """Do something long, with the bar of progress."""
        if not self.work.run(work):
            raise _Canceled

    def _try(self, work: Callable[[], Any], *, quiet: bool = False, wait: str = "") -> bool:
        """Do one thing for the reader; what is wrong is said in the panel.

        Returns:
            True where it was done.
        """
        if not quiet:
            self.say(wait)
        with slicer.util.tryWithErrorDisplay(_("Unexpected failure; nothing was changed."), waitCursor=True):
            return self._tried(work, wait)

    def _tried(self, work: Callable[[], Any], wait: str) -> bool:
        self._refusals = frozenset()
        try:
            work()
        except StrokeQuantError as error:
            self._refusals = frozenset(issue.code for issue in says(error))
            self.say("\n".join(issueText(issue) for issue in says(error)))
            return False
        except _Canceled:
            self.say(_("Canceled; nothing was changed."))
            return False
        if wait:
            self.say("")
        return True

    def _ensure(self) -> bool:
        try:
            ensureRequirements(MODULE)
        except RequirementsError as error:
            self.say(_("Packages are missing: {names}").format(names=error))
            return False
        return True

    def _select(self, module: str) -> None:
        if slicer.util.mainWindow() is not None and self._openModule() != module:
            slicer.util.selectModule(module)
            if self.wizard is not None:
                self.modules.showViews()
                self.window.clearCorners()

    def _openModule(self) -> str:
        return slicer.util.moduleSelector().selectedModule

    def _reader(self) -> str:
        ui = self.ui
        if ui.modeBox.currentIndex == FOLDER:
            return ui.readerEdit.text.strip()
        return ui.readerBox.currentText.split("  ")[0].strip()

    def _fill(self) -> None:
        ui = self.ui
        for word in (_("Worklist of a trial"), _("Training cases of a trial"), _("Folder without a trial")):
            ui.modeBox.addItem(word)
        titles = shipped_titles()
        self._tasks = sorted(titles)
        for task in self._tasks:
            ui.taskBox.addItem(titles[task].in_language(self.language))
        self.scoring.fill(self.language)
        for meaning in MEANINGS:
            ui.meaningBox.addItem(meaningText(meaning))
        if slicer.util.mainWindow() is None:
            ui.barBox.layout().addWidget(self.bar.widget)

    def _connect(self) -> None:
        ui = self.ui
        clicks = {
            ui.listButton: self.onList,
            ui.openButton: self.onOpenCase,
            ui.laterButton: self.onLater,
            ui.addendumButton: self.onAddendum,
            ui.takeOverButton: self.onTakeOver,
            ui.skipButton: self.onSkip,
            ui.signButton: self.onSign,
            ui.closeButton: self.onClose,
            ui.earlierButton: self.onEarlier,
        }
        for button, call in clicks.items():
            button.connect("clicked(bool)", lambda *ignored, call=call: call())
        ui.modeBox.connect("currentIndexChanged(int)", self.onMode)
        ui.taskBox.connect("currentIndexChanged(int)", self.onMode)
        ui.readerBox.connect("currentIndexChanged(int)", lambda *ignored: self._showCases())
        ui.readerEdit.connect("textChanged(QString)", self.refresh)
        for path in (ui.sourcePath, ui.outputPath, ui.keyPath):
            path.connect("currentPathChanged(QString)", self.refresh)
        for edit in (ui.laterEdit, ui.skipEdit, ui.passphraseEdit):
            edit.connect("textChanged(QString)", self.refresh)
        ui.passphraseEdit.connect("returnPressed()", self.onSign)

    def _keyActions(self) -> dict[str, Callable[[], None]]:
        answers = {f"answer{n}": lambda n=n: self.bar.cycle(n - 1) for n in range(1, 10)}
        return answers | {
            "back": self.onBack,
            "next": self.onNext,
            "automatic": self.onAutomatic,
            "steps": self.onSteps,
            "fields": self.bar.focus,
            "sign": self.ui.passphraseEdit.setFocus,
        }


class _Canceled(Exception):
    """The reader did not want to wait."""
