"""The extension as the Extensions Index sees it: every list against the files, the descriptions against each other, the review questions."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = {
    "numpy": "2.4.6",
    "scipy": "1.17.1",
    "SimpleITK": "2.5.5",
    "pydicom": "3.0.2",
    "highdicom": "0.27.0",
    "pillow": "12.2.0",
}
"""What Slicer 5.12.3 brings, as far as this project uses it."""

SCHEMA = {
    "type": "object",
    "required": ["$schema", "category", "scm_url"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "pattern": r"/slicer-extension-catalog-entry-schema-v1\.0\.2\.json#$"},
        "category": {"enum": ["Neuroimaging", "Quantification"]},
        "scm_url": {"type": "string", "pattern": r"^https://github\.com/[^/]+/Slicer[^/]+\.git$"},
        "scm_revision": {"type": "string", "not": {"pattern": "^[0-9a-f]{7,40}$"}},
        "scm_type": {"enum": ["git", "local"]},
        "build_dependencies": {"type": "array", "items": {"type": "string"}},
        "build_subdirectory": {"type": "string"},
        "enabled": {"type": "boolean"},
        "tier": {"type": "integer", "minimum": 1, "maximum": 5},
    },
}
"""Version 1.0.2 of the catalog entry, narrowed by what the Index asks of names, branch and category."""

NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib",
    "urllib3",
    "requests",
    "ftplib",
    "smtplib",
    "aiohttp",
    "httpx",
    "websocket",
}
OFFLINE = {"urllib.parse"}
FILE_SCOPE = {
    "slicer",
    "vtk",
    "vtkmodules",
    "qt",
    "ctk",
    "SimpleITK",
    "numpy",
    "scipy",
    "strokequant",
    "StrokeBiomarkersLib",
    "PhantomQCLib",
}
MODULE_FOLDERS = ("StrokeBiomarkers", "PhantomQC")
TEXT = {".py", ".md", ".toml", ".json", ".css", ".js", ".txt", ".cff", ".cmake", ".s4ext", ".ui", ".yaml", ".yml"}


def update_extension():
    spec = importlib.util.spec_from_file_location("update_extension", Path(__file__).with_name("update_extension.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UPDATE = update_extension()


@pytest.fixture(scope="module")
def files():
    try:
        return UPDATE.tracked()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def cmake_values():
    return dict(re.findall(r'^set\(EXTENSION_(\w+) "?([^")]*)"?\)$', read("CMakeLists.txt"), re.MULTILINE))


def s4ext_values():
    lines = [line for line in read("StrokeBiomarkers.s4ext").splitlines() if line and not line.startswith("#")]
    return {key: value for key, _, value in (line.partition(" ") for line in lines)}


def catalog():
    return json.loads(read("Resources/Index/StrokeBiomarkers.json"))


# --- lists against files --------------------------------------------------------------------------------------------


def test_generated_lists_are_up_to_date(files):
    different = [name for name, text in UPDATE.expected(files=files).items() if read(name) != text]
    assert not different, f"run python Testing/Repository/update_extension.py: {different}"


@pytest.mark.parametrize("folder", MODULE_FOLDERS)
def test_every_file_of_a_module_folder_is_installed_once(files, folder):
    text = read(f"{folder}/CMakeLists.txt")
    listed = re.findall(r"^  ([\w./-]+\.\w+)$", text, re.MULTILINE)
    modules = re.search(r"\[generated: modules\]\n(.*?) *# \[end\]", text, re.DOTALL).group(1)
    listed += [f"{name}.py" for name in modules.split()]
    wanted = [
        n.removeprefix(f"{folder}/") for n in files if n.startswith(f"{folder}/") and not n.endswith("CMakeLists.txt")
    ]
    assert sorted(listed) == sorted(wanted)
    assert all((ROOT / folder / name).is_file() for name in listed)


def test_a_list_that_forgets_a_file_is_found(files):
    forgotten = [name for name in files if name != "StrokeBiomarkers/strokequant/types.py"]
    assert UPDATE.expected(files=forgotten)["StrokeBiomarkers/CMakeLists.txt"] != read(
        "StrokeBiomarkers/CMakeLists.txt"
    )


def test_a_folder_is_entered_when_it_has_something_to_install(files):
    entered = re.findall(r"^add_subdirectory\((\w+)\)$", read("CMakeLists.txt"), re.MULTILINE)
    assert entered == [f for f in MODULE_FOLDERS if any(n.startswith(f"{f}/") and n.endswith(".py") for n in files)]
    if "PhantomQC" not in entered:
        later = UPDATE.top_level(read("CMakeLists.txt"), [*files, "PhantomQC/PhantomQC.py"])
        assert "add_subdirectory(PhantomQC)\n" in later


def test_resources_have_unique_names(files):
    names = [
        n.partition("/Resources/")[2] for n in files if n.startswith(tuple(f"{f}/Resources/" for f in MODULE_FOLDERS))
    ]
    assert len(names) == len(set(names)), "all module folders install into one Resources folder"


def test_module_files_are_slicer_modules(files):
    for folder in MODULE_FOLDERS:
        assert f"{folder}/__init__.py" not in files
        for name in UPDATE.modules_of(folder, files):
            source = read(f"{folder}/{name}.py")
            assert source.isascii() and f"class {name}(ScriptedLoadableModule):" in source
            assert f"{folder}/Resources/Icons/{name}.png" in files


# --- descriptions against each other --------------------------------------------------------------------------------


def test_three_descriptions_agree():
    cmake, legacy, entry = cmake_values(), s4ext_values(), catalog()
    assert re.search(r"^project\((\w+)\)$", read("CMakeLists.txt"), re.MULTILINE).group(1) == "StrokeBiomarkers"
    for key in (
        "HOMEPAGE",
        "CONTRIBUTORS",
        "CATEGORY",
        "ICONURL",
        "DESCRIPTION",
        "SCREENSHOTURLS",
        "DEPENDS",
        "KEYWORDS",
    ):
        assert legacy[key.lower()] == cmake[key], key
    assert legacy["scmurl"] == entry["scm_url"] == f"{cmake['HOMEPAGE']}.git"
    assert legacy["scmrevision"] == entry["scm_revision"]
    assert legacy["category"] == entry["category"]
    assert legacy["tier"] == str(entry["tier"])
    assert legacy["build_subdirectory"] == entry["build_subdirectory"]
    assert (legacy["depends"] == "NA") == (entry["build_dependencies"] == [])


def test_catalog_entry_follows_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(catalog(), SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(catalog() | {"screenshots": "x"}, SCHEMA)


def test_pictures_that_are_named_are_there(files):
    values = cmake_values()
    raw = f"{values['HOMEPAGE'].replace('github.com', 'raw.githubusercontent.com')}/main/"
    named = [values["ICONURL"], *values["SCREENSHOTURLS"].split()]
    assert all(url.startswith(raw) and url.removeprefix(raw) in files for url in named)


def test_icons_are_what_the_script_draws(files):
    image = pytest.importorskip("PIL.Image")
    spec = importlib.util.spec_from_file_location("draw_icons", ROOT / "Resources/Icons/draw_icons.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    drawn = script.icons()
    samples = {one["thumbnail"] for one in json.loads(read("StrokeBiomarkers/Resources/SampleData.json"))["patients"]}
    assert set(drawn) == {n for n in files if "/Icons/" in n and n.endswith(".png") and Path(n).name not in samples}
    for name, icon in drawn.items():
        with image.open(ROOT / name) as kept:
            assert kept.size == (128, 128) and kept.convert("RGBA").tobytes() == icon.tobytes(), name


# --- what the Index refuses -----------------------------------------------------------------------------------------


def test_repository_is_what_the_index_takes(files):
    assert "Apache License" in read("LICENSE.txt")[:300]
    assert not [n for n in files if n.endswith((".cxx", ".h", ".cpp", ".so", ".dll", ".dylib", ".exe", ".whl", ".pyc"))]
    assert sum((ROOT / n).stat().st_size for n in files) < 100_000_000


def test_text_files_have_unix_line_ends(files):
    text = [n for n in files if Path(n).suffix in TEXT or n.endswith(("CMakeLists.txt", "Makefile"))]
    assert len(text) > 50 and not [n for n in text if b"\r" in (ROOT / n).read_bytes()]


# --- requirements and terminology -----------------------------------------------------------------------------------


def version(text):
    return tuple(map(int, re.findall(r"\d+", text)))


def test_requirements_are_those_of_the_library_that_slicer_does_not_bring():
    wanted = tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]
    lines = [
        line for line in read("StrokeBiomarkers/Resources/requirements.txt").splitlines() if not line.startswith("#")
    ]
    assert sorted(lines) == sorted(w for w in wanted if w.partition(">=")[0] not in BUNDLED)
    for requirement in wanted:
        assert re.fullmatch(r"[\w-]+>=[\d.]+", requirement), "lower bounds only: a pin would change packages of Slicer"
        name, _, bound = requirement.partition(">=")
        assert name not in BUNDLED or version(BUNDLED[name]) >= version(bound), requirement


def test_terminology_has_the_codes_of_the_library():
    from strokequant import codes

    content = json.loads(read("StrokeBiomarkers/Resources/StrokeBiomarkers.term.json"))
    found = {}
    for category in content["SegmentationCodes"]["Category"]:
        for kind in category["Type"]:
            found[kind["3dSlicerLabel"]] = tuple(
                codes.Code(part["CodeValue"], part["CodingSchemeDesignator"], part["CodeMeaning"])
                for part in (category, kind)
            )
            assert len(kind["recommendedDisplayRGBValue"]) == 3
    altered = codes.MORPHOLOGICALLY_ALTERED
    assert found == {
        "infarct": (altered, codes.INFARCT),
        "hemorrhage": (altered, codes.HEMORRHAGE),
        "edema": (altered, codes.EDEMA),
        "hypoperfusion": (codes.FUNCTION, codes.PERFUSION),
        "brain": (codes.ANATOMICAL_STRUCTURE, codes.BRAIN),
    }


def test_terminology_name_is_the_one_of_the_adapter():
    source = read("StrokeBiomarkers/StrokeBiomarkersLib/terminology.py")
    name = json.loads(read("StrokeBiomarkers/Resources/StrokeBiomarkers.term.json"))[
        "SegmentationCategoryTypeContextName"
    ]
    assert f'CONTEXT = "{name}"' in source


# --- the eleven review questions ------------------------------------------------------------------------------------


def test_1_to_5_description_and_readme(files):
    description, readme = cmake_values()["DESCRIPTION"], read("README.md")
    assert 1 <= description.count(". ") + description.endswith(".") <= 3 and "research" in description.lower()
    assert len(readme.splitlines()[2]) > 40, "a summary comes first"
    assert re.search(r"^#+ .*cite", readme, re.MULTILINE | re.IGNORECASE) and "CITATION.cff" in files
    assert "Apache-2.0" in readme
    for folder in MODULE_FOLDERS:
        assert all(name in readme for name in UPDATE.modules_of(folder, files)), "one sentence for each module"


def test_3_readme_shows_an_image(files):
    if not any(name.startswith("Resources/Screenshots/") for name in files):
        pytest.skip(
            "no screenshot in the repository yet; the Index asks for one on the first page and in CMakeLists.txt"
        )
    shown = re.findall(r"!\[[^\]]*\]\((Resources/Screenshots/[\w.-]+)\)", read("README.md"))
    assert shown and set(shown) <= set(files) and cmake_values()["SCREENSHOTURLS"]


def python_files(files, *prefixes):
    return [name for name in files if name.endswith(".py") and name.startswith(prefixes or ("",))]


def imports(tree):
    """(dotted name, node) of every absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def test_7_nothing_is_downloaded_or_sent(files):
    for name in python_files(files):
        found = {
            dotted
            for dotted, _ in imports(ast.parse(read(name)))
            if dotted.split(".")[0] in NETWORK and ".".join(dotted.split(".")[:2]) not in OFFLINE
        }
        assert not found, f"{name}: {found}"


def test_7_no_code_is_made_from_text_and_no_shell_runs(files):
    for name in python_files(files, *(f"{folder}/" for folder in MODULE_FOLDERS)):
        for node in ast.walk(ast.parse(read(name))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "os.system", "os.popen", "compile", "__import__"}, (
                    f"{name}: {called}"
                )
                assert not any(k.arg == "shell" for k in node.keywords), name


def is_definition(node):
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return "__name__" in ast.unparse(node.test) or "TYPE_CHECKING" in ast.unparse(node.test)
    return False


def test_8_file_scope_only_defines(files):
    for name in python_files(files, *(f"{folder}/" for folder in MODULE_FOLDERS)):
        for node in ast.parse(read(name)).body:
            assert is_definition(node), f"{name}, line {node.lineno}"


def runs_later(node):
    """A function, or imports for type checkers only."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
        isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    )


def test_9_file_scope_imports_are_what_slicer_has(files):
    allowed = FILE_SCOPE | set(sys.stdlib_module_names)
    for name in python_files(files, *(f"{folder}/" for folder in MODULE_FOLDERS)):
        tree = ast.parse(read(name))
        waiting = [node for node in ast.walk(tree) if runs_later(node)]
        inside = {id(node) for later in waiting for node in ast.walk(later)}
        found = {dotted.split(".")[0] for dotted, node in imports(tree) if id(node) not in inside}
        assert found <= allowed, f"{name}: {found - allowed}"


def test_10_pip_only_in_the_one_place_that_asks(files):
    for name in python_files(files, *(f"{folder}/" for folder in MODULE_FOLDERS)):
        source = read(name)
        if name != "StrokeBiomarkers/StrokeBiomarkersLib/requirements.py":
            assert not re.search(r"\bpip_(install|ensure)\b|[\"']-m[\"'],\s*[\"']pip[\"']", source), name
    assert not re.search(r"torch|tensorflow|monai", read("StrokeBiomarkers/Resources/requirements.txt"))


# --- layers of the Slicer side --------------------------------------------------------------------------------------


def test_adapter_needs_no_qt(files):
    """`StrokeBiomarkersLib` without its widget parts runs on the slicer-core wheel."""
    for name in python_files(files, "StrokeBiomarkers/StrokeBiomarkersLib/"):
        found = {dotted.split(".")[0] for dotted, _ in imports(ast.parse(read(name)))}
        if name.count("/") == 2 and Path(name).stem in ADAPTER:
            assert not found & {"qt", "ctk", "PySide6"}, name


ADAPTER = {
    *("facts", "grid", "units", "volumes", "sequences", "segmentations", "candidates", "terminology"),
    *("tables", "plots", "hierarchy", "dicomdatabase", "case"),
}


def test_adapter_package_is_import_free(files):
    assert read("StrokeBiomarkers/StrokeBiomarkersLib/__init__.py") == ""
    assert {f"StrokeBiomarkers/StrokeBiomarkersLib/{name}.py" for name in ADAPTER} <= set(files)
