"""A session in the scene: images, a labeled point in every region, the regions as segments, numbers as a table, the record as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer

from StrokeBiomarkersLib.grid import lpsOfPoint, rasOfPoint
from StrokeBiomarkersLib.hierarchy import placeUnder, removeNodes, studyItem
from StrokeBiomarkersLib.landmarks import definedPoints, fiducialNode
from StrokeBiomarkersLib.segmentations import replaceVoxels, segmentationNode
from StrokeBiomarkersLib.tables import fillTable, recordToText
from StrokeBiomarkersLib.volumes import fillImage, finishNode
from strokequant.batch.phantom_study import movable
from strokequant.dicomio.read import read_volume
from strokequant.errors import StrokeQuantError
from strokequant.geometry import Geometry
from strokequant.phantom.metrics import PHANTOM_METRICS
from strokequant.phantom_types import InsertPlacement, PhantomRecord, PhantomSession
from strokequant.record.phantom_record import phantom_to_dict
from strokequant.types import Mask, Series

MOVABLE_COLOR = (0.2, 1.0, 0.6)
LOCKED_COLOR = (0.75, 0.75, 0.75)
PLACED_COLOR = (1.0, 0.62, 0.0)
"""Of a region that a person has put there."""

COLUMNS = ("Metric", "Insert", "Protocol", "Value", "Uncertainty", "Unit", "Certified", "Status")


class PhantomScene:
    """Nodes of one session; `points()` is what a person has done with them."""

    def __init__(self):
        self.images: dict[str, Any] = {}
        self.handles = self.fixed = self.regions = self.table = self.text = None
        self._geometry: Geometry | None = None
        self._only: tuple[int, ...] | None = None
        self._item = 0

    def show(self, session: PhantomSession, series: Sequence[Series], name: str) -> None:
        """Put a session into the scene; nothing but its nodes is touched."""
        images, self._geometry, self._only = _imagesOf(session, series)
        if self._geometry is None:
            self._showTable(session, name)
            return
        self._item = _studyItem(series, name)
        for title, values in images.items():
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", f"{name} {title}")
            fillImage(node, np.asarray(values, np.float32), self._geometry)
            finishNode(node, self._geometry, False)
            self.images[title] = node
        self.regions = segmentationNode(next(iter(self.images.values())), f"{name} regions")
        self.handles = _pointsNode(f"{name} points", MOVABLE_COLOR)
        self.fixed = _pointsNode(f"{name} fixed points", LOCKED_COLOR)
        self.fixed.SetLocked(True)
        self._fillPoints(session)
        self._fillRegions(session)
        self._showTable(session, name)

    def refill(self, session: PhantomSession) -> None:
        """The same session measured anew: regions, points and numbers follow."""
        if self.isPresent() and self._geometry is not None:
            self._fillPoints(session)
            self._fillRegions(session)
        if self.table is not None and slicer.mrmlScene.IsNodePresent(self.table):
            fillTable(self.table, COLUMNS, map(_row, session.measurements))

    def showRecord(self, record: PhantomRecord, case: str, timepoint: str) -> None:
        """The signed record as text that travels with the scene."""
        removeNodes(self.text)
        data = phantom_to_dict(record, case=case, timepoint=timepoint)
        self.text = recordToText(data, f"{case} {timepoint} record")
        if self._item:
            placeUnder(self.text, self._item)

    def points(self) -> dict[str, tuple[float, float, float]]:
        """LPS mm of the movable points by label, as they are now."""
        if self.handles is None or not slicer.mrmlScene.IsNodePresent(self.handles):
            return {}
        found = definedPoints(self.handles)
        if len(found) != self.handles.GetNumberOfControlPoints():
            return {}
        labels = [self.handles.GetNthControlPointLabel(n) for n in range(len(found))]
        return {label: lpsOfPoint(ras, self._geometry) for label, ras in zip(labels, found, strict=True)}

    def shown(self, session: PhantomSession) -> tuple[InsertPlacement, ...]:
        """Regions that lie on the image of the scene; a session of many images shows the first of them."""
        if self._only is None:
            return session.placements
        return tuple(session.placements[n] for n in self._only)

    def rasOf(self, placement: InsertPlacement) -> tuple[float, float, float]:
        """RAS mm of a region, as the views show it."""
        return rasOfPoint(placement.center_lps, self._geometry)

    def isHeld(self) -> bool:
        """True while a hand holds a point."""
        display = self.handles.GetDisplayNode() if self.handles is not None else None
        return display is not None and bool(display.HasActiveComponent())

    def isPresent(self) -> bool:
        """True where everything that the session needs is in the scene."""
        return all(slicer.mrmlScene.IsNodePresent(node) for node in self._needed())

    def all(self) -> list:
        """Every node of the session."""
        return [n for n in (self.handles, self.fixed, self.regions, *self.images.values(), self.table, self.text) if n]

    def remove(self) -> None:
        """Remove the nodes from the scene; a signed record stays as text."""
        nodes = [node for node in self.all() if node is not self.text]
        self.forget()
        removeNodes(*nodes)

    def forget(self) -> None:
        """Let go of the nodes without touching them."""
        self.images = {}
        self.handles = self.fixed = self.regions = self.table = self.text = None
        self._geometry, self._only, self._item = None, None, 0

    def _needed(self) -> list:
        return [node for node in (self.handles, self.fixed, self.regions, *self.images.values()) if node is not None]

    def _fillPoints(self, session: PhantomSession) -> None:
        """Points where the regions are; a point that is there already is moved, so that a hand may go on holding it."""
        allowed = movable(session.phantom, session.placements)
        own = [p for p in self.shown(session) if p.label in allowed]
        others = [p for p in self.shown(session) if p.label not in allowed]
        for node, placements in ((self.handles, own), (self.fixed, others)):
            with slicer.util.NodeModify(node):
                self._movePoints(node, placements)

    def _movePoints(self, node, placements: Sequence[InsertPlacement]) -> None:
        known = [node.GetNthControlPointLabel(n) for n in range(node.GetNumberOfControlPoints())]
        if known != [p.label for p in placements]:
            node.RemoveAllControlPoints()
            for p in placements:
                node.AddControlPointWorld(*self.rasOf(p))
                node.SetNthControlPointLabel(node.GetNumberOfControlPoints() - 1, p.label)
            return
        for n, p in enumerate(placements):
            if np.linalg.norm(np.subtract(definedPoints(node)[n], self.rasOf(p))) > 1e-3:
                node.SetNthControlPointPositionWorld(n, *self.rasOf(p))

    def _fillRegions(self, session: PhantomSession) -> None:
        """One segment for every region on the grid of the images; names are labels, a moved one has a color of its own."""
        segmentation = self.regions.GetSegmentation()
        kept = set()
        for p in self.shown(session):
            if p.mask is None or p.mask.shape != self._geometry.shape or not p.mask.any():
                continue
            kept.add(p.label)
            if segmentation.GetSegment(p.label) is None:
                segmentation.AddEmptySegment(p.label, p.label)
            segmentation.GetSegment(p.label).SetColor(*(PLACED_COLOR if p.placed_by else MOVABLE_COLOR))
            replaceVoxels(self.regions, p.label, Mask(p.mask, self._geometry, p.label, "region"))
        for label in set(segmentation.GetSegmentIDs()) - kept:
            segmentation.RemoveSegment(label)

    def _showTable(self, session: PhantomSession, name: str) -> None:
        self.table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", f"{name} measurements")
        fillTable(self.table, COLUMNS, map(_row, session.measurements))
        self.table.SetUseColumnTitleAsColumnHeader(True)
        for node in (*self.images.values(), self.regions, self.handles, self.fixed, self.table):
            if node is not None and self._item:
                placeUnder(node, self._item)


def _imagesOf(
    session: PhantomSession, series: Sequence[Series]
) -> tuple[dict[str, np.ndarray], Geometry | None, tuple[int, ...] | None]:
    """Images by title on one grid, and the regions that lie on them, None for all.

    Where the analysis hands on no image: that of the first region, else the longest series that was measured, else any that can be read.
    """
    geometry = session.geometry
    fitting = {n: i for n, i in session.images.items() if geometry is not None and i.shape == geometry.shape}
    if fitting:
        return fitting, geometry, None
    uids = {ref.uid for ref in session.inputs}
    others = ({}, None, None)
    for one in sorted(series, key=lambda s: (s.series_uid not in uids, -len(s.frames), s.key)):
        try:
            volume = read_volume(one)
        except StrokeQuantError:
            continue
        images = {"ct" if one.modality == "CT" else "image": volume.values}
        first = next((p for p in session.placements if p.picture is not None), None)
        if first is None:
            return images, volume.geometry, ()
        if volume.values.shape == first.mask.shape and np.array_equal(volume.values[first.middle_slice], first.picture):
            same = [n for n, p in enumerate(session.placements) if p.geometry is first.geometry]
            return images, volume.geometry, tuple(same)
        others = others if others[0] else (images, volume.geometry, ())
    return others


def _studyItem(series: Sequence[Series], name: str) -> int:
    first = series[0]
    return studyItem(first.study_uid, patientKey=first.patient_key or "phantom", name=name)


def _pointsNode(name: str, color: tuple[float, float, float]):
    node = fiducialNode(name, color)
    display = node.GetDisplayNode()
    display.SetSliceProjection(False)
    display.SetGlyphSize(2.0)
    display.SetTextScale(2.6)
    return node


def _row(m) -> tuple[str, ...]:
    entry = PHANTOM_METRICS[m.metric]
    shown = ["" if v is None else f"{v:.{entry.decimals}f}" for v in (m.value, m.uncertainty, m.reference)]
    where = f"{m.group} {f'pass {m.repeat}' if m.repeat is not None else ''}".strip()
    status = str(m.status) if m.judged or m.value is None else "not judged"
    return (entry.name, m.insert, where, shown[0], shown[1], entry.unit_text, shown[2], status)
