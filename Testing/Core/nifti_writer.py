"""Writes NIfTI-1 files byte by byte, so that a test can make headers that no tool would write."""

import gzip
import struct
from pathlib import Path

import numpy as np

CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}


def nifti_bytes(
    values,
    *,
    sform=None,
    qform=None,
    sform_code=1,
    qform_code=1,
    pixdim=None,
    units=2,
    slope=0.0,
    inter=0.0,
    order="<",
    datatype=None,
    magic=b"n+1\0",
    offset=352.0,
) -> bytes:
    """Bytes of a NIfTI-1 file.

    Args:
        values: (k, j, i) or (t, k, j, i) stored numbers.
        sform: 4x4 RAS affine or None.
        qform: (b, c, d, x, y, z, qfac) or None.
    """
    values = np.asarray(values)
    head = bytearray(352)
    shape = values.shape[::-1]
    dim = [len(shape), *shape] + [1] * (7 - len(shape))
    if pixdim is None:
        edges = np.linalg.norm(np.asarray(sform)[:3, :3], axis=0) if sform is not None else (1, 1, 1)
        pixdim = (*edges, 1.0)
    qfac = qform[6] if qform is not None else 1.0
    pix = [qfac, *pixdim] + [0.0] * (7 - len(pixdim))
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(order + "8h", head, 40, *dim)
    code = CODES[values.dtype.str[1:]] if datatype is None else datatype
    struct.pack_into(order + "2h", head, 70, code, values.dtype.itemsize * 8)
    struct.pack_into(order + "8f", head, 76, *pix)
    struct.pack_into(order + "3f", head, 108, offset, slope, inter)
    head[123] = units
    struct.pack_into(
        order + "2h", head, 252, qform_code if qform is not None else 0, sform_code if sform is not None else 0
    )
    if qform is not None:
        struct.pack_into(order + "6f", head, 256, *qform[:6])
    if sform is not None:
        struct.pack_into(order + "12f", head, 280, *np.asarray(sform, dtype=float)[:3].ravel())
    head[344:348] = magic
    return bytes(head) + values.astype(values.dtype.newbyteorder(order)).tobytes()


def write_nifti(path: Path, values, **options) -> Path:
    """Write `nifti_bytes`, gzipped where the name ends with .gz; with a scanner-like sform unless a form is given."""
    if "sform" not in options and "qform" not in options:
        options["sform"] = np.array([[-2, 0, 0, 90], [0, 2, 0, -120], [0, 0, 5, -60], [0, 0, 0, 1]], dtype=float)
    data = nifti_bytes(values, **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.name.endswith(".gz") else data)
    return path
