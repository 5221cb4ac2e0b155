"""Words of the guided reading on the screen, in the language of the application; texts of a procedure come from the procedure."""

from collections.abc import Iterable

from slicer.i18n import tr as _

from strokequant.sop.procedure import Severity
from strokequant.trial.item_states import ADDENDUM, REOPENED, RETURNED, SKIPPED, ItemState
from strokequant.types import Measurement, Status

from .wizard import UNKNOWN, CheckRow, Missing, Prior, StepRow, StepState

PROGRAM_REASON = "found by the program"
"""What a walk writes where no reader was asked."""


def stateText(state: ItemState) -> str:
    """State of a read item."""
    return {
        ItemState.NONE: _("not assigned"),
        ItemState.ASSIGNED: _("to be read"),
        ItemState.PENDING_READER: _("prepared, waits for you"),
        ItemState.IN_PROGRESS: _("in progress"),
        ItemState.SUBMITTED: _("submitted, not signed"),
        ItemState.SIGNED: _("signed"),
        ItemState.SUPERSEDED: _("superseded"),
        ItemState.WITHDRAWN: _("withdrawn"),
    }[state]


def flagsText(flags: Iterable[str]) -> str:
    """Flags of a read item."""
    words = {
        SKIPPED: _("left for later"),
        ADDENDUM: _("addendum"),
        REOPENED: _("opened again"),
        RETURNED: _("returned"),
    }
    return ", ".join(words.get(flag, flag) for flag in sorted(flags))


def modelText(model: str) -> str:
    """Read model of an item; readers see no more of it than this."""
    return {"adjudication": _("adjudication"), "training": _("training")}.get(model, "")


def stepMark(row: StepRow) -> str:
    """Sign of a step in the list."""
    if row.state is StepState.DONE and row.deviations:
        return "!"
    return {StepState.DONE: "✓", StepState.CURRENT: "▶", StepState.WAITS: "·", StepState.SKIPPED: "↷"}[row.state]


def stepStateText(row: StepRow) -> str:
    """State of a step in the list, with its deviations."""
    words = {
        StepState.DONE: _("done"),
        StepState.CURRENT: _("current"),
        StepState.WAITS: _("waits"),
        StepState.SKIPPED: _("left out"),
    }
    return ", ".join([words[row.state], *row.deviations])


def stepTitle(row: StepRow, number: int, total: int) -> str:
    """Title of the current step."""
    kind = _("automatic") if row.step.automatic else _("reader")
    return _("{step}, step {number} of {total} ({kind})").format(
        step=row.step.id, number=number, total=total, kind=kind
    )


def checkMark(check: CheckRow) -> str:
    """Sign of a condition."""
    if check.isOpen:
        return "○"
    if check.result.holds is True:
        return "✓"
    return {Severity.STOP: "✗", Severity.WARN: "!", Severity.INFO: "–"}[check.result.severity]


def checkNote(check: CheckRow) -> str:
    """What follows from a condition that does not hold, and what was found."""
    if check.result.holds is True or check.isOpen or check.result.severity is Severity.INFO:
        return ""
    code = check.result.deviation
    if check.needsReason:
        said = _("deviation {code}, needs your reason").format(code=code)
    elif check.result.severity is Severity.STOP:
        said = _("stops here")
    else:
        said = _("recorded as deviation {code}").format(code=code) if code else ""
    found = _("not known") if check.found == UNKNOWN else check.found
    found = _("found: {what}").format(what=found) if found else ""
    return "; ".join(part for part in (said, found) if part)


def reasonText(reason: str) -> str:
    """Reason of a deviation; the program gives none of its own."""
    return _("found by the program") if reason == PROGRAM_REASON else reason


def missingText(missing: Iterable[Missing]) -> str:
    """What the reader has to do before the step can be left, a line each."""
    heads = {
        "case": _("Waits for the images of the case"),
        "answer": _("Answer: {what}"),
        "reason": _("Give the reason: {what}"),
        "stop": _("Does not hold: {what}"),
    }
    return "\n".join(heads[one.key].format(what=one.text) for one in missing)


def numberText(measurement: Measurement) -> str:
    """A number with its interval, or why there is none."""
    words = {Status.NOT_EVALUABLE: _("not evaluable"), Status.MISSING: _("missing")}
    if measurement.value is None:
        return words[measurement.status]
    text = f"{measurement.value:.2f}"
    if measurement.lower is not None and measurement.upper is not None:
        text += f" ({measurement.lower:.2f}–{measurement.upper:.2f})"
    return text


def priorText(prior: Prior | None) -> str:
    """That there is an earlier signed reading, without its date; empty without one."""
    if prior is None:
        return ""
    text = _("There is an earlier signed reading of this subject: {item}.").format(item=prior.item)
    hours = _("It is of {hours:.1f} h before.").format(hours=prior.hours) if prior.hours is not None else ""
    return f"{text} {hours}".strip()


def meaningText(meaning: str) -> str:
    """Meaning of a signature."""
    return {"author": _("author"), "verification": _("verification"), "review": _("review")}[meaning]
