"""Phantom sessions beside a patient: no number is changed, every number says what is known of its scanner."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..errors import Issue, Level
from ..phantom.endpoint_effects import CORE, HEMORRHAGE, core_effect, density_effect, effect_issue, hemorrhage_effect
from ..phantom.history import StoredSession
from ..phantom.qualification import KINDS, qualify, sessions_for
from ..phantom_types import EndpointEffect, PhantomKind, Qualification, ScannerQualification
from ..settings import Settings
from ..types import CaseRecord, Measurement, Series


def add_scanners(
    record: CaseRecord,
    sessions: Sequence[StoredSession],
    *,
    settings: Settings = Settings(),
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """The record with what phantom sessions say about its scanners, and what their bias does to its endpoints.

    Args:
        sessions: of a phantom history, in order of time.
    """
    stage("scanners")
    used = [s for s in record.series if s.key in set(record.used.values()) and s.role in KINDS]
    found, beside = [], {}
    for series in _one_for_each(used):
        qualification, _ = qualify(series, sessions)
        effects = _effects(record, series, sessions, settings)
        qualification = replace(
            qualification,
            effects=effects,
            issues=(*qualification.issues, *(effect_issue(effect) for effect in effects)),
        )
        found.append(qualification)
        beside |= {s.series_uid: qualification for s in used if KINDS[s.role] == qualification.kind}
    issues = tuple(dict.fromkeys(issue for q in found for issue in q.issues))
    return replace(
        record,
        scanners=tuple(found),
        measurements=tuple(_with_issues(m, beside) for m in record.measurements),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
    )


def relevant_digests(series: Sequence[Series], sessions: Sequence[StoredSession]) -> tuple[str, ...]:
    """Hashes of the sessions that a case with these series may rest on."""
    found = {
        session.digest
        for s in series
        if s.role in KINDS
        for kind in (KINDS[s.role], PhantomKind.VOLUME)
        for session in sessions_for(s, sessions, kind)
    }
    return tuple(sorted(found))


def _one_for_each(used: Sequence[Series]) -> list[Series]:
    """The first series of every kind of phantom and scanner."""
    first: dict[tuple, Series] = {}
    for series in sorted(used, key=lambda s: s.key):
        first.setdefault((KINDS[series.role], series.equipment), series)
    return list(first.values())


def _effects(
    record: CaseRecord, series: Series, sessions: Sequence[StoredSession], settings: Settings
) -> tuple[EndpointEffect, ...]:
    """Of the last session with a verdict: without one its bias is not to be trusted."""
    kind = KINDS[series.role]
    judged = [s for s in sessions if s.outcome is not Qualification.NO_VERDICT]
    own = sessions_for(series, judged, kind)
    found: list[EndpointEffect | None] = []
    if kind is PhantomKind.DIFFUSION and own and _has(record, CORE):
        found = [core_effect(record, own[-1], settings.core)]
    elif kind is PhantomKind.ACR_CT and _has(record, HEMORRHAGE):
        both = [*own, *sessions_for(series, judged, PhantomKind.VOLUME)]
        both.sort(key=lambda s: (s.date, s.time, s.number))
        found = [hemorrhage_effect(record, both), density_effect(record, both)]
    return tuple(effect for effect in found if effect is not None)


def _has(record: CaseRecord, measure_id: str) -> bool:
    return any(m.id == measure_id and m.value is not None for m in record.measurements)


def _with_issues(measurement: Measurement, beside: dict[str, ScannerQualification]) -> Measurement:
    """Warnings about the scanner beside the numbers that were measured on its series."""
    found = [beside[ref.uid] for ref in measurement.inputs if ref.uid in beside]
    warnings: list[Issue] = [issue for q in found for issue in q.issues if issue.level is Level.WARN]
    return (
        replace(measurement, issues=tuple(dict.fromkeys((*measurement.issues, *warnings)))) if warnings else measurement
    )
