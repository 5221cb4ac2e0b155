"""Views of a case: DWI, ADC and overlay side by side, linked, in the plane of acquisition, with fixed windows."""

from collections.abc import Mapping

import numpy as np
import slicer
from slicer import util

from strokequant.config import ReportConfig
from strokequant.record.montage import robust_window

from .candidates import candidateId

LAYOUT = 5621
"""Number of the layout; Slicer's own are below 500."""

VIEWS = {"StrokeDWI": ("D", "#E69F00"), "StrokeADC": ("A", "#56B4E9"), "StrokeOverlay": ("O", "#009E73")}
"""Slice views from left to right: label and color of the bar."""

OVERLAY = "StrokeOverlay"
OUTLINE_ONLY = 0.0
OVERLAY_OPACITY = 0.35
CORE = "infarct_core"
LEFT_OUT_COLOR = (0.34, 0.71, 0.91)


def layoutDescription() -> str:
    """XML of the layout."""
    items = "".join(
        f'<item><view class="vtkMRMLSliceNode" singletontag="{name}"><property name="orientation" action="default">Axial'
        f'</property><property name="viewlabel" action="default">{label}</property>'
        f'<property name="viewcolor" action="default">{color}</property></view></item>'
        for name, (label, color) in VIEWS.items()
    )
    return f'<layout type="horizontal" split="true">{items}</layout>'


class CaseViews:
    """The three views; does nothing where there is no layout manager."""

    def __init__(self):
        self._before = None

    def enter(self) -> None:
        """Switch to the layout, and remember the one before."""
        manager = slicer.app.layoutManager()
        if manager is None or manager.layout == LAYOUT:
            return
        node = manager.layoutLogic().GetLayoutNode()
        if not node.IsLayoutDescription(LAYOUT):
            node.AddLayoutDescription(LAYOUT, layoutDescription())
        self._before = manager.layout
        manager.setLayout(LAYOUT)

    def leave(self) -> None:
        """Go back to the layout before, unless the reader has chosen another."""
        manager = slicer.app.layoutManager()
        if manager is not None and self._before is not None and manager.layout == LAYOUT:
            manager.setLayout(self._before)
        self._before = None

    def show(self, dwi, adc, segmentation, brain: np.ndarray | None) -> None:
        """Put a case into the views.

        Args:
            dwi, adc: vtkMRMLScalarVolumeNode, None where there is none.
            segmentation: vtkMRMLSegmentationNode with the core.
            brain: (k, j, i) voxels that the DWI window is made for.
        """
        self.enter()
        setWindows(dwi, adc, brain)
        setSegmentDisplay(segmentation)
        for name, volume in zip(VIEWS, (dwi, adc or dwi, dwi or adc), strict=True):
            self._fill(name, volume or dwi or adc)
        if (volume := dwi or adc) is not None:
            self._fit(volume)
        _fillOnlyInOverlay(segmentation)

    def jump(self, ras: tuple[float, float, float]) -> None:
        """Bring all views to the slice of a point in RAS mm; what is shown around it stays."""
        for node in _sliceNodes():
            node.JumpSliceByOffsetting(*ras)

    def _fill(self, name: str, volume) -> None:
        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(name) if manager is not None else None
        if widget is None or volume is None:
            return
        composite = widget.mrmlSliceCompositeNode()
        composite.SetBackgroundVolumeID(volume.GetID())
        composite.SetForegroundVolumeID(None)
        composite.SetLabelVolumeID(None)
        composite.SetLinkedControl(1)
        composite.SetHotLinkedControl(1)

    def _fit(self, volume) -> None:
        for node in _sliceNodes():
            node.RotateToVolumePlane(volume)
        manager = slicer.app.layoutManager()
        for name in VIEWS if manager is not None else ():
            manager.sliceWidget(name).sliceLogic().FitSliceToBackground()


def setWindows(dwi, adc, brain: np.ndarray | None, config: ReportConfig = ReportConfig()) -> None:
    """Windows of the report: DWI by percentiles of the brain, ADC always the same, so that cases can be compared by eye."""
    if dwi is not None:
        _setWindow(dwi, *robust_window(util.arrayFromVolume(dwi), brain, config))
    if adc is not None:
        _setWindow(adc, config.adc_window_low, config.adc_window_high)


def setSegmentDisplay(segmentation) -> None:
    """Core as contour in all views, candidates in the color of the report; what is no core is hidden."""
    display = segmentation.GetDisplayNode()
    display.SetOpacity2DFill(OUTLINE_ONLY)
    display.SetVisibility2DOutline(True)
    display.SetSliceIntersectionThickness(2)
    for segmentId in segmentation.GetSegmentation().GetSegmentIDs():
        if segmentId != CORE:
            display.SetSegmentVisibility(segmentId, False)
            segmentation.GetSegmentation().GetSegment(segmentId).SetColor(*LEFT_OUT_COLOR)


def showDecisions(segmentation, decisions: Mapping[int, bool]) -> None:
    """Contours of the candidates that are left out; those that are accepted are part of the core."""
    display = segmentation.GetDisplayNode()
    for label, accepted in decisions.items():
        if segmentation.GetSegmentation().GetSegment(candidateId(label)):
            display.SetSegmentVisibility(candidateId(label), not accepted)


def _fillOnlyInOverlay(segmentation) -> None:
    """A second display, for the overlay view alone, fills the core."""
    view = slicer.mrmlScene.GetSingletonNode(OVERLAY, "vtkMRMLSliceNode")
    if view is None or segmentation.GetNumberOfDisplayNodes() > 1:
        return
    display = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationDisplayNode")
    display.AddViewNodeID(view.GetID())
    segmentation.AddAndObserveDisplayNodeID(display.GetID())
    display.SetOpacity2DFill(OVERLAY_OPACITY)
    display.SetVisibility2DOutline(False)
    for segmentId in segmentation.GetSegmentation().GetSegmentIDs():
        display.SetSegmentVisibility(segmentId, segmentId == CORE)


def _setWindow(volume, low: float, high: float) -> None:
    display = volume.GetScalarVolumeDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(low, high)


def _sliceNodes() -> list:
    found = (slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode") for name in VIEWS)
    return [node for node in found if node is not None]
