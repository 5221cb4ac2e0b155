"""Synthetic patients with plain CT for the training of readers: hemorrhage, its growth, and hemorrhagic transformation of an infarct.

The traps of a hemorrhage are calcified pallida, dense, symmetric and no blood; a clot of an anemic patient, hardly denser than brain; and
a clot that has broken into the ventricle, whose blood there is another kind. Those of transformation are petechiae, which are not
proposed, and the same calcifications beside an infarct.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .grids import make_slab
from .hemorrhage_head import CtProtocol
from .hemorrhage_implant import Implant
from .hemorrhage_patients import THICK, HemorrhageSpec, simulate_hemorrhage, write_ncct
from .hemorrhage_shapes import clot_fraction, clot_of_volume
from .training_plan import FALSE, LEAKED, MISSED, PLAN, Outline, TrainingPatient, draws_of, planned
from .vendors.perfusion_ct import CANON, GE, PHILIPS, SIEMENS

CLASSES = ("none", "HI1", "HI2", "PH1", "PH2")
"""ECASS classes in their order."""
_SCANNERS = (SIEMENS, GE, PHILIPS, CANON)
_CENTERS = ((28, 0, 14), (30, -28, 30), (36, 24, 26), (32, 12, 32))
_PALLIDUM = (20.0, 4.0, 2.0)
_INFARCT_AT = (40.0, 6.0, 26.0)
_BESIDE_VENTRICLE, _VENTRICLE = (27.0, 2.0, 16.0), (9.5, 2.0, 13.0)
_CLOT_HU, _ANEMIC_HU, _CALCIUM_HU, _INFARCT_HU, _PETECHIAE_HU = 60.0, 45.0, 87.0, 21.0, 46.0
_HALF = 0.5
_FIRST_DAY, _NEXT_DAY = "20260301", "20260302"
_FADING = (0, 1)
"""Numbers in a set of eight whose clot fades: dense on the first day."""
_LATER = 45
"""Added to the number of a patient for the UIDs of the next day."""
_CLASS_PLAN: tuple[tuple[str, str], ...] = (
    ("", "PH1"),
    (MISSED, "HI2"),
    (FALSE, "none"),
    (FALSE, "HI1"),
    ("", "PH2"),
    ("", "none"),
    (MISSED, "HI1"),
    ("", "PH2"),
)
"""Trap and class of transformation, by number of the patient."""


@dataclass(frozen=True)
class _Scene:
    """Blood that counts, and what else is put into a head, in the order in which it replaces tissue."""

    blood: tuple[Implant, ...] = ()
    others: tuple[Implant, ...] = ()
    before: tuple[Implant, ...] = field(default=())

    @property
    def all(self) -> tuple[Implant, ...]:
        return (*self.before, *self.blood, *self.others)

    @property
    def volume_ml(self) -> float:
        return round(sum(clot.shape.volume_ml for clot in self.blood), 6)


def hemorrhage_patient(seed: int, number: int, *, slab: dict[str, Any] | None = None) -> TrainingPatient:
    """A patient with intracerebral hemorrhage, or without.

    Args:
        seed: of the set; same seed and number, same patient.
        number: 1 to 45, so that the next day has an identity of its own.
        slab: arguments of `make_slab` other than the usual ones.
    """
    scene = _scene(draws_of(seed, number), *planned(number))
    return _patient(scene, number, planned(number)[0], _dates(_FIRST_DAY), slab)


def next_day(seed: int, number: int, *, slab: dict[str, Any] | None = None) -> TrainingPatient | None:
    """The same patient of `hemorrhage_patient` a day later: the clot has grown, or hardly; None for one without a clot.

    Some clots are hardly denser than brain by then, and one that was so is dense: what is proposed on one of both days alone makes a
    growth that is none. What is wrong on both days cancels.
    """
    scene = _scene(draws_of(seed, number), *planned(number))
    if not scene.blood:
        return None
    draw = draws_of(seed, number + _LATER)
    faded = number % len(PLAN) in _FADING
    factor = float(draw.choice((1.02, 1.5, 1.8)))
    grown = tuple(_grown(clot, factor, _ANEMIC_HU if faded else _CLOT_HU) for clot in scene.blood)
    trap = MISSED if faded or planned(number)[0] == MISSED else ""
    return _patient(replace(scene, blood=grown), number + _LATER, trap, _dates(_NEXT_DAY), slab)


def transformation_patient(seed: int, number: int, *, slab: dict[str, Any] | None = None) -> TrainingPatient:
    """A patient with an infarct on CT and blood in it, or none, by ECASS class.

    Args:
        seed, number, slab: as of `hemorrhage_patient`.
    """
    trap, name = _CLASS_PLAN[(number - 1) % len(_CLASS_PLAN)]
    scene = _transformed(draws_of(seed, number), trap, name)
    lesion = round(scene.before[0].shape.volume_ml, 6)
    made = _patient(scene, number, trap, {}, slab)
    return replace(made, truth_class=name, lesion_ml=lesion, outline=_no_outline)


def _patient(
    scene: _Scene, number: int, trap: str, header: dict[str, Any], slab: dict[str, Any] | None
) -> TrainingPatient:
    protocol = CtProtocol({**THICK, **(slab or {})}, seed=number)
    scanner = _SCANNERS[number % len(_SCANNERS)]
    spec = HemorrhageSpec(number, f"{number:02d}_training", scanner, scene.all, protocol, header=header)
    return TrainingPatient(number, trap, scene.volume_ml, partial(_write, spec), partial(_outline, scene, spec))


def _dates(day: str) -> dict[str, Any]:
    return dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), day)


def _write(spec: HemorrhageSpec, folder: Path) -> Path:
    found, slab = simulate_hemorrhage(spec)
    write_ncct(found, slab, spec, folder / spec.name)
    return folder / spec.name


def _outline(scene: _Scene, spec: HemorrhageSpec) -> Outline:
    geometry = make_slab(**spec.protocol.slab).geometry
    inside = [clot_fraction(clot.shape, geometry) >= _HALF for clot in scene.blood]
    return np.logical_or.reduce([np.zeros(geometry.shape, bool), *inside]), geometry


def _no_outline() -> None:
    """A class is compared, and no outline."""


def _scene(draw: np.random.Generator, trap: str, lesion: bool) -> _Scene:
    """A head with a trap, or without one."""
    side = float(draw.choice([-1, 1]))
    volume = round(float(np.exp(draw.uniform(np.log(6), np.log(30)))), 1)
    if trap == LEAKED:
        clot = _clot(_BESIDE_VENTRICLE, side, volume, _CLOT_HU)
        broken = clot_of_volume(round(float(draw.uniform(6, 8)), 1), _mirrored(_VENTRICLE, side), (0.5, 3, 0.8))
        return _Scene((clot,), (Implant(broken, hu=_CLOT_HU),))
    hu = _ANEMIC_HU if trap == MISSED else _CLOT_HU
    place = _CENTERS[int(draw.integers(1, len(_CENTERS)))] if trap == FALSE else _CENTERS[int(draw.integers(4))]
    clots = (_clot(place, side, volume, hu),) if lesion else ()
    return _Scene(clots, _calcified(draw) if trap == FALSE else ())


def _clot(place: Sequence[float], side: float, volume_ml: float, hu: float) -> Implant:
    return Implant(clot_of_volume(volume_ml, _mirrored(place, side), (1, 1.3, 1), lobes=0.1), hu=hu)


def _calcified(draw: np.random.Generator) -> tuple[Implant, ...]:
    """Both pallida."""
    volume = round(float(draw.uniform(2.5, 3.5)), 1)
    shapes = [clot_of_volume(volume, _mirrored(_PALLIDUM, side), (1, 1.6, 1.2)) for side in (1.0, -1.0)]
    return tuple(Implant(shape, hu=_CALCIUM_HU, noise_hu=2.0) for shape in shapes)


def _grown(clot: Implant, factor: float, hu: float) -> Implant:
    shape = replace(clot.shape, semi_axes=tuple(axis * float(np.cbrt(factor)) for axis in clot.shape.semi_axes))
    return replace(clot, shape=shape, hu=hu)


def _transformed(draw: np.random.Generator, trap: str, name: str) -> _Scene:
    """An infarct with the blood of a class."""
    side = float(draw.choice([-1, 1]))
    size = round(float(draw.uniform(38, 55)), 1)
    infarct = Implant(clot_of_volume(size, _mirrored(_INFARCT_AT, side), (0.9, 1.5, 0.9)), hu=_INFARCT_HU, noise_hu=2.0)
    share = {"PH1": draw.uniform(0.08, 0.2), "PH2": draw.uniform(0.45, 0.6)}.get(name)
    blood: tuple[Implant, ...] = ()
    if share is not None:
        blood = (
            Implant(clot_of_volume(float(share) * size, _mirrored(_INFARCT_AT, side), (0.9, 1.4, 0.9)), hu=_CLOT_HU),
        )
    elif name != "none":
        blood = _petechiae(side, confluent=name == "HI2")
    return _Scene(blood, _calcified(draw) if trap == FALSE else (), (infarct,))


def _petechiae(side: float, *, confluent: bool) -> tuple[Implant, ...]:
    """Specks along the long axis of an infarct, apart from each other or running into each other."""
    x, y, z = _INFARCT_AT
    step, volume = (5.0, 0.35) if confluent else (10.0, 0.12)
    places = [(x, y + (n - 1.5) * step, z) for n in range(4)]
    return tuple(Implant(clot_of_volume(volume, _mirrored(p, side), (1, 1, 1)), hu=_PETECHIAE_HU) for p in places)


def _mirrored(place: Sequence[float], side: float) -> tuple[float, float, float]:
    x, y, z = place
    return (float(x) * side, float(y), float(z))
