"""Frame times: the order of trust, every trap of it, and the frame grid, on header facts without files."""

import numpy as np
import pytest
from dynamic_series import codes, even

from strokequant.dicomio.frame_grid import frame_grid
from strokequant.dicomio.times import (
    DAY_S,
    SOURCES,
    order_of,
    read_times_file,
    repetition_issue,
    source_values,
    state_of,
    times_from_user,
)
from strokequant.errors import Level, ReadError
from strokequant.types import Frame, Role, Series

AXIAL = (1.0, 0, 0, 0, 1, 0)
DAY_START = 30_000.0
SOURCE = {source.key: source for source in SOURCES}


def a_frame(t, k, times, n=None, **facts):
    """Image of frame t and slice k; facts may override any field."""
    extra = facts.pop("extra", {})
    return Frame(
        0, 1000 * t + k if n is None else n, f"1.{t}.{k}", position=(0.0, 0.0, 5.0 * k), orientation=AXIAL,
        pixel_spacing=(2.0, 2.0), thickness=5.0, times=times, extra=extra, **facts,
    )  # fmt: skip


def series(times, *keys, facts=None, header=None, role=Role.DSC, drop=(), numbers=True):
    """A series of (t, k) times, told by the named elements; `facts` gives (t, k) -> fields of one frame."""
    keys = keys or ("acquisition_time",)
    frames = []
    for t, row in enumerate(np.asarray(times)):
        for k, seconds in enumerate(row):
            if (t, k) in drop or t in drop:
                continue
            own = facts(t, k) if facts else {}
            told = own.pop("times", None) or dict.fromkeys(keys, DAY_START + seconds)
            number = {"instance_number": t * len(row) + k + 1} if numbers else {}
            frames.append(a_frame(t, k, told, **(number | own)))
    header = {"acquisition_type": "2D"} | (header or {})
    return Series("0003", "1.2", "MR", role, (), (), tuple(frames), (8, 8), header=header)


def refused(*args, **options):
    with pytest.raises(ReadError) as error:
        frame_grid(*args, **options)
    return error.value.issues[0]


UNEVEN = np.concatenate([np.arange(30) * 1.5, 43.5 + np.arange(1, 11) * 3.0])


@pytest.mark.parametrize("index", range(len(SOURCES)))
def test_every_source_gives_way_to_the_one_before_it(index):
    """The real times are in one element; those after it hold others, those before it are the same in all frames."""
    chosen = SOURCES[index]

    def facts(t, k):
        told = {s.key: DAY_START for s in SOURCES[:index]} | {chosen.key: DAY_START + 1.5 * t}
        return {
            "times": told | {s.key: DAY_START + 1.5 * t + 0.01 * t * n for n, s in enumerate(SOURCES[index + 1 :], 1)}
        }

    grid = frame_grid(series(even(), facts=facts))
    assert grid.tag == chosen.tag
    np.testing.assert_allclose(grid.times_s, even(), atol=1e-6)
    levels = codes(grid.issues, Level.WARN)
    assert ("T02" in levels) == (not chosen.certain)
    if index:
        assert SOURCES[index - 1].tag in next(i.found for i in grid.issues if i.code == "T02")


def test_the_same_element_is_used_where_lower_ones_contradict():
    def facts(t, k):
        return {"times": {"acquisition_time": DAY_START + 1.5 * t, "trigger_time": 1.4 * t}}

    grid = frame_grid(series(even(), facts=facts))
    assert grid.tag == "Acquisition Time (0008,0032)"
    assert "T05" in codes(grid.issues, Level.WARN)


def test_content_time_is_not_compared_with_acquisition():
    """Reconstruction may take longer than the scan; that contradicts nothing."""

    def facts(t, k):
        return {"times": {"acquisition_time": DAY_START + 1.5 * t, "content_time": DAY_START + 2.5 * t}}

    assert "T05" not in codes(frame_grid(series(even(), facts=facts)).issues)


def test_element_missing_in_some_images_gives_way():
    def facts(t, k):
        told = {"trigger_time": 1.5 * t}
        return {"times": told if t == 7 else told | {"acquisition_time": DAY_START + 1.4 * t}}

    grid = frame_grid(series(even(), facts=facts))
    assert grid.tag == "Trigger Time (0018,1060)"
    assert "Acquisition Time (0008,0032) is missing in 3 images" in grid.issues[0].found


def test_date_and_time_joined_are_named_by_the_time():
    def facts(t, k):
        seconds = DAY_START + 1.5 * t
        return {"times": {"acquisition_datetime": 19000 * DAY_S + seconds, "acquisition_time": seconds}}

    assert frame_grid(series(even(), facts=facts)).tag == "Acquisition Time (0008,0032)"

    def apart(t, k):
        return {"times": {"acquisition_datetime": 19000 * DAY_S + 100 + 1.5 * t, "acquisition_time": DAY_START}}

    assert frame_grid(series(even(), facts=apart)).tag == "Acquisition DateTime (0008,002A)"


@pytest.mark.parametrize("key", ["acquisition_time", "acquisition_datetime", "content_time"])
def test_midnight_between_two_frames(key):
    """Also where the date stays that of the first frame."""

    def facts(t, k):
        return {"times": {key: (DAY_S - 20 + 1.5 * t) % DAY_S}}

    grid = frame_grid(series(even(), facts=facts))
    np.testing.assert_allclose(grid.times_s, even(), atol=1e-6)


def test_no_times_are_asked_for_and_repetition_time_is_no_step():
    issue = refused(
        series(
            even(), facts=lambda t, k: {"times": {"acquisition_time": DAY_START}}, header={"repetition_time_ms": 1500.0}
        )
    )
    assert (issue.code, issue.level) == ("T01", Level.ASK)
    assert "Acquisition Time (0008,0032) is the same in all frames" in issue.found
    assert "Repetition Time 1500 ms is not taken" in issue.found and "--frame-step" in issue.remedy
    bare = series(even(), facts=lambda t, k: {"times": {"nothing": 0.0}}, header={"repetition_time_ms": 1500.0})
    assert refused(bare).code == "T01"


def test_repeated_time_stops():
    times = even()
    times[7] = times[6]
    facts = lambda t, k: {"extra": {"temporal_position": t + 1.0}}  # noqa: E731
    issue = refused(series(times, facts=facts))
    assert (issue.code, issue.level) == ("T03", Level.STOP)
    assert "repeated" in issue.found and "temporal position 8" in issue.found


@pytest.mark.parametrize("tell", ["temporal_position", "acquisition_number", "instance_number"])
def test_decreasing_times_stop(tell):
    """A clock that was set back during the scan, by every element that tells the order."""
    times = even()
    times[20:] -= 4.0

    def facts(t, k):
        return {"extra": {tell: t + 1.0}} if tell == "temporal_position" else {tell: 3 * t + k + 1}

    issue = refused(series(times, facts=facts, numbers=tell == "instance_number"))
    assert issue.code == "T03" and "decreasing" in issue.found


def test_times_alone_give_the_order_where_nothing_else_does():
    rows = even()
    shuffled = rows[np.random.default_rng(1).permutation(len(rows))]
    grid = frame_grid(series(shuffled, numbers=False))
    np.testing.assert_allclose(grid.times_s, rows, atol=1e-6)


def test_temporal_positions_that_are_all_one_are_no_order():
    one = series(even(), facts=lambda t, k: {"extra": {"temporal_position": 1.0}, "acquisition_number": 1})
    slices = np.array([frame.index % 1000 for frame in one.frames])
    assert order_of(one.frames, slices).name.startswith("Instance")
    assert len(frame_grid(one).frames) == 40


def test_slices_one_after_the_other_keep_their_times():
    offsets = np.array([0.0, 0.75, 0.25])
    grid = frame_grid(series(even(offsets=offsets)))
    np.testing.assert_allclose(grid.times_s, even(offsets=offsets) - offsets.mean(), atol=1e-6)
    assert "T12" not in codes(grid.issues)


def test_one_time_for_all_slices_of_2d_mr_is_warned_about():
    assert "T12" in codes(frame_grid(series(even())).issues, Level.WARN)
    assert "T12" not in codes(frame_grid(series(even(), header={"acquisition_type": "3D"})).issues)
    assert "T12" not in codes(frame_grid(series(even(), role=Role.CTP)).issues)


def test_content_time_says_nothing_about_slices():
    """It rises with every image, as the reconstruction does; the slices of a frame have one time then."""
    grid = frame_grid(series(even(offsets=[0, 0.2, 0.4]), "content_time"))
    np.testing.assert_allclose(grid.times_s, even(), atol=1e-6)
    assert {"T02", "T12"} <= set(codes(grid.issues))


def test_content_time_of_slice_by_slice_reconstruction_is_no_frame_time():
    """All frames of slice 1 first: 0.05 s a frame would be read."""
    times = np.arange(40)[:, None] * 0.05 + np.arange(3)[None] * 2.0
    issue = refused(series(times, "content_time"))
    assert issue.code == "T01" and "apart by Content Time" in issue.found


def test_two_slabs_with_a_bolus_each_are_refused():
    times = np.concatenate([even(40, 2), even(40, 2) + 70], axis=1)
    issue = refused(series(times, role=Role.CTP))
    assert (issue.code, issue.level) == ("T06", Level.STOP)


def test_shuttle_with_passes_to_and_fro():
    """1.2 s for a pass, 0.3 s to turn: every slice has its own, uneven times; their mean is even."""
    t, x = np.arange(24)[:, None], np.linspace(0, 1, 8)[None]
    times = 1.5 * t + 1.2 * np.where(t % 2 == 0, x, 1 - x)
    grid = frame_grid(series(times, role=Role.CTP, facts=lambda t, k: {"acquisition_number": t + 1}))
    np.testing.assert_allclose(grid.times_s, times - times[0].mean(), atol=1e-6)


@pytest.mark.parametrize(("second", "lost"), [(0.0, (39, 2)), (0.0, (0, 2)), (1.5, (39, 2))])
def test_two_slabs_of_which_one_has_a_frame_less(second, lost):
    """The frame that was not imaged everywhere is left out, and the slabs stay in step."""
    times = np.concatenate([even(40, 2, 3.0), even(40, 2, 3.0) + second], axis=1)
    drop = {(lost[0], lost[1]), (lost[0], lost[1] + 1)}
    grid = frame_grid(series(times, role=Role.CTP, drop=drop))
    kept = np.delete(times, lost[0], axis=0)
    assert grid.missing == (lost[0],)
    np.testing.assert_allclose(grid.times_s, kept - kept[0].mean(), atol=1e-6)
    assert "2 slices" in next(i.found for i in grid.issues if i.code == "T11")


@pytest.mark.parametrize("temporal", [True, False])
@pytest.mark.parametrize("times", [even(), even(offsets=[0, 0.75, 0.25]), np.repeat(UNEVEN[:, None], 3, axis=1)])
def test_frame_that_lacks_one_slice_is_left_out(times, temporal):
    facts = (lambda t, k: {"extra": {"temporal_position": t + 1.0}}) if temporal else None
    grid = frame_grid(series(times, drop={(12, 1)}, facts=facts))
    assert grid.missing == (12,) and len(grid.frames) == 39
    assert [frame.sop_instance_uid for frame in grid.frames[12]] == ["1.13.0", "1.13.1", "1.13.2"]
    kept = np.delete(times, 12, axis=0)
    np.testing.assert_allclose(grid.times_s, kept - kept[0].mean(), atol=1e-6)
    found = next(i.found for i in grid.issues if i.code == "T11")
    assert "frame 13 of 40" in found and "slice 2 at 5.00 mm" in found


@pytest.mark.parametrize("drop", [{(12, 1), (20, 0)}, {(12, 1), (20, 1)}])
def test_two_incomplete_frames_are_refused(drop):
    issue = refused(series(even(), drop=drop))
    assert (issue.code, issue.level) == ("T11", Level.STOP)


def test_frame_that_is_not_there_at_all():
    facts = lambda t, k: {"extra": {"temporal_position": t + 1.0}}  # noqa: E731
    grid = frame_grid(series(even(), drop={12}, facts=facts, header={"number_of_temporal_positions": 40}))
    assert grid.missing == (12,) and len(grid.frames) == 39
    assert {"T10", "T11"} <= set(codes(grid.issues, Level.WARN))
    assert "temporal position 13 of 40" in next(i.found for i in grid.issues if i.code == "T11")
    np.testing.assert_allclose(grid.times_s[12, 0], 19.5, atol=1e-6)


@pytest.mark.parametrize(("stated", "warned"), [(40, False), (60, True), (1, False), (None, False)])
def test_number_of_temporal_positions(stated, warned):
    grid = frame_grid(series(even(), header={"number_of_temporal_positions": stated}))
    assert ("T10" in codes(grid.issues)) == warned


def test_images_that_are_there_twice_become_twins():
    one = series(even())
    copies = tuple(a_frame(5, k, one.frames[15 + k].times, n=90_000 + k, instance_number=900 + k) for k in range(3))
    doubled = Series(**{**one.__dict__, "frames": (*one.frames, *copies)})
    grid = frame_grid(doubled)
    assert len(grid.frames) == 40 and grid.repeated == (5,)
    assert sorted(dropped.index for _, dropped in grid.twins) == [90_000, 90_001, 90_002]
    assert "T04" in codes(grid.issues, Level.WARN)


def test_whole_seconds_are_warned_about():
    grid = frame_grid(series(np.floor(even())))
    assert "T08" in codes(grid.issues, Level.WARN)
    assert "T08" not in codes(frame_grid(series(even(step=2.0))).issues), "nothing is rounded"


def test_finer_element_that_agrees_is_preferred_to_whole_seconds():
    def facts(t, k):
        return {"times": {"acquisition_time": np.floor(DAY_START + 1.5 * t + 0.3), "trigger_time": 1.5 * t}}

    grid = frame_grid(series(even(), facts=facts))
    assert grid.tag == "Trigger Time (0018,1060)"
    np.testing.assert_allclose(grid.times_s, even(), atol=1e-6)
    assert codes(grid.issues, Level.WARN)[0] == "T08"

    def disagreeing(t, k):
        return {"times": {"acquisition_time": np.floor(DAY_START + 1.5 * t + 0.3), "trigger_time": 1.3 * t}}

    assert frame_grid(series(even(), facts=disagreeing)).tag == "Acquisition Time (0008,0032)"


def test_whole_seconds_that_repeat():
    """A step of 0.8 s: two frames share a second. Refused, unless a finer element is there."""
    position = lambda t, k: {"extra": {"temporal_position": t + 1.0}}  # noqa: E731
    assert refused(series(np.floor(even(step=0.8)), facts=position)).code == "T03"

    def finer(t, k):
        return position(t, k) | {"times": {"acquisition_time": np.floor(0.8 * t), "trigger_time": 0.8 * t}}

    np.testing.assert_allclose(frame_grid(series(even(), facts=finer)).times_s, even(step=0.8), atol=1e-6)


def test_mosaic_offsets_add_to_the_time_of_the_file():
    def facts(t, k):
        return {"times": {"acquisition_time": DAY_START + 1.5 * t, "mosaic_offset": (0.0, 0.75, 0.25)[k]}}

    grid = frame_grid(series(even(), facts=facts))
    np.testing.assert_allclose(grid.times_s, even(offsets=[0, 0.75, 0.25]) - 1 / 3, atol=1e-6)


def test_given_times_and_step():
    one = series(even(), facts=lambda t, k: {"times": {"acquisition_time": DAY_START}})
    grid = frame_grid(one, times_s=UNEVEN)
    assert grid.tag == "times file"
    np.testing.assert_allclose(grid.times_s[:, 1], UNEVEN)
    grid = frame_grid(one, times_s=1.25)
    assert grid.tag == "flag"
    np.testing.assert_allclose(grid.times_s[:, 0], np.arange(40) * 1.25)
    assert "T19" in codes(grid.issues, Level.INFO)


def test_given_times_that_contradict_the_header_are_used_and_warned_about():
    grid = frame_grid(series(even()), times_s=2.0)
    np.testing.assert_allclose(grid.times_s[:, 0], np.arange(40) * 2.0)
    assert "T19" in codes(grid.issues, Level.WARN)
    assert "T19" in codes(frame_grid(series(even()), times_s=1.5).issues, Level.INFO)


def test_given_times_with_an_incomplete_frame_are_counted_with_it():
    grid = frame_grid(series(np.repeat(UNEVEN[:, None], 3, axis=1), drop={(12, 1)}), times_s=UNEVEN)
    np.testing.assert_allclose(grid.times_s[:, 0], np.delete(UNEVEN, 12))


def test_given_times_without_any_order():
    one = series(even(), facts=lambda t, k: {"times": {"acquisition_time": DAY_START}}, numbers=False)
    assert refused(one, times_s=1.5).code == "T03"


@pytest.mark.parametrize(
    ("given", "code"),
    [(0.0, "T03"), (-1.0, "T03"), (float("nan"), "T03"), ([0, 1], "T11"), ([0, 1, 1], "T03"), ([0, 2, 1], "T03"),
     ([0, 1, float("nan")], "T03"), ([float("nan"), 1, 2], "T03"), ([0, 1, float("inf")], "T03")],
)  # fmt: skip
def test_given_times_that_cannot_be(given, code):
    with pytest.raises(ReadError) as error:
        times_from_user(given, 3, "s")
    assert error.value.issues[0].code == code


def test_times_file(tmp_path):
    path = tmp_path / "times.txt"
    path.write_text("0\n1.5, 3.0;\t4.5 6e0\n")
    assert read_times_file(path) == (0.0, 1.5, 3.0, 4.5, 6.0)
    path.write_text("time\n0\n1.5\n")
    with pytest.raises(ReadError, match="no number"):
        read_times_file(path)
    with pytest.raises(ReadError, match="cannot be read"):
        read_times_file(tmp_path / "absent.txt")


def test_repetition_time_is_compared_only():
    assert repetition_issue(1.5, 1500.0, "2D", "") == ()
    assert repetition_issue(1.5, 1530.0, "", "") == ()
    assert codes(repetition_issue(1.5, 2000.0, "2D", ""), Level.WARN) == ["T09"]
    assert repetition_issue(1.5, 16.0, "3D", "") == ()
    assert repetition_issue(1.5, None, "2D", "") == ()
    grid = frame_grid(series(even(), header={"repetition_time_ms": 2000.0}))
    assert "T09" in codes(grid.issues)
    np.testing.assert_allclose(grid.times_s, even(), atol=1e-6)


def test_states_of_an_element():
    one = series(even(4, 2))
    slices = np.array([frame.index % 1000 for frame in one.frames])
    order = order_of(one.frames, slices)
    values = source_values(one.frames, SOURCE["acquisition_time"])
    assert state_of(values, slices, order)[0] == "good"
    assert state_of(np.full(8, np.nan), slices, order)[0] == "absent"
    assert state_of(np.zeros(8), slices, order)[0] == "constant"
    assert state_of(slices.astype(float), slices, order)[0] == "constant", "slices differ, frames do not"
    assert state_of(-values, slices, order)[0] == "decreasing"
    assert state_of(np.where(np.arange(8) == 3, np.nan, values), slices, order)[0] == "in some frames only"
    assert state_of(np.maximum(values, values[2]), slices, order)[0] == "repeated"


def test_frames_without_a_place_are_refused():
    one = series(even())
    bare = Series(**{**one.__dict__, "frames": (*one.frames[1:], Frame(0, 9, "x", times={"acquisition_time": 1.0}))})
    assert refused(bare).code == "G00"


def test_temporal_position_names_the_incomplete_frame_where_times_are_unsteady():
    """The times of the slices jitter so much that they alone would name another frame."""
    times = even() + np.random.default_rng(6).uniform(0, 1.4, (40, 3))
    drop = {(12, 1)}
    temporal = frame_grid(series(times, drop=drop, facts=lambda t, k: {"extra": {"temporal_position": t + 1.0}}))
    assert temporal.missing == (12,)
    kept = np.delete(times, 12, axis=0)
    np.testing.assert_allclose(temporal.times_s, kept - kept[0].mean(), atol=1e-6)
    assert frame_grid(series(times, drop=drop)).missing != (12,), "else this test shows nothing"


def test_given_times_are_laid_on_the_order_of_the_times_where_nothing_else_tells_it():
    rows = even()[np.random.default_rng(1).permutation(40)]
    grid = frame_grid(series(rows, numbers=False), times_s=2.0)
    told = [[frame.times["acquisition_time"] for frame in row] for row in grid.frames]
    np.testing.assert_allclose(told, DAY_START + even(), atol=1e-6)
    np.testing.assert_allclose(grid.times_s[:, 0], 2.0 * np.arange(40))
