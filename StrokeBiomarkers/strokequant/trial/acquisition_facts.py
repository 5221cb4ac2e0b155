"""Facts of one series that an acquisition profile may ask for, from headers and pixels, before anything is measured."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dicomio.audit import audit_series
from ..dicomio.classify import sharp_kernel
from ..dicomio.pixels import load_dataset, real_values, stored_frames
from ..dicomio.time_audit import audit_times
from ..errors import StrokeQuantError
from ..phantom.qualification import KINDS, qualify
from ..sop.series_facts import geometry_facts, stack_facts
from ..types import Directionality, Role, Series
from .acquisition_config import AcquisitionConfig


@dataclass(frozen=True, slots=True)
class AcquisitionFact:
    """Unit (UCUM, empty for yes or no and words) and meaning of a fact."""

    unit: str
    meaning: str


FACTS: dict[str, AcquisitionFact] = {
    "geometry_verdict": AcquisitionFact("", "of the geometry audit"),
    "slice_step_mm": AcquisitionFact("mm", "largest distance of slices"),
    "coverage_mm": AcquisitionFact("mm", "extent of the stack along the slice normal"),
    "pixel_mm": AcquisitionFact("mm", "larger side of a pixel"),
    "b_lowest": AcquisitionFact("s/mm2", "lowest b value"),
    "b_near_1000": AcquisitionFact("s/mm2", "b value nearest to 1000"),
    "directions": AcquisitionFact("1", "gradient directions of that b value; a trace image counts as three"),
    "duration_s": AcquisitionFact("s", "last less first frame"),
    "frame_step_s": AcquisitionFact("s", "median step of frames"),
    "echo_time_ms": AcquisitionFact("ms", "largest in the series"),
    "inversion_time_ms": AcquisitionFact("ms", "as the header says"),
    "tube_voltage_kv": AcquisitionFact("kV", "largest in the series"),
    "soft_kernel": AcquisitionFact("", "no kernel of the series is a sharp one"),
    "contrast_agent": AcquisitionFact("", "the header names a contrast agent"),
    "serial_known": AcquisitionFact("", "the header names the serial number of the scanner"),
    "software_known": AcquisitionFact("", "the header names the software of the scanner"),
    "scanner_qualification": AcquisitionFact("", "by phantom sessions: qualified, conditional, failed, no_verdict"),
    "scanner_current": AcquisitionFact("", "the qualification is in date, and the scanner as it was then"),
    "blank_images": AcquisitionFact("1", "images of one value, among those looked at"),
    "clipped_percent": AcquisitionFact("%", "pixels at the largest stored value, most of the images looked at"),
    "air_hu": AcquisitionFact("[hnsf'U]", "most common CT number below -500"),
    "signal_to_noise": AcquisitionFact("1", "median of the bright half over the noise of the air"),
}
_MODALITY_CT = "CT"


def acquisition_facts(
    series: Series,
    *,
    sessions: Sequence[Any] | None = None,
    partners: Sequence[Series] = (),
    original: Series | None = None,
    config: AcquisitionConfig = AcquisitionConfig(),
) -> dict[str, Any]:
    """Facts of one series; what is not known is absent.

    Args:
        series: of a scan; its files must be there.
        sessions: of a phantom history; None where there is none.
        partners: diffusion series that hold the b values which this one does not, as of `partners_of`.
        original: the same series before its dates were moved, by which the scanner is judged; None for the series itself.
        config: images that are looked at.
    """
    facts = {**_geometry(series), **_diffusion(series, partners, config), **_times(series), **_headers(series)}
    facts |= {**_scanner(original or series, sessions), **_pixels(series, config)}
    return {name: value for name, value in facts.items() if value is not None}


def _geometry(series: Series) -> dict[str, Any]:
    audit = audit_series(series)
    stack = stack_facts("x", audit)
    spacings = [frame.pixel_spacing for frame in series.frames if frame.pixel_spacing]
    verdict = geometry_facts([audit]).get("geometry_verdict")
    return {
        "geometry_verdict": str(verdict) if verdict is not None else None,
        "slice_step_mm": stack.get("x_step_mm"),
        "coverage_mm": stack.get("x_coverage_mm"),
        "pixel_mm": max(map(max, spacings)) if spacings else None,
    }


def _diffusion(series: Series, partners: Sequence[Series], config: AcquisitionConfig) -> dict[str, Any]:
    if series.role is not Role.DWI:
        return {}
    frames = [frame for one in (series, *partners) for frame in one.frames]
    values = [f.b_value for f in frames if f.b_value is not None] or list(series.header.get("b_values") or ())
    if not values:
        return {}
    nearest = min(values, key=lambda b: (abs(b - config.b_wanted), b))
    near = [f for f in frames if f.b_value is not None and abs(f.b_value - nearest) <= config.b_same]
    trace = any(f.directionality is Directionality.ISOTROPIC for f in near)
    axes = {tuple(round(c, 2) for c in f.direction) for f in near if f.direction is not None}
    directions = max(len(axes), config.trace_directions if trace else 0)
    return {"b_lowest": min(values), "b_near_1000": nearest, "directions": directions or None}


def _times(series: Series) -> dict[str, Any]:
    if series.role not in (Role.DSC, Role.CTP):
        return {}
    audit = audit_times(series)
    known = audit.frames > 1
    return {"duration_s": audit.duration_s, "frame_step_s": audit.step_s} if known else {}


def _headers(series: Series) -> dict[str, Any]:
    header, extras = series.header, [frame.extra for frame in series.frames]

    def largest(name: str) -> float | None:
        values = [extra[name] for extra in extras if isinstance(extra.get(name), (int, float))]
        values = values or ([header[name]] if isinstance(header.get(name), (int, float)) else [])
        return max(values) if values else None

    kernels = {str(extra.get("convolution_kernel") or "") for extra in extras} | {
        str(header.get("convolution_kernel") or "")
    }
    kernels -= {""}
    has_header = bool(extras)
    return {
        "echo_time_ms": largest("echo_time_ms"),
        "inversion_time_ms": largest("inversion_time_ms"),
        "tube_voltage_kv": largest("kvp"),
        "soft_kernel": not any(map(sharp_kernel, kernels)) if kernels else None,
        "contrast_agent": bool(header.get("contrast_agent")) if has_header else None,
        "serial_known": bool(series.equipment.serial),
        "software_known": bool(series.equipment.software),
    }


def _scanner(series: Series, sessions: Sequence[Any] | None) -> dict[str, Any]:
    if sessions is None or series.role not in KINDS:
        return {}
    qualification, _ = qualify(series, sessions)
    outdated = {issue.code for issue in qualification.issues} & {"Q64", "Q65", "Q66"}
    return {"scanner_qualification": str(qualification.outcome), "scanner_current": not outdated}


def _pixels(series: Series, config: AcquisitionConfig) -> dict[str, Any]:
    """What the pixels of some images say, evenly spread over the series; nothing where one cannot be read."""
    try:
        seen = [_image_facts(values, stored, series) for values, stored in _images(series, config)]
    except StrokeQuantError:
        return {}
    if not seen:
        return {}
    facts: dict[str, Any] = {
        "blank_images": sum(one["blank"] for one in seen),
        "clipped_percent": max(one["clipped"] for one in seen),
    }
    for name in ("air_hu", "signal_to_noise"):
        values = [one[name] for one in seen if one[name] is not None]
        facts[name] = float(np.median(values)) if values else None
    return facts


def _images(series: Series, config: AcquisitionConfig) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Real and stored values of some images."""
    if series.kind != "dicom" or not series.frames:
        return
    count = min(len(series.frames), config.images)
    chosen = [series.frames[n] for n in np.linspace(0, len(series.frames) - 1, count).round().astype(int)]
    by_file: dict[int, list[Any]] = {}
    for frame in chosen:
        by_file.setdefault(frame.file, []).append(frame)
    for file, frames in sorted(by_file.items()):
        dataset, _ = load_dataset(series.files[file], series.label)
        slopes = {0 if "mosaic" in frame.extra else frame.index: (frame.slope, frame.intercept) for frame in frames}
        for index, stored in stored_frames(dataset, sorted(slopes), series.label):
            slope, intercept = slopes[index]
            yield real_values(stored, dataset, slope, intercept), stored


def _image_facts(values: np.ndarray, stored: np.ndarray, series: Series) -> dict[str, Any]:
    low, high = stored.min(), stored.max()
    blank = bool(low == high)
    clipped = 0.0 if blank else 100 * float(np.count_nonzero(stored == high)) / stored.size
    is_ct = series.modality == _MODALITY_CT
    return {
        "blank": blank,
        "clipped": clipped,
        "air_hu": _air(values) if is_ct else None,
        "signal_to_noise": None if is_ct or blank else _signal_to_noise(values),
    }


def _air(values: np.ndarray) -> float | None:
    """Most common CT number below -500, to 10; padding far below air is none."""
    below = values[(values < -500) & (values >= -1200)]
    if below.size < 50:
        return None
    counts, edges = np.histogram(below, bins=np.arange(-1205, -494, 10))
    return float(edges[int(counts.argmax())] + 5)


def _signal_to_noise(values: np.ndarray) -> float | None:
    """Median of what is brighter than half of the 99th percentile, over the noise of the darkest corner.

    Magnitude noise in air is a Rayleigh variable, whose mean is sqrt(pi / 2) of the sigma of the signal. Air that was set to 0 tells nothing.
    """
    size = max(4, min(values.shape) // 10)
    corners = [
        values[rows, columns]
        for rows in (slice(0, size), slice(-size, None))
        for columns in (slice(0, size), slice(-size, None))
    ]
    noise = min(float(corner.mean()) for corner in corners) / math.sqrt(math.pi / 2)
    bright = values[values > np.percentile(values, 99) / 2]
    return float(np.median(bright)) / noise if noise > 0 and bright.size else None
