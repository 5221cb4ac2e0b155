"""Facts of what readers answered about a time point, of the final infarct and of vessels."""

from typing import Any

from ..types import CaseRecord, Role
from .series_facts import numbers, stack_facts, status_of, used_series

_NUMBERS = {
    "clot_share_percent": "transformation_clot_share",
    "final_infarct_ml": "final_infarct_volume",
    "final_corrected_ml": "final_infarct_volume_corrected",
    "infarct_growth_ml": "infarct_growth_volume",
    "infarct_growth_ratio": "infarct_growth_ratio",
    "infarct_growth_log_ratio": "infarct_growth_log_ratio",
}
_IMAGES = {Role.FLAIR: "FLAIR", Role.NCCT: "NCCT", Role.DWI: "DWI", Role.ADC: "DWI"}
_INFARCT = "infarct"
"""Name under which a record keeps the comparison with an earlier infarct."""


def follow_up_facts(record: CaseRecord) -> dict[str, Any]:
    """Transformation, final infarct and growth, vessels."""
    roles = {series.role for series in record.series}
    return {
        "has_gradient_echo": Role.SWI in roles,
        "has_angiography": Role.ANGIOGRAPHY in roles,
        **numbers(record.measurements, _NUMBERS),
        "final_status": status_of(record.measurements, "final_infarct_volume"),
        **_transformation(record),
        **_final_image(record),
        **_baseline(record),
        **_vessel(record),
    }


def _transformation(record: CaseRecord) -> dict[str, Any]:
    found = record.forms.transformation if record.forms else None
    if found is None:
        return {}
    given = found.answers
    return {
        "blood_image": found.modality,
        "bleeding_pattern": given.get("pattern"),
        "mass_effect": given.get("mass_effect"),
        "staining": given.get("staining"),
        "recent_contrast": given.get("thrombectomy"),
        "ecass_class": found.ecass,
        "heidelberg_classes": None if found.heidelberg is None else list(found.heidelberg),
    }


def _final_image(record: CaseRecord) -> dict[str, Any]:
    series = used_series(record, "final_infarct")
    if not series:
        return {}
    stack = stack_facts("final", record.audits.get(series[0].key))
    return {"final_image": _IMAGES.get(series[0].role), "final_step_mm": stack.get("final_step_mm")}


def _baseline(record: CaseRecord) -> dict[str, Any]:
    follow_up = record.follow_up
    if follow_up is None:
        return {"baseline_registered": False}
    registration = follow_up.registrations.get(_INFARCT)
    found = numbers(record.measurements, {"end": "final_infarct_volume", "change": "infarct_growth_volume"})
    then = follow_up.baselines[_INFARCT].visit if _INFARCT in follow_up.baselines else {}
    now = _final_image(record).get("final_image")
    known = None not in found.values()
    return {
        "baseline_registered": registration is not None,
        "registration_residual_mm": registration.residual_mm if registration is not None else None,
        "baseline_core_ml": round(found["end"] - found["change"], 3) if known else None,
        "infarct_same_technique": then["technique"] == now if then.get("technique") and now else None,
    }


def _vessel(record: CaseRecord) -> dict[str, Any]:
    """Of the one vessel that was scored; of several, none is meant more than another."""
    scores = record.forms.vessels if record.forms else ()
    if len(scores) != 1:
        return {}
    (score,) = scores
    return {
        "vessel_modality": score.modality,
        "vessel_scale": score.scale,
        "vessel_scale_version": score.version,
        "vessel_site": score.answers.get("site"),
        "vessel_side": score.answers.get("side"),
        "vessel_grade": score.grade,
    }
