"""Pixels: stored values of single frames, decoded, and their way to real values.

Decoders are those of pydicom; where none is installed for a transfer syntax, GDCM inside SimpleITK decodes. Stored values come out
as integers (or floats) that the header can hold: bits above High Bit are cleared only where they are a declared overlay, and
values that Bits Stored cannot hold are refused, as is pixel data that is too short. Photometric interpretation MONOCHROME1
turns the display around, not the values.
"""

import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Issue, Level, ReadError
from .elements import integer, number, text
from .nifti_file import GZIP_MAGIC

_PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_DESCRIPTION_KEYWORDS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
_LARGE_BYTES = 16 * 2**20
_PLAIN_SYNTAXES = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
"""Implicit and explicit little endian."""


def load_dataset(path: Path, subject: str = "") -> tuple[Any, str]:
    """Data set and SHA-256 of a file, both from one reading; gzip is unpacked.

    Raises:
        ReadError: I06 when the file cannot be read or parsed.
    """
    try:
        if path.stat().st_size > _LARGE_BYTES:
            return _load_large(path)
        data = path.read_bytes()
        return _parsed(data), hashlib.sha256(data).hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(path, error, subject) from error
    except Exception as error:  # pydicom raises many types on malformed files
        raise _broken(path, error, subject) from error


def _parsed(data: bytes) -> Any:
    import pydicom

    if data[:2] == GZIP_MAGIC:
        data = gzip.decompress(data)
    return pydicom.dcmread(io.BytesIO(data), force=data[128:132] != b"DICM")


def _load_large(path: Path) -> tuple[Any, str]:
    """The same for a file of many frames, without its bytes in memory beside its pixels."""
    import pydicom

    with path.open("rb") as file:
        begin = file.read(132)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        if begin[:2] == GZIP_MAGIC:
            return _parsed(file.read()), sha256
        return pydicom.dcmread(file, force=begin[128:132] != b"DICM"), sha256


def _broken(path: Path, error: Exception, subject: str) -> ReadError:
    return ReadError(
        Issue(
            "I06",
            Level.STOP,
            f"{path.name}: {type(error).__name__}",
            "a complete DICOM file",
            "copy or export the file again",
            subject,
        )
    )


def stored_frames(dataset: Any, indices: Iterable[int], subject: str = "") -> Iterator[tuple[int, np.ndarray]]:
    """Stored values of frames.

    Args:
        dataset: with pixel data.
        indices: frame numbers from 0, ascending.

    Yields:
        (index, (rows, columns) array of the stored type).

    Raises:
        ReadError: F06 transfer syntax, P07 pixel data missing, too short, in color or not decodable.
    """
    _check_description(dataset, subject)
    decode = _decoder(dataset, subject)
    overlay = _has_overlay_bits(dataset)
    for index in indices:
        try:
            frame = decode(index)
        except Exception as error:  # decoders raise many types on malformed data
            raise _undecodable(f"frame {index + 1}: {_one_line(error)}", subject) from error
        frame = frame if frame.dtype.isnative else frame.astype(frame.dtype.newbyteorder("="))
        yield index, _within_bits_stored(frame, dataset, overlay, subject)


def real_values(stored: np.ndarray, lut_dataset: Any, slope: float, intercept: float) -> np.ndarray:
    """float32 values after slope and intercept, or after the modality LUT of `lut_dataset` where one is given."""
    if lut_dataset is not None:
        from pydicom.pixels import apply_modality_lut

        return apply_modality_lut(stored, lut_dataset).astype(np.float32)
    values = stored.astype(np.float32)
    if slope != 1:
        values *= np.float32(slope)
    if intercept != 0:
        values += np.float32(intercept)
    return values


def padding_mask(stored: np.ndarray, dataset: Any) -> np.ndarray | None:
    """True where a stored value is padding (0028,0120) or lies in the padding range; None where none is declared."""
    value = number(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, "PixelPaddingRangeLimit")
    ends = [_as_stored(end, dataset) for end in (value, value if limit is None else limit)]
    return (stored >= min(ends)) & (stored <= max(ends))


def _as_stored(value: float, dataset: Any) -> float:
    """Padding value in the signedness of the pixels: its own VR is often wrong."""
    bits, signed = integer(dataset, "BitsAllocated") or 16, integer(dataset, "PixelRepresentation") == 1
    if signed and value >= 1 << (bits - 1):
        return value - (1 << bits)
    return value + (1 << bits) if not signed and value < 0 else value


def _check_description(dataset: Any, subject: str) -> None:
    if not any(keyword in dataset for keyword in _PIXEL_KEYWORDS):
        raise _undecodable("no pixel data", subject)
    samples, photometric = integer(dataset, "SamplesPerPixel"), text(dataset, "PhotometricInterpretation")
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise _undecodable(f"{samples} samples per pixel, {photometric or 'no photometric interpretation'}", subject)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _undecodable(found: str, subject: str) -> ReadError:
    expected = "complete monochrome pixel data that match Rows, Columns, Bits Allocated and Number of Frames"
    return ReadError(Issue("P07", Level.STOP, found, expected, "copy or export the series again", subject))


def _decoder(dataset: Any, subject: str):
    """Function from frame number to stored values: native data in one piece, compressed data frame by frame."""
    from pydicom.pixels import get_decoder, pixel_array
    from pydicom.uid import UID

    syntax = UID(text(getattr(dataset, "file_meta", None), "TransferSyntaxUID") or _guessed_syntax(dataset))
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        return _whole(_decode_with_itk(dataset, syntax, subject))
    plain = _plain_values(dataset, syntax)
    if plain is not None:
        return _whole(plain)
    if not syntax.is_encapsulated:
        if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):
            _declare_syntax(dataset, syntax)
        try:
            return _whole(pixel_array(dataset, raw=True, view_only=True, correct_unused_bits=False))
        except Exception as error:  # pydicom raises many types on malformed data
            raise _undecodable(_one_line(error), subject) from error
    return lambda index: pixel_array(dataset, raw=True, index=index, correct_unused_bits=False)


def _plain_values(dataset: Any, syntax: Any) -> np.ndarray | None:
    """(frames, rows, columns) view of uncompressed little-endian integers of 8 or 16 bits; None for all else.

    This is most of what is read, and pydicom's own way takes as long as parsing the file.
    """
    if syntax not in _PLAIN_SYNTAXES or "PixelData" not in dataset:
        return None
    rows, columns, bits = (integer(dataset, name) for name in ("Rows", "Columns", "BitsAllocated"))
    signed, frames = integer(dataset, "PixelRepresentation"), integer(dataset, "NumberOfFrames") or 1
    data = dataset["PixelData"].value
    if bits not in (8, 16) or signed not in (0, 1) or not rows or not columns or not isinstance(data, bytes):
        return None
    count = frames * rows * columns
    if count <= 0 or len(data) != count * bits // 8 + (count * bits // 8) % 2:
        return None
    dtype = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
    return np.frombuffer(data, dtype, count).reshape(frames, rows, columns)


def _guessed_syntax(dataset: Any) -> str:
    """Transfer syntax of a file without meta information, from how it was parsed."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRBigEndian if little is False else ExplicitVRLittleEndian


def _declare_syntax(dataset: Any, syntax: str) -> None:
    from pydicom.dataset import FileMetaDataset

    dataset.file_meta = getattr(dataset, "file_meta", None) or FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax


def _whole(values: np.ndarray):
    """Decoder over an array of all frames."""
    frames = values if values.ndim == 3 else values[None]
    return lambda index: frames[index]


def _decode_with_itk(dataset: Any, syntax: Any, subject: str) -> np.ndarray:
    """(frames, rows, columns) stored values by GDCM, from a copy that holds the pixels alone so that nothing is rescaled."""
    import SimpleITK as sitk
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import MRImageStorage, generate_uid

    try:
        copy = Dataset()
        for keyword in (*_DESCRIPTION_KEYWORDS, "PixelData"):
            if keyword in dataset:
                copy[keyword] = dataset[keyword]
        copy.SOPClassUID, copy.SOPInstanceUID = MRImageStorage, generate_uid(entropy_srcs=["pixels"])
        copy.file_meta = FileMetaDataset()
        copy.file_meta.TransferSyntaxUID = syntax
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pixels.dcm"
            copy.save_as(path, enforce_file_format=True)
            values = sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO="GDCMImageIO"))
    except Exception as error:  # pydicom and SimpleITK raise many types on data that they cannot decode
        raise ReadError(
            Issue(
                "F06",
                Level.STOP,
                f"transfer syntax {syntax.name} ({syntax})",
                "a transfer syntax with an installed decoder",
                "install pylibjpeg with its plug-ins, or decompress the series",
                subject,
            )
        ) from error
    return values.reshape(-1, *values.shape[-2:])


def _has_overlay_bits(dataset: Any) -> bool:
    """True where an overlay (60xx) is kept in unused bits of the pixels."""
    return any((group, 0x0102) in dataset and (group, 0x3000) not in dataset for group in range(0x6000, 0x6020, 2))


def _within_bits_stored(frame: np.ndarray, dataset: Any, overlay: bool, subject: str) -> np.ndarray:
    """Stored values as integers of Bits Stored bits, which end at High Bit."""
    stored = integer(dataset, "BitsStored")
    if frame.dtype.kind == "f" or stored is None or stored >= frame.dtype.itemsize * 8:
        return frame
    high = integer(dataset, "HighBit")
    high = stored - 1 if high is None else high
    if not 1 <= stored <= high + 1 <= frame.dtype.itemsize * 8:
        raise _undecodable(f"Bits Stored {stored} with High Bit {high}", subject)
    signed = integer(dataset, "PixelRepresentation") == 1
    low, top = (-(1 << (stored - 1)), (1 << (stored - 1)) - 1) if signed else (0, (1 << stored) - 1)
    if high == stored - 1 and frame.size and low <= frame.min() and frame.max() <= top:
        return frame
    unsigned = frame.view(f"u{frame.dtype.itemsize}")
    spare = frame.dtype.itemsize * 8 - 1 - high
    if not overlay and spare > 0 and not _spare_bits_are_sign(unsigned >> (high + 1), unsigned >> high, signed, spare):
        raise _undecodable(f"stored values beyond Bits Stored {stored}, High Bit {high}", subject)
    shifted = (unsigned << spare).view(f"{'i' if signed else 'u'}{frame.dtype.itemsize}")
    return shifted >> (frame.dtype.itemsize * 8 - stored)


def _spare_bits_are_sign(above: np.ndarray, from_high: np.ndarray, signed: bool, spare: int) -> bool:
    """True where bits above High Bit are zero or, in signed data, repeat the sign bit."""
    empty = above == 0
    if signed:
        empty |= (above == (1 << spare) - 1) & ((from_high & 1) == 1)
    return bool(empty.all())
