"""The record that a reading was compared with, found again when a scene is gone on with: by its content, never by its name."""

from contextlib import suppress

from strokequant.batch.earlier import Earlier, open_earlier, unusable
from strokequant.batch.hemorrhage_growth import KIND
from strokequant.errors import Issue, StrokeQuantError
from strokequant.types import CaseRecord

from .sourcefiles import SourcePlaces


def baselineAgain(record: CaseRecord, places: SourcePlaces | None) -> tuple[str, tuple[Issue, ...]]:
    """Where the record that a reading was compared with is now, and I01 where it is gone or is another one."""
    known = record.follow_up.baselines.get(KIND) if record.follow_up is not None else None
    if known is None:
        return "", ()
    place = places.placeOfRecord(known.sha256) if places is not None else None
    with suppress(StrokeQuantError):
        if place is not None and open_earlier(Earlier(str(place))).sha256 == known.sha256:
            return str(place), ()
    return "", unusable(f"the record of {known.timepoint} is not where it was, or was changed").issues
