"""The module's self-test on a generated patient; runs in Slicer and in tests."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from strokequant.synthetic.hemorrhage_patients import hemorrhage_demo_patients, write_hemorrhage_patient
from strokequant.synthetic.patients import demo_patients, write_patient
from strokequant.synthetic.perfusion_patients import perfusion_demo_patients, write_perfusion_patient

from .diffusioncore import DiffusionCore
from .hemorrhagevolume import HemorrhageVolume
from .perfusionmismatch import PerfusionMismatch
from .reading import Reading


def measureGeneratedPatient(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a patient, measure it, sign the proposal as it is.

    Returns:
        measured and true volume in mL.
    """
    spec = next(one for one in demo_patients() if one.name.endswith("_ge"))
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a patient")
        truth = write_patient(spec, Path(folder))
        return _measure(DiffusionCore(), Path(folder) / spec.name, say), truth.volume_ml


def measureGeneratedPerfusion(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a patient with CT perfusion, measure it, sign the proposal as it is.

    Returns:
        measured and true volume of hypoperfusion in mL.
    """
    spec = next(one for one in perfusion_demo_patients() if one.name.endswith("_ctp"))
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a patient")
        truth = write_perfusion_patient(spec, Path(folder))
        return _measure(PerfusionMismatch(), Path(folder) / spec.name, say), truth.hypoperfusion_ml


def measureGeneratedHemorrhage(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a patient with a deep hematoma, measure it, sign the proposal as it is.

    Returns:
        measured and true volume in mL.
    """
    spec = next(one for one in hemorrhage_demo_patients() if one.name.endswith("_ich_deep"))
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a patient")
        truth = write_hemorrhage_patient(spec, Path(folder))
        return _measure(HemorrhageVolume(), Path(folder) / spec.name, say), truth.volume_ml


def _measure(core: Reading, patient: Path, say: Callable[[str], None]) -> float:
    say("Measuring")
    core.openFolder(patient)
    core.compute()
    volume = core.live().volume
    core.write("selftest", patient.parent / "out", now=datetime.now(UTC))
    core.forget()
    core.close()
    return volume
