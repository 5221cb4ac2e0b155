"""`acquisition.json` of a read item: the acquisition profiles over its de-identified images, as they were when it was taken in.

What is below the minimum is told and nothing more: the images stay, and the steps of the procedure decide over the reading. What was found
goes into the record of the reading, and what phantoms say of the scanner is a fact of its steps: the dates that it was judged by are gone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dicomio.scan import scan
from ..errors import Issue, Level
from ..phantom_types import Qualification
from ..reading_types import AcquisitionProvenance
from ..record.files import canonical_json, require_schema, schema_errors, write_bytes
from ..types import CaseRecord, Series
from .acquisition import shipped_profiles
from .acquisition_report import acquisition_data
from .item_file import ACQUISITION, IMAGES, ItemFile, changed_item
from .plain_words import in_words

if TYPE_CHECKING:
    from ..phantom.history import StoredSession

FORMAT = "strokequant acquisition 1"
SCHEMA = Path(__file__).parent / "acquisition.schema.json"
_SCANNER, _CURRENT = "scanner_qualification", "scanner_current"
_WORST_FIRST = (Qualification.FAILED, Qualification.NO_VERDICT, Qualification.CONDITIONAL, Qualification.QUALIFIED)


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
    require_schema(data, SCHEMA, ACQUISITION)
    write_bytes(folder / ACQUISITION, canonical_json(data))
    return _issues(rows)


def write_missing(folder: Path, *, sessions: "Sequence[StoredSession] | None" = None) -> tuple[Issue, ...]:
    """As `write_acquisition`, for images that were de-identified without the intake of a trial; nothing where it was done."""
    if (folder / ACQUISITION).exists() or not (folder / IMAGES).is_dir():
        return ()
    return write_acquisition(folder, sessions=sessions)


def reader_notes(folder: Path, file: ItemFile) -> tuple[Issue, ...]:
    """What was below the minimum, or not known, at the intake; warnings, since the steps of the procedure decide.

    Raises:
        TrialError: W25, the file cannot be read.
    """
    found = _issues(_rows(folder, file))
    return tuple(replace(issue, level=Level.WARN) for issue in found if issue.blocks)


def acquisition_of(folder: Path, file: ItemFile) -> tuple[AcquisitionProvenance, ...]:
    """Every series of an item by its acquisition profile, as the intake found it; empty where there was no intake.

    Raises:
        TrialError: W25, the file cannot be read.
    """
    return tuple(_provenance(row) for row in _rows(folder, file))


def scanner_facts(found: Sequence[AcquisitionProvenance], record: CaseRecord) -> dict[str, Any]:
    """Facts of the scanners by the dates that the images had: the worst of the series that are measured.

    Args:
        found: of the intake.
        record: as measured so far; all series count where it uses none that a profile is for.

    Returns:
        Empty where no history of phantoms was given.
    """
    used = set(record.used.values())
    rows = [one for one in found if one.series in used] or list(found)
    known = [one for one in rows if one.scanner]
    if not known:
        return {}
    outcome = next(str(worst) for worst in _WORST_FIRST if any(one.scanner == worst for one in known))
    return {_SCANNER: outcome, _CURRENT: all(one.scanner_current is True for one in known)}


def acquisition_problem(folder: Path, file: ItemFile) -> str:
    """Why the file of an item cannot be used, in plain words; empty where it can, or where there is none."""
    if ACQUISITION not in file.files:
        return ""
    try:
        wrong = schema_errors(json.loads((folder / ACQUISITION).read_bytes()), SCHEMA)
    except (OSError, ValueError, RecursionError) as error:
        return in_words(error)
    return wrong[0] if wrong else ""


def _rows(folder: Path, file: ItemFile) -> Sequence[dict[str, Any]]:
    """Rows of the file of an item; none where it has no such file.

    Raises:
        TrialError: W25, it cannot be read.
    """
    if ACQUISITION not in file.files:
        return ()
    why = acquisition_problem(folder, file)
    if why:
        raise changed_item(f"{ACQUISITION}: {why}", file.id)
    return json.loads((folder / ACQUISITION).read_bytes())["series"]


def _provenance(row: Mapping[str, Any]) -> AcquisitionProvenance:
    facts = {check["fact"]: check["value"] for check in row["checks"]}
    reasons = tuple(f"{one['code']} {one['found']}; {one['expected']}; {one['remedy']}" for one in row["issues"])
    scanner, current = facts.get(_SCANNER) or "", facts.get(_CURRENT)
    return AcquisitionProvenance(row["series"], row["role"], row["profile"], row["outcome"], scanner, current, reasons)


def _issues(rows: Sequence[Mapping[str, Any]]) -> tuple[Issue, ...]:
    plain = [issue for row in rows for issue in row["issues"]]
    return tuple(Issue(**{**one, "level": Level(one["level"])}) for one in plain)
