"""Small DICOM series for tests, written with pydicom, and series built from files without a scan."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from strokequant.dicomio.headers import facts_of, frames_of
from strokequant.types import Equipment, Role, Series

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
ROOT_UID = "1.2.826.0.1.3680043.10.999"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def tiny_image(stored: np.ndarray, *, position=(0.0, 0.0, 0.0), instance: int = 1, **elements):
    """Classic MR image (one slice) of stored values; `elements` are keywords with values.

    Args:
        stored: (rows, columns) uint16 or int16.
        position: Image Position (Patient) in mm.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = elements.pop("SOPClassUID", MR)
    dataset.SOPInstanceUID = f"{ROOT_UID}.3.{instance}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT_UID}.1", f"{ROOT_UID}.2"
    dataset.FrameOfReferenceUID = f"{ROOT_UID}.4"
    dataset.Modality = "MR"
    dataset.Manufacturer = "SIEMENS"
    dataset.PatientID, dataset.PatientName, dataset.PatientBirthDate = "P1", "Tiny^Case", "19700101"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    dataset.SeriesDescription = "tiny"
    dataset.InstanceNumber = instance
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = list(position), list(AXIAL)
    dataset.PixelSpacing, dataset.SliceThickness = [2.0, 2.0], 5.0
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = stored.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def add_private(dataset, group: int, creator: str, offset: int, vr: str, value, block: int = 0x10) -> None:
    """Private element in a stated block, as an archive may renumber it."""
    dataset.add_new((group, block), "LO", creator)
    dataset.add_new((group, block * 0x100 + offset), vr, value)


def save(dataset, path: Path) -> Path:
    """Write a data set as a DICOM file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def series_of(paths, *, role: Role = Role.DWI, key: str = "0001") -> Series:
    """Series of all frames of files, as a scan would build it from headers alone."""
    import pydicom

    paths = tuple(sorted(Path(path) for path in paths))
    frames, facts = [], {}
    for file, path in enumerate(paths):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        frames += frames_of(dataset, file)
        facts = facts or facts_of(dataset)
    return Series(
        key=key,
        series_uid=facts["series_uid"],
        modality=facts["modality"],
        role=role,
        role_reasons=("test",),
        files=paths,
        frames=tuple(frames),
        shape=(facts["rows"], facts["columns"]),
        study_uid=facts["study_uid"],
        patient_key=facts["patient_key"],
        description=facts["description"],
        equipment=facts["equipment"],
        header={name: value for name, value in facts.items() if not isinstance(value, Equipment)},
    )


def series_in(folder: Path, datasets, **options) -> Series:
    """Write data sets into a folder and make a series of them."""
    return series_of([save(dataset, folder / f"{n:04d}.dcm") for n, dataset in enumerate(datasets)], **options)


def subset(series: Series, keep) -> Series:
    """The series with only the frames for which `keep(frame)` is true."""
    return replace(series, frames=tuple(frame for frame in series.frames if keep(frame)))


def item(**elements):
    """Sequence item."""
    from pydicom.dataset import Dataset

    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def tiny_enhanced(stored: np.ndarray, *, b_values, step: float = 6.0, directions=None, positions=None, **elements):
    """Enhanced MR image of (frames, rows, columns) stored values.

    Args:
        b_values: (frames,) public b value, None for none.
        directions: (frames,) public gradient direction, None for none.
        positions: (frames,) z of every frame in mm; `step` apart when None.
    """
    dataset = tiny_image(stored[0], SOPClassUID=ENHANCED_MR, NumberOfFrames=len(stored), **elements)
    dataset.PixelData = stored.tobytes()
    orientation, spacing = list(dataset.ImageOrientationPatient), list(dataset.PixelSpacing)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        del dataset[keyword]
    shared = item(PlaneOrientationSequence=[item(ImageOrientationPatient=orientation)])
    shared.PixelMeasuresSequence = [item(PixelSpacing=spacing, SliceThickness="5")]
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for n, b_value in enumerate(b_values):
        z = n * step if positions is None else positions[n]
        group = item(PlanePositionSequence=[item(ImagePositionPatient=[0.0, 0.0, z])])
        if b_value is not None:
            group.MRDiffusionSequence = [item(DiffusionBValue=b_value)]
        if directions is not None and directions[n] is not None:
            gradient = item(DiffusionGradientOrientation=list(directions[n]))
            group.MRDiffusionSequence[0].DiffusionGradientDirectionSequence = [gradient]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    return dataset
