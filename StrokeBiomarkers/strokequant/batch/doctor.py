"""What to paste in a bug report: versions, optional parts, and a self-test on one synthetic patient."""

import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

from ..software import software_versions
from .demo import run_demo

TOLERANCE_PERCENT = 5.0
"""Of the self-test: a defect in reading or geometry is larger, noise and partial volume are smaller."""


def examine() -> dict[str, Any]:
    """Versions, machine and self-test as plain data."""
    return {
        "software": software_versions(optional=True),
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "transfer_syntaxes": _decoders(),
        "self_test": _self_test(),
    }


def examination_text(found: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [f"{name}: {version}" for name, version in found["software"].items()]
    lines += [f"platform: {found['platform']}, {found['cores']} cores", "compressed pixel data:"]
    lines += [f"  {name}: {'yes' if there else 'NO'}" for name, there in found["transfer_syntaxes"].items()]
    test = found["self_test"]
    lines.append(f"self-test: {'passed' if test['passed'] else 'FAILED'} in {test['seconds']} s; {test['text']}")
    return "\n".join(lines)


def _decoders() -> dict[str, bool]:
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

    syntaxes = (RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless)
    return {syntax.name: get_decoder(syntax).is_available for syntax in syntaxes}


def _self_test() -> dict[str, Any]:
    from ..synthetic.patients import demo_patients

    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows, _ = run_demo(Path(folder), specs=demo_patients()[1:2])
        except Exception as error:  # a doctor reports every failure instead of failing
            return {"passed": False, "seconds": _since(begin), "text": f"{type(error).__name__}: {error}"}
    truth, measured = rows[0]["truth_ml"], rows[0]["measured_ml"]
    if measured is None:
        return {"passed": False, "seconds": _since(begin), "text": f"{truth:.2f} mL expected, none measured"}
    error = 100 * (measured / truth - 1)
    text = f"truth {truth:.2f} mL, measured {measured:.2f} mL, {error:+.1f} %"
    return {"passed": abs(error) <= TOLERANCE_PERCENT, "seconds": _since(begin), "text": text}


def _since(begin: float) -> float:
    return round(time.perf_counter() - begin, 2)
