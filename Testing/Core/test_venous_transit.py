"""Tmax of the venous output: the lag of the reference plus the delay, the limit of prolonged transit, and veins that are none of the two."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import aif, curves, tissue

from strokequant.biomarkers.perfusion_measures import PERFUSION_MEASURES
from strokequant.biomarkers.venous_transit import VENOUS_TMAX, is_prolonged, tmax_of, venous_tmax
from strokequant.perfusion_config import DeconvolutionConfig, VesselConfig
from strokequant.perfusion_types import Vessel, VesselCurve, Vessels
from strokequant.segmentation.sides import MidPlane
from strokequant.types import Mask, Status

TIMES = np.arange(54) * 1.5
LAG = 1.9069
"""Tmax less delay in s of an exponential residue of MTT 4 s, sampled every 1.5 s, at threshold 0.10: vector K1 of the reference."""
TEST = DeconvolutionConfig(threshold=0.10)
MASK = np.ones((2, 20, 20), bool)
CURVES = curves(np.zeros((MASK.size, len(TIMES)), np.float32), TIMES, mask=MASK)
CENTER = CURVES.geometry.to_lps(np.argwhere(MASK)).mean(axis=0)
PLANE = MidPlane(CENTER, np.array([1.0, 0.0, 0.0]), 1.0)
BRAIN = Mask(MASK, CURVES.geometry, "perfusion_brain", "all")


def vein(delay, *, mtt=4.0, left=0.0, back=15.0, times=TIMES):
    """Sinus behind the brain whose blood comes `delay` s after the artery."""
    place = tuple(float(x) for x in np.add(CENTER, (left, back, 0.0)))
    values = tissue(times, 60.0, mtt, delay)
    return VesselCurve(Vessel.VOF, values, times, np.zeros((5, 3), int), place, "automatic")


def measured(vof, config=TEST, **options):
    return venous_tmax(Vessels(aif(TIMES), vof), CURVES, PLANE, BRAIN, deconvolution=config, **options)


@pytest.mark.parametrize("delay", [0.0, 3.0, 12.0])
def test_tmax_is_the_lag_of_the_reference_plus_the_delay(delay):
    assert measured(vein(delay)).value == pytest.approx(LAG + delay, abs=1e-3)


@pytest.mark.parametrize("delay", [2.0, 4.3, 7.9])
def test_tmax_between_frames(delay):
    assert measured(vein(delay)).value == pytest.approx(LAG + delay, abs=0.1)


@pytest.mark.parametrize("delay", [5.0, 9.0])
def test_limit_of_prolonged_transit(delay):
    found = measured(vein(delay))
    late = delay == 9.0
    assert [i.code for i in found.issues] == (["A13"] if late else [])
    assert found.method.startswith("venous transit prolonged" if late else "venous transit not prolonged")
    assert found.status is Status.MEASURED and found.id in PERFUSION_MEASURES


def test_the_limit_itself_is_prolonged():
    assert is_prolonged(10.0)
    assert not is_prolonged(np.nextafter(10.0, 0))
    assert is_prolonged(8.0, VesselConfig(prolonged_transit_s=8.0))


@pytest.mark.parametrize("place", [{"back": -15.0}, {"left": 12.0}, {"left": -12.0}])
def test_a_vein_elsewhere_is_no_sinus(place):
    found = measured(vein(9.0, **place))
    assert found.value is None and found.status is Status.NOT_EVALUABLE
    assert [i.code for i in found.issues] == ["A13"]


def test_without_a_vein_there_is_no_number():
    found = measured(None)
    assert found.value is None and [i.code for i in found.issues] == ["A13"]


def test_a_vein_without_flow_or_with_times_that_do_not_fit_is_no_number():
    empty = replace(vein(2.0), values=-vein(2.0).values)
    assert measured(empty).value is None
    short = replace(vein(2.0), times_s=TIMES * 0)
    assert measured(short).value is None


def test_frames_that_were_left_out_do_not_count():
    torn = vein(6.0)
    torn.values[20] *= 4
    assert tmax_of(torn, aif(TIMES), CURVES, leave_out=[20], config=TEST) == pytest.approx(LAG + 6, abs=0.1)
    assert VENOUS_TMAX in PERFUSION_MEASURES


def test_slices_of_another_time_than_the_artery():
    later = TIMES + 0.7
    found = measured(vein(5.0, times=later))
    assert found.value == pytest.approx(LAG + 5, abs=0.1)
