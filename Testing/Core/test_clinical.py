"""Clinical facts from TOML, JSON and CSV: the same facts by every route, and refusals that say what is wrong."""

import pytest

from strokequant.biomarkers.clinical import load_clinical
from strokequant.errors import UsageError

FACTS = {"age_y": 79, "hours": 7.5, "mrs_pre": 0, "nihss": 12, "occlusion": ("ICA", "M1"), "wake_up": "no"}

TOML = 'age_y = 79\nhours = 7.5\nmrs_pre = 0\nnihss = 12\nocclusion = ["ICA", "M1"]\nwake_up = "no"\n'
FILES = {
    "flat.toml": TOML,
    "table.toml": "[clinical]\n" + TOML,
    "facts.json": '{"age_y": 79, "hours": 7.5, "mrs_pre": 0, "nihss": 12, "occlusion": ["ICA", "M1"], "wake_up": "no"}',
    "null.json": '{"age_y": 79, "hours": 7.5, "mrs_pre": 0, "nihss": 12, "occlusion": ["ICA", "M1"], "wake_up": "no", "hours_evt": null}',
    "row.csv": "age_y,hours,mrs_pre,nihss,occlusion,wake_up,mca_fraction\n79,7.5,0,12,ICA/M1,no,\n",
    "semicolon.csv": "\ufeffcase;age_y;hours;mrs_pre;nihss;occlusion;wake_up\nA;50;1;1;1;BA;no\nB;79;7.5;0;12;ICA+M1;no\n",
    "pairs.csv": "name,value\nage_y,79\nhours,7.5\nmrs_pre,0\nnihss,12\nocclusion,ICA / M1\nwake_up,no\n\n",
}


@pytest.mark.parametrize("name", FILES)
def test_same_facts_from_every_kind_of_file(tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    assert load_clinical(path, case="B") == FACTS


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.toml", "age = 79\n", "unknown: age"),
        ("a.toml", "age_y = \n", "a correct .toml file"),
        ("a.toml", "age_y = 200\n", "age in years"),
        ("a.toml", "nihss = 4.5\n", "a whole number from 0 to 42"),
        ("a.toml", 'nihss = "4"\n', "nihss = '4'"),
        ("a.toml", "clinical = 3\n", "no table"),
        ("a.json", "[1, 2]", "a list"),
        ("a.json", '{"age_y": NaN}', "age_y = nan"),
        ("a.json", '{"age_y": true}', "age_y = True"),
        ("a.csv", "", "an empty file"),
        ("a.csv", "case,age_y\nA,70\nA,71\n", "2 rows"),
        ("a.csv", "case,age_y\nB,70\n", "0 rows"),
        ("a.csv", "age_y,nihss\n70\n", "different length"),
        ("a.csv", "age_y,age_y\n70,71\n", "a column twice"),
        ("a.csv", "name,value\nage_y,70\nage_y,71\n", "line 3"),
        ("a.csv", "age_y\nseventy\n", "age_y = 'seventy'"),
        ("a.csv", "occlusion\nM7\n", "M7"),
        ("a.csv", "patient name,age_y\nDoe,70\n", "unknown: patient name"),
        ("a.xlsx", "", ".toml, .json or .csv"),
    ],
)
def test_refusals_say_what_is_wrong(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_clinical(path, case="A")
    issue = caught.value.issues[0]
    assert issue.code == "K04"
    assert issue.subject == name
    assert says in str(issue)
    assert "Doe" not in str(issue)


def test_absent_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load_clinical(tmp_path / "none.toml")
    (tmp_path / "k.csv").write_bytes("age_y\n나이\n".encode("cp949"))
    with pytest.raises(UsageError, match="not in UTF-8"):
        load_clinical(tmp_path / "k.csv")


def test_several_rows_without_a_case_are_not_chosen_from(tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("case,age_y\nA,70\nB,71\n")
    with pytest.raises(UsageError, match="2 rows without a case"):
        load_clinical(path)
