"""Infarct core: the numbers of the catalog from a mask, with interval and status."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..config import MeasureConfig
from ..errors import Issue, Level
from ..types import Candidate, InputRef, Mask, Measurement, QuantityMap, Status
from .catalog import MEASURES, measure
from .volume import boundary_band_ml, measurable_ml, spline_volume_ml

CORE_MEASURES = tuple(m for m in MEASURES if m.startswith("infarct_core"))


def core_measurements(
    core: Mask,
    adc: QuantityMap,
    candidates: Sequence[Candidate],
    *,
    threshold_band_ml: tuple[float, float] | None = None,
    issues: Sequence[Issue] = (),
    config: MeasureConfig = MeasureConfig(),
) -> tuple[Measurement, ...]:
    """All core measures of one mask.

    Args:
        core: the mask, automatic or edited.
        adc: ADC map in um2/s on the same grid.
        candidates: lesions; accepted ones give the sides.
        threshold_band_ml: volumes with the ADC threshold one step lower and higher, None where the mask was drawn by hand.
        issues: warnings that must stand beside every number.
    """
    method = core.method
    inputs = adc.inputs
    volume = core.volume_ml
    beside = (*issues, *_size_issues(volume, core, config))
    found = [_volume(core, volume, threshold_band_ml, inputs, beside, config), _spline(core, inputs, beside)]
    found += _adc_statistics(core, adc, beside)
    found.append(
        _number(
            "infarct_core_lesions", float(ndimage.label(core.values, np.ones((3, 3, 3)))[1]), method, inputs, beside
        )
    )
    for side in ("left", "right"):
        total = sum(c.volume_ml for c in candidates if c.accepted and c.side == side)
        found.append(
            _number(
                f"infarct_core_volume_{side}", float(total), "sum of lesions by side of their centroid", inputs, beside
            )
        )
    return tuple(found)


def not_measured(status: Status, issues: Sequence[Issue]) -> tuple[Measurement, ...]:
    """All core measures without a value, each with the reasons."""
    return tuple(Measurement(m, None, measure(m).unit, status, issues=tuple(issues)) for m in CORE_MEASURES)


def _number(
    measure_id: str, value: float, method: str, inputs: tuple[InputRef, ...], issues: Sequence[Issue], **interval
) -> Measurement:
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(
        measure_id,
        value,
        measure(measure_id).unit,
        status,
        method=method,
        inputs=inputs,
        issues=tuple(issues),
        **interval,
    )


def _size_issues(volume: float, core: Mask, config: MeasureConfig) -> tuple[Issue, ...]:
    limit = measurable_ml(core.geometry, config.measurable_slices)
    if not 0 < volume < limit:
        return ()
    return (
        Issue(
            "S04",
            Level.WARN,
            f"core of {volume:.2f} mL with slices of {core.geometry.mean_extent_mm:.1f} mm",
            f"{limit:.2f} mL or more, a sphere of {config.measurable_slices:g} slices in diameter",
            "read it as present or absent; its volume is uncertain by 10 % and more",
        ),
    )


def _volume(core, volume, threshold_band_ml, inputs, issues, config) -> Measurement:
    low, high = boundary_band_ml(core.values, core.geometry, config.boundary_shift_px)
    below, above = [volume - low], [high - volume]
    meaning = f"in-plane contours moved by {config.boundary_shift_px:g} pixel"
    if threshold_band_ml is not None:
        below.append(volume - min(threshold_band_ml))
        above.append(max(threshold_band_ml) - volume)
        meaning += " and the ADC threshold by one step, combined in quadrature"
    lower = max(0.0, volume - float(np.hypot.reduce(np.clip(below, 0, None))))
    upper = volume + float(np.hypot.reduce(np.clip(above, 0, None)))
    meaning += "; a plausible range, not a confidence interval"
    return _number(
        "infarct_core_volume", volume, core.method, inputs, issues, lower=lower, upper=upper, interval=meaning
    )


def _spline(core: Mask, inputs, issues) -> Measurement:
    measure_id = "infarct_core_volume_spline"
    value = spline_volume_ml(core.values, core.geometry)
    if value is None:
        return Measurement(
            measure_id, None, measure(measure_id).unit, Status.NOT_EVALUABLE, method="fewer than 4 slices"
        )
    return _number(measure_id, value, "not-a-knot cubic spline through slice areas", inputs, issues)


def _adc_statistics(core: Mask, adc: QuantityMap, issues: Sequence[Issue]) -> list[Measurement]:
    values = adc.values[core.values & adc.valid].astype(float)
    statistics = {"mean": np.mean, "median": np.median, "sd": lambda v: np.std(v, ddof=1), "min": np.min}
    found = []
    for name, statistic in statistics.items():
        measure_id = f"infarct_core_adc_{name}"
        unit = measure(measure_id).unit
        if len(values) < (2 if name == "sd" else 1):
            method = "no voxel with a valid ADC in the core" if not len(values) else "one voxel only"
            found.append(Measurement(measure_id, None, unit, Status.NOT_EVALUABLE, method=method, inputs=adc.inputs))
        else:
            method = f"{name} over {len(values)} voxels"
            found.append(
                Measurement(
                    measure_id,
                    float(statistic(values)),
                    unit,
                    Status.MEASURED,
                    method=method,
                    inputs=adc.inputs,
                    issues=tuple(issues),
                )
            )
    return found
