"""ACR CT phantom: CT numbers, linearity, uniformity, noise, contrast, lengths and pose from one series.

The module with the inserts is found by the pattern of their CT numbers along a ring, at any roll and mirrored too; the module with the beads by the
beads; nothing rests on slice numbers. Slice thickness, bar patterns and low contrast: `ct_details`.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..acr_config import AcrCtConfig
from ..errors import Issue, Level
from ..phantom_types import Insert, InsertPlacement, PhantomDefinition, PhantomMeasurement, PhantomPose
from ..statistics.linearity import linearity
from ..types import InputRef, Volume
from .analysis import Analysis, measured, not_computed
from .ct_details import CT_DETAILS, ct_details, module_4, region_of
from .ct_pose import CtFound
from .plane import Plane, crossings, disc_of, fit_circle, lean_deg, plane_of, polar, rigid_fit, rotation

_METRICS = (
    "hu_slope",
    "hu_offset",
    "hu_r2",
    "hu_uniformity",
    "hu_uniformity_outer",
    "ct_noise",
    "ct_cnr",
    "ct_bb_distance",
    "ct_diameter",
    "ct_roll",
)


def analyze_acr_ct(
    volume: Volume,
    phantom: PhantomDefinition,
    *,
    config: AcrCtConfig = AcrCtConfig(),
    placements: Mapping[str, tuple[float, float, float]] | None = None,
    thickness_mm: float | None = None,
) -> Analysis:
    """Measure an ACR CT phantom.

    Args:
        volume: in HU.
        phantom: registry entry of the kind acr_ct.
        placements: label -> LPS mm, where a person puts an insert of module 1; the others stay where they were found.
        thickness_mm: of the slices as the header has it; None where it says none.

    Returns:
        Every metric, with its value or the reason why there is none; Q01 where the phantom is not in the images.
    """
    inputs = (volume.source,) if volume.source else ()
    if volume.unit != "[hnsf'U]":
        return _refused(phantom, inputs, _issue("Q01", f"images in {volume.unit}", "CT numbers in HU"))
    found, problem = _find(volume, phantom, config)
    if found is None:
        return _refused(phantom, inputs, problem)
    found, said = _moved(volume, phantom, found, placements or {})
    said = (*said, *_unsound(volume, phantom, found, config))
    details, regions = ct_details(volume, phantom, found, thickness_mm, config)
    measurements = [
        *_inserts(volume, phantom, found, inputs),
        *_uniformity(volume, phantom, found, inputs, config),
        _contrast(volume, phantom, found, inputs, config),
        _beads(volume, phantom, found, inputs, config),
        measured("ct_diameter", 2 * found.radius, inputs=inputs),
        measured("ct_roll", found.roll_deg, inputs=inputs),
        *details,
    ]
    pose = _pose(volume, found)
    return Analysis(
        tuple(measurements),
        pose,
        (*_placements(volume, phantom, found), *regions),
        (*_pose_issues(found, config), *said),
    )


def _moved(
    volume: Volume, phantom: PhantomDefinition, found: CtFound, placements: Mapping[str, tuple[float, float, float]]
) -> tuple[CtFound, tuple[Issue, ...]]:
    """The pose with inserts of module 1 where a person puts them; those of other modules follow the pose."""
    geometry = volume.geometry
    own = {i.label for i in phantom.inserts if "hu" in i.traits}
    placed = {}
    for label in sorted(own & set(placements)):
        away = np.asarray(placements[label], float) - geometry.slice_origins[found.modules[1][0]]
        steps = np.linalg.lstsq(geometry.affine[:3, :3], away, rcond=None)[0]
        placed[label] = steps[:2] * np.asarray(geometry.pixel_spacing)
    if not placed:
        return found, ()
    issue = Issue(
        "Q04", Level.INFO, f"{', '.join(placed)} placed by a person", "", "the placements are part of the record"
    )
    return replace(found, placed=placed), (issue,)


def _issue(code: str, found: str, expected: str, level: Level = Level.STOP) -> Issue:
    return Issue(code, level, found, expected, "look at the images: phantom, field of view, slices", "ACR CT phantom")


def _refused(phantom: PhantomDefinition, inputs: tuple[InputRef, ...], issue: Issue) -> Analysis:
    rods = [i for i in phantom.inserts if "hu" in i.traits]
    measurements = [not_computed("hu", issue, rod.label, inputs=inputs) for rod in rods]
    measurements += [not_computed(name, issue, inputs=inputs) for name in (*_METRICS, *CT_DETAILS)]
    return Analysis(tuple(measurements), issues=(issue,))


def _find(volume: Volume, phantom: PhantomDefinition, config: AcrCtConfig) -> tuple[CtFound | None, Issue | None]:
    """The phantom in the images, or why it is not there."""
    circle = _body(volume, phantom, config)
    if circle is None:
        return None, _issue("Q01", "no round body of this size", f"a diameter of {phantom.lengths_mm['diameter']:g} mm")
    center, radius, tilt = circle
    if not _is_whole(volume, center, config):
        expected = f"every pixel within {config.needed_mm:g} mm of the center"
        return None, _issue("Q74", "the images cut the phantom, or hold pixels without value", expected)
    best, angle, mirrored, scores = _pattern(volume, phantom, center, config)
    if best < config.pattern_min:
        found = f"inserts of module 1 not found (correlation {best:.2f})"
        return None, _issue("Q74", found, f"at least {config.pattern_min:g}")
    first = _central(_run_around(scores >= max(config.pattern_min, 0.9 * best), int(np.argmax(scores))), config.slices)
    rough = CtFound(center, radius, angle, mirrored, 0.0, best, {1: first})
    found = _refined(volume, phantom, rough, config)
    return replace(found, modules=_modules(volume, phantom, found, config), tilt_deg=tilt), None


def _body(volume: Volume, phantom: PhantomDefinition, config: AcrCtConfig) -> tuple[np.ndarray, float, float] | None:
    """Center and radius of the body in mm of the image, medians over slices, and the lean of its axis in degrees."""
    nominal = phantom.lengths_mm["diameter"] / 2
    circles, positions = [], []
    for k in range(volume.values.shape[0]):
        plane = plane_of(volume.values, volume.geometry, k)
        plane = Plane(np.nan_to_num(plane.values, nan=-1000.0, posinf=3000.0, neginf=-1000.0), plane.spacing)
        body = plane.values > config.body_hu
        if body.mean() < 0.02:
            continue
        rows, columns = (np.median(np.flatnonzero(body.any(axis=axis))) for axis in (1, 0))
        circle = _circle(plane, np.array([columns * plane.spacing[0], rows * plane.spacing[1]]), nominal, config)
        if circle is not None:
            circles.append(circle)
            positions.append(float(volume.geometry.positions[k]))
    if not circles:
        return None
    x, y, radius = np.median(np.array(circles), axis=0)
    return np.array([x, y]), float(radius), lean_deg(np.array(positions), np.array(circles)[:, :2])


def _is_whole(volume: Volume, center: np.ndarray, config: AcrCtConfig) -> bool:
    """True where the images hold the body but for its rim, with a number in every pixel."""
    (_, rows, columns), (dx, dy) = volume.geometry.shape, volume.geometry.pixel_spacing
    room = min(center[0], center[1], (columns - 1) * dx - center[0], (rows - 1) * dy - center[1])
    if room < config.needed_mm:
        return False
    box, inside = disc_of((rows, columns), (dx, dy), center, config.needed_mm)
    return bool(np.isfinite(volume.values[(slice(None), *box)][:, inside]).all())


def _circle(plane: Plane, center: np.ndarray, nominal: float, config: AcrCtConfig) -> tuple[float, ...] | None:
    """(x, y, radius) of the border; None where it is not round or not of this size."""
    angles = np.arange(config.rays) * 360 / config.rays
    step = 0.25
    for reach in (4 * config.outside_mm, config.outside_mm):
        radii = np.arange(nominal - reach, nominal + reach, step)
        profiles = plane.at(center + polar(radii[None], angles[:, None]))
        edge = radii[0] + step * crossings(profiles, config.body_hu)
        seen = np.isfinite(edge)
        if seen.sum() < config.rays / 2:
            return None
        center, radius, _ = fit_circle(center + polar(edge[seen], angles[seen]), config.trimmed)
    off = abs(radius / nominal - 1) * 100
    return (*center, radius) if off <= config.diameter_percent else None


def _pattern(volume: Volume, phantom: PhantomDefinition, center: np.ndarray, config: AcrCtConfig):
    """Best correlation of the ring of inserts, its angle, whether mirrored, and the correlation of every slice there."""
    angles = np.arange(0, 360, 1.0)
    rods = [i for i in phantom.inserts if "hu" in i.traits]
    ring = float(np.hypot(*rods[0].center_mm[:2]))
    radii = np.linspace(ring - config.pattern_half_mm, ring + config.pattern_half_mm, 9)
    points = center + polar(radii[:, None], angles[None])
    rings = np.stack(
        [plane_of(volume.values, volume.geometry, k).at(points).mean(axis=0) for k in range(volume.values.shape[0])]
    )
    rings = _standardized(rings)
    best = (-1.0, 0.0, False, np.zeros(len(rings)))
    for mirrored in (False, True):
        template = _standardized(_template(rods, points - center, mirrored).mean(axis=0)[None])[0]
        spectrum = np.fft.rfft(rings, axis=1) * np.conj(np.fft.rfft(template))
        scores = np.fft.irfft(spectrum, n=len(angles), axis=1) / len(angles)
        k, shift = np.unravel_index(int(np.argmax(scores)), scores.shape)
        if scores[k, shift] > best[0]:
            angle = float((shift + 180) % 360 - 180)
            best = (float(scores[k, shift]), angle, mirrored, scores[:, shift])
    return best


def _template(rods: list[Insert], points: np.ndarray, mirrored: bool) -> np.ndarray:
    image = np.zeros(points.shape[:-1])
    for rod in rods:
        x, y, _ = rod.center_mm
        inside = np.hypot(points[..., 0] - (-x if mirrored else x), points[..., 1] - y) <= rod.radius_mm
        image[inside] = rod.value
    return image


def _standardized(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    sd = rows.std(axis=1, keepdims=True)
    return np.divide(rows, sd, out=np.zeros_like(rows), where=sd > 1e-6)


def _run_around(good: np.ndarray, best: int) -> tuple[int, ...]:
    """Slices that hold together around the best one."""
    first = last = best
    while first > 0 and good[first - 1]:
        first -= 1
    while last + 1 < len(good) and good[last + 1]:
        last += 1
    return tuple(range(first, last + 1))


def _central(slices: tuple[int, ...], count: int) -> tuple[int, ...]:
    """At most `count` slices in the middle; the outer ones may be mixed with the next module."""
    left = max(0, len(slices) - count)
    return slices[left // 2 : left // 2 + count]


def _refined(volume: Volume, phantom: PhantomDefinition, rough: CtFound, config: AcrCtConfig) -> CtFound:
    """Roll and center by the centroids of the inserts that stand out."""
    plane = plane_of(volume.values, volume.geometry, slice(rough.modules[1][0], rough.modules[1][-1] + 1))
    rods = [i for i in phantom.inserts if "hu" in i.traits and abs(i.value) > config.bead_hu]
    nominal = np.array([(-r.center_mm[0] if rough.mirrored else r.center_mm[0], r.center_mm[1]) for r in rods])
    found = rough
    for _ in range(2):
        places = [found.place(rod) for rod in rods]
        centroids = np.array([_centroid(plane, place, config) for place in places])
        weights = np.sqrt(np.abs([rod.value for rod in rods]))
        angle, shift, residual = rigid_fit(nominal, centroids, weights)
        found = replace(found, roll_deg=angle, center=shift, residual=residual)
    return found


def _centroid(plane: Plane, place: np.ndarray, config: AcrCtConfig) -> np.ndarray:
    """Centroid above or below the ring around the insert."""
    around = polar(config.search_mm, np.arange(0, 360, 5.0)) + place
    return plane.centroid(place, config.search_mm, float(np.median(plane.at(around))))


def _modules(
    volume: Volume, phantom: PhantomDefinition, found: CtFound, config: AcrCtConfig
) -> dict[int, tuple[int, ...]]:
    """Slices of module 1, of module 3 by its beads, and of module 2 half-way between."""
    positions = volume.geometry.positions
    middle = float(np.mean(positions[list(found.modules[1])]))
    low, high = config.between_mm
    seen = np.zeros(len(positions), bool)
    strength = np.zeros(len(positions))
    for k, position in enumerate(positions):
        if low <= abs(position - middle) <= high:
            strength[k] = min(_bead_strengths(plane_of(volume.values, volume.geometry, k), phantom, found, config))
            seen[k] = strength[k] >= config.bead_hu
    modules = dict(found.modules)
    if seen.any():
        modules[3] = _central(_run_around(seen, int(np.argmax(strength))), config.slices)
        half = (middle + float(np.mean(positions[list(modules[3])]))) / 2
        nearest = np.sort(np.argsort(np.abs(positions - half), kind="stable")[: config.slices])
        modules[2] = tuple(int(k) for k in nearest)
        modules |= module_4(volume, phantom, replace(found, modules=modules), config)
    return modules


def _bead_strengths(plane: Plane, phantom: PhantomDefinition, found: CtFound, config: AcrCtConfig) -> list[float]:
    """How far each bead stands out of its surroundings."""
    strengths = []
    for bead in (i for i in phantom.inserts if "bead" in i.traits):
        place = found.place(bead)
        around = plane.at(place + polar(2 * config.bead_mm, np.arange(0, 360, 10.0)))
        strengths.append(float(plane.disc(place, config.bead_mm).max() - np.median(around)))
    return strengths


def _absent(metric: str, module: int, inputs: tuple[InputRef, ...]) -> PhantomMeasurement:
    issue = _issue("Q74", f"module {module} not found", "slices over the whole phantom")
    return not_computed(metric, issue, inputs=inputs)


def _roi(volume: Volume, found: CtFound, module: int, center: np.ndarray, radius: float) -> np.ndarray:
    """(slices, pixels) of a disc in the slices of a module."""
    planes = [plane_of(volume.values, volume.geometry, k) for k in found.modules[module]]
    return np.stack([plane.disc(center, radius) for plane in planes]).astype(float)


def _inserts(volume, phantom, found: CtFound, inputs) -> list[PhantomMeasurement]:
    """CT number and bias of every insert, and the line of measured on nominal over all of them."""
    numbers, rods = [], [i for i in phantom.inserts if "hu" in i.traits]
    regions = [_roi(volume, found, 1, found.place(rod), rod.roi_radius_mm) for rod in rods]
    means = []
    for rod, region in zip(rods, regions, strict=True):
        means.append(float(region.mean()))
        more = {"reference": rod.value, "n": region.size, "inputs": inputs}
        numbers.append(measured("hu", means[-1], rod.label, **more))
        numbers.append(measured("hu_bias", means[-1] - rod.value, rod.label, **more))
    line = linearity([rod.value for rod in rods], means)
    numbers.append(measured("hu_slope", line.slope.value, n=len(rods), inputs=inputs))
    numbers.append(measured("hu_offset", line.intercept.value, n=len(rods), inputs=inputs))
    numbers.append(measured("hu_r2", line.r2, n=len(rods), inputs=inputs))
    return numbers


def _unsound(volume: Volume, phantom: PhantomDefinition, found: CtFound, config: AcrCtConfig) -> list[Issue]:
    """Inserts whose numbers mean nothing: clipped values, a bubble."""
    rods = [i for i in phantom.inserts if "hu" in i.traits]
    regions = [_roi(volume, found, 1, found.place(rod), rod.roi_radius_mm) for rod in rods]
    low, high = float(np.nanmin(volume.values)), float(np.nanmax(volume.values))
    spread = [float(region.std()) for region in regions]
    issues = []
    for n, (rod, region) in enumerate(zip(rods, regions, strict=True)):
        clipped = 100 * max(float((region >= high).mean()), 0.0)
        floor = 100 * float((region <= low).mean())
        usual = float(np.median([sd for m, sd in enumerate(spread) if m != n]))
        if clipped > config.clipped_percent or floor > config.floor_percent:
            words = f"{rod.label}: {max(clipped, floor):.1f} % of the region at the {'largest' if clipped > config.clipped_percent else 'smallest'} value"
            issues.append(_issue("Q05", words, "no clipped voxel"))
        elif spread[n] > max(config.uneven_times * usual, config.uneven_hu):
            words = f"{rod.label}: SD {spread[n]:.0f} HU in its region, {usual:.0f} in the others"
            issues.append(_issue("Q06", words, "even inserts: look for an air bubble"))
    return issues


def _uniformity(volume, phantom, found: CtFound, inputs, config: AcrCtConfig) -> list[PhantomMeasurement]:
    """Edge against center at two radii, and noise."""
    names = ("hu_uniformity", "hu_uniformity_outer", "ct_noise")
    if 3 not in found.modules:
        return [_absent(name, 3, inputs) for name in names]
    middle = phantom.insert("center")
    region = _roi(volume, found, 3, found.place(middle), middle.roi_radius_mm)
    numbers = []
    edges = [i for i in phantom.inserts if "edge" in i.traits]
    for name, radius in ((names[0], "edge_radius"), (names[1], "outer_edge_radius")):
        scale = phantom.lengths_mm[radius] / phantom.lengths_mm["edge_radius"]
        moved = [replace(e, center_mm=(e.center_mm[0] * scale, e.center_mm[1] * scale, None)) for e in edges]
        means = [_roi(volume, found, 3, found.place(e), e.roi_radius_mm).mean() for e in moved]
        method = f"four regions of {2 * edges[0].roi_radius_mm:g} mm at {phantom.lengths_mm[radius]:g} mm"
        value = float(np.abs(np.array(means) - region.mean()).max())
        numbers.append(measured(name, value, method=method, n=region.size, inputs=inputs))
    noise = float(region.std(axis=1, ddof=1).mean())
    return [*numbers, measured("ct_noise", noise, n=region.size, inputs=inputs)]


def _contrast(volume, phantom, found: CtFound, inputs, config: AcrCtConfig) -> PhantomMeasurement:
    """Contrast to noise of the 25 mm cylinder, mean over slices."""
    if 2 not in found.modules:
        return _absent("ct_cnr", 2, inputs)
    rods = [phantom.insert("low contrast"), phantom.insert("low contrast background")]
    inside, outside = (_roi(volume, found, 2, found.place(r), r.roi_radius_mm) for r in rods)
    ratios = np.abs(inside.mean(axis=1) - outside.mean(axis=1)) / outside.std(axis=1, ddof=1)
    return measured("ct_cnr", float(ratios.mean()), n=outside.size, inputs=inputs)


def _beads(volume, phantom, found: CtFound, inputs, config: AcrCtConfig) -> PhantomMeasurement:
    """Distance of the beads between their centroids."""
    if 3 not in found.modules:
        return _absent("ct_bb_distance", 3, inputs)
    chosen = found.modules[3]
    plane = plane_of(volume.values, volume.geometry, slice(chosen[0], chosen[-1] + 1))
    ends = []
    for bead in (i for i in phantom.inserts if "bead" in i.traits):
        place = found.place(bead)
        for _ in range(3):
            around = plane.at(place + polar(config.bead_mm, np.arange(0, 360, 10.0)))
            place = plane.centroid(place, config.bead_mm, float(np.median(around)))
        ends.append(place)
    distance = float(np.linalg.norm(ends[1] - ends[0]))
    uncertainty = config.bead_uncertainty_mm
    return measured("ct_bb_distance", distance, uncertainty=uncertainty, reference=100.0, inputs=inputs)


def _pose(volume: Volume, found: CtFound) -> PhantomPose:
    geometry = volume.geometry
    dx, dy = geometry.pixel_spacing
    along_i, along_j = geometry.affine[:3, 0] / dx, geometry.affine[:3, 1] / dy
    k = found.modules[1][len(found.modules[1]) // 2]
    center = geometry.slice_origins[k] + along_i * found.center[0] + along_j * found.center[1]
    turn = rotation(found.roll_deg)
    x, y = (along_i * turn[0, n] + along_j * turn[1, n] for n in (0, 1))
    x = -x if found.mirrored else x
    axis = geometry.normal
    if 3 in found.modules and found.modules[3][0] < k:
        axis = -axis
    axes = np.column_stack([x, y, axis])
    return PhantomPose(center, axes, found.correlation, found.residual, "inserts of module 1", found.roll_deg)


def _placements(volume: Volume, phantom: PhantomDefinition, found: CtFound) -> tuple[InsertPlacement, ...]:
    """Where every insert lies and which voxels were measured; bar patterns have placements of their own."""
    return tuple(
        region_of(volume, insert.module or 1, found, insert.label, found.place(insert), insert.roi_radius_mm)
        for insert in phantom.inserts
        if found.modules.get(insert.module or 1) and "bars" not in insert.traits
    )


def _pose_issues(found: CtFound, config: AcrCtConfig) -> tuple[Issue, ...]:
    issues = []
    if found.tilt_deg > config.tilt_note_deg:
        level = Level.STOP if found.tilt_deg > config.tilt_stop_deg else Level.WARN
        issues.append(_issue("Q75", f"leans by {found.tilt_deg:.1f}°", f"up to {config.tilt_note_deg:g}°", level))
    if abs(found.roll_deg) > config.roll_note_deg:
        limit = f"up to {config.roll_note_deg:g}°"
        issues.append(_issue("Q75", f"rolled by {found.roll_deg:.1f}°; followed", limit, Level.INFO))
    if found.mirrored:
        issues.append(_issue("Q75", "left and right changed; followed", "the usual orientation", Level.INFO))
    return tuple(issues)
