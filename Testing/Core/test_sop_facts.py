"""Facts from records: every one that is registered comes from somewhere, with its type, and what is not there is absent."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hemorrhage_record_cases import hemorrhage_record, refused_hemorrhage
from perfusion_record_cases import perfusion_record, refused_perfusion, with_diffusion
from phantom_sessions import diffusion_session, measurement, with_certificate
from record_cases import EVEN, UNEVEN, audit, case_record, grid, refused_record

from strokequant.biomarkers.catalog import MEASURES
from strokequant.biomarkers.transformation import Transformation
from strokequant.biomarkers.vessel_status import VesselScore
from strokequant.errors import Issue, Level
from strokequant.follow_up_types import BaselineFacts, FollowUpResult, FormsResult
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import (
    ControlSignal,
    PhantomKind,
    PhantomPose,
    PhantomRecord,
    PhantomSession,
    Qualification,
    ScannerQualification,
)
from strokequant.sop import diffusion_facts, follow_up_facts, hemorrhage_facts, perfusion_facts
from strokequant.sop.canonical import ProcedureError
from strokequant.sop.fact_registry import FACTS
from strokequant.sop.facts import facts_of, facts_of_session, is_of_kind
from strokequant.types import Measurement, Role, Series, SkippedFile, Status

PARAMETERS = {
    "b_low_s_mm2": 0.0,
    "b_high_s_mm2": 1000.0,
    "high_kind": "directional",
    "high_directions": 3,
}


def number(name, value, unit="ml"):
    return Measurement(name, value, unit, Status.MEASURED if value else Status.ZERO)


def diffusion():
    """A core whose ADC was recomputed, of a qualified scanner, with one Frame of Reference."""
    record = case_record(agreement={"bias_percent": -0.4})
    adc = replace(record.maps["adc"], parameters=PARAMETERS)
    series = tuple(replace(s, header={**s.header, "frame_of_reference_uid": "1.2.9"}) for s in record.series)
    more = (
        number("infarct_core_lesions", 1, "{lesions}"),
        number("infarct_core_adc_sd", 30.0, "um2/s"),
        number("brain_volume", 1400.0),
    )
    kept = tuple(m for m in record.measurements if m.id != "brain_volume")
    even = replace(audit(grid(EVEN)), missing=())
    return replace(
        record,
        maps={"adc": adc},
        series=series,
        audits={"0003": even, "0004": even},
        measurements=(*kept, *more),
        scanners=(ScannerQualification(Qualification.QUALIFIED),),
    )


def perfusion():
    record = with_diffusion()
    series = tuple(_with_extra(s) if s.role is Role.CTP else s for s in record.series)
    return replace(
        record,
        series=series,
        audits={**record.audits, "0007": replace(audit(grid(EVEN)), missing=())},
        measurements=(*record.measurements, number("hypoperfusion_6s_reperfusion", 0.8, "1")),
    )


def _with_extra(series):
    frame = case_record().series[0].frames[0]
    return replace(series, frames=(replace(frame, extra={"kvp": 80.0, "echo_time_ms": 30.0}),))


def growth():
    """20 mL more than before, the ventricular blood new, after 24 h, with slices of 5 mm instead of 3."""
    record = hemorrhage_record()
    visit = {"acquired": "2026-01-02T08:00:00", "day_only": False, "technique": "NCCT", "thickness_mm": 5.0}
    then = {**visit, "acquired": "2026-01-01T08:00:00", "thickness_mm": 3.0}
    ivh = next(m.value for m in record.measurements if m.id == "ivh_volume")
    numbers = (
        number("ich_growth_volume", 20.0),
        number("ich_growth_percent", 50.0, "%"),
        number("ich_ivh_growth_volume", 20.0 + ivh),
        number("ivh_growth_volume", ivh),
    )
    key = record.used["ncct"]
    return replace(
        record,
        audits={key: replace(audit(grid(EVEN)), missing=())},
        measurements=(*record.measurements, *numbers),
        follow_up=FollowUpResult({"hemorrhage": BaselineFacts("a", "b", "c", False, True, then)}, growth=object()),
        hemorrhage=replace(record.hemorrhage, facts={**record.hemorrhage.facts, "visit": visit}),
    )


def follow_up():
    """Final infarct of 40 mL on FLAIR, 28 mL more than on diffusion; a clot of 45 %; AOL 2."""
    given = {"pattern": "clot", "mass_effect": "marked", "staining": "blood", "thrombectomy": "yes"}
    answers = FormsResult(
        transformation=Transformation("1.0", "CT", "PH2", "", ("2", "3b"), False, "above", "reader", None, given),
        vessels=(VesselScore("AOL", "1.0", "CTA", "2", {"site": "M1", "side": "left"}, {}),),
    )
    series = (
        Series("0009", "1.9", "MR", Role.FLAIR, (), ()),
        Series("0010", "1.10", "MR", Role.SWI, (), ()),
        Series("0011", "1.11", "CT", Role.ANGIOGRAPHY, (), ()),
    )
    numbers = (
        number("transformation_clot_share", 45.0, "%"),
        number("final_infarct_volume", 40.0),
        number("final_infarct_volume_corrected", 36.0),
        number("infarct_growth_volume", 28.0),
        number("infarct_growth_ratio", 40 / 12, "{ratio}"),
        number("infarct_growth_log_ratio", 1.204, "1"),
    )
    registration = type("Registration", (), {"residual_mm": 0.3})()
    compared = FollowUpResult(
        {"infarct": BaselineFacts("a", "b", "c", False, True, {"technique": "DWI"})},
        registrations={"infarct": registration},
    )
    return replace(
        refused_record(),
        series=series,
        used={"final_infarct": "0009"},
        audits={"0009": replace(audit(grid(EVEN)), missing=())},
        measurements=numbers,
        forms=answers,
        follow_up=compared,
    )


def session(kind="diffusion"):
    if kind == "diffusion":
        found = with_certificate(
            diffusion_session({("adc_bias", "V1"): (-30.0, None), ("temperature_error", ""): (0.2, None)}), number="1"
        )
        chosen = PhantomKind.DIFFUSION
    else:
        phantom = load_registry()[kind]
        found = diffusion_session(phantom="digital_diffusion_vials")
        found = PhantomSession(phantom, found.scanner, "2026-11-25", OTHER[kind])
        chosen = phantom.kind
    pose = PhantomPose(np.zeros(3), np.eye(3), residual_mm=0.4)
    found = replace(found, pose=pose, geometry=grid(EVEN))
    return PhantomRecord(found, judge(found, criteria_for(chosen)))


OTHER = {
    "acr_ct_464": (
        measurement("hu", "water", 1.5),
        measurement("hu", "air", -990.0),
        measurement("hu_uniformity", "", 2.0),
        measurement("hu_r2", "", 0.9999),
        measurement("ct_noise", "", 4.0),
        measurement("ct_slice_thickness_error", "", 0.2),
        replace(measurement("ct_bb_distance", "", 99.4), reference=100.0),
    ),
    "acr_mri_large": (
        measurement("mri_piu", "", 91.0),
        measurement("mri_psg_percent", "", 0.6),
        measurement("mri_snr", "", 210.0),
        replace(measurement("mri_length", "", 146.5), reference=148.0),
    ),
    "hematoma_volumes": (measurement("volume_bias_percent", "a", -3.0), measurement("volume_bias_percent", "b", 2.0)),
}


def every_record():
    yield from map(facts_of, (diffusion(), perfusion(), growth(), follow_up()))
    yield from map(facts_of, (case_record(), perfusion_record(), refused_record(), refused_perfusion()))
    yield from map(facts_of, (refused_hemorrhage(), hemorrhage_record()))
    for kind in ("diffusion", *OTHER):
        yield facts_of_session(session(kind), audits={"1": replace(audit(grid(EVEN)), missing=())})


def test_every_registered_fact_of_a_record_comes_from_one_and_no_other_does():
    seen = {}
    for facts in every_record():
        for name, value in facts.items():
            assert name in FACTS, name
            assert not FACTS[name].of_reader, name
            assert is_of_kind(FACTS[name], value), (name, value)
            assert type(value) in (bool, int, float, str, list), (name, type(value))
            seen[name] = value
    assert {name for name, fact in FACTS.items() if not fact.of_reader} - set(seen) == set()


def test_a_fact_is_registered_once_with_unit_and_meaning():
    for name, fact in FACTS.items():
        assert fact.name == name
        assert len(fact.meaning) > 3
        assert bool(fact.unit) is (fact.kind is float), name


@pytest.mark.parametrize("part", [diffusion_facts, perfusion_facts, hemorrhage_facts, follow_up_facts])
def test_units_are_those_of_the_catalog(part):
    same = {"{ratio}": "1"}
    ids = part._NUMBERS | getattr(part, "_GROWTH", {})
    for name, measure_id in ids.items():
        unit = MEASURES[measure_id].unit
        assert FACTS[name].unit == same.get(unit, unit), name


def test_diffusion():
    facts = facts_of(diffusion())
    expected = {
        "has_diffusion": True,
        "adc_source": "recomputed",
        "b_low": 0.0,
        "b_high": 1000.0,
        "diffusion_directions": 3,
        "diffusion_trace": False,
        "diffusion_step_mm": 5.0,
        "diffusion_pixel_mm": 2.0,
        "diffusion_coverage_mm": 30.0,
        "brain_adc_median": 800.0,
        "adc_vendor_bias_percent": -0.4,
        "diffusion_aligned": True,
        "core_threshold": 620.0,
        "core_ml": 0.48,
        "core_status": "measured",
        "core_candidates": 2,
        "core_accepted": 1,
        "core_smallest_ml": 0.48,
        "same_frame_of_reference": True,
        "scanner_qualification": "qualified",
        "scanner_current": True,
        "slice_gap_spread_mm": 0.0,
        "geometry_verdict": "measure",
    }
    assert {name: facts.get(name) for name in expected} == pytest.approx(expected)


def test_perfusion():
    facts = facts_of(perfusion())
    expected = {
        "perfusion_kind": "ctp",
        "tube_voltage_kv": 80.0,
        "perfusion_coverage_mm": 30.0,
        "vof_aif_peak_ratio": 0.8,
        "aif_tail_share": 0.1,
        "rejected_percent": 12.5,
        "reference_tmax_s": 2.0,
        "mismatch_core_source": "ADC",
        "mismatch_core_ml": 0.48,
        "mismatch_ratio": 2.0,
        "rcbf_threshold_percent": 30.0,
    }
    assert {name: facts.get(name) for name in expected} == pytest.approx(expected)


def test_an_artery_without_a_peak_or_a_baseline_has_no_ratio():
    record = perfusion()
    vessels, bolus = record.perfusion.vessels, record.perfusion.bolus
    flat = replace(vessels, aif=replace(vessels.aif, values=np.zeros_like(vessels.aif.values)))
    facts = facts_of(replace(record, perfusion=replace(record.perfusion, vessels=flat)))
    assert not {"vof_aif_peak_ratio", "aif_tail_share", "aif_peak_to_noise"} & set(facts)
    short = replace(bolus, last=bolus.first + 2)
    facts = facts_of(replace(record, perfusion=replace(record.perfusion, bolus=short)))
    assert facts["baseline_frames"] == 2
    assert "aif_peak_to_noise" not in facts


def test_peak_to_noise():
    record = perfusion()
    aif, bolus = record.perfusion.vessels.aif, record.perfusion.bolus
    values = aif.values.copy()
    values[bolus.first : bolus.last] = np.resize([1.0, -1.0], bolus.last - bolus.first)
    vessels = replace(record.perfusion.vessels, aif=replace(aif, values=values))
    noise = np.std(values[bolus.first : bolus.last], ddof=1)
    facts = facts_of(replace(record, perfusion=replace(record.perfusion, vessels=vessels)))
    assert facts["aif_peak_to_noise"] == pytest.approx(20.0 / noise)


def test_ratio_of_a_core_of_zero_is_absent():
    facts = facts_of(perfusion_record(core=False))
    assert facts["mismatch_core_ml"] == 0
    assert "mismatch_ratio" not in facts


def test_growth():
    facts = facts_of(growth())
    expected = {
        "hours_between": 24.0,
        "thickness_change_mm": 2.0,
        "growth_same_technique": True,
        "new_ivh": True,
        "ich_growth_ml": 20.0,
        "ct_step_mm": 5.0,
    }
    assert {name: facts.get(name) for name in expected} == expected
    record = growth()
    then = record.follow_up.baselines["hemorrhage"]
    of_day = replace(then, visit={**then.visit, "day_only": True, "technique": "", "thickness_mm": None})
    record = replace(record, follow_up=replace(record.follow_up, baselines={"hemorrhage": of_day}))
    assert not {"hours_between", "thickness_change_mm", "growth_same_technique"} & set(facts_of(record))


def test_follow_up():
    facts = facts_of(follow_up())
    expected = {
        "final_image": "FLAIR",
        "final_step_mm": 5.0,
        "baseline_core_ml": 12.0,
        "infarct_same_technique": False,
        "registration_residual_mm": 0.3,
        "ecass_class": "PH2",
        "heidelberg_classes": ["2", "3b"],
        "vessel_grade": "2",
        "vessel_side": "left",
    }
    assert {name: facts.get(name) for name in expected} == expected
    record = follow_up()
    two = replace(record, forms=replace(record.forms, vessels=record.forms.vessels * 2))
    assert "vessel_grade" not in facts_of(two)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("diffusion", {"adc_bias_percent": 0.6, "adc_bias": -30.0, "phantom_temperature_error_c": 0.2}),
        ("acr_ct_464", {"water_hu_error": 1.5, "distance_error_mm": 0.6, "hu_uniformity": 2.0}),
        ("acr_mri_large", {"distance_error_mm": 1.5, "mri_uniformity_percent": 91.0}),
        ("hematoma_volumes", {"volume_error_percent": -3.0}),
    ],
)
def test_phantom(kind, expected):
    facts = facts_of_session(session(kind))
    assert {name: facts.get(name) for name in expected} == pytest.approx(expected)
    assert facts["phantom_tilt_deg"] == pytest.approx(0.0)
    assert facts["phantom_pose_mm"] == 0.4
    assert "geometry_verdict" not in facts


def test_tilt_of_a_phantom():
    record = session()
    angle = np.radians(3.0)
    axes = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    turned = replace(record.session, pose=replace(record.session.pose, axes=axes))
    assert facts_of_session(replace(record, session=turned))["phantom_tilt_deg"] == pytest.approx(3.0)


def test_what_a_session_says_of_the_phantom():
    healthy = facts_of_session(session())
    assert healthy["phantom_verdict"] == "qualified"
    assert healthy["phantom_temperature_known"] and healthy["phantom_certificate_valid"]
    record = session()
    bad = replace(record.session, temperature_c=None, observations=("air bubble in V3",))
    facts = facts_of_session(replace(record, session=bad, signals=(ControlSignal("s", "m", "", "1_3s", "", 1, 4, ""),)))
    assert not facts["phantom_temperature_known"] and not facts["phantom_without_defect"]
    assert facts["control_signals"] == 1
    expired = with_certificate(record.session, valid_until="2026-11-24")
    assert not facts_of_session(replace(record, session=expired))["phantom_certificate_valid"]


@pytest.mark.parametrize(
    ("z", "spread", "percent"),
    [(EVEN, 0.0, 0.0), (UNEVEN, 3.0, 75.0), ((0.0, 5.0, 10.04, 15.0, 20.0, 25.0), 0.08, 1.6129)],
)
def test_spread_of_the_distances_of_slices(z, spread, percent):
    record = diffusion()
    odd = replace(audit(grid(z)), missing=())
    facts = facts_of(replace(record, audits={"0003": odd, "0004": record.audits["0004"]}))
    assert facts["slice_gap_spread_mm"] == pytest.approx(spread)
    assert facts["slice_gap_spread_percent"] == pytest.approx(percent, abs=1e-4)


def test_without_positions_no_distance_is_known():
    record = diffusion()
    refused = replace(record.audits["0003"], positions=(), gaps=())
    facts = facts_of(replace(record, audits={**record.audits, "0003": refused}))
    assert facts["geometry_verdict"] == "measure"
    assert not {"slice_gap_spread_mm", "missing_slices", "duplicate_slices", "diffusion_step_mm"} & set(facts)


def test_two_frames_of_reference_and_an_unknown_one():
    record = diffusion()
    for uid, expected in (("1.2.8", False), ("", None)):
        odd = replace(record.series[1], header={"frame_of_reference_uid": uid})
        facts = facts_of(replace(record, series=(record.series[0], odd, record.series[2])))
        assert facts.get("same_frame_of_reference") is expected


@pytest.mark.parametrize(
    ("reason", "count"),
    [
        ("Segmentation Storage: no CT or MR image", 1),
        ("Comprehensive 3D SR Storage: no CT or MR image", 1),
        ("Enhanced SR Storage: no CT or MR image", 1),
        ("Grayscale Softcopy Presentation State Storage: no CT or MR image", 1),
        ("X-Ray Radiation Dose SR Storage: no CT or MR image", 0),
        ("Encapsulated PDF Storage: no CT or MR image", 0),
        ("no DICOM file", 0),
    ],
)
def test_results_of_others(reason, count):
    record = replace(diffusion(), skipped=(SkippedFile(Path("a.dcm"), reason),))
    assert facts_of(record)["foreign_results"] == count


@pytest.mark.parametrize(
    ("case", "count"), [("case 01", 1), ("site-case_01", 1), ("case_01-p2", 2), ("another", 2), ("02", 2)]
)
def test_results_beside_another_case_of_the_run_are_not_of_this_one(case, count):
    reason = "Segmentation Storage: no CT or MR image"
    skipped = tuple(SkippedFile(Path(f"/run/site/{name}/sr/1.dcm"), reason) for name in ("case 01", "case 02"))
    record = replace(diffusion(), case=re.sub(" ", "_", case), skipped=skipped)
    places = (Path("/run/site/case 01/a/1.dcm"),), (Path("/run/site/case 01/b/1.dcm"),)
    series = tuple(replace(s, files=files) for s, files in zip(record.series, places, strict=False))
    assert facts_of(replace(record, series=series))["foreign_results"] == count


def test_captures_are_results_of_others():
    record = diffusion()
    capture = Series("0020", "1.20", "OT", Role.DERIVED, (), (), header={"sop_class": "1.2.840.10008.5.1.4.1.1.7"})
    assert facts_of(replace(record, series=(*record.series, capture)))["foreign_results"] == 1


@pytest.mark.parametrize(("code", "expected"), [("Q64", False), ("Q65", False), ("Q66", False), ("Q72", True)])
def test_a_scanner_that_was_changed(code, expected):
    scanner = ScannerQualification(Qualification.CONDITIONAL, issues=(Issue(code, Level.WARN, "found"),))
    record = diffusion()
    facts = facts_of(replace(record, scanners=(*record.scanners, scanner)))
    assert facts["scanner_qualification"] == "conditional"
    assert facts["scanner_current"] is expected


def test_what_a_record_does_not_hold_is_absent():
    facts = facts_of(refused_record())
    assert facts["has_diffusion"] is True or "core_ml" not in facts
    for name in ("core_ml", "core_lower_ml", "mismatch_ml", "ich_ml", "final_infarct_ml", "scanner_qualification"):
        assert name not in facts
    assert None not in facts.values()


def test_numbers_that_are_not_finite_are_absent():
    record = diffusion()
    assert "adc_vendor_bias_percent" not in facts_of(replace(record, agreement={"bias_percent": float("nan")}))


def test_answers_of_a_reader():
    record = diffusion()
    facts = facts_of(record, reading={"evaluability": "limited", "evaluability_reasons": ["motion"], "edited": None})
    assert (facts["evaluability"], facts["evaluability_reasons"]) == ("limited", ["motion"])
    assert "edited" not in facts


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"colour": "red"}, "'colour' is no fact"),
        ({"core_ml": 3.0}, "fact of the record"),
        ({"reader_qualified": "yes"}, "reader_qualified = 'yes'"),
        ({"edit_dice": True}, "edit_dice"),
        ({"edit_dice": float("nan")}, "edit_dice"),
        ({"evaluability": 1}, "evaluability"),
        ({"evaluability_reasons": "motion"}, "evaluability_reasons"),
        ({"vessel_artifacts": [1]}, "vessel_artifacts"),
    ],
)
def test_answers_that_are_none(answer, told):
    with pytest.raises(ProcedureError) as refused:
        facts_of(diffusion(), reading=answer)
    (issue,) = refused.value.issues
    assert issue.code == "W07"
    assert told in issue.found


def test_a_series_that_is_read_by_eye_is_audited():
    record = follow_up()
    assert facts_of(record)["geometry_verdict"] == "measure"
    assert facts_of(record, looked_at=("0011",))["geometry_verdict"] == "refuse", "it has no frames"
