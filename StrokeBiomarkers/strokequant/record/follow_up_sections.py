"""Report of follow-up: growth with every definition side by side, pictures of the registration, forms of readers."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from ..config import ReportConfig
from ..maps.check_pictures import CheckPicture
from ..types import CaseRecord
from .follow_up_pictures import follow_up_pictures
from .montage import gray_png
from .page_part import PagePart
from .perfusion_sections import rules_table
from .sections import find, interval, issue_list, section, table, text, value_text
from .viewer import asset_svg, legend, montage

Data = Mapping[str, Any]

_KINDS = {"hemorrhage": "Hemorrhage", "infarct": "Infarct"}
_COMPARED = _KINDS | {"perfusion": "Perfusion"}
_BLOOD = {"ich": "Hematoma", "ivh": "Ventricular blood", "ich_ivh": "Both"}
_ANSWERS = {"pass": ("yes", "met"), "fail": ("no", "not met"), "unknown": ("WARN", "undetermined")}
_PICTURES = (("baseline", "baseline, moved"), ("followup", "follow-up"), ("checkerboard", "fields of both in turn"))


def follow_up_page(record: CaseRecord, data: Data, *, windows: ReportConfig = ReportConfig()) -> PagePart:
    """Sections of follow-up and forms; empty where the record has neither.

    Args:
        record: for the pictures of the registration.
        data: the same record as plain data, for every number and word.
        windows: size of pictures.
    """
    found = data["follow_up"]
    pictures = {kind: follow_up_pictures(record, kind, windows) for kind in _KINDS}
    assets = "".join(asset_svg(one, windows) for one in pictures.values() if one)
    details = ""
    if found:
        details += section(
            "follow-up", "Against the baseline", _baselines(found) + _growth(data) + _infarct(data) + _reperfusion(data)
        )
        details += section("expansion", "Definitions of expansion", _expansion(found["growth"]))
        details += section("registration", "Baseline registered to follow-up", _registrations(record, found, windows))
    for kind, title in (("hemorrhage", "Hematoma at baseline and follow-up"), ("infarct", "Final infarct")):
        if pictures[kind]:
            content = legend(pictures[kind]) + montage(pictures[kind], windows)
            details += section(f"{kind}-compared", title, content, kind="pictures")
    details += forms_sections(data)
    return PagePart(assets=assets, details=details)


def _baselines(found: Data) -> str:
    rows = []
    for kind, b in found["baselines"].items():
        same = {True: "the same", False: "another one", None: "not known"}[b["same_patient"]]
        scan = b["visit"]
        rows.append(
            (
                _COMPARED[kind],
                f"{escape(b['case'])} {escape(b['timepoint'])}",
                "paired automatically" if b["automatic"] else "named by a person",
                same,
                text((scan.get("acquired") or "").replace("T", " ")),
                text(scan.get("technique")),
                text(scan.get("thickness_mm")),
            )
        )
    head = ("Compared", "Baseline", "How", "Patient", "Imaged", "Technique", "Thickness (mm)")
    issues = issue_list([i for i in found["issues"] if i["level"] != "INFO"])
    return (table(head, rows) if rows else "") + issues


def _cell(data: Data, name: str) -> str:
    m = find(data, name)
    if m is None:
        return text(None)
    if m["value"] is None:
        return escape(m["status"].replace("_", " "))
    span = interval(m)
    return value_text(m) + (f"<br><small>{span}</small>" if span else "")


def _growth(data: Data) -> str:
    growth = data["follow_up"]["growth"]
    if growth is None:
        return ""
    rows = []
    for prefix, words in _BLOOD.items():
        verdict = growth["verdicts"].get(prefix)
        told = f"{escape(verdict['words'])}<br><small>{escape(verdict['source'])}</small>" if verdict else text(None)
        kinds = ("volume", "percent", "log_ratio")
        rows.append((words, *(_cell(data, f"{prefix}_growth_{kind}") for kind in kinds), told))
    head = ("Growth", "mL", "Percent", "ln(V1 / V0)", "What the readers can detect")
    return table(head, rows, caption="Growth of the hemorrhage")


def _infarct(data: Data) -> str:
    infarct = data["follow_up"]["infarct"]
    if infarct is None:
        return ""
    names = ("infarct_growth_volume", "infarct_growth_ratio", "infarct_growth_log_ratio")
    row = (*(_cell(data, name) for name in names), text(infarct["category"]), text(infarct["offset_ratio"]))
    head = ("mL", "V1 / V0", "ln(V1 / V0)", "Category", "Ratio with the declared offset")
    return table(("Growth", *head), [("Infarct", *row)], caption="Growth of the infarct")


def _reperfusion(data: Data) -> str:
    """Share of the hypoperfusion that is gone, with both volumes and the classes of the trials."""
    m = find(data, "hypoperfusion_6s_reperfusion")
    if m is None:
        return ""
    rows = [(_cell(data, m["id"]), escape(m["method"]))]
    return table(("1 - V1 / V0", "How"), rows, caption="Reperfusion, Tmax > 6 s")


def _expansion(growth: Data | None) -> str:
    """Every definition with its own comparison, for the hematoma and for hematoma and ventricular blood."""
    if growth is None or not growth["expansion"]:
        return ""
    rows = [
        (
            escape(one["rule"]),
            "<br>".join(escape(clause["words"]) for clause in one["clauses"]),
            _decided(one),
            _decided(other),
            escape(one["source"]),
        )
        for one, other in zip(growth["expansion"], growth["expansion_total"], strict=True)
    ]
    head = ("Definition", "One of", "Hematoma", "Hematoma and ventricular blood", "Source")
    note = "All definitions are decided in whole microliters, each with its own comparison; none of them is the right one for every trial."
    return table(head, rows) + f'<p class="note">{note}</p>'


def _decided(rule: Data) -> str:
    """Outcome of a definition, and the value of every clause."""
    kind, words = _ANSWERS[rule["answer"]]
    values = "<br>".join(f"<small>{text(clause['value'])}</small>" for clause in rule["clauses"])
    return f'<span class="chip {kind}">{words}</span><br>{values}'


def _registrations(record: CaseRecord, found: Data, windows: ReportConfig) -> str:
    parts = []
    for kind, numbers in found["registrations"].items():
        words = (
            f"{_KINDS[kind]}: moved by {numbers['displacement_mm']:.1f} mm and {numbers['rotation_deg']:.1f}°, "
            f"residual {numbers['residual_mm']:.2f} mm, {numbers['overlap_percent']:.0f} % of the smaller head in both. "
            "For display: no number comes from it."
        )
        pictures = record.follow_up.registrations[kind].pictures if record.follow_up is not None else ()
        figures = "".join(_figure(picture, windows.max_image_px) for picture in pictures)
        issues = issue_list([i for i in numbers["issues"] if i["level"] != "INFO"])
        parts.append(f'<p>{words}</p><div class="charts">{figures}</div>{issues}')
    return "".join(parts)


def _figure(picture: CheckPicture, longest_px: int) -> str:
    images = []
    for name, words in _PICTURES:
        png = b64encode(gray_png(getattr(picture, name), (0, 255), longest_px)).decode()
        images.append(f'<img style="width:32%" alt="{picture.plane}, {words}" src="data:image/png;base64,{png}">')
    words = ", ".join(words for _, words in _PICTURES)
    return f"<figure>{''.join(images)}<figcaption>{picture.plane}: {words}</figcaption></figure>"


def forms_sections(data: Data) -> str:
    """Forms of readers and what follows from them; empty without any."""
    forms = data["forms"]
    if not forms:
        return ""
    content = _transformation(data, forms["transformation"]) + _vessels(forms) + _aspects(forms)
    content += issue_list(forms["issues"])
    return (
        section("forms", "Forms of readers", content)
        + section("symptomatic", "Symptomatic hemorrhage", rules_table(forms["symptomatic"]))
        + section("answers", "Answers of readers", _answers(forms))
    )


def _transformation(data: Data, found: Data | None) -> str:
    if found is None:
        return ""
    heidelberg = None if found["heidelberg"] is None else ", ".join(found["heidelberg"]) or "none"
    rows = [
        ("ECASS", text(" ".join(filter(None, (found["ecass"], found["ecass_remote"]))))),
        ("Heidelberg", text(heidelberg)),
        ("both agree", "no" if found["conflict"] else "yes" if found["ecass"] and heidelberg else text(None)),
        ("share of clot, measured", _cell(data, "transformation_clot_share")),
        ("side of 30 % that was used", f"{text(found['side'])} ({text(found['side_from'])})"),
        ("read on", escape(found["modality"])),
        ("form, reader", f"HT {escape(found['version'])}, {text(found['reader'])}"),
    ]
    return table(("Hemorrhagic transformation", ""), rows, kind="pairs")


def _vessels(forms: Data) -> str:
    rows = [
        (
            escape(score["scale"]),
            escape(score["version"]),
            escape(score["modality"]),
            f"<b>{text(score['grade'])}</b>",
            text({k: v for k, v in score["answers"].items() if k != "grade"}),
            text(score["grades"]),
            text(score["reader"]),
        )
        for score in forms["vessels"]
    ]
    head = ("Scale", "Version", "Modality", "Grade", "Vessel", "The percentage on all scales", "Reader")
    return table(head, rows, caption="Vessel status") if rows else ""


def _aspects(forms: Data) -> str:
    rows = []
    for score in forms["aspects"]:
        points = score["points"]
        shown = f"<b>{points}</b>" if points is not None else f"{score['lowest']} to {score['highest']}"
        where = (text(score["affected"]), text(score["open"]))
        rows.append((escape(score["scale"]), escape(score["modality"]), shown, *where, text(score["reader"])))
    head = ("Scale", "Modality", "Points", "Affected", "Open", "Reader")
    hinted = [f"{h['region']} {h['side']} ({h['difference']:+.1f})" for h in forms["hints"] if h["hint"]]
    lower = f"Regions that read lower than their mirror regions: {', '.join(hinted)}. " if hinted else ""
    note = lower + forms["hints_note"]
    return table(head, rows) + (f'<p class="note">{escape(note)}</p>' if note else "") if rows else ""


def _answers(forms: Data) -> str:
    rows = [
        (escape(a["form"]), escape(a["version"]), text(a["modality"]), text(a["reader"]), text(a["values"]))
        for a in forms["answers"]
    ]
    return table(("Form", "Version", "Read on", "Reader", "Answers"), rows) if rows else ""
