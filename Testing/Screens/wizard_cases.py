"""What a reader does with the guided reading, in steps that tests in the host and in Slicer share."""

import shutil
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import core_cases
import hemorrhage_cases
import perfusion_cases
import slicer

FOLDER = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
MODULE = FOLDER / "StrokeBiomarkers.py"
MODULES = ("StrokeDiffusionCore", "StrokePerfusionMismatch", "StrokeHemorrhageVolume")
FOLDER_MODE = 2
FRAMES = 42
"""A minute of CT perfusion."""

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


def perfusionPatient(parent: Path) -> Path:
    """Write a CT perfusion of a whole minute on a coarse grid, of a head that does not move; return its folder."""
    from strokequant.synthetic.perfusion_patients import perfusion_demo_patients, write_perfusion_patient

    spec = next(one for one in perfusion_demo_patients() if one.name.endswith("_ctp"))
    grid, frames = perfusion_cases.COARSE["ctp"]
    protocol = replace(spec.protocol, frames=max(frames, FRAMES))
    spec = replace(spec, slab=spec.slab | grid, protocol=protocol, motion=None)
    write_perfusion_patient(spec, parent)
    return parent / spec.name


def headSeries(folder: Path, description: str, *, lesion_ml: float = 0.0) -> Path:
    """Write an MR series of a head: FLAIR with a bright lesion, or a time of flight angiography with bright vessels."""
    import numpy as np
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    from strokequant.synthetic.anatomy import Head, Tissue, tissue_fractions
    from strokequant.synthetic.grids import make_slab

    slab = make_slab(slices=28, rows=96, columns=96, pixel_mm=2.4, step_mm=5.0)
    fractions = tissue_fractions(Head(), slab, np.eye(4), (1, 1, 2))
    isFlair = "FLAIR" in description.upper()
    signal = (
        {Tissue.WHITE: 100.0, Tissue.GRAY: 130.0, Tissue.SCALP: 90.0}
        if isFlair
        else {Tissue.WHITE: 60.0, Tissue.GRAY: 70.0}
    )
    image = sum(fractions[list(Tissue).index(tissue)] * value for tissue, value in signal.items())
    index = np.argwhere(np.ones(slab.geometry.shape, bool))
    lps = slab.geometry.to_lps(index)
    if isFlair:
        count = round(1000 * lesion_ml / slab.geometry.voxel_volumes_mm3[0])
        nearest = np.argsort(np.linalg.norm(lps - (30.0, -5.0, 40.0), axis=1), kind="stable")[:count]
        image.reshape(-1)[nearest] = 240.0
    else:
        for center in ((8.0, -5.0), (-8.0, -5.0), (0.0, 10.0)):
            inside = np.linalg.norm(lps[:, :2] - center, axis=1) < 3.0
            image.reshape(-1)[inside & (lps[:, 2] < 60)] = 300.0
    image = image + np.random.default_rng(7).normal(0, 3.0, image.shape)
    folder.mkdir(parents=True, exist_ok=True)
    root = f"1.2.826.0.1.3680043.8.498.{zlib.crc32(description.encode())}"
    uids = {name: f"{root}.{number}" for number, name in enumerate("sfe", 1)}
    for k, plane in enumerate(np.clip(image, 0, 4000).astype("<u2")):
        ds = pydicom.Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, f"{uids['e']}.{k + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = uids["s"], uids["e"], uids["f"]
        ds.PatientID, ds.PatientName, ds.Modality = "P1", "Test^One", "MR"
        ds.StudyDate, ds.AcquisitionDate, ds.AcquisitionTime = "20260110", "20260110", "080000"
        ds.Manufacturer, ds.SeriesDescription, ds.SeriesNumber, ds.InstanceNumber = "SIEMENS", description, 5, k + 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
        ds.ScanningSequence, ds.EchoTime, ds.RepetitionTime = (["SE", "IR"], 110, 9000) if isFlair else ("GR", 4, 22)
        if isFlair:
            ds.InversionTime = 2500
        ds.ImagePositionPatient = [float(x) for x in slab.geometry.to_lps(np.array([[k, 0, 0]]))[0]]
        ds.ImageOrientationPatient, ds.PixelSpacing, ds.SliceThickness = [1, 0, 0, 0, 1, 0], [2.4, 2.4], 5
        ds.Rows, ds.Columns = plane.shape
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelData = plane.tobytes()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.save_as(folder / f"{k + 1:03d}.dcm", enforce_file_format=True)
    return folder


def patientFolder(parent: Path, count: int) -> Path:
    """A trial with cases of core and hemorrhage for one reader; return its folder."""
    core = corePatient(parent / "core")
    blood = hemorrhage_cases.patientFolder(parent / "blood", slab={"slices": 30, "step_mm": 5.0})
    items = [("infarct_core", core), ("ich_volume", blood)]
    makeTrial(parent, [(task, "R1", images, "R1") for task, images in items * count], fixed_order=False)
    return parent


def openAndCompute(panel, folder: Path) -> None:
    """Show the worklist and open a case."""
    panel.clock = Clock()
    listTrial(panel, folder)
    panel.ui.openButton.click()


class Clock:
    """Goes on by a second with every look, from a day on which the procedures are effective."""

    def __init__(self, start: datetime = datetime(2026, 12, 1, 9, tzinfo=UTC)):
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def makeTrial(folder: Path, items, *, readers=("R1", "R2"), qualified=("R1", "R2"), **charter):
    """A trial in `folder/trial` with keys in `folder/keys`.

    Args:
        folder: new.
        items: (task, reader, folder of the images, model) each.
        readers, qualified: of the register; who has passed the tests of all procedures.
        charter: more of it.

    Returns:
        pseudonyms in the order of `items`.
    """
    from strokequant.sop.shipped import shipped_procedures
    from strokequant.trial.keys import make_key
    from strokequant.trial.register import Qualification, Reader
    from strokequant.trial.trial_folder import create_trial, read_trial, save_register

    clock, keys = Clock(datetime(2026, 11, 27, 9, tzinfo=UTC)), folder / "keys"
    public = {owner: make_key(keys, owner, PASSPHRASE) for owner in ("M1", *readers)}
    own = {"key": keys / "M1.key.pem", "passphrase": PASSPHRASE}
    about = {"trial_id": "T1", "title": "A trial", "manager": "M1", "manager_name": "Manager One", "seed": "00" * 16}
    trial = create_trial(folder / "trial", now=clock(), **about, **own, **charter)
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
    trial = read_trial(folder / "trial")
    return [addItem(trial, *item, clock=clock) for item in items]


def addItem(trial, task: str, reader: str, images: Path, model: str = "R1", *, clock, prior: str = "") -> str:
    """Give a reader one more case; return its pseudonym."""
    from strokequant.trial.assignment import assign_item
    from strokequant.trial.trial_folder import new_pseudonym

    name = new_pseudonym(trial)
    shutil.copytree(images, trial.item_folder(name) / "images")
    what = {"task": task, "reader": reader, "model": model, "prior": prior, "now": clock()}
    assign_item(trial, name, facts={"timepoint_in_window": True}, **what)
    return name


def crash(panel):
    """The program is gone: nothing is closed or released, only the process is another."""
    wizard, panel.wizard = panel.wizard, None
    panel.shortcuts.remove()
    panel.modules.release(forget=True)
    panel.window.leave()
    wizard.item.lock.release(forget=False)  # as the operating system does; what the file says stays


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
    """Type a reason into every field for one that is empty."""
    for edit in list(panel.bar.reasonEdits.values()):
        edit.text = edit.text or text


def go(panel) -> str:
    """Press Next; return the step that is open then."""
    slicer.app.processEvents()
    giveReasons(panel)
    assert panel.bar.nextButton.enabled, panel.bar.nextButton.toolTip
    before = panel.wizard.item.walk.position
    panel.bar.nextButton.click()
    slicer.app.processEvents()
    assert panel.wizard.item.walk.position != before, panel.ui.statusLabel.text
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


ANSWERS = {
    "infarct_core": {
        "A6": ({"brain_mask_confirmed": True, "candidates_decided": True, "exclusions_reviewed": True},),
        "A8": ({"territory": "MCA"},),
    },
    "ich_volume": {
        "C1": ({"contrast_last_24h": False},),
        "C4": ({"outlines_confirmed": True, "location": "deep", "surgery_or_drain": False},),
    },
    "mismatch": {"B7": ({"vessels_confirmed": True, "late_contrast": False, "exclusions_reviewed": True},)},
    "recanalization": {
        "F1": ({"vessels_covered": True, "vessel_artifacts": []},),
        "F2": ({"site": "M1", "side": "left"},),
        "F3": ({"modality": "MRA"}, {"scale": "AOL"}),
        "F4": ({"grade": "3"},),
    },
    "final_infarct": {
        "E3": ({"outlines_confirmed": True, "chronic_lesions_removed": True, "transformation_included": False},),
    },
    "ht_class": {
        "D2": ({"infarct_mask_current": True},),
        "D3": ({"outlines_confirmed": True},),
        "D4": (
            {"modality": "CT", "thrombectomy": "no", "pattern": "clot"},
            {"beyond_border": "no", "remote": "none", "ivh": "no", "sah": "no", "sdh": "no"},
        ),
        "D6": ({"mass_effect": "marked"},),
        "D7": ({"class_overridden": False},),
        "D9": ({"clinical_data_seen": False},),
    },
}
"""Answers of a plain reading by task and step, in the order in which the questions arise."""
COMMON = {
    "O6": ({"evaluability": "diagnostic"},),
    "Z1": ({"plausibility_confirmed": True}, {"side_confirmed": True}),
    "Z2": ({"deviations_reviewed": True},),
    "Z3": ({"preview_confirmed": True},),
}
STROKES = {"E3": ("StrokeImage1", (-30.0, 5.0, 40.0), 20), "D2": ("StrokeCT", (-28.0, 0.0, 14.0), 50)}
"""View, RAS mm and diameter of the stroke that outlines an infarct, by step."""


def readThrough(host, panel, onStep) -> None:
    """Read the open case up to its signature, every step with `onStep(step)` before Next is pressed."""
    known = ANSWERS[panel.wizard.procedure.task] | COMMON
    while stepOf(panel) != "Z4":
        step = stepOf(panel)
        if step in STROKES:
            view, point, diameter = STROKES[step]
            panel.modules.editor.use("Paint")
            host.stroke(panel.modules.editor.widget, [point], view=view, diameter_mm=diameter)
            host.processEvents()
        for values in known.get(step, ()):
            answer(panel, **{name: value for name, value in values.items() if name in panel.bar.answers})
        giveReasons(panel)
        panel.refresh()
        onStep(step)
        go(panel)
    onStep("Z4")
