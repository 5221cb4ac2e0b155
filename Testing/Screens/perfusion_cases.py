"""What a reader does with the perfusion module, in steps that tests in the host and in Slicer share."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import slicer

MODULE = Path(__file__).resolve().parents[2] / "StrokeBiomarkers" / "StrokePerfusionMismatch.py"
VOLUME = "hypoperfusion_6s_volume"
COARSE = {
    "dsc_dwi": ({"slices": 10, "rows": 88, "columns": 88, "pixel_mm": 2.6, "step_mm": 12.0}, 36),
    "ctp": ({"slices": 9, "rows": 96, "columns": 96, "pixel_mm": 2.3, "step_mm": 13.0}, 30),
    "refuse_no_contrast": ({"rows": 64, "columns": 64, "pixel_mm": 3.6}, 36),
}


def patientFolder(parent: Path, name: str, *, full: bool = False, slab: dict | None = None) -> Path:
    """Write a patient, on a coarse grid and with a head that does not move unless `full`; return its folder."""
    from strokequant.synthetic.perfusion_patients import perfusion_demo_patients, write_perfusion_patient

    spec = next(one for one in perfusion_demo_patients() if one.name.endswith(f"_{name}"))
    if not full:
        grid, frames = COARSE[name]
        protocol = replace(spec.protocol, frames=frames)
        spec = replace(spec, slab=spec.slab | grid | (slab or {}), protocol=protocol, motion=None)
    write_perfusion_patient(spec, parent)
    return parent / spec.name


def openAndCompute(panel, folder: Path) -> None:
    """Open a folder and compute."""
    panel.ui.inputPath.currentPath = str(folder)
    panel.ui.openButton.click()
    panel.ui.computeButton.click()


def useCandidate(panel, vessel: str, number: int) -> None:
    """Choose a vessel in the list and use it."""
    table = panel.vessels
    for _ in range(table.table.rowCount):
        row = table.current()
        if row is not None and (str(row.vessel), row.number) == (vessel, number):
            break
        table.step(1)
    panel.ui.useVesselButton.click()


def dragArtery(panel, lps) -> None:
    """Move the point AIF to LPS mm, as a mouse does; the panel follows at once."""
    from strokequant.perfusion_types import Vessel

    x, y, z = lps
    panel.core.marks.nodes[Vessel.AIF].SetNthControlPointPositionWorld(0, -x, -y, z)
    panel.onPoint()


def leaveOut(panel, label: int) -> None:
    """Look at a candidate and leave it out."""
    while panel.review.current() != label:
        panel.review.step(1 if (panel.review.current() or 0) < label else -1)
    panel.ui.leaveButton.click()


def sign(panel, out: Path, reader: str = "R1") -> None:
    """Fill in and write."""
    panel.ui.readerEdit.text = reader
    panel.ui.outputPath.currentPath = str(out)
    panel.ui.writeButton.click()


def volumesOf(panel, out: Path) -> dict[str, float]:
    """Hypoperfused volume in mL as each place has it: screen, record, table of the folder, table of the scene, SEG, NRRD."""
    from StrokeBiomarkersLib.tables import measurementsFromTable
    from strokequant.record.dicom_seg import read_mask_from_seg

    (folder,) = [path.parent for path in out.rglob("record.json")]
    record = json.loads((folder / "record.json").read_bytes())
    with open(out / "measurements.csv", newline="", encoding="utf-8") as file:
        rows = [float(row["value"]) for row in csv.DictReader(file) if row["measure"] == VOLUME]
    mask = panel.core.mask()
    found = {
        "live": panel.core.live().volume,
        "record": next(m["value"] for m in record["measurements"] if m["id"] == VOLUME),
        "table": rows[0],
        "scene": next(m.value for m in measurementsFromTable(panel.core.nodes.table) if m.id == VOLUME),
        "nrrd": _nrrdVolume(folder / "masks" / "hypoperfusion_6s.seg.nrrd"),
    }
    segs = [path for path in sorted((folder / "dicom").glob("seg*.dcm")) if _labels(path) & {"Tmax > 6 s"}]
    for path in segs:
        found[path.name] = read_mask_from_seg(path, mask.geometry, name="hypoperfusion_6s").volume_ml
    return found


def _labels(path: Path) -> set[str]:
    import pydicom

    return {str(one.SegmentLabel) for one in pydicom.dcmread(path, stop_before_pixels=True).SegmentSequence}


def _nrrdVolume(path: Path) -> float:
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    spacing = abs(np.linalg.det(np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())))
    return float(np.count_nonzero(sitk.GetArrayFromImage(image))) * spacing / 1000


def present() -> list[str]:
    """Classes of the nodes in the scene."""
    scene = slicer.mrmlScene
    return sorted(scene.GetNthNode(n).GetClassName() for n in range(scene.GetNumberOfNodes()))
