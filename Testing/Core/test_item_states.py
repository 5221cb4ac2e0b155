"""States of a read item: no order of events leads anywhere that is not in the table, and what is signed stays signed."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strokequant.trial.item_states import (
    ADDENDUM,
    REOPENED,
    RETURNED,
    SKIPPED,
    TRANSITIONS,
    Actor,
    Event,
    ItemState,
    ItemStatus,
    after,
    allowed,
    not_allowed,
    state_of,
)

READ = [
    (Event.ASSIGN, Actor.MANAGER),
    (Event.PREPARE, Actor.PROGRAM),
    (Event.OPEN, Actor.READER),
    (Event.SUBMIT, Actor.READER),
    (Event.SIGN, Actor.READER),
]
ANY = [(event, role) for event in (*Event, "step.done", "answer.given", "") for role in (*Actor, "auditor", "")]
CHOICES = st.lists(
    st.tuples(st.sampled_from((True, True, True, False)), st.integers(0, 10**6)), min_size=12, max_size=40
)


def events_of(choices):
    """Events: where the first of a choice is true one that is allowed, so that deep states are reached, else any."""
    status, events = ItemStatus(), []
    for fits, number in choices:
        fitting = [(event, role) for event, role in ANY if not allowed(status, event, role)]
        among = fitting if fits and fitting else ANY
        events.append(among[number % len(among)])
        status = after(status, *events[-1])
    return events


def entries(events):
    return [SimpleNamespace(seq=n, event=str(e), role=str(r)) for n, (e, r) in enumerate(events)]


def status_after(events):
    return state_of(entries(events))


@settings(max_examples=150, deadline=None)
@given(CHOICES)
def test_no_order_of_events_reaches_an_undefined_state(choices):
    events, status = events_of(choices), ItemStatus()
    for event, role in events:
        before, status = status, after(status, event, role)
        assert status.state in ItemState and status.state is not ItemState.SUPERSEDED
        assert (status.state is ItemState.NONE) == (status.version == 0)
        assert len(status.signed) + len(status.superseded) in (status.version, max(0, status.version - 1))
        assert status == before or not allowed(before, event, role)
        assert set(before.signed) - set(status.signed) <= set(status.superseded)
        assert set(before.superseded) <= set(status.superseded)
        if before.state is ItemState.WITHDRAWN:
            assert status == before
        if before.state is ItemState.SIGNED:
            assert status == before or (
                status.version == before.version + 1 and event in (Event.ADDENDUM, Event.REOPEN)
            )
        if status.state is ItemState.SIGNED:
            assert status.signed[-1] == status.version
        assert {status.state_of_version(n) for n in range(1, status.version)} <= {
            ItemState.SIGNED,
            ItemState.SUPERSEDED,
        }
    assert status_after(events) == status


@settings(max_examples=80, deadline=None)
@given(CHOICES)
def test_no_signature_without_submission_and_nothing_before_the_assignment(choices):
    status = ItemStatus()
    for event, role in events_of(choices):
        before, status = status, after(status, event, role)
        if status.signed != before.signed and event == Event.SIGN:
            assert before.state is ItemState.SUBMITTED and role == Actor.READER
        if before.state is ItemState.NONE and status != before:
            assert event == Event.ASSIGN and role == Actor.MANAGER


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", [s for s in ItemState if s is not ItemState.SUPERSEDED])
def test_the_table_says_what_is_allowed(event, state):
    states, actor = TRANSITIONS[event]
    status = ItemStatus(state, 0 if state is ItemState.NONE else 1)
    assert (allowed(status, event, actor) == "") == (state in states)
    for other in set(Actor) - {actor}:
        assert allowed(status, event, other)


def test_the_choices_reach_every_state():
    reached = set()

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(CHOICES)
    def walk(choices):
        events = events_of(choices)
        reached.update(status_after(events[:n]).state for n in range(len(events) + 1))
        reached.update(ItemState.SUPERSEDED for _ in status_after(events).superseded)

    walk()
    assert reached == set(ItemState)


def test_a_reading_from_assignment_to_signature():
    states = [status_after(READ[:n]).state for n in range(len(READ) + 1)]
    assert states == ["none", "assigned", "pending_reader", "in_progress", "submitted", "signed"]
    assert status_after(READ).signed == (1,)


def test_skipped_returned_and_resumed():
    skipped = status_after([*READ[:2], (Event.SKIP, Actor.READER)])
    assert (skipped.state, skipped.flags) == (ItemState.ASSIGNED, {SKIPPED})
    assert status_after([*READ[:2], (Event.SKIP, Actor.READER), READ[2]]).flags == frozenset()
    resumed = status_after([*READ[:4], READ[2]])
    assert resumed.state is ItemState.SUBMITTED
    returned = status_after([*READ[:4], (Event.RETURN, Actor.READER)])
    assert (returned.state, returned.flags) == (ItemState.IN_PROGRESS, {RETURNED})


def test_an_addendum_leaves_the_original_and_reopening_supersedes_it():
    added = status_after([*READ, (Event.ADDENDUM, Actor.READER)])
    assert (added.state, added.version, added.signed, added.flags) == (ItemState.IN_PROGRESS, 2, (1,), {ADDENDUM})
    again = status_after([*READ, (Event.REOPEN, Actor.MANAGER), *READ[3:]])
    assert (again.state, again.version, again.signed, again.superseded) == (ItemState.SIGNED, 2, (2,), (1,))
    assert again.flags == {REOPENED}
    assert again.state_of_version(1) is ItemState.SUPERSEDED


def test_a_signed_item_is_not_withdrawn_also_while_an_addendum_is_open():
    for events in (READ, [*READ, (Event.ADDENDUM, Actor.READER)]):
        assert "signed" in allowed(status_after(events), Event.WITHDRAW, Actor.MANAGER)
    assert status_after([*READ[:4], (Event.WITHDRAW, Actor.MANAGER)]).state is ItemState.WITHDRAWN


def test_entries_that_ask_for_what_was_not_allowed_are_named():
    events = [*READ, (Event.SUBMIT, Actor.READER), ("step.done", Actor.READER), (Event.SIGN, Actor.MANAGER)]
    assert [seq for seq, _ in not_allowed(entries(events))] == [5, 7]
    assert "no event" in allowed(ItemStatus(), "item.deleted", Actor.MANAGER)
