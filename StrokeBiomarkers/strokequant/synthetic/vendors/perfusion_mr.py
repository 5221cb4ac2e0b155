"""DSC perfusion of every vendor: where each keeps the time of a frame, and nothing in a place where it does not."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import ge, philips, siemens, siemens_xa
from .common import Options, Pixels, Scanner, SeriesInfo, Study, classic_image, decimal, decimals, encode, write_files
from .dynamic import DynamicScan, moment, slice_times
from .enhanced import FRAME_CONTENT, IN_STACK, STACK, TEMPORAL, FrameInfo, Layout, enhanced_image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

GAIN = 8.0
"""Stored value per unit of signal; CSF before the steady state, 392, stays within 12 bit."""
_PERFUSION = ("ORIGINAL", "PRIMARY", "PERFUSION", "NONE")


def _image(
    scan: DynamicScan, study: Study, scanner: Scanner, series: SeriesInfo, n: int, k: int, instance: int
) -> "Dataset":
    """Slice `k` of frame `n` with the timing of its sequence and no time of its own yet."""
    pixels = encode(scan.series.values[n, k], gain=GAIN)
    ds = classic_image(study, scanner, series, scan.slab, k, pixels, instance)
    _add_sequence(ds, scan)
    return ds


def _add_sequence(ds: "Dataset", scan: DynamicScan) -> None:
    how = scan.protocol
    ds.ScanningSequence, ds.SequenceVariant = ["EP", "GR"], "SK"
    ds.RepetitionTime, ds.EchoTime = decimal(how.step_s * 1000), decimal(how.echo_time_ms)
    ds.FlipAngle = decimal(how.flip_deg)
    ds.ContrastBolusAgent, ds.ContrastBolusVolume = "Gadolinium", "10"


def _stamp(ds: "Dataset", study: Study, seconds: float, written_s: float) -> None:
    """Acquisition time of the slice; content time of when the frame was reconstructed."""
    ds.AcquisitionDate, ds.AcquisitionTime = moment(study, seconds)
    ds.ContentDate, ds.ContentTime = moment(study, written_s)


def _siemens_slices(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(14, "ep2d_perf_p2", ("ORIGINAL", "PRIMARY", "M", "ND", "NORM"))
    times = slice_times(scan)
    frames, slices = times.shape
    for n in range(frames):
        for k in range(slices):
            ds = _image(scan, study, siemens.SCANNER, series, n, k, n * slices + k + 1)
            ds.AcquisitionNumber, ds.SequenceName = str(n + 1), "*epfid2d1_64"
            _stamp(ds, study, times[n, k], times[-1].max() + 5 + 0.1 * n)
            siemens.add_siemens(ds, None, scan.slab, 0)
            yield ds


def write_siemens(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One file per slice, each with its own Acquisition Time."""
    return write_files(_siemens_slices(scan, study), folder, options)


def _siemens_mosaics(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(14, "ep2d_perf_p2", ("ORIGINAL", "PRIMARY", "M", "ND", "NORM", "MOSAIC"))
    times = slice_times(scan)
    frames, slices = times.shape
    side = math.ceil(math.sqrt(slices))
    for n in range(frames):
        pixels = encode(siemens.tile(scan.series.values[n]), gain=GAIN)
        ds = classic_image(study, siemens.SCANNER, series, scan.slab, 0, pixels, n + 1)
        _add_sequence(ds, scan)
        ds.ImagePositionPatient = decimals(siemens.mosaic_position(scan.slab, side))
        ds.AcquisitionNumber, ds.SequenceName = str(n + 1), "*epfid2d1_64"
        start = float(scan.protocol.starts_s()[n])
        _stamp(ds, study, start, times[-1].max() + 5 + 0.1 * n)
        siemens.add_siemens(ds, None, scan.slab, slices, [1000 * (time - start) for time in times[n]])
        yield ds


def write_siemens_mosaic(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One mosaic per frame with the Acquisition Time of its start; times of the tiles in MosaicRefAcqTimes."""
    return write_files(_siemens_mosaics(scan, study), folder, options)


def _ge(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    """All frames of the first slice, then of the second, as GE numbers its images."""
    series = SeriesInfo(7, "Ax PERFUSION", ("ORIGINAL", "PRIMARY", "OTHER"))
    times = slice_times(scan)
    frames, slices = times.shape
    for k in range(slices):
        for n in range(frames):
            ds = _image(scan, study, ge.SCANNER, series, n, k, k * frames + n + 1)
            ge.add_ge(ds, slices)
            ds.AcquisitionDate, ds.AcquisitionTime = moment(study, 0.0)
            ds.ContentDate, ds.ContentTime = moment(study, times[-1].max() + 20)
            ds.TriggerTime = decimal(round(1000 * float(times[n, k]), 3))
            ds.TemporalPositionIdentifier, ds.NumberOfTemporalPositions = str(n + 1), str(frames)
            yield ds


def write_ge(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One file per slice; time in Trigger Time alone, all Acquisition Times the same."""
    return write_files(_ge(scan, study), folder, options)


def _philips_classic(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(901, "T2* perfusion", ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"))
    times = slice_times(scan)
    frames, slices = times.shape
    for k in range(slices):
        for n in range(frames):
            ds = _image(scan, study, philips.SCANNER, series, n, k, k * frames + n + 1)
            philips.add_philips(ds, slices, k, "FEEPI")
            ds.TemporalPositionIdentifier, ds.NumberOfTemporalPositions = str(n + 1), str(frames)
            _stamp(ds, study, times[n, k], times[n, k])
            yield ds


def write_philips_classic(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One file per slice, numbered slice by slice, Acquisition Time and Temporal Position in each."""
    return write_files(_philips_classic(scan, study), folder, options, prefix="IM_")


def _frames(scan: DynamicScan, study: Study, order: str, frames, *, offsets: bool, moments: bool) -> list[FrameInfo]:
    """Frame headers; `order` is "time" (frames of a slice first) or "slice" (slices of a frame first)."""
    times = slice_times(scan)
    slices = times.shape[1]
    pairs = [(n, k) for k in range(slices) for n in frames] if order == "time" else [(n, k) for n in frames for k in range(slices)]  # fmt: skip
    made = []
    for n, k in pairs:
        frame = FrameInfo(k, n + 1, None, (1, k + 1, n + 1), _PERFUSION)
        if moments:
            frame = replace(frame, moment="".join(moment(study, times[n, k])))
        else:
            frame = replace(frame, moment="".join(moment(study, 0.0)))
        made.append(replace(frame, offset_s=float(times[n, k])) if offsets else frame)
    return made


def _layout(scan: DynamicScan, base: Layout) -> Layout:
    dimensions = ((STACK, FRAME_CONTENT), (IN_STACK, FRAME_CONTENT), (TEMPORAL, FRAME_CONTENT))
    how = scan.protocol
    timing = {"echo_time_ms": how.echo_time_ms, "repetition_ms": how.step_s * 1000}
    return replace(base, dimensions=dimensions, contrast="PERFUSION", directional="DIRECTIONAL", **timing)


def _enhanced(scan: DynamicScan, study: Study, scanner, series, frames, base: Layout, instance: int = 1) -> "Dataset":
    stored = np.stack([encode(scan.series.values[f.temporal - 1, f.k], gain=GAIN).stored for f in frames])
    ds = enhanced_image(study, scanner, series, scan.slab, frames, Pixels(stored), _layout(scan, base), instance)
    ds.EchoPulseSequence, ds.PulseSequenceName = "GRADIENT", "epfid2d"
    del ds["MultipleSpinEcho"]
    ds.AcquisitionDateTime = frames[0].moment
    return ds


def write_philips_enhanced(
    scan: DynamicScan, study: Study, folder: Path, options: Options = Options(), *, times: str = "offset"
) -> list[Path]:
    """All frames in one file, the frames of a slice together.

    Args:
        scan, study, folder, options: as for every vendor.
        times: "offset" for Temporal Position Time Offset, "datetime" for Frame Acquisition DateTime, "both".
    """
    series = SeriesInfo(901, "T2* perfusion", _PERFUSION)
    wanted = {"offsets": times in ("offset", "both"), "moments": times in ("datetime", "both")}
    frames = _frames(scan, study, "time", range(scan.protocol.frames), **wanted)
    return write_files(
        [_enhanced(scan, study, philips.SCANNER, series, frames, philips.LAYOUT)], folder, options, prefix="IM_"
    )


def write_siemens_xa(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One multi-frame file per frame, Frame Acquisition DateTime per slice."""
    series = SeriesInfo(15, "ep2d_perf_p2", _PERFUSION)

    def files() -> Iterator["Dataset"]:
        for n in range(scan.protocol.frames):
            frames = _frames(scan, study, "slice", [n], offsets=False, moments=True)
            yield _enhanced(scan, study, siemens_xa.SCANNER, series, frames, siemens_xa.LAYOUT, instance=n + 1)

    return write_files(files(), folder, options)
