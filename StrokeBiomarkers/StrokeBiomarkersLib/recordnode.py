"""A whole record in a scene, and back: what images, maps and segments do not say themselves is text that travels with them.

The text holds series, audits, masks of the proposal, numbers, warnings and configuration; never a path or file name, which may name
a patient. Images and maps stay what they are, nodes of the scene, and are read from there.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import slicer

from strokequant.errors import InputError, Issue, Level
from strokequant.follow_up_types import FollowUpResult
from strokequant.record.case_record import header_without_identity
from strokequant.types import CaseRecord, Series, SkippedFile

from . import facts as nodeFacts
from .volumes import mapFromNode, volumeFromNode

MARK = "StrokeBiomarkers.Reading"
"""Attribute of the text node; its value is the module that the record was made for."""

IMAGE, MAP, SEGMENTATION = "StrokeBiomarkers.image.", "StrokeBiomarkers.map.", "StrokeBiomarkers.segmentation."
"""Node references to the parts: prefix and name in the record."""

TABLE, RECORD = "StrokeBiomarkers.table", "StrokeBiomarkers.record"


def recordToNode(record: CaseRecord, module: str, name: str):
    """Add what a record holds besides images and maps to the scene; `linkNode` says where those are.

    Returns:
        vtkMRMLTextNode that no list of nodes shows.
    """
    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLTextNode")
    node.UnRegister(None)
    node.SetName(slicer.mrmlScene.GenerateUniqueName(name))
    node.SetHideFromEditors(True)
    node.SetForceCreateStorageNode(
        node.CreateStorageNodeNever
    )  # in the scene file itself: hidden nodes are not offered for saving
    node.SetAttribute(MARK, module)
    writeRecord(node, record)
    return slicer.mrmlScene.AddNode(node)


def writeRecord(recordNode, record: CaseRecord) -> None:
    """Keep what a record holds besides images and maps on a node of `recordToNode`, in place of what it held."""
    kept = replace(
        record,
        images={},
        maps={},
        series=tuple(_withoutIdentity(one) for one in record.series),
        skipped=tuple(SkippedFile(Path(), one.reason) for one in record.skipped),
        follow_up=_withoutPictures(record.follow_up),
    )
    names = {"images": list(record.images), "maps": list(record.maps)}
    recordNode.SetText(nodeFacts.toText("reading", {"record": kept, **names}))


def linkNode(recordNode, role: str, node) -> None:
    """Say which node is a part of the record; None where there is none."""
    recordNode.SetNodeReferenceID(role, node.GetID() if node is not None else None)


def linkedNode(recordNode, role: str):
    """The node that is this part of the record, None where it is not in the scene any more."""
    return recordNode.GetNodeReference(role)


def recordNodes(module: str) -> list:
    """Records of a module in the scene, the newest last."""
    nodes = slicer.util.getNodesByClass("vtkMRMLTextNode")
    return [node for node in nodes if node.GetAttribute(MARK) == module]


def recordFromNode(recordNode) -> CaseRecord:
    """The record with images and maps as they are in the scene now; files of series are named but are not there.

    Raises:
        InputError: I07 where a map is gone, or the text was changed or was written by another version; as `mapFromNode`.
        GeometryError: as `volumeFromNode`.
    """
    known = nodeFacts.fromText(recordNode.GetText(), "reading")
    if known is None:
        found = "the text of a reading is not there any more"
        raise InputError(Issue("I07", Level.STOP, found, "the scene as saved", "compute again", recordNode.GetName()))
    record: CaseRecord = known["record"]
    images = _parts(recordNode, IMAGE, known["images"])
    maps = _parts(recordNode, MAP, known["maps"])
    if lost := [name for name in known["maps"] if name not in maps]:
        found = f"the map {', '.join(lost)} was removed from the scene"
        raise InputError(
            Issue("I07", Level.STOP, found, "all maps of the reading", "compute again", recordNode.GetName())
        )
    gone = [name for name in known["images"] if name not in images]
    return replace(
        record,
        images={name: volumeFromNode(node) for name, node in images.items()},
        maps={name: mapFromNode(node) for name, node in maps.items()},
        series=tuple(replace(one, files=tuple(map(Path, one.files))) for one in record.series),
        skipped=tuple(replace(one, path=Path(one.path)) for one in record.skipped),
        issues=(*record.issues, *map(_removed, gone)),
    )


def _parts(recordNode, prefix: str, names: Sequence[str]) -> dict[str, Any]:
    """Nodes by name in the order of the record, those that are still in the scene."""
    found = {name: linkedNode(recordNode, prefix + name) for name in names}
    return {name: node for name, node in found.items() if node is not None}


def _removed(name: str) -> Issue:
    found = f"the image {name} was removed from the scene before it was saved"
    return Issue("I07", Level.WARN, found, "all images of the reading", "compute again where it is needed", name)


def _withoutPictures(found: FollowUpResult | None) -> FollowUpResult | None:
    """Growth without the images of the earlier time point, which are made anew with the reading."""
    return None if found is None else replace(found, registrations={}, carried={})


def _withoutIdentity(series: Series) -> Series:
    """The series without places of files: only their number stays."""
    files = tuple(Path(f"{n:06d}") for n in range(len(series.files)))
    return replace(series, files=files, header=header_without_identity(series.header))
