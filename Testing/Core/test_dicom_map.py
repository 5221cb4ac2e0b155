"""Parametric map: values, unit and place equal after every reader; 0 and never NaN where there is no value."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from Data.dicom_checks import dciodvfy_findings, dcmqi_images
from Data.source_series import (
    ENHANCED_MR,
    NOW,
    SHAPE,
    adc_map,
    classic_series,
    grid,
    mosaic_series,
    multiframe_series,
    record_on,
)
from strokequant.record.dicom_map import QUANTITIES, stored_values
from strokequant.record.dicom_out import write_dicom
from strokequant.types import QuantityMap

KINDS = {"classic": classic_series, "multiframe": multiframe_series, "mosaic": mosaic_series}
NAME = "dicom/map_adc.dcm"


def written(folder, geometry, kind=classic_series, **changes):
    series = kind(folder / "source", geometry)
    record = record_on(series, geometry, {})
    record = replace(record, maps={"adc": replace(record.maps["adc"], **changes)})
    output = write_dicom(record, folder, now=NOW)
    assert output.issues == ()
    return output.files[NAME]


def planes_by_position(dataset):
    """Float planes by the distance of their position from the first slice."""
    pixels = np.frombuffer(dataset.FloatPixelData, dtype="<f4").reshape(-1, dataset.Rows, dataset.Columns)
    for plane, frame in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        yield plane, np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)


@pytest.mark.parametrize("tilt", [0, 20])
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_exact_and_in_their_slices(tmp_path, kind, tilt):
    geometry = grid(tilt_deg=tilt)
    path = written(tmp_path, geometry, KINDS[kind])
    expected = adc_map(geometry)
    seen = []
    for plane, position in planes_by_position(pydicom.dcmread(path)):
        k = int(np.linalg.norm(geometry.slice_origins - position, axis=1).argmin())
        assert np.linalg.norm(geometry.slice_origins[k] - position) < 1e-6
        assert np.array_equal(plane[expected.valid[k]], expected.values[k][expected.valid[k]])
        assert (plane[~expected.valid[k]] == 0).all()
        seen.append(k)
    assert sorted(seen) == list(range(SHAPE[0]))
    assert dciodvfy_findings(path) == []


def test_never_nan_and_negative_values_are_kept():
    geometry = grid()
    values = np.full(SHAPE, 700, dtype=np.float32)
    values[0, 0, :5] = np.nan, np.inf, -np.inf, -12.5, 650
    stored = stored_values(replace(adc_map(geometry), values=values, valid=np.ones(SHAPE, dtype=bool)))
    assert stored.dtype == np.float32
    assert list(stored[0, 0, :6]) == [0, 0, 0, -12.5, 650, 700]


def test_real_world_value_says_adc_in_um2_per_s(tmp_path):
    dataset = pydicom.dcmread(written(tmp_path, grid()))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    mapping = shared.RealWorldValueMappingSequence[0]
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "um2/s"
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, 0)
    quantity = mapping.QuantityDefinitionSequence[0]
    assert quantity.ConceptCodeSequence[0].CodeValue == "113041"
    anatomy = shared.FrameAnatomySequence[0]
    assert (anatomy.AnatomicRegionSequence[0].CodeValue, anatomy.FrameLaterality) == ("12738006", "U")
    assert dataset.ContentLabel == "ADC"
    assert "research use only" in dataset.SeriesDescription
    stored = np.frombuffer(dataset.FloatPixelData, dtype="<f4")
    assert mapping.DoubleFloatRealWorldValueFirstValueMapped == stored.min()
    assert mapping.DoubleFloatRealWorldValueLastValueMapped == stored.max()


def test_highdicom_applies_the_mapping_to_the_same_values(tmp_path):
    from highdicom import __version__, imread

    if __version__ < "0.28":
        pytest.skip("highdicom 0.27 cannot read float pixels")
    geometry = grid()
    volume = imread(written(tmp_path, geometry)).get_volume(apply_real_world_transform=True)
    points = volume.affine @ np.array([0, 0, 0, 1.0])
    k = int(np.linalg.norm(geometry.slice_origins - points[:3], axis=1).argmin())
    expected = stored_values(adc_map(geometry))
    assert k in (0, SHAPE[0] - 1)
    assert np.array_equal(volume.array, expected if k == 0 else expected[::-1])


@pytest.mark.parametrize("kind", KINDS)
def test_derivation_and_source_are_stated(tmp_path, kind):
    dataset = pydicom.dcmread(written(tmp_path, grid(), KINDS[kind]))
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        derivation = frame.DerivationImageSequence[0]
        assert derivation.DerivationDescription.startswith("ln(S0/S)/b; b_values=[0, 1000]; non_finite=")
        reference = derivation.SourceImageSequence[0]
        assert (reference.ReferencedSOPClassUID == ENHANCED_MR) is (kind == "multiframe")
        assert ("ReferencedFrameNumber" in reference) is (kind == "multiframe")
        assert reference.SpatialLocationsPreserved == ("NO" if kind == "mosaic" else "YES")


@pytest.mark.parametrize("kind", KINDS)
def test_dcmqi_reads_values_unit_and_place(tmp_path, kind):
    import SimpleITK as sitk

    geometry = grid()
    (path,) = dcmqi_images("paramap2itkimage", written(tmp_path, geometry, KINDS[kind]), tmp_path / "out")
    image = sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(image)
    expected = stored_values(adc_map(geometry))
    for kji in ((0, 1, 0), (2, 7, 11), (5, 19, 22)):
        index = image.TransformPhysicalPointToIndex(geometry.to_lps(np.array(kji))[0].tolist())
        assert array[index[::-1]] == pytest.approx(expected[kji], rel=1e-6)
    corner = image.TransformIndexToPhysicalPoint([0, 0, 0])
    assert np.linalg.norm(geometry.slice_origins - corner, axis=1).min() < 1e-3
    assert np.sort(array, axis=None) == pytest.approx(np.sort(expected, axis=None), rel=1e-6)
    assert '"um2/s"' in (tmp_path / "out" / "meta.json").read_text()


def test_map_without_a_code_is_left_out_and_it_is_said(tmp_path):
    geometry = grid()
    record = record_on(classic_series(tmp_path / "source", geometry), geometry, {})
    odd = {
        "texture": replace(record.maps["adc"], quantity="texture"),
        "adc_odd": replace(record.maps["adc"], unit="furlong"),
    }
    output = write_dicom(replace(record, maps={**record.maps, **odd}), tmp_path, now=NOW)
    assert list(output.files) == [NAME]
    assert sorted(issue.subject for issue in output.issues) == ["dicom/map_adc_odd.dcm", "dicom/map_texture.dcm"]


def test_several_maps_are_several_series(tmp_path):
    geometry = grid()
    record = record_on(classic_series(tmp_path / "source", geometry), geometry, {})
    tmax = replace(record.maps["adc"], quantity="tmax", unit="s")
    output = write_dicom(replace(record, maps={"adc": record.maps["adc"], "tmax": tmax}), tmp_path, now=NOW)
    datasets = [pydicom.dcmread(path) for path in output.files.values()]
    assert len({d.SeriesInstanceUID for d in datasets}) == len({d.SeriesNumber for d in datasets}) == 2
    assert all(dciodvfy_findings(path) == [] for path in output.files.values())


def test_four_dimensions_are_refused():
    geometry = grid()
    values = np.zeros((2, *SHAPE), dtype=np.float32)
    with pytest.raises(ValueError, match="shape"):
        QuantityMap(values, values > 0, geometry, "um2/s", "adc", "test")


def test_labels_fit_their_value_representation():
    for name, _ in QUANTITIES.values():
        assert len(name) <= 16
        assert name.upper().isalnum()
