"""A stand-in for the running Slicer application: real MRML and real Qt under a scripted module, for tests. See ../README.md."""

import importlib.util

PACKAGES = {"slicer": "slicer-core", "PySide6": "PySide6-Essentials"}


def missing() -> list[str]:
    """Return the names of the packages that are not installed."""
    return [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
