"""A reading that was saved and opened again: candidates, decisions, strokes, parameters and inputs are there, and the record is the same."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
import slicer
from patients import patientFolder

from StrokeBiomarkersLib.diffusioncore import CORE, DiffusionCore
from StrokeBiomarkersLib.hierarchy import removeNodes
from StrokeBiomarkersLib.imageinput import Answers, Images
from StrokeBiomarkersLib.scenefile import writeScene
from StrokeBiomarkersLib.segmentations import replaceVoxels
from StrokeBiomarkersLib.sourcefiles import SETTING, SourcePlaces
from StrokeBiomarkersLib.tables import measurementsFromTable
from strokequant.errors import InputError
from strokequant.record.verify import verify
from strokequant.settings import Settings
from strokequant.types import Mask

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILES = ("record.json", "masks/infarct_core.seg.nrrd", "masks/candidates.seg.nrrd", "maps/adc.nii.gz", "report.html")


class Memory:
    """Settings of the application."""

    def __init__(self):
        self.texts = {}

    def value(self, key):
        return self.texts.get(key)

    def setValue(self, key, text):
        self.texts[key] = text


class Database:
    """Files by instance and by series, as slicer.dicomDatabase answers."""

    def __init__(self, *folders):
        self.files, self.series = {}, {}
        for path in (path for folder in folders for path in sorted(folder.rglob("*.dcm"))):
            header = pydicom.dcmread(path, stop_before_pixels=True)
            self.files[str(header.SOPInstanceUID)] = str(path)
            self.series.setdefault(str(header.SeriesInstanceUID), []).append(str(path))

    def fileForInstance(self, uid):
        return self.files.get(uid, "")

    def filesForSeries(self, uid):
        return self.series.get(uid, [])


@pytest.fixture(scope="session")
def threeFoci(tmp_path_factory):
    yield patientFolder(tmp_path_factory.mktemp("resume"), "philips")


@pytest.fixture
def places():
    yield SourcePlaces(Memory())


def measured(folder, places=None, settings=Settings()):
    core = DiffusionCore(settings)
    core.openFolder(Path(folder), places=places)
    core.compute()
    return core


def erase(core, voxels):
    mask = core.mask()
    replaceVoxels(core.segmentation(), CORE, Mask(mask.values & ~voxels, mask.geometry, CORE, "stroke"))


def half(core, label):
    voxels = core.record.core.labels == label
    voxels[int(np.median(np.nonzero(voxels)[0])) + 1 :] = False
    return voxels


def edit(core):
    """Erase half of the first candidate, leave it out with its stroke, leave out the last; return their labels."""
    labels = [label for label, on in core.decisions().items() if on]
    erase(core, half(core, labels[0]))
    core.setAccepted(labels[0], False)
    core.setAccepted(labels[-1], False)
    return labels


def contentOf(core, out):
    folder = core.write("R1", out, now=NOW).folder
    assert verify(out) == ()
    return {name: (folder / name).read_bytes() for name in FILES}


def dicomVolumes(out):
    from strokequant.record.dicom_seg import read_mask_from_seg

    return {path.name: path for path in out.rglob("*.dcm")}, read_mask_from_seg


@pytest.mark.parametrize("edited", [False, True], ids=["proposal", "edited"])
@pytest.mark.parametrize("there", [True, False], ids=["files there", "files gone"])
def test_the_record_of_a_reopened_scene_is_that_of_the_session(
    scene, reopen, threeFoci, places, tmp_path, edited, there
):
    core = measured(threeFoci, places if there else None)
    if edited:
        edit(core)
    before = core.mask().values, core.decisions(), core.live(), core.isUnwritten(), core.audits
    expected = contentOf(core, tmp_path / "direct")
    for node in (core.nodes.table, core.nodes.record):
        assert node.GetName() and "_1" not in node.GetName()
    core.close()
    reopen()
    again = DiffusionCore()
    issues = again.resume(places=places)
    assert [i.code for i in issues] == ([] if there else ["I10"])
    assert (
        np.array_equal(again.mask().values, before[0]) and again.decisions() == before[1] and again.live() == before[2]
    )
    assert again.audits == before[4] and not again.isUnwritten(), "written before it was saved"
    assert contentOf(again, tmp_path / "again") == expected
    objects = {path.name for path in (tmp_path / "again").rglob("*.dcm")}
    assert objects == ({path.name for path in (tmp_path / "direct").rglob("*.dcm")} if there else set())
    again.close()


@pytest.mark.parametrize("name", ["tilted", "siemens", "siemens_xa", "uih", "bids"])
def test_every_kind_of_source_is_found_again(scene, reopen, tmp_path, places, name):
    """Mosaics, multi-frame files, VFRAME, tilt and NIfTI: same files, same record; the scene names no folder."""
    core = measured(patientFolder(tmp_path / "DOE_JANE", name), places)
    assert core.isMeasured()
    expected = contentOf(core, tmp_path / "direct")
    assert "DOE_JANE" not in core.nodes.reading.GetText()
    core.close()
    reopen()
    again = DiffusionCore()
    assert again.resume(places=places) == ()
    assert contentOf(again, tmp_path / "again") == expected
    assert not again.computeWaits()
    again.close()


def test_an_archive_is_opened_again(scene, reopen, tmp_path, places, threeFoci):
    archive = shutil.make_archive(str(tmp_path / "case"), "zip", threeFoci)
    core = measured(archive, places)
    expected = core.record.measurements
    core.close()
    reopen()
    again = DiffusionCore()
    assert again.resume(places=places) == () and again.compute().measurements == expected
    again.close()


def test_strokes_and_decisions_go_on_as_if_nothing_had_happened(scene, reopen, threeFoci, places):
    core = measured(threeFoci, places)
    labels = edit(core)
    assert core.isUnwritten()
    core.setAccepted(labels[0], True)
    expected = core.mask().values
    assert not expected[half(core, labels[0])].any()
    core.setAccepted(labels[0], False)
    core.close()
    reopen()
    again = DiffusionCore()
    assert again.resume(places=places) == () and again.isUnwritten()
    again.setAccepted(labels[0], True)
    assert np.array_equal(again.mask().values, expected), "what was erased before saving stays erased"
    point = again.pointOf(labels[0])
    assert np.isfinite(point).all()
    again.compute()
    assert again.isMeasured() and not again.isUnwritten()
    again.close()


def test_settings_and_the_choice_of_a_series_come_back(scene, reopen, threeFoci, places):
    settings = Settings(core=replace(Settings().core, adc_threshold=600.0))
    core = measured(threeFoci, places, settings)
    expected, used = core.record.measurements, core.record.used
    core.close()
    reopen()
    again = DiffusionCore()
    again.resume(places=places)
    assert again.settings == settings and {o.series.key for o in again.offers() if o.part} == set(used.values())
    assert again.compute().measurements == expected
    again.close()


def test_files_are_found_in_the_database_where_the_folder_is_gone(scene, reopen, threeFoci, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(threeFoci, moved)
    places = SourcePlaces(Memory())
    core = measured(moved, places)
    core.close()
    reopen()
    shutil.rmtree(moved)
    again = DiffusionCore()
    assert again.resume(places=places, database=Database(threeFoci)) == ()
    assert not again.computeWaits()
    again.close()
    again = DiffusionCore()
    (issue,) = again.resume(places=places)
    assert issue.code == "I10" and again.isMeasured() and again.computeWaits().key == "files"
    again.close()


def test_files_that_were_changed_are_said(scene, reopen, threeFoci, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(threeFoci, copy)
    places = SourcePlaces(Memory())
    core = measured(copy, places)
    used = next(one for one in core.case.series if one.key == core.record.used["dwi"])
    core.close()
    reopen()
    dataset = pydicom.dcmread(used.files[3])
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(used.files[3])
    again = DiffusionCore()
    (issue,) = again.resume(places=places)
    assert issue.code == "I10" and "changed" in issue.found and again.isMeasured()
    again.close()


def test_images_of_the_scene_are_found_in_the_scene(scene, reopen, threeFoci, tmp_path):
    first = measured(threeFoci)
    nodes = []
    for name in ("dwi", "b0"):
        node = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(first.nodes.images[name]).copy(), name=name)
        node.CopyOrientation(first.nodes.images[name])
        nodes.append(node)
    core = DiffusionCore()
    core.openImages(Images(dwi=nodes[0], b0=nodes[1]), Answers(bValue=1000), None)
    first.forget()
    core.compute()
    edit(core)
    expected = contentOf(core, tmp_path / "direct")
    core.close()
    reopen()
    again = DiffusionCore()
    assert again.resume() == () and not again.computeWaits()
    assert contentOf(again, tmp_path / "again") == expected
    assert again.compute().case.startswith("images-")
    again.close()


def test_a_scene_of_the_batch_can_be_read(scene, threeFoci, tmp_path):
    core = measured(threeFoci)
    record = core.record
    core.close()
    assert writeScene(record, tmp_path)
    (path,) = tmp_path.glob("*.mrb")
    scene.ReadFromMRB(str(path), True)
    slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(scene)
    again = DiffusionCore()
    again.resume()
    assert again.record.measurements == record.measurements
    edit(again)
    assert again.isUnwritten()
    again.close()


@pytest.mark.parametrize("what", ["segmentation", "adc", "core segment", "voxels", "validity"])
def test_a_scene_that_lost_a_part_is_refused_and_says_which(scene, reopen, threeFoci, places, what):
    core = measured(threeFoci, places)
    nodes = core.nodes
    if what == "segmentation":
        removeNodes(nodes.segmentations[CORE])
    elif what == "adc":
        removeNodes(nodes.maps["adc"])
    elif what == "core segment":
        nodes.segmentations[CORE].GetSegmentation().RemoveSegment(CORE)
    elif what == "validity":
        labels = nodes.maps["adc"].GetNodeReference("StrokeBiomarkers.reasons")
        slicer.util.arrayFromVolume(labels)[0, 0, 0] += 1
    else:
        slicer.util.arrayFromVolume(nodes.maps["adc"])[5, 20:30, 20:30] += 1
    core.close()
    reopen()
    again = DiffusionCore()
    if what == "voxels":
        again.resume(places=places)
        assert "I07" in {i.code for i in again.record.maps["adc"].issues}, "a warning beside every number"
        again.close()
        return
    with pytest.raises(InputError, match="I07"):
        again.resume(places=places)
    assert again.case is None and not again.isMeasured()


def test_a_scene_without_a_reading_changes_nothing(scene, threeFoci):
    core = measured(threeFoci)
    record = core.record
    core.abandon()
    assert core.resume() is None and record.core is not None
    core.close()


def test_numbers_of_the_scene_follow_a_signature_after_reopening(scene, reopen, threeFoci, places, tmp_path):
    core = measured(threeFoci, places)
    core.close()
    reopen()
    again = DiffusionCore()
    again.resume(places=places)
    edit(again)
    output = again.write("R2", tmp_path / "out", now=NOW)
    stored = json.loads((output.folder / "record.json").read_bytes())
    table = measurementsFromTable(again.nodes.table)
    volume = next(m for m in table if m.id == "infarct_core_volume").value
    assert volume == again.live().volume == pytest.approx(stored["measurements"][0]["value"], rel=1e-9)
    again.close()
    reopen()
    third = DiffusionCore()
    third.resume(places=places)
    assert third.live().volume == volume and not third.isUnwritten()
    third.close()


def test_places_are_forgotten_where_they_are_gone_and_never_break(threeFoci, tmp_path):
    memory = Memory()
    places = SourcePlaces(memory)
    core = DiffusionCore()
    core.openFolder(threeFoci, places=places)
    series = core.case.series
    assert places.placesOf(series) == (threeFoci,) or all(p.is_relative_to(threeFoci) for p in places.placesOf(series))
    memory.texts[SETTING] = "broken {"
    assert places.placesOf(series) == ()
    places.remember(series, tmp_path / "nothing")
    assert places.placesOf(series) == ()
    core.close()
