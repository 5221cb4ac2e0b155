"""What the study manager does with single items: assign, withdraw, open again."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import Issue, Level, TrialError
from ..sop.procedure import Procedure
from .acquisition import shipped_profiles
from .item_file import ACQUISITION, IMAGES, TRAINING, ItemFile, changed_item, files_of, read_item, write_item
from .item_lock import ItemLock
from .item_states import Actor, Event, ItemStatus, allowed, state_of
from .item_trail import ItemTrail, is_begun
from .plain_words import in_words
from .prior_item import prior_reading, require_sound
from .register import Reader, qualification, role_problem, unknown_reader
from .trial_folder import Trial, manager_trail
from .worklist import order_key


def program_name() -> str:
    """What the trail calls this program."""
    return f"strokequant {__version__}"


def assign_item(
    trial: Trial,
    item_id: str,
    *,
    task: str,
    reader: str,
    model: str,
    now: datetime,
    prior: str = "",
    facts: Mapping[str, Any] = {},
    stratum: str = "",
    series: Sequence[str] | None = None,
) -> ItemFile:
    """Give an item, whose de-identified images lie in its folder, to a reader.

    Args:
        trial: it belongs to.
        item_id: pseudonym, from `trial_folder.new_pseudonym`; the folder holds `images/`, and `intake.json` where there is one.
        task: such as infarct_core.
        reader: register id.
        model: R1, R2, adjudication, re-read or training.
        now: with its zone.
        prior: pseudonym of the earlier time point, of the same subject: who holds the map sees to that.
        facts: what the intake says of the time point: timepoint_in_window, hours_from_onset.
        stratum: site and time point, inside which the order is drawn; it is not kept in the item.
        series: Series Instance UIDs that are assigned; those of the images where it is None.

    Raises:
        TrialError: W20, no such reader, or one without the role or the qualification that the item needs; W23, the item is assigned
            already or the database is locked; W24, the procedure is not that of the charter, retired or not effective; W25, no images;
            W37, the earlier item may not be compared with; W53, it was taken in by an acquisition profile that is not known here.
        RecordError: O01.
    """
    folder, who = trial.item_folder(item_id), trial.register.reader(reader)
    if who is None:
        raise TrialError(unknown_reader(reader))
    if trial.charter.database_locked_utc:
        raise _refused("the database is locked", "a trial that is not locked", item_id)
    if is_begun(folder):
        raise _refused("the item is assigned", "an item that is not", item_id)
    procedure = trial.procedure(task, now)
    _require_able(who, model, procedure, now, item_id)
    _require_profiles(folder, item_id)
    files = files_of(folder)
    if not files:
        found, remedy = "no images", "take the images in first"
        raise TrialError(Issue("W25", Level.STOP, found, f"de-identified images in {IMAGES}", remedy, item_id))
    facts, manifest = _with_prior(trial, prior, task, reader, model, facts)
    named = {"name": procedure.name, "content_hash": procedure.content_hash}
    order = order_key(trial.charter.seed, reader, item_id, stratum)
    uids = tuple(sorted(series)) if series is not None else _series(folder)
    file = ItemFile(item_id, task, named, reader, model, order, uids, files, prior, dict(facts), manifest)
    _write_assigned(trial, folder, file, now)
    return file


def withdraw_item(trial: Trial, item_id: str, *, reason: str, now: datetime) -> ItemStatus:
    """Take an item out of the trial; its folder stays as it is.

    Raises:
        TrialError: W22, it is open in a window; W23, it is signed, no reason was given, or the database is locked.
    """
    return _manage(trial, item_id, Event.WITHDRAW, reason, now)


def reopen_item(trial: Trial, item_id: str, *, reason: str, now: datetime) -> ItemStatus:
    """Open a signed item again: what was signed is kept as superseded, and a new version begins.

    Raises:
        TrialError: W22, W23, as of `withdraw_item`.
    """
    return _manage(trial, item_id, Event.REOPEN, reason, now)


def _manage(trial: Trial, item_id: str, event: Event, reason: str, now: datetime) -> ItemStatus:
    folder, manager = trial.item_folder(item_id), trial.charter.manager.id
    file, _ = read_item(folder)
    if trial.charter.database_locked_utc:
        raise _refused("the database is locked", "a trial that is not locked", item_id)
    if not reason.strip():
        raise _refused("no reason", "why the study manager does this", item_id)
    lock = ItemLock(folder, actor=manager, now=now)
    try:
        trail = ItemTrail(folder, file.reader, actor=manager, role=Actor.MANAGER, item=item_id)
        why = allowed(state_of(trail.entries), event, Actor.MANAGER)
        if why:
            raise _refused(why, "an item in the state for it", item_id)
        trail.append(event, utc=now, reason=reason)
        return state_of(trail.entries)
    finally:
        lock.release()


def _write_assigned(trial: Trial, folder: Path, file: ItemFile, now: datetime) -> None:
    digest = write_item(folder, file)
    manager = trial.charter.manager.id
    trail = ItemTrail(folder, file.reader, actor=manager, role=Actor.MANAGER, item=file.id)
    new = {"item_sha256": digest, "charter_sha256": trial.charter_sha256}
    manager_trail(trial.folder, manager).append(Event.ASSIGN, utc=now, new={"item": file.id, "item_sha256": digest})
    trail.append(Event.ASSIGN, utc=now, new=new)


def _require_able(reader: Reader, model: str, procedure: Procedure, now: datetime, item_id: str) -> None:
    """Refuse a reader without the role, or without the qualification unless the item is for training.

    Raises:
        TrialError: W20.
    """
    today = now.astimezone(UTC).date()
    why = role_problem(reader, model) or ("" if model == TRAINING else qualification(reader, procedure, today))
    if why:
        remedy = "assign it to somebody else, or let the reader pass the test first"
        raise TrialError(Issue("W20", Level.STOP, why, f"a reader who may read {procedure.name}", remedy, item_id))


def _require_profiles(folder: Path, item_id: str) -> None:
    """Refuse an acquisition by profiles that this version does not know.

    Raises:
        TrialError: W53.
    """
    path = folder / ACQUISITION
    if not path.is_file():
        return
    known = {profile.name for profile in shipped_profiles()}
    try:
        named = {row["profile"] for row in json.loads(path.read_bytes())["series"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise changed_item(f"{ACQUISITION}: {in_words(error)}", item_id) from error
    for name in sorted(map(str, named - known)):
        remedy = "take the images in with the version of the trial"
        raise TrialError(Issue("W53", Level.STOP, f"profile {name}", ", ".join(sorted(known)), remedy, item_id))


def _with_prior(
    trial: Trial, prior: str, task: str, reader: str, model: str, facts: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Facts of an item with what its earlier reading says, and the hash of the manifest of that one; empty without one.

    Raises:
        TrialError: W37.
    """
    if not prior:
        return dict(facts), ""
    found = prior_reading(trial, prior, task=task, model=model)
    require_sound(trial, prior)
    return {**facts, "growth_same_reader": found.reader == reader}, found.manifest_sha256


def _series(folder: Path) -> tuple[str, ...]:
    """Series Instance UIDs of the images of an item."""
    from ..dicomio.scan import scan

    return tuple(sorted({series.series_uid for series in scan(folder / IMAGES).series}))


def _refused(found: str, expected: str, subject: str) -> TrialError:
    remedy = "look at the state of the item"
    return TrialError(Issue("W23", Level.STOP, found, expected, remedy, subject))
