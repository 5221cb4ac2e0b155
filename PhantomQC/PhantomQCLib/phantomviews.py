"""Views of a phantom: two images side by side with the regions as contours, control charts below."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from slicer import util
from slicer.i18n import tr as _

from StrokeBiomarkersLib.layouts import CaseViews, View, outlineOnly, setWindow

LAYOUT = 5624
"""Number of the layout."""

LEFT, RIGHT = "PhantomLeft", "PhantomRight"
SHEWHART, CUSUM = "PhantomShewhart", "PhantomCusum"
"""Slice views from left to right, plot views below them."""

HU_WINDOW = (-160.0, 240.0)
"""Of the report: water, polyethylene and acrylic are told apart."""


class PhantomViews(CaseViews):
    """The two views and the two charts."""

    def __init__(self):
        views = (View(LEFT, _("Image"), "#E69F00"), View(RIGHT, _("Image or ADC"), "#56B4E9"))
        super().__init__(LAYOUT, views, SHEWHART, CUSUM)

    def showSession(self, images: Mapping[str, Any], regions) -> None:
        """Put a session into the views.

        Args:
            images: vtkMRMLScalarVolumeNode by title; the first one left, the last one right.
            regions: vtkMRMLSegmentationNode, None where nothing was found.
        """
        if not images:
            return
        for title, node in images.items():
            setWindow(node, *_window(title, util.arrayFromVolume(node)))
        nodes = list(images.values())
        self.show((nodes[0], nodes[-1]))
        self.showRegions(regions)

    def showRegions(self, regions) -> None:
        """Regions as contours, with those that were added since."""
        if regions is not None:
            outlineOnly(regions, tuple(regions.GetSegmentation().GetSegmentIDs()))


def _window(title: str, values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if title == "ct":
        return HU_WINDOW
    if title == "adc":
        positive = known[known > 0]
        return 0.0, 1.2 * float(np.percentile(positive, 98)) if len(positive) else 1.0
    low, high = (float(np.percentile(known, p)) for p in (1, 99.7)) if len(known) else (0.0, 1.0)
    return (low, high) if high > low else (low, low + 1.0)
