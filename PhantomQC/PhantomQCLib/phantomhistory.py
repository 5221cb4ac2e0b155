"""The history file that a person has chosen: scanners, their control charts, how they compare, what ends a qualification."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from strokequant.phantom.fleet import Fleet, fleet
from strokequant.phantom.fleet_report import fleet_contents, fleet_report
from strokequant.phantom.history import Event, History, StoredSession
from strokequant.phantom.trend import LEADING, Trend, changes_before, trend
from strokequant.phantom_types import PhantomRecord, Qualification
from strokequant.record.files import write_files
from strokequant.record.phantom_fleet import fleet_page

Number = tuple[str, str]
"""Metric and insert."""


class ScannerLine(NamedTuple):
    """One scanner with one kind of phantom.

    Args:
        isOver: the qualification has ended by today.
        rules: broken by its last session in the number that is shown.
    """

    session: StoredSession
    isOver: bool
    rules: tuple[str, ...]


class PhantomHistory:
    """An open history, or none. The file is read again with every question: other people add to it."""

    def __init__(self):
        self._history: History | None = None
        self.path = ""

    def open(self, path: str) -> None:
        """Take a file; an empty path takes none.

        Raises:
            UsageError: Q69, no history of this version; the one before stays.
        """
        self._history = History(Path(path), must_exist=True) if path else None
        self.path = path

    def isOpen(self) -> bool:
        """True where a file is taken."""
        return self._history is not None

    def scanners(self) -> tuple[str, ...]:
        """Keys of all scanners."""
        return tuple(sorted({one.scanner.key for one in self._sessions()}))

    def numbers(self, scanner: str) -> tuple[Number, ...]:
        """Numbers that a scanner has more than one point of, the leading ones first; those of one point where there is no other."""
        if self._history is None or not scanner:
            return ()
        counts = {n: len(self._history.points(*n, scanner=scanner)) for n in self._history.metrics()}
        found = [n for n, count in counts.items() if count > 1] or [n for n, count in counts.items() if count]
        return tuple(sorted(found, key=lambda n: (LEADING.index(n) if n in LEADING else len(LEADING), n)))

    def chart(self, scanner: str, number: Number) -> Trend | None:
        """Control chart of one number of one scanner."""
        return trend(self._history, scanner, *number) if self._history is not None and scanner and number else None

    def compare(self, number: Number) -> Fleet | None:
        """All scanners in one number."""
        return fleet(self._history, *number) if self._history is not None and number else None

    def lines(self, number: Number, today: date) -> tuple[ScannerLine, ...]:
        """Last session of every scanner with every kind of phantom."""
        last = {(one.scanner.key, str(one.content.get("kind"))): one for one in self._sessions()}
        return tuple(self._line(one, number, today) for _, one in sorted(last.items(), key=lambda item: item[0]))

    def problems(self) -> tuple[str, ...]:
        """What does not hold in the chain of sessions."""
        return self._history.verify() if self._history is not None else ()

    def changes(self, record: PhantomRecord) -> tuple[str, ...]:
        """What has changed on the scanner of a session since the one before."""
        return changes_before(self._history, record) if self._history is not None else ()

    def addEvent(self, scanner: str, day: str, words: str, reader: str) -> None:
        """Enter an upgrade, a new coil, a repair, a refill: points before and after are never pooled."""
        self._history.add_event(Event(scanner, day, words, reader))

    def export(self, out: Path) -> Path:
        """Write tables and the page of all scanners.

        Returns:
            the page.

        Raises:
            RecordError: O01 where the folder cannot be written.
        """
        report = fleet_report(self._history)
        write_files(Path(out), fleet_contents(report) | {"scanners.html": fleet_page(report)})
        return Path(out) / "scanners.html"

    def _sessions(self) -> tuple[StoredSession, ...]:
        return self._history.sessions() if self._history is not None else ()

    def _line(self, one: StoredSession, number: Number, today: date) -> ScannerLine:
        good = one.outcome in (Qualification.QUALIFIED, Qualification.CONDITIONAL)
        isOver = good and bool(one.valid_until) and today.isoformat() > one.valid_until
        chart = self.chart(one.scanner.key, number)
        points = [p for p in chart.points if p.session == one.number] if chart is not None else []
        return ScannerLine(one, isOver, points[-1].rules if points else ())
