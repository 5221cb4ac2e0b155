"""What a reader does with the guided reading, in steps that tests in the host and in Slicer share."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import core_cases
import slicer

FOLDER = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
MODULE = FOLDER / "StrokeBiomarkers.py"
MODULES = ("StrokeDiffusionCore", "StrokePerfusionMismatch", "StrokeHemorrhageVolume")
FOLDER_MODE = 2
PASSPHRASE = "correct horse"
REASON = "not known for this generated patient"


def corePatient(parent: Path, **slab) -> Path:
    """Write a patient whose images hold to the procedure, on as coarse a grid as that allows; return its folder."""
    from strokequant.synthetic.patients import write_patient

    grid = {"slices": 22, "rows": 96, "columns": 96, "pixel_mm": 2.4, "step_mm": 6.4}
    spec = core_cases.small("philips")
    spec = replace(spec, slab=spec.slab | grid | slab)
    write_patient(spec, parent)
    return parent / spec.name


class Clock:
    """Goes on by a second with every look, from a day on which the procedures are effective."""

    def __init__(self, start: datetime = datetime(2026, 12, 1, 9, tzinfo=UTC)):
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def makeTrial(folder: Path, items, *, readers=("R1", "R2"), qualified=("R1", "R2")):
    """A trial in `folder/trial` with keys in `folder/keys`.

    Args:
        folder: new.
        items: (task, reader, folder of the images, model) each.
        readers, qualified: of the register; who has passed the tests of all procedures.

    Returns:
        pseudonyms in the order of `items`.
    """
    from strokequant.sop.shipped import shipped_procedures
    from strokequant.trial.assignment import assign_item
    from strokequant.trial.keys import make_key
    from strokequant.trial.register import Qualification, Reader
    from strokequant.trial.trial_folder import create_trial, new_pseudonym, read_trial, save_register

    clock, keys = Clock(datetime(2026, 11, 27, 9, tzinfo=UTC)), folder / "keys"
    public = {owner: make_key(keys, owner, PASSPHRASE) for owner in ("M1", *readers)}
    own = {"key": keys / "M1.key.pem", "passphrase": PASSPHRASE}
    about = {"trial_id": "T1", "title": "A trial", "manager": "M1", "manager_name": "Manager One", "seed": "00" * 16}
    trial = create_trial(folder / "trial", now=clock(), **about, **own)
    day = clock().date()
    passed = tuple(
        Qualification(one.sop_id, 1, day, day.replace(year=day.year + 1), 0.95, True)
        for one in shipped_procedures().values()
    )
    register = trial.register
    for reader in readers:
        able = passed if reader in qualified else ()
        register = register.with_reader(Reader(reader, f"Reader {reader}", ("reader",), public[reader], able))
    save_register(trial, register, now=clock(), event="reader.added", **own)
    trial, names = read_trial(folder / "trial"), []
    for task, reader, images, model in items:
        names.append(new_pseudonym(trial))
        shutil.copytree(images, trial.item_folder(names[-1]) / "images")
        assign_item(
            trial, names[-1], task=task, reader=reader, model=model, now=clock(), facts={"timepoint_in_window": True}
        )
    return names


def listTrial(panel, folder: Path, reader: str = "R1", mode: int = 0) -> None:
    """Show the worklist of a reader."""
    ui = panel.ui
    ui.modeBox.setCurrentIndex(mode)
    ui.sourcePath.currentPath = str(folder / "trial")
    ui.listButton.click()
    ui.readerBox.setCurrentIndex(
        next(n for n in range(ui.readerBox.count) if ui.readerBox.itemText(n).startswith(reader))
    )


def readCore(panel) -> None:
    """Walk the procedure of the infarct core up to the signature."""
    panel.bar.automaticButton.click()
    answer(panel, evaluability="diagnostic")
    goTo(panel, "A6")
    answer(panel, brain_mask_confirmed=True, candidates_decided=True, exclusions_reviewed=True)
    goTo(panel, "Z1")
    finish(panel)


def finish(panel) -> None:
    """Closing steps up to the signature."""
    if "side_confirmed" in panel.bar.answers:
        answer(panel, side_confirmed=True)
    answer(panel, plausibility_confirmed=True)
    goTo(panel, "Z2")
    answer(panel, deviations_reviewed=True)
    goTo(panel, "Z3")
    answer(panel, preview_confirmed=True)
    goTo(panel, "Z4")


def openModules(host, *names):
    """Open the modules that steps are done in, then the guided reading; return its panel."""
    for name in names or MODULES[:1]:
        host.open(FOLDER / f"{name}.py")
    panel = host.open(MODULE).panel
    panel.clock = Clock()
    return panel


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
