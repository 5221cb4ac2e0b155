"""Series into volumes and diffusion images: order, scale, selection, and what is refused."""

import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest

from Data.tiny_dicom import AXIAL, CT, add_private, item, save, series_in, series_of, tiny_enhanced, tiny_image
from strokequant.dicomio.read import input_hash, read_adc, read_diffusion, read_volume
from strokequant.dicomio.stacks import stack_frames
from strokequant.errors import Level, ReadError
from strokequant.types import Directionality, Frame, Role

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
TILT = math.radians(20)


def pixels(value: int, dtype=np.uint16):
    """2 x 3 pixels that tell rows and columns apart."""
    return (value + np.arange(6).reshape(2, 3)).astype(dtype)


def weighted(n: int, value: int, z: float, b_value: float | None, direction=None, **elements):
    if b_value is not None:
        elements["DiffusionBValue"] = b_value
    if direction is not None:
        elements["DiffusionGradientOrientation"] = list(direction)
    return tiny_image(pixels(value), position=(0.0, 0.0, z), instance=n, **elements)


def dwi_set(positions=(0.0, 5.0, 10.0), images=((0.0, None), (1000.0, X), (1000.0, Y))):
    """Value 100 image + 10 slice + pixel, in an order that is neither by slice nor by image."""
    sets = [
        weighted(1 + i + len(images) * k, 100 * i + 10 * k, z, b_value, direction)
        for k, z in enumerate(positions)
        for i, (b_value, direction) in enumerate(images)
    ]
    return sets[::-1]


def philips(value: int, z: float, b_value: float, n: int, *, slope: float, scale: float | None, **elements):
    dataset = weighted(n, value, z, b_value, **elements)
    dataset.PixelData = np.full((2, 3), value, np.uint16).tobytes()
    dataset.Manufacturer, dataset.RescaleSlope, dataset.RescaleIntercept = "Philips Medical Systems", str(slope), "0"
    if scale is not None:
        add_private(dataset, 0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", scale)
    return dataset


def codes(result) -> list[str]:
    return sorted({issue.code for issue in result.issues})


def level_of(result, code: str) -> Level:
    (level,) = {issue.level for issue in result.issues if issue.code == code}
    return level


def test_images_and_slices_are_in_order(tmp_path):
    dwi = read_diffusion(series_in(tmp_path, dwi_set()))
    assert dwi.b_values.tolist() == [0, 1000, 1000]
    assert dwi.b_tags == ("(0018,9087)",) * 3
    assert np.isnan(dwi.directions[0]).all()
    assert {tuple(direction) for direction in dwi.directions[1:].tolist()} == {X, Y}
    assert dwi.directionality == (Directionality.NONE, Directionality.DIRECTIONAL, Directionality.DIRECTIONAL)
    for image, direction in enumerate((None, X, Y)):
        place = 0 if direction is None else 1 + dwi.directions[1:].tolist().index(list(direction))
        for k in range(3):
            assert np.array_equal(dwi.values[place, k], pixels(100 * image + 10 * k))
    assert dwi.values.dtype == np.float32
    assert dwi.geometry.slice_origins[:, 2].tolist() == [0, 5, 10]
    assert dwi.issues == ()


@pytest.mark.parametrize("numbers", [(1, 2, 3), (3, 1, 2), (7, 7, 7)])
def test_instance_number_does_not_order_slices(tmp_path, numbers):
    """G10."""
    sets = [weighted(k + 1, 10 * k, 5.0 * k, 0.0) for k in range(3)]
    for dataset, number in zip(sets, numbers, strict=True):
        dataset.InstanceNumber = number
    volume = read_volume(series_in(tmp_path, sets))
    assert volume.values[:, 0, 0].tolist() == [0, 10, 20]


def test_slices_run_along_the_normal_of_the_image(tmp_path):
    """Rows run to the right, columns upward: the normal points down, so the lowest slice comes last."""
    sets = [
        tiny_image(pixels(10 * k), position=(0, 0, 5.0 * k), instance=k + 1, ImageOrientationPatient=[0, 1, 0, 1, 0, 0])
        for k in range(3)
    ]
    volume = read_volume(series_in(tmp_path, sets))
    assert volume.values[:, 0, 0].tolist() == [20, 10, 0]
    assert np.linalg.det(volume.geometry.affine[:3, :3]) > 0
    assert volume.geometry.affine[:3, 2].tolist() == [0, 0, -5]


def test_spacing_tags_are_not_used(tmp_path):
    """G01, G02: thickness 5 and a negative spacing tag beside slices that are 3 mm apart."""
    sets = [weighted(k + 1, k, 3.0 * k, 0.0, SpacingBetweenSlices=-5.0) for k in range(4)]
    geometry = read_volume(series_in(tmp_path, sets)).geometry
    assert geometry.slice_extents.tolist() == [3, 3, 3, 3]


def test_uneven_and_overlapping_slices_keep_their_extents(tmp_path):
    """G05, G08: vector V1, positions 0, 5, 10, 17, 24."""
    sets = [weighted(n + 1, n, z, 0.0) for n, z in enumerate((0.0, 5.0, 10.0, 17.0, 24.0))]
    assert read_volume(series_in(tmp_path, sets)).geometry.slice_extents.tolist() == [5, 5, 6, 7, 7]


def test_tilted_slices_keep_their_extents(tmp_path):
    """G03, vector V3: table step 5.320889 mm at 20 degrees is 5 mm along the normal."""
    orientation = [1, 0, 0, 0, math.cos(TILT), -math.sin(TILT)]
    sets = [
        tiny_image(pixels(k), position=(0, 0, k * 5.320889), instance=k + 1, ImageOrientationPatient=orientation)
        for k in range(10)
    ]
    geometry = read_volume(series_in(tmp_path, sets)).geometry
    assert geometry.slice_extents == pytest.approx(np.full(10, 5.0), abs=1e-5)
    assert geometry.tilt_deg == pytest.approx(20.0, abs=1e-4)


def test_single_slice_uses_its_thickness(tmp_path):
    volume = read_volume(series_in(tmp_path, [weighted(1, 5, 0.0, 0.0)]))
    assert volume.geometry.slice_extents.tolist() == [5]


def test_mixed_orientations_are_refused(tmp_path):
    """G12."""
    sets = [weighted(1, 0, 0.0, 0.0), weighted(2, 0, 5.0, 0.0, ImageOrientationPatient=[1, 0, 0, 0, 0, -1])]
    with pytest.raises(ReadError, match="G12"):
        read_volume(series_in(tmp_path, sets))


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_missing_geometry_is_refused(tmp_path, keyword):
    sets = dwi_set()
    del sets[4][keyword]
    with pytest.raises(ReadError, match="1 of 9 frames without"):
        read_diffusion(series_in(tmp_path, sets))


def test_different_pixel_spacing_or_matrix_is_refused(tmp_path):
    sets = dwi_set()
    sets[0].PixelSpacing = [2.0, 2.1]
    with pytest.raises(ReadError, match="Pixel Spacing"):
        read_diffusion(series_in(tmp_path / "spacing", sets))
    sets = dwi_set()
    sets[0].Rows, sets[0].Columns = 3, 2
    with pytest.raises(ReadError, match="3 x 2"):
        read_diffusion(series_in(tmp_path / "matrix", sets))


def test_slabs_shifted_in_plane_are_refused(tmp_path):
    """Two images at the same heights that do not lie on one grid."""
    sets = dwi_set()
    for dataset in sets:
        if dataset.DiffusionBValue == 0:
            dataset.ImagePositionPatient = [1.0, 0.0, dataset.ImagePositionPatient[2]]
    with pytest.raises(ReadError, match=r"1\.00 mm apart in its plane"):
        read_diffusion(series_in(tmp_path, sets))


def test_trace_and_direction_are_two_images():
    """Also where the direction itself is not known: they are no repeats of each other."""
    kinds = (Directionality.DIRECTIONAL, Directionality.ISOTROPIC)
    frames = [
        Frame(
            file, 0, str(file), (0, 0, 5.0 * (file % 2)), AXIAL, (2, 2), b_value=1000.0, directionality=kinds[file // 2]
        )
        for file in range(4)
    ]
    stack = stack_frames(frames)
    assert [[frame.file for frame in image] for image in stack.images] == [[0, 1], [2, 3]]
    assert stack.unsure_repeats == ()


def test_missing_slice_of_one_image_is_named(tmp_path):
    """G06: one file of b 1000 is missing."""
    sets = [d for d in dwi_set() if not (d.DiffusionBValue == 1000 and d.InstanceNumber == 5)]
    with pytest.raises(ReadError, match=r"G06.*b 1000, direction \(1.000, 0.000, 0.000\) lacks slice 2 at 5.00 mm"):
        read_diffusion(series_in(tmp_path, sets))


def test_slice_missing_from_every_image_is_left_to_the_audit(tmp_path):
    """Vector V2: the gap stays in the grid, it is not closed."""
    dwi = read_diffusion(series_in(tmp_path, dwi_set(positions=(0.0, 5.0, 15.0))))
    assert dwi.geometry.slice_origins[:, 2].tolist() == [0, 5, 15]
    assert not dwi.geometry.is_even


def test_b0_repeats_are_separate_images(tmp_path):
    images = ((0.0, None), (float(np.float32(0.001)), X), (1000.0, X))
    dwi = read_diffusion(series_in(tmp_path, dwi_set(images=images)))
    assert dwi.b_values.tolist() == [0.0, 0.0010000000474974513, 1000.0]
    assert dwi.provenance["b0_images"] == 2


@pytest.mark.parametrize("keyword", ["AcquisitionNumber", "TemporalPositionIdentifier", "AcquisitionTime"])
def test_repeats_by_header_facts(tmp_path, keyword):
    """Two repeats whose instance numbers say nothing about which slice belongs to which."""
    sets = []
    for k, z in enumerate((0.0, 5.0, 10.0)):
        for repeat in range(2):
            dataset = weighted(1 + 2 * k + (repeat + k) % 2, 100 * repeat + 10 * k, z, 0.0)
            dataset.AcquisitionDate = "20240101"
            setattr(dataset, keyword, f"12000{repeat}" if keyword == "AcquisitionTime" else str(repeat + 1))
            sets.append(dataset)
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert sorted(dwi.values[:, :, 0, 0].tolist()) == [[0, 10, 20], [100, 110, 120]]
    assert codes(dwi) == []


def test_repeats_by_order_alone_are_said(tmp_path):
    sets = [weighted(1 + k + 3 * r, 100 * r + 10 * k, 5.0 * k, 0.0) for r in range(2) for k in range(3)]
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert sorted(dwi.values[:, :, 0, 0].tolist()) == [[0, 10, 20], [100, 110, 120]]
    assert level_of(dwi, "G11") is Level.INFO


def test_series_stored_twice_is_read_once(tmp_path):
    sets = dwi_set() + dwi_set()
    for n, dataset in enumerate(sets):
        dataset.SOPInstanceUID = f"1.2.3.{n}"
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert dwi.values.shape[0] == 3
    assert level_of(dwi, "G07") is Level.WARN
    volume = read_volume(series_in(tmp_path / "volume", [d for d in sets if d.DiffusionBValue == 0]))
    assert volume.values.shape == (3, 2, 3)
    assert level_of(volume, "G07") is Level.WARN


def test_enhanced_file_stored_twice_is_read_once(tmp_path):
    sets = [tiny_enhanced(np.stack([pixels(k) for k in range(3)]), b_values=[0.0] * 3) for _ in range(2)]
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert dwi.values.shape[0] == 1
    assert level_of(dwi, "G07") is Level.WARN


def test_one_identical_slice_too_many_is_dropped(tmp_path):
    """G07, identical pixels."""
    extra = weighted(99, 0, 0.0, 0.0)
    dwi = read_diffusion(series_in(tmp_path, [*dwi_set(), extra]))
    assert dwi.values.shape == (3, 3, 2, 3)
    assert level_of(dwi, "G07") is Level.WARN


def test_one_different_slice_too_many_is_asked(tmp_path):
    """G07, different pixels."""
    extra = weighted(99, 77, 0.0, 0.0)
    with pytest.raises(ReadError, match=r"G07.*two different slices") as caught:
        read_diffusion(series_in(tmp_path, [*dwi_set(), extra]))
    assert caught.value.issues[-1].level is Level.ASK


def test_uneven_repeats_are_refused(tmp_path):
    """Two repeats of three slices, and one slice three times."""
    sets = [weighted(1 + k + 3 * r, 100 * r + 10 * k, 5.0 * k, 0.0) for r in range(2) for k in range(3)]
    with pytest.raises(ReadError, match="G07"):
        read_diffusion(series_in(tmp_path, [*sets, weighted(50, 9, 5.0, 0.0)]))


def test_volume_of_several_images_is_refused(tmp_path):
    """G11."""
    with pytest.raises(ReadError, match=r"G11.*3 images of the same 3 slices, b 0, 1000"):
        read_volume(series_in(tmp_path, dwi_set()))


def test_acquisition_number_alone_does_not_split(tmp_path):
    """G11: the real head CT has 21 acquisition numbers for 28 positions."""
    sets = [weighted(k + 1, 10 * k, 5.0 * k, 0.0, AcquisitionNumber=k + 1) for k in range(4)]
    assert read_volume(series_in(tmp_path, sets)).values.shape == (4, 2, 3)


def test_every_slice_has_its_own_rescale(tmp_path):
    """P01, vector P3: stored 1240 with slope 0.5 and stored 310 with slope 2.0 are both 620."""
    sets = [
        tiny_image(
            np.full((2, 3), value, np.uint16), position=(0, 0, z), instance=n, RescaleSlope=slope, RescaleIntercept="0"
        )
        for n, (value, slope, z) in enumerate(((1240, "0.5", 0.0), (310, "2.0", 5.0)), start=1)
    ]
    volume = read_adc(series_in(tmp_path, sets, role=Role.ADC))
    assert (volume.values == 620).all()
    assert level_of(volume, "P01") is Level.INFO
    assert volume.provenance["slope_range"] == [0.5, 2.0]


def test_enhanced_frames_have_their_own_rescale(tmp_path):
    dataset = tiny_enhanced(np.array([[[1240]], [[310]]], np.uint16), b_values=[None, None])
    for group, slope in zip(dataset.PerFrameFunctionalGroupsSequence, ("0.5", "2.0"), strict=True):
        group.PixelValueTransformationSequence = [item(RescaleSlope=slope, RescaleIntercept="0", RescaleType="US")]
    assert (read_adc(series_in(tmp_path, [dataset], role=Role.ADC)).values == 620).all()


def test_philips_images_are_combined_on_the_floating_point_scale(tmp_path):
    """P02, vector P1: FP 40000 and 16000, so that the ADC is 916.2907."""
    sets = [
        philips(1000, 0.0, 0.0, 1, slope=1.5, scale=0.025),
        philips(800, 0.0, 1000.0, 2, slope=2.0, scale=0.05),
    ]
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert dwi.values[:, 0, 0, 0] == pytest.approx([40000, 16000], rel=1e-6)
    adc = 1e6 * math.log(dwi.values[0, 0, 0, 0] / dwi.values[1, 0, 0, 0]) / 1000
    assert adc == pytest.approx(916.2907, abs=1e-3)
    assert dwi.provenance["value_mapping"] == "philips floating point"


def test_philips_real_tags(tmp_path):
    """Vector P2: displayed value 1514.7741, floating point 37126.816."""
    dataset = philips(1000, 0.0, 0.0, 1, slope=1.51477411477, scale=0.0269347094)
    series = series_in(tmp_path, [dataset])
    assert read_volume(series).values[0, 0, 0] == pytest.approx(1514.7741, abs=1e-3)
    assert read_diffusion(series).values[0, 0, 0, 0] == pytest.approx(37126.816, abs=0.01)


def test_philips_intercept_enters_the_floating_point_scale(tmp_path):
    """FP = (SV RS + RI) / (RS SS) = (100 x 2 + 50) / (2 x 0.5) = 250."""
    dataset = philips(100, 0.0, 0.0, 1, slope=2.0, scale=0.5)
    dataset.RescaleIntercept = "50"
    assert read_diffusion(series_in(tmp_path, [dataset])).values[0, 0, 0, 0] == 250


def test_philips_without_scale_slope_is_refused_where_it_is_needed(tmp_path):
    """P02: different rescale slopes and no scale slope."""
    sets = [philips(1000, 0, 0.0, 1, slope=1.5, scale=None), philips(800, 0, 1000.0, 2, slope=2.0, scale=None)]
    with pytest.raises(ReadError, match="P02"):
        read_diffusion(series_in(tmp_path / "none", sets))
    sets = [philips(1000, 0, 0.0, 1, slope=1.5, scale=0.1), philips(800, 0, 1000.0, 2, slope=2.0, scale=None)]
    with pytest.raises(ReadError, match="P02"):
        read_diffusion(series_in(tmp_path / "one", sets))
    sets = [philips(1000, 0, 0.0, 1, slope=2.0, scale=None), philips(800, 0, 1000.0, 2, slope=2.0, scale=None)]
    assert read_diffusion(series_in(tmp_path / "same", sets)).values[:, 0, 0, 0].tolist() == [2000, 1600]


def test_zero_slope_is_refused(tmp_path):
    with pytest.raises(ReadError, match="Rescale Slope 0"):
        read_volume(series_in(tmp_path, [weighted(1, 5, 0.0, 0.0, RescaleSlope="0", RescaleIntercept="0")]))


def test_real_world_mapping_with_a_unit_is_used_for_a_map(tmp_path):
    """Stored 620 with slope 1e-6 mm2/s, although the rescale says 1."""
    mapping = item(RealWorldValueSlope=1e-6, RealWorldValueIntercept=0.0)
    mapping.MeasurementUnitsCodeSequence = [item(CodeValue="mm2/s")]
    dataset = tiny_image(np.full((2, 3), 620, np.uint16), RealWorldValueMappingSequence=[mapping])
    volume = read_adc(series_in(tmp_path, [dataset], role=Role.ADC))
    assert volume.values[0, 0, 0] == pytest.approx(620e-6)
    assert volume.provenance["rwvm_units"] == "mm2/s"


def test_real_world_mapping_without_a_unit_is_not_used(tmp_path):
    """Philips: units code 1."""
    mapping = item(RealWorldValueSlope=7.0, RealWorldValueIntercept=0.0)
    mapping.MeasurementUnitsCodeSequence = [item(CodeValue="1")]
    dataset = tiny_image(np.full((2, 3), 310, np.uint16), RealWorldValueMappingSequence=[mapping])
    dataset.RescaleSlope, dataset.RescaleIntercept = "2", "0"
    volume = read_adc(series_in(tmp_path, [dataset], role=Role.ADC))
    assert volume.values[0, 0, 0] == 620
    assert "rwvm_units" not in volume.provenance


def test_real_world_units_that_differ_are_refused(tmp_path):
    """One slice without a mapping would be in another unit."""
    mapping = item(RealWorldValueSlope=1e-6, RealWorldValueIntercept=0.0)
    mapping.MeasurementUnitsCodeSequence = [item(CodeValue="mm2/s")]
    sets = [tiny_image(pixels(1), position=(0, 0, 5.0 * k), instance=k + 1) for k in range(2)]
    sets[0].RealWorldValueMappingSequence = [mapping]
    with pytest.raises(ReadError, match=r"P01.*units"):
        read_adc(series_in(tmp_path, sets, role=Role.ADC))


def test_real_world_mapping_by_a_table_states_no_unit(tmp_path):
    """Without a slope the rescale is used, so that the unit of the mapping does not hold."""
    mapping = item(MeasurementUnitsCodeSequence=[item(CodeValue="mm2/s")])
    series = series_in(tmp_path, [tiny_image(pixels(1), RealWorldValueMappingSequence=[mapping])], role=Role.ADC)
    assert series.header["rwvm_units"] == ""
    assert "rwvm_units" not in read_adc(series).provenance


def test_modality_lut_is_applied(tmp_path):
    """P03."""
    lut = item(LUTDescriptor=[6, 0, 16], LUTData=np.arange(0, 60, 10, dtype="<u2").tobytes(), ModalityLUTType="US")
    volume = read_volume(series_in(tmp_path, [tiny_image(pixels(0), ModalityLUTSequence=[lut])]))
    assert volume.values[0].tolist() == [[0, 10, 20], [30, 40, 50]]
    assert level_of(volume, "P03") is Level.INFO


def test_padding_reads_as_nothing(tmp_path):
    """P05: 0 in MR, air in CT, counted and said."""
    values = np.array([[-2000, 0, 40]], np.int16)
    options = {"PixelPaddingValue": -2000, "RescaleSlope": "1", "RescaleIntercept": "10"}
    ct = tiny_image(values, SOPClassUID=CT, Modality="CT", RescaleType="HU", **options)
    volume = read_volume(series_in(tmp_path / "ct", [ct], role=Role.NCCT))
    assert volume.values[0].tolist() == [[-1024, 10, 50]]
    assert (volume.unit, volume.quantity) == ("[hnsf'U]", "attenuation")
    assert volume.provenance["padding_voxels"] == 1
    assert level_of(volume, "P05") is Level.INFO
    mr = read_volume(series_in(tmp_path / "mr", [tiny_image(values, **options)]))
    assert mr.values[0].tolist() == [[0, 10, 50]]
    assert (mr.unit, mr.quantity) == ("1", "signal")


def test_negative_values_are_kept(tmp_path):
    """P04: they are counted later, not hidden here."""
    volume = read_adc(series_in(tmp_path, [tiny_image(np.array([[-5, 7]], np.int16))], role=Role.ADC))
    assert volume.values[0].tolist() == [[-5, 7]]


def test_monochrome1_is_said(tmp_path):
    dataset = tiny_image(pixels(3), PhotometricInterpretation="MONOCHROME1")
    volume = read_volume(series_in(tmp_path, [dataset]))
    assert np.array_equal(volume.values[0], pixels(3))
    assert level_of(volume, "P09") is Level.INFO


def test_one_truncated_file_refuses_the_series(tmp_path):
    """P07."""
    series = series_in(tmp_path, dwi_set())
    path = series.files[3]
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ReadError, match="P07"):
        read_diffusion(series)


def test_file_changed_since_the_scan_is_refused(tmp_path):
    series = series_in(tmp_path, dwi_set())
    save(weighted(77, 1, 0.0, 0.0), series.files[0])
    with pytest.raises(ReadError, match="I06"):
        read_diffusion(series)


def test_derived_frames_are_left_out(tmp_path):
    """F01: ADC, FA and a tensor b0 in the same series."""
    derived = []
    for n, kind in enumerate(("ADC", "FA", "TENSOR_B0", "CALC_BVALUE")):
        for k, z in enumerate((0.0, 5.0, 10.0)):
            dataset = weighted(50 + 3 * n + k, 999, z, 0.0 if kind == "TENSOR_B0" else 1000.0)
            dataset.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", kind]
            derived.append(dataset)
    dwi = read_diffusion(series_in(tmp_path, [*dwi_set(), *derived]))
    assert dwi.values.max() < 999
    assert dwi.values.shape[0] == 3
    assert level_of(dwi, "F01") is Level.INFO


def test_directional_or_isotropic_never_both(tmp_path):
    """F01: a trace set beside the directions it was made from."""
    trace = [weighted(50 + k, 900, z, 1000.0) for k, z in enumerate((0.0, 5.0, 10.0))]
    for dataset in trace:
        dataset.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]
    dwi = read_diffusion(series_in(tmp_path / "both", [*dwi_set(), *trace]))
    assert set(dwi.directionality) == {Directionality.NONE, Directionality.DIRECTIONAL}
    assert level_of(dwi, "F01") is Level.INFO
    b0 = [dataset for dataset in dwi_set() if dataset.DiffusionBValue == 0]
    alone = read_diffusion(series_in(tmp_path / "alone", [*b0, *trace]))
    assert alone.directionality == (Directionality.NONE, Directionality.ISOTROPIC)
    assert alone.issues == ()


def test_weighted_frames_without_direction_beside_directions_are_asked(tmp_path):
    unsure = [weighted(50 + k, 900, z, 1000.0) for k, z in enumerate((0.0, 5.0, 10.0))]
    dwi = read_diffusion(series_in(tmp_path, [*dwi_set(), *unsure]))
    assert dwi.values.max() < 900
    assert level_of(dwi, "F01") is Level.ASK


def test_frames_without_b_beside_a_complete_set_are_not_used_and_noted(tmp_path):
    """F02: Philips appends its ADC map to the raw series."""
    appended = [weighted(50 + k, 900, z, None) for k, z in enumerate((0.0, 5.0, 10.0))]
    dwi = read_diffusion(series_in(tmp_path, [*dwi_set(), *appended]))
    assert dwi.values.max() < 900
    assert level_of(dwi, "F02") is Level.WARN


def test_frames_without_b_that_may_be_the_b0_are_asked(tmp_path):
    high = [dataset for dataset in dwi_set() if dataset.DiffusionBValue > 0]
    bare = [weighted(50 + k, 900, z, None) for k, z in enumerate((0.0, 5.0, 10.0))]
    dwi = read_diffusion(series_in(tmp_path, [*high, *bare]))
    assert level_of(dwi, "F02") is Level.ASK


def test_ge_b0_called_adc_is_b0(tmp_path):
    """F03."""
    sets = []
    for k, z in enumerate((0.0, 5.0)):
        for n, b_value in enumerate((0, 1000)):
            dataset = weighted(1 + 2 * k + n, 100 * n, z, None)
            dataset.Manufacturer = "GE MEDICAL SYSTEMS"
            dataset.ImageType = ["DERIVED", "PRIMARY", "DIFFUSION", "ADC" if b_value == 0 else "OTHER"]
            add_private(dataset, 0x0043, "GEMS_PARM_01", 0x39, "IS", [b_value, 8, 0, 0])
            sets.append(dataset)
    assert read_diffusion(series_in(tmp_path, sets)).b_values.tolist() == [0, 1000]


def test_phase_images_are_left_out(tmp_path):
    phase = [weighted(50 + k, 900, z, 0.0) for k, z in enumerate((0.0, 5.0, 10.0))]
    for dataset in phase:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "PHASE MAP", "P"]
    assert read_diffusion(series_in(tmp_path, [*dwi_set(), *phase])).values.max() < 900


def test_maps_alone_are_no_diffusion_series(tmp_path):
    dataset = tiny_image(pixels(1), ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "FA"])
    with pytest.raises(ReadError, match="derived maps only"):
        read_diffusion(series_in(tmp_path, [dataset]))


def test_adc_frames_are_found_in_a_mixed_series(tmp_path):
    """F02, F04: named frames are taken, and asked about where the series is not an ADC series."""
    adc = [weighted(50 + k, 700, z, None) for k, z in enumerate((0.0, 5.0, 10.0))]
    for dataset in adc:
        dataset.ImageType = ["DERIVED", "PRIMARY", "ADC", "ADC"]
    series = series_in(tmp_path, [*dwi_set(), *adc])
    volume = read_adc(series)
    assert volume.values.min() == 700
    assert level_of(volume, "F02") is Level.ASK
    assert level_of(volume, "F04") is Level.INFO
    assert level_of(read_adc(replace(series, role=Role.ADC)), "F02") is Level.INFO


def test_missing_b_is_refused_never_assumed(tmp_path):
    """B01."""
    with pytest.raises(ReadError, match=r"B01.*9 of 9 frames without b value"):
        read_diffusion(series_in(tmp_path, dwi_set(images=((None, None),) * 3)))


def test_weighted_frame_without_b_is_refused(tmp_path):
    sets = [*dwi_set(), *[weighted(50 + k, 9, z, None, Z) for k, z in enumerate((0.0, 5.0, 10.0))]]
    with pytest.raises(ReadError, match=r"B01.*3 of 12"):
        read_diffusion(series_in(tmp_path, sets))


@pytest.mark.parametrize("value", [7.23e75, -1.0, math.nan])
def test_implausible_b_is_refused_and_named(tmp_path, value):
    """Vector A8, B02."""
    images = ((0.0, None), (value, None))
    with pytest.raises(ReadError, match=r"B01.*3 of 6 frames.*rejected: \(0018,9087\)") as caught:
        read_diffusion(series_in(tmp_path, dwi_set(images=images)))
    assert "B02" in {issue.code for issue in caught.value.issues}


def test_uih_actual_b_is_used_and_the_effect_said(tmp_path):
    """Vector A6: nominal b 1000 would read the ADC 7.1501 % too low."""
    sets = []
    for n, (actual, nominal) in enumerate(((1.2512641359, 0.0), (929.7501831338, 1000.0))):
        dataset = weighted(n + 1, 100, 0.0, None)
        add_private(dataset, 0x0065, "Image Private Header", 0x09, "FD", actual)
        dataset.add_new((0x0065, 0x100A), "FD", nominal)
        sets.append(dataset)
    dwi = read_diffusion(series_in(tmp_path, sets))
    assert dwi.b_values.tolist() == [1.2512641359, 929.7501831338]
    assert dwi.provenance["b_nominal"] == [0, 1000]
    (issue,) = [issue for issue in dwi.issues if issue.code == "B03"]
    assert issue.level is Level.WARN
    assert "-7.15 %" in issue.found


@pytest.mark.parametrize(("private", "level"), [(1000, Level.ASK), (1200, Level.WARN)])
def test_two_sources_of_b_that_disagree(tmp_path, private, level):
    public = 0.0 if private == 1000 else 1000.0
    dataset = weighted(1, 5, 0.0, public)
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", private)
    dwi = read_diffusion(series_in(tmp_path, [dataset]))
    assert dwi.b_values.tolist() == [public]
    assert level_of(dwi, "B03") is level


def test_source_names_and_hashes_the_files(tmp_path):
    series = series_in(tmp_path, dwi_set())
    dwi = read_diffusion(series)
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in series.files)
    assert dwi.source.sha256 == input_hash(hashes[::-1]) == hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    assert dwi.source.uid == series.series_uid
    assert np.shape(dwi.instance_uids) == (3, 3)
    assert sorted(dwi.source.instances) == sorted(uid for image in dwi.instance_uids for uid in image)
    by_uid = {frame.sop_instance_uid: frame for frame in series.frames}
    for image, uids in enumerate(dwi.instance_uids):
        for k, uid in enumerate(uids):
            assert by_uid[uid].position[2] == dwi.geometry.slice_origins[k, 2]
            assert by_uid[uid].b_value == dwi.b_values[image]


def test_file_order_does_not_matter(tmp_path):
    series = series_in(tmp_path / "a", dwi_set())
    other = series_in(tmp_path / "b", sorted(dwi_set(), key=lambda d: str(d.SOPInstanceUID)))
    a, b = read_diffusion(series), read_diffusion(other)
    assert np.array_equal(a.values, b.values)
    assert a.instance_uids == b.instance_uids
    assert a.source == b.source


def ras_affine(geometry):
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ geometry.affine


def vendor(shared_data, pattern: str):
    return sorted((shared_data / "diffusion" / "dicom_vendors").glob(pattern))


def test_real_ge_against_its_nifti_reference(shared_data):
    """Values, affine, b values and directions of the reference conversion that lies beside the DICOM files."""
    nib = pytest.importorskip("nibabel")
    dwi = read_diffusion(series_of(vendor(shared_data, "ge_pioneer_tensor_b1000_6dir/In/*/*MRDC*")))
    (reference,) = vendor(shared_data, "ge_pioneer_tensor_b1000_6dir/Ref/*.nii")
    image = nib.load(reference)
    expected = np.asarray(image.dataobj, dtype=np.float32).transpose(3, 2, 1, 0)[:, :, ::-1]
    assert np.array_equal(dwi.values, expected)
    flip = np.eye(4)
    flip[1, 1], flip[1, 3] = -1, expected.shape[2] - 1
    assert ras_affine(dwi.geometry) == pytest.approx(image.affine @ flip, abs=2e-3)
    assert dwi.b_values.tolist() == np.loadtxt(reference.with_suffix(".bval")).tolist()
    vectors = np.loadtxt(reference.with_suffix(".bvec")).T
    axes = image.affine[:3, :3] / np.linalg.norm(image.affine[:3, :3], axis=0)
    assert np.linalg.det(axes) < 0
    lps = vectors @ axes.T * [-1, -1, 1]
    cosines = (lps[1:] * dwi.directions[1:]).sum(axis=1) / np.linalg.norm(lps[1:], axis=1)
    assert np.abs(cosines) == pytest.approx(np.ones(6), abs=1e-6)


def test_real_siemens_xa30(shared_data):
    """ADC of the geometric mean equals the vendor map: bias within 0.1 %."""
    dwi = read_diffusion(series_of(vendor(shared_data, "siemens_xa30*/In/10_*/*.dcm")))
    adc = read_adc(series_of(vendor(shared_data, "siemens_xa30*/In/11_*/*.dcm"), role=Role.ADC))
    assert dwi.values.shape == (21, 39, 72, 72)
    assert dwi.b_values.tolist() == [0, *[2500] * 20]
    assert codes(adc) == ["F04"]
    assert dwi.geometry.differs_from(adc.geometry) == ""
    inside = (adc.values > 200) & (dwi.values > 0).all(axis=0)
    logs = np.log(dwi.values[:, inside].astype(float))
    difference = 1e6 * (logs[0] - logs[1:].mean(axis=0)) / 2500 - adc.values[inside]
    assert abs(difference.mean()) < 1e-3 * adc.values[inside].mean()
    with pytest.raises(ReadError, match="derived maps only"):
        read_diffusion(series_of(vendor(shared_data, "siemens_xa30*/In/13_*/*.dcm")))


@pytest.mark.parametrize(
    ("pattern", "shape", "b0", "mapping"),
    [
        ("philips57*/In/cl/DICOM/IM_*", (17, 32, 112, 112), 5, "philips floating point"),
        ("canon61*/In/enh/*.dcm", (13, 40, 80, 80), 1, "rescale"),
        ("philips_classic/*.dcm", (3, 40, 80, 80), 1, "philips floating point"),
        ("siemens_VE11_mosaic_hfs/*.dcm", (4, 25, 128, 128), 1, "rescale"),
    ],
)
def test_real_vendors(shared_data, pattern, shape, b0, mapping):
    dwi = read_diffusion(series_of(vendor(shared_data, pattern)))
    assert dwi.values.shape == shape
    assert dwi.provenance["b0_images"] == b0
    assert dwi.provenance["value_mapping"] == mapping
    assert not any(issue.blocks for issue in dwi.issues)
    assert np.isfinite(dwi.values).all()


def test_real_series_with_one_file_missing(shared_data):
    files = vendor(shared_data, "philips_classic/*.dcm")
    with pytest.raises(ReadError, match="G06"):
        read_diffusion(series_of(files[:50] + files[51:]))


def without_rescale(dataset):
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        if keyword in dataset:
            delattr(dataset, keyword)
    return dataset


def test_rescale_that_is_missing_from_some_frames_is_refused(tmp_path):
    frames = dwi_set()
    for dataset in frames:
        dataset.RescaleSlope, dataset.RescaleIntercept = "2", "0"
    without_rescale(frames[0])
    with pytest.raises(ReadError, match="P01"):
        read_diffusion(series_in(tmp_path, frames))


def test_philips_scale_without_rescale_is_refused(tmp_path):
    frames = [
        philips(1000, z, b, n, slope=1.5, scale=0.025)
        for n, (b, z) in enumerate([(0, 0.0), (1000, 0.0), (0, 5.0), (1000, 5.0)], 1)
    ]
    with pytest.raises(ReadError, match="P01"):
        read_diffusion(series_in(tmp_path, [without_rescale(dataset) for dataset in frames]))


def test_ct_without_rescale_has_no_hounsfield_units(tmp_path):
    frames = [tiny_image(pixels(1000), position=(0, 0, 5.0 * k), instance=k, Modality="CT") for k in range(3)]
    with pytest.raises(ReadError, match="P01"):
        read_volume(series_in(tmp_path, [without_rescale(dataset) for dataset in frames]))
