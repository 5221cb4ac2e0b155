"""Report of the reading: procedure, checks, deviations and signature, with the words that a signed page has to show."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..types import CaseRecord
from .page_part import PagePart
from .sections import section, table, text

Data = Mapping[str, Any]

BANNER = "연구용 / Research use only"
_HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}


def reading_page(record: CaseRecord, data: Data, *, windows: ReportConfig = ReportConfig()) -> PagePart:
    """The reading; empty where no procedure was walked."""
    reading = data.get("reading")
    if not reading:
        return PagePart()
    parts = (_deviations(reading), _acquisition(reading), _steps(reading), _failed(reading))
    content = "".join((_facts(reading, data["sign_offs"]), *parts))
    return PagePart(details=section("reading", "Reading · 판독", content))


def reading_banner(data: Data) -> str:
    """Line of the header that says in both languages what the record is for; empty where no procedure was walked."""
    return f'<p lang="ko">{escape(BANNER)}</p>' if data.get("reading") else ""


def _both(english: str, korean: str) -> str:
    return f'{escape(english)}<br><span lang="ko">{escape(korean)}</span>' if korean else escape(english)


def _facts(reading: Data, sign_offs: list[Data]) -> str:
    quality = "; ".join(filter(None, (reading["evaluability"], ", ".join(reading["evaluability_reasons"]))))
    rows = [
        ("Item", text(reading["item"])),
        ("Procedure", f"{escape(reading['procedure'])}@{escape(reading['version'])}"),
        ("", _both(reading["title"], reading["title_ko"])),
        ("SHA-256 of the procedure", f"<code>{escape(reading['content_hash'])}</code>"),
        ("Evaluability", text(quality)),
        ("Reader", _reader(reading)),
        *(("Signature", _signature(reading, one)) for one in sign_offs),
        ("Head of the audit trail", f"<code>{text(reading['audit_head'])}</code>"),
    ]
    if reading["charter_sha256"]:
        rows.append(("SHA-256 of the charter", f"<code>{escape(reading['charter_sha256'])}</code>"))
    if reading["prior"]:
        rows.append(
            ("Compared with", f"{escape(reading['prior'])}, <code>{escape(reading['prior_manifest_sha256'])}</code>")
        )
    if not sign_offs:
        rows.append(("Signature", "none: pending reader"))
    return table(("", ""), rows)


def _reader(reading: Data) -> str:
    if not reading["reader"]:
        return "none so far"
    name = reading["reader_name"].replace("^", " ").strip()
    return escape(f"{name} ({reading['reader']}), {reading['role'].replace('_', ' ')}")


def _signature(reading: Data, sign_off: Data) -> str:
    own = sign_off["reader"] == reading["reader"]
    name = f"{reading['reader_name'].replace('^', ' ').strip()} ({sign_off['reader']})" if own else sign_off["reader"]
    return escape(f"{name}, {sign_off['signed_utc']} (UTC), meaning: {sign_off['meaning']}")


def _deviations(reading: Data) -> str:
    rows = [
        (
            escape(one["code"]),
            escape(step["id"]),
            _both(one["text"], one["text_ko"]),
            text(one["consequence"].replace("_", " ")),
            text(one["reason"]),
        )
        for step in reading["steps"]
        for one in step["deviations"]
    ]
    if not rows:
        return "<p>No deviation from the procedure.</p>"
    return table(("Deviation", "Step", "What", "Consequence", "Reason"), rows, caption="Deviations")


def _acquisition(reading: Data) -> str:
    rows = [
        (
            escape(one["series"]),
            escape(one["role"]),
            escape(one["profile"]),
            escape(one["outcome"]),
            escape(_scanner(one)),
            "<br>".join(map(escape, one["reasons"])) or text(None),
        )
        for one in reading["acquisition"]
    ]
    head = ("Series", "Role", "Profile", "Outcome", "Scanner", "Reasons")
    return table(head, rows, caption="Acquisition, as found when the images were taken in") if rows else ""


def _scanner(one: Data) -> str:
    """What phantoms say of the scanner, in words."""
    outdated = ", out of date or changed" if one["scanner"] and one["scanner_current"] is False else ""
    return f"{one['scanner'].replace('_', ' ')}{outdated}" if one["scanner"] else "no history of phantoms"


def _steps(reading: Data) -> str:
    rows = [
        (
            escape(step["id"]),
            _both(step["text"], step["text_ko"]),
            text(step["reader"] or "program"),
            text(step["started_utc"]),
            text(step["finished_utc"]),
            escape(f"skipped: {step['skipped']}") if step["skipped"] else _count(step),
        )
        for step in reading["steps"]
    ]
    head = ("Step", "What", "By", "Begun, UTC", "Finished, UTC", "Checks")
    return table(head, rows, caption="Steps") if rows else ""


def _count(step: Data) -> str:
    held = sum(check["holds"] is True for check in step["checks"])
    return f"{held} of {len(step['checks'])} hold" if step["checks"] else text(None)


def _failed(reading: Data) -> str:
    rows = [
        (
            escape(check["id"]),
            escape(step["id"]),
            _both(check["text"], check["text_ko"]),
            text(check["inputs"]),
            _HOLDS[check["holds"]],
            escape(check["severity"]),
        )
        for step in reading["steps"]
        for check in step["checks"]
        if check["holds"] is not True
    ]
    head = ("Check", "Step", "What must hold", "Found", "Result", "Severity")
    return table(head, rows, caption="Checks that do not hold") if rows else ""
