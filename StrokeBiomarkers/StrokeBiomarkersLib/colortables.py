"""Color tables of perfusion as nodes: those of the report, so that a map looks the same in both."""

import slicer

from strokequant.perfusion_config import PerfusionReportConfig
from strokequant.perfusion_types import Reference
from strokequant.record.colors import ColorTable, blood_table, tmax_table, transit_table

from .layouts import setWindow

NAMES = {"cbf": "CBF", "cbv": "CBV", "mtt": "MTT", "tmax": "Tmax", "rcbf": "CBF", "rcbv": "CBV"}
MARK = "StrokeBiomarkers.ColorTable"
"""Attribute of a color node: the map that it is for."""

SMALLEST, LARGEST = 1e-6, 1e6
"""What is shown: where a map has no value it is 0, and the view stays black."""


def showMap(
    name: str, node, reference: Reference | None, config: PerfusionReportConfig = PerfusionReportConfig()
) -> None:
    """Colors and fixed window of one map; blood flow and volume end at the same multiple of the reference tissue.

    Args:
        name: of the map in the record.
        node: vtkMRMLScalarVolumeNode.
        reference: tissue of the record.
        config: windows of the report.
    """
    high = config.relative_high
    scale = {"cbf": reference.cbf, "cbv": reference.cbv} if reference is not None else {}
    tables = {
        "cbf": blood_table(high * scale.get("cbf", 1.0), ()),
        "cbv": blood_table(high * scale.get("cbv", 1.0), ()),
        "rcbf": blood_table(high, ()),
        "rcbv": blood_table(high, ()),
        "mtt": transit_table(config.mtt_high_s, ()),
        "tmax": tmax_table(config.tmax_high_s),
    }
    table = tables.get(name)
    if table is None or node is None:
        return
    display = node.GetScalarVolumeDisplayNode()
    display.SetAndObserveColorNodeID(_colorNode(NAMES[name], table).GetID())
    setWindow(node, table.low, table.high)
    display.SetAutoThreshold(False)
    display.SetThreshold(SMALLEST, LARGEST)
    display.SetApplyThreshold(True)


def _colorNode(name: str, table: ColorTable):
    """Node of a table, made once in a scene."""
    for node in slicer.util.getNodesByClass("vtkMRMLColorTableNode"):
        if node.GetAttribute(MARK) == name:
            return node
    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLColorTableNode")
    node.UnRegister(None)
    node.SetName(f"Stroke {name}")
    node.SetAttribute(MARK, name)
    node.SetTypeToUser()
    node.SetNumberOfColors(len(table.colors))
    for number, color in enumerate(table.colors):
        node.SetColor(number, str(number), *(float(part) / 255 for part in color), 1.0)
    return slicer.mrmlScene.AddNode(node)
