"""Views of a case: slice views side by side, linked, in the plane of acquisition, and what is shown in them."""

from collections.abc import Sequence
from typing import NamedTuple

import slicer

OVERLAY_OPACITY = 0.35
OUTLINE_ONLY = 0.0


class View(NamedTuple):
    """One slice view.

    Args:
        name: singleton tag of its vtkMRMLSliceNode.
        label: on the bar.
        color: of the bar, such as "#E69F00".
    """

    name: str
    label: str
    color: str


def layoutDescription(views: Sequence[View], *plots: str) -> str:
    """XML of slice views from left to right, and plot views below them.

    Args:
        views: from left to right.
        plots: singleton tags of vtkMRMLPlotViewNodes, from left to right.
    """
    items = "".join(
        f'<item><view class="vtkMRMLSliceNode" singletontag="{view.name}"><property name="orientation" action="default">'
        f'Axial</property><property name="viewlabel" action="default">{view.label}</property>'
        f'<property name="viewcolor" action="default">{view.color}</property></view></item>'
        for view in views
    )
    row = f'<layout type="horizontal" split="true">{items}</layout>'
    if not plots:
        return row
    charts = "".join(
        f'<item><view class="vtkMRMLPlotViewNode" singletontag="{plot}"><property name="viewlabel" action="default">P</property></view></item>'
        for plot in plots
    )
    below = f'<layout type="horizontal" split="true">{charts}</layout>'
    return f'<layout type="vertical" split="true"><item splitSize="620">{row}</item><item splitSize="380">{below}</item></layout>'


class CaseViews:
    """Slice views of a module; does nothing where there is no layout manager.

    Args:
        number: of the layout; Slicer's own are below 500.
        views: from left to right.
        plots: singleton tags of the plot views below them.
    """

    def __init__(self, number: int, views: Sequence[View], *plots: str):
        self.number, self.views, self.plots = number, tuple(views), plots
        self._before = None

    def enter(self) -> None:
        """Switch to the layout, and remember the one before."""
        manager = slicer.app.layoutManager()
        if manager is None or manager.layout == self.number:
            return
        node = manager.layoutLogic().GetLayoutNode()
        describe = node.SetLayoutDescription if node.IsLayoutDescription(self.number) else node.AddLayoutDescription
        describe(self.number, layoutDescription(self.views, *self.plots))
        self._before = manager.layout
        manager.setLayout(self.number)

    def leave(self) -> None:
        """Go back to the layout before, unless the reader has chosen another."""
        manager = slicer.app.layoutManager()
        if manager is not None and self._before is not None and manager.layout == self.number:
            manager.setLayout(self._before)
        self._before = None

    def show(self, volumes: Sequence) -> None:
        """Put one volume into each view, in the plane of the first.

        Args:
            volumes: vtkMRMLScalarVolumeNode by view; None leaves a view empty.
        """
        self.enter()
        for view, volume in zip(self.views, volumes, strict=True):
            self._fill(view.name, volume)
        first = next((volume for volume in volumes if volume is not None), None)
        if first is not None:
            self._fit(first)

    def jump(self, ras: tuple[float, float, float]) -> None:
        """Bring all views to the slice of a point in RAS mm; what is shown around it stays."""
        for node in self._sliceNodes():
            node.JumpSliceByOffsetting(*ras)

    def _fill(self, name: str, volume) -> None:
        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(name) if manager is not None else None
        if widget is None:
            return
        composite = widget.mrmlSliceCompositeNode()
        composite.SetBackgroundVolumeID(volume.GetID() if volume is not None else None)
        composite.SetForegroundVolumeID(None)
        composite.SetLabelVolumeID(None)
        composite.SetLinkedControl(1)
        composite.SetHotLinkedControl(1)

    def _fit(self, volume) -> None:
        for node in self._sliceNodes():
            node.RotateToVolumePlane(volume)
        manager = slicer.app.layoutManager()
        for view in self.views if manager is not None else ():
            manager.sliceWidget(view.name).sliceLogic().FitSliceToBackground()

    def _sliceNodes(self) -> list:
        found = (slicer.mrmlScene.GetSingletonNode(view.name, "vtkMRMLSliceNode") for view in self.views)
        return [node for node in found if node is not None]


def setWindow(volume, low: float, high: float) -> None:
    """Fixed window of an image; nothing happens where there is none."""
    if volume is not None:
        display = volume.GetScalarVolumeDisplayNode()
        display.SetAutoWindowLevel(False)
        display.SetWindowLevelMinMax(low, high)


def outlineOnly(segmentation, segmentIds: Sequence[str]) -> None:
    """Show these segments as contours in all views, and hide all others."""
    display = segmentation.GetDisplayNode()
    display.SetOpacity2DFill(OUTLINE_ONLY)
    display.SetVisibility2DOutline(True)
    display.SetSliceIntersectionThickness(2)
    for segmentId in segmentation.GetSegmentation().GetSegmentIDs():
        display.SetSegmentVisibility(segmentId, segmentId in segmentIds)


def fillIn(segmentation, viewName: str, segmentIds: Sequence[str]) -> None:
    """Fill these segments in one view, by a display of its own; a second call changes nothing."""
    view = slicer.mrmlScene.GetSingletonNode(viewName, "vtkMRMLSliceNode")
    if view is None or segmentation.GetNumberOfDisplayNodes() > 1:
        return
    display = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationDisplayNode")
    display.AddViewNodeID(view.GetID())
    segmentation.AddAndObserveDisplayNodeID(display.GetID())
    display.SetOpacity2DFill(OVERLAY_OPACITY)
    display.SetVisibility2DOutline(False)
    for segmentId in segmentation.GetSegmentation().GetSegmentIDs():
        display.SetSegmentVisibility(segmentId, segmentId in segmentIds)
