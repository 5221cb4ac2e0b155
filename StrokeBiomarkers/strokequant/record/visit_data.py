"""What a later time point needs of this one: when and how each part was imaged, and a check of the patient without identity."""

from typing import Any

from ..biomarkers.visits import visit_of, visit_to_dict
from ..patient_check import patient_check
from ..types import CaseRecord

PARTS = ("ncct", "dwi", "adc", "final_infarct", "dsc", "ctp")
"""Parts of `CaseRecord.used` that a later time point may be compared with."""


def visit_to_data(record: CaseRecord) -> dict[str, Any]:
    """Scans that were measured and the check of the patient, as plain data."""
    by_key = {series.key: series for series in record.series}
    scans = []
    for part in PARTS:
        series = by_key.get(record.used.get(part, ""))
        if series is not None:
            image = record.images.get(part)
            step = image.geometry.mean_extent_mm if image is not None else None
            visit = visit_of(series, name=part, step_mm=step)
            scans.append({"part": part, "series_uid": series.series_uid, **visit_to_dict(visit)})
    return {"patient": patient_check(record.series), "scans": scans}
