"""The history of phantom sessions: one SQLite file that is only ever added to.

Rows cannot be changed or removed (triggers), and each session carries the hash of the one before it, so that a gap or an edit by other means is seen
by `verify`. A session is known by scanner, time and the hashes of its images: analyzed again, the later analysis counts and the earlier one stays.
No clock is read.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from ..phantom_types import PhantomMeasurement, PhantomRecord, PhantomSession, Qualification, ScannerState
from ..record.files import canonical_json, rounded
from ..types import Equipment

VERSION = 1
_APPLICATION = 0x53515048
_FIRST = "0" * 64
_TABLES = """
CREATE TABLE session (
  number INTEGER PRIMARY KEY, identity TEXT NOT NULL, scanner TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL, phantom TEXT NOT NULL,
  outcome TEXT NOT NULL, valid_until TEXT NOT NULL, content TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL UNIQUE);
CREATE TABLE measurement (
  session INTEGER NOT NULL REFERENCES session(number), metric TEXT NOT NULL, insert_label TEXT NOT NULL, repeat INTEGER, protocol_group TEXT NOT NULL,
  value REAL, unit TEXT NOT NULL, uncertainty REAL, reference REAL, judged INTEGER NOT NULL, status TEXT NOT NULL);
CREATE INDEX measurement_metric ON measurement(metric, insert_label);
CREATE TABLE event (number INTEGER PRIMARY KEY, scanner TEXT NOT NULL, date TEXT NOT NULL, words TEXT NOT NULL, reader TEXT NOT NULL);
"""


@dataclass(frozen=True)
class StoredSession:
    """A session as the history keeps it.

    Args:
        number: order of entry, from 1.
        content: everything else as plain data: phantom, temperature, sets, reasons, protocol, inputs, software, signed_by.
    """

    number: int
    identity: str
    scanner: ScannerState
    date: str
    time: str
    phantom: str
    outcome: Qualification
    valid_until: str
    content: dict[str, Any] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a scanner: an upgrade, a new coil, a repair, a refill of the phantom."""

    scanner: str
    date: str
    words: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One number of one session: over all passes, or the mean of the passes.

    Args:
        session: number of the session.
        judged: False where the analysis did not trust it; such points are shown and not used.
    """

    session: int
    scanner: str
    date: str
    time: str
    value: float
    uncertainty: float | None
    judged: bool


class History:
    """An open history file.

    Args:
        path: made where it is not there.
        must_exist: refuse instead of making one.

    Raises:
        UsageError: Q69, a file that is no history, or of a later version, or is not there.
    """

    def __init__(self, path: Path, *, must_exist: bool = False):
        self._path = Path(path)
        self._known: tuple[StoredSession, ...] = ()
        if must_exist and not self._path.is_file():
            remedy = "name the history of the site; a phantom session entered with --history makes one"
            raise self._refused("no such file", remedy)
        with self._open() as connection:
            self._prepare(connection)

    def add(self, record: PhantomRecord) -> int | None:
        """Append a session; its number, or None where the very same is there already."""
        session = record.session
        row = _row(record)
        measurements = [_measurement_row(m) for m in session.measurements]
        with self._open() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            last = connection.execute("SELECT number, digest FROM session ORDER BY number DESC LIMIT 1").fetchone()
            number, previous = (last[0] + 1, last[1]) if last else (1, _FIRST)
            latest = connection.execute(
                "SELECT content FROM session WHERE identity = ? ORDER BY number DESC LIMIT 1", (row["identity"],)
            ).fetchone()
            if latest and latest[0] == row["content"]:
                return None
            digest = _digest(previous, row, measurements)
            values = (number, *row.values(), previous, digest)
            connection.execute(f"INSERT INTO session VALUES ({', '.join('?' * len(values))})", values)
            marks = ", ".join("?" * 11)
            connection.executemany(
                f"INSERT INTO measurement VALUES ({marks})", [(number, *found) for found in measurements]
            )
        return number

    def add_event(self, event: Event) -> None:
        """Append an event: points before and after it are never pooled."""
        with self._open() as connection, connection:
            connection.execute(
                "INSERT INTO event (scanner, date, words, reader) VALUES (?, ?, ?, ?)",
                (event.scanner, event.date, event.words, event.reader),
            )

    def sessions(self, scanner: str = "", *, every_analysis: bool = False) -> tuple[StoredSession, ...]:
        """Sessions by date and time.

        Args:
            scanner: key of `ScannerState`; empty for all.
            every_analysis: True: those that a later analysis of the same images replaced, too.
        """
        stored = [one for one in self._loaded() if not scanner or one.scanner.key == scanner]
        if not every_analysis:
            stored = list({one.identity: one for one in stored}.values())
        return tuple(sorted(stored, key=lambda one: (one.date, one.time, one.number)))

    def events(self, scanner: str = "") -> tuple[Event, ...]:
        """Events by date."""
        with self._open() as connection:
            rows = connection.execute("SELECT scanner, date, words, reader FROM event ORDER BY date, number").fetchall()
        return tuple(Event(*row) for row in rows if not scanner or row["scanner"] == scanner)

    def metrics(self) -> tuple[tuple[str, str], ...]:
        """(metric, insert) pairs that have numbers, sorted."""
        query = "SELECT DISTINCT metric, insert_label FROM measurement WHERE value IS NOT NULL ORDER BY 1, 2"
        with self._open() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def points(self, metric: str, insert: str = "", *, scanner: str = "") -> tuple[Point, ...]:
        """One number for each session that has one, by date."""
        query = (
            "SELECT session, protocol_group, repeat, value, uncertainty, judged FROM measurement "
            "WHERE metric = ? AND insert_label = ? AND value IS NOT NULL ORDER BY session, repeat"
        )
        with self._open() as connection:
            rows = connection.execute(query, (metric, insert)).fetchall()
        by_session: dict[int, list] = {}
        for row in rows:
            by_session.setdefault(row["session"], []).append(row)
        return tuple(_point(one, by_session[one.number]) for one in self.sessions(scanner) if one.number in by_session)

    def verify(self) -> tuple[str, ...]:
        """What does not hold in the chain of sessions; empty where all does."""
        problems, previous = [], _FIRST
        with self._open() as connection:
            for expected, row in enumerate(connection.execute("SELECT * FROM session ORDER BY number").fetchall(), 1):
                found = connection.execute(
                    "SELECT * FROM measurement WHERE session = ? ORDER BY rowid", (row["number"],)
                ).fetchall()
                content = {name: row[name] for name in _ROW}
                digest = _digest(row["previous"], content, [tuple(m)[1:] for m in found])
                if row["number"] != expected or row["previous"] != previous:
                    problems.append(f"session {row['number']}: the session before it is missing or another")
                if digest != row["digest"]:
                    problems.append(f"session {row['number']}: changed since it was entered")
                previous = row["digest"]
        return tuple(problems)

    def _loaded(self) -> tuple[StoredSession, ...]:
        """All sessions in order of entry; only those entered since the last look are read."""
        query = "SELECT * FROM session WHERE number > ? ORDER BY number"
        with self._open() as connection:
            rows = connection.execute(query, (self._known[-1].number if self._known else 0,)).fetchall()
        self._known += tuple(_stored(row) for row in rows)
        return self._known

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise self._refused(str(error)) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        count = "SELECT count(*) FROM sqlite_master"
        if not connection.execute(count).fetchone()[0]:
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute(count).fetchone()[0]:
                for statement in (*_TABLES.split(";\n"), *_triggers()):
                    if statement.strip():
                        connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if (application, version) != (_APPLICATION, VERSION):
            raise self._refused(f"a database of application {application}, version {version}")

    def _refused(
        self, found: str, remedy: str = "name another file; a new one is made where there is none"
    ) -> UsageError:
        expected = f"a phantom history of version {VERSION} that can be written"
        return UsageError(Issue("Q69", Level.STOP, found, expected, remedy, self._path.name))


_ROW = ("identity", "scanner", "date", "time", "phantom", "outcome", "valid_until", "content")


def _triggers() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append only'); END"
        for table in ("session", "measurement", "event")
        for verb in ("UPDATE", "DELETE")
    ]


def session_identity(session: PhantomSession) -> str:
    """Hash of scanner, time and images; where images are not known, of the numbers."""
    hashes = sorted(ref.sha256 for ref in session.inputs)
    numbers = [] if hashes else [_measurement_row(m) for m in session.measurements]
    content = [session.scanner.key, session.date, session.time, hashes, numbers]
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _row(record: PhantomRecord) -> dict[str, str]:
    session, verdict = record.session, record.verdict
    phantom = session.phantom
    content = {
        "scanner": _plain_scanner(session.scanner),
        "phantom": None
        if phantom is None
        else {"id": phantom.id, "version": phantom.version, "sha256": phantom.sha256},
        "kind": "" if phantom is None else str(phantom.kind),
        "temperature_c": session.temperature_c,
        "sets": list(verdict.sets),
        "reasons": list(verdict.reasons),
        "protocol": session.protocol,
        "inputs": sorted([ref.uid, ref.sha256] for ref in session.inputs),
        "software": record.software,
        "outcome": str(verdict.outcome),
        "valid_until": verdict.valid_until,
        "measurements": [list(_measurement_row(m)) for m in session.measurements],
    }
    if record.sign_offs:
        content["signed_by"] = [one.reader for one in record.sign_offs]
    values = (
        session_identity(session),
        session.scanner.key,
        session.date,
        session.time,
        phantom.id if phantom else "",
        str(verdict.outcome),
        verdict.valid_until,
        json.dumps(content, sort_keys=True, ensure_ascii=False, default=str),
    )
    return dict(zip(_ROW, values, strict=True))


def _plain_scanner(scanner: ScannerState) -> dict[str, Any]:
    e = scanner.equipment
    return {
        "manufacturer": e.manufacturer,
        "model": e.model,
        "software": e.software,
        "serial": e.serial,
        "field_strength_t": e.field_strength_t,
        "modality": scanner.modality,
        "coil": scanner.coil,
        "hardware": dict(scanner.hardware),
    }


def _measurement_row(m: PhantomMeasurement) -> tuple:
    numbers = [None if v is None else rounded(float(v)) for v in (m.value, m.uncertainty, m.reference)]
    value, uncertainty, reference = numbers
    return (m.metric, m.insert, m.repeat, m.group, value, m.unit, uncertainty, reference, int(m.judged), str(m.status))


def _digest(previous: str, row: dict[str, Any], measurements: list[tuple]) -> str:
    content = [previous, dict(row), [list(found) for found in measurements]]
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _stored(row: sqlite3.Row) -> StoredSession:
    content = json.loads(row["content"])
    facts = dict(content["scanner"])
    modality, coil, hardware = (facts.pop(name) for name in ("modality", "coil", "hardware"))
    return StoredSession(
        number=row["number"],
        identity=row["identity"],
        scanner=ScannerState(Equipment(**facts), modality, coil, hardware),
        date=row["date"],
        time=row["time"],
        phantom=row["phantom"],
        outcome=Qualification(row["outcome"]),
        valid_until=row["valid_until"],
        content=content,
        digest=row["digest"],
    )


def _point(session: StoredSession, rows: list[sqlite3.Row]) -> Point:
    """The number over all passes where there is one, else the mean of the passes; of the first protocol, for they are never pooled."""
    first = min(row["protocol_group"] for row in rows)
    rows = [row for row in rows if row["protocol_group"] == first]
    used = [row for row in rows if row["repeat"] is None] or rows
    value = sum(row["value"] for row in used) / len(used)
    uncertainty = used[0]["uncertainty"] if len(used) == 1 else None
    judged = all(row["judged"] for row in used)
    return Point(session.number, session.scanner.key, session.date, session.time, value, uncertainty, judged)
