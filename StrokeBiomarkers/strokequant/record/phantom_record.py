"""A phantom session as plain data: record.json, its rows in measurements.csv, and the files of its folder."""

from typing import Any

import numpy as np

from ..phantom.metrics import PHANTOM_METRICS
from ..phantom.placements import movable, placements_dict
from ..phantom.trend import trend_data
from ..phantom_types import (
    InsertPlacement,
    MetricVerdict,
    PhantomMeasurement,
    PhantomPose,
    PhantomRecord,
    PhantomSession,
)
from .case_record import RESEARCH_USE, flat_configuration, plain
from .files import canonical_json, require_schema
from .issue_lists import as_dicts
from .phantom_rows import FORMAT

SCHEMA = "phantom.schema.json"


def phantom_to_dict(record: PhantomRecord, *, case: str, timepoint: str) -> dict[str, Any]:
    """A session as plain data that hold to phantom.schema.json."""
    session, verdict = record.session, record.verdict
    return {
        "format": FORMAT,
        "case": case,
        "timepoint": timepoint,
        "status": "signed" if record.sign_offs else "proposal",
        "use": RESEARCH_USE,
        "phantom": _phantom(session.phantom),
        "scanner": plain(session.scanner),
        "date": session.date,
        "time": session.time,
        "temperature_c": plain(session.temperature_c),
        "temperature_source": session.temperature_source,
        "serial_seen": session.serial_seen,
        "observations": list(session.observations),
        "protocol": plain(session.protocol),
        "pose": _pose(session.pose),
        "placements": [_placement(p) for p in session.placements],
        "measurements": [_measurement(m) for m in session.measurements],
        "verdict": {
            "outcome": str(verdict.outcome),
            "valid_until": verdict.valid_until,
            "reasons": list(verdict.reasons),
            "sets": list(verdict.sets),
            "metrics": [_metric(m) for m in verdict.metrics],
            "issues": as_dicts(verdict.issues),
        },
        "signals": [plain(s) for s in record.signals],
        "trends": [trend_data(one) for one in record.trends],
        "changes": list(record.changes),
        "effects": [plain(e) for e in record.effects],
        "issues": as_dicts(session.issues),
        "configuration": flat_configuration(record.configuration),
        "software": {str(name): str(version) for name, version in record.software.items()},
        "inputs": [plain(ref) for ref in sorted(session.inputs, key=lambda ref: (ref.uid, ref.role))],
        "sign_offs": [plain(s) for s in record.sign_offs],
    }


def _phantom(phantom) -> dict[str, Any] | None:
    if phantom is None:
        return None
    names = ("id", "version", "name", "manufacturer", "model", "serial", "lot", "sha256")
    facts = {name: getattr(phantom, name) for name in names}
    return facts | {"kind": str(phantom.kind), "certificate": plain(phantom.certificate)}


def _pose(pose: PhantomPose | None) -> dict[str, Any] | None:
    if pose is None:
        return None
    return {
        "center_lps_mm": plain(np.asarray(pose.center_lps)),
        "axes_lps": plain(np.asarray(pose.axes)),
        "score": plain(pose.score),
        "residual_mm": plain(pose.residual_mm),
        "roll_deg": plain(pose.roll_deg),
        "method": pose.method,
    }


def _placement(p: InsertPlacement) -> dict[str, Any]:
    return {
        "label": p.label,
        "center_lps_mm": plain(p.center_lps),
        "radius_mm": plain(p.radius_mm),
        "voxels": p.voxels,
        "placed_by": p.placed_by,
    }


def _measurement(m: PhantomMeasurement) -> dict[str, Any]:
    entry = PHANTOM_METRICS[m.metric]
    return {
        "metric": m.metric,
        "name": entry.name,
        "insert": m.insert,
        "group": m.group,
        "repeat": m.repeat,
        "value": plain(m.value),
        "unit": m.unit,
        "unit_text": entry.unit_text,
        "decimals": entry.decimals,
        "uncertainty": plain(m.uncertainty),
        "reference": plain(m.reference),
        "status": str(m.status),
        "judged": m.judged,
        "n": m.n,
        "method": m.method or entry.definition,
        "issues": as_dicts(m.issues),
    }


def _metric(m: MetricVerdict) -> dict[str, Any]:
    c = m.criterion
    return {
        "set": f"{c.set_id} {c.set_version}",
        "id": c.id,
        "metric": c.metric,
        "insert": m.insert,
        "group": m.group,
        "repeat": m.repeat,
        "outcome": str(m.outcome),
        "value": plain(m.value),
        "uncertainty": plain(m.uncertainty),
        "op": c.op,
        "limit": plain(c.limit),
        "unit": c.unit,
        "source": c.source,
        "confirmed": c.confirmed,
        "proposed": c.proposed,
        "reason": m.reason,
    }


def phantom_contents(record: PhantomRecord, *, case: str, timepoint: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Plain data of a session and the files of its folder.

    Raises:
        RecordError: data that do not hold to the schema.
    """
    from .phantom_certificate import certificate_page
    from .phantom_report import phantom_page

    data = phantom_to_dict(record, case=case, timepoint=timepoint)
    require_schema(data, SCHEMA, f"{case}/{timepoint}")
    contents = {
        "record.json": canonical_json(data),
        "report.html": phantom_page(record, data),
        "certificate.html": certificate_page(record, data),
    }
    if record.session.placements:
        contents["placements.json"] = canonical_json(placements_dict(_movable(record.session)))
        regions = _regions(record)
        if regions:
            contents["masks/regions.seg.nrrd"] = regions
    return data, contents


def _movable(session: PhantomSession) -> list[InsertPlacement]:
    """What may come back corrected."""
    allowed = movable(session.phantom, session.placements)
    return [p for p in session.placements if p.label in allowed]


def _regions(record: PhantomRecord) -> bytes | None:
    """All regions as one segmentation, for a viewer."""
    from .. import codes
    from .images import Segment, segmentation_bytes

    session = record.session
    made = [p for p in session.placements if p.mask is not None]
    if session.geometry is None or not made or any(p.mask.shape != session.geometry.shape for p in made):
        return None
    labels = np.zeros(session.geometry.shape, np.uint8)
    segments = []
    for n, p in enumerate(made, 1):
        labels[p.mask] = n
        color = (
            round(0.3 + 0.6 * (n % 3) / 2, 4),
            round(0.3 + 0.6 * (n // 3 % 3) / 2, 4),
            round(0.9 - 0.5 * (n % 2), 4),
        )
        segments.append(Segment(f"region_{n}", p.label, n, color, codes.TISSUE, codes.TISSUE))
    return segmentation_bytes(labels, session.geometry, tuple(segments))
