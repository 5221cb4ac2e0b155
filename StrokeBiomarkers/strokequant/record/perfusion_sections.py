"""Tables of perfusion in the report, each from the plain data of the record. Every text that comes from outside is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ..biomarkers.perfusion_bands import LESS_NOISE, MOTION
from ..perfusion_config import PerfusionReportConfig
from .sections import find, number, table, text, value_text

Data = Mapping[str, Any]

_ANSWERS = {"pass": "met", "fail": "not met", "unknown": "undetermined"}
_CLAUSES = {"pass": "yes", "fail": "no", "unknown": "not known"}
_CHIPS = {"pass": "yes", "fail": "no", "unknown": "WARN"}
_SCORES = (
    "peak",
    "arrival_s",
    "time_to_peak_s",
    "first_moment_s",
    "fwhm_s",
    "irregularity",
    "tail_fraction",
    "rank_sum",
)
_SCORE_WORDS = (
    "Peak",
    "Arrival (s)",
    "TTP (s)",
    "First moment (s)",
    "FWHM (s)",
    "Irregularity",
    "End / peak",
    "Rank sum",
)
_BANDS = (
    "hypoperfusion_6s_volume",
    "hypoperfusion_10s_volume",
    "perfusion_core_volume",
    "mismatch_volume",
    "mismatch_ratio",
)


def rule_table(data: Data) -> str:
    """Every rule of a trial; empty without one."""
    return rules_table(data["perfusion"]["rules"])


def rules_table(rules: Sequence[Data]) -> str:
    """Every rule with outcome, and every clause with value, limit and margin; empty without rules."""
    if not rules:
        return ""
    chips = "".join(f"<span><b>{escape(rule['rule'])}</b> {_outcome(rule)}</span>" for rule in rules)
    note = (
        "Margin: distance to the limit, positive on the side that holds. A clause without its fact is not known, and the rule undetermined. "
        "Limits marked unconfirmed were not checked against the publication."
    )
    top = "".join(f'<th scope="col">{name}</th>' for name in ("Rule", "Clause", "Value", "Limit", "Margin", "Holds"))
    body = "".join(f"<tbody>{_rule_rows(rule)}</tbody>" for rule in rules)
    content = f'<div class="wide rules"><table><thead><tr>{top}</tr></thead>{body}</table></div>'
    return f'<p class="outcomes">{chips}</p>{content}<p class="note">{note}</p>'


def _outcome(rule: Data) -> str:
    return f'<span class="chip {_CHIPS[rule["answer"]]}">{_ANSWERS[rule["answer"]]}</span>'


def _rule_rows(rule: Data) -> str:
    """The clauses of one rule beside its name."""
    flip = f"turns with {number(rule['flip_ml'], 2)} mL" if rule["flip_ml"] is not None else ""
    other = "" if rule["comparable"] else "not the trial's software"
    words = (flip, other, f"{rule['source']}, v{rule['version']}")
    notes = "".join(f"<br><small>{escape(note)}</small>" for note in words if note)
    clauses = rule["clauses"]
    span = f' rowspan="{len(clauses)}"' if len(clauses) > 1 else ""
    name = f'<th scope="rowgroup"{span}><b>{escape(rule["rule"])}</b> {_outcome(rule)}{notes}</th>'
    rows = [f"<tr>{name if n == 0 else ''}{_clause_cells(clause)}</tr>" for n, clause in enumerate(clauses)]
    return "".join(rows) or f'<tr>{name}<td colspan="5">{text(None)}</td></tr>'


def _clause_cells(clause: Data) -> str:
    mark = ' <span class="chip unconfirmed">unconfirmed</span>' if clause["unconfirmed"] else ""
    cells = (
        escape(clause["words"]) + mark,
        _short(clause["value"]),
        escape(clause["limit"]) or text(None),
        _signed(clause["margin"]),
        f'<span class="chip {_CHIPS[clause["answer"]]}">{_CLAUSES[clause["answer"]]}</span>',
    )
    return "".join(f"<td>{content}</td>" for content in cells)


def _short(value: Any) -> str:
    return (
        f"{value:.6g}".replace("-", "−")
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else text(value)
    )


def _signed(value: float | None) -> str:
    return text(None) if value is None else f"{value:+.6g}".replace("-", "−")


def band_table(data: Data) -> str:
    """What every volume becomes under other arteries, settings, draws of noise, and motion of the head."""
    bands = {
        band["measure"]: {s["scenario"]: s["value"] for s in band["scenarios"]} for band in data["perfusion"]["bands"]
    }
    shown = [name for name in _BANDS if bands.get(name)]
    if not shown:
        return ""
    measures = {name: find(data, name) for name in shown}
    scenarios = list(dict.fromkeys(s for name in shown for s in bands[name]))
    rows = [("<b>as measured</b>", *(value_text(measures[name]) for name in shown))]
    for scenario in scenarios:
        values = (_extreme(bands[name], scenario, measures[name]["decimals"]) for name in shown)
        rows.append((escape(scenario), *values))
    head = ("Change", *(measures[name]["name"] for name in shown))
    note = (
        "The maps are computed again with each change and thresholded in what is connected to the lesion; bold: smallest and largest. "
        "A plausible range, not a confidence interval."
    )
    if LESS_NOISE in scenarios:
        note += " What as much noise again did is taken back once for the row without noise."
    if any(scenario in MOTION for scenario in scenarios):
        note += " Rows of motion are factors that were measured on synthetic heads which moved."
    return table(head, rows, kind="bands") + f'<p class="note">{note}</p>'


def _extreme(values: Data, scenario: str, decimals: int) -> str:
    value = values.get(scenario)
    known = [v for v in values.values() if v is not None]
    shown = number(value, decimals)
    return f"<b>{shown}</b>" if value is not None and value in (min(known), max(known)) else shown


def vessel_table(data: Data, vessel: str) -> str:
    """Candidates of artery or vein: scores, and why one is used or not."""
    vessels = data["perfusion"]["vessels"]
    if not vessels or not (vessels[f"{vessel}_candidates"] or vessels[vessel]):
        return ""
    used, listed = vessels[vessel], vessels[f"{vessel}_candidates"]
    if used and not any(curve["voxels"] == used["voxels"] and curve["values"] == used["values"] for curve in listed):
        listed = [used, *listed]
    rows = [_vessel_row(n, curve, used) for n, curve in enumerate(listed, 1)]
    head = ("No.", "Decision", "Center L, P, S (mm)", "Side", "Voxels", *_SCORE_WORDS, "Reasons and warnings")
    return table(head, rows, kind="vessels", caption={"aif": "Arteries (AIF)", "vof": "Veins (VOF)"}[vessel])


def _vessel_row(n: int, curve: Data, used: Data | None) -> tuple[str, ...]:
    in_use = used is not None and curve["voxels"] == used["voxels"] and curve["values"] == used["values"]
    decision = (
        f'<span class="chip yes">in use, {escape(curve["method"])}</span>'
        if in_use
        else f'<span class="chip no">{"rejected" if curve["rejected"] else "possible"}</span>'
    )
    notes = [curve["rejected"], *(f"{i['level']} {i['code']}: {i['found']}" for i in curve["issues"])]
    scores = (
        f"{curve['scores'][name]:.3g}".replace("-", "−") if curve["scores"].get(name) is not None else text(None)
        for name in _SCORES
    )
    return (
        str(n),
        decision,
        point(curve["center_lps"]),
        text(curve["side"]),
        str(len(curve["voxels"])),
        *scores,
        "; ".join(escape(note) for note in notes if note) or text(None),
    )


def point(lps: Iterable[float | None]) -> str:
    """A place in whole mm."""
    return ", ".join("–" if x is None else f"{x:.0f}".replace("-", "−") for x in lps)


def lesion_table(data: Data, config: PerfusionReportConfig) -> str:
    """Clusters of hypoperfusion, proposed ones first."""
    lesions = data["perfusion"]["lesions"]
    if not lesions:
        return ""
    if not lesions["candidates"]:
        return "<p>No cluster above the main threshold is large enough to list.</p>"
    left_out = [c for c in lesions["candidates"] if not c["accepted"]]
    listed = [c for c in lesions["candidates"] if c["accepted"]] + left_out[: config.max_candidates_left_out]
    rows = [_lesion_row(c) for c in listed]
    head = (
        "No.",
        "Proposal",
        "Volume",
        "Tmax mean",
        "rCBF mean",
        "Vessel / rim",
        "Side",
        "Slices",
        "Center L, P, S (mm)",
        "Reasons",
    )
    rest = left_out[config.max_candidates_left_out :]
    total = sum(c["volume_ml"] for c in rest)
    more = (
        f"<p>{len(rest)} smaller clusters left out, {total:.1f} mL together, are listed in record.json.</p>"
        if rest
        else ""
    )
    return table(head, rows, kind="candidates") + more


def _lesion_row(c: Data) -> tuple[str, ...]:
    first, last = c["slices"]
    return (
        str(c["label"]),
        f'<span class="chip {"yes" if c["accepted"] else "no"}">{"proposed" if c["accepted"] else "left out"}</span>',
        f"<b>{number(c['volume_ml'], 1)}</b> mL<br><small>{c['voxels']} voxels</small>",
        f"{number(c['tmax_mean_s'], 1)} s",
        number(c["rcbf_mean"], 2),
        f"{_percent(c['vessel_share'])} / {_percent(c['rim_share'])}",
        escape(c["side"]),
        f"{first + 1}" if first == last else f"{first + 1}–{last + 1}",
        point(c["centroid_lps"]),
        "; ".join(map(escape, c["reasons"])) or text(None),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def threshold_table(data: Data) -> str:
    """Volumes by threshold, with the threshold one step away."""
    lesions = data["perfusion"]["lesions"]
    if not lesions:
        return ""
    rows = [
        (
            f"{escape(t['map'])} {escape(t['op'])} {t['value']:g}{' s' if t['unit'] == 's' else ''}",
            f"<b>{number(t['volume_ml'], 1)}</b> mL",
            f"{number(t['lower_ml'], 1)} to {number(t['upper_ml'], 1)}" if t["lower_ml"] is not None else text(None),
        )
        for t in lesions["thresholds"]
    ]
    return table(("Threshold", "Volume", "One step lower and higher"), rows, kind="steps-plain", caption="Thresholds")


def reference_table(data: Data) -> str:
    """Reference tissue, constants and method that all numbers depend on."""
    perfusion = data["perfusion"]
    used = perfusion["deconvolution"]
    rows = _reference_rows(perfusion["reference"])
    kappa, rho = (_first(used, name) for name in ("kappa", "rho"))
    if isinstance(kappa, (int, float)) and isinstance(rho, (int, float)):
        rows.append(("constants", f"κ {kappa:g}, ρ {rho:g} g/mL: absolute CBF and CBV contain κ/ρ = {kappa / rho:.3f}"))
    bolus, vessels = perfusion["bolus"], perfusion["vessels"] or {}
    if bolus:
        frames = f"{bolus['first'] + 1} to {bolus['last']}; arrival in frame {bolus['arrival'] + 1}, counted from 1"
        rows.append(("baseline frames", frames))
    if vessels.get("vof_to_aif_area") is not None:
        scaled = "maps are not scaled by it" if used.get("vof_scale", 1) == 1 else "the AIF was scaled, see below"
        rows.append(("area of VOF over AIF", f"{vessels['vof_to_aif_area']:.3g}; {scaled}"))
    venous = find(data, "perfusion_venous_tmax")
    if venous and venous["value"] is not None:
        rows.append(("Tmax of VOF", f"{venous['value']:.1f} s; {escape(venous['method'])}"))
    listed = {name: value for name, value in used.items() if not name.startswith(("kappa", "rho"))}
    rows += [(escape(name.replace("_", " ")), text(value)) for name, value in sorted(listed.items())]
    note = (
        "Absolute CBF and CBV of this method are no calibrated blood flow: compare ratios, volumes and times. "
        "Parameters of the deconvolution count frames from 0, and the last one is left out."
    )
    return table(("What", "Value"), rows, kind="pairs") + f'<p class="note">{note}</p>' if rows else ""


def _reference_rows(reference: Data | None) -> list[tuple[str, str]]:
    if not reference:
        return []
    names = ("cbf", "cbv", "mtt_s", "ttp_s")
    cbf, cbv, mtt, ttp = ("–" if reference[name] is None else f"{reference[name]:.4g}" for name in names)
    return [
        ("reference tissue", f"<b>{escape(reference['definition'])}</b>"),
        ("side, volume", f"{escape(reference['side'])}, {number(reference['volume_ml'], 1)} mL"),
        ("CBF of the reference", f"{cbf} mL/100 g/min"),
        ("CBV of the reference", f"{cbv} mL/100 g"),
        ("MTT, TTP of the reference", f"{mtt} s, {ttp} s after the AIF"),
    ]


def _first(content: Data, start: str) -> Any:
    return next((value for name, value in sorted(content.items()) if name.startswith(start)), None)


def time_table(data: Data) -> str:
    """Audit of the frame times in words."""
    audit = data["perfusion"]["time_audit"]
    if not audit:
        return ""
    step = f"{number(audit['step_s'], 3)} s; {number(audit['smallest_step_s'], 3)} to {number(audit['largest_step_s'], 3)} s"
    timing = {"none": "one time for all slices of a frame", "offsets": "each slice has its own time"}
    spread = f", {number(audit['slice_spread_s'], 3)} s apart" if audit["slice_spread_s"] else ""
    rows = [
        (
            "verdict",
            f'<span class="chip {escape(audit["verdict"])}">{escape(audit["verdict"].replace("-", " "))}</span>',
        ),
        ("times from", escape(audit["time_tag"])),
        ("frames, duration", f"{audit['frames']}, {number(audit['duration_s'], 1)} s"),
        ("step: median; range", step + ("" if audit["even"] else ", uneven")),
        ("slices", escape(timing.get(audit["slice_timing"], audit["slice_timing"])) + spread),
        ("missing, repeated frames", f"{_frames(audit['missing'])}; {_frames(audit['repeated'])}"),
        ("long steps after frame", _frames(audit["long_steps"])),
    ]
    return table(("Times", "Found"), rows, kind="pairs")


def _frames(numbers: list[int]) -> str:
    """Frame numbers from 1."""
    return ", ".join(str(n + 1) for n in numbers) or "none"


def motion_words(data: Data) -> str:
    """The motion in one line."""
    motion = data["perfusion"]["motion"]
    if not motion:
        return ""
    moved = max((v for v in motion["displacement_mm"] if v is not None), default=0.0)
    left = max((v for v in motion["residual_mm"] if v is not None), default=0.0)
    done = "corrected" if motion["corrected"] else "not corrected"
    return (
        f"Largest displacement over the head {moved:.2f} mm, {done}; left after correction {left:.2f} mm; "
        f"frames replaced: {_frames(motion['rejected'])}; registered to the mean of frames {_frames(motion['reference'])}."
    )


def registration_words(data: Data) -> str:
    """How far diffusion was moved onto perfusion."""
    found = data["perfusion"]["registration"]
    if not found:
        return ""
    return (
        f"Moved by {number(found['displacement_mm'], 2)} mm and {number(found['rotation_deg'], 2)}° onto the baseline image "
        f"(mutual information +{number(found['mutual_information_gain_percent'], 1)} %). The dashed edge is the brain of the perfusion "
        "series, the line the core: both must fit both pictures."
    )
