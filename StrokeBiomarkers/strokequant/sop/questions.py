"""What a step asks its reader, in both languages: a question for every fact that only a person can say.

Which questions belong to which step follows from the conditions of the procedure; the words stand here once. Facts that the program knows
(worklist, register, edits, signature) are never asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from .fact_registry import FACTS
from .procedure import Procedure, Step, Words


class Kind(StrEnum):
    """How a question is answered."""

    YES = "yes"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True)
class Question:
    """A question about one fact.

    Args:
        name: of the fact.
        label: short, for the screen.
        kind: of the answer.
        options: value and words, for one choice or several.
        unit: as people write it.
        lowest, highest: of a number, both ends included.
    """

    name: str
    label: Words
    kind: Kind
    options: tuple[tuple[str, Words], ...] = ()
    unit: str = ""
    lowest: float = 0.0
    highest: float = 0.0

    def problem(self, value: Any) -> str:
        """What is wrong with an answer: "choice", "number", "text" or "yes"; empty where it can be."""
        known = [option for option, _ in self.options]
        match self.kind:
            case Kind.YES:
                right = isinstance(value, bool)
            case Kind.CHOICE:
                right = value in known
            case Kind.CHOICES:
                right = isinstance(value, list | tuple) and set(value) <= set(known)
            case Kind.NUMBER:
                number = isinstance(value, int | float) and not isinstance(value, bool)
                right = number and self.lowest <= value <= self.highest
            case Kind.TEXT:
                right = isinstance(value, str) and bool(value.strip())
        return "" if right else str(self.kind)


def _yes(name: str, en: str, ko: str) -> Question:
    return Question(name, Words(en, ko), Kind.YES)


def _choice(name: str, en: str, ko: str, options: Iterable[tuple[str, str, str]], kind: Kind = Kind.CHOICE) -> Question:
    return Question(name, Words(en, ko), kind, tuple((value, Words(*words)) for value, *words in options))


def _text(name: str, en: str, ko: str) -> Question:
    return Question(name, Words(en, ko), Kind.TEXT)


def _number(name: str, en: str, ko: str, unit: str, lowest: float, highest: float) -> Question:
    return Question(name, Words(en, ko), Kind.NUMBER, (), unit, lowest, highest)


_GRADES = (
    ("diagnostic", "diagnostic", "진단 가능"),
    ("limited", "limited", "제한적"),
    ("non-diagnostic", "non-diagnostic: nothing is measured", "진단 불가: 측정하지 않음"),
)
_REASONS = (
    ("motion", "motion", "움직임"),
    ("metal", "metal or susceptibility", "금속 또는 자화율 인공물"),
    ("distortion", "distortion", "왜곡"),
    ("noise", "noise", "잡음"),
    ("coverage", "incomplete coverage", "범위 부족"),
    ("missing", "missing or damaged slices", "빠지거나 손상된 단면"),
    ("protocol", "other protocol", "다른 프로토콜"),
    ("contrast", "contrast agent or bolus", "조영제 또는 주입 문제"),
    ("other", "other", "기타"),
)
_TERRITORIES = (
    ("MCA", "middle cerebral artery", "중대뇌동맥"),
    ("ACA", "anterior cerebral artery", "전대뇌동맥"),
    ("PCA", "posterior cerebral artery", "후대뇌동맥"),
    ("AChA", "anterior choroidal artery", "전맥락총동맥"),
    ("VB", "vertebral and basilar arteries", "척추기저동맥"),
    ("watershed", "border zone", "경계 영역"),
    ("several", "several", "여러 영역"),
)
_QUESTIONS = (
    _number("hours_from_onset", "Hours from onset to the scan", "발병에서 촬영까지 시간", "h", 0, 24 * 400),
    _choice("evaluability", "Quality of the images", "영상 품질", _GRADES),
    _choice("evaluability_reasons", "Reasons", "사유", _REASONS, Kind.CHOICES),
    _yes("brain_mask_confirmed", "Brain mask looked at on every slice", "모든 단면에서 뇌 마스크를 확인함"),
    _yes("candidates_decided", "Every candidate taken or left", "모든 후보를 채택 또는 제외함"),
    _yes("exclusions_reviewed", "Looked for what must be left out", "제외해야 할 부분을 검토함"),
    _yes("no_lesion_confirmed", "Looked for a lesion: there is none", "병변을 찾아보았고 없음"),
    _choice("territory", "Vascular territory", "혈관 영역", _TERRITORIES),
    _yes("side_confirmed", "Side compared with the images", "좌우를 영상과 대조함"),
    _yes("plausibility_confirmed", "Result is plausible", "결과가 타당함"),
    _yes("deviations_reviewed", "Deviations reviewed", "이탈 목록을 검토함"),
    _yes("preview_confirmed", "Outputs looked at", "결과물을 확인함"),
    _choice(
        "sign_meaning",
        "Meaning of the signature",
        "서명의 의미",
        (("author", "author", "작성"), ("verification", "verification", "확인"), ("review", "review", "검토")),
    ),
    _yes("registration_approved", "Registration looked at in three planes: right", "세 평면에서 정합을 확인함: 맞음"),
    _number("landmark_error_mm", "Largest error of landmarks", "표지점 최대 오차", "mm", 0, 100),
    _yes("vessels_confirmed", "Artery and vein looked at, place and curve", "동맥과 정맥의 위치와 곡선을 확인함"),
    _text("vessel_reason", "Why artery or vein was replaced", "동맥 또는 정맥을 바꾼 사유"),
    _yes("late_contrast", "Contrast agent late or given twice", "조영제가 늦거나 두 번 주입됨"),
    _yes("contrast_last_24h", "Contrast agent in the 24 h before", "이전 24시간 안에 조영제 사용"),
    _yes("outlines_confirmed", "Every outline corrected and confirmed", "모든 윤곽을 수정하고 확인함"),
    _choice(
        "location",
        "Where most of the clot is",
        "혈종의 주된 위치",
        (("deep", "deep", "심부"), ("lobar", "lobar", "엽"), ("infratentorial", "infratentorial", "천막하")),
    ),
    _yes("growth_same_reader", "Earlier CT outlined by you too", "이전 CT의 윤곽도 본인이 정함"),
    _yes("surgery_or_drain", "Surgery or a drain", "수술 또는 배액관"),
    _yes("infarct_mask_current", "Infarct outline is of this time point", "경색 윤곽이 이 시점의 것임"),
    _yes("class_overridden", "Another class than the proposed one", "제안과 다른 분류를 선택함"),
    _text("override_reason", "Why another class", "다른 분류를 선택한 사유"),
    _yes("clinical_data_seen", "Clinical data such as NIHSS were seen", "NIHSS 등 임상 정보를 봄"),
    _yes("chronic_lesions_removed", "Chronic lesions looked for and left out", "만성 병변을 찾아 제외함"),
    _yes(
        "transformation_included", "Hemorrhage in the infarct belongs to the outline", "경색 안의 출혈이 윤곽에 포함됨"
    ),
    _choice(
        "zero_rule",
        "Rule for a baseline of 0 mL",
        "기저 0 mL에 대한 규칙",
        (("ln(V+1)", "ln(V+1)", "ln(V+1)"), ("not defined", "not defined", "정의하지 않음")),
    ),
    _choice(
        "vessel_artifacts",
        "What disturbs the images (none: leave empty)",
        "영상을 방해하는 요인 (없으면 비워 둠)",
        (
            ("motion", "motion", "움직임"),
            ("venous phase", "venous phase", "정맥기"),
            ("flow loss", "loss of flow", "혈류 신호 소실"),
        ),
        Kind.CHOICES,
    ),
    _yes("vessels_covered", "Carotid T to M2 and basilar artery covered", "내경동맥 말단에서 M2, 기저동맥까지 포함됨"),
    _choice(
        "vessel_order",
        "How the follow-up was read",
        "추적 영상의 판독 방식",
        (("blinded", "blinded to the baseline", "기저 영상을 가림"), ("paired", "paired with it", "기저 영상과 함께")),
    ),
    _number("vessel_grade_gain", "Grades gained since the baseline", "기저 대비 호전 등급", "", -5, 5),
    _text("collateral_grade", "Collaterals, on the scale of the charter", "측부순환 등급(헌장의 척도)"),
    _yes("subject_protocol_used", "Scanned with the protocol of the patients", "환자와 같은 프로토콜로 촬영함"),
    _yes("scanner_unchanged", "Scanner as at the last session", "장비가 지난 촬영 때와 같음"),
    _choice(
        "qualification_decision",
        "Decision about the scanner",
        "장비에 대한 결정",
        (
            ("qualified", "qualified", "적격"),
            ("conditional", "conditional", "조건부"),
            ("failed", "failed", "부적격"),
        ),
    ),
    _text("decision_reason", "Why another decision than the verdict", "판정과 다르게 결정한 사유"),
)
QUESTIONS: Final[dict[str, Question]] = {question.name: question for question in _QUESTIONS}

PROGRAM: Final = frozenset(name for name, fact in FACTS.items() if fact.of_reader and name not in QUESTIONS)
"""Facts of the reading that the program says: who reads, what is assigned, what was edited, what was signed."""


def questions_of(procedure: Procedure, step: Step, given: Mapping[str, Any] = {}) -> tuple[Question, ...]:
    """What a step asks.

    Args:
        procedure: that the step is of.
        step: any.
        given: facts that somebody else says, such as the charter of a trial.

    Returns:
        Questions on the facts that the step keeps or that its conditions name first, in the order of the conditions.
    """
    asked = dict.fromkeys([*_names(step), *sorted(step.record)])
    before = [name for other in procedure.steps[: procedure.steps.index(step)] for name in _asked_by(other)]
    own = set(step.record)
    return tuple(
        QUESTIONS[name]
        for name in asked
        if name in QUESTIONS and name not in given and (name in own or name not in before)
    )


def _asked_by(step: Step) -> list[str]:
    return [*_names(step), *step.record]


def _names(step: Step) -> list[str]:
    """Facts in the order in which the conditions name them."""
    found = []
    for check in (*step.preconditions, *step.postconditions):
        found += sorted(check.condition.names, key=check.condition.text.find)
    return found
