"""Generated patients with known truth in the Sample Data module.

Where they are published is a setting, so that a hospital can point to a copy of its own; without an address nothing is offered.
"""

from pathlib import Path
from typing import NamedTuple

SETTING = "StrokeBiomarkers/SampleDataUrl"
"""Address of a folder with the files of `PATIENTS`, set by the user or an administrator."""

TITLE = "Stroke Biomarkers"
THUMBNAILS = Path(__file__).resolve().parents[1] / "Resources" / "Icons"


class Patient(NamedTuple):
    """One archive of DICOM files.

    Args:
        name: in the Sample Data module.
        file: name of the archive.
        checksum: of the archive, as "SHA256:..." .
    """

    name: str
    file: str
    checksum: str


def samplePatients() -> tuple[Patient, ...]:
    """Patients whose checksums were published beside the module, in `Resources/SampleData.json`; none where it is absent."""
    import json

    path = THUMBNAILS.parent / "SampleData.json"
    if not path.is_file():
        return ()
    return tuple(Patient(**words) for words in json.loads(path.read_text(encoding="utf-8")))


def registerPatients(module: str) -> None:
    """Offer the patients.

    Args:
        module: whose icon stands beside them.
    """
    import SampleData
    import slicer

    address = str(slicer.app.settings().value(SETTING, "") or "").rstrip("/")
    patients = samplePatients() if address else ()
    if not patients:
        return
    logic = SampleData.SampleDataLogic
    logic.registerCustomSampleDataCategory(TITLE, title=TITLE)
    for patient in patients:
        logic.registerCustomSampleDataSource(
            category=TITLE,
            sampleName=patient.name,
            thumbnailFileName=str(THUMBNAILS / f"{module}.png"),
            uris=f"{address}/{patient.file}",
            fileNames=patient.file,
            checksums=patient.checksum,
            loadFiles=False,
            nodeNames=patient.name,
        )
