"""From a node or item back to the DICOM files, and results into the database; the database is an object with Slicer's three methods."""

from pathlib import Path

import numpy as np
import pytest
import slicer
from mrml_samples import assert_same, ct, sheared
from slicer import util

from Data.tiny_dicom import ROOT_UID, save, tiny_image
from StrokeBiomarkersLib.dicomdatabase import (
    addToDatabase,
    filesOfItem,
    filesOfNode,
    filesOfSeries,
    instanceUids,
    readSeries,
)
from StrokeBiomarkersLib.facts import INSTANCE_UIDS
from StrokeBiomarkersLib.hierarchy import hierarchyNode, placeUnderStudy, studyItem, studyOf, studyUidOf
from StrokeBiomarkersLib.sequences import diffusionFromNode, diffusionToNodes
from StrokeBiomarkersLib.volumes import volumeToNode
from strokequant.dicomio.read import read_diffusion
from strokequant.errors import InputError

B_VALUES = (0.0, 1000.0)
SLICES = 4


class Database:
    """What this library asks of ctkDICOMDatabase, over files in a folder."""

    def __init__(self, paths=()):
        self.files, self.series = {}, {}
        for path in paths:
            self.insert(str(path))

    def insert(self, path):
        import pydicom

        header = pydicom.dcmread(path, stop_before_pixels=True)
        self.files[header.SOPInstanceUID] = path
        self.series.setdefault(header.SeriesInstanceUID, []).append(path)

    def fileForInstance(self, uid):
        return self.files.get(uid, "")

    def filesForSeries(self, uid):
        return self.series.get(uid, [])


@pytest.fixture
def series_files(tmp_path):
    """A diffusion series of two images, each file in a folder of its own, as an import in place can leave them."""
    random = np.random.default_rng(1)
    paths = []
    for b, value in enumerate(B_VALUES):
        for k in range(SLICES):
            stored = random.integers(1, 900, (8, 6)).astype(np.uint16)
            instance = b * SLICES + k + 1
            image = tiny_image(stored, position=(0.0, 0.0, 5.0 * k), instance=instance, DiffusionBValue=value)
            image.DiffusionDirectionality = "ISOTROPIC" if value else "NONE"
            paths.append(save(image, tmp_path / f"{instance % 3}" / f"im{instance}"))
    save(tiny_image(stored, instance=99, SeriesInstanceUID=f"{ROOT_UID}.77"), tmp_path / "1" / "other")
    return paths


def test_a_series_reads_itself_again_from_its_node(scene, reopen, series_files):
    (series,) = readSeries(series_files)
    assert set(series.files) == set(series_files)
    read = read_diffusion(series)
    assert read.b_values.tolist() == list(B_VALUES)
    nodes = diffusionToNodes(read, "DWI")
    database = Database(series_files)
    assert set(filesOfNode(nodes.volume, database)) == set(series_files)
    reopen()
    sequence = scene.GetFirstNodeByClass("vtkMRMLSequenceNode")
    (again,) = readSeries(filesOfNode(sequence, database))
    assert_same(read_diffusion(again), read)
    assert_same(diffusionFromNode(sequence), read)


def test_a_sequence_that_slicer_loaded_is_found_by_its_images(scene, series_files):
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "loaded by Slicer")
    for b in range(len(B_VALUES)):
        node = slicer.vtkMRMLScalarVolumeNode()
        util.updateVolumeFromArray(node, np.zeros((SLICES, 8, 6), np.int16))
        node.SetAttribute(INSTANCE_UIDS, " ".join(f"{ROOT_UID}.3.{b * SLICES + k + 1}" for k in range(SLICES)))
        sequence.SetDataNodeAtValue(node, str(b))
    assert len(instanceUids(sequence)) == 8
    (series,) = readSeries(filesOfNode(sequence, Database(series_files)))
    assert read_diffusion(series).b_values.tolist() == list(B_VALUES)


def test_an_item_of_the_dicom_module_leads_to_its_files(scene, series_files):
    hierarchy = hierarchyNode()
    study = studyItem(f"{ROOT_UID}.1", patientKey="key")
    item = hierarchy.CreateHierarchyItem(study, "DWI", "Series")
    hierarchy.SetItemUID(item, "DICOM", f"{ROOT_UID}.2")
    assert set(filesOfItem(item, Database(series_files))) == set(series_files)
    with pytest.raises(InputError, match="choose a series"):
        filesOfItem(hierarchy.GetItemParent(study), Database())


def test_an_item_of_a_node_leads_to_its_files(scene, series_files):
    (series,) = readSeries(series_files)
    nodes = diffusionToNodes(read_diffusion(series), "DWI")
    item = placeUnderStudy(nodes.volume, studyItem(f"{ROOT_UID}.1", patientKey="key"))
    assert set(filesOfItem(item, Database(series_files))) == set(series_files)


def test_what_is_not_in_the_database_is_said(scene, series_files):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "from a file")
    with pytest.raises(InputError, match="ASK I09"):
        filesOfNode(node, Database(series_files))
    node.SetAttribute(INSTANCE_UIDS, f"{ROOT_UID}.3.1 {ROOT_UID}.3.4444")
    with pytest.raises(InputError, match="1 of 2 DICOM files"):
        filesOfNode(node, Database(series_files))
    with pytest.raises(InputError, match="I09"):
        filesOfSeries("1.2.3", Database(series_files))
    Path(series_files[0]).unlink()
    with pytest.raises(InputError, match="1 of 8"):
        filesOfSeries(f"{ROOT_UID}.2", database_without_first(series_files))


def database_without_first(paths):
    """A database that still lists a file that was deleted."""
    database = Database(paths[1:])
    database.series[f"{ROOT_UID}.2"].append(str(paths[0]))
    return database


def test_results_go_into_the_study_that_they_were_measured_on(scene, series_files, tmp_path):
    node = volumeToNode(ct(sheared()), "image")
    placeUnderStudy(node, studyItem(f"{ROOT_UID}.1", patientKey="key"))
    result = save(tiny_image(np.ones((4, 4), np.uint16), instance=500), tmp_path / "seg.dcm")
    foreign = save(
        tiny_image(np.ones((4, 4), np.uint16), instance=501, StudyInstanceUID="1.2.3"), tmp_path / "other.dcm"
    )
    text = tmp_path / "report.html"
    text.write_text("no DICOM")
    database = Database(series_files)
    issues = addToDatabase([result, foreign, text, tmp_path / "gone"], database, studyUid=studyUidOf(studyOf(node)))
    assert database.fileForInstance(f"{ROOT_UID}.3.500") == str(result)
    assert not database.fileForInstance(f"{ROOT_UID}.3.501")
    assert [(issue.code, issue.subject) for issue in issues] == [
        ("O04", n) for n in ("other.dcm", "report.html", "gone")
    ]


def test_a_database_that_takes_nothing_is_noticed(scene, series_files):
    class ReadOnly(Database):
        def insert(self, path):
            pass

    (issue, *_) = addToDatabase(series_files, ReadOnly(), studyUid=f"{ROOT_UID}.1")
    assert "did not take it" in issue.found
