"""Siemens XA30 enhanced multi-frame: one file per image, public tags per frame, BMATRIX, vendor ADC without b or unit."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient, Weighting
from .common import Options, Scanner, SeriesInfo, Study, add_private, encode, write_files
from .enhanced import FRAME_CONTENT, IN_STACK, STACK, TEMPORAL, FrameInfo, Layout, enhanced_image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("Siemens Healthineers", "MAGNETOM Prisma Fit", ("syngo MR XA30",))
GAIN = 1.9
LAYOUT = Layout(((STACK, FRAME_CONTENT), (IN_STACK, FRAME_CONTENT), (TEMPORAL, FRAME_CONTENT)), directional="BMATRIX")


def _name(weighting: Weighting | None, n: int, high: int) -> str:
    if weighting is None:
        return f"ep_b0_{high}"
    b = round(weighting.b)
    ending = {Directionality.NONE: "", Directionality.DIRECTIONAL: f"#{n}", Directionality.ISOTROPIC: "t"}
    return f"ep_b{b}{ending[weighting.directionality]}"


def _file(
    patient: DiffusionPatient,
    study: Study,
    series: SeriesInfo,
    volume,
    weighting: Weighting | None,
    n: int,
    gain: float,
) -> "Dataset":
    frames = [FrameInfo(k, n + 1, weighting, (1, k + 1, n + 1), series.image_type) for k in range(len(volume))]
    ds = enhanced_image(study, SCANNER, series, patient.slab, frames, encode(volume, gain=gain), LAYOUT, instance=n + 1)
    high = round(max(w.b for w in patient.weightings))
    add_private(ds, 0x0021, "SIEMENS MR SDR 01", {0x01: ("LO", "ACQUISITION"), 0x02: ("LO", "ACQUISITION")})
    for group in ds.PerFrameFunctionalGroupsSequence:
        item = group.MRImageFrameTypeSequence[0]
        add_private(item, 0x0021, "SIEMENS MR SDI 02", {0x77: ("LO", _name(weighting, n, high)), 0x78: ("CS", "ND")})
    return ds


def _raw(patient: DiffusionPatient, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(10, "ep2d_diff_3scan", ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"))
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        yield _file(patient, study, series, volume, weighting, n, GAIN)


def write_raw(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Diffusion images."""
    return write_files(_raw(patient, study), folder, options)


def write_adc(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Vendor ADC in 1e-6 mm2/s: slope 1, Rescale Type US, no unit code, no b value."""
    series = SeriesInfo(11, "ep2d_diff_3scan_ADC", ("DERIVED", "PRIMARY", "DIFFUSION", "ADC"))
    return write_files([_file(patient, study, series, patient.scanner_adc(), None, 0, 1.0)], folder, options)


def write_trace(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """TRACEW: geometric mean of the highest b."""
    series = SeriesInfo(12, "ep2d_diff_3scan_TRACEW", ("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"))
    b, trace = patient.scanner_trace()
    weighting = Weighting(b, trace=True)
    return write_files([_file(patient, study, series, trace, weighting, 0, GAIN)], folder, options)
