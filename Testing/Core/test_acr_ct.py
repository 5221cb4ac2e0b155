"""ACR CT phantom: exact numbers come back at any roll, shift, mirror and module pitch; what is not there is said."""

from dataclasses import replace

import numpy as np
import pytest
from acr_ct_object import INSERTS, acr_ct
from phantom_sessions import CT_SCANNER

from strokequant.dicomio.read import read_volume
from strokequant.dicomio.scan import scan
from strokequant.geometry import Geometry
from strokequant.phantom.acr_ct import analyze_acr_ct
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.metrics import PHANTOM_METRICS
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomSession, Qualification
from strokequant.types import Volume

PHANTOM = load_registry()["acr_ct_464"]


def numbers(analysis):
    return {(m.metric, m.insert): m.value for m in analysis.measurements}


def verdict(analysis):
    session = PhantomSession(PHANTOM, CT_SCANNER, "2026-11-25", analysis.measurements, issues=analysis.issues)
    return judge(session, criteria_for(PhantomKind.ACR_CT))


def check_exact(found, scale=1.0, offset=0.0, cup=0.0, tolerance=0.5):
    for name, (_, hu) in INSERTS.items():
        exact = scale * hu + offset + cup * (1 - (63**2 + 10**2 / 2) / 100**2)
        assert found["hu", name] == pytest.approx(exact, abs=2 * tolerance if abs(hu) > 900 else tolerance), name
    assert found["hu_slope", ""] == pytest.approx(scale, abs=0.001)
    assert found["ct_noise", ""] == pytest.approx(4.0, abs=0.25)
    assert found["hu_uniformity", ""] == pytest.approx(abs(cup) * 0.66**2, abs=0.4)
    assert found["hu_uniformity_outer", ""] == pytest.approx(abs(cup) * 0.8**2, abs=0.4)


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"roll": 3.3, "shift": (6.3, -4.2)},
        {"roll": -12.0, "table": True},
        {"roll": 178.0},
        {"mirrored": True, "roll": 1.5},
        {"reverse": True},
        {"pitch": 35.0},
        {"dz": 2.5, "shift": (-10.0, 3.0)},
        {"scale": 0.97, "offset": 4.0, "cup": -8.0, "roll": 2.0, "shift": (6.0, -4.0)},
    ],
)
def test_exact_numbers(made):
    analysis = analyze_acr_ct(acr_ct(**made), PHANTOM)
    found = numbers(analysis)
    check_exact(found, **{name: made[name] for name in ("scale", "offset", "cup") if name in made})
    assert analysis.pose.roll_deg == pytest.approx(made.get("roll", 0.0), abs=0.1)
    assert analysis.pose.center_lps[:2] == pytest.approx(made.get("shift", (0.0, 0.0)), abs=0.1)
    assert found["ct_bb_distance", ""] == pytest.approx(100.0, abs=0.2)
    assert found["ct_diameter", ""] == pytest.approx(200.0, abs=0.3)
    assert found["ct_cnr", ""] == pytest.approx(6 * made.get("scale", 1.0) / 4, abs=0.35)


def test_pose_carries_the_registry_onto_the_images():
    analysis = analyze_acr_ct(acr_ct(roll=10, shift=(5, -3), mirrored=True), PHANTOM)
    rods = [PHANTOM.insert(name) for name in INSERTS]
    points = analysis.pose.to_lps(np.array([(*rod.center_mm[:2], 0.0) for rod in rods]))
    placed = {p.label: p for p in analysis.placements}
    for rod, point in zip(rods, points, strict=True):
        assert point[:2] == pytest.approx(placed[rod.label].center_lps[:2], abs=1e-6)
    assert {i.code for i in analysis.issues} == {"Q75"}
    assert placed["bone"].voxels == 3 * np.count_nonzero(placed["bone"].mask.any(axis=0))


def test_a_length_that_is_wrong_is_seen():
    found = numbers(analyze_acr_ct(acr_ct(zoom=1.02), PHANTOM))
    assert found["ct_bb_distance", ""] == pytest.approx(102.0, abs=0.2)
    assert found["ct_diameter", ""] == pytest.approx(204.0, abs=0.3)


def test_healthy_scanner_is_qualified_and_a_slope_of_097_fails():
    assert verdict(analyze_acr_ct(acr_ct(), PHANTOM)).outcome is Qualification.QUALIFIED
    failed = verdict(analyze_acr_ct(acr_ct(scale=0.97, offset=-1.0), PHANTOM))
    assert failed.outcome is Qualification.FAILED
    (reason, *others) = failed.reasons
    assert "slope: 0.970" in reason and "0.98 to 1.02" in reason
    assert not any("insert" in other for other in others), "every limit of ACR is met"


@pytest.mark.parametrize("modules", [(1,), (1, 2), (1, 4)])
def test_what_is_not_in_the_images_is_said_and_the_rest_measured(modules):
    analysis = analyze_acr_ct(acr_ct(modules=modules), PHANTOM)
    found = numbers(analysis)
    assert found["hu", "bone"] == pytest.approx(955, abs=1)
    assert found["hu_uniformity", ""] is None and found["ct_bb_distance", ""] is None
    assert {m.issues[0].code for m in analysis.measurements if m.metric == "hu_uniformity"} == {"Q74"}
    assert verdict(analysis).outcome is Qualification.CONDITIONAL


def volume(values):
    return Volume(
        values.astype(np.float32), Geometry.from_affine(np.diag([0.78, 0.78, 5, 1.0]), values.shape), "[hnsf'U]"
    )


@pytest.mark.parametrize(
    "images",
    [
        volume(np.full((6, 64, 64), -1000.0)),
        volume(np.zeros((6, 256, 256))),
        acr_ct(modules=(3, 4)),
        acr_ct(zoom=0.9),
        replace(acr_ct(modules=(1,)), unit="1"),
    ],
)
def test_other_images_are_refused(images):
    analysis = analyze_acr_ct(images, PHANTOM)
    assert all(m.value is None for m in analysis.measurements)
    assert analysis.issues[0].code in ("Q01", "Q74") and analysis.issues[0].blocks
    assert verdict(analysis).outcome is Qualification.NO_VERDICT


def damaged(change):
    values = acr_ct().values
    return volume(np.ascontiguousarray(change(values)))


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v[:, :, :200],
        lambda v: v[:, :160],
        lambda v: np.where(v > 900, np.inf, v),
        lambda v: np.where(np.random.default_rng(0).random(v.shape) < 0.01, np.nan, v),
        lambda v: v[:2, :4, :4],
    ],
)
def test_images_that_are_not_whole_are_refused(change):
    analysis = analyze_acr_ct(damaged(change), PHANTOM)
    assert all(m.value is None for m in analysis.measurements) and analysis.issues[0].blocks


def test_padding_beyond_the_phantom_does_no_harm():
    images = acr_ct()
    _, rows, columns = np.indices(images.values.shape)
    padded = np.where(np.hypot(rows - 159.5, columns - 159.5) > 150, np.nan, images.values).astype(np.float32)
    check_exact(numbers(analyze_acr_ct(replace(images, values=padded), PHANTOM)))


def test_one_slice_is_enough_for_ct_numbers():
    found = numbers(analyze_acr_ct(volume(acr_ct().values[3:4]), PHANTOM))
    assert found["hu", "water"] == pytest.approx(0, abs=0.5) and found["ct_cnr", ""] is None


def test_every_metric_of_the_kind_has_a_number_or_a_reason():
    listed = {m.metric for m in analyze_acr_ct(acr_ct(), PHANTOM).measurements}
    assert listed == {m.id for m in PHANTOM_METRICS.values() if m.family == "ct"}


@pytest.mark.parametrize(
    ("name", "exact", "roll", "shift"),
    [
        ("acr_ct_ok", {"air": -1000, "polyethylene": -95, "water": 0, "acrylic": 120, "bone": 955}, 0.0, (0.0, 0.0)),
        (
            "acr_ct_fail",
            {"air": -970.82, "polyethylene": -92.97, "water": -0.82, "acrylic": 115.58, "bone": 925.53},
            2.0,
            (6.0, -4.0),
        ),
    ],
)
def test_shared_phantoms(shared_data, name, exact, roll, shift):
    series = scan(shared_data / "phantom" / "synthetic" / name).series[0]
    images = read_volume(series)
    analysis = analyze_acr_ct(images, PHANTOM)
    found = numbers(analysis)
    for insert, hu in exact.items():
        assert found["hu", insert] == pytest.approx(hu, abs=1.0 if insert in ("air", "bone") else 0.5)
    assert analysis.pose.roll_deg == pytest.approx(roll, abs=0.1)
    assert analysis.pose.center_lps[:2] == pytest.approx(shift, abs=0.1)
    assert found["ct_bb_distance", ""] == pytest.approx(100.0, abs=0.2)
    assert verdict(analysis).outcome is (Qualification.QUALIFIED if name == "acr_ct_ok" else Qualification.FAILED)


def test_an_insert_is_measured_where_a_person_puts_it():
    volume = acr_ct(roll=2.0, shift=(6.0, -4.0))
    found = {p.label: p.center_lps for p in analyze_acr_ct(volume, PHANTOM).placements}
    swapped = {"water": found["acrylic"], "acrylic": found["water"]}
    analysis = analyze_acr_ct(volume, PHANTOM, placements=swapped)
    hu = numbers(analysis)
    assert hu["hu", "water"] == pytest.approx(INSERTS["acrylic"][1], abs=0.5)
    assert hu["hu", "acrylic"] == pytest.approx(INSERTS["water"][1], abs=0.5)
    assert hu["hu", "bone"] == pytest.approx(INSERTS["bone"][1], abs=1)
    assert [i.found for i in analysis.issues if i.code == "Q04"] == ["acrylic, water placed by a person"]
    places = {p.label: p.center_lps for p in analysis.placements}
    assert places["water"] == pytest.approx(found["acrylic"], abs=1e-6)
