"""Values straight from the bytes are what pydicom makes of them, or are left to pydicom."""

import struct
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from strokequant.dicomio.elements import element_value, number, numbers, numbers_of, strings, strings_of, text
from strokequant.dicomio.raw import NOT_PLAIN, raw_numbers, raw_strings

TAGS = {
    "AS": 0x00101010, "CS": 0x00080008, "DA": 0x00080020, "DS": 0x00280030, "DT": 0x0008002A, "FD": 0x00189087, "FL": 0x00189089,
    "IS": 0x00200013, "LO": 0x0008103E, "SH": 0x00180024, "SL": 0x00186020, "SS": 0x00280106, "TM": 0x00080030, "UI": 0x0020000D,
    "UL": 0x00081161, "US": 0x00280010,
}  # fmt: skip
DECIMALS = "0123456789+-.eE\\ \0xinfa"


def with_value(vr: str, value: bytes, *, little: bool = True, implicit: bool = False, charset: str = "") -> Dataset:
    """A data set that holds one element as it comes from a file."""
    dataset = Dataset()
    if charset:
        dataset.SpecificCharacterSet = charset
    tag = Tag(TAGS[vr])
    dataset[tag] = RawDataElement(tag, None if implicit else vr, len(value), value, 0, implicit, little)
    return dataset


def same(vr: str, value: bytes, **how) -> None:
    """Each answer from a data set of its own: pydicom remembers that it failed."""
    tag = TAGS[vr]
    asked = (strings_of(with_value(vr, value, **how), tag), numbers_of(with_value(vr, value, **how), tag))
    by_pydicom = [element_value(with_value(vr, value, **how), tag) for _ in range(2)]
    assert repr(asked) == repr((strings(by_pydicom[0]), numbers(by_pydicom[1])))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TAGS)), st.binary(max_size=24), st.booleans(), st.booleans())
@example("UI", b"\t", False, False)
def test_any_bytes_read_as_pydicom_reads_them(vr, value, little, implicit):
    same(vr, value, little=little, implicit=implicit)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["DS", "IS"]), st.text(DECIMALS, max_size=20))
@example("IS", "1E309")
@example("IS", "-0")
@example("DS", "-0")
def test_any_number_reads_as_pydicom_reads_it(vr, value):
    same(vr, value.encode())


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["CS", "DA", "LO", "SH", "TM", "UI"]),
    st.text(st.characters(codec="ascii"), max_size=20),
    st.sampled_from(["", "ISO_IR 100", "ISO_IR 13", "ISO_IR 149", "ISO_IR 192", "GB18030", "\\ISO 2022 IR 87"]),
)
def test_any_text_reads_as_pydicom_reads_it_in_every_character_set(vr, value, charset):
    same(vr, value.encode(), charset=charset)


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("DS", b"1.5\\ 2 ", (1.5, 2.0)),
        ("IS", b"7 ", (7.0,)),
        ("IS", b"3.5", (3.5,)),
        ("US", struct.pack("<2H", 3, 65535), (3.0, 65535.0)),
        ("FD", struct.pack("<d", 1000.25), (1000.25,)),
        ("SS", struct.pack("<h", -4), (-4.0,)),
    ],
)
def test_plain_numbers_are_decoded_without_pydicom(vr, value, expected):
    assert raw_numbers(with_value(vr, value), Tag(TAGS[vr])) == expected


def test_plain_text_is_decoded_without_pydicom():
    assert raw_strings(with_value("CS", b"ORIGINAL\\PRIMARY "), Tag(TAGS["CS"])) == ("ORIGINAL", "PRIMARY")
    assert raw_strings(with_value("US", b"\x10\x01"), Tag(TAGS["US"])) == ("272",)


@pytest.mark.parametrize(
    ("vr", "value"),
    [("DS", b"1,5"), ("DS", b""), ("IS", b"."), ("US", b"abc"), ("LO", "ü".encode()), ("LO", b"a\x1b(B")],
)
def test_what_is_not_plain_is_left_to_pydicom(vr, value):
    dataset = with_value(vr, value)
    assert raw_numbers(dataset, Tag(TAGS[vr])) is NOT_PLAIN
    assert raw_strings(dataset, Tag(TAGS[vr])) is NOT_PLAIN


def test_changed_elements_are_seen():
    """An element that a program has set is no longer raw."""
    buffer = BytesIO()
    written = Dataset()
    written.EchoTime, written.SeriesDescription = "80", "DWI"
    written.save_as(buffer, implicit_vr=True, little_endian=True)
    dataset = dcmread(BytesIO(buffer.getvalue()), force=True)
    assert (number(dataset, "EchoTime"), text(dataset, "SeriesDescription")) == (80.0, "DWI")
    dataset.EchoTime, dataset.SeriesDescription = "90", "ADC"
    assert (number(dataset, "EchoTime"), text(dataset, "SeriesDescription")) == (90.0, "ADC")


def test_absent_elements_and_data_sets_have_no_value():
    assert number(Dataset(), "EchoTime") is number(None, "EchoTime") is None
    assert text(Dataset(), "SeriesDescription") == text(None, "SeriesDescription") == ""
