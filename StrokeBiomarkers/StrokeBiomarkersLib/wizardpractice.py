"""What was expected of a practice case, once it is signed: quantities in the panel, the true outline beside the reader's in the views."""

from typing import Any

import numpy as np
import qt
import slicer
from slicer.i18n import tr as _

from strokequant.errors import StrokeQuantError
from strokequant.geometry import Geometry
from strokequant.trial.item_file import TRAINING
from strokequant.trial.item_states import ItemState
from strokequant.trial.practice import PracticeResult, PracticeRow, is_practice, practice_result
from strokequant.trial.training import on_grid
from strokequant.types import Mask

from .hierarchy import placeUnderStudy, removeNodes, studyOf
from .issuetexts import issueText
from .layouts import outlineOnly
from .segmentations import maskToSegment, segmentationNode
from .sequences import imageGeometry
from .wizard import Wizard, says
from .wizardsteps import FilledTable

TRUTH = "truth"
"""Id of the segment."""

COLOR = (1.0, 0.0, 1.0)
"""Magenta, which no structure of a reader has."""

HEIGHT = 150
"""Pixels of the table."""


class PracticeBox:
    """The section of a practice case.

    Args:
        box: QWidget with a layout; hidden for all other cases.
    """

    def __init__(self, box):
        self._box = box
        self.label = qt.QLabel()
        self.label.wordWrap = True
        box.layout().addWidget(self.label)
        headers = [_("Quantity"), _("Expected"), _("Signed"), _("Difference (limit)")]
        self.table = FilledTable(box.layout(), headers, HEIGHT)
        self.node: Any = None
        self._shown: tuple[str, int, str] | None = None
        self.clear()

    def show(self, source: Any, wizard: Wizard, language: str) -> bool:
        """Show what may be seen of a case by now.

        Args:
            source: that the case is of.
            wizard: the reading; only one that is signed shows its answer.
            language: of the names of quantities, "en" or "ko".

        Returns:
            True for a practice case.
        """
        item = wizard.item
        if not source.isTrial or item.file.model != TRAINING or not is_practice(source.trial, item.id):
            self.clear()
            return False
        shown = item.id, item.status.version, language
        if item.status.state is not ItemState.SIGNED:
            if self._shown is not None:
                self.clear()
            self.label.text = _("Practice case: what is expected is shown once it is signed. It qualifies for nothing.")
        elif self._shown != shown:
            self.clear()
            self._shown = shown
            self._box.visible = True
            self._compare(source, wizard, language)
        self._box.visible = True
        return True

    def clear(self, *, forget: bool = True) -> None:
        """Hide the section, and let go of the outline.

        Args:
            forget: remove its node; else the scene was cleared.
        """
        node, self.node = self.node, None
        if node is not None and forget:
            removeNodes(node)
        self._shown = None
        self._box.visible = self.table.table.visible = False

    def _compare(self, source: Any, wizard: Wizard, language: str) -> None:
        try:
            result = practice_result(source.trial, wizard.item.id)
            lines = [_outcome(result), _proposal(result.trap), self._outline(result, wizard)]
        except StrokeQuantError as error:
            self.label.text = "\n".join(issueText(issue) for issue in says(error))
            return
        self.label.text = "\n".join(line for line in lines if line)
        number = 1 if language == "ko" else 0
        self.table.table.visible = True
        self._box.layout().activate()  # columns are fitted to the width that the table has
        self.table.fill((row.name[number], row.expected, row.read or "–", _within(row)) for row in result.rows)

    def _outline(self, result: PracticeResult, wizard: Wizard) -> str:
        """Show the true outline on the image of the reading; what is said of it."""
        if result.outline is None:
            return ""
        image = wizard.core.hostImage()
        voxels = _onImage(*result.outline, image) if image is not None else None
        if voxels is None:
            return _("The true outline is not on the grid of the image, and is not shown.")
        mask = Mask(voxels, imageGeometry(image), TRUTH, "known of a synthetic patient")
        name = slicer.mrmlScene.GenerateUniqueName(_("True outline"))
        self.node = segmentationNode(image, name)
        maskToSegment(mask, self.node, image, name=name)
        self.node.GetSegmentation().GetSegment(TRUTH).SetColor(*COLOR)
        outlineOnly(self.node, (TRUTH,))
        placeUnderStudy(self.node, studyOf(image))
        if not voxels.any():
            return _("There is no lesion.")
        return _("The true outline is magenta in the views.")


def _onImage(values: np.ndarray, geometry: Geometry, image: Any) -> np.ndarray | None:
    """Voxels of the truth on the grid of an image; None where they are not voxels of it."""
    voxels = on_grid(values, geometry.affine, imageGeometry(image))
    return voxels if np.count_nonzero(voxels) == np.count_nonzero(values) else None


def _outcome(result: PracticeResult) -> str:
    if result.passed:
        return _("Practice case: passed. It qualifies for nothing.")
    return _("Practice case: not passed. It qualifies for nothing.")


def _proposal(trap: str) -> str:
    return {
        "": _("The automatic proposal was right."),
        "false": _("The automatic proposal was wrong: it held a candidate that is no lesion."),
        "missed": _("The automatic proposal was wrong: it missed a lesion."),
        "leaked": _("The automatic proposal was wrong: it ran into what lies beside the lesion."),
    }[trap]


def _within(row: PracticeRow) -> str:
    return f"{'✓' if row.is_met else '✗'} {row.difference or '–'} ({row.limit})"
