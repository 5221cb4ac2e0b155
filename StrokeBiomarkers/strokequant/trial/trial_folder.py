"""The folder of a trial: charter, register, effective procedures and items, as the study manager made and signed them.

Nothing in it names a patient: which pseudonym is whom stands in a file of the study manager's own, elsewhere.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import Issue, Level, TrialError
from ..record.files import schema_errors
from ..sop.canonical import ProcedureError, canonical_bytes
from ..sop.fact_registry import NAMES
from ..sop.procedure import Procedure, read_procedure
from ..sop.shipped import FOLDER as SHIPPED
from ..sop.walk import begin
from .audit_trail import read_trail
from .discrepancy import shipped_rules
from .item_states import Actor, Event
from .item_trail import ItemTrail, trail_path
from .keys import public_key_of, unlock
from .plain_words import in_words
from .register import REGISTER, Register, read_register, register_bytes
from .signed_files import require_signed, write_signed
from .trial_config import TrialConfig

FORMAT = "strokequant trial 1"
CHARTER = "trial.json"
SCHEMA = Path(__file__).parent / "trial.schema.json"
_ITEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
PROCEDURES, ITEMS, TRAINING_ITEMS, TRAIL = "procedures", "items", "training", "manager"


@dataclass(frozen=True)
class Manager:
    """Who signs charter, register and procedures.

    Args:
        id: register id.
        name: printed name.
        public_key: Ed25519 as PEM.
    """

    id: str
    name: str
    public_key: str


@dataclass(frozen=True)
class Charter:
    """What the program needs of a trial charter.

    Args:
        id, title, version, sponsor: of the trial.
        procedures: {"name": "SB-CORE-001@1.0.0", "content_hash": ...} by task.
        manager: who signs.
        seed: hexadecimal; the order of every worklist follows from it.
        software: version of this library that readings are made with.
        blinding: what a reader may see: `prior_allowed`, `interval_allowed`, `onset_allowed`, `visit_name_allowed`.
        visits: {"id", "from_hours", "to_hours", "expected": roles of series}.
        read_model: how two reads become one value: adjudicate, mean, single_and_audit or consensus.
        accepted: of two reads that do not differ: "R1" or "mean".
        discrepancies: by task the rules by which two reads differ, as of `discrepancy`; the shipped ones where a task has none.
        fixed_order: items are read in the order of the worklist.
        database_locked_utc: ISO 8601 once nothing may change any more; empty before.
    """

    id: str
    title: str
    version: str
    procedures: Mapping[str, Mapping[str, str]]
    manager: Manager
    seed: str
    sponsor: str = ""
    software: str = __version__
    blinding: Mapping[str, bool] = field(default_factory=lambda: {"prior_allowed": False})
    visits: tuple[Mapping[str, Any], ...] = ()
    read_model: str = "adjudicate"
    fixed_order: bool = True
    database_locked_utc: str = ""
    accepted: str = "R1"
    discrepancies: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A trial as it is on the disk.

    Args:
        folder: of the trial.
        charter: as signed.
        register: as signed.
        charter_sha256: hash of `trial.json`.
    """

    folder: Path
    charter: Charter
    register: Register
    charter_sha256: str

    @property
    def items(self) -> tuple[str, ...]:
        """Pseudonyms of all read items, sorted: the folders that hold an `item.json`."""
        return _items_below(self.folder / ITEMS)

    @property
    def training_items(self) -> tuple[str, ...]:
        """Pseudonyms of all training items, sorted."""
        return _items_below(self.folder / TRAINING_ITEMS)

    def item_folder(self, item_id: str) -> Path:
        """Folder of an item, there or not: below `training` where it is there, else below `items`.

        Raises:
            TrialError: W25, a name that leads elsewhere.
        """
        if not _ITEM_NAME.match(item_id):
            found, remedy = "a name that is no pseudonym", "name the folder of an item"
            raise TrialError(Issue("W25", Level.STOP, found, "letters, digits, - and _", remedy))
        training = self.folder / TRAINING_ITEMS / item_id
        return training if training.is_dir() else self.folder / ITEMS / item_id

    def procedure(self, task: str, now: datetime) -> Procedure:
        """The procedure of a task, effective, signed and as the charter names it.

        Raises:
            TrialError: W24, it was changed, is not signed, is another one, or is not effective today.
        """
        procedure = self.named_procedure(task)
        try:
            begin(procedure, now.date())
        except ProcedureError as error:
            raise TrialError(*(replace(issue, code="W24") for issue in error.issues)) from error
        return procedure

    def named_procedure(self, task: str) -> Procedure:
        """The procedure of a task, signed and as the charter names it, effective or not.

        Raises:
            TrialError: W24, it was changed, is not signed, or is another one.
        """
        return _named_procedure(self, task)


def read_trial(folder: Path) -> Trial:
    """A trial.

    Raises:
        TrialError: W29, the folder is none, or a file does not hold to its schema; W28, charter or register are not as signed.
    """
    folder = Path(folder)
    charter, digest = _read_charter(folder / CHARTER)
    for name in (CHARTER, REGISTER):
        require_signed(folder / name, charter.manager.public_key)
    return Trial(folder, charter, read_register(folder / REGISTER), digest)


def create_trial(
    folder: Path,
    *,
    trial_id: str,
    title: str,
    manager: str,
    manager_name: str,
    key: Path,
    passphrase: str,
    now: datetime,
    procedures: Path = SHIPPED,
    tasks: tuple[str, ...] = (),
    **more: Any,
) -> Trial:
    """Make a trial folder: charter, an empty register and the procedures, all signed by the study manager.

    Args:
        folder: new, or empty.
        trial_id, title: of the trial.
        manager, manager_name: register id and printed name of the study manager.
        key, passphrase: of the study manager, from `keys.make_key`.
        now: with its zone.
        procedures: folder with procedures as canonical JSON.
        tasks: that are read; all where empty.
        more: further fields of `Charter`.

    Raises:
        TrialError: W27 for the key; W29, the folder is not empty, or the charter would not hold to its schema.
        ProcedureError: a procedure that cannot be used.
        RecordError: O01, it cannot be written.
    """
    folder, private = Path(folder), unlock(key, passphrase)
    if folder.exists() and any(folder.iterdir()):
        raise _unusable(folder.name, "the folder is not empty", "a new folder", "choose another folder")
    found = [(path, read_procedure(path, NAMES)) for path in sorted(procedures.glob("*.json"))]
    chosen = [(path, one) for path, one in found if not tasks or one.task in tasks]
    _require_plan({one.task for _, one in found}, tasks, more.get("visits", ()), folder.name)
    charter = Charter(
        id=trial_id,
        title=title,
        version=more.pop("version", "1"),
        procedures={one.task: {"name": one.name, "content_hash": one.content_hash} for _, one in chosen},
        manager=Manager(manager, manager_name, public_key_of(private)),
        seed=more.pop("seed", "") or secrets.token_hex(16),
        discrepancies=_rules(more.pop("discrepancies", {}), [one.task for _, one in chosen]),
        **more,
    )
    content = _charter_bytes(charter)
    for path, _ in chosen:
        write_signed(folder / PROCEDURES / path.name, path.read_bytes(), private)
    write_signed(folder / REGISTER, register_bytes(Register()), private)
    write_signed(folder / CHARTER, content, private)
    manager_trail(folder, manager).append("trial.created", utc=now, new={"charter_sha256": _sha256(content)})
    return read_trial(folder)


def save_register(trial: Trial, register: Register, *, key: Path, passphrase: str, now: datetime, event: str) -> Trial:
    """Write a changed register, signed, and say so in the trail of the study manager.

    Args:
        trial: as it is.
        register: as it shall be.
        key, passphrase: of the study manager.
        now: with its zone.
        event: such as reader.added or reader.qualified.

    Raises:
        TrialError: W27, the key is not that of the study manager.
        RecordError: O01.
    """
    private = unlock(key, passphrase)
    require_manager(trial, private)
    content = register_bytes(register)
    trail = manager_trail(trial.folder, trial.charter.manager.id)
    trail.append(event, utc=now, new={"register_sha256": _sha256(content)})
    write_signed(trial.folder / REGISTER, content, private)
    return replace(trial, register=register)


def lock_database(trial: Trial, *, key: Path, passphrase: str, now: datetime) -> Trial:
    """Freeze all items: no reading, addendum or reopening any more.

    Raises:
        TrialError: W27, the key is not that of the study manager; W23, it is locked already.
    """
    private = unlock(key, passphrase)
    require_manager(trial, private)
    if trial.charter.database_locked_utc:
        found, remedy = f"locked on {trial.charter.database_locked_utc[:10]}", "nothing is to be done"
        raise TrialError(Issue("W23", Level.STOP, found, "a trial that is not locked", remedy, trial.charter.id))
    content = _charter_bytes(replace(trial.charter, database_locked_utc=now.isoformat(timespec="seconds")))
    trail = manager_trail(trial.folder, trial.charter.manager.id)
    trail.append("database.locked", utc=now, new={"charter_sha256": _sha256(content)})
    write_signed(trial.folder / CHARTER, content, private)
    return read_trial(trial.folder)


def require_manager(trial: Trial, private) -> None:
    """Refuse a key that is not the study manager's.

    Raises:
        TrialError: W27.
    """
    if public_key_of(private) != trial.charter.manager.public_key:
        found, remedy = "a key of somebody else", "use the key of the study manager"
        raise TrialError(Issue("W27", Level.STOP, found, "the key of the study manager", remedy, trial.charter.id))


def manager_trail(folder: Path, manager: str) -> ItemTrail:
    """Trail of what the study manager did to the trial as a whole."""
    return ItemTrail(folder, TRAIL, actor=manager, role=Actor.MANAGER, item="trial")


def assigned_items(folder: Path) -> dict[str, str]:
    """SHA-256 of `item.json` of every item that the study manager has assigned, by pseudonym, training cases among them."""
    entries, _ = read_trail(trail_path(folder, TRAIL))
    return {entry.new["item"]: entry.new["item_sha256"] for entry in entries if entry.event == Event.ASSIGN}


def new_pseudonym(trial: Trial, *, config: TrialConfig = TrialConfig()) -> str:
    """A random name that no item of the trial has."""
    while True:
        name = secrets.token_hex(config.pseudonym_bytes)
        if not trial.item_folder(name).exists():
            return name


def _require_plan(
    known: Collection[str], tasks: Sequence[str], visits: Sequence[Mapping[str, Any]], subject: str
) -> None:
    """Refuse a plan with tasks that no procedure is of, or with one visit twice.

    Raises:
        TrialError: W29.
    """
    unknown = sorted(set(tasks) - set(known))
    if unknown or not known:
        found, expected = (
            f"no procedure for {', '.join(unknown) or 'anything'}",
            ", ".join(sorted(known)) or "procedures",
        )
        raise _unusable(subject, found, f"tasks with a procedure: {expected}", "correct the tasks")
    names = [visit["id"] for visit in visits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _unusable(subject, f"visit {', '.join(twice)} twice", "every visit once", "correct the visits")


def _rules(given: Mapping[str, Any], tasks: Sequence[str]) -> dict[str, Any]:
    """Rules of discrepancies of every task that is read, so that they are signed with the charter."""
    known = {**shipped_rules(), **given}
    return {task: [dict(rule) for rule in known[task]] for task in sorted(tasks) if task in known}


def _items_below(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob("*/item.json")))


def _named_procedure(trial: Trial, task: str) -> Procedure:
    named = trial.charter.procedures.get(task)
    if named is None:
        known = ", ".join(sorted(trial.charter.procedures))
        raise _other_procedure(f"no procedure for {task}", f"one of {known}", task)
    path = _procedure_file(trial, named["name"])
    require_signed(path, trial.charter.manager.public_key, "W24")
    try:
        procedure = read_procedure(path, NAMES)
    except ProcedureError as error:
        raise TrialError(*(replace(issue, code="W24") for issue in error.issues)) from error
    if procedure.content_hash != named["content_hash"]:
        raise _other_procedure(f"{procedure.name} with other content", "the content that the charter names", task)
    return procedure


def _procedure_file(trial: Trial, name: str) -> Path:
    """File of a procedure by `sop_id@version`.

    Raises:
        TrialError: W24, there is none.
    """
    for path in sorted((trial.folder / PROCEDURES).glob("*.json")):
        try:
            data = json.loads(path.read_bytes())
            if f"{data['sop_id']}@{data['version']}" == name:
                return path
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    raise _other_procedure(f"no file of {name} in {PROCEDURES}", "the procedure that the charter names", name)


def _read_charter(path: Path) -> tuple[Charter, str]:
    try:
        content = path.read_bytes()
        data = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        found = f"{CHARTER}: {in_words(error)}"
        raise _unusable(path.parent.name, found, f"a trial folder with {CHARTER}", "name the trial folder") from error
    wrong = schema_errors(data, SCHEMA)
    if wrong or canonical_bytes(data) != content:
        found = wrong[0] if wrong else "its text is not the form in which it was written"
        raise _unusable(CHARTER, found, "a charter that holds to its schema", "restore the file")
    manager = Manager(**data.pop("manager"))
    del data["format"]
    return Charter(**{**data, "manager": manager, "visits": tuple(data["visits"])}), _sha256(content)


def _charter_bytes(charter: Charter) -> bytes:
    data = {"format": FORMAT, **asdict(charter), "visits": [dict(visit) for visit in charter.visits]}
    wrong = schema_errors(data, SCHEMA)
    if wrong:
        raise _unusable(CHARTER, wrong[0], "a charter that holds to its schema", "correct what was given")
    return canonical_bytes(data)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unusable(subject: str, found: str, expected: str, remedy: str) -> TrialError:
    return TrialError(Issue("W29", Level.STOP, found, expected, remedy, subject))


def _other_procedure(found: str, expected: str, subject: str) -> TrialError:
    remedy = "restore the procedure of the charter, or amend the charter with a bridging report"
    return TrialError(Issue("W24", Level.STOP, found, expected, remedy, subject))
