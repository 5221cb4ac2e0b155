"""A reader's way through the diffusion core on real MRML: choose, compute, decide, edit, sign; and what goes wrong in between."""

import csv
import json
import os
import stat
from datetime import UTC, datetime

import numpy as np
import pydicom
import pytest
import slicer
import vtk
from mrml_samples import present
from patients import patientFolder

from StrokeBiomarkersLib.candidates import candidateId
from StrokeBiomarkersLib.diffusioncore import CORE, DiffusionCore
from StrokeBiomarkersLib.imageinput import Answers, Images
from StrokeBiomarkersLib.livevolume import liveVolume
from StrokeBiomarkersLib.readeredits import ReaderEdits, unionOf
from StrokeBiomarkersLib.reading import CancelledError
from StrokeBiomarkersLib.segmentations import replaceVoxels
from StrokeBiomarkersLib.tables import measurementsFromTable
from StrokeBiomarkersLib.waits import outputProblem
from strokequant.biomarkers.volume import boundary_band_ml
from strokequant.errors import InputError, RecordError
from strokequant.record.case_record import record_to_dict
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.verify import verify
from strokequant.types import Mask, Status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def threeFoci(tmp_path_factory):
    yield patientFolder(tmp_path_factory.mktemp("three"), "philips")


@pytest.fixture
def reading(scene, threeFoci):
    core = DiffusionCore()
    core.openFolder(threeFoci)
    yield core
    core.close()


@pytest.fixture
def measured(reading):
    reading.compute()
    assert sum(reading.decisions().values()) >= 2
    yield reading


def draw(core, change):
    """Change the core as strokes do; `change` gets a copy of its voxels."""
    mask = core.mask()
    values = mask.values.copy()
    change(values)
    replaceVoxels(core.segmentation(), CORE, Mask(values, mask.geometry, CORE, "stroke"))


def half(core, label):
    """Voxels of the lower slices of a candidate."""
    voxels = core.record.core.labels == label
    k = np.nonzero(voxels)[0]
    voxels[int(np.median(k)) + 1 :] = False
    return voxels


def volumeOf(measurements):
    return next(m for m in measurements if m.id == "infarct_core_volume")


def test_every_series_is_offered_or_says_why_not(reading):
    offers = reading.offers()
    assert len(offers) == len(reading.case.series)
    assert {o.part for o in offers if o.part} >= {"dwi"}
    assert all(o.reason or o.issues for o in offers)
    assert set(reading.audits) == {o.series.key for o in offers if o.series.role in ("dwi", "adc")}
    assert reading.record is None, "nothing is computed before the audit was seen"


def test_the_numbers_are_those_of_the_library(measured, threeFoci):
    from strokequant.batch.core_case import measure_core
    from strokequant.batch.discover import discover_cases
    from strokequant.dicomio.scan import scan

    found = scan(threeFoci)
    expected = measure_core(discover_cases(threeFoci, found.series)[0], skipped=found.skipped)
    assert record_to_dict(measured.record) == record_to_dict(expected)
    assert measurementsFromTable(measured.nodes.table) == expected.measurements
    assert measured.live().volume == volumeOf(expected.measurements).value


def test_candidates_come_by_size_and_can_be_left_and_taken_back(measured):
    volumes = [c.volume_ml for c in measured.candidates()]
    assert volumes == sorted(volumes, reverse=True)
    before = measured.mask().values
    first = next(label for label, on in measured.decisions().items() if on)
    measured.setAccepted(first, False)
    assert not (measured.mask().values & (measured.record.core.labels == first)).any()
    measured.setAccepted(first, True)
    assert np.array_equal(measured.mask().values, before)
    assert not measured.isUnwritten()


def test_all_left_out_is_zero_and_back_again(measured):
    for label in measured.decisions():
        measured.setAccepted(label, False)
    assert measured.live() == (0.0, 0.0, 0.0)
    assert volumeOf(measured.readerRecord("R1").measurements).status is Status.ZERO
    measured.setAccepted(1, True)
    assert np.array_equal(measured.mask().values, measured.record.core.labels == 1)


def test_strokes_survive_leaving_a_candidate_and_taking_it_back(measured):
    first = next(label for label, on in measured.decisions().items() if on)
    erased = half(measured, first)
    corner = (slice(0, 1), slice(0, 3), slice(0, 3))

    def change(values):
        values[erased] = False
        values[corner] = True

    draw(measured, change)
    edited = measured.mask().values
    measured.setAccepted(first, False)
    assert measured.mask().values[corner].all()
    measured.setAccepted(first, True)
    assert np.array_equal(measured.mask().values, edited)
    assert measured.isUnwritten()


def test_edits_are_kept_apart_from_decisions():
    labels = np.zeros((1, 4, 6), int)
    labels[0, :, :3], labels[0, :, 3:5] = 1, 2
    both = unionOf(labels, {1: True, 2: True})
    mask = both.copy()
    mask[0, 0, 0], mask[0, 0, 5] = False, True
    edits = ReaderEdits.none(labels.shape).seenIn(mask, both)
    one = edits.on(unionOf(labels, {1: False, 2: True}))
    assert not one[labels == 1].any() and one[0, 0, 5]
    later = edits.seenIn(one, unionOf(labels, {1: False, 2: True}))
    assert np.array_equal(later.on(both), mask)
    painted = later.seenIn(both | mask, both)
    assert painted.on(both)[0, 0, 0], "what is painted again is not erased any more"


def test_record_table_and_seg_give_one_volume(measured, tmp_path):
    chosen = [label for label, on in measured.decisions().items() if on][:2]
    for label in measured.decisions():
        measured.setAccepted(label, label in chosen)
    erased = half(measured, chosen[0])
    draw(measured, lambda values: values.__setitem__(erased, False))
    live = measured.live()
    output = measured.write("R1", tmp_path / "out", now=NOW)
    stored = json.loads((output.folder / "record.json").read_bytes())
    inRecord = next(m for m in stored["measurements"] if m["id"] == "infarct_core_volume")
    with open(tmp_path / "out" / "measurements.csv", newline="", encoding="utf-8") as file:
        inTable = [float(r["value"]) for r in csv.DictReader(file) if r["measure"] == "infarct_core_volume"]
    seg = read_mask_from_seg(output.folder / "dicom" / "seg.dcm", measured.mask().geometry)
    inScene = volumeOf(measurementsFromTable(measured.nodes.table))
    assert inScene.value == live.volume == seg.volume_ml
    assert (inScene.lower, inScene.upper) == pytest.approx((live.lower, live.upper), rel=1e-9)
    assert inTable == [inRecord["value"]] == [pytest.approx(live.volume, rel=1e-9)]
    assert stored["sign_offs"][0]["reader"] == "R1"
    assert verify(tmp_path / "out") == ()
    assert not measured.isUnwritten()


def test_a_live_volume_is_that_of_the_whole_grid(measured):
    mask = measured.mask()
    expected = boundary_band_ml(mask.values, mask.geometry, measured.settings.measure.boundary_shift_px)
    live = liveVolume(mask)
    assert live.volume == mask.volume_ml and (live.lower, live.upper) == pytest.approx(expected, rel=1e-12)


def test_before_any_edit_the_interval_is_that_of_the_proposal(measured):
    volume = volumeOf(measured.record.measurements)
    assert measured.live() == (volume.value, volume.lower, volume.upper)


def test_a_read_only_folder_loses_no_edit(measured, tmp_path):
    first = next(label for label, on in measured.decisions().items() if on)
    erased = half(measured, first)
    draw(measured, lambda values: values.__setitem__(erased, False))
    edited = measured.mask().values
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RecordError) as caught:
        measured.write("R1", blocked / "out", now=NOW)
    assert caught.value.issues[0].code == "O01"
    assert np.array_equal(measured.mask().values, edited) and measured.isUnwritten()
    measured.write("R1", tmp_path / "other", now=NOW)
    assert not measured.isUnwritten()


def test_where_a_folder_cannot_be_written_is_known_before(tmp_path):
    (tmp_path / "file").write_text("")
    assert outputProblem("") == outputProblem(".") == "missing"
    assert outputProblem(str(tmp_path / "new" / "one")) == ""
    assert outputProblem(str(tmp_path / "file" / "one")) == "file"
    if os.geteuid():
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        assert outputProblem(str(tmp_path / "one")) == "read-only"
        tmp_path.chmod(stat.S_IRWXU)


def test_computing_again_keeps_unwritten_edits_in_the_scene(measured):
    first = next(label for label, on in measured.decisions().items() if on)
    measured.setAccepted(first, False)
    old = measured.segmentation()
    measured.compute()
    assert slicer.mrmlScene.IsNodePresent(old) and old.GetName().endswith("edited")
    assert measured.segmentation() is not old


def test_computing_again_leaves_no_node_behind(measured):
    before = sorted(className for className, _ in present(slicer.mrmlScene))
    for _ in range(2):
        measured.compute()
    assert sorted(className for className, _ in present(slicer.mrmlScene)) == before


@pytest.mark.parametrize("stage", ["audit", "adc", "show"])
def test_canceling_changes_nothing(measured, stage):
    segmentation, before = measured.segmentation(), present(slicer.mrmlScene)

    def progress(done, total, text):
        if text == stage:
            raise CancelledError

    with pytest.raises(CancelledError):
        measured.compute(progress)
    assert measured.segmentation() is segmentation and present(slicer.mrmlScene) == before


def test_a_closed_scene_or_a_removed_node_ends_the_reading(measured):
    slicer.mrmlScene.RemoveNode(measured.nodes.images["dwi"])
    assert measured.isMeasured(), "another image of the same grid is left"
    assert measured.live().volume > 0
    slicer.mrmlScene.RemoveNode(measured.segmentation())
    assert not measured.isMeasured() and measured.candidates() == () and measured.decisions() == {}
    measured.compute()
    slicer.mrmlScene.Clear()
    assert not measured.isMeasured()
    measured.forget()
    measured.compute()
    assert measured.isMeasured()


def test_without_any_image_of_its_grid_the_core_is_not_read(measured):
    for node in (*measured.nodes.images.values(), *measured.nodes.maps.values()):
        slicer.mrmlScene.RemoveNode(node)
    assert not measured.isMeasured()


def test_a_deleted_candidate_counts_as_left_out(measured):
    measured.segmentation().GetSegmentation().RemoveSegment(candidateId(1))
    assert measured.decisions()[1] is False


def test_the_point_of_a_candidate_is_in_it(measured):
    image = measured.hostImage()
    matrix = vtk.vtkMatrix4x4()
    image.GetRASToIJKMatrix(matrix)
    for candidate in measured.candidates():
        i, j, k = (round(x) for x in matrix.MultiplyPoint([*measured.pointOf(candidate.label), 1.0])[:3])
        assert measured.record.core.labels[k, j, i] == candidate.label


def test_a_bad_path_keeps_what_is_open(reading, tmp_path):
    with pytest.raises(InputError):
        reading.openFolder(tmp_path / "nothing here")
    assert reading.case is not None


# Images of the scene


def images(measured):
    return measured.nodes.images["dwi"], measured.nodes.images["b0"]


def withoutOrigin(node, name):
    """The same voxels as another program would have loaded them: no facts, no instances."""
    return slicer.util.addVolumeFromArray(
        slicer.util.arrayFromVolume(node).copy(), slicer.util.arrayFromVTKMatrix(_matrix(node)), name
    )


def _matrix(node):
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


def test_an_image_without_origin_is_asked_about_and_not_guessed(measured):
    dwi, b0 = (withoutOrigin(node, name) for node, name in zip(images(measured), ("dwi", "b0"), strict=True))
    core = DiffusionCore()
    with pytest.raises(InputError) as caught:
        core.openImages(Images(dwi=dwi, b0=b0), Answers(), None)
    assert [i.code for i in caught.value.issues] == ["B01"]
    with pytest.raises(InputError) as caught:
        core.openImages(Images(dwi=dwi, adc=b0), Answers(bValue=1000), None)
    assert [i.code for i in caught.value.issues] == ["U02"]
    with pytest.raises(InputError):
        core.openImages(Images(), Answers(), None)
    core.openImages(Images(dwi=dwi, b0=b0), Answers(bValue=1000), None)
    record = core.compute()
    assert volumeOf(record.measurements).value > 0
    core.close()


class Database:
    """Files by instance and by series, as slicer.dicomDatabase answers."""

    def __init__(self, *folders):
        self.files, self.series = {}, {}
        for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
            header = pydicom.dcmread(path, stop_before_pixels=True)
            self.files[str(header.SOPInstanceUID)] = str(path)
            self.series.setdefault(str(header.SeriesInstanceUID), []).append(str(path))

    def fileForInstance(self, uid):
        return self.files.get(uid, "")

    def filesForSeries(self, uid):
        return self.series.get(uid, [])


def test_images_from_dicom_are_read_again_from_their_files(measured, threeFoci):
    core = DiffusionCore()
    core.openImages(Images(*images(measured)), Answers(), Database(threeFoci))
    record = core.compute()
    assert volumeOf(record.measurements).value == volumeOf(measured.readerRecord("").measurements).value
    core.close()


def test_images_of_two_patients_are_refused(measured, threeFoci, tmp_path):
    other = patientFolder(tmp_path, "ge")
    second = DiffusionCore()
    second.openFolder(other)
    second.compute()
    core = DiffusionCore()
    chosen = Images(dwi=measured.nodes.images["dwi"], b0=second.nodes.images["b0"])
    core.openImages(chosen, Answers(), Database(threeFoci, other))
    record = core.compute()
    volume = volumeOf(record.measurements)
    assert volume.value is None and "I03" in {i.code for i in volume.issues}
    assert not core.isMeasured()
    core.close()
    second.close()
