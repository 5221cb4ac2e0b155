"""Measurements, records and curves as nodes: exact in the facts, readable on the screen, unharmed by a scene file."""

import json

import numpy as np
import pytest
from mrml_samples import AWKWARD, MEASUREMENTS, by_name
from slicer import util

from StrokeBiomarkersLib.plots import curvesToChart
from StrokeBiomarkersLib.tables import (
    COLUMNS,
    measurementsFromTable,
    measurementsToTable,
    recordFromText,
    recordToText,
)
from strokequant.errors import InputError
from strokequant.record.files import canonical_json


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_measurements_come_back_exactly(scene, reopen, saved):
    node = measurementsToTable(MEASUREMENTS, "numbers")
    if saved:
        node = by_name(reopen(), "numbers")
    assert measurementsFromTable(node) == MEASUREMENTS
    cells = [[node.GetCellText(row, column) for column in range(len(COLUMNS))] for row in range(3)]
    assert cells[0][:6] == ["Infarct core volume", "0.33", "mL", "0.30", "0.70", "measured"]
    assert "WARN G05" in cells[0][7] and not set(cells[0][7]) & set('\t\n"')
    assert [cells[row][1] for row in (1, 2)] == ["", "0"]
    assert [cells[row][5] for row in (1, 2)] == ["not evaluable", "zero"]


def test_another_table_is_refused(scene):
    with pytest.raises(InputError, match="I01"):
        measurementsFromTable(scene.AddNewNodeByClass("vtkMRMLTableNode", "other"))


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_record_travels_byte_for_byte(scene, reopen, saved):
    record = {"case": "0009", "words": AWKWARD, "value": 1 / 3, "none": None, "many": list(range(5000))}
    node = recordToText(record, "record")
    if saved:
        node = by_name(reopen(), "record")
    assert node.GetText().encode() == canonical_json(record)
    assert recordFromText(node) == json.loads(canonical_json(record))


def test_a_text_that_is_no_record_is_refused(scene):
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", "note")
    for text in ("", "hello", "[1]", "{}"):
        node.SetText(text)
        with pytest.raises(InputError, match="no record"):
            recordFromText(node)


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_chart_draws_its_columns(scene, reopen, saved):
    x = np.linspace(0, 60, 7)
    curves = {"tissue": np.sin(x), "AIF": np.cos(x)}
    nodes = curvesToChart(x, curves, "curves", xTitle="time (s)", yTitle="signal")
    chart = nodes.chart
    if saved:
        chart = reopen().GetFirstNodeByClass("vtkMRMLPlotChartNode")
    assert chart.GetNumberOfPlotSeriesNodes() == 2 and chart.GetXAxisTitle() == "time (s)"
    for n, (name, y) in enumerate(curves.items()):
        series = chart.GetNthPlotSeriesNode(n)
        table = series.GetTableNode()
        assert (series.GetXColumnName(), series.GetYColumnName()) == ("time (s)", name)
        np.testing.assert_allclose(util.arrayFromTableColumn(table, name), y, atol=1e-5)
