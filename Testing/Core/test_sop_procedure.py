"""Procedures as data: canonical bytes and their hash, the schema, and what a schema does not see."""

import copy
import json
import unicodedata

import pytest

from strokequant.sop.canonical import ProcedureError, canonical_bytes, content_hash
from strokequant.sop.procedure import Action, Severity, State, procedure_of, read_procedure

FACTS = ("coverage_mm", "slice_step_mm", "core_ml", "evaluability")
SMALL = {
    "sop_id": "SB-CORE-001",
    "version": "1.0.0",
    "status": "effective",
    "effective_date": "2026-01-15",
    "title": {"en": "Infarct core", "ko": "뇌경색 중심"},
    "task": "infarct_core",
    "inputs": [{"role": "dwi", "modality": "MR", "required": True}],
    "parameters": {"adc_threshold": {"value": 620, "unit": "um2/s", "locked": True, "source": "charter"}},
    "steps": [
        {
            "id": "A1",
            "text": {"en": "Acquisition check", "ko": "촬영 조건 확인"},
            "action": "load",
            "preconditions": [
                {
                    "id": "cover",
                    "text": {"en": "The brain is covered", "ko": "뇌 전체가 포함됨"},
                    "expr": "coverage_mm >= 120",
                    "severity": "stop",
                    "deviation": "D-ACQ-03",
                }
            ],
            "record": ["coverage_mm", "slice_step_mm"],
            "allowed_deviations": ["D-ACQ-03"],
            "headless": "auto",
        },
        {
            "id": "Z3",
            "text": {"en": "Sign", "ko": "서명"},
            "action": "sign",
            "record": [],
            "headless": "needs_reader",
        },
    ],
    "outputs": [{"id": "infarct_core_volume", "code": ["SCT", "118565006", "Volume"], "unit": "ml"}],
    "deviation_codes": [
        {
            "code": "D-ACQ-03",
            "text": {"en": "Coverage incomplete", "ko": "뇌 전체 미포함"},
            "consequence": "not_evaluable",
        }
    ],
}


def changed(*path, value):
    data = copy.deepcopy(SMALL)
    place = data
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


def messages(refused):
    return " | ".join(issue.found for issue in refused.value.issues)


def test_what_it_holds():
    procedure = procedure_of(SMALL, FACTS)
    assert procedure.name == "SB-CORE-001@1.0.0"
    assert procedure.state is State.EFFECTIVE
    step = procedure.step("A1")
    assert (step.action, step.automatic) == (Action.LOAD, True)
    (check,) = step.preconditions
    assert check.severity is Severity.STOP
    assert check.condition.evaluate({"coverage_mm": 119.9}) is False
    assert check.condition.evaluate({"coverage_mm": 120}) is True
    assert procedure.title.in_language("ko-KR") == "뇌경색 중심"
    assert procedure.title.in_language("en-US") == "Infarct core"
    with pytest.raises(KeyError):
        procedure.step("B1")


def test_hash_is_of_the_content_and_of_nothing_else():
    same = json.loads(json.dumps(SMALL), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    same["parameters"]["adc_threshold"]["value"] = 620.0
    same["title"]["ko"] = unicodedata.normalize("NFD", same["title"]["ko"])
    assert content_hash(same) == content_hash(SMALL) == procedure_of(same, FACTS).content_hash
    for other in (
        changed("parameters", "adc_threshold", "value", value=615),
        changed("title", "ko", value="뇌경색 중심부"),
        changed("steps", 0, "preconditions", 0, "expr", value="coverage_mm >=120"),
    ):
        assert content_hash(other) != content_hash(SMALL)


def test_canonical_bytes():
    assert canonical_bytes({"b": 1.0, "a": ["가", None, True, 0.5]}) == '{"a":["가",null,true,0.5],"b":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), {"뇌": 1}, {1: 2}, {"a": b"x"}, {"a": {1, 2}}])
def test_values_without_one_form_are_refused(value):
    with pytest.raises(ProcedureError) as refused:
        canonical_bytes(value)
    assert refused.value.issues[0].code == "W02"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("sop_id",), "CORE", "sop_id"),
        (("version",), "1.0", "version"),
        (("version",), "01.0.0", "version"),
        (("status",), "active", "status"),
        (("effective_date",), "2026-02-30", "effective_date"),
        (("effective_date",), "20260115", "effective_date"),
        (("title", "ko"), None, "ko"),
        (("title", "ko"), "  ", "$.title.ko"),
        (("steps", 0, "text", "en"), "", "text"),
        (("steps", 0, "headless"), None, "headless"),
        (("steps", 0, "colour"), "red", "colour"),
        (("parameters", "adc_threshold", "limit"), 3, "limit"),
        (("steps", 0, "id"), "Z3", "step Z3 is there twice"),
        (("steps", 0, "record"), ["unheard_of"], "unheard_of"),
        (("steps", 0, "preconditions", 0, "expr"), "coverage >= 120", "cover"),
        (("steps", 0, "preconditions", 0, "expr"), "coverage_mm >=", "cover"),
        (("steps", 0, "preconditions", 0, "deviation"), None, "without a deviation code"),
        (("steps", 0, "preconditions", 0, "deviation"), "D-ACQ-99", "D-ACQ-99 is used and not declared"),
        (("steps", 0, "allowed_deviations"), ["D-ACQ-98"], "D-ACQ-98 is used and not declared"),
        (("steps", 0, "action"), "review", "takes a reader"),
        (("steps", 0, "action"), "classify", "takes a reader"),
        (("steps", 1, "headless"), "auto", "takes a reader"),
        (("steps", 1, "action"), "review", "signs"),
        (("steps", 0, "action"), "sign", "signs"),
        (("inputs",), [], "inputs"),
    ],
)
def test_what_is_no_procedure_is_told(path, value, told):
    with pytest.raises(ProcedureError) as refused:
        procedure_of(changed(*path, value=value), FACTS)
    assert {issue.code for issue in refused.value.issues} == {"W03"}
    assert told in messages(refused)


def test_conditions_ask_for_parameters_as_for_facts():
    data = changed(
        "parameters", "coverage_min", value={"value": 120, "unit": "mm", "locked": True, "source": "charter"}
    )
    data["steps"][0]["preconditions"][0]["expr"] = "coverage_mm >= coverage_min"
    procedure = procedure_of(data, FACTS)
    assert procedure.limits == {"adc_threshold": 620, "coverage_min": 120}
    (check,) = procedure.step("A1").preconditions
    assert check.condition.evaluate({"coverage_mm": 119.0, **procedure.limits}) is False
    data["parameters"]["core_ml"] = data["parameters"].pop("adc_threshold")
    data["steps"][0]["record"] = ["coverage_min"]
    with pytest.raises(ProcedureError) as refused:
        procedure_of(data, FACTS)
    assert "parameter core_ml has the name of a fact" in messages(refused)
    assert "records 'coverage_min'" in messages(refused)


def test_everything_that_is_wrong_is_told_at_once():
    data = changed("steps", 0, "record", value=["unheard_of"])
    data["steps"][0]["preconditions"][0]["expr"] = "1 +"
    with pytest.raises(ProcedureError) as refused:
        procedure_of(data, FACTS)
    assert len(refused.value.issues) == 2


def test_shipped_file_is_read_and_a_change_by_hand_is_seen(tmp_path):
    path = tmp_path / "core.json"
    path.write_bytes(canonical_bytes(SMALL))
    assert read_procedure(path, FACTS).content_hash == content_hash(SMALL)
    path.write_bytes(canonical_bytes(SMALL) + b"\n")
    with pytest.raises(ProcedureError) as refused:
        read_procedure(path, FACTS)
    assert refused.value.issues[0].code == "W02"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]"])
def test_file_that_is_no_procedure(content, tmp_path):
    path = tmp_path / "core.json"
    path.write_bytes(content)
    with pytest.raises(ProcedureError) as refused:
        read_procedure(path, FACTS)
    assert refused.value.issues[0].code == "W03"
    with pytest.raises(ProcedureError):
        read_procedure(tmp_path / "nowhere.json", FACTS)
