"""The ACR-like large MRI phantom of the library as DICOM files."""

from pathlib import Path

import numpy as np
from dicom_writer import SAGITTAL, a_slice, write

from strokequant.synthetic.phantom_mri import acr_plane, box_plane

__all__ = ["acr_plane", "box_plane", "write_acr_mri"]


def write_acr_mri(
    folder: Path, *, reverse=False, scale=1.0, sagittal=True, parts=None, with_spokes=False, **made
) -> Path:
    """Eleven slices 10 mm apart, and a sagittal one."""
    parts = parts or ["first", *["plain"] * 5, "uniform", *["plain"] * 3, "last"]
    for n, part in enumerate(parts[::-1] if reverse else parts):
        number = len(parts) - n if reverse else n + 1
        plane = acr_plane(part, seed=n, spokes=number if with_spokes and number >= 8 else None, **made)
        write(_dataset("axial", n, plane, scale, z=10.0 * n), folder / f"a{n:02d}.dcm")
    if sagittal:
        ds = _dataset("sagittal", 0, box_plane(), scale, z=0.0, ImageOrientationPatient=SAGITTAL, SeriesNumber=2)
        write(ds, folder / "sagittal.dcm")
    return folder


def _dataset(series, n, plane, scale, **tags):
    pixels = np.clip(np.round(plane.values * scale), 0, 65535).astype("<u2")
    return a_slice(
        series, n + 1, Rows=pixels.shape[0], Columns=pixels.shape[1], PixelSpacing=list(plane.spacing), PixelData=pixels.tobytes(),
        Manufacturer="SIEMENS", ManufacturerModelName="Skyra", DeviceSerialNumber="1", MagneticFieldStrength=3.0,
        StudyDate="20261125", SeriesTime="101112", SpacingBetweenSlices=10, **tags,
    )  # fmt: skip
