"""A CT in hand: what the library computed of it last, and what follows from decisions, clicks and strokes. No scene, no widget."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from strokequant.batch.hemorrhage_answers import HemorrhageAnswers
from strokequant.batch.hemorrhage_case import (
    HemorrhageStudy,
    compute_study,
    open_study,
    refused_record,
    select_study,
    study_record,
)
from strokequant.batch.hemorrhage_clots import Clots
from strokequant.errors import StrokeQuantError
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import EDEMA
from strokequant.settings import Settings
from strokequant.types import CaseRecord, Mask, Volume

from .bloodsegments import drawnEdema


def _silent(text: str) -> None:
    """Nobody waits."""


class OpenedStudy(NamedTuple):
    """A case with its image in hand.

    Args:
        base: record without hemorrhage.
        study: as computed last.
        outlined: its clots without drawings.
        edema: (k, j, i) as found last; None where a reader had drawn it before.
    """

    base: CaseRecord
    study: HemorrhageStudy
    outlined: Clots
    edema: np.ndarray | None

    def drawnEdema(self, seen: np.ndarray, geometry: Geometry, reader: str = "unknown") -> dict[str, Mask]:
        """Edema where a reader drew it, without the blood that is there now; nothing where it is as it was found."""
        expected = self.edema if self.edema is not None else np.zeros(seen.shape, bool)
        return {} if np.array_equal(seen, expected) else {EDEMA: drawnEdema(seen, geometry, reader)}

    def computed(
        self, settings: Settings, answers: HemorrhageAnswers, drawingsOf: Callable[[Clots], Mapping[str, Mask]]
    ) -> "OpenedStudy":
        """After another decision or click: clots anew, then what was drawn on them; edema stays.

        Args:
            settings: thresholds.
            answers: decisions and clicks.
            drawingsOf: drawings on these clots, edema among them.

        Raises:
            StrokeQuantError: a click that is not on blood; this one is as it was.
        """
        study = replace(self.study, late=[])
        how = {"settings": settings, "answers": answers, "edema": False}
        compute_study(study, **how)
        outlined = study.clots
        drawn = drawingsOf(outlined)
        if drawn:
            compute_study(study, drawn=drawn, **how)
        return self._with(study, outlined, drawn, kept=study.edema is None)

    def settled(self, settings: Settings, answers: HemorrhageAnswers, drawn: Mapping[str, Mask]) -> "OpenedStudy":
        """Edema anew, and all drawings. Args, Raises: as of `computed`."""
        study = replace(self.study, late=[])
        compute_study(study, settings=settings, answers=answers, drawn=drawn)
        return self._with(study, self.outlined, drawn, kept=False)

    def record(self, settings: Settings, answers: HemorrhageAnswers, *, read: bool = False) -> CaseRecord:
        """The record with the numbers of the study; `read`: a reader has decided."""
        return study_record(self.base, self.study, settings=settings, answers=answers, read=read)

    def _with(self, study: HemorrhageStudy, outlined: Clots, drawn: Mapping[str, Mask], *, kept: bool) -> "OpenedStudy":
        found = study.edema.values if study.edema is not None else None
        return OpenedStudy(self.base, study, outlined, self.edema if EDEMA in drawn or kept else found)


def measured(
    record: CaseRecord,
    *,
    settings: Settings,
    answers: HemorrhageAnswers,
    chosen: tuple[str, ...] = (),
    image: Volume | None = None,
    stage: Callable[[str], None] = _silent,
) -> tuple[CaseRecord, OpenedStudy | None]:
    """Measure the CT of a record.

    Args:
        record: of the time point, nothing of hemorrhage in it.
        settings, answers, chosen, stage: as of `add_hemorrhage`.
        image: where it was read already.

    Returns:
        The record, and the case in hand; None where nothing may be measured: the record says why.
    """
    base, study = select_study(record, settings=settings, chosen=chosen)
    if study is None:
        return base, None
    how = {"settings": settings, "answers": answers}
    try:
        open_study(study, image=image, stage=stage, **how)
        compute_study(study, stage=stage, **how)
    except StrokeQuantError as error:
        return refused_record(base, study, error, **how), None
    found = study.edema.values if study.edema is not None else None
    return study_record(base, study, stage=stage, **how), OpenedStudy(base, study, study.clots, found)
