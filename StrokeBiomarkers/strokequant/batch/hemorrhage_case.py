"""Hemorrhage on the plain CT of one time point, added to its record: at once, or step by step for a reader who clicks and goes on.

    record, study = select_study(record, ...)
    open_study(study, ...)                          # read, head, automatic search: seconds
    compute_study(study, answers, ...)              # clots and edema: a click costs less than a second
    study_record(record, study, ...)                # numbers

Computes nothing itself: it hands the result of each stage to the next, and what a stage refuses becomes measurements without a value, with
the reasons. With clicks a reader's clots are outlined; without, the automatic proposal is measured and marked as such.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..biomarkers.abc2 import abc2_of_mask
from ..biomarkers.hemorrhage_measures import hemorrhage_measurements, not_measured, union
from ..biomarkers.hemorrhage_reader import reader_measurements
from ..dicomio.audit import audit_series
from ..dicomio.ct_audit import CtAudit, audit_ct_head, audit_ct_values
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..hemorrhage_types import EDEMA, BloodCandidate, HemorrhageResult, Structure
from ..segmentation.blood_proposal import BloodProposal, propose_blood
from ..segmentation.ct_head import CtHead, ct_head
from ..segmentation.edema import segment_edema
from ..segmentation.hematoma import Hematoma
from ..settings import Settings
from ..types import CaseRecord, GeometryAudit, Mask, Measurement, Series, Status, Volume
from .hemorrhage_answers import HemorrhageAnswers
from .hemorrhage_clots import Clots, outlined_clots, with_drawings
from .hemorrhage_growth import visit_facts
from .reader_masks import load_mask
from .select_ct import CtChoice, ct_candidates, select_ct

PROPOSAL = Issue(
    "S05",
    Level.WARN,
    "automatic outline of blood, not signed by a reader",
    "a reader's confirmation",
    "treat it as a proposal: take or leave every candidate, click into the clot, edit, sign",
)
ONLY_PROPOSAL = ("S05", "H20")
"""Said beside the numbers of a proposal, and not beside those of a reader."""

Stage = Callable[[str], None]


def _silent(text: str) -> None:
    """Nobody waits."""


@dataclass
class HemorrhageStudy:
    """What one CT has in hand as it walks.

    Args:
        series: that is measured.
        audit: of its geometry.
        header: audit of its headers.
        image: HU.
        head: masks.
        proposal: of the automatic search.
        facts: of the audits.
        outlines: clots by the point that they were outlined from.
        clots: as of `compute_study`, with the candidates that they are from.
        edema: around the ICH, None where there is none.
        early: issues up to the search; `late`: of clots.
    """

    series: Series
    audit: GeometryAudit
    header: CtAudit
    image: Volume | None = None
    head: CtHead | None = None
    proposal: BloodProposal | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    outlines: dict[tuple[float, ...], Hematoma] = field(default_factory=dict)
    clots: Clots = Clots()
    edema: Mask | None = None
    early: list[Issue] = field(default_factory=list)
    late: list[Issue] = field(default_factory=list)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All, each once."""
        return tuple(dict.fromkeys((*self.early, *self.late, *(i for c in self.clots.hematomas for i in c.issues))))


def add_hemorrhage(
    record: CaseRecord,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
    outlines: Mapping[str, Path] = {},
    reader: str = "",
    stage: Stage = _silent,
) -> CaseRecord:
    """The record with hemorrhage measured; never raises for bad input.

    Args:
        record: of the time point, with what else was measured.
        settings: thresholds of all stages.
        chosen: series keys that a person named; a named CT is measured though its tags speak against it, with the warning.
        answers: of a person.
        outlines: files of a reader by structure, in place of what is outlined here.
        reader: code of who drew them.
        stage: called with the name of each stage as it begins.
    """
    stage("audit")
    record, study = select_study(record, settings=settings, chosen=chosen)
    if study is None:
        return record
    try:
        open_study(study, settings=settings, answers=answers, stage=stage)
        grid = study.image.geometry
        drawn = {name: load_mask(path, grid, name=name, reader=reader) for name, path in outlines.items()}
        compute_study(study, settings=settings, answers=answers, drawn=drawn, stage=stage)
    except StrokeQuantError as error:
        return refused_record(record, study, error, settings=settings, answers=answers)
    return study_record(record, study, settings=settings, answers=answers, stage=stage)


def select_study(
    record: CaseRecord, *, settings: Settings = Settings(), chosen: Sequence[str] = ()
) -> tuple[CaseRecord, HemorrhageStudy | None]:
    """Audit the CT series and choose what is measured.

    Returns:
        The record with the audits, and the study; no study where nothing may be measured: the record says why.
    """
    mixed = [i for i in record.issues if i.code == "I03" and i.blocks]
    if mixed:
        return _without(record, Status.NOT_EVALUABLE, mixed), None
    audits = {s.key: audit_series(s, config=settings.audit) for s in ct_candidates(record.series, chosen)}
    record = replace(record, audits={**record.audits, **audits})
    choice = select_ct(record.series, audits, chosen=chosen, config=settings.ct_audit)
    if choice.series is None:
        return _without(record, Status.NOT_EVALUABLE if choice.found else Status.MISSING, choice.issues), None
    return record, _begun(choice, audits)


def _begun(choice: CtChoice, audits: Mapping[str, GeometryAudit]) -> HemorrhageStudy:
    audit = audits[choice.series.key]
    early = [*choice.series.issues, *audit.issues, *choice.header.issues]
    return HemorrhageStudy(choice.series, audit, choice.header, facts=dict(choice.header.facts), early=early)


def open_study(
    study: HemorrhageStudy,
    *,
    settings: Settings = Settings(),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
    image: Volume | None = None,
    stage: Stage = _silent,
) -> None:
    """Everything that no click changes: image, masks of the head, automatic search.

    Args:
        study: gets the results.
        settings, answers, stage: as of `add_hemorrhage`.
        image: where it was read already.

    Raises:
        StrokeQuantError: what cannot be measured; the study holds what was reached.
    """
    stage("read")
    study.image = image if image is not None else read_volume(study.series, config=settings.read)
    study.early += study.image.issues
    stage("brain")
    types = study.image.provenance.get("rescale_types") or ()
    _note(study, audit_ct_values(study.image, rescale_types=types, config=settings.ct_audit))
    study.head = ct_head(study.image, config=settings.ct_head, skull_config=settings.perfusion_brain)
    study.early += study.head.issues
    _note(study, audit_ct_head(study.image, study.head, config=settings.ct_audit))
    if not answers.searches:
        return
    stage("hemorrhage")
    study.proposal = propose_blood(
        study.image,
        study.head,
        config=settings.blood_proposal,
        hematoma_config=settings.hematoma,
        head_config=settings.ct_head,
    )
    study.outlines |= {clot.seed_lps: clot for clot in study.proposal.clots}
    study.early += study.proposal.issues


def compute_study(
    study: HemorrhageStudy,
    *,
    settings: Settings = Settings(),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
    drawn: Mapping[str, Mask] = {},
    edema: bool = True,
    stage: Stage = _silent,
) -> None:
    """Clots and edema of a study that `open_study` has opened; what it held of them is replaced where nothing is refused.

    Args:
        study: gets the results.
        settings, answers, stage: as of `add_hemorrhage`.
        drawn: masks of structures, or of edema, as a reader drew them, in place of what was outlined.
        edema: looked for again; without, that of before stays, less what is blood now.

    Raises:
        StrokeQuantError: a click that is not on blood.
    """
    if not answers.searches:
        stage("hemorrhage")
    clots = outlined_clots(study.image, study.head, study.proposal, study.outlines, answers, settings)
    study.clots = with_drawings(clots, study.image, drawn, settings)
    study.late = list(study.clots.issues)
    stage("edema")
    found = drawn.get(EDEMA, study.edema)
    if edema and EDEMA not in drawn:
        study.edema = _edema(study, settings)
    elif found is not None:
        study.edema = replace(found, values=found.values & ~study.clots.blood(study.image.geometry.shape))


def refused_record(
    record: CaseRecord,
    study: HemorrhageStudy,
    error: StrokeQuantError,
    *,
    settings: Settings = Settings(),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
) -> CaseRecord:
    """The record of a study that cannot be measured: what was reached, and numbers without a value, with the reasons."""
    reasons = tuple(i for i in error.issues if i.blocks) or error.issues
    study.late += error.issues
    return _merged(record, study, not_measured(Status.NOT_EVALUABLE, reasons), answers, settings, study.issues)


def study_record(
    record: CaseRecord,
    study: HemorrhageStudy,
    *,
    settings: Settings = Settings(),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
    read: bool = False,
    stage: Stage = _silent,
) -> CaseRecord:
    """The record with the numbers of a computed study.

    Args:
        record: as of `select_study`.
        study: after `compute_study`.
        settings, answers, stage: as of `add_hemorrhage`.
        read: a reader has decided: the notes that it is a proposal are left out.
    """
    stage("measures")
    issues = study.issues
    issues = tuple(i for i in issues if i.code not in ONLY_PROPOSAL) if read else (*issues, PROPOSAL)
    measurements = (*_measured(study, answers, settings, issues), *_answered(study, answers))
    return _merged(record, study, measurements, answers, settings, issues)


def searched_structures(answers: HemorrhageAnswers) -> tuple[Structure, ...]:
    """Kinds of blood that somebody, or the automatic search, looked for: what is not outlined of them is 0, all others are missing."""
    if answers.confirmed_zero:
        return tuple(Structure)
    # the automatic search looks for parenchymal and ventricular blood only
    searched = {Structure.ICH, Structure.IVH} if answers.searches else set()
    return tuple(s for s in Structure if s in searched | {seed.structure for seed in answers.seeds})


def _note(study: HemorrhageStudy, audit: CtAudit) -> None:
    study.facts |= audit.facts
    study.early += [i for i in audit.issues if i not in study.early]
    blocking = [i for i in audit.issues if i.blocks]
    if blocking:
        raise StrokeQuantError(*blocking)


def _edema(study: HemorrhageStudy, settings: Settings) -> Mask | None:
    ich = study.clots.of(Structure.ICH)
    if not ich:
        return None
    blood = study.clots.blood(study.image.geometry.shape)
    how = {"config": settings.hemorrhage, "head_config": settings.ct_head}
    return segment_edema(study.image, blood, union(ich), study.head, **how)


def _measured(study: HemorrhageStudy, answers, settings: Settings, issues) -> tuple[Measurement, ...]:
    of_clots = {i for c in study.clots.hematomas for i in c.issues}
    beside = [i for i in issues if i.level is Level.WARN and i not in of_clots]
    drawn = {Structure(name) for name in study.clots.drawn}
    return hemorrhage_measurements(
        study.image,
        study.clots.hematomas,
        edema=study.edema,
        searched=sorted({*searched_structures(answers), *drawn}),
        issues=tuple(dict.fromkeys(beside)),
        config=settings.measure,
        limits=settings.hemorrhage,
    )


def _answered(study: HemorrhageStudy, answers: HemorrhageAnswers) -> tuple[Measurement, ...]:
    return reader_measurements(
        graeb=answers.graeb,
        graeb_expanded=answers.graeb_expanded,
        ivh=answers.ivh_score,
        midline_lps=answers.midline_lps,
        inputs=(study.image.source,) if study.image.source is not None else (),
    )


def _without(record: CaseRecord, status: Status, reasons: Sequence[Issue]) -> CaseRecord:
    issues = tuple(dict.fromkeys((*record.issues, *reasons)))
    return replace(record, measurements=(*record.measurements, *not_measured(status, reasons)), issues=issues)


def _merged(
    record: CaseRecord, study: HemorrhageStudy, measurements, answers: HemorrhageAnswers, settings: Settings, issues
) -> CaseRecord:
    """The record with everything that the CT gave."""
    result = _result(study, answers, settings, issues)
    image = study.image
    merged = replace(
        record,
        used={**record.used, "ncct": study.series.key},
        measurements=(*record.measurements, *measurements),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
        inputs=(*record.inputs, image.source) if image is not None and image.source is not None else record.inputs,
        masks={**record.masks, **_masks(study, measurements)},
        images={**record.images, **({"ncct": image} if image is not None else {})},
        hemorrhage=result,
    )
    return replace(merged, hemorrhage=replace(result, facts={**result.facts, "visit": visit_facts(merged)}))


def _result(study: HemorrhageStudy, answers: HemorrhageAnswers, settings: Settings, issues) -> HemorrhageResult:
    ich = study.clots.of(Structure.ICH)
    return HemorrhageResult(
        study.clots.hematomas,
        study.clots.candidates or _found(study),
        abc2_of_mask(union(ich), study.image.geometry, settings.hemorrhage) if ich else None,
        proposal=not answers.seeds and not answers.decisions and not study.clots.drawn,
        facts=study.facts,
        parameters={"answers": answers.given()} if answers.given() else {},
        issues=tuple(issues),
    )


def _found(study: HemorrhageStudy) -> tuple[BloodCandidate, ...]:
    return study.proposal.candidates if study.proposal is not None else ()


def _masks(study: HemorrhageStudy, measurements: Sequence[Measurement]) -> dict[str, Mask]:
    """Masks of everything; one without voxels for blood that was looked for and is 0, so that every 0 mL can be shown."""
    if study.head is None:
        return {}
    found = {"ct_brain": replace(study.head.brain, name="ct_brain"), "ventricles": study.head.ventricles}
    shape = study.image.geometry.shape
    for structure in Structure:
        clots = study.clots.of(structure)
        if clots:
            method = "; ".join(dict.fromkeys(c.mask.method for c in clots))
            found[str(structure)] = replace(clots[0].mask, values=union(clots), method=method)
        elif str(structure) in study.clots.drawn:
            found[str(structure)] = study.clots.drawn[str(structure)]
    names = {f"{structure}_volume": str(structure) for structure in Structure}
    for m in measurements:
        name = names.get(m.id, "")
        if name and m.status is Status.ZERO and name not in found:
            found[name] = Mask(np.zeros(shape, bool), study.image.geometry, name, m.method)
    if study.edema is not None:
        found[EDEMA] = study.edema
    return found
