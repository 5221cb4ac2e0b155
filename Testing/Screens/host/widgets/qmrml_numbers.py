"""qMRML variants of number widgets: the same as ctk's, with a scene."""

from PySide6 import QtWidgets

from host.widgets.base import SceneWidget
from host.widgets.ctk_widgets import ctkRangeWidget, ctkSliderWidget


class qMRMLSliderWidget(SceneWidget, ctkSliderWidget):
    """A slider that takes its unit from the scene in Slicer."""


class qMRMLRangeWidget(SceneWidget, ctkRangeWidget):
    """A range that takes its unit from the scene in Slicer."""


class qMRMLSpinBox(SceneWidget, QtWidgets.QDoubleSpinBox):
    """A spin box that takes its unit from the scene in Slicer."""
