"""A reader who answers, goes to and fro, draws, closes, signs and loses the program at random in the guided reading."""

import core_cases
import hemorrhage_cases
import numpy as np
import slicer
import wizard_cases as cases

from StrokeBiomarkersLib.shortcuts import HEMORRHAGE_KEYS, KEYS, WIZARD_KEYS
from strokequant.trial.verify_trial import verify_folder

EVERY = 40
"""Every so many clicks something long: close, lose the program, sign, clear the scene."""

PRESSED = ("undo", "redo", "next", "previous", "accept", "leaveOut")
WORDS = ("", "1", "-7", "12.5", "seen", "  ", "증례", "x" * 300)


def clickAroundWizard(host, panel, tmp_path, clicks, seed=11):
    """Random work on the items of a trial; what a case was left with is there when it is opened again, and the trial verifies."""
    random, ui, bar = np.random.default_rng(seed), panel.ui, panel.bar
    key = tmp_path / "keys" / "R1.key.pem"

    def one(things):
        things = list(things)
        return things[int(random.integers(0, len(things)))] if things else None

    def openCase():
        panel.onList()
        row = int(random.integers(0, panel.cases.table.rowCount))
        panel.cases.table.setCurrentCell(row, 1)
        ui.laterEdit.text = "a second look" if random.integers(0, 2) else ""
        one((ui.openButton, ui.openButton, ui.openButton, ui.laterButton, ui.addendumButton)).click()

    def answer():
        widget = one(bar.answers.values())
        if widget is not None:
            widget.cycle()
            if hasattr(widget.first, "text") and not hasattr(widget.first, "checked"):
                widget.first.text = one(WORDS)

    def goOn():
        step = cases.stepOf(panel)
        known = cases.ANSWERS[panel.wizard.procedure.task] | cases.COMMON
        for values in known.get(step, ()):
            cases.answer(panel, **{name: value for name, value in values.items() if name in bar.answers})
        cases.giveReasons(panel)
        bar.nextButton.click()

    def stroke():
        module = panel.modules.panel
        if module is None or not module.core.isMeasured() or host.window.moduleName() == cases.MODULE.stem:
            return
        isCore = panel.wizard.procedure.task == "infarct_core"
        module.editor.use(one(("Paint", "Erase", "")))
        if module.editor.widget.activeEffect() is not None:
            near = core_cases.centerOf(module, 1) if isCore else hemorrhage_cases.rasOf(hemorrhage_cases.DEEP)
            point = tuple(np.array(near) + random.uniform(-20, 20, 3))
            view = "StrokeDWI" if isCore else "StrokeCT"
            host.stroke(module.editor.widget, [point], view=view, diameter_mm=float(random.uniform(4, 15)))

    def again():
        """The case as it was left is the case that is opened."""
        bar.nextButton.setFocus()  # what was typed counts once its field is left
        host.processEvents()
        panel.onSettle()
        kept, name, wasFrozen = _state(panel), panel.wizard.item.id, panel.wizard.isFrozen
        one((ui.closeButton.click, host.closeScene, lambda: cases.crash(panel)))()
        assert panel.wizard is None
        cases.listTrial(panel, tmp_path)
        panel.cases.choose(name)
        ui.openButton.click()
        if panel.wizard is not None:
            differs = [pair for pair in zip(kept, _state(panel), strict=True) if pair[0] != pair[1]]
            assert not differs, (name, ui.statusLabel.text, differs)
        else:
            assert wasFrozen or "W30" in ui.statusLabel.text, ui.statusLabel.text

    def sign():
        cases.sign(panel, key, one((cases.PASSPHRASE, cases.PASSPHRASE, "wrong words", "")))

    def addendum():
        ui.laterEdit.text = "a second look"
        ui.addendumButton.click()

    frequent = (
        answer,
        answer,
        goOn,
        goOn,
        stroke,
        stroke,
        bar.nextButton.click,
        bar.backButton.click,
        bar.automaticButton.click,
        bar.stepsButton.click,
        lambda: host.press(KEYS[one(PRESSED)]),
        lambda: host.press(HEMORRHAGE_KEYS[one(("structure", "zero", "compare", "click", *PRESSED))]),
        lambda: host.press(WIZARD_KEYS[one(sorted(WIZARD_KEYS))]),
        lambda: panel.onLanguage(one(("en", "ko"))),
        lambda: setattr(one(bar.reasonEdits.values()) or ui.skipEdit, "text", one(WORDS)),
        ui.skipButton.click,
        panel.onSettle,
        lambda: slicer.util.selectModule(one((cases.MODULE.stem, *cases.MODULES[::2]))),
    )
    rare = (again, again, sign, addendum, ui.closeButton.click)
    for number in range(clicks):
        if panel.wizard is None:
            openCase()
        elif number % EVERY == EVERY - 1:
            one(rare)()
        else:
            one(frequent)()
        host.processEvents()
        assert not host.dialogs, host.dialogs
    panel.closeCase()
    assert [issue for issue in verify_folder(tmp_path / "trial") if issue.blocks] == []


def _state(panel):
    """Step, answers and numbers, as a reader sees them."""
    wizard = panel.wizard
    numbers = {m.id: m.value for m in wizard.measurements()}
    return wizard.item.walk.position, dict(wizard.answers), numbers, wizard.item.status.state
