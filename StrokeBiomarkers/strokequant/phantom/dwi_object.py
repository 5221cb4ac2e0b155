"""A digital diffusion object of blocks: ADC of every block as vials of a phantom are measured, against the ADC it was made with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .shells import log_slope


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
    b_max: float = 800.0,
    cut_off: bool = False,
) -> BlockTable:
    """Least squares slope of ln(mean block signal) on -b.

    Args:
        images: (b, rows, columns) stored values.
        true_adc: (columns) um2/s of the columns of blocks.
        block: (rows, columns) pixels of a block.
        first_column: pixels of noise left of the first block.
        b_max: larger b values are left out: their signal is at the noise.
        cut_off: stored values were cut off and not rounded: half a unit is added, which takes a mean bias of 0.1 % out.
    """
    b = np.asarray(b_values, float)
    chosen = b <= b_max
    height, width = block
    rows, columns = images.shape[1] // height, len(true_adc)
    part = images[chosen, : rows * height, first_column : first_column + columns * width].astype(float)
    if cut_off:
        part += 0.5
    cells = part.reshape(chosen.sum(), rows, height, columns, width)
    means = cells.mean(axis=(2, 4))
    adc = log_slope(b[chosen], means)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = log_slope(b[chosen], cells)
        noise = 100 * np.nanstd(each, axis=(1, 3)) / np.sqrt(height * width) / adc
    truth = np.asarray(true_adc, float)[None]
    return BlockTable(adc, 100 * (adc - truth) / truth, noise)
