"""Fixtures shared by all tests."""

import contextlib
import os
from pathlib import Path

import pytest

with contextlib.suppress(ImportError):  # the tests inside of Slicer do without
    from hypothesis import settings

    settings.register_profile("repeatable", derandomize=True)  # search with --hypothesis-profile=default
    settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and synthetic reference data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("STROKEQUANT_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("reference data not found: set STROKEQUANT_TEST_DATA to its folder")
    return folder
