"""Relative flow without its noise and with its borders, before a threshold: total variation, as much as the noise asks for.

A threshold on a noisy map loses what lies below it by chance above it, and a Gaussian blurs the border of a small core. Total variation
(Rudin et al., Physica D 1992;60:259; Chambolle, J Math Imaging Vis 2004;20:89) takes away what varies by about the noise. Slices are
not mixed: they are thick. A map without noise stays as it is.
"""

import numpy as np
from scipy import ndimage

from ..perfusion_config import SteadyFlowConfig


def calmed(
    relative: np.ndarray,
    tissue: np.ndarray,
    region: np.ndarray,
    noise: float,
    pixel_mm: tuple[float, float],
    config: SteadyFlowConfig = SteadyFlowConfig(),
) -> np.ndarray:
    """Relative flow, calmed in the box around a region.

    Args:
        relative: (k, j, i) flow over that of the reference tissue.
        tissue: (k, j, i) where it counts; what lies outside takes the values of tissue beside it and pulls at nothing.
        region: (k, j, i) bool.
        noise: SD of `relative`.
        pixel_mm: along i and j.
        config: strength and margin.
    """
    if noise <= 0 or not region.any():
        return relative
    from skimage.restoration import denoise_tv_chambolle

    box = around(region, pixel_mm, config.margin_mm)
    low, high = config.range
    known = tissue[box].astype(np.float32)
    values = np.clip(np.nan_to_num(relative[box]), low, high).astype(np.float32)
    sigma = (0, config.fill_px, config.fill_px)
    weight = ndimage.gaussian_filter(known, sigma)
    beside = ndimage.gaussian_filter(values * known, sigma) / np.maximum(weight, 1e-3)
    filled = np.where(known > 0, values, np.where(weight > 1e-3, beside, 1)).astype(np.float32)
    out = relative.astype(np.float32)
    out[box] = denoise_tv_chambolle(
        filled, weight=config.strength * noise, max_num_iter=config.iterations, channel_axis=0
    )
    return out


def around(region: np.ndarray, pixel_mm: tuple[float, float], margin_mm: float) -> tuple[slice, slice, slice]:
    """Box of a region that is not empty, wider by a margin in plane."""
    margins = (0, int(np.ceil(margin_mm / pixel_mm[1])), int(np.ceil(margin_mm / pixel_mm[0])))
    lines = [np.flatnonzero(region.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    return tuple(
        slice(max(0, int(line[0]) - margin), int(line[-1]) + 1 + margin)
        for line, margin in zip(lines, margins, strict=True)
    )
