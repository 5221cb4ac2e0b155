"""What a reader does with the hemorrhage module, in steps that tests in the host and in Slicer share."""

import csv
import json
from pathlib import Path

import slicer

MODULE = Path(__file__).resolve().parents[2] / "StrokeBiomarkers" / "StrokeHemorrhageVolume.py"
SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}
DEEP, LOBAR = (28.0, 0.0, 14.0), (-44.0, 20.0, 32.0)
"""LPS mm of the two clots of a patient: 30 mL on the left, 15 mL on the right."""


def patientFolder(parent: Path, number: int = 1, volumes=(30.0, 15.0), *, slab: dict | None = None, **more) -> Path:
    """Write a patient with a plain CT; return its folder."""
    from strokequant.synthetic.hemorrhage_head import CtProtocol
    from strokequant.synthetic.hemorrhage_implant import Implant
    from strokequant.synthetic.hemorrhage_patients import HemorrhageSpec, write_hemorrhage_patient
    from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
    from strokequant.synthetic.vendors.perfusion_ct import SIEMENS

    clots = [Implant(clot_of_volume(volumes[0], DEEP, (1, 1.3, 1.0), lobes=0.1), edema_mm=4.0)] if volumes else []
    clots += [Implant(clot_of_volume(volumes[1], LOBAR, (1, 1.1, 1.0)))] if len(volumes) > 1 else []
    protocol = CtProtocol(SMALL | (slab or {}), seed=number)
    spec = HemorrhageSpec(number, f"{number:02d}_ct", SIEMENS, tuple(clots), protocol, **more)
    write_hemorrhage_patient(spec, parent)
    return parent / spec.name


def openAndCompute(panel, folder: Path) -> None:
    """Open a folder and compute."""
    panel.ui.inputPath.currentPath = str(folder)
    panel.ui.openButton.click()
    panel.ui.computeButton.click()


def rasOf(lps) -> tuple[float, float, float]:
    """RAS mm of LPS mm; slices of the patients are even."""
    x, y, z = lps
    return -x, -y, z


def clickInto(panel, lps, structure: str = "ich") -> None:
    """Choose a kind of blood, take the click tool, click at LPS mm, as a mouse does in a view."""
    getattr(panel.ui, f"{structure}Button").click()
    panel.ui.clickButton.click()
    panel.placing._node.AddControlPointWorld(*rasOf(lps))
    slicer.app.processEvents()


def leaveOut(panel, label: int) -> None:
    """Look at a clot and leave it out."""
    panel._lookAt(label)
    panel.ui.leaveButton.click()


def volume(panel, name: str) -> float:
    """mL of one kind of blood on the screen."""
    return next(row.volume for row in panel.core.live().rows if row.name == name)


def sign(panel, out: Path, reader: str = "R1") -> None:
    """Fill in and write."""
    panel.ui.readerEdit.text = reader
    panel.ui.outputPath.currentPath = str(out)
    panel.ui.writeButton.click()


def volumesOf(panel, out: Path, name: str = "ich") -> dict[str, float]:
    """Volume in mL as each place has it: screen, record, table of the folder, table of the scene, SEG."""
    from StrokeBiomarkersLib.tables import measurementsFromTable
    from strokequant.record.dicom_seg import read_mask_from_seg

    measure = f"{name}_volume"
    (folder,) = [path.parent for path in out.rglob("record.json")]
    record = json.loads((folder / "record.json").read_bytes())
    with open(out / "measurements.csv", newline="", encoding="utf-8") as file:
        rows = [float(row["value"]) for row in csv.DictReader(file) if row["measure"] == measure]
    found = {
        "live": volume(panel, name),
        "record": next(m["value"] for m in record["measurements"] if m["id"] == measure),
        "table": rows[0],
        "scene": next(m.value for m in measurementsFromTable(panel.core.nodes.table) if m.id == measure),
    }
    for path in sorted((folder / "dicom").glob("seg*.dcm")):
        found[path.name] = read_mask_from_seg(path, panel.core.geometry(), name=name).volume_ml
    return found


def present() -> list[str]:
    """Classes of the nodes in the scene."""
    scene = slicer.mrmlScene
    return sorted(scene.GetNthNode(n).GetClassName() for n in range(scene.GetNumberOfNodes()))
