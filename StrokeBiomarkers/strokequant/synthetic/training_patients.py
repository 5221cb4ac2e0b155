"""Synthetic patients with diffusion imaging for the training of readers: infarcts of exactly known volume that no published list names.

A seed draws side, place, volume and ADC. The traps are an abscess, which has a low ADC and on b0 is as bright as fluid; an infarct that
hardly rises on DWI, as in the first hours; and an abscess that touches an infarct.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .anatomy import Head, Region, RegionKind, lies_in_brain, region_of_volume
from .patients import PatientSpec, simulate_spec, write_patient
from .training_plan import FALSE, LEAKED, MISSED, Outline, TrainingPatient, draws_of, planned

_VARIANTS = ("ge", "siemens_slices", "philips", "siemens_xa", "uih", "canon_enhanced")
_CENTERS = ((42, 5, 24), (38, -20, 28), (36, 25, 22), (34, 10, 32), (30, -38, 26))
"""LPS mm on the left; mirrored for the right."""
_VOLUMES_ML = (2.0, 45.0)
_TRAP_VOLUMES_ML = (12.0, 22.0)
"""Of traps: well above what leads to adjudication, and small enough for two in one hemisphere."""
_PROPORTIONS = ((1, 1.4, 1), (1, 1.2, 0.9), (1, 1, 1))
_ROUND = (1, 1.15, 1)
_GAP_MM = 0.3
"""Between an infarct and what touches it: less than a pixel."""
_TOUCHING = (38.0, -20.0, 28.0)
"""LPS mm of an infarct that has room for something behind it."""
_TRIES = 200
_HALF = 0.5
"""Share of infarct from which a voxel belongs to the true outline."""


def diffusion_patient(seed: int, number: int, *, slab: dict[str, Any] | None = None) -> TrainingPatient:
    """A patient with diffusion imaging.

    Args:
        seed: of the set; same seed and number, same patient.
        number: 1 to 90.
        slab: arguments of `make_slab` other than the usual ones.
    """
    draw, (trap, lesion) = draws_of(seed, number), planned(number)
    spec = PatientSpec(
        number=number,
        name=f"{number:02d}_training",
        scanner="synthetic",
        variant=_VARIANTS[int(draw.integers(len(_VARIANTS)))],
        head=training_head(draw, trap, lesion),
        slab=slab or {},
    )
    volume = sum(region.volume_ml for region in spec.head.infarcts)
    return TrainingPatient(number, trap, round(volume, 6), partial(_write, spec), partial(_outline, spec))


def _write(spec: PatientSpec, folder: Path) -> Path:
    write_patient(spec, folder)
    return folder / spec.name


def _outline(spec: PatientSpec) -> Outline:
    scanned = simulate_spec(spec)
    return scanned.infarct_fraction >= _HALF, scanned.geometry


def training_head(draw: np.random.Generator, trap: str, lesion: bool) -> Head:
    """A head with a trap, or without one.

    Args:
        draw: of side, place, volume and ADC.
        trap: see `training_plan`; empty for none.
        lesion: whether there is an infarct.
    """
    if trap == MISSED:
        return Head((_somewhere(draw, _TRAP_VOLUMES_ML, adc=_drawn(draw, 560, 600), t2_ratio=0.86),))
    if trap == LEAKED:
        return Head(_touching(draw))
    if trap == FALSE:
        side = float(draw.choice([-1, 1]))
        others = (_somewhere(draw, _TRAP_VOLUMES_ML, side=-side, **_infarct(draw)),) if lesion else ()
        return Head((_somewhere(draw, _TRAP_VOLUMES_ML, side=side, **_abscess(draw)), *others))
    return Head((_somewhere(draw, _VOLUMES_ML, **_infarct(draw)),)) if lesion else _lookalikes(draw)


def _lookalikes(draw: np.random.Generator) -> Head:
    """No acute infarct: what the proposal leaves out by itself."""
    shine = {"adc": 860, "t2_ratio": 1.9, "kind": RegionKind.SHINE_THROUGH}
    old = {"adc": 1700, "t2_ratio": 1.7, "kind": RegionKind.OLD_INFARCT}
    side = float(draw.choice([-1, 1]))
    return Head(
        (
            region_of_volume(float(draw.uniform(2, 5)), (side * 35, -20, 28), (1, 1.2, 1), **shine),
            region_of_volume(float(draw.uniform(2, 5)), (-side * 34, 30, 26), (1, 1.2, 1), **old),
        )
    )


def _infarct(draw: np.random.Generator) -> dict[str, Any]:
    return {"adc": _drawn(draw, 400, 520), "t2_ratio": 1.25}


def _abscess(draw: np.random.Generator) -> dict[str, Any]:
    return {"adc": _drawn(draw, 460, 520), "t2_ratio": 2.3, "kind": RegionKind.ABSCESS}


def _drawn(draw: np.random.Generator, low: float, high: float) -> float:
    return float(round(draw.uniform(low, high)))


def _touching(draw: np.random.Generator) -> tuple[Region, ...]:
    """An infarct with an abscess right behind it."""
    side = float(draw.choice([-1, 1]))
    for _ in range(_TRIES):
        sizes = [round(float(draw.uniform(*_TRAP_VOLUMES_ML)), 1) for _ in range(2)]
        x, y, z = _TOUCHING
        infarct = region_of_volume(sizes[0], (side * x, y, z), _ROUND, **_infarct(draw))
        behind = region_of_volume(sizes[1], (side * x, y, z), _ROUND, **_abscess(draw))
        y += infarct.semi_axes[1] + behind.semi_axes[1] + _GAP_MM
        behind = region_of_volume(sizes[1], (side * x, y, z), _ROUND, **_abscess(draw))
        if lies_in_brain(infarct) and lies_in_brain(behind):
            return infarct, behind
    raise _no_place()


def _somewhere(
    draw: np.random.Generator, volumes_ml: tuple[float, float], *, side: float = 0.0, **tissue: Any
) -> Region:
    """A region that lies wholly in the brain, so that its volume is exact; on a drawn side where none is given."""
    low, high = np.log(volumes_ml)
    for _ in range(_TRIES):
        x, y, z = _CENTERS[int(draw.integers(len(_CENTERS)))]
        sign = side or float(draw.choice([-1, 1]))
        center = (x * sign, y + float(draw.uniform(-4, 4)), z + float(draw.uniform(-4, 4)))
        proportions = _PROPORTIONS[int(draw.integers(len(_PROPORTIONS)))]
        region = region_of_volume(round(float(np.exp(draw.uniform(low, high))), 1), center, proportions, **tissue)
        if lies_in_brain(region):
            return region
    raise _no_place()


def _no_place() -> ValueError:
    return ValueError("no place for a lesion")
