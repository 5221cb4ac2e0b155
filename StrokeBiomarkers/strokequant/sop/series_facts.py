"""Facts of the images behind a record: geometry of what is measured, foreign results, scanners."""

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..dicomio.audit import audit_series
from ..geometry import Geometry
from ..phantom_types import Qualification
from ..types import CaseRecord, GeometryAudit, Measurement, Series

_RESULTS = ("Segmentation", " SR ", "Presentation State", "Parametric Map", "Secondary Capture", "RT Structure")
"""Parts of names of SOP classes that hold what somebody read or drew."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_WORST_FIRST = (Qualification.FAILED, Qualification.NO_VERDICT, Qualification.CONDITIONAL, Qualification.QUALIFIED)
_VERDICTS = ("refuse", "measure-with-note", "measure")
_OUT_OF_DATE = ("Q64", "Q65", "Q66")
"""Issues by which a qualification says that it does not hold for the scan."""


def series_facts(record: CaseRecord, looked_at: Collection[str] = ()) -> dict[str, Any]:
    """What holds of all series that are measured, or read by eye.

    Args:
        record: of the time point.
        looked_at: keys of series that are read by eye; their geometry is audited here where the record has no audit.
    """
    used = tuple(s for s in record.series if s.key in {*record.used.values(), *looked_at})
    frames_of_reference = [str(s.header.get("frame_of_reference_uid") or "") for s in used]
    known = bool(frames_of_reference) and all(frames_of_reference)
    return {
        "foreign_results": _foreign(record),
        "same_frame_of_reference": len(set(frames_of_reference)) == 1 if known else None,
        "prior_used": record.follow_up is not None and bool(record.follow_up.baselines),
        **geometry_facts([record.audits.get(s.key) or audit_series(s) for s in used]),
        **_scanners(record),
    }


def used_series(record: CaseRecord, *parts: str) -> tuple[Series, ...]:
    """Series that played one of these parts, or any, in the order of their keys."""
    keys = {key for part, key in record.used.items() if not parts or part in parts}
    return tuple(sorted((s for s in record.series if s.key in keys), key=lambda s: s.key))


def geometry_facts(audits: Sequence[GeometryAudit | None]) -> dict[str, Any]:
    """The worst of several series; distances only where every series has some, nothing where one was not audited."""
    found = [audit for audit in audits if audit is not None]
    if not found or len(found) < len(audits):
        return {}
    facts: dict[str, Any] = {"geometry_verdict": next(v for v in _VERDICTS if any(a.verdict == v for a in found))}
    if not all(a.gaps and min(a.gaps) > 0 for a in found):
        return facts
    spreads = [(max(a.gaps) - min(a.gaps), min(a.gaps)) for a in found]
    return facts | {
        "slice_gap_spread_mm": max(spread for spread, _ in spreads),
        "slice_gap_spread_percent": max(100 * spread / least for spread, least in spreads),
        "missing_slices": sum(len(a.missing) for a in found),
        "duplicate_slices": sum(len(a.duplicate) for a in found),
        "overlapping_slices": sum(len(a.overlapping) for a in found),
        "gantry_tilt_deg": max(abs(a.tilt_deg) for a in found),
    }


def stack_facts(prefix: str, audit: GeometryAudit | None) -> dict[str, Any]:
    """Largest distance of slices and extent of one stack; an end slice counts with the gap beside it."""
    if audit is None or not audit.gaps:
        return {}
    extent = audit.positions[-1] - audit.positions[0] + (audit.gaps[0] + audit.gaps[-1]) / 2
    return {f"{prefix}_step_mm": max(audit.gaps), f"{prefix}_coverage_mm": extent}


def pixel_mm(geometry: Geometry) -> float:
    """Larger side of a pixel."""
    return float(np.linalg.norm(geometry.affine[:3, :2], axis=0).max())


def numbers(measurements: Iterable[Measurement], ids: Mapping[str, str]) -> dict[str, float | None]:
    """Values by the name of the fact; None for what has no value.

    Args:
        measurements: of a record.
        ids: id in the catalog by name of the fact.
    """
    values = {m.id: m.value for m in measurements}
    return {name: values.get(measure_id) for name, measure_id in ids.items()}


def status_of(measurements: Iterable[Measurement], measure_id: str) -> str | None:
    """Status of a measurement; None where the record has no such row."""
    return next((str(m.status) for m in measurements if m.id == measure_id), None)


def _foreign(record: CaseRecord) -> int:
    """Results of others; what a scanner reports about dose is none."""
    folder = _case_folder(record)
    near = [s for s in record.skipped if folder is None or s.path.is_relative_to(folder)]
    skipped = sum(any(word in f" {s.reason} " for word in _RESULTS) and " Dose " not in s.reason for s in near)
    captures = sum(str(s.header.get("sop_class", "")).startswith(_SECONDARY_CAPTURE) for s in record.series)
    return skipped + captures


def _case_folder(record: CaseRecord) -> Path | None:
    """Folder that the case has its name from; None where no folder has that name: then a file anywhere counts.

    The files of a whole run that belong to no series stand in the record of each of its cases.
    """
    parents = {str(path.parent) for series in record.series for path in series.files}
    if not parents:
        return None
    common = Path(os.path.commonpath(sorted(parents)))
    for folder in (common, *common.parents):
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", folder.name).strip("._")
        if name and (record.case == name or record.case.endswith(f"-{name}")):
            return folder
    return None


def _scanners(record: CaseRecord) -> dict[str, Any]:
    if not record.scanners:
        return {}
    outcomes = {one.outcome for one in record.scanners}
    issues = {issue.code for one in record.scanners for issue in one.issues}
    return {
        "scanner_qualification": str(next(outcome for outcome in _WORST_FIRST if outcome in outcomes)),
        "scanner_current": not issues & set(_OUT_OF_DATE),
    }
