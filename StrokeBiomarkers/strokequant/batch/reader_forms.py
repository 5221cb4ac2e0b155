"""Forms of readers on one time point: hemorrhagic transformation, symptomatic hemorrhage, vessel status, ASPECTS.

What is not answered is asked (E30) and never filled in. The share of clot is measured where the clot and the infarct were outlined.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..biomarkers.aspects import SCALES as ASPECTS_SCALES
from ..biomarkers.aspects import AspectsScore, score_aspects
from ..biomarkers.catalog import measure
from ..biomarkers.clot_share import ClotShare, share_measurement, share_of_masks, share_of_volumes
from ..biomarkers.final_infarct import FINAL
from ..biomarkers.forms import Answers, load_forms
from ..biomarkers.mismatch import VolumeBand
from ..biomarkers.symptomatic import symptomatic
from ..biomarkers.transformation import FORM as TRANSFORMATION
from ..biomarkers.transformation import Transformation, classify_transformation
from ..biomarkers.vessel_status import SCALES as VESSEL_SCALES
from ..biomarkers.vessel_status import VesselScore, score_vessel
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_types import FormsResult
from ..settings import Settings
from ..types import CaseRecord, Mask, Measurement, Status
from .aspects_atlas import ATLAS, NO_ATLAS, hints_of
from .final_infarct_case import FORM as FINAL_FORM
from .final_infarct_case import require_one_reading
from .follow_up_answers import FollowUpAnswers
from .reader_masks import load_mask

SYMPTOMATIC = "SICH"
CLOT = "clot"
SHARE = "transformation_clot_share"


def add_forms(
    record: CaseRecord, *, answers: FollowUpAnswers = FollowUpAnswers(), settings: Settings = Settings()
) -> CaseRecord:
    """The record with the forms of readers and what follows from them.

    Args:
        record: with everything else measured, the final infarct too.
        answers: of readers.
        settings: limits.
    """
    by_form = {name: [a for a in answers.forms if a.form == name] for name in load_forms()}
    record, share, told = _with_share(record, answers, settings, asked=bool(by_form[TRANSFORMATION]))
    if not (answers.forms or told):
        return record
    told = (*told, *_several(by_form))
    transformation = _transformation(by_form[TRANSFORMATION], share)
    vessels = tuple(_vessel(a) for scale in VESSEL_SCALES for a in by_form[scale])
    aspects = tuple(
        score_aspects(a.form, a.values, modality=a.modality, version=a.version, reader=a.reader)
        for scale in ASPECTS_SCALES
        for a in by_form[scale]
    )
    aspects = tuple(replace(s, issues=_once(a.issues, s.issues)) for s, a in zip(aspects, _of(by_form), strict=True))
    rules = _symptomatic(transformation, by_form[SYMPTOMATIC])
    hints, note, more = _hints(record, answers, aspects, settings)
    told = (*told, *more)
    parts = (*([transformation] if transformation else []), *vessels, *aspects, *rules)
    clinical = [issue for a in (*by_form[SYMPTOMATIC], *by_form[FINAL_FORM]) for issue in a.issues]
    issues = _once(told, *(part.issues for part in parts), clinical)
    result = FormsResult(answers.forms, transformation, rules, vessels, aspects, hints, note, issues)
    return replace(record, forms=result, issues=_once(record.issues, issues))


def _hints(record: CaseRecord, answers: FollowUpAnswers, aspects: Sequence[AspectsScore], settings: Settings):
    """Hints for the regions of ASPECTS, what is said of them, and why there are none."""
    scored = next((score for score in aspects if score.scale == ASPECTS_SCALES[0]), None)
    if scored is None:
        return (), "", ()
    try:
        return *hints_of(record, answers.masks.get(ATLAS), scored.modality, settings), ()
    except StrokeQuantError as error:
        return (), NO_ATLAS, error.issues


def _once(*groups: Sequence[Issue]) -> tuple[Issue, ...]:
    return tuple(dict.fromkeys(issue for group in groups for issue in group))


def _of(by_form: dict[str, list[Answers]]) -> list[Answers]:
    return [a for scale in ASPECTS_SCALES for a in by_form[scale]]


def _several(by_form: dict[str, list[Answers]]) -> tuple[Issue, ...]:
    """Forms that were read more than once: no class before somebody has decided."""
    found = []
    for form in (TRANSFORMATION, SYMPTOMATIC):
        try:
            require_one_reading(form, by_form[form])
        except StrokeQuantError as error:
            found += error.issues
    return tuple(found)


def _transformation(given: Sequence[Answers], share: ClotShare | None) -> Transformation | None:
    return classify_transformation(given[0], share) if len(given) == 1 else None


def _symptomatic(images: Transformation | None, given: Sequence[Answers]):
    """Definitions from the clinical form; where the images were not classified, what asks for a class is undetermined."""
    if len(given) != 1:
        return ()
    if images is None:
        form = load_forms()[TRANSFORMATION]
        images = Transformation(form.version, "", None, "", None, False, "", "", None, {})
    return symptomatic(images, given[0])


def _vessel(given: Answers) -> VesselScore:
    """A score of one vessel; its answers were checked when they were read."""
    score = score_vessel(given.form, given.values, version=given.version, modality=given.modality, reader=given.reader)
    issues = _once(given.issues, score.issues)
    return replace(score, issues=issues, grade=None if any(i.blocks for i in issues) else score.grade)


def _with_share(
    record: CaseRecord, answers: FollowUpAnswers, settings: Settings, *, asked: bool
) -> tuple[CaseRecord, ClotShare | None, tuple[Issue, ...]]:
    """The record with the share of clot; the share, and what must be told.

    The share is asked for where a reader answered the form, or where blood and a final infarct are there together.
    """
    told: tuple[Issue, ...] = ()
    try:
        record, clot = _with_clot(record, answers)
    except StrokeQuantError as error:
        return _without_share(record, error.issues), None, error.issues
    infarct = record.masks.get(FINAL)
    if not asked:
        if clot is None or infarct is None:
            return record, None, ()
        remedy = "answer it: automatic outlines give no class of transformation"
        question = load_forms()[TRANSFORMATION].question("pattern").label["en"]
        told = (Issue("E30", Level.ASK, "blood and an infarct, and no answers to the form HT", question, remedy, "HT"),)
    share, why = _share(record, clot, infarct, answers, settings)
    if share is None:
        return _without_share(record, (*told, *why)), None, (*told, *why)
    found = share_measurement(share, inputs=_inputs(record))
    found = replace(found, issues=_once(found.issues, _beside(record, clot, infarct)))
    return replace(record, measurements=(*record.measurements, found)), share, told


def _with_clot(record: CaseRecord, answers: FollowUpAnswers) -> tuple[CaseRecord, Mask | None]:
    """The clot that a reader outlined on the CT or on the image of the infarct, else the measured hematoma."""
    if CLOT not in answers.masks:
        ich = record.masks.get("ich")
        return record, ich if ich is not None and ich.values.any() else None
    images = [record.images[name] for name in ("ncct", FINAL) if name in record.images]
    if not images:
        remedy = "name the CT with --series, or outline the infarct too"
        raise StrokeQuantError(Issue("G17", Level.STOP, "an outline of clot and no image", "its image", remedy, CLOT))
    readers = [a.reader for a in answers.forms if a.form == TRANSFORMATION] + [answers.reader]
    reader = next(filter(None, reversed(readers)), "")
    problem = None
    for image in images:
        try:
            mask = load_mask(answers.masks[CLOT], image.geometry, name=CLOT, reader=reader)
        except StrokeQuantError as error:
            problem = problem or error
        else:
            return replace(record, masks={**record.masks, CLOT: mask}), mask
    raise problem


def _share(
    record: CaseRecord, clot: Mask | None, infarct: Mask | None, answers: FollowUpAnswers, settings: Settings
) -> tuple[ClotShare | None, tuple[Issue, ...]]:
    """Share of clot, or why there is none."""
    if clot is None or infarct is None:
        absent = " and ".join(name for name, mask in (("clot", clot), ("infarct", infarct)) if mask is None)
        remedy = "outline both, in the folder of --masks"
        return None, (Issue("E44", Level.INFO, f"no outline of the {absent}", "outlines of clot and infarct", remedy),)
    config = settings.transformation
    bands = (_band(record, "ich_volume", clot), _band(record, "final_infarct_volume", infarct))
    if not clot.geometry.differs_from(infarct.geometry):
        return share_of_masks(clot, infarct, bands=bands, config=config), ()
    holds = next((a.values.get("holds_clot") for a in answers.forms if a.form == FINAL_FORM), None)
    if holds is None:
        question = load_forms()[FINAL_FORM].question("holds_clot").label["en"]
        found = "clot and infarct were outlined on two images, and no answer to holds_clot"
        return None, (Issue("E30", Level.ASK, found, question, "answer it", FINAL_FORM),)
    return share_of_volumes(*bands, infarct_includes_clot=holds == "yes", config=config), ()


def _band(record: CaseRecord, name: str, mask: Mask) -> VolumeBand:
    """Volume of a mask with the range of its measurement, where it was measured on this mask."""
    volume = mask.volume_ml
    found = next((m for m in record.measurements if m.id == name and m.value is not None), None)
    if found is None or mask.name == CLOT or abs(found.value - volume) > 0.001:
        return VolumeBand(volume, volume, volume)
    return VolumeBand.of(found)


def _inputs(record: CaseRecord):
    images = [record.images[name] for name in ("ncct", FINAL) if name in record.images]
    return tuple(dict.fromkeys(image.source for image in images if image.source is not None))


def _beside(record: CaseRecord, *masks: Mask) -> tuple[Issue, ...]:
    """Warnings of both outlines."""
    names = {"ich": "ich_volume", FINAL: "final_infarct_volume"}
    wanted = {names.get(mask.name) for mask in masks}
    found = [i for m in record.measurements if m.id in wanted for i in m.issues]
    return tuple(i for i in (*found, *(i for mask in masks for i in mask.issues)) if i.level is Level.WARN)


def _without_share(record: CaseRecord, reasons: Sequence[Issue]) -> CaseRecord:
    status = Status.NOT_EVALUABLE if any(i.level is Level.STOP for i in reasons) else Status.MISSING
    empty = Measurement(SHARE, None, measure(SHARE).unit, status, issues=tuple(reasons))
    return replace(record, measurements=(*record.measurements, empty))
