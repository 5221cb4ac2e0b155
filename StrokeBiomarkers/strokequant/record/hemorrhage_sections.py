"""Tables of hemorrhage in the report, each from the plain data of the record. Every text that comes from outside is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..geometry import Geometry
from ..hemorrhage_config import HemorrhageReportConfig
from ..hemorrhage_types import Structure
from .hemorrhage_figures import weight_chart
from .montage import slice_place
from .sections import find, interval, number, table, text, value_text

Data = Mapping[str, Any]

_METHODS = (
    ("ich_volume", "outlined, border by shares of clot"),
    ("ich_volume_half_maximum", "cut at half maximum"),
    ("ich_volume_fixed_window", "40 to 100 HU"),
    ("ich_volume_abc2_kothari", "ABC/2, slices weighted (Kothari), B as caliper"),
    ("ich_volume_abc2_chord", "ABC/2, slices weighted (Kothari), B as chord"),
    ("ich_volume_abc2_plain", "ABC/2, all slices, B as caliper"),
)
_FORM = (
    ("ivh_modified_graeb", "Modified Graeb score, 0 to 32"),
    ("ivh_score", "IVH score (Hallevi), 0 to 23"),
    ("ivh_score_volume", "IVH volume by IVH score"),
    ("midline_shift", "Midline shift at the foramen of Monro"),
)


def method_table(data: Data) -> str:
    """Volume of the ICH by every definition, with the difference to the outlined one; empty without ICH."""
    reference = find(data, "ich_volume")
    if reference is None or not reference["value"]:
        return ""
    rows = []
    for name, words in _METHODS:
        m = find(data, name)
        if m is None:
            continue
        shown = f"{interval(m)} {escape(m['unit_text'])}" if interval(m) else text(None)
        rows.append((escape(words), value_text(m), shown, _difference(m["value"], reference["value"])))
    note = "Plain ABC/2 reads 3 to 5 % low on ellipsoids, weighted slices about 35 %; real, irregular clots differ by more."
    return table(("Volume of the ICH", "Value", "Range", "Against outlined"), rows) + f'<p class="note">{note}</p>'


def _difference(value: float | None, reference: float) -> str:
    if value is None or value == reference:
        return text(None)
    return f"{value - reference:+.2f} mL, {100 * (value - reference) / reference:+.1f} %".replace("-", "−")


def clot_table(data: Data) -> str:
    """Every clot with its levels and threshold."""
    rows = []
    for n, clot in enumerate(data["hemorrhage"]["clots"], 1):
        low, high = clot["step_band_ml"] or (None, None)
        moved = f"{number(low, 2)} to {number(high, 2)} mL" if None not in (low, high) and low != high else text(None)
        rows.append(
            (
                str(n),
                escape(clot["structure"].upper()),
                f"<b>{number(clot['volume_ml'], 2)}</b> mL",
                _hu(clot["threshold_hu"]),
                _hu(clot["clot_hu"]),
                _hu(clot["background_hu"]),
                moved,
                _point(clot["seed_lps"]),
            )
        )
    head = ("Clot", "In", "Volume", "Threshold", "Clot", "Background", "Threshold ± one step", "Seed L, P, S (mm)")
    return table(head, rows, kind="x-clots") if rows else ""


def _hu(value: float | None) -> str:
    return f"{number(value, 1)} HU" if value is not None else text(None)


def _point(lps: Iterable[float | None] | None) -> str:
    """A place in whole mm."""
    return ", ".join("–" if x is None else f"{x:.0f}".replace("-", "−") for x in lps) if lps else text(None)


def axes_formulas(data: Data) -> str:
    """The formula with its numbers, and what the letters mean; empty without ABC/2."""
    abc2 = data["hemorrhage"]["abc2"]
    if not abc2:
        return ""
    formulas = "".join(
        f"<li><b>{words}</b>: {abc2['a_mm']:.1f} × {abc2[b]:.1f} × {abc2[c]:.1f} mm / 2 = "
        f"<b>{number(abc2['a_mm'] * abc2[b] * abc2[c] / 2000, 2)} mL</b></li>"
        for words, b, c in (
            ("weighted slices, B as caliper", "b_caliper_mm", "c_kothari_mm"),
            ("weighted slices, B as chord", "b_chord_mm", "c_kothari_mm"),
            ("all slices, B as caliper", "b_caliper_mm", "c_plain_mm"),
        )
    )
    note = (
        "A: longest diameter on the slice of largest area. B: across A on the same slice, as caliper (full width) and as chord "
        "(longest segment inside). C: slices, each by its weight times its extent: 1 above 75 % of the largest area, 0.5 from 25 to 75 %, 0 below."
    )
    clots = sum(clot["structure"] == Structure.ICH for clot in data["hemorrhage"]["clots"])
    note += f" A, B and C are those of all {clots} clots together." if clots > 1 else ""
    return f'<ul class="x-formulas">{formulas}</ul><p class="note">{note}</p>'


def slice_weights(data: Data, geometry: Geometry, config: HemorrhageReportConfig) -> tuple[str, str]:
    """Area and weight of every slice, as a chart and as tables side by side."""
    abc2 = data["hemorrhage"]["abc2"]
    slices, areas, weights = abc2["slices"], [a / 100 for a in abc2["areas_mm2"]], abc2["weights"]
    extents = [float(geometry.slice_extents[k]) for k in slices]
    chart = weight_chart([float(geometry.positions[k]) for k in slices], extents, areas, weights)
    keys = "".join(
        f'<span><span class="key x-weight x-{kind}"></span>{words}</span>'
        for kind, words in (("full", "weight 1"), ("half", "weight 0.5"), ("none", "weight 0"))
    )
    shown = f'<figure>{chart}<figcaption class="legend">{keys}</figcaption></figure>' if chart else ""
    rows = [
        (
            str(k + 1),
            slice_place(geometry, k),
            f"{area:.2f}",
            f"{100 * area / max(areas):.0f} %",
            f"<b>{weight:g}</b>",
            f"{weight * extent:.2f} of {extent:.2f}",
        )
        for k, area, weight, extent in zip(slices, areas, weights, extents, strict=True)
    ]
    sums = f"Sum of weights {sum(weights):g}: C = {abc2['c_kothari_mm']:.2f} mm weighted; all slices {abc2['c_plain_mm']:.2f} mm."
    head = ("Slice", "At", "Area (cm²)", "Of largest", "Weight", "Height (mm)")
    parts = [rows[n : n + config.table_rows] for n in range(0, len(rows), config.table_rows)]
    tables = "".join(table(head, part, kind="x-slices") for part in parts)
    return shown, f'<div class="x-columns">{tables}</div><p class="note">{sums}</p>'


def density_table(data: Data) -> str:
    """Descriptors of density and shape of the ICH."""
    names = ("ich_hu_mean", "ich_hu_sd", "ich_low_density_share", "ich_irregularity")
    found = [m for m in (find(data, name) for name in names) if m and m["value"] is not None]
    rows = [(escape(m["name"]), value_text(m), escape(m["method"])) for m in found]
    note = "Descriptors, no diagnosis: irregularity is 100 for a ball, its published cut-off 123.8; noise of the image adds to the SD."
    return table(("Descriptor", "Value", "How"), rows) + f'<p class="note">{note}</p>' if rows else ""


def edema_table(data: Data) -> str:
    """Edema with its ratio and width."""
    names = ("edema_volume", "edema_relative", "edema_extension_distance")
    found = [m for m in (find(data, name) for name in names) if m and m["status"] != "missing"]
    rows = [(escape(m["name"]), value_text(m), interval(m) or text(None), text(m["method"])) for m in found]
    return table(("Edema", "Value", "Range", "Method"), rows) if rows else ""


def form_table(data: Data) -> str:
    """Scores and midline shift, which a reader answers: answered or not."""
    rows = []
    for name, words in _FORM:
        m = find(data, name)
        answered = m is not None and m["value"] is not None
        chip = '<span class="chip yes">answered</span>' if answered else '<span class="chip no">not answered</span>'
        rows.append(
            (escape(words), chip, value_text(m) if answered else text(None), text(m["method"]) if m else text(None))
        )
    return table(("Answered by a reader", "", "Value", "Of"), rows)


def blood_candidates(data: Data, shown: Sequence[int], prefix: str, config: HemorrhageReportConfig) -> str:
    """What the automatic search found, and clicks, taken ones first, with the reason of every decision."""
    candidates = data["hemorrhage"]["candidates"]
    if not candidates:
        return ""
    taken = [c for c in candidates if c["accepted"]]
    left_out = [c for c in candidates if not c["accepted"]]
    listed = left_out[: config.max_candidates_left_out]
    rest = left_out[config.max_candidates_left_out :]
    rows = [_candidate_row(c, shown, prefix, data) for c in (*taken, *listed)]
    head = ("No.", "Decision", "In", "Volume", "Mean", "Side", "Place", "Slices", "Seed L, P, S (mm)", "Reasons")
    total = sum(c["volume_ml"] or 0 for c in rest)
    more = (
        f"<p>{len(rest)} smaller ones left out, {total:.2f} mL together, are listed in record.json.</p>" if rest else ""
    )
    return table(head, rows, kind="x-candidates") + more


def _candidate_row(c: Data, shown: Sequence[int], prefix: str, data: Data) -> tuple[str, ...]:
    first, last = c["slices"]
    place = f"{first + 1}" if first == last else f"{first + 1}–{last + 1}"
    middle = min(shown, key=lambda k: abs(k - (first + last) / 2), default=None)
    where = place
    if middle is not None:
        where = f'<a href="#{prefix}viewer" data-slice="{middle}" data-viewer="{prefix}viewer">{place}</a>'
    word = "proposed" if data["hemorrhage"]["proposal"] else "taken"
    chip = f'<span class="chip yes">{word}</span>' if c["accepted"] else '<span class="chip no">left out</span>'
    return (
        str(c["label"]),
        chip,
        escape(c["structure"].upper()),
        f"<b>{number(c['volume_ml'], 2)}</b> mL",
        _hu(c["mean_hu"]),
        escape(c["side"]),
        escape(c["location"]),
        where,
        _point(c["seed_lps"]),
        "; ".join(escape(reason.removeprefix("left out: ")) for reason in c["reasons"]) or text(None),
    )


def ct_audit_table(data: Data) -> str:
    """What the CT is like, what was expected, and what was said about it."""
    facts, issues = data["hemorrhage"]["facts"], data["hemorrhage"]["issues"]
    rows = []
    for words, name, unit, expected, codes in _checks(data):
        if name not in facts:
            continue
        found = [i for i in issues if i["code"] in codes and _speaks_of(words, i)]
        severe = [i for i in found if i["level"] != "INFO"]
        chips = " ".join(f'<span class="chip {escape(i["level"])}">{escape(i["code"])}</span>' for i in found)
        verdict = "" if severe or facts[name] in (None, [], "") else '<span class="chip yes">as expected</span>'
        if name == "contrast_agent" and not severe and not facts[name]:
            verdict = '<span class="chip yes">none</span>'
        rows.append(
            (escape(words), _fact(facts[name], unit), escape(expected), f"{verdict} {chips}".strip() or text(None))
        )
    return table(("CT", "Found", "Expected", "Check"), rows, kind="x-audit") if rows else ""


def _speaks_of(words: str, issue: Data) -> bool:
    """Whether an issue whose code several facts share is about one of them: what was found begins with its words."""
    if issue["code"] == "H04":
        return issue["found"].startswith("kernel") is (words == "kernel")
    return issue["code"] != "H11" or issue["found"].startswith(words)


def _checks(data: Data) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """Words, name of the fact, its unit, what is expected, and the codes that speak of it."""

    def limit(name: str) -> str:
        found = [e["value"] for e in data["configuration"] if e["section"] == "ct_audit" and e["name"] == name]
        return f"{found[0]:g}" if found and isinstance(found[0], (int, float)) else "?"

    return [
        ("Contrast/Bolus Agent", "contrast_agent", "", "none", ("H04",)),
        ("kernel", "kernel", "", "soft tissue", ("H04", "H11")),
        ("tube voltage", "kvp", "kV", f"{limit('kvp_low')} to {limit('kvp_high')} kV, one", ("H10", "H11")),
        ("Slice Thickness", "thickness_mm", "mm", f"{limit('thickness_warn_mm')} mm or less, one", ("H08", "H11")),
        ("gantry tilt", "tilt_deg", "°", "measured as it is", ()),
        ("air", "air_hu", "HU", f"{limit('air_hu')} within {limit('air_note_hu')} HU", ("H01", "H02", "H03")),
        ("CSF of the ventricles", "csf_hu", "HU", f"{limit('csf_low_hu')} to {limit('csf_high_hu')} HU", ("H12",)),
        ("brain", "brain_hu", "HU", f"{limit('tissue_low_hu')} to {limit('tissue_high_hu')} HU", ("H12",)),
    ]


def _fact(value: Any, unit: str) -> str:
    values = value if isinstance(value, list) else [value]
    shown = [text(v) + (f" {unit}" if unit and v is not None else "") for v in values if v not in ("", None)]
    return ", ".join(shown) or text(None)
