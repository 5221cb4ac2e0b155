"""Mismatch of hypoperfusion and core: volumes and voxels, difference and ratio.

Decisions and differences are made in integer microliters. A core of 0 has no ratio: the measurement has no number and carries L07,
it prints as "∞". Volumetric and co-registered mismatch are both given: they differ where core lies outside hypoperfusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Issue, Level
from ..segmentation.cleanup import microliters
from ..segmentation.cropping import require_one_grid
from ..types import InputRef, Mask, Measurement, Status
from .catalog import measure

INFINITE_RATIO = "L07"
MISMATCH_MEASURES = ("mismatch_volume", "mismatch_ratio", "mismatch_volume_coregistered", "mismatch_core_volume")


@dataclass(frozen=True, slots=True)
class VolumeBand:
    """A volume in mL with its plausible range."""

    value: float
    lower: float
    upper: float

    @classmethod
    def of(cls, measurement: Measurement) -> "VolumeBand":
        """From a measured volume; its value is the range where it has none."""
        low, high = measurement.lower, measurement.upper
        value = float(measurement.value)
        return cls(value, value if low is None else low, value if high is None else high)


def is_infinite(measurement: Measurement) -> bool:
    """True for the ratio of a core of 0, which prints as "∞"."""
    return measurement.value is None and any(issue.code == INFINITE_RATIO for issue in measurement.issues)


def penumbra_mask(hypoperfusion: Mask, core: Mask) -> Mask:
    """Hypoperfused tissue that is not core, as mask "mismatch".

    Raises:
        GeometryError: G17, the two are on different grids.
    """
    require_one_grid(("hypoperfusion", hypoperfusion.geometry), ("core", core.geometry))
    values = hypoperfusion.values & ~core.values
    edited = hypoperfusion.edited_by or core.edited_by
    words = f"{hypoperfusion.method}; without the core: {core.method}"
    return Mask(values, hypoperfusion.geometry, "mismatch", words, edited_by=edited)


def mismatch_measurements(
    hypoperfusion: Measurement,
    core: Measurement,
    penumbra: Mask | None,
    *,
    inputs: Sequence[InputRef] = (),
    issues: Sequence[Issue] = (),
) -> tuple[Measurement, ...]:
    """All measures of the mismatch.

    Args:
        hypoperfusion: measured volume with Tmax above the main threshold.
        core: measured volume of the core, on its own grid; `method` says how it was made.
        penumbra: of `penumbra_mask`; None where the core is not on the grid of the maps.
        inputs: what it was measured on.
        issues: warnings that must stand beside every number.

    Returns:
        `MISMATCH_MEASURES`; missing where one of the volumes is.
    """
    if hypoperfusion.value is None or core.value is None:
        status = Status.MISSING if Status.MISSING in (hypoperfusion.status, core.status) else Status.NOT_EVALUABLE
        found = tuple(dict.fromkeys((*hypoperfusion.issues, *core.issues, *issues)))
        return tuple(Measurement(name, None, measure(name).unit, status, issues=found) for name in MISMATCH_MEASURES)
    tissue, infarct = VolumeBand.of(hypoperfusion), VolumeBand.of(core)
    beside = tuple(dict.fromkeys((*hypoperfusion.issues, *core.issues, *issues)))
    method = f"hypoperfusion: {hypoperfusion.method}; core: {core.method}"
    shared = {"inputs": tuple(inputs), "method": method}
    return (
        _difference(tissue, infarct, beside, shared),
        _ratio(tissue, infarct, beside, shared),
        _coregistered(penumbra, beside, shared),
        _number(
            "mismatch_core_volume",
            infarct.value,
            beside,
            shared | {"method": core.method},
            (infarct.lower, infarct.upper, core.interval),
        ),
    )


def _number(
    name: str,
    value: float,
    issues: Sequence[Issue],
    shared: dict,
    interval: tuple[float | None, float | None, str] = (None, None, ""),
) -> Measurement:
    status = Status.MEASURED if value else Status.ZERO
    lower, upper, words = interval
    return Measurement(name, value, measure(name).unit, status, lower, upper, words, issues=tuple(issues), **shared)


def _difference(tissue: VolumeBand, infarct: VolumeBand, issues, shared) -> Measurement:
    value = (microliters(tissue.value) - microliters(infarct.value)) / 1000
    lower = value - float(np.hypot(tissue.value - tissue.lower, infarct.upper - infarct.value))
    upper = value + float(np.hypot(tissue.upper - tissue.value, infarct.value - infarct.lower))
    words = "ranges of both volumes, combined in quadrature; a plausible range, not a confidence interval"
    return _number("mismatch_volume", value, issues, shared, (lower, upper, words))


def _ratio(tissue: VolumeBand, infarct: VolumeBand, issues, shared) -> Measurement:
    name = "mismatch_ratio"
    top, bottom = microliters(tissue.value), microliters(infarct.value)
    if not bottom:
        reason = _no_core(tissue.value) if top else _nothing()
        return Measurement(name, None, measure(name).unit, Status.NOT_EVALUABLE, issues=(*issues, reason), **shared)
    lower = tissue.lower / infarct.upper if infarct.upper else None
    upper = tissue.upper / infarct.lower if microliters(infarct.lower) else None
    words = "smallest over largest to largest over smallest of both ranges; no upper end where the core may be 0"
    return _number(name, top / bottom, issues, shared, (lower, upper, words))


def _no_core(volume_ml: float) -> Issue:
    return Issue(
        INFINITE_RATIO,
        Level.INFO,
        f"hypoperfusion {volume_ml:.1f} mL, core 0 mL",
        "a core above 0 for a ratio",
        "read the mismatch volume; a rule on the ratio is met only if its rule on the volume is",
    )


def _nothing() -> Issue:
    return Issue("L08", Level.INFO, "neither hypoperfusion nor core", "hypoperfusion above 0 for a ratio", "")


def _coregistered(penumbra: Mask | None, issues, shared) -> Measurement:
    name = "mismatch_volume_coregistered"
    if penumbra is None:
        return Measurement(name, None, measure(name).unit, Status.MISSING, issues=tuple(issues), **shared)
    return _number(name, microliters(penumbra.volume_ml) / 1000, issues, shared)
