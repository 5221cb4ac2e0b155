"""Walking a procedure: may I go on, and if not, why not; back harms nothing; another machine goes on in the same step."""

import copy
import itertools
import json
import random
from datetime import date

import pytest
from test_sop_procedure import FACTS, SMALL

from strokequant.sop.canonical import ProcedureError
from strokequant.sop.procedure import procedure_of
from strokequant.sop.walk import (
    back,
    begin,
    finish,
    may_begin,
    may_finish,
    run_automatic,
    skip,
    step_record_of,
    step_record_to_dict,
)

TODAY = date(2026, 6, 1)
GOOD = {"coverage_mm": 150.0, "slice_step_mm": 5.0, "core_ml": 0.0, "evaluability": "diagnostic"}
WORDS = {"en": "Text", "ko": "글"}


def check(name, expr, severity, deviation):
    return {"id": name, "text": WORDS, "expr": expr, "severity": severity, "deviation": deviation}


def four_steps():
    """Load (automatic), measure (automatic, with a warning), review (reader, may be skipped), sign."""
    data = copy.deepcopy(SMALL)
    load, sign = data["steps"]
    measure = {
        "id": "A2",
        "text": WORDS,
        "action": "measure",
        "preconditions": [check("step", "slice_step_mm <= 6.5", "warn", "D-ACQ-01")],
        "postconditions": [check("measured", "is_set(core_ml)", "stop", "D-MEAS-01")],
        "record": ["core_ml"],
        "headless": "auto",
    }
    review = {
        "id": "A3",
        "text": WORDS,
        "action": "review",
        "preconditions": [check("usable", "evaluability != 'non-diagnostic'", "stop", "D-QUAL-01")],
        "record": ["evaluability"],
        "allow_skip": True,
        "headless": "needs_reader",
    }
    data["steps"] = [load, measure, review, sign]
    codes = ("D-ACQ-01", "D-MEAS-01", "D-QUAL-01")
    data["deviation_codes"] += [{"code": code, "text": WORDS, "consequence": "note"} for code in codes]
    return procedure_of(data, FACTS)


@pytest.fixture
def walk():
    return begin(four_steps(), TODAY)


def ids(walk):
    return list(walk.done)


def codes(refused):
    return [issue.code for issue in refused.value.issues]


def test_to_the_signature(walk):
    for reader in ("", "", "R1", "R1"):
        walk = finish(walk, GOOD, reader=reader, utc="2026-06-01T10:00:00.000Z")
    assert walk.step is None
    assert ids(walk) == ["A1", "A2", "A3", "Z3"]
    assert walk.done["A2"].facts == {"core_ml": 0.0}
    assert walk.done["A3"].reader == "R1"
    assert not walk.deviations
    with pytest.raises(ProcedureError):
        finish(walk, GOOD, reader="R1")
    assert back(walk) is walk


@pytest.mark.parametrize("coverage", [119.9, None, "150", True])
def test_a_stop_says_why(walk, coverage):
    facts = {**GOOD, "coverage_mm": coverage}
    passage = may_begin(walk, facts)
    assert not passage.allowed
    assert [(r.id, r.deviation, dict(r.inputs)) for r in passage.stops] == [
        ("cover", "D-ACQ-03", {"coverage_mm": coverage})
    ]
    with pytest.raises(ProcedureError) as refused:
        finish(walk, facts)
    assert codes(refused) == ["W05"]
    assert "coverage_mm" in str(refused.value)


def test_a_limit_that_is_a_parameter_decides_and_no_fact_replaces_it():
    data = copy.deepcopy(SMALL)
    data["parameters"]["coverage_min"] = {"value": 120, "unit": "mm", "locked": True, "source": "charter"}
    data["steps"][0]["preconditions"][0]["expr"] = "coverage_mm >= coverage_min"
    walk = begin(procedure_of(data, FACTS), TODAY)
    assert may_begin(walk, {"coverage_mm": 120.0}).allowed
    passage = may_begin(walk, {"coverage_mm": 119.0, "coverage_min": 100})
    assert [dict(r.inputs) for r in passage.stops] == [{"coverage_mm": 119.0, "coverage_min": 120}]


def test_limit_itself_passes(walk):
    assert may_begin(walk, {**GOOD, "coverage_mm": 120}).allowed


def test_an_allowed_deviation_takes_a_reader_and_a_reason(walk):
    facts = {**GOOD, "coverage_mm": 100.0}
    assert not may_finish(walk, facts).allowed
    assert may_finish(walk, facts, reader="R1").allowed
    with pytest.raises(ProcedureError) as refused:
        finish(walk, facts, reader="R1", reasons={"D-ACQ-03": "  "})
    assert codes(refused) == ["W06"]
    with pytest.raises(ProcedureError):
        finish(walk, facts, reader="R1", reasons={"D-ACQ-03": "vertex cut", "D-ACQ-01": "thick"})
    walk = finish(walk, facts, reader="R1", reasons={"D-ACQ-03": "vertex cut"})
    assert walk.deviations == {"D-ACQ-03": "vertex cut"}


def test_a_stop_that_the_step_does_not_excuse_stays_one(walk):
    walk = finish(finish(walk, GOOD), GOOD)
    facts = {**GOOD, "evaluability": "non-diagnostic"}
    with pytest.raises(ProcedureError) as refused:
        finish(walk, facts, reader="R1", reasons={"D-QUAL-01": "looks fine"})
    assert codes(refused) == ["W05"]


def test_a_warning_goes_on_and_is_kept(walk):
    walk = finish(walk, GOOD)
    walk = finish(walk, {**GOOD, "slice_step_mm": 7.0})
    assert list(walk.deviations) == ["D-ACQ-01"]
    (result, _) = walk.done["A2"].results
    assert (result.holds, dict(result.inputs)) == (False, {"slice_step_mm": 7.0})


def test_what_must_hold_afterwards(walk):
    walk = finish(walk, GOOD)
    facts = {**GOOD, "core_ml": None}
    assert may_begin(walk, facts).allowed
    assert [r.id for r in may_finish(walk, facts).stops] == ["measured"]
    assert may_finish(walk, {**GOOD, "core_ml": 0.0}).allowed


def test_skipping(walk):
    with pytest.raises(ProcedureError):
        skip(walk, "no time", reader="R1")
    walk = finish(finish(walk, GOOD), GOOD)
    for reason, reader in (("", "R1"), (" ", "R1"), ("no FLAIR", "")):
        with pytest.raises(ProcedureError):
            skip(walk, reason, reader=reader)
    walk = skip(walk, "no FLAIR", reader="R1")
    assert walk.step.id == "Z3"
    assert walk.done["A3"].skipped == "no FLAIR"


def test_back_harms_nothing_and_the_way_forward_is_checked_again(walk):
    assert back(walk) == walk
    there = finish(finish(walk, GOOD), GOOD)
    returned = back(back(there))
    assert returned.step.id == "A1"
    assert returned.done == there.done
    with pytest.raises(ProcedureError):
        finish(returned, {**GOOD, "coverage_mm": 10.0})
    again = finish(returned, {**GOOD, "coverage_mm": 130.0})
    assert again.done["A1"].facts["coverage_mm"] == 130.0
    assert again.done["A2"] == there.done["A2"]


def test_without_a_reader_only_the_automatic_steps_run(walk):
    asked = []

    def do(step):
        asked.append(step.id)
        return GOOD

    walk, passage = run_automatic(walk, do)
    assert asked == ["A1", "A2"]
    assert walk.step.id == "A3"
    assert passage.waits_for == "reader"
    with pytest.raises(ProcedureError):
        finish(walk, GOOD)


def test_without_a_reader_a_stop_is_never_excused(walk):
    walk, passage = run_automatic(walk, lambda step: {**GOOD, "coverage_mm": 100.0})
    assert walk.step.id == "A1"
    assert [r.deviation for r in passage.stops] == ["D-ACQ-03"]


def test_finished_steps_are_plain_data(walk):
    walk = finish(walk, {**GOOD, "coverage_mm": 100.0}, reader="R1", reasons={"D-ACQ-03": "vertex cut"})
    for record in finish(walk, GOOD).done.values():
        assert step_record_of(json.loads(json.dumps(step_record_to_dict(record)))) == record


@pytest.mark.parametrize(
    ("status", "day", "fits"),
    [
        ("effective", date(2026, 1, 15), True),
        ("effective", date(2026, 1, 14), False),
        ("draft", TODAY, False),
        ("retired", TODAY, False),
    ],
)
def test_only_an_effective_procedure_is_walked(status, day, fits):
    procedure = procedure_of({**SMALL, "status": status}, FACTS)
    if fits:
        assert begin(procedure, day).step.id == "A1"
        return
    with pytest.raises(ProcedureError) as refused:
        begin(procedure, day)
    assert codes(refused) == ["W04"]


def test_no_order_of_moves_passes_an_unmet_step():
    """Random moves: a step is done only where its conditions held, and the signature comes after every other step."""
    rng = random.Random(1)
    for _ in range(300):
        walk = begin(four_steps(), TODAY)
        for _ in itertools.repeat(None, 25):
            facts = {
                **GOOD,
                "coverage_mm": rng.choice([150.0, 100.0, None]),
                "core_ml": rng.choice([3.0, None]),
                "evaluability": rng.choice(["diagnostic", "non-diagnostic"]),
            }
            before = walk
            try:
                walk = rng.choice(
                    [
                        lambda w=walk, f=facts: finish(w, f, reader=rng.choice(["", "R1"])),
                        lambda w=walk: back(w),
                        lambda w=walk: skip(w, "reason", reader="R1"),
                    ]
                )()
            except ProcedureError:
                assert walk is before
            for name, record in walk.done.items():
                stops = [r for r in record.results if r.severity == "stop" and r.holds is not True]
                assert not [r for r in stops if r.deviation not in walk.procedure.step(name).allowed_deviations]
            if "Z3" in walk.done:
                assert set(walk.done) == {"A1", "A2", "A3", "Z3"}
