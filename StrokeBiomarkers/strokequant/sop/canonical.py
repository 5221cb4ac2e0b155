"""The one form of a procedure as bytes, so that its hash says whether it is the same procedure.

JSON in UTF-8 with sorted ASCII keys, without spaces, strings in NFC, whole numbers without a decimal point.
"""

import hashlib
import json
import math
import unicodedata
from typing import Any

from ..errors import Issue, Level, StrokeQuantError


class ProcedureError(StrokeQuantError):
    """A procedure that cannot be used."""


def canonical_bytes(value: Any) -> bytes:
    """Canonical JSON.

    Raises:
        ProcedureError: W02, the value holds what JSON has no single form for: a date, NaN, a key that is not ASCII text.
    """
    return json.dumps(_plain(value, "$"), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical bytes, hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _plain(value: Any, where: str) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return int(value) if value.is_integer() else value
        case str():
            return unicodedata.normalize("NFC", value)
        case list() | tuple():
            return [_plain(element, f"{where}[{n}]") for n, element in enumerate(value)]
        case dict():
            return {_key(key, where): _plain(element, f"{where}.{key}") for key, element in value.items()}
    raise not_canonical(f"{where}: {type(value).__name__} {value}")


def _key(key: Any, where: str) -> str:
    if isinstance(key, str) and key.isascii():
        return key
    raise not_canonical(f"{where}: the name {key!r}")


def not_canonical(found: str) -> ProcedureError:
    """The error of a value that has no canonical form."""
    expected = "text, whole or finite numbers, true, false, null, lists and names in ASCII"
    remedy = "quote every text in the YAML file: dates, yes and no, and what begins with 0"
    return ProcedureError(Issue("W02", Level.STOP, found, expected, remedy))
