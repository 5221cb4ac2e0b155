"""Every word on the screen goes through the translation calls and has a Korean translation with the same placeholders."""

import ast
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
FILES = sorted((FOLDER / "Resources" / "Translations").glob("*.ts"))
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def spoken() -> set[tuple[str, str]]:
    """(context, text) of every translated text in the sources and .ui files."""
    found = set()
    for path in [*FOLDER.glob("*.py"), *(FOLDER / "StrokeBiomarkersLib").glob("*.py")]:
        context = path.stem if path.parent == FOLDER else f"{path.parent.name}.{path.stem}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno} translates no plain text"
                found.add((context, node.args[0].value))
    for path in (FOLDER / "Resources" / "UI").glob("*.ui"):
        root = ElementTree.parse(path).getroot()
        texts = (one.find("string") for one in root.iter("property") if one.get("name") in ("text", "toolTip"))
        found |= {(root.findtext("class"), text.text) for text in texts}
    return found


def translated(path) -> dict[tuple[str, str], str]:
    contexts = ElementTree.parse(path).iter("context")
    return {
        (context.findtext("name"), message.findtext("source")): message.findtext("translation")
        for context in contexts
        for message in context.iter("message")
    }


def test_there_is_korean():
    assert "StrokeBiomarkers_ko-KR.ts" in [path.name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_text_is_translated_and_nothing_else(path):
    known = translated(path)
    assert spoken() - set(known) == set(), "not translated"
    assert set(known) - spoken() == set(), "not in the sources any more"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_placeholders_are_the_same(path):
    for (_, source), translation in translated(path).items():
        assert translation and sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(translation)), source
