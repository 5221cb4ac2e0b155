"""Views of a perfusion study: one map of choice, Tmax, and the mismatch on the image, linked; curves below."""

from typing import Any

import slicer
from slicer import util
from slicer.i18n import tr as _

from strokequant.config import ReportConfig
from strokequant.perfusion_config import PerfusionReportConfig
from strokequant.record.montage import robust_window
from strokequant.types import CaseRecord

from .colortables import showMap
from .layouts import CaseViews, View, fillIn, outlineOnly, setWindow
from .perfusiondrawing import coreName

LAYOUT = 5622
"""Number of the layout."""

MAP, TMAX, OVERLAY, PLOT = "StrokeMap", "StrokeTmax", "StrokeMismatch", "StrokeCurves"
"""Slice views from left to right, and the plot view."""

IMAGE = "perfusion"
CHOICES = (IMAGE, "cbf", "cbv", "mtt", "tmax")
"""What the first view shows."""

DIFFUSION = "dwi_on_perfusion"
LESION_COLOR = (1.0, 1.0, 1.0)
"""White is in no table of a map."""


class PerfusionViews(CaseViews):
    """The views.

    Args:
        lesion: id of the segment that is outlined.
    """

    def __init__(self, lesion: str):
        views = ((MAP, _("Map"), "#E69F00"), (TMAX, "Tmax", "#56B4E9"), (OVERLAY, _("Mismatch"), "#009E73"))
        super().__init__(LAYOUT, [View(*view) for view in views], PLOT)
        self._lesion = lesion

    def showCase(self, nodes: Any, record: CaseRecord, segmentation, chosen: str) -> None:
        """Put a case into the views.

        Args:
            nodes: `CaseNodes`.
            record: of the nodes.
            segmentation: with lesion, core and mismatch; None where nothing was measured.
            chosen: of `CHOICES`.
        """
        self.showColors(nodes, record)
        image = nodes.images.get(IMAGE)
        self.show((self._choice(nodes, chosen), nodes.maps.get("tmax") or image, image))
        if segmentation is not None:
            for other in set(nodes.segmentations.values()) - {segmentation}:  # of diffusion, on its own grid
                other.SetDisplayVisibility(False)
            segmentation.GetSegmentation().GetSegment(self._lesion).SetColor(*LESION_COLOR)
            fillIn(segmentation, OVERLAY, ("mismatch", coreName(record)))
            self.showEdited(segmentation, self._lesion)

    def showColors(self, nodes: Any, record: CaseRecord) -> None:
        """Colors and windows of maps, windows of images; they follow the reference tissue."""
        reference = record.perfusion.reference if record.perfusion is not None else None
        for name, node in nodes.maps.items():
            if slicer.mrmlScene.IsNodePresent(node):
                showMap(name, node, reference)
        brain = record.masks.get("perfusion_brain")
        for name in (IMAGE, DIFFUSION):
            node = nodes.images.get(name)
            if node is not None and slicer.mrmlScene.IsNodePresent(node):
                setWindow(node, *_grayWindow(record, name, node, brain))

    def showEdited(self, segmentation, structure: str) -> None:
        """Contours of the lesion, and of the core while that is drawn on."""
        outlineOnly(segmentation, (self._lesion, structure))

    def showMap(self, nodes: Any, chosen: str) -> None:
        """Show another map in the first view; slice and zoom stay."""
        self._fill(MAP, self._choice(nodes, chosen))

    def showDiffusion(self, nodes: Any, on: bool) -> None:
        """Lay diffusion over perfusion, half transparent, or take it away."""
        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(OVERLAY) if manager is not None else None
        node = nodes.images.get(DIFFUSION) if nodes is not None else None
        if widget is None or node is None or not slicer.mrmlScene.IsNodePresent(node):
            return
        composite = widget.mrmlSliceCompositeNode()
        composite.SetForegroundVolumeID(node.GetID() if on else None)
        composite.SetForegroundOpacity(0.5 if on else 0.0)

    def showCurves(self, chart) -> None:
        """Put a vtkMRMLPlotChartNode into the plot view; None empties it."""
        view = slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode")
        if view is not None:
            view.SetPlotChartNodeID(chart.GetID() if chart is not None else None)

    def _choice(self, nodes: Any, chosen: str):
        node = nodes.maps.get(chosen) or nodes.images.get(IMAGE)
        return node if node is not None and slicer.mrmlScene.IsNodePresent(node) else None


def _grayWindow(record: CaseRecord, name: str, node, brain) -> tuple[float, float]:
    config = PerfusionReportConfig()
    if name == IMAGE and record.perfusion is not None and record.perfusion.kind == "ctp":
        return config.ct_low_hu, config.ct_high_hu
    return robust_window(util.arrayFromVolume(node), brain.values if brain is not None else None, ReportConfig())
