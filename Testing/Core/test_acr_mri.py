"""ACR MRI phantom: exact numbers come back; what is not there is said; no set aborts and none gives a number that is none."""

import math

import numpy as np
import pytest
from acr_mri_object import acr_plane, box_plane, write_acr_mri

from strokequant.dicomio.scan import scan
from strokequant.phantom.acr_session import analyze_acr
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.metrics import PHANTOM_METRICS
from strokequant.phantom.mri_border import find_border
from strokequant.phantom.mri_numbers import (
    bar_difference,
    corner_ghosting,
    ghosting,
    insert_of,
    phantom_length,
    signal_to_noise,
    slice_thickness,
    uniformity,
)
from strokequant.phantom.plane import Plane
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, Qualification

PHANTOM = load_registry()["acr_mri_large"]


@pytest.mark.parametrize("diameters", [(190.0, 190.0), (188.0, 193.0), (184.0, 190.0)])
@pytest.mark.parametrize("made", [{}, {"noise": 120.0}, {"shift": (12.0, 9.0)}, {"pixel": 0.5, "size": 512}])
def test_diameters_in_spite_of_bubble_bars_and_noise(diameters, made):
    border = find_border(acr_plane(diameters=diameters, **made), 95.0)
    tolerance = 0.6 if "noise" in made else 0.25
    assert border.diameter(0) == pytest.approx(diameters[0], abs=tolerance)
    assert border.diameter(90) == pytest.approx(diameters[1], abs=tolerance)


def test_no_border_where_there_is_no_disc():
    assert find_border(Plane(np.random.default_rng(1).random((256, 256)), (1.0, 1.0)), 95.0) is None
    assert find_border(Plane(np.zeros((64, 64)), (1.0, 1.0)), 95.0) is None
    assert find_border(acr_plane(diameters=(160.0, 160.0)), 95.0) is None
    assert find_border(box_plane(turned=0), 95.0) is None


def found(part, number, **made):
    plane = acr_plane(part, **made)
    return number(plane, find_border(plane, 95.0))


@pytest.mark.parametrize(("spots", "piu"), [((1100.0, 900.0), 90.0), ((1300.0, 700.0), 70.0)])
def test_uniformity(spots, piu):
    assert found("uniform", uniformity, spots=spots, noise=4.0) == pytest.approx(piu, abs=0.4)


def test_ghosting():
    """A ghost of 2 % above and below: (2 + 2) / 2 % of the center."""
    assert found("uniform", ghosting, ghost=2.0, noise=1.0) == pytest.approx(2.0, abs=0.15)
    assert found("uniform", ghosting, noise=1.0) < 0.05
    assert found("uniform", corner_ghosting, ghost=2.0, noise=1.0) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("noise", [5.0, 20.0])
def test_signal_to_noise(noise):
    assert found("plain", signal_to_noise, noise=noise) == pytest.approx(1000 / noise, rel=0.03)


@pytest.mark.parametrize("roll", [0.0, 3.0, -4.0])
@pytest.mark.parametrize(("ramps", "thickness"), [((50.0, 50.0), 5.0), ((59.5, 47.2), 5.26), ((60.0, 60.0), 6.0)])
def test_slice_thickness(roll, ramps, thickness):
    plane = acr_plane("first", roll=roll, ramps=ramps)
    border = find_border(plane, 95.0)
    turned, middle, _ = insert_of(plane, border)
    assert turned == pytest.approx(roll, abs=0.3)
    assert slice_thickness(plane, border, turned, middle) == pytest.approx(thickness, abs=0.12)


@pytest.mark.parametrize("roll", [0.0, 3.0])
@pytest.mark.parametrize("bars", [-6.0, 0.0, 4.0])
def test_slice_position(roll, bars):
    plane = acr_plane("first", roll=roll, bars=bars)
    assert bar_difference(plane, find_border(plane, 95.0), roll) == pytest.approx(bars, abs=0.3)


def test_parts_that_are_not_there_give_no_number():
    plane = acr_plane("plain")
    border = find_border(plane, 95.0)
    assert insert_of(plane, border) is None
    assert slice_thickness(acr_plane("first", ramps=(0.0, 0.0)), border, 0.0, 0.0) is None


@pytest.mark.parametrize("turned", [0.0, 3.0, -2.0])
@pytest.mark.parametrize("length", [148.0, 145.0])
def test_length(turned, length):
    assert phantom_length(box_plane(length=length, turned=turned), 148.0) == pytest.approx(length, abs=0.3)


def session(folder, **made):
    return analyze_acr(scan(write_acr_mri(folder, **made)).series, PHANTOM)


def values(one):
    return {m.metric: m.value for m in one.measurements}


@pytest.mark.parametrize("reverse", [False, True])
def test_a_whole_set(tmp_path, reverse):
    one = session(tmp_path, reverse=reverse, ramps=(52.0, 52.0), bars=2.0)
    numbers = values(one)
    assert {m.metric for m in one.measurements} == {m.id for m in PHANTOM_METRICS.values() if m.family == "mri"}
    assert numbers["mri_slice_thickness"] == pytest.approx(5.2, abs=0.12)
    assert numbers["mri_slice_position_first"] == pytest.approx(2.0, abs=0.3)
    assert numbers["mri_length"] == pytest.approx(148.0, abs=0.3)
    assert numbers["mri_piu"] == pytest.approx(90, abs=0.5)
    assert (one.date, one.time) == ("2026-11-25", "10:11:12")
    assert one.scanner.key == "SIEMENS|Skyra|1"
    verdict = judge(one, criteria_for(PhantomKind.ACR_MRI))
    assert verdict.outcome is Qualification.CONDITIONAL, "spokes are left to a reader"
    assert all("spokes" in r or "limits not checked" in r for r in verdict.reasons)


def test_a_phantom_that_is_too_wide_fails(tmp_path):
    one = session(tmp_path, diameters=(194.0, 190.0))
    assert values(one)["mri_diameter_horizontal"] == pytest.approx(194.0, abs=0.3)
    verdict = judge(one, criteria_for(PhantomKind.ACR_MRI))
    assert verdict.outcome is Qualification.FAILED
    assert "Diameter, horizontal" in verdict.reasons[0] and "188 to 192 mm" in verdict.reasons[0]


def test_a_set_without_ramps_or_of_other_slices_goes_on(tmp_path):
    one = session(tmp_path / "plain", parts=["plain"] * 11, sagittal=False)
    numbers = values(one)
    assert numbers["mri_diameter_horizontal"] is not None and numbers["mri_slice_thickness"] is None
    three = session(tmp_path / "three", parts=["plain"] * 3)
    assert values(three)["mri_piu"] is None and three.issues[-1].code == "Q01"


def test_words_above_bits_stored_are_kept_and_said(tmp_path):
    one = session(tmp_path, scale=4.5, noise=4.0)
    assert "Q76" in {issue.code for issue in one.issues}
    assert values(one)["mri_piu"] == pytest.approx(90, abs=0.5)


def test_nothing_to_measure():
    one = analyze_acr((), PHANTOM)
    assert all(m.value is None for m in one.measurements)
    assert judge(one, criteria_for(PhantomKind.ACR_MRI)).outcome is Qualification.NO_VERDICT


SHARED = {
    "acr_mri/Siemens": {"mri_piu": (67.5, 1.5), "mri_slice_thickness": (5.2, 0.7), "mri_diameter_horizontal": (190, 3)},
    "acr_mri/GE_Signa_Artist_1.5T_T1": {"mri_piu": (92.8, 1.5), "mri_slice_thickness": (5.4, 0.3)},
    "wadqc_dro/DICOM_sim_spec_ok1.zip": {"mri_length": (147.5, 0.3)},
    "wadqc_dro/DICOM_sim_spec_notok1.zip": {
        "mri_length": (145.0, 0.3), "mri_diameter_horizontal": (188, 0.5), "mri_diameter_vertical": (193, 0.5)},
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_shared_sets(shared_data, tmp_path, name):
    series = scan(shared_data / "phantom" / name, workspace=tmp_path).series
    one = analyze_acr(series, PHANTOM)
    assert all(m.value is None or math.isfinite(m.value) for m in one.measurements)
    set_of_11 = next(m.group for m in one.measurements if m.metric == "mri_roll")
    numbers = values(one) | {m.metric: m.value for m in one.measurements if m.group == set_of_11}
    for metric, (value, tolerance) in SHARED[name].items():
        assert numbers[metric] == pytest.approx(value, abs=tolerance), metric
    diameters = [m.value for m in one.measurements if m.metric.startswith("mri_diameter")]
    assert all(abs(d - 190) <= 3 for d in diameters)


@pytest.mark.parametrize(("name", "piu", "ghost"), [("ok1", 68.0, 0.5), ("notok1", 46.0, 3.0)])
def test_labels_of_the_digital_objects(shared_data, tmp_path, name, piu, ghost):
    series = scan(shared_data / "phantom" / "wadqc_dro" / f"DICOM_sim_spec_{name}.zip", workspace=tmp_path).series
    one = analyze_acr([s for s in series if s.description == "ACR SNR 20CH_ND"], PHANTOM)
    numbers = values(one)
    assert numbers["mri_piu"] == pytest.approx(piu, abs=0.5)
    assert numbers["mri_ghost_corner_percent"] == pytest.approx(ghost, rel=0.1)
    assert numbers["mri_diameter_horizontal"] == pytest.approx(190.0, abs=0.3)
    broken = {c.criterion.metric for c in judge(one, criteria_for(PhantomKind.ACR_MRI)).metrics if c.outcome == "fail"}
    assert broken == ({"mri_piu"} if name == "ok1" else {"mri_piu", "mri_ghost_corner_percent"})
