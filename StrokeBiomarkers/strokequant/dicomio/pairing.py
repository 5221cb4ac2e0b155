"""Pairing: b0 images in one DICOM series and the weighted images in another, as one diffusion series.

An ADC is a ratio of two signals: both must lie on one grid and have one scale. Grid, equipment and timing are compared by the
headers, and what differs is refused. One scale is shown by Philips scale slopes in every frame, or by equal receive gains of a GE
scanner (0019,xx8A) and (0019,xx8B); a scanner is free to choose other gains for the next series, so that without either a person
must say that the series belong together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..config import ReadConfig
from ..errors import GeometryError, Issue, Level
from ..geometry import unit_normal
from ..types import DiffusionSeries, Series

_EQUIPMENT = ("manufacturer", "model", "software", "serial", "field_strength_t")
_TIMING = {"echo_time_ms": "echo time", "repetition_time_ms": "repetition time", "flip_angle_deg": "flip angle"}
_PLACE_MM = 0.01
"""Slices whose positions differ by less are the same slice."""


@dataclass(frozen=True)
class Pairing:
    """What the headers say about two series.

    Args:
        differs: facts that differ, in words: the series cannot be combined.
        unknown: facts that one of them does not state: a person must answer for them.
        shown: facts that show one signal scale.
    """

    differs: tuple[str, ...]
    unknown: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def is_proved(self) -> bool:
        """True where the headers alone show that both may be combined."""
        return not self.differs and not self.unknown and bool(self.shown)


def pairing_of(b0: Series, high: Series, config: ReadConfig = ReadConfig()) -> Pairing:
    """Compare two DICOM series."""
    differs, unknown = [], []
    for name, ours, theirs in _identities(b0, high):
        if ours != theirs:
            differs.append(f"{name} differs")
        elif not ours:
            unknown.append(f"no {name}")
    differs += _grid_differences(b0, high, config)
    for name, words in _TIMING.items():
        ours, theirs = (sorted({f.extra.get(name) for f in s.frames} - {None}) for s in (b0, high))
        if ours and theirs and ours != theirs:
            differs.append(f"{words} {_listed(ours)} against {_listed(theirs)}")
    scale_differs, scale_unknown, shown = _scales(b0, high)
    return Pairing((*differs, *scale_differs), (*unknown, *scale_unknown), shown)


def join(b0: DiffusionSeries, high: DiffusionSeries) -> DiffusionSeries:
    """Both as one series, b0 first.

    Raises:
        GeometryError: G17 where they do not lie on one grid.
    """
    difference = b0.geometry.differs_from(high.geometry)
    if difference:
        remedy = "use a series that holds its own b0"
        raise GeometryError(
            Issue("G17", Level.STOP, f"b0 and weighted images on two grids: {difference}", "one grid", remedy)
        )
    sources = tuple(source for source in (b0.source, *b0.other_sources, *high.other_sources) if source is not None)
    return replace(
        high,
        values=np.concatenate([b0.values, high.values]),
        b_values=np.concatenate([b0.b_values, high.b_values]),
        b_tags=(*b0.b_tags, *high.b_tags),
        directions=np.concatenate([b0.directions, high.directions]),
        directionality=(*b0.directionality, *high.directionality),
        provenance=high.provenance | {"b0_series": b0.provenance},
        issues=tuple(dict.fromkeys((*b0.issues, *high.issues))),
        instance_uids=(*b0.instance_uids, *high.instance_uids),
        other_sources=sources,
    )


def _identities(b0: Series, high: Series) -> list[tuple[str, object, object]]:
    facts = [
        ("Study Instance UID", b0.study_uid, high.study_uid),
        ("patient", b0.patient_key, high.patient_key),
        ("Frame of Reference UID", *(s.header.get("frame_of_reference_uid", "") for s in (b0, high))),
    ]
    equipment = (tuple(getattr(s.equipment, name) for name in _EQUIPMENT) for s in (b0, high))
    facts.append(("equipment", *(values if values[0] else () for values in equipment)))
    return [fact for fact in facts if fact[0] != "patient" or fact[1] or fact[2]]


def _grid_differences(b0: Series, high: Series, config: ReadConfig) -> list[str]:
    if b0.shape != high.shape:
        return [f"matrix {b0.shape} against {high.shape}"]
    if any(f.position is None or f.orientation is None or not f.pixel_spacing for s in (b0, high) for f in s.frames):
        return ["slices without a position"]
    first, second = b0.frames[0], high.frames[0]
    if np.abs(np.subtract(first.orientation, second.orientation)).max() > config.orientation_same:
        return ["slice orientation differs"]
    if np.abs(np.subtract(first.pixel_spacing, second.pixel_spacing)).max() > config.spacing_same:
        return ["Pixel Spacing differs"]
    ours, theirs = (_places(s) for s in (b0, high))
    if len(ours) != len(theirs):
        return [f"{len(ours)} slices against {len(theirs)}"]
    apart = float(np.linalg.norm(ours - theirs, axis=1).max())
    return [f"slices lie up to {apart:.2f} mm apart"] if apart > _PLACE_MM else []


def _places(series: Series) -> np.ndarray:
    """(n, 3) distinct slice positions, sorted along the normal."""
    positions = np.array([frame.position for frame in series.frames], float)
    along = positions @ unit_normal(series.frames[0].orientation)
    order = np.argsort(along, kind="stable")
    return positions[order[np.diff(along[order], prepend=-np.inf) >= _PLACE_MM]]


def _scales(b0: Series, high: Series) -> tuple[Sequence[str], Sequence[str], tuple[str, ...]]:
    """(what differs, what is not known, what is shown) about the scale of the signal."""
    maker = high.equipment.manufacturer.casefold()
    if maker.startswith("philips"):
        return _philips_scales(b0, high)
    rescales = [{(f.slope, f.intercept) for f in s.frames} for s in (b0, high)]
    if rescales[0] != rescales[1]:
        return (), ("rescale differs",), ()
    gains = [{f.extra.get("receive_gain") for f in s.frames} for s in (b0, high)]
    known = [values - {None} for values in gains]
    if known[0] and known[1] and known[0] != known[1]:
        return (f"receive gains {_gains(known[0])} against {_gains(known[1])}",), (), ()
    if gains[0] == gains[1] == known[0] and len(known[0]) == 1:
        return (), (), (f"receive gains (0019,xx8A) and (0019,xx8B) are {_gains(known[0])} in both",)
    return (), ("no receive gain that shows one signal scale",), ()


def _philips_scales(b0: Series, high: Series) -> tuple[Sequence[str], Sequence[str], tuple[str, ...]]:
    if all(f.scale_slope is not None for s in (b0, high) for f in s.frames):
        return (), (), ("scale slopes (2005,xx0E) are in every frame",)
    rescales = {(f.slope, f.intercept) for s in (b0, high) for f in s.frames}
    if len(rescales) > 1:
        return (f"{len(rescales)} Rescale Slopes without Scale Slope (2005,xx0E)",), (), ()
    return (), ("no Scale Slope (2005,xx0E)",), ()


def _gains(gains: set) -> str:
    return " and ".join("/".join(f"{part:g}" for part in gain) for gain in sorted(gains))


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
