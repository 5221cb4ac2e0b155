"""scanners.html: every scanner of a history, what it is qualified for, how they compare, and their control charts."""

from collections.abc import Sequence
from html import escape

from ..phantom.fleet import Fleet, FleetMember
from ..phantom.fleet_report import FleetReport, last_sessions
from ..phantom.history import StoredSession
from ..phantom.metrics import PHANTOM_METRICS
from ..phantom.trend import LEADING, trend_data
from .case_record import RESEARCH_USE
from .figures import Axes, chart
from .page import document
from .phantom_report import WORDS
from .phantom_trends import trend_figures
from .sections import section, table


def fleet_page(report: FleetReport) -> bytes:
    """The history as a self-contained HTML page."""
    scanners = last_sessions(report)
    parts = [
        "<main>",
        '<header><div class="name"><p class="product">strokequant · scanner qualification</p>'
        f"<h1>Scanners <span>{len({one.scanner.key for one in scanners})}</span></h1></div>"
        f'<div class="banner {"proposal" if report.problems else "signed"}" role="note"><strong>History</strong>'
        f"<p>{len(report.sessions)} sessions; {_chain(report)}</p><p>{escape(RESEARCH_USE)}</p></div></header>",
        section("scanners", "What every scanner is qualified for", _scanners(scanners)),
        section("signals", "Rules broken by the last session of each scanner", _signals(report)),
        section("comparison", "Scanners compared", "".join(_compared(one) for one in report.fleets)),
        *(_trends(report, key, n) for n, key in enumerate(sorted({one.scanner.key for one in scanners}), 1)),
        section("problems", "What does not hold in the history", _items(report.problems)),
        f"<footer><p>{escape(RESEARCH_USE)}.</p></footer></main>",
    ]
    return document("Scanner qualification", "".join(parts), script=False, foot="scanners - strokequant")


def _chain(report: FleetReport) -> str:
    return "the chain does not hold" if report.problems else "the chain holds"


def _name(key: str) -> str:
    return escape(" ".join(part for part in key.split("|") if part))


def _items(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in texts)}</ul>" if texts else ""


def _scanners(sessions: Sequence[StoredSession]) -> str:
    rows = []
    for one in sessions:
        words, kind = WORDS[str(one.outcome)]
        reasons = one.content.get("reasons") or ()
        rows.append(
            (
                _name(one.scanner.key),
                escape(str(one.content.get("kind", "")).replace("_", " ")),
                f'<span class="chip {kind}">{words}</span>',
                _day(one.valid_until) or "–",
                _day(one.date),
                escape(one.scanner.equipment.software),
                escape(reasons[0].partition(" [")[0] if reasons else ""),
            )
        )
    head = ("Scanner", "Phantom", "Verdict", "Valid until", "Last session", "Software", "First reason")
    return table(head, rows) if rows else "<p>No session.</p>"


def _day(date: str) -> str:
    return f'<span style="white-space: nowrap">{escape(date)}</span>' if date else ""


def _signals(report: FleetReport) -> str:
    rules: dict[tuple[str, ...], list[str]] = {}
    for s in report.signals:
        rules.setdefault((s.scanner, s.words.rpartition("; rule ")[0]), []).append(s.rule)
    rows = [(_name(key), escape(words), escape(", ".join(broken))) for (key, words), broken in rules.items()]
    return table(("Scanner", "Number", "Rules"), rows) if rows else "<p>None.</p>"


def _compared(one: Fleet) -> str:
    entry = PHANTOM_METRICS[one.metric]
    title = f"{entry.name}{f' {one.insert}' if one.insert else ''}{f' ({entry.unit_text})' if entry.unit_text else ''}"
    measured = [m for m in one.members if m.mean is not None]
    rows = [_member(m, entry.decimals) for m in measured]
    notes = ""
    if one.components is not None:
        c = one.components
        notes = f"<p>Repeatability coefficient {c.rc.value:.{entry.decimals}f}, reproducibility coefficient {c.rdc.value:.{entry.decimals}f} {escape(entry.unit_text)}.</p>"
    head = ("Scanner", "Sessions", "Mean", "SD", "Last", "Against the others")
    return f"<h3>{escape(title)}</h3>{_strip(measured, title)}{table(head, rows)}{notes}"


def _member(m: FleetMember, decimals: int) -> tuple[str, ...]:
    apart = {True: '<span class="chip WARN">apart</span>', False: "alike", None: "too few to tell"}[m.apart]
    sd = "–" if m.sd is None else f"{m.sd:.{decimals}f}"
    return (_name(m.scanner), str(m.n), f"{m.mean:.{decimals}f}", sd, f"{m.last:.{decimals}f}", apart)


def _strip(members: Sequence[FleetMember], title: str) -> str:
    """Mean and SD of every scanner side by side; empty below two."""
    if len(members) < 2:
        return ""
    ends = [m.mean + sign * (m.sd or 0.0) for m in members for sign in (-1, 1)]
    room = 0.15 * (max(ends) - min(ends)) or 0.5
    axes = Axes((0.0, len(members) + 1.0), max(ends) + room, min(ends) - room)
    body = [axes.draw((), "scanner", title)]
    for n, m in enumerate(members, 1):
        x, sd = axes.x(n), m.sd or 0.0
        color = "var(--stop)" if m.apart else "var(--accent)"
        body.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{axes.y(m.mean - sd):.1f}" y2="{axes.y(m.mean + sd):.1f}" stroke="{color}"/>'
            f'<circle cx="{x:.1f}" cy="{axes.y(m.mean):.1f}" r="4" fill="{color}"/>'
            f'<text class="tick" x="{x:.1f}" y="{axes.bottom + 14:.1f}" text-anchor="middle">{escape(m.scanner.split("|")[-1])}</text>'
        )
    words = "; ".join(f"{m.scanner.replace('|', ' ')} {m.mean:g}" for m in members)
    return f"<figure>{chart(''.join(body), f'{title}: {words}')}</figure>"


def _trends(report: FleetReport, key: str, number: int) -> str:
    """Charts of the leading numbers of one scanner, and of those that its last session breaks a rule of."""
    broken = {(s.metric, s.insert) for s in report.signals if s.scanner == key}
    own = [t for t in report.trends if t.scanner == key and (t.number in LEADING or t.number in broken)]
    return section(f"trend-{number}", f"Trend of {' '.join(key.split('|'))}", trend_figures(map(trend_data, own)))
