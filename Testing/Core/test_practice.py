"""Practice cases: the answer lies open beside the items, is compared after the signature alone, and is no test."""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_deidentify import one_series
from test_training import SMALL, read_and_sign
from trial_objects import PASSPHRASE, Clock, new_trial, opened

from strokequant.errors import TrialError
from strokequant.geometry import Geometry
from strokequant.trial import training_cases
from strokequant.trial.practice import (
    NOTE,
    PracticeResult,
    _main_row,
    _outline_rows,
    add_practice_case,
    is_practice,
    practice_result,
)
from strokequant.trial.training import ANSWERS, TrainingTruth, add_training_case, packed, read_answers, take_test
from strokequant.trial.training_cases import make_training_cases
from strokequant.trial.training_score import TrainingAnswer, shipped_tests
from strokequant.trial.verify_trial import verify_trial

TESTS = shipped_tests()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A trial with two practice cases and a case of a test; both kinds have the same images."""
    folder, clock = tmp_path_factory.mktemp("practice"), Clock()
    trial, keys = new_trial(folder, readers=("R1",), clock=clock)
    images = one_series(folder / "case", PatientID="SECRETID")
    geometry = Geometry.from_affine(np.eye(4), (2, 3, 4))
    outline = np.arange(24).reshape(2, 3, 4) % 5 == 0
    truth = TrainingTruth("p0", 20.0, packed(outline, geometry), trap="missed", proposal=0.0, secret="ab" * 32)
    how = {"reader": "R1", "task": "infarct_core"}
    near, far = (add_practice_case(trial, images, truth, now=clock(), **how) for _ in range(2))
    sealed = add_training_case(trial, images, truth, passphrase=PASSPHRASE, now=clock(), **how)
    return trial, keys, clock, (near, far, sealed), outline


def test_the_answer_is_open_beside_the_item_and_the_item_is_as_any_other(world):
    trial, _, _, (near, far, sealed), _ = world
    assert [is_practice(trial, name) for name in (near, far, sealed)] == [True, True, False]
    kept = json.loads((trial.folder / "training" / "practice" / f"{near}.json").read_bytes())
    assert (kept["truth_ml"], kept["trap"], kept["note"], kept["secret"]) == (20.0, "missed", NOTE, "")
    inside = [p.read_bytes() for p in (trial.folder / "training" / near).rglob("*") if p.is_file()]
    assert not any(b"truth" in content or b"SECRETID" in content for content in inside)
    assert set(read_answers(trial, PASSPHRASE)) == {sealed}
    assert verify_trial(trial.folder) == ()


def test_it_is_compared_after_the_signature_alone_and_is_no_test(world):
    trial, keys, clock, (near, far, sealed), outline = world
    with pytest.raises(TrialError, match=r"W55.*not signed"):
        practice_result(trial, near)
    for name, value in ((near, 24.9), (far, 25.1), (sealed, 20.0)):
        read_and_sign(trial, keys, clock, name, value)
    good, bad = (practice_result(trial, name) for name in (near, far))
    row = good.rows[0]
    assert (row.expected, row.read, row.difference, row.limit) == ("20.0 mL", "24.9 mL", "+4.9 mL", "± 5.0 mL")
    assert (row.is_met, bad.rows[0].is_met, good.trap) == (True, False, "missed")
    assert np.array_equal(good.outline[0], outline)
    with pytest.raises(TrialError, match=r"W55.*no practice case"):
        practice_result(trial, sealed)
    own = {"key": keys["M1"], "passphrase": PASSPHRASE, "now": clock()}
    attempt = take_test(trial, reader="R1", task="infarct_core", **own)
    assert [answer.item for answer in attempt.answers] == [sealed], "practice cases are in no test"
    assert verify_trial(trial.folder) == ()


def test_an_answer_that_was_damaged_is_refused_in_words(world):
    trial, _, _, (near, _, _), _ = world
    path = trial.folder / "training" / "practice" / f"{near}.json"
    content = path.read_bytes()
    try:
        changes = (
            (b'"trap"', b'"tarp"'),
            (b"practice 1", b"2"),
            (b'"missed"', b'"x"'),
            (b"20.0", b'""'),
            (b'"bits"', b'""'),
        )
        for wrong in (b"", b"[]", b"{}", *(content.replace(*change) for change in changes)):
            assert wrong != content
            path.write_bytes(wrong)
            with pytest.raises(TrialError, match=r"W55.*cannot be read"):
                practice_result(trial, near)
    finally:
        path.write_bytes(content)


def test_outlines_are_rows_with_the_limits_of_the_test():
    geometry = Geometry.from_affine(np.eye(4), (20, 20, 20))
    true, moved = np.zeros((2, 20, 20, 20), bool)
    true[5:15, 5:15, 5:15], moved[5:15, 5:15, 9:19] = True, True
    core = TESTS["infarct_core"]
    answer = TrainingAnswer("i", "p", 1.0, 1.0, (true, moved, geometry))
    dice, distance = _outline_rows(core, answer)
    assert (dice.expected, dice.read, dice.difference, dice.limit, dice.is_met) == ("1", "0.6", "-0.4", "≥ 0.7", False)
    assert (distance.expected, distance.limit, distance.is_met) == ("0 mm", "≤ 10 mm", True)
    same = _main_row(core, answer)
    assert same.is_met and PracticeResult((same,), "", None).passed
    assert not PracticeResult((same, dice, distance), "", None).passed, "the same volume elsewhere is no pass"
    lost = _outline_rows(core, replace(answer, value=0.0, masks=(true, true & False, geometry)))
    assert [row.is_met for row in lost] == [False, False] and lost[1].difference == ""
    assert _outline_rows(core, replace(answer, truth=0.0)) == []


def test_no_answer_and_another_class_are_not_within():
    silent = _main_row(TESTS["infarct_core"], TrainingAnswer("i", "p", 0.0, None))
    assert (silent.read, silent.difference, silent.is_met) == ("", "", False)
    classes = TESTS["ht_class"]
    rows = [_main_row(classes, TrainingAnswer("i", "p", 0.0, None, None, "", "HI1", given)) for given in ("HI1", "PH1")]
    assert [(row.expected, row.read, row.is_met) for row in rows] == [("HI1", "HI1", True), ("HI1", "PH1", False)]


def test_a_practice_set_is_made_without_anything_sealed(tmp_path, monkeypatch):
    clock = Clock()
    trial, _ = new_trial(tmp_path, readers=("R1",), clock=clock)
    images = one_series(tmp_path / "images")

    def planned(kind, test, seed, number, slab, work, config):
        return images, TrainingTruth(f"{seed:x}/{number}", float(number), {})

    monkeypatch.setattr(training_cases, "_planned", planned)
    how = {"reader": "R1", "passphrase": "", "now": clock(), "count": 3, "repeats": 0, "practice": True}
    names = make_training_cases(trial, slab=SMALL, **how)
    assert len(names) == 3 and all(is_practice(trial, name) for name in names)
    assert not (trial.folder / "training" / ANSWERS).exists()
    opened(trial, names[0], clock).close(now=clock())
