"""The documents tell the truth about today: codes, commands, links, settings."""

import re
from pathlib import Path

import pytest

from strokequant.cli import build_parser
from strokequant.issue_codes import ISSUE_CODES

ROOT = Path(__file__).resolve().parents[2]
DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "Resources" / "Docs").glob("*.md")),
]


def commands():
    actions = build_parser()._subparsers._group_actions
    return set(actions[0].choices)


def test_every_code_is_explained_in_the_messages():
    text = (ROOT / "Resources" / "Docs" / "messages.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| ([A-Z]\d\d) \| (.+?) \|", text, re.MULTILINE))
    assert listed == ISSUE_CODES


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_commands_in_the_documents_exist(path):
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"strokequant ((?!\.)[a-z]+)\b(?= [A-Z`/.]| FOLDER|`)", text))
    assert named <= commands()


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_links_inside_the_repository_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"strokequant {command}" in text for command in commands())
