"""Final infarct, growth, cohort mean, water uptake, ASPECTS: the vectors of the methods, and what is not defined."""

from dataclasses import replace
from datetime import datetime, timedelta
from math import log

import numpy as np
import pytest

from strokequant.biomarkers.aspects import score_aspects
from strokequant.biomarkers.cohort_growth import cohort_growth
from strokequant.biomarkers.final_infarct import (
    CsfSpaces,
    Hemispheres,
    Infarct,
    corrected_measurement,
    final_infarct_measurements,
    growth_category,
    growth_rate,
    infarct_growth,
    mean_of_raters,
    without_chronic,
)
from strokequant.biomarkers.regions import (
    RegionAtlas,
    mirror_mask,
    net_water_uptake,
    regional_hints,
    water_uptake_percent,
)
from strokequant.biomarkers.visits import Visit
from strokequant.errors import GeometryError, Issue, Level, UsageError
from strokequant.geometry import Geometry
from strokequant.segmentation.cleanup import microliters
from strokequant.segmentation.sides import MidPlane
from strokequant.types import Mask, Measurement, QuantityMap, Status, Volume

START = datetime(2026, 3, 1, 8, 0)
BASE = Visit("baseline", "p", START, False, "DWI", 5.0, 5.0, "", "manual", "R1")
LATER = replace(BASE, name="follow-up", acquired=START + timedelta(days=90))
GRID = Geometry.from_affine(np.diag([2.0, 2.0, 2.0, 1.0]), (20, 40, 40))


def volume(ml, status=None, **options):
    return Measurement("final_infarct_volume", ml, "ml", status or (Status.MEASURED if ml else Status.ZERO), **options)


def growth_of(v0, v1, after=LATER, **options):
    return infarct_growth(Infarct(BASE, volume(v0)), Infarct(after, volume(v1)), **options)


def mask_of(*slices, grid=GRID, name="infarct"):
    values = np.zeros(grid.shape, bool)
    values[slices] = True
    return Mask(values, grid, name, "drawn")


def test_geometric_mean_as_epithet_defines_it():
    found = cohort_growth([(10, 5), (10, 10), (10, 20), (10, 40)])
    assert found.geometric_mean == pytest.approx(1.414214, abs=1e-6)
    assert (found.arithmetic_mean, found.median, found.n) == (1.875, 1.5, 4)
    logs = np.log([0.5, 1, 2, 4])
    half = 3.182446 * logs.std(ddof=1) / 2
    assert (found.lower, found.upper) == pytest.approx(
        (np.exp(logs.mean() - half), np.exp(logs.mean() + half)), rel=1e-6
    )


def test_geometric_mean_with_a_declared_offset():
    found = cohort_growth([(0, 0), (4, 9), (9, 39)], offset_ml=1)
    assert found.geometric_mean == pytest.approx(2.0)
    assert (found.undefined, found.issues) == ((), ())


def test_patients_without_a_ratio_are_told():
    found = cohort_growth([(0, 5), (10, 20), (10, 0)])
    assert (found.n, found.undefined, found.geometric_mean) == (1, (0, 2), pytest.approx(2.0))
    assert [i.code for i in found.issues] == ["E08"]
    assert found.lower is None
    assert cohort_growth([(0, 5)]).geometric_mean is None
    for bad in ([(-1, 2)], [(1, float("nan"))]):
        with pytest.raises(UsageError):
            cohort_growth(bad)


def test_growth_of_one_patient():
    growth = growth_of(20, 50)
    assert [m.value for m in growth.measurements] == [30.0, 2.5, pytest.approx(log(2.5))]
    assert growth.category == "increase"
    assert growth.cube_root_mm == pytest.approx(np.cbrt(50000) - np.cbrt(20000))
    assert growth.offset_ratio is None and growth.issues == ()


def test_a_baseline_of_zero_has_no_ratio():
    growth = growth_of(0, 50, offset_declared=True)
    assert growth.measurements[0].value == 50.0
    for m in growth.measurements[1:]:
        assert (m.value, m.status, m.issues[-1].code) == (None, Status.NOT_EVALUABLE, "E08")
    assert growth.offset_ratio == 51.0


def test_an_infarct_that_is_gone_has_a_ratio_and_no_logarithm():
    growth = growth_of(20, 0)
    assert [m.value for m in growth.measurements] == [-20.0, 0.0, None]
    assert growth.category == "decrease"


@pytest.mark.parametrize(
    ("after", "category"), [(7.0, "decrease"), (7.01, "no change"), (14.99, "no change"), (15.0, "increase")]
)
def test_categories_at_their_limits(after, category):
    assert growth_of(10, after).category == category
    assert growth_category(microliters(10), microliters(after)) == category


def test_categories_do_not_depend_on_binary_fractions():
    assert growth_category(microliters(0.1), microliters(0.07)) == "decrease"
    assert growth_category(microliters(0.1), microliters(5.1)) == "increase"


@pytest.mark.parametrize(
    ("change", "code", "level"),
    [
        ({"technique": "FLAIR"}, "E03", Level.WARN),
        ({"technique": "NCCT"}, "E03", Level.WARN),
        ({"patient_key": "q"}, "E01", Level.STOP),
        ({"acquired": START - timedelta(days=1)}, "E02", Level.STOP),
    ],
)
def test_what_differs_between_the_time_points(change, code, level):
    growth = growth_of(20, 50, replace(LATER, **change))
    assert [(i.code, i.level) for i in growth.issues] == [(code, level)]
    assert (growth.measurements[0].value is None) == (level is Level.STOP)
    assert growth.category == ("" if level is Level.STOP else "increase")
    assert code in [i.code for i in growth.measurements[0].issues]


def test_a_volume_that_is_missing_gives_no_growth():
    growth = infarct_growth(Infarct(BASE, volume(None, Status.MISSING)), Infarct(LATER, volume(50)))
    assert {(m.value, m.status) for m in growth.measurements} == {(None, Status.MISSING)}
    assert [i.code for i in growth.issues] == ["E07"]


def test_growth_rate():
    assert growth_rate(volume(30), 3).value == 10.0
    assert growth_rate(volume(30), None).status is Status.MISSING
    assert growth_rate(volume(30), 0).status is Status.NOT_EVALUABLE
    assert growth_rate(volume(0), 3).status is Status.ZERO


def test_edema_corrections():
    assert corrected_measurement(volume(60.0), CsfSpaces(150, 138)).value == pytest.approx(48.0)
    assert corrected_measurement(volume(60.0), Hemispheres(500, 550)).value == pytest.approx(54.545, abs=5e-4)
    assert corrected_measurement(volume(60.0), None).status is Status.MISSING


@pytest.mark.parametrize(
    ("edema", "level"),
    [
        (CsfSpaces(150, 160), Level.WARN),
        (Hemispheres(550, 500), Level.WARN),
        (CsfSpaces(150, 80), Level.STOP),
        (Hemispheres(0, 500), Level.STOP),
        (Hemispheres(500, 0), Level.STOP),
        (CsfSpaces(-1, 0), Level.STOP),
    ],
)
def test_edema_corrections_that_cannot_be_right(edema, level):
    found = corrected_measurement(volume(60.0), edema)
    assert [(i.code, i.level) for i in found.issues] == [("E51", level)]
    assert (found.value is None) == (level is Level.STOP)


def test_chronic_lesions_are_left_out():
    infarct = mask_of(slice(5, 15), slice(10, 20), slice(10, 20))
    chronic = mask_of(slice(5, 10), slice(10, 20), slice(15, 25), name="chronic")
    left = without_chronic(infarct, chronic)
    assert left.volume_ml == pytest.approx(8.0 * 0.75)
    assert [i.code for i in left.issues] == ["E50"] and "2.00 mL" in left.issues[0].found
    assert without_chronic(infarct, None) is infarct
    raw, corrected = final_infarct_measurements(left, edema=Hemispheres(500, 550))
    assert raw.value == pytest.approx(6.0) and raw.lower < 6.0 < raw.upper
    assert corrected.value == pytest.approx(6.0 * 500 / 550)
    other = Geometry.from_affine(np.diag([3.0, 2.0, 2.0, 1.0]), GRID.shape)
    with pytest.raises(GeometryError):
        without_chronic(infarct, mask_of(slice(0, 1), grid=other))


def test_empty_and_small_infarcts():
    raw, corrected = final_infarct_measurements(mask_of(slice(0, 0)), edema=Hemispheres(500, 500))
    assert (raw.status, corrected.status) == (Status.ZERO, Status.ZERO)
    small, missing = final_infarct_measurements(mask_of(slice(5, 6), slice(5, 7), slice(5, 7)))
    assert [i.code for i in small.issues] == ["S04"] and missing.status is Status.MISSING


def test_volume_of_two_raters():
    found = mean_of_raters([volume(20.0), volume(24.0)])
    assert (found.value, found.lower, found.upper) == (22.0, 20.0, 24.0)
    none = mean_of_raters([volume(20.0), volume(None, Status.NOT_EVALUABLE, issues=(Issue("G06", Level.STOP, "x"),))])
    assert (none.value, none.status) == (None, Status.NOT_EVALUABLE)


def ct_with(infarct, hu_infarct, hu_normal):
    values = np.full(GRID.shape, hu_normal, np.float32)
    values[infarct.values] = hu_infarct
    return Volume(values, GRID, "[hnsf'U]", "attenuation")


PLANE = MidPlane(np.array([39.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0]), 1.0)


def test_net_water_uptake():
    assert water_uptake_percent(28, 32) == 12.5
    infarct = mask_of(slice(5, 15), slice(10, 20), slice(24, 34))
    mirror = mirror_mask(infarct, PLANE)
    assert mirror.volume_ml == pytest.approx(infarct.volume_ml)
    assert (np.flatnonzero(mirror.values.any(axis=(0, 1))) == np.arange(6, 16)).all()
    ct = ct_with(infarct, 28, 32)
    ct.values[5:7, 10:20, 24:34] = 900
    ct.values[5:7, 10:20, 6:10] = 5
    found = net_water_uptake(ct, infarct, mirror)
    assert found.value == pytest.approx(12.5)
    assert net_water_uptake(ct_with(infarct, 36, 32), infarct, mirror).value == pytest.approx(-12.5)


def test_net_water_uptake_needs_ct_and_enough_tissue():
    infarct = mask_of(slice(5, 15), slice(10, 20), slice(24, 34))
    mirror = mirror_mask(infarct, PLANE)
    for image in (replace(ct_with(infarct, 28, 32), unit="1"), ct_with(infarct, 5, 32), ct_with(infarct, 28, 5)):
        found = net_water_uptake(image, infarct, mirror)
        assert (found.value, [i.code for i in found.issues]) == (None, ["E52"])


def test_a_mirror_region_leaves_out_the_infarct_itself():
    across = mask_of(slice(5, 15), slice(10, 20), slice(15, 30))
    mirror = mirror_mask(across, PLANE)
    assert not (mirror.values & across.values).any()
    assert mirror.volume_ml == pytest.approx(across.volume_ml / 3)


def atlas():
    labels = np.zeros(GRID.shape, int)
    for n, start in enumerate((0, 10)):
        labels[start : start + 5, 5:15, 24:34] = 2 * n + 1
        labels[start : start + 5, 5:15, 6:16] = 2 * n + 2
    labels[19, 0, 0], labels[19, 0, 39] = 5, 6
    names = {n: (("I", "M1", "C")[(n - 1) // 2], "left" if n % 2 else "right") for n in range(1, 7)}
    return RegionAtlas(labels, GRID, names, "test")


@pytest.mark.parametrize(("step", "hint"), [(-2.0, True), (-1.75, False), (2.0, False)])
def test_hints_on_ct(step, hint):
    regions = atlas()
    values = np.full(GRID.shape, 32, np.float32)
    values[regions.labels == 3] += step
    found = {(h.region, h.side): h for h in regional_hints(Volume(values, GRID, "[hnsf'U]"), regions)}
    assert found["M1", "left"].hint is hint
    assert found["M1", "left"].difference == pytest.approx(step)
    assert found["M1", "right"].hint is (step >= 2)
    assert not found["I", "left"].hint
    assert [i.code for i in found["C", "left"].issues] == ["E53"]


def test_a_region_of_one_side_is_compared_with_its_mirror_image():
    both = atlas()
    one = RegionAtlas(
        np.where(both.labels % 2 == 1, both.labels, 0), GRID, {1: ("I", "left"), 3: ("M1", "left")}, "drawn"
    )
    values = np.full(GRID.shape, 32, np.float32)
    values[both.labels == 3] -= 3
    image = Volume(values, GRID, "[hnsf'U]")
    assert [h.difference for h in regional_hints(image, one)] == [None, None]
    found = regional_hints(image, one, plane=PLANE)
    assert [(h.region, h.side, h.hint) for h in found] == [("I", "left", False), ("M1", "left", True)]
    assert found[1].difference == pytest.approx(-3)


def test_hints_on_adc():
    regions = atlas()
    values = np.full(GRID.shape, 800, np.float32)
    values[regions.labels == 1] = 680
    values[regions.labels == 3] = 681
    valid = np.ones(GRID.shape, bool)
    adc = QuantityMap(values, valid, GRID, "um2/s", "adc", "test")
    found = {(h.region, h.side): h.hint for h in regional_hints(adc, regions)}
    assert found["I", "left"] and not found["M1", "left"] and not found["I", "right"]
    valid[regions.labels == 1] = False
    assert regional_hints(adc, regions)[0].mean is None


ALL_FREE = dict.fromkeys(("C", "L", "I", "IC", "M1", "M2", "M3", "M4", "M5", "M6"), "no")
POSTERIOR = dict.fromkeys(
    [f"{r}_{s}" for r in ("thalamus", "occipital", "cerebellum") for s in ("left", "right")] + ["midbrain", "pons"],
    "no",
)


def test_aspects():
    assert score_aspects("ASPECTS", ALL_FREE | {"side": "left"}, modality="CT").points == 10
    some = score_aspects("ASPECTS", ALL_FREE | {"side": "left", "M1": "yes", "I": "yes"}, modality="CT", reader="R1")
    assert (some.points, some.affected, some.version, some.modality) == (8, ("I", "M1"), "1.0", "CT")
    none = score_aspects("ASPECTS", dict.fromkeys(ALL_FREE, "yes") | {"side": "left"}, modality="MR")
    assert none.points == 0


def test_aspects_that_cannot_be_told_are_a_range():
    found = score_aspects("ASPECTS", ALL_FREE | {"side": "left", "M1": "yes", "L": "cannot tell"}, modality="CT")
    assert (found.points, found.lowest, found.highest, found.open) == (None, 8, 9, ("L",))
    assert [(i.code, i.level) for i in found.issues] == [("E30", Level.ASK)]
    missing = score_aspects("ASPECTS", {"side": "left"}, modality="CT")
    assert (missing.points, missing.lowest, missing.highest) == (None, 0, 10)
    assert score_aspects("ASPECTS", ALL_FREE | {"side": "left"}, modality="CTA").points is None


def test_pc_aspects():
    assert score_aspects("pc-ASPECTS", POSTERIOR, modality="CT").points == 10
    assert score_aspects("pc-ASPECTS", POSTERIOR | {"pons": "yes"}, modality="CT").points == 8
    assert (
        score_aspects("pc-ASPECTS", POSTERIOR | {"midbrain": "yes", "occipital_left": "yes"}, modality="MR").points == 7
    )
    assert score_aspects("pc-ASPECTS", dict.fromkeys(POSTERIOR, "yes"), modality="CT").points == 0
