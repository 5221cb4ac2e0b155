"""Diffusion series whose b values lie in several series: b 0 in one, the weighted images in another."""

from collections.abc import Iterable

from ..config import AdcConfig
from ..dicomio.pairing import pairing_of
from ..types import Role, Series


def partners_of(series: Series, others: Iterable[Series], *, config: AdcConfig = AdcConfig()) -> tuple[Series, ...]:
    """Series that hold the b 0 or the weighting that a diffusion series does not hold itself.

    Args:
        series: of any role.
        others: of the same scan.
        config: largest b value that counts as b 0.

    Returns:
        Diffusion series of the same study, scanner, frame of reference, slices, timing and scale, as far as the headers tell;
        none where the series holds both, or no b value is known.
    """
    if series.role is not Role.DWI or series.kind != "dicom" or len(_kinds(series, config)) != 1:
        return ()
    return tuple(other for other in others if other is not series and _completes(other, series, config))


def _completes(other: Series, series: Series, config: AdcConfig) -> bool:
    if other.role is not Role.DWI or other.kind != "dicom" or _kinds(other, config) <= _kinds(series, config):
        return False
    return not pairing_of(other, series).differs


def _kinds(series: Series, config: AdcConfig) -> set[bool]:
    """True where there is a b 0, False where there is a weighted image."""
    return {frame.b_value <= config.b0_max for frame in series.frames if frame.b_value is not None}
