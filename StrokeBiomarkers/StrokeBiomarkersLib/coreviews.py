"""Views of an infarct core: DWI, ADC and overlay side by side with the windows of the report."""

from collections.abc import Mapping

import numpy as np
from slicer import util
from slicer.i18n import tr as _

from strokequant.config import ReportConfig
from strokequant.record.montage import robust_window

from .candidates import candidateId
from .diffusioncore import CORE
from .layouts import CaseViews, View, fillIn, outlineOnly, setWindow

LAYOUT = 5621
"""Number of the layout."""

DWI, ADC, OVERLAY = "StrokeDWI", "StrokeADC", "StrokeOverlay"
"""Slice views from left to right."""

LEFT_OUT_COLOR = (0.34, 0.71, 0.91)


class CoreViews(CaseViews):
    """The three views."""

    def __init__(self):
        views = ((DWI, "DWI", "#E69F00"), (ADC, "ADC", "#56B4E9"), (OVERLAY, _("DWI + core"), "#009E73"))
        super().__init__(LAYOUT, [View(*view) for view in views])

    def showCase(self, dwi, adc, segmentation, brain: np.ndarray | None) -> None:
        """Put a case into the views.

        Args:
            dwi, adc: vtkMRMLScalarVolumeNode, None where there is none.
            segmentation: vtkMRMLSegmentationNode with the core.
            brain: (k, j, i) voxels that the DWI window is made for.
        """
        setWindows(dwi, adc, brain)
        self.show((dwi or adc, adc or dwi, dwi or adc))
        outlineOnly(segmentation, (CORE,))
        for segmentId in segmentation.GetSegmentation().GetSegmentIDs():
            if segmentId != CORE:
                segmentation.GetSegmentation().GetSegment(segmentId).SetColor(*LEFT_OUT_COLOR)
        fillIn(segmentation, OVERLAY, (CORE,))


def setWindows(dwi, adc, brain: np.ndarray | None, config: ReportConfig = ReportConfig()) -> None:
    """Windows of the report: DWI by percentiles of the brain, ADC always the same, so that cases can be compared by eye."""
    if dwi is not None:
        setWindow(dwi, *robust_window(util.arrayFromVolume(dwi), brain, config))
    setWindow(adc, config.adc_window_low, config.adc_window_high)


def showDecisions(segmentation, decisions: Mapping[int, bool]) -> None:
    """Contours of the candidates that are left out; those that are accepted are part of the core."""
    display = segmentation.GetDisplayNode()
    for label, accepted in decisions.items():
        if segmentation.GetSegmentation().GetSegment(candidateId(label)):
            display.SetSegmentVisibility(candidateId(label), not accepted)
