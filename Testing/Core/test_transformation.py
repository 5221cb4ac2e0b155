"""Hemorrhagic transformation: both classes at 29.9, 30.0 and 30.1 %, contradictions, contrast staining, symptomatic definitions."""

from fractions import Fraction

import numpy as np
import pytest

from strokequant.biomarkers.clot_share import share_measurement, share_of_masks, share_of_volumes
from strokequant.biomarkers.forms import answer_form, load_forms
from strokequant.biomarkers.mismatch import VolumeBand
from strokequant.biomarkers.rules import load_rules
from strokequant.biomarkers.symptomatic import SYMPTOMATIC_FOLDER, symptomatic, symptomatic_text
from strokequant.biomarkers.transformation import classify_transformation
from strokequant.errors import GeometryError, Level
from strokequant.geometry import Geometry
from strokequant.perfusion_types import Answer
from strokequant.types import Mask, Status

FORMS = load_forms()
NOTHING = {"thrombectomy": "no", "pattern": "none", "remote": "none", "ivh": "no", "sah": "no", "sdh": "no"}
CLOT = NOTHING | {"pattern": "clot", "mass_effect": "limited", "beyond_border": "no"}


def classes(answers, share=None, modality="CT"):
    return classify_transformation(answer_form(FORMS["HT"], answers, modality=modality, reader="R1"), share)


def share_of(clot, infarct, includes=True):
    return share_of_volumes(clot, infarct, infarct_includes_clot=includes)


def codes(issues):
    return [(i.code, i.level) for i in issues]


@pytest.mark.parametrize(
    ("clot", "infarct", "mass", "ecass", "heidelberg", "conflict"),
    [
        (29.9, 100.0, "limited", "PH1", "1c", False),
        (30.0, 100.0, "limited", "PH1", "2", True),
        (30.0, 100.0, "marked", "PH1", "2", True),
        (2.7, 9.0, "limited", "PH1", "2", True),
        (30.1, 100.0, "marked", "PH2", "2", False),
        (5.0, 100.0, "none", "PH1", "1c", False),
        (70.0, 100.0, "marked", "PH2", "2", False),
    ],
)
def test_classes_at_the_limit(clot, infarct, mass, ecass, heidelberg, conflict):
    found = classes(CLOT | {"mass_effect": mass}, share_of(clot, infarct))
    assert (found.ecass, found.heidelberg, found.conflict) == (ecass, (heidelberg,), conflict)
    assert ("E40" in [i.code for i in found.issues]) == conflict
    assert found.side_from == "masks"


def test_infarct_drawn_without_the_clot():
    right = share_of(30.0, 70.0, includes=False)
    assert right.percent == 30
    issue = next(i for i in right.issues if i.code == "E42")
    assert issue.level is Level.WARN and "42.9 %" in issue.found
    assert share_of(30.0, 70.0).percent == Fraction(300, 7)


@pytest.mark.parametrize(("clot", "near"), [(26.9, False), (27.0, True), (29.9, True), (33.0, True), (33.1, False)])
def test_band_around_the_limit(clot, near):
    assert share_of(clot, 100.0).near_limit is near


def test_ranges_that_reach_the_limit_are_told():
    share = share_of(VolumeBand(20, 18, 24), VolumeBand(100, 70, 110))
    assert share.near_limit
    assert (share.lower, share.upper) == pytest.approx((100 * 18 / 110, 100 * 24 / 70))
    assert not share_of(VolumeBand(20, 19, 21), VolumeBand(100, 90, 110)).near_limit


def test_share_as_a_measurement():
    found = share_measurement(share_of(2.7, 9.0))
    assert (found.value, found.unit, found.status) == (30.0, "%", Status.MEASURED)
    assert share_measurement(share_of(0.0, 9.0)).status is Status.ZERO
    none = share_measurement(share_of(0.0, 0.0))
    assert (none.value, none.status, codes(none.issues)) == (None, Status.NOT_EVALUABLE, [("E44", Level.ASK)])


GRID = Geometry.from_affine(np.diag([1.0, 1.0, 1.0, 1.0]), (10, 20, 20))


def box(*slices, grid=GRID, name="infarct"):
    values = np.zeros(grid.shape, bool)
    values[slices] = True
    return Mask(values, grid, name, "test")


def test_share_of_masks_unites_them():
    infarct = box(slice(0, 10), slice(0, 10), slice(0, 10))
    clot = box(slice(0, 10), slice(0, 3), slice(0, 10), name="clot")
    inside = share_of_masks(clot, infarct)
    assert (inside.percent, inside.outside_ul, codes(inside.issues)) == (30, 0, [("E41", Level.WARN)])
    hole = Mask(infarct.values & ~clot.values, GRID, "infarct", "drawn around the clot")
    around = share_of_masks(clot, hole)
    assert (around.percent, around.outside_ul) == (30, 300)
    assert "E42" in [i.code for i in around.issues]
    with pytest.raises(GeometryError):
        share_of_masks(clot, box(slice(0, 1), grid=Geometry.from_affine(np.diag([2.0, 1.0, 1.0, 1.0]), GRID.shape)))


@pytest.mark.parametrize(("clot", "mass"), [(10, "marked"), (40, "none"), (40, "limited")])
def test_share_and_mass_effect_that_contradict_each_other_give_no_class(clot, mass):
    found = classes(CLOT | {"mass_effect": mass}, share_of(clot, 100))
    assert (found.ecass, found.heidelberg) == (None, None)
    assert ("E32", Level.ASK) in codes(found.issues)
    assert found.hemorrhage


def test_clot_beyond_the_border():
    beyond = CLOT | {"beyond_border": "yes"}
    small = classes(beyond, share_of(10, 100))
    assert (small.ecass, small.heidelberg, small.conflict) == ("PH2", ("1c",), True)
    large = classes(beyond | {"mass_effect": "marked"}, share_of(40, 100))
    assert (large.ecass, large.heidelberg, large.conflict) == ("PH2", ("2",), False)
    odd = classes(beyond | {"mass_effect": "marked"}, share_of(10, 100))
    assert (odd.ecass, odd.heidelberg) == ("PH2", None)


@pytest.mark.parametrize(
    ("pattern", "ecass", "heidelberg"), [("petechiae_small", "HI1", "1a"), ("petechiae_confluent", "HI2", "1b")]
)
def test_petechiae(pattern, ecass, heidelberg):
    found = classes(NOTHING | {"pattern": pattern, "mass_effect": "none"})
    assert (found.ecass, found.heidelberg, found.issues) == (ecass, (heidelberg,), ())
    pressing = classes(NOTHING | {"pattern": pattern, "mass_effect": "limited"})
    assert pressing.ecass is None and codes(pressing.issues) == [("E32", Level.ASK)]


def test_blood_outside_the_infarct():
    found = classes(NOTHING | {"remote": "rPH2", "ivh": "yes", "sah": "yes", "sdh": "yes"})
    assert (found.ecass, found.ecass_remote, found.heidelberg) == ("none", "rPH2", ("3a", "3b", "3c", "3d"))
    both = classes(CLOT | {"mass_effect": "marked", "ivh": "yes"}, share_of(40, 100))
    assert both.heidelberg == ("2", "3b")
    nothing = classes(NOTHING)
    assert (nothing.ecass, nothing.heidelberg, nothing.hemorrhage) == ("none", (), False)


def test_the_measured_share_never_replaces_the_answer():
    near = classes(CLOT | {"share": "below"}, share_of(30.1, 100))
    assert (near.ecass, near.side_from) == ("PH1", "reader")
    assert ("E45", Level.WARN) in codes(near.issues)
    far = classes(CLOT | {"share": "below"}, share_of(60, 100))
    assert (far.ecass, float(far.share.percent)) == ("PH1", 60.0)
    assert ("E45", Level.ASK) in codes(far.issues)
    alone = classes(CLOT | {"share": "at"})
    assert (alone.ecass, alone.heidelberg, alone.conflict) == ("PH1", ("2",), True)


def test_without_share_there_is_no_class():
    found = classes(CLOT)
    assert (found.ecass, found.heidelberg, codes(found.issues)) == (None, None, [("E30", Level.ASK)])
    assert found.hemorrhage
    undefined = classes(CLOT, share_of(0, 0))
    assert undefined.ecass is None and ("E44", Level.ASK) in codes(undefined.issues)


def test_contrast_staining_is_asked_after_thrombectomy():
    after = CLOT | {"thrombectomy": "yes"}
    share = share_of(10, 100)
    assert ("E30", Level.ASK) in codes(classes(after, share).issues)
    assert (classes(after, share).ecass, classes(after, share).hemorrhage) == (None, None)
    assert classes(after | {"staining": "blood"}, share).ecass == "PH1"
    both = classes(after | {"staining": "both"}, share)
    assert both.ecass == "PH1" and ("E43", Level.WARN) in codes(both.issues)
    open_one = classes(after | {"staining": "cannot tell"}, share)
    assert (open_one.ecass, open_one.hemorrhage) == (None, None)
    assert codes(open_one.issues) == [("E43", Level.ASK)]
    odd = classes(after | {"staining": "staining"}, share)
    assert odd.ecass is None and ("E32", Level.ASK) in codes(odd.issues)
    only = classes(NOTHING | {"thrombectomy": "yes", "staining": "staining"})
    assert (only.ecass, only.hemorrhage, codes(only.issues)) == ("none", False, [("E43", Level.WARN)])


def test_modality_and_version_stay_with_the_class():
    found = classes(NOTHING, modality="SWI")
    assert (found.modality, found.version, found.reader) == ("SWI", "1.0", "R1")
    assert codes(classes(NOTHING, modality="FLAIR").issues) == [("E35", Level.STOP)]


PH1 = classes(CLOT, share_of(10, 100))
PH2 = classes(CLOT | {"mass_effect": "marked"}, share_of(60, 100))
HI1 = classes(NOTHING | {"pattern": "petechiae_small", "mass_effect": "none"})
HI2 = classes(NOTHING | {"pattern": "petechiae_confluent", "mass_effect": "none"})
CLINICAL = {
    "hours": 24,
    "nihss_baseline": 10,
    "nihss_before": 10,
    "nihss_worst": 10,
    "nihss_item_rise": 0,
    "major_intervention": "no",
    "death": "no",
    "other_cause": "no",
    "predominant_cause": "yes",
}
YES, NO, UNKNOWN = Answer.PASS, Answer.FAIL, Answer.UNKNOWN


def definitions(images, **changes):
    results = symptomatic(images, answer_form(FORMS["SICH"], CLINICAL | changes))
    return {r.rule.removeprefix("SICH-"): r.answer for r in results}


@pytest.mark.parametrize(
    ("images", "changes", "expected"),
    [
        (PH1, {"nihss_worst": 14}, (YES, NO, YES, YES)),
        (PH2, {"nihss_worst": 14, "hours": 30}, (YES, YES, YES, YES)),
        (PH2, {"nihss_worst": 14, "hours": 40}, (YES, NO, YES, NO)),
        (HI2, {"nihss_worst": 12, "nihss_item_rise": 2}, (YES, NO, NO, YES)),
        (HI1, {"nihss_worst": 11, "nihss_item_rise": 1}, (NO, NO, NO, YES)),
        (PH2, {"nihss_worst": 14, "hours": 36}, (YES, YES, YES, YES)),
        (PH2, {"nihss_worst": 14, "hours": 36.1}, (YES, NO, YES, NO)),
        (PH2, {"nihss_worst": 13, "hours": 22}, (NO, NO, NO, YES)),
        (PH2, {"nihss_worst": 12, "nihss_lowest": 8, "nihss_before": 8, "hours": 30}, (YES, YES, YES, YES)),
        (PH2, {"death": "yes", "hours": 30}, (NO, YES, NO, YES)),
        (PH1, {"nihss_worst": 14, "other_cause": "yes"}, (NO, NO, YES, YES)),
        (HI1, {"major_intervention": "yes"}, (YES, NO, NO, NO)),
        (classes(NOTHING), {"nihss_worst": 20}, (NO, NO, NO, NO)),
        (PH2, {"nihss_worst": 14, "hours": None}, (YES, UNKNOWN, YES, UNKNOWN)),
        (PH2, {"nihss_worst": 12, "nihss_item_rise": None, "hours": 30}, (UNKNOWN, NO, NO, YES)),
        (classes(CLOT), {"nihss_worst": 14, "hours": 30}, (YES, UNKNOWN, YES, YES)),
    ],
)
def test_symptomatic_definitions(images, changes, expected):
    found = definitions(images, **changes)
    assert tuple(found[name] for name in ("HEIDELBERG", "SITS-MOST", "ECASS2", "NINDS")) == expected


def test_ecass_3_asks_for_the_predominant_cause():
    assert definitions(PH1, nihss_worst=14)["ECASS3"] is YES
    assert definitions(PH1, nihss_worst=14, predominant_cause="no")["ECASS3"] is NO
    assert definitions(PH1, nihss_worst=14, predominant_cause=None)["ECASS3"] is UNKNOWN


def test_unconfirmed_definitions_say_so():
    results = symptomatic(PH1, answer_form(FORMS["SICH"], CLINICAL))
    assert {r.rule for r in results if any(i.code == "K01" for i in r.issues)} == {
        "SICH-SITS-MOST",
        "SICH-ECASS2",
        "SICH-ECASS3",
        "SICH-NINDS",
    }
    assert "class PH2 or rPH2" in {symptomatic_text(c) for r in load_rules(SYMPTOMATIC_FOLDER) for c in r.all_clauses}
