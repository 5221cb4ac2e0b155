"""Facts of a phantom session."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..phantom.preconditions import precondition_issues
from ..phantom_types import MetricOutcome, PhantomKind, PhantomRecord, PhantomSession
from ..types import GeometryAudit
from .series_facts import geometry_facts

_LARGEST = {
    "phantom_temperature_error_c": "temperature_error",
    "hu_uniformity": "hu_uniformity",
    "thickness_error_mm": "ct_slice_thickness_error",
    "volume_error_percent": "volume_bias_percent",
    "adc_bias_percent": "adc_bias_percent",
    "adc_bias": "adc_bias",
    "adc_random_percent": "adc_roi_sd_percent",
    "adc_b_dependence_percent": "adc_b_dependence_percent",
    "mri_ghosting_percent": "mri_psg_percent",
    "ct_noise": "ct_noise",
}
"""Metric by fact; of several inserts and passes the value farthest from 0."""
_SMALLEST = {"hu_linearity_r2": "hu_r2", "mri_uniformity_percent": "mri_piu", "mri_snr": "mri_snr"}
_DISTANCES = ("ct_bb_distance", "mri_diameter_horizontal", "mri_diameter_vertical", "mri_length")
_PRECONDITIONS = {
    "phantom_serial_matches": ("Q51",),
    "phantom_certificate_valid": ("Q52",),
    "phantom_temperature_known": ("Q54", "Q55"),
    "phantom_without_defect": ("Q61",),
}


def phantom_facts(record: PhantomRecord, audits: Mapping[str, GeometryAudit]) -> dict[str, Any]:
    """What was scanned, measured and judged.

    Args:
        record: of the session.
        audits: geometry by key of the series that were measured.
    """
    session, verdict = record.session, record.verdict
    return {
        **geometry_facts(list(audits.values())),
        **_phantom(session),
        **_pose(session),
        **_metrics(session),
        "control_signals": len(record.signals),
        "phantom_verdict": str(verdict.outcome),
        "qualified_until": verdict.valid_until or None,
        "limits_failed": sum(one.outcome is MetricOutcome.FAIL for one in verdict.metrics),
    }


def _phantom(session: PhantomSession) -> dict[str, Any]:
    if session.phantom is None:
        return {}
    blocking = {issue.code for issue in precondition_issues(session) if issue.blocks}
    return {
        "phantom_kind": str(session.phantom.kind),
        "phantom_id": session.phantom.id,
        **{name: not blocking & set(codes) for name, codes in _PRECONDITIONS.items()},
    }


def _pose(session: PhantomSession) -> dict[str, Any]:
    pose = session.pose
    if pose is None:
        return {}
    facts = {"phantom_pose_mm": float(pose.residual_mm) if np.isfinite(pose.residual_mm) else None}
    if session.geometry is not None:
        normal = np.cross(*(session.geometry.affine[:3, column] for column in (0, 1)))
        cosine = abs(normal @ np.asarray(pose.axes)[:, 2]) / np.linalg.norm(normal)
        facts["phantom_tilt_deg"] = float(np.degrees(np.arccos(min(1.0, cosine))))
    return facts


def _metrics(session: PhantomSession) -> dict[str, Any]:
    values: dict[str, list] = {}
    for one in session.measurements:
        if one.value is not None:
            values.setdefault(one.metric, []).append(one)
    facts = {
        name: max((m.value for m in values.get(metric, ())), key=abs, default=None) for name, metric in _LARGEST.items()
    }
    facts |= {name: min((m.value for m in values.get(metric, ())), default=None) for name, metric in _SMALLEST.items()}
    errors = [abs(m.value - m.reference) for d in _DISTANCES for m in values.get(d, ()) if m.reference is not None]
    water = [m.value for m in values.get("hu", ()) if m.insert == _water(session)]
    return facts | {
        "distance_error_mm": max(errors, default=None),
        "water_hu_error": max(water, key=abs, default=None),
    }


def _water(session: PhantomSession) -> str | None:
    """Label of the insert of water in a CT phantom."""
    if session.phantom is None or session.phantom.kind is not PhantomKind.ACR_CT:
        return None
    return next((i.label for i in session.phantom.inserts if "water" in (*i.traits, i.material.lower())), None)
