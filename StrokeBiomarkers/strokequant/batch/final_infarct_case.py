"""Final infarct of one time point and its growth against the core of an earlier one.

The outline is a reader's, on DWI, FLAIR or CT, or, within days of the baseline, the automatic proposal on diffusion. A question that
was not answered is asked: an outline on FLAIR or CT gives no volume before somebody has said whether it holds older lesions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..biomarkers.catalog import measure
from ..biomarkers.final_infarct import (
    FINAL,
    GROWTH_MEASURES,
    CsfSpaces,
    Hemispheres,
    Infarct,
    final_infarct_measurements,
    growth_rate,
    infarct_growth,
    without_chronic,
)
from ..biomarkers.forms import Answers, load_forms
from ..biomarkers.regions import mirror_mask, net_water_uptake
from ..biomarkers.visits import visit_of
from ..dicomio.audit import audit_series
from ..dicomio.read import read_diffusion, read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_types import FollowUpResult
from ..hemorrhage_types import Structure
from ..maps.adc import trace_image
from ..segmentation.ct_head import ct_head
from ..settings import Settings
from ..types import CaseRecord, Mask, Measurement, Role, Series, Status, Verdict, Volume
from .baseline_picture import BaselinePicture, baseline_picture
from .earlier import Earlier, EarlierRecord, open_earlier, unusable
from .follow_up_answers import FollowUpAnswers
from .hemorrhage_growth import DRAWN
from .reader_masks import load_mask, reader_of

KIND = "infarct"
FORM = "FI"
CORE = "infarct_core"
CORE_METHOD = "ADC threshold within hyperintensity on DWI, border by shares of lesion"
"""Rule by which a core is outlined here, without the threshold."""
_ROLES = {"FLAIR": (Role.FLAIR,), "CT": (Role.NCCT,), "DWI": (Role.DWI,)}
_PARTS = {"CT": "ncct", "DWI": "dwi"}
"""Parts of a record whose image is the one of this technique."""
VOLUMES = ("final_infarct_volume", "final_infarct_volume_corrected")


@dataclass(frozen=True, eq=False)
class _Outline:
    """An infarct with the image that it was drawn on."""

    mask: Mask
    image: Volume
    series: Series
    technique: str


def add_final_infarct(
    record: CaseRecord,
    earlier: Earlier | None,
    *,
    answers: FollowUpAnswers = FollowUpAnswers(),
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
) -> CaseRecord:
    """The record with the final infarct and its growth, where one was outlined or asked about.

    Args:
        record: of the follow-up, with everything else measured.
        earlier: time point with the core; None where there is none.
        answers: of readers: outlines "infarct" and "chronic", form "FI".
        settings: thresholds.
        chosen: series keys that a person named.
    """
    read = [a for a in answers.forms if a.form == FORM]
    given = read[-1] if read else None
    automatic = earlier is not None and CORE in record.masks and "dwi" in record.images
    if not (given or "infarct" in answers.masks or automatic):
        return record
    try:
        require_one_reading(FORM, read)
        before = open_earlier(earlier) if earlier is not None else None
        outline, audits, beside = _outline(record, before, given, answers, settings, chosen)
        infarct = without_chronic(outline.mask, _chronic(outline, given, answers))
    except StrokeQuantError as error:
        return _refused(record, error.issues)
    infarct = replace(infarct, name=FINAL, issues=tuple(dict.fromkeys((*infarct.issues, *beside))))
    record = replace(
        record,
        used={**record.used, FINAL: outline.series.key},
        masks={**record.masks, FINAL: infarct},
        images={**record.images, FINAL: outline.image},
        audits={**record.audits, **audits},
        inputs=tuple(dict.fromkeys((*record.inputs, *([outline.image.source] if outline.image.source else [])))),
    )
    inputs = (outline.image.source,) if outline.image.source else ()
    volumes = final_infarct_measurements(infarct, edema=_edema(given), inputs=inputs, config=settings.measure)
    if outline.technique == "CT":
        volumes += (_water(outline.image, infarct, _blood(record, infarct), inputs, settings),)
    issues = tuple(dict.fromkeys((*record.issues, *infarct.issues)))
    record = replace(record, measurements=(*record.measurements, *volumes), issues=issues)
    return record if before is None else _with_growth(record, before, outline, volumes[0], given, settings)


def _outline(
    record: CaseRecord, before: EarlierRecord | None, given: Answers | None, answers: FollowUpAnswers, settings, chosen
) -> tuple[_Outline, dict[str, Any], tuple[Issue, ...]]:
    """The infarct as it was outlined, audits of its series, and what stands beside its volume.

    Raises:
        StrokeQuantError: an answer or an outline that is missing or cannot be used.
    """
    if "infarct" not in answers.masks:
        if given is not None and not (given.modality == "DWI" and CORE in record.masks):
            remedy = "outline it, as infarct.nii.gz or infarct.seg.nrrd in the folder of --masks"
            raise StrokeQuantError(
                Issue("E54", Level.ASK, "no outline", "the infarct, outlined by a reader", remedy, FORM)
            )
        return _proposed(record, before, given, settings)
    _require_answers(given)
    series, image, audits = final_image(record, given.modality, settings, chosen)
    mask = load_mask(answers.masks["infarct"], image.geometry, name="infarct", reader=answers.reader or given.reader)
    return _Outline(mask, image, series, given.modality), audits, _told(given, image)


def _proposed(
    record: CaseRecord, before: EarlierRecord | None, given: Answers | None, settings: Settings
) -> tuple[_Outline, dict[str, Any], tuple[Issue, ...]]:
    """The automatic outline on diffusion, as long as the ADC of an infarct is low."""
    if given is not None:
        _require_answers(given)
    series = next(s for s in record.series if s.key == record.used["dwi"])
    image = replace(record.images["dwi"], source=record.images["dwi"].source or _source(record, series))
    days = _days_between(before, series)
    limit = settings.final_infarct.automatic_days
    remedy = "outline the infarct on this scan, and answer the form FI"
    if days is None or not 0 <= days <= limit:
        when = "at a time that is not known" if days is None else f"{days:.1f} days after the baseline"
        found = f"an automatic outline on diffusion {when}"
        raise StrokeQuantError(Issue("E54", Level.ASK, found, f"up to {limit:g} days, or a reader's outline", remedy))
    told = (
        []
        if given
        else [Issue("E50", Level.WARN, "nobody said whether the outline holds chronic lesions", "an answer", remedy)]
    )
    core = next(m for m in record.measurements if m.id == "infarct_core_volume")
    told += core.issues
    mask = replace(record.masks[CORE], name="infarct")
    return _Outline(mask, image, series, "DWI"), {}, tuple(dict.fromkeys((*told, *_told(given, image))))


def require_one_reading(form: str, read: Sequence[Answers]) -> None:
    """Refuse two readings of one form about one time point, which somebody must adjudicate.

    Raises:
        StrokeQuantError: E32.
    """
    if len(read) > 1:
        readers = ", ".join(a.reader or "a reader without code" for a in read)
        remedy = "give the adjudicated answers, or a run for every reader"
        raise StrokeQuantError(Issue("E32", Level.ASK, f"{len(read)} readings: {readers}", "one reading", remedy, form))


def _source(record: CaseRecord, series: Series):
    return next((ref for ref in record.inputs if ref.uid == series.series_uid), None)


def _days_between(before: EarlierRecord | None, series: Series) -> float | None:
    """Days from the baseline to a series; None where one of both has no date."""
    if before is None:
        return None
    start = before.visit("dwi", method="", patient_key="").acquired
    end = visit_of(series, name="follow-up").acquired
    return None if start is None or end is None else (end - start).total_seconds() / 86400


def _require_answers(given: Answers | None) -> None:
    if given is None:
        question = load_forms()[FORM].question("chronic").label["en"]
        raise StrokeQuantError(Issue("E30", Level.ASK, "no answers to the form FI", question, "answer it", FORM))
    blocking = [issue for issue in given.issues if issue.blocks]
    if blocking:
        raise StrokeQuantError(*blocking)


def final_image(
    record: CaseRecord, technique: str, settings: Settings, chosen: Sequence[str]
) -> tuple[Series, Volume, dict]:
    """Series and image that an infarct is outlined on; one that was read before is not read again.

    Args:
        record: of the time point.
        technique: "FLAIR", "CT" or "DWI".
        settings: thresholds.
        chosen: series keys that a person named.

    Raises:
        StrokeQuantError: none, several, or one that may not be measured.
    """
    known = next((s for s in record.series if s.key == record.used.get(FINAL)), None)
    if known is not None and FINAL in record.images and known.role in _ROLES[technique]:
        return known, record.images[FINAL], {}
    part = _PARTS.get(technique, "")
    if part in record.images and part in record.used:
        series = next(s for s in record.series if s.key == record.used[part])
        return series, record.images[part], {}
    found = [s for s in record.series if s.role in _ROLES[technique]]
    found = [s for s in found if s.key in chosen] or found
    if len(found) != 1:
        listed = ", ".join(s.label for s in found) or "none"
        remedy = "name one with --series KEY"
        raise StrokeQuantError(Issue("C01", Level.ASK, f"{len(found)} series of {technique}: {listed}", "one", remedy))
    audit = audit_series(found[0], config=settings.audit)
    if audit.verdict is Verdict.REFUSE:
        raise StrokeQuantError(*(i for i in audit.issues if i.blocks))
    return found[0], _read(found[0], settings), {found[0].key: audit}


def technique_of(record: CaseRecord) -> str:
    """Image that a final infarct is outlined on from nothing: "FLAIR", else "CT", else "DWI"; empty where there is none of them."""
    roles = {series.role for series in record.series}
    return next((name for name, wanted in _ROLES.items() if roles & set(wanted)), "")


def with_final_image(record: CaseRecord, settings: Settings, chosen: Sequence[str] = ()) -> CaseRecord:
    """The record with the image that a reader will outline the infarct on, and nothing measured; an issue where there is none.

    Args:
        record: with nothing measured.
        settings, chosen: as of `add_final_infarct`.
    """
    technique = technique_of(record)
    if not technique:
        return record
    try:
        series, image, audits = final_image(record, technique, settings, chosen)
    except StrokeQuantError as error:
        return replace(record, issues=tuple(dict.fromkeys((*record.issues, *error.issues))))
    return replace(
        record,
        used={**record.used, FINAL: series.key},
        images={**record.images, FINAL: image},
        audits={**record.audits, **audits},
        inputs=(*record.inputs, *([image.source] if image.source is not None else [])),
    )


def _read(series: Series, settings: Settings) -> Volume:
    if series.role is Role.DWI:
        return trace_image(read_diffusion(series, config=settings.read), settings.adc)
    return read_volume(series, config=settings.read)


def _chronic(outline: _Outline, given: Answers | None, answers: FollowUpAnswers) -> Mask | None:
    """Lesions to leave out, as a reader answered."""
    said = given.values.get("chronic") if given else None
    if said != "outlined":
        return None
    if "chronic" not in answers.masks:
        remedy = "give chronic.nii.gz or chronic.seg.nrrd in the folder of --masks"
        raise StrokeQuantError(Issue("E30", Level.ASK, "no outline of chronic lesions", "their outline", remedy, FORM))
    return load_mask(
        answers.masks["chronic"], outline.image.geometry, name="chronic", reader=answers.reader or given.reader
    )


def _told(given: Answers | None, image: Volume) -> tuple[Issue, ...]:
    issues = [issue for issue in image.issues if issue.level is Level.WARN]
    if given is not None and given.values.get("chronic") == "cannot tell":
        found = "the reader cannot tell whether chronic lesions lie in the outline"
        issues.append(Issue("E50", Level.WARN, found, "an infarct alone", "compare with the baseline"))
    return tuple(issues)


def _edema(given: Answers | None) -> CsfSpaces | Hemispheres | None:
    values = given.values if given else {}
    match values.get("edema"):
        case "csf":
            return CsfSpaces(values["csf_baseline"], values["csf_followup"])
        case "hemispheres":
            return Hemispheres(values["contralateral"], values["ipsilateral"])
    return None


def _blood(record: CaseRecord, infarct: Mask) -> np.ndarray:
    """(k, j, i) blood on the grid of the infarct: it is denser than tissue and no edema."""
    masks = [record.masks.get(structure) for structure in Structure]
    found = [m.values for m in masks if m is not None and not m.geometry.differs_from(infarct.geometry)]
    return np.logical_or.reduce(found) if found else np.zeros(infarct.geometry.shape, bool)


def _water(image: Volume, infarct: Mask, blood: np.ndarray, inputs, settings: Settings) -> Measurement:
    """Net water uptake against the other side of the head, both without blood."""
    try:
        head = ct_head(image, config=settings.ct_head, skull_config=settings.perfusion_brain)
        tissue = replace(infarct, values=infarct.values & ~blood)
        mirror = mirror_mask(infarct, head.midplane)
        mirror = replace(mirror, values=mirror.values & ~blood)
        found = net_water_uptake(image, tissue, mirror, inputs=inputs, config=settings.final_infarct)
        if found.value is None or found.value >= 0:
            return found
        remedy = "look for blood, contrast agent or an older lesion in both regions"
        issue = Issue("E52", Level.WARN, "an infarct denser than its mirror region", "a less dense one", remedy)
        return replace(found, issues=(*found.issues, issue))
    except StrokeQuantError as error:
        name = "net_water_uptake"
        return Measurement(name, None, measure(name).unit, Status.NOT_EVALUABLE, issues=error.issues)


def _refused(record: CaseRecord, issues: Sequence[Issue]) -> CaseRecord:
    """No final infarct: its measures without a number; missing where a reader is asked, not evaluable else."""
    status = Status.MISSING if all(i.level is not Level.STOP for i in issues) else Status.NOT_EVALUABLE
    empty = [Measurement(n, None, measure(n).unit, status, issues=tuple(issues)) for n in (*VOLUMES, *GROWTH_MEASURES)]
    return replace(
        record,
        measurements=(*record.measurements, *empty),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
    )


def _with_growth(
    record: CaseRecord, before: EarlierRecord, outline: _Outline, volume: Measurement, given: Answers | None, settings
) -> CaseRecord:
    key = outline.series.patient_key
    core = before.measurement("infarct_core_volume")
    if core is None:
        return _refused_growth(record, unusable("a record without infarct core").issues)
    other = before.other_settings(KIND, settings)
    method = DRAWN if before.drawn("dwi") else f"{CORE_METHOD} ({other})" if other else CORE_METHOD
    drawn = outline.mask.edited_by
    followup = visit_of(
        outline.series,
        name="follow-up",
        method=DRAWN if drawn else CORE_METHOD,
        reader=reader_of(outline.mask),
        step_mm=outline.image.geometry.mean_extent_mm,
    )
    baseline = Infarct(before.visit("dwi", method=method, patient_key=key), core)
    declared = bool(given) and given.values.get("offset_declared") == "yes"
    growth = infarct_growth(
        baseline,
        Infarct(followup, volume),
        offset_declared=declared,
        config=settings.final_infarct,
        growth_config=settings.growth,
    )
    hours = given.values.get("onset_to_baseline") if given else None
    numbers = (*growth.measurements, *([growth_rate(core, hours)] if hours is not None else []))
    picture = BaselinePicture()
    if not any(issue.blocks for issue in growth.issues):
        picture = baseline_picture(before, "dwi", outline.image, read=_read, settings=settings)
    told = (*growth.issues, *picture.issues, *before.told())
    result = record.follow_up or FollowUpResult()
    result = replace(
        result,
        baselines={**result.baselines, KIND: before.facts("dwi", key)},
        infarct=growth,
        registrations={**result.registrations, **({KIND: picture.registration} if picture.registration else {})},
        issues=tuple(dict.fromkeys((*result.issues, *told))),
        carried={**result.carried, **({KIND: picture.outline} if picture.outline else {})},
    )
    return replace(
        record,
        measurements=(*record.measurements, *(before.named(m) for m in numbers)),
        issues=tuple(dict.fromkeys((*record.issues, *told))),
        follow_up=result,
    )


def _refused_growth(record: CaseRecord, issues: Sequence[Issue]) -> CaseRecord:
    blocking = tuple(replace(issue, level=Level.STOP) for issue in issues)
    empty = [Measurement(n, None, measure(n).unit, Status.NOT_EVALUABLE, issues=blocking) for n in GROWTH_MEASURES]
    return replace(
        record,
        measurements=(*record.measurements, *empty),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
    )
