"""Frames of one DICOM series into groups that are one image or one series of images each.

A Series Instance UID is a promise that scanners and archives break. Groups are told apart by patient and study, matrix and color,
orientation (G12), derived maps among acquired images (F01), trace images beside directions, echo, and acquisitions that repeat
the same positions (G11). A time series or a series of b values is never split by acquisition.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig, AuditConfig, ClassifyConfig, ScanConfig
from ..errors import Issue, Level
from ..types import Directionality, Frame
from .classify import count_positions, frame_kind, is_trace


@dataclass(frozen=True)
class Group:
    """Frames that belong together.

    Args:
        frames: in stable order.
        issues: why the series was split, with the questions that this raises.
    """

    frames: tuple[Frame, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class _Limits:
    scan: ScanConfig
    audit: AuditConfig
    adc: AdcConfig
    roles: ClassifyConfig


def group_frames(
    frames: Sequence[Frame],
    file_keys: Sequence[Hashable],
    *,
    config: ScanConfig = ScanConfig(),
    audit_config: AuditConfig = AuditConfig(),
    adc_config: AdcConfig = AdcConfig(),
    roles_config: ClassifyConfig = ClassifyConfig(),
) -> tuple[Group, ...]:
    """Split the frames of one Series Instance UID.

    Args:
        frames: all frames, in any order.
        file_keys: by file index; files with different keys (patient, study, matrix, color) are never one group.

    Returns:
        Groups, acquired images first, larger before smaller.
    """
    limits = _Limits(config, audit_config, adc_config, roles_config)
    ordered = sorted(frames, key=frame_order)
    groups = _split(ordered, lambda frame: file_keys[frame.file])
    groups = [part for group in groups for part in _by_orientation(group, limits)]
    groups = [part for group in groups for part in _split(group, lambda frame: _kind(frame, limits))]
    groups = [part for group in groups for part in _by_trace(group, limits)]
    groups = [part for group in groups for part in _by_echo(group, limits)]
    groups = [part for group in groups for part in _by_acquisition(group, limits)]
    groups.sort(key=lambda group: (bool(_kind(group[0], limits)), -len(group), frame_order(group[0])))
    issues = _split_issues(groups, limits)
    return tuple(Group(tuple(group), issues) for group in groups)


def frame_order(frame: Frame) -> tuple:
    """Order that does not depend on names or order of files."""
    number = frame.instance_number if frame.instance_number is not None else -1
    return number, frame.sop_instance_uid, frame.index


def _split(frames: Sequence[Frame], key: Callable[[Frame], Hashable]) -> list[list[Frame]]:
    parts: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        parts[key(frame)].append(frame)
    return list(parts.values())


def _by_orientation(frames: Sequence[Frame], limits: _Limits) -> list[list[Frame]]:
    """Clusters of image orientations; each holds what differs from its first by no more than the tolerance."""
    distinct = sorted({frame.orientation for frame in frames if frame.orientation is not None})
    leaders: list[np.ndarray] = []
    cluster = {None: -1}
    for orientation in distinct:
        apart = [np.abs(leader - orientation).max() for leader in leaders]
        near = next((i for i, d in enumerate(apart) if d <= limits.audit.orientation_tolerance), None)
        if near is None:
            near = len(leaders)
            leaders.append(np.array(orientation))
        cluster[orientation] = near
    return _split(frames, lambda frame: cluster[frame.orientation])


def _kind(frame: Frame, limits: _Limits) -> str:
    """Kind of a frame; the b0 of GE stays an acquired image whatever its image type says (F03)."""
    if "LOCALIZER" in {part.upper() for part in frame.image_type}:
        return "localizer"
    ge_b0 = frame.b_tag.startswith("(0043,") and frame.b_value is not None
    return "" if ge_b0 and round(frame.b_value) <= limits.adc.b0_max else frame_kind(frame)


def _by_trace(frames: Sequence[Frame], limits: _Limits) -> list[list[Frame]]:
    """Weighted trace images apart from directional ones where both are there; b0 images stay with the directions."""
    weighted = [frame for frame in frames if frame.b_value is not None and round(frame.b_value) > limits.adc.b0_max]
    trace = [frame for frame in weighted if is_trace(frame)]
    if not trace or not any(_is_directional(frame) and not is_trace(frame) for frame in weighted):
        return [list(frames)]
    apart = set(map(id, trace))
    return [[frame for frame in frames if id(frame) not in apart], trace]


def _is_directional(frame: Frame) -> bool:
    return frame.direction is not None or frame.directionality == Directionality.DIRECTIONAL


def _by_echo(frames: Sequence[Frame], limits: _Limits) -> list[list[Frame]]:
    times = sorted({frame.extra["echo_time_ms"] for frame in frames if "echo_time_ms" in frame.extra})
    steps = np.diff(times) > limits.scan.echo_step_ms
    if not steps.any() or count_positions(frames)[1] < 2 or _is_diffusion(frames, limits):
        return [list(frames)]
    number = dict(zip(times, [0, *np.cumsum(steps).tolist()], strict=True))
    return _split(frames, lambda frame: number.get(frame.extra.get("echo_time_ms"), -1))


def _is_diffusion(frames: Sequence[Frame], limits: _Limits) -> bool:
    return any(frame.b_value is not None and round(frame.b_value) > limits.adc.b0_max for frame in frames)


def _by_acquisition(frames: Sequence[Frame], limits: _Limits) -> list[list[Frame]]:
    """Acquisitions apart where each covers its positions once and positions repeat; else together."""
    fewest, most = _repeats(frames)
    if most < 2 or fewest >= limits.roles.time_points or _is_diffusion(frames, limits):
        return [list(frames)]
    parts = _split(frames, lambda frame: frame.acquisition_number)
    if len(parts) < 2 or any(_repeats(part)[1] > 1 or len(part) < 2 for part in parts):
        return [list(frames)]
    return parts


def _repeats(frames: Sequence[Frame]) -> tuple[int, int]:
    """(smallest, largest) number of frames at one position; (0, 0) without positions."""
    counts: dict[tuple, int] = defaultdict(int)
    for frame in frames:
        if frame.position is not None:
            counts[tuple(round(x, 2) for x in frame.position)] += 1
    return (min(counts.values()), max(counts.values())) if counts else (0, 0)


def _split_issues(groups: Sequence[Sequence[Frame]], limits: _Limits) -> tuple[Issue, ...]:
    if len(groups) < 2:
        return ()
    issues = []
    acquired = [group for group in groups if not _kind(group[0], limits)]
    stacks: dict[tuple, int] = defaultdict(int)
    for group in acquired:
        stacks[_nearest(group[0].orientation, stacks, limits)] += count_positions(group)[0]
    if len(stacks) > 1:
        large = sum(n > limits.scan.orientation_slices for n in stacks.values())
        level = Level.ASK if large > 1 else Level.INFO
        found = f"{len(stacks)} orientations with {', '.join(str(n) for n in stacks.values())} slices"
        issues.append(Issue("G12", level, found, "one orientation", "each is a series of its own; say which is meant"))
    kinds = sorted({_kind(group[0], limits) for group in groups} - {""})
    if kinds and acquired:
        found = f"derived frames among acquired ones: {', '.join(kinds)}"
        issues.append(Issue("F01", Level.INFO, found, "a series of its own", "they were split off"))
    if _same_but_acquisition(acquired):
        found = f"{len(acquired)} acquisitions that repeat the same positions"
        issues.append(Issue("G11", Level.WARN, found, "one acquisition", "each is a series of its own"))
    return tuple(issues)


def _nearest(orientation: tuple | None, stacks: dict, limits: _Limits) -> tuple | None:
    if orientation is None:
        return None
    tolerance = limits.audit.orientation_tolerance
    known = [other for other in stacks if other is not None]
    return next((o for o in known if np.abs(np.subtract(o, orientation)).max() <= tolerance), orientation)


def _same_but_acquisition(groups: Sequence[Sequence[Frame]]) -> bool:
    if len(groups) < 2 or any(group[0].orientation is None for group in groups):
        return False
    numbers = [{frame.acquisition_number for frame in group} for group in groups]
    places = [{tuple(round(x, 2) for x in f.position) for f in group if f.position} for group in groups]
    return (
        all(len(n) == 1 for n in numbers)
        and len({min(n, key=str) for n in numbers}) > 1
        and bool(set.intersection(*places))
    )
