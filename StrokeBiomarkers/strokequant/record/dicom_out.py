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
from . import dicom_seg, dicom_sr
from .dicom_common import TrialContext, Writing, not_written
from .dicom_map import SERIES_NUMBER as MAP_SERIES_NUMBER
from .dicom_map import can_be_written, parametric_map
from .dicom_seg import display_segmentation, segmentation
from .dicom_source import Source, source_of
from .dicom_sr import measurements_of, report
from .display_grid import needs_display_grid
from .files import write_files
from .kinds import Kind, kind_of

FIRST_STRUCTURES = ("infarct_core", "ich")
_ENDS = {Kind.DIFFUSION: "", Kind.PERFUSION: "_perfusion", Kind.HEMORRHAGE: "_hemorrhage", Kind.FINAL: "_final"}
"""End of the names of segmentation and report, by kind."""
_SERIES_NUMBERS = {
    Kind.DIFFUSION: (dicom_seg.SERIES_NUMBER, dicom_seg.DISPLAY_SERIES_NUMBER, dicom_sr.SERIES_NUMBER),
    Kind.PERFUSION: (
        dicom_seg.PERFUSION_SERIES_NUMBER,
        dicom_seg.PERFUSION_DISPLAY_SERIES_NUMBER,
        dicom_sr.PERFUSION_SERIES_NUMBER,
    ),
    Kind.HEMORRHAGE: (
        dicom_seg.HEMORRHAGE_SERIES_NUMBER,
        dicom_seg.HEMORRHAGE_DISPLAY_SERIES_NUMBER,
        dicom_sr.HEMORRHAGE_SERIES_NUMBER,
    ),
    Kind.FINAL: (dicom_seg.FINAL_SERIES_NUMBER, dicom_seg.FINAL_DISPLAY_SERIES_NUMBER, dicom_sr.FINAL_SERIES_NUMBER),
}
"""Series of segmentation, segmentation for display, and report."""


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
        trial: clinical trial attributes; None takes those of the reading, and writes `NOT_A_TRIAL` where there are none and DICOM
            demands a value.
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
    writing = Writing(
        record, (trial or TrialContext.of_reading(record)).of(record), now, signed if reader is None else reader
    )
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


def _usable_source(
    objects: _Objects, writing: Writing, image: Mask | QuantityMap, name: str, kind: Kind
) -> Source | None:
    record = writing.record
    try:
        source = source_of(record, image.geometry, writing.trial, kind=kind)
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
    maps: dict[Kind, list[Any]] = {kind: [] for kind in Kind}
    for number, (name, quantity_map) in enumerate(sorted(writing.record.maps.items())):
        made = _make_map(objects, writing, name, quantity_map, MAP_SERIES_NUMBER + number)
        maps[kind_of(name)] += [made] if made is not None else []
    for kind in Kind:
        chosen = {name: mask for name, mask in writing.record.masks.items() if kind_of(name) is kind}
        masks = _masks_of_one_grid(objects, writing.record, chosen)
        if masks:
            _make_segments(objects, writing, masks, maps[kind], previous, kind)


def _make_segments(
    objects: _Objects, writing: Writing, masks: Sequence[Mask], maps: Sequence[Any], previous: Sequence[Any], kind: Kind
) -> None:
    """Segmentation and report of one kind: each has series, grids and often studies of its own."""
    end = _ENDS[kind]
    source = _usable_source(objects, writing, masks[0], f"dicom/seg{end}.dcm", kind)
    if source is None:
        return
    seg_number, display_number, sr_number = _SERIES_NUMBERS[kind]
    seg = objects.make(f"dicom/seg{end}.dcm", lambda: segmentation(masks, source, writing, series_number=seg_number))
    if seg is None:
        return
    if needs_display_grid(source.geometry):
        name = f"dicom/seg_display{end}.dcm"
        objects.make(name, lambda: display_segmentation(masks, source, writing, series_number=display_number))
    earlier = [dataset for dataset in previous if int(dataset.SeriesNumber) == sr_number]
    build = partial(report, masks, seg, maps, source, writing, previous=earlier, series_number=sr_number)
    objects.make(f"dicom/sr{end}.dcm", build)


def _make_map(objects: _Objects, writing: Writing, map_name: str, quantity_map: QuantityMap, series_number: int) -> Any:
    """The dataset of a map, None where it cannot be written."""
    name = f"dicom/map_{map_name}.dcm"
    if not can_be_written(quantity_map):
        found = f"quantity {quantity_map.quantity} in {quantity_map.unit}"
        objects.issues.append(
            not_written(found, "a quantity and unit with a DICOM code", "use the NIfTI file", subject=name)
        )
        return None
    source = _usable_source(objects, writing, quantity_map, name, kind_of(map_name))
    if source is None:
        return None
    return objects.make(name, lambda: parametric_map(quantity_map, source, writing, series_number=series_number))


def _masks_of_one_grid(objects: _Objects, record: CaseRecord, masks: Mapping[str, Mask]) -> list[Mask]:
    """Masks in the order of the segments; those on another grid than the first are left out with an issue.

    The segment with most numbers comes first, because Slicer takes the columns of its table from the first group; then infarct
    core or ICH, then the others by name.
    """

    def rank(mask: Mask) -> tuple:
        numbers = sum(m.value is not None for m in measurements_of(record, mask.name))
        return -numbers, mask.name not in FIRST_STRUCTURES, mask.name

    ordered = sorted(masks.values(), key=rank)
    kept = [mask for mask in ordered if not ordered[0].geometry.differs_from(mask.geometry)]
    for mask in ordered:
        if mask not in kept:
            remedy = "use the NRRD file"
            objects.issues.append(
                not_written("mask on another grid", f"the grid of {ordered[0].name}", remedy, subject=mask.name)
            )
    return kept
