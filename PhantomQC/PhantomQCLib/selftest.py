"""The module's self-test on a generated phantom; runs in Slicer and in tests."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.phantom_dicom import write_session
from strokequant.synthetic.phantom_faults import session_of

from .phantomreading import Facts, PhantomReading

PHANTOM = "digital_diffusion_vials"
GRID = {"slices": 7, "pixel_mm": 1.71875, "step_mm": 5.0, "thickness_mm": 4.0, "center": (0.0, 0.0, 0.0)}


def writeGeneratedPhantom(folder: Path, name: str = "sound", *, seed: int = 1, passes: int = 2, **more) -> Path:
    """Write a session of the digital phantom at 0 degrees Celsius.

    Args:
        name: of the catalog of faults; "sound" has none.
        more: of `write_session`.

    Returns:
        its folder.
    """
    write_session(session_of(name, seed, slab=make_slab(**GRID), passes=passes), folder, **more)
    return folder


def measureGeneratedPhantom(say: Callable[[str], None]) -> tuple[float, float]:
    """Write a session, measure it, sign it.

    Returns:
        measured and true ADC of the center vial in um2/s.
    """
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        say("Generating a phantom")
        core = PhantomReading()
        core.openFolder(writeGeneratedPhantom(Path(folder) / "qa"))
        core.choosePhantom(PHANTOM)
        core.facts = Facts(temperature_c=0.0, temperature_source="ice water")
        say("Measuring")
        record = core.compute()
        center = next(m for m in record.session.measurements if (m.metric, m.insert, m.repeat) == ("adc", "V0", None))
        core.write("selftest", Path(folder) / "out", now=datetime.now(UTC), history=str(Path(folder) / "h.sqlite"))
        core.forget()
        core.close()
        return center.value, center.reference
