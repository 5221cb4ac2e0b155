"""Philips classic and enhanced MR: own rescale and scale slope for b0 and DWI, b as 32-bit float, ADC within the raw series."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient, Weighting
from .common import (
    Options,
    Pixels,
    Scanner,
    SeriesInfo,
    Study,
    add_private,
    classic_image,
    encode,
    write_files,
)
from .enhanced import DIFFUSION, DIFFUSION_B_VALUE, FRAME_CONTENT, IN_STACK, STACK, FrameInfo, Layout, enhanced_image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("Philips", "Ingenia Elition X", ("5.7.1", "5.7.1.2"))
FLOATING_POINT_GAIN = 80.0
"""Floating-point value (the scanner's own unit) per unit of signal."""
MAGNITUDE = ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE")
ENHANCED_TYPE = ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE")
ADC_TYPE = ("ORIGINAL", "PRIMARY", "ADC_UNSPECIFIED", "ADC", "UNSPECIFIED")
LAYOUT = Layout(
    ((STACK, FRAME_CONTENT), (IN_STACK, FRAME_CONTENT), (DIFFUSION_B_VALUE, DIFFUSION)), rescale_type="normalized"
)


@dataclass(frozen=True, slots=True)
class Scaling:
    """Rescale slope RS and scale slope SS: displayed value SV x RS, floating-point value SV / SS."""

    rescale_slope: float
    scale_slope: float


B0_SCALING, DWI_SCALING = Scaling(1.5, 0.025), Scaling(2.0, 0.05)
ADC_SCALING = Scaling(0.8, 1.0)


def _scaling(weighting: Weighting) -> Scaling:
    return B0_SCALING if weighting.b <= 10 else DWI_SCALING


def _encode(volume: np.ndarray, scaling: Scaling) -> Pixels:
    return encode(
        volume,
        gain=FLOATING_POINT_GAIN * scaling.scale_slope,
        slope=scaling.rescale_slope,
        rescale_type="normalized",
    )


def _encode_adc(volume: np.ndarray) -> Pixels:
    return encode(
        volume, gain=1 / ADC_SCALING.rescale_slope, slope=ADC_SCALING.rescale_slope, rescale_type="normalized"
    )


def _add_scale(ds: "Dataset", scaling: Scaling) -> None:
    add_private(ds, 0x2005, "Philips MR Imaging DD 001", {0x0E: ("FL", scaling.scale_slope)})


def _numbers(acquired: tuple[Weighting, ...]) -> list[tuple[int, int]]:
    """(b number, direction number) of every image: each b0 repeat has its own b number and direction 1."""
    values = sorted({w.b for w in acquired}, key=lambda b: (b > 0, b <= 10, b))
    out, direction = [], 1
    for weighting in acquired:
        direction += weighting.b > 10
        out.append((values.index(weighting.b) + 1, direction if weighting.b > 10 else 1))
    return out


def _add_diffusion(ds: "Dataset", weighting: Weighting, numbers: tuple[int, int]) -> None:
    """b and direction; release 5.7 writes a meaningless direction on b0, and so do we."""
    b = float(np.float32(weighting.b))
    direction = np.asarray(weighting.direction)
    if weighting.directionality is not Directionality.DIRECTIONAL:
        direction = np.full(3, 3**-0.5 if b <= 10 else 0.0)
    letter = "I" if weighting.directionality is Directionality.ISOTROPIC else "O"
    ds.DiffusionBValue, ds.DiffusionGradientOrientation = b, [float(v) for v in direction]
    add_private(ds, 0x2001, "Philips Imaging DD 001", {0x03: ("FL", b), 0x04: ("CS", letter)})
    directions = {0xB0 + n: ("FL", float(np.float32(v))) for n, v in enumerate(direction)}
    add_private(ds, 0x2005, "Philips MR Imaging DD 001", directions)
    index = {0x12: ("IS", str(numbers[0])), 0x13: ("IS", str(numbers[1]))}
    add_private(ds, 0x2005, "Philips MR Imaging DD 005", index)


def add_philips(ds: "Dataset", slab_slices: int, k: int, technique: str = "DwiSE") -> None:
    """What every classic Philips image has."""
    ds.AcquisitionNumber, ds.TemporalPositionIdentifier, ds.NumberOfTemporalPositions = "7", "1", "1"
    ds.LossyImageCompression, ds.PresentationLUTShape = "00", "IDENTITY"
    private = {
        0x0A: ("IS", str(k + 1)),
        0x0B: ("CS", "TRANSVERSAL"),
        0x18: ("SL", slab_slices),
        0x20: ("LO", technique),
    }
    add_private(ds, 0x2001, "Philips Imaging DD 001", private)
    add_private(ds, 0x2005, "Philips MR Imaging DD 005", {0x09: ("DS", "0"), 0x0B: ("LO", "normalized")})


def _classic(patient: DiffusionPatient, study: Study, appended_adc: str) -> Iterator["Dataset"]:
    """All images of the first slice, then of the second: the order of Philips instance numbers."""
    numbers = _numbers(patient.weightings)
    per_slice = len(numbers) + bool(appended_adc)
    series = SeriesInfo(701, "DWI_3dir", MAGNITUDE)
    adc = patient.scanner_adc() if appended_adc else None
    adc_series = replace(series, image_type=ADC_TYPE if appended_adc == "typed" else MAGNITUDE)
    for k in range(patient.geometry.shape[0]):
        for n, weighting in enumerate(patient.weightings):
            scaling = _scaling(weighting)
            pixels = _encode(patient.signal[n, k], scaling)
            ds = classic_image(study, SCANNER, series, patient.slab, k, pixels, k * per_slice + n + 1)
            add_philips(ds, patient.geometry.shape[0], k)
            _add_diffusion(ds, weighting, numbers[n])
            _add_scale(ds, scaling)
            yield ds
        if adc is not None:
            yield _adc_slice(patient, study, k, adc[k], adc_series, (k + 1) * per_slice)


def _adc_slice(
    patient: DiffusionPatient, study: Study, k: int, plane: np.ndarray, series: SeriesInfo, instance: int
) -> "Dataset":
    ds = classic_image(study, SCANNER, series, patient.slab, k, _encode_adc(plane), instance)
    add_philips(ds, patient.geometry.shape[0], k)
    _add_scale(ds, ADC_SCALING)
    return ds


def write_classic(
    patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options(), *, appended_adc: str = ""
) -> list[Path]:
    """Diffusion images, one file per slice.

    Args:
        patient, study, folder, options: as for every vendor.
        appended_adc: "" for none; "typed" appends the ADC with an Image Type that says so; "silent" without one.
    """
    return write_files(_classic(patient, study, appended_adc), folder, options, prefix="IM_")


def write_adc(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Vendor ADC as its own series, 1e-6 mm2/s after rescale."""
    series = SeriesInfo(702, "dADC", ADC_TYPE)
    planes = enumerate(patient.scanner_adc())
    datasets = [_adc_slice(patient, study, k, plane, series, k + 1) for k, plane in planes]
    return write_files(datasets, folder, options, prefix="IM_")


def _frame(k: int, n: int, weighting: Weighting) -> FrameInfo:
    return FrameInfo(k, n + 1, weighting, (1, k + 1, n + 1), ENHANCED_TYPE, _scaling(weighting).rescale_slope)


def _add_enhanced_scale(group: "Dataset", scaling: Scaling) -> None:
    from pydicom.dataset import Dataset

    item = Dataset()
    _add_scale(item, scaling)
    add_private(group, 0x2005, "Philips MR Imaging DD 005", {0x0F: ("SQ", [item])})
    units = Dataset()
    units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = "1", "UCUM", "no units"
    mapping = Dataset()
    mapping.LUTExplanation, mapping.LUTLabel, mapping.MeasurementUnitsCodeSequence = "none", "Philips", [units]
    mapping.RealWorldValueIntercept, mapping.RealWorldValueSlope = 0.0, scaling.rescale_slope
    mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped = 0, 4095
    for keyword in ("RealWorldValueFirstValueMapped", "RealWorldValueLastValueMapped"):
        mapping[keyword].VR = "US"
    group.RealWorldValueMappingSequence = [mapping]


def write_enhanced(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """All diffusion images in one file, every image of a slice before the next slice, rescale per frame."""
    slices = range(patient.geometry.shape[0])
    frames = [_frame(k, n, weighting) for k in slices for n, weighting in enumerate(patient.weightings)]
    volumes = [_encode(v, _scaling(w)).stored for v, w in zip(patient.signal, patient.weightings, strict=True)]
    stored = np.stack(volumes, axis=1).reshape(-1, *patient.geometry.shape[1:])
    series = SeriesInfo(801, "DWI_3dir", ENHANCED_TYPE)
    ds = enhanced_image(study, SCANNER, series, patient.slab, frames, Pixels(stored), LAYOUT)
    for group, frame in zip(ds.PerFrameFunctionalGroupsSequence, frames, strict=True):
        _add_enhanced_scale(group, _scaling(frame.weighting))
    return write_files([ds], folder, options, prefix="IM_")
