"""What phantom sessions say about the scanner of a patient: the last session before the scan, whether it still holds, and what has changed."""

from collections.abc import Sequence

from ..errors import Issue, Level
from ..phantom_types import PhantomKind, Qualification, ScannerQualification
from ..types import Role, Series
from .history import StoredSession
from .scanner import scanner_changes, scanner_state

KINDS = {
    Role.DWI: PhantomKind.DIFFUSION,
    Role.ADC: PhantomKind.DIFFUSION,
    Role.DSC: PhantomKind.ACR_MRI,
    Role.FLAIR: PhantomKind.ACR_MRI,
    Role.SWI: PhantomKind.ACR_MRI,
    Role.NCCT: PhantomKind.ACR_CT,
    Role.CTP: PhantomKind.ACR_CT,
}
"""Kind of phantom that speaks for a series of this role."""


def day_of(series: Series) -> str:
    """Date of a scan, ISO; empty where the header has none."""
    for name in ("acquisition_date", "series_date", "study_date"):
        digits = str(series.header.get(name) or "")[:8]
        if len(digits) == 8 and digits.isdigit():
            return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return ""


def dates_are_moved(series: Series) -> bool:
    """True where de-identification moved or removed the dates, (0028,0303): no day of a phantom session compares with them."""
    return str(series.header.get("dates_modified") or "UNMODIFIED").upper() != "UNMODIFIED"


def sessions_for(series: Series, sessions: Sequence[StoredSession], kind: PhantomKind) -> tuple[StoredSession, ...]:
    """Sessions of this scanner with this kind of phantom up to the day of the series, oldest first."""
    state, day = scanner_state(series), day_of(series)
    if not state.equipment.serial or not day or dates_are_moved(series):
        return ()
    own = [s for s in sessions if s.scanner.key.casefold() == state.key.casefold() and s.content.get("kind") == kind]
    return tuple(s for s in own if s.date and s.date <= day)


def qualify(series: Series, sessions: Sequence[StoredSession]) -> tuple[ScannerQualification, StoredSession | None]:
    """What is known of the scanner of a series on the day of its scan.

    Returns:
        The qualification without effects, and the session that it rests on; None where there is none.
    """
    kind, state, day = KINDS[series.role], scanner_state(series), day_of(series)
    found = sessions_for(series, sessions, kind)
    if not found:
        return _none(series, kind, day), None
    last = found[-1]
    changes = scanner_changes(last.scanner, state)
    issues = []
    if changes:
        remedy = "scan the phantom again: a changed scanner must be qualified anew"
        expected = f"the scanner as qualified on {last.date}"
        issues.append(Issue("Q64", Level.WARN, "; ".join(changes), expected, remedy, series.label))
    if last.outcome in (Qualification.FAILED, Qualification.NO_VERDICT):
        words = f"phantom session of {last.date}: {last.outcome.replace('_', ' ')}"
        remedy = "have the scanner corrected and scan the phantom again"
        issues.append(Issue("Q66", Level.WARN, words, "a qualified scanner", remedy, series.label))
    elif last.valid_until and day > last.valid_until:
        remedy = "scan the phantom again"
        found_words = f"scanned {day}, qualification until {last.valid_until}"
        issues.append(Issue("Q65", Level.WARN, found_words, "a scan before the end", remedy, series.label))
    return (
        ScannerQualification(
            outcome=last.outcome,
            session_date=last.date,
            valid_until=last.valid_until,
            phantom=last.phantom,
            sets=tuple(last.content.get("sets", ())),
            changes=changes,
            issues=tuple(issues),
            scanner=last.scanner.key,
            kind=str(kind),
            series=series.key,
        ),
        last,
    )


def _none(series: Series, kind: PhantomKind, day: str) -> ScannerQualification:
    state = scanner_state(series)
    remedy = "scan the phantom on this scanner; its bias is not known"
    if not state.equipment.serial:
        found = "the header does not name the serial number of the scanner"
    elif dates_are_moved(series):
        found = "the dates of the images were moved by de-identification, (0028,0303)"
        remedy = "qualify the scanner by the images as they came, at the intake of a trial; its bias is not known here"
    elif not day:
        found = "the header has no date of the scan"
    else:
        found = f"no {kind.replace('_', ' ')} phantom session of this scanner up to {day}"
    issue = Issue("Q66", Level.WARN, found, "a phantom session before the scan", remedy, series.label)
    return ScannerQualification(
        Qualification.NO_VERDICT, issues=(issue,), scanner=state.key, kind=str(kind), series=series.key
    )
