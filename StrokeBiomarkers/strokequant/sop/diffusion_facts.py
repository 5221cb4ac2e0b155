"""Facts of the diffusion core of a record."""

from typing import Any

import numpy as np

from ..types import CaseRecord, Role
from .series_facts import numbers, pixel_mm, stack_facts, status_of, used_series

_NUMBERS = {
    "core_ml": "infarct_core_volume",
    "core_left_ml": "infarct_core_volume_left",
    "core_right_ml": "infarct_core_volume_right",
    "core_adc_mean": "infarct_core_adc_mean",
    "core_adc_sd": "infarct_core_adc_sd",
    "core_lesions": "infarct_core_lesions",
    "brain_ml": "brain_volume",
}
_NOT_ALIGNED = "M02"
"""Issue by which the alignment of a diffusion series says that images stay as they are, or were not checked."""


def diffusion_facts(record: CaseRecord) -> dict[str, Any]:
    """Acquisition, map and core; without a diffusion series that it is not there, and nothing else."""
    used = used_series(record, "dwi", "adc")
    if not any(s.role in (Role.DWI, Role.ADC) for s in used) and "adc" not in record.maps:
        return {"has_diffusion": False}
    return {
        "has_diffusion": True,
        **_acquired(record),
        **_map(record),
        **_core(record),
        **numbers(record.measurements, _NUMBERS),
        "core_status": status_of(record.measurements, "infarct_core_volume"),
    }


def _acquired(record: CaseRecord) -> dict[str, Any]:
    stack = used_series(record, "dwi") or used_series(record, "adc")
    facts = stack_facts("diffusion", record.audits.get(stack[0].key)) if stack else {}
    image = record.maps.get("adc") or record.images.get("dwi")
    return facts | ({"diffusion_pixel_mm": pixel_mm(image.geometry)} if image is not None else {})


def _map(record: CaseRecord) -> dict[str, Any]:
    adc, brain = record.maps.get("adc"), record.masks.get("brain")
    if adc is None:
        return {}
    p = adc.parameters
    recomputed = "b_high_s_mm2" in p
    compared = record.agreement or {}
    facts = {
        "adc_source": "recomputed" if recomputed else "vendor",
        "b_low": p.get("b_low_s_mm2"),
        "b_high": p.get("b_high_s_mm2"),
        "diffusion_directions": p.get("high_directions"),
        "diffusion_trace": p["high_kind"] == "isotropic" if "high_kind" in p else None,
        "adc_vendor_compared": record.agreement is not None,
        "adc_vendor_bias_percent": compared.get("bias_percent"),
        "diffusion_aligned": all(i.code != _NOT_ALIGNED for i in record.issues) if recomputed else None,
    }
    inside = adc.values[adc.valid & brain.values] if brain is not None else np.empty(0)
    if inside.size:
        median, high = np.percentile(inside, (50, 99))
        facts |= {"brain_adc_median": float(median), "brain_adc_p99": float(high)}
    return facts


def _core(record: CaseRecord) -> dict[str, Any]:
    settings = record.configuration.get("core", {})
    facts = {
        "core_threshold": settings.get("adc_threshold", {}).get("value"),
        "core_threshold_step": settings.get("adc_step", {}).get("value"),
    }
    volume = next((m for m in record.measurements if m.id == "infarct_core_volume"), None)
    if volume is not None:
        facts |= {"core_lower_ml": volume.lower, "core_upper_ml": volume.upper}
    if record.core is None:
        return facts
    accepted = [c.volume_ml for c in record.core.candidates if c.accepted]
    return facts | {
        "core_candidates": len(record.core.candidates),
        "core_accepted": len(accepted),
        "core_smallest_ml": min(accepted, default=None),
    }
