"""Synthetic patients with DSC perfusion and diffusion for the training of readers: mismatch of exactly known volume.

The traps are those of diffusion: an abscess on the other side that is taken for core, and a core that hardly rises on DWI.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .anatomy import Region, RegionKind, lies_in_brain, region_of_volume
from .perfusion_brain import CLEAR, ERLANGEN, PerfusionBrain
from .perfusion_patients import MR_SLAB, DiffusionScan, PerfusionSpec, write_perfusion_patient
from .perfusion_protocol import dsc
from .perfusion_tissue import make_lesion
from .training_plan import FALSE, MISSED, TrainingPatient, draws_of

_PLAN = ("", MISSED, FALSE, "", FALSE, MISSED, "", FALSE)
"""Trap by number of the patient."""
_DWI_SLAB = {"slices": 25, "rows": 104, "columns": 104, "pixel_mm": 2.2, "step_mm": 5.0}
_OPPOSITE = ((38.0, -20.0, 28.0), (36.0, 25.0, 22.0), (34.0, 10.0, 32.0))


def mismatch_patient(seed: int, number: int, *, slab: dict[str, Any] | None = None) -> TrainingPatient:
    """A patient with a mismatch.

    Args:
        seed: of the set; same seed and number, same patient.
        number: 1 to 90.
        slab: arguments of `make_slab` of the perfusion scan other than the usual ones.
    """
    draw, trap = draws_of(seed, number), _PLAN[(number - 1) % len(_PLAN)]
    side = ("left", "right")[int(draw.integers(2))]
    whole, core = round(float(draw.uniform(75, 95)), 1), round(float(draw.uniform(18, 30)), 1)
    lesion = make_lesion(whole, core, side=side, **CLEAR)
    spec = PerfusionSpec(
        number=number,
        name=f"{number:02d}_training",
        scanner="synthetic",
        variant="siemens_dsc_mosaic",
        brain=PerfusionBrain(lesion=lesion, physiology=ERLANGEN, recirculation=True),
        slab=MR_SLAB | (slab or {}),
        protocol=dsc(frames=50, seed=number),
        diffusion=_diffusion(draw, trap, -1.0 if side == "left" else 1.0),
    )
    volumes = lesion.volumes_ml
    truth = round(volumes["hypoperfusion"] - volumes["core"], 6)
    return TrainingPatient(number, trap, truth, partial(_write, spec), _no_outline)


def _diffusion(draw: np.random.Generator, trap: str, other_side: float) -> DiffusionScan:
    scan = DiffusionScan("siemens_mosaic", _DWI_SLAB)
    if trap == MISSED:
        return replace(scan, adc=float(round(draw.uniform(560, 600))), t2_ratio=0.86)
    return replace(scan, beside=(_abscess(draw, other_side),)) if trap == FALSE else scan


def _abscess(draw: np.random.Generator, side: float) -> Region:
    tissue = {"adc": float(round(draw.uniform(460, 520))), "t2_ratio": 2.3, "kind": RegionKind.ABSCESS}
    volume = round(float(draw.uniform(22, 30)), 1)
    for x, y, z in _OPPOSITE:
        region = region_of_volume(volume, (x * side, y, z), (1, 1.15, 1), **tissue)
        if lies_in_brain(region):
            return region
    msg = "no place for an abscess"
    raise ValueError(msg)


def _write(spec: PerfusionSpec, folder: Path) -> Path:
    write_perfusion_patient(spec, folder)
    return folder / spec.name


def _no_outline() -> None:
    """Volumes are compared, and no outline."""
