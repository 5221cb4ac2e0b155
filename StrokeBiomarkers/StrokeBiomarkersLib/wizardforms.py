"""Forms of readers within a procedure: which questions of a form belong to which step, and what follows for the record.

Transformation and vessel status are answered here and not measured; a form is bound to its version and to what was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from strokequant.batch.follow_up_answers import FollowUpAnswers
from strokequant.batch.reader_forms import add_forms
from strokequant.biomarkers.forms import MODALITY, Form, answer_form, load_forms
from strokequant.biomarkers.forms import Question as FormQuestion
from strokequant.biomarkers.vessel_status import VesselScore
from strokequant.follow_up_types import FormsResult
from strokequant.sop.procedure import Step, Words
from strokequant.sop.questions import Kind, Question
from strokequant.sop.walk import CheckResult
from strokequant.types import CaseRecord

FORM = "form"
"""Kind of the entries of a journal that keep the answers to a form."""

SCALE = "scale"
_TRANSFORMATION = "HT"
_SCALES: Mapping[str, tuple[str, ...]] = {"CTA": ("AOL", "TIMI"), "MRA": ("AOL", "TIMI"), "DSA": ("mTICI", "eTICI")}
"""Scales by what was read, as the procedure asks."""

_STEPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ht_class": {
        "D4": (
            MODALITY,
            "thrombectomy",
            "staining",
            "pattern",
            "share",
            "beyond_border",
            "remote",
            "ivh",
            "sah",
            "sdh",
        ),
        "D6": ("mass_effect",),
        "D8": ("thrombectomy", "staining"),
    },
    "recanalization": {"F2": ("site", "side"), "F3": (MODALITY, SCALE), "F4": ("grade", "percent")},
}
"""Questions of a form by task and step."""

_ASKED: Mapping[str, str] = {
    "d4_pattern": "pattern",
    "d4_image": MODALITY,
    "d6_mass_effect": "mass_effect",
    "f2_site": "site",
    "f3_scale": SCALE,
    "f3_version": SCALE,
    "f4_grade": "grade",
}
"""Question by the condition that asks for its answer."""

_MODALITY = Words("Read on", "판독한 영상")
_SCALE = Words("Scale", "척도")


class FormAnswers:
    """Answers to the form of one task; nothing where the task has none.

    Args:
        task: of the procedure.
    """

    def __init__(self, task: str):
        self._task, self._steps = task, _STEPS.get(task, {})
        self._forms = load_forms() if self._steps else {}
        self.values: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether this is a question of the form."""
        return any(name in names for names in self._steps.values())

    def questions(self, step: Step) -> tuple[Question, ...]:
        """Questions of a step that arise with the answers so far."""
        names = self._steps.get(step.id, ())
        return tuple(q for name in names if (q := self._question(name)) is not None)

    def answer(self, name: str, value: Any) -> None:
        """Keep an answer; None takes it back. Answers that do not arise any more are let go of."""
        self.values = {key: one for key, one in self.values.items() if key != name}
        if value is not None:
            self.values[name] = value
        if name in (MODALITY, SCALE) and self._task == "recanalization":
            scales = _SCALES.get(self.values.get(MODALITY, ""), ())
            gone = {SCALE} if self.values.get(SCALE) not in scales else set()
            gone |= {"grade", "percent"}
            self.values = {key: one for key, one in self.values.items() if key not in gone}
        self.values = {key: one for key, one in self.values.items() if self._arises(key)}

    def restore(self, payloads: Sequence[Mapping[str, Any]]) -> None:
        """Answers as they were kept last."""
        self.values = dict(payloads[-1]) if payloads else {}

    def askedBy(self, result: CheckResult) -> tuple[str, ...]:
        """Questions of the form whose answers a condition asks for."""
        name = _ASKED.get(result.id)
        return (name,) if name is not None and self.has(name) else ()

    def added(self, record: CaseRecord, reader: str) -> CaseRecord:
        """The record with what was answered, and what follows from it."""
        form = self._form()
        if form is None or not self.values:
            return record
        modality = self.values.get(MODALITY, "")
        given = {name: value for name, value in self.values.items() if name not in (MODALITY, SCALE)}
        if self._task == "recanalization" and SCALE not in self.values:
            vessel = VesselScore("", "", modality, None, given, {}, reader)  # site and side come before the scale
            return replace(record, forms=FormsResult(vessels=(vessel,)))
        answers = answer_form(form, given, modality=modality, reader=reader)
        bare = replace(record, forms=None)
        return add_forms(bare, answers=FollowUpAnswers(forms=(answers,), reader=reader))

    def _form(self) -> Form | None:
        if self._task == "ht_class":
            return self._forms[_TRANSFORMATION]
        return self._forms.get(self.values.get(SCALE, "AOL")) if self._forms else None

    def _arises(self, name: str) -> bool:
        if name in (MODALITY, SCALE):
            return True
        question = {q.id: q for q in self._form().questions}.get(name)
        return question is not None and question.is_asked(self.values)

    def _question(self, name: str) -> Question | None:
        form = self._form()
        if name == MODALITY:
            options = tuple(_SCALES) if self._task == "recanalization" else form.modalities
            return Question(name, _MODALITY, Kind.CHOICE, tuple((one, Words(one, one)) for one in options))
        if name == SCALE:
            options = _SCALES.get(self.values.get(MODALITY, ""), ())
            words = [(one, Words(**_both(self._forms[one].name))) for one in options]
            return Question(name, _SCALE, Kind.CHOICE, tuple(words))
        return _converted(next(q for q in form.questions if q.id == name)) if self._arises(name) else None


def _converted(question: FormQuestion) -> Question:
    words = Words(**_both(question.label))
    if question.kind == "choice":
        options = tuple((choice.value, Words(**_both(choice.label))) for choice in question.choices)
        return Question(question.id, words, Kind.CHOICE, options)
    return Question(question.id, words, Kind.NUMBER, (), question.unit, question.low, question.high)


def _both(words: Mapping[str, str]) -> dict[str, str]:
    return {language: words[language] for language in ("en", "ko")}
