"""What is beside a clot: rims in thick slices, weak contrast, sinuses, bone; and where in a head it lies."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, special

from strokequant.dicomio.ct_audit import audit_ct_values
from strokequant.geometry import Geometry
from strokequant.hemorrhage_config import HematomaConfig
from strokequant.segmentation.blood_proposal import propose_blood
from strokequant.segmentation.clot_place import location_of
from strokequant.segmentation.ct_head import ct_head
from strokequant.segmentation.head_frame import HeadFrame
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.segmentation.hematoma_surroundings import distances, next_slices
from strokequant.segmentation.sides import MidPlane
from strokequant.synthetic.hemorrhage_head import CtProtocol, synthetic_head
from strokequant.synthetic.hemorrhage_implant import Implant, implant
from strokequant.synthetic.hemorrhage_shapes import ClotShape, clot_of_volume
from strokequant.types import Volume

SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}


def tissue(slice_mm, *, noise=3.0, height_mm=70.0, shear=0.0):
    slices = round(height_mm / slice_mm)
    affine = np.diag([0.6, 0.6, slice_mm, 1.0])
    affine[1, 2] = shear * slice_mm
    affine[:3, 3] = -affine[:3, :3] @ (np.array([120, 120, slices]) - 1) / 2
    geometry = Geometry.from_affine(affine, (slices, 120, 120))
    values = np.random.default_rng(11).normal(32, noise, geometry.shape).astype(np.float32)
    return Volume(values, geometry, "[hnsf'U]", "attenuation")


def test_distances_of_a_ball():
    """Distances are those of the pixels, half of their diagonal off, where the surface is as good as plane.

    Within 2 mm of it the circle of a slice, of 13.4 mm or more, bends away from its tangent by 2^2 / (2 * 13.4) mm. Layers half a millimeter
    above and below the middle differ by the slope there, which pixels of two slices 2 mm apart tell to their diagonal over 2 mm.
    """
    geometry = tissue(2.0).geometry
    points = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool))).reshape(*geometry.shape, 3)
    radius = np.linalg.norm(points, axis=-1)
    found = distances(radius < 18, geometry, HematomaConfig())
    assert len(found.parts) == 2
    diagonal = 0.6 * np.sqrt(2)
    near = (np.abs(radius - 18) < 2) & (np.abs(points[..., 2]) < 12)
    bent = 2**2 / (2 * np.sqrt(18**2 - 12**2))
    assert np.abs(found.parts.mean(axis=0) - (radius - 18))[near].max() < diagonal / 2 + bent
    steep = 1.1 / np.sqrt(18**2 - 1.1**2)
    assert found.spread[near & (np.abs(points[..., 2]) < 1.1)].max() < 1.0 * (steep + diagonal / 2)


def test_neighbors_of_tilted_slices_are_above():
    geometry = tissue(5.0, shear=0.4).geometry
    mask = np.zeros(geometry.shape, bool)
    mask[6, 60, 60] = True
    up = np.argwhere(next_slices(mask, geometry)[7])[0]
    apart = geometry.to_lps([[7, *up]])[0] - geometry.to_lps([[6, 60, 60]])[0]
    along = apart @ geometry.normal
    assert np.linalg.norm(apart - along * geometry.normal) < 0.5


def bias_by_a_thin_rim(rim_mm, radius_mm, blur_mm=0.6, edge_mm=1.2, ring_mm=0.8, clot=62.0, rim=20.0, brain=32.0):
    """% that a clot shrinks by where brain beyond its rim shines into the ring that its background is read from.

    The ring begins at the end of the blur; the share of brain in it is that of a blurred border. A background that is too bright by d takes
    d / (clot - rim) of the voxels outside of the border, over the width of its blur.
    """
    within = np.linspace(edge_mm, edge_mm + ring_mm, 100)
    shine = float(special.ndtr((within - rim_mm) / blur_mm).mean()) if rim_mm else 0.0
    shift = (brain - rim) * shine / (clot - rim) * edge_mm
    return 100 * 3 * shift / radius_mm


@pytest.mark.parametrize(("rim_mm", "slice_mm"), [(3.0, 7.0), (2.0, 3.0), (4.0, 5.0), (0.0, 7.0)])
def test_a_thin_rim_in_thick_slices_does_not_shrink_the_clot(rim_mm, slice_mm):
    """Within the 2 % that thick slices are allowed, and what a rim as wide as the blur of the border costs."""
    limit = 2.0 + bias_by_a_thin_rim(rim_mm, np.cbrt(16_000 * 3 / (4 * np.pi)))
    errors = []
    for offset in (0.1, 0.6):
        center = (1.0, -2.0, offset * slice_mm)
        shape = clot_of_volume(16, center, (1, 1.3, 1.0), lobes=0.12, phase=2.0)
        found = implant(tissue(slice_mm), [Implant(shape, edema_mm=rim_mm)])
        errors.append(segment_hematoma(found.image, center).volume_ml / found.sampled_ml - 1)
    assert abs(100 * np.mean(errors)) <= limit


@pytest.mark.parametrize("hu", [48.0, 52.0])
def test_a_clot_hardly_denser_than_brain_in_noise(hu):
    shape = clot_of_volume(14, (0, 0, 0), (1, 1.2, 0.9), lobes=0.1)
    found = implant(tissue(3.0, noise=7.0), [Implant(shape, hu=hu, noise_hu=7.0)])
    assert segment_hematoma(found.image, (3, 2, 0)).volume_ml == pytest.approx(found.sampled_ml, rel=0.04)


def test_a_sinus_that_touches_the_clot_is_left_out():
    """A strip as dense as the clot along bone: what lies behind the place where both touch may stay, wider by a bridge, and it is said."""
    shape = clot_of_volume(12, (0, 6, 0), (1, 1, 1))
    found = implant(tissue(3.0), [Implant(shape, hu=56.0)])
    hu = found.image.values.copy()
    points = found.image.geometry.to_lps(np.argwhere(np.ones(hu.shape, bool))).reshape(*hu.shape, 3)
    y = points[..., 1]
    strip = (y > 18.5) & (y <= 24) & (found.fraction < 0.5)
    hu[strip] += 22
    hu[y > 24] = 900
    clot = segment_hematoma(replace(found.image, values=hu), (0, 4, 0))
    assert found.image.geometry.volume_ml(strip) > 20
    radius = np.cbrt(12_000 * 3 / (4 * np.pi))
    touching = np.sqrt(radius**2 - (18.5 - 6) ** 2) + HematomaConfig().bridge_mm
    behind_ml = np.pi * touching**2 * (24 - 18.5) / 1000
    assert 0.96 * 12 < clot.volume_ml < 1.04 * 12 + behind_ml
    assert "H16" in {issue.code for issue in clot.issues}
    assert not clot.mask.values[y > 24].any()


def test_a_falx_that_touches_the_clot_is_left_out():
    """A sheet of 3 mm, half as bright as the clot, along the circle where both meet.

    What may stay of it is what a disc of the width of a sheet reaches into it from the clot and a pixel, and the share that its density makes
    of the blur of the border; 2 % for slices.
    """
    shape = clot_of_volume(12, (8, 0, 0), (1, 1, 1))
    found = implant(tissue(3.0), [Implant(shape, hu=62.0)])
    hu = found.image.values.copy()
    points = found.image.geometry.to_lps(np.argwhere(np.ones(hu.shape, bool))).reshape(*hu.shape, 3)
    hu[(np.abs(points[..., 0] + 2) < 1.5) & (found.fraction < 0.5)] += 17
    clot = segment_hematoma(replace(found.image, values=hu), (8, 0, 0))
    config, half = HematomaConfig(), 1.5
    radius = np.cbrt(12_000 * 3 / (4 * np.pi))
    into = config.sheet_mm / 2 - np.sqrt((config.sheet_mm / 2) ** 2 - half**2) + 0.6
    into += config.edge_mm * 17 / (62 - 32)
    ring_ml = 2 * np.pi * np.sqrt(radius**2 - 10**2) * 2 * half * into / 1000
    assert 0.98 * found.sampled_ml < clot.volume_ml < 1.02 * found.sampled_ml + ring_ml


@pytest.mark.parametrize(("structure", "codes"), [("ich", set()), ("edh", set()), ("sdh", {"H17"}), ("sah", {"H17"})])
def test_blood_that_is_no_clot_says_so(structure, codes):
    found = implant(tissue(5.0), [Implant(clot_of_volume(12, (0, 0, 0), (1, 1, 1)))])
    clot = segment_hematoma(found.image, (0, 0, 0), structure=structure)
    assert {i.code for i in clot.issues} == codes
    assert clot.volume_ml == pytest.approx(found.sampled_ml, rel=0.04)


def average_brain():
    """An ellipsoid with the extent of an average brain, its middle 16 mm behind the commissure, and the frame of it."""
    geometry = Geometry.from_affine(
        np.array([[4.0, 0, 0, -90], [0, 4.0, 0, -100], [0, 0, 4.0, -80], [0, 0, 0, 1]]), (45, 52, 46)
    )
    points = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool)))
    inside = (((points - [0, 16, 10]) / [70, 89, 70]) ** 2).sum(axis=1) < 1
    return inside.reshape(geometry.shape), geometry, MidPlane(np.zeros(3), np.array([1.0, 0, 0]), 1.0)


@pytest.mark.parametrize(
    ("point", "place"),
    [
        ((27, -2, 2), "deep"),
        ((-12, 18, 8), "deep"),
        ((0, 27, -30), "brainstem"),
        ((6, 22, -14), "brainstem"),
        ((25, 62, -35), "cerebellum"),
        ((-2, 65, -30), "cerebellum"),
        ((-30, -40, 20), "lobar"),
        ((48, 25, -10), "lobar"),
        ((-25, 82, 8), "lobar"),
        ((35, 45, 45), "lobar"),
    ],
)
@pytest.mark.parametrize("scale", [0.85, 1.0])
def test_location_by_the_axes_of_the_head(point, place, scale):
    """Points of an average brain at its true place; a smaller brain has them nearer together."""
    frame = HeadFrame(np.array([3.0, -7.0, 40.0]), np.eye(3), np.full(3, 1 / scale))
    assert location_of(np.array([3.0, -7.0, 40.0]) + scale * np.array(point), frame) == place


def test_frame_follows_size_and_nod():
    """Extents are quantiles: beyond u of its half axis lies (1 - u)^2 (2 + u) / 4 of an ellipsoid; voxels of 4 mm are half of that off."""
    brain, geometry, plane = average_brain()
    frame = HeadFrame.of(brain, geometry, plane)
    share = optimize.brentq(lambda u: (1 - u) ** 2 * (2 + u) / 4 - 0.003, 0, 1)
    assert np.abs(share * frame.scale[:2] - 1).max() < 2.0 / 70
    assert abs(share * frame.place(np.array([[50.0, 0, 0]]))[0, 0] - 50) < 2.0
    # little of the brain is covered: the axes of the scanner
    low = brain & (np.arange(45) > 30)[:, None, None]
    assert np.allclose(HeadFrame.of(low, geometry, plane).axes, np.eye(3))


def test_a_clot_that_touches_bright_tissue_is_still_proposed():
    image, inside, _ = synthetic_head(CtProtocol(SMALL))
    shape = clot_of_volume(25, (28, 0, 14), (1, 1.3, 1.0))
    found = implant(image, [Implant(shape)], within=inside)
    hu = found.image.values.copy()
    # a falx, a tentorium and a sinus as one bright sheet that runs into the clot
    points = image.geometry.to_lps(np.argwhere(inside))
    sheet = (np.abs(points[:, 0]) < 4.5) | ((np.abs(points[:, 1]) < 4) & (points[:, 0] > 0) & (points[:, 0] < 28))
    hu[tuple(np.argwhere(inside)[sheet].T)] = 56
    image = replace(found.image, values=hu)
    clots = propose_blood(image, ct_head(image)).clots
    assert len(clots) == 1
    assert (clots[0].mask.values & (found.fraction > 0.5)).sum() > 0.9 * (found.fraction > 0.5).sum()


def codes(audit):
    return {issue.code for issue in audit.issues}


def test_metal_gas_cut_coverage_and_wrong_levels_are_said():
    image, inside, _ = synthetic_head(CtProtocol(SMALL))
    head = ct_head(image)
    types = ("HU",)
    assert not {"H12", "H13"} & codes(audit_ct_values(image, head, rescale_types=types))
    at = np.argwhere(inside)
    middle = at[np.argmin(((at - at.mean(axis=0)) ** 2).sum(axis=1))]
    box = tuple(slice(n - 1, n + 2) for n in middle)
    for value in (2900.0, -600.0):
        hu = image.values.copy()
        hu[box] = value
        changed = replace(image, values=hu)
        assert "H13" in codes(audit_ct_values(changed, ct_head(changed), rescale_types=types)), value
    hu = image.values.copy()
    hu[inside] += 20
    bright = replace(image, values=hu)
    assert "H12" in codes(audit_ct_values(bright, ct_head(bright), rescale_types=types))
    geometry = Geometry.from_affine(image.geometry.affine, (15, 128, 128))
    assert "H14" in {i.code for i in ct_head(replace(image, values=image.values[:15], geometry=geometry)).issues}


def test_ball_clot_at_the_ventricle_keeps_calcification_out():
    shape = ClotShape((0, 0, 0), (14, 14, 14))
    found = implant(tissue(2.5), [Implant(shape)])
    hu = found.image.values.copy()
    points = found.image.geometry.to_lps(np.argwhere(np.ones(hu.shape, bool))).reshape(*hu.shape, 3)
    stone = np.linalg.norm(points - [6, 0, 0], axis=-1) < 3
    hu[stone] = 400
    clot = segment_hematoma(replace(found.image, values=hu), (-5, 0, 0))
    assert not clot.mask.values[stone].any()
    assert clot.volume_ml == pytest.approx(found.sampled_ml - found.image.geometry.volume_ml(stone), rel=0.04)
