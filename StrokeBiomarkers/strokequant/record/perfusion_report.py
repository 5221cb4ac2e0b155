"""The perfusion pages of the report: the numbers with pictures first, then what they rest on."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..perfusion_config import PerfusionReportConfig
from ..types import CaseRecord
from .issue_lists import issues_beside, unique
from .kinds import is_perfusion
from .page_part import PagePart
from .perfusion_figures import UNITS, curve_chart, motion_chart, step_chart
from .perfusion_pictures import (
    PerfusionPictures,
    map_rows,
    overlay_keys,
    overlay_montage,
    perfusion_assets,
    perfusion_pictures,
    registration_montage,
    tmax_overview,
    vessel_pictures,
)
from .perfusion_sections import (
    band_table,
    lesion_table,
    motion_words,
    reference_table,
    registration_words,
    rule_table,
    threshold_table,
    time_table,
    vessel_table,
)
from .sections import find, interval, issue_list, number_block, section, step_bars, value_text

Data = Mapping[str, Any]

_FACTS = (
    ("hypoperfusion_4s_volume", "Tmax > 4 s"),
    ("hypoperfusion_8s_volume", "Tmax > 8 s"),
    ("hypoperfusion_10s_volume", "Tmax > 10 s"),
    ("hypoperfusion_6s_intensity_ratio", "Hypoperfusion intensity ratio"),
    ("hypoperfusion_6s_cbv_index", "CBV index"),
    ("mismatch_volume_coregistered", "Mismatch, voxel by voxel"),
)


def has_perfusion(data: Data) -> bool:
    """Whether perfusion was asked for and a dynamic series was there, also one that was refused."""
    refused = any(m["status"] != "missing" for m in data["measurements"] if is_perfusion(m["id"]))
    return data["perfusion"] is not None or refused


def _stage(data: Data, name: str) -> Data | None:
    """Plain data of one stage; None where it was not reached."""
    return data["perfusion"][name] if data["perfusion"] else None


def main_threshold(data: Data) -> float:
    """Tmax in s of the hypoperfusion that the mismatch is made of."""
    found = [entry["value"] for entry in data["configuration"] if entry["name"] == "main_tmax_s"]
    return float(found[0]) if found and isinstance(found[0], (int, float)) else 6.0


def perfusion_pages(
    record: CaseRecord,
    data: Data,
    *,
    config: PerfusionReportConfig = PerfusionReportConfig(),
    windows: ReportConfig = ReportConfig(),
) -> PagePart:
    """Perfusion of a record for the report.

    Args:
        record: for the pictures.
        data: the same record as plain data, for every number and word.
        config, windows: how pictures are shown.
    """
    if not has_perfusion(data):
        return PagePart()
    main = f"hypoperfusion_{main_threshold(data):g}s"
    pictures = perfusion_pictures(record, main=main, config=config, windows=windows)
    vessels = _vessels_in_use(record)
    assets = perfusion_assets(pictures, vessels.values(), config) if pictures else ""
    return PagePart(assets, _summary(data, pictures, f"{main}_volume"), _details(data, pictures, vessels, config))


def _vessels_in_use(record: CaseRecord) -> dict[str, Any]:
    vessels = record.perfusion.vessels if record.perfusion is not None else None
    found = {"AIF": vessels.aif, "VOF": vessels.vof} if vessels is not None else {}
    return {name: curve for name, curve in found.items() if curve is not None}


def _summary(data: Data, pictures: PerfusionPictures | None, hypoperfusion: str) -> str:
    lesions = _stage(data, "lesions")
    numbers = (
        (hypoperfusion, f"Hypoperfusion, Tmax > {main_threshold(data):g} s", "q-green"),
        ("mismatch_core_volume", _core_words(data), "q-pink"),
        ("mismatch_volume", "Mismatch", ""),
        ("mismatch_ratio", "Mismatch ratio", ""),
    )
    shown = "".join(
        number_block(find(data, measure), words, f'<span class="q-key {key}"></span>' if key else "")
        for measure, words, key in numbers
    )
    result = f'<div class="result"><h2>Perfusion</h2><div class="q-numbers">{shown}</div>{_facts(data, lesions)}{_meaning(data)}</div>'
    measures = [m for m in (find(data, measure) for measure, _, _ in numbers) if m]
    beside = unique(issue for m in measures for issue in issues_beside(data, m))
    notes = issue_list(beside, beside=True) or '<p class="quiet">No warning beside these numbers.</p>'
    view = _summary_pictures(pictures)
    kind = "hero" if pictures else "hero no-image"
    return f'<section class="{kind} q-hero" id="perfusion">{result}<div class="notes">{notes}</div>{view}</section>\n'


def _core_words(data: Data) -> str:
    lesions = _stage(data, "lesions")
    if not lesions:
        return "Core"
    names = {"rCBF": "core_rcbf", "ADC": "adc_threshold"}
    found = [e["value"] for e in data["configuration"] if e["name"] == names[lesions["core_source"]]]
    limit = found[0] if found and isinstance(found[0], (int, float)) else None
    if lesions["core_source"] == "rCBF":
        return "Core, rCBF" + (f" < {100 * limit:g} %" if limit is not None else "")
    return "Core, ADC" + (f" ≤ {limit:g} · 10⁻⁶ mm²/s" if limit is not None else "")


def _facts(data: Data, lesions: Data | None) -> str:
    facts = []
    for measure, words in _FACTS:
        m = find(data, measure)
        if m and m["value"] is not None:
            facts.append(f"<dt>{escape(words)}</dt><dd>{value_text(m)}</dd>")
    if lesions and lesions["affected_side"]:
        facts.append(f"<dt>Affected side</dt><dd>{escape(lesions['affected_side'])}</dd>")
    return f'<dl class="facts">{"".join(facts)}</dl>' if facts else ""


def _meaning(data: Data) -> str:
    words = []
    if any((m := find(data, name)) and interval(m) for name in ("mismatch_volume", "hypoperfusion_6s_volume")):
        words.append(
            "Ranges are plausible ranges of contour, threshold, artery, settings and noise, no confidence intervals."
        )
    reference = _stage(data, "reference")
    if reference:
        words.append(f"Relative to: {reference['definition']}.")
    lesions = _stage(data, "lesions")
    if lesions and lesions["coverage_limited"]:
        found = find(data, "hypoperfusion_6s_volume")
        nothing = found is not None and found["status"] == "zero"
        words.append(
            "The images show a part of the brain: a lesion beside it was not measured."
            if nothing
            else "The lesion reaches the end of the slab: its volume is a lower limit."
        )
    return f'<p class="meaning">{escape(" ".join(words))}</p>' if words else ""


def _summary_pictures(pictures: PerfusionPictures | None) -> str:
    if pictures is None:
        return '<div class="view"><p class="note">There is no image to show.</p></div>'
    if pictures.with_lesion > len(pictures.shown):
        words = f"{len(pictures.shown)} of {pictures.with_lesion} slices with lesion, those with most of it."
    elif pictures.with_lesion:
        words = "All slices with hypoperfusion or core."
    else:
        words = "No lesion: some slices of the baseline image."
    sides = {"R": "right", "L": "left", "A": "anterior", "P": "posterior"}
    left = pictures.view.markers[0]
    side = f"{left} (patient {sides.get(left, left)}) is on the left, from patient coordinates; bar 5 cm"
    return f'<div class="view">{overlay_montage(pictures)}{overlay_keys()}<p class="note">{words} {escape(side)}.</p></div>'


def _details(data: Data, pictures: PerfusionPictures | None, vessels, config: PerfusionReportConfig) -> str:
    if not data["perfusion"]:
        return ""
    parts = [
        section("maps", "Maps", map_rows(pictures) if pictures else "", kind="pictures"),
        section("tmax", "Tmax, all slices", tmax_overview(pictures) if pictures else "", kind="pictures"),
        section("rules", "Eligibility criteria of trials", rule_table(data)),
        section("bands", "What the ranges are made of", band_table(data)),
        section("vessels", "Artery, vein and bolus", _vessel_section(data, pictures, vessels, config)),
        section("motion", "Motion and frame times", _motion_section(data)),
        section("registration", "Diffusion on perfusion", _registration_section(data, pictures), kind="pictures"),
        section("reference", "Reference tissue, constants and method", reference_table(data)),
        section("clusters", "Clusters of hypoperfusion", lesion_table(data, config)),
        section("thresholds", "Thresholds and clean-up", _threshold_section(data)),
    ]
    return "".join(parts)


def _threshold_section(data: Data) -> str:
    cards = (threshold_table(data), step_bars(_stage(data, "lesions")))
    shown = "".join(f'<div class="card">{content}</div>' for content in cards if content)
    return f'<div class="charts">{shown}</div>' if shown else ""


def _vessel_section(data: Data, pictures: PerfusionPictures | None, vessels, config: PerfusionReportConfig) -> str:
    svg, factor = curve_chart(data["perfusion"], config)
    chart = ""
    if svg:
        quantity, unit = UNITS.get(data["perfusion"]["kind"], ("concentration", ""))
        keys = "".join(
            f'<span><span class="q-key-line q-{kind}"></span>{name}</span>'
            for kind, name in (("aif", "AIF"), ("vof", "VOF"), ("mean", f"brain × {factor:g}"))
            if kind == "mean" or kind.upper() in vessels
        )
        chart = f'<figure>{svg}<figcaption class="legend">{keys}<span>{quantity} in {unit}, measured curves</span></figcaption></figure>'
    places = vessel_pictures(pictures, vessels) if pictures else ""
    top = f'<div class="charts">{chart}{places}</div>' if chart or places else ""
    return top + vessel_table(data, "aif") + vessel_table(data, "vof")


def _motion_section(data: Data) -> str:
    perfusion = data["perfusion"]
    keys = "".join(f'<span><span class="q-key-line q-axis{d}"></span>{d}</span>' for d in ("L", "P", "S"))
    figures = [
        f'<figure>{svg}<figcaption class="legend">{keys}<span>{words}</span></figcaption></figure>'
        for svg, words in (
            (motion_chart(perfusion, "translations_mm", "translation (mm)"), "toward left, posterior, superior"),
            (motion_chart(perfusion, "rotations_deg", "rotation (°)"), "about these axes; red: frame replaced"),
        )
        if svg
    ]
    steps = step_chart(perfusion)
    figures += (
        [f"<figure>{steps}<figcaption>Steps between frames; long ones in red</figcaption></figure>"] if steps else []
    )
    times = time_table(data)
    figures += [f'<div class="card">{times}</div>'] if times else []
    words = motion_words(data)
    note = f'<p class="note">{escape(words)}</p>' if words else ""
    return f'<div class="charts">{"".join(figures)}</div>{note}' if figures else ""


def _registration_section(data: Data, pictures: PerfusionPictures | None) -> str:
    shown = registration_montage(pictures) if pictures else ""
    words = registration_words(data)
    return (f"<p>{escape(words)}</p>" if words and shown else "") + shown
