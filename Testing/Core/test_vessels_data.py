"""Arterial input on published test objects and on the synthetic head: the right vessel, its arrival and its area."""

import csv

import numpy as np
import pytest
from vessel_brain import gamma

from strokequant.geometry import Geometry
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration
from strokequant.perfusion_config import VesselConfig
from strokequant.perfusion_types import Bolus, Curves, Vessel
from strokequant.synthetic.perfusion_brain import small_patient
from strokequant.types import Mask, TimeSeries
from strokequant.vessels.clusters import curve_scores
from strokequant.vessels.find import find_vessels
from strokequant.vessels.gates import refusals
from strokequant.vessels.manual import manual_vessel

CONFIG = VesselConfig()
GRID_TIMES = np.arange(54) * 1.5
GAIN = {"dsc": 30.543, "ctp": 350.0}


def load(path):
    """(t, k, j, i) or (k, j, i) float32: rows of the file are j."""
    nibabel = pytest.importorskip("nibabel")
    return np.ascontiguousarray(np.asarray(nibabel.load(path).dataobj, np.float32).T.swapaxes(-1, -2))


def grid_series(folder, name):
    values = load(folder / f"{name}.nii.gz")
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 6.0, 1.0]), values.shape[1:])
    return TimeSeries(values, geometry, GRID_TIMES, "times file", kind=name[:3], echo_time_ms=30.0)


def tile(onset):
    """Voxels of the AIF tile of slice 0 with this onset."""
    mask = np.zeros((16, 64, 64), bool)
    row = 4 + 8 * (onset - 7)
    mask[0, row : row + 8, 4:12] = True
    return mask


@pytest.fixture(scope="module")
def kudo(shared_data):
    folder = shared_data / "perfusion" / "synthetic_kudo_grid"
    if not folder.is_dir():
        pytest.skip("no digital reference object")
    return folder


def grid_curves(folder, name):
    series = grid_series(folder, name)
    everything = np.ones(series.geometry.shape, bool)
    tissue = everything.copy()
    tissue[0] = False
    bolus = find_bolus(series, Mask(tissue, series.geometry, "tissue", "all but slice 0"))
    assert not bolus.issues
    return concentration(series, Mask(everything, series.geometry, "all", "all"), bolus, smooth_px=0)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("dsc_d0-3_noisefree", 0.003),
        ("dsc_d0-3_noisy", 0.05),
        ("ctp_d0-3_noisefree", 0.003),
        ("ctp_d0-12_noisy", 0.01),
        ("dsc_d0-12_noisefree", 0.003),
    ],
)
def test_grid_gives_the_earliest_of_its_arterial_tiles(kudo, name, error):
    curves = grid_curves(kudo, name)
    aif = find_vessels(curves).aif
    inside = tile(7)[tuple(aif.voxels.T)]
    assert inside.mean() > 0.9
    truth = GAIN[name[:3]] * gamma(GRID_TIMES, 7)
    scores = curve_scores(truth, GRID_TIMES, 0, float("nan"), CONFIG)
    assert aif.scores["arrival_s"] == pytest.approx(scores["arrival_s"], abs=0.1)
    assert aif.scores["area"] == pytest.approx(scores["area"], rel=error)
    assert np.abs(aif.values - truth).max() < error * truth.max() + 0.03 * truth.max() * ("noisy" in name)


def test_grid_gives_the_vein_of_ct(kudo):
    vof = find_vessels(grid_curves(kudo, "ctp_d0-3_noisefree")).vof
    table = np.loadtxt(kudo / "aif_vof.csv", delimiter=",", skiprows=1)
    assert (vof.voxels >= (0, 4, 20)).all()
    assert (vof.voxels < (1, 60, 28)).all()
    np.testing.assert_allclose(vof.values, 350 * table[:, 2], atol=0.5)


@pytest.mark.parametrize("onset", [8, 10, 13])
def test_grid_by_hand(kudo, onset):
    curve = manual_vessel(grid_curves(kudo, "ctp_d0-3_noisefree"), roi=tile(onset), vessel=Vessel.AIF)
    np.testing.assert_allclose(curve.values, 350 * gamma(GRID_TIMES, onset), atol=1.0)


def test_osipi_patch(shared_data):
    path = shared_data / "perfusion" / "osipi_aif_selection" / "test_concentration.nii"
    if not path.exists():
        pytest.skip("no OSIPI patch")
    values = load(path)
    times = np.arange(values.shape[0], dtype=float)
    mask = np.ones(values.shape[1:], bool)
    geometry = Geometry.from_affine(np.eye(4), mask.shape)
    curves = Curves(values[:, mask].T, mask, geometry, times, "dsc", "1/s", Bolus(1, 15, 17, 20, np.zeros(0)))
    vessels = find_vessels(curves)
    assert vessels.aif is not None
    mean = values.mean(axis=(1, 2, 3))
    assert vessels.aif.scores["peak"] > 1.15 * mean.max()
    assert vessels.aif.scores["time_to_peak_s"] < times[mean.argmax()]
    assert vessels.aif.scores["late_s"] < 0.5


def test_osipi_arterial_curve_passes_all_gates(shared_data):
    path = shared_data / "perfusion" / "osipi_dsc_dro" / "dsc_data.csv"
    if not path.exists():
        pytest.skip("no OSIPI curves")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        curve = np.array(row["C_aif"].strip("[]").split(), float)
        step = float(row["tr"])
        times = np.arange(len(curve)) * step
        assert refusals(curve_scores(curve, times, 0, float("nan"), CONFIG), Vessel.AIF, step, CONFIG) == []


@pytest.mark.parametrize(("kind", "noise"), [("dsc", None), ("dsc", 50.0), ("ctp", None), ("ctp", 2.0)])
def test_synthetic_head_gives_a_clean_artery_and_a_sinus(kind, noise):
    slab = {"slices": 12, "rows": 108, "columns": 108, "pixel_mm": 2.0, "step_mm": 6.0, "center": (0.0, 0.0, -4.0)}
    patient = small_patient(kind, noise=noise, slab=slab)
    truth, series = patient.truth, patient.series
    bolus = find_bolus(series, Mask(truth.brain, series.geometry, "brain", "truth"))
    head = sum(truth.shares[name] for name in ("gray", "white", "csf", "artery", "vein")) > 0.5
    curves = concentration(series, Mask(head, series.geometry, "head", "truth"), bolus, smooth_px=0)
    vessels = find_vessels(curves)
    assert vessels.aif is not None
    index = tuple(vessels.aif.voxels.T)
    assert truth.shares["artery"][index].mean() > 0.6
    late = max(truth.vessel_shares[f"MCA M{n} left"][index].mean() for n in (1, 2))
    assert late < 0.05, "the MCA of the occluded side fills late"
    exact = truth.gain["artery"] * truth.artery.at(series.times_s)
    scores = curve_scores(exact, np.asarray(series.times_s), 0, float("nan"), CONFIG)
    assert vessels.aif.scores["arrival_s"] == pytest.approx(scores["arrival_s"], abs=0.4)
    assert vessels.aif.scores["peak"] == pytest.approx(scores["peak"], rel=0.25)
    assert vessels.vof is not None
    assert truth.shares["vein"][tuple(vessels.vof.voxels.T)].mean() > 0.4
