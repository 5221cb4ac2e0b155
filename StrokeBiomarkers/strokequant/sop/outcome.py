"""What came of a reading: its status, how far the reader changed the automatic outline, and a record in which nothing may be evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..biomarkers.catalog import measure
from ..errors import Issue, Level
from ..types import CaseRecord, Mask, Measurement, Status
from .procedure import Procedure

OUTLINES: Mapping[str, tuple[str, ...]] = {
    "infarct_core": ("infarct_core",),
    "mismatch": ("hypoperfusion_6s",),
    "ich_volume": ("ich", "ivh", "sah", "sdh", "edh"),
    "ht_class": ("ich", "ivh", "sah", "sdh", "edh"),
    "final_infarct": ("infarct_core",),
}
"""Masks by task that a program proposes and a reader changes; the final infarct only where it is proposed on diffusion."""

_MAIN: Mapping[str, str] = {
    "infarct_core": "infarct_core_volume",
    "mismatch": "mismatch_volume",
    "ich_volume": "ich_volume",
    "final_infarct": "final_infarct_volume",
}
"""Measure by task whose status is that of the reading."""


NOT_EVALUABLE = "W60"
"""Issue by which a record says of the images, not of one number, that nothing can be evaluated."""


def outcome_facts(procedure: Procedure, record: CaseRecord, proposal: CaseRecord | None) -> dict[str, Any]:
    """Facts that follow from what the reader did.

    Args:
        procedure: that is walked.
        record: as it is now.
        proposal: as it was computed; None where nothing was.

    Returns:
        `result_status`; `edited`, `edit_fraction_percent` and `edit_dice` where there was an outline to change.
    """
    facts: dict[str, Any] = {"result_status": result_status(procedure, record)}
    before = _outline(procedure, proposal)
    if before is None:
        return facts
    after = _outline(procedure, record)
    return facts | _edits(before, after if after is not None else replace(before, values=np.zeros_like(before.values)))


def result_status(procedure: Procedure, record: CaseRecord) -> str:
    """ "measured", "zero", "not_evaluable" or "missing": what is going to be signed."""
    found = {m.id: m for m in record.measurements}
    main = found.get(_MAIN.get(procedure.task, ""))
    if main is not None:
        return str(main.status)
    if any(issue.code == NOT_EVALUABLE for issue in record.issues):
        return str(Status.NOT_EVALUABLE)
    forms = record.forms
    match procedure.task:
        case "ht_class":
            read = forms is not None and forms.transformation is not None and forms.transformation.ecass is not None
        case "recanalization":
            read = forms is not None and any(vessel.grade is not None for vessel in forms.vessels)
        case _:
            read = False
    return str(Status.MEASURED if read else Status.MISSING)


def not_evaluable(procedure: Procedure, record: CaseRecord, reasons: Sequence[str]) -> CaseRecord:
    """The record with no number, because the images do not bear one.

    Args:
        procedure: that is walked.
        record: as measured; its images, maps and series stay, its outlines do not.
        reasons: coded, as the reader gave them.
    """
    found = f"graded non-diagnostic: {', '.join(reasons)}"
    remedy = "ask the site for better images; nothing is imputed"
    issue = Issue(NOT_EVALUABLE, Level.WARN, found, "images that can be evaluated", remedy, record.case)
    inputs = {output["id"]: () for output in procedure.outputs} | {m.id: m.inputs for m in record.measurements}
    measurements = tuple(
        Measurement(name, None, measure(name).unit, Status.NOT_EVALUABLE, inputs=refs, issues=(issue,))
        for name, refs in inputs.items()
    )
    outlined = OUTLINES.get(procedure.task, ())
    return replace(
        record,
        measurements=measurements,
        masks={name: mask for name, mask in record.masks.items() if name not in outlined},
        issues=(*record.issues, issue),
        core=None,
        perfusion=None,
        hemorrhage=None,
        follow_up=None,
        forms=None,
    )


def _outline(procedure: Procedure, record: CaseRecord | None) -> Mask | None:
    """All voxels that the reading outlines, None where the record has none of its masks."""
    names = OUTLINES.get(procedure.task, ())
    masks = [record.masks[name] for name in names if name in record.masks] if record is not None else []
    if not masks:
        return None
    return replace(masks[0], values=np.logical_or.reduce([mask.values for mask in masks]))


def _edits(before: Mask, after: Mask) -> dict[str, Any]:
    """How far two outlines differ, by the volume of their voxels."""
    then, now = before.volume_ml, after.volume_ml
    shared = replace(before, values=before.values & after.values).volume_ml
    union = then + now - shared
    edited = not np.array_equal(before.values, after.values)
    return {
        "edited": edited,
        "edit_fraction_percent": 100 * (union - shared) / union if union else 0.0,
        "edit_dice": 2 * shared / (then + now) if then + now else 1.0,
    }
