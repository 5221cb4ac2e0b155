"""Geometry audit: each rule fires on its own fault and only there."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.dicomio.audit import audit_geometry, audit_series
from strokequant.errors import Level
from strokequant.geometry import Geometry
from strokequant.types import Frame, Role, Series, Verdict


def make_series(
    positions, *, role=Role.NCCT, tilt_deg=0.0, thickness=5.0, numbers=None, tag=None, repeats=1, header=None
):
    tilt = np.radians(tilt_deg)
    orientation = (1.0, 0.0, 0.0, 0.0, np.cos(tilt), -np.sin(tilt))
    step = np.array([0, 0, 1.0]) / np.cos(tilt)
    thickness = np.broadcast_to(thickness, len(positions))
    frames = [
        Frame(
            0,
            k,
            f"1.{r}.{k}",
            tuple(p * step),
            orientation,
            (0.5, 0.5),
            float(thickness[k]) if thickness[k] is not None else None,
            tag,
            (numbers[k] if numbers is not None else k + 1),
        )
        for r in range(repeats)
        for k, p in enumerate(positions)
    ]
    return Series("0001", "1.2.3", "CT", role, (), (), tuple(frames), (512, 512), header=header or {})


def codes(audit, level=None):
    return [i.code for i in audit.issues if level is None or i.level is level]


EVEN = np.arange(15) * 5.0


def test_even_stack_is_measured_without_a_note():
    audit = audit_series(make_series(EVEN))
    assert (audit.verdict, audit.issues) == (Verdict.MEASURE, ())
    assert audit.effect_percent == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("tilt_deg", [16.5, -18.5, 20.0])
def test_tilt_is_noted_with_its_effect(tilt_deg):
    audit = audit_series(make_series(EVEN, tilt_deg=tilt_deg))
    assert codes(audit) == ["G03"]
    assert audit.tilt_deg == pytest.approx(abs(tilt_deg), abs=1e-6)
    assert audit.effect_percent == pytest.approx(100 * (1 / np.cos(np.radians(tilt_deg)) - 1), abs=1e-6)
    assert audit.verdict is Verdict.MEASURE_WITH_NOTE


def test_tilt_below_a_tenth_of_a_degree_is_not_noted():
    assert codes(audit_series(make_series(EVEN, tilt_deg=0.05))) == []


def test_uneven_slices_are_noted_with_the_gaps():
    positions = np.concatenate([np.arange(8) * 4.0, 28 + np.arange(1, 8) * 7.0])
    audit = audit_series(make_series(positions, thickness=[4.0] * 8 + [7.0] * 7))
    assert codes(audit, Level.WARN) == ["G05"]
    assert "ratio 1.75" in audit.issues[0].found
    assert audit.missing == ()


@pytest.mark.parametrize("lost", [[7], [1], [13], [7, 8], [3, 10], [5, 7], [4, 6, 8, 10]])
def test_lost_slices_are_refused(lost):
    kept = [k for k in range(15) if k not in lost]
    audit = audit_series(make_series(EVEN[kept], numbers=[k + 1 for k in kept]))
    assert audit.verdict is Verdict.REFUSE
    assert "G06" in codes(audit, Level.STOP)
    assert "10.00 mm" in "".join(i.found for i in audit.issues) or "15.00 mm" in "".join(i.found for i in audit.issues)


@pytest.mark.parametrize("lost", [[7], [1], [13], [7, 8], [3, 10]])
def test_lost_slices_are_refused_without_instance_numbers_too(lost):
    kept = [k for k in range(15) if k not in lost]
    audit = audit_series(make_series(EVEN[kept], numbers=[None] * len(kept)))
    assert "G06" in codes(audit, Level.STOP)


def test_renumbered_slices_do_not_hide_a_hole():
    kept = [k for k in range(15) if k != 7]
    audit = audit_series(make_series(EVEN[kept], numbers=range(1, 15)))
    assert "G06" in codes(audit, Level.STOP)


def test_hole_share_of_the_stack_is_said():
    kept = [k for k in range(15) if k != 7]
    issue = next(i for i in audit_series(make_series(EVEN[kept])).issues if i.code == "G06")
    assert "6.7 % of the stack" in issue.found


def test_same_position_twice_in_a_single_volume_is_noted():
    audit = audit_series(make_series(np.sort(np.append(EVEN, 20.0))))
    assert codes(audit, Level.WARN) == ["G07"]
    assert len(audit.positions) == 15


def test_diffusion_images_repeat_positions_rightly():
    audit = audit_series(make_series(EVEN, role=Role.DWI, repeats=4))
    assert audit.verdict is Verdict.MEASURE


def test_diffusion_image_without_one_slice_is_refused():
    whole = make_series(EVEN, role=Role.DWI, repeats=4)
    frames = whole.frames[:-1]
    audit = audit_series(Series("1", "1", "MR", Role.DWI, (), (), frames, (8, 8)))
    assert codes(audit, Level.STOP) == ["G06"]


def test_overlap_and_negative_tag_are_noted():
    audit = audit_series(make_series(np.arange(29) * 2.5, tag=-2.5))
    assert sorted(codes(audit, Level.WARN)) == ["G02", "G08"]
    assert "+100" in next(i.found for i in audit.issues if i.code == "G08")


def test_gap_between_slices_is_information():
    audit = audit_series(make_series(EVEN, thickness=3.0))
    assert (codes(audit), audit.verdict) == (["G09"], Verdict.MEASURE)
    assert "-40.00 %" in audit.issues[0].found


def test_spacing_tag_that_disagrees_is_noted_and_unused():
    audit = audit_series(make_series(EVEN, tag=5.5))
    assert codes(audit, Level.WARN) == ["G01"]
    assert audit.gaps == pytest.approx([5.0] * 14)


def test_instance_numbers_out_of_order_are_information():
    assert "G10" in codes(audit_series(make_series(EVEN, numbers=[3, 1, 2, *range(4, 16)], tag=5.0)))


def test_mixed_orientations_are_refused():
    axial, tilted = make_series(EVEN), make_series(EVEN, tilt_deg=5)
    mixed = Series("1", "1", "CT", Role.NCCT, (), (), axial.frames + tilted.frames, (8, 8))
    assert codes(audit_series(mixed), Level.STOP) == ["G12"]


def test_frames_without_position_are_refused():
    series = Series("1", "1", "CT", Role.NCCT, (), (), (Frame(0, 0, "1"),), (8, 8))
    assert codes(audit_series(series), Level.STOP) == ["G00"]


@pytest.mark.parametrize(("thickness", "level"), [(5.0, Level.WARN), (None, Level.STOP)])
def test_single_slice(thickness, level):
    assert codes(audit_series(make_series([0.0], thickness=thickness)), level) == ["G19"]


def test_unusual_patient_position_is_information():
    audit = audit_series(make_series(EVEN, header={"patient_position": "HFDL"}))
    assert (codes(audit), audit.verdict) == (["G18"], Verdict.MEASURE)


def test_sheared_nifti_grid_is_noted():
    affine = np.array([[1.0, 0, 0, 0], [0, 1, 5 * np.tan(np.radians(20)), 0], [0, 0, 5, 0], [0, 0, 0, 1.0]])
    audit = audit_geometry(Geometry.from_affine(affine, (10, 4, 4)))
    assert codes(audit) == ["G03"]
    assert audit.tilt_deg == pytest.approx(20.0)


def with_more(series, position, n=1):
    """The same series with further frames at one position."""
    frame = next(f for f in series.frames if f.position[2] == position)
    return replace(series, frames=(*series.frames, *[replace(frame, sop_instance_uid=f"9.{k}") for k in range(n)]))


def test_one_image_too_many_at_a_position_is_no_missing_slice():
    audit = audit_series(with_more(make_series(EVEN, role=Role.DWI, repeats=4), 20.0))
    assert codes(audit) == ["G07"]
    assert audit.verdict is Verdict.MEASURE_WITH_NOTE
    assert "1 of 15" in audit.issues[0].found


def test_one_image_too_many_does_not_hide_a_missing_slice():
    audit = audit_series(with_more(make_series(np.delete(EVEN, 7), role=Role.DWI, repeats=4), 20.0))
    assert "G06" in codes(audit, Level.STOP)
    assert audit.missing == (6,)


def test_half_of_the_positions_with_fewer_images_are_incomplete():
    series = make_series(EVEN[:14], role=Role.DWI, repeats=3)
    for position in EVEN[:7]:
        series = with_more(series, position)
    assert codes(audit_series(series), Level.STOP) == ["G06"]
