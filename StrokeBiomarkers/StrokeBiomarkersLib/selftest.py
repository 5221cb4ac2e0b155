"""The module's self-test on a generated patient; runs in Slicer and in tests."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from strokequant.sop.questions import Kind
from strokequant.synthetic.hemorrhage_patients import hemorrhage_demo_patients, write_hemorrhage_patient
from strokequant.synthetic.patients import demo_patients, write_patient
from strokequant.synthetic.perfusion_patients import perfusion_demo_patients, write_perfusion_patient

from .diffusioncore import DiffusionCore
from .hemorrhagevolume import HemorrhageVolume
from .perfusionmismatch import PerfusionMismatch
from .reading import Reading
from .wizard import Wizard
from .wizardsources import FolderSource


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


def readGeneratedPatient(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a patient and read it after the procedure of the infarct core, from import to signature, every step confirmed.

    Returns:
        signed and true volume in mL.
    """
    spec = next(one for one in demo_patients() if one.name.endswith("_siemens_xa"))
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a patient")
        truth = write_patient(spec, Path(folder))
        say("Reading it")
        source = FolderSource(Path(folder) / spec.name, Path(folder) / "out", "infarct_core")
        case = source.nextCase("selftest")
        item = source.open(case, "selftest", now=_clock())
        core = DiffusionCore()

        def openImages(core, progress) -> None:
            source.openImages(item, core, progress)

        wizard = Wizard(item, core, openImages=openImages, clock=_clock)
        wizard.openCase()
        _confirmAll(wizard)
        signed = wizard.sign(key=None, passphrase="", meaning="author")
        volume = next(m.value for m in signed.record.measurements if m.id == "infarct_core_volume")
        wizard.close()
        core.forget()
        core.close()
    return volume, truth.volume_ml


def _clock() -> datetime:
    """Now, or the first day of the procedure on a computer whose clock is behind."""
    return max(datetime.now(UTC), datetime(2026, 11, 25, 12, tzinfo=UTC))


def _confirmAll(wizard: Wizard) -> None:
    """Go through all steps up to the signature, with every question confirmed and every deviation given a reason."""
    while not wizard.isFrozen:
        for question in wizard.questions():
            if wizard.value(question) is None and question.kind in (Kind.YES, Kind.CHOICE):
                wizard.answer(question, True if question.kind is Kind.YES else question.options[0][0])
        wizard.reasons = {check.result.deviation: "self-test" for check in wizard.checks() if check.needsReason}
        if len(wizard.procedure.steps) - wizard.item.walk.position == 2:
            wizard.submit()
        else:
            wizard.next()


def _measure(core: Reading, patient: Path, say: Callable[[str], None]) -> float:
    say("Measuring")
    core.openFolder(patient)
    core.compute()
    volume = core.live().volume
    core.write("selftest", patient.parent / "out", now=datetime.now(UTC))
    core.forget()
    core.close()
    return volume
