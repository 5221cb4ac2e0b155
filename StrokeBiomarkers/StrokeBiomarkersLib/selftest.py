"""The module's self-test on a generated patient; runs in Slicer and in tests."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from strokequant.synthetic.patients import demo_patients, write_patient

from .diffusioncore import DiffusionCore


def measureGeneratedPatient(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a patient, measure it, sign the proposal as it is.

    Returns:
        measured and true volume in mL.
    """
    spec = next(one for one in demo_patients() if one.name.endswith("_ge"))
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a patient")
        truth = write_patient(spec, Path(folder))
        core = DiffusionCore()
        say("Measuring")
        core.openFolder(Path(folder) / spec.name)
        core.compute()
        volume = core.live().volume
        core.write("selftest", Path(folder) / "out", now=datetime.now(UTC))
        core.forget()
        core.close()
    return volume, truth.volume_ml
