"""Lets a reader put points into the views with the mouse, and tells when one was placed."""

from collections.abc import Callable

import qt
import slicer


class PointPlacing:
    """Place mode of the application for one markups node at a time.

    Args:
        onPlaced: called without arguments after a point was placed, when the event that placed it is over.
        onStopped: called without arguments when the reader has taken another tool.
    """

    def __init__(self, onPlaced: Callable[[], None], onStopped: Callable[[], None]):
        self._node, self._tags = None, []
        self._onPlaced, self._onStopped = onPlaced, onStopped
        self._isPlaced = self.isPlacing = False
        self._timer = qt.QTimer()
        self._timer.singleShot = True
        self._timer.interval = 0
        self._timer.connect("timeout()", self._tell)

    def start(self, node, *, persistent: bool = False) -> None:
        """Wait for points.

        Args:
            node: vtkMRMLMarkupsNode that gets them.
            persistent: wait for more than one.
        """
        self.stop()
        logic = slicer.app.applicationLogic()
        selection, interaction = logic.GetSelectionNode(), logic.GetInteractionNode()
        selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
        selection.SetActivePlaceNodeID(node.GetID())
        self._node, self.isPlacing = node, True
        changed = interaction.InteractionModeChangedEvent
        self._tags = [
            (node, node.AddObserver(node.PointPositionDefinedEvent, self._onPoint)),
            (interaction, interaction.AddObserver(changed, self._onMode)),
        ]
        interaction.SetPlaceModePersistence(int(persistent))
        interaction.SetCurrentInteractionMode(interaction.Place)

    def stop(self) -> None:
        """Wait no more; a point that was not told yet is not told."""
        self._timer.stop()
        for subject, tag in self._tags:
            subject.RemoveObserver(tag)
        wasPlacing = self.isPlacing
        self._tags, self._node = [], None
        self._isPlaced = self.isPlacing = False
        interaction = slicer.app.applicationLogic().GetInteractionNode() if wasPlacing else None
        if interaction is not None and interaction.GetCurrentInteractionMode() == interaction.Place:
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)

    def _onPoint(self, caller, event) -> None:
        self._isPlaced = True
        self._timer.start()

    def _onMode(self, interaction, event) -> None:
        """The reader took another tool, or the point that was waited for is placed."""
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self._timer.start()

    def _tell(self) -> None:
        if self._isPlaced:
            self._isPlaced = False
            self._onPlaced()
        elif self.isPlacing:
            self.stop()
            self._onStopped()
