"""What a structured report says of the reading behind it: who, after which procedure, with which deviations, and under which signature."""

from typing import Any

from .. import codes
from ..codes import Code
from ..reading_types import AcquisitionProvenance
from ..types import CaseRecord, SignOff

ROLES: dict[str, Code] = {
    "reader": codes.READER,
    "adjudicator": codes.ADJUDICATOR,
    "reviewer": codes.REVIEWER,
    "eligibility_reader": codes.ELIGIBILITY_READER,
}
"""CID 7453 by the role of the register."""
_QUALITY = {
    "diagnostic": codes.DIAGNOSTIC_QUALITY,
    "limited": codes.LIMITED_QUALITY,
    "non-diagnostic": codes.NON_DIAGNOSTIC_QUALITY,
}


def role_of(record: CaseRecord) -> Code:
    """Role of the reader in the procedure."""
    return ROLES.get(record.reading.role, codes.READER) if record.reading is not None else codes.READER


def reading_pins(record: CaseRecord) -> list[str]:
    """Procedure, charter and head of the audit trail, as `name=value`."""
    reading = record.reading
    if reading is None:
        return []
    values = {
        "sop": reading.sop,
        "sop_sha256": reading.content_hash,
        "charter_sha256": reading.charter_sha256,
        "audit_head": reading.audit_head,
        "item": reading.item,
        "acquisition_sha256": reading.acquisition_sha256,
        "prior": reading.prior,
        "prior_sha256": reading.prior_manifest_sha256,
    }
    return [f"{name}={value}" for name, value in values.items() if value]


def quality_codes(record: CaseRecord) -> list[tuple[Code, Code]]:
    """Grade of the images, as concept and value; none where nobody graded them."""
    grade = _QUALITY.get(record.reading.evaluability) if record.reading is not None else None
    return [(codes.IMAGE_QUALITY, grade)] if grade else []


def reading_comments(record: CaseRecord) -> list[str]:
    """Procedure, evaluability, deviations and signature in words."""
    reading = record.reading
    if reading is None:
        return []
    lines = [f"Procedure {reading.sop} ({reading.title}), SHA-256 {reading.content_hash}, item {reading.item}"]
    lines += [_acquired(one) for one in reading.acquisition]
    if reading.evaluability_reasons:
        lines.append(f"Evaluability {reading.evaluability}: {', '.join(reading.evaluability_reasons)}")
    lines += [
        f"Deviation {one.code} in step {step.id} ({one.consequence}): {one.text}; reason: {one.reason}"
        for step in reading.steps
        for one in step.deviations
    ]
    lines += [f"Step {step.id} skipped: {step.skipped}" for step in reading.steps if step.skipped]
    return lines + [_signature(record, one) for one in record.sign_offs]


def _acquired(one: AcquisitionProvenance) -> str:
    scanner = one.scanner.replace("_", " ") or "no history of phantoms"
    current = ", out of date or changed" if one.scanner and one.scanner_current is False else ""
    reasons = f": {' | '.join(one.reasons)}" if one.reasons else ""
    return f"Acquisition of {one.role}, {one.profile}: {one.outcome}; scanner {scanner}{current}{reasons}"


def _signature(record: CaseRecord, sign_off: SignOff) -> str:
    reading: Any = record.reading
    name = reading.reader_name.replace("^", " ").strip() if sign_off.reader == reading.reader else ""
    who = f"{name} ({sign_off.reader})" if name else sign_off.reader
    return f"Signed by {who} at {sign_off.signed_utc} (UTC), meaning: {sign_off.meaning}"
