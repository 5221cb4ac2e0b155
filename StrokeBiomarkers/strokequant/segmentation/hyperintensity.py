"""DWI hyperintensity: ADC and DWI smoothed together, DWI as z against normal-appearing tissue."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..geometry import Geometry
from .denoise import joint_bilateral, noise_sd
from .workgrid import WorkGrid, smooth_field

ROBUST_SD = 1.4826
"""Median absolute deviation to SD of a normal distribution."""


@dataclass(frozen=True, eq=False)
class Hyperintensity:
    """Smoothed images and what normal tissue looks like.

    Args:
        adc: (k, j, i) smoothed ADC in um2/s; infinite where not valid.
        z: (k, j, i) smoothed DWI over its bias field, in SDs of normal tissue above its median; 0 where not valid.
        tissue: normal-appearing tissue.
        adc_noise: SD of a voxel of the ADC map in um2/s.
        smooth_noise: the same of the smoothed ADC.
        tissue_sd: relative SD of DWI over normal tissue.
        grid: coarse grid for what varies slowly.
        relative: (k, j, i) DWI over its bias field, not smoothed.
    """

    adc: np.ndarray
    z: np.ndarray
    tissue: np.ndarray
    adc_noise: float
    smooth_noise: float
    tissue_sd: float
    grid: WorkGrid
    relative: np.ndarray


def measure_hyperintensity(
    adc: np.ndarray, trace: np.ndarray, valid: np.ndarray, geometry: Geometry, config: CoreConfig
) -> Hyperintensity:
    """Smooth ADC and DWI, take the coil sensitivity out of DWI and scale it by normal-appearing tissue.

    Args:
        adc: um2/s.
        trace: signal at b about 1000.
        valid: voxels of the brain with a known ADC.
        geometry: grid of all.
        config: parameters.
    """
    tissue = valid & (adc > config.adc_threshold) & (adc <= config.tissue_adc_high) & (trace > 0)
    grid = WorkGrid.of(geometry, 3.0)
    relative = _without_bias(trace, tissue, grid, config)
    noise = noise_sd(adc, tissue)
    smooth_adc, smooth_dwi = joint_bilateral(
        (np.where(valid, adc, 0), relative),
        (noise, noise_sd(relative, tissue)),
        valid,
        geometry,
        sigma_mm=config.smooth_mm,
        range_sds=config.smooth_sds,
    )
    normal = smooth_dwi[tissue]
    median = float(np.median(normal)) if normal.size else 1.0
    spread = ROBUST_SD * float(np.median(np.abs(normal - median))) / median if normal.size else 0.0
    tissue_sd = max(spread, config.tissue_sd_floor)
    z = np.where(valid, (smooth_dwi / median - 1) / tissue_sd, 0).astype(np.float32)
    return Hyperintensity(
        adc=np.where(valid, smooth_adc, np.inf),
        z=z,
        tissue=tissue,
        adc_noise=noise,
        smooth_noise=noise_sd(smooth_adc, tissue),
        tissue_sd=tissue_sd,
        grid=grid,
        relative=relative,
    )


def _without_bias(trace: np.ndarray, tissue: np.ndarray, grid: WorkGrid, config: CoreConfig) -> np.ndarray:
    """DWI over the smooth level of normal tissue; unchanged where there is too little tissue to know it."""
    share = grid.down(tissue)
    used = share > 0.5
    if np.count_nonzero(used) < 200:
        return trace.astype(np.float32)
    level = grid.down(np.where(tissue, trace, 0)) / np.maximum(share, 1e-3)
    return (trace / grid.up(smooth_field(level, used, grid, order=config.bias_order))).astype(np.float32)


def local_mean(values: np.ndarray, where: np.ndarray, grid: WorkGrid, sigma_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian mean over some voxels only.

    Returns:
        The mean (0 where no such voxel is near) and its weight, both (k, j, i).
    """
    sigma = sigma_mm / grid.step_mm
    total = ndimage.gaussian_filter(grid.down(np.where(where, values, 0)), sigma)
    weight = ndimage.gaussian_filter(grid.down(where), sigma)
    known = weight > 1e-3
    mean = np.where(known, total / np.where(known, weight, 1), 0)
    return grid.up(mean), grid.up(weight)
