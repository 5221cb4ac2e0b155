"""Training and qualification: scores with known answers, answers that nobody reaches before the signature, attempts that stay."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from test_deidentify import one_series
from trial_objects import PASSPHRASE, Clock, new_trial, opened, read_to_submission, sign

from strokequant.errors import TrialError
from strokequant.geometry import Geometry
from strokequant.sop.shipped import shipped_procedures
from strokequant.synthetic.training_patients import training_patients
from strokequant.trial.certificate import certificate
from strokequant.trial.register import qualification
from strokequant.trial.training import (
    ANSWERS,
    TrainingTruth,
    _packed,
    _unpacked,
    add_training_case,
    expiry,
    feedback,
    read_answers,
    take_test,
)
from strokequant.trial.training_score import TrainingAnswer, score, shipped_tests
from strokequant.trial.trial_folder import read_trial

TESTS = shipped_tests()
CORE = TESTS["infarct_core"]
TRUTH = (10.0, 20.0, 30.0, 40.0, 50.0, 0.0)


def answers(values, truth=TRUTH, masks=None):
    masks = masks or [None] * len(truth)
    return [
        TrainingAnswer(f"i{n}", f"p{n}", t, v, m) for n, (t, v, m) in enumerate(zip(truth, values, masks, strict=True))
    ]


def by_name(result):
    return {one.criterion.score: one for one in result.scores}


def test_every_test_is_of_a_shipped_procedure_and_cites_its_criteria():
    procedures = shipped_procedures()
    assert set(TESTS) == {"infarct_core", "ich_volume", "mismatch"}
    for task, test in TESTS.items():
        assert test.procedure == procedures[task].sop_id
        assert test.major == int(procedures[task].version.split(".")[0])
        assert all(criterion.source for criterion in test.criteria)


def test_the_truth_itself_passes():
    result = score(CORE, answers(TRUTH))
    found = by_name(result)
    assert result.passed
    assert result.share == 1
    assert (found["bias"].value, found["limit"].value) == (0, 0)
    assert found["icc"].value == pytest.approx(1)
    assert found["kappa"].value == pytest.approx(1)


def test_a_constant_offset_is_the_bias_and_nothing_else():
    result = score(CORE, answers([t + 3 if t else 0 for t in TRUTH]))
    found = by_name(result)
    assert found["bias"].value == pytest.approx(15 / 6)
    assert found["bias"].met
    assert not score(CORE, answers([t + 4 if t else 0 for t in TRUTH])).passed


def test_limits_and_icc_are_those_of_the_statistics():
    values = [12.0, 17.0, 34.0, 36.0, 55.0, 0.0]
    d = np.array(values) - np.array(TRUTH)
    limits = d.mean() + np.array([-1.96, 1.96]) * d.std(ddof=1)
    found = by_name(score(CORE, answers(values)))
    assert abs(found["limit"].value) == pytest.approx(np.abs(limits).max())
    x = np.c_[values, TRUTH]
    n, k = x.shape
    rows, columns = x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    msr = k * ((rows - x.mean()) ** 2).sum() / (n - 1)
    msc = n * ((columns - x.mean()) ** 2).sum() / (k - 1)
    mse = ((x - rows - columns + x.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    assert found["icc"].value == pytest.approx((msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n))


def test_a_lesion_that_is_missed_or_made_up_lowers_kappa():
    missed = by_name(score(CORE, answers([10, 20, 30, 40, 0, 0])))
    assert missed["kappa"].value == pytest.approx((5 / 6 - 0.6111111) / (1 - 0.6111111), abs=1e-6)
    assert not missed["kappa"].met


def test_repeats_give_the_repeatability_coefficient():
    twice = [*answers(TRUTH), TrainingAnswer("i9", "p0", 10.0, 12.0), TrainingAnswer("i8", "p1", 20.0, 20.0)]
    found = by_name(score(CORE, twice))
    assert found["repeatability"].value == pytest.approx(2.77 * 1.0, rel=1e-3)  # within-case SD: sqrt((2 + 0) / 2)
    assert "repeatability" not in by_name(score(CORE, answers(TRUTH)))


def test_dice_and_distance_of_a_shifted_box():
    geometry = Geometry.from_affine(np.diag([1.0, 1.0, 1.0, 1.0]), (20, 20, 20))
    true, moved = np.zeros((20, 20, 20), bool), np.zeros((20, 20, 20), bool)
    true[5:15, 5:15, 5:15], moved[5:15, 5:15, 7:17] = True, True
    masks = [(true, moved, geometry)] * 5 + [None]
    found = by_name(score(CORE, answers(TRUTH, masks=masks)))
    assert found["dice"].value == pytest.approx(0.8)
    assert found["hd95"].value == pytest.approx(2, abs=0.01)
    empty = by_name(score(CORE, answers(TRUTH, masks=[(true, true & False, geometry)] * 5 + [None])))
    assert (empty["dice"].value, empty["hd95"].value, empty["hd95"].met) == (0, None, False)


def test_too_few_cases_or_no_answer_qualify_nobody():
    few = score(CORE, answers(TRUTH[-4:], TRUTH[-4:]))
    assert not few.passed
    assert not few.enough
    silent = score(CORE, answers([10, 20, 30, 40, None, 0]))
    assert silent.unanswered == ("i4",)
    assert not silent.passed


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        ("2026-11-25", 12, "2027-11-24"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-31", 2, "2027-03-02"),
        ("2026-01-01", 12, "2026-12-31"),
    ],
)
def test_a_qualification_ends_the_day_before(day, months, last):
    assert expiry(date.fromisoformat(day), months) == date.fromisoformat(last)


def test_masks_survive_the_sealed_file():
    geometry = Geometry.from_affine(np.array([[0.0, 2, 0, 5], [2, 0, 0, -7], [0, 0, 6, 1], [0, 0, 0, 1]]), (3, 5, 7))
    mask = np.random.default_rng(1).random((3, 5, 7)) > 0.5
    back, grid = _unpacked(json.loads(json.dumps(_packed(mask, geometry))))
    assert np.array_equal(mask, back)
    assert not grid.differs_from(geometry)


def test_training_patients_are_those_of_their_seed_and_of_no_list():
    one, same, other = training_patients(5, 8), training_patients(5, 8), training_patients(6, 8)
    assert one == same != other
    assert [bool(spec.head.infarcts) for spec in one] == [True, True, True, False] * 2
    volumes = [region.volume_ml for spec in one for region in spec.head.infarcts]
    assert 1.99 < min(volumes) < max(volumes) < 45.1
    assert len(set(volumes)) == 6


# --- in a trial ---------------------------------------------------------------------------------------------------------------


VOLUMES = (10.0, 20.0, 30.0, 40.0, 50.0, 0.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A trial with six training cases that are not read yet."""
    folder = tmp_path_factory.mktemp("training")
    clock = Clock()
    trial, keys = new_trial(folder, readers=("R1",), clock=clock)
    names = []
    for n, volume in enumerate(VOLUMES):
        images = one_series(folder / f"case{n}", PatientID=f"SECRETID{n}")
        truth = TrainingTruth(f"p{n}", volume, {})
        how = {"reader": "R1", "task": "infarct_core", "passphrase": PASSPHRASE, "now": clock()}
        names.append(add_training_case(trial, images, truth, **how))
    return trial, keys, clock, names


def read_and_sign(trial, keys, clock, name, value):
    def write(record, out, *, now):
        (out / "case").mkdir(parents=True)
        measurement = {"id": "infarct_core_volume", "value": value}
        data = {"measurements": [measurement], "masks": [], "grids": {}}
        (out / "case" / "record.json").write_text(json.dumps(data), "utf-8")

    item = opened(trial, name, clock)
    read_to_submission(item, clock)
    sign(item, keys, clock, write=write)
    item.close(now=clock())


def test_answers_cannot_be_reached_before_the_signature(world):
    trial, keys, clock, names = world
    sealed = (trial.folder / "training" / ANSWERS).read_bytes()
    assert b"truth" not in sealed
    for name in names:
        texts = [p.read_bytes() for p in (trial.folder / "training" / name).rglob("*") if p.is_file()]
        assert not any(b"truth" in text or b"SECRETID" in text for text in texts)
    with pytest.raises(TrialError, match="W27"):
        read_answers(trial, "wrong passphrase")
    with pytest.raises(TrialError, match=r"W55.*not signed"):
        feedback(trial, names[0], PASSPHRASE)
    own = {"key": keys["M1"], "passphrase": PASSPHRASE, "now": clock()}
    with pytest.raises(TrialError, match="6 of 6 cases are not signed"):
        take_test(trial, reader="R1", task="infarct_core", **own)


def test_attempts_are_scored_kept_and_entered(world):
    trial, keys, clock, names = world
    for name, volume in zip(names, VOLUMES, strict=True):
        read_and_sign(trial, keys, clock, name, volume * 1.02)
    assert feedback(trial, names[1], PASSPHRASE) == (20.0, pytest.approx(20.4))
    own = {"key": keys["M1"], "passphrase": PASSPHRASE, "now": clock()}
    attempt = take_test(trial, reader="R1", task="infarct_core", **own)
    assert attempt.result.passed
    assert json.loads(attempt.file.read_bytes())["passed"] is True
    again = read_trial(trial.folder)
    entry = again.register.reader("R1").qualifications[-1]
    assert entry == attempt.qualification
    assert (entry.procedure, entry.passed, entry.score) == (CORE.procedure, True, 1.0)
    assert (
        qualification(again.register.reader("R1"), replace(shipped_procedures()["infarct_core"]), own["now"].date())
        == ""
    )
    with pytest.raises(TrialError, match="no new training cases"):
        take_test(again, reader="R1", task="infarct_core", **own)
    page = certificate(again, attempt).decode()
    for word in ("PASSED · 합격", "Reader R1", CORE.procedure, entry.expires.isoformat(), "연구용", "@page{size:A4"):
        assert word in page
    failed = certificate(again, replace(attempt, result=score(CORE, answers([0] * 6)))).decode()
    assert "NOT PASSED · 불합격" in failed
