"""Views of images that are looked at: up to three series side by side, each with its own window."""

from collections.abc import Sequence
from typing import Any

from slicer import util
from slicer.i18n import tr as _

from strokequant.config import ReportConfig
from strokequant.perfusion_config import PerfusionReportConfig
from strokequant.record.montage import robust_window

from .layouts import CaseViews, View, setWindow

LAYOUT = 5625
"""Number of the layout with one view; the next two have two and three."""

NAMES = ("StrokeImage1", "StrokeImage2", "StrokeImage3")
COLORS = ("#E69F00", "#56B4E9", "#009E73")


class EyeViews(CaseViews):
    """The views.

    Args:
        count: of images, from 1 to 3.
    """

    def __init__(self, count: int):
        labels = [_("Image {number}").format(number=number) for number in range(1, count + 1)]
        views = [View(*view) for view in zip(NAMES, labels, COLORS, strict=False)]
        super().__init__(LAYOUT + count - 1, views[:count])

    def showImages(self, images: Sequence[Any], *, isCt: bool) -> None:
        """Put images into the views.

        Args:
            images: vtkMRMLScalarVolumeNode by view.
            isCt: the window of a brain CT is taken, else one by percentiles.
        """
        config = PerfusionReportConfig()
        for image in images:
            window = (
                (config.ct_low_hu, config.ct_high_hu)
                if isCt
                else robust_window(util.arrayFromVolume(image), None, ReportConfig())
            )
            setWindow(image, *window)
        self.show(images)
