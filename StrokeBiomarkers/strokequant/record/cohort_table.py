"""cohort.csv: growth of the infarct over all cases of a run, as EPITHET summarizes it. Written where one case or more has a growth.

    GM = exp(mean(ln R)),    R = V1 / V0    (EPITHET, Lancet Neurol 2008;7:299)

A case counts once, with its last time point. EPITHET takes volumes as the mean of two raters: here they are as the records hold them.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..biomarkers.cohort_growth import CohortGrowth, cohort_growth
from ..errors import Issue, Level
from ..follow_up_config import FinalInfarctConfig
from ..segmentation.cleanup import microliters
from .sections import find, table
from .table import cell, csv_bytes, issue_text

COHORT = "cohort.csv"
COLUMNS = (
    "measure",
    "value",
    "lower",
    "upper",
    "cases",
    "without_ratio",
    "arithmetic_mean",
    "median",
    "offset_ml",
    "method",
    "warnings",
)
MEASURE = "infarct_growth_ratio_geometric_mean"
Data = Mapping[str, Any]


def cohort_bytes(records: Iterable[Data]) -> bytes | None:
    """cohort.csv from the plain data of all records; None where no case has a growth of the infarct."""
    rows = _rows(list(records))
    return csv_bytes(COLUMNS, ({name: cell(row[name]) for name in COLUMNS} for row in rows)) if rows else None


def cohort_section(records: Iterable[Data]) -> str:
    """The same for the page of all cases; empty without a growth."""
    rows = _rows(list(records))
    if not rows:
        return ""
    head = ("Growth of the infarct", "V1 / V0", "95 % interval", "Cases", "Without ratio", "Arithmetic mean", "Median")
    cells = [
        (
            "geometric mean" + (f", {row['offset_ml']:g} mL added to both" if row["offset_ml"] else ""),
            f"<b>{_text(row['value'])}</b>",
            f"{_text(row['lower'])} to {_text(row['upper'])}",
            str(row["cases"]),
            str(row["without_ratio"]),
            _text(row["arithmetic_mean"]),
            _text(row["median"]),
        )
        for row in rows
    ]
    notes = " ".join(filter(None, dict.fromkeys(row["warnings"] for row in rows)))
    return table(head, cells) + f'<p class="note">{escape(rows[0]["method"])}. {escape(notes)}</p>'


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _rows(records: Sequence[Data]) -> list[dict[str, Any]]:
    """The mean without an offset; with the offset too, where every case says that it was declared before reading."""
    last: dict[str, Data] = {}
    for data in sorted(records, key=_order):
        if _pair(data) is not None:
            last[data["case"]] = data
    if not last:
        return []
    chosen = list(last.values())
    pairs = [_pair(data) for data in chosen]
    mixed = _mixed(chosen)
    found = [_row(cohort_growth(pairs), mixed)]
    if all(data["follow_up"]["infarct"]["offset_ratio"] is not None for data in chosen):
        found.append(_row(cohort_growth(pairs, offset_ml=FinalInfarctConfig().zero_offset_ml), mixed))
    return found


def _order(data: Data) -> tuple:
    scan = next((s for s in (data.get("visit") or {}).get("scans", ()) if s["part"] == "final_infarct"), {})
    return data["case"], scan.get("acquired") or "", data["timepoint"]


def _pair(data: Data) -> tuple[float, float] | None:
    """Volumes at baseline and at follow-up in mL, from whole microliters; None without a growth."""
    end, change = (find(data, name) for name in ("final_infarct_volume", "infarct_growth_volume"))
    if not data.get("follow_up") or not data["follow_up"]["infarct"]:
        return None
    if end is None or change is None or end["value"] is None or change["value"] is None:
        return None
    after = microliters(end["value"])
    return (after - round(1000 * change["value"])) / 1000, after / 1000


def _mixed(chosen: Sequence[Data]) -> tuple[Issue, ...]:
    scans = [s["technique"] for data in chosen for s in data["visit"]["scans"] if s["part"] == "final_infarct"]
    techniques = sorted(set(scans))
    if len(techniques) < 2:
        return ()
    found = "final infarcts on " + ", ".join(
        f"{name or 'what is not known'} ({scans.count(name)})" for name in techniques
    )
    return (Issue("E03", Level.WARN, found, "one technique", "read the mean with this in mind"),)


def _row(found: CohortGrowth, mixed: tuple[Issue, ...]) -> dict[str, Any]:
    return {
        "measure": MEASURE,
        "value": found.geometric_mean,
        "lower": found.lower,
        "upper": found.upper,
        "cases": found.n,
        "without_ratio": len(found.undefined),
        "arithmetic_mean": found.arithmetic_mean,
        "median": found.median,
        "offset_ml": found.offset_ml,
        "method": "exp(mean(ln(V1 / V0))) over the last follow-up of every case, one reading of each volume; interval by the t distribution",
        "warnings": " | ".join(issue_text(issue.as_dict()) for issue in (*found.issues, *mixed)),
    }
