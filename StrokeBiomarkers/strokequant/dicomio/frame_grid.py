"""Frame grid: the images of a dynamic series by frame and slice, each with its own time.

Images are ranked by time at every slice position on its own, so that slices may be imaged one after the other, at different table
positions, or in passes to and fro. A frame that lacks a slice is left out, more than one is refused; two images of one slice at one
time are compared when they are read. What the times cannot be is refused with the element named (T01 to T12). Times in s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..config import ReadConfig
from ..errors import Issue, Level, ReadError
from ..geometry import unit_normal
from ..perfusion_config import TimeConfig
from ..types import Frame, Role, Series
from .stacks import check_grid, frame_key, slice_numbers
from .times import (
    SOURCES,
    Order,
    TimeSource,
    disordered,
    no_times,
    order_of,
    repetition_issue,
    source_values,
    state_of,
    tag_of,
    times_from_user,
    whole_seconds,
)


@dataclass(frozen=True, eq=False)
class FrameGrid:
    """Images of a dynamic series on one grid in space and time.

    Args:
        frames: (t)(k) header facts, frames by time, slices along the normal.
        times_s: (t, k) s; the mean of the first frame is 0.
        tag: element that the times came from, "times file" or "flag".
        twins: (kept, dropped) images of one slice at one time, to be compared pixel by pixel.
        missing: numbers from 0, counted with the missing ones, of frames that are not there or lack a slice.
        repeated: numbers from 0 of frames with an image that is there twice.
        issues: T codes; none of them blocks.
    """

    frames: tuple[tuple[Frame, ...], ...]
    times_s: np.ndarray
    tag: str
    twins: tuple[tuple[Frame, Frame], ...] = ()
    missing: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(eq=False)
class _Work:
    """What is known while the grid is made: images without twins, their slices and order."""

    series: Series
    frames: list[Frame]
    slices: np.ndarray
    order: Order
    config: TimeConfig
    issues: list[Issue] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)
    holes: set[int] = field(default_factory=set)

    def note(self, code: str, found: str, expected: str, remedy: str, level: Level = Level.WARN) -> None:
        self.issues.append(Issue(code, level, found, expected, remedy, self.series.label))

    def refusal(self, code: str, found: str, expected: str, remedy: str) -> ReadError:
        return ReadError(Issue(code, Level.STOP, found, expected, remedy, self.series.label))


def frame_grid(
    series: Series,
    *,
    times_s: Sequence[float] | float | None = None,
    config: ReadConfig = ReadConfig(),
    time_config: TimeConfig = TimeConfig(),
) -> FrameGrid:
    """Frames of a DICOM series by time and slice.

    Args:
        series: role DSC or CTP, or one that was joined of several.
        times_s: one time per frame or the step between frames, where a person gives them; stronger than the header.

    Raises:
        ReadError: G00, G12 where the slices form no grid; T01, T03, T06, T11 where frames or times do not fit.
    """
    check_grid(series.frames, series.label, config)
    numbers = slice_numbers(series.frames, series.label, config)
    slices = np.array([numbers[frame_key(frame)] for frame in series.frames])
    frames, slices, twins = _without_twins(series.frames, slices)
    work = _Work(series, frames, slices, order_of(frames, slices), time_config)
    rows, times, source, tag = _given(work, times_s) if times_s is not None else _from_headers(work)
    _check_counts(work, len(rows))
    _check_slice_times(work, times, source)
    work.issues += repetition_issue(
        float(np.median(np.diff(times.mean(axis=1)))) if len(times) > 1 else 0.0,
        series.header.get("repetition_time_ms"),
        str(series.header.get("acquisition_type", "")),
        series.label,
        time_config,
    )
    ordered = tuple(tuple(frames[index] for index in row) for row in rows)
    repeated = _note_twins(work, ordered, twins)
    times = times - times[0].mean()
    missing = tuple(sorted(work.missing | work.holes))
    return FrameGrid(ordered, times, tag, twins, missing, repeated, tuple(work.issues))


def _without_twins(frames: Sequence[Frame], slices: np.ndarray):
    """Frames without second copies: images of one slice that agree in every time, temporal position and acquisition number.

    Where so many agree that times are simply not told, none is a copy.
    """
    first: dict[tuple, int] = {}
    kept, twins = [], []
    copies = 0
    for n in sorted(range(len(frames)), key=lambda n: (frames[n].instance_number or 0, frame_key(frames[n]))):
        frame = frames[n]
        key = (
            int(slices[n]), frame.extra.get("temporal_position"), frame.acquisition_number, tuple(sorted(frame.times.items())),
        )  # fmt: skip
        if first.setdefault(key, n) == n:
            kept.append(n)
        else:
            copies += 1
            twins.append((frames[first[key]], frame))
    told = bool(frames[0].times) and copies <= len(kept)
    if not told:
        return list(frames), slices, ()
    kept.sort()
    return [frames[n] for n in kept], slices[kept], tuple(twins)


def _from_headers(work: _Work) -> tuple[np.ndarray, np.ndarray, TimeSource, str]:
    """(t, k) image numbers, (t, k) times, the element and its words: the first element in order of trust that fits."""
    notes: list[str] = []
    coarse = fault = None
    for source in SOURCES:
        values = source_values(work.frames, source)
        state, at = state_of(values, work.slices, work.order)
        if state == "absent":
            continue
        tag = tag_of(source, work.frames) if state != "in some frames only" else source.tag
        if state in ("constant", "in some frames only"):
            words = "the same in all frames" if state == "constant" else f"missing in {len(at)} images"
            notes.append(f"{tag} is {words}")
            continue
        if state != "good":
            fault = fault or disordered(tag, state, work.frames, at, work.order, work.series.label)
            if state == "repeated" and whole_seconds(values):
                notes.append(f"{tag} repeats because it is rounded to whole seconds")
                continue
            raise fault
        rows, times = _placed(work, values, source, tag, notes)
        if rows is None:
            continue
        if whole_seconds(values) and _is_rough(times):
            coarse = coarse or (rows, times, source, tag)
            continue
        if (coarse or fault) and not _agrees(coarse, times):
            continue
        _say_source(work, source, tag, notes, coarse)
        _compare(work, values, source, tag, notes)
        return rows, times, source, tag
    if coarse:
        rows, times, source, tag = coarse
        _say_source(work, source, tag, notes, None)
        work.note("T08", f"{tag} has whole seconds only", "fractions of a second", "times may be 0.5 s off")
        return coarse
    if fault:
        raise fault
    raise no_times(list(dict.fromkeys(notes)), work.series.header.get("repetition_time_ms"), work.series.label)


def _is_rough(times: np.ndarray) -> bool:
    """True where rounding shows: uneven steps, or slices at different times."""
    steps = np.diff(times.mean(axis=1))
    return bool(np.ptp(times, axis=1).max() > 0 or (steps.size and np.ptp(steps) > 0))


def _agrees(coarse, times: np.ndarray) -> bool:
    """True where finer times differ from rounded ones by no more than the rounding."""
    if coarse is None:
        return True
    difference = times - coarse[1]
    return bool(np.abs(difference - np.median(difference)).max() <= 1.0)


def _say_source(work: _Work, source: TimeSource, tag: str, notes: Sequence[str], coarse) -> None:
    because = "; ".join(dict.fromkeys(notes))
    if coarse:
        found = f"{coarse[3]} has whole seconds only; {tag} agrees with it and is used"
        work.note("T08", found, "fractions of a second", "check it against the protocol")
    elif not source.certain:
        found = f"times from {tag}" + (f": {because}" if because else "")
        work.note("T02", found, "the time of acquisition in every frame", "compare the step with the protocol")
    elif because:
        work.note("T02", f"times from {tag}: {because}", "", "", Level.INFO)


def _compare(work: _Work, values: np.ndarray, source: TimeSource, tag: str, notes: list[str]) -> None:
    """T05 where another element of acquisition tells another duration."""
    for other in SOURCES[SOURCES.index(source) + 1 :]:
        told = source_values(work.frames, other)
        if not other.of_slices or state_of(told, work.slices, work.order)[0] != "good":
            continue
        spans = [float(np.ptp(v[work.slices == 0])) for v in (values, told)]
        if spans[0] > 0 and abs(spans[1] / spans[0] - 1) > work.config.sources_percent / 100:
            found = f"{tag} spans {spans[0]:.2f} s, {tag_of(other, work.frames)} {spans[1]:.2f} s"
            work.note("T05", found, "one duration", f"{tag} is used; compare with the protocol")
            return


def _placed(work: _Work, values: np.ndarray, source: TimeSource, tag: str, notes: list[str]):
    """(t, k) image numbers and times; (None, None) where an uncertain element says that slices of one frame are far apart."""
    rows = _rows(work, values)
    times = values[rows]
    if len(times) < 2:
        return rows, times
    step = float(np.median(np.diff(times.mean(axis=1))))
    spread = float(np.ptp(times, axis=1).max())
    if spread > work.config.spread_steps * step:
        words = f"slices of one frame are {spread:.2f} s apart by {tag}, frames {step:.2f} s"
        if not source.certain:
            notes.append(words)
            return None, None
        remedy = "slabs that were imaged one after the other have a bolus each: measure them as series of their own"
        raise work.refusal("T06", words, f"at most {work.config.spread_steps:g} steps", remedy)
    if not source.of_slices:
        if spread > work.config.same_s:
            notes.append(
                f"the slices of a frame differ by {spread:.2f} s in it, which may be their reconstruction and is not used"
            )
        times = np.repeat(times.mean(axis=1)[:, None], times.shape[1], axis=1)
    return rows, times


def _rows(work: _Work, values: np.ndarray) -> np.ndarray:
    """(t, k) image numbers: the images of every slice in order of time, frames without a slice left out."""
    by = np.lexsort((values, work.slices))
    lists = np.split(by, np.flatnonzero(np.diff(work.slices[by])) + 1)
    longest = max(map(len, lists))
    short = [k for k, images in enumerate(lists) if len(images) < longest]
    if not short:
        return np.stack(lists, axis=1)
    if min(map(len, lists)) < longest - work.config.incomplete_max:
        worst = min(short, key=lambda k: len(lists[k]))
        raise work.refusal("T11", f"{_slice_name(work, worst)} has {len(lists[worst])} of {longest} images", *_RESEND)
    lost = {k: _lost_frame(work, values, lists, k, longest) for k in short}
    left_out = sorted(set(lost.values()))
    if len(left_out) > work.config.incomplete_max:
        where = ", ".join(f"frame {n + 1}" for n in left_out[:4])
        raise work.refusal("T11", f"{len(left_out)} frames lack a slice: {where}", *_RESEND)
    padded = [np.insert(images, lost[k], -1) if k in lost else images for k, images in enumerate(lists)]
    _say_left_out(work, left_out, short, longest)
    return np.delete(np.stack(padded, axis=1), left_out, axis=0)


_RESEND = ("every slice in every frame", "send the series again; images are missing")


def _slice_name(work: _Work, k: int) -> str:
    frame = work.frames[int(np.flatnonzero(work.slices == k)[0])]
    return f"slice {k + 1} at {float(np.dot(frame.position, unit_normal(frame.orientation))):.2f} mm"


def _lost_frame(work: _Work, values: np.ndarray, lists: Sequence[np.ndarray], k: int, count: int) -> int:
    """Number of the frame that a slice with one image too few lacks: by temporal position, else where the times fit best."""
    whole = [images for images in lists if len(images) == count]
    if work.order.name.startswith("Temporal"):
        absent = set(work.order.values[whole[0]]) - set(work.order.values[lists[k]])
        if len(absent) == 1:
            return int(np.flatnonzero(work.order.values[whole[0]] == absent.pop())[0])
    usual = np.mean([values[images] for images in whole], axis=0)
    apart = np.stack([values[lists[k]] - np.delete(usual, n) for n in range(count)])
    spread = np.round(np.ptp(apart, axis=1), 3)
    best = np.flatnonzero(spread == spread.min())
    return int(max(best, key=lambda n: (-round(abs(float(apart[n].mean())), 3), n)))


def _say_left_out(work: _Work, left_out: Sequence[int], short: Sequence[int], count: int) -> None:
    if work.missing:
        return
    work.missing |= set(left_out)
    n = left_out[0]
    place = _slice_name(work, short[0]) if len(short) == 1 else f"{len(short)} slices"
    end = ", the last" if n == count - 1 else ", the first" if n == 0 else ""
    found = f"frame {n + 1} of {count}{end}, lacks {place}"
    work.note("T11", found, "every slice in every frame", "the frame is left out; curves are taken at the real times")


def _given(work: _Work, times_s: Sequence[float] | float) -> tuple[np.ndarray, np.ndarray, None, str]:
    """Times of a person; the header says the order of the images alone."""
    values, own = work.order.values, None
    for source in SOURCES:
        told = source_values(work.frames, source)
        if state_of(told, work.slices, work.order)[0] == "good":
            own = (told, source)
            values = values if work.order.name else told
            break
    if not work.order.name and own is None:
        found = "no element says in which order the images of a slice were made"
        raise work.refusal("T03", found, "Temporal Position, Acquisition Number or Instance Number", "export it again")
    rows = _rows(work, values)
    count = len(rows) + len(work.missing)
    given, tag = times_from_user(times_s, count, work.series.label)
    given = np.delete(given, sorted(work.missing))
    _say_given(work, given, rows, own, tag)
    return rows, np.repeat(given[:, None], rows.shape[1], axis=1), None, tag


def _say_given(work: _Work, given: np.ndarray, rows: np.ndarray, own, tag: str) -> None:
    words = f"times by {tag}: {len(given)} frames in {np.ptp(given):.2f} s"
    if own is None:
        work.note("T19", words, "", "", Level.INFO)
        return
    span = float(np.ptp(own[0][rows].mean(axis=1)))
    differs = span > 0 and abs(np.ptp(given) / span - 1) > work.config.sources_percent / 100
    found = f"{words}; {tag_of(own[1], work.frames)} spans {span:.2f} s"
    remedy = "the given times are used, for all slices of a frame alike"
    work.note("T19", found, "one duration", remedy, Level.WARN if differs else Level.INFO)


def _check_counts(work: _Work, frames: int) -> None:
    """T10 for the number of temporal positions, T11 for numbers that no image has."""
    frames += len(work.missing)
    stated = work.series.header.get("number_of_temporal_positions")
    if stated and stated > 1 and stated != frames:
        found = f"Number of Temporal Positions (0020,0105) {stated:g}, {frames} frames found"
        work.note("T10", found, "the same", "check that no frame was lost in the transfer")
    if not work.order.name.startswith("Temporal") or (work.order.values % 1).any():
        return
    there = set(work.order.values.astype(int).tolist())
    first = min(1, *there)
    absent = sorted(set(range(first, max(there) + 1)) - there)
    if absent:
        work.holes |= {number - first for number in absent}
        listed = ", ".join(map(str, absent[:6])) + (" ..." if len(absent) > 6 else "")
        found = f"temporal position {listed} of {max(there)} is in no image"
        work.note("T11", found, "every temporal position", "curves are taken at the real times; send the series again")


def _check_slice_times(work: _Work, times: np.ndarray, source: TimeSource | None) -> None:
    """T12 on 2-D MR whose slices all have the time of their frame."""
    if work.series.role is not Role.DSC or times.shape[1] < 2:
        return
    if str(work.series.header.get("acquisition_type", "")).upper() == "3D":
        return
    if np.ptp(times, axis=1).max() > work.config.same_s:
        return
    found = "all slices of a frame have one time, though they are imaged one after the other"
    remedy = "Tmax of single slices is up to one step off; export the series with the times of its slices"
    work.note("T12", found, "a time for every slice", remedy)


def _note_twins(work: _Work, ordered, twins: Sequence[tuple[Frame, Frame]]) -> tuple[int, ...]:
    if not twins:
        return ()
    frame_of = {frame_key(frame): n for n, row in enumerate(ordered) for frame in row}
    repeated = sorted({frame_of[frame_key(kept)] for kept, _ in twins if frame_key(kept) in frame_of})
    listed = ", ".join(str(n + 1) for n in repeated[:6]) + (" ..." if len(repeated) > 6 else "")
    found = f"{len(twins)} images are there twice, in frame {listed}"
    work.note("T04", found, "every image once", "identical ones are used once; different ones are refused when read")
    return tuple(repeated)


def about(issues: Sequence[Issue], subject: str) -> tuple[Issue, ...]:
    """The same issues about another subject."""
    return tuple(replace(issue, subject=subject) for issue in issues)
