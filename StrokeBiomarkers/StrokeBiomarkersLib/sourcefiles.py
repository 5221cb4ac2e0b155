"""Files of a reading that was opened from a scene: found again where they were, or in the DICOM database, and known to be the same.

Where a series was opened from is kept in the settings of the computer, never in a scene: a path may name a patient.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from strokequant.dicomio.read import input_hash
from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, Issue, Level, StrokeQuantError
from strokequant.record.case_record import header_without_identity
from strokequant.types import CaseRecord, Series

from . import facts as nodeFacts
from .dicomdatabase import filesOfSeries, readSeries

SETTING = "StrokeBiomarkers/Sources"
KEPT = 1000
"""Places that are remembered; the oldest are forgotten first."""


class SourcePlaces:
    """Memory of places.

    Args:
        settings: QSettings of the application, or anything with `value(key)` and `setValue(key, text)`.
    """

    def __init__(self, settings: Any):
        self._settings = settings

    def remember(self, series: Iterable[Series], path: Path) -> None:
        """Keep the path that series were opened from."""
        self._keep([one.series_uid for one in series], path)

    def rememberRecord(self, sha256: str, path: Path) -> None:
        """Keep the path of a record that a reading is compared with."""
        self._keep([sha256], path)

    def placesOf(self, series: Iterable[Series]) -> tuple[Path, ...]:
        """Paths that are still there, each once."""
        known = self._read()
        paths = dict.fromkeys(Path(known[one.series_uid]) for one in series if one.series_uid in known)
        return tuple(path for path in paths if path.exists())

    def placeOfRecord(self, sha256: str) -> Path | None:
        """Path of a record that is still there."""
        path = self._read().get(sha256)
        return Path(path) if path is not None and Path(path).exists() else None

    def _keep(self, names: Iterable[str], path: Path) -> None:
        known = self._read()
        for name in names:
            known.pop(name, None)
            known[name] = str(Path(path).resolve())
        self._settings.setValue(SETTING, json.dumps(dict(list(known.items())[-KEPT:])))

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self._settings.value(SETTING) or "{}")
        except (ValueError, TypeError):
            known = {}
        return known if isinstance(known, dict) else {}


def seriesAgain(
    record: CaseRecord,
    places: Sequence[Path],
    database: Any,
    workspace: Path,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Series, ...]:
    """Series of a record with their files.

    Args:
        record: from a scene; its files are names without place.
        places: folders or archives to look in, the most likely first.
        database: `slicer.dicomDatabase`, or None.
        workspace: for what is unpacked; must outlive the series.
        progress: as of `scan`.

    Raises:
        InputError: I10 where a series that was measured is not found, or is not what it was.
    """
    used = set(record.used.values())
    for number, path in enumerate(places):
        folder = workspace / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        found = withFiles(record.series, _scanned(path, folder, progress))
        if not missingOf(found, used):
            return _checked(found, record)
    return sameSeries(record, _fromDatabase(record.series, database))


def sameSeries(record: CaseRecord, found: Iterable[Series]) -> tuple[Series, ...]:
    """Series of a record with the files of found ones.

    Raises:
        InputError: I10 as `seriesAgain`.
    """
    series = withFiles(record.series, found)
    missing = missingOf(series, record.used.values())
    if missing:
        names = ", ".join(one.label for one in missing)
        remedy = "open the folder of the case, or import it into the DICOM database"
        raise InputError(Issue("I10", Level.WARN, f"no files of {names}", "the files that were measured", remedy))
    return _checked(series, record)


def withFiles(stored: Sequence[Series], found: Iterable[Series]) -> tuple[Series, ...]:
    """Stored series with the files of those found ones that have the same headers; the others as they are."""
    byText = {_headers(one): one.files for one in found}
    return tuple(replace(one, files=byText.get(_headers(one), one.files)) for one in stored)


def missingOf(series: Iterable[Series], keys: Iterable[str]) -> list[Series]:
    """Series of these keys whose files are not there."""
    keys = set(keys)
    return [one for one in series if one.key in keys and not hasFiles(one)]


def hasFiles(series: Series) -> bool:
    """True where the first and the last file are there: enough to see that a folder was moved or taken away."""
    return bool(series.files) and series.files[0].is_file() and series.files[-1].is_file()


def _headers(series: Series) -> str:
    """All that is known of a series but its place and its number in one scan."""
    bare = replace(series, key="", files=(), header=header_without_identity(series.header), issues=(), role_reasons=())
    return nodeFacts.toText("series", {"series": bare, "files": len(series.files)})


def _scanned(path: Path, folder: Path, progress) -> Sequence[Series]:
    try:
        return scan(path, progress=progress, workspace=folder).series
    except StrokeQuantError:
        return ()


def _fromDatabase(stored: Sequence[Series], database: Any) -> Sequence[Series]:
    found = []
    for uid in dict.fromkeys(one.series_uid for one in stored if one.kind == "dicom") if database else ():
        try:
            found += readSeries(filesOfSeries(uid, database))
        except StrokeQuantError:
            continue
    return found


def _checked(series: tuple[Series, ...], record: CaseRecord) -> tuple[Series, ...]:
    """The series, where the files that were measured have the content that was measured."""
    expected = {ref.uid: ref.sha256 for ref in record.inputs}
    used = set(record.used.values())
    for one in series:
        if one.key in used and one.kind == "dicom" and one.series_uid in expected:
            content = input_hash(hashlib.sha256(path.read_bytes()).hexdigest() for path in one.files)
            if content != expected[one.series_uid]:
                remedy = "compute again; the reading of the scene can be signed as it is"
                found = f"files of {one.label} were changed"
                raise InputError(Issue("I10", Level.WARN, found, "the files that were measured", remedy))
    return series
