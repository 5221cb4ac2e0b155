"""What all derived DICOM objects share: trial, equipment, times, identifiers and the bytes of the file.

An object is built with a placeholder for its own identifiers, written once, and named after the SHA-256 of those bytes. So the
same content and the same time give the same bytes, and a changed content never re-uses a UID: archives keep the first object
that arrives under a UID and silently drop a second one.
"""

import hashlib
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from .. import __version__, codes
from ..errors import Issue, Level
from ..types import CaseRecord

MANUFACTURER = "StrokeBiomarkers"
MODEL = "strokequant"
RESEARCH_ONLY = "research use only"
NOT_A_TRIAL = "NOT A TRIAL"
"""Stands in the mandatory clinical trial attributes of an object that belongs to no trial; never the default of another tool."""
NOT_STATED = "NOT STATED"

PLACEHOLDER_UID = "2.25.0"
_NAMESPACE = uuid.UUID("3dda4a2f-17ca-5b3c-8f6e-26d8a4d0b7aa")
_LONGEST = 64
_AFTER_OWN_UIDS = 0x00209223
"""First tag after Dimension Index Sequence, the last element that `_set_uids` writes into."""


@dataclass(frozen=True, slots=True)
class TrialContext:
    """Clinical trial attributes of every object, as DICOM names them.

    Args:
        sponsor, protocol_id, protocol_name, coordinating_center: of the trial.
        site_id, site_name: where the images come from.
        subject_id: pseudonym; empty for the name of the case.
        timepoint_id: empty for the time point of the record.
        series_id: of the series of derived objects; empty for none.
        reading_id: of one reading of one subject (0012,0042); empty for none.
        replace_patient: True puts `subject_id` in place of Patient ID and Patient's Name and drops birth date and sex; for
            images that are sent on under the pseudonym. False keeps the identity of the source images.
    """

    sponsor: str = NOT_A_TRIAL
    protocol_id: str = NOT_A_TRIAL
    protocol_name: str = NOT_A_TRIAL
    coordinating_center: str = NOT_A_TRIAL
    site_id: str = NOT_A_TRIAL
    site_name: str = NOT_A_TRIAL
    subject_id: str = ""
    timepoint_id: str = ""
    series_id: str = ""
    reading_id: str = ""
    replace_patient: bool = False

    @classmethod
    def of_reading(cls, record: CaseRecord) -> "TrialContext":
        """Trial and item of a reading; without one, no trial. The site stays empty: a reader must not know it."""
        reading = record.reading
        if reading is None or not reading.trial:
            return cls(reading_id=reading.item if reading is not None else "")
        return cls(
            sponsor=reading.sponsor or NOT_STATED,
            protocol_id=reading.trial,
            protocol_name=reading.trial_title,
            coordinating_center=NOT_STATED,
            site_id="",
            site_name="",
            reading_id=reading.item,
        )

    def of(self, record: CaseRecord) -> "TrialContext":
        """The same with the names of the record where nothing was given, fit for the value representation LO."""
        fields = asdict(self)
        fields["subject_id"] = self.subject_id or record.case
        fields["timepoint_id"] = self.timepoint_id or record.timepoint
        fields["series_id"] = self.series_id or "derived"
        return TrialContext(**{k: v if isinstance(v, bool) else long_string(v) for k, v in fields.items()})


@dataclass(frozen=True, slots=True)
class Writing:
    """One call of `write_dicom`: what every object of it is made with.

    Args:
        record: the case.
        trial: already completed by `TrialContext.of`.
        now: time that is written into the objects, in local time.
        reader: code of the reader who answers for the content, empty for an automatic proposal.
    """

    record: CaseRecord
    trial: TrialContext
    now: datetime
    reader: str = ""

    @property
    def version(self) -> str:
        """Version of this software as the record states it."""
        return self.record.software.get(MODEL, __version__)

    @property
    def state(self) -> str:
        """Words for people: what kind of result this is."""
        return "signed reading" if not self.record.proposal else "automatic proposal"

    @property
    def creator(self) -> str:
        """Content Creator's Name, always of two parts: a one-part name has the form of a retired representation."""
        return self.reader_name if self.reader else "Algorithm^strokequant"

    @property
    def reader_name(self) -> str:
        """Person name of the reader: the printed name where the record knows it, else made of the code."""
        reading = self.record.reading
        if reading is not None and reading.reader_name and reading.reader == self.reader:
            return printed_person_name(reading.reader_name)
        return person_name(self.reader)


def long_string(text: str) -> str:
    """Text fit for LO: no backslash or control character, at most 64 characters, longer ones told apart by a hash."""
    clean = "".join("/" if c == "\\" else c if c.isprintable() else " " for c in text).strip()
    if len(clean) <= _LONGEST:
        return clean
    return f"{clean[: _LONGEST - 9]}#{hashlib.sha256(clean.encode()).hexdigest()[:8]}"


def person_name(reader: str) -> str:
    """Person name of two parts from a reader code: "R01" becomes "Reader^R01"."""
    clean = long_string(reader).replace("=", "-")
    return clean if "^" in clean else f"Reader^{clean}"


def printed_person_name(name: str) -> str:
    """Person name from a printed name; one without components is the first of them, for which part of it is the family is not known."""
    clean = long_string(name).replace("=", "-")
    return clean if "^" in clean else f"{clean}^"


def uid_of(*parts: str) -> str:
    """UID that depends on nothing but its parts (UUID-derived, root 2.25)."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(31).join(parts)).int}"


def tracking_of(writing: Writing, patient_id: str, structure: str) -> tuple[str, str]:
    """Tracking identifier and UID of a structure of a case: the same at every time point, whatever its outline."""
    subject = writing.trial.subject_id
    return long_string(f"{subject} {structure}"), uid_of("tracking", patient_id, subject, structure)


def coded(code: codes.Code) -> Any:
    """The code as highdicom takes it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(code.value, code.scheme, code.meaning)


def base_arguments(writing: Writing, description: str, series_number: int) -> dict[str, Any]:
    """Arguments that every constructor of highdicom takes: equipment, identifiers to be, and times."""
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    scheme = CodingSchemeIdentificationItem(
        codes.PRIVATE_SCHEME,
        name=codes.PRIVATE_SCHEME_NAME,
        version=codes.PRIVATE_SCHEME_VERSION,
        responsible_organization=MANUFACTURER,
    )
    scheme.CodingSchemeUID = codes.PRIVATE_SCHEME_UID
    return {
        "series_instance_uid": PLACEHOLDER_UID,
        "sop_instance_uid": PLACEHOLDER_UID,
        "series_number": series_number,
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL,
        "software_versions": writing.version,
        "device_serial_number": writing.version,
        "series_description": long_string(f"{description}, {writing.state}, {RESEARCH_ONLY}"),
        "content_date": writing.now.date(),
        "content_time": writing.now.time(),
        "coding_schemes": [scheme],
    }


def _set_trial(dataset: Any, trial: TrialContext) -> None:
    dataset.ClinicalTrialSponsorName = trial.sponsor
    dataset.ClinicalTrialProtocolID = trial.protocol_id
    dataset.ClinicalTrialProtocolName = trial.protocol_name
    dataset.ClinicalTrialSiteID = trial.site_id
    dataset.ClinicalTrialSiteName = trial.site_name
    dataset.ClinicalTrialSubjectID = trial.subject_id
    dataset.ClinicalTrialTimePointID = trial.timepoint_id
    dataset.ClinicalTrialCoordinatingCenterName = trial.coordinating_center
    dataset.ClinicalTrialSeriesID = trial.series_id
    if trial.reading_id:
        dataset.ClinicalTrialSubjectReadingID = trial.reading_id


def _set_uids(dataset: Any, digest: str) -> None:
    dataset.SeriesInstanceUID = uid_of("series", digest)
    dataset.SOPInstanceUID = uid_of("instance", digest)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    organization = uid_of("dimensions", digest)
    for sequence in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in dataset.get(sequence) or ():
            item.DimensionOrganizationUID = organization


def _head(dataset: Any) -> bytes:
    """The file up to the last element that may hold an identifier of the object itself."""
    buffer = BytesIO()
    head = dataset[:_AFTER_OWN_UIDS]
    head.file_meta = dataset.file_meta
    head.preamble = b"\0" * 128
    head.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _body(dataset: Any) -> bytes:
    """The rest of the file: by far the longest part, and the same whatever the identifiers are."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset[_AFTER_OWN_UIDS:], parent_encoding=dataset.SpecificCharacterSet)
    return buffer.getvalue()


def finish(dataset: Any, writing: Writing, patient_name: str) -> bytes:
    """Set trial attributes, patient's name, character set, times and the final UIDs on an object, and return its file.

    Args:
        dataset: object of highdicom, built with `base_arguments`; changed in place.
        writing: this call.
        patient_name: comes in only here, because highdicom prints names that look unusual to it.
    """
    dataset.PatientName = patient_name
    _set_trial(dataset, writing.trial)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.InstanceCreationDate = writing.now.strftime("%Y%m%d")
    dataset.InstanceCreationTime = dataset.ContentTime = writing.now.strftime("%H%M%S.%f")
    for equipment in dataset.get("ContributingEquipmentSequence") or ():
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = writing.now.strftime("%Y%m%d%H%M%S.%f")
    _set_uids(dataset, "")
    body = _body(dataset)
    _set_uids(dataset, hashlib.sha256(_head(dataset) + body).hexdigest())
    return _head(dataset) + body


def not_written(found: str, expected: str, remedy: str, level: Level = Level.INFO, subject: str = "") -> Issue:
    """Issue for a DICOM object that is left out; the numbers are not touched by it."""
    return Issue("O04", level, found, expected, remedy, subject)
