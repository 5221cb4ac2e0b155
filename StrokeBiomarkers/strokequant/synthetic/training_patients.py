"""Synthetic patients for the training of readers: infarcts of exactly known volume that no published list names.

A seed draws side, place, volume and ADC; every fourth patient has no acute infarct but what looks like one.
"""

import numpy as np

from .anatomy import Head, Region, RegionKind, lies_in_brain, region_of_volume
from .patients import PatientSpec

_VARIANTS = ("ge", "siemens_slices", "philips", "siemens_xa", "uih", "canon_enhanced")
_CENTERS = ((42, 5, 24), (38, -20, 28), (36, 25, 22), (34, 10, 32), (30, -38, 26))
"""LPS mm on the left; mirrored for the right."""
_VOLUMES_ML = (2.0, 45.0)
_PROPORTIONS = ((1, 1.4, 1), (1, 1.2, 0.9), (1, 1, 1))
_WITHOUT_INFARCT = 4
_TRIES = 200


def training_patients(seed: int, count: int) -> tuple[PatientSpec, ...]:
    """Patients to train with.

    Args:
        seed: same seed, same patients.
        count: 1 to 90.
    """
    draw = np.random.default_rng(seed)
    return tuple(
        PatientSpec(
            number=number,
            name=f"{number:02d}_training",
            scanner="synthetic",
            variant=_VARIANTS[int(draw.integers(len(_VARIANTS)))],
            head=_head(draw, infarct=number % _WITHOUT_INFARCT != 0),
        )
        for number in range(1, count + 1)
    )


def _head(draw: np.random.Generator, *, infarct: bool) -> Head:
    if infarct:
        return Head((_infarct(draw),))
    shine = {"adc": 860, "t2_ratio": 1.9, "kind": RegionKind.SHINE_THROUGH}
    old = {"adc": 1700, "t2_ratio": 1.7, "kind": RegionKind.OLD_INFARCT}
    side = float(draw.choice([-1, 1]))
    return Head(
        (
            region_of_volume(float(draw.uniform(2, 5)), (side * 35, -20, 28), (1, 1.2, 1), **shine),
            region_of_volume(float(draw.uniform(2, 5)), (-side * 34, 30, 26), (1, 1.2, 1), **old),
        )
    )


def _infarct(draw: np.random.Generator) -> Region:
    """An infarct that lies wholly in the brain, so that its volume is exact."""
    low, high = np.log(_VOLUMES_ML)
    for _ in range(_TRIES):
        x, y, z = _CENTERS[int(draw.integers(len(_CENTERS)))]
        center = (x * float(draw.choice([-1, 1])), y + float(draw.uniform(-4, 4)), z + float(draw.uniform(-4, 4)))
        proportions = _PROPORTIONS[int(draw.integers(len(_PROPORTIONS)))]
        volume = round(float(np.exp(draw.uniform(low, high))), 1)
        region = region_of_volume(volume, center, proportions, adc=float(round(draw.uniform(400, 520))), t2_ratio=1.25)
        if lies_in_brain(region):
            return region
    msg = "no place for an infarct"
    raise ValueError(msg)
