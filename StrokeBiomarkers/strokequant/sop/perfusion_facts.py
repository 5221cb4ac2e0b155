"""Facts of the perfusion of a record."""

from typing import Any

import numpy as np

from ..perfusion_types import Bolus, PerfusionResult, VesselCurve
from ..types import CaseRecord
from .series_facts import numbers, stack_facts, used_series

_NUMBERS = {
    "reference_cbf": "reference_tissue_cbf",
    "mismatch_core_ml": "mismatch_core_volume",
    "hypoperfusion_ml": "hypoperfusion_6s_volume",
    "mismatch_ml": "mismatch_volume",
    "mismatch_ratio": "mismatch_ratio",
    "mismatch_coregistered_ml": "mismatch_volume_coregistered",
    "reperfusion_index": "hypoperfusion_6s_reperfusion",
}


def perfusion_facts(record: CaseRecord) -> dict[str, Any]:
    """Everything that a perfusion study says of itself; nothing without one."""
    result = record.perfusion
    if result is None:
        return {}
    facts = {"perfusion_kind": result.kind or None}
    for part in (_acquired(record), _motion(result), _vessels(result), _maps(record), _lesions(record)):
        facts |= part
    return facts | numbers(record.measurements, _NUMBERS)


def _acquired(record: CaseRecord) -> dict[str, Any]:
    result = record.perfusion
    series = used_series(record, "ctp", "dsc")
    facts = stack_facts("perfusion", record.audits.get(series[0].key)) if len(series) == 1 else {}
    facts.pop("perfusion_step_mm", None)
    times = result.time_audit
    if times is not None:
        facts |= {
            "perfusion_duration_s": times.duration_s,
            "perfusion_step_s": times.step_s,
            "perfusion_longest_step_s": times.largest_step_s,
        }
    told = {name: _told(series, name) for name in ("kvp", "echo_time_ms")}
    if result.bolus is not None:
        facts["baseline_frames"] = result.bolus.last - result.bolus.first
    return facts | {"tube_voltage_kv": told["kvp"], "echo_time_ms": told["echo_time_ms"]}


def _told(series, name: str) -> float | None:
    """Highest value that a header says."""
    return max((float(f.extra[name]) for s in series for f in s.frames if f.extra.get(name)), default=None)


def _motion(result: PerfusionResult) -> dict[str, Any]:
    motion = result.motion
    if motion is None or not len(motion.displacement_mm):
        return {}
    return {
        "motion_residual_mm": float(np.max(motion.residual_mm)),
        "motion_rotation_deg": float(np.linalg.norm(motion.rotations_deg, axis=1).max()),
        "rejected_percent": 100 * len(motion.rejected) / len(motion.displacement_mm),
    }


def _vessels(result: PerfusionResult) -> dict[str, Any]:
    aif = result.vessels.aif if result.vessels else None
    vof = result.vessels.vof if result.vessels else None
    facts: dict[str, Any] = {}
    if aif is not None:
        facts |= {
            "aif_method": aif.method,
            "aif_peak_to_noise": _peak_to_noise(aif, result.bolus),
            **_curve("aif", aif),
        }
    if vof is not None:
        facts |= _curve("vof", vof)
    if aif is not None and vof is not None and np.max(aif.values) > 0:
        facts["vof_aif_peak_ratio"] = float(np.max(vof.values) / np.max(aif.values))
    return facts


def _curve(name: str, curve: VesselCurve) -> dict[str, Any]:
    at = int(np.argmax(curve.values))
    peak = float(curve.values[at])
    tail = float(curve.values[-1]) / peak if peak > 0 else None
    return {f"{name}_peak_s": float(curve.times_s[at]), f"{name}_tail_share": tail}


def _peak_to_noise(curve: VesselCurve, bolus: Bolus | None) -> float | None:
    """None where the baseline is shorter than three frames or has no noise."""
    baseline = curve.values[bolus.first : bolus.last] if bolus is not None else np.empty(0)
    if len(baseline) < 3:
        return None
    noise = float(np.std(baseline, ddof=1))
    return float(np.max(curve.values)) / noise if noise > 0 else None


def _maps(record: CaseRecord) -> dict[str, Any]:
    used = record.perfusion.parameters.get("deconvolution", {})
    facts = {"deconvolution_method": used.get("method"), "deconvolution_threshold": used.get("threshold")}
    tmax, tissue = record.maps.get("tmax"), record.masks.get("reference_tissue")
    if tmax is not None and tissue is not None and (tmax.valid & tissue.values).any():
        facts["reference_tmax_s"] = float(np.median(tmax.values[tmax.valid & tissue.values]))
    return facts


def _lesions(record: CaseRecord) -> dict[str, Any]:
    settings = record.configuration.get("lesion", {})
    core_rcbf = settings.get("core_rcbf", {}).get("value")
    facts = {
        "tmax_threshold_s": settings.get("main_tmax_s", {}).get("value"),
        "rcbf_threshold_percent": None if core_rcbf is None else 100 * core_rcbf,
    }
    lesions = record.perfusion.lesions
    if lesions is not None:
        facts |= {"mismatch_core_source": lesions.core_source, "coverage_limited": lesions.coverage_limited}
    return facts
