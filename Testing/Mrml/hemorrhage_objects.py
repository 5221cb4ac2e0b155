"""One plain CT with a deep clot on the left and a lobar one on the right, on a coarse grid."""

from pathlib import Path

from strokequant.synthetic.hemorrhage_head import CtProtocol
from strokequant.synthetic.hemorrhage_implant import Implant
from strokequant.synthetic.hemorrhage_patients import HemorrhageSpec, write_hemorrhage_patient
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.synthetic.vendors.perfusion_ct import SIEMENS

SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}
DEEP, LOBAR = (28.0, 0.0, 14.0), (-44.0, 20.0, 32.0)
"""LPS mm of both clots."""


def hemorrhageFolder(parent: Path) -> Path:
    """Write the patient; return its folder."""
    clots = (
        Implant(clot_of_volume(30, DEEP, (1, 1.3, 1.0), lobes=0.1), edema_mm=4.0),
        Implant(clot_of_volume(15, LOBAR, (1, 1.1, 1.0))),
    )
    spec = HemorrhageSpec(1, "01_ct", SIEMENS, clots, CtProtocol(SMALL, seed=1))
    write_hemorrhage_patient(spec, parent)
    return parent / spec.name
