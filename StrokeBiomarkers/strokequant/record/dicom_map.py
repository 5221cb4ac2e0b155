"""A quantity map as a DICOM Parametric Map: float32 in its own unit, 0 where there is no value, never NaN."""

import inspect
from typing import Any

import numpy as np

from .. import codes
from ..codes import Code
from ..config import ReportConfig
from ..geometry import unit_normal
from ..perfusion_config import PerfusionReportConfig
from ..types import QuantityMap
from .dicom_common import RESEARCH_ONLY, Writing, base_arguments, coded, finish, long_string
from .dicom_source import Source, set_references, slice_headers

SERIES_NUMBER = 9010
_DESCRIPTION_LENGTH = 1024

QUANTITIES: dict[str, tuple[str, Code]] = {
    "adc": ("ADC", codes.ADC),
    "tmax": ("Tmax", codes.TMAX),
    "mtt": ("MTT", codes.MEAN_TRANSIT_TIME),
    "ttp": ("TTP", codes.TIME_TO_PEAK),
    "cbf": ("CBF", codes.CBF),
    "cbv": ("CBV", codes.CBV),
    "rcbf": ("rCBF", codes.CBF_RELATIVE),
    "rcbv": ("rCBV", codes.CBV_RELATIVE),
}
"""Series name and concept by `QuantityMap.quantity`."""


def can_be_written(quantity_map: QuantityMap) -> bool:
    """True where quantity and unit have a code."""
    return quantity_map.quantity in QUANTITIES and quantity_map.unit in codes.UNITS


def stored_values(quantity_map: QuantityMap) -> np.ndarray:
    """(k, j, i) float32; 0 where the map is not valid or not finite."""
    known = quantity_map.valid & np.isfinite(quantity_map.values)
    return np.where(known, quantity_map.values, 0).astype(np.float32)


def _window(quantity_map: QuantityMap, values: np.ndarray, config: ReportConfig) -> tuple[float, float]:
    """Center and width for display: that of the report where it is fixed."""
    perfusion = PerfusionReportConfig()
    fixed = {
        "adc": (config.adc_window_low, config.adc_window_high),
        "tmax": (0.0, perfusion.tmax_high_s),
        "mtt": (0.0, perfusion.mtt_high_s),
        "rcbf": (0.0, perfusion.relative_high),
        "rcbv": (0.0, perfusion.relative_high),
    }
    low, high = fixed.get(quantity_map.quantity, (float(values.min()), float(values.max())))
    return (low + high) / 2, max(high - low, 1.0)


def _window_arguments(constructor: Any, center: float, width: float) -> dict[str, Any]:
    """The window as this version of highdicom takes it: 0.28 replaced two numbers by a transformation."""
    from highdicom import VOILUTTransformation

    if "voi_lut_transformations" in inspect.signature(constructor).parameters:
        return {"voi_lut_transformations": [VOILUTTransformation(window_center=center, window_width=width)]}
    return {"window_center": center, "window_width": width}


def _set_anatomy(dataset: Any) -> None:
    """Frame Anatomy, for which highdicom has no argument and without which readers built on dcmqi refuse the file."""
    from pydicom import Dataset

    anatomy = Dataset()
    anatomy.AnatomicRegionSequence = [coded(codes.BRAIN)]
    anatomy.FrameLaterality = "U"
    dataset.SharedFunctionalGroupsSequence[0].FrameAnatomySequence = [anatomy]


def _sort_frames(dataset: Any) -> None:
    """Store the frames in ascending order along row x column direction.

    highdicom stores them descending; readers built on dcmqi take the frames of a map in stored order from the lowest position on,
    whatever their own positions say, and would show the map upside down.
    """
    normal = unit_normal(dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient)
    frames = list(dataset.PerFrameFunctionalGroupsSequence)
    heights = [np.dot(np.array(f.PlanePositionSequence[0].ImagePositionPatient, dtype=float), normal) for f in frames]
    order = np.argsort(heights)
    pixels = np.frombuffer(dataset.FloatPixelData, dtype="<f4").reshape(len(frames), -1)
    dataset.FloatPixelData = pixels[order].tobytes()
    dataset.PerFrameFunctionalGroupsSequence = [frames[n] for n in order]
    for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence, 1):
        frame.FrameContentSequence[0].DimensionIndexValues = number


def _derivation(quantity_map: QuantityMap, software: str) -> str:
    stated = [f"{name}={value}" for name, value in sorted(quantity_map.parameters.items())]
    stated += [f"{name}={count} voxels" for name, count in sorted(quantity_map.counts.items())]
    return "; ".join([quantity_map.method, *stated, software])[:_DESCRIPTION_LENGTH]


def parametric_map(
    quantity_map: QuantityMap,
    source: Source,
    writing: Writing,
    *,
    series_number: int = SERIES_NUMBER,
    config: ReportConfig = ReportConfig(),
) -> tuple[Any, bytes]:
    """A map on the slices of its source series.

    Args:
        quantity_map: its quantity and unit have codes (`can_be_written`).
        source: of its grid.
        writing: this call.
        series_number: of the new series.
        config: window for display.

    Returns:
        pydicom dataset with its final UIDs, and its file.
    """
    from highdicom.pm import ParametricMap, RealWorldValueMapping

    name, concept = QUANTITIES[quantity_map.quantity]
    values = stored_values(quantity_map)
    mapping = RealWorldValueMapping(
        lut_label=name,
        lut_explanation=long_string(f"{concept.meaning}, 0 where there is no value"),
        unit=coded(codes.UNITS[quantity_map.unit]),
        value_range=(float(values.min()), float(values.max())),
        slope=1.0,
        intercept=0.0,
        quantity_definition=coded(concept),
    )
    dataset = ParametricMap(
        source_images=slice_headers(source),
        pixel_array=values,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        content_label=name.upper(),
        content_description=long_string(f"{concept.meaning}, {RESEARCH_ONLY}"),
        content_creator_name=writing.creator,
        **_window_arguments(ParametricMap, *_window(quantity_map, values, config)),
        **base_arguments(writing, name, series_number),
    )
    _set_anatomy(dataset)
    _sort_frames(dataset)
    set_references(dataset, source, codes.CALCULATION, _derivation(quantity_map, f"strokequant {writing.version}"))
    return dataset, finish(dataset, writing, source.patient_name)
