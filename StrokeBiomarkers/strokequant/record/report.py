"""report.html: one page that a reader looks at first and a regulator last.

It holds everything it needs (pictures, style, script), asks the network for nothing, is complete without script, and prints on A4.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..types import CaseRecord
from .case_record import RESEARCH_USE
from .core_pictures import core_pictures
from .figures import adc_histogram
from .follow_up_sections import follow_up_page
from .hemorrhage_report import hemorrhage_pages
from .issue_lists import all_issues, issues_beside
from .kinds import Kind, kind_of
from .page import document
from .page_part import PagePart
from .perfusion_report import perfusion_pages
from .reading_section import reading_banner, reading_page
from .scanner_sections import scanner_page
from .sections import (
    STATUS_WORDS,
    agreement_section,
    b_value_section,
    candidate_table,
    configuration_table,
    find,
    geometry_section,
    interval,
    issue_groups,
    issue_list,
    measurement_table,
    number,
    provenance_tables,
    section,
    series_table,
    step_bars,
)
from .viewer import Pictures, asset_svg, legend, montage, overview, viewer

Data = Mapping[str, Any]


_HERO = "infarct_core_volume"

PARTS: tuple[Callable[..., PagePart], ...] = (
    perfusion_pages,
    hemorrhage_pages,
    follow_up_page,
    scanner_page,
    reading_page,
)
"""Parts beside the diffusion core, in their order on the page; each is called with the record, its plain data and `windows`."""


def _header(data: Data) -> str:
    signed = data["status"] == "signed"
    signatures = "; ".join(f"{s['reader']}: {s['meaning']} ({s['signed_utc']})" for s in data["sign_offs"])
    word = "Signed" if signed else "Proposal"
    status = signatures if signed else data["status_text"]
    return (
        '<header><div class="name"><p class="product">strokequant · stroke imaging biomarkers</p>'
        f"<h1>{escape(data['case'])} <span>{escape(data['timepoint'])}</span></h1></div>"
        f'<div class="banner {escape(data["status"])}" role="note"><strong>{word}</strong>'
        f"<p>{escape(status)}</p><p>{escape(data['use'])}</p>{reading_banner(data)}</div></header>\n"
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
    right, left = (find(data, f"{_HERO}_{side}") for side in ("right", "left"))
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
        m = find(data, measure_id)
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
    m = find(data, _HERO)
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
    masks = (pictures.brain, pictures.told[0].values)
    brain, core = (adc.values[mask & adc.valid] if mask is not None else adc.values[:0, 0, 0] for mask in masks)
    chart = adc_histogram(brain, core, _threshold(data), config)
    if not chart:
        return ""
    beyond = int((brain > config.histogram_high).sum())
    note = "Each curve is the share of its own voxels"
    note += f"; {beyond} brain voxels above {config.histogram_high:g} are not drawn." if beyond else "."
    keys = '<span class="key area brain"></span> brain <span class="key area core"></span> core'
    return f"<figure>{chart}<figcaption>{keys} · {note}</figcaption></figure>"


def _has_diffusion(data: Data, parts: list[PagePart]) -> bool:
    """Whether the page shows the diffusion core: always where there is no other part, else where something of it was there."""
    if not any(parts):
        return True
    m = find(data, _HERO)
    return bool(data["core"]) or (m is not None and m["status"] != "missing")


def _reproduce(data: Data) -> str:
    alone = {kind_of(m["id"]) for m in data["measurements"]}
    commands = {Kind.DIFFUSION: "core", Kind.HEMORRHAGE: "hemorrhage"}
    command = commands.get(next(iter(alone)), "run") if len(alone) == 1 else "run"
    version = data["software"].get("strokequant", "")
    release = f" {escape(version)}" if version else ""
    return (
        f"<ol><li>Take strokequant{release} and the inputs with the UIDs and hashes above.</li>"
        f"<li>Run <code>strokequant {command} INPUT --out OUT</code> with the configuration above.</li>"
        "<li><code>record.json</code>, <code>measurements.csv</code> and masks must come out byte for byte the same; "
        "<code>strokequant verify OUT</code> hashes every file again and compares all numbers.</li></ol>"
    )


def _diffusion_sections(record: CaseRecord, data: Data, pictures: Pictures | None, config: ReportConfig) -> str:
    """Pictures, candidates and charts of the diffusion core."""
    with_picture = set(pictures.lesion_slices) if pictures else set()
    if len(with_picture) > config.max_montage_slices:
        with_picture = set()
    charts = (_histogram(record, pictures, data, config), step_bars(data["core"]))
    cards = "".join(f'<div class="card">{content}</div>' for content in charts if content)
    return "".join(
        (
            section("lesion", "Slices with core", montage(pictures, config) if pictures else "", kind="pictures"),
            section("overview", "All slices", overview(pictures) if pictures else "", kind="pictures"),
            section("candidates", "Lesion candidates", candidate_table(data, with_picture, config)),
            section("how", "From threshold to core", f'<div class="charts">{cards}</div>' if cards else ""),
        )
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
    others = [part(record, data, windows=config) for part in PARTS]
    diffusion = _has_diffusion(data, others)
    pictures = core_pictures(record, config) if diffusion else None
    parts = [
        asset_svg(pictures, config) if pictures else "",
        *(part.assets for part in others),
        "<main>",
        _header(data),
        *(part.summary + part.details for part in others),
        _hero(data, pictures) if diffusion else "",
        section(
            "measurements",
            "Measurements",
            measurement_table(data) if data["measurements"] else "<p>No measurement.</p>",
        ),
        _diffusion_sections(record, data, pictures, config) if diffusion else "",
        section("geometry", "Geometry audit", geometry_section(data)),
        section("diffusion", "b values and maps", b_value_section(data)) if diffusion else "",
        section("agreement", "Vendor map against recomputed map", agreement_section(data)),
        section("issues", "All issues", issue_groups(all_issues(data))),
        section("series", "Series", series_table(data)),
        section("configuration", "Configuration", configuration_table(data)),
        section("provenance", "Provenance", provenance_tables(data)),
        section("reproduce", "How to reproduce this record", _reproduce(data)),
        f"<footer><p>{escape(RESEARCH_USE)}.</p></footer></main>",
    ]
    title = " ".join(filter(None, (data["case"], data["timepoint"], "strokequant report")))
    script = pictures is not None or any(part.script for part in others)
    state = "SIGNED" if data["status"] == "signed" else "PROPOSAL, not signed by a reader"
    return document(
        title, "".join(parts), script=script, foot=f"{data['case']} {data['timepoint']} - {state} - {RESEARCH_USE}"
    )
