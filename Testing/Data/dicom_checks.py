"""Independent programs that read DICOM objects; tests that need an absent one skip with the reason."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

from strokequant.codes import PRIVATE_SCHEME_UID

EXPECTED_WARNINGS = (
    "Unrecognized defined term = <99STROKEBM>",
    "Unrecognized defined term = <QUANTITY>",
    f"Unrecognized defined term = <{PRIVATE_SCHEME_UID}>",
)
"""Of dciodvfy: a private coding scheme and its UID, and a value newer than its tables."""


def _run(*words) -> subprocess.CompletedProcess:
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=600, check=False)


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def dciodvfy_findings(path: Path) -> list[str]:
    """Errors, and warnings beyond the expected ones."""
    lines = _run(_program("dciodvfy"), "-new", path).stderr.splitlines()
    lines = [line for line in lines if line.startswith(("Error", "Warning"))]
    return [line for line in lines if not line.endswith(EXPECTED_WARNINGS)]


def dcentvfy_errors(*paths: Path) -> list[str]:
    """Errors of consistency between files."""
    return [line for line in _run(_program("dcentvfy"), *paths).stderr.splitlines() if line.startswith("Error")]


def dsrdump(path: Path) -> str:
    """Structured report as text; fails where DCMTK cannot read it."""
    done = _run(_program("dsrdump"), path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def dcmqi(name: str, *arguments) -> subprocess.CompletedProcess:
    """Run a program of dcmqi."""
    spec = importlib.util.find_spec("dcmqi")
    if spec is None or spec.origin is None:
        pytest.skip("dcmqi is not installed")
    return _run(Path(spec.origin).parent / "bin" / name, *arguments)


def dcmqi_images(name: str, path: Path, out: Path) -> list[Path]:
    """Images that dcmqi makes of an object; success must leave files, because its return code does not say so."""
    out.mkdir(parents=True, exist_ok=True)
    done = dcmqi(name, "--inputDICOM", path, "--outputDirectory", out)
    assert done.returncode == 0, done.stderr
    images = sorted(out.glob("*.nrrd"))
    assert images, done.stdout + done.stderr
    return images
