"""Forms that a reader answers, as data: one JSON file each in the folder `forms`, held to `form.schema.json`.

Answers are bound to the form, its version and the modality that was read. A question that is not answered is asked (E30) and never
filled in; an answer that cannot be, or to a question that this case does not ask, is refused (E31).
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError

FOLDER = Path(__file__).resolve().parents[1] / "forms"
SCHEMA = "form.schema.json"
ANSWERS_SCHEMA = "answers.schema.json"
LANGUAGES = ("en", "ko")
MODALITY = "modality"
"""Name by which a question may ask for the modality in its condition."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer.

    Args:
        value: stored.
        label: words by language.
        percent: smallest and largest whole percent that a grade stands for, None where it has none.
    """

    value: str
    label: Mapping[str, str]
    percent: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Args:
        id, label: name in answers, words by language.
        kind: "choice", "integer" or "number".
        choices: of a choice.
        low, high, unit: of a number, both ends included.
        optional: may stay without an answer.
        points: lost where the answer is "yes", in a form that counts points.
        when: asked only where every named question, or `MODALITY`, has one of these answers.
    """

    id: str
    label: Mapping[str, str]
    kind: str
    choices: tuple[Choice, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    optional: bool = False
    points: int = 0
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_asked(self, given: Mapping[str, Any]) -> bool:
        """Whether the answers so far, with the modality among them, lead to this question."""
        return all(given.get(name) in accepted for name, accepted in self.when.items())

    def problem(self, answer: Any) -> str:
        """Empty where the answer can be; else what was expected."""
        if self.kind == "choice":
            values = [c.value for c in self.choices]
            return "" if isinstance(answer, str) and answer in values else "one of " + ", ".join(values)
        number = isinstance(answer, int | float) and not isinstance(answer, bool)
        right = number and self.low <= answer <= self.high and (self.kind == "number" or answer == int(answer))
        return (
            ""
            if right
            else f"{'a whole number' if self.kind == 'integer' else 'a number'} from {self.low:g} to {self.high:g}"
        )


@dataclass(frozen=True)
class Form:
    """A form with its version.

    Args:
        id, version, source, status: identity, citation, "verified" or "unconfirmed".
        name, note: words by language.
        modalities: that it may be read on; empty for a form that is not read on images.
        score: "grade", "points" or empty.
    """

    id: str
    version: str
    name: Mapping[str, str]
    source: str
    status: str
    modalities: tuple[str, ...]
    questions: tuple[Question, ...]
    score: str = ""
    note: Mapping[str, str] = field(default_factory=dict)

    def question(self, name: str) -> Question:
        """The question of this id; KeyError where there is none."""
        return {q.id: q for q in self.questions}[name]


@dataclass(frozen=True)
class Answers:
    """What a reader answered.

    Args:
        form, version: that were answered.
        modality: that was read; empty for a form that is not read on images.
        values: by question, in the order of the form; only what can be.
        reader: code.
        issues: E30, E31, E34, E35; where one of them blocks, nothing may be derived.
        case, timepoint: that they are about; empty where a file of answers does not say it.
    """

    form: str
    version: str
    modality: str
    values: Mapping[str, Any]
    reader: str = ""
    issues: tuple[Issue, ...] = ()
    case: str = ""
    timepoint: str = ""

    @property
    def complete(self) -> bool:
        """True where every question has an answer that can be."""
        return not any(issue.blocks for issue in self.issues)


def load_forms(folder: Path = FOLDER) -> dict[str, Form]:
    """All forms of a folder by id, in the order of their file names.

    Raises:
        UsageError: E33, a file that is no JSON, does not hold to the schema, repeats an id or asks under an unknown condition.
    """
    forms: dict[str, Form] = {}
    for path in sorted(Path(folder).glob("*.json")):
        if path.name in (SCHEMA, ANSWERS_SCHEMA):
            continue
        form = _form(_checked(path, SCHEMA))
        problem = "a second form of this id" if form.id in forms else _condition_problem(form)
        if problem:
            raise _refused(path, problem, "ids used once, conditions on questions before")
        forms[form.id] = form
    if not forms:
        raise _refused(Path(folder), "no forms", "at least one form as JSON")
    return forms


def answer_form(
    form: Form, answers: Mapping[str, Any], *, modality: str = "", version: str = "", reader: str = ""
) -> Answers:
    """Check the answers to a form.

    Args:
        form: of `load_forms`.
        answers: by question; None is no answer.
        modality: that was read.
        version: that the answers were given to; empty for the version of the form.
        reader: code.
    """
    issues = [*_modality_issues(form, modality), *_version_issues(form, version)]
    given: dict[str, Any] = {}
    for question in form.questions:
        answer = answers.get(question.id)
        asked = question.is_asked(given | {MODALITY: modality})
        issue = _answer_issue(form, question, answer, asked)
        if issue is not None:
            issues.append(issue)
        elif answer is not None:
            given[question.id] = answer
    known = {question.id for question in form.questions}
    issues += [
        Issue("E31", Level.STOP, f"{name!r} is no question", f"questions of {form.id}", "correct the name", form.id)
        for name in sorted(set(answers) - known)
    ]
    return Answers(form.id, form.version, modality, given, reader, tuple(issues))


def load_answers(path: Path) -> tuple[Answers, ...]:
    """Answers of readers from a JSON or TOML file, checked against their forms.

    Raises:
        UsageError: E33, a file that is neither, does not hold to `answers.schema.json`, or a form that is not known.
    """
    forms = load_forms()
    found = []
    for entry in _checked(Path(path), ANSWERS_SCHEMA)["answers"]:
        if entry["form"] not in forms:
            raise _refused(Path(path), f"form {entry['form']!r}", "one of " + ", ".join(forms))
        options = {name: entry[name] for name in ("modality", "version", "reader") if name in entry}
        about = {name: entry.get(name, "") for name in ("case", "timepoint")}
        found.append(replace(answer_form(forms[entry["form"]], entry["values"], **options), **about))
    return tuple(found)


def answers_as_dict(answers: Answers) -> dict[str, Any]:
    """One entry of an answers file."""
    names = ("form", "version", "modality", "reader")
    about = {name: getattr(answers, name) for name in ("case", "timepoint") if getattr(answers, name)}
    return {name: getattr(answers, name) for name in names} | about | {"values": dict(answers.values)}


def _answer_issue(form: Form, question: Question, answer: Any, asked: bool) -> Issue | None:
    if answer is None:
        if not asked or question.optional:
            return None
        return Issue("E30", Level.ASK, f"no answer to {question.id}", question.label["en"], "answer it", form.id)
    if not asked:
        found = f"{question.id} = {answer!r}, which the other answers do not ask for"
        return Issue("E31", Level.STOP, found, "no answer", "correct one of the answers", form.id)
    expected = question.problem(answer)
    if expected:
        return Issue("E31", Level.STOP, f"{question.id} = {answer!r}", expected, "correct the answer", form.id)
    return None


def _modality_issues(form: Form, modality: str) -> tuple[Issue, ...]:
    if not form.modalities or modality in form.modalities:
        return ()
    allowed = " or ".join(form.modalities)
    if not modality:
        return (Issue("E34", Level.STOP, "no modality", allowed, "say what was read", form.id),)
    return (Issue("E35", Level.STOP, f"read on {modality}", allowed, "use a scale of this modality", form.id),)


def _version_issues(form: Form, version: str) -> tuple[Issue, ...]:
    if version in ("", form.version):
        return ()
    found = f"answers to version {version}"
    return (Issue("E34", Level.STOP, found, f"version {form.version}", "answer this version of the form", form.id),)


def _condition_problem(form: Form) -> str:
    """What is wrong with ids and conditions, in words; empty where nothing is."""
    before: dict[str, set[str]] = {MODALITY: set(form.modalities)}
    for question in form.questions:
        if question.id in before:
            return f"{question.id} twice"
        for name, accepted in question.when.items():
            if not set(accepted) <= before.get(name, set()):
                return f"{question.id} is asked under a condition that cannot be"
        before[question.id] = {c.value for c in question.choices}
    return ""


def _checked(path: Path, name: str) -> dict:
    """Content of a file that holds to one of the schemas."""
    from jsonschema import Draft202012Validator

    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    parse = tomllib.loads if path.suffix.lower() == ".toml" else json.loads
    try:
        data = parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        found = error.strerror or "it cannot be opened" if isinstance(error, OSError) else str(error)
        raise _refused(path, found, "a readable JSON or TOML file in UTF-8") from error
    errors = sorted(f"{e.json_path}: {e.message[:200]}" for e in Draft202012Validator(schema).iter_errors(data))
    if errors:
        raise _refused(path, "; ".join(errors[:3]), f"data that hold to {name}")
    return data


def _form(data: Mapping[str, Any]) -> Form:
    return Form(
        id=data["id"],
        version=data["version"],
        name=data["name"],
        source=data["source"],
        status=data["status"],
        modalities=tuple(data["modalities"]),
        questions=tuple(_question(q) for q in data["questions"]),
        score=data.get("score", ""),
        note=data.get("note", {}),
    )


def _question(data: Mapping[str, Any]) -> Question:
    choices = tuple(
        Choice(c["value"], c["label"], tuple(c["percent"]) if "percent" in c else None) for c in data.get("choices", ())
    )
    when = {name: tuple(accepted) for name, accepted in data.get("when", {}).items()}
    return Question(
        data["id"],
        data["label"],
        data["kind"],
        choices,
        data.get("low"),
        data.get("high"),
        data.get("unit", ""),
        data.get("optional", False),
        data.get("points", 0),
        when,
    )


def _refused(path: Path, found: str, expected: str) -> UsageError:
    return UsageError(Issue("E33", Level.STOP, found, expected, "correct the form file", path.name))
