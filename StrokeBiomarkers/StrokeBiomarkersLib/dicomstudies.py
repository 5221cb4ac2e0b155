"""Studies of Slicer's DICOM database as a reader chooses them: nothing has to be loaded, the library reads all their files itself.

The database is an argument: `slicer.dicomDatabase`, or anything with its methods.
"""

from pathlib import Path
from typing import Any, NamedTuple

from strokequant.errors import InputError, Issue, Level

from .dicomdatabase import filesOfSeries


class Study(NamedTuple):
    """One study; the text is for the screen alone, as Slicer's own list of patients is."""

    uid: str
    text: str


def studiesOf(database: Any) -> tuple[Study, ...]:
    """Studies of the database, those of one patient together; none where it is not open.

    Args:
        database: `slicer.dicomDatabase`, or None.
    """
    if database is None:
        return ()
    return tuple(
        Study(str(uid), _text(database, patient, uid))
        for patient in database.patients()
        for uid in database.studiesForPatient(patient)
    )


def filesOfStudy(uid: str, database: Any) -> tuple[Path, ...]:
    """DICOM files of all series of a study.

    Raises:
        InputError: I09 where there are none, or one is gone.
    """
    series = database.seriesForStudy(uid) if database else ()
    if not series:
        remedy = "import the study again"
        raise InputError(Issue("I09", Level.STOP, "no series of this study", "a study of the DICOM database", remedy))
    return tuple(dict.fromkeys(path for one in series for path in filesOfSeries(one, database)))


def _text(database: Any, patient: Any, uid: str) -> str:
    words = (
        database.fieldForPatient("PatientID", patient),
        database.fieldForStudy("StudyDate", uid),
        database.descriptionForStudy(uid),
    )
    return " ".join(str(word) for word in words if word)
