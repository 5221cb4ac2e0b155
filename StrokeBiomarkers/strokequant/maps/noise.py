"""Noise of magnitude images, from the air at the border of the field of view.

Air holds Rayleigh noise with mean sqrt(pi / 2) sigma (Gudbjartsson and Patz, Magn Reson Med 1995;34:910). Border voxels
brighter than a few sigma are tissue, fat or ghosts and are cut until nothing changes. Where the border is masked to zero or
does not look like Rayleigh noise, there is no estimate, and the reason is said.
"""

from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig

_RAYLEIGH_MEAN = float(np.sqrt(np.pi / 2))
_MOST_VOXELS = 1 << 16
"""Border voxels used of one image, evenly spread: a standard error of 0.2 %."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviation of the noise in each of the two channels of the signal.

    Args:
        sigma: in units of the signal; None where it is not known.
        how: where it comes from, or why there is none.
    """

    sigma: float | None
    how: str


def estimate_noise(images: list[np.ndarray], config: AdcConfig = AdcConfig()) -> Noise:
    """Noise of several images with equal noise.

    Args:
        images: (k, j, i) magnitude images, such as all of one b value.
        config: width of the border and limits of the estimate.

    Returns:
        The median over the images, or no noise and the reason.
    """
    found = [_of_one(_border(image, config.noise_border_percent), config) for image in images]
    sigmas = [noise.sigma for noise in found if noise.sigma is not None]
    if len(sigmas) * 2 <= len(found):
        reasons = sorted(noise.how for noise in found if noise.sigma is None)
        return Noise(None, reasons[0] if reasons else "no images")
    return Noise(float(np.median(sigmas)), "Rayleigh mean of the air at the border of the field of view")


def _border(image: np.ndarray, percent: float) -> np.ndarray:
    """Voxels of the in-plane frame of all slices, 1-D, thinned out where there are many."""
    rows, columns = (max(2, round(size * percent / 100)) for size in image.shape[1:])
    parts = (
        image[:, :rows],
        image[:, -rows:],
        image[:, rows:-rows, :columns],
        image[:, rows:-rows, -columns:],
    )
    border = np.concatenate([part.ravel() for part in parts])
    return border[:: max(1, border.size // _MOST_VOXELS)]


def _of_one(border: np.ndarray, config: AdcConfig) -> Noise:
    nonzero = border[np.isfinite(border) & (border > 0)].astype(np.float64)
    zero_percent = 100 * (1 - nonzero.size / max(1, border.size))
    if nonzero.size < config.noise_min_voxels or zero_percent > config.noise_max_zero_percent:
        return Noise(None, f"no background: {zero_percent:.0f} % of the border of the field of view is zero")
    kept = _cut(nonzero, config.noise_cut_sigmas)
    shape = kept.mean() / kept.std() if kept.size > 1 and kept.std() > 0 else np.inf
    if not config.noise_shape_low <= shape <= config.noise_shape_high:
        return Noise(None, f"the background is not Rayleigh noise: mean/SD {shape:.2f} instead of 1.91")
    return Noise(float(kept.mean() / _RAYLEIGH_MEAN), "")


def _cut(values: np.ndarray, sigmas: float) -> np.ndarray:
    """Values below `sigmas` times their own Rayleigh sigma, starting from the robust median."""
    sigma = float(np.median(values)) / float(np.sqrt(2 * np.log(2)))
    kept = values
    for _ in range(20):
        kept = values[values < sigmas * sigma]
        renewed = float(kept.mean()) / _RAYLEIGH_MEAN if kept.size else 0.0
        if abs(renewed - sigma) <= 1e-4 * sigma or not kept.size:
            break
        sigma = renewed
    return kept
