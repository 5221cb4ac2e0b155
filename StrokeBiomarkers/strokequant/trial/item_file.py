"""`item.json`: what a read item is, without a word of whom.

Its hash stands in the first entry of the item's trail, and every image's hash stands in it, so that a changed byte of either is found.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, TrialError
from ..record.files import schema_errors, sha256_file, write_bytes
from ..sop.canonical import canonical_bytes
from .plain_words import in_words

FORMAT = "strokequant item 1"
ITEM, IMAGES, PRIOR, INTAKE, ACQUISITION = "item.json", "images", "prior", "intake.json", "acquisition.json"
PRELIMINARY = Path("work") / "preliminary"
"""Outputs of the preparation, below the item folder."""
SCHEMA = Path(__file__).parent / "item.schema.json"
TRAINING, UNASSIGNED_MODEL = "training", "none"


@dataclass(frozen=True)
class ItemFile:
    """One read item.

    Args:
        id: pseudonym.
        task: such as infarct_core.
        procedure: {"name", "content_hash"}.
        reader: register id of whose item it is.
        model: R1, R2, adjudication, re-read, training, or none outside of a trial.
        order: place in the reader's worklist: the smaller text comes first.
        series: Series Instance UIDs that were assigned; empty where any may be read, outside of a trial.
        files: SHA-256 by path below the item folder: images and the reports of the intake.
        prior: pseudonym of the earlier time point; empty where there is none.
        prior_manifest: SHA-256 of the manifest of its signed version.
        facts: what the intake says of the time point: timepoint_in_window, hours_from_onset.
    """

    id: str
    task: str
    procedure: Mapping[str, str]
    reader: str
    model: str
    order: str
    series: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    prior: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    prior_manifest: str = ""


def write_item(folder: Path, item: ItemFile) -> str:
    """Write `item.json`.

    Returns:
        SHA-256 of it.

    Raises:
        TrialError: W29, it would not hold to its schema.
        RecordError: O01.
    """
    content = _bytes(item)
    wrong = schema_errors(json.loads(content), SCHEMA)
    if wrong:
        raise _unusable(wrong[0], "correct what was given")
    return write_bytes(folder / ITEM, content)


def read_item(folder: Path) -> tuple[ItemFile, str]:
    """An item, and the SHA-256 of its file.

    Raises:
        TrialError: W25, there is none, or it is not in the form in which it was written.
    """
    try:
        content = (folder / ITEM).read_bytes()
        data = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise changed_item(f"{ITEM}: {in_words(error)}", folder.name) from error
    wrong = schema_errors(data, SCHEMA)
    if wrong or canonical_bytes(data) != content:
        found = f"{ITEM}: {wrong[0] if wrong else 'its text is not the form in which it was written'}"
        raise changed_item(found, folder.name)
    del data["format"]
    return ItemFile(**{**data, "series": tuple(data["series"])}), hashlib.sha256(content).hexdigest()


def files_of(folder: Path) -> dict[str, str]:
    """SHA-256 of the images of an item and of the reports of their intake, by path below the item folder."""
    paths = [path for name in (IMAGES, PRIOR) for path in sorted((folder / name).rglob("*")) if path.is_file()]
    paths += [folder / name for name in (INTAKE, ACQUISITION) if (folder / name).is_file()]
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in paths}


def preliminary_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the outputs of the preparation, by path below their folder; empty where there are none."""
    place = folder / PRELIMINARY
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): sha256_file(path) for path in paths}


def changed_files(folder: Path, item: ItemFile) -> tuple[str, ...]:
    """What of the images and of the reports of their intake is not as it was assigned, in words."""
    found = files_of(folder)
    return tuple(
        f"{name} was changed" if name in found and name in item.files else f"{name} is {_there(name, found)}"
        for name in sorted(found.keys() | item.files.keys())
        if found.get(name) != item.files.get(name)
    )


def changed_item(found: str, subject: str) -> TrialError:
    """The error of an item that is not the one that was assigned."""
    remedy = "do not read it; ask the study manager for the item as it was assigned"
    return TrialError(Issue("W25", Level.STOP, found, "the item as it was assigned", remedy, subject))


def _there(name: str, found: Mapping[str, str]) -> str:
    return "there and was not assigned" if name in found else "missing"


def _bytes(item: ItemFile) -> bytes:
    plain = {key: dict(value) if isinstance(value, Mapping) else value for key, value in asdict(item).items()}
    return canonical_bytes({"format": FORMAT, **plain})


def _unusable(found: str, remedy: str) -> TrialError:
    return TrialError(Issue("W29", Level.STOP, f"{ITEM}: {found}", "an item that holds to its schema", remedy, ITEM))
