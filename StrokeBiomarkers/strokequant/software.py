"""Versions of what a number was computed with."""

import platform
from importlib import metadata

from . import __version__

LIBRARIES = ("numpy", "scipy", "SimpleITK", "scikit-image", "pydicom", "highdicom")
"""Packages that a number depends on."""

OPTIONAL = ("pillow", "jsonschema", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "cryptography")
"""Packages that a report, a compressed file or a signature depends on."""


def software_versions(*, optional: bool = False) -> dict[str, str]:
    """Name -> version; "absent" where a package is not installed."""
    names = (*LIBRARIES, *OPTIONAL) if optional else LIBRARIES
    return {"strokequant": __version__, "python": platform.python_version()} | {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
