"""What a reader says about blood on a CT: candidates, clicks, drawings, scores and landmarks, and the numbers that follow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from strokequant.batch.case import principal_measurements
from strokequant.batch.core_case import new_record
from strokequant.batch.discover import CaseInput
from strokequant.batch.hemorrhage_answers import ClotDecision, HemorrhageAnswers, answers_of
from strokequant.batch.hemorrhage_case import (
    PROPOSAL,
    HemorrhageStudy,
    compute_study,
    open_study,
    searched_structures,
    study_record,
)
from strokequant.batch.select_ct import select_ct
from strokequant.biomarkers.hemorrhage_reader import reader_measurements
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.ct_audit import CtAudit
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, SegmentationError, UsageError
from strokequant.hemorrhage_types import EDEMA, Seed, Structure
from strokequant.record.case_record import record_to_dict
from strokequant.segmentation.clot_place import clot_place
from strokequant.segmentation.drawn_clot import drawn_hematoma
from strokequant.settings import Settings
from strokequant.synthetic.hemorrhage_head import CtProtocol
from strokequant.synthetic.hemorrhage_implant import Implant
from strokequant.synthetic.hemorrhage_patients import HemorrhageSpec, write_hemorrhage_patient
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.synthetic.vendors.perfusion_ct import SIEMENS
from strokequant.types import Mask, Role, Status

SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}
DEEP, LOBAR = (28.0, 0.0, 14.0), (-44.0, 20.0, 32.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """One plain CT with a deep clot of 30 mL on the left and a lobar one of 15 mL on the right."""
    folder = tmp_path_factory.mktemp("ct")
    clots = (
        Implant(clot_of_volume(30, DEEP, (1, 1.3, 1.0), lobes=0.1), edema_mm=4.0),
        Implant(clot_of_volume(15, LOBAR, (1, 1.1, 1.0))),
    )
    spec = HemorrhageSpec(1, "01_two", SIEMENS, clots, CtProtocol(SMALL, seed=1))
    write_hemorrhage_patient(spec, folder)
    yield scan(folder / spec.name).series[0]


@pytest.fixture(scope="module")
def opened(series):
    study = HemorrhageStudy(series, audit_series(series), CtAudit())
    open_study(study)
    assert [c.accepted for c in study.proposal.candidates].count(True) == 2
    yield study


@pytest.fixture
def study(opened):
    yield replace(opened, early=list(opened.early), late=[])


@pytest.fixture
def record(series):
    yield new_record(CaseInput("case", "tp1", (series,)), Settings(), ())


def numbers(record):
    return {m.id: m for m in record.measurements}


def test_without_an_answer_both_clots_count(study, record):
    compute_study(study)
    found = study_record(record, study)
    assert numbers(found)["ich_volume"].value == pytest.approx(45, rel=0.06)
    assert found.hemorrhage.proposal and PROPOSAL in found.issues
    assert [c.side for c in found.hemorrhage.candidates][:2] == ["left", "right"]
    assert study.clots.labels == (1, 2)


def test_a_candidate_is_left_and_another_is_of_the_ventricle(study, record):
    answers = HemorrhageAnswers(
        with_search=True,
        decisions={
            1: ClotDecision(structure=Structure.IVH, location="ventricle"),
            2: ClotDecision(accepted=False, side="midline"),
        },
    )
    compute_study(study, answers=answers)
    found = study_record(record, study, answers=answers, read=True)
    assert numbers(found)["ich_volume"].status is Status.ZERO
    assert numbers(found)["ivh_volume"].value == pytest.approx(30, rel=0.06)
    assert not found.masks["ich"].values.any() and found.masks["ivh"].volume_ml == numbers(found)["ivh_volume"].value
    one, two = found.hemorrhage.candidates[:2]
    assert (one.structure, one.location, one.accepted) == (Structure.IVH, "ventricle", True)
    assert (two.side, two.accepted) == ("midline", False)
    assert study.edema is None, "edema is that of the ICH"
    assert PROPOSAL not in found.issues and not found.hemorrhage.proposal


def test_a_click_beside_the_search_gives_the_same_clot(study, record):
    compute_study(study)
    both = study.clots.blood(study.image.geometry.shape)
    answers = HemorrhageAnswers((Seed(DEEP),), with_search=True, decisions={1: ClotDecision(accepted=False)})
    compute_study(study, answers=answers)
    clicks = [c for c in study.clots.candidates if c.reasons == ("clicked by a reader",)]
    assert [c.label for c in clicks] == [len(study.proposal.candidates) + 1] and clicks[0].side == "left"
    again = study.clots.blood(study.image.geometry.shape)
    assert np.count_nonzero(again ^ both) < 0.02 * np.count_nonzero(both)
    assert len(study.clots.hematomas) == 2
    # the click is a second outline of what counts already: nothing is counted twice
    twice = HemorrhageAnswers((Seed(DEEP, Structure.IVH),), with_search=True)
    compute_study(study, answers=twice)
    total = sum(clot.volume_ml for clot in study.clots.hematomas)
    assert total == pytest.approx(study.image.geometry.volume_ml(study.clots.blood(both.shape)), rel=1e-9)
    assert "H19" in {i.code for i in study.issues}


def test_a_click_that_is_not_on_blood_changes_nothing(study):
    compute_study(study)
    before = study.clots
    with pytest.raises(SegmentationError) as caught:
        compute_study(study, answers=HemorrhageAnswers((Seed((-28.0, 40.0, 14.0)),), with_search=True))
    assert caught.value.issues[0].code == "H15" and study.clots is before


def test_a_drawing_is_the_volume(study, record):
    compute_study(study)
    ich = study.clots.of("ich")
    values = np.logical_or.reduce([c.mask.values for c in ich])
    k = int(np.median(np.nonzero(values)[0]))
    values[k:] = False
    drawn = {"ich": Mask(values, study.image.geometry, "ich", "drawn", edited_by="R1")}
    compute_study(study, drawn=drawn)
    found = study_record(record, study, read=True)
    volume = numbers(found)["ich_volume"]
    assert volume.value == drawn["ich"].volume_ml == found.masks["ich"].volume_ml
    assert "threshold" not in volume.interval and volume.lower < volume.value < volume.upper
    assert found.masks["ich"].edited_by == "R1"
    half = numbers(found)["ich_volume_half_maximum"].value
    assert half == pytest.approx(volume.value, rel=0.2)
    assert numbers(found)["ich_volume_abc2_kothari"].value > 0
    json.dumps(record_to_dict(found), allow_nan=False)


def test_a_drawing_without_an_outline_has_no_threshold(study, record):
    values = np.zeros(study.image.geometry.shape, bool)
    values[12, 60:64, 60:64] = True
    mask = Mask(values, study.image.geometry, "sdh", "drawn")
    clot = drawn_hematoma(study.image, mask)
    assert clot.volume_ml == mask.volume_ml and np.isnan(clot.half_maximum_ml) and np.isfinite(clot.fixed_window_ml)
    nothing = HemorrhageAnswers(decisions={1: ClotDecision(accepted=False), 2: ClotDecision(accepted=False)})
    drawings = {"ich": replace(mask, name="ich"), "sdh": replace(mask, values=~values & False)}
    compute_study(study, answers=nothing, drawn=drawings)
    found = study_record(record, study, answers=nothing, read=True)
    assert numbers(found)["ich_volume_half_maximum"].status is Status.NOT_EVALUABLE
    assert numbers(found)["sdh_volume"].status is Status.ZERO, "somebody looked for it and erased all"
    assert numbers(found)["sah_volume"].status is Status.MISSING
    json.dumps(record_to_dict(found), allow_nan=False)


def test_a_drawing_takes_voxels_from_outlines(study):
    compute_study(study)
    deep = next(c for c in study.clots.hematomas if c.volume_ml > 20)
    values = deep.mask.values.copy()
    values[: int(np.median(np.nonzero(values)[0]))] = False
    compute_study(study, drawn={"ivh": Mask(values, study.image.geometry, "ivh", "drawn")})
    blood = [c.mask.values for c in study.clots.hematomas]
    assert np.sum(blood, axis=0).max() == 1
    ivh = study.clots.of("ivh")[0]
    assert np.array_equal(ivh.mask.values, values)


def test_drawn_edema_stays(study, record):
    values = np.zeros(study.image.geometry.shape, bool)
    values[10, 50:60, 50:60] = True
    mask = Mask(values, study.image.geometry, EDEMA, "drawn")
    compute_study(study, drawn={EDEMA: mask})
    assert numbers(study_record(record, study))["edema_volume"].value == mask.volume_ml


def test_edema_can_wait(study):
    compute_study(study)
    found = study.edema.values.copy()
    assert found.any()
    compute_study(study, edema=False)
    assert np.array_equal(study.edema.values, found & ~study.clots.blood(found.shape))


def test_blood_of_the_other_side_makes_no_edema(study, record):
    """Blood is no mirror image: the clot that has no rim gets none, though the other one is nearly opposite; the other has its own."""
    compute_study(study)
    edema = study.edema
    points = edema.geometry.to_lps(np.argwhere(edema.values))
    assert not (points[:, 0] < -10).any()
    assert [i.code for i in edema.issues] == ["H21", "H22"]
    shape = clot_of_volume(30, DEEP, (1, 1.3, 1.0), lobes=0.1)
    truth = shape.grown(4.0).volume_ml - shape.volume_ml
    found = numbers(study_record(record, study))["edema_volume"]
    assert found.lower <= truth <= found.upper
    assert found.value == pytest.approx(truth, rel=0.35)


@pytest.mark.parametrize(
    ("structure", "level", "status"), [("sdh", "WARN", Status.MEASURED), ("sah", "ASK", Status.NOT_EVALUABLE)]
)
def test_blood_that_is_no_clot(study, record, structure, level, status):
    """A subdural hematoma counts without an ICH, its thin edges are said; subarachnoid blood waits for a drawing."""
    answers = HemorrhageAnswers(seeds=(Seed(DEEP, Structure(structure)),))
    compute_study(study, answers=answers)
    found = study_record(record, study, answers=answers)
    volume = numbers(found)[f"{structure}_volume"]
    assert volume.status is status
    assert [str(i.level) for i in volume.issues if i.code == "H17"] == [level]
    assert principal_measurements(found) == (volume,)


def test_a_drawing_is_no_layer(study, record):
    """What a reader drew of subarachnoid blood is its volume."""
    answers = HemorrhageAnswers(seeds=(Seed(DEEP, Structure.SAH),))
    compute_study(study, answers=answers)
    drawn = replace(study.clots.of("sah")[0].mask, edited_by="R1")
    compute_study(study, answers=answers, drawn={"sah": drawn})
    assert numbers(study_record(record, study, answers=answers))["sah_volume"].value == drawn.volume_ml


def test_confirmed_zero_is_zero_for_all(study, record):
    answers = HemorrhageAnswers(with_search=True, confirmed_zero=True)
    assert searched_structures(answers) == tuple(Structure)
    assert searched_structures(HemorrhageAnswers((Seed(DEEP, Structure.SDH),))) == (Structure.SDH,)
    compute_study(study, answers=answers)
    found = numbers(study_record(record, study, answers=answers, read=True))
    assert {found[f"{s}_volume"].status for s in (Structure.SAH, Structure.SDH, Structure.EDH)} == {Status.ZERO}


def test_scores_and_landmarks():
    found = reader_measurements(
        graeb={"third": 3, "left_lateral": 2},
        graeb_expanded=("third",),
        ivh={"right": 2, "left": 1, "third": 1, "hydrocephalus": 1},
        midline_lps=((70, 0, 0), (-70, 0, 0), (4, 0, 0)),
    )
    values = {m.id: m.value for m in found}
    assert values["ivh_modified_graeb"] == 6 and values["ivh_score"] == 13
    assert values["ivh_score_volume"] == pytest.approx(13.4637, abs=1e-4) and values["midline_shift"] == pytest.approx(
        4
    )
    assert reader_measurements() == ()
    assert [m.status for m in reader_measurements(ivh={})] == [Status.ZERO, Status.ZERO]
    with pytest.raises(UsageError):
        reader_measurements(graeb={"third": 5})


def test_answers_come_back_from_a_record():
    answers = HemorrhageAnswers(
        (Seed(DEEP, Structure.SAH),),
        with_search=True,
        decisions={2: ClotDecision(False, Structure.IVH, "left", "deep"), 11: ClotDecision(side="right")},
        confirmed_zero=True,
        midline_lps=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, 9.0)),
        graeb={"third": 1},
        graeb_expanded=("third",),
        ivh_score={},
    )
    assert answers_of(json.loads(json.dumps(answers.given()))) == answers
    assert answers_of({}) == HemorrhageAnswers() and HemorrhageAnswers(with_search=True).given() == {}


def test_where_a_clot_is(opened):
    shape = opened.image.geometry.shape
    for label, expected in ((1, ("left", "deep")), (2, ("right", "lobar"))):
        clot = next(c for c, n in zip(opened.proposal.clots, (1, 2), strict=True) if n == label)
        assert clot_place(clot.mask.values, opened.head) == expected
    assert clot_place(np.zeros(shape, bool), opened.head) == ("", "")
    index = np.argwhere(opened.head.ventricles.values)
    ball = np.zeros(shape, bool)
    ball[tuple(index[:: max(1, len(index) // 300)].T)] = True
    assert clot_place(ball, opened.head)[1] == "ventricle"


def test_no_ct_is_told_from_a_ct_that_may_not_be_measured(series):
    audits = {series.key: audit_series(series)}
    assert select_ct((series,), audits).series is series
    nothing = select_ct((), {})
    assert nothing.series is None and not nothing.found and nothing.issues[0].code == "I02"
    contrast = replace(series, role=Role.ANGIOGRAPHY, header=series.header | {"contrast_agent": "Iodine"})
    refused = select_ct((contrast,), audits)
    assert refused.series is None and refused.found and {i.code for i in refused.issues} == {"H04"}
    named = select_ct((contrast,), audits, chosen=(series.key,))
    assert named.series is contrast and {i.level for i in named.header.issues if i.code == "H04"} == {Level.WARN}
    two = select_ct((series, replace(series, key="2")), audits | {"2": audits[series.key]})
    assert two.series is None and two.issues[0].code == "C01"
