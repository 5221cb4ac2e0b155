"""b0 in a series of its own, and b values that no tag says: used together where that is right, asked or refused where not."""

from dataclasses import replace

import faults
import numpy as np
import pydicom
import pytest
from small_patients import small

from strokequant.batch.answers import with_b_values
from strokequant.batch.core_case import measure_core
from strokequant.batch.discover import discover_cases
from strokequant.dicomio.read import read_volume
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, UsageError
from strokequant.synthetic.patients import write_patient
from strokequant.types import Role, Status

B0, HIGH = "0003", "0004"


def b_of(ds):
    """b of a written image of GE or Philips."""
    return float(ds.get("DiffusionBValue", 0))


@pytest.fixture
def split(tmp_path):
    """Writes a patient, moves the b0 into a series of its own, and lets a test change one side of it."""

    def write(name="ge", *, gains=((11, 29), (11, 29)), b0=None, high=None, keep_map=False):
        write_patient(small(name), tmp_path)
        folder = next(p for p in tmp_path.iterdir() if p.is_dir())
        if not keep_map:
            for path in (folder / "adc").iterdir():
                path.unlink()

        def change(ds):
            is_b0 = b_of(ds) < 10
            ds.SeriesNumber = int(B0 if is_b0 else HIGH)
            if is_b0:
                ds.SeriesInstanceUID += ".1"
            pair = gains[0 if is_b0 else 1]
            if pair:
                block = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
                for offset, gain in zip((0x8A, 0x8B), pair, strict=True):
                    block.add_new(offset, "SS", gain)
            more = b0 if is_b0 else high
            if more:
                more(ds)

        faults.edit_all(sorted((folder / "dwi").iterdir()), change)
        return folder

    return write


def case_of(folder):
    (case,) = discover_cases(folder, scan(folder).series)
    return case


def measured(folder, chosen=()):
    record = measure_core(case_of(folder), chosen=chosen)
    return record, record.measurements[0]


def found(issues, code):
    return next(i for i in issues if i.code == code)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same patients with the b0 in the series itself."""
    records = {}
    for name in ("ge", "philips"):
        folder = tmp_path_factory.mktemp(name)
        write_patient(small(name), folder)
        records[name] = measured(next(p for p in folder.iterdir() if p.is_dir()))[0]
    return records


@pytest.mark.parametrize(("name", "gains"), [("ge", ((11, 29), (11, 29))), ("philips", (None, None))])
def test_series_that_are_shown_to_belong_together_give_the_number_of_one_series(split, whole, name, gains):
    """Philips writes another rescale for every image: only its scale slopes bring them to one scale."""
    record, volume = measured(split(name, gains=gains))
    assert volume.status is Status.MEASURED
    assert (record.used["dwi"], record.used["b0"]) == (HIGH, B0)
    np.testing.assert_array_equal(record.maps["adc"].values, whole[name].maps["adc"].values)
    assert volume.value == whole[name].measurements[0].value
    assert found(record.issues, "C02").level is Level.INFO
    assert {i.uid for i in record.maps["adc"].inputs} == {s.series_uid for s in record.series}
    b0 = next(s for s in record.series if s.key == B0)
    assert record.images["b0"].source.uid == b0.series_uid


def test_scale_that_no_tag_shows_waits_for_a_person_and_is_measured_with_a_warning_when_both_are_named(split, whole):
    folder = split(gains=(None, None))
    _, volume = measured(folder)
    assert volume.value is None
    asked = found(volume.issues, "C02")
    assert asked.level is Level.ASK
    assert f"--series {B0} --series {HIGH}" in asked.remedy
    assert measured(folder, [HIGH])[1].value is None, "one of both named is no answer"
    record, volume = measured(folder, [B0, HIGH])
    assert volume.value == whole["ge"].measurements[0].value
    assert found(volume.issues, "C02").level is Level.WARN
    assert record.used["b0"] == B0


def shifted(ds):
    ds.ImagePositionPatient = [float(v) + 0.5 * (n == 2) for n, v in enumerate(ds.ImagePositionPatient)]


@pytest.mark.parametrize(
    ("gains", "change", "words"),
    [
        (((11, 29), (12, 29)), None, "receive gains 11/29 against 12/29"),
        (((11, 29), (11, 29)), lambda ds: setattr(ds, "EchoTime", "61"), "echo time 61"),
        (((11, 29), (11, 29)), lambda ds: setattr(ds, "RepetitionTime", "9999"), "repetition time 9999"),
        (((11, 29), (11, 29)), lambda ds: setattr(ds, "FrameOfReferenceUID", "1.2.3"), "Frame of Reference"),
        (((11, 29), (11, 29)), lambda ds: setattr(ds, "DeviceSerialNumber", "other"), "equipment differs"),
        (((11, 29), (11, 29)), shifted, "0.50 mm apart"),
    ],
)
def test_series_that_differ_are_refused_also_when_both_are_named(split, gains, change, words):
    _, volume = measured(split(gains=gains, b0=change), [B0, HIGH])
    assert volume.value is None
    refused = found(volume.issues, "C02")
    assert refused.level is Level.STOP
    assert words in refused.found


def test_frame_of_reference_that_is_not_stated_is_asked_for(split):
    def anonymous(ds):
        del ds.FrameOfReferenceUID

    _, volume = measured(split(b0=anonymous, high=anonymous))
    assert found(volume.issues, "C02").level is Level.ASK
    assert "no Frame of Reference UID" in found(volume.issues, "C02").found


def test_philips_without_scale_slopes_is_refused(split):
    def without(ds):
        block = ds.private_block(0x2005, "Philips MR Imaging DD 001")
        del block[0x0E]

    _, volume = measured(split("philips", gains=(None, None), b0=without, high=without), [B0, HIGH])
    assert volume.value is None
    assert any(i.code in ("C02", "P02") and i.level is Level.STOP for i in volume.issues)


def test_map_of_the_scanner_is_preferred_to_two_series(split):
    record, volume = measured(split(keep_map=True))
    assert volume.status is Status.MEASURED
    assert set(record.used) == {"trace", "adc"}
    assert not any(i.code == "C02" for i in record.issues)


def without_b(ds):
    """No tag of a b value or gradient is left."""
    for tag in ("DiffusionBValue", "DiffusionGradientOrientation"):
        if tag in ds:
            delattr(ds, tag)
    del ds.private_block(0x0043, "GEMS_PARM_01")[0x39]
    for offset in (0xBB, 0xBC, 0xBD):
        del ds.private_block(0x0019, "GEMS_ACQU_01")[offset]


@pytest.fixture
def silent(split):
    """Two series without a b value, one image per slice each."""
    folder = split(high=lambda ds: setattr(ds, "SeriesDescription", "Ax DWI"))
    paths = sorted((folder / "dwi").iterdir())
    by_place = {}
    for path in paths:
        ds = pydicom.dcmread(path)
        by_place.setdefault((int(ds.SeriesNumber), float(ds.ImagePositionPatient[2])), []).append(path)
    for same in by_place.values():
        for path in same[1:]:
            path.unlink()
    faults.edit_all(sorted((folder / "dwi").iterdir()), without_b)
    return folder


def test_b_values_of_a_person_make_an_adc_and_are_told_beside_the_number(silent):
    case = case_of(silent)
    refused = measure_core(case).measurements[0]
    assert refused.value is None
    assert any(i.code in ("B01", "I02") and i.level is Level.STOP for i in refused.issues)
    (case,) = with_b_values([case], {B0: 0.0, HIGH: 1000.0})
    record = measure_core(case)
    volume = record.measurements[0]
    assert volume.status is Status.MEASURED
    assert sum(i.code == "B07" and i.level is Level.WARN for i in volume.issues) == 2
    low, high = (read_volume(s).values for s in sorted(case.series, key=lambda s: s.key))
    adc = record.maps["adc"]
    expected = 1e6 * np.log(low[adc.valid] / high[adc.valid]) / 1000
    np.testing.assert_allclose(adc.values[adc.valid], expected, rtol=1e-4, atol=0.05)
    assert adc.parameters["b_tags"] == ["flag"]


def test_b_value_of_one_series_alone_is_not_enough(silent):
    (case,) = with_b_values([case_of(silent)], {HIGH: 1000.0})
    assert measure_core(case).measurements[0].value is None


def test_another_b_value_gives_another_adc(silent):
    adc = {}
    for b in (900.0, 1000.0):
        (case,) = with_b_values([case_of(silent)], {B0: 0.0, HIGH: b})
        adc[b] = measure_core(case).maps["adc"]
    both = adc[900.0].valid & adc[1000.0].valid
    np.testing.assert_allclose(adc[900.0].values[both] * 0.9, adc[1000.0].values[both], rtol=1e-5)


@pytest.mark.parametrize(
    ("key", "b", "words"),
    [
        ("0099", 1000.0, "no such series"),
        (HIGH, -1.0, "-1"),
        (HIGH, float("nan"), "nan"),
        (HIGH, 1000.0, "the header says b 1000"),
    ],
)
def test_b_value_that_may_not_be_entered_is_wrong_usage(split, key, b, words):
    case = case_of(split())
    with pytest.raises(UsageError) as refused:
        with_b_values([case], {key: b})
    assert words in str(refused.value)


def test_one_b_value_for_several_images_of_a_slice_is_wrong_usage(split):
    case = case_of(split(b0=without_b, high=without_b))
    with pytest.raises(UsageError, match="images at"):
        with_b_values([case], {HIGH: 1000.0})


def test_b_value_is_entered_for_no_map_and_no_other_image(silent):
    case = case_of(silent)
    for role in (Role.ADC, Role.FLAIR, Role.DERIVED):
        changed = replace(case, series=tuple(replace(s, role=role) for s in case.series))
        with pytest.raises(UsageError, match=str(role)):
            with_b_values([changed], {HIGH: 1000.0})
