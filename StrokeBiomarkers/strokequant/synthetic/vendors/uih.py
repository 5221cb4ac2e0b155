"""UIH classic MR: actual and nominal b in private tags only, one file per slice or a VFRAME mosaic."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient, Weighting, weightings
from .common import (
    Options,
    Scanner,
    SeriesInfo,
    Study,
    add_private,
    classic_image,
    decimal,
    decimals,
    encode,
    encode_slices,
    write_files,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("UIH", "uMR 770", ("R002",))
GAIN = 8.0
B_LOW, B_HIGH = 1.2512641359237109, 929.7501831337527
"""Actual b of nominal 0 and 1000 in a real series."""
CREATOR = "Image Private Header"


def actual_weightings(directions) -> tuple[Weighting, ...]:
    """One b0 and one image per direction with the actual b of a real scanner beside nominal 0 and 1000."""
    images = weightings(1000.0, directions)
    return tuple(Weighting(B_LOW if w.b == 0 else B_HIGH, w.direction, b_nominal=w.b) for w in images)


def _add_b(ds: "Dataset", weighting: Weighting, cosines: tuple[float, ...]) -> None:
    """Both b values, and the direction along the axes of the image."""
    nominal = weighting.b if weighting.b_nominal is None else weighting.b_nominal
    none = weighting.directionality is Directionality.NONE
    row, column = np.reshape(cosines, (2, 3))
    axes = np.array([row, column, np.cross(row, column)])
    direction = [0.0, 0.0, 0.0] if none else [float(v) for v in axes @ np.asarray(weighting.direction)]
    elements = {0x09: ("FD", float(weighting.b)), 0x0A: ("FD", float(nominal)), 0x37: ("FD", direction)}
    add_private(ds, 0x0065, CREATOR, elements)


def _slices(patient: DiffusionPatient, study: Study, options: Options) -> Iterator["Dataset"]:
    series = SeriesInfo(12, "dwi_tra_3dir", ("ORIGINAL", "PRIMARY", "M", "DIFFUSION"))
    slices = patient.geometry.shape[0]
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        for k, pixels in enumerate(encode_slices(volume, options, gain=GAIN, bits=16, signed=False)):
            ds = classic_image(study, SCANNER, series, patient.slab, k, pixels, n * slices + k + 1)
            _add_b(ds, weighting, patient.slab.orientation)
            yield ds


def write_slices(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Diffusion images, one file per slice."""
    return write_files(_slices(patient, study, options), folder, options)


def tile(volume: np.ndarray) -> np.ndarray:
    """VFRAME mosaic: as many columns of tiles as the root of the count, rounded up, and no more rows than needed."""
    slices, rows, columns = volume.shape
    across = math.ceil(math.sqrt(slices))
    down = math.ceil(slices / across)
    out = np.zeros((down * rows, across * columns), volume.dtype)
    for k, plane in enumerate(volume):
        row, column = divmod(k, across)
        out[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns] = plane
    return out


def _slice_item(patient: DiffusionPatient, study: Study, k: int) -> "Dataset":
    from pydicom.dataset import Dataset

    item = Dataset()
    item.AcquisitionDate, item.AcquisitionTime, item.AcquisitionDateTime = (
        study.date,
        study.time,
        study.date + study.time,
    )
    item.ImagePositionPatient = decimals(patient.geometry.slice_origins[k])
    item.SliceLocation = decimal(patient.geometry.positions[k])
    return item


def _mosaics(patient: DiffusionPatient, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(12, "dwi_tra_3dir", ("ORIGINAL", "PRIMARY", "M", "VFRAME"))
    slices = patient.geometry.shape[0]
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        pixels = encode(tile(volume), gain=GAIN, bits=16)
        ds = classic_image(study, SCANNER, series, patient.slab, 0, pixels, n + 1)
        del ds.ImagePositionPatient, ds.SliceLocation
        _add_b(ds, weighting, patient.slab.orientation)
        items = [_slice_item(patient, study, k) for k in range(slices)]
        add_private(ds, 0x0065, CREATOR, {0x50: ("DS", str(slices)), 0x51: ("SQ", items)})
        yield ds


def write_mosaic(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Diffusion images as VFRAME mosaics: the position of every slice only in (0065,1051)."""
    return write_files(_mosaics(patient, study), folder, options)
