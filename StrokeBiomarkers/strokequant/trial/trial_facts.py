"""What worklist, register and charter say of an item, as facts of its procedure."""

from datetime import date
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..types import CaseRecord
from .item_file import TRAINING
from .register import qualification

if TYPE_CHECKING:
    from .reading_item import ReadingItem

OF_TRIAL = frozenset(
    (
        "reader",
        "trial_reading",
        "reader_qualified",
        "item_assigned",
        "versions_match",
        "manifest_matches",
        "only_assigned_series",
        "prior_allowed",
        "audit_trail_intact",
        "reauthenticated",
        "sign_meaning",
        "outputs_locked",
        "not_evaluable_found",
    )
)
"""Facts that no reader answers: the trial, the trail or the signature says them."""
OF_INTAKE = frozenset(("timepoint_in_window", "hours_from_onset"))
"""Facts of the time point that the intake says in a trial, where a reader sees no date."""


def is_trial_reading(item: "ReadingItem") -> bool:
    """True for an item that counts: of a trial, and not for training."""
    return item.trial is not None and item.file.model != TRAINING


def trial_facts(item: "ReadingItem", record: Any, today: date, *, by_program: bool) -> dict[str, Any]:
    """Facts that no reader answers.

    Args:
        item: that is read.
        record: as measured so far; None before.
        today: for the qualification.
        by_program: no reader is there.
    """
    facts: dict[str, Any] = {"trial_reading": is_trial_reading(item), **item.file.facts}
    if item.reader is not None and not by_program:
        facts["reader"] = item.reader.id
    if not is_trial_reading(item):
        return facts
    if item.reader is not None and not by_program:
        facts["reader_qualified"] = not qualification(item.reader, item.procedure, today)
        facts["item_assigned"] = item.reader.id == item.file.reader
    return facts | {
        "versions_match": versions_match(item),
        "manifest_matches": not item.changed_files,
        "only_assigned_series": _only_assigned(item, record),
        "prior_allowed": bool(item.trial.charter.blinding.get("prior_allowed")),
    }


def versions_match(item: "ReadingItem") -> bool:
    """True where procedure and software are those of the charter."""
    named = item.trial.charter.procedures.get(item.file.task, {})
    return item.trial.charter.software == __version__ and named.get("content_hash") == item.procedure.content_hash


def _only_assigned(item: "ReadingItem", record: Any) -> bool | None:
    """Whether a case holds the assigned series and no other; None where there is no record that could say it."""
    if not isinstance(record, CaseRecord):
        return None
    return {series.series_uid for series in record.series} == set(item.file.series)
