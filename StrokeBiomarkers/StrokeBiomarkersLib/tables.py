"""Measurements as table nodes, a record as a text node.

A table shows rounded numbers with unit, interval, status and warnings; the exact measurements are facts of the node. A record is
the text of record.json, so that it travels in a scene file byte for byte.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import slicer
import vtk

from strokequant.biomarkers.catalog import measure
from strokequant.errors import InputError, Issue, Level
from strokequant.record.files import canonical_json
from strokequant.types import Measurement, Status

from . import facts as nodeFacts

RECORD_MARK = "StrokeBiomarkers.Record"
COLUMNS = ("Measure", "Value", "Unit", "Lower", "Upper", "Status", "Method", "Warnings")
_NUMBERS = ("id", "value", "unit", "lower", "upper", "interval", "method", "inputs", "issues")


def measurementsToTable(measurements: Sequence[Measurement], name: str):
    """Add a table of measurements to the scene.

    Returns:
        vtkMRMLTableNode.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
    rows = [_row(measurement) for measurement in measurements]
    fillTable(node, COLUMNS, rows)
    node.SetUseColumnTitleAsColumnHeader(True)
    kept = [{key: getattr(m, key) for key in _NUMBERS} | {"status": str(m.status)} for m in measurements]
    nodeFacts.write(node, "measurements", {"measurements": kept})
    return node


def measurementsFromTable(tableNode) -> tuple[Measurement, ...]:
    """The exact measurements of a table that `measurementsToTable` made.

    Raises:
        InputError: I01 for another table.
    """
    known = nodeFacts.read(tableNode, "measurements")
    if known is None:
        found = "no table of measurements of this library"
        remedy = "measure again"
        raise InputError(Issue("I01", Level.STOP, found, "a table of measurements", remedy, tableNode.GetName()))
    return tuple(Measurement(**(words | {"status": Status(words["status"])})) for words in known["measurements"])


def recordToText(record: dict[str, Any], name: str):
    """Add a record to the scene.

    Args:
        record: as `record_to_dict` gives it.
        name: of the node.

    Returns:
        vtkMRMLTextNode with the text of record.json.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetText(canonical_json(record).decode())
    node.SetAttribute(RECORD_MARK, "1")
    return node


def recordFromText(textNode) -> dict[str, Any]:
    """The record of a text node.

    Raises:
        InputError: I01 where it holds none.
    """
    try:
        record = json.loads(textNode.GetText() or "")
    except ValueError:
        record = None
    if not isinstance(record, dict) or textNode.GetAttribute(RECORD_MARK) is None:
        found = "no record of this library"
        raise InputError(Issue("I01", Level.STOP, found, "a record", "measure again", textNode.GetName()))
    return record


def fillTable(tableNode, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Fill a table with text cells; what a table file cannot hold becomes a blank."""
    rows = list(rows)
    tableNode.RemoveAllColumns()
    for number, name in enumerate(names):
        column = vtk.vtkStringArray()
        column.SetName(name)
        for row in rows:
            column.InsertNextValue(_cell(row[number]))
        tableNode.AddColumn(column)


def _cell(text: str) -> str:
    return " ".join(text.replace('"', "'").split())


def _row(measurement: Measurement) -> tuple[str, ...]:
    entry = measure(measurement.id)
    numbers = (measurement.value, measurement.lower, measurement.upper)
    value, lower, upper = ("" if number is None else f"{number:.{entry.decimals}f}" for number in numbers)
    warnings = "; ".join(str(issue) for issue in measurement.issues if issue.level is not Level.INFO)
    status = str(measurement.status).replace("_", " ")
    return entry.name, value, entry.unit_text, lower, upper, status, measurement.method, warnings
