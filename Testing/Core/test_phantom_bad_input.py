"""Phantoms that are not as they should be: it is said, and no verdict is given; the numbers that can be had stand."""

from dataclasses import replace

import numpy as np
import pytest
from acr_ct_object import acr_ct
from acr_mri_object import write_acr_mri
from phantom_sessions import CT_SCANNER
from scipy import ndimage

from strokequant.dicomio.scan import scan
from strokequant.geometry import Geometry
from strokequant.phantom.acr_ct import analyze_acr_ct
from strokequant.phantom.acr_session import analyze_acr
from strokequant.phantom.blood_inserts import find_rods
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.diffusion_session import Stated, analyze_passes
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomSession, Qualification
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.phantom_diffusion import PhantomFaults, PhantomScan, simulate, single_tube
from strokequant.synthetic.phantom_passes import passes_of
from strokequant.types import Volume

REGISTRY = load_registry()


@pytest.fixture(scope="module")
def ct():
    return acr_ct(modules=(1, 3))


def bubble(values):
    rows, columns = np.indices(values.shape[1:])
    middle = (values.shape[2] - 1) / 2
    out = values.copy()
    out[:, np.hypot(columns - middle + 63 / 0.78125, rows - middle) < 6] = -1000
    return out


def leaning(values, degrees=8.0):
    step = 5 * np.tan(np.radians(degrees)) / 0.78125
    return np.stack(
        [ndimage.shift(v, (0, (k - len(values) / 2) * step), order=1, mode="nearest") for k, v in enumerate(values)]
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (bubble, "Q06"),
        (lambda values: np.minimum(values, 800.0), "Q05"),
        (lambda values: np.maximum(values, -999.0), "Q05"),
        (leaning, "Q75"),
    ],
)
def test_ct(ct, change, code):
    analysis = analyze_acr_ct(replace(ct, values=change(ct.values).astype(np.float32)), REGISTRY["acr_ct_464"])
    assert {i.code for i in analysis.issues if i.blocks} == {code}
    session = PhantomSession(
        REGISTRY["acr_ct_464"], CT_SCANNER, "2026-11-25", analysis.measurements, issues=analysis.issues
    )
    verdict = judge(session, criteria_for(PhantomKind.ACR_CT))
    assert verdict.outcome is Qualification.NO_VERDICT
    assert any(m.metric == "ct_diameter" and m.value is not None for m in analysis.measurements)


@pytest.mark.parametrize(
    ("made", "code"),
    [({"shift": (60.0, 0.0)}, "Q74"), ({"scale": 0.4, "signal": 160000.0}, "Q05")],
)
def test_mri(tmp_path, made, code):
    one = analyze_acr(scan(write_acr_mri(tmp_path, sagittal=False, **made)).series, REGISTRY["acr_mri_large"])
    assert code in {i.code for i in one.issues if i.blocks}
    assert judge(one, criteria_for(PhantomKind.ACR_MRI)).outcome is Qualification.NO_VERDICT


def test_mri_that_is_rolled_is_followed_and_said(tmp_path):
    one = analyze_acr(scan(write_acr_mri(tmp_path, sagittal=False, roll=9.0)).series, REGISTRY["acr_mri_large"])
    assert {(i.code, str(i.level)) for i in one.issues} == {("Q75", "INFO")}
    assert next(m.value for m in one.measurements if m.metric == "mri_slice_thickness") == pytest.approx(5.0, abs=0.15)


def head():
    rows, columns = np.indices((256, 256))
    r = np.hypot(rows - 127.5, columns - 127.5) * 0.8
    plane = np.where(r < 88, 35.0, np.where(r < 95, 1000.0, -1000.0))
    values = np.repeat(plane[None], 5, axis=0).astype(np.float32)
    return Volume(values, Geometry.from_affine(np.diag([0.8, 0.8, 5.0, 1.0]), values.shape), "[hnsf'U]")


def test_a_head_is_no_phantom():
    found = analyze_acr_ct(head(), REGISTRY["acr_ct_464"])
    assert all(m.value is None for m in found.measurements) and found.issues[0].blocks
    assert find_rods(head(), REGISTRY["blood_hu"].inserts[0]) == []


SLAB = make_slab(slices=5, rows=96, columns=96, pixel_mm=1.71875, step_mm=6.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("phantom", "scanned", "faults", "code"),
    [
        (replace(single_tube(), bubbles=((0, 3.5),)), {}, PhantomFaults(), "Q06"),
        (single_tube(), {"center_lps": (82.0, 0.0, 0.0)}, PhantomFaults(), "Q01"),
        (single_tube(), {"tilt_deg": 14.0}, PhantomFaults(), "Q75"),
        (single_tube(), {}, PhantomFaults(saturation=990.0), "Q05"),
    ],
)
def test_tube(phantom, scanned, faults, code):
    session = simulate(phantom, PhantomScan(**({"passes": 2, "slab": SLAB, "seed": 2} | scanned)), faults)
    one = analyze_passes(passes_of(session), REGISTRY["ice_water"], Stated(0.0))
    assert code in {i.code for i in one.issues if i.blocks}
    assert judge(one, criteria_for(PhantomKind.DIFFUSION)).outcome is Qualification.NO_VERDICT
