"""Write what the extension's description repeats: file lists, addresses, the catalog entry, StrokeBiomarkers.s4ext.

    python Testing/Repository/update_extension.py          write
    python Testing/Repository/update_extension.py --check  say what would change, exit code 1 if anything

The sources are the files known to git and the top-level CMakeLists.txt.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "StrokeBiomarkers"
MODULE_FOLDERS = ("StrokeBiomarkers", "PhantomQC")
BRANCH = "main"
TIER = 1
SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/slicer-extension-catalog-entry-schema-v1.0.2.json#"
)
NOT_INSTALLED = (".md", ".txt.in", "CMakeLists.txt", ".gitkeep")


def tracked(root: Path = ROOT) -> list[str]:
    """Files known to git that are there, sorted."""
    done = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.splitlines() if (root / name).is_file())


def files_of(folder: str, files: list[str]) -> list[str]:
    """Files to install from a module folder, relative to it."""
    inside = [name.removeprefix(f"{folder}/") for name in files if name.startswith(f"{folder}/")]
    return [name for name in inside if not name.endswith(NOT_INSTALLED)]


def modules_of(folder: str, files: list[str]) -> list[str]:
    """Slicer takes every Python file directly in a module folder for a module."""
    return [name.removesuffix(".py") for name in files_of(folder, files) if name.endswith(".py") and "/" not in name]


def scripts_of(folder: str, files: list[str]) -> list[str]:
    return [name for name in files_of(folder, files) if name.endswith(".py") and "/" in name]


def resources_of(folder: str, files: list[str]) -> list[str]:
    return [name for name in files_of(folder, files) if not name.endswith(".py")]


def with_list(text: str, name: str, lines: list[str]) -> str:
    """Text with the lines of one generated block replaced."""
    pattern = re.compile(rf"^([ ]*)# \[generated: {name}\]\n(?:.*\n)*?[ ]*# \[end\]\n", re.MULTILINE)

    def block(found: re.Match) -> str:
        indent = found.group(1)
        return "".join(f"{indent}{line}\n" for line in [f"# [generated: {name}]", *lines, "# [end]"])

    changed, count = pattern.subn(block, text)
    if count != 1:
        msg = f"{count} blocks '{name}' found, expected 1"
        raise ValueError(msg)
    return changed


def cmake_value(text: str, name: str) -> str:
    """Value of set(EXTENSION_<name> "...")."""
    return re.search(rf'^set\(EXTENSION_{name} "([^"]*)"\)$', text, re.MULTILINE).group(1)


def _with_value(text: str, name: str, value: str) -> str:
    return re.sub(rf'^set\(EXTENSION_{name} "[^"]*"\)$', f'set(EXTENSION_{name} "{value}")', text, flags=re.MULTILINE)


def _raw(homepage: str, name: str) -> str:
    return f"{homepage.replace('https://github.com', 'https://raw.githubusercontent.com')}/{BRANCH}/{name}"


def top_level(text: str, files: list[str]) -> str:
    homepage = cmake_value(text, "HOMEPAGE")
    shots = [name for name in files if name.startswith("Resources/Screenshots/") and name.endswith(".png")]
    text = _with_value(text, "ICONURL", _raw(homepage, f"Resources/Icons/{NAME}.png"))
    text = _with_value(text, "SCREENSHOTURLS", " ".join(_raw(homepage, name) for name in shots))
    folders = [f for f in MODULE_FOLDERS if scripts_of(f, files) or modules_of(f, files)]
    return with_list(text, "folders", [f"add_subdirectory({folder})" for folder in folders])


def catalog_entry(cmake: str) -> str:
    """Resources/Index/StrokeBiomarkers.json."""
    entry = {
        "$schema": SCHEMA,
        "build_dependencies": [],
        "build_subdirectory": ".",
        "category": cmake_value(cmake, "CATEGORY"),
        "scm_revision": BRANCH,
        "scm_url": f"{cmake_value(cmake, 'HOMEPAGE')}.git",
        "tier": TIER,
    }
    return json.dumps(entry, indent=2) + "\n"


def s4ext(cmake: str) -> str:
    """StrokeBiomarkers.s4ext, which Slicer's build superseded and other tools still read."""
    values = {
        "scm": "git",
        "scmurl": f"{cmake_value(cmake, 'HOMEPAGE')}.git",
        "scmrevision": BRANCH,
        "depends": cmake_value(cmake, "DEPENDS"),
        "build_subdirectory": ".",
        "homepage": cmake_value(cmake, "HOMEPAGE"),
        "contributors": cmake_value(cmake, "CONTRIBUTORS"),
        "category": cmake_value(cmake, "CATEGORY"),
        "iconurl": cmake_value(cmake, "ICONURL"),
        "tier": str(TIER),
        "description": cmake_value(cmake, "DESCRIPTION"),
        "screenshoturls": cmake_value(cmake, "SCREENSHOTURLS"),
        "enabled": "1",
        "keywords": cmake_value(cmake, "KEYWORDS"),
    }
    head = "# Written by Testing/Repository/update_extension.py from CMakeLists.txt.\n"
    return head + "".join(f"{key} {value}".rstrip() + "\n" for key, value in values.items())


def expected(root: Path = ROOT, files: list[str] | None = None) -> dict[str, str]:
    """Content by file name, as it should be."""
    files = tracked(root) if files is None else files

    def read(name: str) -> str:
        return (root / name).read_text(encoding="utf-8")

    cmake = top_level(read("CMakeLists.txt"), files)
    wanted = {
        "CMakeLists.txt": cmake,
        f"Resources/Index/{NAME}.json": catalog_entry(cmake),
        f"{NAME}.s4ext": s4ext(cmake),
    }
    for folder in MODULE_FOLDERS:
        text = with_list(read(f"{folder}/CMakeLists.txt"), "resources", resources_of(folder, files))
        text = with_list(text, "modules", modules_of(folder, files))
        text = with_list(text, "scripts", scripts_of(folder, files))
        wanted[f"{folder}/CMakeLists.txt"] = text
    tests = [name.removeprefix("Testing/") for name in files if re.fullmatch(r"Testing/Slicer/test_\w+\.py", name)]
    wanted["Testing/CMakeLists.txt"] = with_list(read("Testing/CMakeLists.txt"), "tests", tests)
    return wanted


def main() -> int:
    different = []
    for name, text in expected().items():
        path = ROOT / name
        if not path.is_file() or path.read_bytes() != text.encode():
            different.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_bytes(text.encode())
    print("\n".join(different) or "everything is up to date")
    return 1 if different and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
