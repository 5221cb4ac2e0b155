"""A vendor's ADC map in the unit of this project."""

import numpy as np
import pytest

from strokequant.dicomio.units import UnitDecision
from strokequant.errors import Issue, Level, UnitError
from strokequant.geometry import Geometry
from strokequant.maps.vendor_adc import vendor_adc
from strokequant.types import Volume


def volume_of(values):
    values = np.asarray(values, np.float32).reshape(1, 1, -1)
    return Volume(values, Geometry.from_affine(np.eye(4), values.shape))


@pytest.mark.parametrize(("stored", "factor"), [(0.00062, 1e6), (0.62, 1e3), (620.0, 1.0)])
def test_all_units_give_the_same_adc(stored, factor):
    found = vendor_adc(volume_of([stored]), UnitDecision(factor, "test"))
    assert found.values[0, 0, 0] == pytest.approx(620, rel=1e-6)
    assert found.valid.all()
    assert found.unit == "um2/s"


def test_what_is_no_adc_is_set_aside_and_counted():
    found = vendor_adc(volume_of([-0.284, 0, np.nan, np.inf, 0.8]), UnitDecision(1e3, "test"))
    np.testing.assert_array_equal(found.valid.ravel(), [False, False, False, False, True])
    np.testing.assert_array_equal(found.values.ravel()[:4], 0)
    assert found.counts == {"non_finite": 2, "negative": 1, "zero": 1}


def test_unknown_unit_is_refused():
    issue = Issue("U02", Level.ASK, "brain median 88")
    with pytest.raises(UnitError, match="U02"):
        vendor_adc(volume_of([88.0]), UnitDecision(None, "unknown", (issue,)))
