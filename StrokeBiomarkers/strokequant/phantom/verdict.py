"""The verdict: every measurement against every limit, with guard band, and what all of them say about the scanner.

With U the expanded uncertainty of measurement and reference: passed where the value with U lies within the limit, failed where it lies outside by more
than U, conditional in between (JCGM 106). A number that must not be trusted is not judged; a limit that nothing was measured for is said.
"""

import calendar
import datetime
from collections.abc import Sequence

from ..errors import Issue, Level
from ..phantom_types import (
    CriteriaSet,
    Criterion,
    MetricOutcome,
    MetricVerdict,
    PhantomDefinition,
    PhantomMeasurement,
    PhantomSession,
    PhantomVerdict,
    Qualification,
)
from ..qualification_config import VerdictConfig
from .certified import certified_value
from .metrics import PHANTOM_METRICS
from .preconditions import precondition_issues


def judge(
    session: PhantomSession, sets: Sequence[CriteriaSet], *, config: VerdictConfig = VerdictConfig()
) -> PhantomVerdict:
    """Judge a session by criteria sets of its kind of phantom.

    Returns:
        qualified, conditional, failed, or no verdict, with reasons that name value, limit and source, most serious first.
    """
    issues = precondition_issues(session)
    metrics = _withheld([one for chosen in sets for c in chosen.criteria for one in _against(c, session)])
    unconfirmed = _unconfirmed(metrics)
    outcome, reasons = _outcome(metrics, issues, bool(unconfirmed) and config.require_confirmed)
    good = outcome in (Qualification.QUALIFIED, Qualification.CONDITIONAL)
    return PhantomVerdict(
        outcome,
        valid_until(session, sets, config) if good else "",
        reasons,
        tuple(metrics),
        tuple(f"{one.id} {one.version}" for one in sets),
        (*issues, *unconfirmed),
    )


def compare(value: float, uncertainty: float | None, criterion: Criterion) -> MetricOutcome:
    """One value against one limit with its guard band."""
    u = (uncertainty or 0.0) if criterion.guard else 0.0
    if criterion.op == "abs<=":
        value = abs(value)
    edges = {_within(value + step, criterion) for step in (-u, 0.0, u)}
    if edges == {True}:
        return MetricOutcome.PASS
    return MetricOutcome.FAIL if edges == {False} and not _spans(value, u, criterion) else MetricOutcome.CONDITIONAL


def _within(value: float, criterion: Criterion) -> bool:
    limit = criterion.limit
    if criterion.op == "between":
        return limit[0] <= value <= limit[1]
    tests = {
        "<=": value <= limit,
        "abs<=": value <= limit,
        "<": value < limit,
        ">=": value >= limit,
        ">": value > limit,
    }
    return tests[criterion.op]


def _spans(value: float, u: float, criterion: Criterion) -> bool:
    """True where the uncertainty reaches across a whole narrow range."""
    return criterion.op == "between" and value - u < criterion.limit[0] and value + u > criterion.limit[1]


def _against(criterion: Criterion, session: PhantomSession) -> list[MetricVerdict]:
    """The limit against every measurement that it is about."""
    if criterion.only_for and session.phantom and not _has(session.phantom, criterion.only_for):
        return []
    field = session.scanner.equipment.field_strength_t
    if criterion.field_t is not None:
        if field is None:
            return [_not_evaluated(criterion, "field strength not known")]
        if not criterion.field_t[0] <= field < criterion.field_t[1]:
            return []
    found = [m for m in session.measurements if m.metric == criterion.metric and _concerns(criterion, m, session)]
    over_passes = {(m.insert, m.group) for m in found if m.repeat is None}
    found = [m for m in found if m.repeat is None or (m.insert, m.group) not in over_passes]
    return [_one(criterion, m, session) for m in found] or [_not_evaluated(criterion, "not measured")]


def _has(phantom: PhantomDefinition, wanted: tuple[str, ...]) -> bool:
    return any({insert.quantity, *insert.traits} & set(wanted) for insert in phantom.inserts)


def _concerns(criterion: Criterion, measurement: PhantomMeasurement, session: PhantomSession) -> bool:
    if not criterion.inserts:
        return True
    inserts = session.phantom.inserts if session.phantom else ()
    traits = {trait for i in inserts if i.label == measurement.insert for trait in i.traits}
    return bool(({measurement.insert} | traits) & set(criterion.inserts))


def _one(criterion: Criterion, measurement: PhantomMeasurement, session: PhantomSession) -> MetricVerdict:
    doubt = _doubt(measurement, session)
    if doubt:
        return _not_evaluated(criterion, doubt, measurement)
    outcome = compare(measurement.value, measurement.uncertainty, criterion)
    words = {
        MetricOutcome.PASS: "within",
        MetricOutcome.FAIL: "outside",
        MetricOutcome.CONDITIONAL: "too close to tell from",
    }[outcome]
    m = measurement
    several = len({other.group for other in session.measurements if other.metric == m.metric}) > 1
    where = f" ({m.group})" if several and m.group else ""
    reason = f"{_shown(m)}{where} {words} {_limit_text(criterion)}"
    return MetricVerdict(criterion, outcome, m.value, m.uncertainty, m.insert, reason, m.repeat, m.group)


def _doubt(measurement: PhantomMeasurement, session: PhantomSession) -> str:
    """Why a number must not be judged; empty where it may be."""
    stops = [issue.found for issue in measurement.issues if issue.blocks]
    if measurement.value is None or stops or not measurement.judged:
        told = stops or [issue.found for issue in measurement.issues]
        return told[0] if told else "the analysis does not trust it"
    if measurement.reference is None or session.phantom is None or not measurement.insert:
        return ""
    law = next((i for i in session.phantom.inserts if i.label == measurement.insert and i.law is not None), None)
    certified = certified_value(law, session.temperature_c) if law else None
    return certified.issues[-1].found if certified and not certified.judged else ""


def _not_evaluated(criterion: Criterion, why: str, measurement: PhantomMeasurement | None = None) -> MetricVerdict:
    m = measurement
    name = PHANTOM_METRICS[criterion.metric].name
    reason = f"{name}{f' {m.insert}' if m and m.insert else ''} not judged: {why}; limit {_limit_text(criterion)}"
    outcome = MetricOutcome.NOT_EVALUATED
    if m is None:
        return MetricVerdict(criterion, outcome, None, None, "", reason)
    return MetricVerdict(criterion, outcome, m.value, m.uncertainty, m.insert, reason, m.repeat, m.group)


def _withheld(metrics: list[MetricVerdict]) -> list[MetricVerdict]:
    """Metrics that a failed limit makes meaningless are not judged."""
    why = {
        metric: one.reason for one in metrics if one.outcome is MetricOutcome.FAIL for metric in one.criterion.withholds
    }
    judged = []
    for one in metrics:
        metric = one.criterion.metric
        if metric in why and one.outcome is not MetricOutcome.NOT_EVALUATED:
            name = PHANTOM_METRICS[metric].name
            reason = f"{name}{f' {one.insert}' if one.insert else ''} not judged: {why[metric]}"
            outcome = MetricOutcome.NOT_EVALUATED
            one = MetricVerdict(
                one.criterion, outcome, one.value, one.uncertainty, one.insert, reason, one.repeat, one.group
            )
        judged.append(one)
    return judged


def _outcome(
    metrics: list[MetricVerdict], issues: tuple[Issue, ...], unconfirmed_only: bool
) -> tuple[Qualification, tuple[str, ...]]:
    blocking = [_words(issue) for issue in issues if issue.blocks]
    failed = [m.reason for m in metrics if m.outcome is MetricOutcome.FAIL and not m.criterion.withholds]
    missing = [m for m in metrics if m.outcome is MetricOutcome.NOT_EVALUATED]
    needed = [m.reason for m in missing if m.criterion.missing == "no_verdict"]
    unsure = [m.reason for m in missing if m.criterion.missing == "conditional"]
    close = [m.reason for m in metrics if m.outcome is MetricOutcome.CONDITIONAL]
    warned = [_words(issue) for issue in issues if issue.level is Level.WARN]
    if unconfirmed_only:
        warned.append("limits that were not checked against the primary document")
    every = tuple(dict.fromkeys((*blocking, *failed, *needed, *close, *unsure, *warned)))
    if blocking:
        return Qualification.NO_VERDICT, every
    if failed:
        return Qualification.FAILED, every
    if needed or not any(m.outcome is not MetricOutcome.NOT_EVALUATED for m in metrics):
        return Qualification.NO_VERDICT, every or ("nothing was measured that a limit asks for",)
    return (Qualification.CONDITIONAL if every else Qualification.QUALIFIED), every


def _unconfirmed(metrics: list[MetricVerdict]) -> tuple[Issue, ...]:
    used = [m.criterion for m in metrics if m.outcome is not MetricOutcome.NOT_EVALUATED and not m.criterion.confirmed]
    ids = sorted({f"{c.set_id} {c.set_version}: {c.id}" for c in used})
    if not ids:
        return ()
    expected = "limits read in the primary document"
    remedy = "have a physicist confirm them in a criteria file of the site"
    return (Issue("Q60", Level.WARN, f"{len(ids)} limits not checked: {', '.join(ids)}", expected, remedy),)


def valid_until(session: PhantomSession, sets: Sequence[CriteriaSet], config: VerdictConfig = VerdictConfig()) -> str:
    """Earliest end of what the sets allow and of the certificate; empty where the date of the scan is not known."""
    try:
        start = datetime.date.fromisoformat(session.date)
    except ValueError:
        return ""
    months = min((one.valid_months for one in sets if one.valid_months), default=config.default_months)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    end = datetime.date(year, month + 1, day).isoformat()
    certificate = session.phantom.certificate.valid_until if session.phantom else ""
    return min(end, certificate) if certificate else end


def _words(issue: Issue) -> str:
    where = f"{issue.subject}: " if issue.subject else ""
    return f"{where}{issue.found}; expected {issue.expected}"


def _shown(measurement: PhantomMeasurement) -> str:
    entry = PHANTOM_METRICS[measurement.metric]
    d = entry.decimals
    which = f" {measurement.insert}" if measurement.insert else ""
    which += f" pass {measurement.repeat}" if measurement.repeat is not None else ""
    plus = f" ± {measurement.uncertainty:.{d}f}" if measurement.uncertainty is not None else ""
    unit = f" {entry.unit_text}" if entry.unit_text else ""
    return f"{entry.name}{which}: {measurement.value:.{d}f}{plus}{unit}"


def _limit_text(criterion: Criterion) -> str:
    unit = PHANTOM_METRICS[criterion.metric].unit_text
    unit = f" {unit}" if unit else ""
    if criterion.op == "between":
        limit = f"{criterion.limit[0]:g} to {criterion.limit[1]:g}{unit}"
    else:
        sign = {"abs<=": "± ", "<=": "≤ ", ">=": "≥ ", "<": "< ", ">": "> "}[criterion.op]
        limit = f"{sign}{criterion.limit:g}{unit}"
    mark = "project" if criterion.proposed else "" if criterion.confirmed else "unconfirmed"
    return f"{limit} [{criterion.set_id} {criterion.set_version}: {criterion.source}{f'; {mark}' if mark else ''}]"
