"""GE classic MR: b in (0043,1039) with or without the bias of 1e9, no public b on b0, instance numbers image by image."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient, Weighting
from .common import (
    Options,
    Scanner,
    SeriesInfo,
    Study,
    add_private,
    classic_image,
    decimal,
    encode,
    encode_slices,
    write_files,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("GE MEDICAL SYSTEMS", "SIGNA Pioneer", ("29", "LX", "MR29.1_EA_2039.g"))
B_BIAS = 1_000_000_000
GAIN = 4.0
_COLLAPSE = {Directionality.NONE: 14, Directionality.DIRECTIONAL: 16, Directionality.ISOTROPIC: 15}
_COLLAPSE_ADC = 20


def _add_b(ds: "Dataset", weighting: Weighting, cosines: tuple[float, ...], biased: bool) -> None:
    """Directions are in image axes that point right and anterior where the image is axial, as GE counts them."""
    b = round(weighting.b)
    stored = b + B_BIAS if biased and b else b
    row, column = np.reshape(cosines, (2, 3))
    axes = np.array([-np.asarray(row), -np.asarray(column), np.cross(row, column)])
    direction = np.nan_to_num(axes @ np.asarray(weighting.direction))
    add_private(ds, 0x0019, "GEMS_ACQU_01", {0xBB + n: ("DS", decimal(round(v, 6))) for n, v in enumerate(direction)})
    add_private(
        ds,
        0x0043,
        "GEMS_PARM_01",
        {0x30: ("SS", _COLLAPSE[weighting.directionality]), 0x39: ("IS", [stored, 8, 0, 0])},
    )
    if b:
        ds.DiffusionBValue = float(b)


def add_ge(ds: "Dataset", slices: int) -> None:
    """What every GE image has."""
    ds.ReconstructionDiameter = decimal(float(ds.PixelSpacing[0]) * ds.Columns)
    add_private(ds, 0x0009, "GEMS_IDEN_01", {0x02: ("SH", "0009"), 0x04: ("SH", "SIGNA")})
    add_private(ds, 0x0021, "GEMS_RELA_01", {0x4F: ("SS", slices)})
    add_private(ds, 0x0025, "GEMS_SERS_01", {0x11: ("SS", 1)})
    add_private(ds, 0x0027, "GEMS_IMAG_01", {0x41: ("FL", float(ds.SliceLocation))})
    add_private(ds, 0x0029, "GEMS_IMPS_01", {0x26: ("SS", 2)})


def _raw(patient: DiffusionPatient, study: Study, options: Options, biased: bool) -> Iterator["Dataset"]:
    series = SeriesInfo(4, "Ax DWI b1000", ("ORIGINAL", "PRIMARY", "OTHER"))
    slices = patient.geometry.shape[0]
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        encoded = encode_slices(volume, options, gain=GAIN, bits=16, signed=True)
        for k, pixels in enumerate(encoded):
            ds = classic_image(study, SCANNER, series, patient.slab, k, pixels, n * slices + k + 1)
            add_ge(ds, slices)
            _add_b(ds, weighting, patient.slab.orientation, biased)
            yield ds


def write_raw(
    patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options(), *, biased: bool = True
) -> list[Path]:
    """Diffusion images; `biased` adds 1e9 to b in (0043,1039) as some software does."""
    return write_files(_raw(patient, study, options, biased), folder, options)


def write_adc(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """ADC map in 1e-6 mm2/s, signed 16 bit, no unit anywhere in the header."""
    series = SeriesInfo(401, "Apparent Diffusion Coefficient (mm2/s)", ("DERIVED", "SECONDARY", "COMBINED"))
    datasets = []
    adc = patient.scanner_adc()
    for k, plane in enumerate(adc):
        pixels = encode(plane, bits=16, signed=True)
        ds = classic_image(study, SCANNER, series, patient.slab, k, pixels, k + 1)
        add_ge(ds, len(adc))
        add_private(ds, 0x0043, "GEMS_PARM_01", {0x30: ("SS", _COLLAPSE_ADC)})
        datasets.append(ds)
    return write_files(datasets, folder, options)
