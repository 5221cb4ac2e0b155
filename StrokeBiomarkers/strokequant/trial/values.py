"""Hashes of what a reading says, independent of the files that it is written to."""

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..record.files import rounded
from ..sop.canonical import content_hash


def values_hash(record: Any) -> str:
    """SHA-256 of the measurements and masks of a record: what submitting freezes."""
    return content_hash({"measurements": _plain(measurements_of(record)), "masks": mask_hashes(record)})


def measurements_of(record: Any) -> tuple[Any, ...]:
    """Measurements of a time point, or of a phantom session."""
    return record.measurements if hasattr(record, "measurements") else record.session.measurements


def mask_hashes(record: Any) -> dict[str, str]:
    """SHA-256 of the voxels of every mask, by name."""
    masks = getattr(record, "masks", {})
    return {name: _array_hash(mask.values) for name, mask in sorted(masks.items())}


def map_hashes(record: Any) -> dict[str, str]:
    """SHA-256 of the valid values of every map, by name."""
    maps = getattr(record, "maps", {})
    return {name: _array_hash(np.where(one.valid, one.values, 0)) for name, one in sorted(maps.items())}


def _array_hash(values: np.ndarray) -> str:
    digest = hashlib.sha256(f"{values.dtype.str}{values.shape}".encode("ascii"))
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """Plain data with numbers as a record writes them."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {str(key): _plain(element) for key, element in value.items()}
    if isinstance(value, float | np.floating):
        return rounded(float(value))
    return value.item() if isinstance(value, np.generic) else value
