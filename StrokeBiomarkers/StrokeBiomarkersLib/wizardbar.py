"""The bar of a guided reading: step, checks, questions, Back and Next; at hand over every module that a step is done in.

It shows what it is given and tells what the reader does; nothing is decided here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import qt
from slicer.i18n import tr as _

from strokequant.sop.questions import Kind, Question

from .wizard import CheckRow
from .wizardtexts import checkMark, checkNote

LOWEST = 170
"""Pixels of the height of the bar."""


class BarActions(NamedTuple):
    """What the bar tells.

    Args:
        onBack, onNext, onAutomatic, onSteps: buttons.
        onAnswer: question and value, None where an answer was taken back.
        onReason: code of a deviation and text.
        onLanguage: "en" or "ko".
    """

    onBack: Callable[[], None]
    onNext: Callable[[], None]
    onAutomatic: Callable[[], None]
    onSteps: Callable[[], None]
    onAnswer: Callable[[Question, Any], None]
    onReason: Callable[[str, str], None]
    onLanguage: Callable[[str], None]


class BarContent(NamedTuple):
    """What the bar shows.

    Args:
        title: of the step.
        text: instruction.
        checks, questions: of the step.
        values: answers by the name of the question.
        reasons: by code of a deviation.
        language: of the procedure.
        back, next, automatic: what each button waits for; empty where it may be pressed.
        nextText: word on the button.
    """

    title: str
    text: str
    checks: Sequence[CheckRow] = ()
    questions: Sequence[Question] = ()
    values: Mapping[str, Any] = {}
    reasons: Mapping[str, str] = {}
    language: str = "en"
    back: str = ""
    next: str = ""
    automatic: str = ""
    nextText: str = ""


class WizardBar:
    """The widget, in `widget`.

    Args:
        actions: what to call.
        keys: shortcut by action, for the tooltips.
    """

    def __init__(self, actions: BarActions, keys: Mapping[str, str]):
        self._actions, self._keys = actions, keys
        self._shape: Any = None
        self._said = self._missing = ""
        self.answers: dict[str, AnswerWidget] = {}
        self.reasonEdits: dict[str, Any] = {}
        self.widget = qt.QWidget()
        self.widget.objectName = "StrokeWizardBar"
        self.widget.setMinimumHeight(LOWEST)
        row = qt.QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(12)
        self.widget.setLayout(row)
        row.addWidget(self._stepPart(), 26)
        self._checks, self._questions = _Scrolled(), _Scrolled()
        row.addWidget(_titled(_("Checks"), self._checks.area), 36)
        row.addWidget(_titled(_("Your answers"), self._questions.area), 36)
        row.addWidget(self._buttonPart(), 0)

    def show(self, content: BarContent) -> None:
        """Show a step; fields that stay keep their focus."""
        self.titleLabel.text, self.textLabel.text = content.title, content.text
        shape = (
            content.title,
            content.language,
            tuple((c.result.id, c.needsReason) for c in content.checks),
            tuple(content.questions),
        )
        if shape != self._shape:
            self._shape = shape
            self._build(content)
        for check in content.checks:
            self._marks[check.result.id].text = checkMark(check)
            note = checkNote(check)
            self._notes[check.result.id].text = note
            self._notes[check.result.id].visible = bool(note)
        for question in content.questions:
            self.answers[question.name].show(content.values.get(question.name))
        for code, edit in self.reasonEdits.items():
            if edit.text != content.reasons.get(code, "") and not edit.hasFocus():
                edit.text = content.reasons.get(code, "")
        for language, button in self._languages.items():
            button.checked = language == content.language
        self.nextButton.text = content.nextText or _("Next")
        self._wait(self.backButton, content.back, _("Step before ({key})"), "back")
        self._wait(self.nextButton, content.next, _("Leave this step ({key})"), "next")
        self._wait(
            self.automaticButton, content.automatic, _("Steps that need no reader, in a row ({key})"), "automatic"
        )
        self._missing = content.next
        self._showWords()

    def say(self, text: str) -> None:
        """Say something besides what is missing; an empty text takes it away."""
        self._said = text
        self._showWords()

    def cycle(self, number: int) -> None:
        """Answer a question by its number, from 0: the next possible answer, or the field to type in."""
        widgets = list(self.answers.values())
        if 0 <= number < len(widgets):
            widgets[number].cycle()

    def focus(self) -> None:
        """Go to the first field that is empty: a reason, or an answer."""
        empty = [edit for edit in self.reasonEdits.values() if not edit.text.strip()]
        fields = empty or [answer.first for answer in self.answers.values() if answer.value() is None]
        (fields[0] if fields else self.nextButton).setFocus()

    def _showWords(self) -> None:
        self.missingLabel.text = "\n".join(text for text in (self._said, self._missing) if text)

    def _stepPart(self):
        part = qt.QWidget()
        column = qt.QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        part.setLayout(column)
        self.titleLabel, self.textLabel = qt.QLabel(), qt.QLabel()
        self.titleLabel.styleSheet = "font-weight: bold; font-size: 14px;"
        self.textLabel.styleSheet = "font-size: 14px;"
        for label in (self.titleLabel, self.textLabel):
            label.wordWrap = True
        self.textLabel.setAlignment(qt.Qt.AlignTop | qt.Qt.AlignLeft)
        scrolled = _Scrolled()
        scrolled.layout.addWidget(self.textLabel)
        scrolled.layout.addStretch(1)
        column.addWidget(self.titleLabel)
        column.addWidget(scrolled.area, 1)
        languages = qt.QHBoxLayout()
        self._languages = {}
        for language, name in (("en", "English"), ("ko", "한국어")):
            button = qt.QPushButton(name)
            button.checkable = True
            button.toolTip = _("Language of the procedure")
            button.connect("clicked(bool)", lambda *ignored, one=language: self._actions.onLanguage(one))
            self._languages[language] = button
            languages.addWidget(button)
        languages.addStretch(1)
        column.addLayout(languages)
        return part

    def _buttonPart(self):
        part = qt.QWidget()
        part.setFixedWidth(210)
        column = qt.QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        part.setLayout(column)
        pair = qt.QHBoxLayout()
        self.backButton, self.nextButton = qt.QPushButton(_("Back")), qt.QPushButton(_("Next"))
        self.nextButton.styleSheet = "font-weight: bold;"
        for button in (self.backButton, self.nextButton):
            button.setMinimumHeight(34)
            pair.addWidget(button)
        self.automaticButton, self.stepsButton = qt.QPushButton(_("Automatic steps")), qt.QPushButton(_("Steps"))
        self.stepsButton.toolTip = _("List of steps, summary and signature ({key})").format(key=self._keys["steps"])
        self.missingLabel = qt.QLabel()
        self.missingLabel.wordWrap = True
        self.missingLabel.setAlignment(qt.Qt.AlignTop | qt.Qt.AlignLeft)
        scrolled = _Scrolled()
        scrolled.layout.addWidget(self.missingLabel)
        scrolled.layout.addStretch(1)
        column.addLayout(pair)
        row = qt.QHBoxLayout()
        row.addWidget(self.automaticButton)
        row.addWidget(self.stepsButton)
        column.addLayout(row)
        column.addWidget(scrolled.area, 1)
        calls = {
            self.backButton: self._actions.onBack,
            self.nextButton: self._actions.onNext,
            self.automaticButton: self._actions.onAutomatic,
            self.stepsButton: self._actions.onSteps,
        }
        for button, call in calls.items():
            button.connect("clicked(bool)", lambda *ignored, call=call: call())
        return part

    def _build(self, content: BarContent) -> None:
        """Rows of checks and questions anew."""
        self._checks.clear()
        self._questions.clear()
        self.answers, self.reasonEdits, self._marks, self._notes = {}, {}, {}, {}
        for check in content.checks:
            self._addCheck(check)
        if not content.checks:
            self._checks.layout.addWidget(_quiet(_("This step has no conditions.")))
        for number, question in enumerate(content.questions, 1):
            self._addQuestion(number, question, content.language)
        if not content.questions:
            self._questions.layout.addWidget(_quiet(_("This step asks nothing.")))
        for part in (self._checks, self._questions):
            part.layout.addStretch(1)

    def _addCheck(self, check: CheckRow) -> None:
        grid = qt.QGridLayout()
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        mark, text, note = qt.QLabel(), qt.QLabel(check.text), qt.QLabel()
        mark.setFixedWidth(20)
        for label in (text, note):
            label.wordWrap = True
        mark.setAlignment(qt.Qt.AlignTop)
        note.styleSheet = "color: #b26a00;"
        grid.addWidget(mark, 0, 0)
        grid.addWidget(text, 0, 1)
        grid.addWidget(note, 1, 1)
        self._marks[check.result.id], self._notes[check.result.id] = mark, note
        code = check.result.deviation
        if check.needsReason and code not in self.reasonEdits:
            edit = qt.QLineEdit()
            edit.placeholderText = _("Reason for {code}").format(code=code)
            edit.connect("textChanged(QString)", lambda value, code=code: self._actions.onReason(code, value))
            grid.addWidget(edit, 2, 1)
            self.reasonEdits[code] = edit
        self._checks.layout.addLayout(grid)

    def _addQuestion(self, number: int, question: Question, language: str) -> None:
        answer = AnswerWidget(question, language, lambda value, q=question: self._actions.onAnswer(q, value))
        self.answers[question.name] = answer
        unit = f" ({question.unit})" if question.unit else ""
        label = qt.QLabel(f"{number}. {question.label.in_language(language)}{unit}")
        label.wordWrap = True
        label.toolTip = _("{key}: next answer").format(key=f"Alt+{number}")
        if question.kind is Kind.CHOICES:
            self._questions.layout.addWidget(label)
            self._questions.layout.addWidget(answer.widget)
            return
        row = qt.QHBoxLayout()
        row.addWidget(label, 3)
        row.addWidget(answer.widget, 2)
        self._questions.layout.addLayout(row)

    def _wait(self, button, wait: str, ready: str, action: str) -> None:
        button.enabled = not wait
        button.toolTip = wait or ready.format(key=self._keys[action])


class AnswerWidget:
    """Fields of one question; tells every answer, and shows one without telling.

    Args:
        question: that is asked.
        language: of its words.
        onAnswer: called with the value, None for none.
    """

    def __init__(self, question: Question, language: str, onAnswer: Callable[[Any], None]):
        self._question, self._onAnswer, self._isShowing = question, onAnswer, False
        self.widget = qt.QWidget()
        make = {Kind.YES: self._yes, Kind.CHOICE: self._choice, Kind.CHOICES: self._choices}.get(
            question.kind, self._line
        )
        make(language)

    def value(self) -> Any:
        """Answer as the fields have it; text that is no number stays text."""
        match self._question.kind:
            case Kind.YES:
                return True if self._fields[0].checked else False if self._fields[1].checked else None
            case Kind.CHOICE:
                index = self.first.currentIndex
                return self._question.options[index - 1][0] if index > 0 else None
            case Kind.CHOICES:
                pairs = zip(self._question.options, self._fields, strict=True)
                return [value for (value, _words), box in pairs if box.checked]
            case Kind.NUMBER:
                return _numberOf(self.first.text)
        return self.first.text.strip() or None

    def show(self, value: Any) -> None:
        """Show an answer that was kept."""
        if value == self.value() and type(value) is type(self.value()):
            return
        self._isShowing = True
        match self._question.kind:
            case Kind.YES:
                self._fields[0].checked, self._fields[1].checked = value is True, value is False
            case Kind.CHOICE:
                known = [option for option, _words in self._question.options]
                self.first.setCurrentIndex(known.index(value) + 1 if value in known else 0)
            case Kind.CHOICES:
                for (option, _words), box in zip(self._question.options, self._fields, strict=True):
                    box.checked = option in (value or ())
            case _:
                if not self.first.hasFocus():
                    self.first.text = "" if value is None else f"{value:g}" if isinstance(value, float | int) else value
        self._isShowing = False

    def cycle(self) -> None:
        """The next possible answer; a field to type in gets the focus."""
        match self._question.kind:
            case Kind.YES:
                self._fields[1 if self._fields[0].checked else 0].click()
            case Kind.CHOICE:
                self.first.setCurrentIndex(self.first.currentIndex % len(self._question.options) + 1)
            case _:
                self.first.setFocus()

    def _told(self, *ignored) -> None:
        if not self._isShowing:
            self._onAnswer(self.value())

    def _yes(self, language: str) -> None:
        row = self._row()
        words = {"en": ("Yes", "No"), "ko": ("예", "아니요")}[language]
        self._fields = [qt.QPushButton(word) for word in words]
        for number, button in enumerate(self._fields):
            button.checkable = True
            button.connect("clicked(bool)", lambda *ignored, n=number: self._onYes(n))
            row.addWidget(button)
        self.first = self._fields[0]

    def _onYes(self, number: int) -> None:
        self._isShowing = True
        self._fields[1 - number].checked = False
        self._isShowing = False
        self._told()

    def _choice(self, language: str) -> None:
        self.first = qt.QComboBox()
        self.first.addItem("–")
        for _value, words in self._question.options:
            self.first.addItem(words.in_language(language))
        self.first.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        self.first.connect("currentIndexChanged(int)", self._told)
        self._row().addWidget(self.first)
        self._fields = [self.first]

    def _choices(self, language: str) -> None:
        grid = qt.QGridLayout()
        grid.setContentsMargins(16, 0, 0, 0)
        self.widget.setLayout(grid)
        self._fields = []
        for number, (_value, words) in enumerate(self._question.options):
            box = qt.QCheckBox(words.in_language(language))
            box.connect("toggled(bool)", self._told)
            grid.addWidget(box, number // 2, number % 2)
            self._fields.append(box)
        self.first = self._fields[0]

    def _line(self, language: str) -> None:
        self.first = qt.QLineEdit()
        self.first.connect("editingFinished()", self._told)
        self._row().addWidget(self.first)
        self._fields = [self.first]

    def _row(self):
        row = qt.QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        self.widget.setLayout(row)
        return row


class _Scrolled:
    """Rows that scroll where there are many."""

    def __init__(self):
        self.area = qt.QScrollArea()
        self.area.widgetResizable = True
        self.area.setFrameShape(qt.QFrame.NoFrame)
        self.area.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(qt.Qt.NoFocus)
        self._fill()

    def clear(self) -> None:
        """Take all rows away; a field among them may be telling its answer just now, so that it goes later and says nothing more."""
        before = self.area.takeWidget()
        for field in before.findChildren(qt.QWidget):
            field.blockSignals(True)
        before.hide()
        before.deleteLater()
        self._fill()

    def _fill(self) -> None:
        inside = qt.QWidget()
        self.layout = qt.QVBoxLayout()
        self.layout.setContentsMargins(0, 0, 4, 0)
        self.layout.setSpacing(3)
        inside.setLayout(self.layout)
        self.area.setWidget(inside)


def _titled(title: str, area):
    part = qt.QWidget()
    column = qt.QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    part.setLayout(column)
    label = qt.QLabel(title)
    label.styleSheet = "font-weight: bold;"
    column.addWidget(label)
    column.addWidget(area, 1)
    return part


def _quiet(text: str):
    label = qt.QLabel(text)
    label.enabled = False
    return label


def _numberOf(text: str) -> Any:
    """A number; text that is none stays text and is refused by name."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value
