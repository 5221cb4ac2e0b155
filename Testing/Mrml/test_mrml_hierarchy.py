"""Everything under its study, also after a scene file; and no node, item or file left after removal."""

import pytest
from mrml_samples import (
    MEASUREMENTS,
    adc,
    blob,
    bolus,
    by_name,
    ct,
    diffusion,
    present,
    proposal,
    sheared,
    uneven_tilted,
)

from StrokeBiomarkersLib.candidates import coreToSegmentation
from StrokeBiomarkersLib.hierarchy import (
    hierarchyNode,
    placeUnder,
    placeUnderStudy,
    removeNodes,
    studyItem,
    studyOf,
    studyUidOf,
)
from StrokeBiomarkersLib.plots import curvesToChart
from StrokeBiomarkersLib.segmentations import maskToSegment, segmentationNode
from StrokeBiomarkersLib.sequences import diffusionToNodes, timeSeriesToNodes
from StrokeBiomarkersLib.tables import measurementsToTable, recordToText
from StrokeBiomarkersLib.volumes import REASONS_ROLE, mapToNode, volumeToNode
from strokequant.errors import InputError

STUDY = "1.2.826.0.1.3680043.10.99"


def everything():
    """One node of each kind, on even and on uneven slices."""
    nodes = [volumeToNode(ct(uneven_tilted()), "head"), mapToNode(adc(sheared()), "ADC")]
    lesions = segmentationNode(nodes[0], "lesions")
    maskToSegment(blob(uneven_tilted()), lesions, nodes[0])
    nodes += [lesions, coreToSegmentation(proposal(sheared()), nodes[1], "core")]
    nodes += [*diffusionToNodes(diffusion(uneven_tilted()), "DWI"), *timeSeriesToNodes(bolus(), "DSC")]
    nodes += [measurementsToTable(MEASUREMENTS, "numbers"), recordToText({"case": "a"}, "record")]
    chart = curvesToChart([0, 1], {"y": [1, 2]}, "curve", xTitle="x", yTitle="y")
    return [*nodes, chart.chart, chart.table, *chart.series]


def test_a_study_is_found_by_its_uid_and_made_once(scene):
    hierarchy = hierarchyNode()
    study = studyItem(STUDY, patientKey="key1")
    assert studyItem(STUDY, patientKey="key1") == study == studyItem(STUDY, patientKey="other")
    assert studyUidOf(study) == STUDY
    assert hierarchy.GetItemName(hierarchy.GetItemParent(study)) == "key1"
    second = studyItem("1.2.3", patientKey="key1")
    assert second != study and hierarchy.GetItemParent(second) == hierarchy.GetItemParent(study)


def test_without_uid_a_study_is_found_by_its_name(scene):
    study = studyItem("", patientKey="sub-01", name="ses-01")
    assert studyItem("", patientKey="sub-01", name="ses-01") == study
    assert studyItem("", patientKey="sub-02", name="ses-01") != study


def test_a_study_of_the_dicom_module_is_used(scene):
    hierarchy = hierarchyNode()
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "as in DICOM")
    made = hierarchy.CreateStudyItem(patient, "study of the browser")
    hierarchy.SetItemUID(made, "DICOM", STUDY)
    assert studyItem(STUDY, patientKey="key1") == made


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_all_nodes_are_under_their_study(scene, reopen, saved):
    study = studyItem(STUDY, patientKey="key1")
    names = [(node.GetClassName(), node.GetName()) for node in everything() if placeUnderStudy(node, study)]
    if saved:
        reopen()
    for className, name in names:
        node = scene.GetNodesByClassByName(className, name).GetItemAsObject(0)
        assert studyUidOf(studyOf(node)) == STUDY, name
    reasons = by_name(scene, "ADC").GetNodeReference(REASONS_ROLE)
    hierarchy = hierarchyNode()
    assert hierarchy.GetItemDataNode(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(reasons))).GetName() == "ADC"


def test_an_image_of_no_study_is_said(scene):
    node = volumeToNode(ct(), "stray")
    placeUnder(node, hierarchyNode().GetSceneItemID())
    with pytest.raises(InputError, match="no study"):
        studyOf(node)


def test_nothing_is_left_after_removal(scene, reopen):
    study = studyItem(STUDY, patientKey="key1")
    before, items = present(scene), hierarchyNode().GetNumberOfItems()
    nodes = everything()
    for node in nodes:
        placeUnderStudy(node, study)
    assert len(present(scene)) > len(before) + len(nodes)
    removeNodes(*nodes)
    assert present(scene) == before
    assert hierarchyNode().GetNumberOfItems() == items


def test_files_of_a_saved_scene_leave_no_nodes_either(scene, tmp_path):
    before = present(scene)
    nodes = everything()
    assert scene.WriteToMRB(str(tmp_path / "all.mrb"), None)
    removeNodes(*nodes)
    left = [entry for entry in present(scene) if entry not in before]
    assert not left


def test_what_others_use_stays(scene):
    volume = volumeToNode(ct(uneven_tilted()), "head")
    lesions = segmentationNode(volume, "lesions")
    transform = volume.GetParentTransformNode()
    removeNodes(volume)
    assert lesions.GetParentTransformNode() is transform and scene.IsNodePresent(transform)
    removeNodes(lesions)
    assert not scene.IsNodePresent(transform)


def test_removing_twice_or_nothing_is_harmless(scene):
    volume = volumeToNode(ct(), "head")
    removeNodes(volume, None)
    removeNodes(volume)


def test_a_hundred_rounds_leave_nothing(scene):
    before = present(scene)
    for _ in range(100):
        volume = volumeToNode(ct(), "head")
        lesions = segmentationNode(volume, "lesions")
        maskToSegment(blob(uneven_tilted()), lesions, volume)
        removeNodes(volume, lesions)
    assert present(scene) == before
