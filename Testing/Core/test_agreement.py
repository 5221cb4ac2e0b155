"""Agreement of two maps: worked numbers, and the maps of a scanner that computed its own ADC."""

import json

import numpy as np
import pytest

from strokequant.biomarkers.agreement import agreement
from strokequant.errors import GeometryError, UnitError
from strokequant.geometry import Geometry
from strokequant.maps.adc import compute_adc
from strokequant.types import DiffusionSeries, Directionality, QuantityMap


def quantity(values, valid=None, unit="um2/s", spacing=1.0):
    values = np.asarray(values, np.float32).reshape(1, 1, -1)
    valid = np.ones(values.shape, bool) if valid is None else np.asarray(valid, bool).reshape(values.shape)
    geometry = Geometry.from_affine(np.diag([spacing, 1, 1, 1.0]), values.shape)
    return QuantityMap(values, valid, geometry, unit, "adc", "test")


def everywhere(quantity_map):
    return np.ones(quantity_map.values.shape, bool)


def test_worked_example():
    """Differences 1, -1, 3, 1: mean 1, SD sqrt(8 / 3)."""
    vendor, own = quantity([100, 200, 300, 400]), quantity([101, 199, 303, 401])
    result = agreement(vendor, own, everywhere(vendor))
    sd = np.sqrt(8 / 3)
    assert (result.n, result.bias, result.bias_percent) == (4, 1.0, 0.4)
    assert (result.sd, result.lower, result.upper) == pytest.approx((sd, 1 - 1.96 * sd, 1 + 1.96 * sd))
    assert result.slope == pytest.approx(np.polyfit([100, 200, 300, 400], [101, 199, 303, 401], 1)[0])
    assert result.correlation == pytest.approx(np.corrcoef([100, 200, 300, 400], [101, 199, 303, 401])[0, 1])


def test_only_voxels_valid_in_both_count():
    vendor = quantity([100, 200, 300, 400, 500], [1, 1, 0, 1, 1])
    own = quantity([100, 0, 300, 402, 999], [1, 0, 1, 1, 1])
    result = agreement(vendor, own, np.array([1, 1, 1, 1, 0], bool).reshape(1, 1, 5))
    assert (result.n, result.bias, result.only_vendor, result.only_recomputed) == (2, 1.0, 1, 1)


def test_nothing_to_compare_is_none_and_no_number():
    vendor = quantity([100, 200])
    result = agreement(vendor, vendor, ~everywhere(vendor))
    assert result.n == 0
    assert (result.bias, result.sd, result.slope, result.correlation) == (None,) * 4
    single = agreement(quantity([100]), quantity([101]), everywhere(quantity([100])))
    assert (single.bias, single.sd, single.lower) == (1.0, None, None)
    flat = agreement(quantity([100, 100]), quantity([101, 103]), everywhere(vendor))
    assert (flat.slope, flat.correlation) == (None, None)


def test_dictionary_is_json():
    vendor = quantity([100, 200, 300])
    plain = agreement(vendor, quantity([101, 202, 299]), everywhere(vendor)).as_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["unit"] == "um2/s"


def test_other_unit_or_grid_is_refused():
    vendor = quantity([100, 200])
    with pytest.raises(UnitError):
        agreement(vendor, quantity([0.1, 0.2], unit="mm2/s"), everywhere(vendor))
    with pytest.raises(GeometryError):
        agreement(vendor, quantity([100, 200], spacing=2.0), everywhere(vendor))


# ---- real data


def inside_head(image):
    """Bright, connected and eroded: enough to leave background and scalp out."""
    from scipy import ndimage

    rough = ndimage.binary_opening(image > 0.3 * np.percentile(image, 98), iterations=2)
    labels, count = ndimage.label(rough)
    largest = labels == 1 + np.argmax(ndimage.sum(rough, labels, np.arange(1, count + 1)))
    return ndimage.binary_erosion(largest, iterations=1)


def test_siemens_vendor_map(shared_data):
    """Formula and reading together: bias within 0.1 %, limits of agreement within 3e-6 mm2/s."""
    from strokequant.dicomio.read import read_adc, read_diffusion
    from strokequant.dicomio.scan import scan
    from strokequant.types import Role

    found = scan(shared_data / "diffusion/dicom_vendors/siemens_xa30_raw20dir_vendorADC").series
    dwi = read_diffusion(max((s for s in found if s.role is Role.DWI), key=lambda s: len(s.files)))
    vendor = read_adc(next(s for s in found if s.role is Role.ADC))
    assert not dwi.geometry.differs_from(vendor.geometry)
    own = compute_adc(dwi)
    assert own.parameters["high_directions"] == 20
    assert own.parameters["b_high_s_mm2"] == 2500
    as_map = QuantityMap(vendor.values, vendor.values > 0, vendor.geometry, "um2/s", "adc", "vendor")
    brain = inside_head(dwi.values[own.parameters["b_values_used_s_mm2"].index(0.0)])
    result = agreement(as_map, own, brain)
    assert result.n > 30000
    assert abs(result.bias_percent) <= 0.1
    assert -3 <= result.lower < result.upper <= 3
    assert result.slope == pytest.approx(1, abs=1e-3)


def test_arithmetic_mean_would_not_agree(shared_data):
    """The same comparison tells a wrong formula apart."""
    from strokequant.dicomio.read import read_adc, read_diffusion
    from strokequant.dicomio.scan import scan
    from strokequant.types import Role

    found = scan(shared_data / "diffusion/dicom_vendors/siemens_xa30_raw20dir_vendorADC").series
    dwi = read_diffusion(max((s for s in found if s.role is Role.DWI), key=lambda s: len(s.files)))
    vendor = read_adc(next(s for s in found if s.role is Role.ADC))
    high = np.round(dwi.b_values) > 10
    b0, mean = dwi.values[~high].mean(axis=0), dwi.values[high].mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(b0 / mean) / 2500 * 1e6
    valid = np.isfinite(values) & (values > 0)
    wrong = QuantityMap(np.where(valid, values, 0), valid, dwi.geometry, "um2/s", "adc", "arithmetic")
    as_map = QuantityMap(vendor.values, vendor.values > 0, vendor.geometry, "um2/s", "adc", "vendor")
    assert agreement(as_map, wrong, inside_head(b0)).bias_percent < -1


def test_nifti_with_known_formula(shared_data):
    """ADC = ln(b0 / DWI) / 1000 in mm2/s, to the rounding of float32."""
    nibabel = pytest.importorskip("nibabel")
    folder = shared_data / "diffusion/ads_subject02"
    b0, high, vendor = (
        np.asarray(nibabel.load(folder / f"Subject02_{name}.nii.gz").dataobj, np.float32).T
        for name in ("b0", "DWI", "ADC")
    )
    geometry = Geometry.from_affine(np.diag([1.198, 1.198, 5, 1]), b0.shape)
    kinds = (Directionality.NONE, Directionality.UNKNOWN)
    dwi = DiffusionSeries(
        np.stack([b0, high]), geometry, np.array([0.0, 1000]), ("flag",) * 2, np.full((2, 3), np.nan), kinds
    )
    own = compute_adc(dwi)
    assert own.valid.sum() > 100000
    np.testing.assert_allclose(own.values[own.valid], 1e6 * vendor[own.valid], atol=0.001, rtol=2e-6)
    as_map = QuantityMap(vendor * np.float32(1e6), vendor > 0, geometry, "um2/s", "adc", "vendor")
    result = agreement(as_map, own, own.valid)
    assert abs(result.bias) < 1e-3
    assert result.upper - result.lower < 0.01
