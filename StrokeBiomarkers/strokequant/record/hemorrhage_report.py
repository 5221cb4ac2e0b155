"""The hemorrhage pages of the report: volumes with pictures first, then how they were made."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..hemorrhage_config import HemorrhageReportConfig
from ..hemorrhage_types import EDEMA
from ..types import CaseRecord
from .colors import hex_of_segment
from .hemorrhage_figures import density_histogram
from .hemorrhage_pictures import PREFIX, axes_picture, hemorrhage_pictures
from .hemorrhage_sections import (
    axes_formulas,
    blood_candidates,
    clot_table,
    ct_audit_table,
    density_table,
    edema_table,
    form_table,
    method_table,
    slice_weights,
)
from .images import segment_of
from .issue_lists import issues_beside, unique
from .kinds import Kind, kind_of
from .page_part import PagePart
from .sections import find, interval, issue_list, number_block, section, value_text
from .viewer import Pictures, asset_svg, legend, montage, overview, viewer

Data = Mapping[str, Any]

_NUMBERS = (
    ("ich_volume", "Intracerebral (ICH)", "ich", True),
    ("ivh_volume", "Intraventricular (IVH)", "ivh", True),
    ("sah_volume", "Subarachnoid (SAH)", "sah", False),
    ("sdh_volume", "Subdural (SDH)", "sdh", False),
    ("edh_volume", "Epidural (EDH)", "edh", False),
    ("ich_ivh_total_volume", "ICH and IVH", "", True),
    ("edema_volume", "Perihematomal edema", "edema", True),
)
"""Measure, words, structure, and whether it stands at the top also where nobody looked for it."""
_FACTS = (
    ("ich_volume_abc2_kothari", "ICH by ABC/2, weighted slices"),
    ("ich_hu_mean", "Mean CT number of the ICH"),
    ("ich_irregularity", "Irregularity index"),
    ("edema_relative", "Edema over ICH"),
    ("edema_extension_distance", "Edema extension distance"),
    ("ivh_modified_graeb", "Modified Graeb score"),
    ("ivh_score", "IVH score"),
    ("midline_shift", "Midline shift"),
)
_ASKED = ("ivh_modified_graeb", "ivh_score", "midline_shift")
"""Facts that a reader answers: said also where there is no answer."""


def has_hemorrhage(data: Data) -> bool:
    """Whether hemorrhage was asked for and a CT was there, also one that was refused; or nothing else was asked for."""
    kinds = {kind_of(m["id"]) for m in data["measurements"]}
    met = any(m["status"] != "missing" for m in data["measurements"] if kind_of(m["id"]) is Kind.HEMORRHAGE)
    return data["hemorrhage"] is not None or met or kinds == {Kind.HEMORRHAGE}


def hemorrhage_pages(
    record: CaseRecord,
    data: Data,
    *,
    config: HemorrhageReportConfig = HemorrhageReportConfig(),
    windows: ReportConfig = ReportConfig(),
) -> PagePart:
    """Hemorrhage of a record for the report.

    Args:
        record: for the pictures.
        data: the same record as plain data, for every number and word.
        config: window, and how much is shown; `windows` limits the size of the pictures.
    """
    if not has_hemorrhage(data):
        return PagePart()
    pictures = hemorrhage_pictures(record, config)
    assets = asset_svg(pictures, windows) if pictures else ""
    details = _details(record, data, pictures, config, windows) if data["hemorrhage"] else ""
    return PagePart(assets, _summary(record, data, pictures), details, script=pictures is not None)


def _summary(record: CaseRecord, data: Data, pictures: Pictures | None) -> str:
    listed = [(find(data, name), *rest) for name, *rest in _NUMBERS]
    listed = [(m, *rest) for m, *rest in listed if m is not None]
    ich = find(data, "ich_volume")
    listed = [row for row in listed if row[2] != EDEMA or ich is None or ich["status"] != "zero"]
    shown = [(m, words, key) for m, words, key, always in listed if always or m["status"] != "missing"]
    blocks = "".join(number_block(m, words, _key(record, key)) for m, words, key in shown)
    unseen = [words for m, words, _, always in listed if not always and m["status"] == "missing"]
    not_looked = f"Nobody looked for: {'; '.join(unseen)}." if unseen else ""
    meaning = [not_looked] if not_looked else []
    if any(interval(m) for m, *_ in shown):
        meaning.append("Ranges are plausible ranges of contour and threshold, no confidence intervals.")
    words = f'<p class="meaning">{escape(" ".join(meaning))}</p>' if meaning else ""
    result = (
        f'<div class="result"><h2>Hemorrhage on plain CT</h2>{_state(data)}<div class="q-numbers">{blocks}</div>'
        f"{_facts(data)}{words}</div>"
    )
    beside = unique(issue for m, *_ in shown for issue in issues_beside(data, m))
    notes = issue_list(beside, beside=True) or '<p class="quiet">No warning beside these numbers.</p>'
    view = f'<div class="view">{viewer(pictures)}{legend(pictures)}</div>' if pictures else ""
    view = view or '<div class="view"><p class="note">There is no image to show.</p></div>'
    kind = "hero" if pictures else "hero no-image"
    return f'<section class="{kind} x-hero" id="hemorrhage">{result}<div class="notes">{notes}</div>{view}</section>\n'


def _key(record: CaseRecord, structure: str) -> str:
    mask = record.masks.get(structure)
    if mask is None:
        return ""
    return f'<span class="q-key" style="background:{hex_of_segment(segment_of(mask).color)}"></span>'


def _state(data: Data) -> str:
    """Who stands behind the outlines."""
    if data["status"] == "signed" or not data["hemorrhage"]:
        return ""
    automatic = data["hemorrhage"]["proposal"]
    words = "automatic outline, no reader has looked at it" if automatic else "outlined with a reader, not signed"
    return f'<p class="x-state"><span class="chip WARN">{words}</span></p>'


def _facts(data: Data) -> str:
    facts = [f"<dt>Place</dt><dd>{_place(data)}</dd>"] if _place(data) else []
    for name, words in _FACTS:
        m = find(data, name)
        if m and (m["status"] == "measured" or (m["status"] == "zero" and name in _ASKED)):
            facts.append(f"<dt>{escape(words)}</dt><dd>{value_text(m)}</dd>")
        elif name in _ASKED and data["hemorrhage"]:
            facts.append(f'<dt>{escape(words)}</dt><dd class="none">not answered</dd>')
    return f'<dl class="facts">{"".join(facts)}</dl>' if facts else ""


def _place(data: Data) -> str:
    """Side and place of the parenchymal clots that count, largest first."""
    candidates = data["hemorrhage"]["candidates"] if data["hemorrhage"] else []
    found = [f"{c['side']} {c['location']}" for c in candidates if c["accepted"] and c["structure"] == "ich"]
    return escape("; ".join(dict.fromkeys(found)))


def _details(
    record: CaseRecord, data: Data, pictures: Pictures | None, config: HemorrhageReportConfig, windows: ReportConfig
) -> str:
    shown = pictures.slices if pictures else ()
    volumes = method_table(data) + clot_table(data)
    parts = [
        section("blood", "Slices with blood", montage(pictures, windows) if pictures else "", kind="pictures"),
        section("ct-slices", "All slices", _overview(pictures) if pictures else "", kind="pictures"),
        section("axes", "ABC/2", _axes(record, data, pictures, config)),
        section("methods", "Volume by method and thresholds", volumes),
        section("density", "Density and shape", _density(record, data, config)),
        section("edema", "Perihematomal edema", edema_table(data)),
        section("form", "Ventricular scores and midline shift", form_table(data)),
        section("blood-candidates", "Candidates to take or leave", blood_candidates(data, shown, PREFIX, config)),
        section("ct", "CT audit", ct_audit_table(data)),
    ]
    return "".join(parts)


def _overview(pictures: Pictures) -> str:
    total = pictures.geometry.shape[0]
    less = f"<p>{len(pictures.slices)} of {total} slices.</p>" if len(pictures.slices) < total else ""
    return less + overview(pictures)


def _axes(record: CaseRecord, data: Data, pictures: Pictures | None, config: HemorrhageReportConfig) -> str:
    formulas = axes_formulas(data)
    if not formulas or pictures is None:
        return formulas
    chart, tables = slice_weights(data, pictures.geometry, config)
    picture = axes_picture(record, pictures, config)
    return f'<div class="x-abc2">{picture}<div>{formulas}{chart}</div></div>{tables}'


def _density(record: CaseRecord, data: Data, config: HemorrhageReportConfig) -> str:
    figure = density_histogram(record, config)
    described = density_table(data)
    card = f'<div class="card">{described}</div>' if described else ""
    return f'<div class="charts">{figure}{card}</div>' if figure or card else ""
