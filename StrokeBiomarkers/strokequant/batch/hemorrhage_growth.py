"""Growth of a hemorrhage against an earlier time point, and the registration of both for display."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..biomarkers.growth import Bleeding, measure_growth, without_growth
from ..biomarkers.visits import Visit, visit_of, visit_to_dict
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_types import FollowUpResult
from ..settings import Settings
from ..types import CaseRecord, Measurement, Series, Status, Volume
from .baseline_picture import BaselinePicture, baseline_picture
from .earlier import Earlier, EarlierRecord, open_earlier, unusable
from .reader_masks import reader_of

METHOD = "half maximum, border by shares of clot"
"""Rule by which blood is outlined here, without the threshold of the image."""
DRAWN = "outlined by a reader"
KIND = "hemorrhage"


def with_growth(
    record: CaseRecord,
    baseline: Earlier | str | Path,
    *,
    study_mdd_ml: Mapping[str, float] | None = None,
    settings: Settings = Settings(),
    picture: BaselinePicture | None = None,
) -> CaseRecord:
    """The record with growth against an earlier one; what cannot be compared has no number and says why.

    Args:
        record: of the follow-up, with hemorrhage measured or refused.
        baseline: earlier time point, or the path of its record.
        study_mdd_ml: minimal detectable difference of the study's readers by "ich" and "ich_ivh"; the published one where absent.
        settings: limits of growth and registration, and those that both volumes must share.
        picture: of both, as `growth_picture` gave it for the same image and baseline; made anew where it is None.
    """
    earlier = baseline if isinstance(baseline, Earlier) else Earlier(str(baseline))
    if not any(m.id == "ich_volume" for m in record.measurements):
        return record
    followup = _bleeding_now(record)
    try:
        before = open_earlier(earlier)
        was = bleeding_of_record(before, followup.visit.patient_key, settings)
    except StrokeQuantError as error:
        return _refused(record, error.issues)
    growth = measure_growth(was, followup, study_mdd_ml=study_mdd_ml, config=settings.growth)
    if any(issue.blocks for issue in growth.issues):
        picture = BaselinePicture()  # both are not to be compared
    picture = picture or _picture(record, before, settings)
    told = (*picture.issues, *before.told())
    result = record.follow_up or FollowUpResult()
    result = replace(
        result,
        baselines={**result.baselines, KIND: before.facts("ncct", followup.visit.patient_key)},
        growth=growth,
        registrations={**result.registrations, **({KIND: picture.registration} if picture.registration else {})},
        issues=tuple(dict.fromkeys((*result.issues, *growth.issues, *told))),
        carried={**result.carried, **({KIND: picture.outline} if picture.outline else {})},
    )
    issues = tuple(dict.fromkeys((*record.issues, *growth.issues, *told)))
    numbers = tuple(before.named(m) for m in growth.measurements)
    return replace(record, measurements=(*record.measurements, *numbers), issues=issues, follow_up=result)


def growth_picture(
    record: CaseRecord, baseline: Earlier | str | Path, *, settings: Settings = Settings()
) -> BaselinePicture | None:
    """Baseline on the CT of the follow-up; it depends on both images and on no outline of the follow-up.

    Args:
        record, baseline, settings: as of `with_growth`.

    Returns:
        None where there is no baseline to look at.
    """
    try:
        before = open_earlier(baseline if isinstance(baseline, Earlier) else Earlier(str(baseline)))
    except StrokeQuantError:
        return None
    return _picture(record, before, settings)


def bleeding_of_record(before: EarlierRecord, patient_key: str, settings: Settings = Settings()) -> Bleeding:
    """Volumes and visit of an earlier time point.

    Args:
        before: of `open_earlier`.
        patient_key: of the follow-up.
        settings: of the follow-up; what differs from those of the record is part of the method, so that it is told.

    Raises:
        StrokeQuantError: I01, hemorrhage was not looked for in it.
    """
    ich = before.measurement("ich_volume")
    if ich is None:
        raise unusable("a record without hemorrhage")
    other = before.other_settings(KIND, settings)
    method = DRAWN if before.drawn("ncct") else f"{METHOD} ({other})" if other else METHOD
    visit = before.visit("ncct", method=method, patient_key=patient_key)
    return Bleeding(visit, ich, _looked_for(before.measurement("ivh_volume")))


def _bleeding_now(record: CaseRecord) -> Bleeding:
    volumes = {m.id: m for m in record.measurements}
    return Bleeding(_visit(record), volumes["ich_volume"], _looked_for(volumes.get("ivh_volume")))


def _refused(record: CaseRecord, issues: tuple[Issue, ...]) -> CaseRecord:
    """No baseline to compare with: every measure of growth without a number."""
    blocking = tuple(replace(issue, level=Level.STOP) for issue in issues)
    result = record.follow_up or FollowUpResult()
    return replace(
        record,
        measurements=(*record.measurements, *without_growth(blocking)),
        issues=tuple(dict.fromkeys((*record.issues, *issues))),
        follow_up=replace(result, issues=tuple(dict.fromkeys((*result.issues, *blocking)))),
    )


def _looked_for(ivh: Measurement | None) -> Measurement | None:
    return None if ivh is None or ivh.status is Status.MISSING else ivh


def _visit(record: CaseRecord) -> Visit:
    series = next((s for s in record.series if s.key == record.used.get("ncct")), None)
    reader = record.sign_offs[-1].reader if record.sign_offs else reader_of(record.masks.get("ich"))
    if series is None:
        return Visit("follow-up", reader=reader)
    step = record.images["ncct"].geometry.mean_extent_mm if "ncct" in record.images else None
    drawn = "ich" in record.masks and record.masks["ich"].edited_by
    return visit_of(series, name="follow-up", method=DRAWN if drawn else METHOD, reader=reader, step_mm=step)


def visit_facts(record: CaseRecord) -> dict[str, Any]:
    """How the CT was imaged, without identity."""
    return visit_to_dict(_visit(record))


def _picture(record: CaseRecord, before: EarlierRecord, settings: Settings) -> BaselinePicture:
    followup = record.images.get("ncct")
    if followup is None:
        return BaselinePicture()
    return baseline_picture(before, "ncct", followup, read=_read, settings=settings)


def _read(series: Series, settings: Settings) -> Volume:
    return read_volume(series, config=settings.read)
