"""Says what the tests of this folder need, where it is missing."""

import pytest


def test_slicer_core_is_installed():
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install slicer-core==5.12.4.0")
