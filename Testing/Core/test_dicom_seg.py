"""Segmentation: every voxel at its place for every kind of source, honest references, stable names, read back exactly."""

import importlib
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest

from Data.dicom_checks import dcentvfy_errors, dciodvfy_findings, dcmqi, dcmqi_images
from Data.source_series import (
    ENHANCED_MR,
    NOW,
    SERIES,
    SHAPE,
    STUDY,
    classic_series,
    grid,
    lesion,
    mosaic_series,
    multiframe_series,
    record_on,
    sign,
    usual_measurements,
)
from strokequant import codes
from strokequant.errors import GeometryError, Level, RecordError
from strokequant.geometry import Geometry
from strokequant.record.dicom_common import NOT_A_TRIAL, TrialContext, long_string, uid_of
from strokequant.record.dicom_out import write_dicom
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.display_grid import display_grid, needs_display_grid, on_display_grid
from strokequant.types import Mask, Series

KINDS = {"classic": classic_series, "multiframe": multiframe_series, "mosaic": mosaic_series}
UNEVEN = (5.0, 5.0, 7.5, 5.0, 2.5)
GRIDS = {"straight": {}, "tilt 20": {"tilt_deg": 20.0}, "uneven": {"gaps": UNEVEN}}


def written(folder: Path, geometry: Geometry, masks, *, kind=classic_series, now=NOW, **options):
    """Write a record on a new source series; nothing may be left out."""
    series = kind(folder / "source", geometry)
    output = write_dicom(record_on(series, geometry, masks, usual_measurements()), folder, now=now, **options)
    assert output.issues == ()
    return output.files


def placed(dataset, segment: int = 1) -> set[tuple[float, ...]]:
    """LPS positions, rounded to 1 um, of the set pixels of a segment, from the file alone."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    rows, columns = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    points = set()
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    for plane, frame in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        identity = frame.get("SegmentIdentificationSequence") or shared.SegmentIdentificationSequence
        if identity[0].ReferencedSegmentNumber != segment:
            continue
        origin = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        for r, c in zip(*np.nonzero(plane), strict=True):
            point = origin + c * columns * cosines[:3] + r * rows * cosines[3:]
            points.add(tuple(np.round(point, 3) + 0.0))
    return points


def expected_positions(mask: np.ndarray, geometry: Geometry) -> set[tuple[float, ...]]:
    return {tuple(np.round(p, 3) + 0.0) for p in geometry.to_lps(np.argwhere(mask))}


def positions_of(image_path: Path) -> set[tuple[float, ...]]:
    """The same from an image file, through ITK."""
    import SimpleITK as sitk

    image = sitk.ReadImage(str(image_path))
    indices = np.argwhere(sitk.GetArrayFromImage(image))[:, ::-1].tolist()
    return {tuple(np.round(image.TransformIndexToPhysicalPoint(ijk), 3) + 0.0) for ijk in indices}


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_voxel_is_at_its_place_and_comes_back(tmp_path, kind, shape):
    geometry = grid(**GRIDS[shape])
    values = lesion()
    path = written(tmp_path, geometry, {"infarct_core": values}, kind=KINDS[kind])["dicom/seg.dcm"]
    assert placed(pydicom.dcmread(path)) == expected_positions(values, geometry)
    assert np.array_equal(read_mask_from_seg(path, geometry).values, values)


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("kind", KINDS)
def test_validator_finds_nothing(tmp_path, kind, shape):
    files = written(tmp_path, grid(**GRIDS[shape]), {"infarct_core": lesion()}, kind=KINDS[kind])
    for name in files:
        assert dciodvfy_findings(files[name]) == [], name


def test_derived_objects_agree_with_each_other(tmp_path):
    files = written(tmp_path, grid(tilt_deg=20), {"infarct_core": lesion()})
    assert len(files) == 4
    assert dcentvfy_errors(*files.values()) == []


def test_files_in_any_order_keep_their_slices(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry, order=[3, 0, 5, 1, 4, 2])
    output = write_dicom(record_on(series, geometry, {"infarct_core": lesion()}), tmp_path, now=NOW)
    dataset = pydicom.dcmread(output.files["dicom/seg.dcm"])
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        reference = frame.DerivationImageSequence[0].SourceImageSequence[0]
        k = int(reference.ReferencedSOPInstanceUID.rsplit(".", 1)[1]) - 1
        position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        assert np.allclose(position, geometry.slice_origins[k], atol=1e-6)
        assert reference.SpatialLocationsPreserved == "YES"
        assert "ReferencedFrameNumber" not in reference


def test_highdicom_finds_pixels_by_source_instance(tmp_path):
    from highdicom.seg import segread

    values = lesion()
    path = written(tmp_path, grid(tilt_deg=20), {"infarct_core": values})["dicom/seg.dcm"]
    uids = [f"{SERIES}.{k + 1}" for k in range(SHAPE[0])]
    pixels = segread(path).get_pixels_by_source_instance(uids, combine_segments=True)
    assert np.array_equal(pixels.astype(bool), values)


def test_multiframe_reference_names_the_frame_at_the_same_place(tmp_path, caplog):
    geometry = grid()
    path = written(tmp_path, geometry, {"infarct_core": lesion()}, kind=multiframe_series)["dicom/seg.dcm"]
    assert caplog.text == ""
    source = pydicom.dcmread(tmp_path / "source" / "enhanced.dcm", stop_before_pixels=True)
    dataset = pydicom.dcmread(path)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        reference = frame.DerivationImageSequence[0].SourceImageSequence[0]
        named = source.PerFrameFunctionalGroupsSequence[reference.ReferencedFrameNumber - 1]
        assert reference.ReferencedSOPClassUID == ENHANCED_MR
        assert np.allclose(
            np.array(named.PlanePositionSequence[0].ImagePositionPatient, dtype=float),
            np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float),
            atol=1e-6,
        )
    assert [item.ReferencedSOPInstanceUID for item in dataset.SourceImageSequence] == [source.SOPInstanceUID]
    listed = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert [item.ReferencedSOPInstanceUID for item in listed] == [source.SOPInstanceUID]


def test_mosaic_is_referenced_but_not_claimed_pixel_for_pixel(tmp_path):
    path = written(tmp_path, grid(), {"infarct_core": lesion()}, kind=mosaic_series)["dicom/seg.dcm"]
    dataset = pydicom.dcmread(path)
    assert (dataset.Rows, dataset.Columns) == SHAPE[1:]
    references = [f.DerivationImageSequence[0].SourceImageSequence[0] for f in dataset.PerFrameFunctionalGroupsSequence]
    assert {r.SpatialLocationsPreserved for r in references} == {"NO"}
    assert {r.ReferencedSOPInstanceUID for r in references} == {f"{SERIES}.1"}
    assert len(dataset.SourceImageSequence) == 1


EMPTY = np.zeros(SHAPE, dtype=bool)
ONE_VOXEL = EMPTY.copy()
ONE_VOXEL[2, 7, 11] = True
BRAIN = ~EMPTY
CASES = {
    "0 mL alone": {"infarct_core": EMPTY},
    "0 mL beside a brain": {"infarct_core": EMPTY, "brain": BRAIN},
    "one voxel": {"infarct_core": ONE_VOXEL},
    "full volume": {"infarct_core": BRAIN},
    "lesion in a brain": {"infarct_core": lesion(), "brain": BRAIN},
}


@pytest.mark.parametrize("case", CASES)
def test_frames_are_kept_and_voxels_equal(tmp_path, case):
    geometry = grid()
    path = written(tmp_path, geometry, CASES[case])["dicom/seg.dcm"]
    dataset = pydicom.dcmread(path)
    assert dataset.SegmentationType == "BINARY"
    assert dataset.NumberOfFrames == SHAPE[0] * len(CASES[case])
    assert [s.SegmentLabel for s in dataset.SegmentSequence] == ["Infarct core", "Brain"][: len(CASES[case])]
    for name, values in CASES[case].items():
        assert np.array_equal(read_mask_from_seg(path, geometry, name=name).values, values)
    assert dciodvfy_findings(path) == []
    said = "0 mL" in dataset.SegmentSequence[0].SegmentDescription
    assert said == (not CASES[case]["infarct_core"].any())


@pytest.mark.parametrize("case", CASES)
def test_dcmqi_reads_the_same_voxels(tmp_path, case):
    geometry = grid()
    path = written(tmp_path, geometry, CASES[case])["dicom/seg.dcm"]
    images = dcmqi_images("segimage2itkimage", path, tmp_path / "out")
    assert len(images) == len(CASES[case])
    for image_path, values in zip(images, CASES[case].values(), strict=True):
        assert positions_of(image_path) == expected_positions(values, geometry)


def test_segment_identity(tmp_path):
    path = written(tmp_path, grid(), {"infarct_core": lesion()})["dicom/seg.dcm"]
    dataset = pydicom.dcmread(path)
    segment = dataset.SegmentSequence[0]
    kind = segment.SegmentedPropertyTypeCodeSequence[0]
    assert (kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning) == codes.INFARCT
    assert segment.SegmentAlgorithmType == "AUTOMATIC"
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("strokequant infarct_core", "0.1.0")
    assert "core.adc_threshold=620.0 um2/s" in algorithm.AlgorithmParameters.split(";")
    assert "automatic proposal" in dataset.ContentDescription
    assert "research use only" in dataset.ContentDescription
    scheme = dataset.CodingSchemeIdentificationSequence[0]
    assert (scheme.CodingSchemeDesignator, scheme.CodingSchemeUID) == (codes.PRIVATE_SCHEME, codes.PRIVATE_SCHEME_UID)


def test_person_name_has_two_parts_and_trial_fields_are_never_defaults(tmp_path):
    files = written(tmp_path, grid(), {"infarct_core": lesion()})
    for path in files.values():
        dataset = pydicom.dcmread(path)
        assert dataset.ClinicalTrialCoordinatingCenterName == NOT_A_TRIAL
        assert dataset.ClinicalTrialSponsorName == NOT_A_TRIAL
        assert (dataset.ClinicalTrialSubjectID, dataset.ClinicalTrialTimePointID) == ("case-001", "baseline")
        assert "QIICR" not in str(dataset)
        assert (dataset.StudyInstanceUID, dataset.PatientID) == (STUDY, "P-17")
        assert dataset.PatientName == "Müller^Jörg"
        assert dataset.SpecificCharacterSet == "ISO_IR 192"
    creator = pydicom.dcmread(files["dicom/seg.dcm"]).ContentCreatorName
    assert creator.family_name
    assert creator.given_name


def test_an_unusual_name_is_kept_and_never_printed(tmp_path, caplog, capsys):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    for path in series.files:
        dataset = pydicom.dcmread(path)
        dataset.PatientName = "Einname"
        dataset.save_as(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        output = write_dicom(record_on(series, geometry, {"infarct_core": lesion()}), tmp_path, now=NOW)
    printed = [str(w.message) for w in caught] + [caplog.text, *capsys.readouterr()]
    assert not any("Einname" in text for text in printed)
    assert {str(pydicom.dcmread(path).PatientName) for path in output.files.values()} == {"Einname"}


def test_trial_context_stands_in_every_object(tmp_path):
    trial = TrialContext(
        sponsor="Sponsor",
        protocol_id="P1",
        protocol_name="A trial",
        coordinating_center="Center",
        site_id="07",
        site_name="Site",
        subject_id="S-0042",
        timepoint_id="V2",
        series_id="core",
        reading_id="R-1",
        replace_patient=True,
    )
    files = written(tmp_path, grid(), {"infarct_core": lesion()}, trial=trial, reader="R01")
    for path in files.values():
        dataset = pydicom.dcmread(path)
        assert dataset.ClinicalTrialSponsorName == "Sponsor"
        assert dataset.ClinicalTrialProtocolID == "P1"
        assert dataset.ClinicalTrialProtocolName == "A trial"
        assert dataset.ClinicalTrialCoordinatingCenterName == "Center"
        assert (dataset.ClinicalTrialSiteID, dataset.ClinicalTrialSiteName) == ("07", "Site")
        assert (dataset.ClinicalTrialSubjectID, dataset.ClinicalTrialSubjectReadingID) == ("S-0042", "R-1")
        assert (dataset.ClinicalTrialTimePointID, dataset.ClinicalTrialSeriesID) == ("V2", "core")
        assert (dataset.PatientID, dataset.PatientName, dataset.PatientBirthDate) == ("S-0042", "Subject^S-0042", "")
        assert "ller" not in str(dataset)
        assert dciodvfy_findings(path) == []
    assert pydicom.dcmread(files["dicom/seg.dcm"]).ContentCreatorName == "Reader^R01"


def test_tracking_uid_is_stable_over_time_points_and_instances_are_not(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    first = record_on(series, geometry, {"infarct_core": lesion()})
    second = replace(first, timepoint="day 1", masks={"infarct_core": Mask(EMPTY, geometry, "infarct_core", "test")})
    other = replace(first, case="case-002")
    seg = [
        pydicom.dcmread(write_dicom(r, tmp_path / str(n), now=NOW).files["dicom/seg.dcm"])
        for n, r in enumerate((first, second, other))
    ]
    tracking = [ds.SegmentSequence[0].TrackingUID for ds in seg]
    assert tracking[0] == tracking[1] != tracking[2]
    assert len({ds.SOPInstanceUID for ds in seg}) == len({ds.SeriesInstanceUID for ds in seg}) == 3


def test_same_content_and_time_give_the_same_bytes(tmp_path):
    geometry = grid(tilt_deg=20)
    first = written(tmp_path / "a", geometry, {"infarct_core": lesion(), "brain": BRAIN})
    second = written(tmp_path / "b", geometry, {"infarct_core": lesion(), "brain": BRAIN})
    assert (
        sorted(first)
        == sorted(second)
        == [
            "dicom/map_adc.dcm",
            "dicom/seg.dcm",
            "dicom/seg_display.dcm",
            "dicom/sr.dcm",
        ]
    )
    for name in first:
        assert first[name].read_bytes() == second[name].read_bytes(), name


def test_any_change_gives_new_uids(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    record = record_on(series, geometry, {"infarct_core": lesion()}, usual_measurements())
    other_mask = lesion()
    other_mask[2, 0, 0] ^= True
    changed = {
        "one voxel": (replace(record, masks={"infarct_core": Mask(other_mask, geometry, "infarct_core", "t")}), NOW),
        "a parameter": (replace(record, configuration={"core": {"adc_threshold": 600.0}}), NOW),
        "the software": (replace(record, software={"strokequant": "0.1.1"}), NOW),
        "the time": (record, NOW + timedelta(microseconds=1)),
        "a signature": (sign(record), NOW),
    }
    names = ("dicom/seg.dcm", "dicom/sr.dcm")
    before = write_dicom(record, tmp_path / "before", now=NOW).files
    for n, (change, now) in enumerate(changed.values()):
        after = write_dicom(change, tmp_path / str(n), now=now).files
        for name in names:
            old, new = pydicom.dcmread(before[name]), pydicom.dcmread(after[name])
            assert old.SOPInstanceUID != new.SOPInstanceUID, (list(changed)[n], name)
            assert old.SeriesInstanceUID != new.SeriesInstanceUID
            assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID


def test_uids_are_valid_and_dimension_organization_is_consistent(tmp_path):
    dataset = pydicom.dcmread(written(tmp_path, grid(), {"infarct_core": lesion()})["dicom/seg.dcm"])
    organization = dataset.DimensionOrganizationSequence[0].DimensionOrganizationUID
    assert {item.DimensionOrganizationUID for item in dataset.DimensionIndexSequence} == {organization}
    uids = (dataset.SOPInstanceUID, dataset.SeriesInstanceUID, organization, dataset.SegmentSequence[0].TrackingUID)
    assert len(set(uids)) == 4
    for uid in uids:
        assert uid.is_valid
        assert int(uid.removeprefix("2.25.")) < 2**128


def test_long_names_are_told_apart():
    assert len(long_string("x" * 100)) == 64
    assert long_string("x" * 100) != long_string("x" * 101)
    assert long_string("a\\b\n") == "a/b"
    assert uid_of("a", "b") != uid_of("ab")


# display grid


@pytest.mark.parametrize(("name", "needed"), [("straight", False), ("tilt 20", True), ("uneven", True)])
def test_display_segmentation_only_where_needed(tmp_path, name, needed):
    files = written(tmp_path, grid(**GRIDS[name]), {"infarct_core": lesion()})
    assert ("dicom/seg_display.dcm" in files) is needed


def test_tilted_slices_are_shifted_and_nothing_is_lost():
    geometry = grid(tilt_deg=20)
    assert needs_display_grid(geometry)
    values = lesion()
    shown_grid, nearest, starts = display_grid(geometry)
    shown = on_display_grid(values, shown_grid, nearest, starts)
    assert shown_grid.tilt_deg < 1e-5
    assert list(nearest) == list(range(SHAPE[0]))
    assert np.count_nonzero(shown) == np.count_nonzero(values)
    truth = geometry.to_lps(np.argwhere(values))
    place = shown_grid.to_lps(np.argwhere(shown))
    assert np.abs(truth - place).max() <= 0.5 * np.hypot(*shown_grid.pixel_spacing) + 1e-9
    assert np.abs((truth - place) @ geometry.normal).max() < 1e-9


def test_uneven_slices_show_the_nearest_one():
    geometry = grid(gaps=UNEVEN)
    shown_grid, nearest, starts = display_grid(geometry)
    assert shown_grid.shape[0] == 11
    assert list(nearest) == [0, 0, 1, 2, 2, 2, 3, 3, 4, 4, 5] or list(nearest) == [0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 5]
    positions = shown_grid.positions - shown_grid.positions[0]
    own = geometry.positions - geometry.positions[0]
    for p, k in zip(positions, nearest, strict=True):
        assert abs(p - own[k]) == pytest.approx(np.abs(p - own).min())
    assert not starts.any()


def test_display_segmentation_is_labeled_and_read_by_dcmqi(tmp_path):
    path = written(tmp_path, grid(tilt_deg=20), {"infarct_core": lesion()})["dicom/seg_display.dcm"]
    dataset = pydicom.dcmread(path)
    assert dataset.ContentLabel == "DISPLAY_ONLY"
    assert "not for measurement" in dataset.SeriesDescription
    references = [f.DerivationImageSequence[0].SourceImageSequence[0] for f in dataset.PerFrameFunctionalGroupsSequence]
    assert {r.SpatialLocationsPreserved for r in references} == {"NO"}
    import SimpleITK as sitk

    (image,) = dcmqi_images("segimage2itkimage", path, tmp_path / "out")
    assert np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage(str(image)))) == np.count_nonzero(lesion())


def test_dcmqi_misplaces_the_tilted_one(tmp_path):
    """The reason for the second file: when this fails, dcmqi has learned to place tilted slices."""
    geometry = grid(tilt_deg=20)
    path = written(tmp_path, geometry, {"infarct_core": lesion()})["dicom/seg.dcm"]
    (tmp_path / "out").mkdir()
    dcmqi("segimage2itkimage", "--inputDICOM", path, "--outputDirectory", tmp_path / "out")
    places = [positions_of(image) for image in (tmp_path / "out").glob("*.nrrd")]
    assert places != [expected_positions(lesion(), geometry)]


# reading back


def _rewritten(path: Path, change) -> Path:
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    pixels = change(dataset, pixels)
    dataset.PixelData = np.packbits(pixels.reshape(-1).astype(np.uint8), bitorder="little").tobytes()
    if len(dataset.PixelData) % 2:
        dataset.PixelData += b"\0"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = pixels.shape
    changed = path.with_name("changed.dcm")
    dataset.save_as(changed)
    return changed


def _reversed(dataset, pixels):
    dataset.PerFrameFunctionalGroupsSequence = list(reversed(dataset.PerFrameFunctionalGroupsSequence))
    return pixels[::-1]


def _flipped(dataset, pixels):
    shared = dataset.SharedFunctionalGroupsSequence[0]
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    width = float(shared.PixelMeasuresSequence[0].PixelSpacing[1]) * (pixels.shape[2] - 1)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        place = frame.PlanePositionSequence[0]
        place.ImagePositionPatient = [
            f"{v:.8f}" for v in np.array(place.ImagePositionPatient, dtype=float) + width * cosines[:3]
        ]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [f"{v:.10f}" for v in (*-cosines[:3], *cosines[3:])]
    return pixels[:, :, ::-1]


def _turned(dataset, pixels):
    shared = dataset.SharedFunctionalGroupsSequence[0]
    cosines = list(shared.PlaneOrientationSequence[0].ImageOrientationPatient)
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [*cosines[3:], *cosines[:3]]
    measures = shared.PixelMeasuresSequence[0]
    measures.PixelSpacing = list(reversed(measures.PixelSpacing))
    return pixels.transpose(0, 2, 1)


def _cropped(dataset, pixels):
    shared = dataset.SharedFunctionalGroupsSequence[0]
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    rows, columns = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        place = frame.PlanePositionSequence[0]
        moved = np.array(place.ImagePositionPatient, dtype=float) + 3 * columns * cosines[:3] + 4 * rows * cosines[3:]
        place.ImagePositionPatient = [f"{v:.8f}" for v in moved]
    return pixels[:, 4:12, 3:15]


def _only_lesion_frames(dataset, pixels):
    kept = [n for n in range(len(pixels)) if pixels[n].any()]
    frames = dataset.PerFrameFunctionalGroupsSequence
    dataset.PerFrameFunctionalGroupsSequence = [frames[n] for n in kept]
    return pixels[kept]


@pytest.mark.parametrize("change", [_reversed, _flipped, _turned, _cropped, _only_lesion_frames])
@pytest.mark.parametrize("shape", GRIDS)
def test_reading_follows_the_positions_not_the_order(tmp_path, shape, change):
    geometry = grid(**GRIDS[shape])
    values = lesion()
    path = written(tmp_path, geometry, {"infarct_core": values})["dicom/seg.dcm"]
    changed = _rewritten(path, change)
    assert np.array_equal(read_mask_from_seg(changed, geometry).values, values)


def test_reading_says_where_the_mask_came_from(tmp_path):
    geometry = grid()
    path = written(tmp_path, geometry, {"infarct_core": lesion()}, reader="R02")["dicom/seg.dcm"]
    mask = read_mask_from_seg(path, geometry, edited_by="R02")
    assert (mask.name, mask.edited_by, mask.parameters["creator"]) == ("infarct_core", "R02", "Reader^R02")
    assert mask.parameters["sop_instance_uid"] == pydicom.dcmread(path).SOPInstanceUID


def test_segmentation_of_another_grid_is_refused(tmp_path):
    geometry = grid()
    path = written(tmp_path, geometry, {"infarct_core": lesion()})["dicom/seg.dcm"]
    half = np.array(geometry.affine)
    half[:3, 3] += 0.5 * half[:3, 0]
    far = np.array(geometry.affine)
    far[:3, 3] += 20 * far[:3, 0]
    between = np.array(geometry.affine)
    between[:3, 3] += 0.3 * between[:3, 2]
    for affine in (half, far, between):
        with pytest.raises(GeometryError) as caught:
            read_mask_from_seg(path, Geometry.from_affine(affine, SHAPE))
        assert caught.value.issues[0].code == "G17"


def test_what_is_no_binary_segmentation_is_refused(tmp_path):
    geometry = grid()
    files = written(tmp_path, geometry, {"infarct_core": lesion(), "brain": BRAIN})
    (tmp_path / "note.txt").write_text("no DICOM")
    fractional = pydicom.dcmread(files["dicom/seg.dcm"])
    fractional.SegmentationType = "FRACTIONAL"
    fractional.save_as(tmp_path / "fractional.dcm")
    wrong = [files["dicom/map_adc.dcm"], tmp_path / "note.txt", tmp_path / "none.dcm", tmp_path / "fractional.dcm"]
    for path in wrong:
        with pytest.raises(RecordError):
            read_mask_from_seg(path, geometry)
    with pytest.raises(RecordError, match="exactly one segment"):
        read_mask_from_seg(files["dicom/seg.dcm"], geometry, name="hematoma")


def test_segmentation_of_another_structure_is_not_taken_for_the_core(tmp_path):
    geometry = grid()
    path = written(tmp_path, geometry, {"brain": BRAIN})["dicom/seg.dcm"]
    with pytest.raises(RecordError, match="exactly one segment"):
        read_mask_from_seg(path, geometry)
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue = codes.TISSUE.value
    dataset.SegmentSequence[0].SegmentLabel = "Segment_1"
    dataset.save_as(tmp_path / "tissue.dcm")
    assert read_mask_from_seg(tmp_path / "tissue.dcm", geometry).values.all()


def test_segmentation_of_another_examination_is_refused(tmp_path):
    geometry = grid()
    path = written(tmp_path, geometry, {"infarct_core": lesion()})["dicom/seg.dcm"]
    with pytest.raises(GeometryError, match="Frame of Reference"):
        read_mask_from_seg(path, replace(geometry, frame_of_reference="1.2.3.9"))


# what cannot be written


def test_one_object_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    from strokequant.record import dicom_out

    def failing(*_, **__):
        raise ValueError("Müller^Jörg")

    monkeypatch.setattr(dicom_out, "segmentation", failing)
    geometry = grid()
    record = record_on(classic_series(tmp_path / "source", geometry), geometry, {"infarct_core": lesion()})
    output = write_dicom(record, tmp_path, now=NOW)
    assert list(output.files) == ["dicom/map_adc.dcm"]
    assert [(i.code, i.level, i.subject) for i in output.issues] == [("O04", Level.WARN, "dicom/seg.dcm")]
    assert "ValueError" in output.issues[0].found
    assert "Müller" not in str(output.issues[0])


def test_without_highdicom_it_is_said(tmp_path, monkeypatch):
    geometry = grid()
    record = record_on(classic_series(tmp_path / "source", geometry), geometry, {"infarct_core": lesion()})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    output = write_dicom(record, tmp_path, now=NOW)
    assert output.files == {}
    assert [(i.code, i.level) for i in output.issues] == [("O03", Level.INFO)]


def test_without_a_dicom_source_nothing_is_written(tmp_path):
    geometry = grid()
    series = replace(classic_series(tmp_path / "source", geometry), kind="nifti", frames=())
    output = write_dicom(record_on(series, geometry, {"infarct_core": lesion()}), tmp_path / "out", now=NOW)
    assert output.files == {}
    assert not (tmp_path / "out").exists()
    assert {(i.code, i.level) for i in output.issues} == {("O04", Level.INFO)}
    assert "not DICOM" in output.issues[0].found


def test_source_files_that_are_gone_are_said(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    record = record_on(series, geometry, {"infarct_core": lesion()})
    for path in series.files:
        path.unlink()
    output = write_dicom(record, tmp_path, now=NOW)
    assert output.files == {} and {(i.code, i.level) for i in output.issues} == {("O04", Level.WARN)}
    assert "not there any more" in output.issues[0].found


def test_without_frame_of_reference_nothing_is_written_and_it_is_said(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    for path in series.files:
        dataset = pydicom.dcmread(path)
        del dataset.FrameOfReferenceUID
        dataset.save_as(path)
    output = write_dicom(record_on(series, geometry, {"infarct_core": lesion()}), tmp_path, now=NOW)
    assert output.files == {}
    assert {i.level for i in output.issues} == {Level.WARN}
    assert "FrameOfReferenceUID" in output.issues[0].found


def test_sparse_and_broken_identity_is_written_empty(tmp_path):
    geometry = grid()
    series = classic_series(tmp_path / "source", geometry)
    for path in series.files:
        dataset = pydicom.dcmread(path)
        for keyword in ("PatientName", "PatientID", "StudyID", "AccessionNumber", "ReferringPhysicianName"):
            delattr(dataset, keyword)
        with pydicom.config.disable_value_validation():
            dataset.PatientSex, dataset.StudyDate, dataset.PatientBirthDate = "unknown", "17.5.2024", "1950"
            dataset.save_as(path)
    output = write_dicom(record_on(series, geometry, {"infarct_core": lesion()}), tmp_path, now=NOW)
    assert output.issues == ()
    dataset = pydicom.dcmread(output.files["dicom/seg.dcm"])
    assert (dataset.PatientSex, dataset.StudyDate, dataset.PatientBirthDate, dataset.PatientID) == ("", "", "", "")


def test_mask_on_another_grid_is_left_out_and_it_is_said(tmp_path):
    geometry = grid()
    record = record_on(classic_series(tmp_path / "source", geometry), geometry, {"infarct_core": lesion()})
    other = Mask(np.ones((3, 4, 5), dtype=bool), Geometry.from_affine(np.eye(4), (3, 4, 5)), "brain", "test")
    output = write_dicom(replace(record, masks={**record.masks, "brain": other}), tmp_path, now=NOW)
    assert len(pydicom.dcmread(output.files["dicom/seg.dcm"]).SegmentSequence) == 1
    assert [i.subject for i in output.issues] == ["brain"]


def test_one_slice(tmp_path):
    geometry = grid(shape=(1, *SHAPE[1:]))
    values = np.zeros(geometry.shape, dtype=bool)
    values[0, 3:5, 2:9] = True
    path = written(tmp_path, geometry, {"infarct_core": values})["dicom/seg.dcm"]
    assert placed(pydicom.dcmread(path)) == expected_positions(values, geometry)
    assert dciodvfy_findings(path) == []


# real scanners


def series_of(paths, key="0001") -> tuple[Series, Geometry]:
    """Series and grid of real files, without the scanner of the product: the first volume, sorted along the normal."""
    from strokequant.dicomio.headers import frames_of
    from strokequant.types import Role

    paths = sorted(paths)
    datasets = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    frames = tuple(frame for n, dataset in enumerate(datasets) for frame in frames_of(dataset, n))
    orientation = frames[0].orientation
    normal = np.cross(orientation[:3], orientation[3:])
    first = {}
    for frame in frames:
        first.setdefault(round(float(np.dot(frame.position, normal)), 2), frame)
    origins = [first[p].position for p in sorted(first)]
    layout = importlib.import_module("strokequant.dicomio.mosaic").layout_of(datasets[0])
    shape = layout.tile_shape if layout else (datasets[0].Rows, datasets[0].Columns)
    geometry = Geometry.from_slices(origins, orientation, frames[0].pixel_spacing, shape)
    series = Series(
        key, datasets[0].SeriesInstanceUID, "MR", Role.ADC, ("test",), tuple(paths), frames, shape,
        study_uid=datasets[0].StudyInstanceUID,
    )  # fmt: skip
    return series, geometry


def is_image(path: Path) -> bool:
    try:
        return "Rows" in pydicom.dcmread(path, stop_before_pixels=True)
    except pydicom.errors.InvalidDicomError:
        return False


REAL = {
    "XA30 vendor ADC, multi-frame": "siemens_xa30_raw20dir_vendorADC/In/11_DWI_dir80_PA/*.dcm",
    "XA30 DWI, one of several multi-frame files": "siemens_xa30_raw20dir_vendorADC/In/10_DWI_dir80_PA/*.dcm",
    "Philips 5.7, classic": "philips57_classic_b1000_12dir/In/cl/DICOM/IM_*",
    "VE11, mosaic": "siemens_VE11_mosaic_hfs/*.dcm",
    "Canon 6.1, multi-frame": "canon61_enhanced_b1500/**/*.dcm",
    "GE, classic": "ge_pioneer_tensor_b1000_6dir/**/*",
}


@pytest.mark.parametrize("name", REAL)
def test_real_source_series(tmp_path, shared_data, name):
    paths = [p for p in (shared_data / "diffusion" / "dicom_vendors").glob(REAL[name]) if p.is_file() and is_image(p)]
    assert paths
    series, geometry = series_of(paths)
    values = lesion(geometry.shape)
    output = write_dicom(record_on(series, geometry, {"infarct_core": values}), tmp_path, now=NOW)
    assert output.issues == ()
    path = output.files["dicom/seg.dcm"]
    assert placed(pydicom.dcmread(path)) == expected_positions(values, geometry)
    assert np.array_equal(read_mask_from_seg(path, geometry).values, values)
    for written_path in output.files.values():
        assert [line for line in dciodvfy_findings(written_path) if line.startswith("Error")] == []
