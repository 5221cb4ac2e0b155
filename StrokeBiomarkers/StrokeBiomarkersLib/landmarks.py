"""Landmarks of the midline shift as points that a reader places and drags: inner table on both sides, septum between them."""

from collections.abc import Sequence

import numpy as np
import slicer

from strokequant.geometry import Geometry

from .grid import lpsOfPoint, rasOfPoint
from .hierarchy import removeNodes
from .recordnode import linkedNode, linkNode

ROLE = "StrokeBiomarkers.midline"
"""Node reference from a reading to its landmarks."""

LABELS = ("1", "2", "M")
"""Inner table on both sides, septum."""

COLOR = (1.0, 0.85, 0.2)
GLYPH_MM = 3.0


class Landmarks:
    """One markups node with up to three points, in the order of `LABELS`."""

    def __init__(self):
        self.node = None

    def show(self, points: Sequence[Sequence[float]], geometry: Geometry, reading) -> None:
        """Make the node, or take the one that the scene holds.

        Args:
            points: LPS mm, none or three; put into a node that is made.
            geometry: of the image.
            reading: vtkMRMLTextNode of the reading.
        """
        self.node = linkedNode(reading, ROLE) or fiducialNode("Midline", COLOR)
        self.node.SetMaximumNumberOfControlPoints(len(LABELS))
        linkNode(reading, ROLE, self.node)
        if not self.node.GetNumberOfControlPoints():
            for point, label in zip(points, LABELS, strict=False):
                self.node.AddControlPointWorld(*rasOfPoint(point, geometry))
                self.node.SetNthControlPointLabel(self.node.GetNumberOfControlPoints() - 1, label)

    def isPresent(self) -> bool:
        """True where the node is still in the scene."""
        return self.node is not None and slicer.mrmlScene.IsNodePresent(self.node)

    def lps(self, geometry: Geometry) -> tuple[tuple[float, float, float], ...]:
        """Points in LPS mm; none before all three are placed."""
        points = definedPoints(self.node) if self.isPresent() else []
        if len(points) < len(LABELS):
            return ()
        for number, label in enumerate(LABELS):
            if self.node.GetNthControlPointLabel(number) != label:
                self.node.SetNthControlPointLabel(number, label)
        return tuple(lpsOfPoint(point, geometry) for point in points[: len(LABELS)])

    def clear(self) -> None:
        """Take the points away, to be placed anew."""
        if self.isPresent():
            self.node.RemoveAllControlPoints()

    def forget(self) -> None:
        """Let go of the node without touching it."""
        self.node = None

    def remove(self) -> None:
        """Remove the node from the scene."""
        node, self.node = self.node, None
        removeNodes(node)


def fiducialNode(name: str, color: tuple[float, float, float]):
    """Add a vtkMRMLMarkupsFiducialNode whose points are small and show their label alone."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*color)
    display.SetSelectedColor(*color)
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(GLYPH_MM)
    display.SetTextScale(3.0)
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(True)
    return node


def definedPoints(node) -> list[tuple[float, float, float]]:
    """RAS mm of the points that were placed; one that still hangs on the mouse is not among them."""
    found = []
    for number in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(number) == node.PositionDefined:
            ras = np.zeros(3)
            node.GetNthControlPointPositionWorld(number, ras)
            found.append(tuple(ras.tolist()))
    return found
