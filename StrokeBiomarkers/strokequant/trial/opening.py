"""Opening a read item: everything that must hold before a reader sees an image."""

from datetime import date, datetime
from pathlib import Path

from ..errors import Issue, Level, TrialError
from ..sop.procedure import Procedure
from ..sop.walk import begin
from .assignment import program_name
from .audit_trail import AuditEntry
from .clock_sync import clock_is_synchronized
from .item_acquisition import reader_notes
from .item_file import ITEM, TRAINING, UNASSIGNED_MODEL, ItemFile, changed_files, changed_item, read_item, write_item
from .item_lock import ItemLock
from .item_states import Actor, Event, ItemState, ItemStatus, allowed, state_of
from .item_trail import ItemTrail, is_begun, parse_anchor
from .journal import Journal
from .reading_item import ReadingItem
from .register import Reader, qualification, role_problem, unknown_reader
from .signed_version import finish_interrupted
from .trial_folder import Trial
from .worklist import next_item


def open_item(
    trial: Trial,
    item_id: str,
    *,
    reader: str,
    now: datetime,
    take_over: str = "",
    addendum: str = "",
) -> ReadingItem:
    """Open an item for its reader, at the step where it was left.

    Args:
        trial: as read just now.
        item_id: pseudonym.
        reader: register id.
        now: with its zone.
        take_over: why the lock of another computer is taken; empty to respect it.
        addendum: why a signed item is added to; empty to open an item that is not signed.

    Raises:
        TrialError: W20 the reader may not read it, W21 it is of another reader, W22 it is open in another window, W23 it is signed or
            withdrawn, W24 the procedure was changed, is unsigned or retired, W25 item or images were changed, W30 it is not the next
            of the worklist, W32 the journal does not hold, W37 its earlier item may not be compared with.
        AuditError: W10, its trail does not hold.
    """
    folder = trial.item_folder(item_id)
    file, digest = read_item(folder)
    who = _reader_of(trial, file, reader)
    procedure = trial.procedure(file.task, now)
    _require_procedure(file, procedure)
    lock = ItemLock(folder, actor=reader, now=now, take_over=bool(take_over))
    try:
        item = _opened(trial, folder, file, digest, procedure, lock, who)
        _require_qualified(file, who, procedure, item.today(now))
        item.require_prior()
        _require_next(item)
        _begin(item, now, take_over, addendum)
    except BaseException:
        lock.release()
        raise
    return item


def skip_item(trial: Trial, item_id: str, *, reader: str, reason: str, now: datetime) -> ItemStatus:
    """Leave an item for later; it stays in the worklist, behind the others.

    Raises:
        TrialError: W20, W21, W22, as of `open_item`; W23, it was opened already, or no reason was given.
    """
    folder = trial.item_folder(item_id)
    file, _ = read_item(folder)
    _reader_of(trial, file, reader)
    lock = ItemLock(folder, actor=reader, now=now)
    try:
        trail = ItemTrail(folder, file.reader, actor=reader, role=Actor.READER, item=item_id)
        why = "the database is locked" if trial.charter.database_locked_utc else ""
        why = why or allowed(state_of(trail.entries), Event.SKIP, Actor.READER)
        why = why or ("" if reason.strip() else "no reason was given")
        if why:
            remedy = "go on with it" if reason.strip() else "give the reason"
            raise TrialError(Issue("W23", Level.STOP, why, "an item that nobody has opened", remedy, item_id))
        trail.append(Event.SKIP, utc=now, reason=reason)
        return state_of(trail.entries)
    finally:
        lock.release()


def open_private(
    folder: Path,
    *,
    procedure: Procedure,
    reader: str,
    name: str = "",
    now: datetime,
    item_id: str = "reading",
    addendum: str = "",
    take_over: str = "",
) -> ReadingItem:
    """Open, or make, the item of a reading outside of a trial: same steps, same trail, nothing of a charter.

    Args:
        folder: of the item, for one case and procedure; its images are elsewhere.
        procedure: that is walked; must be effective.
        reader: code of the reader.
        name: as it is printed; the code where empty.
        now: with its zone.
        item_id: what to call the item.
        addendum: why a signed reading is added to; empty to open one that is not signed.
        take_over: why the lock of another computer is taken; empty to respect it.

    Raises:
        TrialError: W21, it was begun by another reader; W22, W23, as of `open_item`; W24, it was begun with another procedure.
        AuditError: W10. ProcedureError: W04, the procedure is not effective.
    """
    begin(procedure, now.date())
    folder.mkdir(parents=True, exist_ok=True)
    lock = ItemLock(folder, actor=reader, now=now, take_over=bool(take_over))
    try:
        if not is_begun(folder):
            _make_private(folder, procedure, reader, item_id, now)
        file, digest = read_item(folder)
        if file.reader != reader:
            raise _of_another(file, reader)
        _require_procedure(file, procedure)
        item = _opened(None, folder, file, digest, procedure, lock, Reader(reader, name or reader))
        _begin(item, now, take_over, addendum)
    except BaseException:
        lock.release()
        raise
    return item


def open_for_program(trial: Trial, item_id: str, *, now: datetime) -> ReadingItem:
    """Open an item for its automatic steps; no reader is there.

    Raises:
        TrialError: W22, W23, W24, W25, W37, as of `open_item`.
    """
    folder = trial.item_folder(item_id)
    file, digest = read_item(folder)
    procedure = trial.procedure(file.task, now)
    _require_procedure(file, procedure)
    lock = ItemLock(folder, actor=program_name(), now=now)
    try:
        item = _opened(trial, folder, file, digest, procedure, lock, None)
        why = allowed(item.status, Event.PREPARE, Actor.PROGRAM)
        if why:
            raise item.refused("W23", why, "an item that nobody has prepared or opened", "leave it to its reader")
        item.require_prior()
        item.require_unlocked_database()
    except BaseException:
        lock.release()
        raise
    return item


def _opened(
    trial: Trial | None,
    folder: Path,
    file: ItemFile,
    digest: str,
    procedure: Procedure,
    lock: ItemLock,
    reader: Reader | None,
) -> ReadingItem:
    """The item, after what must hold of its files."""
    actor, role = (reader.id, Actor.READER) if reader is not None else (program_name(), Actor.PROGRAM)
    trail = ItemTrail(folder, file.reader, actor=actor, role=role, item=file.id)
    _require_assigned(file, digest, trail.entries)
    finish_interrupted(folder, trail.entries)
    journal = Journal(folder, actor=actor, item=file.id, anchors=_journal_anchors(trail.entries))
    changed = changed_files(folder, file) if trial is not None else ()
    if changed:
        raise changed_item("; ".join(changed[:5]), file.id)
    return ReadingItem(
        folder,
        file,
        procedure,
        lock=lock,
        trail=trail,
        journal=journal,
        reader=reader,
        trial=trial,
        changed_files=changed,
        issues=(*_notes(lock, file), *reader_notes(folder, file)),
    )


def _begin(item: ReadingItem, now: datetime, take_over: str, addendum: str) -> None:
    """Say in the trail that the item is open, and begin an addendum where one is asked for."""
    if item.status.state is ItemState.SIGNED and addendum:
        item.addendum(addendum, now=now)
    item.require_unlocked_database()
    why = allowed(item.status, Event.OPEN, Actor.READER)
    if why:
        remedy = "open an addendum with its reason" if item.status.state is ItemState.SIGNED else "choose another item"
        raise item.refused("W23", why, "an item that is not signed or withdrawn", remedy)
    before = item.lock.taken_over
    new = {"step": item.walk.step.id if item.walk.step else "", "host": item.lock.holder.host}
    new |= {"clock_synchronized": clock_is_synchronized()}
    if item.file.prior:
        new |= {"prior": item.file.prior, "prior_manifest_sha256": item.file.prior_manifest}
    if before is not None:
        new |= {"taken_over_from": before.host, "open_since": before.since}
    item.append(Event.OPEN, now=now, new=new, reason=take_over)


def _require_next(item: ReadingItem) -> None:
    """Refuse an item that is not the next of the worklist; one that was begun is gone on with.

    Raises:
        TrialError: W30.
    """
    first = item.status.state in (ItemState.ASSIGNED, ItemState.PENDING_READER)
    if not first or item.file.model == TRAINING or not item.trial.charter.fixed_order:
        return
    turn = next_item(item.trial, item.reader.id)
    if turn != item.id:
        found = f"{item.id} is not the next item"
        remedy = f"read {turn} first, or leave it for later with a reason"
        raise item.refused("W30", found, f"{turn}, by the order of the worklist", remedy)


def _reader_of(trial: Trial, file: ItemFile, reader: str) -> Reader:
    who = trial.register.reader(reader)
    if who is None:
        raise TrialError(unknown_reader(reader))
    if file.reader != reader:
        raise _of_another(file, reader)
    why = role_problem(who, file.model)
    if why:
        remedy = "choose a reader with the role that the item needs"
        raise TrialError(Issue("W20", Level.STOP, why, "a reader or adjudicator of the register", remedy, file.id))
    return who


def _require_qualified(file: ItemFile, reader: Reader, procedure: Procedure, today: date) -> None:
    why = "" if file.model == TRAINING else qualification(reader, procedure, today)
    if why:
        remedy = "pass the test of this version in training mode, then open the item again"
        raise TrialError(Issue("W20", Level.STOP, why, f"a valid qualification for {procedure.name}", remedy, file.id))


def _require_procedure(file: ItemFile, procedure: Procedure) -> None:
    named = (file.procedure["name"], file.procedure["content_hash"])
    if named != (procedure.name, procedure.content_hash):
        found = f"{procedure.name}, content {procedure.content_hash[:12]}"
        expected = f"{named[0]}, content {named[1][:12]}, as the item was assigned"
        remedy = "go on with the procedure of the item, or let the study manager withdraw it and assign it anew"
        raise TrialError(Issue("W24", Level.STOP, found, expected, remedy, file.id))


def _require_assigned(file: ItemFile, digest: str, entries: tuple[AuditEntry, ...]) -> None:
    """Refuse an `item.json` that is not the one of the first entry of the trail."""
    first = entries[0] if entries else None
    if first is None or first.event != Event.ASSIGN:
        raise changed_item("the trail does not begin with the assignment", file.id)
    if first.new.get("item_sha256") != digest:
        raise changed_item(f"{ITEM} was changed after it was assigned", file.id)


def _journal_anchors(entries: tuple[AuditEntry, ...]):
    """Heads of the journal that the trail names."""
    named = [entry.new["journal"] for entry in entries if isinstance(entry.new, dict) and entry.new.get("journal")]
    return [parse_anchor(text) for text in named]


def _notes(lock: ItemLock, file: ItemFile) -> tuple[Issue, ...]:
    """What a reader must know on opening."""
    before = lock.taken_over
    if before is None:
        return ()
    found = f"it was left open since {before.since[:16]} by {before.actor} on {before.host}, which has ended"
    remedy = "go on: every edit up to that moment is there"
    return (Issue("W22", Level.INFO, found, "an item that was closed", remedy, file.id),)


def _of_another(file: ItemFile, reader: str) -> TrialError:
    found, remedy = f"{reader} opens an item of another reader", "choose an item of your own worklist"
    return TrialError(Issue("W21", Level.STOP, found, "the reader of the item", remedy, file.id))


def _make_private(folder: Path, procedure: Procedure, reader: str, item_id: str, now: datetime) -> None:
    named = {"name": procedure.name, "content_hash": procedure.content_hash}
    file = ItemFile(item_id, procedure.task, named, reader, UNASSIGNED_MODEL, "")
    digest = write_item(folder, file)
    trail = ItemTrail(folder, reader, actor=program_name(), role=Actor.MANAGER, item=item_id)
    trail.append(Event.ASSIGN, utc=now, new={"item_sha256": digest})
