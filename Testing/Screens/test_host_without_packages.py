"""A fresh Slicer: every module opens, and shows a case, before the packages that it will ask for are installed."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cryptography", "dicomanonymizer", "jsonschema", "pylibjpeg", "libjpeg", "openjpeg", "skimage")
"""What `requirements.txt` installs, by the name of its import."""

MODULES = (
    "StrokeBiomarkers/StrokeBiomarkers.py",
    "StrokeBiomarkers/StrokeDiffusionCore.py",
    "StrokeBiomarkers/StrokePerfusionMismatch.py",
    "StrokeBiomarkers/StrokeHemorrhageVolume.py",
    "PhantomQC/PhantomQC.py",
)


@pytest.fixture
def fresh(monkeypatch):
    loaded = [name for name in sys.modules if name.split(".")[0] in PACKAGES]
    for name in {*PACKAGES, *loaded}:
        monkeypatch.setitem(sys.modules, name, None)


def test_names_are_those_of_the_requirements():
    lines = (ROOT / "StrokeBiomarkers" / "Resources" / "requirements.txt").read_text().splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == len(PACKAGES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens(fresh, host, module):
    panel = host.open(module)
    host.processEvents()
    assert not host.dialogs and not host.asked
    host.close(panel)
