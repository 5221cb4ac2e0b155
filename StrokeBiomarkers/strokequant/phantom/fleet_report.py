"""The whole history as tables: every scanner with what it is qualified for, every number over time, every broken rule."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..phantom_types import ControlSignal
from ..qualification_config import ControlConfig
from ..record.files import canonical_json, rounded
from .fleet import Fleet, fleet
from .history import History, StoredSession
from .trend import LEADING, Trend, trend, trend_to_csv, trend_to_json

_SESSION = (
    "date",
    "time",
    "scanner",
    "phantom",
    "outcome",
    "valid_until",
    "software",
    "coil",
    "temperature_c",
    "digest",
)


@dataclass(frozen=True)
class FleetReport:
    """Everything of a history that is looked at.

    Args:
        sessions: in order of time.
        trends: of every number of every scanner.
        fleets: scanners compared in the numbers that matter most.
        problems: what does not hold in the chain of sessions.
    """

    sessions: tuple[StoredSession, ...]
    trends: tuple[Trend, ...]
    fleets: tuple[Fleet, ...]
    problems: tuple[str, ...]

    @property
    def signals(self) -> tuple[ControlSignal, ...]:
        """Broken rules of the last session of each scanner."""
        last = {one.scanner.key: one.date for one in self.sessions}
        return tuple(s for t in self.trends for s in t.signals if s.date == last[s.scanner])


def fleet_report(history: History, *, config: ControlConfig = ControlConfig()) -> FleetReport:
    """Charts and comparisons of a history."""
    sessions = history.sessions()
    scanners = sorted({one.scanner.key for one in sessions})
    metrics = history.metrics()
    trends = [trend(history, key, *metric, config=config) for key in scanners for metric in metrics]
    return FleetReport(
        sessions,
        tuple(t for t in trends if t.points),
        tuple(fleet(history, *metric) for metric in LEADING if metric in metrics),
        history.verify(),
    )


def fleet_contents(report: FleetReport) -> dict[str, bytes]:
    """File name -> content: sessions.csv, trend.csv, trend.json, fleet.csv, fleet.json."""
    return {
        "sessions.csv": _csv(_SESSION, [_session_row(one) for one in report.sessions]),
        "trend.csv": trend_to_csv(report.trends),
        "trend.json": trend_to_json(report.trends),
        "fleet.csv": _csv(_FLEET, [row for one in report.fleets for row in _fleet_rows(one)]),
        "fleet.json": canonical_json(fleet_data(report)),
    }


def fleet_data(report: FleetReport) -> dict:
    """Scanners, comparisons, broken rules and problems as plain data."""
    return {
        "sessions": [dict(zip(_SESSION, _session_row(one), strict=True)) for one in report.sessions],
        "fleets": [
            {
                "metric": one.metric,
                "insert": one.insert,
                "members": [dict(zip(_FLEET, row, strict=True)) for row in _fleet_rows(one)],
                "rdc": None if one.components is None else rounded(one.components.rdc.value),
                "rc": None if one.components is None else rounded(one.components.rc.value),
            }
            for one in report.fleets
        ],
        "signals": [
            {k: rounded(v) if isinstance(v, float) else v for k, v in asdict(s).items()} for s in report.signals
        ],
        "problems": list(report.problems),
    }


def fleet_text(report: FleetReport) -> str:
    """What a person reads: the last session of every scanner, those that stand apart, broken rules."""
    lines = [_line(one) for one in last_sessions(report)]
    for one in report.fleets:
        for member in one.members:
            if member.apart:
                lines.append(
                    f"apart from the others in {one.metric} {one.insert}: {_name(member.scanner)}, {member.mean:.4g}"
                )
    lines += [f"{_name(s.scanner)}: {s.words}" for s in report.signals]
    lines += [f"history: {problem}" for problem in report.problems]
    return "\n".join(lines) if lines else "no session"


def last_sessions(report: FleetReport) -> tuple[StoredSession, ...]:
    """The last session of every scanner with every kind of phantom."""
    last = {(one.scanner.key, str(one.content.get("kind"))): one for one in report.sessions}
    return tuple(one for _, one in sorted(last.items(), key=lambda item: item[0]))


def _line(one: StoredSession) -> str:
    until = f" until {one.valid_until}" if one.valid_until else ""
    kind = str(one.content.get("kind", "")).replace("_", " ")
    return f"{_name(one.scanner.key)}: {one.outcome.replace('_', ' ')}{until} ({kind}, {one.date})"


def _name(key: str) -> str:
    return key.replace("|", " ")


_FLEET = ("metric", "insert", "scanner", "outcome", "valid_until", "session_date", "n", "mean", "sd", "last", "apart")


def _fleet_rows(one: Fleet) -> list[tuple]:
    rows = []
    for m in one.members:
        values = (m.scanner, str(m.outcome), m.valid_until, m.session_date, m.n, m.mean, m.sd, m.last, m.apart)
        rows.append((one.metric, one.insert, *(rounded(v) if isinstance(v, float) else v for v in values)))
    return rows


def _session_row(one: StoredSession) -> tuple:
    state = one.scanner
    return (
        one.date,
        one.time,
        state.key,
        one.phantom,
        str(one.outcome),
        one.valid_until,
        state.equipment.software,
        state.coil,
        one.content.get("temperature_c"),
        one.digest,
    )


def _csv(head: Sequence[str], rows: Sequence[tuple]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return text.getvalue().encode("utf-8")
