"""Where a reading stands, from its audit trail alone: the walk, the answers of the reader, when each step was begun.

The trail is the only place where a step or an answer is kept: one line is one move, and a killed program leaves either all or none of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..sop.procedure import Procedure
from ..sop.walk import Walk, step_record_of
from .audit_trail import AuditEntry
from .item_states import Event, ItemStatus, after

STEP_DONE, STEP_SKIPPED, STEP_BACK, ANSWER = "step.done", "step.skipped", "step.back", "answer.given"
PREVIEWS = frozenset({"preview_confirmed", "deviations_reviewed"})
"""Answers about the outputs as they are; they are asked again once values may have changed."""
_MOVES = (STEP_DONE, STEP_SKIPPED, Event.SUBMIT, Event.SIGN)
"""Entries that finish a step."""


@dataclass(frozen=True)
class Progress:
    """Where a reading stands.

    Args:
        walk: of its procedure.
        status: of the item.
        answers: facts of the reader by name.
        started: when each step was begun for the last time, ISO 8601 by step.
        values: hash of the values that were submitted; empty while none are.
    """

    walk: Walk
    status: ItemStatus = ItemStatus()
    answers: Mapping[str, Any] = field(default_factory=dict)
    started: Mapping[str, str] = field(default_factory=dict)
    values: str = ""


def progress_of(entries: Iterable[AuditEntry], procedure: Procedure) -> Progress:
    """Where the entries of a trail lead."""
    progress = Progress(Walk(procedure))
    for entry in entries:
        progress = advanced(progress, entry)
    return progress


def advanced(progress: Progress, entry: AuditEntry) -> Progress:
    """Progress after one more entry."""
    before = progress.walk.position
    status = after(progress.status, entry.event, entry.role)
    moved = replace(_moved(progress, entry), status=status)
    step = moved.walk.step
    if step is None or (moved.walk.position == before and step.id in moved.started):
        return moved
    return replace(moved, started={**moved.started, step.id: entry.utc})


def _moved(progress: Progress, entry: AuditEntry) -> Progress:
    match entry.event:
        case event if event in _MOVES:
            return _finished(progress, entry)
        case event if event == STEP_BACK:
            return replace(progress, walk=replace(progress.walk, position=_index(progress.walk, entry.new["to"])))
        case event if event == ANSWER:
            return replace(progress, answers={**progress.answers, entry.new["name"]: entry.new["value"]})
        case Event.RETURN:
            return _asked_again(replace(progress, values=""), len(progress.walk.procedure.steps) - 2)
        case Event.ADDENDUM | Event.REOPEN:
            return _asked_again(replace(progress, values=""), _first_of_reader(progress.walk.procedure))
    return progress


def _finished(progress: Progress, entry: AuditEntry) -> Progress:
    record = step_record_of(entry.new["step"])
    position = _index(progress.walk, record.step) + 1
    walk = replace(progress.walk, position=position, done={**progress.walk.done, record.step: record})
    values = entry.new["values"] if entry.event == Event.SUBMIT else progress.values
    return replace(progress, walk=walk, values=values)


def _asked_again(progress: Progress, position: int) -> Progress:
    """At an earlier step, unsigned, with what was said about the outputs forgotten; the other steps stay done."""
    last = progress.walk.procedure.steps[-1].id
    done = {step: record for step, record in progress.walk.done.items() if step != last}
    answers = {name: value for name, value in progress.answers.items() if name not in PREVIEWS}
    return replace(progress, walk=replace(progress.walk, position=position, done=done), answers=answers)


def _index(walk: Walk, step: str) -> int:
    return [one.id for one in walk.procedure.steps].index(step)


def _first_of_reader(procedure: Procedure) -> int:
    return next(n for n, step in enumerate(procedure.steps) if not step.automatic)
