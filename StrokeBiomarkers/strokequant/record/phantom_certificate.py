"""certificate.html of a phantom session: verdict, numbers, limits, picture and trend on one sheet of A4.

Everything is counted, so that it never needs a second sheet; what does not fit is said and stands in report.html.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from ..phantom_types import PhantomRecord
from .issue_lists import unique
from .page import document
from .phantom_figures import linearity_chart
from .phantom_pictures import key_picture
from .phantom_report import OUTCOMES, WORDS, identity_rows
from .phantom_trends import shewhart_chart
from .sections import table

Data = Mapping[str, Any]

_MOST_LIMITS = 12
_MOST_REASONS = 4
_LONGEST = 120
"""Characters of a reason; longer ones are cut."""

_WIDEST = 88
"""Characters of a number with its limit: one line."""

_ORDER = ("fail", "not_evaluated", "conditional", "pass")


def certificate_page(record: PhantomRecord, data: Data) -> bytes:
    """One printed sheet of one session.

    Args:
        record: for the picture.
        data: the same as plain data, for every number and word.
    """
    words, kind = WORDS[data["verdict"]["outcome"]]
    until = data["verdict"]["valid_until"]
    note = (
        f"valid until {until}, unless the scanner changes before"
        if until
        else "no qualification follows from this session"
    )
    picture = key_picture(record.session)
    body = (
        '<main class="sheet"><header><div class="name"><p class="product">strokequant · scanner qualification</p>'
        f"<h1>{escape(_scanner(data))}</h1></div>"
        f'<div class="verdict chip {kind}" role="note"><strong>{words}</strong><p>{escape(note)}</p></div></header>'
        f'<div class="two top"><div class="pairs">{table((), identity_rows(data))}</div>'
        f'<div class="picture">{picture}</div></div>'
        f"<h2>Numbers against their limits</h2>{_limits(data)}"
        f"<h2>{'Why' if data['verdict']['reasons'] else 'Every limit is met'}</h2>{_reasons(data)}"
        f'<div class="two">{_charts(data)}</div>{_requalify(data)}{_signature(data)}'
        f"<footer><p>{escape(data['use'])}. Whole record: report.html and record.json of {escape(data['case'])}/"
        f"{escape(data['timepoint'])}. {_hashes(data)}</p></footer></main>"
    )
    return document(f"{data['case']} {data['timepoint']} {words}", f"<style>{_STYLE}</style>{body}", script=False)


def _scanner(data: Data) -> str:
    e = data["scanner"]["equipment"]
    field = f"{e['field_strength_t']:g} T" if e.get("field_strength_t") else ""
    return " ".join(str(v) for v in (e["manufacturer"], e["model"], field) if v) or "Scanner without name in the header"


def _limits(data: Data) -> str:
    """The worst first; numbers with limit and source."""
    metrics = sorted(data["verdict"]["metrics"], key=lambda m: _ORDER.index(m["outcome"]))
    rows = []
    for m in metrics[:_MOST_LIMITS]:
        words, kind = OUTCOMES[m["outcome"]]
        name = _short(m["reason"].partition(" [")[0], _WIDEST)
        mark = "project choice" if m["proposed"] else "confirmed" if m["confirmed"] else "unconfirmed"
        rows.append((f'<span class="chip {kind}">{words}</span>', escape(name), escape(f"{m['set']}, {mark}")))
    if not rows:
        return "<p>No limit was compared.</p>"
    left = len(metrics) - len(rows)
    more = f"<p>… and {left} more: {_counts(metrics[_MOST_LIMITS:])}.</p>" if left > 0 else ""
    return table(("Outcome", "Number and limit", "Source of the limit"), rows, kind="c-limits") + more


def _counts(metrics) -> str:
    found = [(OUTCOMES[name][0], sum(m["outcome"] == name for m in metrics)) for name in _ORDER]
    return ", ".join(f"{count} {words}" for words, count in found if count)


def _reasons(data: Data) -> str:
    reasons = data["verdict"]["reasons"]
    plain = [one.partition(" [")[0] for one in reasons]
    items = "".join(f"<li>{escape(_short(one))}</li>" for one in plain[:_MOST_REASONS])
    left = len(reasons) - _MOST_REASONS
    return f"<ul>{items}{f'<li>… and {left} more</li>' if left > 0 else ''}</ul>" if items else ""


def _short(words: str, longest: int = _LONGEST) -> str:
    return words if len(words) <= longest else f"{words[: longest - 2].rstrip()} …"


def _charts(data: Data) -> str:
    trend = next((shewhart_chart(one) for one in data["trends"] if len(one["points"]) > 1), "")
    cards = [c for c in (linearity_chart(data), trend) if c]
    return "".join(f"<figure>{c}</figure>" for c in cards)


def _requalify(data: Data) -> str:
    """What has changed, and what ends the qualification."""
    changed = f"Changed since the session before: {_short('; '.join(data['changes']))}. " if data["changes"] else ""
    broken = sorted({s["rule"] for s in data["signals"]})
    rules = f"Rules of control charts broken by this session: {', '.join(broken)}. " if broken else ""
    until = data["verdict"]["valid_until"]
    ends = f"on {until} and " if until else ""
    return (
        f"<h2>Qualify anew</h2><p>{escape(changed)}{escape(rules)}A new session is due {ends}"
        "after every change of software, coil, gradient, tube or field, and after every repair.</p>"
    )


def _signature(data: Data) -> str:
    signed = "; ".join(f"{one['reader']}, {one['signed_utc']}" for one in data["sign_offs"])
    stops = unique([i for i in (*data["verdict"]["issues"], *data["issues"]) if i["level"] == "STOP"])
    codes = ", ".join(sorted({i["code"] for i in stops}))
    note = f"<p>Stopped by {escape(codes)}.</p>" if codes else ""
    return (
        f'{note}<div class="sign"><p>Signed by <b>{escape(signed) or "&nbsp;"}</b></p>'
        "<p>Medical physicist <b>&nbsp;</b></p><p>Date <b>&nbsp;</b></p></div>"
    )


def _hashes(data: Data) -> str:
    phantom = data["phantom"] or {}
    software = data["software"].get("strokequant", "")
    digest = (phantom.get("sha256") or "")[:16]
    return escape(f"strokequant {software}; registry entry {phantom.get('id', 'none')}, SHA-256 {digest}…")


_STYLE = """
.sheet { max-width: 186mm; margin: 0 auto; padding: 6mm 0; font-size: 8.2pt; line-height: 1.3; }
.sheet header { display: flex; flex-direction: row; flex-wrap: nowrap; justify-content: space-between; gap: 8mm; align-items: flex-start; margin-bottom: 3mm; }
.sheet h1 { font-size: 16pt; margin: 0; }
.sheet h2 { font-size: 10.5pt; margin: 3mm 0 1mm; }
.sheet p { margin: .6mm 0; }
.sheet .verdict { display: block; border: 1.2pt solid currentColor; padding: 2mm 5mm; max-width: 84mm; border-radius: 2mm; white-space: normal; }
.sheet .verdict strong { font-size: 17pt; display: block; line-height: 1.15; }
.sheet .verdict p { font-size: 8.4pt; font-weight: 400; }
.sheet .two { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm; align-items: start; }
.sheet .two.top { grid-template-columns: 1fr 54mm; }
.sheet .picture .slice { width: 100%; max-height: 54mm; }
.sheet .c-limits table { table-layout: fixed; }
.sheet .c-limits th:first-child { width: 24mm; }
.sheet .c-limits th:last-child, .sheet .c-limits td:last-child { width: 52mm; }
.sheet .picture figcaption { font-size: 7pt; }
.sheet figure { margin: 0; }
.sheet table { font-size: 7.2pt; width: 100%; }
.sheet th, .sheet td { padding: .45mm 2mm .45mm 0; line-height: 1.25; }
.sheet .pairs tbody { display: table-row-group; columns: auto; }
.sheet .pairs table { display: table; }
.sheet .pairs tr { display: table-row; }
.sheet .pairs th { white-space: nowrap; width: 24mm; vertical-align: top; }
.sheet .chip { font-size: 7pt; white-space: nowrap; }
.sheet .verdict.chip { font-size: inherit; }
.sheet ul { margin: 0; padding-left: 5mm; font-size: 7.8pt; line-height: 1.25; }
.sheet .chart { width: 100%; max-width: none; max-height: 37mm; }
.sheet .sign { display: grid; grid-template-columns: 1.4fr 1.2fr .8fr; gap: 6mm; margin-top: 2mm; }
.sheet .sign b { display: block; border-bottom: .6pt solid var(--ink); min-height: 6mm; font-weight: 600; }
.sheet footer { margin-top: 2mm; text-align: left; font-size: 6.8pt; }
@media print {
  @page { size: A4; margin: 10mm 12mm; }
  .sheet { padding: 0; max-width: none; }
  .sheet header { flex-direction: row; }
  .sheet .pairs tbody { display: table-row-group; column-count: auto; }
  .sheet .pairs tr { display: table-row; }
  .sheet table { font-size: 7.2pt; }
}
"""
