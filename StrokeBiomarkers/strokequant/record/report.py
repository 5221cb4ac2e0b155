"""report.html: one page that a reader looks at first and a regulator last.

It holds everything it needs (pictures, style, script), asks the network for nothing, is complete without script, and prints on A4.
"""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ..config import ReportConfig
from ..types import CaseRecord
from .case_record import RESEARCH_USE
from .figures import adc_histogram
from .issue_lists import all_issues, issues_beside
from .sections import (
    STATUS_WORDS,
    agreement_section,
    b_value_section,
    candidate_table,
    configuration_table,
    geometry_section,
    interval,
    issue_groups,
    issue_list,
    measurement_table,
    number,
    provenance_tables,
    series_table,
    step_bars,
    table,
    text,
)
from .viewer import Pictures, asset_svg, legend, montage, overview, pictures_of, viewer

Data = Mapping[str, Any]

_HERO = "infarct_core_volume"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def _resource(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _document(title: str, body: str, *, script: bool) -> bytes:
    code = f"<script>{_resource('report.js')}</script>" if script else ""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_resource('report.css')}</style></head>\n<body>{body}{code}</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def _section(anchor: str, title: str, content: str, *, kind: str = "") -> str:
    if not content:
        return ""
    return f'<section id="{anchor}" class="{kind}"><h2>{escape(title)}</h2>{content}</section>\n'


def _find(data: Data, measure_id: str) -> Data | None:
    return next((m for m in data["measurements"] if m["id"] == measure_id), None)


def _header(data: Data) -> str:
    signed = data["status"] == "signed"
    signatures = "; ".join(f"{s['reader']}: {s['meaning']} ({s['signed_utc']})" for s in data["sign_offs"])
    word = "Signed" if signed else "Proposal"
    status = signatures if signed else data["status_text"]
    return (
        '<header><div class="name"><p class="product">strokequant · stroke imaging biomarkers</p>'
        f"<h1>{escape(data['case'])} <span>{escape(data['timepoint'])}</span></h1></div>"
        f'<div class="banner {escape(data["status"])}" role="note"><strong>{word}</strong>'
        f"<p>{escape(status)}</p><p>{escape(data['use'])}</p></div></header>\n"
    )


def _hero_value(m: Data | None) -> str:
    if m is None:
        return '<p class="value none">no volume</p><p>The record has no infarct core volume.</p>'
    if m["value"] is None:
        return f'<p class="value none">{escape(STATUS_WORDS[m["status"]].partition(":")[0])}</p><p>{escape(m["method"])}</p>'
    unit = f'<span class="unit">{escape(m["unit_text"])}</span>'
    value = f'<p class="value">{number(m["value"], m["decimals"])} {unit}</p>'
    if m["status"] == "zero":
        value += f'<p class="range">{STATUS_WORDS["zero"]}</p>'
    if interval(m):
        value += f'<p class="range"><b>{interval(m)}</b> {escape(m["unit_text"])}</p><p class="meaning">{escape(m["interval"])}</p>'
    return value


def _sides(data: Data) -> str:
    right, left = (_find(data, f"{_HERO}_{side}") for side in ("right", "left"))
    if not right or not left or right["value"] is None or left["value"] is None:
        return ""
    high = max(right["value"], left["value"]) or 1
    bars = "".join(f'<div><span style="width:{100 * m["value"] / high:.1f}%"></span></div>' for m in (right, left))
    return (
        f'<div class="sides"><div class="halves" aria-hidden="true">{bars}</div>'
        f"<p><span>Right <b>{number(right['value'], 2)}</b> mL</span><span>Left <b>{number(left['value'], 2)}</b> mL</span></p></div>"
    )


def _facts(data: Data) -> str:
    facts = []
    for measure_id, label in (
        ("infarct_core_lesions", "Lesions"),
        ("infarct_core_adc_mean", "Mean ADC in the core"),
        ("infarct_core_volume_spline", "Volume, spline check"),
        ("brain_volume", "Brain mask"),
    ):
        m = _find(data, measure_id)
        if m and m["value"] is not None:
            unit = "" if m["unit_text"] == "lesions" else escape(m["unit_text"])
            facts.append(f"<dt>{label}</dt><dd>{number(m['value'], m['decimals'])} {unit}</dd>")
    threshold = _threshold(data)
    if threshold is not None:
        facts.append(f"<dt>ADC threshold</dt><dd>{threshold:g} 10⁻⁶ mm²/s</dd>")
    return f'<dl class="facts">{"".join(facts)}</dl>' if facts else ""


def _threshold(data: Data) -> float | None:
    """ADC threshold of the core, where the configuration has one."""
    found = [entry["value"] for entry in data["configuration"] if entry["name"] == "adc_threshold"]
    return float(found[0]) if found and isinstance(found[0], (int, float)) else None


def _hero(data: Data, pictures: Pictures | None) -> str:
    m = _find(data, _HERO)
    beside = issues_beside(data, m) if m else [i for i in all_issues(data) if i["level"] != "INFO"]
    warnings = issue_list(beside, beside=True)
    quiet = "" if beside else '<p class="quiet">No warning beside this number.</p>'
    result = f'<div class="result"><h2>Infarct core volume</h2>{_hero_value(m)}{_sides(data)}{_facts(data)}</div>'
    if pictures is None:
        shown = '<div class="view"><p class="note">There is no image to show.</p></div>'
    else:
        shown = f'<div class="view">{viewer(pictures)}{legend(pictures)}</div>'
    kind = "hero" if pictures else "hero no-image"
    return f'<section class="{kind}">{result}<div class="notes">{warnings}{quiet}</div>{shown}</section>\n'


def _histogram(record: CaseRecord, pictures: Pictures | None, data: Data, config: ReportConfig) -> str:
    adc = record.maps.get("adc")
    if adc is None or pictures is None or adc.geometry.differs_from(pictures.geometry):
        return ""
    masks = [(mask & adc.valid if mask is not None else None) for mask in (pictures.brain, pictures.core)]
    brain, core = (adc.values[mask] if mask is not None else adc.values[:0, 0, 0] for mask in masks)
    chart = adc_histogram(brain, core, _threshold(data), config)
    if not chart:
        return ""
    beyond = int((brain > config.histogram_high).sum())
    note = "Each curve is the share of its own voxels"
    note += f"; {beyond} brain voxels above {config.histogram_high:g} are not drawn." if beyond else "."
    keys = '<span class="key area brain"></span> brain <span class="key area core"></span> core'
    return f"<figure>{chart}<figcaption>{keys} · {note}</figcaption></figure>"


def _reproduce(data: Data) -> str:
    version = data["software"].get("strokequant", "")
    release = f" {escape(version)}" if version else ""
    return (
        f"<ol><li>Take strokequant{release} and the inputs with the UIDs and hashes above.</li>"
        "<li>Run <code>strokequant core INPUT --out OUT</code> with the configuration above.</li>"
        "<li><code>record.json</code>, <code>measurements.csv</code> and masks must come out byte for byte the same; "
        "<code>strokequant verify OUT</code> hashes every file again and compares all numbers.</li></ol>"
    )


def report_page(record: CaseRecord, data: Data, config: ReportConfig = ReportConfig()) -> bytes:
    """The report of one record as a self-contained HTML page.

    Args:
        record: for the pictures.
        data: the same record as plain data (`record_to_dict`), for every number and word.
        config: windows, sizes and limits of the page.

    Returns:
        UTF-8 bytes, the same for the same record.
    """
    pictures = pictures_of(record, config)
    with_picture = set(pictures.lesion_slices) if pictures else set()
    shown = montage(pictures, config) if pictures else ""
    numbers = _histogram(record, pictures, data, config)
    steps = step_bars(data)
    charts = "".join(f'<div class="card">{content}</div>' for content in (numbers, steps) if content)
    if len(with_picture) > config.max_montage_slices:
        with_picture = set()
    parts = [
        asset_svg(pictures, config) if pictures else "",
        "<main>",
        _header(data),
        _hero(data, pictures),
        _section(
            "measurements",
            "Measurements",
            measurement_table(data) if data["measurements"] else "<p>No measurement.</p>",
        ),
        _section("lesion", "Slices with core", shown, kind="pictures"),
        _section("overview", "All slices", overview(pictures) if pictures else "", kind="pictures"),
        _section("candidates", "Lesion candidates", candidate_table(data, with_picture, config)),
        _section("how", "From threshold to core", f'<div class="charts">{charts}</div>' if charts else ""),
        _section("geometry", "Geometry audit", geometry_section(data)),
        _section("diffusion", "b values and maps", b_value_section(data)),
        _section("agreement", "Vendor map against recomputed map", agreement_section(data)),
        _section("issues", "All issues", issue_groups(all_issues(data))),
        _section("series", "Series", series_table(data)),
        _section("configuration", "Configuration", configuration_table(data)),
        _section("provenance", "Provenance", provenance_tables(data)),
        _section("reproduce", "How to reproduce this record", _reproduce(data)),
        f"<footer><p>{escape(RESEARCH_USE)}.</p></footer></main>",
    ]
    title = " ".join(filter(None, (data["case"], data["timepoint"], "strokequant report")))
    return _document(title, "".join(parts), script=pictures is not None)


def cohort_row(data: Data, *, outcome: str, reason: str = "", href: str = "") -> dict[str, Any]:
    """What the cohort page shows of one record; `href` is the report, relative to the page."""
    m = _find(data, _HERO)
    return {
        "case": data["case"],
        "timepoint": data["timepoint"],
        "outcome": outcome,
        "reason": reason,
        "status": m["status"] if m else "missing",
        "value": m["value"] if m else None,
        "lower": m["lower"] if m else None,
        "upper": m["upper"] if m else None,
        "warnings": sorted(
            {i["code"] for i in (issues_beside(data, m) if m else all_issues(data)) if i["level"] != "INFO"}
        ),
        "href": href,
    }


def _cohort_cells(row: Data, high: float) -> tuple[str, ...]:
    name = escape(row["case"])
    value = row.get("value")
    shown = f"<b>{number(value, 2)}</b> mL" if value is not None else text(None)
    low, top = row.get("lower"), row.get("upper")
    bar = f'<span class="bar" style="width:{100 * value / high:.1f}%"></span>' if value else ""
    status = row.get("status", "missing")
    return (
        f'<a href="{escape(row["href"])}">{name}</a>' if row.get("href") else name,
        text(row["timepoint"]),
        f'<span class="chip {escape(row["outcome"])}">{escape(row["outcome"])}</span>',
        shown,
        f"{number(low, 2)} to {number(top, 2)}" if low is not None and top is not None else text(None),
        f'<span class="track" aria-hidden="true">{bar}</span>',
        f'<span class="status {escape(status)}">{escape(STATUS_WORDS.get(status, status))}</span>',
        " ".join(f'<span class="chip WARN">{escape(code)}</span>' for code in row.get("warnings", ())),
        text(row.get("reason", "")),
    )


def cohort_page(rows: Iterable[Data]) -> bytes:
    """One page over many cases.

    Args:
        rows: `cohort_row` of every record; for a case without record {"case", "timepoint", "outcome", "reason"} is enough.

    Returns:
        UTF-8 bytes of a self-contained page.
    """
    ordered = sorted(rows, key=lambda row: (row["case"], row["timepoint"]))
    high = max((row.get("value") or 0 for row in ordered), default=0) or 1
    head = ("Case", "Time point", "Outcome", "Core volume", "Interval", "", "Status", "Warnings", "Reason")
    counts: dict[str, int] = {}
    for row in ordered:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    summary = ", ".join(f"{n} {escape(outcome)}" for outcome, n in sorted(counts.items())) or "no case"
    body = (
        '<main><header><div class="name"><p class="product">strokequant · stroke imaging biomarkers</p>'
        f"<h1>{len(ordered)} <span>cases and time points: {summary}</span></h1></div>"
        '<div class="banner proposal" role="note"><strong>Proposals</strong>'
        f"<p>automatic unless a record says that a reader has signed</p><p>{escape(RESEARCH_USE)}</p></div></header>"
        f"{_section('cases', 'Infarct core volume', table(head, (_cohort_cells(row, high) for row in ordered), kind='cohort'))}"
        "</main>"
    )
    return _document("strokequant cases", body, script=False)
