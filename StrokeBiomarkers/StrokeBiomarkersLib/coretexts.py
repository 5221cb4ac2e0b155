"""Words of the diffusion core module on the screen, in the language of the application.

What the library says about data (issues, reasons) stays in the words that stand in the record.
"""

from slicer.i18n import tr as _

from strokequant.errors import Issue
from strokequant.types import GeometryAudit, Verdict

from .livevolume import LiveVolume
from .waits import Wait


def waitText(wait: Wait) -> str:
    """Tooltip of a button that waits."""
    words = {
        "case": _("Waits for a case: choose a folder and open it"),
        "refused": _("This case may not be measured"),
        "series": _("Waits for a series that can be measured"),
        "diffusion": _("Waits for a DWI series with b0 and b about 1000, or an ADC map with its DWI"),
        "measured": _("Waits for a measured case: compute first"),
        "unreadable": _("The core cannot be read: undo the last change, or compute again"),
        "reader": _("Waits for the code of the reader"),
        "zero": _("The core is empty: confirm that there is none"),
        "output": _("Waits for an output folder"),
        "outputFile": _("The output folder is a file: choose a folder"),
        "outputReadOnly": _("The output folder cannot be written: choose another; no edit is lost"),
        "busy": _("Waits for the work that is under way"),
    }
    return "\n".join([words[wait.key], *(issueText(issue) for issue in wait.issues)])


def stageText(stage: str) -> str:
    """What is being done."""
    words = {
        "audit": _("Auditing the geometry"),
        "read": _("Reading images"),
        "align": _("Aligning images"),
        "adc": _("Computing the ADC"),
        "brain": _("Finding the brain"),
        "core": _("Finding candidates"),
        "interval": _("Computing the interval"),
        "measures": _("Measuring"),
        "show": _("Showing the result"),
    }
    return words.get(stage, _("Reading files"))


def partText(part: str) -> str:
    """What a series is used as."""
    return {"dwi": _("DWI"), "trace": _("DWI (high b)"), "adc": _("ADC map")}.get(part, _("not used"))


def auditText(audit: GeometryAudit) -> str:
    """Verdict on a geometry, with what it changes."""
    words = {
        Verdict.MEASURE: _("may be measured"),
        Verdict.MEASURE_WITH_NOTE: _("may be measured, with a note"),
        Verdict.REFUSE: _("is refused"),
    }
    facts = _("{slices} slices, tilt {tilt:.1f} degrees, effect on volume {effect:+.1f} %").format(
        slices=len(audit.positions), tilt=audit.tilt_deg, effect=audit.effect_percent
    )
    return f"{words[audit.verdict]}: {facts}"


def liveText(live: LiveVolume | None) -> str:
    """Volume and interval."""
    if live is None:
        return _("No core measured yet")
    return _("Infarct core {volume:.2f} mL ({lower:.2f} to {upper:.2f})").format(
        volume=live.volume, lower=live.lower, upper=live.upper
    )


def issueText(issue: Issue) -> str:
    """Found, expected, do."""
    where = f"{issue.subject}: " if issue.subject else ""
    text = f"{issue.code} {where}{issue.found}."
    if issue.expected:
        text += " " + _("Expected: {expected}.").format(expected=issue.expected)
    if issue.remedy:
        text += " " + _("Do: {remedy}.").format(remedy=issue.remedy)
    return text


def sideText(side: str) -> str:
    """Side of a candidate."""
    return {"left": _("left"), "right": _("right"), "midline": _("midline")}.get(side, side)
