"""Conditions of a procedure: values, what is unknown, what is refused, and that no text ever runs."""

import random
import string

import pytest

from strokequant.sop.expressions import MAX_CHARACTERS, UNKNOWN, ExpressionError, parse

FACTS = {
    "step_mm": 5.0,
    "coverage_mm": 150,
    "b_values": [0, 1000],
    "role": "dwi",
    "contrast": False,
    "gap_mm": None,
}
NAMES = (*FACTS, "never_given")
WORDS = "and or not in ( ) [ ] , < <= == != + - * / max len any is_set true 1 0.5 'a' open eval . : ** 0in 1if"


def worth(text, facts=FACTS):
    return parse(text, NAMES).evaluate(facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("step_mm <= 6.5 and coverage_mm >= 120", True),
        ("4 < step_mm < 5", False),
        ("4 < step_mm <= 5", True),
        ("not contrast", True),
        ("1000 in b_values and 'dwi' == role", True),
        ("role not in ['adc', 'ctp']", True),
        ("max(b_values) - min(b_values)", 1000),
        ("len(b_values) == 2 and sum(b_values) == 1000", True),
        ("abs(-3) + 2 * 4 - 6 / 3", 9),
        ("any([contrast, true]) and not all([contrast, true])", True),
        ("-step_mm", -5),
        ("min(3, 1, 2)", 1),
        ("sum([]) == 0 and all([]) and not any([])", True),
        ("(1 + 2) * 3", 9),
        ("0.1 + 0.2 > 0.3", True),
    ],
)
def test_value(text, expected):
    assert worth(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "gap_mm <= 1",
        "never_given == 1",
        "step_mm / 0 > 1",
        "step_mm / (coverage_mm - 150) > 1",
        "role < 3",
        "role == 3",
        "contrast == 0",
        "step_mm + role",
        "not step_mm",
        "max([])",
        "abs(1, 2)",
        "min('a', 'b')",
        "step_mm in role",
        "-role",
        "[gap_mm, 1] == [1, 1]",
        "1e308 * 10 > 1",
        "any([1, 0])",
        "'a' < 'b'",
    ],
)
def test_what_cannot_be_told_is_unknown(text):
    assert worth(text) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gap_mm < 1 and contrast", False),
        ("contrast and gap_mm < 1", False),
        ("gap_mm < 1 or step_mm == 5", True),
        ("gap_mm < 1 or contrast", UNKNOWN),
        ("gap_mm < 1 and step_mm == 5", UNKNOWN),
        ("not (gap_mm < 1)", UNKNOWN),
        ("is_set(gap_mm)", False),
        ("is_set(step_mm) and not is_set(never_given)", True),
    ],
)
def test_unknown_matters_only_where_it_decides(text, expected):
    assert worth(text) is expected


def test_unknown_cannot_be_taken_for_an_answer():
    with pytest.raises(TypeError):
        bool(UNKNOWN)


def test_names_are_told():
    assert parse("is_set(gap_mm) or step_mm < 3 or true", NAMES).names == {"gap_mm", "step_mm"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "unheard_of > 1",
        "step_mm.real",
        "b_values[0]",
        "2 ** 3",
        "7 % 2",
        "7 // 2",
        "1 if true else 2",
        "lambda: 1",
        "[x for x in b_values]",
        "__import__('os')",
        "open('x')",
        "step_mm := 3",
        "step_mm = 3",
        "f'{step_mm}'",
        "b'x' == role",
        "None",
        "True",
        "1j",
        "...",
        "step_mm is 5",
        "max(*b_values)",
        "max(b_values, key=abs)",
        "max()",
        "is_set(step_mm + 1)",
        "is_set('step_mm')",
        "{1: 2}",
        "{1, 2}",
        "(1, 2)",
        "~step_mm",
        "+step_mm",
        "step_mm <",
        "'a\\n' == role",
        "step_mm\n< 3",
        "step_mm; coverage_mm",
        "(" * 200 + "1" + ")" * 90,
        "-" * 20 + "1",
        "x" * (MAX_CHARACTERS + 1),
        "\0",
        None,
        5,
    ],
)
def test_everything_else_is_refused_when_it_is_read(text):
    with pytest.raises(ExpressionError) as refused:
        parse(text, NAMES)
    assert [i.code for i in refused.value.issues] == ["W01"]


def test_sixteen_levels_and_no_more():
    assert parse("-" * 15 + "1", NAMES).evaluate({}) == -1
    with pytest.raises(ExpressionError):
        parse("-" * 16 + "1", NAMES)


@pytest.mark.filterwarnings("error")
def test_random_texts_run_nothing_and_raise_nothing_else(monkeypatch):
    """Texts of the words of the language and of Python, and of any characters."""

    def never(*_, **__):
        raise AssertionError("a text ran")

    for name in ("eval", "exec", "open"):
        monkeypatch.setattr(f"builtins.{name}", never)
    rng = random.Random(5)
    words = [*NAMES, *WORDS.split()]
    read = 0
    for _ in range(4000):
        if rng.random() < 0.7:
            text = " ".join(rng.choices(words, k=rng.randint(1, 9)))
        else:
            text = "".join(rng.choices(string.printable, k=rng.randint(1, 40)))
        try:
            parse(text, NAMES).evaluate(FACTS)
            read += 1
        except ExpressionError:
            pass
    assert read > 50
