"""The tests written for Slicer run in the host too, as far as it goes: a test that nobody can run would rot."""

import importlib.util
import unittest
from pathlib import Path

import core_cases
import hemorrhage_cases
import perfusion_cases
import phantom_cases
import pytest
import slicer
import wizard_cases
from dicom_database import DicomDatabase

MODULES = {
    "test_diffusion_core": (core_cases.MODULE,),
    "test_guided_reading": (core_cases.MODULE, wizard_cases.MODULE),
    "test_hemorrhage_volume": (hemorrhage_cases.MODULE,),
    "test_perfusion_mismatch": (perfusion_cases.MODULE,),
    "test_phantom_qc": (phantom_cases.MODULE,),
}
FILES = sorted((Path(__file__).resolve().parents[1] / "Slicer").glob("test_*.py"))


def loaded(path):
    spec = importlib.util.spec_from_file_location(f"slicer_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, path.stem)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_cases_of_slicer_pass(host, path, tmp_path, monkeypatch):
    monkeypatch.setattr(slicer, "dicomDatabase", DicomDatabase(tmp_path), raising=False)
    for module in MODULES[path.stem]:
        host.open(module)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(loaded(path)).run(result)
    assert result.testsRun > 0 and not result.skipped
    assert not result.errors + result.failures, "\n".join(text for _, text in result.errors + result.failures)
    assert slicer.mrmlScene is host.scene
