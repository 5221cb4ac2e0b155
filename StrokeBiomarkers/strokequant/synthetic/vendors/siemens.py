"""Siemens classic MR (syngo MR E11): mosaic or single slices with CSA headers, and the vendor's ADC and TRACEW series."""

import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient, Weighting
from ..grids import Slab
from .common import (
    Options,
    Scanner,
    SeriesInfo,
    Study,
    add_private,
    classic_image,
    decimals,
    encode,
    encode_slices,
    write_files,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("SIEMENS", "Prisma_fit", ("syngo MR E11",))
GAIN = 1.9
_VR_CODE = {"UN": 0, "IS": 6, "US": 10, "FD": 4, "CS": 16, "SH": 22, "LO": 19, "DS": 3}
_CSA_ITEMS = 6


def csa_header(fields: dict[str, tuple[str, list[str]]]) -> bytes:
    """CSA header (SV10): name -> VR, values as text."""
    out = [b"SV10\x04\x03\x02\x01", struct.pack("<II", len(fields), 77)]
    for name, (vr, values) in fields.items():
        count = max(_CSA_ITEMS, len(values)) if values else 0
        entry = struct.pack("<64si4siii", name.encode(), len(values), vr.encode(), _VR_CODE[vr], count, 77)
        out.append(entry)
        for n in range(count):
            text = values[n].encode() + b"\x00" if n < len(values) else b""
            length = len(text)
            out.append(struct.pack("<4i", length, length, 77 if text else 205, length))
            out.append(text + b"\x00" * (-length % 4))
    out.append(b"\x00" * 4)
    return b"".join(out)


def _b_matrix(weighting: Weighting) -> list[float]:
    x, y, z = weighting.direction
    return [float(round(weighting.b * product)) for product in (x * x, x * y, x * z, y * y, y * z, z * z)]


def _image_fields(
    weighting: Weighting | None, slab: Slab, tiles: int, times_ms: Sequence[float]
) -> dict[str, tuple[str, list[str]]]:
    fields: dict[str, tuple[str, list[str]]] = {
        "EchoLinePosition": ("IS", ["64"]),
        "PhaseEncodingDirectionPositive": ("IS", ["1"]),
        "SliceNormalVector": ("FD", [f"{v:.8f}" for v in slab.geometry.normal]),
    }
    if tiles:
        fields["NumberOfImagesInMosaic"] = ("US", [str(tiles)])
    if len(times_ms):
        fields["MosaicRefAcqTimes"] = ("FD", [f"{time:.8f}" for time in times_ms])
    if weighting is not None:
        fields["B_value"] = ("IS", [f"{round(weighting.b):<8d}"])
        fields["DiffusionDirectionality"] = ("CS", [weighting.directionality.value])
        if weighting.directionality is Directionality.DIRECTIONAL:
            fields["DiffusionGradientDirection"] = ("FD", [f"{v:.8f}" for v in weighting.direction])
            fields["B_matrix"] = ("FD", [f"{v:.8f}" for v in _b_matrix(weighting)])
    return fields


def _protocol(slab: Slab) -> str:
    """Text protocol with the center of every slice, as the scanner planned it; the one other place that says their distance."""
    geometry = slab.geometry
    rows, columns = geometry.shape[1:]
    middle = geometry.affine[:3, 0] * (columns - 1) / 2 + geometry.affine[:3, 1] * (rows - 1) / 2
    lines = ["### ASCCONV BEGIN ###", f"sSliceArray.lSize\t = \t{len(geometry.slice_origins)}"]
    for k, origin in enumerate(geometry.slice_origins):
        name = f"sSliceArray.asSlice[{k}]"
        for axis, value, cosine in zip(("Sag", "Cor", "Tra"), origin + middle, geometry.normal, strict=True):
            lines.append(f"{name}.sPosition.d{axis}\t = \t{value:.9g}")
            lines.append(f"{name}.sNormal.d{axis}\t = \t{cosine:.9g}")
        lines.append(f"{name}.dThickness\t = \t{slab.thickness_mm:.9g}")
    return "\n".join([*lines, "### ASCCONV END ###"])


def _series_header(slab: Slab) -> bytes:
    fields = {
        "UsedPatientWeight": ("IS", ["75"]),
        "SequenceFileOwner": ("LO", ["SIEMENS"]),
        "MrPhoenixProtocol": ("UN", [_protocol(slab)]),
    }
    return csa_header(fields)


def add_siemens(
    ds: "Dataset", weighting: Weighting | None, slab: Slab, tiles: int, times_ms: Sequence[float] = ()
) -> None:
    """Private elements and CSA headers.

    Args:
        ds: image.
        weighting: of diffusion, None for other images.
        slab: slices.
        tiles: of a mosaic, 0 for one slice.
        times_ms: of the tiles after the start of the image.
    """
    header: dict[int, tuple[str, Any]] = {0x08: ("CS", "IMAGE NUM 4"), 0x09: ("LO", "1.0")}
    if tiles:
        header[0x0A] = ("US", tiles)
    if len(times_ms):
        header[0x29] = ("FD", [float(time) for time in times_ms])
    if weighting is not None:
        header[0x0C] = ("IS", str(round(weighting.b)))
        header[0x0D] = ("CS", weighting.directionality.value)
        if weighting.directionality is Directionality.DIRECTIONAL:
            header[0x0E] = ("FD", list(weighting.direction))
            header[0x27] = ("FD", _b_matrix(weighting))
    add_private(ds, 0x0019, "SIEMENS MR HEADER", header)
    csa = {
        0x08: ("CS", "IMAGE NUM 4"),
        0x09: ("LO", ds.StudyDate),
        0x10: ("OB", csa_header(_image_fields(weighting, slab, tiles, times_ms))),
        0x18: ("CS", "MR"),
        0x19: ("LO", ds.StudyDate),
        0x20: ("OB", _series_header(slab)),
    }
    add_private(ds, 0x0029, "SIEMENS CSA HEADER", csa)
    add_private(ds, 0x0051, "SIEMENS MR HEADER", {0x08: ("CS", "IMAGE NUM 4"), 0x13: ("SH", "+LPH")})


def _sequence_name(weighting: Weighting, n: int) -> str:
    b = round(weighting.b)
    ending = {Directionality.NONE: "", Directionality.DIRECTIONAL: f"#{n}", Directionality.ISOTROPIC: "t"}
    return f"*ep_b{b}{ending[weighting.directionality]}"


def tile(volume: np.ndarray) -> np.ndarray:
    """Mosaic of the slices of a (k, j, i) array, row by row in a square of tiles; unused tiles are 0."""
    slices, rows, columns = volume.shape
    side = math.ceil(math.sqrt(slices))
    out = np.zeros((side * rows, side * columns), volume.dtype)
    for k, plane in enumerate(volume):
        row, column = divmod(k, side)
        out[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns] = plane
    return out


def mosaic_position(slab: Slab, side: int) -> np.ndarray:
    """Image Position of a mosaic: as if the first slice were enlarged about its center to the size of the mosaic."""
    rows, columns = slab.geometry.shape[1:]
    i, j = slab.geometry.affine[:3, 0], slab.geometry.affine[:3, 1]
    return slab.geometry.slice_origins[0] - i * columns * (side - 1) / 2 - j * rows * (side - 1) / 2


def _mosaics(patient: DiffusionPatient, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(4, "ep2d_diff_3scan_p2", ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "NORM", "MOSAIC"))
    slices = patient.geometry.shape[0]
    side = math.ceil(math.sqrt(slices))
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        pixels = encode(tile(volume), gain=GAIN)
        ds = classic_image(study, SCANNER, series, patient.slab, 0, pixels, n + 1)
        ds.ImagePositionPatient = decimals(mosaic_position(patient.slab, side))
        ds.AcquisitionNumber, ds.SequenceName = str(n + 1), _sequence_name(weighting, n)
        add_siemens(ds, weighting, patient.slab, slices)
        yield ds


def write_mosaic(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Diffusion images as mosaics, one file per image."""
    return write_files(_mosaics(patient, study), folder, options)


def _slices(
    volumes: np.ndarray, acquired, patient: DiffusionPatient, study: Study, series: SeriesInfo, options: Options
) -> Iterator["Dataset"]:
    slices = patient.geometry.shape[0]
    for n, (volume, weighting) in enumerate(zip(volumes, acquired, strict=True)):
        for k, pixels in enumerate(encode_slices(volume, options, gain=GAIN, bits=12, signed=False)):
            ds = classic_image(study, SCANNER, series, patient.slab, k, pixels, n * slices + k + 1)
            ds.AcquisitionNumber, ds.SequenceName = str(n + 1), _sequence_name(weighting, n)
            add_siemens(ds, weighting, patient.slab, 0)
            yield ds


def write_slices(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Diffusion images, one file per slice."""
    series = SeriesInfo(4, "ep2d_diff_3scan_p2", ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "NORM"))
    return write_files(_slices(patient.signal, patient.weightings, patient, study, series, options), folder, options)


def write_trace(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """TRACEW series: mean b0 and the geometric mean of the highest b."""
    series = SeriesInfo(5, "ep2d_diff_3scan_p2_TRACEW", ("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND", "NORM"))
    b, trace = patient.scanner_trace()
    acquired = (Weighting(0.0), Weighting(b, trace=True))
    volumes = np.stack([patient.scanner_b0(), trace])
    return write_files(_slices(volumes, acquired, patient, study, series, options), folder, options)


def write_adc(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Vendor ADC: 12 bit, 1e-6 mm2/s, no b value, no unit."""
    series = SeriesInfo(6, "ep2d_diff_3scan_p2_ADC", ("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND", "NORM"))
    datasets = []
    for k, plane in enumerate(patient.scanner_adc()):
        ds = classic_image(study, SCANNER, series, patient.slab, k, encode(plane), k + 1)
        ds.SequenceName = f"*ep_b0_{round(max(w.b for w in patient.weightings))}"
        add_siemens(ds, None, patient.slab, 0)
        datasets.append(ds)
    return write_files(datasets, folder, options)
