"""Passes: which series of a phantom scan are repeats of one protocol, and which must never be pooled.

A pass is one complete set of b values. Scanners write it as one series, or as one series for each b value (Siemens XA). Series of one
protocol form passes in the order of their acquisition; a new pass begins where a b value comes again. Passes of the same protocol,
grid and b values are one group.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..config import AdcConfig, ReadConfig
from ..dicomio.pairing import join
from ..dicomio.read import read_diffusion
from ..errors import Issue, Level, StrokeQuantError
from ..geometry import unit_normal
from ..types import DiffusionSeries, Directionality, Role, Series
from .protocol import protocol_of


@dataclass(frozen=True)
class PassPlan:
    """Series that make one pass.

    Args:
        series: in order of b.
        protocol: facts that the passes of a group share.
        start_s: time of day of its first image, None where no header says it.
        group: letter of the protocol group.
        number: of the pass within its group, from 1.
    """

    series: tuple[Series, ...]
    protocol: dict[str, Any]
    start_s: float | None
    group: str = ""
    number: int = 0


@dataclass(frozen=True, eq=False)
class Pass:
    """A pass with its images."""

    plan: PassPlan
    dwi: DiffusionSeries


def diffusion_series(series: Sequence[Series]) -> tuple[Series, ...]:
    """Acquired series with b values, whatever their role was taken for."""
    wanted = (Role.DWI, Role.PHANTOM, Role.OTHER)
    found = [s for s in series if s.kind == "dicom" and s.modality == "MR" and s.role in wanted and _b_values(s)]
    return tuple(sorted(found, key=_order))


def plan_passes(
    series: Sequence[Series], config: AdcConfig = AdcConfig()
) -> tuple[tuple[PassPlan, ...], tuple[Issue, ...]]:
    """Group series into passes, and passes into groups of one protocol.

    Returns:
        Passes by group and number; issues about series that belong to no pass.
    """
    by_protocol: dict[str, list[Series]] = {}
    protocols: dict[str, dict[str, Any]] = {}
    for one in diffusion_series(series):
        protocol = protocol_of(one)
        key = repr(sorted((name, value) for name, value in protocol.items() if name in _SAME)) + _grid_key(one)
        by_protocol.setdefault(key, []).append(one)
        protocols.setdefault(key, protocol)
    plans, issues = [], []
    for key, members in by_protocol.items():
        whole, rest = _bundles(members, config)
        plans += [PassPlan(tuple(bundle), protocols[key], _start(bundle)) for bundle in whole]
        issues += [_lonely(one) for one in rest]
    kept, twins = _without_twins(plans)
    return _numbered(kept), (*issues, *twins)


_SAME = ("repetition_time_ms", "echo_time_ms", "averages", "bandwidth_hz", "sequence", "parallel_factor", "thickness_mm", "spacing_mm", "phase_encoding")  # fmt: skip


def _b_values(series: Series) -> tuple[float, ...]:
    return tuple(sorted({round(f.b_value) for f in series.frames if f.b_value is not None}))


def _order(series: Series) -> tuple:
    number = str(series.header.get("series_number", "0"))
    return (_start([series]) or 0.0, int(number) if number.isdigit() else 0, series.key)


def _start(bundle: Sequence[Series]) -> float | None:
    for name in ("acquisition_time", "content_time"):
        times = [f.times[name] for s in bundle for f in s.frames if name in f.times]
        if times:
            return float(min(times))
    return None


def _grid_key(series: Series) -> str:
    first = series.frames[0]
    if first.orientation is None or not first.pixel_spacing:
        return "no grid"
    normal = np.round(np.abs(unit_normal(first.orientation)), 2).tolist()
    positions = {tuple(np.round(f.position, 1)) for f in series.frames if f.position is not None}
    return f"{series.shape} {np.round(first.pixel_spacing, 3).tolist()} {normal} {len(positions)}"


def _bundles(members: Sequence[Series], config: AdcConfig) -> tuple[list[list[Series]], list[Series]]:
    """Series that hold a pass alone, and those with one b value as passes; then what is left."""
    whole = [[s] for s in members if len(_b_values(s)) > 1]
    bundles: list[list[Series]] = []
    for one in (s for s in members if len(_b_values(s)) == 1):
        b = _b_values(one)
        if not bundles or b in {_b_values(s) for s in bundles[-1]}:
            bundles.append([])
        bundles[-1].append(one)
    whole += [b for b in bundles if len(b) > 1]
    return whole, [s for b in bundles if len(b) == 1 for s in b]


def _without_twins(plans: list[PassPlan]) -> tuple[list[PassPlan], list[Issue]]:
    """Passes without images that a scanner computed from those of another series: same start, same place."""
    kept: list[PassPlan] = []
    issues = []
    for plan in sorted(plans, key=lambda p: -sum(len(s.frames) for s in p.series)):
        twin = next((k for k in kept if _is_twin(k, plan)), None)
        if twin is None:
            kept.append(plan)
            continue
        found = f"same acquisition as {twin.series[0].label}"
        remedy = "the series with all its images is used"
        issues.append(Issue("Q07", Level.INFO, found, "every acquisition once", remedy, plan.series[0].label))
    return kept, issues


def _is_twin(one: PassPlan, other: PassPlan) -> bool:
    if one.start_s is None or other.start_s is None or abs(one.start_s - other.start_s) > 1.0:
        return False
    same_plane = _grid_key(one.series[0]) == _grid_key(other.series[0])
    return same_plane and {s.study_uid for s in one.series} == {s.study_uid for s in other.series}


def _lonely(series: Series) -> Issue:
    found = f"b {_b_values(series)[0]:g} s/mm2 alone"
    return Issue("Q07", Level.WARN, found, "two or more b values of one protocol", "it is not used", series.label)


def _numbered(plans: list[PassPlan]) -> tuple[PassPlan, ...]:
    plans.sort(key=lambda plan: (plan.start_s or 0.0, plan.series[0].key))
    keys: list[str] = []
    counts: dict[str, int] = {}
    out = []
    for plan in plans:
        b_values = sorted({b for s in plan.series for b in _b_values(s)})
        key = repr(
            (b_values, sorted((n, v) for n, v in plan.protocol.items() if n in _SAME), _grid_key(plan.series[0]))
        )
        if key not in keys:
            keys.append(key)
        counts[key] = counts.get(key, 0) + 1
        out.append(replace(plan, group=chr(ord("A") + min(keys.index(key), 25)), number=counts[key]))
    return tuple(sorted(out, key=lambda plan: (plan.group, plan.number)))


def read_pass(plan: PassPlan, *, config: ReadConfig = ReadConfig()) -> Pass:
    """Images of a pass on one grid.

    Raises:
        StrokeQuantError: a series cannot be read, or grids differ.
    """
    parts = sorted((read_diffusion(s, config=config) for s in plan.series), key=lambda d: float(np.min(d.b_values)))
    dwi = parts[0]
    for part in parts[1:]:
        dwi = join(dwi, part)
    return Pass(plan, dwi)


def split_repeats(found: Pass) -> tuple[Pass, ...]:
    """Passes of a series that repeats every b value as often: trace images, or each direction, that are there n times."""
    dwi = found.dwi
    keys = [
        (round(float(b)), kind is Directionality.NONE, tuple(np.nan_to_num(np.round(d, 2), nan=0.0).tolist()))
        for b, kind, d in zip(dwi.b_values, dwi.directionality, dwi.directions, strict=True)
    ]
    counts = {key: keys.count(key) for key in keys}
    repeats = set(counts.values())
    if len(repeats) != 1 or repeats == {1} or len({key[0] for key in keys}) < 2:
        return (found,)
    seen: dict[tuple, int] = {}
    members: dict[int, list[int]] = {}
    for n, key in enumerate(keys):
        members.setdefault(seen.get(key, 0), []).append(n)
        seen[key] = seen.get(key, 0) + 1
    return tuple(replace(found, dwi=_taken(dwi, chosen)) for chosen in members.values())


def _taken(dwi: DiffusionSeries, chosen: list[int]) -> DiffusionSeries:
    return replace(
        dwi,
        values=dwi.values[chosen],
        b_values=np.asarray(dwi.b_values)[chosen],
        b_tags=tuple(dwi.b_tags[n] for n in chosen),
        directions=np.asarray(dwi.directions)[chosen],
        directionality=tuple(dwi.directionality[n] for n in chosen),
        instance_uids=tuple(dwi.instance_uids[n] for n in chosen) if dwi.instance_uids else (),
    )


def read_passes(
    plans: Iterable[PassPlan], *, config: ReadConfig = ReadConfig()
) -> tuple[tuple[Pass, ...], tuple[Issue, ...]]:
    """All passes that can be read, numbered anew; the issues of those that cannot."""
    passes, issues = [], []
    for plan in plans:
        try:
            passes += split_repeats(read_pass(plan, config=config))
        except StrokeQuantError as error:
            issues += list(error.issues)
    counts: dict[str, int] = {}
    out = []
    for one in passes:
        counts[one.plan.group] = counts.get(one.plan.group, 0) + 1
        out.append(replace(one, plan=replace(one.plan, number=counts[one.plan.group])))
    return tuple(out), tuple(dict.fromkeys(issues))
