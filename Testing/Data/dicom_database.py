"""A DICOM database as `slicer.dicomDatabase` answers: files are copied, and found by patient, study, series and instance.

As in ctkDICOMDatabase one patient is one ID with one name and birth date, and a study belongs to the patient that brought it first.
"""

import shutil
from pathlib import Path

import pydicom

IDENTITY = ("PatientID", "PatientName", "PatientBirthDate")


class DicomDatabase:
    """In a folder; starts empty."""

    def __init__(self, folder: Path):
        self._folder = Path(folder)
        self._headers = {}
        self.isOpen = True

    def insert(self, path: str) -> None:
        """Copy a file; nothing happens where it is no DICOM file, or is there already."""
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
        except pydicom.errors.InvalidDicomError:
            return
        if header.SOPInstanceUID in self._headers:
            return
        target = self._folder / header.StudyInstanceUID / header.SeriesInstanceUID / f"{header.SOPInstanceUID}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        self._headers[str(header.SOPInstanceUID)] = (header, str(target))

    def patients(self) -> list[tuple]:
        """Identity of each patient."""
        return list(dict.fromkeys(_patient(header) for header, _ in self._headers.values()))

    def studiesForPatient(self, patient: tuple) -> list[str]:
        """Study Instance UIDs."""
        return self._unique("StudyInstanceUID", lambda header: _patient(header) == patient)

    def seriesForStudy(self, uid: str) -> list[str]:
        """Series Instance UIDs."""
        return self._unique("SeriesInstanceUID", lambda header: header.StudyInstanceUID == uid)

    def fieldForPatient(self, field: str, patient: tuple) -> str:
        """Element of the identity, such as "PatientID"."""
        return dict(zip(IDENTITY, patient, strict=True))[field]

    def fieldForStudy(self, field: str, uid: str) -> str:
        """Element of a study, such as "StudyDate"."""
        return next(
            str(header.get(field, "")) for header, _ in self._headers.values() if header.StudyInstanceUID == uid
        )

    def descriptionForStudy(self, uid: str) -> str:
        """Study Description."""
        return self.fieldForStudy("StudyDescription", uid)

    def filesForSeries(self, uid: str) -> list[str]:
        """Paths of the copies."""
        return [path for header, path in self._headers.values() if header.SeriesInstanceUID == uid]

    def fileForInstance(self, uid: str) -> str:
        """Path of a copy, empty where there is none."""
        return self._headers[uid][1] if uid in self._headers else ""

    def _unique(self, keyword: str, wanted) -> list[str]:
        return list(dict.fromkeys(str(header[keyword].value) for header, _ in self._headers.values() if wanted(header)))


def _patient(header) -> tuple:
    return tuple(str(header.get(keyword, "")) for keyword in IDENTITY)
