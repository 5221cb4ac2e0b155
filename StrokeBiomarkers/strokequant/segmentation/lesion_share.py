"""Share of lesion in the voxels of a border, from their two signals.

A voxel of a border holds lesion, normal tissue and CSF. Signals add up in proportion to the shares, so that b0 signal, DWI signal and
"the shares sum to one" are three equations for three unknowns:

    S0 = f L0 + c C0 + (1 - f - c) N0
    S1 = f L1 + c C1 + (1 - f - c) N1
    f  = ((S1 - N1) + k (S0 - N0)) / ((L1 - N1) + k (L0 - N0)),   k = (N1 - C1) / (C0 - N0)

(L0, L1) is the level of the lesion nearby, (N0, N1) of normal tissue nearby, (C0, C1) of CSF in this image. The numerator is zero for
every mixture of normal tissue and CSF, so CSF in the voxels that N is taken from does no harm. The ADC of a mixture is no such
measure: half lesion and half CSF reads above 1400 um2/s.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..geometry import Geometry
from .hyperintensity import ROBUST_SD
from .workgrid import WorkGrid

WORK_MM = 3.0
"""Step of the coarse grid on which levels are averaged."""
DIRECT_WEIGHT = 0.02
"""Weight of lesion voxels at its border, for parts of a lesion that have no inner voxel nearby."""
LEAST_WEIGHT = 1e-6
"""Weight of the mean over all beside that of the window; a single border voxel at three SDs of the window has more."""


@dataclass(frozen=True, eq=False)
class Signals:
    """Both signals over the coil's field, not smoothed, and CSF.

    Args:
        b0: (k, j, i) signal at b about 0; from DWI and ADC, so that a vendor's map will do.
        dwi: (k, j, i) signal at b about 1000.
        fluid: (C0, C1) of CSF; None where the image shows none.
    """

    b0: np.ndarray
    dwi: np.ndarray
    fluid: tuple[float, float] | None

    def part(self, box: tuple[slice, slice, slice]) -> "Signals":
        """The same in a box."""
        return Signals(self.b0[box], self.dwi[box], self.fluid)


def signals_of(dwi: np.ndarray, adc: np.ndarray, valid: np.ndarray, b: float, config: CoreConfig) -> Signals:
    """Both signals and the level of CSF.

    Args:
        dwi: (k, j, i) signal at b about 1000 over the coil's field.
        adc: (k, j, i) measured ADC in um2/s.
        valid: voxels of the brain with a known ADC.
        b: s/mm2 between the two signals.
        config: parameters.
    """
    exponent = np.where(valid, np.minimum(adc, config.adc_ceiling), 0) * np.float32(b * 1e-6)
    b0 = (dwi * np.exp(exponent, dtype=np.float32)).astype(np.float32, copy=False)
    fluid = valid & (adc > config.fluid_adc)
    if np.count_nonzero(fluid) < config.fluid_voxels:
        return Signals(b0, dwi, None)
    fluid &= b0 >= np.quantile(b0[fluid], config.fluid_quantile)
    return Signals(b0, dwi, (float(b0[fluid].mean(dtype=float)), float(dwi[fluid].mean(dtype=float))))


@dataclass(frozen=True, eq=False)
class LesionShare:
    """Lesion share of voxels.

    Args:
        values: (k, j, i); noise takes it below 0 and above 1, where it is kept, because its mean is then right.
        noise: SD of the share over normal tissue around; infinite where no share is known.
        known: where lesion and normal tissue nearby differ enough to tell.
        wet: voxels that hold CSF without doubt: their b0 signal is above that of lesion and of normal tissue.
    """

    values: np.ndarray
    noise: float
    known: np.ndarray
    wet: np.ndarray


def lesion_share(
    signals: Signals,
    lesion: np.ndarray,
    inner: np.ndarray,
    normal: np.ndarray,
    geometry: Geometry,
    config: CoreConfig,
) -> LesionShare:
    """Share of lesion in every voxel near a lesion.

    Args:
        signals: both signals.
        lesion: voxels that are lesion beyond doubt, those of the border included; some.
        inner: of them, those that the lesion fills: no neighbor is outside.
        normal: normal tissue next to the lesion that it does not reach; some.
        geometry: grid.
        config: parameters.
    """
    grid = WorkGrid.of(geometry, WORK_MM)
    low = _level(signals, normal.astype(np.float32), grid, config)
    high = _lesion_level(signals, lesion, inner, grid, config)
    slope = _fluid_slope(low, signals.fluid)
    span = (high.dwi - low.dwi) + slope * (high.b0 - low.b0)
    known = span > config.least_span * high.dwi
    if not (normal & known).any():
        return LesionShare(np.zeros(normal.shape, np.float32), np.inf, known, known)
    span = np.where(known, span, np.inf)
    values = ((signals.dwi - low.dwi) + slope * (signals.b0 - low.b0)) / span
    around = values[normal & known]
    noise = ROBUST_SD * float(np.median(np.abs(around - np.median(around))))
    beyond = 4 * ROBUST_SD * float(np.median(np.abs((signals.b0 - low.b0)[normal & known])))
    dark = signals.b0 < np.minimum(low.b0, high.b0) - beyond
    wet = known & (signals.b0 > np.maximum(low.b0, high.b0) + beyond) & (signals.fluid is not None)
    return LesionShare(np.where(dark, _share_beside_void(signals, low, high), values), noise, known, wet)


@dataclass(frozen=True, eq=False)
class _Level:
    """Local level of both signals, (k, j, i)."""

    b0: np.ndarray
    dwi: np.ndarray


def _level(signals: Signals, weights: np.ndarray, grid: WorkGrid, config: CoreConfig) -> _Level:
    """Weighted Gaussian mean of both signals; far from all the voxels that count, their mean."""
    sigma = config.rise_mm / grid.step_mm
    total = ndimage.gaussian_filter(grid.down(weights), sigma) + LEAST_WEIGHT

    def mean(signal: np.ndarray) -> np.ndarray:
        overall = np.average(signal, weights=weights)
        return grid.up((ndimage.gaussian_filter(grid.down(signal * weights), sigma) + LEAST_WEIGHT * overall) / total)

    return _Level(mean(signals.b0), mean(signals.dwi))


def _lesion_level(
    signals: Signals, lesion: np.ndarray, inner: np.ndarray, grid: WorkGrid, config: CoreConfig
) -> _Level:
    """Level of the lesion: of inner voxels, and of the brightest others where no inner one is near."""
    rough = _level(signals, lesion.astype(np.float32), grid, config)
    bright = lesion & (signals.dwi >= config.full_fraction * rough.dwi)
    weights = np.where(inner & lesion, 1, np.where(bright, DIRECT_WEIGHT, 0)).astype(np.float32)
    return _level(signals, weights, grid, config)


def _share_beside_void(signals: Signals, low: _Level, high: _Level) -> np.ndarray:
    """Share of lesion where the rest of the voxel gives no signal, such as bone: DWI over b0 tells the mixture, b0 how much of it."""
    ratio = signals.dwi / np.maximum(signals.b0, 1e-6)
    span = (high.dwi - low.dwi) - ratio * (high.b0 - low.b0)
    mixture = np.clip((ratio * low.b0 - low.dwi) / np.where(span > 0, span, np.inf), 0, 1)
    return mixture * signals.b0 / np.maximum(low.b0 + mixture * (high.b0 - low.b0), 1e-6)


def _fluid_slope(low: _Level, fluid: tuple[float, float] | None) -> np.ndarray | float:
    """Fall of DWI per rise of b0 from normal tissue to CSF."""
    if fluid is None:
        return 0.0
    return np.clip((low.dwi - fluid[1]) / np.maximum(fluid[0] - low.b0, 1e-6), 0, 1)
