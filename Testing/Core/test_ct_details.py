"""ACR CT phantom: thickness of the slices, bar patterns and detectable contrast come back as the object was made; what is not there is said."""

import numpy as np
import pytest
from acr_ct_object import acr_ct

from strokequant.phantom.acr_ct import analyze_acr_ct
from strokequant.phantom.ct_bars import read_bars
from strokequant.phantom.ct_contrast import detectable_contrast
from strokequant.phantom.plane import Plane, polar
from strokequant.phantom.registry_files import load_registry

PHANTOM = load_registry()["acr_ct_464"]


def measurements(thickness_mm=5.0, **made):
    found = analyze_acr_ct(acr_ct(**made), PHANTOM, thickness_mm=thickness_mm)
    return {m.metric: m for m in found.measurements}, found


@pytest.mark.parametrize(
    ("made", "width"),
    [
        ({"roll": -12.0, "shift": (6.0, -4.0), "thickness": 7.0, "table": True}, 7.0),
        ({"thickness": 3.0, "mirrored": True}, 3.0),
        ({"noise": 12.0, "reverse": True}, 5.0),
        ({"dz": 2.5, "wire_pitch": 3.0}, 2.5),
    ],
)
def test_slice_thickness(made, width):
    found, analysis = measurements(modules=(1,), **made)
    assert found["ct_slice_thickness"].value == pytest.approx(width, abs=0.25)
    assert found["ct_slice_thickness_error"].value == pytest.approx(width - 5.0, abs=0.25)
    rows = [p for p in analysis.placements if p.label.startswith("ramp")]
    assert {p.label for p in rows} == {"ramp top", "ramp bottom"} and all(p.voxels for p in rows)


@pytest.mark.parametrize("made", [{"wire_hu": 0.0}, {"wire_pitch": 1.2}])
def test_wires_that_are_not_there_or_too_close_for_the_pixels_give_no_thickness(made):
    found, _ = measurements(modules=(1,), **made)
    assert found["ct_slice_thickness"].value is None
    assert found["ct_slice_thickness"].issues[0].code == "Q74"


def test_no_thickness_in_the_header():
    found, _ = measurements(None, modules=(1,))
    assert found["ct_slice_thickness"].value == pytest.approx(5.0, abs=0.25)
    assert found["ct_slice_thickness_error"].value is None


def stripes(pairs_per_cm, angle, *, psf=0.0, pixel=0.4, turn=0, way=1, noise=2.0, seed=1):
    """Eight cosine patterns of known modulation on a circle of 70 mm."""
    n = 420
    axis = (np.arange(n) - (n - 1) / 2) * pixel
    x, y = np.meshgrid(axis, axis)
    image = np.zeros((n, n))
    sites = polar(70.0, np.arange(8) * 45.0 - 180)
    for m, f in enumerate(pairs_per_cm):
        cx, cy = sites[(way * m + turn) % 8]
        along = (x - cx) * np.cos(np.radians(angle)) + (y - cy) * np.sin(np.radians(angle))
        kept = np.exp(-2 * np.pi**2 * psf**2 * (f / 10) ** 2)
        wave = 500 + 1000 * 2 / np.pi * kept * np.cos(2 * np.pi * f / 10 * along)
        near = (np.abs(x - cx) <= 7.5) & (np.abs(y - cy) <= 7.5)
        image[near] = wave[near]
    image += np.random.default_rng(seed).normal(0, noise, image.shape)
    middle = np.array([axis[-1], axis[-1]])
    return (
        Plane(image.astype(np.float32), (pixel, pixel)),
        sites + middle,
        polar(70.0, np.arange(8) * 45.0 - 157.5) + middle,
    )


FREQUENCIES = (4, 12, 10, 9, 8, 7, 6, 5)


@pytest.mark.parametrize(("angle", "turn", "way"), [(0, 0, 1), (30, 0, 1), (90, 3, 1), (10, 5, -1)])
def test_transfer_of_bars_in_any_direction_and_order(angle, turn, way):
    psf = 0.3
    plane, sites, between = stripes(FREQUENCIES, angle, psf=psf, turn=turn, way=way)
    found = read_bars(plane, sites, between, FREQUENCIES)
    exact = np.exp(-2 * np.pi**2 * psf**2 * (found.pairs_per_cm / 10) ** 2)
    well_sampled = found.pairs_per_cm <= 10
    assert found.transfer[well_sampled] == pytest.approx(exact[well_sampled], abs=0.02)
    assert found.step == (turn, way) and found.finest == 10
    assert found.frequency_at(0.5) == pytest.approx(np.sqrt(np.log(2) / 2) / np.pi / psf * 10, abs=0.06)


def test_no_pattern_finer_than_the_pixels_is_seen():
    plane, sites, between = stripes(FREQUENCIES, 0, pixel=0.6)
    found = read_bars(plane, sites, between, FREQUENCIES)
    assert found.finest == 8 and found.transfer[-1] == 0


def test_no_bars_no_reading():
    plane, sites, between = stripes((), 0)
    assert read_bars(plane, sites, between, FREQUENCIES) is None
    found, _ = measurements(bars=False, modules=(1, 3))
    assert found["ct_resolution"].value is None and found["ct_resolution"].issues[0].found == "module 4 not found"


def test_resolution_of_the_phantom():
    found, analysis = measurements(psf=0.5, size=440, pixel=0.5, modules=(1, 3, 4))
    assert found["ct_resolution"].value == 6
    assert {p.label for p in analysis.placements} >= {"bars 4", "bars 12"}


@pytest.mark.parametrize("noise", [4.0, 12.0])
def test_detectable_contrast_of_white_noise(noise):
    """3.29 SD of the mean of the pixels of a disc."""
    pixel, disc = 0.5, 6.0
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:300, :300]
    trend = 1e-4 * ((x - 150) ** 2 + (y - 150) ** 2)
    planes = [Plane(trend + rng.normal(0, noise, (300, 300)), (pixel, pixel)) for _ in range(6)]
    pixels = np.count_nonzero(np.hypot(*np.mgrid[-20:21, -20:21]) * pixel <= disc / 2)
    found = detectable_contrast(planes, np.array([75.0, 75.0]), 60.0, disc, [np.array([90.0, 60.0])])
    assert found == pytest.approx(3.29 * noise / np.sqrt(pixels), rel=0.06)


def test_smallest_rod_follows_the_noise():
    quiet, _ = measurements(modules=(1, 3))
    loud, _ = measurements(noise=12.0, modules=(1, 3))
    assert quiet["ct_smallest_rod"].value == 2 and loud["ct_smallest_rod"].value == 6
    assert loud["ct_detectable_contrast"].value == pytest.approx(3 * quiet["ct_detectable_contrast"].value, rel=0.15)
