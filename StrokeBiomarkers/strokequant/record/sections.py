"""Tables and texts of the report, each from the plain data of the record. Every text that comes from outside is escaped."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from .figures import gap_plot
from .kinds import Kind, kind_of, unused_sections

Data = Mapping[str, Any]

STATUS_WORDS = {
    "measured": "measured",
    "zero": "looked for, not there",
    "not_evaluable": "not evaluable",
    "missing": "not measured: the input was not there",
}
_LEVEL_WORDS = {
    "STOP": "no number can be given",
    "ASK": "a reader must decide",
    "WARN": "number with a warning",
    "INFO": "for the record",
}
_AGREEMENT_WORDS = {
    "n": "voxels compared",
    "bias": "bias (recomputed − vendor)",
    "bias_percent": "bias (% of the vendor's mean)",
    "sd": "standard deviation of the differences",
    "lower": "lower limit of agreement",
    "upper": "upper limit of agreement",
    "slope": "slope of recomputed on vendor",
    "only_vendor": "voxels with a vendor value only",
    "only_recomputed": "voxels with a recomputed value only",
}


def find(data: Data, measure_id: str) -> Data | None:
    """A measurement by its id."""
    return next((m for m in data["measurements"] if m["id"] == measure_id), None)


def section(anchor: str, title: str, content: str, *, kind: str = "") -> str:
    """A part of the page with its heading; empty without content."""
    if not content:
        return ""
    return f'<section id="{anchor}" class="{kind}"><h2>{escape(title)}</h2>{content}</section>\n'


def text(value: Any) -> str:
    """A value as escaped text; numbers short, lists joined, nothing as a dash."""
    if value is None or value == "" or value == [] or value == {}:
        return '<span class="none">–</span>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−") if abs(value) < 1e6 else f"{value:g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{escape(str(key))} {text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        shown = ", ".join(text(item) for item in value[:40])
        return f"{shown}, … ({len(value)} in all)" if len(value) > 40 else shown
    return escape(str(value))


def table(head: Iterable[str], rows: Iterable[Iterable[str]], *, kind: str = "", caption: str = "") -> str:
    """A table of cells that are already HTML; the first cell of a row is its header."""
    top = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = []
    for row in rows:
        first, *rest = row
        body.append(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>')
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    content = f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f'<div class="wide {kind}">{content}</div>'


def number(value: float | None, decimals: int) -> str:
    """A number with the digits of the catalog; a small one that is not zero never reads as zero."""
    if value is None:
        return "–"
    smallest = 10.0**-decimals
    if value != 0 and abs(value) < smallest / 2:
        return f"&lt; {smallest:.{decimals}f}"
    return f"{value:.{decimals}f}".replace("-", "−")


def value_text(measurement: Data) -> str:
    """Value with unit, "∞" for an infinite ratio, a dash for none."""
    if measurement["infinite"]:
        return "<b>∞</b>"
    if measurement["value"] is None:
        return text(None)
    return f"<b>{number(measurement['value'], measurement['decimals'])}</b> {escape(measurement['unit_text'])}".rstrip()


def interval(measurement: Data) -> str:
    """Both ends of an interval, empty where there is none or where it has no width."""
    if measurement["lower"] is None or measurement["upper"] is None or measurement["lower"] == measurement["upper"]:
        return ""
    low, high = (number(measurement[end], measurement["decimals"]) for end in ("lower", "upper"))
    return f"{low} to {high}"


def number_block(m: Data | None, words: str, key: str = "") -> str:
    """One of the large numbers at the top.

    Args:
        m: measurement, None where there is none.
        words: what it is.
        key: HTML of its color.
    """
    title = f'<p class="q-title">{key}{escape(words)}</p>'
    if m is None:
        return f'<div>{title}<p class="value none">no value</p></div>'
    if m["infinite"]:
        reason = "the core is 0: no number, met only with the volume"
        return f'<div>{title}<p class="value">∞</p><p class="range">{reason}</p></div>'
    if m["value"] is None:
        return f'<div>{title}<p class="value none">{escape(STATUS_WORDS[m["status"]].partition(":")[0])}</p></div>'
    unit = f' <span class="unit">{escape(m["unit_text"])}</span>' if m["unit_text"] else ""
    limits = f'<p class="range">{interval(m)}</p>' if interval(m) else ""
    if m["status"] == "zero":
        limits = f'<p class="range">{STATUS_WORDS["zero"]}</p>'
    small = next((i for i in m["issues"] if i["code"] == "S04" and i["found"].startswith("unmeasurable")), None)
    mark = '<p class="range"><span class="chip WARN">unmeasurable</span></p>' if small else ""
    return f'<div>{title}<p class="value">{number(m["value"], m["decimals"])}{unit}</p>{limits}{mark}</div>'


def issue_list(issues: Iterable[Data], *, beside: bool = False) -> str:
    """Issues as a list: what was found, what was expected, what to do."""
    items = []
    for issue in issues:
        level = escape(issue["level"])
        where = f"<span class=where>{escape(issue['subject'])}</span> " if issue["subject"] else ""
        expected = f"<dt>Expected</dt><dd>{escape(issue['expected'])}</dd>" if issue["expected"] else ""
        remedy = f"<dt>Do</dt><dd>{escape(issue['remedy'])}</dd>" if issue["remedy"] else ""
        more = f"<dl>{expected}{remedy}</dl>" if expected or remedy else ""
        items.append(
            f'<li class="issue {level}"><span class="chip {level}">{level} <b>{escape(issue["code"])}</b></span>'
            f"<div>{where}{escape(issue['found'])}{more}</div></li>"
        )
    return f'<ul class="issues{" beside" if beside else ""}">{"".join(items)}</ul>' if items else ""


def issue_groups(issues: list[Data]) -> str:
    """All issues by level, most severe first."""
    parts = []
    for level, words in _LEVEL_WORDS.items():
        group = [issue for issue in issues if issue["level"] == level]
        if group:
            parts.append(f"<h3>{level}: {words} ({len(group)})</h3>{issue_list(group)}")
    return "".join(parts) or "<p>No issue.</p>"


def measurement_table(data: Data) -> str:
    """Every measurement with interval, status, method and code."""
    rows = []
    for m in data["measurements"]:
        code = "; ".join(f"{c['scheme']} {c['value']}" for c in (m["code"], m["derivation"]) if c)
        own = dict.fromkeys((i["level"], i["code"]) for i in m["issues"] if i["level"] != "INFO")
        marks = " ".join(f'<span class="chip {escape(level)}">{escape(code)}</span>' for level, code in own)
        status = f'<span class="status {m["status"]}">{STATUS_WORDS[m["status"]]}</span> {marks}'
        rows.append(
            (escape(m["name"]), value_text(m), interval(m) or text(None), status, text(m["method"]), escape(code))
        )
    head = ("Measure", "Value", "Interval", "Status", "Method", "Code")
    words: dict[str, list[str]] = {}
    for m in data["measurements"]:
        if m["interval"] and interval(m):
            words.setdefault(m["interval"], []).append(m["name"])
    notes = [f"{'; '.join(names)}: {meaning}." for meaning, names in words.items()]
    return table(head, rows, kind="measures") + "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def step_bars(part: Data | None) -> str:
    """Volume after every step of a segmentation ("core", or "lesions" of perfusion), as bars."""
    steps = part["steps"] if part else []
    if not steps:
        return ""
    high = max((step["volume_ml"] or 0 for step in steps), default=0) or 1
    rows = []
    for step in steps:
        volume = step["volume_ml"]
        width = 100 * (volume or 0) / high
        bar = f'<span class="bar" style="width:{width:.1f}%"></span>'
        rows.append(
            (escape(step["step"]), f"{number(volume, 2)} mL", f'<span class="track" aria-hidden="true">{bar}</span>')
        )
    return table(("After step", "Volume", ""), rows, kind="steps")


def candidate_table(data: Data, upward_ok: set[int], config: ReportConfig) -> str:
    """Candidates, proposed ones first; those left out with the reason.

    Args:
        data: the record.
        upward_ok: slices (from 0) that have a picture of their own on the page.
        config: how many of those left out are listed.
    """
    core = data["core"]
    if not core or not core["candidates"]:
        return "<p>No candidate: nothing passed the threshold and the gate.</p>" if core else ""
    proposed = [c for c in core["candidates"] if c["accepted"]]
    left_out = [c for c in core["candidates"] if not c["accepted"]]
    listed = left_out[: config.max_candidates_left_out]
    rest = left_out[config.max_candidates_left_out :]
    rows = [_candidate_row(c, upward_ok) for c in (*proposed, *listed)]
    head = ("No.", "Proposal", "Volume", "ADC mean ± SD", "DWI z", "Side", "Slices", "Center L, P, S (mm)", "Reasons")
    more = ""
    if rest:
        total = sum(c["volume_ml"] for c in rest)
        more = f"<p>{len(rest)} smaller candidates left out, {total:.2f} mL together, are listed in record.json.</p>"
    return table(head, rows, kind="candidates") + more


def _candidate_row(c: Data, upward_ok: set[int]) -> tuple[str, ...]:
    first, last = c["slices"]
    target = next((k for k in range(first, last + 1) if k in upward_ok), None)
    place = f"{first + 1}" if first == last else f"{first + 1}–{last + 1}"
    middle = (first + last) // 2
    href = f"#slice{target}" if target is not None else "#viewer"
    where = f'<a href="{href}" data-slice="{middle}" data-viewer="viewer">{place}</a>'
    decision = '<span class="chip yes">proposed</span>' if c["accepted"] else '<span class="chip no">left out</span>'
    sd = "–" if c["sd_adc"] is None else f"{c['sd_adc']:.0f}"
    center = ", ".join("–" if x is None else f"{x:.0f}".replace("-", "−") for x in c["centroid_lps"])
    return (
        str(c["label"]),
        decision,
        f"<b>{number(c['volume_ml'], 2)}</b> mL<br><small>{c['voxels']} voxels</small>",
        f"{number(c['mean_adc'], 0)} ± {sd}",
        number(c["dwi_z"], 1),
        escape(c["side"]),
        where,
        center,
        "; ".join(map(escape, c["reasons"])) or text(None),
    )


def geometry_section(data: Data) -> str:
    """Audits of the series that were used, with a plot of the gaps; then those of the others in words."""
    used = set(data["used"].values())
    if not data["audits"]:
        return "<p>No geometry audit: no series with slice positions.</p>"
    rows, plots = [], []
    for audit in sorted(data["audits"], key=lambda a: (a["series"] not in used, a["series"])):
        gaps = [g for g in audit["gaps"] if g is not None]
        span = f"{min(gaps):.3f} to {max(gaps):.3f}" if gaps else "–"
        faults = {name: len(audit[name]) for name in ("missing", "duplicate", "overlapping", "gapped") if audit[name]}
        rows.append(
            (
                escape(audit["series"]) + ("" if audit["series"] in used else " <small>(not used)</small>"),
                f'<span class="chip {escape(audit["verdict"])}">{escape(audit["verdict"].replace("-", " "))}</span>',
                str(len(audit["positions"])),
                span,
                text(audit["thickness_mm"]),
                "–" if audit["tilt_deg"] is None else f"{audit['tilt_deg']:.2f}",
                "–" if audit["effect_percent"] is None else f"{audit['effect_percent']:+.2f}".replace("-", "−"),
                ", ".join(f"{count} {name}" for name, count in faults.items()) or "none",
            )
        )
        if audit["series"] in used and len(gaps) == len(audit["gaps"]):
            plot = gap_plot(audit["positions"], gaps, audit["missing"])
            if plot:
                plots.append(f"<figure>{plot}<figcaption>Series {escape(audit['series'])}</figcaption></figure>")
    head = ("Series", "Verdict", "Slices", "Distances (mm)", "Thickness (mm)", "Tilt (°)", "Effect (%)", "Faults")
    note = "Effect: by how much mean spacing × pixel area differs from the true voxel volume. It is not used for any volume."
    return (
        table(head, rows) + f'<p class="note">{note}</p><div class="charts">{"".join(plots)}</div>' + _grid_notes(data)
    )


def _grid_notes(data: Data) -> str:
    notes = dict.fromkeys(grid["note"] for grid in data["grids"].values() if grid["note"])
    return "".join(f'<p class="callout">{escape(note)}.</p>' for note in notes)


def b_value_section(data: Data) -> str:
    """b values by series with the tag of each, then parameters of the diffusion maps: counts, unit decision, fit."""
    rows = []
    for series in data["series"]:
        if not series["used_as"]:
            continue
        for group in series["b_values"]:
            rows.append(
                (
                    escape(series["key"]),
                    text(group["b_value"]),
                    text(group["b_nominal"]),
                    escape(group["tag"]) or text(None),
                    escape(group["directionality"]).lower(),
                    str(group["frames"]),
                )
            )
    head = ("Series", "b (s/mm²)", "Nominal b", "From tag", "Direction", "Images")
    b_table = table(head, rows, caption="b values") if rows else "<p>No b value in the headers of the series used.</p>"
    return b_table + "".join(
        _map_table(content) for content in data["maps"] if kind_of(content["name"]) is Kind.DIFFUSION
    )


def _map_table(content: Data) -> str:
    rows = [("method", text(content["method"])), ("unit", text(content["unit"]))]
    rows += [(escape(key.replace("_", " ")), text(value)) for key, value in content["parameters"].items()]
    rows.append(("voxels with a value", text(content["valid_voxels"])))
    rows += [(f"voxels: {escape(key.replace('_', ' '))}", text(count)) for key, count in content["counts"].items()]
    return table(("Parameter", "Value"), rows, kind="pairs", caption=f"Map {content['name']}")


def agreement_section(data: Data) -> str:
    """Vendor map against recomputed map."""
    if not data["agreement"]:
        return ""
    rows = [
        (escape(_AGREEMENT_WORDS.get(key, key.replace("_", " "))), text(value))
        for key, value in data["agreement"].items()
    ]
    return table(("Statistic", "Value"), rows, kind="pairs")


def configuration_table(data: Data) -> str:
    """Every parameter with its source; those that no number of this record depends on apart, and not on paper."""
    if not data["configuration"]:
        return "<p>No configuration was recorded.</p>"
    unused = unused_sections({kind_of(m["id"]) for m in data["measurements"]} or set(Kind))
    used = [_parameter(e) for e in data["configuration"] if e["section"] not in unused]
    others = [_parameter(e) for e in data["configuration"] if e["section"] in unused]
    head = ("Parameter", "Value", "Unit", "Source or reason", "Evidence")
    note = (
        "Sources and reasons, and parameters of parts that were not asked for, stand on the screen and in record.json."
    )
    shown = table(head, used, kind="config") + f'<p class="note only-print">{note}</p>'
    if not others:
        return shown
    title = "<h3>Parameters of parts that were not asked for</h3>"
    return f'{shown}<div class="no-print">{title}{table(head, others, kind="config")}</div>'


def _parameter(entry: Data) -> tuple[str, ...]:
    mark = f'<span class="chip evidence {escape(entry["evidence"])}">{escape(entry["evidence"])}</span>'
    section = f"<small>{escape(entry['section'])}</small> " if entry["section"] else ""
    name = f"{section}{escape(entry['name'])}"
    shown = mark if entry["evidence"] else ""
    return name, text(entry["value"]), escape(entry["unit"]), escape(entry["source"]), shown


def series_table(data: Data) -> str:
    """All series that were found, used or not, with the reasons for their role."""
    rows = []
    for s in data["series"]:
        device = " ".join(
            filter(None, (s["equipment"]["manufacturer"], s["equipment"]["model"], s["equipment"]["software"]))
        )
        field = s["equipment"]["field_strength_t"]
        device += f" · {field:g} T" if field else ""
        used = f'<span class="chip yes">{escape(", ".join(s["used_as"]))}</span>' if s["used_as"] else text(None)
        rows.append(
            (
                escape(s["key"]),
                escape(s["role"]),
                used,
                text(s["description"]),
                f"{s['files']} / {s['frames']}",
                text(device.strip()),
                text(s["role_reasons"]),
            )
        )
    head = ("Series", "Role", "Used as", "Description", "Files / images", "Scanner", "Why this role")
    skipped = "".join(f"<li>{escape(item['reason'])}: {item['files']}</li>" for item in data["skipped"])
    more = f"<h3>Files that belong to no series</h3><ul>{skipped}</ul>" if skipped else ""
    return (table(head, rows) if rows else "<p>No series was found.</p>") + more


def provenance_tables(data: Data) -> str:
    """Inputs, files and software by identity and hash."""
    inputs = [
        (escape(i["role"]), f"<code>{escape(i['uid'])}</code>", f"<code>{escape(i['sha256'])}</code>")
        for i in data["inputs"]
    ]
    files = [(m["file"], m["sha256"]) for group in ("maps", "masks") for m in data[group]]
    lesions = data["perfusion"]["lesions"] if data["perfusion"] else None
    files += [(part["candidates_file"], part["candidates_sha256"]) for part in (data["core"], lesions) if part]
    outputs = [(f"<code>{escape(name)}</code>", f"<code>{escape(digest)}</code>") for name, digest in files if name]
    software = [(escape(name), escape(version)) for name, version in sorted(data["software"].items())]
    parts = [
        table(("Input", "UID", "SHA-256 over its files"), inputs, kind="hashes", caption="Inputs") if inputs else "",
        table(("File", "SHA-256"), outputs, kind="hashes", caption="Files of this record") if outputs else "",
        table(("Software", "Version"), software, kind="pairs", caption="Software") if software else "",
    ]
    return "".join(parts)
