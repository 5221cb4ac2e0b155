"""Masks of perfusion series on heads with known tissue: whole head, slabs, tilt, table, stripped images; a real CT at the end."""

from functools import lru_cache

import numpy as np
import pytest
from scipy import ndimage

from strokequant.errors import GeometryError, Level, SegmentationError
from strokequant.geometry import Geometry
from strokequant.perfusion_config import PerfusionBrainConfig
from strokequant.segmentation.hemispheres import split_sides
from strokequant.segmentation.perfusion_brain import perfusion_brain
from strokequant.segmentation.skull import CROSS, bone_directions
from strokequant.synthetic.anatomy import Head, Tissue, tissue_fractions
from strokequant.synthetic.grids import make_slab
from strokequant.types import Mask, Volume

HU = np.array([-1000, -60, 900, 12, 35, 29, 55], np.float32)
SIGNAL = np.array([0, 20, 3, 160, 100, 90, 30], np.float32)
PEAK = np.array([0, 0.2, 0, 0, 3.0, 1.2, 0.3], np.float32)
"""CT numbers, T2*-weighted signal and peak contrast by tissue: air, scalp, bone, CSF, gray, white, muscle."""

SLABS = {
    "8 slices": {"slices": 8, "step_mm": 5.0},
    "4 slices at the ventricles": {"slices": 4, "step_mm": 5.0, "center": (0, 0, 10)},
    "4 slices at the skull base": {"slices": 4, "step_mm": 5.0, "center": (0, 0, -35)},
    "1 slice": {"slices": 1, "step_mm": 5.0},
    "tilted": {"slices": 10, "step_mm": 6.0, "tilt_deg": 18.0},
    "reversed": {"slices": 8, "step_mm": 5.0, "reverse": True},
    "whole head": {"slices": 22, "step_mm": 7.0, "center": (0, 0, -8)},
}


@lru_cache(maxsize=12)
def head(name):
    """Slab and shares of tissue (tissue, k, j, i) on 1.5 mm pixels."""
    options = {"rows": 160, "columns": 160, "pixel_mm": 1.5} | SLABS[name]
    if options["slices"] == 1:
        pair = make_slab(**(options | {"slices": 2}))
        shares = tissue_fractions(Head(), pair, np.eye(4))[:, :1]
        geometry = Geometry(
            (1, *pair.geometry.shape[1:]), pair.geometry.affine, pair.geometry.slice_origins[:1], np.array([5.0])
        )
        return geometry, shares
    slab = make_slab(**options)
    return slab.geometry, tissue_fractions(Head(), slab, np.eye(4))


def mixed(shares, values):
    return np.tensordot(values, shares, axes=1).astype(np.float32)


def noisy(values, sd, seed=0):
    return values + np.float32(sd) * np.random.default_rng(seed).standard_normal(values.shape, np.float32)


def ct(name, noise=1.0):
    geometry, shares = head(name)
    return Volume(noisy(mixed(shares, HU), noise), geometry, "[hnsf'U]", "attenuation"), shares


def mr(name, noise=1.0):
    geometry, shares = head(name)
    signal = mixed(shares, SIGNAL)
    peak = mixed(shares, PEAK)
    return Volume(np.abs(noisy(signal, noise)), geometry), np.abs(noisy(peak, 0.05, 1)), shares


def tissue_of(shares):
    """Voxels that are mostly brain, and those that hold something from inside the skull."""
    parenchyma = shares[Tissue.GRAY] + shares[Tissue.WHITE]
    return parenchyma >= 0.5, parenchyma + shares[Tissue.CSF] > 0.1


@pytest.mark.parametrize("name", SLABS)
def test_ct_brain_covers_the_tissue_and_nothing_outside_the_skull(name):
    image, shares = ct(name)
    found = perfusion_brain(image, "ctp")
    tissue, inside = tissue_of(shares)
    mask = found.brain.values
    assert np.count_nonzero(mask & tissue) / np.count_nonzero(tissue) > 0.97
    assert np.count_nonzero(mask & ~inside) / np.count_nonzero(mask) < 0.005
    assert not (mask & ~found.search.values).any()
    assert [i.code for i in found.issues] == ([] if name == "whole head" else ["S10"])
    assert found.coverage_mm == pytest.approx(image.geometry.slice_extents.sum())


@pytest.mark.parametrize("name", SLABS)
def test_mr_brain_covers_the_tissue_and_nothing_outside_the_skull(name):
    image, peak, shares = mr(name)
    found = perfusion_brain(image, "dsc", peak_contrast=peak, contrast_sd=0.05)
    tissue, inside = tissue_of(shares)
    mask = found.brain.values
    assert np.count_nonzero(mask & tissue) / np.count_nonzero(tissue) > 0.97
    assert np.count_nonzero(mask & ~inside) / np.count_nonzero(mask) < 0.02
    assert [i.code for i in found.issues] == ([] if name == "whole head" else ["S10"])


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
@pytest.mark.parametrize("name", ["8 slices", "1 slice", "tilted"])
def test_csf_is_csf(kind, name):
    if kind == "ctp":
        image, shares = ct(name)
        found = perfusion_brain(image, kind)
    else:
        image, peak, shares = mr(name)
        found = perfusion_brain(image, kind, peak_contrast=peak, contrast_sd=0.05)
    csf = found.csf.values
    share = shares[Tissue.CSF]
    pure = found.brain.values & ndimage.binary_erosion(share > 0.95, CROSS)
    assert pure.any()
    assert share[csf].mean() > 0.75
    assert np.count_nonzero(csf & (share < 0.2)) <= 0.005 * np.count_nonzero(csf)
    assert np.count_nonzero(csf & pure) / np.count_nonzero(pure) > 0.95
    assert not (csf & ~found.brain.values).any()
    assert not (found.tissue & csf).any()


def test_noise_of_a_mean_baseline_does_not_matter():
    image, shares = ct("8 slices", noise=3.0)
    tissue, inside = tissue_of(shares)
    found = perfusion_brain(image, "ctp")
    assert np.count_nonzero(found.brain.values & tissue) / np.count_nonzero(tissue) > 0.97
    assert np.count_nonzero(found.brain.values & ~inside) / np.count_nonzero(found.brain.values) < 0.005
    assert shares[Tissue.CSF][found.csf.values].mean() > 0.7


def test_table_head_holder_and_cable_change_nothing():
    image, _ = ct("8 slices")
    plain = perfusion_brain(image, "ctp").brain.values
    values = image.values.copy()
    values[:, 150:153, 10:150] = 500.0
    values[:, 146:150, 10:150] = -400.0
    values[:, 80:140, 8:10] = 350.0
    values[:, 80:140, 150:152] = 350.0
    values[:, 5:8, 40:43] = 3000.0
    with_table = perfusion_brain(Volume(values, image.geometry), "ctp").brain.values
    assert np.array_equal(with_table, plain)


def test_hole_in_the_skull_keeps_the_brain():
    image, shares = ct("8 slices")
    tissue, _ = tissue_of(shares)
    values = image.values.copy()
    x = image.geometry.affine[0, 0] * np.arange(160) + image.geometry.affine[0, 3]
    y = image.geometry.affine[1, 1] * np.arange(160) + image.geometry.affine[1, 3]
    opening = (np.abs(y) < 20)[:, None] & (x > 40)[None]
    bone = (values > 300) & opening
    values[bone] = 30.0
    found = perfusion_brain(Volume(values, image.geometry), "ctp")
    assert np.count_nonzero(found.brain.values & tissue) / np.count_nonzero(tissue) > 0.95
    scalp = shares[Tissue.SCALP] > 0.5
    assert np.count_nonzero(found.brain.values & scalp) / np.count_nonzero(found.brain.values) < 0.01


def test_calcification_and_air_inside_are_artifact_and_not_tissue():
    image, _ = ct("8 slices")
    values = image.values.copy()
    values[3, 70:73, 70:73] = 800.0
    values[4, 90:94, 70:74] = -900.0
    found = perfusion_brain(Volume(values, image.geometry), "ctp")
    assert found.brain.values[3, 71, 71]
    assert found.artifact.values[3, 70:73, 70:73].all()
    assert found.artifact.values[4, 91:93, 71:73].all()
    assert not found.tissue[3, 71, 71]


def test_muscles_below_the_skull_base_are_left_out():
    """A block of muscle that a zygomatic arch, a mandible and the skull base enclose, beside a brain in the slice above."""
    config = PerfusionBrainConfig()
    hu = np.full((2, 160, 160), -1000, np.float32)
    rows, columns = np.mgrid[:160, :160]
    ring = np.hypot((rows - 80) / 1.2, columns - 80)
    hu[0][ring < 62] = 50
    hu[1][ring < 62] = 50
    hu[1][ring < 55] = 900
    hu[1][ring < 48] = 33
    hu[0][(np.abs(columns - 40) < 14) & (np.abs(rows - 80) < 20)] = 900
    hu[0][(np.abs(columns - 40) < 9) & (np.abs(rows - 80) < 15)] = 55
    hu[0][66:94, 26:31] = 50
    hu[0][ring > 62] = -1000
    found = perfusion_brain(Volume(hu, Geometry.from_affine(np.diag([1.2, 1.2, 5, 1]), hu.shape)), "ctp", config=config)
    assert found.brain.values[1].any()
    assert not found.brain.values[0].any()


def test_directions_of_bone_are_counted():
    bone = np.zeros((1, 21, 21), bool)
    bone[0, 5, 5:16] = bone[0, 15, 5:16] = bone[0, 5:16, 5] = bone[0, 5:16, 15] = True
    seen = bone_directions(bone)[0]
    assert (seen[6:15, 6:15] == 8).all()
    assert seen[10, 2] == 3
    assert seen[5, 2] == 2
    assert seen[0, 10] == 3
    assert (seen[bone[0]] == 0).all()
    assert not bone_directions(np.zeros((1, 9, 9), bool)).any()


@pytest.mark.parametrize("background", [0.0, -1024.0])
def test_stripped_ct_is_used_as_it_is_with_a_warning(background):
    image, shares = ct("8 slices")
    tissue, _ = tissue_of(shares)
    inside = shares[Tissue.GRAY] + shares[Tissue.WHITE] + shares[Tissue.CSF] > 0.95
    values = np.where(inside, image.values, np.float32(background))
    found = perfusion_brain(Volume(values, image.geometry), "ctp")
    assert "S11" in [i.code for i in found.issues]
    assert np.count_nonzero(found.brain.values & tissue & inside) / np.count_nonzero(tissue & inside) > 0.9
    assert not (found.brain.values & ~inside).any() or np.count_nonzero(found.brain.values & ~inside) < 200


@pytest.mark.parametrize(("kind", "value", "code"), [("ctp", 35.0, "S11"), ("dsc", 100.0, "S01")])
def test_a_phantom_that_fills_the_field_is_all_brain_with_a_warning(kind, value, code):
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), (16, 64, 64))
    found = perfusion_brain(Volume(np.full(geometry.shape, value, np.float32), geometry), kind)
    assert found.brain.values.all()
    assert [(i.code, i.level) for i in found.issues if i.code == code] == [(code, Level.WARN)]


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_air_alone_is_refused(kind):
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), (4, 64, 64))
    air = np.full(geometry.shape, -1000.0 if kind == "ctp" else 0.0, np.float32)
    with pytest.raises(SegmentationError, match="S01"):
        perfusion_brain(Volume(air, geometry), kind)


def test_unknown_kind_and_foreign_mask_are_refused():
    image, _ = ct("4 slices at the ventricles")
    with pytest.raises(ValueError, match="neither"):
        perfusion_brain(image, "ct")
    other = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), image.geometry.shape)
    with pytest.raises(GeometryError, match="G17"):
        perfusion_brain(image, "ctp", given=Mask(np.ones(other.shape, bool), other, "brain", "reader"))


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_a_readers_mask_replaces_the_brain(kind):
    name = "4 slices at the ventricles"
    image, peak, _ = (*ct(name)[:1], None, None) if kind == "ctp" else mr(name)
    values = np.zeros(image.geometry.shape, bool)
    values[:, 60:100, 60:100] = True
    given = Mask(values, image.geometry, "brain", "reader", edited_by="R01")
    found = perfusion_brain(image, kind, peak_contrast=peak, given=given)
    assert found.brain is given
    assert found.csf.values.any()
    assert not (found.csf.values & ~values).any()
    assert not (values & ~found.search.values).any()


def test_mr_without_contrast_has_no_csf_and_says_so():
    image, _, _ = mr("4 slices at the ventricles")
    found = perfusion_brain(image, "dsc")
    assert not found.csf.values.any()
    assert "S13" in [i.code for i in found.issues]


def test_signal_loss_and_dark_core_on_mr():
    """A hemorrhage without signal is artifact; a core with little contrast but the signal of tissue is not CSF."""
    image, peak, _ = mr("8 slices")
    values = image.values.copy()
    values[4, 60:66, 60:66] = 5.0
    peak = peak.copy()
    peak[3, 80:95, 100:115] *= 0.1
    found = perfusion_brain(Volume(values, image.geometry), "dsc", peak_contrast=peak, contrast_sd=0.05)
    assert found.artifact.values[4, 61:65, 61:65].all()
    assert np.count_nonzero(found.csf.values[3, 80:95, 100:115] & (values[3, 80:95, 100:115] < 115)) == 0


def test_coil_sensitivity_makes_no_csf_and_no_artifact():
    image, peak, shares = mr("8 slices")
    ramp = np.linspace(1.5, 0.6, 160, dtype=np.float32)[None, None, :]
    found = perfusion_brain(Volume(image.values * ramp, image.geometry), "dsc", peak_contrast=peak, contrast_sd=0.05)
    assert shares[Tissue.CSF][found.csf.values].mean() > 0.7
    assert np.count_nonzero(found.artifact.values) < 0.005 * np.count_nonzero(found.brain.values)


@pytest.mark.parametrize("name", ["8 slices", "tilted", "reversed", "1 slice"])
@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_sides_are_told_in_patient_coordinates(kind, name):
    image = ct(name)[0] if kind == "ctp" else mr(name)[0]
    brain = perfusion_brain(image, kind).brain
    sides = split_sides(image, brain)
    index = np.argwhere(brain.values)
    x = image.geometry.to_lps(index)[:, 0]
    left = sides.left[tuple(index.T)]
    sure = np.abs(x) > 4
    assert (left[sure] == (x[sure] > 0)).mean() > 0.995
    assert np.array_equal(sides.left | sides.right, brain.values)
    assert not (sides.left & sides.right).any()
    assert sides.plane.symmetry > 0.9
    assert sides.issues == ()


def test_an_uncertain_midline_is_warned_of():
    image = ct("4 slices at the ventricles")[0]
    brain = perfusion_brain(image, "ctp").brain
    strict = split_sides(image, brain, config=PerfusionBrainConfig(symmetry_min=0.9999))
    assert [(i.code, i.level) for i in strict.issues] == [("S12", Level.WARN)]
    aside = split_sides(image, brain, config=PerfusionBrainConfig(midline_offset_mm=-1.0))
    assert [i.code for i in aside.issues] == ["S12"]
    center = image.geometry.to_lps(np.argwhere(brain.values)).mean(axis=0)
    assert aside.plane.point == pytest.approx(center)
    assert aside.plane.normal.tolist() == [1.0, 0.0, 0.0]
    assert split_sides(image, brain, plane=aside.plane).issues == ()


def test_real_head_with_tilt_and_uneven_slices(shared_data):
    """Sections of a real head: nothing below the skull base, brain alone above it."""
    from strokequant.dicomio.read import read_volume
    from strokequant.dicomio.scan import scan

    image = read_volume(scan(shared_data / "ct" / "head_ge_tilt18_variable_gap").series[0])
    found = perfusion_brain(image, "ctp")
    area_cm2 = np.count_nonzero(found.brain.values, axis=(1, 2)) * image.geometry.pixel_area_mm2 / 100
    assert 1350 < found.brain.volume_ml < 1550
    assert (area_cm2[:4] == 0).all()
    assert (area_cm2[11:22] > 110).all()
    assert area_cm2.max() < 190
    assert 100 < found.csf.volume_ml < 300
    for first, last in ((6, 10), (12, 16)):
        part = Geometry(
            (last - first, *image.geometry.shape[1:]),
            image.geometry.affine,
            image.geometry.slice_origins[first:last],
            image.geometry.slice_extents[first:last],
        )
        slab = perfusion_brain(Volume(image.values[first:last], part), "ctp")
        whole = found.brain.values[first:last]
        both = np.count_nonzero(slab.brain.values & whole)
        assert 2 * both / (np.count_nonzero(slab.brain.values) + np.count_nonzero(whole)) > 0.9
