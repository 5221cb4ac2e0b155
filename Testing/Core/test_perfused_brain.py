"""Brain on MR by where blood passes: balls and ellipsoids of known place, and heads of several shapes."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.batch.perfusion_stages import prepare
from strokequant.geometry import Geometry
from strokequant.perfusion_config import PerfusionBrainConfig
from strokequant.segmentation.perfused_brain import first_pass, perfused_brain
from strokequant.segmentation.sides import MidPlane
from strokequant.settings import Settings
from strokequant.synthetic.grids import AXIAL, rotated
from strokequant.synthetic.perfusion_brain import CLEAR, small_patient
from strokequant.synthetic.perfusion_tissue import make_lesion
from strokequant.types import Mask

PLANE = MidPlane(np.zeros(3), np.array([1.0, 0.0, 0.0]), 1.0)
SHAPES = {"fine": (2.2, 2.2, 6.5), "coarse": (3.0, 3.0, 8.0), "cubes": (2.5, 2.5, 2.5)}


def _grid(spacing):
    size = [int(np.ceil(190 / s)) for s in spacing]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-(n - 1) / 2 * s for n, s in zip(size, spacing, strict=True)]
    return Geometry.from_affine(affine, tuple(size[::-1]))


def _ball(geometry, center, radii):
    points = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool)))
    return ((((points - center) / radii) ** 2).sum(axis=1) < 1).reshape(geometry.shape)


@pytest.fixture(params=sorted(SHAPES))
def head(request):
    """Brain, both eyes against it, and the first pass of every voxel."""
    geometry = _grid(SHAPES[request.param])
    brain = _ball(geometry, (0, 0, 0), (65, 80, 60))
    eyes = (_ball(geometry, (30, -72, -30), 13) | _ball(geometry, (-30, -72, -30), 13)) & ~brain
    return geometry, brain, eyes, brain.astype(np.float32)


def _of(geometry, values):
    return Mask(values, geometry, "brain", "as drawn")


def test_eyes_go_and_brain_stays(head):
    geometry, brain, eyes, passing = head
    found, issues = perfused_brain(_of(geometry, brain | eyes), passing, PLANE)
    far = eyes & ~_ball(geometry, (0, 0, 0), (71, 86, 66))
    assert [i.code for i in issues] == ["S14"]
    assert found.values[brain].all()
    assert np.mean(found.values[far]) < 0.05


def test_an_infarct_at_the_surface_stays(head):
    geometry, brain, eyes, passing = head
    core = brain & _ball(geometry, (55, -10, 15), (30, 45, 30))
    passing = np.where(core, 0, passing).astype(np.float32)
    found, _ = perfused_brain(_of(geometry, brain | eyes), passing, PLANE)
    assert geometry.volume_ml(core) > 60
    assert found.values[core].all()


def test_ventricles_and_lesions_of_both_sides_that_lie_inside_stay(head):
    geometry, brain, eyes, passing = head
    inside = _ball(geometry, (0, 0, 0), (30, 40, 25))
    passing = np.where(inside, 0, passing).astype(np.float32)
    found, _ = perfused_brain(_of(geometry, brain | eyes), passing, PLANE)
    assert found.values[inside].all()


def test_muscle_with_blood_in_it_does_not_keep_an_eye(head):
    geometry, brain, eyes, passing = head
    muscle = eyes & (_ball(geometry, (30, -76, -30), (4, 16, 4)) | _ball(geometry, (-30, -76, -30), (4, 16, 4)))
    found, _ = perfused_brain(_of(geometry, brain | eyes), np.maximum(passing, muscle).astype(np.float32), PLANE)
    far = eyes & ~muscle & ~_ball(geometry, (0, 0, 0), (73, 88, 68))
    assert np.mean(found.values[far]) < 0.15


def test_a_mask_without_any_first_pass_stays_as_it_is(head):
    geometry, brain, eyes, _ = head
    mask = _of(geometry, brain | eyes)
    for passing in (np.zeros(geometry.shape, np.float32), np.full(geometry.shape, -1, np.float32)):
        found, issues = perfused_brain(mask, passing, PLANE)
        assert found is mask
        assert issues == ()


def test_half_of_a_mask_is_never_left_out(head):
    geometry, brain, _, passing = head
    front = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool)))[:, 1].reshape(geometry.shape) < 0
    mask = _of(geometry, brain)
    found, issues = perfused_brain(mask, np.where(front, 0, passing).astype(np.float32), PLANE)
    assert found is mask
    assert issues == ()


def test_first_pass_of_a_bolus_of_a_step_and_of_a_ramp():
    t = np.arange(40.0)
    bolus = np.where((t >= 15) & (t < 25), 4.0, 0.0)
    curves = np.stack([bolus, bolus + (t >= 25), np.where(t >= 15, 4.0, 0.0), 0.1 * t, np.zeros(40)])
    assert first_pass(curves.astype(np.float32), 10, 5) == pytest.approx([4, 3, 0, 0, 0], abs=1e-5)


def test_a_scan_that_is_too_short_for_means_has_no_first_pass():
    assert first_pass(np.ones((3, 12), np.float32), 8, 5).tolist() == [0, 0, 0]


HEADS = {
    "coarse": {},
    "small head": {"brain": {"scale": 0.93}, "lesion": make_lesion(40, 12, **CLEAR)},
    "tilted forward": {"slab": {"orientation": rotated(AXIAL, "x", 15)}},
    "noise": {"noise": 20.0},
}


@pytest.mark.parametrize("name", sorted(HEADS))
def test_eyes_of_a_head_leave_the_brain_and_tissue_does_not(name):
    patient = small_patient("dsc", **HEADS[name])
    with_eyes = replace(Settings(), perfusion_brain=PerfusionBrainConfig(perfused_removed_max=0.0))
    before, after = (prepare(patient.series, settings=s).masks.brain for s in (with_eyes, Settings()))
    shares = patient.truth.shares
    tissue = shares["gray"] + shares["white"]
    left_out = before.values & ~after.values
    assert 2 < patient.geometry.volume_ml(left_out) < 30
    assert tissue[left_out].max() < 0.3
    assert not (left_out & (shares["hypoperfusion"] > 0.1)).any()
