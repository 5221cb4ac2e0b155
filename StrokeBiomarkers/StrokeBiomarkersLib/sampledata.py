"""Generated patients with known truth in the Sample Data module.

Where their archives are published is a setting, so that a hospital can point to a copy of its own. Without an address the same patient
is generated on this computer, and the panel says so.
"""

import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

import slicer
from slicer.i18n import tr as _

RESOURCES = Path(__file__).resolve().parents[1] / "Resources"
FILE = RESOURCES / "SampleData.json"
"""Address, names and checksums; written by Testing/Data/make_sample_data.py."""

SETTING = "StrokeBiomarkers/SampleDataUrl"
"""Address of a folder with the archives, set by a user or an administrator; stronger than the one in `FILE`."""

TITLE = "Stroke Biomarkers"


class Patient(NamedTuple):
    """One archive of DICOM files.

    Args:
        name: in the Sample Data module.
        module: that opens it.
        spec: name of the generated patient, such as "03_philips".
        file: name of the archive.
        checksum: of the archive, as "SHA256:..." .
        thumbnail: name of a picture in Resources/Icons, 260 x 280 pixels.
    """

    name: str
    module: str
    spec: str
    file: str
    checksum: str
    thumbnail: str


def samplePatients() -> tuple[Patient, ...]:
    """Patients of `FILE`."""
    return tuple(Patient(**words) for words in json.loads(FILE.read_text(encoding="utf-8"))["patients"])


def sampleAddress() -> str:
    """Address of the folder with the archives, empty where none is set."""
    published = json.loads(FILE.read_text(encoding="utf-8"))["url"]
    return str(slicer.app.userSettings().value(SETTING) or published).rstrip("/")


def registerPatients(module: str) -> None:
    """Offer the patients of a module.

    Args:
        module: that opens a patient when its picture is clicked.
    """
    import SampleData

    logic = SampleData.SampleDataLogic
    logic.registerCustomSampleDataCategory(TITLE, title=TITLE)
    address = sampleAddress()
    for patient in (one for one in samplePatients() if one.module == module):
        logic.registerCustomSampleDataSource(
            category=TITLE,
            sampleName=patient.name,
            thumbnailFileName=str(RESOURCES / "Icons" / patient.thumbnail),
            uris=f"{address}/{patient.file}" if address else patient.file,
            fileNames=patient.file,
            checksums=patient.checksum,
            loadFiles=False,
            nodeNames=patient.name,
            customDownloader=partial(openSample, patient),
        )


def openSample(patient: Patient, source) -> None:
    """Fetch or generate a patient, and open it in its module; what goes wrong is said in its panel.

    Args:
        patient: which.
        source: as the Sample Data module knows it; the address may have changed since.
    """
    slicer.util.selectModule(patient.module)
    panel = slicer.util.getModuleWidget(patient.module).panel
    address = sampleAddress()
    try:
        path = fetched(patient, address) if address else generated(patient)
    except (OSError, ValueError) as error:
        panel.say(_("The sample could not be fetched: {reason}").format(reason=error))
        return
    panel.openPath(path)
    if not address:
        text = _("No address of sample data is set ({setting}): the patient was generated on this computer.")
        panel.say(text.format(setting=SETTING))


def fetched(patient: Patient, address: str) -> Path:
    """The archive in Slicer's cache, with the published checksum.

    Raises:
        ValueError: where it could not be downloaded, or is another file: Slicer removes that and goes on.
    """
    import SampleData

    logic = SampleData.SampleDataLogic()
    path = Path(logic.downloadFileIntoCache(f"{address}/{patient.file}", patient.file, patient.checksum))
    if not path.is_file():
        msg = f"{patient.file}: checksum"
        raise ValueError(msg)
    return path


def generated(patient: Patient) -> Path:
    """Folder with the DICOM files of the patient in Slicer's cache; generated where it is not there."""
    from strokequant.synthetic.demonstration import write_demo_patient

    cache = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory())
    truth = cache / f"{patient.spec}.truth.json"
    if not truth.is_file():  # written last: a folder without it is not whole
        write_demo_patient(patient.spec, cache)
    return cache / patient.spec
