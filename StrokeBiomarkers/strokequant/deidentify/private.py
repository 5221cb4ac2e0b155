"""Private elements that stay: only those that the profile names, found by their creator, and only values of their kind.

Everything else that is private goes. Of a Siemens CSA header, which holds a whole protocol, the fields that the profile names are written
into a new one.
"""

import re
import struct
from collections.abc import Mapping
from typing import Any

from ..dicomio.elements import numbers, private_value, strings
from ..dicomio.mosaic import parse_csa
from .profile import PrivateElement, Profile

_CSA_CREATOR = "SIEMENS CSA HEADER"
_CODE = re.compile(r"^[A-Z0-9_ ]{1,16}$")
_FIELD = re.compile(r"^[-+0-9.eE]{1,24}$|^[A-Z0-9_]{1,16}$")
_SLICES = re.compile(r"sSliceArray\.(?:asSlice\[\d+\]\.s(?:Position|Normal)\.d(?:Sag|Cor|Tra)|lSize)\s*=\s*[-+0-9.eE]+")
_WHOLE = frozenset({"US", "SS", "IS"})
_VR_NUMBER = {"IS": 6, "US": 10, "FD": 4, "CS": 16, "UN": 0}

Kept = list[tuple[int, str, int, str, Any]]
"""Group, creator, offset, value representation and value of every private element that stays."""


def kept_private(dataset: Any, profile: Profile) -> Kept:
    """Private elements of a data set, or of one of its items, that stay."""
    kept: Kept = []
    for entry in profile.private:
        value, _ = private_value(dataset, entry.group, entry.creator, entry.offset, entry.vr)
        fit = None if value is None else _fit(value, entry, profile)
        if fit is not None:
            kept.append((entry.group, entry.creator, entry.offset, entry.vr, fit))
    for offset, rebuilt in _csa(dataset, profile).items():
        kept.append((0x0029, _CSA_CREATOR, offset, "OB", rebuilt))
    return kept


def add_private(dataset: Any, kept: Kept) -> None:
    """Write private elements into a data set that has none."""
    for group, creator, offset, vr, value in kept:
        dataset.private_block(group, creator, create=True).add_new(offset, vr, value)


def _fit(value: Any, entry: PrivateElement, profile: Profile) -> Any:
    """A value of the kind that the vendor documents; None for anything else."""
    if entry.vr == "SQ":
        return _items(value, profile)
    if entry.vr == "CS":
        words = strings(value)
        return list(words) if words and all(map(_CODE.match, words)) else None
    found = numbers(value)
    if not found:
        return None
    if entry.vr in _WHOLE:
        return [int(part) for part in found] if all(part == int(part) for part in found) else None
    return list(found)


def _items(value: Any, profile: Profile) -> Any:
    """Items of a private sequence with what stays of them: positions, and private elements that the profile names."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    items = []
    for item in value:
        new = Dataset()
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient"):
            found = numbers(item.get(keyword))
            if found:
                setattr(new, keyword, list(found))
        add_private(new, kept_private(item, profile))
        items.append(new)
    return Sequence(items)


def _csa(dataset: Any, profile: Profile) -> dict[int, bytes]:
    """New CSA headers by offset, with the fields that stay; none where there was none, or nothing of it stays."""
    rebuilt = {}
    image, _ = private_value(dataset, 0x0029, _CSA_CREATOR, 0x10, "OB")
    if isinstance(image, bytes):
        fields = {name: items for name, items in parse_csa(image).items() if name in profile.csa_image}
        fields = {name: items for name, items in fields.items() if items and all(map(_FIELD.match, items))}
        if fields:
            rebuilt[0x10] = _csa_bytes(fields)
    series, _ = private_value(dataset, 0x0029, _CSA_CREATOR, 0x20, "OB")
    if isinstance(series, bytes):
        lines = _SLICES.findall(series.decode("latin-1"))
        if lines:
            text = "\n".join(["### ASCCONV BEGIN ###", *lines, "### ASCCONV END ###"])
            rebuilt[0x20] = _csa_bytes({"MrPhoenixProtocol": (text,)})
    return rebuilt


def _csa_bytes(fields: Mapping[str, tuple[str, ...]]) -> bytes:
    """A CSA2 header as `parse_csa` reads it."""
    out = [b"SV10\x04\x03\x02\x01", struct.pack("<II", len(fields), 77)]
    for name, items in sorted(fields.items()):
        vr = "UN" if name == "MrPhoenixProtocol" else "FD" if all(numbers([item]) for item in items) else "CS"
        out.append(struct.pack("<64si4siii", name.encode(), len(items), vr.encode(), _VR_NUMBER[vr], len(items), 77))
        for item in items:
            text = item.encode("latin-1", "replace") + b"\0"
            out += [struct.pack("<4i", len(text), len(text), 77, len(text)), text + b"\0" * (-len(text) % 4)]
    return b"".join([*out, b"\0" * 4])
