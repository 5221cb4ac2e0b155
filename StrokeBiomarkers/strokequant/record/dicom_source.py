"""The DICOM slices that lie under a grid, and the references that a derived object makes to them.

Source series may be classic files, frames of a multi-frame file or tiles of a mosaic, with headers that differ by vendor. highdicom is
given one plain single-frame header per slice of the grid instead, with the geometry that was measured; afterwards the references are
set to the real instances: with the frame number for a multi-frame file, and marked as not pixel for pixel for a mosaic, whose tiles are
no instances of their own.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import codes
from ..codes import Code
from ..dicomio.elements import text
from ..dicomio.times import SOURCES
from ..geometry import Geometry
from ..types import CaseRecord, Frame, Series
from .dicom_common import TrialContext, coded
from .kinds import Kind, kind_of

POSITION_TOLERANCE_MM = 0.01
"""A slice of the grid and a source slice closer than this are the same slice."""

_SINGLE_FRAME_CLASS = "1.2.840.10008.5.1.4.1.1.4"
"""Class of the plain headers (MR Image Storage), by which highdicom knows that they are single-frame; it appears in no file."""

_COPIED = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
    "SeriesInstanceUID",
    "SOPClassUID",
    "Modality",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "InstitutionName",
    "StationName",
    "LossyImageCompression",
)
_ALWAYS_THERE = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PositionReferenceIndicator",
)
_PATTERNS = {
    "PatientBirthDate": r"\d{8}",
    "StudyDate": r"\d{8}",
    "StudyTime": r"\d{2,6}(\.\d{1,6})?",
    "PatientSex": r"[MFO]",
    "PatientAge": r"\d{3}[DWMY]",
}
"""What a value must look like to be copied; a broken one is left empty rather than spread."""

_REQUIRED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "FrameOfReferenceUID")


@dataclass(frozen=True, slots=True)
class SliceSource:
    """The source of one slice.

    Args:
        uid, sop_class: of its instance.
        frame_number: from 1 in a multi-frame file, else None.
        same_pixels: True where slice and source image (or frame) agree pixel for pixel.
        series_uid: of its instance, where several series were joined; empty for that of the header of the source.
    """

    uid: str
    sop_class: str
    frame_number: int | None
    same_pixels: bool
    series_uid: str = ""


@dataclass(frozen=True, eq=False)
class Source:
    """The source series of a grid.

    Args:
        series: it.
        geometry: the grid.
        slices: (k,) in the order of the grid.
        header: pydicom dataset with patient, study, series and equipment, complete and clean; the name is kept apart.
        patient_name: Patient's Name.
        missing: required attributes that the source does not have; nothing can be written then.
    """

    series: Series
    geometry: Geometry
    slices: tuple[SliceSource, ...]
    header: Any
    patient_name: str = ""
    missing: tuple[str, ...] = ()

    def on_grid(self, geometry: Geometry, nearest: Iterable[int]) -> "Source":
        """The same source under another grid, by the slice that is nearest to each of its slices."""
        slices = tuple(
            SliceSource(s.uid, s.sop_class, s.frame_number, same_pixels=False, series_uid=s.series_uid)
            for s in (self.slices[index] for index in nearest)
        )
        return Source(self.series, geometry, slices, self.header, self.patient_name)


def source_of(
    record: CaseRecord, geometry: Geometry, trial: TrialContext = TrialContext(), *, kind: Kind = Kind.DIFFUSION
) -> Source | None:
    """Source of a grid, None where no DICOM series has a slice under each of its slices.

    Args:
        record: its maps and images say which instances a grid was read from; its series say where every frame lies.
        geometry: the grid.
        trial: `replace_patient` acts on the header.
        kind: part whose grid it is, because several may lie on the same; the source of perfusion is the first baseline frame.
    """
    uids = _instances_on(record, geometry, kind)
    wanted = set(uids)
    used = [key for part, key in record.used.items() if kind_of(part) is kind]
    bolus = record.perfusion.bolus if kind is Kind.PERFUSION and record.perfusion is not None else None

    def rank(series: Series) -> tuple:
        holds = any(frame.sop_instance_uid in wanted for frame in series.frames)
        return not holds, used.index(series.key) if series.key in used else len(used), series.key

    for series in sorted((s for s in record.series if s.kind == "dicom"), key=rank):
        frames = _frames_under(series, geometry, uids, bolus.first if bolus is not None else 0)
        if frames is not None:
            return _build(series, geometry, frames, trial)
    return None


def _instances_on(record: CaseRecord, geometry: Geometry, kind: Kind) -> tuple[str, ...]:
    for name, image in (*record.maps.items(), *record.images.items()):
        if kind_of(name) is kind and image.instance_uids and not geometry.differs_from(image.geometry):
            return image.instance_uids
    return ()


def _frames_under(series: Series, geometry: Geometry, uids: tuple[str, ...], first: int) -> list[int] | None:
    """A frame for every slice: of the instance that is named, and of those of one file the frame of time `first`."""
    placed = [n for n, frame in enumerate(series.frames) if frame.position is not None]
    if not placed or tuple(series.shape) != geometry.shape[1:]:
        return None
    positions = np.array([series.frames[n].position for n in placed])
    found = []
    for k, origin in enumerate(geometry.slice_origins):
        near = np.flatnonzero(np.linalg.norm(positions - origin, axis=1) <= POSITION_TOLERANCE_MM)
        if not len(near):
            return None
        at_slice = [placed[n] for n in near]
        named = [n for n in at_slice if uids and series.frames[n].sop_instance_uid == uids[k]]
        found.append(_of_time(series, named or at_slice, first))
    return found


def _of_time(series: Series, numbers: list[int], first: int) -> int:
    """The frame of a time; the first of all where there are not so many, as where an instance is one image."""
    if len(numbers) <= first:
        return numbers[0]
    frames = [series.frames[n] for n in numbers]
    for source in SOURCES:
        times = [frame.times.get(source.key) for frame in frames]
        if None not in times and len(set(times)) == len(times):
            return numbers[int(np.argsort(times, kind="stable")[first])]
    order = [(f.extra.get("temporal_position") or 0, f.acquisition_number or 0, f.file, f.index) for f in frames]
    return numbers[sorted(range(len(numbers)), key=order.__getitem__)[first]]


def _read_header(path: Any, keywords: Iterable[str]) -> Any:
    import pydicom

    return pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=list(keywords))


def _build(series: Series, geometry: Geometry, frames: list[int], trial: TrialContext) -> Source:
    used = [series.frames[n] for n in frames]
    raw = _read_header(series.files[used[0].file], (*_COPIED, "Rows", "Columns", "NumberOfFrames"))
    multi_frame = bool(text(raw, "NumberOfFrames"))
    same_pixels = (raw.get("Rows"), raw.get("Columns")) == geometry.shape[1:]
    sop_class = text(raw, "SOPClassUID")
    joined = len(series.header.get("joined_series_uids", ())) > 1
    own = _series_of(series, used) if joined else dict.fromkeys((f.file for f in used), "")
    slices = tuple(
        SliceSource(f.sop_instance_uid, sop_class, f.index + 1 if multi_frame else None, same_pixels, own[f.file])
        for f in used
    )
    header = _clean_header(raw, trial)
    missing = tuple(keyword for keyword in _REQUIRED if not text(header, keyword))
    return Source(series, geometry, slices, header, _patient_name(raw, trial), missing)


def _series_of(series: Series, frames: Iterable[Frame]) -> dict[int, str]:
    """Series Instance UID by file, of a series that was joined from several."""
    files = sorted({frame.file for frame in frames})
    return {n: text(_read_header(series.files[n], ("SeriesInstanceUID",)), "SeriesInstanceUID") for n in files}


def _patient_name(raw: Any, trial: TrialContext) -> str:
    if trial.replace_patient:
        return f"Subject^{trial.subject_id.replace('^', ' ').replace('=', '-')}"
    return text(raw, "PatientName")


def _clean_header(raw: Any, trial: TrialContext) -> Any:
    from pydicom import Dataset

    header = Dataset()
    for keyword in _COPIED:
        value = text(raw, keyword)
        if not re.fullmatch(_PATTERNS.get(keyword, ".*"), value, re.DOTALL):
            value = ""
        if value or keyword in _ALWAYS_THERE:
            setattr(header, keyword, value)
    if "DeidentificationMethod" not in header and "PatientIdentityRemoved" in header:
        header.DeidentificationMethod = "not stated in the source images"
    header.PatientName = ""
    header.Modality = text(raw, "Modality") or "OT"
    if trial.replace_patient:
        header.PatientID = trial.subject_id
        header.PatientBirthDate = header.PatientSex = ""
        for keyword in ("IssuerOfPatientID", "PatientAge"):
            if keyword in header:
                del header[keyword]
    return header


def _decimal(values: Iterable[float]) -> list[Any]:
    from pydicom.valuerep import DS

    return [DS(float(value) + 0.0, auto_format=True) for value in values]


def slice_headers(source: Source) -> list[Any]:
    """One plain single-frame header for each slice of the grid, in its order, for highdicom."""
    from pydicom import Dataset

    geometry = source.geometry
    common = copy.deepcopy(source.header)  # pydicom shares elements between datasets, and would change them in both
    common.SOPClassUID = _SINGLE_FRAME_CLASS
    common.Rows, common.Columns = geometry.shape[1:]
    spacing_i, spacing_j = geometry.pixel_spacing
    common.PixelSpacing = _decimal((spacing_j, spacing_i))
    common.SliceThickness = _decimal([geometry.mean_extent_mm])[0]
    along_i, along_j = geometry.affine[:3, 0] / spacing_i, geometry.affine[:3, 1] / spacing_j
    common.ImageOrientationPatient = _decimal((*along_i, *along_j))
    headers = []
    for number, origin in enumerate(geometry.slice_origins, 1):
        header = Dataset()
        header.update(common)
        header.SOPInstanceUID = f"2.25.{number}"  # replaced by `set_references`; highdicom wants each to be another
        header.ImagePositionPatient = _decimal(origin)
        headers.append(header)
    return headers


def set_references(dataset: Any, source: Source, derivation: Code, description: str = "") -> None:
    """Point an image object and each of its frames at the real source instances.

    Args:
        dataset: object that highdicom built from `slice_headers`; changed in place.
        source: the same source.
        derivation: how a frame was derived.
        description: the same in words; empty for nothing.
    """
    items = [_derivation_item(slice_source, derivation, description) for slice_source in source.slices]
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        nearest = int(np.linalg.norm(source.geometry.slice_origins - position, axis=1).argmin())
        frame.DerivationImageSequence = [items[nearest]]
    dataset.SourceImageSequence = instance_references(source)
    dataset.ReferencedSeriesSequence = _series_references(source)


def _series_references(source: Source) -> list[Any]:
    """One item for each series with its instances; several where series were joined."""
    from pydicom import Dataset

    header_uid = str(source.header.SeriesInstanceUID)
    items = []
    for series_uid in dict.fromkeys(s.series_uid or header_uid for s in source.slices):
        item = Dataset()
        item.SeriesInstanceUID = series_uid
        item.ReferencedInstanceSequence = instance_references(source, series_uid)
        items.append(item)
    return items


def _derivation_item(slice_source: SliceSource, derivation: Code, description: str) -> Any:
    from pydicom import Dataset

    reference = Dataset()
    reference.ReferencedSOPClassUID = slice_source.sop_class
    reference.ReferencedSOPInstanceUID = slice_source.uid
    if slice_source.frame_number is not None:
        reference.ReferencedFrameNumber = slice_source.frame_number
    reference.SpatialLocationsPreserved = "YES" if slice_source.same_pixels else "NO"
    reference.PurposeOfReferenceCodeSequence = [coded(codes.SOURCE_OF_PROCESSING)]
    item = Dataset()
    item.DerivationCodeSequence = [coded(derivation)]
    item.SourceImageSequence = [reference]
    if description:
        item.DerivationDescription = description
    return item


def instance_references(source: Source, series_uid: str = "") -> list[Any]:
    """One reference item for each source instance, in slice order; of one series only where it is named."""
    from pydicom import Dataset

    own = str(source.header.SeriesInstanceUID)
    wanted = [s for s in source.slices if not series_uid or (s.series_uid or own) == series_uid]
    items = []
    for uid, sop_class in dict.fromkeys((s.uid, s.sop_class) for s in wanted):
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class
        item.ReferencedSOPInstanceUID = uid
        items.append(item)
    return items


def instance_header(source: Source, uid: str, sop_class: str, series_uid: str = "") -> Any:
    """Header of one instance, as evidence of a structured report.

    Args:
        source: gives patient, study and equipment.
        uid, sop_class: of the instance.
        series_uid: of its series; empty for the series of the source.
    """
    from pydicom import Dataset

    header = Dataset()
    header.update(source.header)
    header.add_new(
        "SOPInstanceUID", "UI", uid
    )  # new elements: those of the source are shared, and setting would change them
    header.add_new("SOPClassUID", "UI", sop_class)
    header.add_new("SeriesInstanceUID", "UI", series_uid or str(source.header.SeriesInstanceUID))
    return header


def evidence_of(source: Source) -> list[Any]:
    """One header for each source instance, in slice order."""
    found = dict.fromkeys((s.uid, s.sop_class, s.series_uid) for s in source.slices)
    return [instance_header(source, *of_slice) for of_slice in found]
