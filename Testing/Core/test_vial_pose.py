"""Vials of a diffusion phantom: found and labeled at any rotation, from either end, off center and tilted."""

import numpy as np
import pytest

from strokequant.geometry import Geometry
from strokequant.phantom.passes import split_repeats
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.shells import Shells, log_slope, shells_of
from strokequant.phantom.vial_centers import similarity
from strokequant.phantom.vial_pose import coarser, find_pose, patterns_of, vials_of
from strokequant.phantom.vial_signals import region
from strokequant.synthetic.grids import CORONAL, SAGITTAL, make_slab
from strokequant.synthetic.phantom_diffusion import (
    ADC_20C,
    B_20C,
    LAYOUT_MM,
    PhantomScan,
    VialPhantom,
    per_vial,
    simulate,
)
from strokequant.synthetic.phantom_passes import passes_of

VIALS = vials_of(load_registry()["digital_diffusion_vials"].inserts)
FEW = make_slab(slices=5, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))


def pose_of(scan, phantom=VialPhantom()):
    session = simulate(phantom, scan)
    return find_pose(shells_of(passes_of(session)[0].dwi), VIALS), session


def errors(pose, session):
    """Distance of every vial from its truth, perpendicular to the vials."""
    axis = session.scan.axes[:, 2]
    apart = pose.centers_lps - session.centers_lps
    return np.linalg.norm(apart - np.outer(apart @ axis, axis), axis=1)


@pytest.mark.parametrize(
    ("roll", "flipped", "center"),
    [
        (0, False, (0, 0, 0)),
        (60, False, (12, -9, 0)),
        (180, False, (-14, 3, 0)),
        (211, True, (5, 14, 0)),
        (330, True, (-3, -15, 0)),
    ],
)
def test_labels_and_centers(roll, flipped, center):
    pose, session = pose_of(PhantomScan(passes=1, roll_deg=roll, flipped=flipped, center_lps=center, seed=roll))
    assert all(pose.matched)
    assert errors(pose, session).max() < 0.3
    np.testing.assert_allclose(pose.pose.axes, session.scan.axes, atol=0.02)
    np.testing.assert_allclose(pose.pose.center_lps[:2], center[:2], atol=0.2)


def test_room_temperature_phantom_needs_no_temperature():
    phantom = VialPhantom(per_vial(ADC_20C), bath_adc=2000.0)
    pose, session = pose_of(PhantomScan(passes=1, b_values=B_20C, roll_deg=100, seed=3), phantom)
    assert errors(pose, session).max() < 0.3


def test_tilt_is_measured_and_followed():
    pose, session = pose_of(PhantomScan(passes=1, tilt_deg=6.0, roll_deg=20, seed=4))
    assert pose.tilt_deg == pytest.approx(6.0, abs=0.5)
    assert [i.code for i in pose.issues if i.level == "WARN"] == ["Q75"]
    assert errors(pose, session).max() < 0.4


def test_fine_matrix_is_averaged_down_without_moving():
    slab = make_slab(
        slices=7, rows=256, columns=256, pixel_mm=0.859375, step_mm=5.0, thickness_mm=4.0, center=(0, 0, 0)
    )
    pose, session = pose_of(PhantomScan(passes=1, slab=slab, roll_deg=45, center_lps=(4, 6, 0), seed=5))
    assert errors(pose, session).max() < 0.3


@pytest.mark.parametrize("orientation", [SAGITTAL, CORONAL])
def test_slices_along_the_vials(orientation):
    slab = make_slab(
        slices=27, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, orientation=orientation, center=(0, 0, 0)
    )
    pose, session = pose_of(PhantomScan(passes=1, slab=slab, roll_deg=30, center_lps=(4, 6, 0), seed=9))
    assert errors(pose, session).max() < 1.5
    assert abs(pose.axis_lps[2]) > 0.99
    mask = region(slab.geometry, pose.centers_lps[0], pose.axis_lps)
    assert 40 < mask.sum() * np.abs(np.linalg.det(slab.geometry.affine[:3, :3])) / (np.pi * 25 * 15) * 80 < 130


def test_low_snr():
    pose, session = pose_of(PhantomScan(passes=1, snr=30, roll_deg=290, flipped=True, seed=6))
    assert errors(pose, session).max() < 1.0


def test_uniform_phantom_has_no_vials():
    pose, _ = pose_of(PhantomScan(passes=1, seed=7), VialPhantom(empty=True))
    assert pose is None


def test_swapped_vials_are_not_labeled_as_the_certificate():
    adc = np.array(VialPhantom().adc_um2_s)
    shuffled = tuple(np.roll(adc, 5))
    pose, _ = pose_of(PhantomScan(passes=1, seed=8), VialPhantom(adc_um2_s=shuffled))
    assert pose is None


def test_patterns_without_certificate_are_typical_ones():
    vials = vials_of(load_registry()["diffusion_vials"].inserts)
    patterns = patterns_of(vials)
    assert patterns.shape == (2, 13)
    assert np.exp(patterns[0, 0]) == pytest.approx(1109)
    assert np.exp(patterns[1, -1]) == pytest.approx(267)


def test_similarity_returns_what_was_done():
    points = np.array(LAYOUT_MM, float)
    c, s = np.cos(0.3), np.sin(0.3)
    moved = 1.02 * points @ np.array([[c, s], [-s, c]]) + [3, -2]
    turn, shift, scale = similarity(points, moved, 0.05)
    assert scale == pytest.approx(1.02)
    np.testing.assert_allclose(scale * points @ turn.T + shift, moved, atol=1e-9)
    assert similarity(points, 1.2 * points, 0.05)[2] == pytest.approx(1.05)


def test_coarser_keeps_places():
    geometry = Geometry.from_affine(np.diag([0.8, 0.8, 5.0, 1.0]), (1, 8, 8))
    shells = Shells(np.array([0.0]), np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8), geometry)
    coarse = coarser(shells, 1.6)
    assert coarse.values.shape == (1, 1, 4, 4)
    assert coarse.values[0, 0, 0, 0] == pytest.approx(np.mean([0, 1, 8, 9]))
    np.testing.assert_allclose(coarse.geometry.affine[:2, 3], [0.4, 0.4])


def test_log_slope_is_exact_and_leaves_out():
    b = np.array([0.0, 500.0, 1000.0])
    signals = 100 * np.exp(-b * 800e-6)
    assert log_slope(b, signals) == pytest.approx(800)
    broken = signals.copy()
    broken[2] = 90.0
    assert log_slope(b, broken, np.array([True, True, False])) == pytest.approx(800)
    assert np.isnan(log_slope(b, signals, np.array([True, False, False])))


def test_shells_take_geometric_means_and_split_repeats():
    session = simulate(VialPhantom(), PhantomScan(passes=2, snr=np.inf))
    first, second = passes_of(session)
    both = np.concatenate([first.dwi.values, second.dwi.values])
    from dataclasses import replace

    dwi = replace(
        first.dwi,
        values=both,
        b_values=np.tile(first.dwi.b_values, 2),
        b_tags=first.dwi.b_tags * 2,
        directions=np.tile(first.dwi.directions, (2, 1)),
        directionality=first.dwi.directionality * 2,
    )
    parts = split_repeats(replace(first, dwi=dwi))
    assert len(parts) == 2
    np.testing.assert_array_equal(parts[1].dwi.values, second.dwi.values)
    shells = shells_of(dwi)
    np.testing.assert_allclose(shells.b_values, first.dwi.b_values)


@pytest.mark.parametrize("roll", [41.0, 220.0])
def test_looked_for_near_another_protocol_first_and_everywhere_then(roll):
    near, _ = pose_of(PhantomScan(passes=1, roll_deg=40, center_lps=(3, 2, 0), slab=FEW, seed=11))
    session = simulate(VialPhantom(), PhantomScan(passes=1, roll_deg=roll, center_lps=(4, 1, 0), slab=FEW, seed=12))
    pose = find_pose(shells_of(passes_of(session)[0].dwi), VIALS, near=near)
    assert errors(pose, session).max() < 0.3
