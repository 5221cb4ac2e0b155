"""Reperfusion of a follow-up against the perfusion of an earlier time point: two volumes by the same definitions, no registration."""

from dataclasses import replace

from ..biomarkers.catalog import measure
from ..biomarkers.reperfusion import MEASURE, VOLUME, reperfusion_measurement
from ..biomarkers.visits import Visit, blocked, compare_visits, visit_of
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_types import FollowUpResult
from ..settings import Settings
from ..types import CaseRecord, Measurement, Series, Status
from .earlier import Earlier, EarlierRecord, open_earlier, unusable

KIND = "perfusion"
PARTS = ("dsc", "ctp")
METHOD = "Tmax > 6 s"


def with_reperfusion(record: CaseRecord, baseline: Earlier, *, settings: Settings = Settings()) -> CaseRecord:
    """The record with reperfusion; what cannot be compared has no number and says why.

    Args:
        record: of the follow-up, with hypoperfusion measured or refused.
        baseline: earlier time point.
        settings: those that both volumes must share.
    """
    series = next((s for part in PARTS for s in record.series if s.key == record.used.get(part, "")), None)
    if series is None or not any(m.id == VOLUME for m in record.measurements):
        return record
    try:
        before = open_earlier(baseline)
        volume = before.measurement(VOLUME)
        if volume is None:
            raise unusable("a record without hypoperfusion")
    except StrokeQuantError as error:
        return _merged(record, _without(error.issues), error.issues, record.follow_up)
    part = _part(before)
    issues = compare_visits(
        _visit_before(before, part, series, settings),
        _visit_now(record, series),
        mixed=Level.WARN,
        config=settings.growth,
    )
    told = (*issues, *before.told())
    found = reperfusion_measurement([volume], record.measurements)
    found = _without(issues) if blocked(issues) else replace(found, issues=(*found.issues, *issues))
    result = record.follow_up or FollowUpResult()
    facts = before.facts(part, series.patient_key)
    result = replace(
        result,
        baselines={**result.baselines, KIND: facts},
        issues=tuple(dict.fromkeys((*result.issues, *told))),
    )
    return _merged(record, before.named(found), told, result)


def _part(before: EarlierRecord) -> str:
    """What the earlier time point was imaged with."""
    return next((part for part in PARTS if before.scan(part)), PARTS[0])


def _visit_before(before: EarlierRecord, part: str, series: Series, settings: Settings) -> Visit:
    other = before.other_settings(KIND, settings)
    method = f"{METHOD} ({other})" if other else METHOD
    return before.visit(part, method=method, patient_key=series.patient_key)


def _visit_now(record: CaseRecord, series: Series) -> Visit:
    reader = record.sign_offs[-1].reader if record.sign_offs else ""
    return visit_of(series, name="follow-up", method=METHOD, reader=reader)


def _without(issues: tuple[Issue, ...]) -> Measurement:
    reasons = tuple(i for i in issues if i.blocks) or tuple(replace(i, level=Level.STOP) for i in issues)
    return Measurement(MEASURE, None, measure(MEASURE).unit, Status.NOT_EVALUABLE, issues=reasons)


def _merged(
    record: CaseRecord, found: Measurement, issues: tuple[Issue, ...], result: FollowUpResult | None
) -> CaseRecord:
    return replace(
        record,
        measurements=(*record.measurements, found),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
        follow_up=result,
    )
