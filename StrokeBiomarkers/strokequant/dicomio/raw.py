"""Raw: values of well-formed elements straight from their bytes, as pydicom would decode them, in a fraction of the time.

Scanning asks some sixty elements of every file. pydicom makes an object of each, checks it against the standard and decodes it by
the character set; here only what decodes in one way is taken: plain ASCII text and complete numbers of the expected form. For
everything else the answer is `NOT_PLAIN`, and pydicom decides.
"""

import math
import re
import struct
from functools import cache
from typing import Any

NOT_PLAIN = object()
"""Not decoded here: absent, already decoded, empty, malformed, or of a value representation with rules of its own."""

_TEXT = frozenset({"AS", "CS", "DA", "DT", "LO", "SH", "TM", "UI"})
_WHOLE = frozenset({"SL", "SS", "UL", "US"})
_BINARY = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "UL": "I", "US": "H"}
_DECIMAL = re.compile(rb"[-+0-9.eE \\]*[0-9.][ \0]*")


def raw_strings(dataset: Any, tag: Any) -> Any:
    """Stripped strings of a text or whole-number element, or `NOT_PLAIN`."""
    value, vr, order = _value(dataset, tag)
    if vr in _WHOLE:
        whole = _unpacked(value, vr, order)
        return NOT_PLAIN if whole is NOT_PLAIN else tuple(map(str, whole))
    if vr not in _TEXT or not value.isascii():
        return NOT_PLAIN
    text = value.rstrip(b" \0").decode("ascii")
    if not text or not text.isprintable():
        return NOT_PLAIN
    return tuple(part.strip() for part in text.split("\\"))


def raw_numbers(dataset: Any, tag: Any) -> Any:
    """Floats of a numeric element, or `NOT_PLAIN`."""
    value, vr, order = _value(dataset, tag)
    if vr in ("DS", "IS"):
        found = _decimal_numbers(value)
        return found if vr == "DS" or found is NOT_PLAIN else tuple(n + 0.0 for n in found)  # no integer is -0
    binary = _unpacked(value, vr, order)
    return NOT_PLAIN if binary is NOT_PLAIN else tuple(map(float, binary))


def _unpacked(value: bytes, vr: str, order: str) -> Any:
    code = _BINARY.get(vr)
    if code is None or not value:
        return NOT_PLAIN
    count, rest = divmod(len(value), struct.calcsize("=" + code))
    return NOT_PLAIN if rest else struct.unpack(f"{order}{count}{code}", value)


def _decimal_numbers(value: bytes) -> Any:
    if not _DECIMAL.fullmatch(value):
        return NOT_PLAIN
    try:
        found = tuple(map(float, value.rstrip(b" \0").split(b"\\")))
    except ValueError:
        return NOT_PLAIN
    return found if all(map(math.isfinite, found)) else NOT_PLAIN


def _value(dataset: Any, tag: Any) -> tuple[bytes, str, str]:
    """(bytes, value representation, byte order); the representation is "" where there are no bytes to decode."""
    element = None if dataset is None else dataset.get_item(tag)
    if element is None or not element.is_raw or not isinstance(element.value, bytes):
        return b"", "", ""
    vr = element.VR or _public_vr(element.tag)
    return element.value, vr, "<" if element.is_little_endian else ">"


@cache
def _public_vr(tag: int) -> str:
    """Value representation of a public element by the dictionary, "" for a private or unknown one."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    return dictionary_VR(tag) if not (tag >> 16) % 2 and dictionary_has_tag(tag) else ""
