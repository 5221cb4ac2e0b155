"""Rods and volume inserts are measured where a person puts them."""

import numpy as np
import pytest
from acr_mri_object import write_acr_mri
from test_blood_inserts import PHANTOM as BLOOD
from test_blood_inserts import values, write_rods
from test_volume_inserts import PHANTOM as VOLUMES
from test_volume_inserts import ellipsoid

from strokequant.batch.phantom_study import PhantomStudy, movable
from strokequant.dicomio.scan import scan
from strokequant.phantom.diffusion_session import Stated
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.session import measure_session
from strokequant.phantom.volume_inserts import measure_insert
from strokequant.synthetic.phantom_blood import blood_rods


def test_a_rod_is_measured_where_it_is_put(tmp_path):
    series = scan(write_rods(tmp_path, blood_rods())).series
    found = measure_session(series, BLOOD)
    places = {p.label: p.center_lps for p in found.placements}
    study = PhantomStudy(series, BLOOD)
    moved = study.measure(Stated(placements={"60 HU": tuple(np.add(places["60 HU"], (2.0, 0.0, 0.0)))}), by="R1")
    assert values(moved)["hu", "60 HU"] == pytest.approx(60.0, abs=0.5)
    assert "Q04" in {issue.code for issue in moved.issues}
    assert [p.label for p in moved.placements if p.placed_by == "R1"] == ["60 HU"]
    swapped = study.measure(Stated(placements={"50 HU": places["70 HU"], "70 HU": places["50 HU"]}))
    assert "Q19" in {issue.code for issue in swapped.issues}


def test_rods_that_were_not_found_are_placed(tmp_path):
    volume = blood_rods()
    series = scan(write_rods(tmp_path / "whole", volume)).series
    regions = {p.label: p for p in measure_session(series, BLOOD).placements}
    places = {label: p.center_lps for label, p in regions.items()}
    middle = np.argwhere(regions["40 HU"].mask).mean(axis=0)
    rows, columns = np.indices(volume.values.shape[1:])
    away = np.hypot(columns - middle[2], rows - middle[1]) * volume.geometry.pixel_spacing[0]
    volume.values[:, (away > 3.0) & (away < 15.0)] = np.median(volume.values[:, away < 3.0]) - 20.0
    series = scan(write_rods(tmp_path / "part", volume)).series
    assert "Q01" in {issue.code for issue in measure_session(series, BLOOD).issues}
    found = measure_session(series, BLOOD, Stated(placements=places))
    assert values(found)["hu", "60 HU"] == pytest.approx(60.0, abs=0.5)
    assert len(found.placements) == 5


def test_an_insert_is_outlined_from_the_point_of_a_person():
    volume = ellipsoid(10, 2.5)
    found, places, _ = measure_insert(volume, VOLUMES)
    again, _, _ = measure_insert(volume, VOLUMES, seed_lps=tuple(np.add(places[0].center_lps, (2.0, 1.0, 0.0))))
    assert again[0].value == pytest.approx(found[0].value, rel=0.01)
    outside, none, reasons = measure_insert(volume, VOLUMES, seed_lps=(1.0, 1.0, 1.0))
    assert outside[0].value is None and not none and reasons


def test_what_moves():
    assert movable(BLOOD) == {"40 HU", "50 HU", "60 HU", "70 HU", "80 HU"}
    assert movable(VOLUMES) == {i.label for i in VOLUMES.inserts if i.quantity == "volume"}


def test_regions_of_the_mr_phantom_move(tmp_path):
    series = scan(write_acr_mri(tmp_path)).series
    mri = load_registry()["acr_mri_large"]
    study = PhantomStudy(series, mri)
    found = study.measure()
    places = {p.label: p.center_lps for p in found.placements}
    assert movable(mri) >= {"uniform"} and {"uniform", "ramp top", "bar left 1"} <= set(places)
    same = study.measure(Stated(placements={k: v for k, v in places.items() if k in movable(mri)}))
    assert [m.value for m in same.measurements] == [m.value for m in found.measurements]
    assert "Q04" not in {issue.code for issue in same.issues}
    there = tuple(np.add(places["uniform"], (0.0, 30.0, 0.0)))
    moved = study.measure(Stated(placements={"uniform": there}))
    now = {p.label: p.center_lps for p in moved.placements}
    np.testing.assert_allclose(now["uniform"], there, atol=0.6)
    assert now["ramp top"] == places["ramp top"]
    piu = [next(m.value for m in one.measurements if m.metric == "mri_piu") for one in (found, moved)]
    assert piu[1] < piu[0] - 20
    assert "Q04" in {issue.code for issue in moved.issues}
