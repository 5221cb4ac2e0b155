"""The shipped procedures: one text in YAML and JSON, both languages, limits of the library, and a pass and a stop for every condition."""

import importlib.util
import re
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from procedure_facts import COMMON, MORE, OF_CHECK, OF_TASK, good

from strokequant import codes
from strokequant.config import AdcConfig, AuditConfig, BrainConfig, CoreConfig, UnitConfig
from strokequant.follow_up_config import TransformationConfig
from strokequant.hemorrhage_config import CtAuditConfig, HematomaConfig, HemorrhageMeasureConfig
from strokequant.perfusion_config import DeconvolutionConfig, LesionConfig, TimeConfig
from strokequant.phantom.criteria_sets import load_criteria
from strokequant.sop.canonical import ProcedureError, canonical_bytes
from strokequant.sop.fact_registry import FACTS, NAMES
from strokequant.sop.facts import facts_of_walk, is_of_kind
from strokequant.sop.procedure import Action, Severity, read_procedure
from strokequant.sop.shipped import FOLDER, shipped_procedures, shipped_titles
from strokequant.sop.walk import back, begin, finish, may_finish, run_automatic

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "Resources" / "Procedures"
TODAY = date(2026, 12, 1)
SHIPPED = shipped_procedures()
CASES = [
    (task, step.id, check.id)
    for task, procedure in sorted(SHIPPED.items())
    for step in procedure.steps
    for check in (*step.preconditions, *step.postconditions)
    if check.severity is not Severity.INFO
]


def table(task):
    return {**COMMON, **OF_CHECK[task]}


def at(task, step_id):
    """A walk that stands at a step."""
    walk = begin(SHIPPED[task], TODAY)
    return replace(walk, position=[s.id for s in walk.procedure.steps].index(step_id))


def to_the_end(walk, facts, reader="R1", reasons=None):
    while walk.step is not None:
        now = {**facts, **facts_of_walk(walk)}
        failed = {r.deviation for r in may_finish(walk, now, reader=reader).failed}
        walk = finish(walk, now, reader=reader, reasons={code: (reasons or {})[code] for code in failed})
    return walk


def test_every_task_has_its_procedure():
    assert set(SHIPPED) == set(OF_TASK) == set(OF_CHECK)
    assert {path.stem for path in FOLDER.glob("*.json")} == {
        path.stem for path in SOURCE.glob("*.yaml") if path.name != "common.yaml"
    }
    letters = {"infarct_core": "A", "mismatch": "B", "ich_volume": "C", "ht_class": "D"}
    letters |= {"final_infarct": "E", "recanalization": "F", "phantom": "G"}
    for task, procedure in SHIPPED.items():
        ids = [step.id for step in procedure.steps]
        own = [name for name in ids if name[0] not in "OZ"]
        assert own == [f"{letters[task]}{n}" for n in range(1, len(own) + 1)]
        assert [name for name in ids if name[0] == "O"] == [f"O{n}" for n in range(1, 7)]
        assert ids[-4:] == ["Z1", "Z2", "Z3", "Z4"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda p: p.stem)
def test_shipped_bytes_are_those_of_the_source(path):
    pytest.importorskip("yaml")
    from strokequant.sop.authoring import authored

    data = authored(SOURCE / f"{path.stem}.yaml")
    assert path.read_bytes() == canonical_bytes(data)
    assert read_procedure(path, NAMES).name == f"{data['sop_id']}@{data['version']}"


def test_the_tool_says_what_is_stale(tmp_path):
    pytest.importorskip("yaml")
    spec = importlib.util.spec_from_file_location("tool", ROOT / "Testing" / "Repository" / "update_procedures.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.stale() == []
    for path in FOLDER.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "infarct_core.json").write_bytes(b"{}")
    (tmp_path / "phantom_session.json").unlink()
    (tmp_path / "gone.json").write_bytes(b"{}")
    assert tool.stale(target=tmp_path) == ["gone.json", "infarct_core.json", "phantom_session.json"]


def test_a_step_that_is_not_there_is_told(tmp_path):
    pytest.importorskip("yaml")
    from strokequant.sop.authoring import authored

    (tmp_path / "common.yaml").write_text((SOURCE / "common.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "small.yaml").write_text('steps: ["O1", "O9"]\nparameters: {}\ndeviation_codes: []\n', encoding="utf-8")
    for broken in (tmp_path / "small.yaml", tmp_path / "nowhere.yaml"):
        with pytest.raises(ProcedureError) as refused:
            authored(broken)
        assert refused.value.issues[0].code == "W03"
    (tmp_path / "small.yaml").write_text('steps: ["O1"\n', encoding="utf-8")
    with pytest.raises(ProcedureError):
        authored(tmp_path / "small.yaml")


def words_of(procedure):
    yield procedure.title
    for step in procedure.steps:
        yield step.text
        yield from (check.text for check in (*step.preconditions, *step.postconditions))
    yield from (deviation.text for deviation in procedure.deviations.values())


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_both_languages_say_something_and_not_the_same(task):
    for words in words_of(SHIPPED[task]):
        assert re.search("[가-힣]", words.ko), words.ko
        assert not re.search("[가-힣]", words.en), words.en
        assert re.search("[A-Za-z]", words.en)
        assert words.ko == unicodedata.normalize("NFC", words.ko)
        numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", text)) for text in (words.en, words.ko)]
        if not re.search(r"\b(one|two|three|half|twice|24 h before)\b", words.en.lower()):
            assert set(numbers[0]) <= set(numbers[1]), (words.en, words.ko)


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_a_reader_does_what_takes_judgment(task):
    procedure = SHIPPED[task]
    graded = [s.id for s in procedure.steps].index("O6")
    assert all(s.automatic for s in procedure.steps[:graded]), "what needs no reader comes before the first that does"
    for step in procedure.steps:
        if step.action in (Action.CONFIRM, Action.CLASSIFY, Action.REVIEW, Action.SIGN):
            assert not step.automatic


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_every_condition_has_a_pass_and_a_stop(task):
    checks = {check for of, _, check in CASES if of == task}
    assert checks - set(table(task)) == set()
    assert set(OF_CHECK[task]) <= checks, "a case for a condition that is gone"


def test_every_common_case_is_of_a_condition():
    assert set(COMMON) <= {check for _, _, check in CASES}


@pytest.mark.parametrize(("task", "step", "name"), CASES)
def test_pass_and_stop(task, step, name):
    passes, stops = table(task)[name]
    walk = at(task, step)
    before = {**good(task), **passes}
    assert next(r for r in may_finish(walk, before, reader="R1").results if r.id == name).holds is True
    passage = may_finish(walk, {**good(task), **stops}, reader="R1")
    (result,) = [r for r in passage.results if r.id == name]
    assert result.holds is not True
    assert result in passage.failed
    deviation = walk.procedure.deviations[result.deviation]
    excused = result.deviation in walk.step.allowed_deviations
    if result.severity is Severity.STOP:
        assert (result in passage.stops) is not excused
        assert result in may_finish(walk, {**good(task), **stops}).stops
    else:
        assert result not in passage.stops
    assert deviation.text.en


@pytest.mark.parametrize(("task", "name", "changes", "holds"), MORE)
def test_other_ends_and_other_ways(task, name, changes, holds):
    procedure = SHIPPED[task]
    checks = [c for s in procedure.steps for c in (*s.preconditions, *s.postconditions)]
    (check,) = [c for c in checks if c.id == name]
    worth = check.condition.evaluate({**good(task), **changes, **procedure.limits})
    assert (worth is True) is holds


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_cases_are_of_registered_facts(task):
    for facts in (good(task), *(changes for pair in table(task).values() for changes in pair)):
        for name, value in facts.items():
            assert value is None or is_of_kind(FACTS[name], value), (name, value)


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_what_is_not_known_never_passes(task):
    """Without any fact nothing holds but what asks for a reader where there is none."""
    known = SHIPPED[task].limits
    held = {
        check.id
        for step in SHIPPED[task].steps
        for check in (*step.preconditions, *step.postconditions)
        if check.condition.evaluate(known) is True
    }
    assert held == {"o1_reader", "o1_assigned"}


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_to_the_signature_without_a_deviation(task):
    walk = to_the_end(begin(SHIPPED[task], TODAY), good(task))
    assert list(walk.done) == [step.id for step in SHIPPED[task].steps]
    assert not walk.deviations


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_images_of_no_use_are_signed_as_not_evaluable(task):
    """Nothing is asked for that only usable images give."""
    facts = {**good(task), "evaluability": "non-diagnostic", "evaluability_reasons": ["motion"]}
    facts["result_status"] = "not_evaluable"
    answers = ("confirmed", "reviewed", "decided", "approved", "removed", "included", "covered", "current")
    kept = ("deviations_reviewed", "preview_confirmed")
    for name in facts:
        if FACTS[name].of_reader and name.endswith(answers) and name not in kept:
            facts[name] = None
    facts |= {"location": None, "surgery_or_drain": None, "late_contrast": None, "vessel_artifacts": None}
    facts |= {"qualification_decision": None, "vessel_grade": None, "ecass_class": None, "core_status": "not_evaluable"}
    walk = to_the_end(begin(SHIPPED[task], TODAY), facts, reasons={"D-EVAL-03": "motion"})
    assert walk.deviations == {"D-EVAL-03": "motion"}


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_batch_does_what_needs_no_reader_and_waits(task):
    facts = {**good(task), "reader": None, "reader_qualified": None, "item_assigned": None, "evaluability": None}
    walk, passage = run_automatic(begin(SHIPPED[task], TODAY), lambda step: facts)
    assert walk.step.id == "O6"
    assert passage.waits_for == "reader"
    walk, passage = run_automatic(begin(SHIPPED[task], TODAY), lambda step: {**facts, "versions_match": False})
    assert [r.id for r in passage.stops] == ["o1_versions"]


WARNINGS = {
    "infarct_core": "o4_ideal a1_recomputed a1_b_high a1_b_low a2_vendor a5_cluster a8_interval",
    "mismatch": "o4_ideal b1_voltage b1_echo b2_rotation b2_baseline b3_peak b3_order b3_tail b5_cbf b5_tmax b6_diffusion "
    "b7_contrast b9_coregistered b9_coverage",
    "ich_volume": "c1_contrast c2_air c2_csf c2_brain c4_surgery c5_abc2 c6_reader c6_thickness",
    "ht_class": "d1_ct d5_share d5_border",
    "final_infarct": "e2_registered e4_corrected e5_technique",
    "recanalization": "f1_artifacts",
    "phantom": "g1_scanner g2_agreement g2_protocol g3_pose g3_tilt g4_water g4_uniformity g4_ct_distance g4_volume g4_adc_bias "
    "g4_adc_random g4_b_dependence g4_mri_distance g4_limits g5_charts",
}
"""Conditions that warn, beside those of all procedures; every other one stops."""


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_what_warns_and_what_stops(task):
    warned = {"o3_window", "o6_evaluable"}
    if task != "phantom":
        warned |= {"o3_frame", "o3_prior"} | ({"o5_verdict"} if task == "recanalization" else {"o4_scanner"})
    if task not in ("ht_class", "recanalization", "phantom"):
        warned |= {"z1_dice"}
    checks = [c for s in SHIPPED[task].steps for c in (*s.preconditions, *s.postconditions)]
    assert {c.id for c in checks if c.severity is Severity.WARN} == warned | set(WARNINGS[task].split())


def test_unqualified_reader_is_stopped_at_the_first_step():
    for task in SHIPPED:
        passage = may_finish(begin(SHIPPED[task], TODAY), {**good(task), "reader_qualified": False}, reader="R1")
        assert [(r.id, r.deviation) for r in passage.stops] == [("o1_reader", "D-READ-01")]


def test_a_stop_with_a_reason_leads_to_not_evaluable_alone():
    """Coverage is cut: with a reason the reader may go on, to the grade non-diagnostic and to nothing else."""
    facts = {**good("infarct_core"), "diffusion_coverage_mm": 90.0}
    walk = begin(SHIPPED["infarct_core"], TODAY)
    while walk.step.id != "O6":
        failed = {r.deviation for r in may_finish(walk, facts, reader="R1").failed}
        walk = finish(walk, facts, reader="R1", reasons=dict.fromkeys(failed, "vertex cut"))
    assert walk.deviations == {"D-ACQ-03": "vertex cut"}
    now = {**facts, **facts_of_walk(walk)}
    assert [r.id for r in may_finish(walk, now, reader="R1").stops] == ["o6_consequence"]
    graded = {**now, "evaluability": "non-diagnostic", "evaluability_reasons": ["coverage"]}
    walk = finish(walk, graded, reader="R1", reasons={"D-EVAL-03": "coverage"})
    assert facts_of_walk(walk) == {"not_evaluable_found": True}


def test_a_grade_may_be_changed_on_the_way_back():
    walk = at("infarct_core", "O6")
    graded = {**good("infarct_core"), "evaluability": "non-diagnostic", "evaluability_reasons": ["motion"]}
    walk = finish(walk, {**graded, **facts_of_walk(walk)}, reader="R1", reasons={"D-EVAL-03": "motion"})
    walk = back(walk)
    assert facts_of_walk(walk) == {"not_evaluable_found": False}
    assert may_finish(walk, {**good("infarct_core"), **facts_of_walk(walk)}, reader="R1").allowed


LIMITS = {
    ("infarct_core", "adc_threshold"): CoreConfig().adc_threshold,
    ("infarct_core", "adc_step"): CoreConfig().adc_step,
    ("infarct_core", "b0_limit"): AdcConfig().b0_max,
    ("infarct_core", "brain_minimum"): BrainConfig().volume_low_ml,
    ("infarct_core", "brain_maximum"): BrainConfig().volume_high_ml,
    ("mismatch", "duration_minimum"): TimeConfig().duration_warn_s,
    ("mismatch", "ctp_step_limit"): TimeConfig().step_warn_s,
    ("mismatch", "deconvolution"): DeconvolutionConfig().method,
    ("mismatch", "svd_threshold"): DeconvolutionConfig().threshold,
    ("mismatch", "tmax_limit"): LesionConfig().main_tmax_s,
    ("mismatch", "rcbf_limit"): 100 * LesionConfig().core_rcbf,
    ("ich_volume", "csf_minimum"): CtAuditConfig().csf_low_hu,
    ("ich_volume", "csf_maximum"): CtAuditConfig().csf_high_hu,
    ("ich_volume", "brain_minimum"): CtAuditConfig().tissue_low_hu,
    ("ich_volume", "clot_maximum"): HematomaConfig().clot_high_hu,
    ("ich_volume", "edema_minimum"): HemorrhageMeasureConfig().edema_low_hu,
    ("ich_volume", "edema_maximum"): HemorrhageMeasureConfig().edema_high_hu,
    ("ht_class", "share_limit"): TransformationConfig().share_percent,
    ("ht_class", "share_band"): TransformationConfig().band_percent,
    **{
        (task, "gap_spread_limit_percent"): 100 * (AuditConfig().uneven_ratio - 1)
        for task in ("infarct_core", "phantom")
    },
}


@pytest.mark.parametrize(("task", "name"), sorted(LIMITS))
def test_limits_are_those_of_the_library(task, name):
    expected = LIMITS[task, name]
    expected = pytest.approx(expected) if isinstance(expected, float) else expected
    assert SHIPPED[task].limits[name] == expected


def test_ranges_lie_within_what_the_library_measures():
    core, ct = SHIPPED["infarct_core"].limits, SHIPPED["ich_volume"].limits
    assert UnitConfig().brain_median_low <= core["adc_median_minimum"] < core["adc_median_maximum"]
    assert core["adc_median_maximum"] <= UnitConfig().brain_median_high
    assert AdcConfig().b_core_low <= core["b_minimum"] < core["b_maximum"] <= AdcConfig().b_core_high
    assert ct["brain_maximum"] <= CtAuditConfig().tissue_high_hu
    assert ct["step_limit"] <= CtAuditConfig().thickness_warn_mm


def test_limits_of_phantoms_are_those_of_the_criteria_sets():
    limits = SHIPPED["phantom"].limits
    sets = load_criteria()
    known = {(c.metric, c.limit) for one in sets.values() for c in one.criteria}
    assert ("temperature_error", limits["temperature_limit"]) in known
    assert ("hu_uniformity", limits["uniformity_limit"]) in known
    distance = limits["ct_distance_limit"]
    assert ("ct_bb_distance", (100 - distance, 100 + distance)) in known


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_every_parameter_is_asked_for_and_has_a_source(task):
    procedure = SHIPPED[task]
    asked = {name for s in procedure.steps for c in (*s.preconditions, *s.postconditions) for name in c.condition.names}
    assert set(procedure.parameters) <= asked
    for parameter in procedure.parameters.values():
        assert len(parameter["source"]) > 10


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_numbers_of_conditions_stand_in_parameters(task):
    """But for 0 and 1, which say none and some."""
    for step in SHIPPED[task].steps:
        for check in (*step.preconditions, *step.postconditions):
            bare = re.sub(r"'[^']*'|\w*[A-Za-z_]\w*", "", check.condition.text)
            numbers = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", bare)} - {0, 1}
            assert not numbers or check.id == "c1_tilt", check.id


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_outputs_are_measures_of_the_catalog(task):
    from strokequant.biomarkers.catalog import measure

    for output in SHIPPED[task].outputs:
        entry = measure(output["id"])
        scheme, value, _ = output["code"]
        assert (entry.unit, entry.code.value, entry.code.scheme) == (output["unit"], value, scheme)
    assert codes.PRIVATE_SCHEME.startswith("99")


def test_titles_are_those_of_the_procedures():
    assert shipped_titles() == {task: procedure.title for task, procedure in SHIPPED.items()}
