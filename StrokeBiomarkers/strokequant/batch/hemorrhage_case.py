"""Hemorrhage on the plain CT of one time point, added to its record.

Computes nothing itself: it hands the result of each stage to the next, and what a stage refuses becomes measurements without a value, with
the reasons. With seeds a reader's clots are outlined; without, the automatic proposal is measured and marked as such.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..biomarkers.abc2 import abc2_of_mask
from ..biomarkers.hemorrhage_measures import hemorrhage_measurements, not_measured, union
from ..dicomio.audit import audit_series
from ..dicomio.ct_audit import CtAudit, audit_ct_headers, audit_ct_values
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..hemorrhage_types import EDEMA, HemorrhageResult, Structure
from ..segmentation.blood_proposal import BloodProposal, propose_blood
from ..segmentation.ct_head import CtHead, ct_head
from ..segmentation.edema import segment_edema
from ..segmentation.hematoma import Hematoma, segment_hematoma
from ..settings import Settings
from ..types import CaseRecord, GeometryAudit, Mask, Measurement, Role, Series, Status, Verdict, Volume
from .hemorrhage_answers import HemorrhageAnswers
from .hemorrhage_growth import visit_facts, with_growth

PROPOSAL = Issue(
    "S05",
    Level.WARN,
    "automatic outline of blood, not signed by a reader",
    "a reader's confirmation",
    "treat it as a proposal: take or leave every candidate, click into the clot, edit, sign",
)
_INSPECT = "run 'strokequant inspect' to see what every series was taken for"


@dataclass
class _InHand:
    """What one case has in hand as it walks."""

    image: Volume | None = None
    head: CtHead | None = None
    clots: list[Hematoma] = field(default_factory=list)
    proposal: BloodProposal | None = None
    edema: Mask | None = None
    looked: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def add_hemorrhage(
    record: CaseRecord,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    answers: HemorrhageAnswers = HemorrhageAnswers(),
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """The record with hemorrhage measured; never raises for bad input.

    Args:
        record: of the time point, with what else was measured.
        settings: thresholds of all stages.
        chosen: series keys that a person named; a named CT is measured though its tags speak against it, with the warning.
        answers: of a person.
        stage: called with the name of each stage as it begins.
    """
    if any(issue.blocks for issue in record.issues if issue.code == "I03"):
        return _without(record, Status.NOT_EVALUABLE, [i for i in record.issues if i.code == "I03"])
    stage("audit")
    candidates = _candidates(record.series, chosen)
    audits = {s.key: audit_series(s, config=settings.audit) for s in candidates}
    record = replace(record, audits={**record.audits, **audits})
    series, header, reasons = _select(candidates, audits, chosen, record, settings)
    if series is None:
        status = Status.NOT_EVALUABLE if candidates or _refused_ct(record.series) else Status.MISSING
        return _without(record, status, reasons)
    hand = _InHand(facts=dict(header.facts), issues=[*series.issues, *audits[series.key].issues, *header.issues])
    try:
        _walk(series, hand, settings, answers, stage)
    except StrokeQuantError as error:
        blocking = tuple(i for i in error.issues if i.blocks) or error.issues
        hand.issues += error.issues
        return _merged(record, hand, series, not_measured(Status.NOT_EVALUABLE, blocking), answers, settings)
    stage("measures")
    measurements = _measurements(hand, answers, settings)
    measured = _merged(record, hand, series, measurements, answers, settings)
    return with_growth(measured, answers.baseline, config=settings.growth) if answers.baseline else measured


def _candidates(series: Sequence[Series], chosen: Sequence[str]) -> list[Series]:
    ct = [s for s in series if s.modality == "CT"]
    named = [s for s in series if s.key in chosen and s.modality in ("CT", "")]
    return named or [s for s in ct if s.role is Role.NCCT]


def _refused_ct(series: Sequence[Series]) -> list[Series]:
    return [s for s in series if s.modality == "CT" and s.role not in (Role.LOCALIZER, Role.CTP)]


def _select(
    candidates: Sequence[Series], audits: Mapping[str, GeometryAudit], chosen, record: CaseRecord, settings: Settings
) -> tuple[Series | None, CtAudit, tuple[Issue, ...]]:
    """Series, its audit, and why there is none."""
    issues: list[Issue] = []
    usable: list[tuple[Series, CtAudit]] = []
    for s in candidates:
        header = _as_named(audit_ct_headers(s, config=settings.ct_audit), s.key in chosen)
        blocking = [i for i in (*s.issues, *audits[s.key].issues, *header.issues) if i.blocks]
        if audits[s.key].verdict is Verdict.REFUSE or blocking:
            issues += blocking
        else:
            usable.append((s, header))
    if not candidates:
        return None, CtAudit(), _nothing(record, settings)
    thin = _thinnest(usable)
    if len(thin) == 1:
        return *thin[0], ()
    if not usable:
        return None, CtAudit(), tuple(dict.fromkeys(issues))
    listed = ", ".join(s.label for s, _ in thin)
    remedy = "name one with --series KEY"
    return None, CtAudit(), (Issue("C01", Level.ASK, f"{len(thin)} plain CT series: {listed}", "one", remedy),)


def _thinnest(usable: Sequence[tuple[Series, CtAudit]]) -> list[tuple[Series, CtAudit]]:
    """Of several reconstructions the one with the thinnest slices; only equal ones are left to a person."""

    def thickness(pair: tuple[Series, CtAudit]) -> float:
        told = pair[1].facts.get("thickness_mm") or [float("inf")]
        return max(told)

    least = min((thickness(pair) for pair in usable), default=0.0)
    return [pair for pair in usable if thickness(pair) <= least]


def _as_named(audit: CtAudit, named: bool) -> CtAudit:
    """A question that naming the series answers stays as a warning."""
    if not named:
        return audit
    answered = (replace(i, level=Level.WARN) if i.level is Level.ASK else i for i in audit.issues)
    return replace(audit, issues=tuple(answered))


def _nothing(record: CaseRecord, settings: Settings) -> tuple[Issue, ...]:
    """Why no series is a plain CT: what speaks against those that are CT, or that there is none."""
    found = [
        i for s in _refused_ct(record.series) for i in audit_ct_headers(s, config=settings.ct_audit).issues if i.blocks
    ]
    if found:
        return tuple(dict.fromkeys(found))
    roles = ", ".join(sorted({str(s.role) for s in record.series})) or "nothing"
    return (Issue("I02", Level.STOP, f"no plain head CT; found: {roles}", "a CT without contrast agent", _INSPECT),)


def _walk(series: Series, hand: _InHand, settings: Settings, answers: HemorrhageAnswers, stage) -> None:
    stage("read")
    hand.image = read_volume(series, config=settings.read)
    hand.issues += hand.image.issues
    stage("brain")
    _stop_at(_values(hand, settings))
    hand.head = ct_head(hand.image, config=settings.ct_head, skull_config=settings.perfusion_brain)
    hand.issues += hand.head.issues
    _stop_at(_values(hand, settings))
    stage("hemorrhage")
    if answers.seeds:
        hand.clots = _clicked(hand, answers, settings)
    else:
        hand.proposal = propose_blood(
            hand.image,
            hand.head,
            config=settings.blood_proposal,
            hematoma_config=settings.hematoma,
            head_config=settings.ct_head,
        )
        hand.clots = list(hand.proposal.clots)
        hand.issues += hand.proposal.issues
        hand.looked = True
    stage("edema")
    ich = [c for c in hand.clots if c.mask.name == Structure.ICH]
    if ich:
        hand.edema = segment_edema(
            hand.image,
            union(hand.clots),
            union(ich),
            hand.head,
            config=settings.hemorrhage,
            head_config=settings.ct_head,
        )


def _values(hand: _InHand, settings: Settings) -> tuple[Issue, ...]:
    types = hand.image.provenance.get("rescale_types") or ()
    audit = audit_ct_values(hand.image, hand.head, rescale_types=types, config=settings.ct_audit)
    hand.facts |= audit.facts
    hand.issues += [i for i in audit.issues if i not in hand.issues]
    return audit.issues


def _clicked(hand: _InHand, answers: HemorrhageAnswers, settings: Settings) -> list[Hematoma]:
    clots: list[Hematoma] = []
    for seed in answers.seeds:
        clot = segment_hematoma(
            hand.image, seed.point_lps, head=hand.head, structure=str(seed.structure), config=settings.hematoma
        )
        clots.append(_apart(clot, clots, hand))
    return clots


def _apart(clot: Hematoma, before: Sequence[Hematoma], hand: _InHand) -> Hematoma:
    """A clot without the voxels that an earlier one holds: no voxel is counted twice."""
    taken = union(before) if before else None
    shared = np.count_nonzero(clot.mask.values & taken) if taken is not None else 0
    if not shared:
        return clot
    ml = hand.image.geometry.volume_ml(clot.mask.values & taken)
    found = f"{clot.mask.name} shares {ml:.1f} mL with what was clicked before"
    remedy = "they count with the first; draw the border between brain and ventricle by hand"
    issue = Issue("H19", Level.WARN, found, "structures that do not touch", remedy)
    hand.issues.append(issue)
    mask = replace(clot.mask, values=clot.mask.values & ~taken)
    ratio = mask.volume_ml / clot.volume_ml if clot.volume_ml else 0.0
    return replace(
        clot,
        mask=mask,
        volume_ml=mask.volume_ml,
        half_maximum_ml=clot.half_maximum_ml * ratio,
        fixed_window_ml=clot.fixed_window_ml * ratio,
        step_band_ml=tuple(b * ratio for b in clot.step_band_ml),
        issues=(*clot.issues, issue),
    )


def _stop_at(issues: Sequence[Issue]) -> None:
    blocking = [i for i in issues if i.blocks]
    if blocking:
        raise StrokeQuantError(*blocking)


def _measurements(hand: _InHand, answers: HemorrhageAnswers, settings: Settings) -> tuple[Measurement, ...]:
    hand.issues.append(PROPOSAL)
    of_clots = {i for c in hand.clots for i in c.issues}
    beside = [i for i in hand.issues if i.level is Level.WARN and i not in of_clots]
    clicked = {s.structure for s in answers.seeds}
    # the automatic search looks for parenchymal and ventricular blood only
    searched = clicked or {Structure.ICH, Structure.IVH}
    return hemorrhage_measurements(
        hand.image,
        hand.clots,
        edema=hand.edema,
        searched=sorted(searched),
        issues=tuple(dict.fromkeys(beside)),
        config=settings.measure,
        limits=settings.hemorrhage,
    )


def _without(record: CaseRecord, status: Status, reasons: Sequence[Issue]) -> CaseRecord:
    issues = tuple(dict.fromkeys((*record.issues, *reasons)))
    return replace(record, measurements=(*record.measurements, *not_measured(status, reasons)), issues=issues)


def _merged(record: CaseRecord, hand: _InHand, series: Series, measurements, answers, settings: Settings) -> CaseRecord:
    """The record with everything that the CT gave."""
    issues = tuple(dict.fromkeys(i for i in (*hand.issues, *(i for c in hand.clots for i in c.issues))))
    ich = [c for c in hand.clots if c.mask.name == Structure.ICH]
    result = HemorrhageResult(
        tuple(hand.clots),
        hand.proposal.candidates if hand.proposal else (),
        abc2_of_mask(union(ich), hand.image.geometry, settings.hemorrhage) if ich else None,
        proposal=not answers.seeds,
        facts=hand.facts,
        parameters={"answers": answers.given()} if answers.given() else {},
        issues=issues,
    )
    source = hand.image.source if hand.image else None
    merged = replace(
        record,
        used={**record.used, "ncct": series.key},
        measurements=(*record.measurements, *measurements),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
        inputs=(*record.inputs, source) if source is not None else record.inputs,
        masks={**record.masks, **_masks(hand)},
        images={**record.images, **({"ncct": hand.image} if hand.image else {})},
        hemorrhage=result,
    )
    return replace(merged, hemorrhage=replace(result, facts={**result.facts, "visit": visit_facts(merged)}))


def _masks(hand: _InHand) -> dict[str, Mask]:
    if hand.head is None:
        return {}
    found = {"ct_brain": replace(hand.head.brain, name="ct_brain"), "ventricles": hand.head.ventricles}
    for structure in Structure:
        clots = [c for c in hand.clots if c.mask.name == structure]
        if clots:
            method = "; ".join(dict.fromkeys(c.mask.method for c in clots))
            found[str(structure)] = replace(clots[0].mask, values=union(clots), method=method)
    if hand.looked and str(Structure.ICH) not in found:
        empty = np.zeros(hand.image.geometry.shape, bool)
        found[str(Structure.ICH)] = Mask(empty, hand.image.geometry, str(Structure.ICH), "looked for and not found")
    if hand.edema is not None:
        found[EDEMA] = hand.edema
    return found
