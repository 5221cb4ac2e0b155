"""Diffusion onto perfusion: a known displacement of one synthetic patient between both scans is found; masks keep their volume."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.geometry import Geometry
from strokequant.maps.coregister import coregister, mask_onto
from strokequant.perfusion_config import CoregistrationConfig
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.perfusion_brain import (
    CLEAR,
    PerfusionBrain,
    make_lesion,
    matching_diffusion,
    simulate_perfusion,
)
from strokequant.synthetic.perfusion_motion import rotation, volume_center
from strokequant.synthetic.perfusion_protocol import dsc
from strokequant.types import Mask, Volume

BRAIN = PerfusionBrain(lesion=make_lesion(80, 20, **CLEAR))
SLAB = make_slab(slices=20, step_mm=6.0)


@pytest.fixture(scope="module")
def perfusion():
    series = simulate_perfusion(BRAIN, SLAB, dsc(frames=12)).series
    return Volume(series.values[4:8].mean(axis=0), series.geometry)


def displaced(shift, turn) -> np.ndarray:
    center = volume_center(SLAB.geometry)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(turn)
    matrix[:3, 3] = center + shift - matrix[:3, :3] @ center
    return matrix


def diffusion_b0(displacement) -> Volume:
    patient = matching_diffusion(BRAIN, SLAB, displacement=displacement)
    return Volume(patient.signal[0], patient.geometry)


@pytest.mark.parametrize(("shift", "turn"), [((4, -3, 2), (2, -3, 4)), ((0, 0, 0), (0, 0, 0))])
def test_displacement_between_the_scans_is_found(perfusion, shift, turn):
    truth = displaced(shift, turn)
    b0 = diffusion_b0(truth)
    found = coregister(perfusion, b0)
    points = SLAB.geometry.to_lps(np.argwhere(perfusion.values > 50)[::500])
    left = (points @ found.matrix[:3, :3].T + found.matrix[:3, 3]) - (points @ truth[:3, :3].T + truth[:3, 3])
    assert np.sqrt((left**2).sum(axis=1).mean()) < 1.0
    assert [issue.code for issue in found.issues] == ["M08"]
    assert found.moved.geometry is perfusion.geometry


def test_a_small_overlap_is_not_registered(perfusion):
    affine = np.array(SLAB.geometry.affine)
    affine[2, 3] += 100
    far = Volume(perfusion.values, Geometry.from_affine(affine, SLAB.geometry.shape))
    found = coregister(perfusion, far)
    assert [issue.code for issue in found.issues] == ["M07"]
    assert (found.matrix == np.eye(4)).all()


@pytest.mark.parametrize(("frame", "trusted"), [("1.2.3", True), ("1.2.4", False), ("", True)])
def test_headers_of_two_frames_of_reference_place_nothing(perfusion, frame, trusted):
    affine = np.array(SLAB.geometry.affine)
    affine[2, 3] += 100
    fixed = replace(perfusion, geometry=replace(perfusion.geometry, frame_of_reference="1.2.3"))
    far = Volume(perfusion.values, Geometry.from_affine(affine, SLAB.geometry.shape, frame))
    assert coregister(fixed, far).trusted is trusted


def test_a_displacement_beyond_belief_is_not_used(perfusion):
    b0 = diffusion_b0(displaced((6, 0, 0), (0, 0, 0)))
    found = coregister(perfusion, b0, config=CoregistrationConfig(largest_mm=3.0))
    assert [issue.code for issue in found.issues] == ["M07"]


@pytest.mark.parametrize("matrix", [np.eye(4), displaced((5, -4, 3), (3, 2, -4))], ids=["at rest", "moved"])
def test_a_mask_keeps_its_volume_on_a_coarser_grid(matrix):
    fine = Geometry.from_affine(np.diag([1.0, 1.0, 5.0, 1.0]), (30, 200, 200))
    lps = fine.to_lps(np.argwhere(np.ones(fine.shape, bool))).reshape(*fine.shape, 3)
    ball = ((lps - (100, 100, 75)) ** 2).sum(axis=-1) < 22**2
    coarse = Geometry.from_affine(np.diag([1.8, 1.8, 6.0, 1.0]), (24, 110, 110))
    moved = mask_onto(Mask(ball, fine, "infarct_core", "ball"), coarse, matrix)
    assert moved.volume_ml == pytest.approx(fine.volume_ml(ball), rel=0.03)
    center = coarse.to_lps(np.argwhere(moved.values)).mean(axis=0)
    assert matrix[:3, :3] @ center + matrix[:3, 3] == pytest.approx((100, 100, 75), abs=0.5)
