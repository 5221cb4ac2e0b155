"""Trial rules: every clause at its limit and one step beside it, the vectors of the methods, what must not be copied from elsewhere."""

import json
from fractions import Fraction

import pytest

from strokequant.biomarkers.criteria import INFINITE, clause_text, evaluate, evaluate_all
from strokequant.biomarkers.quantities import NUMBERS, WORDS, Origin, Quantities
from strokequant.biomarkers.rules import FOLDER, SCHEMA, load_rules
from strokequant.errors import Level, UsageError
from strokequant.perfusion_types import Answer

RULES = {rule.id: rule for rule in load_rules()}
PASS, FAIL, UNKNOWN = Answer.PASS, Answer.FAIL, Answer.UNKNOWN

# The table of the methods, written here a second time and not read from the files: (rule, quantity, comparison, limit, unconfirmed).
LIMITS = [
    ("DEFUSE2", "hours", "<=", 12, False),
    ("DEFUSE2", "core_ml", "<", 70, True),
    ("DEFUSE2", "mismatch_ratio", ">=", "1.8", False),
    ("DEFUSE2", "mismatch_ml", ">=", 15, True),
    ("DEFUSE2", "severe_ml", "<", 100, True),
    ("DEFUSE3", "hours", "between", (6, 16), False),
    ("DEFUSE3", "core_ml", "<", 70, False),
    ("DEFUSE3", "mismatch_ratio", ">=", "1.8", False),
    ("DEFUSE3", "mismatch_ml", ">=", 15, False),
    ("DEFUSE3", "age_y", "between", (18, 90), False),
    ("DEFUSE3", "nihss", ">=", 6, False),
    ("DEFUSE3", "mrs_pre", "<=", 2, False),
    ("DAWN", "hours", "between", (6, 24), False),
    ("DAWN", "mrs_pre", "<=", 1, False),
    ("EXTEND-IA", "hours_ivt", "<=", "4.5", False),
    ("EXTEND-IA", "hours_evt", "<", 6, False),
    ("EXTEND-IA", "core_ml", "<", 70, False),
    ("EXTEND-IA", "mismatch_ratio", ">", "1.2", False),
    ("EXTEND-IA", "mismatch_ml", ">", 10, False),
    ("EXTEND-IA", "mrs_pre", "<", 2, False),
    ("EXTEND", "core_ml", "<=", 70, False),
    ("EXTEND", "mismatch_ratio", ">", "1.2", False),
    ("EXTEND", "mismatch_ml", ">", 10, False),
    ("EXTEND", "nihss", "between", (4, 26), False),
    ("EXTEND", "mrs_pre", "<", 2, False),
    ("EXTEND", "mca_fraction", "<=", "1/3", False),
    ("EXTEND", "hours", "between", ("4.5", 9), False),
    ("EXTEND", "hours_mid_sleep", "<=", 9, False),
    ("ECASS4", "hours", "between", ("4.5", 9), False),
    ("ECASS4", "core_ml", "<", 100, False),
    ("ECASS4", "mismatch_ratio", ">", "1.2", False),
    ("ECASS4", "perfusion_ml", ">=", 20, False),
    ("ECASS4", "nihss", "between", (4, 26), False),
    ("ECASS4", "mrs_pre", "between", (0, 1), False),
    ("EPITHET", "hours", "between", (3, 6), False),
    ("EPITHET", "mismatch_ratio", ">", "1.2", True),
    ("EPITHET", "mismatch_ml", ">=", 10, True),
    ("SWIFT-PRIME", "hours", "<=", 6, False),
    ("SWIFT-PRIME", "core_ml", "<=", 50, True),
    ("SWIFT-PRIME", "mismatch_ratio", ">", "1.8", True),
    ("SWIFT-PRIME", "mismatch_ml", ">=", 15, True),
    ("SWIFT-PRIME", "severe_ml", "<=", 100, True),
    ("TIMELESS", "hours", "between", ("4.5", 24), False),
    ("TIMELESS", "core_ml", "<", 70, False),
    ("TIMELESS", "mismatch_ratio", ">=", "1.8", False),
    ("TIMELESS", "mismatch_ml", ">=", 15, False),
    ("TIMELESS", "age_y", ">=", 18, False),
    ("TIMELESS", "nihss", ">=", 5, False),
    ("TIMELESS", "mrs_pre", "<=", 2, False),
    ("DIAS2", "hours", "between", (3, 9), False),
    ("DIAS2", "visual_mismatch_percent", ">=", 20, False),
    ("DIAS2", "nihss", "between", (4, 24), False),
    ("DIAS2", "mrs_pre", "<=", 1, False),
    ("DIAS3", "hours", "between", (3, 9), False),
    ("DIAS3", "mca_fraction", "<=", "1/3", True),
    ("DIAS4", "hours", "between", (3, 9), False),
    ("DIAS4", "age_y", "between", (18, 85), False),
    ("DIAS4", "nihss", "between", (4, 24), False),
    ("DIAS4", "mrs_pre", "<=", 1, False),
]
DAWN_GROUPS = [("DAWN", "age_y"), ("DAWN", "nihss"), ("DAWN", "core_ml")]

PASSING = {
    "DEFUSE2": {"hours": 5},
    "DEFUSE3": {"hours": 8, "age_y": 60, "nihss": 10, "mrs_pre": 0, "occlusion": "M1"},
    "DAWN": {"hours": 8, "age_y": 60, "nihss": 15, "mrs_pre": 0},
    "EXTEND-IA": {"hours_ivt": 2, "hours_evt": 3, "mrs_pre": 0, "occlusion": "M2"},
    "EXTEND": {"hours": 6, "wake_up": "no", "nihss": 10, "mrs_pre": 0, "mca_fraction": 0.1},
    "ECASS4": {"hours": 6, "nihss": 10, "mrs_pre": 0, "modality": "MR"},
    "EPITHET": {"hours": 4},
    "SWIFT-PRIME": {"hours": 4, "occlusion": "ICA"},
    "TIMELESS": {"hours": 8, "age_y": 60, "nihss": 10, "mrs_pre": 0, "occlusion": "M2"},
    "DIAS2": {"hours": 5, "visual_mismatch_percent": 50, "nihss": 10, "mrs_pre": 0},
    "DIAS3": {"hours": 5, "mca_fraction": 0.1, "vessel_finding": "occlusion"},
    "DIAS4": {
        "hours": 5,
        "extensive_infarct": "no",
        "vessel_finding": "high-grade stenosis",
        "occlusion": "M1",
        "age_y": 60,
        "nihss": 10,
        "mrs_pre": 0,
    },
}
VOLUMES = {"core_ml": 20.0, "hypo_ml": 90.0, "severe_ml": 30.0}
STEP = {"nihss": 1, "mrs_pre": 1}
"""Smallest step of what is counted; time, age and shares move by a thousandth."""


def case_of(rule_id, **changes):
    return VOLUMES | PASSING[rule_id] | changes


def clause(result, quantity, limit=None):
    found = [c for c in result.clauses if c.quantity == quantity and (limit is None or limit in c.words)]
    assert len(found) == 1, found
    return found[0]


def test_every_rule_is_met_by_its_passing_case():
    for rule_id, rule in RULES.items():
        result = evaluate(rule, case_of(rule_id))
        assert result.answer is PASS, result


def test_limits_of_the_table_are_all_there_is():
    listed = {(r, q) for r, q, *_ in LIMITS} | set(DAWN_GROUPS)
    numeric = {
        (rule.id, c.quantity) for rule in RULES.values() for c in rule.all_clauses if c.op not in ("in", "not in")
    }
    assert numeric == listed


def volumes_for(quantity, value):
    """Volumes in mL that give exactly this value (in units of a microliter) of a volume or ratio."""
    if quantity in ("core_ml", "hypo_ml", "severe_ml"):
        return {quantity: value}
    if quantity == "perfusion_ml":
        return {"hypo_ml": value, "core_ml": 1.0}
    if quantity == "mismatch_ml":
        return {"hypo_ml": 5.0 + value, "core_ml": 5.0}
    return {quantity: value}


def expected_at(op, where):
    """Answer below, at and above a limit."""
    table = {"<": (PASS, FAIL, FAIL), "<=": (PASS, PASS, FAIL), ">": (FAIL, FAIL, PASS), ">=": (FAIL, PASS, PASS)}
    return table[op][where]


@pytest.mark.parametrize(("rule_id", "quantity", "op", "limit", "unconfirmed"), LIMITS)
def test_clause_below_at_and_above_its_limit(rule_id, quantity, op, limit, unconfirmed):
    sides = [(">=", limit[0]), ("<=", limit[1])] if op == "between" else [(op, limit)]
    for side_op, edge in sides:
        for where in (0, 1, 2):
            if quantity == "mismatch_ratio":
                core = 10_000
                hypo = core * Fraction(edge) + (where - 1)
                changes = {"core_ml": core / 1000, "hypo_ml": float(hypo / 1000)}
            else:
                step = Fraction(STEP.get(quantity, "0.001"))
                value = Fraction(edge) + (where - 1) * step
                if value < 0:
                    continue
                exact = value.denominator in (1, 2, 5, 10, 100, 200, 500, 1000, 125, 250, 25, 50, 20, 4, 8, 40)
                changes = volumes_for(quantity, float(value) if exact else value)
            result = evaluate(RULES[rule_id], case_of(rule_id, **changes))
            found = clause(result, quantity)
            assert found.answer is expected_at(side_op, where), (side_op, edge, where, found)
            assert found.unconfirmed is unconfirmed
            if where == 1:
                assert found.margin == 0


@pytest.mark.parametrize(
    ("rule_id", "quantity", "right", "wrong"),
    [
        ("DEFUSE3", "occlusion", ["ICA", "M1"], ["M2", "BA", "none"]),
        ("EXTEND-IA", "occlusion", ["ICA", "MCA", "M1", "M2"], ["PCA", "BA", "none"]),
        ("SWIFT-PRIME", "occlusion", ["ICA", "M1"], ["M2", "none"]),
        ("TIMELESS", "occlusion", ["ICA", "M1", "M2"], ["M3", "none"]),
        ("DIAS3", "vessel_finding", ["occlusion", "high-grade stenosis"], ["none"]),
        ("DIAS4", "vessel_finding", ["occlusion", "high-grade stenosis"], ["none"]),
        ("DIAS4", "occlusion", ["M1", "M2", "none"], ["ICA", ("ICA", "M1")]),
        ("DIAS4", "extensive_infarct", ["no"], ["yes"]),
        ("ECASS4", "modality", ["MR"], ["CT"]),
    ],
)
def test_clauses_in_words(rule_id, quantity, right, wrong):
    for word in right:
        assert evaluate(RULES[rule_id], case_of(rule_id, **{quantity: word})).answer is PASS
    for word in wrong:
        result = evaluate(RULES[rule_id], case_of(rule_id, **{quantity: word}))
        assert (result.answer, clause(result, quantity).answer) == (FAIL, FAIL)


def imaging(rule_id, hypo, core):
    result = evaluate(RULES[rule_id], {"hypo_ml": hypo, "core_ml": core})
    return {c.quantity: c.answer for c in result.clauses if c.quantity.endswith(("_ml", "_ratio"))}


def test_vector_r1():
    assert set(imaging("DEFUSE3", 90.0, 50.0).values()) == {PASS}
    found = imaging("SWIFT-PRIME", 90.0, 50.0)
    assert (found["core_ml"], found["mismatch_ratio"], found["mismatch_ml"]) == (PASS, FAIL, PASS)
    result = evaluate(RULES["DEFUSE3"], {"hypo_ml": 90.0, "core_ml": 50.0})
    assert clause(result, "mismatch_ratio").value == 1.8
    assert clause(result, "mismatch_ml").value == 40


def test_vector_r2():
    assert set(imaging("DEFUSE3", 15.0, 0.0).values()) == {PASS}
    assert clause(evaluate(RULES["DEFUSE3"], {"hypo_ml": 15.0, "core_ml": 0.0}), "mismatch_ratio").value == INFINITE
    below = imaging("DEFUSE3", 14.999, 0.0)
    assert (below["mismatch_ml"], below["mismatch_ratio"]) == (FAIL, FAIL)
    assert imaging("EXTEND-IA", 60.0, 50.0) == {"core_ml": PASS, "mismatch_ratio": FAIL, "mismatch_ml": FAIL}
    assert imaging("EPITHET", 60.0, 50.0) == {"mismatch_ratio": FAIL, "mismatch_ml": PASS}
    assert imaging("DEFUSE3", 200.0, 69.999)["core_ml"] is PASS
    assert imaging("DEFUSE3", 200.0, 70.0)["core_ml"] is FAIL


@pytest.mark.parametrize(
    ("age", "nihss", "core", "answer", "group"),
    [
        (80, 10, 20.999, PASS, "A"),
        (80, 10, 21, FAIL, ""),
        (79, 10, 30.999, PASS, "B"),
        (79, 10, 31, FAIL, ""),
        (79, 20, 31, PASS, "C"),
        (79, 20, 50.999, PASS, "C"),
        (79, 20, 51, FAIL, ""),
        (79, 19, 31, FAIL, ""),
        (79, 9, 0, FAIL, ""),
        (80, 9, 0, FAIL, ""),
        (80, 20, 30, FAIL, ""),
    ],
)
def test_vector_r3(age, nihss, core, answer, group):
    result = evaluate(RULES["DAWN"], {"age_y": age, "nihss": nihss, "core_ml": core, "hours": 10, "mrs_pre": 1})
    assert result.answer is answer
    met = {
        name for name in "ABC" if all(c.answer is PASS for c in result.clauses if c.words.startswith(f"DAWN {name}: "))
    }
    assert met == ({group} if group else set())


def test_limits_that_other_tables_print_wrongly():
    """A table prints DEFUSE 3 as > 1.8 and > 15, DAWN as 0-20, 0-30, 31-51; another prints a core above 70 mL."""
    exactly = case_of("DEFUSE3", hypo_ml=27.0, core_ml=15.0)
    exactly_15 = case_of("DEFUSE3", hypo_ml=17.0, core_ml=2.0)
    assert evaluate(RULES["DEFUSE3"], exactly).answer is FAIL  # 12 mL of mismatch
    assert clause(evaluate(RULES["DEFUSE3"], exactly), "mismatch_ratio").answer is PASS
    assert evaluate(RULES["DEFUSE3"], exactly_15).answer is PASS
    assert evaluate(RULES["DEFUSE3"], case_of("DEFUSE3", core_ml=71.0, hypo_ml=300.0)).answer is FAIL
    facts = {"hours": 10, "mrs_pre": 0}
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 85, "nihss": 10, "core_ml": 20.5}).answer is PASS
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 70, "nihss": 10, "core_ml": 30.5}).answer is PASS
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 70, "nihss": 20, "core_ml": 51.0}).answer is FAIL


def test_display_does_not_decide_and_microliters_do():
    assert imaging("DEFUSE3", 200.0, 69.960)["core_ml"] is PASS
    assert f"{69.960:.1f}" == "70.0"
    assert imaging("DEFUSE3", 200.0, 69.9996)["core_ml"] is FAIL  # 70 000 uL
    assert imaging("DEFUSE3", 0.3 * 6, 0.1 * 3)["mismatch_ratio"] is PASS


@pytest.mark.parametrize(
    ("rule_id", "hypo", "core", "answer"),
    [
        ("DEFUSE3", 0.0, 0.0, FAIL),
        ("ECASS4", 20.0, 0.0, PASS),
        ("ECASS4", 19.999, 0.0, FAIL),
        ("EXTEND-IA", 10.0, 0.0, FAIL),
        ("EXTEND-IA", 10.001, 0.0, PASS),
    ],
)
def test_ratio_of_a_core_of_zero_follows_the_volume_clause(rule_id, hypo, core, answer):
    result = evaluate(RULES[rule_id], case_of(rule_id, hypo_ml=hypo, core_ml=core))
    found = clause(result, "mismatch_ratio")
    assert (found.answer, found.value, found.margin, result.answer) == (answer, INFINITE, None, answer)


def test_missing_facts_leave_the_outcome_open_but_a_failed_clause_decides():
    open_case = evaluate(RULES["DEFUSE3"], {"hypo_ml": 90.0, "core_ml": 20.0})
    assert open_case.answer is UNKNOWN
    assert clause(open_case, "nihss").answer is UNKNOWN
    assert [i.code for i in open_case.issues if "NIHSS" in i.found] == ["K02"]
    assert evaluate(RULES["DEFUSE3"], {"hypo_ml": 90.0, "core_ml": 80.0}).answer is FAIL
    assert evaluate(RULES["DEFUSE3"], case_of("DEFUSE3", core_ml=None)).answer is UNKNOWN
    assert {c.answer for c in evaluate(RULES["DIAS4"], {}).clauses} == {UNKNOWN}


def test_alternatives_stay_open_only_while_one_could_be_met():
    facts = {"hours": 10, "mrs_pre": 0, "core_ml": 25.0}
    assert evaluate(RULES["DAWN"], facts).answer is UNKNOWN
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 85}).answer is FAIL
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 70}).answer is UNKNOWN
    assert evaluate(RULES["DAWN"], {**facts, "age_y": 70, "nihss": 10}).answer is PASS


def test_wake_up_window_of_extend():
    late = case_of("EXTEND", hours=12.0)
    assert evaluate(RULES["EXTEND"], late).answer is FAIL
    woke = late | {"wake_up": "yes", "hours_mid_sleep": 9.0}
    assert evaluate(RULES["EXTEND"], woke).answer is PASS
    assert evaluate(RULES["EXTEND"], woke | {"hours_mid_sleep": 9.01}).answer is FAIL
    assert evaluate(RULES["EXTEND"], woke | {"hours_mid_sleep": None}).answer is UNKNOWN


@pytest.mark.parametrize(
    ("hypo", "core", "quantity", "flip"),
    [
        (200.0, 69.999, "core_ml", 0.001),
        (200.0, 70.0, "core_ml", 0.001),
        (200.0, 75.0, "core_ml", 5.001),
        (90.0, 50.0, "mismatch_ratio", 0.001),
        (100.0, 50.0, "mismatch_ratio", 5.556),
        (65.0, 50.0, "mismatch_ml", 0.001),
        (65.0, 50.0, "mismatch_ratio", 13.889),
        (15.0, 0.0, "mismatch_ratio", 0.001),
    ],
)
def test_flip_distance_of_a_clause(hypo, core, quantity, flip):
    result = evaluate(RULES["DEFUSE3"], case_of("DEFUSE3", hypo_ml=hypo, core_ml=core))
    assert clause(result, quantity).flip_ml == pytest.approx(flip, abs=1e-9)


@pytest.mark.parametrize("hypo", [61.3, 90.0])
@pytest.mark.parametrize("core", [0.0, 0.2, 33.4, 69.9, 80.0])
@pytest.mark.parametrize("rule_id", ["DEFUSE3", "DAWN", "EXTEND-IA", "ECASS4"])
def test_flip_distance_of_a_rule_is_the_smallest_there_is(rule_id, hypo, core):
    case = case_of(rule_id, hypo_ml=hypo, core_ml=core)
    result = evaluate(RULES[rule_id], case)
    if result.flip_ml is None:
        reach = range(5000, 200_000, 5000)
    else:
        distance = round(result.flip_ml * 1000)
        assert any(
            evaluate(RULES[rule_id], case | {name: max(0, case[name] + sign * distance / 1000)}).answer
            is not result.answer
            for name in ("core_ml", "hypo_ml")
            for sign in (-1, 1)
        )
        reach = [*range(1, distance, max(1, distance // 15)), distance - 1]
    for step in reach:
        for name in ("core_ml", "hypo_ml"):
            for sign in (-1, 1):
                moved = case[name] + sign * step / 1000
                if moved >= 0:
                    assert evaluate(RULES[rule_id], case | {name: moved}).answer is result.answer


def trial_origin(**changes):
    stated = {"software": "RAPID", "modality": "CT", "core_map": "rCBF", "core_limit": 0.3, "tmax_s": 6.0}
    return Origin(**(stated | changes))


def test_only_the_trials_own_way_is_comparable():
    def comparable(rule_id, **changes):
        result = evaluate(RULES[rule_id], Quantities(case_of(rule_id), origin=trial_origin(**changes)))
        assert result.comparable is not any(i.code in ("K03", "K06") for i in result.issues)
        return result.comparable

    assert comparable("DEFUSE3")
    assert comparable("DEFUSE3", modality="MR", core_map="ADC", core_limit=620)
    assert not comparable("DEFUSE3", software="strokequant")
    assert not comparable("DEFUSE3", core_limit=0.38)
    assert not comparable("DEFUSE3", modality="MR")
    assert not comparable("ECASS4")
    assert comparable("DAWN", tmax_s=4.0)
    assert evaluate(RULES["DEFUSE3"], case_of("DEFUSE3")).comparable is False
    assert evaluate(RULES["DIAS4"], case_of("DIAS4")).comparable is True


def test_a_lesion_at_another_threshold_is_not_the_trials_lesion():
    values = case_of("EPITHET")
    at_six = evaluate(RULES["EPITHET"], Quantities(values, origin=trial_origin()))
    assert at_six.answer is UNKNOWN
    assert clause(at_six, "mismatch_ml").value is None
    assert [i.level for i in at_six.issues if i.code == "K06"] == [Level.WARN]
    both = evaluate(RULES["EPITHET"], Quantities(values, tmax_ml={2.0: 25.0, 6.0: 90.0}, origin=trial_origin()))
    assert clause(both, "mismatch_ml").value == 5.0


def test_unconfirmed_limits_are_warned_of():
    by_rule = {r.rule: {i.code for i in r.issues if i.level is Level.WARN} for r in evaluate_all({})}
    assert "K01" in by_rule["SWIFT-PRIME"]
    assert "K01" not in by_rule["DEFUSE3"]
    assert {name for name, codes in by_rule.items() if "K01" in codes} == {"DEFUSE2", "EPITHET", "SWIFT-PRIME", "DIAS3"}


@pytest.mark.parametrize(
    "values",
    [
        {"core_ml": -1.0},
        {"core_ml": float("nan")},
        {"core_ml": True},
        {"hypo_ml": "90"},
        {"mismatch_ml": 40.0},
        {"age": 80},
        {"nihss": 10.5},
        {"mrs_pre": 7},
        {"occlusion": "M9"},
        {"occlusion": []},
    ],
)
def test_values_that_cannot_be_are_refused(values):
    with pytest.raises(UsageError) as caught:
        evaluate(RULES["DEFUSE3"], values)
    assert caught.value.issues[0].code == "K04"


def test_rule_files_hold_to_their_schema_and_carry_their_history():
    from jsonschema import Draft202012Validator

    schema = json.loads((FOLDER / SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for path in sorted(FOLDER.glob("*.json")):
        if path.name != SCHEMA:
            data = json.loads(path.read_text(encoding="utf-8"))
            assert data["changelog"][-1]["version"] == data["version"]
            assert data["source"]


def _write(folder, **changes):
    data = json.loads((FOLDER / "defuse3.json").read_text(encoding="utf-8")) | changes
    (folder / "rule.json").write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"all": []},
        {"all": [{"q": "core_ml", "op": "=<", "value": 70, "status": "verified"}]},
        {"all": [{"q": "core", "op": "<", "value": 70, "status": "verified"}]},
        {"all": [{"q": "core_ml", "op": "<", "value": 70}]},
        {"all": [{"q": "core_ml", "op": "between", "value": 70, "status": "verified"}]},
        {"all": [{"q": "core_ml", "op": "in", "value": ["ICA"], "status": "verified"}]},
        {"all": [{"q": "occlusion", "op": "<", "value": 3, "status": "verified"}]},
        {"surprise": 1},
    ],
)
def test_wrong_rule_files_are_refused(tmp_path, changes):
    _write(tmp_path, **changes)
    with pytest.raises(UsageError) as caught:
        load_rules(tmp_path)
    assert caught.value.issues[0].code == "K05"
    assert caught.value.issues[0].subject == "rule.json"


def test_broken_repeated_and_absent_rule_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match="K05"):
        load_rules(tmp_path)
    _write(tmp_path)
    assert [r.id for r in load_rules(tmp_path)] == ["DEFUSE3"]
    (tmp_path / "second.json").write_text((tmp_path / "rule.json").read_text())
    with pytest.raises(UsageError, match="second rule DEFUSE3"):
        load_rules(tmp_path)
    (tmp_path / "second.json").write_text("{")
    with pytest.raises(UsageError, match="K05"):
        load_rules(tmp_path)


def test_results_are_the_same_every_time():
    assert evaluate_all(VOLUMES) == evaluate_all(VOLUMES)


def test_the_page_of_criteria_says_what_the_files_say():
    page = (FOLDER.parents[2] / "Resources" / "Docs" / "criteria.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in page.split("\n### ")[1:])
    for rule in RULES.values():
        marked = rule.name + (" (u)" if rule.status == "unconfirmed" else "")
        section = sections[marked]
        assert f"`{rule.id}` version {rule.version}; {rule.source}." in section
        for c in rule.all_clauses:
            assert clause_text(c) + ("" if c.confirmed else " (u)") in section
    assert len(sections) == len(RULES)
    assert all(f"| {name} |" in page for name in (*NUMBERS, *WORDS))
