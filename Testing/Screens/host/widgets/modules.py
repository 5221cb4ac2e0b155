"""The module `ctk`, and the widgets that Slicer adds to its own package."""

import sys
import types

import slicer

from host.widgets import (
    base,
    ctk_widgets,
    node_combo_box,
    qmrml_numbers,
    segment_editor,
    segment_effects,
    segments_table,
    ui_loader,
)

SLICER_CLASSES = (
    base.qMRMLWidget,
    base.qSlicerWidget,
    node_combo_box.qMRMLNodeComboBox,
    qmrml_numbers.qMRMLSliderWidget,
    qmrml_numbers.qMRMLRangeWidget,
    qmrml_numbers.qMRMLSpinBox,
    segments_table.qMRMLSegmentsTableView,
    segment_editor.qMRMLSegmentEditorWidget,
    segment_effects.qSlicerSegmentEditorAbstractEffect,
)
# Slicer's own parameter wrapper names these; without a stand-in they must at least be classes of which nothing is an instance.
CTK_ABSENT = ("ctkCheckablePushButton", "ctkColorPickerButton", "ctkDoubleRangeSlider", "ctkDoubleSlider")
SLICER_ABSENT = ("qMRMLSubjectHierarchyTreeView", "qMRMLSubjectHierarchyComboBox")


def _absent(name):
    def refuse(self, *args):
        raise NotImplementedError(f"the host has no stand-in for {name}")

    return type(name, (), {"__init__": refuse})


def install(qt) -> None:
    """Make `import ctk` and `slicer.qMRML...` work."""
    ctk = types.ModuleType("ctk")
    for cls in ctk_widgets.CLASSES:
        setattr(ctk, cls.__name__, cls)
    for cls in SLICER_CLASSES:
        setattr(slicer, cls.__name__, cls)
    for space, names in ((ctk, CTK_ABSENT), (slicer, SLICER_ABSENT)):
        for name in names:
            setattr(space, name, _absent(name))
    sys.modules["ctk"] = ctk
    qt.QUiLoader = ui_loader.QUiLoader
