"""Tells once when the voxels of a segmentation have changed, however many events one brush stroke sends."""

from collections.abc import Callable

import qt
import slicer

EVENTS = ("SourceRepresentationModified", "SegmentModified", "SegmentRemoved")
"""A stroke sends the first, undo the second."""


class SegmentWatch:
    """Watches one segmentation.

    Args:
        onChanged: called without arguments, after the stroke.
    """

    def __init__(self, onChanged: Callable[[], None]):
        self._segmentation, self._tags = None, []
        self._timer = qt.QTimer()
        self._timer.singleShot = True
        self._timer.interval = 0
        self._timer.connect("timeout()", onChanged)

    def start(self, node) -> None:
        """Watch a vtkMRMLSegmentationNode."""
        self.stop()
        self._segmentation = node.GetSegmentation()
        self._tags = [self._segmentation.AddObserver(getattr(slicer.vtkSegmentation, e), self._onEvent) for e in EVENTS]

    def stop(self) -> None:
        """Watch no more; a change that was not told yet is not told."""
        self._timer.stop()
        for tag in self._tags:
            self._segmentation.RemoveObserver(tag)
        self._segmentation, self._tags = None, []

    def _onEvent(self, caller, event) -> None:
        self._timer.start()
