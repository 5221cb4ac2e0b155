"""Scaling: which slope and intercept take the stored values of each frame to real values.

Rescale (0028,1053)/(0028,1052) of the frame itself; for Philips MR images that are combined, the floating-point scale
FP = SV / SS + RI / (RS SS) with the Scale Slope SS (2005,xx0E) [Chenevert et al., Transl Oncol 2014;7:65]; for a map whose Real
World Value Mapping (0040,9096) states a unit, that mapping. For a
Philips map the rescale of every slice gives the displayed quantity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Issue, Level, ReadError
from ..types import Frame, Series

_NO_UNIT = ("", "1", "{no units}", "{no unit}", "no units")


@dataclass(frozen=True, slots=True)
class Scale:
    """Way from stored to real values.

    Args:
        name: "rescale", "philips floating point" or "real world value mapping".
        factors: (slope, intercept) by (file, frame index).
        unit_code: units code of the real world value mapping, "" otherwise.
    """

    name: str
    factors: dict[tuple[int, int], tuple[float, float]]
    unit_code: str = ""

    def of(self, frame: Frame) -> tuple[float, float]:
        """(slope, intercept) of a frame."""
        return self.factors[frame.file, frame.index]


def signal_scale(series: Series, frames: Sequence[Frame], *, combine: bool) -> tuple[Scale, tuple[Issue, ...]]:
    """Scale for signal or attenuation.

    Args:
        combine: True where several images are computed with each other, so that they must share one scale.

    Raises:
        ReadError: P01 where a rescale is missing that cannot be 1 and 0; P02 where Philips images are scaled differently and the
            Scale Slope is missing.
    """
    _require_rescale(series, frames, combine)
    rescales = {(frame.slope, frame.intercept) for frame in frames}
    _require_slope(rescales, series)
    issues = _range_issue(rescales, series)
    if not _is_philips_mr(series, frames) or (len(rescales) == 1 and not combine):
        return _rescale(frames), issues
    without = sum(frame.scale_slope is None for frame in frames)
    if not without:
        return _floating_point(frames), issues
    if len(rescales) == 1 and without == len(frames):
        return _rescale(frames), issues
    found = f"{len(rescales)} Rescale Slopes, {without} of {len(frames)} frames without Scale Slope (2005,xx0E)"
    remedy = "export the series again with its private elements"
    raise ReadError(Issue("P02", Level.STOP, found, "a Scale Slope in every frame", remedy, series.label))


def map_scale(series: Series, frames: Sequence[Frame]) -> tuple[Scale, tuple[Issue, ...]]:
    """Scale for a map of a quantity: the real world value mapping where it states a unit in every frame, else rescale."""
    units = {str(frame.extra.get("rwvm_units", "")) for frame in frames}
    if len(units) > 1:
        found = f"units {sorted(units)} in (0040,9096)"
        raise ReadError(Issue("P01", Level.STOP, found, "one unit", "split the series", series.label))
    unit = units.pop()
    if unit.strip().lower() in _NO_UNIT:
        rescales = {(frame.slope, frame.intercept) for frame in frames}
        _require_slope(rescales, series)
        return _rescale(frames), _range_issue(rescales, series)
    factors = {
        (frame.file, frame.index): (frame.extra["rwvm_slope"], frame.extra["rwvm_intercept"]) for frame in frames
    }
    return Scale("real world value mapping", factors, unit), ()


def _rescale(frames: Sequence[Frame]) -> Scale:
    return Scale("rescale", {(frame.file, frame.index): (frame.slope, frame.intercept) for frame in frames})


def _floating_point(frames: Sequence[Frame]) -> Scale:
    return Scale(
        "philips floating point",
        {
            (frame.file, frame.index): (1 / frame.scale_slope, frame.intercept / (frame.slope * frame.scale_slope))
            for frame in frames
        },
    )


def _is_philips_mr(series: Series, frames: Sequence[Frame]) -> bool:
    named = "philips" in series.equipment.manufacturer.casefold()
    return series.modality == "MR" and (named or any(frame.scale_slope is not None for frame in frames))


def _require_rescale(series: Series, frames: Sequence[Frame], combine: bool) -> None:
    """Slope 1 and intercept 0 may stand for a missing rescale only where every frame lacks it and no other scale builds on it."""
    missing = sum("rescale_missing" in frame.extra for frame in frames)
    philips = combine and any(frame.scale_slope is not None for frame in frames)
    if not missing or (missing == len(frames) and series.modality != "CT" and not philips):
        return
    found = f"{missing} of {len(frames)} frames without Rescale Slope (0028,1053) or Rescale Intercept (0028,1052)"
    remedy = "export the series again with its rescale"
    raise ReadError(Issue("P01", Level.STOP, found, "both in every frame", remedy, series.label))


def _require_slope(rescales: set[tuple[float, float]], series: Series) -> None:
    if any(slope == 0 for slope, _ in rescales):
        remedy = "export the series again"
        raise ReadError(Issue("P01", Level.STOP, "Rescale Slope 0", "a slope other than 0", remedy, series.label))


def _range_issue(rescales: set[tuple[float, float]], series: Series) -> tuple[Issue, ...]:
    if len(rescales) < 2:
        return ()
    slopes = [slope for slope, _ in rescales]
    intercepts = [intercept for _, intercept in rescales]
    found = (
        f"slopes from {min(slopes):g} to {max(slopes):g}, intercepts from {min(intercepts):g} to {max(intercepts):g}"
    )
    return (Issue("P01", Level.INFO, found, "", "every frame gets its own", series.label),)
