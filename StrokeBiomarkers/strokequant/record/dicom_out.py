"""All DICOM objects of a record: Segmentation, parametric maps and structured report beside each other in `dicom/`.

An object that cannot be written is left out with the reason; the others are written. Numbers never come from here.
"""

import importlib.util
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import Issue, Level
from ..types import CaseRecord, Mask, QuantityMap
from .dicom_common import TrialContext, Writing, not_written
from .dicom_map import SERIES_NUMBER as MAP_SERIES_NUMBER
from .dicom_map import can_be_written, parametric_map
from .dicom_seg import (
    DISPLAY_SERIES_NUMBER,
    PERFUSION_DISPLAY_SERIES_NUMBER,
    PERFUSION_SERIES_NUMBER,
    display_segmentation,
    segmentation,
)
from .dicom_seg import SERIES_NUMBER as SEG_NUMBER
from .dicom_source import Source, source_of
from .dicom_sr import PERFUSION_SERIES_NUMBER as PERFUSION_SR_NUMBER
from .dicom_sr import SERIES_NUMBER as SR_NUMBER
from .dicom_sr import measurements_of, report
from .display_grid import needs_display_grid
from .files import write_files
from .issue_lists import is_perfusion

FIRST_STRUCTURE = "infarct_core"
PERFUSION = "_perfusion"
"""End of the names of segmentation and report of perfusion."""


@dataclass(frozen=True, eq=False)
class DicomOutput:
    """What was written.

    Args:
        files: path by its name below the case folder, such as "dicom/seg.dcm".
        sha256: by the same names.
        issues: what was left out and why.
    """

    files: dict[str, Path] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class DicomContents:
    """What is to be written: files by name below the case folder, and what was left out and why."""

    files: dict[str, bytes] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


@dataclass
class _Objects:
    """Objects made so far: datasets and files by name, and the reasons for those that are missing."""

    datasets: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def make(self, name: str, build: Callable[[], tuple[Any, bytes]]) -> Any | None:
        """Build one object; None and an issue where the source header does not allow it."""
        try:
            dataset, data = build()
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            remedy = "check the header of the source series; the other objects and all numbers are there"
            place = traceback.extract_tb(error.__traceback__)[-1]  # the message itself may quote the patient
            found = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
            self.issues.append(not_written(found, "a source header that DICOM allows", remedy, Level.WARN, name))
            return None
        self.datasets[name], self.files[name] = dataset, data
        return dataset


def dicom_contents(
    record: CaseRecord,
    *,
    now: datetime,
    trial: TrialContext | None = None,
    reader: str | None = None,
    previous: Sequence[Any] = (),
) -> DicomContents:
    """Make the DICOM objects of a record.

    Args:
        record: its `series` name the source files, which must still be there; they are opened for their headers only.
        now: content date and time, in local time. Same record and same `now`: same bytes.
        trial: clinical trial attributes; None writes `NOT_A_TRIAL` where DICOM demands a value.
        reader: code of the reader; None takes the last signature of the record. An automatic proposal has none.
        previous: datasets of earlier structured reports that this one replaces.

    Returns:
        files and issues. Without a DICOM source (NIfTI) there is no file and an INFO says so.
    """
    if importlib.util.find_spec("highdicom") is None:
        issue = Issue(
            "O03", Level.INFO, "highdicom is not installed", "highdicom 0.27 or later", "install it for DICOM output"
        )
        return DicomContents(issues=(issue,))
    signed = record.sign_offs[-1].reader if record.sign_offs else ""
    writing = Writing(record, (trial or TrialContext()).of(record), now, signed if reader is None else reader)
    objects = _Objects()
    _make_all(objects, writing, previous)
    return DicomContents(objects.files, tuple(objects.issues))


def write_dicom(record: CaseRecord, folder: Path, **how: Any) -> DicomOutput:
    """Write the DICOM objects of a record.

    Args:
        record: as of `dicom_contents`.
        folder: of the case and time point; the files go to `dicom/` below it.
        how: keywords of `dicom_contents`; `now` is needed.

    Raises:
        RecordError: O01, where a file cannot be written to the disk.
    """
    made = dicom_contents(record, **how)
    sha256 = write_files(folder, made.files)
    return DicomOutput({name: folder / name for name in sha256}, sha256, made.issues)


def _usable_source(objects: _Objects, writing: Writing, image: Mask | QuantityMap, name: str) -> Source | None:
    record = writing.record
    perfusion = name.endswith(f"{PERFUSION}.dcm") or is_perfusion(Path(name).stem.removeprefix("map_"))
    try:
        source = source_of(record, image.geometry, writing.trial, perfusion=perfusion)
    except OSError:
        found, remedy = "the source files are not there any more", "bring them back and sign again"
        objects.issues.append(not_written(found, "the files that were measured", remedy, Level.WARN, name))
        return None
    if source is None:
        from_nifti = all(series.kind != "dicom" for series in record.series)
        found = "the input is not DICOM" if from_nifti else "no DICOM slices lie on this grid"
        objects.issues.append(not_written(found, "a DICOM source series", "use the NIfTI and NRRD files", subject=name))
        return None
    if source.missing:
        found = f"{source.series.label} has no {', '.join(source.missing)}"
        remedy = "export the series again with these attributes"
        objects.issues.append(not_written(found, "attributes that DICOM demands", remedy, Level.WARN, name))
        return None
    return source


def _make_all(objects: _Objects, writing: Writing, previous: Sequence[Any]) -> None:
    maps: dict[bool, list[Any]] = {False: [], True: []}
    for number, (name, quantity_map) in enumerate(sorted(writing.record.maps.items())):
        made = _make_map(objects, writing, f"dicom/map_{name}.dcm", quantity_map, MAP_SERIES_NUMBER + number)
        maps[is_perfusion(name)] += [made] if made is not None else []
    for perfusion in (False, True):
        chosen = {name: mask for name, mask in writing.record.masks.items() if is_perfusion(name) is perfusion}
        masks = _masks_of_one_grid(objects, writing.record, chosen)
        if masks:
            _make_segments(objects, writing, masks, maps[perfusion], previous, perfusion=perfusion)


def _make_segments(
    objects: _Objects,
    writing: Writing,
    masks: Sequence[Mask],
    maps: Sequence[Any],
    previous: Sequence[Any],
    *,
    perfusion: bool,
) -> None:
    """Segmentation and report of diffusion, or of perfusion: they have series, grids and often studies of their own."""
    end = PERFUSION if perfusion else ""
    source = _usable_source(objects, writing, masks[0], f"dicom/seg{end}.dcm")
    if source is None:
        return
    numbers = (PERFUSION_SERIES_NUMBER, PERFUSION_DISPLAY_SERIES_NUMBER, PERFUSION_SR_NUMBER)
    seg_number, display_number, sr_number = numbers if perfusion else (SEG_NUMBER, DISPLAY_SERIES_NUMBER, SR_NUMBER)
    seg = objects.make(f"dicom/seg{end}.dcm", lambda: segmentation(masks, source, writing, series_number=seg_number))
    if seg is None:
        return
    if needs_display_grid(source.geometry):
        name = f"dicom/seg_display{end}.dcm"
        objects.make(name, lambda: display_segmentation(masks, source, writing, series_number=display_number))
    earlier = [dataset for dataset in previous if int(dataset.SeriesNumber) == sr_number]
    build = partial(report, masks, seg, maps, source, writing, previous=earlier, series_number=sr_number)
    objects.make(f"dicom/sr{end}.dcm", build)


def _make_map(objects: _Objects, writing: Writing, name: str, quantity_map: QuantityMap, series_number: int) -> Any:
    """The dataset of a map, None where it cannot be written."""
    if not can_be_written(quantity_map):
        found = f"quantity {quantity_map.quantity} in {quantity_map.unit}"
        objects.issues.append(
            not_written(found, "a quantity and unit with a DICOM code", "use the NIfTI file", subject=name)
        )
        return None
    source = _usable_source(objects, writing, quantity_map, name)
    if source is None:
        return None
    return objects.make(name, lambda: parametric_map(quantity_map, source, writing, series_number=series_number))


def _masks_of_one_grid(objects: _Objects, record: CaseRecord, masks: Mapping[str, Mask]) -> list[Mask]:
    """Masks in the order of the segments; those on another grid than the first are left out with an issue.

    The segment with most numbers comes first, because Slicer takes the columns of its table from the first group; then the infarct
    core, then the others by name.
    """

    def rank(mask: Mask) -> tuple:
        numbers = sum(m.value is not None for m in measurements_of(record, mask.name))
        return -numbers, mask.name != FIRST_STRUCTURE, mask.name

    ordered = sorted(masks.values(), key=rank)
    kept = [mask for mask in ordered if not ordered[0].geometry.differs_from(mask.geometry)]
    for mask in ordered:
        if mask not in kept:
            remedy = "use the NRRD file"
            objects.issues.append(
                not_written("mask on another grid", f"the grid of {ordered[0].name}", remedy, subject=mask.name)
            )
    return kept
