"""Artery and vein as points that a reader drags in the views; where a point lies is told in the geometry of the series, exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import slicer

from strokequant.geometry import Geometry
from strokequant.perfusion_types import Vessel, VesselCurve, Vessels

from .grid import lpsOfPoint, rasOfVoxel
from .hierarchy import removeNodes
from .landmarks import fiducialNode
from .recordnode import linkedNode, linkNode

ROLE = "StrokeBiomarkers.vessel."
"""Node references from a reading to its points: prefix and vessel."""

NAMES = {Vessel.AIF: "AIF", Vessel.VOF: "VOF"}
COLORS = {Vessel.AIF: (1.0, 0.25, 0.2), Vessel.VOF: (0.25, 0.65, 1.0)}


class VesselMarks:
    """One point for each vessel, with one control point."""

    def __init__(self):
        self.nodes: dict[Vessel, Any] = {}
        self._placed: dict[Vessel, tuple[float, ...]] = {}

    def show(self, vessels: Vessels | None, geometry: Geometry, reading) -> None:
        """Make the points, or take those that the scene holds, and put them where the vessels are.

        Args:
            vessels: in use; one that was taken at a point keeps its point, one that there is none of gets it in the middle of the
                head, to be dragged.
            geometry: of the series.
            reading: vtkMRMLTextNode of the reading.
        """
        for vessel in Vessel:
            node = self.present().get(vessel) or linkedNode(reading, ROLE + vessel) or _newNode(vessel)
            linkNode(reading, ROLE + vessel, node)
            self.nodes[vessel] = node
            curve = getattr(vessels, vessel) if vessels is not None else None
            if curve is None or curve.method != "manual point" or not node.GetNumberOfControlPoints():
                _put(node, vessel, rasOf(curve, geometry))
            self._placed[vessel] = _rasOfPoint(node)

    def present(self) -> Mapping[Vessel, Any]:
        """Nodes that are still in the scene."""
        return {vessel: node for vessel, node in self.nodes.items() if slicer.mrmlScene.IsNodePresent(node)}

    def isMoved(self, vessel: Vessel) -> bool:
        """True where a reader has moved a point since it was shown."""
        node = self.present().get(vessel)
        return node is not None and node.GetNumberOfControlPoints() > 0 and _rasOfPoint(node) != self._placed[vessel]

    def putBack(self, vessel: Vessel) -> None:
        """Put a point where it was shown."""
        if self.isMoved(vessel):
            self.present()[vessel].SetNthControlPointPositionWorld(0, *self._placed[vessel])

    def lpsOf(self, vessel: Vessel, geometry: Geometry) -> tuple[float, float, float] | None:
        """Where a point is now, on the slice that it is nearest to; None where it was removed."""
        node = self.present().get(vessel)
        if node is None or not node.GetNumberOfControlPoints():
            return None
        return lpsOfPoint(_rasOfPoint(node), geometry)

    def forget(self) -> None:
        """Let go of the points without touching them."""
        self.nodes, self._placed = {}, {}

    def remove(self) -> None:
        """Remove the points from the scene."""
        nodes = tuple(self.nodes.values())
        self.forget()
        removeNodes(*nodes)


def rasOf(curve: VesselCurve | None, geometry: Geometry) -> tuple[float, float, float]:
    """RAS mm of a vessel as the views show it; the middle of the volume where there is none."""
    index = curve.voxels.mean(axis=0) if curve is not None and len(curve.voxels) else (np.array(geometry.shape) - 1) / 2
    if curve is not None:
        index = curve.voxels[np.argmin(((curve.voxels - index) ** 2).sum(axis=1))]
    return rasOfVoxel(index, geometry)


def _rasOfPoint(node) -> tuple[float, ...]:
    ras = np.zeros(3)
    node.GetNthControlPointPositionWorld(0, ras)
    return tuple(ras.tolist())


def _newNode(vessel: Vessel):
    node = fiducialNode(NAMES[vessel], COLORS[vessel])
    node.SetMaximumNumberOfControlPoints(1)
    return node


def _put(node, vessel: Vessel, ras) -> None:
    if not node.GetNumberOfControlPoints():
        node.AddControlPointWorld(*ras)
        node.SetNthControlPointLabel(0, NAMES[vessel])
    else:
        node.SetNthControlPointPositionWorld(0, *ras)
