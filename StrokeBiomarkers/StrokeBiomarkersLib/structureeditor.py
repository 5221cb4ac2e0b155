"""Slicer's Segment Editor, restricted to one structure: the only place that knows the editor's widget.

A reader paints, erases and takes back. The other segments of the segmentation cannot be selected or overwritten; where several
structures may be drawn on, the module says which one it is now.
"""

from collections.abc import Sequence

import slicer

EFFECTS = ("Paint", "Erase")
HIDDEN = (
    "segmentationNodeSelectorVisible",
    "sourceVolumeNodeSelectorVisible",
    "addRemoveSegmentButtonsVisible",
    "switchToSegmentationsButtonVisible",
    "specifyGeometryButtonVisible",
    "maskingSectionVisible",
)
"""Parts of the editor that would let a reader leave the procedure."""


class StructureEditor:
    """The editor in a layout; without a main window there is none, because its effects need one.

    Args:
        layout: gets the editor.
        segment: id of the only segment that can be edited; `choose` takes another.
        tag: singleton tag of the editor node, so that no other editor shares it.
        effects: tools that are offered.
    """

    def __init__(self, layout, segment: str, tag: str, effects: Sequence[str] = EFFECTS):
        self._segment, self._tag = segment, tag
        self.widget = None
        if slicer.util.mainWindow() is None:
            return
        self.widget = slicer.qMRMLSegmentEditorWidget()
        self.widget.setEffectNameOrder(list(effects))
        self.widget.unorderedEffectsVisible = False
        self.widget.autoShowSourceVolumeNode = False  # else the ADC in its view is replaced by the DWI
        for name in HIDDEN:
            setattr(self.widget, name, False)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.widget.connect("currentSegmentIDChanged(QString)", self._onSegment)
        layout.addWidget(self.widget)

    def show(self, segmentation, image) -> None:
        """Edit the structure of a segmentation over an image."""
        if self.widget is None:
            return
        node = _editorNode(self._tag)
        self.widget.setMRMLSegmentEditorNode(node)
        node.SetOverwriteMode(node.OverwriteNone)
        self.widget.setSegmentationNode(segmentation)
        self.widget.setSourceVolumeNode(image)
        self.widget.setCurrentSegmentID(self._segment)
        self._listOnlyStructure(segmentation)

    def choose(self, segment: str) -> None:
        """Edit another structure from now on; the tool in hand stays."""
        self._segment = segment
        if self.widget is not None and self.widget.segmentationNode() is not None:
            self.widget.setCurrentSegmentID(segment)
            self._listOnlyStructure(self.widget.segmentationNode())

    def shareVoxels(self) -> None:
        """What is drawn is taken from the other segments that are shown: no voxel is in two of them."""
        node = self.widget.mrmlSegmentEditorNode() if self.widget is not None else None
        if node is not None:
            node.SetOverwriteMode(node.OverwriteVisibleSegments)

    def clear(self) -> None:
        """Let go of the segmentation and of the views."""
        if self.widget is None or self.widget.mrmlSegmentEditorNode() is None:
            return
        self.widget.setActiveEffectByName("")
        self.widget.setSegmentationNode(None)
        self.widget.setSourceVolumeNode(None)

    def use(self, effect: str) -> None:
        """Take a tool in hand; an empty name puts it down."""
        if self.widget is not None and self.widget.segmentationNode() is not None:
            self.widget.setActiveEffectByName(effect)

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.widget is not None:
            self.widget.undo()

    def redo(self) -> None:
        """Do a stroke again that was taken back."""
        if self.widget is not None:
            self.widget.redo()

    def forgetHistory(self) -> None:
        """After a decision on a candidate: an older state of the voxels would contradict the list."""
        if self.widget is not None and self.widget.segmentationNode() is not None:
            segmentation, image = self.widget.segmentationNode(), self.widget.sourceVolumeNode()
            effect, states = self.widget.activeEffect(), self.widget.maximumNumberOfUndoStates
            self.widget.maximumNumberOfUndoStates = 0  # to change the segmentation alone keeps them in Slicer 5.12
            self.widget.maximumNumberOfUndoStates = states
            self.widget.setSegmentationNode(None)
            self.widget.setSegmentationNode(segmentation)
            self.widget.setSourceVolumeNode(image)
            self.widget.setCurrentSegmentID(self._segment)
            self.widget.setActiveEffectByName(effect.name if effect else "")

    def enter(self) -> None:
        """Take the mouse of the views."""
        if self.widget is not None:
            self.widget.setupViewObservations()

    def leave(self) -> None:
        """Put the tool down and leave the views alone."""
        self.use("")
        if self.widget is not None:
            self.widget.removeViewObservations()

    def dispose(self) -> None:
        """Before the panel goes away."""
        if self.widget is not None:
            self.widget.disconnect("currentSegmentIDChanged(QString)", self._onSegment)
            self.widget.setMRMLScene(None)

    def _listOnlyStructure(self, segmentation) -> None:
        """Other segments cannot be edited: they would only be in the way."""
        others = [one for one in segmentation.GetSegmentation().GetSegmentIDs() if one != self._segment]
        for table in slicer.util.findChildren(self.widget, name="SegmentsTableView"):
            table.setHideSegments(others)

    def _onSegment(self, segmentId: str) -> None:
        """Whatever else was clicked: it is the structure that is edited."""
        node = self.widget.segmentationNode()
        if segmentId != self._segment and node is not None and node.GetSegmentation().GetSegment(self._segment):
            self.widget.setCurrentSegmentID(self._segment)


def _editorNode(tag: str):
    """Node of this module's editor, apart from that of the Segment Editor module."""
    node = slicer.mrmlScene.GetSingletonNode(tag, "vtkMRMLSegmentEditorNode")
    if node is None:
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        node.UnRegister(None)
        node.SetSingletonTag(tag)
        node = slicer.mrmlScene.AddNode(node)
    return node
