"""A whole case record as nodes under its study: images, maps, masks and candidates, numbers, and the record itself."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from strokequant.record.case_record import record_to_dict
from strokequant.types import CaseRecord, Mask

from .candidates import coreToSegmentation
from .grid import isSameGrid
from .hierarchy import placeUnderStudy, studyItem
from .recordnode import (
    IMAGE,
    MAP,
    RECORD,
    SEGMENTATION,
    TABLE,
    linkedNode,
    linkNode,
    recordFromNode,
    recordToNode,
)
from .segmentations import maskToSegment, segmentationNode
from .tables import measurementsToTable, recordToText
from .volumes import mapToNode, volumeToNode


class CaseNodes(NamedTuple):
    """Nodes of a case.

    Args:
        images, maps: vtkMRMLScalarVolumeNode by name in the record.
        segmentations: vtkMRMLSegmentationNode by the name of the mask that it holds; several masks of one grid share one.
        table: vtkMRMLTableNode.
        record: vtkMRMLTextNode with record.json.
        reading: vtkMRMLTextNode that the record can be taken from again, with its parts as node references.
        left_out: masks that lie on the grid of no image or map of the record.
    """

    images: dict[str, Any]
    maps: dict[str, Any]
    segmentations: dict[str, Any]
    table: Any
    record: Any
    reading: Any
    left_out: tuple[str, ...]

    def all(self) -> list[Any]:
        """Every node once, for `removeNodes`."""
        unique = dict.fromkeys(self.segmentations.values())
        return [*unique, *self.images.values(), *self.maps.values(), self.table, self.record, self.reading]


def caseToScene(record: CaseRecord, *, module: str = "StrokeDiffusionCore") -> CaseNodes:
    """Add everything of a record to the scene.

    Args:
        record: of one time point.
        module: that goes on with the record when the scene is opened again.
    """
    title = " ".join(part for part in (record.case, record.timepoint) if part)
    images = {name: volumeToNode(image, f"{title} {name}") for name, image in sorted(record.images.items())}
    maps = {name: mapToNode(one, f"{title} {name}") for name, one in sorted(record.maps.items())}
    segmentations, leftOut = _segmentations(record, title, [*images.values(), *maps.values()])
    table = measurementsToTable(record.measurements, f"{title} measurements")
    text = recordToText(record_to_dict(record), f"{title} record")
    reading = recordToNode(record, module, f"{title} reading")
    nodes = CaseNodes(images, maps, segmentations, table, text, reading, tuple(leftOut))
    linkParts(nodes)
    study = _study(record, title)
    for node in nodes.all():
        if node is not reading:
            placeUnderStudy(node, study)
    return nodes


def linkParts(nodes: CaseNodes) -> None:
    """Say on the reading which nodes its parts are."""
    for prefix, parts in ((IMAGE, nodes.images), (MAP, nodes.maps), (SEGMENTATION, nodes.segmentations)):
        for name, node in parts.items():
            linkNode(nodes.reading, prefix + name, node)
    linkNode(nodes.reading, TABLE, nodes.table)
    linkNode(nodes.reading, RECORD, nodes.record)


def caseFromScene(reading) -> tuple[CaseRecord, CaseNodes]:
    """A record and its nodes from a scene that was saved and opened again.

    Args:
        reading: one of `recordNodes`.

    Raises:
        InputError, GeometryError: as `recordFromNode`.
    """
    record = recordFromNode(reading)
    images = _linked(reading, IMAGE, record.images)
    maps = _linked(reading, MAP, record.maps)
    segmentations = _linked(reading, SEGMENTATION, record.masks)
    table, text = linkedNode(reading, TABLE), linkedNode(reading, RECORD)
    leftOut = tuple(name for name in record.masks if name not in segmentations)
    return record, CaseNodes(images, maps, segmentations, table, text, reading, leftOut)


def _linked(reading, prefix: str, names: Iterable[str]) -> dict[str, Any]:
    found = {name: linkedNode(reading, prefix + name) for name in names}
    return {name: node for name, node in found.items() if node is not None}


def _study(record: CaseRecord, title: str) -> int:
    """Study of the series that were measured, else of the first one."""
    used = [series for series in record.series if series.key in record.used.values()] or list(record.series)
    if not used:
        return studyItem("", patientKey=record.case, name=title)
    return studyItem(used[0].study_uid, patientKey=used[0].patient_key or record.case, name=title)


def _segmentations(record: CaseRecord, title: str, hosts: list) -> tuple[dict[str, Any], list[str]]:
    """Segmentations by mask name, and the names of masks that no image carries."""
    found, byHost, leftOut = {}, {}, []
    core = record.core
    coreHost = _host(core.mask, hosts) if core is not None else None
    if coreHost is not None:
        byHost[coreHost] = found[core.mask.name] = coreToSegmentation(core, coreHost, f"{title} masks")
    for name, mask in sorted(record.masks.items()):
        host = _host(mask, hosts)
        if host is None:
            leftOut.append(name)
            continue
        if host not in byHost:
            byHost[host] = segmentationNode(host, f"{title} masks")
        maskToSegment(mask, byHost[host], host)
        found[name] = byHost[host]
    return found, leftOut


def _host(mask: Mask, hosts: list) -> Any | None:
    return next((node for node in hosts if isSameGrid(node, mask.geometry)), None)
