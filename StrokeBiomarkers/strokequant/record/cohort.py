"""index.html: one page over many cases, with the columns of every part that a case has."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .case_record import RESEARCH_USE
from .cohort_table import cohort_section
from .issue_lists import all_issues, issues_beside
from .page import document
from .sections import STATUS_WORDS, find, number, section, table, text

Data = Mapping[str, Any]

_CORE = "infarct_core_volume"
_PERFUSION = {
    "hypoperfusion_6s_volume": "Tmax > 6 s",
    "mismatch_core_volume": "Core in the mismatch",
    "mismatch_volume": "Mismatch",
    "mismatch_ratio": "Ratio",
}
_HEMORRHAGE = {
    "ich_volume": "ICH",
    "ivh_volume": "IVH",
    "edema_volume": "Edema",
}
_FOLLOW_UP = {
    "ich_growth_volume": "ICH growth",
    "final_infarct_volume": "Final infarct",
    "infarct_growth_volume": "Infarct growth",
    "infarct_growth_ratio": "V1 / V0",
}
_PARTS = {"perfusion": _PERFUSION, "hemorrhage": _HEMORRHAGE, "follow_up": _FOLLOW_UP}
_TITLES = {"core": "Infarct core", "perfusion": "perfusion", "hemorrhage": "hemorrhage", "follow_up": "follow-up"}


def cohort_row(data: Data, *, outcome: str, reason: str = "", href: str = "") -> dict[str, Any]:
    """What the cohort page shows of one record; `href` is the report, relative to the page."""
    m = find(data, _CORE)
    parts = {part: {name: find(data, name) for name in names} for part, names in _PARTS.items()}
    measures = [one for one in (m, *(one for part in parts.values() for one in part.values())) if one]
    beside = [issues_beside(data, one) for one in measures] or [all_issues(data)]
    return {
        "case": data["case"],
        "timepoint": data["timepoint"],
        "outcome": outcome,
        "reason": reason,
        "status": m["status"] if m else "missing",
        "value": m["value"] if m else None,
        "lower": m["lower"] if m else None,
        "upper": m["upper"] if m else None,
        **{part: {name: _number(one) for name, one in found.items() if one} for part, found in parts.items()},
        "warnings": sorted({i["code"] for issues in beside for i in issues if i["level"] != "INFO"}),
        "href": href,
    }


def _number(m: Data) -> dict[str, Any]:
    return {key: m[key] for key in ("value", "unit_text", "decimals", "status", "infinite")}


def _shown_parts(rows: list[Data]) -> tuple[str, ...]:
    """Parts that any case has; the core also where there is nothing else."""
    others = tuple(
        part for part in _PARTS if any(m["status"] != "missing" for row in rows for m in row.get(part, {}).values())
    )
    core = any(row.get("status", "missing") != "missing" for row in rows)
    return ("core", *others) if core or not others else others


def _part_cell(m: Data | None) -> str:
    if m is None or m["status"] == "missing":
        return text(None)
    if m["infinite"]:
        return "<b>∞</b>"
    if m["value"] is None:
        return f'<span class="status {escape(m["status"])}">{escape(STATUS_WORDS[m["status"]])}</span>'
    return f"<b>{number(m['value'], m['decimals'])}</b> {escape(m['unit_text'])}".rstrip()


def _core_cells(row: Data, high: float, *, alone: bool) -> tuple[str, ...]:
    value, low, top = row.get("value"), row.get("lower"), row.get("upper")
    shown = f"<b>{number(value, 2)}</b> mL" if value is not None else text(None)
    bar = f'<span class="bar" style="width:{100 * value / high:.1f}%"></span>' if value else ""
    track = f'<span class="track" aria-hidden="true">{bar}</span>'
    status = row.get("status", "missing")
    words = STATUS_WORDS.get(status, status)
    words = words if alone else words.partition(":")[0]
    return (
        shown,
        f"{number(low, 2)} to {number(top, 2)}" if low is not None and top is not None else text(None),
        *((track,) if alone else ()),
        f'<span class="status {escape(status)}">{escape(words)}</span>',
    )


def _cells(row: Data, high: float, parts: tuple[str, ...]) -> tuple[str, ...]:
    name = escape(row["case"])
    others = [_part_cell(row.get(part, {}).get(m)) for part in parts if part in _PARTS for m in _PARTS[part]]
    return (
        f'<a href="{escape(row["href"])}">{name}</a>' if row.get("href") else name,
        text(row["timepoint"]),
        f'<span class="chip {escape(row["outcome"])}">{escape(row["outcome"])}</span>',
        *(_core_cells(row, high, alone=parts == ("core",)) if "core" in parts else ()),
        *others,
        " ".join(f'<span class="chip WARN">{escape(code)}</span>' for code in row.get("warnings", ())),
        text(row.get("reason", "")),
    )


def _head(parts: tuple[str, ...]) -> tuple[str, ...]:
    bar = ("",) if parts == ("core",) else ()
    core = ("Core volume", "Interval", *bar, "Status") if "core" in parts else ()
    others = [words for part in parts if part in _PARTS for words in _PARTS[part].values()]
    return ("Case", "Time point", "Outcome", *core, *others, "Warnings", "Reason")


def cohort_page(rows: Iterable[Data], records: Iterable[Data] = ()) -> bytes:
    """One page over many cases.

    Args:
        rows: `cohort_row` of every record; for a case without record {"case", "timepoint", "outcome", "reason"} is enough.
        records: plain data of all records, for what is summarized over the cohort.

    Returns:
        UTF-8 bytes of a self-contained page.
    """
    ordered = sorted(rows, key=lambda row: (row["case"], row["timepoint"]))
    high = max((row.get("value") or 0 for row in ordered), default=0) or 1
    parts = _shown_parts(ordered)
    counts: dict[str, int] = {}
    for row in ordered:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    summary = ", ".join(f"{n} {escape(outcome)}" for outcome, n in sorted(counts.items())) or "no case"
    titles = " and ".join(_TITLES[part] for part in parts)
    title = "Infarct core volume" if parts == ("core",) else titles[0].upper() + titles[1:]
    kind = "cohort" if parts == ("core",) else "cohort with-perfusion"
    cells = table(_head(parts), (_cells(row, high, parts) for row in ordered), kind=kind)
    body = (
        '<main><header><div class="name"><p class="product">strokequant · stroke imaging biomarkers</p>'
        f"<h1>{len(ordered)} <span>cases and time points: {summary}</span></h1></div>"
        '<div class="banner proposal" role="note"><strong>Proposals</strong>'
        f"<p>automatic unless a record says that a reader has signed</p><p>{escape(RESEARCH_USE)}</p></div></header>"
        f"{section('cases', title, cells)}{section('cohort', 'Over all cases', cohort_section(records))}</main>"
    )
    return document("strokequant cases", body, script=False)
