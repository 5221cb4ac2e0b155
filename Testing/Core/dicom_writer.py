"""Writes small classic DICOM images with any tags, for tests of scanning."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

AXIAL = [1, 0, 0, 0, 1, 0]
SAGITTAL = [0, 1, 0, 0, 0, -1]


def uid(*parts) -> str:
    """The same UID for the same words."""
    return generate_uid(prefix="1.2.826.0.1.3680043.8.498.", entropy_srcs=["strokequant", *map(str, parts)])


def a_slice(series="s", number=1, z=None, **tags) -> Dataset:
    """One 8 x 8 MR image (CT where Modality says so); `tags` override every element, None removes one."""
    modality = tags.get("Modality", "MR")
    z = 5.0 * number if z is None else z
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    ds.SOPInstanceUID = uid("sop", series, number, z, tags.get("AcquisitionNumber"), tags.get("EchoTime"))
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid("study"), uid("series", series)
    ds.PatientID, ds.PatientName = "P1", "Test^One"
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, 3, number
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.SeriesDescription = ""
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, z], AXIAL
    ds.PixelSpacing, ds.SliceThickness = [2, 2], 5
    ds.Rows = ds.Columns = 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = (np.arange(64, dtype="<u2") + number).tobytes()
    for name, value in tags.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def write(ds: Dataset, path: Path, *, preamble: bool = True, syntax=ExplicitVRLittleEndian) -> Path:
    """Write a data set; without preamble and meta header where asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if preamble:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(path, enforce_file_format=True)
    else:
        ds.save_as(path, implicit_vr=True, little_endian=True)
    return path


def a_series(folder: Path, series="s", n=4, **tags) -> list[Path]:
    """Write n slices, 5 mm apart."""
    return [write(a_slice(series, number, **tags), folder / f"{series}{number:03d}.dcm") for number in range(1, n + 1)]
