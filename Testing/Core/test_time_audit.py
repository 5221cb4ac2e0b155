"""Time audit: verdicts with the frames at fault, the same from headers and from the series as read."""

import json

import numpy as np
import pytest
from dynamic_series import CTP, DSC, clock, codes, dynamic, even, write_dynamic
from nifti_writer import write_nifti
from test_times import series

from strokequant.batch.inspection import inspection_dict, inspection_text
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.nifti import nifti_series
from strokequant.dicomio.read_time import read_time_series
from strokequant.dicomio.scan import scan
from strokequant.dicomio.time_audit import audit_times, slice_times
from strokequant.errors import Level
from strokequant.perfusion_config import TimeConfig
from strokequant.types import Role, Verdict


def audit(seconds, slices=3, **options):
    """Audit of frames at these seconds."""
    return audit_times(
        series(np.repeat(np.asarray(seconds, dtype=float)[:, None], slices, axis=1), role=Role.CTP, **options)
    )


def found(audited, code):
    return next(issue.found for issue in audited.issues if issue.code == code)


def test_a_series_as_it_should_be():
    audited = audit(np.arange(45) * 1.5)
    assert audited.verdict is Verdict.MEASURE and audited.issues == ()
    assert (audited.frames, audited.even, audited.slice_timing, audited.slice_spread_s) == (45, True, "none", 0.0)
    assert (audited.duration_s, audited.step_s) == pytest.approx((66.0, 1.5))
    assert audited.time_tag == "Acquisition Time (0008,0032)"


def test_two_phases_of_sampling():
    audited = audit(np.concatenate([np.arange(30) * 1.5, 43.5 + np.arange(1, 11) * 3.0]))
    assert audited.verdict is Verdict.MEASURE_WITH_NOTE and not audited.even
    assert audited.long_steps == tuple(range(29, 39)) and audited.missing == ()
    assert (audited.smallest_step_s, audited.largest_step_s) == pytest.approx((1.5, 3.0))
    assert "10 of 3.00 s from frame 30 to 40" in found(audited, "T07")


@pytest.mark.parametrize(("lost", "missing"), [([20], (20,)), ([20, 21], (20, 21)), ([10, 30], (10, 30))])
def test_frames_that_are_not_there(lost, missing):
    audited = audit(np.delete(np.arange(48) * 1.5, lost))
    assert audited.missing == missing
    assert f"between frames {lost[0]} and {lost[0] + 1}" in found(audited, "T07")
    assert audited.verdict is Verdict.MEASURE_WITH_NOTE


def test_pause_that_is_no_multiple_of_the_step_is_no_lost_frame():
    seconds = np.arange(48) * 1.5
    seconds[20:] += 2.0
    audited = audit(seconds)
    assert audited.long_steps == (19,) and audited.missing == ()


def test_table_that_returns():
    seconds = np.arange(48) * 1.5 + np.arange(48) // 8 * 1.5
    audited = audit(seconds)
    assert audited.missing == () and "every 8 frames, as where the table returns" in found(audited, "T07")


@pytest.mark.parametrize(("frames", "step", "code"), [(9, 4.0, "T13"), (10, 4.0, None)])
def test_number_of_frames(frames, step, code):
    audited = audit(np.arange(frames) * step)
    assert ("T13" in codes(audited.issues, Level.STOP)) == (code == "T13")
    assert (audited.verdict is Verdict.REFUSE) == (code == "T13")


@pytest.mark.parametrize(
    ("frames", "level", "verdict"),
    [(23, Level.STOP, Verdict.REFUSE), (24, Level.WARN, Verdict.MEASURE_WITH_NOTE), (40, None, Verdict.MEASURE)],
)
def test_length_of_the_scan(frames, level, verdict):
    """34.5 s, 36 s, 60 s; the last frame counts with one step."""
    audited = audit(np.arange(frames) * 1.5)
    assert audited.verdict is verdict
    assert [issue.level for issue in audited.issues if issue.code == "T14"] == ([level] if level else [])


@pytest.mark.parametrize(
    ("step", "level"), [(0.05, Level.STOP), (0.12, None), (3.0, None), (3.2, Level.WARN), (10.5, Level.STOP), (1500.0, Level.STOP)]
)  # fmt: skip
def test_step(step, level):
    audited = audit_times(series(even(1000 if step < 1 else 45)), times_s=step)
    assert [issue.level for issue in audited.issues if issue.code == "T15"] == ([level] if level else [])


def test_one_slice():
    assert "T21" in codes(audit(np.arange(45) * 1.5, slices=1).issues, Level.WARN)
    assert "T21" not in codes(audit(np.arange(45) * 1.5).issues)


def test_slice_timing():
    offsets = audit_times(series(even(45, offsets=[0, 0.75, 0.25])))
    assert offsets.slice_timing == "offsets" and offsets.slice_spread_s == pytest.approx(0.75)
    t, x = np.arange(45)[:, None], np.linspace(0, 1, 8)[None]
    shuttle = audit_times(series(1.5 * t + 1.2 * np.where(t % 2 == 0, x, 1 - x), role=Role.CTP))
    assert shuttle.slice_timing == "irregular" and shuttle.even
    assert shuttle.slice_spread_s == pytest.approx(1.2)


def test_slice_times_share_the_zero_of_the_frames():
    times, own = slice_times(even(4, offsets=[0, 0.6, 0.3]) + 7)
    np.testing.assert_allclose(times, [0, 1.5, 3, 4.5])
    np.testing.assert_allclose(own.mean(axis=1), times)
    assert slice_times(even(4, offsets=[0, 0.004, 0.002]))[1] is None


def test_what_cannot_be_read_is_refused_without_an_exception():
    asked = audit_times(series(even(), facts=lambda t, k: {"times": {"acquisition_time": 5.0}}))
    assert asked.verdict is Verdict.REFUSE and codes(asked.issues) == ["T01"] and asked.frames == 0
    given = audit_times(series(even(), facts=lambda t, k: {"times": {"acquisition_time": 5.0}}), times_s=1.6)
    assert given.verdict is not Verdict.REFUSE and given.time_tag == "flag"


@pytest.mark.parametrize("case", ["even", "offsets", "missing", "repeated", "content"])
def test_headers_and_pixels_give_the_same_audit(tmp_path, case):
    times = even(45, offsets=[0, 0.75, 0.25] if case == "offsets" else None)
    tags = {"tags": lambda s: {"ContentTime": clock(s)}} if case == "content" else {}
    folder = write_dynamic(tmp_path, times, drop={(12, 1)} if case == "missing" else (), **tags)
    if case == "repeated":
        write_dynamic(tmp_path / "again", times, drop=set(range(45)) - {7})
    one = scan(folder).series[0]
    from_headers, read = audit_times(one), audit_times(read_time_series(one))
    assert from_headers == read
    assert from_headers.missing == ((12,) if case == "missing" else ())
    assert from_headers.repeated == ((7,) if case == "repeated" else ())
    assert audit_times(read_time_series(one)).issues == from_headers.issues


def test_limits_come_from_the_configuration():
    one = series(even(20))
    assert audit_times(one).verdict is Verdict.REFUSE
    relaxed = TimeConfig(duration_min_s=20.0, duration_warn_s=25.0)
    assert audit_times(one, config=relaxed).verdict is not Verdict.REFUSE


def test_geometry_audit_leaves_images_that_are_missing_to_the_time_audit(tmp_path):
    """A slab with one frame less, and a lost image, are no hole in the stack; a lost slice is."""
    one = dynamic(tmp_path / "image", even(45, 6), CTP, drop={(12, 1)})
    assert audit_series(one).verdict is Verdict.MEASURE
    assert audit_times(one).missing == (12,)
    hole = dynamic(tmp_path / "slice", even(45, 6), CTP, drop={(t, 3) for t in range(45)})
    assert "G06" in codes(audit_series(hole).issues, Level.STOP)


def test_inspection_shows_the_times(tmp_path):
    write_dynamic(tmp_path, even(45, offsets=[0, 0.75, 0.25]), DSC | {"RepetitionTime": 2000})
    shown = inspection_dict(scan(tmp_path))
    json.dumps(shown)
    (one,) = shown["series"]
    assert one["times"]["frames"] == 45 and one["times"]["slice_timing"] == "offsets"
    assert "T09" in [issue["code"] for issue in one["issues"]]
    text = inspection_text(shown)
    assert (
        "times: measure-with-note; 45 frames in 66.0 s, 1.50 s apart, slices one after the other, over 0.75 s" in text
    )


def test_inspection_of_a_series_without_times(tmp_path):
    write_dynamic(tmp_path, even(12), tags=lambda s: {"AcquisitionTime": clock(0)})
    shown = inspection_dict(scan(tmp_path))
    assert shown["series"][0]["times"]["verdict"] == "refuse"
    assert "times: refuse" in inspection_text(shown) and "ASK T01" in inspection_text(shown)


def test_nifti(tmp_path):
    values = np.random.default_rng(1).integers(0, 900, (45, 3, 8, 8)).astype("<i2")
    path = write_nifti(tmp_path / "dsc.nii.gz", values)
    told = {"VolumeTiming": (np.arange(45) * 1.5).tolist(), "SliceTiming": [0, 0.75, 0.25]}
    (tmp_path / "dsc.json").write_text(json.dumps(told))
    audited = audit_times(nifti_series(path, Role.DSC))
    assert (audited.frames, audited.slice_timing, audited.verdict) == (45, "offsets", Verdict.MEASURE)
    assert audited == audit_times(read_time_series(nifti_series(path, Role.DSC)))
    (tmp_path / "dsc.json").unlink()
    assert codes(audit_times(nifti_series(path, Role.DSC)).issues) == ["T01"]
