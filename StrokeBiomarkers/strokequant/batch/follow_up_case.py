"""Follow-up of one time point, added to its record: growth of blood and of the infarct, reperfusion, forms of readers.

Computes nothing itself. What cannot be compared becomes measurements without a value, with the reasons; a question that nobody answered
is asked in the record and never filled in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..settings import Settings
from ..types import CaseRecord
from .earlier import Earlier
from .final_infarct_case import KIND as INFARCT
from .final_infarct_case import add_final_infarct
from .follow_up_answers import FollowUpAnswers
from .hemorrhage_growth import KIND as BLOOD
from .hemorrhage_growth import with_growth
from .reader_forms import add_forms
from .reperfusion_case import KIND as PERFUSION
from .reperfusion_case import with_reperfusion


def add_follow_up(
    record: CaseRecord,
    *,
    earlier: Mapping[str, Earlier],
    answers: FollowUpAnswers = FollowUpAnswers(),
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """The record with everything about follow-up; never raises for bad input.

    Args:
        record: of the follow-up, with everything else measured.
        earlier: baselines by what is compared: "hemorrhage", "infarct" or "perfusion".
        answers: of readers.
        settings: thresholds of all stages.
        chosen: series keys that a person named.
        stage: called with the name of each stage as it begins.
    """
    if BLOOD in earlier:
        stage("growth")
        record = with_growth(record, earlier[BLOOD], study_mdd_ml=answers.study_mdd_ml, settings=settings)
    if PERFUSION in earlier:
        record = with_reperfusion(record, earlier[PERFUSION], settings=settings)
    stage("infarct")
    record = add_final_infarct(record, earlier.get(INFARCT), answers=answers, settings=settings, chosen=chosen)
    record = add_forms(record, answers=answers, settings=settings)
    return replace(record, inputs=tuple(dict.fromkeys((*record.inputs, *answers.inputs()))))
