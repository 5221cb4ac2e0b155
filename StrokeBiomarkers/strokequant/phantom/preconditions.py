"""What must hold before a session may be judged: the right phantom, a valid certificate, a known temperature, no defect."""

from ..errors import Issue, Level
from ..phantom_types import PhantomDefinition, PhantomSession
from .certified import certified_value

_FIELD_T = 0.1
_KVP = 0.5


def precondition_issues(session: PhantomSession) -> tuple[Issue, ...]:
    """Issues of the session as a whole; one that blocks withholds the verdict, a warning makes it conditional at best."""
    phantom = session.phantom
    if phantom is None:
        remedy = "name the phantom that was scanned"
        return (Issue("Q50", Level.STOP, "no phantom was named", "an entry of the registry", remedy),)
    found = [
        *_serial(phantom, session),
        *_certificate(phantom, session),
        *_temperature(phantom, session),
        *_conditions(phantom, session),
        *_defects(session),
        *_scanner(session),
    ]
    found += [issue for issue in session.issues if issue.blocks]
    return tuple(dict.fromkeys(found))


def _serial(phantom: PhantomDefinition, session: PhantomSession) -> list[Issue]:
    if "serial_required" not in phantom.traits and not (phantom.serial and session.serial_seen):
        return []
    seen = session.serial_seen.strip()
    if seen.lower() == phantom.serial.strip().lower() and seen:
        return []
    found = f"serial number {seen}" if seen else "serial number of the phantom not stated"
    remedy = "read it from the phantom; a phantom of another number needs its own certificate"
    return [Issue("Q51", Level.STOP, found, f"{phantom.serial}, as in the registry", remedy, phantom.id)]


def _certificate(phantom: PhantomDefinition, session: PhantomSession) -> list[Issue]:
    paper = phantom.certificate
    if paper.valid_until and (not session.date or session.date > paper.valid_until):
        when = f"scanned {session.date}" if session.date else "date of the scan not known"
        remedy = "have the phantom certified again, or give the date of the scan"
        return [Issue("Q52", Level.STOP, when, f"certificate valid until {paper.valid_until}", remedy, phantom.id)]
    if "certificate_required" not in phantom.traits:
        return []
    absent = [
        words
        for words, value in (
            ("number", paper.number),
            ("end of validity", paper.valid_until),
            ("person who entered it", paper.entered_by),
            ("second person who verified it", paper.verified_by if paper.verified_by != paper.entered_by else ""),
        )
        if not value
    ]
    if not absent:
        return []
    found = f"certificate without {', '.join(absent)}"
    return [Issue("Q52", Level.WARN, found, "a complete certificate", "complete the registry file", phantom.id)]


def _temperature(phantom: PhantomDefinition, session: PhantomSession) -> list[Issue]:
    if "temperature_required" not in phantom.traits:
        return []
    lawful = [insert for insert in phantom.inserts if insert.law is not None]
    issues = [i for insert in lawful for i in certified_value(insert, session.temperature_c).issues if i.blocks]
    first = {}
    for issue in issues:
        first.setdefault(issue.code, issue)
    return list(first.values())


def _conditions(phantom: PhantomDefinition, session: PhantomSession) -> list[Issue]:
    field, kvp = session.scanner.equipment.field_strength_t, session.protocol.get("kvp")
    issues = []
    for name, value, unit, tolerance in (("field_strength_t", field, "T", _FIELD_T), ("kvp", kvp, "kV", _KVP)):
        allowed = phantom.conditions.get(name)
        if not allowed or value is None:
            continue
        if min(abs(value - one) for one in allowed) > tolerance:
            expected = f"{', '.join(f'{one:g}' for one in allowed)} {unit}"
            remedy = "the values of this phantom hold for these only"
            issues.append(Issue("Q57", Level.STOP, f"{value:g} {unit}", expected, remedy, phantom.id))
    return issues


def _defects(session: PhantomSession) -> list[Issue]:
    remedy = "mend or refill the phantom and scan again"
    return [Issue("Q61", Level.STOP, words, "a phantom without defect", remedy) for words in session.observations]


def _scanner(session: PhantomSession) -> list[Issue]:
    if session.scanner.equipment.serial:
        return []
    found = "the header does not name the serial number of the scanner"
    remedy = "the history cannot tell it from others of its model, and no patient is matched with it"
    return [Issue("Q66", Level.INFO, found, "Device Serial Number (0018,1000)", remedy)]
