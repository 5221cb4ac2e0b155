"""Candidates: the rules of judgment, the order of the list, and the side."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.config import CoreConfig
from strokequant.geometry import Geometry
from strokequant.segmentation.candidates import Clusters, Evidence, Findings, judge, list_candidates
from strokequant.segmentation.mirror import MirrorControl
from strokequant.segmentation.sides import MidPlane, find_midplane
from strokequant.segmentation.workgrid import WorkGrid

CONFIG = CoreConfig()
CLEAR = Findings(voxels=400, volume_ul=3000, mean_adc=520, contrast=5.0, asymmetry=4.5, depth_mm=15, grown=True)


@pytest.mark.parametrize(
    ("change", "accepted", "word"),
    [
        ({}, True, "not on the other side"),
        ({"volume_ul": 50, "voxels": 8}, True, "not on the other side"),
        ({"volume_ul": 49, "voxels": 8}, False, "smaller than the 0.05 mL"),
        ({"volume_ul": 100, "voxels": 7}, False, "fewer than 8 voxels"),
        ({"asymmetry": 2.5, "contrast": 2.5}, True, "not on the other side"),
        ({"asymmetry": 2.5, "contrast": 2.5, "volume_ul": 1000}, True, "not on the other side"),
        ({"asymmetry": 2.5, "contrast": 2.5, "volume_ul": 999}, False, "smaller than the 1 mL"),
        ({"asymmetry": 1.9, "contrast": 3.4}, False, "5 SD of contrast"),
        ({"asymmetry": 0.0, "contrast": 4.9, "volume_ul": 30000}, False, "5 SD of contrast"),
        ({"asymmetry": 0.0, "contrast": 5.1}, True, "both sides"),
        ({"asymmetry": None, "contrast": 3.6}, True, "midline"),
        ({"asymmetry": None, "contrast": 3.6, "depth_mm": 3.0}, False, "3 mm from the brain edge"),
        ({"asymmetry": None, "contrast": 3.6, "volume_ul": 900}, False, "smaller than the 1 mL"),
        ({"asymmetry": None, "contrast": 3.0}, False, "3.5 SD of contrast"),
        ({"asymmetry": None, "contrast": 3.0, "volume_ul": 10000}, True, "midline"),
        ({"grown": False}, False, "no part of it stands out"),
        ({"mean_adc": 633, "volume_ul": 500}, False, "mean ADC of 633"),
        ({"mean_adc": 633}, True, "not on the other side"),
    ],
)
def test_judgment(change, accepted, word):
    verdict, reasons = judge(replace(CLEAR, **change), CONFIG)
    assert verdict is accepted
    assert word in reasons[0]
    assert len(reasons) == 3


def scene(flip=False):
    """Two boxes, the smaller one first in scan order, on the patient's left; array columns run to the left or to the right."""
    shape = (20, 40, 40)
    step = -2.0 if flip else 2.0
    affine = np.diag([step, 2.0, 3.0, 1.0])
    affine[0, 3] = -step * 19.5
    geometry = Geometry.from_affine(affine, shape)
    labels = np.zeros(shape, np.int32)
    left = slice(8, 12) if flip else slice(28, 32)
    labels[3:5, 10:14, left] = 1
    labels[10:14, 10:14, left] = 2
    return geometry, labels


def judged(geometry, labels, count, grown):
    z = np.where(labels > 0, 6.0, 0.0).astype(np.float32)
    adc = np.where(labels > 0, 500.0, 800.0).astype(np.float32)
    grid = WorkGrid.of(geometry, 3.0)
    plane = MidPlane(np.zeros(3), np.array([1.0, 0.0, 0.0]), 1.0)
    mirror = MirrorControl.of(z, np.ones(z.shape, bool), plane, grid, CONFIG.mirror_mm)
    evidence = Evidence(adc, z, z, np.full(z.shape, 20.0), mirror)
    return list_candidates(Clusters(labels, count, grown), evidence, geometry, CONFIG)


@pytest.mark.parametrize("flip", [False, True])
def test_order_size_place_and_side(flip):
    geometry, labels = scene(flip)
    renumbered, (large, small) = judged(geometry, labels, 2, 2)
    assert (large.label, small.label) == (1, 2)
    assert (large.voxels, large.volume_ml) == (64, 0.768)
    assert (small.voxels, small.volume_ml) == (32, 0.384)
    assert (large.slices, small.slices) == ((10, 13), (3, 4))
    assert large.side == small.side == "left"
    assert large.centroid_lps == pytest.approx((20.0, 23.0, 34.5))
    assert large.mean_adc == 500 and large.sd_adc == 0 and large.dwi_z == 6
    assert large.accepted and small.accepted
    assert (renumbered == 1).sum() == 64 and (renumbered == 2).sum() == 32


def test_alike_on_both_sides_is_not_proposed():
    geometry, labels = scene()
    labels[10:14, 10:14, 8:12] = 3
    _, candidates = judged(geometry, labels, 3, 3)
    assert [c.accepted for c in candidates if c.slices == (10, 13)] == [False, False]
    assert [c.accepted for c in candidates if c.slices == (3, 4)] == [True]


def test_a_cluster_over_the_midline_has_no_control():
    geometry, labels = scene()
    labels[:] = 0
    labels[5:15, 10:20, 16:24] = 1
    _, (only,) = judged(geometry, labels, 1, 1)
    assert only.side == "midline"
    assert "no control side" in only.reasons
    assert only.accepted


def test_clusters_below_the_seed_limits_are_listed_but_not_proposed():
    geometry, labels = scene()
    _, (large, small) = judged(geometry, labels, 2, 1)
    assert (large.accepted, small.accepted) == (False, True)


def test_clusters_too_small_to_list():
    geometry, labels = scene()
    labels[:] = 0
    labels[5, 5, 5:9] = 1
    renumbered, candidates = judged(geometry, labels, 1, 1)
    assert candidates == () and not renumbered.any()


@pytest.mark.parametrize(("yaw", "roll", "offset"), [(0, 0, 0), (8, 0, 5), (-6, 5, -7)])
def test_midplane_of_a_turned_head(yaw, roll, offset):
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 4.0, 1.0]), (35, 100, 90))
    yaw, roll = np.radians([yaw, roll])
    normal = np.array([np.cos(yaw) * np.cos(roll), np.sin(yaw) * np.cos(roll), np.sin(roll)])
    center = np.array([90.0 + offset, 100, 70])
    lps = geometry.to_lps(np.argwhere(np.ones(geometry.shape, bool))) - center
    across = lps @ normal
    rest = lps - across[:, None] * normal
    shape = (across / 60) ** 2 + (rest[:, 1] / 80) ** 2 + (rest[:, 2] / 60) ** 2
    brain = (shape < 1).reshape(geometry.shape)
    stripes = 1 + 0.3 * np.cos(np.abs(across) / 6) * np.cos(rest[:, 1] / 11)
    plane = find_midplane(np.where(brain, stripes.reshape(geometry.shape), 0), brain, geometry)
    assert plane.normal @ normal > np.cos(np.radians(1.5))
    assert abs(plane.leftward_mm(center[None])[0]) < 1.0
    assert plane.side(center + 30 * normal, 5) == "left"
    assert plane.side(center - 30 * normal, 5) == "right"
    assert plane.side(center + 3 * normal, 5) == "midline"
