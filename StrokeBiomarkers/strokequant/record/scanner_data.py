"""Qualification of scanners by phantoms, to plain data."""

from collections.abc import Callable
from typing import Any

from ..types import CaseRecord
from .issue_lists import as_dicts

Plain = Callable[[Any], Any]


def scanners_to_data(record: CaseRecord, plain: Plain) -> list[dict]:
    """What phantom sessions say about the scanners of a record; empty where no history was given.

    Args:
        plain: data of any shape to JSON data.
    """
    return [_one(q, plain) for q in record.scanners]


def _one(item: Any, plain: Plain) -> dict:
    names = [name for name in item.__dataclass_fields__ if name not in ("issues", "effects")]
    data = {name: plain(getattr(item, name)) for name in names} | {"issues": as_dicts(item.issues)}
    if hasattr(item, "effects"):
        data["effects"] = [_one(effect, plain) for effect in item.effects]
    return data
