"""Curves as plot nodes: a table of numbers, one series for each curve, one chart."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import slicer
from slicer import util

PALETTE = (
    (0.0, 0.45, 0.7),
    (0.9, 0.6, 0.0),
    (0.0, 0.62, 0.45),
    (0.8, 0.47, 0.65),
    (0.34, 0.71, 0.91),
    (0.84, 0.37, 0.0),
)
"""Colors that people with color blindness tell apart (Okabe and Ito)."""


class ChartNodes(NamedTuple):
    """A chart and what it is drawn from."""

    chart: Any
    table: Any
    series: tuple[Any, ...]


def curvesToChart(
    x: np.ndarray, curves: Mapping[str, np.ndarray], name: str, *, xTitle: str, yTitle: str, markers: bool = False
) -> ChartNodes:
    """Add a chart to the scene.

    Args:
        x: (n,) common abscissa.
        curves: (n,) ordinates by name.
        name: of chart and table.
        xTitle, yTitle: with units.
        markers: show the points.
    """
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", f"{name} data")
    columns = [np.asarray(column, dtype=float) for column in (x, *curves.values())]
    util.updateTableFromArray(table, columns, [xTitle, *curves])
    chart = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", name)
    chart.SetTitle(name)
    chart.SetXAxisTitle(xTitle)
    chart.SetYAxisTitle(yTitle)
    series = tuple(_curve(table, xTitle, curve, n, markers) for n, curve in enumerate(curves))
    for node in series:
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    return ChartNodes(chart, table, series)


def _curve(table, xTitle: str, name: str, number: int, markers: bool):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetXColumnName(xTitle)
    node.SetYColumnName(name)
    node.SetPlotType(node.PlotTypeScatter)
    node.SetColor(*PALETTE[number % len(PALETTE)])
    node.SetMarkerStyle(node.MarkerStyleCircle if markers else node.MarkerStyleNone)
    return node
