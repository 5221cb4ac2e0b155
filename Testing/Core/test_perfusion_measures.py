"""Perfusion measures on constructed maps: every value known exactly, zero and infinite told apart from missing."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_lesions import EXACT, SHAPE, VOXEL_ML, Case, box

from strokequant.biomarkers.case_quantities import case_quantities
from strokequant.biomarkers.catalog import MEASURES, measure
from strokequant.biomarkers.criteria import evaluate
from strokequant.biomarkers.mismatch import is_infinite, mismatch_measurements, penumbra_mask
from strokequant.biomarkers.perfusion_measures import PERFUSION_MEASURES, not_measured, perfusion_measurements
from strokequant.biomarkers.reperfusion import reperfusion_classes, reperfusion_measurement
from strokequant.biomarkers.rules import load_rules
from strokequant.errors import GeometryError
from strokequant.geometry import Geometry
from strokequant.perfusion_types import Answer
from strokequant.types import Mask, Measurement, Status

PENUMBRA = box((1, 5), (10, 30), (35, 50))
CORE = box((2, 4), (15, 25), (38, 46))


def stroke():
    """24 mL of Tmax 7 s, of them 3.2 mL of Tmax 11 s, CBF 10 and CBV 1.4 of 50 and 4."""
    case = Case()
    case.put(PENUMBRA, tmax=7.0, cbf=25.0, cbv=3.6, ttp=9.0)
    case.put(CORE, tmax=11.0, cbf=10.0, cbv=1.4, ttp=12.0)
    return case


def measured(case, config=EXACT, core=None, **options):
    lesions = case.lesions(config, core=core)
    found = perfusion_measurements(
        case.maps, lesions, case.reference(config), case.tissue(config), lesion_config=config, **options
    )
    return {m.id: m for m in found}


def test_every_measure_is_there_once_in_the_order_of_the_catalog():
    found = list(measured(stroke()))
    assert tuple(found) == PERFUSION_MEASURES
    assert [m.id for m in not_measured(Status.MISSING, ())] == found
    assert set(found) | {"hypoperfusion_6s_reperfusion"} == {
        m for m in MEASURES if m.startswith(("hypo", "perf", "mism", "refer"))
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hypoperfusion_4s_volume", 24.0),
        ("hypoperfusion_6s_volume", 24.0),
        ("hypoperfusion_8s_volume", 3.2),
        ("hypoperfusion_10s_volume", 3.2),
        ("hypoperfusion_6s_intensity_ratio", 3.2 / 24),
        ("hypoperfusion_6s_cbv_index", (1040 * 3.6 + 160 * 1.4) / 1200 / 4),
        ("hypoperfusion_6s_tmax_mean", (1040 * 7 + 160 * 11) / 1200),
        ("hypoperfusion_6s_tmax_median", 7.0),
        ("hypoperfusion_6s_rcbv_34_volume", 0.0),
        ("hypoperfusion_6s_rcbv_38_volume", 3.2),
        ("hypoperfusion_6s_rcbv_42_volume", 3.2),
        ("perfusion_core_volume", 3.2),
        ("perfusion_core_rcbf_20_volume", 0.0),
        ("perfusion_core_rcbf_34_volume", 3.2),
        ("perfusion_core_rcbf_38_volume", 3.2),
        ("mismatch_volume", 20.8),
        ("mismatch_ratio", 7.5),
        ("mismatch_volume_coregistered", 20.8),
        ("mismatch_core_volume", 3.2),
        ("perfusion_collateral_index", 1040 * VOXEL_ML * 3.6 / 4),
        ("reference_tissue_volume", 6 * 36 * 28 * VOXEL_ML),
        ("reference_tissue_cbf", 50.0),
        ("reference_tissue_cbv", 4.0),
    ],
)
def test_values_are_exact(name, value):
    found = measured(stroke())[name]
    assert found.value == pytest.approx(value, rel=1e-6)
    assert found.status is (Status.MEASURED if value else Status.ZERO)
    assert found.unit == measure(name).unit
    assert found.method


def test_means_are_weighted_by_the_extents_of_the_slices():
    case = stroke()
    origins, extents = case.geometry.slice_origins.copy(), np.full(SHAPE[0], 5.0)
    extents[2] = 10.0
    case.geometry = Geometry(SHAPE, case.geometry.affine, origins, extents)
    case.put((2, slice(None), slice(None)), tmax=case.values["tmax"][2])
    case.put(box((2, 3), (10, 30), (35, 50)), tmax=9.0)
    found = measured(case)
    slices = {1: (300 * 7, 300, 5), 2: (300 * 9, 300, 10), 3: (220 * 7 + 80 * 11, 300, 5), 4: (300 * 7, 300, 5)}
    total = sum(s * e for s, _, e in slices.values())
    assert found["hypoperfusion_6s_tmax_mean"].value == pytest.approx(total / sum(n * e for _, n, e in slices.values()))
    assert found["hypoperfusion_6s_volume"].value == pytest.approx(300 * 4 * (5 + 10 + 5 + 5) / 1000)


def test_intensity_ratio_is_one_and_zero_at_its_ends():
    case = stroke()
    case.put(PENUMBRA, tmax=12.0)
    assert measured(case)["hypoperfusion_6s_intensity_ratio"].value == 1.0
    case.put(PENUMBRA, tmax=9.0)
    found = measured(case)["hypoperfusion_6s_intensity_ratio"]
    assert (found.value, found.status) == (0.0, Status.ZERO)


def test_healthy_brain_has_zero_volumes_and_no_numbers_in_a_lesion_that_is_not_there():
    found = measured(Case())
    for name in ("hypoperfusion_6s_volume", "hypoperfusion_10s_volume", "perfusion_core_volume", "mismatch_volume"):
        assert (found[name].value, found[name].status) == (0.0, Status.ZERO)
    for name in ("intensity_ratio", "cbv_index", "tmax_mean", "tmax_median"):
        absent = found[f"hypoperfusion_6s_{name}"]
        assert (absent.value, absent.status) == (None, Status.NOT_EVALUABLE)
        assert "L08" in [i.code for i in absent.issues]
    ratio = found["mismatch_ratio"]
    assert (ratio.value, ratio.status, is_infinite(ratio)) == (None, Status.NOT_EVALUABLE, False)


def test_core_of_zero_makes_the_ratio_infinite_and_not_a_number():
    case = stroke()
    case.put(CORE, cbf=25.0)
    found = measured(case)
    assert found["perfusion_core_volume"].status is Status.ZERO
    assert found["mismatch_volume"].value == pytest.approx(24.0)
    ratio = found["mismatch_ratio"]
    assert (ratio.value, ratio.status, is_infinite(ratio)) == (None, Status.NOT_EVALUABLE, True)
    assert not is_infinite(found["mismatch_volume"])


def test_intervals_hold_the_value_and_follow_contours_and_threshold():
    case = stroke()
    case.put(box((1, 5), (10, 30), (50, 51)), tmax=5.8)
    found = measured(case)
    volume = found["hypoperfusion_6s_volume"]
    rows, columns, slices = 20, 15, 4
    corners = 4 * (1.5 - np.sqrt(2))  # a pixel beside a corner is sqrt(2) away
    out = (2 * (rows + columns) * 0.5 + corners) * slices * VOXEL_ML  # half of every pixel along the outside
    inward = (2 * (rows + columns) - 4) * 0.5 * slices * VOXEL_ML  # half of every pixel along the inside, corners once
    assert volume.upper - volume.value == pytest.approx(np.hypot(out, 80 * VOXEL_ML))
    assert volume.value - volume.lower == pytest.approx(inward)
    for name in ("hypoperfusion_8s_volume", "perfusion_core_volume", "mismatch_volume", "mismatch_ratio"):
        assert found[name].lower < found[name].value < found[name].upper
        assert "range" in found[name].interval or "over" in found[name].interval


def test_volumetric_and_coregistered_mismatch_differ_where_core_lies_outside():
    case = stroke()
    values = np.zeros(SHAPE, bool)
    values[2:4, 15:25, 45:55] = True  # 200 voxels, half of them outside Tmax > 6 s
    found = measured(case, core=case.mask(values, "infarct_core"))
    assert found["mismatch_volume"].value == pytest.approx(24.0 - 4.0)
    assert found["mismatch_volume_coregistered"].value == pytest.approx(24.0 - 2.0)
    assert found["mismatch_core_volume"].value == pytest.approx(4.0)
    assert found["perfusion_core_volume"].value == pytest.approx(3.2)


def test_core_volume_of_its_own_grid_decides_where_it_is_given():
    case = stroke()
    own = Measurement("infarct_core_volume", 5.001, "ml", Status.MEASURED, 4.0, 6.0, method="ADC")
    found = measured(case, core=case.mask(case.csf), core_volume=own)
    assert found["mismatch_volume"].value == pytest.approx(18.999)
    assert found["mismatch_ratio"].value == 24000 / 5001
    assert (found["mismatch_core_volume"].value, found["mismatch_core_volume"].lower) == (5.001, 4.0)


def test_core_larger_than_hypoperfusion_gives_a_negative_mismatch():
    case = stroke()
    own = Measurement("infarct_core_volume", 30.0, "ml", Status.MEASURED)
    found = measured(case, core_volume=own)
    assert found["mismatch_volume"].value == pytest.approx(-6.0)
    assert found["mismatch_ratio"].value == pytest.approx(0.8)


def test_core_that_was_not_measured_leaves_the_mismatch_open():
    case = stroke()
    lost = Measurement("infarct_core_volume", None, "ml", Status.NOT_EVALUABLE)
    found = measured(case, core_volume=lost)
    assert {found[m].status for m in found if m.startswith("mismatch")} == {Status.NOT_EVALUABLE}
    lesions = replace(case.lesions(), core=None)
    none = perfusion_measurements(case.maps, lesions, case.reference(), case.tissue(), lesion_config=EXACT)
    assert {m.status for m in none if m.id.startswith("mismatch")} == {Status.MISSING}


def test_warnings_stand_beside_every_number():
    case = Case()
    case.put(box((0, 4), (10, 30), (35, 50)), tmax=7.0, cbf=10.0)
    found = measured(case)
    assert all("L02" in [i.code for i in m.issues] for m in found.values())


def test_another_main_threshold_does_not_borrow_the_names_of_six_seconds():
    case = stroke()
    case.put(box((1, 5), (10, 30), (50, 51)), tmax=5.5)
    five = replace(EXACT, main_tmax_s=5.0, tmax_thresholds_s=(4.0, 8.0, 10.0))
    found = measured(case, five)
    assert found["hypoperfusion_6s_volume"].status is Status.MISSING
    assert found["hypoperfusion_6s_tmax_mean"].status is Status.MISSING
    assert found["mismatch_volume"].value == pytest.approx(24.0 + 1.6 - 3.2)
    both = measured(case, replace(EXACT, main_tmax_s=5.0))
    assert both["hypoperfusion_6s_volume"].value == pytest.approx(24.0)
    assert both["mismatch_volume"].value == pytest.approx(24.0 + 1.6 - 3.2)


def test_penumbra_is_a_mask_on_one_grid():
    case = stroke()
    lesions = case.lesions()
    mask = penumbra_mask(lesions.hypoperfusion[6.0], lesions.core)
    assert (mask.name, np.count_nonzero(mask.values)) == ("mismatch", 1040)
    other = Mask(lesions.core.values, Geometry.from_affine(np.diag([2.0, 2.0, 4.0, 1.0]), SHAPE), "core", "")
    with pytest.raises(GeometryError, match="G17"):
        penumbra_mask(lesions.hypoperfusion[6.0], other)


def volume(value, name="hypoperfusion_6s_volume", status=None):
    status = status or (Status.MEASURED if value else Status.ZERO)
    return Measurement(name, value, "ml", status)


@pytest.mark.parametrize(
    ("before", "after", "defuse2", "defuse3", "extend"),
    [
        (100.0, 50.0, "no", "10 to 90 %", "no"),
        (100.0, 49.999, "yes", "10 to 90 %", "no"),
        (100.0, 10.0, "yes", "10 to 90 %", "no"),
        (100.0, 9.999, "yes", "> 90 %", "yes"),
        (100.0, 90.0, "no", "10 to 90 %", "no"),
        (100.0, 90.001, "no", "< 10 %", "no"),
        (100.0, 0.0, "yes", "> 90 %", "yes"),
        (100.0, 120.0, "no", "< 10 %", "no"),
    ],
)
def test_vector_r4(before, after, defuse2, defuse3, extend):
    assert reperfusion_classes(before, after) == {"DEFUSE2": defuse2, "DEFUSE3": defuse3, "EXTEND": extend}
    index = reperfusion_measurement([volume(before)], [volume(after)])
    assert index.value == pytest.approx(1 - after / before)


def test_reperfusion_without_a_baseline_lesion_or_a_time_point():
    none = reperfusion_measurement([volume(0.0)], [volume(5.0)])
    assert (none.value, none.status, [i.code for i in none.issues]) == (None, Status.NOT_EVALUABLE, ["L08"])
    assert reperfusion_classes(0.0, 5.0) == {}
    for pair in (([], [volume(5.0)]), ([volume(5.0)], [volume(None, status=Status.NOT_EVALUABLE)])):
        assert reperfusion_measurement(*pair).status is Status.MISSING
    assert reperfusion_measurement([volume(7.0)], [volume(7.0)]).status is Status.ZERO


@pytest.mark.parametrize(
    ("hypo", "core", "difference", "ratio"),
    [(90.0, 50.0, 40.0, 1.8), (15.0, 0.0, 15.0, None), (0.3, 0.1, 0.2, 3.0), (69.9604, 1.0, 68.960, 69.960)],
)
def test_differences_and_ratios_are_of_whole_microliters(hypo, core, difference, ratio):
    found = mismatch_measurements(volume(hypo), volume(core, "infarct_core_volume"), None)
    assert found[0].value == difference
    assert found[1].value == ratio


def test_rules_on_a_measured_case():
    case = stroke()
    lesions, reference = case.lesions(), case.reference()
    numbers = perfusion_measurements(case.maps, lesions, reference, case.tissue(), lesion_config=EXACT)
    facts = {"hours": 6, "age_y": 70, "nihss": 12, "mrs_pre": 0, "occlusion": "M1"}
    asked = case_quantities(
        numbers, facts, lesions=lesions, reference=reference, modality="CT", software="strokequant cSVD"
    )
    rules = {rule.id: rule for rule in load_rules()}
    result = evaluate(rules["DEFUSE3"], asked)
    assert result.answer is Answer.PASS
    assert {c.quantity: c.value for c in result.clauses}["mismatch_ml"] == 20.8
    assert result.flip_ml == 5.801
    assert result.comparable is False
    assert [i.code for i in result.issues] == ["K03"]
    epithet = evaluate(rules["EPITHET"], asked)
    assert epithet.answer is Answer.UNKNOWN
    assert "K06" in [i.code for i in epithet.issues]
