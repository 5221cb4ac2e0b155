"""Digital sessions as passes without the way through files: for tests and benchmarks of many seeds."""

import numpy as np

from ..phantom.passes import Pass, PassPlan
from ..types import DiffusionSeries, Directionality, Equipment, Role, Series
from .phantom_diffusion import DigitalSession

_PROTOCOL = {"repetition_time_ms": 8000.0, "echo_time_ms": 100.0, "averages": 2.0, "phase_encoding": "COL"}


def passes_of(session: DigitalSession) -> tuple[Pass, ...]:
    """All passes, as one protocol."""
    scan = session.scan
    geometry = scan.slices.geometry
    out = []
    for p, images in enumerate(session.images, 1):
        series = Series(
            f"{p:04d}", f"2.25.{p}", "MR", Role.PHANTOM, (), (), header={"acquisition_date": "20260302", "bits_stored": 16},
            equipment=Equipment("Digital", "phantom", "1", "1", 3.0),
        )  # fmt: skip
        n = len(scan.b_values)
        dwi = DiffusionSeries(
            images.astype(np.float32),
            geometry,
            np.array(scan.b_values),
            ("truth",) * n,
            np.full((n, 3), np.nan),
            tuple(Directionality.NONE if b == 0 else Directionality.ISOTROPIC for b in scan.b_values),
        )
        out.append(Pass(PassPlan((series,), dict(_PROTOCOL), 36000.0 + 208.0 * p, "A", p), dwi))
    return tuple(out)
