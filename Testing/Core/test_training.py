"""Training and qualification: scores with known answers, answers that nobody reaches before the signature, attempts that stay."""

import json
import random
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from test_deidentify import one_series
from trial_objects import PASSPHRASE, Clock, new_trial, opened, read_to_submission, sign

from strokequant.errors import TrialError
from strokequant.geometry import Geometry
from strokequant.sop.shipped import shipped_procedures
from strokequant.synthetic.training_hemorrhage import _CLASS_PLAN, hemorrhage_patient, next_day, transformation_patient
from strokequant.synthetic.training_patients import diffusion_patient
from strokequant.synthetic.training_perfusion import _PLAN, mismatch_patient
from strokequant.synthetic.training_plan import PLAN
from strokequant.trial import training_cases
from strokequant.trial.audit_trail import read_trail
from strokequant.trial.certificate import certificate
from strokequant.trial.register import qualification
from strokequant.trial.training import (
    ANSWERS,
    TrainingTruth,
    add_training_case,
    expiry,
    feedback,
    packed,
    read_answers,
    take_test,
    unpacked,
)
from strokequant.trial.training_cases import (
    _kind_of,
    _proposal,
    accepted_class,
    make_follow_ups,
    make_training_cases,
    training_tasks,
)
from strokequant.trial.training_score import TrainingAnswer, score, shipped_tests
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_trial

TESTS = shipped_tests()
CORE = TESTS["infarct_core"]
TRUTH = (10.0, 20.0, 30.0, 40.0, 50.0, 0.0)


TRAPS = ("missed", "false", "leaked", "", "", "")


def answers(values, truth=TRUTH, masks=None):
    masks = masks or [None] * len(truth)
    rows = zip(truth, values, masks, TRAPS[-len(truth) :], strict=True)
    return [TrainingAnswer(f"i{n}", f"p{n}", t, v, m, trap) for n, (t, v, m, trap) in enumerate(rows)]


def by_name(result):
    return {one.criterion.score: one for one in result.scores}


def test_every_test_is_of_a_shipped_procedure_and_cites_its_criteria():
    procedures = shipped_procedures()
    assert set(TESTS) == {"infarct_core", "ich_volume", "ich_growth", "mismatch", "ht_class", "final_infarct"}
    assert {test.task for test in TESTS.values()} == set(training_tasks())
    assert [name for name, test in TESTS.items() if not test.qualifies] == ["ich_growth"]
    for test in TESTS.values():
        procedure = procedures[test.task]
        assert test.procedure == procedure.sop_id
        assert test.major == int(procedure.version.split(".")[0])
        assert {"within", "traps"} <= {criterion.score for criterion in test.criteria}
        assert test.wrong_proposals >= 2
        if not test.classes:
            assert test.measure in {output["id"] for output in procedure.outputs}
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
    back, grid = unpacked(json.loads(json.dumps(packed(mask, geometry))))
    assert np.array_equal(mask, back)
    assert not grid.differs_from(geometry)


@pytest.mark.parametrize("make", [diffusion_patient, hemorrhage_patient, transformation_patient, mismatch_patient])
def test_a_patient_is_that_of_its_seed_and_half_of_a_set_are_traps(make):
    one, same, other = (make(seed, 1) for seed in (5, 5, 6))
    assert one.truth == same.truth != other.truth
    plan = {
        transformation_patient: [trap for trap, _ in _CLASS_PLAN],
        mismatch_patient: _PLAN,
    }.get(make, [trap for trap, _ in PLAN])
    assert len(plan) == 8 and 4 <= sum(map(bool, plan)) <= 5 and set(plan) <= {"", "false", "missed", "leaked"}
    assert {name for _, name in _CLASS_PLAN} == set(TESTS["ht_class"].classes)
    with pytest.raises(ValueError, match="identities"):
        make(5, 91)


def test_the_next_day_is_of_the_same_patient_with_a_clot():
    factors = (1.02, 1.5, 1.8)
    for number, has_clot in ((2, True), (3, False), (5, True)):
        first, later = hemorrhage_patient(7, number), next_day(7, number)
        assert (later is not None) is has_clot
        if later is not None:
            ratio = later.truth / first.truth
            assert min(abs(ratio - factor) for factor in factors) < 1e-6
            assert (later.trap == "missed") is (number == 2), "dense on the second day alone"


SMALL = {"slices": 13, "rows": 72, "columns": 72, "pixel_mm": 3.0, "step_mm": 8.0}


def proposal(make, task, number, seed=3):
    """Patient with what the program proposes on its images."""
    patient = make(seed, number, slab=SMALL)
    with tempfile.TemporaryDirectory() as work:
        return patient, _proposal(_kind_of(task), patient.write(Path(work)), patient)


@pytest.mark.parametrize(("number", "trap"), [(2, "missed"), (4, "leaked")])
def test_the_program_falls_into_the_traps_of_diffusion(number, trap):
    patient, value = proposal(diffusion_patient, "infarct_core", number)
    assert patient.trap == trap
    assert not CORE.tolerance.holds(value, patient.truth)
    assert (value < patient.truth) is (trap == "missed")
    outline, geometry = patient.outline()
    assert geometry.volume_ml(outline) == pytest.approx(patient.truth, abs=max(1.5, 0.12 * patient.truth))


def test_who_accepts_every_proposal_fails_and_who_corrects_passes():
    truth = (3.6, 13.9, 0.0, 21.0, 30.0, 0.0, 15.0, 8.0)
    proposed = (3.6, 0.0, 17.4, 42.6, 30.1, 0.0, 33.0, 8.1)
    traps = ("", "missed", "false", "leaked", "", "", "false", "")

    def attempt(values):
        rows = enumerate(zip(truth, values, traps, strict=True))
        return score(CORE, [TrainingAnswer(f"i{n}", f"p{n}", t, v, None, trap) for n, (t, v, trap) in rows])

    accepted = by_name(attempt(proposed))
    assert (accepted["traps"].value, accepted["within"].value) == (0, 0.5)
    assert not attempt(proposed).passed
    assert attempt([t * 1.03 for t in truth]).passed
    one_missed = [0.0 if n == 1 else t for n, t in enumerate(truth)]
    assert by_name(attempt(one_missed))["traps"].value == 0.75


def test_tolerance_is_the_larger_of_both_to_the_last_bit():
    for truth, limit in ((10.0, 5.0), (100.0, 20.0)):
        assert CORE.tolerance.holds(truth + limit, truth) and CORE.tolerance.holds(truth - limit, truth)
        assert not CORE.tolerance.holds(np.nextafter(truth + limit, 200), truth)
    few = score(CORE, [replace(answer, trap="") for answer in answers(TRUTH)])
    assert not few.enough and not few.passed


def test_classes_are_scored_by_weighted_kappa_and_share():
    test = TESTS["ht_class"]
    truth = ("PH1", "HI2", "none", "HI1", "PH2", "none", "HI1", "PH2")
    traps = ("", "missed", "false", "false", "", "", "missed", "")

    def attempt(given):
        rows = enumerate(zip(truth, given, traps, strict=True))
        return score(test, [TrainingAnswer(f"i{n}", f"p{n}", 0.0, None, None, trap, t, v) for n, (t, v, trap) in rows])

    assert attempt(truth).passed and by_name(attempt(truth))["class_kappa"].value == pytest.approx(1)
    accepted = ("PH1", "none", "PH1", "PH1", "PH2", "none", "none", "PH2")
    failed = by_name(attempt(accepted))
    assert (failed["traps"].value, failed["within"].value) == (0, 0.5) and not attempt(accepted).passed
    silent = attempt(("", *truth[1:]))
    assert silent.unanswered == ("i0",) and not silent.passed
    assert [accepted_class(*pair) for pair in ((0, 40), (12, 40), (12.1, 40), (5, 0))] == ["none", "PH1", "PH2", "PH1"]


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
        truth = TrainingTruth(f"p{n}", volume, {}, trap=TRAPS[n], proposal=volume)
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
    kept = json.loads(attempt.file.read_bytes())
    assert kept["passed"] is True and kept["test"] == "infarct_core"
    said = {one["item"]: one for one in kept["answers"]}
    assert said[names[1]] == {
        "item": names[1],
        "truth": 20.0,
        "value": pytest.approx(20.4),
        "trap": "false",
        "within": True,
    }
    again = read_trial(trial.folder)
    entry = again.register.reader("R1").qualifications[-1]
    assert entry == attempt.qualification
    assert (entry.procedure, entry.passed, entry.score) == (CORE.procedure, True, 1.0)
    assert (
        qualification(again.register.reader("R1"), replace(shipped_procedures()["infarct_core"]), own["now"].date())
        == ""
    )
    assert verify_trial(trial.folder) == ()
    content = attempt.file.read_bytes()
    attempt.file.write_bytes(content.replace(b"20.4", b"20.0"))
    (wrong,) = verify_trial(trial.folder)
    assert (wrong.code, wrong.subject) == ("W55", f"training/attempts/{attempt.file.name}")
    attempt.file.write_bytes(content)
    with pytest.raises(TrialError, match="no new training cases"):
        take_test(again, reader="R1", task="infarct_core", **own)
    page = certificate(again, attempt).decode()
    for word in ("PASSED · 합격", "Reader R1", CORE.procedure, entry.expires.isoformat(), "연구용", "@page{size:A4"):
        assert word in page
    failed = certificate(again, replace(attempt, result=score(CORE, answers([0] * 6)))).decode()
    assert "NOT PASSED · 불합격" in failed


def test_nothing_is_made_for_nobody_or_for_a_task_without_procedure(world):
    trial, _, clock, _ = world
    before = trial.training_items
    for how, code in (
        ({"reader": "R9"}, "W20"),
        ({"reader": "R1", "task": "mismatch"}, "W24"),
        ({"reader": "R1", "task": "recanalization"}, "W55"),
    ):
        with pytest.raises(TrialError, match=code):
            make_training_cases(trial, passphrase=PASSPHRASE, now=clock(), **how)
    with pytest.raises(TrialError, match="W24"):
        make_follow_ups(trial, reader="R1", passphrase=PASSPHRASE, now=clock())
    assert trial.training_items == before


def test_neither_order_nor_files_tell_which_case_is_which(tmp_path, monkeypatch):
    """Patients are made in an order of chance: the study manager's trail, which a reader may see, lists the assignments."""
    clock = Clock()
    trial, _ = new_trial(tmp_path, readers=("R1",), clock=clock)
    images = one_series(tmp_path / "images")

    def planned(kind, test, seed, number, slab, work, config):
        return images, TrainingTruth(f"{seed:x}/{number}", float(number), {}, trap="missed")

    monkeypatch.setattr(training_cases, "_planned", planned)
    monkeypatch.setattr(training_cases.secrets, "SystemRandom", lambda: random.Random(1))
    shuffled = [1, 2, 3, 4, 1]
    random.Random(1).shuffle(shuffled)
    assert shuffled != [1, 2, 3, 4, 1] != sorted(shuffled)
    how = {"reader": "R1", "passphrase": PASSPHRASE, "now": clock(), "count": 4, "repeats": 1, "seed": 5}
    names = make_training_cases(trial, **how)
    known = read_answers(trial, PASSPHRASE)
    order = [int(known[name].truth_ml) for name in names]
    assert sorted(order) == [1, 1, 2, 3, 4] and order == shuffled
    entries, _ = read_trail(trial.folder / "trail" / "manager.jsonl")
    assert [entry.new["item"] for entry in entries if entry.event == "item.assigned"] == list(names)
    inside = b"".join(p.read_bytes() for p in trial.folder.rglob("*") if p.is_file())
    assert b"missed" not in inside
