"""Apparent diffusion coefficient (ADC) in um2/s from diffusion-weighted images.

Two b values: ADC = ln(S0 / Sg) / (b_high - b_low), with the actual b of both images, the arithmetic mean of repeated b0 images
as S0, and the geometric mean over directions as Sg (the trace image; an arithmetic mean reads 1 to 3 % low). Several b values,
or b that differs by direction: ordinary least squares slope of ln S on -b over all images. Which images: see `b_selection`.

A voxel is valid where every image that was used is finite and positive, the mean signal of b0 and of the high b reach the noise
floor, and the ADC is positive. Where it is not, the value is 0 and the reason is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig
from ..errors import Issue, Level
from ..geometry import Geometry
from ..types import DiffusionSeries, QuantityMap, Volume
from .b_selection import ImageChoice, choose_high, choose_images
from .noise import Noise, estimate_noise

REASONS = ("non_finite", "non_positive_signal", "below_noise_floor", "negative", "zero")
"""Why a voxel has no ADC, in the order in which they are asked; the first that holds is counted."""

_MM2_TO_UM2 = 1e6
_SLAB_VOXELS = 1 << 17
"""Voxels worked on at a time: the intermediates of a slab stay in the cache."""


def compute_adc(
    dwi: DiffusionSeries, *, config: AdcConfig = AdcConfig(), noise_sigma: float | None = None
) -> QuantityMap:
    """ADC map of a diffusion series.

    Args:
        dwi: images on one grid and one scale.
        config: choice of b values and noise floor.
        noise_sigma: noise of one image in units of the signal; estimated from the background where it is not given.

    Returns:
        Map in um2/s. Its issues concern the use of the map: B04 or B05 with level STOP says that the ADC is right for its b
        values but that the threshold of the core does not apply to it.

    Raises:
        MapError: B05 where there are not two different b values.
    """
    choice = choose_images(dwi, config)
    noise = _noise(dwi, choice, config, noise_sigma)
    floor = _floor(noise, config)
    values = np.empty(dwi.geometry.shape, np.float32)
    reasons = np.empty(dwi.geometry.shape, np.uint8)
    slopes = _Slopes.of(dwi.b_values, choice)
    for slab in _slabs(dwi.geometry):
        values[slab], reasons[slab] = _adc_of_slab(dwi.values[:, slab], choice, slopes, floor)
    totals = np.bincount(reasons.ravel(), minlength=len(REASONS) + 1)
    return QuantityMap(
        values,
        reasons == 0,
        dwi.geometry,
        "um2/s",
        "adc",
        _method(choice),
        parameters=_parameters(dwi, choice, noise, floor),
        counts=dict(zip(REASONS, totals[1:].tolist(), strict=True)),
        inputs=(*((dwi.source,) if dwi.source else ()), *dwi.other_sources),
        issues=(*choice.issues, *_noise_issues(noise), *_negative_issues(int(totals[1 + REASONS.index("negative")]))),
        instance_uids=_uids(dwi, choice.high),
        reasons=reasons,
        reason_names=REASONS,
    )


def trace_image(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> Volume:
    """Geometric mean over directions of the images with b nearest 1000 s/mm2; 0 where one of them is not positive.

    Raises:
        MapError: B05 where there is b0 only.
    """
    high = choose_high(dwi, config)
    values = np.empty(dwi.geometry.shape, np.float32)
    for slab in _slabs(dwi.geometry):
        log_mean = _log_mean(dwi.values[:, slab], high.images, high.weights)
        values[slab] = np.exp(np.where(np.isfinite(log_mean), log_mean, -np.inf))
    b_high = float(np.average(np.asarray(dwi.b_values, dtype=float)[list(high.images)], weights=high.weights))
    facts = {"b_value": b_high, "mean": _mean_name(high.images), "images": list(high.images)}
    return _volume(dwi, values, high.images, facts)


def b0_image(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> Volume:
    """Mean of the b0 images (of the lowest b where there is no b0); 0 where it is not finite.

    Raises:
        MapError: B05 where there are not two different b values.
    """
    choice = choose_images(dwi, config)
    values = np.empty(dwi.geometry.shape, np.float32)
    for slab in _slabs(dwi.geometry):
        mean = _low_mean(dwi.values[:, slab], choice)
        values[slab] = np.where(np.isfinite(mean), mean, 0)
    mean = "geometric" if choice.low_weights else "arithmetic"
    return _volume(dwi, values, choice.low, {"b_value": choice.b_low, "mean": mean, "images": list(choice.low)})


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Coefficients by which the logarithms of the images add up to an ADC in um2/s."""

    coefficients: dict[int, float]
    two_point: float

    @classmethod
    def of(cls, b_values: np.ndarray, choice: ImageChoice) -> "_Slopes":
        two_point = _MM2_TO_UM2 / (choice.b_high - choice.b_low)
        if not choice.fit:
            return cls({}, two_point)
        b = np.asarray(b_values, dtype=float)[list(choice.fit)]
        centered = b - b.mean()
        slope = -_MM2_TO_UM2 * centered / (centered @ centered)
        return cls(dict(zip(choice.fit, slope.tolist(), strict=True)), two_point)


def _slabs(geometry: Geometry) -> Iterator[slice]:
    slices, rows, columns = geometry.shape
    step = max(1, _SLAB_VOXELS // (rows * columns))
    return (slice(first, min(first + step, slices)) for first in range(0, slices, step))


def _log(image: np.ndarray) -> np.ndarray:
    """Natural logarithm in float32; not finite where the signal is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(image, dtype=np.float32)


def _log_mean(images: np.ndarray, chosen: tuple[int, ...], weights: tuple[float, ...]) -> np.ndarray:
    """Logarithm of the weighted geometric mean of (n, k, j, i) images."""
    total = _log(images[chosen[0]]) * np.float32(weights[0])
    with np.errstate(invalid="ignore"):
        for n, weight in zip(chosen[1:], weights[1:], strict=True):
            logarithm = _log(images[n])
            logarithm *= np.float32(weight)
            total += logarithm
    return total


def _low_mean(images: np.ndarray, choice: ImageChoice) -> np.ndarray:
    if choice.low_weights:
        return np.exp(_log_mean(images, choice.low, choice.low_weights))
    total = images[choice.low[0]].astype(np.float32)
    with np.errstate(invalid="ignore"):
        for n in choice.low[1:]:
            total += images[n]
    total /= len(choice.low)
    return total


def _log_low(images: np.ndarray, choice: ImageChoice) -> np.ndarray:
    """Logarithm of S0; not finite where one of its images is not positive."""
    if choice.low_weights:
        return _log_mean(images, choice.low, choice.low_weights)
    logarithm = _log(_low_mean(images, choice))
    if len(choice.low) > 1:
        for n in choice.low:
            logarithm[~(images[n] > 0)] = np.nan
    return logarithm


def _adc_of_slab(
    images: np.ndarray, choice: ImageChoice, slopes: _Slopes, floor: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """ADC (0 where invalid) and number of the reason (0 where valid) of (n, k, j, i) images."""
    log_low = _log_low(images, choice)
    log_high = _log_mean(images, choice.high, choice.high_weights)
    with np.errstate(invalid="ignore"):
        if slopes.coefficients:
            adc = _log_mean(images, tuple(slopes.coefficients), tuple(slopes.coefficients.values()))
        else:
            adc = log_low - log_high
            adc *= np.float32(slopes.two_point)
    reasons = np.zeros(adc.shape, np.uint8)
    reasons[adc == 0] = 1 + REASONS.index("zero")
    reasons[adc < 0] = 1 + REASONS.index("negative")
    if floor is not None:
        low_signal = np.minimum(log_low, log_high) < np.float32(np.log(floor))
        reasons[low_signal] = 1 + REASONS.index("below_noise_floor")
    bad = ~np.isfinite(adc) | ~np.isfinite(log_low) | ~np.isfinite(log_high)
    if bad.any():
        reasons[bad] = _signal_reason(images[:, bad], choice)
    adc[reasons > 0] = 0
    return adc, reasons


def _signal_reason(signals: np.ndarray, choice: ImageChoice) -> np.ndarray:
    """Reason of voxels without a logarithm: (n, voxels) -> (voxels,)."""
    used = signals[sorted({*choice.low, *choice.high, *choice.fit})]
    finite = np.isfinite(used).all(axis=0)
    return np.where(finite, 1 + REASONS.index("non_positive_signal"), 1 + REASONS.index("non_finite")).astype(np.uint8)


def _noise(dwi: DiffusionSeries, choice: ImageChoice, config: AdcConfig, given: float | None) -> Noise:
    if given is not None:
        return Noise(float(given), "given")
    return estimate_noise([dwi.values[n] for n in choice.high], config)


def _floor(noise: Noise, config: AdcConfig) -> float | None:
    """Lowest signal that counts; None where there is no noise to speak of."""
    floor = config.noise_floor_sigmas * (noise.sigma or 0.0)
    return floor if floor > 0 else None


def _mean_name(images: tuple[int, ...]) -> str:
    return "geometric" if len(images) > 1 else "single image"


def _method(choice: ImageChoice) -> str:
    if choice.fit:
        return f"ordinary least squares slope of ln S on -b over {len(choice.fit)} images ({choice.reason})"
    mean = "geometric mean" if choice.low_weights else "mean"
    return f"ln(S0/Sg)/(b_high - b_low): {mean} of {len(choice.low)} at b_low, geometric mean of {len(choice.high)} at b_high"


def _parameters(dwi: DiffusionSeries, choice: ImageChoice, noise: Noise, floor: float | None) -> dict:
    used = sorted({*choice.low, *choice.high, *choice.fit})
    b = np.asarray(dwi.b_values, dtype=float)
    return {
        "b_low_s_mm2": choice.b_low,
        "b_high_s_mm2": choice.b_high,
        "b_values_used_s_mm2": [float(b[n]) for n in used],
        "b_values_left_out_s_mm2": [float(b[n]) for n in choice.left_out],
        "b_tags": sorted({dwi.b_tags[n] for n in used}),
        "fit": "least squares" if choice.fit else "two-point",
        "fit_reason": choice.reason,
        "low_images": len(choice.low),
        "low_mean": "geometric" if choice.low_weights else "arithmetic",
        "high_images": len(choice.high),
        "high_kind": choice.kind,
        "high_directions": choice.directions,
        "high_mean": _mean_name(choice.high),
        "noise_sigma": noise.sigma,
        "noise_from": noise.how,
        "noise_floor": floor,
    }


def _noise_issues(noise: Noise) -> tuple[Issue, ...]:
    if noise.sigma is not None:
        return ()
    return (
        Issue("P08", Level.INFO, noise.how, "air with Rayleigh noise around the head", "no noise floor is applied"),
    )


def _negative_issues(count: int) -> tuple[Issue, ...]:
    if not count:
        return ()
    found = f"{count} voxel(s) of the whole image with a negative ADC"
    return (Issue("P04", Level.INFO, found, "0", "shown as 0, left out of every measure"),)


def _uids(dwi: DiffusionSeries, chosen: tuple[int, ...]) -> tuple[str, ...]:
    return dwi.instance_uids[chosen[0]] if dwi.instance_uids else ()


def _volume(dwi: DiffusionSeries, values: np.ndarray, chosen: tuple[int, ...], facts: dict) -> Volume:
    return Volume(
        values,
        dwi.geometry,
        source=dwi.source,
        provenance=facts,
        instance_uids=_uids(dwi, chosen),
    )
