"""Results of a run as text for a terminal and as plain data."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..biomarkers.catalog import MEASURES
from ..biomarkers.mismatch import INFINITE_RATIO
from .run import Outcome


def outcomes_dict(outcomes: Sequence[Outcome], out: Path) -> dict[str, Any]:
    """Every case with its outcome and its measurements."""
    return {
        "out": str(out),
        "cases": [
            {
                "case": o.case,
                "timepoint": o.timepoint,
                "outcome": o.outcome,
                "reason": o.reason,
                "measurements": _record(out, o).get("measurements", []),
                "report": f"{o.folder}/report.html" if o.outputs else "",
            }
            for o in outcomes
        ],
    }


def outcome_table(outcomes: Sequence[Outcome], out: Path) -> str:
    """A table with one row a case, then the reasons, then where the reports are."""
    data = [_record(out, o) for o in outcomes]
    records = [{m["id"]: m for m in record.get("measurements", [])} for record in data]
    parts = [part for part in _PARTS if any(_SHOWN[part][0][1] in found for found in records)] or ["core"]
    shown = [column for part in parts for column in _SHOWN[part]]
    rows = [("case", "time point", *(title for title, _, _ in shown), "outcome", "warnings")]
    for o, record, found in zip(outcomes, data, records, strict=True):
        warnings = len({i["code"] for i in record.get("issues", []) if i["level"] == "WARN"})
        cells = (write(found.get(name)) for _, name, write in shown)
        rows.append((o.case, o.timepoint, *cells, o.outcome, str(warnings)))
    lines = [aligned(rows)]
    for o in outcomes:
        if o.reason:
            lines += [f"{o.folder} {o.outcome}: {reason}" for reason in o.reason.split(" | ")]
        lines += [f"{o.folder} DICOM: {note}" for note in o.notes]
    reports = [o for o in outcomes if o.outputs]
    if reports:
        lines.append("")
        lines.append("automatic results are proposals until a reader has signed them")
        lines += [f"report: {out / o.folder / 'report.html'}" for o in reports]
    return "\n".join(lines)


def demo_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """truth | measured | error of every synthetic patient."""
    header = ("patient", "scanner", "measure", "truth mL", "measured mL", "error", "outcome as expected")
    body = [
        (
            row["case"],
            row["scanner"],
            MEASURES[row["measure"]].name,
            _fixed(row["truth_ml"]),
            _fixed(row["measured_ml"]) if row["measured_ml"] is not None else row["outcome"],
            _error(row["truth_ml"], row["measured_ml"]),
            "yes" if row["as_expected"] else f"NO: {row['expected']}",
        )
        for row in rows
    ]
    return aligned([header, *body])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, with a rule under the first row."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-+-".join("-" * width for width in widths), *lines[1:]])


def _record(out: Path, outcome: Outcome) -> dict[str, Any]:
    if not outcome.outputs:
        return {}
    return json.loads((out / outcome.folder / "record.json").read_text(encoding="utf-8"))


def _number(measurement: Mapping[str, Any] | None) -> str:
    if measurement is None:
        return "-"
    return _fixed(measurement["value"]) if measurement["value"] is not None else measurement["status"]


def _range(measurement: Mapping[str, Any] | None) -> str:
    if measurement is None or (measurement.get("lower") is None and measurement.get("upper") is None):
        return "-"
    return f"{_fixed(measurement['lower'])} to {_fixed(measurement['upper'])}"


def _ratio(measurement: Mapping[str, Any] | None) -> str:
    """A ratio, "∞" where the core is 0."""
    if measurement is not None and any(issue["code"] == INFINITE_RATIO for issue in measurement["issues"]):
        return "∞"
    return _number(measurement)


_PARTS = ("core", "mismatch", "hemorrhage", "growth", "final")
_SHOWN = {
    "core": (
        ("core mL", "infarct_core_volume", _number),
        ("plausible range", "infarct_core_volume", _range),
    ),
    "mismatch": (
        ("Tmax>6s mL", "hypoperfusion_6s_volume", _number),
        ("plausible range", "hypoperfusion_6s_volume", _range),
        ("core of mismatch mL", "mismatch_core_volume", _number),
        ("mismatch mL", "mismatch_volume", _number),
        ("ratio", "mismatch_ratio", _ratio),
    ),
    "hemorrhage": (
        ("ICH mL", "ich_volume", _number),
        ("plausible range", "ich_volume", _range),
        ("IVH mL", "ivh_volume", _number),
    ),
    "growth": (
        ("ICH growth mL", "ich_growth_volume", _number),
        ("ICH growth %", "ich_growth_percent", _number),
    ),
    "final": (
        ("final infarct mL", "final_infarct_volume", _number),
        ("growth mL", "infarct_growth_volume", _number),
        ("V1/V0", "infarct_growth_ratio", _number),
    ),
}
"""Columns of a part: title, measure, how its cell is written."""


def _fixed(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _error(truth: float | None, measured: float | None) -> str:
    if truth is None or measured is None:
        return "-"
    if not truth:
        return f"{measured:+.2f} mL"
    return f"{100 * (measured / truth - 1):+.1f} %"
