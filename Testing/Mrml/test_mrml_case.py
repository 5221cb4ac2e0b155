"""A whole record in the scene, and files of the library opened by Slicer's own readers."""

import pytest
import slicer
from mrml_samples import (
    MEASUREMENTS,
    assert_same,
    blob,
    case_record,
    ct,
    present,
    sheared,
    uneven_tilted,
)

from StrokeBiomarkersLib.candidates import coreFromSegmentation
from StrokeBiomarkersLib.case import caseToScene
from StrokeBiomarkersLib.hierarchy import hierarchyNode, removeNodes, studyOf, studyUidOf
from StrokeBiomarkersLib.segmentations import FOREIGN, UNKNOWN_READER, maskFromSegment, segmentIds
from StrokeBiomarkersLib.tables import measurementsFromTable
from StrokeBiomarkersLib.volumes import mapFromNode, volumeFromNode, volumeToNode
from strokequant.record.case_record import record_to_dict
from strokequant.record.files import canonical_json
from strokequant.record.images import mask_bytes
from strokequant.types import Mask


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_a_record_is_all_there_and_under_its_study(scene, reopen, geometry, saved):
    record = case_record(geometry)
    nodes = caseToScene(record)
    assert nodes.left_out == ("far",)
    ids = {node.GetID(): node.GetClassName() for node in nodes.all()}
    assert len(ids) == 5
    if saved:
        names = {key: node.GetName() for key, node in zip("smitr", nodes.all(), strict=True)}
        reopen()
        found = {
            key: scene.GetNodesByClassByName(className, names[key]).GetItemAsObject(0)
            for key, className in zip("smitr", ids.values(), strict=True)
        }
    else:
        found = dict(zip("smitr", nodes.all(), strict=True))
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
