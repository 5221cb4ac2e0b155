"""The earlier record that a reading is compared with: found again when a scene is gone on with, and its picture made once."""

from contextlib import suppress

from strokequant.batch.earlier import Earlier, open_earlier, unusable
from strokequant.batch.hemorrhage_growth import KIND, growth_picture, with_growth
from strokequant.errors import Issue, StrokeQuantError
from strokequant.settings import Settings
from strokequant.types import CaseRecord

from .sourcefiles import SourcePlaces


def baselineAgain(record: CaseRecord, places: SourcePlaces | None) -> tuple[str, tuple[Issue, ...]]:
    """Where the record that a reading was compared with is now, by its content and never by its name; I01 where it is gone or another one."""
    known = record.follow_up.baselines.get(KIND) if record.follow_up is not None else None
    if known is None:
        return "", ()
    place = places.placeOfRecord(known.sha256) if places is not None else None
    with suppress(StrokeQuantError):
        if place is not None and open_earlier(Earlier(str(place))).sha256 == known.sha256:
            return str(place), ()
    return "", unusable(f"the record of {known.timepoint} is not where it was, or was changed").issues


class GrowthComparison:
    """Growth after every edit; images are registered when one of them is another one, not with every stroke."""

    def __init__(self):
        self._image = self._baseline = self._picture = None

    def grown(self, record: CaseRecord, baseline: str | Earlier, settings: Settings) -> CaseRecord:
        """The record with growth, as of `with_growth`."""
        image = record.images.get("ncct")
        if image is not self._image or baseline != self._baseline:
            self._picture = growth_picture(record, baseline, settings=settings)
            self._image, self._baseline = image, baseline
        return with_growth(record, baseline, settings=settings, picture=self._picture)
