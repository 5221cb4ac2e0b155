"""Maps and masks: every voxel where it belongs, in every reader, with the same bytes every time."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from record_cases import AXIAL, EVEN, SHAPE, TILTED, UNEVEN, box, case_record, grid

from strokequant.geometry import LPS_TO_RAS, Geometry
from strokequant.record import images
from strokequant.types import CoreResult, Mask, QuantityMap


def rotated(handed=1.0) -> Geometry:
    """Oblique grid with spacing 1.5, 2, 4 mm, left-handed for -1."""
    turn = np.array(sitk.VersorTransform((0.3, -0.5, 0.8), 0.7).GetMatrix()).reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = turn * [1.5, 2.0, 4.0 * handed]
    affine[:3, 3] = (-30.0, 12.5, 7.0)
    return Geometry.from_affine(affine, SHAPE)


GRIDS = {
    "even": grid(),
    "anisotropic": grid(spacing=(0.9, 1.7)),
    "from above": grid(z=EVEN[::-1]),
    "oblique": rotated(),
    "left-handed": rotated(-1.0),
}


def ramp(geometry) -> np.ndarray:
    return np.arange(np.prod(geometry.shape), dtype=np.float32).reshape(geometry.shape)


def stored(tmp_path, data: bytes, name: str):
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("geometry", GRIDS.values(), ids=GRIDS.keys())
def test_nifti_places_every_voxel(tmp_path, geometry):
    path = stored(tmp_path, images.nifti_bytes(ramp(geometry), geometry), "m.nii.gz")
    image = nibabel.load(path)
    ras = LPS_TO_RAS @ geometry.affine
    np.testing.assert_allclose(image.get_sform(), ras, atol=1e-4)
    np.testing.assert_allclose(image.get_qform(), ras, atol=1e-4)
    assert (image.header["qform_code"], image.header["sform_code"]) == (1, 1)
    assert image.header.get_xyzt_units() == ("mm", "unknown")
    np.testing.assert_array_equal(image.get_fdata().T, ramp(geometry))
    itk = sitk.ReadImage(path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(itk), ramp(geometry))
    np.testing.assert_allclose(
        itk.TransformIndexToPhysicalPoint((3, 7, 5)), geometry.to_lps(np.array([[5, 7, 3]]))[0], atol=1e-3
    )


def test_nifti_under_tilt_keeps_the_shear_or_is_refused(tmp_path):
    geometry = grid(orientation=TILTED)
    assert geometry.tilt_deg == pytest.approx(18.5)
    path = stored(tmp_path, images.nifti_bytes(ramp(geometry), geometry), "m.nii.gz")
    image = nibabel.load(path)
    np.testing.assert_allclose(image.affine, LPS_TO_RAS @ geometry.affine, atol=1e-4)
    assert image.header["qform_code"] == 0
    voxel = abs(np.linalg.det(image.affine[:3, :3]))
    assert voxel == pytest.approx(2 * 2 * 5 * np.cos(np.radians(18.5)), rel=1e-5)
    with pytest.raises(RuntimeError, match="orthonormal"):
        sitk.ReadImage(path)


def test_rounded_header_values_are_no_tilt(tmp_path):
    """0.05 degrees, half of what the audit calls tilt: every reader opens it and is off by less than 0.1 mm per 100 mm."""
    tilt = np.radians(0.05)
    geometry = grid(orientation=(1, 0, 0, 0, np.cos(tilt), np.sin(tilt)))
    image = sitk.ReadImage(stored(tmp_path, images.nifti_bytes(ramp(geometry), geometry), "m.nii.gz"))
    corner = image.TransformIndexToPhysicalPoint((15, 19, 5))
    np.testing.assert_allclose(corner, geometry.to_lps(np.array([[5, 19, 15]]))[0], atol=0.05)


def test_invalid_voxels_are_0_and_told_apart(tmp_path):
    geometry = grid()
    values, valid = ramp(geometry), box(geometry)
    values[~valid] = np.nan
    content = QuantityMap(values, valid, geometry, "um2/s", "adc", "test")
    image = nibabel.load(stored(tmp_path, images.map_bytes(content), "m.nii.gz"))
    shown = image.get_fdata().T
    np.testing.assert_array_equal(shown, np.where(valid, ramp(geometry), 0))
    flags = nibabel.load(stored(tmp_path, images.valid_bytes(content), "v.nii.gz")).get_fdata().T
    np.testing.assert_array_equal(flags == 1, valid)
    assert image.get_data_dtype() == np.float32
    assert image.header["descrip"].item() == b"adc [um2/s]"


def test_gzip_has_no_clock_and_no_name():
    data = images.nifti_bytes(ramp(grid()), grid())
    assert struct.unpack("<I", data[4:8])[0] == 0
    assert data[3] == 0
    assert len(gzip.decompress(data)) == 352 + 4 * np.prod(SHAPE)
    assert data == images.nifti_bytes(ramp(grid()), grid())


def test_values_may_lie_in_memory_in_any_order():
    geometry = grid()
    turned = np.asfortranarray(ramp(geometry))
    assert images.nifti_bytes(turned, geometry) == images.nifti_bytes(ramp(geometry), geometry)
    mask = np.asfortranarray(box(geometry))
    assert images.mask_bytes(Mask(mask, geometry, "brain", "")) == images.mask_bytes(
        Mask(box(geometry), geometry, "brain", "")
    )


@pytest.mark.parametrize("geometry", [*GRIDS.values(), grid(orientation=TILTED)], ids=[*GRIDS, "tilted"])
def test_segmentation_places_every_voxel(tmp_path, geometry):
    mask = Mask(box(geometry), geometry, "infarct_core", "test")
    image = sitk.ReadImage(stored(tmp_path, images.mask_bytes(mask), "m.seg.nrrd"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), mask.values)
    assert image.GetPixelID() == sitk.sitkUInt8
    for kji in ((0, 0, 0), (5, 7, 3)):
        point = image.TransformIndexToPhysicalPoint(kji[::-1])
        np.testing.assert_allclose(point, geometry.to_lps(np.array([kji]))[0], atol=1e-6)


def test_segmentation_says_what_it_is(tmp_path):
    mask = Mask(box(grid()), grid(), "infarct_core", "test")
    image = sitk.ReadImage(stored(tmp_path, images.mask_bytes(mask), "m.seg.nrrd"))
    fields = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys() if key.startswith("Segment")}
    assert fields["Segment0_ID"] == "infarct_core"
    assert fields["Segment0_Name"] == "Infarct core"
    assert fields["Segment0_LabelValue"] == "1"
    assert fields["Segment0_Layer"] == "0"
    assert fields["Segment0_Extent"] == "10 12 8 11 2 3"
    assert fields["Segmentation_ContainedRepresentationNames"] == "Binary labelmap|"
    assert fields["Segmentation_SourceRepresentation"] == "Binary labelmap"
    tags = dict(tag.split(":", 1) for tag in fields["Segment0_Tags"].split("|") if tag)
    assert tags["DICOM.SegmentAlgorithmType"] == "AUTOMATIC"
    context, category, kind, modifier, *region = tags["TerminologyEntry"].split("~")
    assert category.startswith("SCT^49755003^Morphologically")
    assert kind == "SCT^55641003^Infarct"
    assert (modifier, region[1:]) == ("^^", ["^^", "^^"])
    assert context == "Segmentation category and type - 3D Slicer General Anatomy list"


def test_mask_that_a_reader_edited_and_unknown_structure():
    edited = images.segment_of(Mask(box(grid()), grid(), "infarct_core", "drawn", edited_by="R01"))
    assert edited.algorithm == "SEMIAUTOMATIC"
    other = images.segment_of(Mask(box(grid()), grid(), "left_hemisphere", "x"))
    assert (other.id, other.name, other.type.meaning) == ("left_hemisphere", "Left hemisphere", "Tissue")


def test_empty_mask_is_written(tmp_path):
    empty = Mask(np.zeros(SHAPE, bool), grid(), "infarct_core", "nothing found")
    image = sitk.ReadImage(stored(tmp_path, images.mask_bytes(empty), "m.seg.nrrd"))
    assert image.GetMetaData("Segment0_Extent") == "0 -1 0 -1 0 -1"
    assert not sitk.GetArrayFromImage(image).any()


def test_candidates_each_as_a_segment(tmp_path):
    core = case_record().core
    image = sitk.ReadImage(stored(tmp_path, images.candidate_bytes(core), "c.seg.nrrd"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), core.labels)
    assert image.GetMetaData("Segment0_Name") == "Candidate 1 (proposed)"
    assert image.GetMetaData("Segment1_Name") == "Candidate 2 (left out)"


def test_more_candidates_than_a_byte_holds(tmp_path):
    geometry = grid()
    labels = np.zeros(SHAPE, np.int32)
    labels.ravel()[:300] = np.arange(1, 301)
    one = case_record().core.candidates[0]
    fields = {name: getattr(one, name) for name in one.__slots__}
    many = tuple(type(one)(**{**fields, "label": n}) for n in range(1, 301))
    core = CoreResult(Mask(labels == 1, geometry, "infarct_core", ""), labels, many, ())
    image = sitk.ReadImage(stored(tmp_path, images.candidate_bytes(core), "c.seg.nrrd"))
    found = sitk.GetArrayFromImage(image)
    np.testing.assert_array_equal(found, np.where(labels <= 255, labels, 0))
    assert image.HasMetaDataKey("Segment254_ID") and not image.HasMetaDataKey("Segment255_ID")


def test_uneven_grid_has_the_mean_step():
    geometry = grid(z=UNEVEN, orientation=AXIAL)
    header = gzip.decompress(images.nifti_bytes(ramp(geometry), geometry))
    assert struct.unpack("<8f", header[76:108])[1:4] == pytest.approx((2.0, 2.0, 29 / 5))
