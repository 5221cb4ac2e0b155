"""A form as an empty file of answers: every question with what can be answered, to be filled in with any text editor."""

from collections.abc import Iterable
from textwrap import wrap

from .forms import Form, Question

_WIDTH = 110


def blank_answers(forms: Iterable[Form]) -> str:
    """Text of a TOML file for `load_answers`.

    Args:
        forms: to answer.

    Returns:
        Every question as a comment: one that stays a comment is not answered, and is asked (E30) where it has to be.
    """
    return "\n".join(["schema_version = 1", *(line for form in forms for line in _entry(form))]) + "\n"


def _entry(form: Form) -> list[str]:
    lines = ["", *_comment(f"{form.name['en']}. {form.note.get('en', '')}".strip()), "[[answers]]"]
    lines += [f'form = "{form.id}"', f'version = "{form.version}"']
    if form.modalities:
        lines += [*_comment(f"read on: {', '.join(form.modalities)}"), 'modality = ""']
    lines += [
        'reader = ""',
        *_comment("both, where there are several cases or time points"),
        '# case = ""',
        '# timepoint = ""',
    ]
    return [*lines, "", "[answers.values]", *(line for question in form.questions for line in _question(question))]


def _question(question: Question) -> list[str]:
    when = " and ".join(f"{name} is {' or '.join(values)}" for name, values in question.when.items())
    may = "; may stay unanswered" if question.optional else ""
    words = f"{question.label['en']}{f' (asked where {when})' if when else ''}{may}"
    if question.kind == "choice":
        told = [line for c in question.choices for line in _comment(f'  "{c.value}": {c.label["en"]}')]
        return [*_comment(words), *told, f'# {question.id} = ""']
    kind = "a whole number" if question.kind == "integer" else "a number"
    unit = f" {question.unit}" if question.unit else ""
    return [*_comment(f"{words}: {kind} from {question.low:g} to {question.high:g}{unit}"), f"# {question.id} = "]


def _comment(words: str) -> list[str]:
    indent = words[: len(words) - len(words.lstrip())]
    return [f"# {indent}{line}" for line in wrap(words.strip(), _WIDTH)]
