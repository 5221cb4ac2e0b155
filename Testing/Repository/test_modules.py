"""Module files stay thin, and Slicer starts without the library: it imports every module file at its start."""

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
MODULES = sorted(FOLDER.glob("*.py"))
LIGHT = ("modulewidget", "translations")
"""Files of StrokeBiomarkersLib that a module file may import at file scope."""

AT_START = set(sys.stdlib_module_names) | {"slicer", "StrokeBiomarkersLib"}


def file_scope_imports(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_file_is_short_and_ascii(path):
    text = path.read_text(encoding="ascii")
    assert len(text.splitlines()) <= 200
    assert f"class {path.stem}(ScriptedLoadableModule)" in text, "the extension wizard looks for this line"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_file_imports_only_what_is_light(path):
    names = list(file_scope_imports(path))
    assert {name.split(".")[0] for name in names} <= AT_START
    library = {name for name in names if name.startswith("StrokeBiomarkersLib")}
    assert library <= {f"StrokeBiomarkersLib.{name}" for name in LIGHT}


@pytest.mark.parametrize("name", LIGHT)
def test_what_is_light_imports_no_library(name):
    names = set(file_scope_imports(FOLDER / "StrokeBiomarkersLib" / f"{name}.py"))
    assert {one.split(".")[0] for one in names} <= AT_START and not any(one.startswith(".") for one in names)
