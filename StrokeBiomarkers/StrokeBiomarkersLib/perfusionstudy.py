"""A perfusion case up to its curves: what is computed once, and the answers that it was computed with. No node is touched here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from strokequant.batch.core_case import measure_core, new_record
from strokequant.batch.discover import CaseInput
from strokequant.batch.perfusion_case import (
    PerfusionAnswers,
    PerfusionStudy,
    open_study,
    refused_record,
    select_study,
)
from strokequant.errors import StrokeQuantError
from strokequant.settings import Settings
from strokequant.types import CaseRecord, Role, SkippedFile

EARLY = ("times_s", "echo_time_ms", "baseline", "leakage_correction")
"""Answers that curves are computed with."""

FACTS = ("clinical", "overlay_confirmed")
"""Answers that change no map and no lesion."""

OTHER_MAPS = ("aif_lps", "aif_candidate", "affected")
"""Answers with which the clusters are other ones."""


class OpenedCase(NamedTuple):
    """A case up to its curves.

    Args:
        base: record without perfusion, with the diffusion core where there is one.
        study: None where no series may be measured.
        answers: that it was opened with; those about times, echo time, baseline and leakage hold until it is opened again.
    """

    base: CaseRecord
    study: PerfusionStudy | None
    answers: PerfusionAnswers

    def held(self, answers: PerfusionAnswers) -> PerfusionAnswers:
        """Answers of a reader, with what the curves were computed with."""
        return replace(answers, **{name: getattr(self.answers, name) for name in EARLY})


def openCase(
    case: CaseInput,
    answers: PerfusionAnswers,
    stage: Callable[[str], None],
    *,
    settings: Settings,
    chosen: Sequence[str],
    skipped: Sequence[SkippedFile],
) -> tuple[OpenedCase, CaseRecord | None]:
    """Diffusion core, images, motion, curves, vessels, registration.

    Args:
        case: one time point.
        answers: of the reader.
        stage: called with the word of every stage; may raise `CancelledError`.
        settings, chosen, skipped: as of `measure_case`.

    Returns:
        the case, and a record only where it is refused on the way.
    """
    how = {"settings": settings, "answers": answers}
    if any(one.role in (Role.DWI, Role.ADC) for one in case.series):
        stage("core")
        shared = {"settings": settings, "chosen": chosen, "skipped": skipped}
        base = measure_core(case, stage=lambda text: stage("core"), **shared)
    else:
        base = new_record(case, settings, skipped)
    base, study = select_study(base, chosen=chosen, **how)
    if study is None:
        return OpenedCase(base, None, answers), base
    try:
        open_study(base, study, stage=stage, **how)
    except StrokeQuantError as error:
        return OpenedCase(base, study, answers), refused_record(base, study, error, **how)
    return OpenedCase(base, study, answers), None


def isNew(name: str, new: PerfusionAnswers, old: PerfusionAnswers) -> bool:
    """True where an answer is another one."""
    return getattr(new, name) != getattr(old, name)
