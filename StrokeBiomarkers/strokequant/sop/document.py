"""A procedure as a page that people read, in one language: self-contained HTML that prints on A4."""

from collections.abc import Iterable
from html import escape

from ..record.page import document
from ..record.sections import table
from .fact_registry import FACTS
from .procedure import Check, Procedure, Severity, State, Step

_ENGLISH = {
    "product": "strokequant · standard operating procedure",
    "use": "Research use only. The charter of a trial stands above this procedure.",
    "states": {"draft": "draft", "effective": "effective", "retired": "retired"},
    "since": "effective from",
    "supersedes": "supersedes",
    "hash": "SHA-256 of the canonical text",
    "inputs": "Images",
    "required": "required",
    "optional": "optional",
    "steps": "Steps",
    "automatic": "automatic",
    "reader": "reader",
    "skip": "may be left out, with a reason",
    "module": "Module",
    "excused": "With a reason a reader may go on in spite of",
    "records": "Kept with the step",
    "before": "Before the step",
    "after": "After the step",
    "condition": ("what must hold", "condition", "otherwise", "deviation"),
    "severities": {"stop": "stop", "warn": "warning", "info": "recorded"},
    "parameters": "Parameters",
    "parameter": ("name", "value", "unit", "may be changed", "source"),
    "locked": {True: "no", False: "yes"},
    "deviations": "Deviations",
    "deviation": ("code", "meaning", "consequence"),
    "consequences": {
        "note": "note",
        "query": "query to the site",
        "not_evaluable": "not evaluable",
        "retrain": "training of the reader",
    },
    "outputs": "Results",
    "output": ("result", "code", "unit"),
    "facts": "Facts that conditions ask for",
    "fact": ("name", "unit", "meaning", "said by"),
    "sources": {True: "reader", False: "record"},
    "unknown": "What is not known counts as not met.",
}
_KOREAN = {
    "product": "strokequant · 표준작업지침서(SOP)",
    "use": "연구용. 임상시험의 판독 헌장이 이 절차서에 우선합니다.",
    "states": {"draft": "초안", "effective": "시행 중", "retired": "폐지"},
    "since": "시행일",
    "supersedes": "대체한 절차서",
    "hash": "정규 본문의 SHA-256",
    "inputs": "영상",
    "required": "필수",
    "optional": "선택",
    "steps": "단계",
    "automatic": "자동",
    "reader": "판독자",
    "skip": "사유를 기록하고 생략할 수 있음",
    "module": "모듈",
    "excused": "판독자가 사유를 기록하고 진행할 수 있는 이탈",
    "records": "단계에 기록되는 항목",
    "before": "단계 시작 전",
    "after": "단계 완료 후",
    "condition": ("충족해야 할 내용", "조건식", "미충족 시", "이탈 코드"),
    "severities": {"stop": "중지", "warn": "경고", "info": "기록"},
    "parameters": "매개변수",
    "parameter": ("이름", "값", "단위", "변경 가능", "근거"),
    "locked": {True: "아니요", False: "예"},
    "deviations": "이탈",
    "deviation": ("코드", "의미", "조치"),
    "consequences": {
        "note": "기록",
        "query": "기관에 질의",
        "not_evaluable": "평가 불가",
        "retrain": "판독자 재교육",
    },
    "outputs": "결과",
    "output": ("결과", "코드", "단위"),
    "facts": "조건식이 사용하는 항목",
    "fact": ("이름", "단위", "의미(영문)", "출처"),
    "sources": {True: "판독자", False: "기록"},
    "unknown": "알 수 없는 항목은 충족하지 않은 것으로 봅니다.",
}
_CHIP = {Severity.STOP: "STOP", Severity.WARN: "WARN", Severity.INFO: "INFO"}
_STYLE = """<style>
.step > h3 { font-size: 16px; margin: 0 0 4px; } .step > p { margin-bottom: 6px; } .step .none { font-size: 13px; }
.sop code { font-size: 11.5px; } .checks th[scope=row] { font-weight: 400; } .checks td:nth-child(2) { min-width: 260px; } .checks caption { font-size: 13px; }
.checks th[scope=row] { width: 34%; } .checks td:nth-child(3), .checks td:nth-child(4) { white-space: nowrap; width: 1%; }
@media print { .step { break-inside: avoid; } }
</style>"""


def render_procedure(procedure: Procedure, language: str = "en") -> bytes:
    """The page of a procedure.

    Args:
        procedure: any.
        language: "ko" or "ko-KR" for Korean, else English.

    Returns:
        HTML in UTF-8; the same procedure gives the same bytes.
    """
    korean = language.lower().startswith("ko")
    code, words = ("ko", _KOREAN) if korean else ("en", _ENGLISH)
    parts = (
        _head(procedure, code, words),
        _steps(procedure, code, words),
        _section(words["parameters"], _parameters(procedure, words)),
        _section(words["deviations"], _deviations(procedure, code, words)),
        _section(words["outputs"], _outputs(procedure, words)) if procedure.outputs else "",
        _section(words["facts"], f'<p class="note">{escape(words["unknown"])}</p>' + _facts(procedure, words)),
    )
    body = f'{_STYLE}<main class="sop" lang="{code}">{"".join(parts)}</main>'
    title = f"{procedure.name} {procedure.title.in_language(code)}"
    return document(title, body, script=False, foot=f"{procedure.name} {procedure.content_hash[:12]}")


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _head(procedure: Procedure, code: str, words: dict) -> str:
    state = words["states"][str(procedure.state)]
    kind = "signed" if procedure.state is State.EFFECTIVE else "proposal"
    facts = [(words["since"], procedure.effective_date.isoformat()), (words["hash"], procedure.content_hash)]
    facts += [(words["supersedes"], procedure.supersedes)] if procedure.supersedes else []
    facts += [(words["inputs"], "; ".join(_input(i, words) for i in procedure.inputs))]
    told = "".join(f"<p><small>{escape(name)}</small> {escape(value)}</p>" for name, value in facts)
    return (
        f'<header><div class="name"><p class="product">{escape(words["product"])}</p>'
        f"<h1>{escape(procedure.title.in_language(code))} <span>{escape(procedure.name)}</span></h1>{told}</div>"
        f'<div class="banner {kind}" role="note"><strong>{escape(state)}</strong><p>{escape(words["use"])}</p></div></header>'
    )


def _input(entry, words: dict) -> str:
    return f"{entry['role']} ({entry['modality']}, {words['required'] if entry['required'] else words['optional']})"


def _steps(procedure: Procedure, code: str, words: dict) -> str:
    shown = "".join(_step(step, code, words) for step in procedure.steps)
    return f"<h2>{escape(words['steps'])}</h2>{shown}"


def _step(step: Step, code: str, words: dict) -> str:
    kind, mode = ("yes", "automatic") if step.automatic else ("", "reader")
    notes = [f"{escape(words['module'])} <code>{escape(step.module)}</code>"] if step.module else []
    notes += [escape(words["skip"])] if step.allow_skip else []
    if step.allowed_deviations:
        notes.append(f"{escape(words['excused'])}: {escape(', '.join(step.allowed_deviations))}")
    if step.record:
        notes.append(
            f"{escape(words['records'])}: " + ", ".join(f"<code>{escape(name)}</code>" for name in step.record)
        )
    checks = _checks(words["before"], step.preconditions, code, words)
    checks += _checks(words["after"], step.postconditions, code, words)
    return (
        f'<section class="step" id="{escape(step.id)}"><h3>{escape(step.id)} '
        f'<span class="chip {kind}">{escape(words[mode])}</span></h3><p>{escape(step.text.in_language(code))}</p>'
        f'{checks}<p class="note">{"<br>".join(notes)}</p></section>'
    )


def _checks(caption: str, checks: Iterable[Check], code: str, words: dict) -> str:
    rows = [
        (
            escape(check.text.in_language(code)),
            f"<code>{escape(check.condition.text)}</code>",
            f'<span class="chip {_CHIP[check.severity]}">{escape(words["severities"][str(check.severity)])}</span>',
            escape(check.deviation) or "–",
        )
        for check in checks
    ]
    return table(words["condition"], rows, kind="checks", caption=caption) if rows else ""


def _parameters(procedure: Procedure, words: dict) -> str:
    rows = (
        (
            f"<code>{escape(name)}</code>",
            escape(str(p["value"])),
            escape(p["unit"]),
            escape(words["locked"][p["locked"]]),
            escape(p["source"]),
        )
        for name, p in sorted(procedure.parameters.items())
    )
    return table(words["parameter"], rows)


def _deviations(procedure: Procedure, code: str, words: dict) -> str:
    rows = (
        (escape(d.code), escape(d.text.in_language(code)), escape(words["consequences"][str(d.consequence)]))
        for _, d in sorted(procedure.deviations.items())
    )
    return table(words["deviation"], rows)


def _outputs(procedure: Procedure, words: dict) -> str:
    rows = (
        (f"<code>{escape(o['id'])}</code>", escape(" ".join(o["code"])), escape(o["unit"])) for o in procedure.outputs
    )
    return table(words["output"], rows)


def _facts(procedure: Procedure, words: dict) -> str:
    checks = [c for s in procedure.steps for c in (*s.preconditions, *s.postconditions)]
    asked = {name for c in checks for name in c.condition.names} | {name for s in procedure.steps for name in s.record}
    rows = (
        (
            f"<code>{escape(name)}</code>",
            escape(FACTS[name].unit) or "–",
            escape(FACTS[name].meaning),
            escape(words["sources"][FACTS[name].of_reader]),
        )
        for name in sorted(asked & set(FACTS))
    )
    return table(words["fact"], rows)
