"""Issues, levels and statuses of the library in the language of the application.

Titles are those of `ISSUE_CODES`, each with a translation of its own. What was found, expected and what to do is data in the words of
the record, so that a reader can compare screen, report and file.
"""

from slicer.i18n import tr as _
from slicer.i18n import translate

from strokequant.errors import Issue, Level
from strokequant.issue_codes import ISSUE_CODES
from strokequant.types import Status

CONTEXT = "strokequant.issue_codes"
"""Of the titles in translation files."""


def issueText(issue: Issue) -> str:
    """Level, code and title; then found, expected, do."""
    where = f"{issue.subject}: " if issue.subject else ""
    text = f"{levelText(issue.level)} {issue.code} {titleText(issue.code)}. {where}{issue.found}."
    if issue.expected:
        text += " " + _("Expected: {expected}.").format(expected=issue.expected)
    if issue.remedy:
        text += " " + _("Do: {remedy}.").format(remedy=issue.remedy)
    return text


def titleText(code: str) -> str:
    """What a code means."""
    title = ISSUE_CODES.get(code, code)
    return translate(CONTEXT, title)


def levelText(level: Level) -> str:
    """What an issue does to the number."""
    words = {Level.STOP: _("STOP"), Level.ASK: _("ASK"), Level.WARN: _("WARN"), Level.INFO: _("INFO")}
    return words[level]


def statusText(status: Status) -> str:
    """Whether there is a number."""
    words = {
        Status.MEASURED: _("measured"),
        Status.ZERO: _("zero"),
        Status.NOT_EVALUABLE: _("not evaluable"),
        Status.MISSING: _("missing"),
    }
    return words[status]
