"""Protocol of a series: the facts by which passes are the same, and by which a protocol is checked."""

from typing import Any

import numpy as np

from ..types import Series

_KEYWORDS = {
    "averages": "NumberOfAverages",
    "bandwidth_hz": "PixelBandwidth",
    "echo_train": "EchoTrainLength",
    "parallel_factor": "ParallelReductionFactorInPlane",
}


def protocol_of(series: Series) -> dict[str, Any]:
    """Facts of the first image; what its header does not say is absent."""
    from pydicom import dcmread

    frame = series.frames[0]
    facts: dict[str, Any] = {
        "repetition_time_ms": frame.extra.get("repetition_time_ms", series.header.get("repetition_time_ms")),
        "echo_time_ms": frame.extra.get("echo_time_ms", series.header.get("echo_time_ms")),
        "thickness_mm": frame.thickness,
        "spacing_mm": frame.spacing_tag,
        "sequence": _sequence(series),
        "matrix": list(series.shape),
        "fov_mm": _field_of_view(series),
        "slices": len({tuple(np.round(f.position, 2)) for f in series.frames if f.position is not None}),
    }
    tags = [*_KEYWORDS.values(), "InPlanePhaseEncodingDirection", "AcquisitionMatrix"]
    header = dcmread(series.files[0], stop_before_pixels=True, specific_tags=tags, force=True)
    for name, keyword in _KEYWORDS.items():
        value = header.get(keyword)
        facts[name] = _number(value)
    facts["phase_encoding"] = str(header.get("InPlanePhaseEncodingDirection", "") or "") or None
    facts["acquired_matrix"] = _acquired(header.get("AcquisitionMatrix"))
    return {name: value for name, value in sorted(facts.items()) if value not in (None, "")}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _acquired(value: Any) -> list[int] | None:
    """Frequency and phase steps of Acquisition Matrix (0018,1310), whose other two numbers are 0."""
    try:
        steps = [int(n) for n in value if int(n) > 0]
    except (TypeError, ValueError):
        return None
    return steps if len(steps) == 2 else None


def _sequence(series: Series) -> str:
    """Kind of sequence without what differs between b values."""
    words = (series.header.get("scanning_sequence", ""), series.header.get("sequence_variant", ""))
    return " ".join(str(word) for word in words if word)


def _field_of_view(series: Series) -> list[float] | None:
    spacing = series.frames[0].pixel_spacing
    if not spacing:
        return None
    return [round(float(n * s), 1) for n, s in zip(series.shape, spacing, strict=True)]
