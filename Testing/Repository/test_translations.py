"""Every word on the screen goes through the translation calls and has a Korean translation with the same placeholders."""

import importlib.util
import re
from pathlib import Path

import pytest

_TOOL = Path(__file__).with_name("update_translations.py")
_SPEC = importlib.util.spec_from_file_location(_TOOL.stem, _TOOL)
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
HANGUL = re.compile(r"[\uac00-\ud7a3]")


def test_there_is_korean():
    assert "StrokeBiomarkers_ko-KR.ts" in [path.name for path in tool.FILES]


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_every_text_is_translated_and_nothing_else(path):
    known = tool.translated(path)
    assert {key for key in tool.spoken() if not known.get(key)} == set(), "not translated: see update_translations.py"
    assert set(known) - set(tool.spoken()) == set(), "not in the sources any more"


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_the_file_is_as_the_tool_writes_it(path):
    assert path.read_text(encoding="utf-8") == tool.updated(path)


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_placeholders_are_the_same(path):
    for (_, source), translation in tool.translated(path).items():
        assert sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(translation)), source


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_every_issue_code_has_a_title_in_this_language(path):
    from strokequant.issue_codes import ISSUE_CODES

    known = tool.translated(path)
    titles = {code: known.get((tool.TITLES, title), "") for code, title in ISSUE_CODES.items()}
    assert [code for code, title in titles.items() if not HANGUL.search(title)] == []


def test_levels_and_statuses_are_translated():
    known = tool.translated(next(path for path in tool.FILES if "ko-KR" in path.name))
    words = ("STOP", "ASK", "WARN", "INFO", "measured", "zero", "not evaluable", "missing")
    assert all(HANGUL.search(known["StrokeBiomarkersLib.issuetexts", word]) for word in words)


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_the_compiled_file_holds_every_translation(path):
    """Without Qt: a .qm file holds translations as UTF-16, most significant byte first."""
    compiled = path.with_suffix(".qm").read_bytes()
    missing = [text for text in tool.translated(path).values() if text.encode("utf-16-be") not in compiled]
    assert missing == [], "run update_translations.py where lrelease is installed"
