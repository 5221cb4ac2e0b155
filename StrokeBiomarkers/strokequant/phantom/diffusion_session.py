"""A session with a diffusion phantom: series -> passes -> vials -> numbers, with every reason why a number may not be judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..config import AdcConfig, ReadConfig
from ..diffusion_phantom_config import FaultConfig, PoseConfig, VialConfig
from ..errors import Issue, Level, StrokeQuantError
from ..geometry import Geometry
from ..maps.adc import compute_adc
from ..phantom_types import (
    Insert,
    InsertPlacement,
    PhantomDefinition,
    PhantomMeasurement,
    PhantomPose,
    PhantomSession,
    ScannerState,
)
from ..types import InputRef, Role, Series
from .diffusion_faults import fault_issues
from .diffusion_measures import (
    GroupData,
    Numbers,
    certified_values,
    explanation_of,
    linearity_numbers,
    repeat_numbers,
    snr_numbers,
    spatial_numbers,
    thermal_numbers,
    thermal_of,
    vial_numbers,
)
from .epi_displacement import displacement_numbers
from .ghosts import ghost_percent
from .passes import Pass, plan_passes, read_passes
from .protocol_check import conformance, conformance_issue, facts_for, load_protocols
from .scanner import scanner_state
from .shells import Shells, shells_of
from .snr import direction_percent, snr_of
from .vial_pose import VialPose, find_pose, vials_of
from .vial_signals import VialSignal, clipped_at, region, signal_floor, vial_signals


@dataclass(frozen=True)
class Stated:
    """What the operator says about a session.

    Args:
        temperature_c: of the phantom during the scan; None where nobody said one.
        serial: read from the phantom.
        observations: defects that were seen.
        placements: label -> LPS mm, where a person puts a vial.
    """

    temperature_c: float | None = None
    temperature_source: str = ""
    serial: str = ""
    observations: tuple[str, ...] = ()
    placements: Mapping[str, tuple[float, float, float]] | None = None


@dataclass(frozen=True)
class DiffusionSettings:
    """Numbers of the analysis, by stage."""

    pose: PoseConfig = PoseConfig()
    vial: VialConfig = VialConfig()
    fault: FaultConfig = FaultConfig()
    read: ReadConfig = ReadConfig()
    adc: AdcConfig = AdcConfig()


@dataclass(frozen=True, eq=False)
class _Group:
    """Passes of one protocol with their vials; `searched` is the pose before a person moved any."""

    passes: tuple[Pass, ...]
    shells: tuple[Shells, ...]
    pose: VialPose
    searched: VialPose
    masks: dict[str, np.ndarray]
    data: GroupData
    sigma: float


def analyze_diffusion(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    stated: Stated = Stated(),
    *,
    settings: DiffusionSettings = DiffusionSettings(),
) -> PhantomSession:
    """Measure a session; what cannot be measured is said in its issues, never raised.

    Args:
        series: of one scan of the phantom.
        phantom: of the registry.
    """
    passes, issues = open_passes(series, settings=settings)
    return analyze_passes(passes, phantom, stated, series=series, issues=issues, settings=settings)


def open_passes(
    series: Sequence[Series],
    *,
    settings: DiffusionSettings = DiffusionSettings(),
    stage: Callable[[str], None] = lambda text: None,
) -> tuple[tuple[Pass, ...], tuple[Issue, ...]]:
    """Passes of a session with their images, and what is wrong with those that cannot be read.

    Args:
        stage: called with "read" before every pass; may raise to stop.
    """
    plans, issues = plan_passes(series, settings.adc)

    def told():
        for plan in plans:
            stage("read")
            yield plan

    passes, read_issues = read_passes(told(), config=settings.read)
    issues += read_issues
    return passes, issues if passes else (*issues, _no_images(series))


def analyze_passes(
    passes: Sequence[Pass],
    phantom: PhantomDefinition,
    stated: Stated = Stated(),
    *,
    series: Sequence[Series] = (),
    issues: tuple[Issue, ...] = (),
    settings: DiffusionSettings = DiffusionSettings(),
    find: Callable[..., VialPose | None] = find_pose,
) -> PhantomSession:
    """The same from passes that are read already.

    Args:
        series: of the study, among which an undistorted one is looked for.
        issues: what was noticed before.
        find: search of the vials, called as `find_pose`; one that remembers what it found makes a second measurement of the same passes quick.
    """
    vials = vials_of(phantom.inserts)
    groups: list[_Group] = []
    near = None
    for letter in sorted({p.plan.group for p in passes}):
        members = tuple(p for p in passes if p.plan.group == letter)
        try:
            group, found = _group(members, vials, stated, settings, partial(find, near=near))
        except StrokeQuantError as error:
            group, found = None, tuple(error.issues)
        issues += found
        if group is not None:
            groups.append(group)
            near = near or group.searched
    if groups:
        issues = tuple(_beside(issue) for issue in issues)
    measurements: list[PhantomMeasurement] = []
    for group in groups:
        numbers, found = _numbers(group, stated, settings)
        measurements += numbers
        issues += found
    if groups:
        found, said = displacement_numbers(series, groups[0].pose, groups[0].data.group, vials, settings)
        measurements += found
        issues += said
    if len(groups) > 1:
        words = f"{len(groups)} protocols, {', '.join(str(len(g.passes)) for g in groups)} passes"
        issues += (Issue("Q18", Level.INFO, words, "", "each has its own repeatability; they are never pooled"),)
    return _session(series, phantom, stated, groups, passes, tuple(measurements), issues, settings)


def _beside(issue: Issue) -> Issue:
    """A protocol group without phantom stops nothing where another group shows it."""
    return replace(issue, level=Level.WARN) if issue.code == "Q01" else issue


def _no_images(series: Sequence[Series]) -> Issue:
    found = f"{len(series)} series, none with two or more b values of one protocol"
    return Issue(
        "Q01", Level.STOP, found, "diffusion-weighted images of the phantom", "name the folder of the phantom scan"
    )


def _group(members: tuple[Pass, ...], vials, stated: Stated, settings: DiffusionSettings, find):
    """Pose from the first pass; None with the reason where there is no phantom."""
    shells = tuple(shells_of(p.dwi, settings.adc) for p in members)
    pose = find(shells[0], vials, settings.pose)
    if pose is None:
        return None, (_not_found(members[0], vials),)
    searched, issues = pose, pose.issues
    if stated.placements:
        pose = pose.moved(dict(stated.placements))
        found = f"{', '.join(sorted(stated.placements))} placed by a person"
        issues += (Issue("Q04", Level.INFO, found, "", "the placements file is part of the record"),)
    geometry = shells[0].geometry
    masks = {
        label: region(geometry, center, pose.axis_lps, settings.vial)
        for label, center in zip(pose.labels, pose.centers_lps, strict=True)
    }
    floors = [s for s in (signal_floor(p.dwi, settings.adc) for p in members) if s > 0]
    sigma = float(np.median(floors)) if floors else 0.0
    signals = tuple(_signals(p, s, pose, masks, sigma, settings) for p, s in zip(members, shells, strict=True))
    starts = np.array([np.nan if p.plan.start_s is None else p.plan.start_s / 60 for p in members])
    data = GroupData(
        members[0].plan.group,
        tuple(vials),
        signals,
        starts - starts[0],
        shells[0].b_values,
        np.linalg.norm(pose.centers_lps, axis=1),
        snr_of([s.values[0] for s in shells], [masks[label] for label in pose.labels]),
        direction_percent(members[0].dwi, [masks[label] for label in pose.labels]),
    )
    return _Group(members, shells, pose, searched, masks, data, sigma), issues


def _signals(one: Pass, shells: Shells, pose, masks, sigma, settings: DiffusionSettings) -> tuple[VialSignal, ...]:
    bits = one.plan.series[0].header.get("bits_stored")
    top = clipped_at(one.dwi, int(bits) if bits else None)
    return vial_signals(shells, pose, masks, sigma, top, settings.vial)


def _not_found(one: Pass, vials: Sequence[Insert]) -> Issue:
    what = "no single even tube of water" if len(vials) == 1 else f"no pattern of {len(vials)} vials"
    found = f"pass {one.plan.number} of protocol {one.plan.group} shows {what}"
    expected = "the phantom that was named, within the images"
    remedy = "a patient, another phantom, or a part of it? Look at the images, name the right phantom, or scan again"
    return Issue("Q01", Level.STOP, found, expected, remedy, one.plan.series[0].label)


def _numbers(group: _Group, stated: Stated, settings: DiffusionSettings):
    data, temperature = group.data, stated.temperature_c
    certified = certified_values(data.vials, temperature)
    bad = bad_vials(group.data, group.sigma, settings.vial)
    known = temperature is not None and any(c.value is not None for c in certified)
    sound = replace(data, signals=tuple(tuple(_without(s, bad) for s in one) for one in data.signals))
    explanation = explanation_of(sound, certified, temperature, settings.fault) if known else None
    thermal = thermal_of(sound, explanation, temperature, settings.fault, settings.vial)
    numbers = Numbers(data, certified)
    vial_numbers(numbers, thermal, bad)
    repeat_numbers(numbers, bad)
    snr_numbers(numbers, bad)
    linearity_numbers(numbers, bad, thermal.isothermal)
    spatial_numbers(numbers, thermal, bad)
    thermal_numbers(numbers, thermal, temperature, explanation[0] if explanation else None)
    ghost = ghost_percent(group.shells[0], group.passes[0].plan.protocol.get("phase_encoding"))
    numbers.add("ghost_percent", ghost)
    issues = [issue for found in bad.values() for issue in found]
    issues += fault_issues(numbers, sound, thermal, explanation, certified, ghost, bad, settings.fault)
    return numbers.found, tuple(dict.fromkeys(issues))


def _without(signal: VialSignal, bad: Mapping[str, Any]) -> VialSignal:
    return replace(signal, adc=float("nan"), adc_clean=float("nan")) if signal.label in bad else signal


def bad_vials(data: GroupData, sigma: float, config: VialConfig = VialConfig()) -> dict[str, tuple[Issue, ...]]:
    """Vials whose numbers mean nothing, with the reason: cut off, saturated, a bubble, no signal."""
    out: dict[str, list[Issue]] = {}
    for one in data.signals:
        for s in one:
            issues = out.setdefault(s.label, [])
            if s.voxels < config.least_share * s.wanted:
                found = f"{s.voxels} of {s.wanted:.0f} voxels of the region are in the images"
                issues.append(Issue("Q74", Level.STOP, found, "the whole vial", "scan all of the phantom", s.label))
                continue
            if s.saturated_percent > config.saturated_percent:
                found = f"{s.saturated_percent:.1f} % of the region at the largest stored value"
                issues.append(
                    Issue("Q05", Level.STOP, found, "no clipped voxel", "lower the receiver gain or the scale", s.label)
                )
            noise = sigma / s.means[0] if s.means[0] > 0 else 0.0
            if not s.uneven <= config.bubble_cv + 3 * noise:
                found = f"signal at b 0 varies by {100 * s.uneven:.0f} % in the region"
                issues.append(
                    Issue(
                        "Q06",
                        Level.STOP,
                        found,
                        "even signal",
                        "look for an air bubble; tap the vial, or move the region",
                        s.label,
                    )
                )
            if s.used.sum() < 2:
                issues.append(
                    Issue(
                        "Q14",
                        Level.STOP,
                        "fewer than two b values above the noise",
                        "two",
                        "more averages, smaller b",
                        s.label,
                    )
                )
    return {
        label: tuple({issue.code: issue for issue in reversed(issues)}.values())
        for label, issues in out.items()
        if issues
    }


def _session(
    series, phantom, stated, groups, passes, measurements, issues, settings: DiffusionSettings
) -> PhantomSession:
    first = passes[0].plan.series[0] if passes else (series[0] if series else None)
    state = scanner_state(first) if first else scanner_state(_NOTHING)
    keeping = _conformance(passes, state)
    said = conformance_issue(keeping, first.label if first else "")
    issues = issues if said is None else (*issues, said)
    date, time = when_scanned(first)
    geometry = groups[0].shells[0].geometry if groups else (passes[0].dwi.geometry if passes else None)
    return PhantomSession(
        phantom,
        state,
        date,
        measurements,
        temperature_c=stated.temperature_c,
        temperature_source=stated.temperature_source,
        serial_seen=stated.serial,
        pose=_pose(groups),
        placements=_placements(groups, settings.vial) if groups else (),
        observations=stated.observations,
        issues=tuple(dict.fromkeys(issues)),
        inputs=_inputs(passes),
        protocol=dict(passes[0].plan.protocol) | {"groups": _group_facts(passes), "conformance": keeping}
        if passes
        else {},
        geometry=geometry,
        images=_images(groups, passes, settings.adc),
        time=time,
    )


def _conformance(passes: Sequence[Pass], state: ScannerState) -> list[dict[str, Any]]:
    """How the first pass keeps to every protocol of the profile."""
    if not passes:
        return []
    first = passes[0]
    facts = facts_for(first.plan.protocol, first.dwi.b_values, state.coil, state.equipment.field_strength_t)
    return conformance(facts, tuple(load_protocols().values()))


_NOTHING = Series("", "", "MR", Role.OTHER, (), ())


def _pose(groups: Sequence[_Group]) -> PhantomPose | None:
    return replace(groups[0].pose.pose, issues=groups[0].pose.issues) if groups else None


def when_scanned(series: Series | None) -> tuple[str, str]:
    """Date, ISO, and time of day of a scan; empty where its header has none."""
    if series is None:
        return "", ""
    date = str(series.header.get("acquisition_date") or series.header.get("study_date") or "")
    times = [f.times["acquisition_time"] for f in series.frames if "acquisition_time" in f.times]
    seconds = int(min(times)) if times else None
    clock = "" if seconds is None else f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return (f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else ""), clock


def _placements(groups: Sequence[_Group], config: VialConfig) -> tuple[InsertPlacement, ...]:
    g = groups[0]
    geometry: Geometry = g.shells[0].geometry
    return tuple(
        InsertPlacement(label, tuple(float(v) for v in center), config.roi_mm, g.masks[label], geometry)
        for label, center in zip(g.pose.labels, g.pose.centers_lps, strict=True)
    )


def _inputs(passes: Sequence[Pass]) -> tuple[InputRef, ...]:
    refs = [ref for p in passes for ref in (p.dwi.source, *p.dwi.other_sources) if ref is not None]
    return tuple(sorted(dict.fromkeys(refs), key=lambda ref: ref.uid))


def _group_facts(passes: Sequence[Pass]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for p in passes:
        entry = facts.setdefault(p.plan.group, {"passes": 0, "series": [], "b_values": [], "protocol": p.plan.protocol})
        entry["passes"] += 1
        entry["series"] += [s.key for s in p.plan.series]
        entry["b_values"] = sorted({round(float(b), 1) for b in p.dwi.b_values})
    return facts


def _images(groups: Sequence[_Group], passes: Sequence[Pass], config: AdcConfig) -> dict[str, np.ndarray]:
    """b 0 and ADC for the pages."""
    if not passes:
        return {}
    dwi = passes[0].dwi
    if not groups:
        return {"b0": dwi.values[0]}
    every = replace(config, b_core_target=float(np.max(dwi.b_values)), b_core_stop=config.b_core_stop)
    return {"b0": groups[0].shells[0].values[0], "adc": compute_adc(dwi, config=every).values}
