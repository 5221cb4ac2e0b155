"""What follows for the record from outlines and answers that no module measures: infarct, transformation, vessels."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from strokequant.batch.earlier import Earlier
from strokequant.batch.final_infarct_case import FORM, add_final_infarct
from strokequant.batch.follow_up_answers import FollowUpAnswers
from strokequant.biomarkers.final_infarct import FINAL
from strokequant.biomarkers.forms import answer_form, load_forms
from strokequant.settings import Settings
from strokequant.types import CaseRecord, Mask

ON_BLOOD = "ncct"
"""Image of the blood, which the infarct of a transformation is outlined on."""


def withInfarct(record: CaseRecord, infarct: Mask) -> CaseRecord:
    """The record with the infarct of the same image as the blood, so that the share of clot in it can be measured."""
    mask = replace(infarct, name=FINAL)
    return replace(
        record, masks={**record.masks, FINAL: mask}, images={**record.images, FINAL: record.images[ON_BLOOD]}
    )


def withFinalInfarct(
    record: CaseRecord,
    infarct: Mask,
    technique: str,
    answers: Mapping[str, Any],
    *,
    earlier: str,
    reader: str,
    settings: Settings,
) -> CaseRecord:
    """The record with the final infarct, and its growth where there is an earlier record.

    Args:
        record: with the image that was outlined on.
        infarct: as outlined.
        technique: "FLAIR", "CT" or "DWI".
        answers: facts of the reader.
        earlier: path of the earlier record; empty for none.
        reader: code.
        settings: thresholds.
    """
    form = load_forms()[FORM]
    given: dict[str, Any] = {"chronic": "none" if answers.get("chronic_lesions_removed") else "cannot tell"}
    if answers.get("transformation_included") is not None:
        given["holds_clot"] = "yes" if answers["transformation_included"] else "no"
    said = answer_form(form, given, modality=technique, reader=reader)
    follow = FollowUpAnswers(forms=(said,), masks={"infarct": infarct}, reader=reader)
    before = Earlier(earlier) if earlier else None
    return add_final_infarct(record, before, answers=follow, settings=settings)
