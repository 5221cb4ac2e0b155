"""report.html of a phantom session: the verdict on one sheet like a certificate, then pictures of every region, numbers and provenance."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..phantom_types import PhantomRecord
from .issue_lists import unique
from .page import document
from .phantom_conformance import conformance_table
from .phantom_figures import linearity_chart, passes_chart
from .phantom_pictures import region_pictures
from .phantom_trends import trend_figures
from .sections import configuration_table, issue_groups, issue_list, section, table

Data = Mapping[str, Any]

WORDS = {
    "qualified": ("Qualified", "measure"),
    "conditional": ("Conditional", "WARN"),
    "failed": ("Failed", "STOP"),
    "no_verdict": ("No verdict", "ASK"),
}
OUTCOMES = {
    "pass": ("pass", "measure"),
    "conditional": ("too close to tell", "WARN"),
    "fail": ("fail", "STOP"),
    "not_evaluated": ("not judged", "ASK"),
}


def phantom_page(record: PhantomRecord, data: Data) -> bytes:
    """The report of one session as a self-contained HTML page.

    Args:
        record: for the pictures.
        data: the same as plain data, for every number and word.
    """
    every = unique(
        [*data["verdict"]["issues"], *data["issues"], *(i for m in data["measurements"] for i in m["issues"])]
    )
    parts = [
        "<main>",
        _header(data),
        section("certificate", "Result of the session", _certificate(data)),
        section("limits", "Against every limit", _limits(data)),
        section("regions", "Regions", _placed(data) + region_pictures(record.session), kind="pictures"),
        section("vials", "Inserts", _inserts(data)),
        section("charts", "Linearity and passes", _charts(data)),
        section("whole", "Numbers of the whole phantom", _whole(data)),
        section("trend", "Trend of this scanner", _trend(data)),
        section("issues", "All issues", issue_groups(every)),
        section("protocol", "Protocol", _protocol(data)),
        section("configuration", "Configuration", configuration_table({**data, "measurements": []})),
        section("provenance", "Provenance", _provenance(data)),
        f"<footer><p>{escape(data['use'])}.</p></footer></main>",
    ]
    words = WORDS[data["verdict"]["outcome"]][0]
    foot = f"{data['case']} {data['timepoint']} - phantom - {words}"
    return document(f"{data['case']} {data['timepoint']} phantom report", "".join(parts), script=False, foot=foot)


def _header(data: Data) -> str:
    words, _ = WORDS[data["verdict"]["outcome"]]
    until = data["verdict"]["valid_until"]
    note = f"valid until {until}, unless the scanner changes" if until else "no qualification follows from this session"
    kind = "signed" if data["verdict"]["outcome"] == "qualified" else "proposal"
    signed = (
        "; ".join(f"signed by {one['reader']}, {one['signed_utc']}" for one in data["sign_offs"])
        or "not signed by a person"
    )
    return (
        '<header><div class="name"><p class="product">strokequant · scanner qualification</p>'
        f"<h1>{escape(data['case'])} <span>{escape(data['timepoint'])}</span></h1></div>"
        f'<div class="banner {kind}" role="note"><strong>{words}</strong><p>{escape(note)}</p><p>{escape(signed)}</p><p>{escape(data["use"])}</p></div></header>\n'
    )


def _certificate(data: Data) -> str:
    reasons = "".join(f"<li>{escape(r)}</li>" for r in data["verdict"]["reasons"][:12]) or "<li>every limit is met</li>"
    stops = [i for i in (*data["verdict"]["issues"], *data["issues"]) if i["level"] in ("STOP", "ASK")]
    return (
        f'<div class="pairs">{table((), identity_rows(data))}</div><h3>Why</h3><ul>{reasons}</ul>'
        f"{issue_list(unique(stops))}"
    )


def identity_rows(data: Data) -> list[tuple[str, str]]:
    """Scanner, date, phantom, certificate, temperature and criteria."""
    phantom, e = data["phantom"] or {}, data["scanner"]["equipment"]
    certificate = phantom.get("certificate") or {}
    temperature = "not stated" if data["temperature_c"] is None else f"{data['temperature_c']:g} °C"
    if data["temperature_source"]:
        temperature += f" ({data['temperature_source']})"
    field = f"{e['field_strength_t']:g} T" if e.get("field_strength_t") else ""
    scanner = " ".join(str(v) for v in (e["manufacturer"], e["model"], field) if v)
    rows = (
        (
            "Scanner",
            f"{scanner}; serial number {e['serial'] or 'not in the header'}; software {e['software'] or 'not in the header'}",
        ),
        ("Date", f"{data['date'] or 'not in the header'} {data['time']}"),
        ("Phantom", f"{phantom.get('name', 'none')}; entry {phantom.get('id', '')} {phantom.get('version', '')}"),
        (
            "Serial number",
            f"{data['serial_seen'] or 'not stated'}; certificate of {phantom.get('serial') or 'the type'}",
        ),
        (
            "Certificate",
            f"{certificate.get('number') or 'no number'}; valid until {certificate.get('valid_until') or 'not stated'}",
        ),
        ("Temperature", temperature),
        ("Criteria", "; ".join(data["verdict"]["sets"]) or "none"),
    )
    return [(f"<b>{escape(name)}</b>", escape(value)) for name, value in rows]


def _limits(data: Data) -> str:
    rows = []
    for m in data["verdict"]["metrics"]:
        words, kind = OUTCOMES[m["outcome"]]
        rows.append((f'<span class="chip {kind}">{words}</span>', escape(m["reason"])))
    return table(("Outcome", "Number and limit"), rows) if rows else "<p>No limit was compared.</p>"


def _find(data: Data, metric: str, insert: str, group: str) -> Data | None:
    found = (
        m
        for m in data["measurements"]
        if (m["metric"], m["insert"], m["group"]) == (metric, insert, group) and m["repeat"] is None
    )
    return next(found, None)


_COLUMNS = {
    "adc": ("adc", "adc_bias_percent", "adc_wcv_percent", "adc_roi_sd_percent", "adc_b_dependence_percent", "snr_b0", "temperature_inferred"),
    "hu": ("hu", "hu_bias"),
}  # fmt: skip


def _placed(data: Data) -> str:
    """Regions that a person has put somewhere else."""
    by: dict[str, list[str]] = {}
    for one in data["placements"]:
        if one["placed_by"]:
            by.setdefault(one["placed_by"], []).append(one["label"])
    return "".join(f"<p>{escape(', '.join(labels))} placed by {escape(person)}.</p>" for person, labels in by.items())


def _inserts(data: Data) -> str:
    """One table for every protocol group, one row for every insert."""
    out = []
    pairs = list(dict.fromkeys((m["group"], m["insert"]) for m in data["measurements"] if m["insert"]))
    for group in dict.fromkeys(g for g, _ in pairs):
        labels = [label for g, label in pairs if g == group]
        own = {m["metric"] for m in data["measurements"] if m["group"] == group and m["insert"]}
        columns = next((c for name, c in _COLUMNS.items() if name in own), tuple(sorted(own)))
        columns = tuple(c for c in columns if c in own)
        head = ("Insert", "Certified", *(_title(data, c) for c in columns))
        rows = [_insert_row(data, label, group, columns) for label in labels]
        out.append(table(head, rows, caption=f"Protocol {escape(group)}" if group else ""))
    return "".join(out) or "<p>No insert was measured.</p>"


def _title(data: Data, metric: str) -> str:
    m = next(m for m in data["measurements"] if m["metric"] == metric)
    return escape(f"{m['name']}{', ' + m['unit_text'] if m['unit_text'] else ''}")


def _insert_row(data: Data, label: str, group: str, columns) -> tuple[str, ...]:
    first = _find(data, columns[0], label, group) if columns else None
    reference = "" if first is None or first["reference"] is None else f"{first['reference']:.{first['decimals']}f}"
    return (escape(label), reference, *(_value(_find(data, c, label, group)) for c in columns))


def _value(m: Data | None) -> str:
    if m is None:
        return ""
    if m["value"] is None:
        return f'<span class="status not_evaluable" title="{escape("; ".join(i["found"] for i in m["issues"]))}">none</span>'
    shown = f"{m['value']:.{m['decimals']}f}" + (
        f" ± {m['uncertainty']:.{m['decimals']}f}" if m["uncertainty"] is not None else ""
    )
    if m["judged"]:
        return shown
    why = "; ".join(i["found"] for i in m["issues"] if i["level"] != "INFO") or "not judged"
    return f'{shown} <span class="chip WARN" title="{escape(why)}">{escape(_short(m))}</span>'


def _short(m: Data) -> str:
    codes = [i["code"] for i in m["issues"] if i["level"] != "INFO"]
    return "thermal" if "Q11" in codes else " ".join(codes) or "not judged"


def _whole(data: Data) -> str:
    rows = [
        (escape(m["name"]), escape(m["group"]), _value(m), escape(m["unit_text"]), escape(m["method"]))
        for m in data["measurements"]
        if not m["insert"] and m["repeat"] is None
    ]
    return table(("Number", "Protocol", "Value", "Unit", "How"), rows) if rows else "<p>None.</p>"


def _charts(data: Data) -> str:
    cards = [c for c in (linearity_chart(data), passes_chart(data)) if c]
    return f'<div class="charts">{"".join(f"<figure>{c}</figure>" for c in cards)}</div>' if cards else "<p>None.</p>"


def _trend(data: Data) -> str:
    """What has changed, rules that this session breaks, and the control charts up to it."""
    parts = []
    if data["changes"]:
        parts.append(f"<h3>Changed since the session before</h3><ul>{_items(data['changes'])}</ul>")
    rows = [(escape(s["metric"]), escape(s["insert"]), escape(s["rule"]), escape(s["words"])) for s in data["signals"]]
    if rows:
        parts.append(table(("Number", "Insert", "Rule", "What"), rows))
    elif data["trends"]:
        parts.append("<p>This session breaks no rule of a control chart.</p>")
    return (
        "".join(parts) + trend_figures(data["trends"]) or "<p>No history was given (<code>--history FILE</code>).</p>"
    )


def _items(texts) -> str:
    return "".join(f"<li>{escape(one)}</li>" for one in texts)


def _protocol(data: Data) -> str:
    rows = []
    for name, value in data["protocol"].items():
        if name not in ("groups", "conformance"):
            rows.append((escape(name.replace("_", " ")), escape(str(value))))
    parts = [f'<div class="pairs">{table((), rows)}</div>']
    for group, facts in (data["protocol"].get("groups") or {}).items():
        words = f"Protocol {group}: {facts['passes']} passes, series {', '.join(facts['series'])}, b {', '.join(f'{b:g}' for b in facts['b_values'])} s/mm²"
        parts.append(f"<p>{escape(words)}</p>")
    return "".join(parts) + conformance_table(data)


def _provenance(data: Data) -> str:
    inputs = [(f"<code>{escape(i['uid'])}</code>", f"<code>{escape(i['sha256'])}</code>") for i in data["inputs"]]
    software = [(escape(name), escape(version)) for name, version in sorted(data["software"].items())]
    phantom = data["phantom"] or {}
    registry = f"<p>Registry entry {escape(phantom.get('id', ''))}: sha256 <code>{escape(phantom.get('sha256', ''))}</code></p>"
    return (
        table(("Series", "SHA-256"), inputs)
        + registry
        + f'<div class="pairs">{table(("Software", "Version"), software)}</div>'
    )
