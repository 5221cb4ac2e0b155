"""What all vendors share: identity, UIDs, public attributes, pixel encoding, file names and transfer syntaxes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..grids import Slab

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4.1"
IMPLEMENTATION_UID = "2.25.118034752964403173904018217432097301563"
TRANSFER_SYNTAXES = {
    "explicit": "1.2.840.10008.1.2.1",
    "implicit": "1.2.840.10008.1.2",
    "rle": "1.2.840.10008.1.2.5",
}


@dataclass(frozen=True, slots=True)
class Study:
    """Synthetic patient and study.

    Args:
        number: of the patient; the only part of an identity.
        date, time: DICOM DA and TM of the study.
        patient_position: HFS, FFS, HFDL, ...
        salt: makes UIDs differ between otherwise equal studies.
    """

    number: int = 1
    date: str = "20240115"
    time: str = "083000"
    patient_position: str = "HFS"
    salt: str = ""

    @property
    def patient_id(self) -> str:
        """Patient ID (0010,0020)."""
        return f"SYNTH-{self.number:03d}"

    @property
    def patient_name(self) -> str:
        """Patient's Name (0010,0010)."""
        return f"Synthetic^Patient{self.number:02d}"

    def uid(self, *parts: object) -> str:
        """UID under 2.25 that follows from the study and `parts`."""
        text = "/".join(map(str, (self.number, self.date, self.salt, *parts)))
        digest = hashlib.sha256(text.encode()).digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big') | 1 << 126}"


@dataclass(frozen=True, slots=True)
class Scanner:
    """Equipment attributes."""

    manufacturer: str
    model: str
    software: tuple[str, ...]
    serial: str = "00001"
    field_strength: str = "3"


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """One series.

    Args:
        number: Series Number (0020,0011); also makes the UIDs.
        description: Series Description (0008,103E).
        image_type: Image Type (0008,0008).
    """

    number: int
    description: str
    image_type: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How files are written, whatever the vendor.

    Args:
        transfer_syntax: "explicit", "implicit" or "rle".
        shuffle_seed: names of files in random order; None for the order of acquisition.
        slice_slopes: True to give every slice its own Rescale Slope.
        extension: of file names.
    """

    transfer_syntax: str = "explicit"
    shuffle_seed: int | None = None
    slice_slopes: bool = False
    extension: str = ".dcm"


@dataclass(frozen=True, eq=False)
class Pixels:
    """Stored values with their encoding and rescale.

    Args:
        stored: integers, (rows, columns) or (frames, rows, columns).
        bits: Bits Stored.
        signed: Pixel Representation.
        slope, intercept: rescale to write; None to write none.
        rescale_type: Rescale Type (0028,1054) beside a slope.
    """

    stored: np.ndarray
    bits: int = 12
    signed: bool = False
    slope: float | None = None
    intercept: float = 0.0
    rescale_type: str = "US"


def encode(values: np.ndarray, *, gain: float = 1.0, bits: int = 12, signed: bool = False, **rescale: Any) -> Pixels:
    """Round `values` x `gain` to integers, clipped to what `bits` can hold."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    stored = np.clip(np.rint(values * gain), low, high).astype(np.int16 if signed else np.uint16)
    return Pixels(stored, bits, signed, **rescale)


def encode_slices(volume: np.ndarray, options: Options, *, gain: float, bits: int, signed: bool) -> list[Pixels]:
    """Slices of a (k, j, i) volume; with `options.slice_slopes` each on its own scale, so that rescaled values are `volume` x `gain`."""
    if not options.slice_slopes:
        return [encode(plane, gain=gain, bits=bits, signed=signed) for plane in volume]
    slopes = 1.0 + 1.5 * ((np.arange(len(volume)) * 7) % 11) / 10
    return [
        encode(plane, gain=gain / slope, bits=bits, signed=signed, slope=float(slope))
        for plane, slope in zip(volume, slopes, strict=True)
    ]


def decimal(value: float) -> str:
    """Decimal string of at most 16 characters."""
    text = repr(round(float(value), 12))
    return text if len(text) <= 16 else f"{float(value):.9g}"


def decimals(values: Iterable[float]) -> list[str]:
    """Decimal strings."""
    return [decimal(value) for value in values]


def new_dataset(study: Study, scanner: Scanner, series: SeriesInfo, sop_class: str, instance: object) -> "Dataset":
    """Patient, study, series, equipment and SOP common attributes."""
    from pydicom.dataset import Dataset

    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = list(series.image_type)
    ds.InstanceCreationDate, ds.InstanceCreationTime = study.date, study.time
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, study.uid(series.number, instance)
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = study.date
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = study.time
    ds.AccessionNumber, ds.Modality, ds.ReferringPhysicianName = "", "MR", ""
    ds.Manufacturer, ds.ManufacturerModelName = scanner.manufacturer, scanner.model
    ds.StudyDescription, ds.SeriesDescription = "Synthetic head", series.description
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = study.patient_name, study.patient_id, "", "O"
    ds.BodyPartExamined, ds.MagneticFieldStrength = "BRAIN", scanner.field_strength
    ds.DeviceSerialNumber, ds.SoftwareVersions = scanner.serial, list(scanner.software)
    ds.ProtocolName, ds.PatientPosition = series.description, study.patient_position
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study.uid("study"), study.uid("series", series.number)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = study.uid("frame of reference"), ""
    ds.StudyID, ds.SeriesNumber = "1", str(series.number)
    return ds


def add_classic_sequence(ds: "Dataset", slab: Slab) -> None:
    """Attributes of a classic MR image of an echo planar diffusion sequence."""
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = ["EP", "SE"], "SK", "FS"
    ds.MRAcquisitionType, ds.AngioFlag = "2D", "N"
    ds.SliceThickness = decimal(slab.thickness_mm)
    ds.RepetitionTime, ds.EchoTime, ds.NumberOfAverages = "5000", "75", "1"
    ds.ImagingFrequency, ds.ImagedNucleus, ds.EchoNumbers = "123.25", "1H", "1"
    ds.EchoTrainLength, ds.PixelBandwidth, ds.FlipAngle = "64", "1800", "90"
    rows, columns = slab.geometry.shape[1:]
    ds.AcquisitionMatrix, ds.InPlanePhaseEncodingDirection = [columns, 0, 0, rows], "COL"
    if slab.geometry.shape[0] > 1:
        gaps = np.abs(np.diff(slab.geometry.positions))
        ds.SpacingBetweenSlices = decimal(gaps[0])


def add_plane(ds: "Dataset", slab: Slab, k: int) -> None:
    """Position and orientation of slice `k`."""
    ds.ImagePositionPatient = decimals(slab.geometry.slice_origins[k])
    ds.ImageOrientationPatient = decimals(slab.orientation)
    ds.SliceLocation = decimal(slab.geometry.positions[k])
    ds.PixelSpacing = decimals(slab.geometry.pixel_spacing[::-1])


def add_pixels(ds: "Dataset", pixels: Pixels) -> None:
    """Pixel data with its description; rescale at the top level where there is one."""
    stored = pixels.stored
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape[-2:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, pixels.bits, pixels.bits - 1
    ds.PixelRepresentation = int(pixels.signed)
    if stored.ndim == 2:
        ds.SmallestImagePixelValue, ds.LargestImagePixelValue = int(stored.min()), int(stored.max())
        for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
            ds[keyword].VR = "SS" if pixels.signed else "US"
        ds.WindowCenter, ds.WindowWidth = str(int(stored.max()) // 2), str(max(1, int(stored.max())))
        if pixels.slope is not None:
            ds.RescaleIntercept, ds.RescaleSlope = decimal(pixels.intercept), decimal(pixels.slope)
            ds.RescaleType = pixels.rescale_type
    ds.PixelData = np.ascontiguousarray(stored).astype("<i2" if pixels.signed else "<u2").tobytes()
    ds["PixelData"].VR = "OW"


def classic_image(
    study: Study, scanner: Scanner, series: SeriesInfo, slab: Slab, k: int, pixels: Pixels, instance: int
) -> "Dataset":
    """One classic MR image."""
    ds = new_dataset(study, scanner, series, MR_IMAGE, instance)
    add_classic_sequence(ds, slab)
    add_plane(ds, slab, k)
    add_pixels(ds, pixels)
    ds.AcquisitionNumber, ds.InstanceNumber = "1", str(instance)
    return ds


def add_private(ds: "Dataset", group: int, creator: str, elements: dict[int, tuple[str, Any]]) -> None:
    """Private elements (offset -> VR, value) in the block of `creator`."""
    block = ds.private_block(group, creator, create=True)
    for offset, (vr, value) in elements.items():
        block.add_new(offset, vr, value)


def write_files(datasets: Iterable["Dataset"], folder: Path, options: Options, prefix: str = "") -> list[Path]:
    """Write datasets one by one.

    Args:
        datasets: without file meta information; any iterable, consumed once.
        folder: made when absent.
        options: transfer syntax, order of names, extension.
        prefix: of file names.

    Returns:
        Paths in the order of `datasets`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items = list(datasets)
    names = np.arange(len(items))
    if options.shuffle_seed is not None:
        names = np.random.default_rng(options.shuffle_seed).permutation(len(items))
    paths = [folder / f"{prefix}{name + 1:05d}{options.extension}" for name in names]
    for ds, path in zip(items, paths, strict=True):
        _save(ds, path, options.transfer_syntax)
    return paths


def _save(ds: "Dataset", path: Path, syntax: str) -> None:
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = TRANSFER_SYNTAXES["explicit" if syntax == "rle" else syntax]
    meta.ImplementationClassUID, meta.ImplementationVersionName = IMPLEMENTATION_UID, "STROKEQUANT"
    ds.file_meta = meta
    if syntax == "rle":
        ds.compress(TRANSFER_SYNTAXES["rle"], encoding_plugin="pydicom", generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True, implicit_vr=syntax == "implicit", little_endian=True)
