"""Digital phantom sessions as DICOM: one series for each pass, or one for each b value, with b values where Siemens writes them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .grids import Slab, make_slab
from .phantom_diffusion import LAYOUT_MM, DigitalSession
from .vendors.common import (
    Options,
    Pixels,
    Scanner,
    SeriesInfo,
    Study,
    add_private,
    classic_image,
    decimal,
    write_files,
)

SCANNER = Scanner("SIEMENS", "Skyra", ("syngo MR XA30",), serial="50001")
DATE = "20260302"
_REPETITION_MS, _ECHO_MS = 8000.0, 100.0


def write_session(
    session: DigitalSession,
    folder: Path,
    *,
    by_b_value: bool = False,
    protocols: dict[int, float] | None = None,
    description: str = "DWI_QA_PHANTOM",
    scanner: Scanner = SCANNER,
    date: str = DATE,
) -> list[Path]:
    """Write all passes.

    Args:
        session: images with their scan.
        folder: gets one subfolder per series.
        by_b_value: one series for every b value.
        protocols: echo time in ms of single passes (from 1), where they are of another protocol.
        description: of the series.

    Returns:
        Paths of all files.
    """
    study = Study(number=901, date=date, time="090000", salt=f"phantom{session.scan.seed}")
    paths: list[Path] = []
    for p, images in enumerate(session.images, 1):
        echo = (protocols or {}).get(p, _ECHO_MS)
        bundles = [[n] for n in range(len(images))] if by_b_value else [list(range(len(images)))]
        for m, members in enumerate(bundles, 1):
            number = 100 * p + m
            info = SeriesInfo(number, f"{description}_{p}", ("ORIGINAL", "PRIMARY", "DIFFUSION", "TRACEW"))
            files = _series(session, study, scanner, info, p, members, echo)
            paths += write_files(files, folder / f"{number:04d}", Options())
    return paths


def _series(
    session: DigitalSession, study: Study, scanner: Scanner, info: SeriesInfo, p: int, members, echo: float
) -> Iterator:
    scan, slab = session.scan, session.scan.slices
    instance = 0
    for n in members:
        b = scan.b_values[n]
        for k in range(slab.geometry.shape[0]):
            instance += 1
            ds = classic_image(study, scanner, info, slab, k, Pixels(session.images[p - 1, n, k], bits=16), instance)
            _describe(ds, _clock(scan, p, n), echo, scan.averages)
            add_private(
                ds, 0x0019, "SIEMENS MR HEADER",
                {0x0C: ("IS", str(round(b))), 0x0D: ("CS", "ISOTROPIC" if b > 0 else "NONE")},
            )  # fmt: skip
            yield ds


def _describe(ds, clock: str, echo: float, averages: int) -> None:
    ds.AcquisitionTime = ds.ContentTime = clock
    ds.RepetitionTime, ds.EchoTime, ds.NumberOfAverages = decimal(_REPETITION_MS), decimal(echo), str(averages)
    ds.PixelBandwidth = "1500"
    ds.BodyPartExamined, ds.PatientName = "PHANTOM", "Phantom^Digital"


def _clock(scan, p: int, n: int) -> str:
    """Time of day at which an image begins: every image takes averages x directions repetitions."""
    images = [1 if b == 0 else scan.directions for b in scan.b_values]
    steps = (p - 1) * (sum(images) + 2) + sum(images[:n])
    seconds = 9 * 3600 + 600 + round(steps * scan.averages * _REPETITION_MS / 1000)
    return f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.000000"


def write_anatomy(session: DigitalSession, folder: Path, *, scanner: Scanner = SCANNER, date: str = DATE) -> list[Path]:
    """An undistorted spin echo series of the same phantom, as files."""
    scan = session.scan
    stored, slab = anatomy_of(session)
    study = Study(number=901, date=date, time="090000", salt=f"phantom{scan.seed}")
    info = SeriesInfo(2, "T1_SE_QA_PHANTOM", ("ORIGINAL", "PRIMARY", "M"))
    files = []
    for n in range(slab.geometry.shape[0]):
        ds = classic_image(study, scanner, info, slab, n, Pixels(stored[n], bits=12), n + 1)
        _describe(ds, "090100.000000", 10.0, 1)
        ds.ScanningSequence, ds.RepetitionTime = "SE", "600"
        files.append(ds)
    return write_files(files, folder / "0002", Options())


def anatomy_of(session: DigitalSession) -> tuple[np.ndarray, Slab]:
    """(k, j, i) spin echo image of the same phantom: vials, walls and bath without diffusion weighting, 1 mm pixels."""
    scan = session.scan
    slab: Slab = make_slab(slices=25, rows=220, columns=220, pixel_mm=1.0, step_mm=2.5, center=tuple(scan.center_lps))
    g = slab.geometry
    k, j, i = np.indices(g.shape, sparse=True)
    lps = g.slice_origins[k] + i[..., None] * g.affine[:3, 0] + j[..., None] * g.affine[:3, 1]
    frame = (lps - np.array(scan.center_lps)) @ scan.axes
    image = 700.0 * np.clip(97.5 - np.hypot(frame[..., 0], frame[..., 1]), 0, 1)
    for (x, y), s0 in zip(LAYOUT_MM, session.phantom.s0, strict=True):
        inside = np.clip(0.5 + session.phantom.vial_radius_mm - np.hypot(frame[..., 0] - x, frame[..., 1] - y), 0, 1)
        image = image * (1 - inside) + 1000.0 * (0.4 + s0 / 2) * inside
    noise = np.random.default_rng(scan.seed).standard_normal(image.shape)
    return np.clip(np.rint(image + 5 * noise), 0, 4095).astype(np.uint16), slab
