"""Report of the scanners: qualified or not by phantoms, and what their bias does to the endpoints."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..types import CaseRecord
from .page_part import PagePart
from .sections import section, table, text

Data = Mapping[str, Any]

_KINDS = {
    "diffusion": "diffusion phantom",
    "acr_ct": "CT phantom",
    "acr_mri": "MRI phantom",
    "volume": "volume phantom",
}


def scanner_page(record: CaseRecord, data: Data, *, windows: ReportConfig = ReportConfig()) -> PagePart:
    """One line for every scanner; empty where no history of phantoms was given."""
    rows = [_row(one) for one in data["scanners"]]
    if not rows:
        return PagePart()
    head = ("Scanner", "By", "Verdict", "Session", "Valid until", "Changed since", "Bias in the endpoint")
    return PagePart(details=section("scanners", "Scanners", table(head, rows)))


def _row(one: Data) -> tuple[str, ...]:
    effects = "<br>".join(escape(effect["words"]) for effect in one["effects"])
    return (
        escape(one["scanner"].replace("|", " ")),
        escape(_KINDS.get(one["kind"], one["kind"])),
        escape(one["outcome"].replace("_", " ")),
        text(one["session_date"]),
        text(one["valid_until"]),
        escape("; ".join(one["changes"])) or text(None),
        effects or text(None),
    )
