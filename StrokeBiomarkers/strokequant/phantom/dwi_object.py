"""A digital diffusion object of blocks: ADC of every block against the ADC it was made with.

The mean of the logarithms of Rician magnitudes is ln S without bias above three standard deviations of the noise, that of the magnitudes
is not. So b values are used as far as the signal stands above the noise, each weighted by what its voxels scatter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FLOOR = 5.0
"""Least signal of a block, as multiple of the mean in the columns of noise at the same b."""


@dataclass(frozen=True, eq=False)
class BlockTable:
    """ADC of every block.

    Args:
        adc: (rows, columns) um2/s, rows from the top.
        error_percent: against the truth.
        random_percent: standard error of the block in percent, from voxel noise.
    """

    adc: np.ndarray
    error_percent: np.ndarray
    random_percent: np.ndarray


def measure_blocks(
    images: np.ndarray,
    b_values: Sequence[float],
    true_adc: Sequence[float],
    *,
    block: tuple[int, int],
    first_column: int,
    cut_off: bool = False,
) -> BlockTable:
    """Weighted least squares slope of the mean of ln(signal) on -b.

    Args:
        images: (b, rows, columns) stored values.
        true_adc: (columns) um2/s of the columns of blocks.
        block: (rows, columns) pixels of a block.
        first_column: pixels of noise left of the first block.
        cut_off: stored values were cut off and not rounded: half a unit is added, which takes a mean bias of 0.1 % out.
    """
    b = np.asarray(b_values, float)[:, None, None]
    height, width = block
    rows, columns = images.shape[1] // height, len(true_adc)
    whole = images[:, : rows * height].astype(float) + (0.5 if cut_off else 0.0)
    noise = whole[:, :, :first_column].mean(axis=(1, 2))[:, None, None]
    cells = whole[:, :, first_column : first_column + columns * width].reshape(len(b), rows, height, columns, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(cells)
        mean, variance = logs.mean(axis=(2, 4)), logs.var(axis=(2, 4)) / (height * width)
        used = (cells.mean(axis=(2, 4)) > _FLOOR * noise) & np.isfinite(mean)
        weights = np.where(used, 1 / np.maximum(variance, 1e-12), 0.0)
        apart = weights * (b - (weights * b).sum(axis=0) / weights.sum(axis=0))
        spread = (apart * b).sum(axis=0)
        adc = -1e6 * (apart * np.where(used, mean, 0.0)).sum(axis=0) / spread
        adc = np.where(used.sum(axis=0) > 1, adc, np.nan)
        random = 100 * 1e6 / np.sqrt(spread) / adc
    truth = np.asarray(true_adc, float)[None]
    return BlockTable(adc, 100 * (adc - truth) / truth, random)
