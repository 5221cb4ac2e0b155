"""Times: which header element tells when every image of a dynamic series was acquired, in order of trust.

Frame Acquisition DateTime, Temporal Position Time Offset and Frame Reference DateTime of enhanced images; Acquisition DateTime and
Acquisition Time; Trigger Time, what Philips writes instead of it, and Content Time with a warning. An element that is the same in all frames, or absent in some, gives way
to the next. One that repeats or decreases stops. Repetition Time is never a step between frames: it is only compared. All in s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import Issue, Level, ReadError
from ..perfusion_config import TimeConfig
from ..types import Frame

DAY_S = 86400.0
ASK_REMEDY = (
    "give the time of every frame in s (a file with one number per frame) or the step between frames (--frame-step)"
)


@dataclass(frozen=True, slots=True)
class TimeSource:
    """A header element that can hold the time of an image.

    Args:
        key: name in `Frame.times`.
        tag: element in words.
        of_slices: differences between the slices of one frame are differences of acquisition.
        certain: False where the number stands with a warning.
    """

    key: str
    tag: str
    of_slices: bool = True
    certain: bool = True


SOURCES = (
    TimeSource("frame_acquisition_datetime", "Frame Acquisition DateTime (0018,9074)"),
    TimeSource("temporal_offset", "Temporal Position Time Offset (0020,930D)"),
    TimeSource("frame_reference_datetime", "Frame Reference DateTime (0018,9151)"),
    TimeSource("acquisition_datetime", "Acquisition DateTime (0008,002A)"),
    TimeSource("acquisition_time", "Acquisition Time (0008,0032)"),
    TimeSource("trigger_time", "Trigger Time (0018,1060)", certain=False),
    TimeSource("nominal_trigger_delay", "Nominal Cardiac Trigger Delay Time (0020,9153)", certain=False),
    TimeSource("dynamic_begin", "Dynamic Scan Begin Time (2005,xxA0)", certain=False),
    TimeSource("content_time", "Content Time (0008,0033)", of_slices=False, certain=False),
)
"""Most trusted first."""

_ORDERS = (
    ("Temporal Position (0020,0100)", lambda frame: frame.extra.get("temporal_position")),
    ("Acquisition Number (0020,0012)", lambda frame: frame.acquisition_number),
    ("Instance Number (0020,0013)", lambda frame: frame.instance_number),
)


@dataclass(frozen=True, eq=False)
class Order:
    """What says in which order the images of a slice were made, apart from their times.

    Args:
        name: element in words, "" where none tells every image of a slice from the others.
        values: (n,) rank values of the images; zeros where there is none.
    """

    name: str
    values: np.ndarray


def order_of(frames: Sequence[Frame], slices: np.ndarray) -> Order:
    """The first element that tells all images of every slice apart.

    Args:
        slices: (n,) slice number of every frame.
    """
    for name, of in _ORDERS:
        values = [of(frame) for frame in frames]
        if None in values:
            continue
        ranks = np.array(values, dtype=float)
        if len(np.unique(np.stack([slices, ranks]), axis=1).T) == len(frames):
            return Order(name, ranks)
    return Order("", np.zeros(len(frames)))


def source_values(frames: Sequence[Frame], source: TimeSource) -> np.ndarray:
    """(n,) s, the midnight between two images taken out; NaN where an image lacks the element.

    A tile of a mosaic adds its own offset to the time of the file.
    """
    values = np.array([frame.times.get(source.key, np.nan) for frame in frames], dtype=float)
    known = np.isfinite(values)
    if known.any() and np.ptp(values[known]) > DAY_S / 2:
        values[values < values[known].max() - DAY_S / 2] += DAY_S
    if source.of_slices:
        values = values + np.array([frame.times.get("mosaic_offset", 0.0) for frame in frames])
    return values


def tag_of(source: TimeSource, frames: Sequence[Frame]) -> str:
    """Words for the element; a date and time that were joined are named by the time."""
    if source.key == "acquisition_datetime":
        apart = [
            abs((frame.times[source.key] - frame.times.get("acquisition_time", np.inf) + 1) % DAY_S - 1)
            for frame in frames
        ]
        if max(apart) < 1e-3:
            return "Acquisition Time (0008,0032)"
    return source.tag


def state_of(values: np.ndarray, slices: np.ndarray, order: Order) -> tuple[str, np.ndarray]:
    """What an element is good for.

    Returns:
        ("absent" | "in some frames only" | "constant" | "repeated" | "decreasing" | "good", sorted numbers of the images at fault).
    """
    known = np.isfinite(values)
    if not known.any():
        return "absent", np.flatnonzero(known)
    if not known.all():
        return "in some frames only", np.flatnonzero(~known)
    by = np.lexsort((order.values, slices)) if order.name else np.lexsort((values, slices))
    steps, within = np.diff(values[by]), np.diff(slices[by]) == 0
    if not (np.abs(steps[within]) > 0).any():
        return "constant", np.arange(0)
    for name, wrong in (("decreasing", steps < 0), ("repeated", steps == 0)):
        if (wrong & within).any():
            return name, np.sort(by[1:][wrong & within])
    return "good", np.arange(0)


def whole_seconds(values: np.ndarray) -> bool:
    """True where no value has a fraction of a second."""
    return bool((np.abs(values - np.round(values)) < 1e-6).all())


def no_times(found: Sequence[str], repetition_ms: float | None, subject: str) -> ReadError:
    """The question (T01) where no element tells the times."""
    words = "; ".join(found) or "no element with a time in any frame"
    if repetition_ms:
        words += f"; Repetition Time {repetition_ms:g} ms is not taken for the step"
    return ReadError(Issue("T01", Level.ASK, words, "a time for every frame", ASK_REMEDY, subject))


def disordered(tag: str, state: str, frames: Sequence[Frame], at: np.ndarray, order: Order, subject: str) -> ReadError:
    """The refusal (T03) of times that repeat or decrease."""
    named = [_name(frames[index]) for index in at[:4]]
    more = f" and {len(at) - 4} more" if len(at) > 4 else ""
    by = f" in the order of {order.name}" if order.name else ""
    found = f"{tag} is {state}{by} at {', '.join(named)}{more}"
    return ReadError(Issue("T03", Level.STOP, found, "times that rise from frame to frame", ASK_REMEDY, subject))


def _name(frame: Frame) -> str:
    temporal = frame.extra.get("temporal_position")
    if temporal is not None:
        return f"temporal position {temporal:g}"
    return f"instance {frame.instance_number}" if frame.instance_number is not None else f"image {frame.index + 1}"


def times_from_user(times_s: Sequence[float] | float, frames: int, subject: str) -> tuple[np.ndarray, str]:
    """Times after the first frame that a person gave, and how they are to be named.

    Args:
        times_s: one time per frame, or the step between frames.
        frames: number of frames.

    Returns:
        ((frames,) s, "times file" or "flag").

    Raises:
        ReadError: T03 where they do not rise or are no numbers, T11 where their number is not that of the frames.
    """
    given = np.asarray(times_s, dtype=float)
    if given.ndim == 0:
        if not (np.isfinite(given) and given > 0):
            raise ReadError(
                Issue("T03", Level.STOP, f"a step of {given:g} s", "a step above 0 s", "correct it", subject)
            )
        return np.arange(frames) * float(given), "flag"
    if given.shape != (frames,):
        found = f"{given.size} times for {frames} frames"
        raise ReadError(Issue("T11", Level.STOP, found, "one time per frame", "correct the file of times", subject))
    wrong = np.flatnonzero(~(np.diff(given) > 0))
    if len(wrong) or not np.isfinite(given).all():
        found = f"given times that do not rise after frame {wrong[0] + 1 if len(wrong) else frames}"
        raise ReadError(Issue("T03", Level.STOP, found, "rising numbers in s", "correct the file of times", subject))
    return given - given[0], "times file"


def read_times_file(path: Path) -> tuple[float, ...]:
    """Times in s of a text file: numbers separated by line feeds, blanks, tabs, commas or semicolons.

    Raises:
        ReadError: I01 where it cannot be opened, T03 where it holds anything but numbers.
    """
    path = Path(path)
    try:
        words = path.read_text("utf-8-sig").replace(",", " ").replace(";", " ").split()
    except (OSError, UnicodeDecodeError) as error:
        found = f"the file cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
        raise ReadError(Issue("I01", Level.STOP, found, "a text file", "check the path", path.name)) from None
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        expected = "numbers in s and nothing else"
        raise ReadError(
            Issue("T03", Level.STOP, "a word that is no number", expected, "correct the file", path.name)
        ) from None


def repetition_issue(
    step_s: float, repetition_ms: float | None, acquisition_type: str, subject: str, config: TimeConfig = TimeConfig()
) -> tuple[Issue, ...]:
    """T09 where Repetition Time is not the median step; a 3-D sequence has no such relation."""
    if not repetition_ms or acquisition_type.upper() == "3D" or not step_s > 0:
        return ()
    percent = 100 * abs(repetition_ms / 1000 / step_s - 1)
    if percent <= config.repetition_percent:
        return ()
    found = f"Repetition Time (0018,0080) {repetition_ms:g} ms, frames {step_s:.3f} s apart"
    remedy = "the frame times are used; check them against the protocol"
    return (Issue("T09", Level.WARN, found, "the same", remedy, subject),)
