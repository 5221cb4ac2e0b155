"""Packages that Slicer does not bring: one consent, at the point of use, by the application's own dialog."""

from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "Resources" / "requirements.txt"
"""Beside the module files, in the source tree and where it is installed."""

MANUAL = "PythonSlicer -m pip install -r requirements.txt"


class RequirementsError(Exception):
    """Packages are missing and were not installed; the text says which."""


def ensureRequirements(requester: str) -> None:
    """Ask for what is missing and install it; nothing happens where all is there.

    Args:
        requester: module that needs it, for the dialog.

    Raises:
        RequirementsError: refused, or offline. The rest of the module stays usable.
    """
    import subprocess

    import slicer.packaging

    needed = slicer.packaging.load_requirements(str(FILE))
    try:
        slicer.packaging.pip_ensure(needed, requester=requester)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        names = ", ".join(str(one) for one in needed)
        raise RequirementsError(f"{names} ({MANUAL})") from error
