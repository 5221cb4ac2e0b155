"""Subject hierarchy: everything of a study under its study, and removal of a node with all that only serves it.

Studies are found by Study Instance UID, as Slicer's DICOM module files them. A patient item that this library has to make is named
by the salted key of the library, never by identity.
"""

import slicer

from strokequant.errors import InputError, Issue, Level

from .grid import TRANSFORM_ROLE, isSlicePositions
from .volumes import REASONS_ROLE


def hierarchyNode():
    """vtkMRMLSubjectHierarchyNode of the scene."""
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def studyItem(studyUid: str, *, patientKey: str = "", name: str = "Study") -> int:
    """Item of a study: the one that the DICOM module made, or a new one.

    Args:
        studyUid: Study Instance UID; empty for NIfTI.
        patientKey: `Series.patient_key`.
        name: of a new study item.
    """
    hierarchy = hierarchyNode()
    uidName = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName()
    found = hierarchy.GetItemByUID(uidName, studyUid) if studyUid else 0
    if found:
        return found
    patient = _patientItem(hierarchy, patientKey or "patient")
    if not studyUid and (child := hierarchy.GetItemChildWithName(patient, name)):
        return child
    item = hierarchy.CreateStudyItem(patient, name)
    if studyUid:
        hierarchy.SetItemUID(item, uidName, studyUid)
    return item


def placeUnderStudy(node, study: int) -> int:
    """Put a node under a study, with the nodes that belong to it.

    Returns:
        its item.
    """
    item = placeUnder(node, study)
    reasons = node.GetNodeReference(REASONS_ROLE)
    if reasons is not None:
        placeUnder(reasons, item)
    transform = node.GetParentTransformNode() if hasattr(node, "GetParentTransformNode") else None
    if transform is not None and isSlicePositions(transform):
        placeUnder(transform, study)
    return item


def placeUnder(node, parent: int) -> int:
    """Put a node under an item; Slicer makes the item of a node when it is added, elsewhere it is made here."""
    hierarchy = hierarchyNode()
    item = hierarchy.GetItemByDataNode(node)
    if not item:
        return hierarchy.CreateItem(parent, node)
    hierarchy.SetItemParent(item, parent)
    return item


def studyOf(node) -> int:
    """Item of the study that a node is in.

    Raises:
        InputError: I01 where it is in none.
    """
    hierarchy = hierarchyNode()
    item = hierarchy.GetItemByDataNode(node)
    study = (
        hierarchy.GetItemAncestorAtLevel(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy())
        if item
        else 0
    )
    if not study:
        found = "an image that belongs to no study"
        remedy = "load it from the DICOM module, or drag it under a study"
        raise InputError(Issue("I01", Level.ASK, found, "a study", remedy, node.GetName()))
    return study


def studyUidOf(item: int) -> str:
    """Study Instance UID of a study item, empty where it has none."""
    return hierarchyNode().GetItemUID(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName())


def removeNodes(*nodes) -> None:
    """Remove nodes with their displays, files, validity, slice positions and hierarchy items; what others still use stays."""
    for node in nodes:
        if node is None or not slicer.mrmlScene.IsNodePresent(node):
            continue
        served = _serving(node)
        _remove(node)
        removeNodes(*(other for other in served if not _isUsed(other)))


def _patientItem(hierarchy, key: str) -> int:
    scene = hierarchy.GetSceneItemID()
    return hierarchy.GetItemChildWithName(scene, key) or hierarchy.CreateSubjectItem(scene, key)


def _serving(node) -> list:
    """Nodes that are there for this node."""
    served = [node.GetNodeReference(role) for role in (REASONS_ROLE, TRANSFORM_ROLE)]
    if node.IsA("vtkMRMLDisplayableNode"):
        served += [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        served += [node.GetNthStorageNode(n) for n in range(node.GetNumberOfStorageNodes())]
    transform = node.GetParentTransformNode() if node.IsA("vtkMRMLTransformableNode") else None
    if transform is not None and isSlicePositions(transform):
        served.append(transform)
    return [other for other in served if other is not None]


def _isUsed(node) -> bool:
    scene = slicer.mrmlScene
    return any(
        scene.GetNthReferencedID(n) == node.GetID() and scene.IsNodePresent(scene.GetNthReferencingNode(n))
        for n in range(scene.GetNumberOfNodeReferences())
    )


def _remove(node) -> None:
    """Remove a node and its item; Slicer removes the item with the node, elsewhere it is done here."""
    slicer.mrmlScene.RemoveNode(node)
    hierarchy = hierarchyNode()
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.RemoveItem(item, False, False)
