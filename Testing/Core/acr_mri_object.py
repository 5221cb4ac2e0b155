"""An ACR-like large MRI phantom with exact numbers, as planes and as DICOM files."""

from pathlib import Path

import numpy as np
from dicom_writer import SAGITTAL, a_slice, write

from strokequant.phantom.plane import Plane, rotation

FINE = 3


def acr_plane(
    part="uniform", *, size=256, pixel=0.9765625, diameters=(190.0, 190.0), shift=(1.3, -2.1), roll=0.0, ramps=(50.0, 50.0),
    bars=0.0, spots=(1100.0, 900.0), bubble=True, ghost=0.0, noise=8.0, signal=1000.0, seed=1,
):  # fmt: skip
    """One slice: "first" (ramps and bars), "last" (bars), "uniform" (two spots) or "plain"."""
    axis = (np.arange(size * FINE) - (size * FINE - 1) / 2) * pixel / FINE
    x, y = np.meshgrid(axis, axis)
    turn = rotation(roll)
    px = (x - shift[0]) * turn[0, 0] + (y - shift[1]) * turn[1, 0]
    py = (x - shift[0]) * turn[0, 1] + (y - shift[1]) * turn[1, 1]
    image = np.full_like(px, signal)
    if part == "uniform":
        for side, value in zip((-1, 1), spots, strict=True):
            image[np.hypot(px - 35 * side, py) <= 9] = value * signal / 1000
    if part == "first":
        image[np.abs(py) < 5] = 0
        for sign, length in zip((-1, 1), ramps, strict=True):
            image[(np.abs(px - 4 * sign) < length / 2) & (sign * py > 0.4) & (sign * py < 4.5)] = 0.25 * signal
    short = {"first": -65.0, "last": -65.0}.get(part, -86.0)
    image[(px > -6) & (px < 0) & (py < short)] = 0
    image[(px >= 0) & (px < 6) & (py < short + (bars if part in ("first", "last") else 0.0))] = 0
    inside = (px / diameters[0]) ** 2 + (py / diameters[1]) ** 2 <= 0.25
    image = np.where(inside & ~(bubble & (py < -90)), image, 0.0)
    image = image.reshape(size, FINE, size, FINE).mean(axis=(1, 3))
    if ghost:
        far = np.abs((np.arange(size) - (size - 1) / 2) * pixel)
        image[(far > 100)[:, None] & (far < 40)[None]] += ghost / 100 * signal
    rng = np.random.default_rng(seed)
    channels = rng.normal(0, noise, (2, size, size))
    return Plane(np.hypot(image + channels[0], channels[1]), (pixel, pixel))


def box_plane(*, size=256, pixel=0.9765625, across=190.0, length=148.0, turned=3.0, noise=30.0, signal=1000.0):
    """A sagittal slice: length from top to bottom."""
    axis = (np.arange(size * FINE) - (size * FINE - 1) / 2) * pixel / FINE
    x, y = np.meshgrid(axis, axis)
    turn = rotation(turned)
    px, py = x * turn[0, 0] + y * turn[1, 0], x * turn[0, 1] + y * turn[1, 1]
    inside = (np.abs(px) < across / 2) & (np.abs(py) < length / 2)
    image = (signal * inside).reshape(size, FINE, size, FINE).mean(axis=(1, 3))
    channels = np.random.default_rng(2).normal(0, noise, (2, size, size))
    return Plane(np.hypot(image + channels[0], channels[1]), (pixel, pixel))


def write_acr_mri(folder: Path, *, reverse=False, scale=1.0, sagittal=True, parts=None, **made) -> Path:
    """Eleven slices 10 mm apart, and a sagittal one."""
    parts = parts or ["first", *["plain"] * 5, "uniform", *["plain"] * 3, "last"]
    for n, part in enumerate(parts[::-1] if reverse else parts):
        plane = acr_plane(part, seed=n, **made)
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
