"""What a reader does with the module, in steps that tests in the host and in Slicer share."""

import csv
import json
from pathlib import Path

import numpy as np
import slicer

MODULE = Path(__file__).resolve().parents[2] / "StrokeBiomarkers" / "StrokeDiffusionCore.py"
VOLUME = "infarct_core_volume"


def small(name: str):
    """Demo patient on a coarse grid."""
    from dataclasses import replace

    from strokequant.synthetic.patients import demo_patients

    spec = next(one for one in demo_patients() if one.name.endswith(f"_{name}"))
    grid = {"slices": 20, "rows": 72, "columns": 72, "pixel_mm": 3.2, "step_mm": 6.5}
    return replace(spec, slab=spec.slab | grid)


def patientFolder(parent: Path, name: str, *, full: bool = False) -> Path:
    """Write a patient; return its folder."""
    from strokequant.synthetic.patients import demo_patients, write_patient

    spec = next(one for one in demo_patients() if one.name.endswith(f"_{name}")) if full else small(name)
    write_patient(spec, parent)
    return parent / spec.name


def openAndCompute(panel, folder: Path) -> None:
    """Open a folder and compute."""
    panel.ui.inputPath.currentPath = str(folder)
    panel.ui.openButton.click()
    panel.ui.computeButton.click()


def acceptTwo(panel) -> list[int]:
    """Accept the two largest proposed candidates and leave out all others; return their labels."""
    review = panel.review
    chosen = [label for label, accepted in panel.core.decisions().items() if accepted][:2]
    for label in panel.core.decisions():
        while review.current() != label:
            review.step(1 if (review.current() or 0) < label else -1)
        (panel.ui.acceptButton if label in chosen else panel.ui.leaveButton).click()
    return chosen


def sign(panel, out: Path, reader: str = "R1") -> None:
    """Fill in and write."""
    panel.ui.readerEdit.text = reader
    panel.ui.outputPath.currentPath = str(out)
    panel.ui.writeButton.click()


def volumesOf(panel, out: Path) -> dict[str, float]:
    """Volume in mL as each place has it: screen, record, table of the folder, table of the scene, SEG, NRRD."""
    from StrokeBiomarkersLib.tables import measurementsFromTable
    from strokequant.record.dicom_seg import read_mask_from_seg

    (folder,) = [path.parent for path in out.rglob("record.json")]
    record = json.loads((folder / "record.json").read_bytes())
    mask = panel.core.mask()
    with open(out / "measurements.csv", newline="", encoding="utf-8") as file:
        rows = [float(row["value"]) for row in csv.DictReader(file) if row["measure"] == "infarct_core_volume"]
    inScene = measurementsFromTable(panel.core.nodes.table)
    return {
        "live": panel.core.live().volume,
        "record": next(m["value"] for m in record["measurements"] if m["id"] == "infarct_core_volume"),
        "table": rows[0],
        "scene": next(m.value for m in inScene if m.id == "infarct_core_volume"),
        "seg": read_mask_from_seg(folder / "dicom" / "seg.dcm", mask.geometry).volume_ml,
        "nrrd": nrrdVolume(folder / "masks" / "infarct_core.seg.nrrd"),
    }


def nrrdVolume(path: Path) -> float:
    """Volume in mL of the voxels of a file that are not 0."""
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    spacing = abs(np.linalg.det(np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())))
    return float(np.count_nonzero(sitk.GetArrayFromImage(image))) * spacing / 1000


def centerOf(panel, label: int) -> tuple[float, float, float]:
    """RAS point inside a candidate."""
    return panel.core.pointOf(label)


def present() -> list[str]:
    """Classes of the nodes in the scene."""
    scene = slicer.mrmlScene
    return sorted(scene.GetNthNode(n).GetClassName() for n in range(scene.GetNumberOfNodes()))
