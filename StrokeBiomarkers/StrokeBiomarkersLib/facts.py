"""Facts of an image, mask or record as text on its node, exact to the last bit, and the hash that says whether its voxels are still the same.

MRML keeps a grid as spacing, directions and origin, one unit and no b value. What it has no place for is one JSON text in the
attribute `StrokeBiomarkers.Facts`, which travels with the node in a scene file. Numbers are written so that they read back equal.
"""

import base64
import dataclasses
import enum
import hashlib
import importlib
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from strokequant.errors import GeometryError, InputError, Issue, Level
from strokequant.geometry import Geometry
from strokequant.types import InputRef

ATTRIBUTE = "StrokeBiomarkers.Facts"
INSTANCE_UIDS = "DICOM.instanceUIDs"
"""Slicer's own attribute: SOP Instance UIDs that a node came from, separated by blanks."""

VERSION = 1
TYPES = tuple(
    f"strokequant.{name}"
    for name in (
        *("types", "perfusion_types", "hemorrhage_types", "follow_up_types", "errors", "config"),
        *(
            "segmentation.sides",
            "segmentation.hematoma",
            "biomarkers.abc2",
            "biomarkers.growth",
            "biomarkers.detectable",
        ),
    )
)
"""Modules whose dataclasses and enumerations may stand in a scene; nothing else is looked up, a scene may come from anywhere."""

PACKED_FROM = 256
"""Arrays with more numbers than this are compressed, smaller ones stay readable."""


def voxelHash(values: np.ndarray) -> str:
    """SHA-256 of the values in memory order (k, j, i)."""
    return hashlib.sha256(np.ascontiguousarray(values).view(np.uint8).data).hexdigest()


def toText(kind: str, facts: dict[str, Any]) -> str:
    """JSON of facts; tuples, arrays, enumerations and dataclasses of the library read back as what they were.

    Raises:
        TypeError: for a type that would not come back as itself.
    """
    return json.dumps({"kind": kind, "version": VERSION, **_encoded(facts)}, ensure_ascii=True)


def fromText(text: str | None, *kinds: str) -> dict[str, Any] | None:
    """The facts, or None where there are none, or of another kind.

    Raises:
        InputError: I07 where there are facts that cannot be read: to go on without them could place slices wrongly.
    """
    if not text:
        return None
    try:
        facts = json.loads(text, object_hook=_decoded)
        readable = facts["version"] == VERSION
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, zlib.error, GeometryError):
        readable = False
    if not readable:
        found = f"attribute {ATTRIBUTE} was changed, or written by another version"
        raise InputError(Issue("I07", Level.STOP, found, f"version {VERSION}", "load the image from its files again"))
    return facts if facts["kind"] in kinds else None


def write(node, kind: str, facts: dict[str, Any]) -> None:
    """Keep facts on a node.

    Args:
        node: vtkMRMLNode.
        kind: "volume", "map", "diffusion", "times", "core".
        facts: by name.
    """
    node.SetAttribute(ATTRIBUTE, toText(kind, facts))


def read(node, *kinds: str) -> dict[str, Any] | None:
    """Facts of a node that this library made, else None.

    Raises:
        InputError: I07, as `fromText`.
    """
    return fromText(node.GetAttribute(ATTRIBUTE), *kinds)


def writeInstanceUids(node, uids) -> None:
    """Say in Slicer's way which DICOM objects a node came from; nothing where there are none."""
    known = list(dict.fromkeys(uid for uid in uids if uid))
    if known:
        node.SetAttribute(INSTANCE_UIDS, " ".join(known))


def _encoded(value: Any) -> Any:
    return next(encode for types, encode in _ENCODERS if isinstance(value, types))(value)


def _typed(name: str, value: Any) -> dict[str, Any]:
    return {"__type__": name, "value": value}


def _encodedGeometry(geometry: Geometry) -> dict[str, Any]:
    arrays = (geometry.affine, geometry.slice_origins, geometry.slice_extents)
    return _typed("geometry", [geometry.shape, *(array.tolist() for array in arrays), geometry.frame_of_reference])


def _encodedInput(source: InputRef) -> dict[str, Any]:
    return _typed("input", [source.uid, source.sha256, source.role, source.instances])


def _encodedArray(array: np.ndarray) -> dict[str, Any]:
    if array.size <= PACKED_FROM or array.dtype.hasobject:
        return _typed("array", [array.dtype.str, array.tolist()])
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 1)).decode("ascii")
    return _typed("packed", [array.dtype.str, list(array.shape), packed])


def _encodedDict(items: dict) -> dict[str, Any]:
    if all(isinstance(key, str) for key in items):
        return {str(key): _encoded(item) for key, item in items.items()}
    return _typed("dict", [[_encoded(key), _encoded(item)] for key, item in items.items()])


def _encodedEnum(member: enum.Enum) -> dict[str, Any]:
    return _typed("enum", [_nameOf(type(member)), member.value])


def _encodedDataclass(one: Any) -> dict[str, Any]:
    fields = {f.name: _encoded(getattr(one, f.name)) for f in dataclasses.fields(one) if f.init}
    return _typed("dataclass", [_nameOf(type(one)), fields])


def _nameOf(kind: type) -> str:
    if kind.__module__ not in TYPES:
        msg = f"{kind.__module__}.{kind.__qualname__} cannot be kept on a node"
        raise TypeError(msg)
    return f"{kind.__module__}:{kind.__qualname__}"


_ENCODERS = (
    (Issue, lambda issue: _typed("issue", issue.as_dict())),
    (Geometry, _encodedGeometry),
    (InputRef, _encodedInput),
    (enum.Enum, _encodedEnum),
    (np.ndarray, _encodedArray),
    (np.generic, lambda number: _encoded(number.item())),
    (Path, str),
    (bool | None, lambda value: value),
    (str, str),
    (int, int),
    (float, float),
    (dict, _encodedDict),
    (tuple, lambda items: _typed("tuple", [_encoded(item) for item in items])),
    (list, lambda items: [_encoded(item) for item in items]),
    (object, lambda one: _encodedDataclass(one) if dataclasses.is_dataclass(one) else _refused(one)),
)


def _refused(value: Any) -> None:
    msg = f"{type(value).__name__} cannot be kept on a node"
    raise TypeError(msg)


def _decoded(entry: dict[str, Any]) -> Any:
    if "__type__" not in entry:
        return entry
    return _DECODERS[entry["__type__"]](entry["value"])


def _decodedIssue(words: dict[str, str]) -> Issue:
    return Issue(**(words | {"level": Level(words["level"])}))


def _decodedInput(parts: list) -> InputRef:
    return InputRef(*parts[:3], tuple(parts[3]))


def _decodedPacked(parts: list) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(parts[2])), parts[0]).reshape(parts[1]).copy()


def _named(name: str) -> type:
    """Class of the library by its name.

    Raises:
        TypeError: for anything else.
    """
    module, _, qualified = name.partition(":")
    found = getattr(importlib.import_module(module), qualified) if module in TYPES else None
    if not (isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, enum.Enum))):
        msg = f"{name} is no type of the library"
        raise TypeError(msg)
    return found


_DECODERS = {
    "array": lambda parts: np.array(parts[1], dtype=parts[0]),
    "dict": dict,
    "dataclass": lambda parts: _named(parts[0])(**parts[1]),
    "enum": lambda parts: _named(parts[0])(parts[1]),
    "geometry": lambda parts: Geometry(*parts),
    "input": _decodedInput,
    "issue": _decodedIssue,
    "packed": _decodedPacked,
    "tuple": tuple,
}
