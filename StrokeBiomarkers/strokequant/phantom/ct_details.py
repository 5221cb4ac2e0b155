"""What of the ACR CT phantom is read beside CT numbers: slice thickness by ramps, bar patterns, detectable contrast."""

from dataclasses import replace

import numpy as np

from ..acr_config import AcrCtConfig
from ..errors import Issue, Level
from ..phantom_types import InsertPlacement, PhantomDefinition, PhantomMeasurement
from ..types import Volume
from .analysis import measured, not_computed
from .ct_bars import BarReading, read_bars
from .ct_contrast import detectable_contrast
from .ct_pose import CtFound
from .ct_ramps import Ramp, find_ramps
from .plane import Plane, disc_of, plane_of, polar, strip_of

CT_DETAILS = (
    "ct_slice_thickness",
    "ct_slice_thickness_error",
    "ct_resolution",
    "ct_mtf50",
    "ct_detectable_contrast",
    "ct_smallest_rod",
)


def ct_details(
    volume: Volume, phantom: PhantomDefinition, found: CtFound, thickness_mm: float | None, config: AcrCtConfig
) -> tuple[list[PhantomMeasurement], tuple[InsertPlacement, ...]]:
    """Every metric of `CT_DETAILS`, with its value or the reason, and the regions of ramps and patterns."""
    inputs = {"inputs": (volume.source,) if volume.source else ()}
    ramps, regions = _thickness(volume, phantom, found, thickness_mm, inputs, config)
    bars, patterns = _bars(volume, phantom, found, inputs, config)
    return [*ramps, *bars, *_contrast(volume, phantom, found, inputs, config)], (*regions, *patterns)


def _absent(metric: str, what: str, inputs: dict) -> PhantomMeasurement:
    remedy = "scan all modules, or look at the images"
    issue = Issue("Q74", Level.INFO, what, "the part of the phantom", remedy, "ACR CT phantom")
    return not_computed(metric, issue, **inputs)


def _thickness(volume, phantom, found: CtFound, header_mm, inputs: dict, config: AcrCtConfig):
    """Mean over both ramps of every slice of module 1 that shows both whole."""
    rods = [(*i.center_mm[:2], i.radius_mm) for i in phantom.inserts if "hu" in i.traits]
    seen: dict[int, tuple[Ramp, ...]] = {}
    for k in _middle_of(volume, found.modules[1]):
        ramps = find_ramps(plane_of(volume.values, volume.geometry, k), found.frame, rods, config)
        if len(ramps) == 2:
            seen[k] = ramps
    why = "" if seen else "no two rows of wires in module 1"
    if seen and not _true_wires(seen, volume, config):
        why = "the rows of wires do not move from slice to slice as their distance asks for; pixels too wide for them"
    if why:
        return [_absent(name, why, inputs) for name in CT_DETAILS[:2]], ()
    seen = _centered(seen, config)
    width = float(np.mean([ramp.thickness_mm for ramps in seen.values() for ramp in ramps]))
    counts = "; ".join(" and ".join(str(ramp.wires) for ramp in ramps) for ramps in seen.values())
    facts = {
        "uncertainty": config.ramp_uncertainty_mm,
        "method": f"wires in both rows: {counts}",
        "n": len(seen),
    } | inputs
    numbers = [measured("ct_slice_thickness", width, reference=header_mm, **facts)]
    if header_mm:
        numbers.append(measured("ct_slice_thickness_error", width - header_mm, **facts))
    else:
        numbers.append(_absent("ct_slice_thickness_error", "no Slice Thickness in the header", inputs))
    k = next(iter(seen))
    return numbers, tuple(_region(volume, found, k, ramp) for ramp in seen[k])


def _true_wires(seen: dict[int, tuple[Ramp, ...]], volume: Volume, config: AcrCtConfig) -> bool:
    """False where wires are aliased by the pixels: a row moves by one wire for each 0.5 mm along the axis, whatever the image makes of its wires."""
    slices = sorted(seen)
    pitches = [r.pitch_mm for ramps in seen.values() for r in ramps if r.wires > 2]
    if not pitches:
        return True
    if len(slices) < 2:
        return max(volume.geometry.pixel_spacing) <= config.ramp_single_mm
    z = volume.geometry.positions[slices]
    moves = [abs(np.polyfit(z, [sum(seen[k][row].x_mm) / 2 for k in slices], 1)[0]) * 0.5 for row in (0, 1)]
    return abs(float(np.mean(moves)) / float(np.median(pitches)) - 1) <= config.ramp_uneven


def _centered(seen: dict[int, tuple[Ramp, ...]], config: AcrCtConfig) -> dict[int, tuple[Ramp, ...]]:
    """The slice whose rows lie most nearly in the middle of the ramps, and others that are near it: a ramp ends somewhere."""
    if not seen:
        return {}
    off = {k: max(abs(sum(ramp.x_mm) / 2) for ramp in ramps) for k, ramps in seen.items()}
    least = min(off.values())
    return {k: ramps for k, ramps in seen.items() if off[k] <= max(least, config.ramp_center_mm)}


def _middle_of(volume: Volume, slices: tuple[int, ...]) -> tuple[int, ...]:
    """Slices of module 1, those in the middle first."""
    return tuple(sorted(slices, key=lambda k: (abs(k - np.mean(slices)), k)))


def _region(volume: Volume, found: CtFound, k: int, ramp: Ramp) -> InsertPlacement:
    """Voxels of a row of wires."""
    geometry = volume.geometry
    dx, dy = geometry.pixel_spacing
    ends = found.frame(np.array([(x, ramp.y_mm) for x in ramp.x_mm]))
    mask = np.zeros(geometry.shape, bool)
    mask[k] = strip_of(geometry.shape[1:], geometry.pixel_spacing, *ends, 2.0)
    middle = ends.mean(axis=0)
    along_i, along_j = geometry.affine[:3, 0] / dx, geometry.affine[:3, 1] / dy
    center = tuple(float(v) for v in geometry.slice_origins[k] + along_i * middle[0] + along_j * middle[1])
    return InsertPlacement(
        f"ramp {'top' if ramp.y_mm < 0 else 'bottom'}",
        center,
        max(2.0, float(np.hypot(*(ends[1] - ends[0]))) / 2),
        mask,
        geometry,
    )


def module_4(
    volume: Volume, phantom: PhantomDefinition, found: CtFound, config: AcrCtConfig
) -> dict[int, tuple[int, ...]]:
    """Slices of the bar patterns, beyond the module with the beads; none where they are not there."""
    sites = [i for i in phantom.inserts if "bars" in i.traits]
    if not sites or 3 not in found.modules:
        return {}
    positions = volume.geometry.positions
    first, third = (float(np.mean(positions[list(found.modules[n])])) for n in (1, 3))
    strength = np.zeros(len(positions))
    for k in np.flatnonzero((positions - third) * np.sign(third - first) > 0):
        plane = plane_of(volume.values, volume.geometry, int(k))
        body = np.median([plane.disc(point, 3.0).mean() for point in _between(found, sites)])
        strength[k] = min(float(plane.disc(found.place(i), config.bar_mm / 2).mean()) for i in sites) - body
    good = np.flatnonzero(strength >= max(config.bar_hu / 2, 0.8 * strength.max()))
    if not len(good):
        return {}
    left = max(0, len(good) - config.slices) // 2
    return {4: tuple(int(k) for k in good[left : left + config.slices])}


def _between(found: CtFound, sites) -> np.ndarray:
    """(m, 2) mm of the image half-way between neighboring patterns."""
    radius = float(np.hypot(*sites[0].center_mm[:2]))
    angles = sorted(float(np.degrees(np.arctan2(i.center_mm[1], i.center_mm[0]))) for i in sites)
    return found.frame(polar(radius, np.array(angles) + 180 / len(angles)))


def _bars(volume, phantom, found: CtFound, inputs: dict, config: AcrCtConfig):
    names = ("ct_resolution", "ct_mtf50")
    sites = [i for i in phantom.inserts if "bars" in i.traits]
    sites.sort(key=lambda i: float(np.arctan2(i.center_mm[1], i.center_mm[0])))
    if not sites or 4 not in found.modules:
        return [_absent(name, "module 4 not found", inputs) for name in names], ()
    noise = _mean_plane(volume, found.modules[3])
    places = np.array([found.place(i) for i in sites])
    plane = _mean_plane(volume, found.modules[4])
    reading = read_bars(plane, places, _between(found, sites), [i.value for i in sites], noise, config)
    if reading is None:
        return [_absent(name, "no bars in module 4", inputs) for name in names], ()
    regions = tuple(
        region_of(volume, 4, found, f"bars {f:g}", place, config.bar_mm)
        for f, place in zip(reading.pairs_per_cm, places[reading.sites], strict=True)
    )
    facts = {"method": f"transfer {_listed(reading)}{_turned(reading)}", "n": len(sites)} | inputs
    half = reading.frequency_at(0.5)
    why = "the transfer does not cross 50 % between the patterns"
    mtf = _absent("ct_mtf50", why, inputs) if half is None else measured("ct_mtf50", half, **facts)
    return [measured("ct_resolution", reading.finest, **facts), mtf], regions


def region_of(
    volume: Volume, module: int, found: CtFound, label: str, place: np.ndarray, radius_mm: float
) -> InsertPlacement:
    """A disc in the slices of a module."""
    geometry, chosen = volume.geometry, found.modules[module]
    dx, dy = geometry.pixel_spacing
    box, inside = disc_of(geometry.shape[1:], geometry.pixel_spacing, place, radius_mm)
    mask = np.zeros(geometry.shape, bool)
    for k in chosen:
        mask[k][box] = inside
    steps = geometry.affine[:3, 0] / dx * place[0] + geometry.affine[:3, 1] / dy * place[1]
    center = tuple(float(v) for v in geometry.slice_origins[chosen[len(chosen) // 2]] + steps)
    return InsertPlacement(label, center, radius_mm, mask, geometry)


def _listed(reading: BarReading) -> str:
    return ", ".join(f"{f:g}/cm {t:.2f}" for f, t in zip(reading.pairs_per_cm, reading.transfer, strict=True))


def _turned(reading: BarReading) -> str:
    return "" if reading.step == (0, 1) else "; patterns in another order than in the registry"


def _mean_plane(volume: Volume, slices: tuple[int, ...]) -> Plane:
    return plane_of(volume.values, volume.geometry, slice(slices[0], slices[-1] + 1))


def _contrast(volume, phantom, found: CtFound, inputs: dict, config: AcrCtConfig) -> list[PhantomMeasurement]:
    """Contrast that a rod of 6 mm needs, and the smallest rod of 6 HU that is told from noise."""
    if 3 not in found.modules:
        return [_absent(name, "module 3 not found", inputs) for name in CT_DETAILS[4:]]
    planes = [plane_of(volume.values, volume.geometry, k) for k in found.modules[3]]
    beads = [found.place(replace(i, label="")) for i in phantom.inserts if "bead" in i.traits]
    needed = {d: detectable_contrast(planes, found.center, config.contrast_radius_mm, d, beads) for d in config.rods_mm}
    told = [d for d, contrast in needed.items() if contrast <= config.contrast_hu]
    method = ", ".join(f"{d:g} mm {contrast:.1f} HU" for d, contrast in needed.items())
    first = measured("ct_detectable_contrast", needed[config.contrast_disc_mm], method=method, **inputs)
    if told:
        return [first, measured("ct_smallest_rod", min(told), method=method, **inputs)]
    reason = f"no rod of {config.contrast_hu:g} HU is told from noise ({method})"
    return [first, _absent("ct_smallest_rod", reason, inputs)]
