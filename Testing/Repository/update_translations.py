"""Write the translation files anew from the sources: what is translated stays, what is new is marked unfinished, what is gone goes.

    python Testing/Repository/update_translations.py

Then compile them (.qm) with the `lrelease` of PySide6 or of Qt: Slicer's build does not do it for scripted modules.

Texts come from the calls `_("...")` in module files and their libraries, from the .ui files, and from the titles of the issue codes,
which Slicer's own extraction of texts would not find. A text that moved to another file keeps its translation.
"""

import ast
import importlib.util
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "StrokeBiomarkers"
FOLDERS = {FOLDER: "StrokeBiomarkersLib", ROOT / "PhantomQC": "PhantomQCLib"}
"""Module folders, each with the library of its widgets."""

FILES = sorted((FOLDER / "Resources" / "Translations").glob("*.ts"))
TITLES = "strokequant.issue_codes"
UI_PROPERTIES = ("text", "toolTip", "title", "placeholderText", "windowTitle")


def spoken() -> dict[tuple[str, str], None]:
    """(context, text) of every translated text, in order."""
    found = {}
    for folder, library in FOLDERS.items():
        for path in sorted([*folder.glob("*.py"), *(folder / library).glob("*.py")]):
            context = path.stem if path.parent == folder else f"{path.parent.name}.{path.stem}"
            found |= {(context, text): None for text in _calls(path)}
        for path in sorted((folder / "Resources" / "UI").glob("*.ui")):
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


def compiler() -> str | None:
    """Path of lrelease, None where there is none."""
    package = importlib.util.find_spec("PySide6")
    inside = [str(Path(folder) / "lrelease") for folder in package.submodule_search_locations] if package else []
    found = (shutil.which(name) for name in (*inside, "pyside6-lrelease", "lrelease", "lrelease-qt5"))
    return next((path for path in found if path), None)


def compile_files(program: str) -> None:
    """Write the .qm file beside every .ts file; what is not translated is left out."""
    for path in FILES:
        subprocess.run(
            [program, "-silent", "-nounfinished", str(path), "-qm", str(path.with_suffix(".qm"))], check=True
        )


def main() -> int:
    """Update and compile; 1 where something is left to do."""
    left = 0
    for path in FILES:
        path.write_text(updated(path), encoding="utf-8")
        open_texts = [source for (_, source), text in translated(path).items() if not text]
        print(f"{path.name}: {len(open_texts)} not translated", *open_texts, sep="\n  ")
        left += len(open_texts)
    program = compiler()
    if program is None:
        print("lrelease was not found: pip install PySide6-Essentials, then run this again")
        return 1
    compile_files(program)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
