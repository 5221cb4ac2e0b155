"""Known damage to a written DICOM series, for tests: each fault changes files in place and says what it did.

Every function takes the paths of one series and returns the paths that it touched. Faults that mean nothing for a series (no
rescale to remove, no slices as files) raise `NotApplicable`.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

B_TAGS_PUBLIC = (0x00189087, 0x00189089, 0x00189117)
B_TAGS_PRIVATE = (
    (0x0043, "GEMS_PARM_01", 0x39),
    (0x0019, "SIEMENS MR HEADER", 0x0C),
    (0x2001, "Philips Imaging DD 001", 0x03),
    (0x0065, "Image Private Header", 0x09),
    (0x0065, "Image Private Header", 0x0A),
)


class NotApplicable(ValueError):
    """The series has nothing that this fault could damage."""


def edit(path: Path, change: Callable[[Dataset], object]) -> Path:
    """Change one file in place."""
    ds = pydicom.dcmread(path)
    change(ds)
    ds.save_as(path, enforce_file_format=False)
    return path


def edit_all(paths: list[Path], change: Callable[[Dataset], object]) -> list[Path]:
    return [edit(path, change) for path in paths]


def position(path: Path) -> tuple[float, ...]:
    ds = pydicom.dcmread(path, specific_tags=["ImagePositionPatient"])
    if "ImagePositionPatient" not in ds:
        raise NotApplicable("no position in this file")
    return tuple(map(float, ds.ImagePositionPatient))


def slices(paths: list[Path]) -> list[list[Path]]:
    """Paths by slice position, in order along the stack."""
    levels: dict[tuple[float, ...], list[Path]] = {}
    for path in paths:
        levels.setdefault(position(path), []).append(path)
    if len(levels) < 5:
        raise NotApplicable("slices are not files here")
    axis = int(np.argmax(np.ptp(list(levels), axis=0)))
    return [levels[key] for key in sorted(levels, key=lambda p: p[axis])]


def levels_of(ds: Dataset, keyword: str) -> list[Dataset]:
    """The dataset and the items of its functional groups that hold an element."""
    found = [ds] if keyword in ds else []
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in ds.get(name, ()):
            found += [item for e in group if e.VR == "SQ" for item in e.value if keyword in item]
    return found


def changed(paths: list[Path], keyword: str, value: object) -> list[Path]:
    """Give an element another value wherever it stands; None removes it."""

    def change(ds: Dataset) -> None:
        levels = levels_of(ds, keyword)
        if not levels:
            raise NotApplicable(f"no {keyword}")
        for level in levels:
            if value is None:
                del level[keyword]
            else:
                setattr(level, keyword, value)

    return edit_all(paths, change)


def several(paths: list[Path]) -> list[Path]:
    """The same paths, where there are several."""
    if len(paths) < 2:
        raise NotApplicable("one file only")
    return paths


def new_uid(old: str, suffix: int) -> UID:
    return UID(f"{str(old)[:60]}.{suffix}")


def missing_slice(paths: list[Path]) -> list[Path]:
    lost = slices(paths)[len(slices(paths)) // 2]
    for path in lost:
        path.unlink()
    return lost


def missing_image(paths: list[Path]) -> list[Path]:
    """One file of one slice is gone, its other weightings are there."""
    lost = slices(paths)[len(slices(paths)) // 2][-1]
    lost.unlink()
    return [lost]


def duplicate_file(paths: list[Path]) -> list[Path]:
    """The same file twice."""
    copy = paths[0].with_name("copy" + paths[0].suffix)
    shutil.copyfile(paths[0], copy)
    return [copy]


def _duplicate(paths: list[Path], change: Callable[[Dataset], object]) -> list[Path]:
    source = slices(paths)[len(slices(paths)) // 2][0]
    copy = source.with_name("again" + source.suffix)
    shutil.copyfile(source, copy)

    def renamed(ds: Dataset) -> None:
        ds.SOPInstanceUID = new_uid(ds.SOPInstanceUID, 7)
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        change(ds)

    return [edit(copy, renamed)]


def duplicate_slice(paths: list[Path]) -> list[Path]:
    """A second object at the same position with the same pixels."""
    return _duplicate(paths, lambda ds: None)


def duplicate_changed(paths: list[Path]) -> list[Path]:
    """A second object at the same position with other pixels."""

    def brighten(ds: Dataset) -> None:
        pixels = np.frombuffer(ds.PixelData, "<u2") // 2 + 100
        ds.PixelData = pixels.astype("<u2").tobytes()

    return _duplicate(paths, brighten)


def _walk_b(ds: Dataset, public: bool, private: bool) -> int:
    """Delete b tags everywhere in a dataset; returns how many."""
    removed = 0
    for tag in B_TAGS_PUBLIC if public else ():
        if tag in ds:
            del ds[tag]
            removed += 1
    for group, creator, offset in B_TAGS_PRIVATE if private else ():
        try:
            block = ds.private_block(group, creator)
        except KeyError:
            continue
        if offset in block:
            del block[offset]
            removed += 1
    removed += private and _rename_csa_b(ds)
    for element in ds:
        if element.VR == "SQ":
            removed += sum(_walk_b(item, public, private) for item in element.value)
    return removed


def _rename_csa_b(ds: Dataset) -> bool:
    """Make the b value in a CSA header unfindable without touching the rest of it."""
    try:
        element = ds.private_block(0x0029, "SIEMENS CSA HEADER")[0x10]
    except KeyError:
        return False
    found = b"B_value\x00" in element.value
    element.value = element.value.replace(b"B_value\x00", b"X_value\x00")
    return found


def _remove_b(paths: list[Path], public: bool, private: bool) -> list[Path]:
    counts = []
    edit_all(paths, lambda ds: counts.append(_walk_b(ds, public, private)))
    if not sum(counts):
        raise NotApplicable("no such b tag")
    return paths


def removed_b(paths: list[Path]) -> list[Path]:
    edit_all(paths, lambda ds: ds.pop("SequenceName", None))
    return _remove_b(paths, True, True)


def removed_b_public(paths: list[Path]) -> list[Path]:
    return _remove_b(paths, True, False)


def removed_b_private(paths: list[Path]) -> list[Path]:
    return _remove_b(paths, False, True)


def removed_private(paths: list[Path]) -> list[Path]:
    """Every private element, as a strict de-identification does."""

    def change(ds: Dataset) -> None:
        if not any(e.tag.is_private for e in ds.iterall()):
            raise NotApplicable("no private elements")
        ds.remove_private_tags()

    return edit_all(paths, change)


def swapped_pixels(paths: list[Path]) -> list[Path]:
    """First and last image of every slice exchange their pixels: b0 and DWI are swapped against their tags."""
    touched = []
    for group in slices(paths):
        if len(group) < 2:
            raise NotApplicable("one image per slice")
        first, last = pydicom.dcmread(group[0]), pydicom.dcmread(group[-1])
        first.PixelData, last.PixelData = last.PixelData, first.PixelData
        first.save_as(group[0])
        last.save_as(group[-1])
        touched += [group[0], group[-1]]
    return touched


def removed_rescale(paths: list[Path]) -> list[Path]:
    changed(paths, "RescaleSlope", None)
    return changed(paths, "RescaleIntercept", None)


def removed_scale_slope(paths: list[Path]) -> list[Path]:
    def change(ds: Dataset) -> None:
        try:
            del ds.private_block(0x2005, "Philips MR Imaging DD 001")[0x0E]
        except KeyError:
            raise NotApplicable("no Philips scale slope") from None

    return edit_all(paths, change)


def removed_unit(paths: list[Path]) -> list[Path]:
    """Rescale Type and real world mapping."""

    def change(ds: Dataset) -> None:
        levels = [*levels_of(ds, "RescaleType"), *levels_of(ds, "RealWorldValueMappingSequence")]
        if not levels:
            raise NotApplicable("no unit")
        for level in levels:
            level.pop("RescaleType", None)
            level.pop("RealWorldValueMappingSequence", None)

    return edit_all(paths, change)


def truncated_pixels(paths: list[Path]) -> list[Path]:
    return [_cut(paths[len(paths) // 2], 0.6)]


def truncated_header(paths: list[Path]) -> list[Path]:
    path = paths[len(paths) // 2]
    path.write_bytes(path.read_bytes()[:400])
    return [path]


def _cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def zero_byte(paths: list[Path]) -> list[Path]:
    paths[len(paths) // 2].write_bytes(b"")
    return [paths[len(paths) // 2]]


def text_as_dicom(paths: list[Path]) -> list[Path]:
    """A text file beside the series that calls itself .dcm."""
    path = paths[0].with_name("notes.dcm")
    path.write_text("scanned twice because of motion\n", "utf-8")
    return [path]


def wrong_extension(paths: list[Path]) -> list[Path]:
    return [path.rename(path.with_suffix(".txt")) for path in paths]


def no_extension(paths: list[Path]) -> list[Path]:
    return [path.rename(path.with_suffix("")) for path in paths]


def reversed_names(paths: list[Path]) -> list[Path]:
    """Names run against the slices."""
    temporary = [path.rename(path.with_name("x" + path.name)) for path in several(paths)]
    return [old.rename(path) for old, path in zip(temporary, reversed(paths), strict=True)]


def shuffled_instance_numbers(paths: list[Path]) -> list[Path]:
    numbers = iter(np.random.default_rng(3).permutation(len(paths)) + 1)
    return edit_all(several(paths), lambda ds: setattr(ds, "InstanceNumber", str(next(numbers))))


def equal_instance_numbers(paths: list[Path]) -> list[Path]:
    return changed(several(paths), "InstanceNumber", "1")


def localizer_inside(paths: list[Path]) -> list[Path]:
    """Three sagittal images under the Series Instance UID of the series."""
    slices(paths)
    made = []
    for n, x in enumerate((-30.0, 0.0, 30.0)):
        copy = paths[0].with_name(f"localizer{n}{paths[0].suffix}")
        shutil.copyfile(paths[0], copy)

        def change(ds: Dataset, n: int = n, x: float = x) -> None:
            ds.SOPInstanceUID = new_uid(ds.SOPInstanceUID, 80 + n)
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            ds.ImageOrientationPatient = ["0", "1", "0", "0", "0", "-1"]
            ds.ImagePositionPatient = [str(x), "-110", "110"]

        made.append(edit(copy, change))
    return made


def two_patients(paths: list[Path]) -> list[Path]:
    """The second half belongs to somebody else."""

    def change(ds: Dataset) -> None:
        ds.PatientID, ds.PatientName = "SYNTH-999", "Synthetic^Patient99"

    return edit_all(several(paths)[len(paths) // 2 :], change)


def split_series(paths: list[Path]) -> list[Path]:
    """The second half has another Series Instance UID."""
    half = several(paths)[len(paths) // 2 :]
    return edit_all(half, lambda ds: setattr(ds, "SeriesInstanceUID", new_uid(ds.SeriesInstanceUID, 5)))


def negative_spacing_tag(paths: list[Path]) -> list[Path]:
    return changed(paths, "SpacingBetweenSlices", "-5.0")


def wrong_spacing_tag(paths: list[Path]) -> list[Path]:
    return changed(paths, "SpacingBetweenSlices", "1.0")


def wrong_mosaic_spacing(paths: list[Path]) -> list[Path]:
    """A mosaic that says its slices are a fifth further apart than its text protocol has them."""
    ds = pydicom.dcmread(paths[0])
    if "MOSAIC" not in ds.ImageType:
        raise NotApplicable("no Siemens mosaic")
    return changed(paths, "SpacingBetweenSlices", f"{float(ds.SpacingBetweenSlices) * 1.2:.6g}")


def wrong_thickness_tag(paths: list[Path]) -> list[Path]:
    return changed(paths, "SliceThickness", "50")


def renumbered_private_blocks(paths: list[Path]) -> list[Path]:
    """Every private block moved to 0x20 and up, creators included, as some archives do."""

    def change(ds: Dataset) -> None:
        moved = Dataset()
        for element in [e for e in ds if e.tag.is_private]:
            block = element.tag.element if element.tag.is_private_creator else element.tag.element >> 8
            offset = 0 if element.tag.is_private_creator else element.tag.element & 0xFF
            new = block + 0x10 if element.tag.is_private_creator else ((block + 0x10) << 8) + offset
            moved.add_new((element.tag.group, new), element.VR, element.value)
            del ds[element.tag]
        if not len(moved):
            raise NotApplicable("no private elements")
        for element in moved:
            ds.add(element)

    return edit_all(paths, change)


def removed_private_creators(paths: list[Path]) -> list[Path]:
    """Private elements stay, what names them is gone."""

    def change(ds: Dataset) -> None:
        creators = [e.tag for e in ds if e.tag.is_private_creator]
        if not creators:
            raise NotApplicable("no private elements")
        for tag in creators:
            del ds[tag]

    return edit_all(paths, change)


def _set_b(paths: list[Path], value: float) -> list[Path]:
    def change(ds: Dataset) -> None:
        if "DiffusionBValue" not in ds or ds.DiffusionBValue < 10:
            return
        _walk_b(ds, False, True)
        ds.DiffusionBValue = value

    before = [path.read_bytes() for path in paths]
    edit_all(paths, change)
    if before == [path.read_bytes() for path in paths]:
        raise NotApplicable("no public b value at the top level")
    return paths


def b_not_a_number(paths: list[Path]) -> list[Path]:
    return _set_b(paths, float("nan"))


def b_huge(paths: list[Path]) -> list[Path]:
    return _set_b(paths, 7.23e75)


def b_negative(paths: list[Path]) -> list[Path]:
    return _set_b(paths, -1.0)


def b_2500(paths: list[Path]) -> list[Path]:
    return _set_b(paths, 2500.0)


def removed_position(paths: list[Path]) -> list[Path]:
    return changed(paths[len(paths) // 2 :][:1], "ImagePositionPatient", None)


def removed_orientation(paths: list[Path]) -> list[Path]:
    return changed(paths, "ImageOrientationPatient", None)


def zero_orientation(paths: list[Path]) -> list[Path]:
    return changed(paths, "ImageOrientationPatient", ["0"] * 6)


def zero_pixel_spacing(paths: list[Path]) -> list[Path]:
    return changed(paths, "PixelSpacing", ["0", "0"])


def removed_pixel_spacing(paths: list[Path]) -> list[Path]:
    return changed(paths, "PixelSpacing", None)


def other_pixel_spacing(paths: list[Path]) -> list[Path]:
    """One slice claims another pixel size."""
    return edit_all(slices(paths)[3], lambda ds: setattr(ds, "PixelSpacing", ["0.9", "0.9"]))


def other_matrix(paths: list[Path]) -> list[Path]:
    """One image is cropped to half its rows."""
    path = slices(paths)[len(slices(paths)) // 2][0]

    def change(ds: Dataset) -> None:
        ds.Rows = ds.Rows // 2
        ds.PixelData = ds.PixelData[: len(ds.PixelData) // 2]

    return [edit(path, change)]


def removed_pixels(paths: list[Path]) -> list[Path]:
    return [edit(paths[len(paths) // 2], lambda ds: ds.pop("PixelData", None))]


def wrong_transfer_syntax(paths: list[Path]) -> list[Path]:
    """Says JPEG 2000, holds raw pixels."""
    data = paths[0].read_bytes()
    raw, jpeg = b"1.2.840.10008.1.2.1\x00", b"1.2.840.10008.1.2.4.90"
    at = data.index(raw)
    length = int.from_bytes(data[at - 2 : at], "little")
    grown = len(jpeg) - length
    group = 128 + 4 + 8
    total = int.from_bytes(data[group : group + 4], "little") + grown
    data = data[:group] + total.to_bytes(4, "little") + data[group + 4 :]
    data = data[: at - 2] + len(jpeg).to_bytes(2, "little") + jpeg + data[at + length :]
    paths[0].write_bytes(data)
    return [paths[0]]


def secondary_capture(paths: list[Path]) -> list[Path]:
    """One object of the series is a secondary capture."""

    def change(ds: Dataset) -> None:
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID

    return [edit(paths[len(paths) // 2], change)]


def removed_mosaic_count(paths: list[Path]) -> list[Path]:
    def change(ds: Dataset) -> None:
        if not {"MOSAIC", "VFRAME"} & set(ds.ImageType):
            raise NotApplicable("no mosaic")
        for group, creator, offset in (
            (0x0019, "SIEMENS MR HEADER", 0x0A),
            (0x0029, "SIEMENS CSA HEADER", 0x10),
            (0x0065, "Image Private Header", 0x50),
            (0x0065, "Image Private Header", 0x51),
        ):
            try:
                del ds.private_block(group, creator)[offset]
            except KeyError:
                continue

    return edit_all(paths, change)


def _rescaled(ds: Dataset, factor: float) -> None:
    for level in levels_of(ds, "RescaleSlope") or [ds]:
        level.RescaleSlope, level.RescaleIntercept = f"{float(level.get('RescaleSlope', 1)) * factor:.6g}", "0"


def adc_in_mm2_per_s(paths: list[Path]) -> list[Path]:
    """The ADC map comes out in mm2/s through a tiny slope."""
    return edit_all(paths, lambda ds: _rescaled(ds, 1e-6))


def adc_in_odd_unit(paths: list[Path]) -> list[Path]:
    """The ADC map comes out ten times too large, in no known unit."""
    return edit_all(paths, lambda ds: _rescaled(ds, 10))


FAULTS: dict[str, Callable[[list[Path]], list[Path]]] = {
    function.__name__: function
    for function in (
        adc_in_mm2_per_s, adc_in_odd_unit, b_2500, b_huge, b_negative, b_not_a_number, duplicate_changed, duplicate_file,
        duplicate_slice, equal_instance_numbers, localizer_inside, missing_image, missing_slice, negative_spacing_tag, no_extension,
        other_matrix, other_pixel_spacing, removed_b, removed_b_private, removed_b_public, removed_mosaic_count,
        removed_orientation, removed_pixel_spacing, removed_pixels, removed_position, removed_private,
        removed_private_creators, removed_rescale, removed_scale_slope, removed_unit, renumbered_private_blocks,
        reversed_names, secondary_capture, shuffled_instance_numbers, split_series, swapped_pixels, text_as_dicom, truncated_header,
        truncated_pixels, two_patients, wrong_extension, wrong_mosaic_spacing, wrong_spacing_tag, wrong_thickness_tag, wrong_transfer_syntax,
        zero_byte, zero_orientation, zero_pixel_spacing,
    )
}  # fmt: skip
