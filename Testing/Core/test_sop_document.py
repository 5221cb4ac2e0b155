"""The page of a procedure: everything of it, in the language asked for, self-contained and the same every time."""

import re
from html import escape, unescape
from html.parser import HTMLParser

import pytest

from strokequant.sop.document import render_procedure
from strokequant.sop.procedure import procedure_of
from strokequant.sop.shipped import shipped_procedures

SHIPPED = shipped_procedures()
VOID = {"meta", "br", "img", "link"}


class Tags(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.cells = [], {}

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_page_holds_the_whole_procedure(task, language):
    procedure = SHIPPED[task]
    page = render_procedure(procedure, language).decode("utf-8")
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    assert procedure.content_hash in page
    assert procedure.name in page
    assert f'lang="{language}"' in page
    for step in procedure.steps:
        assert f'id="{step.id}"' in page
        assert escape(step.text.in_language(language)) in page
        for check in (*step.preconditions, *step.postconditions):
            assert escape(check.text.in_language(language)) in page
            assert escape(check.condition.text) in page
    for deviation in procedure.deviations.values():
        assert escape(deviation.text.in_language(language)) in page
    for parameter in procedure.parameters.values():
        assert escape(parameter["source"]) in page
    assert page.count('class="step"') == len(procedure.steps)
    assert page.count(">stop</span>" if language == "en" else ">중지</span>") == sum(
        check.severity == "stop" for s in procedure.steps for check in (*s.preconditions, *s.postconditions)
    )


@pytest.mark.parametrize("task", sorted(SHIPPED))
def test_english_page_has_no_korean_and_the_other_way_round(task):
    english, korean = (render_procedure(SHIPPED[task], code).decode("utf-8") for code in ("en-US", "ko-KR"))
    assert not re.search("[가-힣]", english)
    body = unescape(re.sub(r"<style>.*?</style>|<code>.*?</code>|<[^>]+>", " ", korean, flags=re.DOTALL))
    for step in SHIPPED[task].steps:
        assert step.text.en not in body


def test_page_needs_nothing_else_and_is_the_same_every_time():
    page = render_procedure(SHIPPED["infarct_core"])
    assert page == render_procedure(SHIPPED["infarct_core"])
    assert not re.search(rb"(?:src|href)=\"(?!#|data:)|url\(|<script", page)


def test_text_is_escaped():
    words = {"en": "a <b> & c", "ko": "가 <나> & 다"}
    data = {
        "sop_id": "SB-CORE-002",
        "version": "1.0.0",
        "status": "draft",
        "effective_date": "2026-01-15",
        "supersedes": "SB-CORE-001@1.0.0",
        "title": words,
        "task": "infarct_core",
        "inputs": [{"role": "<dwi>", "modality": "MR", "required": True}],
        "parameters": {"limit": {"value": 1, "unit": "<1>", "locked": False, "source": "<charter>"}},
        "steps": [
            {"id": "Z4", "text": words, "action": "sign", "module": "<M>", "record": [], "headless": "needs_reader"}
        ],
        "outputs": [{"id": "<v>", "code": ["a", "<b>", "c"], "unit": "<ml>"}],
        "deviation_codes": [{"code": "D-ACQ-01", "text": words, "consequence": "note"}],
    }
    page = render_procedure(procedure_of(data, ())).decode("utf-8")
    for raw in ("<b>", "<dwi>", "<1>", "<charter>", "<M>", "<v>", "<ml>"):
        assert raw not in page
        assert escape(raw) in page
    assert "SB-CORE-001@1.0.0" in page
    assert ">draft<" in page
