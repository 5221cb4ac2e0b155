"""What came of a reading: edits against the proposal by hand, and records without a number."""

from dataclasses import replace

import numpy as np
import pytest
from record_cases import EVEN, SHAPE, UNEVEN, box, case_record, grid

from strokequant.record.case_record import write_case
from strokequant.sop.outcome import NOT_EVALUABLE, not_evaluable, outcome_facts, result_status
from strokequant.sop.shipped import shipped_procedures
from strokequant.types import Mask, Status

PROCEDURES = shipped_procedures()
CORE = PROCEDURES["infarct_core"]


def with_core(record, values):
    mask = record.masks["infarct_core"]
    return replace(record, masks=record.masks | {"infarct_core": replace(mask, values=values)})


@pytest.mark.parametrize("z", [EVEN, UNEVEN])
def test_edits_are_counted_by_volume_against_the_proposal(z):
    """Two slices; the reader erases one of them. On uneven slices each counts with its own extent."""
    geometry = grid(z)
    record = case_record(geometry=geometry)
    values = box(geometry)
    proposal = with_core(record, values)
    erased = values.copy()
    erased[2] = False
    whole, left = geometry.volume_ml(values), geometry.volume_ml(erased)
    facts = outcome_facts(CORE, with_core(record, erased), proposal)
    assert facts["edited"] is True
    assert facts["edit_fraction_percent"] == pytest.approx(100 * (whole - left) / whole)
    assert facts["edit_dice"] == pytest.approx(2 * left / (whole + left))


def test_nothing_edited_and_everything_erased_are_the_two_ends():
    record = case_record()
    same = outcome_facts(CORE, record, record)
    assert (same["edited"], same["edit_fraction_percent"], same["edit_dice"]) == (False, 0.0, 1.0)
    gone = outcome_facts(CORE, with_core(record, np.zeros(SHAPE, bool)), record)
    assert (gone["edited"], gone["edit_fraction_percent"], gone["edit_dice"]) == (True, 100.0, 0.0)


def test_two_empty_outlines_agree():
    empty = with_core(case_record(), np.zeros(SHAPE, bool))
    facts = outcome_facts(CORE, empty, empty)
    assert (facts["edited"], facts["edit_fraction_percent"], facts["edit_dice"]) == (False, 0.0, 1.0)


def test_without_a_proposal_nothing_is_said_about_edits():
    assert set(outcome_facts(CORE, case_record(), None)) == {"result_status"}


def test_the_status_is_that_of_the_main_number():
    record = case_record()
    assert result_status(CORE, record) == "measured"
    assert result_status(CORE, replace(record, measurements=())) == "missing"
    assert result_status(PROCEDURES["recanalization"], record) == "missing"


@pytest.mark.parametrize("task", sorted(set(PROCEDURES) - {"phantom"}))
def test_what_cannot_be_evaluated_has_no_number_and_no_outline_left(task, tmp_path):
    procedure = PROCEDURES[task]
    record = not_evaluable(procedure, case_record(), ["motion", "noise"])
    assert {m.status for m in record.measurements} == {Status.NOT_EVALUABLE}
    assert {output["id"] for output in procedure.outputs} <= {m.id for m in record.measurements}
    assert "infarct_core" not in record.masks or task not in ("infarct_core", "final_infarct")
    assert result_status(procedure, record) == "not_evaluable"
    assert [i.found for i in record.issues if i.code == NOT_EVALUABLE] == ["graded non-diagnostic: motion, noise"]
    if task == "infarct_core":
        write_case(record, tmp_path)
        assert "not evaluable" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_masks_of_all_kinds_of_blood_are_one_outline():
    geometry = grid()
    record = case_record()
    ich, ivh = (Mask(box(geometry, k=(n, n + 1)), geometry, name, "") for n, name in ((1, "ich"), (2, "ivh")))
    proposal = replace(record, masks={"ich": ich, "ivh": ivh})
    moved = replace(record, masks={"ich": replace(ich, values=ich.values | ivh.values)})
    assert outcome_facts(PROCEDURES["ich_volume"], moved, proposal)["edited"] is False
