"""Header facts of classic, enhanced and mosaic images."""

import hashlib

import numpy as np
import pydicom
import pytest

from Data.tiny_dicom import AXIAL, ENHANCED_MR, add_private, item, save, tiny_enhanced, tiny_image
from strokequant.dicomio.headers import facts_of, frame_issues, frames_of
from strokequant.types import Directionality, Equipment

PIXELS = np.zeros((4, 6), np.uint16)


def test_classic_frame():
    dataset = tiny_image(
        PIXELS,
        position=(1.0, 2.0, 3.0),
        instance=7,
        SpacingBetweenSlices=-5.0,
        AcquisitionNumber=2,
        AcquisitionDate="20240101",
        AcquisitionTime="120000.5",
        TriggerTime="1500",
        EchoTime="80",
        DiffusionBValue=1000.0,
        DiffusionGradientOrientation=[0.0, 0.0, 1.0],
        RescaleSlope="2.5",
        RescaleIntercept="-3",
    )
    (frame,) = frames_of(dataset, 4)
    assert (frame.file, frame.index, frame.instance_number, frame.acquisition_number) == (4, 0, 7, 2)
    assert frame.sop_instance_uid == dataset.SOPInstanceUID
    assert (frame.position, frame.orientation, frame.pixel_spacing) == ((1, 2, 3), AXIAL, (2, 2))
    assert (frame.thickness, frame.spacing_tag) == (5, -5)
    assert (frame.slope, frame.intercept) == (2.5, -3)
    assert (frame.b_value, frame.direction, frame.directionality) == (1000, (0, 0, 1), Directionality.DIRECTIONAL)
    assert frame.times["acquisition_time"] == 43200.5
    assert frame.times["acquisition_datetime"] == 1704067200 + 43200.5
    assert frame.times["trigger_time"] == 1.5
    assert frame.extra["echo_time_ms"] == 80


def test_what_is_absent_is_none():
    dataset = tiny_image(PIXELS)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        del dataset[keyword]
    (frame,) = frames_of(dataset, 0)
    assert frame.position is frame.orientation is frame.pixel_spacing is frame.thickness is None
    assert frame.b_value is None
    assert (frame.slope, frame.intercept) == (1, 0)
    assert frame.times == {}


def test_broken_values_are_none(tmp_path):
    """A malformed number in a file is a missing fact, not an exception."""
    data = save(tiny_image(PIXELS, EchoTime="80", SliceLocation="1.5"), tmp_path / "a.dcm").read_bytes()
    path = tmp_path / "b.dcm"
    path.write_bytes(data.replace(b"2.0\\2.0 ", b"2.0\\?!? ").replace(b"0.0\\0.0\\0.0 ", b"0.0\\zz?\\0.0 "))
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    (frame,) = frames_of(dataset, 0)
    assert frame.pixel_spacing is None
    assert frame.position is None
    assert frame.extra["echo_time_ms"] == 80
    assert facts_of(dataset)["rows"] == 4


def test_non_finite_geometry_is_none():
    (frame,) = frames_of(tiny_image(PIXELS, PixelSpacing=["nan", "2"]), 0)
    assert frame.pixel_spacing is None


def test_enhanced_takes_the_frame_first_then_the_shared_group():
    """G13: a fact of the frame wins over the shared group, which wins over the data set."""
    dataset = tiny_enhanced(np.zeros((3, 4, 6), np.uint16), b_values=[0.0, 500.0, 1000.0])
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PixelValueTransformationSequence = [item(RescaleSlope="2", RescaleIntercept="1", RescaleType="US")]
    groups = dataset.PerFrameFunctionalGroupsSequence
    groups[2].PixelValueTransformationSequence = [item(RescaleSlope="4", RescaleIntercept="0", RescaleType="US")]
    groups[1].PixelMeasuresSequence = [item(PixelSpacing=[3.0, 3.0], SliceThickness="7")]
    frames = frames_of(dataset, 0)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.b_value for frame in frames] == [0, 500, 1000]
    assert [frame.slope for frame in frames] == [2, 2, 4]
    assert [frame.thickness for frame in frames] == [5, 7, 5]
    assert [frame.position[2] for frame in frames] == [0, 6, 12]
    assert frames[0].directionality is Directionality.NONE


def test_enhanced_directionality_bmatrix_counts_as_directional():
    dataset = tiny_enhanced(np.zeros((2, 4, 6), np.uint16), b_values=[1000.0, 1000.0])
    words = ("BMATRIX", "ISOTROPIC")
    for group, word in zip(dataset.PerFrameFunctionalGroupsSequence, words, strict=True):
        group.MRDiffusionSequence[0].DiffusionDirectionality = word
    found = [frame.directionality for frame in frames_of(dataset, 0)]
    assert found == [Directionality.DIRECTIONAL, Directionality.ISOTROPIC]


def test_enhanced_times_and_temporal_index():
    dataset = tiny_enhanced(np.zeros((2, 4, 6), np.uint16), b_values=[0.0, 0.0])
    for n, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        stamp = f"2024010112000{n}.25"
        group.FrameContentSequence = [item(FrameAcquisitionDateTime=stamp, TemporalPositionIndex=n + 1)]
    frames = frames_of(dataset, 0)
    assert frames[1].times["frame_acquisition_datetime"] - frames[0].times["frame_acquisition_datetime"] == 1
    assert [frame.extra["temporal_position"] for frame in frames] == [1, 2]


def test_philips_enhanced_private_item():
    """Scale slope in the private item of the frame."""
    dataset = tiny_enhanced(np.zeros((1, 4, 6), np.uint16), b_values=[0.0])
    inner = item()
    add_private(inner, 0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 0.5)
    group = dataset.PerFrameFunctionalGroupsSequence[0]
    add_private(group, 0x2005, "Philips MR Imaging DD 005", 0x0F, "SQ", [inner], block=0x14)
    assert frames_of(dataset, 0)[0].scale_slope == 0.5


@pytest.mark.parametrize("count", [2, 4])
def test_frame_count_that_contradicts_the_groups_is_a_problem(count):
    dataset = tiny_enhanced(np.zeros((3, 4, 6), np.uint16), b_values=[0.0] * 3)
    dataset.NumberOfFrames = count
    issues = frame_issues(frames_of(dataset, 0))
    assert [issue.code for issue in issues] == ["G00"]
    assert issues[0].blocks


def test_multiframe_without_groups_is_a_problem():
    dataset = tiny_image(PIXELS, NumberOfFrames=3)
    frames = frames_of(dataset, 0)
    assert frames[0].position is None
    assert frame_issues(frames)[0].code == "G00"


def test_rejected_b_value_becomes_an_issue():
    frames = frames_of(tiny_image(PIXELS, DiffusionBValue=7.23e75), 0)
    (issue,) = frame_issues(frames * 3, "series 1")
    assert (issue.code, issue.subject) == ("B02", "series 1")
    assert "7.23e+75" in issue.found


def test_trace_word_makes_an_image_isotropic():
    image_type = ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]
    (frame,) = frames_of(tiny_image(PIXELS, ImageType=image_type, DiffusionBValue=1000.0), 0)
    assert frame.directionality is Directionality.ISOTROPIC
    (b0,) = frames_of(tiny_image(PIXELS, ImageType=image_type, DiffusionBValue=0.0), 0)
    assert b0.directionality is Directionality.NONE


def test_real_world_mapping_and_modality_lut():
    mapping = item(RealWorldValueSlope=1e-6, RealWorldValueIntercept=0.0)
    mapping.MeasurementUnitsCodeSequence = [item(CodeValue="mm2/s", CodingSchemeDesignator="UCUM")]
    dataset = tiny_image(PIXELS, RealWorldValueMappingSequence=[mapping], ModalityLUTSequence=[item()])
    (frame,) = frames_of(dataset, 0)
    assert frame.extra["rwvm_units"] == "mm2/s"
    assert frame.extra["rwvm_slope"] == 1e-6
    assert frame.extra["modality_lut"]
    assert facts_of(dataset)["rwvm_units"] == "mm2/s"


def test_facts():
    dataset = tiny_image(
        PIXELS,
        Modality="MR",
        BodyPartExamined="HEAD",
        MagneticFieldStrength="3",
        PixelPaddingValue=5,
        ProtocolName="dwi",
    )
    facts = facts_of(dataset)
    assert (facts["rows"], facts["columns"], facts["padding_value"]) == (4, 6, 5)
    assert (facts["modality"], facts["body_part"], facts["protocol"]) == ("MR", "HEAD", "dwi")
    assert facts["equipment"] == Equipment(manufacturer="SIEMENS", field_strength_t=3.0)
    assert facts["transfer_syntax"] == "1.2.840.10008.1.2.1"
    assert facts["image_type"] == "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE"


def test_identity_leaves_only_as_a_salted_hash():
    dataset = tiny_image(PIXELS)
    facts = facts_of(dataset)
    assert len(facts["patient_key"]) == 64
    everything = repr(facts) + repr(frames_of(dataset, 0))
    for secret in ("P1", "Tiny", "Case", "19700101"):
        assert secret not in everything.replace(facts["patient_key"], "")
    assert facts["patient_key"] != hashlib.sha256(b"P1\0Tiny^Case\x0019700101").hexdigest()
    assert facts_of(tiny_image(PIXELS, PatientID="P2"))["patient_key"] != facts["patient_key"]
    assert facts_of(tiny_image(PIXELS, PatientID="", PatientName="", PatientBirthDate=""))["patient_key"] == ""


def test_headers_do_not_need_pixels(tmp_path):
    path = save(tiny_image(PIXELS, DiffusionBValue=1000.0), tmp_path / "a.dcm")
    whole = pydicom.dcmread(path)
    head = pydicom.dcmread(path, stop_before_pixels=True)
    assert frames_of(head, 0) == frames_of(whole, 0)
    assert facts_of(head) == facts_of(whole)


def test_every_malformed_file_is_survived(shared_data):
    """No exception but that of the parser itself."""
    count = 0
    for path in sorted((shared_data / "edge_cases").rglob("*.dcm")):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        except Exception:  # the parser's own refusal
            continue
        assert isinstance(frames_of(dataset, 0), tuple)
        assert "modality" in facts_of(dataset)
        count += 1
    assert count > 50


def test_real_enhanced_and_classic_b_values(shared_data):
    vendors = shared_data / "diffusion" / "dicom_vendors"
    canon = pydicom.dcmread(next((vendors / "canon61_enhanced_b1500").rglob("*.dcm")), stop_before_pixels=True)
    frames = frames_of(canon, 0)
    assert canon.SOPClassUID == ENHANCED_MR
    assert [sum(frame.b_value == b for frame in frames) for b in (0, 1500)] == [40, 480]
    xa30 = vendors / "siemens_xa30_raw20dir_vendorADC" / "In"
    adc = pydicom.dcmread(next((xa30 / "11_DWI_dir80_PA").glob("*.dcm")), stop_before_pixels=True)
    assert {frame.b_value for frame in frames_of(adc, 0)} == {None}
    ge = sorted((vendors / "ge_pioneer_tensor_b1000_6dir" / "In").rglob("*MRDC*"))
    found = [frames_of(pydicom.dcmread(path, stop_before_pixels=True), 0)[0] for path in ge]
    assert sorted((frame.b_value, frame.b_tag) for frame in found) == [
        *[(0.0, "(0043,1039)[0]")] * 2,
        *[(1000.0, "(0018,9087)")] * 12,
    ]
