"""Views of a hemorrhage: the CT with contours, and beside it the same slice with the blood filled in."""

from strokequant.perfusion_config import PerfusionReportConfig

from .bloodsegments import EDITABLE
from .layouts import CaseViews, View, fillIn, outlineOnly, setWindow

LAYOUT = 5623
"""Number of the layout."""

CT, BLOOD = "StrokeCT", "StrokeBlood"
"""Slice views from left to right."""


class HemorrhageViews(CaseViews):
    """The two views.

    Args:
        label: of the view with the blood filled in.
    """

    def __init__(self, label: str):
        super().__init__(LAYOUT, [View(CT, "CT", "#E69F00"), View(BLOOD, label, "#009E73")])

    def showCase(self, image, segmentation, config: PerfusionReportConfig = PerfusionReportConfig()) -> None:
        """Put a case into the views.

        Args:
            image: vtkMRMLScalarVolumeNode in HU; the window is always that of the report.
            segmentation: vtkMRMLSegmentationNode with all kinds of blood, and edema.
            config: window.
        """
        setWindow(image, config.ct_low_hu, config.ct_high_hu)
        self.show((image, image))
        outlineOnly(segmentation, EDITABLE)
        fillIn(segmentation, BLOOD, EDITABLE)
