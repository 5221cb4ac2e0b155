"""Vendors: b value, gradient direction and scale slope, from public or private elements, with the element named.

Order: UIH actual b, then public Diffusion b-value (0018,9087), then GE (0043,xx39)[0], Siemens (0019,xx0C) or CSA header,
Philips (2001,xx03), Toshiba Image Comments. Private elements are found by private creator. A b value is in s/mm2 and is None when
no element gives a plausible one: it is never a default. What was rejected is kept in words for an issue.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..config import AdcConfig, ReadConfig
from ..types import Directionality
from .elements import HeaderLevel, first_item, numbers, numbers_of, private_value, strings, text, vector
from .mosaic import csa_header

PUBLIC_B = "(0018,9087)"
GE_BIAS = 1e9

_GE_PARAMETERS = "GEMS_PARM_01"
_GE_ACQUISITION = "GEMS_ACQU_01"
_SIEMENS_MR = "SIEMENS MR HEADER"
_PHILIPS_IMAGING = "Philips Imaging DD 001"
_PHILIPS_MR = "Philips MR Imaging DD 001"
_UIH_IMAGE = "Image Private Header"


@dataclass(frozen=True, slots=True)
class Diffusion:
    """What one image says about its diffusion weighting.

    Args:
        b_value: actual s/mm2, None when nothing plausible says it.
        b_nominal: s/mm2 that the user set, where the vendor keeps both.
        b_tag: element of `b_value`.
        direction: unit vector in LPS.
        directionality: see `Directionality`.
        rejected: implausible b values, in words.
        other_b: (value, element) of a second source of b that disagrees.
        gradient: GE gradient as written, which tells directions apart where their axes are not known.
    """

    b_value: float | None = None
    b_nominal: float | None = None
    b_tag: str = ""
    direction: tuple[float, float, float] | None = None
    directionality: Directionality = Directionality.UNKNOWN
    rejected: tuple[str, ...] = ()
    other_b: tuple[float, str] | None = None
    gradient: tuple[float, ...] | None = None


def plausible_b(value: float, config: ReadConfig = ReadConfig()) -> bool:
    """True for a finite b value from 0 to the limit of the configuration."""
    return math.isfinite(value) and 0 <= value <= config.b_max


def decode_ge_b(value: float) -> float:
    """GE b value without the bias of 1e9 that multi-b protocols add."""
    return value - GE_BIAS if value >= GE_BIAS else value


def diffusion_of(*datasets: Any, config: ReadConfig = ReadConfig(), adc_config: AdcConfig = AdcConfig()) -> Diffusion:
    """Diffusion weighting of one image.

    Args:
        datasets: where to look, most specific first: for a classic image the dataset; for a frame its per-frame group,
            the shared group and the dataset. Each may be a `HeaderLevel`.
    """
    datasets = _levels(datasets)
    found, rejected = [], []
    for value, tag in _b_candidates(datasets):
        if plausible_b(value, config):
            found.append((value, tag))
        else:
            rejected.append(f"{tag} = {value:g}")
    result = Diffusion(rejected=tuple(rejected))
    if found:
        (b_value, tag), others = found[0], found[1:]
        tolerance = max(1.0, b_value * adc_config.b_actual_nominal_percent / 100)
        other = next((other for other in others if abs(other[0] - b_value) > tolerance), None)
        result = replace(result, b_value=b_value, b_tag=tag, other_b=other, b_nominal=_first(datasets, _uih_nominal_b))
    directionality = _first(datasets, _directionality) or Directionality.UNKNOWN
    direction = _first(datasets, _direction)
    return _settle(result, direction, directionality, _first(datasets, _ge_gradient), adc_config)


def scale_slope(*datasets: Any) -> float | None:
    """Philips Scale Slope (2005,xx0E), None where there is none or it is not a positive number."""
    return _first(_levels(datasets), _scale_slope)


def _scale_slope(dataset: Any) -> float | None:
    for holder in (dataset, _philips_private_item(dataset)):
        values = numbers(private_value(holder, 0x2005, _PHILIPS_MR, 0x0E, "FL")[0])
        if values and math.isfinite(values[0]) and values[0] > 0:
            return values[0]
    return None


def dynamic_begin_s(*datasets: Any) -> float | None:
    """Philips begin of a dynamic after that of the scan in s, (2005,xxA0); None where there is none or another vendor."""
    return _first(_levels(datasets), _dynamic_begin_s)


def _dynamic_begin_s(dataset: Any) -> float | None:
    for holder in (dataset, _philips_private_item(dataset)):
        values = numbers(private_value(holder, 0x2005, _PHILIPS_MR, 0xA0, "FL")[0])
        if values and math.isfinite(values[0]):
            return values[0]
    return None


def receive_gain(dataset: Any) -> tuple[float, ...] | None:
    """GE receive gains (analog, digital) in (0019,xx8A) and (0019,xx8B), None where one is missing."""
    parts = [numbers(private_value(dataset, 0x0019, _GE_ACQUISITION, offset, "SS")[0]) for offset in (0x8A, 0x8B)]
    values = tuple(value for part in parts for value in part[:1])
    return values if len(values) == 2 else None


def _levels(datasets: Sequence[Any]) -> tuple[HeaderLevel, ...]:
    return tuple(item if isinstance(item, HeaderLevel) else HeaderLevel(item) for item in datasets)


def _settle(found: Diffusion, direction, directionality, gradient, config: AdcConfig) -> Diffusion:
    """Directionality where no element says it, and no direction where there is no weighting."""
    if found.b_value is not None and round(found.b_value) <= config.b0_max:
        return replace(found, directionality=Directionality.NONE)
    if directionality is Directionality.ISOTROPIC:
        return replace(found, directionality=directionality)
    if directionality is Directionality.NONE:
        directionality = Directionality.UNKNOWN
    if found.b_value is not None and (direction is not None or gradient is not None):
        directionality = Directionality.DIRECTIONAL
    return replace(found, direction=direction, directionality=directionality, gradient=gradient)


def _first(levels: Sequence[HeaderLevel], reader) -> Any:
    return next((value for level in levels if (value := level.ask(reader)) is not None), None)


def _b_candidates(datasets: Sequence[HeaderLevel]) -> list[tuple[float, str]]:
    readers = (_uih_b, _public_b, _ge_b, _siemens_b, _philips_b, _toshiba_b)
    return [found for reader in readers for found in [_first(datasets, reader)] if found is not None]


def _diffusion_item(dataset: Any) -> Any:
    return first_item(dataset, "MRDiffusionSequence")


def _public_b(dataset: Any) -> tuple[float, str] | None:
    for holder in (_diffusion_item(dataset), dataset):
        values = numbers_of(holder, "DiffusionBValue")
        if values:
            return values[0], PUBLIC_B
    return None


def _private_b(dataset: Any, group: int, creator: str, offset: int, vr: str) -> tuple[float, str] | None:
    value, tag = private_value(dataset, group, creator, offset, vr)
    values = numbers(value)
    return (values[0], tag) if values else None


def _uih_b(dataset: Any) -> tuple[float, str] | None:
    return _private_b(dataset, 0x0065, _UIH_IMAGE, 0x09, "FD")


def _uih_nominal_b(dataset: Any) -> float | None:
    found = _private_b(dataset, 0x0065, _UIH_IMAGE, 0x0A, "FD")
    return found[0] if found and plausible_b(found[0]) else None


def _ge_b(dataset: Any) -> tuple[float, str] | None:
    value, tag = private_value(dataset, 0x0043, _GE_PARAMETERS, 0x39, "IS")
    parts = strings(value)
    try:
        return (decode_ge_b(float(parts[0])), f"{tag}[0]") if parts else None
    except ValueError:
        return None


def _siemens_b(dataset: Any) -> tuple[float, str] | None:
    found = _private_b(dataset, 0x0019, _SIEMENS_MR, 0x0C, "IS")
    if found is not None:
        return found
    fields, tag = csa_header(dataset, "image")
    values = fields.get("B_value", ())
    try:
        return (float(values[0]), f"{tag} B_value") if values else None
    except ValueError:
        return None


def _philips_b(dataset: Any) -> tuple[float, str] | None:
    for holder in (dataset, _philips_private_item(dataset)):
        found = _private_b(holder, 0x2001, _PHILIPS_IMAGING, 0x03, "FL")
        if found is not None:
            return found
    return None


def _philips_private_item(dataset: Any) -> Any:
    """Item in which Philips enhanced images keep private elements of a frame: (2005,xx0F) of DD 005."""
    value, _ = private_value(dataset, 0x2005, "Philips MR Imaging DD 005", 0x0F, "SQ")
    return value[0] if value is not None and len(value) and hasattr(value[0], "keys") else None


def _toshiba_b(dataset: Any) -> tuple[float, str] | None:
    """Toshiba writes "b=1000(0.445,0.000,0.895)" into Image Comments."""
    if "toshiba" not in text(dataset, "Manufacturer").casefold():
        return None
    match = re.match(r"\s*b\s*=\s*(\d+(?:\.\d+)?)", text(dataset, "ImageComments"), re.IGNORECASE)
    return (float(match[1]), "(0020,4000)") if match else None


def _directionality(dataset: Any) -> Directionality | None:
    siemens = private_value(dataset, 0x0019, _SIEMENS_MR, 0x0D, "CS")[0]
    item = _diffusion_item(dataset)
    for word in (text(item, "DiffusionDirectionality"), text(dataset, "DiffusionDirectionality"), *strings(siemens)):
        if word.upper() in ("DIRECTIONAL", "BMATRIX"):
            return Directionality.DIRECTIONAL
        if word.upper() in ("ISOTROPIC", "NONE"):
            return Directionality(word.upper())
    philips = strings(private_value(dataset, 0x2001, _PHILIPS_IMAGING, 0x04, "CS")[0])
    return Directionality.ISOTROPIC if philips[:1] == ("I",) else None


def _direction(dataset: Any) -> tuple[float, float, float] | None:
    item = _diffusion_item(dataset)
    gradient = first_item(item, "DiffusionGradientDirectionSequence")
    for holder in (gradient, item, dataset):
        direction = _unit(vector(holder, "DiffusionGradientOrientation", 3))
        if direction is not None:
            return direction
    siemens = private_value(dataset, 0x0019, _SIEMENS_MR, 0x0E, "FD")[0]
    uih = _from_image_axes(dataset, numbers(private_value(dataset, 0x0065, _UIH_IMAGE, 0x37, "FD")[0]))
    philips = [numbers(private_value(dataset, 0x2005, _PHILIPS_MR, offset, "FL")[0]) for offset in (0xB0, 0xB1, 0xB2)]
    candidates = (numbers(siemens), uih, tuple(value for part in philips for value in part), _ge_direction(dataset))
    return next((unit for values in candidates if (unit := _unit(values)) is not None), None)


def _ge_direction(dataset: Any) -> tuple[float, ...]:
    """GE gradient (frequency, phase, slice) turned to LPS; () for other than column phase encoding, which is not verified."""
    gradient = _ge_gradient(dataset)
    if gradient is None or text(dataset, "InPlanePhaseEncodingDirection") != "COL":
        return ()
    return _from_image_axes(dataset, (-gradient[0], -gradient[1], gradient[2]))


def _from_image_axes(dataset: Any, values: tuple[float, ...]) -> tuple[float, ...]:
    """LPS vector of a vector along the rows, columns and normal of the image; () where either is missing."""
    orientation = vector(dataset, "ImageOrientationPatient", 6)
    if orientation is None or len(values) != 3:
        return ()
    row, column = np.reshape(orientation, (2, 3))
    return tuple((np.array(values) @ np.array([row, column, np.cross(row, column)])).tolist())


def _unit(values) -> tuple[float, float, float] | None:
    """Unit vector; None for anything that is not a direction, such as the zero vector of a b0."""
    if values is None or len(values) != 3 or not all(map(math.isfinite, values)):
        return None
    length = math.hypot(*values)
    return tuple(value / length for value in values) if 0.5 < length < 2 else None


def _ge_gradient(dataset: Any) -> tuple[float, ...] | None:
    """GE gradient along frequency, phase and slice (0019,xxBB..BD), as written."""
    parts = [numbers(private_value(dataset, 0x0019, _GE_ACQUISITION, offset, "DS")[0]) for offset in (0xBB, 0xBC, 0xBD)]
    values = tuple(value for part in parts for value in part[:1])
    return values if len(values) == 3 and any(values) else None
