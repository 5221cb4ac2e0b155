"""A single tube of water: found in ice and in a slurry, upright or leaning, along the slices too; anything else is no tube."""

import numpy as np
import pytest

from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.diffusion_session import Stated, analyze_passes
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.shells import shells_of
from strokequant.phantom.verdict import judge
from strokequant.phantom.vial_pose import find_pose, vials_of
from strokequant.phantom_types import Qualification
from strokequant.synthetic.grids import CORONAL, make_slab
from strokequant.synthetic.phantom_diffusion import B_20C, PhantomScan, VialPhantom, simulate, single_tube
from strokequant.synthetic.phantom_passes import passes_of

PHANTOM = load_registry()["ice_water"]
SLAB = make_slab(slices=5, rows=96, columns=96, pixel_mm=1.71875, step_mm=6.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))


def scanned(phantom, **scan):
    session = simulate(phantom, PhantomScan(**({"slab": SLAB, "passes": 1, "seed": 3} | scan)))
    return session, passes_of(session)


def off_axis(pose, session):
    axis = session.scan.axes[:, 2]
    away = pose.centers_lps[0] - session.centers_lps[0]
    return float(np.linalg.norm(away - (away @ axis) * axis))


@pytest.mark.parametrize(
    ("phantom", "scan"),
    [
        (single_tube(), {"center_lps": (30.0, -25.0, 0.0)}),
        (single_tube(), {"tilt_deg": 7.0, "snr": 25.0}),
        (single_tube(bath_s0=0.7, wall_mm=2.5, body_radius_mm=70.0), {"center_lps": (4.0, 3.0, 0.0)}),
        (single_tube(2023.0), {"b_values": B_20C}),
    ],
)
def test_center_and_lean(phantom, scan):
    session, passes = scanned(phantom, **scan)
    pose = find_pose(shells_of(passes[0].dwi), vials_of(PHANTOM.inserts))
    assert off_axis(pose, session) < 0.3
    assert pose.tilt_deg == pytest.approx(scan.get("tilt_deg", 0.0), abs=0.5)
    assert pose.radius_mm == pytest.approx(12.0, abs=0.7)


def test_slices_along_the_tube():
    slab = make_slab(
        slices=15,
        rows=64,
        columns=64,
        pixel_mm=1.71875,
        step_mm=5.0,
        thickness_mm=5.0,
        orientation=CORONAL,
        center=(0, 0, 0),
    )
    session, passes = scanned(single_tube(half_length_mm=40.0), slab=slab, center_lps=(4.0, 6.0, 0.0))
    pose = find_pose(shells_of(passes[0].dwi), vials_of(PHANTOM.inserts))
    assert off_axis(pose, session) < 1.5 and abs(pose.axis_lps[2]) > 0.99


@pytest.mark.parametrize(
    "phantom", [VialPhantom(), VialPhantom(bath_s0=0.0), VialPhantom(empty=True), single_tube(579.0)]
)
def test_other_things_are_no_tube(phantom):
    _, passes = scanned(phantom)
    assert find_pose(shells_of(passes[0].dwi), vials_of(PHANTOM.inserts)) is None


def test_a_session_is_judged_by_what_a_tube_can_show():
    _, passes = scanned(single_tube(), passes=3, snr=200.0)
    session = analyze_passes(passes, PHANTOM, Stated(0.0))
    found = {m.metric: m.value for m in session.measurements if m.repeat is None}
    assert found["adc"] == pytest.approx(1099.0, rel=0.004)
    verdict = judge(session, criteria_for(PHANTOM.kind))
    assert verdict.outcome is Qualification.QUALIFIED, verdict.reasons
