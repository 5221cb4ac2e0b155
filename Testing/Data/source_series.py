"""Small DICOM source series on disk with the seams that describe them: classic, multi-frame, mosaic, tilted, uneven.

Pixels do not matter here: derived objects take only the header of their source.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from strokequant.biomarkers.catalog import MEASURES
from strokequant.config import CoreConfig
from strokequant.geometry import Geometry
from strokequant.types import (
    CaseRecord,
    Frame,
    InputRef,
    Mask,
    Measurement,
    QuantityMap,
    Role,
    Series,
    SignOff,
    Status,
)

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
STUDY, SERIES, FRAME_OF_REFERENCE = "1.2.3.4.1", "1.2.3.4.2", "1.2.3.4.3"
NOW = datetime(2024, 5, 17, 13, 45, 30, 250000)
SHAPE = (6, 20, 24)
SPACING = (2.0, 1.5)
"""Between rows, between columns in mm."""


def oblique() -> np.ndarray:
    """Six direction cosines of a grid turned about two axes."""
    a, b = np.radians(12), np.radians(-7)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turned = about_z @ about_x
    return np.concatenate([turned[:, 0], turned[:, 1]])


def grid(*, tilt_deg: float = 0.0, gaps=(5.0,) * (SHAPE[0] - 1), orientation=None, shape=SHAPE) -> Geometry:
    """Grid of slices with these distances along the normal, sheared along the columns by a tilt."""
    orientation = oblique() if orientation is None else np.asarray(orientation, dtype=float)
    normal = np.cross(orientation[:3], orientation[3:])
    positions = np.concatenate([[0.0], np.cumsum(gaps)])[: shape[0]]
    shear = np.tan(np.radians(tilt_deg)) * positions
    origins = np.array([-18.0, -20.0, -15.0]) + np.outer(positions, normal) + np.outer(shear, orientation[3:])
    extent = 5.0 if shape[0] == 1 else None
    return Geometry.from_slices(origins, orientation, SPACING, shape[1:], extent, FRAME_OF_REFERENCE)


def _orientation(geometry: Geometry) -> list[float]:
    i, j = geometry.affine[:3, 0], geometry.affine[:3, 1]
    return [*(i / np.linalg.norm(i)), *(j / np.linalg.norm(j))]


def _texts(values) -> list[str]:
    return [f"{float(v):.10g}"[:16] for v in values]


def _base(uid: str, sop_class: str, rows: int, columns: int) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = sop_class, uid
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = STUDY, SERIES, FRAME_OF_REFERENCE
    ds.PatientName, ds.PatientID = "Müller^Jörg", "P-17"
    ds.PatientBirthDate, ds.PatientSex = "19500102", "M"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20240517", "101112", "S1", "A1"
    ds.ReferringPhysicianName, ds.PositionReferenceIndicator = "", ""
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "MR", "ACME", "Scanner"
    ds.SeriesNumber, ds.InstanceNumber = 3, 1
    ds.Rows, ds.Columns = rows, columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    return ds


def _save(ds: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def _series(files, frames, geometry, sop_class=MR) -> Series:
    return Series(
        key="0003",
        series_uid=SERIES,
        modality="MR",
        role=Role.ADC,
        role_reasons=("made for a test",),
        files=tuple(files),
        frames=tuple(frames),
        shape=geometry.shape[1:],
        study_uid=STUDY,
        description="ADC",
        header={"sop_class": sop_class},
    )


def classic_series(folder: Path, geometry: Geometry, *, order=None) -> Series:
    """One file for each slice, in any order of files."""
    files, frames = [], []
    for n, k in enumerate(range(geometry.shape[0]) if order is None else order):
        uid = f"{SERIES}.{k + 1}"
        ds = _base(uid, MR, *geometry.shape[1:])
        ds.InstanceNumber = n + 1
        ds.ImagePositionPatient = _texts(geometry.slice_origins[k])
        ds.ImageOrientationPatient = _texts(_orientation(geometry))
        ds.PixelSpacing, ds.SliceThickness = _texts(SPACING), "4"
        ds.PixelData = b"\0\0" * (geometry.shape[1] * geometry.shape[2])
        files.append(_save(ds, folder / f"{n:03d}.dcm"))
        position = tuple(float(v) for v in ds.ImagePositionPatient)
        frames.append(
            Frame(n, 0, uid, position=position, orientation=tuple(_orientation(geometry)), pixel_spacing=SPACING)
        )
    return _series(files, frames, geometry)


def multiframe_series(folder: Path, geometry: Geometry, *, volumes: int = 2) -> Series:
    """One multi-frame file that holds several volumes, last slice first, pixel measures in every frame."""
    uid = f"{SERIES}.1"
    ds = _base(uid, ENHANCED_MR, *geometry.shape[1:])
    frames, groups = [], []
    for _ in range(volumes):
        for k in reversed(range(geometry.shape[0])):
            group, position, orientation, measures = Dataset(), Dataset(), Dataset(), Dataset()
            position.ImagePositionPatient = _texts(geometry.slice_origins[k])
            orientation.ImageOrientationPatient = _texts(_orientation(geometry))
            measures.PixelSpacing, measures.SliceThickness = _texts(SPACING), "4"
            group.PlanePositionSequence, group.PlaneOrientationSequence = [position], [orientation]
            group.PixelMeasuresSequence = [measures]
            groups.append(group)
            place = tuple(float(v) for v in position.ImagePositionPatient)
            frames.append(Frame(0, len(frames), uid, position=place))
    ds.NumberOfFrames = len(frames)
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [Dataset()], groups
    ds.PixelData = b"\0\0" * (len(frames) * geometry.shape[1] * geometry.shape[2])
    return _series([_save(ds, folder / "enhanced.dcm")], frames, geometry, ENHANCED_MR)


def mosaic_series(folder: Path, geometry: Geometry) -> Series:
    """One classic file that holds all slices as tiles."""
    tiles = int(np.ceil(np.sqrt(geometry.shape[0])))
    uid = f"{SERIES}.1"
    ds = _base(uid, MR, geometry.shape[1] * tiles, geometry.shape[2] * tiles)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "MOSAIC"]
    ds.ImagePositionPatient = _texts(geometry.slice_origins[0] - 50)
    ds.ImageOrientationPatient = _texts(_orientation(geometry))
    ds.PixelSpacing, ds.SliceThickness = _texts(SPACING), "4"
    ds.PixelData = b"\0\0" * (ds.Rows * ds.Columns)
    frames = [Frame(0, k, uid, position=tuple(map(float, geometry.slice_origins[k]))) for k in range(geometry.shape[0])]
    return _series([_save(ds, folder / "mosaic.dcm")], frames, geometry)


def lesion(shape=SHAPE, seed: int = 4) -> np.ndarray:
    """Irregular mask that is symmetric in no direction and misses the first and last slice."""
    values = np.zeros(shape, dtype=bool)
    k, j, i = shape
    values[k // 3 : k - 1, j // 4 : j // 2, i // 5 : i // 2] = True
    values &= np.random.default_rng(seed).random(shape) > 0.3
    values[k // 2, j // 4, i // 5] = True
    return values


def adc_map(geometry: Geometry, instance_uids=()) -> QuantityMap:
    """Smooth ADC with a border that is not valid and holds NaN."""
    values = np.linspace(300, 3000, int(np.prod(geometry.shape))).reshape(geometry.shape).astype(np.float32)
    valid = np.ones(geometry.shape, dtype=bool)
    valid[:, 0], valid[:, :, -1] = False, False
    values[~valid] = np.nan
    return QuantityMap(
        values,
        valid,
        geometry,
        "um2/s",
        "adc",
        "ln(S0/S)/b",
        {"b_values": [0, 1000]},
        {"non_finite": int((~valid).sum())},
        instance_uids=tuple(instance_uids),
    )


def measured(measure_id: str, value: float, **fields) -> Measurement:
    status = Status.ZERO if value == 0 else Status.MEASURED
    return Measurement(measure_id, value, MEASURES[measure_id].unit, status, **fields)


def unmeasured(measure_id: str, status: Status) -> Measurement:
    return Measurement(measure_id, None, MEASURES[measure_id].unit, status)


def record_on(
    series: Series, geometry: Geometry, masks: dict[str, np.ndarray], measurements=(), **fields
) -> CaseRecord:
    """Record with an ADC map and these masks on one grid."""
    instances = tuple(sorted({frame.sop_instance_uid for frame in series.frames}))
    return CaseRecord(
        case="case-001",
        timepoint="baseline",
        series=(series,),
        audits={},
        used={"adc": series.key},
        measurements=tuple(measurements),
        issues=(),
        inputs=(InputRef(series.series_uid, "ab" * 32, "adc", instances),),
        maps={"adc": adc_map(geometry)},
        masks={name: Mask(values, geometry, name, "test") for name, values in masks.items()},
        configuration={"core": CoreConfig()},
        software={"strokequant": "0.1.0"},
        **fields,
    )


def usual_measurements(volume: float = 12.5):
    """What a case with a lesion on the left has."""
    return (
        measured(
            "infarct_core_volume", volume, lower=11.0, upper=14.25, interval="ADC threshold one step lower and higher"
        ),
        measured("infarct_core_adc_mean", 521.25),
        measured("infarct_core_adc_median", 530.5),
        measured("infarct_core_adc_sd", 61.125),
        measured("infarct_core_adc_min", 402.0),
        measured("infarct_core_lesions", 2.0),
        measured("infarct_core_volume_left", volume),
        measured("infarct_core_volume_right", 0.0),
        measured("brain_volume", 1250.5),
    )


def sign(record: CaseRecord, reader: str = "R01") -> CaseRecord:
    return replace(record, sign_offs=(SignOff(reader, "reading", "2024-05-18T08:09:10"),))
