"""qMRMLSegmentEditorWidget over the real vtkSlicerSegmentEditorLogic: selection, masks, overwriting and undo are Slicer's own code.

Nothing is drawn by mouse: `host.strokes.stroke` does what a brush stroke does with the active effect.
"""

from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal

from host.widgets.base import Observers, qMRMLWidget, stored
from host.widgets.segment_effects import EFFECT_NAMES, qSlicerSegmentEditorAbstractEffect
from host.widgets.segments_table import qMRMLSegmentsTableView


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The editor: table of segments, effect buttons, undo and redo.

    Where the C++ widget only logs an error, because there is no segment editor node yet, this raises RuntimeError.
    """

    currentSegmentIDChanged = Signal(str)
    sourceVolumeNodeChanged = Signal(object)
    segmentationNodeChanged = Signal(object)
    cppSignals = {  # noqa: RUF012
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)": "sourceVolumeNodeChanged",
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)": "segmentationNodeChanged",
    }

    def __init__(self, parent=None):
        import slicer

        super().__init__(parent)
        self._node = None
        self._observers = Observers(self)
        self._seen = {"segmentation": None, "volume": None, "segment": ""}
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._logic.SetMaximumNumberOfUndoStates(10)
        self._effects = {name: qSlicerSegmentEditorAbstractEffect(name, lambda: self._node) for name in EFFECT_NAMES}
        self._order = list(EFFECT_NAMES)
        self._build()
        self._observers_history = Observers(self)
        self._observers_history.observe(self._logic, self._logic.SegmentationHistoryChangedEvent, "_onHistory")

    def _build(self):
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._table = qMRMLSegmentsTableView()
        self._table.setObjectName("SegmentsTableView")
        self._table.selectionChanged.connect(self._onTableSelection)
        self._table.setMaximumHeight(90)
        self._effectArea = QtWidgets.QWidget()
        self._effectArea.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Fixed)
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Maximum)
        self._effectGrid = QtWidgets.QGridLayout(self._effectArea)
        self._effectGrid.setContentsMargins(0, 0, 0, 0)
        row = QtWidgets.QHBoxLayout()
        self._undoButton, self._redoButton = QtWidgets.QPushButton("Undo"), QtWidgets.QPushButton("Redo")
        self._undoButton.clicked.connect(self.undo)
        self._redoButton.clicked.connect(self.redo)
        for button in (self._undoButton, self._redoButton):
            row.addWidget(button)
        layout.addWidget(self._table)
        layout.addWidget(self._effectArea)
        layout.addLayout(row)
        self._buttons = {}
        self.updateEffectList()
        self._onHistory()

    # Nodes

    def _onScene(self):
        super()._onScene()
        self._logic.SetMRMLScene(self._scene)
        self._table.setMRMLScene(self._scene)
        if self._scene is None:
            self.setMRMLSegmentEditorNode(None)

    def mrmlSegmentEditorNode(self):
        """Return the node that keeps the editor's state."""
        return self._node

    def setMRMLSegmentEditorNode(self, node):
        """Set the node that keeps the editor's state."""
        self._observers.clear()
        self._node = node
        self._logic.SetSegmentEditorNode(node)
        if node is not None:
            self._observers.observe(node, "ModifiedEvent", "_onNode")
        self.updateWidgetFromMRML()

    def _needNode(self):
        if self._node is None:
            raise RuntimeError("Invalid segment editor parameter set node: call setMRMLSegmentEditorNode first")
        return self._node

    def segmentationNode(self):
        """Return the segmentation or None."""
        return self._node.GetSegmentationNode() if self._node else None

    def segmentationNodeID(self):
        """Return the ID of the segmentation, or an empty text."""
        node = self.segmentationNode()
        return node.GetID() if node else ""

    def sourceVolumeNode(self):
        """Return the source volume or None."""
        return self._node.GetSourceVolumeNode() if self._node else None

    def sourceVolumeNodeID(self):
        """Return the ID of the source volume, or an empty text."""
        node = self.sourceVolumeNode()
        return node.GetID() if node else ""

    def setSegmentationNode(self, node):
        """Choose the segmentation."""
        if node is not self.segmentationNode():
            self._needNode().SetAndObserveSegmentationNode(node)
            self._logic.SetSegmentationNode(node)
            self.updateWidgetFromMRML()

    def setSegmentationNodeID(self, nodeID):
        """Choose the segmentation by ID."""
        self.setSegmentationNode(self._scene.GetNodeByID(nodeID) if nodeID else None)

    def setSourceVolumeNode(self, node):
        """Choose the source volume, whose geometry new segments take."""
        if node is self.sourceVolumeNode():
            return
        self._needNode().SetAndObserveSourceVolumeNode(node)
        self._logic.SetSourceVolumeNode(node)
        segmentation = self.segmentationNode()
        if segmentation is not None:
            segmentation.SetReferenceImageGeometryParameterFromVolumeNode(node)
        self.updateWidgetFromMRML()

    def setSourceVolumeNodeID(self, nodeID):
        """Choose the source volume by ID."""
        self.setSourceVolumeNode(self._scene.GetNodeByID(nodeID) if nodeID else None)

    # Segments

    def currentSegmentID(self):
        """Return the ID of the selected segment, or an empty text."""
        return (self._node.GetSelectedSegmentID() or "") if self._node else ""

    def setCurrentSegmentID(self, segmentID):
        """Select a segment; an ID that is not there selects nothing."""
        node = self.segmentationNode()
        known = node is not None and node.GetSegmentation().GetSegment(segmentID) is not None
        self._needNode().SetSelectedSegmentID(segmentID if known else None)
        self.updateWidgetFromMRML()

    def selectNextSegment(self):
        """Select the next segment."""
        self._logic.SelectNextSegment()
        self.updateWidgetFromMRML()

    def selectPreviousSegment(self):
        """Select the previous segment."""
        self._logic.SelectPreviousSegment()
        self.updateWidgetFromMRML()

    def jumpSlices(self):
        """Move the slice views to the selected segment."""
        self._table.jumpSlices()

    # Effects

    def availableEffectNames(self):
        """Return the names of all effects."""
        return tuple(EFFECT_NAMES)

    def effectByName(self, name):
        """Return an effect, or None."""
        return self._effects.get(name)

    def effectCount(self):
        """Return how many effects there are."""
        return len(self._effects)

    def effectByIndex(self, index):
        """Return the effect at a position."""
        return self._effects[EFFECT_NAMES[index]]

    def activeEffect(self):
        """Return the active effect or None."""
        return self._effects.get(self._node.GetActiveEffectName() or "") if self._node else None

    def setActiveEffect(self, effect):
        """Make an effect the active one, or none."""
        self.setActiveEffectByName(effect.name if effect else "")

    def setActiveEffectByName(self, name):
        """Make an effect the active one; an unknown name makes none active."""
        allowed = name in self._effects and self.segmentationNode() is not None and self.sourceVolumeNode() is not None
        self._needNode().SetActiveEffectName(name if allowed else "")
        self.updateWidgetFromMRML()

    def setEffectNameOrder(self, names):
        """Choose which effects come first, or with `unorderedEffectsVisible = False` which are shown at all."""
        if isinstance(names, str):
            raise ValueError("Called setEffectNameOrder(QStringList) with wrong arguments: a text")
        self._order = list(names)
        self.updateEffectList()

    def effectNameOrder(self):
        """Return the chosen order."""
        return tuple(self._order)

    def setEffectColumnCount(self, count):
        """Set how many effect buttons stand in a row."""
        self._columns = count
        self.updateEffectList()

    _columns = 4

    def updateEffectList(self):
        """Lay the effect buttons out anew."""
        names = [name for name in self._order if name in self._effects]
        if self.unorderedEffectsVisible:
            names += [name for name in EFFECT_NAMES if name not in names]
        for button in self._buttons.values():
            self._effectGrid.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        self._buttons = {}
        for index, name in enumerate(names):
            button = QtWidgets.QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.clicked.connect(lambda on, name=name: self.setActiveEffectByName(name if on else ""))
            self._effectGrid.addWidget(button, index // self._columns, index % self._columns)
            self._buttons[name] = button

    # History

    def saveStateForUndo(self):
        """Keep the present state, to come back to."""
        self._logic.SaveStateForUndo()

    def undo(self):
        """Go one step back."""
        self._logic.Undo()
        self.updateWidgetFromMRML()

    def redo(self):
        """Go one step forth."""
        self._logic.Redo()
        self.updateWidgetFromMRML()

    def _setUndoStates(self, count):
        self._logic.SetMaximumNumberOfUndoStates(count)

    def _onHistory(self, caller=None, event=None):
        self._undoButton.setEnabled(self.undoEnabled and self._logic.CanUndo())
        self._redoButton.setEnabled(self.undoEnabled and self._logic.CanRedo())

    # Views and keys

    def setupViewObservations(self):
        """Take the mouse of the views: nothing here."""

    def removeViewObservations(self):
        """Leave the mouse of the views: nothing here."""

    def installKeyboardShortcuts(self, parent=None):
        """Install keys: none here."""

    def uninstallKeyboardShortcuts(self):
        """Remove keys: none here."""

    def rotateSliceViewsToSegmentation(self):
        """Turn the views to the voxel grid of the source volume."""
        import slicer

        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            node.RotateToVolumePlane(self.sourceVolumeNode())

    # From the nodes to the screen

    def _onNode(self, caller, event):
        self.updateWidgetFromMRML()

    def updateWidgetFromMRML(self):
        """Show the state of the node, and tell what changed."""
        segmentation = self.segmentationNode()
        self._table.setSegmentationNode(segmentation)
        if segmentation is not None:
            self._selectSomething(segmentation)
        for name, button in self._buttons.items():
            button.setEnabled(segmentation is not None and self.sourceVolumeNode() is not None and not self.readOnly)
            button.setChecked(bool(self._node) and self._node.GetActiveEffectName() == name)
        self._table.blockSignals(True)
        self._table.setSelectedSegmentIDs([self.currentSegmentID()])
        self._table.blockSignals(False)
        self._onHistory()
        self._tell("segmentation", segmentation, self.segmentationNodeChanged)
        self._tell("volume", self.sourceVolumeNode(), self.sourceVolumeNodeChanged)
        self._tell("segment", self.currentSegmentID(), self.currentSegmentIDChanged)

    def _selectSomething(self, segmentation):
        names = segmentation.GetSegmentation().GetSegmentIDs()
        if self.currentSegmentID() not in names:
            self._node.SetSelectedSegmentID(names[0] if names else None)

    def _tell(self, key, value, signal):
        if self._seen[key] != value:
            self._seen[key] = value
            signal.emit(value)

    def _onTableSelection(self, *selections):
        chosen = self._table.selectedSegmentIDs()
        if chosen and self._node and chosen[0] != self.currentSegmentID():
            self.setCurrentSegmentID(chosen[0])

    def _section(name, default=True):
        return stored(bool, name, default)

    unorderedEffectsVisible = stored(bool, "unorderedEffectsVisible", True, "updateEffectList")
    undoEnabled = stored(bool, "undoEnabled", True, "_onHistory")
    readOnly = stored(bool, "readOnly", False, "updateWidgetFromMRML")
    maximumNumberOfUndoStates = Property(int, lambda self: self._logic.GetMaximumNumberOfUndoStates(), _setUndoStates)
    segmentationNodeSelectorVisible = _section("segmentationNodeSelectorVisible")
    sourceVolumeNodeSelectorVisible = _section("sourceVolumeNodeSelectorVisible")
    autoShowSourceVolumeNode = _section("autoShowSourceVolumeNode")
    maskingSectionVisible = _section("maskingSectionVisible")
    specifyGeometryButtonVisible = _section("specifyGeometryButtonVisible")
    show3DButtonVisible = _section("show3DButtonVisible")
    addRemoveSegmentButtonsVisible = _section("addRemoveSegmentButtonsVisible")
    switchToSegmentationsButtonVisible = _section("switchToSegmentationsButtonVisible")
    jumpToSelectedSegmentEnabled = _section("jumpToSelectedSegmentEnabled", False)
    defaultTerminologyEntry = stored(str, "defaultTerminologyEntry", "")
    defaultTerminologyEntrySettingsKey = stored(str, "defaultTerminologyEntrySettingsKey", "")
    effectButtonStyle = stored(int, "effectButtonStyle", 0)
    del _section
