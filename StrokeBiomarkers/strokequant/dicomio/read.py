"""Read: pixels of a series as one volume or as diffusion-weighted images on one grid.

Every file is read once: hashed, parsed and decoded from the same bytes into one preallocated float32 array in (k, j, i) order.
Slices are placed by position along the normal; the grid keeps the position of every slice. Each frame gets its own rescale.
Whether the slices may be measured is for the audit to say; what cannot be read rightly is refused here.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..config import ReadConfig
from ..errors import Issue, Level, ReadError
from ..geometry import Geometry
from ..types import DiffusionSeries, Directionality, Frame, InputRef, Series, Volume
from .elements import text
from .headers import frame_issues
from .mosaic import MosaicLayout, layout_of, unfold
from .pixels import load_dataset, padding_mask, real_values, stored_frames
from .scaling import Scale, map_scale, signal_scale
from .selection import adc_frames, diffusion_frames
from .stacks import Stack, stack_frames


@dataclass
class DecodedPixels:
    """Values, and what decoding found beside them."""

    values: np.ndarray
    twins: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)
    padding: int = 0
    modality_lut: bool = False
    syntaxes: set[str] = field(default_factory=set)
    photometric: set[str] = field(default_factory=set)
    hashes: list[str] = field(default_factory=list)


def read_volume(series: Series, *, config: ReadConfig = ReadConfig()) -> Volume:
    """One 3-D image after rescale: CT in HU, MR in arbitrary signal.

    Raises:
        ReadError: when the series holds more than one image, lacks a fact or cannot be decoded.
    """
    if series.kind == "nifti":
        from . import nifti

        return nifti.read_volume(series)
    carried = frame_issues(series.frames, series.label)
    if any(issue.blocks for issue in carried):
        raise ReadError(*carried)
    stack = _single_image(series, series.frames, config)
    scale, issues = signal_scale(series, stack.frames, combine=False)
    return _volume(
        series, stack, scale, (*carried, *issues), "attenuation" if series.modality == "CT" else "signal", config
    )


def read_adc(series: Series, *, config: ReadConfig = ReadConfig()) -> Volume:
    """Vendor ADC map in the unit of the file: after rescale, or after the real world value mapping where that states a unit.

    `provenance["rwvm_units"]` names the unit that the values are in, and is absent where none is stated.
    """
    if series.kind == "nifti":
        from . import nifti

        return nifti.read_adc(series)
    frames, issues = adc_frames(series)
    stack = _single_image(series, frames, config)
    scale, scale_issues = map_scale(series, stack.frames)
    return _volume(series, stack, scale, (*issues, *scale_issues), "adc", config)


def read_diffusion(series: Series, *, config: ReadConfig = ReadConfig()) -> DiffusionSeries:
    """Diffusion-weighted images with their b values; b0 images first, on one signal scale.

    Raises:
        ReadError: when a b value, slice or scale factor is missing, or pixels cannot be decoded.
    """
    if series.kind == "nifti":
        from . import nifti

        return nifti.read_diffusion(series)
    frames, issues = diffusion_frames(series)
    stack = stack_frames(frames, series.label, config)
    scale, scale_issues = signal_scale(series, stack.frames, combine=True)
    pixels = decode_stack(series, stack, scale, config)
    issues = (*issues, *scale_issues, *pixel_issues(series, pixels, config), *_compare_twins(series, stack, pixels))
    keep, repeat_issues = _distinct_images(series, stack, pixels)
    images = [stack.images[index] for index in keep]
    lead = [image[0] for image in images]
    return DiffusionSeries(
        values=pixels.values if len(keep) == len(stack.images) else pixels.values[keep],
        geometry=geometry_of(series, stack.first, pixels.values.shape[-2:]),
        b_values=np.array([frame.b_value for frame in lead]),
        b_tags=tuple(frame.b_tag for frame in lead),
        directions=np.array([frame.direction or (np.nan,) * 3 for frame in lead]),
        directionality=tuple(frame.directionality for frame in lead),
        source=source_of(series, pixels, "dwi", images),
        provenance=pixel_provenance(pixels, scale, stack.frames) | _b_provenance(lead),
        issues=(*issues, *repeat_issues),
        instance_uids=tuple(tuple(frame.sop_instance_uid for frame in image) for image in images),
    )


def input_hash(hashes: Iterable[str]) -> str:
    """SHA-256 over the sorted hexadecimal SHA-256 of files, joined by line feeds."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def _single_image(series: Series, frames: Sequence[Frame], config: ReadConfig) -> Stack:
    """Stack of one image, or of repeats that may turn out to be copies of one."""
    stack = stack_frames(frames, series.label, config)
    copies = len(stack.unsure_repeats) == 1 and len(stack.unsure_repeats[0]) == len(stack.images)
    if len(stack.images) > 1 and not copies:
        raise _several_images(series, stack)
    return stack


def _several_images(series: Series, stack: Stack) -> ReadError:
    lead = [image[0] for image in stack.images]
    b_values = sorted({f"{frame.b_value:g}" for frame in lead if frame.b_value is not None}, key=float)
    echoes = sorted({frame.extra["echo_time_ms"] for frame in lead if "echo_time_ms" in frame.extra})
    count = len(stack.first)
    found = f"{len(lead)} images of the same {'slice' if count == 1 else f'{count} slices'}"
    found += f", b {', '.join(b_values)}" if len(b_values) > 1 else ""
    found += f", echo times {echoes} ms" if len(echoes) > 1 else ""
    return ReadError(Issue("G11", Level.STOP, found, "one image", "split the series, one image each", series.label))


def _volume(series, stack: Stack, scale: Scale, issues, quantity: str, config: ReadConfig) -> Volume:
    pixels = decode_stack(series, stack, scale, config)
    issues = (*issues, *pixel_issues(series, pixels, config), *_compare_twins(series, stack, pixels))
    keep, repeat_issues = _distinct_images(series, stack, pixels)
    if len(keep) > 1:
        raise _several_images(series, stack)
    return Volume(
        values=pixels.values[0],
        geometry=geometry_of(series, stack.first, pixels.values.shape[-2:]),
        unit=unit_of(series, quantity),
        quantity=quantity,
        source=source_of(series, pixels, str(series.role), [stack.first]),
        provenance=pixel_provenance(pixels, scale, stack.frames),
        issues=(*issues, *repeat_issues),
        instance_uids=tuple(frame.sop_instance_uid for frame in stack.first),
    )


def unit_of(series: Series, quantity: str) -> str:
    """HU for CT unless its Rescale Type says something else; arbitrary otherwise."""
    rescale_types = {str(frame.extra.get("rescale_type", "")).upper() for frame in series.frames}
    return "[hnsf'U]" if quantity == "attenuation" and rescale_types <= {"", "HU"} else "1"


def decode_stack(
    series: Series,
    stack: Stack,
    scale: Scale,
    config: ReadConfig,
    watch: Callable[[Frame, np.ndarray, Any], None] | None = None,
) -> DecodedPixels:
    """Values of all images, (image, k, j, i), from one reading of every file.

    Args:
        watch: is shown the stored values and the data set of every slice.
    """
    places = {
        (frame.file, frame.index): (image, k)
        for image, frames in enumerate(stack.images)
        for k, frame in enumerate(frames)
    }
    twins = {(frame.file, frame.index) for pair in stack.twins for frame in pair}
    by_file: dict[int, list[Frame]] = {}
    for frame in stack.frames:
        by_file.setdefault(frame.file, []).append(frame)
    shape = (len(stack.images), len(stack.first))
    pixels = DecodedPixels(np.empty((0, 0, 0, 0), dtype=np.float32))
    for file, path in enumerate(series.files):
        dataset, sha256 = load_dataset(path, series.label)
        pixels.hashes.append(sha256)
        frames = {frame.index: frame for frame in by_file.get(file, ())}
        if frames:
            pixels.syntaxes.add(text(getattr(dataset, "file_meta", None), "TransferSyntaxUID"))
            pixels.photometric.add(text(dataset, "PhotometricInterpretation"))
        for index, stored in _slices(dataset, frames, series):
            if watch is not None:
                watch(frames[index], stored, dataset)
            values = _real(stored, dataset, scale, frames[index], series, pixels, config)
            if not pixels.values.size:
                pixels.values = np.empty((*shape, *values.shape), dtype=np.float32)
            if values.shape != pixels.values.shape[2:]:
                raise _wrong_shape(values.shape, pixels.values.shape[2:], series)
            if (file, index) in places:
                pixels.values[places[file, index]] = values
            if (file, index) in twins:
                pixels.twins[file, index] = values
    return pixels


def _slices(dataset: Any, frames: dict[int, Frame], series: Series) -> Iterable[tuple[int, np.ndarray]]:
    """(index, stored values) of the wanted slice images of one file."""
    if not frames:
        return
    uid = text(dataset, "SOPInstanceUID")
    if any(frame.sop_instance_uid != uid for frame in frames.values()):
        found = "a file that is not the one that was scanned"
        raise ReadError(Issue("I06", Level.STOP, found, "unchanged files", "scan the folder again", series.label))
    layout = layout_of(dataset)
    if layout is None:
        yield from stored_frames(dataset, sorted(frames), series.label)
        return
    yield from _tiles(dataset, layout, frames, series)


def _tiles(dataset: Any, layout: MosaicLayout, frames: dict[int, Frame], series: Series):
    (_, image), *_ = stored_frames(dataset, [0], series.label)
    tiles = unfold(image, layout)
    for index in sorted(frames):
        yield index, tiles[index]


def _real(stored, dataset, scale: Scale, frame: Frame, series: Series, pixels: DecodedPixels, config: ReadConfig):
    """Real values of one slice, with padding set to what reads as nothing."""
    slope, intercept = scale.of(frame)
    lut = scale.name == "rescale" and "modality_lut" in frame.extra
    values = real_values(stored, dataset if lut else None, slope, intercept)
    padding = padding_mask(stored, dataset)
    if padding is not None and padding.any():
        values[padding] = config.padding_ct_hu if series.modality == "CT" else config.padding_mr
        pixels.padding += int(np.count_nonzero(padding))
    pixels.modality_lut |= lut
    return values


def _wrong_shape(found: tuple[int, ...], expected: tuple[int, ...], series: Series) -> ReadError:
    words = f"a slice of {found[0]} x {found[1]} pixels"
    wanted = f"{expected[0]} x {expected[1]} as in the other slices"
    return ReadError(Issue("G00", Level.STOP, words, wanted, "split the series by matrix", series.label))


def _compare_twins(series: Series, stack: Stack, pixels: DecodedPixels) -> tuple[Issue, ...]:
    """Warning about slices that are there twice with the same pixels; refusal where the pixels differ."""
    for kept, dropped in stack.twins:
        same = np.array_equal(pixels.twins[kept.file, kept.index], pixels.twins[dropped.file, dropped.index])
        if not same:
            found = f"two different slices at {_where(kept)}, instances {kept.instance_number} and {dropped.instance_number}"
            remedy = "say which of them belongs to the image"
            raise ReadError(Issue("G07", Level.ASK, found, "one slice per position", remedy, series.label))
    if not stack.twins:
        return ()
    found = f"{len(stack.twins)} slices are there twice with the same pixels"
    return (Issue("G07", Level.WARN, found, "one slice per position", "one of each is used", series.label),)


def _where(frame: Frame) -> str:
    return f"({', '.join(f'{part:.2f}' for part in frame.position)}) mm"


def _distinct_images(series: Series, stack: Stack, pixels: DecodedPixels) -> tuple[list[int], tuple[Issue, ...]]:
    """Images to keep: of repeats that no header fact tells apart, copies are dropped."""
    copies, issues = set(), []
    for group in stack.unsure_repeats:
        for place, image in enumerate(group):
            if any(np.array_equal(pixels.values[image], pixels.values[other]) for other in group[:place]):
                copies.add(image)
        left = len([image for image in group if image not in copies])
        if left > 1:
            found = f"{left} repeats that only their order tells apart"
            issues.append(Issue("G11", Level.INFO, found, "", "used as repeats", series.label))
    if copies:
        found = f"{len(copies)} images are there twice with the same pixels"
        issues.append(Issue("G07", Level.WARN, found, "every image once", "one of each is used", series.label))
    return [image for image in range(len(stack.images)) if image not in copies], tuple(issues)


def geometry_of(series: Series, frames: Sequence[Frame], shape: tuple[int, int]) -> Geometry:
    """Grid of the frames of one image, which lie in slice order."""
    thickness = frames[0].thickness if frames[0].thickness and frames[0].thickness > 0 else None
    return Geometry.from_slices(
        [frame.position for frame in frames],
        frames[0].orientation,
        frames[0].pixel_spacing,
        shape,
        thickness,
        str(series.header.get("frame_of_reference_uid", "")),
    )


def source_of(series: Series, pixels: DecodedPixels, role: str, images: Sequence[Sequence[Frame]]) -> InputRef:
    """Series with the hash of its files and the instances that were used."""
    instances = dict.fromkeys(frame.sop_instance_uid for image in images for frame in image)
    return InputRef(series.series_uid, input_hash(pixels.hashes), role, tuple(instances))


def pixel_issues(series: Series, pixels: DecodedPixels, config: ReadConfig) -> tuple[Issue, ...]:
    """What decoding had to do, as information."""
    issues = []
    if pixels.modality_lut:
        issues.append(Issue("P03", Level.INFO, "modality LUT (0028,3000) applied", "", "", series.label))
    if pixels.padding:
        fill = f"{config.padding_ct_hu:g} HU" if series.modality == "CT" else f"{config.padding_mr:g}"
        found = f"{pixels.padding} padding voxels (0028,0120) set to {fill}"
        issues.append(Issue("P05", Level.INFO, found, "", "", series.label))
    if "MONOCHROME1" in pixels.photometric:
        issues.append(
            Issue("P09", Level.INFO, "MONOCHROME1: the display is inverted, the values are not", "", "", series.label)
        )
    return tuple(issues)


def pixel_provenance(pixels: DecodedPixels, scale: Scale, frames: Sequence[Frame]) -> dict[str, Any]:
    """Where the values came from and how they were scaled."""
    factors = [scale.of(frame) for frame in frames]
    provenance = {
        "value_mapping": "modality LUT" if pixels.modality_lut else scale.name,
        "slope_range": [min(slope for slope, _ in factors), max(slope for slope, _ in factors)],
        "intercept_range": [min(i for _, i in factors), max(i for _, i in factors)],
        "padding_voxels": pixels.padding,
        "transfer_syntaxes": sorted(pixels.syntaxes),
        "photometric_interpretations": sorted(pixels.photometric),
        "rescale_types": sorted({str(frame.extra.get("rescale_type", "")) for frame in frames} - {""}),
    }
    if scale.unit_code:
        provenance["rwvm_units"] = scale.unit_code
    return provenance


def _b_provenance(lead: Sequence[Frame]) -> dict[str, Any]:
    return {
        "b_nominal": [frame.b_nominal for frame in lead],
        "b0_images": sum(frame.directionality is Directionality.NONE for frame in lead),
        "directions": sum(frame.directionality is Directionality.DIRECTIONAL for frame in lead),
    }
