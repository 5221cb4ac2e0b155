"""Control charts of a scanner as SVG: Shewhart with the rules that points break, CUSUM with its decision interval.

From the plain data of `trend_data`, so that the report of a session and that of the fleet show the same.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from ..phantom.metrics import PHANTOM_METRICS
from ..qualification_config import ControlConfig
from .figures import Axes, chart

Data = Mapping[str, Any]

_TICKS = 5
_LETTER_PX = 6.2
"""Width of a letter of the name of a rule; names that would lie on each other are left to the words of the chart."""


def trend_figures(trends: Iterable[Data]) -> str:
    """Both charts of every trend side by side; empty where there is none."""
    cards = []
    for one in trends:
        shown = [picture for picture in (shewhart_chart(one), cusum_chart(one)) if picture]
        if shown:
            title = f"<h3>{escape(trend_title(one))}</h3>"
            notes = "".join(f'<p class="note">New segment: {escape(words)}</p>' for words in one["changes"])
            figures = "".join(f"<figure>{picture}</figure>" for picture in shown)
            cards.append(f'{title}<div class="charts">{figures}</div>{notes}')
    return "".join(cards)


def trend_title(one: Data) -> str:
    """Number, insert and unit."""
    entry = PHANTOM_METRICS[one["metric"]]
    unit = f" ({entry.unit_text})" if entry.unit_text else ""
    return f"{entry.name}{' ' + one['insert'] if one['insert'] else ''}{unit}"


def shewhart_chart(one: Data) -> str:
    """Values over time with target and limits; a point that breaks a rule is marked and the rule named."""
    points = [p for p in one["points"] if p["date"]]
    if not points:
        return ""
    days = [day_of(p) for p in points]
    low, high = value_range(points)
    axes = Axes(_padded(days), high, low)
    body = [axes.draw((), "date of the session", trend_title(one)), *_date_ticks(axes, days), *_changes(axes, points)]
    for part in _segments(points):
        body += _limits(axes, part)
        body.append(_line(axes, [(day_of(p), p["value"]) for p in part if p["judged"]], "var(--accent)"))
    end = -1e9
    for p, day in zip(points, days, strict=True):
        x, y = axes.x(day), axes.y(p["value"])
        body.append(_mark(x, y, p))
        words = ", ".join(rule for rule in p["rules"] if rule != "cusum")
        half = _LETTER_PX * len(words) / 2
        place = min(x, axes.right - half)
        if words and place - half > end:
            end = place + half
            height = max(y - 9, axes.top - 6)
            body.append(f'<text class="limit" x="{place:.1f}" y="{height:.1f}" text-anchor="middle">{words}</text>')
    told = "; ".join(f"{p['date']} {p['value']:g}{_rules(p)}" for p in points)
    return chart("".join(body), f"Shewhart chart of {trend_title(one)}: {told}")


def cusum_chart(one: Data, config: ControlConfig = ControlConfig()) -> str:
    """Both sums over time with the decision interval; empty where there are no limits yet."""
    points = [p for p in one["points"] if p["date"] and p["cusum_upper"] is not None]
    if not points:
        return ""
    days, h = [day_of(p) for p in points], config.cusum_h
    reach = 1.15 * max(h, *(max(p["cusum_upper"], p["cusum_lower"]) for p in points))
    axes = Axes(_padded(days), reach, -reach)
    body = [axes.draw((), "date of the session", "CUSUM (sigma)"), *_date_ticks(axes, days), *_changes(axes, points)]
    for limit in (h, -h):
        body.append(_level(axes, limit, axes.x_low, axes.x_high, "limit"))
    body.append(f'<text class="limit" x="{axes.left + 4:.1f}" y="{axes.y(h) - 4:.1f}">h {h:g}</text>')
    body.append(_level(axes, 0.0, axes.x_low, axes.x_high, "axis"))
    for name, sign, color in (("cusum_upper", 1, "var(--core)"), ("cusum_lower", -1, "var(--left)")):
        for part in _segments(points):
            body.append(_line(axes, [(day_of(p), sign * p[name]) for p in part], color))
        for p, day in zip(points, days, strict=True):
            fill = "var(--stop)" if "cusum" in p["rules"] and p[name] > h else color
            body.append(f'<circle cx="{axes.x(day):.1f}" cy="{axes.y(sign * p[name]):.1f}" r="3" fill="{fill}"/>')
    told = "; ".join(f"{p['date']} +{p['cusum_upper']:.2f} -{p['cusum_lower']:.2f}" for p in points)
    return chart("".join(body), f"CUSUM chart of {trend_title(one)}, k {config.cusum_k:g}, h {h:g}: {told}")


def day_of(point: Data) -> float:
    """Date and time of a point as days."""
    hours, minutes, seconds = (float(part) for part in (point["time"] or "0:0:0").split(":"))
    return datetime.date.fromisoformat(point["date"]).toordinal() + (hours + (minutes + seconds / 60) / 60) / 24


def value_range(points: Sequence[Data]) -> tuple[float, float]:
    """Lower and upper end of a chart that holds all values and limits."""
    ends = [p["value"] for p in points]
    ends += [p["target"] + n * p["sigma"] for p in points if p["sigma"] is not None for n in (-3.3, 3.3)]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or max(abs(high) * 0.02, 0.5)
    return low - room, high + room


def _padded(days: Sequence[float]) -> tuple[float, float]:
    room = max(0.03 * (days[-1] - days[0]), 1.0)
    return days[0] - room, days[-1] + room


def _date_ticks(axes: Axes, days: Sequence[float]) -> list[str]:
    count = min(_TICKS, len({int(day) for day in days}))
    step = (days[-1] - days[0]) / max(1, count - 1)
    dates = sorted({datetime.date.fromordinal(int(days[0] + n * step)) for n in range(count)})
    half = 30.0
    return [
        f'<text class="tick" x="{min(axes.x(one.toordinal()), axes.right - half + 8):.1f}" y="{axes.bottom + 14:.1f}" '
        f'text-anchor="middle">{one.isoformat()}</text>'
        for one in dates
    ]


def _segments(points: Sequence[Data]) -> list[list[Data]]:
    return [[p for p in points if p["segment"] == n] for n in sorted({p["segment"] for p in points})]


def _changes(axes: Axes, points: Sequence[Data]) -> list[str]:
    """A line before the first point of every new segment."""
    parts = []
    for before, now in pairwise(points):
        if now["segment"] != before["segment"]:
            x = axes.x((day_of(before) + day_of(now)) / 2)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{axes.top:.1f}" y2="{axes.bottom:.1f}" stroke="var(--ask)" stroke-dasharray="2 3"/>'
            )
    return parts


def _limits(axes: Axes, part: Sequence[Data]) -> list[str]:
    """Target and limits at 1, 2 and 3 sigma over one segment."""
    known = next((p for p in part if p["sigma"] is not None), None)
    first, last = axes.x_low if part[0]["segment"] == 1 else day_of(part[0]), day_of(part[-1])
    last = max(last, first + 1)
    target = next((p["target"] for p in part if p["target"] is not None), None)
    lines = [] if target is None else [_level(axes, target, first, last, "axis")]
    if known is None:
        return lines
    for n in (-3, -2, -1, 1, 2, 3):
        kind = "limit" if abs(n) == 3 else "grid"
        lines.append(_level(axes, known["target"] + n * known["sigma"], first, last, kind))
    y = axes.y(known["target"] + 3 * known["sigma"])
    lines.append(f'<text class="tick" x="{axes.x(last) - 2:.1f}" y="{y - 3:.1f}" text-anchor="end">+3 s</text>')
    return lines


def _level(axes: Axes, value: float, first: float, last: float, kind: str) -> str:
    y = axes.y(value)
    return f'<line class="{kind}" x1="{axes.x(first):.1f}" x2="{axes.x(last):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _line(axes: Axes, points: Sequence[tuple[float, float]], color: str) -> str:
    if len(points) < 2:
        return ""
    path = "M" + "L".join(f"{axes.x(x):.1f} {axes.y(y):.1f}" for x, y in points)
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.4"/>'


def _mark(x: float, y: float, point: Data) -> str:
    rules = [rule for rule in point["rules"] if rule != "cusum"]
    if rules:
        return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6Z" fill="var(--stop)"/>'
    fill = "var(--accent)" if point["judged"] else "var(--card)"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="{fill}" stroke="var(--accent)"/>'


def _rules(point: Data) -> str:
    return f" breaks {', '.join(point['rules'])}" if point["rules"] else ""
