"""Masks as a DICOM Segmentation, and a Segmentation read back as a mask.

BINARY, one segment for each structure, every frame kept: a structure of 0 mL is described and has its (empty) frames, which other
writers refuse. On a tilted or uneven stack the true file stands on the source slices; a second one shows it on an orthogonal grid.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import codes
from ..errors import GeometryError, Issue, Level, RecordError
from ..geometry import Geometry
from ..types import Mask
from .dicom_common import MODEL, RESEARCH_ONLY, Writing, base_arguments, coded, finish, long_string, tracking_of
from .dicom_source import Source, set_references, slice_headers
from .display_grid import display_grid, on_display_grid
from .images import segment_of
from .kinds import foreign_sections, kind_of
from .sr_hemorrhage import is_clicked

SERIES_NUMBER = 9001
DISPLAY_SERIES_NUMBER = 9002
PERFUSION_SERIES_NUMBER = 9004
PERFUSION_DISPLAY_SERIES_NUMBER = 9005
HEMORRHAGE_SERIES_NUMBER = 9007
HEMORRHAGE_DISPLAY_SERIES_NUMBER = 9008
FINAL_SERIES_NUMBER = 9091
FINAL_DISPLAY_SERIES_NUMBER = 9092
_SEGMENTATION_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
_UNSPECIFIC = {code.value for code in (codes.TISSUE, codes.LESION, codes.LESION_OF_BRAIN)}
_LONGEST_TEXT = 10240
"""Characters of the value representation LT."""
_INDEX_TOLERANCE = 0.01
"""Voxels by which a frame may lie beside the grid when it is read back."""


def parameters_text(configuration: Mapping[str, Any]) -> str:
    """Every parameter with value and unit in one string: readers of DICOM keep only the first of several."""
    from .case_record import flat_configuration

    return ";".join(_stated(entry) for entry in flat_configuration(configuration))


def _configuration_of(writing: Writing, structure: str) -> dict[str, Any]:
    """Sections of the configuration that a structure may depend on: not those of other kinds."""
    other = foreign_sections(kind_of(structure))
    return {name: content for name, content in writing.record.configuration.items() if name not in other}


def _long_text(text: str) -> str:
    """Text fit for LT; a longer one ends with the hash of the whole."""
    if len(text) <= _LONGEST_TEXT:
        return text
    end = f";... sha256={hashlib.sha256(text.encode()).hexdigest()}"
    return text[: _LONGEST_TEXT - len(end)] + end


def _stated(entry: Mapping[str, Any]) -> str:
    unit = "" if entry["unit"] in ("", "1") else f" {entry['unit']}"
    name = f"{entry['section']}.{entry['name']}" if entry["section"] else entry["name"]
    return f"{name}={entry['value']}{unit}"


def _description(number: int, mask: Mask, writing: Writing, patient_id: str) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription

    segment = segment_of(mask)
    tracking_id, tracking_uid = tracking_of(writing, patient_id, mask.name)
    algorithm = AlgorithmIdentificationSequence(
        name=long_string(f"{MODEL} {mask.name}"),
        family=coded(codes.MULTISPECTRAL_PROCESSING),
        version=writing.version,
        source=MODEL,
    )
    algorithm[0].AlgorithmParameters = _long_text(parameters_text(_configuration_of(writing, mask.name)))
    description = SegmentDescription(
        segment_number=number,
        segment_label=segment.name,
        segmented_property_category=coded(segment.category),
        segmented_property_type=coded(segment.type),
        algorithm_type="SEMIAUTOMATIC" if is_clicked(writing.record, mask.name) else segment.algorithm,
        algorithm_identification=algorithm,
        tracking_id=tracking_id,
        tracking_uid=tracking_uid,
        anatomic_regions=[coded(segment.region)],
        display_color=CIELabColor.from_rgb(*(round(255 * c) for c in segment.color)),
    )
    empty = "" if mask.values.any() else "; looked for and not there: 0 mL"
    description.SegmentDescription = f"{writing.state}, {RESEARCH_ONLY}{empty}"
    return description


def _build(masks: Sequence[Mask], pixels: np.ndarray, source: Source, writing: Writing, words: str, number: int) -> Any:
    from highdicom.seg import Segmentation

    patient_id = str(source.header.PatientID)
    dataset = Segmentation(
        source_images=slice_headers(source),
        pixel_array=pixels,
        segmentation_type="BINARY",
        segment_descriptions=[_description(n, m, writing, patient_id) for n, m in enumerate(masks, 1)],
        omit_empty_frames=False,
        content_label=masks[0].name.upper()[:16],
        content_description=long_string(f"{words}, {writing.state}, {RESEARCH_ONLY}"),
        content_creator_name=writing.creator,
        **base_arguments(writing, words, number),
    )
    set_references(dataset, source, codes.SEGMENTATION_DERIVATION)
    return dataset


def segmentation(
    masks: Sequence[Mask], source: Source, writing: Writing, *, series_number: int = SERIES_NUMBER
) -> tuple[Any, bytes]:
    """Masks on the slices of their source series.

    Args:
        masks: one grid, at least one; each becomes a segment, numbered from 1.
        source: of that grid.
        writing: this call.
        series_number: of the new series.

    Returns:
        pydicom dataset with its final UIDs, and its file.
    """
    # segments last, as highdicom wants them, but each in one piece of memory: it reads them one by one
    pixels = np.moveaxis(np.stack([mask.values.view(np.uint8) for mask in masks]), 0, -1)
    dataset = _build(masks, pixels, source, writing, "Segmentation", series_number)
    return dataset, finish(dataset, writing, source.patient_name)


def display_segmentation(
    masks: Sequence[Mask], source: Source, writing: Writing, *, series_number: int = DISPLAY_SERIES_NUMBER
) -> tuple[Any, bytes]:
    """The same masks on an orthogonal, even grid, labeled as made for display only."""
    grid, nearest, starts = display_grid(source.geometry)
    shown = [on_display_grid(mask.values, grid, nearest, starts).astype(np.uint8) for mask in masks]
    pixels = np.moveaxis(np.stack(shown), 0, -1)
    dataset = _build(
        masks, pixels, source.on_grid(grid, nearest), writing, "Display only, not for measurement", series_number
    )
    dataset.ContentLabel = "DISPLAY_ONLY"
    return dataset, finish(dataset, writing, source.patient_name)


def read_mask_from_seg(path: Path, geometry: Geometry, *, name: str = "infarct_core", edited_by: str = "") -> Mask:
    """One segment of a Segmentation on a known grid, for instance as a reader has corrected it.

    The frames may come in any order, be flipped, turned by 90 degrees or cropped, as long as their pixels fall on voxels of the grid.

    Args:
        path: BINARY DICOM Segmentation.
        geometry: grid of the mask to be made.
        name: structure; found by the code of the segment, then by its label, or the only segment if its code says no more than
            "tissue" or "lesion".
        edited_by: reader code of who edited it; the creator that the file names is kept in the parameters.

    Raises:
        RecordError: no such file, no such segment, or not a BINARY Segmentation.
        GeometryError: G17, where a pixel of the segment falls beside the grid, or the frames of reference differ.
    """
    dataset = _read_segmentation(path)
    number = _segment_number(dataset, name, path.name)
    _check_frame_of_reference(dataset, geometry, path.name)
    values = np.zeros(geometry.shape, dtype=bool)
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    for plane, frame in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        if _segment_of_frame(frame, shared) == number and plane.any():
            kji = _voxels_of(plane, frame, shared, geometry, path.name)
            values[tuple(kji.T)] = True
    creator = str(dataset.get("ContentCreatorName") or "")
    parameters = {"sop_instance_uid": str(dataset.SOPInstanceUID), "segment": number, "creator": creator}
    return Mask(values, geometry, name, "read from a DICOM Segmentation", parameters, edited_by)


def _refuse(path_name: str, found: str, expected: str) -> RecordError:
    remedy = "export the segmentation as DICOM SEG on the diffusion series"
    return RecordError(Issue("I06", Level.STOP, found, expected, remedy, path_name))


def _read_segmentation(path: Path) -> Any:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        dataset = pydicom.dcmread(path)
    except (OSError, InvalidDicomError) as error:
        raise _refuse(path.name, type(error).__name__, "a DICOM file that can be opened") from error
    kind = dataset.get("SegmentationType", "")
    if dataset.get("SOPClassUID") != _SEGMENTATION_CLASS or kind != "BINARY":
        raise _refuse(path.name, f"SOP class {dataset.get('SOPClassUID', '')} {kind}".strip(), "a BINARY Segmentation")
    return dataset


def _segment_number(dataset: Any, name: str, path_name: str) -> int:
    wanted = segment_of(Mask(np.zeros((1, 1, 1), dtype=bool), Geometry.from_affine(np.eye(4), (1, 1, 1)), name, ""))
    segments = list(dataset.SegmentSequence)
    by_code = [s for s in segments if s.SegmentedPropertyTypeCodeSequence[0].CodeValue == wanted.type.value]
    by_label = [s for s in segments if str(s.SegmentLabel).strip().lower() == wanted.name.lower()]
    unspecific = [s for s in segments if s.SegmentedPropertyTypeCodeSequence[0].CodeValue in _UNSPECIFIC]
    for found in (by_code, by_label, unspecific if len(segments) == 1 else []):
        if len(found) == 1:
            return int(found[0].SegmentNumber)
    labels = ", ".join(str(s.SegmentLabel) for s in segments)
    raise _refuse(path_name, f"segments {labels}", f"exactly one segment {wanted.name}")


def _check_frame_of_reference(dataset: Any, geometry: Geometry, path_name: str) -> None:
    theirs, ours = str(dataset.get("FrameOfReferenceUID") or ""), geometry.frame_of_reference
    if theirs and ours and theirs != ours:
        remedy = "use the segmentation of this patient and this examination"
        found = "another Frame of Reference UID (0020,0052)"
        raise GeometryError(Issue("G17", Level.STOP, found, "that of the images", remedy, path_name))


def _group(frame: Any, shared: Any, keyword: str) -> Any:
    return (frame.get(keyword) or shared.get(keyword))[0]


def _segment_of_frame(frame: Any, shared: Any) -> int:
    return int(_group(frame, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)


def _voxels_of(plane: np.ndarray, frame: Any, shared: Any, geometry: Geometry, path_name: str) -> np.ndarray:
    """(n, 3) indices (k, j, i) of the set pixels of one frame."""
    origin = np.array(_group(frame, shared, "PlanePositionSequence").ImagePositionPatient, dtype=float)
    cosines = np.array(_group(frame, shared, "PlaneOrientationSequence").ImageOrientationPatient, dtype=float)
    between_rows, between_columns = map(float, _group(frame, shared, "PixelMeasuresSequence").PixelSpacing)
    rows, columns = np.nonzero(plane)
    points = origin + np.outer(columns * between_columns, cosines[:3]) + np.outer(rows * between_rows, cosines[3:])
    k = int(np.abs(geometry.positions - points[0] @ geometry.normal).argmin())
    axes = np.column_stack(
        [geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal * geometry.slice_extents[k]]
    )
    exact = np.linalg.solve(axes, (points - geometry.slice_origins[k]).T).T
    whole = np.rint(exact)
    off = float(np.abs(exact - whole).max())
    inside = (
        (whole[:, :2] >= 0).all()
        and (whole[:, 0] < geometry.shape[2]).all()
        and (whole[:, 1] < geometry.shape[1]).all()
    )
    if off > _INDEX_TOLERANCE or whole[:, 2].any() or not inside:
        found = f"pixels up to {off:.3f} voxels beside the grid" if inside else "pixels outside the grid"
        remedy = "edit on the diffusion series itself, without resampling, and export again"
        raise GeometryError(
            Issue("G17", Level.STOP, found, "a segmentation on the grid of the mask", remedy, path_name)
        )
    return np.column_stack([np.full(len(whole), k), whole[:, 1], whole[:, 0]]).astype(int)
