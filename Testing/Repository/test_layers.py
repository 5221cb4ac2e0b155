"""The library stays a library: import direction, light start, known codes, clean words."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "StrokeBiomarkers" / "strokequant"
SOURCES = sorted(LIBRARY.rglob("*.py"))
FORBIDDEN = {"slicer", "vtk", "qt", "ctk", "mrml", "PySide6", "StrokeBiomarkersLib"}
AT_FILE_SCOPE = set(sys.stdlib_module_names) | {"numpy", "scipy", "SimpleITK", "strokequant"}
TEXT_ENDINGS = {".py", ".md", ".toml", ".json", ".css", ".js", ".txt", ".cff", ".yaml", ".yml", ""}


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module.split(".")[0]]
    return []


def is_deferred(node):
    """A function body, or a block that only a type checker reads."""
    typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.relative_to(LIBRARY).as_posix())
def test_imports_point_one_way_and_heavy_ones_wait_for_their_use(source):
    tree = ast.parse(source.read_text(encoding="utf-8"))
    everywhere = {name for node in ast.walk(tree) for name in imported(node)}
    assert not everywhere & FORBIDDEN
    inside = {id(n) for f in ast.walk(tree) if is_deferred(f) for n in ast.walk(f)}
    outside = {name for node in ast.walk(tree) if id(node) not in inside for name in imported(node)}
    assert outside <= AT_FILE_SCOPE, f"{outside - AT_FILE_SCOPE} must be imported inside functions"


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.relative_to(LIBRARY).as_posix())
def test_file_scope_only_defines(source):
    allowed = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_main = (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)) or "TYPE_CHECKING" in ast.unparse(
            node
        )[:20]
        assert isinstance(node, allowed) or is_text or is_main, f"line {node.lineno}"


def test_help_needs_no_heavy_package():
    code = (
        "import sys; sys.argv = ['strokequant', '--help']\n"
        "from strokequant.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'SimpleITK', 'pydicom', 'highdicom', 'skimage'} & set(sys.modules)\n"
        "print(heavy or 'light', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=LIBRARY.parent, check=True)
    assert done.stderr.strip() == "light"


def test_every_issue_code_in_the_sources_is_registered():
    from strokequant.issue_codes import ISSUE_CODES

    used = set()
    for source in SOURCES:
        if source.name != "issue_codes.py":
            used |= set(re.findall(r'"([GPFCBUSIO]\d\d)"', source.read_text(encoding="utf-8")))
    assert used <= set(ISSUE_CODES), sorted(used - set(ISSUE_CODES))


def test_every_package_of_the_library_is_installed():
    folders = {p.parent for p in SOURCES}
    assert all((folder / "__init__.py").exists() for folder in folders)


def tracked():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines()]


def test_no_machine_path_and_no_large_file_in_the_repository():
    machine = re.compile(r"(?<![\w./])/(?:home|root|Users|work|opt)/[a-z]")
    for path in tracked():
        if not path.is_file():
            continue
        assert path.stat().st_size < 1_000_000, path
        if path.suffix in TEXT_ENDINGS and path != Path(__file__):
            found = machine.search(path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path.name}: {found.group()}"
