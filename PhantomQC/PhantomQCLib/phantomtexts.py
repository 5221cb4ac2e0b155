"""Words of the phantom module on the screen, in the language of the application."""

from html import escape

from slicer.i18n import tr as _

from StrokeBiomarkersLib.readingtexts import waitText as sharedWaitText
from StrokeBiomarkersLib.waits import Wait
from strokequant.phantom.metrics import PHANTOM_METRICS
from strokequant.phantom.trend import Trend
from strokequant.phantom_types import (
    Criterion,
    MetricOutcome,
    MetricVerdict,
    PhantomDefinition,
    PhantomRecord,
    PhantomSession,
    Qualification,
)

SOURCES = ("ice water", "thermometer in the phantom", "thermometer beside the phantom")
"""What a temperature was measured by, as the record says it."""

COLORS = {
    Qualification.QUALIFIED: "#1a7f4b",
    Qualification.CONDITIONAL: "#a86400",
    Qualification.FAILED: "#b3261e",
    Qualification.NO_VERDICT: "#6a4bb0",
}
OUTCOME_COLORS = {
    MetricOutcome.PASS: (26, 127, 75),
    MetricOutcome.CONDITIONAL: (168, 100, 0),
    MetricOutcome.FAIL: (179, 38, 30),
    MetricOutcome.NOT_EVALUATED: (106, 75, 176),
}
MOST_REASONS = 6


def stageText(stage: str) -> str:
    """What is being done."""
    words = {
        "read": _("Reading images"),
        "find": _("Finding the phantom"),
        "measure": _("Measuring"),
        "show": _("Showing the result"),
    }
    return words.get(stage, _("Reading files"))


def waitText(wait: Wait) -> str:
    """Tooltip of a button that waits."""
    return sharedWaitText(
        wait,
        {
            "session": _("Waits for a session: choose a folder and open it"),
            "phantom": _("Waits for the phantom: choose the one that was scanned"),
            "modality": _("Waits for a series: choose what is measured"),
            "serial": _("Waits for the serial number as read from the phantom"),
            "temperature": _("Waits for the temperature of the phantom during the scan"),
            "criteria": _("Waits for criteria: choose a set of limits"),
            "stale": _("Series, phantom, facts or criteria have changed: compute again"),
            "name": _("Waits for a name of the session"),
            "measured": _("Waits for a measured session: compute first"),
            "regions": _("Waits for a phantom that was found"),
            "corrected": _("No region was moved"),
            "history": _("Waits for a history: choose a file that is there"),
            "scanner": _("Waits for a scanner: choose one"),
            "event": _("Waits for a day as year-month-day and what happened"),
            "reader": _("Waits for the code of the person"),
        },
    )


def sourceText(source: str) -> str:
    """What a temperature was measured by."""
    words = {
        "ice water": _("ice water"),
        "thermometer in the phantom": _("thermometer in the phantom"),
        "thermometer beside the phantom": _("thermometer beside the phantom"),
    }
    return words[source]


def phantomText(phantom: PhantomDefinition | None) -> str:
    """Serial number, certificate and what has to be stated."""
    if phantom is None:
        return ""
    paper = phantom.certificate
    maker = " ".join(word for word in (phantom.manufacturer, phantom.model) if word)
    lines = [
        _("{maker}; serial number {serial}").format(maker=maker, serial=phantom.serial or _("of the type, any")),
        _("Certificate {number}, valid until {until}").format(
            number=paper.number or _("without number"), until=paper.valid_until or _("not stated")
        ),
    ]
    if paper.entered_by or paper.verified_by:
        lines.append(
            _("Entered by {first}, verified by {second}").format(first=paper.entered_by, second=paper.verified_by)
        )
    return "\n".join(lines)


def qualificationText(outcome: Qualification) -> str:
    """Verdict on a scanner."""
    return {
        Qualification.QUALIFIED: _("Qualified"),
        Qualification.CONDITIONAL: _("Conditional"),
        Qualification.FAILED: _("Failed"),
        Qualification.NO_VERDICT: _("No verdict"),
    }[outcome]


def outcomeText(outcome: MetricOutcome) -> str:
    """A number against its limit."""
    return {
        MetricOutcome.PASS: _("pass"),
        MetricOutcome.CONDITIONAL: _("too close to tell"),
        MetricOutcome.FAIL: _("fail"),
        MetricOutcome.NOT_EVALUATED: _("not judged"),
    }[outcome]


def verdictText(record: PhantomRecord | None) -> str:
    """Verdict as rich text."""
    if record is None:
        return _("No session measured yet")
    outcome = record.verdict.outcome
    return f'<span style="color:{COLORS[outcome]}">{escape(qualificationText(outcome))}</span>'


def validText(record: PhantomRecord | None) -> str:
    """How long it holds, and for which scanner on which day."""
    if record is None:
        return ""
    session, until = record.session, record.verdict.valid_until
    equipment = session.scanner.equipment
    words = (equipment.manufacturer, equipment.model, equipment.serial, equipment.software)
    scanner = " ".join(word for word in words if word) or _("scanner without name")
    ends = (
        _("Valid until {date}, unless software, coil, gradient or tube change before").format(date=until)
        if until
        else _("No qualification follows from this session")
    )
    return f"{scanner}, {session.date or _('no date')}\n{ends}"


def reasonsText(record: PhantomRecord | None, changes: tuple[str, ...], isStale: bool) -> str:
    """Why the verdict is what it is, and why the scanner has to be qualified anew."""
    if record is None:
        return ""
    reasons = [_("Series, phantom, facts or criteria have changed: compute again")] if isStale else []
    reasons += [f"• {one.partition(' [')[0]}" for one in record.verdict.reasons[:MOST_REASONS]]
    left = len(record.verdict.reasons) - MOST_REASONS
    if left > 0:
        reasons.append(_("... and {count} more").format(count=left))
    if changes:
        reasons.append(_("Changed since the session before: {changes}").format(changes="; ".join(changes)))
    return "\n".join(reasons)


def metricName(m: MetricVerdict) -> str:
    """Number, insert, pass and protocol."""
    name = PHANTOM_METRICS[m.criterion.metric].name
    parts = (name, m.insert, _("pass {number}").format(number=m.repeat) if m.repeat is not None else "")
    return " ".join(part for part in parts if part)


def metricValue(m: MetricVerdict) -> str:
    """Value with uncertainty and unit."""
    entry = PHANTOM_METRICS[m.criterion.metric]
    if m.value is None:
        return _("none")
    plus = f" ± {m.uncertainty:.{entry.decimals}f}" if m.uncertainty is not None else ""
    return f"{m.value:.{entry.decimals}f}{plus} {entry.unit_text}".strip()


def limitText(criterion: Criterion) -> str:
    """The limit as it is compared."""
    if criterion.op == "between":
        return _("{low} to {high}").format(low=f"{criterion.limit[0]:g}", high=f"{criterion.limit[1]:g}")
    sign = {"abs<=": "± ", "<=": "≤ ", ">=": "≥ ", "<": "< ", ">": "> "}[criterion.op]
    return f"{sign}{criterion.limit:g}"


def limitSource(criterion: Criterion) -> str:
    """Set, and whether its limit was checked."""
    mark = _("project choice") if criterion.proposed else _("confirmed") if criterion.confirmed else _("unconfirmed")
    return f"{criterion.set_id} {criterion.set_version}, {mark}"


def correctedText(session: PhantomSession | None, isMovable: bool) -> str:
    """What a person may do with the regions, or has done."""
    if session is None:
        return ""
    moved = [p.label for p in session.placements if p.placed_by]
    if moved:
        return _("Placed by a person: {labels}").format(labels=", ".join(moved))
    if not session.placements:
        return _("No region was found")
    if not isMovable:
        return _("Regions of this phantom follow the analysis")
    return _("Drag a point to move its region; numbers and verdict follow")


def signalsText(chart: Trend | None) -> str:
    """Rules that the last point breaks, and why segments begin."""
    if chart is None or not chart.points:
        return ""
    last = chart.points[-1]
    lines = [
        _("Last session {date}: {rules}").format(date=last.date, rules=", ".join(last.rules))
        if last.rules
        else _("Last session {date}: no rule is broken").format(date=last.date)
    ]
    if last.sigma is None:
        lines.append(_("No limits yet: too few points"))
    lines += [_("New segment: {words}").format(words=words) for words in chart.changes]
    return "\n".join(lines)


def numberText(metric: str, insert: str) -> str:
    """Number and insert for a list."""
    return f"{PHANTOM_METRICS[metric].name} {insert}".strip()


def scannerText(key: str) -> str:
    """A scanner for a list."""
    return " ".join(part for part in key.split("|") if part)
