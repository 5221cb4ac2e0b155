"""What the steps of the shipped procedures ask their reader, in both languages."""

import re

import pytest

from strokequant.sop.fact_registry import FACTS
from strokequant.sop.questions import PROGRAM, QUESTIONS, Kind, questions_of
from strokequant.sop.shipped import shipped_procedures

HANGUL = re.compile(r"[\uac00-\ud7a3]")
SAID_BY_PROGRAM = {
    "audit_trail_intact", "edit_dice", "edit_fraction_percent", "edited", "item_assigned", "manifest_matches",
    "not_evaluable_found", "only_assigned_series", "outputs_locked", "prior_allowed", "reader", "reader_qualified",
    "reauthenticated", "result_status", "timepoint_in_window", "trial_reading", "versions_match",
}  # fmt: skip
PROCEDURES = shipped_procedures()


def asked(task, step, given=()):
    procedure = PROCEDURES[task]
    return [q.name for q in questions_of(procedure, procedure.step(step), dict.fromkeys(given, True))]


def test_every_fact_of_a_reader_is_asked_or_known_to_the_program():
    assert PROGRAM == SAID_BY_PROGRAM, "a new fact of the reader needs its question"
    assert all(FACTS[name].of_reader for name in QUESTIONS)


def test_every_question_speaks_both_languages():
    for question in QUESTIONS.values():
        words = [question.label, *(words for _, words in question.options)]
        assert all(one.en.strip() and one.ko.strip() for one in words), question.name
        assert HANGUL.search(question.label.ko) and not HANGUL.search(question.label.en), question.name


def test_the_kind_of_a_question_is_that_of_its_fact():
    kinds = {Kind.YES: bool, Kind.CHOICE: str, Kind.TEXT: str, Kind.CHOICES: list, Kind.NUMBER: float}
    assert all(kinds[question.kind] is FACTS[name].kind for name, question in QUESTIONS.items())


def test_what_can_be_chosen_is_what_the_registry_and_the_conditions_name():
    """A value that a condition compares with must be among the choices, else a step could never be left."""
    for procedure in PROCEDURES.values():
        for step in procedure.steps:
            for check in (*step.preconditions, *step.postconditions):
                for name in check.condition.names & set(QUESTIONS):
                    options = [value for value, _ in QUESTIONS[name].options]
                    listed = re.search(rf"\b{name} in \[([^]]*)\]", check.condition.text)
                    compared = re.search(rf"\b{name} [!=]= '([^']*)'", check.condition.text)
                    wanted = re.findall(r"'([^']*)'", listed[1]) if listed else []
                    wanted += [compared[1]] if compared else []
                    assert set(wanted) <= set(options), (check.id, name)


@pytest.mark.parametrize(
    ("task", "step", "expected"),
    [
        ("infarct_core", "O6", ["evaluability", "evaluability_reasons"]),
        ("infarct_core", "A6", ["brain_mask_confirmed", "candidates_decided", "exclusions_reviewed"]),
        ("infarct_core", "A2", []),
        ("ich_volume", "C4", ["outlines_confirmed", "no_lesion_confirmed", "location", "surgery_or_drain"]),
        ("phantom", "G6", ["qualification_decision", "decision_reason"]),
        ("recanalization", "Z4", ["sign_meaning"]),
    ],
)
def test_a_step_asks_what_it_needs_and_nothing_twice(task, step, expected):
    assert asked(task, step) == expected


def test_what_the_charter_says_is_not_asked():
    assert asked("final_infarct", "E1") == ["hours_from_onset"]
    assert asked("final_infarct", "E1", ["hours_from_onset"]) == []


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("outlines_confirmed", [True, False], [1, "yes", None]),
        ("location", ["deep"], ["brainstem", "", True]),
        ("evaluability_reasons", [[], ["motion", "noise"]], ["motion", ["noise", "boredom"]]),
        ("landmark_error_mm", [0, 2.5], [-1, True, float("nan"), "2"]),
        ("vessel_reason", ["peak too low"], ["", "  ", 3]),
    ],
)
def test_an_answer_that_cannot_be_is_named(name, good, bad):
    assert [QUESTIONS[name].problem(value) for value in good] == [""] * len(good)
    assert all(QUESTIONS[name].problem(value) for value in bad)
