"""Growth of a hemorrhage: every vector of the methods on its side of the limit, what may not be compared, what readers can detect."""

from dataclasses import replace
from datetime import datetime, timedelta
from math import log

import pytest

from strokequant.biomarkers.detectable import detectability, judge_change, limit_for
from strokequant.biomarkers.growth import (
    EXPANSION_FOLDER,
    Bleeding,
    bleeding_of,
    expansion_text,
    expansions,
    measure_growth,
)
from strokequant.biomarkers.rules import load_rules
from strokequant.biomarkers.visits import Visit, compare_visits, visit_of
from strokequant.errors import Issue, Level, UsageError
from strokequant.perfusion_types import Answer
from strokequant.segmentation.cleanup import microliters
from strokequant.types import Frame, Measurement, Role, Series, Status

START = datetime(2026, 3, 1, 8, 0)
BASE = Visit("baseline", "p", START, False, "NCCT", 5.0, 5.0, "H31", "half maximum", "R1")
LATER = replace(BASE, name="follow-up", acquired=START + timedelta(hours=24), reader="R2")
YES, NO, UNKNOWN = Answer.PASS, Answer.FAIL, Answer.UNKNOWN


def volume(ml, **options):
    status = options.pop("status", Status.MEASURED if ml else Status.ZERO)
    return Measurement("ich_volume", ml, "ml", status, **options)


def answers(v0, v1, ivh0=None, ivh1=None):
    ul = [None if v is None else microliters(v) for v in (v0, v1, ivh0, ivh1)]
    return {r.rule: r.answer for r in expansions(*ul)}


def pair(v0, v1, ivh0=0.0, ivh1=0.0, before=BASE, after=LATER):
    ivh = [None if v is None else volume(v) for v in (ivh0, ivh1)]
    return Bleeding(before, volume(v0), ivh[0]), Bleeding(after, volume(v1), ivh[1])


@pytest.mark.parametrize(
    ("v0", "v1", "x1", "x2", "x5", "x6"),
    [
        (20, 25.99, NO, NO, NO, NO),
        (20, 26.00, YES, NO, NO, NO),
        (20, 26.01, YES, YES, NO, NO),
        (10, 13.29, NO, NO, NO, NO),
        (10, 13.30, YES, NO, NO, NO),
        (10, 13.31, YES, YES, NO, NO),
        (15, 19.95, YES, NO, NO, NO),
        (26.3, 32.3, YES, NO, NO, NO),
        (26.2, 32.2, YES, NO, NO, NO),
        (40, 50.39, YES, YES, NO, NO),
        (40, 50.40, YES, YES, NO, YES),
        (30.2, 42.7, YES, YES, NO, YES),
        (40, 52.51, YES, YES, YES, YES),
        (0, 5.99, NO, NO, NO, NO),
        (0, 6.00, YES, NO, NO, NO),
        (20, 14, NO, NO, NO, NO),
    ],
)
def test_definitions_at_their_limits(v0, v1, x1, x2, x5, x6):
    found = answers(v0, v1, 0, 0)
    assert [found[x] for x in ("X1", "X2", "X5", "X6")] == [x1, x2, x5, x6]
    assert {found[x] for x in ("X3", "X3G", "X4")} == {x1}


@pytest.mark.parametrize(
    ("ivh0", "ivh1", "x3", "x3g", "x4"),
    [
        (0, 0, NO, NO, NO),
        (0, 0.99, YES, YES, NO),
        (0, 1.00, YES, YES, YES),
        (2.00, 2.99, NO, YES, NO),
        (1.30, 2.30, NO, YES, YES),
        (2, 1, NO, NO, NO),
        (None, None, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_definitions_with_ventricular_blood(ivh0, ivh1, x3, x3g, x4):
    found = answers(20, 22, ivh0, ivh1)
    assert [found[x] for x in ("X3", "X3G", "X4")] == [x3, x3g, x4]
    assert found["X1"] is NO


def test_without_a_look_at_the_ventricles_growth_of_the_hematoma_still_decides():
    found = answers(20, 26, None, None)
    assert [found[x] for x in ("X3", "X3G", "X4")] == [YES] * 3


def test_the_total_is_added_in_microliters():
    growth = measure_growth(*pair(20, 23.0, 1.3, 4.3))
    by_total = {r.rule: r.answer for r in growth.expansion_total}
    by_ich = {r.rule: r.answer for r in growth.expansion}
    assert (by_total["X1"], by_ich["X1"]) == (YES, NO)
    assert (by_total["X2"], by_ich["X4"]) == (NO, YES)


def test_numbers_of_a_pair():
    growth = {m.id: m for m in measure_growth(*pair(26.3, 32.3, 2.0, 2.5)).measurements}
    assert growth["ich_growth_volume"].value == 6.0
    assert growth["ich_growth_percent"].value == pytest.approx(100 * 6 / 26.3)
    assert growth["ich_growth_log_ratio"].value == pytest.approx(log(32.3 / 26.3))
    assert growth["ivh_growth_volume"].value == 0.5
    assert growth["ich_ivh_growth_volume"].value == 6.5
    assert growth["ich_ivh_growth_percent"].value == pytest.approx(100 * 6.5 / 28.3)


def test_range_of_the_growth_is_that_of_both_volumes():
    before, after = pair(20, 26)
    before = replace(before, ich=replace(before.ich, lower=17, upper=24))
    after = replace(after, ich=replace(after.ich, lower=22, upper=29))
    found = measure_growth(before, after).measurements[0]
    assert (found.lower, found.upper) == pytest.approx((6 - 32**0.5, 6 + 18**0.5))


def test_a_baseline_of_zero_has_no_percent_and_no_logarithm():
    growth = {m.id: m for m in measure_growth(*pair(0, 6.0)).measurements}
    assert growth["ich_growth_volume"].value == 6.0
    for name in ("ich_growth_percent", "ich_growth_log_ratio"):
        assert growth[name].status is Status.NOT_EVALUABLE
        assert growth[name].issues[-1].code == "E08"


def test_a_baseline_that_could_not_be_measured_gives_no_growth():
    before, after = pair(20, 26)
    reason = Issue("G06", Level.STOP, "a slice is missing")
    before = replace(before, ich=volume(None, status=Status.NOT_EVALUABLE, issues=(reason,)))
    growth = measure_growth(before, after)
    for m in growth.measurements:
        if m.id.startswith("ich"):
            assert (m.value, m.status) == (None, Status.NOT_EVALUABLE)
            assert "E07" in [i.code for i in m.issues]
    assert reason in growth.measurements[0].issues
    assert {r.answer for r in growth.expansion if r.rule in ("X1", "X2", "X5", "X6")} == {UNKNOWN}


def test_ventricles_that_nobody_looked_at_give_no_total():
    growth = {m.id: m for m in measure_growth(*pair(20, 26, None, 0.0)).measurements}
    assert growth["ich_growth_volume"].value == 6.0
    assert growth["ivh_growth_volume"].status is Status.MISSING
    assert growth["ich_ivh_growth_volume"].status is Status.MISSING


def test_volumes_come_out_of_the_measurements_of_a_time_point():
    ivh = Measurement("ivh_volume", None, "ml", Status.MISSING)
    found = bleeding_of(BASE, [volume(20.0), ivh])
    assert (found.ich.value, found.ivh) == (20.0, ivh)
    growth = {m.id: m for m in measure_growth(found, bleeding_of(LATER, [volume(27.0), ivh])).measurements}
    assert growth["ich_growth_volume"].value == 7.0
    assert growth["ivh_growth_volume"].status is growth["ich_ivh_growth_volume"].status is Status.MISSING
    nothing = measure_growth(found, bleeding_of(LATER, []))
    assert {m.status for m in nothing.measurements} == {Status.MISSING}


def test_small_volumes_are_told():
    before, after = pair(1, 2)
    before = replace(before, ich=replace(before.ich, issues=(Issue("S04", Level.WARN, "1 mL at 5 mm"),)))
    found = [i for i in measure_growth(before, after).measurements[0].issues if i.code == "E09"]
    assert len(found) == 1 and found[0].found.startswith("baseline below")


@pytest.mark.parametrize(
    ("change", "code", "level"),
    [
        ({"patient_key": "q"}, "E01", Level.STOP),
        ({"patient_key": ""}, "E12", Level.WARN),
        ({"acquired": START - timedelta(hours=1)}, "E02", Level.STOP),
        ({"acquired": START}, "E02", Level.STOP),
        ({"acquired": None}, "E12", Level.WARN),
        ({"acquired": START.replace(hour=0), "day_only": True}, "E12", Level.WARN),
        ({"acquired": START - timedelta(days=1), "day_only": True}, "E02", Level.STOP),
        ({"technique": "CTA"}, "E03", Level.STOP),
        ({"technique": "post-contrast CT"}, "E03", Level.STOP),
        ({"technique": "SWI"}, "E03", Level.STOP),
        ({"technique": ""}, "E03", Level.ASK),
        ({"thickness_mm": 1.25}, "E04", Level.WARN),
        ({"step_mm": 2.5}, "E04", Level.WARN),
        ({"kernel": "H60s"}, "E05", Level.WARN),
        ({"method": "fixed window"}, "E06", Level.WARN),
    ],
)
def test_what_differs_between_the_time_points(change, code, level):
    after = replace(LATER, **change)
    assert [(i.code, i.level) for i in compare_visits(BASE, after)] == [(code, level)]
    growth = measure_growth(*pair(20, 26, after=after))
    assert (growth.measurements[0].value is None) == (level is not Level.WARN)
    assert code in [i.code for i in growth.measurements[0].issues]
    assert bool(growth.expansion) == (level is Level.WARN)


def test_contrast_or_a_bone_kernel_at_both_time_points_gives_no_growth():
    contrast = {"technique": "post-contrast CT"}
    growth = measure_growth(*pair(20, 26, before=replace(BASE, **contrast), after=replace(LATER, **contrast)))
    assert [(i.code, i.level) for i in growth.issues] == [("E03", Level.STOP)] * 2
    before, after = pair(20, 26)
    after = replace(after, ich=replace(after.ich, issues=(Issue("H04", Level.WARN, "bone kernel"),)))
    growth = measure_growth(before, after)
    assert {m.value for m in growth.measurements} == {None} and growth.expansion == ()
    assert growth.issues[0].found == "follow-up: bone kernel"


def test_equal_time_points_differ_in_nothing():
    assert compare_visits(BASE, LATER) == ()


def test_a_visit_from_a_series():
    frames = tuple(Frame(0, n, str(n), thickness=5.0, times={"acquisition_time": 3661.5 + n}) for n in range(2))
    header = {"acquisition_date": "20260301", "convolution_kernel": "H31s"}
    series = Series("1", "u", "CT", Role.NCCT, (), (), frames, patient_key="p", header=header)
    found = visit_of(series, name="baseline", method="m", reader="R1", step_mm=5.0)
    assert found == Visit("baseline", "p", datetime(2026, 3, 1, 1, 1, 1), False, "NCCT", 5.0, 5.0, "H31s", "m", "R1")
    contrast = replace(series, header=header | {"contrast_agent": "iodine"})
    assert visit_of(contrast, name="x").technique == "post-contrast CT"
    assert visit_of(replace(series, modality="", header={}), name="x").technique == ""
    assert visit_of(replace(series, frames=()), name="x").day_only
    assert visit_of(replace(series, header={"study_date": "2026"}), name="x").acquired is None


@pytest.mark.parametrize(
    ("readers", "total", "limit"),
    [
        (("R1", "R1"), False, 3.82),
        (("R1", "R2"), False, 5.83),
        (("R1", "R1"), True, 6.68),
        (("R1", "R2"), True, 7.72),
        (("", "R2"), False, 5.83),
    ],
)
def test_published_limits(readers, total, limit):
    assert limit_for(*readers, with_ventricles=total).ml == limit


def test_example_of_the_methods():
    growth = measure_growth(*pair(20, 26.2))
    assert growth.verdicts["ich"].beyond and not growth.verdicts["ich_ivh"].beyond
    same = measure_growth(*pair(20, 26.2, after=replace(LATER, reader="R1")))
    assert same.verdicts["ich"].beyond and not same.verdicts["ich_ivh"].beyond


def test_words_of_a_change_that_readers_cannot_detect():
    verdict = measure_growth(*pair(20, 25.2)).verdicts["ich"]
    assert verdict.words == "5.2 mL, below the 5.83 mL that this pair of readers can detect"
    assert [i.code for i in verdict.issues] == ["E10"]


def test_a_change_of_exactly_the_limit_is_not_beyond():
    limit = limit_for("R1", "R2", with_ventricles=False)
    assert [judge_change(ul, limit).beyond for ul in (5829, 5830, 5831, -5830, -5831)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    assert judge_change(-5831, limit).words.startswith("−5.831 mL, above")


def test_the_study_replaces_the_published_limit():
    verdict = measure_growth(*pair(20, 25.2), study_mdd_ml={"ich": 2.0}).verdicts["ich"]
    assert verdict.beyond and verdict.limit.source == "this study"


def test_unknown_readers_and_ventricular_blood_are_told():
    after = replace(LATER, reader="")
    verdict = measure_growth(*pair(20, 25.2, 1.0, 1.0, after=after)).verdicts["ich"]
    assert [i.code for i in verdict.issues] == ["E10", "E11", "E13"]


def test_no_blood_at_either_time_point_is_no_change_that_readers_missed():
    growth = measure_growth(*pair(0, 0))
    assert growth.verdicts == {} and growth.measurements[0].value == 0
    assert "E10" not in {i.code for i in growth.measurements[0].issues}
    assert measure_growth(*pair(0, 2)).verdicts["ich"].change_ul == 2000


def test_detectable_difference_of_a_study():
    found = detectability([1, -1, 2, -2, 0])
    assert (found.sd, found.sem, found.mdd) == pytest.approx((1.581139, 1.118034, 3.099032), abs=1e-6)
    with pytest.raises(UsageError):
        detectability([1.0])


def test_the_data_are_those_of_the_methods():
    words = {r.id: [expansion_text(c) for c in r.all_clauses] for r in load_rules(EXPANSION_FOLDER)}
    either = ["growth ≥ 6 mL", "growth ≥ 33 %"]
    assert words == {
        "X1": either,
        "X2": ["growth > 6 mL", "growth > 33 %"],
        "X3": [*either, "new IVH yes"],
        "X3G": [*either, "growth of IVH > 0 mL"],
        "X4": [*either, "growth of IVH ≥ 1 mL"],
        "X5": ["growth > 12.5 mL"],
        "X6": ["growth ≥ 10.4 mL"],
    }
