"""Module files stay thin, and Slicer starts without the library: it imports every module file at its start."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER, PHANTOM = ROOT / "StrokeBiomarkers", ROOT / "PhantomQC"
MODULES = sorted([*FOLDER.glob("*.py"), *PHANTOM.glob("*.py")])
LIGHT = ("StrokeBiomarkersLib.modulewidget", "StrokeBiomarkersLib.translations", "PhantomQCLib.library")
"""What a module file may import at file scope of the libraries of the extension."""

LIBRARIES = {name.split(".")[0] for name in LIGHT}
AT_START = set(sys.stdlib_module_names) | {"slicer"} | LIBRARIES


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
    library = {name for name in names if name.split(".")[0] in LIBRARIES}
    assert library <= set(LIGHT)


@pytest.mark.parametrize("name", LIGHT)
def test_what_is_light_imports_no_library(name):
    package, file = name.split(".")
    folder = PHANTOM if package == "PhantomQCLib" else FOLDER
    names = set(file_scope_imports(folder / package / f"{file}.py"))
    assert {one.split(".")[0] for one in names} <= AT_START and not any(one.startswith(".") for one in names)


def all_imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def test_arrows_point_one_way():
    """strokequant <- StrokeBiomarkersLib <- PhantomQCLib <- module files; nothing looks the other way."""
    layers = [FOLDER / "strokequant", FOLDER / "StrokeBiomarkersLib", PHANTOM / "PhantomQCLib"]
    modules = {path.stem for path in MODULES}
    for number, layer in enumerate(layers):
        above = {one.name for one in layers[number + 1 :]} | modules
        for path in sorted(layer.rglob("*.py")):
            found = set(all_imports(path)) & above
            assert not found, f"{path.name}: {found}"


def test_the_phantom_module_finds_the_library_beside_its_folder(tmp_path):
    """In the source tree with the folder PhantomQC alone on the path; and it says what is missing where there is nothing beside it."""
    code = (
        "import sys, types\n"
        "sys.path[:] = [p for p in sys.path if 'StrokeBiomarkers' not in p]; sys.path.insert(0, {folder!r})\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]\n"
        "from PhantomQCLib import library\n"
        "import importlib.util\n"
        "stub = types.ModuleType('StrokeBiomarkersLib.modulewidget'); stub.ReadingModuleWidget = int\n"
        "sys.modules['StrokeBiomarkersLib.modulewidget'] = stub\n"
        "try:\n    print(library.readingModuleWidget(), importlib.util.find_spec('StrokeBiomarkersLib') is not None)\n"
        "except ImportError as error:\n    print(error)\n"
    )

    def said(folder):
        text = code.replace("{folder!r}", repr(str(folder)))
        run = subprocess.run(
            [sys.executable, "-I", "-c", text], capture_output=True, text=True, cwd=tmp_path, check=True
        )
        return run.stdout

    assert said(PHANTOM) == "<class 'int'> True\n"
    lonely = tmp_path / "PhantomQC" / "PhantomQCLib"
    lonely.mkdir(parents=True)
    for name in ("__init__.py", "library.py"):
        (lonely / name).write_bytes((PHANTOM / "PhantomQCLib" / name).read_bytes())
    assert "add the folder StrokeBiomarkers to the module paths" in said(lonely.parent)
