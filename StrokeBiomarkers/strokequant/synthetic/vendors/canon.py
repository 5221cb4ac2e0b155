"""Canon enhanced and Toshiba classic MR: public b only; the old software leaves it out on b0."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...types import Directionality
from ..diffusion_patient import DiffusionPatient
from .common import Options, Pixels, Scanner, SeriesInfo, Study, classic_image, encode, encode_slices, write_files
from .enhanced import ECHO, ECHO_TIME, FRAME_CONTENT, IN_STACK, STACK, TEMPORAL, FrameInfo, Layout, enhanced_image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SCANNER = Scanner("CANON_MEC", "Galan 3T", ("V6.1SP3002*",))
OLD_SCANNER = Scanner("TOSHIBA_MEC", "Titan3T", ("V2.30",))
GAIN = 8.0
LAYOUT = Layout(
    ((TEMPORAL, FRAME_CONTENT), (ECHO_TIME, ECHO), (STACK, FRAME_CONTENT), (IN_STACK, FRAME_CONTENT)),
    shared_geometry=True,
    spacing_tag=False,
)


def write_enhanced(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """All diffusion images in one file, b0 frames as NONE with b 0, geometry shared, no Spacing Between Slices."""
    frame_type = ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE")
    slices = range(patient.geometry.shape[0])
    frames = [
        FrameInfo(k, n + 1, weighting, (n + 1, 1, 1, k + 1), frame_type)
        for n, weighting in enumerate(patient.weightings)
        for k in slices
    ]
    stored = encode(patient.signal, gain=GAIN, bits=16, signed=True).stored
    pixels = Pixels(stored.reshape(-1, *patient.geometry.shape[1:]), 16, True)
    series = SeriesInfo(3000, "DWI_3axis", ("ORIGINAL", "PRIMARY", "GDC", "NONE"))
    return write_files([enhanced_image(study, SCANNER, series, patient.slab, frames, pixels, LAYOUT)], folder, options)


def _old(patient: DiffusionPatient, study: Study, options: Options) -> Iterator["Dataset"]:
    series = SeriesInfo(4000, "DWI", ("ORIGINAL", "PRIMARY", "OTHER"))
    slices = patient.geometry.shape[0]
    for n, (volume, weighting) in enumerate(zip(patient.signal, patient.weightings, strict=True)):
        for k, pixels in enumerate(encode_slices(volume, options, gain=GAIN, bits=16, signed=True)):
            ds = classic_image(study, OLD_SCANNER, series, patient.slab, k, pixels, n * slices + k + 1)
            if weighting.directionality is Directionality.DIRECTIONAL:
                ds.DiffusionBValue = float(weighting.b)
                ds.DiffusionGradientOrientation = [float(v) for v in weighting.direction]
            yield ds


def write_old(patient: DiffusionPatient, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """Toshiba classic: no b of any kind on b0."""
    return write_files(_old(patient, study, options), folder, options)
