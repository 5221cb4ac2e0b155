"""Stacks: frames into images, so that every image has every slice exactly once.

Slices are ordered by their position along the normal alone; Instance Number only tells repeats apart when nothing else does. One
image is one b value, one gradient direction and one repeat. What does not come out even is refused with the slice named: a
missing slice (G06), a slice that is there twice with different pixels (G07, decided by the reader of the pixels).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import ReadConfig
from ..errors import Issue, Level, ReadError
from ..geometry import unit_normal
from ..types import Directionality, Frame

_DIRECTIONALITY_ORDER = (
    Directionality.NONE,
    Directionality.UNKNOWN,
    Directionality.DIRECTIONAL,
    Directionality.ISOTROPIC,
)


@dataclass(frozen=True)
class Stack:
    """Frames of one series as images on one grid.

    Args:
        images: one tuple of frames per image, each in slice order.
        twins: (kept, dropped) frames of the same image and slice, to be compared pixel by pixel.
        unsure_repeats: groups of image indices that only their order tells apart, to be compared pixel by pixel.
    """

    images: tuple[tuple[Frame, ...], ...]
    twins: tuple[tuple[Frame, Frame], ...] = ()
    unsure_repeats: tuple[tuple[int, ...], ...] = ()

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Every frame that has to be decoded: of all images, and dropped twins."""
        return (*(frame for image in self.images for frame in image), *(dropped for _, dropped in self.twins))

    @property
    def first(self) -> tuple[Frame, ...]:
        """Frames of the first image, which stand for the grid."""
        return self.images[0]


def stack_frames(frames: Sequence[Frame], subject: str = "", config: ReadConfig = ReadConfig()) -> Stack:
    """Frames as complete images on one grid.

    Raises:
        ReadError: G00, G12 where the frames lie on no single grid; G06 where an image lacks a slice; G07 where repeats are uneven.
    """
    if not frames:
        raise _refusal("G00", "no frame with pixels", "at least one slice", "export the series again", subject)
    check_grid(frames, subject, config)
    slices = slice_numbers(frames, subject, config)
    images, twins, unsure = [], [], []
    for group in _groups(frames, config):
        parts, doubles, certain = _repeats(group, slices, subject)
        twins += doubles
        if not certain:
            unsure.append(parts)
        images += parts
    _check_complete(images, slices, frames, subject)
    order = sorted(range(len(images)), key=lambda index: _image_order(images[index]))
    rank = {id(images[index]): place for place, index in enumerate(order)}
    ordered = tuple(tuple(sorted(images[index], key=lambda frame: slices[frame_key(frame)])) for index in order)
    return Stack(ordered, tuple(twins), tuple(tuple(sorted(rank[id(part)] for part in parts)) for parts in unsure))


def frame_key(frame: Frame) -> tuple[int, int]:
    """What tells a frame from all others of its series."""
    return frame.file, frame.index


def _refusal(code: str, found: str, expected: str, remedy: str, subject: str, level: Level = Level.STOP) -> ReadError:
    return ReadError(Issue(code, level, found, expected, remedy, subject))


def check_grid(frames: Sequence[Frame], subject: str, config: ReadConfig) -> None:
    """Refuse frames without a place (G00), of several orientations (G12) or several pixel spacings (G00)."""
    bare = sum(frame.position is None or frame.orientation is None or frame.pixel_spacing is None for frame in frames)
    if bare:
        found = f"{bare} of {len(frames)} frames without position, orientation or pixel spacing"
        expected = "Image Position (0020,0032), Image Orientation (0020,0037) and Pixel Spacing (0028,0030)"
        raise _refusal("G00", found, expected, "export the series again with its geometry", subject)
    cosines = np.array([frame.orientation for frame in frames], dtype=float)
    spread = float(np.ptp(cosines, axis=0).max())
    if spread > config.orientation_same:
        found = f"orientations that differ by {spread:.4f}"
        raise _refusal("G12", found, "one orientation", "split the series by orientation", subject)
    spacing = np.array([frame.pixel_spacing for frame in frames], dtype=float)
    if (spacing <= 0).any() or (np.ptp(spacing, axis=0) > config.spacing_same * spacing.min(axis=0)).any():
        found = f"Pixel Spacing from {spacing.min():g} to {spacing.max():g} mm"
        raise _refusal("G00", found, "one Pixel Spacing above 0", "split the series by pixel spacing", subject)


def slice_numbers(frames: Sequence[Frame], subject: str, config: ReadConfig) -> dict[tuple[int, int], int]:
    """Slice number of every frame, counted along the normal."""
    positions = np.array([frame.position for frame in frames], dtype=float)
    normal = unit_normal(frames[0].orientation)
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    steps = np.diff(along[order], prepend=along[order[0]]) >= config.slice_same_mm
    numbers = np.empty(len(frames), dtype=int)
    numbers[order] = np.cumsum(steps)
    firsts = positions[order[np.searchsorted(numbers[order], np.arange(numbers.max() + 1))]]
    drift = float(np.linalg.norm(positions - firsts[numbers], axis=1).max())
    if drift > config.position_same_mm:
        found = f"frames of one slice that lie {drift:.2f} mm apart in its plane"
        raise _refusal("G00", found, "one grid for all images", "split the series by acquisition", subject)
    return {frame_key(frame): int(number) for frame, number in zip(frames, numbers, strict=True)}


def _groups(frames: Sequence[Frame], config: ReadConfig) -> list[list[Frame]]:
    """Frames that share b value, direction, echo time and kind of signal."""
    groups: list[list[Frame]] = []
    for frame in frames:
        home = next((group for group in groups if _same_weighting(group[0], frame, config)), None)
        if home is None:
            groups.append([frame])
        else:
            home.append(frame)
    return groups


def _same_weighting(a: Frame, b: Frame, config: ReadConfig) -> bool:
    return (
        a.directionality == b.directionality
        and _close((a.b_value,), (b.b_value,), config.b_same)
        and _close(a.direction, b.direction, config.direction_same)
        and _close(a.extra.get("gradient"), b.extra.get("gradient"), config.direction_same)
        and a.extra.get("echo_time_ms") == b.extra.get("echo_time_ms")
        and a.extra.get("complex_component") == b.extra.get("complex_component")
    )


def _close(a, b, tolerance: float) -> bool:
    if a is None or b is None or None in a or None in b:
        return a == b
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


_TELLING: tuple[Callable[[Frame], Any], ...] = (
    lambda frame: frame.extra.get("temporal_position"),
    lambda frame: frame.acquisition_number,
    lambda frame: frame.times.get("acquisition_datetime", frame.times.get("acquisition_time")),
    lambda frame: frame.times.get("frame_acquisition_datetime"),
    lambda frame: frame.image_type,
)
"""Header facts that tell repeats of one weighting apart, most telling first."""


def _repeats(group: list[Frame], slices: dict, subject: str):
    """(images, twins, certain): the repeats of one weighting; `certain` is False where only their order tells them apart."""
    counts = Counter(slices[frame_key(frame)] for frame in group)
    usual = min(Counter(counts.values()).most_common(), key=lambda item: (-item[1], item[0]))[0]
    doubled = [number for number, count in counts.items() if count > usual]
    if usual == 1:
        return _without_twins(group, slices)
    if doubled:
        found = f"{_weighting(group[0])}: slice {min(doubled) + 1} is there {counts[min(doubled)]} times, others {usual} times"
        raise _refusal(
            "G07", found, "every slice equally often", "remove the frames that are too many", subject, Level.ASK
        )
    for telling in _TELLING:
        parts = _parts(group, telling, usual, slices)
        if parts:
            return parts, [], True
    return _parts(group, lambda frame: frame.file, usual, slices) or _ranked(group, usual, slices), [], False


def _parts(group: list[Frame], telling: Callable[[Frame], Any], count: int, slices: dict) -> list[list[Frame]]:
    """Frames by a fact, [] where that does not make `count` parts without a repeated slice."""
    parts: dict[Any, list[Frame]] = {}
    for frame in group:
        parts.setdefault(telling(frame), []).append(frame)
    whole = all(len({slices[frame_key(frame)] for frame in part}) == len(part) for part in parts.values())
    return list(parts.values()) if len(parts) == count and whole else []


def _ranked(group: list[Frame], count: int, slices: dict) -> list[list[Frame]]:
    """Repeats by their order at each slice."""
    by_slice: dict[int, list[Frame]] = {}
    for frame in sorted(group, key=_frame_order):
        by_slice.setdefault(slices[frame_key(frame)], []).append(frame)
    return [[frames[rank] for frames in by_slice.values() if rank < len(frames)] for rank in range(count)]


def _without_twins(group: list[Frame], slices: dict):
    kept: dict[int, Frame] = {}
    twins = []
    for frame in sorted(group, key=_frame_order):
        first = kept.setdefault(slices[frame_key(frame)], frame)
        if first is not frame:
            twins.append((first, frame))
    return [list(kept.values())], twins, True


def _frame_order(frame: Frame) -> tuple:
    return (
        frame.extra.get("temporal_position") or 0,
        frame.acquisition_number or 0,
        frame.instance_number or 0,
        frame.file,
        frame.index,
    )


def _image_order(image: list[Frame]) -> tuple:
    frame = min(image, key=_frame_order)
    b_value = -1.0 if frame.b_value is None else frame.b_value
    return (
        round(b_value),
        _DIRECTIONALITY_ORDER.index(frame.directionality),
        _frame_order(frame),
        b_value,
        frame.direction or (),
    )


def _check_complete(images: list[list[Frame]], slices: dict, frames: Sequence[Frame], subject: str) -> None:
    """Every image must have every slice that any image has."""
    everything = set(slices.values())
    normal = unit_normal(frames[0].orientation)
    positions = {slices[frame_key(frame)]: float(np.dot(frame.position, normal)) for frame in frames}
    words = []
    for image in images:
        missing = sorted(everything - {slices[frame_key(frame)] for frame in image})
        if missing:
            where = ", ".join(f"{number + 1} at {positions[number]:.2f} mm" for number in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            words.append(f"{_weighting(image[0])} lacks slice {where}{more}")
    if words:
        rest = f"; {len(words) - 3} more images are incomplete" if len(words) > 3 else ""
        expected = f"{len(everything)} slices in each of {len(images)} images"
        remedy = "find the missing files or frames, or export the series again"
        raise _refusal("G06", "; ".join(words[:3]) + rest, expected, remedy, subject)


def _weighting(frame: Frame) -> str:
    """b value and direction in words."""
    b_value = "the image" if frame.b_value is None else f"b {frame.b_value:g}"
    if frame.direction is None:
        return b_value
    return f"{b_value}, direction ({', '.join(f'{part:.3f}' for part in frame.direction)})"
