"""qMRMLSegmentsTableView: the segments of one segmentation, with color and name."""

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal

from host.widgets.base import Observers, SceneWidget, stored


class qMRMLSegmentsTableView(SceneWidget, QtWidgets.QWidget):
    """A table of segments; the selection is a list of segment IDs."""

    selectionChanged = Signal(QtCore.QItemSelection, QtCore.QItemSelection)
    segmentAboutToBeModified = Signal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._node = None
        self._hidden = ()
        self._observers = Observers(self)
        self._table = QtWidgets.QTableWidget(0, 3)
        self._table.setHorizontalHeaderLabels(["", "Color", "Name"])
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
        self._table.setColumnWidth(0, 28)
        self._table.setColumnWidth(1, 40)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        self._table.selectionModel().selectionChanged.connect(self.selectionChanged)

    def segmentationNode(self):
        """Return the segmentation or None."""
        return self._node

    def setSegmentationNode(self, node):
        """Show the segments of a segmentation, or nothing."""
        from slicer import vtkSegmentation

        if node is self._node:
            return
        self._observers.clear()
        self._node = node
        if node is not None:
            segmentation = node.GetSegmentation()
            for event in (
                vtkSegmentation.SegmentAdded,
                vtkSegmentation.SegmentRemoved,
                vtkSegmentation.SegmentModified,
            ):
                self._observers.observe(segmentation, event, "_refill")
            self._observers.observe(node, node.DisplayModifiedEvent, "_refill")
        self._refill()

    def selectedSegmentIDs(self):
        """Return the IDs of the selected rows."""
        rows = sorted({index.row() for index in self._table.selectionModel().selectedRows()})
        return tuple(self.segmentIDForRow(row) for row in rows)

    def setSelectedSegmentIDs(self, segmentIDs):
        """Select rows by ID."""
        self._table.clearSelection()
        model = self._table.selectionModel()
        for segmentID in segmentIDs:
            row = self.rowForSegmentID(segmentID)
            if row >= 0:
                flags = QtCore.QItemSelectionModel.Select | QtCore.QItemSelectionModel.Rows
                model.select(self._table.model().index(row, 0), flags)

    def clearSelection(self):
        """Select nothing."""
        self._table.clearSelection()

    def rowForSegmentID(self, segmentID):
        """Return the row of a segment, or -1."""
        return next((r for r in range(self._table.rowCount) if self.segmentIDForRow(r) == segmentID), -1)

    def segmentIDForRow(self, row):
        """Return the segment ID of a row."""
        return self._table.item(row, 2).data(QtCore.Qt.UserRole)

    def displayedSegmentIDs(self):
        """Return the IDs of all rows."""
        return tuple(self.segmentIDForRow(row) for row in range(self._table.rowCount))

    def setHideSegments(self, segmentIDs):
        """Do not list some segments."""
        self._hidden = tuple(segmentIDs)
        self._refill()

    def hideSegments(self):
        """Return the IDs that are not listed."""
        return self._hidden

    def jumpSlices(self):
        """Move the slice views to the first selected segment."""
        from slicer import vtkMRMLSliceNode

        for segmentID in self.selectedSegmentIDs()[:1]:
            center = self._node.GetSegmentCenterRAS(segmentID)
            if center is not None:
                vtkMRMLSliceNode.JumpAllSlices(self._scene, *center[:3], vtkMRMLSliceNode.CenteredJumpSlice)

    def _refill(self, caller=None, event=None):
        selected = self.selectedSegmentIDs() if self._table.rowCount else ()
        segmentIDs = self._node.GetSegmentation().GetSegmentIDs() if self._node else ()
        listed = [segmentID for segmentID in segmentIDs if segmentID not in self._hidden]
        self._table.selectionModel().blockSignals(True)
        self._table.setRowCount(len(listed))
        for row, segmentID in enumerate(listed):
            self._fillRow(row, segmentID)
        self.setSelectedSegmentIDs(selected)
        self._table.selectionModel().blockSignals(False)
        if self.selectedSegmentIDs() != selected:
            self.selectionChanged.emit(QtCore.QItemSelection(), QtCore.QItemSelection())

    def _fillRow(self, row, segmentID):
        segment = self._node.GetSegmentation().GetSegment(segmentID)
        display = self._node.GetDisplayNode()
        shown = display is None or display.GetSegmentVisibility(segmentID)
        color = QtWidgets.QTableWidgetItem()
        color.setData(QtCore.Qt.DecorationRole, QtGui.QColor.fromRgbF(*segment.GetColor()))
        name = QtWidgets.QTableWidgetItem(segment.GetName())
        name.setData(QtCore.Qt.UserRole, segmentID)
        for column, item in enumerate((QtWidgets.QTableWidgetItem("\u25cf" if shown else "\u25cb"), color, name)):
            self._table.setItem(row, column, item)

    def _showColumn(self, column, shown):
        self._table.setColumnHidden(column, not shown)

    def _column(column):
        return Property(bool, lambda s: not s._table.isColumnHidden(column), lambda s, on: s._showColumn(column, on))

    visibilityColumnVisible = _column(0)
    colorColumnVisible = _column(1)
    del _column
    segmentCount = Property(int, lambda self: self._table.rowCount)
    headerVisible = Property(
        bool,
        lambda s: not s._table.horizontalHeader().isHidden(),
        lambda s, on: s._table.horizontalHeader().setVisible(on),
    )
    opacityColumnVisible = stored(bool, "opacityColumnVisible", True)
    statusColumnVisible = stored(bool, "statusColumnVisible", False)
    layerColumnVisible = stored(bool, "layerColumnVisible", False)
    filterBarVisible = stored(bool, "filterBarVisible", False)
    readOnly = stored(bool, "readOnly", False)
    selectionMode = stored(int, "selectionMode", 3)
    textFilter = stored(str, "textFilter", "")
    jumpToSelectedSegmentEnabled = stored(bool, "jumpToSelectedSegmentEnabled", False)
    useTerminologySelector = stored(bool, "useTerminologySelector", True)
