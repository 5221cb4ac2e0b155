"""A whole record in the scene, and files of the library opened by Slicer's own readers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slicer
from mrml_samples import (
    MEASUREMENTS,
    assert_same,
    blob,
    case_record,
    ct,
    noise,
    present,
    sheared,
    uneven_tilted,
)

from StrokeBiomarkersLib.candidates import coreFromSegmentation
from StrokeBiomarkersLib.case import caseFromScene, caseToScene
from StrokeBiomarkersLib.hierarchy import hierarchyNode, removeNodes, studyOf, studyUidOf
from StrokeBiomarkersLib.recordnode import recordNodes
from StrokeBiomarkersLib.segmentations import FOREIGN, UNKNOWN_READER, maskFromSegment, segmentIds
from StrokeBiomarkersLib.tables import measurementsFromTable
from StrokeBiomarkersLib.volumes import mapFromNode, volumeFromNode, volumeToNode
from strokequant.errors import InputError
from strokequant.perfusion_types import Lesions, PerfusionResult, Vessel, VesselCurve, Vessels
from strokequant.record.case_record import record_to_dict
from strokequant.record.files import canonical_json
from strokequant.record.images import mask_bytes
from strokequant.types import Mask, SkippedFile


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_a_record_is_all_there_and_under_its_study(scene, reopen, geometry, saved):
    record = case_record(geometry)
    nodes = caseToScene(record)
    assert nodes.left_out == ("far",)
    ids = {node.GetID(): node.GetClassName() for node in nodes.all()}
    assert len(ids) == 6
    if saved:
        names = {key: node.GetName() for key, node in zip("smitrg", nodes.all(), strict=True)}
        reopen()
        found = {
            key: scene.GetNodesByClassByName(className, names[key]).GetItemAsObject(0)
            for key, className in zip("smitrg", ids.values(), strict=True)
        }
    else:
        found = dict(zip("smitrg", nodes.all(), strict=True))
    found.pop("g")
    segmentation, image, adcMap, table, text = found.values()
    assert_same(volumeFromNode(image), record.images["dwi"])
    assert_same(mapFromNode(adcMap), record.maps["adc"])
    for name in ("infarct_core", "brain"):
        assert_same(maskFromSegment(segmentation, name, image), record.masks[name])
    back = coreFromSegmentation(segmentation, image)
    assert back.candidates == record.core.candidates and back.steps == record.core.steps
    assert measurementsFromTable(table) == MEASUREMENTS
    assert text.GetText().encode() == canonical_json(record_to_dict(record))
    assert {studyUidOf(studyOf(node)) for node in found.values()} == {"1.2.3"}


def test_a_record_leaves_nothing_after_removal(scene):
    before, items = present(scene), hierarchyNode().GetNumberOfItems()
    nodes = caseToScene(case_record())
    removeNodes(*nodes.all())
    assert present(scene) == before
    assert hierarchyNode().GetNumberOfItems() == items + 2, "patient and study stay"


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
def test_slicer_opens_a_mask_file_of_the_library_on_its_grid(scene, tmp_path, geometry):
    mask = blob(geometry, 5)
    path = tmp_path / "infarct_core.seg.nrrd"
    path.write_bytes(mask_bytes(mask))
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "from file")
    storage = slicer.vtkMRMLSegmentationStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    assert segmentIds(node) == ("infarct_core",)
    image = volumeToNode(ct(geometry), "image")
    node.SetAndObserveTransformNodeID(image.GetTransformNodeID())
    back = maskFromSegment(node, "infarct_core", image)
    expected = Mask(mask.values, geometry, "infarct_core", FOREIGN, edited_by=UNKNOWN_READER)
    assert_same(back, expected)


def canonical(record):
    return canonical_json(record_to_dict(record))


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
def test_a_record_comes_back_from_a_saved_scene(scene, reopen, geometry):
    record = case_record(geometry)
    caseToScene(record)
    reopen()
    (reading,) = recordNodes("StrokeDiffusionCore")
    back, nodes = caseFromScene(reading)
    assert canonical(back) == canonical(record)
    assert_same(back.core.mask, record.core.mask)
    assert back.core.labels.dtype == record.core.labels.dtype and (back.core.labels == record.core.labels).all()
    assert back.core.candidates == record.core.candidates
    for name, mask in record.masks.items():
        assert_same(back.masks[name], mask)
    assert_same(back.images["dwi"], record.images["dwi"])
    assert_same(back.maps["adc"], record.maps["adc"])
    assert back.measurements == record.measurements and back.series[0].role is record.series[0].role
    assert nodes.left_out == ("far",) and set(nodes.segmentations) == {"infarct_core", "brain"}


def test_a_reading_is_listed_nowhere_and_names_no_file(scene):
    record = case_record()
    series = replace(record.series[0], files=(Path("/data/DOE_JANE/a.dcm"),), header={"patient_name": "DOE", "b": 1})
    nodes = caseToScene(replace(record, series=(series,), skipped=(SkippedFile(Path("/x/DOE.txt"), "no image"),)))
    assert nodes.reading.GetHideFromEditors() and not hierarchyNode().GetItemByDataNode(nodes.reading)
    assert "DOE" not in nodes.reading.GetText()
    back, _ = caseFromScene(nodes.reading)
    assert len(back.series[0].files) == 1 and back.series[0].header == {"b": 1} and len(back.skipped) == 1


@pytest.mark.parametrize("text", ["", "{}", "no json", '{"kind": "reading", "version": 99}'])
def test_a_reading_that_was_changed_is_refused(scene, text):
    nodes = caseToScene(case_record())
    nodes.reading.SetText(text)
    with pytest.raises(InputError, match="I07"):
        caseFromScene(nodes.reading)


@pytest.mark.parametrize("name", ["os:system", "strokequant.__main__:main", "strokequant.types:np", "subprocess:Popen"])
def test_a_scene_cannot_name_code(scene, name):
    nodes = caseToScene(case_record())
    nodes.reading.SetText(nodes.reading.GetText().replace("strokequant.types:CaseRecord", name))
    with pytest.raises(InputError, match="I07"):
        caseFromScene(nodes.reading)


def test_an_image_that_was_removed_is_said(scene, reopen):
    nodes = caseToScene(case_record())
    removeNodes(nodes.images["dwi"])
    reopen()
    back, found = caseFromScene(recordNodes("StrokeDiffusionCore")[0])
    assert not back.images and not found.images
    assert [i.subject for i in back.issues if i.code == "I07"] == ["dwi"]


def test_perfusion_of_a_record_comes_back(scene, reopen):
    """Masks by threshold in s, curves, vessels: keys stay numbers, arrays stay equal."""
    geometry = sheared()
    masks = {6.0: blob(geometry, 3, "hypoperfusion"), 10.0: blob(geometry, 4, "hypoperfusion")}
    curve = VesselCurve(
        Vessel.AIF, noise((40,), 3), noise((40,), 4), np.array([[1, 2, 3]]), (1.0, 2.0, 3.0), "automatic"
    )
    result = PerfusionResult(
        "dsc",
        vessels=Vessels(curve, None),
        lesions=Lesions(
            masks, None, "diffusion", "left", steps={"threshold": 1 / 3}, labels=np.ones(geometry.shape, np.int32)
        ),
        brain_curve=noise((40,), 5),
    )
    nodes = caseToScene(replace(case_record(geometry), perfusion=result))
    reopen()
    back, _ = caseFromScene(recordNodes("StrokeDiffusionCore")[0])
    assert nodes is not None and back.perfusion.kind == "dsc"
    lesions = back.perfusion.lesions
    assert list(lesions.hypoperfusion) == [6.0, 10.0] and lesions.steps == result.lesions.steps
    for threshold, mask in masks.items():
        assert_same(lesions.hypoperfusion[threshold], mask)
    assert (lesions.labels == result.lesions.labels).all() and back.perfusion.vessels.vof is None
    assert_same(back.perfusion.vessels.aif, curve)
    assert back.perfusion.brain_curve.tobytes() == result.brain_curve.tobytes()


def test_a_reading_is_in_the_scene_file_itself(scene, tmp_path):
    """However a scene is saved: a file beside it could be left out, or left behind."""
    nodes = caseToScene(case_record())
    assert nodes.reading.GetStorageNode() is None and not nodes.reading.GetDefaultStorageNodeClassName()
    scene.SetURL(str(tmp_path / "scene.mrml"))
    assert scene.Commit()
    text = nodes.reading.GetText()
    assert (
        nodes.reading.GetStorageNode() is None
        and "strokequant.types:CaseRecord" in (tmp_path / "scene.mrml").read_text()
    )
    scene.Clear()
    scene.SetURL(str(tmp_path / "scene.mrml"))
    assert scene.Import()
    assert recordNodes("StrokeDiffusionCore")[0].GetText() == text
