"""A read item that is open: the one door through which wizard and batch change a reading.

Every change is one line of the audit trail or of the journal of edits, on the disk before the call returns, so that a program that is killed
loses nothing that was done. Nothing here computes a number, and nothing moves by itself.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Issue, Level, TrialError
from ..phantom_types import PhantomRecord
from ..reading_types import AcquisitionProvenance
from ..sop import walk as walking
from ..sop.fact_registry import FACTS
from ..sop.facts import facts_of, facts_of_session, facts_of_walk, is_of_kind
from ..sop.procedure import Procedure
from ..sop.walk import Passage, Walk
from ..types import GeometryAudit, Role
from .audit_trail import AuditEntry
from .item_acquisition import acquisition_of, scanner_facts
from .item_file import IMAGES, ItemFile
from .item_lock import ItemLock
from .item_progress import ANSWER, STEP_BACK, STEP_DONE, STEP_SKIPPED, Progress, advanced, progress_of
from .item_states import Actor, Event, ItemState, ItemStatus, allowed
from .item_trail import ItemTrail
from .journal import Edit, Journal
from .prior_item import PriorReading, earlier_of, prior_of
from .register import Reader
from .trial_config import TrialConfig
from .trial_facts import OF_INTAKE, OF_TRIAL, is_trial_reading, trial_facts
from .trial_folder import Trial
from .values import values_hash

if TYPE_CHECKING:
    from ..batch.earlier import Earlier


class ReadingItem:
    """One item, open in this window. Made by `opening.open_item`, `opening.open_private` or `batch_items.prepare_item`.

    Args:
        folder: of the item.
        file: its `item.json`.
        procedure: that is walked.
        lock: of the item, held.
        trail, journal: of the item.
        reader: who reads; None for the program.
        trial: that it belongs to; None outside of one.
        changed_files: what of the images is not as it was assigned.
        issues: what a reader must know on opening.
    """

    def __init__(
        self,
        folder: Path,
        file: ItemFile,
        procedure: Procedure,
        *,
        lock: ItemLock,
        trail: ItemTrail,
        journal: Journal,
        reader: Reader | None,
        trial: Trial | None = None,
        changed_files: tuple[str, ...] = (),
        issues: tuple[Issue, ...] = (),
        config: TrialConfig = TrialConfig(),
    ):
        self.folder, self.file, self.procedure, self.trial, self.reader = folder, file, procedure, trial, reader
        self.lock, self.trail, self.journal, self.changed_files = lock, trail, journal, changed_files
        self.issues: list[Issue] = list(issues)
        self._config = config
        self._progress = progress_of(trail.entries, procedure)
        self._acquisition: tuple[AcquisitionProvenance, ...] | None = None

    # Where it stands

    @property
    def id(self) -> str:
        """Pseudonym."""
        return self.file.id

    @property
    def images(self) -> Path:
        """Folder of the de-identified images."""
        return self.folder / IMAGES

    @property
    def status(self) -> ItemStatus:
        """State, version and flags."""
        return self._progress.status

    @property
    def walk(self) -> Walk:
        """Where the reading stands in its procedure."""
        return self._progress.walk

    @property
    def progress(self) -> Progress:
        """Walk, status, answers and times together."""
        return self._progress

    @property
    def answers(self) -> Mapping[str, Any]:
        """What the reader answered, by fact."""
        return self._progress.answers

    @property
    def acquisition(self) -> tuple[AcquisitionProvenance, ...]:
        """Every series by its acquisition profile, with what phantoms say of its scanner, as the intake found it."""
        if self._acquisition is None:
            self._acquisition = acquisition_of(self.folder, self.file)
        return self._acquisition

    @property
    def prior(self) -> PriorReading | None:
        """The signed reading of the earlier time point; None where the item has none.

        Raises:
            TrialError: W37, it may not be compared with any more.
        """
        return prior_of(self.trial, self.file)

    def earlier(self) -> "dict[str, Earlier]":
        """The earlier reading as a baseline by what is compared: "hemorrhage", "infarct" or "perfusion"; empty without one.

        Raises:
            TrialError: W37, as of `prior`.
        """
        return earlier_of(self.prior, self.file.task)

    def require_prior(self) -> None:
        """Refuse an item whose earlier reading may not be compared with any more.

        Raises:
            TrialError: W37.
        """
        prior_of(self.trial, self.file)

    def edits(self) -> tuple[Edit, ...]:
        """Edits to make again, oldest first: after a crash, on another machine, or for an addendum."""
        return self.journal.edits()

    # May it go on?

    def facts(
        self,
        record: Any,
        *,
        audits: Mapping[str, GeometryAudit] = {},
        by_program: bool = False,
        now: datetime | None = None,
    ) -> dict[str, Any]:
        """Facts of the case as it is now, of the trial, of the reader, and of the steps before.

        Args:
            record: of the time point or phantom session, as measured so far; None before anything is measured.
            audits: geometry of the series of a phantom session.
            by_program: no reader is there.
            now: for the qualification of the reader; the last entry of the trail where it is not given.

        Raises:
            ProcedureError: W07, as of `sop.facts.facts_of`.
        """
        said = trial_facts(self, record, self.today(now), by_program=by_program)
        reading = {**self.answers, **said}
        if isinstance(record, PhantomRecord):
            facts = facts_of_session(record, audits=audits, reading=reading)
        elif record is None:
            facts = reading
        else:
            facts = facts_of(record, reading=reading, looked_at=self._looked_at(record))
            facts |= scanner_facts(self.acquisition, record)
        return facts | facts_of_walk(self.walk)

    def passage(self, record: Any, **of_case: Any) -> Passage:
        """May the current step be left, and if not, why not.

        The step that signs is judged as if key and passphrase were right, and its meaning chosen.

        Args:
            record: as of `facts`.
            of_case: keywords of `facts`.
        """
        facts = self.facts(record, **of_case)
        reader = self.reader.id if self.reader is not None else ""
        if self.walk.position == len(self.procedure.steps) - 1:
            signing = {"reauthenticated": True, "sign_meaning": "author", "audit_trail_intact": True}
            return walking.may_begin(self.walk, {**facts, **signing}, reader=reader)
        return walking.may_finish(self.walk, facts, reader=reader)

    # What a reader does

    def answer(self, name: str, value: Any, *, now: datetime, reason: str = "") -> None:
        """Keep an answer of the reader.

        Args:
            name: of the fact.
            value: of its type; None takes the answer back.
            now: with its zone.
            reason: needed where the item was submitted or signed before and another answer is replaced.

        Raises:
            TrialError: W23, the item is not in progress; W35, no reader answers this, or the value is of another type.
            AuditError: W11, the reason is missing.
            RecordError: O01, it cannot be written; the answer is as it was.
        """
        self._require_in_progress("an answer")
        self._require_answer(name, value)
        before = self.answers.get(name)
        if before == value and type(before) is type(value):
            return
        replaces = before is not None and (self.status.version > 1 or self.status.flags)
        old = {"name": name, "value": before} if replaces else None
        self.append(ANSWER, now=now, new={"name": name, "value": value}, old=old, reason=reason)

    def edit(self, kind: str, payload: Any, *, now: datetime) -> Edit:
        """Keep an edit: strokes, decisions, points, settings.

        Args:
            kind: the caller's own word.
            payload: plain data; numpy arrays may stand anywhere in it.
            now: with its zone.

        Raises:
            TrialError: W23, the item is not in progress.
            RecordError: O01, it cannot be written; what was kept before is there.
        """
        return self._edit(kind, payload, now, checkpoint=False)

    def checkpoint(self, kind: str, payload: Any, *, now: datetime) -> Edit:
        """Keep an edit that stands for all edits of its kind before it, such as a whole mask; as `edit` otherwise."""
        return self._edit(kind, payload, now, checkpoint=True)

    def finish_step(
        self, record: Any, *, now: datetime, reasons: Mapping[str, str] = {}, by_program: bool = False, **of_case: Any
    ) -> Walk:
        """Leave the current step forward.

        Args:
            record: as of `facts`.
            now: with its zone.
            reasons: for every deviation, by code.
            by_program: an automatic step is done without the reader; warnings then need no reason.
            of_case: keywords of `facts`.

        Returns:
            The walk, at the next step.

        Raises:
            TrialError: W23, the item is not in progress, or this step is left by submitting or signing.
            ProcedureError: W05, W06, the step may not be left.
        """
        self._require_moving(by_program)
        facts = self.facts(record, by_program=by_program, now=now, **of_case)
        self._append_step(STEP_DONE, self._finished(facts, reasons, now, by_program=by_program), now)
        return self.walk

    def skip_step(self, reason: str, *, now: datetime) -> Walk:
        """Leave the current step out, where the procedure allows it.

        Raises:
            TrialError: W23. ProcedureError: W05.
        """
        self._require_moving()
        self._append_step(STEP_SKIPPED, walking.skip(self.walk, reason, reader=self.reader.id, utc=_iso(now)), now)
        return self.walk

    def back(self, *, now: datetime) -> Walk:
        """Go to the step before; nothing that was done is taken away.

        Raises:
            TrialError: W23, the item is not in progress.
        """
        self._require_in_progress("going back")
        earlier = walking.back(self.walk)
        if earlier.position != self.walk.position:
            self.append(STEP_BACK, now=now, new={"to": earlier.step.id})
        return self.walk

    def run_automatic(self, do: Callable[[Any], Any], *, now: Callable[[], datetime], **of_case: Any) -> Passage | None:
        """Do the steps that need no reader, up to the first that does or that may not begin.

        Args:
            do: does one step and gives the record afterwards.
            now: the clock.
            of_case: keywords of `facts`.

        Returns:
            Why the walk stands; its `waits_for` is "reader" where a reader must go on.
        """
        while (step := self.walk.step) is not None:
            if not step.automatic:
                return Passage((), waits_for="reader")
            record = do(step)
            passage = walking.may_finish(self.walk, self.facts(record, by_program=True, **of_case))
            if not passage.allowed:
                return passage
            self.finish_step(record, now=now(), by_program=True, **of_case)
        return None

    def submit(self, record: Any, *, now: datetime, reasons: Mapping[str, str] = {}, **of_case: Any) -> None:
        """Submit: values are frozen; until the signature the reader may still return.

        Raises:
            TrialError: W23, the item is not in progress, or not at the step that submits.
            ProcedureError: W05, W06, the step may not be left.
        """
        self._require(Event.SUBMIT)
        if self.walk.position != len(self.procedure.steps) - 2:
            step = self.walk.step.id if self.walk.step else "the end"
            raise self.refused("W23", f"the reading is at {step}", "all steps before the submission done", "go on")
        walk = self._finished(self.facts(record, now=now, **of_case), reasons, now)
        self._append_step(Event.SUBMIT, walk, now, values=values_hash(record))

    def return_to_reading(self, *, now: datetime) -> None:
        """Go back from submitted to reading; what was said about the outputs is asked again.

        Raises:
            TrialError: W23, the item is not submitted.
        """
        self._require(Event.RETURN)
        self.append(Event.RETURN, now=now)

    def sign(
        self, record: Any, *, key: Path | None, passphrase: str, meaning: str, now: datetime, write=None, **of_case: Any
    ):
        """Sign: write, anchor, lock. See `signing.sign_item`.

        Raises:
            TrialError: W23, W27, W31, W34; the item is still submitted and nothing is lost.
            ProcedureError: W05, a condition of the step that signs does not hold.
        """
        from .signing import sign_item

        self._require(Event.SIGN)
        return sign_item(
            self, record, key=key, passphrase=passphrase, meaning=meaning, now=now, write=write, of_case=of_case
        )

    def addendum(self, reason: str, *, now: datetime) -> None:
        """Begin a new version that points to the signed one, which stays as it is.

        Raises:
            TrialError: W23, the item is not signed, the database is locked, or no reason was given.
        """
        from .signing import manifest_hash_of

        self._require(Event.ADDENDUM)
        self.require_unlocked_database()
        if not reason.strip():
            raise self.refused("W23", "an addendum without a reason", "why the signed result is added to", "give it")
        follows = {
            "version": self.status.version,
            "manifest_sha256": manifest_hash_of(self.folder, self.status.version),
        }
        self.append(Event.ADDENDUM, now=now, new={"follows": follows}, reason=reason)

    def close(self, *, now: datetime) -> None:
        """Let go of the item, also where the disk is full; nothing where it is closed already."""
        try:
            if self.lock.is_held:
                self.append("item.closed", now=now)
        finally:
            self.lock.release()

    # For signing and the batch

    def today(self, now: datetime | None) -> date:
        """Day for a qualification, in UTC; a clock that was put back makes none valid again."""
        last = [datetime.fromisoformat(entry.utc) for entry in self.trail.entries[-1:]]
        return max([*last, *([now.astimezone(UTC)] if now is not None else [])]).date()

    def append(self, event: str, *, now: datetime, **what: Any) -> AuditEntry:
        """Write one entry into the trail, and go on from it.

        Raises:
            TrialError: W22, another window has taken the item over.
        """
        return self.add(self.seal(event, now=now, **what))

    def seal(self, event: str, *, now: datetime, **what: Any) -> AuditEntry:
        """The entry that `add` would write next."""
        return self.trail.seal(event, utc=now, **what)

    def add(self, sealed: AuditEntry) -> AuditEntry:
        """Write a sealed entry, and go on from it."""
        if not self.lock.is_held:
            found = "the item was closed, or another window has taken it over"
            raise self.refused("W22", found, "an item that is open here", "open it again")
        progress = advanced(self._progress, sealed)
        self.trail.add(sealed)
        self._progress = progress
        self._tell_clock(sealed)
        return sealed

    def refused(self, code: str, found: str, expected: str, remedy: str) -> TrialError:
        """The error of what may not be done with this item."""
        return TrialError(Issue(code, Level.STOP, found, expected, remedy, self.id))

    def require_unlocked_database(self) -> None:
        """Refuse once the database of the trial is locked.

        Raises:
            TrialError: W23.
        """
        if self.trial is not None and self.trial.charter.database_locked_utc:
            found = f"the database was locked on {self.trial.charter.database_locked_utc[:10]}"
            raise self.refused("W23", found, "a trial that is not locked", "ask the study manager")

    def finished_walk(self, facts: Mapping[str, Any], *, now: datetime) -> Walk:
        """The walk with its current step done by the reader, nothing written.

        Raises:
            ProcedureError: W05, it may not be left.
        """
        return self._finished(facts, {}, now)

    # Inside

    def _finished(
        self, facts: Mapping[str, Any], reasons: Mapping[str, str], now: datetime, *, by_program: bool = False
    ) -> Walk:
        reader = "" if by_program or self.reader is None else self.reader.id
        return walking.finish(self.walk, facts, reader=reader, reasons=reasons, utc=_iso(now))

    def _append_step(self, event: str, walk: Walk, now: datetime, **more: Any) -> None:
        """Write the step that a walk has just finished, with the head of the journal."""
        step = self.procedure.steps[walk.position - 1].id
        new = {"step": walking.step_record_to_dict(walk.done[step]), "journal": str(self.journal.head or ""), **more}
        self.append(event, now=now, new=new)

    def _edit(self, kind: str, payload: Any, now: datetime, *, checkpoint: bool) -> Edit:
        self._require_in_progress("an edit")
        if not self.lock.is_held:
            found = "the item was closed, or another window has taken it over"
            raise self.refused("W22", found, "an item that is open here", "open it again")
        return self.journal.add(kind, payload, version=self.status.version, now=now, checkpoint=checkpoint)

    def _require(self, event: Event) -> None:
        why = allowed(self.status, event, Actor.READER if self.reader is not None else Actor.PROGRAM)
        if why:
            raise self.refused("W23", why, "an item in the state for it", "look at the state of the item")

    def _require_in_progress(self, what: str) -> None:
        if self.status.state is not ItemState.IN_PROGRESS:
            found = f"the item is {str(self.status.state).replace('_', ' ')}; {what} is not possible then"
            remedy = "return to the reading" if self.status.state is ItemState.SUBMITTED else "open an addendum"
            raise self.refused("W23", found, "an item in progress", remedy)

    def _require_moving(self, by_program: bool = False) -> None:
        preparing = by_program and self.reader is None and self.status.state is ItemState.ASSIGNED
        if not preparing:
            self._require_in_progress("a step")
        if self.walk.position >= len(self.procedure.steps) - 2:
            found = f"step {self.walk.step.id} is left by submitting or signing" if self.walk.step else "all is done"
            raise self.refused("W23", found, "a step before the submission", "submit, or sign")

    def _require_answer(self, name: str, value: Any) -> None:
        fact = FACTS.get(name)
        of_others = OF_TRIAL | (OF_INTAKE if is_trial_reading(self) else frozenset())
        if fact is None or not fact.of_reader or name in of_others:
            raise self.refused("W35", f"an answer to {name!r}", "a question of the procedure", "leave it out")
        if value is not None and not is_of_kind(fact, value):
            raise self.refused("W35", f"{name} = {value!r}", f"{fact.meaning}", "correct the answer")

    def _looked_at(self, record: Any) -> tuple[str, ...]:
        """Series that are graded by eye and not measured."""
        by_eye = self.file.task == "recanalization"
        return tuple(s.key for s in record.series if s.role is Role.ANGIOGRAPHY) if by_eye else ()

    def _tell_clock(self, entry: AuditEntry) -> None:
        if entry.clock_behind_s > self._config.clock_tolerance_s:
            found = f"the clock is {entry.clock_behind_s:.0f} s behind the entry before"
            remedy = "set the clock of this computer; nothing was lost, and the order of the entries holds"
            self.issues.append(Issue("W26", Level.WARN, found, "a clock that goes on", remedy, self.id))


def _iso(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
