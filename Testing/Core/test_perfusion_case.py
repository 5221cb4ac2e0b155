"""Perfusion from DICOM to numbers: synthetic patients whose volumes are known, and studies that must be refused with a reason."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.batch.case import Part, measure_case, principal_measurements
from strokequant.batch.core_case import new_record
from strokequant.batch.discover import discover_cases
from strokequant.batch.perfusion_case import PerfusionAnswers, select_study
from strokequant.dicomio.scan import scan
from strokequant.perfusion_types import Answer
from strokequant.settings import Settings
from strokequant.synthetic.perfusion_patients import perfusion_demo_patients, write_perfusion_patient
from strokequant.types import Status

PATIENTS = {spec.name: spec for spec in perfusion_demo_patients()}
DSC, CTP = "11_dsc_dwi", "12_ctp"


def measured(spec, folder, **options):
    truth = write_perfusion_patient(spec, folder)
    case = discover_cases(folder, scan(folder).series)[0]
    return truth, case, measure_case(case, **options)


def value(record, name):
    return next(m for m in record.measurements if m.id == name)


@pytest.fixture(scope="module")
def dsc(tmp_path_factory):
    return measured(PATIENTS[DSC], tmp_path_factory.mktemp("dsc"))


@pytest.fixture(scope="module")
def ctp(tmp_path_factory):
    return measured(PATIENTS[CTP], tmp_path_factory.mktemp("ctp"))


def test_dsc_with_diffusion_gives_hypoperfusion_and_the_diffusion_core(dsc):
    truth, _, record = dsc
    assert value(record, "hypoperfusion_6s_volume").value == pytest.approx(truth.hypoperfusion_ml, rel=0.12)
    assert value(record, "infarct_core_volume").value == pytest.approx(truth.core_ml, rel=0.08)
    assert value(record, "mismatch_core_volume").value == value(record, "infarct_core_volume").value
    assert record.perfusion.lesions.core_source == "ADC"
    assert record.perfusion.lesions.affected_side == truth.side
    assert set(record.used) == {"dwi", "adc", "dsc"}


def test_diffusion_is_registered_to_perfusion(dsc):
    truth, _, record = dsc
    found = np.array(record.perfusion.parameters["registration"]["matrix_lps"])
    exact = np.array(truth.perfusion_to_diffusion)
    corners = np.array([(x, y, z, 1.0) for x in (-60, 60) for y in (-80, 80) for z in (-20, 50)])
    left = (corners @ (found - exact).T)[:, :3]
    assert np.sqrt((left**2).sum(axis=1).mean()) < 1.5


def test_ctp_gives_hypoperfusion_and_the_flow_core(ctp):
    truth, _, record = ctp
    assert value(record, "hypoperfusion_6s_volume").value == pytest.approx(truth.hypoperfusion_ml, rel=0.1)
    assert value(record, "perfusion_core_volume").value == pytest.approx(truth.core_ml, rel=0.25)
    assert record.perfusion.lesions.core_source == "rCBF"
    assert record.perfusion.kind == "ctp"
    assert value(record, "mismatch_volume").status is Status.MEASURED


def test_a_ctp_study_says_nothing_about_diffusion(ctp):
    _, _, record = ctp
    assert [m.id for m in principal_measurements(record)] == [str(Part.MISMATCH)]


def test_bands_hold_the_value_and_name_their_scenarios(ctp):
    _, _, record = ctp
    for name, scenarios in record.perfusion.bands.items():
        m = value(record, name)
        assert m.lower <= m.value <= m.upper, name
        assert all(m.lower <= v <= m.upper for v in scenarios.values()), name
    assert any(name.startswith("noise") for name in record.perfusion.bands["hypoperfusion_6s_volume"])


def test_clinical_facts_decide_the_rules(ctp):
    _, case, record = ctp
    rules = {r.rule: r.answer for r in record.perfusion.rules}
    assert rules["DEFUSE3"] is Answer.UNKNOWN
    facts = {"hours": 8, "age_y": 70, "nihss": 12, "mrs_pre": 0, "occlusion": ("M1",)}
    again = measure_case(case, answers=PerfusionAnswers(clinical=facts))
    assert {r.rule: r.answer for r in again.perfusion.rules}["DEFUSE3"] is Answer.PASS
    early = measure_case(case, answers=PerfusionAnswers(clinical=facts | {"hours": 5.9}))
    assert {r.rule: r.answer for r in early.perfusion.rules}["DEFUSE3"] is Answer.FAIL


def test_a_picked_artery_is_used_and_recorded(ctp):
    _, case, record = ctp
    center = record.perfusion.vessels.aif.center_lps
    again = measure_case(case, answers=PerfusionAnswers(aif_lps=center))
    assert again.perfusion.vessels.aif.method == "manual point"
    assert again.perfusion.parameters["answers"]["aif_lps"] == center
    measure = "hypoperfusion_6s_volume"
    assert value(again, measure).value == pytest.approx(value(record, measure).value, rel=0.1)


@pytest.mark.parametrize("name", [n for n, s in PATIENTS.items() if s.expected.outcome == "refuse"])
def test_refused_with_the_reason(name, tmp_path):
    truth, _, record = measured(PATIENTS[name], tmp_path)
    found = value(record, str(Part.MISMATCH))
    assert found.status is Status.NOT_EVALUABLE and found.value is None
    assert truth.issue in {i.code for i in found.issues}


def test_two_runs_give_the_same_numbers(ctp):
    _, case, record = ctp
    again = measure_case(case)
    assert [(m.id, m.value, m.lower, m.upper) for m in again.measurements] == [
        (m.id, m.value, m.lower, m.upper) for m in record.measurements
    ]


def test_a_mismatch_that_is_asked_for_without_a_perfusion_series_is_missing(dsc, tmp_path):
    _, case, _ = dsc
    without = replace(case, series=tuple(s for s in case.series if s.role != "dsc"))
    record = measure_case(without, wanted=(Part.MISMATCH,))
    assert value(record, str(Part.MISMATCH)).status is Status.MISSING
    assert value(record, str(Part.CORE)).status is Status.MEASURED


def test_ct_that_is_not_in_hounsfield_units_is_refused(ctp):
    _, case, _ = ctp
    raw = [replace(f, extra=f.extra | {"rescale_type": "US"}) for f in case.series[0].frames]
    found = value(measure_case(replace(case, series=(replace(case.series[0], frames=tuple(raw)),))), str(Part.MISMATCH))
    assert found.status is Status.NOT_EVALUABLE
    assert "U03" in {i.code for i in found.issues}


def slabs(series, lost=()):
    """The two table positions of a shuttle as series of their own, without some slices."""
    heights = sorted({f.position[2] for f in series.frames})
    kept = [h for n, h in enumerate(heights) if n not in lost]
    halves = kept[: len(kept) // 2], kept[len(kept) // 2 :]
    return tuple(
        replace(series, key=f"slab{n}", frames=tuple(f for f in series.frames if f.position[2] in half))
        for n, half in enumerate(halves)
    )


@pytest.mark.parametrize("named", [True, False])
def test_slabs_are_one_study_only_where_a_person_names_both(ctp, named):
    _, case, _ = ctp
    record = new_record(replace(case, series=slabs(case.series[0])), Settings(), ())
    record, study = select_study(record, chosen=("slab0", "slab1") if named else ())
    assert (study is not None) is named
    if not named:
        assert "C01" in {i.code for i in record.issues}


def test_a_slice_that_is_missing_between_two_slabs_is_refused(ctp):
    """Each slab alone is whole."""
    _, case, _ = ctp
    middle = len({f.position[2] for f in case.series[0].frames}) // 2
    record = new_record(replace(case, series=slabs(case.series[0], (middle,))), Settings(), ())
    record, study = select_study(record, chosen=("slab0", "slab1"))
    assert study is None
    assert "G06" in {i.code for i in value(record, str(Part.MISMATCH)).issues}
