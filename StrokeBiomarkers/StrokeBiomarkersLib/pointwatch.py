"""Tells, not more often than a computation takes, that a reader moves a point; once more when the reader lets go."""

from collections.abc import Callable, Iterable

import qt
import slicer

PAUSE_MS = 120
"""Between two looks at points that are moved."""


class PointWatch:
    """Watches markups nodes.

    Args:
        onMoved: called without arguments.
    """

    def __init__(self, onMoved: Callable[[], None]):
        self._tags, self._onMoved, self._isWaiting = [], onMoved, False
        self._timer = qt.QTimer()
        self._timer.singleShot = True
        self._timer.interval = PAUSE_MS
        self._timer.connect("timeout()", self._tell)

    def start(self, nodes: Iterable) -> None:
        """Watch vtkMRMLMarkupsNodes; those of before are left alone."""
        self.stop()
        events = (slicer.vtkMRMLMarkupsNode.PointModifiedEvent, slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
        self._tags = [(node, node.AddObserver(event, self._onEvent)) for node in nodes for event in events]

    def stop(self) -> None:
        """Watch no more; a move that was not told yet is not told."""
        self._timer.stop()
        self._isWaiting = False
        for node, tag in self._tags:
            node.RemoveObserver(tag)
        self._tags = []

    def _onEvent(self, caller, event) -> None:
        if not self._isWaiting:
            self._isWaiting = True
            self._timer.start()

    def _tell(self) -> None:
        self._isWaiting = False
        self._onMoved()
