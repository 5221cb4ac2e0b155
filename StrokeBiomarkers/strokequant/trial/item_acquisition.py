"""`acquisition.json` of a read item: the acquisition profiles over its de-identified images, as they were when it was taken in.

What is below the minimum is told and nothing more: the images stay, and the steps of the procedure decide over the reading.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dicomio.scan import scan
from ..errors import Issue, Level
from ..record.files import canonical_json, write_bytes
from ..types import Series
from .acquisition import shipped_profiles
from .acquisition_report import acquisition_data
from .item_file import ACQUISITION, IMAGES, ItemFile, changed_item
from .plain_words import in_words

if TYPE_CHECKING:
    from ..phantom.history import StoredSession

FORMAT = "strokequant acquisition 1"


def write_acquisition(
    folder: Path, *, sessions: "Sequence[StoredSession] | None" = None, originals: Mapping[str, Series] = {}
) -> tuple[Issue, ...]:
    """Check the images of an item by the profile of each series' role, and write what was found beside them.

    Args:
        folder: of the item; its images are de-identified, so that the file names nobody.
        sessions: of a phantom history, for the status of the scanner; None where there is none.
        originals: series as they came, by their new Series Instance UID: the scanner is judged by their dates, which are not kept.

    Returns:
        Issues W50 to W52, series by series.

    Raises:
        TrialError: W53, a shipped profile cannot be used.
        RecordError: O01.
    """
    rows = acquisition_data(scan(folder / IMAGES), shipped_profiles(), sessions=sessions, originals=originals)
    data = {"format": FORMAT, "phantom_history": sessions is not None, "series": rows}
    write_bytes(folder / ACQUISITION, canonical_json(data))
    return _issues(rows)


def reader_notes(folder: Path, file: ItemFile) -> tuple[Issue, ...]:
    """What was below the minimum, or not known, at the intake; warnings, since the steps of the procedure decide.

    Raises:
        TrialError: W25, the file cannot be read.
    """
    if ACQUISITION not in file.files:
        return ()
    try:
        rows = json.loads((folder / ACQUISITION).read_bytes())["series"]
        found = _issues(rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise changed_item(f"{ACQUISITION}: {in_words(error)}", file.id) from error
    return tuple(replace(issue, level=Level.WARN) for issue in found if issue.blocks)


def _issues(rows: Sequence[dict[str, Any]]) -> tuple[Issue, ...]:
    plain = [issue for row in rows for issue in row["issues"]]
    return tuple(Issue(**{**one, "level": Level(one["level"])}) for one in plain)
