"""Writes small dynamic series (DSC, CT perfusion) as DICOM, with any times and tags, and scans them back.

The stored value of frame t and slice k is 100 + 10 t + k everywhere, so that a test sees where every image went.
"""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from dicom_writer import a_slice, uid, write
from pydicom.dataset import Dataset

from strokequant.dicomio.scan import scan
from strokequant.types import Series

START = datetime(2024, 1, 15, 8, 30, 0)
DSC = {
    "Modality": "MR",
    "SeriesDescription": "ep2d_perf",
    "ScanningSequence": "EP",
    "EchoTime": 30,
    "RepetitionTime": 1500,
    "MRAcquisitionType": "2D",
}
CTP = {
    "Modality": "CT",
    "SeriesDescription": "VPCT",
    "ContrastBolusAgent": "Ultravist 370",
    "RescaleSlope": 1,
    "RescaleIntercept": -1024,
    "KVP": 80,
    "Exposure": 100,
}


def clock(seconds: float, start: datetime = START) -> str:
    """DICOM TM with microseconds."""
    return (start + timedelta(seconds=float(seconds))).strftime("%H%M%S.%f")


def stamp(seconds: float, start: datetime = START) -> str:
    """DICOM DT with microseconds."""
    return (start + timedelta(seconds=float(seconds))).strftime("%Y%m%d%H%M%S.%f")


def even(frames=40, slices=3, step=1.5, offsets=None) -> np.ndarray:
    """(t, k) s; `offsets` are those of the slices."""
    offsets = np.zeros(slices) if offsets is None else np.asarray(offsets, dtype=float)
    return np.arange(frames)[:, None] * step + offsets[None]


def acquisition_time(seconds: float) -> dict:
    """Elements of one image at a time."""
    return {"AcquisitionTime": clock(seconds)}


def an_image(base: dict, t: int, k: int, number: int, tags: dict) -> Dataset:
    """One image of frame t and slice k."""
    ds = a_slice(
        "dynamic", number, 5.0 * k, PixelData=np.full(64, 100 + 10 * t + k, "<u2").tobytes(), SliceThickness=5, **base
    )
    for name, value in tags.items():
        if value is None:
            if name in ds:
                delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def write_dynamic(folder: Path, times, base=None, *, tags=acquisition_time, more=None, drop=(), order="time") -> Path:
    """Write one file per slice and frame.

    Args:
        times: (t, k) s.
        base: tags of all images, `DSC` or `CTP`.
        tags: time -> tags that tell it.
        more: (t, k) -> further tags of one image.
        drop: (t, k) pairs, or frame numbers, that are not written.
        order: "time" numbers images frame by frame, "slice" slice by slice, "none" gives no number.
    """
    base = DSC if base is None else base
    times = np.asarray(times, dtype=float)
    frames, slices = times.shape
    for t in range(frames):
        for k in range(slices):
            if (t, k) in drop or t in drop:
                continue
            number = t * slices + k + 1 if order == "time" else k * frames + t + 1
            own = tags(times[t, k]) | (more(t, k) if more else {})
            ds = an_image(base, t, k, number, own)
            if order == "none":
                del ds.InstanceNumber
            if "SOPInstanceUID" not in own:
                ds.SOPInstanceUID = uid("dynamic", folder.name, f"{t}.{k}")
            write(ds, folder / f"{number:05d}.dcm")
    return folder


def scanned(folder: Path) -> Series:
    """The one series of a folder."""
    series = scan(folder).series
    assert len(series) == 1, [(s.key, s.role, len(s.frames)) for s in series]
    return series[0]


def dynamic(folder: Path, times=None, base=None, **options) -> Series:
    """Write and scan."""
    return scanned(write_dynamic(folder, even() if times is None else times, base, **options))


def codes(issues, level=None) -> list[str]:
    """Codes of issues, of one level where asked."""
    return [issue.code for issue in issues if level is None or issue.level == level]
