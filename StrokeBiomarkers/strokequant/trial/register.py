"""Register of readers: who may read which procedure, from when and until when, and the key that a signature must be of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, TrialError
from ..record.files import schema_errors
from ..sop.canonical import canonical_bytes
from ..sop.procedure import Procedure
from .plain_words import in_words

FORMAT = "strokequant register 1"
REGISTER = "register.json"
SCHEMA = Path(__file__).parent / "register.schema.json"


@dataclass(frozen=True)
class Qualification:
    """One attempt at the test of a procedure; every attempt is kept.

    Args:
        procedure: SOP id, such as SB-CORE-001.
        major: of the version that was tested.
        date: of the test.
        expires: last day on which it holds.
        score: share of the points, 0 to 1.
        passed: by the criteria of the procedure.
    """

    procedure: str
    major: int
    date: date
    expires: date
    score: float
    passed: bool


@dataclass(frozen=True)
class Reader:
    """One person of the register.

    Args:
        id: register id, such as R1.
        name: as it is printed under a signature.
        roles: such as reader or adjudicator.
        public_key: Ed25519 as PEM; empty while there is none.
        qualifications: attempts, oldest first.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ("reader",)
    public_key: str = ""
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True)
class Register:
    """Everybody who may read or manage."""

    readers: tuple[Reader, ...] = ()

    def reader(self, reader_id: str) -> Reader | None:
        """The person of this id; None where there is none."""
        return next((one for one in self.readers if one.id == reader_id), None)

    def with_reader(self, reader: Reader) -> "Register":
        """The register with one person added or replaced, in the order of ids."""
        others = (one for one in self.readers if one.id != reader.id)
        return replace(self, readers=tuple(sorted((*others, reader), key=lambda one: one.id)))

    def with_qualification(self, reader_id: str, qualification: Qualification) -> "Register":
        """The register with one more attempt of a reader.

        Raises:
            TrialError: W20, there is no such reader.
        """
        reader = self.reader(reader_id)
        if reader is None:
            raise TrialError(unknown_reader(reader_id))
        attempts = (*reader.qualifications, qualification)
        return self.with_reader(replace(reader, qualifications=attempts))


def qualification(reader: Reader, procedure: Procedure, today: date) -> str:
    """Why a reader may not read by a procedure today, in plain words; empty where the reader may."""
    major = int(procedure.version.partition(".")[0])
    of_procedure = [q for q in reader.qualifications if q.procedure == procedure.sop_id]
    of_version = [q for q in of_procedure if q.major == major]
    passed = [q for q in of_version if q.passed]
    begun = [q for q in passed if q.date <= today]
    if any(today <= q.expires for q in begun):
        return ""
    if not of_procedure:
        return f"{reader.id} has no qualification for {procedure.sop_id}"
    if not of_version:
        known = sorted({q.major for q in of_procedure})
        versions = ", ".join(f"{n}.x" for n in known)
        return f"{reader.id} is qualified for version {versions} of {procedure.sop_id}, not for {procedure.version}"
    if not passed:
        return f"{reader.id} has not passed the test of {procedure.name}"
    if not begun:
        return f"the qualification of {reader.id} begins on {min(q.date for q in passed).isoformat()}"
    return f"the qualification of {reader.id} expired on {max(q.expires for q in begun).isoformat()}"


def key_problem(register: Register, reader: Reader, manager: str, manager_key: str, *, has_signed: bool) -> str:
    """Why a person may not be entered with this key, in plain words; empty where it is allowed.

    Args:
        register: as it is.
        reader: as it shall be.
        manager, manager_key: id and public key of the study manager, who reads nothing.
        has_signed: readings are signed under the key that the register holds of this id.
    """
    if reader.id == manager or reader.public_key == manager_key:
        return "the study manager reads nothing for endpoints"
    others = [one.id for one in register.readers if one.public_key == reader.public_key and one.id != reader.id]
    if others:
        return f"the key belongs to {others[0]} already"
    known = register.reader(reader.id)
    if has_signed and known is not None and known.public_key != reader.public_key:
        return f"readings are signed with another key of {reader.id}, which would not verify any more: enter a new id"
    return ""


def role_problem(reader: Reader, model: str) -> str:
    """Why somebody may not read items of a model by the roles of the register, in plain words; empty where it is allowed."""
    needed = {"adjudicator"} if model == "adjudication" else {"reader", "adjudicator"}
    return "" if needed & set(reader.roles) else f"{reader.id} has the roles {', '.join(reader.roles)}"


def unknown_reader(reader_id: str) -> Issue:
    """The issue of a reader whom the register does not hold."""
    remedy = "choose another reader, or let the study manager register this one"
    return Issue("W20", Level.STOP, f"no reader {reader_id}", "a reader of the register", remedy, reader_id)


def read_register(path: Path) -> Register:
    """The register of a trial.

    Raises:
        TrialError: W29, there is none, or it does not hold to its schema.
    """
    try:
        content = path.read_bytes()
        data = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path, in_words(error)) from error
    wrong = schema_errors(data, SCHEMA)
    if wrong or register_bytes_of(data) != content:
        raise _unusable(path, wrong[0] if wrong else "its text is not the form in which it was written")
    return Register(tuple(_reader(plain) for plain in data["readers"]))


def register_bytes(register: Register) -> bytes:
    """A register as it is written.

    Raises:
        TrialError: W29, it would not hold to its schema; a register that cannot be read again would stop the whole trial.
    """
    data = {"format": FORMAT, "readers": [_plain(reader) for reader in register.readers]}
    content = register_bytes_of(data)
    wrong = schema_errors(json.loads(content), SCHEMA)
    if wrong:
        found, expected = f"{REGISTER}: {wrong[0]}", "a register that holds to its schema"
        raise TrialError(Issue("W29", Level.STOP, found, expected, "correct what was given", REGISTER))
    return content


def register_bytes_of(data: Any) -> bytes:
    """Plain data of a register as it is written."""
    return canonical_bytes(data)


def _reader(plain: Mapping[str, Any]) -> Reader:
    attempts = tuple(
        Qualification(**{**q, "date": date.fromisoformat(q["date"]), "expires": date.fromisoformat(q["expires"])})
        for q in plain["qualifications"]
    )
    return Reader(**{**plain, "roles": tuple(plain["roles"]), "qualifications": attempts})


def _plain(reader: Reader) -> dict[str, Any]:
    plain = asdict(reader)
    for attempt in plain["qualifications"]:
        attempt |= {"date": attempt["date"].isoformat(), "expires": attempt["expires"].isoformat()}
    return plain


def _unusable(path: Path, found: str) -> TrialError:
    return TrialError(
        Issue("W29", Level.STOP, f"{path.name}: {found}", "the register of a trial", "restore the file", path.name)
    )
