"""b values, directions and scale slopes from public and private elements."""

import math
import struct

import numpy as np
import pytest

from Data.tiny_dicom import add_private, tiny_image
from strokequant.dicomio.elements import datetime_s, decode_bytes, private_value, time_of_day_s
from strokequant.dicomio.vendors import decode_ge_b, diffusion_of, scale_slope
from strokequant.types import Directionality

OBLIQUE = [0.0, 0.6, 0.8, 1.0, 0.0, 0.0]
"""Row direction (0, 0.6, 0.8), column direction x: normal = row x column = (0, 0.8, -0.6)."""


def image(**elements):
    return tiny_image(np.zeros((2, 2), np.uint16), **elements)


def csa2(fields: dict[str, list[str]]) -> bytes:
    """CSA2 header written from its layout."""
    data = b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(fields), 77)
    for name, items in fields.items():
        data += (
            name.encode().ljust(64, b"\0") + struct.pack("<i", 1) + b"IS\0\0" + struct.pack("<3i", 6, len(items), 77)
        )
        for item in items:
            value = item.encode() + b"\0"
            data += struct.pack("<4i", len(value), len(value), 77, len(value))
            data += value.ljust((len(value) + 3) // 4 * 4, b"\0")
    return data


def test_public_b_value_comes_first():
    dataset = image(DiffusionBValue=1000.0)
    add_private(dataset, 0x2001, "Philips Imaging DD 001", 0x03, "FL", 1000.0)
    found = diffusion_of(dataset)
    assert (found.b_value, found.b_tag, found.other_b) == (1000.0, "(0018,9087)", None)


def test_ge_bias_is_removed():
    """Vector A8: [1000001000, 8, 0, 0] is b 1000."""
    dataset = image(Manufacturer="GE MEDICAL SYSTEMS")
    add_private(dataset, 0x0043, "GEMS_PARM_01", 0x39, "IS", [1000001000, 8, 0, 0])
    found = diffusion_of(dataset)
    assert (found.b_value, found.b_tag) == (1000.0, "(0043,1039)[0]")
    assert decode_ge_b(1e9) == 0
    assert decode_ge_b(999) == 999


def test_ge_b0_without_public_tag():
    dataset = image(Manufacturer="GE MEDICAL SYSTEMS")
    add_private(dataset, 0x0043, "GEMS_PARM_01", 0x39, "IS", [0, 8, 0, 0])
    found = diffusion_of(dataset)
    assert (found.b_value, found.directionality) == (0.0, Directionality.NONE)


@pytest.mark.parametrize("value", [7.23e75, -1.0, math.nan, math.inf, 10001.0])
def test_implausible_b_is_missing_and_named(value):
    """Vector A8: b 7.23e75, -1 and NaN are missing."""
    found = diffusion_of(image(DiffusionBValue=value))
    assert found.b_value is None
    assert found.b_tag == ""
    assert len(found.rejected) == 1
    assert "(0018,9087)" in found.rejected[0]


def test_implausible_public_b_falls_back_to_the_vendor():
    dataset = image(DiffusionBValue=7.23e75)
    add_private(dataset, 0x2001, "Philips Imaging DD 001", 0x03, "FL", 1000.0)
    found = diffusion_of(dataset)
    assert (found.b_value, found.b_tag) == (1000.0, "(2001,1003)")
    assert found.rejected


def test_missing_b_is_none():
    found = diffusion_of(image())
    assert found.b_value is None
    assert found.directionality is Directionality.UNKNOWN


@pytest.mark.parametrize(
    ("group", "creator", "offset", "vr", "value", "b_value"),
    [
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", 1000, 1000.0),
        (0x2001, "Philips Imaging DD 001", 0x03, "FL", 800.0, 800.0),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", [700, 0, 0, 0], 700.0),
        (0x0065, "Image Private Header", 0x09, "FD", 929.75, 929.75),
    ],
)
def test_renumbered_private_blocks(group, creator, offset, vr, value, b_value):
    """F07: an archive moved the block, and put another creator where the vendor's used to be."""
    dataset = image(Manufacturer="any")
    add_private(dataset, group, "AGFA", offset, vr, value if not isinstance(value, list) else [1, 2, 3, 4], block=0x10)
    add_private(dataset, group, creator, offset, vr, value, block=0x12)
    found = diffusion_of(dataset)
    assert found.b_value == b_value
    assert found.b_tag.startswith(f"({group:04X},12{offset:02X})")


def test_foreign_block_is_not_read():
    """F07: the fixed element of the vendor belongs to another creator."""
    dataset = image(Manufacturer="SIEMENS")
    add_private(dataset, 0x0019, "SOMEBODY ELSE", 0x0C, "IS", 1000)
    assert diffusion_of(dataset).b_value is None


@pytest.mark.parametrize(("manufacturer", "b_value"), [("GE MEDICAL SYSTEMS", 1000.0), ("SIEMENS", None)])
def test_removed_private_creator(manufacturer, b_value):
    """An anonymizer removed the creators: the first block stands in, for images of that vendor alone."""
    dataset = image(Manufacturer=manufacturer)
    dataset.add_new((0x0043, 0x1039), "IS", [1000, 8, 0, 0])
    found = diffusion_of(dataset)
    assert found.b_value == b_value
    assert "without private creator" in found.b_tag or b_value is None


def test_unknown_vr_bytes_are_decoded():
    dataset = image(Manufacturer="any")
    add_private(dataset, 0x2001, "Philips Imaging DD 001", 0x03, "UN", struct.pack("<f", 1000.0))
    assert diffusion_of(dataset).b_value == 1000.0
    dataset = image(Manufacturer="GE MEDICAL SYSTEMS")
    add_private(dataset, 0x0043, "GEMS_PARM_01", 0x39, "UN", b"1000000700\\8\\0\\0 ")
    assert diffusion_of(dataset).b_value == 700.0
    dataset = image(Manufacturer="UIH")
    add_private(dataset, 0x0065, "Image Private Header", 0x09, "UN", struct.pack("<d", 929.75))
    assert diffusion_of(dataset).b_value == 929.75
    dataset = image()
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "UN", b"1000")
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0E, "UN", struct.pack("<3d", 0.0, 0.6, 0.8))
    assert diffusion_of(dataset).direction == pytest.approx((0.0, 0.6, 0.8))


def test_bytes_that_do_not_fit_are_missing():
    assert decode_bytes(b"\0\0\0", "FL") is None
    assert decode_bytes(b"abc", "IS") is None
    assert decode_bytes(b"", "FD") is None


def test_siemens_csa_header():
    dataset = image()
    dataset.add_new((0x0029, 0x0010), "LO", "SIEMENS CSA HEADER")
    dataset.add_new((0x0029, 0x1010), "OB", csa2({"B_value": ["1000"]}))
    found = diffusion_of(dataset)
    assert (found.b_value, found.b_tag) == (1000.0, "(0029,1010) B_value")


def test_philips_b0_repeats_are_b0():
    value = float(np.float32(0.001))
    found = diffusion_of(image(DiffusionBValue=value, DiffusionGradientOrientation=[0.577350, 0.577350, 0.577351]))
    assert found.b_value == value
    assert found.directionality is Directionality.NONE
    assert found.direction is None


def test_philips_isotropic_letter():
    dataset = image(DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 0.0, 0.0])
    add_private(dataset, 0x2001, "Philips Imaging DD 001", 0x04, "CS", "I")
    assert diffusion_of(dataset).directionality is Directionality.ISOTROPIC


def test_uih_actual_and_nominal():
    """Vector A6: the actual b is used, the nominal kept."""
    dataset = image(Manufacturer="UIH")
    add_private(dataset, 0x0065, "Image Private Header", 0x09, "FD", 929.7501831338)
    dataset.add_new((0x0065, 0x100A), "FD", 1000.0)
    found = diffusion_of(dataset)
    assert (found.b_value, found.b_nominal, found.b_tag) == (929.7501831338, 1000.0, "(0065,1009)")


def test_uih_actual_wins_over_a_public_nominal_b():
    dataset = image(Manufacturer="UIH", DiffusionBValue=1000.0)
    add_private(dataset, 0x0065, "Image Private Header", 0x09, "FD", 929.75)
    found = diffusion_of(dataset)
    assert (found.b_value, found.other_b) == (929.75, (1000.0, "(0018,9087)"))


def test_uih_direction_is_along_image_axes():
    dataset = image(Manufacturer="UIH", ImageOrientationPatient=OBLIQUE)
    add_private(dataset, 0x0065, "Image Private Header", 0x09, "FD", 1000.0)
    dataset.add_new((0x0065, 0x1037), "FD", [0.0, 0.0, 1.0])
    assert diffusion_of(dataset).direction == pytest.approx((0.0, 0.8, -0.6))


def test_ge_direction_with_column_phase_encoding():
    dataset = image(ImageOrientationPatient=OBLIQUE, InPlanePhaseEncodingDirection="COL", DiffusionBValue=1000.0)
    for offset, value in ((0xBB, "1"), (0xBC, "0"), (0xBD, "0")):
        add_private(dataset, 0x0019, "GEMS_ACQU_01", offset, "DS", value)
    found = diffusion_of(dataset)
    assert np.abs(found.direction) == pytest.approx((0.0, 0.6, 0.8))
    dataset.InPlanePhaseEncodingDirection = "ROW"
    unverified = diffusion_of(dataset)
    assert unverified.direction is None
    assert unverified.gradient == (1.0, 0.0, 0.0)
    assert unverified.directionality is Directionality.DIRECTIONAL


def test_toshiba_image_comments():
    dataset = image(Manufacturer="TOSHIBA", ImageComments="b=1500(0.445,0.000,0.895)")
    assert (diffusion_of(dataset).b_value, diffusion_of(dataset).b_tag) == (1500.0, "(0020,4000)")
    dataset.Manufacturer = "SIEMENS"
    assert diffusion_of(dataset).b_value is None


def test_two_sources_that_disagree_are_kept():
    dataset = image(DiffusionBValue=0.0)
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", 1000)
    assert diffusion_of(dataset).other_b == (1000.0, "(0019,100C)")


def test_scale_slope():
    dataset = image()
    add_private(dataset, 0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 0.0269347094)
    assert scale_slope(dataset) == pytest.approx(0.0269347094)
    assert scale_slope(image()) is None
    add_private(dataset, 0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 0.0)
    assert scale_slope(dataset) is None


def test_private_value_names_its_element():
    dataset = image()
    add_private(dataset, 0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 2.0, block=0x44)
    assert private_value(dataset, 0x2005, "philips mr imaging dd 001", 0x0E, "FL") == (2.0, "(2005,440E)")


def test_times():
    assert time_of_day_s("150606.742500") == pytest.approx(15 * 3600 + 6 * 60 + 6.7425)
    assert time_of_day_s("15:06:06") == 15 * 3600 + 6 * 60 + 6
    assert time_of_day_s("9999") is None
    assert datetime_s("19700102010000.5") == pytest.approx(86400 + 3600.5)
    assert datetime_s("20220711121126.79+0200") == datetime_s("20220711121126.79")
    assert datetime_s("20220711") is None
