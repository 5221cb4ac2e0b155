"""Report of the agreement of readers: one page in both languages, with every case of which both reads are signed."""

from collections.abc import Sequence
from html import escape
from typing import Any

from ..record.reading_section import BANNER
from .agreement import Agreement, Statistic
from .certificate import POLICY, STYLE
from .trial_folder import Trial

_HEAD = (
    ("subject", "Subject · 대상자"),
    ("visit", "Visit · 방문"),
    ("reader_1", "R1"),
    ("value_1", "Value · 값"),
    ("reader_2", "R2"),
    ("value_2", "Value · 값"),
    ("outcome", "Outcome · 결과"),
    ("exceeded", "Differ by · 불일치 기준"),
    ("adjudicator", "Adjudicator · 판정자"),
    ("accepted", "Accepted · 채택 값"),
    ("how", "From · 근거"),
)


def agreement_page(trial: Trial, found: Sequence[Agreement]) -> bytes:
    """The page.

    Args:
        trial: that the reads belong to.
        found: from `agreement.agreement`.
    """
    charter = trial.charter
    parts = "".join(_task(one) for one in found) or "<p>No reads · 판독 없음</p>"
    lock = f"locked {charter.database_locked_utc[:10]}" if charter.database_locked_utc else "not locked"
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Agreement {escape(charter.id)}</title>'
        f"<style>{STYLE}</style></head><body><p><strong>{escape(BANNER)}</strong></p>"
        f"<h1>Agreement of readers · 판독자 일치도</h1><p>{escape(charter.id)}, {escape(charter.title)}; read model "
        f"{escape(charter.read_model)}; database {lock}. Signed reads alone; for the study manager, no reader gets it · "
        f"서명된 판독만 사용하며 연구 책임자 전용입니다.</p>{parts}</body></html>\n"
    )
    return page.encode("utf-8")


def _task(one: Agreement) -> str:
    counts = ", ".join(f"{count} {escape(name)}" for name, count in one.outcomes.items())
    rows = [("R1 and R2 · R1과 R2", statistic) for statistic in one.between]
    rows += [(f"{who} with itself · 재판독", statistic) for who, found in one.within.items() for statistic in found]
    numbers = "".join(_statistic(who, statistic) for who, statistic in rows)
    nearer = "".join(f"<li>{escape(who)}: {count}</li>" for who, count in one.adjudicated.items())
    nearer = f"<p>Adjudicator nearer to · 판정자와 가까운 판독자</p><ul>{nearer}</ul>" if nearer else ""
    head = "".join(f"<th>{escape(words)}</th>" for _, words in _HEAD)
    pairs = "".join(f"<tr>{''.join(f'<td>{_shown(row[name])}</td>' for name, _ in _HEAD)}</tr>" for row in one.pairs)
    return (
        f"<h2>{escape(one.task)}</h2><p>{escape(one.measure)}; {counts}</p><table><tr><th>Between · 비교</th><th>Statistic · 통계</th>"
        f"<th>Value · 값</th><th>n</th></tr>{numbers}</table>{nearer}<table><tr>{head}</tr>{pairs}</table>"
    )


def _statistic(who: str, one: Statistic) -> str:
    unit = "" if one.unit == "1" else f" {one.unit}"
    value = f"none: {one.why}" if one.value is None else f"{one.value:.4g}{unit}"
    if one.value is not None and one.lower is not None and one.upper is not None:
        value += f" ({one.lower:.3g} to {one.upper:.3g})"
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in (who, one.name, value, str(one.n)))}</tr>"


def _shown(value: Any) -> str:
    return escape("" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value))
