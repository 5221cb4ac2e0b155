"""Control charts as plot nodes: values with target, limits and marks of broken rules; sums of CUSUM with their decision interval."""

import itertools
from typing import Any, NamedTuple

import numpy as np
import slicer
from slicer import util

from StrokeBiomarkersLib.hierarchy import removeNodes
from StrokeBiomarkersLib.plots import PALETTE
from strokequant.phantom.trend import Trend, TrendPoint
from strokequant.qualification_config import ControlConfig

SESSION = "Session"
BLACK, GRAY, RED = (0.1, 0.1, 0.1), (0.6, 0.6, 0.6), (0.8, 0.1, 0.1)


class Line(NamedTuple):
    """One line or set of marks of a chart.

    Args:
        name: in the legend.
        x, y: (n,).
        style: "line", "dash", "marks" (no line) or "both".
        marker: name of a marker style of vtkMRMLPlotSeriesNode.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    color: tuple[float, float, float]
    style: str = "line"
    marker: str = "None"
    width: float = 2.0


class TrendPlot:
    """One chart in a plot view, filled anew with every number.

    Args:
        name: of the nodes.
        view: singleton tag of the vtkMRMLPlotViewNode.
    """

    def __init__(self, name: str, view: str):
        self._name, self._view = name, view
        self.chart = None
        self._nodes: list[Any] = []

    def show(self, lines: list[Line], title: str, xTitle: str, yTitle: str) -> None:
        """Draw these lines; none empty the view."""
        self.remove()
        if lines:
            self.chart = _hidden("vtkMRMLPlotChartNode", self._name)
            self.chart.SetTitle(title)
            self.chart.SetXAxisTitle(xTitle)
            self.chart.SetYAxisTitle(yTitle)
            self.chart.SetLegendVisibility(False)
            for line in lines:
                self._draw(line)
        self.toView()

    def toView(self) -> None:
        """Put the chart into its view."""
        view = slicer.mrmlScene.GetSingletonNode(self._view, "vtkMRMLPlotViewNode")
        if view is not None:
            view.SetPlotChartNodeID(self.chart.GetID() if self.chart is not None else None)

    def forget(self) -> None:
        """Let go of the nodes without touching them."""
        self.chart, self._nodes = None, []

    def remove(self) -> None:
        """Remove the nodes from the scene."""
        nodes = [self.chart, *reversed(self._nodes)]
        self.forget()
        removeNodes(*nodes)

    def _draw(self, line: Line) -> None:
        table = _hidden("vtkMRMLTableNode", f"{self._name} {line.name}")
        util.updateTableFromArray(table, [np.asarray(line.x, float), np.asarray(line.y, float)], [SESSION, line.name])
        series = _hidden("vtkMRMLPlotSeriesNode", line.name)
        series.SetAndObserveTableNodeID(table.GetID())
        series.SetXColumnName(SESSION)
        series.SetYColumnName(line.name)
        series.SetPlotType(series.PlotTypeScatter)
        series.SetColor(*line.color)
        styles = {"line": series.LineStyleSolid, "both": series.LineStyleSolid, "dash": series.LineStyleDash}
        series.SetLineStyle(styles.get(line.style, series.LineStyleNone))
        series.SetLineWidth(line.width)
        series.SetMarkerStyle(getattr(series, f"MarkerStyle{line.marker}"))
        series.SetMarkerSize(9 if line.marker == "Diamond" else 6)
        self._nodes += [table, series]
        self.chart.AddAndObservePlotSeriesNodeID(series.GetID())


def shewhartLines(chart: Trend) -> list[Line]:
    """Values by session, target and limits of every segment, marks where a rule is broken, a line where a new segment begins."""
    points = chart.points
    number = {p.session: n for n, p in enumerate(points, 1)}
    lines: list[Line] = []
    for segment in sorted({p.segment for p in points}):
        part = [p for p in points if p.segment == segment]
        ends = np.array([number[part[0].session] - 0.4, number[part[-1].session] + 0.4])
        suffix = f" {segment}" if segment > 1 else ""
        lines += _limits(part, ends, suffix)
        judged = [p for p in part if p.judged]
        x, y = _xy(judged, number, "value")
        lines.append(Line(f"Value{suffix}", x, y, PALETTE[0], "both", "Circle"))
    lines += _marks("Not judged", [p for p in points if not p.judged], number, GRAY, "Square")
    broken = [p for p in points if any(rule != "cusum" for rule in p.rules)]
    return [*lines, *_marks("Breaks a rule", broken, number, RED, "Diamond"), *_changes(points, number)]


def cusumLines(chart: Trend, config: ControlConfig = ControlConfig()) -> list[Line]:
    """Both sums and the decision interval; nothing before there are limits."""
    points = [p for p in chart.points if p.cusum_upper is not None]
    if not points:
        return []
    number = {p.session: n for n, p in enumerate(chart.points, 1)}
    ends = np.array([0.6, len(chart.points) + 0.4])
    lines = [
        Line(name, ends, np.full(2, h), RED, "dash") for name, h in (("h", config.cusum_h), ("-h", -config.cusum_h))
    ]
    lines.append(Line("0", ends, np.zeros(2), GRAY, "line", width=1.0))
    for name, field, sign, color in (("C+", "cusum_upper", 1, PALETTE[1]), ("C-", "cusum_lower", -1, PALETTE[0])):
        for segment in sorted({p.segment for p in points}):
            x, y = _xy([p for p in points if p.segment == segment], number, field)
            lines.append(Line(f"{name} {segment}", x, sign * y, color, "both", "Circle"))
        out = [p for p in points if getattr(p, field) > config.cusum_h]
        if out:
            x, y = _xy(out, number, field)
            lines.append(Line(f"{name} signal", x, sign * y, RED, "marks", "Diamond"))
    return lines


def _limits(part: list[TrendPoint], ends: np.ndarray, suffix: str) -> list[Line]:
    target = next((p.target for p in part if p.target is not None), None)
    sigma = next((p.sigma for p in part if p.sigma is not None), None)
    if target is None:
        return []
    lines = [Line(f"Target{suffix}", ends, np.full(2, target), BLACK, "line", width=1.0)]
    for n in (-3, -2, 2, 3) if sigma is not None else ():
        color = RED if abs(n) == 3 else GRAY
        lines.append(Line(f"{n:+d} s{suffix}", ends, np.full(2, target + n * sigma), color, "dash", width=1.5))
    return lines


def _changes(points: tuple[TrendPoint, ...], number: dict[int, int]) -> list[Line]:
    values = [p.value for p in points]
    ends = np.array([min(values), max(values)]) if values else np.zeros(2)
    starts = [now for before, now in itertools.pairwise(points) if now.segment != before.segment]
    return [
        Line(f"Change {p.segment}", np.full(2, number[p.session] - 0.5), ends, PALETTE[3], "dash", width=1.5)
        for p in starts
    ]


def _marks(name: str, points, number: dict[int, int], color, marker: str) -> list[Line]:
    if not points:
        return []
    x, y = _xy(points, number, "value")
    return [Line(name, x, y, color, "marks", marker)]


def _xy(points, number: dict[int, int], field: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array([number[p.session] for p in points], float), np.array([getattr(p, field) for p in points], float)


def _hidden(nodeClass: str, name: str):
    """A node that is not saved: it is drawn from the history again."""
    node = slicer.mrmlScene.AddNewNodeByClass(nodeClass, name)
    node.SetSaveWithScene(False)
    return node
