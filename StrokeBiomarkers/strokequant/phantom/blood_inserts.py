"""Rods of blood-like density: their CT numbers against the certified ones, and the line through them.

Rods are round spots brighter than the body around them, all in one image or each in an image of its own. Which is which is told by the order of
their CT numbers, so that no error of the scale can swap them; where not all of them are found, none is named.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..acr_config import BloodInsertConfig
from ..config import ReadConfig
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..phantom_types import Insert, InsertPlacement, PhantomDefinition, PhantomMeasurement, PhantomSession, ScannerState
from ..statistics.linearity import linearity
from ..types import Equipment, InputRef, Series, Volume
from .acr_session import protocol_of, time_of
from .analysis import measured, not_computed, with_picture
from .certified import certified_value
from .plane import Plane, disc_of, plane_of
from .qualification import day_of
from .scanner import scanner_state


@dataclass(frozen=True, eq=False)
class Rod:
    """One rod in an image.

    Args:
        hu: mean of its region, `se` its standard error over slices and `n` its voxels.
        mask: (k, j, i) of the region; `center_lps` mm of its middle.
    """

    hu: float
    se: float
    n: int
    mask: np.ndarray
    center_lps: tuple[float, float, float]
    volume: Volume


def analyze_blood_inserts(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    *,
    serial: str = "",
    observations: tuple[str, ...] = (),
    placements: Mapping[str, tuple[float, float, float]] | None = None,
    config: BloodInsertConfig = BloodInsertConfig(),
    read_config: ReadConfig = ReadConfig(),
) -> PhantomSession:
    """Measure the rods of a session; never raises for bad input.

    Args:
        series: of one scan of the phantom, or of one scan for each rod.
        phantom: registry entry whose inserts have the trait blood.
        placements: label -> LPS mm, where a person puts a rod; all of them make one image of rods that were not found enough.
    """
    own = sorted((s for s in series if s.modality in ("CT", "")), key=lambda s: s.key)
    inserts = sorted((i for i in phantom.inserts if "blood" in i.traits), key=lambda i: i.value)
    issues: list[Issue] = []
    volumes: list[Volume] = []
    for one in own:
        try:
            volumes.append(read_volume(one, config=read_config))
        except StrokeQuantError as error:
            issues += [Issue(i.code, Level.WARN, i.found, i.expected, i.remedy, i.subject) for i in error.issues]
    rods = _all_rods([find_rods(v, inserts[0], config) for v in volumes], len(inserts))
    rods, placed_by_hand = _placed(rods, volumes, inserts, placements or {}, config)
    issues += placed_by_hand
    found, problem = _measured(rods, inserts, config) if rods else (None, _too_few(volumes, inserts, config))
    if problem is not None:
        issues.append(problem)
        found = [not_computed(name, problem) for name in ("blood_hu_slope", "blood_hu_offset")]
    placed = () if problem else tuple(_placement(rod, i) for rod, i in zip(rods, inserts, strict=True))
    first = own[0] if own else None
    shown = rods[0].volume if rods else None
    return PhantomSession(
        phantom=phantom,
        scanner=scanner_state(first) if first else ScannerState(Equipment(), "CT"),
        date=day_of(first) if first else "",
        measurements=tuple(found),
        serial_seen=serial,
        placements=placed,
        observations=observations,
        issues=tuple(issues),
        inputs=_inputs(rods),
        protocol=protocol_of(first),
        geometry=shown.geometry if shown else None,
        images={"ct": shown.values} if shown else {},
        time=time_of(first),
    )


def _placed(
    rods: list[Rod],
    volumes: Sequence[Volume],
    inserts: Sequence[Insert],
    placements: Mapping[str, tuple[float, float, float]],
    config: BloodInsertConfig,
) -> tuple[list[Rod], list[Issue]]:
    """Rods with those of a person where they are put; a place outside of the slices leaves the rod where it was found."""
    own = [insert for insert in inserts if insert.label in placements]
    if not own or not volumes or (not rods and len(own) < len(inserts)):
        return rods, []
    out = list(rods) or [None] * len(inserts)
    moved = []
    for n, insert in enumerate(inserts):
        if insert.label not in placements:
            continue
        volume = out[n].volume if out[n] else volumes[0]
        rod = _rod_at(volume, _slices(volume, config), placements[insert.label], insert)
        if rod is not None:
            out[n] = rod
            moved.append(insert.label)
    if not moved or None in out:
        return rods, []
    words = f"{', '.join(sorted(moved))} placed by a person"
    return out, [Issue("Q04", Level.INFO, words, "", "the placements are part of the record")]


def _rod_at(volume: Volume, slices, place_lps, insert: Insert) -> Rod | None:
    """Rod at a place that a person gave; None outside of the image."""
    if not slices:
        return None
    geometry = volume.geometry
    away = np.asarray(place_lps, float) - geometry.slice_origins[slices[len(slices) // 2]]
    units = [geometry.affine[:3, n] / np.linalg.norm(geometry.affine[:3, n]) for n in (0, 1)]
    return _measured_rod(volume, slices, np.array([away @ unit for unit in units]), insert)


def find_rods(volume: Volume, insert: Insert, config: BloodInsertConfig = BloodInsertConfig()) -> list[Rod]:
    """Round spots of about the radius of a rod, brighter than the body, in order of their CT numbers.

    Args:
        volume: in HU.
        insert: one of the rods: its radius and that of its region.
    """
    if volume.unit != "[hnsf'U]":
        return []
    slices = _slices(volume, config)
    if not slices:
        return []
    mean = np.nan_to_num(volume.values[slices].mean(axis=0, dtype=np.float64), nan=-1000.0)
    plane = Plane(mean, volume.geometry.pixel_spacing)
    body = ndimage.binary_fill_holes(mean > config.body_hu)
    dx, dy = plane.spacing
    inner = ndimage.distance_transform_edt(np.pad(body, 1), sampling=(dy, dx))[1:-1, 1:-1] > config.rim_mm
    smooth = ndimage.gaussian_filter(mean, (config.smooth_mm / dy, config.smooth_mm / dx))
    level = float(np.median(mean[inner])) if inner.any() else 0.0
    spots = inner & (smooth > level + config.rise_hu) & (smooth < config.most_hu)
    labels, count = ndimage.label(spots)
    rods = []
    for n in range(1, count + 1):
        spot = labels == n
        if _is_round(spot, plane.spacing, insert.radius_mm, config):
            rods.append(_rod(volume, slices, plane, spot, insert, level))
    return sorted((r for r in rods if r is not None), key=lambda r: r.hu)


def _slices(volume: Volume, config: BloodInsertConfig) -> list[int]:
    """Central slices of those that show a body."""
    filled = [k for k, plane in enumerate(volume.values) if (plane > config.body_hu).mean() > 0.02]
    left = max(0, len(filled) - config.slices) // 2
    return filled[left : left + config.slices]


def _is_round(spot: np.ndarray, spacing, radius_mm: float, config: BloodInsertConfig) -> bool:
    rows, columns = np.nonzero(spot)
    radius = float(np.sqrt(len(rows) * spacing[0] * spacing[1] / np.pi))
    wide, high = np.ptp(columns) * spacing[0] + spacing[0], np.ptp(rows) * spacing[1] + spacing[1]
    right_size = abs(radius / radius_mm - 1) <= config.radius_share
    return right_size and max(wide, high) <= (1 + config.radius_share) * min(wide, high)


def _rod(volume: Volume, slices, plane: Plane, spot, insert: Insert, level: float) -> Rod | None:
    rows, columns = np.nonzero(spot)
    dx, dy = plane.spacing
    place = plane.centroid((columns.mean() * dx, rows.mean() * dy), insert.radius_mm + 2, level)
    if (
        not np.isfinite(place).all()
        or np.hypot(place[0] - columns.mean() * dx, place[1] - rows.mean() * dy) > insert.radius_mm
    ):
        return None
    return _measured_rod(volume, slices, place, insert)


def _measured_rod(volume: Volume, slices, place: np.ndarray, insert: Insert) -> Rod | None:
    """Mean of the region around a place (right, down) mm; None where it is not in the image."""
    dx, dy = volume.geometry.pixel_spacing
    box, inside = disc_of(volume.geometry.shape[1:], (dx, dy), place, insert.roi_radius_mm)
    if not inside.any():
        return None
    means = np.array([plane_of(volume.values, volume.geometry, k).values[box][inside].mean() for k in slices])
    if not np.isfinite(means).all():
        return None
    mask = np.zeros(volume.geometry.shape, bool)
    for k in slices:
        mask[k][box] = inside
    geometry = volume.geometry
    steps = geometry.affine[:3, 0] / dx * place[0] + geometry.affine[:3, 1] / dy * place[1]
    center = tuple(float(v) for v in geometry.slice_origins[slices[len(slices) // 2]] + steps)
    se = float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else 0.0
    return Rod(float(means.mean()), se, int(mask.sum()), mask, center, volume)


def _all_rods(found: list[list[Rod]], wanted: int) -> list[Rod]:
    """The rods of the image that shows all of them, or of images that show one each; empty where neither is so."""
    for rods in found:
        if len(rods) == wanted:
            return rods
    single = [rods[0] for rods in found if len(rods) == 1]
    return sorted(single, key=lambda r: r.hu) if len(single) == len(found) == wanted else []


def _too_few(volumes: list[Volume], inserts: Sequence[Insert], config: BloodInsertConfig) -> Issue:
    counts = [len(find_rods(v, inserts[0], config)) for v in volumes]
    found = f"{', '.join(map(str, counts)) or 'no'} rods in {len(volumes)} CT series"
    expected = f"{len(inserts)} rods of {2 * inserts[0].radius_mm:g} mm in one series, or one in each of {len(inserts)}"
    return Issue("Q01", Level.STOP, found, expected, "scan all rods; their order tells which is which")


def _measured(
    rods: list[Rod], inserts: Sequence[Insert], config: BloodInsertConfig
) -> tuple[list[PhantomMeasurement] | None, Issue | None]:
    gaps = np.diff([rod.hu for rod in rods])
    spread = np.array([np.hypot(a.se, b.se) for a, b in itertools.pairwise(rods)])
    if (gaps < np.maximum(config.apart_hu, 3 * spread)).any():
        words = ", ".join(f"{rod.hu:.1f}" for rod in rods)
        expected = f"rods at least {config.apart_hu:g} HU apart"
        return None, Issue("Q19", Level.STOP, f"CT numbers {words} HU", expected, "check the rods of the phantom")
    found = []
    for rod, insert in zip(rods, inserts, strict=True):
        certified = certified_value(insert)
        u = float(np.hypot(2 * rod.se, certified.uncertainty or 0.0))
        inputs = (rod.volume.source,) if rod.volume.source else ()
        facts = {"reference": certified.value, "n": rod.n, "uncertainty": u, "inputs": inputs}
        found.append(measured("hu", rod.hu, insert.label, **facts))
        found.append(measured("hu_bias", rod.hu - certified.value, insert.label, **facts))
    line = linearity([i.value for i in inserts], [rod.hu for rod in rods])
    for name, estimate in (("blood_hu_slope", line.slope), ("blood_hu_offset", line.intercept)):
        u = (estimate.upper - estimate.lower) / 2
        found.append(measured(name, estimate.value, uncertainty=u, n=len(rods), inputs=_inputs(rods)))
    return found, None


def _placement(rod: Rod, insert: Insert) -> InsertPlacement:
    placed = InsertPlacement(insert.label, rod.center_lps, insert.roi_radius_mm, rod.mask, rod.volume.geometry)
    return with_picture(placed, rod.volume.values)


def _inputs(rods: Sequence[Rod]) -> tuple[InputRef, ...]:
    return tuple(dict.fromkeys(rod.volume.source for rod in rods if rod.volume.source))
