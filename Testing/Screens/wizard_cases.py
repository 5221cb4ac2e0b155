"""What a reader does with the guided reading, in steps that tests in the host and in Slicer share."""

from dataclasses import replace
from pathlib import Path

import core_cases
import slicer

FOLDER = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
MODULE = FOLDER / "StrokeBiomarkers.py"
MODULES = ("StrokeDiffusionCore", "StrokePerfusionMismatch", "StrokeHemorrhageVolume")
FOLDER_MODE = 2
REASON = "not known for this generated patient"


def corePatient(parent: Path, **slab) -> Path:
    """Write a patient whose images hold to the procedure, on as coarse a grid as that allows; return its folder."""
    from strokequant.synthetic.patients import write_patient

    grid = {"slices": 22, "rows": 96, "columns": 96, "pixel_mm": 2.4, "step_mm": 6.4}
    spec = core_cases.small("philips")
    spec = replace(spec, slab=spec.slab | grid | slab)
    write_patient(spec, parent)
    return parent / spec.name


def openModules(host, *names):
    """Open the modules that steps are done in, then the guided reading; return its panel."""
    for name in names or MODULES[:1]:
        host.open(FOLDER / f"{name}.py")
    return host.open(MODULE).panel


def listFolder(panel, folder: Path, out: Path, task: str, reader: str = "R1") -> None:
    """Show the cases of a plain folder."""
    ui = panel.ui
    ui.modeBox.setCurrentIndex(FOLDER_MODE)
    ui.taskBox.setCurrentIndex(panel._tasks.index(task))
    ui.sourcePath.currentPath = str(folder)
    ui.outputPath.currentPath = str(out)
    ui.readerEdit.text = reader
    ui.listButton.click()


def answer(panel, **values) -> None:
    """Answer questions of the step by their widgets."""
    for name, value in values.items():
        widget = panel.bar.answers[name]
        widget.show(value)
        widget._told()


def giveReasons(panel, text: str = REASON) -> None:
    """Type a reason into every field for one."""
    for edit in list(panel.bar.reasonEdits.values()):
        edit.text = text


def go(panel) -> str:
    """Press Next; return the step that is open then."""
    slicer.app.processEvents()
    giveReasons(panel)
    assert panel.bar.nextButton.enabled, panel.bar.nextButton.toolTip
    panel.bar.nextButton.click()
    slicer.app.processEvents()
    return stepOf(panel)


def stepOf(panel) -> str:
    """Id of the current step; empty once it is signed."""
    return panel.wizard.step.id if panel.wizard.step is not None else ""


def goTo(panel, step: str) -> None:
    """Press Next until this step is open."""
    while stepOf(panel) != step:
        go(panel)


def sign(panel, key: Path | None = None, passphrase: str = "") -> None:
    """Fill in and sign."""
    panel.ui.keyPath.currentPath = str(key) if key is not None else ""
    panel.ui.passphraseEdit.text = passphrase
    panel.ui.signButton.click()
