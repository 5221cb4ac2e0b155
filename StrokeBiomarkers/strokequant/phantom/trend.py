"""Trend of one number on one scanner: target, sigma, z, control rules, and what is not pooled.

Points before and after a change of the scanner (software, coil, hardware) or an event are different segments. Sigma is that of the first baseline
points of the segment, frozen before later points are judged by it; while there are fewer, it is pooled over all segments of the fleet.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..errors import Issue, Level
from ..phantom_types import ControlSignal, PhantomRecord
from ..qualification_config import ControlConfig
from ..record.files import canonical_json, rounded
from ..statistics.control_charts import cusum, westgard
from .history import History, Point
from .metrics import PHANTOM_METRICS
from .scanner import scanner_changes

LEADING = (
    ("adc_bias_percent", "V0"),
    ("adc_bias_percent", "water"),
    ("hu_slope", ""),
    ("hu", "water"),
    ("mri_piu", ""),
    ("volume_bias_percent", "10 mL"),
)
"""Numbers that are shown first: scanners are compared in them, and every report has their charts."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One session on a control chart.

    Args:
        segment: number from 1; a change of the scanner starts a new one.
        z: (value - target) / sigma; None where there is no sigma or the number is not judged.
        cusum_upper, cusum_lower: sums after this point.
        rules: rules that this point breaks.
        judged: False where the analysis did not trust the number; it is shown and not used.
    """

    session: int
    date: str
    time: str
    value: float
    uncertainty: float | None
    segment: int
    target: float | None
    sigma: float | None
    sigma_source: str
    z: float | None
    cusum_upper: float | None
    cusum_lower: float | None
    rules: tuple[str, ...]
    judged: bool = True


@dataclass(frozen=True)
class Trend:
    """One metric of one insert on one scanner over time.

    Args:
        changes: why segments 2, 3, ... begin, in words.
    """

    scanner: str
    metric: str
    insert: str
    unit: str
    points: tuple[TrendPoint, ...]
    changes: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def number(self) -> tuple[str, str]:
        """Metric and insert."""
        return self.metric, self.insert

    @property
    def signals(self) -> tuple[ControlSignal, ...]:
        """Every broken rule, in order of time."""
        return tuple(
            ControlSignal(self.scanner, self.metric, self.insert, rule, p.date, p.value, p.z, self._words(rule, p))
            for p in self.points
            for rule in p.rules
        )

    def _words(self, rule: str, point: TrendPoint) -> str:
        entry = PHANTOM_METRICS[self.metric]
        which = f" {self.insert}" if self.insert else ""
        unit = f" {entry.unit_text}" if entry.unit_text else ""
        value = f"{point.value:.{entry.decimals}f}{unit}"
        return f"{entry.name}{which} on {point.date}: {value}, {point.z:+.1f} sigma; rule {rule}"


def trend(
    history: History, scanner: str, metric: str, insert: str = "", *, config: ControlConfig = ControlConfig()
) -> Trend:
    """Control chart of one number of one scanner.

    Args:
        scanner: key of `ScannerState`.
    """
    points = [p for p in history.points(metric, insert) if p.date]
    own = [p for p in points if p.scanner == scanner]
    segments, changes = _segments(history, scanner, own)
    pooled = _pooled_sigma(history, points, config)
    found, issues = [], []
    for number in range(1, max(segments, default=0) + 1):
        part = [p for p, s in zip(own, segments, strict=True) if s == number]
        charted, issue = _chart(part, number, metric, pooled, config)
        found += charted
        issues += issue
    unit = PHANTOM_METRICS[metric].unit
    return Trend(scanner, metric, insert, unit, tuple(found), tuple(changes), tuple(issues))


def with_trend(record: PhantomRecord, history: History, *, config: ControlConfig = ControlConfig()) -> PhantomRecord:
    """The record with the rules that its own session breaks, the charts of these and of the leading numbers, and what has changed on its scanner.

    The session must be in the history already.
    """
    key, date, time = record.session.scanner.key, record.session.date, record.session.time
    measured = {(m.metric, m.insert) for m in record.session.measurements if m.value is not None}
    signals, kept = [], []
    for metric, insert in sorted(measured):
        chart = trend(history, key, metric, insert, config=config)
        until = replace(chart, points=tuple(p for p in chart.points if (p.date, p.time) <= (date, time)))
        now = [p for p in chart.points if (p.date, p.time) == (date, time)]
        broken = replace(chart, points=tuple(now)).signals
        signals += broken
        if until.points and (broken or (metric, insert) in LEADING):
            kept.append(until)
    kept.sort(key=lambda one: LEADING.index(one.number) if one.number in LEADING else len(LEADING))
    changes = changes_before(history, record)
    return replace(record, signals=tuple(signals), trends=tuple(kept), changes=changes)


def changes_before(history: History, record: PhantomRecord) -> tuple[str, ...]:
    """What has changed on the scanner of a session since the one before with this kind of phantom, and events in between; in words."""
    session = record.session
    kind = "" if session.phantom is None else str(session.phantom.kind)
    now = (session.date, session.time)
    earlier = [
        one
        for one in history.sessions(session.scanner.key)
        if session.date and one.content.get("kind") == kind and (one.date, one.time) < now
    ]
    if not earlier:
        return ()
    last = earlier[-1]
    found = [f"{words} since {last.date}" for words in scanner_changes(last.scanner, session.scanner)]
    events = history.events(session.scanner.key)
    return (*found, *(f"{e.date}: {e.words}" for e in events if last.date < e.date <= session.date))


def trend_to_csv(trends: Sequence[Trend]) -> bytes:
    """All points of charts as one table."""
    names = ("session", "date", "time", "value", "uncertainty", "segment", "target", "sigma", "sigma_source", "z")
    names += ("cusum_upper", "cusum_lower", "rules")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("scanner", "metric", "insert", "unit", *names))
    for one in trends:
        for point in one.points:
            values = [_cell(getattr(point, name)) for name in names]
            writer.writerow((one.scanner, one.metric, one.insert, one.unit, *values))
    return text.getvalue().encode("utf-8")


def trend_to_json(trends: Sequence[Trend]) -> bytes:
    """The same as canonical JSON, with changes and signals."""
    return canonical_json([trend_data(one) for one in trends])


def trend_data(one: Trend) -> dict[str, Any]:
    """A chart as plain data."""
    return {
        "scanner": one.scanner,
        "metric": one.metric,
        "insert": one.insert,
        "unit": one.unit,
        "changes": list(one.changes),
        "points": [{k: _plain(v) for k, v in asdict(p).items()} for p in one.points],
        "signals": [{k: _plain(v) for k, v in asdict(s).items()} for s in one.signals],
        "issues": [issue.as_dict() for issue in one.issues],
    }


def _plain(value):
    if isinstance(value, tuple):
        return list(value)
    return rounded(value) if isinstance(value, float) else value


def _cell(value) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else str(rounded(value) if isinstance(value, float) else value)


def _segments(history: History, scanner: str, points: Sequence[Point]) -> tuple[list[int], list[str]]:
    """Segment of every point, and why each new one begins."""
    states = {one.number: one.scanner for one in history.sessions(scanner)}
    events = history.events(scanner)
    segments, changes, number = [], [], 1
    for before, now in zip((None, *points), points, strict=False):
        if before is not None:
            why = [f"{now.date}: {words}" for words in scanner_changes(states[before.session], states[now.session])]
            why += [f"{e.date}: {e.words}" for e in events if before.date < e.date <= now.date]
            number += bool(why)
            changes += ["; ".join(why)] if why else []
        segments.append(number)
    return segments, changes


def _pooled_sigma(history: History, points: Sequence[Point], config: ControlConfig) -> float | None:
    """SD within segments over all scanners; None with too few points."""
    squares, df = 0.0, 0
    for scanner in sorted({p.scanner for p in points}):
        own = [p for p in points if p.scanner == scanner]
        segments, _ = _segments(history, scanner, own)
        for number in set(segments):
            part = zip(own, segments, strict=True)
            values = [p.value for p, s in part if s == number and p.judged][: config.baseline_points]
            if len(values) > 1:
                squares += float(np.var(values)) * len(values)
                df += len(values) - 1
    return float(np.sqrt(squares / df)) if df >= config.least_points - 1 else None


def _chart(part: Sequence[Point], segment: int, metric: str, pooled: float | None, config: ControlConfig):
    """Points of one segment with z, sums and rules; an issue where there is no sigma."""
    values = np.array([p.value for p in part if p.judged])
    baseline = values[: config.baseline_points]
    full = len(baseline) == config.baseline_points
    target = PHANTOM_METRICS[metric].target
    if target is None and len(baseline) >= config.least_points:
        target = float(baseline.mean())
    sigma = float(baseline.std(ddof=1)) if full else pooled
    source = f"first {config.baseline_points} points" if full else "pooled over the fleet" if pooled is not None else ""
    floor = config.sigma_floor * max(1.0, abs(target or 0.0))
    if target is None or sigma is None or sigma <= floor:
        return [_bare(p, segment, target) for p in part], [_too_few(metric, len(values), config)]
    z = (values - target) / sigma
    rules, sums = westgard(z), cusum(z, k=config.cusum_k, h=config.cusum_h)
    charted, n = [], 0
    for point in part:
        bare = replace(_bare(point, segment, target), sigma=sigma, sigma_source=source)
        if point.judged:
            broken = [rule for rule, marked in rules.items() if marked[n]] + ["cusum"] * bool(sums.signals[n])
            upper, lower = float(sums.upper[n]), float(sums.lower[n])
            bare = replace(bare, z=float(z[n]), cusum_upper=upper, cusum_lower=lower, rules=tuple(broken))
            n += 1
        charted.append(bare)
    return charted, []


def _bare(p: Point, segment: int, target: float | None) -> TrendPoint:
    facts = (p.session, p.date, p.time, p.value, p.uncertainty, segment, target)
    return TrendPoint(*facts, None, "", None, None, None, (), p.judged)


def _too_few(metric: str, count: int, config: ControlConfig) -> Issue:
    expected = f"{config.baseline_points} points, or {config.least_points} over all scanners, that differ"
    return Issue("Q68", Level.INFO, f"{count} points", expected, "no control limits yet", metric)
