"""NIfTI-1 and NIfTI-2 files: header, geometry in LPS mm, and values.

The header is parsed here because common readers repair what must be refused: they orthogonalize a sheared affine, or make one
up where qform and sform are both absent. Reference: nifti1.h and nifti2.h of the NIfTI data format working group.
"""

import gzip
import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ..config import NiftiConfig
from ..errors import GeometryError, Issue, Level, ReadError
from ..geometry import LPS_TO_RAS

DTYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""Data types of one real number per voxel; complex, RGB and long double are refused."""

MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Spatial unit code (low 3 bits of xyzt_units) to mm; 0 is unknown and by custom mm."""

TEMPLATES = (3, 4)
"""Form codes of Talairach and MNI space: volumes there are not the patient's."""

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_RATIO_MAX = 1032
"""Bytes that one byte of gzip can stand for at most."""
_BEGIN_BYTES = 544


@dataclass(frozen=True)
class NiftiHeader:
    """What is read from the header of a NIfTI file, as written.

    Args:
        shape: (i, j, k, t, ...) numbers of voxels.
        dtype: numpy type with byte order.
        offset: first byte of the values.
        slope, inter: of the values; 1 and 0 where slope is 0 or not finite.
        pixdim: (8,) as written.
        qform_code, sform_code: 0 means absent.
        quaternion: (b, c, d, x, y, z).
        srow: (3, 4).
        units: spatial unit code.
        version: 1 or 2.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int
    slope: float
    inter: float
    pixdim: tuple[float, ...]
    qform_code: int
    sform_code: int
    quaternion: tuple[float, ...]
    srow: np.ndarray
    units: int
    version: int

    @property
    def in_template_space(self) -> bool:
        """True where every form that is present says Talairach or MNI."""
        codes = [code for code in (self.sform_code, self.qform_code) if code > 0]
        return bool(codes) and all(code in TEMPLATES for code in codes)


def _stop(found: str, expected: str, remedy: str, subject: str, code: str = "I06") -> ReadError:
    return ReadError(Issue(code, Level.STOP, found, expected, remedy, subject))


def unpacked(data: bytes, subject: str) -> bytes:
    """The bytes, through gzip where they begin as gzip does.

    Raises:
        ReadError: the gzip stream is broken or cut off.
    """
    if data[:2] != GZIP_MAGIC:
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        found = f"the gzip stream is broken or cut off ({type(error).__name__})"
        raise _stop(found, "a whole .nii.gz", "copy or export the file again", subject) from None


def is_nifti(begin: bytes) -> bool:
    """True where unpacked bytes begin with a single-file NIfTI header."""
    return begin[344:348] == b"n+1\0" or begin[4:8] == b"n+2\0"


def parse_header(data: bytes, subject: str = "", size: int | None = None) -> NiftiHeader:
    """Header of unpacked bytes.

    Args:
        data: begin with the header.
        size: bytes that the whole file has, or has at most; None where `data` is the whole file.

    Raises:
        ReadError: it is no single-file NIfTI, or holds a data type or shape that is not read.
    """
    if data[344:348] in (b"ni1\0", b"ni2\0") or data[4:8] == b"ni2\0":
        raise _stop("a NIfTI pair (.hdr and .img)", "one .nii file", "convert the pair to .nii", subject)
    if not is_nifti(data):
        raise _stop("no NIfTI header", "a .nii or .nii.gz file", "export the image as NIfTI again", subject)
    fields = _fields_1(data) if data[344:348] == b"n+1\0" else _fields_2(data)
    return _checked(fields, len(data) if size is None else size, subject)


def _cut_off(found: int, needed: int, subject: str) -> ReadError:
    words = f"the file is cut off: {found} bytes of {needed}"
    return _stop(words, "a whole file", "copy or export the file again", subject)


def _byte_order(data: bytes, size: int) -> str:
    return "<" if struct.unpack_from("<i", data, 0)[0] == size else ">"


def _fields_1(data: bytes) -> dict:
    e = _byte_order(data, 348)

    def get(form, at):
        return struct.unpack_from(e + form, data, at)

    slope, inter = get("2f", 112)
    return {
        "dim": get("8h", 40), "datatype": get("h", 70)[0], "pixdim": get("8f", 76), "offset": int(get("f", 108)[0]),
        "slope": slope, "inter": inter, "units": data[123], "qform": get("h", 252)[0], "sform": get("h", 254)[0],
        "quaternion": get("6f", 256), "srow": get("12f", 280), "order": e, "version": 1,
    }  # fmt: skip


def _fields_2(data: bytes) -> dict:
    e = _byte_order(data, 540)

    def get(form, at):
        return struct.unpack_from(e + form, data, at)

    slope, inter = get("2d", 176)
    return {
        "dim": get("8q", 16), "datatype": get("h", 12)[0], "pixdim": get("8d", 104), "offset": get("q", 168)[0],
        "slope": slope, "inter": inter, "units": get("i", 500)[0], "qform": get("i", 344)[0], "sform": get("i", 348)[0],
        "quaternion": get("6d", 352), "srow": get("12d", 400), "order": e, "version": 2,
    }  # fmt: skip


def _checked(f: dict, n_bytes: int, subject: str) -> NiftiHeader:
    n_dim = f["dim"][0]
    shape = tuple(f["dim"][1 : 1 + max(n_dim, 0)])
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if not 3 <= n_dim <= 7 or len(shape) > 4 or min(shape) < 1:
        raise _stop(f"an image of shape {shape}", "a 3-D or 4-D image", "export the image again", subject)
    if f["datatype"] not in DTYPES:
        found = f"NIfTI data type {f['datatype']}"
        raise _stop(found, "one integer or float per voxel", "this is no measured image; take the original", subject)
    dtype = np.dtype(f["order"] + DTYPES[f["datatype"]])
    offset = max(f["offset"], 352 if f["version"] == 1 else 544)
    needed = offset + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if n_bytes < needed:
        raise _cut_off(n_bytes, needed, subject)
    scaled = np.isfinite(f["slope"]) and f["slope"] != 0
    if scaled and not np.isfinite(f["inter"]):
        found = f"scl_slope {f['slope']:g} with scl_inter {f['inter']}"
        raise _stop(found, "a finite scl_inter", "export the image again", subject)
    slope, inter = (float(f["slope"]), float(f["inter"])) if scaled else (1.0, 0.0)
    srow = np.array(f["srow"], dtype=float).reshape(3, 4)
    return NiftiHeader(
        shape, dtype, offset, slope, inter, tuple(map(float, f["pixdim"])), f["qform"], f["sform"],
        tuple(map(float, f["quaternion"])), srow, f["units"] & 7, f["version"],
    )  # fmt: skip


def values_of(data: bytes, header: NiftiHeader) -> np.ndarray:
    """(t, k, j, i) or (k, j, i) float32 values after scl_slope and scl_inter; float64 precision until the last step."""
    return _scaled_values(io.BytesIO(data), header, "")


def stream_values(file: BinaryIO, subject: str) -> tuple[NiftiHeader, np.ndarray]:
    """Header and values of an open file, plain or gzip, part by part: nothing of its size is held beside the values.

    Raises:
        ReadError: as `unpacked` and `parse_header`.
    """
    size = os.fstat(file.fileno()).st_size
    packed = file.read(2) == GZIP_MAGIC
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if packed else file
    try:
        begin = stream.read(_BEGIN_BYTES)
        header = parse_header(begin, subject, size * _GZIP_RATIO_MAX if packed else size)
        values = _scaled_values(stream, header, subject)
        while packed and stream.read(2**20):
            pass
    except (OSError, EOFError, zlib.error) as error:
        found = f"the gzip stream is broken or cut off ({type(error).__name__})"
        raise _stop(found, "a whole .nii.gz", "copy or export the file again", subject) from None
    return header, values


def _scaled_values(stream: BinaryIO, header: NiftiHeader, subject: str) -> np.ndarray:
    values = np.empty(header.shape[::-1], dtype=np.float32)
    stream.seek(header.offset)
    for number, part in enumerate(values):
        expected = part.size * header.dtype.itemsize
        data = stream.read(expected)
        if len(data) < expected:
            raise _cut_off(
                header.offset + number * expected + len(data), header.offset + len(values) * expected, subject
            )
        stored = np.frombuffer(data, header.dtype).reshape(part.shape)
        if header.slope != 1 or header.inter != 0:
            stored = stored.astype(np.float64)
            stored *= header.slope
            stored += header.inter
        part[...] = stored
    return values


def first_volume(data: bytes, header: NiftiHeader) -> np.ndarray:
    """(k, j, i) stored numbers of the first volume, without scaling."""
    return np.frombuffer(data, header.dtype, int(np.prod(header.shape[:3])), header.offset).reshape(header.shape[2::-1])


def quaternion_affine(header: NiftiHeader) -> np.ndarray:
    """4x4 affine (i, j, k) to RAS of the qform, in units of the file."""
    b, c, d, x, y, z = header.quaternion
    rest = 1.0 - (b * b + c * c + d * d)
    if rest < 0:
        b, c, d = np.array([b, c, d]) / np.sqrt(b * b + c * c + d * d)
        rest = 0.0
    a = np.sqrt(rest)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handed = -1.0 if header.pixdim[0] < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3] = rotation * (np.abs(header.pixdim[1:4]) * np.array([1, 1, handed]))
    affine[:3, 3] = x, y, z
    return affine


def lps_affine(header: NiftiHeader, subject: str = "", config: NiftiConfig = NiftiConfig()) -> np.ndarray:
    """4x4 affine (i, j, k) to LPS mm: the sform, or the qform where there is no sform of the patient; shear is kept.

    Raises:
        GeometryError: G00 where both are absent, disagree, or cannot be inverted; the file says no or two geometries.
    """
    if header.units not in MM_PER_UNIT:
        raise _no_geometry(f"spatial unit code {header.units}", "export the image again", subject)
    forms = _forms(header)
    if not forms:
        found = f"no geometry: qform code {header.qform_code} and sform code {header.sform_code}"
        raise _no_geometry(found, "convert the DICOM again with a tool that writes the geometry", subject)
    if len(forms) == 2:
        _compare(*forms, header.shape, subject, config)
    affine = forms[0]
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise _no_geometry("an affine that cannot be inverted", "export the image again", subject)
    return LPS_TO_RAS @ affine


def _forms(header: NiftiHeader) -> list[np.ndarray]:
    """RAS mm affines of sform and qform as far as present; a form into a template gives way to one of the patient."""
    scale = np.diag([MM_PER_UNIT[header.units]] * 3 + [1.0])
    forms = []
    if header.sform_code > 0:
        forms.append((header.sform_code, scale @ np.vstack([header.srow, [0, 0, 0, 1]])))
    if header.qform_code > 0:
        forms.append((header.qform_code, scale @ quaternion_affine(header)))
    of_patient = [affine for code, affine in forms if code not in TEMPLATES]
    return of_patient or [affine for _, affine in forms]


def _compare(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...], subject: str, config: NiftiConfig) -> None:
    size = np.array(shape[:3]) - 1
    corners = np.array([[*(size * (bits >> np.arange(3) & 1)), 1] for bits in range(8)], dtype=float)
    apart = np.linalg.norm((corners @ (one - other).T)[:, :3], axis=1).max()
    if not apart <= config.form_tolerance_mm:
        found = f"sform and qform place the image up to {apart:.3g} mm apart"
        raise _no_geometry(found, "decide which is right and write both alike", subject)


def spacing_differs(header: NiftiHeader, affine: np.ndarray) -> bool:
    """True where pixdim disagrees by more than 1 % with the voxel edges that the affine says."""
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    stated = np.abs(header.pixdim[1:4]) * MM_PER_UNIT[header.units]
    return bool(np.any(np.abs(stated - edges) > 0.01 * edges))


def _no_geometry(found: str, remedy: str, subject: str) -> GeometryError:
    return GeometryError(
        Issue("G00", Level.STOP, found, "one sform or qform that says where the voxels are", remedy, subject)
    )
