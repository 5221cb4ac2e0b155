"""The patients of the demonstration by name, of whatever kind."""

from pathlib import Path

from .hemorrhage_patients import hemorrhage_demo_patients, write_hemorrhage_patient
from .patients import Truth, demo_patients, write_patient


def write_demo_patient(name: str, folder: Path) -> Truth:
    """Generate a patient with diffusion, or with plain CT.

    Args:
        name: such as "03_philips" or "15_ich_deep".
        folder: gets a subfolder of this name, and `<name>.truth.json` beside it, written last.

    Raises:
        KeyError: no such patient.
    """
    diffusion = {spec.name: spec for spec in demo_patients()}
    if name in diffusion:
        return write_patient(diffusion[name], folder)
    return write_hemorrhage_patient({spec.name: spec for spec in hemorrhage_demo_patients()}[name], folder)
