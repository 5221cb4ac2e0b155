"""Provenance of a reading, to plain data."""

from collections.abc import Callable
from typing import Any

from ..types import CaseRecord

Plain = Callable[[Any], Any]


def reading_to_data(record: CaseRecord, plain: Plain) -> dict[str, Any]:
    """The entry `reading` of a record; empty where no procedure was walked, so that such a record stays as it was."""
    return {} if record.reading is None else {"reading": plain(record.reading)}
