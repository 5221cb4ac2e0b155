"""One slice view: real MRML slice logic and displayable managers, rendered offscreen into a label."""

import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util.numpy_support import vtk_to_numpy

MANAGERS = (
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
)


class SliceView(QtWidgets.QLabel):
    """The picture itself, `sliceWidget.sliceView()`. Draws on `forceRender()` and when a picture is taken, never by itself."""

    def __init__(self, node, sliceLogic, managers):
        super().__init__()
        self.setMinimumSize(64, 64)
        self.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Ignored)
        self._node, self._logic = node, sliceLogic
        self._renderer = vtk.vtkRenderer()
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.AddRenderer(self._renderer)
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._corner = vtk.vtkCornerAnnotation()
        self._corner.SetMaximumFontSize(16)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.Initialize(managers, self._renderer)
        self._group.SetMRMLDisplayableNode(node)
        self._addBackground()
        self._resize(320, 320)

    def _addBackground(self):
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(self._mapper)
        self._actor.GetProperty().SetDisplayLocationToBackground()
        self._renderer.AddViewProp(self._actor)
        self._renderer.AddViewProp(self._corner)

    def _release(self):
        self._group.SetMRMLDisplayableNode(None)
        self._group = None

    def _resize(self, width, height):
        self._window.SetSize(width, height)
        self._logic.ResizeSliceNode(width, height)

    def resizeEvent(self, event):
        """Follow the size of the widget."""
        self._resize(max(event.size().width(), 8), max(event.size().height(), 8))

    def cornerAnnotation(self):
        """Return the vtkCornerAnnotation."""
        return self._corner

    def renderWindow(self):
        """Return the vtkRenderWindow."""
        return self._window

    def displayableManagerByClassName(self, name):
        """Return one displayable manager."""
        return self._group.GetDisplayableManagerByClassName(name)

    def mrmlSliceNode(self):
        """Return the vtkMRMLSliceNode."""
        return self._node

    def setBackgroundColor(self, color):
        """Set the color behind the image."""
        self._renderer.SetBackground(color.redF(), color.greenF(), color.blueF())

    def scheduleRender(self):
        """Do nothing: a picture is always drawn anew."""

    def forceRender(self):
        """Draw now."""
        self._draw()

    def _draw(self):
        """Draw and return the pixels (rows, columns, 3), the first row on top."""
        connection = self._logic.GetImageDataConnection()
        self._actor.SetVisibility(connection is not None)
        if connection:
            self._mapper.SetInputConnection(connection)
        self._window.Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        width, height, _ = image.GetDimensions()
        pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)[::-1].copy()
        picture = QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format_RGB888)
        self.setPixmap(QtGui.QPixmap.fromImage(picture.copy()))
        return pixels


class SliceController:
    """`sliceWidget.sliceController()`: the few things that scripts ask of it."""

    def __init__(self, sliceLogic):
        self._logic = sliceLogic

    def fitSliceToBackground(self):
        """Show the whole background volume."""
        self._logic.FitSliceToBackground()

    def setSliceOffsetValue(self, offset):
        """Move the slice, in mm along its normal."""
        self._logic.SetSliceOffset(offset)

    def sliceOffsetSlider(self):
        """Refuse: the slider of the controller bar is not in the host."""
        raise NotImplementedError("the host has no slice controller bar")

    def setSliceLink(self, linked):
        """Link the views, so that they move together."""
        for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            node.SetLinkedControl(linked)


class SliceWidget(QtWidgets.QWidget):
    """`layoutManager.sliceWidget(name)`: a colored bar with the name, and the view."""

    def __init__(self, applicationLogic, scene, node):
        super().__init__()
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        for manager in MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._node, self._applicationLogic = node, applicationLogic
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(applicationLogic)
        applicationLogic.GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(scene)
        self._logic.SetSliceNode(node)
        self._view = SliceView(node, self._logic, factory)
        self._controller = SliceController(self._logic)
        self._bar = QtWidgets.QLabel()
        self._bar.setFixedHeight(18)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)
        self._showName()

    def _showName(self):
        color = QtGui.QColor.fromRgbF(*self._node.GetLayoutColor())
        self._bar.setText(f" {self._node.GetLayoutLabel() or self._node.GetLayoutName()}")
        self._bar.setStyleSheet(f"background: {color.name()}; color: black;")
        self._bar.setAlignment(QtCore.Qt.AlignLeft | QtCore.Qt.AlignVCenter)

    def release(self):
        """Take the view and its nodes out of the application. Not in Slicer."""
        scene, composite = self._logic.GetMRMLScene(), self._logic.GetSliceCompositeNode()
        display = self._logic.GetSliceDisplayNode()
        self._view._release()
        self._applicationLogic.GetSliceLogics().RemoveItem(self._logic)
        self._logic.DeleteSliceModel()
        self._logic.SetMRMLScene(None)
        for node in (self._node, composite, display):
            if node is not None:
                scene.RemoveNode(node)
        self.deleteLater()

    def sliceLogic(self):
        """Return the vtkMRMLSliceLogic."""
        return self._logic

    def mrmlSliceNode(self):
        """Return the vtkMRMLSliceNode."""
        return self._node

    def mrmlSliceCompositeNode(self):
        """Return the node that says which volumes are shown."""
        return self._logic.GetSliceCompositeNode()

    def sliceView(self):
        """Return the view."""
        return self._view

    def sliceController(self):
        """Return the controller."""
        return self._controller

    def interactorStyle(self):
        """Refuse: there is no mouse in the views."""
        raise NotImplementedError("the host has no mouse in its slice views")

    def fitSliceToBackground(self):
        """Show the whole background volume."""
        self._logic.FitSliceToBackground()
