"""Says by name which packages are missing, instead of passing without a word."""

import os

import host
import pytest


def test_packages():
    missing = host.missing()
    if missing and not os.environ.get("CI"):
        pytest.skip(f"screen tests need {', '.join(missing)}")
    assert not missing
