"""Stored values of a dynamic series: do they wrap around in time, and do they stick to the limit of what the file can hold?

A value that leaves the top of 16 bits comes back at the bottom: a curve that falls by 65536. Such a series is refused (T17). With
fewer bits it is warned about: there the edge of metal or of an eye can move as far. Values at the limit are clipped: where that
comes and goes within a curve, the curve is wrong (T18).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import Issue, Level
from ..perfusion_config import TimeConfig
from ..types import Frame
from .elements import integer
from .scaling import Scale

_SIXTEEN_BITS = 2**16 - 1


@dataclass(eq=False)
class StoredValues:
    """Watches the stored values of every slice while a series is decoded.

    Args:
        lowest, highest: extremes that were seen.
        limits: (lowest, highest) that Bits Stored can hold; None for floats or where files differ.
        clipped: slices with a value at the upper limit.
    """

    lowest: float = np.inf
    highest: float = -np.inf
    limits: tuple[int, int] | None = None
    clipped: set[tuple[int, int]] = field(default_factory=set)
    _file: int | None = None

    def see(self, frame: Frame, stored: np.ndarray, dataset: Any) -> None:
        """Take notice of one slice."""
        if frame.file != self._file:
            limits = _limits(stored, dataset)
            self.limits = limits if self._file is None or limits == self.limits else None
            self._file = frame.file
        high = float(stored.max())
        self.lowest, self.highest = min(self.lowest, float(stored.min())), max(self.highest, high)
        if self.limits and high >= self.limits[1]:
            self.clipped.add((frame.file, frame.index))


def _limits(stored: np.ndarray, dataset: Any) -> tuple[int, int] | None:
    bits = integer(dataset, "BitsStored")
    if stored.dtype.kind == "f" or not bits:
        return None
    signed = integer(dataset, "PixelRepresentation") == 1
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def stored_value_issues(
    seen: StoredValues,
    values: np.ndarray,
    images: Sequence[Sequence[Frame]],
    scale: Scale,
    subject: str,
    config: TimeConfig = TimeConfig(),
) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """Facts for the record, and T17, T18.

    Args:
        values: (t, k, j, i) after scaling.
        images: (t)(k) frames of the values.
    """
    facts: dict[str, Any] = {"stored_range": [seen.lowest, seen.highest]}
    if seen.limits is None:
        return facts, ()
    wrapped = _wrapped(seen, values, images, scale, config)
    at_limit, comes_and_goes = _clipped(seen, values, images, scale)
    facts |= {"wrapped_voxels": wrapped, "clipped_values": at_limit, "clipped_voxels_in_part": comes_and_goes}
    issues = []
    if wrapped:
        certain = wrapped >= config.wrap_voxels and seen.limits[1] - seen.limits[0] >= _SIXTEEN_BITS
        level = Level.STOP if certain else Level.WARN
        found = f"{wrapped} voxels whose stored values jump between {seen.limits[1]} and {seen.limits[0]} from frame to frame"
        remedy = "export the series with a rescale that fits; the values have left the range of the file"
        issues.append(Issue("T17", level, found, "curves without jumps of the whole range", remedy, subject))
    if at_limit:
        level = Level.WARN if comes_and_goes >= config.clipped_voxels else Level.INFO
        found = f"{at_limit} stored values at the limit {seen.limits[1]}; {comes_and_goes} voxels in some frames only"
        issues.append(
            Issue("T18", level, found, "values below the limit", "curves of such voxels are clipped", subject)
        )
    return facts, tuple(issues)


def _stored(values: np.ndarray, images, scale: Scale, k: int) -> np.ndarray:
    """(t, j, i) stored values of one slice, from its scaled ones."""
    factors = np.array([scale.of(row[k]) for row in images], dtype=np.float32)
    return (values[:, k] - factors[:, 1, None, None]) / factors[:, 0, None, None]


def _wrapped(seen: StoredValues, values: np.ndarray, images, scale: Scale, config: TimeConfig) -> int:
    """Voxels that step over the whole range of the stored bits between two frames."""
    low, high = seen.limits
    band = config.wrap_band * (high - low)
    if seen.highest < high - band or seen.lowest > low + band:
        return 0
    count = 0
    for k in range(values.shape[1]):
        stored = _stored(values, images, scale, k)
        top, bottom = stored >= high - band, stored <= low + band
        jumps = (top[:-1] & bottom[1:]) | (bottom[:-1] & top[1:])
        count += int(np.count_nonzero(jumps.any(axis=0)))
    return count


def _clipped(seen: StoredValues, values: np.ndarray, images, scale: Scale) -> tuple[int, int]:
    """(values at the upper limit, voxels that are there in some frames but not in all)."""
    total = in_part = 0
    slices = {k for row in images for k, frame in enumerate(row) if (frame.file, frame.index) in seen.clipped}
    for k in sorted(slices):
        at_limit = _stored(values, images, scale, k) > seen.limits[1] - 0.5
        frames = np.count_nonzero(at_limit, axis=0)
        total += int(frames.sum())
        in_part += int(np.count_nonzero((frames > 0) & (frames < len(values))))
    return total, in_part
