"""ACR large MRI phantom: geometry, uniformity, ghosting, slice thickness and position of every axial series, length of a sagittal one.

A set of 11 slices is turned so that slice 1 is the one with the insert of the ramps. Numbers of different series are never pooled: each has the key of
its series as group. Regions for the report are those of the first set of 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..acr_config import AcrMriConfig
from ..errors import Issue, Level
from ..phantom_types import PhantomDefinition, PhantomMeasurement, PhantomPose
from ..types import Series
from .analysis import Analysis, measured, not_computed
from .metrics import PHANTOM_METRICS
from .mri_border import Border, find_border
from .mri_images import MriImages, readable
from .mri_numbers import (
    bar_difference,
    corner_ghosting,
    ghosting,
    insert_of,
    phantom_length,
    signal_to_noise,
    slice_thickness,
    uniformity,
)
from .mri_regions import (
    MOVABLE,
    SetGrid,
    bar_regions,
    border_region,
    grid_of,
    ramp_regions,
    spoke_regions,
    uniform_regions,
)
from .mri_spokes import SpokeReading, count_spokes
from .plane import Plane, lean_deg

_METRICS = tuple(m.id for m in PHANTOM_METRICS.values() if m.family == "mri")
_UNIFORM_METRICS = ("mri_piu", "mri_psg_percent", "mri_ghost_corner_percent", "mri_snr")
_SET = 11
_UNIFORM = 7
_COARSEST_MM = 1.6
_MOVED_MM = 0.01


@dataclass(frozen=True, eq=False)
class _Set:
    """One axial series.

    Args:
        planes: slice 1 first, for a set of 11; else the one plane.
        borders: of the phantom on each of them, None where it is not seen.
        insert: roll, middle and darkness of the insert of slice 1.
        spokes: what is seen of slices 8 to 11.
        moved: (right, down) mm by which a person moved a kind of region.
    """

    images: MriImages
    planes: tuple[Plane, ...]
    borders: tuple[Border | None, ...]
    insert: tuple[float, float, float] | None
    spokes: SpokeReading | None = None
    moved: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """True for a set of 11."""
        return len(self.planes) == _SET

    def plane(self, number: int) -> Plane:
        """Slice of the phantom, from 1; the only one where there is one."""
        return self.planes[number - 1] if self.whole else self.planes[0]

    def border(self, number: int) -> Border | None:
        """Border of the phantom on that slice."""
        return self.borders[number - 1] if self.whole else self.borders[0]

    def around(self, number: int, kind: str) -> Border | None:
        """The border, moved as a person moved this kind of region: "uniform", "ramp", "bar 1", "bar 11"."""
        border = self.border(number)
        if border is None or kind not in self.moved:
            return border
        return replace(border, center=border.center + self.moved[kind])

    def index(self, number: int) -> int:
        """Where that slice stands in the series."""
        turned = self.planes[0] is not self.images.planes[0]
        return (_SET - number if turned else number - 1) if self.whole else 0


def analyze_acr_mri(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    *,
    placements: Mapping[str, tuple[float, float, float]] | None = None,
    config: AcrMriConfig = AcrMriConfig(),
) -> Analysis:
    """Measure an ACR large MRI phantom; what is not there is said, nothing is raised.

    Args:
        series: of one scan of the phantom.
        phantom: registry entry of the kind acr_mri.
        placements: label -> LPS mm, where a person puts a region of `MOVABLE`; both ramps, and both bars of a slice, move together.
    """
    issues: list[Issue] = []
    found: list[PhantomMeasurement] = []
    pose = shown = None
    radius = phantom.lengths_mm["diameter"] / 2
    for one in sorted((s for s in series if s.modality in ("MR", "")), key=lambda s: s.key):
        images, noticed = readable(one)
        issues += [i for i in noticed if not i.blocks]
        if images is None or max(images.planes[0].spacing) > _COARSEST_MM:
            continue
        if not images.axial:
            found += _length(images, phantom, config) if len(images.planes) == 1 else []
            continue
        chosen = _set_of(images, radius, config)
        if chosen is None:
            continue
        chosen = _with_spokes(chosen, config)
        if placements:
            chosen = _placed(chosen, placements, config)
        found += _numbers(chosen, radius, config)
        issues += _unsound(chosen, config)
        pose = pose or _pose(chosen)
        shown = chosen if shown is None or (chosen.whole and not shown.whole) else shown
    if not any(m.value is not None for m in found if m.metric == "mri_diameter_horizontal"):
        issue = _issue("Q01", "no disc of the phantom in any axial series", f"a diameter of {2 * radius:g} mm")
        return Analysis(tuple(not_computed(name, issue) for name in _METRICS), issues=(*issues, issue))
    grid = grid_of(shown.images, shown.index)
    regions = tuple(_regions(shown, grid, config))
    measurements = (*found, *_absent(found))
    if shown.moved:
        words = f"{', '.join(sorted(shown.moved))} placed by a person"
        issues.append(Issue("Q04", Level.INFO, words, "", "the placements are part of the record"))
    return Analysis(measurements, pose, regions, tuple(dict.fromkeys(issues)), grid.geometry, {"image": grid.values})


def _issue(code: str, found: str, expected: str, level: Level = Level.STOP, subject: str = "") -> Issue:
    remedy = "look at the images: phantom, slices, field of view"
    return Issue(code, level, found, expected, remedy, subject or "ACR MRI phantom")


def _absent(found: Sequence[PhantomMeasurement]) -> list[PhantomMeasurement]:
    """Metrics that no series could give."""
    there = {m.metric for m in found}
    reasons = {
        "mri_length": _issue("Q74", "no sagittal series of one slice", "the localizer of the phantom", Level.INFO),
    }
    usual = _issue("Q74", "no axial series of 11 slices", "the set of the ACR", Level.INFO)
    return [not_computed(name, reasons.get(name, usual)) for name in _METRICS if name not in there]


def _set_of(images: MriImages, radius: float, config: AcrMriConfig) -> _Set | None:
    """A set of 11 slices or a single one; None for other series."""
    planes = images.planes
    whole = len(planes) == _SET
    low, high = config.pitch_mm
    steps = np.diff(images.positions)
    if len(planes) != 1 and (not whole or steps.min() < low or steps.max() > high):
        return None
    borders = tuple(find_border(plane, radius, config) for plane in planes)
    if not whole:
        return _Set(images, planes, borders, None)
    inserts = [None if borders[n] is None else insert_of(planes[n], borders[n], config) for n in (0, _SET - 1)]
    darkness = [np.inf if insert is None else insert[2] for insert in inserts]
    if darkness[1] < darkness[0]:
        return _Set(images, planes[::-1], borders[::-1], inserts[1])
    return _Set(images, planes, borders, inserts[0])


def _unsound(one: _Set, config: AcrMriConfig) -> list[Issue]:
    """Why a set is not to be judged: cut off, clipped, leaning."""
    border, plane, subject = one.border(_UNIFORM), one.plane(_UNIFORM), one.images.series.label
    if border is None:
        return []
    (rows, columns), (dx, dy) = plane.values.shape, plane.spacing
    across, down = border.diameter(0) / 2, border.diameter(90) / 2
    (x, y), right, bottom = border.center, (columns - 1) * dx, (rows - 1) * dy
    outside = max(across - x, x + across - right, down - y, y + down - bottom)
    issues = []
    if outside > config.cut_mm:
        issues.append(
            _issue(
                "Q74", f"{outside:.0f} mm of the phantom outside of the images", "the whole phantom", subject=subject
            )
        )
    inside = plane.disc(border.center, 0.8 * border.radius)
    clipped = 100 * float((inside >= plane.values.max()).mean())
    if clipped > config.clipped_percent:
        words = f"{clipped:.1f} % of the uniform region at the largest stored value"
        issues.append(_issue("Q05", words, "no clipped voxel", subject=subject))
    seen = [n for n, b in enumerate(one.borders) if b is not None]
    steps = np.abs(one.images.positions - one.images.positions[0]) if one.whole else np.zeros(1)
    tilt = lean_deg(steps[seen], np.array([one.borders[n].center for n in seen])) if one.whole and seen else 0.0
    if tilt > config.tilt_note_deg:
        level = Level.STOP if tilt > config.tilt_stop_deg else Level.WARN
        issues.append(_issue("Q75", f"leans by {tilt:.1f}°", f"up to {config.tilt_note_deg:g}°", level, subject))
    if one.insert and abs(one.insert[0]) > config.roll_note_deg:
        words = f"rolled by {one.insert[0]:.1f}°; followed"
        issues.append(_issue("Q75", words, f"up to {config.roll_note_deg:g}°", Level.INFO, subject))
    return issues


def _with_spokes(one: _Set, config: AcrMriConfig) -> _Set:
    border = one.border(_UNIFORM) if one.whole else None
    if border is None:
        return one
    roll = one.insert[0] if one.insert else 0.0
    return replace(one, spokes=count_spokes(one.planes[7:], border, roll, config))


def _placed(one: _Set, placements: Mapping[str, tuple[float, float, float]], config: AcrMriConfig) -> _Set:
    """The set with the regions of a person: how far each lies from where it would be measured."""
    moved = {}
    for region in _regions(one, grid_of(one.images, one.index), config):
        if region.label in placements and region.label in MOVABLE:
            apart = np.subtract(placements[region.label], region.center_lps)
            step = np.array([apart @ one.images.along_i, apart @ one.images.along_j])
            kind = MOVABLE[region.label]
            if np.hypot(*step) > _MOVED_MM and np.hypot(*step) > np.hypot(*moved.get(kind, (0.0, 0.0))):
                moved[kind] = step
    return replace(one, moved=moved)


def _regions(one: _Set, grid: SetGrid, config: AcrMriConfig):
    """Every region that a number was taken from."""
    for number, regions in ((5, _outline), (_UNIFORM, uniform_regions)):
        border = one.around(number, "uniform" if number == _UNIFORM else "")
        if border is not None:
            yield from regions(grid, number, one.plane(number), border, config)
    if not one.whole:
        return
    roll, middle, _ = one.insert or (0.0, None, 0.0)
    for number in (1, _SET):
        border = one.border(number)
        if border is None:
            continue
        if number == 1 and middle is not None:
            yield from ramp_regions(grid, one.plane(1), one.around(1, "ramp"), roll, middle, config)
        around = one.around(number, f"bar {number}")
        yield from bar_regions(grid, number, one.plane(number), around, roll, config)
    if one.spokes is not None:
        yield from spoke_regions(grid, one.plane(8), one.spokes)


def _outline(grid: SetGrid, number: int, plane: Plane, border: Border, config: AcrMriConfig):
    return [border_region(grid, number, plane, border)]


def _numbers(one: _Set, radius: float, config: AcrMriConfig) -> list[PhantomMeasurement]:
    """Numbers of one axial series, all with its key as group."""
    facts = {"inputs": (one.images.source,), "group": one.images.series.key}
    found = _geometry(one, radius, config, facts)
    border = one.around(_UNIFORM, "uniform")
    if border is not None:
        plane = one.plane(_UNIFORM)
        found.append(measured("mri_piu", uniformity(plane, border, config), **facts))
        for name, ghost in (("mri_psg_percent", ghosting), ("mri_ghost_corner_percent", corner_ghosting)):
            found.append(_or_reason(name, ghost(plane, border, config), "no room beside the phantom", facts))
        snr = signal_to_noise(plane, border, config)
        found.append(_or_reason("mri_snr", snr if np.isfinite(snr) else None, "no noise in the image", facts))
    elif found:
        found += [_or_reason(name, None, "no disc of the phantom", facts) for name in _UNIFORM_METRICS]
    if one.whole:
        found += _slices(one, config, facts)
    return found


def _or_reason(metric: str, value: float | None, why: str, facts: dict) -> PhantomMeasurement:
    if value is not None:
        return measured(metric, value, **facts)
    return not_computed(metric, _issue("Q74", why, "the part of the phantom"), inputs=facts["inputs"])


def _geometry(one: _Set, radius: float, config: AcrMriConfig, facts: dict) -> list[PhantomMeasurement]:
    """Diameters, each of the slice in which it is farthest from the true one."""
    borders = [b for b in one.borders if b is not None]
    if not borders:
        return []

    def farthest(*angles: float) -> float:
        return max((b.diameter(angle) for b in borders for angle in angles), key=lambda d: abs(d - 2 * radius))

    values = {
        "mri_diameter_horizontal": farthest(0),
        "mri_diameter_vertical": farthest(90),
        "mri_diameter_diagonal": farthest(45, 135),
    }
    method = f"ellipse through the border without bubble and bars; farthest from nominal of {len(borders)} slices"
    return [measured(name, value, method=method, reference=2 * radius, **facts) for name, value in values.items()]


def _slices(one: _Set, config: AcrMriConfig, facts: dict) -> list[PhantomMeasurement]:
    """Slice thickness, positions and roll of a set of 11."""
    roll, middle, _ = one.insert or (0.0, 0.0, 0.0)
    found = []
    borders = {n: one.border(n) for n in (1, _SET)}
    thickness = None
    if one.insert is not None and borders[1] is not None:
        thickness = slice_thickness(one.plane(1), one.around(1, "ramp"), roll, middle, config)
        found.append(measured("mri_roll", roll, **facts))
    else:
        found.append(_or_reason("mri_roll", None, "no insert of the ramps in slice 1", facts))
    found.append(_or_reason("mri_slice_thickness", thickness, "no ramps in slice 1", facts))
    for name, n in (("mri_slice_position_first", 1), ("mri_slice_position_last", _SET)):
        border: Border | None = one.around(n, f"bar {n}")
        value = bar_difference(one.plane(n), border, roll, config) if border is not None else None
        found.append(_or_reason(name, value, f"no bars in slice {n}", facts))
    return [*found, _spokes(one, facts)]


def _spokes(one: _Set, facts: dict) -> PhantomMeasurement:
    """Complete spokes of slices 8 to 11, with what one SD more or less would make of them."""
    reading = one.spokes
    if reading is None:
        return _or_reason("mri_spokes", None, "no insert of spokes in slices 8 to 11", facts)
    span = max(reading.total - reading.low, reading.high - reading.total)
    counts = ", ".join(f"slice {n}: {count}" for n, count in zip(range(8, 12), reading.counts, strict=True))
    method = f"holes above the noise of places without: {counts}; {reading.low} to {reading.high}"
    return measured("mri_spokes", reading.total, uncertainty=float(span), method=method, **facts)


def _length(images: MriImages, phantom: PhantomDefinition, config: AcrMriConfig) -> list[PhantomMeasurement]:
    nominal = phantom.lengths_mm["length"]
    value = phantom_length(images.planes[0], nominal, config)
    if value is None:
        return []
    return [measured("mri_length", value, reference=nominal, inputs=(images.source,), group=images.series.key)]


def _pose(one: _Set) -> PhantomPose | None:
    """Center on slice 6 (or the only one), x along the rows turned by the roll."""
    plane = one.plane(6)
    border = one.border(6)
    if border is None:
        return None
    images = one.images
    k = images.planes.index(plane)
    center = images.origins[k] + images.along_i * border.center[0] + images.along_j * border.center[1]
    roll = one.insert[0] if one.insert else 0.0
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    x, y = images.along_i * c + images.along_j * s, images.along_j * c - images.along_i * s
    axis = images.normal if one.planes[0] is images.planes[0] else -images.normal
    return PhantomPose(center, np.column_stack([x, y, axis]), residual_mm=border.rms, method="border", roll_deg=roll)
