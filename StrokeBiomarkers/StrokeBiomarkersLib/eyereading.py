"""Reading of images that are looked at and not measured by themselves: vessels, and the image that a final infarct is outlined on. No widget."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import slicer

from strokequant.batch.core_case import new_record
from strokequant.batch.final_infarct_case import technique_of, with_final_image
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.read import read_volume
from strokequant.errors import StrokeQuantError
from strokequant.types import CaseRecord, Role

from .case import caseToScene
from .editstate import EditState
from .offers import Offer
from .reading import Progress, Reading, silent
from .waits import Wait

SHOWN = 3
"""Series that are shown side by side."""


class EyeReading(Reading):
    """Images in the scene, and a record that holds what was chosen of them.

    Args:
        task: "recanalization" or "final_infarct".
    """

    module = "StrokeBiomarkers"
    stages = ("read",)

    def __init__(self, task: str):
        super().__init__()
        self._task = task
        self.technique = ""

    def measure(self, stage: Callable[[str], None]) -> CaseRecord:
        """The record with the images that are looked at; nothing is measured."""
        stage("read")
        record = new_record(self.case, self.settings, self._skipped)
        return self._vessels(record) if self._task == "recanalization" else self._final(record)

    def compute(self, progress: Progress = silent) -> CaseRecord:
        """Read the images and show them."""
        record = self.measure(self._stage(progress))
        progress(len(self.stages), len(self.stages), "show")
        self.forget()
        self.record = record
        self.nodes = caseToScene(record, module=self.module) if record.images else None
        return record

    def isMeasured(self) -> bool:
        """False: nothing that is measured can be edited here."""
        return False

    def images(self) -> list[Any]:
        """Nodes of the images, in order."""
        found = self.nodes.images.values() if self.nodes is not None else ()
        return [node for node in found if slicer.mrmlScene.IsNodePresent(node)]

    def hostImage(self):
        """The image that can be outlined on, None where there is none."""
        return next(iter(self.images()), None)

    def isUnwritten(self) -> bool:
        """False: there is nothing of its own to lose."""
        return False

    def offers(self) -> tuple[Offer, ...]:
        """Nothing to choose."""
        return ()

    def inputsWait(self) -> Wait:
        """Nothing: what is not there is a condition of the procedure."""
        return Wait()

    def editState(self) -> EditState:
        """Nothing of its own."""
        return EditState()

    def restoreEdits(self, state: EditState) -> None:
        """Nothing of its own."""

    def _vessels(self, record: CaseRecord) -> CaseRecord:
        """Angiographies that can be read as volumes; projections are named with the reason and stay out."""
        images, audits, issues = {}, {}, []
        for series in (s for s in record.series if s.role is Role.ANGIOGRAPHY):
            try:
                audits[series.key] = audit_series(series, config=self.settings.audit)
                if len(images) < SHOWN:
                    images[f"angiography_{len(images) + 1}"] = read_volume(series, config=self.settings.read)
            except StrokeQuantError as error:
                issues += error.issues
        known = tuple(dict.fromkeys((*record.issues, *issues)))
        return replace(record, images=images, audits={**record.audits, **audits}, issues=known)

    def _final(self, record: CaseRecord) -> CaseRecord:
        """The image of the final infarct, as the run without a window chooses it."""
        self.technique = technique_of(record)
        return with_final_image(record, self.settings, self.chosen)
