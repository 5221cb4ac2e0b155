"""Geometry on real and synthetic CT series of the reference data: volumes along the normal, and what the audit says."""

import json

import numpy as np
import pytest
from scipy import ndimage

from strokequant.biomarkers.volume import spline_volume_ml
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.read import read_volume
from strokequant.dicomio.scan import scan
from strokequant.errors import Level
from strokequant.geometry import slice_extents
from strokequant.types import Verdict


def single_series(folder):
    series = [s for s in scan(folder).series if len(s.files) > 3]
    assert len(series) == 1
    return series[0]


def warnings_of(audit):
    return {i.code for i in audit.issues if i.level is Level.WARN}


ELLIPSOIDS = {
    "uniform_5mm": set(),
    "uniform_1p25mm": set(),
    "tilt20_5mm": {"G03"},
    "variable_4then7mm": {"G05"},
    "gap_3mm_thick_5mm_step": set(),
    "overlap_5mm_thick_2p5mm_step": {"G02", "G08"},
}


def lesion(volume):
    """Voxels nearer to the lesion (65 HU) than to the brain (32 HU), smoothed in plane as the reference does."""
    smooth = ndimage.gaussian_filter(volume.values, (0, 0.8, 0.8))
    labels, _ = ndimage.label(smooth > 48.5)
    return labels == np.bincount(labels.ravel())[1:].argmax() + 1


@pytest.mark.parametrize("name", ELLIPSOIDS)
def test_every_series_of_30_ml(name, shared_data):
    series = single_series(shared_data / "ct" / "ellipsoid_30ml_dicom" / name)
    audit = audit_series(series)
    volume = read_volume(series)
    mask = lesion(volume)
    best = spline_volume_ml(mask, volume.geometry) if "G05" in warnings_of(audit) else volume.geometry.volume_ml(mask)
    assert best == pytest.approx(30.0, rel=0.02)
    assert warnings_of(audit) == ELLIPSOIDS[name]
    assert audit.verdict is (Verdict.MEASURE_WITH_NOTE if ELLIPSOIDS[name] else Verdict.MEASURE)


@pytest.mark.parametrize("name", ELLIPSOIDS)
def test_header_geometry_reproduces_the_exact_section_areas(name, shared_data):
    """Cavalieri of the exact elliptic sections at the slices that were read; the reference lists the result for each series."""
    expected = {
        "uniform_5mm": 29.850,
        "uniform_1p25mm": 29.992,
        "tilt20_5mm": 29.985,
        "variable_4then7mm": 29.525,
        "gap_3mm_thick_5mm_step": 29.850,
        "overlap_5mm_thick_2p5mm_step": 29.986,
    }
    folder = shared_data / "ct" / "ellipsoid_30ml_dicom"
    axes = np.array(
        next(t for t in json.loads((folder / "truth.json").read_text()) if t["series"] == name)["semi_axes_mm"]
    )
    geometry = read_volume(single_series(folder / name)).geometry
    normal = geometry.normal
    q = float(((normal * axes) ** 2).sum())
    d = geometry.slice_origins @ normal
    areas = np.pi * np.prod(axes) / np.sqrt(q) * np.clip(1 - d**2 / q, 0, None)
    assert areas @ geometry.slice_extents / 1000 == pytest.approx(expected[name], abs=0.01)


def test_missing_slice_is_refused(shared_data):
    audit = audit_series(single_series(shared_data / "ct" / "ellipsoid_30ml_dicom" / "missing_slice_5mm"))
    stop = next(i for i in audit.issues if i.level is Level.STOP)
    assert (audit.verdict, stop.code) == (Verdict.REFUSE, "G06")
    assert "10.00 mm" in stop.found


@pytest.fixture(scope="module")
def ge_head(shared_data):
    series = single_series(shared_data / "ct" / "head_ge_tilt18_variable_gap")
    return audit_series(series), read_volume(series)


def test_ge_head_audit(ge_head):
    audit, _ = ge_head
    assert {"G03", "G05", "G08"} <= warnings_of(audit)
    assert audit.tilt_deg == pytest.approx(18.5, abs=0.01)
    assert any("ratio 6.47" in i.found for i in audit.issues)
    np.testing.assert_allclose(audit.gaps, [4.002] * 13 + [1.081] + [6.999] * 13, atol=0.001)
    assert len(audit.overlapping) == 1


def head_of(volume):
    """Largest object of every slice above -100 HU, with its holes: the head without table and headrest."""
    masks = np.zeros(volume.values.shape, bool)
    for k, plane in enumerate(volume.values > -100):
        labels, _ = ndimage.label(plane)
        masks[k] = ndimage.binary_fill_holes(labels == np.bincount(labels.ravel())[1:].argmax() + 1)
    return masks


def test_ge_head_volume(ge_head):
    _, volume = ge_head
    assert volume.geometry.volume_ml(head_of(volume)) == pytest.approx(3339.2, rel=0.001)


def test_ge_head_wrong_methods_err_as_the_reference_says(ge_head):
    _, volume = ge_head
    geometry = volume.geometry
    areas = head_of(volume).sum(axis=(1, 2)) * geometry.pixel_area_mm2
    right = areas @ geometry.slice_extents
    table = areas @ slice_extents(np.abs(geometry.slice_origins[:, 2] - geometry.slice_origins[0, 2]))
    mean = areas.sum() * np.linalg.norm(np.diff(geometry.slice_origins, axis=0), axis=1).mean()
    half = areas @ (geometry.slice_extents * ([0.5] + [1] * 26 + [0.5]))
    assert 100 * (table / right - 1) == pytest.approx(5.45, abs=0.01)
    assert 100 * (mean / right - 1) == pytest.approx(11.0, abs=0.05)
    assert 100 * (half / right - 1) == pytest.approx(-2.12, abs=0.01)


def test_tilted_skull_phantom_equals_the_untilted_one(shared_data):
    """One plastic sphere, about an inch across, cut straight and under 18.5 degrees."""
    found = {}
    for series in scan(shared_data / "ct" / "skull_phantom_tilt").series:
        if len(series.files) > 3:
            found[round(audit_series(series).tilt_deg, 1)] = sphere_ml(series)
    assert set(found) == {0.0, 18.5}
    assert found[18.5] == pytest.approx(found[0.0], rel=0.01)


def sphere_ml(series):
    """Volume from the parabola that the section areas of a sphere make over the position along the normal."""
    volume = read_volume(series)
    positions, areas = np.array(max(round_chains(volume), key=bulge)).T
    curve = np.polynomial.Polynomial.fit(positions[areas > 100], areas[areas > 100], 2).convert()
    top = curve(-curve.coef[1] / (2 * curve.coef[2]))
    thickness = series.frames[0].thickness
    radius = np.sqrt(top / np.pi + thickness**2 / 12)
    return 4 / 3 * np.pi * radius**3 / 1000


def bulge(chain):
    """How much larger the middle of a chain of sections is than both of its ends: a cone or cylinder has no bulge."""
    areas = [area for _, area in chain]
    return min(max(areas) - areas[0], max(areas) - areas[-1])


def round_chains(volume):
    """Round objects above -450 HU, followed from slice to slice: chains of (position along the normal, area)."""
    geometry, chains = volume.geometry, []
    for k, plane in enumerate(volume.values):
        labels, _ = ndimage.label(plane > -450)
        for n, box in enumerate(ndimage.find_objects(labels), 1):
            inside = labels[box] == n
            height, width = inside.shape
            area = inside.sum() * geometry.pixel_area_mm2
            is_round = abs(inside.sum() / (height * width) - np.pi / 4) < 0.07 and 0.8 < height / width < 1.25
            if not is_round or not 20 < area < 700:
                continue
            center = (
                geometry.to_lps([[k, 0, 0]])[0]
                + np.array(ndimage.center_of_mass(labels == n))[::-1] @ geometry.affine[:3, :2].T
            )
            home = next((c for c in chains if c[-1][0] == k - 1 and np.linalg.norm((c[-1][1] - center)[:2]) < 6), None)
            if home is None:
                chains.append([])
                home = chains[-1]
            home.append((k, center, area))
    return [[(geometry.positions[k], area) for k, _, area in chain] for chain in chains if len(chain) > 3]
