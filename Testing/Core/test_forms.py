"""Forms: answers are checked and bound to form, version and modality; vessel scales agree with the table of the methods."""

import json

import pytest

from strokequant.biomarkers.form_blank import blank_answers
from strokequant.biomarkers.forms import (
    FOLDER,
    LANGUAGES,
    SCHEMA,
    answer_form,
    answers_as_dict,
    load_answers,
    load_forms,
)
from strokequant.biomarkers.vessel_status import SCALES, grades_of_percent, score_vessel
from strokequant.cli import run
from strokequant.errors import Level, UsageError

FORMS = load_forms()
VESSEL = {"site": "M1", "side": "left"}
TRANSFORMATION = {
    "thrombectomy": "no",
    "pattern": "none",
    "remote": "none",
    "ivh": "no",
    "sah": "no",
    "sdh": "no",
}


def codes(answers):
    return [(i.code, i.level) for i in answers.issues]


def test_every_form_speaks_both_languages():
    for form in FORMS.values():
        texts = [form.name, *(q.label for q in form.questions), *(c.label for q in form.questions for c in q.choices)]
        texts += [form.note] if form.note else []
        assert all(set(text) == set(LANGUAGES) and all(text.values()) for text in texts)
        for q in form.questions:
            assert any("\uac00" <= ch <= "\ud7a3" for ch in q.label["ko"]) or q.label["ko"] in ("M1",)


def test_grades_with_percentages_cover_every_percent_once():
    for scale in ("eTICI", "mTICI", "TICI"):
        for percent in range(1, 101):
            fitting = [c for c in FORMS[scale].question("grade").choices if c.percent[0] <= percent <= c.percent[1]]
            assert len(fitting) == 1, (scale, percent)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [(49, "2a"), (50, "2b50"), (66, "2b50"), (67, "2b67"), (89, "2b67"), (90, "2c"), (99, "2c"), (100, "3"), (1, "2a")],
)
def test_etici_vectors(percent, grade):
    assert grades_of_percent(percent)["eTICI"] == grade


@pytest.mark.parametrize(
    ("percent", "mtici", "tici"),
    [(49, "2a", "2a"), (50, "2b", "2a"), (60, "2b", "2a"), (66, "2b", "2a"), (67, "2b", "2b"), (99, "2b", "2b")],
)
def test_scales_differ_where_the_methods_say(percent, mtici, tici):
    found = grades_of_percent(percent)
    assert (found["mTICI"], found["TICI"]) == (mtici, tici)


def test_nothing_perfused_leaves_0_and_1_to_the_reader():
    assert set(grades_of_percent(0).values()) == {"0 or 1"}


def test_a_score_carries_scale_version_and_modality():
    score = score_vessel("eTICI", VESSEL | {"grade": "2b50", "percent": 60}, version="1.0", modality="DSA", reader="R1")
    assert score.label == "eTICI 1.0 (DSA): 2b50"
    assert score.grades == {"eTICI": "2b50", "mTICI": "2b", "TICI": "2a"}
    assert (score.issues, score.reader) == ((), "R1")


@pytest.mark.parametrize(("scale", "version"), [("TICI", ""), ("", "1.0"), ("2b", "1.0"), ("tici", "1.0")])
def test_a_score_without_scale_or_version_is_refused(scale, version):
    with pytest.raises(UsageError) as caught:
        score_vessel(scale, VESSEL | {"grade": "2b"}, version=version, modality="DSA")
    assert caught.value.issues[0].code == "E34"


@pytest.mark.parametrize(
    ("scale", "modality", "code"),
    [(s, "CTA", "E35") for s in SCALES[:3]]
    + [(s, "DSA", "E35") for s in SCALES[3:]]
    + [(s, "", "E34") for s in SCALES],
)
def test_a_scale_belongs_to_its_modality(scale, modality, code):
    score = score_vessel(scale, VESSEL | {"grade": "3"}, version="1.0", modality=modality)
    assert score.grade is None
    assert codes(score) == [(code, Level.STOP)]


def test_another_version_of_a_scale_is_refused():
    score = score_vessel("eTICI", VESSEL | {"grade": "3"}, version="0.9", modality="DSA")
    assert score.grade is None and codes(score) == [("E34", Level.STOP)]


def test_a_grade_that_does_not_fit_its_percentage_is_asked_about():
    score = score_vessel("mTICI", VESSEL | {"grade": "2a", "percent": 50}, version="1.0", modality="DSA")
    assert score.grade is None and codes(score) == [("E36", Level.ASK)]


@pytest.mark.parametrize("scale", ["AOL", "TIMI"])
@pytest.mark.parametrize("modality", ["CTA", "MRA"])
def test_scales_of_cta_and_mra(scale, modality):
    for grade in "0123":
        score = score_vessel(scale, VESSEL | {"grade": grade}, version="1.0", modality=modality)
        assert (score.grade, score.issues) == (grade, ())


@pytest.mark.parametrize("percent", [49.5, -1, 101, "60", True])
def test_a_percentage_is_a_whole_number(percent):
    score = score_vessel("eTICI", VESSEL | {"grade": "2a", "percent": percent}, version="1.0", modality="DSA")
    assert score.grade is None and codes(score) == [("E31", Level.STOP)]


def test_a_question_that_is_not_answered_is_asked():
    found = answer_form(FORMS["HT"], TRANSFORMATION | {"sah": None}, modality="CT")
    assert codes(found) == [("E30", Level.ASK)] and not found.complete


def test_questions_depend_on_answers_and_modality():
    after = TRANSFORMATION | {"thrombectomy": "yes"}
    assert codes(answer_form(FORMS["HT"], after, modality="CT")) == [("E30", Level.ASK)]
    assert answer_form(FORMS["HT"], after, modality="SWI").complete
    assert answer_form(FORMS["HT"], after | {"staining": "blood"}, modality="CT").complete
    assert codes(answer_form(FORMS["HT"], after | {"staining": "blood"}, modality="SWI")) == [("E31", Level.STOP)]
    assert codes(answer_form(FORMS["HT"], TRANSFORMATION | {"beyond_border": "no"}, modality="CT")) == [
        ("E31", Level.STOP)
    ]


@pytest.mark.parametrize("change", [{"pattern": "PH1"}, {"pattern": 1}, {"color": "red"}])
def test_answers_that_cannot_be_are_refused(change):
    found = answer_form(FORMS["HT"], TRANSFORMATION | change, modality="CT")
    assert ("E31", Level.STOP) in codes(found)


def broken(folder, **changes):
    data = json.loads((FOLDER / "aol.json").read_text(encoding="utf-8")) | changes
    (folder / "a.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "change",
    [
        {"name": {"en": "AOL"}},
        {"modalities": ["X-ray"]},
        {"questions": []},
        {"questions": [{"id": "a", "label": {"en": "a", "ko": "a"}, "kind": "choice"}]},
        {"version": 1},
    ],
)
def test_form_files_that_do_not_hold_to_the_schema_are_refused(tmp_path, change):
    with pytest.raises(UsageError) as caught:
        load_forms(broken(tmp_path, **change))
    assert caught.value.issues[0].code == "E33"


def test_conditions_and_ids_are_checked(tmp_path):
    q = {"id": "a", "label": {"en": "a", "ko": "a"}, "kind": "integer", "low": 0, "high": 1}
    for questions in ([q, q], [q | {"when": {"b": ["yes"]}}], [q | {"when": {"modality": ["CT"]}}]):
        with pytest.raises(UsageError):
            load_forms(broken(tmp_path, questions=questions))
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(UsageError):
        load_forms(tmp_path)
    (tmp_path / "a.json").unlink()
    with pytest.raises(UsageError):
        load_forms(tmp_path)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes((FOLDER / "aol.json").read_bytes())
    with pytest.raises(UsageError, match="second form"):
        load_forms(tmp_path)
    assert (FOLDER / SCHEMA).is_file()


def answers_file(folder, *entries):
    path = folder / "answers.json"
    path.write_text(json.dumps({"schema_version": 1, "answers": entries}), encoding="utf-8")
    return path


def test_answers_come_back_from_a_file(tmp_path):
    given = answer_form(FORMS["HT"], TRANSFORMATION, modality="CT", reader="R1")
    assert load_answers(answers_file(tmp_path, answers_as_dict(given))) == (given,)


def test_answers_of_a_file_are_checked(tmp_path):
    entry = {"form": "HT", "version": "1.0", "modality": "CT", "values": TRANSFORMATION | {"ivh": None}}
    assert codes(load_answers(answers_file(tmp_path, entry))[0]) == [("E30", Level.ASK)]
    assert codes(load_answers(answers_file(tmp_path, entry | {"version": "0.1"}))[0])[0] == ("E34", Level.STOP)
    for bad in (entry | {"form": "XX"}, {"form": "HT", "values": {}}, entry | {"values": {"ivh": [1]}}):
        with pytest.raises(UsageError) as caught:
            load_answers(answers_file(tmp_path, bad))
        assert caught.value.issues[0].code == "E33"
    with pytest.raises(UsageError):
        load_answers(tmp_path / "none.json")


def test_an_empty_file_of_answers_is_filled_in(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(blank_answers(FORMS.values()), "utf-8")
    empty = load_answers(path)
    assert [a.form for a in empty] == list(FORMS) and not any(a.values for a in empty)
    assert "E30" in {i.code for a in empty for i in a.issues}
    text = blank_answers([FORMS["SICH"], FORMS["TIMI"]])
    for before, after in (
        ("# nihss_baseline = ", "nihss_baseline = 10"),
        ('modality = ""', 'modality = "CTA"'),
        ('# grade = ""', 'grade = "2"'),
    ):
        assert text.count(before + "\n") == 1
        text = text.replace(before + "\n", after + "\n")
    path.write_text(text, "utf-8")
    clinical, timi = load_answers(path)
    assert clinical.values == {"nihss_baseline": 10} and timi.values["grade"] == "2" and timi.modality == "CTA"


def test_the_command_lists_forms_and_writes_empty_files(capsys):
    assert run(["forms"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(FORMS)
    assert run(["forms", "HT"]) == 0
    assert capsys.readouterr().out == blank_answers([FORMS["HT"]])
    assert run(["forms", "no_form"]) == 2
