"""Certificate of an attempt at the test of a procedure: one page that prints on A4, with every score, passed or not."""

from html import escape

from ..record.reading_section import BANNER
from .training import Attempt
from .training_score import Score
from .trial_folder import Trial

_NAMES = {
    "bias": ("Bias", "편향"),
    "limit": ("Wider limit of agreement", "일치 한계(넓은 쪽)"),
    "icc": ("ICC(2,1)", "ICC(2,1)"),
    "repeatability": ("Repeatability coefficient", "반복성 계수"),
    "kappa": ("Kappa, found or not", "카파(병변 유무)"),
    "dice": ("Dice, median", "Dice 중앙값"),
    "class_kappa": ("Kappa of classes, linear weights", "등급 카파(선형 가중)"),
    "within": ("Cases within the tolerance", "허용 오차 내 증례 비율"),
    "traps": ("Wrong proposals that were corrected", "잘못된 제안을 바로잡은 비율"),
    "hd95": ("95th percentile distance, median", "95백분위 거리 중앙값"),
}
STYLE = (
    "@page{size:A4;margin:18mm}body{font:11pt/1.45 sans-serif;color:#111;max-width:174mm;margin:auto}"
    "h1{font-size:20pt;margin:0 0 2mm}table{border-collapse:collapse;width:100%;margin:5mm 0}"
    "th,td{border-bottom:1px solid #999;text-align:left;padding:1.6mm 2mm;vertical-align:top}"
    ".out{font-size:16pt;font-weight:bold;margin:5mm 0}.small{font-size:8.5pt;color:#333}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def certificate(trial: Trial, attempt: Attempt) -> bytes:
    """The page, in both languages.

    Args:
        trial: with the register that holds the reader.
        attempt: from `take_test`.
    """
    reader = trial.register.reader(attempt.reader)
    entry, result = attempt.qualification, attempt.result
    name = reader.name.replace("^", " ").strip() if reader is not None else attempt.reader
    outcome = "PASSED · 합격" if result.passed else "NOT PASSED · 불합격"
    facts = [
        ("Reader · 판독자", f"{name} ({attempt.reader})"),
        ("Procedure · 절차", f"{attempt.test.procedure}, version {attempt.test.major}.x"),
        ("Trial · 임상시험", f"{trial.charter.id}, {trial.charter.title}"),
        ("Date · 일자", entry.date.isoformat()),
        ("Valid until · 유효 기한", entry.expires.isoformat() if result.passed else "–"),
        ("Cases · 증례", str(result.cases)),
        ("Criteria met · 충족 기준", f"{sum(s.met for s in result.scores)} / {len(result.scores)}"),
    ]
    rows = "".join(f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in facts)
    scores = "".join(_row(one) for one in result.scores)
    notes = (
        []
        if result.enough
        else ["Too few cases, or too few with a wrong proposal · 증례 또는 잘못된 제안 증례 수 부족"]
    )
    notes += (
        []
        if attempt.test.qualifies
        else ["An exercise: qualifies for nothing by itself · 연습이며 단독으로 자격을 주지 않음"]
    )
    notes += [f"No answer · 무응답: {', '.join(result.unanswered)}"] if result.unanswered else []
    head = "<tr><th>Score · 점수</th><th>Value · 값</th><th>Criterion · 기준</th><th>Met · 충족</th></tr>"
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Qualification {escape(attempt.reader)}</title>'
        f"<style>{STYLE}</style></head><body><p><strong>{escape(BANNER)}</strong></p>"
        f"<h1>Qualification of a reader · 판독자 자격</h1><table>{rows}</table>"
        f'<p class="out">{outcome}</p>{"".join(f"<p>{escape(note)}</p>" for note in notes)}'
        f"<table>{head}{scores}</table>"
        '<p class="small">Scores of signed readings against the exact truth of synthetic patients; every attempt is kept. '
        "합성 환자의 정답과 서명된 판독을 비교한 점수이며 모든 시도가 보관됩니다.</p></body></html>\n"
    )
    return page.encode("utf-8")


def score_name(one: Score, language: str = "en") -> str:
    """What is scored, in "en" or "ko"."""
    english, korean = _NAMES[one.criterion.score]
    return korean if language == "ko" else english


def score_line(one: Score) -> tuple[str, str]:
    """Value of a score with its interval, or why there is none; and the limit of its criterion."""
    criterion = one.criterion
    unit = "" if criterion.unit == "1" else f" {criterion.unit}"
    limit = f"≥ {criterion.low:g}{unit}" if criterion.low is not None else f"≤ {criterion.high:g}{unit}"
    value = f"{one.value:.3g}{unit}" if one.value is not None else f"none: {one.why}"
    low, high = one.interval
    value += f" ({low:.3g} to {high:.3g})" if one.value is not None and low is not None and high is not None else ""
    return value, limit


def _row(one: Score) -> str:
    value, limit = score_line(one)
    cells = (
        f"{escape(score_name(one))}<br>{escape(score_name(one, 'ko'))}",
        escape(value),
        f'{escape(limit)}<br><span class="small">{escape(one.criterion.source)}</span>',
        "yes · 예" if one.met else "NO · 아니요",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
