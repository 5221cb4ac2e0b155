"""Words that the panels of all readings share, in the language of the application."""

from collections.abc import Mapping

from slicer.i18n import tr as _

from strokequant.types import GeometryAudit, Verdict

from .issuetexts import issueText
from .waits import Wait


def waitText(wait: Wait, own: Mapping[str, str]) -> str:
    """Tooltip of a button that waits.

    Args:
        wait: what for.
        own: words of a module by key, besides those that all share.
    """
    words = {
        "case": _("Waits for a case: choose a folder and open it"),
        "refused": _("This case may not be measured"),
        "files": _("The files of this case are not there: open their folder"),
        "series": _("Waits for a series that can be measured"),
        "measured": _("Waits for a measured case: compute first"),
        "unreadable": _("The segment cannot be read: undo the last change, or compute again"),
        "reader": _("Waits for the code of the reader"),
        "zero": _("The segment is empty: confirm that there is none"),
        "output": _("Waits for an output folder"),
        "outputFile": _("The output folder is a file: choose a folder"),
        "outputReadOnly": _("The output folder cannot be written: choose another; no edit is lost"),
        "busy": _("Waits for the work that is under way"),
    }
    return "\n".join([(words | dict(own))[wait.key], *(issueText(issue) for issue in wait.issues)])


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
    return f"{words[audit.verdict]}; {facts}"
