"""Hemorrhage on CT: the numbers of the catalog from outlined clots, with interval and status.

A structure that was looked for and not found is 0; one that nobody looked for is missing. Below the size that the slices allow the
volume carries the word "unmeasurable" and is no more than a hint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..config import MeasureConfig
from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import HematomaConfig, HemorrhageMeasureConfig
from ..hemorrhage_types import EDEMA, Structure
from ..segmentation.cleanup import microliters
from ..segmentation.cropping import bounding_box, cropped
from ..segmentation.hematoma import Hematoma
from ..segmentation.hematoma_region import clot_core, smoothed_mm
from ..types import Mask, Measurement, Status, Volume
from .abc2 import Abc2, abc2_of_mask
from .catalog import measure
from .hemorrhage_catalog import HEMORRHAGE_MEASURES
from .hemorrhage_formulas import edema_extension_mm, irregularity_index, relative_edema, surface_mm2
from .volume import boundary_band_ml, measurable_ml

READER_MEASURES = ("ivh_modified_graeb", "ivh_score", "ivh_score_volume", "midline_shift")
"""Measures that only a reader's answers give."""
MEASURE_IDS = tuple(m.id for m in HEMORRHAGE_MEASURES if m.id not in READER_MEASURES)


@dataclass(frozen=True, eq=False)
class _Measuring:
    """What all measures of one case share."""

    image: Volume
    issues: tuple[Issue, ...]
    config: MeasureConfig
    limits: HemorrhageMeasureConfig
    found: list[Measurement] = field(default_factory=list)

    def add(self, name: str, value: float | None, method: str, **more) -> None:
        """One number, or its absence with the reasons in `more`."""
        issues = tuple(dict.fromkeys((*self.issues, *more.pop("issues", ()))))
        status = more.pop("status", None) or (
            Status.NOT_EVALUABLE if value is None else Status.MEASURED if value else Status.ZERO
        )
        inputs = (self.image.source,) if self.image.source else ()
        number = None if value is None else float(value)
        unit = measure(name).unit
        self.found.append(Measurement(name, number, unit, status, method=method, inputs=inputs, issues=issues, **more))


def hemorrhage_measurements(
    image: Volume,
    clots: Sequence[Hematoma],
    *,
    edema: Mask | None = None,
    searched: Sequence[Structure] = tuple(Structure),
    abc2: Abc2 | None = None,
    issues: Sequence[Issue] = (),
    config: MeasureConfig = MeasureConfig(),
    limits: HemorrhageMeasureConfig = HemorrhageMeasureConfig(),
) -> tuple[Measurement, ...]:
    """All measures of one time point that need no answer of a reader.

    Args:
        image: HU.
        clots: outlined, without common voxels; `Hematoma.mask.name` is a `Structure`.
        edema: mask, None where it was not looked for.
        searched: structures that somebody or the automatic search looked for; the others are missing.
        abc2: of the ICH, computed here where it is not given.
        issues: warnings that must stand beside every number.
        config, limits: intervals, weights and limits.
    """
    measuring = _Measuring(image, tuple(issues), config, limits)
    by_structure = {s: [c for c in clots if c.mask.name == s] for s in Structure}
    for structure in Structure:
        _volume(measuring, structure, by_structure[structure], structure in searched)
    _ich(measuring, by_structure[Structure.ICH], Structure.ICH in searched, abc2)
    _total(measuring)
    _edema(measuring, edema)
    order = {name: n for n, name in enumerate(MEASURE_IDS)}
    return tuple(sorted(measuring.found, key=lambda m: order[m.id]))


def not_measured(status: Status, issues: Sequence[Issue]) -> tuple[Measurement, ...]:
    """All measures without a value, each with the reasons."""
    return tuple(Measurement(m, None, measure(m).unit, status, issues=tuple(issues)) for m in MEASURE_IDS)


def union(clots: Sequence[Hematoma]) -> np.ndarray:
    """(k, j, i) voxels of all clots."""
    return np.logical_or.reduce([clot.mask.values for clot in clots])


def size_issues(
    volume_ml: float,
    mask: np.ndarray,
    geometry: Geometry,
    config: MeasureConfig = MeasureConfig(),
    limits: HemorrhageMeasureConfig = HemorrhageMeasureConfig(),
) -> tuple[Issue, ...]:
    """S04 where a clot is too small for its slices: below 3 mL from 5 mm on, or below a ball of three slices."""
    used = np.flatnonzero(mask.any(axis=(1, 2)))
    spacing = float(geometry.slice_extents[used].max()) if used.size else geometry.mean_extent_mm
    thick = spacing >= limits.unmeasurable_slice_mm - 0.01
    limit = limits.unmeasurable_ml if thick else 0.0
    limit = max(limit, measurable_ml(geometry, config.measurable_slices))
    if not 0 < microliters(volume_ml) < microliters(limit):
        return ()
    found = f"unmeasurable: {volume_ml:.2f} mL with slices of {spacing:.1f} mm"
    remedy = "read it as present or absent: its volume is uncertain by 20 % and more"
    return (Issue("S04", Level.WARN, found, f"{limit:.2f} mL or more", remedy),)


def _volume(measuring: _Measuring, structure: Structure, clots: Sequence[Hematoma], searched: bool) -> None:
    name = f"{structure}_volume"
    if not clots:
        _absent(measuring, name, searched)
        return
    unclear = [i for c in clots for i in c.issues if i.blocks]
    if unclear:
        measuring.add(name, None, "outlined for a reader to go on from", issues=unclear)
        return
    values, geometry = union(clots), measuring.image.geometry
    volume = geometry.volume_ml(values)
    low, high = boundary_band_ml(values, geometry, measuring.config.boundary_shift_px)
    step_low = sum(c.volume_ml - c.step_band_ml[0] for c in clots)
    step_high = sum(c.step_band_ml[1] - c.volume_ml for c in clots)
    lower = max(0.0, volume - float(np.hypot(volume - low, max(0.0, step_low))))
    upper = volume + float(np.hypot(high - volume, max(0.0, step_high)))
    moved = f"in-plane contours moved by {measuring.config.boundary_shift_px:g} pixel"
    if step_low or step_high:  # what a reader drew does not move with a threshold
        moved += " and the threshold by one step, combined in quadrature"
    words = f"{moved}; a plausible range, not a confidence interval"
    beside = [i for c in clots for i in c.issues]
    beside += size_issues(volume, values, geometry, measuring.config, measuring.limits)
    method = "; ".join(dict.fromkeys(c.mask.method for c in clots))
    measuring.add(name, volume, method, lower=lower, upper=upper, interval=words, issues=beside)


def _absent(measuring: _Measuring, name: str, searched: bool) -> None:
    if searched:
        measuring.add(name, 0.0, "looked for and not found")
    else:
        measuring.add(name, None, "nobody looked for it", status=Status.MISSING)


_OF_ICH = tuple(
    name for name in MEASURE_IDS if name.startswith("ich_") and name not in ("ich_volume", "ich_ivh_total_volume")
)
_VOLUMES = tuple(name for name in _OF_ICH if name.startswith("ich_volume"))


def _ich(measuring: _Measuring, clots: Sequence[Hematoma], searched: bool, abc2: Abc2 | None) -> None:
    if not clots:
        for name in _OF_ICH:
            if name in _VOLUMES or not searched:
                _absent(measuring, name, searched)
            else:
                measuring.add(name, None, "no clot")
        return
    values, geometry = union(clots), measuring.image.geometry
    beside = [i for c in clots for i in c.issues]
    shared = {"issues": beside}
    thresholds = ", ".join(f"{c.threshold_hu:.1f}" for c in clots)
    half = sum(c.half_maximum_ml for c in clots)
    words = (
        f"voxels above {thresholds} HU and below 100" if np.isfinite(half) else "drawn by a reader, without a threshold"
    )
    measuring.add("ich_volume_half_maximum", half if np.isfinite(half) else None, words, **shared)
    measuring.add("ich_volume_fixed_window", sum(c.fixed_window_ml for c in clots), "40 to 100 HU", **shared)
    _axes(measuring, abc2 or abc2_of_mask(values, geometry, measuring.limits), len(clots), shared)
    _density(measuring, values, shared)
    surface = surface_mm2(values, geometry)
    volume = geometry.volume_ml(values)
    index = irregularity_index(surface, volume) if np.isfinite(surface) else None
    measuring.add("ich_irregularity", index, "surface of the smoothed mask on a grid of 1 mm", **shared)


def _axes(measuring: _Measuring, abc2: Abc2 | None, count: int, shared: Mapping) -> None:
    names = {
        "ich_volume_abc2_kothari": {"weighted": True},
        "ich_volume_abc2_plain": {"weighted": False},
        "ich_volume_abc2_chord": {"weighted": True, "chord": True},
    }
    for name, how in names.items():
        b = abc2.b_chord_mm if how.get("chord") else abc2.b_caliper_mm
        c = abc2.c_kothari_mm if how["weighted"] else abc2.c_plain_mm
        weights = ", ".join(f"{w:g}" for w in abc2.weights)
        words = (
            f"A {abc2.a_mm:.1f} mm, B {b:.1f} mm on slice {abc2.slice_index + 1}, C {c:.1f} mm; "
            f"slices {abc2.slices[0] + 1} to {abc2.slices[-1] + 1}, weights {weights}"
        )
        words += f"; over {count} clots together" if count > 1 else ""
        measuring.add(name, abc2.volume_ml(**how), words, **shared)


def _density(measuring: _Measuring, values: np.ndarray, shared: Mapping) -> None:
    box = bounding_box(values)
    geometry = cropped(measuring.image.geometry, box)
    hu = np.asarray(measuring.image.values[box], np.float32)
    core = clot_core(values[box], geometry, HematomaConfig())
    inside = hu[values[box]]
    measuring.add("ich_hu_mean", float(inside.mean(dtype=float)), f"over {inside.size} voxels", **shared)
    spread = float(inside.std(ddof=1, dtype=float)) if inside.size > 1 else None
    measuring.add("ich_hu_sd", spread, f"over {inside.size} voxels, noise of the image included", **shared)
    smooth = smoothed_mm(hu, geometry, measuring.limits.density_smooth_mm)[core]
    low = smooth < np.median(smooth) - measuring.limits.density_low_hu
    share = 100 * float(low.mean())
    sign = "swirl sign" if share >= 100 * measuring.limits.swirl_share else "no swirl sign"
    measuring.add("ich_low_density_share", share, f"{sign}, a descriptor", **shared)


def _total(measuring: _Measuring) -> None:
    both = [m for m in measuring.found if m.id in ("ich_volume", "ivh_volume")]
    issues = [i for m in both for i in m.issues]
    if any(m.value is None for m in both):
        status = next(m.status for m in both if m.value is None)
        measuring.add("ich_ivh_total_volume", None, "one of the two has no number", status=status, issues=issues)
        return
    volume = sum(microliters(m.value) for m in both) / 1000
    below = np.hypot.reduce([m.value - (m.lower if m.lower is not None else m.value) for m in both])
    above = np.hypot.reduce([(m.upper if m.upper is not None else m.value) - m.value for m in both])
    more = {"lower": max(0.0, volume - float(below)), "upper": volume + float(above)} if volume else {}
    more |= {"interval": "ranges of both volumes, combined in quadrature"} if volume else {}
    measuring.add("ich_ivh_total_volume", volume, "sum of both", issues=issues, **more)


def _edema(measuring: _Measuring, edema: Mask | None) -> None:
    ich = next(m for m in measuring.found if m.id == "ich_volume")
    names = [m for m in MEASURE_IDS if m.startswith(EDEMA)]
    if edema is None or not ich.value:
        for name in names:
            status = Status.MISSING if edema is None and ich.value != 0 else Status.NOT_EVALUABLE
            measuring.add(
                name, None, "not looked for" if edema is None and ich.value != 0 else "no clot", status=status
            )
        return
    if any(issue.blocks for issue in edema.issues):
        for name in names:
            measuring.add(name, None, edema.method, status=Status.NOT_EVALUABLE, issues=edema.issues)
        return
    volume = edema.volume_ml
    shared = {"issues": edema.issues}
    found = _edema_range(edema, volume, measuring.config)
    measuring.add("edema_volume", volume, edema.method, **shared, **found)
    for name, formula, words in (
        ("edema_relative", relative_edema, "edema over ICH"),
        ("edema_extension_distance", edema_extension_mm, "of both volumes"),
    ):
        ends = {end: formula(found[end], ich.value) for end in ("lower", "upper") if found}
        more = {"interval": "range of the edema"} if found else {}
        measuring.add(name, formula(volume, ich.value), words, **shared, **ends, **more)


def _edema_range(edema: Mask, volume: float, config: MeasureConfig) -> dict:
    """Range of an edema: of its levels where it was found here, and of its contours."""
    if not volume:
        return {}
    low, high = boundary_band_ml(edema.values, edema.geometry, config.boundary_shift_px)
    words = f"in-plane contours moved by {config.boundary_shift_px:g} pixel"
    if edema.edited_by or "lower_ml" not in edema.parameters:
        return {"lower": low, "upper": high, "interval": words}
    below = np.hypot(volume - low, volume - min(volume, edema.parameters["lower_ml"]))
    above = np.hypot(high - volume, max(volume, edema.parameters["upper_ml"]) - volume)
    words = f"{edema.parameters['interval']}; {words}; combined in quadrature"
    return {"lower": max(0.0, volume - float(below)), "upper": volume + float(above), "interval": words}
