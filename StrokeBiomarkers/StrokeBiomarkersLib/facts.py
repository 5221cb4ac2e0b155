"""Facts of an image or mask as text on its node, exact to the last bit, and the hash that says whether its voxels are still the same.

MRML keeps a grid as spacing, directions and origin, one unit and no b value. What it has no place for is one JSON text in the
attribute `StrokeBiomarkers.Facts`, which travels with the node in a scene file. Numbers are written so that they read back equal.
"""

import hashlib
import json
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


def voxelHash(values: np.ndarray) -> str:
    """SHA-256 of the values in memory order (k, j, i)."""
    return hashlib.sha256(np.ascontiguousarray(values).view(np.uint8).data).hexdigest()


def toText(kind: str, facts: dict[str, Any]) -> str:
    """JSON of facts; tuples, arrays, issues, inputs and geometries read back as what they were.

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
    except (ValueError, TypeError, KeyError, GeometryError):
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
    for types, encode in _ENCODERS:
        if isinstance(value, types):
            return encode(value)
    msg = f"{type(value).__name__} cannot be kept on a node"
    raise TypeError(msg)


def _typed(name: str, value: Any) -> dict[str, Any]:
    return {"__type__": name, "value": value}


def _encodedGeometry(geometry: Geometry) -> dict[str, Any]:
    arrays = (geometry.affine, geometry.slice_origins, geometry.slice_extents)
    return _typed("geometry", [geometry.shape, *(array.tolist() for array in arrays), geometry.frame_of_reference])


def _encodedInput(source: InputRef) -> dict[str, Any]:
    return _typed("input", [source.uid, source.sha256, source.role, source.instances])


def _encodedArray(array: np.ndarray) -> dict[str, Any]:
    return _typed("array", [array.dtype.str, array.tolist()])


_ENCODERS = (
    (Issue, lambda issue: _typed("issue", issue.as_dict())),
    (Geometry, _encodedGeometry),
    (InputRef, _encodedInput),
    (np.ndarray, _encodedArray),
    (np.generic, lambda number: _encoded(number.item())),
    (Path, str),
    (bool | None, lambda value: value),
    (str, str),
    (int, int),
    (float, float),
    (dict, lambda items: {str(key): _encoded(item) for key, item in items.items()}),
    (tuple, lambda items: _typed("tuple", [_encoded(item) for item in items])),
    (list, lambda items: [_encoded(item) for item in items]),
)


def _decoded(entry: dict[str, Any]) -> Any:
    if "__type__" not in entry:
        return entry
    return _DECODERS[entry["__type__"]](entry["value"])


def _decodedIssue(words: dict[str, str]) -> Issue:
    return Issue(**(words | {"level": Level(words["level"])}))


def _decodedInput(parts: list) -> InputRef:
    return InputRef(*parts[:3], tuple(parts[3]))


_DECODERS = {
    "array": lambda parts: np.array(parts[1], dtype=parts[0]),
    "geometry": lambda parts: Geometry(*parts),
    "input": _decodedInput,
    "issue": _decodedIssue,
    "tuple": tuple,
}
