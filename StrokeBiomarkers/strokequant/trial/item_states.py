"""States of a read item, and which event leads from one to another.

The state is a pure function of the audit trail: nothing else keeps it. An event that the state does not allow changes nothing, so that no
order of events leads anywhere that is not in the table. A version that was signed stays signed; what comes after it is a further version.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audit_trail import AuditEntry


class ItemState(StrEnum):
    """Where a read item stands."""

    NONE = "none"
    """Nothing was assigned yet."""
    ASSIGNED = "assigned"
    PENDING_READER = "pending_reader"
    """The automatic steps are done."""
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    """Values are frozen."""
    SIGNED = "signed"
    """Locked for good."""
    SUPERSEDED = "superseded"
    """A signed version that the study manager opened again; it is kept as it was."""
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves an item, as the audit trail calls it."""

    ASSIGN = "item.assigned"
    PREPARE = "item.prepared"
    OPEN = "item.opened"
    SKIP = "item.skipped"
    SUBMIT = "item.submitted"
    RETURN = "item.returned"
    SIGN = "signed"
    ADDENDUM = "addendum.opened"
    REOPEN = "reopened"
    WITHDRAW = "item.withdrawn"


class Actor(StrEnum):
    """Roles that write into the trail of an item."""

    MANAGER = "study_manager"
    READER = "reader"
    PROGRAM = "program"


SKIPPED, ADDENDUM, REOPENED, RETURNED = "skipped", "addendum", "reopened", "returned"
"""Flags: left out for now; a version after a signed one; opened again by the study manager; submitted before and returned."""

_BEFORE_SIGNATURE = (ItemState.ASSIGNED, ItemState.PENDING_READER, ItemState.IN_PROGRESS, ItemState.SUBMITTED)
_OPEN_FOR_READER = _BEFORE_SIGNATURE

TRANSITIONS: Mapping[Event, tuple[frozenset[ItemState], Actor]] = {
    Event.ASSIGN: (frozenset({ItemState.NONE}), Actor.MANAGER),
    Event.PREPARE: (frozenset({ItemState.ASSIGNED}), Actor.PROGRAM),
    Event.OPEN: (frozenset(_OPEN_FOR_READER), Actor.READER),
    Event.SKIP: (frozenset({ItemState.ASSIGNED, ItemState.PENDING_READER}), Actor.READER),
    Event.SUBMIT: (frozenset({ItemState.IN_PROGRESS}), Actor.READER),
    Event.RETURN: (frozenset({ItemState.SUBMITTED}), Actor.READER),
    Event.SIGN: (frozenset({ItemState.SUBMITTED}), Actor.READER),
    Event.ADDENDUM: (frozenset({ItemState.SIGNED}), Actor.READER),
    Event.REOPEN: (frozenset({ItemState.SIGNED}), Actor.MANAGER),
    Event.WITHDRAW: (frozenset(_BEFORE_SIGNATURE), Actor.MANAGER),
}
"""States that an event may come in, and who may bring it about."""

_AFTER: Mapping[Event, ItemState] = {
    Event.ASSIGN: ItemState.ASSIGNED,
    Event.PREPARE: ItemState.PENDING_READER,
    Event.SUBMIT: ItemState.SUBMITTED,
    Event.RETURN: ItemState.IN_PROGRESS,
    Event.SIGN: ItemState.SIGNED,
    Event.ADDENDUM: ItemState.IN_PROGRESS,
    Event.REOPEN: ItemState.IN_PROGRESS,
    Event.WITHDRAW: ItemState.WITHDRAWN,
}


@dataclass(frozen=True)
class ItemStatus:
    """State of an item.

    Args:
        state: of the newest version.
        version: from 1; 0 while nothing is assigned.
        flags: of the newest version: skipped, addendum, reopened, returned.
        signed: versions that are signed and stand.
        superseded: versions that were signed and then replaced by the study manager.
    """

    state: ItemState = ItemState.NONE
    version: int = 0
    flags: frozenset[str] = frozenset()
    signed: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()

    def state_of_version(self, version: int) -> ItemState:
        """State of one version."""
        if version in self.superseded:
            return ItemState.SUPERSEDED
        if version in self.signed:
            return ItemState.SIGNED
        return self.state if version == self.version else ItemState.NONE


def allowed(status: ItemStatus, event: Event | str, role: Actor | str) -> str:
    """Why an event may not come now, in plain words; empty where it may.

    Args:
        status: as it is.
        event: that somebody wants.
        role: of whom.
    """
    if event not in _EVENTS:
        return f"{event} is no event of a read item"
    states, actor = TRANSITIONS[Event(event)]
    if role != actor:
        return f"{_WORDS[Event(event)]} is for the {str(actor).replace('_', ' ')}"
    if status.state not in states:
        return f"the item is {str(status.state).replace('_', ' ')}; {_WORDS[Event(event)]} is not possible then"
    if event == Event.WITHDRAW and status.version > 1:
        return "a version of the item is signed; a signed item is not withdrawn"
    return ""


def after(status: ItemStatus, event: Event | str, role: Actor | str) -> ItemStatus:
    """Status after an event; the same where it is not allowed."""
    if allowed(status, event, role):
        return status
    event = Event(event)
    if event is Event.SKIP:
        return replace(status, state=ItemState.ASSIGNED, flags=status.flags | {SKIPPED})
    if event is Event.OPEN:
        submitted = status.state is ItemState.SUBMITTED
        return replace(
            status, state=status.state if submitted else ItemState.IN_PROGRESS, flags=status.flags - {SKIPPED}
        )
    return _next_version(replace(status, state=_AFTER[event]), event)


def _next_version(status: ItemStatus, event: Event) -> ItemStatus:
    """Versions and flags after an event."""
    match event:
        case Event.ASSIGN:
            return replace(status, version=1)
        case Event.RETURN:
            return replace(status, flags=status.flags | {RETURNED})
        case Event.SIGN:
            return replace(status, signed=(*status.signed, status.version))
        case Event.ADDENDUM:
            return replace(status, version=status.version + 1, flags=frozenset({ADDENDUM}))
        case Event.REOPEN:
            kept = tuple(version for version in status.signed if version != status.version)
            replaced = (*status.superseded, status.version)
            flags = frozenset({REOPENED})
            return replace(status, version=status.version + 1, flags=flags, signed=kept, superseded=replaced)
    return status


def state_of(entries: Iterable["AuditEntry"]) -> ItemStatus:
    """Status that a trail leads to; entries that move nothing are passed over."""
    status = ItemStatus()
    for entry in entries:
        if entry.event in _EVENTS:
            status = after(status, entry.event, entry.role)
    return status


def not_allowed(entries: Iterable["AuditEntry"]) -> tuple[tuple[int, str], ...]:
    """Entries that ask for what the state did not allow: `seq` and why."""
    status, found = ItemStatus(), []
    for entry in entries:
        if entry.event in _EVENTS:
            why = allowed(status, entry.event, entry.role)
            found += [(entry.seq, why)] if why else []
            status = after(status, entry.event, entry.role)
    return tuple(found)


_EVENTS = frozenset(str(event) for event in Event)
_WORDS: Mapping[Event, str] = {
    Event.ASSIGN: "assigning",
    Event.PREPARE: "preparing",
    Event.OPEN: "opening",
    Event.SKIP: "leaving it for later",
    Event.SUBMIT: "submitting",
    Event.RETURN: "returning to the reading",
    Event.SIGN: "signing",
    Event.ADDENDUM: "an addendum",
    Event.REOPEN: "opening it again",
    Event.WITHDRAW: "withdrawing",
}
