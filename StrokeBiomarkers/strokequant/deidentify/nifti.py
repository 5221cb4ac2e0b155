"""NIfTI images and their sidecars de-identified.

Texts and extensions of the header go (an extension may hold a whole DICOM header), values and geometry stay byte for byte. Of a JSON
sidecar only the keys that the profile names stay; b values and directions are written again as numbers. The name tells pseudonym, number
and kind of the image, as BIDS has it.
"""

import gzip
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..dicomio.nifti import read_raw
from ..dicomio.nifti_file import GZIP_MAGIC, parse_header, unpacked
from ..dicomio.sidecars import _numbers, companions, sidecar_of, stem
from ..record.files import write_bytes
from ..types import Role, Series
from .compare import expected_equipment
from .profile import Profile

_SUFFIXES = {
    Role.DWI: "dwi",
    Role.ADC: "adc",
    Role.FLAIR: "flair",
    Role.SWI: "swi",
    Role.ANGIOGRAPHY: "angio",
    Role.NCCT: "ncct",
    Role.DSC: "dsc",
    Role.CTP: "ctp",
}
"""Last word of the new name by role."""
_TEXTS = {1: ((4, 14), (14, 32), (148, 228), (228, 252), (328, 344)), 2: ((240, 320), (320, 344), (508, 524))}
"""First and last byte of the texts of a header, by version: data type, database, description, auxiliary file, intent."""
_HEADER = {1: 348, 2: 540}
_DESCRIPTION = {"DatasetType": "raw", "Name": "de-identified", "BIDSVersion": "1.9.0"}
COMPARED = ("role", "modality", "shape", "equipment", "kind")
"""Fields of a series that must be the same in the copy."""
_NOT_COMPARED = {"session", "sidecar", "description", "protocol"}


def suffix_of(series: Series) -> str:
    """Last word of the new name; empty for an image of no role, which is left out."""
    return _SUFFIXES.get(series.role, "")


def write_nifti(series: Series, name: str, folder: Path, profile: Profile) -> list[Path]:
    """Write the copy of one NIfTI image, its sidecar and tables.

    Args:
        series: of kind "nifti".
        name: of the new files, without ending.
        folder: for them.
        profile: keys of the sidecar that stay.

    Returns:
        The files written.
    """
    path = series.files[0]
    raw = read_raw(path)
    content = clean_nifti(unpacked(raw, path.name))
    packed = raw[:2] == GZIP_MAGIC
    image = folder / f"{name}.nii{'.gz' if packed else ''}"
    write_bytes(image, gzip.compress(content, mtime=0) if packed else content)
    written = [image]
    sidecar = clean_sidecar(sidecar_of(path), profile)
    if sidecar:
        written.append(folder / f"{name}.json")
        write_bytes(written[-1], json.dumps(sidecar, indent=1, sort_keys=True).encode())
    for ending in (".bval", ".bvec"):
        tables = companions(path, ending)
        if tables:
            rows = (" ".join(f"{value:.10g}" for value in row) for row in _numbers(tables[0]))
            written.append(folder / f"{name}{ending}")
            write_bytes(written[-1], ("\n".join(rows) + "\n").encode())
    return written


def clean_nifti(data: bytes) -> bytes:
    """Unpacked bytes of a NIfTI file without texts and extensions; the values are the same bytes."""
    header = parse_header(data)
    size = _HEADER[header.version]
    begin = bytearray(data[:size])
    for first, last in _TEXTS[header.version]:
        begin[first:last] = bytes(last - first)
    order = "<" if struct.unpack_from("<i", data, 0)[0] == size else ">"
    if header.version == 1:
        struct.pack_into(f"{order}f", begin, 108, float(size + 4))
    else:
        struct.pack_into(f"{order}q", begin, 168, size + 4)
    return bytes(begin) + bytes(4) + data[header.offset :]


def clean_sidecar(sidecar: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """Keys that the profile names, with numbers, words and lists of them."""
    return {key: value for key, value in sidecar.items() if key in profile.sidecar and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, (str, int, float))


def same_nifti(old: Series, new: Series, *, device: bool = True) -> tuple[str, ...]:
    """What of a NIfTI image is not as it was; `device` as of `compare.lost`."""
    found = [name for name in COMPARED if _plain(old, name, device) != getattr(new, name)]
    facts = (old.header.keys() | new.header.keys()) - _NOT_COMPARED
    found += [name.replace("_", " ") for name in sorted(facts) if old.header.get(name) != new.header.get(name)]
    before, after = (unpacked(read_raw(one.files[0]), "image") for one in (old, new))
    headers = parse_header(before), parse_header(after)
    if before[headers[0].offset :] != after[headers[1].offset :]:
        found.append("pixels")
    return tuple(found)


def _plain(old: Series, name: str, device: bool) -> Any:
    return expected_equipment(old, device) if name == "equipment" else getattr(old, name)


def dataset_description() -> bytes:
    """What makes a folder a BIDS data set."""
    return json.dumps(_DESCRIPTION, indent=1, sort_keys=True).encode()


def name_words(path: Path) -> list[str]:
    """Words of a file name that may name a patient."""
    return stem(path).split("_")
