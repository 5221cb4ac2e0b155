"""Write the translation files anew from the sources: what is translated stays, what is new is marked unfinished, what is gone goes.

    python Testing/Repository/update_translations.py

Texts come from the calls `_("...")` in module files and StrokeBiomarkersLib, from the .ui files, and from the titles of the issue codes,
which Slicer's own extraction of texts would not find. A text that moved to another file keeps its translation.
"""

import ast
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "StrokeBiomarkers"
FILES = sorted((FOLDER / "Resources" / "Translations").glob("*.ts"))
TITLES = "strokequant.issue_codes"
UI_PROPERTIES = ("text", "toolTip", "title", "placeholderText", "windowTitle")


def spoken() -> dict[tuple[str, str], None]:
    """(context, text) of every translated text, in order."""
    found = {}
    for path in sorted([*FOLDER.glob("*.py"), *(FOLDER / "StrokeBiomarkersLib").glob("*.py")]):
        context = path.stem if path.parent == FOLDER else f"{path.parent.name}.{path.stem}"
        found |= {(context, text): None for text in _calls(path)}
    for path in sorted((FOLDER / "Resources" / "UI").glob("*.ui")):
        root = ElementTree.parse(path).getroot()
        texts = (one.findtext("string") for one in root.iter("property") if one.get("name") in UI_PROPERTIES)
        found |= {(root.findtext("class"), text): None for text in texts if text}
    sys.path.insert(0, str(FOLDER))
    from strokequant.issue_codes import ISSUE_CODES

    return found | {(TITLES, title): None for title in ISSUE_CODES.values()}


def _calls(path: Path) -> list[str]:
    texts = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            if not isinstance(node.args[0], ast.Constant):
                msg = f"{path.name}:{node.lineno} translates no plain text"
                raise ValueError(msg)
            texts.append(node.args[0].value)
    return texts


def translated(path: Path) -> dict[tuple[str, str], str]:
    """Translations of a file; empty where unfinished."""
    return {
        (context.findtext("name"), message.findtext("source")): _finished(message)
        for context in ElementTree.parse(path).iter("context")
        for message in context.iter("message")
    }


def _finished(message) -> str:
    translation = message.find("translation")
    return "" if translation.get("type") == "unfinished" else translation.text or ""


def updated(path: Path) -> str:
    """The file as it should be."""
    known = translated(path)
    anywhere = {source: text for (_, source), text in known.items() if text}
    language = ElementTree.parse(path).getroot().get("language")
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE TS>", f'<TS version="2.1" language="{language}">']
    texts = spoken()
    for context in dict.fromkeys(context for context, _ in texts):
        lines += ["<context>", f"    <name>{escape(context)}</name>"]
        for source in (text for name, text in texts if name == context):
            lines += _message(source, known.get((context, source)) or anywhere.get(source, ""))
        lines.append("</context>")
    return "\n".join([*lines, "</TS>"]) + "\n"


def _message(source: str, translation: str) -> list[str]:
    mark = "" if translation else ' type="unfinished"'
    return [
        "    <message>",
        f"        <source>{escape(source)}</source>",
        f"        <translation{mark}>{escape(translation)}</translation>",
        "    </message>",
    ]


if __name__ == "__main__":
    for path in FILES:
        path.write_text(updated(path), encoding="utf-8")
        open_texts = [source for (_, source), text in translated(path).items() if not text]
        print(f"{path.name}: {len(open_texts)} not translated", *open_texts, sep="\n  ")
