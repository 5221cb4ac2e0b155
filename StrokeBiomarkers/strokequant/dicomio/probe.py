"""One file: is it an image, what is broken about it, and its header; pixels are not read.

The length of the pixel data is compared with what rows, columns and frames need: a file that was cut off in transfer has a whole
header, and without the check a slice would be lost or read as zeros.
"""

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .elements import integer, text

PREAMBLE = 128
UNDEFINED = 0xFFFFFFFF
ITEM, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

IMAGE_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.3": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
}
"""SOP classes of CT and MR images, classic, enhanced, color and legacy converted."""

_STANDARD = "1.2.840.10008."
_KNOWN_BEGINS = {
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"%PDF": "a PDF document",
    b"NRRD": "NRRD is not read; use DICOM or NIfTI",
    b"GIF8": "a picture (GIF)",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"Rar!": "an archive that is not read; unpack it first",
    b"7z\xbc\xaf": "an archive that is not read; unpack it first",
    b"PK\x03\x04": "an archive inside the input; name it as the input or unpack it",
}


@dataclass(frozen=True)
class Probe:
    """What one file turned out to be.

    Args:
        dataset: header of a CT or MR image, None for everything else.
        reason: why it is no usable image; "" for a usable one.
        broken: True where it should have been an image and cannot be used.
        directory: header of a DICOMDIR.
    """

    dataset: Any = None
    reason: str = ""
    broken: bool = False
    directory: Any = None


def known_begin(begin: bytes) -> str:
    """Words for files that are told by their first bytes, "" for others."""
    return next((words for magic, words in _KNOWN_BEGINS.items() if begin.startswith(magic)), "")


def looks_like_dicom(begin: bytes) -> bool:
    """True with the DICM prefix, or where the first bytes are a plausible element of group 0002 or 0008."""
    if begin[PREAMBLE : PREAMBLE + 4] == b"DICM":
        return True
    if len(begin) < 12:
        return False
    for order in "<>":
        group, element = struct.unpack(order + "HH", begin[:4])
        length = struct.unpack(order + "I", begin[4:8])[0]
        explicit = begin[4:6].isalpha() and begin[4:6].isupper()
        if group in (2, 8) and element < 0x2000 and (explicit or length < 1 << 16):
            return True
    return False


def probe_dicom(path: Path) -> Probe:
    """Header of a DICOM file and whether it is a whole CT or MR image."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        size = path.stat().st_size
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(file, stop_before_pixels=True, force=True)
            reason = _not_an_image(dataset)
            if reason:
                listing = dataset if "DirectoryRecordSequence" in dataset else None
                return Probe(reason=reason, directory=listing)
            problem = _pixel_problem(dataset, file, size, path)
    except OSError as error:
        return Probe(reason=f"cannot be read: {error.strerror or type(error).__name__}", broken=True)
    except InvalidDicomError:
        return Probe(reason="no DICOM file")
    except Exception as error:  # pydicom raises many types on malformed files
        return Probe(reason=f"broken DICOM header ({type(error).__name__})", broken=True)
    return Probe(dataset, problem, bool(problem))


def _not_an_image(dataset: Any) -> str:
    """Reason why a data set is no CT or MR image with pixels, "" where it is one."""
    meta = getattr(dataset, "file_meta", None)
    sop_class = text(dataset, "SOPClassUID") or text(meta, "MediaStorageSOPClassUID")
    modality = text(dataset, "Modality").upper()
    if sop_class in IMAGE_CLASSES:
        return ""
    if sop_class and not sop_class.startswith(_STANDARD):
        return f"private SOP class {sop_class}: no image"
    if sop_class:
        from pydicom.uid import UID

        return f"{UID(sop_class).name}: no CT or MR image"
    if modality in ("CT", "MR") and integer(dataset, "Rows"):
        return ""
    return "no SOP class and no image" if len(dataset) else "no DICOM file"


def _pixel_problem(dataset: Any, file: BinaryIO, size: int, path: Path) -> str:
    """What is wrong with the pixel data, "" where they are all there."""
    rows, columns = integer(dataset, "Rows"), integer(dataset, "Columns")
    if not text(dataset, "SeriesInstanceUID") or not text(dataset, "SOPInstanceUID"):
        return "image without Series or SOP Instance UID"
    bits = integer(dataset, "BitsAllocated")
    if not rows or not columns or not bits:
        return "image without Rows, Columns or Bits Allocated"
    frames = max(integer(dataset, "NumberOfFrames") or 1, 1)
    samples = integer(dataset, "SamplesPerPixel") or 1
    needed = (rows * columns * frames * samples * bits + 7) // 8
    syntax = text(getattr(dataset, "file_meta", None), "TransferSyntaxUID")
    if syntax == DEFLATED:
        return _deflated_problem(path, needed)
    header = file.read(12)
    if len(header) < 8:
        return "the file ends before the pixel data"
    length, value_at = _element(header, file.tell() - len(header), syntax == BIG_ENDIAN)
    if length is None:
        return "the pixel data are not where they belong"
    if length == UNDEFINED:
        return _fragment_problem(file, value_at, size, frames)
    there = min(length, size - value_at)
    if there < needed:
        return f"cut off: {there} bytes of pixel data where {needed} are needed"
    return ""


def _element(header: bytes, at: int, big: bool) -> tuple[int | None, int]:
    """(length, position of the value) of the pixel data element whose first 12 bytes are given."""
    order = ">" if big else "<"
    group, _ = struct.unpack(order + "HH", header[:4])
    if group != 0x7FE0:
        return None, 0
    if header[4:6] in (b"OW", b"OB", b"UN", b"OF", b"OD") and len(header) == 12:
        return struct.unpack(order + "I", header[8:12])[0], at + 12
    return struct.unpack(order + "I", header[4:8])[0], at + 8


def _fragment_problem(file: BinaryIO, at: int, size: int, frames: int) -> str:
    """Walk over the fragments of compressed pixel data; they end with a delimiter."""
    count = -1  # the first item is the offset table
    while at + 8 <= size:
        file.seek(at)
        tag, length = struct.unpack("<4sI", file.read(8))
        if tag == SEQUENCE_END:
            return "" if count >= frames else f"{max(count, 0)} compressed fragments for {frames} frames"
        if tag != ITEM:
            return "the compressed pixel data are broken"
        count += 1
        at += 8 + length
    return "cut off within the compressed pixel data"


def _deflated_problem(path: Path, needed: int) -> str:
    from pydicom import dcmread

    there = len(dcmread(path, force=True).get("PixelData", b""))
    return "" if there >= needed else f"cut off: {there} bytes of pixel data where {needed} are needed"
