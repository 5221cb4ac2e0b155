"""Interval of perfusion volumes of a head that moved, and of a noisy scan: it holds what a still and quiet one would show."""

import pytest

from strokequant.biomarkers.perfusion_bands import noise_issues, with_bands, with_less_noise, with_motion
from strokequant.perfusion_config import BandConfig
from strokequant.types import Measurement, Status

STILL_ML, CORE_ML = 80.0, 20.0
NAMES = ("hypoperfusion_6s_volume", "perfusion_core_volume", "mismatch_core_volume", "mismatch_volume")
FACTORS = {NAMES[0]: {"artery 2": 1.01}, NAMES[1]: {"artery 2": 0.99}}


def moved(hypoperfusion, core):
    """Measurements of a head that moved, with late tissue and core read at these shares of the still ones."""
    late, low = STILL_ML * hypoperfusion, CORE_ML * core
    values = dict(zip(NAMES, (late, low, low, late - low), strict=True))
    return [Measurement(name, value, "ml", Status.MEASURED, value, value, "contours") for name, value in values.items()]


@pytest.mark.parametrize(("hypoperfusion", "core"), [(1.12, 1.0), (0.93, 0.9), (1.0, 0.75), (1.0, 1.32)])
def test_what_a_still_head_shows_is_inside(hypoperfusion, core):
    measured = moved(hypoperfusion, core)
    found = {m.id: m for m in with_bands(measured, with_motion(FACTORS), "rCBF")[0]}
    still = with_bands(measured, FACTORS, "rCBF")[0][0]
    assert found[NAMES[0]].lower <= STILL_ML <= found[NAMES[0]].upper
    assert found[NAMES[1]].lower <= CORE_ML <= found[NAMES[1]].upper
    assert found["mismatch_volume"].lower <= STILL_ML - CORE_ML <= found["mismatch_volume"].upper
    assert still.upper < found[NAMES[0]].upper and "motion" in found[NAMES[0]].interval
    assert "motion" not in still.interval


def test_a_core_from_diffusion_is_not_moved():
    less, more = BandConfig().moved_hypoperfusion
    found = {m.id: m for m in with_bands(moved(1.0, 1.0), with_motion(FACTORS), "ADC")[0]}
    assert found["mismatch_volume"].upper == pytest.approx(more * STILL_ML - CORE_ML)
    assert found["mismatch_volume"].lower == pytest.approx(less * STILL_ML - CORE_ML)


@pytest.mark.parametrize("share", [0.9, 0.6, 0.4])
def test_noise_that_takes_a_share_every_time_is_taken_back(share):
    """A core of which noise leaves a share, and as much noise again the same share of what is left."""
    factors = {NAMES[0]: {"noise 1": 1.02}, NAMES[1]: {f"noise {n}": share for n in (1, 2)}}
    measured = moved(1.0, share)
    found = {m.id: m for m in with_bands(measured, with_less_noise(factors), "rCBF")[0]}
    for name in ("perfusion_core_volume", "mismatch_core_volume"):
        assert found[name].upper == pytest.approx(CORE_ML), name
    assert found["mismatch_volume"].lower <= STILL_ML - CORE_ML <= found["mismatch_volume"].upper
    told = noise_issues(factors, "rCBF")
    assert ("mismatch_ratio" in told) is (share < 0.8)
    assert set(noise_issues(factors, "ADC")) <= {"perfusion_core_volume"}
