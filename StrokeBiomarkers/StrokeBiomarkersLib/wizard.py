"""A reading that a procedure guides, without widgets: which step it is at, what the step asks, what is missing, what was edited.

Between the read item, which keeps everything, and the reading of a module, which measures. Nothing moves by itself: every move is a call.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from strokequant.biomarkers.final_infarct import FINAL
from strokequant.errors import Issue, Level, StrokeQuantError, TrialError
from strokequant.sop.fact_registry import FACTS
from strokequant.sop.outcome import not_evaluable, outcome_facts
from strokequant.sop.procedure import Action, Severity, Step
from strokequant.sop.questions import Question, questions_of
from strokequant.sop.walk import CheckResult, Passage, may_finish
from strokequant.trial.item_states import ItemState
from strokequant.trial.signing import TIMEPOINT
from strokequant.trial.trial_facts import OF_INTAKE, is_trial_reading
from strokequant.types import CaseRecord, Measurement

from .editstate import PROPOSAL, EditState, changesOf, proposalHash, replayed
from .infarctoutline import INFARCT, InfarctOutline
from .reading import Progress, Reading, silent
from .wizardforms import FORM, FormAnswers
from .wizardoutcome import ON_BLOOD, withFinalInfarct, withInfarct

NON_DIAGNOSTIC = "non-diagnostic"
REPLAYED = ("said", "voxels")
REASONS = "reasons"
"""Kind of the entries of a journal that keep reasons for deviations before the step is left."""

EARLIER = "earlier"
"""Kind of the entries of a journal that name the earlier record."""

OUTLINED = ("final_infarct", "ht_class")
"""Tasks in which the reader outlines the infarct from nothing."""


class StepState(StrEnum):
    """Where one step stands."""

    DONE = "done"
    CURRENT = "current"
    WAITS = "waits"
    SKIPPED = "skipped"


class StepRow(NamedTuple):
    """One line of the list of steps.

    Args:
        step: of the procedure.
        state: done, current, not there yet, or left out.
        deviations: codes that it was left with.
    """

    step: Step
    state: StepState
    deviations: tuple[str, ...] = ()


class CheckRow(NamedTuple):
    """One condition of the current step.

    Args:
        result: what it gave.
        text: what must hold, in the language of the procedure.
        found: values that it was judged by.
        needsReason: it is passed with a reason of the reader for its deviation.
        isOpen: an answer of the reader is still missing, so that nothing was judged yet.
    """

    result: CheckResult
    text: str
    found: str
    needsReason: bool
    isOpen: bool


class Missing(NamedTuple):
    """One thing that keeps the reader from going on: "case", "stop", "reason", "answer", "skipReason", or nothing; and what, in words."""

    key: str
    text: str


class Prior(NamedTuple):
    """An earlier signed reading of the same subject, as far as a reader may know of it.

    Args:
        item: pseudonym.
        hours: between both; None where the charter does not show the interval, or it is not known.
    """

    item: str
    hours: float | None


class Wizard:
    """One guided reading.

    Args:
        item: open `ReadingItem`.
        core: reading of the module that measures the task.
        openImages: lets a reading open the images; those of the folder of the item where None.
        language: of the procedure, "en" or "ko".
        clock: gives the time.
    """

    def __init__(
        self,
        item: Any,
        core: Reading,
        *,
        openImages: Callable[[Reading, Progress], None] | None = None,
        language: str = "en",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._openImages = openImages or (lambda core, progress: core.openFolder(item.images, progress=progress))
        self.item, self.core, self.language, self.clock = item, core, language, clock
        self.proposal: CaseRecord | None = None
        self.reasons: dict[str, str] = {}
        self.forms = FormAnswers(item.procedure.task)
        self.outline: InfarctOutline | None = None
        self.earlier = ""
        self.changeReason = ""
        self._last = EditState()
        self._record: tuple[str, CaseRecord] | None = None
        self._known: tuple[Any, Any, dict[str, Any]] | None = None
        self._isReplaying = False
        self._keptReasons: Mapping[str, Any] = {}

    # The case

    def openCase(self, progress: Progress = silent) -> None:
        """Read and measure the images of the item, then do again what was edited before.

        Raises:
            StrokeQuantError: nothing can be read, the earlier reading may not be compared with any more (W37), or the edits belong to
                another proposal (W61).
        """
        self._openImages(self.core, progress)
        if len(self.core.cases) != 1:
            found = f"{len(self.core.cases)} cases or time points in the images"
            remedy = "choose the folder of one time point, or ask the study manager"
            raise TrialError(Issue("W25", Level.STOP, found, "one time point of one case", remedy, self.item.id))
        self.core.disguise(self.item.id, TIMEPOINT)
        if hasattr(self.core, "assignEarlier"):
            self.core.assignEarlier(self.item.earlier())
        self.proposal = self.core.compute(progress)
        self.outline = self._newOutline()
        self._replay()

    def record(self) -> CaseRecord | None:
        """The record as it would be signed now: with edits and forms, and without numbers where the images bear none."""
        if self.proposal is None:
            return None
        state = self._stateKey()
        if self._record is None or self._record[0] != state:
            self._record = state, self._made()
        return self._record[1]

    def compareWith(self, path: str) -> None:
        """Measure the growth of a final infarct against an earlier record; an empty path ends it."""
        if path != self.earlier:
            self.earlier = path
            self.item.checkpoint(EARLIER, {"path": path}, now=self.clock())

    def _made(self) -> CaseRecord:
        record = self.core.readerRecord(self.reader) if self.core.isMeasured() else self.core.record
        if self.outline is not None:
            record = self._withOutline(record)
        record = self.forms.added(record, self.reader)
        if self.answers.get("evaluability") == NON_DIAGNOSTIC:
            return not_evaluable(self.procedure, record, self.answers.get("evaluability_reasons") or ())
        return record

    def _withOutline(self, record: CaseRecord) -> CaseRecord:
        infarct = self.outline.mask(self.reader)
        if self._isBeforeOutline() and not infarct.values.any():
            return record  # an outline that nobody was asked for is no zero
        if self.procedure.task == "final_infarct":
            what = {"earlier": self.earlier, "reader": self.reader, "settings": self.core.settings}
            return withFinalInfarct(record, infarct, self.core.technique, self.answers, **what)
        return withInfarct(record, infarct) if infarct.values.any() else record

    def _newOutline(self) -> InfarctOutline | None:
        """Segment for the infarct, where the procedure asks for its outline and there is an image to draw it on."""
        image = self.core.hostImage() if self.procedure.task in OUTLINED else None
        if image is None:
            return None
        name = FINAL if self.procedure.task == "final_infarct" else ON_BLOOD
        return InfarctOutline(image, self.proposal.images[name].geometry)

    # Where it stands

    @property
    def procedure(self):
        """The procedure that is walked."""
        return self.item.procedure

    @property
    def step(self) -> Step | None:
        """Current step; None once it is signed."""
        return self.item.walk.step

    @property
    def answers(self) -> Mapping[str, Any]:
        """Answers so far, by fact."""
        return self.item.answers

    @property
    def reader(self) -> str:
        """Code of the reader."""
        return self.item.reader.id if self.item.reader is not None else ""

    @property
    def isOpen(self) -> bool:
        """True once the images were opened."""
        return self.proposal is not None

    @property
    def isFrozen(self) -> bool:
        """True where nothing can be edited: submitted, signed or withdrawn."""
        return self.item.status.state is not ItemState.IN_PROGRESS

    def words(self, text: Any) -> str:
        """A text of the procedure in the language that was chosen."""
        return text.in_language(self.language)

    def rows(self) -> list[StepRow]:
        """All steps, in order."""
        walk, found = self.item.walk, []
        for number, step in enumerate(self.procedure.steps):
            done = walk.done.get(step.id)
            state = StepState.WAITS
            if number == walk.position:
                state = StepState.CURRENT
            elif done is not None and number < walk.position:
                state = StepState.SKIPPED if done.skipped else StepState.DONE
            found.append(StepRow(step, state, tuple(sorted(done.deviations)) if done is not None else ()))
        return found

    def facts(self) -> dict[str, Any]:
        """All facts as they are now, those that follow from the edits among them."""
        record, progress = self.record(), self.item.progress
        if self._known is None or self._known[0] is not record or self._known[1] is not progress:
            known = self.item.facts(record, now=self.clock(), **self.ofCase())
            self._known = record, progress, known | self.derived(record)
        return self._known[2]

    def prior(self) -> Prior | None:
        """The earlier reading of the subject that this one is compared with; None without one."""
        item = self.item
        if item.trial is None or not item.file.prior:
            return None
        isTold = bool(item.trial.charter.blinding.get("interval_allowed")) and self.isOpen
        return Prior(item.file.prior, self.facts().get("hours_between") if isTold else None)

    def ofCase(self) -> dict[str, Any]:
        """What the item needs beside the record."""
        return {}

    def measurements(self) -> tuple[Measurement, ...]:
        """Numbers as they would be signed."""
        record = self.record()
        return record.measurements if record is not None else ()

    def shown(self, text: str) -> str:
        """A text as the reader may see it: without the descriptions of series."""
        return self.core.withoutDescriptions(text)

    def derived(self, record: CaseRecord | None) -> dict[str, Any]:
        """Facts that follow from what the reader did, not from what was said."""
        if record is None:
            return {}
        return outcome_facts(self.procedure, record, self.proposal)

    def passage(self) -> Passage:
        """May the current step be left?"""
        if self._isSigning():
            return self.item.passage(self.record(), now=self.clock(), **self.ofCase())
        return may_finish(self.item.walk, self.facts(), reader=self.reader)

    def checks(self) -> list[CheckRow]:
        """Conditions of the current step with what they gave."""
        if self.step is None:
            return []
        passage = self.passage()
        texts = {c.id: c.text for c in (*self.step.preconditions, *self.step.postconditions)}
        return [self._check(result, passage, texts) for result in passage.results]

    def _check(self, result: CheckResult, passage: Passage, texts: Mapping[str, Any]) -> CheckRow:
        failed = result.holds is not True and result.severity is not Severity.INFO
        excused = result.severity is Severity.WARN or result.deviation in passage.excused
        isOpen = failed and bool(self._openQuestions(result))
        needsReason = bool(failed and result.deviation and excused and not isOpen and not self.isByProgram())
        return CheckRow(result, self.words(texts[result.id]), foundText(result, failed), needsReason, isOpen)

    def questions(self) -> tuple[Question, ...]:
        """What the current step asks: facts of the reader first, then the form."""
        if self.step is None or self._isSigning() or self.isFrozen:
            return ()
        said = {name: value for name, value in self.facts().items() if name in FACTS and name not in self.answers}
        asked = [q for q in questions_of(self.procedure, self.step, said) if self._isAsked(q)]
        return (*asked, *self.forms.questions(self.step))

    def value(self, question: Question) -> Any:
        """Answer so far, None for none."""
        return (
            self.forms.values.get(question.name) if self.forms.has(question.name) else self.answers.get(question.name)
        )

    def isByProgram(self) -> bool:
        """An automatic step whose conditions hold, or only warn, is done by the program, as without a window."""
        if self.step is None or not self.step.automatic or not self.isOpen:
            return False
        return not any(r.severity is Severity.STOP for r in self.passage().failed)

    def missing(self) -> list[Missing]:
        """What keeps the current step from being left; empty where nothing does."""
        if self.step is None:
            return []
        if not self.isOpen:
            return [Missing("case", "")]
        found = []
        for check in () if self.isByProgram() else self.checks():
            result = check.result
            if check.isOpen:
                found += [Missing("answer", self.words(question.label)) for question in self._openQuestions(result)]
            elif check.needsReason and not self.reasons.get(result.deviation, "").strip():
                found.append(Missing("reason", f"{result.deviation} {self.deviationText(result.deviation)}"))
            elif result.holds is not True and result.severity is Severity.STOP and not check.needsReason:
                found.append(Missing("stop", check.text))
        return list(dict.fromkeys(found))

    def deviationText(self, code: str) -> str:
        """What a deviation is, in the language of the procedure."""
        known = self.procedure.deviations.get(code)
        return self.words(known.text) if known is not None else ""

    def deviations(self) -> list[tuple[str, str, str, str]]:
        """All deviations so far: step, code, what it is, reason."""
        walk = self.item.walk
        return [
            (step.id, code, self.deviationText(code), reason)
            for step in self.procedure.steps
            if step.id in walk.done
            for code, reason in sorted(walk.done[step.id].deviations.items())
        ]

    # Moves

    def answer(self, question: Question, value: Any) -> None:
        """Keep an answer; None takes it back.

        Raises:
            StrokeQuantError: it cannot be kept.
        """
        if self.forms.has(question.name):
            self.forms.answer(question.name, value)
            self.item.checkpoint(FORM, dict(self.forms.values), now=self.clock())
        else:
            self.item.answer(question.name, value, now=self.clock(), reason=self.changeReason)
            self._tellCore(question.name, value)

    def follow(self) -> None:
        """After anything that the reader may have edited: keep what has changed since, on the disk before this returns.

        Raises:
            StrokeQuantError: it cannot be written; it is tried again with the next change.
        """
        if self._isReplaying or self.isFrozen or not self._isEditable():
            return
        now = self._editState()
        changes = changesOf(self._last, now)
        if changes and not any(edit.kind == PROPOSAL for edit in self.item.edits()):
            self.item.edit(PROPOSAL, {"sha256": proposalHash(self._proposed)}, now=self.clock())
        for kind, payload in changes:
            self.item.edit(kind, payload, now=self.clock())
        self._last = now
        self._tellItem()

    def keepReasons(self) -> None:
        """Keep reasons that were typed and not used yet.

        Raises:
            StrokeQuantError: they cannot be written.
        """
        step = self.step.id if self.step is not None else ""
        now = {"step": step, "reasons": {code: text for code, text in self.reasons.items() if text.strip()}}
        if now != self._keptReasons and not self.isFrozen:
            self.item.checkpoint(REASONS, now, now=self.clock())
            self._keptReasons = now

    def next(self) -> None:
        """Leave the current step forward; an automatic step is done by the program.

        Raises:
            StrokeQuantError: it may not be left.
        """
        record = self._ready()
        reasons = self._reasons()
        how = {"reasons": reasons, "by_program": self.isByProgram()}
        self.item.finish_step(record, now=self.clock(), **how, **self.ofCase())
        self.reasons = {}

    def automatic(self) -> None:
        """Do automatic steps up to the first that needs the reader, or that may not be left."""
        while self.step is not None and self.step.automatic and self._passes():
            self.next()

    def back(self) -> None:
        """Go to the step before; from submitted back to the reading."""
        self.reasons = {}
        if self.item.status.state is ItemState.SUBMITTED:
            self.item.return_to_reading(now=self.clock())
        else:
            self.item.back(now=self.clock())

    def skip(self, reason: str) -> None:
        """Leave the current step out.

        Raises:
            StrokeQuantError: the procedure does not allow it, or there is no reason.
        """
        self.item.skip_step(reason, now=self.clock())

    def submit(self) -> None:
        """Freeze the values.

        Raises:
            StrokeQuantError: something is missing.
        """
        record = self._ready()
        self.item.submit(record, now=self.clock(), reasons=self._reasons(), **self.ofCase())
        self.reasons = {}

    def sign(self, *, key: Path | None, passphrase: str, meaning: str, write: Callable[..., Any] | None = None) -> Any:
        """Sign what was submitted.

        Raises:
            StrokeQuantError: it is not signed, and still submitted.
        """
        record = self.record()
        what = {"key": key, "passphrase": passphrase, "meaning": meaning, "now": self.clock()}
        what |= {"write": write} if write is not None else {}
        return self.item.sign(record, **what, **self.ofCase())

    def addendum(self, reason: str) -> None:
        """Begin a version after the signed one.

        Raises:
            StrokeQuantError: there is no reason, or it is not signed.
        """
        self.item.addendum(reason, now=self.clock())
        self.changeReason = reason

    def close(self) -> None:
        """Let go of the item; whoever shows the case lets go of that."""
        self.item.close(now=self.clock())

    # Inside

    def _isEditable(self) -> bool:
        return self.proposal is not None and (self.core.isMeasured() or self.outline is not None)

    def _editState(self) -> EditState:
        state = self.core.editState() if self.core.isMeasured() else EditState()
        if self.outline is None:
            return state
        return EditState(state.said, {**state.voxels, INFARCT: self.outline.values()})

    def _restore(self, state: EditState) -> None:
        if self.core.isMeasured():
            others = {name: values for name, values in state.voxels.items() if name != INFARCT}
            self.core.restoreEdits(EditState(state.said, others))
        if self.outline is not None and INFARCT in state.voxels:
            self.outline.restore(state.voxels[INFARCT])

    def _isBeforeOutline(self) -> bool:
        """True up to the step in which the reader outlines."""
        steps = self.procedure.steps[: self.item.walk.position + 1]
        return not any(step.action is Action.SEGMENT for step in steps)

    def _isSigning(self) -> bool:
        return self.step is not None and self.step.action is Action.SIGN

    def _passes(self) -> bool:
        return not self.missing()

    def _ready(self) -> CaseRecord:
        """The record to leave a step with, once everything is kept.

        Raises:
            TrialError: there is no case.
        """
        if not self.isOpen:
            remedy = "open the images of the item"
            raise TrialError(Issue("W62", Level.ASK, "no case is open", "the case", remedy, self.item.id))
        self.follow()
        record = self.record()
        if self.step is not None and not self.step.automatic:
            for name, value in self.derived(record).items():
                if self.answers.get(name) != value:
                    self.item.answer(name, value, now=self.clock(), reason=self.changeReason)
        return record

    def _reasons(self) -> dict[str, str]:
        """Reasons for what is a deviation now."""
        codes = {r.deviation for r in self.passage().failed}
        return {} if self.isByProgram() else {code: text for code, text in self.reasons.items() if code in codes}

    def _isAsked(self, question: Question) -> bool:
        """Whether a question arises with the answers so far."""
        if question.name in OF_INTAKE and is_trial_reading(self.item):
            return False  # a reader of a trial sees no date: the intake says it, or nobody
        if question.name == "evaluability_reasons":
            return self.answers.get("evaluability") not in (None, "diagnostic")
        if question.name == "no_lesion_confirmed":
            record = self.record()
            return record is not None and self.derived(record)["result_status"] != "measured"
        if question.name == "override_reason":
            return self.answers.get("class_overridden") is True
        return self.answers.get("evaluability") != NON_DIAGNOSTIC or question.name in _ALWAYS

    def _openQuestions(self, result: CheckResult) -> list[Question]:
        """Questions of the step without an answer that a condition asks for."""
        names = {*result.inputs, *self.forms.askedBy(result)}
        return [question for question in self.questions() if question.name in names and self.value(question) is None]

    def _tellCore(self, name: str, value: Any) -> None:
        """Answers that are answers of the module too."""
        if not self.core.isMeasured():
            return
        if name == "no_lesion_confirmed" and hasattr(getattr(self.core, "answers", None), "confirmed_zero"):
            self.core.answer(confirmed_zero=bool(value))
        if name == "registration_approved" and hasattr(getattr(self.core, "answers", None), "overlay_confirmed"):
            self.core.change(overlay_confirmed=bool(value))
        self.follow()

    def _tellItem(self) -> None:
        """Answers of the module that are facts of the procedure too."""
        said = getattr(getattr(self.core, "answers", None), "overlay_confirmed", None)
        if said and self.answers.get("registration_approved") is not True:
            self.item.answer("registration_approved", True, now=self.clock(), reason=self.changeReason)

    def _replay(self) -> None:
        edits = self.item.edits()
        self.forms.restore([edit.payload for edit in edits if edit.kind == FORM])
        self._keptReasons = next((edit.payload for edit in reversed(edits) if edit.kind == REASONS), {})
        if self.step is not None and self._keptReasons.get("step") == self.step.id:
            self.reasons = dict(self._keptReasons["reasons"])
        self.earlier = next((edit.payload["path"] for edit in reversed(edits) if edit.kind == EARLIER), "")
        if not self._isEditable():
            return
        self._last = self._proposed = self._editState()
        known = [edit.payload["sha256"] for edit in edits if edit.kind == PROPOSAL]
        entries = [(edit.kind, edit.payload) for edit in edits if edit.kind in REPLAYED]
        if known and known[-1] != proposalHash(self._proposed):
            found = "the proposal that was computed now is not the one that was edited"
            remedy = "go on with the version of the software that the reading was begun with"
            raise TrialError(Issue("W61", Level.STOP, found, "the same proposal", remedy, self.item.id))
        if not entries:
            return
        self._isReplaying = True
        try:
            self._restore(replayed(self._proposed, entries))
        except ValueError as error:
            raise TrialError(Issue("W61", Level.STOP, str(error), "edits of this case", "", self.item.id)) from error
        finally:
            self._isReplaying = False
        self._last = self._editState()

    def _stateKey(self) -> str:
        """Changes with everything that the record depends on."""
        said = (
            self.answers.get("evaluability"),
            tuple(self.answers.get("evaluability_reasons") or ()),
            sorted(self.forms.values.items(), key=str),
        )
        if not self._isEditable():
            return repr(said)
        state = self._editState()
        return repr(
            (
                said,
                self.earlier,
                self._isBeforeOutline(),
                *(self.answers.get(name) for name in _OF_RECORD),
                proposalHash(state),
                sorted(state.said.items(), key=str),
            )
        )


_ALWAYS = frozenset(
    ("evaluability", "evaluability_reasons", "deviations_reviewed", "preview_confirmed", "hours_from_onset")
)
"""Questions that are asked of images that cannot be evaluated, too."""


_OF_RECORD = ("chronic_lesions_removed", "transformation_included")
"""Answers that the record depends on."""


UNKNOWN = "?"
"""What was found where none of the values is known."""

_UNITS = {
    "ml": "mL",
    "um2/s": "µm²/s",
    "[hnsf'U]": "HU",
    "ml/[100]g/min": "mL/100 g/min",
    "Cel": "°C",
    "deg": "°",
    "1": "",
}
"""Units of the registry as people write them."""


def foundText(result: CheckResult, failed: bool) -> str:
    """Values that a condition was judged by, where it does not hold: "6.4 mm", or each with its name where there are several."""
    if not failed:
        return ""
    named = [(name, value) for name, value in result.inputs.items() if name in FACTS and not FACTS[name].of_reader]
    if all(value is None for _name, value in named):
        return UNKNOWN if named else ""
    if len(named) == 1:
        return _valueText(*named[0])
    return ", ".join(f"{name.replace('_', ' ')} {_valueText(name, value)}" for name, value in named)


def _valueText(name: str, value: Any) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    unit = _UNITS.get(FACTS[name].unit, FACTS[name].unit)
    return f"{text} {unit}" if unit else text


def says(error: StrokeQuantError) -> tuple[Issue, ...]:
    """Issues of an error, each once."""
    return tuple(dict.fromkeys(error.issues))
