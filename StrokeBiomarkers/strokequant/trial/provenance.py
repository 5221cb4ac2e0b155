"""What a walked procedure leaves in the record that it led to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..reading_types import CheckProvenance, DeviationProvenance, ReadingProvenance, StepProvenance
from ..sop.procedure import Procedure, Step
from ..sop.walk import CheckResult, StepRecord, Walk
from .item_file import ACQUISITION

if TYPE_CHECKING:
    from .reading_item import ReadingItem


def provenance_of(
    walk: Walk, *, item: str, answers: Mapping[str, Any] = {}, started: Mapping[str, str] = {}, **more: Any
) -> ReadingProvenance:
    """Provenance of a reading so far.

    Args:
        walk: of its procedure.
        item: pseudonym of what is read.
        answers: facts of the reader; `evaluability` and `evaluability_reasons` are taken from them.
        started: time at which a step was begun, by its id.
        more: further fields of `ReadingProvenance`, such as `reader`, `reader_name`, `role`, `meaning` and `audit_head`.
    """
    procedure = walk.procedure
    done = [(step, walk.done[step.id]) for step in procedure.steps if step.id in walk.done]
    return ReadingProvenance(
        item=item,
        procedure=procedure.sop_id,
        version=procedure.version,
        content_hash=procedure.content_hash,
        title=procedure.title.en,
        title_ko=procedure.title.ko,
        evaluability=str(answers.get("evaluability") or ""),
        evaluability_reasons=tuple(answers.get("evaluability_reasons") or ()),
        steps=tuple(_step(procedure, step, record, started.get(step.id, "")) for step, record in done),
        **more,
    )


def taken_in(item: "ReadingItem") -> dict[str, Any]:
    """What a reading was taken in with, as fields of its provenance: pseudonym, acquisition, earlier reading."""
    return {
        "item": item.id,
        "acquisition": item.acquisition,
        "acquisition_sha256": item.file.files.get(ACQUISITION, ""),
        "prior": item.file.prior,
        "prior_manifest_sha256": item.file.prior_manifest,
    }


def _step(procedure: Procedure, step: Step, record: StepRecord, started: str) -> StepProvenance:
    texts = {check.id: check.text for check in (*step.preconditions, *step.postconditions)}
    return StepProvenance(
        id=step.id,
        text=step.text.en,
        text_ko=step.text.ko,
        reader=record.reader,
        started_utc=started,
        finished_utc=record.finished_utc,
        skipped=record.skipped,
        checks=tuple(_check(result, texts[result.id]) for result in record.results),
        deviations=tuple(_deviation(procedure, code, reason) for code, reason in sorted(record.deviations.items())),
    )


def _check(result: CheckResult, text: Any) -> CheckProvenance:
    return CheckProvenance(
        id=result.id,
        condition=result.condition,
        holds=result.holds,
        severity=str(result.severity),
        deviation=result.deviation,
        text=text.en,
        text_ko=text.ko,
        inputs=dict(result.inputs),
    )


def _deviation(procedure: Procedure, code: str, reason: str) -> DeviationProvenance:
    known = procedure.deviations[code]
    return DeviationProvenance(code, known.text.en, known.text.ko, str(known.consequence), reason)
