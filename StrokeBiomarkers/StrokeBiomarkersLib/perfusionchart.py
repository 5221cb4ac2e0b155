"""Curves of artery, vein and brain mean as plot nodes, with baseline and arrival."""

from typing import Any, NamedTuple

import numpy as np
import slicer
from slicer import util

from strokequant.perfusion_types import PerfusionResult, Vessel

from .hierarchy import removeNodes
from .plots import PALETTE
from .vesselmarks import COLORS, NAMES

BRAIN, BASELINE, ARRIVAL = "Brain mean", "Baseline", "Arrival"
TIME = "Time (s)"
UNITS = {"dsc": "dR2* (1/s)", "ctp": "Enhancement (HU)"}
BRAIN_FACTORS = (1, 2, 5, 10, 20, 50, 100)


class _Curve(NamedTuple):
    """One curve of the chart; `mark` is a line without points."""

    times: np.ndarray
    values: np.ndarray
    color: tuple[float, float, float]
    mark: bool


class CurveChart:
    """One chart, made once and filled anew whenever a curve changes.

    Args:
        title: of the chart.
    """

    def __init__(self, title: str):
        self._title = title
        self.chart = None
        self._parts: dict[str, tuple[Any, Any]] = {}

    def show(self, result: PerfusionResult) -> None:
        """Draw the curves of a record."""
        curves = curvesOf(result)
        if not self.isPresent():
            self.remove()
            self.chart = _hidden("vtkMRMLPlotChartNode", self._title)
        self.chart.SetTitle(self._title)
        self.chart.SetXAxisTitle(TIME)
        self.chart.SetYAxisTitle(UNITS.get(result.kind, ""))
        for kind in [kind for kind in self._parts if kind not in curves]:
            self._drop(kind)
        for kind, curve in curves.items():
            self._draw(kind, curve)

    def isPresent(self) -> bool:
        """True where chart, tables and series are all in the scene."""
        nodes = [self.chart, *(node for part in self._parts.values() for node in part)]
        return all(node is not None and slicer.mrmlScene.IsNodePresent(node) for node in nodes)

    def forget(self) -> None:
        """Let go of the nodes without touching them."""
        self.chart, self._parts = None, {}

    def remove(self) -> None:
        """Remove the nodes from the scene."""
        nodes = [self.chart, *(node for part in self._parts.values() for node in reversed(part))]
        self.forget()
        removeNodes(*nodes)

    def _draw(self, kind: str, curve: _Curve) -> None:
        if kind not in self._parts:
            table = _hidden("vtkMRMLTableNode", f"{self._title} {kind}")
            self._parts[kind] = table, _series(table, kind, curve)
            self.chart.AddAndObservePlotSeriesNodeID(self._parts[kind][1].GetID())
        table, _ = self._parts[kind]
        util.updateTableFromArray(table, [curve.times.astype(float), curve.values.astype(float)], [TIME, "Value"])

    def _drop(self, kind: str) -> None:
        table, series = self._parts.pop(kind)
        self.chart.RemovePlotSeriesNodeID(series.GetID())
        removeNodes(series, table)


def curvesOf(result: PerfusionResult) -> dict[str, _Curve]:
    """Curves by name, none where the study did not get so far; the brain mean times the largest factor that keeps it below the artery."""
    if result.brain_curve is None or result.times_s is None or result.bolus is None:
        return {}
    times, brain, bolus = np.asarray(result.times_s, dtype=float), np.asarray(result.brain_curve), result.bolus
    found = {}
    for vessel in Vessel:
        curve = getattr(result.vessels, vessel) if result.vessels is not None else None
        if curve is not None:
            found[NAMES[vessel]] = _Curve(np.asarray(curve.times_s), np.asarray(curve.values), COLORS[vessel], False)
    top = max((float(one.values.max()) for one in found.values()), default=float(brain.max()))
    factor = max((f for f in BRAIN_FACTORS if f * brain.max() <= top), default=1)
    found[BRAIN if factor == 1 else f"{BRAIN} x {factor}"] = _Curve(times, factor * brain, PALETTE[2], False)
    ends = times[[bolus.first, max(bolus.first, bolus.last - 1)]]
    found[BASELINE] = _Curve(ends, np.zeros(2), (0.3, 0.3, 0.3), True)
    found[ARRIVAL] = _Curve(times[[bolus.arrival] * 2], np.array([0.0, top]), (0.55, 0.55, 0.55), True)
    return found


def _series(table, name: str, curve: _Curve):
    series = _hidden("vtkMRMLPlotSeriesNode", name)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetXColumnName(TIME)
    series.SetYColumnName("Value")
    series.SetPlotType(series.PlotTypeScatter)
    series.SetColor(*curve.color)
    series.SetMarkerStyle(series.MarkerStyleNone if curve.mark else series.MarkerStyleCircle)
    series.SetMarkerSize(5)
    series.SetLineStyle(series.LineStyleSolid if not curve.mark or name == BASELINE else series.LineStyleDash)
    series.SetLineWidth(4 if name == BASELINE else 2)
    return series


def _hidden(nodeClass: str, name: str):
    """A node that is not saved: it is drawn from the reading again."""
    node = slicer.mrmlScene.AddNewNodeByClass(nodeClass, name)
    node.SetSaveWithScene(False)
    return node
