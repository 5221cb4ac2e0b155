"""Facts of hemorrhage on plain CT, and of its growth."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..dicomio.classify import sharp_kernel
from ..types import CaseRecord, Role
from .series_facts import numbers, stack_facts, status_of, used_series

_NUMBERS = {
    "ich_ml": "ich_volume",
    "ivh_ml": "ivh_volume",
    "sah_ml": "sah_volume",
    "sdh_ml": "sdh_volume",
    "ich_ivh_ml": "ich_ivh_total_volume",
    "edema_ml": "edema_volume",
}
_GROWTH = {
    "ich_growth_ml": "ich_growth_volume",
    "ich_growth_percent": "ich_growth_percent",
    "ich_ivh_growth_ml": "ich_ivh_growth_volume",
    "ivh_growth_ml": "ivh_growth_volume",
}


def hemorrhage_facts(record: CaseRecord) -> dict[str, Any]:
    """Acquisition, CT numbers, volumes, growth; where hemorrhage was not looked for, whether there is a plain CT."""
    series = used_series(record, "ncct")
    result = record.hemorrhage
    there = bool(series) or any(s.role is Role.NCCT for s in record.series)
    if not series or result is None:
        return {"has_plain_ct": there}
    kernel = str(result.facts.get("kernel") or "")
    stack = stack_facts("ct", record.audits.get(series[0].key))
    stack.pop("ct_coverage_mm", None)
    found = numbers(record.measurements, _NUMBERS)
    return {
        "has_plain_ct": there,
        **stack,
        "ct_kernel": kernel or None,
        "ct_soft_kernel": not any(sharp_kernel(one) for one in kernel.split(", ")) if kernel else None,
        "ct_contrast_agent": bool(result.facts["contrast_agent"]) if "contrast_agent" in result.facts else None,
        **{name: result.facts.get(name) for name in ("air_hu", "csf_hu", "brain_hu")},
        **_windows(record),
        **found,
        "ich_status": status_of(record.measurements, "ich_volume"),
        "abc2_difference_percent": _abc2_difference(record, found["ich_ml"]),
        **_growth(record, found["ivh_ml"]),
    }


def _windows(record: CaseRecord) -> dict[str, Any]:
    """Windows of CT numbers that were used."""
    clot, edema = (record.configuration.get(stage, {}) for stage in ("hematoma", "hemorrhage"))
    return {
        "clot_high_hu": clot.get("clot_high_hu", {}).get("value"),
        "edema_low_hu": edema.get("edema_low_hu", {}).get("value"),
        "edema_high_hu": edema.get("edema_high_hu", {}).get("value"),
    }


def _abc2_difference(record: CaseRecord, ich_ml: float | None) -> float | None:
    weighted = numbers(record.measurements, {"abc2": "ich_volume_abc2_kothari"})["abc2"]
    return 100 * (weighted - ich_ml) / ich_ml if weighted is not None and ich_ml else None


def _growth(record: CaseRecord, ivh_ml: float | None) -> dict[str, Any]:
    growth = record.follow_up.growth if record.follow_up else None
    if growth is None:
        return {"growth_measured": False}
    found = numbers(record.measurements, _GROWTH)
    baseline = record.follow_up.baselines.get("hemorrhage")
    then, now = baseline.visit if baseline else {}, record.hemorrhage.facts.get("visit", {})
    grown = found["ivh_growth_ml"]
    return {
        "growth_measured": True,
        **found,
        **visit_differences(then, now),
        "new_ivh": None if None in (grown, ivh_ml) else ivh_ml > 0 and abs(grown - ivh_ml) < 0.0005,
    }


def visit_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between two scans, as `visit_to_dict` describes them."""
    thickness = [visit.get("thickness_mm") for visit in (then, now)]
    technique = [visit.get("technique") for visit in (then, now)]
    return {
        "thickness_change_mm": None if None in thickness else abs(thickness[1] - thickness[0]),
        "growth_same_technique": technique == ["NCCT", "NCCT"] if all(technique) else None,
        "hours_between": _hours(then, now),
    }


def _hours(then: Mapping[str, Any], now: Mapping[str, Any]) -> float | None:
    """None where one of both headers gives the date alone."""
    times = [visit.get("acquired") for visit in (then, now)]
    if not all(times) or then.get("day_only") or now.get("day_only"):
        return None
    first, second = (datetime.fromisoformat(text) for text in times)
    return (second - first).total_seconds() / 3600
