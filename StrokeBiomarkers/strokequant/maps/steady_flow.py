"""Flow at the lag of its surroundings, by which low flow is told.

The largest residue within 28 s is, where hardly any blood flows, the largest of noise: a core without flow reads 0.2 to 0.4 of normal
tissue at 2 to 4 HU, and a third of it is lost. Here the lag comes from residues that are smoothed within their slice and the
flow from the residue of the voxel at that lag, which is linear in its curve: noise scatters it and moves it to neither side.
Without noise it is the largest residue but for the border of tissues with other delays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..perfusion_config import DeconvolutionConfig, SteadyFlowConfig
from ..perfusion_types import Curves, VesselCurve
from .contrast_noise import curve_noise
from .smoothing import MaskedGaussian
from .voxelwise import AddedNoise, window_residues


@dataclass(frozen=True, eq=False)
class SteadyFlow:
    """Flow of the voxels of a mask.

    Args:
        values: (k, j, i) float32 in 1/s, 0 outside of `mask`.
        mask: (k, j, i) bool.
        noise: SD of the noise of a voxel in 1/s; 0 where it is not known.
    """

    values: np.ndarray
    mask: np.ndarray
    noise: float


def steady_flow(
    curves: Curves,
    aif: VesselCurve,
    *,
    within: np.ndarray | None = None,
    leave_out: Iterable[int] = (),
    noise: AddedNoise | None = None,
    config: DeconvolutionConfig = DeconvolutionConfig(),
    steady: SteadyFlowConfig = SteadyFlowConfig(),
) -> SteadyFlow:
    """Flow of every voxel with a curve.

    Args:
        within: (k, j, i) bool, voxels that are wanted; all when None.
        leave_out: frames that are bridged by interpolation in real times.
        noise: added to the curves, as in `voxel_values`.
        config: of the deconvolution.
        steady: of the smoothing.

    Raises:
        MapError: D20, as for the maps.
    """
    if within is not None:
        curves, noise = _restricted(curves, noise, within)
    residues, gain = window_residues(curves, aif, leave_out=leave_out, noise=noise, config=config)
    lags = _lags(residues, curves, steady)
    values = np.zeros(curves.mask.shape, np.float32)
    values[curves.mask] = np.take_along_axis(residues, lags[None], axis=0)[0]
    sd = curve_noise(curves) * (np.sqrt(2) if noise is not None else 1.0)
    return SteadyFlow(values, curves.mask, float(sd * gain))


def _restricted(curves: Curves, noise: AddedNoise | None, within: np.ndarray) -> tuple[Curves, AddedNoise | None]:
    rows = within[curves.mask]
    flags = None if curves.flags is None else curves.flags[rows]
    chosen = replace(curves, values=curves.values[rows], mask=curves.mask & within, flags=flags)
    return chosen, None if noise is None else AddedNoise(noise.images[rows], noise.frames)


def _lags(residues: np.ndarray, curves: Curves, steady: SteadyFlowConfig) -> np.ndarray:
    """(n,) rows of the largest smoothed residue within the window, whose neighbors are the first and last row."""
    along_i, along_j = curves.geometry.pixel_spacing
    sigma = (steady.smooth_mm / along_j, steady.smooth_mm / along_i)
    stops = np.cumsum(np.count_nonzero(curves.mask, axis=(1, 2)))
    lags = np.empty(residues.shape[1], np.intp)
    for inside, first, stop in zip(curves.mask, [0, *stops[:-1]], stops, strict=True):
        if stop > first:
            lags[first:stop] = _largest(residues[:, first:stop], inside, sigma, steady.smooth_cut)
    return lags


def _largest(residues: np.ndarray, inside: np.ndarray, sigma_px: tuple[float, float], cut: float) -> np.ndarray:
    box = tuple(slice(line[0], line[-1] + 1) for line in (np.flatnonzero(inside.any(axis=a)) for a in (1, 0)))
    inside = inside[box]
    gaussian = MaskedGaussian(inside, sigma_px, cut)
    frame, highest = np.zeros(inside.shape, np.float32), np.full(residues.shape[1], -np.inf, np.float32)
    lags = np.ones(residues.shape[1], np.intp)
    for lag in range(1, len(residues) - 1):
        frame[inside] = np.nan_to_num(residues[lag])
        gaussian.smooth(frame)
        smooth = frame[inside]
        higher = smooth > highest
        lags[higher], highest[higher] = lag, smooth[higher]
    return lags
