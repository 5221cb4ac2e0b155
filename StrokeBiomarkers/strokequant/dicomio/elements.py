"""Safe access to DICOM elements: a broken or missing value is None, never an exception and never a default.

Private elements are found by their private creator, because an archive may renumber the blocks. Elements without a known VR
(UN, or OB after an archive) are decoded from their bytes by the VR that the vendor documents.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from math import isfinite
from typing import Any

import numpy as np

from .raw import NOT_PLAIN, raw_numbers, raw_strings

FIRST_BLOCK = 0x10
_MAKERS = {"gems": ("ge ",), "siem": ("siemens",), "phil": ("philips",), "imag": ("uih", "united imaging")}
"""First four letters of a private creator -> what its Manufacturer starts with."""
_EPOCH = datetime(1970, 1, 1)
_BINARY_TYPES = {"FD": "d", "FL": "f", "SL": "i4", "UL": "u4", "SS": "i2", "US": "u2"}


def element_value(dataset: Any, tag: Any) -> Any:
    """Value of an element, or None where it is absent, empty or cannot be parsed.

    Args:
        dataset: pydicom dataset, or None.
        tag: keyword, (group, element) or BaseTag.
    """
    if dataset is None:
        return None
    tag = _tag(tag)
    try:
        value = dataset[tag].value if tag in dataset.keys() else None  # noqa: SIM118 (`in dataset` builds a tag anew)
    except Exception:  # pydicom raises many types on malformed elements
        return None
    return None if value is None or value == "" else value


@cache
def _tag(tag: Any) -> Any:
    from pydicom.tag import Tag

    return Tag(tag)


def text(dataset: Any, tag: Any) -> str:
    """Text of an element, "" where there is none; several values are joined by a backslash."""
    return "\\".join(strings_of(dataset, tag)).strip()


def strings_of(dataset: Any, tag: Any) -> tuple[str, ...]:
    """Values of an element as stripped strings, () where there is none."""
    plain = raw_strings(dataset, _tag(tag))
    return strings(element_value(dataset, tag)) if plain is NOT_PLAIN else plain


def strings(value: Any) -> tuple[str, ...]:
    """Values of an element as stripped strings."""
    if value is None:
        return ()
    if isinstance(value, bytes):
        value = value.decode("latin-1").strip("\0 ").split("\\")
    elif isinstance(value, str) or not hasattr(value, "__iter__") or hasattr(value, "components"):
        value = (value,)
    return tuple(str(part).strip() for part in value)


def numbers(value: Any) -> tuple[float, ...]:
    """Values of an element as floats, () where any of them is not a number."""
    if value is None or isinstance(value, bytes):
        return ()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        value = (value,)
    try:
        return tuple(float(part) for part in value)
    except (TypeError, ValueError):
        return ()


def numbers_of(dataset: Any, tag: Any) -> tuple[float, ...]:
    """Values of an element as floats, () where there is none or any of them is not a number."""
    plain = raw_numbers(dataset, _tag(tag))
    return numbers(element_value(dataset, tag)) if plain is NOT_PLAIN else plain


def number(dataset: Any, tag: Any) -> float | None:
    """First finite value of an element as float."""
    values = numbers_of(dataset, tag)
    return values[0] if values and isfinite(values[0]) else None


def integer(dataset: Any, tag: Any) -> int | None:
    """First value of an element as int."""
    value = number(dataset, tag)
    return None if value is None else int(value)


def vector(dataset: Any, tag: Any, length: int) -> tuple[float, ...] | None:
    """`length` finite values, else None."""
    values = numbers_of(dataset, tag)
    return values if len(values) == length and all(map(isfinite, values)) else None


def first_item(dataset: Any, tag: Any) -> Any:
    """First item of a sequence, None where there is none."""
    value = element_value(dataset, tag)
    try:
        return value[0] if value is not None and len(value) and hasattr(value[0], "keys") else None
    except (TypeError, IndexError, KeyError):
        return None


class HeaderLevel:
    """A data set or functional group that is asked for many facts, the same ones for each of its frames; answers are kept.

    Args:
        dataset: pydicom dataset or item that does not change meanwhile, or None.
    """

    __slots__ = ("_answers", "dataset")

    def __init__(self, dataset: Any):
        self.dataset = dataset
        self._answers: dict[tuple, Any] = {}

    def ask(self, reader: Callable[..., Any], *words: Any) -> Any:
        """`reader(dataset, *words)`; a reader must be a function with a name of its own, not made anew for each call."""
        key = (reader, *words)
        if key not in self._answers:
            self._answers[key] = reader(self.dataset, *words)
        return self._answers[key]


def private_elements(dataset: Any, group: int, creator: str, offset: int) -> Iterator[Any]:
    """Private elements of a creator, wherever an archive has put its block; lowest block first.

    Where an anonymizer has removed every private creator of the group, the first block, in which vendors write, stands in.

    Args:
        group: odd group number.
        creator: private creator, compared without case and spaces around it.
        offset: last two hexadecimal digits of the element number.
    """
    for block in _blocks(dataset, group, creator):
        try:
            tag = _tag((group, block * 0x100 + offset))
            if tag in dataset.keys():  # noqa: SIM118
                yield dataset[tag]
        except Exception:  # pydicom raises many types on malformed elements
            continue


def _blocks(dataset: Any, group: int, creator: str) -> list[int]:
    """Block numbers that a creator has reserved."""
    reserved = () if dataset is None else sorted(tag & 0xFF for tag in _creator_tags(group) & dataset.keys())
    if reserved:
        return [block for block in reserved if text(dataset, (group, block)).casefold() == creator.casefold()]
    makers = _MAKERS.get(creator[:4].casefold(), ())
    return [FIRST_BLOCK] if makers and text(dataset, "Manufacturer").casefold().startswith(makers) else []


@cache
def _creator_tags(group: int) -> frozenset[int]:
    """Every tag that can hold a private creator of the group."""
    return frozenset(range(group << 16 | FIRST_BLOCK, (group << 16 | 0xFF) + 1))


def private_value(dataset: Any, group: int, creator: str, offset: int, vr: str) -> tuple[Any, str]:
    """Value and tag name of a private element.

    Args:
        vr: value representation that the vendor documents; used where the file holds bytes without one.

    Returns:
        (value, "(gggg,eeee)"), or (None, "") where there is none.
    """
    for element in private_elements(dataset, group, creator, offset):
        value = element.value
        if isinstance(value, bytes) and vr not in ("OB", "UN"):
            value = decode_bytes(value, vr)
        if value is not None and not (isinstance(value, str) and value == ""):
            return value, _name(dataset, element.tag)
    return None, ""


def _name(dataset: Any, tag: Any) -> str:
    name = f"({tag.group:04X},{tag.element:04X})"
    return name if (tag.group, tag.element >> 8) in dataset else f"{name} without private creator"


def decode_bytes(value: bytes, vr: str) -> Any:
    """Bytes of an element of unknown VR, decoded as `vr`; None where they do not fit.

    Binary numbers are read as little endian: an element is left as bytes only in implicit or unknown VR, which is.
    """
    if vr == "SQ":
        return _sequence(value)
    if vr in _BINARY_TYPES:
        dtype = np.dtype("<" + _BINARY_TYPES[vr])
        if not value or len(value) % dtype.itemsize:
            return None
        return [part.item() for part in np.frombuffer(value, dtype)]
    parts = [part.strip("\0 ") for part in value.decode("latin-1").split("\\")]
    if vr in ("IS", "DS"):
        try:
            return [float(part) for part in parts]
        except ValueError:
            return None
    return parts if any(parts) else None


def _sequence(value: bytes) -> list | None:
    from pydicom.values import convert_SQ

    try:
        return list(convert_SQ(value, True, True))
    except Exception:  # pydicom raises many types on malformed sequences
        return None


def time_of_day_s(value: str) -> float | None:
    """Seconds since midnight of a TM value such as "150606.742500" (or "15:06:06")."""
    digits = value.replace(":", "").strip()
    try:
        hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), float(digits[4:] or 0)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds if hours < 24 and minutes < 60 and seconds < 61 else None


def datetime_s(value: str) -> float | None:
    """Seconds since 1970-01-01 of a DT value, its time zone ignored; None without a full date and an hour."""
    value = value.strip()
    for sign in "+-":
        value = value.split(sign)[0]
    seconds = time_of_day_s(value[8:]) if len(value) >= 10 else None
    if seconds is None or not value[:8].isdigit():
        return None
    try:
        days = (datetime(int(value[:4]), int(value[4:6]), int(value[6:8])) - _EPOCH).days
    except ValueError:
        return None
    return days * 86400 + seconds
