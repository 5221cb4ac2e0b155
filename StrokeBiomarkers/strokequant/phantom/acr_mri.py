"""ACR large MRI phantom: geometry, uniformity, ghosting, slice thickness and position of every axial series, length of a sagittal one.

A set of 11 slices is turned so that slice 1 is the one with the insert of the ramps. Numbers of different series are never pooled: each has the key of
its series as group. Low-contrast spokes are not counted: read them by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
from .plane import Plane

_METRICS = tuple(m.id for m in PHANTOM_METRICS.values() if m.family == "mri")
_UNIFORM_METRICS = ("mri_piu", "mri_psg_percent", "mri_ghost_corner_percent", "mri_snr")
_SET = 11
_UNIFORM = 7
_COARSEST_MM = 1.6


@dataclass(frozen=True, eq=False)
class _Set:
    """One axial series.

    Args:
        planes: slice 1 first, for a set of 11; else the one plane.
        insert: roll, middle and darkness of the insert of slice 1.
    """

    images: MriImages
    planes: tuple[Plane, ...]
    insert: tuple[float, float, float] | None

    def plane(self, number: int) -> Plane:
        """Slice of the phantom, from 1; the only one where there is one."""
        return self.planes[number - 1] if len(self.planes) == _SET else self.planes[0]


def analyze_acr_mri(
    series: Sequence[Series], phantom: PhantomDefinition, *, config: AcrMriConfig = AcrMriConfig()
) -> Analysis:
    """Measure an ACR large MRI phantom; what is not there is said, nothing is raised.

    Args:
        series: of one scan of the phantom.
        phantom: registry entry of the kind acr_mri.
    """
    issues: list[Issue] = []
    found: list[PhantomMeasurement] = []
    pose = None
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
        found += _numbers(chosen, radius, config)
        pose = pose or _pose(chosen, radius, config)
    if not any(m.value is not None for m in found if m.metric == "mri_diameter_horizontal"):
        issue = _issue("Q01", "no disc of the phantom in any axial series", f"a diameter of {2 * radius:g} mm")
        return Analysis(tuple(not_computed(name, issue) for name in _METRICS), issues=(*issues, issue))
    return Analysis((*found, *_absent(found)), pose, issues=tuple(dict.fromkeys(issues)))


def _issue(code: str, found: str, expected: str, level: Level = Level.STOP, subject: str = "") -> Issue:
    remedy = "look at the images: phantom, slices, field of view"
    return Issue(code, level, found, expected, remedy, subject or "ACR MRI phantom")


def _absent(found: Sequence[PhantomMeasurement]) -> list[PhantomMeasurement]:
    """Metrics that no series could give."""
    there = {m.metric for m in found}
    reasons = {
        "mri_spokes": _issue("Q62", "spokes are not counted by the software", "a reader's count", Level.INFO),
        "mri_length": _issue("Q74", "no sagittal series of one slice", "the localizer of the phantom", Level.INFO),
    }
    usual = _issue("Q74", "no axial series of 11 slices", "the set of the ACR", Level.INFO)
    return [not_computed(name, reasons.get(name, usual)) for name in _METRICS if name not in there]


def _set_of(images: MriImages, radius: float, config: AcrMriConfig) -> _Set | None:
    """A set of 11 slices or a single one; None for other series."""
    planes = images.planes
    if len(planes) == 1:
        return _Set(images, planes, None)
    low, high = config.pitch_mm
    steps = np.diff(images.positions)
    if len(planes) != _SET or steps.min() < low or steps.max() > high:
        return None
    inserts = [_insert(plane, radius, config) for plane in (planes[0], planes[-1])]
    darkness = [np.inf if insert is None else insert[2] for insert in inserts]
    if darkness[1] < darkness[0]:
        return _Set(images, planes[::-1], inserts[1])
    return _Set(images, planes, inserts[0])


def _insert(plane: Plane, radius: float, config: AcrMriConfig) -> tuple[float, float, float] | None:
    border = find_border(plane, radius, config)
    return None if border is None else insert_of(plane, border, config)


def _numbers(one: _Set, radius: float, config: AcrMriConfig) -> list[PhantomMeasurement]:
    """Numbers of one axial series, all with its key as group."""
    facts = {"inputs": (one.images.source,), "group": one.images.series.key}
    found = _geometry(one, radius, config, facts)
    border = find_border(one.plane(_UNIFORM), radius, config)
    if border is not None:
        plane = one.plane(_UNIFORM)
        found.append(measured("mri_piu", uniformity(plane, border, config), **facts))
        for name, ghost in (("mri_psg_percent", ghosting), ("mri_ghost_corner_percent", corner_ghosting)):
            found.append(_or_reason(name, ghost(plane, border, config), "no room beside the phantom", facts))
        snr = signal_to_noise(plane, border, config)
        found.append(_or_reason("mri_snr", snr if np.isfinite(snr) else None, "no noise in the image", facts))
    elif found:
        found += [_or_reason(name, None, "no disc of the phantom", facts) for name in _UNIFORM_METRICS]
    if len(one.planes) == _SET:
        found += _slices(one, radius, config, facts)
    return found


def _or_reason(metric: str, value: float | None, why: str, facts: dict) -> PhantomMeasurement:
    if value is not None:
        return measured(metric, value, **facts)
    return not_computed(metric, _issue("Q74", why, "the part of the phantom"), inputs=facts["inputs"])


def _geometry(one: _Set, radius: float, config: AcrMriConfig, facts: dict) -> list[PhantomMeasurement]:
    """Diameters, each of the slice in which it is farthest from the true one."""
    borders = [b for b in (find_border(plane, radius, config) for plane in one.planes) if b is not None]
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


def _slices(one: _Set, radius: float, config: AcrMriConfig, facts: dict) -> list[PhantomMeasurement]:
    """Slice thickness, positions and roll of a set of 11."""
    roll, middle, _ = one.insert or (0.0, 0.0, 0.0)
    found = []
    borders = {n: find_border(one.plane(n), radius, config) for n in (1, _SET)}
    thickness = None
    if one.insert is not None and borders[1] is not None:
        thickness = slice_thickness(one.plane(1), borders[1], roll, middle, config)
        found.append(measured("mri_roll", roll, **facts))
    else:
        found.append(_or_reason("mri_roll", None, "no insert of the ramps in slice 1", facts))
    found.append(_or_reason("mri_slice_thickness", thickness, "no ramps in slice 1", facts))
    for name, n in (("mri_slice_position_first", 1), ("mri_slice_position_last", _SET)):
        border: Border | None = borders[n]
        value = bar_difference(one.plane(n), border, roll, config) if border is not None else None
        found.append(_or_reason(name, value, f"no bars in slice {n}", facts))
    return found


def _length(images: MriImages, phantom: PhantomDefinition, config: AcrMriConfig) -> list[PhantomMeasurement]:
    nominal = phantom.lengths_mm["length"]
    value = phantom_length(images.planes[0], nominal, config)
    if value is None:
        return []
    return [measured("mri_length", value, reference=nominal, inputs=(images.source,), group=images.series.key)]


def _pose(one: _Set, radius: float, config: AcrMriConfig) -> PhantomPose | None:
    """Center on slice 6 (or the only one), x along the rows turned by the roll."""
    plane = one.plane(6)
    border = find_border(plane, radius, config)
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
