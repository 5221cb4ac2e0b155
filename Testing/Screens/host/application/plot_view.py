"""A plot view: the chart that its node names, drawn offscreen by VTK's own charts into a label."""

import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util.numpy_support import vtk_to_numpy

LINES = {0: vtk.vtkPen.NO_PEN, 1: vtk.vtkPen.SOLID_LINE, 2: vtk.vtkPen.DASH_LINE}
MARKERS = {0: vtk.vtkPlotPoints.NONE, 3: vtk.vtkPlotPoints.SQUARE, 5: vtk.vtkPlotPoints.DIAMOND}


class PlotView(QtWidgets.QLabel):
    """Draws on `forceRender()` and when a picture is taken, never by itself."""

    def __init__(self, node):
        super().__init__()
        self.setMinimumSize(64, 64)
        self.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Ignored)
        self.setAlignment(QtCore.Qt.AlignCenter)
        self._node = node

    def mrmlPlotViewNode(self):
        """Return the vtkMRMLPlotViewNode."""
        return self._node

    def forceRender(self):
        """Draw now; without a chart the view is gray."""
        chart = slicer.mrmlScene.GetNodeByID(self._node.GetPlotChartNodeID() or "")
        if chart is None:
            self.setPixmap(QtGui.QPixmap())
            self.setStyleSheet("background: #d8d8d8;")
            return
        view = vtk.vtkContextView()
        view.GetRenderWindow().SetOffScreenRendering(1)
        size = self.size
        view.GetRenderWindow().SetSize(max(size.width(), 64), max(size.height(), 64))
        view.GetRenderer().SetBackground(1, 1, 1)
        view.GetScene().AddItem(_chart(chart))
        view.GetRenderWindow().Render()
        self._take(view.GetRenderWindow())

    def _take(self, window):
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(window)
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        width, height, _ = image.GetDimensions()
        pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)[::-1].copy()
        picture = QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format_RGB888)
        self.setPixmap(QtGui.QPixmap.fromImage(picture.copy()))


def _chart(node):
    chart = vtk.vtkChartXY()
    chart.SetShowLegend(node.GetLegendVisibility())
    for place, title in ((vtk.vtkAxis.BOTTOM, node.GetXAxisTitle()), (vtk.vtkAxis.LEFT, node.GetYAxisTitle())):
        chart.GetAxis(place).SetTitle(title or "")
    for number in range(node.GetNumberOfPlotSeriesNodes()):
        series = node.GetNthPlotSeriesNode(number)
        table = series.GetTableNode().GetTable()
        plot = chart.AddPlot(vtk.vtkChart.LINE)
        plot.SetInputData(table, series.GetXColumnName(), series.GetYColumnName())
        plot.SetColorF(*series.GetColor())
        plot.SetWidth(series.GetLineWidth())
        plot.SetLabel(series.GetName())
        plot.GetPen().SetLineType(LINES.get(series.GetLineStyle(), vtk.vtkPen.SOLID_LINE))
        plot.SetMarkerStyle(MARKERS.get(series.GetMarkerStyle(), vtk.vtkPlotPoints.CIRCLE))
        plot.SetMarkerSize(series.GetMarkerSize())
    return chart
