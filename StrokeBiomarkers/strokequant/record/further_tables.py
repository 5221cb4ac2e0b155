"""Tables of a run that are there only where a record has something for them: cohort.csv and classes.csv."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .class_table import CLASSES, classes_bytes
from .cohort_table import COHORT, cohort_bytes
from .files import write_bytes

Data = Mapping[str, Any]

TABLES: dict[str, Callable[[Iterable[Data]], bytes | None]] = {COHORT: cohort_bytes, CLASSES: classes_bytes}
"""Content by file name, from the plain data of all records; None where there is nothing to write."""


def write_further_tables(out: Path, records: Iterable[Data]) -> dict[str, str]:
    """Write the tables that have content, remove those of an earlier run that have none any more; SHA-256 by name."""
    records, hashes = list(records), {}
    for name, make in TABLES.items():
        content = make(records)
        if content is None:
            (out / name).unlink(missing_ok=True)
        else:
            hashes[name] = write_bytes(out / name, content)
    return hashes
