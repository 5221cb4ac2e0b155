"""`slicer.app.layoutManager()`: views made and arranged from the layout descriptions of the real layout logic. Slice and plot views only."""

import xml.etree.ElementTree as ElementTree

import slicer
from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Signal

from host.application.plot_view import PlotView
from host.application.slice_view import SliceWidget

PLACEHOLDER = {"vtkMRMLViewNode": "3D view", "vtkMRMLTableViewNode": "table view"}
PLOT = "vtkMRMLPlotViewNode"


class LayoutManager(QtCore.QObject):
    """Keeps the slice widgets and puts them in place whenever the layout node changes."""

    layoutChanged = Signal(int)

    def __init__(self, applicationLogic, scene):
        super().__init__()
        self._applicationLogic, self._scene = applicationLogic, scene
        self._widgets, self._plots = {}, {}
        self._shown = None
        self._viewport = QtWidgets.QWidget()
        self._viewport.setMinimumSize(200, 200)
        self._frame = QtWidgets.QVBoxLayout(self._viewport)
        self._frame.setContentsMargins(0, 0, 0, 0)
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(applicationLogic)
        self._logic.SetMRMLScene(scene)
        node = self._logic.GetLayoutNode()
        node.AddObserver("ModifiedEvent", self._onLayoutNode)
        node.SetViewArrangement(node.SlicerLayoutFourUpView)
        self._onLayoutNode()

    def _onLayoutNode(self, caller=None, event=None):
        node = self._logic.GetLayoutNode()
        state = (node.GetViewArrangement(), node.GetCurrentLayoutDescription())
        if state == self._shown or not state[1]:
            return
        self._shown = state
        self._arrange(ElementTree.fromstring(state[1]))
        self.layoutChanged.emit(state[0])

    def _arrange(self, root):
        old = self._frame.takeAt(0)
        for widget in self._widgets.values():
            widget.setParent(None)
            widget.mrmlSliceNode().SetMappedInLayout(0)
        for plot in self._plots.values():
            plot.setParent(None)
        if old is not None and old.widget() not in self._widgets.values():
            old.widget().hide()
            old.widget().deleteLater()
        self._frame.addWidget(self._place(root))
        for widget in self._widgets.values():
            widget.setVisible(widget.mrmlSliceNode().IsMappedInLayout())

    def _place(self, element):
        if element.tag == "view":
            return self._view(element)
        area = QtWidgets.QWidget()
        kind = element.get("type", "horizontal")
        layout = {"vertical": QtWidgets.QVBoxLayout, "grid": QtWidgets.QGridLayout}.get(kind, QtWidgets.QHBoxLayout)(
            area
        )
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for item in element.findall("item"):
            inner = self._place(item[0])
            if kind == "grid":
                layout.addWidget(inner, int(item.get("row", 0)), int(item.get("column", 0)))
            else:
                layout.addWidget(inner, int(item.get("splitSize", 0)) or 1)
        return area

    def _plot(self, element):
        name = element.get("singletontag")
        if name not in self._plots:
            self._plots[name] = PlotView(self._scene.GetSingletonNode(name, PLOT))
        self._plots[name].show()
        return self._plots[name]

    def _view(self, element):
        if element.get("class") == PLOT and element.get("singletontag"):
            return self._plot(element)
        if element.get("class") != "vtkMRMLSliceNode":
            label = QtWidgets.QLabel(f"{PLACEHOLDER.get(element.get('class'), 'view')}: not drawn by the host")
            label.setAlignment(QtCore.Qt.AlignCenter)
            label.setStyleSheet("background: #9a9cc8; color: #333;")
            return label
        name = element.get("singletontag") or element.get("tag")
        node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
        if node is None:
            raise RuntimeError(f"the layout names the slice view {name!r}, which the layout logic did not make")
        if name not in self._widgets:
            self._widgets[name] = SliceWidget(self._applicationLogic, self._scene, node)
        widget = self._widgets[name]
        widget._showName()
        node.SetMappedInLayout(1)
        return widget

    def viewport(self):
        """Return the widget that holds the views."""
        return self._viewport

    def sliceViewNames(self):
        """Return the names of the slice views, also of those that the layout does not show now."""
        return tuple(self._widgets)

    def sliceWidget(self, name):
        """Return one slice widget, or None."""
        return self._widgets.get(name)

    def mrmlSliceLogics(self):
        """Return the logics of the slice views as a vtkCollection."""
        return self._applicationLogic.GetSliceLogics()

    def layoutLogic(self):
        """Return the vtkMRMLLayoutLogic."""
        return self._logic

    def setLayout(self, layout):
        """Choose a layout by its number."""
        if not self._logic.GetLayoutNode().IsLayoutDescription(layout):
            raise ValueError(f"no layout {layout}: add its description to the layout node first")
        self._logic.GetLayoutNode().SetViewArrangement(layout)

    layout = QtCore.Property(int, lambda self: self._logic.GetLayoutNode().GetViewArrangement(), setLayout)
    threeDViewCount = QtCore.Property(int, lambda self: 0)
    tableViewCount = QtCore.Property(int, lambda self: 0)
    plotViewCount = QtCore.Property(int, lambda self: 0)

    def resetSliceViews(self):
        """Fit all slice views to their background volume."""
        for widget in self._widgets.values():
            widget.sliceLogic().FitSliceToBackground()
            widget.sliceLogic().SnapSliceOffsetToIJK()

    def resetThreeDViews(self):
        """Do nothing: there are no 3D views."""

    def forget(self, kept):
        """Remove the views that are not among the names given. Not in Slicer: between tests."""
        for name in [name for name in self._widgets if name not in kept]:
            self._widgets.pop(name).release()
        for plot in self._plots.values():
            plot.setParent(None)
            plot.deleteLater()
        self._plots = {}
        for node in slicer.util.getNodesByClass(PLOT):
            self._scene.RemoveNode(node)

    def drawAll(self):
        """Draw all views that the layout shows. Not in Slicer: for pictures."""
        for widget in self._widgets.values():
            if widget.mrmlSliceNode().IsMappedInLayout():
                widget.sliceView().forceRender()
        for plot in self._plots.values():
            if plot.visible:
                plot.forceRender()
