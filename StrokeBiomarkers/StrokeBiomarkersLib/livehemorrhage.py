"""The numbers of blood as they are now: of the record where nothing was drawn since, of the drawing elsewhere."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from strokequant.biomarkers.abc2 import Abc2, abc2_of_mask
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import EDEMA, Structure
from strokequant.settings import Settings
from strokequant.types import CaseRecord, Mask

from .bloodsegments import EDITABLE
from .livevolume import liveVolume

ICH, IVH = str(Structure.ICH), str(Structure.IVH)


class LiveBlood(NamedTuple):
    """mL of one kind of blood, or of edema; the interval is that of the record, or of the contours where it was drawn on."""

    name: str
    volume: float
    lower: float
    upper: float


class LiveHemorrhage(NamedTuple):
    """The numbers as they are now.

    Args:
        volume: all blood in mL.
        rows: of every segment.
        abc2: of the ICH, None without one.
        shift_mm: midline shift, None before all landmarks are placed.
    """

    volume: float
    rows: tuple[LiveBlood, ...]
    abc2: Abc2 | None
    shift_mm: float | None

    def empty(self) -> tuple[str, ...]:
        """Kinds of blood that nothing is outlined of."""
        return tuple(row.name for row in self.rows if row.volume == 0 and row.name != EDEMA)

    def isEmpty(self) -> bool:
        """True where there is no blood in the brain, or none in the ventricles: a reader must say so."""
        return any(name in (ICH, IVH) for name in self.empty())


class BloodNumbers:
    """Volumes of all segments, and ABC/2 of the ICH."""

    def __init__(self):
        self._rows: dict[str, LiveBlood] = {}
        self._abc2: Abc2 | None = None

    def take(self, record: CaseRecord, seen: Mapping[str, np.ndarray], geometry: Geometry, settings: Settings) -> None:
        """Everything as a record and the segments say.

        Args:
            record: with the image.
            seen: (k, j, i) voxels of every segment.
            geometry: their grid.
            settings: of the numbers of drawings.
        """
        self._rows = {name: _numbersOf(name, record, seen[name], geometry, settings) for name in EDITABLE}
        same = ICH in record.masks and np.array_equal(seen[ICH], record.masks[ICH].values)
        self._abc2 = record.hemorrhage.abc2 if same else abc2_of_mask(seen[ICH], geometry, settings.hemorrhage)

    def follow(
        self,
        changed: list[str],
        record: CaseRecord,
        seen: Mapping[str, np.ndarray],
        geometry: Geometry,
        settings: Settings,
    ) -> None:
        """The segments that were drawn on; the others stay. Args: as of `take`."""
        for name in changed:
            self._rows[name] = _numbersOf(name, record, seen[name], geometry, settings)
        if ICH in changed:
            self._abc2 = abc2_of_mask(seen[ICH], geometry, settings.hemorrhage)

    def numbers(self, shiftMm: float | None) -> LiveHemorrhage:
        """All of them, with the midline shift."""
        rows = tuple(self._rows[name] for name in EDITABLE)
        volume = sum(row.volume for row in rows if row.name != EDEMA)
        return LiveHemorrhage(volume, rows, self._abc2, shiftMm)


def _numbersOf(name: str, record: CaseRecord, values: np.ndarray, geometry: Geometry, settings: Settings) -> LiveBlood:
    mask = record.masks.get(name)
    number = next((m for m in record.measurements if m.id == f"{name}_volume"), None)
    if mask is not None and number is not None and number.value and np.array_equal(mask.values, values):
        return LiveBlood(name, number.value, number.lower, number.upper)
    return LiveBlood(name, *liveVolume(Mask(values, geometry, name, ""), settings.measure))
